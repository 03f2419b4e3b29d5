/*
 * function.c
 *		Calls in FROM of functions that return points, windows or gaps of a stream or of several,
 *		run as custom scans: rows are delivered as they are read, ordered by time if they are,
 *		in either direction if they can be, and not stored in between.
 *
 * Parallel workers divide the streams of calls whose rows come by stream.
 *
 * Everything that the call would do is done here: the right to execute it is
 * checked, arguments are computed once per (re)scan, a NULL among them gives no row.
 * Conditions on the times and values of points choose what is read of them, exactly.
 */
#include "postgres.h"

#include <math.h>

#include "access/sysattr.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "parser/parsetree.h"
#include "utils/acl.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/selfuncs.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "plan/plan.h"
#include "plan/rows.h"

/* How calls of a function are planned and run. */
typedef struct FunctionKind
{
	const BtrRowKind *rows;
	PGFunction	support;		/* the function is known by it */
	double		pages_per_row;
	CustomPathMethods path;
	CustomScanMethods scan;
	CustomExecMethods exec;
} FunctionKind;

typedef struct CallScanState
{
	CustomScanState css;

	/* Info */
	const FunctionKind *kind;
	bool		backward;
	List	   *args;			/* of ExprState */
	Oid			argtypes[BTR_ROWS_MAX_ARGS];
	BtrPointColumns columns;
	BtrQuals   *quals;			/* NULL: none choose */

	/* What parallel processes share, if they divide this scan */
	BtrRowsShare *share;
	bool		shut_down;		/* they do not any more */

	/* The current scan */
	bool		started;
	BtrRows    *rows;			/* NULL if there are none, and before the first is asked for */
	MemoryContext context;		/* reset with each rescan */

	/* What former scans of this node read */
	BtrRowCounts before;
} CallScanState;

extern Datum btrdb_values_support(PG_FUNCTION_ARGS);
extern Datum btrdb_windows_support(PG_FUNCTION_ARGS);
extern Datum btrdb_aligned_windows_support(PG_FUNCTION_ARGS);
extern Datum btrdb_lttb_support(PG_FUNCTION_ARGS);
extern Datum btrdb_minmax_support(PG_FUNCTION_ARGS);
extern Datum btrdb_nearest_support(PG_FUNCTION_ARGS);
extern Datum btrdb_earliest_support(PG_FUNCTION_ARGS);
extern Datum btrdb_latest_support(PG_FUNCTION_ARGS);
extern Datum btrdb_gaps_support(PG_FUNCTION_ARGS);
extern Datum btrdb_first_crossing_support(PG_FUNCTION_ARGS);
extern Datum btrdb_last_crossing_support(PG_FUNCTION_ARGS);
extern Datum btrdb_asof_support(PG_FUNCTION_ARGS);
extern Datum btrdb_asof_times_support(PG_FUNCTION_ARGS);
extern Datum btrdb_rate_support(PG_FUNCTION_ARGS);
extern Datum btrdb_rows_support(PG_FUNCTION_ARGS);
extern Datum btrdb_multi_values_support(PG_FUNCTION_ARGS);
extern Datum btrdb_multi_windows_support(PG_FUNCTION_ARGS);
extern Datum btrdb_multi_aligned_windows_support(PG_FUNCTION_ARGS);

static Plan *plan_path(PlannerInfo *root, RelOptInfo *rel, struct CustomPath *best_path,
					   List *tlist, List *clauses, List *custom_plans);
static Node *create_function_scan(CustomScan *plan);
static void begin_function_scan(CustomScanState *node, EState *estate, int eflags);
static TupleTableSlot *exec_function_scan(CustomScanState *node);
static void rescan_function_scan(CustomScanState *node);
static void end_function_scan(CustomScanState *node);
static Size estimate_function_scan(CustomScanState *node, ParallelContext *pcxt);
static void initialize_function_scan(CustomScanState *node, ParallelContext *pcxt,
									 void *coordinate);
static void reinitialize_function_scan(CustomScanState *node, ParallelContext *pcxt,
									   void *coordinate);
static void join_function_scan(CustomScanState *node, shm_toc *toc, void *coordinate);
static void shutdown_function_scan(CustomScanState *node);
static void explain_function_scan(CustomScanState *node, List *ancestors,
								  struct ExplainState *es);

