/*
 * read.c
 *		Reading nodes.
 */
#include "postgres.h"

#include "storage/buf_internals.h"
#include "utils/rel.h"

#include "codec/leaf.h"
#include "page/node.h"
#include "page/page.h"

/*
 * Copies item offnum of a page into *node.  Returns what is wrong, or NULL.  The
 * caller holds a lock on the buffer; the copy is not checked yet.
 */
static char *
copy_item(Page page, BlockNumber blkno, OffsetNumber offnum, BtrNode *node, Size *len)
{
	char	   *problem = BtrPageProblem(page, blkno);
	ItemId		lp;

	if (problem)
		return problem;
	if (PageIsNew(page) || offnum > PageGetMaxOffsetNumber(page))
		return pstrdup("Page has no such item");
	lp = PageGetItemId(page, offnum);
	if (!ItemIdIsNormal(lp))
		return pstrdup("Item is not in use");
	*len = ItemIdGetLength(lp);
	if (*len < sizeof(BtrNodeHeader) || *len > BTR_NODE_MAX ||
		ItemIdGetOffset(lp) < ((PageHeader) page)->pd_upper ||
		ItemIdGetOffset(lp) + *len > ((PageHeader) page)->pd_special)
		return psprintf("Line pointer has offset %u and length %zu",
						ItemIdGetOffset(lp), *len);
	memcpy(node->bytes, PageGetItem(page, lp), *len);
	return NULL;
}

/*
 * Returns in what a sound node differs from what was promised, or NULL.
 */
static char *
promise_problem(const pg_uuid_t *stream, const BtrRef *ref, const BtrNodeHeader *h)
{
	if (memcmp(&h->stream, stream, sizeof(*stream)) != 0)
		return pstrdup("Node belongs to another stream");
	if (h->version != ref->version)
		return psprintf("Node is of version " INT64_FORMAT ", expected " INT64_FORMAT,
						h->version, ref->version);
	if (h->count != ref->count)
		return psprintf("Node has " INT64_FORMAT " points, expected " INT64_FORMAT,
						h->count, ref->count);
	if (!ref->root && ref->leaf != (h->kind == BTR_NODE_LEAF))
		return psprintf("Node is of kind %u, expected %s",
						h->kind, ref->leaf ? "a leaf" : "an inner node or a chain");
	if (h->start < ref->start || BtrNodeEnd(h) > ref->end)
		return psprintf("Node spans " INT64_FORMAT " to " INT64_FORMAT
						", expected within " INT64_FORMAT " to " INT64_FORMAT,
						h->start, BtrNodeEnd(h), ref->start, ref->end);
	return NULL;
}

/*
 * Has the processor fetch what is looked at first of a page: both ends.
 */
static void
fetch_ends(Page page)
{
	__builtin_prefetch(page);
	__builtin_prefetch(page + BLCKSZ - MAXALIGN(sizeof(BtrPageSpecial)));
}

/*
 * Copies the node that ref points to from its page, and the page to *copy unless
 * that is NULL.  Returns what is wrong, or NULL.
 */
static char *
read_item(Relation rel, const BtrRef *ref, BtrPageCopy *copy, BtrNode *node, Size *len)
{
	BlockNumber blkno = ItemPointerGetBlockNumberNoCheck(&ref->tid);
	OffsetNumber offnum = ItemPointerGetOffsetNumberNoCheck(&ref->tid);
	char	   *problem;
	Buffer		buf;

	if (!ItemPointerIsValid(&ref->tid) || BtrBlockKind(blkno) != BTR_PAGE_NODES)
		return pstrdup("Pointer does not point to a node");
	if (!BtrStoreHasBlock(rel, blkno))
		return pstrdup("The store ends before this page");

	buf = ReadBuffer(rel, blkno);
	fetch_ends(BufferGetPage(buf));
	LockBuffer(buf, BUFFER_LOCK_SHARE);
	if (copy)
	{
		memcpy(copy->page.data, BufferGetPage(buf), BLCKSZ);
		copy->blkno = blkno;
	}
	problem = copy_item(BufferGetPage(buf), blkno, offnum, node, len);
	UnlockReleaseBuffer(buf);
	return problem;
}

/*
 * Announces a page; see page.h.
 *
 * Which buffer it is in is of no use to whoever reads it, since it may be another page's by then.
 * But what of PostgreSQL's tables leads there is in the processor's caches from now on.
 */
void
BtrPageAnnounce(Relation rel, BtrPageBatch *batch, BlockNumber blkno)
{
	PrefetchBufferResult found;

	if (blkno == batch->last || !BtrStoreHasBlock(rel, blkno))
		return;
	batch->last = blkno;
	found = PrefetchBuffer(rel, MAIN_FORKNUM, blkno);
	if (found.initiated_io)
		batch->from_disk++;
	if (!BufferIsValid(found.recent_buffer) || BufferIsLocal(found.recent_buffer))
		return;
	batch->buffer[batch->n++] = found.recent_buffer;
	if (batch->n == lengthof(batch->buffer))
		BtrPageBatchFetch(batch);
}

/*
 * Has the processor fetch what was announced; see page.h.
 */
void
BtrPageBatchFetch(BtrPageBatch *batch)
{
	for (int i = 0; i < batch->n; i++)
	{
		__builtin_prefetch(GetBufferDescriptor(batch->buffer[i] - 1));
		fetch_ends(BufferGetPage(batch->buffer[i]));
	}
	batch->n = 0;
}

