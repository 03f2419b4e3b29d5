/*
 * aggregate.h
 *		Aggregates of points that statistics answer.
 */
#ifndef BTR_AGGREGATE_H
#define BTR_AGGREGATE_H

#include "nodes/extensible.h"
#include "nodes/pathnodes.h"

/* What a column of the result is computed from. */
typedef enum BtrResult
{
	BTR_RESULT_NONE,			/* nothing that is known here */
	BTR_RESULT_BUCKET,			/* the bucket of time that rows are grouped by */
	BTR_RESULT_COUNT,
	BTR_RESULT_MIN,
	BTR_RESULT_MAX,
	BTR_RESULT_SUM,
	BTR_RESULT_AVG,
	BTR_RESULT_VAR_POP,
	BTR_RESULT_VAR_SAMP,
	BTR_RESULT_STDDEV_POP,
	BTR_RESULT_STDDEV_SAMP,
	BTR_RESULT_MIN_TIME,
	BTR_RESULT_MAX_TIME
} BtrResult;

/* Flags of such a plan. */
#define BTR_AGG_GROUPED			1	/* there is a GROUP BY: no row for no points */
#define BTR_AGG_BY_STREAM		2	/* stream is one of its columns */

/* The plan's private data, in this order. */
#define BTR_AGG_FUNCTION		0	/* Oid list: btrdb_values(); NIL: btrdb.points */
#define BTR_AGG_FLAGS			1	/* Integer */
#define BTR_AGG_RESULTS			2	/* int list: BtrResult of each column after the relation's own */
#define BTR_AGG_BUCKET			3	/* the expression of BTR_RESULT_BUCKET, or NULL */
#define BTR_AGG_EQUAL			4	/* Oid list: the operator that tells buckets apart */

/* ---- aggregate.c ---- */

/*
 * Adds the path that answers a query's aggregates by statistics, if it can: of
 * btrdb.points or, call, of btrdb_values().
 */
extern void BtrAddAggregatePath(PlannerInfo *root, RelOptInfo *input, RelOptInfo *output,
								GroupPathExtraData *extra, FuncExpr *call);

/* ---- aggscan.c ---- */

extern const CustomScanMethods BtrAggregateMethods;

/* ---- monotone.c ---- */

/*
 * Says whether an expression divides the times of column attno into buckets, and
 * whether it rises with time.
 */
extern bool BtrIsBucket(Node *expr, Index rti, AttrNumber attno, bool *rises);

#endif							/* BTR_AGGREGATE_H */
