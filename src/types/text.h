/*
 * text.h
 *		Reading the text form of points: numbers in parentheses.
 */
#ifndef BTR_TEXT_H
#define BTR_TEXT_H

struct Node;

/* Where an input function is in its text. */
typedef struct BtrText
{
	/* Info */
	char	   *text;
	const char *type;			/* name of the type, for errors */
	struct Node *escontext;		/* asks for soft errors, or NULL */

	/* Variables */
	char	   *pos;
} BtrText;

extern void BtrTextInit(BtrText *in, char *text, const char *type, struct Node *escontext);

/*
 * Each of these reads one thing with any white space before it and returns true; if
 * something else is there it raises an error or, when escontext asks for a soft error,
 * returns false.
 */
extern bool BtrTextExpect(BtrText *in, char c);
extern bool BtrTextInt64(BtrText *in, int sqlstate, int64 *result);
extern bool BtrTextFloat8(BtrText *in, double *result);
extern bool BtrTextEnd(BtrText *in);

/* Is there nothing between the last separator and the next? */
extern bool BtrTextFieldIsEmpty(BtrText *in);

#endif							/* BTR_TEXT_H */
