/*
 * delete.c
 *		Removing a range of time from a tree.
 *
 * Children inside the range are dropped unread; only nodes on the paths to its two
 * ends are replaced.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "tree/build.h"

/* The range [start, end) to remove. */
typedef struct Range
{
	int64		start;
	int64		end;
} Range;

/*
 * Appends the leaf's points outside of the range to the region.  Returns how many
 * points are removed.
 */
static int64
keep_outside(BtrBuild *b, const BtrNode *leaf, const ItemPointerData *tid, const Range *range,
			 BtrPointArray *region)
{
	BtrPoints	old = BtrLeafPoints(b, leaf, tid);
	int64		lo = BtrPointsSearch(&old, 0, range->start);
	int64		hi = BtrPointsSearch(&old, lo, range->end);
	BtrPoints	before = BtrPointsSlice(&old, 0, lo);
	BtrPoints	after = BtrPointsSlice(&old, hi, old.n);

	if (hi > lo)
		BtrPointArrayMerge(region, &before, &after, false);
	BtrPointsFree(&old);
	return hi - lo;
}

/*
 * Cuts what is in the region into leaves, appends their entries and empties the region.
 */
static void
flush_region(BtrBuild *b, const BtrSpan *span, BtrPointArray *region, BtrEntryList *list)
{
	BtrPoints	points = BtrPointArrayPoints(region);

	BtrBuildCut(b, span, &points, false, list);
	BtrPointArrayFree(region);
}

/*
 * Removes the range from the subtree that ref points to.  *changed is set if that
 * takes a new subtree, which is returned; else the result is undefined.
 */
static BtrSub
delete_sub(BtrBuild *b, const BtrRef *ref, const Range *range, bool *changed)
{
	BtrNode    *node = palloc(sizeof(BtrNode));
	BtrNode    *child = palloc(sizeof(BtrNode));
	const BtrEntry *entries = BtrNodeEntries(node);
	BtrEntryList list = {0};
	BtrPointArray region = {0};
	BtrSpan		span;
	BtrSub		result;

	check_stack_depth();
	memset(&result, 0, sizeof(result));
	*changed = false;
	BtrNodeRead(b->writer->rel, &b->writer->stream, ref, NULL, node);
	span = (BtrSpan) {node->h.start, node->h.slot_pw, node->h.nslots};

	if (node->h.kind == BTR_NODE_LEAF)
	{
		*changed = keep_outside(b, node, &ref->tid, range, &region) > 0;
		if (*changed)
		{
			BtrPoints	points = BtrPointArrayPoints(&region);

			result = BtrBuildSubtree(b, &points);
			BtrPointArrayFree(&region);
		}
	}
	else if (node->h.kind == BTR_NODE_CHAIN)
		*changed = range->start <= node->h.start && node->h.start < range->end;
	else
	{
		int			parts;

		for (int i = 0; i < node->h.nitems; i += parts)
		{
			int64		start = BtrSlotStart(span.start, span.slot_pw, BtrEntryFirst(&entries[i]));
			BtrRef		childref = BtrEntryRef(node, i);
			int64		end;

			parts = BtrEntryParts(node, i);
			end = BtrSlotStart(span.start, span.slot_pw, BtrEntryEnd(&entries[i + parts - 1]));
			if (range->start <= start && end <= range->end)
			{
				*changed = true;
				continue;
			}
			if (start < range->end && range->start < end)
			{
				if (BtrEntryIsLeaf(&entries[i]))
				{
					BtrNodeRead(b->writer->rel, &b->writer->stream, &childref, NULL, child);
					if (keep_outside(b, child, &childref.tid, range, &region) > 0)
					{
						*changed = true;
						continue;
					}
				}
				else
				{
					bool		child_changed;
					BtrSub		sub = delete_sub(b, &childref, range, &child_changed);

					if (child_changed)
					{
						*changed = true;
						flush_region(b, &span, &region, &list);
						if (!BtrSubIsEmpty(&sub))
							BtrListAddSub(&list, BtrEntryFirst(&entries[i]), &sub);
						continue;
					}
				}
			}
			/* untouched; what was cut before it comes first */
			flush_region(b, &span, &region, &list);
			BtrListAddEntries(&list, &entries[i], parts);
		}
		flush_region(b, &span, &region, &list);
	}
	if (*changed && node->h.kind != BTR_NODE_LEAF)
		result = BtrBuildSeal(b, &span, &list);
	pfree(child);
	pfree(node);
	return result;
}

/*
 * Builds the tree without the points in [start, end); see tree.h.
 */
BtrRoot
BtrTreeDelete(BtrWriter *writer, const BtrRoot *root, int phase, int64 start, int64 end)
{
	BtrBuild	b;
	BtrRef		ref;
	BtrSub		sub;
	BtrRoot		result;
	Range		range = {start, end};
	bool		changed;

	if (BtrRootIsEmpty(root))
		return *root;
	BtrBuildInit(&b, writer, phase);
	ref = BtrRootRef(root);
	sub = delete_sub(&b, &ref, &range, &changed);
	BtrBuildEnd(&b);
	if (!changed)
		return *root;
	result.tid = sub.tid;
	result.version = sub.version;
	result.stat = sub.stat;
	return result;
}
