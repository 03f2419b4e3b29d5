/*
 * gc.h
 *		Forgetting versions and freeing their nodes; README.md has the rules.
 */
#ifndef BTR_GC_H
#define BTR_GC_H

#include "storage/buf.h"

#include "stream/garbage.h"

/*
 * Forgets the stream's versions before before_version, which may be its latest at most
 * (22023).  Returns how many there were.  Waits for the stream's lock.
 */
extern int64 BtrPrune(Relation rel, const pg_uuid_t *stream, int64 before_version);

/*
 * Writes a garbage row for each node that root leads to and none of the kept roots
 * does, or one for a whole subtree of them.
 */
extern void BtrSweep(BtrGarbageWriter *writer, Relation rel, const BtrRoot *root,
					 const BtrRoot *const *kept, int nkept);

/*
 * Frees the garbage that nobody can need any more; for VACUUM, so it writes no rows.
 * Returns the number of nodes freed.
 */
extern int64 BtrFreeGarbage(Relation rel, BufferAccessStrategy strategy);

/* What one kind of maintenance did. */
typedef struct BtrMaintained
{
	const char *action;
	int64		streams;
	int64		items;
} BtrMaintained;

#define BTR_MAINTAIN_ACTIONS	2

/*
 * Does what is due, for some seconds: flushes buffers, deletes garbage rows that VACUUM
 * has finished.  Waits for nobody.
 */
extern void BtrMaintain(Relation rel, BtrMaintained *done);

#endif							/* BTR_GC_H */
