/*
 * decimal.c
 *		Values that are decimal numbers: integers divided by a power of ten.
 *
 * 50.1234 is stored as 501234 with exponent 4 if 501234 / 10^4 is that very
 * double, bit by bit.  The integers stay below 2^51 in magnitude and the
 * exponent below 23, so both operands of the division are exact and its result
 * is the double nearest to the decimal number.  The idea is that of ALP
 * (Afroozeh, Kuffo & Boncz, SIGMOD 2024), with a division in place of the
 * inexact multiplication.
 *
 * A few values may be exceptions (-0.0, a marker such as 9.96921e36, a number
 * with more digits): they are stored as they are, and the integer of the value before them
 * takes their place.
 */
#include "codec/kernels.h"
#include "codec/schemes.h"

#define EXPONENT_MAX		22

/* Values looked at to choose an exponent. */
#define SAMPLES				8

static const double power_of_ten[EXPONENT_MAX + 1] = {
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
	1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
};

/*
 * Converts a value.  Returns false if it is no decimal number of this exponent.
 */
static inline bool
to_integer(double value, double power, uint64_t *v)
{
	double		moved = value * power + BTR_MAGIC;

	*v = BtrValueBits(moved) - BTR_MAGIC_BITS;
	return BtrValueBits((moved - BTR_MAGIC) / power) == BtrValueBits(value) &&
		(*v + BTR_RANGE_OFFSET) >> BTR_RANGE_BITS == 0;
}

/*
 * Returns the smallest exponent from e up that represents the value, or
 * EXPONENT_MAX + 1 if there is none.
 */
static int
find_exponent(double value, int e)
{
	uint64_t	v;

	for (; e <= EXPONENT_MAX; e++)
	{
		double		x = value * power_of_ten[e];

		if (to_integer(value, power_of_ten[e], &v))
			return e;
		if (!(x < (double) BTR_RANGE_OFFSET && x > -(double) BTR_RANGE_OFFSET))
			break;
	}
	return EXPONENT_MAX + 1;
}

/*
 * Guesses the exponent from some values.  One of them may be an exception.
 * Returns EXPONENT_MAX + 1 if the values do not look decimal.
 */
static int
guess_exponent(const double *value, int n)
{
	int			samples = n < SAMPLES ? n : SAMPLES;
	int			highest = 0;
	int			second = 0;

	for (int i = 0; i < samples; i++)
	{
		int			e = find_exponent(value[(int64_t) i * n / samples], 0);

		if (e >= highest)
		{
			second = highest;
			highest = e;
		}
		else if (e > second)
			second = e;
		if (second > EXPONENT_MAX)
			break;
	}
	return n >= SAMPLES || highest > EXPONENT_MAX ? second : highest;
}

/*
 * Converts all values with a guessed exponent.  Counts in need[] how many would
 * need which larger one (EXPONENT_MAX + 1: none will do).  Returns false as soon
 * as too many are no decimals at all.
 */
static bool
try_exponent(const double *value, int n, int e, uint64_t *v, int *need)
{
	double		power = power_of_ten[e];
	const BtrVecDouble powers = {power, power};
	const BtrVecDouble magic = {BTR_MAGIC, BTR_MAGIC};
	const BtrVec64 magic_bits = {BTR_MAGIC_BITS, BTR_MAGIC_BITS};
	const BtrVec64 offset = {BTR_RANGE_OFFSET, BTR_RANGE_OFFSET};
	int			limit = BTR_EXCEPTIONS_MAX(n);

	for (int i = 0; i < n; i += 2)
	{
		int			count = n - i < 2 ? 1 : 2;

		if (count == 2)
		{
			BtrVecDouble x;
			BtrVecDouble moved;
			BtrVec64	ints;
			BtrVec64	bad;

			memcpy(&x, value + i, sizeof(x));
			moved = x * powers + magic;
			ints = (BtrVec64) moved - magic_bits;
			BtrStoreVec64(v + i, ints);
			bad = ((BtrVec64) ((moved - magic) / powers) ^ (BtrVec64) x) |
				((ints + offset) >> BTR_RANGE_BITS);
			if ((bad[0] | bad[1]) == 0)
				continue;
		}
		for (int j = i; j < i + count; j++)
			if (!to_integer(value[j], power, &v[j]))
				need[find_exponent(value[j], e + 1)]++;
		if (need[EXPONENT_MAX + 1] > limit)
			return false;
	}
	return true;
}

/*
 * Returns the exponent from e up that is likely to need least: more digits for all
 * values, or exceptions for those that need more digits.
 */
static int
choose_exponent(int n, int e, const int *need)
{
	int			best = e;
	int64_t		best_cost = INT64_MAX;
	int			missed = 0;

	for (int i = e + 1; i <= EXPONENT_MAX + 1; i++)
		missed += need[i];
	for (int i = e; i <= EXPONENT_MAX; i++)
	{
		/* In tenths of a bit; a digit is 3.3 bits, an exception 10 bytes. */
		int64_t		cost;

		missed -= i > e ? need[i] : 0;
		cost = (int64_t) (i - e) * n * 33 + (int64_t) missed * 800;
		if (cost < best_cost)
		{
			best = i;
			best_cost = cost;
		}
	}
	return best;
}

/*
 * Converts all values, noting exceptions.  Returns false if they are too many.
 */
static bool
convert(BtrValuePlan *plan, const double *value, int n, uint64_t *v)
{
	double		power = power_of_ten[plan->parameter];
	int			limit = BTR_EXCEPTIONS_MAX(n);
	bool		any = false;

	plan->exceptions = 0;
	for (int i = 0; i < n; i++)
	{
		if (to_integer(value[i], power, &v[i]))
		{
			if (!any)
				for (int j = 0; j < i; j++)
					v[j] = v[i];
			any = true;
			continue;
		}
		if (plan->exceptions == limit)
			return false;
		plan->exception[plan->exceptions++] = (uint16_t) i;
		v[i] = i > 0 ? v[i - 1] : 0;
	}
	return any;
}

