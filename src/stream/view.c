/*
 * view.c
 *		What a query sees of a stream: one version's tree and, for the latest
 *		one, the points that are buffered beside it.
 *
 * Of points of equal time those of the tree come first: they were inserted
 * first.  Backward, the order is exactly the reverse.
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
	/* Info */
	bool		backward;
	int64		tree_bound;		/* no point of the tree comes before this time */

	/* What is left of the tree, of its last leaf, and of the buffer */
	BtrScan    *tree;			/* NULL at its end */
	BtrPoints	leaf;
	BtrPoints	buffer;
	int64		nleaves;
	BtrReadCounts counts;		/* at the tree's end */

	/* Subtrees that are passed over */
	BtrPassOver pass_over;
	void	   *pass_arg;
	bool		passed;			/* one was, and was not handed out yet: */
	BtrPiece	piece;
};

/*
 * Starts a scan of the points in [start, end), forward or backward in time, in the
 * current memory context.
 */
BtrViewScan *
BtrViewScanBegin(const BtrView *view, int64 start, int64 end, bool backward)
{
	BtrViewScan *scan = palloc0(sizeof(BtrViewScan));
	int64		first = BtrPointsSearch(&view->buffer, 0, start);
	int64		last = BtrPointsSearch(&view->buffer, first, end);

	scan->backward = backward;
	scan->tree_bound = backward ? view->version.latest.point.time : view->version.earliest.point.time;
	if (!BtrRootIsEmpty(&view->tree.root))
		scan->tree = BtrScanBegin(&view->tree, start, end, backward);
	scan->buffer = BtrPointsSlice(&view->buffer, first, last);
	return scan;
}

/*
 * Leaves out leaves of the tree that have no value in [low, high]; to be called before
 * the first point is read.
 */
void
BtrViewScanLimitValues(BtrViewScan *scan, double low, double high)
{
	if (scan->tree != NULL)
		BtrScanLimitValues(scan->tree, low, high);
}

/*
 * Returns the buffered points in a range that the scan has not reached yet.
 */
static BtrPoints
buffered_in(const BtrViewScan *scan, const BtrRange *range)
{
	int64		first = BtrPointsSearch(&scan->buffer, 0, range->start);

	return BtrPointsSlice(&scan->buffer, first,
						  BtrPointsSearch(&scan->buffer, first, range->end));
}

/*
 * Asks whether a subtree may be passed over together with the buffered points in its range.
 */
static bool
pass_over(const BtrRange *range, const BtrStat *stat, void *arg)
{
	BtrViewScan *scan = arg;
	BtrPoints	buffered = buffered_in(scan, range);
	BtrStat		all = *stat;

	if (buffered.n > 0)
		BtrStatAddValues(&all, buffered.value, buffered.n);
	return scan->pass_over(range, &all, scan->pass_arg);
}

/*
 * Lets subtrees be passed over, for BtrViewScanNextSection(); to be called before the first one is
 * read.
 */
void
BtrViewScanPassOver(BtrViewScan *scan, BtrPassOver callback, void *arg)
{
	scan->pass_over = callback;
	scan->pass_arg = arg;
	if (scan->tree != NULL)
		BtrScanPassOver(scan->tree, pass_over, scan);
}

/*
 * Makes the scan, one of many at a time, take less memory; likewise.
 */
void
BtrViewScanSpareMemory(BtrViewScan *scan)
{
	if (scan->tree != NULL)
		BtrScanSpareMemory(scan->tree);
}

/*
 * Takes n points, in the direction of the scan, from those that are left.
 */
static void
take(BtrPoints *left, int64 n, bool backward, BtrRun *run)
{
	int64		rest = left->n - n;

	run->left = n;
	run->step = backward ? -1 : 1;
	run->next = backward ? n - 1 : 0;
	run->points = BtrPointsSlice(left, backward ? rest : 0, backward ? left->n : n);
	*left = BtrPointsSlice(left, backward ? 0 : n, backward ? rest : left->n);
}

/*
 * Takes the buffered points that come before those of the tree, whose next time is
 * this: of equal times those of the tree come first, and backward last.
 */
static bool
take_buffered(BtrViewScan *scan, int64 tree_time, BtrRun *run)
{
	int64		n = BtrPointsSearch(&scan->buffer, 0, tree_time);

	if (scan->backward)
		n = scan->buffer.n - n;
	if (n > 0)
		take(&scan->buffer, n, scan->backward, run);
	return n > 0;
}

/*
 * Goes to the next piece of the tree: a leaf or what is passed over.
 */
static void
next_piece(BtrViewScan *scan)
{
	if (!BtrScanNext(scan->tree, &scan->piece))
	{
		BtrScanCount(scan->tree, &scan->counts);
		scan->tree = NULL;
		return;
	}
	scan->passed = scan->piece.passed;
	if (!scan->passed)
	{
		scan->leaf = scan->piece.points;
		scan->nleaves++;
	}
}

