/*
 * buckets.c
 *		Summarises the points of a stream by buckets of time, of which only a test
 *		is known that tells whether two times are in the same one.
 *
 * The first two edges between buckets are searched for, and all others are
 * expected at the same distance: windows of that width are read.  Each window with
 * points is tested at both ends.  If they are in different buckets, because widths
 * vary or roundings move edges, the window is divided where the buckets are.  So
 * the result is exact whatever the widths are; equal widths make it fast.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "plan/buckets.h"
#include "types/stat.h"

/* Steps of a search do not become longer: lengths of ranges fit into 63 bits. */
#define MAX_STEP	(INT64CONST(1) << 61)

struct BtrBuckets
{
	/* Info */
	const BtrView *view;
	BtrSameBucket same;
	void	   *arg;
	int64		end;			/* after the last point */
	int64		edge;			/* the first one; end if there is none */
	int64		width;			/* of what follows it */

	/* Windows that are being read */
	int64		from;			/* what comes after them */
	BtrViewWindows *windows;	/* NULL: none */
	int64		window_start;
	int64		window_width;

	/* What is left of a window that is divided */
	int64		divided;
	int64		divided_end;

	/* A piece that was not handed out yet */
	bool		pending;
	BtrBucket	piece;

	/* Memory */
	MemoryContext window_context;
	MemoryContext scratch;

	BtrReadCounts counts;		/* of readers that are gone */
};

/*
 * Returns the first time in [from, end) that is in another bucket than from, or end.
 */
static int64
next_edge(const BtrBuckets *b, int64 from, int64 end)
{
	int64		low = from;
	int64		high;
	int64		step = 1;

	if (b->same(from, end - 1, b->arg))
		return end;
	for (;;)
	{
		high = end - 1 - low > step ? low + step : end - 1;
		if (!b->same(from, high, b->arg))
			break;
		low = high;
		if (step < MAX_STEP)
			step *= 2;
	}
	while (high - low > 1)
	{
		int64		middle = low + (high - low) / 2;

		if (b->same(from, middle, b->arg))
			low = middle;
		else
			high = middle;
	}
	return high;
}

/*
 * Starts to summarise the points in [start, end).  Memory is of the current context.
 */
BtrBuckets *
BtrBucketsBegin(const BtrView *view, int64 start, int64 end, BtrSameBucket same, void *arg)
{
	BtrBuckets *b = palloc0(sizeof(BtrBuckets));
	BtrPoint	first;
	BtrPoint	last;

	b->view = view;
	b->same = same;
	b->arg = arg;
	b->window_context = AllocSetContextCreate(CurrentMemoryContext, "btrdb buckets",
											  ALLOCSET_DEFAULT_SIZES);
	b->scratch = AllocSetContextCreate(CurrentMemoryContext, "btrdb part of a bucket",
									   ALLOCSET_DEFAULT_SIZES);

	if (start >= end || !BtrViewNearest(view, start, false, &first) || first.time >= end ||
		!BtrViewNearest(view, end, true, &last))
		return b;

	b->from = first.time;
	b->end = last.time + 1;
	b->edge = next_edge(b, b->from, b->end);
	if (b->edge < b->end)
		b->width = next_edge(b, b->edge, b->end) - b->edge;
	return b;
}

/*
 * Starts to read the windows that come next; false if there are none: those between
 * edges, and what lies before and after them.
 */
static bool
next_windows(BtrBuckets *b)
{
	MemoryContext old;
	int64		n = 1;

	if (b->from >= b->end)
		return false;
	b->window_start = b->from;
	if (b->from < b->edge)
		b->window_width = b->edge - b->from;
	else if (b->end - b->from < b->width)
		b->window_width = b->end - b->from;
	else
	{
		b->window_width = b->width;
		n = (b->end - b->from) / b->width;
	}
	b->from += n * b->window_width;

	old = MemoryContextSwitchTo(b->window_context);
	b->windows = BtrViewWindowsBegin(b->view, b->window_start, b->window_width, n, 0);
	MemoryContextSwitchTo(old);
	return true;
}

/*
 * Summarises the points in [start, end).
 */
static bool
range_stat(BtrBuckets *b, int64 start, int64 end, BtrStat *stat)
{
	MemoryContext old = MemoryContextSwitchTo(b->scratch);
	BtrViewWindows *windows;
	uint64		index;
	bool		found;

	windows = BtrViewWindowsBegin(b->view, start, end - start, 1, 0);
	found = BtrViewWindowsNext(windows, &index, stat);
	BtrViewWindowsCount(windows, &b->counts);
	MemoryContextSwitchTo(old);
	MemoryContextReset(b->scratch);
	return found;
}

/*
 * Gives the next piece that has points: a window or a part of one, in one bucket.
 */
static bool
next_piece(BtrBuckets *b, BtrBucket *piece)
{
	for (;;)
	{
		uint64		index;

		CHECK_FOR_INTERRUPTS();
		if (b->divided < b->divided_end)
		{
			piece->start = b->divided;
			piece->end = next_edge(b, b->divided, b->divided_end);
			b->divided = piece->end;
			if (range_stat(b, piece->start, piece->end, &piece->stat))
				return true;
		}
		else if (b->windows == NULL)
		{
			if (!next_windows(b))
				return false;
		}
		else if (BtrViewWindowsNext(b->windows, &index, &piece->stat))
		{
			piece->start = b->window_start + (int64) index * b->window_width;
			piece->end = piece->start + b->window_width;
			if (b->same(piece->start, piece->end - 1, b->arg))
				return true;
			b->divided = piece->start;
			b->divided_end = piece->end;
		}
		else
		{
			BtrViewWindowsCount(b->windows, &b->counts);
			b->windows = NULL;
			MemoryContextReset(b->window_context);
		}
	}
}

/*
 * Gives the next bucket that has points: the pieces that are in it, taken together.
 */
bool
BtrBucketsNext(BtrBuckets *b, BtrBucket *bucket)
{
	if (!b->pending && !next_piece(b, &b->piece))
		return false;

	*bucket = b->piece;
	while ((b->pending = next_piece(b, &b->piece)) &&
		   b->same(bucket->start, b->piece.start, b->arg))
	{
		BtrStatMerge(&bucket->stat, &b->piece.stat);
		bucket->end = b->piece.end;
	}
	return true;
}

/*
 * Adds what has been read so far.
 */
void
BtrBucketsCount(const BtrBuckets *b, BtrReadCounts *counts)
{
	counts->nodes += b->counts.nodes;
	counts->leaves += b->counts.leaves;
	if (b->windows != NULL)
		BtrViewWindowsCount(b->windows, counts);
}
