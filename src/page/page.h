/*
 * page.h
 *		Pages of the node store: layout, checked reading, placing of nodes.
 *
 * The store is the main fork of btrdb.points.  Block 0 is the metapage, block 1 and
 * every 65,024th from there a map page (see map.h); every other block is a node page: a
 * standard page whose items are tree nodes, of any stream.  A node is immutable once
 * written; its TID is the pointer to it.
 *
 * doc/format.md has the byte tables; src/page/README.md the rules.
 */
#ifndef BTR_PAGE_H
#define BTR_PAGE_H

#include "access/transam.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "storage/itemptr.h"
#include "utils/relcache.h"
#include "utils/uuid.h"

#include "btrdb.h"
#include "pg_compat.h"
#include "types/point.h"

#define BTR_FORMAT_VERSION	1

/* ---- special area of every page ---- */

#define BTR_PAGE_ID			0xB7DB	/* last two bytes of each page */
#define BTR_PAGE_META		1
#define BTR_PAGE_NODES		2
#define BTR_PAGE_MAP		3

/* More items than this are never put on one page (one unsettled bit each). */
#define BTR_PAGE_MAX_ITEMS	128

typedef struct BtrPageSpecial
{
	/*
	 * FullTransactionId of the (sub)transaction that placed the unsettled
	 * nodes; 0 if there are none.
	 */
	uint64		owner;
	/* Bit i - 1 of the 128: item i was placed by owner and is not settled. */
	uint64		unsettled[2];
	uint16		kind;			/* BTR_PAGE_* */
	uint16		format;			/* BTR_FORMAT_VERSION */
	uint16		flags;			/* must be 0 */
	uint16		page_id;		/* BTR_PAGE_ID */
} BtrPageSpecial;

StaticAssertDecl(sizeof(BtrPageSpecial) == 32, "size of page special area");

#define BtrPageGetSpecial(page) ((BtrPageSpecial *) PageGetSpecialPointer(page))

/* ---- metapage (block 0), after the page header ---- */

#define BTR_META_BLOCK		0
#define BTR_META_MAGIC		0x42547244	/* "BTrD" */

typedef struct BtrMeta
{
	uint32		magic;			/* BTR_META_MAGIC */
	uint16		format;			/* BTR_FORMAT_VERSION */
	uint16		min_reader;		/* oldest format version of a reader that understands it */
	uint32		created_by;		/* PG_VERSION_NUM of the server that made it */
	/*
	 * Timeline on which VACUUM last noted the free space of every page; 0: never.  The
	 * free space map is not replayed: after a standby's promotion it is an old one.
	 */
	uint32		space_timeline;
	/*
	 * Random identity of the contents.  Version and buffer rows that carry
	 * another store id are about a store that was truncated away.
	 */
	int64		store_id;
	/*
	 * FullTransactionId before which nothing is left of what btrdb.garbage lists:
	 * VACUUM has freed it.
	 */
	uint64		garbage_done;
} BtrMeta;

/* ---- nodes ---- */

#define BTR_NODE_LEAF		1	/* payload: block of codec/leaf.h */
#define BTR_NODE_INNER		2	/* payload: BtrEntry, by slot */
#define BTR_NODE_CHAIN		3	/* payload: BtrEntry, by insertion; all points at one nanosecond */

#define BTR_FANOUT_BITS		6
#define BTR_FANOUT			(1 << BTR_FANOUT_BITS)

/*
 * Largest node in bytes, header included: two of them fill a page.
 */
#define BTR_NODE_MAX \
	MAXALIGN_DOWN((BLCKSZ - MAXALIGN(SizeOfPageHeaderData) - \
				   MAXALIGN(sizeof(BtrPageSpecial)) - 2 * sizeof(ItemIdData)) / 2)

/*
 * Header of a node.  Its span is [start, start + nslots * 2^slot_pw).
 *
 * For an inner node the span is an aligned power of two with nslots slots,
 * usually 64.  For a leaf it is the run of slots that its points occupy.  A
 * chain's span is one nanosecond.
 */
