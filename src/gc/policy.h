/*
 * policy.h
 *		What a stream's row says about its ageing.
 */
#ifndef BTR_POLICY_H
#define BTR_POLICY_H

#include "stream/stream.h"

/* A length of time without an end. */
#define BTR_FOR_EVER	PG_INT64_MAX

/* Lengths in microseconds. */
typedef struct BtrPolicy
{
	int64		retention;		/* superseded versions stay so long */
	int64		keep;			/* points stay so long, and */
	int64		trim_after;		/* are trimmed when they are so old, */
	int			trim_pointwidth;	/* to windows of 2^trim_pointwidth ns */
} BtrPolicy;

/*
 * Reads what the stream's row says, and the settings where it says nothing.  False if the
 * snapshot sees no such row.
 */
extern bool BtrReadPolicy(const pg_uuid_t *stream, Snapshot snapshot, BtrPolicy *policy);

#endif							/* BTR_POLICY_H */
