/*
 * verify.c
 *		Checks every invariant of a tree.
 *
 * Nodes are read as readers read them, so whatever makes a query fail is found; the
 * error becomes a problem that is reported, and the subtree is left out.  What
 * queries cannot see is checked here: that statistics are those of the points, that
 * spans are as small as they can be, that nodes are where path compression puts them.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "tree/walk.h"
#include "types/stat.h"

typedef struct Verify
{
	/* Settings */
	int			phase;
	int64		max_version;
	bool		deep;
	BtrVisitCallback visit;
	BtrProblemCallback report;
	void	   *arg;

	/* Variables */
	BtrWalk		walk;
} Verify;

/*
 * Reports a problem of the item at tid.
 */
static void
problem(Verify *v, const ItemPointerData *tid, const char *format,...)
			pg_attribute_printf(3, 4);

static void
problem(Verify *v, const ItemPointerData *tid, const char *format,...)
{
	StringInfoData text;
	va_list		args;
	int			needed;

	initStringInfo(&text);
	do
	{
		va_start(args, format);
		needed = appendStringInfoVA(&text, format, args);
		va_end(args);
		if (needed > 0)
			enlargeStringInfo(&text, needed);
	} while (needed > 0);

	v->report(ItemPointerGetBlockNumberNoCheck(tid),
			  ItemPointerGetOffsetNumberNoCheck(tid), text.data, v->arg);
}

/*
 * Reads a node and, if deep, decodes a leaf's points.  Returns NULL and reports the
 * problem if readers would raise an error about damage; other errors pass.
 *
 * A subtransaction is needed to go on after an error of the buffer manager.
 */
static BtrNode *
read_node(Verify *v, const BtrRef *ref)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	BtrNode    *volatile node = NULL;
	BlockNumber nblocks = RelationGetNumberOfBlocks(v->walk.tree.rel);

	/* Far beyond the end, the error would be one about files. */
	if (ItemPointerGetBlockNumberNoCheck(&ref->tid) >= nblocks)
	{
		problem(v, &ref->tid, "Node is beyond the end of the store, which has %u blocks",
				nblocks);
		return NULL;
	}

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(oldcontext);
	PG_TRY();
	{
		node = BtrWalkRead(&v->walk, ref);
		if (v->deep && node->h.kind == BTR_NODE_LEAF)
			BtrWalkDecode(&v->walk, ref);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(oldcontext);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;

		if (error->sqlerrcode != ERRCODE_DATA_CORRUPTED)
			ReThrowError(error);
		node = NULL;
		/* The detail has all that the place does not say; it ends in a full stop. */
		if (error->detail != NULL)
			problem(v, &ref->tid, "%.*s", (int) strlen(error->detail) - 1, error->detail);
		else
			problem(v, &ref->tid, "%s", error->message);
		FreeErrorData(error);
	}
	PG_END_TRY();

	return node;
}

/*
 * Tells whether two numbers are equal but for rounding.  Numbers that may have
 * overflowed on one of two ways to the same sum are not comparable.
 */
static bool
nearly_equal(double a, double b, double tolerance)
{
	if (a == b)
		return true;
	if (!isfinite(tolerance))
		return true;
	return fabs(a - b) <= tolerance;
}

/*
 * Compares the statistics that an entry or a version row, at tid, promises of a child with
 * what is there.  what names the points that they are about.
 */
static void
check_stat(Verify *v, const ItemPointerData *tid, const char *what,
		   const BtrStat *promised, const BtrStat *actual)
{
	/* Rounding errors are relative to the largest value and to the spread of all. */
	double		scale = Max(fabs(actual->min), fabs(actual->max));
	double		spread = actual->max - actual->min;

	if (promised->count != actual->count)
		problem(v, tid, "%s has count %lld, expected %lld", what,
				(long long) promised->count, (long long) actual->count);
	if (promised->min != actual->min)
		problem(v, tid, "%s has min %.17g, expected %.17g", what,
				promised->min, actual->min);
	if (promised->max != actual->max)
		problem(v, tid, "%s has max %.17g, expected %.17g", what,
				promised->max, actual->max);
	if (!nearly_equal(promised->mean, actual->mean, 1e-9 * scale) && isfinite(spread))
		problem(v, tid, "%s has mean %.17g, expected %.17g", what,
				promised->mean, actual->mean);
	if (!nearly_equal(promised->m2, actual->m2,
					  1e-9 * actual->m2 +
					  1e-12 * scale * spread * (double) actual->count))
		problem(v, tid, "%s has m2 %.17g, expected %.17g", what,
				promised->m2, actual->m2);
}

