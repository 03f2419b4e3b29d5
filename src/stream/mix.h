/*
 * mix.h
 *		The packed form of a few points of several streams: what a row of btrdb.mixed holds.
 *
 * Nothing is compressed but times, as offsets from the smallest: a row lives for a short while,
 * is packed by whoever inserts and searched by whoever reads one of its streams.
 */
#ifndef BTR_MIX_H
#define BTR_MIX_H

#include "utils/uuid.h"

#include "tree/points.h"

/* Largest block: two rows fill a page. */
#define BTR_MIX_MAX_SIZE	4000

/* Most points of a block: as many of one stream are one block of the leaf codec, whatever they are. */
#define BTR_MIX_MAX_POINTS	240

/* Some points of one stream, in the order of insertion. */
typedef struct BtrMixPart
{
	const pg_uuid_t *stream;
	const int64 *time;
	const double *value;
	int64		n;
} BtrMixPart;

/* The format version that is written, and the only one that is read. */
#define BTR_MIX_FORMAT		1

/* A block that was opened; points into it. */
typedef struct BtrMix
{
	int			nstreams;
	int			n;				/* points */
	int			width;			/* bytes of a time */
	int64		base;			/* smallest time */
	const uint8 *stream;
	const uint8 *end;			/* per stream, where its points end; NULL: each has one */
	const uint8 *value;
	const uint8 *time;
} BtrMix;

/* The size of a block. */
extern size_t BtrMixSize(int nstreams, int n, int64 first, int64 last);

/* Bytes after a block that writing it may change. */
#define BTR_MIX_SLACK	7

/* Writes a block of parts, which are sorted by stream; returns its size. */
extern size_t BtrMixWrite(const BtrMixPart *part, int nparts, uint8 *dst);

/* The format version of a block, which all versions have in the same place; -1 if it is too short. */
extern int	BtrMixFormat(const uint8 *src, size_t len);

/* Opens a block; false if its bytes are damaged, or of another version. */
extern bool BtrMixOpen(const uint8 *src, size_t len, BtrMix *mix);

/* The uuid of stream i. */
extern void BtrMixStream(const BtrMix *mix, int i, pg_uuid_t *stream);

/* The number of a stream; -1 if the block has no points of it. */
extern int	BtrMixFind(const BtrMix *mix, const pg_uuid_t *stream);

/* Where the points of stream i start, and how many they are. */
extern int	BtrMixPoints(const BtrMix *mix, int i, int *start);

/* Reads n points from the one at start on; false if one of them is not valid. */
extern bool BtrMixRead(const BtrMix *mix, int start, int n, int64 *time, double *value);

#endif							/* BTR_MIX_H */
