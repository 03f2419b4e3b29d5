/*
 * lttb.c
 *		Chooses few points whose line looks like that of many: largest triangle three buckets.
 *
 * Sveinn Steinarsson, "Downsampling Time Series for Visual Representation", University of
 * Iceland, 2013.  The first and the last point stay.  The others are divided into buckets of equally
 * many points, and of each bucket stays the one that makes the largest triangle with the point
 * chosen before and the mean of the next bucket.
 *
 * How many points there are is known from the tree, so no bucket has to be kept in memory: two
 * scans go through the points, one sums up a bucket while the other one, a bucket behind it, chooses.
 */
#include "postgres.h"

#include <math.h>

#include "guc.h"
#include "stream/stream.h"

/* Values beyond this are scaled down, so that areas and sums stay below infinity. */
#define LARGE_VALUE		1e280
#define LARGE_SCALE		0x1p-80

/* A scan, and how many points it has given. */
typedef struct Cursor
{
	BtrViewScan *scan;
	BtrRun		run;
	int64		rank;
} Cursor;

struct BtrLttb
{
	/* Info */
	const BtrView *view;
	int64		count;			/* points there are, */
	int64		n;				/* and points to choose */
	double		scale;			/* of values */

	/* Variables */
	int64		next;			/* which of the chosen ones comes next */
	Cursor		choosing;
	Cursor		ahead;			/* NULL if all points are chosen */
	int64		first_time;
	double		x;				/* the point chosen last */
	double		y;
};

/*
 * Counts the points that a scan gives, where that is less than what statistics tell of.
 */
static int64
count_points(const BtrView *view, int64 start, int64 end)
{
	BtrViewScan *scan = BtrViewScanBegin(view, start, end, false);
	int64		count = 0;
	BtrRun		run;

	while (BtrViewScanNextRun(scan, &run))
		count += run.left;
	return count;
}

/*
 * Starts to choose at most n points, 3 or more, of [start, end), in the current memory context.
 */
BtrLttb *
BtrLttbBegin(const BtrView *view, int64 start, int64 end, int64 n)
{
	BtrLttb    *lttb = palloc0(sizeof(BtrLttb));
	BtrStat		stat = BtrViewStat(view, start, end);

	Assert(n >= 3);
	lttb->view = view;
	lttb->count = btrdb_trimmed_points == BTR_TRIMMED_SKIP ? count_points(view, start, end) : stat.count;
	lttb->n = Min(n, lttb->count);
	lttb->scale = Max(fabs(stat.min), fabs(stat.max)) > LARGE_VALUE ? LARGE_SCALE : 1;
	lttb->choosing.scan = BtrViewScanBegin(view, start, end, false);
	if (lttb->n < lttb->count)
		lttb->ahead.scan = BtrViewScanBegin(view, start, end, false);
	return lttb;
}

/*
 * Returns the rank of the first point of a bucket; bucket n - 2 is the last point.
 */
static int64
bucket_start(const BtrLttb *lttb, int64 i)
{
	int64		inner = lttb->count - 2;
	int64		buckets = lttb->n - 2;

	/* inner * i / buckets, without overflow */
	return 1 + inner / buckets * i + inner % buckets * i / buckets;
}

/*
 * Says whether a cursor has more points.
 */
static bool
has_more(Cursor *cursor)
{
	return cursor->run.left > 0 || BtrViewScanNextRun(cursor->scan, &cursor->run);
}

/*
 * Gives the next points of a cursor, at most bound - rank.  Raises XX001 if there are none: there
 * are as many as the tree's statistics count.
 */
static BtrPoints
take_points(const BtrLttb *lttb, Cursor *cursor, int64 bound)
{
	BtrPoints	points;

	if (!has_more(cursor))
		BtrReportTree(&lttb->view->tree, "Its statistics count more points than there are");
	points.n = Min(cursor->run.left, bound - cursor->rank);
	points.time = cursor->run.points.time + cursor->run.next;
	points.value = cursor->run.points.value + cursor->run.next;
	cursor->run.next += points.n;
	cursor->run.left -= points.n;
	cursor->rank += points.n;
	return points;
}

/*
 * Returns a time as a coordinate.
 */
static inline double
x_of(const BtrLttb *lttb, int64 time)
{
	return (double) ((uint64) time - (uint64) lttb->first_time);
}

/*
 * Sums up the bucket that the ahead cursor is at the start of: its mean.
 */
static void
bucket_mean(BtrLttb *lttb, int64 bound, double *x, double *y)
{
	double		n = (double) (bound - lttb->ahead.rank);
	double		xs = 0;
	double		ys = 0;

	while (lttb->ahead.rank < bound)
	{
		BtrPoints	points = take_points(lttb, &lttb->ahead, bound);

		for (int64 i = 0; i < points.n; i++)
		{
			xs += x_of(lttb, points.time[i]);
			ys += points.value[i] * lttb->scale;
		}
	}
	*x = xs / n;
	*y = ys / n;
}

/*
 * Chooses the point of the bucket that the choosing cursor is at the start of: the first
 * one of those with the largest triangle.
 */
static BtrPoint
choose_point(BtrLttb *lttb, int64 bound, double x, double y)
{
	BtrPoint	best = {0};
	double		largest = -1;

	while (lttb->choosing.rank < bound)
	{
		BtrPoints	points = take_points(lttb, &lttb->choosing, bound);

		for (int64 i = 0; i < points.n; i++)
		{
			double		area = fabs((lttb->x - x) * (points.value[i] * lttb->scale - lttb->y) -
									(lttb->x - x_of(lttb, points.time[i])) * (y - lttb->y));

			if (area > largest)
			{
				largest = area;
				best.time = points.time[i];
				best.value = points.value[i];
			}
		}
	}
	return best;
}

/*
 * Gives the next chosen point; false at the end.
 */
bool
BtrLttbNext(BtrLttb *lttb, BtrPoint *point)
{
	int64		i = lttb->next++;
	double		x;
	double		y;

	if (i >= lttb->n)
		return false;
	if (lttb->ahead.scan == NULL || i == 0 || i == lttb->n - 1)
	{
		BtrPoints	points = take_points(lttb, &lttb->choosing, lttb->choosing.rank + 1);

		point->time = points.time[0];
		point->value = points.value[0];
		if (i == 0 && lttb->ahead.scan != NULL)
		{
			/* all before the second bucket */
			while (lttb->ahead.rank < bucket_start(lttb, 1))
				(void) take_points(lttb, &lttb->ahead, bucket_start(lttb, 1));
			lttb->first_time = point->time;
		}
	}
	else
	{
		bucket_mean(lttb, Min(bucket_start(lttb, i + 1), lttb->count), &x, &y);
		*point = choose_point(lttb, bucket_start(lttb, i), x, y);
	}
	if (i == lttb->n - 1 && has_more(&lttb->choosing))
		BtrReportTree(&lttb->view->tree, "Its statistics count fewer points than there are");
	lttb->x = x_of(lttb, point->time);
	lttb->y = point->value * lttb->scale;
	return true;
}

/*
 * Returns the number of leaves read so far by the scans.
 */
int64
BtrLttbLeaves(const BtrLttb *lttb)
{
	return BtrViewScanLeaves(lttb->choosing.scan) +
		(lttb->ahead.scan == NULL ? 0 : BtrViewScanLeaves(lttb->ahead.scan));
}
