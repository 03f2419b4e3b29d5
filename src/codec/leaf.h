/*
 * leaf.h
 *		The compressed form of up to BTR_LEAF_MAX_POINTS points.
 *
 * Plain C without PostgreSQL headers.  The encoder is deterministic and
 * lossless to the bit.  The decoders trust nothing: whatever the bytes, they
 * never read outside [src, src + len) nor write more than they promise, and
 * they return false for bytes that the encoder cannot have written.
 *
 * A block holds points sorted by time; points of equal time keep their order.
 */
#ifndef BTR_LEAF_H
#define BTR_LEAF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BTR_LEAF_MAX_POINTS		4096

/* The format version that is written, and the only one that is read. */
#define BTR_LEAF_FORMAT			1

/* An upper bound of the size of an encoded block of n points. */
#define BTR_LEAF_BOUND(n)		(64 + (size_t) (n) * 16)

/*
 * Encodes n points (1 <= n <= BTR_LEAF_MAX_POINTS) at dst.  Returns the number of
 * bytes used, or 0 if they are more than cap.
 */
extern size_t BtrLeafEncode(const int64_t *time, const double *value, int n,
							uint8_t *dst, size_t cap);

/*
 * Reads the format version of a block, which all versions have in the same place.  Returns
 * -1 if the block has no bytes.
 */
extern int	BtrLeafFormat(const uint8_t *src, size_t len);

/*
 * Reads the number of points of a block.  Returns -1 if the block's header is
 * damaged, or of another version.
 */
extern int	BtrLeafCount(const uint8_t *src, size_t len);

/*
 * Decodes a block of n points, n being what BtrLeafCount() said.  time and
 * value have room for n elements; either may be NULL when it is not wanted.
 * Returns false if the bytes are damaged: also when times are not ascending.
 * Of a column that is not wanted only the length is checked.
 */
extern bool BtrLeafDecode(const uint8_t *src, size_t len, int n,
						  int64_t *time, double *value);

/*
 * Decodes the values of points from .. to - 1 (0 <= from < to <= n) of a block of n.  Returns
 * false if the bytes are damaged.  Checks only what it looks at.  If divisor is not
 * NULL, it is set, and the values are those divided by *divisor: whoever sums them up
 * divides once, with the same result for the smallest and the largest.
 */
extern bool BtrLeafDecodeValues(const uint8_t *src, size_t len, int n, int from, int to,
								double *value, double *divisor);

/* Decodes point i (0 <= i < n) of a block of n, likewise. */
extern bool BtrLeafDecodePoint(const uint8_t *src, size_t len, int n, int i,
							   int64_t *time, double *value);

/*
 * Says whether a block gives back these n points to the bit.  Whoever stores a block asks
 * first: the points are still there then.  Needs 64 kB of stack.
 */
extern bool BtrLeafVerify(const int64_t *time, const double *value, int n,
						  const uint8_t *src, size_t len);

/*
 * Returns the number of points with time < t in a block of n points, or -1 if
 * the bytes are damaged.  Looks only at the part of the times that the search
 * needs, and only that part is checked.
 */
extern int	BtrLeafLowerBound(const uint8_t *src, size_t len, int n, int64_t t);

#endif							/* BTR_LEAF_H */
