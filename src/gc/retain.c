/*
 * retain.c
 *		Retention: forgets versions that were superseded long ago.
 *
 * What stays is the version that was the latest when the time that versions are kept
 * for began, and all later ones.  So btrdb_version_at() answers for every moment of that time.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "gc/gc.h"
#include "guc.h"

#define Anum_streams_retention	9

/* At most so many versions of a stream go at a time. */
#define RETAIN_BITE		1000

/* Kept for so long: for ever. */
#define KEEP_ALL		PG_INT64_MAX

/*
 * Returns for how many microseconds an interval keeps versions, its days having 24
 * hours.  The table refuses months and negative ones: what they mean is not certain.
 */
static int64
interval_length(const Interval *interval)
{
	int64		length;

	if (interval->month != 0 ||
		pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &length) ||
		pg_add_s64_overflow(length, interval->time, &length) || length < 0)
		return KEEP_ALL;
	return length;
}

/*
 * Returns for how many microseconds the stream's superseded versions are kept.
 */
static int64
stream_retention(const pg_uuid_t *stream, Snapshot snapshot)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	streams = table_open(catalog->streams, AccessShareLock);
	int64		result = btrdb_retention < 0 ? KEEP_ALL : btrdb_retention * USECS_PER_SEC;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_streams_uuid, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(stream));
	scan = systable_beginscan(streams, catalog->streams_pkey, true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_streams_retention,
										 RelationGetDescr(streams), &isnull);

		if (!isnull)
			result = interval_length(DatumGetIntervalP(value));
	}
	else
		result = KEEP_ALL;
	systable_endscan(scan);
	table_close(streams, NoLock);
	return result;
}

/* The search for versions to forget. */
typedef struct Search
{
	TimestampTz cutoff;			/* versions that are superseded by then go */
	int64		n;				/* versions that existed by then */
	int64		before;			/* the last of those */
} Search;

/*
 * Notes a version if it was there at the cutoff.
 */
static bool
visit_version(const BtrVersion *version, void *arg)
{
	Search	   *search = (Search *) arg;

	if (version->created > search->cutoff)
		return false;
	search->before = version->version;
	return ++search->n <= RETAIN_BITE;
}

/*
 * Finds the next stream that may have versions to forget, if the user may do that.
 */
bool
BtrRetainNext(const pg_uuid_t *stream, Snapshot snapshot, pg_uuid_t *next)
{
	return pg_class_aclcheck(BtrGetCatalog()->points, GetUserId(), ACL_DELETE) == ACLCHECK_OK &&
		!IsolationIsSerializable() &&
		BtrRegisteredNextStream(stream, btrdb_retention < 0, snapshot, next);
}

/*
 * Forgets the stream's versions that are due, a bite of them, if the user sees the
 * stream and nobody has locked it.  Returns whether there may be more.
 *
 * Of a stream of which nothing is due, one or two version rows are read.
 */
bool
BtrRetain(Relation rel, const pg_uuid_t *stream, BtrMaintained *done)
{
	Snapshot	snapshot = GetActiveSnapshot();
	int64		retention = stream_retention(stream, snapshot);
	Search		search = {0};
	int64		forgotten;

	if (retention == KEEP_ALL ||
		pg_sub_s64_overflow(GetCurrentTimestamp(), retention, &search.cutoff))
		return false;
	BtrVersionWalk(rel, stream, snapshot, visit_version, &search);
	if (search.n < 2 || !BtrStreamIsVisible(stream))
		return false;
	forgotten = BtrPrune(rel, stream, search.before, false);
	if (forgotten > 0)
		done->streams++;
	done->items += forgotten;
	return forgotten > 0 && search.n > RETAIN_BITE;
}
