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

#include "page/page.h"
#include "page/wal.h"

#define BtrPageGetMeta(page) ((BtrMeta *) PageGetContents(page))

/*
 * Makes *page the metapage of a new store, with a random store id.
 */
void
BtrMetaInit(Page page)
{
	BtrPageSpecial *special;
	BtrMeta    *meta;

	PageInit(page, BLCKSZ, sizeof(BtrPageSpecial));
	special = BtrPageGetSpecial(page);
	special->kind = BTR_PAGE_META;
	special->format = BTR_FORMAT_VERSION;
	special->page_id = BTR_PAGE_ID;

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
	PGAlignedBlock block;
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

/* What is known of a store without looking, in the relation cache. */
typedef struct StoreCache
{
	int64		store_id;
	BlockNumber nblocks;		/* it had at least so many */
} StoreCache;

/*
 * Returns what is known of the store.  The relation cache's entry is rebuilt when
 * the relation gets another file.
 */
static StoreCache *
get_cache(Relation rel)
{
	if (rel->rd_amcache == NULL)
	{
		Buffer		buf = ReadBuffer(rel, BTR_META_BLOCK);
		Page		page = BufferGetPage(buf);
		int64		store_id;
		char	   *problem;
		StoreCache *cache;

		LockBuffer(buf, BUFFER_LOCK_SHARE);
		problem = BtrMetaProblem(page);
		store_id = BtrPageGetMeta(page)->store_id;
		UnlockReleaseBuffer(buf);
		if (problem)
			BtrReportCorruption(rel, BTR_META_BLOCK, InvalidOffsetNumber, problem);

		cache = MemoryContextAlloc(CacheMemoryContext, sizeof(StoreCache));
		cache->store_id = store_id;
		cache->nblocks = 0;
		rel->rd_amcache = cache;
	}
	return rel->rd_amcache;
}

/*
 * Returns the store id.
 */
int64
BtrStoreId(Relation rel)
{
	return get_cache(rel)->store_id;
}

/*
 * Returns the transaction id before which all garbage is freed.
 */
FullTransactionId
BtrGarbageDone(Relation rel)
{
	Buffer		buf = ReadBuffer(rel, BTR_META_BLOCK);
	Page		page = BufferGetPage(buf);
	uint64		done;
	char	   *problem;

	LockBuffer(buf, BUFFER_LOCK_SHARE);
	problem = BtrMetaProblem(page);
	done = BtrPageGetMeta(page)->garbage_done;
	UnlockReleaseBuffer(buf);
	if (problem)
		BtrReportCorruption(rel, BTR_META_BLOCK, InvalidOffsetNumber, problem);
	return FullTransactionIdFromU64(done);
}

/*
 * Notes the transaction id before which all garbage is freed.
 */
void
BtrSetGarbageDone(Relation rel, FullTransactionId done)
{
	Buffer		buf = ReadBuffer(rel, BTR_META_BLOCK);
	BtrWalChange *change;
	Page		page;

	LockBuffer(buf, BUFFER_LOCK_EXCLUSIVE);
	change = BtrWalBegin(rel, buf, false, &page);
	BtrPageGetMeta(page)->garbage_done = U64FromFullTransactionId(done);
	BtrWalFinish(change);
	UnlockReleaseBuffer(buf);
}

/*
 * Says whether the store has a block of this number.  The file's size is asked only if
 * it may have grown.
 */
bool
BtrStoreHasBlock(Relation rel, BlockNumber blkno)
{
	StoreCache *cache = get_cache(rel);

	if (blkno >= cache->nblocks)
		cache->nblocks = RelationGetNumberOfBlocks(rel);
	return blkno < cache->nblocks;
}
