/*
 * span.c
 *		Levels, and the places of nodes in time.
 */
#include "postgres.h"

#include <math.h>

#include "codec/leaf.h"
#include "tree/tree.h"

/* A slot holds about this share of a leaf, so that runs of slots fill leaves well. */
#define SLOTS_PER_LEAF	8

/*
 * Returns the next wider slot width.  Above the widest slot it is 63: the whole of
 * valid time.
 */
int
BtrLevelUp(int slot_pw, int phase)
{
	return slot_pw < phase ? phase : Min(slot_pw + BTR_FANOUT_BITS, 63);
}

/*
 * Returns the place of the smallest inner node that contains times t1 <= t2.
 */
BtrSpan
BtrSpanFor(int64 t1, int64 t2, int phase)
{
	uint64		u1 = (uint64) t1 - (uint64) BTR_TIME_MIN;
	uint64		u2 = (uint64) t2 - (uint64) BTR_TIME_MIN;
	BtrSpan		span = {0};

	Assert(t1 <= t2 && t1 >= BTR_TIME_MIN && t2 < BTR_TIME_MAX);
	for (int pw = 0;;)
	{
		int			up = BtrLevelUp(pw, phase);

		if (u1 >> up == u2 >> up)
		{
			span.start = (int64) ((u1 >> up << up) + (uint64) BTR_TIME_MIN);
			span.slot_pw = pw;
			span.nslots = 1 << (up - pw);
			return span;
		}
		pw = up;
	}
}

/*
 * Chooses the phase of a stream from its first points: so that some level's slots
 * hold about an eighth of a leaf at the rate and the compressed size of these points.
 */
int
BtrPhaseFor(const BtrPoints *points)
{
	int			n = (int) Min(points->n, BTR_LEAF_MAX_POINTS);
	uint8	   *buf = palloc(BTR_LEAF_BOUND(n));
	double		bytes = (double) BtrLeafEncode(points->time, points->value, n,
											   buf, BTR_LEAF_BOUND(n)) / n;
	double		slot_points = Min(BTR_NODE_PAYLOAD_MAX / bytes, BTR_LEAF_MAX_POINTS) / SLOTS_PER_LEAF;
	double		gap = n < 2 ? 0 : ((double) points->time[n - 1] - (double) points->time[0]) / (n - 1);
	double		width = slot_points * gap;

	pfree(buf);
	return width < 2 ? 0 : (int) log2(width) % BTR_PHASES;
}