/*
 * Returns the next points in the direction of the scan: some of one leaf or some of
 * the buffer, valid until the next call; false at the end, and before what is passed over.
 *
 * Leaves are not read before the buffered points that come before all of the
 * tree are used up.
 */
bool
BtrViewScanNextRun(BtrViewScan *scan, BtrRun *run)
{
	int64		n;

	if (scan->leaf.n == 0 && scan->tree != NULL && !scan->passed)
	{
		if (scan->buffer.n > 0 && scan->nleaves == 0 &&
			take_buffered(scan, scan->tree_bound, run))
			return true;
		next_piece(scan);
	}
	if (scan->passed)
		return take_buffered(scan, scan->backward ? scan->piece.range.end :
							 scan->piece.range.start, run);

	if (scan->leaf.n == 0 || scan->buffer.n == 0)
	{
		BtrPoints  *left = scan->leaf.n > 0 ? &scan->leaf : &scan->buffer;

		if (left->n == 0)
			return false;
		take(left, left->n, scan->backward, run);
		return true;
	}

	if (take_buffered(scan, scan->leaf.time[scan->backward ? scan->leaf.n - 1 : 0], run))
		return true;
	if (scan->backward)
		n = scan->leaf.n - BtrPointsSearch(&scan->leaf, 0,
										   scan->buffer.time[scan->buffer.n - 1] + 1);
	else
		n = BtrPointsSearch(&scan->leaf, 0, scan->buffer.time[0] + 1);
	take(&scan->leaf, n, scan->backward, run);
	return true;
}

/*
 * Returns the next section in the direction of the scan: points, or the summary of those that
 * are passed over; false at the end.
 */
bool
BtrViewScanNextSection(BtrViewScan *scan, BtrSection *section)
{
	BtrPoints	buffered;
	int64		next;

	section->passed = false;
	if (BtrViewScanNextRun(scan, &section->run))
		return true;
	if (!scan->passed)
		return false;

	scan->passed = false;
	section->passed = true;
	section->range = scan->piece.range;
	section->stat = scan->piece.stat;
	buffered = buffered_in(scan, &section->range);
	BtrStatAddValues(&section->stat, buffered.value, buffered.n);
	next = BtrPointsSearch(&scan->buffer, 0, scan->backward ? section->range.start : section->range.end);
	scan->buffer = BtrPointsSlice(&scan->buffer, scan->backward ? 0 : next,
								  scan->backward ? next : scan->buffer.n);
	return true;
}

/*
 * Passes over the points before time.  Leaves that have no others are not read.
 */
