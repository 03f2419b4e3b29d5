/*
 * mixed.c
 *		Rows of btrdb.mixed: writing them, and finding the points of one stream.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "guc.h"
#include "stream/mixed.h"

/* A block as a value of type bytea. */
typedef union PackedMix
{
	struct varlena header;
	char		bytes[VARHDRSZ + BTR_MIX_MAX_SIZE + BTR_MIX_SLACK];
	int32		align;
} PackedMix;

/*
 * The ordinal of a row of a cohort, from which a search for its newest one may start.  As with
 * BtrHint it may be wrong.
 */
typedef struct NewestHint
{
	int64		cohort;
	int64		ordinal;
} NewestHint;

static NewestHint hints[256];

/*
 * Returns what is remembered of a cohort.
 */
static NewestHint *
get_hint(int64 cohort)
{
	NewestHint *hint = &hints[(uint64) cohort % lengthof(hints)];

	if (hint->cohort != cohort)
	{
		hint->cohort = cohort;
		hint->ordinal = 0;
	}
	return hint;
}

/*
 * Says whether the table has no pages, as it is where no statement over many streams has been at
 * work lately.
 *
 * Under SERIALIZABLE it is searched all the same: that it has no rows must be noted, too.
 */
static bool
is_empty(void)
{
	Relation	mixed;
	bool		empty;

	if (IsolationIsSerializable())
		return false;
	mixed = table_open(BtrGetCatalog()->mixed, AccessShareLock);
	empty = RelationGetNumberOfBlocks(mixed) == 0;
	table_close(mixed, NoLock);
	return empty;
}

/*
 * Starts a scan and moves to the cohort's newest row that snapshot sees; false, with the
 * scan to be ended all the same, if there is none.  to: the table, if it is open to be appended
 * to; else NULL.
 */
static bool
find_newest(BtrMixedScan *scan, const BtrAppend *to, Relation rel, int64 cohort,
			Snapshot snapshot)
{
	for (int64 from = get_hint(cohort)->ordinal;; from = 0)
	{
		if (to != NULL)
			BtrMixedScanBeginAt(scan, to, rel, cohort, snapshot, from);
		else
			BtrMixedScanBegin(scan, rel, cohort, snapshot, from, AccessShareLock);
		if (BtrMixedScanNext(scan, BackwardScanDirection))
			return true;
		if (from == 0)
			return false;
		BtrMixedScanEnd(scan);
	}
}

/*
 * Returns the ordinal of the cohort's newest row, dead or alive, 0 if there is none, and in
 * *waiting how many rows have come since the last compaction, about.
 */
static int64
find_end(const BtrAppend *to, Relation rel, int64 cohort, int *waiting)
{
	BtrMixedScan scan;
	int64		ordinal = 0;

	*waiting = 0;
	if (find_newest(&scan, to, rel, cohort, SnapshotAny))
	{
		HeapTupleHeader row = scan.tuple->t_data;

		ordinal = scan.ordinal;
		if ((row->t_infomask & HEAP_XMAX_INVALID) != 0 ||
			(!TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(row)) &&
			 !TransactionIdDidCommit(HeapTupleHeaderGetUpdateXid(row))))
			*waiting = scan.waiting;
	}
	BtrMixedScanEnd(&scan);
	return ordinal;
}

/*
 * Says whether the cohort has rows that are committed now, or that the current transaction has
 * written or sees.
 */
bool
BtrMixedExists(Relation rel, int64 cohort)
{
	BtrMixedScan scan;
	bool		found = find_newest(&scan, NULL, rel, cohort, SnapshotSelf);

	BtrMixedScanEnd(&scan);
	if (!found && IsolationUsesXactSnapshot())
	{
		found = find_newest(&scan, NULL, rel, cohort, GetTransactionSnapshot());
		BtrMixedScanEnd(&scan);
	}
	return found;
}

/*
 * Returns the stream's cohort if that has such rows; else BTR_NO_COHORT.
 */
int64
BtrMixedCohort(Relation rel, const pg_uuid_t *stream)
{
	int64		cohort = is_empty() ? BTR_NO_COHORT : BtrStreamCohortNow(stream);

	return cohort != BTR_NO_COHORT && BtrMixedExists(rel, cohort) ? cohort : BTR_NO_COHORT;
}

/*
 * Finds the first cohort after *cohort that has rows which snapshot sees; see mixed.h.
 */
