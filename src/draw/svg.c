/*
 * svg.c
 *		A picture as an SVG document: the band from minimum to maximum, the line of means.
 *
 * The document stands by itself: no script, no font, nothing to load, and style sheets whose names
 * nobody else uses, so that it may also be part of a page.  It is light or dark as the reader
 * prefers.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/xml.h"

#include "draw/draw.h"

/* Around the field, in pixels. */
#define TOP				34
#define BOTTOM			40
#define RIGHT			16
#define LEFT			14		/* and the labels */

/* About what a character takes. */
#define CHARACTER		6.3

/* The field begins after a unit of as many characters. */
#define LONGEST_UNIT	12

/* Distances of ticks, at least. */
#define TICK_HEIGHT		26
#define TICK_WIDTH		90

static const char *const style =
"<style>"
".btrdb-back{fill:#ffffff}"
".btrdb-name{fill:#1f2328;font-size:13px;font-weight:600}"
".btrdb-tick{fill:#59636e}"
".btrdb-grid{stroke:#d8dee4;fill:none}"
".btrdb-band{fill:#a5cdf5;stroke:#a5cdf5}"
".btrdb-line{stroke:#0b5cad;fill:none;stroke-width:1.3;stroke-linecap:round;stroke-linejoin:round}"
"@media (prefers-color-scheme:dark){"
".btrdb-back{fill:#0d1117}"
".btrdb-name{fill:#e6edf3}"
".btrdb-tick{fill:#9198a1}"
".btrdb-grid{stroke:#2a313a}"
".btrdb-band{fill:#1c4a78;stroke:#1c4a78}"
".btrdb-line{stroke:#79b8ff}"
"}"
"</style>\n";

/* The field that the columns are drawn in, and where to. */
typedef struct Canvas
{
	StringInfo	out;
	const BtrPicture *picture;
	BtrAxis		axis;
	int			left;
	int			top;
	int			width;
	int			height;
} Canvas;

/*
 * Appends text as it is written in XML.  Characters that XML does not have become question
 * marks.
 */
static void
append_text(StringInfo out, const char *text)
{
	char	   *copy = pstrdup(text);

	for (char *c = copy; *c != '\0'; c++)
	{
		if ((unsigned char) *c < 0x20 && *c != '\t' && *c != '\n' && *c != '\r')
			*c = '?';
		/* U+FFFE and U+FFFF */
		else if (GetDatabaseEncoding() == PG_UTF8 &&
				 (strncmp(c, "\xEF\xBF\xBE", 3) == 0 || strncmp(c, "\xEF\xBF\xBF", 3) == 0))
			memcpy(c, "???", 3);
	}
	appendStringInfoString(out, escape_xml(copy));
}

/*
 * Appends an element of text at a place, anchored at its start, middle or end.
 */
static void
append_label(StringInfo out, const char *class, double x, double y, const char *anchor,
			 const char *text)
{
	appendStringInfo(out, "<text class=\"btrdb-%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
					 class, x, y, anchor);
	append_text(out, text);
	appendStringInfoString(out, "</text>\n");
}

/*
 * Says where a value is.
 */
static double
y_of(const Canvas *canvas, double value)
{
	return canvas->top + canvas->height * (1 - BtrAxisPosition(&canvas->axis, value));
}

/*
 * Says where a column is.
 */
static double
x_of(const Canvas *canvas, int i)
{
	return canvas->left + canvas->width * BtrPictureX(canvas->picture, i);
}

/*
 * Draws the ticks of values: lines through the field, and labels.
 */
static void
draw_values(const Canvas *canvas, char *const *labels)
{
	appendStringInfoString(canvas->out, "<path class=\"btrdb-grid\" d=\"");
	for (int i = 0; i <= canvas->axis.n; i++)
		appendStringInfo(canvas->out, "M%d,%.1fh%d", canvas->left,
						 canvas->top + canvas->height * (1 - (double) i / canvas->axis.n), canvas->width);
	appendStringInfoString(canvas->out, "\"/>\n");
	for (int i = 0; i <= canvas->axis.n; i++)
		append_label(canvas->out, "tick", canvas->left - 6,
					 canvas->top + canvas->height * (1 - (double) i / canvas->axis.n) + 4, "end", labels[i]);
}

/*
 * Draws the ticks of time, and what their labels leave out.
 */
static void
draw_times(const Canvas *canvas)
{
	const BtrPicture *picture = canvas->picture;
	int			bottom = canvas->top + canvas->height;
	double		length = (double) ((uint64) picture->end - (uint64) picture->start);
	BtrCalendar calendar;

	BtrCalendarInit(&calendar, picture->start, picture->end, Max(canvas->width / TICK_WIDTH, 1));
	for (int i = 0; i < calendar.n; i++)
	{
		const BtrTick *tick = &calendar.ticks[i];
		double		x = canvas->left + canvas->width *
			((double) ((uint64) tick->time - (uint64) picture->start) / length);
		double		half = strlen(tick->label) * CHARACTER / 2;
		int			right = canvas->left + canvas->width + RIGHT - 2;

		appendStringInfo(canvas->out, "<path class=\"btrdb-grid\" d=\"M%.1f,%dv%d\"/>\n",
						 x, canvas->top, canvas->height + 4);
		append_label(canvas->out, "tick", Max(Min(x, right - half), half + 2), bottom + 16, "middle",
					 tick->label);
	}
	if (calendar.caption[0] != '\0')
		append_label(canvas->out, "tick", canvas->left, bottom + 32, "start", calendar.caption);
}

