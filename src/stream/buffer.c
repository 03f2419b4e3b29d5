/*
 * buffer.c
 *		The write buffer of a stream: rows of btrdb.buffer.
 *
 * A row holds up to BTR_LEAF_MAX_POINTS points, sorted, as one block of the leaf
 * codec.  Whoever inserts a row looks only at the newest one of its stream, so
 * inserts cost the same however much is buffered, and never wait.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "access/xact.h"
#include "codec/leaf.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "guc.h"
#include "stream/mixed.h"

/* Largest block: a row fits a page. */
#define BLOCK_SIZE_MAX	8000

/* Points of which a block always has room, encoded to learn how many more do. */
#define SAMPLE_POINTS	128

/* A block as a value of type bytea. */
typedef union PackedPoints
{
	struct varlena header;
	char		bytes[VARHDRSZ + BLOCK_SIZE_MAX];
	int32		align;
} PackedPoints;

/*
 * Says whether a row was deleted by a transaction that has committed.
 */
bool
BtrIsAbsorbed(HeapTupleHeader row)
{
	TransactionId deleter;

	if ((row->t_infomask & HEAP_XMAX_INVALID) ||
		HEAP_XMAX_IS_LOCKED_ONLY(row->t_infomask))
		return false;
	deleter = HeapTupleHeaderGetUpdateXid(row);
	return TransactionIdIsValid(deleter) && TransactionIdDidCommit(deleter);
}

/*
 * Returns the place of the stream's newest row in *ordinal and *total; of its
 * newest flush, if no later row is there.
 *
 * The newest row is taken dead or alive: rows are numbered on when a flush has
 * deleted them, so it is at the end of the index and found at once.  What was flushed before
 * is not looked at: there may be many such rows that cannot be vacuumed yet.
 */
static void
find_end(const BtrAppend *to, Relation rel, const pg_uuid_t *stream, const BtrVersion *latest,
		 int64 *ordinal, int64 *total)
{
	BtrBufferScan scan;
	int64		first = latest->flushed_ordinal + 1;
	int64		from = Max(BtrGetHint(stream)->ordinal, first);

	BtrBufferScanBeginAt(&scan, to, rel, stream, SnapshotAny, from);
	if (!BtrBufferScanNext(&scan, BackwardScanDirection) && from > first)
	{
		BtrBufferScanEnd(&scan);
		BtrBufferScanBeginAt(&scan, to, rel, stream, SnapshotAny, first);
		(void) BtrBufferScanNext(&scan, BackwardScanDirection);
	}
	if (HeapTupleIsValid(scan.tuple))
	{
		*ordinal = scan.ordinal;
		*total = scan.total;
	}
	else
	{
		*ordinal = latest->flushed_ordinal;
		*total = latest->flushed_total;
	}
	BtrBufferScanEnd(&scan);
}

/*
 * Encodes at most n points into *block and returns how many: all, as many as a sample says
 * will fit, or that halved as often as it takes.
 */
static int
encode_block(const int64 *time, const double *value, int n, PackedPoints *block)
{
	size_t		size = 0;

	if (n >= 4 * SAMPLE_POINTS)
	{
		int			middle = (n - SAMPLE_POINTS) / 2;

		size = BtrLeafEncode(time + middle, value + middle, SAMPLE_POINTS,
							 (uint8 *) block->bytes + VARHDRSZ, BLOCK_SIZE_MAX);
		n = Min(n, SAMPLE_POINTS * BLOCK_SIZE_MAX / (int) size);
	}
	for (;;)
	{
		size = BtrLeafEncode(time, value, n, (uint8 *) block->bytes + VARHDRSZ, BLOCK_SIZE_MAX);
		if (size > 0)
			break;
		if (n == 1)
			elog(ERROR, "could not encode a point");
		n /= 2;
	}
	if (!BtrLeafVerify(time, value, n, (uint8 *) block->bytes + VARHDRSZ, size))
		elog(ERROR, "block of %d points is not what was encoded", n);
	SET_VARSIZE(block, VARHDRSZ + size);
	return n;
}

