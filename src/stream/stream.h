/*
 * stream.h
 *		Streams, their versions, their write buffer: what is transactional.
 *
 * Everything here is keyed by the stream's uuid and read with the caller's
 * snapshot.  doc/design.md numbers the invariants; src/stream/README.md has the lock order.
 */
#ifndef BTR_STREAM_H
#define BTR_STREAM_H

#include "nodes/parsenodes.h"
#include "storage/lockdefs.h"
#include "utils/jsonb.h"
#include "utils/snapshot.h"
#include "utils/timestamp.h"

#include "tree/tree.h"

/* ---- catalog.c: the extension's tables ---- */

/* Oids of the relations in schema btrdb, looked up by name once per session and cached. */
typedef struct BtrCatalog
{
	Oid			points;
	Oid			streams,
				streams_pkey,	/* (uuid) */
				streams_retention_idx,	/* (uuid) of those with a retention */
				streams_ageing_idx,	/* (uuid) of those whose old points are trimmed or deleted */
				streams_channel_idx;	/* (uuid) of those with a channel */
	Oid			versions,
				versions_pkey;	/* (stream, version) */
	Oid			buffer,
				buffer_idx;		/* (stream, ordinal) */
	Oid			mixed,
				mixed_idx;		/* (cohort, ordinal) */
	Oid			heads,
				heads_pkey;		/* (stream) */
	Oid			retired,
				retired_pkey;	/* (stream) */
	Oid			garbage,
				garbage_idx;	/* (pruned) */
	uint64		era;			/* another one after each change of one of them, and
								 * after each removal of a stream */
} BtrCatalog;

extern const BtrCatalog *BtrGetCatalog(void);

/* Columns of btrdb.streams */
#define Anum_streams_uuid				1
#define Anum_streams_retention			11
#define Anum_streams_channel			12
#define Anum_streams_number				13
#define Anum_streams_keep				14
#define Anum_streams_trim_after			15
#define Anum_streams_trim_pointwidth	16

/* ---- access.c: who may do what ---- */

/*
 * Opens btrdb.points for an operation on a stream: lockmode, a check of the ACL_* right
 * on btrdb.points (42501), and that the stream exists and row-level security lets
 * the user see it (42704, naming it); a stream of NULL is none in particular.  Close
 * with table_close(rel, NoLock).
 */
extern Relation BtrStoreOpen(const pg_uuid_t *stream, LOCKMODE lockmode, AclMode right);

/*
 * Raises 55006 if statements before command cid, outside of the current subtransaction, have points
 * of the stream that are not written: what depends on all of its points cannot be done.
 */
extern void BtrCheckNotGathered(const pg_uuid_t *stream, CommandId cid);

/*
 * Raises 42501 if the current user may not insert points by a policy that looks at those
 * that are there, or removes some.
 */
extern void BtrCheckMergeRight(BtrMerge merge);

/*
 * Likewise to remove a stream whose row is gone already; needs the right to DELETE.
 */
extern Relation BtrStoreOpenToObliterate(const pg_uuid_t *stream);

/*
 * Says whether row-level security of btrdb.streams may hide streams from the current
 * user; raises 42501 under row_security = off.
 */
extern bool BtrStreamsAreFiltered(void);

/* Says whether the stream exists and row-level security lets the user see it. */
extern bool BtrStreamIsVisible(const pg_uuid_t *stream);

/*
 * Makes all sessions look again which streams there are; to be called by whoever deletes
 * one from btrdb.streams.
 */
extern void BtrForgetStreams(void);

/* Raises 42704 if it is not; a writer sees what its own statement has created. */
extern void BtrCheckStream(const pg_uuid_t *stream, bool writer);

/* Likewise for a row to be inserted into btrdb.points; a restore may insert before the stream's row. */
extern void BtrCheckStreamOfRow(const pg_uuid_t *stream);

/* Raises 42704 about a stream. */
pg_noreturn extern void BtrReportNoStream(const pg_uuid_t *stream);

/* Is this a logical restore by a role with the rights of the owner of a table? */
extern bool BtrIsRestore(Oid relid);

/*
 * Lists at most max streams that the user may see, in uuid order or against it,
 * from *from on.
 */
extern int	BtrVisibleStreams(const pg_uuid_t *from, bool backward,
							  pg_uuid_t *streams, int max);

/* Raises 25006 and the like for a function that writes, and assigns a transaction id. */
extern void BtrPrepareWrite(const char *function);

