/*
 * buffer.h
 *		Rows of the write buffer and arrays of points: what this layer's files share.
 */
#ifndef BTR_BUFFER_H
#define BTR_BUFFER_H

#include "access/genam.h"
#include "access/htup.h"
#include "access/transam.h"

#include "guc.h"
#include "stream/append.h"
#include "stream/stream.h"
#include "tree/points.h"

/* ---- hint.c ---- */

/*
 * What this session remembers of a stream; 0 where it knows nothing.
 *
 * version and ordinal are places in an index from which a search for the newest
 * row may start: it ends there instead of reading a whole index page.  If it
 * finds nothing, because the row is not visible or no longer there, the search is
 * repeated without, so a hint can be wrong.
 */
typedef struct BtrHint
{
	pg_uuid_t	stream;
	int64		version;		/* of a version row */
	int64		ordinal;		/* of a buffer row */
	uint64		era;			/* of BtrCatalog: then, all snapshots see the stream */

	FullTransactionId xid;		/* top-level transaction, and number of rollbacks to */
	uint64		rollbacks;		/* savepoints, that the following is about */
	int64		flushed;		/* ordinal of the last buffer row that it flushed */
	bool		appended;		/* it has appended rows to the buffer */
} BtrHint;

extern BtrHint *BtrGetHint(const pg_uuid_t *stream);

/* ---- sort.c ---- */

/* Sorts n points by time; points of equal time keep their order. */
extern void BtrSortPoints(int64 *time, double *value, int64 n);

/* ---- buffer.c ---- */

typedef enum BtrBufferDue
{
	BTR_NOTHING_DUE,
	BTR_FOLD_DUE,				/* enough small rows have come for BtrBufferFold() */
	BTR_FLUSH_DUE				/* the buffer has passed one of its limits */
} BtrBufferDue;

/*
 * Appends sorted points to the stream's write buffer, btrdb.buffer being open, as rows of command
 * cid.  Says what is due after that; *latest is the newest version.
 */
extern BtrBufferDue BtrBufferAppend(const BtrAppend *to, Relation rel, const pg_uuid_t *stream,
									const BtrPoints *points, const BtrVersion *latest,
									CommandId cid);

/* So many small rows are folded into one. */
#define BTR_FOLD_ROWS	Min(Max(btrdb_buffer_rows / 16, 4), 64)

/*
 * Inserts sorted points as rows of command cid of btrdb.buffer, which is open, numbered on from
 * *ordinal and *total, which become those of the last row.
 */
extern void BtrBufferInsertRows(const BtrAppend *to, int64 store, const pg_uuid_t *stream,
								const BtrPoints *points, int64 *ordinal, int64 *total,
								CommandId cid);

/* Was a row deleted by a transaction that has committed? */
extern bool BtrIsAbsorbed(HeapTupleHeader row);

/* ---- reuse.c ---- */

/*
 * Pages of a table from which this session has deleted large rows: one more than the number
 * of each, 0 where there is none.  A page waits until another one needs its place.  By then the
 * transaction is over, and the page's other rows, which are of about the same age, are deleted, too.
 */
typedef struct BtrReuse
{
	BlockNumber after[256];
} BtrReuse;

/* Notes that a row was deleted.  Holds no lock, or pin, of this table's pages afterwards. */
extern void BtrReusePage(BtrReuse *reuse, Relation rel, HeapTuple deleted);

/* ---- bufferscan.c ---- */

/* Columns of btrdb.buffer */
#define Anum_buffer_stream		1
#define Anum_buffer_ordinal		2
#define Anum_buffer_total		3
#define Anum_buffer_store		4
#define Anum_buffer_points		5
#define Natts_buffer			5

/* A scan of the buffer rows of one stream in the order of their ordinals. */
typedef struct BtrBufferScan
{
	/* Info */
	pg_uuid_t	stream;
	int64		store;			/* of btrdb.points */

	/* Variables */
	Relation	rel;			/* btrdb.buffer */
	Relation	index;
	bool		borrowed;		/* opened by the caller */
	SysScanDesc scan;

	/* The current row */
	HeapTuple	tuple;
	int64		ordinal;
	int64		total;
	int			count;			/* points in it; 0 if it is of another store */
} BtrBufferScan;

/* Starts a scan of the rows from ordinal from on (0: all) that snapshot sees. */
extern void BtrBufferScanBegin(BtrBufferScan *scan, Relation rel, const pg_uuid_t *stream,
							   Snapshot snapshot, int64 from, LOCKMODE lockmode);

/* Likewise, of the table that is open to be appended to. */
extern void BtrBufferScanBeginAt(BtrBufferScan *scan, const BtrAppend *to, Relation rel,
								 const pg_uuid_t *stream, Snapshot snapshot, int64 from);

/* Moves to the next row; false at the end. */
extern bool BtrBufferScanNext(BtrBufferScan *scan, ScanDirection direction);

/* Appends the current row's points. */
extern void BtrBufferScanPoints(BtrBufferScan *scan, BtrPointArray *array);

/* Ends the scan; keeps the locks. */
extern void BtrBufferScanEnd(BtrBufferScan *scan);

#endif							/* BTR_BUFFER_H */
