/*
 * calendar.c
 *		Ticks of time, from years down to nanoseconds, in the session's time zone.
 *
 * Ticks of a second or more are where the clock on the wall shows a round time: midnights stay
 * midnights when clocks are changed.  Smaller ones are multiples of their distance, as no
 * zone is off by a part of a second.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "draw/draw.h"
#include "types/spelling.h"

#define NS_PER_USEC		INT64CONST(1000)
#define NS_PER_SEC		INT64CONST(1000000000)
#define NS_PER_MINUTE	(60 * NS_PER_SEC)
#define NS_PER_HOUR		(60 * NS_PER_MINUTE)
#define NS_PER_DAY		(24 * NS_PER_HOUR)
#define NS_PER_MONTH	(30 * NS_PER_DAY)	/* about */
#define NS_PER_YEAR		(365 * NS_PER_DAY)	/* likewise */

/* How labels are written, by what they begin with. */
typedef enum Form
{
	FORM_FRACTION,				/* 05.000001, and the minute in the caption */
	FORM_SECOND,				/* 10:00:05 or 10:00:05.25, and the day */
	FORM_MINUTE,				/* 10:00, or the day at midnight; and the day */
	FORM_DAY,					/* 05 Mar, and the year */
	FORM_MONTH,					/* Mar 2024 */
	FORM_YEAR					/* 2024 */
} Form;

/* A distance of ticks. */
typedef struct Step
{
	Form		form;
	int64		length;			/* nanoseconds; of months, about */
	int			months;			/* or 0 */
} Step;

static const Step steps[] = {
	{FORM_SECOND, NS_PER_SEC, 0},
	{FORM_SECOND, 2 * NS_PER_SEC, 0},
	{FORM_SECOND, 5 * NS_PER_SEC, 0},
	{FORM_SECOND, 10 * NS_PER_SEC, 0},
	{FORM_SECOND, 15 * NS_PER_SEC, 0},
	{FORM_SECOND, 30 * NS_PER_SEC, 0},
	{FORM_MINUTE, NS_PER_MINUTE, 0},
	{FORM_MINUTE, 2 * NS_PER_MINUTE, 0},
	{FORM_MINUTE, 5 * NS_PER_MINUTE, 0},
	{FORM_MINUTE, 10 * NS_PER_MINUTE, 0},
	{FORM_MINUTE, 15 * NS_PER_MINUTE, 0},
	{FORM_MINUTE, 30 * NS_PER_MINUTE, 0},
	{FORM_MINUTE, NS_PER_HOUR, 0},
	{FORM_MINUTE, 2 * NS_PER_HOUR, 0},
	{FORM_MINUTE, 3 * NS_PER_HOUR, 0},
	{FORM_MINUTE, 6 * NS_PER_HOUR, 0},
	{FORM_MINUTE, 12 * NS_PER_HOUR, 0},
	{FORM_DAY, NS_PER_DAY, 0},
	{FORM_DAY, 2 * NS_PER_DAY, 0},
	{FORM_DAY, 7 * NS_PER_DAY, 0},
	{FORM_DAY, 14 * NS_PER_DAY, 0},
	{FORM_MONTH, NS_PER_MONTH, 1},
	{FORM_MONTH, 3 * NS_PER_MONTH, 3},
	{FORM_MONTH, 6 * NS_PER_MONTH, 6},
	{FORM_YEAR, NS_PER_YEAR, 12},
	{FORM_YEAR, 2 * NS_PER_YEAR, 24},
	{FORM_YEAR, 5 * NS_PER_YEAR, 60},
	{FORM_YEAR, 10 * NS_PER_YEAR, 120},
	{FORM_YEAR, 20 * NS_PER_YEAR, 240},
	{FORM_YEAR, 50 * NS_PER_YEAR, 600},
	{FORM_YEAR, 100 * NS_PER_YEAR, 1200},
	{FORM_YEAR, 200 * NS_PER_YEAR, 2400},
};

/* Fractions of a second with more digits would make labels too long for the minute. */
#define LEAST_SECONDS	INT64CONST(1000000)

/* Weeks begin on Mondays, of which 2000-01-03 was one. */
#define FIRST_MONDAY	(2 * USECS_PER_DAY)

/* ---- clocks ---- */

/* A moment as the clock on the wall shows it. */
typedef struct Clock
{
	struct pg_tm tm;
	Timestamp	local;
	const char *zone;			/* abbreviation, or NULL */
	int			nanoseconds;	/* of the second */
} Clock;

/*
 * Raises 22008: no time of a stream should come here.
 */
pg_noreturn static void
no_clock(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("timestamp out of range")));
}

/*
 * Reads the clock at a time.
 */
static void
read_clock(int64 time, Clock *clock)
{
	TimestampTz timestamp = BtrTimestampOf(time);
	fsec_t		usecs;
	int			offset;

	if (timestamp2tm(timestamp, &offset, &clock->tm, &usecs, &clock->zone, session_timezone) != 0 ||
		tm2timestamp(&clock->tm, usecs, NULL, &clock->local) != 0)
		no_clock();
	clock->nanoseconds = (int) (usecs * NS_PER_USEC) +
		(int) (((time % NS_PER_USEC) + NS_PER_USEC) % NS_PER_USEC);
}

/*
 * Returns the time at which the clock shows local.  When clocks are changed, one of two, or one nearby.
 */
