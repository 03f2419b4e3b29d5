/*
 * fn_maintain.c
 *		btrdb_maintain().
 */
#include "postgres.h"

#include "access/table.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "gc/gc.h"
#include "sql/args.h"

/* One call works no longer than this, or until the stream at hand is done. */
#define MAINTAIN_MS		10000

PG_FUNCTION_INFO_V1(btrdb_maintain);

/*
 * btrdb_maintain() returns setof (action, streams, items): does what is due.
 *
 * How much there was to do for all streams is not told to a user who does not see all of them.
 */
Datum
btrdb_maintain(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	BtrMaintenance state;
	Relation	rel;
	bool		filtered;

	InitMaterializedSRF(fcinfo, 0);
	BtrPrepareWrite("btrdb_maintain()");
	rel = BtrStoreOpen(NULL, RowExclusiveLock, ACL_INSERT);
	filtered = BtrStreamsAreFiltered();
	BtrMaintainBegin(&state, MAINTAIN_MS);
	while (BtrMaintainStep(rel, &state))
		CHECK_FOR_INTERRUPTS();
	table_close(rel, NoLock);

	for (int i = 0; i < BTR_MAINTAIN_ACTIONS; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		nulls[1] = nulls[2] = state.done[i].of_all && filtered;
		values[0] = CStringGetTextDatum(state.done[i].action);
		values[1] = Int64GetDatum(state.done[i].streams);
		values[2] = Int64GetDatum(state.done[i].items);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
