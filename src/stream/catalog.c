/*
 * catalog.c
 *		The oids of the extension's own tables and indexes.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

#include "stream/stream.h"

#define SCHEMA_NAME		"btrdb"

static BtrCatalog catalog;
static bool catalog_valid = false;
static bool callback_registered = false;

/* Number of times the oids were looked up. */
static uint64 eras = 0;

/* Number of relations that have changed, to notice one during a lookup. */
static uint64 changes = 0;

/*
 * Forgets the oids when a relation changes that is one of them, or any may have.
 */
static void
forget_catalog(Datum arg, Oid relid)
{
	changes++;
	if (relid == InvalidOid ||
		relid == catalog.points ||
		relid == catalog.streams || relid == catalog.streams_pkey ||
		relid == catalog.streams_retention_idx || relid == catalog.streams_ageing_idx ||
		relid == catalog.streams_channel_idx ||
		relid == catalog.versions || relid == catalog.versions_pkey ||
		relid == catalog.buffer || relid == catalog.buffer_idx ||
		relid == catalog.mixed || relid == catalog.mixed_idx ||
		relid == catalog.heads || relid == catalog.heads_pkey ||
		relid == catalog.retired || relid == catalog.retired_pkey ||
		relid == catalog.garbage || relid == catalog.garbage_idx)
		catalog_valid = false;
}

/*
 * Raises the error of a session in a database without the extension.
 */
pg_noreturn static void
report_not_installed(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("extension \"btrdb\" is not installed in this database"),
			 errhint("Use CREATE EXTENSION btrdb.")));
}

/*
 * Looks one relation of the schema up by its name.
 */
static Oid
lookup(Oid schema, const char *name)
{
	Oid			oid = get_relname_relid(name, schema);

	if (!OidIsValid(oid))
		report_not_installed();
	return oid;
}

/*
 * Returns the oids of the extension's relations.  They are looked up by name
 * once per session, and again after one of the relations has changed.  The
 * structure is valid until the next call.  Raises 55000 without the extension.
 */
const BtrCatalog *
BtrGetCatalog(void)
{
	BtrCatalog	found;
	uint64		changes_before;
	Oid			schema;

	if (catalog_valid)
		return &catalog;

	if (!callback_registered)
	{
		CacheRegisterRelcacheCallback(forget_catalog, (Datum) 0);
		callback_registered = true;
	}

	changes_before = changes;
	schema = get_namespace_oid(SCHEMA_NAME, true);
	if (!OidIsValid(schema))
		report_not_installed();
	found.points = lookup(schema, "points");
	found.streams = lookup(schema, "streams");
	found.streams_pkey = lookup(schema, "streams_pkey");
	found.streams_retention_idx = lookup(schema, "streams_retention_idx");
	found.streams_ageing_idx = lookup(schema, "streams_ageing_idx");
	found.streams_channel_idx = lookup(schema, "streams_channel_idx");
	found.versions = lookup(schema, "versions");
	found.versions_pkey = lookup(schema, "versions_pkey");
	found.buffer = lookup(schema, "buffer");
	found.buffer_idx = lookup(schema, "buffer_idx");
	found.mixed = lookup(schema, "mixed");
	found.mixed_idx = lookup(schema, "mixed_idx");
	found.heads = lookup(schema, "heads");
	found.heads_pkey = lookup(schema, "heads_pkey");
	found.retired = lookup(schema, "retired");
	found.retired_pkey = lookup(schema, "retired_pkey");
	found.garbage = lookup(schema, "garbage");
	found.garbage_idx = lookup(schema, "garbage_idx");

	/* Lookups may take in news of changes: then look again next time. */
	found.era = ++eras;
	catalog = found;
	catalog_valid = (changes == changes_before);
	return &catalog;
}
