/*
 * windows.c
 *		Summarises windows of time in one pass over a tree.
 *
 * The pass goes through entries in time order.  An entry inside one window gives
 * its statistics; one that lies across an edge is opened.  So only the nodes on
 * window edges are read, and each of them once.  Of a leaf that one or few edges
 * go through, only the values of the part that the entry describes are decoded.
 *
 * ahead.c goes through inner nodes, and this file through leaves.
 */
#include "postgres.h"

#include "tree/ahead.h"
#include "types/stat.h"

/*
 * An entry of a leaf that reaches into at most so many windows is cut by searching
 * its packed times; one that reaches into more, by decoding them all.
 */
#define SEARCHED_WINDOWS	8

struct BtrWindows
{
	/* Settings */
	BtrGrid		grid;

	/* Variables */
	BtrAhead	ahead;
	BtrWalk		walk;			/* reads leaves */
	int64		point;			/* points of the walk's leaf that remain: */
	int64		point_end;		/* from point to point_end - 1 */
	const double *value;		/* of point, and of those that follow, */
	double		divisor;		/* to be divided by this */
	bool		searched;		/* their times are not decoded; */
	ItemPointerData leaf;		/* the leaf, */
	uint64		part_index;		/* the window of point, and */
	uint64		part_last;		/* that of the last one */
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
	Assert((depth >= 0 && depth < 64) || depth == BTR_WHOLE_TRIMMED);
	Assert(nwindows <= ((uint64) BTR_TIME_MAX - (uint64) start) / width);

	w->grid.start = start;
	w->grid.end = (int64) ((uint64) start + nwindows * width);
	w->grid.width = width;
	w->grid.whole = UINT64_C(1) << Max(depth, 0);
	BtrWalkInit(&w->walk, tree);
	BtrAheadInit(&w->ahead, &w->walk, &w->grid, depth == BTR_WHOLE_TRIMMED);
	return w;
}

/*
 * Reads a leaf whose entry lies across an edge and takes its points in the entry's range to be
 * handed out.
 */
static void
open_leaf(BtrWindows *w, const BtrAheadItem *item)
{
	BtrWalk    *walk = &w->walk;
	Relation	rel = walk->tree.rel;
	const BtrRef *ref = &item->ref;
	BtrRange	range = item->range;
	BtrNode    *node;
	int64		start = Max(range.start, w->grid.start);
	int64		end = Min(range.end, w->grid.end);

	/* the next edge is likely to go through a leaf of another page */
	walk->alone = w->grid.width / 2 > (uint64) range.end - (uint64) range.start;
	node = BtrWalkRead(walk, ref);

	w->leaf = ref->tid;
	w->part_index = BtrGridWindow(&w->grid, start);
	w->part_last = BtrGridWindow(&w->grid, end - 1);
	w->searched = w->part_last - w->part_index < SEARCHED_WINDOWS &&
		!BtrWalkIsNode(&walk->leaf, ref);
	if (w->searched)
	{
		w->point = start == range.start ? item->before :
			BtrNodeLowerBound(rel, node, &ref->tid, start);
		w->point_end = end == range.end ? Min(item->before + item->count, node->h.nitems) :
			BtrNodeLowerBound(rel, node, &ref->tid, end);
		if (w->point < w->point_end)
			BtrWalkDecodeValues(walk, ref, w->point, w->point_end, &w->divisor);
		w->value = walk->value;
	}
	else
	{
		BtrWalkDecode(walk, ref);
		w->point = BtrPointsSearch(&walk->points, 0, start);
		w->point_end = BtrPointsSearch(&walk->points, w->point, end);
		w->value = walk->points.value + w->point;
		w->divisor = 1;
	}
}

/*
 * Finds the end of those remaining points of a leaf with packed times that lie in the
 * same window as the first of them, and the index of that window.
 */
static int64
search_end(BtrWindows *w, uint64 *index)
{
	const BtrWalk *walk = &w->walk;

	while (w->part_index < w->part_last)
	{
		int64		next = BtrNodeLowerBound(walk->tree.rel, walk->path[0].node,
											 &w->leaf, BtrGridEnd(&w->grid, w->part_index));

		*index = w->part_index++;
		if (next > w->point)
			return Min(next, w->point_end);
	}
	*index = w->part_last;
	return w->point_end;
}

/*
 * Summarises the points of the walk's leaf that remain and lie in the same window.
 */
static void
take_points(BtrWindows *w, uint64 *index, BtrStat *stat)
{
	const BtrPoints *points = &w->walk.points;
	int64		next;

	if (w->searched)
		next = search_end(w, index);
	else
	{
		*index = BtrGridWindow(&w->grid, points->time[w->point]);
		next = Min(BtrPointsSearch(points, w->point, BtrGridEnd(&w->grid, *index)), w->point_end);
	}

	BtrStatInit(stat);
	BtrStatAddValues(stat, w->value, next - w->point);
	if (w->divisor != 1)
		BtrStatDivide(stat, w->divisor);
	w->value += next - w->point;
	w->point = next;
}

/*
 * Gives the next piece of a window: the statistics of entries or of points of a leaf.
 * Windows come in order, each in one or more pieces.
 */
static bool
next_piece(BtrWindows *w, uint64 *index, BtrStat *stat)
{
	BtrAheadItem item;

	while (w->point >= w->point_end)
	{
		if (!BtrAheadNext(&w->ahead, &item))
			return false;
		if (item.summary)
		{
			*index = item.index;
			*stat = item.stat;
			return true;
		}
		open_leaf(w, &item);
	}
	take_points(w, index, stat);
	return true;
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
	counts->nodes += w->walk.counts.nodes + w->ahead.walk.counts.nodes;
	counts->leaves += w->walk.counts.leaves + w->ahead.walk.counts.leaves;
	counts->prefetched += w->ahead.pages.from_disk;
}

/*
 * Counts the points in a range, for estimates; see tree.h.
 */
int64
BtrCountAbout(const BtrTree *tree, int64 start, int64 end)
{
	BtrWindows *w;
	uint64		index;
	BtrStat		stat;

	if (start >= end)
		return 0;
	w = BtrWindowsBegin(tree, start, (uint64) end - (uint64) start, 1, 0);
	w->ahead.walk.skip_trimmed = true;
	return BtrWindowsNext(w, &index, &stat) ? stat.count : 0;
}
