/*
 * garbage.h
 *		Rows of btrdb.garbage: nodes that no version leads to any more.
 *
 * A row is written in the transaction that deletes the last version which led to the
 * node.  Whoever has an older snapshot may still read it.
 */
#ifndef BTR_GARBAGE_H
#define BTR_GARBAGE_H

#include "access/genam.h"
#include "access/transam.h"
#include "catalog/indexing.h"

#include "stream/stream.h"

#define Anum_garbage_pruned		1
#define Anum_garbage_store		2
#define Anum_garbage_stream		3
#define Anum_garbage_root		4
#define Anum_garbage_version	5
#define Anum_garbage_count		6
#define Anum_garbage_start		7
#define Anum_garbage_end		8
#define Anum_garbage_leaf		9	/* NULL: not known */
#define Anum_garbage_whole		10
#define Natts_garbage			10

typedef struct BtrGarbage
{
	FullTransactionId pruned;	/* top transaction that wrote the row */
	int64		store;
	pg_uuid_t	stream;
	BtrRef		ref;			/* the node, as the version or its parent promised it */
	bool		whole;			/* and everything below it */
	ItemPointerData row;		/* of the row itself */
} BtrGarbage;

/*
 * Number of points that become garbage with a row's node; those below an inner node that
 * is garbage by itself are other rows' or kept.
 */
static inline int64
BtrGarbagePoints(const BtrRef *ref, bool whole)
{
	return whole || ref->leaf ? ref->count : 0;
}

/* Writes rows. */
typedef struct BtrGarbageWriter
{
	Relation	points_rel;		/* btrdb.points */
	Relation	rel;
	CatalogIndexState indexes;
	BtrGarbage	garbage;		/* of the row to be written; ref and whole are the caller's */
	int64		points;			/* in the nodes that were written about */
} BtrGarbageWriter;

extern void BtrGarbageWriterBegin(BtrGarbageWriter *writer, Relation points,
								  const pg_uuid_t *stream);
extern void BtrGarbageWrite(BtrGarbageWriter *writer, const BtrRef *ref, bool whole);
extern void BtrGarbageWriterEnd(BtrGarbageWriter *writer);

/* A scan of rows by the transaction that wrote them. */
typedef struct BtrGarbageScan
{
	Relation	rel;
	Relation	index;
	SysScanDesc scan;
} BtrGarbageScan;

/* Starts a scan of the rows that snapshot sees of transactions from <= id < end. */
extern void BtrGarbageScanBegin(BtrGarbageScan *scan, Snapshot snapshot,
								FullTransactionId from, FullTransactionId end,
								LOCKMODE lockmode);

/* Reads the next row; false at the end. */
extern bool BtrGarbageScanNext(BtrGarbageScan *scan, BtrGarbage *garbage);

/* Ends the scan; keeps the locks. */
extern void BtrGarbageScanEnd(BtrGarbageScan *scan);

#endif							/* BTR_GARBAGE_H */
