/*
 * policy.c
 *		Reads what a stream's row in btrdb.streams says about its ageing.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "common/int.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

#include "gc/policy.h"
#include "guc.h"

/*
 * Returns the length of an interval in microseconds, its days having 24 hours.  The table refuses
 * months and negative ones: what they mean is not certain.
 */
static int64
interval_length(const Interval *interval)
{
	int64		length;

	if (interval->month != 0 ||
		pg_mul_s64_overflow(interval->day, USECS_PER_DAY, &length) ||
		pg_add_s64_overflow(length, interval->time, &length) || length < 0)
		return BTR_FOR_EVER;
	return length;
}

/*
 * Returns the length in a column of a row, or what holds where it is NULL.
 */
static int64
get_length(HeapTuple tuple, AttrNumber column, TupleDesc desc, int64 otherwise)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column, desc, &isnull);

	return isnull ? otherwise : interval_length(DatumGetIntervalP(value));
}

/*
 * Reads a stream's policy; see policy.h.
 */
bool
BtrReadPolicy(const pg_uuid_t *stream, Snapshot snapshot, BtrPolicy *policy)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	streams = table_open(catalog->streams, AccessShareLock);
	TupleDesc	desc = RelationGetDescr(streams);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found;

	ScanKeyInit(&key, Anum_streams_uuid, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(stream));
	scan = systable_beginscan(streams, catalog->streams_pkey, true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		bool		isnull;
		Datum		pointwidth = heap_getattr(tuple, Anum_streams_trim_pointwidth, desc, &isnull);

		policy->retention = get_length(tuple, Anum_streams_retention, desc,
									   btrdb_retention < 0 ? BTR_FOR_EVER : btrdb_retention * USECS_PER_SEC);
		policy->keep = get_length(tuple, Anum_streams_keep, desc, BTR_FOR_EVER);
		policy->trim_after = isnull ? BTR_FOR_EVER :
			get_length(tuple, Anum_streams_trim_after, desc, BTR_FOR_EVER);
		policy->trim_pointwidth = isnull ? 0 : DatumGetInt16(pointwidth);
	}
	systable_endscan(scan);
	table_close(streams, NoLock);
	return found;
}
