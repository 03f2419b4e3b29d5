/*
 * launcher.c
 *		The optional background process that has every database maintained.
 *
 * It runs if the library is in shared_preload_libraries.  Every
 * btrdb.maintain_naptime it starts a worker for one database after the other, each
 * of which ends after some seconds: a process that stays connected would be in the
 * way of DROP DATABASE and CREATE DATABASE ... TEMPLATE.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "gc/worker.h"
#include "guc.h"
#include "pg_compat.h"

/* Seconds after which a launcher that failed starts again. */
#define RESTART_SECONDS		10

/* The nap if there was more to do than a worker had time for. */
#define SHORT_NAP_MS		1000

PGDLLEXPORT void BtrLauncherMain(Datum arg);

/*
 * Fills what launcher and workers have in common.
 */
static void
init_worker(BackgroundWorker *worker, const char *name, const char *function)
{
	memset(worker, 0, sizeof(*worker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	snprintf(worker->bgw_library_name, sizeof(worker->bgw_library_name), "%s", "btrdb");
	snprintf(worker->bgw_function_name, sizeof(worker->bgw_function_name), "%s", function);
	snprintf(worker->bgw_name, sizeof(worker->bgw_name), "%s", name);
	snprintf(worker->bgw_type, sizeof(worker->bgw_type), "%s", name);
}

/*
 * Has the postmaster start the launcher when recovery is over; does nothing unless the
 * library is being preloaded.
 */
void
BtrRegisterLauncher(void)
{
	BackgroundWorker worker;

	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	init_worker(&worker, "btrdb launcher", "BtrLauncherMain");
	worker.bgw_restart_time = RESTART_SECONDS;
	RegisterBackgroundWorker(&worker);
}

/*
 * Lists the databases to be maintained, in the current memory context: those that allow
 * connections and are not templates, which others copy while nobody is connected.
 */
static List *
list_databases(void)
{
	MemoryContext context = CurrentMemoryContext;
	List	   *databases = NIL;
	Relation	rel;
	TableScanDesc scan;
	HeapTuple	tuple;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	rel = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(rel, 0, NULL);
	while (HeapTupleIsValid(tuple = heap_getnext(scan, ForwardScanDirection)))
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		if (database->datallowconn && !database->datistemplate &&
			database->datconnlimit != DATCONNLIMIT_INVALID_DB)
		{
			MemoryContext old = MemoryContextSwitchTo(context);

			databases = lappend_oid(databases, database->oid);
			MemoryContextSwitchTo(old);
		}
	}
	table_endscan(scan);
	table_close(rel, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	return databases;
}

/*
 * Starts a worker for a database and waits for its end; false if none can be started.
 */
static bool
run_worker(Oid database, dsm_segment *report)
{
	BackgroundWorker worker;
	BackgroundWorkerHandle *handle;
	dsm_handle	segment = dsm_segment_handle(report);

	init_worker(&worker, "btrdb worker", "BtrWorkerMain");
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_main_arg = ObjectIdGetDatum(database);
	worker.bgw_notify_pid = MyProcPid;
	memcpy(worker.bgw_extra, &segment, sizeof(segment));
	if (!RegisterDynamicBackgroundWorker(&worker, &handle))
	{
		ereport(LOG,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("could not start a background process for the maintenance of btrdb"),
				 errhint("You may need to increase max_worker_processes.")));
		return false;
	}
	if (WaitForBackgroundWorkerShutdown(handle) == BGWH_POSTMASTER_DIED)
		proc_exit(1);
	pfree(handle);
	return true;
}

/*
 * Has all databases maintained once; returns whether some have more to be done.
 */
static bool
run_round(dsm_segment *segment)
{
	BtrWorkerReport *report = dsm_segment_address(segment);
	ListCell   *cell;

	report->unfinished = false;
	pgstat_report_activity(STATE_RUNNING, "maintenance of btrdb in all databases");
	foreach(cell, list_databases())
	{
		CHECK_FOR_INTERRUPTS();
		if (!run_worker(lfirst_oid(cell), segment))
			break;
	}
	pgstat_report_activity(STATE_IDLE, NULL);
	return report->unfinished;
}

/*
 * Waits until a time, or a signal.  DT_NOEND: for a signal.
 */
static void
nap_until(TimestampTz end)
{
	int			events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH;
	long		ms = -1;

	if (end != DT_NOEND)
	{
		events |= WL_TIMEOUT;
		ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);
	}
	(void) WaitLatch(MyLatch, events, ms, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
}

/*
 * The launcher.  After an error the postmaster starts it again.
 */
void
BtrLauncherMain(Datum arg)
{
	MemoryContext context;
	dsm_segment *report;
	TimestampTz started = GetCurrentTimestamp();
	bool		hurry = false;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	SetConfigOption("application_name", "btrdb launcher", PGC_USERSET, PGC_S_OVERRIDE);
	pgstat_report_activity(STATE_IDLE, NULL);

	context = AllocSetContextCreate(TopMemoryContext, "btrdb launcher", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	report = dsm_create(sizeof(BtrWorkerReport), 0);

	for (;;)
	{
		TimestampTz next = DT_NOEND;

		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		if (btrdb_maintain_naptime > 0)
			next = TimestampTzPlusMilliseconds(started, hurry ? SHORT_NAP_MS :
											   btrdb_maintain_naptime * INT64CONST(1000));
		if (GetCurrentTimestamp() < next)
			nap_until(next);
		else
		{
			started = GetCurrentTimestamp();
			hurry = run_round(report);
			if (hurry)
				started = GetCurrentTimestamp();
			MemoryContextReset(context);
		}
	}
}
