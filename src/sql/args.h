/*
 * args.h
 *		What several SQL functions do with their arguments, rows and plans.
 */
#ifndef BTR_ARGS_H
#define BTR_ARGS_H

#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"

#include "btrdb.h"
#include "plan/rows.h"
#include "stream/stream.h"
#include "types/check.h"

/* Raises 22004 if an argument is NULL; names are those of all arguments. */
extern void BtrCheckNotNull(FunctionCallInfo fcinfo, const char *const *names);

/* The declared types of the arguments of the function that is called. */
extern const Oid *BtrArgTypes(FunctionCallInfo fcinfo);

/* Reads arguments 1 and 2, start and end of a range; raises what BtrReadRange() raises. */
extern void BtrReadRangeArgs(FunctionCallInfo fcinfo, int64 *start, int64 *end);

/* The merge policy of a name; raises 22023 for one that is none. */
extern BtrMerge BtrReadMerge(const text *merge);

/* Returns all rows of the function that is called. */
extern Datum BtrReturnRows(FunctionCallInfo fcinfo, const BtrRowKind *kind);

/* The plan of a query, made on first use and kept to the end of the session. */
extern SPIPlanPtr BtrKeptPlan(SPIPlanPtr *plan, const char *query, int nargs, Oid *types);

#endif							/* BTR_ARGS_H */
