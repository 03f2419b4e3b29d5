/*
 * maintain.c
 *		What is to be done now and then: compacting and flushing buffers, deleting and trimming old
 *		points, forgetting versions, deleting finished garbage rows.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/ps_status.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "debug.h"
#include "gc/gc.h"
#include "guc.h"
#include "stream/mixed.h"

/*
 * A buffer that is not filled any more is flushed if it is at least so full, as a part
 * of the limits at which an insert flushes.  A flush of less would write more than it is worth.
 */
#define DUE_PART		8

/* Progress is shown each time so many streams have been looked at. */
#define PROGRESS_STREAMS	64

/*
 * Moves what statements over many streams have left to the buffers of single streams, where that
 * is due.
 */
static void
compact_due(Relation rel, TimestampTz end, BtrMaintained *done)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	int64		cohort = BTR_NO_COHORT;
	BtrCompacted moved = {0};
	int			waiting;

	while (GetCurrentTimestamp() < end &&
		   BtrMixedNextCohort(rel, snapshot, &cohort, &waiting))
	{
		CHECK_FOR_INTERRUPTS();
		BTR_DEBUG_POINT("compacting");
		if (waiting >= Max(btrdb_compact_rows / DUE_PART, 1))
			(void) BtrCompact(rel, cohort, false, &moved);
	}
	UnregisterSnapshot(snapshot);
	done->streams = moved.streams;
	done->items = moved.points;
}

/*
 * Says whether a stream's buffer is worth a flush.
 */
static bool
is_due(Relation rel, const pg_uuid_t *stream, Snapshot snapshot, const BtrVersion *latest)
{
	BtrBufferScan scan;
	bool		due = false;

	BtrBufferScanBegin(&scan, rel, stream, snapshot, 0, AccessShareLock);
	if (BtrBufferScanNext(&scan, BackwardScanDirection))
		due = scan.ordinal - latest->flushed_ordinal >= Max(btrdb_buffer_rows / DUE_PART, 1) ||
			scan.total - latest->flushed_total >= Max(btrdb_buffer_points / DUE_PART, 1);
	BtrBufferScanEnd(&scan);
	return due;
}

/*
 * Says whether the buffer may hold a part of what a call has inserted, and btrdb.mixed the rest.
 */
static bool
is_partial(Relation rel, const pg_uuid_t *stream, Snapshot snapshot)
{
	int64		cohort = BtrStreamCohort(stream, snapshot);

	return cohort != BTR_NO_COHORT && BtrMixedHolds(rel, cohort, stream, snapshot);
}

/*
 * Flushes the stream's buffer if that is due, the user sees the stream and nobody has
 * locked it.
 */
static bool
flush_due(Relation rel, const pg_uuid_t *stream, BtrMaintained *done)
{
	Snapshot	snapshot = GetActiveSnapshot();
	BtrVersion	before;
	BtrVersion	after;

	BtrVersionLatest(rel, stream, snapshot, &before);
	if (is_due(rel, stream, snapshot, &before) && BtrStreamIsVisible(stream) &&
		!is_partial(rel, stream, snapshot) &&
		BtrFlush(rel, stream, NULL, false, &after) && after.version > before.version)
	{
		done->streams++;
		done->items += after.root.stat.count - before.root.stat.count;
	}
	return false;
}

/*
 * Deletes garbage rows of nodes that VACUUM has freed, or that went with their store, and
 * buffered rows of removed streams.  Only one session at a time does.
 */
static void
delete_finished(Relation rel, TimestampTz end, BtrMaintained *done)
{
	FullTransactionId freed = BtrGarbageDone(rel);
	int64		store = BtrStoreId(rel);
	HASHCTL		ctl = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(pg_uuid_t)};
	HTAB	   *streams;
	BtrGarbageScan scan;
	BtrGarbage	garbage;

	if (!ConditionalLockRelationOid(BtrGetCatalog()->garbage, ShareUpdateExclusiveLock))
		return;
	BTR_DEBUG_POINT("garbage");
	streams = hash_create("btrdb garbage streams", 256, &ctl, HASH_ELEM | HASH_BLOBS);
	PushActiveSnapshot(GetLatestSnapshot());
	BtrGarbageScanBegin(&scan, GetActiveSnapshot(), InvalidFullTransactionId,
						FullTransactionIdFromU64(PG_UINT64_MAX), RowExclusiveLock);
	while (GetCurrentTimestamp() < end && BtrGarbageScanNext(&scan, &garbage))
	{
		if (garbage.store == store && !FullTransactionIdPrecedes(garbage.pruned, freed))
			continue;
		BtrDeleteRow(scan.rel, &garbage.row, &garbage.stream);
		hash_search(streams, &garbage.stream, HASH_ENTER, NULL);
		done->items++;
	}
	BtrGarbageScanEnd(&scan);
	done->streams = hash_get_num_entries(streams);
	hash_destroy(streams);
	BTR_DEBUG_POINT("finished");
	BtrRemoveOrphans(rel, end, done);
	PopActiveSnapshot();
	CommandCounterIncrement();
}

/*
 * A kind of maintenance: of one stream after the other, or all at once.
 */
typedef struct Action
{
	const char *name;
	/* finds the next stream to look at */
	bool		(*next) (const pg_uuid_t *stream, Snapshot snapshot, pg_uuid_t *next);
	/* does what is due for it; returns whether there may be more */
	bool		(*work) (Relation rel, const pg_uuid_t *stream, BtrMaintained *done);
	/* or does what is due, until the time given */
	void		(*work_all) (Relation rel, TimestampTz end, BtrMaintained *done);
} Action;

