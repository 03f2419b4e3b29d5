/*
 * share.h
 *		Which process reads what of a scan of many streams.
 */
#ifndef BTR_SHARE_H
#define BTR_SHARE_H

#include "stream/stream.h"

/* Parts that a few streams are divided into, all together. */
#define BTR_SCAN_PARTS	64

/* A part of a stream, of as many parts of about equal size. */
typedef struct BtrScanPiece
{
	pg_uuid_t	stream;
	int			part;
	int			parts;
} BtrScanPiece;

/* Takes the next piece; false if none is left. */
extern bool BtrScanShareNext(BtrScanShare *share, const BtrScanChoice *choice,
							 BtrScanPiece *piece);

/* Adds to what has been read. */
extern void BtrScanShareAdd(BtrScanShare *share, const BtrScanCounts *counts);

#endif							/* BTR_SHARE_H */
