/*
 * fn_windows.c
 *		btrdb_windows(), btrdb_aligned_windows(); of several streams, btrdb_multi_windows(),
 *		btrdb_multi_aligned_windows().
 */
#include "postgres.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_windows);
PG_FUNCTION_INFO_V1(btrdb_aligned_windows);
PG_FUNCTION_INFO_V1(btrdb_multi_windows);
PG_FUNCTION_INFO_V1(btrdb_multi_aligned_windows);

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

/*
 * btrdb_multi_windows(streams uuid[], start bigint, "end" bigint, width bigint, depth int,
 * versions bigint[]) returns setof (stream, time, min, mean, max, count, stddev): the
 * windows of btrdb_windows(), stream by stream.
 */
Datum
btrdb_multi_windows(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrMultiWindowsRows);
}

/*
 * btrdb_multi_aligned_windows(streams uuid[], start bigint, "end" bigint, pointwidth int,
 * versions bigint[]) returns setof (stream, time, min, mean, max, count, stddev): the
 * windows of btrdb_aligned_windows(), stream by stream.
 */
Datum
btrdb_multi_aligned_windows(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrMultiAlignedWindowsRows);
}
