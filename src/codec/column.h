/*
 * column.h
 *		The two columns of a block: times and values.
 *
 * Each column has a plan, made first, that knows the exact size; writing then
 * cannot fail.
 */
#ifndef BTR_COLUMN_H
#define BTR_COLUMN_H

#include "codec/ints.h"

/* Flags of the time column; the header of the block has room for four. */
#define BTR_TIMES_WHOLE		0x1		/* one group for all times */
#define BTR_TIMES_DIVISOR	0x2		/* a common divisor is stored */
#define BTR_TIMES_FLAGS		0x3

/* How a column of values is stored. */
typedef enum BtrValueScheme
{
	BTR_VALUES_RAW = 0,
	BTR_VALUES_DECIMAL = 1,		/* integers divided by a power of ten */
	BTR_VALUES_BITS = 2,		/* bits of the number, as an ordered integer */
	BTR_VALUES_FRONT = 3,		/* dictionary of front bits, the others packed */
	BTR_VALUES_RUNS = 4			/* runs of equal values */
} BtrValueScheme;

/* Front bits that a dictionary can hold. */
#define BTR_FRONT_MAX		256

/* Values that may fail to be decimals, of n. */
#define BTR_EXCEPTIONS_MAX(n)	((n) / 32 + 1)

typedef struct BtrTimePlan
{
	size_t		size;
	int			flags;
	uint64_t	divisor;
	BtrIntPlan	ints;
	uint64_t	v[BTR_LEAF_MAX_POINTS];
} BtrTimePlan;

typedef struct BtrValuePlan
{
	size_t		size;
	BtrValueScheme scheme;

	/* Power of ten, bits shifted out, or bits after the front. */
	int			parameter;

	/* BTR_VALUES_DECIMAL: values kept as they are. */
	int			exceptions;
	uint16_t	exception[BTR_EXCEPTIONS_MAX(BTR_LEAF_MAX_POINTS)];

	/* BTR_VALUES_FRONT */
	int			fronts;
	uint16_t	front[BTR_FRONT_MAX];

	BtrIntPlan	ints;
} BtrValuePlan;

/* Plans, writes and reads the times of n points. */
extern void BtrTimesPlan(BtrTimePlan *plan, const int64_t *time, int n);
extern uint8_t *BtrTimesWrite(uint8_t *p, const BtrTimePlan *plan,
							  const int64_t *time, int n);
extern bool BtrTimesRead(BtrBytes *in, int flags, int n, int64_t *time);

/* Moves past the times of n points. */
extern bool BtrTimesSkip(BtrBytes *in, int flags, int n);

/* Reads the time of point i of n.  Returns false if the bytes are damaged. */
extern bool BtrTimesAt(BtrBytes *in, int flags, int n, int i, int64_t *time);

/* Returns the number of times before t, or -1 if the bytes are damaged. */
extern int	BtrTimesLowerBound(BtrBytes *in, int flags, int n, int64_t t);

/* Writes the values of n points; returns 0 if they need more than cap bytes. */
extern size_t BtrValuesWrite(uint8_t *p, size_t cap, const double *value, int n);

/*
 * Reads the values of points from .. to - 1 of n, from < to, or moves past all if value
 * is NULL.  divisor is as in BtrLeafDecodeValues().
 */
extern bool BtrValuesRead(BtrBytes *in, int n, int from, int to, double *value,
						  double *divisor);

#endif							/* BTR_COLUMN_H */
