/*
 * debug.c
 *		Points at which tests stop a session, and places at which they make it fail.
 */
#include "postgres.h"

#include "debug.h"

#ifdef USE_ASSERT_CHECKING

#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "utils/wait_event.h"

/* For all sessions; and, with the process id after a point, for one. */
#define CONTINUE_FILE	"btrdb_debug_continue"
#define WAITING_FILE	"btrdb_debug_waiting"
#define WAIT_US			1000

char	   *btrdb_debug_points = NULL;
int			btrdb_debug_stop = 0;
int			btrdb_debug_fail = 0;

/*
 * Says whether a comma-separated list has a name.
 */
static bool
list_has(const char *list, const char *name)
{
	size_t		length = strlen(name);

	for (const char *at = list; at != NULL; at = strchr(at, ','))
	{
		at += *at == ',';
		if (strncmp(at, name, length) == 0 && (at[length] == '\0' || at[length] == ','))
			return true;
	}
	return false;
}

/*
 * Waits at a point; see debug.h.  Tests see the session wait for an extension.
 *
 * If it is cancelled meanwhile, its file stays.
 */
void
BtrDebugPoint(const char *name)
{
	char		own[64];
	char		waiting[64];
	FILE	   *file;

	if ((btrdb_debug_stop == 0 || --btrdb_debug_stop > 0) &&
		(btrdb_debug_points == NULL || !list_has(btrdb_debug_points, name)))
		return;
	snprintf(own, sizeof(own), "%s.%d", CONTINUE_FILE, MyProcPid);
	snprintf(waiting, sizeof(waiting), "%s.%d", WAITING_FILE, MyProcPid);
	file = AllocateFile(waiting, "w");
	if (file != NULL)
	{
		fputs(name, file);
		FreeFile(file);
	}
	pgstat_report_wait_start(PG_WAIT_EXTENSION);
	while (access(CONTINUE_FILE, F_OK) != 0 && unlink(own) != 0)
	{
		/* does nothing while a page is locked, which a point, unlike a place, allows */
		if (INTERRUPTS_PENDING_CONDITION())
			ProcessInterrupts();
		pg_usleep(WAIT_US);
	}
	pgstat_report_wait_end();
	unlink(waiting);
}

/*
 * Raises an error if this is the place that is to fail.
 */
void
BtrDebugPlace(const char *file, int line)
{
	Assert(CritSectionCount == 0);
	if (likely(btrdb_debug_fail == 0) || --btrdb_debug_fail > 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("failure at %s:%d for a test", file, line)));
}

/*
 * Likewise, where a session may be cancelled.
 */
void
BtrDebugCancelPlace(const char *file, int line)
{
	Assert(InterruptHoldoffCount == 0);
	BtrDebugPlace(file, line);
}

#endif							/* USE_ASSERT_CHECKING */
