/*
 * stat.c
 *		Summaries of values: count, minimum, maximum, mean and M2.
 *
 * Plain C without PostgreSQL headers.
 *
 * Values may be any finite doubles.  Where the difference of two of them is too
 * large for a double, the mean is computed in another way and stays exact to
 * rounding, and M2 is infinity.  No result is ever NaN.
 *
 * -0.0 is taken as smaller than 0.0, so that minimum and maximum do not depend
 * on the order of the values to the last bit.
 */
#include <math.h>
#include <stdbool.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "types/stat.h"

/* Values summarised at once; they should stay in the first-level cache. */
#define BLOCK_VALUES	512

/* Independent sums, so that additions need not wait for each other: two vectors of two. */
#define LANES			4

/* Two lanes of a 16-byte vector register; gcc 12 does not find them by itself at -O2. */
typedef double Vec __attribute__((vector_size(16)));

/*
 * Says whether a is smaller than b, with -0.0 smaller than 0.0.
 */
static inline bool
is_less(double a, double b)
{
	return a < b || (a == b && signbit(a) && !signbit(b));
}

/*
 * Moves a mean that rounding has put outside [min, max] into it.
 */
static inline void
clamp_mean(BtrStat *s)
{
	if (is_less(s->mean, s->min))
		s->mean = s->min;
	else if (is_less(s->max, s->mean))
		s->mean = s->max;
}

/*
 * Makes *s the summary of nothing.
 */
void
BtrStatInit(BtrStat *s)
{
	memset(s, 0, sizeof(*s));
}

/*
 * Adds one value to *s, by Welford's method.
 */
void
BtrStatAdd(BtrStat *s, double value)
{
	double		delta;

	if (s->count == 0)
	{
		s->count = 1;
		s->min = s->max = s->mean = value;
		s->m2 = 0;
		return;
	}

	s->count++;
	if (is_less(value, s->min))
		s->min = value;
	if (is_less(s->max, value))
		s->max = value;

	delta = value - s->mean;
	if (isfinite(delta))
	{
		s->mean += delta / (double) s->count;
		s->m2 += delta * (value - s->mean);
	}
	else
	{
		double		share = 1.0 / (double) s->count;

		s->mean = s->mean * (1.0 - share) + value * share;
		s->m2 = INFINITY;
	}
	clamp_mean(s);
}

static inline Vec
load(const double *value)
{
	Vec			v;

	memcpy(&v, value, sizeof(v));
	return v;
}

/*
 * Returns the smaller number of each lane, either of two zeros.
 */
static inline Vec
vec_min(Vec a, Vec b)
{
#ifdef __SSE2__
	return _mm_min_pd(a, b);
#else
	return (Vec) {a[0] < b[0] ? a[0] : b[0], a[1] < b[1] ? a[1] : b[1]};
#endif
}

/*
 * Returns the larger number of each lane, either of two zeros.
 */
static inline Vec
vec_max(Vec a, Vec b)
{
#ifdef __SSE2__
	return _mm_max_pd(a, b);
#else
	return (Vec) {a[0] > b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]};
#endif
}

static inline double
sum_of_lanes(Vec a, Vec b)
{
	return (a[0] + a[1]) + (b[0] + b[1]);
}

/*
 * Finds minimum, maximum and sum of n values.
 */
static void
block_extremes(const double *value, int n, BtrStat *s, double *sum)
{
	Vec			min[2];
	Vec			max[2];
	Vec			total[2] = {{0, 0}, {0, 0}};
	double		rest = 0;
	int			i;

	min[0] = min[1] = max[0] = max[1] = (Vec) {value[0], value[0]};
	for (i = 0; i + LANES <= n; i += LANES)
	{
		Vec			a = load(value + i);
		Vec			b = load(value + i + 2);

		min[0] = vec_min(min[0], a);
		min[1] = vec_min(min[1], b);
		max[0] = vec_max(max[0], a);
		max[1] = vec_max(max[1], b);
		total[0] += a;
		total[1] += b;
	}
	min[0] = vec_min(min[0], min[1]);
	max[0] = vec_max(max[0], max[1]);
	s->count = n;
	s->min = min[0][0] < min[0][1] ? min[0][0] : min[0][1];
	s->max = max[0][0] > max[0][1] ? max[0][0] : max[0][1];
	for (; i < n; i++)
	{
		s->min = value[i] < s->min ? value[i] : s->min;
		s->max = value[i] > s->max ? value[i] : s->max;
		rest += value[i];
	}
	*sum = sum_of_lanes(total[0], total[1]) + rest;

	/* The comparisons above do not tell zeros apart. */
	if (s->min == 0 || s->max == 0)
	{
		for (i = 0; i < n; i++)
		{
			if (is_less(value[i], s->min))
				s->min = value[i];
			if (is_less(s->max, value[i]))
				s->max = value[i];
		}
	}
}

