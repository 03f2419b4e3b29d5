/*
 * rawpoint.c
 *		SQL type rawpoint: one point, a time and a value.
 *
 * A rawpoint that exists is valid: whatever makes one checks time and value.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "pg_compat.h"
#include "types/check.h"
#include "types/text.h"
#include "types/types.h"

PG_FUNCTION_INFO_V1(btrdb_rawpoint_in);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_out);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_recv);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_send);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_make);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_time);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_value);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_eq);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_ne);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_lt);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_le);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_gt);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_ge);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_cmp);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_hash);
PG_FUNCTION_INFO_V1(btrdb_rawpoint_hash_extended);

/*
 * Reads '(time,value)'.
 */
Datum
btrdb_rawpoint_in(PG_FUNCTION_ARGS)
{
	BtrText		in;
	BtrPoint   *point = palloc(sizeof(BtrPoint));

	BtrTextInit(&in, PG_GETARG_CSTRING(0), "rawpoint", fcinfo->context);
	if (!BtrTextExpect(&in, '(') ||
		!BtrTextInt64(&in, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE, &point->time) ||
		!BtrTextExpect(&in, ',') ||
		!BtrTextFloat8(&in, &point->value) ||
		!BtrTextExpect(&in, ')') ||
		!BtrTextEnd(&in) ||
		!BtrCheckTimeSafe(point->time, in.escontext) ||
		!BtrCheckValueSafe(point->value, in.escontext))
		PG_RETURN_NULL();

	PG_RETURN_BTR_POINT(point);
}

/*
 * Writes '(time,value)', the value with as many digits as reading it back takes.
 */
Datum
btrdb_rawpoint_out(PG_FUNCTION_ARGS)
{
	BtrPoint   *point = PG_GETARG_BTR_POINT(0);

	PG_RETURN_CSTRING(psprintf("(%lld,%s)", (long long) point->time,
							   float8out_internal(point->value)));
}

/*
 * Reads the binary form: time, value.
 */
Datum
btrdb_rawpoint_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	BtrPoint   *point = palloc(sizeof(BtrPoint));

	point->time = pq_getmsgint64(buf);
	point->value = pq_getmsgfloat8(buf);
	BtrCheckTime(point->time);
	BtrCheckValue(point->value);

	PG_RETURN_BTR_POINT(point);
}

/*
 * Writes the binary form.
 */
Datum
btrdb_rawpoint_send(PG_FUNCTION_ARGS)
{
	BtrPoint   *point = PG_GETARG_BTR_POINT(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, point->time);
	pq_sendfloat8(&buf, point->value);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * Makes a point of a time and a value.
 */
Datum
btrdb_rawpoint_make(PG_FUNCTION_ARGS)
{
	BtrPoint   *point = palloc(sizeof(BtrPoint));

	point->time = PG_GETARG_INT64(0);
	point->value = PG_GETARG_FLOAT8(1);
	BtrCheckTime(point->time);
	BtrCheckValue(point->value);

	PG_RETURN_BTR_POINT(point);
}

/*
 * Returns the time of a point.
 */
Datum
btrdb_rawpoint_time(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_BTR_POINT(0)->time);
}

/*
 * Returns the value of a point.
 */
Datum
btrdb_rawpoint_value(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(PG_GETARG_BTR_POINT(0)->value);
}

/*
 * Compares the first two arguments by time, then by value as float8 does: -0.0 equals
 * 0.0.
 */
static int
compare(FunctionCallInfo fcinfo)
{
	BtrPoint   *a = PG_GETARG_BTR_POINT(0);
	BtrPoint   *b = PG_GETARG_BTR_POINT(1);

	if (a->time != b->time)
		return a->time < b->time ? -1 : 1;
	return float8_cmp_internal(a->value, b->value);
}

Datum
btrdb_rawpoint_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) == 0);
}

Datum
btrdb_rawpoint_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) != 0);
}

Datum
btrdb_rawpoint_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) < 0);
}

Datum
btrdb_rawpoint_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) <= 0);
}

Datum
btrdb_rawpoint_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) > 0);
}

Datum
btrdb_rawpoint_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) >= 0);
}

Datum
btrdb_rawpoint_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare(fcinfo));
}

/*
 * Returns the bytes to hash: the point with a negative zero made positive, since
 * the two are equal.
 */
static BtrPoint
hash_key(const BtrPoint *point)
{
	BtrPoint	key = *point;

	key.value += 0.0;
	return key;
}

/*
 * Hashes a point, to 32 bits.
 */
Datum
btrdb_rawpoint_hash(PG_FUNCTION_ARGS)
{
	BtrPoint	key = hash_key(PG_GETARG_BTR_POINT(0));

	return hash_any((unsigned char *) &key, sizeof(key));
}

/*
 * Hashes a point and a seed, to 64 bits.
 */
Datum
btrdb_rawpoint_hash_extended(PG_FUNCTION_ARGS)
{
	BtrPoint	key = hash_key(PG_GETARG_BTR_POINT(0));

	return hash_any_extended((unsigned char *) &key, sizeof(key), PG_GETARG_INT64(1));
}
