/*
 * debug_places.h
 *		In builds with assertions, lets an error arise wherever one may.
 *
 * Such builds include this file before all others (see the Makefile).  Functions of
 * PostgreSQL that may fail, for want of memory or disk, by cancellation or because a page
 * cannot be read, become places: the n-th one that a session passes raises an error if
 * btrdb.debug_fail is n.  Tests do that with n = 1, 2, ... until a call succeeds.
 *
 * A macro's own name in its replacement is not expanded again, so it means the function.
 */
#ifndef BTR_DEBUG_PLACES_H
#define BTR_DEBUG_PLACES_H

#include "postgres.h"

#include "access/genam.h"
#include "access/generic_xlog.h"
#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xloginsert.h"
#include "catalog/indexing.h"
#include "commands/vacuum.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/freespace.h"
#include "storage/lmgr.h"
#include "storage/smgr.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "debug.h"

#define BTR_PLACE		BtrDebugPlace(__FILE__, __LINE__)

/* memory */
#define palloc(size) (BTR_PLACE, palloc(size))
#define palloc0(size) (BTR_PLACE, palloc0(size))
#define repalloc(old, size) (BTR_PLACE, repalloc(old, size))
#define repalloc_huge(old, size) (BTR_PLACE, repalloc_huge(old, size))
#define pstrdup(s) (BTR_PLACE, pstrdup(s))
#define psprintf(...) (BTR_PLACE, psprintf(__VA_ARGS__))
#define MemoryContextAlloc(context, size) (BTR_PLACE, MemoryContextAlloc(context, size))
#define MemoryContextAllocZero(context, size) (BTR_PLACE, MemoryContextAllocZero(context, size))
#define MemoryContextAllocHuge(context, size) (BTR_PLACE, MemoryContextAllocHuge(context, size))
#define MemoryContextAllocExtended(context, size, flags) \
	(BTR_PLACE, MemoryContextAllocExtended(context, size, flags))
#define heap_form_tuple(desc, values, nulls) (BTR_PLACE, heap_form_tuple(desc, values, nulls))
#define tuplestore_putvalues(...) (BTR_PLACE, tuplestore_putvalues(__VA_ARGS__))
#define InitMaterializedSRF(fcinfo, flags) (BTR_PLACE, InitMaterializedSRF(fcinfo, flags))
#define hash_create(...) (BTR_PLACE, hash_create(__VA_ARGS__))
#define hash_search(...) (BTR_PLACE, hash_search(__VA_ARGS__))
#define RegisterSnapshot(snapshot) (BTR_PLACE, RegisterSnapshot(snapshot))
#define PushActiveSnapshot(snapshot) (BTR_PLACE, PushActiveSnapshot(snapshot))

/* relations and their rows */
#define table_open(relid, lockmode) (BTR_PLACE, table_open(relid, lockmode))
#define index_open(relid, lockmode) (BTR_PLACE, index_open(relid, lockmode))
#define systable_beginscan(...) (BTR_PLACE, systable_beginscan(__VA_ARGS__))
#define systable_beginscan_ordered(...) (BTR_PLACE, systable_beginscan_ordered(__VA_ARGS__))
#define systable_getnext(scan) (BTR_PLACE, systable_getnext(scan))
#define systable_getnext_ordered(scan, direction) (BTR_PLACE, systable_getnext_ordered(scan, direction))
#define CatalogTupleInsert(rel, tuple) (BTR_PLACE, CatalogTupleInsert(rel, tuple))
#define CatalogTupleInsertWithInfo(rel, tuple, state) (BTR_PLACE, CatalogTupleInsertWithInfo(rel, tuple, state))
#define heap_insert(...) (BTR_PLACE, heap_insert(__VA_ARGS__))
#define heap_lock_tuple(...) (BTR_PLACE, heap_lock_tuple(__VA_ARGS__))
#define index_insert(...) (BTR_PLACE, index_insert(__VA_ARGS__))
#define table_tuple_delete(...) (BTR_PLACE, table_tuple_delete(__VA_ARGS__))
#define GetCurrentTransactionId() (BTR_PLACE, GetCurrentTransactionId())
#define CommandCounterIncrement() (BTR_PLACE, CommandCounterIncrement())
#define BeginInternalSubTransaction(name) (BTR_PLACE, BeginInternalSubTransaction(name))
#define SPI_connect() (BTR_PLACE, SPI_connect())
#define SPI_prepare(...) (BTR_PLACE, SPI_prepare(__VA_ARGS__))
#define SPI_execute_plan(...) (BTR_PLACE, SPI_execute_plan(__VA_ARGS__))
#define LockRelationForExtension(rel, mode) (BTR_PLACE, LockRelationForExtension(rel, mode))

/* pages */
#define ReadBuffer(rel, blkno) (BTR_PLACE, ReadBuffer(rel, blkno))
#define ReadBufferExtended(...) (BTR_PLACE, ReadBufferExtended(__VA_ARGS__))
#define ExtendBufferedRel(...) (BTR_PLACE, ExtendBufferedRel(__VA_ARGS__))
#define GenericXLogStart(rel) (BTR_PLACE, GenericXLogStart(rel))
#define GenericXLogRegisterBuffer(...) (BTR_PLACE, GenericXLogRegisterBuffer(__VA_ARGS__))
#define log_newpage(...) (BTR_PLACE, log_newpage(__VA_ARGS__))
#define smgrextend(...) (BTR_PLACE, smgrextend(__VA_ARGS__))
#define GetPageWithFreeSpace(rel, size) (BTR_PLACE, GetPageWithFreeSpace(rel, size))
#define RecordPageWithFreeSpace(...) (BTR_PLACE, RecordPageWithFreeSpace(__VA_ARGS__))
#define FreeSpaceMapVacuumRange(...) (BTR_PLACE, FreeSpaceMapVacuumRange(__VA_ARGS__))

/* cancellation; what the macro does otherwise, it does by the function that it calls */
static inline void
BtrDebugCheckForInterrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

#undef CHECK_FOR_INTERRUPTS
#define CHECK_FOR_INTERRUPTS() (BtrDebugCancelPlace(__FILE__, __LINE__), BtrDebugCheckForInterrupts())
#define vacuum_delay_point(...) (BtrDebugCancelPlace(__FILE__, __LINE__), vacuum_delay_point(__VA_ARGS__))

#endif							/* BTR_DEBUG_PLACES_H */