static int64
time_of_clock(Timestamp local)
{
	struct pg_tm tm;
	fsec_t		usecs;
	int			offset;
	TimestampTz timestamp;

	if (timestamp2tm(local, NULL, &tm, &usecs, NULL, NULL) != 0)
		no_clock();
	offset = DetermineTimeZoneOffset(&tm, session_timezone);
	if (tm2timestamp(&tm, usecs, &offset, &timestamp) != 0)
		no_clock();
	/* a step beyond valid time is far from what 64 bits hold */
	return (timestamp - BtrTimestampOf(0)) * NS_PER_USEC;
}

/*
 * Rounds down to a multiple of step, also below zero.
 */
static int64
round_down(int64 n, int64 step)
{
	return n - ((n % step) + step) % step;
}

/* ---- ticks ---- */

/*
 * Returns the least distance at which there are few enough ticks.
 */
static Step
choose_step(uint64 length, int max_ticks)
{
	Step		step = {FORM_FRACTION, 1, 0};

	/* 1, 2, 5, 10, ... nanoseconds */
	for (int i = 0; step.length < NS_PER_SEC; i++)
	{
		if (step.length >= LEAST_SECONDS)
			step.form = FORM_SECOND;
		if (length / step.length <= max_ticks)
			return step;
		step.length = i % 3 == 1 ? step.length / 2 * 5 : step.length * 2;
	}
	for (int i = 0; i < lengthof(steps); i++)
	{
		if (length / steps[i].length <= max_ticks)
			return steps[i];
	}
	return steps[lengthof(steps) - 1];
}

/*
 * Returns the clock of the first tick that is not after local or, if after is so many, of one that
 * comes after it.
 */
static Timestamp
tick_clock(const Step *step, const Clock *start, int after)
{
	int64		distance = step->length / NS_PER_USEC;

	if (step->months > 0)
	{
		int			month = (int) round_down(start->tm.tm_year * 12 + start->tm.tm_mon - 1, step->months) +
			after * step->months;

		return (Timestamp) (date2j(month / 12, month % 12 + 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
	}
	return round_down(start->local - FIRST_MONDAY, distance) + FIRST_MONDAY + after * distance;
}

/*
 * Returns the second of a tick, with as many digits as its distance has.
 */
static char *
second_label(const Step *step, const Clock *clock)
{
	int			ndigits = 9;
	int			fraction = clock->nanoseconds;

	if (step->length >= NS_PER_SEC)
		return psprintf("%02d", clock->tm.tm_sec);
	for (int64 unit = 10; unit <= step->length; unit *= 10)
	{
		ndigits--;
		fraction /= 10;
	}
	return psprintf("%02d.%0*d", clock->tm.tm_sec, ndigits, fraction);
}

/*
 * Returns the label of a tick.
 */
static char *
tick_label(const Step *step, int64 time)
{
	Clock		clock;
	char	   *second;

	read_clock(time, &clock);
	second = second_label(step, &clock);
	switch (step->form)
	{
		case FORM_FRACTION:
			return second;
		case FORM_SECOND:
			return psprintf("%02d:%02d:%s", clock.tm.tm_hour, clock.tm.tm_min, second);
		case FORM_MINUTE:
			if (clock.tm.tm_hour != 0 || clock.tm.tm_min != 0)
				return psprintf("%02d:%02d", clock.tm.tm_hour, clock.tm.tm_min);
			/* FALLTHROUGH */
		case FORM_DAY:
			return psprintf("%02d %s", clock.tm.tm_mday, months[clock.tm.tm_mon - 1]);
		case FORM_MONTH:
			return psprintf("%s %d", months[clock.tm.tm_mon - 1], clock.tm.tm_year);
		case FORM_YEAR:
			break;
	}
	return psprintf("%d", clock.tm.tm_year);
}

/*
 * Returns what labels of a form leave out.
 */
static char *
left_out(Form form, const Clock *clock)
{
	char	   *day = psprintf("%04d-%02d-%02d", clock->tm.tm_year, clock->tm.tm_mon, clock->tm.tm_mday);

	switch (form)
	{
		case FORM_FRACTION:
			return psprintf("%s %02d:%02d", day, clock->tm.tm_hour, clock->tm.tm_min);
		case FORM_SECOND:
		case FORM_MINUTE:
			return day;
		case FORM_DAY:
			return psprintf("%d", clock->tm.tm_year);
		case FORM_MONTH:
		case FORM_YEAR:
			break;
	}
	return pstrdup("");
}

/*
 * Makes the ticks of a range; see draw.h.
 */
void
BtrCalendarInit(BtrCalendar *calendar, int64 start, int64 end, int max_ticks)
{
	Step		step = choose_step((uint64) end - (uint64) start, max_ticks);
	int			room = max_ticks + 2;
	int64		last = PG_INT64_MIN;
	Clock		first;
	Clock		final;
	char	   *from;
	char	   *to;

	calendar->ticks = palloc(room * sizeof(BtrTick));
	calendar->n = 0;
	read_clock(start, &first);
	read_clock(end - 1, &final);

	for (int i = 0; calendar->n < room; i++)
	{
		int64		time = step.length < NS_PER_SEC ? round_down(start, step.length) + i * step.length :
			time_of_clock(tick_clock(&step, &first, i));

		if (time >= end)
			break;
		/* an hour that is left out on the clock gives the same time as the next */
		if (time < start || time <= last)
			continue;
		last = time;
		calendar->ticks[calendar->n].time = time;
		calendar->ticks[calendar->n++].label = tick_label(&step, time);
	}

	from = left_out(step.form, &first);
	to = left_out(step.form, &final);
	calendar->caption = strcmp(from, to) == 0 ? from : psprintf("%s to %s", from, to);
	if (step.form < FORM_DAY && first.zone != NULL)
		calendar->caption = psprintf("%s %s", calendar->caption, first.zone);
}