static const Action actions[] = {
	{"compact", NULL, NULL, compact_due},
	{"flush", BtrBufferNextStream, flush_due, NULL},
	{"expire", BtrAgeNext, BtrExpire, NULL},
	{"trim", BtrAgeNext, BtrTrimOld, NULL},
	{"retain", BtrRetainNext, BtrRetain, NULL},
	{"garbage", NULL, NULL, delete_finished},
};

StaticAssertDecl(lengthof(actions) == BTR_MAINTAIN_ACTIONS, "BTR_MAINTAIN_ACTIONS is wrong");

/*
 * Prepares for maintenance that takes no more than about so many milliseconds, of which each kind
 * has a share and what those before it leave.
 */
void
BtrMaintainBegin(BtrMaintenance *state, int ms)
{
	memset(state, 0, sizeof(*state));
	state->started = GetCurrentTimestamp();
	state->ms = ms;
	for (int i = 0; i < BTR_MAINTAIN_ACTIONS; i++)
	{
		state->done[i].action = actions[i].name;
		state->done[i].of_all = actions[i].work_all != NULL;
	}
}

/*
 * Finds the stream to look at next: in the order of uuids, from one that is picked by
 * chance to the end, and then from the first on.  So none starves if time runs out.
 */
static bool
next_stream(BtrMaintenance *state, const Action *action)
{
	Snapshot	snapshot = GetActiveSnapshot();
	pg_uuid_t	next;

	if (!state->begun)
	{
		state->begun = true;
		state->more = false;
		state->wrapped = !BtrRandomStream(snapshot, &state->first);
		if (state->wrapped)
			memset(&state->first, 0xFF, sizeof(pg_uuid_t));
		state->stream = state->first;
		state->positioned = !state->wrapped;
	}
	if (!action->next(state->positioned ? &state->stream : NULL, snapshot, &next))
	{
		if (state->wrapped)
			return false;
		state->wrapped = true;
		if (!action->next(NULL, snapshot, &next))
			return false;
	}
	state->positioned = true;
	state->stream = next;
	return !state->wrapped || memcmp(&state->stream, &state->first, UUID_LEN) <= 0;
}

/*
 * Goes on to the next kind.
 */
static void
next_action(BtrMaintenance *state)
{
	state->action++;
	state->begun = false;
	state->shown = false;
	state->more = false;
	state->again = false;
}

/*
 * Tells in the context of an error which stream it is about.
 */
static void
describe_stream(void *arg)
{
	BtrMaintenance *state = (BtrMaintenance *) arg;

	errcontext("maintenance \"%s\" of stream \"%s\"",
			   actions[state->action].name, BtrUuidText(&state->stream));
}

/*
 * Shows what maintenance is at and how many streams it has looked at: in the process's title and, of
 * a process that does nothing else, in pg_stat_activity.
 */
static void
show_progress(const BtrMaintenance *state)
{
	char		text[100];

	snprintf(text, sizeof(text), "maintenance of btrdb: %s, %lld streams looked at",
			 actions[state->action].name, (long long) state->looked);
	set_ps_display(text);
	if (MyBackendType == B_BG_WORKER)
		pgstat_report_activity(STATE_RUNNING, text);
}

/*
 * Does what is due for the stream that was found.
 */
static void
maintain_stream(Relation rel, BtrMaintenance *state)
{
	BtrMaintained *done = &state->done[state->action];
	int64		streams = done->streams;
	ErrorContextCallback context;

	context.callback = describe_stream;
	context.arg = state;
	context.previous = error_context_stack;
	error_context_stack = &context;
	state->looked++;
	if (actions[state->action].work(rel, &state->stream, done))
		state->more = true;
	if (state->again)
		done->streams = streams;
	error_context_stack = context.previous;
}

/*
 * Does what is due for the next stream; see gc.h.
 */
bool
BtrMaintainStep(Relation rel, BtrMaintenance *state)
{
	for (; state->action < BTR_MAINTAIN_ACTIONS; next_action(state))
	{
		const Action *action = &actions[state->action];
		BtrMaintained *done = &state->done[state->action];
		TimestampTz end = TimestampTzPlusMilliseconds(state->started, (int64) state->ms *
													  (state->action + 1) / BTR_MAINTAIN_ACTIONS);
		bool		found;

		CHECK_FOR_INTERRUPTS();
		if (GetCurrentTimestamp() >= end)
		{
			state->unfinished |= done->items > 0;
			continue;
		}
		if (action->work_all)
		{
			state->looked++;
			show_progress(state);
			next_action(state);
			action->work_all(rel, end, done);
			state->unfinished |= GetCurrentTimestamp() >= end;
			return true;
		}
		PushActiveSnapshot(GetLatestSnapshot());
		found = next_stream(state, action);
		BTR_DEBUG_POINT("maintaining");
		if (found)
		{
			if (!state->shown || state->looked % PROGRESS_STREAMS == 0)
				show_progress(state);
			state->shown = true;
			maintain_stream(rel, state);
		}
		PopActiveSnapshot();
		if (found)
			return true;
		if (state->more)
		{
			state->begun = false;
			state->again = true;
			return true;
		}
	}
	return false;
}
