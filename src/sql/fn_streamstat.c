/*
 * fn_streamstat.c
 *		btrdb.stream_stat(), behind view btrdb.stream_stats.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "sql/args.h"
#include "stream/buffer.h"

PG_FUNCTION_INFO_V1(btrdb_stream_stat);

/*
 * Returns the bytes of the stream's buffered rows.
 */
static int64
buffer_bytes(Relation rel, const pg_uuid_t *stream)
{
	BtrBufferScan scan;
	int64		bytes = 0;

	BtrBufferScanBegin(&scan, rel, stream, GetActiveSnapshot(), 0, AccessShareLock);
	while (BtrBufferScanNext(&scan, ForwardScanDirection))
		bytes += scan.tuple->t_len;
	BtrBufferScanEnd(&scan);
	return bytes;
}

/*
 * btrdb.stream_stat(stream uuid) returns (points, bytes, versions, buffered_points,
 * first_time, last_time): what there is of a stream.  Costs the same whatever there is.
 */
Datum
btrdb_stream_stat(PG_FUNCTION_ARGS)
{
	const pg_uuid_t *stream = PG_GETARG_UUID_P(0);
	Relation	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	TupleDesc	desc;
	BtrVersion	oldest;
	BtrView		view;
	int64		points;
	Datum		values[6];
	bool		nulls[6] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");

	BtrViewOpen(rel, stream, BTR_VERSION_LATEST, &view);
	BtrVersionOldest(rel, stream, GetActiveSnapshot(), &oldest);
	points = view.version.root.stat.count + view.buffer.n;

	values[0] = Int64GetDatum(points);
	values[1] = Int64GetDatum(BtrTreeBytes(&view.tree) + buffer_bytes(rel, stream));
	/* They are numbered without gaps. */
	values[2] = Int64GetDatum(view.version.version == BTR_VERSION_EMPTY ? 0 :
							  view.version.version - oldest.version + 1);
	values[3] = Int64GetDatum(view.buffer.n);
	nulls[4] = nulls[5] = points == 0;
	if (points > 0)
	{
		int64		first = view.version.earliest.point.time;
		int64		last = view.version.latest.point.time;

		if (view.buffer.n > 0)
		{
			bool		only = view.buffer.n == points;
			int64		start = view.buffer.time[0];
			int64		end = view.buffer.time[view.buffer.n - 1];

			first = only ? start : Min(first, start);
			last = only ? end : Max(last, end);
		}
		values[4] = Int64GetDatum(first);
		values[5] = Int64GetDatum(last);
	}
	table_close(rel, NoLock);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