typedef struct BtrNodeHeader
{
	pg_uuid_t	stream;
	int64		version;		/* the version that wrote it */
	int64		start;
	int64		count;			/* points underneath */
	uint32		crc;			/* checksum of the item without this field */
	uint16		length;			/* bytes of the item, header included */
	uint16		nitems;			/* leaf: points; else: entries */
	uint8		kind;			/* BTR_NODE_* */
	uint8		slot_pw;		/* log2 of a slot's width in ns */
	uint8		nslots;			/* 1 to 64 */
	uint8		trimmed;		/* 1 + the least pointwidth, if all below is trimmed; else 0 */
	uint32		format;			/* BTR_FORMAT_VERSION */
} BtrNodeHeader;

StaticAssertDecl(sizeof(BtrNodeHeader) == 56, "size of node header");

/*
 * Entry of an inner or chain node: a child, the run of slots it covers and the
 * statistics of its points there.
 *
 * A leaf may be described by several consecutive entries with the same child
 * and version, each one for a part of its run: aligned windows are then
 * answered without the leaf.  The children of inner and chain kind have exactly
 * one entry, of one slot.  In a chain node, first is the index of the entry
 * and nslots is 1.
 *
 * An entry of an inner node may be trimmed: its points are gone, their statistics are all
 * that is left.  It has no child, but an invalid tid, and covers a power of two of slots, aligned
 * to itself.  version is the one in which it last changed.
 */
typedef struct BtrEntry
{
	int64		version;		/* the child's version */
	BtrStat		stat;
	ItemPointerData child;
	uint8		first;			/* first slot, 0 to 63; one of the flags may be added */
	uint8		nslots;			/* 1 to 64 */
} BtrEntry;

StaticAssertDecl(sizeof(BtrEntry) == 56, "size of entry");

#define BTR_ENTRY_LEAF		0x80	/* in first: the child is a leaf */
#define BTR_ENTRY_TRIMMED	0x40	/* in first: there is no child */

#define BtrEntryIsLeaf(e)	(((e)->first & BTR_ENTRY_LEAF) != 0)
#define BtrEntryIsTrimmed(e)	(((e)->first & BTR_ENTRY_TRIMMED) != 0)
#define BtrEntryFirst(e)	((e)->first & ~(BTR_ENTRY_LEAF | BTR_ENTRY_TRIMMED))
#define BtrEntryEnd(e)		(BtrEntryFirst(e) + (e)->nslots)	/* exclusive */

/* Do two entries describe the same child? */
static inline bool
BtrEntrySameChild(const BtrEntry *a, const BtrEntry *b)
{
	return !BtrEntryIsTrimmed(a) &&
		memcmp(&a->child, &b->child, sizeof(ItemPointerData)) == 0;
}

/* A node in memory, and a place to read one into. */
typedef union BtrNode
{
	BtrNodeHeader h;
	char		bytes[BLCKSZ / 2];
	double		align;
} BtrNode;

#define BtrNodeEntries(node)	((BtrEntry *) ((node)->bytes + sizeof(BtrNodeHeader)))
#define BtrNodePayload(node)	((uint8 *) ((node)->bytes + sizeof(BtrNodeHeader)))
#define BtrNodePayloadSize(node) ((node)->h.length - sizeof(BtrNodeHeader))

#define BTR_NODE_PAYLOAD_MAX	(BTR_NODE_MAX - sizeof(BtrNodeHeader))

/* Exclusive end of the node's span; may be BTR_TIME_MAX. */
static inline int64
BtrNodeEnd(const BtrNodeHeader *h)
{
	return (int64) ((uint64) h->start + ((uint64) h->nslots << h->slot_pw));
}

/*
 * What whoever points to a node promises about it.  A node that differs is
 * reported as corruption, never used.  That of a trimmed entry has an invalid tid, and
 * there is no node.
 */
typedef struct BtrRef
{
	ItemPointerData tid;
	bool		leaf;			/* known to be a leaf (else: known not to be), unless root */
	bool		root;			/* pointed to by a version row: of any kind */
	int64		version;
	int64		count;
	int64		start;			/* its span lies in [start, end) */
	int64		end;
} BtrRef;

#define BtrRefIsTrimmed(ref)	(!ItemPointerIsValid(&(ref)->tid))

/*
 * A copy of the page that was read last.  Nodes are immutable, so whoever reads
 * one node after the other of a page finds them here, without pin or lock.
 */
