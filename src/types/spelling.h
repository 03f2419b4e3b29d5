/*
 * spelling.h
 *		Times and widths as SQL spells them: bigint, timestamptz and interval, text.
 *
 * Everything inside is nanoseconds since 1970-01-01 UTC.
 */
#ifndef BTR_SPELLING_H
#define BTR_SPELLING_H

#include "datatype/timestamp.h"

/* Is this a type of times: bigint, timestamptz or text? */
extern bool BtrIsTimeType(Oid type);

/* Is this a type of widths: bigint, interval or text? */
extern bool BtrIsWidthType(Oid type);

/*
 * The type in which the time of a result is given to who spells the times of arguments
 * in a type.
 */
extern Oid BtrResultTimeType(Oid type);

/*
 * Reads a time of one of these types, infinity being the end of time.  Raises 22008 for what is far
 * out of range; whether it may be a point's or a range's time is left to BtrCheckTime() and others.
 */
extern int64 BtrReadTime(Datum value, Oid type);

/* Reads the time of a point, likewise; there is none at infinity. */
extern int64 BtrReadPointTime(Datum value, Oid type);

/* Reads the start and end of a range; raises 22008 unless both are, and 22023 if they are in the wrong order. */
extern void BtrReadRange(Datum start_value, Datum end_value, Oid type, int64 *start, int64 *end);

/*
 * Reads a width in nanoseconds, also one of none or less.  Raises 22023 for one that no bigint can
 * hold, that is no whole number of nanoseconds or whose length is not fixed.
 */
extern int64 BtrReadWidth(Datum value, Oid type);

/* Reads the greatest distance allowed, as a width or text 'infinity', which is PG_INT64_MAX. */
extern int64 BtrReadTolerance(Datum value, Oid type);

/* The microsecond that a time is in. */
extern TimestampTz BtrTimestampOf(int64 time);

/*
 * The first time that is in a microsecond or later.  If there is none in it, as it is infinite or out
 * of range, the end of time that is nearer.
 */
extern int64 BtrTimeFromTimestamp(TimestampTz timestamp);

/* Likewise of what comes after the microsecond. */
extern int64 BtrTimeAfterTimestamp(TimestampTz timestamp);

/* A time as a value of the type of a result. */
extern Datum BtrTimeDatum(int64 time, Oid result_type);

#endif							/* BTR_SPELLING_H */
