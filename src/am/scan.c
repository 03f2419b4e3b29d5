/*
 * scan.c
 *		Sequential scans of btrdb.points: every point of every stream.
 */
#include "postgres.h"

#include "access/relscan.h"
#include "executor/tuptable.h"
#include "utils/float.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "am/am.h"
#include "stream/stream.h"

typedef struct RowScan
{
	TableScanDescData base;
	BtrTableScan *points;		/* NULL before the first row is asked for */
	const pg_uuid_t *stream;	/* of run */
	BtrRun		run;
	int64		place;			/* number of the current row; 0 is before the first */
	bool		at_end;			/* place is after the last row */
	MemoryContext context;
} RowScan;

/*
 * Begins a scan.  Kinds that plans do not have are refused.  TABLESAMPLE reads by
 * callbacks of its own.
 */
TableScanDesc
BtrScanBeginRows(Relation rel, Snapshot snapshot, int nkeys, struct ScanKeyData *key,
				 ParallelTableScanDesc pscan, uint32 flags)
{
	RowScan    *scan;

	if ((flags & (SO_TYPE_SEQSCAN | SO_TYPE_SAMPLESCAN)) == 0 || pscan != NULL || nkeys > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot read \"btrdb.%s\" other than in sequence",
						RelationGetRelationName(rel)),
				 errhint("Select by stream and time; use btrdb_windows() to summarize a stream.")));

	RelationIncrementReferenceCount(rel);
	scan = palloc0(sizeof(RowScan));
	scan->base.rs_rd = rel;
	scan->base.rs_snapshot = snapshot;
	if (snapshot != NULL && snapshot->snapshot_type == SNAPSHOT_DIRTY)
	{
		/* no row is of a running transaction: its reader would wait for that */
		snapshot->xmin = InvalidTransactionId;
		snapshot->xmax = InvalidTransactionId;
		snapshot->speculativeToken = 0;
	}
	scan->base.rs_flags = flags;
	scan->context = CurrentMemoryContext;
	return &scan->base;
}

/*
 * Goes back to before the first row.
 */
static void
rewind_scan(RowScan *scan)
{
	if (scan->points != NULL)
		BtrTableScanEnd(scan->points);
	scan->points = NULL;
	scan->run.left = 0;
	scan->place = 0;
	scan->at_end = false;
}

/*
 * Ends a scan.
 */
void
BtrScanEndRows(TableScanDesc sscan)
{
	rewind_scan((RowScan *) sscan);
	RelationDecrementReferenceCount(sscan->rs_rd);
	if (sscan->rs_flags & SO_TEMP_SNAPSHOT)
		UnregisterSnapshot(sscan->rs_snapshot);
	pfree(sscan);
}

/*
 * Starts a scan anew.
 */
void
BtrScanRescanRows(TableScanDesc sscan, struct ScanKeyData *key, bool set_params,
				  bool allow_strat, bool allow_sync, bool allow_pagemode)
{
	rewind_scan((RowScan *) sscan);
}

/*
 * Reads the next point; false, at the place after the last, if there is none.
 */
static bool
next_point(RowScan *scan, BtrPoint *point)
{
	if (scan->points == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(scan->context);
		Snapshot	snapshot = scan->base.rs_snapshot;
		BtrScanChoice all = {.start = BTR_TIME_MIN, .end = BTR_TIME_MAX,
			.low = -get_float8_infinity(), .high = get_float8_infinity()};

		/* streams and versions are rows, which SnapshotAny and the like would see wrongly */
		if (snapshot == NULL || !IsMVCCSnapshot(snapshot))
			snapshot = GetActiveSnapshot();
		scan->points = BtrTableScanBegin(scan->base.rs_rd, snapshot, &all, NULL);
		MemoryContextSwitchTo(old);
	}
	if (!scan->at_end)
		scan->place++;
	scan->at_end = scan->run.left == 0 &&
		!BtrTableScanNext(scan->points, &scan->stream, &scan->run);
	if (scan->at_end)
		return false;
	*point = BtrRunTake(&scan->run);
	return true;
}

/*
 * Puts the next row in the given direction into slot; false, with an empty slot,
 * if there is none.
 *
 * To go back one row the scan starts anew.  The planner is told to keep
 * the rows when it knows that they will be read backward, so this is rare.
 */
bool
BtrScanGetNextRow(TableScanDesc sscan, ScanDirection direction, TupleTableSlot *slot)
{
	RowScan    *scan = (RowScan *) sscan;
	BtrPoint	point;

	ExecClearTuple(slot);
	if (ScanDirectionIsBackward(direction))
	{
		int64		target = scan->place - 1;

		rewind_scan(scan);
		if (target <= 0)
			return false;
		while (scan->place < target)
		{
			if (!next_point(scan, &point))
				return false;
		}
	}
	else if (!next_point(scan, &point))
		return false;

	slot->tts_values[0] = UUIDPGetDatum(scan->stream);
	slot->tts_values[1] = Int64GetDatum(point.time);
	slot->tts_values[2] = Float8GetDatum(point.value);
	for (int i = 0; i < slot->tts_tupleDescriptor->natts; i++)
		slot->tts_isnull[i] = i >= 3;
	BtrRowTid(scan->place, &slot->tts_tid);
	ExecStoreVirtualTuple(slot);
	return true;
}
