/*
 * handler.c
 *		The table access method btrdb, which serves one table: btrdb.points.
 *
 * The main fork of btrdb.points is the node store.  Functions read and write
 * it; the callbacks here look after the relation as a whole: its creation,
 * TRUNCATE, copying to another tablespace, its size.  Rows are read by scan.c and
 * inserted by write.c.  Callbacks that would have to change, lock or find single
 * rows raise an error that names the function to use.
 */
#include "postgres.h"

#include "access/multixact.h"
#include "access/tableam.h"
#include "catalog/storage.h"
#include "catalog/storage_xlog.h"
#include "executor/tuptable.h"
#include "fmgr.h"
#include "storage/lmgr.h"
#include "storage/smgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "am/am.h"
#include "page/page.h"

/* Points on a full page: two leaves of about 4.4 bytes per point. */
#define POINTS_PER_PAGE		1800

#define SAMPLE_HINT	"Use btrdb_windows() to summarize a stream, or ask for less time."

PG_FUNCTION_INFO_V1(btrdb_handler);

/* ---- errors ---- */

/*
 * Raises the error of every callback that would find a row by its place.
 */
pg_noreturn static void
cannot_read(Relation rel)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot find a row of \"btrdb.%s\" by its place",
					RelationGetRelationName(rel)),
			 errhint("Select by stream and time.")));
}

/*
 * Raises the error of every callback for a command that makes no sense here.
 */
pg_noreturn static void
not_supported(Relation rel, const char *command, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
	/* translator: %s is the name of an SQL command */
			 errmsg("%s is not supported on \"btrdb.%s\"",
					command, RelationGetRelationName(rel)),
			 errhint("%s", hint)));
}

/* ---- scans ---- */

/*
 * Copies a slot's row, with its place: ANALYZE orders its sample by that.
 */
static HeapTuple
copy_placed_tuple(TupleTableSlot *slot)
{
	HeapTuple	tuple = TTSOpsVirtual.copy_heap_tuple(slot);

	tuple->t_self = slot->tts_tid;
	return tuple;
}

/*
 * Returns the kind of slot that could hold this table's rows: a virtual one whose copies
 * keep the place.
 */
static const TupleTableSlotOps *
btr_slot_callbacks(Relation rel)
{
	static TupleTableSlotOps placed;

	if (placed.copy_heap_tuple == NULL)
	{
		placed = TTSOpsVirtual;
		placed.copy_heap_tuple = copy_placed_tuple;
	}
	return &placed;
}

/*
 * Begins a scan: of a sample for ANALYZE, else of all rows.
 */
static TableScanDesc
btr_scan_begin(Relation rel, Snapshot snapshot, int nkeys, ScanKey key,
			   ParallelTableScanDesc pscan, uint32 flags)
{
	if ((flags & SO_TYPE_ANALYZE) != 0)
		return BtrAnalyzeBegin(rel, flags);
	return BtrScanBeginRows(rel, snapshot, nkeys, key, pscan, flags);
}

/*
 * Ends a scan.
 */
static void
btr_scan_end(TableScanDesc scan)
{
	if ((scan->rs_flags & SO_TYPE_ANALYZE) != 0)
		BtrAnalyzeEnd(scan);
	else
		BtrScanEndRows(scan);
}

static bool
btr_scan_sample_next_block(TableScanDesc scan, struct SampleScanState *scanstate)
{
	not_supported(scan->rs_rd, "TABLESAMPLE", SAMPLE_HINT);
}

static bool
btr_scan_sample_next_tuple(TableScanDesc scan, struct SampleScanState *scanstate,
						   TupleTableSlot *slot)
{
	not_supported(scan->rs_rd, "TABLESAMPLE", SAMPLE_HINT);
}

/* ---- indexes ---- */

static IndexFetchTableData *
btr_index_fetch_begin(Relation rel)
{
	cannot_read(rel);
}

static void
btr_index_fetch_reset(IndexFetchTableData *data)
{
	cannot_read(data->rel);
}

