/*
 * trim.c
 *		Leaves of old points the statistics only.
 *
 * One pass in time order over what is before the moment, and over the paths to it, that makes the
 * new tree from below: nodes in the making, one a level, get windows and what stays as it
 * is, and each is written when something comes that lies outside of it.  So every node is
 * written once, and memory does not grow with the tree.
 *
 * Subtrees that hold nothing but windows that are wide enough are kept as they are.  Their
 * nodes tell that, so trimming a bit more now and then costs what is trimmed, not what was.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "tree/build.h"
#include "tree/walk.h"
#include "types/stat.h"

/* Levels of nodes: slots of 2^0 ns, 2^phase, 2^(phase + 6) and so on. */
#define MAX_LEVELS		12

/* A node in the making; nothing, if it has no entries. */
typedef struct Level
{
	BtrSpan		span;
	BtrEntryList list;
} Level;

typedef struct Trim
{
	/* Settings */
	int			pointwidth;
	int64		end;			/* what comes from here on stays as it is */

	/* Variables */
	BtrBuild	build;
	BtrWalk		walk;
	int64		window;			/* start of the window that is summed up */
	BtrStat		stat;			/* count 0: none is */
	Level		level[MAX_LEVELS];
} Trim;

/*
 * Returns the log2 of the width of a trimmed window.
 */
static int
pointwidth_of(BtrRange range)
{
	return pg_leftmost_one_pos64((uint64) range.end - (uint64) range.start);
}

/*
 * Says whether everything below an inner node is trimmed to windows of at least 2^pointwidth ns.
 */
static bool
is_done(const BtrNode *node, int pointwidth)
{
	return node->h.trimmed > pointwidth;
}

/*
 * Returns the level whose nodes have slots no wider than 2^pointwidth that are the widest such.
 */
static int
level_of(const Trim *trim, int pointwidth)
{
	int			level = 0;

	for (int pw = 0; (pw = BtrLevelUp(pw, trim->build.phase)) <= pointwidth;)
		level++;
	return level;
}

/*
 * Returns the place of the node of a level that holds a time.
 */
static BtrSpan
place_of(const Trim *trim, int level, int64 time)
{
	BtrSpan		span = {0};
	uint64		since = (uint64) time - (uint64) BTR_TIME_MIN;
	int			up;

	for (int i = 0; i < level; i++)
		span.slot_pw = BtrLevelUp(span.slot_pw, trim->build.phase);
	up = BtrLevelUp(span.slot_pw, trim->build.phase);
	span.start = (int64) ((since >> up << up) + (uint64) BTR_TIME_MIN);
	span.nslots = 1 << (up - span.slot_pw);
	return span;
}

static Level *open_level(Trim *trim, int i, int64 time);

/*
 * Adds a subtree, which is not empty, to the node of level i around start.
 */
static void
add_sub(Trim *trim, int i, int64 start, const BtrSub *sub)
{
	Level	   *level = open_level(trim, i, start);

	BtrListAddSub(&level->list, BtrSlotOf(level->span.start, level->span.slot_pw, start), sub);
}

/*
 * Writes the node of level i, if there is one, and adds it to the level above.
 */
static void
close_level(Trim *trim, int i)
{
	Level	   *level = &trim->level[i];
	BtrSub		sub;

	if (level->list.n == 0)
		return;
	sub = BtrBuildSeal(&trim->build, &level->span, &level->list);
	memset(&level->list, 0, sizeof(level->list));
	Assert(i + 1 < MAX_LEVELS);
	add_sub(trim, i + 1, level->span.start, &sub);
}

/*
 * Makes the node around time the one that is in the making on level i.  What is in the making on
 * levels below lies before it.
 */
static Level *
open_level(Trim *trim, int i, int64 time)
{
	Level	   *level = &trim->level[i];
	BtrSpan		span = place_of(trim, i, time);

	check_stack_depth();
	for (int below = 0; below < i; below++)
		close_level(trim, below);
	if (level->list.n > 0 && level->span.start != span.start)
		close_level(trim, i);
	level->span = span;
	return level;
}

/*
 * Adds a trimmed window to the new tree.
 */