/*
 * Returns what is wrong with a node that was copied, or NULL.
 */
static char *
node_problem(const pg_uuid_t *stream, const BtrRef *ref, const BtrNode *node, Size len)
{
	char	   *problem = BtrNodeProblem(&node->h, len);

	return problem ? problem : promise_problem(stream, ref, &node->h);
}

/*
 * Copies and checks a node of a page that the caller has locked; see node.h.
 */
char *
BtrPageFindNode(Page page, const pg_uuid_t *stream, const BtrRef *ref, BtrNode *node)
{
	Size		len = 0;
	char	   *problem = copy_item(page, ItemPointerGetBlockNumberNoCheck(&ref->tid),
									ItemPointerGetOffsetNumberNoCheck(&ref->tid),
									node, &len);

	return problem ? problem : node_problem(stream, ref, node, len);
}

/*
 * Reads the node that ref points to if it is there; see page.h.
 */
bool
BtrNodeFind(Relation rel, const pg_uuid_t *stream, const BtrRef *ref, BtrNode *node)
{
	Size		len = 0;

	return read_item(rel, ref, NULL, node, &len) == NULL &&
		node_problem(stream, ref, node, len) == NULL;
}

/*
 * Reads the node that ref points to; see page.h.
 */
void
BtrNodeRead(Relation rel, const pg_uuid_t *stream, const BtrRef *ref,
			BtrPageCopy *copy, BtrNode *node)
{
	BlockNumber blkno = ItemPointerGetBlockNumberNoCheck(&ref->tid);
	OffsetNumber offnum = ItemPointerGetOffsetNumberNoCheck(&ref->tid);
	char	   *problem;
	Size		len = 0;

	if (BtrRefIsTrimmed(ref))
		BtrReportTrimmed(stream, ref);

	/* a copy that does not do may be older than the node */
	if (copy && copy->blkno == blkno &&
		copy_item((Page) copy->page.data, blkno, offnum, node, &len) == NULL &&
		node_problem(stream, ref, node, len) == NULL)
		return;

	problem = read_item(rel, ref, copy, node, &len);
	if (!problem)
		problem = node_problem(stream, ref, node, len);
	if (problem)
		BtrReportCorruption(rel, blkno, offnum, problem);
}

/*
 * Raises ERRCODE_DATA_CORRUPTED about a leaf whose points cannot be decoded.
 */
pg_noreturn static void
report_leaf(Relation rel, const ItemPointerData *tid, const char *problem)
{
	BtrReportCorruption(rel, ItemPointerGetBlockNumberNoCheck(tid),
						ItemPointerGetOffsetNumberNoCheck(tid), problem);
}

/*
 * Decodes a leaf's points; see page.h.
 */
void
BtrNodeDecodeLeaf(Relation rel, const BtrNode *node, const ItemPointerData *tid,
				  int64 *time, double *value)
{
	const BtrNodeHeader *h = &node->h;

	if (!BtrLeafDecode(BtrNodePayload(node), BtrNodePayloadSize(node), h->nitems, time, value))
		report_leaf(rel, tid, "Points cannot be decoded");
	if (time && (time[0] < h->start || time[h->nitems - 1] >= BtrNodeEnd(h)))
		report_leaf(rel, tid,
					psprintf("Points are from " INT64_FORMAT " to " INT64_FORMAT
							 ", expected within " INT64_FORMAT " to " INT64_FORMAT,
							 time[0], time[h->nitems - 1], h->start, BtrNodeEnd(h)));
}

/*
 * Searches a leaf's times; see page.h.
 */
int
BtrNodeLowerBound(Relation rel, const BtrNode *node, const ItemPointerData *tid, int64 time)
{
	int			n = BtrLeafLowerBound(BtrNodePayload(node), BtrNodePayloadSize(node),
									  node->h.nitems, time);

	if (n < 0)
		report_leaf(rel, tid, "Times cannot be decoded");
	return n;
}

/*
 * Decodes some of a leaf's values; see page.h.
 */
void
BtrNodeDecodeValues(Relation rel, const BtrNode *node, const ItemPointerData *tid,
					int from, int to, double *value, double *divisor)
{
	if (!BtrLeafDecodeValues(BtrNodePayload(node), BtrNodePayloadSize(node), node->h.nitems,
							 from, to, value, divisor))
		report_leaf(rel, tid, "Values cannot be decoded");
}

/*
 * Decodes one of a leaf's points; see page.h.
 */
void
BtrNodeDecodePoint(Relation rel, const BtrNode *node, const ItemPointerData *tid, int i,
				   BtrPoint *point)
{
	const BtrNodeHeader *h = &node->h;

	if (!BtrLeafDecodePoint(BtrNodePayload(node), BtrNodePayloadSize(node), h->nitems, i,
							&point->time, &point->value))
		report_leaf(rel, tid, psprintf("Point %d cannot be decoded", i));
	if (point->time < h->start || point->time >= BtrNodeEnd(h))
		report_leaf(rel, tid,
					psprintf("Point %d is at " INT64_FORMAT ", expected within " INT64_FORMAT
							 " to " INT64_FORMAT, i, point->time, h->start, BtrNodeEnd(h)));
}
