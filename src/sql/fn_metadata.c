/*
 * fn_metadata.c
 *		btrdb_metadata_usage().
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_metadata_usage);

/*
 * btrdb_metadata_usage(prefix text) returns setof (kind, key, streams): the keys of tags and
 * annotations in some collections, by SQL as the caller, so that privileges and row-level
 * security of btrdb.streams apply.
 *
 * It is planned each time: an index serves long prefixes, and only if they are known.
 */
Datum
btrdb_metadata_usage(PG_FUNCTION_ARGS)
{
	static const char *const query =
		"SELECT kind, key, pg_catalog.count(*)"
		" FROM (SELECT 'annotation'::pg_catalog.text AS kind, k AS key"
		"  FROM btrdb.streams, pg_catalog.jsonb_object_keys(annotations) AS k"
		"  WHERE collection OPERATOR(pg_catalog.^@) $1"
		"  UNION ALL SELECT 'tag', k"
		"  FROM btrdb.streams, pg_catalog.jsonb_object_keys(tags) AS k"
		"  WHERE collection OPERATOR(pg_catalog.^@) $1) AS u"
		" GROUP BY kind, key ORDER BY kind COLLATE pg_catalog.\"C\", key COLLATE pg_catalog.\"C\"";
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			types[] = {TEXTOID};
	Datum		args[] = {PG_GETARG_DATUM(0)};
	int			result;

	InitMaterializedSRF(fcinfo, 0);
	SPI_connect();
	result = SPI_execute_with_args(query, lengthof(types), types, args, NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read \"btrdb.streams\": %s",
			 SPI_result_code_string(result));
	for (uint64 i = 0; i < SPI_processed; i++)
		tuplestore_puttuple(rsinfo->setResult, SPI_tuptable->vals[i]);
	SPI_finish();
	return (Datum) 0;
}
