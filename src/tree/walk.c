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
#include "types/stat.h"

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
							ItemPointerGetBlockNumberNoCheck(&ref->tid),
							ItemPointerGetOffsetNumberNoCheck(&ref->tid),
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
 * Gives the node that was read last to another walk; see walk.h.
 */
void
BtrWalkHandOver(BtrWalk *from, BtrWalk *to, const BtrRef *ref)
{
	BtrNode   **given = &from->path[from->depth].node;
	BtrNode   **taken = &to->path[to->depth].node;
	BtrNode    *node = *given;

	Assert(BtrWalkIsNode(&from->read, ref));
	*given = *taken;
	*taken = node;
	ItemPointerSetInvalid(&from->read);
	to->read = ref->tid;
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
			walk->first_entry = walk->last_entry = i;
			while (frame->next < nitems && frame->node->h.kind == BTR_NODE_INNER)
			{
				const BtrEntry *entries = BtrNodeEntries(frame->node);
				int			j = backward ? nitems - 1 - frame->next : frame->next;

				if (!BtrEntrySameChild(&entries[i], &entries[j]))
					break;
				walk->first_entry = Min(walk->first_entry, j);
				walk->last_entry = Max(walk->last_entry, j);
				frame->next++;
			}
			return true;
		}
	}
	return false;
}

/*
 * Says whether the child that was found last is passed over, and puts its range and
 * summary into *piece.
 *
 * The children of a chain are not: they have one nanosecond in common, so none has a range of its
 * own.  Nor is anything where trimmed points count as none: what a subtree's statistics tell is of
 * those, too.
 */
static bool
is_passed_over(const BtrWalk *walk, int64 start, int64 end, BtrPiece *piece)
{
	if (walk->pass_over == NULL || walk->skip_trimmed)
		return false;
	if (walk->depth == 0)
	{
		BtrRef		ref = BtrRootRef(&walk->tree.root);

		piece->range.start = ref.start;
		piece->range.end = ref.end;
		piece->stat = walk->tree.root.stat;
	}
	else
	{
		const BtrNode *node = BtrWalkTop(walk)->node;
		const BtrEntry *entries = BtrNodeEntries(node);

		if (node->h.kind == BTR_NODE_CHAIN)
			return false;
		piece->range.start = BtrEntryRange(node, walk->first_entry).start;
		piece->range.end = BtrEntryRange(node, walk->last_entry).end;
		piece->stat = entries[walk->first_entry].stat;
		for (int i = walk->first_entry + 1; i <= walk->last_entry; i++)
			BtrStatMerge(&piece->stat, &entries[i].stat);
	}
	return piece->range.start >= start && piece->range.end <= end &&
		walk->pass_over(&piece->range, &piece->stat, walk->pass_arg);
}

/*
 * Goes to the next leaf that overlaps [start, end), in the given direction, or to the next
 * subtree that is passed over if that comes first and piece is not NULL; then piece->passed is true
 * and the result NULL.
 */
static BtrNode *
find_leaf(BtrWalk *walk, int64 start, int64 end, bool backward, BtrRef *ref, BtrPiece *piece)
{
	while (next_child(walk, start, end, backward, ref))
	{
		BtrNode    *node;

		if (piece != NULL && is_passed_over(walk, start, end, piece))
		{
			piece->passed = true;
			return NULL;
		}
		node = BtrWalkRead(walk, ref);
		if (node->h.kind != BTR_NODE_LEAF)
			BtrWalkPush(walk);
		/* The slots may reach beyond the leaf's own span. */
		else if (BtrNodeEnd(&node->h) > start && node->h.start < end)
			return node;
	}
	return NULL;
}

/*
 * Goes to the next leaf that overlaps [start, end), in the given direction.
 */
BtrNode *
BtrWalkFindLeaf(BtrWalk *walk, int64 start, int64 end, bool backward, BtrRef *ref)
{
	return find_leaf(walk, start, end, backward, ref, NULL);
}

/*
 * Goes to the next leaf with points in [start, end), in the given direction, or to the next
 * subtree that is passed over.
 */
bool
BtrWalkNextPiece(BtrWalk *walk, int64 start, int64 end, bool backward, BtrPiece *piece)
{
	BtrRef		ref;

	piece->passed = false;
	while (find_leaf(walk, start, end, backward, &ref, piece) != NULL)
	{
		int64		first,
					last;

		BtrWalkDecode(walk, &ref);
		first = BtrPointsSearch(&walk->points, 0, start);
		last = BtrPointsSearch(&walk->points, first, end);
		if (first < last)
		{
			piece->points = BtrPointsSlice(&walk->points, first, last);
			return true;
		}
	}
	return piece->passed;
}

/*
 * Goes to the next leaf with points in [start, end), in the given direction.
 */
bool
BtrWalkNextLeaf(BtrWalk *walk, int64 start, int64 end, bool backward,
				BtrPoints *points)
{
	BtrPiece	piece;

	Assert(walk->pass_over == NULL);
	if (!BtrWalkNextPiece(walk, start, end, backward, &piece))
		return false;
	*points = piece.points;
	return true;
}
