/*
 * range.c
 *		Ranges of integers, of their differences, and of what a line leaves over.
 *
 * SSE2 compares no 64-bit integers, but doubles: an integer x of magnitude below
 * 2^51, added to the bits of 1.5 * 2^52, gives the bits of the double 1.5 * 2^52 + x, and these
 * doubles are ordered as the integers.  Integers that lie near each other, as those of a
 * column do, are taken relative to the first of them.
 */
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "codec/range.h"

/* The bits of 1.5 * 2^52. */
#define MAGIC_BITS		UINT64_C(0x4338000000000000)

/*
 * Integers are near the first if they differ by less than 2^NEAR_BITS.  Differences of those and
 * of a line through them, see range.h, are then below 2^51.
 */
#define NEAR_BITS		49
#define NEAR			(UINT64_C(1) << NEAR_BITS)

#define LANES64(x)		((BtrVec64) {(x), (x)})

/* Smallest and largest of numbers in two lanes. */
typedef struct VecRange
{
	BtrVecDouble min;
	BtrVecDouble max;
} VecRange;

/*
 * Adds two integers, to which MAGIC_BITS have been added.
 */
static inline void
vec_add(VecRange *r, BtrVec64 x)
{
	BtrVecDouble d = (BtrVecDouble) x;

#ifdef __SSE2__
	r->min = _mm_min_pd(d, r->min);
	r->max = _mm_max_pd(d, r->max);
#else
	r->min = (BtrVecDouble) {d[0] < r->min[0] ? d[0] : r->min[0], d[1] < r->min[1] ? d[1] : r->min[1]};
	r->max = (BtrVecDouble) {d[0] > r->max[0] ? d[0] : r->max[0], d[1] > r->max[1] ? d[1] : r->max[1]};
#endif
}

static inline VecRange
vec_start(BtrVec64 x)
{
	return (VecRange) {(BtrVecDouble) x, (BtrVecDouble) x};
}

/*
 * Converts back; "first" was subtracted.
 */
static inline BtrRange
vec_range(const VecRange *r, uint64_t first)
{
	BtrVec64	min = (BtrVec64) r->min - LANES64(MAGIC_BITS) + LANES64(first);
	BtrVec64	max = (BtrVec64) r->max - LANES64(MAGIC_BITS) + LANES64(first);
	BtrRange	range = BtrRangeEmpty();

	BtrRangeAdd(&range, min[0]);
	BtrRangeAdd(&range, min[1]);
	BtrRangeAdd(&range, max[0]);
	BtrRangeAdd(&range, max[1]);
	return range;
}

/*
 * Says whether numbers near v stay within the range of an int64.
 */
static inline bool
far_from_overflow(uint64_t v)
{
	return (v + (UINT64_C(1) << 62)) >> 63 == 0;
}

/*
 * Finds the ranges of integers near the first; see range.h.  Returns false if they are not near.
 */
static bool
near_values(const uint64_t *v, int n, BtrRange *values, BtrRange *deltas)
{
	const BtrVec64 first = LANES64(v[0] - MAGIC_BITS);
	const BtrVec64 magic = LANES64(MAGIC_BITS);
	const BtrVec64 offset = LANES64(NEAR - MAGIC_BITS);
	BtrVec64	before = BtrLoadVec64(v);
	BtrVec64	after = BtrLoadVec64(v + 1);
	BtrVec64	bits = LANES64(0);
	VecRange	value = vec_start(before - first);
	VecRange	delta = vec_start(after - before + magic);

	/* Two pairs at a time, the last of them perhaps once more. */
	for (int i = 2; i < n; i += 2)
	{
		BtrVec64	x;

		if (i + 1 == n)
			i--;
		before = BtrLoadVec64(v + i - 1);
		after = BtrLoadVec64(v + i);
		vec_add(&delta, after - before + magic);
		x = after - first;
		bits |= x + offset;
		vec_add(&value, x);
	}
	bits |= BtrLoadVec64(v) - first + offset;
	*values = vec_range(&value, v[0]);
	*deltas = vec_range(&delta, 0);
	return (bits[0] | bits[1]) >> (NEAR_BITS + 1) == 0;
}

/*
 * Finds the ranges of values and differences; see range.h.
 */
void
BtrRangeOfValues(const uint64_t *v, int n, BtrRange *values, BtrRange *deltas)
{
	if (n > 2 && far_from_overflow(v[0]) && near_values(v, n, values, deltas))
		return;

	*values = BtrRangeEmpty();
	*deltas = BtrRangeEmpty();
	BtrRangeAdd(values, v[0]);
	for (int i = 1; i < n; i++)
	{
		BtrRangeAdd(values, v[i]);
		BtrRangeAdd(deltas, v[i] - v[i - 1]);
	}
}

/*
 * Finds the range of what a line leaves over; see range.h.
 */
void
BtrRangeOfLine(const uint64_t *v, int n, const BtrRange *values,
			   uint64_t units, uint64_t fraction, int shift, BtrRange *rest)
{
	BtrVec64	line = {v[0] - MAGIC_BITS, v[0] - MAGIC_BITS + units};
	BtrVec64	part = {0, fraction};
	const BtrVec64 steps = LANES64(2 * units);
	const BtrVec64 parts = LANES64(2 * fraction);
	VecRange	range;
	int			i;

	*rest = BtrRangeEmpty();
	if (n < 2 || BtrRangeSpread(values) >= NEAR || !far_from_overflow(v[0]))
	{
		for (i = 0; i < n; i++)
			BtrRangeAdd(rest, v[i] - units * (uint64_t) i - (fraction * (uint64_t) i >> shift));
		return;
	}

	range = vec_start(LANES64(MAGIC_BITS));
	for (i = 0; i + 1 < n; i += 2)
	{
		vec_add(&range, BtrLoadVec64(v + i) - line - (part >> (uint64_t) shift));
		line += steps;
		part += parts;
	}
	*rest = vec_range(&range, v[0]);
	if (i < n)
		BtrRangeAdd(rest, v[i] - units * (uint64_t) i - (fraction * (uint64_t) i >> shift));
}
