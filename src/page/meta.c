/*
 * meta.c
 *		The metapage: what the store is and which one it is.
 */
#include "postgres.h"

#include "catalog/storage.h"
#include "miscadmin.h"
#include "storage/smgr.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "page/node.h"
#include "page/page.h"
#include "page/wal.h"

#define BtrPageGetMeta(page) ((BtrMeta *) PageGetContents(page))

/*
 * Makes *page the metapage of a new store, with a random store id.
 */
void
BtrMetaInit(Page page)
{
	BtrMeta    *meta;

	BtrPageInit(page, BTR_META_BLOCK, BTR_PAGE_META);
	meta = BtrPageGetMeta(page);
	meta->magic = BTR_META_MAGIC;
	meta->format = BTR_FORMAT_VERSION;
	meta->min_reader = BTR_FORMAT_VERSION;
	meta->created_by = PG_VERSION_NUM;
	do
	{
		if (!pg_strong_random(&meta->store_id, sizeof(meta->store_id)))
			ereport(ERROR,
					(errcode(ERRCODE_INTERNAL_ERROR),
					 errmsg("could not generate a random store identifier")));
	} while (meta->store_id == 0);

	/* WAL replay zeroes what lies between pd_lower and pd_upper */
	((PageHeader) page)->pd_lower = (char *) (meta + 1) - (char *) page;
}

/*
 * Writes a fresh metapage as block 0 of a relation's new, empty main fork.
 *
 * No buffer can hold the block yet, so it is logged, written and synced here, as
 * the file may survive a crash only together with its first page.
 */
void
BtrMetaCreate(RelFileLocator rlocator, char persistence)
{
	PGIOAlignedBlock block;
	Page		page = (Page) block.data;
	SMgrRelation srel;

	srel = RelationCreateStorage(rlocator, persistence, true);
	BtrMetaInit(page);
	BtrWalNewPage(&rlocator, BTR_META_BLOCK, page);
	PageSetChecksumInplace(page, BTR_META_BLOCK);
	smgrextend(srel, MAIN_FORKNUM, BTR_META_BLOCK, block.data, true);
	smgrimmedsync(srel, MAIN_FORKNUM);
}

/*
 * Gives a store that was just emptied a metapage with a new store id.
 */
void
BtrMetaReset(Relation rel)
{
	Buffer		buf = BtrCompatExtend(rel);
	BtrWalChange *change;
	Page		page;

	if (BufferGetBlockNumber(buf) != BTR_META_BLOCK)
		elog(ERROR, "store \"%s\" was not empty", RelationGetRelationName(rel));
	LockBuffer(buf, BUFFER_LOCK_EXCLUSIVE);
	change = BtrWalBegin(rel, buf, true, &page);
	BtrMetaInit(page);
	BtrWalFinish(change);
	UnlockReleaseBuffer(buf);

	if (rel->rd_amcache)
		pfree(rel->rd_amcache);
	rel->rd_amcache = NULL;
}

/*
 * Returns what is wrong with a metapage, or NULL.
 */
char *
BtrMetaProblem(Page page)
{
	const BtrMeta *meta = BtrPageGetMeta(page);
	char	   *problem = BtrPageProblem(page, BTR_META_BLOCK);

	if (problem)
		return problem;
	if (meta->magic != BTR_META_MAGIC)
		return psprintf("metapage has magic number %08X, expected %08X",
						meta->magic, BTR_META_MAGIC);
	if (meta->min_reader > BTR_FORMAT_VERSION)
		return psprintf("store has format version %u and needs a reader of version %u, this is version %d",
						meta->format, meta->min_reader, BTR_FORMAT_VERSION);
	if (meta->store_id == 0)
		return pstrdup("metapage has no store id");
	return NULL;
}

/*
 * Returns a copy of the metapage's contents; raises ERRCODE_DATA_CORRUPTED if it is not
 * sound.
 */
static BtrMeta
read_meta(Relation rel)
{
	Buffer		buf = ReadBuffer(rel, BTR_META_BLOCK);
	Page		page = BufferGetPage(buf);
	BtrMeta		meta;
	char	   *problem;

	LockBuffer(buf, BUFFER_LOCK_SHARE);
	problem = BtrMetaProblem(page);
	meta = *BtrPageGetMeta(page);
	UnlockReleaseBuffer(buf);
	if (problem)
		BtrReportCorruption(rel, BTR_META_BLOCK, InvalidOffsetNumber, problem);
	return meta;
}

/*
 * Returns the store id.  The relation cache's entry, which keeps it, is rebuilt when the
 * relation gets another file.
 */
int64
BtrStoreId(Relation rel)
{
	if (rel->rd_amcache == NULL)
	{
		int64		store_id = read_meta(rel).store_id;

		rel->rd_amcache = MemoryContextAlloc(CacheMemoryContext, sizeof(store_id));
		*(int64 *) rel->rd_amcache = store_id;
	}
	return *(int64 *) rel->rd_amcache;
}

/*
 * Returns the transaction id before which all garbage is freed.
 */
FullTransactionId
BtrGarbageDone(Relation rel)
{
	return FullTransactionIdFromU64(read_meta(rel).garbage_done);
}

/*
 * Says whether VACUUM has noted the free space of every page on this timeline.
 */
bool
BtrSpaceIsKnown(Relation rel)
{
	return read_meta(rel).space_timeline == BtrWalTimeline();
}

/*
 * Writes a changed copy of the metapage's contents; only VACUUM and TRUNCATE do, one
 * at a time.
 */
static void
write_meta(Relation rel, const BtrMeta *meta)
{
	Buffer		buf = ReadBuffer(rel, BTR_META_BLOCK);
	BtrWalChange *change;
	Page		page;

	LockBuffer(buf, BUFFER_LOCK_EXCLUSIVE);
	change = BtrWalBegin(rel, buf, false, &page);
	*BtrPageGetMeta(page) = *meta;
	BtrWalFinish(change);
	UnlockReleaseBuffer(buf);
}

/*
 * Notes the transaction id before which all garbage is freed.
 */
void
BtrSetGarbageDone(Relation rel, FullTransactionId done)
{
	BtrMeta		meta = read_meta(rel);

	meta.garbage_done = U64FromFullTransactionId(done);
	write_meta(rel, &meta);
}

/*
 * Notes that the free space of every page has been noted.
 */
void
BtrSetSpaceKnown(Relation rel)
{
	BtrMeta		meta = read_meta(rel);

	meta.space_timeline = BtrWalTimeline();
	write_meta(rel, &meta);
}

/*
 * Says whether the store has a block of this number.  The file's size is asked only if
 * it may have grown.
 *
 * What the storage manager remembers is forgotten, in every session that locks the
 * relation, when VACUUM cuts the file off or TRUNCATE replaces it.
 */
bool
BtrStoreHasBlock(Relation rel, BlockNumber blkno)
{
	BlockNumber known = RelationGetSmgr(rel)->smgr_cached_nblocks[MAIN_FORKNUM];

	if (BlockNumberIsValid(known) && blkno < known)
		return true;
	return blkno < RelationGetNumberOfBlocks(rel);
}
