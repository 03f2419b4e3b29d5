/*
 * ahead.c
 *		Announces leaves on window edges to the operating system before they are read.
 *
 * Such leaves are far from each other, so nobody else guesses which one comes next.  Once
 * one had to be read from disk, a second walk goes along the edges, some leaves before
 * the one that reads them.  It reads inner nodes, which are few, and no leaves.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/spccache.h"

#include "tree/ahead.h"
#include "tree/walk.h"

/*
 * So many leaves are announced before they are read, or effective_io_concurrency if that is
 * more; none if it is 0.
 */
#define LEAVES_AHEAD	32

typedef struct BtrAheadWalk
{
	BtrWalk		walk;
	BtrGrid		grid;			/* the edges that remain */
	int			unread;			/* leaves that were announced and not read */
	BlockNumber last;			/* page of the last one */
	int64		prefetched;		/* pages that were announced */
	MemoryContext context;
} BtrAheadWalk;

/*
 * Starts to go along the edges from edge on.
 */
static void
begin_walk(BtrAhead *ahead, const BtrTree *tree, const BtrGrid *grid, int64 edge)
{
	MemoryContext context = AllocSetContextCreate(ahead->context, "btrdb read ahead",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	BtrAheadWalk *w = palloc0(sizeof(BtrAheadWalk));
	BtrRef		root = BtrRootRef(&tree->root);

	BtrWalkInit(&w->walk, tree);
	w->grid = *grid;
	w->grid.start = edge;
	w->last = InvalidBlockNumber;
	w->context = context;

	/* whoever calls has read a leaf below an inner node, or there is no more to announce */
	if (BtrWalkRead(&w->walk, &root)->h.kind != BTR_NODE_LEAF)
		BtrWalkPush(&w->walk);
	MemoryContextSwitchTo(old);
	ahead->walk = w;
	ahead->hits = 0;
}

/*
 * Ends the walk.
 */
static void
end_walk(BtrAhead *ahead)
{
	MemoryContextDelete(ahead->walk->context);
	ahead->walk = NULL;
}

/*
 * Announces a page.
 */
static void
announce_page(BtrAheadWalk *w, BlockNumber blkno)
{
	BtrPagePrefetch(w->walk.tree.rel, blkno);
	w->prefetched++;
}

/*
 * Announces the pages of those children of the lowest node on the path that lie across
 * edges.
 */
static void
announce_children(BtrAheadWalk *w)
{
	const BtrNode *node = BtrWalkTop(&w->walk)->node;
	BlockNumber last = InvalidBlockNumber;

	for (int i = 0; i < node->h.nitems; i++)
	{
		const BtrEntry *entry = &BtrNodeEntries(node)[i];
		BlockNumber blkno = ItemPointerGetBlockNumberNoCheck(&entry->child);
		uint64		index;

		if (blkno == last || BtrEntryIsTrimmed(entry) ||
			BtrGridPlace(&w->grid, BtrEntryRange(node, i), w->grid.whole, &index) != BTR_ACROSS)
			continue;
		announce_page(w, blkno);
		last = blkno;
	}
}

/*
 * Goes to the next leaf across an edge and announces its page, unless that was the last one
 * announced.  Returns false if there is none.
 */
static bool
announce_leaf(BtrAheadWalk *w)
{
	BtrWalk    *walk = &w->walk;

	while (walk->depth > 0)
	{
		BtrWalkFrame *frame = BtrWalkTop(walk);
		uint64		index;
		BlockNumber blkno;
		BtrRef		ref;
		int			i;

		if (frame->next >= frame->node->h.nitems)
		{
			BtrWalkPop(walk);
			continue;
		}
		i = frame->next++;
		if (BtrGridPlace(&w->grid, BtrEntryRange(frame->node, i), w->grid.whole, &index) != BTR_ACROSS)
			continue;
		ref = BtrEntryRef(frame->node, i);
		if (BtrRefIsTrimmed(&ref))
			continue;
		if (!ref.leaf)
		{
			BtrWalkRead(walk, &ref);
			BtrWalkPush(walk);
			if (!BtrEntryIsLeaf(BtrNodeEntries(BtrWalkTop(walk)->node)))
				announce_children(w);
			continue;
		}
		blkno = ItemPointerGetBlockNumber(&ref.tid);
		if (blkno == w->last)
			continue;
		announce_page(w, blkno);
		w->last = blkno;
		return true;
	}
	return false;
}

/*
 * Announces leaves; see ahead.h.  The walk begins when a leaf came from disk and ends when
 * as many in a row as it is ahead did not.
 */
void
BtrAheadAnnounce(BtrAhead *ahead, const BtrTree *tree, const BtrGrid *grid, int64 edge,
				 bool from_disk)
{
	if (ahead->distance == 0)
	{
		int			concurrency = get_tablespace_io_concurrency(tree->rel->rd_rel->reltablespace);

		ahead->distance = concurrency == 0 ? -1 : Max(concurrency, LEAVES_AHEAD);
	}
	if (ahead->distance < 0)
		return;

	ahead->hits = from_disk ? 0 : ahead->hits + 1;
	if (ahead->walk == NULL)
		begin_walk(ahead, tree, grid, edge);
	else if (ahead->hits > ahead->distance)
	{
		end_walk(ahead);
		return;
	}

	ahead->walk->unread = Max(ahead->walk->unread - 1, 0);
	while (ahead->walk->unread < ahead->distance && announce_leaf(ahead->walk))
		ahead->walk->unread++;
	ahead->prefetched += ahead->walk->prefetched;
	ahead->walk->prefetched = 0;
}
