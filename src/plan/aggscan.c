/*
 * aggscan.c
 *		Answers aggregates of points by the statistics in the trees.
 *
 * A row of the result is a group: all points, those of a stream, or those of a
 * stream in a bucket of time.  Groups come by stream and time as they are read;
 * nothing is stored.  Between rows no pin or page lock is held.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "access/table.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "plan/aggregate.h"
#include "plan/buckets.h"
#include "plan/plan.h"
#include "types/spelling.h"
#include "types/stat.h"

/* Some points that are summarised together. */
typedef struct PointGroup
{
	const pg_uuid_t *stream;	/* NULL: of several, or not asked for */
	BtrStat		stat;
	int64		first;			/* times of the first and last point, if asked for */
	int64		last;
	int64		time;			/* a time in the bucket */
} PointGroup;

typedef struct AggregateState
{
	CustomScanState css;

	/* Info */
	bool		of_call;		/* of btrdb_values(), not of btrdb.points */
	int			flags;			/* BTR_AGG_* */
	List	   *results;		/* BtrResult of columns */
	int			noriginal;		/* columns of the relation itself, before them */
	bool		times_wanted;
	List	   *args;			/* of the call: ExprState */
	Oid			range_type;		/* of its start and end */
	Oid			time_type;		/* of column time */
	BtrQuals   *quals;			/* on btrdb.points */

	/* Buckets of time */
	ExprState  *bucket;			/* NULL: not grouped by any */
	FmgrInfo	equal;
	Oid			collation;
	ExprContext *econtext;		/* to compute them */
	TupleTableSlot *probe;		/* the row they are computed of */

	/* The current scan */
	bool		started;
	bool		done;
	int64		start;
	int64		end;
	Relation	rel;
	BtrTableScan *streams;		/* NULL: there is one view, or none */
	BtrView		call_view;
	bool		have_call_view; /* it was not handed out */
	MemoryContext context;		/* reset with each rescan */

	/* The current stream */
	const pg_uuid_t *stream;
	const BtrView *view;
	BtrBuckets *buckets;
	MemoryContext view_context; /* reset with each stream */

	/* What was read, but for the current stream's buckets */
	int64		nstreams;
	BtrReadCounts counts;
} AggregateState;

/* ---- buckets ---- */

/*
 * Computes the bucket of a time, in the per-tuple memory of econtext.
 */
static Datum
bucket_of(AggregateState *state, ExprContext *econtext, int64 time, bool *isnull)
{
	ExecClearTuple(state->probe);
	memset(state->probe->tts_isnull, true,
		   state->probe->tts_tupleDescriptor->natts * sizeof(bool));
	/* time is the last column of the relation but one */
	state->probe->tts_values[state->noriginal - 2] = BtrTimeDatum(time, state->time_type);
	state->probe->tts_isnull[state->noriginal - 2] = false;
	econtext->ecxt_scantuple = ExecStoreVirtualTuple(state->probe);
	return ExecEvalExprSwitchContext(state->bucket, econtext, isnull);
}

/*
 * Says whether two times are in the same bucket.
 */
static bool
same_bucket(int64 a, int64 b, void *arg)
{
	AggregateState *state = arg;
	bool		a_null;
	bool		b_null;
	Datum		a_bucket;
	Datum		b_bucket;

	if (a == b)
		return true;
	ResetExprContext(state->econtext);
	a_bucket = bucket_of(state, state->econtext, a, &a_null);
	b_bucket = bucket_of(state, state->econtext, b, &b_null);
	if (a_null || b_null)
		return a_null && b_null;
	return DatumGetBool(FunctionCall2Coll(&state->equal, state->collation,
										  a_bucket, b_bucket));
}

/* ---- reading ---- */

/*
 * Opens what the call's arguments ask for; none of it if one of them is NULL.
 */
