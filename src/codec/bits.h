/*
 * bits.h
 *		Bytes, variable-length integers and bit packing for the codec.
 *
 * Numbers are stored little-endian and read with plain loads, hence the check
 * below.  The readers never look outside the bytes that they are given.
 */
#ifndef BTR_BITS_H
#define BTR_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the storage format of btrdb needs a little-endian machine"
#endif

/* Values that are packed together; see BtrPack(). */
#define BTR_PACK_BLOCK		128

/* Behind fewer values than that, zeros are added up to a multiple of this. */
#define BTR_UNPACK_STEP		8

/* The most bytes that a variable-length integer takes. */
#define BTR_VARINT_MAX		10

/* Two or four lanes of a 16-byte vector register. */
typedef uint64_t BtrVec64 __attribute__((vector_size(16)));
typedef uint32_t BtrVec32 __attribute__((vector_size(16)));
typedef double BtrVecDouble __attribute__((vector_size(16)));

/* Bytes still to be read. */
typedef struct BtrBytes
{
	const uint8_t *pos;
	const uint8_t *end;
} BtrBytes;

static inline uint16_t
BtrLoad16(const uint8_t *p)
{
	uint16_t	v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
BtrLoad64(const uint8_t *p)
{
	uint64_t	v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint8_t *
BtrPut16(uint8_t *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static inline uint8_t *
BtrPut64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static inline BtrVec64
BtrLoadVec64(const void *p)
{
	BtrVec64	v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void
BtrStoreVec64(void *p, BtrVec64 v)
{
	memcpy(p, &v, sizeof(v));
}

/* Maps signed numbers of small magnitude to small unsigned ones. */
static inline uint64_t
BtrZigzag(uint64_t v)
{
	return (v << 1) ^ (0 - (v >> 63));
}

static inline uint64_t
BtrUnzigzag(uint64_t v)
{
	return (v >> 1) ^ (0 - (v & 1));
}

/* Returns the number of bits that v needs: 0 for 0, 64 at most. */
static inline int
BtrBitWidth(uint64_t v)
{
	return v == 0 ? 0 : 64 - __builtin_clzll(v);
}

/* Returns the number of bytes that BtrPutVarint() writes. */
static inline size_t
BtrVarintSize(uint64_t v)
{
	return (size_t) (BtrBitWidth(v | 1) + 6) / 7;
}

/* Writes v in groups of seven bits, lowest first; the top bit means "more". */
static inline uint8_t *
BtrPutVarint(uint8_t *p, uint64_t v)
{
	while (v >= 0x80)
	{
		*p++ = (uint8_t) (v | 0x80);
		v >>= 7;
	}
	*p++ = (uint8_t) v;
	return p;
}

static inline size_t
BtrBytesLeft(const BtrBytes *in)
{
	return (size_t) (in->end - in->pos);
}

/* Reads a variable-length integer.  Returns false unless it is the shortest form of one. */
extern bool BtrGetVarint(BtrBytes *in, uint64_t *v);

/*
 * Returns the size of n values packed with w bits (0..64) each: whole blocks
 * of 128 take 16 * w bytes, what is left the bits it needs, rounded up to a byte.
 */
static inline size_t
BtrPackedSize(int n, int w)
{
	size_t		rest = (size_t) (n % BTR_PACK_BLOCK);

	return (size_t) (n / BTR_PACK_BLOCK) * 16 * (size_t) w +
		(rest * (size_t) w + 7) / 8;
}

/* Packs n values that each fit w bits at p.  Returns the end of what it wrote. */
extern uint8_t *BtrPack(uint8_t *p, const uint64_t *v, int n, int w);

/*
 * Unpacks n (1..128) values of w bits from BtrPackedSize(n, w) bytes at p, and adds base to each;
 * n = 128 is a whole block, a smaller n a rest.  v has room for 128 values; those behind a rest,
 * up to a multiple of BTR_UNPACK_STEP, become 0, so that loops read nothing undefined.
 * Returns false if unused bits are not zero.
 */
extern bool BtrUnpack(const uint8_t *p, int n, int w, uint64_t base, uint64_t *v);

/* Returns value i of those that BtrPack() packed at p, n of them with w bits each. */
extern uint64_t BtrUnpackOne(const uint8_t *p, int n, int w, int i);

#endif							/* BTR_BITS_H */