/*
 * Adds up the entries of an inner or chain node.
 */
static BtrStat
stat_of_entries(const BtrNode *node)
{
	BtrStat		stat;

	BtrStatInit(&stat);
	for (int i = 0; i < node->h.nitems; i++)
		BtrStatMerge(&stat, &BtrNodeEntries(node)[i].stat);
	return stat;
}

/*
 * Compares the entry of a child that is not a leaf with the child's own entries.
 */
static void
check_node_stat(Verify *v, const ItemPointerData *tid, const char *what,
				const BtrStat *promised, const BtrNode *node)
{
	BtrStat		actual = stat_of_entries(node);

	check_stat(v, tid, what, promised, &actual);
}

/*
 * Compares the statistics of one part of a leaf with its decoded points in range.
 */
static void
check_leaf_stat(Verify *v, const ItemPointerData *tid, const char *what,
				const BtrStat *promised, BtrRange range)
{
	const BtrPoints *points = &v->walk.points;
	int64		first = BtrPointsSearch(points, 0, range.start);
	int64		end = BtrPointsSearch(points, first, range.end);
	BtrStat		actual;

	BtrStatInit(&actual);
	BtrStatAddValues(&actual, points->value + first, end - first);
	check_stat(v, tid, what, promised, &actual);
}

/*
 * Tells whether slots of the tree can be 2^slot_pw wide.
 */
static bool
is_level(int slot_pw, int phase)
{
	return slot_pw == 0 ||
		(slot_pw >= phase && (slot_pw - phase) % BTR_FANOUT_BITS == 0);
}

/*
 * Checks a leaf for itself: its span lies in one inner node's place, and its points, if deep,
 * reach from its first slot to its last.
 */
static void
check_leaf(Verify *v, const ItemPointerData *tid, const BtrNodeHeader *h)
{
	int64		end = BtrNodeEnd(h);

	if (!is_level(h->slot_pw, v->phase))
		problem(v, tid, "Leaf has slots of 2^%d ns, no level of phase %d",
				h->slot_pw, v->phase);
	else if ((((uint64) h->start - (uint64) BTR_TIME_MIN) &
			  ((UINT64_C(1) << h->slot_pw) - 1)) != 0)
		problem(v, tid, "Leaf starts at %lld, inside a slot of 2^%d ns",
				(long long) h->start, h->slot_pw);
	else if (h->nslots > 1)
	{
		BtrSpan		span = BtrSpanFor(h->start, end - 1, v->phase);

		if (span.slot_pw != h->slot_pw)
			problem(v, tid, "Leaf from %lld to %lld does not lie in one node with slots of 2^%d ns",
					(long long) h->start, (long long) end, h->slot_pw);
	}

	if (v->deep)
	{
		const BtrPoints *points = &v->walk.points;
		int64		first = points->time[0];
		int64		last = points->time[points->n - 1];

		if (BtrSlotOf(h->start, h->slot_pw, first) != 0 ||
			BtrSlotOf(h->start, h->slot_pw, last) != h->nslots - 1)
			problem(v, tid, "Leaf from %lld to %lld has points from %lld to %lld only",
					(long long) h->start, (long long) end,
					(long long) first, (long long) last);
	}
}

/*
 * Checks an inner node for itself: two children at least, unless the only one is trimmed, and the
 * smallest place that holds them.
 */
static void
check_inner(Verify *v, const ItemPointerData *tid, const BtrNode *node)
{
	const BtrNodeHeader *h = &node->h;
	BtrSpan		span;

	if (BtrEntryParts(node, 0) == h->nitems && !BtrEntryIsTrimmed(BtrNodeEntries(node)))
	{
		problem(v, tid, "Inner node has a single child");
		return;
	}

	span = BtrSpanFor(BtrEntryRange(node, 0).start,
					  BtrEntryRange(node, h->nitems - 1).end - 1, v->phase);
	if (span.start != h->start || span.slot_pw != h->slot_pw || span.nslots != h->nslots)
		problem(v, tid, "Inner node is at %lld with %d slots of 2^%d ns, expected %lld with %d of 2^%d",
				(long long) h->start, h->nslots, h->slot_pw,
				(long long) span.start, span.nslots, span.slot_pw);
}

