/*
 * fn_stat.c
 *		btrdb_stat(), btrdb_count().
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "types/types.h"

PG_FUNCTION_INFO_V1(btrdb_stat);
PG_FUNCTION_INFO_V1(btrdb_count);

/*
 * Returns the summary of the range that arguments 1 and 2 give, at the version of
 * argument 3.
 */
static BtrStatPoint
range_stat(FunctionCallInfo fcinfo)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	int64		end;
	Relation	rel;
	BtrView		view;
	BtrStatPoint result;

	BtrReadRangeArgs(fcinfo, &result.time, &end);

	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrViewOpen(rel, stream, PG_GETARG_INT64(3), &view);
	result.stat = BtrViewStat(&view, result.time, end);
	table_close(rel, NoLock);

	return result;
}

/*
 * btrdb_stat(stream uuid, start bigint, "end" bigint, version bigint) returns
 * statpoint: the summary of [start, end).
 */
Datum
btrdb_stat(PG_FUNCTION_ARGS)
{
	BtrStatPoint *result = palloc(sizeof(BtrStatPoint));

	*result = range_stat(fcinfo);
	PG_RETURN_BTR_STAT_POINT(result);
}

/*
 * btrdb_count(stream uuid, start bigint, "end" bigint, version bigint) returns
 * bigint: how many points are in [start, end).
 */
Datum
btrdb_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(range_stat(fcinfo).stat.count);
}