/*
 * Returns the end of the columns that belong together with column i: before the next gap.
 */
static int
end_of_run(const BtrPicture *picture, int i)
{
	while (i < picture->n && picture->columns[i].kind != BTR_DRAWN_GAP)
		i++;
	return i;
}

/*
 * Draws the band of the columns from "from" to "to" - 1: along the maxima, and back along the
 * minima.
 */
static void
draw_band(const Canvas *canvas, int from, int to)
{
	const BtrDrawn *columns = canvas->picture->columns;
	char		command = 'M';

	for (int i = from; i < to; i++)
	{
		if (columns[i].kind != BTR_DRAWN_POINTS)
			continue;
		appendStringInfo(canvas->out, "%c%.1f,%.1f", command, x_of(canvas, i), y_of(canvas, columns[i].max));
		command = 'L';
	}
	for (int i = to - 1; i >= from; i--)
	{
		if (columns[i].kind == BTR_DRAWN_POINTS)
			appendStringInfo(canvas->out, "L%.1f,%.1f", x_of(canvas, i), y_of(canvas, columns[i].min));
	}
	appendStringInfoChar(canvas->out, 'Z');
}

/*
 * Draws the line of means of these columns; that of a single one is a dot.
 */
static void
draw_line(const Canvas *canvas, int from, int to)
{
	const BtrDrawn *columns = canvas->picture->columns;

	for (int i = from; i < to; i++)
	{
		if (columns[i].kind == BTR_DRAWN_POINTS)
			appendStringInfo(canvas->out, "%c%.1f,%.1f", i == from ? 'M' : 'L',
							 x_of(canvas, i), y_of(canvas, columns[i].mean));
	}
	if (to == from + 1)
		appendStringInfoString(canvas->out, "h0");
}

/*
 * Draws one element that consists of all runs of columns.
 */
static void
draw_runs(const Canvas *canvas, const char *class,
		  void (*draw) (const Canvas *canvas, int from, int to))
{
	const BtrPicture *picture = canvas->picture;

	appendStringInfo(canvas->out, "<path class=\"btrdb-%s\" d=\"", class);
	for (int i = 0, end; i < picture->n; i = end)
	{
		end = end_of_run(picture, i);
		if (end > i)
			draw(canvas, i, end);
		else
			end++;
	}
	appendStringInfoString(canvas->out, "\"/>\n");
}

/*
 * Makes the labels of the axis of values, and returns the length of the longest.
 */
static int
value_labels(const BtrAxis *axis, char **labels)
{
	int			longest = 0;

	for (int i = 0; i <= axis->n; i++)
	{
		labels[i] = BtrAxisLabel(axis, i);
		longest = Max(longest, (int) strlen(labels[i]));
	}
	return longest;
}

/*
 * Draws a picture of so many pixels; returns a palloc'd string.
 */
char *
BtrDrawSvg(BtrPicture *picture, const BtrView *view, int width, int height)
{
	StringInfoData out;
	Canvas		canvas = {.out = &out, .picture = picture, .top = TOP};
	bool		empty = picture->stat.count == 0;
	char	  **labels;
	int			longest;

	canvas.height = height - TOP - BOTTOM;
	BtrAxisInit(&canvas.axis, picture->stat.min, picture->stat.max,
				Max(canvas.height / TICK_HEIGHT, 2));
	labels = palloc((canvas.axis.n + 1) * sizeof(char *));
	longest = value_labels(&canvas.axis, labels);
	if (picture->unit != NULL)
		longest = Max(longest, Min(pg_mbstrlen(picture->unit), LONGEST_UNIT));
	canvas.left = LEFT + (int) (longest * CHARACTER);
	canvas.width = Max(width - canvas.left - RIGHT, 1);
	BtrPictureRead(picture, view, canvas.width);

	initStringInfo(&out);
	appendStringInfo(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
					 "viewBox=\"0 0 %d %d\" role=\"img\" font-family=\"system-ui,sans-serif\" font-size=\"11\">\n"
					 "<title>", width, height, width, height);
	append_text(&out, picture->name);
	appendStringInfoString(&out, "</title>\n");
	appendStringInfoString(&out, style);
	appendStringInfo(&out, "<rect class=\"btrdb-back\" width=\"%d\" height=\"%d\"/>\n", width, height);
	append_label(&out, "name", canvas.left, 20, "start", picture->name);
	if (picture->unit != NULL)
		append_label(&out, "tick", canvas.left - 6, 20, "end", picture->unit);

	if (!empty)
		draw_values(&canvas, labels);
	if (picture->start < picture->end)
		draw_times(&canvas);
	if (empty)
		append_label(&out, "tick", canvas.left + canvas.width / 2.0, canvas.top + canvas.height / 2.0, "middle", "no points");
	else
	{
		draw_runs(&canvas, "band", draw_band);
		draw_runs(&canvas, "line", draw_line);
	}
	appendStringInfoString(&out, "</svg>\n");
	return out.data;
}
