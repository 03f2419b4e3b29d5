/*
 * scan.c
 *		Reads the points of a range, leaf by leaf, forward or backward in time.
 */
#include "postgres.h"

#include "tree/walk.h"

struct BtrScan
{
	BtrWalk		walk;
	int64		start;
	int64		end;
	bool		backward;
};

/*
 * Starts a scan; it is freed with the current memory context.
 */
BtrScan *
BtrScanBegin(const BtrTree *tree, int64 start, int64 end, bool backward)
{
	BtrScan    *scan = palloc(sizeof(BtrScan));

	BtrWalkInit(&scan->walk, tree);
	scan->start = start;
	scan->end = end;
	scan->backward = backward;
	return scan;
}

/*
 * Leaves out subtrees that have no value in [low, high].
 */
void
BtrScanLimitValues(BtrScan *scan, double low, double high)
{
	scan->walk.low = low;
	scan->walk.high = high;
}

/*
 * Keeps no copies of pages.
 */
void
BtrScanSpareMemory(BtrScan *scan)
{
	scan->walk.alone = true;
}

/*
 * Passes over points before time: leaves that have no others are not read.
 */
void
BtrScanSkipTo(BtrScan *scan, int64 time)
{
	Assert(!scan->backward);
	scan->start = Max(scan->start, time);
}

/*
 * Lets subtrees be passed over.
 */
void
BtrScanPassOver(BtrScan *scan, BtrPassOver pass_over, void *arg)
{
	scan->walk.pass_over = pass_over;
	scan->walk.pass_arg = arg;
}

/*
 * Gives the points of the next leaf that lie in the range, or the summary of a subtree that is
 * passed over.
 */
bool
BtrScanNext(BtrScan *scan, BtrPiece *piece)
{
	return BtrWalkNextPiece(&scan->walk, scan->start, scan->end, scan->backward, piece);
}

/*
 * Adds the nodes that have been read so far.
 */
void
BtrScanCount(const BtrScan *scan, BtrReadCounts *counts)
{
	counts->nodes += scan->walk.counts.nodes;
	counts->leaves += scan->walk.counts.leaves;
}
