/*
 * build.h
 *		What the writing files of this layer share: leaves cut from points, nodes
 *		made of entries.
 */
#ifndef BTR_BUILD_H
#define BTR_BUILD_H

#include "codec/leaf.h"
#include "tree/points.h"
#include "tree/tree.h"

/* State of one merge or delete. */
typedef struct BtrBuild
{
	/* Info */
	BtrWriter  *writer;
	int			phase;
	bool		replace;		/* new points take the place of those of equal time */

	/* Variables */
	double		bytes_per_point;	/* of the last leaf: where to cut the next; 0 not known */

	/* Memory */
	uint8	   *trial;			/* room for the largest encoded block */
	uint8	   *block;			/* likewise; the last one that fitted a leaf */
	int			block_points;
	Size		block_size;
} BtrBuild;

/* A subtree that is written.  An invalid tid: nothing. */
typedef struct BtrSub
{
	ItemPointerData tid;
	bool		leaf;
	int64		version;
	BtrStat		stat;
	uint8		trimmed;		/* as in its node's header; 0 if not known */
} BtrSub;

#define BtrSubIsEmpty(sub)	(!ItemPointerIsValid(&(sub)->tid))

/* Entries of a node in the making, in order. */
typedef struct BtrEntryList
{
	int			n;
	int			nraw;			/* entries of children that may not be trimmed */
	uint8		trimmed;		/* least of the others; 0 if there are none */
	BtrEntry	e[BTR_FANOUT];
} BtrEntryList;

/* Prepares to build nodes with the given writer; BtrBuildEnd() frees what that takes. */
extern void BtrBuildInit(BtrBuild *b, BtrWriter *writer, int phase);
extern void BtrBuildEnd(BtrBuild *b);

/* Appends an entry for a whole subtree in one slot. */
extern void BtrListAddSub(BtrEntryList *list, int slot, const BtrSub *sub);

/* Appends n entries as they are. */
extern void BtrListAddEntries(BtrEntryList *list, const BtrEntry *entries, int n);

/* Builds the subtree of these points alone. */
extern BtrSub BtrBuildSubtree(BtrBuild *b, const BtrPoints *points);

/*
 * Cuts points, all in one inner node's place, into leaves and subtrees and appends their entries.
 * balance: cut a little more than a leaf's worth in halves instead of filling the first.
 */
extern void BtrBuildCut(BtrBuild *b, const BtrSpan *span, const BtrPoints *points,
						bool balance, BtrEntryList *list);

/* Makes a node of the entries; of a single child, unless that is trimmed, the child itself. */
extern BtrSub BtrBuildSeal(BtrBuild *b, const BtrSpan *span, const BtrEntryList *list);

/* Writes an inner or chain node of the entries. */
extern BtrSub BtrBuildEntries(BtrBuild *b, int kind, const BtrSpan *span, const BtrEntryList *list);

/* Builds the chain of points at one nanosecond that no leaf can hold. */
extern BtrSub BtrBuildChain(BtrBuild *b, const BtrPoints *points);

/* Appends points of the chain's nanosecond to a chain, whose top was read into *node. */
extern BtrSub BtrChainAppend(BtrBuild *b, const BtrNode *node, const BtrPoints *points);

/*
 * Returns how many of points[from..) fit into one leaf of at most cap bytes of payload, cut at a
 * slot's end of span (span NULL: anywhere); 0 if not even the first slot does.
 */
extern int64 BtrChooseRun(BtrBuild *b, const BtrSpan *span, const BtrPoints *points,
						  int64 from, Size cap);

/* Writes a leaf. */
extern BtrSub BtrBuildLeaf(BtrBuild *b, int64 start, int slot_pw, int nslots,
						   const BtrPoints *points);

/* Decodes a leaf that was read; palloc'd. */
extern BtrPoints BtrLeafPoints(BtrBuild *b, const BtrNode *node, const ItemPointerData *tid);

extern void BtrPointsFree(BtrPoints *points);

#endif							/* BTR_BUILD_H */
