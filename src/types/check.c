/*
 * check.c
 *		What a time, a value and a summary must be like, and the errors if not.
 */
#include "postgres.h"

#include <float.h>

#include "utils/builtins.h"
#include "utils/float.h"

#include "pg_compat.h"
#include "types/check.h"

#define TIMES_DETAIL \
	"Times run from %lld to %lld nanoseconds since 1970-01-01 (1823-11-12 to 2116-02-20)."

/*
 * Raises 22008 for a time that no bigint can hold, or that is not spelt as one.
 */
void
BtrTimeOutOfRange(const char *time)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("time \"%s\" is out of range", time),
			 errdetail(TIMES_DETAIL, (long long) BTR_TIME_MIN, (long long) BTR_TIME_MAX)));
}

/*
 * Says whether time is the time of a point: raises 22008, softly if escontext
 * asks for it, when not.
 */
bool
BtrCheckTimeSafe(int64 time, struct Node *escontext)
{
	if (!BtrTimeIsValid(time))
		ereturn(escontext, false,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("time %lld is out of range", (long long) time),
				 errdetail(TIMES_DETAIL, (long long) BTR_TIME_MIN,
						   (long long) BTR_TIME_MAX - 1)));
	return true;
}

/*
 * Says whether time may be the start or end of a range: raises 22008, softly if
 * escontext asks for it, when not.
 */
bool
BtrCheckRangeTimeSafe(int64 time, struct Node *escontext)
{
	if (!BtrRangeTimeIsValid(time))
		ereturn(escontext, false,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("time %lld is out of range", (long long) time),
				 errdetail(TIMES_DETAIL, (long long) BTR_TIME_MIN,
						   (long long) BTR_TIME_MAX)));
	return true;
}

/*
 * Says whether value may be the value of a point: raises 22023, softly if
 * escontext asks for it, when not.
 */
bool
BtrCheckValueSafe(double value, struct Node *escontext)
{
	if (!BtrValueIsValid(value))
		ereturn(escontext, false,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("value %s cannot be stored", float8out_internal(value)),
				 errhint("Only finite numbers can be stored; leave out points that have no value.")));
	return true;
}

/*
 * Says whether the fields of *stat go together: raises 22023, softly if
 * escontext asks for it, when not.  Moves a mean that is outside [min, max] by
 * no more than rounding into it.
 */
bool
BtrCheckStatSafe(BtrStat *stat, struct Node *escontext)
{
	double		slack;

	if (stat->count < 0)
		ereturn(escontext, false,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("count %lld of a statpoint is negative",
						(long long) stat->count)));

	if (stat->count == 0)
	{
		if (stat->min != 0 || stat->max != 0 || stat->mean != 0 || stat->m2 != 0)
			ereturn(escontext, false,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("statpoint with count 0 has statistics")));
		/* one representation of nothing: without negative zeros */
		memset(stat, 0, sizeof(*stat));
		return true;
	}

	if (!BtrCheckValueSafe(stat->min, escontext) ||
		!BtrCheckValueSafe(stat->mean, escontext) ||
		!BtrCheckValueSafe(stat->max, escontext))
		return false;

	slack = 4 * DBL_EPSILON * Max(fabs(stat->min), fabs(stat->max));
	if (stat->min > stat->max ||
		stat->mean < stat->min - slack ||
		stat->mean > stat->max + slack ||
		(stat->count == 1 && stat->min != stat->max))
		ereturn(escontext, false,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("minimum %s, mean %s and maximum %s do not go together",
						float8out_internal(stat->min),
						float8out_internal(stat->mean),
						float8out_internal(stat->max)),
				 errdetail("A statpoint has minimum <= mean <= maximum; all are equal if its count is 1.")));
	if (stat->mean < stat->min)
		stat->mean = stat->min;
	if (stat->mean > stat->max)
		stat->mean = stat->max;

	/* Infinity is no error: it is what a sum of large squares comes to. */
	if (isnan(stat->m2) || stat->m2 < 0 || (stat->count == 1 && stat->m2 != 0))
		ereturn(escontext, false,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sum of squared differences %s of a statpoint is out of range",
						float8out_internal(stat->m2)),
				 errdetail("It is at least 0, and 0 if the count is 1.")));
	return true;
}

/*
 * Raises 22023 for a range whose start is after its end.
 */
void
BtrRangeIsReversed(const char *start, const char *end)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("start time %s is after end time %s", start, end),
			 errhint("A range contains its start and not its end.")));
}

/*
 * Raises 22023 unless min <= value <= max.  name is the argument's name.
 */
void
BtrCheckLimit(const char *name, int64 value, int64 min, int64 max)
{
	if (value < min || value > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s %lld is out of range", name, (long long) value),
				 errdetail("Argument %s must be from %lld to %lld.",
						   name, (long long) min, (long long) max)));
}

/*
 * Returns the place of a name in a list; raises 22023 if it is not there.
 */
int
BtrReadChoice(const text *name, const char *what, const char *hint, const char *const *names,
			  int n)
{
	char	   *string = text_to_cstring(name);

	for (int i = 0; i < n; i++)
	{
		if (strcmp(string, names[i]) == 0)
		{
			pfree(string);
			return i;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized %s \"%s\"", what, string),
			 errhint("%s", hint)));
}
