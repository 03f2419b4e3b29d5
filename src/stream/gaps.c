/*
 * gaps.c
 *		Finds stretches of time without points.
 *
 * Whatever lies within less time than a gap takes holds none, so subtrees that are narrow are
 * passed over; of their points it is known between which times they lie.  Where that does not tell
 * whether there is a gap between two of them, their outermost points are looked for.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "stream/stream.h"

struct BtrViewGaps
{
	/* Settings */
	int64		end;
	uint64		longer_than;

	/* Variables */
	BtrViewScan *scan;
	BtrSection	section;
	BtrRange	last;			/* when the last point so far was: at a time in here */
	bool		done;

	/* To look for points */
	BtrViewSeeker *before;
	BtrViewSeeker *after;
};

/*
 * Returns the length of a range, which may be 2^63.
 */
static inline uint64
length_of(int64 start, int64 end)
{
	return (uint64) end - (uint64) start;
}

/*
 * Says whether a subtree is so narrow that nothing of it needs to be read.
 *
 * Half a gap, so that between two neighbours of this width there is none either.
 */
static bool
is_narrow(const BtrRange *range, const BtrStat *stat, void *arg)
{
	return length_of(range->start, range->end) <= ((BtrViewGaps *) arg)->longer_than / 2;
}

/*
 * Starts to look for gaps in [start, end), in the current memory context.
 */
BtrViewGaps *
BtrViewGapsBegin(const BtrView *view, int64 start, int64 end, int64 longer_than)
{
	BtrViewGaps *gaps = palloc0(sizeof(BtrViewGaps));

	Assert(start <= end && longer_than >= 0);
	gaps->end = end;
	gaps->longer_than = (uint64) longer_than;
	gaps->scan = BtrViewScanBegin(view, start, end, false);
	BtrViewScanPassOver(gaps->scan, is_narrow, gaps);
	gaps->last.start = start;
	gaps->last.end = start + 1;
	gaps->before = BtrViewSeekBegin(view, true, false);
	gaps->after = BtrViewSeekBegin(view, false, false);
	return gaps;
}

/*
 * Says whether there is a gap between the last point so far and the next one, which is at a
 * time in the range next; puts it into *gap then.
 */
static bool
ends_gap(const BtrViewGaps *gaps, const BtrRange *next, BtrRange *gap)
{
	if (length_of(gaps->last.start, next->end - 1) <= gaps->longer_than)
		return false;
	gap->start = BtrViewSeekTime(gaps->before, &gaps->last);
	gap->end = BtrViewSeekTime(gaps->after, next);
	return length_of(gap->start, gap->end) > gaps->longer_than;
}

/*
 * Finds the next gap; false at the end.  Memory that is needed comes from the current context, which
 * must be that of the beginning.
 */
bool
BtrViewGapsNext(BtrViewGaps *gaps, BtrRange *gap)
{
	bool		found = false;

	while (!gaps->done && !found)
	{
		BtrRun	   *run = &gaps->section.run;
		BtrRange	next;

		while (run->left > 0 && !found)
		{
			next.start = BtrRunTake(run).time;
			next.end = next.start + 1;
			found = ends_gap(gaps, &next, gap);
			gaps->last = next;
		}
		if (found)
			break;

		CHECK_FOR_INTERRUPTS();
		if (!BtrViewScanNextSection(gaps->scan, &gaps->section))
		{
			gaps->done = true;
			next.start = gaps->end;
			next.end = gaps->end + 1;
			found = ends_gap(gaps, &next, gap);
		}
		else if (gaps->section.passed)
		{
			found = ends_gap(gaps, &gaps->section.range, gap);
			gaps->last = gaps->section.range;
		}
	}
	return found;
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrViewGapsCount(const BtrViewGaps *gaps, BtrReadCounts *counts)
{
	BtrViewScanCount(gaps->scan, counts);
	BtrViewSeekCount(gaps->before, counts);
	BtrViewSeekCount(gaps->after, counts);
}
