/*
 * ints.c
 *		Columns of integers: prediction, then bit packing.
 */
#include "codec/ints.h"
#include "codec/kernels.h"
#include "codec/range.h"

/* A group's first byte: predictor above, code of the width below. */
#define WIDTH_BITS		6
#define WIDTH_CODE_64	63

/*
 * Returns the bits needed for a number of the range minus its smallest.
 */
static inline int
range_width(const BtrRange *r)
{
	int			w = BtrBitWidth(BtrRangeSpread(r));

	return w < WIDTH_CODE_64 ? w : 64;
}

/*
 * Returns the number of fraction bits of a slope: enough that rounding it
 * moves the last prediction of the group by half a unit at most.
 */
static inline int
line_shift(int count)
{
	return count <= BTR_PACK_BLOCK ? 8 : 12;
}

/*
 * Split a slope into units and the fraction above them, which is never negative:
 * a line adds units * i + (fraction * i >> shift) to its base.
 */
static inline uint64_t
line_units(uint64_t slope, int shift)
{
	return (uint64_t) ((int64_t) slope >> shift);
}

static inline uint64_t
line_fraction(uint64_t slope, int shift)
{
	return slope & ((UINT64_C(1) << shift) - 1);
}

/*
 * Makes *best the given form of a group if that is smaller.
 */
static void
keep_smaller(BtrIntGroup *best, BtrPredictor predictor, const BtrRange *range,
			 uint64_t base_before, uint64_t slope, int count)
{
	BtrIntGroup g;

	g.predictor = predictor;
	g.width = range_width(range);
	g.base = (uint64_t) range->min;
	g.slope = slope;
	g.size = 1 + BtrVarintSize(BtrZigzag(g.base - base_before)) +
		(predictor == BTR_PREDICT_LINE ? BtrVarintSize(BtrZigzag(slope)) : 0) +
		BtrPackedSize(count, g.width);
	if (g.size < best->size)
		*best = g;
}

/*
 * Finds a line through the values: from the mean of their first third to that
 * of their last.  Integers only, so that the result is the same everywhere.
 * Returns false if it would be too steep.
 */
static bool
fit_line(const uint64_t *v, int count, const BtrRange *range, uint64_t *slope)
{
	uint64_t	spread = BtrRangeSpread(range);
	int			k = count / 3;
	int			shift = line_shift(count);
	int64_t		sum = 0;
	int64_t		per;
	int64_t		units;
	int64_t		rest;

	/* k differences, none larger than spread, must not overflow the sum. */
	if (spread >> 62 != 0)
		return false;
	while (k > 1 && spread > (UINT64_C(1) << 62) / (uint64_t) k)
		k /= 2;

	for (int i = 0; i < k; i++)
		sum += (int64_t) (v[count - k + i] - v[i]);
	per = (int64_t) k * (count - k);
	units = sum / per;
	rest = sum % per;
	if (rest < 0)
	{
		units--;
		rest += per;
	}
	if (units >= INT64_C(1) << 48 || units < -(INT64_C(1) << 48))
		return false;
	*slope = ((uint64_t) units << shift) + (((uint64_t) rest << shift) / (uint64_t) per);
	return true;
}

/*
 * Returns the least size that a line could give a group of "count" values.
 *
 * The rests of two neighbours differ by what the values do, give or take the line's step, which
 * is one of two adjacent numbers.  So the differences' spread is at most twice the rests' and one.
 */
static inline size_t
line_size_least(const BtrRange *deltas, int count)
{
	return 3 + BtrPackedSize(count, BtrBitWidth(BtrRangeSpread(deltas) / 2));
}

/*
 * Tries a line for a group of at least three values whose range is known.
 */
static void
try_line(BtrIntGroup *best, const uint64_t *v, int count, const BtrRange *values,
		 uint64_t before)
{
	BtrRange	rest;
	int			shift = line_shift(count);
	uint64_t	slope;

	if (!fit_line(v, count, values, &slope))
		return;
	BtrRangeOfLine(v, count, values, line_units(slope, shift), line_fraction(slope, shift),
				   shift, &rest);
	keep_smaller(best, BTR_PREDICT_LINE, &rest, before, slope, count);
}

/*
 * Finds the smaller form of one group without a line.  *deltas are the differences inside the group.
 * Returns the least size that the group could have with one; *best is smallest if that is not less.
 */