static void
open_call(AggregateState *state)
{
	Datum		args[BTR_ROWS_MAX_ARGS];
	bool		isnull;
	int			n = 0;
	ListCell   *lc;

	foreach(lc, state->args)
	{
		args[n++] = ExecEvalExprSwitchContext(lfirst(lc), state->css.ss.ps.ps_ExprContext,
											  &isnull);
		if (isnull)
			return;
	}
	BtrReadRange(args[1], args[2], state->range_type, &state->start, &state->end);
	state->rel = BtrStoreOpen(DatumGetUUIDP(args[0]), AccessShareLock, ACL_SELECT);
	BtrViewOpen(state->rel, DatumGetUUIDP(args[0]), DatumGetInt64(args[n - 1]),
				&state->call_view);
	state->have_call_view = true;
}

/*
 * Starts to read what the query asks for now.
 */
static void
start_scan(AggregateState *state)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);
	Snapshot	snapshot = state->css.ss.ps.state->es_snapshot;

	state->started = true;
	if (state->of_call)
	{
		PushActiveSnapshot(snapshot);
		open_call(state);
		PopActiveSnapshot();
	}
	else
	{
		BtrScanChoice choice = {.start = BTR_TIME_MIN, .end = BTR_TIME_MAX};

		BtrQualsChoose(state->quals, state->css.ss.ps.ps_ExprContext, &choice);
		state->start = choice.start;
		state->end = choice.end;
		state->rel = table_open(BtrGetCatalog()->points, AccessShareLock);
		state->streams = BtrTableScanBegin(state->rel, snapshot, &choice, NULL);
	}
	MemoryContextSwitchTo(old);
}

/*
 * Goes to the next stream; false if there is none.
 */
static bool
next_view(AggregateState *state)
{
	MemoryContextReset(state->view_context);
	if (state->streams != NULL)
	{
		if (!BtrTableScanNextView(state->streams, &state->stream, &state->view))
			return false;
	}
	else
	{
		if (!state->have_call_view)
			return false;
		state->have_call_view = false;
		state->view = &state->call_view;
	}
	state->nstreams++;
	return true;
}

/*
 * Finds the first and the last point of the current stream in [start, end), if they are
 * asked for.  There must be some.
 */
static void
find_times(const AggregateState *state, int64 start, int64 end, PointGroup *group)
{
	BtrPoint	point;

	if (!state->times_wanted)
		return;
	if (!BtrViewNearest(state->view, start, false, &point))
		BtrReportTree(&state->view->tree, "Its nodes count points from %lld on, but there are none", (long long) start);
	group->first = point.time;
	if (!BtrViewNearest(state->view, end, true, &point))
		BtrReportTree(&state->view->tree, "Its nodes count points before %lld, but there are none", (long long) end);
	group->last = point.time;
}

/*
 * Summarises the current stream; false if it has no points.
 */
static bool
summarise_stream(AggregateState *state, PointGroup *group)
{
	MemoryContext old = MemoryContextSwitchTo(state->view_context);
	BtrViewWindows *windows;
	uint64		index;
	bool		found = false;

	if (state->start < state->end)
	{
		windows = BtrViewWindowsBegin(state->view, state->start,
									  (uint64) state->end - (uint64) state->start, 1, 0);
		found = BtrViewWindowsNext(windows, &index, &group->stat);
		BtrViewWindowsCount(windows, &state->counts);
	}
	group->stream = state->stream;
	if (found)
		find_times(state, state->start, state->end, group);
	MemoryContextSwitchTo(old);
	return found;
}

/*
 * Finds the next bucket of a stream; false at the end.
 */
static bool
next_bucket(AggregateState *state, PointGroup *group)
{
	for (;;)
	{
		MemoryContext old;
		BtrBucket	bucket;

		if (state->buckets == NULL)
		{
			if (!next_view(state))
				return false;
			old = MemoryContextSwitchTo(state->view_context);
			state->buckets = BtrBucketsBegin(state->view, state->start, state->end,
											 same_bucket, state);
			MemoryContextSwitchTo(old);
		}
		if (BtrBucketsNext(state->buckets, &bucket))
		{
			group->stream = state->stream;
			group->stat = bucket.stat;
			group->time = bucket.start;
			find_times(state, bucket.start, bucket.end, group);
			return true;
		}
		BtrBucketsCount(state->buckets, &state->counts);
		state->buckets = NULL;
	}
}

