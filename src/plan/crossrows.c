/*
 * crossrows.c
 *		The rows of btrdb_first_crossing() and btrdb_last_crossing().
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type_d.h"

#include "plan/rowstate.h"
#include "types/check.h"

typedef struct CrossingRows
{
	double		threshold;
	BtrCrossing direction;
	bool		last;
	BtrReadCounts counts;
} CrossingRows;

/*
 * Takes a range, a threshold and a direction.
 */
static void
prepare_crossing(BtrRows *rows, const Datum *args, const Oid *types, bool last)
{
	static const char *const names[] = {
		[BTR_CROSSING_UP - 1] = "up",
		[BTR_CROSSING_DOWN - 1] = "down",
		[BTR_CROSSING_ANY - 1] = "any",
	};
	CrossingRows *state = palloc0(sizeof(CrossingRows));

	rows->state = state;
	BtrRowsTakeRange(rows, args, types);
	state->threshold = DatumGetFloat8(args[3]);
	if (isnan(state->threshold))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("threshold must not be NaN")));
	state->direction = (BtrCrossing)
		(BtrReadChoice(DatumGetTextPP(args[4]), "direction",
					   "The directions of a crossing are \"up\", \"down\" and \"any\".",
					   names, lengthof(names)) + 1);
	state->last = last;
}

/*
 * Looks for the first crossing.
 */
static void
prepare_first_crossing(BtrRows *rows, const Datum *args, const Oid *types)
{
	prepare_crossing(rows, args, types, false);
}

/*
 * Looks for the last crossing.
 */
static void
prepare_last_crossing(BtrRows *rows, const Datum *args, const Oid *types)
{
	prepare_crossing(rows, args, types, true);
}

/*
 * Has nothing to start.
 */
static void
begin_crossing(BtrRows *rows)
{
}

/*
 * Gives the point after the crossing, if there is one.
 */
static bool
next_crossing(BtrRows *rows, Datum *values, bool *nulls)
{
	CrossingRows *state = rows->state;
	BtrPoint	point;

	if (rows->done)
		return false;
	rows->done = true;
	if (!BtrViewCrossing(&rows->view, rows->start, rows->end, state->threshold,
						 state->direction, state->last, &point, &state->counts))
		return false;
	BtrRowsPutPoint(rows, &point, values, nulls);
	return true;
}

/*
 * Counts all nodes.
 */
static void
count_crossing(const BtrRows *rows, BtrRowCounts *counts)
{
	const CrossingRows *state = rows->state;

	counts->read.nodes += state->counts.nodes;
	counts->read.leaves += state->counts.leaves;
}

/* What the two have in common. */
#define CROSSING \
	.nargs = 6, \
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_FLOAT, BTR_ARG_NAME, \
	BTR_ARG_VERSION}, \
	.labels = {"Stream", "Start", "End", "Threshold", "Direction", "Version"}, \
	.either_way = true, \
	.one_row = true, \
	.ncolumns = 2, \
	.columns = {BTR_COLUMN_TIME, FLOAT8OID}, \
	.begin = begin_crossing, \
	.next = next_crossing, \
	.count = count_crossing

const BtrRowKind BtrFirstCrossingRows = {
	.name = "btrdb_first_crossing",
	.prepare = prepare_first_crossing,
	CROSSING
};

const BtrRowKind BtrLastCrossingRows = {
	.name = "btrdb_last_crossing",
	.prepare = prepare_last_crossing,
	CROSSING
};
