/*
 * kernels.c
 *		The loops of decoding, for any machine and for those with AVX2.
 *
 * The vectors are explicit, so that the compiler need not find them: plain loops are not
 * vectorised by gcc 12 at -O2.
 */
#include "codec/kernels.h"

#define ALWAYS_INLINE	inline __attribute__((always_inline))

#if defined(__clang__)
#define UNROLL		_Pragma("clang loop unroll(full)")
#else
#define UNROLL		_Pragma("GCC unroll 64")
#endif

/* Most loops take so many values at once. */
#define STEP		BTR_UNPACK_STEP

#define LANES32(x)	((BtrVec32) {(x), (x), (x), (x)})
#define LANES64(x)	((BtrVec64) {(x), (x)})

/*
 * Unpacks a whole block with 1..32 bits per value.  Inlined once per width, so
 * that all shifts are constants and the loop dissolves.
 */
static ALWAYS_INLINE void
unpack_block32(const uint8_t *p, uint64_t *v, const uint32_t w, BtrVec64 base)
{
	const BtrVec32 mask = LANES32((uint32_t) (~UINT64_C(0) >> (64 - w)));

	UNROLL
	for (uint32_t row = 0; row < 32; row++)
	{
		uint32_t	at = row * w;
		uint32_t	shift = at % 32;
		BtrVec32	x;
		BtrVec32	next;

		memcpy(&x, p + at / 32 * 16, sizeof(x));
		x >>= shift;
		if (shift + w > 32)
		{
			memcpy(&next, p + (at / 32 + 1) * 16, sizeof(next));
			x |= next << (32 - shift);
		}
		if (shift + w != 32)
			x &= mask;
		BtrStoreVec64(v + 4 * row, ((BtrVec64) x & LANES64(UINT64_C(0xffffffff))) + base);
		BtrStoreVec64(v + 4 * row + 2, ((BtrVec64) x >> 32) + base);
	}
}

/*
 * Unpacks a whole block with 33..64 bits per value, likewise.
 */
static ALWAYS_INLINE void
unpack_block64(const uint8_t *p, uint64_t *v, const uint64_t w, BtrVec64 base)
{
	const BtrVec64 mask = LANES64(~UINT64_C(0) >> (64 - w));

	UNROLL
	for (uint64_t row = 0; row < 64; row++)
	{
		uint64_t	at = row * w;
		uint64_t	shift = at % 64;
		BtrVec64	x = BtrLoadVec64(p + at / 64 * 16) >> shift;

		if (shift + w > 64)
			x |= BtrLoadVec64(p + (at / 64 + 1) * 16) << (64 - shift);
		if (shift + w != 64)
			x &= mask;
		BtrStoreVec64(v + 2 * row, x + base);
	}
}

/* Registers of 16 bytes. */
#define NAME(name)	name##_any
#define TARGET
#define LANES	2
#include "codec/kernels_impl.h"
#undef NAME
#undef TARGET
#undef LANES

/* Registers of 32 bytes, and instructions that do not overwrite an operand. */
#if defined(__x86_64__) && !defined(BTR_NO_AVX2)
#define NAME(name)	name##_avx2
#define TARGET	__attribute__((target("avx2")))
#define LANES	4
#include "codec/kernels_impl.h"
#undef NAME
#undef TARGET
#undef LANES

#define CHOOSE(name, arguments) \
	(__builtin_cpu_supports("avx2") ? name##_avx2 arguments : name##_any arguments)
#else
#define CHOOSE(name, arguments)	(name##_any arguments)
#endif

/*
 * Adds to each value those before it; see kernels.h.  Each sum waits for the one before, so there is
 * nothing for vectors to do.
 */
void
BtrAddUp(uint64_t *v, int n, uint64_t before)
{
	for (int i = 0; i < n; i += STEP)
	{
		UNROLL
		for (int j = 0; j < STEP; j++)
			v[i + j] = before += v[i + j];
	}
}

/*
 * What other files call; see kernels.h.
 */
void
BtrUnpackBlock(const uint8_t *p, uint64_t *v, int w, uint64_t base)
{
	CHOOSE(unpack_block, (p, v, w, base));
}

void
BtrAddLine(uint64_t *v, int n, uint64_t base, uint64_t units, uint64_t fraction,
		   int shift, int at)
{
	CHOOSE(add_line, (v, n, base, units, fraction, shift, at));
}

uint64_t
BtrSum(const uint64_t *v, int n)
{
	return CHOOSE(sum, (v, n));
}

bool
BtrToDoubles(const uint64_t *v, int n, double *value)
{
	return CHOOSE(to_doubles, (v, n, value));
}

bool
BtrDivide(const uint64_t *v, int n, double power, double *value)
{
	return CHOOSE(divide, (v, n, power, value));
}

bool
BtrFromOrdered(const uint64_t *v, int n, int shift, double *value)
{
	return CHOOSE(from_ordered, (v, n, shift, value));
}

void
BtrMultiply(int64_t *time, int n, uint64_t divisor, uint64_t first)
{
	CHOOSE(multiply, (time, n, divisor, first));
}

bool
BtrTimesAscend(const int64_t *time, int n)
{
	return CHOOSE(times_ascend, (time, n));
}
