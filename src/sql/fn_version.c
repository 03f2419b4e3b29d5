/*
 * fn_version.c
 *		btrdb_version(), btrdb_versions(), btrdb_version_at(), btrdb_pin().
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "types/arrays.h"

PG_FUNCTION_INFO_V1(btrdb_version);
PG_FUNCTION_INFO_V1(btrdb_versions);
PG_FUNCTION_INFO_V1(btrdb_version_at);
PG_FUNCTION_INFO_V1(btrdb_pin);

/*
 * btrdb_version(stream uuid) returns bigint: the latest committed version.
 */
Datum
btrdb_version(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	Relation	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrVersion	version;

	BtrVersionLatest(rel, stream, GetActiveSnapshot(), &version);
	table_close(rel, NoLock);

	PG_RETURN_INT64(version.version);
}

/*
 * Adds the row of one version to the result.
 */
static bool
put_version(const BtrVersion *version, void *arg)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) arg;
	Datum		values[5];
	bool		nulls[5] = {false};

	values[0] = Int64GetDatum(version->version);
	values[1] = TimestampTzGetDatum(version->created);
	values[2] = Int64GetDatum(version->root.stat.count);
	values[3] = Int64GetDatum(version->earliest.point.time);
	values[4] = Int64GetDatum(version->latest.point.time);
	nulls[3] = nulls[4] = BtrRootIsEmpty(&version->root);

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	return true;
}

/*
 * btrdb_versions(stream uuid) returns setof (version, created, count, earliest,
 * latest): the versions that can be read, oldest first.
 */
Datum
btrdb_versions(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	Relation	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);

	InitMaterializedSRF(fcinfo, 0);
	BtrVersionWalk(rel, stream, GetActiveSnapshot(), put_version, fcinfo->resultinfo);
	table_close(rel, NoLock);

	return (Datum) 0;
}

/*
 * btrdb_version_at(stream uuid, at timestamptz) returns bigint: the newest version
 * that existed at a moment.
 *
 * Versions are made one after the other and never older than the one before,
 * so this searches them by halves.
 */
Datum
btrdb_version_at(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	Snapshot	snapshot = GetActiveSnapshot();
	Relation	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrVersion	version;
	int64		oldest;
	int64		low;
	int64		high;

	/* made by then: low and all before; made later: high and all after */
	BtrVersionOldest(rel, stream, snapshot, &version);
	low = Max(version.version - 1, BTR_VERSION_EMPTY);
	oldest = version.version;
	BtrVersionLatest(rel, stream, snapshot, &version);
	high = version.version + 1;
	while (high - low > 1)
	{
		int64		middle = low + (high - low) / 2;

		CHECK_FOR_INTERRUPTS();
		BtrVersionGet(rel, stream, middle, snapshot, &version);
		if (version.created <= at)
			low = middle;
		else
			high = middle;
	}

	/* It was pruned, or the stream not written yet: nobody knows which. */
	if (low > BTR_VERSION_EMPTY && low < oldest)
		BtrVersionGet(rel, stream, low, snapshot, &version);
	table_close(rel, NoLock);

	PG_RETURN_INT64(low);
}

/*
 * btrdb_pin(streams uuid[]) returns bigint[]: the latest committed version of each stream.
 *
 * All are found with one snapshot, so they were the latest ones at one moment.
 */
Datum
btrdb_pin(PG_FUNCTION_ARGS)
{
	int			n;
	pg_uuid_t  *streams = BtrReadStreams(PG_GETARG_DATUM(0), &n);
	Snapshot	snapshot = GetActiveSnapshot();
	Relation	rel = BtrStoreOpen(NULL, AccessShareLock, ACL_SELECT);
	Datum	   *versions = palloc(n * sizeof(Datum));

	for (int i = 0; i < n; i++)
	{
		BtrVersion	version;

		CHECK_FOR_INTERRUPTS();
		BtrCheckStream(&streams[i], false);
		BtrVersionLatest(rel, &streams[i], snapshot, &version);
		versions[i] = Int64GetDatum(version.version);
	}
	table_close(rel, NoLock);

	PG_RETURN_ARRAYTYPE_P(construct_array(versions, n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}
