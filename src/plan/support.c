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
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/selfuncs.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "plan/plan.h"
#include "stream/stream.h"
#include "tree/points.h"
#include "types/spelling.h"

PG_FUNCTION_INFO_V1(btrdb_values_support);
PG_FUNCTION_INFO_V1(btrdb_windows_support);
PG_FUNCTION_INFO_V1(btrdb_aligned_windows_support);
PG_FUNCTION_INFO_V1(btrdb_lttb_support);
PG_FUNCTION_INFO_V1(btrdb_minmax_support);
PG_FUNCTION_INFO_V1(btrdb_nearest_support);
PG_FUNCTION_INFO_V1(btrdb_earliest_support);
PG_FUNCTION_INFO_V1(btrdb_latest_support);
PG_FUNCTION_INFO_V1(btrdb_gaps_support);
PG_FUNCTION_INFO_V1(btrdb_first_crossing_support);
PG_FUNCTION_INFO_V1(btrdb_last_crossing_support);
PG_FUNCTION_INFO_V1(btrdb_asof_support);
PG_FUNCTION_INFO_V1(btrdb_asof_times_support);
PG_FUNCTION_INFO_V1(btrdb_rate_support);
PG_FUNCTION_INFO_V1(btrdb_rows_support);
PG_FUNCTION_INFO_V1(btrdb_multi_values_support);
PG_FUNCTION_INFO_V1(btrdb_multi_windows_support);
PG_FUNCTION_INFO_V1(btrdb_multi_aligned_windows_support);

/* A stream has few gaps, as a rule. */
#define DEFAULT_GAPS	100

/* Of so many streams the points are counted, and those of the others taken for like them. */
#define SAMPLE_STREAMS	8

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
	end = Max(Min(end, BTR_TIME_MAX), start);
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
		count = (double) BtrCountAbout(&view.tree, start, end) +
			BtrPointsSearch(&view.buffer, 0, end) - BtrPointsSearch(&view.buffer, 0, start);
	}
	table_close(rel, NoLock);
	return count;
}

/* What is known of a call whose rows are to be estimated. */
typedef struct Call
{
	Datum		values[BTR_ROWS_MAX_ARGS];
	Oid			types[BTR_ROWS_MAX_ARGS];
	int64		start;
	int64		end;
} Call;

/*
 * Returns the request if it asks for rows and all of the first nargs arguments, a stream or several,
 * start, end and others, are known, which it puts into *call; otherwise NULL.
 *
 * Text that cannot be read as a time raises an error, as untyped literals that their type
 * cannot take do even earlier.
 */
static SupportRequestRows *
rows_request(FunctionCallInfo fcinfo, int nargs, Call *call)
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
		call->values[i] = ((Const *) arg)->constvalue;
		call->types[i] = exprType(arg);
	}
	call->start = BtrReadTime(call->values[1], call->types[1]);
	call->end = BtrReadTime(call->values[2], call->types[2]);
	return request;
}

/*
 * Estimates the points in a range; -1 if unknown.
 */
static double
points_in(const Call *call)
{
	return call->start < call->end ?
		BtrEstimatePoints(DatumGetUUIDP(call->values[0]), call->start, call->end) : 0;
}

/*
 * Returns the number of streams of a call that takes several.
 */
