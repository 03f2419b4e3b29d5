/*
 * draw.h
 *		Pictures of a stream: what is drawn, its axes, and the two forms that it is drawn in.
 */
#ifndef BTR_DRAW_H
#define BTR_DRAW_H

#include "lib/stringinfo.h"

#include "stream/stream.h"

/* ---- picture.c: what is drawn ---- */

typedef enum BtrDrawnKind
{
	BTR_DRAWN_GAP,				/* nothing */
	BTR_DRAWN_BRIDGE,			/* no points, but between points that belong together */
	BTR_DRAWN_POINTS
} BtrDrawnKind;

/* A column of a picture; a bridge has the line between its neighbours. */
typedef struct BtrDrawn
{
	BtrDrawnKind kind;
	double		min;
	double		mean;
	double		max;
} BtrDrawn;

typedef struct BtrPicture
{
	/* What it is called */
	const char *name;
	const char *unit;			/* or NULL */

	/* Its range, and all that is in it */
	int64		start;
	int64		end;			/* start, if neither is known */
	BtrStat		stat;

	/* Columns */
	uint64		width;			/* nanoseconds of each, but of the last one */
	int			n;
	BtrDrawn   *columns;
} BtrPicture;

/* Finds the range of a picture: an end of time stands for the first or the last point. */
extern void BtrPictureRange(BtrPicture *picture, const BtrView *view, int64 start, int64 end);

/* Reads at most n columns. */
extern void BtrPictureRead(BtrPicture *picture, const BtrView *view, int n);

/* Where a column's points are between the start, 0, and the end, 1. */
extern double BtrPictureX(const BtrPicture *picture, int i);

/* ---- axis.c: ticks of values ---- */

/* Ticks first, first + 1, ... first + n, times factor * 10^power. */
typedef struct BtrAxis
{
	int			n;				/* steps between them; 1 or more */
	double		first;
	int			factor;			/* 1, 2, 25 or 5 */
	int			power;
	int			shift;			/* all that is of values divided by 10^shift */
	double		magnitude;		/* the largest one: chooses the form of labels */
} BtrAxis;

/* Makes an axis of at most max_steps steps, 2 or more, that has low <= high on it. */
extern void BtrAxisInit(BtrAxis *axis, double low, double high, int max_steps);

/* Where a value is between the first tick, 0, and the last, 1. */
extern double BtrAxisPosition(const BtrAxis *axis, double value);

/* The label of tick i (palloc'd). */
extern char *BtrAxisLabel(const BtrAxis *axis, int i);

/* ---- calendar.c: ticks of time ---- */

typedef struct BtrTick
{
	int64		time;
	char	   *label;
} BtrTick;

typedef struct BtrCalendar
{
	int			n;
	BtrTick    *ticks;
	char	   *caption;		/* what the labels leave out, or "" */
} BtrCalendar;

/* Makes about max_ticks ticks, 1 or more, of [start, end), in the session's time zone. */
extern void BtrCalendarInit(BtrCalendar *calendar, int64 start, int64 end, int max_ticks);

/* ---- svg.c, text.c: drawing ---- */

/* A picture of so many pixels, as an SVG document. */
extern char *BtrDrawSvg(BtrPicture *picture, const BtrView *view, int width, int height);

/* A picture whose field has so many characters, in UTF8; emit is called for each line. */
typedef void (*BtrLineCallback) (const char *line, void *arg);
extern void BtrDrawText(BtrPicture *picture, const BtrView *view, int columns, int rows,
						BtrLineCallback emit, void *arg);

#endif							/* BTR_DRAW_H */
