/*
 * hook.c
 *		Takes part in the planning of what reads btrdb.points.
 *
 * The hook is in place before it is needed: opening btrdb.points loads the
 * library, and so does asking a function for estimates.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "nodes/parsenodes.h"
#include "nodes/pathnodes.h"
#include "nodes/plannodes.h"
#include "optimizer/pathnode.h"
#include "optimizer/paths.h"
#include "optimizer/planner.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "guc.h"
#include "plan/aggregate.h"
#include "plan/plan.h"
#include "stream/stream.h"

static set_rel_pathlist_hook_type prev_set_rel_pathlist_hook = NULL;
static create_upper_paths_hook_type prev_create_upper_paths_hook = NULL;

/*
 * Says whether the relation is btrdb.points.
 */
static bool
is_points(const RangeTblEntry *rte)
{
	char	   *schema;
	char	   *name;

	if (rte->rtekind != RTE_RELATION || rte->relkind != RELKIND_RELATION)
		return false;
	name = get_rel_name(rte->relid);
	if (name == NULL || strcmp(name, "points") != 0)
		return false;
	schema = get_namespace_name(get_rel_namespace(rte->relid));
	return schema != NULL && strcmp(schema, "btrdb") == 0 &&
		rte->relid == BtrGetCatalog()->points;
}

/*
 * Raises 0A000 for a command on btrdb.points that there is a function for.
 */
pg_noreturn static void
refuse(const char *command, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
	/* translator: %s is the name of an SQL command */
			 errmsg("%s is not supported on \"btrdb.points\"", command),
			 errhint("%s", hint)));
}

/*
 * Refuses commands that would change or lock rows of btrdb.points, also if
 * they would find none.
 */
static void
check_command(PlannerInfo *root, Index rti, const RangeTblEntry *rte)
{
	ListCell   *lc;

	if (rti == root->parse->resultRelation)
	{
		if (root->parse->commandType == CMD_DELETE)
			refuse("DELETE", "Use btrdb_delete() to remove a range of time from a stream.");
		if (root->parse->commandType == CMD_UPDATE)
			refuse("UPDATE", "Use btrdb_delete() and btrdb_insert() to replace points.");
		if (root->parse->commandType == CMD_MERGE)
			refuse("MERGE", "Use btrdb_insert() to append points to a stream, btrdb_delete() to remove them.");
	}
	foreach(lc, root->rowMarks)
	{
		PlanRowMark *mark = lfirst_node(PlanRowMark, lc);

		if (mark->rti == rti && mark->strength != LCS_NONE)
			refuse("SELECT FOR UPDATE or SHARE",
				   "Points do not change; name a version in btrdb_values() to read the same ones again.");
	}
	if (rte->tablesample != NULL)
		refuse("TABLESAMPLE",
			   "Use btrdb_windows() to summarize a stream, or ask for less time.");
}

/*
 * Replaces the paths that would find rows by their places, which they have not,
 * by a sequential scan: it may have lost against them and be gone.
 */
static void
replace_tid_paths(PlannerInfo *root, RelOptInfo *rel)
{
	bool		found = false;
	ListCell   *lc;

	foreach(lc, rel->pathlist)
	{
		if (!IsA(lfirst(lc), TidPath))
			continue;
		rel->pathlist = foreach_delete_current(rel->pathlist, lc);
		found = true;
	}
	if (found)
		add_path(rel, create_seqscan_path(root, rel, rel->lateral_relids, 0));
}

/*
 * Adapts the paths of one relation of a query.
 */
static void
set_rel_pathlist(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	if (prev_set_rel_pathlist_hook)
		prev_set_rel_pathlist_hook(root, rel, rti, rte);

	if (is_points(rte))
	{
		check_command(root, rti, rte);
		replace_tid_paths(root, rel);
		/* only custom scans are divided among workers */
		rel->partial_pathlist = NIL;
		if (btrdb_enable_custom_scan)
			BtrAddPointPaths(root, rel);
	}
	else if (btrdb_enable_custom_scan && rte->rtekind == RTE_FUNCTION)
		BtrAddFunctionPath(root, rel, rte);
}

/*
 * Refuses ON CONFLICT with a target: there can be no constraint that it names.
 */
static void
check_on_conflict(const Query *parse)
{
	const OnConflictExpr *conflict = parse->onConflict;

	if (conflict != NULL && conflict->arbiterElems != NIL &&
		is_points(rt_fetch(parse->resultRelation, parse->rtable)))
		refuse("ON CONFLICT with a target",
			   "Points of equal time coexist; use btrdb_delete() to replace some.");
}

/*
 * Adds paths to what aggregates compute of one relation's rows.
 */
static void
add_aggregate_path(PlannerInfo *root, RelOptInfo *input_rel, RelOptInfo *output_rel,
				   GroupPathExtraData *extra)
{
	RangeTblEntry *rte;
	FuncExpr   *call = NULL;

	if (!btrdb_enable_aggregate || !btrdb_enable_custom_scan ||
		input_rel->reloptkind != RELOPT_BASEREL || IS_DUMMY_REL(input_rel))
		return;
	rte = planner_rt_fetch(input_rel->relid, root);
	if (is_points(rte) || (call = BtrValuesCall(root, input_rel, rte)) != NULL)
		BtrAddAggregatePath(root, input_rel, output_rel, extra, call);
}

/*
 * Takes part in the steps of planning that follow scans and joins.
 */
static void
create_upper_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input_rel,
				   RelOptInfo *output_rel, void *extra)
{
	if (prev_create_upper_paths_hook)
		prev_create_upper_paths_hook(root, stage, input_rel, output_rel, extra);

	if (stage == UPPERREL_GROUP_AGG)
		add_aggregate_path(root, input_rel, output_rel, extra);
	else if (stage == UPPERREL_FINAL)
		check_on_conflict(root->parse);
}

/*
 * Joins the planner's hooks and makes the custom scans known, also to parallel
 * workers.
 */
void
BtrInstallPlannerHooks(void)
{
	prev_set_rel_pathlist_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = set_rel_pathlist;
	prev_create_upper_paths_hook = create_upper_paths_hook;
	create_upper_paths_hook = create_upper_paths;
	RegisterCustomScanMethods(&BtrPointScanMethods);
	RegisterCustomScanMethods(&BtrAggregateMethods);
	BtrRegisterFunctionScans();
}