/* The methods that show a name, which is all they differ in. */
#define METHODS(name) \
	.path = {.CustomName = (name), .PlanCustomPath = plan_path}, \
	.scan = {.CustomName = (name), .CreateCustomScanState = create_function_scan}, \
	.exec = { \
		.CustomName = (name), \
		.BeginCustomScan = begin_function_scan, \
		.ExecCustomScan = exec_function_scan, \
		.EndCustomScan = end_function_scan, \
		.ReScanCustomScan = rescan_function_scan, \
		.EstimateDSMCustomScan = estimate_function_scan, \
		.InitializeDSMCustomScan = initialize_function_scan, \
		.ReInitializeDSMCustomScan = reinitialize_function_scan, \
		.InitializeWorkerCustomScan = join_function_scan, \
		.ShutdownCustomScan = shutdown_function_scan, \
		.ExplainCustomScan = explain_function_scan, \
	}

static const FunctionKind kinds[] = {
	{&BtrValuesRows, btrdb_values_support, 0.001, METHODS("btrdb_values")},
	/* an edge of a window may lie in any leaf */
	{&BtrWindowsRows, btrdb_windows_support, 1, METHODS("btrdb_windows")},
	{&BtrAlignedWindowsRows, btrdb_aligned_windows_support, 0.02,
	METHODS("btrdb_aligned_windows")},
	/* a bucket of points for each row; and some paths for each four */
	{&BtrLttbRows, btrdb_lttb_support, 1, METHODS("btrdb_lttb")},
	{&BtrMinmaxRows, btrdb_minmax_support, 1, METHODS("btrdb_minmax")},
	{&BtrNearestRows, btrdb_nearest_support, 4, METHODS("btrdb_nearest")},
	{&BtrEarliestRows, btrdb_earliest_support, 0, METHODS("btrdb_earliest")},
	{&BtrLatestRows, btrdb_latest_support, 0, METHODS("btrdb_latest")},
	{&BtrGapRows, btrdb_gaps_support, 4, METHODS("btrdb_gaps")},
	{&BtrFirstCrossingRows, btrdb_first_crossing_support, 8, METHODS("btrdb_first_crossing")},
	{&BtrLastCrossingRows, btrdb_last_crossing_support, 8, METHODS("btrdb_last_crossing")},
	{&BtrAsofRows, btrdb_asof_support, 4, METHODS("btrdb_asof")},
	{&BtrAsofTimesRows, btrdb_asof_times_support, 1, METHODS("btrdb_asof_times")},
	{&BtrRateRows, btrdb_rate_support, 1, METHODS("btrdb_rate")},
	{&BtrJoinedRows, btrdb_rows_support, 0.001, METHODS("btrdb_rows")},
	{&BtrMultiValuesRows, btrdb_multi_values_support, 0.001, METHODS("btrdb_multi_values")},
	{&BtrMultiWindowsRows, btrdb_multi_windows_support, 1, METHODS("btrdb_multi_windows")},
	{&BtrMultiAlignedWindowsRows, btrdb_multi_aligned_windows_support, 0.02,
	METHODS("btrdb_multi_aligned_windows")},
};

/* ---- planning ---- */

/*
 * Tells the types of arguments, of which there are as many as rows has.
 */
static void
types_of(const BtrRowKind *rows, List *args, Oid *types)
{
	for (int i = 0; i < rows->nargs; i++)
		types[i] = exprType(list_nth(args, i));
}

/*
 * Returns the type of times in the rows of a call, which depends on how its own are spelt.
 */
Oid
BtrCallTimeType(const BtrRowKind *kind, List *args)
{
	Oid			types[BTR_ROWS_MAX_ARGS];

	types_of(kind, args, types);
	return BtrRowsTimeType(kind, types);
}

/*
 * Returns the kind of the function that is called, or NULL if it is none of ours.
 */
static const FunctionKind *
function_kind(const FuncExpr *call)
{
	Oid			support = get_func_support(call->funcid);
	FmgrInfo	flinfo;

	if (!OidIsValid(support))
		return NULL;
	fmgr_info(support, &flinfo);
	for (int i = 0; i < lengthof(kinds); i++)
	{
		const BtrRowKind *rows = kinds[i].rows;
		Oid			types[BTR_ROWS_MAX_ARGS];

		if (flinfo.fn_addr != kinds[i].support)
			continue;
		if (list_length(call->args) != rows->nargs)
			return NULL;
		types_of(rows, call->args, types);
		return BtrRowsTakeTypes(rows, types) ? &kinds[i] : NULL;
	}
	return NULL;
}

