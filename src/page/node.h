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

/* Makes *page an empty node page. */
extern void BtrPageInit(Page page);

/* Marks item offnum of a page as placed by owner. */
extern void BtrPageSetUnsettled(Page page, OffsetNumber offnum, uint64 owner);

#endif							/* BTR_NODE_H */
