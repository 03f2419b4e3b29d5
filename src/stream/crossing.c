/*
 * crossing.c
 *		Finds where values pass a threshold.
 *
 * Each value is on one of two sides, and subtrees whose values are all on one side are passed
 * over: between two points of different sides, next to each other, there is a crossing.  Crossings up and
 * down take turns, so at most one in the wrong direction is met before one in the right direction.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "stream/stream.h"

/* What is known of one or more points next to each other, all on one side. */
typedef struct Stretch
{
	bool		above;
	bool		passed;			/* they were passed over, in this */
	BtrRange	range;
	BtrPoint	first;			/* else the first of them */
} Stretch;

/*
 * Returns the side of a value.
 */
static inline bool
is_above(double value, double threshold)
{
	return value >= threshold;
}

/*
 * Says whether all values of a subtree are on one side.
 */
static bool
is_one_side(const BtrRange *range, const BtrStat *stat, void *arg)
{
	double		threshold = *(double *) arg;

	return is_above(stat->min, threshold) == is_above(stat->max, threshold);
}

/*
 * Says whether there is a crossing in a direction between neighbours.
 */
static inline bool
is_crossing(bool above_before, bool above_after, BtrCrossing direction)
{
	return above_before != above_after &&
		(direction & (above_after ? BTR_CROSSING_UP : BTR_CROSSING_DOWN)) != 0;
}

/*
 * Finds the next section's first crossing in the direction of the scan, from what the scan
 * has met before it, *met; have says whether that is anything.  Puts what comes after the crossing
 * into *after.
 *
 * Going backward, *met is what comes after.
 */
static bool
cross_section(BtrSection *section, double threshold, BtrCrossing direction, bool last,
			  Stretch *met, bool have, Stretch *after)
{
	Stretch		next = {.passed = section->passed};

	for (bool more = true; more; have = true)
	{
		if (section->passed)
		{
			next.above = is_above(section->stat.min, threshold);
			next.range = section->range;
			more = false;
		}
		else
		{
			next.first = BtrRunTake(&section->run);
			next.above = is_above(next.first.value, threshold);
			more = section->run.left > 0;
		}
		if (have && is_crossing(last ? next.above : met->above, last ? met->above : next.above,
								direction))
		{
			*after = last ? *met : next;
			return true;
		}
		*met = next;
	}
	return false;
}

/*
 * Finds the first or last point of [start, end) that lies on the other side than the point before it.
 *
 * Frees nothing; the caller's memory context is short-lived.
 */
bool
BtrViewCrossing(const BtrView *view, int64 start, int64 end, double threshold,
				BtrCrossing direction, bool last, BtrPoint *point, BtrReadCounts *counts)
{
	BtrViewScan *scan = BtrViewScanBegin(view, start, end, last);
	BtrSection	section;
	Stretch		met = {0};
	Stretch		after = {0};
	bool		have = false;
	bool		found = false;

	BtrViewScanPassOver(scan, is_one_side, &threshold);
	while (!found && BtrViewScanNextSection(scan, &section))
	{
		CHECK_FOR_INTERRUPTS();
		found = cross_section(&section, threshold, direction, last, &met, have, &after);
		have = true;
	}
	BtrViewScanCount(scan, counts);
	if (!found)
		return false;

	if (after.passed)
	{
		BtrViewSeeker *seeker = BtrViewSeekBegin(view, false, true);

		BtrViewSeekIn(seeker, &after.range, point);
		BtrViewSeekCount(seeker, counts);
	}
	else
		*point = after.first;
	return true;
}
