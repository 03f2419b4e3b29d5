/*
 * shapes.h
 *		Synthetic signals for the test and the benchmark of the codec.
 */
#ifndef SHAPES_H
#define SHAPES_H

#include <stdint.h>

/* State of the random number generator; the same seed gives the same signals. */
typedef struct Random
{
	uint64_t	state;
} Random;

typedef struct Shape
{
	const char *name;
	void		(*make) (Random *r, int n, int64_t *time, double *value);
} Shape;

/* Realistic signals, for sizes and speed; ends with a NULL name. */
extern const Shape signal_shapes[];

/* Awkward ones: full ranges, special values, duplicates; likewise. */
extern const Shape awkward_shapes[];

/* Returns 64 random bits. */
extern uint64_t random_bits(Random *r);

/* Returns a random integer in [0, below). */
extern uint64_t random_below(Random *r, uint64_t below);

#endif							/* SHAPES_H */
