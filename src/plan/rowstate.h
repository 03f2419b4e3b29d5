/*
 * rowstate.h
 *		The state of reading rows of a function, which its kinds share.
 */
#ifndef BTR_ROWSTATE_H
#define BTR_ROWSTATE_H

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
	int64		time;			/* of btrdb_nearest() */
	bool		before;

	/* Variables */
	Relation	rel;
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
};

/* What prepare() does with arguments 1 and 2 of several kinds: a range. */
extern void BtrRowsTakeRange(BtrRows *rows, const Datum *args, const Oid *types);

/* And 3: windows of a width that fit into it. */
extern void BtrRowsTakeWindows(BtrRows *rows, const Datum *args, const Oid *types);

/* Puts a point into the first two columns. */
extern void BtrRowsPutPoint(const BtrRows *rows, const BtrPoint *point, Datum *values,
							bool *nulls);

#endif							/* BTR_ROWSTATE_H */
