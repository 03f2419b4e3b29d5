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

#include "stream/share.h"

struct BtrTableScan
{
	/* Info */
	Relation	rel;
	Snapshot	snapshot;
	BtrScanChoice choice;
	BtrScanShare *share;

	/* The current piece; part and bounds of the stream's range */
	BtrScanPiece piece;
	int64		bounds[BTR_SCAN_PARTS + 1];
	bool		visible;		/* the stream is, and view is open */
	BtrView		view;
	BtrViewScan *points;		/* NULL between pieces */
	int64		nleaves;		/* of points, that have been counted */

	/* Memory */
	MemoryContext stream_context;	/* reset with each stream */
	MemoryContext piece_context;	/* reset with each piece */
};

/*
 * Starts a scan of the points that snapshot sees of what is chosen; an array of
 * streams must stay in place.  The scan lives in the current memory context and
 * holds no pin or lock between calls.
 */
BtrTableScan *
BtrTableScanBegin(Relation rel, Snapshot snapshot, const BtrScanChoice *choice,
				  BtrScanShare *share)
{
	BtrTableScan *scan = palloc0(sizeof(BtrTableScan));

	scan->rel = rel;
	scan->snapshot = snapshot;
	scan->choice = *choice;
	scan->choice.start = Max(choice->start, BTR_TIME_MIN);
	scan->choice.end = Min(choice->end, BTR_TIME_MAX);
	if (share == NULL)
	{
		share = palloc(BtrScanShareSize());
		BtrScanShareInit(share, false);
	}
	scan->share = share;
	scan->stream_context = AllocSetContextCreate(CurrentMemoryContext,
												 "btrdb scan of a stream",
												 ALLOCSET_DEFAULT_SIZES);
	scan->piece_context = AllocSetContextCreate(CurrentMemoryContext,
												"btrdb scan of a piece",
												ALLOCSET_DEFAULT_SIZES);
	return scan;
}

/*
 * Ends a scan and frees its memory.
 */
void
BtrTableScanEnd(BtrTableScan *scan)
{
	MemoryContextDelete(scan->piece_context);
	MemoryContextDelete(scan->stream_context);
	pfree(scan);
}

/*
 * Opens the stream of the current piece, if it exists and the user may see it, as the
 * active snapshot sees it.
 */
static void
open_stream(BtrTableScan *scan)
{
	MemoryContext old;

	MemoryContextReset(scan->stream_context);
	old = MemoryContextSwitchTo(scan->stream_context);

	/* the list of all streams has none but visible ones */
	scan->visible = scan->choice.streams == NULL ||
		BtrStreamIsVisible(&scan->piece.stream);
	if (scan->visible)
	{
		BtrViewOpen(scan->rel, &scan->piece.stream, BTR_VERSION_LATEST, &scan->view);
		BtrTreeSplit(&scan->view.tree, scan->choice.start, scan->choice.end,
					 scan->piece.parts, scan->bounds);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Opens the next piece; false if there is none.  What is read of a stream's rows is read
 * now with the scan's snapshot, its nodes later without one: a snapshot that is in
 * use protects them.
 */
static bool
open_next_piece(BtrTableScan *scan)
{
	bool		found;

	MemoryContextReset(scan->piece_context);
	PushActiveSnapshot(scan->snapshot);
	do
	{
		pg_uuid_t	before = scan->piece.stream;
		bool		first = scan->piece.parts == 0;
		MemoryContext old = MemoryContextSwitchTo(scan->piece_context);

		found = BtrScanShareNext(scan->share, &scan->choice, &scan->piece);
		MemoryContextSwitchTo(old);
		if (found && (first || memcmp(&before, &scan->piece.stream, UUID_LEN) != 0))
			open_stream(scan);
	} while (found && !scan->visible);
	PopActiveSnapshot();

	if (found)
	{
		int64	   *bounds = &scan->bounds[scan->piece.part];
		BtrScanCounts counts = {0};

		counts.streams = scan->piece.part == 0 ? 1 : 0;
		counts.parts = bounds[0] < bounds[1] ? 1 : 0;
		BtrScanShareAdd(scan->share, &counts);
	}
	return found;
}

/*
 * Opens the next stream; false if there is none.
 */
bool
BtrTableScanNextView(BtrTableScan *scan, const pg_uuid_t **stream, const BtrView **view)
{
	CHECK_FOR_INTERRUPTS();
	if (scan->choice.start >= scan->choice.end || !open_next_piece(scan))
		return false;
	Assert(scan->piece.parts == 1);
	*stream = &scan->piece.stream;
	*view = &scan->view;
	return true;
}

/*
 * Starts to read the points of the current piece.
 */
static void
begin_points(BtrTableScan *scan)
{
	MemoryContext old = MemoryContextSwitchTo(scan->piece_context);
	int64	   *bounds = &scan->bounds[scan->piece.part];

	scan->points = BtrViewScanBegin(&scan->view, bounds[0], bounds[1],
									scan->choice.time_backward);
	BtrViewScanLimitValues(scan->points, scan->choice.low, scan->choice.high);
	scan->nleaves = 0;
	MemoryContextSwitchTo(old);
}

/*
 * Returns the next points and their stream, valid until the next call; false at the
 * end.
 */
bool
BtrTableScanNext(BtrTableScan *scan, const pg_uuid_t **stream, BtrRun *run)
{
	if (scan->choice.start >= scan->choice.end || scan->choice.low > scan->choice.high)
		return false;
	for (;;)
	{
		MemoryContext old;
		BtrScanCounts counts = {0};
		bool		found;

		CHECK_FOR_INTERRUPTS();
		if (scan->points == NULL)
		{
			if (!open_next_piece(scan))
				return false;
			begin_points(scan);
		}

		old = MemoryContextSwitchTo(scan->piece_context);
		found = BtrViewScanNextRun(scan->points, run);
		MemoryContextSwitchTo(old);

		counts.leaves = BtrViewScanLeaves(scan->points) - scan->nleaves;
		counts.rows = found ? run->left : 0;
		BtrScanShareAdd(scan->share, &counts);
		scan->nleaves += counts.leaves;
		if (found)
		{
			*stream = &scan->piece.stream;
			return true;
		}
		scan->points = NULL;
	}
}

/*
 * Tells how much has been read, by all processes that share the scan.
 */
void
BtrTableScanCounts(const BtrTableScan *scan, BtrScanCounts *counts)
{
	BtrScanShareCounts(scan->share, counts);
}