static int
streams_in(const Call *call)
{
	ArrayType  *array = DatumGetArrayTypeP(call->values[0]);

	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

/*
 * Estimates the points in a range of an average stream of several and of the longest one; false if
 * they are unknown.
 */
static bool
points_of_streams(const Call *call, double *average, double *most)
{
	ArrayType  *array = DatumGetArrayTypeP(call->values[0]);
	const pg_uuid_t *streams = (const pg_uuid_t *) ARR_DATA_PTR(array);
	int			n = streams_in(call);
	int			sampled = Min(n, SAMPLE_STREAMS);

	*average = 0;
	*most = 0;
	if (array_contains_nulls(array))
		return false;
	if (call->start >= call->end)
		return true;
	for (int i = 0; i < sampled; i++)
	{
		double		points = BtrEstimatePoints(&streams[(int64) i * n / sampled],
											   call->start, call->end);

		if (points < 0)
			return false;
		*average += points / sampled;
		*most = Max(*most, points);
	}
	return true;
}

/*
 * Estimates the windows in a range.
 */
static double
windows_in(const Call *call, double width)
{
	return Max(((double) call->end - (double) call->start) / width, 0);
}

/*
 * Supports btrdb_values(): the number of points in the range.
 */
Datum
btrdb_values_support(PG_FUNCTION_ARGS)
{
	Call		call;
	SupportRequestRows *request = rows_request(fcinfo, 3, &call);

	if (request != NULL && (request->rows = points_in(&call)) >= 0)
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
 * Supports btrdb_first_crossing(), likewise.
 */
Datum
btrdb_first_crossing_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

/*
 * Supports btrdb_last_crossing(), likewise.
 */
Datum
btrdb_last_crossing_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

/*
 * Supports btrdb_asof() of one time, likewise.
 */
Datum
btrdb_asof_support(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(NULL);
}

/*
 * Supports btrdb_asof() of an array: the number of its elements.
 */
Datum
btrdb_asof_times_support(PG_FUNCTION_ARGS)
{
	SupportRequestRows *request = (SupportRequestRows *) PG_GETARG_POINTER(0);

	if (!IsA(request, SupportRequestRows) || request->root == NULL ||
		!IsA(request->node, FuncExpr) || list_length(((FuncExpr *) request->node)->args) < 2)
		PG_RETURN_POINTER(NULL);
	request->rows = BtrEstimateArrayLength(request->root,
										   lsecond(((FuncExpr *) request->node)->args));
	PG_RETURN_POINTER(request);
}

/*
 * Supports functions whose fourth argument is the width of windows, of one stream or of several:
 * their number.
 */
static Datum
windows_support(FunctionCallInfo fcinfo, bool several)
{
	Call		call;
	SupportRequestRows *request = rows_request(fcinfo, 4, &call);
	int64		width;

	if (request == NULL)
		PG_RETURN_POINTER(NULL);
	width = BtrReadWidth(call.values[3], call.types[3]);
	if (width <= 0)
		PG_RETURN_POINTER(NULL);
	request->rows = windows_in(&call, width) * (several ? streams_in(&call) : 1);
	PG_RETURN_POINTER(request);
}

/*
 * Supports btrdb_windows(): the number of windows.
 */
Datum
btrdb_windows_support(PG_FUNCTION_ARGS)
{
	return windows_support(fcinfo, false);
}

/*
 * Supports btrdb_rate(), likewise.
 */
Datum
btrdb_rate_support(PG_FUNCTION_ARGS)
{
	return windows_support(fcinfo, false);
}

/*
 * Supports btrdb_gaps(): a few, but not more than there is room or there are points for.
 */
Datum
btrdb_gaps_support(PG_FUNCTION_ARGS)
{
	Call		call;
	SupportRequestRows *request = rows_request(fcinfo, 4, &call);
	int64		longer_than;
	double		points;

	if (request == NULL)
		PG_RETURN_POINTER(NULL);
	longer_than = BtrReadWidth(call.values[3], call.types[3]);
	if (longer_than < 0)
		PG_RETURN_POINTER(NULL);
	request->rows = Min(DEFAULT_GAPS, windows_in(&call, (double) longer_than + 1));
	points = points_in(&call);
	if (points >= 0)
		request->rows = Min(request->rows, points + 1);
	PG_RETURN_POINTER(request);
}

/*
 * Supports aligned windows of one stream or of several: the number of windows, or of points if
 * that is less.
 */
static Datum
aligned_windows_support(FunctionCallInfo fcinfo, bool several)
{
	Call		call;
	SupportRequestRows *request = rows_request(fcinfo, 4, &call);
	int32		pointwidth;
	double		points;
	double		most;

	if (request == NULL)
		PG_RETURN_POINTER(NULL);
	pointwidth = DatumGetInt32(call.values[3]);
	if (pointwidth < 0 || pointwidth > 62)
		PG_RETURN_POINTER(NULL);
	request->rows = windows_in(&call, (double) (INT64CONST(1) << pointwidth));
	if (!several)
		points = points_in(&call);
	else if (!points_of_streams(&call, &points, &most))
		points = -1;
	if (points >= 0)
		request->rows = Min(request->rows, points);
	if (several)
		request->rows *= streams_in(&call);
	PG_RETURN_POINTER(request);
}

/*
 * Supports btrdb_aligned_windows().
 */
Datum
btrdb_aligned_windows_support(PG_FUNCTION_ARGS)
{
	return aligned_windows_support(fcinfo, false);
}

/*
 * Supports btrdb_rows(): as many rows as the stream with the most points has, since streams that
 * are read side by side have points at the same times, or rounded times.
 */
Datum
btrdb_rows_support(PG_FUNCTION_ARGS)
{
	Call		call;
	SupportRequestRows *request = rows_request(fcinfo, 3, &call);
	double		average;
	double		most;
	int64		snap;

	if (request == NULL || !points_of_streams(&call, &average, &most))
		PG_RETURN_POINTER(NULL);
	request->rows = most;
	if (rows_request(fcinfo, 4, &call) != NULL &&
		(snap = BtrReadWidth(call.values[3], call.types[3])) > 0)
		request->rows = Min(most, windows_in(&call, snap) + 1);
	PG_RETURN_POINTER(request);
}

/*
 * Supports btrdb_multi_values(): the number of points in the range.
 */
Datum
btrdb_multi_values_support(PG_FUNCTION_ARGS)
{
	Call		call;
	SupportRequestRows *request = rows_request(fcinfo, 3, &call);
	double		average;
	double		most;

	if (request == NULL || !points_of_streams(&call, &average, &most))
		PG_RETURN_POINTER(NULL);
	request->rows = average * streams_in(&call);
	PG_RETURN_POINTER(request);
}

/*
 * Supports btrdb_multi_windows(): the number of windows.
 */
Datum
btrdb_multi_windows_support(PG_FUNCTION_ARGS)
{
	return windows_support(fcinfo, true);
}

/*
 * Supports btrdb_multi_aligned_windows(), likewise of each stream.
 */
Datum
btrdb_multi_aligned_windows_support(PG_FUNCTION_ARGS)
{
	return aligned_windows_support(fcinfo, true);
}

/*
 * Supports functions that give at most so many rows for each unit of argument 3, and no
 * more than there are points.
 */
static Datum
support_points(FunctionCallInfo fcinfo, double rows_per_unit)
{
	Call		call;
	SupportRequestRows *request = rows_request(fcinfo, 4, &call);
	double		points;

	if (request == NULL)
		PG_RETURN_POINTER(NULL);
	request->rows = Max(DatumGetInt32(call.values[3]), 1) * rows_per_unit;
	points = points_in(&call);
	if (points >= 0)
		request->rows = Min(request->rows, points);
	PG_RETURN_POINTER(request);
}

/*
 * Supports btrdb_lttb(): the number of points asked for.
 */
Datum
btrdb_lttb_support(PG_FUNCTION_ARGS)
{
	return support_points(fcinfo, 1);
}

/*
 * Supports btrdb_minmax(): four points for each column.
 */
Datum
btrdb_minmax_support(PG_FUNCTION_ARGS)
{
	return support_points(fcinfo, BTR_OUTLINE_POINTS);
}
