/*
 * fn_gaps.c
 *		btrdb_gaps().
 */
#include "postgres.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_gaps);

/*
 * btrdb_gaps(stream uuid, start bigint, "end" bigint, longer_than bigint, version
 * bigint) returns setof (start_time, end_time): the stretches of [start, end) without points
 * that are longer.
 */
Datum
btrdb_gaps(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrGapRows);
}
