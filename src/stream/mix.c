/*
 * mix.c
 *		Packs and unpacks a few points of several streams; doc/format.md has the bytes.
 */
#include "postgres.h"

#include "port/pg_bswap.h"
#include "port/pg_crc32c.h"
#include "types/check.h"

#include "stream/mix.h"

/* Places of the header's fields, and its size. */
#define AT_CRC			0
#define AT_FORMAT		4
#define AT_WIDTH		5
#define AT_NSTREAMS		6
#define AT_NPOINTS		7
#define AT_BASE			8
#define HEADER_SIZE		16

StaticAssertDecl(BTR_MIX_MAX_POINTS <= PG_UINT8_MAX, "numbers of points fit a byte");

/*
 * Returns the number of bytes that hold offsets up to last - first.
 */
static int
time_width(int64 first, int64 last)
{
	uint64		span = (uint64) last - (uint64) first;
	int			width = 0;

	for (; span != 0; span >>= 8)
		width++;
	return width;
}

/*
 * Stores an offset, lowest byte first, in 8 bytes, of which those that it does not need are zeroes.
 */
static inline void
put_offset(uint8 *p, uint64 offset)
{
#ifdef WORDS_BIGENDIAN
	offset = pg_bswap64(offset);
#endif
	memcpy(p, &offset, sizeof(offset));
}

/*
 * Reads an offset of width bytes, at least one, before which there are at least 7 others.
 */
static inline uint64
get_offset(const uint8 *p, int width)
{
	uint64		offset;

	memcpy(&offset, p + width - sizeof(offset), sizeof(offset));
#ifdef WORDS_BIGENDIAN
	offset = pg_bswap64(offset);
#endif
	return offset >> (64 - 8 * width);
}

/*
 * Returns the size of a block with n points of nstreams streams whose times are between first
 * and last.
 */
size_t
BtrMixSize(int nstreams, int n, int64 first, int64 last)
{
	return HEADER_SIZE + nstreams * UUID_LEN + (n > nstreams ? nstreams : 0) +
		n * (sizeof(double) + time_width(first, last));
}

/*
 * Computes the checksum of a block.
 */
static pg_crc32c
checksum(const uint8 *block, size_t size)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, block + AT_FORMAT, size - AT_FORMAT);
	FIN_CRC32C(crc);
	return crc;
}

/*
 * Writes a block of parts, which are sorted by stream, have at least a point each, and fit
 * BTR_MIX_MAX_POINTS and BTR_MIX_MAX_SIZE.  Returns its size; up to BTR_MIX_SLACK bytes after it
 * are changed, too.
 */
size_t
BtrMixWrite(const BtrMixPart *part, int nparts, uint8 *dst)
{
	int64		first = part[0].time[0];
	int64		last = first;
	int			n = 0;
	int			width;
	uint8	   *p = dst + HEADER_SIZE;
	pg_crc32c	crc;

	for (int i = 0; i < nparts; i++)
	{
		for (int j = 0; j < part[i].n; j++)
		{
			first = Min(first, part[i].time[j]);
			last = Max(last, part[i].time[j]);
		}
		n += part[i].n;
		memcpy(p, part[i].stream, UUID_LEN);
		p += UUID_LEN;
	}
	Assert(nparts <= n && n <= BTR_MIX_MAX_POINTS);

	if (n > nparts)
	{
		int			end = 0;

		for (int i = 0; i < nparts; i++)
			*p++ = (uint8) (end += part[i].n);
	}
	for (int i = 0; i < nparts; i++)
	{
		memcpy(p, part[i].value, part[i].n * sizeof(double));
		p += part[i].n * sizeof(double);
	}
	width = time_width(first, last);
	for (int i = 0; i < nparts && width > 0; i++)
	{
		for (int j = 0; j < part[i].n; j++)
		{
			put_offset(p, (uint64) part[i].time[j] - (uint64) first);
			p += width;
		}
	}

	dst[AT_FORMAT] = BTR_MIX_FORMAT;
	dst[AT_WIDTH] = (uint8) width;
	dst[AT_NSTREAMS] = (uint8) nparts;
	dst[AT_NPOINTS] = (uint8) n;
	memcpy(dst + AT_BASE, &first, sizeof(first));
	crc = checksum(dst, p - dst);
	memcpy(dst + AT_CRC, &crc, sizeof(crc));
	return p - dst;
}

