/*
 * map.c
 *		Map pages: which pages VACUUM has to visit.
 */
#include "postgres.h"

#include "port/pg_crc32c.h"
#include "utils/rel.h"

#include "page/map.h"
#include "page/node.h"
#include "page/wal.h"

#define BtrPageGetMap(page) ((BtrMap *) PageGetContents(page))

/*
 * Computes the checksum of a map.
 */
static uint32
map_crc(const BtrMap *map)
{
	pg_crc32c	crc;

	INIT_CRC32C(crc);
	COMP_CRC32C(crc, (const char *) map + sizeof(map->crc), sizeof(*map) - sizeof(map->crc));
	FIN_CRC32C(crc);
	return crc;
}

/*
 * Makes *page the map page at a block, without marks.
 */
void
BtrMapInit(Page page, BlockNumber blkno)
{
	BtrPageInit(page, blkno, BTR_PAGE_MAP);
	BtrPageGetMap(page)->crc = map_crc(BtrPageGetMap(page));

	/* WAL replay zeroes what lies between pd_lower and pd_upper */
	((PageHeader) page)->pd_lower = ((PageHeader) page)->pd_upper;
}

/*
 * Returns what is wrong with a map page, or NULL.
 */
char *
BtrMapProblem(Page page, BlockNumber blkno)
{
	const BtrMap *map = BtrPageGetMap(page);
	char	   *problem = BtrPageProblem(page, blkno);

	if (problem || PageIsNew(page))
		return problem;
	if (((PageHeader) page)->pd_lower != ((PageHeader) page)->pd_special)
		return psprintf("Map page has lower bound %u", ((PageHeader) page)->pd_lower);
	if (map->crc != map_crc(map))
		return psprintf("Checksum of the map is %08X, expected %08X", map_crc(map), map->crc);
	if (map->reserved != 0 || BtrMapHasMark(map, 0))
		return pstrdup("Map page has unknown contents");
	return NULL;
}

/*
 * Raises ERRCODE_DATA_CORRUPTED unless a locked map page is sound.
 */
static void
check_map(Relation rel, Buffer map)
{
	BlockNumber blkno = BufferGetBlockNumber(map);
	char	   *problem = BtrMapProblem(BufferGetPage(map), blkno);

	if (problem)
		BtrReportCorruption(rel, blkno, InvalidOffsetNumber, problem);
}

/*
 * Pins the map page that is about a block; see map.h.
 */
void
BtrMapPin(Relation rel, BlockNumber blkno, Buffer *map)
{
	BlockNumber wanted = BtrMapBlock(blkno);

	if (BufferIsValid(*map))
	{
		if (BufferGetBlockNumber(*map) == wanted)
			return;
		ReleaseBuffer(*map);
		*map = InvalidBuffer;
	}
	*map = ReadBuffer(rel, wanted);
}

/*
 * Says whether a page is marked; see map.h.
 */
bool
BtrMapIsMarked(Relation rel, Buffer map, BlockNumber blkno)
{
	Page		page = BufferGetPage(map);
	bool		marked;

	Assert(BufferGetBlockNumber(map) == BtrMapBlock(blkno));
	LockBuffer(map, BUFFER_LOCK_SHARE);
	check_map(rel, map);
	marked = !PageIsNew(page) &&
		BtrMapHasMark(BtrPageGetMap(page), blkno - BufferGetBlockNumber(map));
	LockBuffer(map, BUFFER_LOCK_UNLOCK);
	return marked;
}

/*
 * Changes bits of the byte that has the mark of a block.
 */
static void
change_marks(Relation rel, Buffer buf, BlockNumber blkno, uint8 set, uint8 clear)
{
	uint32		i = blkno - BufferGetBlockNumber(buf);
	BtrWalChange *change;
	Page		page;
	BtrMap	   *map;
	bool		is_new;

	LockBuffer(buf, BUFFER_LOCK_EXCLUSIVE);
	check_map(rel, buf);
	is_new = PageIsNew(BufferGetPage(buf));
	change = BtrWalBegin(rel, buf, is_new, &page);
	if (is_new)
		BtrMapInit(page, BufferGetBlockNumber(buf));
	map = BtrPageGetMap(page);
	map->marks[i / 8] = (map->marks[i / 8] | set) & ~clear;
	map->crc = map_crc(map);
	BtrWalFinish(change);
	LockBuffer(buf, BUFFER_LOCK_UNLOCK);
}

/*
 * Marks a page; see map.h.
 */
void
BtrMapMark(Relation rel, Buffer map, BlockNumber blkno, bool ahead)
{
	uint32		bit = (blkno - BufferGetBlockNumber(map)) % 8;

	if (!BtrMapIsMarked(rel, map, blkno))
		change_marks(rel, map, blkno, ahead ? 0xFF << bit : 1 << bit, 0);
}

/*
 * Removes the mark of a page; see map.h.
 */
void
BtrMapUnmark(Relation rel, Buffer map, BlockNumber blkno)
{
	if (BtrMapIsMarked(rel, map, blkno))
		change_marks(rel, map, blkno, 0, 1 << (blkno - BufferGetBlockNumber(map)) % 8);
}

/*
 * Copies a map; see map.h.
 */
void
BtrMapRead(Relation rel, BlockNumber blkno, BtrMap *copy)
{
	Buffer		buf = ReadBuffer(rel, blkno);

	LockBuffer(buf, BUFFER_LOCK_SHARE);
	check_map(rel, buf);
	/* of a page of zeroes this makes a map without marks */
	memcpy(copy, BtrPageGetMap(BufferGetPage(buf)), sizeof(*copy));
	UnlockReleaseBuffer(buf);
}