/*
 * Says whether some arguments may be NULL.
 */
static bool
takes_nulls(const BtrRowKind *rows)
{
	for (int i = 0; i < rows->nargs; i++)
	{
		if (BtrRowsTakeNull(rows, i))
			return true;
	}
	return false;
}

/*
 * Returns the call if the range table entry is nothing but a call that can be run here,
 * and its kind; otherwise NULL.
 */
static FuncExpr *
scannable_call(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte,
			   const FunctionKind **kind)
{
	RangeTblFunction *function;
	FuncExpr   *call;
	HeapTuple	tuple;
	bool		plain;
	Bitmapset  *columns = NULL;
	ListCell   *lc;

	if (rte->rtekind != RTE_FUNCTION || rte->funcordinality ||
		list_length(rte->functions) != 1)
		return NULL;
	function = linitial_node(RangeTblFunction, rte->functions);
	if (function->funccolnames != NIL || !IsA(function->funcexpr, FuncExpr))
		return NULL;
	call = (FuncExpr *) function->funcexpr;
	*kind = function_kind(call);
	if (*kind == NULL)
		return NULL;

	/* whoever has given it another user or settings gets an ordinary call */
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(call->funcid));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	plain = !((Form_pg_proc) GETSTRUCT(tuple))->prosecdef &&
		heap_attisnull(tuple, Anum_pg_proc_proconfig, NULL) &&
		((Form_pg_proc) GETSTRUCT(tuple))->provolatile != PROVOLATILE_VOLATILE &&
		((Form_pg_proc) GETSTRUCT(tuple))->proisstrict == !takes_nulls((*kind)->rows);
	ReleaseSysCache(tuple);
	if (!plain || FmgrHookIsNeeded(call->funcid))
		return NULL;

	/* A scan of no relation cannot give a row as a whole. */
	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &columns);
	foreach(lc, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, lc)->clause, rel->relid, &columns);
	if (bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber, columns))
		return NULL;

	return call;
}

/*
 * Returns the call if the relation is nothing but a call of btrdb_values() that can be
 * run by a scan of ours, or NULL.
 */
FuncExpr *
BtrValuesCall(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	const FunctionKind *kind;
	FuncExpr   *call = scannable_call(root, rel, rte, &kind);

	return call != NULL && kind->rows == &BtrValuesRows ? call : NULL;
}

/*
 * Returns the columns of the points that a call gives.
 */
static BtrPointColumns
point_columns(const BtrRowKind *rows, List *args)
{
	BtrPointColumns columns = {.time = 1, .value = 2};

	columns.time_type = BtrCallTimeType(rows, args);
	return columns;
}

/*
 * Turns a path into a plan.
 */
static Plan *
plan_path(PlannerInfo *root, RelOptInfo *rel, struct CustomPath *best_path, List *tlist,
		  List *clauses, List *custom_plans)
{
	RangeTblEntry *rte = planner_rt_fetch(rel->relid, root);
	RangeTblFunction *function = linitial_node(RangeTblFunction, rte->functions);
	FuncExpr   *call = castNode(FuncExpr, function->funcexpr);
	CustomScan *scan = makeNode(CustomScan);
	const FunctionKind *kind = function_kind(call);
	BtrPointColumns columns = point_columns(kind->rows, call->args);
	List	   *filter = NIL;
	ListCell   *lc;

	/* the arguments, and what chooses */
	scan->custom_exprs = list_copy(call->args);
	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (kind->rows->chooses && BtrClauseChooses(root, rel, rinfo, &columns))
			scan->custom_exprs = lappend(scan->custom_exprs, rinfo->clause);
		else
			filter = lappend(filter, rinfo);
	}
	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = extract_actual_clauses(filter, false);
	scan->scan.scanrelid = 0;
	scan->flags = best_path->flags;
	scan->custom_private = list_make2(list_make1_oid(call->funcid),
									  linitial(best_path->custom_private));
	for (int i = 0; i < kind->rows->ncolumns; i++)
	{
		Oid			type = kind->rows->columns[i] == BTR_COLUMN_TIME ? columns.time_type :
			kind->rows->columns[i];
		Var		   *column = makeVar(rel->relid, i + 1, type, -1, InvalidOid, 0);

		scan->custom_scan_tlist = lappend(scan->custom_scan_tlist,
										  makeTargetEntry((Expr *) column, i + 1, NULL, false));
	}
	scan->custom_relids = bms_make_singleton(rel->relid);
	scan->methods = &kind->scan;
	return &scan->scan.plan;
}

