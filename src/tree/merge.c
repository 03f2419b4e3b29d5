/*
 * merge.c
 *		Adding points to a tree.
 *
 * A node that gets new points is replaced by a copy, and so are the nodes above
 * it; everything else is shared with the old tree.  Of points in trimmed windows nothing but the
 * statistics is stored.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "tree/build.h"
#include "types/stat.h"

/*
 * A leaf that new points are next to, but not in, takes them in if it is no longer
 * than this.
 */
#define LEAF_OPEN	(BTR_NODE_MAX * 9 / 10)

static BtrSub merge_sub(BtrBuild *b, const BtrRef *ref, const BtrStat *stat,
						const BtrPoints *points);

/* A part of a node's time: the run of a child, or the slots between children. */
typedef struct Piece
{
	int			entry;			/* index of the first entry, -1 between children */
	int			nparts;			/* entries of the child */
	int64		lo,
				hi;				/* new points here: points[lo..hi) */
	bool		leaf;
	bool		rewrite;		/* its points are cut anew */
} Piece;

/*
 * Divides a node's time into pieces, in order.  Returns their number.
 */
static int
divide(const BtrSpan *span, const BtrNode *node, const BtrPoints *points, Piece *pieces)
{
	const BtrEntry *entries = BtrNodeEntries(node);
	int64		p = 0;
	int			n = 0;

	for (int i = 0; i < node->h.nitems;)
	{
		int			parts = BtrEntryParts(node, i);
		int			end = BtrEntryEnd(&entries[i + parts - 1]);
		int64		lo = BtrPointsSearch(points, p, BtrSlotStart(span->start, span->slot_pw,
															  BtrEntryFirst(&entries[i])));
		int64		hi = end == span->nslots ? points->n
			: BtrPointsSearch(points, lo, BtrSlotStart(span->start, span->slot_pw, end));

		if (lo > p)
			pieces[n++] = (Piece) {-1, 0, p, lo, false, true};
		pieces[n++] = (Piece) {i, parts, lo, hi, BtrEntryIsLeaf(&entries[i]),
		BtrEntryIsLeaf(&entries[i]) && hi > lo};
		p = hi;
		i += parts;
	}
	if (p < points->n)
		pieces[n++] = (Piece) {-1, 0, p, points->n, false, true};
	return n;
}

/*
 * Says whether an untouched leaf is short enough to take in points beside it.
 */
static bool
is_open_leaf(BtrBuild *b, const BtrNode *node, const Piece *piece, BtrNode *scratch)
{
	BtrRef		ref;

	if (!piece->leaf || piece->rewrite)
		return false;
	ref = BtrEntryRef(node, piece->entry);
	BtrNodeRead(b->writer->rel, &b->writer->stream, &ref, NULL, scratch);
	return scratch->h.length <= LEAF_OPEN;
}

/*
 * Cuts the points of pieces[0..n), old and new, into leaves and appends their entries.
 */
static void
rewrite(BtrBuild *b, const BtrSpan *span, const BtrNode *node, const BtrPoints *points,
			  const Piece *pieces, int n, BtrNode *scratch, BtrEntryList *list)
{
	BtrPointArray region = {0};
	BtrPoints	all = BtrPointsSlice(points, pieces[0].lo, pieces[n - 1].hi);
	bool		balance = false;
	bool		copied = false;

	for (int i = 0; i < n; i++)
		copied |= pieces[i].leaf;
	for (int i = 0; copied && i < n; i++)
	{
		BtrPoints	added = BtrPointsSlice(points, pieces[i].lo, pieces[i].hi);

		if (pieces[i].leaf)
		{
			BtrRef		ref = BtrEntryRef(node, pieces[i].entry);
			BtrPoints	old;

			BtrNodeRead(b->writer->rel, &b->writer->stream, &ref, NULL, scratch);
			old = BtrLeafPoints(b, scratch, &ref.tid);
			/* halves leave room for more points in the midst; a tail is filled up */
			balance = n == 1 && added.time[0] < old.time[old.n - 1];
			BtrPointArrayMerge(&region, &old, &added, b->replace);
			BtrPointsFree(&old);
		}
		else
			BtrPointArrayAppend(&region, &added);
	}
	if (copied)
		all = BtrPointArrayPoints(&region);
	BtrBuildCut(b, span, &all, balance, list);
	BtrPointArrayFree(&region);
}

/*
 * Merges points, all inside span, with the entries of *node, whose slots are those of span.
 */
