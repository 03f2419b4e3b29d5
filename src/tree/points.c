/*
 * points.c
 *		Sorted points in memory.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "tree/points.h"

/*
 * Searches the points from index from on for the first that is not before time:
 * in steps that double, then by bisection.
 */
int64
BtrPointsSearch(const BtrPoints *points, int64 from, int64 time)
{
	int64		low = from;
	int64		high = from;	/* all before low are before time */
	int64		step = 1;

	while (high < points->n && points->time[high] < time)
	{
		low = high + 1;
		high = low + step;
		step *= 2;
	}
	high = Min(high, points->n);
	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (points->time[middle] < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * Makes room for n more points.
 */
void
BtrPointArrayReserve(BtrPointArray *array, int64 n)
{
	int64		size = Max(array->size, 1024);

	if (n <= array->size - array->n)
		return;
	while (size - array->n < n)
		size *= 2;
	if (array->time == NULL)
	{
		array->time = MemoryContextAllocHuge(CurrentMemoryContext, size * sizeof(int64));
		array->value = MemoryContextAllocHuge(CurrentMemoryContext, size * sizeof(double));
	}
	else
	{
		array->time = repalloc_huge(array->time, size * sizeof(int64));
		array->value = repalloc_huge(array->value, size * sizeof(double));
	}
	array->size = size;
}

/*
 * Appends what points holds.
 */
void
BtrPointArrayAppend(BtrPointArray *array, const BtrPoints *points)
{
	if (points->n == 0)
		return;
	BtrPointArrayReserve(array, points->n);
	memcpy(array->time + array->n, points->time, points->n * sizeof(int64));
	memcpy(array->value + array->n, points->value, points->n * sizeof(double));
	array->n += points->n;
}

/*
 * Appends the merge of two sorted sequences; see points.h.
 */
void
BtrPointArrayMerge(BtrPointArray *array, const BtrPoints *a, const BtrPoints *b, bool replace)
{
	int64		i = 0;
	int64		j = 0;
	BtrPoints	rest;

	BtrPointArrayReserve(array, a->n + b->n);
	while (i < a->n && j < b->n)
	{
		bool		from_a = a->time[i] <= b->time[j];

		if ((array->n & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (replace && a->time[i] == b->time[j])
		{
			i++;
			continue;
		}
		array->time[array->n] = from_a ? a->time[i] : b->time[j];
		array->value[array->n++] = from_a ? a->value[i++] : b->value[j++];
	}
	rest = BtrPointsSlice(a, i, a->n);
	BtrPointArrayAppend(array, &rest);
	rest = BtrPointsSlice(b, j, b->n);
	BtrPointArrayAppend(array, &rest);
}

/*
 * Frees the points.
 */
void
BtrPointArrayFree(BtrPointArray *array)
{
	if (array->time != NULL)
	{
		pfree(array->time);
		pfree(array->value);
	}
	memset(array, 0, sizeof(*array));
}
