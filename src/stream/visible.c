/*
 * visible.c
 *		Lists the streams that the user may see.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "stream/stream.h"

/*
 * Lists streams by a query that row-level security filters as it would the
 * current user's own.  The plan is kept for the session.
 */
static int
list_by_query(const pg_uuid_t *from, bool backward, pg_uuid_t *streams, int max)
{
	static const char *const queries[] = {
		"SELECT uuid FROM btrdb.streams WHERE uuid OPERATOR(pg_catalog.>=) $1 ORDER BY uuid USING OPERATOR(pg_catalog.<)",
		"SELECT uuid FROM btrdb.streams WHERE uuid OPERATOR(pg_catalog.<=) $1 ORDER BY uuid USING OPERATOR(pg_catalog.>)"
	};
	static SPIPlanPtr plans[lengthof(queries)];
	SPIPlanPtr *plan = &plans[backward];
	Datum		uuid = UUIDPGetDatum(from);
	int			n;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (*plan == NULL)
	{
		Oid			type = UUIDOID;
		SPIPlanPtr	prepared;

		prepared = SPI_prepare(queries[backward], 1, &type);
		if (prepared == NULL || SPI_keepplan(prepared) != 0)
			elog(ERROR, "could not prepare the query for streams: %s",
				 SPI_result_code_string(SPI_result));
		*plan = prepared;
	}
	if (SPI_execute_plan(*plan, &uuid, NULL, true, max) != SPI_OK_SELECT)
		elog(ERROR, "could not query for streams");
	n = (int) SPI_processed;
	for (int i = 0; i < n; i++)
	{
		bool		isnull;

		streams[i] = *DatumGetUUIDP(SPI_getbinval(SPI_tuptable->vals[i],
												  SPI_tuptable->tupdesc, 1, &isnull));
	}
	SPI_finish();
	return n;
}

/*
 * Lists at most max streams that the user may see, in uuid order or against it,
 * from *from on; returns their number.  Reads with the active snapshot and holds nothing
 * between calls.
 */
int
BtrVisibleStreams(const pg_uuid_t *from, bool backward, pg_uuid_t *streams, int max)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	rel;
	Relation	index;
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;
	ScanDirection direction = backward ? BackwardScanDirection : ForwardScanDirection;
	int			n = 0;

	if (BtrStreamsAreFiltered())
		return list_by_query(from, backward, streams, max);

	rel = table_open(catalog->streams, AccessShareLock);
	index = index_open(catalog->streams_pkey, AccessShareLock);
	ScanKeyInit(&key, Anum_streams_uuid,
				backward ? BTLessEqualStrategyNumber : BTGreaterEqualStrategyNumber,
				backward ? F_UUID_LE : F_UUID_GE,
				UUIDPGetDatum(from));
	scan = systable_beginscan_ordered(rel, index, GetActiveSnapshot(), 1, &key);
	while (n < max &&
		   HeapTupleIsValid(tuple = systable_getnext_ordered(scan, direction)))
	{
		bool		isnull;

		streams[n++] = *DatumGetUUIDP(heap_getattr(tuple, Anum_streams_uuid,
												   RelationGetDescr(rel), &isnull));
	}
	systable_endscan_ordered(scan);
	index_close(index, NoLock);
	table_close(rel, NoLock);
	return n;
}
