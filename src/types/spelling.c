/*
 * spelling.c
 *		Times and widths as SQL spells them: bigint, timestamptz and interval, text.
 *
 * PostgreSQL takes untyped literals and parameters for text, where a function has a form
 * that takes it.  So text is read as whatever a program may write there: a whole number
 * of nanoseconds or what PostgreSQL reads itself, a timestamp or an interval.  Those have microseconds;
 * digits beyond them are read here.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type_d.h"
#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "pg_compat.h"
#include "types/check.h"
#include "types/spelling.h"

#define NS_PER_USEC			INT64CONST(1000)

/* From 1970-01-01, where times count from, to 2000-01-01, where timestamps do. */
#define EPOCH_USECS \
	((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

/* The timestamps that times are in. */
#define MIN_TIMESTAMP_OF_TIME	((BTR_TIME_MIN - (NS_PER_USEC - 1)) / NS_PER_USEC - EPOCH_USECS)
#define MAX_TIMESTAMP_OF_TIME	(BTR_TIME_MAX / NS_PER_USEC - EPOCH_USECS)

/* Digits of a second that PostgreSQL keeps, and that are kept here. */
#define USEC_DIGITS			6
#define NS_DIGITS			9

/*
 * Says whether times may be spelt in a type.
 */
bool
BtrIsTimeType(Oid type)
{
	return type == INT8OID || type == TIMESTAMPTZOID || type == TEXTOID;
}

/*
 * Says whether widths may be spelt in a type.
 */
bool
BtrIsWidthType(Oid type)
{
	return type == INT8OID || type == INTERVALOID || type == TEXTOID;
}

/*
 * Returns the type that answers questions whose times are spelt in a type: nanoseconds
 * those in nanoseconds, timestamps all others.
 */
Oid
BtrResultTimeType(Oid type)
{
	return type == INT8OID ? INT8OID : TIMESTAMPTZOID;
}

/* ---- timestamps ---- */

/*
 * Returns the time of a timestamp, infinity being the end of time; raises 22008 if it is out of
 * range.
 *
 * The first microsecond begins before the first time.  It is what the first time is
 * shown as, so it stands for that.
 */
static int64
time_of_timestamp(TimestampTz timestamp)
{
	if (TIMESTAMP_IS_NOBEGIN(timestamp))
		return BTR_TIME_MIN;
	if (TIMESTAMP_IS_NOEND(timestamp))
		return BTR_TIME_MAX;
	if (timestamp < MIN_TIMESTAMP_OF_TIME || timestamp > MAX_TIMESTAMP_OF_TIME)
		BtrTimeOutOfRange(timestamptz_to_str(timestamp));
	return Max((timestamp + EPOCH_USECS) * NS_PER_USEC, BTR_TIME_MIN);
}

/*
 * Returns the microsecond that a time is in: its start.
 */
TimestampTz
BtrTimestampOf(int64 time)
{
	int64		usecs = time / NS_PER_USEC;

	if (usecs * NS_PER_USEC > time)
		usecs--;
	return usecs - EPOCH_USECS;
}

/*
 * Returns the first time in a microsecond or later, within the ends of time.
 */
int64
BtrTimeFromTimestamp(TimestampTz timestamp)
{
	if (timestamp < MIN_TIMESTAMP_OF_TIME)
		return BTR_TIME_MIN;
	if (timestamp > MAX_TIMESTAMP_OF_TIME)
		return BTR_TIME_MAX;
	return Min(Max((timestamp + EPOCH_USECS) * NS_PER_USEC, BTR_TIME_MIN), BTR_TIME_MAX);
}

/*
 * Returns the first time after a microsecond, within the ends of time.
 */
int64
BtrTimeAfterTimestamp(TimestampTz timestamp)
{
	return timestamp > MAX_TIMESTAMP_OF_TIME ? BTR_TIME_MAX : BtrTimeFromTimestamp(timestamp + 1);
}

/*
 * Returns a time as a value of the type of a result, bigint or timestamptz.
 */
Datum
BtrTimeDatum(int64 time, Oid result_type)
{
	return result_type == INT8OID ? Int64GetDatum(time) : TimestampTzGetDatum(BtrTimestampOf(time));
}

/* ---- text ---- */

/*
 * Returns the text without blanks around it.
 */
static char *
trimmed(const text *value)
{
	const char *start = VARDATA_ANY(value);
	int			length = VARSIZE_ANY_EXHDR(value);

	while (length > 0 && isspace((unsigned char) *start))
	{
		start++;
		length--;
	}
	while (length > 0 && isspace((unsigned char) start[length - 1]))
		length--;
	return pnstrdup(start, length);
}

/*
 * Says whether a string is a whole number: digits, maybe after a sign.
 */
static bool
is_whole_number(const char *string)
{
	if (*string == '+' || *string == '-')
		string++;
	return *string != '\0' && string[strspn(string, "0123456789")] == '\0';
}

/*
 * Puts the number that a whole number's string stands for into *result; false if a bigint cannot
 * hold it.
 */
static bool
read_whole_number(const char *string, int64 *result)
{
	errno = 0;
	*result = strtoi64(string, NULL, 10);
	return errno != ERANGE;
}

/*
 * Reads a string as PostgreSQL reads a timestamp.
 */
static TimestampTz
read_timestamp(const char *string)
{
	return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(string),
												   ObjectIdGetDatum(InvalidOid),
												   Int32GetDatum(-1)));
}

