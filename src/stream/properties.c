/*
 * properties.c
 *		What the collection, tags, annotations and channel of a stream must be like.
 *
 * Limits are BTrDB's, in bytes.  A constraint of btrdb.streams applies them to
 * whatever command brings a row.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "stream/stream.h"

#define COLLECTION_MAX	255
#define KEY_MAX			63
#define TAG_MAX			255

/* An index has collection and tags; what is larger would not fit into it. */
#define IDENTITY_MAX	2560

PG_FUNCTION_INFO_V1(btrdb_check_properties);

/*
 * Raises 22023 about a text of a length that is out of range.  Of a long one, the message has
 * the beginning.
 */
static void
check_length(const char *what, const char *string, int len, int min, int max)
{
	int			shown = pg_mbcliplen(string, len, 80);

	if (len >= min && len <= max)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s \"%.*s%s\" has %d bytes", what, shown, string, shown < len ? "..." : "", len),
			 errdetail("It may have %d to %d bytes.", min, max)));
}

/*
 * Raises 22023 about a tag whose value is an array or an object.
 */
static void
check_is_scalar(const char *key, int len, const JsonbValue *value)
{
	if (value->type == jbvBinary)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("tag \"%.*s\" is an array or an object", len, key),
				 errdetail("The value of a tag is a string, a number, true, false or null."),
				 errhint("Annotations may have any value.")));
}

/*
 * Raises 22023 if tags or annotations, as name says, are no JSON object or have a key that they
 * cannot have; likewise for the values of tags.
 */
static void
check_object(const char *name, const char *key_name, Jsonb *jsonb, bool tags)
{
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	key = {0};
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(jsonb))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be a JSON object", name),
				 errdetail("The value given is %s.",
						   JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb)))));

	it = JsonbIteratorInit(&jsonb->root);
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			key = value;
			check_length(key_name, key.val.string.val, key.val.string.len, 1, KEY_MAX);
		}
		else if (token == WJB_VALUE && tags)
		{
			check_is_scalar(key.val.string.val, key.val.string.len, &value);
			if (value.type == jbvString)
				check_length("value of a tag", value.val.string.val, value.val.string.len, 0, TAG_MAX);
		}
	}
}

/*
 * Raises 22023 if a stream cannot have these properties; see stream.h.
 */
void
BtrCheckProperties(const text *collection, Jsonb *tags, Jsonb *annotations)
{
	int			size = VARSIZE_ANY_EXHDR(collection) + VARSIZE(tags) - VARHDRSZ;

	check_length("collection", VARDATA_ANY(collection), VARSIZE_ANY_EXHDR(collection),
				 1, COLLECTION_MAX);
	check_object("tags", "key of a tag", tags, true);
	check_object("annotations", "key of an annotation", annotations, false);
	if (size > IDENTITY_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("collection and tags of a stream take %d bytes", size),
				 errdetail("They may take %d bytes, tags as jsonb.", IDENTITY_MAX),
				 errhint("Make an annotation of what does not tell streams of a collection apart.")));
}

/*
 * btrdb.check_properties(collection text, tags jsonb, annotations jsonb, channel text)
 * returns boolean: true, or raises an error that says what is wrong.  NULLs are left to other
 * constraints.
 */
Datum
btrdb_check_properties(PG_FUNCTION_ARGS)
{
	if (!PG_ARGISNULL(0) && !PG_ARGISNULL(1) && !PG_ARGISNULL(2))
		BtrCheckProperties(PG_GETARG_TEXT_PP(0), PG_GETARG_JSONB_P(1), PG_GETARG_JSONB_P(2));
	if (!PG_ARGISNULL(3))
	{
		const text *channel = PG_GETARG_TEXT_PP(3);

		check_length("channel", VARDATA_ANY(channel), VARSIZE_ANY_EXHDR(channel),
					 1, NAMEDATALEN - 1);
	}
	PG_RETURN_BOOL(true);
}
