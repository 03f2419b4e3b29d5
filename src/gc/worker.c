/*
 * worker.c
 *		The background process that maintains one database for some seconds.
 *
 * It does what btrdb_maintain() does, each stream that has something due in a
 * transaction of its own: no lock is held for long, and an error, which is logged, costs
 * one stream its turn.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "gc/gc.h"
#include "gc/worker.h"

/*
 * A worker works no longer than this, or until the stream at hand is done.  DROP DATABASE
 * waits five seconds for others to leave.
 */
#define WORKER_MS		3000

/* A transaction that has nothing to write looks at so many streams. */
#define LOOK_STREAMS	1000

/* After so many errors a worker gives up. */
#define MAX_ERRORS		10

PGDLLEXPORT void BtrWorkerMain(Datum arg);

/*
 * Sets what a maintenance must not leave to the settings of the database.
 *
 * Its commits need not be waited for: if one is lost in a crash, what was due is due again.
 */
static void
set_options(void)
{
	static const char *const options[][2] = {
		{"application_name", "btrdb worker"},
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_read_only", "off"},
		{"idle_in_transaction_session_timeout", "0"},
		{"lock_timeout", "1s"},
		{"search_path", ""},
		{"statement_timeout", "0"},
		{"synchronous_commit", "off"},
		{"zero_damaged_pages", "off"},
	};

	for (int i = 0; i < lengthof(options); i++)
		SetConfigOption(options[i][0], options[i][1], PGC_SUSET, PGC_S_OVERRIDE);
}

/*
 * Becomes the owner of btrdb.points to the end of the transaction, as VACUUM does: no
 * policy or index that somebody made runs with more rights than its maker's.
 */
static void
become_owner(void)
{
	Oid			points = BtrGetCatalog()->points;
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(points));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", points);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	SetUserIdAndSecContext(owner, SECURITY_RESTRICTED_OPERATION);
}

/*
 * Looks at streams until one has been written to, or so many have been looked at.
 * Returns whether there is more to do and time left.
 */
static bool
look_at_streams(BtrMaintenance *state)
{
	Relation	rel = BtrStoreOpen(NULL, RowExclusiveLock, ACL_INSERT);
	bool		more = true;

	for (int i = 0; more && i < LOOK_STREAMS &&
		 !TransactionIdIsValid(GetTopTransactionIdIfAny()); i++)
		more = BtrMaintainStep(rel, state);
	table_close(rel, NoLock);
	return more;
}

/*
 * Runs one transaction of maintenance.  Returns whether there is more to do and time
 * left.
 */
static bool
run_transaction(BtrMaintenance *state)
{
	Oid			user;
	int			context;
	bool		more = false;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	pgstat_report_activity(STATE_RUNNING, "maintenance of btrdb");
	if (OidIsValid(get_extension_oid("btrdb", true)))
	{
		GetUserIdAndSecContext(&user, &context);
		become_owner();
		more = look_at_streams(state);
		SetUserIdAndSecContext(user, context);
	}
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
	return more;
}

/*
 * Maintains the database until nothing is due or time is up.
 */
static void
maintain(BtrMaintenance *state)
{
	MemoryContext context = CurrentMemoryContext;
	volatile int errors = 0;
	volatile bool more = true;

	while (more)
	{
		int64		looked = state->looked;

		CHECK_FOR_INTERRUPTS();
		PG_TRY();
		{
			more = run_transaction(state);
		}
		PG_CATCH();
		{
			HOLD_INTERRUPTS();
			EmitErrorReport();
			AbortCurrentTransaction();
			MemoryContextSwitchTo(context);
			FlushErrorState();
			RESUME_INTERRUPTS();

			/* it cannot go on if the error is not about a stream */
			more = state->looked > looked && ++errors < MAX_ERRORS;
		}
		PG_END_TRY();
		MemoryContextSwitchTo(context);
	}
}

/*
 * A worker; arg is the oid of its database.
 */
void
BtrWorkerMain(Datum arg)
{
	BtrMaintenance state;
	dsm_handle	handle;
	dsm_segment *segment;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(arg), InvalidOid, 0);
	set_options();

	BtrMaintainBegin(&state, WORKER_MS);
	maintain(&state);
	pgstat_report_stat(true);
	if (state.unfinished)
	{
		memcpy(&handle, MyBgworkerEntry->bgw_extra, sizeof(handle));
		segment = dsm_attach(handle);
		if (segment != NULL)
			((BtrWorkerReport *) dsm_segment_address(segment))->unfinished = true;
	}
	proc_exit(0);
}
