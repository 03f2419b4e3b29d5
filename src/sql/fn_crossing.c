/*
 * fn_crossing.c
 *		btrdb_first_crossing(), btrdb_last_crossing().
 */
#include "postgres.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_first_crossing);
PG_FUNCTION_INFO_V1(btrdb_last_crossing);

/*
 * btrdb_first_crossing(stream uuid, start bigint, "end" bigint, threshold float8, direction
 * text, version bigint) returns setof (time, value): the first point of [start, end) that is on
 * the other side of the threshold than the one before it.
 */
Datum
btrdb_first_crossing(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrFirstCrossingRows);
}

/*
 * btrdb_last_crossing(stream uuid, start bigint, "end" bigint, threshold float8, direction
 * text, version bigint) returns setof (time, value): the last one.
 */
Datum
btrdb_last_crossing(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrLastCrossingRows);
}
