/*
 * points.c
 *		Paths to btrdb.points: which streams and times the query asks for.
 *
 * Conditions on stream, time and value choose what is read, exactly; others are
 * checked on every row.
 */
#include "postgres.h"

#include <math.h>

#include "access/stratnum.h"
#include "catalog/pg_opfamily_d.h"
#include "catalog/pg_type_d.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/restrictinfo.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/selfuncs.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "btrdb.h"
#include "plan/plan.h"

const BtrPointColumns BtrTableColumns = {
	.stream = 1,
	.time = 2,
	.value = 3,
	.time_type = INT8OID,
};

#define POINTS_PER_PAGE	(2 * BTR_POINTS_PER_LEAF)

/* Most sets of other relations that paths are made for. */
#define MAX_OUTER_SETS	16

/*
 * Says whether the node is a column of the relation at rti, which has it.
 */
static bool
is_column(const Node *node, Index rti, AttrNumber attno)
{
	const Var  *var = (const Var *) node;

	return attno != InvalidAttrNumber && node != NULL && IsA(node, Var) && var->varno == rti &&
		var->varattno == attno && var->varlevelsup == 0;
}

/*
 * Returns the strategy number of an operator that compares two numbers, or two timestamps;
 * BTR_QUAL_NONE if it is another one.
 */
static int
comparison(Oid opno)
{
	switch (OidIsValid(opno) ? get_opcode(opno) : InvalidOid)
	{
		case F_FLOAT8LT:
		case F_TIMESTAMPTZ_LT:
			return BTLessStrategyNumber;
		case F_FLOAT8LE:
		case F_TIMESTAMPTZ_LE:
			return BTLessEqualStrategyNumber;
		case F_FLOAT8EQ:
		case F_TIMESTAMPTZ_EQ:
			return BTEqualStrategyNumber;
		case F_FLOAT8GE:
		case F_TIMESTAMPTZ_GE:
			return BTGreaterEqualStrategyNumber;
		case F_FLOAT8GT:
		case F_TIMESTAMPTZ_GT:
			return BTGreaterStrategyNumber;
		default:
			return BTR_QUAL_NONE;
	}
}

/*
 * Tells what a clause says of the relation at rti, BTR_QUAL_NONE if nothing of use.
 * *arg is what it compares the column with.
 *
 * The operators are built-in and leakproof; they are not applied to rows here.
 */
int
BtrMatchQual(Expr *clause, Index rti, const BtrPointColumns *columns, Expr **arg)
{
	if (IsA(clause, OpExpr) && list_length(((OpExpr *) clause)->args) == 2)
	{
		OpExpr	   *op = (OpExpr *) clause;
		Node	   *left = linitial(op->args);
		Node	   *right = lsecond(op->args);
		Oid			opno = op->opno;
		Oid			type;

		if (get_opcode(opno) == F_UUID_EQ)
		{
			*arg = (Expr *) (is_column(left, rti, columns->stream) ? right : left);
			return is_column(left, rti, columns->stream) ||
				is_column(right, rti, columns->stream) ? BTR_QUAL_STREAM : BTR_QUAL_NONE;
		}

		*arg = (Expr *) right;
		if (!is_column(left, rti, columns->time))
		{
			if (!is_column(right, rti, columns->time))
				return BTR_QUAL_NONE;
			*arg = (Expr *) left;
			opno = get_commutator(opno);
		}
		if (columns->time_type == TIMESTAMPTZOID)
			return comparison(opno);
		type = exprType((Node *) *arg);
		if (!OidIsValid(opno) || (type != INT2OID && type != INT4OID && type != INT8OID))
			return BTR_QUAL_NONE;
		return get_op_opfamily_strategy(opno, INTEGER_BTREE_FAM_OID);
	}

	if (IsA(clause, ScalarArrayOpExpr))
	{
		ScalarArrayOpExpr *op = (ScalarArrayOpExpr *) clause;

		*arg = lsecond(op->args);
		if (op->useOr && get_opcode(op->opno) == F_UUID_EQ &&
			is_column(linitial(op->args), rti, columns->stream))
			return BTR_QUAL_STREAM_ANY;
	}
	return BTR_QUAL_NONE;
}

/*
 * Tells how a clause compares the value of points with a float8.
 */
int
BtrMatchValueQual(Expr *clause, Index rti, const BtrPointColumns *columns, Expr **arg)
{
	OpExpr	   *op = (OpExpr *) clause;
	Oid			opno;

	if (!IsA(clause, OpExpr) || list_length(op->args) != 2)
		return BTR_QUAL_NONE;
	opno = op->opno;
	*arg = lsecond(op->args);
	if (!is_column(linitial(op->args), rti, columns->value))
	{
		if (!is_column(lsecond(op->args), rti, columns->value))
			return BTR_QUAL_NONE;
		*arg = linitial(op->args);
		opno = get_commutator(opno);
	}
	return comparison(opno);
}

