/*
 * drawrows.c
 *		The rows of btrdb_lttb() and btrdb_minmax(): few points that look like many.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "plan/rowstate.h"
#include "types/check.h"

/* What is special about them, made by prepare(). */
typedef struct DrawState
{
	int32		n;				/* points or columns wanted */
	BtrLttb    *lttb;
	BtrViewOutlines *outlines;	/* NULL if there are none */
	BtrPoint	points[BTR_OUTLINE_POINTS];	/* of a column, that have no row yet: */
	int			next;			/* from here */
	int			end;			/* to before here */
} DrawState;

/*
 * Takes a range, and how much of something is wanted, least or more.
 */
static void
take_number(BtrRows *rows, const Datum *args, const Oid *types, const char *name, int32 least)
{
	DrawState  *state = palloc0(sizeof(DrawState));

	BtrRowsTakeRange(rows, args, types);
	state->n = DatumGetInt32(args[3]);
	BtrCheckLimit(name, state->n, least, PG_INT32_MAX);
	rows->state = state;
}

/* ---- btrdb_lttb() ---- */

/*
 * Takes a range and how many points are wanted.
 */
static void
prepare_lttb(BtrRows *rows, const Datum *args, const Oid *types)
{
	take_number(rows, args, types, "points", 3);
}

/*
 * Starts to choose points.
 */
static void
begin_lttb(BtrRows *rows)
{
	DrawState  *state = (DrawState *) rows->state;

	state->lttb = BtrLttbBegin(&rows->view, rows->start, rows->end, state->n);
}

/*
 * Gives the next chosen point.
 */
static bool
next_lttb(BtrRows *rows, Datum *values, bool *nulls)
{
	DrawState  *state = (DrawState *) rows->state;
	BtrPoint	point;

	if (!BtrLttbNext(state->lttb, &point))
		return false;
	BtrRowsPutPoint(rows, &point, values, nulls);
	return true;
}

/*
 * Counts leaves.
 */
static void
count_lttb(const BtrRows *rows, BtrRowCounts *counts)
{
	counts->read.leaves += BtrLttbLeaves(((DrawState *) rows->state)->lttb);
}

const BtrRowKind BtrLttbRows = {
	.name = "btrdb_lttb",
	.nargs = 5,
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_INT, BTR_ARG_VERSION},
	.labels = {"Stream", "Start", "End", "Points", "Version"},
	.of_points = true,
	.ncolumns = 2,
	.columns = {BTR_COLUMN_TIME, FLOAT8OID},
	.prepare = prepare_lttb,
	.begin = begin_lttb,
	.next = next_lttb,
	.count = count_lttb,
};

/* ---- btrdb_minmax() ---- */

/*
 * Takes a range and into how many columns it is divided.
 */
static void
prepare_minmax(BtrRows *rows, const Datum *args, const Oid *types)
{
	take_number(rows, args, types, "columns", 1);
}

/*
 * Starts to find the points of columns.
 */
static void
begin_minmax(BtrRows *rows)
{
	DrawState  *state = (DrawState *) rows->state;

	if (rows->start < rows->end)
		state->outlines = BtrViewOutlinesBegin(&rows->view, rows->start, rows->end, state->n);
}

/*
 * Gives the next point.
 */
static bool
next_minmax(BtrRows *rows, Datum *values, bool *nulls)
{
	DrawState  *state = (DrawState *) rows->state;

	if (state->next == state->end)
	{
		state->next = 0;
		state->end = state->outlines == NULL ? 0 :
			BtrViewOutlinesNext(state->outlines, state->points);
		if (state->end == 0)
			return false;
	}
	BtrRowsPutPoint(rows, &state->points[state->next++], values, nulls);
	return true;
}

/*
 * Counts all nodes.
 */
static void
count_minmax(const BtrRows *rows, BtrRowCounts *counts)
{
	const DrawState *state = (const DrawState *) rows->state;

	if (state->outlines != NULL)
		BtrViewOutlinesCount(state->outlines, &counts->read);
}

const BtrRowKind BtrMinmaxRows = {
	.name = "btrdb_minmax",
	.nargs = 5,
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_INT, BTR_ARG_VERSION},
	.labels = {"Stream", "Start", "End", "Columns", "Version"},
	.ncolumns = 2,
	.columns = {BTR_COLUMN_TIME, FLOAT8OID},
	.prepare = prepare_minmax,
	.begin = begin_minmax,
	.next = next_minmax,
	.count = count_minmax,
};
