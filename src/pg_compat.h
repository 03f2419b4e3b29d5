/*
 * pg_compat.h
 *		Differences between PostgreSQL 15 and 18; the only file that looks at
 *		PG_VERSION_NUM.  Code is written to the newest API.
 */
#ifndef BTR_PG_COMPAT_H
#define BTR_PG_COMPAT_H

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "btrdb supports PostgreSQL 15 to 18"
#endif

#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

#include "access/transam.h"
#include "storage/bufmgr.h"
#include "storage/lwlock.h"
#include "storage/lmgr.h"
#include "utils/rel.h"

#if PG_VERSION_NUM >= 170000
#include "storage/read_stream.h"
#endif

#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#include "varatt.h"

#define BtrFloat8In(num, endptr, type_name, orig, escontext) \
	float8in_internal(num, endptr, type_name, orig, escontext)
#else
#define BtrFloat8In(num, endptr, type_name, orig, escontext) \
	float8in_internal(num, endptr, type_name, orig)

/* Without soft errors, every error is a hard one. */
#define ereturn(escontext, dummy_value, ...) \
	do { \
		(void) (escontext); \
		ereport(ERROR, __VA_ARGS__); \
	} while (0)
#define SOFT_ERROR_OCCURRED(escontext) false

/* What the storage manager reads and writes is aligned for direct I/O since 16. */
#define PGIOAlignedBlock PGAlignedBlock

#define RelFileLocator RelFileNode
#define rd_locator rd_node
#endif

/* ---- table access method ---- */

#if PG_VERSION_NUM >= 170000
#define BTR_ANALYZE_NEXT_BLOCK_ARGS \
	TableScanDesc scan, struct ReadStream *stream
#define BtrAnalyzeBlock(blkno)	BtrCompatSampledBlock(stream, blkno)

/*
 * Says which block ANALYZE has chosen next; false at the end.
 */
static inline bool
BtrCompatSampledBlock(struct ReadStream *stream, BlockNumber *blkno)
{
	Buffer		buf = read_stream_next_buffer(stream, NULL);

	if (!BufferIsValid(buf))
		return false;
	*blkno = BufferGetBlockNumber(buf);
	ReleaseBuffer(buf);
	return true;
}
#else
#define BTR_ANALYZE_NEXT_BLOCK_ARGS \
	TableScanDesc scan, BlockNumber blockno, BufferAccessStrategy bstrategy
#define BtrAnalyzeBlock(blkno)	(*(blkno) = blockno, true)
#endif

#if PG_VERSION_NUM < 160000
#define relation_set_new_filelocator relation_set_new_filenode
#define TU_UpdateIndexes bool
#endif

/* ---- transactions ---- */

#if PG_VERSION_NUM < 170000
#define TransamVariables ShmemVariableCache
#endif

/*
 * Returns the oldest transaction that the commit log still has.
 */
static inline TransactionId
BtrCompatOldestLoggedXid(void)
{
	TransactionId xid;

	LWLockAcquire(XactTruncationLock, LW_SHARED);
	xid = TransamVariables->oldestClogXid;
	LWLockRelease(XactTruncationLock);
	return xid;
}

/* ---- executor ---- */

#if PG_VERSION_NUM >= 180000
#define BTR_EXECUTOR_RUN_ARGS \
	QueryDesc *query, ScanDirection direction, uint64 count
#define BTR_EXECUTOR_RUN_VALUES		query, direction, count
#else
#define BTR_EXECUTOR_RUN_ARGS \
	QueryDesc *query, ScanDirection direction, uint64 count, bool execute_once
#define BTR_EXECUTOR_RUN_VALUES		query, direction, count, execute_once
#endif

/* ---- planner ---- */

#if PG_VERSION_NUM >= 160000
#define BtrBuildExpressionPathkey(root, expr, opno, relids) \
	build_expression_pathkey(root, expr, opno, relids, false)
#define BtrProcAclCheck(function, role, right) \
	object_aclcheck(ProcedureRelationId, function, role, right)
#else
#define BtrBuildExpressionPathkey(root, expr, opno, relids) \
	build_expression_pathkey(root, expr, NULL, opno, relids, false)
#define BtrProcAclCheck(function, role, right) \
	pg_proc_aclcheck(function, role, right)
#endif

