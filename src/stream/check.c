/*
 * check.c
 *		Verifying streams: their rows, their trees, their write buffer.
 *
 * Rows are read as they are stored, without the readers' checks, so that each
 * problem is reported and none ends the work.  Damaged pages raise errors
 * all the same, which become reports too; see BtrCheckGuarded().
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "codec/leaf.h"
#include "stream/check.h"
#include "stream/garbage.h"
#include "stream/mixed.h"
#include "stream/version.h"
#include "tree/walk.h"
#include "types/check.h"

/* ---- problems ---- */

/*
 * Reports a problem, about the stream at hand.
 */
void
BtrCheckReport(BlockNumber blkno, OffsetNumber offnum, const char *text, void *arg)
{
	BtrCheckState *state = (BtrCheckState *) arg;

	state->report(state->stream, blkno, offnum, text, state->arg);
}

/*
 * Reports a problem of rows, about the stream at hand.
 */
void
BtrCheckReportRow(BtrCheckState *state, const char *format,...)
{
	char		text[512];
	va_list		args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	BtrCheckReport(InvalidBlockNumber, InvalidOffsetNumber, text, state);
}

/*
 * Reports a problem of a tree, and remembers that not all of its nodes may have
 * been seen.
 */
static void
report_tree(BlockNumber blkno, OffsetNumber offnum, const char *text, void *arg)
{
	((BtrCheckState *) arg)->tree_problem = true;
	BtrCheckReport(blkno, offnum, text, arg);
}

/*
 * Calls work, and reports an error that damaged or unreadable data make it raise.
 * Returns whether there was none.
 *
 * A subtransaction releases what the failing work held; other errors pass on.
 */
bool
BtrCheckGuarded(BtrCheckState *state, void (*work) (BtrCheckState *, void *), void *arg)
{
	MemoryContext oldcontext = CurrentMemoryContext;
	ResourceOwner oldowner = CurrentResourceOwner;
	volatile bool ok = true;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(state->context);
	PG_TRY();
	{
		work(state, arg);

		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(oldcontext);
		CurrentResourceOwner = oldowner;
	}
	PG_CATCH();
	{
		ErrorData  *error;
		int			category;

		MemoryContextSwitchTo(state->context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		CurrentResourceOwner = oldowner;

		category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
		if (category != ERRCODE_TO_CATEGORY(ERRCODE_DATA_CORRUPTED) &&
			category != ERRCODE_TO_CATEGORY(ERRCODE_IO_ERROR))
			ReThrowError(error);
		report_tree(InvalidBlockNumber, InvalidOffsetNumber,
					error->detail == NULL ? error->message :
					psprintf("%s: %s", error->message, error->detail), state);
		MemoryContextSwitchTo(oldcontext);
		ok = false;
	}
	PG_END_TRY();

	return ok;
}

/* ---- streams ---- */

/*
 * Makes *stream the stream at hand and returns what is known of it.
 */
BtrCheckStreamEntry *
BtrCheckEnterStream(BtrCheckState *state, const pg_uuid_t *stream)
{
	BtrCheckStreamEntry *entry;
	bool		found;

	entry = hash_search(state->streams, stream, HASH_ENTER, &found);
	if (!found)
	{
		entry->newest = BTR_VERSION_EMPTY;
		entry->flushed_ordinal = 0;
		entry->registered = false;
		entry->retired = false;
		entry->cohort = BTR_NO_COHORT;
	}
	state->stream = &entry->stream;

	return entry;
}

/*
 * Reports rows of a stream that is not in btrdb.streams.
 */
void
BtrCheckRegistered(BtrCheckState *state, const BtrCheckStreamEntry *entry, const char *table)
{
	if (entry->retired)
		BtrCheckReportRow(state, "Table \"btrdb.%s\" has rows of a stream that was removed", table);
	else if (!entry->registered)
		BtrCheckReportRow(state, "Table \"btrdb.%s\" has rows of a stream that is not in \"btrdb.streams\"",
				   table);
}

/*
 * Starts to read the rows of one stream, or of all, in index order.  The first
 * column is the stream.
 */
static SysScanDesc
begin_rows(BtrCheckState *state, const pg_uuid_t *stream, Oid table, Oid index,
		   Relation *rel, Relation *indexrel)
{
	ScanKeyData key;

	if (stream != NULL)
		ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(stream));
	*rel = table_open(table, AccessShareLock);
	*indexrel = index_open(index, AccessShareLock);

	return systable_beginscan_ordered(*rel, *indexrel, state->snapshot,
									  stream != NULL ? 1 : 0, &key);
}

