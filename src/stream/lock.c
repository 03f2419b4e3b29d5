/*
 * lock.c
 *		The lock of a stream: a row lock on its row in btrdb.heads.
 *
 * A row lock takes no place in the shared lock table, so one transaction may
 * lock any number of streams.  The row is made by the first flush of its stream
 * and never changes; nothing is stored in it.  It goes with its stream, and no other
 * takes its place: who waited for it learns that the stream was removed.
 *
 * Rows of btrdb.heads are never read with an MVCC snapshot, so they cause no
 * serialization failures.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "stream/stream.h"

/* Columns of btrdb.heads */
#define Anum_heads_stream	1
#define Natts_heads			1

/*
 * Finds the stream's row that snapshot sees; false if there is none.
 */
static bool
find_head(Relation heads, const pg_uuid_t *stream, Snapshot snapshot, ItemPointer tid)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found;

	ScanKeyInit(&key, Anum_heads_stream, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(stream));
	scan = systable_beginscan(heads, BtrGetCatalog()->heads_pkey, true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found)
		*tid = tuple->t_self;
	systable_endscan(scan);
	return found;
}

/*
 * Locks a row to the end of the transaction.  Returns TM_WouldBlock if another
 * transaction holds it, which then is *holder; anything but TM_Ok and that: the row
 * is no longer what was found.
 */
static TM_Result
lock_row(Relation heads, ItemPointer tid, TransactionId *holder)
{
	HeapTupleData tuple;
	Buffer		buffer;
	TM_FailureData failure;
	TM_Result	result;

	tuple.t_self = *tid;
	result = heap_lock_tuple(heads, &tuple, GetCurrentCommandId(true),
							 LockTupleNoKeyExclusive, LockWaitSkip,
							 false, &buffer, &failure);
	ReleaseBuffer(buffer);
	if (result == TM_WouldBlock)
		*holder = failure.xmax;
	return result;
}

/*
 * Inserts the stream's row, which is then as good as locked: others find it and
 * wait for its inserter.
 */
static void
insert_head(Relation heads, const pg_uuid_t *stream)
{
	Datum		value[Natts_heads];
	bool		isnull[Natts_heads] = {false};
	HeapTuple	tuple;

	value[Anum_heads_stream - 1] = UUIDPGetDatum(stream);
	tuple = heap_form_tuple(RelationGetDescr(heads), value, isnull);
	CatalogTupleInsert(heads, tuple);
	heap_freetuple(tuple);
	CommandCounterIncrement();
}

/*
 * Makes the row of a stream that has none.  Returns TM_Ok if it did,
 * TM_WouldBlock if wait is false and another transaction is at it, TM_Updated if
 * another one has made the row meanwhile, TM_Deleted if the stream was removed: by
 * the transaction that deleted the row, so who does not find the one finds the other.
 *
 * A heavyweight lock, held for as long as this takes, keeps two transactions from
 * inserting the row at the same time, of which one would fail.
 */
static TM_Result
create_head(Relation heads, const pg_uuid_t *stream, bool wait)
{
	SnapshotData dirty;
	LOCKTAG		tag;
	ItemPointerData tid;
	TM_Result	result;
	bool		found;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, RelationGetRelid(heads),
					   hash_bytes(stream->data, UUID_LEN), 0);
	if (LockAcquire(&tag, ExclusiveLock, false, !wait) == LOCKACQUIRE_NOT_AVAIL)
		return TM_WouldBlock;

	InitDirtySnapshot(dirty);
	found = find_head(heads, stream, &dirty, &tid);
	if (!found && BtrIsRetired(stream, SnapshotSelf))
		result = TM_Deleted;
	else if (!found)
	{
		insert_head(heads, stream);
		result = TM_Ok;
	}
	else if (!TransactionIdIsValid(dirty.xmin) && !TransactionIdIsValid(dirty.xmax))
		result = TM_Updated;
	else
		result = wait ? TM_BeingModified : TM_WouldBlock;
	LockRelease(&tag, ExclusiveLock, false);
	BTR_DEBUG_POINT("head");

	if (result == TM_BeingModified)
	{
		XactLockTableWait(TransactionIdIsValid(dirty.xmin) ? dirty.xmin : dirty.xmax,
						  NULL, NULL, XLTW_None);
		result = TM_Updated;
	}
	return result;
}

/*
 * Locks the stream to the end of the transaction, or of the subtransaction if
 * that is rolled back.  Returns false if the stream has been removed, or if wait is
 * false and another transaction holds the lock.
 *
 * Who waits for a row in heap_lock_tuple() holds a lock meanwhile, his place in the queue, for which others
 * wait: he may be picked as the victim of a deadlock between transactions before and behind him.  So
 * this waits for the transaction that holds the row and then tries again, holding nothing.
 */
bool
BtrStreamLock(const pg_uuid_t *stream, bool wait)
{
	Relation	heads = table_open(BtrGetCatalog()->heads, RowExclusiveLock);
	bool		found;
	TM_Result	result;

	do
	{
		TransactionId holder = InvalidTransactionId;
		ItemPointerData tid;

		CHECK_FOR_INTERRUPTS();
		found = find_head(heads, stream, SnapshotSelf, &tid);
		result = found ? lock_row(heads, &tid, &holder) : create_head(heads, stream, wait);
		if (wait && result == TM_WouldBlock)
		{
			BTR_DEBUG_POINT("waiting");
			/* an invalid one has just let go of it */
			if (TransactionIdIsValid(holder))
				XactLockTableWait(holder, heads, &tid, XLTW_Lock);
			result = TM_Updated;
		}
	} while (result != TM_Ok && result != TM_WouldBlock && (found || result != TM_Deleted));

	table_close(heads, NoLock);
	BTR_DEBUG_POINT("lock");
	return result == TM_Ok;
}

/*
 * Deletes the row of a stream, which is locked and which this transaction removes.
 */
void
BtrStreamLockRemove(const pg_uuid_t *stream)
{
	Relation	heads = table_open(BtrGetCatalog()->heads, RowExclusiveLock);
	ItemPointerData tid;

	if (!find_head(heads, stream, SnapshotSelf, &tid))
		elog(ERROR, "stream \"%s\" is not locked", BtrUuidText(stream));
	BtrDeleteRow(heads, &tid, stream);
	table_close(heads, NoLock);
}