/*
 * Says whether what a clause compares with can be computed before the scan.
 */
static bool
is_computable(PlannerInfo *root, RelOptInfo *rel, const RestrictInfo *rinfo, Expr *arg)
{
	return !rinfo->pseudoconstant &&
		!bms_is_member(rel->relid, pull_varnos(root, (Node *) arg)) &&
		!contain_volatile_functions((Node *) arg) &&
		!contain_subplans((Node *) arg);
}

/*
 * As BtrMatchQual(), for a planner's clause; refuses what cannot be computed before
 * the scan.
 */
int
BtrMatchClause(PlannerInfo *root, RelOptInfo *rel, RestrictInfo *rinfo, Expr **arg)
{
	int			kind = BtrMatchQual(rinfo->clause, rel->relid, &BtrTableColumns, arg);

	return kind != BTR_QUAL_NONE && is_computable(root, rel, rinfo, *arg) ? kind : BTR_QUAL_NONE;
}

/*
 * Says whether a planner's clause chooses streams, times or values to be read.
 */
bool
BtrClauseChooses(PlannerInfo *root, RelOptInfo *rel, RestrictInfo *rinfo,
				 const BtrPointColumns *columns)
{
	Expr	   *arg;

	return (BtrMatchQual(rinfo->clause, rel->relid, columns, &arg) != BTR_QUAL_NONE ||
			BtrMatchValueQual(rinfo->clause, rel->relid, columns, &arg) != BTR_QUAL_NONE) &&
		is_computable(root, rel, rinfo, arg);
}

/* What the conditions of a path say. */
typedef struct Conditions
{
	List	   *used;			/* RestrictInfos that choose what is read */
	List	   *others;
	bool		single;			/* stream = ... */
	double		nstreams;		/* estimated; 0: all */
	double		known_rows;		/* from the tree; -1: not known */
} Conditions;

/*
 * Sorts out the conditions of a path.
 */
static void
analyze_conditions(PlannerInfo *root, RelOptInfo *rel, List *clauses, Conditions *result)
{
	const pg_uuid_t *stream = NULL;
	int64		start = BTR_TIME_MIN;
	int64		end = BTR_TIME_MAX;
	ListCell   *lc;

	memset(result, 0, sizeof(*result));
	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);
		Expr	   *arg = NULL;
		int			kind = BtrMatchClause(root, rel, rinfo, &arg);
		Node	   *value;
		int64		time;

		if (kind == BTR_QUAL_NONE)
		{
			result->others = lappend(result->others, rinfo);
			continue;
		}
		result->used = lappend(result->used, rinfo);
		if (kind == BTR_QUAL_STREAM)
		{
			result->single = true;
			result->nstreams = 1;
		}
		else if (kind == BTR_QUAL_STREAM_ANY && !result->single)
			result->nstreams = BtrEstimateArrayLength(root, (Node *) arg);

		value = estimate_expression_value(root, (Node *) arg);
		if (!IsA(value, Const) || ((Const *) value)->constisnull)
			continue;
		if (kind == BTR_QUAL_STREAM)
			stream = DatumGetUUIDP(((Const *) value)->constvalue);
		if (kind == BTR_QUAL_STREAM || kind == BTR_QUAL_STREAM_ANY)
			continue;

		time = exprType(value) == INT8OID ? DatumGetInt64(((Const *) value)->constvalue) :
			exprType(value) == INT4OID ? DatumGetInt32(((Const *) value)->constvalue) :
			DatumGetInt16(((Const *) value)->constvalue);
		if (kind >= BTEqualStrategyNumber)
			start = Max(start, time);
		if (kind <= BTEqualStrategyNumber)
			end = Min(end, Max(time, BTR_TIME_MIN) + (kind == BTEqualStrategyNumber &&
													  time < BTR_TIME_MAX ? 1 : 0));
	}
	result->known_rows = -1;
	if (stream != NULL)
		result->known_rows = start < end ? BtrEstimatePoints(stream, start, end) : 0;
}

/*
 * Returns the pathkeys of a column in ascending or descending order, NIL if the
 * query does not care for it or it has one value only.
 */
List *
BtrColumnPathkeys(PlannerInfo *root, RelOptInfo *rel, AttrNumber attno, Oid type,
				  bool descending)
{
	Var		   *var = makeVar(rel->relid, attno, type, -1, InvalidOid, 0);
	TypeCacheEntry *ops = lookup_type_cache(type, TYPECACHE_LT_OPR | TYPECACHE_GT_OPR);
	List	   *keys = BtrBuildExpressionPathkey(root, (Expr *) var,
												 descending ? ops->gt_opr : ops->lt_opr,
												 rel->relids);

	if (keys != NIL && linitial_node(PathKey, keys)->pk_eclass->ec_has_const)
		return NIL;
	return keys;
}

