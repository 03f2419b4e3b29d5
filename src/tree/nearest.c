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
 * second path, no more.  Frees what it allocates.
 */
bool
BtrNearest(const BtrTree *tree, int64 time, bool backward, BtrPoint *point)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "btrdb nearest",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	BtrWalk	   *walk = palloc(sizeof(BtrWalk));
	BtrPoints	points;
	bool		found;

	BtrWalkInit(walk, tree);
	if (backward)
		found = BtrWalkNextLeaf(walk, BTR_TIME_MIN, time, true, &points);
	else
		found = BtrWalkNextLeaf(walk, time, BTR_TIME_MAX, false, &points);
	if (found)
	{
		int64		i = backward ? points.n - 1 : 0;

		point->time = points.time[i];
		point->value = points.value[i];
	}

	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	return found;
}