/* Formats a uuid for messages (palloc'd). */
extern char *BtrUuidText(const pg_uuid_t *uuid);

/* ---- properties.c: what the properties of a stream must be like ---- */

/* Raises 22023, with the limit, if one is not. */
extern void BtrCheckProperties(const text *collection, Jsonb *tags, Jsonb *annotations);

/* ---- version.c: rows of btrdb.versions ---- */

typedef struct BtrVersion
{
	int64		version;		/* BTR_VERSION_EMPTY: the stream was never written */
	int64		base;			/* version it was made from */
	TimestampTz created;
	int			phase;
	BtrRoot		root;			/* empty if the row is of another store */
	BtrEdge		earliest;		/* first and last point; (0, 0) if empty */
	BtrEdge		latest;
	int64		flushed_ordinal;	/* place of the last buffer row in it */
	int64		flushed_total;
	bool		own;			/* inserted by the current transaction */
	ItemPointerData row;		/* of the row itself; invalid if there is none */
} BtrVersion;

/* The newest version that snapshot sees; version BTR_VERSION_EMPTY and an empty root if none. */
extern void BtrVersionLatest(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
							 BtrVersion *result);

/* The newest version that the current transaction may know of, its own included. */
extern void BtrVersionCurrent(Relation rel, const pg_uuid_t *stream, BtrVersion *latest);

/* The oldest version that snapshot sees, likewise. */
extern void BtrVersionOldest(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
							 BtrVersion *result);

/*
 * Version number version (> 0) of the stream.  1 to 10 are the empty stream.  Raises
 * 22023, naming the versions that remain, if there is no such version.
 */
extern void BtrVersionGet(Relation rel, const pg_uuid_t *stream, int64 version,
						  Snapshot snapshot, BtrVersion *result);

/*
 * Calls visit for each version row of the stream that snapshot sees, by number, until
 * it returns false.
 */
typedef bool (*BtrVersionCallback) (const BtrVersion *version, void *arg);
extern void BtrVersionWalk(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
						   BtrVersionCallback visit, void *arg);

/*
 * Inserts the row that makes a version exist, and increments the command counter.  Sets
 * created (at least the one that is there: of the version before), earliest, latest and
 * own.  The stream must be locked.
 */
extern void BtrVersionInsert(Relation rel, const pg_uuid_t *stream, BtrVersion *version);

/* ---- buffer.c: rows of btrdb.buffer ---- */

/* Joins the last small rows of the stream's buffer if nobody has locked the stream. */
extern void BtrBufferFold(Relation rel, const pg_uuid_t *stream);

/*
 * Reads the stream's buffered points that snapshot sees, sorted by time, equal times in
 * insertion order.  skip_absorbed: leave out rows whose deleter has committed.
 */
extern void BtrBufferRead(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
						  bool skip_absorbed, BtrPoints *points);

/* ---- streams.c: which streams have points ---- */

/*
 * The first stream after *stream (NULL: the first of all), in uuid order, that has
 * buffered rows which snapshot sees; false if there is none.
 */
extern bool BtrBufferNextStream(const pg_uuid_t *stream, Snapshot snapshot,
								pg_uuid_t *next);

/* A list of the streams that were ever written, in uuid order; fields are private. */
typedef struct BtrStreams
{
	Snapshot	snapshot;
	pg_uuid_t	last;
	bool		begun;			/* last is set */
	pg_uuid_t  *mixed;			/* those of btrdb.mixed, sorted */
	int64		nmixed;
	int64		next_mixed;
} BtrStreams;

extern void BtrStreamsBegin(BtrStreams *streams, Relation rel, Snapshot snapshot);
extern bool BtrStreamsNext(BtrStreams *streams, pg_uuid_t *next);

/* Which registered streams. */
typedef enum BtrStreamChoice
{
	BTR_STREAMS_ALL,
	BTR_STREAMS_RETAINED,		/* with a retention of their own */
	BTR_STREAMS_AGEING			/* whose old points are trimmed or deleted */
} BtrStreamChoice;

/* Likewise, of the registered streams that are chosen. */
extern bool BtrRegisteredNextStream(const pg_uuid_t *stream, BtrStreamChoice choice,
									Snapshot snapshot, pg_uuid_t *next);

/* Picks a registered stream at random; false if it finds none. */
extern bool BtrRandomStream(Snapshot snapshot, pg_uuid_t *stream);

