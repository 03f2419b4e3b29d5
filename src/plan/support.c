/*
 * support.c
 *		Estimates of how many rows functions return.
 *
 * That the planner asks for them also loads the library, before it looks for
 * paths.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "plan/plan.h"
#include "stream/stream.h"

PG_FUNCTION_INFO_V1(btrdb_values_support);
PG_FUNCTION_INFO_V1(btrdb_windows_support);
PG_FUNCTION_INFO_V1(btrdb_aligned_windows_support);
PG_FUNCTION_INFO_V1(btrdb_nearest_support);
PG_FUNCTION_INFO_V1(btrdb_earliest_support);
PG_FUNCTION_INFO_V1(btrdb_latest_support);

/*
 * Returns the number of the stream's latest points in [start, end), or -1 if it
 * cannot be known or the user may not know it.  Raises no error that the query
 * itself might not raise.
 */
double
BtrEstimatePoints(const pg_uuid_t *stream, int64 start, int64 end)
{
	const BtrCatalog *catalog;
	Relation	rel;
	double		count = -1;

	start = Max(start, BTR_TIME_MIN);
	end = Min(end, BTR_TIME_MAX);
	if (!ActiveSnapshotSet())
		return -1;
	catalog = BtrGetCatalog();
	if (pg_class_aclcheck(catalog->points, GetUserId(), ACL_SELECT) != ACLCHECK_OK ||
		check_enable_rls(catalog->points, InvalidOid, true) != RLS_NONE ||
		check_enable_rls(catalog->streams, InvalidOid, true) != RLS_NONE)
		return -1;

	rel = table_open(catalog->points, AccessShareLock);
	if (BtrStreamIsVisible(stream))
	{
		BtrView		view;

		BtrViewOpen(rel, stream, BTR_VERSION_LATEST, &view);
		count = (double) BtrViewStat(&view, start, end).count;
	}
	table_close(rel, NoLock);
	return count;
}

/*
 * Returns the request if it asks for rows and all of the first nargs arguments are
 * known, which it puts into values; otherwise NULL.
 */
static SupportRequestRows *
rows_request(FunctionCallInfo fcinfo, int nargs, Datum *values)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);
	List	   *args;

	if (!IsA(request, SupportRequestRows) || request->root == NULL ||
		!IsA(request->node, FuncExpr))
		return NULL;
	args = ((FuncExpr *) request->node)->args;
	if (list_length(args) < nargs)
		return NULL;
	for (int i = 0; i < nargs; i++)
	{
		Node	   *arg = estimate_expression_value(request->root, list_nth(args, i));

		if (!IsA(arg, Const) || ((Const *) arg)->constisnull)
			return NULL;
		values[i] = ((Const *) arg)->constvalue;
	}
	return request;
}

/*
 * Estimates the points in a range; -1 if unknown.
 */
static double
points_in(const Datum *values)
{
	int64		start = DatumGetInt64(values[1]);
	int64		end = DatumGetInt64(values[2]);

	return start < end ? BtrEstimatePoints(DatumGetUUIDP(values[0]), start, end) : 0;
}

/*
 * Supports btrdb_values(): the number of points in the range.
 */
Datum
btrdb_values_support(PG_FUNCTION_ARGS)
{
	Datum		values[3];
	SupportRequestRows *request = rows_request(fcinfo, 3, values);

	if (request != NULL && (request->rows = points_in(values)) >= 0)
		PG_RETURN_POINTER(request);
	PG_RETURN_POINTER(NULL);
}

/*
 * Supports btrdb_nearest(), which is known by it: there is nothing to estimate.
 */
Datum
btrdb_nearest_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

/*
 * Supports btrdb_earliest(), likewise.
 */
Datum
btrdb_earliest_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

/*
 * Supports btrdb_latest(), likewise.
 */
Datum
btrdb_latest_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

/*
 * Supports btrdb_windows(): the number of windows.
 */
Datum
btrdb_windows_support(PG_FUNCTION_ARGS)
{
	Datum		values[4];
	SupportRequestRows *request = rows_request(fcinfo, 4, values);

	if (request == NULL || DatumGetInt64(values[3]) <= 0)
		PG_RETURN_POINTER(NULL);
	request->rows = Max(((double) DatumGetInt64(values[2]) - (double) DatumGetInt64(values[1])) /
						(double) DatumGetInt64(values[3]), 0);
	PG_RETURN_POINTER(request);
}

/*
 * Supports btrdb_aligned_windows(): the number of windows, or of points if that is
 * less.
 */
Datum
btrdb_aligned_windows_support(PG_FUNCTION_ARGS)
{
	Datum		values[4];
	SupportRequestRows *request = rows_request(fcinfo, 4, values);
	double		points;

	if (request == NULL || DatumGetInt32(values[3]) < 0 || DatumGetInt32(values[3]) > 62)
		PG_RETURN_POINTER(NULL);
	request->rows = Max(((double) DatumGetInt64(values[2]) - (double) DatumGetInt64(values[1])) /
						(double) (INT64CONST(1) << DatumGetInt32(values[3])), 0);
	points = points_in(values);
	if (points >= 0)
		request->rows = Min(request->rows, points);
	PG_RETURN_POINTER(request);
}
