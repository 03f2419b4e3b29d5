/*
 * hint.c
 *		What this session remembers of streams that it used lately.
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"

#include "stream/buffer.h"

/* A collision makes the session forget one stream. */
#define NHINTS		4096

static BtrHint hints[NHINTS];
static uint64 rollbacks = 0;
static bool callback_registered = false;

/*
 * Forgets what was flushed when a subtransaction is rolled back, which may bring
 * flushed rows back to life.
 */
static void
forget_flushed(SubXactEvent event, SubTransactionId id, SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		rollbacks++;
}

/*
 * Returns what is remembered of a stream, to be used and changed before anything
 * else is called.
 */
BtrHint *
BtrGetHint(const pg_uuid_t *stream)
{
	BtrHint    *hint = &hints[hash_bytes(stream->data, UUID_LEN) % NHINTS];
	FullTransactionId xid = GetTopFullTransactionIdIfAny();

	if (!callback_registered)
	{
		RegisterSubXactCallback(forget_flushed, NULL);
		callback_registered = true;
	}
	if (memcmp(&hint->stream, stream, UUID_LEN) != 0)
	{
		memset(hint, 0, sizeof(*hint));
		hint->stream = *stream;
	}
	if (!FullTransactionIdEquals(hint->xid, xid) || hint->rollbacks != rollbacks)
	{
		hint->xid = xid;
		hint->rollbacks = rollbacks;
		hint->flushed = 0;
		hint->appended = false;
	}
	return hint;
}
