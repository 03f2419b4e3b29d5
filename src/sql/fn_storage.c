/*
 * fn_storage.c
 *		btrdb.free_bytes(), behind view btrdb.storage.
 */
#include "postgres.h"

#include "access/relation.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/freespace.h"
#include "utils/rel.h"

/* The free space of so many pages is looked up at most, which takes some milliseconds. */
#define SAMPLE_PAGES	10000

PG_FUNCTION_INFO_V1(btrdb_free_bytes);

/*
 * btrdb.free_bytes(relation regclass) returns bigint: the free space that the free space map of a
 * table has, an estimate for a large one; NULL if there is no such table.  As with its size,
 * anybody may ask.
 */
Datum
btrdb_free_bytes(PG_FUNCTION_ARGS)
{
	Relation	rel = try_relation_open(PG_GETARG_OID(0), AccessShareLock);
	BlockNumber nblocks;
	BlockNumber looked;
	uint64		free = 0;

	if (rel == NULL)
		PG_RETURN_NULL();
	if (rel->rd_rel->relkind != RELKIND_RELATION && rel->rd_rel->relkind != RELKIND_MATVIEW)
	{
		relation_close(rel, AccessShareLock);
		PG_RETURN_NULL();
	}

	nblocks = RelationGetNumberOfBlocks(rel);
	looked = Min(nblocks, SAMPLE_PAGES);
	for (BlockNumber i = 0; i < looked; i++)
	{
		CHECK_FOR_INTERRUPTS();
		free += GetRecordedFreeSpace(rel, (BlockNumber) ((uint64) i * nblocks / looked));
	}
	relation_close(rel, AccessShareLock);
	if (looked == 0)
		PG_RETURN_INT64(0);
	PG_RETURN_INT64((int64) ((double) free * nblocks / looked));
}