typedef struct BtrPageCopy
{
	BlockNumber blkno;			/* InvalidBlockNumber: nothing is copied */
	PGAlignedBlock page;
} BtrPageCopy;

/*
 * Reads the node that ref points to into *node, which has room for any node.
 * No pin or lock remains.  copy, which may be NULL, is looked at first and is
 * afterwards of the node's page.  Raises ERRCODE_DATA_CORRUPTED if there is no such
 * node, its checksum or format is wrong or it is not what ref promises.
 * (Entries of inner and chain nodes are checked to be in order, inside their
 * node and to sum up to its count; leaf payloads are checked when decoded.)  If there is no
 * node because its points were trimmed, raises 22023.
 */
extern void BtrNodeRead(Relation rel, const pg_uuid_t *stream, const BtrRef *ref,
						BtrPageCopy *copy, BtrNode *node);

/* Pages that are going to be read. */
typedef struct BtrPageBatch
{
	BlockNumber last;			/* the page announced last, or InvalidBlockNumber */
	int64		from_disk;		/* pages announced that were not in shared buffers */
	int			n;				/* others, not fetched yet: */
	Buffer		buffer[64];
} BtrPageBatch;

/*
 * Announces that a page, which need not exist, will be read soon: to the operating system at once,
 * or, if it is in shared buffers, to the processor by BtrPageBatchFetch().
 */
extern void BtrPageAnnounce(Relation rel, BtrPageBatch *batch, BlockNumber blkno);

/*
 * Has the processor fetch the ends of the pages announced since the last call.  It waits for
 * memory only once if it is told of many without locks taken and released in between.
 */
extern void BtrPageBatchFetch(BtrPageBatch *batch);

/*
 * Reads the node that ref points to as BtrNodeRead() does, but returns false if there
 * is no such node.
 */
extern bool BtrNodeFind(Relation rel, const pg_uuid_t *stream, const BtrRef *ref,
						BtrNode *node);

/*
 * Decodes a leaf that BtrNodeRead() returned into time and value (room for
 * node->h.nitems each; either may be NULL).  Raises ERRCODE_DATA_CORRUPTED if
 * the bytes are damaged or a point lies outside the leaf's span.  tid is for the message.
 */
extern void BtrNodeDecodeLeaf(Relation rel, const BtrNode *node, const ItemPointerData *tid,
							  int64 *time, double *value);

/* Returns the number of points of such a leaf that are before time; fails likewise. */
extern int	BtrNodeLowerBound(Relation rel, const BtrNode *node, const ItemPointerData *tid,
							  int64 time);

/*
 * Decodes the values of points from .. to - 1, from < to, of such a leaf, to be divided by
 * *divisor; fails likewise.
 */
extern void BtrNodeDecodeValues(Relation rel, const BtrNode *node, const ItemPointerData *tid,
								int from, int to, double *value, double *divisor);

/* Decodes point i of such a leaf; fails likewise. */
extern void BtrNodeDecodePoint(Relation rel, const BtrNode *node, const ItemPointerData *tid,
							   int i, BtrPoint *point);

/*
 * Checks a node's bytes as BtrNodeRead() does, without a reference.  Returns
 * NULL if sound, else a palloc'd text that says what is wrong.
 */
extern char *BtrNodeProblem(const BtrNodeHeader *item, Size len);

/* The kind of page, BTR_PAGE_*, that a block is. */
extern int	BtrBlockKind(BlockNumber blkno);

/*
 * Returns NULL if the frame of the page is sound for the kind that its block is, else
 * what is wrong.
 */
extern char *BtrPageProblem(Page page, BlockNumber blkno);

/* Returns NULL if the page is sound as the metapage, else what is wrong. */
extern char *BtrMetaProblem(Page page);

/* Raises 22023: the points that ref is about were trimmed. */
pg_noreturn extern void BtrReportTrimmed(const pg_uuid_t *stream, const BtrRef *ref);

/* Raises ERRCODE_DATA_CORRUPTED about an item; problem comes from the functions above. */
pg_noreturn extern void BtrReportCorruption(Relation rel, BlockNumber blkno, OffsetNumber offnum,
								const char *problem);

/* ---- placing nodes ---- */

