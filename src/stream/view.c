/*
 * view.c
 *		What a query sees of a stream: one version's tree and, for the latest
 *		one, the points that are buffered beside it.
 *
 * Of points of equal time those of the tree come first: they were inserted
 * first.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "stream/buffer.h"
#include "stream/gather.h"
#include "types/stat.h"

/*
 * Finds what the active snapshot sees of the stream at a version; 0 is the
 * latest version and the write buffer.  Raises 22023 if there is no such version.
 *
 * One snapshot for both: it sees either a flush's version or the rows it deleted.
 * What statements that have not finished have inserted before is seen as rows of
 * a heap would be.
 */
void
BtrViewOpen(Relation rel, const pg_uuid_t *stream, int64 version, BtrView *view)
{
	Snapshot	snapshot = GetActiveSnapshot();

	memset(view, 0, sizeof(*view));
	if (version == BTR_VERSION_LATEST)
	{
		BtrGatherWriteBefore(snapshot->curcid);
		BtrVersionLatest(rel, stream, snapshot, &view->version);
		BtrBufferRead(rel, stream, snapshot, view->version.own, &view->buffer);
		(void) BtrGatherRead(stream, snapshot->curcid, &view->buffer);
	}
	else
		BtrVersionGet(rel, stream, version, snapshot, &view->version);

	view->tree.rel = rel;
	view->tree.stream = *stream;
	view->tree.root = view->version.root;
}

/* ---- points ---- */

struct BtrViewScan
{
	/* The tree's part */
	BtrScan    *tree;			/* NULL at its end */
	BtrPoints	batch;
	int64		next_in_batch;
	int64		nleaves;

	/* The buffer's part */
	const BtrPoints *buffer;
	int64		next_in_buffer;
	int64		end_in_buffer;
};

/*
 * Starts a scan of the points in [start, end), in the current memory context.
 */
BtrViewScan *
BtrViewScanBegin(const BtrView *view, int64 start, int64 end)
{
	BtrViewScan *scan = palloc0(sizeof(BtrViewScan));

	scan->tree = BtrScanBegin(&view->tree, start, end);
	scan->buffer = &view->buffer;
	scan->next_in_buffer = BtrPointsSearch(&view->buffer, 0, start);
	scan->end_in_buffer = BtrPointsSearch(&view->buffer, 0, end);
	return scan;
}

/*
 * Returns the next point in time order; false at the end.
 */
bool
BtrViewScanNext(BtrViewScan *scan, BtrPoint *point)
{
	bool		from_buffer;

	if (scan->next_in_batch >= scan->batch.n && scan->tree != NULL)
	{
		scan->next_in_batch = 0;
		if (!BtrScanNext(scan->tree, &scan->batch))
		{
			scan->tree = NULL;
			scan->batch.n = 0;
		}
		else
			scan->nleaves++;
	}

	from_buffer = scan->next_in_buffer < scan->end_in_buffer;
	if (scan->next_in_batch < scan->batch.n)
		from_buffer = from_buffer &&
			scan->buffer->time[scan->next_in_buffer] < scan->batch.time[scan->next_in_batch];
	else if (!from_buffer)
		return false;

	if (from_buffer)
	{
		point->time = scan->buffer->time[scan->next_in_buffer];
		point->value = scan->buffer->value[scan->next_in_buffer++];
	}
	else
	{
		point->time = scan->batch.time[scan->next_in_batch];
		point->value = scan->batch.value[scan->next_in_batch++];
	}
	return true;
}

/*
 * Returns the number of leaves that had points in the range so far.
 */
int64
BtrViewScanLeaves(const BtrViewScan *scan)
{
	return scan->nleaves;
}

/* ---- windows ---- */

#define NO_WINDOW	PG_UINT64_MAX

struct BtrViewWindows
{
	/* Info */
	int64		start;
	uint64		width;
	uint64		nwindows;

	/* The tree's next window that is not empty */
	BtrWindows *tree;
	bool		have_tree;
	uint64		tree_index;
	BtrStat		tree_stat;

	/* The buffer's */
	const BtrPoints *buffer;
	int64		next_in_buffer;
};

/*
 * Moves to the tree's next window.
 */
static void
next_tree_window(BtrViewWindows *windows)
{
	windows->have_tree = BtrWindowsNext(windows->tree, &windows->tree_index,
										&windows->tree_stat);
}

/*
 * Returns the window of the next buffered point, or NO_WINDOW.
 */
static uint64
buffer_window(const BtrViewWindows *windows)
{
	uint64		index;

	if (windows->next_in_buffer >= windows->buffer->n)
		return NO_WINDOW;
	index = ((uint64) windows->buffer->time[windows->next_in_buffer] -
			 (uint64) windows->start) / windows->width;
	return index < windows->nwindows ? index : NO_WINDOW;
}

/*
 * Starts to summarise the nwindows windows [start + i * width, start + (i + 1) *
 * width), in the current memory context.  Windows are accurate to 2^depth ns.
 */
