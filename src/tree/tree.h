/*
 * tree.h
 *		The versioned time tree: merging points in, removing ranges, reading.
 *
 * A tree is a root pointer; trees of different versions share nodes.  The
 * functions here know nothing of catalogs, buffers or snapshots: they take a
 * relation and a root and give a root.
 *
 * Slot widths ("levels") of a stream are 2^w ns with w in {0, phase, phase + 6,
 * phase + 12, ...}, phase in 0..5.  An inner node of slot width 2^w spans one slot
 * of the next level, aligned (relative to BTR_TIME_MIN, which is a multiple of
 * 2^62).  An inner node with one child only is never written: the child takes its place.
 */
#ifndef BTR_TREE_H
#define BTR_TREE_H

#include "page/page.h"
#include "tree/columns.h"

/* ---- trees ---- */

/* Pointer to a tree of one version.  An invalid tid is the empty tree. */
typedef struct BtrRoot
{
	ItemPointerData tid;
	int64		version;		/* version in the root node's header */
	BtrStat		stat;
} BtrRoot;

/* What btrdb.trimmed_points says: what reads do that need points which were trimmed. */
typedef enum BtrTrimmedPoints
{
	BTR_TRIMMED_ERROR,			/* fail */
	BTR_TRIMMED_SKIP			/* go on as if these points were not there */
} BtrTrimmedPoints;

#define BtrRootIsEmpty(root)	(!ItemPointerIsValid(&(root)->tid))

extern void BtrRootInit(BtrRoot *root);

/* A tree to be read. */
typedef struct BtrTree
{
	Relation	rel;
	pg_uuid_t	stream;
	BtrRoot		root;
} BtrTree;

/*
 * Raises XX001: the nodes of a tree are sound each, but not together.  problem: a sentence without
 * a full stop.
 */
pg_noreturn extern void BtrReportTree(const BtrTree *tree, const char *problem,...) pg_attribute_printf(2, 3);

/* The promise of a version row about its root node. */
extern BtrRef BtrRootRef(const BtrRoot *root);

/* The promise of entry i of an inner or chain node about its child (count: of all its parts). */
extern BtrRef BtrEntryRef(const BtrNode *node, int i);

/* Number of consecutive entries, from i on, that describe the same child. */
extern int	BtrEntryParts(const BtrNode *node, int i);

/* ---- levels (span.c) ---- */

#define BTR_PHASES			BTR_FANOUT_BITS

/* The next wider slot width; 63, wider than any slot, at the top. */
extern int	BtrLevelUp(int slot_pw, int phase);

/* An inner node's place: start, slot_pw, nslots. */
typedef struct BtrSpan
{
	int64		start;
	int			slot_pw;
	int			nslots;
} BtrSpan;

/* The smallest inner node's place that contains times t1 <= t2. */
extern BtrSpan BtrSpanFor(int64 t1, int64 t2, int phase);

/* Start of slot s, exclusive end when s = nslots. */
static inline int64
BtrSlotStart(int64 start, int slot_pw, int s)
{
	return (int64) ((uint64) start + ((uint64) s << slot_pw));
}

/* Slot of time t. */
static inline int
BtrSlotOf(int64 start, int slot_pw, int64 t)
{
	return (int) (((uint64) t - (uint64) start) >> slot_pw);
}

/* Phase for a stream whose first points are these. */
extern int	BtrPhaseFor(const BtrPoints *points);

/* Aligned windows, also those that are left of trimmed points, are at most 2^60 ns wide. */
#define BTR_MAX_POINTWIDTH	60

/* ---- writing ---- */

/* What becomes of new points at times at which there are points already. */
typedef enum BtrMerge
{
	BTR_MERGE_NEVER,			/* all are stored */
	BTR_MERGE_EQUAL,			/* those of the same value are not */
	BTR_MERGE_RETAIN,			/* none is: the old ones win */
	BTR_MERGE_REPLACE			/* the newest one takes the place of all others */
} BtrMerge;

/*
 * Leaves out those of n sorted points that the policy does not store beside what the tree holds
 * and beside each other, points of equal time being in the order in which they came.  Of
 * BTR_MERGE_REPLACE, also points that would replace nothing but themselves.  Returns how many remain,
 * in place.
 */
extern int64 BtrTreeSift(const BtrTree *tree, BtrMerge merge, int64 *time, double *value,
						 int64 n);

/*
 * Builds the tree that holds what *root holds and points.  Points of equal
 * time come after those of the tree or, if replace, instead of them.  Writes only nodes on
 * the paths to new points.  Of points in a trimmed window only the statistics are stored.
 */
