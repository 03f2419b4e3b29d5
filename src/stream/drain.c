/*
 * drain.c
 *		All points of a stream to its tree, wherever they wait.
 *
 * Points wait in btrdb.buffer, which only who has the stream's lock takes them from, and
 * in btrdb.mixed, in rows that the stream shares with others.  Who needs both would hold one of them while
 * it waits for the other, and another transaction might hold that one and wait for the first.
 * So whoever drains one stream waits for either while it holds nothing: it locks the stream and takes the
 * rows in a subtransaction, gives both back if somebody is at one of the rows, waits for him, and tries
 * again.  An operation on one stream therefore never has a part in a deadlock, if its transaction
 * does nothing else.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "stream/mixed.h"

/*
 * Says whether btrdb.mixed has points of the stream that a change would see.
 */
static bool
is_mixed(Relation rel, const pg_uuid_t *stream, int64 cohort)
{
	bool		holds;

	if (cohort == BTR_NO_COHORT)
		return false;
	CommandCounterIncrement();
	BtrPushChangeSnapshot();
	holds = BtrMixedHolds(rel, cohort, stream, GetActiveSnapshot());
	PopActiveSnapshot();
	return holds;
}

/*
 * Locks the stream, for which it waits, and moves its cohort's points to the buffers.  If another
 * transaction is at one of the rows, gives everything back and returns that one's id.
 *
 * The subtransaction is ended before an error leaves: who catches it knows of his own only.
 */
static TransactionId
lock_and_compact(Relation rel, const pg_uuid_t *stream, int64 cohort)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile TransactionId blocker = InvalidTransactionId;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		/* If it was removed, the flush that follows says so. */
		if (BtrStreamLock(stream, true))
			blocker = BtrCompactUnlessBlocked(rel, cohort);
		if (TransactionIdIsValid(blocker))
			RollbackAndReleaseCurrentSubTransaction();
		else
			ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		ReThrowError(error);
	}
	PG_END_TRY();
	return blocker;
}

/*
 * Moves all of the stream's points to its tree; see stream.h.
 *
 * What others add to btrdb.mixed when its rows have been looked at stays there, as inserted later.
 */
void
BtrDrain(Relation rel, const pg_uuid_t *stream, BtrVersion *latest)
{
	int64		cohort = BtrStreamCohortNow(stream);

	while (is_mixed(rel, stream, cohort))
	{
		TransactionId blocker;

		BTR_DEBUG_POINT("draining");
		blocker = lock_and_compact(rel, stream, cohort);
		if (!TransactionIdIsValid(blocker))
			break;
		BTR_DEBUG_POINT("blocked");
		XactLockTableWait(blocker, NULL, NULL, XLTW_None);
		CHECK_FOR_INTERRUPTS();
	}
	(void) BtrFlush(rel, stream, NULL, true, latest);
}

/*
 * Moves what btrdb.mixed has of the streams to their buffers; see stream.h.
 */
void
BtrDrainMixed(Relation rel, const BtrInsertPart *part, uint32 nparts)
{
	int64		compacted = BTR_NO_COHORT;

	for (uint32 i = 0; i < nparts; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (part[i].cohort == compacted || !is_mixed(rel, &part[i].stream, part[i].cohort))
			continue;
		compacted = part[i].cohort;
		(void) BtrCompact(rel, compacted, true, NULL);
	}
}
