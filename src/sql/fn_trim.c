/*
 * fn_trim.c
 *		btrdb_trim().
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "types/spelling.h"

PG_FUNCTION_INFO_V1(btrdb_trim);

/*
 * btrdb_trim(stream uuid, before bigint, pointwidth int) returns bigint: leaves of the points
 * before a moment the statistics of windows of 2^pointwidth ns.
 */
Datum
btrdb_trim(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream", "before", "pointwidth"};
	pg_uuid_t  *stream;
	int64		before;
	int			pointwidth;
	Relation	rel;
	int64		version;

	BtrCheckNotNull(fcinfo, names);
	stream = PG_GETARG_UUID_P(0);
	before = BtrReadTime(PG_GETARG_DATUM(1), BtrArgTypes(fcinfo)[1]);
	BtrCheckRangeTime(before);
	pointwidth = PG_GETARG_INT32(2);
	BtrCheckLimit("pointwidth", pointwidth, 0, BTR_MAX_POINTWIDTH);
	BtrPrepareWrite("btrdb_trim()");
	rel = BtrStoreOpen(stream, RowExclusiveLock, ACL_DELETE);
	version = BtrTrim(rel, stream, before, pointwidth);
	table_close(rel, NoLock);

	PG_RETURN_INT64(version);
}
