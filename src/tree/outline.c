/*
 * outline.c
 *		Finds the points that draw columns of a picture: of each column the first, the
 *		least, the greatest and the last one.
 *
 * One pass goes through entries in time order, as in windows.c: an entry inside one column
 * gives its minimum and maximum, one that lies across an edge is opened.  When a column is
 * done, its four points are known or in known subtrees.  A second walk goes down to each of
 * the latter, into the one child whose minimum, say, is the column's.  So a column costs
 * some paths, whatever its number of points.
 *
 * Where one of the four points was trimmed, that is an error, as reading the points is.
 */
#include "postgres.h"

#include "tree/walk.h"

/* A point of a column: known, or somewhere below an entry. */
typedef struct Spot
{
	BtrRankedPoint found;		/* point.value is known in any case but of the first and last */
	bool		below;			/* the entry's child, */
	BtrRef		ref;
	BtrRange	range;			/* the range it describes, */
	int64		rank;			/* and the points that come before it */
} Spot;

struct BtrOutlines
{
	/* Settings */
	BtrColumns	columns;
	int64		end;

	/* Variables */
	BtrWalk		walk;			/* along the edges of columns */
	BtrWalk		probe;			/* down to points inside of them */
	int64		point;			/* points of the walk's leaf that remain: */
	int64		point_end;		/* from point to point_end - 1 */
	int64		seen;			/* points before them, or before the next entry */

	/* The column at hand */
	bool		have_column;
	uint64		column;
	int64		column_end;
	Spot		spots[BTR_OUTLINE_POINTS];
};

/*
 * Starts to outline columns; memory is of the current context.
 */
BtrOutlines *
BtrOutlinesBegin(const BtrTree *tree, const BtrColumns *columns)
{
	BtrOutlines *o = palloc0(sizeof(BtrOutlines));

	o->columns = *columns;
	o->end = BtrColumnStart(columns, columns->n);
	BtrWalkInit(&o->walk, tree);
	BtrWalkInit(&o->probe, tree);
	o->probe.alone = true;
	return o;
}

/* ---- the points of a column ---- */

/*
 * Takes a spot for those of the column that it is; its lowest and highest value are these.
 * Of equal values the first one stays.
 */
static void
take_spot(BtrOutlines *o, const Spot *spot, double low, double high)
{
	Spot	   *spots = o->spots;

	if (!o->have_column)
		spots[BTR_OUTLINE_FIRST] = *spot;
	if (!o->have_column || low < spots[BTR_OUTLINE_LEAST].found.point.value)
	{
		spots[BTR_OUTLINE_LEAST] = *spot;
		spots[BTR_OUTLINE_LEAST].found.point.value = low;
	}
	if (!o->have_column || high > spots[BTR_OUTLINE_GREATEST].found.point.value)
	{
		spots[BTR_OUTLINE_GREATEST] = *spot;
		spots[BTR_OUTLINE_GREATEST].found.point.value = high;
	}
	spots[BTR_OUTLINE_LAST] = *spot;
	o->have_column = true;
}

/*
 * Takes a point of the walk's leaf, i points after those that were seen.
 */
static void
take_point(BtrOutlines *o, int64 i)
{
	const BtrPoints *points = &o->walk.points;
	double		value = points->value[o->point + i];
	Spot		spot = {.found = {{points->time[o->point + i], value}, o->seen + i}};

	take_spot(o, &spot, value, value);
}

/*
 * Takes the points of the walk's leaf that remain and lie in the column.
 */
static void
take_points(BtrOutlines *o)
{
	const BtrPoints *points = &o->walk.points;
	int64		next = Min(BtrPointsSearch(points, o->point, o->column_end), o->point_end);
	const double *value = points->value + o->point;
	int64		n = next - o->point;
	int64		least = 0;
	int64		greatest = 0;

	for (int64 i = 1; i < n; i++)
	{
		if (value[i] < value[least])
			least = i;
		if (value[i] > value[greatest])
			greatest = i;
	}
	take_point(o, 0);
	take_point(o, least);
	take_point(o, greatest);
	take_point(o, n - 1);
	o->point = next;
	o->seen += n;
}

/*
 * Takes the points below an entry, which describes range.
 */
static void
take_entry(BtrOutlines *o, const BtrRef *ref, BtrRange range, const BtrStat *stat)
{
	Spot		spot = {.below = true, .ref = *ref, .range = range, .rank = o->seen};

	take_spot(o, &spot, stat->min, stat->max);
	o->seen += stat->count;
}

/*
 * Says whether a point may be below an entry; value is that of the column's least or greatest point.
 */
static bool
may_be_below(BtrOutlinePoint which, const BtrNode *node, int i, double value)
{
	const BtrEntry *entry = &BtrNodeEntries(node)[i];

	switch (which)
	{
		case BTR_OUTLINE_FIRST:
			return true;
		case BTR_OUTLINE_LEAST:
			return entry->stat.min == value;
		case BTR_OUTLINE_GREATEST:
			return entry->stat.max == value;
		case BTR_OUTLINE_LAST:
			return i == node->h.nitems - 1;
	}
	return false;
}

/*
 * Finds the point among those of a leaf from "from" to "to" - 1.
 */
static int64
search_leaf(BtrOutlinePoint which, const BtrPoints *points, int64 from, int64 to, double value)
{
	switch (which)
	{
		case BTR_OUTLINE_FIRST:
			return from;
		case BTR_OUTLINE_LAST:
			return Max(to - 1, from);
		default:
			while (from < to && points->value[from] != value)
				from++;
			return from;
	}
}

/*
 * Goes down to the point that a spot stands for.  Reads one node per level.
 */
