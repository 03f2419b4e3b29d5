/*
 * rows.c
 *		The rows of functions that return points or windows by time, of one stream or of several.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#include "plan/rowstate.h"
#include "types/check.h"
#include "types/spelling.h"
#include "types/stat.h"

#define MAX_DEPTH		62

/*
 * Takes a range.
 */
void
BtrRowsTakeRange(BtrRows *rows, const Datum *args, const Oid *types)
{
	BtrReadRange(args[1], args[2], types[1], &rows->start, &rows->end);
}

/* ---- btrdb_values() ---- */

/*
 * Starts to read the points of the range.
 */
static void
begin_values(BtrRows *rows)
{
	rows->points = BtrViewScanBegin(&rows->view, rows->start, rows->end, rows->backward);
	rows->run.left = 0;
	BtrViewScanLimitValues(rows->points, rows->low, rows->high);
}

/*
 * Puts a point into a row.
 */
void
BtrRowsPutPoint(const BtrRows *rows, const BtrPoint *point, Datum *values, bool *nulls)
{
	values[0] = BtrTimeDatum(point->time, rows->time_type);
	values[1] = Float8GetDatum(point->value);
	nulls[0] = nulls[1] = false;
}

/*
 * Gives the next point whose value is wanted.
 */
static bool
next_value(BtrRows *rows, Datum *values, bool *nulls)
{
	BtrPoint	point;

	do
	{
		if (rows->run.left == 0 && !BtrViewScanNextRun(rows->points, &rows->run))
			return false;
		point = BtrRunTake(&rows->run);
		rows->npoints++;
	} while (!(point.value >= rows->low && point.value <= rows->high));
	BtrRowsPutPoint(rows, &point, values, nulls);
	return true;
}

/*
 * Counts leaves, but not the nodes above them, and points, wanted or not.
 */
static void
count_values(const BtrRows *rows, BtrRowCounts *counts)
{
	counts->read.leaves += BtrViewScanLeaves(rows->points);
	counts->points += rows->npoints;
}

/* What the forms for one stream and for several have in common. */
#define VALUES \
	.of_points = true, \
	.prepare = BtrRowsTakeRange, \
	.begin = begin_values, \
	.next = next_value, \
	.count = count_values

const BtrRowKind BtrValuesRows = {
	.name = "btrdb_values",
	.nargs = 4,
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_VERSION},
	.labels = {"Stream", "Start", "End", "Version"},
	.either_way = true,
	.chooses = true,
	.ncolumns = 2,
	.columns = {BTR_COLUMN_TIME, FLOAT8OID},
	VALUES
};

const BtrRowKind BtrMultiValuesRows = {
	.name = "btrdb_multi_values",
	.nargs = 4,
	.args = {BTR_ARG_STREAMS, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_VERSIONS},
	.labels = {"Streams", "Start", "End", "Versions"},
	.by_stream = true,
	.ncolumns = 3,
	.columns = {UUIDOID, BTR_COLUMN_TIME, FLOAT8OID},
	VALUES
};

/* ---- windows ---- */

/*
 * Takes every window of the given width that fits into [start, end).
 */
void
BtrRowsTakeWindows(BtrRows *rows, const Datum *args, const Oid *types)
{
	int64		width = BtrReadWidth(args[3], types[3]);

	BtrRowsTakeRange(rows, args, types);
	BtrCheckLimit("width", width, 1, PG_INT64_MAX);

	/* the length of a range may be 2^63 */
	rows->width = width;
	rows->nwindows = ((uint64) rows->end - (uint64) rows->start) / rows->width;
	rows->with_empty = true;
}

/*
 * Takes windows, and how exact their edges are to be.
 */
static void
prepare_multi_windows(BtrRows *rows, const Datum *args, const Oid *types)
{
	BtrRowsTakeWindows(rows, args, types);
	rows->depth = DatumGetInt32(args[4]);
	BtrCheckLimit("depth", rows->depth, 0, MAX_DEPTH);
}

/*
 * Likewise, and what fills empty ones.
 */
static void
prepare_windows(BtrRows *rows, const Datum *args, const Oid *types)
{
	int64		longest_gap = BtrReadWidth(args[7], types[7]);

	prepare_multi_windows(rows, args, types);
	rows->fill.kind = BtrReadFill(DatumGetTextPP(args[6]));
	BtrCheckLimit("longest_gap", longest_gap, 0, PG_INT64_MAX);
	rows->fill.longest = longest_gap;
}

/*
 * Takes the aligned windows of 2^pointwidth ns that have points.
 */
