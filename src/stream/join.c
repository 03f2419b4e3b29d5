/*
 * join.c
 *		Reads the points of several streams side by side: what a full outer join of them
 *		on time would give, row by row.
 *
 * Each stream that is not at its end waits with its next point, in a binary heap or, if no
 * other point comes before it, in a list.  Streams that have points at the same times never see the
 * heap: they go from the list of one row to that of the next.
 *
 * A row takes all streams that wait with its time, in their order.  One whose next point has the
 * same time waits for the next row, in the list.  So of points of one stream with equal times, the first
 * goes to the row of the first ones, the second to that of the second ones, and so on: each point is in one row.
 *
 * With a period, each point has the time of the nearest multiple of it, a multiple that
 * is half a period away being the later one.  Of the points of a stream that go to one multiple, the
 * nearest is taken, the first of several; leaves between those that may have it are not read.
 *
 * Memory: for each stream its points of one leaf, the nodes above it, and what of its write
 * buffer is in the range.
 */
#include "postgres.h"

#include "lib/binaryheap.h"

#include "stream/stream.h"
#include "tree/points.h"

/* A stream: the points that have not been taken, and the one that it waits with. */
typedef struct JoinInput
{
	BtrRun		run;
	int64		time;
	double		value;
	BtrViewScan *points;
	BtrView    *view;
} JoinInput;

struct BtrJoin
{
	/* Settings */
	int64		start;			/* points of [start, end) are read */
	int64		end;
	int64		period;			/* 0: times are as they are */

	/* Variables */
	JoinInput  *inputs;
	int			ninputs;
	binaryheap *heap;			/* inputs that wait, and */
	int		   *list;			/* others: all of one time, in their order */
	int			nlist;
	int		   *taken;			/* the list of the current row, or unused */
	int64		npoints;		/* of all runs */
	BtrJoinRow	row;
};

/* ---- periods ---- */

/*
 * Returns the largest multiple of period that is not after time.
 */
static inline int64
multiple_before(int64 time, int64 period)
{
	int64		rest = time % period;

	return time - rest - (rest < 0 ? period : 0);
}

/*
 * Returns the first time that goes to the first multiple of period not before time, which
 * is in [BTR_TIME_MIN, BTR_TIME_MAX].
 *
 * No overflow: the multiple is less than 2^62 + period and, if period is more than 2^62, at
 * most period.
 */
static int64
first_of_multiple(int64 time, int64 period)
{
	int64		rest = time % period;
	int64		multiple = rest > 0 ? time - rest + period : time - rest;

	return multiple - period / 2;
}

/*
 * Returns the multiple of period that is nearest to time.  It fits: a time and half of the
 * longest period are less than 2^62 each.
 */
static inline int64
nearest_multiple(int64 time, int64 period)
{
	return multiple_before(time + period / 2, period);
}

/* ---- the streams ---- */

/*
 * Compares inputs by the times they wait with, then by number, for a heap whose first one is the
 * largest.
 */
static int
compare_inputs(Datum a, Datum b, void *arg)
{
	const BtrJoin *join = arg;
	int			i = DatumGetInt32(a);
	int			j = DatumGetInt32(b);
	int64		time_i = join->inputs[i].time;
	int64		time_j = join->inputs[j].time;

	if (time_i != time_j)
		return time_i < time_j ? 1 : -1;
	return i < j ? 1 : -1;
}

/*
 * Starts to join n streams, which are then added; gives the points of [start, end) or, if period
 * is not 0, those whose times are in it once they are multiples of it.  Everything lives in the
 * current memory context, which must be the current one in later calls, too.
 */
