/*
 * points.c
 *		Sorted arrays of points in memory.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "tree/build.h"

/*
 * Returns the number of points with time < t.
 */
int64
BtrPointsBefore(const BtrPoints *points, int64 t)
{
	int64		lo = 0;
	int64		hi = points->n;

	while (lo < hi)
	{
		int64		mid = lo + (hi - lo) / 2;

		if (points->time[mid] < t)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/*
 * Makes room for n more points; arrays may be larger than 1 GB.
 */
static void
region_reserve(BtrRegion *region, int64 n)
{
	int64		size = Max(region->size, 1024);

	if (region->n + n <= region->size)
		return;
	while (size < region->n + n)
		size *= 2;
	if (region->size == 0)
	{
		region->time = MemoryContextAllocHuge(CurrentMemoryContext, size * sizeof(int64));
		region->value = MemoryContextAllocHuge(CurrentMemoryContext, size * sizeof(double));
	}
	else
	{
		region->time = repalloc_huge(region->time, size * sizeof(int64));
		region->value = repalloc_huge(region->value, size * sizeof(double));
	}
	region->size = size;
}

/*
 * Appends the merge of two sorted sequences to the region; of equal times those
 * of *a come first.
 */
void
BtrRegionAdd(BtrRegion *region, const BtrPoints *a, const BtrPoints *b)
{
	int64		i = 0;
	int64		j = 0;
	int64		n = region->n;

	region_reserve(region, a->n + b->n);
	while (i < a->n && j < b->n)
	{
		if ((n & 0xFFFF) == 0)
			CHECK_FOR_INTERRUPTS();
		if (a->time[i] <= b->time[j])
		{
			region->time[n] = a->time[i];
			region->value[n++] = a->value[i++];
		}
		else
		{
			region->time[n] = b->time[j];
			region->value[n++] = b->value[j++];
		}
	}
	if (i < a->n)
	{
		memcpy(region->time + n, a->time + i, (a->n - i) * sizeof(int64));
		memcpy(region->value + n, a->value + i, (a->n - i) * sizeof(double));
		n += a->n - i;
	}
	if (j < b->n)
	{
		memcpy(region->time + n, b->time + j, (b->n - j) * sizeof(int64));
		memcpy(region->value + n, b->value + j, (b->n - j) * sizeof(double));
		n += b->n - j;
	}
	region->n = n;
}

/*
 * Frees the region's points.
 */
void
BtrRegionFree(BtrRegion *region)
{
	if (region->size > 0)
	{
		pfree(region->time);
		pfree(region->value);
	}
	memset(region, 0, sizeof(*region));
}

/*
 * Decodes a leaf that was read, into palloc'd arrays.
 */
BtrPoints
BtrLeafPoints(BtrBuild *b, const BtrNode *node, const ItemPointerData *tid)
{
	int64	   *time = palloc(node->h.nitems * sizeof(int64));
	double	   *value = palloc(node->h.nitems * sizeof(double));
	BtrPoints	points = {time, value, node->h.nitems};

	BtrNodeDecodeLeaf(b->writer->rel, node, tid, time, value);
	return points;
}

/*
 * Frees what BtrLeafPoints() returned.
 */
void
BtrPointsFree(BtrPoints *points)
{
	pfree(unconstify(int64 *, points->time));
	pfree(unconstify(double *, points->value));
}
