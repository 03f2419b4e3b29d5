/*
 * vacuum.c
 *		Visiting pages for VACUUM.
 */
#include "postgres.h"

#include "commands/progress.h"
#include "commands/vacuum.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/freespace.h"
#include "storage/smgr.h"
#include "utils/rel.h"

#include "debug.h"
#include "page/map.h"
#include "page/vacuum.h"
#include "page/wal.h"

/*
 * A store of more pages than this has a free space map, unless that is lost.
 */
#define SMALL_STORE		8

/*
 * Free space is made known to searches for so many pages at a time: about what one page
 * of the free space map is about.
 */
#define SPACE_RANGE		4096

/* What the visits have in common. */
typedef struct Visit
{
	BtrPageVacuum *vacuum;
	XLogRecPtr	durable;		/* see BtrWalDurable() */
	Buffer		map;			/* pin of the map page at hand */

	/* Pages whose free space was recorded but is not known to searches: [first, end) */
	BlockNumber first;
	BlockNumber end;
} Visit;

/*
 * Counts the items in use.
 */
static int
count_items(Page page)
{
	int			n = 0;

	for (OffsetNumber off = FirstOffsetNumber; off <= PageGetMaxOffsetNumber(page); off++)
		if (ItemIdIsUsed(PageGetItemId(page, off)))
			n++;
	return n;
}

/*
 * Settles a locked page if its owner is finished, and returns the owner that remains
 * or an invalid one.
 */
static FullTransactionId
settle_page(BtrPageVacuum *vacuum, Buffer buf)
{
	Page		page = BufferGetPage(buf);
	BtrOwnerState state = BtrPageOwnerState(vacuum->rel, BufferGetBlockNumber(buf), page);

	if (state == BTR_OWNER_COMMITTED || state == BTR_OWNER_ABORTED)
	{
		int			items = count_items(page);
		BtrWalChange *change = BtrWalBegin(vacuum->rel, buf, false, &page);

		BtrPageSettle(page, state);
		vacuum->settled++;
		vacuum->removed += items - count_items(page);
		BtrWalFinish(change);
		page = BufferGetPage(buf);
	}
	return FullTransactionIdFromU64(BtrPageGetSpecial(page)->owner);
}

/*
 * Counts a page whose owner still runs.
 */
static void
count_owner(BtrPageVacuum *vacuum, FullTransactionId owner)
{
	vacuum->owned++;
	if (!FullTransactionIdIsValid(vacuum->oldest_owner) ||
		FullTransactionIdPrecedes(owner, vacuum->oldest_owner))
		vacuum->oldest_owner = owner;
}

/*
 * Makes the free space that was recorded known to searches.
 */
static void
publish_space(Visit *visit)
{
	if (visit->first < visit->end)
		FreeSpaceMapVacuumRange(visit->vacuum->rel, visit->first, visit->end);
	visit->first = visit->end = 0;
}

/*
 * Records how much space a page has.  Pages come in order.
 */
static void
record_space(Visit *visit, BlockNumber blkno, Size space)
{
	RecordPageWithFreeSpace(visit->vacuum->rel, blkno, space);
	if (visit->end > visit->first && blkno - visit->first >= SPACE_RANGE)
		publish_space(visit);
	if (visit->first == visit->end)
		visit->first = blkno;
	visit->end = blkno + 1;
}

/*
 * Visits one page.
 *
 * A page of zeroes was added to the store but its first contents never reached the
 * disk, or are about to: it counts as empty, whoever takes it initialises it.
 *
 * The mark goes when nobody owns the page and its free space would survive a crash
 * in the free space map, which is not logged: that is, when a checkpoint has come since
 * an earlier visit recorded it.
 */
static void
visit_page(Visit *visit, BlockNumber blkno)
{
	BtrPageVacuum *vacuum = visit->vacuum;
	Relation	rel = vacuum->rel;
	Size		space = BLCKSZ - SizeOfPageHeaderData - sizeof(BtrPageSpecial) - sizeof(ItemIdData);
	FullTransactionId owner = InvalidFullTransactionId;
	Buffer		buf;
	Page		page;
	char	   *problem;

	BtrMapPin(rel, blkno, &visit->map);
	buf = ReadBufferExtended(rel, MAIN_FORKNUM, blkno, RBM_NORMAL, vacuum->strategy);
	LockBuffer(buf, BUFFER_LOCK_EXCLUSIVE);
	page = BufferGetPage(buf);
	problem = BtrPageProblem(page, blkno);
	if (problem)
		BtrReportCorruption(rel, blkno, InvalidOffsetNumber, problem);

	if (!PageIsNew(page))
	{
		owner = settle_page(vacuum, buf);
		BTR_DEBUG_POINT("settled");
		space = BtrPageRoom(page);
	}
	if (BtrPageIsEmpty(page))
		vacuum->empty++;
	if (FullTransactionIdIsValid(owner))
	{
		space = 0;
		count_owner(vacuum, owner);
		BtrMapMark(rel, visit->map, blkno, false);
	}
	else if (PageGetLSN(page) < visit->durable)
		BtrMapUnmark(rel, visit->map, blkno);
	UnlockReleaseBuffer(buf);
	BTR_DEBUG_POINT("visited page");

	vacuum->visited++;
	record_space(visit, blkno, space);
}

/*
 * Says whether the free space map cannot be believed to know the pages without a mark.
 */
static bool
space_is_lost(Relation rel, BlockNumber nblocks)
{
	SMgrRelation file = RelationGetSmgr(rel);

	return nblocks > SMALL_STORE &&
		(!smgrexists(file, FSM_FORKNUM) || smgrnblocks(file, FSM_FORKNUM) == 0 ||
		 !BtrSpaceIsKnown(rel));
}

/*
 * Visits the pages of a store; see vacuum.h.
 */
void
BtrVacuumPages(BtrPageVacuum *vacuum)
{
	Relation	rel = vacuum->rel;
	Visit		visit = {.vacuum = vacuum, .durable = BtrWalDurable()};
	BtrMap	   *map = palloc(sizeof(BtrMap));

	vacuum->nblocks = RelationGetNumberOfBlocks(rel);
	if (space_is_lost(rel, vacuum->nblocks))
		vacuum->everything = true;
	pgstat_progress_update_param(PROGRESS_VACUUM_TOTAL_HEAP_BLKS, vacuum->nblocks);

	for (BlockNumber blkno = BTR_META_BLOCK + 1; blkno < vacuum->nblocks; blkno++)
	{
		uint32		i = blkno - BtrMapBlock(blkno);

		if (i == 0)
		{
			BtrVacuumDelayPoint();
			BtrMapRead(rel, blkno, map);
		}
		else if (vacuum->everything || BtrMapHasMark(map, i))
		{
			BtrVacuumDelayPoint();
			visit_page(&visit, blkno);
			pgstat_progress_update_param(PROGRESS_VACUUM_HEAP_BLKS_SCANNED, blkno);
		}
	}
	pgstat_progress_update_param(PROGRESS_VACUUM_HEAP_BLKS_SCANNED, vacuum->nblocks);
	publish_space(&visit);
	if (BufferIsValid(visit.map))
		ReleaseBuffer(visit.map);
	pfree(map);
	if (vacuum->everything && vacuum->nblocks > SMALL_STORE && !BtrSpaceIsKnown(rel))
		BtrSetSpaceKnown(rel);
}
