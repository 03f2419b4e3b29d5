/*
 * rowstate.h
 *		The state of reading rows of a function, which its kinds share.
 */
#ifndef BTR_ROWSTATE_H
#define BTR_ROWSTATE_H

#include "utils/array.h"

#include "plan/fill.h"
#include "plan/rows.h"

struct BtrRows
{
	const BtrRowKind *kind;
	Oid			time_type;		/* of columns that are times */

	/* Settings */
	int64		start;
	int64		end;
	bool		backward;
	double		low;			/* of btrdb_values(): values wanted, [low, high] */
	double		high;
	uint64		width;			/* of windows */
	uint64		nwindows;
	int			depth;
	bool		with_empty;
	BtrFill		fill;			/* of empty windows */
	int64		time;			/* of btrdb_nearest() */
	bool		before;

	/* Of several streams */
	pg_uuid_t  *streams;
	int			nstreams;
	int64	   *versions;		/* NULL: the latest of all */
	bool		checked;		/* all of them exist */
	Snapshot	snapshot;
	BtrRowsShare *share;		/* if by_stream */
	int64		period;			/* of btrdb_rows() */

	/* Variables */
	Relation	rel;
	BtrJoin    *join;			/* of btrdb_rows() */
	ArrayType  *array;			/* the values of its last row */

	/* Of the stream that is being read */
	int			position;		/* its number, -1 if there is none */
	BtrView		view;
	BtrViewScan *points;
	BtrRun		run;			/* of points that are not taken yet */
	int64		npoints;		/* that were taken */
	BtrViewWindows *windows;
	uint64		next;			/* first window that has no row yet */
	bool		have_ahead;		/* the next window that is not empty was read: */
	uint64		ahead;			/* its index, nwindows if there is none */
	BtrStat		ahead_stat;
	bool		done;			/* the only row was looked for */

	/* What other kinds have, made by prepare() */
	void	   *state;

	/* Memory */
	MemoryContext context;		/* for each of several streams, reset with the next one */
};

/* What prepare() does with arguments 1 and 2 of several kinds: a range. */
extern void BtrRowsTakeRange(BtrRows *rows, const Datum *args, const Oid *types);

/* And 3: windows of a width that fit into it. */
extern void BtrRowsTakeWindows(BtrRows *rows, const Datum *args, const Oid *types);

/* Puts a point into the first two columns. */
extern void BtrRowsPutPoint(const BtrRows *rows, const BtrPoint *point, Datum *values,
							bool *nulls);
/* ---- manyrows.c: several streams ---- */

/* Takes the streams and their versions, and starts to read; share: as BtrRowsBegin(). */
extern void BtrRowsBeginStreams(BtrRows *rows, const Datum *args, BtrRowsShare *share);

/*
 * Opens one of the streams, as the snapshot sees it that was active at the beginning, into the
 * current memory context.
 */
extern void BtrRowsOpenStream(BtrRows *rows, int position);

/* Gives the next row of a kind that gives them by stream. */
extern bool BtrRowsNextByStream(BtrRows *rows, Datum *values, bool *nulls);

/* Leaves the stream that is being read, if one is. */
extern void BtrRowsCloseStream(BtrRows *rows);

#endif							/* BTR_ROWSTATE_H */
