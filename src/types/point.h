/*
 * point.h
 *		A point, the summary of many points, and arrays of points.
 *
 * Plain C without PostgreSQL headers, so that codec and statistics compile
 * stand-alone for tests and fuzzing.
 */
#ifndef BTR_POINT_H
#define BTR_POINT_H

#include <stdint.h>

/* One point; also the 16 bytes of SQL type rawpoint. */
typedef struct BtrPoint
{
	int64_t		time;
	double		value;
} BtrPoint;

/*
 * Summary of a multiset of values.  count = 0: all other fields are 0.
 * m2 is the sum of squared differences from the mean.
 */
typedef struct BtrStat
{
	int64_t		count;
	double		min;
	double		max;
	double		mean;
	double		m2;
} BtrStat;

/* A summary and the time it starts at; also the 48 bytes of SQL type statpoint. */
typedef struct BtrStatPoint
{
	int64_t		time;
	BtrStat		stat;
} BtrStatPoint;

/*
 * n points in two parallel arrays, sorted by time; points of equal time are
 * in insertion order.  The arrays belong to whoever made them.
 */
typedef struct BtrPoints
{
	const int64_t *time;
	const double *value;
	int64_t		n;
} BtrPoints;

#endif							/* BTR_POINT_H */
