/*
 * asof.c
 *		Finds the points that belong to times of something else.
 */
#include "postgres.h"

#include "stream/stream.h"

struct BtrViewAsof
{
	int64		tolerance;
	BtrViewSeeker *before;		/* NULL if the direction does not want it */
	BtrViewSeeker *after;
};

/*
 * Prepares to find points, in the current memory context.
 */
BtrViewAsof *
BtrViewAsofBegin(const BtrView *view, BtrAsofDirection direction, int64 tolerance, bool alone)
{
	BtrViewAsof *asof = palloc0(sizeof(BtrViewAsof));

	Assert(tolerance >= 0);
	asof->tolerance = tolerance;
	if (direction != BTR_ASOF_FORWARD)
		asof->before = BtrViewSeekBegin(view, true, alone);
	if (direction != BTR_ASOF_BACKWARD)
		asof->after = BtrViewSeekBegin(view, false, alone);
	return asof;
}

/*
 * Finds the point that belongs to a time; false if there is none or it is too far away.  Memory
 * that is needed comes from the current context, which must be that of the beginning.
 */
bool
BtrViewAsofFind(BtrViewAsof *asof, int64 time, BtrPoint *point)
{
	BtrPoint	after;
	uint64		distance = PG_UINT64_MAX;

	/* no point is at the end of time */
	if (asof->before != NULL &&
		BtrViewSeek(asof->before, Min(time, BTR_TIME_MAX - 1) + 1, point))
		distance = (uint64) time - (uint64) point->time;
	if (asof->after != NULL && distance > 0 && BtrViewSeek(asof->after, time, &after) &&
		(uint64) after.time - (uint64) time < distance)
	{
		*point = after;
		distance = (uint64) after.time - (uint64) time;
	}
	/* the whole of time is longer than any width */
	return distance != PG_UINT64_MAX &&
		(asof->tolerance == BTR_ASOF_UNLIMITED || distance <= (uint64) asof->tolerance);
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrViewAsofCount(const BtrViewAsof *asof, BtrReadCounts *counts)
{
	if (asof->before != NULL)
		BtrViewSeekCount(asof->before, counts);
	if (asof->after != NULL)
		BtrViewSeekCount(asof->after, counts);
}