/* ---- retired.c: streams that were removed ---- */

/* Does snapshot see that the stream was removed?  SnapshotSelf: by now. */
extern bool BtrIsRetired(const pg_uuid_t *stream, Snapshot snapshot);

/* Notes that it is removed. */
extern void BtrRetire(const pg_uuid_t *stream);

/* ---- lock.c: the lock of a stream ---- */

/*
 * Locks the stream to the end of the transaction; false if it is removed, or if wait is
 * false and it is taken.
 */
extern bool BtrStreamLock(const pg_uuid_t *stream, bool wait);

/* Ends the lock of a stream, which is locked, for ever: it is removed by this transaction. */
extern void BtrStreamLockRemove(const pg_uuid_t *stream);

/* ---- change.c: what every change of versions begins with ---- */

/*
 * Locks the stream, pushes the snapshot to read with, which the caller pops, and finds
 * the newest version.  wait: as in BtrFlush(), mandatory; raises 42704 if the stream
 * has been removed meanwhile.
 */
extern bool BtrChangeBegin(Relation rel, const pg_uuid_t *stream, bool wait,
						   BtrVersion *latest);

/* Makes the snapshot that a change reads with the active one. */
extern void BtrPushChangeSnapshot(void);

/* Deletes a row of a stream that is locked; 40001 if another transaction did before. */
extern void BtrDeleteRow(Relation rel, ItemPointer tid, const pg_uuid_t *stream);

/* Raises 40001 about a stream. */
pg_noreturn extern void BtrReportSerializationFailure(const pg_uuid_t *stream);

/* ---- flush.c, compact.c: from buffer to tree ---- */

/*
 * Commits the stream's buffer and, if points is not NULL, these sorted points after
 * it.  Optional: returns false, having done nothing, if the stream is locked or the
 * isolation level forbids it.  Mandatory: waits, and raises 40001 if the newest
 * version is invisible to a REPEATABLE READ snapshot.  *result is the newest version after it.
 */
extern bool BtrFlush(Relation rel, const pg_uuid_t *stream, const BtrPoints *points,
					 bool mandatory, BtrVersion *result);

/* btrdb_insert's work: sorts, then buffer or tree.  Returns the latest committed version. */
extern int64 BtrInsert(Relation rel, const pg_uuid_t *stream, int64 *time, double *value, int64 n);

/* Points of one stream, of several that one statement brings. */
typedef struct BtrInsertPart
{
	pg_uuid_t	stream;
	int64		cohort;			/* see mixed.h */
	int64	   *time;
	double	   *value;
	int64		n;
} BtrInsertPart;

/*
 * Inserts points of streams sorted by cohort and uuid.  early: only into the buffer, as rows of
 * command cid; else of the current one.
 */
extern void BtrInsertMany(Relation rel, const BtrInsertPart *part, uint32 nparts,
						  bool early, CommandId cid);

/* ---- drain.c ---- */

/*
 * Commits all points of the stream, those in btrdb.mixed included.  Waits for the stream's lock and for
 * others that are at its rows of btrdb.mixed, for neither of them while it holds any.  As after a
 * mandatory BtrFlush(), the stream is locked and *latest is the newest version.
 */
extern void BtrDrain(Relation rel, const pg_uuid_t *stream, BtrVersion *latest);

/*
 * Moves what btrdb.mixed has of streams sorted by cohort to their buffers, for mandatory flushes of
 * several to find it there.  Waits for others that are at it; to be called before any stream is locked.
 */
extern void BtrDrainMixed(Relation rel, const BtrInsertPart *part, uint32 nparts);

/* ---- write.c ---- */

/*
 * Inserts points, which it sorts in place and may leave out, by a policy other than never.  Waits
 * for the stream's lock, as a delete does.  Returns the latest committed version.
 */
extern int64 BtrInsertMerge(Relation rel, const pg_uuid_t *stream, int64 *time, double *value,
							int64 n, BtrMerge merge);

/*
 * Likewise of several streams, which it sorts in place, by cohort and uuid on entry.  Waits for their
 * locks in the order of uuids.
 */
extern void BtrInsertMergeMany(Relation rel, BtrInsertPart *part, uint32 nparts, BtrMerge merge);

/* btrdb_delete's work; always makes a version. */
extern int64 BtrDelete(Relation rel, const pg_uuid_t *stream, int64 start, int64 end);

