/*
 * points.h
 *		Sorted points in memory: searching, slices, growing arrays.
 */
#ifndef BTR_POINTS_H
#define BTR_POINTS_H

#include "types/point.h"

/* points[lo..hi). */
static inline BtrPoints
BtrPointsSlice(const BtrPoints *points, int64_t lo, int64_t hi)
{
	BtrPoints	slice = {points->time + lo, points->value + lo, hi - lo};

	return slice;
}

/*
 * Returns the index of the first of the points from index from on whose time is not
 * before time, or their number.  Fast when it is near from.
 */
extern int64_t BtrPointsSearch(const BtrPoints *points, int64_t from, int64_t time);

/*
 * A growing array of points; zero-initialise.  Its memory is of the context that is
 * current at the first append and may be more than 1 GB.
 */
typedef struct BtrPointArray
{
	int64_t    *time;
	double	   *value;
	int64_t		n;
	int64_t		size;			/* allocated */
} BtrPointArray;

/* What the array holds, until it grows. */
static inline BtrPoints
BtrPointArrayPoints(const BtrPointArray *array)
{
	BtrPoints	points = {array->time, array->value, array->n};

	return points;
}

/* Makes room for n more points behind those that are there. */
extern void BtrPointArrayReserve(BtrPointArray *array, int64_t n);

/* Appends what points holds. */
extern void BtrPointArrayAppend(BtrPointArray *array, const BtrPoints *points);

/*
 * Appends the merge of two sorted sequences.  Of equal times those of *a come first or, if
 * replace, are left out.
 */
extern void BtrPointArrayMerge(BtrPointArray *array, const BtrPoints *a, const BtrPoints *b,
							   bool replace);

/* Frees the points: the array is as after initialisation. */
extern void BtrPointArrayFree(BtrPointArray *array);

#endif							/* BTR_POINTS_H */
