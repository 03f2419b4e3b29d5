/*
 * ahead.h
 *		Announcing leaves on window edges to the operating system before they are read.
 */
#ifndef BTR_AHEAD_H
#define BTR_AHEAD_H

#include "tree/grid.h"

/* Zero-initialise but for context. */
typedef struct BtrAhead
{
	MemoryContext context;		/* for what is needed once something comes from disk */
	struct BtrAheadWalk *walk;	/* NULL while nothing is announced */
	int			distance;		/* leaves to be ahead; 0: not known, -1: none wanted */
	int			hits;			/* leaves since the last one that came from disk */
	int64		prefetched;		/* pages that were announced */
} BtrAhead;

/* Announces leaves after one; see BtrAheadLeaf(). */
extern void BtrAheadAnnounce(BtrAhead *ahead, const BtrTree *tree, const BtrGrid *grid,
							 int64 edge, bool from_disk);

/*
 * To be called for each leaf on a window edge that was read, from disk or not: announces those on
 * edges from this one on, if that is of use.
 */
static inline void
BtrAheadLeaf(BtrAhead *ahead, const BtrTree *tree, const BtrGrid *grid, int64 edge,
			 bool from_disk)
{
	if (from_disk || ahead->walk != NULL)
		BtrAheadAnnounce(ahead, tree, grid, edge, from_disk);
}

#endif							/* BTR_AHEAD_H */