/*
 * Ends what begin_rows() started.
 */
static void
end_rows(SysScanDesc scan, Relation rel, Relation indexrel)
{
	systable_endscan_ordered(scan);
	index_close(indexrel, NoLock);
	table_close(rel, NoLock);
}

/*
 * Notes which streams btrdb.streams has.
 */
static void
read_streams(BtrCheckState *state, const pg_uuid_t *stream)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	rel;
	Relation	index;
	SysScanDesc scan;
	HeapTuple	tuple;

	scan = begin_rows(state, stream, catalog->streams, catalog->streams_pkey, &rel, &index);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		TupleDesc	desc = RelationGetDescr(rel);
		BtrCheckStreamEntry *entry;
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		entry = BtrCheckEnterStream(state, DatumGetUUIDP(heap_getattr(tuple, 1, desc, &isnull)));
		entry->registered = true;
		entry->cohort = BtrCohortOfRow(tuple, desc);
	}
	end_rows(scan, rel, index);
}

/*
 * Notes which streams btrdb.retired has.
 */
static void
read_retired(BtrCheckState *state, const pg_uuid_t *stream)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	rel;
	Relation	index;
	SysScanDesc scan;
	HeapTuple	tuple;

	scan = begin_rows(state, stream, catalog->retired, catalog->retired_pkey, &rel, &index);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		BtrCheckStreamEntry *entry;
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		entry = BtrCheckEnterStream(state, DatumGetUUIDP(heap_getattr(tuple, 1, RelationGetDescr(rel),
															   &isnull)));
		entry->retired = true;
		if (entry->registered)
			BtrCheckReportRow(state, "Stream was removed, but is in \"btrdb.streams\"");
	}
	end_rows(scan, rel, index);
}

/* ---- versions ---- */

/*
 * Marks a node as reached.  Returns false if it was reached before.  A TID outside
 * the store is left to whoever tries to read it.
 */
static bool
visit_node(ItemPointer tid, void *arg)
{
	BtrCheckState *state = (BtrCheckState *) arg;
	BlockNumber blkno = ItemPointerGetBlockNumberNoCheck(tid);
	OffsetNumber offnum = ItemPointerGetOffsetNumberNoCheck(tid);

	if (blkno >= state->nblocks || offnum < 1 || offnum > BTR_PAGE_MAX_ITEMS)
		return true;
	return BtrReachedAdd(state->reached, blkno, offnum);
}

/*
 * Says whether two ends of a tree are equal, to the bit.
 */
static bool
is_same_edge(const BtrEdge *a, const BtrEdge *b)
{
	return a->trimmed == b->trimmed && a->point.time == b->point.time &&
		memcmp(&a->point.value, &b->point.value, sizeof(double)) == 0;
}

/*
 * Verifies the tree of a version, and what its row says of the first and last
 * point.
 */
static void
check_tree(BtrCheckState *state, void *arg)
{
	const BtrVersion *version = (const BtrVersion *) arg;
	BtrTree		tree = {.rel = state->rel, .stream = *state->stream, .root = version->root};
	BtrEdge		edge;
	bool		damaged = state->tree_problem;

	state->tree_problem = false;
	BtrTreeVerify(&tree, version->phase, version->version, state->deep,
				  visit_node, report_tree, state);

	/* A damaged tree has had its report. */
	if (!state->tree_problem)
	{
		edge = BtrTreeEdge(&tree, false);
		if (!is_same_edge(&edge, &version->earliest))
			BtrCheckReportRow(state, "Version %lld: the earliest point is (%lld,%.17g), but its tree starts with (%lld,%.17g)",
					   (long long) version->version,
					   (long long) version->earliest.point.time, version->earliest.point.value,
					   (long long) edge.point.time, edge.point.value);
		edge = BtrTreeEdge(&tree, true);
		if (!is_same_edge(&edge, &version->latest))
			BtrCheckReportRow(state, "Version %lld: the latest point is (%lld,%.17g), but its tree ends with (%lld,%.17g)",
					   (long long) version->version,
					   (long long) version->latest.point.time, version->latest.point.value,
					   (long long) edge.point.time, edge.point.value);
	}
	state->tree_problem |= damaged;
}

/*
 * Verifies one row of btrdb.versions.
 */
