/*
 * function.c
 *		Calls of btrdb_values() in FROM, run as custom scans: rows are delivered
 *		as they are read, ordered by time, and not stored in between.
 *
 * Everything that the call would do is done here: the right to execute it is
 * checked, arguments are computed once per (re)scan, a NULL among them gives no row.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_operator_d.h"
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
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/uuid.h"

#include "plan/plan.h"
#include "stream/stream.h"
#include "types/check.h"

#define VALUES_ARGS		4

typedef struct BtrValuesState
{
	CustomScanState css;

	/* Info */
	Oid			function;
	List	   *args;			/* of ExprState */
	Relation	rel;

	/* The current scan */
	bool		started;
	BtrView		view;
	BtrViewScan *scan;			/* NULL if there are no (more) rows */
	MemoryContext context;		/* reset with each rescan */

	/* What this node read, the current scan not included */
	int64		leaves;
	int64		rows;
} BtrValuesState;

extern Datum btrdb_values_support(PG_FUNCTION_ARGS);

/* ---- planning ---- */

/*
 * Returns the call if the range table entry is nothing but a call of
 * btrdb_values() that can be run here, or NULL.
 */
static FuncExpr *
values_call(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	RangeTblFunction *function;
	FuncExpr   *call;
	Oid			support;
	FmgrInfo	flinfo;
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

	/* the function is known by its support function */
	call = (FuncExpr *) function->funcexpr;
	support = get_func_support(call->funcid);
	if (!OidIsValid(support))
		return NULL;
	fmgr_info(support, &flinfo);
	if (flinfo.fn_addr != btrdb_values_support ||
		list_length(call->args) != VALUES_ARGS ||
		exprType(linitial(call->args)) != UUIDOID)
		return NULL;
	for_each_from(lc, call->args, 1)
	{
		if (exprType(lfirst(lc)) != INT8OID)
			return NULL;
	}

	/* whoever has given it another user or settings gets an ordinary call */
	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(call->funcid));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	plain = !((Form_pg_proc) GETSTRUCT(tuple))->prosecdef &&
		heap_attisnull(tuple, Anum_pg_proc_proconfig, NULL) &&
		((Form_pg_proc) GETSTRUCT(tuple))->provolatile != PROVOLATILE_VOLATILE &&
		((Form_pg_proc) GETSTRUCT(tuple))->proisstrict;
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
	Var		   *time = makeVar(rel->relid, 1, INT8OID, -1, InvalidOid, 0);
	Var		   *value = makeVar(rel->relid, 2, FLOAT8OID, -1, InvalidOid, 0);

	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = extract_actual_clauses(clauses, false);
	scan->scan.scanrelid = 0;
	scan->flags = best_path->flags;
	scan->custom_exprs = call->args;
	scan->custom_private = list_make1_oid(call->funcid);
	scan->custom_scan_tlist =
		list_make2(makeTargetEntry((Expr *) time, 1, NULL, false),
				   makeTargetEntry((Expr *) value, 2, NULL, false));
	scan->custom_relids = bms_make_singleton(rel->relid);
	scan->methods = &BtrValuesScanMethods;
	return &scan->scan.plan;
}

static const CustomPathMethods path_methods = {
	.CustomName = "btrdb_values",
	.PlanCustomPath = plan_path,
};

/*
 * Replaces the path to a call of btrdb_values() by a custom scan, if it can be
 * one.
 */
void
BtrAddFunctionPath(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte)
{
	CustomPath *path;
	Var		   *time;
	QualCost	cost;
	FuncExpr   *call;

	/* Rows that another row's change may have to be checked again with are stored. */
	if (root->rowMarks != NIL || IS_DUMMY_REL(rel))
		return;
	call = values_call(root, rel, rte);
	if (call == NULL)
		return;

	path = makeNode(CustomPath);
	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.param_info = get_baserel_parampathinfo(root, rel, rel->lateral_relids);
	path->path.parallel_safe = rel->consider_parallel;
	path->path.rows = path->path.param_info != NULL ? path->path.param_info->ppi_rows : rel->rows;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->methods = &path_methods;

	time = makeVar(rel->relid, 1, INT8OID, -1, InvalidOid, 0);
	path->path.pathkeys = BtrBuildExpressionPathkey(root, (Expr *) time, Int8LessOperator,
													rel->relids);

	cost_qual_eval_node(&cost, (Node *) call->args, root);
	path->path.startup_cost = cost.startup + cost.per_tuple + 2 * random_page_cost +
		rel->baserestrictcost.startup + rel->reltarget->cost.startup;
	path->path.total_cost = path->path.startup_cost +
		(cpu_tuple_cost + rel->baserestrictcost.per_tuple) * rel->tuples +
		rel->reltarget->cost.per_tuple * path->path.rows;

	rel->pathlist = NIL;
	add_path(rel, &path->path);
}

/* ---- execution ---- */

/*
 * Checks that the user may execute the function, and prepares its arguments.
 */
static void
begin_values_scan(CustomScanState *node, EState *estate, int eflags)
{
	BtrValuesState *state = (BtrValuesState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);
	AclResult	result;

	state->function = linitial_oid(plan->custom_private);
	result = BtrProcAclCheck(state->function, GetUserId(), ACL_EXECUTE);
	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FUNCTION, get_func_name(state->function));
	InvokeFunctionExecuteHook(state->function);

	state->args = ExecInitExprList(plan->custom_exprs, &node->ss.ps);
	state->context = AllocSetContextCreate(estate->es_query_cxt, "btrdb_values scan",
										   ALLOCSET_DEFAULT_SIZES);
	if ((eflags & EXEC_FLAG_EXPLAIN_ONLY) == 0)
		state->rel = table_open(BtrGetCatalog()->points, AccessShareLock);
}