extern BtrRoot BtrTreeMerge(BtrWriter *writer, const BtrRoot *root, int phase,
							const BtrPoints *points, bool replace);

/*
 * Builds the tree without the points in [start, end).  Writes only nodes on the
 * paths to start and end.  If nothing is in the range, the result is *root.  Raises 22023 if
 * a trimmed window is neither inside nor outside of the range.
 */
extern BtrRoot BtrTreeDelete(BtrWriter *writer, const BtrRoot *root, int phase,
							 int64 start, int64 end);

/*
 * Builds the tree in which of the points before a moment only the statistics are left,
 * of each aligned window of 2^pointwidth ns.  The window that holds the moment stays as it
 * is.  If there is nothing to trim, the result is *root.
 */
extern BtrRoot BtrTreeTrim(BtrWriter *writer, const BtrRoot *root, int phase, int64 before,
						   int pointwidth);

/* Would that change nothing?  Reads inner nodes on the edges of what is trimmed. */
extern bool BtrTreeIsTrimmed(const BtrTree *tree, int64 before, int pointwidth);

/* The start of the trimmed window that a moment is in, or the moment if it is in none. */
extern int64 BtrTrimmedStart(const BtrTree *tree, int64 time);

/* ---- reading; iterators live in the current memory context and hold no pins between calls ---- */

/* How many nodes a reader has read, leaves among them, and how many pages it has announced. */
typedef struct BtrReadCounts
{
	int64		nodes;
	int64		leaves;
	int64		prefetched;
} BtrReadCounts;

/* A half-open range of time. */
typedef struct BtrRange
{
	int64		start;
	int64		end;
} BtrRange;

/*
 * Says whether a reader can do without the points of a subtree: it is told that they lie in
 * range, where no others are, and their summary.
 */
typedef bool (*BtrPassOver) (const BtrRange *range, const BtrStat *stat, void *arg);

/* A piece of a tree: some points, or the summary of points that were passed over. */
typedef struct BtrPiece
{
	bool		passed;
	BtrRange	range;			/* if passed */
	BtrStat		stat;			/* if passed */
	BtrPoints	points;			/* else */
} BtrPiece;

typedef struct BtrScan BtrScan;

/* Starts a scan of the points in [start, end), forward or backward in time. */
extern BtrScan *BtrScanBegin(const BtrTree *tree, int64 start, int64 end, bool backward);

/*
 * Leaves out leaves, and subtrees, that have no value in [low, high].  Points of leaves that
 * have one are not sorted out.
 */
extern void BtrScanLimitValues(BtrScan *scan, double low, double high);

/*
 * Asks pass_over about each subtree whose points lie all in the scan's range, but not about parts
 * of the points of one nanosecond.  Without this nothing is passed over.
 */
extern void BtrScanPassOver(BtrScan *scan, BtrPassOver pass_over, void *arg);

/*
 * Makes a scan, one of many at a time, keep no copies of pages, which save it a look at a page that
 * has another of its leaves.
 */
extern void BtrScanSpareMemory(BtrScan *scan);

/* Passes over points before time that were not read yet; forward only. */
extern void BtrScanSkipTo(BtrScan *scan, int64 time);

/*
 * Next piece, at most a leaf unless it is passed over; false at the end.  Inside a piece points are
 * in time order in either case.  The arrays are valid until the next call.
 */
extern bool BtrScanNext(BtrScan *scan, BtrPiece *piece);

/* Adds what has been read so far to *counts. */
extern void BtrScanCount(const BtrScan *scan, BtrReadCounts *counts);

typedef struct BtrWindows BtrWindows;

/* A depth at which nothing fails that was trimmed: for pictures. */
#define BTR_WHOLE_TRIMMED	(-1)

/*
 * Starts to summarise the nwindows windows [start + i * width, start + (i + 1) * width).
 * Subtrees no wider than 2^depth are not split at window edges but belong
 * to the window in which they begin; if depth is BTR_WHOLE_TRIMMED, only trimmed windows are not split, and
 * one that begins before the first window belongs to that.  start + nwindows * width <= BTR_TIME_MAX.
 */
extern BtrWindows *BtrWindowsBegin(const BtrTree *tree, int64 start, uint64 width,
								   uint64 nwindows, int depth);

/* Next window that is not empty, in order; false at the end. */
extern bool BtrWindowsNext(BtrWindows *windows, uint64 *index, BtrStat *stat);

/*
 * The number of points in [start, end), except those of trimmed windows that reach beyond it: for
 * estimates, which must not fail.
 */
