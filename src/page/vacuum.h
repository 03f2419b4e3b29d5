/*
 * vacuum.h
 *		VACUUM's work on pages.
 */
#ifndef BTR_PAGE_VACUUM_H
#define BTR_PAGE_VACUUM_H

#include "page/page.h"

/* VACUUM's visit to the pages of a store. */
typedef struct BtrPageVacuum
{
	/* Info */
	Relation	rel;
	BufferAccessStrategy strategy;
	bool		everything;		/* visit every page, not only those that are marked */

	/* Counters */
	BlockNumber nblocks;		/* pages of the store */
	BlockNumber visited;		/* node pages visited */
	BlockNumber settled;		/* pages whose owner was found to be finished */
	BlockNumber owned;			/* pages whose owner still runs */
	BlockNumber empty;			/* pages with no node left */
	int64		removed;		/* nodes removed, their owner having aborted */

	/* Variables */
	FullTransactionId oldest_owner; /* of those that still run; invalid: there is none */
} BtrPageVacuum;

/*
 * Visits the pages that are marked, or all of them: settles those whose owner is finished,
 * records how much space they have, and removes marks that are not needed any more.
 * everything is set if the free space map turns out to be lost.  The caller has
 * ShareUpdateExclusiveLock, and has decided what old means before: every transaction
 * before that has marked the pages that it owns.
 */
extern void BtrVacuumPages(BtrPageVacuum *vacuum);

/*
 * Gives empty pages at the end of the store back to the system, if there are enough of
 * them and nobody has the relation locked.  Returns their number.
 */
extern BlockNumber BtrTruncateStore(Relation rel, BufferAccessStrategy strategy);

#endif							/* BTR_PAGE_VACUUM_H */