static size_t
plan_group(BtrIntGroup *best, const uint64_t *v, int count,
		   const BtrRange *values, const BtrRange *deltas, uint64_t before)
{
	BtrRange	all_deltas = *deltas;
	size_t		least;

	BtrRangeAdd(&all_deltas, v[0] - before);
	best->size = SIZE_MAX;
	keep_smaller(best, BTR_PREDICT_BASE, values, before, 0, count);
	keep_smaller(best, BTR_PREDICT_DELTA, &all_deltas, 0, 0, count);
	if (count < 3)
		return best->size;
	least = line_size_least(deltas, count);
	return least < best->size ? least : best->size;
}

/*
 * Plans a column; see ints.h.
 *
 * Lines are fitted last, and only where they could make a difference: first one for the
 * whole column, then those of the groups, unless the whole is smaller whatever they are.
 */
void
BtrIntPlanColumn(BtrIntPlan *plan, const uint64_t *v, int n, uint64_t before)
{
	BtrRange	values[BTR_INT_GROUPS];
	size_t		least[BTR_INT_GROUPS];
	BtrRange	all_values = BtrRangeEmpty();
	BtrRange	all_deltas = BtrRangeEmpty();
	size_t		least_sum = 0;
	BtrIntGroup whole;

	plan->whole = false;
	plan->size = 0;
	if (n == 0)
		return;

	for (int at = 0; at < n; at += BTR_PACK_BLOCK)
	{
		int			count = n - at < BTR_PACK_BLOCK ? n - at : BTR_PACK_BLOCK;
		int			g = at / BTR_PACK_BLOCK;
		BtrRange	deltas;

		BtrRangeOfValues(v + at, count, &values[g], &deltas);
		least[g] = plan_group(&plan->group[g], v + at, count, &values[g], &deltas,
							  at > 0 ? v[at - 1] : before);
		plan->size += plan->group[g].size;
		least_sum += least[g];
		BtrRangeMerge(&all_values, &values[g]);
		BtrRangeMerge(&all_deltas, &deltas);
		if (at > 0)
			BtrRangeAdd(&all_deltas, v[at] - v[at - 1]);
	}

	whole.size = SIZE_MAX;
	if (n > BTR_PACK_BLOCK)
	{
		size_t		whole_least = plan_group(&whole, v, n, &all_values, &all_deltas, before);

		if (whole_least < whole.size && whole_least <= plan->size)
			try_line(&whole, v, n, &all_values, before);
	}
	for (int at = 0; at < n && least_sum < whole.size; at += BTR_PACK_BLOCK)
	{
		int			count = n - at < BTR_PACK_BLOCK ? n - at : BTR_PACK_BLOCK;
		int			g = at / BTR_PACK_BLOCK;

		if (least[g] == plan->group[g].size)
			continue;
		plan->size -= plan->group[g].size;
		try_line(&plan->group[g], v + at, count, &values[g], at > 0 ? v[at - 1] : before);
		plan->size += plan->group[g].size;
	}
	if (whole.size <= plan->size)
	{
		plan->whole = true;
		plan->size = whole.size;
		plan->group[0] = whole;
	}
}

/*
 * Leaves of n values, v[at..), what the group's prediction does not tell.  "before" is the value
 * before them.
 */
static void
subtract_prediction(const BtrIntGroup *g, int shift, const uint64_t *v, int at, int n,
					uint64_t before, uint64_t *rest)
{
	uint64_t	units = line_units(g->slope, shift);
	uint64_t	fraction = line_fraction(g->slope, shift);
	const BtrVec64 base = {g->base, g->base};
	int			i = 0;

	v += at;
	switch (g->predictor)
	{
		case BTR_PREDICT_BASE:
			for (; i + 1 < n; i += 2)
				BtrStoreVec64(rest + i, BtrLoadVec64(v + i) - base);
			if (i < n)
				rest[i] = v[i] - g->base;
			break;
		case BTR_PREDICT_DELTA:
			rest[i++] = v[0] - before - g->base;
			for (; i + 1 < n; i += 2)
				BtrStoreVec64(rest + i, BtrLoadVec64(v + i) - BtrLoadVec64(v + i - 1) - base);
			if (i < n)
				rest[i] = v[i] - v[i - 1] - g->base;
			break;
		case BTR_PREDICT_LINE:
			{
				uint64_t	x = (uint64_t) at;
				BtrVec64	line = {g->base + units * x, g->base + units * (x + 1)};
				BtrVec64	part = {fraction * x, fraction * (x + 1)};
				const BtrVec64 steps = {2 * units, 2 * units};
				const BtrVec64 parts = {2 * fraction, 2 * fraction};

				for (; i + 1 < n; i += 2)
				{
					BtrStoreVec64(rest + i, BtrLoadVec64(v + i) - line - (part >> (uint64_t) shift));
					line += steps;
					part += parts;
				}
				if (i < n)
					rest[i] = v[i] - line[0] - (part[0] >> shift);
				break;
			}
	}
}

