/*
 * fn_rate.c
 *		btrdb_rate().
 */
#include "postgres.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_rate);

/*
 * btrdb_rate(stream uuid, start bigint, "end" bigint, width bigint, version bigint) returns
 * setof (time, increase, rate): how much a counter rises in each window of [start, end).
 */
Datum
btrdb_rate(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrRateRows);
}
