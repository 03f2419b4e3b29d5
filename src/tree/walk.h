/*
 * walk.h
 *		A path from the root of a tree downwards, shared by all that read trees.
 *
 * A walk holds copies of the nodes on its path, never a pin or a lock.  Nodes
 * are immutable, so a copy stays true for as long as the tree may be read.
 */
#ifndef BTR_WALK_H
#define BTR_WALK_H

#include "tree/points.h"
#include "tree/tree.h"

/*
 * More nodes than this on a path are taken for damage: 12 levels of inner nodes
 * reach from a nanosecond to all of time, and 12 of chain nodes hold more
 * points than there can be.
 */
#define BTR_WALK_MAX_DEPTH	24

typedef struct BtrWalkFrame
{
	BtrNode    *node;			/* allocated when first needed, then reused */
	int			next;			/* entry to look at next */
} BtrWalkFrame;

typedef struct BtrWalk
{
	/* Info */
	BtrTree		tree;
	double		low;			/* BtrWalkFindLeaf() passes over what has no value in */
	double		high;			/* [low, high]; everything has one to begin with */
	bool		skip_trimmed;	/* pass over what was trimmed, else fail there; as the setting says to */
								/* begin with */
	BtrPassOver pass_over;		/* asked by BtrWalkNextPiece(); NULL: nothing is passed over */
	void	   *pass_arg;

	/* Variables */
	bool		started;		/* the root has been looked at */
	int			depth;			/* inner and chain nodes on the path */
	BtrWalkFrame path[BTR_WALK_MAX_DEPTH];
	int			first_entry;	/* of the child that was found last, in the lowest node: its */
	int			last_entry;		/* parts that count */
	ItemPointerData read;		/* the node in the frame below the path, and the */
	ItemPointerData leaf;		/* leaf that points are of; invalid if none */
	BtrPoints	points;
	BtrReadCounts counts;

	/* Memory */
	MemoryContext context;
	bool		alone;			/* no neighbour of the next node will be read, or memory is
								 * scarce: copy no page */
	BtrPageCopy *leaf_page;		/* the page of the last leaf read, and of the */
	BtrPageCopy *inner_page;	/* last other node */
	int64	   *time;
	double	   *value;
	int			room;			/* elements that time and value have room for */
} BtrWalk;

/* The lowest node on the path; there must be one. */
#define BtrWalkTop(walk)	(&(walk)->path[(walk)->depth - 1])

/* Says whether a remembered node, invalid if none is, is the one that ref points to. */
static inline bool
BtrWalkIsNode(const ItemPointerData *remembered, const BtrRef *ref)
{
	return ItemPointerIsValid(remembered) &&
		ItemPointerCompare(unconstify(ItemPointerData *, remembered),
						   unconstify(ItemPointerData *, &ref->tid)) == 0;
}

/* Prepares a walk, whose memory is of the current context. */
extern void BtrWalkInit(BtrWalk *walk, const BtrTree *tree);

/*
 * Reads a node, of any kind, below the path.  It is valid until the next call
 * of a function of this file other than the three that follow.
 */
extern BtrNode *BtrWalkRead(BtrWalk *walk, const BtrRef *ref);

/* Decodes the leaf that was read last into walk->points. */
extern void BtrWalkDecode(BtrWalk *walk, const BtrRef *ref);

/*
 * Decodes only the values of points from .. to - 1 of the leaf that was read last, from
 * < to, into walk->value, to be divided by *divisor; walk->points is none afterwards.
 */
extern void BtrWalkDecodeValues(BtrWalk *walk, const BtrRef *ref, int from, int to,
								double *divisor);

/* Adds the inner or chain node that was read last to the path. */
extern void BtrWalkPush(BtrWalk *walk);

/*
 * Makes the node that one walk read last, to which ref points, the one that another walk of the
 * same tree read last.
 */
extern void BtrWalkHandOver(BtrWalk *from, BtrWalk *to, const BtrRef *ref);

/* Removes the lowest node from the path. */
extern void BtrWalkPop(BtrWalk *walk);

/*
 * Goes to the next leaf, forward or backward in time, whose span overlaps [start, end);
 * reads it and gives its reference.  Returns NULL if there is none.  All calls for one walk
 * give the same range and direction, but forward start may be later from call to call.
 */
extern BtrNode *BtrWalkFindLeaf(BtrWalk *walk, int64 start, int64 end, bool backward,
								BtrRef *ref);

/*
 * Likewise, but goes to the next leaf that has points in the range, and gives these
 * points; false if there is none.
 */
extern bool BtrWalkNextLeaf(BtrWalk *walk, int64 start, int64 end, bool backward,
							BtrPoints *points);

/* Likewise, or gives the summary of a subtree that is passed over. */
extern bool BtrWalkNextPiece(BtrWalk *walk, int64 start, int64 end, bool backward,
							 BtrPiece *piece);

/* Gives the range of time that entry i of an inner or chain node describes. */
static inline BtrRange
BtrEntryRange(const BtrNode *node, int i)
{
	const BtrEntry *entry = &BtrNodeEntries(node)[i];
	BtrRange	range;

	if (node->h.kind == BTR_NODE_INNER)
	{
		range.start = BtrSlotStart(node->h.start, node->h.slot_pw, BtrEntryFirst(entry));
		range.end = BtrSlotStart(node->h.start, node->h.slot_pw, BtrEntryEnd(entry));
	}
	else
	{
		range.start = node->h.start;
		range.end = node->h.start + 1;
	}
	return range;
}

#endif							/* BTR_WALK_H */