/*
 * Summarises all streams.
 */
static void
summarise_all(AggregateState *state, PointGroup *group)
{
	PointGroup	part = {0};

	memset(group, 0, sizeof(*group));
	while (next_view(state))
	{
		if (!summarise_stream(state, &part))
			continue;
		group->first = group->stat.count > 0 ? Min(group->first, part.first) : part.first;
		group->last = group->stat.count > 0 ? Max(group->last, part.last) : part.last;
		BtrStatMerge(&group->stat, &part.stat);
	}
}

/*
 * Finds the next group; false at the end.
 */
static bool
next_group(AggregateState *state, PointGroup *group)
{
	if (state->done)
		return false;
	if (!state->started)
		start_scan(state);

	if (state->bucket != NULL)
		state->done = !next_bucket(state, group);
	else if (state->flags & BTR_AGG_BY_STREAM)
	{
		do
			state->done = !next_view(state);
		while (!state->done && !summarise_stream(state, group));
	}
	else
	{
		summarise_all(state, group);
		state->done = true;
		return true;
	}
	return !state->done;
}

/* ---- results ---- */

/*
 * Raises the error of a sum that is too large for a double, as the aggregates do.
 */
static double
checked(double value)
{
	if (isinf(value))
		float_overflow_error();
	return value;
}

/*
 * Returns the sum of the values: the mean times their number, which has the mean's
 * rounding error.
 *
 * A number of few decimals that is as near as that error allows is taken for the
 * sum: sums of whole numbers, or of measurements with some decimals, come out as
 * they are.  Others are rarely that near to one.
 */
static double
sum_of(const BtrStat *stat)
{
	double		n = (double) stat->count;
	double		sum = checked(stat->mean * n);
	double		error = 16 * DBL_EPSILON * n * sqrt(stat->mean * stat->mean + stat->m2 / n);
	double		unit = pow(10, fabs(ceil(log10(1000 * error))));
	double		rounded;

	if (!isfinite(unit))
		return sum;
	rounded = 1000 * error > 1 ? rint(sum / unit) * unit : rint(sum * unit) / unit;
	return fabs(rounded - sum) <= error ? rounded : sum;
}

/*
 * Computes a result of a group.  That of no points is NULL, or 0 for a count.
 */
static Datum
result_value(BtrResult result, Oid time_type, const PointGroup *group, bool *isnull)
{
	const BtrStat *stat = &group->stat;
	double		n = (double) stat->count;

	*isnull = stat->count == 0 && result != BTR_RESULT_COUNT;
	if (*isnull)
		return (Datum) 0;

	switch (result)
	{
		case BTR_RESULT_COUNT:
			return Int64GetDatum(stat->count);
		case BTR_RESULT_MIN:
			return Float8GetDatum(stat->min);
		case BTR_RESULT_MAX:
			return Float8GetDatum(stat->max);
		case BTR_RESULT_MIN_TIME:
			return BtrTimeDatum(group->first, time_type);
		case BTR_RESULT_MAX_TIME:
			return BtrTimeDatum(group->last, time_type);
		case BTR_RESULT_SUM:
			return Float8GetDatum(sum_of(stat));
		default:
			break;
	}

	/* the aggregates that follow keep the sum and the squares, all of them */
	(void) checked(stat->mean * n);
	(void) checked(stat->m2);
	switch (result)
	{
		case BTR_RESULT_AVG:
			return Float8GetDatum(stat->mean);
		case BTR_RESULT_VAR_POP:
			return Float8GetDatum(stat->m2 / n);
		case BTR_RESULT_STDDEV_POP:
			return Float8GetDatum(sqrt(stat->m2 / n));
		case BTR_RESULT_VAR_SAMP:
			*isnull = stat->count == 1;
			return Float8GetDatum(*isnull ? 0 : stat->m2 / (n - 1));
		case BTR_RESULT_STDDEV_SAMP:
			*isnull = stat->count == 1;
			return Float8GetDatum(*isnull ? 0 : sqrt(stat->m2 / (n - 1)));
		default:
			elog(ERROR, "unexpected result %d of statistics", result);
	}
}

