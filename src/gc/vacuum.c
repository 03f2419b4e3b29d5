/*
 * vacuum.c
 *		Frees garbage, for VACUUM.
 *
 * Other sessions' snapshots ignore the transaction of VACUUM, so a row that it wrote or
 * deleted could be taken for what it is not: it only reads rows.
 */
#include "postgres.h"

#include "access/transam.h"
#include "commands/progress.h"
#include "commands/vacuum.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/procarray.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "gc/gc.h"
#include "page/wal.h"
#include "tree/walk.h"

/* The freeing of one stream's nodes. */
typedef struct Free
{
	/* Info */
	Relation	rel;
	BufferAccessStrategy strategy;
	pg_uuid_t	stream;

	/* Counters */
	int64		freed;			/* nodes */
	int64		pages;			/* pages looked at for them, some more than once */
} Free;

/*
 * Frees nodes that are neighbours in one node, those of a page together.
 */
static void
free_leaves(Free *work, const BtrRef *refs, int n)
{
	for (int first = 0, end; first < n; first = end)
	{
		for (end = first + 1; end < n; end++)
			if (ItemPointerGetBlockNumberNoCheck(&refs[end].tid) !=
				ItemPointerGetBlockNumberNoCheck(&refs[first].tid))
				break;
		BtrVacuumDelayPoint();
		work->freed += BtrNodesFree(work->rel, work->strategy, &work->stream,
									&refs[first], end - first);
		BTR_DEBUG_POINT("freed page");
		pgstat_progress_update_param(PROGRESS_VACUUM_HEAP_BLKS_VACUUMED, ++work->pages);
	}
}

/*
 * Frees a node and everything below it, that first: what is below a node that is gone
 * is gone as well.
 */
static void
free_subtree(Free *work, const BtrRef *ref, int depth)
{
	BtrNode    *node;

	check_stack_depth();
	if (!ref->leaf && depth <= BTR_WALK_MAX_DEPTH)
	{
		node = palloc(sizeof(BtrNode));
		if (BtrNodeFind(work->rel, &work->stream, ref, node) &&
			node->h.kind != BTR_NODE_LEAF)
		{
			BtrRef		leaves[BTR_FANOUT];
			int			nleaves = 0;

			for (int i = 0; i < node->h.nitems; i += BtrEntryParts(node, i))
			{
				BtrRef		child = BtrEntryRef(node, i);

				if (BtrRefIsTrimmed(&child))
					continue;
				if (child.leaf)
					leaves[nleaves++] = child;
				else
					free_subtree(work, &child, depth + 1);
			}
			free_leaves(work, leaves, nleaves);
			BTR_DEBUG_POINT("children");
		}
		pfree(node);
	}
	free_leaves(work, ref, 1);
}

/*
 * Returns the transaction id before which everything is finished, and seen so by
 * every snapshot that may read the store.
 */
static FullTransactionId
removal_horizon(Relation rel)
{
	TransactionId oldest = GetOldestNonRemovableTransactionId(rel);
	FullTransactionId next = ReadNextFullTransactionId();
	uint32		epoch = EpochFromFullTransactionId(next);

	/* it precedes the next one by less than one round of the counter */
	if (oldest > XidFromFullTransactionId(next))
		epoch--;
	return FullTransactionIdFromEpochAndXid(epoch, oldest);
}

/*
 * Goes through the garbage of transactions from <= id < end and, if work is not NULL,
 * frees it.  Returns the last transaction id there is, or an invalid one.
 */
static FullTransactionId
visit_garbage(Relation rel, Snapshot snapshot, FullTransactionId from,
			  FullTransactionId end, Free *work)
{
	FullTransactionId last = InvalidFullTransactionId;
	int64		store = BtrStoreId(rel);
	BtrGarbageScan scan;
	BtrGarbage	garbage;

	BtrGarbageScanBegin(&scan, snapshot, from, end, AccessShareLock);
	while (BtrGarbageScanNext(&scan, &garbage))
	{
		if (garbage.store != store)
			continue;
		last = garbage.pruned;
		if (work == NULL)
			continue;
		work->stream = garbage.stream;
		if (garbage.whole)
			free_subtree(work, &garbage.ref, 0);
		else
			free_leaves(work, &garbage.ref, 1);
	}
	BtrGarbageScanEnd(&scan);
	return last;
}

/*
 * Frees the garbage that nobody can need any more; see gc.h.
 *
 * The snapshot comes after the horizon: it sees every row of a transaction that
 * precedes the horizon and has committed.
 */
int64
BtrFreeGarbage(Relation rel, BufferAccessStrategy strategy)
{
	Free		work = {.rel = rel, .strategy = strategy};
	FullTransactionId done = BtrGarbageDone(rel);
	FullTransactionId horizon = removal_horizon(rel);
	FullTransactionId last;
	Snapshot	snapshot;

	if (!FullTransactionIdPrecedes(done, horizon))
		return 0;
	BTR_DEBUG_POINT("horizon");
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	last = visit_garbage(rel, snapshot, done, horizon, NULL);
	if (FullTransactionIdIsValid(last))
	{
		BtrWalConflict(rel, last);
		BTR_DEBUG_POINT("announced");
		(void) visit_garbage(rel, snapshot, done, horizon, &work);
		BTR_DEBUG_POINT("unnoted");
		BtrSetGarbageDone(rel, horizon);
	}
	UnregisterSnapshot(snapshot);
	return work.freed;
}

/*
 * Counts the points of garbage that somebody could still need; see gc.h.
 */
int64
BtrGarbageLeft(Relation rel)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	int64		store = BtrStoreId(rel);
	int64		points = 0;
	BtrGarbageScan scan;
	BtrGarbage	garbage;

	BtrGarbageScanBegin(&scan, snapshot, BtrGarbageDone(rel),
						FullTransactionIdFromU64(PG_UINT64_MAX), AccessShareLock);
	while (BtrGarbageScanNext(&scan, &garbage))
		if (garbage.store == store)
			points += BtrGarbagePoints(&garbage.ref, garbage.whole);
	BtrGarbageScanEnd(&scan);
	UnregisterSnapshot(snapshot);
	return points;
}
