/*
 * pg_compat.h
 *		Differences between PostgreSQL 15 and 18; the only file that looks at
 *		PG_VERSION_NUM.  Code is written to the newest API.
 */
#ifndef BTR_PG_COMPAT_H
#define BTR_PG_COMPAT_H

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "btrdb supports PostgreSQL 15 to 18"
#endif

#if PG_VERSION_NUM >= 160000
#include "varatt.h"

#define BtrFloat8In(num, endptr, type_name, orig, escontext) \
	float8in_internal(num, endptr, type_name, orig, escontext)
#else
#define BtrFloat8In(num, endptr, type_name, orig, escontext) \
	float8in_internal(num, endptr, type_name, orig)

/* Without soft errors, every error is a hard one. */
#define ereturn(escontext, dummy_value, ...) \
	do { \
		(void) (escontext); \
		ereport(ERROR, __VA_ARGS__); \
	} while (0)
#define SOFT_ERROR_OCCURRED(escontext) false

#define RelFileLocator RelFileNode
#define rd_locator rd_node
#endif

#endif							/* BTR_PG_COMPAT_H */
