/*
 * args.c
 *		What several SQL functions do with their arguments, rows and plans.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "sql/args.h"
#include "types/check.h"

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
 * Raises an error unless merge names the policy that can be had: 22023 for a
 * name that is none, 0A000 for one that is not supported.
 */
void
BtrCheckMerge(const text *merge)
{
	static const char *const others[] = {"equal", "retain", "replace"};
	char	   *name = text_to_cstring(merge);

	if (strcmp(name, "never") == 0)
	{
		pfree(name);
		return;
	}

	for (int i = 0; i < lengthof(others); i++)
	{
		if (strcmp(name, others[i]) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("merge policy \"%s\" is not supported", name),
					 errhint("Use \"never\", with which points of equal time coexist.")));
	}

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized merge policy \"%s\"", name),
			 errhint("The policies are \"never\", \"equal\", \"retain\" and \"replace\".")));
}

/*
 * Returns all rows of the function that is called, as a set.
 */
Datum
BtrReturnRows(FunctionCallInfo fcinfo, const BtrRowKind *kind)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Datum		args[BTR_ROWS_MAX_ARGS];
	Datum		values[BTR_ROWS_MAX_COLUMNS];
	bool		nulls[BTR_ROWS_MAX_COLUMNS];
	BtrRows    *rows;

	Assert(PG_NARGS() == kind->nargs);
	for (int i = 0; i < kind->nargs; i++)
		args[i] = PG_GETARG_DATUM(i);

	InitMaterializedSRF(fcinfo, 0);
	rows = BtrRowsBegin(kind, args, false);
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
