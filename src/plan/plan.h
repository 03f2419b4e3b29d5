/*
 * plan.h
 *		Planning of queries that read points.
 */
#ifndef BTR_PLAN_H
#define BTR_PLAN_H

#include "nodes/pathnodes.h"

#include "pg_compat.h"

/* ---- hook.c ---- */

/* Joins the planner's hooks. */
extern void BtrInstallPlannerHooks(void);

#endif							/* BTR_PLAN_H */