/* Likewise, of a stream whose latest version BtrFlush() has found, and which becomes the one made. */
extern void BtrDeleteVersion(Relation rel, const pg_uuid_t *stream, BtrVersion *latest,
							 int64 start, int64 end);

/* btrdb_trim's work; makes no version if there is nothing to trim. */
extern int64 BtrTrim(Relation rel, const pg_uuid_t *stream, int64 before, int pointwidth);

/* Likewise, of a stream whose latest version BtrFlush() has found; returns whether it made one. */
extern bool BtrTrimVersion(Relation rel, const pg_uuid_t *stream, BtrVersion *latest,
						   int64 before, int pointwidth);

/* btrdb_revert's work. */
extern int64 BtrRevert(Relation rel, const pg_uuid_t *stream, int64 version);

/* ---- view.c: what a query sees ---- */

/* One version of a stream: a tree and, for the latest, what is buffered beside it. */
typedef struct BtrView
{
	BtrTree		tree;
	BtrVersion	version;
	BtrPoints	buffer;
} BtrView;

/*
 * What the active snapshot sees of the stream at version (0: latest, with the buffer).
 */
extern void BtrViewOpen(Relation rel, const pg_uuid_t *stream, int64 version, BtrView *view);

/*
 * Points that a scan gives at once, to be taken one after the other.
 */
typedef struct BtrRun
{
	BtrPoints	points;			/* in time order */
	int64		next;			/* the one to take next */
	int			step;			/* -1: they are taken from the end */
	int64		left;			/* how many have not been taken */
} BtrRun;

/* Takes a point; one must be left. */
static inline BtrPoint
BtrRunTake(BtrRun *run)
{
	BtrPoint	point = {run->points.time[run->next], run->points.value[run->next]};

	run->next += run->step;
	run->left--;
	return point;
}

/* Readers over tree and buffer together, as in tree.h. */
typedef struct BtrViewScan BtrViewScan;
extern BtrViewScan *BtrViewScanBegin(const BtrView *view, int64 start, int64 end,
									 bool backward);

/* As BtrScanLimitValues(). */
extern void BtrViewScanLimitValues(BtrViewScan *scan, double low, double high);

/* As BtrScanSpareMemory(). */
extern void BtrViewScanSpareMemory(BtrViewScan *scan);

/* The next run; false at the end. */
extern bool BtrViewScanNextRun(BtrViewScan *scan, BtrRun *run);

/* Passes over points before time that were not given yet; forward only. */
extern void BtrViewScanSkipTo(BtrViewScan *scan, int64 time);

/* Number of leaves read so far. */
extern int64 BtrViewScanLeaves(const BtrViewScan *scan);

/* As BtrScanPassOver(), of tree and buffer together. */
extern void BtrViewScanPassOver(BtrViewScan *scan, BtrPassOver callback, void *arg);

/* Points, or the summary of some that were passed over: all those in a range, of which there are some. */
typedef struct BtrSection
{
	bool		passed;
	BtrRange	range;			/* if passed */
	BtrStat		stat;			/* if passed */
	BtrRun		run;			/* else */
} BtrSection;

/* The next section, where subtrees may be passed over. */
extern bool BtrViewScanNextSection(BtrViewScan *scan, BtrSection *section);
extern void BtrViewScanCount(const BtrViewScan *scan, BtrReadCounts *counts);

typedef struct BtrViewWindows BtrViewWindows;
extern BtrViewWindows *BtrViewWindowsBegin(const BtrView *view, int64 start, uint64 width,
										   uint64 nwindows, int depth);
extern bool BtrViewWindowsNext(BtrViewWindows *windows, uint64 *index, BtrStat *stat);
extern void BtrViewWindowsCount(const BtrViewWindows *windows, BtrReadCounts *counts);

/* The statistics of [start, end). */
extern BtrStat BtrViewStat(const BtrView *view, int64 start, int64 end);

extern bool BtrViewNearest(const BtrView *view, int64 time, bool backward, BtrPoint *point);

/* As BtrSeeker. */
typedef struct BtrViewSeeker BtrViewSeeker;
extern BtrViewSeeker *BtrViewSeekBegin(const BtrView *view, bool backward, bool alone);
extern bool BtrViewSeek(BtrViewSeeker *seeker, int64 time, BtrPoint *point);

