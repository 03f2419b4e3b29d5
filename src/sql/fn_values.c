/*
 * fn_values.c
 *		btrdb_values(), btrdb_nearest(), btrdb_earliest(), btrdb_latest().
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "types/check.h"

PG_FUNCTION_INFO_V1(btrdb_values);
PG_FUNCTION_INFO_V1(btrdb_nearest);
PG_FUNCTION_INFO_V1(btrdb_earliest);
PG_FUNCTION_INFO_V1(btrdb_latest);

/*
 * btrdb_values(stream uuid, start bigint, "end" bigint, version bigint)
 * returns setof (time, value): the points of [start, end).
 */
Datum
btrdb_values(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrValuesRows);
}

/*
 * Returns, as a set of at most one row, the point that is nearest to time.
 */
static Datum
nearest(FunctionCallInfo fcinfo, int64 time, bool backward, int64 version)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	Relation	rel;
	BtrView		view;
	BtrPoint	point;

	InitMaterializedSRF(fcinfo, 0);

	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrViewOpen(rel, stream, version, &view);
	if (BtrViewNearest(&view, time, backward, &point))
		BtrPutPoint((ReturnSetInfo *) fcinfo->resultinfo, &point);
	table_close(rel, NoLock);

	return (Datum) 0;
}

/*
 * btrdb_nearest(stream uuid, "time" bigint, backward bool, version bigint)
 * returns setof (time, value): the first point at or after time or, backward,
 * the last one before it.
 */
Datum
btrdb_nearest(PG_FUNCTION_ARGS)
{
	int64		time = PG_GETARG_INT64(1);

	BtrCheckRangeTime(time);
	return nearest(fcinfo, time, PG_GETARG_BOOL(2), PG_GETARG_INT64(3));
}

/*
 * btrdb_earliest(stream uuid, version bigint) returns setof (time, value): the
 * first point.
 */
Datum
btrdb_earliest(PG_FUNCTION_ARGS)
{
	return nearest(fcinfo, BTR_TIME_MIN, false, PG_GETARG_INT64(1));
}

/*
 * btrdb_latest(stream uuid, version bigint) returns setof (time, value): the
 * last point.
 */
Datum
btrdb_latest(PG_FUNCTION_ARGS)
{
	return nearest(fcinfo, BTR_TIME_MAX, true, PG_GETARG_INT64(1));
}
