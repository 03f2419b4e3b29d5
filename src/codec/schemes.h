/*
 * schemes.h
 *		The schemes for plain values; values.c chooses among them.
 *
 * Planning fills *plan, which holds the exact size, and returns false where the
 * scheme does not apply.  Reading gives values from .. to - 1 of n,
 * from < to, unless value is NULL, and moves in->pos past the scheme's bytes; it
 * returns false if what it looked at is damaged.  "v" is room for
 * n integers; what it holds afterwards means nothing.
 */
#ifndef BTR_SCHEMES_H
#define BTR_SCHEMES_H

#include "codec/column.h"

static inline uint64_t
BtrValueBits(double value)
{
	uint64_t	bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline double
BtrBitsValue(uint64_t bits)
{
	double		value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* Integers divided by a power of ten. */
extern bool BtrDecimalPlan(BtrValuePlan *plan, const double *value, int n,
						   uint64_t *v);
extern uint8_t *BtrDecimalWrite(uint8_t *p, const BtrValuePlan *plan,
								const double *value, int n, uint64_t *v);
extern bool BtrDecimalRead(BtrBytes *in, bool whole, bool has_exceptions, int n,
						   int from, int to, double *value, double *divisor);

/* Bits as ordered integers; "zeros" is the number of trailing zeros all share. */
extern void BtrBitsPlan(BtrValuePlan *plan, const double *value, int n,
						int zeros, uint64_t *v);
extern uint8_t *BtrBitsWrite(uint8_t *p, const BtrValuePlan *plan,
							 const double *value, int n, uint64_t *v);
extern bool BtrBitsRead(BtrBytes *in, bool whole, int n, int from, int to, double *value);

/* A dictionary of front bits. */
extern bool BtrFrontPlan(BtrValuePlan *plan, const double *value, int n);
extern uint8_t *BtrFrontWrite(uint8_t *p, const BtrValuePlan *plan,
							  const double *value, int n, uint64_t *v);
extern bool BtrFrontRead(BtrBytes *in, int n, int from, int to, double *value);

#endif							/* BTR_SCHEMES_H */
