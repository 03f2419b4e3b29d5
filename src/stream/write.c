/*
 * write.c
 *		Delete, trim, revert, and inserts that look at the points that are there.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "stream/announce.h"
#include "stream/buffer.h"

/*
 * Starts a version on top of *latest, which BtrFlush() has found: the stream is
 * locked.
 */
static BtrVersion
next_version(const BtrVersion *latest)
{
	BtrVersion	next = *latest;

	next.version = latest->version + 1;
	next.base = latest->version;
	return next;
}

/*
 * Notes that points of [start, end) were removed from a version: what of that range it had.
 */
static void
announce_removal(const pg_uuid_t *stream, BtrWriteKind kind, const BtrVersion *from,
				 int64 start, int64 end, int64 version)
{
	if (BtrRootIsEmpty(&from->root))
		end = start;
	else
	{
		start = Max(start, from->earliest.point.time);
		end = Min(end, from->latest.point.time + 1);
	}
	BtrAnnounce(stream, kind, start, end, version);
}

/*
 * Deletes the points in [start, end) from the latest version of a stream, which BtrFlush() has found.
 * *latest is then the version that was made.
 */
void
BtrDeleteVersion(Relation rel, const pg_uuid_t *stream, BtrVersion *latest, int64 start, int64 end)
{
	BtrVersion	next = next_version(latest);
	BtrWriter	writer;

	BtrWriterInit(&writer, rel, stream, next.version);
	next.root = BtrTreeDelete(&writer, &latest->root, latest->phase, start, end);
	BtrWriterFinish(&writer);
	BtrVersionInsert(rel, stream, &next);
	announce_removal(stream, BTR_WRITE_DELETE, latest, start, end, next.version);
	*latest = next;
}

/*
 * Deletes the points in [start, end) and returns the number of the version without
 * them, which is made even if there were none; of the current version if the
 * range is empty.  Waits for the stream's lock.
 *
 * Buffered points are flushed first, so that the tree is all there is to delete
 * from.  What other transactions insert meanwhile is not deleted.
 */
int64
BtrDelete(Relation rel, const pg_uuid_t *stream, int64 start, int64 end)
{
	BtrVersion	latest;

	if (start >= end)
	{
		BtrVersionCurrent(rel, stream, &latest);
		return latest.version;
	}

	BtrDrain(rel, stream, &latest);
	BtrDeleteVersion(rel, stream, &latest, start, end);
	return latest.version;
}

/*
 * Trims the latest version of a stream, which BtrFlush() has found; see BtrTrim().  Returns whether
 * there was something to trim; if so, *latest is the version that was made.
 */
bool
BtrTrimVersion(Relation rel, const pg_uuid_t *stream, BtrVersion *latest, int64 before,
			   int pointwidth)
{
	BtrVersion	next = next_version(latest);
	BtrWriter	writer;

	BtrWriterInit(&writer, rel, stream, next.version);
	next.root = BtrTreeTrim(&writer, &latest->root, latest->phase, before, pointwidth);
	BtrWriterFinish(&writer);
	if (ItemPointerCompare(&next.root.tid, &latest->root.tid) == 0)
		return false;
	BtrVersionInsert(rel, stream, &next);
	announce_removal(stream, BTR_WRITE_TRIM, latest, BTR_TIME_MIN, before, next.version);
	*latest = next;
	return true;
}

/*
 * Leaves of the points before a moment the statistics of aligned windows of 2^pointwidth ns, except
 * in the window that holds the moment, and returns the number of the version that it makes, or of the
 * current one if there is nothing to trim.  Waits for the stream's lock.
 *
 * Buffered points are flushed first, so that old ones among them are trimmed, too.
 */
int64
BtrTrim(Relation rel, const pg_uuid_t *stream, int64 before, int pointwidth)
{
	BtrVersion	latest;

	BtrDrain(rel, stream, &latest);
	BtrTrimVersion(rel, stream, &latest, before, pointwidth);
	return latest.version;
}

/*
 * Makes a version of those points that a policy other than never stores on top of *latest, whose tree is
 * all there is to compare with: the stream is locked.  Returns the number of the newest version.
 *
 * What other transactions buffer meanwhile counts as inserted later.  If no point is to be stored,
 * no version is made of them: an insert that is repeated changes nothing.
 */
static int64
merge_points(Relation rel, const pg_uuid_t *stream, const BtrVersion *latest, int64 *time,
			 double *value, int64 n, BtrMerge merge)
{
	BtrTree		tree = {rel, *stream, latest->root};
	BtrVersion	next;
	BtrWriter	writer;
	BtrPoints	points;

	BtrSortPoints(time, value, n);
	n = BtrTreeSift(&tree, merge, time, value, n);
	BTR_DEBUG_POINT("sifted");
	if (n == 0)
		return latest->version;

	points = (BtrPoints) {time, value, n};
	next = next_version(latest);
	if (BtrRootIsEmpty(&latest->root))
		next.phase = BtrPhaseFor(&points);
	BtrWriterInit(&writer, rel, stream, next.version);
	next.root = BtrTreeMerge(&writer, &latest->root, next.phase, &points,
							 merge == BTR_MERGE_REPLACE);
	BtrWriterFinish(&writer);
	BtrVersionInsert(rel, stream, &next);
	BtrAnnouncePoints(stream, BTR_WRITE_INSERT, &points, next.version);
	pgstat_count_heap_insert(rel, n);
	return next.version;
}

