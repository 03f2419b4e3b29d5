/*
 * asofrows.c
 *		The rows of btrdb_asof(), of one time or of many.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "plan/rowstate.h"
#include "types/arrays.h"
#include "types/check.h"
#include "types/spelling.h"

typedef struct AsofRows
{
	BtrAsofDirection direction;
	int64		tolerance;
	BtrViewAsof *asof;

	/* The times that are asked for */
	int64	   *time;
	int			n;
	int			next;
} AsofRows;

/*
 * Takes what comes after the times: a direction and a tolerance.
 */
static void
take_direction(AsofRows *state, const Datum *args, const Oid *types)
{
	static const char *const names[] = {
		[BTR_ASOF_BACKWARD] = "backward",
		[BTR_ASOF_FORWARD] = "forward",
		[BTR_ASOF_NEAREST] = "nearest",
	};

	state->direction = (BtrAsofDirection)
		BtrReadChoice(DatumGetTextPP(args[2]), "direction",
					  "The directions are \"backward\", \"forward\" and \"nearest\".",
					  names, lengthof(names));
	state->tolerance = BtrReadTolerance(args[3], types[3]);
	BtrCheckLimit("tolerance", state->tolerance, 0, PG_INT64_MAX);
}

/*
 * Takes a time.
 */
static void
prepare_time(BtrRows *rows, const Datum *args, const Oid *types)
{
	AsofRows   *state = palloc0(sizeof(AsofRows));

	rows->state = state;
	state->time = palloc(sizeof(int64));
	state->time[0] = BtrReadTime(args[1], types[1]);
	state->n = 1;
	BtrCheckRangeTime(state->time[0]);
	take_direction(state, args, types);
}

/*
 * Takes an array of times.
 */
static void
prepare_times(BtrRows *rows, const Datum *args, const Oid *types)
{
	AsofRows   *state = palloc0(sizeof(AsofRows));
	ArrayType  *array = DatumGetArrayTypeP(args[1]);
	Oid			type = get_element_type(types[1]);
	int16		length;
	bool		byval;
	char		align;
	Datum	   *elements;

	rows->state = state;
	state->n = BtrArrayCount(array, "times");
	BtrCheckNoNulls(array, "times", "Leave out times that are not known.");
	get_typlenbyvalalign(type, &length, &byval, &align);
	deconstruct_array(array, type, length, byval, align, &elements, NULL, &state->n);
	state->time = MemoryContextAllocHuge(CurrentMemoryContext, Max(state->n, 1) * sizeof(int64));
	for (int i = 0; i < state->n; i++)
	{
		if (i % 65536 == 0)
			CHECK_FOR_INTERRUPTS();
		state->time[i] = BtrReadTime(elements[i], type);
		BtrCheckRangeTime(state->time[i]);
	}
	pfree(elements);
	take_direction(state, args, types);
}

/*
 * Starts to look for points.
 */
static void
begin_asof(BtrRows *rows)
{
	AsofRows   *state = rows->state;

	state->asof = BtrViewAsofBegin(&rows->view, state->direction, state->tolerance,
								   state->n == 1);
}

/*
 * Gives the point that belongs to the time, if there is one.
 */
static bool
next_of_time(BtrRows *rows, Datum *values, bool *nulls)
{
	AsofRows   *state = rows->state;
	BtrPoint	point;

	if (state->next == state->n)
		return false;
	if (!BtrViewAsofFind(state->asof, state->time[state->next++], &point))
		return false;
	BtrRowsPutPoint(rows, &point, values, nulls);
	return true;
}

/*
 * Gives the next time and the point that belongs to it, or NULL.
 */
static bool
next_of_times(BtrRows *rows, Datum *values, bool *nulls)
{
	AsofRows   *state = rows->state;
	BtrPoint	point;

	if (state->next == state->n)
		return false;
	values[0] = BtrTimeDatum(state->time[state->next], rows->time_type);
	nulls[0] = false;
	if (BtrViewAsofFind(state->asof, state->time[state->next++], &point))
		BtrRowsPutPoint(rows, &point, values + 1, nulls + 1);
	else
	{
		values[1] = values[2] = (Datum) 0;
		nulls[1] = nulls[2] = true;
	}
	return true;
}

/*
 * Counts all nodes.
 */
static void
count_asof(const BtrRows *rows, BtrRowCounts *counts)
{
	BtrViewAsofCount(((AsofRows *) rows->state)->asof, &counts->read);
}

/* What the two have in common. */
#define ASOF \
	.name = "btrdb_asof", \
	.nargs = 5, \
	.begin = begin_asof, \
	.count = count_asof

const BtrRowKind BtrAsofRows = {
	.args = {BTR_ARG_STREAM, BTR_ARG_TIME, BTR_ARG_NAME, BTR_ARG_WIDTH, BTR_ARG_VERSION},
	.labels = {"Stream", "Time", "Direction", "Tolerance", "Version"},
	.either_way = true,
	.one_row = true,
	.ncolumns = 2,
	.columns = {BTR_COLUMN_TIME, FLOAT8OID},
	.prepare = prepare_time,
	.next = next_of_time,
	ASOF
};

const BtrRowKind BtrAsofTimesRows = {
	.args = {BTR_ARG_STREAM, BTR_ARG_TIMES, BTR_ARG_NAME, BTR_ARG_WIDTH, BTR_ARG_VERSION},
	.labels = {"Stream", "Times", "Direction", "Tolerance", "Version"},
	.unordered = true,
	.ncolumns = 3,
	.columns = {BTR_COLUMN_TIME, BTR_COLUMN_TIME, FLOAT8OID},
	.prepare = prepare_times,
	.next = next_of_times,
	ASOF
};
