/*
 * sort.c
 *		Arrays of points: stable sorting by time, searching.
 *
 * Measurements mostly come in order, or as a few interleaved pieces in
 * order, so this is a natural merge sort: it finds the ascending runs that are
 * there and merges neighbours.  Sorted input costs one comparison per point
 * and no memory.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "stream/buffer.h"

/* Runs shorter than this are made longer by insertion before anything is merged. */
#define MIN_RUN		16

/* Both arrays of one side of a merge. */
typedef struct Side
{
	int64	   *time;
	double	   *value;
} Side;

/*
 * Reverses points [from, to).
 */
static void
reverse(Side *side, int64 from, int64 to)
{
	for (to--; from < to; from++, to--)
	{
		int64		time = side->time[from];
		double		value = side->value[from];

		side->time[from] = side->time[to];
		side->value[from] = side->value[to];
		side->time[to] = time;
		side->value[to] = value;
	}
}

/*
 * Inserts points [sorted, to) into the sorted points [from, sorted).
 */
static void
insertion_sort(Side *side, int64 from, int64 sorted, int64 to)
{
	for (; sorted < to; sorted++)
	{
		int64		time = side->time[sorted];
		double		value = side->value[sorted];
		int64		i;

		for (i = sorted; i > from && side->time[i - 1] > time; i--)
		{
			side->time[i] = side->time[i - 1];
			side->value[i] = side->value[i - 1];
		}
		side->time[i] = time;
		side->value[i] = value;
	}
}

/*
 * Returns the end of the run that starts at from: ascending as found, or
 * strictly descending and turned round (strictly, so that equal times keep their
 * order).
 */
static int64
find_run(Side *side, int64 from, int64 n)
{
	const int64 *time = side->time;
	int64		to = from + 1;

	if (to < n && time[to] < time[from])
	{
		while (to < n && time[to] < time[to - 1])
			to++;
		reverse(side, from, to);
	}
	while (to < n && time[to] >= time[to - 1])
		to++;
	return to;
}

/*
 * Merges the sorted points [from, middle) and [middle, to) of one side into the
 * same places of the other; of equal times the first part's come first.
 */
static void
merge_runs(const Side *src, Side *dst, int64 from, int64 middle, int64 to)
{
	int64		a = from;
	int64		b = middle;
	int64		i = from;

	while (a < middle && b < to)
	{
		int64		next = src->time[b] < src->time[a] ? b++ : a++;

		dst->time[i] = src->time[next];
		dst->value[i] = src->value[next];
		i++;
	}
	if (a == middle)
		a = b;
	memcpy(dst->time + i, src->time + a, (to - i) * sizeof(int64));
	memcpy(dst->value + i, src->value + a, (to - i) * sizeof(double));
}

/*
 * Sorts n points by time; points of equal time keep their order.  Uses memory
 * for a second copy unless the points are already sorted.
 */
void
BtrSortPoints(int64 *time, double *value, int64 n)
{
	Side		here = {time, value};
	Side		there;
	Side	   *src = &here;
	Side	   *dst = &there;
	int64	   *bound;			/* where runs start, and n */
	int64		nruns = 0;
	int64		end;

	if (n < 2)
		return;
	end = find_run(&here, 0, n);
	if (end == n)
		return;

	bound = MemoryContextAllocHuge(CurrentMemoryContext,
								   (n / MIN_RUN + 3) * sizeof(int64));
	for (int64 start = 0; start < n; start = end)
	{
		CHECK_FOR_INTERRUPTS();
		if (start > 0)
			end = find_run(&here, start, n);
		if (end - start < MIN_RUN)
		{
			int64		to = Min(start + MIN_RUN, n);

			insertion_sort(&here, start, end, to);
			end = to;
		}
		bound[nruns++] = start;
	}
	bound[nruns] = n;

	there.time = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(int64));
	there.value = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(double));

	/* Each pass merges pairs of neighbouring runs and halves their number. */
	while (nruns > 1)
	{
		Side	   *swap;
		int64		merged = 0;

		for (int64 i = 0; i < nruns; i += 2)
		{
			int64		middle = bound[i + 1];
			int64		to = i + 2 <= nruns ? bound[i + 2] : middle;

			CHECK_FOR_INTERRUPTS();
			merge_runs(src, dst, bound[i], middle, to);
			bound[merged++] = bound[i];
		}
		bound[merged] = n;
		nruns = merged;

		swap = src;
		src = dst;
		dst = swap;
	}

	if (src != &here)
	{
		memcpy(time, there.time, n * sizeof(int64));
		memcpy(value, there.value, n * sizeof(double));
	}
	pfree(there.time);
	pfree(there.value);
	pfree(bound);
}
