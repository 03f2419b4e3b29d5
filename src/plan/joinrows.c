/*
 * joinrows.c
 *		The rows of btrdb_rows(): the points of several streams side by side, by time.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/memutils.h"

#include "plan/rowstate.h"
#include "types/check.h"
#include "types/spelling.h"

/*
 * Takes a range and the period to which times are rounded, 0 or NULL if they are not.
 */
static void
prepare_joined(BtrRows *rows, const Datum *args, const Oid *types)
{
	BtrRowsTakeRange(rows, args, types);
	if (DatumGetPointer(args[3]) != NULL)
		rows->period = BtrReadWidth(args[3], types[3]);
	BtrCheckLimit("snap", rows->period, 0, PG_INT64_MAX);
}

/*
 * Opens all streams, and makes room for the values of a row.
 */
static void
begin_joined(BtrRows *rows)
{
	int			n = rows->nstreams;
	Size		size = ARR_OVERHEAD_WITHNULLS(1, n) + n * sizeof(float8);

	rows->join = BtrJoinBegin(n, rows->start, rows->end, rows->period);
	for (int i = 0; i < n; i++)
	{
		MemoryContext old;

		MemoryContextReset(rows->context);
		old = MemoryContextSwitchTo(rows->context);
		BtrRowsOpenStream(rows, i);
		MemoryContextSwitchTo(old);
		BtrJoinAdd(rows->join, &rows->view);
	}

	rows->array = palloc0(size);
	rows->array->ndim = 1;
	rows->array->elemtype = FLOAT8OID;
	ARR_DIMS(rows->array)[0] = n;
	ARR_LBOUND(rows->array)[0] = 1;
}

/*
 * Gives the next row.  Its array is that of the last one, filled anew: what has no value
 * takes no room but a bit.
 */
static bool
next_joined(BtrRows *rows, Datum *values, bool *nulls)
{
	const BtrJoinRow *row = BtrJoinNext(rows->join);
	ArrayType  *array = rows->array;
	int			n = rows->nstreams;
	Size		offset = ARR_OVERHEAD_NONULLS(1);

	if (row == NULL)
		return false;
	array->dataoffset = 0;
	if (row->n < n)
	{
		bits8	   *bitmap;

		offset = ARR_OVERHEAD_WITHNULLS(1, n);
		array->dataoffset = offset;
		bitmap = ARR_NULLBITMAP(array);
		memset(bitmap, 0, (n + 7) / 8);
		for (int i = 0; i < row->n; i++)
			bitmap[row->input[i] / 8] |= 1 << (row->input[i] % 8);
	}
	memcpy(ARR_DATA_PTR(array), row->value, row->n * sizeof(float8));
	SET_VARSIZE(array, offset + row->n * sizeof(float8));

	values[0] = BtrTimeDatum(row->time, rows->time_type);
	values[1] = PointerGetDatum(array);
	nulls[0] = nulls[1] = false;
	return true;
}

/*
 * Counts streams, leaves and points.
 */
static void
count_joined(const BtrRows *rows, BtrRowCounts *counts)
{
	counts->streams += rows->nstreams;
	BtrJoinCount(rows->join, &counts->read.leaves, &counts->points);
}

const BtrRowKind BtrJoinedRows = {
	.name = "btrdb_rows",
	.nargs = 5,
	.args = {BTR_ARG_STREAMS, BTR_ARG_TIME, BTR_ARG_TIME, BTR_ARG_SNAP, BTR_ARG_VERSIONS},
	.labels = {"Streams", "Start", "End", "Snap", "Versions"},
	.of_points = true,
	.ncolumns = 2,
	.columns = {BTR_COLUMN_TIME, FLOAT8ARRAYOID},
	.prepare = prepare_joined,
	.begin = begin_joined,
	.next = next_joined,
	.count = count_joined,
};
