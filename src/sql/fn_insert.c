/*
 * fn_insert.c
 *		btrdb_insert(): one point, two arrays, or an array of rawpoints.
 *
 * Times come in any spelling.  What PostgreSQL takes for text, because it has no type, may be
 * a time or an array of them, and a value or an array of those.
 *
 * All points of a call are checked before the first is stored.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "types/arrays.h"
#include "types/check.h"
#include "types/spelling.h"
#include "types/types.h"

PG_FUNCTION_INFO_V1(btrdb_insert_point);
PG_FUNCTION_INFO_V1(btrdb_insert_arrays);
PG_FUNCTION_INFO_V1(btrdb_insert_rawpoints);

/*
 * Returns the number of elements of an array of times, values or points; name is the argument's
 * name.
 */
static int
array_count(ArrayType *array, const char *name)
{
	int			n = BtrArrayCount(array, name);

	BtrCheckNoNulls(array, name, "Leave out points that lack a time or a value.");
	return n;
}

/*
 * Stores n points, which this function may reorder, and returns the stream's latest version.
 */
static Datum
insert_points(FunctionCallInfo fcinfo, int64 *time, double *value, int n,
			  const text *merge)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	BtrMerge	policy = BtrReadMerge(merge);
	Relation	rel;
	int64		version;

	for (int i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		BtrCheckTime(time[i]);
		BtrCheckValue(value[i]);
	}

	BtrPrepareWrite("btrdb_insert()");
	rel = BtrStoreOpen(stream, RowExclusiveLock, ACL_INSERT);
	if (policy == BTR_MERGE_NEVER)
		version = BtrInsert(rel, stream, time, value, n);
	else
	{
		BtrCheckMergeRight(policy);
		BtrCheckNotGathered(stream, GetCurrentCommandId(false));
		version = BtrInsertMerge(rel, stream, time, value, n, policy);
	}
	table_close(rel, NoLock);

	PG_RETURN_INT64(version);
}

/*
 * Returns the array that an argument gives, a copy of it: itself, or what its text is read as an
 * array of elemtype.
 */
static ArrayType *
array_arg(Datum arg, Oid type, Oid elemtype)
{
	if (type != TEXTOID)
		return DatumGetArrayTypePCopy(arg);
	return DatumGetArrayTypeP(OidInputFunctionCall(F_ARRAY_IN, TextDatumGetCString(arg),
												   elemtype, -1));
}

/*
 * Replaces the elements of an array of times by nanoseconds and returns these; they are where the
 * elements were, or elsewhere.
 */
static int64 *
read_times(ArrayType *array, int n)
{
	Oid			type = ARR_ELEMTYPE(array);
	int64	   *times = (int64 *) ARR_DATA_PTR(array);
	Datum	   *elements = NULL;
	int			nelements;

	if (type == INT8OID)
		return times;
	if (type == TEXTOID)
	{
		deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL,
						  &nelements);
		times = palloc(sizeof(int64) * n);
	}
	for (int i = 0; i < n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		times[i] = BtrReadPointTime(elements == NULL ? TimestampTzGetDatum(times[i]) : elements[i],
									type);
	}
	return times;
}

/*
 * Stores the points that two arrays give.
 *
 * The elements are used where the array copies have them: neither has gaps or
 * NULLs.
 */
static Datum
insert_arrays(FunctionCallInfo fcinfo)
{
	const Oid  *types = BtrArgTypes(fcinfo);
	ArrayType  *times = array_arg(PG_GETARG_DATUM(1), types[1], TEXTOID);
	ArrayType  *values = array_arg(PG_GETARG_DATUM(2), types[2], FLOAT8OID);
	int			ntimes = array_count(times, "times");
	int			nvalues = array_count(values, "values");

	BtrCheckSameLength(ntimes, "times", nvalues, "values");
	return insert_points(fcinfo, read_times(times, ntimes), (double *) ARR_DATA_PTR(values),
						 ntimes, PG_GETARG_TEXT_PP(3));
}

/*
 * Says whether an argument is the text of an array.  PostgreSQL would read a timestamp
 * in braces, too; here that is an array.
 */
static bool
is_array_text(Datum arg, Oid type)
{
	const char *string;

	if (type != TEXTOID)
		return false;
	string = TextDatumGetCString(arg);
	return string[strspn(string, " \t\n\r\f\v")] == '{';
}

/*
 * Reads a value.
 */
static double
read_value(const text *arg)
{
	return DatumGetFloat8(DirectFunctionCall1(float8in, CStringGetDatum(text_to_cstring(arg))));
}

/*
 * btrdb_insert(stream uuid, "time" bigint, value float8, merge text) returns
 * bigint: appends a point, or those of two arrays that came as text.
 */
Datum
btrdb_insert_point(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "time", "value", "merge"};
	const Oid  *types = BtrArgTypes(fcinfo);
	int64		time;
	double		value;

	BtrCheckNotNull(fcinfo, names);
	if (is_array_text(PG_GETARG_DATUM(1), types[1]))
	{
		if (types[2] != TEXTOID)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("argument \"time\" is an array, argument \"value\" is not"),
					 errhint("Give arrays of times and values, or one time and one value.")));
		return insert_arrays(fcinfo);
	}

	time = BtrReadPointTime(PG_GETARG_DATUM(1), types[1]);
	value = types[2] == TEXTOID ? read_value(PG_GETARG_TEXT_PP(2)) : PG_GETARG_FLOAT8(2);
	return insert_points(fcinfo, &time, &value, 1, PG_GETARG_TEXT_PP(3));
}

/*
 * btrdb_insert(stream uuid, times bigint[], "values" float8[], merge text)
 * returns bigint: appends the points (times[i], values[i]).
 */
Datum
btrdb_insert_arrays(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "times", "values", "merge"};

	BtrCheckNotNull(fcinfo, names);
	return insert_arrays(fcinfo);
}

/*
 * btrdb_insert(stream uuid, points rawpoint[], merge text) returns bigint:
 * appends the points.
 */
Datum
btrdb_insert_rawpoints(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "points", "merge"};
	ArrayType  *array;
	int			n;
	const BtrPoint *points;
	int64	   *time;
	double	   *value;

	BtrCheckNotNull(fcinfo, names);
	array = PG_GETARG_ARRAYTYPE_P(1);
	n = array_count(array, "points");
	points = (const BtrPoint *) ARR_DATA_PTR(array);
	time = palloc(sizeof(int64) * n);
	value = palloc(sizeof(double) * n);
	for (int i = 0; i < n; i++)
	{
		time[i] = points[i].time;
		value[i] = points[i].value;
	}

	return insert_points(fcinfo, time, value, n, PG_GETARG_TEXT_PP(2));
}
