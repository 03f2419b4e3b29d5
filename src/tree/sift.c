/*
 * sift.c
 *		Leaves out of new points what a merge policy does not store.
 *
 * New points are compared with each other first and then with those that the tree has at
 * their times: only the leaves that hold these times are read.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "tree/walk.h"

/* New points, sorted, and which of them are left out. */
typedef struct Sift
{
	BtrMerge	merge;
	int64	   *time;
	double	   *value;
	int64		n;
	bool	   *drop;

	/* BTR_MERGE_REPLACE: what the tree has at the time of the point at hand */
	int64		found;
} Sift;

/* A new point among those of its time. */
typedef struct Ranked
{
	double		value;
	int64		index;
} Ranked;

/*
 * Orders by value, equal ones as they came.
 */
static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a;
	const Ranked *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/*
 * Returns the points [from, to) by value; palloc'd.
 */
static Ranked *
rank_points(const Sift *sift, int64 from, int64 to)
{
	Ranked	   *rank = MemoryContextAllocHuge(CurrentMemoryContext, (to - from) * sizeof(Ranked));

	for (int64 i = from; i < to; i++)
		rank[i - from] = (Ranked) {sift->value[i], i};
	qsort(rank, to - from, sizeof(Ranked), compare_ranked);
	return rank;
}

/*
 * Returns the end of the points that have the time of point i.
 */
static int64
end_of_time(const Sift *sift, int64 i)
{
	int64		time = sift->time[i];

	while (i < sift->n && sift->time[i] == time)
		i++;
	return i;
}

/*
 * Leaves out those of the new points [from, to), all of one time, that others of them
 * stand for.
 */
static void
sift_new(Sift *sift, int64 from, int64 to)
{
	Ranked	   *rank;

	switch (sift->merge)
	{
		case BTR_MERGE_NEVER:
			break;
		case BTR_MERGE_EQUAL:
			rank = rank_points(sift, from, to);
			for (int64 i = 1; i < to - from; i++)
				sift->drop[rank[i].index] = rank[i].value == rank[i - 1].value;
			pfree(rank);
			break;
		case BTR_MERGE_RETAIN:
			memset(sift->drop + from + 1, true, to - from - 1);
			break;
		case BTR_MERGE_REPLACE:
			memset(sift->drop + from, true, to - from - 1);
			break;
	}
}

/*
 * Leaves out those of the new points [from, to) that have one of n values that the tree has
 * at their time.
 */
static void
drop_equal(Sift *sift, int64 from, int64 to, const double *value, int64 n)
{
	Ranked	   *rank = rank_points(sift, from, to);

	for (int64 i = 0; i < n; i++)
	{
		int64		low = 0;
		int64		high = to - from;

		while (low < high)
		{
			int64		middle = low + (high - low) / 2;

			if (rank[middle].value < value[i])
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < to - from && rank[low].value == value[i]; low++)
			sift->drop[rank[low].index] = true;
	}
	pfree(rank);
}

/*
 * Compares the new points [from, to), all of one time, with n values that the tree has at this
 * time; there may be more, which come with the next call.
 */
static void
sift_old(Sift *sift, int64 from, int64 to, const double *value, int64 n)
{
	switch (sift->merge)
	{
		case BTR_MERGE_NEVER:
			break;
		case BTR_MERGE_EQUAL:
			drop_equal(sift, from, to, value, n);
			break;
		case BTR_MERGE_RETAIN:
			memset(sift->drop + from, true, to - from);
			break;
		case BTR_MERGE_REPLACE:
			/* the last one replaces nothing if the tree has it, and only it, to the bit */
			sift->found += n;
			sift->drop[to - 1] = sift->found == 1 &&
				memcmp(value, &sift->value[to - 1], sizeof(double)) == 0;
			break;
	}
}

/*
 * Compares the new points with those of the tree.
 */
static void
sift_all_old(Sift *sift, const BtrTree *tree)
{
	BtrWalk		walk;
	BtrPoints	leaf;
	int64		from = 0;
	int64		end = sift->time[sift->n - 1] + 1;

	BtrWalkInit(&walk, tree);
	/* nobody knows whether a trimmed window has such a point */
	walk.skip_trimmed = false;
	/* a start that grows makes the walk pass over what lies before it */
	while (from < sift->n && BtrWalkNextLeaf(&walk, sift->time[from], end, false, &leaf))
	{
		int64		at = 0;

		while (from < sift->n)
		{
			int64		to = end_of_time(sift, from);
			int64		after;

			at = BtrPointsSearch(&leaf, at, sift->time[from]);
			after = BtrPointsSearch(&leaf, at, sift->time[from] + 1);
			if (after > at)
				sift_old(sift, from, to, leaf.value + at, after - at);
			/* the next leaf may have this time, too */
			if (after == leaf.n)
				break;
			from = to;
			sift->found = 0;
		}
	}
}

/*
 * Leaves out points that the policy does not store; see tree.h.
 */
int64
BtrTreeSift(const BtrTree *tree, BtrMerge merge, int64 *time, double *value, int64 n)
{
	Sift		sift = {.merge = merge, .time = time, .value = value, .n = n};
	MemoryContext context;
	MemoryContext old;
	int64		kept = 0;
	int64		to;

	if (n == 0)
		return 0;
	context = AllocSetContextCreate(CurrentMemoryContext, "btrdb merge policy",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	sift.drop = MemoryContextAllocExtended(context, n * sizeof(bool),
										   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int64 i = 0; i < n; i = to)
	{
		CHECK_FOR_INTERRUPTS();
		to = end_of_time(&sift, i);
		if (to - i > 1)
			sift_new(&sift, i, to);
	}
	if (!BtrRootIsEmpty(&tree->root))
		sift_all_old(&sift, tree);

	for (int64 i = 0; i < n; i++)
	{
		if (sift.drop[i])
			continue;
		time[kept] = time[i];
		value[kept++] = value[i];
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return kept;
}
