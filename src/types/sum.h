/*
 * sum.h
 *		Sums of many numbers that lose little to rounding.
 *
 * Plain C.  Neumaier (1974), "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
 * Summen": what each addition loses is summed up beside it.
 */
#ifndef BTR_SUM_H
#define BTR_SUM_H

#include <math.h>

/* Zero-initialise. */
typedef struct BtrSum
{
	double		sum;
	double		lost;
} BtrSum;

/* Adds a number. */
static inline void
BtrSumAdd(BtrSum *s, double x)
{
	double		sum = s->sum + x;

	s->lost += fabs(s->sum) >= fabs(x) ? (s->sum - sum) + x : (x - sum) + s->sum;
	s->sum = sum;
}

/* Returns the sum; infinity or NaN if it was too large for a double. */
static inline double
BtrSumResult(const BtrSum *s)
{
	return s->sum + s->lost;
}

#endif							/* BTR_SUM_H */
