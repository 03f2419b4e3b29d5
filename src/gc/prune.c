/*
 * prune.c
 *		Forgets versions of a stream, the old ones or all.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "debug.h"
#include "gc/gc.h"

/* What reverts lead to: those with the same root are one. */
typedef struct Revert
{
	ItemPointerData tid;		/* of the root; hash key */
	BtrRoot		root;
	int64		base;			/* the least one */
	int64		version;		/* the last one */
} Revert;

/* A prune at work. */
typedef struct Prune
{
	/* Info */
	Relation	rel;			/* btrdb.points */
	const pg_uuid_t *stream;
	int64		before;			/* versions before this one are to go */

	/* Variables */
	Relation	versions;
	BtrGarbageWriter writer;
	HTAB	   *reverts;		/* Revert, with a base before before */
	const BtrRoot **kept;		/* room for all of them and one more */
	BtrVersion	oldest;			/* the version that goes next */

	/* Counters */
	int64		pruned;

	/* Memory */
	MemoryContext context;		/* reset for each version */
} Prune;

/*
 * Notes a version if it is a revert that may need what is to go.
 */
static bool
note_revert(const BtrVersion *version, void *arg)
{
	Prune	   *prune = (Prune *) arg;
	Revert	   *revert;
	bool		found;

	if (version->base >= version->version - 1 || version->base >= prune->before ||
		BtrRootIsEmpty(&version->root))
		return true;
	revert = hash_search(prune->reverts, &version->root.tid, HASH_ENTER, &found);
	if (!found)
	{
		revert->root = version->root;
		revert->base = version->base;
	}
	revert->base = Min(revert->base, version->base);
	revert->version = version->version;
	return true;
}

/*
 * Forgets the oldest version, which next follows, or NULL if it is the last: deletes its
 * row and lists what only it leads to as garbage.
 *
 * That is what none of the later versions made from it, or from one before it, leads
 * to: the next one, and reverts.
 */
static void
forget_oldest(Prune *prune, const BtrVersion *next)
{
	int64		version = prune->oldest.version;
	MemoryContext old = MemoryContextSwitchTo(prune->context);
	HASH_SEQ_STATUS status;
	Revert	   *revert;
	int			nkept = 0;

	if (next != NULL)
		prune->kept[nkept++] = &next->root;
	hash_seq_init(&status, prune->reverts);
	while ((revert = hash_seq_search(&status)) != NULL)
		if (revert->version > version && revert->base <= version)
			prune->kept[nkept++] = &revert->root;
	BtrSweep(&prune->writer, prune->rel, &prune->oldest.root, prune->kept, nkept);
	MemoryContextSwitchTo(old);
	MemoryContextReset(prune->context);
	BTR_DEBUG_POINT("swept");
	BtrDeleteRow(prune->versions, &prune->oldest.row, prune->stream);
	prune->pruned++;
	BTR_DEBUG_POINT("forgotten");
}

/*
 * Forgets the version before the one given, if that is to go.
 */
static bool
visit_version(const BtrVersion *version, void *arg)
{
	Prune	   *prune = (Prune *) arg;

	if (prune->oldest.version != BTR_VERSION_EMPTY)
		forget_oldest(prune, version);
	prune->oldest = *version;
	return version->version < prune->before;
}

/*
 * Forgets the stream's versions before a number; see gc.h.  Memory is bounded but for
 * reverts.
 */
int64
BtrForgetVersions(Relation rel, const pg_uuid_t *stream, int64 before)
{
	Prune		state = {.rel = rel, .stream = stream, .before = before,
	.oldest.version = BTR_VERSION_EMPTY};
	Prune	   *prune = &state;
	HASHCTL		ctl = {.keysize = sizeof(ItemPointerData), .entrysize = sizeof(Revert),
	.hcxt = CurrentMemoryContext};
	Snapshot	snapshot = GetActiveSnapshot();

	prune->reverts = hash_create("btrdb reverts", 64, &ctl,
								 HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	BtrVersionWalk(prune->rel, prune->stream, snapshot, note_revert, prune);
	prune->kept = MemoryContextAllocHuge(CurrentMemoryContext,
										 (hash_get_num_entries(prune->reverts) + 1) *
										 sizeof(BtrRoot *));
	prune->context = AllocSetContextCreate(CurrentMemoryContext, "btrdb prune",
										   ALLOCSET_DEFAULT_SIZES);
	prune->versions = table_open(BtrGetCatalog()->versions, RowExclusiveLock);
	BtrGarbageWriterBegin(&prune->writer, prune->rel, prune->stream);
	BtrVersionWalk(prune->rel, prune->stream, snapshot, visit_version, prune);
	if (prune->oldest.version != BTR_VERSION_EMPTY && prune->oldest.version < prune->before)
		forget_oldest(prune, NULL);
	BtrGarbageWriterEnd(&prune->writer);
	table_close(prune->versions, NoLock);
	CommandCounterIncrement();

	MemoryContextDelete(prune->context);
	pfree(prune->kept);
	hash_destroy(prune->reverts);
	return prune->pruned;
}

/*
 * Says whether the active snapshot sees the stream's oldest version as it is now.  One
 * of a REPEATABLE READ transaction may see versions that others have pruned.
 */
static bool
sees_oldest(Relation rel, const pg_uuid_t *stream)
{
	BtrVersion	seen;
	BtrVersion	oldest;

	BtrVersionOldest(rel, stream, GetActiveSnapshot(), &seen);
	BtrVersionOldest(rel, stream, SnapshotSelf, &oldest);
	return seen.version == oldest.version;
}

/*
 * Forgets the stream's versions before before_version; see gc.h.
 */
int64
BtrPrune(Relation rel, const pg_uuid_t *stream, int64 before_version, bool wait)
{
	BtrVersion	latest;
	int64		pruned = 0;

	if (!BtrChangeBegin(rel, stream, wait, &latest))
		return 0;
	if (before_version <= 0 || before_version > latest.version)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot prune stream \"%s\" before version %lld",
						BtrUuidText(stream), (long long) before_version),
				 errdetail("Its latest version is %lld, which always stays.",
						   (long long) latest.version),
				 errhint("Use btrdb_versions() to list the stream's versions.")));
	if (wait || sees_oldest(rel, stream))
		pruned = BtrForgetVersions(rel, stream, before_version);
	PopActiveSnapshot();
	return pruned;
}
