/*
 * write.c
 *		Placing nodes on pages.
 *
 * Leaves, the nodes right above them and all others go to different pages: windows
 * read many of the second, few of the third and none of the first.  A backend
 * remembers the pages it is filling, across transactions, so that small writes of one
 * session share pages.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "storage/freespace.h"
#include "utils/rel.h"

#include "debug.h"
#include "page/map.h"
#include "page/node.h"
#include "page/page.h"
#include "page/wal.h"

/* The rest of a page is worth a leaf of its own if it has more bytes than this. */
#define LEAF_ROOM_MIN	700

/* Pages that are tried before the store grows. */
#define FSM_TRIES		4

typedef enum PageClass
{
	CLASS_LEAF,
	CLASS_BOTTOM,				/* inner nodes and chains with leaves as children */
	CLASS_UPPER					/* those above them */
} PageClass;

#define NUM_CLASSES		3

/* The pages that this backend fills. */
static struct
{
	int64		store_id;		/* store they belong to */
	struct
	{
		BlockNumber blkno;
		Size		room;		/* bytes for the next node, if the page is still ours */
	}			page[NUM_CLASSES];
} fill;

/*
 * Prepares to write nodes of one version; see page.h.
 */
void
BtrWriterInit(BtrWriter *writer, Relation rel, const pg_uuid_t *stream, int64 version)
{
	int64		store_id = BtrStoreId(rel);

	writer->rel = rel;
	writer->stream = *stream;
	writer->version = version;
	writer->nodes = 0;
	writer->bytes = 0;

	(void) GetCurrentTransactionId();
	/* VACUUM may have cut a page off, the store staying the same. */
	for (int i = 0; i < lengthof(fill.page); i++)
	{
		if (fill.store_id != store_id ||
			(BlockNumberIsValid(fill.page[i].blkno) &&
			 !BtrStoreHasBlock(rel, fill.page[i].blkno)))
		{
			fill.page[i].blkno = InvalidBlockNumber;
			fill.page[i].room = 0;
		}
	}
	fill.store_id = store_id;
}

/*
 * Tries to add a node to a page, whose buffer is exclusively locked and whose map page
 * is pinned.  Returns its offset, or InvalidOffsetNumber if the page belongs to another
 * running transaction or has no room.  *room is what is left for a next node.
 */
static OffsetNumber
add_to_page(BtrWriter *writer, Buffer buf, Buffer map, const BtrNode *node, Size *room)
{
	Page		page = BufferGetPage(buf);
	bool		is_new = PageIsNew(page);
	BtrOwnerState state = BTR_OWNER_SETTLED;
	OffsetNumber offnum = InvalidOffsetNumber;
	BtrWalChange *change;

	if (!is_new)
	{
		char	   *problem = BtrPageProblem(page, BufferGetBlockNumber(buf));

		if (problem)
			BtrReportCorruption(writer->rel, BufferGetBlockNumber(buf),
								InvalidOffsetNumber, problem);
		state = BtrPageOwnerState(writer->rel, BufferGetBlockNumber(buf), page);
		*room = state == BTR_OWNER_RUNNING ? 0 : BtrPageRoom(page);
		/* an aborted owner's nodes make room */
		if (state == BTR_OWNER_RUNNING ||
			(state != BTR_OWNER_ABORTED && *room < MAXALIGN(node->h.length)))
			return InvalidOffsetNumber;
	}

	/* our own page is marked already, and stays so while we run */
	if (state != BTR_OWNER_SELF)
		BtrMapMark(writer->rel, map, BufferGetBlockNumber(buf), is_new);
	BTR_DEBUG_POINT("marked");
	change = BtrWalBegin(writer->rel, buf, is_new, &page);
	if (is_new)
		BtrPageInit(page, BufferGetBlockNumber(buf), BTR_PAGE_NODES);
	else if (state == BTR_OWNER_COMMITTED || state == BTR_OWNER_ABORTED)
		BtrPageSettle(page, state);
	if (BtrPageRoom(page) >= MAXALIGN(node->h.length))
	{
		offnum = PageAddItem(page, (Item) node->bytes, node->h.length,
							 InvalidOffsetNumber, false, false);
		BtrPageSetUnsettled(page, offnum,
							U64FromFullTransactionId(GetCurrentFullTransactionId()));
	}
	*room = BtrPageRoom(page);
	BtrWalFinish(change);
	return offnum;
}

/*
 * Says whether this backend fills the page with nodes of another class.
 */
static bool
fills_for_others(BlockNumber blkno, PageClass class)
{
	for (int i = 0; i < NUM_CLASSES; i++)
		if (i != class && BlockNumberIsValid(blkno) && blkno == fill.page[i].blkno)
			return true;
	return false;
}

/*
 * Finds a page that may have room for a node of the class, or InvalidBlockNumber.
 * Inner nodes are kept together: they take only pages that are half empty.
 */
