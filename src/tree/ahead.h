/*
 * ahead.h
 *		What lies along the edges of windows: summaries of what is inside of one, and the leaves
 *		across the edges between them, whose pages are announced before they are read.
 */
#ifndef BTR_AHEAD_H
#define BTR_AHEAD_H

#include "tree/grid.h"
#include "tree/walk.h"

/* A stretch of the way: points of one window summarised, or a leaf to be read. */
typedef struct BtrAheadItem
{
	bool		summary;
	uint64		index;			/* if summary: of the window */
	BtrStat		stat;
	BtrRef		ref;			/* else: of a leaf, or of nothing if that was trimmed; */
	BtrRange	range;			/* the range that its entry describes, */
	int64		before;			/* the number of its points before those, */
	int64		count;			/* and of those */
} BtrAheadItem;

typedef struct BtrAhead
{
	/* Settings */
	BtrGrid		grid;
	bool		whole_trimmed;	/* trimmed windows are where they begin */
	BtrWalk    *reader;			/* reads the leaves */

	/* Variables */
	BtrWalk		walk;			/* down to nodes right above leaves */
	bool		ended;
	BtrAheadItem *items;		/* a ring: found, not handed out */
	int			room;
	int			first;
	int			nitems;
	int			nleaves;		/* leaves among them */
	int			distance;		/* leaves to be ahead by now, and at last; */
	int			max_distance;	/* 0: not known, -1: none wanted */
	BtrPageBatch pages;
} BtrAhead;

/*
 * Prepares *ahead; memory is of the current context.  reader is a walk of the same tree that
 * reads nothing but the leaves that are handed out.
 */
extern void BtrAheadInit(BtrAhead *ahead, BtrWalk *reader, const BtrGrid *grid, bool whole_trimmed);

/* Hands out the next item, in time order; false at the end. */
extern bool BtrAheadNext(BtrAhead *ahead, BtrAheadItem *item);

#endif							/* BTR_AHEAD_H */
