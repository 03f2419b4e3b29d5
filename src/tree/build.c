/*
 * build.c
 *		Leaves cut from points, nodes made of entries.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "tree/build.h"
#include "types/stat.h"

/* Sizes that are tried to fill a leaf. */
#define RUN_TRIES	8

/* A run that is expected to take so many times the room there is is not tried. */
#define RUN_HOPELESS	1.01

/* Points that are encoded to estimate the size of more, and by what factor that may be wrong. */
#define SAMPLE_POINTS	128
#define SAMPLE_DOUBT	1.5

/* What each block has but once: its header and first time. */
#define SAMPLE_OVERHEAD	11

/*
 * Prepares to build nodes with the given writer.
 */
void
BtrBuildInit(BtrBuild *b, BtrWriter *writer, int phase)
{
	b->writer = writer;
	b->phase = phase;
	b->replace = false;
	b->bytes_per_point = 0;
	b->trial = palloc(BTR_LEAF_BOUND(BTR_LEAF_MAX_POINTS));
	b->block = palloc(BTR_LEAF_BOUND(BTR_LEAF_MAX_POINTS));
	b->block_points = 0;
	b->block_size = 0;
}

/*
 * Frees what BtrBuildInit() allocated.
 */
void
BtrBuildEnd(BtrBuild *b)
{
	pfree(b->trial);
	pfree(b->block);
}

/*
 * Appends n entries.
 */
static void
append(BtrEntryList *list, const BtrEntry *entries, int n)
{
	Assert(list->n + n <= BTR_FANOUT);
	memcpy(&list->e[list->n], entries, n * sizeof(BtrEntry));
	list->n += n;
}

/*
 * Appends n entries as they are.
 */
void
BtrListAddEntries(BtrEntryList *list, const BtrEntry *entries, int n)
{
	for (int i = 0; i < n; i++)
		if (!BtrEntryIsTrimmed(&entries[i]))
			list->nraw++;
	append(list, entries, n);
}

/*
 * Appends an entry for a whole subtree in one slot.
 */
void
BtrListAddSub(BtrEntryList *list, int slot, const BtrSub *sub)
{
	BtrEntry	e;

	memset(&e, 0, sizeof(e));
	e.version = sub->version;
	e.stat = sub->stat;
	e.child = sub->tid;
	e.first = slot | (sub->leaf ? BTR_ENTRY_LEAF : 0);
	e.nslots = 1;
	if (sub->trimmed == 0)
		list->nraw++;
	else
		list->trimmed = list->trimmed == 0 ? sub->trimmed : Min(list->trimmed, sub->trimmed);
	append(list, &e, 1);
}

/*
 * Writes a node whose header and payload are complete and describes it.
 */
static BtrSub
write_node(BtrBuild *b, BtrNode *node, const BtrStat *stat)
{
	BtrSub		sub;

	node->h.count = stat->count;
	sub.tid = BtrNodeWrite(b->writer, node);
	sub.leaf = node->h.kind == BTR_NODE_LEAF;
	sub.version = b->writer->version;
	sub.stat = *stat;
	sub.trimmed = node->h.trimmed;
	return sub;
}

/*
 * Returns the size of the block of points[from..to), at most BTR_LEAF_MAX_POINTS.  If it is at
 * most cap, the block is kept for BtrBuildLeaf().
 */
static size_t
try_block(BtrBuild *b, const BtrPoints *points, int64 from, int64 to, Size cap)
{
	size_t		size = BtrLeafEncode(points->time + from, points->value + from, (int) (to - from),
									 b->trial, BTR_LEAF_BOUND(BTR_LEAF_MAX_POINTS));

	if (size <= cap)
	{
		uint8	   *block = b->trial;

		b->trial = b->block;
		b->block = block;
		b->block_points = to - from;
		b->block_size = size;
	}
	return size;
}

/*
 * Estimates bytes per point from some in the middle of at least SAMPLE_POINTS.
 */
static void
take_sample(BtrBuild *b, const BtrPoints *points)
{
	int64		from = (points->n - SAMPLE_POINTS) / 2;
	size_t		size = try_block(b, points, from, from + SAMPLE_POINTS, 0);

	b->bytes_per_point = Max((double) size - SAMPLE_OVERHEAD, 1) / SAMPLE_POINTS;
}

/*
 * Puts the points' block into a node and returns its size.  The block kept by
 * try_block() is taken if it gives back these points; else they are encoded.
 */
