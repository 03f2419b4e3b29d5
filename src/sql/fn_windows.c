/*
 * fn_windows.c
 *		btrdb_windows(), btrdb_aligned_windows(), btrdb_pointwidth(); of several streams,
 *		btrdb_multi_windows(), btrdb_multi_aligned_windows().
 */
#include "postgres.h"

#include "sql/args.h"
#include "types/spelling.h"

PG_FUNCTION_INFO_V1(btrdb_windows);
PG_FUNCTION_INFO_V1(btrdb_aligned_windows);
PG_FUNCTION_INFO_V1(btrdb_multi_windows);
PG_FUNCTION_INFO_V1(btrdb_multi_aligned_windows);
PG_FUNCTION_INFO_V1(btrdb_pointwidth);

/*
 * btrdb_windows(stream uuid, start bigint, "end" bigint, width bigint,
 * depth int, version bigint, fill text, longest_gap bigint) returns setof (time, min, mean, max, count,
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

/*
 * btrdb_pointwidth(start bigint, "end" bigint, points int) returns int: the least
 * pointwidth such that length / 2^pointwidth, rounded up, is at most points.
 *
 * Aligned windows may be one less, as start and end are rounded down.  Rounded up, it depends on the length
 * only: the answer stays when a range is moved.
 */
Datum
btrdb_pointwidth(PG_FUNCTION_ARGS)
{
	int32		points = PG_GETARG_INT32(2);
	int32		pointwidth = 0;
	int64		start;
	int64		end;
	uint64		length;

	BtrReadRange(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), BtrArgTypes(fcinfo)[0], &start, &end);
	BtrCheckLimit("points", points, 1, PG_INT32_MAX);

	length = (uint64) end - (uint64) start;
	while (pointwidth < BTR_MAX_POINTWIDTH &&
		   (length >> pointwidth) + ((length & ((UINT64CONST(1) << pointwidth) - 1)) != 0) > (uint64) points)
		pointwidth++;
	PG_RETURN_INT32(pointwidth);
}