extern int64 BtrCountAbout(const BtrTree *tree, int64 start, int64 end);

/* Adds what has been read so far to *counts. */
extern void BtrWindowsCount(const BtrWindows *windows, BtrReadCounts *counts);

/*
 * An end of a tree: its first or last point.  If that was trimmed, the first or last moment of what is
 * left, with value 0.
 */
typedef struct BtrEdge
{
	BtrPoint	point;
	bool		trimmed;
} BtrEdge;

/* The first or last point of a tree that is not empty. */
extern BtrEdge BtrTreeEdge(const BtrTree *tree, bool last);

/* A point, and how many come before it: order among those of equal time. */
typedef struct BtrRankedPoint
{
	BtrPoint	point;
	int64		rank;
} BtrRankedPoint;

/* The points that draw a column of a picture as well as all of its points do. */
typedef enum BtrOutlinePoint
{
	BTR_OUTLINE_FIRST,
	BTR_OUTLINE_LEAST,			/* of equal ones the first */
	BTR_OUTLINE_GREATEST,		/* likewise */
	BTR_OUTLINE_LAST
} BtrOutlinePoint;

#define BTR_OUTLINE_POINTS	4

/* These points, some of which may be the same one. */
typedef struct BtrOutline
{
	BtrRankedPoint points[BTR_OUTLINE_POINTS];
} BtrOutline;

typedef struct BtrOutlines BtrOutlines;

/* Starts to find the outlines of columns. */
extern BtrOutlines *BtrOutlinesBegin(const BtrTree *tree, const BtrColumns *columns);

/* Next column that is not empty, in order; false at the end.  Ranks count from the first column on. */
extern bool BtrOutlinesNext(BtrOutlines *outlines, uint64 *column, BtrOutline *outline);

/* Adds what has been read so far to *counts. */
extern void BtrOutlinesCount(const BtrOutlines *outlines, BtrReadCounts *counts);

/* Forward: the first point with t >= time.  Backward: the last with t < time. */
extern bool BtrNearest(const BtrTree *tree, int64 time, bool backward, BtrPoint *point);

/*
 * The same for many times, of which those that come next to each other are cheap.  alone: there
 * will be one only.
 */
typedef struct BtrSeeker BtrSeeker;
extern BtrSeeker *BtrSeekBegin(const BtrTree *tree, bool backward, bool alone);
extern bool BtrSeek(BtrSeeker *seeker, int64 time, BtrPoint *point);
extern void BtrSeekCount(const BtrSeeker *seeker, BtrReadCounts *counts);

/*
 * Divides [start, end) into the n ranges [bounds[i], bounds[i + 1]) with about equally many
 * points; the last ones may be empty.  Gives the same bounds every time.
 */
extern void BtrTreeSplit(const BtrTree *tree, int64 start, int64 end, int n, int64 *bounds);

/* The point that rank others come before; 0 <= rank < the tree's count.  False if it was trimmed. */
extern bool BtrPointAt(const BtrTree *tree, int64 rank, BtrPoint *point);

/*
 * Bytes that the tree's nodes take of their pages: exactly if it has few leaves, else
 * estimated from 32 of them.
 */
extern int64 BtrTreeBytes(const BtrTree *tree);

/*
 * Calls emit for ranges in which the two trees may differ: sorted by start, perhaps
 * overlapping; together they cover every difference.  No range is wider than the
 * larger of 2^resolution and the span of the leaf that differs.
 */
typedef void (*BtrRangeCallback) (const BtrRange *range, void *arg);
extern void BtrDiff(const BtrTree *from, const BtrTree *to, int resolution,
					BtrRangeCallback emit, void *arg);

/* ---- verifying ---- */

/* Called for each problem; text is palloc'd in the current context. */
typedef void (*BtrProblemCallback) (BlockNumber blkno, OffsetNumber offnum,
									const char *text, void *arg);

/* Called for each node; returns false if it (and so its subtree) was verified before. */
typedef bool (*BtrVisitCallback) (ItemPointer tid, void *arg);

/*
 * Verifies a tree: every node as BtrNodeRead() does but collecting problems; entries
 * in order and inside their node; child spans inside their slots; statistics against the
 * children (deep: against the points; leaves are not read otherwise); parts of leaves;
 * no inner node with a single child; no version above max_version.
 */
extern void BtrTreeVerify(const BtrTree *tree, int phase, int64 max_version, bool deep,
						  BtrVisitCallback visit, BtrProblemCallback report, void *arg);

#endif							/* BTR_TREE_H */
