/*
 * gather.c
 *		Gathers the points of INSERT and COPY until the statement ends.
 *
 * A statement's rows come one by one and in any order; its streams want them
 * all at once.  So they wait in memory, tagged with the subtransaction and the
 * command that inserted them, until the end of the statement or until they are more
 * than btrdb.gather_memory.  Several commands may gather at once: a function that
 * an INSERT calls may insert too.
 *
 * Rows of a heap are visible to later commands at once, also to those of a
 * function called by the same statement.  So whoever reads writes first what
 * commands before it have gathered.  Points of an outer subtransaction must not
 * be written by an inner one, which may be rolled back alone: they are read from
 * memory.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "guc.h"
#include "stream/gather.h"
#include "stream/mixed.h"
#include "stream/numbers.h"

/* What a point needs: itself, its stream's number, and again itself when it is written. */
#define POINT_SIZE		(2 * (sizeof(int64) + sizeof(double)) + sizeof(uint32))

/* What a stream needs: two places in the hash table, uuid, and the start of its points. */
#define STREAM_SIZE		(2 * sizeof(StreamEntry) + sizeof(pg_uuid_t) + 3 * sizeof(int64) + sizeof(BtrInsertPart) + sizeof(StreamRank))

/* Points and streams that there is room for at first. */
#define POINTS_AT_FIRST		64
#define STREAMS_AT_FIRST	8
#define STREAMS_AT_FIRST_MAX	4096

struct BtrGather
{
	/* Info */
	BtrGather  *outer;			/* begun before */
	SubTransactionId subid;
	CommandId	cid;
	Oid			relid;			/* btrdb.points */
	bool		bulk;
	BtrMerge	merge;			/* as it was set when the command began */
	bool		adding;			/* in the middle of BtrGatherAdd() */
	bool		asks;			/* whether a stream exists is asked, although known */
	MemoryContext context;		/* holds all of this */

	/* Points in the order in which they came */
	int64	   *time;
	double	   *value;
	uint32	   *number;			/* of the stream */
	int64		n;
	int64		size;

	/* Streams; all exist */
	streams_hash *table;
	pg_uuid_t  *stream;
	int64	   *cohort;			/* see mixed.h */
	uint32		nstreams;
	uint32		streams_size;
	uint32		last;			/* number of the last point's stream */
};

/* The newest one. */
static BtrGather *newest = NULL;

/*
 * How many streams the last statement brought, up to a limit: the next one will be like it, and
 * then its hash table need not grow.
 */
static uint32 usual_streams = STREAMS_AT_FIRST;

/*
 * Removes one from the list and frees its memory.
 */
static void
drop(BtrGather *gather)
{
	BtrGather **link = &newest;

	while (*link != gather)
		link = &(*link)->outer;
	*link = gather->outer;
	MemoryContextDelete(gather->context);
}

/*
 * Raises an error if points of the current subtransaction, or of any if subid is
 * InvalidSubTransactionId, were not written: they would be lost.
 */
static void
check_written(SubTransactionId subid)
{
	for (BtrGather *gather = newest; gather != NULL; gather = gather->outer)
	{
		if (gather->n > 0 &&
			(subid == InvalidSubTransactionId || gather->subid == subid))
			elog(ERROR, "%lld points were gathered but not written",
				 (long long) gather->n);
	}
}

/*
 * Refuses to commit points that were not written; forgets them after an abort.
 */
static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PARALLEL_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			check_written(InvalidSubTransactionId);
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PARALLEL_ABORT:
			newest = NULL;		/* the memory is the transaction's */
			break;
	}
}

/*
 * The same for a subtransaction.
 */
static void
at_subtransaction_end(SubXactEvent event, SubTransactionId subid,
					  SubTransactionId parent, void *arg)
{
	BtrGather  *gather;
	BtrGather  *outer;

	if (event == SUBXACT_EVENT_PRE_COMMIT_SUB)
		check_written(subid);
	if (event != SUBXACT_EVENT_ABORT_SUB && event != SUBXACT_EVENT_COMMIT_SUB)
		return;
	for (gather = newest; gather != NULL; gather = outer)
	{
		outer = gather->outer;
		if (gather->subid == subid)
			drop(gather);
	}
}

/*
 * Registers what happens to gathered points at the end of a transaction; once per
 * session.
 */
void
BtrGatherInit(void)
{
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction_end, NULL);
}

/*
 * Returns where the points of command cid of the current subtransaction are
 * gathered; NULL if that was not begun.
 */