static Size
encode_leaf(BtrBuild *b, BtrNode *node, const BtrPoints *points)
{
	int			n = (int) points->n;
	Size		size;

	if (b->block_points == n && b->block_size <= BTR_NODE_PAYLOAD_MAX &&
		BtrLeafVerify(points->time, points->value, n, b->block, b->block_size))
	{
		memcpy(BtrNodePayload(node), b->block, b->block_size);
		return b->block_size;
	}

	size = BtrLeafEncode(points->time, points->value, n,
						 BtrNodePayload(node), BTR_NODE_PAYLOAD_MAX);
	if (size == 0)
		elog(ERROR, "leaf of %d points does not fit", n);
	if (!BtrLeafVerify(points->time, points->value, n, BtrNodePayload(node), size))
		elog(ERROR, "leaf of %d points is not what was encoded", n);
	return size;
}

/*
 * Writes the points, which are known to fit, as a leaf.
 */
BtrSub
BtrBuildLeaf(BtrBuild *b, int64 start, int slot_pw, int nslots, const BtrPoints *points)
{
	BtrNode		node;
	BtrStat		stat;
	Size		size;

	memset(&node.h, 0, sizeof(node.h));
	size = encode_leaf(b, &node, points);
	node.h.kind = BTR_NODE_LEAF;
	node.h.start = start;
	node.h.slot_pw = slot_pw;
	node.h.nslots = nslots;
	node.h.nitems = points->n;
	node.h.length = sizeof(BtrNodeHeader) + size;
	BtrStatInit(&stat);
	BtrStatAddValues(&stat, points->value, points->n);
	return write_node(b, &node, &stat);
}

/*
 * Returns the header's field "trimmed" of a node of the entries.
 */
static uint8
trimmed_of(const BtrSpan *span, const BtrEntryList *list)
{
	uint8		least = list->trimmed;

	if (list->nraw > 0)
		return 0;
	for (int i = 0; i < list->n; i++)
	{
		if (BtrEntryIsTrimmed(&list->e[i]))
		{
			uint8		trimmed = 1 + span->slot_pw + pg_leftmost_one_pos32(list->e[i].nslots);

			least = least == 0 ? trimmed : Min(least, trimmed);
		}
	}
	return least;
}

/*
 * Writes an inner or chain node of the entries.
 */
BtrSub
BtrBuildEntries(BtrBuild *b, int kind, const BtrSpan *span, const BtrEntryList *list)
{
	BtrNode		node;
	BtrStat		stat;

	memset(&node.h, 0, sizeof(node.h));
	BtrStatInit(&stat);
	for (int i = 0; i < list->n; i++)
		BtrStatMerge(&stat, &list->e[i].stat);
	memcpy(BtrNodeEntries(&node), list->e, list->n * sizeof(BtrEntry));
	node.h.kind = kind;
	node.h.start = span->start;
	node.h.slot_pw = span->slot_pw;
	node.h.nslots = span->nslots;
	node.h.nitems = list->n;
	node.h.trimmed = trimmed_of(span, list);
	node.h.length = sizeof(BtrNodeHeader) + list->n * sizeof(BtrEntry);
	return write_node(b, &node, &stat);
}

/*
 * Writes the smallest inner node that holds a single trimmed entry of a node at span.
 */
static BtrSub
build_trimmed(BtrBuild *b, const BtrSpan *span, const BtrEntry *entry)
{
	int64		start = BtrSlotStart(span->start, span->slot_pw, BtrEntryFirst(entry));
	int64		last = BtrSlotStart(span->start, span->slot_pw, BtrEntryEnd(entry)) - 1;
	BtrSpan		place = BtrSpanFor(start, last, b->phase);
	BtrEntryList list = {0};
	BtrEntry	e = *entry;
	int			first = BtrSlotOf(place.start, place.slot_pw, start);

	e.first = first | BTR_ENTRY_TRIMMED;
	e.nslots = BtrSlotOf(place.start, place.slot_pw, last) - first + 1;
	BtrListAddEntries(&list, &e, 1);
	return BtrBuildEntries(b, BTR_NODE_INNER, &place, &list);
}

/*
 * Makes an inner node of the entries.  A single child needs no node above it: it
 * is returned itself.  What is trimmed needs one, the smallest.  No entries: nothing.
 */
BtrSub
BtrBuildSeal(BtrBuild *b, const BtrSpan *span, const BtrEntryList *list)
{
	BtrSub		sub;

	memset(&sub, 0, sizeof(sub));
	ItemPointerSetInvalid(&sub.tid);
	if (list->n == 0)
		return sub;
	for (int i = 1; i < list->n; i++)
		if (!BtrEntrySameChild(&list->e[i], &list->e[0]))
			return BtrBuildEntries(b, BTR_NODE_INNER, span, list);
	if (BtrEntryIsTrimmed(&list->e[0]))
		return build_trimmed(b, span, &list->e[0]);

	sub.trimmed = list->nraw > 0 ? 0 : list->trimmed;
	sub.tid = list->e[0].child;
	sub.leaf = BtrEntryIsLeaf(&list->e[0]);
	sub.version = list->e[0].version;
	for (int i = 0; i < list->n; i++)
		BtrStatMerge(&sub.stat, &list->e[i].stat);
	return sub;
}

