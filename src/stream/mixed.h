/*
 * mixed.h
 *		Rows of btrdb.mixed: buffered points of several streams of a cohort together.
 *
 * Statements over many streams write them.  Compaction moves their points to
 * btrdb.buffer.  Of a stream's points, those in btrdb.mixed come after those in
 * btrdb.buffer.
 */
#ifndef BTR_MIXED_H
#define BTR_MIXED_H


#include "stream/buffer.h"
#include "stream/mix.h"

/* Hashes a uuid for tables of streams, of which a statement asks for each point. */
static inline uint32
BtrHashStream(const pg_uuid_t *stream)
{
	uint64		half[2];
	uint64		hash;

	memcpy(half, stream, sizeof(half));
	hash = (half[0] ^ (half[1] >> 29)) * UINT64CONST(0x9E3779B97F4A7C15) + half[1];
	hash = (hash ^ (hash >> 32)) * UINT64CONST(0xD6E8FEB86659FD93);
	return (uint32) (hash ^ (hash >> 32));
}

/* ---- cohort.c: streams that were registered one after the other ---- */

#define BTR_NO_COHORT		INT64CONST(-1)

/* The stream's cohort; BTR_NO_COHORT if snapshot sees no such stream. */
extern int64 BtrStreamCohort(const pg_uuid_t *stream, Snapshot snapshot);

/* Likewise, with what is committed now and what the transaction has done. */
extern int64 BtrStreamCohortNow(const pg_uuid_t *stream);

/*
 * The stream's cohort if the session knows that the stream has been registered by a
 * transaction that committed; else BTR_NO_COHORT.
 */
extern int64 BtrKnownCohort(const pg_uuid_t *stream, uint32 hash);

/* The cohort of a stream, given its row of btrdb.streams. */
extern int64 BtrCohortOfRow(HeapTuple tuple, TupleDesc desc);

/* ---- mixedscan.c ---- */

/* Columns of btrdb.mixed */
#define Anum_mixed_cohort		1
#define Anum_mixed_ordinal		2
#define Anum_mixed_waiting		3
#define Anum_mixed_store		4
#define Anum_mixed_points		5
#define Natts_mixed				5

/* A scan of the rows of a cohort in the order of their ordinals. */
typedef struct BtrMixedScan
{
	/* Info */
	int64		store;			/* of btrdb.points */

	/* Variables */
	Relation	rel;			/* btrdb.mixed */
	Relation	index;
	bool		borrowed;		/* opened by the caller */
	SysScanDesc scan;

	/* The current row */
	HeapTuple	tuple;
	int64		cohort;
	int64		ordinal;
	int			waiting;
	bool		current;		/* of the store; else its points do not count */
} BtrMixedScan;

/* Starts a scan of the rows of the cohort that snapshot sees, from ordinal from on (0: all). */
extern void BtrMixedScanBegin(BtrMixedScan *scan, Relation rel, int64 cohort,
							  Snapshot snapshot, int64 from, LOCKMODE lockmode);

/* Likewise, of the table that is open to be appended to. */
extern void BtrMixedScanBeginAt(BtrMixedScan *scan, const BtrAppend *to, Relation rel,
								int64 cohort, Snapshot snapshot, int64 from);

/* Likewise of all cohorts after the one given (BTR_NO_COHORT: of all). */
extern void BtrMixedScanBeginAfter(BtrMixedScan *scan, Relation rel, int64 cohort,
								   Snapshot snapshot, LOCKMODE lockmode);

/* Moves to the next row; false at the end. */
extern bool BtrMixedScanNext(BtrMixedScan *scan, ScanDirection direction);

/* Opens the current row's points, which are of the store; XX001 if they are damaged. */
extern void BtrMixedScanOpen(BtrMixedScan *scan, BtrMix *mix);

/* Raises XX001 about the current row. */
pg_noreturn extern void BtrMixedScanReportDamage(const BtrMixedScan *scan);

/* Ends the scan; keeps the locks. */
extern void BtrMixedScanEnd(BtrMixedScan *scan);

/* ---- mixed.c ---- */

/* Does the cohort have rows that are committed, or that the transaction has written or sees? */
extern bool BtrMixedExists(Relation rel, int64 cohort);

/* The stream's cohort if it does; else BTR_NO_COHORT. */
extern int64 BtrMixedCohort(Relation rel, const pg_uuid_t *stream);

/*
 * Finds the first cohort after *cohort (BTR_NO_COHORT: the first of all) that has rows which snapshot
 * sees, and how many have come to it since its last compaction, about; false if there is none.
 */
extern bool BtrMixedNextCohort(Relation rel, Snapshot snapshot, int64 *cohort, int *waiting);

/* Does the cohort have rows with points of the stream that snapshot sees? */
extern bool BtrMixedHolds(Relation rel, int64 cohort, const pg_uuid_t *stream,
						  Snapshot snapshot);

/*
 * Appends the stream's points that snapshot sees in the order of insertion.  own: as
 * skip_absorbed of BtrBufferRead().
 */
extern void BtrMixedRead(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
						 bool own, BtrPointArray *array);

/* The streams that have rows which snapshot sees, sorted (palloc'd), and their number. */
extern pg_uuid_t *BtrMixedStreams(Relation rel, Snapshot snapshot, int64 *n);

/*
 * Appends points of streams of one cohort, which are sorted by uuid, as rows of command
 * cid, btrdb.mixed being open.  Returns whether a compaction is due.
 */
extern bool BtrMixedAppend(const BtrAppend *to, Relation rel, int64 cohort,
						   const BtrMixPart *part, int nparts, CommandId cid);

/* ---- compact.c ---- */

/* What compactions have moved, the sum of several. */
typedef struct BtrCompacted
{
	int64		streams;
	int64		points;
} BtrCompacted;

/*
 * Moves the cohort's points to the buffers of their streams.  Mandatory: all of them; waits for
 * others that are at it, and raises 40001 where a snapshot of the transaction is too old.
 * Optional: as many as one statement may well move, without waiting; nothing in REPEATABLE READ and
 * SERIALIZABLE; flushes a few buffers that have become full.  Returns whether no row is left
 * that was committed before.  Adds to *done, which may be NULL.
 */
extern bool BtrCompact(Relation rel, int64 cohort, bool mandatory, BtrCompacted *done);

/*
 * A mandatory one that does not wait.  Returns an invalid id or that of a transaction which is at a
 * row: then the rows before it have been moved, which is to be rolled back.
 */
extern TransactionId BtrCompactUnlessBlocked(Relation rel, int64 cohort);

#endif							/* BTR_MIXED_H */