/*
 * Estimates the number of streams of a call.
 */
static double
estimate_streams(PlannerInfo *root, const BtrRowKind *rows, const FuncExpr *call)
{
	return rows->args[0] != BTR_ARG_STREAMS ? 1 :
		BtrEstimateArrayLength(root, estimate_expression_value(root, linitial(call->args)));
}

/*
 * Adds the path that runs a call, of no use backward unless the query wants that
 * order, or a partial one, which gives some of the streams to each process.
 */
static void
add_call_path(PlannerInfo *root, RelOptInfo *rel, const FuncExpr *call,
			  const FunctionKind *kind, bool backward, bool parallel)
{
	CustomPath *path = makeNode(CustomPath);
	double		streams = Max(estimate_streams(root, kind->rows, call), 1);
	/* of further streams: the pages of rows and indexes that lead to them are most often the same */
	double		opening = seq_page_cost * (streams - 1);
	double		divisor = 1;
	QualCost	cost;

	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.param_info = get_baserel_parampathinfo(root, rel, rel->lateral_relids);
	path->path.parallel_safe = rel->consider_parallel;
	path->path.rows = path->path.param_info != NULL ? path->path.param_info->ppi_rows : rel->rows;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->custom_private = list_make1(makeInteger(backward));
	path->methods = &kind->path;

	if (!kind->rows->unordered && !kind->rows->by_stream)
		path->path.pathkeys =
			truncate_useless_pathkeys(root, rel,
									  BtrColumnPathkeys(root, rel, 1,
														BtrCallTimeType(kind->rows, call->args),
														backward));
	if (backward && path->path.pathkeys == NIL)
		return;

	if (parallel)
	{
		int			workers =
			compute_parallel_worker(rel, ceil(2 * streams + kind->pages_per_row * rel->tuples), -1,
									max_parallel_workers_per_gather);

		/* a stream is not divided */
		path->path.parallel_workers = Min(workers, streams - 1);
		if (path->path.parallel_workers <= 0)
			return;
		path->path.parallel_aware = true;
		divisor = BtrParallelDivisor(path->path.parallel_workers);
		path->path.rows = clamp_row_est(path->path.rows / divisor);
	}

	cost_qual_eval_node(&cost, (Node *) call->args, root);
	path->path.startup_cost = cost.startup + cost.per_tuple + 2 * random_page_cost +
		rel->baserestrictcost.startup + rel->reltarget->cost.startup;
	/* side by side, all streams are opened before the first row */
	if (!kind->rows->by_stream)
		path->path.startup_cost += opening;
	path->path.total_cost = path->path.startup_cost +
		((kind->pages_per_row * seq_page_cost + cpu_tuple_cost +
		  rel->baserestrictcost.per_tuple) * rel->tuples +
		 (kind->rows->by_stream ? opening : 0)) / divisor +
		rel->reltarget->cost.per_tuple * path->path.rows;
	if (parallel)
		add_partial_path(rel, &path->path);
	else
		add_path(rel, &path->path);
}

/*
 * Says whether the query does something with the rows that does not keep their order, or need not.
 * The streams of one that does not come in the order of the array.
 */
static bool
order_may_change(const PlannerInfo *root)
{
	const Query *parse = root->parse;

	return parse->hasAggs || parse->groupClause != NIL || parse->groupingSets != NIL ||
		parse->distinctClause != NIL || parse->hasWindowFuncs || parse->sortClause != NIL ||
		bms_membership(root->all_baserels) == BMS_MULTIPLE;
}

/*
 * Replaces the path to a function call by custom scans, if it can be one.
 */
void
BtrAddFunctionPath(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	const FunctionKind *kind;
	FuncExpr   *call;

	/* Rows that another row's change may have to be checked again with are stored. */
	if (root->rowMarks != NIL || IS_DUMMY_REL(rel))
		return;
	call = scannable_call(root, rel, rte, &kind);
	if (call == NULL)
		return;

	rel->pathlist = NIL;
	add_call_path(root, rel, call, kind, false, false);
	if (kind->rows->either_way)
		add_call_path(root, rel, call, kind, true, false);
	if (kind->rows->by_stream && rel->consider_parallel && bms_is_empty(rel->lateral_relids) &&
		order_may_change(root))
		add_call_path(root, rel, call, kind, false, true);
}