static void
add_window(Trim *trim, int64 start, int pointwidth, int64 version, const BtrStat *stat)
{
	Level	   *level = open_level(trim, level_of(trim, pointwidth), start);
	int			first = BtrSlotOf(level->span.start, level->span.slot_pw, start);
	BtrEntry	entry;

	memset(&entry, 0, sizeof(entry));
	entry.version = version;
	entry.stat = *stat;
	ItemPointerSetInvalid(&entry.child);
	entry.first = first | BTR_ENTRY_TRIMMED;
	entry.nslots = 1 << (pointwidth - level->span.slot_pw);
	BtrListAddEntries(&level->list, &entry, 1);
}

/*
 * Adds the window that was summed up.
 */
static void
finish_window(Trim *trim)
{
	if (trim->stat.count == 0)
		return;
	add_window(trim, trim->window, trim->pointwidth, trim->build.writer->version, &trim->stat);
	BtrStatInit(&trim->stat);
}

/*
 * Returns the start of the window that a time is in.
 */
static int64
window_of(int64 time, int pointwidth)
{
	return (int64) ((uint64) time & ~((UINT64_C(1) << pointwidth) - 1));
}

/*
 * Goes to the window around time, to sum up what is in it.
 */
static void
begin_window(Trim *trim, int64 time)
{
	int64		window = window_of(time, trim->pointwidth);

	if (trim->stat.count > 0 && trim->window != window)
		finish_window(trim);
	trim->window = window;
}

/*
 * Trims points of a leaf.
 */
static void
trim_points(Trim *trim, const BtrPoints *points)
{
	int64		next;

	for (int64 i = 0; i < points->n; i = next)
	{
		begin_window(trim, points->time[i]);
		next = BtrPointsSearch(points, i, trim->window + (INT64CONST(1) << trim->pointwidth));
		BtrStatAddValues(&trim->stat, points->value + i, next - i);
	}
}

/*
 * Says whether something below level i is in the making in the same slot of that level as a time.
 */
static bool
is_slot_begun(const Trim *trim, int i, int64 time)
{
	for (int below = 0; below < i; below++)
	{
		const Level *level = &trim->level[below];

		if (level->list.n > 0)
			return place_of(trim, i - 1, level->span.start).start == place_of(trim, i - 1, time).start;
	}
	return false;
}

/*
 * Keeps points of a leaf of which others were trimmed, in a node of level i.  Those in a slot that has
 * trimmed windows, too, go to a node below.
 */
static void
keep_points(Trim *trim, int i, const BtrPoints *points)
{
	BtrPoints	rest = *points;
	Level	   *level;

	if (is_slot_begun(trim, i, points->time[0]))
	{
		BtrSpan		slot = place_of(trim, i - 1, points->time[0]);
		int64		end = BtrSlotStart(slot.start, slot.slot_pw, slot.nslots);
		int64		n = BtrPointsSearch(points, 0, end);
		BtrPoints	part = BtrPointsSlice(points, 0, n);

		keep_points(trim, i - 1, &part);
		rest = BtrPointsSlice(points, n, points->n);
	}
	if (rest.n == 0)
		return;
	level = open_level(trim, i, rest.time[0]);
	BtrBuildCut(&trim->build, &level->span, &rest, false, &level->list);
}

/*
 * Trims those points of the leaf that was read last which lie in range and before the end, and
 * keeps those in range that lie after it, in a node of level i.
 */
static void
trim_leaf(Trim *trim, int i, const BtrRef *ref, BtrRange range)
{
	const BtrPoints *points = &trim->walk.points;
	BtrPoints	part;
	int64		first;
	int64		middle;
	int64		last;

	BtrWalkDecode(&trim->walk, ref);
	first = BtrPointsSearch(points, 0, range.start);
	last = BtrPointsSearch(points, first, range.end);
	middle = Min(BtrPointsSearch(points, first, trim->end), last);
	part = BtrPointsSlice(points, first, middle);
	trim_points(trim, &part);
	part = BtrPointsSlice(points, middle, last);
	if (part.n == 0)
		return;
	finish_window(trim);
	keep_points(trim, i, &part);
}

/*
 * Deals with a trimmed entry: it stays as it is, or becomes part of a wider window.
 */
static void
trim_entry(Trim *trim, const BtrEntry *entry, BtrRange range)
{
	int			pointwidth = pointwidth_of(range);

	if (pointwidth < trim->pointwidth)
	{
		begin_window(trim, range.start);
		BtrStatMerge(&trim->stat, &entry->stat);
		return;
	}
	finish_window(trim);
	add_window(trim, range.start, pointwidth, entry->version, &entry->stat);
	/* the end is inside of a window that was trimmed further */
	trim->end = Max(trim->end, range.end);
}

