/*
 * am.h
 *		The table access method btrdb: what its files share.
 */
#ifndef BTR_AM_H
#define BTR_AM_H

#include "commands/vacuum.h"

#include "pg_compat.h"

/* ---- vacuum.c ---- */

/* The access method's VACUUM. */
extern void BtrRelationVacuum(Relation rel, struct VacuumParams *params,
							  BufferAccessStrategy bstrategy);

#endif							/* BTR_AM_H */
