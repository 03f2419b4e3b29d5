/*
 * raterows.c
 *		The rows of btrdb_rate().
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "plan/rowstate.h"
#include "types/spelling.h"

#define NS_PER_SECOND	1e9

typedef struct RateRows
{
	BtrViewRate *rate;
	double		increase;		/* in window rows->ahead */
} RateRows;

/*
 * Takes windows.
 */
static void
prepare_rate(BtrRows *rows, const Datum *args, const Oid *types)
{
	rows->state = palloc0(sizeof(RateRows));
	BtrRowsTakeWindows(rows, args, types);
}

/*
 * Starts to sum up.
 */
static void
begin_rate(BtrRows *rows)
{
	RateRows   *state = rows->state;

	state->rate = BtrViewRateBegin(&rows->view, rows->start, rows->width, rows->nwindows);
}

/*
 * Gives the next window; what is not known is NULL.
 */
static bool
next_rate(BtrRows *rows, Datum *values, bool *nulls)
{
	RateRows   *state = rows->state;
	uint64		index = rows->next;
	bool		known;

	if (index >= rows->nwindows)
		return false;
	if (!rows->have_ahead)
	{
		if (!BtrViewRateNext(state->rate, &rows->ahead, &state->increase))
			rows->ahead = rows->nwindows;
		rows->have_ahead = true;
	}
	known = index == rows->ahead;
	if (known)
		rows->have_ahead = false;

	values[0] = BtrTimeDatum((int64) ((uint64) rows->start + index * rows->width),
							 rows->time_type);
	values[1] = Float8GetDatum(state->increase);
	values[2] = Float8GetDatum(state->increase / ((double) rows->width / NS_PER_SECOND));
	nulls[0] = false;
	nulls[1] = nulls[2] = !known;
	rows->next = index + 1;
	return true;
}

/*
 * Counts all nodes.
 */
static void
count_rate(const BtrRows *rows, BtrRowCounts *counts)
{
	BtrViewRateCount(((RateRows *) rows->state)->rate, &counts->read);
}

const BtrRowKind BtrRateRows = {
	.name = "btrdb_rate",
	.nargs = 5,
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_WIDTH, BTR_ARG_VERSION},
	.labels = {"Stream", "Start", "End", "Width", "Version"},
	.ncolumns = 3,
	.columns = {BTR_COLUMN_TIME, FLOAT8OID, FLOAT8OID},
	.prepare = prepare_rate,
	.begin = begin_rate,
	.next = next_rate,
	.count = count_rate,
};
