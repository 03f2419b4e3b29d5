/*
 * wal.h
 *		Logged changes of store pages: one page per record.
 */
#ifndef BTR_WAL_H
#define BTR_WAL_H

#include "page/page.h"

/* A change in progress; the page to be changed is a copy until BtrWalFinish(). */
typedef struct BtrWalChange BtrWalChange;

/*
 * Begins to change a page whose buffer is exclusively locked.  whole: log an
 * image, for a page whose old contents don't matter.  Nothing is changed until
 * BtrWalFinish(); an error in between leaves the page as it was.
 */
extern BtrWalChange *BtrWalBegin(Relation rel, Buffer buf, bool whole, Page *page);

/* Logs and applies the change. */
extern void BtrWalFinish(BtrWalChange *change);

/* Logs a page of a file that no buffer holds yet; sets its LSN. */
extern void BtrWalNewPage(RelFileLocator *rlocator, BlockNumber blkno, Page page);

/* The timeline that is being written. */
extern TimeLineID BtrWalTimeline(void);

/*
 * Where replay would begin after a crash now: buffers that were dirty when the WAL was
 * there are on disk.
 */
extern XLogRecPtr BtrWalDurable(void);

/*
 * Logs that nodes are about to be freed which snapshots could reach that do not see
 * the transaction horizon as finished: standbys cancel queries with such snapshots.
 */
extern void BtrWalConflict(Relation rel, FullTransactionId horizon);

#endif							/* BTR_WAL_H */
