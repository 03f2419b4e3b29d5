/*
 * access.c
 *		Who may do what, and with which stream.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"

#include "stream/buffer.h"
#include "stream/gather.h"

/*
 * Says whether row-level security of btrdb.streams may hide streams from the current
 * user.  Raises 42501 under row_security = off rather than leaving streams out.
 */
bool
BtrStreamsAreFiltered(void)
{
	return check_enable_rls(BtrGetCatalog()->streams, InvalidOid, false) == RLS_ENABLED;
}

/*
 * Says whether btrdb.streams has the stream, by a query that row-level security
 * filters as it would the current user's own.  The plan is kept for the session.
 */
static bool
stream_is_visible(const pg_uuid_t *stream)
{
	static SPIPlanPtr plan = NULL;
	Datum		uuid = UUIDPGetDatum(stream);
	bool		found;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (plan == NULL)
	{
		Oid			type = UUIDOID;
		SPIPlanPtr	prepared;

		prepared = SPI_prepare("SELECT 1 FROM btrdb.streams WHERE uuid OPERATOR(pg_catalog.=) $1",
							   1, &type);
		if (prepared == NULL || SPI_keepplan(prepared) != 0)
			elog(ERROR, "could not prepare the query for a stream: %s",
				 SPI_result_code_string(SPI_result));
		plan = prepared;
	}
	if (SPI_execute_plan(plan, &uuid, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not query for a stream");
	found = SPI_processed > 0;
	SPI_finish();
	return found;
}

/*
 * Says whether every snapshot that this session has, or will take, sees a row of
 * btrdb.streams, until somebody deletes it.
 */
static bool
is_settled(HeapTuple tuple)
{
	HeapTupleHeader header = tuple->t_data;

	return (header->t_infomask & HEAP_XMAX_INVALID) != 0 &&
		TransactionIdPrecedes(HeapTupleHeaderGetXmin(header), TransactionXmin);
}

/*
 * Says whether btrdb.streams has the stream, seen with the active snapshot.
 *
 * The session remembers streams that all its snapshots see.  Whoever removes a stream
 * lets the others know as if he had altered the table (BtrForgetStreams()): that ends an era.
 * What is read under SERIALIZABLE must be noted, so there it is always read.
 */
bool
BtrStreamIsVisible(const pg_uuid_t *stream)
{
	const BtrCatalog *catalog;
	uint64		era;
	Relation	streams;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found;

	AcceptInvalidationMessages();
	catalog = BtrGetCatalog();
	era = catalog->era;

	if (BtrStreamsAreFiltered())
		return stream_is_visible(stream);
	if (BtrGetHint(stream)->era == era && !IsolationIsSerializable())
		return true;

	streams = table_open(catalog->streams, AccessShareLock);
	ScanKeyInit(&key, Anum_streams_uuid, BTEqualStrategyNumber, F_UUID_EQ,
				UUIDPGetDatum(stream));
	scan = systable_beginscan(streams, catalog->streams_pkey, true,
							  GetActiveSnapshot(), 1, &key);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found && is_settled(tuple))
		BtrGetHint(stream)->era = era;
	systable_endscan(scan);
	table_close(streams, NoLock);
	return found;
}

/*
 * Makes all sessions forget which streams there are, as far as the current
 * transaction commits.
 */
void
BtrForgetStreams(void)
{
	CacheInvalidateRelcacheByRelid(BtrGetCatalog()->streams);
}

/*
 * Raises the error of a stream that does not exist or that row-level security hides.
 */
void
BtrReportNoStream(const pg_uuid_t *stream)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("stream \"%s\" does not exist", BtrUuidText(stream)),
			 errhint("Use btrdb_create() to register a stream; table btrdb.streams lists those that exist.")));
}

/*
 * Raises 42704 if there is no such stream or row-level security hides it.  writer:
 * sees what its own statement has created before.
 */
void
BtrCheckStream(const pg_uuid_t *stream, bool writer)
{
	bool		visible;

	if (writer)
	{
		PushCopiedSnapshot(GetActiveSnapshot());
		UpdateActiveSnapshotCommandId();
	}
	visible = BtrStreamIsVisible(stream);
	if (writer)
		PopActiveSnapshot();

	if (!visible)
		BtrReportNoStream(stream);
}

/*
 * Says whether this is a logical restore: it sets check_function_bodies to off, and
 * its role has the rights of the table's owner.
 */
bool
BtrIsRestore(Oid relid)
{
	return !check_function_bodies && BtrCompatOwnsTable(relid);
}

/*
 * Raises 42704 if a row cannot be inserted because there is no such stream.
 *
 * A logical restore loads points and streams in any order, also at the same time.
 * It may load points before the row of their stream, which nobody sees until then.
 */
