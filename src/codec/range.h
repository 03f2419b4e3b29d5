/*
 * range.h
 *		Ranges of integers, of their differences, and of what a line leaves over.
 */
#ifndef BTR_RANGE_H
#define BTR_RANGE_H

#include "codec/bits.h"

/* Smallest and largest of some signed numbers. */
typedef struct BtrRange
{
	int64_t		min;
	int64_t		max;
} BtrRange;

static inline BtrRange
BtrRangeEmpty(void)
{
	return (BtrRange) {INT64_MAX, INT64_MIN};
}

static inline void
BtrRangeAdd(BtrRange *r, uint64_t v)
{
	int64_t		s = (int64_t) v;

	r->min = s < r->min ? s : r->min;
	r->max = s > r->max ? s : r->max;
}

static inline void
BtrRangeMerge(BtrRange *r, const BtrRange *other)
{
	r->min = other->min < r->min ? other->min : r->min;
	r->max = other->max > r->max ? other->max : r->max;
}

/* Returns the difference of largest and smallest. */
static inline uint64_t
BtrRangeSpread(const BtrRange *r)
{
	return (uint64_t) r->max - (uint64_t) r->min;
}

/* Finds the range of n >= 1 integers and that of the n - 1 differences of neighbours. */
extern void BtrRangeOfValues(const uint64_t *v, int n, BtrRange *values, BtrRange *deltas);

/*
 * Finds the range of v[i] - units * i - (fraction * i >> shift), where *values is the range of v
 * and the line rises by at most 1.5 times its spread from end to end.
 */
extern void BtrRangeOfLine(const uint64_t *v, int n, const BtrRange *values,
						   uint64_t units, uint64_t fraction, int shift, BtrRange *rest);

#endif							/* BTR_RANGE_H */
