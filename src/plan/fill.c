/*
 * fill.c
 *		What windows without points are filled with: the mean of the window with points before
 *		the gap, or the line between the means on both sides of it.
 *
 * A gap at either end of the range asked for goes on outside of it, in windows of the same grid.  So what a
 * window is filled with does not depend on how far the range reaches.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "plan/fill.h"

/*
 * Returns the kind of a name.
 */
BtrFillKind
BtrReadFill(const text *name)
{
	static const struct
	{
		const char *name;
		BtrFillKind kind;
	}			kinds[] = {
		{"none", BTR_FILL_NONE},
		{"previous", BTR_FILL_PREVIOUS},
		{"linear", BTR_FILL_LINEAR},
	};
	char	   *string = text_to_cstring(name);

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (strcmp(string, kinds[i].name) == 0)
		{
			pfree(string);
			return kinds[i].kind;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized way to fill windows \"%s\"", string),
			 errhint("The ways are \"none\", \"previous\" and \"linear\".")));
}

/*
 * Takes note of a window with points.
 */
void
BtrFillNote(BtrFill *fill, uint64 index, double mean)
{
	fill->last.exists = true;
	fill->last.index = index;
	fill->last.mean = mean;
	fill->in_gap = false;
}

/*
 * Returns the last window with points before the first one.
 */
static BtrFillEdge
edge_before(const BtrFill *fill)
{
	BtrFillEdge edge = {0};
	BtrPoint	point;
	uint64		windows;
	uint64		distance;
	int64		start;

	if (!BtrViewNearest(fill->view, fill->start, true, &point))
		return edge;

	/* rounded up; neither sum nor product exceeds 2^64 - 1: all lengths are at most 2^63 */
	windows = ((uint64) fill->start - (uint64) point.time + fill->width - 1) / fill->width;
	distance = windows * fill->width;
	start = distance > (uint64) fill->start - (uint64) BTR_TIME_MIN ? BTR_TIME_MIN :
		(int64) ((uint64) fill->start - distance);
	edge.exists = true;
	edge.index = -windows;
	edge.mean = BtrViewStat(fill->view, start,
							(int64) ((uint64) fill->start - distance + fill->width)).mean;
	return edge;
}

/*
 * Returns the first window with points after the last one.
 */
static BtrFillEdge
edge_after(const BtrFill *fill)
{
	BtrFillEdge edge = {0};
	BtrPoint	point;
	uint64		offset;

	if (!BtrViewNearest(fill->view,
						(int64) ((uint64) fill->start + fill->nwindows * fill->width),
						false, &point))
		return edge;

	edge.exists = true;
	edge.index = ((uint64) point.time - (uint64) fill->start) / fill->width;
	offset = edge.index * fill->width;
	edge.mean = BtrViewStat(fill->view, (int64) ((uint64) fill->start + offset),
							(uint64) BTR_TIME_MAX - (uint64) fill->start - offset < fill->width ? BTR_TIME_MAX :
							(int64) ((uint64) fill->start + offset + fill->width)).mean;
	return edge;
}

/*
 * Finds both sides of a gap, and whether it is filled.  A gap that no point ends, ends with
 * the range.
 */
static void
enter_gap(BtrFill *fill, uint64 next, double next_mean)
{
	uint64		end = next;

	fill->left = fill->last.exists ? fill->last : edge_before(fill);
	fill->right.exists = next < fill->nwindows;
	fill->right.index = next;
	fill->right.mean = next_mean;
	if (!fill->right.exists)
		fill->right = edge_after(fill);
	if (fill->right.exists)
		end = fill->right.index;

	/* as indexes are counted modulo 2^64, so are differences */
	fill->filled = fill->left.exists &&
		(fill->right.exists || fill->kind == BTR_FILL_PREVIOUS) &&
		(end - fill->left.index - 1) * fill->width <= fill->longest;
	fill->in_gap = true;
}

/*
 * Puts the value of an empty window into *mean, if it gets one.
 */
bool
BtrFillGap(BtrFill *fill, uint64 index, uint64 next, double next_mean, double *mean)
{
	const BtrFillEdge *left = &fill->left;
	const BtrFillEdge *right = &fill->right;
	double		share;

	if (fill->kind == BTR_FILL_NONE)
		return false;
	if (!fill->in_gap)
		enter_gap(fill, next, next_mean);
	if (!fill->filled)
		return false;

	*mean = left->mean;
	if (fill->kind == BTR_FILL_LINEAR && right->mean != left->mean)
	{
		/* weighted, as the difference of the two may overflow */
		share = (double) (index - left->index) / (double) (right->index - left->index);
		*mean = left->mean * (1 - share) + right->mean * share;
	}
	return true;
}