/*
 * Writes one group.
 */
static uint8_t *
write_group(uint8_t *p, const BtrIntGroup *g, const uint64_t *v, int count,
			uint64_t before)
{
	uint64_t	rest[BTR_PACK_BLOCK];

	*p++ = (uint8_t) (g->predictor << WIDTH_BITS |
					  (g->width < 64 ? g->width : WIDTH_CODE_64));
	if (g->predictor == BTR_PREDICT_DELTA)
		p = BtrPutVarint(p, BtrZigzag(g->base));
	else
		p = BtrPutVarint(p, BtrZigzag(g->base - before));
	if (g->predictor == BTR_PREDICT_LINE)
		p = BtrPutVarint(p, BtrZigzag(g->slope));

	for (int at = 0; at < count; at += BTR_PACK_BLOCK)
	{
		int			n = count - at < BTR_PACK_BLOCK ? count - at : BTR_PACK_BLOCK;

		subtract_prediction(g, line_shift(count), v, at, n, at > 0 ? v[at - 1] : before, rest);
		p = BtrPack(p, rest, n, g->width);
	}
	return p;
}

/*
 * Writes a column; see ints.h.
 */
uint8_t *
BtrIntWrite(uint8_t *p, const BtrIntPlan *plan, const uint64_t *v, int n,
			uint64_t before)
{
	int			step = plan->whole ? n : BTR_PACK_BLOCK;

	for (int at = 0; at < n; at += step)
	{
		int			count = n - at < step ? n - at : step;

		p = write_group(p, &plan->group[at / BTR_PACK_BLOCK], v + at, count,
						before);
		before = v[at + count - 1];
	}
	return p;
}

/*
 * Starts reading; see ints.h.
 */
void
BtrIntReadStart(BtrIntReader *r, BtrBytes *in, int n, bool whole,
				uint64_t before)
{
	r->in = in;
	r->whole = whole;
	r->left = n;
	r->before = before;
	r->count = 0;
	r->done = 0;
}

/*
 * Opens the next group; see ints.h.
 */
bool
BtrIntOpenGroup(BtrIntReader *r)
{
	uint64_t	slope = 0;
	size_t		packed_size;
	uint8_t		first;

	if (r->left == 0 || BtrBytesLeft(r->in) == 0)
		return false;
	r->count = r->whole || r->left < BTR_PACK_BLOCK ? r->left : BTR_PACK_BLOCK;
	r->done = 0;
	r->left -= r->count;

	first = *r->in->pos++;
	r->predictor = (BtrPredictor) (first >> WIDTH_BITS);
	r->width = first & ((1 << WIDTH_BITS) - 1);
	if (r->width == WIDTH_CODE_64)
		r->width = 64;
	if (r->predictor > BTR_PREDICT_LINE || !BtrGetVarint(r->in, &r->base))
		return false;
	r->base = BtrUnzigzag(r->base);
	if (r->predictor == BTR_PREDICT_LINE && !BtrGetVarint(r->in, &slope))
		return false;
	slope = BtrUnzigzag(slope);
	r->shift = line_shift(r->count);
	r->units = line_units(slope, r->shift);
	r->fraction = line_fraction(slope, r->shift);
	if (r->predictor == BTR_PREDICT_DELTA && r->width == 0)
	{
		r->predictor = BTR_PREDICT_LINE;
		r->units = r->base;
	}
	if (r->predictor != BTR_PREDICT_DELTA)
		r->base += r->before;

	r->packed = r->in->pos;
	packed_size = BtrPackedSize(r->count, r->width);
	if (BtrBytesLeft(r->in) < packed_size)
		return false;
	r->in->pos += packed_size;
	return true;
}

/*
 * Reads a chunk; see ints.h.
 */
