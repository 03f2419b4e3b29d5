/*
 * args.h
 *		Checks of arguments that several SQL functions share.
 */
#ifndef BTR_ARGS_H
#define BTR_ARGS_H

#include "fmgr.h"
#include "funcapi.h"

#include "btrdb.h"
#include "stream/stream.h"
#include "types/check.h"

/* Raises 22004 if an argument is NULL; names are those of all arguments. */
extern void BtrCheckNotNull(FunctionCallInfo fcinfo, const char *const *names);

/* Raises 22023 unless min <= value <= max. */
extern void BtrCheckLimit(const char *name, int64 value, int64 min, int64 max);

/* Raises 22023 for an unknown merge policy, 0A000 for one other than never. */
extern void BtrCheckMerge(const text *merge);

/* Adds a (time, value) row to the result that InitMaterializedSRF() set up. */
extern void BtrPutPoint(ReturnSetInfo *rsinfo, const BtrPoint *point);

#endif							/* BTR_ARGS_H */
