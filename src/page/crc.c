/*
 * crc.c
 *		The checksum of a node.
 *
 * Nodes are checked each time they are read, so this is a good part of the work of whoever reads
 * many.  A CRC waits for its result at each step; three of them at a time do not wait for
 * each other.
 */
#include "postgres.h"

#include "port/pg_crc32c.h"

#include "page/node.h"

#define STRIPES		3

#if defined(__x86_64__) && defined(__GNUC__)
#define HAVE_CRC_INSTRUCTION

/*
 * Adds n bytes, a multiple of 8, of each stripe to its CRC with the instruction for it.
 */
static __attribute__((target("sse4.2"))) void
add_by_instruction(pg_crc32c *crc, const char *bytes, Size n)
{
	uint64		a = crc[0];
	uint64		b = crc[1];
	uint64		c = crc[2];

	for (const char *end = bytes + n; bytes < end; bytes += sizeof(uint64))
	{
		uint64		x;
		uint64		y;
		uint64		z;

		memcpy(&x, bytes, sizeof(x));
		memcpy(&y, bytes + n, sizeof(y));
		memcpy(&z, bytes + 2 * n, sizeof(z));
		a = __builtin_ia32_crc32di(a, x);
		b = __builtin_ia32_crc32di(b, y);
		c = __builtin_ia32_crc32di(c, z);
	}
	crc[0] = (pg_crc32c) a;
	crc[1] = (pg_crc32c) b;
	crc[2] = (pg_crc32c) c;
}
#endif

/*
 * Adds n bytes, a multiple of 8, of each of three adjacent stripes to its CRC.
 */
static void
add_stripes(pg_crc32c *crc, const char *bytes, Size n)
{
#ifdef HAVE_CRC_INSTRUCTION
	if (__builtin_cpu_supports("sse4.2"))
	{
		add_by_instruction(crc, bytes, n);
		return;
	}
#endif
	for (int i = 0; i < STRIPES; i++)
		COMP_CRC32C(crc[i], bytes + i * n, n);
}

/*
 * Computes the checksum of a node of len bytes: the CRC-32C of its header without the
 * checksum and of the CRC-32Cs of three stripes of its payload; see doc/format.md.
 */
uint32
BtrNodeCrc(const BtrNodeHeader *item, Size len)
{
	const char *bytes = (const char *) item;
	const char *payload = bytes + sizeof(BtrNodeHeader);
	Size		after = offsetof(BtrNodeHeader, crc) + sizeof(item->crc);
	Size		rest = len - sizeof(BtrNodeHeader);
	Size		n = rest / (STRIPES * sizeof(uint64)) * sizeof(uint64);
	pg_crc32c	stripe[STRIPES];
	pg_crc32c	crc;

	for (int i = 0; i < STRIPES; i++)
		INIT_CRC32C(stripe[i]);
	add_stripes(stripe, payload, n);
	COMP_CRC32C(stripe[STRIPES - 1], payload + STRIPES * n, rest - STRIPES * n);
	for (int i = 0; i < STRIPES; i++)
		FIN_CRC32C(stripe[i]);

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, bytes, offsetof(BtrNodeHeader, crc));
	COMP_CRC32C(crc, bytes + after, sizeof(BtrNodeHeader) - after);
	COMP_CRC32C(crc, stripe, sizeof(stripe));
	FIN_CRC32C(crc);
	return crc;
}