static void
find_point(BtrOutlines *o, BtrOutlinePoint which, Spot *spot)
{
	BtrWalk    *probe = &o->probe;
	BtrRef		ref = spot->ref;
	BtrRange	range = spot->range;
	double		value = spot->found.point.value;
	BtrNode    *node;
	int64		from;
	int64		to;
	int64		at;

	while (probe->depth > 0)
		BtrWalkPop(probe);
	spot->found.rank = spot->rank;
	while ((node = BtrWalkRead(probe, &ref))->h.kind != BTR_NODE_LEAF)
	{
		int			i = 0;

		while (i < node->h.nitems && !may_be_below(which, node, i, value))
			spot->found.rank += BtrNodeEntries(node)[i++].stat.count;
		if (i == node->h.nitems)
			BtrReportTree(&probe->tree, "No entry of a node has the minimum or maximum of its parent's");
		ref = BtrEntryRef(node, i);
		range = BtrEntryRange(node, i);
		BtrWalkPush(probe);
	}

	BtrWalkDecode(probe, &ref);
	from = BtrPointsSearch(&probe->points, 0, range.start);
	to = BtrPointsSearch(&probe->points, from, range.end);
	at = search_leaf(which, &probe->points, from, to, value);
	if (at >= to)
		BtrReportTree(&probe->tree, "A leaf lacks a point that its parent's entry tells of");
	spot->found.rank += at - from;
	spot->found.point.time = probe->points.time[at];
	spot->found.point.value = probe->points.value[at];
	spot->below = false;
}

/* ---- the pass ---- */

/*
 * Makes the column of a time the one at hand, unless it is; returns false if another one, that
 * has points, is.
 */
static bool
enter_column(BtrOutlines *o, int64 time)
{
	if (time < o->column_end && o->have_column)
		return true;
	if (o->have_column)
		return false;
	o->column = BtrColumnOf(&o->columns, time);
	o->column_end = BtrColumnStart(&o->columns, o->column + 1);
	return true;
}

/*
 * Opens a node whose entry, which describes range, lies across an edge: puts an inner or chain
 * node on the path, or takes a leaf's points in the range to be gone through.
 */
static void
open_node(BtrOutlines *o, const BtrRef *ref, BtrRange range)
{
	BtrWalk    *walk = &o->walk;

	if (BtrWalkRead(walk, ref)->h.kind != BTR_NODE_LEAF)
	{
		BtrWalkPush(walk);
		return;
	}
	BtrWalkDecode(walk, ref);
	o->point = BtrPointsSearch(&walk->points, 0, Max(range.start, o->columns.start));
	o->point_end = BtrPointsSearch(&walk->points, o->point, Min(range.end, o->end));
}

/*
 * Takes what a reference leads to, of which an entry describes range and stat.  Returns false,
 * having done nothing, if it is not of the column at hand.
 */
static bool
take_child(BtrOutlines *o, const BtrRef *ref, BtrRange range, const BtrStat *stat)
{
	if (range.end <= o->columns.start || range.start >= o->end ||
		(o->walk.skip_trimmed && BtrRefIsTrimmed(ref)))
		return true;
	if (range.start < o->columns.start || range.end > o->end)
	{
		open_node(o, ref, range);
		return true;
	}
	if (!enter_column(o, range.start))
		return false;
	/* what is not to be seen of a subtree's points, its statistics tell of */
	if (range.end <= o->column_end && (ref->leaf || !o->walk.skip_trimmed))
		take_entry(o, ref, range, stat);
	else
		open_node(o, ref, range);
	return true;
}

/*
 * Goes on until the column at hand is done; at the end of the tree there may be none.
 */
static void
next_column(BtrOutlines *o)
{
	BtrWalk    *walk = &o->walk;

	if (!walk->started)
	{
		BtrRef		ref = BtrRootRef(&walk->tree.root);
		BtrRange	range = {ref.start, ref.end};

		walk->started = true;
		if (BtrRootIsEmpty(&walk->tree.root))
			return;
		(void) take_child(o, &ref, range, &walk->tree.root.stat);
	}

	for (;;)
	{
		BtrWalkFrame *frame;
		BtrRef		ref;

		if (o->point < o->point_end)
		{
			if (!enter_column(o, walk->points.time[o->point]))
				return;
			take_points(o);
			continue;
		}
		if (walk->depth == 0)
			return;
		frame = BtrWalkTop(walk);
		if (frame->next >= frame->node->h.nitems)
		{
			BtrWalkPop(walk);
			continue;
		}
		ref = BtrEntryRef(frame->node, frame->next);
		if (!take_child(o, &ref, BtrEntryRange(frame->node, frame->next),
						&BtrNodeEntries(frame->node)[frame->next].stat))
			return;
		frame->next++;
	}
}

/*
 * Gives the next column that has points, and these points; false at the end.
 */
bool
BtrOutlinesNext(BtrOutlines *o, uint64 *column, BtrOutline *outline)
{
	o->have_column = false;
	next_column(o);
	if (!o->have_column)
		return false;
	*column = o->column;
	for (int i = 0; i < BTR_OUTLINE_POINTS; i++)
	{
		if (o->spots[i].below)
			find_point(o, (BtrOutlinePoint) i, &o->spots[i]);
		outline->points[i] = o->spots[i].found;
	}
	return true;
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrOutlinesCount(const BtrOutlines *o, BtrReadCounts *counts)
{
	counts->nodes += o->walk.counts.nodes + o->probe.counts.nodes;
	counts->leaves += o->walk.counts.leaves + o->probe.counts.leaves;
}
