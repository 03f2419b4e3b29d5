/*
 * text.c
 *		Reading the text form of points: numbers in parentheses.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/float.h"

#include "pg_compat.h"
#include "types/text.h"

/*
 * Starts to read text as a value of the named type.
 */
void
BtrTextInit(BtrText *in, char *text, const char *type, struct Node *escontext)
{
	in->text = text;
	in->type = type;
	in->escontext = escontext;
	in->pos = text;
}

/*
 * Raises 22P02, softly if asked to; returns false.
 */
static bool
syntax_error(BtrText *in)
{
	ereturn(in->escontext, false,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("invalid input syntax for type %s: \"%s\"", in->type, in->text)));
}

/*
 * Moves to the next byte that is not white space, and returns it.
 */
static char
skip_space(BtrText *in)
{
	while (isspace((unsigned char) *in->pos))
		in->pos++;
	return *in->pos;
}

/*
 * Reads the character c.
 */
bool
BtrTextExpect(BtrText *in, char c)
{
	if (skip_space(in) != c)
		return syntax_error(in);
	in->pos++;
	return true;
}

/*
 * Reads a whole number.  sqlstate is that of the error for one that a bigint
 * cannot hold.
 */
bool
BtrTextInt64(BtrText *in, int sqlstate, int64 *result)
{
	char	   *start = in->pos;

	errno = 0;
	*result = strtoi64(start, &in->pos, 10);
	if (in->pos == start)
		return syntax_error(in);
	if (errno == ERANGE)
		ereturn(in->escontext, false,
				(errcode(sqlstate),
				 errmsg("value \"%.*s\" is out of range for type %s",
						(int) (in->pos - start), start, "bigint")));
	return true;
}

/*
 * Reads a floating-point number as type float8 does, NaN and infinity included.
 */
bool
BtrTextFloat8(BtrText *in, double *result)
{
	*result = BtrFloat8In(in->pos, &in->pos, in->type, in->text, in->escontext);
	return !SOFT_ERROR_OCCURRED(in->escontext);
}

/*
 * Reads the end of the text.
 */
bool
BtrTextEnd(BtrText *in)
{
	if (skip_space(in) != '\0')
		return syntax_error(in);
	return true;
}

/*
 * Says whether the next field has no text.
 */
bool
BtrTextFieldIsEmpty(BtrText *in)
{
	char		c = skip_space(in);

	return c == ',' || c == ')';
}
