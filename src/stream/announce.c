/*
 * announce.c
 *		Notifications of writes to streams that have a channel.
 *
 * Whoever writes notes what it did.  What is noted belongs to a subtransaction, and goes with it
 * if that is rolled back.  Just before the transaction commits, what is left is handed to NOTIFY, merged into
 * one notification for each stream; PostgreSQL delivers it if the transaction does commit.
 *
 * A session remembers which streams have channels for as long as btrdb.streams is not
 * altered: a change of a channel is announced as such an alteration (BtrForgetStreams()).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "commands/async.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "stream/announce.h"

/* A session remembers the channels, or that there is none, of this many streams at most. */
#define KNOWN_MAX		10000

/* What a transaction, or a part of it, has done to a stream. */
typedef struct Write
{
	pg_uuid_t	stream;			/* hash key */
	dlist_node	node;
	NameData	channel;
	int			kinds;			/* set of BtrWriteKind */
	int64		version;		/* the last one it made; 0: none */
	bool		buffered;		/* points may wait in the write buffer */
	int64		start;			/* of the times touched: [start, end) */
	int64		end;
	struct Write *outer;		/* to which it will be added when its subtransaction ends */
} Write;

/* The writes of a subtransaction. */
typedef struct Level
{
	struct Level *outer;
	SubTransactionId subid;
	HTAB	   *table;			/* of Write */
	dlist_head	writes;			/* in the order of the first ones */
	MemoryContext context;		/* holds all of this */
} Level;

static Level *innermost = NULL;

/* The channel of a stream; empty if it has none. */
typedef struct KnownChannel
{
	pg_uuid_t	stream;			/* hash key */
	NameData	channel;
} KnownChannel;

static HTAB *known = NULL;
static uint64 known_era = 0;

/* ---- which streams have a channel ---- */

/*
 * Finds a stream that has a channel, as it is committed now or the transaction has made it:
 * the one given or, if that is NULL, any.  Puts its channel into *channel, an empty name if there
 * is none.
 */
static void
find_channel(const pg_uuid_t *stream, NameData *channel)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	streams = table_open(catalog->streams, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	memset(channel, 0, sizeof(NameData));
	if (stream != NULL)
		ScanKeyInit(&key, Anum_streams_uuid, BTEqualStrategyNumber, F_UUID_EQ,
					UUIDPGetDatum(stream));
	scan = systable_beginscan(streams, catalog->streams_channel_idx, true, snapshot,
							  stream != NULL ? 1 : 0, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_streams_channel,
										 RelationGetDescr(streams), &isnull);

		if (!isnull)
			namestrcpy(channel, TextDatumGetCString(value));
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(streams, NoLock);
}

/*
 * Says whether any stream may have a channel.  It is looked up once, and again after somebody has
 * changed a channel.
 */
bool
BtrAnnouncesAny(void)
{
	static uint64 looked_up = 0;
	static bool any = false;
	uint64		era = BtrGetCatalog()->era;

	if (looked_up != era)
	{
		NameData	channel;

		find_channel(NULL, &channel);
		any = NameStr(channel)[0] != '\0';
		/* the one before: the search may have taken in news */
		looked_up = era;
	}
	return any;
}

/*
 * Returns the stream's channel, to be used before anything else is called; NULL if it
 * has none.
 */
static const NameData *
channel_of(const pg_uuid_t *stream)
{
	uint64		era = BtrGetCatalog()->era;
	KnownChannel *entry;
	NameData	channel;

	if (known != NULL && (known_era != era || hash_get_num_entries(known) >= KNOWN_MAX))
	{
		hash_destroy(known);
		known = NULL;
	}
	if (known == NULL)
	{
		HASHCTL		ctl = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(KnownChannel)};

		known = hash_create("btrdb channels", 64, &ctl, HASH_ELEM | HASH_BLOBS);
		known_era = era;
	}
	entry = hash_search(known, stream, HASH_FIND, NULL);
	if (entry == NULL)
	{
		find_channel(stream, &channel);
		entry = hash_search(known, stream, HASH_ENTER, NULL);
		entry->channel = channel;
	}
	return NameStr(entry->channel)[0] != '\0' ? &entry->channel : NULL;
}

/* ---- what the transaction has written ---- */

/*
 * Returns the writes of the current subtransaction.
 */
