/*
 * analyze.c
 *		ANALYZE: how many points there are, and a sample of them.
 *
 * ANALYZE chooses blocks and extrapolates from the rows that it finds there.  The
 * pages hold nodes of all versions, so block k of N stands for something else
 * here: for the points with ordinals [kT/N, (k+1)T/N) of all T points of the latest
 * versions, stream by stream.  Their number is known from the roots of the
 * trees, so the total is true, and the sample costs one descent per point.
 *
 * Points of garbage are dead rows, as they are to VACUUM: else autovacuum would forget
 * what is left to free.
 *
 * While row-level security of btrdb.streams is enabled, no points are sampled: what is
 * kept of a sample could be read by all who may read some points (pg_stats), and the planner
 * would show it in estimates.  What was kept before goes when it is enabled (guard.c).
 */
#include "postgres.h"

#include <math.h>

#include "access/table.h"
#include "access/tableam.h"
#include "common/pg_prng.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "am/am.h"
#include "gc/gc.h"
#include "stream/stream.h"

/* Points in a sample, about; that is what the default statistics target asks for. */
#define SAMPLE_POINTS	30000
StaticAssertDecl(SAMPLE_POINTS <= PG_UINT16_MAX, "numbers of points of a block fit an OffsetNumber");

/* A stream and the number of points up to its end. */
typedef struct StreamPoints
{
	pg_uuid_t	stream;
	int64		end;
} StreamPoints;

/* ANALYZE's scan. */
typedef struct AnalyzeScan
{
	TableScanDescData base;

	/* Info */
	double		nblocks;
	int64		total;			/* points of all streams */
	int64		dead;			/* points that wait to be freed */
	StreamPoints *stream;		/* those that have points, in uuid order */
	int64		nstreams;
	bool		secret;			/* some users must not see some streams */

	/* The current block */
	BlockNumber blkno;
	int64		first;			/* ordinals of its points: [first, end) */
	int64		end;
	int64		wanted;			/* points to be sampled of it */
	int64		sampled;

	/* The stream that was sampled last */
	int64		current;		/* -1: none */
	BtrView		view;
	MemoryContext context;		/* of view */
} AnalyzeScan;

/*
 * Opens the latest version of a stream, to sample it.
 */
static void
open_view(AnalyzeScan *scan, const pg_uuid_t *stream)
{
	MemoryContext oldcontext;

	MemoryContextReset(scan->context);
	oldcontext = MemoryContextSwitchTo(scan->context);
	BtrViewOpen(scan->base.rs_rd, stream, BTR_VERSION_LATEST, &scan->view);
	MemoryContextSwitchTo(oldcontext);
}

/*
 * Lists the streams that have points, with their numbers.
 */
static void
count_points(AnalyzeScan *scan)
{
	int64		room = 256;
	BtrStreams	streams;
	pg_uuid_t	next;

	scan->stream = palloc(room * sizeof(StreamPoints));
	BtrStreamsBegin(&streams, scan->base.rs_rd, GetActiveSnapshot());
	while (BtrStreamsNext(&streams, &next))
	{
		int64		count;

		CHECK_FOR_INTERRUPTS();
		open_view(scan, &next);
		count = scan->view.tree.root.stat.count + scan->view.buffer.n;
		if (count == 0)
			continue;
		if (scan->nstreams == room)
		{
			room *= 2;
			scan->stream = repalloc_huge(scan->stream, room * sizeof(StreamPoints));
		}
		scan->total += count;
		scan->stream[scan->nstreams].stream = next;
		scan->stream[scan->nstreams].end = scan->total;
		scan->nstreams++;
	}
}

/*
 * Says whether row-level security of btrdb.streams is enabled.  It stays so until the end of the
 * transaction: the lock is kept.
 */
static bool
streams_are_secured(void)
{
	Relation	streams = table_open(BtrGetCatalog()->streams, AccessShareLock);
	bool		secured = streams->rd_rel->relrowsecurity;

	table_close(streams, NoLock);
	return secured;
}

/*
 * Begins ANALYZE's scan.
 */
TableScanDesc
BtrAnalyzeBegin(Relation rel, uint32 flags)
{
	AnalyzeScan *scan = palloc0(sizeof(AnalyzeScan));

	RelationIncrementReferenceCount(rel);
	scan->base.rs_rd = rel;
	scan->base.rs_flags = flags;
	scan->nblocks = RelationGetNumberOfBlocks(rel);
	scan->current = -1;
	scan->context = AllocSetContextCreate(CurrentMemoryContext, "btrdb analyze",
										  ALLOCSET_DEFAULT_SIZES);
	scan->secret = streams_are_secured();
	scan->dead = BtrGarbageLeft(rel);
	count_points(scan);
	return &scan->base;
}

