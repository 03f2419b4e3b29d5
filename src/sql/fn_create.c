/*
 * fn_create.c
 *		btrdb_create(), btrdb_stream().
 *
 * Both run SQL on btrdb.streams as the caller, so that its privileges, row-level
 * security, constraints and triggers apply.
 */
#include "postgres.h"

#include <uuid/uuid.h>

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_create);
PG_FUNCTION_INFO_V1(btrdb_stream);

/*
 * Says whether a stream has the uuid, whoever may see it.
 */
static bool
uuid_is_used(const pg_uuid_t *uuid)
{
	const BtrCatalog *catalog = BtrGetCatalog();
	Relation	streams = table_open(catalog->streams, AccessShareLock);
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	ScanKeyData key;
	SysScanDesc scan;
	bool		found;

	ScanKeyInit(&key, Anum_streams_uuid, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(uuid));
	scan = systable_beginscan(streams, catalog->streams_pkey, true, snapshot,
							  1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(streams, NoLock);

	return found;
}

/*
 * Raises 22004 if argument n, called name, is NULL.
 */
static void
check_not_null(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

/*
 * Inserts a row into btrdb.streams as the caller; returns false if one like it
 * is there.
 */
static bool
insert_stream(pg_uuid_t *uuid, Datum collection, Datum tags, Datum annotations)
{
	static SPIPlanPtr plan = NULL;
	Oid			types[] = {UUIDOID, TEXTOID, JSONBOID, JSONBOID};
	Datum		args[] = {UUIDPGetDatum(uuid), collection, tags, annotations};
	int			result;
	bool		inserted;

	SPI_connect();
	result = SPI_execute_plan(BtrKeptPlan(&plan,
										  "INSERT INTO btrdb.streams (uuid, collection, tags, annotations)"
										  " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
										  lengthof(types), types),
							  args, NULL, false, 0);
	if (result != SPI_OK_INSERT)
		elog(ERROR, "could not insert into \"btrdb.streams\": %s",
			 SPI_result_code_string(result));
	inserted = SPI_processed > 0;
	SPI_finish();

	return inserted;
}

/*
 * btrdb_create(collection text, tags jsonb, annotations jsonb, stream uuid)
 * returns uuid: registers a stream.
 */
Datum
btrdb_create(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *uuid;
	Jsonb	   *tags;

	check_not_null(fcinfo, 0, "collection");
	check_not_null(fcinfo, 1, "tags");
	check_not_null(fcinfo, 2, "annotations");
	tags = PG_GETARG_JSONB_P(1);
	BtrCheckProperties(PG_GETARG_TEXT_PP(0), tags, PG_GETARG_JSONB_P(2));
	BtrPrepareWrite("btrdb_create()");

	uuid = palloc(sizeof(pg_uuid_t));
	if (PG_ARGISNULL(3))
		uuid_generate(uuid->data);
	else
		memcpy(uuid, PG_GETARG_UUID_P(3), sizeof(pg_uuid_t));

	if (insert_stream(uuid, PG_GETARG_DATUM(0), JsonbPGetDatum(tags), PG_GETARG_DATUM(2)))
		PG_RETURN_UUID_P(uuid);

	if (uuid_is_used(uuid))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("stream \"%s\" already exists", BtrUuidText(uuid)),
				 errhint("Leave out the uuid to have one made.")));

	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_OBJECT),
			 errmsg("a stream with collection \"%s\" and tags %s already exists",
					text_to_cstring(PG_GETARG_TEXT_PP(0)),
					JsonbToCString(NULL, &tags->root, VARSIZE(tags))),
			 errhint("Streams of one collection differ in their tags.")));
}

/*
 * Finds streams by collection and name as the caller: puts the first into *uuid and
 * returns how many there are, at most 2.
 */
static int
find_streams(text *collection, text *name, pg_uuid_t *uuid)
{
	static SPIPlanPtr plan = NULL;
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		args[] = {PointerGetDatum(collection), PointerGetDatum(name)};
	int			result;
	int			n;

	SPI_connect();
	result = SPI_execute_plan(BtrKeptPlan(&plan,
										  "SELECT uuid FROM btrdb.streams"
										  " WHERE collection OPERATOR(pg_catalog.=) $1"
										  " AND name OPERATOR(pg_catalog.=) $2",
										  lengthof(types), types),
							  args, NULL, true, 2);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read \"btrdb.streams\": %s",
			 SPI_result_code_string(result));
	n = (int) SPI_processed;
	if (n > 0)
	{
		bool		isnull;
		Datum		datum = SPI_getbinval(SPI_tuptable->vals[0],
										  SPI_tuptable->tupdesc, 1, &isnull);

		memcpy(uuid, DatumGetUUIDP(datum), sizeof(pg_uuid_t));
	}
	SPI_finish();

	return n;
}

/*
 * btrdb_stream(path text) returns uuid: the stream whose collection is what
 * comes before the last slash of path and whose tag "name" is what follows.
 */
Datum
btrdb_stream(PG_FUNCTION_ARGS)
{
	char	   *path = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *slash = strrchr(path, '/');
	pg_uuid_t  *uuid = palloc(sizeof(pg_uuid_t));
	int			n = 0;

	if (slash != NULL)
		n = find_streams(cstring_to_text_with_len(path, slash - path),
						 cstring_to_text(slash + 1), uuid);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("stream \"%s\" does not exist", path),
				 errhint("A path is a collection, a slash and the tag \"name\" of a stream.")));
	if (n > 1)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("path \"%s\" matches more than one stream", path),
				 errhint("Look the uuid up in btrdb.streams by collection and tags.")));

	PG_RETURN_UUID_P(uuid);
}
