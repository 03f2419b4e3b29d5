/*
 * copy.c
 *		Copying the store to a new file, for VACUUM FULL.
 */
#include "postgres.h"

#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/freespace.h"
#include "storage/smgr.h"
#include "utils/rel.h"

#include "page/map.h"
#include "page/node.h"
#include "page/page.h"
#include "page/wal.h"

/*
 * Copies one page out of shared buffers and settles the copy.  Raises
 * ERRCODE_DATA_CORRUPTED if the page is not sound.
 *
 * The caller has locked all writers out, so that every owner is finished.  So no page
 * needs a mark either: a new map page takes the place of the old one, which is not read.
 */
static void
read_page(Relation rel, BlockNumber blkno, BufferAccessStrategy strategy, Page page)
{
	Buffer		buf;
	BtrOwnerState state;
	char	   *problem;

	if (BtrBlockKind(blkno) == BTR_PAGE_MAP)
	{
		BtrMapInit(page, blkno);
		return;
	}
	buf = ReadBufferExtended(rel, MAIN_FORKNUM, blkno, RBM_NORMAL, strategy);
	LockBuffer(buf, BUFFER_LOCK_SHARE);
	memcpy(page, BufferGetPage(buf), BLCKSZ);
	UnlockReleaseBuffer(buf);

	problem = BtrBlockKind(blkno) == BTR_PAGE_META ? BtrMetaProblem(page) : BtrPageProblem(page, blkno);
	if (problem)
		BtrReportCorruption(rel, blkno, InvalidOffsetNumber, problem);
	if (PageIsNew(page))
		BtrPageInit(page, blkno, BTR_PAGE_NODES);

	state = BtrPageOwnerState(rel, blkno, page);
	if (state == BTR_OWNER_COMMITTED || state == BTR_OWNER_ABORTED)
		BtrPageSettle(page, state);
	else if (state != BTR_OWNER_SETTLED)
		elog(ERROR, "owner of block %u of \"%s\" still runs",
			 blkno, RelationGetRelationName(rel));
}

/*
 * Copies a store to the file of a relation that was just made; see page.h.
 *
 * The file is synced here, as a checkpoint does not know of blocks that no buffer
 * holds.  Everything is logged, whatever wal_level says: the record of the
 * metapage that the file began with must not be the last one about its block.
 */
void
BtrStoreCopy(Relation from, Relation to)
{
	BlockNumber nblocks = RelationGetNumberOfBlocks(from);
	BlockNumber written = RelationGetNumberOfBlocks(to);
	BufferAccessStrategy strategy = GetAccessStrategy(BAS_BULKREAD);
	PGIOAlignedBlock block;
	Page		page = (Page) block.data;

	/* The empty pages at the end stay behind. */
	for (; nblocks > BTR_META_BLOCK + 1; nblocks--)
	{
		CHECK_FOR_INTERRUPTS();
		read_page(from, nblocks - 1, strategy, page);
		if (BtrBlockKind(nblocks - 1) == BTR_PAGE_NODES && !BtrPageIsEmpty(page))
			break;
	}

	pgstat_progress_update_param(PROGRESS_CLUSTER_TOTAL_HEAP_BLKS, nblocks);
	for (BlockNumber blkno = BTR_META_BLOCK; blkno < nblocks; blkno++)
	{
		SMgrRelation file;

		CHECK_FOR_INTERRUPTS();
		read_page(from, blkno, strategy, page);
		BtrWalNewPage(&to->rd_locator, blkno, page);
		PageSetChecksumInplace(page, blkno);

		file = RelationGetSmgr(to);
		if (blkno < written)
			smgrwrite(file, MAIN_FORKNUM, blkno, block.data, true);
		else
			smgrextend(file, MAIN_FORKNUM, blkno, block.data, true);
		if (BtrBlockKind(blkno) == BTR_PAGE_NODES)
			RecordPageWithFreeSpace(to, blkno, BtrPageRoom(page));
		pgstat_progress_update_param(PROGRESS_CLUSTER_HEAP_BLKS_SCANNED, blkno + 1);
	}
	smgrimmedsync(RelationGetSmgr(to), MAIN_FORKNUM);
	FreeSpaceMapVacuum(to);
	FreeAccessStrategy(strategy);
}