static Level *
current_level(void)
{
	SubTransactionId subid = GetCurrentSubTransactionId();

	if (innermost == NULL || innermost->subid != subid)
	{
		MemoryContext context = AllocSetContextCreate(TopTransactionContext, "btrdb announcements",
													  ALLOCSET_SMALL_SIZES);
		HASHCTL		ctl = {.keysize = sizeof(pg_uuid_t), .entrysize = sizeof(Write), .hcxt = context};
		Level	   *level = MemoryContextAllocZero(context, sizeof(Level));

		level->table = hash_create("btrdb announcements", 16, &ctl,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		dlist_init(&level->writes);
		level->subid = subid;
		level->context = context;
		level->outer = innermost;
		innermost = level;
	}
	return innermost;
}

/*
 * Returns what a level has of a stream, a write of no kind if there is nothing yet.
 */
static Write *
find_write(Level *level, const pg_uuid_t *stream)
{
	bool		found;
	Write	   *write = hash_search(level->table, stream, HASH_ENTER, &found);

	if (!found)
	{
		memset(write, 0, sizeof(*write));
		write->stream = *stream;
		dlist_push_tail(&level->writes, &write->node);
	}
	return write;
}

/*
 * Adds a write, or several, that came after.
 */
static void
add_write(Write *to, const Write *write)
{
	to->channel = write->channel;
	to->kinds |= write->kinds;
	/* A version has all that the transaction has buffered before. */
	to->buffered = write->buffered || (to->buffered && write->version == 0);
	if (write->version != 0)
		to->version = write->version;
	if (write->start < write->end)
	{
		bool		first = to->start >= to->end;

		to->start = first ? write->start : Min(to->start, write->start);
		to->end = first ? write->end : Max(to->end, write->end);
	}
}

/*
 * Notes a write to a stream that has a channel.
 */
static void
note_write(const pg_uuid_t *stream, const NameData *channel, BtrWriteKind kind,
		   int64 start, int64 end, int64 version)
{
	Write		write = {0};

	write.channel = *channel;
	write.kinds = kind;
	write.version = version;
	write.buffered = version == 0 && kind == BTR_WRITE_INSERT;
	write.start = start;
	write.end = end;
	add_write(find_write(current_level(), stream), &write);
}

/*
 * Notes a write to a stream; see announce.h.
 */
void
BtrAnnounce(const pg_uuid_t *stream, BtrWriteKind kind, int64 start, int64 end, int64 version)
{
	const NameData *channel;

	if (!BtrAnnouncesAny())
		return;
	channel = channel_of(stream);
	if (channel != NULL)
		note_write(stream, channel, kind, start, end, version);
}

/*
 * Notes a write of points that are sorted by time; see announce.h.
 */
void
BtrAnnouncePoints(const pg_uuid_t *stream, BtrWriteKind kind, const BtrPoints *points,
				  int64 version)
{
	if (points->n > 0)
		BtrAnnounce(stream, kind, points->time[0], points->time[points->n - 1] + 1, version);
}

/*
 * Notes that the stream of a deleted row of btrdb.streams is removed: whatever it had.
 */
void
BtrAnnounceRemoved(const pg_uuid_t *stream, HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	Datum		value = heap_getattr(row, Anum_streams_channel, desc, &isnull);
	NameData	channel;

	if (isnull)
		return;
	namestrcpy(&channel, TextDatumGetCString(value));
	note_write(stream, &channel, BTR_WRITE_OBLITERATE, BTR_TIME_MIN, BTR_TIME_MAX, 0);
}

/* ---- the end of transactions ---- */

/*
 * Appends the names of the kinds of writes in a set to a JSON array.
 */
static void
append_kinds(StringInfo json, int kinds)
{
	static const struct
	{
		BtrWriteKind kind;
		const char *name;
	}			names[] = {
		{BTR_WRITE_INSERT, "insert"},
		{BTR_WRITE_FLUSH, "flush"},
		{BTR_WRITE_DELETE, "delete"},
		{BTR_WRITE_TRIM, "trim"},
		{BTR_WRITE_REVERT, "revert"},
		{BTR_WRITE_OBLITERATE, "obliterate"},
	};
	const char *separator = "";

	for (int i = 0; i < lengthof(names); i++)
	{
		if ((kinds & names[i].kind) == 0)
			continue;
		appendStringInfo(json, "%s\"%s\"", separator, names[i].name);
		separator = ", ";
	}
}

/*
 * Hands the announcement of a stream's writes to NOTIFY.  It is some 200 bytes long, far from
 * what a payload may be.
 */
static void
notify(const Write *write)
{
	bool		removed = (write->kinds & BTR_WRITE_OBLITERATE) != 0;
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"stream\": \"%s\", \"version\": ", BtrUuidText(&write->stream));
	if (write->version == 0 || removed)
		appendStringInfoString(&json, "null");
	else
		appendStringInfo(&json, INT64_FORMAT, write->version);
	appendStringInfo(&json, ", \"buffered\": %s, \"writes\": [",
					 write->buffered && !removed ? "true" : "false");
	append_kinds(&json, write->kinds);
	if (write->start < write->end)
		appendStringInfo(&json, "], \"start\": " INT64_FORMAT ", \"end\": " INT64_FORMAT "}",
						 write->start, write->end);
	else
		appendStringInfoString(&json, "], \"start\": null, \"end\": null}");
	Async_Notify(NameStr(write->channel), json.data);
	pfree(json.data);
}

