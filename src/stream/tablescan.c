/*
 * tablescan.c
 *		Reads the points of many streams, as rows of one table.
 *
 * Streams come in uuid order or against it, the points of each by time, forward or
 * backward, as the latest version and the write buffer have them.  Streams that do not exist, or that row-level
 * security hides, have no rows.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "stream/stream.h"

/* Streams that are looked up at a time. */
#define STREAMS_PER_LOOKUP	64

struct BtrTableScan
{
	/* Info */
	Relation	rel;
	Snapshot	snapshot;
	BtrScanChoice choice;

	/* Streams: given ones by number, all by what was looked up last */
	int			next_given;
	pg_uuid_t	found[STREAMS_PER_LOOKUP];
	int			nfound;
	int			next_found;
	pg_uuid_t	from;			/* first uuid not looked up */
	bool		all_found;

	/* The current stream */
	pg_uuid_t	stream;
	BtrView		view;
	BtrViewScan *points;		/* NULL between streams */
	MemoryContext context;		/* reset with each stream */

	/* Counts */
	int64		nstreams;
	int64		nleaves;
	int64		nrows;
};

/*
 * Starts a scan of the points that snapshot sees of what is chosen; an array of
 * streams must stay in place.  The scan lives in the current memory context and
 * holds no pin or lock between calls.
 */
BtrTableScan *
BtrTableScanBegin(Relation rel, Snapshot snapshot, const BtrScanChoice *choice)
{
	BtrTableScan *scan = palloc0(sizeof(BtrTableScan));

	scan->rel = rel;
	scan->snapshot = snapshot;
	scan->choice = *choice;
	scan->choice.start = Max(choice->start, BTR_TIME_MIN);
	scan->choice.end = Min(choice->end, BTR_TIME_MAX);
	if (choice->streams_backward)
		memset(&scan->from, 0xFF, sizeof(scan->from));
	scan->context = AllocSetContextCreate(CurrentMemoryContext, "btrdb scan of a stream",
										  ALLOCSET_DEFAULT_SIZES);
	return scan;
}

/*
 * Ends a scan and frees it.
 */
void
BtrTableScanEnd(BtrTableScan *scan)
{
	MemoryContextDelete(scan->context);
	pfree(scan);
}

/*
 * Makes *uuid the one after it or, backward, before it; false if there is none.
 */
static bool
next_uuid(pg_uuid_t *uuid, bool backward)
{
	for (int i = UUID_LEN - 1; i >= 0; i--)
	{
		if (backward ? uuid->data[i]-- != 0 : ++uuid->data[i] != 0)
			return true;
	}
	return false;
}

/*
 * Finds the next stream to read; false if there is none.
 */
static bool
next_stream(BtrTableScan *scan)
{
	bool		backward = scan->choice.streams_backward;

	if (scan->choice.streams != NULL)
	{
		while (scan->next_given < scan->choice.nstreams)
		{
			int			i = scan->next_given++;

			CHECK_FOR_INTERRUPTS();
			scan->stream = scan->choice.streams[backward ? scan->choice.nstreams - 1 - i : i];
			if (BtrStreamIsVisible(&scan->stream))
				return true;
		}
		return false;
	}

	if (scan->next_found >= scan->nfound)
	{
		scan->next_found = scan->nfound = 0;
		if (scan->all_found)
			return false;
		scan->nfound = BtrVisibleStreams(&scan->from, backward, scan->found,
										 STREAMS_PER_LOOKUP);
		if (scan->nfound < STREAMS_PER_LOOKUP)
			scan->all_found = true;
		else
		{
			scan->from = scan->found[scan->nfound - 1];
			scan->all_found = !next_uuid(&scan->from, backward);
		}
		if (scan->nfound == 0)
			return false;
	}
	scan->stream = scan->found[scan->next_found++];
	return true;
}

/*
 * Opens the next stream; false if there is none.  What is read of it now is read
 * with the scan's snapshot, its nodes later without one: a snapshot that is in
 * use protects them.
 */
static bool
open_next_stream(BtrTableScan *scan)
{
	MemoryContext old;
	bool		found;

	CHECK_FOR_INTERRUPTS();
	MemoryContextReset(scan->context);
	old = MemoryContextSwitchTo(scan->context);
	PushActiveSnapshot(scan->snapshot);
	found = next_stream(scan);
	if (found)
	{
		BtrViewOpen(scan->rel, &scan->stream, BTR_VERSION_LATEST, &scan->view);
		scan->points = BtrViewScanBegin(&scan->view, scan->choice.start, scan->choice.end,
										scan->choice.time_backward);
		scan->nstreams++;
	}
	PopActiveSnapshot();
	MemoryContextSwitchTo(old);
	return found;
}

/*
 * Returns the next points and their stream, valid until the next call; false at the
 * end.
 */
bool
BtrTableScanNext(BtrTableScan *scan, const pg_uuid_t **stream, BtrRun *run)
{
	if (scan->choice.start >= scan->choice.end)
		return false;
	for (;;)
	{
		MemoryContext old;
		bool		found;

		if (scan->points == NULL && !open_next_stream(scan))
			return false;

		old = MemoryContextSwitchTo(scan->context);
		found = BtrViewScanNextRun(scan->points, run);
		MemoryContextSwitchTo(old);
		if (found)
		{
			scan->nrows += run->left;
			*stream = &scan->stream;
			return true;
		}
		scan->nleaves += BtrViewScanLeaves(scan->points);
		scan->points = NULL;
	}
}

/*
 * Tells how much has been read.
 */
void
BtrTableScanCounts(const BtrTableScan *scan, BtrScanCounts *counts)
{
	counts->streams = scan->nstreams;
	counts->leaves = scan->nleaves;
	if (scan->points != NULL)
		counts->leaves += BtrViewScanLeaves(scan->points);
	counts->rows = scan->nrows;
}
