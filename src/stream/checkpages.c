/*
 * checkpages.c
 *		Verifying the pages of the node store.
 *
 * Trees are walked first and leave a bit for each node they led to.  Here every
 * page is read once: it must be sound, and so must each node on it, and a node
 * that no version leads to must have a reason to be there.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "page/map.h"
#include "stream/check.h"

/*
 * Returns the newest version of a stream that the snapshot can see; of one that was
 * removed, the newest that can ever be.
 */
static int64
newest_version(BtrCheckState *state, const pg_uuid_t *stream)
{
	BtrCheckStreamEntry *entry;

	entry = hash_search(state->streams, stream, HASH_FIND, NULL);
	if (entry == NULL)
		return BTR_VERSION_EMPTY;
	return entry->retired ? PG_INT64_MAX : entry->newest;
}

/*
 * Says whether a node that was committed may be of a version after the newest known
 * one: then the snapshot was too old for that version, and it, or that the stream was
 * removed, is seen now.
 */
static bool
may_be_newer(BtrCheckState *state, const BtrNodeHeader *node)
{
	Snapshot	snapshot;
	BtrVersion	latest;
	bool		newer;

	if (node->version <= newest_version(state, &node->stream))
		return false;
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	BtrVersionLatest(state->rel, &node->stream, snapshot, &latest);
	newer = node->version <= latest.version || BtrIsRetired(&node->stream, snapshot);
	UnregisterSnapshot(snapshot);
	return newer;
}

/*
 * Verifies one node of a page.
 *
 * A node that no version leads to may be of a transaction that still runs,
 * that has aborted, or that has committed a version after the snapshot.
 */
static void
check_item(BtrCheckState *state, Page page, BtrOwnerState owner,
		   BlockNumber blkno, OffsetNumber offnum)
{
	const BtrPageSpecial *special = BtrPageGetSpecial(page);
	ItemId		lp = PageGetItemId(page, offnum);
	int			word = (offnum - 1) / 64;
	uint64		bit = UINT64CONST(1) << ((offnum - 1) % 64);
	bool		unsettled = (special->unsettled[word] & bit) != 0;
	bool		reached = BtrReachedHas(state->reached, blkno, offnum);
	BtrNodeHeader node;
	char	   *problem;

	if (!ItemIdIsUsed(lp))
	{
		if (unsettled)
			BtrCheckReport(blkno, offnum, "Item is unsettled but not there", state);
		return;
	}
	if (!ItemIdIsNormal(lp) || !ItemIdHasStorage(lp) ||
		ItemIdGetOffset(lp) < ((PageHeader) page)->pd_upper ||
		ItemIdGetOffset(lp) + ItemIdGetLength(lp) > ((PageHeader) page)->pd_special)
	{
		BtrCheckReport(blkno, offnum, "Item is not inside its page", state);
		return;
	}

	problem = BtrNodeProblem((BtrNodeHeader *) PageGetItem(page, lp), ItemIdGetLength(lp));
	if (problem != NULL)
	{
		BtrCheckReport(blkno, offnum, problem, state);
		return;
	}

	memcpy(&node, PageGetItem(page, lp), sizeof(node));
	state->stream = &node.stream;
	if (reached && unsettled && owner == BTR_OWNER_ABORTED)
		BtrCheckReport(blkno, offnum, "Node belongs to a version, but the transaction that wrote it has aborted", state);
	else if (!reached && !state->tree_problem &&
			 (!unsettled || owner == BTR_OWNER_COMMITTED) &&
			 !may_be_newer(state, &node))
		BtrCheckReport(blkno, offnum, "Node is not reachable from any version, nor garbage", state);
	state->stream = NULL;
}

/*
 * Returns what is wrong with a page, apart from its items, or NULL.
 */
static char *
page_problem(Page page, BlockNumber blkno)
{
	switch (BtrBlockKind(blkno))
	{
		case BTR_PAGE_META:
			return BtrMetaProblem(page);
		case BTR_PAGE_MAP:
			return BtrMapProblem(page, blkno);
		default:
			return BtrPageProblem(page, blkno);
	}
}

/*
 * Copies a page.  *marked says whether VACUUM would visit it; it is true if that does not
 * matter or cannot be known.
 */
static void
copy_page(BtrCheckState *state, BlockNumber blkno, Page copy, bool *marked)
{
	Buffer		map = InvalidBuffer;
	Buffer		buf;

	*marked = true;
	if (BtrBlockKind(blkno) == BTR_PAGE_NODES && BtrMapBlock(blkno) != state->bad_map)
		BtrMapPin(state->rel, blkno, &map);
	buf = ReadBuffer(state->rel, blkno);
	LockBuffer(buf, BUFFER_LOCK_SHARE);
	memcpy(copy, BufferGetPage(buf), BLCKSZ);
	if (BufferIsValid(map))
	{
		if (!PageIsNew(copy) && BtrPageProblem(copy, blkno) == NULL &&
			BtrPageGetSpecial(copy)->owner != 0)
			*marked = BtrMapIsMarked(state->rel, map, blkno);
		ReleaseBuffer(map);
	}
	UnlockReleaseBuffer(buf);
}

/*
 * Verifies one page, in a copy: no lock is held meanwhile.
 */
static void
check_page(BtrCheckState *state, void *arg)
{
	BlockNumber blkno = *(BlockNumber *) arg;
	PGAlignedBlock copy;
	Page		page = (Page) copy.data;
	bool		marked;
	char	   *problem;
	BtrOwnerState owner;

	copy_page(state, blkno, page, &marked);
	problem = page_problem(page, blkno);
	if (problem != NULL)
		BtrCheckReport(blkno, InvalidOffsetNumber, problem, state);
	if (problem != NULL && BtrBlockKind(blkno) == BTR_PAGE_MAP)
		state->bad_map = blkno;
	if (problem != NULL || PageIsNew(page) || BtrBlockKind(blkno) != BTR_PAGE_NODES)
		return;

	if (!marked)
		BtrCheckReport(blkno, InvalidOffsetNumber,
					   "Page has an owner, but its map page has no mark for it", state);
	problem = BtrOwnerProblem(page);
	if (problem != NULL)
	{
		BtrCheckReport(blkno, InvalidOffsetNumber, problem, state);
		return;
	}
	owner = BtrPageOwnerState(state->rel, blkno, page);
	for (OffsetNumber off = FirstOffsetNumber; off <= PageGetMaxOffsetNumber(page); off++)
		check_item(state, page, owner, blkno, off);
}

/*
 * Verifies every page of the store.
 */
void
BtrCheckPages(BtrCheckState *state)
{
	for (BlockNumber blkno = 0; blkno < state->nblocks; blkno++)
	{
		CHECK_FOR_INTERRUPTS();
		(void) BtrCheckGuarded(state, check_page, &blkno);
		MemoryContextReset(state->context);
	}
}
