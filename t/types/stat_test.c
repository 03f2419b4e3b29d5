/*
 * stat_test.c
 *		Compares src/types/stat.c with plain sums in long double.
 *
 * "make stat-check" builds and runs it.  Takes a seed; prints each difference and
 * exits with 1 if there was one.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "types/stat.h"

#define ROUNDS		200000
#define MAX_VALUES	3000
#define MAX_PARTS	16

static uint64_t state;
static int	differences = 0;

/*
 * Returns the next 64 bits of splitmix64.
 */
static uint64_t
next_bits(void)
{
	uint64_t	z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/*
 * Returns a number in [0, 1).
 */
static double
next_fraction(void)
{
	return (double) (next_bits() >> 11) * 0x1p-53;
}

/*
 * Returns a value of one of several kinds.
 */
static double
next_value(int kind)
{
	switch (kind)
	{
		case 0:
			return next_fraction();
		case 1:
			return 230 + next_fraction();
		case 2:					/* far from zero */
			return 1e9 + next_fraction();
		case 3:					/* differences overflow */
			return next_bits() & 1 ? DBL_MAX : -DBL_MAX;
		case 4:
			return (2 * next_fraction() - 1) * DBL_MAX;
		case 5:					/* squares overflow, now and then */
			return (next_fraction() - 0.5) * 1e155;
		case 6:					/* denormal */
			return (double) (next_bits() % 9) * 4.9406564584124654e-324;
		case 7:
			return next_bits() & 1 ? 0.0 : -0.0;
		case 8:
			return (double) (next_bits() % 3) - 1;
		case 9:					/* neighbours */
			return 1e9 + (double) (next_bits() % 3) * 0x1p-23;
		default:				/* no binary fraction, all the same */
			return 0.1;
	}
}

/*
 * Compares a summary with the values it is of.  exact: mean and M2 must
 * be as good as two passes make them.
 */
static void
check(const char *what, int kind, const BtrStat *s, const double *value, int n, int exact)
{
	double		min = value[0];
	double		max = value[0];
	long double mean = 0;
	long double m2 = 0;
	long double rest = 0;
	double		largest;
	long double mean_slack;
	long double m2_slack;
	const char *wrong = NULL;

	for (int i = 0; i < n; i++)
	{
		if (value[i] < min || (value[i] == min && signbit(value[i])))
			min = value[i];
		if (value[i] > max || (value[i] == max && !signbit(value[i])))
			max = value[i];
		mean += value[i];
	}
	mean /= n;
	for (int i = 0; i < n; i++)
	{
		m2 += (value[i] - mean) * (value[i] - mean);
		rest += value[i] - mean;
	}
	m2 -= rest * rest / n;
	mean += rest / n;
	largest = fmax(fabs(min), fabs(max));
	if (exact)
	{
		mean_slack = max / 2 - min / 2 < largest / 8 ? 1.2e-16L : 1e-15L;
		m2_slack = 1e-13L;
	}
	else
	{
		mean_slack = 1e-14L;
		m2_slack = 1e-13L + DBL_EPSILON * n * largest / (max / 2 - min / 2);
	}

	if (s->count != n)
		wrong = "count";
	else if (memcmp(&s->min, &min, sizeof(min)) != 0)
		wrong = "minimum";
	else if (memcmp(&s->max, &max, sizeof(max)) != 0)
		wrong = "maximum";
	else if (!(s->mean >= min && s->mean <= max))
		wrong = "mean outside of the values";
	else if (fabsl(s->mean - mean) > mean_slack * largest + 1e-320L)
		wrong = "mean";
	else if (!(s->m2 >= 0))
		wrong = "M2 negative or NaN";
	else if (min == max && s->m2 != 0)
		wrong = "M2 of equal values";
	else if (isinf(s->m2) ? m2 < DBL_MAX / 8 :
			 fabsl(s->m2 - m2) > m2_slack * m2 + 1e-300L)
		wrong = "M2";

	if (wrong != NULL)
	{
		printf("%s, values of kind %d, %d of them: %s; mean %.17g, not %.17Lg; M2 %.17g, not %.17Lg\n",
			   what, kind, n, wrong, s->mean, mean, s->m2, m2);
		differences++;
	}
}

/*
 * Summarises n values in random parts, merged in random order.
 */
static void
check_merge(int kind, const double *value, int n)
{
	BtrStat		part[MAX_PARTS];
	int			nparts = 1 + (int) (next_bits() % MAX_PARTS);
	int			done = 0;

	for (int i = 0; i < nparts; i++)
	{
		int			size = i == nparts - 1 ? n - done : (int) (next_bits() % (n - done + 1));

		BtrStatInit(&part[i]);
		BtrStatAddValues(&part[i], value + done, size);
		done += size;
	}
	while (nparts > 1)
	{
		int			i = (int) (next_bits() % (nparts - 1));
		BtrStat		left = part[i];
		BtrStat		right = part[nparts - 1];

		BtrStatMerge(&left, &part[nparts - 1]);
		BtrStatMerge(&right, &part[i]);
		if (memcmp(&left, &right, sizeof(left)) != 0)
		{
			printf("merge is not commutative, values of kind %d\n", kind);
			differences++;
		}
		part[i] = left;
		nparts--;
	}
	check("merged", kind, &part[0], value, n, 0);
}

/*
 * Summarises n integers, and divides the summary instead of each of them.
 */
static void
check_divide(double *value, int n)
{
	int			bits = 2 + (int) (next_bits() % 50);
	double		divisor = 1;
	BtrStat		s;

	for (int i = (int) (next_bits() % 23); i > 0; i--)
		divisor *= 10;
	for (int i = 0; i < n; i++)
		value[i] = (double) (int64_t) (next_bits() >> (64 - bits)) -
			(double) (INT64_C(1) << (bits - 1));

	BtrStatInit(&s);
	BtrStatAddValues(&s, value, n);
	BtrStatDivide(&s, divisor);
	for (int i = 0; i < n; i++)
		value[i] /= divisor;
	check("divided", bits, &s, value, n, 0);
}

int
main(int argc, char **argv)
{
	static double value[MAX_VALUES];

	state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	for (int round = 0; round < ROUNDS; round++)
	{
		int			kind = (int) (next_bits() % 11);
		int			n = 1 + (int) (next_bits() % (round % 32 == 0 ? MAX_VALUES : 20));
		BtrStat		s;

		for (int i = 0; i < n; i++)
			value[i] = next_value(kind);

		BtrStatInit(&s);
		for (int i = 0; i < n; i++)
			BtrStatAdd(&s, value[i]);
		check("one by one", kind, &s, value, n, 0);

		BtrStatInit(&s);
		BtrStatAddValues(&s, value, n);
		check("at once", kind, &s, value, n, n <= 512);

		check_merge(kind, value, n);
		check_divide(value, n);
	}
	printf("%d rounds, %d differences\n", ROUNDS, differences);
	return differences > 0;
}
