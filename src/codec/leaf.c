/*
 * leaf.c
 *		Encodes and decodes a block of points: header, times, values.
 */
#include "btrdb.h"
#include "codec/column.h"
#include "codec/leaf.h"

/*
 * First byte: format in the low bits, flags of the time column above.  Then
 * the number of points, variable-length.
 */
#define FORMAT_BITS			4

/*
 * Encodes a block; see leaf.h.
 */
size_t
BtrLeafEncode(const int64_t *time, const double *value, int n,
			  uint8_t *dst, size_t cap)
{
	BtrTimePlan times;
	uint8_t    *p = dst;
	size_t		before_values;
	size_t		values;

	BtrTimesPlan(&times, time, n);
	before_values = 1 + BtrVarintSize((uint64_t) n) + times.size;
	if (before_values >= cap)
		return 0;
	*p++ = (uint8_t) (BTR_LEAF_FORMAT | times.flags << FORMAT_BITS);
	p = BtrPutVarint(p, (uint64_t) n);
	p = BtrTimesWrite(p, &times, time, n);
	values = BtrValuesWrite(p, cap - before_values, value, n);
	return values == 0 ? 0 : before_values + values;
}

/*
 * Reads the format version; see leaf.h.
 */
int
BtrLeafFormat(const uint8_t *src, size_t len)
{
	return len == 0 ? -1 : *src & ((1 << FORMAT_BITS) - 1);
}

/*
 * Reads the header.  Returns the number of points, or -1 if it is damaged.
 */
static int
read_header(BtrBytes *in, int *flags)
{
	uint64_t	n;

	*flags = 0;
	if (BtrLeafFormat(in->pos, BtrBytesLeft(in)) != BTR_LEAF_FORMAT)
		return -1;
	*flags = *in->pos++ >> FORMAT_BITS;
	if (!BtrGetVarint(in, &n) || n < 1 || n > BTR_LEAF_MAX_POINTS)
		return -1;
	return (int) n;
}

/*
 * Reads the number of points; see leaf.h.
 */
int
BtrLeafCount(const uint8_t *src, size_t len)
{
	BtrBytes	in = {src, src + len};
	int			flags;

	return read_header(&in, &flags);
}

/*
 * Decodes a block; see leaf.h.
 */
bool
BtrLeafDecode(const uint8_t *src, size_t len, int n,
			  int64_t *time, double *value)
{
	BtrBytes	in = {src, src + len};
	int			flags;

	if (n < 1 || read_header(&in, &flags) != n)
		return false;
	if (!(time != NULL ? BtrTimesRead(&in, flags, n, time) :
		  BtrTimesSkip(&in, flags, n)))
		return false;
	return BtrValuesRead(&in, n, 0, n, value, NULL) && in.pos == in.end;
}

/*
 * Decodes some values; see leaf.h.
 */
bool
BtrLeafDecodeValues(const uint8_t *src, size_t len, int n, int from, int to, double *value,
					double *divisor)
{
	BtrBytes	in = {src, src + len};
	int			flags;

	return from >= 0 && from < to && to <= n && read_header(&in, &flags) == n &&
		BtrTimesSkip(&in, flags, n) &&
		BtrValuesRead(&in, n, from, to, value, divisor) && in.pos == in.end;
}

/*
 * Decodes one point; see leaf.h.
 */
bool
BtrLeafDecodePoint(const uint8_t *src, size_t len, int n, int i, int64_t *time, double *value)
{
	BtrBytes	in = {src, src + len};
	int			flags;

	return i >= 0 && i < n && read_header(&in, &flags) == n &&
		BtrTimesAt(&in, flags, n, i, time) &&
		BtrLeafDecodeValues(src, len, n, i, i + 1, value, NULL);
}

/*
 * Searches the times; see leaf.h.
 */
int
BtrLeafLowerBound(const uint8_t *src, size_t len, int n, int64_t t)
{
	BtrBytes	in = {src, src + len};
	int			flags;

	if (n < 1 || read_header(&in, &flags) != n)
		return -1;
	return BtrTimesLowerBound(&in, flags, n, t);
}

/*
 * Compares a block with its points; see leaf.h.
 */
bool
BtrLeafVerify(const int64_t *time, const double *value, int n,
			  const uint8_t *src, size_t len)
{
	int64_t		decoded_time[BTR_LEAF_MAX_POINTS];
	double		decoded_value[BTR_LEAF_MAX_POINTS];

	return n >= 1 && n <= BTR_LEAF_MAX_POINTS &&
		BtrLeafDecode(src, len, n, decoded_time, decoded_value) &&
		memcmp(time, decoded_time, n * sizeof(*time)) == 0 &&
		memcmp(value, decoded_value, n * sizeof(*value)) == 0;
}
