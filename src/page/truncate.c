/*
 * truncate.c
 *		Giving empty pages at the end of the store back to the system, for VACUUM.
 */
#include "postgres.h"

#include "catalog/storage.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/freespace.h"
#include "storage/latch.h"
#include "storage/lmgr.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/wait_event.h"

#include "debug.h"
#include "page/vacuum.h"

/*
 * So many empty pages are worth the lock, or such a part of the store: as many as for
 * a heap.
 */
#define WORTH_PAGES		1000
#define WORTH_PART		16

/* How long the lock is tried for, and how often. */
#define LOCK_TIMEOUT_MS		5000
#define LOCK_INTERVAL_MS	50

/* Somebody who waits for the lock is looked for whenever so many pages have been read. */
#define WAITERS_PAGES	32

/* What the free space map says of an empty page, which knows 256 sizes. */
#define EMPTY_SPACE \
	((BLCKSZ - SizeOfPageHeaderData - sizeof(BtrPageSpecial) - sizeof(ItemIdData)) / \
	 (BLCKSZ / 256) * (BLCKSZ / 256))

/*
 * Says whether the free space map takes a block for empty.
 */
static bool
seems_empty(Relation rel, BlockNumber blkno)
{
	return BtrBlockKind(blkno) == BTR_PAGE_MAP ||
		GetRecordedFreeSpace(rel, blkno) >= EMPTY_SPACE;
}

/*
 * Says whether there are enough empty pages at the end, as far as the free space map
 * knows.  The one that is farthest from the end is the most likely to be in use.
 */
static bool
is_worth_it(Relation rel, BlockNumber nblocks)
{
	BlockNumber wanted = Max(Min(nblocks / WORTH_PART, WORTH_PAGES), 1);

	if (nblocks <= BTR_META_BLOCK + 2)
		return false;
	for (BlockNumber blkno = nblocks - wanted; blkno < nblocks; blkno++)
		if (!seems_empty(rel, blkno))
			return false;
	return true;
}

/*
 * Locks everybody else out, if that is possible within some seconds.
 */
static bool
lock_store(Relation rel)
{
	TimestampTz started = GetCurrentTimestamp();

	while (!ConditionalLockRelation(rel, AccessExclusiveLock))
	{
		CHECK_FOR_INTERRUPTS();
		if (TimestampDifferenceExceeds(started, GetCurrentTimestamp(), LOCK_TIMEOUT_MS))
			return false;
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 LOCK_INTERVAL_MS, WAIT_EVENT_VACUUM_TRUNCATE);
		ResetLatch(MyLatch);
	}
	return true;
}

/*
 * Says whether a block holds nothing.  Raises ERRCODE_DATA_CORRUPTED if it is not sound.
 */
static bool
is_empty(Relation rel, BlockNumber blkno, BufferAccessStrategy strategy)
{
	Buffer		buf;
	Page		page;
	char	   *problem;
	bool		empty;

	/* the blocks that it is about are gone */
	if (BtrBlockKind(blkno) == BTR_PAGE_MAP)
		return true;

	buf = ReadBufferExtended(rel, MAIN_FORKNUM, blkno, RBM_NORMAL, strategy);
	LockBuffer(buf, BUFFER_LOCK_SHARE);
	page = BufferGetPage(buf);
	problem = BtrPageProblem(page, blkno);
	empty = problem == NULL && BtrPageIsEmpty(page);
	UnlockReleaseBuffer(buf);
	if (problem)
		BtrReportCorruption(rel, blkno, InvalidOffsetNumber, problem);
	return empty;
}

/*
 * Returns how many blocks are left without the empty ones at the end.  Stops earlier if
 * somebody waits for the lock.
 */
static BlockNumber
blocks_in_use(Relation rel, BlockNumber nblocks, BufferAccessStrategy strategy)
{
	for (int n = 1; nblocks > BTR_META_BLOCK + 1; nblocks--, n++)
	{
		CHECK_FOR_INTERRUPTS();
		if (n % WAITERS_PAGES == 0 && LockHasWaitersRelation(rel, AccessExclusiveLock))
			break;
		if (!is_empty(rel, nblocks - 1, strategy))
			break;
	}
	return nblocks;
}

/*
 * Cuts empty pages off; see vacuum.h.
 *
 * Nobody has the relation locked, so no pointer to these pages will be followed: their
 * nodes are gone.  Sessions forget what they know of the file's size when they lock the
 * relation next; the lock need not wait for our commit.  A mark for a page that is cut off
 * stays, and does no harm.
 */
BlockNumber
BtrTruncateStore(Relation rel, BufferAccessStrategy strategy)
{
	BlockNumber nblocks = RelationGetNumberOfBlocks(rel);
	BlockNumber left;

	if (!is_worth_it(rel, nblocks))
		return 0;
	pgstat_progress_update_param(PROGRESS_VACUUM_PHASE, PROGRESS_VACUUM_PHASE_TRUNCATE);
	if (!lock_store(rel))
		return 0;
	BTR_DEBUG_POINT("truncate");
	nblocks = RelationGetNumberOfBlocks(rel);
	left = blocks_in_use(rel, nblocks, strategy);
	if (left < nblocks)
		RelationTruncate(rel, left);
	UnlockRelation(rel, AccessExclusiveLock);
	return nblocks - left;
}
