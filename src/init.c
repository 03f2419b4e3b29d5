/*
 * init.c
 *		Module magic and load-time initialisation.
 */
#include "postgres.h"

#include "fmgr.h"

#include "guc.h"
#include "plan/plan.h"

PG_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

/*
 * Defines the settings and joins the planner when the library is loaded.
 */
void
_PG_init(void)
{
	BtrDefineGucs();
	BtrInstallPlannerHooks();
}
