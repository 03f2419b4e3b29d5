/*
 * retired.c
 *		Rows of btrdb.retired: the uuids of streams that were removed.
 *
 * Removing a stream deletes its row in btrdb.heads and inserts the one here in one
 * transaction.  Who has found the one gone finds the other.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "stream/stream.h"

/* Columns of btrdb.retired */
#define Anum_retired_stream		1
#define Anum_retired_retired	2
#define Natts_retired			2

/*
 * Says whether snapshot sees that the stream was removed.
 */
bool
BtrIsRetired(const pg_uuid_t *stream, Snapshot snapshot)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	retired = table_open(catalog->retired, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	bool		found;

	ScanKeyInit(&key, Anum_retired_stream, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(stream));
	scan = systable_beginscan(retired, catalog->retired_pkey, true, snapshot, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	table_close(retired, NoLock);
	return found;
}

/*
 * Notes that the current transaction removes the stream.
 */
void
BtrRetire(const pg_uuid_t *stream)
{
	Relation	retired = table_open(BtrGetCatalog()->retired, RowExclusiveLock);
	Datum		value[Natts_retired];
	bool		isnull[Natts_retired] = {false};
	HeapTuple	tuple;

	value[Anum_retired_stream - 1] = UUIDPGetDatum(stream);
	value[Anum_retired_retired - 1] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	tuple = heap_form_tuple(RelationGetDescr(retired), value, isnull);
	CatalogTupleInsert(retired, tuple);
	heap_freetuple(tuple);
	table_close(retired, NoLock);
}
