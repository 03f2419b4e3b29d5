/*
 * ordered.c
 *		Values as integers that order as the values do.
 *
 * The bits of a double, read as a signed integer, ascend with its value where
 * it is positive; below zero the bits after the sign are inverted.  Trailing
 * zero bits that all values share (numbers that were float32 once, integers) are shifted out.
 */
#include "codec/kernels.h"
#include "codec/schemes.h"

/*
 * Converts the bits of a value.
 */
static inline uint64_t
to_ordered(uint64_t bits, int shift)
{
	int64_t		y = (int64_t) bits >> shift;

	return (uint64_t) (y ^ ((y >> 63) & (INT64_MAX >> shift)));
}

/*
 * Plans the scheme; see schemes.h.
 */
void
BtrBitsPlan(BtrValuePlan *plan, const double *value, int n, int zeros,
			uint64_t *v)
{
	for (int i = 0; i < n; i++)
		v[i] = to_ordered(BtrValueBits(value[i]), zeros);
	plan->scheme = BTR_VALUES_BITS;
	plan->parameter = zeros;
	BtrIntPlanColumn(&plan->ints, v + 1, n - 1, v[0]);
	plan->size = 2 + BtrVarintSize(BtrZigzag(v[0])) + plan->ints.size;
}

/*
 * Writes the scheme's bytes after the first; see schemes.h.
 */
uint8_t *
BtrBitsWrite(uint8_t *p, const BtrValuePlan *plan, const double *value, int n,
			 uint64_t *v)
{
	for (int i = 0; i < n; i++)
		v[i] = to_ordered(BtrValueBits(value[i]), plan->parameter);
	*p++ = (uint8_t) plan->parameter;
	p = BtrPutVarint(p, BtrZigzag(v[0]));
	return BtrIntWrite(p, &plan->ints, v + 1, n - 1, v[0]);
}

/*
 * Converts n integers back, *arg being the shift.
 */
static bool
from_ordered(const uint64_t *v, int n, const void *arg, double *value)
{
	return BtrFromOrdered(v, n, *(const int *) arg, value);
}

/*
 * Reads the scheme's bytes; see schemes.h.
 */
bool
BtrBitsRead(BtrBytes *in, bool whole, int n, int from, int to, double *value)
{
	uint64_t	first;
	int			shift;

	if (BtrBytesLeft(in) == 0 || *in->pos > 63)
		return false;
	shift = *in->pos++;
	if (!BtrGetVarint(in, &first))
		return false;
	if (value == NULL)
		return BtrIntSkip(in, n - 1, whole);

	return BtrIntReadValues(in, n, whole, BtrUnzigzag(first), from, to, from_ordered, &shift,
							value);
}