static void
btr_index_fetch_end(IndexFetchTableData *data)
{
	cannot_read(data->rel);
}

static bool
btr_index_fetch_tuple(IndexFetchTableData *data, ItemPointer tid,
					  Snapshot snapshot, TupleTableSlot *slot,
					  bool *call_again, bool *all_dead)
{
	cannot_read(data->rel);
}

static TransactionId
btr_index_delete_tuples(Relation rel, TM_IndexDeleteOp *delstate)
{
	cannot_read(rel);
}

static double
btr_index_build_range_scan(Relation rel, Relation index, struct IndexInfo *info,
						   bool allow_sync, bool anyvisible, bool progress,
						   BlockNumber start_blockno, BlockNumber numblocks,
						   IndexBuildCallback callback, void *callback_state,
						   TableScanDesc scan)
{
	not_supported(rel, "CREATE INDEX", BTR_INDEX_HINT);
}

static void
btr_index_validate_scan(Relation rel, Relation index, struct IndexInfo *info,
						Snapshot snapshot, struct ValidateIndexState *state)
{
	not_supported(rel, "CREATE INDEX", BTR_INDEX_HINT);
}

/* ---- single rows ---- */

/*
 * Is asked for a row of a join when another row of it was changed concurrently:
 * points have no place to be found at again, so the statement has to be repeated.
 */
static bool
btr_tuple_fetch_row_version(Relation rel, ItemPointer tid, Snapshot snapshot,
							TupleTableSlot *slot)
{
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not recheck a row that was joined with \"btrdb.%s\" and updated concurrently",
					RelationGetRelationName(rel)),
			 errhint("The statement might succeed if retried.")));
}

static bool
btr_tuple_tid_valid(TableScanDesc scan, ItemPointer tid)
{
	cannot_read(scan->rs_rd);
}

static void
btr_tuple_get_latest_tid(TableScanDesc scan, ItemPointer tid)
{
	cannot_read(scan->rs_rd);
}

static bool
btr_tuple_satisfies_snapshot(Relation rel, TupleTableSlot *slot, Snapshot snapshot)
{
	cannot_read(rel);
}

static void
btr_tuple_insert_speculative(Relation rel, TupleTableSlot *slot, CommandId cid,
							 int options, struct BulkInsertStateData *bistate,
							 uint32 specToken)
{
	not_supported(rel, "ON CONFLICT",
				  "Duplicates coexist; DO NOTHING without a target is accepted.");
}

static void
btr_tuple_complete_speculative(Relation rel, TupleTableSlot *slot,
							   uint32 specToken, bool succeeded)
{
	not_supported(rel, "ON CONFLICT",
				  "Duplicates coexist; DO NOTHING without a target is accepted.");
}

static TM_Result
btr_tuple_delete(Relation rel, ItemPointer tid, CommandId cid, Snapshot snapshot,
				 Snapshot crosscheck, bool wait, TM_FailureData *tmfd,
				 bool changingPart)
{
	not_supported(rel, "DELETE",
				  "Use btrdb_delete() to remove a range of time from a stream.");
}

static TM_Result
btr_tuple_update(Relation rel, ItemPointer otid, TupleTableSlot *slot,
				 CommandId cid, Snapshot snapshot, Snapshot crosscheck,
				 bool wait, TM_FailureData *tmfd, LockTupleMode *lockmode,
				 TU_UpdateIndexes *update_indexes)
{
	not_supported(rel, "UPDATE",
				  "Use btrdb_delete() and btrdb_insert() to replace points.");
}

/*
 * Is reached by the subscriber's side of logical replication only, for a row that
 * is to be updated or deleted.
 */
static TM_Result
btr_tuple_lock(Relation rel, ItemPointer tid, Snapshot snapshot,
			   TupleTableSlot *slot, CommandId cid, LockTupleMode mode,
			   LockWaitPolicy wait_policy, uint8 flags, TM_FailureData *tmfd)
{
	not_supported(rel, "UPDATE or DELETE by logical replication",
				  "Publish with publish = 'insert, truncate'; use btrdb_delete() to remove points.");
}