#if PG_VERSION_NUM >= 170000
#define BtrEstimateArrayLength(root, array)	estimate_array_length(root, array)
#else
#define BtrEstimateArrayLength(root, array)	estimate_array_length(array)
#endif

#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"

/* Relations that a query has, as far as their names matter to what EXPLAIN shows. */
#define BtrExplainRelations(es)		((es)->rtable_size)
#else
#include "commands/explain.h"

#define BtrExplainRelations(es)		list_length((es)->rtable)
#endif

/* ---- rights ---- */

/* Has the current role the rights of the table's owner? */
#if PG_VERSION_NUM >= 160000
#define BtrCompatOwnsTable(relid) \
	object_ownercheck(RelationRelationId, relid, GetUserId())
#else
#define BtrCompatOwnsTable(relid)	pg_class_ownercheck(relid, GetUserId())
#endif

/* ---- databases ---- */

/* Of a database whose DROP DATABASE was interrupted; not in the first minor releases. */
#ifndef DATCONNLIMIT_INVALID_DB
#define DATCONNLIMIT_INVALID_DB		(-2)
#endif

/* ---- vacuum ---- */

#if PG_VERSION_NUM < 160000
struct VacuumCutoffs
{
	TransactionId OldestXmin;
	MultiXactId OldestMxact;
	TransactionId FreezeLimit;
	MultiXactId MultiXactCutoff;
};

#define vacuum_get_cutoffs(rel, params, cutoffs) \
	vacuum_set_xid_limits(rel, (params)->freeze_min_age, \
						  (params)->freeze_table_age, \
						  (params)->multixact_freeze_min_age, \
						  (params)->multixact_freeze_table_age, \
						  &(cutoffs)->OldestXmin, &(cutoffs)->OldestMxact, \
						  &(cutoffs)->FreezeLimit, &(cutoffs)->MultiXactCutoff)
#endif

#if PG_VERSION_NUM >= 170000
#define BtrIsAutoVacuum()	AmAutoVacuumWorkerProcess()
#else
#define BtrIsAutoVacuum()	IsAutoVacuumWorkerProcess()
#endif

/* relation, pages, tuples, relfrozenxid, relminmxid */
#if PG_VERSION_NUM >= 180000
#define BtrUpdateRelStats(rel, pages, tuples, xid, mxid) \
	vac_update_relstats(rel, pages, tuples, 0, 0, false, xid, mxid, NULL, NULL, false)
#define BtrVacuumDelayPoint()	vacuum_delay_point(false)
#define BtrReportVacuum(rel, live, dead, started) \
	pgstat_report_vacuum(RelationGetRelid(rel), (rel)->rd_rel->relisshared, \
						 live, dead, started)
#else
#define BtrUpdateRelStats(rel, pages, tuples, xid, mxid) \
	vac_update_relstats(rel, pages, tuples, 0, false, xid, mxid, NULL, NULL, false)
#define BtrVacuumDelayPoint()	vacuum_delay_point()
#define BtrReportVacuum(rel, live, dead, started) \
	((void) (started), \
	 pgstat_report_vacuum(RelationGetRelid(rel), (rel)->rd_rel->relisshared, \
						  live, dead))
#endif

/* ---- a standby's conflicts ---- */

#if PG_VERSION_NUM >= 160000
#define BtrCompatFillReusePage(record, rel, horizon) \
	((record)->locator = (rel)->rd_locator, \
	 (record)->block = InvalidBlockNumber, \
	 (record)->snapshotConflictHorizon = (horizon), \
	 (record)->isCatalogRel = false)
#else
#define BtrCompatFillReusePage(record, rel, horizon) \
	((record)->node = (rel)->rd_node, \
	 (record)->block = InvalidBlockNumber, \
	 (record)->latestRemovedFullXid = (horizon))
#endif

/* ---- pages ---- */

/*
 * Adds a zeroed block to the relation's main fork; returns its buffer, pinned.
 */
static inline Buffer
BtrCompatExtend(Relation rel)
{
#if PG_VERSION_NUM >= 160000
	return ExtendBufferedRel(BMR_REL(rel), MAIN_FORKNUM, NULL, 0);
#else
	Buffer		buf;

	LockRelationForExtension(rel, ExclusiveLock);
	buf = ReadBuffer(rel, P_NEW);
	UnlockRelationForExtension(rel, ExclusiveLock);
	return buf;
#endif
}

#endif							/* BTR_PG_COMPAT_H */
