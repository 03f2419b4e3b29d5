/*
 * sweep.c
 *		Finds the nodes that one tree leads to and others do not.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "gc/gc.h"
#include "tree/walk.h"

/* Kept nodes are forgotten when so many have been met. */
#define KEPT_NODES		4096

/* A kept node that was met. */
typedef struct KeptNode
{
	ItemPointerData tid;		/* hash key */
	int64		end;			/* it lies before that */
} KeptNode;

/* Kept nodes that have not been opened. */
typedef struct RefList
{
	BtrRef	   *ref;
	int			n;
	int			size;
} RefList;

typedef struct Sweep
{
	/* Info */
	Relation	rel;			/* btrdb.points */
	BtrGarbageWriter *writer;

	/* Variables */
	HTAB	   *kept;			/* KeptNode */
	long		kept_limit;		/* so many are too many */
	BtrNode		node;			/* a kept node */
} Sweep;

static uint64
width(const BtrRef *ref)
{
	return (uint64) ref->end - (uint64) ref->start;
}

static bool
overlap(const BtrRef *a, const BtrRef *b)
{
	return a->start < b->end && b->start < a->end;
}

/*
 * Says whether a kept tree is known to lead to a node.
 */
static bool
is_kept(Sweep *sweep, const BtrRef *ref)
{
	return hash_search(sweep->kept, &ref->tid, HASH_FIND, NULL) != NULL;
}

/*
 * Appends a reference to the list.
 */
static void
add_ref(RefList *list, const BtrRef *ref)
{
	if (list->n == list->size)
	{
		list->size = Max(2 * list->size, BTR_FANOUT);
		list->ref = list->ref == NULL ?
			palloc(list->size * sizeof(BtrRef)) :
			repalloc(list->ref, list->size * sizeof(BtrRef));
	}
	list->ref[list->n++] = *ref;
}

/*
 * Notes that a kept tree leads to a node, and puts it on the list if it lies where the
 * pruned node may.
 */
static void
meet(Sweep *sweep, const BtrRef *kept, const BtrRef *pruned, RefList *list)
{
	bool		found;
	KeptNode   *node = hash_search(sweep->kept, &kept->tid, HASH_ENTER, &found);

	node->end = found ? Max(node->end, kept->end) : kept->end;
	if (overlap(kept, pruned))
		add_ref(list, kept);
}

/*
 * Forgets kept nodes that lie before a time.  Pruned nodes are visited by their start, so
 * none of those to come is among them.
 *
 * What is left are nodes beside and below the paths to that time, in each kept tree: few, however
 * many points there are.
 */
static void
forget_before(Sweep *sweep, int64 time)
{
	HASH_SEQ_STATUS status;
	KeptNode   *node;

	hash_seq_init(&status, sweep->kept);
	while ((node = hash_seq_search(&status)) != NULL)
		if (node->end <= time)
			hash_search(sweep->kept, &node->tid, HASH_REMOVE, NULL);
	sweep->kept_limit = Max(KEPT_NODES, 2 * hash_get_num_entries(sweep->kept));
}

/*
 * Replaces entry i of the list by the node's children; a root that turns out to be a
 * leaf by itself.
 */
static void
open_kept(Sweep *sweep, RefList *list, int i, const BtrRef *pruned)
{
	BtrRef		ref = list->ref[i];
	BtrNode    *node = &sweep->node;

	list->ref[i] = list->ref[--list->n];
	BtrNodeRead(sweep->rel, &sweep->writer->garbage.stream, &ref, NULL, node);
	if (node->h.kind == BTR_NODE_LEAF)
	{
		ref.root = false;
		ref.leaf = true;
		meet(sweep, &ref, pruned, list);
		return;
	}
	for (int e = 0; e < node->h.nitems; e += BtrEntryParts(node, e))
	{
		BtrRef		child = BtrEntryRef(node, e);

		if (!BtrRefIsTrimmed(&child))
			meet(sweep, &child, pruned, list);
	}
}

/*
 * Opens the kept nodes on the list that may lead to the pruned one, until none is left
 * or it is found.  Returns whether it was found.
 *
 * A node lies within every node above it, so one that is narrower does not lead to it.
 * Other than leaves have one slot, and may be as wide.
 */
