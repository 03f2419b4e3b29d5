/*
 * fn_prune.c
 *		btrdb_prune().
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/uuid.h"

#include "gc/gc.h"
#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_prune);

/*
 * btrdb_prune(stream uuid, before_version bigint) returns bigint: forgets the versions
 * before one and returns how many there were.
 */
Datum
btrdb_prune(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "before_version"};
	pg_uuid_t  *stream;
	Relation	rel;
	int64		pruned;

	BtrCheckNotNull(fcinfo, names);
	stream = PG_GETARG_UUID_P(0);
	BtrPrepareWrite("btrdb_prune()");
	rel = BtrStoreOpen(stream, RowExclusiveLock, ACL_DELETE);
	pruned = BtrPrune(rel, stream, PG_GETARG_INT64(1), true);
	table_close(rel, NoLock);

	PG_RETURN_INT64(pruned);
}
