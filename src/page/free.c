/*
 * free.c
 *		Freeing nodes that no version can lead to any more.
 *
 * The only place where a node of a committed transaction goes.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "page/map.h"
#include "page/node.h"
#include "page/page.h"
#include "page/wal.h"

/*
 * Puts the line pointers of the nodes that are there and are what their references
 * promise into *offnums and returns their number.
 */
static int
find_nodes(Page page, const pg_uuid_t *stream, const BtrRef *refs, int n,
		   OffsetNumber *offnums)
{
	BtrNode    *node = palloc(sizeof(BtrNode));
	int			found = 0;

	for (int i = 0; i < n; i++)
	{
		char	   *problem = BtrPageFindNode(page, stream, &refs[i], node);

		if (problem)
			pfree(problem);
		else
			offnums[found++] = ItemPointerGetOffsetNumberNoCheck(&refs[i].tid);
	}
	pfree(node);
	return found;
}

/*
 * Frees nodes of one page; see page.h.
 *
 * A committed version led to them, so whoever placed them is finished, and a page that
 * is not settled is settled along with it.  An owner that still runs has placed others.
 * The page is marked: VACUUM visits it afterwards, for its free space.
 */
int
BtrNodesFree(Relation rel, BufferAccessStrategy strategy, const pg_uuid_t *stream,
			 const BtrRef *refs, int n)
{
	BlockNumber blkno = ItemPointerGetBlockNumberNoCheck(&refs[0].tid);
	OffsetNumber offnums[BTR_FANOUT];
	BtrOwnerState state;
	Buffer		map = InvalidBuffer;
	Buffer		buf;
	Page		page;
	int			found;

	Assert(n >= 1 && n <= BTR_FANOUT);
	if (BtrBlockKind(blkno) != BTR_PAGE_NODES || !BtrStoreHasBlock(rel, blkno))
		return 0;

	BtrMapPin(rel, blkno, &map);
	buf = ReadBufferExtended(rel, MAIN_FORKNUM, blkno, RBM_NORMAL, strategy);
	LockBuffer(buf, BUFFER_LOCK_EXCLUSIVE);
	page = BufferGetPage(buf);
	found = find_nodes(page, stream, refs, n, offnums);
	if (found > 0)
	{
		BtrWalChange *change;

		/* whatever comes between, a VACUUM will tell the free space map */
		BtrMapMark(rel, map, blkno, false);
		state = BtrPageOwnerState(rel, blkno, page);
		change = BtrWalBegin(rel, buf, false, &page);
		if (state == BTR_OWNER_COMMITTED || state == BTR_OWNER_ABORTED)
			BtrPageSettle(page, state);
		for (int i = 0; i < found; i++)
			ItemIdSetUnused(PageGetItemId(page, offnums[i]));
		if (BtrPageIsEmpty(page))
			BtrPageInit(page, blkno, BTR_PAGE_NODES);
		else
			PageRepairFragmentation(page);
		BtrWalFinish(change);
	}
	UnlockReleaseBuffer(buf);
	ReleaseBuffer(map);
	return found;
}
