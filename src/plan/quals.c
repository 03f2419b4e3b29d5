/*
 * quals.c
 *		Conditions on points that choose what is read, when a query runs.
 */
#include "postgres.h"

#include <math.h>

#include "access/stratnum.h"
#include "catalog/pg_type_d.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "utils/array.h"
#include "utils/float.h"
#include "utils/ruleutils.h"
#include "utils/uuid.h"

#include "plan/plan.h"
#include "stream/stream.h"
#include "types/spelling.h"

/* A condition that chooses what is read. */
typedef struct Qual
{
	bool		on_value;		/* kind is that of BtrMatchValueQual() */
	int			kind;
	Oid			type;			/* of what it compares with */
	ExprState  *arg;
} Qual;

struct BtrQuals
{
	int			n;
	Qual		qual[FLEXIBLE_ARRAY_MEMBER];
};

/*
 * Prepares the expressions that conditions compare with; varno is what stands for
 * the relation in them.
 */
BtrQuals *
BtrQualsInit(List *clauses, Index varno, const BtrPointColumns *columns, PlanState *parent)
{
	BtrQuals   *quals = palloc(offsetof(BtrQuals, qual) + list_length(clauses) * sizeof(Qual));
	ListCell   *lc;

	quals->n = 0;
	foreach(lc, clauses)
	{
		Qual	   *qual = &quals->qual[quals->n++];
		Expr	   *arg;

		qual->on_value = false;
		qual->kind = BtrMatchQual(lfirst(lc), varno, columns, &arg);
		if (qual->kind == BTR_QUAL_NONE)
		{
			qual->on_value = true;
			qual->kind = BtrMatchValueQual(lfirst(lc), varno, columns, &arg);
		}
		qual->type = exprType((Node *) arg);
		qual->arg = ExecInitExpr(arg, parent);
	}
	return quals;
}

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
 * Narrows the range of times by a comparison with what is from "from" up to, not including,
 * "after": a nanosecond, or the microsecond of a timestamp.
 */
static void
choose_times(int strategy, int64 from, int64 after, BtrScanChoice *choice)
{
	switch (strategy)
	{
		case BTLessStrategyNumber:
			choice->end = Min(choice->end, from);
			break;
		case BTLessEqualStrategyNumber:
			choice->end = Min(choice->end, after);
			break;
		case BTEqualStrategyNumber:
			choice->start = Max(choice->start, from);
			choice->end = Min(choice->end, after);
			break;
		case BTGreaterEqualStrategyNumber:
			choice->start = Max(choice->start, from);
			break;
		case BTGreaterStrategyNumber:
			choice->start = Max(choice->start, after);
			break;
		default:
			elog(ERROR, "unexpected condition %d on the time of points", strategy);
	}
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

	if (qual->type == TIMESTAMPTZOID)
	{
		TimestampTz timestamp = DatumGetTimestampTz(value);

		choose_times(qual->kind, BtrTimeFromTimestamp(timestamp),
					 BtrTimeAfterTimestamp(timestamp), choice);
		return;
	}

	time = qual->type == INT8OID ? DatumGetInt64(value) :
		qual->type == INT4OID ? DatumGetInt32(value) : DatumGetInt16(value);
	time = Min(Max(time, BTR_TIME_MIN - 1), BTR_TIME_MAX);
	choose_times(qual->kind, time, time + 1, choice);
}

/*
 * Narrows the choice by all conditions, as they are now.  What it points to is of the
 * current memory context.
 */
void
BtrQualsChoose(const BtrQuals *quals, ExprContext *econtext, BtrScanChoice *choice)
{
	for (int i = 0; i < quals->n; i++)
	{
		bool		isnull;
		Datum		value = ExecEvalExprSwitchContext(quals->qual[i].arg, econtext, &isnull);

		/* nothing compares with NULL */
		if (isnull)
			choice->end = choice->start;
		else
			apply_qual(&quals->qual[i], value, choice);
	}
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
	bool		prefix = BtrExplainRelations(es) > 1 || es->verbose;

	ExplainPropertyText(label, deparse_expression(expr, context, prefix, false), es);
}

/*
 * Shows what conditions choose.
 */
void
BtrQualsExplain(List *clauses, Index varno, const BtrPointColumns *columns,
				CustomScanState *node, List *ancestors, struct ExplainState *es)
{
	List	   *stream = NIL;
	List	   *time = NIL;
	List	   *value = NIL;
	ListCell   *lc;

	foreach(lc, clauses)
	{
		Expr	   *arg;
		int			kind = BtrMatchQual(lfirst(lc), varno, columns, &arg);

		if (kind == BTR_QUAL_STREAM && IsA(lfirst(lc), OpExpr) &&
			arg == linitial(((OpExpr *) lfirst(lc))->args))
		{
			/* the planner has turned a join's condition round: show the column first */
			OpExpr	   *turned = copyObject(lfirst(lc));

			CommuteOpExpr(turned);
			stream = lappend(stream, turned);
		}
		else if (kind == BTR_QUAL_STREAM || kind == BTR_QUAL_STREAM_ANY)
			stream = lappend(stream, lfirst(lc));
		else if (kind == BTR_QUAL_NONE)
			value = lappend(value, lfirst(lc));
		else
			time = lappend(time, lfirst(lc));
	}
	if (stream != NIL)
		BtrExplainExpr("Stream", (Node *) make_ands_explicit(stream), node, ancestors, es);
	else if (columns->stream != InvalidAttrNumber)
		ExplainPropertyText("Stream", "all", es);
	if (time != NIL)
		BtrExplainExpr("Range", (Node *) make_ands_explicit(time), node, ancestors, es);
	if (value != NIL)
		BtrExplainExpr("Values", (Node *) make_ands_explicit(value), node, ancestors, es);
}