/*
 * Checks a chain node for itself: no child twice and, in the uppermost node of a
 * chain, two of them at least.
 */
static void
check_chain(Verify *v, const ItemPointerData *tid, const BtrNode *node, bool uppermost)
{
	const BtrEntry *entries = BtrNodeEntries(node);
	int			n = node->h.nitems;

	if (uppermost && n == 1)
		problem(v, tid, "Chain has a single child");
	for (int i = 0; i < n; i++)
	{
		for (int j = i + 1; j < n; j++)
		{
			if (BtrEntrySameChild(&entries[i], &entries[j]))
				problem(v, tid, "Entries %d and %d of a chain have the same child", i, j);
		}
	}
}

/*
 * Checks that a leaf and the parts of it that its parent describes fit each other:
 * if the parent has slots as wide as the leaf's, the parts cover exactly the
 * leaf's; if it has wider ones, they are one slot.
 */
static void
check_parts(Verify *v, const ItemPointerData *tid, const BtrNode *parent, int i,
			const BtrRef *ref, const BtrNodeHeader *leaf)
{
	const BtrEntry *entries = BtrNodeEntries(parent);
	int			last = i + BtrEntryParts(parent, i) - 1;

	for (int part = i + 1; part <= last; part++)
	{
		if (BtrEntryFirst(&entries[part]) != BtrEntryEnd(&entries[part - 1]))
			problem(v, tid, "Entries %d and %d describe parts of one leaf that are not adjacent",
					part - 1, part);
		if (entries[part].version != entries[i].version ||
			BtrEntryIsLeaf(&entries[part]) != BtrEntryIsLeaf(&entries[i]))
			problem(v, tid, "Entries %d and %d describe the same child differently",
					i, part);
	}

	if (leaf == NULL)
		return;
	if (leaf->slot_pw > parent->h.slot_pw)
		problem(v, tid, "Entry %d has a leaf with slots of 2^%d ns, wider than its own of 2^%d",
				i, leaf->slot_pw, parent->h.slot_pw);
	else if (leaf->slot_pw == parent->h.slot_pw ?
			 ref->start != leaf->start || ref->end != BtrNodeEnd(leaf) :
			 BtrEntryEnd(&entries[last]) - BtrEntryFirst(&entries[i]) != 1)
		problem(v, tid, "Entry %d covers %lld to %lld, but its leaf %lld to %lld with slots of 2^%d ns",
				i, (long long) ref->start, (long long) ref->end,
				(long long) leaf->start, (long long) BtrNodeEnd(leaf), leaf->slot_pw);
}

/*
 * Checks the statistics of a trimmed entry: all that can be told is whether there are points that
 * have them.
 */
static void
check_trimmed(Verify *v, const ItemPointerData *tid, const BtrNode *node, int i)
{
	const BtrStat *stat = &BtrNodeEntries(node)[i].stat;
	double		scale = Max(fabs(stat->min), fabs(stat->max));

	if (!isfinite(stat->min) || !isfinite(stat->max) || stat->min > stat->max ||
		stat->mean < stat->min - 1e-9 * scale || stat->mean > stat->max + 1e-9 * scale ||
		stat->m2 < 0)
		problem(v, tid, "Trimmed entry %d has min %.17g, mean %.17g, max %.17g and m2 %.17g", i,
				stat->min, stat->mean, stat->max, stat->m2);
}

static void verify_children(Verify *v, const ItemPointerData *tid, const BtrNode *parent);

/*
 * Verifies the child of entry i of parent, an inner or chain node at parent_tid, and
 * what is below it, unless it was verified before.  The entry is compared with the child
 * in any case: another parent may have been right about it.
 *
 * The recursion is as deep as the walk's path may be.
 */
