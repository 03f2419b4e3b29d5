/*
 * streams.c
 *		Finding the streams that have buffered points.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "stream/buffer.h"

/*
 * Finds the first stream after *stream (NULL: the first of all), in uuid order,
 * that has buffered rows which snapshot sees.  Returns false if there is none.
 *
 * Each call descends the index anew: a stream's further rows are skipped, and
 * nothing is held between calls.
 */
bool
BtrBufferNextStream(const pg_uuid_t *stream, Snapshot snapshot, pg_uuid_t *next)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	rel = table_open(catalog->buffer, AccessShareLock);
	Relation	index = index_open(catalog->buffer_idx, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		found;

	if (stream != NULL)
		ScanKeyInit(&key, Anum_buffer_stream, BTGreaterStrategyNumber, F_UUID_GT,
					UUIDPGetDatum(stream));
	scan = systable_beginscan_ordered(rel, index, snapshot, stream != NULL ? 1 : 0, &key);
	tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		bool		isnull;

		*next = *DatumGetUUIDP(heap_getattr(tuple, Anum_buffer_stream,
											RelationGetDescr(rel), &isnull));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(rel, NoLock);

	return found;
}
