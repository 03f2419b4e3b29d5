/*
 * gather.h
 *		Points of a statement that is not finished yet, in memory.
 */
#ifndef BTR_GATHER_H
#define BTR_GATHER_H

#include "stream/stream.h"

/* The points that one command has inserted so far. */
typedef struct BtrGather BtrGather;

/* Registers what happens to gathered points at the end of a transaction. */
extern void BtrGatherInit(void);

/* Where the points of command cid of the current subtransaction are gathered; NULL if nowhere. */
extern BtrGather *BtrGatherFind(CommandId cid);

/* Begins that; bulk: until BtrGatherFinishBulk(). */
extern BtrGather *BtrGatherBegin(Relation rel, CommandId cid, bool bulk);

/* Adds a valid point; raises 42704 if the stream does not exist.  May write. */
extern void BtrGatherAdd(BtrGather *gather, const pg_uuid_t *stream, int64 time, double value);

/* Writes what command cid of the current subtransaction has gathered; its end if end. */
extern void BtrGatherFinish(CommandId cid, bool end);

/* Writes what bulk commands of the current subtransaction have gathered; their end. */
extern void BtrGatherFinishBulk(void);

/* Does any command have points that are not written? */
extern bool BtrGatherIsPending(void);

/* Writes what commands of the current subtransaction before cid have gathered. */
extern void BtrGatherWriteBefore(CommandId cid);

/*
 * Adds the points of the stream that commands before cid have gathered, in outer
 * subtransactions, to *points (may be NULL), which stay sorted; returns their number.
 */
extern int64 BtrGatherRead(const pg_uuid_t *stream, CommandId cid, BtrPoints *points);

#endif							/* BTR_GATHER_H */
