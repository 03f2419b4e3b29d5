/*
 * reached.c
 *		A set of items of the store: a bit for each.
 *
 * The bits of 512 blocks make a page.  Each page has one frame in memory, by its number; pages
 * that share a frame take turns, and the others are in a temporary file.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/buffile.h"

#include "page/page.h"
#include "stream/check.h"

/* Blocks whose items have their bits on one page. */
#define PAGE_BLOCKS		(BLCKSZ / (BTR_PAGE_MAX_ITEMS / 8))

/* So much is taken whatever work_mem says. */
#define MIN_FRAMES		4

#define NO_PAGE			PG_UINT32_MAX

/* A page in memory. */
typedef struct Frame
{
	uint32		page;
	bool		dirty;
	uint64		bits[PAGE_BLOCKS][BTR_PAGE_MAX_ITEMS / 64];
} Frame;

struct BtrReached
{
	BufFile    *file;			/* all pages, or NULL if there is a frame for each */
	uint32		nframes;
	Frame	   *frame;
};

/*
 * Makes an empty set, in the current memory context.  The file is filled with zeros, so that any
 * page of it can be read.
 */
BtrReached *
BtrReachedCreate(BlockNumber nblocks)
{
	BtrReached *reached = palloc0(sizeof(BtrReached));
	uint32		npages = nblocks / PAGE_BLOCKS + 1;

	reached->nframes = Min(npages, Max((uint32) (work_mem * INT64CONST(1024) / sizeof(Frame)),
									   MIN_FRAMES));
	reached->frame = MemoryContextAllocExtended(CurrentMemoryContext,
												reached->nframes * sizeof(Frame),
												MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (uint32 i = 0; i < reached->nframes; i++)
		reached->frame[i].page = i;
	if (reached->nframes < npages)
	{
		reached->file = BufFileCreateTemp(false);
		for (uint32 i = 0; i < npages; i++)
		{
			CHECK_FOR_INTERRUPTS();
			BufFileWrite(reached->file, reached->frame[0].bits, sizeof(reached->frame[0].bits));
		}
	}
	return reached;
}

/*
 * Frees a set.
 */
void
BtrReachedFree(BtrReached *reached)
{
	if (reached->file != NULL)
		BufFileClose(reached->file);
	pfree(reached->frame);
	pfree(reached);
}

/*
 * Goes to a page of the file.
 */
static void
seek_page(BtrReached *reached, uint32 page)
{
	if (BufFileSeekBlock(reached->file, page) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not seek to block %u of temporary file", page)));
}

/*
 * Returns the word that has the item's bit, in memory.
 */
static uint64 *
find_word(BtrReached *reached, BlockNumber blkno, OffsetNumber offnum, Frame **in)
{
	uint32		page = blkno / PAGE_BLOCKS;
	Frame	   *frame = &reached->frame[page % reached->nframes];

	Assert(offnum >= 1 && offnum <= BTR_PAGE_MAX_ITEMS);
	if (frame->page != page)
	{
		if (frame->dirty)
		{
			seek_page(reached, frame->page);
			BufFileWrite(reached->file, frame->bits, sizeof(frame->bits));
		}
		/* errors are reported as problems, and the check goes on */
		frame->page = NO_PAGE;
		frame->dirty = false;
		seek_page(reached, page);
		if (BufFileRead(reached->file, frame->bits, sizeof(frame->bits)) != sizeof(frame->bits))
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not read block %u of temporary file: %m", page)));
		frame->page = page;
	}
	*in = frame;
	return &frame->bits[blkno % PAGE_BLOCKS][(offnum - 1) / 64];
}

/*
 * Adds an item of a block that the store had at the creation; returns false if it was there.
 */
bool
BtrReachedAdd(BtrReached *reached, BlockNumber blkno, OffsetNumber offnum)
{
	Frame	   *frame;
	uint64	   *word = find_word(reached, blkno, offnum, &frame);
	uint64		bit = UINT64CONST(1) << ((offnum - 1) % 64);

	if ((*word & bit) != 0)
		return false;
	*word |= bit;
	frame->dirty = true;
	return true;
}

/*
 * Says whether an item of such a block is in the set.
 */
bool
BtrReachedHas(BtrReached *reached, BlockNumber blkno, OffsetNumber offnum)
{
	Frame	   *frame;

	return (*find_word(reached, blkno, offnum, &frame) >> ((offnum - 1) % 64) & 1) != 0;
}