/*
 * Ends ANALYZE's scan.
 */
void
BtrAnalyzeEnd(TableScanDesc base)
{
	AnalyzeScan *scan = (AnalyzeScan *) base;

	RelationDecrementReferenceCount(base->rs_rd);
	MemoryContextDelete(scan->context);
	pfree(scan->stream);
	pfree(scan);
}

/*
 * Goes to the block that ANALYZE has chosen.
 */
bool
BtrAnalyzeNextBlock(BTR_ANALYZE_NEXT_BLOCK_ARGS)
{
	AnalyzeScan *state = (AnalyzeScan *) scan;
	double		per_block = Max(ceil(SAMPLE_POINTS / state->nblocks), 1);
	BlockNumber blkno;

	if (!BtrAnalyzeBlock(&blkno))
		return false;
	state->blkno = blkno;
	state->first = Min((int64) (blkno / state->nblocks * state->total), state->total);
	state->end = Min((int64) ((blkno + 1) / state->nblocks * state->total), state->total);
	state->wanted = state->secret ? 0 : Min(state->end - state->first, (int64) per_block);
	state->sampled = 0;
	return true;
}

/*
 * Returns the place in the list of the stream that the point with this ordinal is of.
 */
static int64
find_stream(const AnalyzeScan *scan, int64 ordinal)
{
	int64		low = 0;
	int64		high = scan->nstreams - 1;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (scan->stream[middle].end > ordinal)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * Stores the point with this ordinal in the slot; returns false if it was trimmed.
 */
static bool
store_point(AnalyzeScan *scan, int64 ordinal, TupleTableSlot *slot)
{
	int64		i = find_stream(scan, ordinal);
	StreamPoints *stream = &scan->stream[i];
	int64		rank = ordinal - (i > 0 ? stream[-1].end : 0);
	BtrPoint	point;

	if (scan->current != i)
	{
		open_view(scan, &stream->stream);
		scan->current = i;
	}

	/* the order of tree and buffer among each other does not matter */
	if (rank < scan->view.tree.root.stat.count)
	{
		if (!BtrPointAt(&scan->view.tree, rank, &point))
			return false;
	}
	else
	{
		rank -= scan->view.tree.root.stat.count;
		if (rank >= scan->view.buffer.n)
			elog(ERROR, "stream \"%s\" has fewer points than counted",
				 BtrUuidText(&stream->stream));
		point.time = scan->view.buffer.time[rank];
		point.value = scan->view.buffer.value[rank];
	}

	ExecClearTuple(slot);
	slot->tts_values[0] = UUIDPGetDatum(&stream->stream);
	slot->tts_values[1] = Int64GetDatum(point.time);
	slot->tts_values[2] = Float8GetDatum(point.value);
	memset(slot->tts_isnull, false, 3 * sizeof(bool));
	ExecStoreVirtualTuple(slot);
	return true;
}

/*
 * Gives the next point of the sample.  When there are no more of this block, adds
 * the number of points that it stands for.
 *
 * The block's points are divided into equal parts and one of each is taken by
 * chance, lest the sample beat with periods of the measurements.
 */
bool
BtrAnalyzeNextTuple(TableScanDesc base, TransactionId OldestXmin, double *liverows,
					double *deadrows, TupleTableSlot *slot)
{
	AnalyzeScan *scan = (AnalyzeScan *) base;
	double		width;
	int64		ordinal;

	do
	{
		if (scan->sampled >= scan->wanted)
		{
			*liverows += scan->total / scan->nblocks;
			*deadrows += scan->dead / scan->nblocks;
			return false;
		}

		CHECK_FOR_INTERRUPTS();
		width = (double) (scan->end - scan->first) / scan->wanted;
		ordinal = scan->first +
			(int64) (width * (scan->sampled + pg_prng_double(&pg_global_prng_state)));
		scan->sampled++;
	} while (!store_point(scan, Min(ordinal, scan->end - 1), slot));

	/* ANALYZE orders the sample by place, to find correlations */
	ItemPointerSet(&slot->tts_tid, scan->blkno, (OffsetNumber) scan->sampled);
	return true;
}
