/*
 * append.h
 *		A table of the write buffer that is open to append rows.
 */
#ifndef BTR_APPEND_H
#define BTR_APPEND_H

#include "catalog/indexing.h"

typedef struct BtrAppend
{
	Relation	rel;			/* NULL: not open */
	Relation	index;			/* its own index */
	CatalogIndexState indexes;	/* that and any others */
} BtrAppend;

/* Opens a table whose own index is the one given. */
extern void BtrAppendBegin(BtrAppend *to, Oid table, Oid index);

/* Inserts a row without NULLs of command cid, which may be before the current one. */
extern void BtrAppendRow(const BtrAppend *to, const Datum *value, CommandId cid);

/* Closes the table. */
extern void BtrAppendEnd(BtrAppend *to);

#endif							/* BTR_APPEND_H */
