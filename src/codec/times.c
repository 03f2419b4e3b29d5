/*
 * times.c
 *		The column of times.
 *
 * The first time is stored as it is.  The others are stored as their distance
 * from it, divided by what all distances have in common (a clock that ticks
 * in microseconds leaves three digits of nothing), as a column of integers.
 */
#include "btrdb.h"
#include "codec/column.h"
#include "codec/kernels.h"

/*
 * Returns the largest divisor that the distances have in common, or 1 when
 * there is nothing to divide.
 */
static uint64_t
common_divisor(const uint64_t *v, int n)
{
	uint64_t	divisor = 0;

	for (int i = 0; i < n && divisor != 1; i++)
	{
		uint64_t	rest;

		if (divisor == 0)
		{
			divisor = v[i];
			continue;
		}
		rest = v[i] % divisor;
		while (rest != 0)
		{
			uint64_t	next = divisor % rest;

			divisor = rest;
			rest = next;
		}
	}
	return divisor == 0 ? 1 : divisor;
}

/*
 * Plans the column of n times, which ascend.
 */
void
BtrTimesPlan(BtrTimePlan *plan, const int64_t *time, int n)
{
	uint64_t   *v = plan->v;
	bool		even = true;

	n--;
	for (int i = 0; i < n; i++)
	{
		v[i] = (uint64_t) time[i + 1] - (uint64_t) time[0];
		even = even && v[i] == v[0] * (uint64_t) (i + 1);
	}

	/* Times that are all equally far apart cost nothing anyway. */
	plan->divisor = even ? 1 : common_divisor(v, n);
	if (plan->divisor > 1)
		for (int i = 0; i < n; i++)
			v[i] /= plan->divisor;

	BtrIntPlanColumn(&plan->ints, v, n, 0);
	plan->flags = (plan->ints.whole ? BTR_TIMES_WHOLE : 0) |
		(plan->divisor > 1 ? BTR_TIMES_DIVISOR : 0);
	plan->size = sizeof(int64_t) + plan->ints.size +
		(plan->divisor > 1 ? BtrVarintSize(plan->divisor) : 0);
}

/*
 * Writes the column as planned.
 */
uint8_t *
BtrTimesWrite(uint8_t *p, const BtrTimePlan *plan, const int64_t *time, int n)
{
	p = BtrPut64(p, (uint64_t) time[0]);
	if (plan->divisor > 1)
		p = BtrPutVarint(p, plan->divisor);
	return BtrIntWrite(p, &plan->ints, plan->v, n - 1, 0);
}

/*
 * Reads what precedes the groups.
 */
static bool
read_start(BtrBytes *in, int flags, int64_t *first, uint64_t *divisor)
{
	if ((flags & ~BTR_TIMES_FLAGS) != 0 || BtrBytesLeft(in) < sizeof(int64_t))
		return false;
	*first = (int64_t) BtrLoad64(in->pos);
	in->pos += sizeof(int64_t);
	*divisor = 1;
	if ((flags & BTR_TIMES_DIVISOR) != 0 &&
		(!BtrGetVarint(in, divisor) || *divisor < 2))
		return false;
	return *first >= BTR_TIME_MIN && *first < BTR_TIME_MAX;
}

/*
 * Reads the column.  Returns false if it is damaged.
 */
bool
BtrTimesRead(BtrBytes *in, int flags, int n, int64_t *time)
{
	BtrIntReader r;
	uint64_t	divisor;
	uint64_t	rest[BTR_PACK_BLOCK];
	uint64_t	first;
	uint64_t   *v = (uint64_t *) time + 1;
	int			left = n - 1;

	if (!read_start(in, flags, &time[0], &divisor))
		return false;

	/* Without a divisor, distances from 0 become times by starting at the first. */
	first = (uint64_t) time[0];
	BtrIntReadStart(&r, in, left, (flags & BTR_TIMES_WHOLE) != 0,
					divisor == 1 ? first : 0);
	for (; left >= BTR_PACK_BLOCK; left -= BTR_PACK_BLOCK, v += BTR_PACK_BLOCK)
		if (BtrIntReadChunk(&r, v) < 0)
			return false;
	if (left > 0)
	{
		if (BtrIntReadChunk(&r, rest) < 0)
			return false;
		memcpy(v, rest, (size_t) left * sizeof(uint64_t));
	}
	if (divisor != 1)
		BtrMultiply(time + 1, n - 1, divisor, first);
	return BtrTimesAscend(time, n);
}

/*
 * Moves past the column.  Returns false if it does not fit its bytes.
 */
bool
BtrTimesSkip(BtrBytes *in, int flags, int n)
{
	int64_t		first;
	uint64_t	divisor;

	return read_start(in, flags, &first, &divisor) &&
		BtrIntSkip(in, n - 1, (flags & BTR_TIMES_WHOLE) != 0);
}

/*
 * Reads one time.
 */
bool
BtrTimesAt(BtrBytes *in, int flags, int n, int i, int64_t *time)
{
	BtrIntReader r;
	uint64_t	divisor;
	uint64_t	v[BTR_PACK_BLOCK];
	int			at;

	if (!read_start(in, flags, time, &divisor))
		return false;
	if (i == 0)
		return true;
	BtrIntReadStart(&r, in, n - 1, (flags & BTR_TIMES_WHOLE) != 0, 0);
	at = BtrIntSeek(&r, i - 1);
	if (at < 0 || BtrIntReadChunk(&r, v) < 0)
		return false;
	*time = (int64_t) ((uint64_t) *time + v[i - 1 - at] * divisor);
	return *time >= BTR_TIME_MIN && *time < BTR_TIME_MAX;
}

/*
 * Searches the column.  A group that is not made of differences is searched
 * without unpacking all of it; groups before the one sought are passed over only
 * after unpacking their last value.
 */
int
BtrTimesLowerBound(BtrBytes *in, int flags, int n, int64_t t)
{
	BtrIntReader r;
	uint64_t	divisor;
	uint64_t	v[BTR_PACK_BLOCK];
	int64_t		first;
	uint64_t	limit;
	int			before = 1;

	if (!read_start(in, flags, &first, &divisor))
		return -1;
	if (t <= first)
		return 0;

	/* v * divisor + first < t if and only if v < limit */
	limit = ((uint64_t) t - (uint64_t) first - 1) / divisor + 1;
	BtrIntReadStart(&r, in, n - 1, (flags & BTR_TIMES_WHOLE) != 0, 0);
	while (r.left > 0)
	{
		if (!BtrIntOpenGroup(&r))
			return -1;
		if (r.predictor == BTR_PREDICT_DELTA)
		{
			while (r.done < r.count)
			{
				int			count = BtrIntReadChunk(&r, v);
				int			i = 0;

				if (count < 0)
					return -1;
				if (v[count - 1] < limit)
				{
					before += count;
					continue;
				}
				while (i < count - 1 && v[i] < limit)
					i++;
				return before + i;
			}
		}
		else
		{
			int			low = 0;
			int			high = r.count;

			r.before = BtrIntValueAt(&r, r.count - 1);
			r.done = r.count;
			if (r.before < limit)
			{
				before += r.count;
				continue;
			}
			while (low < high)
			{
				int			middle = (low + high) / 2;

				if (BtrIntValueAt(&r, middle) < limit)
					low = middle + 1;
				else
					high = middle;
			}
			return before + low;
		}
	}
	return before;
}
