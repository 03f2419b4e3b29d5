/*
 * rows.h
 *		The rows of functions that return what they read of a stream, or of several, row by row:
 *		points, windows, gaps.
 *
 * One piece for the calls and for the custom scans that take their place.
 */
#ifndef BTR_ROWS_H
#define BTR_ROWS_H

#include "stream/stream.h"

#define BTR_ROWS_MAX_ARGS		8
#define BTR_ROWS_MAX_COLUMNS	7

typedef struct BtrRows BtrRows;

/* What processes share that divide the streams of one call. */
typedef struct BtrRowsShare BtrRowsShare;

/* What has been read. */
typedef struct BtrRowCounts
{
	int64		streams;
	BtrReadCounts read;
	int64		points;			/* that were looked at one by one */
} BtrRowCounts;

/* What an argument is. */
typedef enum BtrArgKind
{
	BTR_ARG_STREAM,				/* uuid */
	BTR_ARG_STREAMS,			/* uuid[] */
	BTR_ARG_TIME,				/* bigint, timestamptz or text, all of a call alike */
	BTR_ARG_TIMES,				/* an array of them */
	BTR_ARG_WIDTH,				/* bigint, interval or text */
	BTR_ARG_SNAP,				/* the same; may be NULL */
	BTR_ARG_INT,				/* int */
	BTR_ARG_BOOL,				/* boolean */
	BTR_ARG_FLOAT,				/* float8 */
	BTR_ARG_NAME,				/* text */
	BTR_ARG_VERSION,			/* bigint */
	BTR_ARG_VERSIONS,			/* bigint[]; may be NULL */
	BTR_ARG_FILL				/* text; what follows is about it */
} BtrArgKind;

/* The type of a column that is a time: BtrRowsTimeType(). */
#define BTR_COLUMN_TIME		InvalidOid

/* One of the functions, in all its spellings. */
typedef struct BtrRowKind
{
	const char *name;

	/* Arguments: stream or streams first, and a version or versions among the others */
	int			nargs;
	BtrArgKind	args[BTR_ROWS_MAX_ARGS];
	const char *labels[BTR_ROWS_MAX_ARGS];	/* for EXPLAIN */

	/* Columns of the rows, which come in order of the first one, a time, ascending or, if */
	bool		either_way;		/* it can be had, descending; */
	bool		unordered;		/* or in an order that the planner does not know */
	bool		by_stream;		/* or the first one is stream: the rows of one stream after the
								 * other, in the order of the array, each in order of time */
	bool		of_points;		/* they show points, rather than summaries of them */
	bool		one_row;		/* there is one row at most */
	bool		chooses;		/* columns are time and value, and conditions on them can */
	int			ncolumns;		/* choose what is read */
	Oid			columns[BTR_ROWS_MAX_COLUMNS];	/* types */

	/* Checks the arguments, streams and versions excepted, and keeps them. */
	void		(*prepare) (BtrRows *rows, const Datum *args, const Oid *types);

	/* Starts to read rows->view or, if no stream comes by itself, all streams. */
	void		(*begin) (BtrRows *rows);

	/* As BtrRowsNext(). */
	bool		(*next) (BtrRows *rows, Datum *values, bool *nulls);

	/* As BtrRowsCount(), of the stream that is being read; NULL if nobody counts. */
	void		(*count) (const BtrRows *rows, BtrRowCounts *counts);
} BtrRowKind;

extern const BtrRowKind BtrValuesRows;
extern const BtrRowKind BtrWindowsRows;
extern const BtrRowKind BtrAlignedWindowsRows;
extern const BtrRowKind BtrLttbRows;
extern const BtrRowKind BtrMinmaxRows;
extern const BtrRowKind BtrNearestRows;
extern const BtrRowKind BtrEarliestRows;
extern const BtrRowKind BtrLatestRows;
extern const BtrRowKind BtrGapRows;
extern const BtrRowKind BtrFirstCrossingRows;
extern const BtrRowKind BtrLastCrossingRows;
extern const BtrRowKind BtrAsofRows;
extern const BtrRowKind BtrAsofTimesRows;
extern const BtrRowKind BtrRateRows;
extern const BtrRowKind BtrJoinedRows;
extern const BtrRowKind BtrMultiValuesRows;
extern const BtrRowKind BtrMultiWindowsRows;
extern const BtrRowKind BtrMultiAlignedWindowsRows;

/* May argument i be NULL? */
extern bool BtrRowsTakeNull(const BtrRowKind *kind, int i);

/* Are these types that the function's arguments may have? */
extern bool BtrRowsTakeTypes(const BtrRowKind *kind, const Oid *types);

/* The type of columns that are times, given the types of the arguments. */
extern Oid	BtrRowsTimeType(const BtrRowKind *kind, const Oid *types);

/*
 * Checks arguments of such types, and starts to read, with the active snapshot, in the current memory
 * context.  Those that may be NULL and are, are 0; none of the others is.  Raises what the function's
 * call raises.  backward: only if either_way.  choice: what remains of times and values, or NULL; only
 * if the kind chooses.  share: NULL, or what the processes share that divide the call; only if
 * by_stream.
 */
extern BtrRows *BtrRowsBegin(const BtrRowKind *kind, const Oid *types, const Datum *args,
							 bool backward, const BtrScanChoice *choice, BtrRowsShare *share);

/* Gives the next row; false at the end.  To be called in the memory context of the beginning. */
extern bool BtrRowsNext(BtrRows *rows, Datum *values, bool *nulls);

/* Adds what has been read so far, by all processes that share it. */
extern void BtrRowsCount(const BtrRows *rows, BtrRowCounts *counts);

/* Closes what is open; memory is left to its context. */
extern void BtrRowsEnd(BtrRows *rows);

/* Size and initialisation of what processes share, and what they have read of streams that they are done with. */
extern Size BtrRowsShareSize(void);
extern void BtrRowsShareInit(BtrRowsShare *share);
extern void BtrRowsShareCount(BtrRowsShare *share, BtrRowCounts *counts);

#endif							/* BTR_ROWS_H */
