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
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "codec/leaf.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "guc.h"
#include "stream/buffer.h"

/* Largest block: two rows fill a page. */
#define BLOCK_SIZE_MAX	4000

/* A block as a value of type bytea. */
typedef union PackedPoints
{
	struct varlena header;
	char		bytes[VARHDRSZ + BLOCK_SIZE_MAX];
	int32		align;
} PackedPoints;

/* What the newest row says about the rows up to it. */
typedef struct Tail
{
	int32		ordinal;		/* its place in the order of rows */
	int32		rows;			/* rows and points that wait to be flushed */
	int32		points;
} Tail;

/*
 * Returns the id of the transaction that deleted a row, or tried to; invalid if
 * nobody did.
 */
static TransactionId
deleter(HeapTupleHeader row)
{
	if ((row->t_infomask & HEAP_XMAX_INVALID) ||
		HEAP_XMAX_IS_LOCKED_ONLY(row->t_infomask))
		return InvalidTransactionId;
	return HeapTupleHeaderGetUpdateXid(row);
}

/*
 * Says whether a row was deleted by a transaction that has committed.
 */
static bool
is_absorbed(HeapTupleHeader row)
{
	TransactionId xid = deleter(row);

	return TransactionIdIsValid(xid) && TransactionIdDidCommit(xid);
}

/*
 * Reads the tail of the stream's buffer from the newest row that is there,
 * dead or alive: rows are numbered on when a flush has deleted them, so the
 * newest one is always at the end of the index and found at once.  Finding the
 * newest live one would mean to pass all those that were flushed but cannot be
 * vacuumed yet.
 *
 * The counts only say when a flush is due: that rows of other transactions may
 * still be undone does not matter.
 */
static void
read_tail(Relation rel, const pg_uuid_t *stream, Tail *tail)
{
	BtrBufferScan scan;
	int32		from = BtrGetHint(stream)->ordinal;

	memset(tail, 0, sizeof(*tail));
	BtrBufferScanBegin(&scan, rel, stream, SnapshotAny, from, AccessShareLock);
	if (!BtrBufferScanNext(&scan, BackwardScanDirection) && from > 0)
	{
		BtrBufferScanEnd(&scan);
		BtrBufferScanBegin(&scan, rel, stream, SnapshotAny, 0, AccessShareLock);
		(void) BtrBufferScanNext(&scan, BackwardScanDirection);
	}
	if (HeapTupleIsValid(scan.tuple))
	{
		TransactionId xid = deleter(scan.tuple->t_data);

		tail->ordinal = scan.ordinal;
		if (scan.count > 0 &&
			!(TransactionIdIsValid(xid) &&
			  (TransactionIdIsCurrentTransactionId(xid) || TransactionIdDidCommit(xid))))
		{
			tail->rows = scan.rows;
			tail->points = scan.total;
		}
	}
	BtrBufferScanEnd(&scan);
}

/*
 * Adds to a counter that stays at its maximum.
 */
static int32
add_saturating(int32 a, int32 b)
{
	return (int32) Min((int64) a + b, PG_INT32_MAX);
}

/*
 * Encodes at most n points into *block and returns how many: all, or n halved as
 * often as it takes to fit.
 */
static int
encode_block(const int64 *time, const double *value, int n, PackedPoints *block)
{
	size_t		size = 0;

	for (;;)
	{
		size = BtrLeafEncode(time, value, n, (uint8 *) block->bytes + VARHDRSZ, BLOCK_SIZE_MAX);
		if (size > 0)
			break;
		if (n == 1)
			elog(ERROR, "could not encode a point");
		n /= 2;
	}
	SET_VARSIZE(block, VARHDRSZ + size);
	return n;
}

/*
 * Appends sorted points to the stream's write buffer.  Returns true if the buffer
 * has passed one of its limits and a flush is due.
 *
 * The command counter is left alone.  Rows that are inserted and deleted by one
 * transaction need memory for each pair of commands that did so: the calls of one
 * statement share the command until a flush comes.
 */
bool
BtrBufferAppend(Relation rel, const pg_uuid_t *stream, const BtrPoints *points)
{
	Relation	buffer = table_open(BtrGetCatalog()->buffer, RowExclusiveLock);
	CatalogIndexState indexes = CatalogOpenIndexes(buffer);
	Datum		value[Natts_buffer];
	bool		isnull[Natts_buffer] = {false};
	Tail		tail;
	int			most = BTR_LEAF_MAX_POINTS;
	int			count;
	PackedPoints block;

	read_tail(rel, stream, &tail);
	value[Anum_buffer_stream - 1] = UUIDPGetDatum(stream);
	value[Anum_buffer_store - 1] = Int64GetDatum(BtrStoreId(rel));
	value[Anum_buffer_points - 1] = PointerGetDatum(&block);
	for (int64 i = 0; i < points->n; i += count)
	{
		HeapTuple	tuple;

		CHECK_FOR_INTERRUPTS();
		count = encode_block(points->time + i, points->value + i,
							 (int) Min(points->n - i, most), &block);
		/* The next block will not compress very much better. */
		most = Min(2 * count, BTR_LEAF_MAX_POINTS);

		tail.ordinal = add_saturating(tail.ordinal, 1);
		tail.rows = add_saturating(tail.rows, 1);
		tail.points = add_saturating(tail.points, count);
		value[Anum_buffer_ordinal - 1] = Int32GetDatum(tail.ordinal);
		value[Anum_buffer_rows - 1] = Int32GetDatum(tail.rows);
		value[Anum_buffer_total - 1] = Int32GetDatum(tail.points);
		tuple = heap_form_tuple(RelationGetDescr(buffer), value, isnull);
		CatalogTupleInsertWithInfo(buffer, tuple, indexes);
		heap_freetuple(tuple);
	}
	CatalogCloseIndexes(indexes);
	table_close(buffer, NoLock);
	BtrGetHint(stream)->ordinal = tail.ordinal;

	return tail.points > btrdb_buffer_points || tail.rows > btrdb_buffer_rows;
}

/*
 * Reads the stream's buffered points that snapshot sees, sorted by time, equal
 * times in insertion order.  The arrays are palloc'd.
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
		if (!skip_absorbed || !is_absorbed(scan.tuple->t_data))
			BtrBufferScanPoints(&scan, &array);
	}
	BtrBufferScanEnd(&scan);

	BtrSortPoints(array.time, array.value, array.n);
	points->time = array.time;
	points->value = array.value;
	points->n = array.n;
}