/*
 * Returns the order of the rows, by stream and time, as far as the query cares.
 */
static List *
scan_pathkeys(PlannerInfo *root, RelOptInfo *rel, const Conditions *conditions, int backward)
{
	List	   *by_stream = NIL;

	if (!conditions->single)
	{
		by_stream = BtrColumnPathkeys(root, rel, BtrTableColumns.stream, UUIDOID,
									  (backward & BTR_BACKWARD_STREAMS) != 0);
		if (by_stream == NIL)
			return NIL;
	}
	return truncate_useless_pathkeys(root, rel,
									 list_concat(by_stream,
												 BtrColumnPathkeys(root, rel, BtrTableColumns.time, INT8OID,
																   (backward & BTR_BACKWARD_TIME) != 0)));
}

/*
 * Turns a path into a plan.
 */
static Plan *
plan_path(PlannerInfo *root, RelOptInfo *rel, struct CustomPath *best_path, List *tlist,
		  List *clauses, List *custom_plans)
{
	CustomScan *scan = makeNode(CustomScan);
	List	   *filter = NIL;
	ListCell   *lc;

	scan->scan.plan.targetlist = tlist;
	scan->scan.scanrelid = rel->relid;
	scan->flags = best_path->flags;
	scan->methods = &BtrPointScanMethods;
	scan->custom_private = best_path->custom_private;
	foreach(lc, clauses)
	{
		RestrictInfo *rinfo = lfirst_node(RestrictInfo, lc);

		if (BtrClauseChooses(root, rel, rinfo, &BtrTableColumns))
			scan->custom_exprs = lappend(scan->custom_exprs, rinfo->clause);
		else
			filter = lappend(filter, rinfo);
	}
	scan->scan.plan.qual = extract_actual_clauses(filter, false);
	return &scan->scan.plan;
}

static const CustomPathMethods path_methods = {
	.CustomName = "btrdb",
	.PlanCustomPath = plan_path,
};

/*
 * Returns how many processes a worker's share of the work is divided by, as the planner
 * reckons: the leader helps less the more workers it has to listen to.
 */
double
BtrParallelDivisor(int workers)
{
	double		leader = 1.0 - 0.3 * workers;

	return workers + (parallel_leader_participation && leader > 0 ? leader : 0);
}

/*
 * Adds a path that the conditions choose rows for; backward says of which columns.
 * parallel: one that workers divide.  One that reads backward is left out if its order
 * is of no use.
 */
static void
add_scan_path(PlannerInfo *root, RelOptInfo *rel, ParamPathInfo *param_info,
			  const Conditions *conditions, int backward, bool parallel)
{
	CustomPath *path = makeNode(CustomPath);
	double		read;
	double		streams;
	double		divisor = 1;

	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.param_info = param_info;
	path->path.parallel_safe = rel->consider_parallel;
	path->path.rows = param_info != NULL ? param_info->ppi_rows : rel->rows;
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
	path->methods = &path_methods;
	path->custom_private = list_make1(makeInteger(backward));

	if (param_info == NULL)
		path->path.pathkeys = scan_pathkeys(root, rel, conditions, backward);
	if (backward != 0 && path->path.pathkeys == NIL)
		return;

	read = conditions->known_rows >= 0 ? conditions->known_rows :
		rel->tuples * clauselist_selectivity(root, conditions->used, rel->relid,
											 JOIN_INNER, NULL);
	read = clamp_row_est(read);

	if (parallel)
	{
		path->path.parallel_workers =
			compute_parallel_worker(rel, ceil(read / POINTS_PER_PAGE), -1,
									max_parallel_workers_per_gather);
		if (path->path.parallel_workers <= 0)
			return;
		path->path.parallel_aware = true;
		divisor = BtrParallelDivisor(path->path.parallel_workers);
		path->path.rows = clamp_row_est(path->path.rows / divisor);
	}

	/* of each stream, a few pages of rows and nodes; then leaves */
	streams = conditions->nstreams > 0 ? conditions->nstreams : 1;
	path->path.startup_cost = rel->baserestrictcost.startup + 2 * random_page_cost;
	path->path.total_cost = path->path.startup_cost +
		2 * random_page_cost * (streams - 1) +
		seq_page_cost * ceil(read / BTR_POINTS_PER_LEAF) +
		(cpu_tuple_cost + rel->baserestrictcost.per_tuple) * read / divisor +
		rel->reltarget->cost.per_tuple * path->path.rows;
	path->path.startup_cost += rel->reltarget->cost.startup;
	path->path.total_cost += rel->reltarget->cost.startup;
	if (parallel)
		add_partial_path(rel, &path->path);
	else
		add_path(rel, &path->path);
}

