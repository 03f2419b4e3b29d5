/*
 * statpoint.c
 *		SQL type statpoint: the summary of many points and the time it starts at.
 *
 * A statpoint that exists is valid: whatever makes one checks it.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type_d.h"
#include "common/hashfn.h"
#include "common/int.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "pg_compat.h"
#include "types/check.h"
#include "types/spelling.h"
#include "types/stat.h"
#include "types/text.h"
#include "types/types.h"

PG_FUNCTION_INFO_V1(btrdb_statpoint_in);
PG_FUNCTION_INFO_V1(btrdb_statpoint_out);
PG_FUNCTION_INFO_V1(btrdb_statpoint_recv);
PG_FUNCTION_INFO_V1(btrdb_statpoint_send);
PG_FUNCTION_INFO_V1(btrdb_statpoint_from_rawpoint);
PG_FUNCTION_INFO_V1(btrdb_statpoint_time);
PG_FUNCTION_INFO_V1(btrdb_statpoint_min);
PG_FUNCTION_INFO_V1(btrdb_statpoint_mean);
PG_FUNCTION_INFO_V1(btrdb_statpoint_max);
PG_FUNCTION_INFO_V1(btrdb_statpoint_count);
PG_FUNCTION_INFO_V1(btrdb_statpoint_stddev);
PG_FUNCTION_INFO_V1(btrdb_statpoint_eq);
PG_FUNCTION_INFO_V1(btrdb_statpoint_ne);
PG_FUNCTION_INFO_V1(btrdb_statpoint_hash);
PG_FUNCTION_INFO_V1(btrdb_statpoint_hash_extended);
PG_FUNCTION_INFO_V1(btrdb_statpoint_add);
PG_FUNCTION_INFO_V1(btrdb_statpoint_accum);
PG_FUNCTION_INFO_V1(btrdb_statpoint_accum_rawpoint);
PG_FUNCTION_INFO_V1(btrdb_statpoint_accum_timestamp);

/*
 * Sets the M2 of *stat to that of a standard deviation.  Raises 22003, softly if
 * escontext asks for it, if it is too large or too small for a double.
 *
 * The text form has the standard deviation only, and must come out as it went in.
 * stddev^2 * count can be off by rounding; but for a standard deviation that was
 * computed from an M2, that or one of its neighbours gives it back.
 */
static bool
set_stddev(BtrStat *stat, double stddev, struct Node *escontext)
{
	double		square = stddev * stddev;
	double		m2 = square * (double) stat->count;
	double		candidates[3];

	if (isinf(m2) && !isinf(stddev))
		m2 = DBL_MAX;
	candidates[0] = m2;
	candidates[1] = nextafter(m2, INFINITY);
	candidates[2] = nextafter(m2, 0);
	for (int i = 0; i < lengthof(candidates); i++)
	{
		stat->m2 = candidates[i];
		if (BtrStatStddev(stat) == stddev)
			return true;
	}

	/* A number from elsewhere may have no such M2: the nearest one will do. */
	stat->m2 = m2;
	if (m2 < DBL_MAX && square >= DBL_MIN)
		return true;
	ereturn(escontext, false,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("standard deviation %s is out of range for type %s",
					float8out_internal(stddev), "statpoint"),
			 errdetail("Its square times the count must fit into a double precision number.")));
}

/*
 * Reads '(time,min,mean,max,count,stddev)'; with count 0, the other four are empty.
 */
Datum
btrdb_statpoint_in(PG_FUNCTION_ARGS)
{
	BtrText		in;
	BtrStatPoint *point = palloc0(sizeof(BtrStatPoint));
	BtrStat    *stat = &point->stat;
	double		stddev = 0;
	bool		empty;

	BtrTextInit(&in, PG_GETARG_CSTRING(0), "statpoint", fcinfo->context);
	if (!BtrTextExpect(&in, '(') ||
		!BtrTextInt64(&in, ERRCODE_DATETIME_VALUE_OUT_OF_RANGE, &point->time) ||
		!BtrTextExpect(&in, ','))
		PG_RETURN_NULL();

	empty = BtrTextFieldIsEmpty(&in);
	if (!(empty || BtrTextFloat8(&in, &stat->min)) ||
		!BtrTextExpect(&in, ',') ||
		!(empty || BtrTextFloat8(&in, &stat->mean)) ||
		!BtrTextExpect(&in, ',') ||
		!(empty || BtrTextFloat8(&in, &stat->max)) ||
		!BtrTextExpect(&in, ',') ||
		!BtrTextInt64(&in, ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, &stat->count) ||
		!BtrTextExpect(&in, ',') ||
		!(empty || BtrTextFloat8(&in, &stddev)) ||
		!BtrTextExpect(&in, ')') ||
		!BtrTextEnd(&in) ||
		!BtrCheckTimeSafe(point->time, in.escontext))
		PG_RETURN_NULL();

	if (empty != (stat->count == 0))
		ereturn(in.escontext, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%s\"", in.type, in.text),
				 errdetail("A statpoint has no minimum, mean, maximum and standard deviation if, and only if, its count is 0.")));
	if (!BtrCheckStatSafe(stat, in.escontext))
		PG_RETURN_NULL();
	if (isnan(stddev) || stddev < 0 || (stat->count == 1 && stddev != 0))
		ereturn(in.escontext, (Datum) 0,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("standard deviation %s of a statpoint is out of range",
						float8out_internal(stddev)),
				 errdetail("It is at least 0, and 0 if the count is 1.")));
	if (!empty && !set_stddev(stat, stddev, in.escontext))
		PG_RETURN_NULL();

	PG_RETURN_BTR_STAT_POINT(point);
}

