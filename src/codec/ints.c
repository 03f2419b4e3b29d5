/*
 * ints.c
 *		Columns of integers: prediction, then bit packing.
 */
#include "codec/ints.h"

/* A group's first byte: predictor above, code of the width below. */
#define WIDTH_BITS		6
#define WIDTH_CODE_64	63

/* Smallest and largest of some signed numbers. */
typedef struct Range
{
	int64_t		min;
	int64_t		max;
} Range;

static inline Range
range_empty(void)
{
	return (Range) {INT64_MAX, INT64_MIN};
}

static inline void
range_add(Range *r, uint64_t v)
{
	int64_t		s = (int64_t) v;

	r->min = s < r->min ? s : r->min;
	r->max = s > r->max ? s : r->max;
}

static inline void
range_merge(Range *r, const Range *other)
{
	r->min = other->min < r->min ? other->min : r->min;
	r->max = other->max > r->max ? other->max : r->max;
}

/*
 * Returns the bits needed for a number of the range minus its smallest.
 */
static inline int
range_width(const Range *r)
{
	int			w = BtrBitWidth((uint64_t) r->max - (uint64_t) r->min);

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
keep_smaller(BtrIntGroup *best, BtrPredictor predictor, const Range *range,
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
fit_line(const uint64_t *v, int count, const Range *range, uint64_t *slope)
{
	uint64_t	spread = (uint64_t) range->max - (uint64_t) range->min;
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
 * Tries a line for a group of at least three values whose range is known.
 */
static void
try_line(BtrIntGroup *best, const uint64_t *v, int count, const Range *range,
		 uint64_t before)
{
	Range		rest = range_empty();
	int			shift = line_shift(count);
	uint64_t	slope;
	uint64_t	line = 0;
	uint64_t	part = 0;

	if (!fit_line(v, count, range, &slope))
		return;
	for (int i = 0; i < count; i++)
	{
		range_add(&rest, v[i] - line - (part >> shift));
		line += line_units(slope, shift);
		part += line_fraction(slope, shift);
	}
	keep_smaller(best, BTR_PREDICT_LINE, &rest, before, slope, count);
}

/*
 * Finds the smallest form of one group whose values and differences have the
 * given ranges.
 */
static void
plan_group(BtrIntGroup *best, const uint64_t *v, int count,
		   const Range *values, const Range *deltas, uint64_t before)
{
	best->size = SIZE_MAX;
	keep_smaller(best, BTR_PREDICT_BASE, values, before, 0, count);
	keep_smaller(best, BTR_PREDICT_DELTA, deltas, 0, 0, count);
	/* A line costs a slope: nothing to gain when the rest is that small. */
	if (count >= 3 && best->size > 3)
		try_line(best, v, count, values, before);
}

/*
 * Plans a column; see ints.h.
 */
void
BtrIntPlanColumn(BtrIntPlan *plan, const uint64_t *v, int n, uint64_t before)
{
	Range		all_values = range_empty();
	Range		all_deltas = range_empty();
	uint64_t	first_before = before;
	BtrIntGroup whole;

	plan->whole = false;
	plan->size = 0;
	if (n == 0)
		return;

	for (int at = 0; at < n; at += BTR_PACK_BLOCK)
	{
		int			count = n - at < BTR_PACK_BLOCK ? n - at : BTR_PACK_BLOCK;
		BtrIntGroup *group = &plan->group[at / BTR_PACK_BLOCK];
		Range		values = range_empty();
		Range		deltas = range_empty();
		uint64_t	last = before;

		for (int i = at; i < at + count; i++)
		{
			range_add(&values, v[i]);
			range_add(&deltas, v[i] - last);
			last = v[i];
		}
		plan_group(group, v + at, count, &values, &deltas, before);
		plan->size += group->size;
		range_merge(&all_values, &values);
		range_merge(&all_deltas, &deltas);
		before = last;
	}

	if (n <= BTR_PACK_BLOCK)
		return;
	plan_group(&whole, v, n, &all_values, &all_deltas, first_before);
	if (whole.size <= plan->size)
	{
		plan->whole = true;
		plan->size = whole.size;
		plan->group[0] = whole;
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
	int			shift = line_shift(count);
	uint64_t	line = 0;
	uint64_t	part = 0;

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

		for (int i = 0; i < n; i++)
		{
			uint64_t	x = v[at + i] - g->base;

			if (g->predictor == BTR_PREDICT_DELTA)
			{
				x -= before;
				before = v[at + i];
			}
			else if (g->predictor == BTR_PREDICT_LINE)
			{
				x -= line + (part >> shift);
				line += line_units(g->slope, shift);
				part += line_fraction(g->slope, shift);
			}
			rest[i] = x;
		}
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
 * Adds the base to n unpacked values, in pairs.
 */
static void
add_base(uint64_t *v, int n, uint64_t base)
{
	BtrVec64	b = {base, base};

	for (int i = 0; i < n; i += 2)
		BtrStoreVec64(v + i, BtrLoadVec64(v + i) + b);
}

/*
 * Adds the base and the line to n unpacked values, in pairs.
 */
static void
add_line(uint64_t *v, int n, const BtrIntReader *r)
{
	uint64_t	at = (uint64_t) r->done;
	uint64_t	shift = (uint64_t) r->shift;
	BtrVec64	line = {r->base + r->units * at, r->base + r->units * (at + 1)};
	BtrVec64	part = {r->fraction * at, r->fraction * (at + 1)};
	BtrVec64	line_step = {2 * r->units, 2 * r->units};
	BtrVec64	part_step = {2 * r->fraction, 2 * r->fraction};

	for (int i = 0; i < n; i += 2)
	{
		BtrStoreVec64(v + i, BtrLoadVec64(v + i) + line + (part >> shift));
		line += line_step;
		part += part_step;
	}
}

/*
 * Sums up n unpacked differences.
 */
static void
add_deltas(uint64_t *v, int n, uint64_t base, uint64_t before)
{
	for (int i = 0; i < n; i++)
	{
		before += base + v[i];
		v[i] = before;
	}
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
	if (!BtrUnpack(r->packed + (size_t) r->done / 8 * (size_t) r->width, n,
				   r->width, v))
		return -1;
	switch (r->predictor)
	{
		case BTR_PREDICT_BASE:
			add_base(v, n, r->base);
			break;
		case BTR_PREDICT_DELTA:
			add_deltas(v, n, r->base, r->before);
			break;
		case BTR_PREDICT_LINE:
			add_line(v, n, r);
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
	BtrVec64	sum = {0, 0};

	if (!BtrUnpack(r->packed + (size_t) r->done / 8 * (size_t) r->width, BTR_PACK_BLOCK,
				   r->width, v))
		return false;
	for (int i = 0; i < BTR_PACK_BLOCK; i += 2)
		sum += BtrLoadVec64(v + i);
	r->before += sum[0] + sum[1] + r->base * BTR_PACK_BLOCK;
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