bool
BtrMixedNextCohort(Relation rel, Snapshot snapshot, int64 *cohort, int *waiting)
{
	BtrMixedScan scan;
	bool		found;

	if (is_empty())
		return false;
	BtrMixedScanBeginAfter(&scan, rel, *cohort, snapshot, AccessShareLock);
	found = BtrMixedScanNext(&scan, ForwardScanDirection);
	*cohort = scan.cohort;
	BtrMixedScanEnd(&scan);
	if (found)
	{
		found = find_newest(&scan, NULL, rel, *cohort, snapshot);
		*waiting = scan.waiting;
		BtrMixedScanEnd(&scan);
	}
	return found;
}

/*
 * Says whether a row of the cohort that snapshot sees has points of the stream.
 */
bool
BtrMixedHolds(Relation rel, int64 cohort, const pg_uuid_t *stream, Snapshot snapshot)
{
	BtrMixedScan scan;
	bool		found = false;

	if (is_empty())
		return false;
	BtrMixedScanBegin(&scan, rel, cohort, snapshot, 0, AccessShareLock);
	while (!found && BtrMixedScanNext(&scan, ForwardScanDirection))
	{
		BtrMix		mix;

		if (!scan.current)
			continue;
		BtrMixedScanOpen(&scan, &mix);
		found = BtrMixFind(&mix, stream) >= 0;
	}
	BtrMixedScanEnd(&scan);
	return found;
}

/* ---- reading ---- */

/*
 * Says whether a row of btrdb.buffer is alive for a snapshot of this transaction that sees
 * its inserter: not deleted, or by a later command, or by others that have not committed.
 */
static bool
is_alive(HeapTupleHeader row, Snapshot snapshot)
{
	TransactionId deleter;

	if ((row->t_infomask & HEAP_XMAX_INVALID) != 0 || HEAP_XMAX_IS_LOCKED_ONLY(row->t_infomask))
		return true;
	deleter = HeapTupleHeaderGetUpdateXid(row);
	if (TransactionIdIsCurrentTransactionId(deleter))
		return HeapTupleHeaderGetCmax(row) >= snapshot->curcid;
	return !TransactionIdDidCommit(deleter);
}

/*
 * Says whether the points that a compaction, which snapshot does not see, has moved out of a
 * row are still in the stream's buffer, where snapshot does not see them either.
 *
 * The compaction has deleted the row and inserted a buffer row by one command.  Once a flush
 * has deleted that too, its command id is no longer known: but then it was absorbed.
 */
static bool
is_in_buffer(Relation rel, const pg_uuid_t *stream, HeapTupleHeader row, Snapshot snapshot)
{
	BtrBufferScan scan;
	bool		found = false;

	BtrBufferScanBegin(&scan, rel, stream, SnapshotAny, 0, AccessShareLock);
	while (!found && BtrBufferScanNext(&scan, BackwardScanDirection))
	{
		HeapTupleHeader image = scan.tuple->t_data;

		found = HeapTupleHeaderGetRawXmin(image) == HeapTupleHeaderGetRawXmax(row) &&
			is_alive(image, snapshot) &&
			((image->t_infomask & HEAP_XMAX_INVALID) == 0 ||
			 HeapTupleHeaderGetRawCommandId(image) == HeapTupleHeaderGetRawCommandId(row));
	}
	BtrBufferScanEnd(&scan);
	return found;
}

/*
 * Appends the stream's points that snapshot sees, in the order of insertion.
 *
 * own: the version that is read was made by the current transaction.  It may contain what
 * other transactions had compacted and flushed before, although snapshot is too old to know;
 * what they compact later it does not contain.
 */
void
BtrMixedRead(Relation rel, const pg_uuid_t *stream, Snapshot snapshot, bool own,
			 BtrPointArray *array)
{
	int64		cohort;
	BtrMixedScan scan;

	if (is_empty())
		return;
	cohort = BtrStreamCohort(stream, snapshot);
	if (cohort == BTR_NO_COHORT)
		return;

	BtrMixedScanBegin(&scan, rel, cohort, snapshot, 0, AccessShareLock);
	while (BtrMixedScanNext(&scan, ForwardScanDirection))
	{
		BtrMix		mix;
		int			i;
		int			start;
		int			n;

		if (!scan.current)
			continue;
		BtrMixedScanOpen(&scan, &mix);
		i = BtrMixFind(&mix, stream);
		if (i < 0)
			continue;
		if (own && BtrIsAbsorbed(scan.tuple->t_data) &&
			!is_in_buffer(rel, stream, scan.tuple->t_data, snapshot))
			continue;
		n = BtrMixPoints(&mix, i, &start);
		BtrPointArrayReserve(array, n);
		if (!BtrMixRead(&mix, start, n, array->time + array->n, array->value + array->n))
			BtrMixedScanReportDamage(&scan);
		array->n += n;
	}
	BtrMixedScanEnd(&scan);
}

/*
 * Compares two uuids.
 */
