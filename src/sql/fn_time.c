/*
 * fn_time.c
 *		btrdb_time(), btrdb_timestamp(): between nanoseconds and other spellings.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "sql/args.h"
#include "types/spelling.h"

PG_FUNCTION_INFO_V1(btrdb_time);
PG_FUNCTION_INFO_V1(btrdb_timestamp);

/*
 * btrdb_time(timestamptz) and btrdb_time(text) return bigint: the time in nanoseconds.
 */
Datum
btrdb_time(PG_FUNCTION_ARGS)
{
	int64		time = BtrReadTime(PG_GETARG_DATUM(0), BtrArgTypes(fcinfo)[0]);

	BtrCheckRangeTime(time);
	PG_RETURN_INT64(time);
}

/*
 * btrdb_timestamp(bigint) returns timestamptz: the microsecond that a time is in.
 */
Datum
btrdb_timestamp(PG_FUNCTION_ARGS)
{
	int64		time = PG_GETARG_INT64(0);

	BtrCheckRangeTime(time);
	PG_RETURN_TIMESTAMPTZ(BtrTimestampOf(time));
}
