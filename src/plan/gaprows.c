/*
 * gaprows.c
 *		The rows of btrdb_gaps().
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"

#include "plan/rowstate.h"
#include "types/check.h"
#include "types/spelling.h"

typedef struct GapRows
{
	int64		longer_than;
	BtrViewGaps *gaps;
} GapRows;

/*
 * Takes a range and how long a gap is.
 */
static void
prepare_gaps(BtrRows *rows, const Datum *args, const Oid *types)
{
	GapRows    *state = palloc0(sizeof(GapRows));

	rows->state = state;
	BtrRowsTakeRange(rows, args, types);
	state->longer_than = BtrReadWidth(args[3], types[3]);
	BtrCheckLimit("longer_than", state->longer_than, 0, PG_INT64_MAX);
}

/*
 * Starts to look for gaps.
 */
static void
begin_gaps(BtrRows *rows)
{
	GapRows    *state = rows->state;

	state->gaps = BtrViewGapsBegin(&rows->view, rows->start, rows->end, state->longer_than);
}

/*
 * Gives the next gap.
 */
static bool
next_gap(BtrRows *rows, Datum *values, bool *nulls)
{
	GapRows    *state = rows->state;
	BtrRange	gap;

	if (!BtrViewGapsNext(state->gaps, &gap))
		return false;
	values[0] = BtrTimeDatum(gap.start, rows->time_type);
	values[1] = BtrTimeDatum(gap.end, rows->time_type);
	nulls[0] = nulls[1] = false;
	return true;
}

/*
 * Counts all nodes.
 */
static void
count_gaps(const BtrRows *rows, BtrRowCounts *counts)
{
	BtrViewGapsCount(((GapRows *) rows->state)->gaps, &counts->read);
}

const BtrRowKind BtrGapRows = {
	.name = "btrdb_gaps",
	.nargs = 5,
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_WIDTH, BTR_ARG_VERSION},
	.labels = {"Stream", "Start", "End", "Longer Than", "Version"},
	.ncolumns = 2,
	.columns = {BTR_COLUMN_TIME, BTR_COLUMN_TIME},
	.prepare = prepare_gaps,
	.begin = begin_gaps,
	.next = next_gap,
	.count = count_gaps,
};
