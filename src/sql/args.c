/*
 * args.c
 *		Checks of arguments that several SQL functions share.
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
 * Raises 22023 unless min <= value <= max.  name is the argument's name.
 */
void
BtrCheckLimit(const char *name, int64 value, int64 min, int64 max)
{
	if (value < min || value > max)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s %lld is out of range", name, (long long) value),
				 errdetail("Argument %s must be from %lld to %lld.",
						   name, (long long) min, (long long) max)));
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
 * Adds a (time, value) row to the result that InitMaterializedSRF() set up.
 */
void
BtrPutPoint(ReturnSetInfo *rsinfo, const BtrPoint *point)
{
	Datum		values[2] = {Int64GetDatum(point->time), Float8GetDatum(point->value)};
	bool		nulls[2] = {false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}
