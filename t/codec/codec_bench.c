/*
 * codec_bench.c
 *		Measures the leaf codec by itself, without PostgreSQL.
 *
 * codec_bench							bytes and nanoseconds per point
 * codec_bench --counts					work for counts.pl, which counts its instructions
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/column.h"
#include "codec/leaf.h"
#include "shapes.h"

#define MAX		BTR_LEAF_MAX_POINTS

#define CHECK(condition) \
	do { \
		if (!(condition)) \
		{ \
			printf("FAILED at line %d: %s\n", __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double) t.tv_sec * 1e9 + (double) t.tv_nsec;
}

/*
 * Returns the largest number of points, of those from "at" on, whose block has at most
 * 4070 bytes: what a leaf of the tree holds.
 */
static int
points_per_leaf(const int64_t *time, const double *value, int left)
{
	static uint8_t block[4070];
	int			low = 1;
	int			high = left < MAX ? left : MAX;

	while (low < high)
	{
		int			middle = (low + high + 1) / 2;

		if (BtrLeafEncode(time, value, middle, block, sizeof(block)) > 0)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* Points of a shape, cut into leaves as a bulk load would. */
#define BENCH_POINTS	200000

typedef struct Leaves
{
	int64_t		time[BENCH_POINTS];
	double		value[BENCH_POINTS];
	uint8_t		blocks[BENCH_POINTS * 17];
	int			start[BENCH_POINTS];	/* first point of each leaf, and the end */
	size_t		offset[BENCH_POINTS];	/* its block, and the end */
	int			n;
} Leaves;

static Leaves leaves;

static void
cut_leaves(const Shape *shape)
{
	Random		r = {1};

	shape->make(&r, BENCH_POINTS, leaves.time, leaves.value);
	leaves.n = 0;
	for (int at = 0; at < BENCH_POINTS; leaves.n++)
	{
		leaves.start[leaves.n] = at;
		at += points_per_leaf(leaves.time + at, leaves.value + at, BENCH_POINTS - at);
	}
	leaves.start[leaves.n] = BENCH_POINTS;
}

static void
encode_leaves(void)
{
	size_t		bytes = 0;

	for (int i = 0; i < leaves.n; i++)
	{
		int			at = leaves.start[i];

		leaves.offset[i] = bytes;
		bytes += BtrLeafEncode(leaves.time + at, leaves.value + at, leaves.start[i + 1] - at,
							   leaves.blocks + bytes, sizeof(leaves.blocks) - bytes);
	}
	leaves.offset[leaves.n] = bytes;
}

static void
decode_leaves(int64_t *time, double *value)
{
	for (int i = 0; i < leaves.n; i++)
		CHECK(BtrLeafDecode(leaves.blocks + leaves.offset[i],
							leaves.offset[i + 1] - leaves.offset[i],
							leaves.start[i + 1] - leaves.start[i], time, value));
}

/*
 * Returns the name of the scheme that a block stores its values by.
 */
static const char *
scheme_of(const uint8_t *block, size_t size)
{
	static const char *const names[] = {"raw", "decimal", "bits", "front", "runs"};
	BtrBytes	in = {block + 1, block + size};
	uint64_t	n;

	CHECK(BtrGetVarint(&in, &n) && BtrTimesSkip(&in, block[0] >> 4, (int) n) &&
		  (*in.pos & 7) <= BTR_VALUES_RUNS);
	return names[*in.pos & 7];
}

/*
 * Measures one shape: size, and the best of several timings.
 */
static void
bench_shape(const Shape *shape)
{
	enum
	{
		REPEATS = 9
	};
	static int64_t time_out[MAX];
	static double value_out[MAX];
	size_t		bytes;
	size_t		time_bytes = 0;
	double		encode = 1e30;
	double		decode = 1e30;
	double		decode_times = 1e30;
	double		search = 1e30;

	cut_leaves(shape);
	for (int i = 0; i < leaves.n; i++)
	{
		static const double zero[MAX];
		uint8_t		scratch[BTR_LEAF_BOUND(MAX)];

		time_bytes += BtrLeafEncode(leaves.time + leaves.start[i], zero,
									leaves.start[i + 1] - leaves.start[i],
									scratch, sizeof(scratch)) - 5;
	}

	for (int repeat = 0; repeat < REPEATS; repeat++)
	{
		double		t = now_ns();
		int			found = 0;

		encode_leaves();
		t = (now_ns() - t) / BENCH_POINTS;
		encode = t < encode ? t : encode;

		t = now_ns();
		decode_leaves(time_out, value_out);
		t = (now_ns() - t) / BENCH_POINTS;
		decode = t < decode ? t : decode;

		t = now_ns();
		decode_leaves(time_out, NULL);
		t = (now_ns() - t) / BENCH_POINTS;
		decode_times = t < decode_times ? t : decode_times;

		t = now_ns();
		for (int i = 0; i < leaves.n; i++)
		{
			int			n = leaves.start[i + 1] - leaves.start[i];

			found += BtrLeafLowerBound(leaves.blocks + leaves.offset[i],
									   leaves.offset[i + 1] - leaves.offset[i], n,
									   leaves.time[leaves.start[i] + n * 2 / 3]);
		}
		t = (now_ns() - t) / leaves.n;
		search = t < search && found >= 0 ? t : search;
	}
	bytes = leaves.offset[leaves.n];
	printf("| %s | %s | %d | %.3f | %.3f | %.3f | %.1f | %.1f | %.2f | %.2f | %.0f |\n",
		   shape->name, scheme_of(leaves.blocks, leaves.offset[1]), BENCH_POINTS / leaves.n,
		   (double) time_bytes / BENCH_POINTS, (double) (bytes - time_bytes) / BENCH_POINTS,
		   (double) bytes / BENCH_POINTS, 16.0 * BENCH_POINTS / bytes,
		   encode, decode, decode_times, search);
}

static void
bench(void)
{
	printf("| shape | values as | points per leaf | times B/pt | values B/pt | total B/pt | ratio | encode ns/pt | decode ns/pt | decode times only ns/pt | search ns |\n");
	printf("|---|---|---|---|---|---|---|---|---|---|---|\n");
	for (const Shape *shape = signal_shapes; shape->name != NULL; shape++)
		bench_shape(shape);
}

/*
 * Where counts.pl has the instructions so far noted.
 */
static __attribute__((noinline)) void
mark(void)
{
	__asm__ volatile("");
}

/*
 * Reads a column of MAX integers, between two marks.
 */
static void
count_column(BtrPredictor predictor, int width)
{
	static const char *const names[] = {"base", "difference", "line"};
	static uint64_t v[MAX];
	static uint64_t out[MAX];
	static uint8_t column[BTR_LEAF_BOUND(MAX)];
	BtrIntPlan	plan = {.whole = true};
	BtrBytes	in = {column, NULL};
	BtrIntReader r;
	Random		random = {1};

	/* only what the rests need is written: any numbers of that width will do */
	plan.group[0].predictor = predictor;
	plan.group[0].width = width;
	plan.group[0].slope = predictor == BTR_PREDICT_LINE ? 12345 : 0;
	for (int i = 0; i < MAX; i++)
	{
		uint64_t	rest = random_bits(&random) >> (64 - width);

		v[i] = predictor == BTR_PREDICT_DELTA ? rest + (i > 0 ? v[i - 1] : 0) :
			predictor == BTR_PREDICT_LINE ? rest + 3 * (uint64_t) i + (57 * (uint64_t) i >> 12) : rest;
	}
	in.end = BtrIntWrite(column, &plan, v, MAX, 0);

	BtrIntReadStart(&r, &in, MAX, true, 0);
	mark();
	for (int i = 0; i < MAX; i += BTR_PACK_BLOCK)
		CHECK(BtrIntReadChunk(&r, out + i) == BTR_PACK_BLOCK);
	mark();
	CHECK(memcmp(v, out, sizeof(v)) == 0);
	printf("%s\t%d\t%d\n", names[predictor], width, MAX);
}

/*
 * Decodes times, values as integers where they are that, and values, with marks between.
 */
static void
count_shape(const Shape *shape)
{
	static int64_t time_out[MAX];
	static double value_out[MAX];
	double		divisor;

	cut_leaves(shape);
	encode_leaves();
	mark();
	decode_leaves(time_out, NULL);
	mark();
	printf("%s\ttimes\t%d\n", shape->name, BENCH_POINTS);
	mark();
	decode_leaves(NULL, value_out);
	mark();
	printf("%s\tvalues\t%d\n", shape->name, BENCH_POINTS);
	mark();
	for (int i = 0; i < leaves.n; i++)
	{
		int			n = leaves.start[i + 1] - leaves.start[i];

		CHECK(BtrLeafDecodeValues(leaves.blocks + leaves.offset[i],
								  leaves.offset[i + 1] - leaves.offset[i], n, 0, n, value_out,
								  &divisor));
	}
	mark();
	printf("%s\tundivided\t%d\n", shape->name, BENCH_POINTS);
}

static void
count_work(void)
{
	static const int widths[] = {1, 4, 8, 12, 16, 24, 32, 40, 52, 64};

	for (int i = 0; i < (int) (sizeof(widths) / sizeof(widths[0])); i++)
		for (BtrPredictor p = BTR_PREDICT_BASE; p <= BTR_PREDICT_LINE; p++)
			count_column(p, widths[i]);
	for (const Shape *shape = signal_shapes; shape->name != NULL; shape++)
		count_shape(shape);
}

int
main(int argc, char **argv)
{
	if (argc == 1)
		bench();
	else if (strcmp(argv[1], "--counts") == 0)
		count_work();
	else
	{
		printf("usage: codec_bench [--counts]\n");
		return 2;
	}
	return 0;
}
