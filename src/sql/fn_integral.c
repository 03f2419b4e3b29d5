/*
 * fn_integral.c
 *		btrdb_integral(), btrdb_time_weighted_mean().
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/memutils.h"
#include "utils/uuid.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_integral);
PG_FUNCTION_INFO_V1(btrdb_time_weighted_mean);

/*
 * Returns the integral of the range that arguments 1 and 2 give or, if mean, the mean over
 * time, by the method of argument 3, at the version of argument 4.
 */
static Datum
integrate(FunctionCallInfo fcinfo, bool mean)
{
	static const char *const methods[] = {
		[BTR_BETWEEN_LINEAR] = "linear",
		[BTR_BETWEEN_STEP] = "step",
	};
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	int64		start;
	int64		end;
	BtrBetween	between;
	Relation	rel;
	BtrView		view;
	double		result;
	bool		found;
	MemoryContext context;
	MemoryContext old;

	BtrReadRangeArgs(fcinfo, &start, &end);
	between = (BtrBetween) BtrReadChoice(PG_GETARG_TEXT_PP(3), "method",
										 "The methods are \"linear\" and \"step\".",
										 methods, lengthof(methods));

	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	context = AllocSetContextCreate(CurrentMemoryContext, "btrdb integral",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	BtrViewOpen(rel, stream, PG_GETARG_INT64(4), &view);
	found = BtrViewIntegral(&view, start, end, between, mean, &result);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	table_close(rel, NoLock);

	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(result);
}

/*
 * btrdb_integral(stream uuid, start bigint, "end" bigint, method text, version bigint) returns
 * float8: the integral of the value over [start, end), in seconds.
 */
Datum
btrdb_integral(PG_FUNCTION_ARGS)
{
	return integrate(fcinfo, false);
}

/*
 * btrdb_time_weighted_mean(stream uuid, start bigint, "end" bigint, method text, version
 * bigint) returns float8: the integral divided by the time that it is over.
 */
Datum
btrdb_time_weighted_mean(PG_FUNCTION_ARGS)
{
	return integrate(fcinfo, true);
}
