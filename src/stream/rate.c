/*
 * rate.c
 *		Sums up how much a counter rises, window by window.
 *
 * A counter only rises, until it starts again from zero: a value that is less than the one before
 * it has risen by itself.  Each rise belongs to the window of the later one of the two points.
 * Statistics do not tell whether a counter has started again, so all points are read but those of subtrees in
 * which it stands still.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/float.h"

#include "stream/stream.h"
#include "tree/grid.h"
#include "types/sum.h"

struct BtrViewRate
{
	/* Settings */
	BtrGrid		grid;

	/* Variables */
	BtrViewScan *scan;
	BtrSection	section;
	bool		have;			/* a point before: */
	double		before;			/* its value */
	bool		open;			/* a window has rises: */
	uint64		index;
	BtrSum		sum;
	bool		done;
};

/*
 * Says whether a subtree is of no interest: it lies in one window and the counter stands still.
 */
static bool
stands_still(const BtrRange *range, const BtrStat *stat, void *arg)
{
	const BtrGrid *grid = arg;
	uint64		index;

	return stat->min == stat->max && BtrGridPlace(grid, *range, 0, &index) == BTR_INSIDE;
}

/*
 * Starts to sum up rises in windows, in the current memory context.
 */
BtrViewRate *
BtrViewRateBegin(const BtrView *view, int64 start, uint64 width, uint64 nwindows)
{
	BtrViewRate *rate = palloc0(sizeof(BtrViewRate));
	BtrPoint	before;

	rate->grid.start = start;
	rate->grid.end = (int64) ((uint64) start + nwindows * width);
	rate->grid.width = width;
	rate->have = BtrViewNearest(view, start, true, &before);
	if (rate->have)
		rate->before = before.value;
	rate->scan = BtrViewScanBegin(view, start, rate->grid.end, false);
	BtrViewScanPassOver(rate->scan, stands_still, &rate->grid);
	return rate;
}

/*
 * Takes the next value, at a time.  Returns true, and the window before in *index and *increase, if
 * another one begins with it.
 */
static bool
take_value(BtrViewRate *rate, int64 time, double value, uint64 *index, double *increase)
{
	uint64		window = BtrGridWindow(&rate->grid, time);
	bool		ended = rate->open && window != rate->index;

	if (ended)
	{
		*index = rate->index;
		*increase = BtrSumResult(&rate->sum);
		rate->open = false;
	}
	if (rate->have)
	{
		if (!rate->open)
			memset(&rate->sum, 0, sizeof(rate->sum));
		rate->open = true;
		rate->index = window;
		BtrSumAdd(&rate->sum, value >= rate->before ? value - rate->before : value);
	}
	rate->have = true;
	rate->before = value;
	return ended;
}

/*
 * Finds the next window that has rises, if only of zero.  Raises 22003 if they are too large for
 * a double.
 */
bool
BtrViewRateNext(BtrViewRate *rate, uint64 *index, double *increase)
{
	bool		found = false;

	while (!rate->done && !found)
	{
		BtrRun	   *run = &rate->section.run;

		while (run->left > 0 && !found)
		{
			BtrPoint	point = BtrRunTake(run);

			found = take_value(rate, point.time, point.value, index, increase);
		}
		if (found)
			break;

		CHECK_FOR_INTERRUPTS();
		if (!BtrViewScanNextSection(rate->scan, &rate->section))
		{
			rate->done = true;
			found = rate->open;
			*index = rate->index;
			*increase = BtrSumResult(&rate->sum);
		}
		else if (rate->section.passed)
			found = take_value(rate, rate->section.range.start, rate->section.stat.min,
							   index, increase);
	}
	if (found && !isfinite(*increase))
		float_overflow_error();
	return found;
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrViewRateCount(const BtrViewRate *rate, BtrReadCounts *counts)
{
	BtrViewScanCount(rate->scan, counts);
}
