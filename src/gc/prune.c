/*
 * prune.c
 *		Forgets old versions of a stream.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "gc/gc.h"

/* The versions of a stream, by number. */
typedef struct VersionList
{
	BtrVersion *version;
	int64		n;
	int64		size;
	int64		before;			/* those before this one are to go */
	int64		pruned;			/* their number */
} VersionList;

/*
 * Appends a version to the list.
 */
static bool
add_version(const BtrVersion *version, void *arg)
{
	VersionList *list = (VersionList *) arg;

	if (list->n == list->size)
	{
		list->size *= 2;
		list->version = repalloc_huge(list->version, list->size * sizeof(BtrVersion));
	}
	list->version[list->n++] = *version;
	if (version->version < list->before)
		list->pruned++;
	return true;
}

/*
 * Forgets the first versions of the list, which is of the stream's versions: deletes
 * their rows and lists what only they lead to as garbage.
 *
 * With version i go the nodes that none of the later versions made from i or an earlier
 * one leads to: the next one, and reverts.
 */
static void
forget_versions(Relation rel, const pg_uuid_t *stream, const VersionList *list)
{
	Relation	versions = table_open(BtrGetCatalog()->versions, RowExclusiveLock);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "btrdb prune",
												  ALLOCSET_DEFAULT_SIZES);
	BtrGarbageWriter writer;
	int64	   *reverts = MemoryContextAllocHuge(CurrentMemoryContext,
												 list->n * sizeof(int64));
	const BtrRoot **kept;
	int64		nreverts = 0;

	for (int64 i = 0; i < list->n; i++)
		if (list->version[i].base < list->version[i].version - 1)
			reverts[nreverts++] = i;
	kept = MemoryContextAllocHuge(CurrentMemoryContext, (nreverts + 1) * sizeof(BtrRoot *));

	BtrGarbageWriterBegin(&writer, rel, stream);
	for (int64 i = 0; i < list->pruned; i++)
	{
		BtrVersion *version = &list->version[i];
		MemoryContext old = MemoryContextSwitchTo(context);
		int			nkept = 0;

		CHECK_FOR_INTERRUPTS();
		if (i + 1 < list->n)
			kept[nkept++] = &list->version[i + 1].root;
		for (int64 r = 0; r < nreverts; r++)
		{
			BtrVersion *revert = &list->version[reverts[r]];

			if (revert->version > version->version && revert->base <= version->version)
				kept[nkept++] = &revert->root;
		}
		BtrSweep(&writer, rel, &version->root, kept, nkept);
		MemoryContextSwitchTo(old);
		MemoryContextReset(context);
		BtrDeleteRow(versions, &version->row, stream);
	}
	BtrGarbageWriterEnd(&writer);
	CommandCounterIncrement();

	MemoryContextDelete(context);
	pfree(kept);
	pfree(reverts);
	table_close(versions, NoLock);
}

/*
 * Forgets the stream's versions before before_version; see gc.h.
 */
int64
BtrPrune(Relation rel, const pg_uuid_t *stream, int64 before_version)
{
	VersionList list = {.size = 64, .before = before_version};
	BtrVersion	latest;

	(void) BtrChangeBegin(rel, stream, true, &latest);
	if (before_version <= 0 || before_version > latest.version)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot prune stream \"%s\" before version %lld",
						BtrUuidText(stream), (long long) before_version),
				 errdetail("Its latest version is %lld, which always stays.",
						   (long long) latest.version),
				 errhint("Use btrdb_versions() to list the stream's versions.")));

	list.version = palloc(list.size * sizeof(BtrVersion));
	BtrVersionWalk(rel, stream, GetActiveSnapshot(), add_version, &list);
	if (list.pruned > 0)
		forget_versions(rel, stream, &list);
	pfree(list.version);
	PopActiveSnapshot();
	return list.pruned;
}