/* ---- the relation as a whole ---- */

/*
 * Says whether rel, in the same schema as btrdb.points, is the table that VACUUM FULL
 * makes to copy it to: it has this name, and nobody else may use btrdb.points.
 */
static bool
is_copy_of_points(Relation rel)
{
	Oid			points = get_relname_relid("points", RelationGetNamespace(rel));

	return OidIsValid(points) &&
		strcmp(RelationGetRelationName(rel), psprintf("pg_temp_%u", points)) == 0 &&
		CheckRelationOidLockedByMe(points, AccessExclusiveLock, false);
}

/*
 * Raises an error unless rel is btrdb.points, a permanent table with the three
 * columns that the extension's script gives it.
 */
static void
check_is_points(Relation rel, char persistence)
{
	char	   *schema = get_namespace_name(RelationGetNamespace(rel));

	if (schema == NULL || strcmp(schema, "btrdb") != 0 ||
		(strcmp(RelationGetRelationName(rel), "points") != 0 && !is_copy_of_points(rel)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("access method \"btrdb\" cannot be used for relation \"%s\"",
						RelationGetRelationName(rel)),
				 errdetail("It serves only the table \"btrdb.points\" of the extension."),
				 errhint("Use btrdb_create() to make a stream.")));

	if (persistence != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"btrdb.points\" cannot be temporary or unlogged")));

	BtrCheckPointsColumns(RelationGetDescr(rel));
}

/*
 * Makes the storage of a new, empty store: at CREATE TABLE and at TRUNCATE.
 * A rollback returns to the old file, and so to the old store id.
 */
static void
btr_relation_set_new_filelocator(Relation rel, const RelFileLocator *newrlocator,
								 char persistence, TransactionId *freezeXid,
								 MultiXactId *minmulti)
{
	check_is_points(rel, persistence);

	/* pages hold the xids of their owners, so they limit how far clog is cut */
	*freezeXid = RecentXmin;
	*minmulti = GetOldestMultiXactId();

	BtrMetaCreate(*newrlocator, persistence);
}

/*
 * Empties a store that the same transaction made.
 */
static void
btr_relation_nontransactional_truncate(Relation rel)
{
	RelationTruncate(rel, 0);
	BtrMetaReset(rel);
}

/*
 * Copies the store block by block, for SET TABLESPACE: tree nodes stay at
 * their TIDs and versions stay valid.
 */
static void
btr_relation_copy_data(Relation rel, const RelFileLocator *newrlocator)
{
	SMgrRelation dst = smgropen(*newrlocator, rel->rd_backend);

	/* the copy reads the files and not shared buffers */
	FlushRelationBuffers(rel);

	RelationCreateStorage(*newrlocator, rel->rd_rel->relpersistence, true);
	RelationCopyStorage(RelationGetSmgr(rel), dst, MAIN_FORKNUM,
						rel->rd_rel->relpersistence);

	for (ForkNumber fork = MAIN_FORKNUM + 1; fork <= MAX_FORKNUM; fork++)
	{
		if (!smgrexists(RelationGetSmgr(rel), fork))
			continue;
		smgrcreate(dst, fork, false);
		log_smgrcreate(newrlocator, fork);
		RelationCopyStorage(RelationGetSmgr(rel), dst, fork,
							rel->rd_rel->relpersistence);
	}

	RelationDropStorage(rel);
	smgrclose(dst);
}

/*
 * Copies the store block by block, for VACUUM FULL: tree nodes stay at their TIDs
 * and versions stay valid.  What it gives back are empty pages at the end; other
 * space is found by VACUUM.
 */
