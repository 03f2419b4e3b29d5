/*
 * write.c
 *		INSERT and COPY into btrdb.points.
 *
 * Rows are checked as they come and written together when their statement
 * ends; see stream/gather.h.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#include "am/am.h"
#include "guc.h"
#include "stream/gather.h"
#include "types/check.h"

/* Columns of btrdb.points */
#define Anum_points_stream	1
#define Anum_points_time	2
#define Anum_points_value	3
#define Natts_points		3

/* A row as it comes from the executor. */
typedef struct Row
{
	const pg_uuid_t *stream;
	int64		time;
	double		value;
} Row;

/*
 * Says whether a trigger fires in this session.
 */
static bool
trigger_fires(const Trigger *trigger)
{
	switch (trigger->tgenabled)
	{
		case TRIGGER_FIRES_ALWAYS:
			return true;
		case TRIGGER_FIRES_ON_ORIGIN:
			return SessionReplicationRole != SESSION_REPLICATION_ROLE_REPLICA;
		case TRIGGER_FIRES_ON_REPLICA:
			return SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA;
		default:
			return false;
	}
}

/*
 * Raises 0A000 if a trigger would fire after each inserted row: it fetches the row
 * again, by a place that points do not have.
 */
static void
check_triggers(Relation rel)
{
	const TriggerDesc *triggers = rel->trigdesc;

	if (triggers == NULL || !triggers->trig_insert_after_row)
		return;
	for (int i = 0; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW,
								 TRIGGER_TYPE_AFTER, TRIGGER_TYPE_INSERT) &&
			trigger_fires(trigger))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot insert into \"btrdb.points\" because of trigger \"%s\"",
							trigger->tgname),
					 errdetail("AFTER ROW triggers are not supported on this table."),
					 errhint("Use a BEFORE ROW trigger, or a statement trigger with a transition table.")));
	}
}

/*
 * Prepares the transaction and the table for rows.
 */
static void
prepare(Relation rel)
{
	if (RelationGetNumberOfAttributes(rel) != Natts_points)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot insert into \"btrdb.points\" because of its columns"),
				 errdetail("It has %d columns, but points have %d.",
						   RelationGetNumberOfAttributes(rel), Natts_points)));
	check_triggers(rel);
	BtrPrepareWrite("INSERT");
}

/*
 * Takes a row from a slot and checks it.  row->stream points into the slot.  The
 * slot gets the TID of all rows that RETURNING may show.
 */
static void
read_row(Relation rel, TupleTableSlot *slot, Row *row)
{
	slot_getallattrs(slot);
	for (int i = 0; i < Natts_points; i++)
	{
		if (slot->tts_isnull[i])
			ereport(ERROR,
					(errcode(ERRCODE_NOT_NULL_VIOLATION),
					 errmsg("column \"%s\" of \"btrdb.points\" is null",
							NameStr(TupleDescAttr(RelationGetDescr(rel), i)->attname))));
	}
	row->stream = DatumGetUUIDP(slot->tts_values[Anum_points_stream - 1]);
	row->time = DatumGetInt64(slot->tts_values[Anum_points_time - 1]);
	row->value = DatumGetFloat8(slot->tts_values[Anum_points_value - 1]);
	BtrCheckTime(row->time);
	BtrCheckValue(row->value);

	slot->tts_tableOid = RelationGetRelid(rel);
	ItemPointerSet(&slot->tts_tid, 0, FirstOffsetNumber);
}

/*
 * Inserts a row of INSERT, logical replication, or COPY when that has triggers or
 * volatile defaults to see to.  Writes it at once if nobody would tell when the
 * last one has come.
 */
void
BtrTupleInsert(Relation rel, TupleTableSlot *slot, CommandId cid, int options,
			   struct BulkInsertStateData *bistate)
{
	Row			row;

	read_row(rel, slot, &row);
	if (BtrExecutorRuns(cid))
	{
		BtrGather  *gather = BtrGatherFind(cid);

		if (gather == NULL)
		{
			prepare(rel);
			gather = BtrGatherBegin(rel, cid, false);
		}
		BtrGatherAdd(gather, row.stream, row.time, row.value);
	}
	else
	{
		prepare(rel);
		BtrCheckStreamOfRow(row.stream);
		if (btrdb_merge == BTR_MERGE_NEVER)
			(void) BtrInsert(rel, row.stream, &row.time, &row.value, 1);
		else
		{
			BtrCheckMergeRight((BtrMerge) btrdb_merge);
			BtrCheckNotGathered(row.stream, cid);
			(void) BtrInsertMerge(rel, row.stream, &row.time, &row.value, 1,
								  (BtrMerge) btrdb_merge);
		}
	}
}

/*
 * Inserts rows of COPY, which tells by BtrFinishBulkInsert() that it has no more.
 */
void
BtrMultiInsert(Relation rel, TupleTableSlot **slots, int nslots, CommandId cid,
			   int options, struct BulkInsertStateData *bistate)
{
	BtrGather  *gather = BtrGatherFind(cid);

	if (gather == NULL)
	{
		prepare(rel);
		gather = BtrGatherBegin(rel, cid, true);
	}
	for (int i = 0; i < nslots; i++)
	{
		Row			row;

		read_row(rel, slots[i], &row);
		BtrGatherAdd(gather, row.stream, row.time, row.value);
	}
}

/*
 * Writes the rows of COPY.
 */
void
BtrFinishBulkInsert(Relation rel, int options)
{
	BtrGatherFinishBulk();
}