BtrGather *
BtrGatherFind(CommandId cid)
{
	SubTransactionId subid = GetCurrentSubTransactionId();

	for (BtrGather *gather = newest; gather != NULL; gather = gather->outer)
	{
		if (gather->cid == cid && gather->subid == subid)
			return gather;
	}
	return NULL;
}

/*
 * Begins to gather points of command cid of the current subtransaction.  bulk: they
 * wait for BtrGatherFinishBulk(), not BtrGatherFinish().  The memory is the
 * transaction's.
 */
BtrGather *
BtrGatherBegin(Relation rel, CommandId cid, bool bulk)
{
	MemoryContext context;
	BtrGather  *gather;

	context = AllocSetContextCreate(TopTransactionContext, "btrdb gathered points",
									ALLOCSET_DEFAULT_SIZES);
	gather = MemoryContextAllocZero(context, sizeof(BtrGather));
	gather->context = context;
	gather->subid = GetCurrentSubTransactionId();
	gather->cid = cid;
	gather->relid = RelationGetRelid(rel);
	gather->bulk = bulk;
	gather->merge = (BtrMerge) btrdb_merge;
	BtrCheckMergeRight(gather->merge);
	gather->asks = IsolationIsSerializable() ||
		check_enable_rls(BtrGetCatalog()->streams, InvalidOid, true) == RLS_ENABLED;

	gather->size = POINTS_AT_FIRST;
	gather->time = MemoryContextAlloc(context, gather->size * sizeof(int64));
	gather->value = MemoryContextAlloc(context, gather->size * sizeof(double));
	gather->number = MemoryContextAlloc(context, gather->size * sizeof(uint32));
	gather->streams_size = usual_streams;
	gather->stream = MemoryContextAlloc(context, gather->streams_size * sizeof(pg_uuid_t));
	gather->cohort = MemoryContextAlloc(context, gather->streams_size * sizeof(int64));
	gather->table = streams_create(context, gather->streams_size, NULL);

	gather->outer = newest;
	newest = gather;
	return gather;
}

/* A stream to be sorted; most comparisons end with the first bytes of the uuid. */
typedef struct StreamRank
{
	int64		cohort;
	uint64		front;
	const pg_uuid_t *stream;
	uint32		number;
} StreamRank;

/*
 * Compares two streams by cohort and uuid.
 */
static inline int
compare_streams(const StreamRank *a, const StreamRank *b)
{
	if (a->cohort != b->cohort)
		return a->cohort < b->cohort ? -1 : 1;
	if (a->front != b->front)
		return a->front < b->front ? -1 : 1;
	return memcmp(a->stream, b->stream, UUID_LEN);
}

#define ST_SORT sort_ranks
#define ST_ELEMENT_TYPE StreamRank
#define ST_COMPARE(a, b) compare_streams(a, b)
#define ST_SCOPE static
#define ST_DEFINE
#include "lib/sort_template.h"

/*
 * Sorts the numbers of the streams by cohort and uuid into order.
 */
static void
sort_streams(const BtrGather *gather, uint32 *order)
{
	StreamRank *rank = MemoryContextAllocHuge(CurrentMemoryContext,
											  gather->nstreams * sizeof(StreamRank));

	for (uint32 i = 0; i < gather->nstreams; i++)
	{
		uint64		front;

		memcpy(&front, &gather->stream[i], sizeof(front));
		rank[i].cohort = gather->cohort[i];
		rank[i].front = pg_ntoh64(front);
		rank[i].stream = &gather->stream[i];
		rank[i].number = i;
	}
	sort_ranks(rank, gather->nstreams);
	for (uint32 i = 0; i < gather->nstreams; i++)
		order[i] = rank[i].number;
	pfree(rank);
}

/*
 * Sorts the points by stream, those of a stream in the order in which they came, into
 * points.  order gets the numbers of the streams, by cohort and uuid, end where the points of
 * stream number i end.
 */
static void
sort_by_stream(const BtrGather *gather, BtrPointArray *points, uint32 *order, int64 *end)
{
	int64		next = 0;

	sort_streams(gather, order);

	/* One pass counts the points of each stream, one puts them in their places. */
	for (int64 i = 0; i < gather->n; i++)
		end[gather->number[i]]++;
	for (uint32 i = 0; i < gather->nstreams; i++)
	{
		int64		count = end[order[i]];

		end[order[i]] = next;
		next += count;
	}
	for (int64 i = 0; i < gather->n; i++)
	{
		int64		to = end[gather->number[i]]++;

		points->time[to] = gather->time[i];
		points->value[to] = gather->value[i];
	}
}

