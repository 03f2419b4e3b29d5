/*
 * version.c
 *		Rows of btrdb.versions: one row per version of a stream.
 *
 * The row is what makes a version exist: it commits, rolls back, becomes
 * visible and replicates as any row does, and the tree it points to with it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "stream/buffer.h"
#include "stream/version.h"

/* A scan of the version rows of one stream, by version number. */
typedef struct VersionScan
{
	Relation	versions;
	Relation	index;
	SysScanDesc scan;
} VersionScan;

/*
 * Makes *result the version of a stream that was never written.
 */
static void
init_version(BtrVersion *result)
{
	memset(result, 0, sizeof(*result));
	result->version = BTR_VERSION_EMPTY;
	result->base = BTR_VERSION_EMPTY;
	BtrRootInit(&result->root);
	ItemPointerSetInvalid(&result->row);
}

/*
 * Starts a scan of the stream's rows from version from on that snapshot sees.
 */
static void
begin_scan(VersionScan *scan, const pg_uuid_t *stream, int64 from, Snapshot snapshot)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	ScanKeyData key[2];

	scan->versions = table_open(catalog->versions, AccessShareLock);
	scan->index = index_open(catalog->versions_pkey, AccessShareLock);
	ScanKeyInit(&key[0], Anum_versions_stream, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(stream));
	ScanKeyInit(&key[1], Anum_versions_version, BTGreaterEqualStrategyNumber, F_INT8GE,
				Int64GetDatum(from));
	scan->scan = systable_beginscan_ordered(scan->versions, scan->index, snapshot,
											from == 0 ? 1 : 2, key);
}

/*
 * Ends a scan.  The locks on table and index are kept to the end of the transaction.
 */
static void
end_scan(VersionScan *scan)
{
	systable_endscan_ordered(scan->scan);
	index_close(scan->index, NoLock);
	table_close(scan->versions, NoLock);
}

/*
 * Raises the error of a row whose columns make no sense.
 */
pg_noreturn static void
report_damaged_row(HeapTuple tuple)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("row (%u,%u) of \"btrdb.versions\" is damaged",
					ItemPointerGetBlockNumber(&tuple->t_self),
					ItemPointerGetOffsetNumber(&tuple->t_self))));
}

/*
 * Returns the first or last point from its two columns.
 */
BtrEdge
BtrVersionEdge(const Datum *value, const bool *isnull)
{
	BtrEdge		edge = {0};

	edge.point.time = DatumGetInt64(value[0]);
	edge.trimmed = isnull[1];
	if (!edge.trimmed)
		edge.point.value = DatumGetFloat8(value[1]);
	return edge;
}

/*
 * Fills *result from the next row in the given direction; false if there is
 * none.  rel is btrdb.points.
 */
static bool
next_version(VersionScan *scan, Relation rel, ScanDirection direction, BtrVersion *result)
{
	HeapTuple	tuple = systable_getnext_ordered(scan->scan, direction);
	Datum		value[Natts_versions];
	bool		isnull[Natts_versions];

	if (!HeapTupleIsValid(tuple))
		return false;

	heap_deform_tuple(tuple, RelationGetDescr(scan->versions), value, isnull);
	init_version(result);
	result->version = DatumGetInt64(value[Anum_versions_version - 1]);
	result->base = DatumGetInt64(value[Anum_versions_base - 1]);
	result->created = DatumGetTimestampTz(value[Anum_versions_created - 1]);
	result->phase = DatumGetInt16(value[Anum_versions_phase - 1]);
	result->flushed_ordinal = DatumGetInt64(value[Anum_versions_flushed_ordinal - 1]);
	result->flushed_total = DatumGetInt64(value[Anum_versions_flushed_total - 1]);
	result->row = tuple->t_self;
	result->own = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
	if (result->version <= BTR_VERSION_EMPTY ||
		result->phase < 0 || result->phase >= BTR_PHASES)
		report_damaged_row(tuple);

	/* The points went with the store: what stays is the number. */
	if (isnull[Anum_versions_root - 1] ||
		DatumGetInt64(value[Anum_versions_store - 1]) != BtrStoreId(rel))
		return true;

	for (int i = Anum_versions_earliest; i <= Natts_versions; i++)
	{
		if (isnull[i - 1] && i != Anum_versions_earliest_value && i != Anum_versions_latest_value)
			report_damaged_row(tuple);
	}
	result->earliest = BtrVersionEdge(&value[Anum_versions_earliest - 1], &isnull[Anum_versions_earliest - 1]);
	result->latest = BtrVersionEdge(&value[Anum_versions_latest - 1], &isnull[Anum_versions_latest - 1]);
	result->root.tid = *(ItemPointer) DatumGetPointer(value[Anum_versions_root - 1]);
	result->root.version = DatumGetInt64(value[Anum_versions_root_version - 1]);
	result->root.stat.count = DatumGetInt64(value[Anum_versions_count - 1]);
	result->root.stat.min = DatumGetFloat8(value[Anum_versions_min - 1]);
	result->root.stat.max = DatumGetFloat8(value[Anum_versions_max - 1]);
	result->root.stat.mean = DatumGetFloat8(value[Anum_versions_mean - 1]);
	result->root.stat.m2 = DatumGetFloat8(value[Anum_versions_m2 - 1]);
	return true;
}

