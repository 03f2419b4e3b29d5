/*
 * announce.h
 *		Notifications of writes to streams that have a channel.
 */
#ifndef BTR_ANNOUNCE_H
#define BTR_ANNOUNCE_H

#include "stream/stream.h"

/* What has been done to a stream; bits of a set. */
typedef enum BtrWriteKind
{
	BTR_WRITE_INSERT = 1 << 0,
	BTR_WRITE_FLUSH = 1 << 1,	/* buffered points became a version */
	BTR_WRITE_DELETE = 1 << 2,
	BTR_WRITE_TRIM = 1 << 3,
	BTR_WRITE_REVERT = 1 << 4,
	BTR_WRITE_OBLITERATE = 1 << 5
} BtrWriteKind;

/* Registers what happens to noted writes at the end of a transaction. */
extern void BtrAnnounceInit(void);

/* May any stream have a channel?  Costs nothing while none has. */
extern bool BtrAnnouncesAny(void);

/*
 * Notes a write to a stream, to be announced at commit if the stream has a channel: the times
 * [start, end) that it touched, none if they are equal, and the version that it made; 0 if its
 * points wait in the write buffer.
 */
extern void BtrAnnounce(const pg_uuid_t *stream, BtrWriteKind kind, int64 start, int64 end,
						int64 version);

/* Likewise, of points that are sorted by time. */
extern void BtrAnnouncePoints(const pg_uuid_t *stream, BtrWriteKind kind,
							  const BtrPoints *points, int64 version);

/* Likewise, that the stream of a deleted row of btrdb.streams is removed. */
extern void BtrAnnounceRemoved(const pg_uuid_t *stream, HeapTuple row, TupleDesc desc);

#endif							/* BTR_ANNOUNCE_H */