/*
 * Finds more digits after a point than PostgreSQL keeps; NULL if there are none.
 */
static char *
find_long_fraction(char *string, int *ndigits)
{
	for (char *point = strchr(string, '.'); point != NULL; point = strchr(point + 1, '.'))
	{
		*ndigits = strspn(point + 1, "0123456789");
		if (*ndigits > USEC_DIGITS)
			return point + 1;
	}
	return NULL;
}

/*
 * Reads a timestamp with seven to nine digits of a second at fraction, in string.
 *
 * PostgreSQL reads it with six digits instead.  If these are of a second, 000001 makes
 * a difference of a microsecond; if not (a Julian date has days with a fraction), an error
 * is raised rather than the rest of the digits dropped.
 */
static int64
read_nanoseconds(char *string, char *fraction, int ndigits)
{
	char	   *copy = psprintf("%.*s000000%s", (int) (fraction - string), string,
								fraction + ndigits);
	TimestampTz start;
	TimestampTz next;
	int64		nanoseconds = 0;

	/* if it is no timestamp at all, the error is to show it as it is */
	(void) read_timestamp(string);

	for (int i = 0; i < NS_DIGITS; i++)
		nanoseconds = nanoseconds * 10 + (i < ndigits ? fraction[i] - '0' : 0);
	start = read_timestamp(copy);
	copy[fraction - string + USEC_DIGITS - 1] = '1';
	next = read_timestamp(copy);
	if (ndigits > NS_DIGITS || TIMESTAMP_NOT_FINITE(start) || next - start != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_DATETIME_FORMAT),
				 errmsg("too many digits after the point in time \"%s\"", string),
				 errhint("Times are read to the nanosecond: nine digits of a second.")));
	pfree(copy);
	if (start < MIN_TIMESTAMP_OF_TIME - USECS_PER_SEC || start > MAX_TIMESTAMP_OF_TIME)
		BtrTimeOutOfRange(string);
	return (start + EPOCH_USECS) * NS_PER_USEC + nanoseconds;
}

/*
 * Reads a time: a whole number of nanoseconds, or a timestamp with up to nine digits of a
 * second.  *infinite says whether it is one of the infinite ones.
 */
static int64
read_time_text(const text *value, bool *infinite)
{
	char	   *string = trimmed(value);
	char	   *fraction;
	int			ndigits;
	int64		time;
	TimestampTz timestamp;

	*infinite = false;
	if (is_whole_number(string))
	{
		if (!read_whole_number(string, &time))
			BtrTimeOutOfRange(string);
	}
	else if ((fraction = find_long_fraction(string, &ndigits)) != NULL)
		time = read_nanoseconds(string, fraction, ndigits);
	else
	{
		timestamp = read_timestamp(string);
		*infinite = TIMESTAMP_NOT_FINITE(timestamp);
		time = time_of_timestamp(timestamp);
	}
	pfree(string);
	return time;
}

/* ---- times of all types ---- */

/*
 * Reads a time; *infinite says whether it was infinite.
 */
static int64
read_time(Datum value, Oid type, bool *infinite)
{
	*infinite = false;
	switch (type)
	{
		case INT8OID:
			return DatumGetInt64(value);
		case TIMESTAMPTZOID:
			*infinite = TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(value));
			return time_of_timestamp(DatumGetTimestampTz(value));
		case TEXTOID:
			return read_time_text(DatumGetTextPP(value), infinite);
		default:
			elog(ERROR, "unexpected type %u of a time", type);
	}
}

