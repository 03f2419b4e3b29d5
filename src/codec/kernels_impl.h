/*
 * kernels_impl.h
 *		The loops themselves; kernels.c includes this once for each kind of machine.
 *
 * NAME(name) is what a function is called, TARGET its attributes; LANES is the number of 64-bit
 * lanes of a register.
 */
#define VEC_NAME_(lanes)		BtrVec64x##lanes
#define VEC_NAME(lanes)			VEC_NAME_(lanes)
#define DOUBLES_NAME_(lanes)	BtrDoublex##lanes
#define DOUBLES_NAME(lanes)		DOUBLES_NAME_(lanes)
#define Vec						VEC_NAME(LANES)
#define Doubles					DOUBLES_NAME(LANES)

typedef uint64_t Vec __attribute__((vector_size(8 * LANES)));
typedef double Doubles __attribute__((vector_size(8 * LANES)));

/*
 * Unpacks a whole block of w bits per value and adds base.
 */
static TARGET void
NAME(unpack_block) (const uint8_t *p, uint64_t *v, int w, uint64_t base)
{
	const BtrVec64 b = LANES64(base);

#define WIDTH(bits, n)	case n: unpack_block##bits(p, v, n, b); break;
#define WIDTH4(bits, n)	WIDTH(bits, n) WIDTH(bits, n + 1) WIDTH(bits, n + 2) WIDTH(bits, n + 3)
#define WIDTH16(bits, n) \
	WIDTH4(bits, n) WIDTH4(bits, n + 4) WIDTH4(bits, n + 8) WIDTH4(bits, n + 12)

	switch (w)
	{
		case 0:
			for (int i = 0; i < BTR_PACK_BLOCK; i += 2)
				BtrStoreVec64(v + i, b);
			break;
			WIDTH16(32, 1)
			WIDTH16(32, 17)
			WIDTH16(64, 33)
			WIDTH16(64, 49)
	}
#undef WIDTH16
#undef WIDTH4
#undef WIDTH
}

/*
 * Each step adds to the line what LANES steps of it are, and to its fraction.
 */
static TARGET void
NAME(add_line) (uint64_t *v, int n, uint64_t base, uint64_t units, uint64_t fraction,
				int shift, int at)
{
	static const uint64_t lanes[] = {0, 1, 2, 3};
	Vec			index;
	Vec			line;
	Vec			part;

	/* not lane by lane: that would go through memory */
	memcpy(&index, lanes, sizeof(index));
	index += (uint64_t) at;
	line = base + units * index;
	part = fraction * index;
	for (int i = 0; i < n; i += STEP)
	{
		UNROLL
		for (int j = 0; j < STEP; j += LANES)
		{
			Vec			x;

			memcpy(&x, v + i + j, sizeof(x));
			x += line + (part >> (uint64_t) shift);
			memcpy(v + i + j, &x, sizeof(x));
			line += LANES * units;
			part += LANES * fraction;
		}
	}
}

static TARGET uint64_t
NAME(sum) (const uint64_t *v, int n)
{
	Vec			sums = {0};
	uint64_t	result = 0;

	for (int i = 0; i < n; i += LANES)
	{
		Vec			x;

		memcpy(&x, v + i, sizeof(x));
		sums += x;
	}
	for (int i = 0; i < LANES; i++)
		result += sums[i];
	return result;
}

/*
 * Adding to the bits of a number and subtracting it again makes doubles of integers.
 */
static ALWAYS_INLINE TARGET bool
NAME(convert) (const uint64_t *v, int n, double power, double *value)
{
	Vec			range = {0};
	uint64_t	all = 0;
	int			i;

	for (i = 0; i <= n - STEP; i += STEP)
	{
		UNROLL
		for (int j = 0; j < STEP; j += LANES)
		{
			Vec			x;
			Doubles		d;

			memcpy(&x, v + i + j, sizeof(x));
			range |= x + BTR_RANGE_OFFSET;
			d = ((Doubles) (x + BTR_MAGIC_BITS) - BTR_MAGIC) / power;
			memcpy(value + i + j, &d, sizeof(d));
		}
	}
	for (; i < n; i++)
	{
		uint64_t	bits = v[i] + BTR_MAGIC_BITS;
		double		d;

		all |= v[i] + BTR_RANGE_OFFSET;
		memcpy(&d, &bits, sizeof(d));
		value[i] = (d - BTR_MAGIC) / power;
	}
	for (i = 0; i < LANES; i++)
		all |= range[i];
	return all >> BTR_RANGE_BITS == 0;
}

static TARGET bool
NAME(to_doubles) (const uint64_t *v, int n, double *value)
{
	return NAME(convert) (v, n, 1, value);
}

static TARGET bool
NAME(divide) (const uint64_t *v, int n, double power, double *value)
{
	return NAME(convert) (v, n, power, value);
}

static TARGET bool
NAME(from_ordered) (const uint64_t *v, int n, int shift, double *value)
{
	uint64_t	s = (uint64_t) shift;
	uint64_t	flip = (uint64_t) (INT64_MAX >> shift);
	Vec			excess = {0};
	uint64_t	all = 0;
	int			i;

	for (i = 0; i <= n - STEP; i += STEP)
	{
		UNROLL
		for (int j = 0; j < STEP; j += LANES)
		{
			Vec			x;
			Vec			sign;

			memcpy(&x, v + i + j, sizeof(x));
			sign = -(x >> 63);
			excess |= x ^ sign;
			x = (x ^ (sign & flip)) << s;
			memcpy(value + i + j, &x, sizeof(x));
		}
	}
	for (; i < n; i++)
	{
		uint64_t	sign = 0 - (v[i] >> 63);
		uint64_t	bits = (v[i] ^ (sign & flip)) << s;

		all |= v[i] ^ sign;
		memcpy(value + i, &bits, sizeof(bits));
	}
	for (i = 0; i < LANES; i++)
		all |= excess[i];
	return all >> (63 - s) == 0;
}

static TARGET void
NAME(multiply) (int64_t *time, int n, uint64_t divisor, uint64_t first)
{
	int			i;

	for (i = 0; i <= n - LANES; i += LANES)
	{
		Vec			t;

		memcpy(&t, time + i, sizeof(t));
		t = t * divisor + first;
		memcpy(time + i, &t, sizeof(t));
	}
	for (; i < n; i++)
		time[i] = (int64_t) ((uint64_t) time[i] * divisor + first);
}

/*
 * The difference of two valid times fits an int64, so its sign says whether they ascend; and
 * a time is valid if adding 2^62 leaves the top bit clear.
 */
static TARGET bool
NAME(times_ascend) (const int64_t *time, int n)
{
	const uint64_t offset = UINT64_C(1) << 62;
	Vec			bad = {0};
	uint64_t	all = 0;
	int			i;

	for (i = 1; i <= n - STEP; i += STEP)
	{
		UNROLL
		for (int j = 0; j < STEP; j += LANES)
		{
			Vec			t;
			Vec			before;

			memcpy(&t, time + i + j, sizeof(t));
			memcpy(&before, time + i + j - 1, sizeof(before));
			bad |= (t - before) | (t + offset);
		}
	}
	for (; i < n; i++)
		all |= ((uint64_t) time[i] - (uint64_t) time[i - 1]) | ((uint64_t) time[i] + offset);
	for (i = 0; i < LANES; i++)
		all |= bad[i];
	return all >> 63 == 0;
}
