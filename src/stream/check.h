/*
 * check.h
 *		Verifying streams and the node store.
 */
#ifndef BTR_CHECK_STREAM_H
#define BTR_CHECK_STREAM_H

#include "utils/hsearch.h"

#include "stream/stream.h"

/*
 * Called for each problem.  stream is NULL if it is not about a stream, blkno
 * InvalidBlockNumber if not about a page, offnum InvalidOffsetNumber if not about a
 * node.
 */
typedef void (*BtrCheckCallback) (const pg_uuid_t *stream, BlockNumber blkno,
								  OffsetNumber offnum, const char *problem,
								  void *arg);

/*
 * Verifies what the active snapshot sees of a stream: its rows, the tree of each of its
 * versions, its buffer; if stream is NULL, of all streams, and every page of the
 * store.  Leaves are read only if deep.
 */
extern void BtrCheck(Relation rel, const pg_uuid_t *stream, bool deep,
					 BtrCheckCallback report, void *arg);

/* ---- shared by check.c, checkmixed.c, checkpages.c and reached.c ---- */

/*
 * A set of items of a store of so many blocks, in no more than work_mem of memory; what does
 * not fit is in a temporary file, which belongs to the resource owner at the creation.
 */
typedef struct BtrReached BtrReached;

extern BtrReached *BtrReachedCreate(BlockNumber nblocks);
extern void BtrReachedFree(BtrReached *reached);

/* Adds an item; returns false if it was there. */
extern bool BtrReachedAdd(BtrReached *reached, BlockNumber blkno, OffsetNumber offnum);
extern bool BtrReachedHas(BtrReached *reached, BlockNumber blkno, OffsetNumber offnum);

/* What is known of a stream. */
typedef struct BtrCheckStreamEntry
{
	pg_uuid_t	stream;			/* hash key */
	int64		newest;			/* its newest version */
	int64		flushed_ordinal;	/* of that version */
	bool		registered;		/* has a row in btrdb.streams */
	bool		retired;		/* has one in btrdb.retired */
	int64		cohort;			/* that this says, see mixed.h */
} BtrCheckStreamEntry;

typedef struct BtrCheckState
{
	/* Info */
	Relation	rel;
	Snapshot	snapshot;
	int64		store;			/* store id */
	BlockNumber nblocks;

	/* Settings */
	bool		deep;
	BtrCheckCallback report;
	void	   *arg;

	/* Variables */
	HTAB	   *streams;		/* BtrCheckStreamEntry */
	const pg_uuid_t *stream;	/* that problems are about, or NULL */
	bool		tree_problem;	/* some tree could not be walked completely */
	BtrReached *reached;		/* the items that trees led to */
	BlockNumber bad_map;		/* the last map page with a problem, or 0 */

	/* Memory */
	MemoryContext context;		/* of one row or page */
} BtrCheckState;

/* Reports a problem; the signature of BtrProblemCallback. */
extern void BtrCheckReport(BlockNumber blkno, OffsetNumber offnum, const char *text,
						   void *arg);

/*
 * Calls work, and reports an error that damaged or unreadable data make it raise.
 * Returns whether there was none.
 */
extern bool BtrCheckGuarded(BtrCheckState *state, void (*work) (BtrCheckState *, void *),
							void *arg);

/* Reports a problem of rows, about the stream at hand. */
extern void BtrCheckReportRow(BtrCheckState *state, const char *format,...) pg_attribute_printf(2, 3);

/* Makes *stream the stream at hand and returns what is known of it. */
extern BtrCheckStreamEntry *BtrCheckEnterStream(BtrCheckState *state, const pg_uuid_t *stream);

/* Reports rows of a stream that is not in btrdb.streams. */
extern void BtrCheckRegistered(BtrCheckState *state, const BtrCheckStreamEntry *entry,
							   const char *table);

/* Verifies the rows of btrdb.mixed. */
extern void BtrCheckMixed(BtrCheckState *state, const pg_uuid_t *stream);

/* Verifies every page of the store. */
extern void BtrCheckPages(BtrCheckState *state);

#endif							/* BTR_CHECK_STREAM_H */
