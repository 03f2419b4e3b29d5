/*
 * change.c
 *		What every change of a stream's versions begins with, and deleting rows.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "stream/stream.h"

/*
 * Raises the error of a transaction that cannot go on because of another one.
 */
void
BtrReportSerializationFailure(const pg_uuid_t *stream)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not serialize access to stream \"%s\" due to concurrent update",
					BtrUuidText(stream)),
			 errhint("The transaction might succeed if retried.")));
}

/*
 * Deletes a row of a stream.  Only who holds the stream's lock does that, so the row
 * can be gone only if the transaction's snapshot is older than the lock.
 */
void
BtrDeleteRow(Relation rel, ItemPointer tid, const pg_uuid_t *stream)
{
	TM_FailureData failure;

	if (table_tuple_delete(rel, tid, GetCurrentCommandId(true), GetActiveSnapshot(),
						   InvalidSnapshot, true, &failure, false) != TM_Ok)
		BtrReportSerializationFailure(stream);
}

/*
 * Makes the snapshot that a change reads with the active one.
 *
 * It sees what the current transaction has written so far.  In READ COMMITTED
 * it is a new one, taken after the stream was locked, and so sees every
 * version of the stream.  Otherwise it is the transaction's own, because what that
 * does not see must not enter the tree by this transaction.
 */
void
BtrPushChangeSnapshot(void)
{
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() :
					   GetLatestSnapshot());
}

/*
 * Says whether version, found with the snapshot of the transaction, is the newest
 * one that anybody has made.  The stream must be locked.
 */
static bool
is_newest(Relation rel, const pg_uuid_t *stream, const BtrVersion *version)
{
	BtrVersion	newest;

	/* SnapshotSelf: what is committed now or ours; nobody else is at it. */
	BtrVersionLatest(rel, stream, SnapshotSelf, &newest);
	return newest.version == version->version;
}

/*
 * Locks the stream, makes the snapshot to read with the active one, which the caller
 * pops, and finds the newest version.
 *
 * Returns false, with no snapshot pushed, if wait is false and another transaction
 * has locked the stream or the newest version is invisible to the transaction's
 * snapshot, or the stream was removed after it was found.  If wait is true, waits,
 * raises 40001 in the second case, and 42704 in the last one, or 40001 if the
 * transaction's snapshot still has the stream.
 */
bool
BtrChangeBegin(Relation rel, const pg_uuid_t *stream, bool wait, BtrVersion *latest)
{
	if (!BtrStreamLock(stream, wait))
	{
		if (wait && IsolationUsesXactSnapshot())
			BtrReportSerializationFailure(stream);
		if (wait)
			BtrReportNoStream(stream);
		return false;
	}

	BTR_DEBUG_POINT("locked");
	/* What this statement has written so far must be seen. */
	CommandCounterIncrement();
	BtrPushChangeSnapshot();
	BtrVersionLatest(rel, stream, GetActiveSnapshot(), latest);
	BTR_DEBUG_POINT("snapshot");
	if (IsolationUsesXactSnapshot() && !is_newest(rel, stream, latest))
	{
		if (wait)
			BtrReportSerializationFailure(stream);
		PopActiveSnapshot();
		return false;
	}
	return true;
}
