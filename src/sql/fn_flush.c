/*
 * fn_flush.c
 *		btrdb_flush().
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "stream/mixed.h"

PG_FUNCTION_INFO_V1(btrdb_flush);

/*
 * Moves what statements over many streams have left to the buffers of single streams, before the first
 * stream is locked.
 */
static void
compact_all(Relation rel)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	int64		cohort = BTR_NO_COHORT;
	int			waiting;

	while (BtrMixedNextCohort(rel, snapshot, &cohort, &waiting))
	{
		CHECK_FOR_INTERRUPTS();
		(void) BtrCompact(rel, cohort, true, NULL);
	}
	UnregisterSnapshot(snapshot);
}

/*
 * btrdb_flush(stream uuid) returns bigint: commits the buffer of a stream and
 * returns its latest version; NULL: commits the buffers of all streams that the
 * caller sees, in uuid order, and returns how many there were.
 */
Datum
btrdb_flush(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *stream = PG_ARGISNULL(0) ? NULL : PG_GETARG_UUID_P(0);
	Relation	rel;
	BtrVersion	version;
	int64		result = 0;

	BtrPrepareWrite("btrdb_flush()");
	rel = BtrStoreOpen(stream, RowExclusiveLock, ACL_INSERT);
	if (stream != NULL)
	{
		BtrDrain(rel, stream, &version);
		result = version.version;
	}
	else
	{
		Snapshot	snapshot;
		pg_uuid_t	next;
		bool		found;

		compact_all(rel);
		snapshot = RegisterSnapshot(GetLatestSnapshot());
		found = BtrBufferNextStream(NULL, snapshot, &next);
		for (; found; found = BtrBufferNextStream(&next, snapshot, &next))
		{
			CHECK_FOR_INTERRUPTS();
			/* It may be removed while this waits for it. */
			if (BtrStreamIsVisible(&next) && BtrStreamLock(&next, true))
			{
				(void) BtrFlush(rel, &next, NULL, true, &version);
				result++;
			}
		}
		UnregisterSnapshot(snapshot);
	}
	table_close(rel, NoLock);

	PG_RETURN_INT64(result);
}
