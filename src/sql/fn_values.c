/*
 * fn_values.c
 *		btrdb_values(), btrdb_nearest(), btrdb_earliest(), btrdb_latest().
 */
#include "postgres.h"

#include "sql/args.h"

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
 * btrdb_nearest(stream uuid, "time" bigint, backward bool, version bigint)
 * returns setof (time, value): the first point at or after time or, backward,
 * the last one before it.
 */
Datum
btrdb_nearest(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrNearestRows);
}

/*
 * btrdb_earliest(stream uuid, version bigint) returns setof (time, value): the
 * first point.
 */
Datum
btrdb_earliest(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrEarliestRows);
}

/*
 * btrdb_latest(stream uuid, version bigint) returns setof (time, value): the
 * last point.
 */
Datum
btrdb_latest(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrLatestRows);
}
