/*
 * fn_windows.c
 *		btrdb_windows(), btrdb_aligned_windows().
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "types/stat.h"

#define MAX_DEPTH		62
#define MAX_POINTWIDTH	60

PG_FUNCTION_INFO_V1(btrdb_windows);
PG_FUNCTION_INFO_V1(btrdb_aligned_windows);

/*
 * Adds the row of one window to the result; the statistics of no points are
 * NULL.
 */
static void
put_window(ReturnSetInfo *rsinfo, int64 time, const BtrStat *stat)
{
	Datum		values[6];
	bool		nulls[6] = {false};

	values[0] = Int64GetDatum(time);
	values[1] = Float8GetDatum(stat->min);
	values[2] = Float8GetDatum(stat->mean);
	values[3] = Float8GetDatum(stat->max);
	values[4] = Int64GetDatum(stat->count);
	values[5] = Float8GetDatum(BtrStatStddev(stat));
	if (stat->count == 0)
		nulls[1] = nulls[2] = nulls[3] = nulls[5] = true;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * Returns the set of nwindows windows of the given width from start on, with
 * or without the empty ones.
 */
static Datum
windows(FunctionCallInfo fcinfo, int64 start, uint64 width, uint64 nwindows,
		int depth, int64 version, bool with_empty)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	rel;
	BtrView		view;
	BtrViewWindows *iter;
	BtrStat		empty;
	BtrStat		stat;
	uint64		index;
	uint64		next = 0;		/* first window that has no row yet */
	bool		found;

	InitMaterializedSRF(fcinfo, 0);
	BtrStatInit(&empty);

	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrViewOpen(rel, stream, version, &view);
	iter = BtrViewWindowsBegin(&view, start, width, nwindows, depth);
	do
	{
		found = BtrViewWindowsNext(iter, &index, &stat);
		if (!found)
			index = nwindows;

		for (; with_empty && next < index; next++)
		{
			CHECK_FOR_INTERRUPTS();
			put_window(rsinfo, (int64) ((uint64) start + next * width), &empty);
		}
		if (found)
		{
			CHECK_FOR_INTERRUPTS();
			put_window(rsinfo, (int64) ((uint64) start + index * width), &stat);
			next = index + 1;
		}
	} while (found);
	table_close(rel, NoLock);

	return (Datum) 0;
}

/*
 * btrdb_windows(stream uuid, start bigint, "end" bigint, width bigint,
 * depth int, version bigint) returns setof (time, min, mean, max, count,
 * stddev): every window of the given width that fits into [start, end).
 */
Datum
btrdb_windows(PG_FUNCTION_ARGS)
{
	int64		start = PG_GETARG_INT64(1);
	int64		end = PG_GETARG_INT64(2);
	int64		width = PG_GETARG_INT64(3);
	int32		depth = PG_GETARG_INT32(4);

	BtrCheckRange(start, end);
	BtrCheckLimit("width", width, 1, PG_INT64_MAX);
	BtrCheckLimit("depth", depth, 0, MAX_DEPTH);

	/* the length of a range may be 2^63 */
	return windows(fcinfo, start, width,
				   ((uint64) end - (uint64) start) / (uint64) width,
				   depth, PG_GETARG_INT64(5), true);
}

/*
 * btrdb_aligned_windows(stream uuid, start bigint, "end" bigint,
 * pointwidth int, version bigint) returns setof (time, min, mean, max, count,
 * stddev): the windows of 2^pointwidth ns that have points.
 */
Datum
btrdb_aligned_windows(PG_FUNCTION_ARGS)
{
	int64		start = PG_GETARG_INT64(1);
	int64		end = PG_GETARG_INT64(2);
	int32		pointwidth = PG_GETARG_INT32(3);
	int64		mask;

	BtrCheckRange(start, end);
	BtrCheckLimit("pointwidth", pointwidth, 0, MAX_POINTWIDTH);

	/* in two's complement, this rounds down to a multiple of the width */
	mask = ~((INT64CONST(1) << pointwidth) - 1);
	start &= mask;
	end &= mask;

	return windows(fcinfo, start, UINT64CONST(1) << pointwidth,
				   ((uint64) end - (uint64) start) >> pointwidth,
				   0, PG_GETARG_INT64(4), false);
}
