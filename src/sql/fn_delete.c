/*
 * fn_delete.c
 *		btrdb_delete(), btrdb_revert().
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/uuid.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_delete);
PG_FUNCTION_INFO_V1(btrdb_revert);

/*
 * btrdb_delete(stream uuid, start bigint, "end" bigint) returns bigint: removes
 * [start, end) as a new version.
 */
Datum
btrdb_delete(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "start", "end"};
	pg_uuid_t  *stream;
	int64		start;
	int64		end;
	Relation	rel;
	int64		version;

	BtrCheckNotNull(fcinfo, names);
	stream = PG_GETARG_UUID_P(0);
	BtrReadRangeArgs(fcinfo, &start, &end);
	BtrPrepareWrite("btrdb_delete()");
	rel = BtrStoreOpen(stream, RowExclusiveLock, ACL_DELETE);
	version = BtrDelete(rel, stream, start, end);
	table_close(rel, NoLock);

	PG_RETURN_INT64(version);
}

/*
 * btrdb_revert(stream uuid, version bigint) returns bigint: makes a new version
 * that equals an old one.
 */
Datum
btrdb_revert(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "version"};
	pg_uuid_t  *stream;
	Relation	rel;
	int64		version;

	BtrCheckNotNull(fcinfo, names);
	stream = PG_GETARG_UUID_P(0);
	BtrPrepareWrite("btrdb_revert()");
	rel = BtrStoreOpen(stream, RowExclusiveLock, ACL_DELETE);
	version = BtrRevert(rel, stream, PG_GETARG_INT64(1));
	table_close(rel, NoLock);

	PG_RETURN_INT64(version);
}