/*
 * Announces what the transaction has written, stream by stream in the order of the first writes.
 */
static void
notify_all(void)
{
	Level	   *level = innermost;
	dlist_iter	iter;

	if (level == NULL)
		return;
	Assert(level->outer == NULL);
	innermost = NULL;
	dlist_foreach(iter, &level->writes)
	{
		const Write *write = dlist_container(Write, node, iter.cur);

		/* of no kind: its subtransaction was rolled back */
		if (write->kinds != 0)
			notify(write);
	}
}

/*
 * Announces writes before the transaction commits; forgets them after its end.
 *
 * Nobody would know of them when a prepared transaction is committed, by whichever
 * session; so PostgreSQL refuses to prepare one that has notified, and so do we.
 */
static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
			notify_all();
			break;
		case XACT_EVENT_PRE_PREPARE:
			if (innermost != NULL && !dlist_is_empty(&innermost->writes))
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						 errmsg("cannot PREPARE a transaction that has written to a stream whose writes are announced"),
						 errhint("Set column \"channel\" of such streams in btrdb.streams to NULL, or COMMIT the transaction.")));
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
		case XACT_EVENT_ABORT:
			innermost = NULL;	/* the memory is the transaction's */
			break;
		case XACT_EVENT_PARALLEL_PRE_COMMIT:
		case XACT_EVENT_PARALLEL_COMMIT:
		case XACT_EVENT_PARALLEL_ABORT:
			break;				/* workers write nothing */
	}
}

/*
 * Gives the writes of a subtransaction to the one around it, or forgets them.  What may fail
 * comes before it commits.
 */
static void
at_subtransaction_end(SubXactEvent event, SubTransactionId subid, SubTransactionId parent,
					  void *arg)
{
	Level	   *level = innermost;
	Level	   *outer;
	dlist_iter	iter;

	if (level == NULL || level->subid != subid)
		return;
	outer = level->outer;
	if (outer != NULL && outer->subid != parent)
		outer = NULL;
	switch (event)
	{
		case SUBXACT_EVENT_START_SUB:
			return;
		case SUBXACT_EVENT_PRE_COMMIT_SUB:
			if (outer == NULL)
				return;
			dlist_foreach(iter, &level->writes)
			{
				Write	   *write = dlist_container(Write, node, iter.cur);

				write->outer = find_write(outer, &write->stream);
			}
			return;
		case SUBXACT_EVENT_COMMIT_SUB:
			if (outer == NULL)
			{
				level->subid = parent;
				return;
			}
			dlist_foreach(iter, &level->writes)
			{
				const Write *write = dlist_container(Write, node, iter.cur);

				/* one of no kind is what has become of nothing */
				if (write->kinds != 0)
					add_write(write->outer, write);
			}
			break;
		case SUBXACT_EVENT_ABORT_SUB:
			break;
	}
	innermost = level->outer;
	MemoryContextDelete(level->context);
}

/*
 * Registers what happens to noted writes at the end of a transaction; once per session.
 */
void
BtrAnnounceInit(void)
{
	RegisterXactCallback(at_transaction_end, NULL);
	RegisterSubXactCallback(at_subtransaction_end, NULL);
}
