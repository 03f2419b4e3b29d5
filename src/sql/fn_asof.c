/*
 * fn_asof.c
 *		btrdb_asof().
 */
#include "postgres.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_asof);
PG_FUNCTION_INFO_V1(btrdb_asof_times);

/*
 * btrdb_asof(stream uuid, "time" bigint, direction text, tolerance bigint, version bigint)
 * returns setof (time, value): the point that belongs to a time.
 */
Datum
btrdb_asof(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrAsofRows);
}

/*
 * btrdb_asof(stream uuid, times bigint[], direction text, tolerance bigint, version bigint)
 * returns setof (asked, time, value): for each time, the point that belongs to it.
 */
Datum
btrdb_asof_times(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrAsofTimesRows);
}
