/*
 * fold.c
 *		Joins small rows of a stream's write buffer into larger ones.
 *
 * A reader pays for each row, whatever is in it.  Where points come one by one, their rows are
 * joined before the next flush, which deletes the fewer rows: folding moves that work, and adds
 * little.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "stream/buffer.h"

/* Fewer rows are not worth it; a row of as many points is not small. */
#define FOLD_LEAST	(BTR_FOLD_ROWS / 2)

/* Rows that are looked at: some were left by folds that found the stream locked. */
#define ROWS_MAX	(4 * BTR_FOLD_ROWS)

/*
 * Returns the ordinal of the first of the small rows that the active snapshot sees at the end of
 * the buffer, from an ordinal on; 0 if they are too few.
 */
static int64
find_small_rows(Relation rel, const pg_uuid_t *stream, int64 from)
{
	BtrBufferScan scan;
	int64		first = 0;
	int			n = 0;

	BtrBufferScanBegin(&scan, rel, stream, GetActiveSnapshot(), from, AccessShareLock);
	while (n < ROWS_MAX && BtrBufferScanNext(&scan, BackwardScanDirection) &&
		   scan.count < FOLD_LEAST)
	{
		first = scan.ordinal;
		n++;
	}
	BtrBufferScanEnd(&scan);
	return n < FOLD_LEAST ? 0 : first;
}

/*
 * Puts the points of the rows that the active snapshot sees from an ordinal on into one row, or
 * as many as they need.
 *
 * The new row takes the place of the first one.  So a row that is not seen yet, and lies between
 * the old ones, comes after those that were committed before it was inserted; those that come
 * before it now were inserted while its transaction ran.
 */
static void
fold_rows(Relation rel, const pg_uuid_t *stream, int64 from)
{
	BtrPointArray array = {0};
	int64		ordinal = from - 1;
	int64		total = 0;
	BtrAppend	to;
	BtrBufferScan scan;

	BtrAppendBegin(&to, BtrGetCatalog()->buffer, BtrGetCatalog()->buffer_idx);
	BtrBufferScanBeginAt(&scan, &to, rel, stream, GetActiveSnapshot(), from);
	while (BtrBufferScanNext(&scan, ForwardScanDirection))
	{
		if (array.n == 0)
			total = scan.total - scan.count;
		BtrBufferScanPoints(&scan, &array);
		BtrDeleteRow(scan.rel, &scan.tuple->t_self, stream);
	}
	BTR_DEBUG_POINT("joined");
	BtrSortPoints(array.time, array.value, array.n);
	if (array.n > 0)
	{
		BtrPoints	points = BtrPointArrayPoints(&array);

		BtrBufferInsertRows(&to, scan.store, stream, &points, &ordinal, &total,
							GetCurrentCommandId(true));
	}
	BtrBufferScanEnd(&scan);
	BtrAppendEnd(&to);
	BtrPointArrayFree(&array);
	CommandCounterIncrement();
}

/*
 * Joins the last small rows of the stream's buffer, unless that would mean to wait; see
 * stream.h.  Deletions and the new row are of one command: every snapshot sees each point once.
 *
 * The stream is locked, as for every deletion of its rows.  Who reads a version of its own
 * transaction therefore has, in that version, all that was folded by others (README, invariant 3).
 */
void
BtrBufferFold(Relation rel, const pg_uuid_t *stream)
{
	BtrVersion	latest;
	int64		first;

	if (IsolationUsesXactSnapshot() || !BtrChangeBegin(rel, stream, false, &latest))
		return;
	first = find_small_rows(rel, stream, latest.flushed_ordinal + 1);
	BTR_DEBUG_POINT("folding");
	if (first > 0)
		fold_rows(rel, stream, first);
	PopActiveSnapshot();
}