/*
 * Inserts points by a policy other than never; see stream.h.
 */
int64
BtrInsertMerge(Relation rel, const pg_uuid_t *stream, int64 *time, double *value, int64 n,
			   BtrMerge merge)
{
	BtrVersion	latest;

	Assert(merge != BTR_MERGE_NEVER);
	if (n == 0)
	{
		BtrVersionCurrent(rel, stream, &latest);
		return latest.version;
	}
	BtrDrain(rel, stream, &latest);
	return merge_points(rel, stream, &latest, time, value, n, merge);
}

/*
 * Compares two parts by the uuids of their streams.
 */
static int
compare_parts(const void *a, const void *b)
{
	return memcmp(&((const BtrInsertPart *) a)->stream, &((const BtrInsertPart *) b)->stream,
				  UUID_LEN);
}

/*
 * Inserts points of several streams by a policy other than never; see stream.h.
 *
 * First all that waits in btrdb.mixed is moved, cohort by cohort, then streams are locked: one order
 * for all statements that do this, and for btrdb_flush() of all streams.
 */
void
BtrInsertMergeMany(Relation rel, BtrInsertPart *part, uint32 nparts, BtrMerge merge)
{
	if (nparts == 1)
	{
		(void) BtrInsertMerge(rel, &part->stream, part->time, part->value, part->n, merge);
		return;
	}
	BtrDrainMixed(rel, part, nparts);
	qsort(part, nparts, sizeof(BtrInsertPart), compare_parts);
	for (uint32 i = 0; i < nparts; i++)
	{
		BtrVersion	latest;

		CHECK_FOR_INTERRUPTS();
		(void) BtrFlush(rel, &part[i].stream, NULL, true, &latest);
		(void) merge_points(rel, &part[i].stream, &latest, part[i].time, part[i].value, part[i].n,
							merge);
	}
}

/*
 * Raises an error if a version that was found before the stream was locked has been
 * pruned meanwhile: its nodes are garbage.  Nobody else prunes it from now on.
 */
static void
check_not_pruned(Relation rel, const pg_uuid_t *stream, const BtrVersion *version)
{
	BtrVersion	oldest;

	BtrVersionOldest(rel, stream, SnapshotSelf, &oldest);
	if (version->version <= BTR_VERSION_EMPTY || version->version >= oldest.version)
		return;
	if (IsolationUsesXactSnapshot())
		BtrReportSerializationFailure(stream);
	BtrVersionGet(rel, stream, version->version, SnapshotSelf, &oldest);
}

/*
 * Notes that a stream was reverted from one version to another: all times from the first to
 * the last point of both may be touched.
 */
static void
announce_revert(const pg_uuid_t *stream, const BtrVersion *from, const BtrVersion *to,
				int64 version)
{
	const BtrVersion *a = BtrRootIsEmpty(&from->root) ? to : from;
	const BtrVersion *b = BtrRootIsEmpty(&to->root) ? a : to;

	if (BtrRootIsEmpty(&a->root))
		BtrAnnounce(stream, BTR_WRITE_REVERT, 0, 0, version);
	else
		BtrAnnounce(stream, BTR_WRITE_REVERT, Min(a->earliest.point.time, b->earliest.point.time),
					Max(a->latest.point.time, b->latest.point.time) + 1, version);
}

/*
 * Makes a new version that equals version number version and returns its number.
 * Buffered points are flushed first: the version made of them can be returned to.
 * Raises 22023 if there is no such version.  Waits for the stream's lock.
 */
int64
BtrRevert(Relation rel, const pg_uuid_t *stream, int64 version)
{
	BtrVersion	target;
	BtrVersion	latest;
	BtrVersion	next;

	if (version <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot revert stream \"%s\" to version %lld",
						BtrUuidText(stream), (long long) version),
				 errdetail("Versions are numbered from 1."),
				 errhint("Use btrdb_versions() to list the stream's versions.")));

	/* Before the flush, which makes a version that the caller cannot have meant. */
	BtrVersionGet(rel, stream, version, GetActiveSnapshot(), &target);

	BtrDrain(rel, stream, &latest);
	check_not_pruned(rel, stream, &target);
	BTR_DEBUG_POINT("reverting");
	next = next_version(&latest);
	next.base = target.version;
	next.phase = target.phase;
	next.root = target.root;
	BtrVersionInsert(rel, stream, &next);
	announce_revert(stream, &latest, &target, next.version);
	return next.version;
}
