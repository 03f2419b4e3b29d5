/*
 * diff.c
 *		Finds where two trees differ.
 *
 * Each tree is gone through in time order as a row of items: a child and the
 * range of time in which it lies as far as that is known: at first the slots
 * that its parent gives it, after its node was read the node's own.  A node
 * that both trees share has the same TID, wherever path compression has hung it,
 * and is passed over unread.
 *
 * Of two items that overlap but differ, the wider one is refined: read, then
 * replaced by its children.  This never misses a shared node: the wider one
 * may contain the narrower one, but not the other way round.
 */
#include "postgres.h"

#include "tree/walk.h"

/*
 * A leaf whose points fill less than one in this many of its span is reported by its
 * points.
 */
#define SPARSE			BTR_FANOUT

/* A leaf of this many slots is never sparse: its first and last slot hold points. */
#define FILLED_SLOTS	3

/* One of the two trees, at an item. */
typedef struct Side
{
	BtrWalk		walk;
	bool		valid;			/* there is an item; else the tree is done */
	BtrRef		item;			/* leaf is set for roots too once tight is */
	bool		tight;			/* the item's range is its node's own, or it has none */
	bool		opened;			/* the node is in the frame below the path */
} Side;

typedef struct Diff
{
	/* Settings */
	uint64		resolution;		/* 2^resolution */
	BtrRangeCallback emit;
	void	   *arg;

	/* Variables */
	Side		side[2];
	BtrRange	covered;		/* union of the ranges emitted last */
} Diff;

static uint64
item_width(const Side *side)
{
	return (uint64) side->item.end - (uint64) side->item.start;
}

/*
 * Goes to the next item, removing nodes without any from the path.
 */
static void
advance(Side *side)
{
	BtrWalk    *walk = &side->walk;

	side->valid = false;
	side->tight = false;
	side->opened = false;
	for (; walk->depth > 0; BtrWalkPop(walk))
	{
		BtrWalkFrame *frame = BtrWalkTop(walk);
		const BtrNodeHeader *h = &frame->node->h;

		if (frame->next < h->nitems)
		{
			side->item = BtrEntryRef(frame->node, frame->next);
			frame->next += BtrEntryParts(frame->node, frame->next);
			side->valid = true;

			/*
			 * A leaf in several slots has slots of this width itself, as path
			 * compression only moves it into a wider one.  If there are enough of
			 * them, it need not be read.
			 */
			side->tight = BtrRefIsTrimmed(&side->item) ||
				(side->item.leaf && h->kind == BTR_NODE_INNER &&
				 item_width(side) >> h->slot_pw >= FILLED_SLOTS);
			return;
		}
	}
}

/*
 * Prepares a side; its first item is the root.
 */
static void
begin_side(Side *side, const BtrTree *tree)
{
	BtrWalkInit(&side->walk, tree);
	side->item = BtrRootRef(&tree->root);
	side->valid = !BtrRootIsEmpty(&tree->root);
	side->tight = false;
	side->opened = false;
}

/*
 * Tells whether an item need not be refined before its range is emitted.  That of
 * a leaf must be its own span.
 */
static bool
is_final(const Diff *diff, const Side *side)
{
	if (BtrRefIsTrimmed(&side->item))
		return true;
	if (side->item.leaf || side->item.root)
		return side->tight &&
			(side->item.leaf || item_width(side) <= diff->resolution);
	return item_width(side) <= diff->resolution;
}

/*
 * Makes an item that is not final more precise: reads its node or, if that has been
 * done, replaces the item by the node's children.
 *
 * A leaf's range is its span, so that leaves side by side give one range.  That of a
 * sparse leaf is the range of its points, and of the gap after what was emitted last
 * if it comes right behind that.
 */
