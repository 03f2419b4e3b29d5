/*
 * windows.c
 *		Summarises windows of time in one pass over a tree.
 *
 * The pass goes through entries in time order.  An entry inside one window gives
 * its statistics; one that lies across an edge is opened.  So only the nodes on
 * window edges are read, and each of them once.  Of a leaf that one or few edges
 * go through, only the values of the part that the entry describes are decoded.
 */
#include "postgres.h"

#include "executor/instrument.h"

#include "tree/ahead.h"
#include "tree/walk.h"
#include "types/stat.h"

/*
 * An entry of a leaf that reaches into at most so many windows is cut by searching
 * its packed times; one that reaches into more, by decoding them all.
 */
#define SEARCHED_WINDOWS	8

/* About so many nodes right above leaves, which lie side by side in time, fill a page. */
#define BOTTOM_NODES		8

struct BtrWindows
{
	/* Settings */
	BtrGrid		grid;
	bool		whole_trimmed;	/* trimmed windows are where they begin */

	/* Variables */
	BtrWalk		walk;
	BtrAhead	ahead;
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
	w->whole_trimmed = depth == BTR_WHOLE_TRIMMED;
	BtrWalkInit(&w->walk, tree);
	w->ahead.context = CurrentMemoryContext;
	return w;
}

/*
 * Opens a node whose entry, which describes range, lies across an edge: puts an inner
 * or chain node on the path, or takes a leaf's points in the range to be handed
 * out, which are the count points after the first "before".
 */
static void
open_node(BtrWindows *w, BtrRef *ref, BtrRange range, int64 before, int64 count)
{
	BtrWalk    *walk = &w->walk;
	Relation	rel = walk->tree.rel;
	BtrNode    *node;
	int64		start = Max(range.start, w->grid.start);
	int64		end = Min(range.end, w->grid.end);
	int64		leaves = walk->counts.leaves;
	int64		from_disk = pgBufferUsage.shared_blks_read;

	/* the next edge is likely to go through nodes of other pages */
	walk->alone = w->grid.width / (ref->leaf ? 2 : BOTTOM_NODES) > (uint64) range.end - (uint64) range.start;
	node = BtrWalkRead(walk, ref);
	if (node->h.kind != BTR_NODE_LEAF)
	{
		BtrWalkPush(walk);
		return;
	}

	w->leaf = ref->tid;
	w->part_index = BtrGridWindow(&w->grid, start);
	w->part_last = BtrGridWindow(&w->grid, end - 1);
	if (walk->counts.leaves != leaves)
		BtrAheadLeaf(&w->ahead, &walk->tree, &w->grid, BtrGridEnd(&w->grid, w->part_last),
					 pgBufferUsage.shared_blks_read != from_disk);
	w->searched = w->part_last - w->part_index < SEARCHED_WINDOWS &&
		!BtrWalkIsNode(&walk->leaf, ref);
	if (w->searched)
	{
		w->point = start == range.start ? before :
			BtrNodeLowerBound(rel, node, &ref->tid, start);
		w->point_end = end == range.end ? Min(before + count, node->h.nitems) :
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
		int64		next = BtrNodeLowerBound(walk->tree.rel, walk->path[walk->depth].node,
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
 * Returns the number of points in the parts of the child before the one that entry i
 * describes.
 */
static int64
points_before(const BtrNode *node, int i)
{
	const BtrEntry *entries = BtrNodeEntries(node);
	int64		count = 0;

	if (node->h.kind != BTR_NODE_INNER)
		return 0;
	for (int j = i - 1; j >= 0 && BtrEntrySameChild(&entries[j], &entries[i]); j--)
		count += entries[j].stat.count;
	return count;
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
		if (BtrRootIsEmpty(&walk->tree.root) || w->grid.start >= w->grid.end)
			return false;
		switch (BtrGridPlace(&w->grid, range, 0, index))
		{
			case BTR_OUTSIDE:
				return false;
			case BTR_INSIDE:
				*stat = walk->tree.root.stat;
				return true;
			case BTR_ACROSS:
				open_node(w, &ref, range, 0, walk->tree.root.stat.count);
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
		switch (BtrGridPlace(&w->grid, range, w->grid.whole, index))
		{
			case BTR_OUTSIDE:
				break;
			case BTR_INSIDE:
				*stat = BtrNodeEntries(frame->node)[i].stat;
				return true;
			case BTR_ACROSS:
				ref = BtrEntryRef(frame->node, i);
				if (w->whole_trimmed && BtrRefIsTrimmed(&ref))
				{
					*index = BtrGridWindow(&w->grid, Max(range.start, w->grid.start));
					*stat = BtrNodeEntries(frame->node)[i].stat;
					return true;
				}
				if (walk->skip_trimmed && BtrRefIsTrimmed(&ref))
					break;
				open_node(w, &ref, range, points_before(frame->node, i),
						  BtrNodeEntries(frame->node)[i].stat.count);
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
	counts->prefetched += w->ahead.prefetched;
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
	w->walk.skip_trimmed = true;
	return BtrWindowsNext(w, &index, &stat) ? stat.count : 0;
}
