/*
 * fn_plot.c
 *		btrdb_plot(), btrdb_plot_text().
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type_d.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/uuid.h"

#include "draw/draw.h"
#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_plot);
PG_FUNCTION_INFO_V1(btrdb_plot_text);

/* Sizes of pictures, in pixels and in characters. */
#define MIN_WIDTH		200
#define MIN_HEIGHT		120
#define MAX_PIXELS		10000
#define MIN_COLUMNS		10
#define MAX_COLUMNS		1000
#define MIN_ROWS		2
#define MAX_ROWS		200

/*
 * Finds the path and the unit of a stream, as the caller; if he may not see them, the path is the
 * uuid.
 */
static void
name_picture(const pg_uuid_t *stream, BtrPicture *picture)
{
	static SPIPlanPtr plan = NULL;
	Oid			types[] = {UUIDOID};
	Datum		args[] = {UUIDPGetDatum(stream)};
	MemoryContext context = CurrentMemoryContext;
	MemoryContext spi;
	int			result;

	picture->name = BtrUuidText(stream);
	picture->unit = NULL;
	if (pg_class_aclcheck(BtrGetCatalog()->streams, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return;

	SPI_connect();
	result = SPI_execute_plan(BtrKeptPlan(&plan,
										  "SELECT pg_catalog.concat_ws('/', collection, name), unit"
										  " FROM btrdb.streams WHERE uuid OPERATOR(pg_catalog.=) $1",
										  lengthof(types), types),
							  args, NULL, true, 1);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "could not read \"btrdb.streams\": %s", SPI_result_code_string(result));
	if (SPI_processed > 0)
	{
		HeapTuple	tuple = SPI_tuptable->vals[0];
		char	   *name = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 1);
		char	   *unit = SPI_getvalue(tuple, SPI_tuptable->tupdesc, 2);

		spi = MemoryContextSwitchTo(context);
		picture->name = pstrdup(name);
		picture->unit = unit == NULL ? NULL : pstrdup(unit);
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
}

/*
 * Opens what the first three arguments and one that is a version ask for a picture of.  The relation
 * is to be closed.
 */
static Relation
open_picture(FunctionCallInfo fcinfo, int version, BtrPicture *picture, BtrView *view)
{
	pg_uuid_t  *stream = PG_GETARG_UUID_P(0);
	int64		start;
	int64		end;
	Relation	rel;

	BtrReadRangeArgs(fcinfo, &start, &end);
	rel = BtrStoreOpen(stream, AccessShareLock, ACL_SELECT);
	BtrViewOpen(rel, stream, PG_GETARG_INT64(version), view);
	BtrPictureRange(picture, view, start, end);
	name_picture(stream, picture);
	return rel;
}

/*
 * btrdb_plot(stream uuid, start bigint, "end" bigint, width int, height int, title text,
 * version bigint) returns text: a picture of [start, end) as an SVG document.
 */
Datum
btrdb_plot(PG_FUNCTION_ARGS)
{
	int32		width = PG_GETARG_INT32(3);
	int32		height = PG_GETARG_INT32(4);
	char	   *title = text_to_cstring(PG_GETARG_TEXT_PP(5));
	BtrPicture	picture;
	BtrView		view;
	Relation	rel;
	char	   *svg;

	BtrCheckLimit("width", width, MIN_WIDTH, MAX_PIXELS);
	BtrCheckLimit("height", height, MIN_HEIGHT, MAX_PIXELS);
	rel = open_picture(fcinfo, 6, &picture, &view);
	if (title[0] != '\0')
		picture.name = title;
	svg = BtrDrawSvg(&picture, &view, width, height);
	table_close(rel, NoLock);
	PG_RETURN_TEXT_P(cstring_to_text(svg));
}

/*
 * Returns a line of a picture as a row.
 */
static void
put_line(const char *line, void *arg)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) arg;
	Datum		value = CStringGetTextDatum(line);
	bool		isnull = false;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
}

/*
 * btrdb_plot_text(stream uuid, start bigint, "end" bigint, columns int, rows int, version
 * bigint) returns setof text: a picture of [start, end) made of characters, line by line.
 */
Datum
btrdb_plot_text(PG_FUNCTION_ARGS)
{
	int32		columns = PG_GETARG_INT32(3);
	int32		rows = PG_GETARG_INT32(4);
	BtrPicture	picture;
	BtrView		view;
	Relation	rel;

	BtrCheckLimit("columns", columns, MIN_COLUMNS, MAX_COLUMNS);
	BtrCheckLimit("rows", rows, MIN_ROWS, MAX_ROWS);
	if (GetDatabaseEncoding() != PG_UTF8 && GetDatabaseEncoding() != PG_SQL_ASCII)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("encoding \"%s\" does not have the characters that pictures are made of",
						GetDatabaseEncodingName()),
				 errhint("Databases in UTF8 have them. btrdb_plot() draws in any encoding.")));

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	rel = open_picture(fcinfo, 5, &picture, &view);
	BtrDrawText(&picture, &view, columns, rows, put_line, fcinfo->resultinfo);
	table_close(rel, NoLock);
	return (Datum) 0;
}
