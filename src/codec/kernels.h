/*
 * kernels.h
 *		The loops of decoding, which take most of its time.
 *
 * On x86-64 each is compiled twice, and machines that have AVX2 take the version that uses it.
 * Where a loop works on arrays of n, it reads and writes no more than that.
 */
#ifndef BTR_KERNELS_H
#define BTR_KERNELS_H

#include "codec/bits.h"

/* Added to a double below 2^51, it moves the nearest integer to the low bits. */
#define BTR_MAGIC			6755399441055744.0	/* 1.5 * 2^52 */
#define BTR_MAGIC_BITS		UINT64_C(0x4338000000000000)

/* An integer v can be made a double if v + BTR_RANGE_OFFSET has no bit from BTR_RANGE_BITS up. */
#define BTR_RANGE_OFFSET	(UINT64_C(1) << 51)
#define BTR_RANGE_BITS		52

/* Unpacks a whole block of 128 values of w bits (0..64) and adds base to each. */
extern void BtrUnpackBlock(const uint8_t *p, uint64_t *v, int w, uint64_t base);

/*
 * Adds a line to n values, of which the first has index at: base + units * i + (fraction * i >>
 * shift).  n is rounded up to a multiple of BTR_UNPACK_STEP.
 */
extern void BtrAddLine(uint64_t *v, int n, uint64_t base, uint64_t units, uint64_t fraction,
					   int shift, int at);

/* Adds to each of n values those before it and "before"; n is rounded up, too. */
extern void BtrAddUp(uint64_t *v, int n, uint64_t before);

/* Returns the sum of n values, a multiple of four. */
extern uint64_t BtrSum(const uint64_t *v, int n);

/*
 * Makes doubles of n integers, and divides them by power.  Returns false if an integer is out
 * of range.
 */
extern bool BtrToDoubles(const uint64_t *v, int n, double *value);
extern bool BtrDivide(const uint64_t *v, int n, double power, double *value);

/*
 * Makes doubles of n integers that order as they do, without "shift" zeros at their ends.
 * Returns false if one does not fit the bits that the shift leaves.
 */
extern bool BtrFromOrdered(const uint64_t *v, int n, int shift, double *value);

/* Multiplies n integers by a divisor that they were divided by, and adds the first time. */
extern void BtrMultiply(int64_t *time, int n, uint64_t divisor, uint64_t first);

/* Says whether n times ascend and are valid, given that the first is. */
extern bool BtrTimesAscend(const int64_t *time, int n);

#endif							/* BTR_KERNELS_H */
