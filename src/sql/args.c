/*
 * args.c
 *		What several SQL functions do with their arguments, rows and plans.
 */
#include "postgres.h"

#include "utils/lsyscache.h"

#include "sql/args.h"
#include "types/check.h"
#include "types/spelling.h"

/*
 * Raises 22004 if an argument is NULL.  names are those of all arguments.
 *
 * Functions that write are not strict: a point that lacks something must not
 * vanish without a word.
 */
void
BtrCheckNotNull(FunctionCallInfo fcinfo, const char *const *names)
{
	for (int i = 0; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"%s\" must not be null", names[i])));
	}
}

/*
 * Returns the types of the arguments of the function that is called, as it was declared:
 * one piece of code serves all spellings of a function.  They are looked up once for each
 * place that calls it.
 */
const Oid *
BtrArgTypes(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(flinfo->fn_mcxt);
		Oid		   *types;
		int			ntypes;

		(void) get_func_signature(flinfo->fn_oid, &types, &ntypes);
		MemoryContextSwitchTo(old);
		if (ntypes != PG_NARGS())
			elog(ERROR, "function %u was called with %d arguments instead of %d",
				 flinfo->fn_oid, PG_NARGS(), ntypes);
		flinfo->fn_extra = types;
	}
	return flinfo->fn_extra;
}

/*
 * Reads the range that arguments 1 and 2 give, and checks it.
 */
void
BtrReadRangeArgs(FunctionCallInfo fcinfo, int64 *start, int64 *end)
{
	const Oid  *types = BtrArgTypes(fcinfo);

	if (types[2] != types[1])
		elog(ERROR, "start and end have different types");
	BtrReadRange(PG_GETARG_DATUM(1), PG_GETARG_DATUM(2), types[1], start, end);
}

/*
 * Returns the merge policy of a name; raises 22023 if there is none of that name.
 */
BtrMerge
BtrReadMerge(const text *merge)
{
	static const char *const names[] = {
		[BTR_MERGE_NEVER] = "never",
		[BTR_MERGE_EQUAL] = "equal",
		[BTR_MERGE_RETAIN] = "retain",
		[BTR_MERGE_REPLACE] = "replace",
	};

	return BtrReadChoice(merge, "merge policy",
						 "The policies are \"never\", \"equal\", \"retain\" and \"replace\".",
						 names, lengthof(names));
}

/*
 * Returns all rows of the function that is called, as a set; none if an argument is NULL that
 * may not be.
 */
Datum
BtrReturnRows(FunctionCallInfo fcinfo, const BtrRowKind *kind)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		args[BTR_ROWS_MAX_ARGS];
	Datum		values[BTR_ROWS_MAX_COLUMNS];
	bool		nulls[BTR_ROWS_MAX_COLUMNS];
	const Oid  *types = BtrArgTypes(fcinfo);
	BtrRows    *rows;

	if (PG_NARGS() != kind->nargs || !BtrRowsTakeTypes(kind, types))
		elog(ERROR, "function %u is not declared as a %s", fcinfo->flinfo->fn_oid, kind->name);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < kind->nargs; i++)
	{
		if (PG_ARGISNULL(i) && !BtrRowsTakeNull(kind, i))
			return (Datum) 0;
		args[i] = PG_ARGISNULL(i) ? (Datum) 0 : PG_GETARG_DATUM(i);
	}
	rows = BtrRowsBegin(kind, types, args, false, NULL, NULL);
	while (BtrRowsNext(rows, values, nulls))
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	BtrRowsEnd(rows);

	return (Datum) 0;
}

/*
 * Returns the plan of a query, which is made on first use and kept to the end of
 * the session.  SPI is connected.
 */
SPIPlanPtr
BtrKeptPlan(SPIPlanPtr *plan, const char *query, int nargs, Oid *types)
{
	if (*plan == NULL)
	{
		SPIPlanPtr	prepared = SPI_prepare(query, nargs, types);

		if (prepared == NULL)
			elog(ERROR, "could not prepare \"%s\": %s",
				 query, SPI_result_code_string(SPI_result));
		SPI_keepplan(prepared);
		*plan = prepared;
	}
	return *plan;
}