/*
 * Writes '(time,min,mean,max,count,stddev)', or '(time,,,,0,)', numbers with as many digits as
 * reading them back takes.
 */
Datum
btrdb_statpoint_out(PG_FUNCTION_ARGS)
{
	BtrStatPoint *point = PG_GETARG_BTR_STAT_POINT(0);
	BtrStat    *stat = &point->stat;

	if (stat->count == 0)
		PG_RETURN_CSTRING(psprintf("(%lld,,,,0,)", (long long) point->time));
	PG_RETURN_CSTRING(psprintf("(%lld,%s,%s,%s,%lld,%s)",
							   (long long) point->time,
							   float8out_internal(stat->min),
							   float8out_internal(stat->mean),
							   float8out_internal(stat->max),
							   (long long) stat->count,
							   float8out_internal(BtrStatStddev(stat))));
}

/*
 * Reads the binary form: time, count, mean, M2, min, max.
 */
Datum
btrdb_statpoint_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	BtrStatPoint *point = palloc(sizeof(BtrStatPoint));

	point->time = pq_getmsgint64(buf);
	point->stat.count = pq_getmsgint64(buf);
	point->stat.mean = pq_getmsgfloat8(buf);
	point->stat.m2 = pq_getmsgfloat8(buf);
	point->stat.min = pq_getmsgfloat8(buf);
	point->stat.max = pq_getmsgfloat8(buf);
	BtrCheckTime(point->time);
	(void) BtrCheckStatSafe(&point->stat, NULL);

	PG_RETURN_BTR_STAT_POINT(point);
}

/*
 * Writes the binary form.
 */
Datum
btrdb_statpoint_send(PG_FUNCTION_ARGS)
{
	BtrStatPoint *point = PG_GETARG_BTR_STAT_POINT(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, point->time);
	pq_sendint64(&buf, point->stat.count);
	pq_sendfloat8(&buf, point->stat.mean);
	pq_sendfloat8(&buf, point->stat.m2);
	pq_sendfloat8(&buf, point->stat.min);
	pq_sendfloat8(&buf, point->stat.max);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * Returns the summary of one point.
 */
Datum
btrdb_statpoint_from_rawpoint(PG_FUNCTION_ARGS)
{
	BtrPoint   *point = PG_GETARG_BTR_POINT(0);
	BtrStatPoint *result = palloc0(sizeof(BtrStatPoint));

	result->time = point->time;
	BtrStatAdd(&result->stat, point->value);
	PG_RETURN_BTR_STAT_POINT(result);
}

/*
 * Returns the time a summary starts at.
 */
Datum
btrdb_statpoint_time(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_BTR_STAT_POINT(0)->time);
}

/*
 * Returns the smallest value, NULL if there is none.
 */
Datum
btrdb_statpoint_min(PG_FUNCTION_ARGS)
{
	BtrStat    *stat = &PG_GETARG_BTR_STAT_POINT(0)->stat;

	if (stat->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(stat->min);
}

/*
 * Returns the mean of the values, NULL if there are none.
 */
Datum
btrdb_statpoint_mean(PG_FUNCTION_ARGS)
{
	BtrStat    *stat = &PG_GETARG_BTR_STAT_POINT(0)->stat;

	if (stat->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(stat->mean);
}

/*
 * Returns the largest value, NULL if there is none.
 */
Datum
btrdb_statpoint_max(PG_FUNCTION_ARGS)
{
	BtrStat    *stat = &PG_GETARG_BTR_STAT_POINT(0)->stat;

	if (stat->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(stat->max);
}

/*
 * Returns the number of values.
 */
Datum
btrdb_statpoint_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(PG_GETARG_BTR_STAT_POINT(0)->stat.count);
}

/*
 * Returns the population standard deviation, NULL if there are no values.
 */
Datum
btrdb_statpoint_stddev(PG_FUNCTION_ARGS)
{
	BtrStat    *stat = &PG_GETARG_BTR_STAT_POINT(0)->stat;

	if (stat->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(BtrStatStddev(stat));
}

/*
 * Says whether all fields of the first two arguments are equal, as float8 compares
 * them.
 */
static bool
is_equal(FunctionCallInfo fcinfo)
{
	BtrStatPoint *a = PG_GETARG_BTR_STAT_POINT(0);
	BtrStatPoint *b = PG_GETARG_BTR_STAT_POINT(1);

	return a->time == b->time &&
		a->stat.count == b->stat.count &&
		a->stat.min == b->stat.min &&
		a->stat.max == b->stat.max &&
		a->stat.mean == b->stat.mean &&
		a->stat.m2 == b->stat.m2;
}

Datum
btrdb_statpoint_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(is_equal(fcinfo));
}

Datum
btrdb_statpoint_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!is_equal(fcinfo));
}