static void
refine(const Diff *diff, Side *side)
{
	if (side->opened)
	{
		BtrWalkPush(&side->walk);
		advance(side);
	}
	else
	{
		BtrNode    *node = BtrWalkRead(&side->walk, &side->item);

		side->item.leaf = node->h.kind == BTR_NODE_LEAF;
		side->item.start = node->h.start;
		side->item.end = BtrNodeEnd(&node->h);
		if (side->item.leaf)
		{
			const BtrPoints *points = &side->walk.points;
			int64		first;
			int64		last;

			BtrWalkDecode(&side->walk, &side->item);
			first = points->time[0];
			last = points->time[points->n - 1];
			if ((uint64) last - (uint64) first < item_width(side) / SPARSE)
			{
				if (side->item.start != diff->covered.end)
					side->item.start = first;
				side->item.end = last + 1;
			}
		}
		side->tight = true;
		side->opened = true;
	}
}

/*
 * Orders items of equal width by how soon they should be refined.  Inner nodes come
 * before leaves: a leaf met among their children need not be read.
 */
static int
urgency(const Diff *diff, const Side *side)
{
	if (is_final(diff, side))
		return 0;
	if (side->item.leaf)
		return 1;
	return side->opened ? 2 : 3;
}

/*
 * Chooses which of two items to refine or emit next.
 */
static Side *
choose(Diff *diff)
{
	Side	   *a = &diff->side[0];
	Side	   *b = &diff->side[1];
	bool		a_first;

	if (!a->valid || !b->valid)
		return a->valid ? a : b;
	if (a->item.end <= b->item.start)
		return a;
	if (b->item.end <= a->item.start)
		return b;

	if (item_width(a) != item_width(b))
		a_first = item_width(a) > item_width(b);
	else
		a_first = urgency(diff, a) >= urgency(diff, b);
	if (!a_first)
	{
		Side	   *other = a;

		a = b;
		b = other;
	}

	/* Ranges are emitted by start: whatever starts before a final item precedes it. */
	if (is_final(diff, a) && b->item.start < a->item.start)
		return b;
	return a;
}

/*
 * Reports an item's range as different.
 */
static void
emit_item(Diff *diff, const Side *side)
{
	BtrRange	range = {side->item.start, side->item.end};

	diff->emit(&range, diff->arg);
	if (range.start > diff->covered.end)
		diff->covered = range;
	else
		diff->covered.end = Max(diff->covered.end, range.end);
}

/*
 * Tells whether ranges that were emitted cover the item: it says nothing new then.
 */
static bool
is_covered(const Diff *diff, const Side *side)
{
	return side->item.start >= diff->covered.start &&
		side->item.end <= diff->covered.end;
}

/*
 * Says whether both trees have the same item.  Nodes are told by their places in the store,
 * what was trimmed by its time and the version in which it last changed.
 */
static bool
is_same_item(const BtrRef *a, const BtrRef *b)
{
	return a->version == b->version &&
		ItemPointerCompare(unconstify(ItemPointerData *, &a->tid),
						   unconstify(ItemPointerData *, &b->tid)) == 0 &&
		(!BtrRefIsTrimmed(a) || (a->start == b->start && a->end == b->end));
}

/*
 * Calls emit for ranges in which the trees may differ; see tree.h.  Reads nodes above what
 * differs and, of leaves that differ, those whose span their parent does not tell.
 */
void
BtrDiff(const BtrTree *from, const BtrTree *to, int resolution,
		BtrRangeCallback emit, void *arg)
{
	Diff	   *diff = palloc(sizeof(Diff));
	Side	   *a = &diff->side[0];
	Side	   *b = &diff->side[1];

	Assert(resolution >= 0 && resolution < 64);

	diff->resolution = UINT64_C(1) << resolution;
	diff->emit = emit;
	diff->arg = arg;
	diff->covered.start = PG_INT64_MIN; /* before all time */
	diff->covered.end = PG_INT64_MIN;
	begin_side(a, from);
	begin_side(b, to);

	while (a->valid || b->valid)
	{
		Side	   *side;

		if (a->valid && b->valid && is_same_item(&a->item, &b->item))
		{
			advance(a);
			advance(b);
			continue;
		}

		side = choose(diff);
		if (is_covered(diff, side))
			advance(side);
		else if (!is_final(diff, side))
			refine(diff, side);
		else
		{
			emit_item(diff, side);
			advance(side);
		}
	}
}