/*
 * Returns the end of the slot that points[i] is in: the index of the first point
 * of a later slot.
 */
static int64
slot_end(const BtrSpan *span, const BtrPoints *points, int64 i)
{
	int			s;
	BtrPoints	rest;

	if (span == NULL)
		return i + 1;
	s = BtrSlotOf(span->start, span->slot_pw, points->time[i]);
	if (s + 1 == span->nslots)
		return points->n;
	rest = BtrPointsSlice(points, i, points->n);
	return i + BtrPointsSearch(&rest, 0, BtrSlotStart(span->start, span->slot_pw, s + 1));
}

/*
 * Returns the last end of a slot that is not beyond i; from if there is none after it.
 */
static int64
slot_end_before(const BtrSpan *span, const BtrPoints *points, int64 from, int64 i)
{
	int			s;
	BtrPoints	before;

	if (span == NULL || i >= points->n)
		return Min(i, points->n);
	s = BtrSlotOf(span->start, span->slot_pw, points->time[i]);
	before = BtrPointsSlice(points, from, i);
	return from + BtrPointsSearch(&before, 0, BtrSlotStart(span->start, span->slot_pw, s));
}

/*
 * Finds how many points fit into a leaf; see build.h.
 *
 * The size of a block is known only once it is encoded, so a few cuts are tried, the
 * first where the last leaf's size per point suggests it, the next between the
 * longest that fitted and the shortest that did not.  One slot more is not tried if it would
 * not fit unless its points took far less room than those before.
 */
int64
BtrChooseRun(BtrBuild *b, const BtrSpan *span, const BtrPoints *points, int64 from, Size cap)
{
	int64		most = Min(from + BTR_LEAF_MAX_POINTS, points->n);
	int64		fits = from;	/* longest run known to fit ends here */
	int64		fails = most + 1;	/* shortest known not to fit */
	size_t		fits_size = 0;
	int64		end;

	if (b->bytes_per_point == 0)
	{
		BtrPoints	rest = BtrPointsSlice(points, from, most);

		b->bytes_per_point = 8;
		if (rest.n >= 2 * SAMPLE_POINTS)
			take_sample(b, &rest);
	}
	end = slot_end_before(span, points, from,
						  Min(most, from + (int64) (cap / b->bytes_per_point)));
	for (int tries = 0; tries < RUN_TRIES; tries++)
	{
		size_t		size;
		double		per_point;

		CHECK_FOR_INTERRUPTS();
		/* the guess must lie between what fits and what does not, at a slot's end */
		if (end >= fails)
			end = slot_end_before(span, points, from, fails - 1);
		if (end <= fits)
		{
			end = slot_end(span, points, fits);
			if (fits > from &&
				(double) fits_size * (end - from) / (fits - from) > cap * RUN_HOPELESS)
				break;
		}
		if (end >= fails)
			break;

		size = try_block(b, points, from, end, cap);
		per_point = Max((double) size / (end - from), 0.001);
		b->bytes_per_point = per_point;
		if (size <= cap)
		{
			fits = end;
			fits_size = size;
		}
		else
			fails = end;
		if (fits == most)
			break;
		end = from + (int64) Min(cap * 0.995 / per_point, (double) BTR_LEAF_MAX_POINTS);
		end = slot_end_before(span, points, from, Min(end, most));
	}

	/* out of tries without a cut that fits: the first slot is the last resort */
	if (fits == from && (end = slot_end(span, points, from)) < fails &&
		try_block(b, points, from, end, cap) <= cap)
		fits = end;
	return fits - from;
}

/*
 * Appends the entries of a leaf that holds the points: one for each of the two parts
 * at either side of the most aligned slot boundary inside its run.  So every aligned
 * window that is at least as wide as the leaf is answered from entries.
 */
static void
add_leaf(BtrBuild *b, const BtrSpan *span, const BtrPoints *points, BtrEntryList *list)
{
	int			first = BtrSlotOf(span->start, span->slot_pw, points->time[0]);
	int			end = BtrSlotOf(span->start, span->slot_pw, points->time[points->n - 1]) + 1;
	int			cut = end;
	int64		before;
	BtrSub		leaf;

	leaf = BtrBuildLeaf(b, BtrSlotStart(span->start, span->slot_pw, first),
						span->slot_pw, end - first, points);
	for (int s = first + 1; s < end; s++)
		if (cut == end || pg_rightmost_one_pos32(s) > pg_rightmost_one_pos32(cut))
			cut = s;
	before = cut == end ? points->n
		: BtrPointsSearch(points, 0, BtrSlotStart(span->start, span->slot_pw, cut));

	BtrListAddSub(list, first, &leaf);
	list->e[list->n - 1].nslots = cut - first;
	if (cut < end)
	{
		BtrStatInit(&list->e[list->n - 1].stat);
		BtrStatAddValues(&list->e[list->n - 1].stat, points->value, before);
		BtrStatInit(&leaf.stat);
		BtrStatAddValues(&leaf.stat, points->value + before, points->n - before);
		BtrListAddSub(list, cut, &leaf);
		list->e[list->n - 1].nslots = end - cut;
	}
}

