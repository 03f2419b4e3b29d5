/*
 * mixedscan.c
 *		Reading rows of btrdb.mixed.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "stream/mixed.h"

/*
 * Starts a scan by nkeys keys, of the table that is open to be appended to or, if to is NULL,
 * opens table and index.
 */
static void
begin_scan(BtrMixedScan *scan, const BtrAppend *to, Relation rel, Snapshot snapshot, int nkeys,
		   ScanKey key, LOCKMODE lockmode)
{
	const BtrCatalog *catalog = BtrGetCatalog();

	memset(scan, 0, sizeof(*scan));
	scan->borrowed = to != NULL;
	scan->rel = to != NULL ? to->rel : table_open(catalog->mixed, lockmode);
	scan->store = BtrStoreId(rel);
	scan->index = to != NULL ? to->index : index_open(catalog->mixed_idx, AccessShareLock);
	scan->scan = systable_beginscan_ordered(scan->rel, scan->index, snapshot, nkeys, key);
}

/*
 * Starts a scan of one cohort.
 */
static void
begin_scan_of(BtrMixedScan *scan, const BtrAppend *to, Relation rel, int64 cohort,
			  Snapshot snapshot, int64 from, LOCKMODE lockmode)
{
	ScanKeyData key[2];

	ScanKeyInit(&key[0], Anum_mixed_cohort, BTEqualStrategyNumber, F_INT8EQ,
				Int64GetDatum(cohort));
	ScanKeyInit(&key[1], Anum_mixed_ordinal, BTGreaterEqualStrategyNumber, F_INT8GE,
				Int64GetDatum(from));
	begin_scan(scan, to, rel, snapshot, from > 0 ? 2 : 1, key, lockmode);
}

/*
 * Starts a scan of the cohort's rows that snapshot sees, by ordinal, from the one with ordinal
 * from on.  lockmode is for the table.
 */
void
BtrMixedScanBegin(BtrMixedScan *scan, Relation rel, int64 cohort, Snapshot snapshot,
				  int64 from, LOCKMODE lockmode)
{
	begin_scan_of(scan, NULL, rel, cohort, snapshot, from, lockmode);
}

/*
 * Likewise, of the table that is open to be appended to.
 */
void
BtrMixedScanBeginAt(BtrMixedScan *scan, const BtrAppend *to, Relation rel, int64 cohort,
					Snapshot snapshot, int64 from)
{
	begin_scan_of(scan, to, rel, cohort, snapshot, from, NoLock);
}

/*
 * Starts a scan of the rows of the cohorts after one, by cohort and ordinal.
 */
void
BtrMixedScanBeginAfter(BtrMixedScan *scan, Relation rel, int64 cohort, Snapshot snapshot,
					   LOCKMODE lockmode)
{
	ScanKeyData key;

	ScanKeyInit(&key, Anum_mixed_cohort, BTGreaterStrategyNumber, F_INT8GT,
				Int64GetDatum(cohort));
	begin_scan(scan, NULL, rel, snapshot, 1, &key, lockmode);
}

/*
 * Raises the error of a row whose bytes make no sense.
 */
void
BtrMixedScanReportDamage(const BtrMixedScan *scan)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("row (%u,%u) of \"btrdb.mixed\" is damaged",
					ItemPointerGetBlockNumber(&scan->tuple->t_self),
					ItemPointerGetOffsetNumber(&scan->tuple->t_self)),
			 errdetail("It holds points of streams of cohort %lld.", (long long) scan->cohort)));
}

/*
 * Returns a column of the current row; none may be NULL.
 */
static Datum
get_column(const BtrMixedScan *scan, int attnum)
{
	bool		isnull;
	Datum		value = heap_getattr(scan->tuple, attnum, RelationGetDescr(scan->rel), &isnull);

	if (isnull)
		BtrMixedScanReportDamage(scan);
	return value;
}

/*
 * Moves to the next row in the given direction and fills the fields about it; false at
 * the end.  The row stays pinned until the next call.
 */
bool
BtrMixedScanNext(BtrMixedScan *scan, ScanDirection direction)
{
	CHECK_FOR_INTERRUPTS();
	scan->tuple = systable_getnext_ordered(scan->scan, direction);
	if (!HeapTupleIsValid(scan->tuple))
		return false;

	scan->cohort = DatumGetInt64(get_column(scan, Anum_mixed_cohort));
	scan->ordinal = DatumGetInt64(get_column(scan, Anum_mixed_ordinal));
	scan->waiting = DatumGetInt32(get_column(scan, Anum_mixed_waiting));
	scan->current = DatumGetInt64(get_column(scan, Anum_mixed_store)) == scan->store;
	return true;
}

/*
 * Opens the current row's points, in place.  Raises ERRCODE_DATA_CORRUPTED if they are
 * damaged.
 */
void
BtrMixedScanOpen(BtrMixedScan *scan, BtrMix *mix)
{
	bytea	   *block = DatumGetByteaPP(get_column(scan, Anum_mixed_points));
	const uint8 *src = (const uint8 *) VARDATA_ANY(block);
	size_t		len = VARSIZE_ANY_EXHDR(block);

	if (BtrMixFormat(src, len) >= 0 && BtrMixFormat(src, len) != BTR_MIX_FORMAT)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("row (%u,%u) of \"btrdb.mixed\" has format version %d, expected %d",
						ItemPointerGetBlockNumber(&scan->tuple->t_self),
						ItemPointerGetOffsetNumber(&scan->tuple->t_self),
						BtrMixFormat(src, len), BTR_MIX_FORMAT),
				 errdetail("It holds points of streams of cohort %lld.", (long long) scan->cohort)));
	if (!BtrMixOpen(src, len, mix))
		BtrMixedScanReportDamage(scan);
}

/*
 * Ends the scan.  The locks on table and index are kept to the end of the transaction.
 */
void
BtrMixedScanEnd(BtrMixedScan *scan)
{
	systable_endscan_ordered(scan->scan);
	if (scan->borrowed)
		return;
	index_close(scan->index, NoLock);
	table_close(scan->rel, NoLock);
}