BtrJoin *
BtrJoinBegin(int n, int64 start, int64 end, int64 period)
{
	BtrJoin    *join = palloc0(sizeof(BtrJoin));

	Assert(start <= end && period >= 0);
	if (period > 0)
	{
		start = Max(first_of_multiple(start, period), BTR_TIME_MIN);
		end = Min(first_of_multiple(end, period), BTR_TIME_MAX);
	}
	join->start = start;
	join->end = Max(start, end);
	join->period = period;
	join->inputs = palloc0(n * sizeof(JoinInput));
	join->heap = binaryheap_allocate(n, compare_inputs, join);
	join->list = palloc(n * sizeof(int));
	join->taken = palloc(n * sizeof(int));
	join->row.input = palloc(n * sizeof(int));
	join->row.value = palloc(n * sizeof(double));
	return join;
}

/* ---- who waits ---- */

/*
 * Returns the time that the streams in the list wait with.
 */
static inline int64
list_time(const BtrJoin *join)
{
	return join->inputs[join->list[0]].time;
}

/*
 * Returns the first stream in the heap; -1 if there is none.
 */
static inline int
first_of_heap(const BtrJoin *join)
{
	return binaryheap_empty(join->heap) ? -1 : DatumGetInt32(binaryheap_first(join->heap));
}

/*
 * Lets a stream wait with its next point: in the list, if no point but those of the list comes before
 * it and the list stays in order, or in the heap.
 */
static void
wait_with(BtrJoin *join, int input)
{
	int64		time = join->inputs[input].time;

	if (join->nlist > 0 && time < list_time(join))
	{
		for (int i = 0; i < join->nlist; i++)
			binaryheap_add(join->heap, Int32GetDatum(join->list[i]));
		join->nlist = 0;
	}
	if (join->nlist == 0 ||
		(time == list_time(join) && input > join->list[join->nlist - 1]))
		join->list[join->nlist++] = input;
	else
		binaryheap_add(join->heap, Int32GetDatum(input));
}

/* ---- points ---- */

/*
 * Makes sure that the input's run has a point; false at the end of its points.
 */
static inline bool
has_point(BtrJoin *join, JoinInput *input)
{
	if (input->run.left > 0)
		return true;
	if (!BtrViewScanNextRun(input->points, &input->run))
		return false;
	join->npoints += input->run.left;
	return true;
}

/*
 * Passes over the points of the input's run before time.
 */
static void
skip_in_run(JoinInput *input, int64 time)
{
	BtrRun	   *run = &input->run;

	run->next = BtrPointsSearch(&run->points, run->next, time);
	run->left = run->points.n - run->next;
}

/*
 * Passes over the points before multiple, of which there must be one.  Returns the time of the last
 * one, and puts its value into *value or, if several have that time, the value of the first of them.
 *
 * If that takes more than a run, the tree is asked where the last one is, rather than all leaves read
 * before it.
 */
static int64
pass_before(BtrJoin *join, JoinInput *input, int64 multiple, double *value)
{
	BtrRun	   *run = &input->run;
	int64		last = 0;
	BtrPoint	point;

	for (int nruns = 0; has_point(join, input) && run->points.time[run->next] < multiple; nruns++)
	{
		int64		from = run->next;
		int64		before;

		skip_in_run(input, multiple);
		before = BtrPointsSearch(&run->points, from, run->points.time[run->next - 1]);
		/* those of equal time may begin in the run before this one */
		if (nruns == 0 || run->points.time[before] > last)
		{
			last = run->points.time[before];
			*value = run->points.value[before];
		}
		if (nruns > 0 && run->left == 0 && BtrViewNearest(input->view, multiple, true, &point))
			BtrViewScanSkipTo(input->points, point.time);
	}
	return last;
}

/*
 * Takes all points that go to the same multiple as the next one, and makes the nearest
 * one the input's value.  Returns the multiple.
 */
static int64
take_nearest(BtrJoin *join, JoinInput *input)
{
	BtrRun	   *run = &input->run;
	int64		first = run->points.time[run->next];
	int64		multiple = nearest_multiple(first, join->period);
	/* below 2^63: the multiple is in the range asked for, so less than 2^62, as half a period is */
	int64		end = multiple - join->period / 2 + join->period;
	int64		least = PG_INT64_MAX;

	if (first < multiple)
		least = multiple - pass_before(join, input, multiple, &input->value);
	if (has_point(join, input) && run->points.time[run->next] < end)
	{
		if (run->points.time[run->next] - multiple < least)
			input->value = run->points.value[run->next];
		skip_in_run(input, end);
		if (run->left == 0)
			BtrViewScanSkipTo(input->points, end);
	}
	return multiple;
}