/*
 * Cuts points into leaves and, for slots with more than a leaf's worth of them, subtrees;
 * see build.h.
 */
void
BtrBuildCut(BtrBuild *b, const BtrSpan *span, const BtrPoints *points, bool balance,
			BtrEntryList *list)
{
	Size		most = BTR_NODE_PAYLOAD_MAX;

	if (balance && points->n <= BTR_LEAF_MAX_POINTS)
	{
		size_t		size = try_block(b, points, 0, points->n, most);

		if (size > most && size < most + most / 2)
			most = size * 0.55;
	}

	for (int64 i = 0; i < points->n;)
	{
		Size		room = BtrWriterLeafRoom(b->writer) - sizeof(BtrNodeHeader);
		int64		n = 0;
		BtrPoints	part;

		if (room < most)
			n = BtrChooseRun(b, span, points, i, room);
		if (n == 0)
			n = BtrChooseRun(b, span, points, i, most);
		if (n == 0 && most < BTR_NODE_PAYLOAD_MAX)
			n = BtrChooseRun(b, span, points, i, BTR_NODE_PAYLOAD_MAX);
		if (n > 0)
		{
			part = BtrPointsSlice(points, i, i + n);
			add_leaf(b, span, &part, list);
		}
		else
		{
			BtrSub		sub;

			n = slot_end(span, points, i) - i;
			part = BtrPointsSlice(points, i, i + n);
			sub = BtrBuildSubtree(b, &part);
			BtrListAddSub(list, BtrSlotOf(span->start, span->slot_pw, points->time[i]), &sub);
		}
		i += n;
	}
}

/*
 * Keeps the block of these points if it fits a leaf, and says whether it does.
 *
 * Many points are tried only if a sample of them lets it seem possible.  Where the sample is
 * wrong, they are cut, with the whole as one of the cuts that may be found.
 */
static bool
fits_leaf(BtrBuild *b, const BtrPoints *points)
{
	if (points->n > BTR_LEAF_MAX_POINTS)
		return false;
	if (points->n >= 2 * SAMPLE_POINTS)
	{
		take_sample(b, points);
		if (b->bytes_per_point * points->n > BTR_NODE_PAYLOAD_MAX * SAMPLE_DOUBT)
			return false;
	}
	return try_block(b, points, 0, points->n, BTR_NODE_PAYLOAD_MAX) <= BTR_NODE_PAYLOAD_MAX;
}

/*
 * Builds the subtree of these points alone: nothing, a leaf, a chain or an inner node.
 */
BtrSub
BtrBuildSubtree(BtrBuild *b, const BtrPoints *points)
{
	BtrSpan		span;
	BtrEntryList list = {0};

	check_stack_depth();
	if (points->n == 0)
		return BtrBuildSeal(b, NULL, &list);

	span = BtrSpanFor(points->time[0], points->time[points->n - 1], b->phase);
	if (fits_leaf(b, points))
	{
		int			first = BtrSlotOf(span.start, span.slot_pw, points->time[0]);
		int			last = BtrSlotOf(span.start, span.slot_pw, points->time[points->n - 1]);

		return BtrBuildLeaf(b, BtrSlotStart(span.start, span.slot_pw, first),
							span.slot_pw, last - first + 1, points);
	}
	if (points->time[0] == points->time[points->n - 1])
		return BtrBuildChain(b, points);
	BtrBuildCut(b, &span, points, false, &list);
	return BtrBuildSeal(b, &span, &list);
}

/*
 * Decodes a leaf that was read, into palloc'd arrays.
 */
BtrPoints
BtrLeafPoints(BtrBuild *b, const BtrNode *node, const ItemPointerData *tid)
{
	int64	   *time = palloc(node->h.nitems * sizeof(int64));
	double	   *value = palloc(node->h.nitems * sizeof(double));
	BtrPoints	points = {time, value, node->h.nitems};

	BtrNodeDecodeLeaf(b->writer->rel, node, tid, time, value);
	return points;
}

/*
 * Frees what BtrLeafPoints() returned.
 */
void
BtrPointsFree(BtrPoints *points)
{
	pfree(unconstify(int64 *, points->time));
	pfree(unconstify(double *, points->value));
}