/*
 * Finds the newest version that snapshot sees: version BTR_VERSION_EMPTY with an
 * empty root if there is none.
 */
void
BtrVersionLatest(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
				 BtrVersion *result)
{
	VersionScan scan;
	int64		from = BtrGetHint(stream)->version;
	bool		found;

	begin_scan(&scan, stream, from, snapshot);
	found = next_version(&scan, rel, BackwardScanDirection, result);
	end_scan(&scan);
	if (!found && from > 0)
	{
		begin_scan(&scan, stream, 0, snapshot);
		found = next_version(&scan, rel, BackwardScanDirection, result);
		end_scan(&scan);
	}
	if (found)
		BtrGetHint(stream)->version = result->version;
	else
		init_version(result);
}

/*
 * Finds the newest version that the current transaction may know of, its own
 * included.
 */
void
BtrVersionCurrent(Relation rel, const pg_uuid_t *stream, BtrVersion *latest)
{
	/* The transaction's snapshot includes its finished commands, as does Self. */
	BtrVersionLatest(rel, stream,
					 IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : SnapshotSelf,
					 latest);
}

/*
 * Calls visit for each version row of the stream that snapshot sees, by number,
 * until it returns false.
 */
void
BtrVersionWalk(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
			   BtrVersionCallback visit, void *arg)
{
	VersionScan scan;
	BtrVersion	version;

	begin_scan(&scan, stream, 0, snapshot);
	while (next_version(&scan, rel, ForwardScanDirection, &version) &&
		   visit(&version, arg))
		CHECK_FOR_INTERRUPTS();
	end_scan(&scan);
}

/*
 * Stops a walk at the first version and copies it.
 */
static bool
take_first(const BtrVersion *version, void *arg)
{
	*(BtrVersion *) arg = *version;
	return false;
}

/*
 * Finds the oldest version that snapshot sees: version BTR_VERSION_EMPTY with an empty
 * root if there is none.
 */
void
BtrVersionOldest(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
				 BtrVersion *result)
{
	init_version(result);
	BtrVersionWalk(rel, stream, snapshot, take_first, result);
}

/*
 * Raises the error of a version that does not exist, naming those that do.
 */
pg_noreturn static void
report_no_version(Relation rel, const pg_uuid_t *stream, int64 version, Snapshot snapshot)
{
	BtrVersion	oldest;
	BtrVersion	latest;

	BtrVersionOldest(rel, stream, snapshot, &oldest);
	BtrVersionLatest(rel, stream, snapshot, &latest);
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("stream \"%s\" has no version %lld",
					BtrUuidText(stream), (long long) version),
			 latest.version == BTR_VERSION_EMPTY ?
			 errdetail("The stream was never written; versions 1 to %lld are the empty stream.",
					   (long long) BTR_VERSION_EMPTY) :
			 errdetail("Versions %lld to %lld remain; versions 1 to %lld are the empty stream.",
					   (long long) oldest.version, (long long) latest.version,
					   (long long) BTR_VERSION_EMPTY),
			 errhint("Use btrdb_versions() to list them, or version %lld for the latest one.",
					 (long long) BTR_VERSION_LATEST)));
}

/*
 * Finds version number version of the stream, as snapshot sees it.  Versions 1
 * to BTR_VERSION_EMPTY are the empty stream.  Raises 22023 if there is no such
 * version.
 */
