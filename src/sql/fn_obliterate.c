/*
 * fn_obliterate.c
 *		btrdb_obliterate() and the trigger by which DELETE FROM btrdb.streams does the same.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#include "gc/gc.h"
#include "sql/args.h"
#include "stream/announce.h"

PG_FUNCTION_INFO_V1(btrdb_obliterate);
PG_FUNCTION_INFO_V1(btrdb_obliterate_deleted);

/*
 * btrdb_obliterate(stream uuid) returns void: removes a stream, by SQL as the caller, so
 * that privileges, row-level security, foreign keys and triggers of btrdb.streams apply.
 */
Datum
btrdb_obliterate(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {"stream"};
	static SPIPlanPtr plan = NULL;
	Oid			types[] = {UUIDOID};
	pg_uuid_t  *stream;
	Datum		args[1];
	Relation	rel;
	int			result;
	bool		deleted;

	BtrCheckNotNull(fcinfo, names);
	stream = PG_GETARG_UUID_P(0);
	args[0] = UUIDPGetDatum(stream);
	BtrPrepareWrite("btrdb_obliterate()");
	rel = BtrStoreOpen(stream, RowExclusiveLock, ACL_DELETE);

	SPI_connect();
	result = SPI_execute_plan(BtrKeptPlan(&plan,
										  "DELETE FROM btrdb.streams WHERE uuid OPERATOR(pg_catalog.=) $1",
										  lengthof(types), types),
							  args, NULL, false, 0);
	if (result != SPI_OK_DELETE)
		elog(ERROR, "could not delete from \"btrdb.streams\": %s",
			 SPI_result_code_string(result));
	deleted = SPI_processed > 0;
	SPI_finish();
	table_close(rel, NoLock);

	/* removed by another transaction meanwhile, or hidden from DELETE by a policy */
	if (!deleted)
		BtrReportNoStream(stream);
	PG_RETURN_VOID();
}

/*
 * Obliterates the stream whose row in btrdb.streams was deleted.
 *
 * The trigger comes after the fact: another one before may keep the row.
 */
Datum
btrdb_obliterate_deleted(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	Relation	rel;
	pg_uuid_t  *stream;
	bool		isnull;

	/* Anybody may call it from a trigger on a table of his own. */
	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event) || !TRIGGER_FIRED_BY_DELETE(data->tg_event) ||
		RelationGetRelid(data->tg_relation) != BtrGetCatalog()->streams)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as an AFTER DELETE trigger of \"btrdb.streams\"")));

	stream = DatumGetUUIDP(heap_getattr(data->tg_trigtuple, Anum_streams_uuid,
										RelationGetDescr(data->tg_relation), &isnull));
	rel = BtrStoreOpenToObliterate(stream);
	BtrObliterate(rel, stream);
	BtrAnnounceRemoved(stream, data->tg_trigtuple, RelationGetDescr(data->tg_relation));
	table_close(rel, NoLock);
	PG_RETURN_POINTER(NULL);
}