static void
prepare_aligned_windows(BtrRows *rows, const Datum *args, const Oid *types)
{
	int32		pointwidth = DatumGetInt32(args[3]);
	int64		mask;

	BtrRowsTakeRange(rows, args, types);
	BtrCheckLimit("pointwidth", pointwidth, 0, BTR_MAX_POINTWIDTH);

	/* in two's complement, this rounds down to a multiple of the width */
	mask = ~((INT64CONST(1) << pointwidth) - 1);
	rows->start &= mask;
	rows->end &= mask;
	rows->width = UINT64CONST(1) << pointwidth;
	rows->nwindows = ((uint64) rows->end - (uint64) rows->start) >> pointwidth;
}

/*
 * Starts to read windows.
 */
static void
begin_windows(BtrRows *rows)
{
	rows->windows = BtrViewWindowsBegin(&rows->view, rows->start, rows->width,
										rows->nwindows, rows->depth);
	rows->fill.view = &rows->view;
	rows->fill.start = rows->start;
	rows->fill.width = rows->width;
	rows->fill.nwindows = rows->nwindows;
}

/*
 * Makes the row of one window; the statistics of no points are NULL.
 */
static void
put_window(const BtrRows *rows, int64 time, const BtrStat *stat, Datum *values,
		   bool *nulls)
{
	bool		empty = stat->count == 0;

	values[0] = BtrTimeDatum(time, rows->time_type);
	values[1] = Float8GetDatum(stat->min);
	values[2] = Float8GetDatum(stat->mean);
	values[3] = Float8GetDatum(stat->max);
	values[4] = Int64GetDatum(stat->count);
	values[5] = Float8GetDatum(BtrStatStddev(stat));
	nulls[0] = nulls[4] = false;
	nulls[1] = nulls[2] = nulls[3] = nulls[5] = empty;
}

/*
 * Fills the row of an empty window, if it is to be: minimum and maximum are the mean.
 */
static void
put_fill(BtrRows *rows, uint64 index, Datum *values, bool *nulls)
{
	double		mean;

	if (!BtrFillGap(&rows->fill, index, rows->ahead, rows->ahead_stat.mean, &mean))
		return;
	values[1] = values[2] = values[3] = Float8GetDatum(mean);
	nulls[1] = nulls[2] = nulls[3] = false;
}

/*
 * Gives the next window.
 */
static bool
next_window(BtrRows *rows, Datum *values, bool *nulls)
{
	BtrStat		none;
	const BtrStat *stat = &rows->ahead_stat;
	uint64		index;
	int64		time;

	if (!rows->have_ahead)
	{
		if (!BtrViewWindowsNext(rows->windows, &rows->ahead, &rows->ahead_stat))
			rows->ahead = rows->nwindows;
		rows->have_ahead = true;
	}

	index = rows->with_empty ? rows->next : rows->ahead;
	if (index >= rows->nwindows)
		return false;
	time = (int64) ((uint64) rows->start + index * rows->width);
	rows->next = index + 1;
	if (index == rows->ahead)
	{
		rows->have_ahead = false;
		BtrFillNote(&rows->fill, index, stat->mean);
		put_window(rows, time, stat, values, nulls);
	}
	else
	{
		BtrStatInit(&none);
		put_window(rows, time, &none, values, nulls);
		put_fill(rows, index, values, nulls);
	}
	return true;
}

/*
 * Counts all nodes.
 */
static void
count_windows(const BtrRows *rows, BtrRowCounts *counts)
{
	BtrViewWindowsCount(rows->windows, &counts->read);
}

#define WINDOWS \
	.begin = begin_windows, \
	.next = next_window, \
	.count = count_windows

/* The columns of a window; of several streams, after the first one. */
#define WINDOW_COLUMNS \
	BTR_COLUMN_TIME, FLOAT8OID, FLOAT8OID, FLOAT8OID, INT8OID, FLOAT8OID

const BtrRowKind BtrWindowsRows = {
	.name = "btrdb_windows",
	.nargs = 8,
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_WIDTH, BTR_ARG_INT,
	BTR_ARG_VERSION, BTR_ARG_FILL, BTR_ARG_WIDTH},
	.labels = {"Stream", "Start", "End", "Width", "Depth", "Version", "Fill", "Longest Gap"},
	.ncolumns = 6,
	.columns = {WINDOW_COLUMNS},
	.prepare = prepare_windows,
	WINDOWS
};

