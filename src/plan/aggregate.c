/*
 * aggregate.c
 *		Paths that answer aggregates of points by the statistics in the trees.
 *
 * A query gets one if it reads btrdb.points or btrdb_values() alone, if all of its
 * conditions say which streams and times, and if it asks for nothing but aggregates
 * that a summary tells, by stream and by bucket of time.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "optimizer/tlist.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/typcache.h"

#include "plan/aggregate.h"
#include "plan/plan.h"

/* What a query asks for. */
typedef struct Question
{
	/* Info */
	PlannerInfo *root;
	RelOptInfo *rel;
	FuncExpr   *call;			/* NULL: btrdb.points */
	AttrNumber	stream;			/* columns; 0: there is none */
	AttrNumber	time;
	AttrNumber	value;

	/* Where */
	List	   *clauses;
	bool		single;			/* stream */
	double		nstreams;

	/* Grouped by what */
	bool		by_stream;
	Expr	   *bucket;
	Oid			bucket_equal;
	bool		bucket_rises;

	/* Results: expressions, and a BtrResult for each */
	List	   *exprs;
	List	   *results;
} Question;

/*
 * Takes the conditions; false if one of them does more than choose streams and times,
 * or there are several about the stream.
 */
static bool
take_conditions(Question *q)
{
	ListCell   *lc;

	q->single = q->call != NULL;
	q->nstreams = 1;
	foreach(lc, q->rel->baserestrictinfo)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		Expr	   *arg;
		int			kind;

		if (q->call != NULL)
			return false;
		kind = BtrMatchClause(q->root, q->rel, rinfo, &arg);
		switch (kind)
		{
			case BTR_QUAL_NONE:
				return false;
			case BTR_QUAL_STREAM:
			case BTR_QUAL_STREAM_ANY:
				if (q->single || q->nstreams > 1)
					return false;
				if (kind == BTR_QUAL_STREAM)
					q->single = true;
				else
					q->nstreams = Max(BtrEstimateArrayLength(q->root, (Node *) arg), 2);
				break;
			default:
				break;
		}
		q->clauses = lappend(q->clauses, rinfo->clause);
	}
	return true;
}

/*
 * Takes what the query groups by; false if it is something else than the stream and
 * a bucket of time.
 */
static bool
take_groups(Question *q)
{
	ListCell   *lc;

	foreach(lc, q->root->parse->groupClause)
	{
		SortGroupClause *group = lfirst_node(SortGroupClause, lc);
		Node	   *expr = get_sortgroupclause_expr(group, q->root->processed_tlist);
		Var		   *var = (Var *) expr;

		if (IsA(expr, Var) && var->varno == q->rel->relid && var->varattno == q->stream &&
			var->varlevelsup == 0 && get_opcode(group->eqop) == F_UUID_EQ)
			q->by_stream = true;
		else if (q->bucket == NULL &&
				 BtrIsBucket(expr, q->rel->relid, q->time, &q->bucket_rises))
		{
			q->bucket = (Expr *) expr;
			q->bucket_equal = group->eqop;
		}
		else
			return false;
	}

	/* one bucket's points of several streams do not lie side by side */
	return q->bucket == NULL || q->by_stream || q->single;
}

/*
 * Says whether an expression is a column of the relation.
 */
static bool
is_column(const Question *q, Expr *expr, AttrNumber attno)
{
	Var		   *var = (Var *) expr;

	return expr != NULL && IsA(expr, Var) && var->varno == q->rel->relid &&
		var->varlevelsup == 0 && var->varattno == attno;
}

/*
 * Says which result an aggregate is.
 */
