/*
 * maintain.c
 *		What is to be done now and then: flushing buffers, deleting finished garbage rows.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "gc/gc.h"
#include "guc.h"
#include "stream/buffer.h"

/* One call works no longer than this, or until the stream at hand is done. */
#define MAINTAIN_MS		10000

/*
 * A buffer that is not filled any more is flushed if it is at least so full, as a part
 * of the limits at which an insert flushes.  A flush of less would write more than it is worth.
 */
#define DUE_PART		8

static bool
out_of_time(TimestampTz started)
{
	return TimestampDifferenceExceeds(started, GetCurrentTimestamp(), MAINTAIN_MS);
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
 * Flushes buffers that are due, of streams that the caller sees and nobody has locked,
 * in the order of their uuids.
 */
static void
flush_due(Relation rel, TimestampTz started, BtrMaintained *done)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	pg_uuid_t	stream;
	bool		found = BtrBufferNextStream(NULL, snapshot, &stream);

	for (; found && !out_of_time(started);
		 found = BtrBufferNextStream(&stream, snapshot, &stream))
	{
		BtrVersion	before;
		BtrVersion	after;

		CHECK_FOR_INTERRUPTS();
		BtrVersionLatest(rel, &stream, snapshot, &before);
		if (is_due(rel, &stream, snapshot, &before) && BtrStreamIsVisible(&stream) &&
			BtrFlush(rel, &stream, NULL, false, &after) && after.version > before.version)
		{
			done->streams++;
			done->items += after.root.stat.count - before.root.stat.count;
		}
	}
	UnregisterSnapshot(snapshot);
}

/*
 * Deletes garbage rows of nodes that VACUUM has freed, or that went with their store.
 * Only one session at a time does.
 */
static void
delete_finished(Relation rel, TimestampTz started, BtrMaintained *done)
{
	FullTransactionId freed = BtrGarbageDone(rel);
	int64		store = BtrStoreId(rel);
	HASHCTL		ctl = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(pg_uuid_t)};
	HTAB	   *streams;
	BtrGarbageScan scan;
	BtrGarbage	garbage;

	if (!ConditionalLockRelationOid(BtrGetCatalog()->garbage, ShareUpdateExclusiveLock))
		return;
	streams = hash_create("btrdb garbage streams", 256, &ctl, HASH_ELEM | HASH_BLOBS);
	PushActiveSnapshot(GetLatestSnapshot());
	BtrGarbageScanBegin(&scan, GetActiveSnapshot(), InvalidFullTransactionId,
						FullTransactionIdFromU64(PG_UINT64_MAX), RowExclusiveLock);
	while (!out_of_time(started) && BtrGarbageScanNext(&scan, &garbage))
	{
		if (garbage.store == store && !FullTransactionIdPrecedes(garbage.pruned, freed))
			continue;
		BtrDeleteRow(scan.rel, &garbage.row, &garbage.stream);
		hash_search(streams, &garbage.stream, HASH_ENTER, NULL);
		done->items++;
	}
	BtrGarbageScanEnd(&scan);
	PopActiveSnapshot();
	CommandCounterIncrement();
	done->streams = hash_get_num_entries(streams);
	hash_destroy(streams);
}

/*
 * Does what is due; see gc.h.
 */
void
BtrMaintain(Relation rel, BtrMaintained *done)
{
	TimestampTz started = GetCurrentTimestamp();

	memset(done, 0, sizeof(BtrMaintained) * BTR_MAINTAIN_ACTIONS);
	done[0].action = "flush";
	done[1].action = "garbage";
	flush_due(rel, started, &done[0]);
	delete_finished(rel, started, &done[1]);
}
