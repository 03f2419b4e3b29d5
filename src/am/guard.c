/*
 * guard.c
 *		What btrdb.points must be, and the event triggers that keep it so.
 *
 * An access method hears of few commands about its table.  The event triggers
 * hear of all that could make the table another one than the code relies on, and
 * need no preloaded library.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "storage/lmgr.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"

#include "am/am.h"

PG_FUNCTION_INFO_V1(btrdb_guard_commands);

/*
 * Raises an error unless rows have the three columns that the extension's script
 * gives them.
 */
void
BtrCheckPointsColumns(TupleDesc desc)
{
	static const struct
	{
		const char *name;
		Oid			type;
	}			columns[] = {
		{"stream", UUIDOID}, {"time", INT8OID}, {"value", FLOAT8OID}
	};
	bool		same = desc->natts == lengthof(columns);

	for (int i = 0; same && i < lengthof(columns); i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		same = !att->attisdropped && att->atttypid == columns[i].type &&
			strcmp(NameStr(att->attname), columns[i].name) == 0;
	}
	if (!same)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"btrdb.points\" must have the columns stream uuid, time bigint, value double precision"),
				 errhint("Use btrdb.streams to keep what else is known of a stream.")));
}

/*
 * Raises the error of a command that would rewrite btrdb.points.
 */
pg_noreturn static void
report_rewrite(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot rewrite table \"btrdb.points\""),
			 errdetail("Versions point to the places of its tree nodes."),
			 errhint("To keep points in another form, create a table from SELECT * FROM btrdb.points.")));
}

/*
 * Raises an error if CREATE INDEX names btrdb.points.  Before it begins, because
 * CONCURRENTLY commits an index that is not valid before it builds it.
 */
static void
check_index(const IndexStmt *stmt, Oid points)
{
	if (OidIsValid(points) && RangeVarGetRelid(stmt->relation, NoLock, true) == points)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("CREATE INDEX is not supported on \"btrdb.points\""),
				 errhint(BTR_INDEX_HINT)));
}

/*
 * Warns if a command has made a publication that names btrdb.points: nodes are not
 * decoded, so it sends no changes.
 */
static void
check_publication(const Node *stmt, Oid points)
{
	const char *name;

	if (IsA(stmt, CreatePublicationStmt))
		name = ((const CreatePublicationStmt *) stmt)->pubname;
	else if (IsA(stmt, AlterPublicationStmt))
		name = ((const AlterPublicationStmt *) stmt)->pubname;
	else
		return;
	if (OidIsValid(points) &&
		list_member_oid(GetRelationPublications(points), get_publication_oid(name, false)))
		ereport(WARNING,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("publication \"%s\" sends no points that are written to \"btrdb.points\"", name),
				 errdetail("A new subscriber gets a copy of those that are there, and then nothing but TRUNCATE."),
				 errhint("Use physical replication, or publish a table that the points come from.")));
}

/*
 * Raises an error if a command has made of btrdb.points what it cannot be.
 */
static void
check_points(Relation rel)
{
	TriggerDesc *triggers = rel->trigdesc;

	if (rel->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"btrdb.points\" must stay a table"),
				 errhint("Use a view of another name.")));
	BtrCheckPointsColumns(RelationGetDescr(rel));
	if (triggers != NULL &&
		(triggers->trig_insert_after_row || triggers->trig_update_after_row ||
		 triggers->trig_delete_after_row))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"btrdb.points\" cannot have AFTER ROW triggers or foreign keys"),
				 errdetail("A point cannot be found again by its place in the table."),
				 errhint("Use a BEFORE ROW trigger, or a statement trigger with a transition table.")));
	if (has_superclass(RelationGetRelid(rel)) ||
		find_inheritance_children(RelationGetRelid(rel), NoLock) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"btrdb.points\" cannot take part in inheritance or partitioning"),
				 errhint("Use a view to read several tables as one.")));
}

/*
 * Removes what ANALYZE has kept of points if row-level security of btrdb.streams is
 * enabled: it is of streams that not everybody may see.  ANALYZE keeps nothing from then on.
 *
 * The lock that the command holds keeps ANALYZE of btrdb.points away, which locks
 * btrdb.streams (streams_oid) before it looks.
 */
static void
forget_statistics(Oid points, Oid streams_oid)
{
	Relation	streams = OidIsValid(streams_oid) ? RelationIdGetRelation(streams_oid) : NULL;
	Relation	rel;
	ListCell   *lc;

	/* somebody may have renamed it, which must not make other commands fail */
	if (!RelationIsValid(streams))
		return;
	if (streams->rd_rel->relrowsecurity &&
		CheckRelationLockedByMe(streams, AccessExclusiveLock, false))
	{
		RemoveStatistics(points, 0);
		rel = table_open(points, AccessShareLock);
		foreach(lc, RelationGetStatExtList(rel))
			RemoveStatisticsDataById(lfirst_oid(lc), false);
		table_close(rel, NoLock);
	}
	RelationClose(streams);
}

/*
 * Event trigger of ddl_command_start, table_rewrite and ddl_command_end.
 *
 * At the end of a command only a table that the transaction has locked to change
 * it is looked at: what others do to it is their event triggers' business, and
 * nobody waits.
 */
Datum
btrdb_guard_commands(PG_FUNCTION_ARGS)
{
	EventTriggerData *data = (EventTriggerData *) fcinfo->context;
	Oid			schema = get_namespace_oid("btrdb", true);
	Oid			points = OidIsValid(schema) ? get_relname_relid("points", schema) : InvalidOid;
	Relation	rel;

	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as an event trigger")));
	if (creating_extension || IsBinaryUpgrade)
		PG_RETURN_NULL();

	if (strcmp(data->event, "ddl_command_start") == 0)
	{
		if (IsA(data->parsetree, IndexStmt))
			check_index((const IndexStmt *) data->parsetree, points);
		PG_RETURN_NULL();
	}
	if (strcmp(data->event, "table_rewrite") == 0)
	{
		if (DatumGetObjectId(OidFunctionCall0(F_PG_EVENT_TRIGGER_TABLE_REWRITE_OID)) == points)
			report_rewrite();
		PG_RETURN_NULL();
	}
	if (data->tag == CMDTAG_CREATE_PUBLICATION || data->tag == CMDTAG_ALTER_PUBLICATION)
	{
		check_publication(data->parsetree, points);
		PG_RETURN_NULL();
	}

	if (!OidIsValid(points))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("table \"btrdb.points\" must keep its name and schema"),
				 errhint("Use a view to give it another name.")));
	rel = RelationIdGetRelation(points);
	if (!RelationIsValid(rel))
		elog(ERROR, "could not open relation with OID %u", points);
	if (CheckRelationLockedByMe(rel, ShareUpdateExclusiveLock, true))
		check_points(rel);
	RelationClose(rel);
	forget_statistics(points, get_relname_relid("streams", schema));
	PG_RETURN_NULL();
}