static BtrResult
result_of(const Question *q, Aggref *agg)
{
	Expr	   *arg = NULL;
	BtrResult	result;

	if (agg->aggsplit != AGGSPLIT_SIMPLE || agg->agglevelsup != 0 ||
		agg->aggfilter != NULL || agg->aggorder != NIL || agg->aggdistinct != NIL ||
		agg->aggdirectargs != NIL || list_length(agg->args) > 1)
		return BTR_RESULT_NONE;
	if (agg->args != NIL)
		arg = linitial_node(TargetEntry, agg->args)->expr;

	switch (agg->aggfnoid)
	{
		case F_COUNT_:
			return BTR_RESULT_COUNT;
		case F_COUNT_ANY:
			/* no column is ever NULL */
			if (is_column(q, arg, q->time) || is_column(q, arg, q->value) ||
				(q->stream != 0 && is_column(q, arg, q->stream)) ||
				(IsA(arg, Const) && !((Const *) arg)->constisnull))
				return BTR_RESULT_COUNT;
			return BTR_RESULT_NONE;
		case F_MIN_INT8:
		case F_MIN_TIMESTAMPTZ:
			return is_column(q, arg, q->time) ? BTR_RESULT_MIN_TIME : BTR_RESULT_NONE;
		case F_MAX_INT8:
		case F_MAX_TIMESTAMPTZ:
			return is_column(q, arg, q->time) ? BTR_RESULT_MAX_TIME : BTR_RESULT_NONE;
		case F_MIN_FLOAT8:
			result = BTR_RESULT_MIN;
			break;
		case F_MAX_FLOAT8:
			result = BTR_RESULT_MAX;
			break;
		case F_SUM_FLOAT8:
			result = BTR_RESULT_SUM;
			break;
		case F_AVG_FLOAT8:
			result = BTR_RESULT_AVG;
			break;
		case F_VAR_POP_FLOAT8:
			result = BTR_RESULT_VAR_POP;
			break;
		case F_VAR_SAMP_FLOAT8:
		case F_VARIANCE_FLOAT8:
			result = BTR_RESULT_VAR_SAMP;
			break;
		case F_STDDEV_POP_FLOAT8:
			result = BTR_RESULT_STDDEV_POP;
			break;
		case F_STDDEV_SAMP_FLOAT8:
		case F_STDDEV_FLOAT8:
			result = BTR_RESULT_STDDEV_SAMP;
			break;
		default:
			return BTR_RESULT_NONE;
	}
	return is_column(q, arg, q->value) ? result : BTR_RESULT_NONE;
}

/*
 * Takes the bucket and the aggregates that the query's target and HAVING name; false
 * if one of these cannot be had.
 */
static bool
take_results(Question *q, PathTarget *target, List *having)
{
	List	   *exprs = list_concat(pull_var_clause((Node *) target->exprs,
													PVC_INCLUDE_AGGREGATES |
													PVC_RECURSE_WINDOWFUNCS |
													PVC_RECURSE_PLACEHOLDERS),
									pull_var_clause((Node *) having,
													PVC_INCLUDE_AGGREGATES |
													PVC_RECURSE_WINDOWFUNCS |
													PVC_RECURSE_PLACEHOLDERS));
	ListCell   *lc;

	if (q->bucket != NULL)
	{
		q->exprs = list_make1(q->bucket);
		q->results = list_make1_int(BTR_RESULT_BUCKET);
	}
	foreach(lc, exprs)
	{
		Expr	   *expr = lfirst(lc);
		BtrResult	result;

		/* columns are part of what is grouped by */
		if (!IsA(expr, Aggref) || list_member(q->exprs, expr))
			continue;
		result = result_of(q, (Aggref *) expr);
		if (result == BTR_RESULT_NONE)
			return false;
		q->exprs = lappend(q->exprs, expr);
		q->results = lappend_int(q->results, result);
	}
	return true;
}

/*
 * Appends the order by an expression, ascending, to pathkeys; *more becomes false if
 * what follows has no order.
 */
static List *
append_pathkey(const Question *q, List *pathkeys, Expr *expr, bool *more)
{
	List	   *keys;

	if (!*more)
		return pathkeys;
	keys = BtrBuildExpressionPathkey(q->root, expr,
									 lookup_type_cache(exprType((Node *) expr),
													   TYPECACHE_LT_OPR)->lt_opr,
									 q->rel->relids);
	if (keys == NIL)
		*more = false;
	else if (linitial_node(PathKey, keys)->pk_eclass->ec_has_const)
		return pathkeys;
	return list_concat(pathkeys, keys);
}

/*
 * Returns the order of the rows: by stream and bucket.
 */
static List *
result_pathkeys(const Question *q)
{
	List	   *pathkeys = NIL;
	bool		more = true;

	if (q->by_stream && !q->single)
		pathkeys = append_pathkey(q, pathkeys,
								  (Expr *) makeVar(q->rel->relid, q->stream, UUIDOID, -1,
												   InvalidOid, 0), &more);
	if (q->bucket != NULL && q->bucket_rises)
		pathkeys = append_pathkey(q, pathkeys, q->bucket, &more);
	return pathkeys;
}

/*
 * Sets rows and costs of the path.  It reads a leaf or two at the ends of each
 * group, never more than all; so it costs less than any other path does.
 */
static void
estimate(const Question *q, RelOptInfo *output, Path *path)
{
	double		points = clamp_row_est(q->rel->rows);
	double		leaves;
	ListCell   *lc;

	path->rows = ((Path *) linitial(output->pathlist))->rows;
	leaves = Min(2 * path->rows, ceil(points / BTR_POINTS_PER_LEAF));
	path->startup_cost = 2 * random_page_cost + output->reltarget->cost.startup;
	path->total_cost = path->startup_cost + 2 * random_page_cost * (q->nstreams - 1) +
		seq_page_cost * leaves +
		(cpu_tuple_cost + output->reltarget->cost.per_tuple) * path->rows;
	foreach(lc, output->pathlist)
	{
		Path	   *other = lfirst(lc);

		path->startup_cost = Min(path->startup_cost, 0.9 * other->startup_cost);
		path->total_cost = Min(path->total_cost, 0.9 * other->total_cost);
	}
	path->startup_cost = Min(path->startup_cost, path->total_cost);
}

