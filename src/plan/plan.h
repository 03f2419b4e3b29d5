/*
 * plan.h
 *		Planning and running of queries that read points.
 */
#ifndef BTR_PLAN_H
#define BTR_PLAN_H

#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/pathnodes.h"
#include "utils/uuid.h"

#include "pg_compat.h"
#include "plan/rows.h"

/* ---- hook.c ---- */

/* Joins the planner's hooks and makes the custom scans known. */
extern void BtrInstallPlannerHooks(void);

/* ---- points.c: paths to btrdb.points ---- */

/* Replaces the paths to btrdb.points by custom scans. */
extern void BtrAddPointPaths(PlannerInfo *root, RelOptInfo *rel);

/*
 * The pathkeys of a column in ascending or descending order; NIL if the query does not
 * care for it or it has one value only.
 */
extern List *BtrColumnPathkeys(PlannerInfo *root, RelOptInfo *rel, AttrNumber attno,
							   Oid type, bool descending);

/* The columns of points: those of btrdb.points or of a call that gives points. */
typedef struct BtrPointColumns
{
	AttrNumber	stream;			/* 0: there is none */
	AttrNumber	time;
	AttrNumber	value;
	Oid			time_type;		/* bigint or timestamptz */
} BtrPointColumns;

extern const BtrPointColumns BtrTableColumns;

/* How many processes the planner divides a parallel path's work by, the leader included. */
extern double BtrParallelDivisor(int workers);

/* What a condition on points says; on time, the strategy number of a btree. */
#define BTR_QUAL_NONE			0
#define BTR_QUAL_STREAM			6	/* stream = arg */
#define BTR_QUAL_STREAM_ANY		7	/* stream = ANY (arg) */

/*
 * Tells what a clause says of the relation at rti, and what it compares with: *arg.
 */
extern int	BtrMatchQual(Expr *clause, Index rti, const BtrPointColumns *columns, Expr **arg);

/* Likewise of value, which is compared with a float8: a strategy number or BTR_QUAL_NONE. */
extern int	BtrMatchValueQual(Expr *clause, Index rti, const BtrPointColumns *columns,
							  Expr **arg);

/* Flags of a scan of btrdb.points, the first of its plan's private data. */
#define BTR_BACKWARD_STREAMS	1
#define BTR_BACKWARD_TIME		2

/*
 * As BtrMatchQual(), for a planner's clause on btrdb.points; BTR_QUAL_NONE for what cannot be
 * computed before the scan.
 */
extern int	BtrMatchClause(PlannerInfo *root, RelOptInfo *rel, RestrictInfo *rinfo,
						   Expr **arg);

/* Does a planner's clause choose what is read, so that rows need not be checked? */
extern bool BtrClauseChooses(PlannerInfo *root, RelOptInfo *rel, RestrictInfo *rinfo,
							 const BtrPointColumns *columns);

/* Points of a usual leaf, to estimate how many leaves are read. */
#define BTR_POINTS_PER_LEAF	900

/* ---- pointscan.c: running them ---- */

extern const CustomScanMethods BtrPointScanMethods;

/* ---- quals.c: conditions that choose what is read ---- */

typedef struct BtrQuals BtrQuals;

/* Prepares conditions, in which varno stands for the relation. */
extern BtrQuals *BtrQualsInit(List *clauses, Index varno, const BtrPointColumns *columns,
							  PlanState *parent);

/* Narrows the choice by the conditions, as they are now. */
extern void BtrQualsChoose(const BtrQuals *quals, ExprContext *econtext,
						   BtrScanChoice *choice);

/* Shows in EXPLAIN what they choose. */
extern void BtrQualsExplain(List *clauses, Index varno, const BtrPointColumns *columns,
							CustomScanState *node, List *ancestors, struct ExplainState *es);

/* Adds a property to EXPLAIN: an expression of the scan's plan. */
extern void BtrExplainExpr(const char *label, Node *expr, CustomScanState *node,
						   List *ancestors, struct ExplainState *es);

/* ---- function.c: functions that return rows, in FROM ---- */

/* Makes the custom scans known. */
extern void BtrRegisterFunctionScans(void);

/*
 * Returns the call if the relation is nothing but a call of btrdb_values() that can be
 * run by a scan of ours, or NULL.
 */
extern FuncExpr *BtrValuesCall(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte);

/* The type of columns that are times of a call with these arguments. */
extern Oid	BtrCallTimeType(const BtrRowKind *kind, List *args);

/* Does what a call does first: checks the right to it, and calls a hook. */
extern void BtrBeginCall(Oid function);

/* Replaces the path to a function call by a custom scan, if it can be one. */
extern void BtrAddFunctionPath(PlannerInfo *root, RelOptInfo *rel, RangeTblEntry *rte);

/* ---- callexplain.c ---- */

/* Shows a call's arguments in EXPLAIN. */
extern void BtrExplainCall(const BtrRowKind *kind, List *args, CustomScanState *node,
						   List *ancestors, struct ExplainState *es);

/* ---- support.c: estimates ---- */

/*
 * The number of the stream's latest points in [start, end), or -1 if it cannot be known
 * or the user may not know it.
 */
extern double BtrEstimatePoints(const pg_uuid_t *stream, int64 start, int64 end);

#endif							/* BTR_PLAN_H */
