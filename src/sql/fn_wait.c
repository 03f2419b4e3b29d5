/*
 * fn_wait.c
 *		btrdb_wait_for_version(): on a standby, until a version has been replayed.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "portability/instr_time.h"
#include "storage/latch.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "types/spelling.h"

/* Pauses between two looks, in milliseconds: the first one, and the longest. */
#define FIRST_PAUSE		1
#define LONGEST_PAUSE	16

/* What newest_version() gives for a stream that is not there. */
#define NO_STREAM		0

PG_FUNCTION_INFO_V1(btrdb_wait_for_version);

/*
 * Returns the newest version of a stream that is committed by now, or that the transaction sees if it keeps one
 * snapshot; NO_STREAM if there is no such stream or row-level security hides it.
 *
 * What is locked to look is unlocked again: replay of whatever needs the lock would wait for the caller, and he for what
 * is to be replayed after it.  Locks belong to a resource owner of their own; after an error its parent releases them.
 */
static int64
newest_version(const pg_uuid_t *stream)
{
	ResourceOwner parent = CurrentResourceOwner;
	ResourceOwner owner = ResourceOwnerCreate(parent, "btrdb wait");
	Relation	rel;
	BtrVersion	version;
	int64		result = NO_STREAM;

	CurrentResourceOwner = owner;
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetActiveSnapshot() : GetLatestSnapshot());
	rel = BtrStoreOpen(NULL, AccessShareLock, ACL_SELECT);
	if (BtrStreamIsVisible(stream))
	{
		BtrVersionLatest(rel, stream, GetActiveSnapshot(), &version);
		result = version.version;
	}
	table_close(rel, NoLock);
	PopActiveSnapshot();
	CurrentResourceOwner = parent;

	ResourceOwnerRelease(owner, RESOURCE_RELEASE_BEFORE_LOCKS, false, false);
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_LOCKS, false, false);
	ResourceOwnerRelease(owner, RESOURCE_RELEASE_AFTER_LOCKS, false, false);
	ResourceOwnerDelete(owner);
	return result;
}

/*
 * Raises the error of a version that has not come.
 */
pg_noreturn static void
report_timeout(const pg_uuid_t *stream, int64 version, int64 newest, int64 timeout)
{
	ereport(ERROR,
			(errcode(ERRCODE_QUERY_CANCELED),
			 errmsg("version %lld of stream \"%s\" has not come within %.3f ms",
					(long long) version, BtrUuidText(stream), timeout / 1e6),
			 errdetail("The latest version is %lld.", (long long) newest),
			 RecoveryInProgress() ?
			 errhint("The standby is behind: read from the primary, or wait longer.") :
			 errhint("Points in the write buffer have no version yet: btrdb_flush() makes one.")));
}

/*
 * btrdb_wait_for_version(stream uuid, version bigint, timeout interval) returns
 * bigint: waits until a version of a stream can be read, and returns the latest one.
 *
 * The latest version is looked for again and again: a few rows of memory each time.  There is no event to wait for,
 * neither of a commit elsewhere nor of one that is replayed.
 */
Datum
btrdb_wait_for_version(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	int64		version = PG_GETARG_INT64(1);
	int64		timeout = BtrReadWidth(PG_GETARG_DATUM(2), INTERVALOID);
	instr_time	start;
	int64		pause = FIRST_PAUSE;
	int64		newest;

	if (version < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("version %lld is out of range", (long long) version),
				 errdetail("Argument version must not be negative.")));
	if (timeout < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("timeout %.3f ms is out of range", timeout / 1e6),
				 errdetail("Argument timeout must not be negative.")));

	INSTR_TIME_SET_CURRENT(start);
	while ((newest = newest_version(stream)) < Max(version, BTR_VERSION_EMPTY))
	{
		instr_time	now;
		int64		left;

		/* Nothing new will be seen in a snapshot, and no stream comes late to where streams are made. */
		if (newest == NO_STREAM && !RecoveryInProgress())
			BtrReportNoStream(stream);
		if (IsolationUsesXactSnapshot())
			ereport(ERROR,
					(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
					 errmsg("cannot wait for version %lld of stream \"%s\" in a transaction that keeps one snapshot",
							(long long) version, BtrUuidText(stream)),
					 errhint("Wait before the transaction, or use READ COMMITTED.")));

		INSTR_TIME_SET_CURRENT(now);
		INSTR_TIME_SUBTRACT(now, start);
		left = timeout / 1000 - (int64) INSTR_TIME_GET_MICROSEC(now);
		if (left <= 0)
		{
			if (newest == NO_STREAM)
				BtrReportNoStream(stream);
			report_timeout(stream, version, newest, timeout);
		}

		CHECK_FOR_INTERRUPTS();
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 Min(pause, left / 1000 + 1), PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		pause = Min(2 * pause, LONGEST_PAUSE);
	}
	PG_RETURN_INT64(newest);
}
