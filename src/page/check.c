/*
 * check.c
 *		What makes a page and a node sound.
 *
 * Every page and node that is read passes through here: bytes from disk are
 * believed only afterwards.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/uuid.h"

#include "codec/leaf.h"
#include "page/map.h"
#include "page/node.h"
#include "page/page.h"

/*
 * Raises ERRCODE_DATA_CORRUPTED about an item or, if offnum is invalid, a page.
 */
void
BtrReportCorruption(Relation rel, BlockNumber blkno, OffsetNumber offnum,
					const char *problem)
{
	if (OffsetNumberIsValid(offnum))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("node (%u,%u) of relation \"%s\" is corrupted",
						blkno, offnum, RelationGetRelationName(rel)),
				 errdetail("%s.", problem),
				 errhint("Call btrdb_check() to see what else is affected.")));
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("page %u of relation \"%s\" is corrupted",
					blkno, RelationGetRelationName(rel)),
			 errdetail("%s.", problem),
			 errhint("Call btrdb_check() to see what else is affected.")));
}

/*
 * Raises the error of points that are asked for but were trimmed.
 */
pg_noreturn void
BtrReportTrimmed(const pg_uuid_t *stream, const BtrRef *ref)
{
	int			pointwidth = pg_leftmost_one_pos64((uint64) ref->end - (uint64) ref->start);

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("points of stream \"%s\" from %lld to %lld are trimmed",
					DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(stream))),
					(long long) ref->start, (long long) ref->end),
			 errdetail("What is left of them is the statistics of all, a window of 2^%d ns.", pointwidth),
			 errhint("Ask for windows that begin and end at multiples of 2^%d ns, for another time or for a version from before btrdb_trim(), or set btrdb.trimmed_points to skip them.",
					 pointwidth)));
}

/*
 * Returns the kind of page that a block is.
 */
int
BtrBlockKind(BlockNumber blkno)
{
	if (blkno == BTR_META_BLOCK)
		return BTR_PAGE_META;
	return blkno == BtrMapBlock(blkno) ? BTR_PAGE_MAP : BTR_PAGE_NODES;
}

/*
 * Returns what is wrong with the frame of a page, or NULL (also for a page
 * that was never written).  Items are not looked into.
 */
char *
BtrPageProblem(Page page, BlockNumber blkno)
{
	PageHeader	header = (PageHeader) page;
	const BtrPageSpecial *special;
	int			kind = BtrBlockKind(blkno);

	if (PageIsNew(page))
		return kind == BTR_PAGE_META ? pstrdup("Metapage is empty") : NULL;
	if (PageGetPageSize(page) != BLCKSZ ||
		header->pd_special != BLCKSZ - MAXALIGN(sizeof(BtrPageSpecial)))
		return psprintf("Page has its special area at %u, expected %d",
						header->pd_special,
						(int) (BLCKSZ - MAXALIGN(sizeof(BtrPageSpecial))));
	if (header->pd_lower < SizeOfPageHeaderData ||
		header->pd_lower > header->pd_upper || header->pd_upper > header->pd_special)
		return psprintf("Page has lower bound %u and upper bound %u",
						header->pd_lower, header->pd_upper);
	if (BtrPageBlock(page) != 0 && BtrPageBlock(page) != blkno + 1)
		return psprintf("Page belongs at block %u", BtrPageBlock(page) - 1);
	special = BtrPageGetSpecial(page);
	if (special->page_id != BTR_PAGE_ID)
		return psprintf("Page has identifier %04X, expected %04X",
						special->page_id, BTR_PAGE_ID);
	if (special->format != BTR_FORMAT_VERSION)
		return psprintf("Page has format version %u, expected %d",
						special->format, BTR_FORMAT_VERSION);
	if (special->kind != kind)
		return psprintf("Page is of kind %u, expected %d", special->kind, kind);
	if (special->flags != 0)
		return psprintf("Page has unknown flags %04X", special->flags);
	if (kind == BTR_PAGE_NODES && PageGetMaxOffsetNumber(page) > BTR_PAGE_MAX_ITEMS)
		return psprintf("Page has %d items, at most %d are possible",
						(int) PageGetMaxOffsetNumber(page), BTR_PAGE_MAX_ITEMS);
	return NULL;
}

/*
 * Returns what is wrong with the entries of an inner or chain node, or NULL.
 */
