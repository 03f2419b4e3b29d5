/*
 * axis.c
 *		Ticks of values: multiples of 1, 2, 2.5 or 5 times a power of ten.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "draw/draw.h"

/* Values beyond this are divided before they are computed with. */
#define LARGE_VALUE		1e300
#define LARGE_SHIFT		10

/* Values that are this close, by themselves or relatively, are taken as equal. */
#define LEAST_SPAN		1e-290
#define LEAST_SHARE		1e-12

/* A value that is that near to a tick, as a share of a step, is on it. */
#define ROUNDING		1e-9

/* Labels with more digits before or after the point are in exponential notation. */
#define MOST_WHOLE		1e7
#define MOST_DECIMALS	7

/*
 * Returns n * 10^power, as exactly as a double can be.
 */
static double
scaled(double n, int power)
{
	return power >= 0 ? n * pow(10, power) : n / pow(10, -power);
}

/*
 * Returns where tick i is.
 */
static double
tick_value(const BtrAxis *axis, int i)
{
	return scaled((axis->first + i) * axis->factor, axis->power);
}

/*
 * Makes an axis; see draw.h.
 */
void
BtrAxisInit(BtrAxis *axis, double low, double high, int max_steps)
{
	static const struct
	{
		int			factor;
		int			power;
	}			steps[] = {{1, 0}, {2, 0}, {25, -1}, {5, 0}};
	double		magnitude = Max(fabs(low), fabs(high));
	double		step;
	int			power;

	axis->shift = magnitude > LARGE_VALUE ? LARGE_SHIFT : 0;
	low = scaled(low, -axis->shift);
	high = scaled(high, -axis->shift);
	magnitude = scaled(magnitude, -axis->shift);
	if (high - low < Max(LEAST_SPAN, magnitude * LEAST_SHARE))
	{
		/* a value by itself is in the midst */
		double		margin = magnitude < LEAST_SPAN / LEAST_SHARE ? 1 : magnitude / 10;

		low -= margin;
		high += margin;
	}
	axis->magnitude = Max(fabs(low), fabs(high));

	/* the least step with which there are few enough, from one that is too small on */
	power = (int) floor(log10((high - low) / max_steps)) - 1;
	for (int i = 0;; i++)
	{
		axis->factor = steps[i % lengthof(steps)].factor;
		axis->power = power + i / (int) lengthof(steps) + steps[i % lengthof(steps)].power;
		step = scaled(axis->factor, axis->power);
		axis->first = floor(low / step + ROUNDING);
		axis->n = (int) Min(ceil(high / step - ROUNDING) - axis->first, PG_INT16_MAX);
		if (axis->n <= max_steps)
			return;
	}
}

/*
 * Says where a value is between the first and the last tick.
 */
double
BtrAxisPosition(const BtrAxis *axis, double value)
{
	double		first = tick_value(axis, 0);
	double		position = (scaled(value, -axis->shift) - first) / (tick_value(axis, axis->n) - first);

	return Min(Max(position, 0), 1);
}

/*
 * Returns the label of a tick, with as many digits as tell it from its neighbours.
 */
char *
BtrAxisLabel(const BtrAxis *axis, int i)
{
	double		value = axis->first + i == 0 ? 0 : tick_value(axis, i);
	int			decimals = Max(-axis->power, 0);
	int			digits;
	char	   *mantissa;
	char	   *exponent;

	if (axis->shift == 0 && axis->magnitude < MOST_WHOLE && decimals <= MOST_DECIMALS)
		return psprintf("%.*f", decimals, value);
	if (value == 0)
		return pstrdup("0");

	digits = (int) floor(log10(fabs(value))) - axis->power;
	mantissa = psprintf("%.*e", Min(Max(digits, 0), DBL_DIG), value);
	exponent = strchr(mantissa, 'e');
	*exponent = '\0';
	return psprintf("%se%d", mantissa, atoi(exponent + 1) + axis->shift);
}