static void
check_version(BtrCheckState *state, BtrCheckStreamEntry *entry, int64 store,
			  BtrVersion *version)
{
	const BtrStat *stat = &version->root.stat;
	long long	number = version->version;

	/* The first one may be any: those before were pruned. */
	if (entry->newest != BTR_VERSION_EMPTY && version->version != entry->newest + 1)
		BtrCheckReportRow(state, "Version %lld follows version %lld",
				   number, (long long) entry->newest);
	entry->newest = version->version;

	if (version->base < 1 || version->base >= version->version)
		BtrCheckReportRow(state, "Version %lld was made from version %lld",
				   number, (long long) version->base);

	/* Not so totals: rows inserted at the same time count the same points before them. */
	if (version->flushed_ordinal < entry->flushed_ordinal)
		BtrCheckReportRow(state, "Version %lld has buffered rows up to %lld, the version before up to %lld",
				   number, (long long) version->flushed_ordinal,
				   (long long) entry->flushed_ordinal);
	entry->flushed_ordinal = version->flushed_ordinal;
	if (version->phase < 0 || version->phase >= BTR_PHASES)
	{
		BtrCheckReportRow(state, "Version %lld has phase %d, expected 0 to %d",
				   number, version->phase, BTR_PHASES - 1);
		state->tree_problem = true;
		return;
	}

	/* What a row says of a store that is gone has no meaning. */
	if (store != state->store)
		return;

	if (stat->count < 0 || (stat->count == 0) != BtrRootIsEmpty(&version->root))
	{
		BtrCheckReportRow(state, "Version %lld has %lld points and %s root", number,
				   (long long) stat->count, BtrRootIsEmpty(&version->root) ? "no" : "a");
		state->tree_problem = true;
		return;
	}
	if (stat->count == 0)
		return;
	if (version->root.version > version->version)
		BtrCheckReportRow(state, "Version %lld has a root of version %lld",
				   number, (long long) version->root.version);

	(void) BtrCheckGuarded(state, check_tree, version);
}

/*
 * Takes a row of btrdb.versions apart; what is NULL in it becomes 0.
 */
static void
deform_version(HeapTuple tuple, TupleDesc desc, pg_uuid_t *stream, int64 *store,
			   BtrVersion *version)
{
	Datum		value[Natts_versions];
	bool		isnull[Natts_versions];
	BtrRoot    *root = &version->root;

	heap_deform_tuple(tuple, desc, value, isnull);
	*stream = *DatumGetUUIDP(value[Anum_versions_stream - 1]);
	*store = DatumGetInt64(value[Anum_versions_store - 1]);

	memset(version, 0, sizeof(*version));
	version->version = DatumGetInt64(value[Anum_versions_version - 1]);
	version->base = DatumGetInt64(value[Anum_versions_base - 1]);
	version->created = DatumGetTimestampTz(value[Anum_versions_created - 1]);
	version->phase = DatumGetInt16(value[Anum_versions_phase - 1]);
	version->flushed_ordinal = DatumGetInt64(value[Anum_versions_flushed_ordinal - 1]);
	version->flushed_total = DatumGetInt64(value[Anum_versions_flushed_total - 1]);

	BtrRootInit(root);
	root->stat.count = DatumGetInt64(value[Anum_versions_count - 1]);
	if (isnull[Anum_versions_root - 1])
		return;
	version->earliest = BtrVersionEdge(&value[Anum_versions_earliest - 1], &isnull[Anum_versions_earliest - 1]);
	version->latest = BtrVersionEdge(&value[Anum_versions_latest - 1], &isnull[Anum_versions_latest - 1]);
	root->stat.min = DatumGetFloat8(value[Anum_versions_min - 1]);
	root->stat.max = DatumGetFloat8(value[Anum_versions_max - 1]);
	root->stat.mean = DatumGetFloat8(value[Anum_versions_mean - 1]);
	root->stat.m2 = DatumGetFloat8(value[Anum_versions_m2 - 1]);
	root->tid = *(ItemPointer) DatumGetPointer(value[Anum_versions_root - 1]);
	root->version = DatumGetInt64(value[Anum_versions_root_version - 1]);
}

/*
 * Verifies the rows of btrdb.versions and the trees they point to.
 */
static void
check_versions(BtrCheckState *state, const pg_uuid_t *stream)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	BtrCheckStreamEntry *entry = NULL;
	Relation	rel;
	Relation	index;
	SysScanDesc scan;
	HeapTuple	tuple;

	scan = begin_rows(state, stream, catalog->versions, catalog->versions_pkey, &rel, &index);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		pg_uuid_t	row_stream;
		int64		store;
		BtrVersion	version;

		CHECK_FOR_INTERRUPTS();
		deform_version(tuple, RelationGetDescr(rel), &row_stream, &store, &version);
		if (entry == NULL || memcmp(&entry->stream, &row_stream, sizeof(row_stream)) != 0)
		{
			entry = BtrCheckEnterStream(state, &row_stream);
			BtrCheckRegistered(state, entry, "versions");
		}
		check_version(state, entry, store, &version);
		MemoryContextReset(state->context);
	}
	end_rows(scan, rel, index);
}

