/*
 * rank.c
 *		Finding a point by its place in the order of time.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/rel.h"

#include "tree/walk.h"

/*
 * Finds the child of an inner or chain node that holds the point with *rank, and makes
 * *rank the place in that child.  Returns the child's first entry.
 */
static int
find_child(const BtrNode *node, int64 *rank)
{
	for (int i = 0; i < node->h.nitems;)
	{
		int			parts = BtrEntryParts(node, i);
		int64		count = 0;

		for (int j = i; j < i + parts; j++)
			count += BtrNodeEntries(node)[j].stat.count;
		if (*rank < count)
			return i;
		*rank -= count;
		i += parts;
	}
	elog(ERROR, "node has fewer points than its entries say");
}

/*
 * Finds the point that rank others come before, 0 <= rank < the tree's count.  Reads
 * one node per level.  Frees what it allocates.
 */
void
BtrPointAt(const BtrTree *tree, int64 rank, BtrPoint *point)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "btrdb rank",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	BtrWalk    *walk = palloc(sizeof(BtrWalk));
	BtrRef		ref = BtrRootRef(&tree->root);
	BtrNode    *node;

	Assert(rank >= 0 && rank < tree->root.stat.count);
	BtrWalkInit(walk, tree);
	walk->alone = true;
	while ((node = BtrWalkRead(walk, &ref))->h.kind != BTR_NODE_LEAF)
	{
		ref = BtrEntryRef(node, find_child(node, &rank));
		BtrWalkPush(walk);
	}
	BtrNodeDecodePoint(tree->rel, node, &ref.tid, (int) rank, point);

	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
}
