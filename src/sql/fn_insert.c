/*
 * fn_insert.c
 *		btrdb_insert(): one point, two arrays, or an array of rawpoints.
 *
 * All points of a call are checked before the first is stored.
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "types/check.h"
#include "types/types.h"

PG_FUNCTION_INFO_V1(btrdb_insert_point);
PG_FUNCTION_INFO_V1(btrdb_insert_arrays);
PG_FUNCTION_INFO_V1(btrdb_insert_rawpoints);

/*
 * Returns the number of elements of an array; raises 2202E if it has more than one
 * dimension, 22004 if an element is NULL.  name is the argument's name.
 */
static int
array_count(ArrayType *array, const char *name)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array \"%s\" has %d dimensions", name, ARR_NDIM(array)),
				 errhint("Points are given as one-dimensional arrays.")));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("array \"%s\" contains a null element", name),
				 errhint("Leave out points that lack a time or a value.")));

	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
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
 * btrdb_insert(stream uuid, "time" bigint, value float8, merge text) returns
 * bigint: appends a point.
 */
Datum
btrdb_insert_point(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "time", "value", "merge"};
	int64		time;
	double		value;

	BtrCheckNotNull(fcinfo, names);
	time = PG_GETARG_INT64(1);
	value = PG_GETARG_FLOAT8(2);
	return insert_points(fcinfo, &time, &value, 1, PG_GETARG_TEXT_PP(3));
}

/*
 * btrdb_insert(stream uuid, times bigint[], "values" float8[], merge text)
 * returns bigint: appends the points (times[i], values[i]).
 *
 * The elements are used where the array copies have them: neither has gaps or
 * NULLs.
 */
Datum
btrdb_insert_arrays(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "times", "values", "merge"};
	ArrayType  *times;
	ArrayType  *values;
	int			ntimes;
	int			nvalues;

	BtrCheckNotNull(fcinfo, names);
	times = PG_GETARG_ARRAYTYPE_P_COPY(1);
	values = PG_GETARG_ARRAYTYPE_P_COPY(2);
	ntimes = array_count(times, "times");
	nvalues = array_count(values, "values");
	if (ntimes != nvalues)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays have different lengths: %d times and %d values",
						ntimes, nvalues)));

	return insert_points(fcinfo, (int64 *) ARR_DATA_PTR(times),
						 (double *) ARR_DATA_PTR(values), ntimes,
						 PG_GETARG_TEXT_PP(3));
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