/* ---- the write buffer and the locks ---- */

/*
 * Verifies the points of a buffered row.
 */
static void
check_block(BtrCheckState *state, int64 ordinal, const bytea *block, int n)
{
	int64	   *time = palloc(sizeof(int64) * n);
	double	   *value = palloc(sizeof(double) * n);

	if (!BtrLeafDecode((const uint8 *) VARDATA_ANY(block), VARSIZE_ANY_EXHDR(block),
					   n, time, value))
	{
		BtrCheckReportRow(state, "Buffered row %lld has a damaged block of %d points",
				   (long long) ordinal, n);
		return;
	}
	for (int i = 0; i < n; i++)
	{
		if (!BtrTimeIsValid(time[i]) || !BtrValueIsValid(value[i]))
		{
			BtrCheckReportRow(state, "Buffered row %lld has the point (%lld,%g)",
					   (long long) ordinal, (long long) time[i], value[i]);
			return;
		}
	}
}

/*
 * Verifies one row of btrdb.buffer.  One of a store that is gone waits to be
 * removed by the next flush, one of a stream that was removed by the next maintenance.
 */
static void
check_buffer_row(BtrCheckState *state, HeapTuple tuple, TupleDesc desc)
{
	const BtrCheckStreamEntry *entry;
	Datum		value[Natts_buffer];
	bool		isnull[Natts_buffer];
	int64		ordinal;
	int64		total;
	const bytea *block;
	int			format;
	int			n;

	heap_deform_tuple(tuple, desc, value, isnull);
	entry = BtrCheckEnterStream(state, DatumGetUUIDP(value[Anum_buffer_stream - 1]));
	if (!entry->retired)
		BtrCheckRegistered(state, entry, "buffer");
	if (DatumGetInt64(value[Anum_buffer_store - 1]) != state->store)
		return;

	ordinal = DatumGetInt64(value[Anum_buffer_ordinal - 1]);
	total = DatumGetInt64(value[Anum_buffer_total - 1]);
	block = DatumGetByteaPP(value[Anum_buffer_points - 1]);
	format = BtrLeafFormat((const uint8 *) VARDATA_ANY(block), VARSIZE_ANY_EXHDR(block));
	if (format >= 0 && format != BTR_LEAF_FORMAT)
	{
		BtrCheckReportRow(state, "Buffered row %lld has format version %d, expected %d",
						  (long long) ordinal, format, BTR_LEAF_FORMAT);
		return;
	}
	n = BtrLeafCount((const uint8 *) VARDATA_ANY(block), VARSIZE_ANY_EXHDR(block));
	if (n < 1 || n > BTR_LEAF_MAX_POINTS)
	{
		BtrCheckReportRow(state, "Buffered row %lld has a damaged block of %zu bytes",
				   (long long) ordinal, VARSIZE_ANY_EXHDR(block));
		return;
	}
	if (ordinal < 1 || total < n)
		BtrCheckReportRow(state, "Buffered row %lld of %d points has the total %lld",
				   (long long) ordinal, n, (long long) total);
	check_block(state, ordinal, block, n);
}

/*
 * Verifies the rows of btrdb.buffer.
 */
static void
check_buffer(BtrCheckState *state, const pg_uuid_t *stream)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	rel;
	Relation	index;
	SysScanDesc scan;
	HeapTuple	tuple;

	scan = begin_rows(state, stream, catalog->buffer, catalog->buffer_idx, &rel, &index);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		MemoryContext oldcontext = MemoryContextSwitchTo(state->context);

		CHECK_FOR_INTERRUPTS();
		check_buffer_row(state, tuple, RelationGetDescr(rel));
		MemoryContextSwitchTo(oldcontext);
		MemoryContextReset(state->context);
	}
	end_rows(scan, rel, index);
}

/*
 * Verifies the rows of btrdb.heads.
 */
static void
check_heads(BtrCheckState *state, const pg_uuid_t *stream)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	rel;
	Relation	index;
	SysScanDesc scan;
	HeapTuple	tuple;

	scan = begin_rows(state, stream, catalog->heads, catalog->heads_pkey, &rel, &index);
	while (HeapTupleIsValid(tuple = systable_getnext_ordered(scan, ForwardScanDirection)))
	{
		bool		isnull;
		Datum		uuid = heap_getattr(tuple, 1, RelationGetDescr(rel), &isnull);

		CHECK_FOR_INTERRUPTS();
		BtrCheckRegistered(state, BtrCheckEnterStream(state, DatumGetUUIDP(uuid)), "heads");
	}
	end_rows(scan, rel, index);
}