/*
 * Puts the row of the next group into the scan's slot and returns it; it is empty at
 * the end.
 */
static TupleTableSlot *
next_row(AggregateState *state)
{
	TupleTableSlot *slot = state->css.ss.ss_ScanTupleSlot;
	int			i = state->noriginal;
	PointGroup	group;
	ListCell   *lc;

	ExecClearTuple(slot);
	if (!next_group(state, &group))
		return slot;

	/* of the relation's own columns, only the stream may be asked for */
	for (int j = 0; j < i; j++)
		slot->tts_isnull[j] = true;
	if (group.stream != NULL)
	{
		slot->tts_values[0] = UUIDPGetDatum(group.stream);
		slot->tts_isnull[0] = false;
	}
	foreach(lc, state->results)
	{
		if (lfirst_int(lc) == BTR_RESULT_BUCKET)
			slot->tts_values[i] = bucket_of(state, state->css.ss.ps.ps_ExprContext,
											group.time, &slot->tts_isnull[i]);
		else
			slot->tts_values[i] = result_value(lfirst_int(lc), state->time_type, &group,
											   &slot->tts_isnull[i]);
		i++;
	}
	return ExecStoreVirtualTuple(slot);
}

/* ---- the executor's methods ---- */

/*
 * Checks the right to execute the function, and prepares expressions.
 */
static void
begin_aggregate(CustomScanState *node, EState *estate, int eflags)
{
	AggregateState *state = (AggregateState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);
	List	   *function = list_nth(plan->custom_private, BTR_AGG_FUNCTION);
	Expr	   *bucket = list_nth(plan->custom_private, BTR_AGG_BUCKET);
	List	   *quals = plan->custom_exprs;
	ListCell   *lc;

	state->flags = intVal(list_nth(plan->custom_private, BTR_AGG_FLAGS));
	state->results = list_nth(plan->custom_private, BTR_AGG_RESULTS);
	state->noriginal = list_length(plan->custom_scan_tlist) - list_length(state->results);
	state->of_call = function != NIL;
	state->time_type = state->of_call ? BtrCallTimeType(&BtrValuesRows, quals) : INT8OID;
	foreach(lc, state->results)
		state->times_wanted |= lfirst_int(lc) == BTR_RESULT_MIN_TIME ||
			lfirst_int(lc) == BTR_RESULT_MAX_TIME;

	if (bucket != NULL)
	{
		state->bucket = ExecInitExpr(bucket, &node->ss.ps);
		state->collation = exprCollation((Node *) bucket);
		fmgr_info(get_opcode(linitial_oid(list_nth(plan->custom_private, BTR_AGG_EQUAL))),
				  &state->equal);
		state->econtext = CreateExprContext(estate);
		state->probe = ExecInitExtraTupleSlot(estate,
											  node->ss.ss_ScanTupleSlot->tts_tupleDescriptor,
											  &TTSOpsVirtual);
		quals = list_copy_head(quals, list_length(quals) - 1);
	}

	if (state->of_call)
	{
		BtrBeginCall(linitial_oid(function));
		state->args = ExecInitExprList(quals, &node->ss.ps);
		state->range_type = exprType(lsecond(quals));
	}
	else
		state->quals = BtrQualsInit(quals, INDEX_VAR, &BtrTableColumns, &node->ss.ps);

	state->context = AllocSetContextCreate(estate->es_query_cxt, "btrdb aggregate",
										   ALLOCSET_DEFAULT_SIZES);
	state->view_context = AllocSetContextCreate(estate->es_query_cxt,
												"btrdb aggregate of a stream",
												ALLOCSET_DEFAULT_SIZES);
}

/*
 * Returns the next row that HAVING lets through.
 *
 * There is nothing to check again for a row that was updated concurrently: the rows
 * of this node are computed anew.
 */
