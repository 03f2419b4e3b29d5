/*
 * settle.c
 *		Whose nodes are on a page, and what became of them.
 *
 * The nodes of an aborted or crashed transaction stay where they are: no row
 * points to them.  A page remembers who placed its newest nodes, so that
 * whoever next needs space there can tell which of them are garbage.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "storage/procarray.h"

#include "page/node.h"
#include "page/page.h"
#include "pg_compat.h"

/*
 * Makes *page an empty page of a kind, BTR_PAGE_*, at a block.
 */
void
BtrPageInit(Page page, BlockNumber blkno, int kind)
{
	BtrPageSpecial *special;

	PageInit(page, BLCKSZ, sizeof(BtrPageSpecial));
	BtrPageSetBlock(page, blkno);
	special = BtrPageGetSpecial(page);
	special->kind = kind;
	special->format = BTR_FORMAT_VERSION;
	special->page_id = BTR_PAGE_ID;
}

/*
 * Returns how many bytes one more node may have on this page.
 */
Size
BtrPageRoom(Page page)
{
	OffsetNumber max = PageGetMaxOffsetNumber(page);

	if (max < BTR_PAGE_MAX_ITEMS)
		return PageGetFreeSpace(page);
	for (OffsetNumber off = FirstOffsetNumber; off <= max; off++)
		if (!ItemIdIsUsed(PageGetItemId(page, off)))
			return PageGetFreeSpace(page);
	return 0;
}

/*
 * Says whether a node page has no item in use.
 */
bool
BtrPageIsEmpty(Page page)
{
	for (OffsetNumber off = FirstOffsetNumber; off <= PageGetMaxOffsetNumber(page); off++)
		if (ItemIdIsUsed(PageGetItemId(page, off)))
			return false;
	return true;
}

/*
 * Marks item offnum as placed by owner; all other unsettled items are owner's too.
 */
void
BtrPageSetUnsettled(Page page, OffsetNumber offnum, uint64 owner)
{
	BtrPageSpecial *special = BtrPageGetSpecial(page);

	Assert(offnum >= 1 && offnum <= BTR_PAGE_MAX_ITEMS);
	Assert(special->owner == 0 || special->owner == owner);
	special->owner = owner;
	special->unsettled[(offnum - 1) / 64] |= UINT64CONST(1) << ((offnum - 1) % 64);
}

/*
 * Returns what is wrong with a page's owner; see page.h.
 *
 * The commit log must not be asked about transactions that it does not have.  VACUUM keeps the
 * relation's relfrozenxid at or before the owners of its pages, so that it has those.
 */
char *
BtrOwnerProblem(Page page)
{
	uint64		owner = BtrPageGetSpecial(page)->owner;
	uint64		next;
	uint32		age;

	if (owner == 0)
		return NULL;
	next = U64FromFullTransactionId(ReadNextFullTransactionId());
	age = (uint32) next - BtrCompatOldestLoggedXid();
	if (owner < next && owner >= FirstNormalTransactionId && next - owner <= age &&
		TransactionIdIsNormal((TransactionId) owner))
		return NULL;
	return psprintf("Page is owned by transaction %llu, expected one from %llu to %llu",
					(unsigned long long) owner, (unsigned long long) (next - age),
					(unsigned long long) next - 1);
}

/*
 * Says whether a page's owner is finished.  The order matters: a transaction that
 * is not in progress has its final state in the commit log.
 */
BtrOwnerState
BtrPageOwnerState(Relation rel, BlockNumber blkno, Page page)
{
	FullTransactionId owner = FullTransactionIdFromU64(BtrPageGetSpecial(page)->owner);
	TransactionId xid = XidFromFullTransactionId(owner);
	char	   *problem = BtrOwnerProblem(page);

	if (problem != NULL)
		BtrReportCorruption(rel, blkno, InvalidOffsetNumber, problem);
	if (!FullTransactionIdIsValid(owner))
		return BTR_OWNER_SETTLED;
	if (FullTransactionIdEquals(owner, GetCurrentFullTransactionIdIfAny()))
		return BTR_OWNER_SELF;
	if (TransactionIdIsInProgress(xid))
		return BTR_OWNER_RUNNING;
	return TransactionIdDidCommit(xid) ? BTR_OWNER_COMMITTED : BTR_OWNER_ABORTED;
}

/*
 * Settles a page whose owner is finished: keeps its nodes if it committed, else
 * removes them.  Other nodes keep their line pointers, and so their TIDs.
 */
void
BtrPageSettle(Page page, BtrOwnerState state)
{
	BtrPageSpecial *special = BtrPageGetSpecial(page);

	Assert(state == BTR_OWNER_COMMITTED || state == BTR_OWNER_ABORTED);
	if (state == BTR_OWNER_ABORTED)
	{
		OffsetNumber max = PageGetMaxOffsetNumber(page);

		for (OffsetNumber off = FirstOffsetNumber; off <= max; off++)
		{
			ItemId		lp = PageGetItemId(page, off);

			if ((special->unsettled[(off - 1) / 64] >> ((off - 1) % 64) & 1) != 0 &&
				ItemIdIsUsed(lp))
				ItemIdSetUnused(lp);
		}
		PageRepairFragmentation(page);
	}
	special->owner = 0;
	special->unsettled[0] = special->unsettled[1] = 0;
}