/*
 * Deals with an inner node that reaches beyond a window or the end: keeps it as it is if nothing is
 * to be trimmed below it, else puts it on the path.
 */
static void
open_inner(Trim *trim, const BtrRef *ref, const BtrStat *stat, const BtrNode *node)
{
	BtrSub		sub = {.tid = ref->tid, .version = ref->version, .stat = *stat,
	.trimmed = node->h.trimmed};

	if (is_done(node, trim->pointwidth))
	{
		finish_window(trim);
		add_sub(trim, level_of(trim, node->h.slot_pw) + 1, node->h.start, &sub);
	}
	else
		BtrWalkPush(&trim->walk);
}

/*
 * Deals with the next entry of the lowest node on the path.
 *
 * Of a leaf that has points on both sides of the end, all parts that reach beyond it are
 * dealt with at once.
 */
static void
take_entry(Trim *trim)
{
	BtrWalkFrame *frame = BtrWalkTop(&trim->walk);
	int			i = frame->next++;
	int			parts = BtrEntryParts(frame->node, i);
	const BtrEntry *entry = &BtrNodeEntries(frame->node)[i];
	BtrRef		ref = BtrEntryRef(frame->node, i);
	BtrRange	range = BtrEntryRange(frame->node, i);
	int			level = level_of(trim, frame->node->h.slot_pw);

	if (ref.end > trim->end && (ref.start >= trim->end || ref.leaf))
	{
		range.end = ref.end;
		frame->next += parts - 1;
	}

	if (ref.start >= trim->end)
	{
		finish_window(trim);
		BtrListAddEntries(&open_level(trim, level, range.start)->list, entry, parts);
	}
	else if (BtrEntryIsTrimmed(entry))
		trim_entry(trim, entry, range);
	else if (range.end <= trim->end &&
			 window_of(range.start, trim->pointwidth) == window_of(range.end - 1, trim->pointwidth))
	{
		begin_window(trim, range.start);
		BtrStatMerge(&trim->stat, &entry->stat);
	}
	else
	{
		const BtrNode *node = BtrWalkRead(&trim->walk, &ref);

		if (node->h.kind == BTR_NODE_LEAF)
			trim_leaf(trim, level, &ref, range);
		else
			open_inner(trim, &ref, &entry->stat, node);
	}
}

/*
 * Deals with the root, which was read: a leaf's points, or all entries below an inner node.
 */
static void
take_root(Trim *trim, const BtrRef *ref, const BtrNode *node)
{
	BtrWalk    *walk = &trim->walk;
	BtrRange	range = {ref->start, ref->end};

	if (node->h.kind == BTR_NODE_LEAF)
	{
		trim_leaf(trim, level_of(trim, node->h.slot_pw), ref, range);
		return;
	}
	for (BtrWalkPush(walk); walk->depth > 0;)
	{
		BtrWalkFrame *frame = BtrWalkTop(walk);

		if (frame->next < frame->node->h.nitems)
			take_entry(trim);
		else
			BtrWalkPop(walk);
	}
}

/*
 * Writes what is in the making and returns the root of the new tree.
 */
static BtrSub
finish(Trim *trim)
{
	int			i;
	int			above;

	finish_window(trim);
	for (i = 0;; i++)
	{
		for (above = i + 1; above < MAX_LEVELS && trim->level[above].list.n == 0;)
			above++;
		if (above == MAX_LEVELS && trim->level[i].list.n > 0)
			break;
		close_level(trim, i);
	}
	return BtrBuildSeal(&trim->build, &trim->level[i].span, &trim->level[i].list);
}

/*
 * Says whether anything before end is not trimmed yet, or not so far.
 */
