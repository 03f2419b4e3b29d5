/*
 * age.c
 *		Ageing: trims and deletes points that are old, as their stream's row says.
 *
 * Each makes a version and new nodes along the border of what it changes.  So that this costs little beside what
 * it is about, nothing is done until the points that are due reach a part of their time
 * further back than they may.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/snapmgr.h"

#include "gc/gc.h"
#include "gc/policy.h"
#include "types/spelling.h"

/* Points that are older than they may be by this part of it are due. */
#define SLACK_PART		16

/*
 * Finds the next stream with such a policy, if the user may delete.
 */
bool
BtrAgeNext(const pg_uuid_t *stream, Snapshot snapshot, pg_uuid_t *next)
{
	return pg_class_aclcheck(BtrGetCatalog()->points, GetUserId(), ACL_DELETE) == ACLCHECK_OK &&
		!IsolationIsSerializable() &&
		BtrRegisteredNextStream(stream, BTR_STREAMS_AGEING, snapshot, next);
}

/*
 * Computes the time in nanoseconds that was so many microseconds ago; false if that is before all time.
 */
static bool
time_ago(int64 length, int64 *time)
{
	TimestampTz moment;

	if (length == BTR_FOR_EVER || pg_sub_s64_overflow(GetCurrentTimestamp(), length, &moment) ||
		moment < BtrTimestampOf(BTR_TIME_MIN) || moment >= BtrTimestampOf(BTR_TIME_MAX))
		return false;
	*time = BtrReadTime(TimestampTzGetDatum(moment), TIMESTAMPTZOID);
	return true;
}

/*
 * Computes from when on points of such an age are kept, and from when on at the latest, so that
 * something is done; false if never.
 */
static bool
find_cutoff(int64 length, int64 *cutoff, int64 *latest)
{
	int64		more;

	return !pg_add_s64_overflow(length, length / SLACK_PART, &more) &&
		time_ago(length, cutoff) && time_ago(more, latest);
}

/*
 * Finds the newest version, with what is buffered in it, if nobody has locked the stream and the user
 * sees it.
 */
static bool
begin_change(Relation rel, const pg_uuid_t *stream, BtrVersion *version)
{
	return BtrStreamIsVisible(stream) && BtrFlush(rel, stream, NULL, false, version);
}

/*
 * Deletes the stream's points that are too old, if they are due; see gc.h.  A trimmed window goes when all
 * of it is too old.
 */
bool
BtrExpire(Relation rel, const pg_uuid_t *stream, BtrMaintained *done)
{
	Snapshot	snapshot = GetActiveSnapshot();
	BtrTree		tree = {.rel = rel, .stream = *stream};
	BtrPolicy	policy;
	BtrVersion	version;
	int64		cutoff;
	int64		due;
	int64		count;

	if (!BtrReadPolicy(stream, snapshot, &policy) || !find_cutoff(policy.keep, &cutoff, &due))
		return false;
	BtrVersionLatest(rel, stream, snapshot, &version);
	if (BtrRootIsEmpty(&version.root) || version.earliest.point.time >= due ||
		!begin_change(rel, stream, &version))
		return false;
	tree.root = version.root;
	cutoff = BtrTrimmedStart(&tree, cutoff);
	if (BtrRootIsEmpty(&version.root) || version.earliest.point.time >= cutoff)
		return false;
	count = version.root.stat.count;
	BtrDeleteVersion(rel, stream, &version, BTR_TIME_MIN, cutoff);
	done->streams++;
	done->items += count - version.root.stat.count;
	return false;
}

/*
 * Trims the stream's old points, if they are due; see gc.h.
 */
bool
BtrTrimOld(Relation rel, const pg_uuid_t *stream, BtrMaintained *done)
{
	Snapshot	snapshot = GetActiveSnapshot();
	BtrTree		tree = {.rel = rel, .stream = *stream};
	BtrPolicy	policy;
	BtrVersion	version;
	int64		cutoff;
	int64		due;

	if (!BtrReadPolicy(stream, snapshot, &policy) || !find_cutoff(policy.trim_after, &cutoff, &due))
		return false;
	BtrVersionLatest(rel, stream, snapshot, &version);
	tree.root = version.root;
	if (BtrTreeIsTrimmed(&tree, due, policy.trim_pointwidth) ||
		!begin_change(rel, stream, &version))
		return false;
	if (BtrTrimVersion(rel, stream, &version, cutoff, policy.trim_pointwidth))
	{
		done->streams++;
		done->items++;
	}
	return false;
}
