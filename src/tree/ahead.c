/*
 * ahead.c
 *		Goes along the edges of windows, some leaves ahead of who reads them.
 *
 * Leaves on edges are far from each other, so neither the operating system nor the
 * processor guesses which one comes next, and to wait for a page is most of what an edge
 * costs: for the disk, or for memory that no cache has.  So inner nodes, which are few, are
 * read some leaves before their time, and the pages of what they lead to are announced.
 *
 * The distance begins at nothing and doubles each time: who asks for one range, or stops early,
 * pays for no look ahead.
 */
#include "postgres.h"

#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/spccache.h"

#include "tree/ahead.h"
#include "types/stat.h"

/* So many leaves are announced before they are read, or effective_io_concurrency if that is more. */
#define LEAVES_AHEAD	32

/* Between two leaves lie one or two summaries; if more, the distance is shorter. */
#define ITEMS_PER_LEAF	3

/* Room for items to begin with: all that one range needs. */
#define FEW_ITEMS		4

/* About so many nodes right above leaves, which lie side by side in time, fill a page. */
#define BOTTOM_NODES		8

/*
 * Prepares to go along the edges; see ahead.h.
 */
void
BtrAheadInit(BtrAhead *ahead, BtrWalk *reader, const BtrGrid *grid, bool whole_trimmed)
{
	memset(ahead, 0, sizeof(*ahead));
	ahead->grid = *grid;
	ahead->whole_trimmed = whole_trimmed;
	ahead->reader = reader;
	BtrWalkInit(&ahead->walk, &reader->tree);
	ahead->room = FEW_ITEMS;
	ahead->items = palloc(FEW_ITEMS * sizeof(BtrAheadItem));
	ahead->pages.last = InvalidBlockNumber;
}

/*
 * Returns the i-th item that was found and not handed out.
 */
static inline BtrAheadItem *
item_at(const BtrAhead *ahead, int i)
{
	int			at = ahead->first + i;

	return &ahead->items[at < ahead->room ? at : at - ahead->room];
}

/*
 * Makes room for all items that may be found at the largest distance.
 */
static void
make_room(BtrAhead *ahead)
{
	int			room = FEW_ITEMS + ITEMS_PER_LEAF * ahead->max_distance;
	BtrAheadItem *items = MemoryContextAlloc(ahead->walk.context, room * sizeof(BtrAheadItem));

	for (int i = 0; i < ahead->nitems; i++)
		items[i] = *item_at(ahead, i);
	pfree(ahead->items);
	ahead->items = items;
	ahead->room = room;
	ahead->first = 0;
}

/*
 * Appends an item, for which there is room.
 */
static BtrAheadItem *
add_item(BtrAhead *ahead, bool summary)
{
	BtrAheadItem *item;

	Assert(ahead->nitems < ahead->room);
	item = item_at(ahead, ahead->nitems++);
	item->summary = summary;
	return item;
}

/*
 * Adds points of a window: to the last item, if that is of the same window.
 */
static void
add_summary(BtrAhead *ahead, uint64 index, const BtrStat *stat)
{
	BtrAheadItem *item = ahead->nitems > 0 ? item_at(ahead, ahead->nitems - 1) : NULL;

	if (item != NULL && item->summary && item->index == index)
		BtrStatMerge(&item->stat, stat);
	else
	{
		item = add_item(ahead, true);
		item->index = index;
		item->stat = *stat;
	}
}

/*
 * Announces those children of the lowest node on the path that lie across edges, but for the
 * first one, which is read at once.
 */
static void
announce_children(BtrAhead *ahead)
{
	const BtrNode *node = BtrWalkTop(&ahead->walk)->node;
	bool		first = true;

	for (int i = 0; i < node->h.nitems; i++)
	{
		const BtrEntry *entry = &BtrNodeEntries(node)[i];
		uint64		index;

		if (BtrEntryIsTrimmed(entry) ||
			BtrGridPlace(&ahead->grid, BtrEntryRange(node, i), ahead->grid.whole, &index) != BTR_ACROSS)
			continue;
		if (!first)
			BtrPageAnnounce(ahead->walk.tree.rel, &ahead->pages, ItemPointerGetBlockNumber(&entry->child));
		first = false;
	}
	BtrPageBatchFetch(&ahead->pages);
}

/*
 * Takes a node whose entry, which describes range, lies across an edge: puts an inner or chain
 * node on the path, or makes a leaf the next item, of whose points the count after the first
 * "before" count.
 */