void
BtrVersionGet(Relation rel, const pg_uuid_t *stream, int64 version,
			  Snapshot snapshot, BtrVersion *result)
{
	VersionScan scan;
	bool		found;

	if (version > 0 && version <= BTR_VERSION_EMPTY)
	{
		init_version(result);
		result->version = version;
		result->base = version;
		return;
	}

	found = false;
	if (version > 0)
	{
		begin_scan(&scan, stream, version, snapshot);
		found = next_version(&scan, rel, ForwardScanDirection, result) &&
			result->version == version;
		end_scan(&scan);
	}
	if (!found)
		report_no_version(rel, stream, version, snapshot);
}

/*
 * Finds a tree's first or last point.
 */
static BtrEdge
find_edge(Relation rel, const pg_uuid_t *stream, const BtrRoot *root, bool last)
{
	BtrTree		tree = {.rel = rel, .stream = *stream, .root = *root};
	BtrEdge		none = {0};

	return BtrRootIsEmpty(root) ? none : BtrTreeEdge(&tree, last);
}

/*
 * Inserts the row that makes *version exist, and increments the command counter.
 *
 * On entry created is that of the version before, and is set to now, or left if
 * the clock has been put back.  Sets earliest and latest from the tree, and own.
 * The stream must be locked.
 */
void
BtrVersionInsert(Relation rel, const pg_uuid_t *stream, BtrVersion *version)
{
	Relation	versions = table_open(BtrGetCatalog()->versions, RowExclusiveLock);
	bool		empty = BtrRootIsEmpty(&version->root);
	Datum		value[Natts_versions];
	bool		isnull[Natts_versions] = {false};
	HeapTuple	tuple;

	BTR_DEBUG_POINT("built");
	version->created = Max(version->created, GetCurrentTimestamp());
	version->earliest = find_edge(rel, stream, &version->root, false);
	version->latest = find_edge(rel, stream, &version->root, true);
	version->own = true;

	value[Anum_versions_stream - 1] = UUIDPGetDatum(stream);
	value[Anum_versions_version - 1] = Int64GetDatum(version->version);
	value[Anum_versions_base - 1] = Int64GetDatum(version->base);
	value[Anum_versions_created - 1] = TimestampTzGetDatum(version->created);
	value[Anum_versions_store - 1] = Int64GetDatum(BtrStoreId(rel));
	value[Anum_versions_phase - 1] = Int16GetDatum(version->phase);
	value[Anum_versions_flushed_ordinal - 1] = Int64GetDatum(version->flushed_ordinal);
	value[Anum_versions_flushed_total - 1] = Int64GetDatum(version->flushed_total);
	value[Anum_versions_count - 1] = Int64GetDatum(version->root.stat.count);
	value[Anum_versions_earliest - 1] = Int64GetDatum(version->earliest.point.time);
	value[Anum_versions_earliest_value - 1] = Float8GetDatum(version->earliest.point.value);
	value[Anum_versions_latest - 1] = Int64GetDatum(version->latest.point.time);
	value[Anum_versions_latest_value - 1] = Float8GetDatum(version->latest.point.value);
	value[Anum_versions_min - 1] = Float8GetDatum(version->root.stat.min);
	value[Anum_versions_max - 1] = Float8GetDatum(version->root.stat.max);
	value[Anum_versions_mean - 1] = Float8GetDatum(version->root.stat.mean);
	value[Anum_versions_m2 - 1] = Float8GetDatum(version->root.stat.m2);
	value[Anum_versions_root - 1] = PointerGetDatum(&version->root.tid);
	value[Anum_versions_root_version - 1] = Int64GetDatum(version->root.version);
	for (int i = Anum_versions_earliest; i <= Natts_versions; i++)
		isnull[i - 1] = empty;
	isnull[Anum_versions_earliest_value - 1] |= version->earliest.trimmed;
	isnull[Anum_versions_latest_value - 1] |= version->latest.trimmed;

	tuple = heap_form_tuple(RelationGetDescr(versions), value, isnull);
	CatalogTupleInsert(versions, tuple);
	heap_freetuple(tuple);
	table_close(versions, NoLock);
	CommandCounterIncrement();
	BTR_DEBUG_POINT("versioned");
}