static char *
entries_problem(const BtrNodeHeader *item)
{
	const BtrEntry *entries = (const BtrEntry *) (item + 1);
	uint64		count = 0;
	int			end = 0;		/* end of the slots seen so far */

	for (int i = 0; i < item->nitems; i++)
	{
		const BtrEntry *e = &entries[i];

		if (BtrEntryIsTrimmed(e) ? ItemPointerIsValid(&e->child) || BtrEntryIsLeaf(e) ||
			item->kind != BTR_NODE_INNER :
			!ItemPointerIsValid(&e->child) ||
			BtrBlockKind(ItemPointerGetBlockNumberNoCheck(&e->child)) != BTR_PAGE_NODES)
			return psprintf("Entry %d points to no node", i);
		if (e->nslots < 1 || BtrEntryFirst(e) < end ||
			(item->kind == BTR_NODE_INNER && BtrEntryEnd(e) > item->nslots) ||
			(item->kind == BTR_NODE_CHAIN && (BtrEntryFirst(e) != i || e->nslots != 1)))
			return psprintf("Entry %d has slots %d to %d, after %d and before %d expected",
							i, BtrEntryFirst(e), BtrEntryEnd(e) - 1, end - 1,
							item->kind == BTR_NODE_INNER ? item->nslots : i + 1);
		if (BtrEntryIsTrimmed(e) ? (e->nslots & (e->nslots - 1)) != 0 ||
			(BtrEntryFirst(e) & (e->nslots - 1)) != 0 :
			!BtrEntryIsLeaf(e) && e->nslots != 1)
			return psprintf("Entry %d covers slots %d to %d but is not of a leaf",
							i, BtrEntryFirst(e), BtrEntryEnd(e) - 1);
		if (e->stat.count < 1)
			return psprintf("Entry %d has " INT64_FORMAT " points", i, e->stat.count);
		end = BtrEntryEnd(e);
		count += (uint64) e->stat.count;
	}
	if (count != (uint64) item->count)
		return psprintf("Entries have " UINT64_FORMAT " points, the header says " INT64_FORMAT,
						count, item->count);
	return NULL;
}

/*
 * Returns what is wrong with a node, or NULL.  len is the length of the item.
 */
char *
BtrNodeProblem(const BtrNodeHeader *item, Size len)
{
	const uint8 *payload = (const uint8 *) (item + 1);
	uint64		start;
	uint64		width;
	uint32		crc;

	if (len < sizeof(BtrNodeHeader) || len > BTR_NODE_MAX)
		return psprintf("Item has %zu bytes, expected %zu to %zu",
						len, sizeof(BtrNodeHeader), (Size) BTR_NODE_MAX);

	/* first: whatever follows may be different in another version */
	if (item->format != BTR_FORMAT_VERSION)
		return psprintf("Node has format version %u, expected %d",
						item->format, BTR_FORMAT_VERSION);
	if (item->length != len)
		return psprintf("Item has %zu bytes, its header says %u", len, item->length);
	crc = BtrNodeCrc(item, len);
	if (crc != item->crc)
		return psprintf("Checksum is %08X, expected %08X", crc, item->crc);

	/* the span: aligned slots, inside valid time */
	if (item->slot_pw > 62 || item->nslots < 1 || item->nslots > BTR_FANOUT)
		return psprintf("Node has %u slots of 2^%u ns", item->nslots, item->slot_pw);
	start = (uint64) item->start - (uint64) BTR_TIME_MIN;
	width = UINT64CONST(1) << item->slot_pw;
	if (item->start < BTR_TIME_MIN || item->start >= BTR_TIME_MAX ||
		start % width != 0 ||
		(UINT64CONST(1) << 63) - start < width ||
		((UINT64CONST(1) << 63) - start) / width < item->nslots)
		return psprintf("Node has span " INT64_FORMAT " and %u slots of 2^%u ns",
						item->start, item->nslots, item->slot_pw);

	if (item->trimmed > 63 || (item->trimmed != 0 && item->kind != BTR_NODE_INNER))
		return psprintf("Node of kind %u is trimmed to %u", item->kind, item->trimmed - 1);
	switch (item->kind)
	{
		case BTR_NODE_LEAF:
			if (BtrLeafFormat(payload, len - sizeof(*item)) != BTR_LEAF_FORMAT)
				return psprintf("Points of leaf have format version %d, expected %d",
								BtrLeafFormat(payload, len - sizeof(*item)), BTR_LEAF_FORMAT);
			if (item->nitems < 1 || item->nitems > BTR_LEAF_MAX_POINTS ||
				item->count != item->nitems ||
				BtrLeafCount(payload, len - sizeof(*item)) != item->nitems)
				return psprintf("Leaf has " INT64_FORMAT " points, its payload %d",
								item->count, BtrLeafCount(payload, len - sizeof(*item)));
			return NULL;
		case BTR_NODE_INNER:
			if ((item->nslots & (item->nslots - 1)) != 0 ||
				start % (width * item->nslots) != 0)
				return psprintf("Inner node at " INT64_FORMAT " with %u slots of 2^%u ns is not aligned",
								item->start, item->nslots, item->slot_pw);
			break;
		case BTR_NODE_CHAIN:
			if (item->slot_pw != 0 || item->nslots != 1)
				return psprintf("Chain has %u slots of 2^%u ns", item->nslots, item->slot_pw);
			break;
		default:
			return psprintf("Node is of unknown kind %u", item->kind);
	}
	if (item->nitems < 1 || item->nitems > BTR_FANOUT ||
		len != sizeof(BtrNodeHeader) + item->nitems * sizeof(BtrEntry))
		return psprintf("Node of %zu bytes has %u entries", len, item->nitems);
	return entries_problem(item);
}
