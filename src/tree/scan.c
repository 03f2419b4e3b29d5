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
 * Gives the points of the next leaf that lie in the range.
 */
bool
BtrScanNext(BtrScan *scan, BtrPoints *batch)
{
	return BtrWalkNextLeaf(&scan->walk, scan->start, scan->end, scan->backward,
						   batch);
}
