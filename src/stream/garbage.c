/*
 * garbage.c
 *		Rows of btrdb.garbage.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/xid8.h"

#include "stream/garbage.h"

/*
 * Prepares to write rows about nodes of a stream; points is btrdb.points.
 */
void
BtrGarbageWriterBegin(BtrGarbageWriter *writer, Relation points, const pg_uuid_t *stream)
{
	memset(writer, 0, sizeof(*writer));
	writer->points_rel = points;
	writer->rel = table_open(BtrGetCatalog()->garbage, RowExclusiveLock);
	writer->indexes = CatalogOpenIndexes(writer->rel);
	writer->garbage.pruned = GetTopFullTransactionId();
	writer->garbage.store = BtrStoreId(points);
	writer->garbage.stream = *stream;
}

/*
 * Writes the row of a node.
 */
void
BtrGarbageWrite(BtrGarbageWriter *writer, const BtrRef *ref, bool whole)
{
	const BtrGarbage *garbage = &writer->garbage;
	Datum		value[Natts_garbage];
	bool		isnull[Natts_garbage] = {false};
	ItemPointerData tid = ref->tid;
	HeapTuple	tuple;

	value[Anum_garbage_pruned - 1] = FullTransactionIdGetDatum(garbage->pruned);
	value[Anum_garbage_store - 1] = Int64GetDatum(garbage->store);
	value[Anum_garbage_stream - 1] = UUIDPGetDatum(&garbage->stream);
	value[Anum_garbage_root - 1] = PointerGetDatum(&tid);
	value[Anum_garbage_version - 1] = Int64GetDatum(ref->version);
	value[Anum_garbage_count - 1] = Int64GetDatum(ref->count);
	value[Anum_garbage_start - 1] = Int64GetDatum(ref->start);
	value[Anum_garbage_end - 1] = Int64GetDatum(ref->end);
	value[Anum_garbage_leaf - 1] = BoolGetDatum(ref->leaf);
	isnull[Anum_garbage_leaf - 1] = ref->root;
	value[Anum_garbage_whole - 1] = BoolGetDatum(whole);

	tuple = heap_form_tuple(RelationGetDescr(writer->rel), value, isnull);
	CatalogTupleInsertWithInfo(writer->rel, tuple, writer->indexes);
	heap_freetuple(tuple);
	writer->points += BtrGarbagePoints(ref, whole);
}

/*
 * Ends writing; keeps the lock.  Counts the points for autovacuum, which takes them for
 * dead rows; also if the transaction is rolled back, which VACUUM puts right.
 */
void
BtrGarbageWriterEnd(BtrGarbageWriter *writer)
{
	pgstat_update_heap_dead_tuples(writer->points_rel,
								   -(int) Min(writer->points, (int64) INT_MAX));
	CatalogCloseIndexes(writer->indexes);
	table_close(writer->rel, NoLock);
}

/*
 * Starts a scan of the rows that snapshot sees of transactions from <= id < end.
 */
void
BtrGarbageScanBegin(BtrGarbageScan *scan, Snapshot snapshot, FullTransactionId from,
					FullTransactionId end, LOCKMODE lockmode)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	ScanKeyData key[2];

	scan->rel = table_open(catalog->garbage, lockmode);
	scan->index = index_open(catalog->garbage_idx, AccessShareLock);
	ScanKeyInit(&key[0], Anum_garbage_pruned, BTGreaterEqualStrategyNumber, F_XID8GE,
				FullTransactionIdGetDatum(from));
	ScanKeyInit(&key[1], Anum_garbage_pruned, BTLessStrategyNumber, F_XID8LT,
				FullTransactionIdGetDatum(end));
	scan->scan = systable_beginscan_ordered(scan->rel, scan->index, snapshot, 2, key);
}

/*
 * Reads the next row; false at the end.
 */
bool
BtrGarbageScanNext(BtrGarbageScan *scan, BtrGarbage *garbage)
{
	HeapTuple	tuple = systable_getnext_ordered(scan->scan, ForwardScanDirection);
	Datum		value[Natts_garbage];
	bool		isnull[Natts_garbage];

	CHECK_FOR_INTERRUPTS();
	if (!HeapTupleIsValid(tuple))
		return false;
	heap_deform_tuple(tuple, RelationGetDescr(scan->rel), value, isnull);
	garbage->pruned = DatumGetFullTransactionId(value[Anum_garbage_pruned - 1]);
	garbage->store = DatumGetInt64(value[Anum_garbage_store - 1]);
	garbage->stream = *DatumGetUUIDP(value[Anum_garbage_stream - 1]);
	garbage->ref.tid = *(ItemPointer) DatumGetPointer(value[Anum_garbage_root - 1]);
	garbage->ref.version = DatumGetInt64(value[Anum_garbage_version - 1]);
	garbage->ref.count = DatumGetInt64(value[Anum_garbage_count - 1]);
	garbage->ref.start = DatumGetInt64(value[Anum_garbage_start - 1]);
	garbage->ref.end = DatumGetInt64(value[Anum_garbage_end - 1]);
	garbage->ref.root = isnull[Anum_garbage_leaf - 1];
	garbage->ref.leaf = !garbage->ref.root && DatumGetBool(value[Anum_garbage_leaf - 1]);
	garbage->whole = DatumGetBool(value[Anum_garbage_whole - 1]);
	garbage->row = tuple->t_self;
	return true;
}

/*
 * Ends the scan; keeps the locks.
 */
void
BtrGarbageScanEnd(BtrGarbageScan *scan)
{
	systable_endscan_ordered(scan->scan);
	index_close(scan->index, NoLock);
	table_close(scan->rel, NoLock);
}
