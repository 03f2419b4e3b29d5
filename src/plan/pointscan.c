/*
 * pointscan.c
 *		Runs custom scans of btrdb.points: reads the streams and times that the
 *		conditions choose.
 *
 * Between rows a scan holds no pin or page lock.  Each (re)scan computes anew
 * what its conditions compare with.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "plan/plan.h"
#include "stream/stream.h"

typedef struct PointScanState
{
	CustomScanState css;

	/* Info */
	Oid			tableoid;
	BtrQuals   *quals;

	/* What parallel processes share, if they divide this scan */
	BtrScanShare *share;
	bool		shut_down;		/* they do not any more */

	/* The current scan */
	BtrScanChoice choice;
	BtrTableScan *scan;			/* NULL before its first row is asked for */
	const pg_uuid_t *stream;	/* of the run */
	BtrRun		run;
	int64		row;			/* number of the last row */
	MemoryContext context;		/* reset with each rescan */

	/* What former scans of this node read */
	BtrScanCounts before;
} PointScanState;

/*
 * Starts the scan of what the conditions choose now.
 */
static void
start_scan(PointScanState *state)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	CustomScan *plan = castNode(CustomScan, state->css.ss.ps.plan);
	BtrScanChoice choice = {.start = BTR_TIME_MIN, .end = BTR_TIME_MAX};

	choice.low = -get_float8_infinity();
	choice.high = get_float8_infinity();
	choice.streams_backward = (intVal(linitial(plan->custom_private)) & BTR_BACKWARD_STREAMS) != 0;
	choice.time_backward = (intVal(linitial(plan->custom_private)) & BTR_BACKWARD_TIME) != 0;

	BtrQualsChoose(state->quals, econtext, &choice);
	state->scan = BtrTableScanBegin(state->css.ss.ss_currentRelation,
									state->css.ss.ps.state->es_snapshot, &choice,
									state->share);
	state->choice = choice;
	state->row = 0;
	MemoryContextSwitchTo(old);
}

/*
 * Puts the next row into the scan's slot and returns it; it is empty at the end.
 *
 * This is done for every row, so it does no more than has changed since the last one.
 */
static TupleTableSlot *
next_row(ScanState *node)
{
	PointScanState *state = (PointScanState *) node;
	TupleTableSlot *slot = node->ss_ScanTupleSlot;
	BtrPoint	point;

	if (state->scan == NULL)
	{
		if (state->shut_down)
			return ExecClearTuple(slot);
		start_scan(state);
	}
	do
	{
		if (state->run.left == 0 &&
			!BtrTableScanNext(state->scan, &state->stream, &state->run))
			return ExecClearTuple(slot);
		point = BtrRunTake(&state->run);
	} while (!(point.value >= state->choice.low && point.value <= state->choice.high));

	/* a virtual slot is emptied by a flag, unless somebody made a copy in it */
	if (TTS_SHOULDFREE(slot))
		ExecClearTuple(slot);
	slot->tts_flags |= TTS_FLAG_EMPTY;
	slot->tts_values[0] = UUIDPGetDatum(state->stream);
	slot->tts_values[1] = Int64GetDatum(point.time);
	slot->tts_values[2] = Float8GetDatum(point.value);
	BtrRowTid(++state->row, &slot->tts_tid);
	slot->tts_tableOid = state->tableoid;
	return ExecStoreVirtualTuple(slot);
}

/*
 * Is asked whether a row of a join that is checked again still fits what was chosen; no
 * row of btrdb.points can be found for that.
 */
static bool
recheck_row(ScanState *node, TupleTableSlot *slot)
{
	return true;
}

/*
 * Prepares the expressions that the scan's conditions compare with.
 */
static void
begin_point_scan(CustomScanState *node, EState *estate, int eflags)
{
	PointScanState *state = (PointScanState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);

	state->tableoid = RelationGetRelid(node->ss.ss_currentRelation);
	memset(node->ss.ss_ScanTupleSlot->tts_isnull, false,
		   node->ss.ss_ScanTupleSlot->tts_tupleDescriptor->natts * sizeof(bool));
	state->quals = BtrQualsInit(plan->custom_exprs, plan->scan.scanrelid, &BtrTableColumns,
								&node->ss.ps);
	state->context = AllocSetContextCreate(estate->es_query_cxt, "btrdb scan",
										   ALLOCSET_DEFAULT_SIZES);
}

/*
 * Returns the next row that fulfils all conditions.
 */
static TupleTableSlot *
exec_point_scan(CustomScanState *node)
{
	return ExecScan(&node->ss, next_row, recheck_row);
}

/*
 * Adds what the current scan has read so far, in all processes.
 */