static BtrSub
merge_node(BtrBuild *b, const BtrSpan *span, const BtrNode *node, const BtrPoints *points)
{
	const BtrEntry *entries = BtrNodeEntries(node);
	BtrEntryList list = {0};
	Piece		pieces[2 * BTR_FANOUT + 1];
	int			npieces = divide(span, node, points, pieces);
	BtrNode    *scratch = palloc(sizeof(BtrNode));
	BtrSub		result;

	/* points between children go to an open leaf beside them */
	for (int i = 0; i < npieces; i++)
	{
		if (pieces[i].entry >= 0)
			continue;
		if (i > 0 && is_open_leaf(b, node, &pieces[i - 1], scratch))
			pieces[i - 1].rewrite = true;
		else if (i + 1 < npieces && (i == 0 || !pieces[i - 1].rewrite) &&
				 is_open_leaf(b, node, &pieces[i + 1], scratch))
			pieces[i + 1].rewrite = true;
	}

	for (int i = 0; i < npieces;)
	{
		Piece	   *piece = &pieces[i];

		if (piece->rewrite)
		{
			int			n = 1;

			while (i + n < npieces && pieces[i + n].rewrite)
				n++;
			rewrite(b, span, node, points, piece, n, scratch, &list);
			i += n;
			continue;
		}
		if (piece->hi > piece->lo && BtrEntryIsTrimmed(&entries[piece->entry]))
		{
			BtrEntry	entry = entries[piece->entry];
			BtrPoints	added = BtrPointsSlice(points, piece->lo, piece->hi);

			entry.version = b->writer->version;
			BtrStatAddValues(&entry.stat, added.value, added.n);
			BtrListAddEntries(&list, &entry, 1);
		}
		else if (piece->hi > piece->lo)
		{
			BtrRef		ref = BtrEntryRef(node, piece->entry);
			BtrPoints	added = BtrPointsSlice(points, piece->lo, piece->hi);
			BtrSub		sub = merge_sub(b, &ref, &entries[piece->entry].stat, &added);

			BtrListAddSub(&list, BtrEntryFirst(&entries[piece->entry]), &sub);
		}
		else
			BtrListAddEntries(&list, &entries[piece->entry], piece->nparts);
		i++;
	}
	pfree(scratch);
	result = BtrBuildSeal(b, span, &list);
	return result;
}

/*
 * Merges points with the subtree that ref points to; stat summarises it.
 */
static BtrSub
merge_sub(BtrBuild *b, const BtrRef *ref, const BtrStat *stat, const BtrPoints *points)
{
	BtrNode    *node = palloc(sizeof(BtrNode));
	int64		first = points->time[0];
	int64		last = points->time[points->n - 1];
	bool		inside;
	BtrSub		result;

	check_stack_depth();
	BtrNodeRead(b->writer->rel, &b->writer->stream, ref, NULL, node);
	inside = first >= node->h.start && last < BtrNodeEnd(&node->h);

	if (node->h.kind == BTR_NODE_LEAF)
	{
		BtrPoints	old = BtrLeafPoints(b, node, &ref->tid);
		BtrPointArray region = {0};
		BtrPoints	all;

		BtrPointArrayMerge(&region, &old, points, b->replace);
		all = BtrPointArrayPoints(&region);
		result = BtrBuildSubtree(b, &all);
		BtrPointArrayFree(&region);
		BtrPointsFree(&old);
	}
	else if (node->h.kind == BTR_NODE_CHAIN && inside)
		result = b->replace ? BtrBuildSubtree(b, points) : BtrChainAppend(b, node, points);
	else if (inside)
	{
		BtrSpan		span = {node->h.start, node->h.slot_pw, node->h.nslots};

		result = merge_node(b, &span, node, points);
	}
	else
	{
		/* a wider node, in one slot of which the present one finds its place */
		BtrSpan		span = BtrSpanFor(Min(first, node->h.start),
									  Max(last, BtrNodeEnd(&node->h) - 1), b->phase);
		BtrSub		sub;
		BtrEntryList list = {0};

		sub.tid = ref->tid;
		sub.leaf = false;
		sub.version = node->h.version;
		sub.stat = *stat;
		sub.trimmed = node->h.trimmed;
		BtrListAddSub(&list, BtrSlotOf(span.start, span.slot_pw, node->h.start), &sub);
		node->h.kind = BTR_NODE_INNER;
		node->h.start = span.start;
		node->h.slot_pw = span.slot_pw;
		node->h.nslots = span.nslots;
		node->h.nitems = 1;
		node->h.trimmed = 0;
		memcpy(BtrNodeEntries(node), list.e, sizeof(BtrEntry));
		result = merge_node(b, &span, node, points);
	}
	pfree(node);
	return result;
}

/*
 * Builds the tree that holds what *root holds and points; see tree.h.
 */
BtrRoot
BtrTreeMerge(BtrWriter *writer, const BtrRoot *root, int phase, const BtrPoints *points,
			 bool replace)
{
	BtrBuild	b;
	BtrSub		sub;
	BtrRoot		result;

	Assert(points->n > 0);
	BtrBuildInit(&b, writer, phase);
	b.replace = replace;
	if (BtrRootIsEmpty(root))
		sub = BtrBuildSubtree(&b, points);
	else
	{
		BtrRef		ref = BtrRootRef(root);

		sub = merge_sub(&b, &ref, &root->stat, points);
	}
	BtrBuildEnd(&b);
	result.tid = sub.tid;
	result.version = sub.version;
	result.stat = sub.stat;
	return result;
}