void
BtrViewScanSkipTo(BtrViewScan *scan, int64 time)
{
	scan->leaf = BtrPointsSlice(&scan->leaf, BtrPointsSearch(&scan->leaf, 0, time), scan->leaf.n);
	scan->buffer = BtrPointsSlice(&scan->buffer, BtrPointsSearch(&scan->buffer, 0, time),
								  scan->buffer.n);
	if (scan->tree != NULL)
		BtrScanSkipTo(scan->tree, time);
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrViewScanCount(const BtrViewScan *scan, BtrReadCounts *counts)
{
	counts->nodes += scan->counts.nodes;
	counts->leaves += scan->counts.leaves;
	if (scan->tree != NULL)
		BtrScanCount(scan->tree, counts);
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

	if (buffered == *index)
	{
		int64		edge = (int64) ((uint64) windows->start + (*index + 1) * windows->width);
		int64		next = BtrPointsSearch(windows->buffer, windows->next_in_buffer, edge);

		BtrStatAddValues(stat, windows->buffer->value + windows->next_in_buffer,
						 next - windows->next_in_buffer);
		windows->next_in_buffer = next;
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

struct BtrViewSeeker
{
	/* Info */
	const BtrView *view;
	bool		backward;
	bool		alone;

	BtrSeeker  *tree;			/* made when it is needed */
};

/*
 * Prepares to look for the points next to times, in the current memory context; alone: for
 * one time only.
 */
BtrViewSeeker *
BtrViewSeekBegin(const BtrView *view, bool backward, bool alone)
{
	BtrViewSeeker *seeker = palloc(sizeof(BtrViewSeeker));

	seeker->view = view;
	seeker->backward = backward;
	seeker->alone = alone;
	seeker->tree = NULL;
	return seeker;
}

/*
 * Finds the point next to time in the tree, by a seeker or, if it is NULL, for this time only.  The
 * outermost points are known from the version's row.
 */
static bool
nearest_in_tree(const BtrView *view, BtrViewSeeker *seeker, int64 time, bool backward,
				BtrPoint *point)
{
	const BtrVersion *version = &view->version;
	const BtrEdge *edge = backward ? &version->latest : &version->earliest;
	bool		outside;

	if (BtrRootIsEmpty(&view->tree.root))
		return false;
	outside = backward ? time > edge->point.time : time <= edge->point.time;
	if (!outside || edge->trimmed)
	{
		if (seeker == NULL)
			return BtrNearest(&view->tree, time, backward, point);
		if (seeker->tree == NULL)
			seeker->tree = BtrSeekBegin(&view->tree, backward, seeker->alone);
		return BtrSeek(seeker->tree, time, point);
	}
	*point = edge->point;
	return true;
}

/*
 * Finds the first point with t >= time or, backward, the last one with t < time, in tree and
 * buffer; false if there is none.
 */
static bool
find_nearest(const BtrView *view, BtrViewSeeker *seeker, int64 time, bool backward, BtrPoint *point)
{
	int64		i = BtrPointsSearch(&view->buffer, 0, time);
	bool		found = nearest_in_tree(view, seeker, time, backward, point);

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

/*
 * Finds the point next to time in the seeker's direction.  Memory that is needed comes from the
 * current context, which must be that of the beginning.
 */
bool
BtrViewSeek(BtrViewSeeker *seeker, int64 time, BtrPoint *point)
{
	return find_nearest(seeker->view, seeker, time, seeker->backward, point);
}

/*
 * Finds the first or, by a seeker that looks backward, the last point of a range in which there
 * are some; raises ERRCODE_DATA_CORRUPTED if there are none.
 */
void
BtrViewSeekIn(BtrViewSeeker *seeker, const BtrRange *range, BtrPoint *point)
{
	if (!BtrViewSeek(seeker, seeker->backward ? range->end : range->start, point) ||
		point->time < range->start || point->time >= range->end)
		BtrReportTree(&seeker->view->tree,
					  "Its nodes count points from %lld to before %lld, but there are none",
					  (long long) range->start, (long long) range->end);
}

/*
 * Returns the time of that point.
 */
int64
BtrViewSeekTime(BtrViewSeeker *seeker, const BtrRange *range)
{
	BtrPoint	point;

	if (range->end == range->start + 1)
		return range->start;
	BtrViewSeekIn(seeker, range, &point);
	return point.time;
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrViewSeekCount(const BtrViewSeeker *seeker, BtrReadCounts *counts)
{
	if (seeker->tree != NULL)
		BtrSeekCount(seeker->tree, counts);
}

/*
 * Finds the point next to time.  Frees what it allocates.
 */
bool
BtrViewNearest(const BtrView *view, int64 time, bool backward, BtrPoint *point)
{
	return find_nearest(view, NULL, time, backward, point);
}

/* ---- changes ---- */

/* Ranges on their way to the caller. */
typedef struct Changes
{
	/* Settings */
	int			resolution;
	BtrRangeCallback emit;
	void	   *arg;

	/* Variables */
	const BtrPoints *buffer;
	int64		next_in_buffer;
	BtrRange	last;			/* not emitted yet: the next one may touch it */
	bool		have_last;
} Changes;

/*
 * Joins a range to the last one if they touch; else emits that, and keeps this one.
 */
static void
add_range(Changes *changes, const BtrRange *range)
{
	BtrRange   *last = &changes->last;

	if (changes->have_last && range->start >= last->start && range->start <= last->end)
	{
		last->end = Max(last->end, range->end);
		return;
	}
	if (changes->have_last)
		changes->emit(last, changes->arg);
	*last = *range;
	changes->have_last = true;
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
 * Adds the ranges of buffered points that start before a time.
 */
static void
add_buffered_ranges(Changes *changes, int64 before)
{
	const BtrPoints *buffer = changes->buffer;

	for (; changes->next_in_buffer < buffer->n; changes->next_in_buffer++)
	{
		BtrRange	range = aligned_range(buffer->time[changes->next_in_buffer],
										  changes->resolution);

		CHECK_FOR_INTERRUPTS();
		if (range.start >= before)
			break;
		add_range(changes, &range);
	}
}

/*
 * Takes a range in which the trees differ, after those that start before it.
 */
static void
add_tree_range(const BtrRange *range, void *arg)
{
	Changes    *changes = (Changes *) arg;

	add_buffered_ranges(changes, range->start);
	add_range(changes, range);
}

/*
 * Calls emit for each of the ranges in which two views of a stream may differ: sorted,
 * disjoint, coalesced.  Covers every difference between the trees and every point in to's
 * buffer.
 */
void
BtrViewChanges(const BtrView *from, const BtrView *to, int resolution,
			   BtrRangeCallback emit, void *arg)
{
	Changes		changes = {.resolution = resolution, .emit = emit, .arg = arg,
	.buffer = &to->buffer};

	BtrDiff(&from->tree, &to->tree, resolution, add_tree_range, &changes);
	add_buffered_ranges(&changes, PG_INT64_MAX);
	if (changes.have_last)
		emit(&changes.last, arg);
}
