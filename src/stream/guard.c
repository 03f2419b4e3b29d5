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
#include "common/int.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "stream/stream.h"

PG_FUNCTION_INFO_V1(btrdb_guard_channel);
PG_FUNCTION_INFO_V1(btrdb_guard_internal);
PG_FUNCTION_INFO_V1(btrdb_guard_retired);
PG_FUNCTION_INFO_V1(btrdb_guard_streams);
PG_FUNCTION_INFO_V1(btrdb_guard_uuid);

/*
 * Returns the trigger's data; an error if the function was not called as a BEFORE
 * trigger or, if after is true, as an AFTER ROW trigger.
 */
static TriggerData *
trigger_data(FunctionCallInfo fcinfo, bool after)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		!(after ? TRIGGER_FIRED_AFTER(data->tg_event) && TRIGGER_FIRED_FOR_ROW(data->tg_event) :
		  TRIGGER_FIRED_BEFORE(data->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as %s trigger", after ? "an AFTER ROW" : "a BEFORE")));
	return data;
}

/*
 * Refuses the change of a table that only the extension writes to; skips it if it is of
 * a row that logical replication brings: what is right here is what this server's own
 * code makes of changes of btrdb.streams and btrdb.points.
 */
static void
refuse_change(TriggerData *data, const char *detail, const char *hint)
{
	if (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA &&
		TRIGGER_FIRED_FOR_ROW(data->tg_event))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("cannot change table \"btrdb.%s\"",
					RelationGetRelationName(data->tg_relation)),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint)));
}

/*
 * Refuses every change of btrdb.versions, btrdb.buffer, btrdb.mixed, btrdb.garbage and
 * btrdb.heads,
 * whose rows point into the store.
 *
 * Rows that logical replication brings point into another server's store: they
 * are skipped, so that publishing all tables does no harm.
 */
Datum
btrdb_guard_internal(PG_FUNCTION_ARGS)
{
	refuse_change(trigger_data(fcinfo, false),
				  "Its rows belong to the node store and are written by the extension only.",
				  "Use btrdb_insert(), btrdb_delete(), btrdb_revert() or btrdb_flush().");
	PG_RETURN_POINTER(NULL);
}

/*
 * Refuses changes of btrdb.retired, but lets a restore insert.
 *
 * Where logical replication deletes a stream, this server's own trigger has retired it.
 */
Datum
btrdb_guard_retired(PG_FUNCTION_ARGS)
{
	TriggerData *data = trigger_data(fcinfo, false);

	if (TRIGGER_FIRED_BY_INSERT(data->tg_event) &&
		BtrIsRestore(RelationGetRelid(data->tg_relation)))
		PG_RETURN_POINTER(data->tg_trigtuple);
	refuse_change(data, "A uuid that was used stays used.",
				  "Use btrdb_obliterate() to remove a stream.");
	PG_RETURN_POINTER(NULL);
}

/*
 * Raises an error unless the trigger is one of btrdb.streams.  Whoever owns a table could
 * else have a trigger there that takes its columns for those of btrdb.streams.
 */
static void
check_is_of_streams(TriggerData *data)
{
	if (RelationGetRelid(data->tg_relation) != BtrGetCatalog()->streams)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger of \"btrdb.streams\"")));
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
 * Guards btrdb.streams: an update changes neither uuid nor created nor number and raises
 * property_version by one, whatever it says; TRUNCATE is refused.
 */
Datum
btrdb_guard_streams(PG_FUNCTION_ARGS)
{
	TriggerData *data = trigger_data(fcinfo, false);
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			attnum;
	int64		properties;
	Datum		value;
	bool		isnull;

	check_is_of_streams(data);
	if (!TRIGGER_FIRED_BY_UPDATE(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot truncate table \"btrdb.%s\"",
						RelationGetRelationName(data->tg_relation)),
				 errdetail("Versions and points go with each stream."),
				 errhint("Use DELETE, which removes them too.")));

	check_unchanged(data, "uuid");
	check_unchanged(data, "created");
	check_unchanged(data, "number");

	attnum = column_number(data->tg_relation, "property_version");
	value = heap_getattr(data->tg_trigtuple, attnum, desc, &isnull);
	if (pg_add_s64_overflow(DatumGetInt64(value), 1, &properties))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("property_version out of range"),
				 errdetail("It is %lld already.", (long long) DatumGetInt64(value))));
	value = Int64GetDatum(properties);
	isnull = false;
	PG_RETURN_POINTER(heap_modify_tuple_by_cols(data->tg_newtuple, desc, 1,
												&attnum, &value, &isnull));
}

/*
 * Refuses a row inserted into btrdb.streams with the uuid of a stream that was removed, and lets
 * all sessions know of one that has a channel.
 *
 * The trigger comes after the fact: inserting waits for whoever is about to remove the
 * stream of this uuid.
 */
Datum
btrdb_guard_uuid(PG_FUNCTION_ARGS)
{
	TriggerData *data = trigger_data(fcinfo, true);
	pg_uuid_t  *stream;
	bool		isnull;

	check_is_of_streams(data);
	stream = DatumGetUUIDP(heap_getattr(data->tg_trigtuple, column_number(data->tg_relation, "uuid"),
										RelationGetDescr(data->tg_relation), &isnull));
	if (BtrIsRetired(stream, SnapshotSelf))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("uuid \"%s\" was that of a stream that has been removed",
						BtrUuidText(stream)),
				 errdetail("A uuid that was used stays used."),
				 errhint("Use another uuid, or leave it to btrdb_create() to make one.")));

	/* Its writes are announced from now on. */
	if (!heap_attisnull(data->tg_trigtuple, Anum_streams_channel, RelationGetDescr(data->tg_relation)))
		BtrForgetStreams();
	PG_RETURN_POINTER(NULL);
}

/*
 * Lets all sessions know that the channel of a stream has changed, when that commits.
 */
Datum
btrdb_guard_channel(PG_FUNCTION_ARGS)
{
	check_is_of_streams(trigger_data(fcinfo, true));
	BtrForgetStreams();
	PG_RETURN_POINTER(NULL);
}
