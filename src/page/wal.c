/*
 * wal.c
 *		Logged changes of store pages.
 *
 * The only file that calls the WAL API.  Generic WAL needs no resource manager
 * of our own and so no preloaded library: a standby or a recovering server
 * replays our records without btrdb installed.
 */
#include "postgres.h"

#include "access/generic_xlog.h"
#include "access/nbtxlog.h"
#include "access/xlog.h"
#include "access/xloginsert.h"
#include "common/controldata_utils.h"
#include "miscadmin.h"
#include "storage/lwlock.h"

#include "page/wal.h"

BtrWalChange *
BtrWalBegin(Relation rel, Buffer buf, bool whole, Page *page)
{
	GenericXLogState *state = GenericXLogStart(rel);

	*page = GenericXLogRegisterBuffer(state, buf, whole ? GENERIC_XLOG_FULL_IMAGE : 0);
	return (BtrWalChange *) state;
}

void
BtrWalFinish(BtrWalChange *change)
{
	GenericXLogFinish((GenericXLogState *) change);
}

void
BtrWalNewPage(RelFileLocator *rlocator, BlockNumber blkno, Page page)
{
	log_newpage(rlocator, MAIN_FORKNUM, blkno, page, true);
}

/*
 * Returns the timeline that is being written.
 */
TimeLineID
BtrWalTimeline(void)
{
	return GetWALInsertionTimeLine();
}

/*
 * Returns the redo location of the last checkpoint that is complete; if the file that
 * has it is being written, 0.
 */
XLogRecPtr
BtrWalDurable(void)
{
	ControlFileData *control;
	XLogRecPtr	redo;
	bool		sound;

	LWLockAcquire(ControlFileLock, LW_SHARED);
	control = get_controlfile(DataDir, &sound);
	LWLockRelease(ControlFileLock);
	redo = sound ? control->checkPointCopy.redo : InvalidXLogRecPtr;
	pfree(control);
	return redo;
}

/*
 * Generic WAL cannot conflict with a standby's queries, so this borrows the record by
 * which a btree announces that it reuses a page: its replay does nothing else.
 */
void
BtrWalConflict(Relation rel, FullTransactionId horizon)
{
	xl_btree_reuse_page record;

	if (!XLogStandbyInfoActive() || !RelationNeedsWAL(rel))
		return;
	BtrCompatFillReusePage(&record, rel, horizon);
	XLogBeginInsert();
	XLogRegisterData((char *) &record, SizeOfBtreeReusePage);
	(void) XLogInsert(RM_BTREE_ID, XLOG_BTREE_REUSE_PAGE);
}