static int
compare_uuids(const void *a, const void *b)
{
	return memcmp(a, b, UUID_LEN);
}

/*
 * Returns the streams that have rows which snapshot sees, sorted, and their number.  The
 * array is palloc'd.
 */
pg_uuid_t *
BtrMixedStreams(Relation rel, Snapshot snapshot, int64 *n)
{
	pg_uuid_t  *streams = palloc(BTR_MIX_MAX_POINTS * sizeof(pg_uuid_t));
	int64		size = BTR_MIX_MAX_POINTS;
	BtrMixedScan scan;

	*n = 0;
	if (is_empty())
		return streams;
	BtrMixedScanBeginAfter(&scan, rel, BTR_NO_COHORT, snapshot, AccessShareLock);
	while (BtrMixedScanNext(&scan, ForwardScanDirection))
	{
		BtrMix		mix;

		if (!scan.current)
			continue;
		BtrMixedScanOpen(&scan, &mix);
		if (*n + mix.nstreams > size)
		{
			/* The streams of a cohort come again and again. */
			qsort(streams, *n, sizeof(pg_uuid_t), compare_uuids);
			*n = qunique(streams, *n, sizeof(pg_uuid_t), compare_uuids);
			while (*n + mix.nstreams > size / 2)
				size *= 2;
			streams = repalloc_huge(streams, size * sizeof(pg_uuid_t));
		}
		for (int i = 0; i < mix.nstreams; i++)
			BtrMixStream(&mix, i, &streams[(*n)++]);
	}
	BtrMixedScanEnd(&scan);
	qsort(streams, *n, sizeof(pg_uuid_t), compare_uuids);
	*n = qunique(streams, *n, sizeof(pg_uuid_t), compare_uuids);
	return streams;
}

/* ---- writing ---- */

/* A row in the making. */
typedef struct Slice
{
	BtrMixPart	part[BTR_MIX_MAX_POINTS];
	int			nparts;
	int			n;
	int64		first;			/* smallest and largest time */
	int64		last;
} Slice;

/*
 * Adds to the slice as many of a part's points from the one at start on as fit; returns how
 * many.
 */
static int64
fill(Slice *slice, const BtrMixPart *from, int64 start)
{
	BtrMixPart *part = &slice->part[slice->nparts];
	int64		i;

	for (i = start; i < from->n && slice->n < BTR_MIX_MAX_POINTS; i++)
	{
		int64		time = from->time[i];
		int64		first = slice->n == 0 ? time : Min(slice->first, time);
		int64		last = slice->n == 0 ? time : Max(slice->last, time);

		if (BtrMixSize(slice->nparts + 1, slice->n + 1, first, last) > BTR_MIX_MAX_SIZE)
			break;
		slice->first = first;
		slice->last = last;
		slice->n++;
	}
	if (i > start)
	{
		part->stream = from->stream;
		part->time = from->time + start;
		part->value = from->value + start;
		part->n = i - start;
		slice->nparts++;
	}
	return i - start;
}

/*
 * Appends points of streams of one cohort, sorted by uuid, as rows of command cid.  Returns
 * whether so many rows wait that a compaction is due.
 *
 * Rows are numbered on from the newest one, dead or alive.  When VACUUM has removed that, a
 * number may come again: never one below that of a row that is still there.
 */
bool
BtrMixedAppend(const BtrAppend *to, Relation rel, int64 cohort, const BtrMixPart *part,
			   int nparts, CommandId cid)
{
	Datum		value[Natts_mixed];
	int			waiting;
	int64		ordinal = find_end(to, rel, cohort, &waiting);
	int			next = 0;		/* part */
	int64		start = 0;		/* in it */
	PackedMix	block;

	value[Anum_mixed_cohort - 1] = Int64GetDatum(cohort);
	value[Anum_mixed_store - 1] = Int64GetDatum(BtrStoreId(rel));
	value[Anum_mixed_points - 1] = PointerGetDatum(&block);
	while (next < nparts)
	{
		Slice		slice;

		CHECK_FOR_INTERRUPTS();
		slice.nparts = slice.n = 0;
		while (next < nparts)
		{
			start += fill(&slice, &part[next], start);
			if (start < part[next].n)
				break;
			next++;
			start = 0;
		}
		SET_VARSIZE(&block, VARHDRSZ + BtrMixWrite(slice.part, slice.nparts,
												   (uint8 *) block.bytes + VARHDRSZ));
		value[Anum_mixed_ordinal - 1] = Int64GetDatum(++ordinal);
		value[Anum_mixed_waiting - 1] = Int32GetDatum(++waiting);
		BtrAppendRow(to, value, cid);
	}
	get_hint(cohort)->ordinal = ordinal;
	return waiting >= btrdb_compact_rows;
}
