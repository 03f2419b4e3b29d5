/*
 * bits.c
 *		Bit packing.
 *
 * A block of 128 values is packed so that a 16-byte vector register works on
 * several values at once without ever moving bits between its lanes.  Up to 32
 * bits per value there are four 32-bit lanes; row r (0..31) holds values 4r to
 * 4r + 3 in lanes 0, 2, 1, 3, an order that makes widening to 64 bits one mask
 * and one shift.  Above, there are two 64-bit lanes and 64 rows of two values.
 * In each lane the values of all rows follow each other without gaps, lowest
 * bits first.  Fewer than 128 values are one string of bits, lowest first.
 *
 * The vectors are explicit, so that the compiler need not find them: plain
 * loops are not vectorised by gcc 12 at -O2.
 */
#include "codec/kernels.h"

#define LANES32(x)	((BtrVec32) {(x), (x), (x), (x)})
#define LANES64(x)	((BtrVec64) {(x), (x)})

/*
 * Returns a mask of w (0..64) low bits.
 */
static inline uint64_t
low_bits(int w)
{
	return w == 0 ? 0 : ~UINT64_C(0) >> (64 - w);
}

/*
 * Reads a variable-length integer; see bits.h.
 */
bool
BtrGetVarint(BtrBytes *in, uint64_t *v)
{
	uint64_t	result = 0;

	for (int shift = 0; shift < 64 && in->pos < in->end; shift += 7)
	{
		uint8_t		byte = *in->pos++;

		result |= (uint64_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
		{
			*v = result;
			return (byte != 0 || shift == 0) && (shift < 63 || byte == 1);
		}
	}
	return false;
}

/*
 * Packs a whole block with 1..32 bits per value.
 */
static void
pack_block32(uint8_t *p, const uint64_t *v, uint32_t w)
{
	BtrVec32	word = LANES32(0);
	uint32_t	used = 0;

	for (int row = 0; row < 32; row++)
	{
		BtrVec32	x = (BtrVec32) (BtrLoadVec64(v + 4 * row) |
									BtrLoadVec64(v + 4 * row + 2) << 32);

		word |= x << used;
		used += w;
		if (used >= 32)
		{
			memcpy(p, &word, sizeof(word));
			p += sizeof(word);
			used -= 32;
			word = used == 0 ? LANES32(0) : x >> (w - used);
		}
	}
}

/*
 * Packs a whole block with 33..64 bits per value.
 */
static void
pack_block64(uint8_t *p, const uint64_t *v, uint64_t w)
{
	BtrVec64	word = LANES64(0);
	uint64_t	used = 0;

	for (int row = 0; row < 64; row++)
	{
		BtrVec64	x = BtrLoadVec64(v + 2 * row);

		word |= x << used;
		used += w;
		if (used >= 64)
		{
			BtrStoreVec64(p, word);
			p += sizeof(word);
			used -= 64;
			word = used == 0 ? LANES64(0) : x >> (w - used);
		}
	}
}

/*
 * Packs fewer than 128 values as one string of bits.
 */
static uint8_t *
pack_rest(uint8_t *p, const uint64_t *v, int n, int w)
{
	uint64_t	word = 0;
	int			used = 0;

	for (int i = 0; i < n; i++)
	{
		word |= v[i] << used;
		used += w;
		if (used >= 64)
		{
			p = BtrPut64(p, word);
			used -= 64;
			word = used == 0 ? 0 : v[i] >> (w - used);
		}
	}
	for (; used > 0; used -= 8)
	{
		*p++ = (uint8_t) word;
		word >>= 8;
	}
	return p;
}

/*
 * Reads w (1..64) bits at bit "at"; up to nine bytes there are readable.
 */
static inline uint64_t
bits_at(const uint8_t *p, size_t at, int w)
{
	uint64_t	v = BtrLoad64(p + at / 8) >> (at % 8);

	if (at % 8 + (size_t) w > 64)
		v |= (uint64_t) p[at / 8 + 8] << (64 - at % 8);
	return v & low_bits(w);
}

/*
 * Unpacks fewer than 128 values.  They are copied first, so that reading whole
 * words does not leave their bytes.
 */
static bool
unpack_rest(const uint8_t *p, int n, int w, uint64_t base, uint64_t *v)
{
	uint8_t		copy[BTR_PACK_BLOCK * 8 + 8];
	size_t		bits = (size_t) n * (size_t) w;
	size_t		size = (bits + 7) / 8;
	uint64_t	mask = low_bits(w);
	size_t		at = 0;

	for (int i = n; i % BTR_UNPACK_STEP != 0; i++)
		v[i] = 0;
	memcpy(copy, p, size);
	memset(copy + size, 0, 9);
	if (w <= 57)
		for (int i = 0; i < n; i++, at += (size_t) w)
			v[i] = (BtrLoad64(copy + at / 8) >> (at % 8) & mask) + base;
	else
		for (int i = 0; i < n; i++, at += (size_t) w)
			v[i] = bits_at(copy, at, w) + base;
	return bits % 8 == 0 || copy[size - 1] >> (bits % 8) == 0;
}

/*
 * Packs n values; see bits.h.
 */
uint8_t *
BtrPack(uint8_t *p, const uint64_t *v, int n, int w)
{
	if (w == 0)
		return p;
	for (; n >= BTR_PACK_BLOCK; n -= BTR_PACK_BLOCK, v += BTR_PACK_BLOCK)
	{
		if (w <= 32)
			pack_block32(p, v, (uint32_t) w);
		else
			pack_block64(p, v, (uint64_t) w);
		p += 16 * w;
	}
	return pack_rest(p, v, n, w);
}

/*
 * Unpacks a block or a rest; see bits.h.
 */
bool
BtrUnpack(const uint8_t *p, int n, int w, uint64_t base, uint64_t *v)
{
	if (n < BTR_PACK_BLOCK)
		return unpack_rest(p, n, w, base, v);
	BtrUnpackBlock(p, v, w, base);
	return true;
}

/*
 * Unpacks one value; see bits.h.
 */
uint64_t
BtrUnpackOne(const uint8_t *p, int n, int w, int i)
{
	int			whole = n - n % BTR_PACK_BLOCK;
	uint32_t	lanes = w <= 32 ? 4 : 2;
	uint32_t	size = 16 / lanes;
	uint32_t	lane;
	uint32_t	at;
	uint64_t	v = 0;

	if (w == 0)
		return 0;
	if (i >= whole)
	{
		uint8_t		copy[16] = {0};
		size_t		bit = (size_t) (i - whole) * (size_t) w;
		size_t		end = (bit + (size_t) w + 7) / 8;

		p += (size_t) whole / 8 * (size_t) w;
		memcpy(copy, p + bit / 8, end - bit / 8);
		return bits_at(copy, bit % 8, w);
	}

	p += (size_t) (i / BTR_PACK_BLOCK) * 16 * (size_t) w;
	i %= BTR_PACK_BLOCK;
	lane = (uint32_t) i % lanes;
	if (lane == 1 || lane == 2)
		lane = lanes == 4 ? 3 - lane : lane;
	at = (uint32_t) i / lanes * (uint32_t) w;
	p += at / (size * 8) * 16 + lane * size;
	at %= size * 8;
	memcpy(&v, p, size);
	v >>= at;
	if (at + (uint32_t) w > size * 8)
	{
		uint64_t	next = 0;

		memcpy(&next, p + 16, size);
		v |= next << (size * 8 - at);
	}
	return v & low_bits(w);
}
