/*
 * codec_test.c
 *		Tests the codec: packing, round trips, hostile bytes, fixed bytes; and
 *		measures it.
 *
 * codec_test [--seed N] [--rounds N]	test; exit code 1 on the first failure
 *
 * Blocks lie in buffers of exactly their size, so that a build with
 * AddressSanitizer finds each byte read or written outside.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "btrdb.h"
#include "codec/bits.h"
#include "codec/leaf.h"
#include "shapes.h"

#define MAX		BTR_LEAF_MAX_POINTS

typedef struct Counts
{
	int64_t		blocks;
	int64_t		points;
	int64_t		damaged;
	int64_t		refused;
	int64_t		searches;
	int64_t		parts;
} Counts;

static Counts counts;

/* What is being tested, for the message of a failure. */
static const char *shape_name = "";
static int	shape_points;

#define CHECK(condition) \
	do { \
		if (!(condition)) \
		{ \
			printf("FAILED at line %d: %s (shape \"%s\", %d points)\n", \
				   __LINE__, #condition, shape_name, shape_points); \
			exit(1); \
		} \
	} while (0)

static void *
must_alloc(size_t size)
{
	void	   *p = malloc(size > 0 ? size : 1);

	if (p == NULL)
	{
		printf("out of memory\n");
		exit(2);
	}
	return p;
}

/*
 * Packs and unpacks all widths and counts.
 */
static void
test_packing(Random *r)
{
	shape_name = "packing";
	for (int w = 0; w <= 64; w++)
		for (int n = 1; n <= 3 * BTR_PACK_BLOCK; n += n < 140 ? 1 : 7)
		{
			size_t		size = BtrPackedSize(n, w);
			uint8_t    *packed = must_alloc(size);
			uint64_t	v[3 * BTR_PACK_BLOCK];
			uint64_t	out[BTR_PACK_BLOCK];

			shape_points = n;
			for (int i = 0; i < n; i++)
				v[i] = w == 0 ? 0 : random_bits(r) >> (64 - w);
			CHECK(BtrPack(packed, v, n, w) == packed + size);
			for (int at = 0; at < n; at += BTR_PACK_BLOCK)
			{
				int			count = n - at < BTR_PACK_BLOCK ? n - at : BTR_PACK_BLOCK;

				CHECK(BtrUnpack(packed + at / 8 * w, count, w, 0, out));
				CHECK(memcmp(out, v + at, (size_t) count * sizeof(v[0])) == 0);
			}
			for (int i = 0; i < n; i++)
				CHECK(BtrUnpackOne(packed, n, w, i) == v[i]);
			free(packed);
		}
}

/*
 * Writes and reads variable-length integers.
 */
static void
test_varints(Random *r)
{
	shape_name = "varints";
	for (int i = 0; i < 100000; i++)
	{
		uint64_t	v = random_bits(r) >> random_below(r, 64);
		uint64_t	out;
		uint8_t		bytes[BTR_VARINT_MAX];
		uint8_t    *end = BtrPutVarint(bytes, v);
		BtrBytes	in = {bytes, end};

		CHECK((size_t) (end - bytes) == BtrVarintSize(v));
		CHECK(BtrGetVarint(&in, &out) && out == v && in.pos == end);
		in = (BtrBytes) {bytes, end - 1};
		CHECK(!BtrGetVarint(&in, &out));
		CHECK(BtrUnzigzag(BtrZigzag(v)) == v);
	}
}

/*
 * Checks the search of a block against the times themselves.
 */
static void
test_search(Random *r, const uint8_t *block, size_t size, int n,
			const int64_t *time)
{
	for (int i = 0; i < 20; i++)
	{
		int64_t		t = time[random_below(r, (uint64_t) n)] +
			(int64_t) random_below(r, 3) - 1;
		int			expected = 0;

		if (i == 0)
			t = INT64_MIN;
		else if (i == 1)
			t = INT64_MAX;
		while (expected < n && time[expected] < t)
			expected++;
		CHECK(BtrLeafLowerBound(block, size, n, t) == expected);
		counts.searches++;
	}
}

/*
 * Reads parts of a block, into buffers of just their size.
 */
static void
test_parts(Random *r, const uint8_t *block, size_t size, int n, const int64_t *time,
		   const double *value)
{
	for (int i = 0; i < 20; i++)
	{
		int			from = i == 0 ? 0 : (int) random_below(r, (uint64_t) n);
		int			to = i == 1 ? n : from + 1 + (int) random_below(r, (uint64_t) (n - from));
		size_t		part = (size_t) (to - from) * sizeof(double);
		double	   *out = must_alloc(part);
		int64_t		one_time;
		double		one_value;
		double		divisor;

		CHECK(BtrLeafDecodeValues(block, size, n, from, to, out, &divisor));
		for (int j = 0; j < to - from && divisor != 1; j++)
			out[j] /= divisor;
		CHECK(memcmp(out, value + from, part) == 0);
		CHECK(BtrLeafDecodeValues(block, size, n, from, to, out, NULL));
		CHECK(memcmp(out, value + from, part) == 0);
		CHECK(BtrLeafDecodePoint(block, size, n, from, &one_time, &one_value));
		CHECK(one_time == time[from]);
		CHECK(memcmp(&one_value, value + from, sizeof(double)) == 0);
		free(out);
		counts.parts++;
	}
	CHECK(!BtrLeafDecodeValues(block, size, n, 0, 0, NULL, NULL));
	CHECK(!BtrLeafDecodeValues(block, size, n, n, n + 1, NULL, NULL));
	CHECK(!BtrLeafDecodePoint(block, size, n, n, NULL, NULL));
}

/*
 * Encodes n points and checks all that can be asked of the block.  Returns the block,
 * in a buffer of its exact size.
 */
static uint8_t *
test_round_trip(Random *r, int n, const int64_t *time, const double *value,
				size_t *size)
{
	uint8_t    *room = must_alloc(BTR_LEAF_BOUND(n));
	int64_t    *time_out = must_alloc((size_t) n * sizeof(int64_t));
	double	   *value_out = must_alloc((size_t) n * sizeof(double));
	size_t		column = (size_t) n * 8;
	uint8_t    *block;
	uint8_t    *again;

	*size = BtrLeafEncode(time, value, n, room, BTR_LEAF_BOUND(n));
	CHECK(*size > 0 && *size <= BTR_LEAF_BOUND(n));
	block = must_alloc(*size);
	memcpy(block, room, *size);
	free(room);

	/* The same bytes again when they just fit, none when they do not. */
	again = must_alloc(*size);
	CHECK(BtrLeafEncode(time, value, n, again, *size) == *size);
	CHECK(memcmp(again, block, *size) == 0);
	free(again);
	for (size_t cap = *size - 1;; cap /= 2)
	{
		again = must_alloc(cap);
		CHECK(BtrLeafEncode(time, value, n, again, cap) == 0);
		free(again);
		if (cap == 0)
			break;
	}

	CHECK(BtrLeafCount(block, *size) == n);
	CHECK(BtrLeafDecode(block, *size, n, time_out, value_out));
	CHECK(memcmp(time_out, time, column) == 0);
	CHECK(memcmp(value_out, value, column) == 0);
	memset(time_out, 0xff, column);
	memset(value_out, 0xff, column);
	CHECK(BtrLeafDecode(block, *size, n, time_out, NULL));
	CHECK(BtrLeafDecode(block, *size, n, NULL, value_out));
	CHECK(memcmp(time_out, time, column) == 0);
	CHECK(memcmp(value_out, value, column) == 0);
	CHECK(BtrLeafDecode(block, *size, n, NULL, NULL));
	CHECK(!BtrLeafDecode(block, *size, n + 1, NULL, NULL));
	test_search(r, block, *size, n, time);
	test_parts(r, block, *size, n, time, value);
	free(time_out);
	free(value_out);

	counts.blocks++;
	counts.points += n;
	return block;
}

/*
 * Decodes bytes that may be damaged.  Whatever is accepted keeps the promises.
 */
static bool
decode_damaged(Random *r, const uint8_t *block, size_t size)
{
	int			n = BtrLeafCount(block, size);
	int64_t    *time;
	double	   *value;
	double	   *part;
	bool		accepted;
	int			found;
	int			from;
	int			to;

	counts.damaged++;
	if (n < 0)
	{
		counts.refused++;
		return false;
	}
	CHECK(n >= 1 && n <= MAX);
	time = must_alloc((size_t) n * sizeof(int64_t));
	value = must_alloc((size_t) n * sizeof(double));
	accepted = BtrLeafDecode(block, size, n, time, value);
	if (accepted)
	{
		CHECK(BtrLeafDecode(block, size, n, NULL, NULL));
		CHECK(time[0] >= BTR_TIME_MIN && time[n - 1] < BTR_TIME_MAX);
		for (int i = 1; i < n; i++)
			CHECK(time[i - 1] <= time[i]);
	}
	else
		counts.refused++;
	found = BtrLeafLowerBound(block, size, n,
							  (int64_t) (random_bits(r) >> 1) + BTR_TIME_MIN);
	CHECK(found >= -1 && found <= n);
	from = (int) random_below(r, (uint64_t) n);
	to = from + 1 + (int) random_below(r, (uint64_t) (n - from));
	part = must_alloc((size_t) (to - from) * sizeof(double));
	if (BtrLeafDecodeValues(block, size, n, from, to, part, NULL) && accepted)
		CHECK(memcmp(part, value + from, (size_t) (to - from) * sizeof(double)) == 0);
	BtrLeafDecodePoint(block, size, n, from, time, part);
	free(part);
	free(time);
	free(value);
	return accepted;
}

/*
 * Damages a sound block in many ways.
 */
static void
test_damage(Random *r, const uint8_t *block, size_t size)
{
	for (int i = 0; i < 12; i++)
	{
		size_t		cut = random_below(r, size);
		uint8_t    *copy = must_alloc(cut);

		memcpy(copy, block, cut);
		CHECK(!decode_damaged(r, copy, cut));
		free(copy);
	}
	for (int i = 0; i < 3; i++)
	{
		size_t		longer = size + 1 + random_below(r, 20);
		uint8_t    *copy = must_alloc(longer);

		memcpy(copy, block, size);
		for (size_t j = size; j < longer; j++)
			copy[j] = (uint8_t) random_bits(r);
		CHECK(!decode_damaged(r, copy, longer));
		free(copy);
	}
	for (int i = 0; i < 24; i++)
	{
		uint8_t    *copy = must_alloc(size);
		int			flips = 1 + (int) random_below(r, 4);
		size_t		where = random_below(r, 3) == 0 ? size : size < 40 ? size : 40;

		memcpy(copy, block, size);
		while (flips-- > 0)
			copy[random_below(r, where)] ^= (uint8_t) (1 << random_below(r, 8));
		decode_damaged(r, copy, size);
		free(copy);
	}
}

/*
 * Feeds random bytes to the decoder; half of them start with a valid first byte.
 */
static void
test_random_bytes(Random *r, int rounds)
{
	shape_name = "random bytes";
	for (int i = 0; i < rounds; i++)
	{
		size_t		size = random_below(r, 200);
		uint8_t    *block = must_alloc(size);

		for (size_t j = 0; j < size; j++)
			block[j] = (uint8_t) random_bits(r);
		if (size > 20 && i % 2 == 0)
		{
			block[0] = (uint8_t) (1 | (block[0] & 0x30));
			block[1] &= 0x7f;
			block[9] = 0;
		}
		decode_damaged(r, block, size);
		free(block);
	}
}

/* Small blocks of each kind; doc/codec.md explains the first byte by byte. */
static const int64_t fixed_time[5] = {
	INT64_C(1700000000000000000), INT64_C(1700000001000000000),
	INT64_C(1700000002000000000), INT64_C(1700000003500000000),
	INT64_C(1700000004000000000)
};
static const double decimal_value[5] = {20.5, 20.53, 20.49, 20.51, 20.5};
static const uint8_t decimal_bytes[] = {
	0x21, 0x05, 0x00, 0x00, 0x2a, 0x36, 0xfe, 0x9c, 0x97, 0x17,
	0x80, 0xca, 0xb5, 0xee, 0x01, 0x42, 0x02, 0x25, 0x01, 0x02,
	0x84, 0x20, 0x03, 0x01, 0x84, 0x02
};
static const double exception_value[5] = {20.5, -0.0, 20.49, 20.51, 20.5};
static const uint8_t exception_bytes[] = {
	0x21, 0x05, 0x00, 0x00, 0x2a, 0x36, 0xfe, 0x9c, 0x97, 0x17,
	0x80, 0xca, 0xb5, 0xee, 0x01, 0x42, 0x02, 0x25, 0x11, 0x02,
	0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x80, 0x84, 0x20, 0x02, 0x01, 0x61
};
static const double bits_value[5] = {0.1f, 0.11f, 0.09f, 0.1f, 0.12f};
static const uint8_t bits_bytes[] = {
	0x21, 0x05, 0x00, 0x00, 0x2a, 0x36, 0xfe, 0x9c, 0x97, 0x17,
	0x80, 0xca, 0xb5, 0xee, 0x01, 0x42, 0x02, 0x25, 0x02, 0x1d,
	0x9a, 0xb3, 0xe6, 0xdc, 0x3f, 0x16, 0xc1, 0xeb, 0xa3, 0x01,
	0xc2, 0xf5, 0x28, 0x00, 0x00, 0x10, 0xae, 0x47, 0x8d, 0xc2,
	0xf5
};
static const double runs_value[5] = {7, 7, 7, 7, 7};
static const uint8_t runs_bytes[] = {
	0x21, 0x05, 0x00, 0x00, 0x2a, 0x36, 0xfe, 0x9c, 0x97, 0x17,
	0x80, 0xca, 0xb5, 0xee, 0x01, 0x42, 0x02, 0x25, 0x04, 0x01,
	0x01, 0x00, 0x0e
};
static const double raw_value[1] = {1 / 3.0};
static const uint8_t raw_bytes[] = {
	0x01, 0x01, 0x00, 0x00, 0x2a, 0x36, 0xfe, 0x9c, 0x97, 0x17,
	0x00, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55, 0xd5, 0x3f
};

typedef struct FixedBlock
{
	const char *name;
	const double *value;
	int			n;
	const uint8_t *bytes;
	size_t		size;
} FixedBlock;

enum
{
	DECIMAL,
	EXCEPTION,
	BITS,
	RUNS,
	RAW
};

static const FixedBlock fixed_blocks[] = {
	[DECIMAL] = {"fixed decimals", decimal_value, 5, decimal_bytes, sizeof(decimal_bytes)},
	[EXCEPTION] = {"fixed exception", exception_value, 5, exception_bytes, sizeof(exception_bytes)},
	[BITS] = {"fixed bits", bits_value, 5, bits_bytes, sizeof(bits_bytes)},
	[RUNS] = {"fixed runs", runs_value, 5, runs_bytes, sizeof(runs_bytes)},
	[RAW] = {"fixed raw", raw_value, 1, raw_bytes, sizeof(raw_bytes)}
};

/*
 * Checks the bytes of small blocks, so that the format cannot change unnoticed.
 */
static void
test_fixed_bytes(void)
{
	for (int i = DECIMAL; i <= RAW; i++)
	{
		const FixedBlock *b = &fixed_blocks[i];
		uint8_t		block[BTR_LEAF_BOUND(5)];

		shape_name = b->name;
		shape_points = b->n;
		CHECK(BtrLeafEncode(fixed_time, b->value, b->n, block, sizeof(block)) == b->size);
		CHECK(memcmp(block, b->bytes, b->size) == 0);
	}
}

/* A change to a fixed block that the decoder must refuse, or still accept. */
typedef struct Edit
{
	const char *name;
	int			block;
	size_t		at;
	size_t		drop;
	size_t		add;
	uint8_t		bytes[18];
	bool		accepted;
} Edit;

static const Edit edits[] = {
	{"no format", DECIMAL, 0, 1, 1, {0x20}},
	{"later format", DECIMAL, 0, 1, 1, {0x22}},
	{"unknown time flag", DECIMAL, 0, 1, 1, {0x61}},
	{"no points", DECIMAL, 1, 1, 1, {0x00}},
	{"count not in its shortest form", DECIMAL, 1, 1, 2, {0x85, 0x00}},
	{"more points than a leaf", DECIMAL, 1, 1, 2, {0x81, 0x20}},
	{"first time too early", DECIMAL, 9, 1, 1, {0xbf}},
	{"first time too late", DECIMAL, 9, 1, 1, {0x40}},
	{"last time too late", DECIMAL, 2, 8, 8, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f}},
	{"divisor 1", DECIMAL, 10, 5, 1, {0x01}},
	{"divisor 2", DECIMAL, 10, 5, 1, {0x02}, true},
	{"varint of more than 64 bits", DECIMAL, 10, 5, 10,
	{0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02}},
	{"ascending rests of a base", DECIMAL, 15, 3, 3, {0x02, 0x00, 0xe4}, true},
	{"ascending rests of an unknown predictor", DECIMAL, 15, 3, 3, {0xc2, 0x00, 0xe4}},
	{"times descend", DECIMAL, 16, 1, 1, {0x03}},
	{"times stand still", DECIMAL, 16, 1, 1, {0x00}, true},
	{"unknown scheme", DECIMAL, 18, 1, 1, {0x05}},
	{"unknown flag of values", DECIMAL, 18, 1, 1, {0x21}},
	{"exponent too large", DECIMAL, 19, 1, 1, {23}},
	{"another exponent", DECIMAL, 19, 1, 1, {22}, true},
	{"integer too large to divide", DECIMAL, 20, 2, 8,
	{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x08}},
	{"unused bits", DECIMAL, 25, 1, 1, {0x12}},
	{"no exceptions", EXCEPTION, 20, 11, 1, {0x00}},
	{"exception beyond the end", EXCEPTION, 21, 1, 1, {0x05}},
	{"exception of the last value", EXCEPTION, 21, 1, 1, {0x04}, true},
	{"too many exceptions", EXCEPTION, 20, 3, 13, {0x02, 0x01, 0x00, 0x02, 0x00}},
	{"shift too large", BITS, 19, 1, 1, {64}},
	{"bits beyond the shift", BITS, 19, 1, 1, {63}},
	{"no runs", RUNS, 19, 1, 1, {0x00}},
	{"more runs than points", RUNS, 19, 1, 1, {0x06}},
	{"runs in runs", RUNS, 20, 1, 1, {0x04}},
	{"unknown flag of runs", RUNS, 18, 1, 1, {0x14}},
	{"two runs", RUNS, 19, 4, 8, {0x02, 0x00, 0x06, 0x01, 0x00, 0x0e, 0x00, 0x02}, true},
	{"first of two runs too long", RUNS, 19, 4, 8, {0x02, 0x00, 0x08, 0x01, 0x00, 0x0e, 0x00, 0x02}},
	{"flag of raw values", RAW, 10, 1, 1, {0x08}},
	{"front", RAW, 10, 9, 12, {0x03, 52, 0x01, 0xff, 0x03}, true},
	{"front cut too short", RAW, 10, 9, 11, {0x03, 47, 0x01, 0xff, 0x03}},
	{"front cut too long", RAW, 10, 9, 12, {0x03, 53, 0x01, 0xff, 0x03}},
	{"no front", RAW, 10, 9, 10, {0x03, 52, 0x00}},
	{"front of too many bits", RAW, 10, 9, 12, {0x03, 52, 0x01, 0xff, 0x13}},
	{"flag of fronts", RAW, 10, 9, 12, {0x0b, 52, 0x01, 0xff, 0x03}},
	{"unused bits after the front", RAW, 10, 9, 12,
	{0x03, 52, 0x01, 0xff, 0x03, 0, 0, 0, 0, 0, 0, 0x10}},
	{"second of two fronts", RAW, 10, 9, 15, {0x03, 52, 0x02, 0xfe, 0x03, 0xff, 0x03, 0x01}, true},
	{"third of three fronts", RAW, 10, 9, 17,
	{0x03, 52, 0x03, 0xfd, 0x03, 0xfe, 0x03, 0xff, 0x03, 0x02}, true},
	{"fourth of three fronts", RAW, 10, 9, 17,
	{0x03, 52, 0x03, 0xfd, 0x03, 0xfe, 0x03, 0xff, 0x03, 0x03}},
	{"fronts not ascending", RAW, 10, 9, 15, {0x03, 52, 0x02, 0xff, 0x03, 0xff, 0x03, 0x01}},
};

