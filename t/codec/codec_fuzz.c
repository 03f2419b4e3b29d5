/*
 * codec_fuzz.c
 *		libFuzzer entry for the codec.
 *
 * The input is first taken for a block: whatever the decoder accepts must be
 * in order, and must come back when it is encoded and decoded again.  Then
 * it is taken for points, which must come back bit by bit.
 */
#include <stdlib.h>
#include <string.h>

#include "btrdb.h"
#include "codec/leaf.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

/*
 * Encodes and decodes n points, and searches them.
 */
static void
round_trip(const int64_t *time, const double *value, int n)
{
	static uint8_t room[BTR_LEAF_BOUND(BTR_LEAF_MAX_POINTS)];
	static int64_t time_out[BTR_LEAF_MAX_POINTS];
	static double value_out[BTR_LEAF_MAX_POINTS];
	size_t		size = BtrLeafEncode(time, value, n, room, BTR_LEAF_BOUND(n));
	uint8_t    *block;

	REQUIRE(size > 0);
	block = malloc(size);
	REQUIRE(block != NULL);
	memcpy(block, room, size);
	REQUIRE(BtrLeafCount(block, size) == n);
	REQUIRE(BtrLeafDecode(block, size, n, time_out, value_out));
	REQUIRE(memcmp(time_out, time, (size_t) n * sizeof(int64_t)) == 0);
	REQUIRE(memcmp(value_out, value, (size_t) n * sizeof(double)) == 0);
	for (int i = 0; i < n; i += 1 + n / 16)
	{
		int			found = BtrLeafLowerBound(block, size, n, time[i]);

		REQUIRE(found >= 0 && found <= i && time[found] == time[i]);
		REQUIRE(found == 0 || time[found - 1] < time[i]);
		REQUIRE(BtrLeafDecodeValues(block, size, n, i, n, value_out, NULL));
		REQUIRE(memcmp(value_out, value + i, (size_t) (n - i) * sizeof(double)) == 0);
		REQUIRE(BtrLeafDecodePoint(block, size, n, i, time_out, value_out));
		REQUIRE(time_out[0] == time[i]);
	}
	free(block);
}

/*
 * Takes the input for a block.
 */
static void
as_block(const uint8_t *data, size_t size)
{
	int			n = BtrLeafCount(data, size);
	int64_t    *time;
	double	   *value;

	if (n < 0)
		return;
	time = malloc((size_t) n * sizeof(int64_t));
	value = malloc((size_t) n * sizeof(double));
	REQUIRE(time != NULL && value != NULL);
	if (BtrLeafDecode(data, size, n, time, value))
	{
		REQUIRE(BtrLeafDecode(data, size, n, NULL, NULL));
		REQUIRE(time[0] >= BTR_TIME_MIN && time[n - 1] < BTR_TIME_MAX);
		for (int i = 1; i < n; i++)
			REQUIRE(time[i - 1] <= time[i]);
		round_trip(time, value, n);
	}
	BtrLeafLowerBound(data, size, n, (int64_t) ((uint64_t) size << 50));
	for (int from = 0; from < n; from += 1 + n / 8)
	{
		BtrLeafDecodeValues(data, size, n, from, n, value + from, NULL);
		BtrLeafDecodePoint(data, size, n, from, time, value);
	}
	free(time);
	free(value);
}

/*
 * Takes the input for the bits of values and the distances of times, both cut to
 * a width that the first two bytes give.
 */
static void
as_points(const uint8_t *data, size_t size)
{
	static int64_t time[BTR_LEAF_MAX_POINTS];
	static double value[BTR_LEAF_MAX_POINTS];
	uint64_t	t = 0;
	int			n = 0;

	while (size >= 18 + (size_t) n * 16 && n < BTR_LEAF_MAX_POINTS)
	{
		uint64_t	step;
		uint64_t	bits;

		memcpy(&step, data + 2 + n * 16, sizeof(step));
		memcpy(&bits, data + 10 + n * 16, sizeof(bits));
		step = step >> 1 >> data[0] % 63;
		bits = bits >> data[1] % 64 << data[1] / 4;
		if (step < (UINT64_C(1) << 63) - t)
			t += step;
		time[n] = (int64_t) (t + (uint64_t) BTR_TIME_MIN);
		memcpy(&value[n], &bits, sizeof(bits));
		n++;
	}
	if (n > 0)
		round_trip(time, value, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_block(data, size);
	as_points(data, size);
	return 0;
}