/*
 * Plans the scheme; see schemes.h.
 */
bool
BtrDecimalPlan(BtrValuePlan *plan, const double *value, int n, uint64_t *v)
{
	int			need[EXPONENT_MAX + 2] = {0};
	int			missed = 0;
	int			e = guess_exponent(value, n);

	if (e > EXPONENT_MAX || !try_exponent(value, n, e, v, need))
		return false;
	for (int i = e + 1; i <= EXPONENT_MAX + 1; i++)
		missed += need[i];
	plan->scheme = BTR_VALUES_DECIMAL;
	plan->parameter = e;
	plan->exceptions = 0;
	if (missed > 0)
	{
		plan->parameter = choose_exponent(n, e, need);
		if (!convert(plan, value, n, v))
			return false;
	}

	BtrIntPlanColumn(&plan->ints, v + 1, n - 1, v[0]);
	plan->size = 2 + BtrVarintSize(BtrZigzag(v[0])) + plan->ints.size;
	if (plan->exceptions > 0)
		plan->size += BtrVarintSize((uint64_t) plan->exceptions) +
			(size_t) plan->exceptions * (sizeof(uint16_t) + sizeof(double));
	return true;
}

/*
 * Converts values of which is known that all can be.
 */
static void
convert_known(const double *value, int n, double power, uint64_t *v)
{
	const BtrVecDouble powers = {power, power};
	const BtrVecDouble magic = {BTR_MAGIC, BTR_MAGIC};
	const BtrVec64 magic_bits = {BTR_MAGIC_BITS, BTR_MAGIC_BITS};
	int			i;

	for (i = 0; i + 1 < n; i += 2)
	{
		BtrVecDouble x;

		memcpy(&x, value + i, sizeof(x));
		BtrStoreVec64(v + i, (BtrVec64) (x * powers + magic) - magic_bits);
	}
	if (i < n)
		to_integer(value[i], power, &v[i]);
}

/*
 * Writes the scheme's bytes after the first; see schemes.h.
 */
uint8_t *
BtrDecimalWrite(uint8_t *p, const BtrValuePlan *plan, const double *value,
				int n, uint64_t *v)
{
	int			exceptions = plan->exceptions;

	*p++ = (uint8_t) plan->parameter;
	if (exceptions == 0)
		convert_known(value, n, power_of_ten[plan->parameter], v);
	else
	{
		BtrValuePlan again = *plan;

		convert(&again, value, n, v);
		p = BtrPutVarint(p, (uint64_t) exceptions);
		for (int i = 0; i < exceptions; i++)
			p = BtrPut16(p, plan->exception[i]);
		for (int i = 0; i < exceptions; i++)
			p = BtrPut64(p, BtrValueBits(value[plan->exception[i]]));
	}
	p = BtrPutVarint(p, BtrZigzag(v[0]));
	return BtrIntWrite(p, &plan->ints, v + 1, n - 1, v[0]);
}

/*
 * Divides n integers by *arg, a double.
 */
static bool
divide(const uint64_t *v, int n, const void *arg, double *value)
{
	return BtrDivide(v, n, *(const double *) arg, value);
}

/*
 * Takes n integers as they are.
 */
static bool
do_not_divide(const uint64_t *v, int n, const void *arg, double *value)
{
	return BtrToDoubles(v, n, value);
}

/*
 * Reads the list of exceptions.  Returns false if it is damaged.
 */
static bool
read_exceptions(BtrBytes *in, int n, const uint8_t **positions, int *count)
{
	uint64_t	stored;
	int			before = -1;

	if (!BtrGetVarint(in, &stored) || stored < 1 ||
		stored > (uint64_t) BTR_EXCEPTIONS_MAX(n) ||
		BtrBytesLeft(in) < stored * (sizeof(uint16_t) + sizeof(double)))
		return false;
	*positions = in->pos;
	*count = (int) stored;
	for (int i = 0; i < *count; i++)
	{
		int			at = BtrLoad16(*positions + i * 2);

		if (at <= before || at >= n)
			return false;
		before = at;
	}
	in->pos += stored * (sizeof(uint16_t) + sizeof(double));
	return true;
}

/*
 * Reads the scheme's bytes; see schemes.h.
 */
bool
BtrDecimalRead(BtrBytes *in, bool whole, bool has_exceptions, int n, int from, int to,
			   double *value, double *divisor)
{
	const uint8_t *positions = NULL;
	uint64_t	first;
	int			exceptions = 0;
	double		power;

	if (BtrBytesLeft(in) == 0 || *in->pos > EXPONENT_MAX)
		return false;
	power = power_of_ten[*in->pos++];
	if (has_exceptions && !read_exceptions(in, n, &positions, &exceptions))
		return false;
	if (!BtrGetVarint(in, &first))
		return false;
	if (value == NULL)
		return BtrIntSkip(in, n - 1, whole);

	if (divisor != NULL && exceptions == 0)
	{
		*divisor = power;
		return BtrIntReadValues(in, n, whole, BtrUnzigzag(first), from, to, do_not_divide, NULL,
								value);
	}
	if (!BtrIntReadValues(in, n, whole, BtrUnzigzag(first), from, to, divide, &power, value))
		return false;
	for (int i = 0; i < exceptions; i++)
	{
		int			at = BtrLoad16(positions + i * 2);

		if (at >= from && at < to)
			value[at - from] = BtrBitsValue(BtrLoad64(positions + exceptions * 2 + i * 8));
	}
	return true;
}
