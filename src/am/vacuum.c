/*
 * vacuum.c
 *		VACUUM of the node store: frees garbage, settles pages, finds free space.
 *
 * First, nodes that no version leads to any more are freed.  Then one pass reads
 * every page.  A page that holds nodes of a transaction that is
 * finished is settled: the nodes stay if it committed and go if it did not.
 * When no page refers to an old transaction any more, relfrozenxid advances.
 *
 * VACUUM writes no rows: other sessions' snapshots ignore its transaction, so a
 * row that it wrote could be taken for dead.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/multixact.h"
#include "access/transam.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/freespace.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "am/am.h"
#include "gc/gc.h"
#include "page/page.h"

/* What one VACUUM did. */
typedef struct VacuumState
{
	/* Info */
	Relation	rel;
	BufferAccessStrategy strategy;
	struct VacuumCutoffs cutoffs;

	/* Counters */
	BlockNumber nblocks;
	BlockNumber settled;		/* pages settled */
	BlockNumber owned;			/* pages whose owner still runs */
	int64		removed;		/* nodes of aborted transactions removed */

	/* Variables */
	bool		old_owner;		/* some page keeps an owner before OldestXmin */
} VacuumState;

/*
 * Vacuums one page and records how much space it has.
 *
 * A page of zeroes was added to the relation but its first contents never
 * reached the disk, or are about to: it is only reported as empty, whoever
 * takes it initialises it.
 */
static void
vacuum_page(VacuumState *state, BlockNumber blkno)
{
	Buffer		buf;
	BtrPageVacuumResult result;

	buf = ReadBufferExtended(state->rel, MAIN_FORKNUM, blkno, RBM_NORMAL,
							 state->strategy);
	BtrPageVacuum(state->rel, buf, &result);
	ReleaseBuffer(buf);

	if (result.settled)
		state->settled++;
	state->removed += result.removed;
	if (result.owner != 0)
	{
		TransactionId owner =
			XidFromFullTransactionId(FullTransactionIdFromU64(result.owner));

		state->owned++;
		if (TransactionIdPrecedes(owner, state->cutoffs.OldestXmin))
			state->old_owner = true;
	}

	RecordPageWithFreeSpace(state->rel, blkno, result.free_space);
}

/*
 * Vacuums the store.  Called with ShareUpdateExclusiveLock on the relation.
 */
void
BtrRelationVacuum(Relation rel, struct VacuumParams *params,
				  BufferAccessStrategy bstrategy)
{
	VacuumState state = {.rel = rel, .strategy = bstrategy};
	TimestampTz started = GetCurrentTimestamp();
	int64		freed;

	/*
	 * The horizon comes before the size: whoever finished before it has
	 * extended the relation already, whoever runs has an xid after it.
	 */
	vacuum_get_cutoffs(rel, params, &state.cutoffs);
	freed = BtrFreeGarbage(rel, bstrategy);
	state.nblocks = RelationGetNumberOfBlocks(rel);

	for (BlockNumber blkno = BTR_META_BLOCK + 1; blkno < state.nblocks; blkno++)
	{
		BtrVacuumDelayPoint();
		vacuum_page(&state, blkno);
	}
	FreeSpaceMapVacuum(rel);

	BtrUpdateRelStats(rel, state.nblocks, rel->rd_rel->reltuples,
					  state.old_owner ? InvalidTransactionId : state.cutoffs.OldestXmin,
					  state.cutoffs.OldestMxact);
	BtrReportVacuum(rel, 0, BtrGarbageLeft(rel), started);

	ereport((params->options & VACOPT_VERBOSE) != 0 ? INFO : DEBUG2,
			(errmsg("vacuumed \"%s.%s\": %u pages, %u settled, %u in use by running transactions, %lld nodes of aborted transactions removed, %lld of pruned versions freed",
					get_namespace_name(RelationGetNamespace(rel)),
					RelationGetRelationName(rel),
					state.nblocks, state.settled, state.owned,
					(long long) state.removed, (long long) freed)));
}