/*
 * Inserts points by the command's merge policy.
 */
static void
merge_parts(const BtrGather *gather, Relation rel, BtrInsertPart *part)
{
	for (uint32 i = 0; i < gather->nstreams; i++)
		BtrCheckNotGathered(&part[i].stream, gather->cid);
	BtrInsertMergeMany(rel, part, gather->nstreams, gather->merge);
}

/*
 * Writes the gathered points.  early: for a reader in the middle of the statement, which
 * takes them as rows of command cid.
 */
static void
write_points(BtrGather *gather, bool early)
{
	BtrPointArray points = {gather->time, gather->value, gather->n, gather->size};
	Relation	rel;
	MemoryContext context;
	MemoryContext old;
	uint32	   *order;
	int64	   *end;
	BtrInsertPart *part;
	int64		start = 0;

	if (gather->n == 0)
		return;
	usual_streams = Max(STREAMS_AT_FIRST, Min(gather->nstreams, STREAMS_AT_FIRST_MAX));

	rel = table_open(gather->relid, RowExclusiveLock);
	context = AllocSetContextCreate(CurrentMemoryContext, "btrdb sorted points",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	order = MemoryContextAllocHuge(context, gather->nstreams * sizeof(uint32));
	end = MemoryContextAllocExtended(context, gather->nstreams * sizeof(int64),
									 MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	part = MemoryContextAllocHuge(context, gather->nstreams * sizeof(BtrInsertPart));
	if (gather->nstreams == 1)
	{
		order[0] = 0;
		end[0] = gather->n;
	}
	else
	{
		memset(&points, 0, sizeof(points));
		BtrPointArrayReserve(&points, gather->n);
		sort_by_stream(gather, &points, order, end);
	}

	for (uint32 i = 0; i < gather->nstreams; i++)
	{
		part[i].stream = gather->stream[order[i]];
		part[i].cohort = gather->cohort[order[i]];
		part[i].time = points.time + start;
		part[i].value = points.value + start;
		part[i].n = end[order[i]] - start;
		start = end[order[i]];
	}
	if (gather->merge == BTR_MERGE_NEVER)
		BtrInsertMany(rel, part, gather->nstreams, early, gather->cid);
	else
		merge_parts(gather, rel, part);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	table_close(rel, NoLock);

	gather->n = 0;
	gather->nstreams = 0;
	streams_reset(gather->table);
}

/*
 * Writes the points if they, and room for one more, need more than
 * btrdb.gather_memory.
 */
static void
limit_memory(BtrGather *gather)
{
	if ((gather->n + 1) * POINT_SIZE + (gather->nstreams + 1) * STREAM_SIZE >
		(Size) btrdb_gather_memory * 1024)
		write_points(gather, false);
}

/*
 * Makes room for more points: twice as many, but not much more than the limit of
 * memory allows.
 */
static void
grow(BtrGather *gather)
{
	int64		most = (int64) btrdb_gather_memory * 1024 / POINT_SIZE + 1;
	int64		size = Max(Min(2 * gather->size, most), gather->size + POINTS_AT_FIRST);

	gather->time = repalloc_huge(gather->time, size * sizeof(int64));
	gather->value = repalloc_huge(gather->value, size * sizeof(double));
	gather->number = repalloc_huge(gather->number, size * sizeof(uint32));
	gather->size = size;
}

/*
 * Returns the number of a stream, a new one if no point of it has come yet.  Raises
 * 42704 if the stream does not exist.
 */
static uint32
stream_number(BtrGather *gather, const pg_uuid_t *stream)
{
	uint32		hash = BtrHashStream(stream);
	StreamEntry *entry = streams_lookup_hash(gather->table, *stream, hash);
	int64		cohort;
	bool		found;

	if (entry != NULL)
		return entry->number;

	cohort = BtrKnownCohort(stream, hash);
	if (gather->asks || cohort == BTR_NO_COHORT)
	{
		/* Policies may call functions that read, or even COPY, which writes what is gathered. */
		gather->adding = true;
		BtrCheckStreamOfRow(stream);
		cohort = BtrStreamCohortNow(stream);
		gather->adding = false;
	}
	if (gather->nstreams == gather->streams_size)
	{
		gather->stream = repalloc_huge(gather->stream,
									   2 * gather->streams_size * sizeof(pg_uuid_t));
		gather->cohort = repalloc_huge(gather->cohort,
									   2 * gather->streams_size * sizeof(int64));
		gather->streams_size *= 2;
	}
	entry = streams_insert_hash(gather->table, *stream, hash, &found);
	gather->stream[gather->nstreams] = *stream;
	gather->cohort[gather->nstreams] = cohort;
	entry->number = gather->nstreams++;
	return entry->number;
}

/*
 * Adds a point, whose time and value are valid, after those that have come before.
 * Raises 42704 if the stream does not exist or row-level security hides it.  If
 * memory is used up, everything gathered so far is written first.
 */
void
BtrGatherAdd(BtrGather *gather, const pg_uuid_t *stream, int64 time, double value)
{
	limit_memory(gather);
	if (gather->nstreams == 0 ||
		memcmp(&gather->stream[gather->last], stream, UUID_LEN) != 0)
		gather->last = stream_number(gather, stream);
	if (gather->n == gather->size)
		grow(gather);
	gather->time[gather->n] = time;
	gather->value[gather->n] = value;
	gather->number[gather->n] = gather->last;
	gather->n++;
}

/*
 * Writes what command cid of the current subtransaction has gathered.  end: no more
 * will come.
 */
void
BtrGatherFinish(CommandId cid, bool end)
{
	SubTransactionId subid = GetCurrentSubTransactionId();
	BtrGather  *outer;

	for (BtrGather *gather = newest; gather != NULL; gather = outer)
	{
		outer = gather->outer;
		if (gather->bulk || gather->cid != cid || gather->subid != subid)
			continue;
		write_points(gather, false);
		if (end)
			drop(gather);
	}
}

/*
 * Writes what bulk commands of the current subtransaction have gathered, and ends
 * them.
 */
void
BtrGatherFinishBulk(void)
{
	SubTransactionId subid = GetCurrentSubTransactionId();
	BtrGather  *outer;

	for (BtrGather *gather = newest; gather != NULL; gather = outer)
	{
		outer = gather->outer;
		if (!gather->bulk || gather->subid != subid)
			continue;
		write_points(gather, false);
		if (!gather->adding)
			drop(gather);
	}
}

/*
 * Says whether any command has points that are not written.
 */
bool
BtrGatherIsPending(void)
{
	for (BtrGather *gather = newest; gather != NULL; gather = gather->outer)
	{
		if (gather->n > 0)
			return true;
	}
	return false;
}

/*
 * Writes what commands of the current subtransaction before cid have gathered.
 *
 * What a merge policy is for waits for the end of its statement: it makes versions, which
 * such a reader could not see.
 */
void
BtrGatherWriteBefore(CommandId cid)
{
	SubTransactionId subid;

	if (newest == NULL)
		return;
	subid = GetCurrentSubTransactionId();
	for (BtrGather *gather = newest; gather != NULL; gather = gather->outer)
	{
		if (gather->cid < cid && gather->subid == subid && gather->merge == BTR_MERGE_NEVER)
			write_points(gather, true);
	}
}

/*
 * Adds the points of the stream that commands before cid have gathered, in outer
 * subtransactions, to *points, which stay sorted.  Returns their number; only
 * counts if points is NULL.
 */
int64
BtrGatherRead(const pg_uuid_t *stream, CommandId cid, BtrPoints *points)
{
	BtrPointArray array = {0};
	int64		found = 0;

	for (BtrGather *gather = newest; gather != NULL; gather = gather->outer)
	{
		StreamEntry *entry;

		if (gather->n == 0 || gather->cid >= cid ||
			(points != NULL && gather->merge != BTR_MERGE_NEVER))
			continue;
		entry = streams_lookup(gather->table, *stream);
		if (entry == NULL)
			continue;
		if (points != NULL && found == 0)
			BtrPointArrayAppend(&array, points);
		for (int64 i = 0; i < gather->n; i++)
		{
			if (gather->number[i] != entry->number)
				continue;
			found++;
			if (points == NULL)
				continue;
			BtrPointArrayReserve(&array, 1);
			array.time[array.n] = gather->time[i];
			array.value[array.n] = gather->value[i];
			array.n++;
		}
	}
	if (points != NULL && found > 0)
	{
		BtrSortPoints(array.time, array.value, array.n);
		*points = BtrPointArrayPoints(&array);
	}
	return found;
}
