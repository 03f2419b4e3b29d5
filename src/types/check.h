/*
 * check.h
 *		What a time, a value and a summary must be like, and the errors if not.
 *
 * The BtrCheck functions raise an error.  The Safe forms are for input
 * functions: they return false when escontext asks for a soft error.
 */
#ifndef BTR_CHECK_H
#define BTR_CHECK_H

#include <math.h>

#include "btrdb.h"
#include "pg_compat.h"
#include "types/point.h"

struct Node;

/* Is this the time of a point? */
static inline bool
BtrTimeIsValid(int64 time)
{
	return time >= BTR_TIME_MIN && time < BTR_TIME_MAX;
}

/* Is this a start or an end of a range? */
static inline bool
BtrRangeTimeIsValid(int64 time)
{
	return time >= BTR_TIME_MIN && time <= BTR_TIME_MAX;
}

/* Is this the value of a point? */
static inline bool
BtrValueIsValid(double value)
{
	return isfinite(value);
}

/* The time of a point; else 22008. */
extern bool BtrCheckTimeSafe(int64 time, struct Node *escontext);

/* The start or end of a range; else 22008. */
extern bool BtrCheckRangeTimeSafe(int64 time, struct Node *escontext);

/* The value of a point; else 22023. */
extern bool BtrCheckValueSafe(double value, struct Node *escontext);

/*
 * A summary of which no field contradicts another; else 22023.  A mean that
 * rounding has put outside [min, max] is moved into it.
 */
extern bool BtrCheckStatSafe(BtrStat *stat, struct Node *escontext);

/* Raises 22008 unless time is the time of a point. */
static inline void
BtrCheckTime(int64 time)
{
	if (!BtrTimeIsValid(time))
		(void) BtrCheckTimeSafe(time, NULL);
}

/* Raises 22008 unless time may be the start or end of a range. */
static inline void
BtrCheckRangeTime(int64 time)
{
	if (!BtrRangeTimeIsValid(time))
		(void) BtrCheckRangeTimeSafe(time, NULL);
}

/* Raises 22008 for a time that is not spelt as a bigint. */
pg_noreturn extern void BtrTimeOutOfRange(const char *time);

/* Raises 22023 for a range whose start is after its end. */
pg_noreturn extern void BtrRangeIsReversed(const char *start, const char *end);

/* Raises 22023 unless min <= value <= max; name is the argument's. */
extern void BtrCheckLimit(const char *name, int64 value, int64 min, int64 max);

/*
 * The place of a name in a list of n; raises 22023 if it is not there, naming what it should be
 * (such as "direction") and, as a hint, what there is.
 */
extern int	BtrReadChoice(const text *name, const char *what, const char *hint,
						  const char *const *names, int n);

/* Raises 22023 unless value may be the value of a point. */
static inline void
BtrCheckValue(double value)
{
	if (!BtrValueIsValid(value))
		(void) BtrCheckValueSafe(value, NULL);
}

#endif							/* BTR_CHECK_H */
