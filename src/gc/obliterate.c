/*
 * obliterate.c
 *		Removes a stream, and what is written to it afterwards.
 *
 * Inserts never wait.  One that has found the stream before it is removed may commit
 * buffered rows after that: nobody sees them, and they are deleted later.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "debug.h"
#include "gc/gc.h"
#include "stream/buffer.h"

/*
 * Deletes the stream's buffered rows that the active snapshot sees; returns how many.
 */
static int64
delete_buffer(Relation rel, const pg_uuid_t *stream)
{
	BtrBufferScan scan;
	int64		deleted = 0;

	BtrBufferScanBegin(&scan, rel, stream, GetActiveSnapshot(), 0, RowExclusiveLock);
	while (BtrBufferScanNext(&scan, ForwardScanDirection))
	{
		BtrDeleteRow(scan.rel, &scan.tuple->t_self, stream);
		deleted++;
	}
	BtrBufferScanEnd(&scan);
	return deleted;
}

/*
 * Removes what there is of a stream beside its row in btrdb.streams; see gc.h.
 *
 * Older snapshots read on: what they need is garbage, and VACUUM spares it.
 */
void
BtrObliterate(Relation rel, const pg_uuid_t *stream)
{
	BtrVersion	latest;

	(void) BtrChangeBegin(rel, stream, true, &latest);
	(void) BtrForgetVersions(rel, stream, PG_INT64_MAX);
	(void) delete_buffer(rel, stream);
	BTR_DEBUG_POINT("emptied");
	BtrStreamLockRemove(stream);
	BTR_DEBUG_POINT("unlocked");
	BtrRetire(stream);
	BTR_DEBUG_POINT("retired");
	BtrForgetStreams();
	PopActiveSnapshot();
	CommandCounterIncrement();
}

/*
 * Deletes buffered rows of removed streams; see gc.h.  Nobody else may be at it.
 *
 * One snapshot for both: where it sees the stream removed, it sees the rows deleted that
 * were removed along with it.
 */
void
BtrRemoveOrphans(Relation rel, TimestampTz until, BtrMaintained *done)
{
	Snapshot	snapshot = GetActiveSnapshot();
	pg_uuid_t	stream;
	bool		found = BtrBufferNextStream(NULL, snapshot, &stream);

	for (; found && GetCurrentTimestamp() < until;
		 found = BtrBufferNextStream(&stream, snapshot, &stream))
	{
		CHECK_FOR_INTERRUPTS();
		if (!BtrIsRetired(&stream, snapshot))
			continue;
		BTR_DEBUG_POINT("orphan");
		done->streams++;
		done->items += delete_buffer(rel, &stream);
	}
}
