/*
 * insert.c
 *		Inserts points, of one stream or of many.
 *
 * Points go to the tree if a call brings many of one stream, to btrdb.buffer, or, a few of
 * many streams each, to btrdb.mixed.  Those in btrdb.mixed count as inserted after those in
 * btrdb.buffer and in the tree.  So as long as the cohort of a stream has rows there, whatever
 * comes goes there too, or these rows go to the buffer first.
 *
 * Nothing here waits for another transaction.
 */
#include "postgres.h"

#include "access/xact.h"
#include "pgstat.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "guc.h"
#include "stream/announce.h"
#include "stream/mixed.h"

/*
 * A statement's points of a stream share rows with others if they are fewer than this.  A row
 * of its own costs more than their being written twice.
 */
#define MIX_POINTS		16

/* Fewer streams of one cohort do not share rows, unless rows are there already. */
#define MIX_STREAMS		4

/*
 * A statement compacts one cohort, and one more for each so many that it writes to: twice what
 * it adds on average.
 */
#define COHORTS_PER_COMPACTION	(btrdb_compact_rows / 2 + 1)

/* A statement that inserts points of many streams. */
typedef struct Insert
{
	/* Info */
	Relation	rel;			/* btrdb.points */
	bool		early;			/* only into the buffer, as rows of command cid */
	CommandId	cid;

	/* Variables */
	BtrAppend	mixed;			/* btrdb.mixed, once it is needed */

	/* Memory */
	MemoryContext context;		/* lasts longer than a cohort */
} Insert;

/*
 * Notes what goes to btrdb.mixed, of streams that have a channel.
 */
static void
announce_parts(const BtrMixPart *part, int nparts)
{
	for (int i = 0; i < nparts; i++)
	{
		int64		first = part[i].time[0];
		int64		last = first;

		for (int64 j = 1; j < part[i].n; j++)
		{
			first = Min(first, part[i].time[j]);
			last = Max(last, part[i].time[j]);
		}
		BtrAnnounce(part[i].stream, BTR_WRITE_INSERT, first, last + 1, 0);
	}
}

/*
 * Appends points of streams of a cohort to btrdb.mixed, which is open.  Returns whether a
 * compaction is due.
 */
static bool
append_mixed(const BtrAppend *to, Relation rel, int64 cohort, const BtrMixPart *part, int nparts,
			 CommandId cid)
{
	int64		n = 0;

	for (int i = 0; i < nparts; i++)
		n += part[i].n;
	if (BtrAnnouncesAny())
		announce_parts(part, nparts);

	/* ANALYZE and VACUUM become due by this */
	pgstat_count_heap_insert(rel, n);
	return BtrMixedAppend(to, rel, cohort, part, nparts, cid);
}

/*
 * Appends sorted points of one stream to btrdb.mixed, if cohort is one, or to btrdb.buffer.
 * Says what is due after that; for btrdb.mixed, a compaction instead of a flush.
 */
static BtrBufferDue
append(Relation rel, const pg_uuid_t *stream, int64 cohort, const BtrPoints *points,
	   const BtrVersion *latest, CommandId cid)
{
	BtrAppend	to;
	BtrBufferDue due;

	if (cohort != BTR_NO_COHORT)
	{
		BtrMixPart	part = {stream, points->time, points->value, points->n};

		BtrAppendBegin(&to, BtrGetCatalog()->mixed, BtrGetCatalog()->mixed_idx);
		due = append_mixed(&to, rel, cohort, &part, 1, cid) ? BTR_FLUSH_DUE : BTR_NOTHING_DUE;
	}
	else
	{
		BtrAnnouncePoints(stream, BTR_WRITE_INSERT, points, 0);
		pgstat_count_heap_insert(rel, points->n);
		BtrAppendBegin(&to, BtrGetCatalog()->buffer, BtrGetCatalog()->buffer_idx);
		due = BtrBufferAppend(&to, rel, stream, points, latest, cid);
	}
	BtrAppendEnd(&to);
	BTR_DEBUG_POINT("inserted");
	return due;
}

/*
 * Inserts many points of a stream into its tree.  Returns false, having inserted none, if that
 * would mean to wait.  cohort: the stream's, if that has rows in btrdb.mixed.
 */
static bool
insert_directly(Relation rel, const pg_uuid_t *stream, int64 cohort,
				const BtrPoints *points, BtrVersion *latest)
{
	if (cohort != BTR_NO_COHORT &&
		(BtrMixedHolds(rel, cohort, stream, SnapshotSelf) ||
		 (IsolationUsesXactSnapshot() &&
		  BtrMixedHolds(rel, cohort, stream, GetTransactionSnapshot()))) &&
		!BtrCompact(rel, cohort, false, NULL))
		return false;
	return BtrFlush(rel, stream, points, false, latest);
}

/*
 * Inserts points, which it sorts in place.  Returns the number of the stream's latest committed
 * version after that.
 */