/* The first or last point, and its time, of a range in which there are some; else XX001. */
extern void BtrViewSeekIn(BtrViewSeeker *seeker, const BtrRange *range, BtrPoint *point);
extern int64 BtrViewSeekTime(BtrViewSeeker *seeker, const BtrRange *range);
extern void BtrViewSeekCount(const BtrViewSeeker *seeker, BtrReadCounts *counts);

/* ---- gaps.c, crossing.c, asof.c: looking for things without reading everything ---- */

/* Stretches of more than longer_than nanoseconds without points. */
typedef struct BtrViewGaps BtrViewGaps;
extern BtrViewGaps *BtrViewGapsBegin(const BtrView *view, int64 start, int64 end,
									 int64 longer_than);

/*
 * The next gap in [start, end): from a point, or start, to the next one, or end; false at the
 * end.
 */
extern bool BtrViewGapsNext(BtrViewGaps *gaps, BtrRange *gap);
extern void BtrViewGapsCount(const BtrViewGaps *gaps, BtrReadCounts *counts);

/* How values pass a threshold. */
typedef enum BtrCrossing
{
	BTR_CROSSING_UP = 1,		/* from below it to it or above */
	BTR_CROSSING_DOWN = 2,		/* the other way */
	BTR_CROSSING_ANY = 3
} BtrCrossing;

/*
 * Finds the first, or last, point of [start, end) that lies on the other side of a threshold
 * than the one before it, which is in the range, too; false if there is none.  Adds to *counts
 * what it reads.
 */
extern bool BtrViewCrossing(const BtrView *view, int64 start, int64 end, double threshold,
							BtrCrossing direction, bool last, BtrPoint *point,
							BtrReadCounts *counts);

/* Which point belongs to a time. */
typedef enum BtrAsofDirection
{
	BTR_ASOF_BACKWARD,			/* the last one at or before it */
	BTR_ASOF_FORWARD,			/* the first one at or after it */
	BTR_ASOF_NEAREST			/* whichever of the two is nearer, the former if none is */
} BtrAsofDirection;

/* No point is too far away. */
#define BTR_ASOF_UNLIMITED	PG_INT64_MAX

/* Finds the points that belong to times, at most tolerance nanoseconds away; alone: to one time only. */
typedef struct BtrViewAsof BtrViewAsof;
extern BtrViewAsof *BtrViewAsofBegin(const BtrView *view, BtrAsofDirection direction,
									 int64 tolerance, bool alone);
extern bool BtrViewAsofFind(BtrViewAsof *asof, int64 time, BtrPoint *point);
extern void BtrViewAsofCount(const BtrViewAsof *asof, BtrReadCounts *counts);

/* ---- integral.c, rate.c: sums over time ---- */

/* What a stream's value is between two points. */
typedef enum BtrBetween
{
	BTR_BETWEEN_LINEAR,			/* on the line between them */
	BTR_BETWEEN_STEP			/* that of the former, which also goes on after the last one */
} BtrBetween;

/*
 * Integrates the value over [start, end), in seconds, or finds its mean over time, as far as there
 * is a value; false if nowhere.
 */
extern bool BtrViewIntegral(const BtrView *view, int64 start, int64 end, BtrBetween between,
							bool mean, double *result);

/* How much a counter rises in each of nwindows windows, as in BtrViewWindowsBegin(). */
typedef struct BtrViewRate BtrViewRate;
extern BtrViewRate *BtrViewRateBegin(const BtrView *view, int64 start, uint64 width,
									 uint64 nwindows);

/* The next window with a point that has one before it, and its increase; false at the end. */
extern bool BtrViewRateNext(BtrViewRate *rate, uint64 *index, double *increase);
extern void BtrViewRateCount(const BtrViewRate *rate, BtrReadCounts *counts);

/* ---- viewoutline.c, lttb.c: few points that look like many ---- */

/* Starts to find the points that draw n columns of [start, end), which is not empty. */
typedef struct BtrViewOutlines BtrViewOutlines;
extern BtrViewOutlines *BtrViewOutlinesBegin(const BtrView *view, int64 start, int64 end, uint64 n);

/*
 * Puts those of the next column that is not empty into points, BTR_OUTLINE_POINTS at most, by time; returns
 * how many they are, 0 at the end.
 */
extern int	BtrViewOutlinesNext(BtrViewOutlines *outlines, BtrPoint *points);
extern void BtrViewOutlinesCount(const BtrViewOutlines *outlines, BtrReadCounts *counts);

