/*
 * executor.c
 *		Hooks of the executor: when has a statement inserted its last row?
 *
 * A table access method gets the rows of an INSERT one by one and is not told of
 * the last one.  So rows are gathered only while ExecutorRun() or
 * ExecutorFinish() of the statement that inserts them is on the stack, and
 * written by ExecutorFinish(): before the standard one, so that AFTER triggers find
 * them, and after it, because it runs modifying CTEs to their end.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/executor.h"

#include "am/am.h"
#include "stream/gather.h"

/* A statement that the executor runs, on the stack of whoever runs it. */
typedef struct Running
{
	struct Running *outer;
	CommandId	cid;			/* of its rows; InvalidCommandId: it has none */
	SubTransactionId subid;
} Running;

static Running *running = NULL;

static ExecutorRun_hook_type prev_ExecutorRun = NULL;
static ExecutorFinish_hook_type prev_ExecutorFinish = NULL;

/*
 * Says whether the innermost statement that the executor runs is the one that
 * inserts rows as command cid.  If it is not, as with COPY and logical
 * replication, nobody may tell when it ends.
 */
bool
BtrExecutorRuns(CommandId cid)
{
	return running != NULL && running->cid == cid &&
		running->subid == GetCurrentSubTransactionId();
}

/*
 * Notes that the executor runs a statement.
 */
static void
enter(Running *frame, QueryDesc *query)
{
	bool		modifies = query->operation != CMD_SELECT ||
		query->plannedstmt->hasModifyingCTE;

	frame->outer = running;
	frame->cid = modifies ? query->estate->es_output_cid : InvalidCommandId;
	frame->subid = GetCurrentSubTransactionId();
	running = frame;
}

/*
 * Runs a statement.  If it is called by one that has gathered points it runs
 * without parallel workers, which would not see them.
 */
static void
executor_run(BTR_EXECUTOR_RUN_ARGS)
{
	Running		frame;
	PlannedStmt *plan = query->plannedstmt;
	bool		parallel = plan->parallelModeNeeded;

	enter(&frame, query);
	PG_TRY();
	{
		if (parallel && BtrGatherIsPending())
			plan->parallelModeNeeded = false;
		if (prev_ExecutorRun != NULL)
			prev_ExecutorRun(BTR_EXECUTOR_RUN_VALUES);
		else
			standard_ExecutorRun(BTR_EXECUTOR_RUN_VALUES);
	}
	PG_FINALLY();
	{
		plan->parallelModeNeeded = parallel;
		running = frame.outer;
	}
	PG_END_TRY();
}

/*
 * Ends a statement: writes what it has gathered.
 */
static void
executor_finish(QueryDesc *query)
{
	Running		frame;

	enter(&frame, query);
	PG_TRY();
	{
		if (frame.cid != InvalidCommandId)
			BtrGatherFinish(frame.cid, false);
		if (prev_ExecutorFinish != NULL)
			prev_ExecutorFinish(query);
		else
			standard_ExecutorFinish(query);
		if (frame.cid != InvalidCommandId)
			BtrGatherFinish(frame.cid, true);
	}
	PG_FINALLY();
	{
		running = frame.outer;
	}
	PG_END_TRY();
}

/*
 * Installs the hooks; once per session.
 */
void
BtrInstallExecutorHooks(void)
{
	prev_ExecutorRun = ExecutorRun_hook;
	ExecutorRun_hook = executor_run;
	prev_ExecutorFinish = ExecutorFinish_hook;
	ExecutorFinish_hook = executor_finish;
}
