/*
 * compact.c
 *		From btrdb.mixed to the write buffers of single streams.
 *
 * A compaction deletes rows of a cohort in their order and appends their points to btrdb.buffer,
 * a row per stream, under the same command: every snapshot sees the points in the one
 * place or in the other.  Nothing is locked but the rows, by deleting them.  Whoever comes
 * second finds the first one deleted and leaves it at that.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "stream/mixed.h"
#include "stream/numbers.h"

/* Rows of one pass, whose points are held in memory. */
#define PASS_ROWS		256

/* Rows of an optional compaction, about, so that its time is bounded. */
#define ROWS_MAX		256

/* Streams that there is room for at first. */
#define STREAMS_AT_FIRST	128

/* Buffers that one compaction flushes at most, so that no statement pays for all. */
#define FLUSHES_MAX		4

/* The points of one stream: as many as are surely a single block. */
typedef struct StreamPoints
{
	pg_uuid_t	stream;
	int			n;
	int64		time[BTR_MIX_MAX_POINTS];
	double		value[BTR_MIX_MAX_POINTS];
} StreamPoints;

/* How a pass ends. */
typedef enum PassEnd
{
	PASS_DONE,					/* no rows are left */
	PASS_FULL,
	PASS_BLOCKED				/* somebody else is at the next row */
} PassEnd;

typedef struct Pass
{
	/* Info */
	Relation	rel;			/* btrdb.points */
	bool		mandatory;
	bool		wait;			/* for others that are at a row */
	BtrCompacted *done;			/* may be NULL */

	/* Variables */
	TransactionId blocker;		/* who is at a row that was not waited for */
	streams_hash *table;
	StreamPoints **points;		/* by number */
	uint32		nstreams;
	uint32		size;			/* allocated */
	int			rows;			/* of all passes */

	/* Streams whose buffers are due to be flushed */
	pg_uuid_t	due[FLUSHES_MAX];
	int			ndue;
} Pass;

static BtrReuse reuse;

/*
 * Returns the number of a stream; a new one if it has not come yet.  guess: the number it may
 * have.
 */
static uint32
stream_number(Pass *pass, const pg_uuid_t *stream, uint32 guess)
{
	StreamEntry *entry;
	bool		found;

	if (guess < pass->nstreams &&
		memcmp(&pass->points[guess]->stream, stream, UUID_LEN) == 0)
		return guess;

	entry = streams_insert(pass->table, *stream, &found);
	if (!found)
	{
		StreamPoints *points = palloc(sizeof(StreamPoints));

		if (pass->nstreams == pass->size)
		{
			pass->size *= 2;
			pass->points = repalloc(pass->points, pass->size * sizeof(StreamPoints *));
		}
		points->stream = *stream;
		points->n = 0;
		entry->number = pass->nstreams;
		pass->points[pass->nstreams++] = points;
	}
	return entry->number;
}

/*
 * Finds the streams of a block: number[i] becomes that of its stream i.  Returns false if a
 * stream would have more points than a pass may hold of it.
 */
static bool
find_streams(Pass *pass, const BtrMix *mix, uint32 *number)
{
	uint32		guess = 0;

	for (int i = 0; i < mix->nstreams; i++)
	{
		pg_uuid_t	stream;
		int			start;

		BtrMixStream(mix, i, &stream);
		number[i] = stream_number(pass, &stream, guess);
		guess = number[i] + 1;
		if (pass->points[number[i]]->n + BtrMixPoints(mix, i, &start) > BTR_MIX_MAX_POINTS)
			return false;
	}
	return true;
}

/*
 * Appends the points of a row to those of its streams.
 */
static void
take_points(Pass *pass, const BtrMixedScan *scan, const BtrMix *mix, const uint32 *number)
{
	for (int i = 0; i < mix->nstreams; i++)
	{
		StreamPoints *points = pass->points[number[i]];
		int			start;
		int			n = BtrMixPoints(mix, i, &start);

		/* Two streams of a damaged row may be the same one. */
		if (points->n + n > BTR_MIX_MAX_POINTS ||
			!BtrMixRead(mix, start, n, points->time + points->n, points->value + points->n))
			BtrMixedScanReportDamage(scan);
		points->n += n;
	}
}

/*
 * Deletes a row.  TM_Deleted: somebody has compacted it since the snapshot was taken;
 * TM_BeingModified, where nobody is waited for: somebody is at it.
 */
static TM_Result
delete_row(Pass *pass, const BtrMixedScan *scan)
{
	TM_FailureData failure;
	TM_Result	result;

	result = table_tuple_delete(scan->rel, &scan->tuple->t_self, GetCurrentCommandId(true),
								GetActiveSnapshot(), InvalidSnapshot, pass->wait,
								&failure, false);
	if (result == TM_BeingModified)
		pass->blocker = failure.xmax;
	else if (result != TM_Ok && IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access to cohort %lld of streams due to concurrent update",
						(long long) scan->cohort),
				 errhint("The transaction might succeed if retried.")));
	return result;
}

/*
 * Takes rows that the active snapshot sees until the pass is full, or until one comes that
 * another transaction may give back: later ones must not overtake it.
 */
