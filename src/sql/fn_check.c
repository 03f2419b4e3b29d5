/*
 * fn_check.c
 *		btrdb_check().
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "stream/check.h"

PG_FUNCTION_INFO_V1(btrdb_check);

/*
 * Says whether row-level security keeps the caller from knowing a stream.  One that
 * is not registered is hidden by nobody.
 */
static bool
is_hidden(const pg_uuid_t *stream)
{
	return BtrStreamsAreFiltered() && !BtrStreamIsVisible(stream);
}

/*
 * Adds the row of one problem to the result.  Streams that row-level security
 * hides from the caller are not named.
 */
static void
put_problem(const pg_uuid_t *stream, BlockNumber blkno, OffsetNumber offnum,
			const char *problem, void *arg)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) arg;
	Datum		values[4];
	bool		nulls[4];

	values[0] = UUIDPGetDatum(stream);
	nulls[0] = stream == NULL || is_hidden(stream);
	values[1] = Int64GetDatum((int64) blkno);
	nulls[1] = !BlockNumberIsValid(blkno);
	values[2] = Int32GetDatum((int32) offnum);
	nulls[2] = !OffsetNumberIsValid(offnum);
	values[3] = CStringGetTextDatum(problem);
	nulls[3] = false;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * btrdb_check(stream uuid, deep bool) returns setof (stream, block, item,
 * problem): what is wrong with a stream, or with all streams and the store.
 */
Datum
btrdb_check(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *stream = PG_ARGISNULL(0) ? NULL : PG_GETARG_UUID_P(0);
	bool		deep = PG_ARGISNULL(1) || PG_GETARG_BOOL(1);
	Relation	rel;

	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	InitMaterializedSRF(fcinfo, 0);
	BtrCheck(rel, stream, deep, put_problem, fcinfo->resultinfo);
	table_close(rel, NoLock);

	return (Datum) 0;
}
