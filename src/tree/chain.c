/*
 * chain.c
 *		Chains: more points at one nanosecond than a leaf can hold.
 *
 * A chain is a list of leaves in insertion order under as few levels of chain nodes
 * as possible; all leaves are equally deep.  It only grows at its end, and a delete
 * takes all of it or nothing, as all its points have the same time.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "tree/build.h"

/* Subtrees of equal height, in order. */
typedef struct SubList
{
	BtrSub	   *sub;
	int64		n;
	int64		size;
} SubList;

/*
 * Appends a subtree to the list.
 */
static void
add_sub(SubList *list, const BtrSub *sub)
{
	if (list->n == list->size)
	{
		list->size = Max(2 * list->size, BTR_FANOUT);
		if (list->sub)
			list->sub = repalloc_huge(list->sub, list->size * sizeof(BtrSub));
		else
			list->sub = palloc(list->size * sizeof(BtrSub));
	}
	list->sub[list->n++] = *sub;
}

/*
 * Writes points at one nanosecond as leaves.
 */
static void
add_leaves(BtrBuild *b, const BtrPoints *points, SubList *list)
{
	for (int64 i = 0; i < points->n;)
	{
		int64		n = BtrChooseRun(b, NULL, points, i, BTR_NODE_PAYLOAD_MAX);
		BtrPoints	part = BtrPointsSlice(points, i, i + n);
		BtrSub		leaf;

		if (n == 0)
			elog(ERROR, "one point does not fit into a leaf");
		leaf = BtrBuildLeaf(b, points->time[0], 0, 1, &part);
		add_sub(list, &leaf);
		i += n;
	}
}

/*
 * Replaces the subtrees of the list by chain nodes over them, each full but the last.
 */
static void
add_level(BtrBuild *b, int64 time, SubList *list)
{
	BtrSpan		span = {time, 0, 1};
	int64		nodes = 0;

	for (int64 i = 0; i < list->n; i += BTR_FANOUT)
	{
		BtrEntryList entries = {0};

		for (int64 j = i; j < Min(i + BTR_FANOUT, list->n); j++)
			BtrListAddSub(&entries, (int) (j - i), &list->sub[j]);
		list->sub[nodes++] = BtrBuildEntries(b, BTR_NODE_CHAIN, &span, &entries);
	}
	list->n = nodes;
}

/*
 * Builds the chain of points at one nanosecond that no leaf can hold.
 */
BtrSub
BtrBuildChain(BtrBuild *b, const BtrPoints *points)
{
	SubList		list = {0};
	BtrSub		result;

	add_leaves(b, points, &list);
	while (list.n > 1)
		add_level(b, points->time[0], &list);
	result = list.sub[0];
	pfree(list.sub);
	return result;
}

/*
 * Appends points to the chain below *node and puts what replaces *node, one or
 * more chain nodes, into the list.
 */
static void
append_below(BtrBuild *b, const BtrNode *node, const BtrPoints *points, SubList *list)
{
	const BtrEntry *entries = BtrNodeEntries(node);
	int			last = node->h.nitems - 1;
	BtrRef		ref = BtrEntryRef(node, last);
	BtrNode    *child = palloc(sizeof(BtrNode));

	check_stack_depth();
	for (int i = 0; i < last; i++)
	{
		BtrSub		sub = {entries[i].child, BtrEntryIsLeaf(&entries[i]),
		entries[i].version, entries[i].stat};

		add_sub(list, &sub);
	}

	BtrNodeRead(b->writer->rel, &b->writer->stream, &ref, NULL, child);
	if (child->h.kind == BTR_NODE_LEAF)
	{
		BtrPoints	old = BtrLeafPoints(b, child, &ref.tid);
		BtrPointArray region = {0};
		BtrPoints	all;

		BtrPointArrayMerge(&region, &old, points, false);
		all = BtrPointArrayPoints(&region);
		add_leaves(b, &all, list);
		BtrPointArrayFree(&region);
		BtrPointsFree(&old);
	}
	else
	{
		SubList		below = {0};

		append_below(b, child, points, &below);
		for (int64 i = 0; i < below.n; i++)
			add_sub(list, &below.sub[i]);
		pfree(below.sub);
	}
	pfree(child);
	add_level(b, node->h.start, list);
}

/*
 * Appends points of the chain's nanosecond to a chain; see build.h.
 */
BtrSub
BtrChainAppend(BtrBuild *b, const BtrNode *node, const BtrPoints *points)
{
	SubList		list = {0};
	BtrSub		result;

	append_below(b, node, points, &list);
	while (list.n > 1)
		add_level(b, node->h.start, &list);
	result = list.sub[0];
	pfree(list.sub);
	return result;
}
