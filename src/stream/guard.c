/*
 * guard.c
 *		Triggers that keep the extension's tables what the code relies on.
 *
 * The code itself writes below triggers, so whatever arrives here comes from
 * an SQL command or from logical replication.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "stream/stream.h"

PG_FUNCTION_INFO_V1(btrdb_guard_internal);
PG_FUNCTION_INFO_V1(btrdb_guard_streams);

/*
 * Returns the trigger's data; an error if the function was not called as a BEFORE
 * trigger.
 */
static TriggerData *
trigger_data(FunctionCallInfo fcinfo)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a BEFORE trigger")));
	return data;
}

/*
 * Refuses every change of btrdb.versions, btrdb.buffer and btrdb.heads, whose rows
 * point into the store.
 *
 * Rows that logical replication brings point into another server's store: they
 * are skipped, so that publishing all tables does no harm.
 */
Datum
btrdb_guard_internal(PG_FUNCTION_ARGS)
{
	TriggerData *data = trigger_data(fcinfo);

	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA &&
		TRIGGER_FIRED_FOR_ROW(data->tg_event))
		PG_RETURN_POINTER(NULL);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("cannot change table \"btrdb.%s\"",
					RelationGetRelationName(data->tg_relation)),
			 errdetail("Its rows belong to the node store and are written by the extension only."),
			 errhint("Use btrdb_insert(), btrdb_delete(), btrdb_revert() or btrdb_flush().")));
}

/*
 * Returns the number of a column of the trigger's table.
 */
static int
column_number(Relation rel, const char *name)
{
	int			attnum = SPI_fnumber(RelationGetDescr(rel), name);

	if (attnum <= 0)
		elog(ERROR, "column \"%s\" of table \"btrdb.%s\" does not exist",
			 name, RelationGetRelationName(rel));
	return attnum;
}

/*
 * Raises an error if an update changes a column.
 */
static void
check_unchanged(TriggerData *data, const char *name)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			attnum = column_number(data->tg_relation, name);
	Form_pg_attribute att = TupleDescAttr(desc, attnum - 1);
	bool		old_isnull;
	bool		new_isnull;
	Datum		old_value = heap_getattr(data->tg_trigtuple, attnum, desc, &old_isnull);
	Datum		new_value = heap_getattr(data->tg_newtuple, attnum, desc, &new_isnull);

	if (old_isnull != new_isnull ||
		(!old_isnull && !datumIsEqual(old_value, new_value, att->attbyval, att->attlen)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot change column \"%s\" of a stream", name),
				 errdetail("A stream keeps its identity for ever."),
				 errhint("Use btrdb_create() to register another stream.")));
}

/*
 * Guards btrdb.streams: an update changes neither uuid nor created and raises
 * property_version by one, whatever it says; rows cannot be deleted.
 */
Datum
btrdb_guard_streams(PG_FUNCTION_ARGS)
{
	TriggerData *data = trigger_data(fcinfo);
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			attnum;
	Datum		value;
	bool		isnull;

	if (!TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot delete from table \"btrdb.%s\"",
						RelationGetRelationName(data->tg_relation)),
				 errdetail("Removing a stream is not supported yet."),
				 errhint("Use btrdb_delete() to remove a stream's points.")));

	check_unchanged(data, "uuid");
	check_unchanged(data, "created");

	attnum = column_number(data->tg_relation, "property_version");
	value = heap_getattr(data->tg_trigtuple, attnum, desc, &isnull);
	value = Int64GetDatum(DatumGetInt64(value) + 1);
	isnull = false;
	PG_RETURN_POINTER(heap_modify_tuple_by_cols(data->tg_newtuple, desc, 1,
												&attnum, &value, &isnull));
}
