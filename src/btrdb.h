/*
 * btrdb.h
 *		Limits and numbers that every layer shares.
 *
 * Time is nanoseconds since 1970-01-01 UTC in a signed 64-bit integer.  A
 * point's time t satisfies BTR_TIME_MIN <= t < BTR_TIME_MAX; the end of a
 * half-open range may equal BTR_TIME_MAX.
 */
#ifndef BTRDB_H
#define BTRDB_H

#include <stdint.h>

#define BTR_TIME_MIN	(-(INT64_C(1) << 62))
#define BTR_TIME_MAX	(INT64_C(1) << 62)

/* The version that a stream reports before its first commit. */
#define BTR_VERSION_EMPTY	INT64_C(10)

/* "The latest version, and what is buffered." */
#define BTR_VERSION_LATEST	INT64_C(0)

#endif							/* BTRDB_H */