static void
verify_child(Verify *v, const ItemPointerData *parent_tid, const BtrNode *parent, int i)
{
	BtrRef		ref = BtrEntryRef(parent, i);
	int			nparts = BtrEntryParts(parent, i);
	const BtrEntry *entries = BtrNodeEntries(parent);
	BtrNode    *node = NULL;

	if (ref.version > v->max_version)
		problem(v, parent_tid, "Entry %d has version %lld, after the newest version %lld",
				i, (long long) ref.version, (long long) v->max_version);
	if (BtrRefIsTrimmed(&ref))
	{
		check_trimmed(v, parent_tid, parent, i);
		return;
	}

	if (v->deep || !ref.leaf)
	{
		node = read_node(v, &ref);
		if (node == NULL)
		{
			v->visit(&ref.tid, v->arg);
			return;
		}

		for (int part = i; part < i + nparts; part++)
		{
			char	   *what = psprintf("Entry %d", part);

			if (node->h.kind == BTR_NODE_LEAF)
				check_leaf_stat(v, parent_tid, what, &entries[part].stat,
								BtrEntryRange(parent, part));
			else
				check_node_stat(v, parent_tid, what, &entries[part].stat, node);
			pfree(what);
		}
	}
	if (parent->h.kind == BTR_NODE_INNER)
		check_parts(v, parent_tid, parent, i, &ref,
					node != NULL && node->h.kind == BTR_NODE_LEAF ? &node->h : NULL);

	if (!v->visit(&ref.tid, v->arg) || node == NULL)
		return;
	if (node->h.kind == BTR_NODE_LEAF)
		check_leaf(v, &ref.tid, &node->h);
	else
		verify_children(v, &ref.tid, parent);
}

/*
 * Verifies the inner or chain node at tid that was read last, and all below it.
 * parent is NULL for the root.
 */
static void
verify_children(Verify *v, const ItemPointerData *tid, const BtrNode *parent)
{
	BtrNode    *node;

	BtrWalkPush(&v->walk);
	node = BtrWalkTop(&v->walk)->node;
	if (node->h.kind == BTR_NODE_INNER)
		check_inner(v, tid, node);
	else
		check_chain(v, tid, node, parent == NULL || parent->h.kind != BTR_NODE_CHAIN);
	for (int i = 0; i < node->h.nitems; i += BtrEntryParts(node, i))
		verify_child(v, tid, node, i);
	BtrWalkPop(&v->walk);
}

/*
 * Verifies a tree; see tree.h.  Reads leaves only if deep.  Starts subtransactions, so
 * it cannot run in a parallel worker.
 */
void
BtrTreeVerify(const BtrTree *tree, int phase, int64 max_version, bool deep,
			  BtrVisitCallback visit, BtrProblemCallback report, void *arg)
{
	Verify	   *v;
	BtrRef		ref = BtrRootRef(&tree->root);
	BtrNode    *node;
	const char *what = "Version row";

	if (BtrRootIsEmpty(&tree->root))
	{
		if (tree->root.stat.count != 0)
		{
			report(InvalidBlockNumber, InvalidOffsetNumber,
				   psprintf("%s has count %lld, but no root: 0 expected", what,
							(long long) tree->root.stat.count), arg);
		}
		return;
	}

	v = palloc0(sizeof(Verify));
	v->phase = phase;
	v->max_version = max_version;
	v->deep = deep;
	v->visit = visit;
	v->report = report;
	v->arg = arg;
	BtrWalkInit(&v->walk, tree);

	if (tree->root.version > max_version)
		problem(v, &ref.tid, "Root has version %lld, after the newest version %lld",
				(long long) tree->root.version, (long long) max_version);

	node = read_node(v, &ref);
	if (node == NULL)
		visit(&ref.tid, arg);
	else if (node->h.kind == BTR_NODE_LEAF)
	{
		BtrRange	range = {ref.start, ref.end};

		if (deep)
			check_leaf_stat(v, &ref.tid, what, &tree->root.stat, range);
		if (visit(&ref.tid, arg))
			check_leaf(v, &ref.tid, &node->h);
	}
	else
	{
		check_node_stat(v, &ref.tid, what, &tree->root.stat, node);
		if (visit(&ref.tid, arg))
			verify_children(v, &ref.tid, NULL);
	}
}
