/*
 * grid.h
 *		Windows of equal width, side by side, and where ranges of time lie among them.
 */
#ifndef BTR_GRID_H
#define BTR_GRID_H

#include "tree/tree.h"

typedef struct BtrGrid
{
	int64		start;			/* of the first window */
	int64		end;			/* of the last one */
	uint64		width;
	uint64		whole;			/* ranges up to this width are not split */
} BtrGrid;

/* Where a range lies among the windows. */
typedef enum BtrPlace
{
	BTR_OUTSIDE,				/* of all */
	BTR_INSIDE,					/* one of them */
	BTR_ACROSS					/* an edge */
} BtrPlace;

/* Returns the index of the window that time, not before the first one, lies in. */
static inline uint64
BtrGridWindow(const BtrGrid *grid, int64 time)
{
	return ((uint64) time - (uint64) grid->start) / grid->width;
}

/* Returns the first time after window number index. */
static inline int64
BtrGridEnd(const BtrGrid *grid, uint64 index)
{
	return (int64) ((uint64) grid->start + (index + 1) * grid->width);
}

/*
 * Says where a range lies, and in which window if it is inside one.  A range of at most
 * whole nanoseconds is nowhere but where it starts.
 */
static inline BtrPlace
BtrGridPlace(const BtrGrid *grid, BtrRange range, uint64 whole, uint64 *index)
{
	if (range.end <= grid->start || range.start >= grid->end)
		return BTR_OUTSIDE;
	if ((uint64) range.end - (uint64) range.start <= whole)
	{
		if (range.start < grid->start)
			return BTR_OUTSIDE;
		*index = BtrGridWindow(grid, range.start);
		return BTR_INSIDE;
	}
	if (range.start < grid->start || range.end > grid->end)
		return BTR_ACROSS;
	*index = BtrGridWindow(grid, range.start);
	return range.end <= BtrGridEnd(grid, *index) ? BTR_INSIDE : BTR_ACROSS;
}

#endif							/* BTR_GRID_H */
