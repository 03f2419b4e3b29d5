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
 * (22023).  Returns how many there were.  wait: waits for the stream's lock, and raises
 * 40001 if the transaction's snapshot is too old; else it does nothing then.
 */
extern int64 BtrPrune(Relation rel, const pg_uuid_t *stream, int64 before_version, bool wait);

/*
 * Forgets the stream's versions before a number, which may be greater than any, and
 * returns how many there were.  The stream is locked, and the active snapshot sees its
 * newest version.
 */
extern int64 BtrForgetVersions(Relation rel, const pg_uuid_t *stream, int64 before);

/*
 * Removes what there is of a stream beside its row in btrdb.streams, which is deleted:
 * versions, buffer, lock.  Its uuid stays used.  Waits for the stream's lock.
 */
extern void BtrObliterate(Relation rel, const pg_uuid_t *stream);

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

/* Number of points in garbage that is left, for somebody can need it. */
extern int64 BtrGarbageLeft(Relation rel);

/* What one kind of maintenance did. */
typedef struct BtrMaintained
{
	const char *action;
	bool		of_all;			/* whichever streams the user may see */
	int64		streams;
	int64		items;
} BtrMaintained;

#define BTR_MAINTAIN_ACTIONS	6

/* Maintenance at work; what is done may be read at any time. */
typedef struct BtrMaintenance
{
	BtrMaintained done[BTR_MAINTAIN_ACTIONS];
	int64		looked;			/* streams and the like looked at */
	bool		unfinished;		/* some work that was due is left for want of time */

	/* Variables */
	TimestampTz started;
	int			ms;
	int			action;			/* number of the one at work */
	bool		begun;			/* first has been picked */
	bool		shown;			/* the process shows what it is at */
	bool		wrapped;		/* the last stream has been looked at */
	bool		more;			/* some stream has more to be done */
	bool		again;			/* all streams have been looked at once */
	bool		positioned;		/* stream is the one looked at last */
	pg_uuid_t	first;
	pg_uuid_t	stream;
} BtrMaintenance;

/* Prepares for maintenance that takes no more than about so many milliseconds. */
extern void BtrMaintainBegin(BtrMaintenance *state, int ms);

/*
 * Does what is due for one stream, or a share of what is due for all: compacts, flushes a buffer,
 * deletes and trims old points, forgets versions, deletes garbage rows that VACUUM has finished and buffered rows of
 * removed streams.  Waits for nobody.  Returns whether there is more to do and time left.  May be called in one transaction or
 * in several; also after an error, to go on with the next stream.
 */
extern bool BtrMaintainStep(Relation rel, BtrMaintenance *state);

/*
 * What follows is for maintain.c: finds the next stream to look at, if the user may do what is to be
 * done; does what is due for one, if nobody has locked it, and returns whether there may be more.
 */

/* ---- age.c: old points ---- */

extern bool BtrAgeNext(const pg_uuid_t *stream, Snapshot snapshot, pg_uuid_t *next);
extern bool BtrExpire(Relation rel, const pg_uuid_t *stream, BtrMaintained *done);
extern bool BtrTrimOld(Relation rel, const pg_uuid_t *stream, BtrMaintained *done);

/* ---- retain.c: retention ---- */

extern bool BtrRetainNext(const pg_uuid_t *stream, Snapshot snapshot, pg_uuid_t *next);
extern bool BtrRetain(Relation rel, const pg_uuid_t *stream, BtrMaintained *done);

/*
 * Deletes buffered rows of removed streams, committed after that, that the active
 * snapshot sees, until a moment; counts streams and rows.
 */
extern void BtrRemoveOrphans(Relation rel, TimestampTz until, BtrMaintained *done);

#endif							/* BTR_GC_H */
