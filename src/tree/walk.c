/*
 * walk.c
 *		Descends trees without recursion.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "guc.h"
#include "tree/walk.h"

/*
 * Prepares a walk that has not looked at anything.  Memory that it needs later
 * comes from the context that is current now, too.
 */
void
BtrWalkInit(BtrWalk *walk, const BtrTree *tree)
{
	memset(walk, 0, sizeof(*walk));
	walk->tree = *tree;
	walk->low = -INFINITY;
	walk->high = INFINITY;
	walk->skip_trimmed = btrdb_trimmed_points == BTR_TRIMMED_SKIP;
	ItemPointerSetInvalid(&walk->read);
	ItemPointerSetInvalid(&walk->leaf);
	walk->context = CurrentMemoryContext;
}

/*
 * Returns a place for the copy of a page.
 */
static BtrPageCopy *
new_page_copy(BtrWalk *walk)
{
	BtrPageCopy *copy = MemoryContextAlloc(walk->context, sizeof(BtrPageCopy));

	copy->blkno = InvalidBlockNumber;
	return copy;
}

/*
 * Reads the node that ref points to into the frame below the path, unless it is there.  Raises
 * ERRCODE_DATA_CORRUPTED if it is not what ref promises or the path is too long.
 */
BtrNode *
BtrWalkRead(BtrWalk *walk, const BtrRef *ref)
{
	BtrWalkFrame *frame = &walk->path[walk->depth];
	BtrPageCopy **copy;

	CHECK_FOR_INTERRUPTS();

	/* the second part of a leaf comes right after the first */
	if (BtrWalkIsNode(&walk->read, ref))
		return frame->node;
	ItemPointerSetInvalid(&walk->read);

	if (walk->depth >= BTR_WALK_MAX_DEPTH)
		BtrReportCorruption(walk->tree.rel,
							ItemPointerGetBlockNumber(&ref->tid),
							ItemPointerGetOffsetNumber(&ref->tid),
							psprintf("more than %d nodes lie above it in its tree",
									 BTR_WALK_MAX_DEPTH));

	if (frame->node == NULL)
		frame->node = MemoryContextAlloc(walk->context, sizeof(BtrNode));

	/* neighbours are often on one page, leaves on others than nodes above them */
	copy = ref->leaf ? &walk->leaf_page : &walk->inner_page;
	if (*copy == NULL && !walk->alone)
		*copy = new_page_copy(walk);
	BtrNodeRead(walk->tree.rel, &walk->tree.stream, ref, walk->alone ? NULL : *copy, frame->node);
	walk->read = ref->tid;
	walk->counts.nodes++;
	if (frame->node->h.kind == BTR_NODE_LEAF)
		walk->counts.leaves++;
	return frame->node;
}

/*
 * Makes room for n decoded points.  The arrays are no leaf's from then on.
 */
static void
make_room(BtrWalk *walk, int n)
{
	ItemPointerSetInvalid(&walk->leaf);
	if (n <= walk->room)
		return;
	if (walk->room > 0)
	{
		pfree(walk->time);
		pfree(walk->value);
	}
	walk->room = 0;
	walk->time = MemoryContextAlloc(walk->context, n * sizeof(int64));
	walk->value = MemoryContextAlloc(walk->context, n * sizeof(double));
	walk->room = n;
}

/*
 * Decodes the leaf in the frame below the path, whose reference was ref, into
 * walk->points, if they are not its points already.  The arrays are reused by the next
 * call.
 */
void
BtrWalkDecode(BtrWalk *walk, const BtrRef *ref)
{
	BtrNode    *node = walk->path[walk->depth].node;
	int			n = node->h.nitems;

	Assert(node->h.kind == BTR_NODE_LEAF);

	if (BtrWalkIsNode(&walk->leaf, ref))
		return;
	make_room(walk, n);
	BtrNodeDecodeLeaf(walk->tree.rel, node, &ref->tid, walk->time, walk->value);

	walk->leaf = ref->tid;
	walk->points.time = walk->time;
	walk->points.value = walk->value;
	walk->points.n = n;
}

/*
 * Decodes some values of the leaf in the frame below the path; see walk.h.
 */