static BlockNumber
find_page(Relation rel, Size length, PageClass class)
{
	Size		needed = class == CLASS_LEAF ? MAXALIGN(length) : Max(MAXALIGN(length), BLCKSZ / 2);
	BlockNumber blkno = GetPageWithFreeSpace(rel, needed);

	/*
	 * Pages being filled are known to the map, too.  It forgets those of other classes
	 * until BtrWriterFinish(), or it would offer no other.
	 */
	for (int i = 1; i < NUM_CLASSES && fills_for_others(blkno, class); i++)
		blkno = RecordAndGetPageWithFreeSpace(rel, blkno, 0, needed);
	/* the map is not crash-safe: it may know pages that do not exist or are of another kind */
	if (fills_for_others(blkno, class) ||
		(BlockNumberIsValid(blkno) &&
		 (BtrBlockKind(blkno) != BTR_PAGE_NODES || !BtrStoreHasBlock(rel, blkno))))
		blkno = InvalidBlockNumber;
	return blkno;
}

/*
 * Adds a page to the store and returns it, pinned.  A block that is for a map page stays
 * a page of zeroes, which is a map without marks.
 */
static Buffer
extend(Relation rel)
{
	Buffer		buf = BtrCompatExtend(rel);

	while (BtrBlockKind(BufferGetBlockNumber(buf)) != BTR_PAGE_NODES)
	{
		ReleaseBuffer(buf);
		buf = BtrCompatExtend(rel);
	}
	return buf;
}

/*
 * Adds a node to a page of the class: the one being filled, one that the free
 * space map knows, or a new one.
 */
static ItemPointerData
place(BtrWriter *writer, const BtrNode *node, PageClass class)
{
	Relation	rel = writer->rel;
	BlockNumber blkno = fill.page[class].blkno;
	Buffer		map = InvalidBuffer;
	ItemPointerData tid;

	for (int tries = 0;; tries++)
	{
		OffsetNumber offnum;
		Size		room = 0;
		Buffer		buf;

		if (!BlockNumberIsValid(blkno) && tries < FSM_TRIES)
			blkno = find_page(rel, node->h.length, class);
		buf = BlockNumberIsValid(blkno) ? ReadBuffer(rel, blkno) : extend(rel);
		blkno = BufferGetBlockNumber(buf);
		BtrMapPin(rel, blkno, &map);
		LockBuffer(buf, BUFFER_LOCK_EXCLUSIVE);
		offnum = add_to_page(writer, buf, map, node, &room);
		UnlockReleaseBuffer(buf);
		if (OffsetNumberIsValid(offnum))
		{
			BTR_DEBUG_POINT("placed");
			fill.page[class].blkno = blkno;
			fill.page[class].room = room;
			ReleaseBuffer(map);
			ItemPointerSet(&tid, blkno, offnum);
			return tid;
		}
		/* its owner will tell the map again when it is done */
		RecordPageWithFreeSpace(rel, blkno, room);
		blkno = InvalidBlockNumber;
	}
}

/*
 * Returns which nodes a node is kept with.
 */
static PageClass
class_of(const BtrNode *node)
{
	if (node->h.kind == BTR_NODE_LEAF)
		return CLASS_LEAF;
	return BtrEntryIsLeaf(BtrNodeEntries(node)) ? CLASS_BOTTOM : CLASS_UPPER;
}

/*
 * Writes a node; see page.h.
 */
ItemPointerData
BtrNodeWrite(BtrWriter *writer, BtrNode *node)
{
	BtrNodeHeader *h = &node->h;

	CHECK_FOR_INTERRUPTS();
	h->stream = writer->stream;
	h->version = writer->version;
	h->format = BTR_FORMAT_VERSION;
	h->crc = BtrNodeCrc(h, h->length);
	Assert(BtrNodeProblem(h, h->length) == NULL);
	writer->nodes++;
	writer->bytes += h->length;
	return place(writer, node, class_of(node));
}

/*
 * Returns how long the next leaf may be so that it ends where its page ends.
 */
Size
BtrWriterLeafRoom(BtrWriter *writer)
{
	Size		room = fill.page[CLASS_LEAF].room;

	return room < LEAF_ROOM_MIN ? BTR_NODE_MAX : Min(MAXALIGN_DOWN(room), BTR_NODE_MAX);
}

/*
 * Makes the free space of the pages being filled known to others, who can use it
 * once this transaction is finished.
 */
void
BtrWriterFinish(BtrWriter *writer)
{
	for (int i = 0; i < NUM_CLASSES; i++)
	{
		BlockNumber blkno = fill.page[i].blkno;

		if (BlockNumberIsValid(blkno))
		{
			RecordPageWithFreeSpace(writer->rel, blkno, fill.page[i].room);
			FreeSpaceMapVacuumRange(writer->rel, blkno, blkno + 1);
		}
	}
}
