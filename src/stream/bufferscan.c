/*
 * bufferscan.c
 *		Reading rows of btrdb.buffer.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "codec/leaf.h"
#include "miscadmin.h"
#include "types/check.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "stream/buffer.h"

/*
 * Starts a scan of a table and index that are open.
 */
static void
begin_scan(BtrBufferScan *scan, Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
		   int64 from)
{
	ScanKeyData key[2];

	scan->stream = *stream;
	scan->store = BtrStoreId(rel);
	ScanKeyInit(&key[0], Anum_buffer_stream, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(stream));
	ScanKeyInit(&key[1], Anum_buffer_ordinal, BTGreaterEqualStrategyNumber, F_INT8GE,
				Int64GetDatum(from));
	scan->scan = systable_beginscan_ordered(scan->rel, scan->index, snapshot,
											from > 0 ? 2 : 1, key);
	scan->tuple = NULL;
}

/*
 * Starts a scan of the stream's buffer rows that snapshot sees, by ordinal, from
 * the one with ordinal from on.  lockmode is for the table.
 */
void
BtrBufferScanBegin(BtrBufferScan *scan, Relation rel, const pg_uuid_t *stream,
				   Snapshot snapshot, int64 from, LOCKMODE lockmode)
{
	const BtrCatalog *catalog = BtrGetCatalog();

	scan->borrowed = false;
	scan->rel = table_open(catalog->buffer, lockmode);
	scan->index = index_open(catalog->buffer_idx, AccessShareLock);
	begin_scan(scan, rel, stream, snapshot, from);
}

/*
 * Likewise, of the table that is open to be appended to.
 */
void
BtrBufferScanBeginAt(BtrBufferScan *scan, const BtrAppend *to, Relation rel,
					 const pg_uuid_t *stream, Snapshot snapshot, int64 from)
{
	scan->borrowed = true;
	scan->rel = to->rel;
	scan->index = to->index;
	begin_scan(scan, rel, stream, snapshot, from);
}

/*
 * Raises the error of a row whose bytes make no sense.
 */
pg_noreturn static void
report_damaged_row(const BtrBufferScan *scan)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("row (%u,%u) of \"btrdb.buffer\" is damaged",
					ItemPointerGetBlockNumber(&scan->tuple->t_self),
					ItemPointerGetOffsetNumber(&scan->tuple->t_self)),
			 errdetail("It holds points of stream \"%s\".", BtrUuidText(&scan->stream))));
}

/*
 * Raises an error if the current row's points are in another format version.
 */
static void
check_format(const BtrBufferScan *scan, const bytea *block)
{
	int			format = BtrLeafFormat((const uint8 *) VARDATA_ANY(block), VARSIZE_ANY_EXHDR(block));

	if (format >= 0 && format != BTR_LEAF_FORMAT)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("row (%u,%u) of \"btrdb.buffer\" has format version %d, expected %d",
						ItemPointerGetBlockNumber(&scan->tuple->t_self),
						ItemPointerGetOffsetNumber(&scan->tuple->t_self),
						format, BTR_LEAF_FORMAT),
				 errdetail("It holds points of stream \"%s\".", BtrUuidText(&scan->stream))));
}

/*
 * Returns a column of the current row; none may be NULL.
 */
static Datum
get_column(const BtrBufferScan *scan, int attnum)
{
	bool		isnull;
	Datum		value = heap_getattr(scan->tuple, attnum, RelationGetDescr(scan->rel), &isnull);

	if (isnull)
		report_damaged_row(scan);
	return value;
}

/*
 * Moves to the next row in the given direction and fills the fields about it;
 * false at the end.  The row stays pinned until the next call.
 */
bool
BtrBufferScanNext(BtrBufferScan *scan, ScanDirection direction)
{
	CHECK_FOR_INTERRUPTS();
	scan->tuple = systable_getnext_ordered(scan->scan, direction);
	if (!HeapTupleIsValid(scan->tuple))
		return false;

	scan->ordinal = DatumGetInt64(get_column(scan, Anum_buffer_ordinal));
	scan->total = DatumGetInt64(get_column(scan, Anum_buffer_total));
	if (DatumGetInt64(get_column(scan, Anum_buffer_store)) != scan->store)
		scan->count = 0;
	else
	{
		bytea	   *block = DatumGetByteaPP(get_column(scan, Anum_buffer_points));

		check_format(scan, block);
		scan->count = BtrLeafCount((const uint8 *) VARDATA_ANY(block), VARSIZE_ANY_EXHDR(block));
		if (scan->count < 1 || scan->count > BTR_LEAF_MAX_POINTS)
			report_damaged_row(scan);
	}
	return true;
}

/*
 * Appends the current row's points.  Raises ERRCODE_DATA_CORRUPTED if they are
 * damaged.
 */
void
BtrBufferScanPoints(BtrBufferScan *scan, BtrPointArray *array)
{
	bytea	   *block;
	int64	   *time;

	if (scan->count == 0)
		return;

	block = DatumGetByteaPP(get_column(scan, Anum_buffer_points));
	BtrPointArrayReserve(array, scan->count);
	time = array->time + array->n;
	if (!BtrLeafDecode((const uint8 *) VARDATA_ANY(block), VARSIZE_ANY_EXHDR(block),
					   scan->count, time, array->value + array->n) ||
		!BtrTimeIsValid(time[0]) || !BtrTimeIsValid(time[scan->count - 1]))
		report_damaged_row(scan);
	array->n += scan->count;
}

/*
 * Ends the scan.  Its locks on table and index are kept to the end of the transaction.
 */
void
BtrBufferScanEnd(BtrBufferScan *scan)
{
	systable_endscan_ordered(scan->scan);
	if (scan->borrowed)
		return;
	index_close(scan->index, NoLock);
	table_close(scan->rel, NoLock);
}
