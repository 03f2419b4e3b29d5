/*
 * am.h
 *		The table access method btrdb: what its files share.
 */
#ifndef BTR_AM_H
#define BTR_AM_H

#include "access/tableam.h"
#include "commands/vacuum.h"

#include "pg_compat.h"

/* ---- scan.c ---- */

/* Sequential scans: scan_begin, scan_end, scan_rescan, scan_getnextslot. */
extern TableScanDesc BtrScanBeginRows(Relation rel, Snapshot snapshot, int nkeys,
									  struct ScanKeyData *key, ParallelTableScanDesc pscan,
									  uint32 flags);
extern void BtrScanEndRows(TableScanDesc scan);
extern void BtrScanRescanRows(TableScanDesc scan, struct ScanKeyData *key, bool set_params,
							  bool allow_strat, bool allow_sync, bool allow_pagemode);
extern bool BtrScanGetNextRow(TableScanDesc scan, ScanDirection direction,
							  TupleTableSlot *slot);

/* ---- guard.c ---- */

/* What is said to whoever wants an index of btrdb.points. */
#define BTR_INDEX_HINT	"The tree is the index: select by stream and time, or use btrdb_nearest()."

/* Raises an error unless rows have the columns of btrdb.points. */
extern void BtrCheckPointsColumns(TupleDesc desc);

/* ---- vacuum.c ---- */

/* The access method's VACUUM. */
extern void BtrRelationVacuum(Relation rel, struct VacuumParams *params,
							  BufferAccessStrategy bstrategy);

/* ---- analyze.c: the callbacks of ANALYZE ---- */

extern TableScanDesc BtrAnalyzeBegin(Relation rel, uint32 flags);
extern void BtrAnalyzeEnd(TableScanDesc base);
extern bool BtrAnalyzeNextBlock(BTR_ANALYZE_NEXT_BLOCK_ARGS);
extern bool BtrAnalyzeNextTuple(TableScanDesc base, TransactionId OldestXmin,
								double *liverows, double *deadrows,
								TupleTableSlot *slot);

/* ---- write.c ---- */

/* Rows of INSERT, one by one: gathered, or written at once if no executor runs. */
extern void BtrTupleInsert(Relation rel, TupleTableSlot *slot, CommandId cid, int options,
						   struct BulkInsertStateData *bistate);

/* Rows of COPY, gathered until BtrFinishBulkInsert(). */
extern void BtrMultiInsert(Relation rel, TupleTableSlot **slots, int nslots, CommandId cid,
						   int options, struct BulkInsertStateData *bistate);
extern void BtrFinishBulkInsert(Relation rel, int options);

/* ---- executor.c ---- */

/* Installs the hooks that write what a statement has gathered when it ends. */
extern void BtrInstallExecutorHooks(void);

/* Will the executor say when the command that inserts with command id cid has ended? */
extern bool BtrExecutorRuns(CommandId cid);

#endif							/* BTR_AM_H */