void
BtrCheckStreamOfRow(const pg_uuid_t *stream)
{
	if (!BtrIsRestore(BtrGetCatalog()->points))
		BtrCheckStream(stream, true);
	else if (BtrIsRetired(stream, SnapshotSelf))
		BtrReportNoStream(stream);
}

/*
 * Raises 55006 if points of the stream are gathered that cannot be written now, so neither
 * removed nor compared with: by an outer subtransaction, or by a merge policy.
 */
void
BtrCheckNotGathered(const pg_uuid_t *stream, CommandId cid)
{
	if (BtrGatherRead(stream, cid, NULL) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("cannot remove or replace points of stream \"%s\" while a statement outside of this subtransaction inserts into it",
						BtrUuidText(stream)),
				 errhint("Do so after the INSERT or COPY into btrdb.points, or outside of a block with an EXCEPTION clause.")));
}

/*
 * Raises 42501 if policies of btrdb.points itself choose which points the current
 * user sees: queries of the table obey them, functions cannot.
 */
static void
check_no_policies(Oid points)
{
	if (check_enable_rls(points, InvalidOid, false) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("functions cannot apply the row-level security of table \"btrdb.points\""),
				 errhint("Use SELECT and INSERT on btrdb.points; policies on btrdb.streams apply to functions too.")));
}

/*
 * Raises 42501 if the current user may not use a merge policy; see stream.h.  What a
 * policy of btrdb.points hides would show by what is stored.
 */
void
BtrCheckMergeRight(BtrMerge merge)
{
	Oid			points = BtrGetCatalog()->points;

	if (merge == BTR_MERGE_NEVER)
		return;
	check_no_policies(points);
	if (merge == BTR_MERGE_REPLACE &&
		pg_class_aclcheck(points, GetUserId(), ACL_DELETE) != ACLCHECK_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to replace points"),
				 errdetail("The merge policy \"replace\" removes points, which needs DELETE on \"btrdb.points\".")));
}

/*
 * Opens btrdb.points.  Raises 42501 if the current user has not the ACL_* right on it
 * or is subject to policies there.
 *
 * The lock is taken before anything else of the stream is read: it keeps
 * TRUNCATE away, so the store stays what it is until the end of the transaction.
 */
static Relation
open_points(LOCKMODE lockmode, AclMode right)
{
	Oid			points = BtrGetCatalog()->points;
	AclResult	result = pg_class_aclcheck(points, GetUserId(), right);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, "points");
	check_no_policies(points);
	return table_open(points, lockmode);
}

/*
 * Opens btrdb.points for an operation on a stream.  Raises 42501 if the current
 * user has not the ACL_* right on btrdb.points, 42704 if there is no such stream
 * or row-level security hides it.  A writer finds what commands before it have
 * inserted, also if they have not finished.  Close with table_close(rel, NoLock).
 */
Relation
BtrStoreOpen(const pg_uuid_t *stream, LOCKMODE lockmode, AclMode right)
{
	Relation	rel = open_points(lockmode, right);

	if (stream != NULL)
		BtrCheckStream(stream, right != ACL_SELECT);
	if (right != ACL_SELECT)
		BtrGatherWriteBefore(GetCurrentCommandId(false));
	if (right == ACL_DELETE && stream != NULL)
		BtrCheckNotGathered(stream, GetCurrentCommandId(false));
	return rel;
}

/*
 * Opens btrdb.points to remove a stream, whose row is gone already; as BtrStoreOpen()
 * does for ACL_DELETE.
 */
Relation
BtrStoreOpenToObliterate(const pg_uuid_t *stream)
{
	Relation	rel = open_points(RowExclusiveLock, ACL_DELETE);

	BtrGatherWriteBefore(GetCurrentCommandId(false));
	BtrCheckNotGathered(stream, GetCurrentCommandId(false));
	return rel;
}

/*
 * Prepares the transaction for a function that writes.  Raises 25006 in a
 * read-only transaction or during recovery and 25000 in a parallel worker.
 *
 * Assigns a transaction id: a commit without one does not wait for the log, so
 * what a function wrote and acknowledged could be lost in a crash.
 */
void
BtrPrepareWrite(const char *function)
{
	PreventCommandIfReadOnly(function);
	PreventCommandDuringRecovery(function);
	PreventCommandIfParallelMode(function);
	(void) GetCurrentTransactionId();
}

/*
 * Returns the text form of a uuid, for messages; palloc'd.
 */
char *
BtrUuidText(const pg_uuid_t *uuid)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(uuid)));
}
