/*
 * flush.c
 *		From the write buffer to the tree.
 *
 * A flush locks the stream, takes a snapshot, merges the buffered points that
 * it sees into the tree, inserts the version row and deletes the buffer rows,
 * all in the caller's transaction: whoever sees the version does not see the
 * rows, and the reverse.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "guc.h"
#include "stream/announce.h"
#include "stream/buffer.h"

/* What a flush needs per buffered point: the point, and again to sort it. */
#define FLUSH_POINT_SIZE	(2 * (sizeof(int64) + sizeof(double)))

/* A flush at work. */
typedef struct Flush
{
	/* Info */
	Relation	rel;			/* btrdb.points */
	const pg_uuid_t *stream;
	int64		most;			/* points per version */

	/* Variables */
	BtrVersion *version;		/* the newest one */
	BtrPointArray pending;		/* points of deleted rows, in the order of the rows */

	/* Memory */
	MemoryContext context;		/* reset for each version */
} Flush;

static BtrReuse reuse;

/* Memory that a session may keep for its next flush: more than most need. */
#define KEPT_MEMORY		(1024 * 1024)

/*
 * Keeps the C library from giving the memory of each flush back to the operating system, from
 * which the next one would get it page by page again, zeroed: a third of what a flush costs.
 *
 * glibc keeps what is freed if as much has been freed in one piece before.  Elsewhere this does
 * nothing.
 */
static void
keep_memory(void)
{
	static bool done = false;

	if (!done)
		pfree(MemoryContextAlloc(TopMemoryContext, KEPT_MEMORY));
	done = true;
}

/*
 * Returns the ordinal of the buffer row at which an optional flush begins.
 *
 * Rows that a transaction has deleted itself can be neither vacuumed nor skipped
 * by the index before it ends.  A transaction that inserts a million points one
 * by one flushes a thousand times: each flush would read all rows of those before
 * it again.  So it begins after the last row that was flushed.  A row of another
 * session may be there that has been committed since, with an ordinal below: it
 * stays for another transaction's flush, and readers see it.
 */
static int64
first_to_flush(const pg_uuid_t *stream)
{
	int64		flushed = BtrGetHint(stream)->flushed;

	return flushed > 0 ? flushed + 1 : 0;
}

/*
 * Makes a version of the pending points, the oldest first, and then points (or
 * NULL).  Increments the command counter; no points are pending afterwards.
 */
static void
commit_version(Flush *flush, const BtrPoints *points)
{
	BtrVersion *version = flush->version;
	BtrPointArray *pending = &flush->pending;
	MemoryContext old = MemoryContextSwitchTo(flush->context);
	bool		buffered = pending->n > 0;
	BtrPoints	all;
	BtrWriter	writer;

	if (!buffered)
		all = *points;
	else
	{
		if (points != NULL)
			BtrPointArrayAppend(pending, points);
		BtrSortPoints(pending->time, pending->value, pending->n);
		all = BtrPointArrayPoints(pending);
	}

	version->base = version->version;
	version->version++;
	if (BtrRootIsEmpty(&version->root))
		version->phase = BtrPhaseFor(&all);
	BtrWriterInit(&writer, flush->rel, flush->stream, version->version);
	version->root = BtrTreeMerge(&writer, &version->root, version->phase, &all,
								 false);
	BtrWriterFinish(&writer);
	BtrVersionInsert(flush->rel, flush->stream, version);
	if (buffered)
		BtrAnnouncePoints(flush->stream, BTR_WRITE_FLUSH, &all, version->version);

	memset(pending, 0, sizeof(*pending));
	MemoryContextSwitchTo(old);
	MemoryContextReset(flush->context);
}

/*
 * Commits what snapshot sees of the buffer, and then points (or NULL): as one
 * version, or several if it is more than a flush may hold in memory.
 */
static void
flush_buffer(Flush *flush, const BtrPoints *points, Snapshot snapshot, int64 from)
{
	BtrBufferScan scan;
	bool		any = false;

	BtrBufferScanBegin(&scan, flush->rel, flush->stream, snapshot, from, RowExclusiveLock);
	while (BtrBufferScanNext(&scan, ForwardScanDirection))
	{
		MemoryContext old;

		if (flush->pending.n > 0 && flush->pending.n + scan.count > flush->most)
			commit_version(flush, NULL);

		old = MemoryContextSwitchTo(flush->context);
		BtrBufferScanPoints(&scan, &flush->pending);
		MemoryContextSwitchTo(old);
		BtrDeleteRow(scan.rel, &scan.tuple->t_self, flush->stream);
		BtrReusePage(&reuse, scan.rel, scan.tuple);
		any = true;
		/* Less, if all that was left is rows that were committed late. */
		if (scan.ordinal > flush->version->flushed_ordinal)
		{
			flush->version->flushed_ordinal = scan.ordinal;
			flush->version->flushed_total = scan.total;
		}
	}
	BtrBufferScanEnd(&scan);
	BTR_DEBUG_POINT("absorbed");

	if (flush->pending.n > 0 || points != NULL)
		commit_version(flush, points);
	else if (any)
		CommandCounterIncrement();	/* rows of another store were deleted */
	if (any)
		BtrGetHint(flush->stream)->flushed = flush->version->flushed_ordinal;
}

/*
 * Commits the stream's buffer and, if points is not NULL, these sorted points after
 * it.  If there is nothing to commit, no version is made.  *result is the newest
 * version then, and the stream is locked.
 *
 * Optional (mandatory is false): returns false, having done nothing, if another
 * transaction has locked the stream, under SERIALIZABLE, or if the newest version
 * is invisible to the transaction's snapshot.  Mandatory: waits for the lock, and
 * raises 40001 in the last case.
 *
 * Points in btrdb.mixed stay where they are; see BtrDrain().
 */
bool
BtrFlush(Relation rel, const pg_uuid_t *stream, const BtrPoints *points,
		 bool mandatory, BtrVersion *result)
{
	Flush		flush = {0};

	/* There it would only add conflicts between transactions. */
	if (!mandatory && IsolationIsSerializable())
		return false;
	if (!BtrChangeBegin(rel, stream, mandatory, result))
		return false;

	keep_memory();
	flush.rel = rel;
	flush.stream = stream;
	flush.most = (int64) btrdb_flush_memory * 1024 / FLUSH_POINT_SIZE;
	flush.version = result;
	flush.context = AllocSetContextCreate(CurrentMemoryContext, "btrdb flush",
										  ALLOCSET_DEFAULT_SIZES);
	flush_buffer(&flush, points != NULL && points->n > 0 ? points : NULL,
				 GetActiveSnapshot(), mandatory ? 0 : first_to_flush(stream));
	MemoryContextDelete(flush.context);
	PopActiveSnapshot();
	return true;
}