static void
take_node(BtrAhead *ahead, const BtrRef *ref, BtrRange range, int64 before, int64 count)
{
	BtrWalk    *walk = &ahead->walk;
	BtrAheadItem *item;

	if (BtrRefIsTrimmed(ref) || ref->leaf)
	{
		/* what is read next need not be announced */
		if (ahead->nleaves > 0 && !BtrRefIsTrimmed(ref))
			BtrPageAnnounce(walk->tree.rel, &ahead->pages, ItemPointerGetBlockNumber(&ref->tid));
	}
	else
	{
		/* the next edge is likely to go through nodes of other pages */
		walk->alone = ahead->grid.width / BOTTOM_NODES > (uint64) range.end - (uint64) range.start;
		if (BtrWalkRead(walk, ref)->h.kind != BTR_NODE_LEAF)
		{
			BtrWalkPush(walk);
			if (ahead->distance > 0 && !BtrEntryIsLeaf(BtrNodeEntries(BtrWalkTop(walk)->node)))
				announce_children(ahead);
			return;
		}
		BtrWalkHandOver(walk, ahead->reader, ref);
	}

	item = add_item(ahead, false);
	item->ref = *ref;
	item->range = range;
	item->before = before;
	item->count = count;
	ahead->nleaves++;
}

/*
 * Returns the number of points in the parts of the child before the one that entry i
 * describes.
 */
static int64
points_before(const BtrNode *node, int i)
{
	const BtrEntry *entries = BtrNodeEntries(node);
	int64		count = 0;

	if (node->h.kind != BTR_NODE_INNER)
		return 0;
	for (int j = i - 1; j >= 0 && BtrEntrySameChild(&entries[j], &entries[i]); j--)
		count += entries[j].stat.count;
	return count;
}

/*
 * Looks at the root.
 */
static void
begin(BtrAhead *ahead)
{
	const BtrRoot *root = &ahead->walk.tree.root;
	BtrRef		ref = BtrRootRef(root);
	BtrRange	range = {ref.start, ref.end};
	uint64		index;

	ahead->walk.started = true;
	if (BtrRootIsEmpty(root) || ahead->grid.start >= ahead->grid.end)
		return;
	switch (BtrGridPlace(&ahead->grid, range, 0, &index))
	{
		case BTR_OUTSIDE:
			break;
		case BTR_INSIDE:
			add_summary(ahead, index, &root->stat);
			break;
		case BTR_ACROSS:
			take_node(ahead, &ref, range, 0, root->stat.count);
			break;
	}
}

/*
 * Goes one entry further.
 */
static void
advance(BtrAhead *ahead)
{
	BtrWalk    *walk = &ahead->walk;
	BtrWalkFrame *frame;
	const BtrEntry *entry;
	BtrRange	range;
	BtrRef		ref;
	uint64		index;
	int			i;

	if (!walk->started)
	{
		begin(ahead);
		return;
	}
	while (walk->depth > 0 && BtrWalkTop(walk)->next >= BtrWalkTop(walk)->node->h.nitems)
		BtrWalkPop(walk);
	if (walk->depth == 0)
	{
		ahead->ended = true;
		return;
	}

	frame = BtrWalkTop(walk);
	i = frame->next++;
	entry = &BtrNodeEntries(frame->node)[i];
	range = BtrEntryRange(frame->node, i);
	switch (BtrGridPlace(&ahead->grid, range, ahead->grid.whole, &index))
	{
		case BTR_OUTSIDE:
			break;
		case BTR_INSIDE:
			add_summary(ahead, index, &entry->stat);
			break;
		case BTR_ACROSS:
			ref = BtrEntryRef(frame->node, i);
			if (ahead->whole_trimmed && BtrRefIsTrimmed(&ref))
				add_summary(ahead, BtrGridWindow(&ahead->grid, Max(range.start, ahead->grid.start)),
							&entry->stat);
			else if (!walk->skip_trimmed || !BtrRefIsTrimmed(&ref))
				take_node(ahead, &ref, range, points_before(frame->node, i), entry->stat.count);
			break;
	}
}

/*
 * Another leaf is about to be read: goes on until enough are found, if half of them are read, so
 * that their pages are fetched many at a time.
 */
static void
run_ahead(BtrAhead *ahead)
{
	if (ahead->max_distance == 0)
	{
		int			concurrency =
			get_tablespace_io_concurrency(ahead->walk.tree.rel->rd_rel->reltablespace);

		ahead->max_distance = concurrency == 0 ? -1 : Max(concurrency, LEAVES_AHEAD);
	}
	if (ahead->max_distance < 0 || ahead->nleaves > ahead->distance / 2)
		return;
	if (ahead->distance == 0)
		make_room(ahead);
	ahead->distance = Min(2 * ahead->distance + 1, ahead->max_distance);
	while (!ahead->ended && ahead->nleaves < ahead->distance && ahead->nitems < ahead->room)
		advance(ahead);
	BtrPageBatchFetch(&ahead->pages);
}

/*
 * Hands out the next item; see ahead.h.
 */
bool
BtrAheadNext(BtrAhead *ahead, BtrAheadItem *item)
{
	/* a summary is whole when something else follows */
	while (!ahead->ended &&
		   (ahead->nitems == 0 || (ahead->nitems == 1 && item_at(ahead, 0)->summary)))
		advance(ahead);
	if (ahead->nitems == 0)
		return false;

	*item = *item_at(ahead, 0);
	if (++ahead->first == ahead->room)
		ahead->first = 0;
	ahead->nitems--;
	if (!item->summary)
	{
		ahead->nleaves--;
		run_ahead(ahead);
	}
	return true;
}