/*
 * Sums up the differences of n values from their mean, and the squares of these.
 */
static void
block_squares(const double *value, int n, double mean, double *rests, double *squares)
{
	const Vec	means = {mean, mean};
	Vec			rest[2] = {{0, 0}, {0, 0}};
	Vec			square[2] = {{0, 0}, {0, 0}};
	int			i;

	for (i = 0; i + LANES <= n; i += LANES)
	{
		Vec			a = load(value + i) - means;
		Vec			b = load(value + i + 2) - means;

		rest[0] += a;
		rest[1] += b;
		square[0] += a * a;
		square[1] += b * b;
	}
	*rests = sum_of_lanes(rest[0], rest[1]);
	*squares = sum_of_lanes(square[0], square[1]);
	for (; i < n; i++)
	{
		double		d = value[i] - mean;

		*rests += d;
		*squares += d * d;
	}
}

/*
 * Makes *s the summary of n values, 1 <= n <= BLOCK_VALUES.
 *
 * Two passes, with the rounding error of the mean taken out of M2: faster than
 * Welford's method, which divides for each value, and at least as exact.
 */
static void
summarise_block(const double *value, int n, BtrStat *s)
{
	double		sum;
	double		rests;

	block_extremes(value, n, s, &sum);
	if (s->min == s->max)
	{
		s->mean = s->min;
		s->m2 = 0;
		return;
	}

	s->mean = sum / n;
	block_squares(value, n, s->mean, &rests, &s->m2);
	s->m2 -= rests * (rests / n);

	/*
	 * The differences are exact if no value is further from the mean than half
	 * of it, and then show the error of the mean.  Otherwise they have errors
	 * of their own.
	 */
	if (s->max - s->min <= fabs(s->mean) / 2)
		s->mean += rests / n;

	if (!isfinite(s->mean) || !isfinite(s->m2))
	{
		/* A sum was too large for a double: go value by value. */
		BtrStatInit(s);
		for (int i = 0; i < n; i++)
			BtrStatAdd(s, value[i]);
		return;
	}
	if (s->m2 < 0)
		s->m2 = 0;
	clamp_mean(s);
}

/*
 * Adds n values to *s.
 */
void
BtrStatAddValues(BtrStat *s, const double *value, int64_t n)
{
	while (n > 0)
	{
		int			block = n < BLOCK_VALUES ? (int) n : BLOCK_VALUES;
		BtrStat		part;

		summarise_block(value, block, &part);
		BtrStatMerge(s, &part);
		value += block;
		n -= block;
	}
}

/*
 * Adds all that *other summarises to *s; either may be empty.  The result is the
 * same to the last bit with *s and *other exchanged.  The sum of the counts
 * must fit into an int64_t.
 */
void
BtrStatMerge(BtrStat *s, const BtrStat *other)
{
	const BtrStat *large = s;
	const BtrStat *small = other;
	BtrStat		result;
	double		share;
	double		delta;

	if (other->count == 0)
		return;
	if (s->count == 0)
	{
		*s = *other;
		return;
	}

	/* Start from the larger side: its mean moves least, so that it loses least. */
	if (s->count < other->count ||
		(s->count == other->count && other->mean < s->mean))
	{
		large = other;
		small = s;
	}

	result.count = large->count + small->count;
	result.min = is_less(small->min, large->min) ? small->min : large->min;
	result.max = is_less(large->max, small->max) ? small->max : large->max;

	share = (double) small->count / (double) result.count;
	delta = small->mean - large->mean;
	if (isfinite(delta))
	{
		result.mean = large->mean + delta * share;
		result.m2 = (large->m2 + small->m2) +
			delta * ((double) large->count * share) * delta;
	}
	else
	{
		result.mean = large->mean * (1.0 - share) + small->mean * share;
		result.m2 = INFINITY;
	}
	clamp_mean(&result);
	*s = result;
}

/*
 * Makes the summary of values that of these values divided by divisor.  Division keeps
 * their order, so minimum and maximum are exactly those of the quotients.
 */
void
BtrStatDivide(BtrStat *s, double divisor)
{
	s->min /= divisor;
	s->max /= divisor;
	s->mean /= divisor;
	s->m2 = s->m2 / divisor / divisor;
	clamp_mean(s);
}

/*
 * Returns the population standard deviation; 0 when *s is empty, infinity when
 * M2 was too large for a double.
 */
double
BtrStatStddev(const BtrStat *s)
{
	if (s->count == 0)
		return 0;
	return sqrt(s->m2 / (double) s->count);
}
