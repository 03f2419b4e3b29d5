/*
 * map.h
 *		Map pages: which pages VACUUM has to visit.
 *
 * A page is marked as long as it may have an owner, or free space that the free space
 * map may not know.  A mark too many costs VACUUM a look at a page; one too few
 * would let it forget an owner.  So a page is marked before it gets an owner, and a mark
 * is changed only by whoever has locked the page that it is about.
 */
#ifndef BTR_MAP_H
#define BTR_MAP_H

#include "page/page.h"

#define BTR_MAP_BYTES \
	(BLCKSZ - MAXALIGN(SizeOfPageHeaderData) - MAXALIGN(sizeof(BtrPageSpecial)) - \
	 2 * sizeof(uint32))

/* Blocks that a map page is about: itself, which is never marked, and those after it. */
#define BTR_MAP_BLOCKS	(BTR_MAP_BYTES * 8)

/* Contents of a map page, after the page header.  A page of zeroes marks nothing. */
typedef struct BtrMap
{
	uint32		crc;			/* CRC-32C of the rest */
	uint32		reserved;		/* 0 */
	uint8		marks[BTR_MAP_BYTES];	/* bit i % 8 of byte i / 8: the i-th block */
} BtrMap;

StaticAssertDecl(BTR_MAP_BYTES == 8128, "blocks of a map page");

/* The map page that is about a block, which is not the metapage. */
static inline BlockNumber
BtrMapBlock(BlockNumber blkno)
{
	Assert(blkno != BTR_META_BLOCK);
	return blkno - (blkno - 1) % BTR_MAP_BLOCKS;
}

/* Has a map a mark for its i-th block? */
static inline bool
BtrMapHasMark(const BtrMap *map, uint32 i)
{
	return (map->marks[i / 8] >> (i % 8) & 1) != 0;
}

/*
 * Pins the map page that is about a block, unless *map is a pin of it already; another
 * pin is released.  To be called before the block itself is locked.
 */
extern void BtrMapPin(Relation rel, BlockNumber blkno, Buffer *map);

/* Is a page marked?  The caller has pinned its map page and locked the page itself. */
extern bool BtrMapIsMarked(Relation rel, Buffer map, BlockNumber blkno);

/*
 * Marks a page, WAL-logged, unless it is marked.  The caller has pinned its map page and
 * exclusively locked the page itself.  ahead: some pages after it as well, which the store
 * does not have yet and will probably get, lest each be a record of its own.
 */
extern void BtrMapMark(Relation rel, Buffer map, BlockNumber blkno, bool ahead);

/* Removes a mark if there is one; locks as BtrMapMark(). */
extern void BtrMapUnmark(Relation rel, Buffer map, BlockNumber blkno);

/* Copies the map that begins at a block.  Raises ERRCODE_DATA_CORRUPTED if it is not sound. */
extern void BtrMapRead(Relation rel, BlockNumber blkno, BtrMap *copy);

/* Makes *page a map page without marks. */
extern void BtrMapInit(Page page, BlockNumber blkno);

/* Returns NULL if the page is sound as a map page, else what is wrong. */
extern char *BtrMapProblem(Page page, BlockNumber blkno);

#endif							/* BTR_MAP_H */
