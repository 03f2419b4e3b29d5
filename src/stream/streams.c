/*
 * streams.c
 *		Finding the streams that have points.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "common/pg_prng.h"
#include "storage/bufmgr.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "stream/mixed.h"

#define STREAM_COLUMN	1

/*
 * Finds the first stream after *stream (NULL: the first of all), in uuid order,
 * that has rows in a table which snapshot sees.  The stream is the first column of table and
 * index.  Returns false if there is none.
 *
 * Each call descends the index anew: a stream's further rows are skipped, and
 * nothing is held between calls.
 */
static bool
next_stream(Oid table, Oid indexid, const pg_uuid_t *stream, Snapshot snapshot,
			pg_uuid_t *next)
{
	Relation	rel = table_open(table, AccessShareLock);
	Relation	index = index_open(indexid, AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	bool		found;

	if (stream != NULL)
		ScanKeyInit(&key, STREAM_COLUMN, BTGreaterStrategyNumber, F_UUID_GT,
					UUIDPGetDatum(stream));
	scan = systable_beginscan_ordered(rel, index, snapshot, stream != NULL ? 1 : 0, &key);
	tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		bool		isnull;

		*next = *DatumGetUUIDP(heap_getattr(tuple, STREAM_COLUMN,
											RelationGetDescr(rel), &isnull));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(rel, NoLock);

	return found;
}

/*
 * Finds the first stream after *stream that has buffered rows; see stream.h.
 */
bool
BtrBufferNextStream(const pg_uuid_t *stream, Snapshot snapshot, pg_uuid_t *next)
{
	const BtrCatalog *catalog = BtrGetCatalog();

	return next_stream(catalog->buffer, catalog->buffer_idx, stream, snapshot, next);
}

/*
 * Starts to list the streams that were ever written, as snapshot sees them.  Those in
 * btrdb.mixed, which has no order by stream, are held in memory.
 */
void
BtrStreamsBegin(BtrStreams *streams, Relation rel, Snapshot snapshot)
{
	streams->snapshot = snapshot;
	streams->mixed = BtrMixedStreams(rel, snapshot, &streams->nmixed);
	streams->next_mixed = 0;
	streams->begun = false;
}

/*
 * Finds the next stream, in uuid order; false at the end.
 */
bool
BtrStreamsNext(BtrStreams *streams, pg_uuid_t *next)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	const pg_uuid_t *last = streams->begun ? &streams->last : NULL;
	pg_uuid_t	other;
	bool		found;

	found = next_stream(catalog->versions, catalog->versions_pkey, last, streams->snapshot, next);
	if (BtrBufferNextStream(last, streams->snapshot, &other) &&
		(!found || memcmp(&other, next, UUID_LEN) < 0))
	{
		*next = other;
		found = true;
	}
	while (last != NULL && streams->next_mixed < streams->nmixed &&
		   memcmp(&streams->mixed[streams->next_mixed], last, UUID_LEN) <= 0)
		streams->next_mixed++;
	if (streams->next_mixed < streams->nmixed &&
		(!found || memcmp(&streams->mixed[streams->next_mixed], next, UUID_LEN) < 0))
	{
		*next = streams->mixed[streams->next_mixed];
		found = true;
	}
	if (found)
		streams->last = *next;
	streams->begun = true;
	return found;
}

/*
 * Finds the first stream after *stream that is registered; see stream.h.
 */
bool
BtrRegisteredNextStream(const pg_uuid_t *stream, BtrStreamChoice choice, Snapshot snapshot,
						pg_uuid_t *next)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Oid			index = choice == BTR_STREAMS_RETAINED ? catalog->streams_retention_idx :
		choice == BTR_STREAMS_AGEING ? catalog->streams_ageing_idx : catalog->streams_pkey;

	return next_stream(catalog->streams, index, stream, snapshot, next);
}

/*
 * Picks a registered stream by chance: the first that a random block of the table
 * has.  Uuids need not be random, so the index would favour some.
 */
bool
BtrRandomStream(Snapshot snapshot, pg_uuid_t *stream)
{
	Relation	rel = table_open(BtrGetCatalog()->streams, AccessShareLock);
	BlockNumber nblocks = RelationGetNumberOfBlocks(rel);
	bool		found = false;

	if (nblocks > 0)
	{
		TableScanDesc scan = table_beginscan_strat(rel, snapshot, 0, NULL, true, false);
		BlockNumber first = (BlockNumber) pg_prng_uint64_range(&pg_global_prng_state,
															   0, nblocks - 1);
		HeapTuple	tuple;

		heap_setscanlimits(scan, first, nblocks - first);
		tuple = heap_getnext(scan, ForwardScanDirection);
		found = HeapTupleIsValid(tuple);
		if (found)
		{
			bool		isnull;

			*stream = *DatumGetUUIDP(heap_getattr(tuple, STREAM_COLUMN,
												  RelationGetDescr(rel), &isnull));
		}
		table_endscan(scan);
	}
	table_close(rel, NoLock);
	return found;
}