/* Starts to choose at most n points, 3 or more, of [start, end). */
typedef struct BtrLttb BtrLttb;
extern BtrLttb *BtrLttbBegin(const BtrView *view, int64 start, int64 end, int64 n);

/* The next chosen one, by time; false at the end. */
extern bool BtrLttbNext(BtrLttb *lttb, BtrPoint *point);

/* Number of leaves read so far. */
extern int64 BtrLttbLeaves(const BtrLttb *lttb);

/* ---- view.c ---- */

/* Calls emit for the ranges that differ: sorted, disjoint, coalesced. */
extern void BtrViewChanges(const BtrView *from, const BtrView *to, int resolution,
						   BtrRangeCallback emit, void *arg);

/* ---- join.c: the points of several streams, side by side ---- */

typedef struct BtrJoin BtrJoin;

/* The points of one time, one of each stream that has one. */
typedef struct BtrJoinRow
{
	int64		time;
	int			n;
	int		   *input;			/* numbers of the streams, ascending */
	double	   *value;
} BtrJoinRow;

/*
 * Starts to join n streams, which are then added, in order.  Gives the points of [start, end);
 * if period is not 0, those whose times are in it once they are rounded to multiples of it, ties to the
 * later one, and of those of one stream and multiple the nearest.  To be used in one memory context.
 */
extern BtrJoin *BtrJoinBegin(int n, int64 start, int64 end, int64 period);
extern void BtrJoinAdd(BtrJoin *join, const BtrView *view);

/* The next row, by time, valid until the next call; NULL at the end. */
extern const BtrJoinRow *BtrJoinNext(BtrJoin *join);

/* Adds what has been read so far; points count if a row shows them, or might have. */
extern void BtrJoinCount(const BtrJoin *join, int64 *leaves, int64 *points);

/* ---- tablescan.c: the points of many streams, as rows of a table ---- */

typedef struct BtrTableScan BtrTableScan;

/* What the processes that run one scan share. */
typedef struct BtrScanShare BtrScanShare;

/* What a scan reads, and in which order. */
typedef struct BtrScanChoice
{
	const pg_uuid_t *streams;	/* sorted, or NULL: all */
	int			nstreams;
	int64		start;			/* of time: [start, end) */
	int64		end;
	double		low;			/* of values: [low, high]; runs may have others, too */
	double		high;
	bool		streams_backward;
	bool		time_backward;	/* in each stream */
} BtrScanChoice;

/* What a scan has read so far. */
typedef struct BtrScanCounts
{
	int64		streams;
	int64		parts;			/* of streams */
	int64		leaves;
	int64		rows;			/* of all runs */
} BtrScanCounts;

/* Size, initialisation and, at any time, counts of what is shared (share.c). */
extern Size BtrScanShareSize(void);
extern void BtrScanShareInit(BtrScanShare *share, bool parallel);
extern void BtrScanShareCounts(BtrScanShare *share, BtrScanCounts *counts);

/*
 * Starts a scan of the latest points that snapshot sees, by stream and time.  Streams
 * that the user may not see are left out.  share: NULL, or what processes share that
 * divide one scan; each reads, in order, what no other does.  They must have the same
 * snapshot, choose the same and not read time backward.
 */
extern BtrTableScan *BtrTableScanBegin(Relation rel, Snapshot snapshot,
									   const BtrScanChoice *choice, BtrScanShare *share);

/*
 * Goes to the next stream and opens it, for readers of other things than points; false at
 * the end.  Both are valid until the next call.
 */
extern bool BtrTableScanNextView(BtrTableScan *scan, const pg_uuid_t **stream,
								 const BtrView **view);

/* The next points, all of the stream that *stream then points to; false at the end. */
extern bool BtrTableScanNext(BtrTableScan *scan, const pg_uuid_t **stream, BtrRun *run);
extern void BtrTableScanCounts(const BtrTableScan *scan, BtrScanCounts *counts);
extern void BtrTableScanEnd(BtrTableScan *scan);

/* Makes the TID of row number n (from 1 on) of a scan: rows have no place of their own. */
static inline void
BtrRowTid(int64 n, ItemPointer tid)
{
	ItemPointerSet(tid, (BlockNumber) ((n >> 8) & 0x7FFFFFFF), (OffsetNumber) ((n & 0xFF) + 1));
}

#endif							/* BTR_STREAM_H */
