/*
 * points.c
 *		Writes the points of one of the benchmark's data sets to a file.
 *
 *	points SHAPE SEED COUNT FILE
 *
 * The file holds COUNT times (int64, ns) and then COUNT values (double), in the
 * byte order of the machine.  The same seed gives the same points.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shapes.h"

#define SECOND		INT64_C(1000000000)
#define START		INT64_C(1700000000000000000)

/* Streams whose points "many" takes in turn, each a reading a second, off by up to 20 ms. */
#define STREAMS		1000

static void
make_many(Random *r, int n, int64_t *time, double *value)
{
	double		level[STREAMS];

	for (int s = 0; s < STREAMS; s++)
		level[s] = (double) random_below(r, 10000);
	for (int i = 0; i < n; i++)
	{
		int			s = i % STREAMS;

		level[s] += ((double) random_below(r, 2001) - 1000) / 10000;
		time[i] = START + i / STREAMS * SECOND +
			(int64_t) random_below(r, 40000001) - 20000000;
		value[i] = nearbyint(level[s] * 10000) / 10000;
	}
}

/* A reading each millisecond, exactly, with three decimals. */
static void
make_millisecond(Random *r, int n, int64_t *time, double *value)
{
	for (int i = 0; i < n; i++)
	{
		double		v = 20 * sin(i / 5000.0) + ((double) random_below(r, 201) - 100) / 1000;

		time[i] = START + i * (SECOND / 1000);
		value[i] = nearbyint(v * 1000) / 1000;
	}
}

static const Shape own_shapes[] = {
	{"many", make_many},
	{"exact 1 ms, 3 decimals", make_millisecond},
	{NULL, NULL}
};

static const Shape *
find_shape(const Shape *shapes, const char *name)
{
	for (; shapes->name; shapes++)
		if (strcmp(shapes->name, name) == 0)
			return shapes;
	return NULL;
}

int
main(int argc, char **argv)
{
	const Shape *shape;
	Random		r;
	int			n;
	int64_t    *time;
	double	   *value;
	FILE	   *out;

	if (argc != 5 || (n = atoi(argv[3])) <= 0)
	{
		fprintf(stderr, "usage: points SHAPE SEED COUNT FILE\n");
		return 2;
	}
	shape = find_shape(signal_shapes, argv[1]);
	if (!shape)
		shape = find_shape(own_shapes, argv[1]);
	if (!shape)
	{
		fprintf(stderr, "points: there is no shape \"%s\"\n", argv[1]);
		return 2;
	}

	time = malloc(sizeof(int64_t) * (size_t) n);
	value = malloc(sizeof(double) * (size_t) n);
	if (!time || !value)
	{
		fprintf(stderr, "points: out of memory\n");
		return 1;
	}
	r.state = strtoull(argv[2], NULL, 10);
	shape->make(&r, n, time, value);

	out = fopen(argv[4], "wb");
	if (!out ||
		fwrite(time, sizeof(int64_t), (size_t) n, out) != (size_t) n ||
		fwrite(value, sizeof(double), (size_t) n, out) != (size_t) n ||
		fclose(out) != 0)
	{
		perror(argv[4]);
		return 1;
	}
	return 0;
}
