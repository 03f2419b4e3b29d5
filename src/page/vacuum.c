/*
 * vacuum.c
 *		Settling one page for VACUUM.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "page/page.h"
#include "page/wal.h"

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
 * Settles a page if its owner is finished; see page.h.
 */
void
BtrPageVacuum(Relation rel, Buffer buf, BtrPageVacuumResult *result)
{
	Page		page;
	char	   *problem;
	BtrOwnerState state = BTR_OWNER_SETTLED;

	memset(result, 0, sizeof(*result));
	LockBuffer(buf, BUFFER_LOCK_EXCLUSIVE);
	page = BufferGetPage(buf);
	problem = BtrPageProblem(page, BufferGetBlockNumber(buf));
	if (problem)
		BtrReportCorruption(rel, BufferGetBlockNumber(buf), InvalidOffsetNumber, problem);

	if (PageIsNew(page))
		result->free_space = BLCKSZ - SizeOfPageHeaderData - sizeof(BtrPageSpecial) - sizeof(ItemIdData);
	else
	{
		state = BtrPageOwnerState(page);
		if (state == BTR_OWNER_COMMITTED || state == BTR_OWNER_ABORTED)
		{
			int			items = count_items(page);
			BtrWalChange *change = BtrWalBegin(rel, buf, false, &page);

			BtrPageSettle(page, state);
			result->settled = true;
			result->removed = items - count_items(page);
			BtrWalFinish(change);
			page = BufferGetPage(buf);
		}
		result->owner = BtrPageGetSpecial(page)->owner;
		result->free_space = result->owner == 0 ? BtrPageRoom(page) : 0;
	}
	LockBuffer(buf, BUFFER_LOCK_UNLOCK);
}