/*
 * Reads the format version of a block; -1 if it has no place for it.
 */
int
BtrMixFormat(const uint8 *src, size_t len)
{
	return len > AT_FORMAT ? src[AT_FORMAT] : -1;
}

/*
 * Opens a block.  Returns false if its bytes are damaged, or of another version.
 */
bool
BtrMixOpen(const uint8 *src, size_t len, BtrMix *mix)
{
	const uint8 *p = src + HEADER_SIZE;
	pg_crc32c	crc;

	if (len < HEADER_SIZE || len > BTR_MIX_MAX_SIZE || src[AT_FORMAT] != BTR_MIX_FORMAT)
		return false;
	mix->width = src[AT_WIDTH];
	mix->nstreams = src[AT_NSTREAMS];
	mix->n = src[AT_NPOINTS];
	memcpy(&mix->base, src + AT_BASE, sizeof(mix->base));
	memcpy(&crc, src + AT_CRC, sizeof(crc));
	if (mix->width > sizeof(int64) || mix->nstreams < 1 || mix->n < mix->nstreams ||
		mix->n > BTR_MIX_MAX_POINTS ||
		len != HEADER_SIZE + mix->nstreams * UUID_LEN + (mix->n > mix->nstreams ? mix->nstreams : 0) +
		mix->n * (sizeof(double) + mix->width) ||
		!EQ_CRC32C(crc, checksum(src, len)))
		return false;

	mix->stream = p;
	p += mix->nstreams * UUID_LEN;
	mix->end = mix->n > mix->nstreams ? p : NULL;
	if (mix->end != NULL)
	{
		int			before = 0;

		for (int i = 0; i < mix->nstreams; i++)
		{
			if (p[i] <= before)
				return false;
			before = p[i];
		}
		if (before != mix->n)
			return false;
		p += mix->nstreams;
	}
	mix->value = p;
	mix->time = p + mix->n * sizeof(double);
	return true;
}

/*
 * Copies the uuid of stream i.
 */
void
BtrMixStream(const BtrMix *mix, int i, pg_uuid_t *stream)
{
	memcpy(stream, mix->stream + i * UUID_LEN, UUID_LEN);
}

/*
 * Searches a stream.  Returns its number, or -1 if the block has no points of it.
 */
int
BtrMixFind(const BtrMix *mix, const pg_uuid_t *stream)
{
	int			low = 0;
	int			high = mix->nstreams;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = memcmp(mix->stream + middle * UUID_LEN, stream, UUID_LEN);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

/*
 * Returns the number of points of stream i; *start is the first one's.
 */
int
BtrMixPoints(const BtrMix *mix, int i, int *start)
{
	if (mix->end == NULL)
	{
		*start = i;
		return 1;
	}
	*start = i == 0 ? 0 : mix->end[i - 1];
	return mix->end[i] - *start;
}

/*
 * Reads n points from the one at start on.  Returns false if one of them is not valid.
 */
bool
BtrMixRead(const BtrMix *mix, int start, int n, int64 *time, double *value)
{
	const uint8 *p = mix->time + start * mix->width;
	int			width = mix->width;
	bool		valid = true;

	memcpy(value, mix->value + start * sizeof(double), n * sizeof(double));
	for (int i = 0; i < n; i++)
	{
		/* the values lie before the times */
		time[i] = (int64) ((uint64) mix->base + (width == 0 ? 0 : get_offset(p, width)));
		p += width;
		valid &= BtrTimeIsValid(time[i]) && BtrValueIsValid(value[i]);
	}
	return valid;
}