const BtrRowKind BtrMultiWindowsRows = {
	.name = "btrdb_multi_windows",
	.nargs = 6,
	.args = {BTR_ARG_STREAMS, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_WIDTH, BTR_ARG_INT,
	BTR_ARG_VERSIONS},
	.labels = {"Streams", "Start", "End", "Width", "Depth", "Versions"},
	.by_stream = true,
	.ncolumns = 7,
	.columns = {UUIDOID, WINDOW_COLUMNS},
	.prepare = prepare_multi_windows,
	WINDOWS
};

const BtrRowKind BtrAlignedWindowsRows = {
	.name = "btrdb_aligned_windows",
	.nargs = 5,
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_INT, BTR_ARG_VERSION},
	.labels = {"Stream", "Start", "End", "Pointwidth", "Version"},
	.ncolumns = 6,
	.columns = {WINDOW_COLUMNS},
	.prepare = prepare_aligned_windows,
	WINDOWS
};

const BtrRowKind BtrMultiAlignedWindowsRows = {
	.name = "btrdb_multi_aligned_windows",
	.nargs = 5,
	.args = {BTR_ARG_STREAMS, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_INT, BTR_ARG_VERSIONS},
	.labels = {"Streams", "Start", "End", "Pointwidth", "Versions"},
	.by_stream = true,
	.ncolumns = 7,
	.columns = {UUIDOID, WINDOW_COLUMNS},
	.prepare = prepare_aligned_windows,
	WINDOWS
};

/* ---- single points ---- */

/*
 * Takes a moment and a direction.
 */
static void
prepare_nearest(BtrRows *rows, const Datum *args, const Oid *types)
{
	rows->time = BtrReadTime(args[1], types[1]);
	rows->before = DatumGetBool(args[2]);
	BtrCheckRangeTime(rows->time);
}

/*
 * Looks for the first point.
 */
static void
prepare_earliest(BtrRows *rows, const Datum *args, const Oid *types)
{
	rows->time = BTR_TIME_MIN;
	rows->before = false;
}

/*
 * Looks for the last point.
 */
static void
prepare_latest(BtrRows *rows, const Datum *args, const Oid *types)
{
	rows->time = BTR_TIME_MAX;
	rows->before = true;
}

/*
 * Has nothing to start.
 */
static void
begin_nearest(BtrRows *rows)
{
}

/*
 * Gives the point, if there is one.
 */
static bool
next_nearest(BtrRows *rows, Datum *values, bool *nulls)
{
	BtrPoint	point;

	if (rows->done)
		return false;
	rows->done = true;
	if (!BtrViewNearest(&rows->view, rows->time, rows->before, &point))
		return false;
	BtrRowsPutPoint(rows, &point, values, nulls);
	return true;
}

/* What the three have in common: a row at most, which is in any order. */
#define NEAREST \
	.either_way = true, \
	.one_row = true, \
	.ncolumns = 2, \
	.columns = {BTR_COLUMN_TIME, FLOAT8OID}, \
	.begin = begin_nearest, \
	.next = next_nearest

const BtrRowKind BtrNearestRows = {
	.name = "btrdb_nearest",
	.nargs = 4,
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_BOOL, BTR_ARG_VERSION},
	.labels = {"Stream", "Time", "Backward", "Version"},
	.prepare = prepare_nearest,
	NEAREST
};

const BtrRowKind BtrEarliestRows = {
	.name = "btrdb_earliest",
	.nargs = 2,
	.args = {BTR_ARG_STREAM, BTR_ARG_VERSION},
	.labels = {"Stream", "Version"},
	.prepare = prepare_earliest,
	NEAREST
};

const BtrRowKind BtrLatestRows = {
	.name = "btrdb_latest",
	.nargs = 2,
	.args = {BTR_ARG_STREAM, BTR_ARG_VERSION},
	.labels = {"Stream", "Version"},
	.prepare = prepare_latest,
	NEAREST
};

/* ---- all of them ---- */

/*
 * Says whether an argument may be NULL, which then is the same as if it were not given.
 */
bool
BtrRowsTakeNull(const BtrRowKind *kind, int i)
{
	return kind->args[i] == BTR_ARG_SNAP || kind->args[i] == BTR_ARG_VERSIONS;
}

/*
 * Says whether an argument may have a type.
 */
