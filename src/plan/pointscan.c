/*
 * pointscan.c
 *		Runs custom scans of btrdb.points: reads the streams and times that the
 *		conditions choose.
 *
 * Between rows a scan holds no pin or page lock.  Each (re)scan computes anew
 * what its conditions compare with.
 */
#include "postgres.h"

#include <math.h>

#include "access/stratnum.h"
#include "catalog/pg_type_d.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/uuid.h"

#include "plan/plan.h"
#include "stream/stream.h"

/* A condition that chooses what is read. */
typedef struct Qual
{
	bool		on_value;		/* kind is that of BtrMatchValueQual() */
	int			kind;
	Oid			type;			/* of what it compares with */
	ExprState  *arg;
} Qual;

typedef struct PointScanState
{
	CustomScanState css;

	/* Info */
	Oid			tableoid;
	Qual	   *quals;
	int			nquals;

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
 * Orders uuids as their type does.
 */
static int
compare_uuids(const void *a, const void *b)
{
	return memcmp(a, b, UUID_LEN);
}

/*
 * Narrows the choice to sorted streams, each there once, of which it may use the array.
 */
static void
choose_streams(BtrScanChoice *choice, pg_uuid_t *streams, int n)
{
	if (choice->streams != NULL)
	{
		int			kept = 0;

		for (int i = 0, j = 0; i < n; i++)
		{
			while (j < choice->nstreams &&
				   compare_uuids(&choice->streams[j], &streams[i]) < 0)
				j++;
			if (j < choice->nstreams &&
				compare_uuids(&choice->streams[j], &streams[i]) == 0)
				streams[kept++] = streams[i];
		}
		n = kept;
	}
	choice->streams = streams;
	choice->nstreams = n;
}

/*
 * Narrows the choice to the elements of an array of streams.
 */
static void
choose_array(BtrScanChoice *choice, ArrayType *array)
{
	pg_uuid_t  *streams;
	Datum	   *elements;
	bool	   *nulls;
	int			nelements;
	int			n = 0;
	int			distinct = 0;

	deconstruct_array(array, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR,
					  &elements, &nulls, &nelements);
	streams = palloc(Max(nelements, 1) * sizeof(pg_uuid_t));
	for (int i = 0; i < nelements; i++)
	{
		if (!nulls[i])
			streams[n++] = *DatumGetUUIDP(elements[i]);
	}
	qsort(streams, n, sizeof(pg_uuid_t), compare_uuids);
	for (int i = 0; i < n; i++)
	{
		if (i == 0 || compare_uuids(&streams[i], &streams[i - 1]) != 0)
			streams[distinct++] = streams[i];
	}
	choose_streams(choice, streams, distinct);
}

/*
 * Narrows the range of values by a comparison with operand.  Values are finite, so of
 * two bounds that have no double between them one can stand for the other; NaN counts
 * as larger than all of them.
 */
static void
choose_values(int strategy, double operand, BtrScanChoice *choice)
{
	double		low = -get_float8_infinity();
	double		high = get_float8_infinity();

	switch (strategy)
	{
		case BTLessStrategyNumber:
			high = isnan(operand) ? high : nextafter(operand, low);
			break;
		case BTLessEqualStrategyNumber:
			high = isnan(operand) ? high : operand;
			break;
		case BTEqualStrategyNumber:
			low = isnan(operand) ? high : operand;
			high = isnan(operand) ? high : operand;
			break;
		case BTGreaterEqualStrategyNumber:
			low = isnan(operand) ? high : operand;
			break;
		case BTGreaterStrategyNumber:
			low = isnan(operand) ? high : nextafter(operand, high);
			break;
		default:
			elog(ERROR, "unexpected condition %d on the value of points", strategy);
	}
	choice->low = Max(choice->low, low);
	choice->high = Min(choice->high, high);
}

/*
 * Narrows the choice by one condition.
 */
static void
apply_qual(const Qual *qual, Datum value, BtrScanChoice *choice)
{
	int64		time;

	if (qual->on_value)
	{
		choose_values(qual->kind, DatumGetFloat8(value), choice);
		return;
	}
	if (qual->kind == BTR_QUAL_STREAM)
	{
		pg_uuid_t  *stream = palloc(sizeof(pg_uuid_t));

		*stream = *DatumGetUUIDP(value);
		choose_streams(choice, stream, 1);
		return;
	}
	if (qual->kind == BTR_QUAL_STREAM_ANY)
	{
		choose_array(choice, DatumGetArrayTypeP(value));
		return;
	}

	time = qual->type == INT8OID ? DatumGetInt64(value) :
		qual->type == INT4OID ? DatumGetInt32(value) : DatumGetInt16(value);
	time = Min(Max(time, BTR_TIME_MIN - 1), BTR_TIME_MAX);
	switch (qual->kind)
	{
		case BTLessStrategyNumber:
			choice->end = Min(choice->end, time);
			break;
		case BTLessEqualStrategyNumber:
			choice->end = Min(choice->end, time + 1);
			break;
		case BTEqualStrategyNumber:
			choice->start = Max(choice->start, time);
			choice->end = Min(choice->end, time + 1);
			break;
		case BTGreaterEqualStrategyNumber:
			choice->start = Max(choice->start, time);
			break;
		case BTGreaterStrategyNumber:
			choice->start = Max(choice->start, time + 1);
			break;
		default:
			elog(ERROR, "unexpected condition %d on btrdb.points", qual->kind);
	}
}

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

	for (int i = 0; i < state->nquals; i++)
	{
		bool		isnull;
		Datum		value = ExecEvalExprSwitchContext(state->quals[i].arg, econtext, &isnull);

		/* nothing compares with NULL */
		if (isnull)
			choice.end = choice.start;
		else
			apply_qual(&state->quals[i], value, &choice);
	}
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
	ListCell   *lc;

	state->tableoid = RelationGetRelid(node->ss.ss_currentRelation);
	memset(node->ss.ss_ScanTupleSlot->tts_isnull, false,
		   node->ss.ss_ScanTupleSlot->tts_tupleDescriptor->natts * sizeof(bool));
	state->quals = palloc0(Max(list_length(plan->custom_exprs), 1) * sizeof(Qual));
	foreach(lc, plan->custom_exprs)
	{
		Qual	   *qual = &state->quals[state->nquals++];
		Expr	   *arg;

		qual->kind = BtrMatchQual(lfirst(lc), plan->scan.scanrelid, &arg);
		if (qual->kind == BTR_QUAL_NONE)
		{
			qual->on_value = true;
			qual->kind = BtrMatchValueQual(lfirst(lc), plan->scan.scanrelid, &arg);
		}
		qual->type = exprType((Node *) arg);
		qual->arg = ExecInitExpr(arg, &node->ss.ps);
	}
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
 * Adds a property to EXPLAIN: an expression of the scan's plan.
 */
void
BtrExplainExpr(const char *label, Node *expr, CustomScanState *node, List *ancestors,
			   struct ExplainState *es)
{
	List	   *context = set_deparse_context_plan(es->deparse_cxt, node->ss.ps.plan,
												  ancestors);
	bool		prefix = list_length(es->rtable) > 1 || es->verbose;

	ExplainPropertyText(label, deparse_expression(expr, context, prefix, false), es);
}

/*
 * Shows what the scan chooses and, once it has run, what it read.
 */
static void
explain_point_scan(CustomScanState *node, List *ancestors, struct ExplainState *es)
{
	PointScanState *state = (PointScanState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);
	List	   *stream = NIL;
	List	   *time = NIL;
	List	   *value = NIL;
	ListCell   *lc;

	foreach(lc, plan->custom_exprs)
	{
		Expr	   *arg;
		int			kind = BtrMatchQual(lfirst(lc), plan->scan.scanrelid, &arg);

		if (kind == BTR_QUAL_STREAM || kind == BTR_QUAL_STREAM_ANY)
			stream = lappend(stream, lfirst(lc));
		else if (kind == BTR_QUAL_NONE)
			value = lappend(value, lfirst(lc));
		else
			time = lappend(time, lfirst(lc));
	}
	if (stream != NIL)
		BtrExplainExpr("Stream", (Node *) make_ands_explicit(stream), node, ancestors, es);
	else
		ExplainPropertyText("Stream", "all", es);
	if (time != NIL)
		BtrExplainExpr("Range", (Node *) make_ands_explicit(time), node, ancestors, es);
	if (value != NIL)
		BtrExplainExpr("Values", (Node *) make_ands_explicit(value), node, ancestors, es);

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
