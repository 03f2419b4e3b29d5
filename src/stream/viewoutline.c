/*
 * viewoutline.c
 *		The points that draw columns of a picture, of tree and buffer together.
 */
#include "postgres.h"

#include "stream/buffer.h"

/* Buffered points come after those of the tree that have their time. */
#define BUFFER_RANK		(INT64CONST(1) << 62)

struct BtrViewOutlines
{
	/* Settings */
	BtrColumns	columns;
	int64		end;

	/* The tree's next column that is not empty */
	BtrOutlines *tree;
	bool		have_tree;
	uint64		tree_column;
	BtrOutline	tree_outline;

	/* The buffer's */
	const BtrPoints *buffer;
	int64		next_in_buffer;
};

/*
 * Moves to the tree's next column.
 */
static void
next_tree_column(BtrViewOutlines *outlines)
{
	outlines->have_tree = BtrOutlinesNext(outlines->tree, &outlines->tree_column,
										  &outlines->tree_outline);
}

/*
 * Starts to outline n columns of [start, end), which is not empty, in the current memory context.
 */
BtrViewOutlines *
BtrViewOutlinesBegin(const BtrView *view, int64 start, int64 end, uint64 n)
{
	BtrViewOutlines *outlines = palloc0(sizeof(BtrViewOutlines));

	BtrColumnsInit(&outlines->columns, start, end, n);
	outlines->end = end;
	outlines->tree = BtrOutlinesBegin(&view->tree, &outlines->columns);
	next_tree_column(outlines);
	outlines->buffer = &view->buffer;
	outlines->next_in_buffer = BtrPointsSearch(&view->buffer, 0, start);
	return outlines;
}

/*
 * Says whether a point comes before another one of the same stream.
 */
static bool
comes_before(const BtrRankedPoint *a, const BtrRankedPoint *b)
{
	return a->point.time != b->point.time ? a->point.time < b->point.time : a->rank < b->rank;
}

/*
 * Takes a further point of a column for those of its outline that it is.
 */
static void
add_point(BtrOutline *outline, const BtrRankedPoint *new)
{
	BtrRankedPoint *points = outline->points;
	const BtrRankedPoint *least = &points[BTR_OUTLINE_LEAST];
	const BtrRankedPoint *greatest = &points[BTR_OUTLINE_GREATEST];
	double		value = new->point.value;

	if (comes_before(new, &points[BTR_OUTLINE_FIRST]))
		points[BTR_OUTLINE_FIRST] = *new;
	if (value < least->point.value || (value == least->point.value && comes_before(new, least)))
		points[BTR_OUTLINE_LEAST] = *new;
	if (value > greatest->point.value ||
		(value == greatest->point.value && comes_before(new, greatest)))
		points[BTR_OUTLINE_GREATEST] = *new;
	if (comes_before(&points[BTR_OUTLINE_LAST], new))
		points[BTR_OUTLINE_LAST] = *new;
}

/*
 * Adds the buffered points of a column to its outline, of which there may be nothing yet.
 */
static void
add_buffered(BtrViewOutlines *outlines, uint64 column, bool found, BtrOutline *outline)
{
	const BtrPoints *buffer = outlines->buffer;
	int64		end = BtrColumnStart(&outlines->columns, column + 1);
	int64	   *i = &outlines->next_in_buffer;

	for (; *i < buffer->n && buffer->time[*i] < end; (*i)++)
	{
		BtrRankedPoint new = {{buffer->time[*i], buffer->value[*i]}, BUFFER_RANK + *i};

		for (int j = 0; !found && j < BTR_OUTLINE_POINTS; j++)
			outline->points[j] = new;
		found = true;
		add_point(outline, &new);
	}
}

/*
 * Gives the next column that is not empty, in order, and its points; false at the end.
 */
static bool
next_outline(BtrViewOutlines *outlines, BtrOutline *outline)
{
	const BtrPoints *buffer = outlines->buffer;
	int64		i = outlines->next_in_buffer;
	bool		buffered = i < buffer->n && buffer->time[i] < outlines->end;
	bool		found = outlines->have_tree;
	uint64		column = 0;

	if (buffered)
		column = BtrColumnOf(&outlines->columns, buffer->time[i]);
	if (found && (!buffered || outlines->tree_column <= column))
	{
		buffered = buffered && outlines->tree_column == column;
		*outline = outlines->tree_outline;
		next_tree_column(outlines);
	}
	else
		found = false;
	if (buffered)
		add_buffered(outlines, column, found, outline);
	return found || buffered;
}

/*
 * Gives the points of the next column that is not empty, by time, each of them once, and returns how
 * many they are; 0 at the end.
 */
int
BtrViewOutlinesNext(BtrViewOutlines *outlines, BtrPoint *points)
{
	BtrOutline	outline;
	BtrRankedPoint *p = outline.points;
	int			n = 0;

	if (!next_outline(outlines, &outline))
		return 0;
	if (comes_before(&p[BTR_OUTLINE_GREATEST], &p[BTR_OUTLINE_LEAST]))
	{
		BtrRankedPoint least = p[BTR_OUTLINE_LEAST];

		p[BTR_OUTLINE_LEAST] = p[BTR_OUTLINE_GREATEST];
		p[BTR_OUTLINE_GREATEST] = least;
	}
	for (int i = 0; i < BTR_OUTLINE_POINTS; i++)
	{
		if (i == 0 || comes_before(&p[i - 1], &p[i]))
			points[n++] = p[i].point;
	}
	return n;
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrViewOutlinesCount(const BtrViewOutlines *outlines, BtrReadCounts *counts)
{
	BtrOutlinesCount(outlines->tree, counts);
}
