/*
 * cohort.c
 *		Cohorts: groups of streams that were registered one after the other.
 *
 * The streams of a cohort share rows of btrdb.mixed.  A stream's cohort follows from its
 * number, which never changes.  So a session may remember it, from the moment on that
 * the transaction which registered the stream has committed.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "stream/mixed.h"

/* Streams whose numbers divided by this are equal are a cohort. */
#define COHORT_SIZE			128

/* A session remembers this many at most. */
#define KNOWN_MAX			100000

typedef struct KnownEntry
{
	pg_uuid_t	stream;
	int64		cohort;
	char		status;
} KnownEntry;

#define SH_PREFIX known
#define SH_ELEMENT_TYPE KnownEntry
#define SH_KEY_TYPE pg_uuid_t
#define SH_KEY stream
#define SH_HASH_KEY(table, key) BtrHashStream(&(key))
#define SH_EQUAL(table, a, b) (memcmp(&(a), &(b), UUID_LEN) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static known_hash *known = NULL;
static Oid	known_streams = InvalidOid; /* btrdb.streams they are of */

/*
 * Returns the cohort of a stream, given its row of btrdb.streams.  It is not negative, whatever the
 * number is.
 */
int64
BtrCohortOfRow(HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;
	Datum		number = heap_getattr(tuple, Anum_streams_number, desc, &isnull);

	return isnull ? BTR_NO_COHORT : (int64) ((uint64) DatumGetInt64(number) / COHORT_SIZE);
}

/*
 * Forgets all streams when btrdb.streams becomes another table, or rows are gone; see
 * BtrForgetStreams().
 */
static void
forget_known(Datum arg, Oid relid)
{
	if (known != NULL && (relid == InvalidOid || relid == known_streams))
		known_reset(known);
}

/*
 * Remembers a stream.
 */
static void
remember(const pg_uuid_t *stream, int64 cohort)
{
	bool		found;

	if (known == NULL)
	{
		known = known_create(CacheMemoryContext, 64, NULL);
		CacheRegisterRelcacheCallback(forget_known, (Datum) 0);
	}
	if (known->members >= KNOWN_MAX || known_streams != BtrGetCatalog()->streams)
		known_reset(known);
	known_streams = BtrGetCatalog()->streams;
	known_insert(known, *stream, &found)->cohort = cohort;
}

/*
 * Returns the cohort of a stream that this session knows to be registered, by a
 * transaction that has committed; BTR_NO_COHORT if it does not.  hash: BtrHashStream(stream).
 */
int64
BtrKnownCohort(const pg_uuid_t *stream, uint32 hash)
{
	KnownEntry *entry = known == NULL ? NULL : known_lookup_hash(known, *stream, hash);

	return entry == NULL ? BTR_NO_COHORT : entry->cohort;
}

/*
 * Returns the stream's cohort; BTR_NO_COHORT if snapshot sees no such stream, which then
 * has no rows in btrdb.mixed that it sees either.
 */
int64
BtrStreamCohort(const pg_uuid_t *stream, Snapshot snapshot)
{
	int64		cohort = BtrKnownCohort(stream, BtrHashStream(stream));
	bool		lasting = false;
	Relation	streams;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	if (cohort != BTR_NO_COHORT)
		return cohort;

	streams = table_open(BtrGetCatalog()->streams, AccessShareLock);
	ScanKeyInit(&key, Anum_streams_uuid, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(stream));
	scan = systable_beginscan(streams, BtrGetCatalog()->streams_pkey, true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		cohort = BtrCohortOfRow(tuple, RelationGetDescr(streams));
		lasting = (tuple->t_data->t_infomask & HEAP_XMAX_INVALID) != 0 &&
			!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(tuple->t_data));
	}
	systable_endscan(scan);
	table_close(streams, NoLock);

	if (cohort != BTR_NO_COHORT && lasting)
		remember(stream, cohort);
	return cohort;
}

/*
 * Returns the stream's cohort; BTR_NO_COHORT if there is no such stream that is committed or was
 * registered by the current transaction.
 */
int64
BtrStreamCohortNow(const pg_uuid_t *stream)
{
	int64		cohort = BtrKnownCohort(stream, BtrHashStream(stream));

	if (cohort == BTR_NO_COHORT)
	{
		Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());

		cohort = BtrStreamCohort(stream, snapshot);
		UnregisterSnapshot(snapshot);
	}
	return cohort;
}
