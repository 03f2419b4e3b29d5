/*
 * fn_values.c
 *		btrdb_values(), btrdb_nearest(), btrdb_earliest(), btrdb_latest(); of several streams,
 *		btrdb_rows(), btrdb_multi_values().
 */
#include "postgres.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_values);
PG_FUNCTION_INFO_V1(btrdb_nearest);
PG_FUNCTION_INFO_V1(btrdb_earliest);
PG_FUNCTION_INFO_V1(btrdb_latest);
PG_FUNCTION_INFO_V1(btrdb_rows);
PG_FUNCTION_INFO_V1(btrdb_multi_values);

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

/*
 * btrdb_rows(streams uuid[], start bigint, "end" bigint, snap bigint, versions bigint[])
 * returns setof (time, values float8[]): the points of [start, end), side by side.
 */
Datum
btrdb_rows(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrJoinedRows);
}

/*
 * btrdb_multi_values(streams uuid[], start bigint, "end" bigint, versions bigint[])
 * returns setof (stream, time, value): the points of [start, end), stream by stream.
 */
Datum
btrdb_multi_values(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrMultiValuesRows);
}