/*
 * Reads a time.
 */
int64
BtrReadTime(Datum value, Oid type)
{
	bool		infinite;

	return read_time(value, type, &infinite);
}

/*
 * Reads the time of a point, which is not infinite (22008).
 */
int64
BtrReadPointTime(Datum value, Oid type)
{
	bool		infinite;
	int64		time = read_time(value, type, &infinite);

	if (infinite)
		BtrTimeOutOfRange(time == BTR_TIME_MIN ? "-infinity" : "infinity");
	return time;
}

/*
 * Returns a time as it was given, for errors.
 */
static char *
time_string(Datum value, Oid type)
{
	switch (type)
	{
		case INT8OID:
			return psprintf("%lld", (long long) DatumGetInt64(value));
		case TIMESTAMPTZOID:
			return pstrdup(timestamptz_to_str(DatumGetTimestampTz(value)));
		default:
			return trimmed(DatumGetTextPP(value));
	}
}

/*
 * Reads the start and end of a range, and checks them.
 */
void
BtrReadRange(Datum start_value, Datum end_value, Oid type, int64 *start, int64 *end)
{
	*start = BtrReadTime(start_value, type);
	*end = BtrReadTime(end_value, type);
	BtrCheckRangeTime(*start);
	BtrCheckRangeTime(*end);
	if (*start > *end)
		BtrRangeIsReversed(time_string(start_value, type), time_string(end_value, type));
}

/* ---- widths ---- */

#define NO_LIMIT	"infinity"

/* A unit that is always as long. */
typedef struct Unit
{
	const char *name;
	const char *names;			/* with a number that is not 1, or NULL */
	int64		nanoseconds;
} Unit;

static const Unit units[] = {
	{"ns", NULL, 1},
	{"nsec", "nsecs", 1},
	{"nanosecond", "nanoseconds", 1},
	{"us", NULL, NS_PER_USEC},
	{"\xC2\xB5s", NULL, NS_PER_USEC},	/* micro sign */
	{"\xCE\xBCs", NULL, NS_PER_USEC},	/* Greek mu */
	{"usec", "usecs", NS_PER_USEC},
	{"microsecond", "microseconds", NS_PER_USEC},
	{"ms", NULL, INT64CONST(1000) * NS_PER_USEC},
	{"msec", "msecs", INT64CONST(1000) * NS_PER_USEC},
	{"millisecond", "milliseconds", INT64CONST(1000) * NS_PER_USEC},
	{"s", NULL, USECS_PER_SEC * NS_PER_USEC},
	{"sec", "secs", USECS_PER_SEC * NS_PER_USEC},
	{"second", "seconds", USECS_PER_SEC * NS_PER_USEC},
	{"m", NULL, USECS_PER_MINUTE * NS_PER_USEC},
	{"min", "mins", USECS_PER_MINUTE * NS_PER_USEC},
	{"minute", "minutes", USECS_PER_MINUTE * NS_PER_USEC},
	{"h", NULL, USECS_PER_HOUR * NS_PER_USEC},
	{"hr", "hrs", USECS_PER_HOUR * NS_PER_USEC},
	{"hour", "hours", USECS_PER_HOUR * NS_PER_USEC},
	{"d", NULL, USECS_PER_DAY * NS_PER_USEC},
	{"day", "days", USECS_PER_DAY * NS_PER_USEC},
	{"w", NULL, 7 * USECS_PER_DAY * NS_PER_USEC},
	{"week", "weeks", 7 * USECS_PER_DAY * NS_PER_USEC},
};

/* Most digits of a fraction: no unit has a nanosecond that takes more. */
#define MAX_FRACTION_DIGITS	18

/*
 * Raises 22023 for a width that no bigint can hold.
 */
pg_noreturn static void
width_out_of_range(const char *string)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("width \"%s\" is out of range", string),
			 errdetail("Widths are at most %lld nanoseconds.", (long long) PG_INT64_MAX)));
}

/*
 * Returns the greatest common divisor of two positive numbers.
 */