static bool
find_kept(Sweep *sweep, const BtrRef *pruned, RefList *list)
{
	for (int i = 0; i < list->n;)
	{
		if (list->ref[i].leaf || width(&list->ref[i]) < width(pruned))
		{
			i++;
			continue;
		}
		CHECK_FOR_INTERRUPTS();
		open_kept(sweep, list, i, pruned);
		if (is_kept(sweep, pruned))
			return true;
	}
	return false;
}

/*
 * Removes what does not overlap the pruned node from the list.
 */
static void
narrow(RefList *list, const BtrRef *pruned)
{
	int			n = 0;

	for (int i = 0; i < list->n; i++)
		if (overlap(&list->ref[i], pruned))
			list->ref[n++] = list->ref[i];
	list->n = n;
}

/*
 * Says whether all nodes on the list are leaves.
 */
static bool
all_leaves(const RefList *list)
{
	for (int i = 0; i < list->n; i++)
		if (!list->ref[i].leaf)
			return false;
	return true;
}

/*
 * Writes the garbage at and below one node of the pruned tree.  above lists the kept
 * nodes, not opened yet, that overlap its parent.  Of what was trimmed there is no node.
 *
 * The recursion is as deep as the tree, which is bounded.
 */
static void
sweep_node(Sweep *sweep, BtrRef pruned, const RefList *above, int depth)
{
	RefList		list = {0};
	BtrNode    *node = NULL;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (BtrRefIsTrimmed(&pruned))
		return;
	if (hash_get_num_entries(sweep->kept) >= sweep->kept_limit)
		forget_before(sweep, pruned.start);
	if (is_kept(sweep, &pruned))
		return;
	if (depth > BTR_WALK_MAX_DEPTH)
		BtrReportCorruption(sweep->rel, ItemPointerGetBlockNumber(&pruned.tid),
							ItemPointerGetOffsetNumber(&pruned.tid),
							psprintf("more than %d nodes lie above it in its tree",
									 BTR_WALK_MAX_DEPTH));

	for (int i = 0; i < above->n; i++)
		if (overlap(&above->ref[i], &pruned))
			add_ref(&list, &above->ref[i]);

	/* by its slots first, then, if those do not tell, by its own span */
	if (find_kept(sweep, &pruned, &list))
		goto done;
	if (list.n > 0 && !(pruned.leaf && all_leaves(&list)))
	{
		node = palloc(sizeof(BtrNode));
		BtrNodeRead(sweep->rel, &sweep->writer->garbage.stream, &pruned, NULL, node);
		pruned.root = false;
		pruned.leaf = node->h.kind == BTR_NODE_LEAF;
		pruned.start = node->h.start;
		pruned.end = BtrNodeEnd(&node->h);
		narrow(&list, &pruned);
		if (find_kept(sweep, &pruned, &list))
			goto done;
	}

	if (list.n == 0 || pruned.leaf)
		BtrGarbageWrite(sweep->writer, &pruned, true);
	else
	{
		BtrGarbageWrite(sweep->writer, &pruned, false);
		for (int i = 0; i < node->h.nitems; i += BtrEntryParts(node, i))
			sweep_node(sweep, BtrEntryRef(node, i), &list, depth + 1);
	}

done:
	if (node)
		pfree(node);
	if (list.ref)
		pfree(list.ref);
}

/*
 * Writes the garbage of one tree; see gc.h.
 */
void
BtrSweep(BtrGarbageWriter *writer, Relation rel, const BtrRoot *root,
		 const BtrRoot *const *kept, int nkept)
{
	Sweep	   *sweep = palloc(sizeof(Sweep));
	HASHCTL		ctl = {.keysize = sizeof(ItemPointerData), .entrysize = sizeof(KeptNode)};
	RefList		list = {0};
	BtrRef		pruned;

	if (BtrRootIsEmpty(root))
		return;
	ctl.hcxt = CurrentMemoryContext;
	sweep->rel = rel;
	sweep->writer = writer;
	sweep->kept_limit = KEPT_NODES;
	sweep->kept = hash_create("btrdb kept nodes", 256, &ctl,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	pruned = BtrRootRef(root);
	for (int i = 0; i < nkept; i++)
	{
		BtrRef		ref;

		if (BtrRootIsEmpty(kept[i]))
			continue;
		ref = BtrRootRef(kept[i]);
		if (!is_kept(sweep, &ref))
			meet(sweep, &ref, &pruned, &list);
	}
	sweep_node(sweep, pruned, &list, 0);
	hash_destroy(sweep->kept);
	if (list.ref)
		pfree(list.ref);
	pfree(sweep);
}
