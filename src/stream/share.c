/*
 * share.c
 *		Hands out what a scan of many streams reads, piece by piece, to the one or
 *		several processes that run it.
 *
 * A piece is a stream or a part of one.  Pieces are handed out in the order of the
 * scan, so each process reads its own in that order.  Streams are looked up some at
 * a time by whoever finds none left, while the others wait; so all work from one
 * list, whatever row-level security may decide.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/condition_variable.h"
#include "storage/spin.h"
#include "utils/wait_event.h"

#include "stream/share.h"

/* Streams that are looked up at a time. */
#define STREAMS_PER_LOOKUP	64

struct BtrScanShare
{
	/* Info */
	bool		parallel;		/* several processes share it */

	/* Protected by mutex */
	slock_t		mutex;
	int64		next;			/* piece to hand out, of those of the streams below */
	bool		looking_up;		/* somebody looks for streams */
	bool		all_found;		/* there are no more */
	bool		started;		/* from is set */
	pg_uuid_t	from;			/* first uuid not looked up */
	int			nfound;
	pg_uuid_t	found[STREAMS_PER_LOOKUP];

	/* Tells those who wait that looking_up is no longer set */
	ConditionVariable found_some;

	/* What has been read */
	pg_atomic_uint64 nstreams;
	pg_atomic_uint64 nparts;
	pg_atomic_uint64 nleaves;
	pg_atomic_uint64 nrows;
};

/*
 * Returns the size of what BtrScanShareInit() initialises.
 */
Size
BtrScanShareSize(void)
{
	return sizeof(BtrScanShare);
}

/*
 * Initialises the state of a scan, in shared memory if it is parallel: nothing has
 * been handed out.
 */
void
BtrScanShareInit(BtrScanShare *share, bool parallel)
{
	memset(share, 0, sizeof(*share));
	share->parallel = parallel;
	SpinLockInit(&share->mutex);
	ConditionVariableInit(&share->found_some);
	pg_atomic_init_u64(&share->nstreams, 0);
	pg_atomic_init_u64(&share->nparts, 0);
	pg_atomic_init_u64(&share->nleaves, 0);
	pg_atomic_init_u64(&share->nrows, 0);
}

/*
 * Makes *uuid the one after it or, backward, before it; false if there is none.
 */
static bool
next_uuid(pg_uuid_t *uuid, bool backward)
{
	for (int i = UUID_LEN - 1; i >= 0; i--)
	{
		if (backward ? uuid->data[i]-- != 0 : ++uuid->data[i] != 0)
			return true;
	}
	return false;
}

/*
 * Looks up the next streams, with the active snapshot.  Nobody else does or changes
 * what is below while looking_up is set.
 */
static void
look_up(BtrScanShare *share, bool backward)
{
	pg_uuid_t	from = share->from;
	pg_uuid_t	found[STREAMS_PER_LOOKUP];
	int			n;
	bool		more;

	if (!share->started && backward)
		memset(&from, 0xFF, sizeof(from));
	n = BtrVisibleStreams(&from, backward, found, STREAMS_PER_LOOKUP);
	more = n == STREAMS_PER_LOOKUP;
	if (more)
	{
		from = found[n - 1];
		more = next_uuid(&from, backward);
	}

	SpinLockAcquire(&share->mutex);
	memcpy(share->found, found, n * sizeof(pg_uuid_t));
	share->nfound = n;
	share->next = 0;
	share->started = true;
	share->from = from;
	share->all_found = !more;
	share->looking_up = false;
	SpinLockRelease(&share->mutex);
	ConditionVariableBroadcast(&share->found_some);
}

/*
 * Takes the next piece of what choice says, which all processes must agree on; false
 * if none is left.  Looks up streams with the active snapshot.
 */
bool
BtrScanShareNext(BtrScanShare *share, const BtrScanChoice *choice, BtrScanPiece *piece)
{
	bool		given = choice->streams != NULL;

	for (;;)
	{
		const pg_uuid_t *streams = given ? choice->streams : share->found;
		bool		taken = false;
		bool		all_found;
		bool		look = false;
		int			n;

		CHECK_FOR_INTERRUPTS();
		SpinLockAcquire(&share->mutex);
		n = given ? choice->nstreams : share->nfound;
		all_found = given || share->all_found;

		/* few streams, or the last ones, are divided */
		piece->parts = share->parallel && all_found && n > 0 ? Max(BTR_SCAN_PARTS / n, 1) : 1;
		if (share->next < (int64) n * piece->parts)
		{
			int			i = (int) (share->next / piece->parts);

			taken = true;
			piece->part = (int) (share->next++ % piece->parts);
			piece->stream = streams[given && choice->streams_backward ? n - 1 - i : i];
		}
		else if (!all_found && !share->looking_up)
			look = share->looking_up = true;
		SpinLockRelease(&share->mutex);

		if (taken || all_found)
		{
			ConditionVariableCancelSleep();
			return taken;
		}
		if (look)
		{
			ConditionVariableCancelSleep();
			look_up(share, choice->streams_backward);
		}
		else
			ConditionVariableSleep(&share->found_some, PG_WAIT_EXTENSION);
	}
}

/*
 * Adds to what has been read.
 */
void
BtrScanShareAdd(BtrScanShare *share, const BtrScanCounts *counts)
{
	if (counts->streams > 0)
		pg_atomic_fetch_add_u64(&share->nstreams, counts->streams);
	if (counts->parts > 0)
		pg_atomic_fetch_add_u64(&share->nparts, counts->parts);
	if (counts->leaves > 0)
		pg_atomic_fetch_add_u64(&share->nleaves, counts->leaves);
	if (counts->rows > 0)
		pg_atomic_fetch_add_u64(&share->nrows, counts->rows);
}

/*
 * Tells how much has been read, by all processes.
 */
void
BtrScanShareCounts(BtrScanShare *share, BtrScanCounts *counts)
{
	counts->streams = pg_atomic_read_u64(&share->nstreams);
	counts->parts = pg_atomic_read_u64(&share->nparts);
	counts->leaves = pg_atomic_read_u64(&share->nleaves);
	counts->rows = pg_atomic_read_u64(&share->nrows);
}