/*
 * Checks that the decoder refuses what no encoder writes, for the reason meant:
 * sound neighbours of the damaged blocks are accepted.
 */
static void
test_edits(Random *r)
{
	for (int i = 0; i < (int) (sizeof(edits) / sizeof(edits[0])); i++)
	{
		const Edit *e = &edits[i];
		const FixedBlock *b = &fixed_blocks[e->block];
		size_t		size = b->size - e->drop + e->add;
		uint8_t    *block = must_alloc(size);

		shape_name = e->name;
		shape_points = b->n;
		memcpy(block, b->bytes, e->at);
		memcpy(block + e->at, e->bytes, e->add);
		memcpy(block + e->at + e->add, b->bytes + e->at + e->drop,
			   b->size - e->at - e->drop);
		CHECK(decode_damaged(r, block, size) == e->accepted);
		free(block);
	}
}

/*
 * Checks that exceptions must come in order.
 */
static void
test_exception_order(Random *r)
{
	enum
	{
		N = 64,
		VALUES_AT = 16,			/* first byte of the values: the clock is exact */
		POSITIONS_AT = VALUES_AT + 3
	};
	int64_t		time[N];
	double		value[N];
	uint8_t		block[BTR_LEAF_BOUND(N)];
	size_t		size;

	shape_name = "order of exceptions";
	shape_points = N;
	for (int i = 0; i < N; i++)
	{
		time[i] = i * INT64_C(1000000000);
		value[i] = i % 10 / 10.0;
	}
	value[3] = -0.0;
	value[7] = 1e300;
	size = BtrLeafEncode(time, value, N, block, sizeof(block));
	CHECK(block[VALUES_AT] == 0x11 && BtrLoad16(block + POSITIONS_AT + 2) == 7);
	CHECK(decode_damaged(r, block, size));
	block[POSITIONS_AT] = 7;
	CHECK(!decode_damaged(r, block, size));
	block[POSITIONS_AT] = 9;
	CHECK(!decode_damaged(r, block, size));
}