static void
btr_relation_copy_for_cluster(Relation OldTable, Relation NewTable,
							  Relation OldIndex, bool use_sort,
							  TransactionId OldestXmin,
							  TransactionId *xid_cutoff,
							  MultiXactId *multi_cutoff, double *num_tuples,
							  double *tups_vacuumed, double *tups_recently_dead)
{
	if (OldIndex != NULL)
		not_supported(OldTable, "CLUSTER", "The points of each stream are in order of time anyway.");

	BtrStoreCopy(OldTable, NewTable);

	/* no page has an owner any more, so the cutoffs stay as they were computed */
	*num_tuples = OldTable->rd_rel->reltuples;
	*tups_vacuumed = 0;
	*tups_recently_dead = 0;
}

static bool
btr_relation_needs_toast_table(Relation rel)
{
	return false;
}

/*
 * Estimates the size of the store for the planner: as many points per page
 * as VACUUM or ANALYZE found, or as there usually are.
 */
static void
btr_relation_estimate_size(Relation rel, int32 *attr_widths, BlockNumber *pages,
						   double *tuples, double *allvisfrac)
{
	double		density = POINTS_PER_PAGE;

	if (rel->rd_rel->reltuples > 0 && rel->rd_rel->relpages > 1)
		density = rel->rd_rel->reltuples / (rel->rd_rel->relpages - 1);
	*pages = RelationGetNumberOfBlocks(rel);
	*tuples = *pages > 1 ? (double) (*pages - 1) * density : 0;
	*allvisfrac = 0;
}

/* ---- the handler ---- */

static const TableAmRoutine btr_methods = {
	.type = T_TableAmRoutine,

	.slot_callbacks = btr_slot_callbacks,

	.scan_begin = btr_scan_begin,
	.scan_end = btr_scan_end,
	.scan_rescan = BtrScanRescanRows,
	.scan_getnextslot = BtrScanGetNextRow,

	.parallelscan_estimate = table_block_parallelscan_estimate,
	.parallelscan_initialize = table_block_parallelscan_initialize,
	.parallelscan_reinitialize = table_block_parallelscan_reinitialize,

	.index_fetch_begin = btr_index_fetch_begin,
	.index_fetch_reset = btr_index_fetch_reset,
	.index_fetch_end = btr_index_fetch_end,
	.index_fetch_tuple = btr_index_fetch_tuple,
	.index_delete_tuples = btr_index_delete_tuples,
	.index_build_range_scan = btr_index_build_range_scan,
	.index_validate_scan = btr_index_validate_scan,

	.tuple_fetch_row_version = btr_tuple_fetch_row_version,
	.tuple_tid_valid = btr_tuple_tid_valid,
	.tuple_get_latest_tid = btr_tuple_get_latest_tid,
	.tuple_satisfies_snapshot = btr_tuple_satisfies_snapshot,
	.tuple_insert = BtrTupleInsert,
	.tuple_insert_speculative = btr_tuple_insert_speculative,
	.tuple_complete_speculative = btr_tuple_complete_speculative,
	.multi_insert = BtrMultiInsert,
	.finish_bulk_insert = BtrFinishBulkInsert,
	.tuple_delete = btr_tuple_delete,
	.tuple_update = btr_tuple_update,
	.tuple_lock = btr_tuple_lock,

	.relation_set_new_filelocator = btr_relation_set_new_filelocator,
	.relation_nontransactional_truncate = btr_relation_nontransactional_truncate,
	.relation_copy_data = btr_relation_copy_data,
	.relation_copy_for_cluster = btr_relation_copy_for_cluster,
	.relation_vacuum = BtrRelationVacuum,
	.scan_analyze_next_block = BtrAnalyzeNextBlock,
	.scan_analyze_next_tuple = BtrAnalyzeNextTuple,

	.relation_size = table_block_relation_size,
	.relation_needs_toast_table = btr_relation_needs_toast_table,
	.relation_estimate_size = btr_relation_estimate_size,

	.scan_sample_next_block = btr_scan_sample_next_block,
	.scan_sample_next_tuple = btr_scan_sample_next_tuple,
};

/*
 * Returns the callbacks of the access method, for CREATE ACCESS METHOD.
 */
Datum
btrdb_handler(PG_FUNCTION_ARGS)
{
	PG_RETURN_POINTER(&btr_methods);
}