static TupleTableSlot *
exec_aggregate(CustomScanState *node)
{
	AggregateState *state = (AggregateState *) node;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	ProjectionInfo *projection = node->ss.ps.ps_ProjInfo;

	for (;;)
	{
		TupleTableSlot *slot;

		CHECK_FOR_INTERRUPTS();
		ResetExprContext(econtext);
		slot = next_row(state);
		if (TupIsNull(slot))
			return projection == NULL ? slot : ExecClearTuple(projection->pi_state.resultslot);

		econtext->ecxt_scantuple = slot;
		if (ExecQual(node->ss.ps.qual, econtext))
			return projection == NULL ? slot : ExecProject(projection);
		InstrCountFiltered1(node, 1);
	}
}

/*
 * Ends the current scan.
 */
static void
close_scan(AggregateState *state)
{
	ExecClearTuple(state->css.ss.ss_ScanTupleSlot);
	if (state->buckets != NULL)
		BtrBucketsCount(state->buckets, &state->counts);
	if (state->rel != NULL)
		table_close(state->rel, NoLock);
	state->rel = NULL;
	state->streams = NULL;
	state->stream = NULL;
	state->view = NULL;
	state->buckets = NULL;
	state->have_call_view = false;
	state->started = false;
	state->done = false;
}

/*
 * Prepares to compute anew.
 */
static void
rescan_aggregate(CustomScanState *node)
{
	AggregateState *state = (AggregateState *) node;

	close_scan(state);
	MemoryContextReset(state->context);
	MemoryContextReset(state->view_context);
	if (node->ss.ps.ps_ResultTupleSlot != NULL)
		ExecClearTuple(node->ss.ps.ps_ResultTupleSlot);
}

/*
 * Ends.  The lock is kept to the end of the transaction.
 */
static void
end_aggregate(CustomScanState *node)
{
	AggregateState *state = (AggregateState *) node;

	close_scan(state);
	MemoryContextDelete(state->context);
	MemoryContextDelete(state->view_context);
}

/*
 * Shows what is read and grouped and, once it has run, how much was read.
 */
static void
explain_aggregate(CustomScanState *node, List *ancestors, struct ExplainState *es)
{
	AggregateState *state = (AggregateState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);
	List	   *quals = plan->custom_exprs;
	List	   *keys = NIL;

	if (state->bucket != NULL)
		quals = list_copy_head(quals, list_length(quals) - 1);
	if (state->of_call)
		BtrExplainCall(&BtrValuesRows, quals, node, ancestors, es);
	else
		BtrQualsExplain(quals, INDEX_VAR, &BtrTableColumns, node, ancestors, es);

	if (state->flags & BTR_AGG_BY_STREAM)
		keys = lappend(keys, linitial_node(TargetEntry, plan->custom_scan_tlist)->expr);
	if (state->bucket != NULL)
		keys = lappend(keys, list_nth(plan->custom_private, BTR_AGG_BUCKET));
	if (keys != NIL)
		BtrExplainExpr("Group Key", (Node *) keys, node, ancestors, es);

	if (es->analyze)
	{
		BtrReadCounts counts = state->counts;

		if (state->buckets != NULL)
			BtrBucketsCount(state->buckets, &counts);
		ExplainPropertyInteger("Streams Read", NULL, state->nstreams, es);
		ExplainPropertyInteger("Nodes Read", NULL, counts.nodes, es);
		ExplainPropertyInteger("Leaves Read", NULL, counts.leaves, es);
	}
}

static const CustomExecMethods exec_methods = {
	.CustomName = "btrdb_aggregate",
	.BeginCustomScan = begin_aggregate,
	.ExecCustomScan = exec_aggregate,
	.EndCustomScan = end_aggregate,
	.ReScanCustomScan = rescan_aggregate,
	.ExplainCustomScan = explain_aggregate,
};

/*
 * Makes the state of a node.
 */
static Node *
create_aggregate(CustomScan *plan)
{
	AggregateState *state = (AggregateState *) newNode(sizeof(AggregateState),
													   T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

const CustomScanMethods BtrAggregateMethods = {
	.CustomName = "btrdb_aggregate",
	.CreateCustomScanState = create_aggregate,
};
