/*
 * fill.h
 *		What windows without points are filled with.
 */
#ifndef BTR_FILL_H
#define BTR_FILL_H

#include "stream/stream.h"

typedef enum BtrFillKind
{
	BTR_FILL_NONE,
	BTR_FILL_PREVIOUS,
	BTR_FILL_LINEAR
} BtrFillKind;

/* A window with points beside a gap. */
typedef struct BtrFillEdge
{
	bool		exists;
	uint64		index;			/* counted from the first window on, modulo 2^64 */
	double		mean;
} BtrFillEdge;

typedef struct BtrFill
{
	/* Settings */
	BtrFillKind kind;
	uint64		longest;		/* gap that is filled, in nanoseconds */
	const BtrView *view;
	int64		start;			/* of the first window */
	uint64		width;
	uint64		nwindows;

	/* The last window with points */
	BtrFillEdge last;

	/* The gap at hand */
	bool		in_gap;
	bool		filled;
	BtrFillEdge left;
	BtrFillEdge right;
} BtrFill;

/* The kind of a name; raises 22023 for one that is none. */
extern BtrFillKind BtrReadFill(const text *name);

/* Takes note of a window with points; windows come in order. */
extern void BtrFillNote(BtrFill *fill, uint64 index, double mean);

/*
 * Puts the value of an empty window into *mean; false if it stays empty.  next is the next window with
 * points, nwindows if there is none, and next_mean the mean of these.
 */
extern bool BtrFillGap(BtrFill *fill, uint64 index, uint64 next, double next_mean, double *mean);

#endif							/* BTR_FILL_H */
