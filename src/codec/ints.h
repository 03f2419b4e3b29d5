/*
 * ints.h
 *		Columns of integers: prediction, then bit packing.
 *
 * A column is cut into groups: one group for all values, or one per 128.  Each
 * group has a predictor of its own; what the prediction leaves over is packed
 * with as many bits as the largest of it needs.  All arithmetic is modulo 2^64,
 * so every column of 64-bit integers can be stored, only not equally well.
 */
#ifndef BTR_INTS_H
#define BTR_INTS_H

#include "codec/bits.h"
#include "codec/leaf.h"

#define BTR_INT_GROUPS		(BTR_LEAF_MAX_POINTS / BTR_PACK_BLOCK)

/* Numbers in the top two bits of a group's first byte. */
typedef enum BtrPredictor
{
	BTR_PREDICT_BASE = 0,		/* base + rest */
	BTR_PREDICT_DELTA = 1,		/* value before + base + rest */
	BTR_PREDICT_LINE = 2		/* base + slope * index + rest */
} BtrPredictor;

typedef struct BtrIntGroup
{
	BtrPredictor predictor;
	int			width;			/* bits per value */
	uint64_t	base;
	uint64_t	slope;			/* with line_shift() fraction bits */
	size_t		size;			/* bytes, header included */
} BtrIntGroup;

/* How to store a column, and how many bytes that takes. */
typedef struct BtrIntPlan
{
	bool		whole;			/* one group for all values */
	size_t		size;
	BtrIntGroup group[BTR_INT_GROUPS];
} BtrIntPlan;

/* Reads a column in chunks of 128 values. */
typedef struct BtrIntReader
{
	BtrBytes   *in;
	bool		whole;
	int			left;			/* values in groups not yet opened */
	uint64_t	before;			/* the value before the next one */

	/* The open group. */
	BtrPredictor predictor;
	int			width;
	uint64_t	base;
	uint64_t	units;			/* slope of a line, its whole part */
	uint64_t	fraction;		/* and the rest, */
	int			shift;			/* of so many bits */
	const uint8_t *packed;
	int			count;
	int			done;
} BtrIntReader;

/*
 * Finds the smallest form of n (0..BTR_LEAF_MAX_POINTS) values; "before" is the number
 * that both sides take for the value before the first.
 */
extern void BtrIntPlanColumn(BtrIntPlan *plan, const uint64_t *v, int n,
							 uint64_t before);

/* Writes the column as planned: plan->size bytes.  Returns their end. */
extern uint8_t *BtrIntWrite(uint8_t *p, const BtrIntPlan *plan,
							const uint64_t *v, int n, uint64_t before);

/* Starts to read a column of n values at in->pos. */
extern void BtrIntReadStart(BtrIntReader *r, BtrBytes *in, int n, bool whole,
							uint64_t before);

/*
 * Reads the next 128 values, or what is left.  Returns how many (0 at the
 * end), or -1 if the bytes are damaged.  v has room for 128.
 */
extern int	BtrIntReadChunk(BtrIntReader *r, uint64_t *v);

/*
 * Passes over chunks from the start of the column until the next one holds value
 * "index", which must be there.  Returns the place of that chunk's first value, or -1 if
 * the bytes are damaged.  Unpacks only what later values are predicted from.
 */
extern int	BtrIntSeek(BtrIntReader *r, int index);

/*
 * Moves r->in->pos past what was not read.  Returns false if it does not fit the bytes
 * there are.
 */
extern bool BtrIntReadEnd(BtrIntReader *r);

/*
 * Moves in->pos past a column of n values without decoding it.  Returns false
 * if it does not fit the bytes there are.
 */
extern bool BtrIntSkip(BtrBytes *in, int n, bool whole);

/* Converts n integers to values.  Returns false if one is none that was stored. */
typedef bool (*BtrIntConvert) (const uint64_t *v, int n, const void *arg, double *value);

/*
 * Reads values from .. to - 1 of n whose integers are "first" and a column of n - 1, and
 * moves in->pos past that.  value has room for to - from.
 */
extern bool BtrIntReadValues(BtrBytes *in, int n, bool whole, uint64_t first, int from, int to,
							 BtrIntConvert convert, const void *arg, double *value);

/*
 * Opens the next group, moving r->in->pos past it.  Returns false if there is
 * none or its bytes are damaged.  Differences that are all equal are opened as
 * the line that they make.
 */
extern bool BtrIntOpenGroup(BtrIntReader *r);

/*
 * Returns value i of the open group, whose predictor is not BTR_PREDICT_DELTA.
 */
extern uint64_t BtrIntValueAt(const BtrIntReader *r, int i);

#endif							/* BTR_INTS_H */
