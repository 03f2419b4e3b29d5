/*
 * fn_maintain.c
 *		btrdb_maintain().
 */
#include "postgres.h"

#include "access/table.h"
#include "utils/builtins.h"

#include "gc/gc.h"
#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_maintain);

/*
 * btrdb_maintain() returns setof (action, streams, items): does what is due.
 */
Datum
btrdb_maintain(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	BtrMaintained done[BTR_MAINTAIN_ACTIONS];
	Relation	rel;

	InitMaterializedSRF(fcinfo, 0);
	BtrPrepareWrite("btrdb_maintain()");
	rel = BtrStoreOpen(NULL, RowExclusiveLock, ACL_INSERT);
	BtrMaintain(rel, done);
	table_close(rel, NoLock);

	for (int i = 0; i < BTR_MAINTAIN_ACTIONS; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = CStringGetTextDatum(done[i].action);
		values[1] = Int64GetDatum(done[i].streams);
		values[2] = Int64GetDatum(done[i].items);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
