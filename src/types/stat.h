/*
 * stat.h
 *		Summaries of values: count, minimum, maximum, mean and M2.
 *
 * Plain C.  Merging follows Chan, Golub & LeVeque (1979), "Updating formulae
 * and a pairwise algorithm for computing sample variances".
 */
#ifndef BTR_STAT_H
#define BTR_STAT_H

#include "types/point.h"

/* Makes *s the summary of nothing. */
extern void BtrStatInit(BtrStat *s);

/* Adds one value to *s. */
extern void BtrStatAdd(BtrStat *s, double value);

/* Adds n values to *s. */
extern void BtrStatAddValues(BtrStat *s, const double *value, int64_t n);

/* Adds all that *other summarises to *s; either may be empty. */
extern void BtrStatMerge(BtrStat *s, const BtrStat *other);

/* Makes the summary of values that of these values divided by divisor, a positive number. */
extern void BtrStatDivide(BtrStat *s, double divisor);

/* Returns the population standard deviation; 0 when *s is empty. */
extern double BtrStatStddev(const BtrStat *s);

#endif							/* BTR_STAT_H */