/*
 * Runs all shapes in many sizes.
 */
static void
test_shapes(Random *r, const Shape *shape, int rounds)
{
	static const int sizes[] = {1, 2, 3, 4, 5, 63, 127, 128, 129, 130, 256, 257,
	800, 1000, MAX - 1, MAX};
	static int64_t time[MAX];
	static double value[MAX];

	for (; shape->name != NULL; shape++)
		for (int i = 0; i < (int) (sizeof(sizes) / sizeof(sizes[0])) + rounds; i++)
		{
			int			n = i < rounds ? 1 + (int) random_below(r, i % 8 == 0 ? MAX : 300) :
				sizes[i - rounds];
			uint8_t    *block;
			size_t		size;

			shape_name = shape->name;
			shape_points = n;
			shape->make(r, n, time, value);
			block = test_round_trip(r, n, time, value, &size);
			test_damage(r, block, size);
			free(block);
		}
}

int
main(int argc, char **argv)
{
	Random		r = {1};
	int			rounds = 24;

	for (int i = 1; i < argc; i++)
	{
		if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			r.state = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
			rounds = atoi(argv[++i]);
		else
		{
			printf("usage: codec_test [--seed N] [--rounds N]\n");
			return 2;
		}
	}

	printf("seed %" PRIu64 ", %d rounds\n", r.state, rounds);
	test_packing(&r);
	test_varints(&r);
	test_fixed_bytes();
	test_edits(&r);
	test_exception_order(&r);
	test_shapes(&r, signal_shapes, rounds);
	test_shapes(&r, awkward_shapes, rounds * 4);
	test_random_bytes(&r, rounds * 4000);
	printf("%" PRId64 " blocks of %" PRId64 " points came back bit by bit\n",
		   counts.blocks, counts.points);
	printf("%" PRId64 " searches agreed with the times\n", counts.searches);
	printf("%" PRId64 " parts of blocks agreed with the points\n", counts.parts);
	printf("%" PRId64 " damaged blocks: %" PRId64 " refused, the others in order\n",
		   counts.damaged, counts.refused);
	return 0;
}