BtrViewWindows *
BtrViewWindowsBegin(const BtrView *view, int64 start, uint64 width,
					uint64 nwindows, int depth)
{
	BtrViewWindows *windows = palloc0(sizeof(BtrViewWindows));

	windows->start = start;
	windows->width = width;
	windows->nwindows = nwindows;
	windows->tree = BtrWindowsBegin(&view->tree, start, width, nwindows, depth);
	next_tree_window(windows);
	windows->buffer = &view->buffer;
	windows->next_in_buffer = BtrPointsSearch(&view->buffer, 0, start);
	return windows;
}

/*
 * Returns the next window that is not empty, in order; false at the end.
 */
bool
BtrViewWindowsNext(BtrViewWindows *windows, uint64 *index, BtrStat *stat)
{
	uint64		buffered = buffer_window(windows);

	BtrStatInit(stat);
	if (windows->have_tree && windows->tree_index <= buffered)
	{
		*index = windows->tree_index;
		*stat = windows->tree_stat;
		next_tree_window(windows);
	}
	else if (buffered != NO_WINDOW)
		*index = buffered;
	else
		return false;

	while (buffered == *index)
	{
		BtrStatAdd(stat, windows->buffer->value[windows->next_in_buffer++]);
		buffered = buffer_window(windows);
	}
	return true;
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrViewWindowsCount(const BtrViewWindows *windows, BtrReadCounts *counts)
{
	BtrWindowsCount(windows->tree, counts);
}

/*
 * Returns the statistics of [start, end).
 */
BtrStat
BtrViewStat(const BtrView *view, int64 start, int64 end)
{
	BtrViewWindows *windows;
	uint64		index;
	BtrStat		stat;

	BtrStatInit(&stat);
	if (start >= end)
		return stat;
	windows = BtrViewWindowsBegin(view, start, (uint64) end - (uint64) start, 1, 0);
	(void) BtrViewWindowsNext(windows, &index, &stat);
	return stat;
}

/* ---- nearest ---- */

/*
 * Finds the first point with t >= time or, backward, the last one with t < time;
 * false if there is none.
 */
bool
BtrViewNearest(const BtrView *view, int64 time, bool backward, BtrPoint *point)
{
	int64		i = BtrPointsSearch(&view->buffer, 0, time);
	bool		found = BtrNearest(&view->tree, time, backward, point);

	if (backward)
		i--;
	if (i < 0 || i >= view->buffer.n)
		return found;
	if (found && (backward ? point->time > view->buffer.time[i] :
				  point->time <= view->buffer.time[i]))
		return true;
	point->time = view->buffer.time[i];
	point->value = view->buffer.value[i];
	return true;
}

/* ---- changes ---- */

/* A growing array of ranges. */
typedef struct RangeArray
{
	BtrRange   *range;
	int64		n;
	int64		size;			/* allocated */
} RangeArray;

/*
 * Appends a range, or joins it to the last one if they touch.
 */
static void
add_range(const BtrRange *range, void *arg)
{
	RangeArray *array = arg;

	if (array->n > 0 &&
		range->start >= array->range[array->n - 1].start &&
		range->start <= array->range[array->n - 1].end)
	{
		array->range[array->n - 1].end = Max(array->range[array->n - 1].end, range->end);
		return;
	}
	if (array->n == array->size)
	{
		array->size = Max(2 * array->size, 64);
		if (array->range == NULL)
			array->range = palloc(array->size * sizeof(BtrRange));
		else
			array->range = repalloc_huge(array->range, array->size * sizeof(BtrRange));
	}
	array->range[array->n++] = *range;
}

/*
 * Returns the aligned range of 2^resolution ns that contains time, as far as it
 * is valid time.
 */
static BtrRange
aligned_range(int64 time, int resolution)
{
	uint64		mask = (UINT64CONST(1) << resolution) - 1;
	uint64		offset = (uint64) time - (uint64) BTR_TIME_MIN;
	uint64		valid = (uint64) BTR_TIME_MAX - (uint64) BTR_TIME_MIN;
	BtrRange	range;

	range.start = (int64) ((uint64) BTR_TIME_MIN + (offset & ~mask));
	range.end = (int64) ((uint64) BTR_TIME_MIN + Min((offset | mask) + 1, valid));
	return range;
}

/*
 * Finds the ranges in which two views of a stream may differ: sorted, disjoint,
 * coalesced.  Covers every difference between the trees and every point in to's
 * buffer.  Returns their number; the array is palloc'd.
 */
int64
BtrViewChanges(const BtrView *from, const BtrView *to, int resolution, BtrRange **ranges)
{
	RangeArray	tree = {0};
	RangeArray	buffer = {0};
	RangeArray	all = {0};
	int64		i = 0;
	int64		j = 0;

	BtrDiff(&from->tree, &to->tree, resolution, add_range, &tree);
	for (int64 k = 0; k < to->buffer.n; k++)
	{
		BtrRange	range = aligned_range(to->buffer.time[k], resolution);

		CHECK_FOR_INTERRUPTS();
		add_range(&range, &buffer);
	}

	while (i < tree.n || j < buffer.n)
	{
		if (j == buffer.n || (i < tree.n && tree.range[i].start <= buffer.range[j].start))
			add_range(&tree.range[i++], &all);
		else
			add_range(&buffer.range[j++], &all);
	}
	*ranges = all.range;
	return all.n;
}
