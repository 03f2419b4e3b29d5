/*
 * fn_windows.c
 *		btrdb_windows(), btrdb_aligned_windows().
 */
#include "postgres.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_windows);
PG_FUNCTION_INFO_V1(btrdb_aligned_windows);

/*
 * btrdb_windows(stream uuid, start bigint, "end" bigint, width bigint,
 * depth int, version bigint) returns setof (time, min, mean, max, count,
 * stddev): every window of the given width that fits into [start, end).
 */
Datum
btrdb_windows(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrWindowsRows);
}

/*
 * btrdb_aligned_windows(stream uuid, start bigint, "end" bigint,
 * pointwidth int, version bigint) returns setof (time, min, mean, max, count,
 * stddev): the windows of 2^pointwidth ns that have points.
 */
Datum
btrdb_aligned_windows(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrAlignedWindowsRows);
}
