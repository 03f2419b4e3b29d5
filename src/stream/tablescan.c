/*
 * tablescan.c
 *		Reads the points of many streams, as rows of one table.
 *
 * Streams come in uuid order, the points of each by time, as the latest
 * version and the write buffer have them.  Streams that do not exist, or that row-level
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
	const pg_uuid_t *given;		/* the streams to read, or NULL for all */
	int			ngiven;
	int64		start;
	int64		end;

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
 * Starts a scan of the points in [start, end) that snapshot sees of the given
 * streams, which must be sorted and stay in place, or of all (NULL).  The scan lives in
 * the current memory context and holds no pin or lock between calls.
 */
BtrTableScan *
BtrTableScanBegin(Relation rel, Snapshot snapshot, const pg_uuid_t *streams,
				  int nstreams, int64 start, int64 end)
{
	BtrTableScan *scan = palloc0(sizeof(BtrTableScan));

	scan->rel = rel;
	scan->snapshot = snapshot;
	scan->given = streams;
	scan->ngiven = nstreams;
	scan->start = Max(start, BTR_TIME_MIN);
	scan->end = Min(end, BTR_TIME_MAX);
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
 * Makes *uuid the one after it; false if it is the last.
 */
static bool
next_uuid(pg_uuid_t *uuid)
{
	for (int i = UUID_LEN - 1; i >= 0; i--)
	{
		if (++uuid->data[i] != 0)
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
	if (scan->given != NULL)
	{
		while (scan->next_given < scan->ngiven)
		{
			CHECK_FOR_INTERRUPTS();
			scan->stream = scan->given[scan->next_given++];
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
		scan->nfound = BtrVisibleStreams(&scan->from, scan->found, STREAMS_PER_LOOKUP);
		if (scan->nfound < STREAMS_PER_LOOKUP)
			scan->all_found = true;
		else
		{
			scan->from = scan->found[scan->nfound - 1];
			scan->all_found = !next_uuid(&scan->from);
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
		scan->points = BtrViewScanBegin(&scan->view, scan->start, scan->end);
		scan->nstreams++;
	}
	PopActiveSnapshot();
	MemoryContextSwitchTo(old);
	return found;
}

/*
 * Returns the next point and, until the next call, its stream; false at the end.
 */
bool
BtrTableScanNext(BtrTableScan *scan, const pg_uuid_t **stream, BtrPoint *point)
{
	if (scan->start >= scan->end)
		return false;
	for (;;)
	{
		MemoryContext old;
		bool		found;

		if (scan->points == NULL && !open_next_stream(scan))
			return false;

		old = MemoryContextSwitchTo(scan->context);
		found = BtrViewScanNext(scan->points, point);
		MemoryContextSwitchTo(old);
		if (found)
		{
			scan->nrows++;
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
