/*
 * nearest.c
 *		Finds the points next to moments, and the first and last ones.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "tree/walk.h"

/*
 * A search keeps the path to the leaf where it ended, and the next one goes up on that no
 * further than it must.
 */
struct BtrSeeker
{
	BtrWalk		walk;
	bool		backward;
	ItemPointerData found;		/* the leaf that the last search ended at */
};

/*
 * Prepares to search forward or backward, in the current memory context.  alone: for one
 * time only, so that no page is copied.
 */
BtrSeeker *
BtrSeekBegin(const BtrTree *tree, bool backward, bool alone)
{
	BtrSeeker  *seeker = palloc(sizeof(BtrSeeker));

	BtrWalkInit(&seeker->walk, tree);
	seeker->walk.alone = alone;
	seeker->backward = backward;
	ItemPointerSetInvalid(&seeker->found);
	return seeker;
}

/*
 * Goes up on the path to the lowest node around a time, to look at all of its entries again.
 *
 * What was looked at in the nodes above remains so: up to that node in the direction of the
 * search.
 */
static void
go_up(BtrWalk *walk, int64 time)
{
	while (walk->depth > 0)
	{
		BtrWalkFrame *frame = BtrWalkTop(walk);

		if (time >= frame->node->h.start && time < BtrNodeEnd(&frame->node->h))
		{
			frame->next = 0;
			return;
		}
		BtrWalkPop(walk);
	}
	walk->started = false;
}

/*
 * Finds the first point at or after time or, backward, the last one before it.
 *
 * Goes to the leaf where the point should be.  If that leaf has only points on the other
 * side of time, a neighbour's outermost point is the answer: a second path, no more.  Nothing but that
 * point is decoded, but a leaf that is met twice in a row is decoded whole.
 */
bool
BtrSeek(BtrSeeker *seeker, int64 time, BtrPoint *point)
{
	BtrWalk    *walk = &seeker->walk;
	Relation	rel = walk->tree.rel;
	bool		backward = seeker->backward;
	int64		start = backward ? BTR_TIME_MIN : time;
	int64		end = backward ? time : BTR_TIME_MAX;
	BtrRef		ref;
	BtrNode    *leaf;

	go_up(walk, backward ? time - 1 : time);
	while ((leaf = BtrWalkFindLeaf(walk, start, end, backward, &ref)) != NULL)
	{
		bool		again = BtrWalkIsNode(&seeker->found, &ref);
		int64		i;

		seeker->found = ref.tid;
		if (again)
		{
			BtrWalkDecode(walk, &ref);
			i = BtrPointsSearch(&walk->points, 0, time);
		}
		else
			i = BtrNodeLowerBound(rel, leaf, &ref.tid, time);
		if (backward)
			i--;
		if (i < 0 || i >= leaf->h.nitems)
			continue;
		if (again)
		{
			point->time = walk->points.time[i];
			point->value = walk->points.value[i];
		}
		else
			BtrNodeDecodePoint(rel, leaf, &ref.tid, (int) i, point);
		return true;
	}
	return false;
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrSeekCount(const BtrSeeker *seeker, BtrReadCounts *counts)
{
	counts->nodes += seeker->walk.counts.nodes;
	counts->leaves += seeker->walk.counts.leaves;
}

/*
 * Finds the point next to one time.  Frees what it allocates.
 */
bool
BtrNearest(const BtrTree *tree, int64 time, bool backward, BtrPoint *point)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "btrdb nearest",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	bool		found = BtrSeek(BtrSeekBegin(tree, backward, true), time, point);

	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	return found;
}

/*
 * Finds a tree's first or last point; see tree.h.  Reads one node per level and frees
 * what it allocates.
 */
BtrEdge
BtrTreeEdge(const BtrTree *tree, bool last)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "btrdb edge",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	BtrWalk    *walk = palloc(sizeof(BtrWalk));
	BtrRef		ref = BtrRootRef(&tree->root);
	BtrNode    *node = NULL;
	BtrEdge		edge = {0};

	BtrWalkInit(walk, tree);
	walk->alone = true;
	while (!BtrRefIsTrimmed(&ref) && (node = BtrWalkRead(walk, &ref))->h.kind != BTR_NODE_LEAF)
	{
		ref = BtrEntryRef(node, last ? node->h.nitems - 1 : 0);
		BtrWalkPush(walk);
	}
	edge.trimmed = BtrRefIsTrimmed(&ref);
	if (edge.trimmed)
		edge.point.time = last ? ref.end - 1 : ref.start;
	else
		BtrNodeDecodePoint(tree->rel, node, &ref.tid, last ? node->h.nitems - 1 : 0, &edge.point);

	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	return edge;
}
