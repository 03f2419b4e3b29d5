/*
 * reuse.c
 *		Reuses the pages of rows that come and go, without waiting for VACUUM.
 *
 * What flushes and compactions delete is dead as soon as no snapshot sees it, but a heap
 * finds out only when somebody happens to read the page, and the free space map only when
 * VACUUM comes.  Until then each new row would take a new page: the file is extended, and a
 * buffer touched that nobody has used yet, which is most of what an insert costs.  So a
 * session remembers the pages from which it has deleted, and a while later prunes them and
 * lets the map know.
 *
 * All of this may be left out at any time: it is VACUUM that frees what is forgotten here.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "storage/bufmgr.h"
#include "storage/freespace.h"
#include "utils/rel.h"

#include "stream/buffer.h"

/*
 * Smaller rows share their page with so many of other streams that it would be pruned again
 * and again, for little.
 */
#define LARGE_ROW		(BLCKSZ / 8)

/*
 * Prunes a page and tells the free space map what room it has.
 */
static void
offer_page(Relation rel, BlockNumber block)
{
	Buffer		buffer;
	Page		page;
	Size		room;

	/* VACUUM may have cut it off. */
	if (block >= RelationGetNumberOfBlocks(rel))
		return;

	/*
	 * A row of a little more than half a page leaves room for no other of its kind: full enough
	 * for us.  The flag is a hint, which need not be written.
	 */
	buffer = ReadBuffer(rel, block);
	page = BufferGetPage(buffer);
	LockBuffer(buffer, BUFFER_LOCK_EXCLUSIVE);
	if (!PageIsNew(page))
		PageSetFull(page);
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	heap_page_prune_opt(rel, buffer);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	room = PageGetHeapFreeSpace(page);
	UnlockReleaseBuffer(buffer);
	if (room < LARGE_ROW)
		return;
	RecordPageWithFreeSpace(rel, block, room);
	FreeSpaceMapVacuumRange(rel, block, block + 1);
}

/*
 * Notes that a row was deleted, in order that its page be used again; see buffer.h.
 */
void
BtrReusePage(BtrReuse *reuse, Relation rel, HeapTuple deleted)
{
	BlockNumber block = ItemPointerGetBlockNumber(&deleted->t_self);
	BlockNumber *place = &reuse->after[block % lengthof(reuse->after)];

	if (deleted->t_len < LARGE_ROW || *place == block + 1)
		return;
	if (*place != 0)
		offer_page(rel, *place - 1);
	*place = block + 1;
}
