/*
 * integral.c
 *		Integrates values over time.
 *
 * A stream's points make a function of time: between two neighbours the line that joins
 * them or, in steps, the value of the former.  Of points of equal time, the last one is where the
 * function goes on from.  So all that matters is where the value changes, and subtrees
 * that have one value only are passed over; the times at which such a stretch begins and ends are looked
 * for when the value changes.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"

#include "stream/stream.h"
#include "types/sum.h"

#define NS_PER_SECOND	1e9

typedef struct Area
{
	/* Info */
	BtrBetween	between;
	double		unit;			/* nanoseconds */

	/* The last points so far, all of one value */
	bool		have;
	double		value;
	int64		since;			/* the first one's time */
	BtrRange	last;			/* the last one's is in here */

	/* To look for points */
	BtrViewSeeker *before;
	BtrViewSeeker *after;

	BtrSum		sum;
} Area;

/*
 * Says whether a subtree has one value only.
 */
static bool
is_constant(const BtrRange *range, const BtrStat *stat, void *arg)
{
	return stat->min == stat->max;
}

/*
 * Adds the area below a value that stays the same.
 */
static void
add_area(Area *area, double value, int64 from, int64 to)
{
	BtrSumAdd(&area->sum, value * ((double) ((uint64) to - (uint64) from) / area->unit));
}

/*
 * Adds the area up to where the value changes to another one, and from there to the point at
 * time that has it.
 */
static void
end_stretch(Area *area, int64 time, double value)
{
	int64		last;

	if (area->between == BTR_BETWEEN_STEP)
	{
		add_area(area, area->value, area->since, time);
		return;
	}
	last = BtrViewSeekTime(area->before, &area->last);
	add_area(area, area->value, area->since, last);
	/* the sum of both may be too large */
	add_area(area, area->value / 2 + value / 2, last, time);
}

/*
 * Adds points of one value, which lie in a range.
 */
static void
add_points(Area *area, BtrRange range, double value)
{
	if (!area->have || area->value != value)
	{
		int64		first = BtrViewSeekTime(area->after, &range);

		if (area->have)
			end_stretch(area, first, value);
		area->have = true;
		area->value = value;
		area->since = first;
	}
	area->last = range;
}

/*
 * Adds one point.
 */
static void
add_point(Area *area, int64 time, double value)
{
	BtrRange	range = {time, time + 1};

	add_points(area, range, value);
}

/*
 * Returns the value at a time between two points, or at one of them.
 */
static double
value_between(const BtrPoint *a, const BtrPoint *b, int64 time)
{
	double		length = (double) ((uint64) b->time - (uint64) a->time);

	/* not one share and what is left of 1: that loses digits where it is small */
	return a->value * ((double) ((uint64) b->time - (uint64) time) / length) +
		b->value * ((double) ((uint64) time - (uint64) a->time) / length);
}

/*
 * Adds the point that the function has at a time, if it comes from a point before that: on the
 * line to the next one or, in steps, at the same value.
 */
static void
add_edge(Area *area, int64 time)
{
	BtrPoint	before;
	BtrPoint	after;

	if (!BtrViewSeek(area->before, time, &before))
		return;
	if (area->between == BTR_BETWEEN_STEP)
		add_point(area, time, before.value);
	else if (BtrViewSeek(area->after, time, &after))
		add_point(area, time, value_between(&before, &after, time));
}

/*
 * Integrates the value over the part of [start, end) for which there is one; see stream.h.
 * Raises 22003 if the result is too large for a double.
 *
 * Reads the nodes with points of different values in the range, and a path for each change
 * between stretches of one value.  Frees nothing; the caller's memory context is short-lived.
 */
bool
BtrViewIntegral(const BtrView *view, int64 start, int64 end, BtrBetween between, bool mean,
				double *result)
{
	Area		area = {.between = between, .unit = NS_PER_SECOND};
	BtrViewScan *scan;
	BtrSection	section;
	BtrPoint	first;
	BtrPoint	last;

	if (!BtrViewNearest(view, BTR_TIME_MIN, false, &first) ||
		!BtrViewNearest(view, BTR_TIME_MAX, true, &last))
		return false;
	start = Max(start, first.time);
	if (between == BTR_BETWEEN_LINEAR)
		end = Min(end, last.time);
	if (start >= end)
		return false;
	if (mean)
		area.unit = (double) ((uint64) end - (uint64) start);

	area.before = BtrViewSeekBegin(view, true, false);
	area.after = BtrViewSeekBegin(view, false, false);
	add_edge(&area, start);
	scan = BtrViewScanBegin(view, start, end, false);
	BtrViewScanPassOver(scan, is_constant, NULL);
	while (BtrViewScanNextSection(scan, &section))
	{
		CHECK_FOR_INTERRUPTS();
		if (section.passed)
			add_points(&area, section.range, section.stat.min);
		else
		{
			while (section.run.left > 0)
			{
				BtrPoint	point = BtrRunTake(&section.run);

				add_point(&area, point.time, point.value);
			}
		}
	}
	/* the last stretch ends here, whatever value comes then */
	add_edge(&area, end);
	end_stretch(&area, end, area.value);

	*result = BtrSumResult(&area.sum);
	if (!isfinite(*result))
		float_overflow_error();
	return true;
}