int
BtrIntReadChunk(BtrIntReader *r, uint64_t *v)
{
	int			n;

	if (r->done == r->count)
	{
		if (r->left == 0)
			return 0;
		if (!BtrIntOpenGroup(r))
			return -1;
	}
	n = r->count - r->done < BTR_PACK_BLOCK ? r->count - r->done : BTR_PACK_BLOCK;
	if (!BtrUnpack(r->packed + (size_t) r->done / 8 * (size_t) r->width, n, r->width,
				   r->predictor == BTR_PREDICT_LINE ? 0 : r->base, v))
		return -1;
	switch (r->predictor)
	{
		case BTR_PREDICT_BASE:
			break;
		case BTR_PREDICT_DELTA:
			BtrAddUp(v, n, r->before);
			break;
		case BTR_PREDICT_LINE:
			BtrAddLine(v, n, r->base, r->units, r->fraction, r->shift, r->done);
			break;
	}
	r->done += n;
	r->before = v[n - 1];
	return n;
}

/*
 * Passes over a whole chunk of differences: only their sum is wanted.
 */
static bool
skip_deltas(BtrIntReader *r)
{
	uint64_t	v[BTR_PACK_BLOCK];

	if (!BtrUnpack(r->packed + (size_t) r->done / 8 * (size_t) r->width, BTR_PACK_BLOCK,
				   r->width, r->base, v))
		return false;
	r->before += BtrSum(v, BTR_PACK_BLOCK);
	r->done += BTR_PACK_BLOCK;
	return true;
}

/*
 * Goes to the chunk of a value; see ints.h.
 */
int
BtrIntSeek(BtrIntReader *r, int index)
{
	int			at = 0;

	for (;;)
	{
		if (!BtrIntOpenGroup(r))
			return -1;
		if (r->predictor == BTR_PREDICT_DELTA)
		{
			for (; r->count - r->done >= BTR_PACK_BLOCK; at += BTR_PACK_BLOCK)
			{
				if (index < at + BTR_PACK_BLOCK)
					return at;
				if (!skip_deltas(r))
					return -1;
			}
			if (r->done < r->count)
				return at;
		}
		else
		{
			if (index < at + r->count)
			{
				r->done = (index - at) / BTR_PACK_BLOCK * BTR_PACK_BLOCK;
				return at + r->done;
			}
			r->before = BtrIntValueAt(r, r->count - 1);
			r->done = r->count;
			at += r->count;
		}
	}
}

/*
 * Moves past the rest; see ints.h.
 */
bool
BtrIntReadEnd(BtrIntReader *r)
{
	while (r->left > 0)
		if (!BtrIntOpenGroup(r))
			return false;
	return true;
}

/*
 * Skips a column; see ints.h.
 */
bool
BtrIntSkip(BtrBytes *in, int n, bool whole)
{
	BtrIntReader r;

	BtrIntReadStart(&r, in, n, whole, 0);
	return BtrIntReadEnd(&r);
}

/*
 * Reads some values of a column; see ints.h.
 */
bool
BtrIntReadValues(BtrBytes *in, int n, bool whole, uint64_t first, int from, int to,
				 BtrIntConvert convert, const void *arg, double *value)
{
	BtrIntReader r;
	uint64_t	v[BTR_PACK_BLOCK];

	if (from == 0)
	{
		if (!convert(&first, 1, arg, value++))
			return false;
		from = 1;
	}
	BtrIntReadStart(&r, in, n - 1, whole, first);
	if (from < to)
	{
		int			at = BtrIntSeek(&r, from - 1);

		if (at < 0)
			return false;
		at++;					/* of the value after the first */
		while (at < to)
		{
			int			count = BtrIntReadChunk(&r, v);
			int			skip = from > at ? from - at : 0;
			int			used = (count < to - at ? count : to - at) - skip;

			if (count <= 0 || !convert(v + skip, used, arg, value))
				return false;
			value += used;
			at += count;
		}
	}
	return BtrIntReadEnd(&r);
}

/*
 * Reads one value of a group; see ints.h.
 */
uint64_t
BtrIntValueAt(const BtrIntReader *r, int i)
{
	uint64_t	v = BtrUnpackOne(r->packed, r->count, r->width, i) + r->base;

	if (r->predictor == BTR_PREDICT_LINE)
		v += r->units * (uint64_t) i + (r->fraction * (uint64_t) i >> r->shift);
	return v;
}