/*
 * Computes the arguments and opens what they ask for.
 */
static void
start_scan(BtrValuesState *state)
{
	MemoryContext old = MemoryContextSwitchTo(state->context);
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	Datum		value[VALUES_ARGS];
	pg_uuid_t  *stream;
	int64		start;
	int64		end;

	state->started = true;
	for (int i = 0; i < VALUES_ARGS; i++)
	{
		bool		isnull;

		value[i] = ExecEvalExprSwitchContext(list_nth(state->args, i), econtext, &isnull);
		if (isnull)
		{
			MemoryContextSwitchTo(old);
			return;
		}
	}
	stream = DatumGetUUIDP(value[0]);
	start = DatumGetInt64(value[1]);
	end = DatumGetInt64(value[2]);
	BtrCheckRange(start, end);

	PushActiveSnapshot(state->css.ss.ps.state->es_snapshot);
	table_close(BtrStoreOpen(stream, AccessShareLock, ACL_SELECT), NoLock);
	BtrViewOpen(state->rel, stream, DatumGetInt64(value[3]), &state->view);
	state->scan = BtrViewScanBegin(&state->view, start, end);
	PopActiveSnapshot();
	MemoryContextSwitchTo(old);
}

/*
 * Puts the next row into the scan's slot and returns it; it is empty at the end.
 */
static TupleTableSlot *
next_row(ScanState *node)
{
	BtrValuesState *state = (BtrValuesState *) node;
	TupleTableSlot *slot = node->ss_ScanTupleSlot;
	MemoryContext old;
	BtrPoint	point;
	bool		found;

	ExecClearTuple(slot);
	CHECK_FOR_INTERRUPTS();
	if (!state->started)
		start_scan(state);
	if (state->scan == NULL)
		return slot;

	old = MemoryContextSwitchTo(state->context);
	found = BtrViewScanNext(state->scan, &point);
	MemoryContextSwitchTo(old);
	if (!found)
		return slot;

	state->rows++;
	slot->tts_values[0] = Int64GetDatum(point.time);
	slot->tts_values[1] = Float8GetDatum(point.value);
	slot->tts_isnull[0] = slot->tts_isnull[1] = false;
	return ExecStoreVirtualTuple(slot);
}

/*
 * Is asked to check a row of a join again, which there is no plan for.
 */
static bool
recheck_row(ScanState *node, TupleTableSlot *slot)
{
	elog(ERROR, "unexpected recheck of a row of btrdb_values");
	return false;
}

/*
 * Returns the next row that fulfils all conditions.
 */
static TupleTableSlot *
exec_values_scan(CustomScanState *node)
{
	return ExecScan(&node->ss, next_row, recheck_row);
}

/*
 * Prepares to scan anew.
 */
static void
rescan_values_scan(CustomScanState *node)
{
	BtrValuesState *state = (BtrValuesState *) node;

	ExecClearTuple(node->ss.ss_ScanTupleSlot);
	if (state->scan != NULL)
		state->leaves += BtrViewScanLeaves(state->scan);
	state->scan = NULL;
	state->started = false;
	MemoryContextReset(state->context);
	ExecScanReScan(&node->ss);
}

/*
 * Ends the scan.  The lock is kept to the end of the transaction.
 */
static void
end_values_scan(CustomScanState *node)
{
	BtrValuesState *state = (BtrValuesState *) node;

	MemoryContextDelete(state->context);
	if (state->rel != NULL)
		table_close(state->rel, NoLock);
}

/*
 * Shows the arguments and, once it has run, what was read.
 */
static void
explain_values_scan(CustomScanState *node, List *ancestors, struct ExplainState *es)
{
	BtrValuesState *state = (BtrValuesState *) node;
	CustomScan *plan = castNode(CustomScan, node->ss.ps.plan);
	Node	   *version = list_nth(plan->custom_exprs, 3);

	BtrExplainExpr("Stream", linitial(plan->custom_exprs), node, ancestors, es);
	BtrExplainExpr("Start", lsecond(plan->custom_exprs), node, ancestors, es);
	BtrExplainExpr("End", lthird(plan->custom_exprs), node, ancestors, es);
	if (IsA(version, Const) && !((Const *) version)->constisnull &&
		DatumGetInt64(((Const *) version)->constvalue) == BTR_VERSION_LATEST)
		ExplainPropertyText("Version", "latest", es);
	else
		BtrExplainExpr("Version", version, node, ancestors, es);

	if (es->analyze)
	{
		int64		leaves = state->leaves;

		if (state->scan != NULL)
			leaves += BtrViewScanLeaves(state->scan);
		ExplainPropertyInteger("Leaves Read", NULL, leaves, es);
		ExplainPropertyInteger("Points Read", NULL, state->rows, es);
	}
}

static const CustomExecMethods exec_methods = {
	.CustomName = "btrdb_values",
	.BeginCustomScan = begin_values_scan,
	.ExecCustomScan = exec_values_scan,
	.EndCustomScan = end_values_scan,
	.ReScanCustomScan = rescan_values_scan,
	.ExplainCustomScan = explain_values_scan,
};

/*
 * Makes the state of a scan.
 */
static Node *
create_values_scan(CustomScan *plan)
{
	BtrValuesState *state = (BtrValuesState *) newNode(sizeof(BtrValuesState),
														 T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

const CustomScanMethods BtrValuesScanMethods = {
	.CustomName = "btrdb_values",
	.CreateCustomScanState = create_values_scan,
};
