/*
 * manyrows.c
 *		Functions of several streams: the streams, their versions, and one after the other, also
 *		divided among processes.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "plan/rowstate.h"
#include "types/arrays.h"

struct BtrRowsShare
{
	pg_atomic_uint64 next;		/* number of the next stream to read */

	/* What has been read */
	pg_atomic_uint64 streams;
	pg_atomic_uint64 nodes;
	pg_atomic_uint64 leaves;
	pg_atomic_uint64 prefetched;
	pg_atomic_uint64 points;
};

/*
 * Takes the streams and their versions, of which NULL and NULLs mean the latest.
 */
static void
take_streams(BtrRows *rows, Datum streams, Datum versions)
{
	ArrayType  *array;
	Datum	   *elements;
	bool	   *nulls;
	int			n;

	rows->streams = BtrReadStreams(streams, &rows->nstreams);
	if (DatumGetPointer(versions) == NULL)
		return;

	array = DatumGetArrayTypeP(versions);
	BtrCheckSameLength(rows->nstreams, "streams", BtrArrayCount(array, "versions"), "versions");
	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &elements, &nulls, &n);
	rows->versions = palloc(n * sizeof(int64));
	for (int i = 0; i < n; i++)
		rows->versions[i] = nulls[i] ? BTR_VERSION_LATEST : DatumGetInt64(elements[i]);
}

/*
 * Opens one of the streams; see rowstate.h.
 */
void
BtrRowsOpenStream(BtrRows *rows, int position)
{
	const pg_uuid_t *stream = &rows->streams[position];

	CHECK_FOR_INTERRUPTS();
	PushActiveSnapshot(rows->snapshot);
	if (!rows->checked)
		BtrCheckStream(stream, false);
	BtrViewOpen(rows->rel, stream,
				rows->versions != NULL ? rows->versions[position] : BTR_VERSION_LATEST,
				&rows->view);
	PopActiveSnapshot();
}

/*
 * Prepares to read several streams.
 *
 * Those that do not exist are found before the first row is given.  Workers leave that to the
 * leader, and look at each stream when they come to it.
 */
void
BtrRowsBeginStreams(BtrRows *rows, const Datum *args, BtrRowsShare *share)
{
	const BtrRowKind *kind = rows->kind;

	take_streams(rows, args[0], args[kind->nargs - 1]);
	rows->position = -1;
	rows->snapshot = GetActiveSnapshot();
	rows->context = AllocSetContextCreate(CurrentMemoryContext, "btrdb rows of a stream",
										  ALLOCSET_DEFAULT_SIZES);
	rows->rel = BtrStoreOpen(NULL, AccessShareLock, ACL_SELECT);
	if (!IsParallelWorker())
	{
		for (int i = 0; i < rows->nstreams; i++)
		{
			CHECK_FOR_INTERRUPTS();
			BtrCheckStream(&rows->streams[i], false);
		}
		rows->checked = true;
	}
	if (!kind->by_stream)
	{
		kind->begin(rows);
		return;
	}

	rows->share = share;
	if (share == NULL)
	{
		rows->share = palloc(sizeof(BtrRowsShare));
		BtrRowsShareInit(rows->share);
	}
}

/*
 * Opens the next stream of those that nobody has read; false if there is none.
 */
static bool
open_next_stream(BtrRows *rows)
{
	uint64		position = pg_atomic_fetch_add_u64(&rows->share->next, 1);
	MemoryContext old;

	if (position >= rows->nstreams)
		return false;
	MemoryContextReset(rows->context);
	old = MemoryContextSwitchTo(rows->context);
	BtrRowsOpenStream(rows, (int) position);
	rows->npoints = 0;
	rows->next = 0;
	rows->have_ahead = false;
	rows->kind->begin(rows);
	MemoryContextSwitchTo(old);
	rows->position = (int) position;
	return true;
}

/*
 * Leaves the stream that is being read, if one is.
 */
void
BtrRowsCloseStream(BtrRows *rows)
{
	BtrRowsShare *share = rows->share;
	BtrRowCounts counts = {0};

	if (rows->position < 0)
		return;
	rows->kind->count(rows, &counts);
	pg_atomic_fetch_add_u64(&share->streams, 1);
	pg_atomic_fetch_add_u64(&share->nodes, counts.read.nodes);
	pg_atomic_fetch_add_u64(&share->leaves, counts.read.leaves);
	pg_atomic_fetch_add_u64(&share->prefetched, counts.read.prefetched);
	pg_atomic_fetch_add_u64(&share->points, counts.points);
	rows->position = -1;
}

/*
 * Gives the next row of a stream or, at its end, of one that follows.
 */
bool
BtrRowsNextByStream(BtrRows *rows, Datum *values, bool *nulls)
{
	while (rows->position >= 0 || open_next_stream(rows))
	{
		MemoryContext old = MemoryContextSwitchTo(rows->context);
		bool		found = rows->kind->next(rows, values + 1, nulls + 1);

		MemoryContextSwitchTo(old);
		if (found)
		{
			values[0] = UUIDPGetDatum(&rows->streams[rows->position]);
			nulls[0] = false;
			return true;
		}
		BtrRowsCloseStream(rows);
	}
	return false;
}

/*
 * Returns the size of what BtrRowsShareInit() initialises.
 */
Size
BtrRowsShareSize(void)
{
	return sizeof(BtrRowsShare);
}

/*
 * Initialises what processes share, in shared memory if there are several: no stream is read.
 */
void
BtrRowsShareInit(BtrRowsShare *share)
{
	pg_atomic_init_u64(&share->next, 0);
	pg_atomic_init_u64(&share->streams, 0);
	pg_atomic_init_u64(&share->nodes, 0);
	pg_atomic_init_u64(&share->leaves, 0);
	pg_atomic_init_u64(&share->prefetched, 0);
	pg_atomic_init_u64(&share->points, 0);
}

/*
 * Adds what has been read of the streams that somebody is done with.
 */
void
BtrRowsShareCount(BtrRowsShare *share, BtrRowCounts *counts)
{
	counts->streams += pg_atomic_read_u64(&share->streams);
	counts->read.nodes += pg_atomic_read_u64(&share->nodes);
	counts->read.leaves += pg_atomic_read_u64(&share->leaves);
	counts->read.prefetched += pg_atomic_read_u64(&share->prefetched);
	counts->points += pg_atomic_read_u64(&share->points);
}