static bool
takes_type(BtrArgKind arg, Oid type)
{
	switch (arg)
	{
		case BTR_ARG_STREAM:
			return type == UUIDOID;
		case BTR_ARG_STREAMS:
			return type == UUIDARRAYOID;
		case BTR_ARG_TIME:
			return BtrIsTimeType(type);
		case BTR_ARG_TIMES:
			return BtrIsTimeType(get_element_type(type));
		case BTR_ARG_WIDTH:
		case BTR_ARG_SNAP:
			return BtrIsWidthType(type);
		case BTR_ARG_INT:
			return type == INT4OID;
		case BTR_ARG_BOOL:
			return type == BOOLOID;
		case BTR_ARG_FLOAT:
			return type == FLOAT8OID;
		case BTR_ARG_NAME:
			return type == TEXTOID;
		case BTR_ARG_VERSION:
			return type == INT8OID;
		case BTR_ARG_VERSIONS:
			return type == INT8ARRAYOID;
		case BTR_ARG_FILL:
			return type == TEXTOID;
	}
	return false;
}

/*
 * Returns which of the arguments is the version.
 */
static int
version_arg(const BtrRowKind *kind)
{
	int			i = 0;

	while (kind->args[i] != BTR_ARG_VERSION)
		i++;
	return i;
}

/*
 * Says whether the function's arguments may have these types, nargs of them.
 */
bool
BtrRowsTakeTypes(const BtrRowKind *kind, const Oid *types)
{
	for (int i = 0; i < kind->nargs; i++)
	{
		if (!takes_type(kind->args[i], types[i]) ||
			(kind->args[i] == BTR_ARG_TIME && types[i] != types[1]))
			return false;
	}
	return true;
}

/*
 * Returns the type of columns that are times, given the types of the arguments: whoever asks in
 * timestamps gets timestamps.
 */
Oid
BtrRowsTimeType(const BtrRowKind *kind, const Oid *types)
{
	if (kind->args[1] == BTR_ARG_TIMES)
		return BtrResultTimeType(get_element_type(types[1]));
	return kind->args[1] == BTR_ARG_TIME ? BtrResultTimeType(types[1]) : INT8OID;
}

/*
 * Checks the arguments, opens what they ask for with the active snapshot and starts to read,
 * in the current memory context, forward or backward in time; see rows.h.  The relation stays
 * open until BtrRowsEnd().
 */
BtrRows *
BtrRowsBegin(const BtrRowKind *kind, const Oid *types, const Datum *args, bool backward,
			 const BtrScanChoice *choice, BtrRowsShare *share)
{
	BtrRows    *rows = palloc0(sizeof(BtrRows));
	pg_uuid_t  *stream;

	Assert(!backward || kind->either_way);
	Assert(choice == NULL || kind->chooses);
	Assert(share == NULL || kind->by_stream);
	rows->kind = kind;
	rows->time_type = BtrRowsTimeType(kind, types);
	rows->backward = backward;
	rows->low = -get_float8_infinity();
	rows->high = get_float8_infinity();
	kind->prepare(rows, args, types);
	if (choice != NULL)
	{
		/* there may be nothing left, as if start and end were equal */
		rows->start = Max(rows->start, choice->start);
		rows->end = Max(Min(rows->end, choice->end), rows->start);
		rows->low = choice->low;
		rows->high = choice->high;
	}

	if (kind->args[0] == BTR_ARG_STREAMS)
	{
		BtrRowsBeginStreams(rows, args, share);
		return rows;
	}
	stream = DatumGetUUIDP(args[0]);
	rows->rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrViewOpen(rows->rel, stream, DatumGetInt64(args[version_arg(kind)]), &rows->view);
	kind->begin(rows);
	return rows;
}

/*
 * Puts the next row into values and nulls; false at the end.  Memory that is needed
 * comes from the current context, which must live as long as rows.
 */
bool
BtrRowsNext(BtrRows *rows, Datum *values, bool *nulls)
{
	CHECK_FOR_INTERRUPTS();
	if (rows->kind->by_stream)
		return BtrRowsNextByStream(rows, values, nulls);
	return rows->kind->next(rows, values, nulls);
}

/*
 * Adds what has been read so far to *counts.
 */
void
BtrRowsCount(const BtrRows *rows, BtrRowCounts *counts)
{
	if (rows->share != NULL)
	{
		BtrRowsShareCount(rows->share, counts);
		if (rows->position < 0)
			return;
		counts->streams++;
	}
	if (rows->kind->count != NULL)
		rows->kind->count(rows, counts);
}

/*
 * Ends reading.  The lock is kept to the end of the transaction.
 */
void
BtrRowsEnd(BtrRows *rows)
{
	if (rows->share != NULL)
		BtrRowsCloseStream(rows);
	table_close(rows->rel, NoLock);
}