static PassEnd
take_rows(Pass *pass, int64 cohort)
{
	PassEnd		end = PASS_DONE;
	BtrMixedScan scan;

	BtrMixedScanBegin(&scan, pass->rel, cohort, GetActiveSnapshot(), 0, RowExclusiveLock);
	for (int rows = 0; BtrMixedScanNext(&scan, ForwardScanDirection); rows++, pass->rows++)
	{
		uint32		number[BTR_MIX_MAX_POINTS];
		TM_Result	result;
		BtrMix		mix;

		if (scan.current)
			BtrMixedScanOpen(&scan, &mix);
		if (rows == PASS_ROWS || (scan.current && !find_streams(pass, &mix, number)))
		{
			end = PASS_FULL;
			break;
		}
		result = delete_row(pass, &scan);
		BTR_DEBUG_POINT("row");
		if (result == TM_Ok)
			BtrReusePage(&reuse, scan.rel, scan.tuple);
		if (result == TM_Ok && scan.current)
			take_points(pass, &scan, &mix, number);
		else if (result != TM_Ok && result != TM_Deleted && result != TM_Updated)
		{
			end = PASS_BLOCKED;
			break;
		}
	}
	BtrMixedScanEnd(&scan);
	return end;
}

/*
 * Says whether a stream was removed: nobody sees its points any more.
 */
static bool
is_removed(const pg_uuid_t *stream)
{
	return BtrKnownCohort(stream, BtrHashStream(stream)) == BTR_NO_COHORT &&
		BtrIsRetired(stream, GetActiveSnapshot());
}

/*
 * Appends the points that a pass has taken to the buffers of their streams, and notes which of
 * these are full.
 */
static void
write_buffers(Pass *pass)
{
	BtrAppend	to;

	BtrAppendBegin(&to, BtrGetCatalog()->buffer, BtrGetCatalog()->buffer_idx);
	for (uint32 i = 0; i < pass->nstreams; i++)
	{
		StreamPoints *taken = pass->points[i];
		BtrPoints	points = {taken->time, taken->value, taken->n};
		BtrVersion	latest;

		/* All points of a stream may have been of rows that were not got. */
		if (points.n == 0 || is_removed(&taken->stream))
			continue;
		BtrSortPoints(taken->time, taken->value, taken->n);
		BtrVersionLatest(pass->rel, &taken->stream, GetActiveSnapshot(), &latest);
		if (BtrBufferAppend(&to, pass->rel, &taken->stream, &points, &latest,
							GetCurrentCommandId(true)) == BTR_FLUSH_DUE &&
			pass->ndue < FLUSHES_MAX)
			pass->due[pass->ndue++] = taken->stream;
		if (pass->done != NULL)
		{
			pass->done->streams++;
			pass->done->points += points.n;
		}
	}
	BtrAppendEnd(&to);
}

/*
 * Moves points of the cohort, as many as a pass may hold.  The active snapshot is the
 * same for all passes, but for what those before have done.
 */
static PassEnd
run_pass(Pass *pass, int64 cohort)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "btrdb compaction",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	PassEnd		end;

	pass->nstreams = 0;
	pass->size = STREAMS_AT_FIRST;
	pass->table = streams_create(context, pass->size, NULL);
	pass->points = palloc(pass->size * sizeof(StreamPoints *));

	end = take_rows(pass, cohort);
	BTR_DEBUG_POINT("taken");
	write_buffers(pass);
	CommandCounterIncrement();
	UpdateActiveSnapshotCommandId();

	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	return end;
}

/*
 * Moves the cohort's points, by as many passes as it takes.
 *
 * All passes have the snapshot of the first: two mandatory compactions delete the rows that they
 * have in common in the same order, and one waits for the other.  With a newer one, a row before
 * those that were deleted may turn up, of a transaction that was slow to commit, and they might
 * wait for each other.
 */
static PassEnd
run_passes(Pass *pass, int64 cohort)
{
	PassEnd		end;

	/* What this transaction has written so far must be seen. */
	CommandCounterIncrement();
	BtrPushChangeSnapshot();
	do
	{
		end = run_pass(pass, cohort);
		BTR_DEBUG_POINT("compacted");
	} while (end == PASS_FULL && (pass->mandatory || pass->rows < ROWS_MAX));
	PopActiveSnapshot();
	return end;
}

/*
 * Moves the cohort's points to the buffers of their streams; see mixed.h.
 *
 * An optional one flushes some of the buffers that are full, if it has moved everything: else
 * a version might contain a part of what one call has inserted.  A mandatory one must not lock
 * streams, for its caller is about to wait for the lock of one.
 */
bool
BtrCompact(Relation rel, int64 cohort, bool mandatory, BtrCompacted *done)
{
	Pass		pass = {.rel = rel, .mandatory = mandatory, .wait = mandatory, .done = done};
	PassEnd		end;

	if (!mandatory && IsolationUsesXactSnapshot())
		return false;

	end = run_passes(&pass, cohort);
	for (int i = 0; i < pass.ndue && end == PASS_DONE && !mandatory; i++)
	{
		BtrVersion	latest;

		(void) BtrFlush(rel, &pass.due[i], NULL, false, &latest);
	}
	return end == PASS_DONE;
}

/*
 * Moves all of the cohort's points, or returns the transaction that is in the way, having moved
 * some; see mixed.h.
 */
TransactionId
BtrCompactUnlessBlocked(Relation rel, int64 cohort)
{
	Pass		pass = {.rel = rel, .mandatory = true};

	(void) run_passes(&pass, cohort);
	return pass.blocker;
}
