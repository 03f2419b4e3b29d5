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
#include "access/xloginsert.h"

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
BtrWalAbort(BtrWalChange *change)
{
	GenericXLogAbort((GenericXLogState *) change);
}

void
BtrWalNewPage(RelFileLocator *rlocator, BlockNumber blkno, Page page)
{
	log_newpage(rlocator, MAIN_FORKNUM, blkno, page, true);
}