static bool
is_something_left(BtrWalk *walk, int64 end, int pointwidth)
{
	BtrRef		ref = BtrRootRef(&walk->tree.root);
	BtrNode    *node = BtrWalkRead(walk, &ref);

	for (;;)
	{
		BtrWalkFrame *frame;
		int			i;

		if (node != NULL && node->h.kind == BTR_NODE_INNER)
		{
			if (!is_done(node, pointwidth))
				BtrWalkPush(walk);
		}
		else if (node != NULL && node->h.start < end &&
				 (node->h.kind == BTR_NODE_CHAIN ||
				  BtrNodeLowerBound(walk->tree.rel, node, &ref.tid, end) > 0))
			return true;

		node = NULL;
		if (walk->depth == 0)
			return false;
		frame = BtrWalkTop(walk);
		i = frame->next;
		if (i >= frame->node->h.nitems)
		{
			BtrWalkPop(walk);
			continue;
		}
		if (BtrEntryRange(frame->node, i).start >= end)
			return false;
		frame->next += BtrEntryParts(frame->node, i);
		ref = BtrEntryRef(frame->node, i);
		if (!BtrRefIsTrimmed(&ref))
			node = BtrWalkRead(walk, &ref);
		else if (pointwidth_of((BtrRange) {ref.start, ref.end}) < pointwidth)
			return true;
	}
}

/*
 * Says whether of everything before the window that holds a moment only such statistics are
 * left; see tree.h.
 */
bool
BtrTreeIsTrimmed(const BtrTree *tree, int64 before, int pointwidth)
{
	MemoryContext context;
	MemoryContext oldcontext;
	BtrWalk    *walk;
	bool		result;

	if (BtrRootIsEmpty(&tree->root))
		return true;
	context = AllocSetContextCreate(CurrentMemoryContext, "btrdb trim", ALLOCSET_DEFAULT_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	walk = palloc(sizeof(BtrWalk));
	BtrWalkInit(walk, tree);
	result = !is_something_left(walk, window_of(before, pointwidth), pointwidth);
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	return result;
}

/*
 * Builds the tree in which of old points only the statistics are left; see tree.h.
 */
BtrRoot
BtrTreeTrim(BtrWriter *writer, const BtrRoot *root, int phase, int64 before, int pointwidth)
{
	MemoryContext context;
	MemoryContext oldcontext;
	BtrTree		tree = {writer->rel, writer->stream, *root};
	BtrRoot		result = *root;
	Trim	   *trim;

	Assert(pointwidth >= 0 && pointwidth <= BTR_MAX_POINTWIDTH);
	if (BtrRootIsEmpty(root))
		return result;

	context = AllocSetContextCreate(CurrentMemoryContext, "btrdb trim", ALLOCSET_DEFAULT_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	trim = palloc0(sizeof(Trim));
	trim->pointwidth = pointwidth;
	trim->end = window_of(before, pointwidth);
	BtrStatInit(&trim->stat);
	BtrWalkInit(&trim->walk, &tree);
	if (!BtrTreeIsTrimmed(&tree, before, pointwidth))
	{
		BtrRef		ref = BtrRootRef(root);
		BtrSub		sub;

		BtrBuildInit(&trim->build, writer, phase);
		take_root(trim, &ref, BtrWalkRead(&trim->walk, &ref));
		sub = finish(trim);
		result.tid = sub.tid;
		result.version = sub.version;
		result.stat = sub.stat;
	}
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	return result;
}

/*
 * Returns the start of the trimmed window that holds a moment, or the moment itself if there is none;
 * see tree.h.
 */
int64
BtrTrimmedStart(const BtrTree *tree, int64 time)
{
	MemoryContext context;
	MemoryContext oldcontext;
	BtrWalk    *walk;
	BtrRef		ref = BtrRootRef(&tree->root);
	int64		result = time;
	bool		found = !BtrRootIsEmpty(&tree->root);

	context = AllocSetContextCreate(CurrentMemoryContext, "btrdb trim", ALLOCSET_DEFAULT_SIZES);
	oldcontext = MemoryContextSwitchTo(context);
	walk = palloc(sizeof(BtrWalk));
	BtrWalkInit(walk, tree);
	while (found && !ref.leaf && !BtrRefIsTrimmed(&ref))
	{
		const BtrNode *node = BtrWalkRead(walk, &ref);

		found = false;
		if (node->h.kind != BTR_NODE_INNER)
			break;
		for (int i = 0; i < node->h.nitems && !found; i++)
		{
			BtrRange	range = BtrEntryRange(node, i);

			found = range.start <= time && time < range.end;
			if (found)
				ref = BtrEntryRef(node, i);
		}
		BtrWalkPush(walk);
	}
	if (found && BtrRefIsTrimmed(&ref))
		result = ref.start;
	MemoryContextSwitchTo(oldcontext);
	MemoryContextDelete(context);
	return result;
}
