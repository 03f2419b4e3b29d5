/*
 * nearest.c
 *		Finds the point next to a moment.
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