/*
 * Inserts sorted points as rows of command cid, numbered on from *ordinal and *total, which
 * become those of the last row.
 */
void
BtrBufferInsertRows(const BtrAppend *to, int64 store, const pg_uuid_t *stream,
					const BtrPoints *points, int64 *ordinal, int64 *total, CommandId cid)
{
	Datum		value[Natts_buffer];
	int			most = BTR_LEAF_MAX_POINTS;
	int			count;
	PackedPoints block;

	value[Anum_buffer_stream - 1] = UUIDPGetDatum(stream);
	value[Anum_buffer_store - 1] = Int64GetDatum(store);
	value[Anum_buffer_points - 1] = PointerGetDatum(&block);
	for (int64 i = 0; i < points->n; i += count)
	{
		CHECK_FOR_INTERRUPTS();
		count = encode_block(points->time + i, points->value + i,
							 (int) Min(points->n - i, most), &block);
		/* The next block will not compress very much better. */
		most = Min(2 * count, BTR_LEAF_MAX_POINTS);

		value[Anum_buffer_ordinal - 1] = Int64GetDatum(++*ordinal);
		value[Anum_buffer_total - 1] = Int64GetDatum(*total += count);
		BtrAppendRow(to, value, cid);
	}
}

/*
 * Appends sorted points to the stream's write buffer as rows of command cid.  Says what is
 * due after that; *latest is the newest version.
 *
 * The command counter is left alone.  Rows that are inserted and deleted by one
 * transaction need memory for each pair of commands that did so: the calls of one
 * statement share the command until a flush comes, and the rows of a transaction that
 * appends again and again are not folded.
 */
BtrBufferDue
BtrBufferAppend(const BtrAppend *to, Relation rel, const pg_uuid_t *stream,
				const BtrPoints *points, const BtrVersion *latest, CommandId cid)
{
	BtrHint    *hint;
	int64		before;
	int64		ordinal;
	int64		total;
	bool		again;

	find_end(to, rel, stream, latest, &ordinal, &total);
	BTR_DEBUG_POINT("numbered");
	before = ordinal;
	BtrBufferInsertRows(to, BtrStoreId(rel), stream, points, &ordinal, &total, cid);
	hint = BtrGetHint(stream);
	again = hint->appended;
	hint->ordinal = ordinal;
	hint->appended = true;

	if (total - latest->flushed_total > btrdb_buffer_points ||
		ordinal - latest->flushed_ordinal > btrdb_buffer_rows)
		return BTR_FLUSH_DUE;
	if (!again && ordinal / BTR_FOLD_ROWS > before / BTR_FOLD_ROWS)
		return BTR_FOLD_DUE;
	return BTR_NOTHING_DUE;
}

/*
 * Reads the stream's buffered points that snapshot sees, those in btrdb.mixed included,
 * sorted by time, equal times in insertion order.  The arrays are palloc'd.
 *
 * skip_absorbed: leave out rows whose deleter has committed, even if snapshot
 * does not see that.  Readers whose version was made by their own transaction
 * need it: that version contains what other transactions had flushed until the
 * stream was locked for it, which snapshot may be too old to know.
 */
void
BtrBufferRead(Relation rel, const pg_uuid_t *stream, Snapshot snapshot,
			  bool skip_absorbed, BtrPoints *points)
{
	BtrPointArray array = {0};
	BtrBufferScan scan;

	BtrBufferScanBegin(&scan, rel, stream, snapshot, 0, AccessShareLock);
	while (BtrBufferScanNext(&scan, ForwardScanDirection))
	{
		if (!skip_absorbed || !BtrIsAbsorbed(scan.tuple->t_data))
			BtrBufferScanPoints(&scan, &array);
	}
	BtrBufferScanEnd(&scan);
	BtrMixedRead(rel, stream, snapshot, skip_absorbed, &array);

	BtrSortPoints(array.time, array.value, array.n);
	*points = BtrPointArrayPoints(&array);
}