/* ---- execution ---- */

/*
 * Checks that the user may execute a function, and tells who wants to know that it is
 * executed.
 */
void
BtrBeginCall(Oid function)
{
	AclResult	result = BtrProcAclCheck(function, GetUserId(), ACL_EXECUTE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FUNCTION, get_func_name(function));
	InvokeFunctionExecuteHook(function);
}

/*
 * Checks that the user may execute the function, and prepares its arguments.
 */
static void
begin_function_scan(CustomScanState *node, EState *estate, int eflags)
{
	CallScanState *state = (CallScanState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);
	const BtrRowKind *rows = state->kind->rows;
	List	   *args = list_copy_head(plan->custom_exprs, rows->nargs);
	List	   *clauses = list_copy_tail(plan->custom_exprs, rows->nargs);

	BtrBeginCall(linitial_oid(linitial(plan->custom_private)));
	state->backward = intVal(lsecond(plan->custom_private)) != 0;
	state->args = ExecInitExprList(args, &node->ss.ps);
	types_of(rows, args, state->argtypes);
	state->columns = point_columns(rows, args);
	if (clauses != NIL)
		state->quals = BtrQualsInit(clauses, INDEX_VAR, &state->columns, &node->ss.ps);
	state->context = AllocSetContextCreate(estate->es_query_cxt, "btrdb scan of a function",
										   ALLOCSET_DEFAULT_SIZES);
}

/*
 * Computes the arguments and opens what they ask for.
 */
static void
start_scan(CallScanState *state)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	Datum		args[BTR_ROWS_MAX_ARGS];
	bool		isnull = false;

	state->started = true;
	for (int i = 0; i < state->kind->rows->nargs && !isnull; i++)
	{
		args[i] = ExecEvalExprSwitchContext(list_nth(state->args, i), econtext, &isnull);
		if (isnull && BtrRowsTakeNull(state->kind->rows, i))
		{
			args[i] = (Datum) 0;
			isnull = false;
		}
	}
	if (!isnull)
	{
		BtrScanChoice choice = {.start = BTR_TIME_MIN, .end = BTR_TIME_MAX};

		choice.low = -get_float8_infinity();
		choice.high = get_float8_infinity();
		if (state->quals != NULL)
			BtrQualsChoose(state->quals, econtext, &choice);
		PushActiveSnapshot(state->css.ss.ps.state->es_snapshot);
		state->rows = BtrRowsBegin(state->kind->rows, state->argtypes, args, state->backward,
								   state->quals != NULL ? &choice : NULL, state->share);
		PopActiveSnapshot();
	}
	MemoryContextSwitchTo(old);
}

/*
 * Puts the next row into the scan's slot and returns it; it is empty at the end.
 */