static int64
common_divisor(int64 a, int64 b)
{
	while (b != 0)
	{
		int64		rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/*
 * Returns the nanoseconds of a fraction of a unit, the digits after the point; false if
 * they are not whole.
 */
static bool
fraction_of_unit(const char *digits, int ndigits, int64 unit, int64 *result)
{
	int64		numerator = 0;
	int64		denominator = 1;
	int64		divisor;

	while (ndigits > 0 && digits[ndigits - 1] == '0')
		ndigits--;
	if (ndigits > MAX_FRACTION_DIGITS)
		return false;
	for (int i = 0; i < ndigits; i++)
	{
		numerator = numerator * 10 + (digits[i] - '0');
		denominator *= 10;
	}
	divisor = common_divisor(denominator, unit);
	denominator /= divisor;
	*result = numerator / denominator * (unit / divisor);
	return numerator % denominator == 0;
}

/*
 * Finds a unit by its name; NULL if there is none.
 */
static const Unit *
find_unit(const char *name)
{
	for (int i = 0; i < lengthof(units); i++)
	{
		if (pg_strcasecmp(name, units[i].name) == 0 ||
			(units[i].names != NULL && pg_strcasecmp(name, units[i].names) == 0))
			return &units[i];
	}
	return NULL;
}

/*
 * Reads a decimal number of one unit, exactly; false if that is not what the string is.
 */
static bool
read_units(const char *string, int64 *result)
{
	bool		negative = *string == '-';
	const char *whole = string + (*string == '-' || *string == '+');
	int			nwhole = strspn(whole, "0123456789");
	const char *fraction = whole + nwhole;
	int			nfraction = 0;
	const char *name;
	const Unit *unit;
	int64		rest;

	if (*fraction == '.')
		nfraction = strspn(++fraction, "0123456789");
	name = fraction + nfraction;
	while (isspace((unsigned char) *name))
		name++;
	unit = find_unit(name);
	if (unit == NULL || nwhole + nfraction == 0)
		return false;

	if (!read_whole_number(nwhole > 0 ? pnstrdup(whole, nwhole) : "0", result) ||
		pg_mul_s64_overflow(*result, unit->nanoseconds, result))
		width_out_of_range(string);
	if (!fraction_of_unit(fraction, nfraction, unit->nanoseconds, &rest))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("width \"%s\" is not a whole number of nanoseconds", string)));
	if (pg_add_s64_overflow(*result, rest, result))
		width_out_of_range(string);
	if (negative)
		*result = -*result;
	return true;
}

/*
 * Returns an interval's text, for errors.
 */
static char *
interval_string(const Interval *interval)
{
	return DatumGetCString(DirectFunctionCall1(interval_out, IntervalPGetDatum(interval)));
}

/*
 * Returns the length of an interval, its days having 24 hours.
 */
static int64
width_of_interval(const Interval *interval)
{
	int64		width;

	if (interval->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("width \"%s\" has months or years, whose lengths differ",
						interval_string(interval)),
				 errhint("Give days, of 24 hours each; or make one call for each month.")));
	if (pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &width) ||
		pg_add_s64_overflow(width, interval->time, &width) ||
		pg_mul_s64_overflow(width, NS_PER_USEC, &width))
		width_out_of_range(interval_string(interval));
	return width;
}

/*
 * Reads a width: a whole number of nanoseconds, a number of one unit, or an interval, which
 * PostgreSQL reads to the microsecond.
 */
static int64
read_width_text(const text *value)
{
	char	   *string = trimmed(value);
	int64		width;

	if (is_whole_number(string))
	{
		if (!read_whole_number(string, &width))
			width_out_of_range(string);
		return width;
	}
	if (read_units(string, &width))
		return width;
	return width_of_interval(DatumGetIntervalP(DirectFunctionCall3(interval_in,
																   CStringGetDatum(string),
																   ObjectIdGetDatum(InvalidOid),
																   Int32GetDatum(-1))));
}

/*
 * Reads a width.
 */
int64
BtrReadWidth(Datum value, Oid type)
{
	switch (type)
	{
		case INT8OID:
			return DatumGetInt64(value);
		case INTERVALOID:
			return width_of_interval(DatumGetIntervalP(value));
		case TEXTOID:
			return read_width_text(DatumGetTextPP(value));
		default:
			elog(ERROR, "unexpected type %u of a width", type);
	}
}

/*
 * Reads a width that text 'infinity' makes unlimited.
 */
int64
BtrReadTolerance(Datum value, Oid type)
{
	if (type == TEXTOID && pg_strcasecmp(trimmed(DatumGetTextPP(value)), NO_LIMIT) == 0)
		return PG_INT64_MAX;
	return BtrReadWidth(value, type);
}
