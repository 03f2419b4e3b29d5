/*
 * picture.c
 *		What is drawn: summaries of columns of time, and what of the empty ones is a gap.
 */
#include "postgres.h"

#include "draw/draw.h"
#include "types/check.h"
#include "types/stat.h"

/* A gap is longer than so many usual distances between columns with points. */
#define GAP_DISTANCES	3

/*
 * Puts the times of the first and the last point into *first and *last, or the bounds of the windows in which they
 * were trimmed; false if there are none.
 */
static bool
find_bounds(const BtrView *view, int64 *first, int64 *last)
{
	const BtrPoints *buffer = &view->buffer;
	bool		found = !BtrRootIsEmpty(&view->tree.root);

	if (found)
	{
		*first = view->version.earliest.point.time;
		*last = view->version.latest.point.time;
	}
	if (buffer->n > 0)
	{
		*first = found ? Min(*first, buffer->time[0]) : buffer->time[0];
		*last = found ? Max(*last, buffer->time[buffer->n - 1]) : buffer->time[buffer->n - 1];
	}
	return found || buffer->n > 0;
}

/*
 * Summarises a range.  A trimmed window across its edges is part of it if it begins before or in it: a picture shows
 * what is left.
 */
static BtrStat
range_stat(const BtrView *view, int64 start, int64 end)
{
	BtrStat		stat;
	uint64		index;

	BtrStatInit(&stat);
	if (start < end)
		(void) BtrViewWindowsNext(BtrViewWindowsBegin(view, start, (uint64) end - (uint64) start, 1,
													  BTR_WHOLE_TRIMMED), &index, &stat);
	return stat;
}

/*
 * Finds the range of a picture, and what is in it.  Where the range ends with time itself, it is
 * cut to the points; it is empty if there are none.
 */
void
BtrPictureRange(BtrPicture *picture, const BtrView *view, int64 start, int64 end)
{
	int64		first = 0;
	int64		last = 0;
	bool		found = find_bounds(view, &first, &last);

	if (start == BTR_TIME_MIN)
		start = found ? first : end;
	if (end == BTR_TIME_MAX)
		end = found ? last + 1 : start;
	picture->start = start;
	picture->end = Max(start, end);
	picture->stat = range_stat(view, picture->start, picture->end);
}

/*
 * Takes the summary of a column.
 */
static void
take_column(BtrPicture *picture, uint64 i, const BtrStat *stat)
{
	BtrDrawn   *column = &picture->columns[i];

	if (stat->count == 0)
		return;
	column->kind = BTR_DRAWN_POINTS;
	column->min = stat->min;
	column->mean = stat->mean;
	column->max = stat->max;
}

/*
 * Orders distances.
 */
static int
compare_ints(const void *a, const void *b)
{
	int			x = *(const int *) a;
	int			y = *(const int *) b;

	return x < y ? -1 : x > y;
}

/*
 * Returns the next column with points after column i, or n.
 */
static int
next_with_points(const BtrPicture *picture, int i)
{
	do
		i++;
	while (i < picture->n && picture->columns[i].kind != BTR_DRAWN_POINTS);
	return i;
}

/*
 * Puts bridges where points are no further apart than is usual in this picture: a stream that has fewer
 * points than the picture has columns is a line, too.
 */
static void
build_bridges(BtrPicture *picture)
{
	int		   *distances = palloc(picture->n * sizeof(int));
	int			first = next_with_points(picture, -1);
	int			n = 0;
	int			usual;

	for (int i = first, next; (next = next_with_points(picture, i)) < picture->n; i = next)
		distances[n++] = next - i;
	if (n == 0)
		return;
	qsort(distances, n, sizeof(int), compare_ints);
	usual = distances[n / 2];

	for (int i = first, next; (next = next_with_points(picture, i)) < picture->n; i = next)
	{
		for (int j = i + 1; j < next && next - i <= GAP_DISTANCES * usual; j++)
		{
			BtrDrawn   *bridge = &picture->columns[j];
			double		share = (double) (j - i) / (next - i);

			bridge->kind = BTR_DRAWN_BRIDGE;
			bridge->min = bridge->mean = bridge->max =
				picture->columns[i].mean * (1 - share) + picture->columns[next].mean * share;
		}
	}
}

/*
 * Reads at most n columns of equal width; the last one may be narrower.
 */
void
BtrPictureRead(BtrPicture *picture, const BtrView *view, int n)
{
	uint64		length = (uint64) picture->end - (uint64) picture->start;
	uint64		whole;
	uint64		i;
	BtrViewWindows *windows;
	BtrStat		stat;

	picture->n = 0;
	if (length == 0)
		return;
	picture->width = (length - 1) / n + 1;
	whole = length / picture->width;
	picture->n = (int) ((length - 1) / picture->width) + 1;
	picture->columns = palloc0(picture->n * sizeof(BtrDrawn));

	windows = BtrViewWindowsBegin(view, picture->start, picture->width, whole, BTR_WHOLE_TRIMMED);
	while (BtrViewWindowsNext(windows, &i, &stat))
		take_column(picture, i, &stat);
	if (picture->n > whole)
	{
		stat = range_stat(view, (int64) ((uint64) picture->start + whole * picture->width), picture->end);
		take_column(picture, whole, &stat);
	}
	build_bridges(picture);
}

/*
 * Says where a column's points are: in the midst of its nanoseconds.
 */
double
BtrPictureX(const BtrPicture *picture, int i)
{
	double		length = (double) ((uint64) picture->end - (uint64) picture->start);
	double		start = (double) i * (double) picture->width;
	double		width = Min((double) picture->width, length - start);

	return (start + (width - 1) / 2) / length;
}
