/*
 * append.c
 *		Appending rows to btrdb.buffer and btrdb.mixed.
 *
 * A statement or a compaction appends to many streams one after the other.  To open the
 * table and its index is a good part of what a row costs; so that is done once.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "nodes/execnodes.h"
#include "utils/rel.h"

#include "debug.h"
#include "stream/append.h"

/*
 * Opens a table whose own index is the one given; somebody may have added others.  The memory
 * is that of the current context.
 */
void
BtrAppendBegin(BtrAppend *to, Oid table, Oid index)
{
	to->rel = table_open(table, RowExclusiveLock);
	to->indexes = CatalogOpenIndexes(to->rel);
	to->index = NULL;
	for (int i = 0; i < to->indexes->ri_NumIndices; i++)
	{
		if (RelationGetRelid(to->indexes->ri_IndexRelationDescs[i]) == index)
			to->index = to->indexes->ri_IndexRelationDescs[i];
	}
	if (to->index == NULL)
		elog(ERROR, "index %u of table \"btrdb.%s\" is missing", index,
			 RelationGetRelationName(to->rel));
}

/*
 * Inserts a row without NULLs of command cid, which may be before the current one, and its
 * index entries.
 */
void
BtrAppendRow(const BtrAppend *to, const Datum *value, CommandId cid)
{
	bool		isnull[INDEX_MAX_KEYS] = {false};	/* of the row, and of keys */
	HeapTuple	tuple;

	Assert(RelationGetNumberOfAttributes(to->rel) <= INDEX_MAX_KEYS);
	tuple = heap_form_tuple(RelationGetDescr(to->rel), unconstify(Datum *, value), isnull);
	heap_insert(to->rel, tuple, cid, 0, NULL);
	BTR_DEBUG_POINT("appended");
	for (int i = 0; i < to->indexes->ri_NumIndices; i++)
	{
		IndexInfo  *info = to->indexes->ri_IndexRelationInfo[i];
		Datum		key[INDEX_MAX_KEYS];

		for (int j = 0; j < info->ii_NumIndexAttrs; j++)
			key[j] = value[info->ii_IndexAttrNumbers[j] - 1];
		index_insert(to->indexes->ri_IndexRelationDescs[i], key, isnull, &tuple->t_self, to->rel,
					 UNIQUE_CHECK_NO, false, info);
	}
	heap_freetuple(tuple);
}

/*
 * Closes the table.  The lock on it is kept to the end of the transaction.
 */
void
BtrAppendEnd(BtrAppend *to)
{
	CatalogCloseIndexes(to->indexes);
	table_close(to->rel, NoLock);
	to->rel = NULL;
}
