/*
 * rank.c
 *		Finding a point by its place in the order of time, and the size of a tree.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/rel.h"

#include "tree/walk.h"

/* Leaves from which the size of a tree is estimated. */
#define SIZE_LEAVES		32

/*
 * Finds the child of an inner or chain node that holds the point with *rank, and makes
 * *rank the place in that child.  Returns the child's first entry.
 */
static int
find_child(const BtrTree *tree, const BtrNode *node, int64 *rank)
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
	BtrReportTree(tree, "A node counts more points than its entries");
}

/*
 * Finds the point that rank others come before, 0 <= rank < the tree's count; false if
 * it was trimmed.  Reads one node per level.  Frees what it allocates.
 */
bool
BtrPointAt(const BtrTree *tree, int64 rank, BtrPoint *point)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "btrdb rank",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext oldcontext = MemoryContextSwitchTo(context);
	BtrWalk    *walk = palloc(sizeof(BtrWalk));
	BtrRef		ref = BtrRootRef(&tree->root);
	BtrNode    *node = NULL;

	Assert(rank >= 0 && rank < tree->root.stat.count);
	BtrWalkInit(walk, tree);
	walk->alone = true;
	while (!BtrRefIsTrimmed(&ref) && (node = BtrWalkRead(walk, &ref))->h.kind != BTR_NODE_LEAF)
	{
		ref = BtrEntryRef(node, find_child(tree, node, &rank));
		BtrWalkPush(walk);
	}
	if (!BtrRefIsTrimmed(&ref))
		BtrNodeDecodePoint(tree->rel, node, &ref.tid, (int) rank, point);

	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	return !BtrRefIsTrimmed(&ref);
}

/*
 * Returns the bytes that a node takes of its page.
 */
static Size
node_bytes(const BtrNode *node)
{
	return MAXALIGN(node->h.length) + sizeof(ItemIdData);
}

/*
 * Returns the bytes of a node and all below it, estimated from so many leaves.
 *
 * If there are no more children than that, each has its share of the leaves.  Else those are
 * looked at that have points at even distances: a child with a share of the points is met
 * by the same share of those, so it stands for as many as it is seldom met.
 */
static double
subtree_bytes(BtrWalk *walk, const BtrRef *ref, int nleaves)
{
	const BtrNode *node;
	double		bytes;
	int			children = 0;

	if (BtrRefIsTrimmed(ref))
		return 0;
	node = BtrWalkRead(walk, ref);
	bytes = node_bytes(node);
	if (node->h.kind == BTR_NODE_LEAF)
		return bytes;
	for (int i = 0; i < node->h.nitems; i += BtrEntryParts(node, i))
		children++;
	BtrWalkPush(walk);
	if (children <= nleaves)
	{
		for (int i = 0; i < node->h.nitems; i += BtrEntryParts(node, i))
		{
			BtrRef		child = BtrEntryRef(node, i);

			bytes += subtree_bytes(walk, &child, nleaves / children);
		}
	}
	else
	{
		for (int i = 0; i < nleaves; i++)
		{
			int64		rank = (int64) (node->h.count * ((i + 0.5) / nleaves));
			BtrRef		child = BtrEntryRef(node, find_child(&walk->tree, node, &rank));

			bytes += subtree_bytes(walk, &child, 1) * node->h.count / child.count / nleaves;
		}
	}
	BtrWalkPop(walk);
	return bytes;
}

/*
 * Returns how many bytes the nodes of a tree take: exactly if it has few leaves, else
 * estimated from some of them.  Frees what it allocates.
 */
int64
BtrTreeBytes(const BtrTree *tree)
{
	MemoryContext context;
	MemoryContext oldcontext;
	BtrWalk    *walk;
	BtrRef		ref;
	double		bytes;

	if (BtrRootIsEmpty(&tree->root))
		return 0;
	context = AllocSetContextCreate(CurrentMemoryContext, "btrdb size", ALLOCSET_DEFAULT_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	walk = palloc(sizeof(BtrWalk));
	BtrWalkInit(walk, tree);
	ref = BtrRootRef(&tree->root);
	bytes = subtree_bytes(walk, &ref, SIZE_LEAVES);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	return (int64) bytes;
}
