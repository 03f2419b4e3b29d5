/*
 * windows.c
 *		Summarises windows of time in one pass over a tree.
 *
 * The pass goes through entries in time order.  An entry inside one window gives
 * its statistics; one that lies across an edge is opened.  So only the nodes on
 * window edges are read, and each of them once.
 */
#include "postgres.h"

#include "tree/walk.h"
#include "types/stat.h"

struct BtrWindows
{
	/* Settings */
	int64		start;
	int64		end;			/* of the last window */
	uint64		width;
	uint64		whole;			/* entries up to this width are not split */

	/* Variables */
	BtrWalk		walk;
	int64		point;			/* points of the walk's leaf that remain: */
	int64		point_end;		/* from point to point_end - 1 */
	bool		pending;		/* a piece that was not handed out yet: */
	uint64		pending_index;
	BtrStat		pending_stat;
};

/*
 * Starts to summarise windows; they are freed with the current memory context.
 */
BtrWindows *
BtrWindowsBegin(const BtrTree *tree, int64 start, uint64 width,
				uint64 nwindows, int depth)
{
	BtrWindows *w = palloc0(sizeof(BtrWindows));

	Assert(width > 0);
	Assert(depth >= 0 && depth < 64);
	Assert(nwindows <= ((uint64) BTR_TIME_MAX - (uint64) start) / width);

	w->start = start;
	w->end = (int64) ((uint64) start + nwindows * width);
	w->width = width;
	w->whole = UINT64_C(1) << depth;
	BtrWalkInit(&w->walk, tree);
	return w;
}

/*
 * Returns the index of the window that time, not before the first one, lies in.
 */
static uint64
window_of(const BtrWindows *w, int64 time)
{
	return ((uint64) time - (uint64) w->start) / w->width;
}

/* Where a range lies among the windows. */
typedef enum Place
{
	OUTSIDE,					/* of all */
	INSIDE,						/* one of them, *index */
	ACROSS						/* an edge */
} Place;

/*
 * Says where a range lies.  A range of at most whole nanoseconds is nowhere but
 * where it starts.
 */
static Place
place_of(const BtrWindows *w, BtrRange range, uint64 whole, uint64 *index)
{
	if (range.end <= w->start || range.start >= w->end)
		return OUTSIDE;
	if ((uint64) range.end - (uint64) range.start <= whole)
	{
		if (range.start < w->start)
			return OUTSIDE;
		*index = window_of(w, range.start);
		return INSIDE;
	}
	if (range.start < w->start || range.end > w->end)
		return ACROSS;
	*index = window_of(w, range.start);
	return *index == window_of(w, range.end - 1) ? INSIDE : ACROSS;
}

/*
 * Opens a node whose entry, which describes range, lies across an edge: puts an inner
 * or chain node on the path, or takes a leaf's points in the range to be handed
 * out.  The leaf is not read again for the second of two entries.
 */
static void
open_node(BtrWindows *w, BtrRef *ref, BtrRange range)
{
	BtrWalk    *walk = &w->walk;

	if (!ItemPointerIsValid(&walk->leaf) ||
		!ItemPointerEquals(&walk->leaf, &ref->tid))
	{
		BtrNode    *node = BtrWalkRead(walk, ref);

		if (node->h.kind != BTR_NODE_LEAF)
		{
			BtrWalkPush(walk);
			return;
		}
		BtrWalkDecode(walk, ref);
	}

	w->point = BtrPointsSearch(&walk->points, 0, Max(range.start, w->start));
	w->point_end = BtrPointsSearch(&walk->points, w->point, Min(range.end, w->end));
}

/*
 * Summarises the points of the walk's leaf that remain and lie in the same window.
 */
static void
take_points(BtrWindows *w, uint64 *index, BtrStat *stat)
{
	const BtrPoints *points = &w->walk.points;
	int64		next;
	int64		edge;

	*index = window_of(w, points->time[w->point]);
	edge = (int64) ((uint64) w->start + (*index + 1) * w->width);
	next = Min(BtrPointsSearch(points, w->point, edge), w->point_end);

	BtrStatInit(stat);
	BtrStatAddValues(stat, points->value + w->point, next - w->point);
	w->point = next;
}

/*
 * Gives the next piece of a window: the statistics of an entry or of points of a leaf.
 * Windows come in order, each in one or more pieces.
 */
static bool
next_piece(BtrWindows *w, uint64 *index, BtrStat *stat)
{
	BtrWalk    *walk = &w->walk;

	if (!walk->started)
	{
		BtrRef		ref = BtrRootRef(&walk->tree.root);
		BtrRange	range = {ref.start, ref.end};

		walk->started = true;
		if (BtrRootIsEmpty(&walk->tree.root) || w->start >= w->end)
			return false;
		switch (place_of(w, range, 0, index))
		{
			case OUTSIDE:
				return false;
			case INSIDE:
				*stat = walk->tree.root.stat;
				return true;
			case ACROSS:
				open_node(w, &ref, range);
				break;
		}
	}

	for (;;)
	{
		BtrWalkFrame *frame;
		BtrRange	range;
		BtrRef		ref;
		int			i;

		if (w->point < w->point_end)
		{
			take_points(w, index, stat);
			return true;
		}
		if (walk->depth == 0)
			return false;

		frame = BtrWalkTop(walk);
		if (frame->next >= frame->node->h.nitems)
		{
			BtrWalkPop(walk);
			continue;
		}
		i = frame->next++;
		range = BtrEntryRange(frame->node, i);
		switch (place_of(w, range, w->whole, index))
		{
			case OUTSIDE:
				break;
			case INSIDE:
				*stat = BtrNodeEntries(frame->node)[i].stat;
				return true;
			case ACROSS:
				ref = BtrEntryRef(frame->node, i);
				open_node(w, &ref, range);
				break;
		}
	}
}

/*
 * Gives the next window that is not empty.
 */
bool
BtrWindowsNext(BtrWindows *w, uint64 *index, BtrStat *stat)
{
	if (!w->pending &&
		!next_piece(w, &w->pending_index, &w->pending_stat))
		return false;

	*index = w->pending_index;
	*stat = w->pending_stat;
	while ((w->pending = next_piece(w, &w->pending_index, &w->pending_stat)) &&
		   w->pending_index == *index)
		BtrStatMerge(stat, &w->pending_stat);
	return true;
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrWindowsCount(const BtrWindows *w, BtrReadCounts *counts)
{
	counts->nodes += w->walk.counts.nodes;
	counts->leaves += w->walk.counts.leaves;
}
