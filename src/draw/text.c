/*
 * text.c
 *		A picture made of Unicode characters, for terminals.
 *
 * A row of characters is a step of the axis of values.  A cell that the band from minimum to maximum covers
 * is dark, one that it reaches into is light; the mean is one of five lines, by its height in the
 * cell.
 */
#include "postgres.h"

#include "datatype/timestamp.h"

#include "draw/draw.h"

#define NS_PER_SEC		UINT64CONST(1000000000)

/* Labels of times need about so many characters. */
#define TICK_WIDTH		14

#define DARK			"\xE2\x96\x92"	/* MEDIUM SHADE */
#define LIGHT			"\xE2\x96\x91"	/* LIGHT SHADE */
#define MIDDLE_LINE		"\xE2\x94\x80"	/* BOX DRAWINGS LIGHT HORIZONTAL */
#define AXIS			"\xE2\x94\x82"	/* ... VERTICAL */
#define AXIS_TICK		"\xE2\x94\xA4"	/* ... VERTICAL AND LEFT */
#define CORNER			"\xE2\x94\x94"	/* ... UP AND RIGHT */
#define TIME_TICK		"\xE2\x94\xAC"	/* ... DOWN AND HORIZONTAL */

/* HORIZONTAL SCAN LINES, from below. */
static const char *const mean_lines[] = {
	"\xE2\x8E\xBD", "\xE2\x8E\xBC", MIDDLE_LINE, "\xE2\x8E\xBB", "\xE2\x8E\xBA",
};

/*
 * Returns the character of a column in row y, counted from below.
 */
static const char *
cell(const BtrDrawn *column, const BtrAxis *axis, int y)
{
	double		mean = BtrAxisPosition(axis, column->mean) * axis->n;
	double		min = BtrAxisPosition(axis, column->min) * axis->n;
	double		max = BtrAxisPosition(axis, column->max) * axis->n;

	if (column->kind == BTR_DRAWN_GAP)
		return " ";
	/* what is on the upper edge of all is in the last row */
	if (y == Min((int) mean, axis->n - 1))
		return mean_lines[Min((int) ((mean - y) * lengthof(mean_lines)), lengthof(mean_lines) - 1)];
	if (min <= y && max >= y + 1)
		return DARK;
	return min < y + 1 && max > y ? LIGHT : " ";
}

/*
 * Returns a length of time, as an interval or, of less than a minute, as a number of the
 * largest unit.
 */
static char *
length_text(uint64 length)
{
	int64		seconds = length / NS_PER_SEC;
	int64		days = seconds / SECS_PER_DAY;
	char	   *clock;

	if (length < 1000)
		return psprintf("%d ns", (int) length);
	if (length < 1000000)
		return psprintf("%.6g us", length / 1e3);
	if (length < NS_PER_SEC)
		return psprintf("%.6g ms", length / 1e6);
	if (seconds < SECS_PER_MINUTE)
		return psprintf("%.6g s", length / 1e9);
	seconds %= SECS_PER_DAY;
	clock = psprintf("%02d:%02d:%02d", (int) (seconds / SECS_PER_HOUR),
					 (int) (seconds / SECS_PER_MINUTE % MINS_PER_HOUR), (int) (seconds % SECS_PER_MINUTE));
	return days == 0 ? clock : psprintf("%lld %s %s", (long long) days, days == 1 ? "day" : "days", clock);
}

/*
 * Emits the axis of time: a line, labels, and what these leave out.
 */
static void
draw_times(const BtrPicture *picture, int columns, int margin, BtrLineCallback emit, void *arg)
{
	double		length = (double) ((uint64) picture->end - (uint64) picture->start);
	bool	   *ticks = palloc0(picture->n * sizeof(bool));
	BtrCalendar calendar;
	StringInfoData line;
	StringInfoData labels;

	BtrCalendarInit(&calendar, picture->start, picture->end, Max(columns / TICK_WIDTH, 1));
	initStringInfo(&labels);
	for (int i = 0; i < calendar.n; i++)
	{
		const BtrTick *tick = &calendar.ticks[i];
		int			x = (int) ((double) ((uint64) tick->time - (uint64) picture->start) / length * picture->n);

		/* a label that would touch the one before is left out, and so is its tick */
		if (x >= picture->n || (labels.len > 0 && labels.len >= x))
			continue;
		ticks[x] = true;
		appendStringInfo(&labels, "%*s%s", x - labels.len, "", tick->label);
	}

	initStringInfo(&line);
	appendStringInfo(&line, "%*s " CORNER, margin, "");
	for (int x = 0; x < picture->n; x++)
		appendStringInfoString(&line, ticks[x] ? TIME_TICK : MIDDLE_LINE);
	emit(line.data, arg);
	emit(psprintf("%*s  %s", margin, "", labels.data), arg);
	if (calendar.caption[0] != '\0')
		emit(psprintf("%*s  %s", margin, "", calendar.caption), arg);
}

/*
 * Emits the headline.
 */
static void
draw_name(const BtrPicture *picture, BtrLineCallback emit, void *arg)
{
	StringInfoData line;

	initStringInfo(&line);
	appendStringInfoString(&line, picture->name);
	if (picture->unit != NULL)
		appendStringInfo(&line, " in %s", picture->unit);
	if (picture->stat.count == 0)
		appendStringInfoString(&line, ": no points");
	else
		appendStringInfo(&line, ": " DARK " minimum to maximum, " MIDDLE_LINE " mean of each of %d %s of %s",
						 picture->n, picture->n == 1 ? "column" : "columns", length_text(picture->width));
	emit(line.data, arg);
}

/*
 * Draws a picture, its field of at most columns times rows characters, line by line.
 */
void
BtrDrawText(BtrPicture *picture, const BtrView *view, int columns, int rows,
			BtrLineCallback emit, void *arg)
{
	BtrAxis		axis;
	int			margin = 0;

	BtrPictureRead(picture, view, columns);
	draw_name(picture, emit, arg);
	if (picture->stat.count == 0)
		return;

	BtrAxisInit(&axis, picture->stat.min, picture->stat.max, rows);
	for (int y = 0; y < axis.n; y++)
		margin = Max(margin, (int) strlen(BtrAxisLabel(&axis, y)));
	for (int y = axis.n - 1; y >= 0; y--)
	{
		StringInfoData line;

		/* a label is that of the lower edge of its row */
		initStringInfo(&line);
		appendStringInfo(&line, "%*s %s", margin, y % 2 == 0 ? BtrAxisLabel(&axis, y) : "",
						 y % 2 == 0 ? AXIS_TICK : AXIS);
		for (int x = 0; x < picture->n; x++)
			appendStringInfoString(&line, cell(&picture->columns[x], &axis, y));
		emit(line.data, arg);
	}
	draw_times(picture, columns, margin, emit, arg);
}
