/*
 * split.c
 *		Divides a range of time into pieces with about equally many points.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "tree/walk.h"

/* A piece has at least as many points, but for the last one. */
#define LEAST_POINTS	4096

/*
 * Puts bounds between children of the nodes on the walk, where about each share of the
 * points ends; stops at nodes that hold less than that.  Returns how many there
 * are, counted from 1 on.
 */
static int
put_bounds(BtrWalk *walk, int64 start, int64 end, int n, double share, int64 *bounds)
{
	BtrRef		ref = BtrRootRef(&walk->tree.root);
	double		seen = 0;
	int			k = 1;

	if (BtrWalkRead(walk, &ref)->h.kind == BTR_NODE_INNER)
		BtrWalkPush(walk);
	while (walk->depth > 0 && k < n)
	{
		BtrWalkFrame *frame = BtrWalkTop(walk);
		int			i = frame->next;
		int			parts;
		int64		last;

		if (i >= frame->node->h.nitems)
		{
			BtrWalkPop(walk);
			continue;
		}
		parts = BtrEntryParts(frame->node, i);
		frame->next += parts;
		last = BtrEntryRange(frame->node, i + parts - 1).end;
		if (last <= start || BtrEntryRange(frame->node, i).start >= end)
			continue;

		ref = BtrEntryRef(frame->node, i);
		if (!ref.leaf && ref.count > share &&
			BtrWalkRead(walk, &ref)->h.kind == BTR_NODE_INNER)
		{
			BtrWalkPush(walk);
			continue;
		}
		for (seen += ref.count; k < n && seen >= k * share; k++)
			bounds[k] = Min(last, end);
	}
	return k;
}

/*
 * Divides [start, end) into the n ranges [bounds[i], bounds[i + 1]), each with about
 * equally many points of the tree; the last ones may be empty.  The same tree is divided
 * at the same places every time.  Reads inner nodes, a leaf at each end of the
 * range, and frees what it allocates.
 */
void
BtrTreeSplit(const BtrTree *tree, int64 start, int64 end, int n, int64 *bounds)
{
	int			k = 1;

	Assert(start <= end && n > 0);
	bounds[0] = start;
	if (n > 1 && start < end && !BtrRootIsEmpty(&tree->root))
	{
		MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
													  "btrdb split",
													  ALLOCSET_DEFAULT_SIZES);
		MemoryContext old = MemoryContextSwitchTo(context);
		int64		count = BtrCountAbout(tree, start, end);

		if (count >= 2 * LEAST_POINTS)
		{
			BtrWalk    *walk = palloc(sizeof(BtrWalk));

			BtrWalkInit(walk, tree);
			k = put_bounds(walk, start, end, n,
						   Max((double) count / n, LEAST_POINTS), bounds);
		}
		MemoryContextSwitchTo(old);
		MemoryContextDelete(context);
	}
	for (; k <= n; k++)
		bounds[k] = end;
}
