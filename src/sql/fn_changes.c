/*
 * fn_changes.c
 *		btrdb_changes().
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "utils/uuid.h"

#include "sql/args.h"

#define MAX_RESOLUTION	62

PG_FUNCTION_INFO_V1(btrdb_changes);

/*
 * Adds a range to the result.
 */
static void
put_range(const BtrRange *range, void *arg)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) arg;
	Datum		values[2] = {Int64GetDatum(range->start), Int64GetDatum(range->end)};
	bool		nulls[2] = {false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/*
 * btrdb_changes(stream uuid, from_version bigint, to_version bigint,
 * resolution int) returns setof (start_time, end_time): the ranges in which two
 * versions differ.
 *
 * Version 0 means the time before the first version as from_version, and the
 * latest version with the buffer as to_version.
 */
Datum
btrdb_changes(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	int64		from_version = PG_GETARG_INT64(1);
	int64		to_version = PG_GETARG_INT64(2);
	int32		resolution = PG_GETARG_INT32(3);
	Relation	rel;
	BtrView		from;
	BtrView		to;

	BtrCheckLimit("resolution", resolution, 0, MAX_RESOLUTION);
	if (to_version != BTR_VERSION_LATEST && from_version > to_version)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("from_version %lld is after to_version %lld",
						(long long) from_version, (long long) to_version)));
	if (from_version == 0)
		from_version = BTR_VERSION_EMPTY;

	InitMaterializedSRF(fcinfo, 0);

	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrViewOpen(rel, stream, from_version, &from);
	BtrViewOpen(rel, stream, to_version, &to);
	BtrViewChanges(&from, &to, resolution, put_range, fcinfo->resultinfo);
	table_close(rel, NoLock);

	return (Datum) 0;
}