static BtrScanCounts
total_counts(const PointScanState *state)
{
	BtrScanCounts total = state->before;

	if (state->scan != NULL || state->share != NULL)
	{
		BtrScanCounts now;

		if (state->share != NULL)
			BtrScanShareCounts(state->share, &now);
		else
			BtrTableScanCounts(state->scan, &now);
		total.streams += now.streams;
		total.parts += now.parts;
		total.leaves += now.leaves;
		total.rows += now.rows - state->run.left;
	}
	return total;
}

/*
 * Ends the current scan.
 */
static void
close_scan(PointScanState *state)
{
	ExecClearTuple(state->css.ss.ss_ScanTupleSlot);
	state->scan = NULL;
	state->run.left = 0;
	MemoryContextReset(state->context);
}

/*
 * Prepares to scan anew.  What is shared is reset by reinitialize_point_scan(), before
 * or after this.
 */
static void
rescan_point_scan(CustomScanState *node)
{
	PointScanState *state = (PointScanState *) node;

	if (state->share == NULL)
		state->before = total_counts(state);
	close_scan(state);
	state->shut_down = false;
	ExecScanReScan(&node->ss);
}

/* ---- in parallel ---- */

/*
 * Returns the size of what the processes share.
 */
static Size
estimate_point_scan(CustomScanState *node, ParallelContext *pcxt)
{
	return BtrScanShareSize();
}

/*
 * Prepares to divide the scan among parallel processes.
 */
static void
initialize_point_scan(CustomScanState *node, ParallelContext *pcxt, void *coordinate)
{
	PointScanState *state = (PointScanState *) node;

	state->share = coordinate;
	BtrScanShareInit(state->share, true);
}

/*
 * Prepares to do so anew.
 */
static void
reinitialize_point_scan(CustomScanState *node, ParallelContext *pcxt, void *coordinate)
{
	PointScanState *state = (PointScanState *) node;

	state->before = total_counts(state);
	state->run.left = 0;
	BtrScanShareInit(state->share, true);
}

/*
 * Joins the leader's scan, as a worker.
 */
static void
join_point_scan(CustomScanState *node, shm_toc *toc, void *coordinate)
{
	((PointScanState *) node)->share = coordinate;
}

/*
 * Takes leave of what is shared, which may be gone after this.
 */
static void
shutdown_point_scan(CustomScanState *node)
{
	PointScanState *state = (PointScanState *) node;

	if (state->share == NULL)
		return;
	state->before = total_counts(state);
	state->share = NULL;
	state->shut_down = true;
	close_scan(state);
}

/*
 * Ends the scan.
 */
static void
end_point_scan(CustomScanState *node)
{
	MemoryContextDelete(((PointScanState *) node)->context);
}

/*
 * Shows what the scan chooses and, once it has run, what it read.
 */
static void
explain_point_scan(CustomScanState *node, List *ancestors, struct ExplainState *es)
{
	PointScanState *state = (PointScanState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);

	BtrQualsExplain(plan->custom_exprs, plan->scan.scanrelid, &BtrTableColumns, node, ancestors,
					es);
	switch (intVal(linitial(plan->custom_private)))
	{
		case BTR_BACKWARD_STREAMS:
			ExplainPropertyText("Backward", "stream", es);
			break;
		case BTR_BACKWARD_TIME:
			ExplainPropertyText("Backward", "time", es);
			break;
		case BTR_BACKWARD_STREAMS | BTR_BACKWARD_TIME:
			ExplainPropertyText("Backward", "stream, time", es);
			break;
	}

	if (es->analyze)
	{
		BtrScanCounts total = total_counts(state);

		ExplainPropertyInteger("Streams Read", NULL, total.streams, es);
		if (plan->scan.plan.parallel_aware)
			ExplainPropertyInteger("Parts Read", NULL, total.parts, es);
		ExplainPropertyInteger("Leaves Read", NULL, total.leaves, es);
		ExplainPropertyInteger("Points Read", NULL, total.rows, es);
	}
}

static const CustomExecMethods exec_methods = {
	.CustomName = "btrdb",
	.BeginCustomScan = begin_point_scan,
	.ExecCustomScan = exec_point_scan,
	.EndCustomScan = end_point_scan,
	.ReScanCustomScan = rescan_point_scan,
	.EstimateDSMCustomScan = estimate_point_scan,
	.InitializeDSMCustomScan = initialize_point_scan,
	.ReInitializeDSMCustomScan = reinitialize_point_scan,
	.InitializeWorkerCustomScan = join_point_scan,
	.ShutdownCustomScan = shutdown_point_scan,
	.ExplainCustomScan = explain_point_scan,
};

/*
 * Makes the state of a scan.
 */
static Node *
create_point_scan(CustomScan *plan)
{
	PointScanState *state = (PointScanState *) newNode(sizeof(PointScanState),
													   T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

const CustomScanMethods BtrPointScanMethods = {
	.CustomName = "btrdb",
	.CreateCustomScanState = create_point_scan,
};