/*
 * Returns the bytes to hash: the summary with negative zeros made positive, since
 * the two are equal.
 */
static BtrStatPoint
hash_key(const BtrStatPoint *point)
{
	BtrStatPoint key = *point;

	key.stat.min += 0.0;
	key.stat.max += 0.0;
	key.stat.mean += 0.0;
	key.stat.m2 += 0.0;
	return key;
}

/*
 * Hashes a summary, to 32 bits.
 */
Datum
btrdb_statpoint_hash(PG_FUNCTION_ARGS)
{
	BtrStatPoint key = hash_key(PG_GETARG_BTR_STAT_POINT(0));

	return hash_any((unsigned char *) &key, sizeof(key));
}

/*
 * Hashes a summary and a seed, to 64 bits.
 */
Datum
btrdb_statpoint_hash_extended(PG_FUNCTION_ARGS)
{
	BtrStatPoint key = hash_key(PG_GETARG_BTR_STAT_POINT(0));

	return hash_any_extended((unsigned char *) &key, sizeof(key), PG_GETARG_INT64(1));
}

/*
 * Adds what b summarises to *a.  Of two summaries, the time is the smaller one of
 * those that hold points, if any.  Raises 22003 if the counts add up to too much.
 */
static void
add_statpoint(BtrStatPoint *a, const BtrStatPoint *b)
{
	int64		count;

	if (pg_add_s64_overflow(a->stat.count, b->stat.count, &count))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("count of a statpoint is out of range"),
				 errdetail("%lld and %lld are more than a bigint holds.",
						   (long long) a->stat.count, (long long) b->stat.count)));

	if ((a->stat.count == 0) == (b->stat.count == 0))
		a->time = Min(a->time, b->time);
	else if (a->stat.count == 0)
		a->time = b->time;
	BtrStatMerge(&a->stat, &b->stat);
}

/*
 * Returns the first argument as one that may be changed: an aggregate's state is,
 * anything else is copied.
 */
static BtrStatPoint *
changeable_state(FunctionCallInfo fcinfo)
{
	BtrStatPoint *state = PG_GETARG_BTR_STAT_POINT(0);

	if (!AggCheckCallContext(fcinfo, NULL))
	{
		BtrStatPoint *copy = palloc(sizeof(BtrStatPoint));

		*copy = *state;
		state = copy;
	}
	return state;
}

/*
 * Adds two summaries: operator +, and transition and combine function of the
 * aggregates.
 */
Datum
btrdb_statpoint_add(PG_FUNCTION_ARGS)
{
	BtrStatPoint *state = changeable_state(fcinfo);

	add_statpoint(state, PG_GETARG_BTR_STAT_POINT(1));
	PG_RETURN_BTR_STAT_POINT(state);
}

/*
 * Adds one point to the aggregate state that is the first argument, which is NULL
 * before the first point, and returns the state.
 */
static BtrStatPoint *
accumulate(FunctionCallInfo fcinfo, int64 time, double value)
{
	BtrStatPoint one = {.time = time};
	BtrStatPoint *state;

	BtrCheckTime(time);
	BtrCheckValue(value);
	BtrStatAdd(&one.stat, value);

	if (PG_ARGISNULL(0))
	{
		state = palloc(sizeof(BtrStatPoint));
		*state = one;
	}
	else
	{
		state = changeable_state(fcinfo);
		add_statpoint(state, &one);
	}
	return state;
}

/*
 * Adds a time of a type and a value to the state.  The first pair makes the state;
 * pairs with a NULL are left out.
 */
static Datum
accumulate_pair(FunctionCallInfo fcinfo, Oid type)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	PG_RETURN_BTR_STAT_POINT(accumulate(fcinfo, BtrReadPointTime(PG_GETARG_DATUM(1), type),
										PG_GETARG_FLOAT8(2)));
}

/*
 * Transition function of btrdb_stat_agg(time, value), the time being a bigint.  Not
 * strict.
 */
Datum
btrdb_statpoint_accum(PG_FUNCTION_ARGS)
{
	return accumulate_pair(fcinfo, INT8OID);
}

/*
 * Transition function of btrdb_stat_agg(time, value), the time being a timestamp.
 */
Datum
btrdb_statpoint_accum_timestamp(PG_FUNCTION_ARGS)
{
	return accumulate_pair(fcinfo, TIMESTAMPTZOID);
}

/*
 * Transition function of btrdb_stat_agg(rawpoint), likewise.
 */
Datum
btrdb_statpoint_accum_rawpoint(PG_FUNCTION_ARGS)
{
	BtrPoint   *point;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	point = PG_GETARG_BTR_POINT(1);
	PG_RETURN_BTR_STAT_POINT(accumulate(fcinfo, point->time, point->value));
}
