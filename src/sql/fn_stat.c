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
 * Returns the statistics of the range that arguments 1 and 2 give, at the version
 * of argument 3.
 */
static BtrStat
range_stat(FunctionCallInfo fcinfo)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	int64		start = PG_GETARG_INT64(1);
	int64		end = PG_GETARG_INT64(2);
	Relation	rel;
	BtrView		view;
	BtrStat		stat;

	BtrCheckRange(start, end);

	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrViewOpen(rel, stream, PG_GETARG_INT64(3), &view);
	stat = BtrViewStat(&view, start, end);
	table_close(rel, NoLock);

	return stat;
}

/*
 * btrdb_stat(stream uuid, start bigint, "end" bigint, version bigint) returns
 * statpoint: the summary of [start, end).
 */
Datum
btrdb_stat(PG_FUNCTION_ARGS)
{
	BtrStatPoint *result = palloc(sizeof(BtrStatPoint));

	result->time = PG_GETARG_INT64(1);
	result->stat = range_stat(fcinfo);

	PG_RETURN_BTR_STAT_POINT(result);
}

/*
 * btrdb_count(stream uuid, start bigint, "end" bigint, version bigint) returns
 * bigint: how many points are in [start, end).
 */
Datum
btrdb_count(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(range_stat(fcinfo).count);
}