static TupleTableSlot *
next_row(ScanState *node)
{
	CallScanState *state = (CallScanState *) node;
	TupleTableSlot *slot = node->ss_ScanTupleSlot;
	MemoryContext old;
	bool		found;

	ExecClearTuple(slot);
	if (!state->started)
	{
		if (state->shut_down)
			return slot;
		start_scan(state);
	}
	if (state->rows == NULL)
		return slot;

	old = MemoryContextSwitchTo(state->context);
	found = BtrRowsNext(state->rows, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(old);
	return found ? ExecStoreVirtualTuple(slot) : slot;
}

/*
 * Is asked to check a row of a join again, which there is no plan for.
 */
static bool
recheck_row(ScanState *node, TupleTableSlot *slot)
{
	elog(ERROR, "unexpected recheck of a row of %s",
		 ((CallScanState *) node)->kind->rows->name);
	return false;
}

/*
 * Returns the next row that fulfils all conditions.
 */
static TupleTableSlot *
exec_function_scan(CustomScanState *node)
{
	return ExecScan(&node->ss, next_row, recheck_row);
}

/*
 * Adds what the current scan has read so far, in all processes.
 */
static BtrRowCounts
total_counts(const CallScanState *state)
{
	BtrRowCounts total = state->before;

	if (state->rows != NULL)
		BtrRowsCount(state->rows, &total);
	else if (state->share != NULL)
		BtrRowsShareCount(state->share, &total);
	return total;
}

/*
 * Ends the current scan.
 */
static void
close_scan(CallScanState *state)
{
	ExecClearTuple(state->css.ss.ss_ScanTupleSlot);
	if (state->rows != NULL)
		BtrRowsEnd(state->rows);
	state->rows = NULL;
	state->started = false;
	MemoryContextReset(state->context);
}

/*
 * Prepares to scan anew.  What is shared is reset by reinitialize_function_scan(), before
 * or after this.
 */
static void
rescan_function_scan(CustomScanState *node)
{
	CallScanState *state = (CallScanState *) node;

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
estimate_function_scan(CustomScanState *node, ParallelContext *pcxt)
{
	return BtrRowsShareSize();
}

/*
 * Prepares to divide the streams among parallel processes.
 */
static void
initialize_function_scan(CustomScanState *node, ParallelContext *pcxt, void *coordinate)
{
	CallScanState *state = (CallScanState *) node;

	state->share = coordinate;
	BtrRowsShareInit(state->share);
}

/*
 * Prepares to do so anew.
 */
static void
reinitialize_function_scan(CustomScanState *node, ParallelContext *pcxt, void *coordinate)
{
	CallScanState *state = (CallScanState *) node;

	state->before = total_counts(state);
	close_scan(state);
	BtrRowsShareInit(state->share);
}

/*
 * Joins the leader's scan, as a worker.
 */
static void
join_function_scan(CustomScanState *node, shm_toc *toc, void *coordinate)
{
	((CallScanState *) node)->share = coordinate;
}

/*
 * Takes leave of what is shared, which may be gone after this.
 */
static void
shutdown_function_scan(CustomScanState *node)
{
	CallScanState *state = (CallScanState *) node;

	if (state->share == NULL)
		return;
	state->before = total_counts(state);
	close_scan(state);
	state->share = NULL;
	state->shut_down = true;
}

/*
 * Ends the scan.
 */
static void
end_function_scan(CustomScanState *node)
{
	CallScanState *state = (CallScanState *) node;

	close_scan(state);
	MemoryContextDelete(state->context);
}

/*
 * Shows the arguments and, once it has run, what was read.
 */
static void
explain_function_scan(CustomScanState *node, List *ancestors, struct ExplainState *es)
{
	CallScanState *state = (CallScanState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);
	const BtrRowKind *rows = state->kind->rows;

	BtrExplainCall(rows, plan->custom_exprs, node, ancestors, es);
	if (state->quals != NULL)
		BtrQualsExplain(list_copy_tail(plan->custom_exprs, rows->nargs), INDEX_VAR,
						&state->columns, node, ancestors, es);
	if (state->backward && !rows->one_row)
		ExplainPropertyText("Backward", "time", es);

	if (es->analyze && rows->count != NULL)
	{
		BtrRowCounts counts = total_counts(state);

		if (rows->args[0] == BTR_ARG_STREAMS)
			ExplainPropertyInteger("Streams Read", NULL, counts.streams, es);
		if (!rows->of_points)
			ExplainPropertyInteger("Nodes Read", NULL, counts.read.nodes, es);
		ExplainPropertyInteger("Leaves Read", NULL, counts.read.leaves, es);
		if (counts.read.prefetched > 0)
			ExplainPropertyInteger("Pages Prefetched", NULL, counts.read.prefetched, es);
		if (rows->of_points && rows != &BtrLttbRows)
			ExplainPropertyInteger("Points Read", NULL, counts.points, es);
	}
}

/*
 * Makes the state of a scan.
 */
static Node *
create_function_scan(CustomScan *plan)
{
	CallScanState *state = (CallScanState *) newNode(sizeof(CallScanState),
															   T_CustomScanState);

	for (int i = 0; i < lengthof(kinds); i++)
	{
		if (plan->methods == &kinds[i].scan)
			state->kind = &kinds[i];
	}
	if (state->kind == NULL)
		elog(ERROR, "unrecognized scan of a function: %s", plan->methods->CustomName);
	state->css.methods = &state->kind->exec;
	return (Node *) state;
}

/*
 * Makes the custom scans known, also to parallel workers.
 */
void
BtrRegisterFunctionScans(void)
{
	for (int i = 0; i < lengthof(kinds); i++)
		RegisterCustomScanMethods(&kinds[i].scan);
}
