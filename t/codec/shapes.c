/*
 * shapes.c
 *		Synthetic signals for the test and the benchmark of the codec.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "btrdb.h"
#include "shapes.h"

#define SECOND		INT64_C(1000000000)
#define START		INT64_C(1700000000000000000)

/* splitmix64 */
uint64_t
random_bits(Random *r)
{
	uint64_t	z = (r->state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t
random_below(Random *r, uint64_t below)
{
	return random_bits(r) % below;
}

static double
uniform(Random *r)
{
	return (double) (random_bits(r) >> 11) / 9007199254740992.0;
}

/* Roughly normal, standard deviation 1. */
static double
noise(Random *r)
{
	double		sum = 0;

	for (int i = 0; i < 12; i++)
		sum += uniform(r);
	return sum - 6;
}

static double
rounded(double v, int digits)
{
	double		p = pow(10, digits);

	return nearbyint(v * p) / p;
}

static int
compare_times(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

/* 120 Hz, each time off by up to 50 microseconds, in units of "unit" ns. */
static void
jittered_times(Random *r, int n, int64_t *time, int64_t unit)
{
	for (int i = 0; i < n; i++)
		time[i] = (START + (int64_t) i * SECOND / 120 +
				   (int64_t) random_below(r, 100001) - 50000) / unit * unit;
}

static void
exact_times(int n, int64_t *time, int64_t step)
{
	for (int i = 0; i < n; i++)
		time[i] = START + i * step;
}

/* 30 Hz from GPS: 33333333 or 33333334 ns apart. */
static void
gps_times(int n, int64_t *time)
{
	for (int i = 0; i < n; i++)
		time[i] = START + (int64_t) i * SECOND / 30;
}

/* A voltage: a slow oscillation with noise. */
static double
level(Random *r, int i)
{
	return 7200 + 30 * sin(i / 20000.0) + 0.6 * noise(r);
}

static void
make_jitter_decimals(Random *r, int n, int64_t *time, double *value)
{
	jittered_times(r, n, time, 1);
	for (int i = 0; i < n; i++)
		value[i] = rounded(level(r, i), 4);
}

static void
make_jitter_doubles(Random *r, int n, int64_t *time, double *value)
{
	jittered_times(r, n, time, 1);
	for (int i = 0; i < n; i++)
		value[i] = level(r, i);
}

static void
make_microsecond_decimals(Random *r, int n, int64_t *time, double *value)
{
	jittered_times(r, n, time, 1000);
	for (int i = 0; i < n; i++)
		value[i] = rounded(level(r, i), 4);
}

static void
make_walk(Random *r, int n, int64_t *time, double *value)
{
	int64_t		cents = 2000;

	exact_times(n, time, SECOND);
	for (int i = 0; i < n; i++)
	{
		cents += (int64_t) random_below(r, 17) - 8;
		value[i] = (double) cents / 100;
	}
}

static void
make_float32(Random *r, int n, int64_t *time, double *value)
{
	gps_times(n, time);
	for (int i = 0; i < n; i++)
		value[i] = (float) (7200 + 30 * sin(i / 300.0) + noise(r));
}

static void
make_counter(Random *r, int n, int64_t *time, double *value)
{
	int64_t		count = 123456;

	jittered_times(r, n, time, 1000000);
	qsort(time, (size_t) n, sizeof(int64_t), compare_times);
	for (int i = 0; i < n; i++)
		value[i] = (double) (count += (int64_t) random_below(r, 20));
}

static void
make_steps(Random *r, int n, int64_t *time, double *value)
{
	double		v = 20.5;

	exact_times(n, time, SECOND);
	for (int i = 0; i < n; i++)
	{
		if (random_below(r, 150) == 0)
			v = rounded(15 + 10 * uniform(r), 1);
		value[i] = v;
	}
}

static void
make_constant(Random *r, int n, int64_t *time, double *value)
{
	exact_times(n, time, SECOND);
	for (int i = 0; i < n; i++)
		value[i] = 59.97;
}

static void
make_bool(Random *r, int n, int64_t *time, double *value)
{
	jittered_times(r, n, time, 1);
	for (int i = 0; i < n; i++)
		value[i] = (double) random_below(r, 2);
}

static void
make_zero_sine(Random *r, int n, int64_t *time, double *value)
{
	gps_times(n, time);
	for (int i = 0; i < n; i++)
		value[i] = 170 * sin(i * 0.7 + 0.01 * noise(r));
}

static void
make_duplicates(Random *r, int n, int64_t *time, double *value)
{
	int64_t		t = START;

	for (int i = 0; i < n; i++)
	{
		t += random_below(r, 4) == 0 ? SECOND : 0;
		time[i] = t;
		value[i] = (double) i;
	}
}

static void
make_gaps(Random *r, int n, int64_t *time, double *value)
{
	int64_t		t = START;
	int64_t		cents = 0;

	for (int i = 0; i < n; i++)
	{
		t += random_below(r, 200) == 0 ?
			(int64_t) random_below(r, (uint64_t) 86400 * SECOND) :
			(int64_t) random_below(r, 200000);
		cents += (int64_t) random_below(r, 17) - 8;
		time[i] = t;
		value[i] = (double) cents / 100;
	}
}

const Shape signal_shapes[] = {
	{"120 Hz ±50 us, 4 decimals", make_jitter_decimals},
	{"120 Hz ±50 us, full doubles", make_jitter_doubles},
	{"120 Hz ±50 us in us, 4 decimals", make_microsecond_decimals},
	{"exact 1 s, 2-decimal walk", make_walk},
	{"GPS 30 Hz, float32-born", make_float32},
	{"120 Hz in ms, integer counter", make_counter},
	{"exact 1 s, steps", make_steps},
	{"exact 1 s, constant", make_constant},
	{"120 Hz ±50 us, bool", make_bool},
	{"GPS 30 Hz, zero-centred sine", make_zero_sine},
	{"duplicate times, counter", make_duplicates},
	{"bursts and gaps, 2-decimal walk", make_gaps},
	{NULL, NULL}
};

static int64_t
any_time(Random *r)
{
	return (int64_t) (random_bits(r) >> 1) + BTR_TIME_MIN;
}

static void
any_times(Random *r, int n, int64_t *time)
{
	for (int i = 0; i < n; i++)
		time[i] = any_time(r);
	if (random_below(r, 2) == 0)
		time[0] = BTR_TIME_MIN;
	if (random_below(r, 2) == 0)
		time[n - 1] = BTR_TIME_MAX - 1;
	qsort(time, (size_t) n, sizeof(int64_t), compare_times);
}

static double
value_of_bits(uint64_t bits)
{
	double		v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* Times over the full range; bits of any kind, NaN and infinity included. */
static void
make_any_bits(Random *r, int n, int64_t *time, double *value)
{
	any_times(r, n, time);
	for (int i = 0; i < n; i++)
		value[i] = value_of_bits(random_bits(r));
}

static void
make_special(Random *r, int n, int64_t *time, double *value)
{
	static const double special[] = {
		0.0, -0.0, 1.0, -1.0, 4.9406564584124654e-324, -4.9406564584124654e-324,
		2.2250738585072014e-308, 2.2250738585072009e-308,
		1.7976931348623157e308, -1.7976931348623157e308,
		2251799813685247.0, 2251799813685248.0, 2251799813685249.0,
		-2251799813685248.0, -2251799813685249.0, 4503599627370496.0,
		9007199254740991.0, 9007199254740992.0, 9223372036854775807.0,
		-9223372036854775808.0, 0.1, 0.3, 1e22, 1e23, 1e-22, 0.5,
		9.969209968386869e36, 1.5e-7
	};
	int			few = 1 + (int) random_below(r, sizeof(special) / sizeof(special[0]));

	jittered_times(r, n, time, 1);
	for (int i = 0; i < n; i++)
		value[i] = special[random_below(r, (uint64_t) few)];
}

/* Decimals of changing precision with a few strangers among them. */
static void
make_strangers(Random *r, int n, int64_t *time, double *value)
{
	int			digits = (int) random_below(r, 8);
	uint64_t	often = 1 + random_below(r, 100);

	gps_times(n, time);
	for (int i = 0; i < n; i++)
	{
		value[i] = rounded(100 * noise(r), digits);
		if (random_below(r, often) == 0)
			value[i] = random_below(r, 2) == 0 ? -0.0 : noise(r);
	}
}

/* Integers of a random number of bits, times of a random number of bits apart. */
static void
make_any_width(Random *r, int n, int64_t *time, double *value)
{
	int			time_shift = 2 + (int) random_below(r, 62);
	int			value_shift = (int) random_below(r, 64);
	int			zeros = (int) random_below(r, 64);
	uint64_t	span = 0;

	for (int i = 0; i < n; i++)
	{
		uint64_t	step = random_bits(r) >> time_shift;

		if (span + step >= UINT64_C(1) << 63)
			step = 0;
		span += step;
		time[i] = (int64_t) span + BTR_TIME_MIN;
		value[i] = value_of_bits(random_bits(r) >> value_shift << zeros);
	}
}

/* A different kind of value in each stretch of 100. */
static void
make_mixture(Random *r, int n, int64_t *time, double *value)
{
	make_gaps(r, n, time, value);
	for (int i = 0; i < n; i += 100)
	{
		int			count = n - i < 100 ? n - i : 100;
		int64_t		ignored[100];

		awkward_shapes[random_below(r, 3)].make(r, count, ignored, value + i);
	}
}

static void
make_all_equal(Random *r, int n, int64_t *time, double *value)
{
	int64_t		t = any_time(r);
	double		v = value_of_bits(random_bits(r));

	for (int i = 0; i < n; i++)
	{
		time[i] = t;
		value[i] = v;
	}
}

const Shape awkward_shapes[] = {
	{"full range, any bits", make_any_bits},
	{"special values", make_special},
	{"decimals with strangers", make_strangers},
	{"any width", make_any_width},
	{"mixture", make_mixture},
	{"all equal", make_all_equal},
	{NULL, NULL}
};