/*
 * Places nodes of one version of one stream.  Zero-initialise through
 * BtrWriterInit(); the pages being filled are remembered per backend.
 */
typedef struct BtrWriter
{
	/* Info */
	Relation	rel;
	pg_uuid_t	stream;
	int64		version;

	/* Counters */
	int64		nodes;			/* nodes written */
	int64		bytes;			/* bytes of nodes written */
} BtrWriter;

/* Prepares to write nodes; assigns a transaction id (a commit without one is not flushed). */
extern void BtrWriterInit(BtrWriter *writer, Relation rel, const pg_uuid_t *stream, int64 version);

/*
 * Writes a node whose header is complete but for stream, version, crc, format
 * and flags, which it fills in, and returns its TID.  WAL-logged at once.
 */
extern ItemPointerData BtrNodeWrite(BtrWriter *writer, BtrNode *node);

/* Makes the pages' free space known to others. */
extern void BtrWriterFinish(BtrWriter *writer);

/* Bytes that the next leaf may have so that it ends where its page ends, at most BTR_NODE_MAX. */
extern Size BtrWriterLeafRoom(BtrWriter *writer);

/* Bytes that one more node may have on this page; 0 if it cannot take another item. */
extern Size BtrPageRoom(Page page);

/* Has a node page no item in use?  True of a page of zeroes. */
extern bool BtrPageIsEmpty(Page page);

/* ---- freeing nodes ---- */

/*
 * Frees nodes of one stream, all on one page, that no version can lead to any more.
 * Nodes that are not there, freed before a crash or followed by others at their
 * place, are left alone.  Returns how many were freed.
 */
extern int	BtrNodesFree(Relation rel, BufferAccessStrategy strategy,
						 const pg_uuid_t *stream, const BtrRef *refs, int n);

/* ---- the store ---- */

/* The store id of the metapage; cached in the relation cache. */
extern int64 BtrStoreId(Relation rel);

/* Does the store have a block of this number? */
extern bool BtrStoreHasBlock(Relation rel, BlockNumber blkno);

/* The transaction id before which all garbage is freed; reads the metapage. */
extern FullTransactionId BtrGarbageDone(Relation rel);

/* Notes it in the metapage. */
extern void BtrSetGarbageDone(Relation rel, FullTransactionId done);

/* Has VACUUM noted the free space of every page on this timeline?  Reads the metapage. */
extern bool BtrSpaceIsKnown(Relation rel);

/* Notes in the metapage that it has. */
extern void BtrSetSpaceKnown(Relation rel);

/* Makes *page the metapage of a new store. */
extern void BtrMetaInit(Page page);

/* Writes a fresh metapage as block 0 of a relation's new, empty main fork. */
extern void BtrMetaCreate(RelFileLocator rlocator, char persistence);

/* Replaces the contents of an emptied store (no block left) by a metapage with a new store id. */
extern void BtrMetaReset(Relation rel);

/*
 * Copies a store, nodes keeping their TIDs and the store its id, over the new store
 * that to was made with, and settles it.  Leaves out empty pages at the end.  Both
 * relations are locked against everybody else; owners must be finished.
 */
extern void BtrStoreCopy(Relation from, Relation to);

/* What became of a page's owner; see BtrPageOwnerState(). */
typedef enum BtrOwnerState
{
	BTR_OWNER_SETTLED,			/* no unsettled nodes */
	BTR_OWNER_SELF,				/* the current subtransaction */
	BTR_OWNER_RUNNING,			/* not finished, or another subtransaction of ours */
	BTR_OWNER_COMMITTED,
	BTR_OWNER_ABORTED			/* or crashed */
} BtrOwnerState;

/*
 * Returns what is wrong with a page's owner, palloc'd; NULL if it has none, or one whose
 * outcome can be known.
 */
extern char *BtrOwnerProblem(Page page);

/* Says whether a page's owner is finished.  Raises XX001 if it cannot be. */
extern BtrOwnerState BtrPageOwnerState(Relation rel, BlockNumber blkno, Page page);

/*
 * Settles a page whose owner is finished, on a page image that is about to be logged:
 * clears the bits if it committed, removes its nodes if it did not.
 */
extern void BtrPageSettle(Page page, BtrOwnerState state);

#endif							/* BTR_PAGE_H */