int64
BtrInsert(Relation rel, const pg_uuid_t *stream, int64 *time, double *value, int64 n)
{
	BtrPoints	points = {time, value, n};
	BtrVersion	latest;
	int64		cohort;

	BtrVersionCurrent(rel, stream, &latest);
	if (n == 0)
		return latest.version;

	BtrSortPoints(time, value, n);
	cohort = BtrMixedCohort(rel, stream);
	BTR_DEBUG_POINT("inserting");
	if (n >= btrdb_direct_points && insert_directly(rel, stream, cohort, &points, &latest))
	{
		BtrAnnouncePoints(stream, BTR_WRITE_INSERT, &points, latest.version);
		pgstat_count_heap_insert(rel, n);
	}
	else
	{
		switch (append(rel, stream, cohort, &points, &latest, GetCurrentCommandId(true)))
		{
			case BTR_FLUSH_DUE:
				if (cohort == BTR_NO_COHORT)
					(void) BtrFlush(rel, stream, NULL, false, &latest);
				else
				{
					(void) BtrCompact(rel, cohort, false, NULL);
					BtrVersionCurrent(rel, stream, &latest);
				}
				break;
			case BTR_FOLD_DUE:
				BtrBufferFold(rel, stream);
				break;
			case BTR_NOTHING_DUE:
				break;
		}
	}
	return latest.version;
}

/*
 * Appends points, which it sorts in place, to the buffer, and nothing else, as rows of command
 * cid: commands after that see them.
 */
static void
insert_buffered(Relation rel, const BtrInsertPart *part, CommandId cid)
{
	BtrPoints	points = {part->time, part->value, part->n};
	BtrVersion	latest;

	BtrVersionCurrent(rel, &part->stream, &latest);
	BtrSortPoints(part->time, part->value, part->n);
	(void) append(rel, &part->stream, BtrMixedCohort(rel, &part->stream), &points, &latest, cid);
}

/*
 * Opens btrdb.mixed for all cohorts.
 */
static void
open_mixed(Insert *insert)
{
	MemoryContext old;

	if (insert->mixed.rel != NULL)
		return;
	old = MemoryContextSwitchTo(insert->context);
	BtrAppendBegin(&insert->mixed, BtrGetCatalog()->mixed, BtrGetCatalog()->mixed_idx);
	MemoryContextSwitchTo(old);
}

/*
 * Inserts points of streams of one cohort, sorted by uuid.  Returns whether a compaction is due.
 */
static bool
insert_cohort(Insert *insert, const BtrInsertPart *part, int nparts)
{
	Relation	rel = insert->rel;
	int64		cohort = part[0].cohort;
	BtrMixPart *few = palloc(nparts * sizeof(BtrMixPart));
	int			nfew = 0;
	bool		due = false;

	for (int i = 0; i < nparts; i++)
	{
		if (part[i].n >= MIX_POINTS || cohort == BTR_NO_COHORT)
			continue;
		few[nfew].stream = &part[i].stream;
		few[nfew].time = part[i].time;
		few[nfew].value = part[i].value;
		few[nfew++].n = part[i].n;
	}
	if (nfew > 0 && nfew < MIX_STREAMS && !BtrMixedExists(rel, cohort))
		nfew = 0;

	BTR_DEBUG_POINT("cohort");
	/* Before rows that they would have to join. */
	for (int i = 0; i < nparts; i++)
	{
		if (nfew > 0 && part[i].n < MIX_POINTS)
			continue;
		if (insert->early)
			insert_buffered(rel, &part[i], insert->cid);
		else
			(void) BtrInsert(rel, &part[i].stream, part[i].time, part[i].value, part[i].n);
	}
	if (nfew > 0)
	{
		open_mixed(insert);
		due = append_mixed(&insert->mixed, rel, cohort, few, nfew,
						   insert->early ? insert->cid : GetCurrentCommandId(true));
		BTR_DEBUG_POINT("mixed");
	}
	pfree(few);
	return due;
}

/*
 * Inserts points of streams sorted by cohort and uuid, which it may sort in place.  early: only
 * into the buffer, as rows of command cid.
 */
void
BtrInsertMany(Relation rel, const BtrInsertPart *part, uint32 nparts, bool early, CommandId cid)
{
	Insert		insert = {.rel = rel, .early = early, .cid = cid, .context = CurrentMemoryContext};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "btrdb points of a cohort",
												  ALLOCSET_DEFAULT_SIZES);
	int			ncohorts = 0;
	int			ncompacted = 0;
	uint32		end;

	MemoryContextSwitchTo(context);
	for (uint32 start = 0; start < nparts; start = end)
	{
		CHECK_FOR_INTERRUPTS();
		for (end = start + 1; end < nparts && part[end].cohort == part[start].cohort; end++)
			;
		if (insert_cohort(&insert, part + start, end - start) && !early &&
			ncompacted <= ncohorts / COHORTS_PER_COMPACTION)
		{
			(void) BtrCompact(rel, part[start].cohort, false, NULL);
			ncompacted++;
		}
		ncohorts++;
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(insert.context);
	if (insert.mixed.rel != NULL)
		BtrAppendEnd(&insert.mixed);
	MemoryContextDelete(context);
}
