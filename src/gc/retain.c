/*
 * retain.c
 *		Retention: forgets versions that were superseded long ago.
 *
 * What stays is the version that was the latest when the time that versions are kept
 * for began, and all later ones.  So btrdb_version_at() answers for every moment of that time.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/int.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/snapmgr.h"

#include "gc/gc.h"
#include "gc/policy.h"
#include "guc.h"

/* At most so many versions of a stream go at a time. */
#define RETAIN_BITE		1000

/* The search for versions to forget. */
typedef struct Search
{
	TimestampTz cutoff;			/* versions that are superseded by then go */
	int64		n;				/* versions that existed by then */
	int64		before;			/* the last of those */
} Search;

/*
 * Notes a version if it was there at the cutoff.
 */
static bool
visit_version(const BtrVersion *version, void *arg)
{
	Search	   *search = (Search *) arg;

	if (version->created > search->cutoff)
		return false;
	search->before = version->version;
	return ++search->n <= RETAIN_BITE;
}

/*
 * Finds the next stream that may have versions to forget, if the user may do that.
 */
bool
BtrRetainNext(const pg_uuid_t *stream, Snapshot snapshot, pg_uuid_t *next)
{
	return pg_class_aclcheck(BtrGetCatalog()->points, GetUserId(), ACL_DELETE) == ACLCHECK_OK &&
		!IsolationIsSerializable() &&
		BtrRegisteredNextStream(stream, btrdb_retention < 0 ? BTR_STREAMS_RETAINED : BTR_STREAMS_ALL,
								snapshot, next);
}

/*
 * Forgets the stream's versions that are due, a bite of them, if the user sees the
 * stream and nobody has locked it.  Returns whether there may be more.
 *
 * Of a stream of which nothing is due, one or two version rows are read.
 */
bool
BtrRetain(Relation rel, const pg_uuid_t *stream, BtrMaintained *done)
{
	Snapshot	snapshot = GetActiveSnapshot();
	BtrPolicy	policy;
	Search		search = {0};
	int64		forgotten;

	if (!BtrReadPolicy(stream, snapshot, &policy) || policy.retention == BTR_FOR_EVER ||
		pg_sub_s64_overflow(GetCurrentTimestamp(), policy.retention, &search.cutoff))
		return false;
	BtrVersionWalk(rel, stream, snapshot, visit_version, &search);
	if (search.n < 2 || !BtrStreamIsVisible(stream))
		return false;
	forgotten = BtrPrune(rel, stream, search.before, false);
	if (forgotten > 0)
		done->streams++;
	done->items += forgotten;
	return forgotten > 0 && search.n > RETAIN_BITE;
}