/*
 * Takes a stream's next point, which it waits with from then on; if there is none, it does not wait.
 */
static void
take_point(BtrJoin *join, int i)
{
	JoinInput  *input = &join->inputs[i];

	if (!has_point(join, input))
		return;
	if (join->period > 0)
		input->time = take_nearest(join, input);
	else
	{
		BtrPoint	point = BtrRunTake(&input->run);

		input->time = point.time;
		input->value = point.value;
	}
	wait_with(join, i);
}

/*
 * Returns a copy of points, which takes no more memory than they need.
 */
static BtrPoints
copy_points(const BtrPoints *points)
{
	Size		size = points->n * sizeof(int64);
	int64	   *time;
	double	   *value;
	BtrPoints	copy = {NULL, NULL, points->n};

	if (points->n == 0)
		return copy;
	time = MemoryContextAllocHuge(CurrentMemoryContext, size);
	value = MemoryContextAllocHuge(CurrentMemoryContext, size);
	memcpy(time, points->time, size);
	memcpy(value, points->value, size);
	copy.time = time;
	copy.value = value;
	return copy;
}

/*
 * Adds the next stream.  What is of it in memory may go after that: of its write
 * buffer, the part in the range is copied.
 */
void
BtrJoinAdd(BtrJoin *join, const BtrView *view)
{
	JoinInput  *input = &join->inputs[join->ninputs];
	int64		first = BtrPointsSearch(&view->buffer, 0, join->start);
	int64		last = BtrPointsSearch(&view->buffer, first, join->end);
	BtrPoints	part = BtrPointsSlice(&view->buffer, first, last);

	input->view = palloc(sizeof(BtrView));
	*input->view = *view;
	input->view->buffer = copy_points(&part);
	input->points = BtrViewScanBegin(input->view, join->start, join->end, false);
	BtrViewScanSpareMemory(input->points);
	take_point(join, join->ninputs++);
}

/* ---- rows ---- */

/*
 * Returns the next row, valid until the next call; NULL at the end.
 */
const BtrJoinRow *
BtrJoinNext(BtrJoin *join)
{
	BtrJoinRow *row = &join->row;
	int		   *taken = join->list;
	int			ntaken = join->nlist;
	int			next = 0;
	int			first = first_of_heap(join);

	if (ntaken == 0 && first < 0)
		return NULL;
	if (ntaken == 0 || (first >= 0 && join->inputs[first].time < list_time(join)))
	{
		row->time = join->inputs[first].time;
		ntaken = 0;
	}
	else
	{
		row->time = list_time(join);
		join->list = join->taken;
		join->taken = taken;
		join->nlist = 0;
	}

	/* a stream that waits with this time again does so in the list, never in the heap */
	row->n = 0;
	for (;;)
	{
		int			input;

		first = first_of_heap(join);
		if (first >= 0 && join->inputs[first].time == row->time &&
			(next == ntaken || first < taken[next]))
			input = DatumGetInt32(binaryheap_remove_first(join->heap));
		else if (next < ntaken)
			input = taken[next++];
		else
			break;
		row->input[row->n] = input;
		row->value[row->n++] = join->inputs[input].value;
		take_point(join, input);
	}
	return row;
}

/*
 * Adds what has been read so far to *leaves and *points.
 */
void
BtrJoinCount(const BtrJoin *join, int64 *leaves, int64 *points)
{
	for (int i = 0; i < join->ninputs; i++)
	{
		*leaves += BtrViewScanLeaves(join->inputs[i].points);
		*points -= join->inputs[i].run.left;
	}
	*points += join->npoints;
}
