/*
 * front.c
 *		Values whose front bits (sign, exponent, the highest bits of the
 *		fraction) take few forms: a dictionary of those, the other bits as they
 *		are.
 *
 * Meant for numbers of full precision that cross zero, where no integer form is
 * narrow.
 */
#include "codec/schemes.h"

/* Bits after the front. */
#define CUT_MIN			48
#define CUT_MAX			52

/* Values below which a dictionary is not tried. */
#define VALUES_MIN		64

/*
 * Plans the scheme; see schemes.h.
 */
bool
BtrFrontPlan(BtrValuePlan *plan, const double *value, int n)
{
	uint64_t	seen[(1 << (64 - CUT_MIN)) / 64];
	uint16_t	front[BTR_LEAF_MAX_POINTS];
	int			fronts = 0;

	if (n < VALUES_MIN)
		return false;

	/* All fronts of the longest form, in ascending order. */
	memset(seen, 0, sizeof(seen));
	for (int i = 0; i < n; i++)
	{
		uint64_t	f = BtrValueBits(value[i]) >> CUT_MIN;

		seen[f / 64] |= UINT64_C(1) << (f % 64);
	}
	for (int i = 0; i < (1 << (64 - CUT_MIN)) / 64; i++)
		for (uint64_t word = seen[i]; word != 0; word &= word - 1)
			front[fronts++] = (uint16_t) (i * 64 + __builtin_ctzll(word));

	/* Shorter fronts: drop the lowest bit, then what has become equal. */
	plan->scheme = BTR_VALUES_FRONT;
	plan->size = SIZE_MAX;
	for (int cut = CUT_MIN; cut <= CUT_MAX; cut++)
	{
		int			kept = 0;

		for (int i = 0; i < fronts && cut > CUT_MIN; i++)
		{
			front[i] >>= 1;
			if (kept == 0 || front[kept - 1] != front[i])
				front[kept++] = front[i];
		}
		fronts = cut > CUT_MIN ? kept : fronts;
		if (fronts <= BTR_FRONT_MAX)
		{
			int			width = BtrBitWidth((uint64_t) fronts - 1);
			size_t		size = 2 + BtrVarintSize((uint64_t) fronts) +
				(size_t) fronts * sizeof(uint16_t) +
				BtrPackedSize(n, width) + BtrPackedSize(n, cut);

			if (size < plan->size)
			{
				plan->size = size;
				plan->parameter = cut;
				plan->fronts = fronts;
				memcpy(plan->front, front, (size_t) fronts * sizeof(uint16_t));
			}
		}
	}
	return plan->size != SIZE_MAX;
}

/*
 * Returns the place of a front in the dictionary, where it is.
 */
static uint64_t
find_front(const uint16_t *front, int fronts, uint64_t f)
{
	int			low = 0;

	while (fronts > 1)
	{
		int			half = fronts / 2;

		low += front[low + half] <= f ? half : 0;
		fronts -= half;
	}
	return (uint64_t) low;
}

/*
 * Writes the scheme's bytes after the first; see schemes.h.
 */
uint8_t *
BtrFrontWrite(uint8_t *p, const BtrValuePlan *plan, const double *value, int n,
			  uint64_t *v)
{
	int			cut = plan->parameter;

	*p++ = (uint8_t) cut;
	p = BtrPutVarint(p, (uint64_t) plan->fronts);
	for (int i = 0; i < plan->fronts; i++)
		p = BtrPut16(p, plan->front[i]);
	for (int i = 0; i < n; i++)
		v[i] = find_front(plan->front, plan->fronts,
						  BtrValueBits(value[i]) >> cut);
	p = BtrPack(p, v, n, BtrBitWidth((uint64_t) plan->fronts - 1));
	for (int i = 0; i < n; i++)
		v[i] = BtrValueBits(value[i]) & ((UINT64_C(1) << cut) - 1);
	return BtrPack(p, v, n, cut);
}

/*
 * Reads the dictionary.  Returns its size, or -1 if it is damaged.
 */
static int
read_fronts(BtrBytes *in, int cut, uint64_t *front)
{
	uint64_t	fronts;

	if (!BtrGetVarint(in, &fronts) || fronts < 1 || fronts > BTR_FRONT_MAX ||
		BtrBytesLeft(in) < fronts * sizeof(uint16_t))
		return -1;
	for (int i = 0; i < (int) fronts; i++)
	{
		uint64_t	f = BtrLoad16(in->pos);

		in->pos += sizeof(uint16_t);
		if (f >> (64 - cut) != 0 || (i > 0 && f << cut <= front[i - 1]))
			return -1;
		front[i] = f << cut;
	}
	return (int) fronts;
}

/*
 * Reads the scheme's bytes; see schemes.h.
 */
bool
BtrFrontRead(BtrBytes *in, int n, int from, int to, double *value)
{
	uint64_t	front[BTR_FRONT_MAX];
	uint64_t	code[BTR_PACK_BLOCK];
	uint64_t	rest[BTR_PACK_BLOCK];
	const uint8_t *codes;
	const uint8_t *rests;
	int			cut;
	int			fronts;
	int			width;

	if (BtrBytesLeft(in) == 0 || *in->pos < CUT_MIN || *in->pos > CUT_MAX)
		return false;
	cut = *in->pos++;
	fronts = read_fronts(in, cut, front);
	if (fronts < 0)
		return false;
	width = BtrBitWidth((uint64_t) fronts - 1);
	if (BtrBytesLeft(in) < BtrPackedSize(n, width) + BtrPackedSize(n, cut))
		return false;
	codes = in->pos;
	rests = codes + BtrPackedSize(n, width);
	in->pos = rests + BtrPackedSize(n, cut);

	for (int at = from - from % BTR_PACK_BLOCK; at < to && value != NULL; at += BTR_PACK_BLOCK)
	{
		int			count = n - at < BTR_PACK_BLOCK ? n - at : BTR_PACK_BLOCK;
		int			end = to - at < count ? to - at : count;

		if (!BtrUnpack(codes + (size_t) at / 8 * (size_t) width, count, width, 0, code) ||
			!BtrUnpack(rests + (size_t) at / 8 * (size_t) cut, count, cut, 0, rest))
			return false;
		for (int i = from > at ? from - at : 0; i < end; i++)
		{
			if (code[i] >= (uint64_t) fronts)
				return false;
			*value++ = BtrBitsValue(front[code[i]] | rest[i]);
		}
	}
	return true;
}
