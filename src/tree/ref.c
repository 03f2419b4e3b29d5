/*
 * ref.c
 *		What pointers to nodes promise about them.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#include "tree/walk.h"
#include "types/stat.h"

/*
 * Raises the error of a damaged tree; see tree.h.
 */
void
BtrReportTree(const BtrTree *tree, const char *problem,...)
{
	StringInfoData detail;
	int			needed;

	initStringInfo(&detail);
	do
	{
		va_list		args;

		va_start(args, problem);
		needed = appendStringInfoVA(&detail, problem, args);
		va_end(args);
		if (needed > 0)
			enlargeStringInfo(&detail, needed);
	} while (needed > 0);
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("tree of stream \"%s\" in relation \"%s\" is corrupted",
					DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&tree->stream))),
					RelationGetRelationName(tree->rel)),
			 errdetail("%s.", detail.data),
			 errhint("Call btrdb_check() to see what else is affected.")));
}

/*
 * Makes *root the empty tree.
 */
void
BtrRootInit(BtrRoot *root)
{
	ItemPointerSetInvalid(&root->tid);
	root->version = 0;
	BtrStatInit(&root->stat);
}

/*
 * Returns the promise of a version row about its root node, which may be of
 * any kind and lie anywhere.
 */
BtrRef
BtrRootRef(const BtrRoot *root)
{
	BtrRef		ref;

	ref.tid = root->tid;
	ref.leaf = false;
	ref.root = true;
	ref.version = root->version;
	ref.count = root->stat.count;
	ref.start = BTR_TIME_MIN;
	ref.end = BTR_TIME_MAX;
	return ref;
}

/*
 * Returns the promise of an inner or chain node about the child of entry i,
 * whichever of the child's parts that is.
 */
BtrRef
BtrEntryRef(const BtrNode *node, int i)
{
	const BtrEntry *entries = BtrNodeEntries(node);
	BtrRef		ref;
	int			end;

	if (node->h.kind == BTR_NODE_INNER)
	{
		while (i > 0 && BtrEntrySameChild(&entries[i - 1], &entries[i]))
			i--;
	}
	end = i + BtrEntryParts(node, i);

	ref.tid = entries[i].child;
	ref.leaf = BtrEntryIsLeaf(&entries[i]);
	ref.root = false;
	ref.version = entries[i].version;
	ref.count = 0;
	for (int part = i; part < end; part++)
		ref.count += entries[part].stat.count;
	ref.start = BtrEntryRange(node, i).start;
	ref.end = BtrEntryRange(node, end - 1).end;
	return ref;
}

/*
 * Returns how many consecutive entries, from i on, describe the same child.
 * In a chain node each entry has a child of its own.
 */
int
BtrEntryParts(const BtrNode *node, int i)
{
	const BtrEntry *entries = BtrNodeEntries(node);
	int			end = i + 1;

	if (node->h.kind == BTR_NODE_INNER)
	{
		while (end < node->h.nitems &&
			   BtrEntrySameChild(&entries[end], &entries[i]))
			end++;
	}
	return end - i;
}
