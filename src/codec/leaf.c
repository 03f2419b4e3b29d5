/*
 * leaf.c
 *		Encodes and decodes a block of points.
 *
 * Layout: format byte, count (16 bits), times, values, all little-endian.
 */
#include <string.h>

#include "btrdb.h"
#include "codec/leaf.h"

#define FORMAT_RAW	0
#define HEADER		3

/*
 * Writes the points as they are.
 */
size_t
BtrLeafEncode(const int64_t *time, const double *value, int n,
			  uint8_t *dst, size_t cap)
{
	size_t		bytes = (size_t) n * 8;
	size_t		size = HEADER + 2 * bytes;

	if (size > cap)
		return 0;
	dst[0] = FORMAT_RAW;
	dst[1] = (uint8_t) n;
	dst[2] = (uint8_t) (n >> 8);
	memcpy(dst + HEADER, time, bytes);
	memcpy(dst + HEADER + bytes, value, bytes);
	return size;
}

/*
 * Reads and checks the header.
 */
int
BtrLeafCount(const uint8_t *src, size_t len)
{
	int			n;

	if (len < HEADER || src[0] != FORMAT_RAW)
		return -1;
	n = src[1] | src[2] << 8;
	if (n < 1 || n > BTR_LEAF_MAX_POINTS)
		return -1;
	return n;
}

/*
 * Reads the points back; see leaf.h.
 */
bool
BtrLeafDecode(const uint8_t *src, size_t len, int n,
			  int64_t *time, double *value)
{
	size_t		bytes = (size_t) n * 8;

	if (BtrLeafCount(src, len) != n || len != HEADER + 2 * bytes)
		return false;
	if (time != NULL)
	{
		memcpy(time, src + HEADER, bytes);
		for (int i = 0; i < n; i++)
			if (time[i] < (i == 0 ? BTR_TIME_MIN : time[i - 1]) ||
				time[i] >= BTR_TIME_MAX)
				return false;
	}
	if (value != NULL)
		memcpy(value, src + HEADER + bytes, bytes);
	return true;
}