void
BtrWalkDecodeValues(BtrWalk *walk, const BtrRef *ref, int from, int to, double *divisor)
{
	BtrNode    *node = walk->path[walk->depth].node;

	Assert(node->h.kind == BTR_NODE_LEAF);

	make_room(walk, node->h.nitems);
	BtrNodeDecodeValues(walk->tree.rel, node, &ref->tid, from, to, walk->value, divisor);
}

/*
 * Makes the node in the frame below the path the lowest node of the path.
 */
void
BtrWalkPush(BtrWalk *walk)
{
	Assert(walk->path[walk->depth].node->h.kind != BTR_NODE_LEAF);

	walk->path[walk->depth].next = 0;
	walk->depth++;
	ItemPointerSetInvalid(&walk->read);
}

/*
 * Removes the lowest node from the path.
 */
void
BtrWalkPop(BtrWalk *walk)
{
	Assert(walk->depth > 0);
	walk->depth--;
	ItemPointerSetInvalid(&walk->read);
}

/*
 * Says whether any of the points that stat summarises may have a value in the walk's
 * range.
 */
static inline bool
has_values(const BtrWalk *walk, const BtrStat *stat)
{
	return stat->max >= walk->low && stat->min <= walk->high;
}

/*
 * Finds the next child, in the given direction, whose slots overlap [start, end) and
 * that has values in the walk's range; removes nodes that have no more of them from the path.
 */
static bool
next_child(BtrWalk *walk, int64 start, int64 end, bool backward, BtrRef *ref)
{
	if (!walk->started)
	{
		walk->started = true;
		if (BtrRootIsEmpty(&walk->tree.root) || start >= end ||
			!has_values(walk, &walk->tree.root.stat))
			return false;
		*ref = BtrRootRef(&walk->tree.root);
		return true;
	}

	for (; walk->depth > 0; BtrWalkPop(walk))
	{
		BtrWalkFrame *frame = BtrWalkTop(walk);
		int			nitems = frame->node->h.nitems;

		while (frame->next < nitems)
		{
			/* next counts entries that are done, from either end */
			int			i = backward ? nitems - 1 - frame->next : frame->next;
			BtrRange	range = BtrEntryRange(frame->node, i);
			bool		overlaps = range.start < end && start < range.end;

			frame->next++;
			if (!overlaps || !has_values(walk, &BtrNodeEntries(frame->node)[i].stat))
				continue;
			if (walk->skip_trimmed && BtrEntryIsTrimmed(&BtrNodeEntries(frame->node)[i]))
				continue;

			/* All parts of a leaf are done with this one. */
			*ref = BtrEntryRef(frame->node, i);
			while (frame->next < nitems && frame->node->h.kind == BTR_NODE_INNER)
			{
				const BtrEntry *entries = BtrNodeEntries(frame->node);
				int			j = backward ? nitems - 1 - frame->next : frame->next;

				if (!BtrEntrySameChild(&entries[i], &entries[j]))
					break;
				frame->next++;
			}
			return true;
		}
	}
	return false;
}

/*
 * Goes to the next leaf that overlaps [start, end), in the given direction.
 */
BtrNode *
BtrWalkFindLeaf(BtrWalk *walk, int64 start, int64 end, bool backward, BtrRef *ref)
{
	while (next_child(walk, start, end, backward, ref))
	{
		BtrNode    *node = BtrWalkRead(walk, ref);

		if (node->h.kind != BTR_NODE_LEAF)
			BtrWalkPush(walk);
		/* The slots may reach beyond the leaf's own span. */
		else if (BtrNodeEnd(&node->h) > start && node->h.start < end)
			return node;
	}
	return NULL;
}

/*
 * Goes to the next leaf with points in [start, end), in the given direction.
 */
bool
BtrWalkNextLeaf(BtrWalk *walk, int64 start, int64 end, bool backward,
				BtrPoints *points)
{
	BtrRef		ref;

	while (BtrWalkFindLeaf(walk, start, end, backward, &ref) != NULL)
	{
		int64		first,
					last;

		BtrWalkDecode(walk, &ref);
		first = BtrPointsSearch(&walk->points, 0, start);
		last = BtrPointsSearch(&walk->points, first, end);
		if (first < last)
		{
			points->time = walk->points.time + first;
			points->value = walk->points.value + first;
			points->n = last - first;
			return true;
		}
	}
	return false;
}
