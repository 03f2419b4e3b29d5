/*
 * node.h
 *		What the files of this layer share among themselves.
 */
#ifndef BTR_NODE_H
#define BTR_NODE_H

#include "page/page.h"

/* Checksum of a node of len bytes. */
extern uint32 BtrNodeCrc(const BtrNodeHeader *item, Size len);

/* Makes *page an empty node page. */
extern void BtrPageInit(Page page);

/* Marks item offnum of a page as placed by owner. */
extern void BtrPageSetUnsettled(Page page, OffsetNumber offnum, uint64 owner);

#endif							/* BTR_NODE_H */
