/*
 * checkmixed.c
 *		Verifying the rows of btrdb.mixed.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "stream/check.h"
#include "stream/mixed.h"

/* A row, and the stream to look for in it or NULL. */
typedef struct MixedRow
{
	BtrMixedScan *scan;
	const pg_uuid_t *stream;
} MixedRow;

/*
 * Verifies the points of stream i of a row.
 */
static void
check_stream(BtrCheckState *state, const BtrMixedScan *scan, const BtrMix *mix, int i,
			 const pg_uuid_t *stream)
{
	BtrCheckStreamEntry *entry = BtrCheckEnterStream(state, stream);
	int64		time[BTR_MIX_MAX_POINTS];
	double		value[BTR_MIX_MAX_POINTS];
	int			start;
	int			n = BtrMixPoints(mix, i, &start);

	if (!entry->retired)
		BtrCheckRegistered(state, entry, "mixed");
	if (entry->registered && entry->cohort != scan->cohort)
		BtrCheckReportRow(state, "Mixed row %lld of cohort %lld has points of a stream of cohort %lld",
						  (long long) scan->ordinal, (long long) scan->cohort,
						  (long long) entry->cohort);
	if (!BtrMixRead(mix, start, n, time, value))
		BtrCheckReportRow(state, "Mixed row %lld of cohort %lld has a point that is not valid",
						  (long long) scan->ordinal, (long long) scan->cohort);
	state->stream = NULL;
}

/*
 * Verifies one row.  Opening it raises an error if it is damaged.
 */
static void
check_row(BtrCheckState *state, void *arg)
{
	const MixedRow *row = (const MixedRow *) arg;
	BtrMixedScan *scan = row->scan;
	pg_uuid_t	stream = {0};
	BtrMix		mix;

	state->stream = row->stream;
	BtrMixedScanOpen(scan, &mix);
	state->stream = NULL;
	if (row->stream == NULL && (scan->ordinal < 1 || scan->waiting < 1))
		BtrCheckReportRow(state, "Mixed row %lld of cohort %lld is number %d since a compaction",
						  (long long) scan->ordinal, (long long) scan->cohort, scan->waiting);
	for (int i = 0; i < mix.nstreams; i++)
	{
		pg_uuid_t	before = stream;

		BtrMixStream(&mix, i, &stream);
		if (row->stream != NULL && memcmp(&stream, row->stream, sizeof(stream)) != 0)
			continue;
		if (row->stream == NULL && i > 0 && memcmp(&before, &stream, sizeof(stream)) >= 0)
			BtrCheckReportRow(state, "Mixed row %lld of cohort %lld has stream \"%s\" after \"%s\"",
							  (long long) scan->ordinal, (long long) scan->cohort,
							  BtrUuidText(&stream), BtrUuidText(&before));
		check_stream(state, scan, &mix, i, &stream);
	}
}

/*
 * Verifies the rows of all cohorts or, if stream is not NULL, what those of its cohort have of it.
 * Rows of a store that is gone wait to be removed by the next compaction.
 */
void
BtrCheckMixed(BtrCheckState *state, const pg_uuid_t *stream)
{
	BtrMixedScan scan;
	MixedRow	row = {&scan, stream};

	if (stream == NULL)
		BtrMixedScanBeginAfter(&scan, state->rel, BTR_NO_COHORT, state->snapshot, AccessShareLock);
	else
		BtrMixedScanBegin(&scan, state->rel, BtrCheckEnterStream(state, stream)->cohort,
						  state->snapshot, 0, AccessShareLock);
	state->stream = NULL;
	while (BtrMixedScanNext(&scan, ForwardScanDirection))
	{
		if (!scan.current)
			continue;
		(void) BtrCheckGuarded(state, check_row, &row);
		MemoryContextReset(state->context);
	}
	BtrMixedScanEnd(&scan);
}
