/*
 * init.c
 *		Module magic and load-time initialisation.
 */
#include "postgres.h"

#include "fmgr.h"

#include "am/am.h"
#include "gc/worker.h"
#include "guc.h"
#include "plan/plan.h"
#include "stream/announce.h"
#include "stream/gather.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

/*
 * Defines the settings, joins the planner and installs the hooks of INSERT when the
 * library is loaded.
 *
 * No preloading is needed: a statement that names btrdb.points opens the table when it
 * is analysed, which calls the handler of its access method and so loads the
 * library.  Its execution begins after that.
 */
void
_PG_init(void)
{
	BtrDefineGucs();
	BtrInstallPlannerHooks();
	BtrGatherInit();
	BtrAnnounceInit();
	BtrInstallExecutorHooks();
	BtrRegisterLauncher();
}
