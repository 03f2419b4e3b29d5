/*
 * callexplain.c
 *		Shows in EXPLAIN the arguments of calls that are run as custom scans.
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"

#include "plan/plan.h"

/*
 * Says whether an argument tells that empty windows stay empty.
 */
static bool
fills_nothing(BtrArgKind kind, const Node *arg)
{
	return kind == BTR_ARG_FILL && IsA(arg, Const) && !((const Const *) arg)->constisnull &&
		strcmp(TextDatumGetCString(((const Const *) arg)->constvalue), "none") == 0;
}

/*
 * Shows a constant argument that is not best shown as it is; false if it is.
 */
static bool
explain_constant(BtrArgKind kind, const char *label, const Const *arg, struct ExplainState *es)
{
	ArrayType  *array;

	switch (kind)
	{
		case BTR_ARG_STREAMS:
			/* there may be thousands */
			if (arg->constisnull)
				return false;
			array = DatumGetArrayTypeP(arg->constvalue);
			ExplainPropertyInteger(label, NULL,
								   ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)), es);
			return true;
		case BTR_ARG_SNAP:
			/* nothing happens, so nothing is shown */
			return arg->constisnull;
		case BTR_ARG_VERSIONS:
			ExplainPropertyText(label, arg->constisnull ? "latest" : "given", es);
			return true;
		case BTR_ARG_VERSION:
			if (arg->constisnull || DatumGetInt64(arg->constvalue) != BTR_VERSION_LATEST)
				return false;
			ExplainPropertyText(label, "latest", es);
			return true;
		default:
			return false;
	}
}

/*
 * Shows the arguments of a call, but not how it fills nothing.
 */
void
BtrExplainCall(const BtrRowKind *kind, List *args, CustomScanState *node, List *ancestors,
			   struct ExplainState *es)
{
	for (int i = 0; i < kind->nargs; i++)
	{
		Node	   *arg = list_nth(args, i);

		if (fills_nothing(kind->args[i], arg))
			break;
		if (!IsA(arg, Const) ||
			!explain_constant(kind->args[i], kind->labels[i], (Const *) arg, es))
			BtrExplainExpr(kind->labels[i], arg, node, ancestors, es);
	}
}