/* The path's private data: after that of the plan, in this order. */
#define PATH_EXPRS		(BTR_AGG_EQUAL + 1) /* of the results */
#define PATH_COLUMNS	(BTR_AGG_EQUAL + 2) /* of the relation */
#define PATH_QUALS		(BTR_AGG_EQUAL + 3) /* conditions, or arguments of the call */
#define PATH_HAVING		(BTR_AGG_EQUAL + 4)

/*
 * Turns a path into a plan.  Its rows have the relation's own columns, then the
 * results; conditions refer to the former.
 */
static Plan *
plan_path(PlannerInfo *root, RelOptInfo *rel, struct CustomPath *best_path, List *tlist,
		  List *clauses, List *custom_plans)
{
	CustomScan *scan = makeNode(CustomScan);
	List	   *private = best_path->custom_private;
	List	   *exprs = list_concat_copy(list_nth(private, PATH_COLUMNS),
										 list_nth(private, PATH_EXPRS));
	Node	   *bucket = copyObject(list_nth(private, BTR_AGG_BUCKET));
	ListCell   *lc;

	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = copyObject(list_nth(private, PATH_HAVING));
	scan->scan.scanrelid = 0;
	scan->flags = best_path->flags;
	scan->methods = &BtrAggregateMethods;

	/* the bucket is among them only to make the plan depend on its parameters */
	scan->custom_exprs = list_copy(list_nth(private, PATH_QUALS));
	if (bucket != NULL)
		scan->custom_exprs = lappend(scan->custom_exprs, copyObject(bucket));
	fix_opfuncids(bucket);
	scan->custom_private = list_copy_head(private, BTR_AGG_EQUAL + 1);
	lfirst(list_nth_cell(scan->custom_private, BTR_AGG_BUCKET)) = bucket;

	foreach(lc, exprs)
		scan->custom_scan_tlist =
			lappend(scan->custom_scan_tlist,
					makeTargetEntry(copyObject(lfirst(lc)),
									list_length(scan->custom_scan_tlist) + 1, NULL, false));
	return &scan->scan.plan;
}

static const CustomPathMethods path_methods = {
	.CustomName = "btrdb_aggregate",
	.PlanCustomPath = plan_path,
};

/*
 * Adds the path that answers a query's aggregates by statistics, if it can.
 */
void
BtrAddAggregatePath(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
					GroupPathExtraData *extra, FuncExpr *call)
{
	Query	   *parse = root->parse;
	Index		rti = input->relid;
	Question	q = {.root = root, .rel = input, .call = call};
	List	   *columns = NIL;
	Oid			time_type;
	CustomPath *path;
	int			flags = 0;

	if (parse->groupingSets != NIL || parse->hasTargetSRFs || root->rowMarks != NIL ||
		(!parse->hasAggs && parse->groupClause == NIL) ||
		extra->patype != PARTITIONWISE_AGGREGATE_NONE ||
		planner_rt_fetch(rti, root)->securityQuals != NIL ||
		!bms_is_empty(input->lateral_relids) || output->pathlist == NIL)
		return;

	if (call == NULL)
		columns = list_make1(makeVar(rti, q.stream = 1, UUIDOID, -1, InvalidOid, 0));
	q.time = q.stream + 1;
	q.value = q.stream + 2;
	time_type = call == NULL ? INT8OID : BtrCallTimeType(&BtrValuesRows, call->args);
	columns = lappend(columns, makeVar(rti, q.time, time_type, -1, InvalidOid, 0));
	columns = lappend(columns, makeVar(rti, q.value, FLOAT8OID, -1, InvalidOid, 0));

	if (!take_conditions(&q) || !take_groups(&q) ||
		!take_results(&q, output->reltarget, (List *) extra->havingQual))
		return;
	if (parse->groupClause != NIL)
		flags |= BTR_AGG_GROUPED;
	if (q.by_stream)
		flags |= BTR_AGG_BY_STREAM;

	path = makeNode(CustomPath);
	path->path.pathtype = T_CustomScan;
	path->path.parent = output;
	path->path.pathtarget = output->reltarget;
	path->path.parallel_safe = output->consider_parallel;
	path->path.pathkeys = result_pathkeys(&q);
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->methods = &path_methods;
	path->custom_private = list_make5(call != NULL ? list_make1_oid(call->funcid) : NIL,
									  makeInteger(flags), q.results, q.bucket,
									  list_make1_oid(q.bucket_equal));
	path->custom_private = list_concat(path->custom_private,
									   list_make4(q.exprs, columns,
												  call != NULL ? call->args : q.clauses,
												  extra->havingQual));
	estimate(&q, output, &path->path);
	add_path(output, &path->path);
}