/*
 * Adds the paths that use the relation's own conditions only.
 */
static void
add_own_paths(PlannerInfo *root, RelOptInfo *rel, const Conditions *conditions)
{
	if (conditions->known_rows >= 0)
		rel->rows = clamp_row_est(conditions->known_rows *
								  clauselist_selectivity(root, conditions->others,
														 rel->relid, JOIN_INNER, NULL));
	for (int backward = 0; backward <= (BTR_BACKWARD_STREAMS | BTR_BACKWARD_TIME); backward++)
		add_scan_path(root, rel, NULL, conditions, backward, false);
	if (rel->consider_parallel)
		add_scan_path(root, rel, NULL, conditions, 0, true);
}

/*
 * Adds the path that also uses the conditions that compare with other relations.
 */
static void
add_outer_path(PlannerInfo *root, RelOptInfo *rel, Relids required_outer)
{
	ParamPathInfo *param_info = get_baserel_parampathinfo(root, rel, required_outer);
	Conditions	conditions;

	analyze_conditions(root, rel,
					   list_concat_copy(rel->baserestrictinfo, param_info->ppi_clauses),
					   &conditions);
	add_scan_path(root, rel, param_info, &conditions, 0, false);
}

/*
 * Says whether a member of an equivalence class is the column *arg of rel.
 */
static bool
matches_column(PlannerInfo *root, RelOptInfo *rel, EquivalenceClass *ec,
			   EquivalenceMember *em, void *arg)
{
	return is_column((Node *) em->em_expr, rel->relid, *(AttrNumber *) arg);
}

/*
 * Adds a set of relations to a list of sets, unless it is there already or there
 * are enough.
 */
static List *
add_set(List *sets, Relids set)
{
	ListCell   *lc;

	if (list_length(sets) >= MAX_OUTER_SETS)
		return sets;
	foreach(lc, sets)
	{
		if (bms_equal(lfirst(lc), set))
			return sets;
	}
	return lappend(sets, set);
}

/*
 * Adds the other relations that rinfo compares stream or time with, if it does, to
 * the sets for either.
 */
static void
collect_outer(PlannerInfo *root, RelOptInfo *rel, RestrictInfo *rinfo,
			  List **stream_sets, List **time_sets)
{
	Expr	   *arg;
	int			kind;
	List	  **sets;

	if (!join_clause_is_movable_to(rinfo, rel))
		return;
	kind = BtrMatchClause(root, rel, rinfo, &arg);
	if (kind == BTR_QUAL_NONE)
		return;
	sets = kind == BTR_QUAL_STREAM || kind == BTR_QUAL_STREAM_ANY ? stream_sets : time_sets;
	*sets = add_set(*sets, bms_difference(rinfo->clause_relids, rel->relids));
}

/*
 * Replaces the paths to btrdb.points: those that use the query's own conditions
 * on it only, and those that take stream and time from other relations.
 */
void
BtrAddPointPaths(PlannerInfo *root, RelOptInfo *rel)
{
	AttrNumber	columns[] = {BtrTableColumns.stream, BtrTableColumns.time};
	List	   *stream_sets = NIL;
	List	   *time_sets = NIL;
	List	   *all = NIL;
	Conditions	conditions;
	ListCell   *lc;
	ListCell   *lc2;

	if (IS_DUMMY_REL(rel))
		return;

	rel->pathlist = NIL;
	analyze_conditions(root, rel, rel->baserestrictinfo, &conditions);
	if (bms_is_empty(rel->lateral_relids))
		add_own_paths(root, rel, &conditions);
	else
		add_outer_path(root, rel, rel->lateral_relids);

	for (int i = 0; rel->has_eclass_joins && i < lengthof(columns); i++)
	{
		foreach(lc, generate_implied_equalities_for_column(root, rel, matches_column,
														   &columns[i],
														   rel->lateral_referencers))
			collect_outer(root, rel, lfirst_node(RestrictInfo, lc), &stream_sets, &time_sets);
	}
	foreach(lc, rel->joininfo)
		collect_outer(root, rel, lfirst_node(RestrictInfo, lc), &stream_sets, &time_sets);

	/* times from elsewhere are worth a path if the stream is known */
	if (conditions.nstreams > 0)
		stream_sets = lcons(NULL, stream_sets);
	foreach(lc, stream_sets)
	{
		all = add_set(all, lfirst(lc));
		foreach(lc2, time_sets)
			all = add_set(all, bms_union(lfirst(lc), lfirst(lc2)));
	}
	foreach(lc, all)
	{
		if (lfirst(lc) != NULL)
			add_outer_path(root, rel, bms_union(lfirst(lc), rel->lateral_relids));
	}
}
