/*
 * node.h
 *		What the files of this layer share among themselves.
 */
#ifndef BTR_NODE_H
#define BTR_NODE_H

#include "page/page.h"

/* Checksum of a node of len bytes. */
extern uint32 BtrNodeCrc(const BtrNodeHeader *item, Size len);

/*
 * Copies the node that ref points to from its page, of which the caller holds a lock,
 * into *node.  Returns in what it is not sound or not what ref promises, or NULL.
 */
extern char *BtrPageFindNode(Page page, const pg_uuid_t *stream, const BtrRef *ref,
							 BtrNode *node);

/* Makes *page an empty page of a kind, BTR_PAGE_*, at a block. */
extern void BtrPageInit(Page page, BlockNumber blkno, int kind);

/*
 * A page tells at which block it belongs: the field of the page header in which heaps note what to
 * prune has the block's number plus one; 0 in stores that were made before.
 */
#define BtrPageBlock(page)		(((PageHeader) (page))->pd_prune_xid)
#define BtrPageSetBlock(page, blkno)	(((PageHeader) (page))->pd_prune_xid = (blkno) + 1)

/* Marks item offnum of a page as placed by owner. */
extern void BtrPageSetUnsettled(Page page, OffsetNumber offnum, uint64 owner);

#endif							/* BTR_NODE_H */
