/*
 * nearest.c
 *		Finds the point next to a moment, and the first and last ones.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "tree/walk.h"

/*
 * Finds the first point at or after time or, backward, the last one before it.
 *
 * Reads the path to the leaf where the point should be.  If that leaf has only
 * points on the other side of time, a neighbour's outermost point is the answer: a
 * second path, no more.  Nothing but that point is decoded.  Frees what it allocates.
 */
bool
BtrNearest(const BtrTree *tree, int64 time, bool backward, BtrPoint *point)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "btrdb nearest",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	BtrWalk	   *walk = palloc(sizeof(BtrWalk));
	int64		start = backward ? BTR_TIME_MIN : time;
	int64		end = backward ? time : BTR_TIME_MAX;
	bool		found = false;
	BtrRef		ref;
	BtrNode    *leaf;

	BtrWalkInit(walk, tree);
	walk->alone = true;
	while (!found && (leaf = BtrWalkFindLeaf(walk, start, end, backward, &ref)) != NULL)
	{
		int			i = BtrNodeLowerBound(tree->rel, leaf, &ref.tid, time);

		if (backward)
			i--;
		found = i >= 0 && i < leaf->h.nitems;
		if (found)
			BtrNodeDecodePoint(tree->rel, leaf, &ref.tid, i, point);
	}

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