/* ---- garbage ---- */

/*
 * Marks a node that is garbage, and all below it if the row says so, as reached.  What
 * is not there has been freed.
 */
static void
visit_garbage(BtrCheckState *state, const BtrRef *ref, bool whole, int depth)
{
	BtrNode    *node = palloc(sizeof(BtrNode));

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (BtrNodeFind(state->rel, state->stream, ref, node))
	{
		BtrRef		tid = *ref;

		if (!visit_node(&tid.tid, state))
			BtrCheckReport(ItemPointerGetBlockNumberNoCheck(&ref->tid),
						   ItemPointerGetOffsetNumberNoCheck(&ref->tid),
						   "Node is garbage, but also belongs to a version or to other garbage",
						   state);
		else if (whole && node->h.kind != BTR_NODE_LEAF && depth < BTR_WALK_MAX_DEPTH)
		{
			for (int i = 0; i < node->h.nitems; i += BtrEntryParts(node, i))
			{
				BtrRef		child = BtrEntryRef(node, i);

				if (!BtrRefIsTrimmed(&child))
					visit_garbage(state, &child, true, depth + 1);
			}
		}
	}
	pfree(node);
}

/*
 * Visits the nodes of one row of btrdb.garbage.
 */
static void
check_garbage_row(BtrCheckState *state, void *arg)
{
	BtrGarbage *garbage = (BtrGarbage *) arg;

	visit_garbage(state, &garbage->ref, garbage->whole, 0);
}

/*
 * Visits the nodes that btrdb.garbage lists, after those of all versions.
 */
static void
check_garbage(BtrCheckState *state, const pg_uuid_t *stream)
{
	BtrGarbageScan scan;
	BtrGarbage	garbage;

	BtrGarbageScanBegin(&scan, state->snapshot, InvalidFullTransactionId,
						FullTransactionIdFromU64(PG_UINT64_MAX), AccessShareLock);
	while (BtrGarbageScanNext(&scan, &garbage))
	{
		if (garbage.store != state->store ||
			(stream != NULL && memcmp(&garbage.stream, stream, sizeof(*stream)) != 0))
			continue;
		state->stream = &garbage.stream;
		(void) BtrCheckGuarded(state, check_garbage_row, &garbage);
		MemoryContextReset(state->context);
	}
	BtrGarbageScanEnd(&scan);
	state->stream = NULL;
}

/* ---- all of it ---- */

/*
 * Verifies the rows of all tables, of one stream or all.
 */
static void
check_rows(BtrCheckState *state, const pg_uuid_t *stream)
{
	read_streams(state, stream);
	read_retired(state, stream);
	check_versions(state, stream);
	check_buffer(state, stream);
	BtrCheckMixed(state, stream);
	check_heads(state, stream);
	check_garbage(state, stream);
	state->stream = NULL;
}

/*
 * Reads the store id.
 */
static void
read_store_id(BtrCheckState *state, void *arg)
{
	state->store = BtrStoreId(state->rel);
}

/*
 * Verifies what the active snapshot sees of a stream or, if it is NULL, of all,
 * and then every page of the store.
 *
 * The size of the store is read after the snapshot is taken: all nodes of
 * versions that it sees are inside.
 */
void
BtrCheck(Relation rel, const pg_uuid_t *stream, bool deep,
		 BtrCheckCallback report, void *arg)
{
	BtrCheckState state = {.rel = rel, .deep = deep, .report = report, .arg = arg};
	HASHCTL		ctl = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(BtrCheckStreamEntry)};

	state.snapshot = RegisterSnapshot(GetActiveSnapshot());
	state.nblocks = RelationGetNumberOfBlocks(rel);
	state.streams = hash_create("btrdb check streams", 1024, &ctl, HASH_ELEM | HASH_BLOBS);
	state.reached = BtrReachedCreate(state.nblocks);
	state.context = AllocSetContextCreate(CurrentMemoryContext, "btrdb check",
										  ALLOCSET_DEFAULT_SIZES);

	if (BtrCheckGuarded(&state, read_store_id, NULL))
	{
		check_rows(&state, stream);
		if (stream == NULL)
			BtrCheckPages(&state);
	}

	MemoryContextDelete(state.context);
	BtrReachedFree(state.reached);
	hash_destroy(state.streams);
	UnregisterSnapshot(state.snapshot);
}
