/*
 * buckets.h
 *		Summaries of a stream's points by buckets of time.
 */
#ifndef BTR_BUCKETS_H
#define BTR_BUCKETS_H

#include "stream/stream.h"

/*
 * Says whether two times are in the same bucket.  The times of a bucket lie side by
 * side.  It is asked only about times between those of two points.
 */
typedef bool (*BtrSameBucket) (int64 a, int64 b, void *arg);

/* One bucket's part of the range, as far as it has points. */
typedef struct BtrBucket
{
	int64		start;			/* all of [start, end) is in the bucket */
	int64		end;
	BtrStat		stat;			/* of the points there, which are all that the bucket has */
} BtrBucket;

typedef struct BtrBuckets BtrBuckets;

/* Starts to summarise the points in [start, end), in the current memory context. */
extern BtrBuckets *BtrBucketsBegin(const BtrView *view, int64 start, int64 end,
								   BtrSameBucket same, void *arg);

/* The next bucket that has points, by time; false at the end. */
extern bool BtrBucketsNext(BtrBuckets *buckets, BtrBucket *bucket);

/* Adds what has been read so far, but for single points. */
extern void BtrBucketsCount(const BtrBuckets *buckets, BtrReadCounts *counts);

#endif							/* BTR_BUCKETS_H */
