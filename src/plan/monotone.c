/*
 * monotone.c
 *		Recognizes expressions that divide time into buckets.
 *
 * Such an expression rises or falls with time, weakly, in steps: the times that
 * it has one value for lie side by side.  So it is enough to compute it at both
 * ends of a range to know that it is constant there, whatever its widths, origins
 * and roundings are.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "plan/aggregate.h"

/* How a function changes with one of its arguments, the others being fixed. */
typedef enum Effect
{
	RISES,
	FALLS,
	BY_SIGN						/* as the sign of the other argument says */
} Effect;

/* What must be known of the other arguments, beside that they are fixed. */
typedef enum Demand
{
	NOTHING,
	FIRST_UTC,					/* the first one is 'UTC' */
	LAST_UTC,					/* the last one is */
	FIRST_SECONDS				/* the first one is a unit no longer than a second */
} Demand;

typedef struct Rule
{
	Oid			function;
	int			arg;			/* the argument that changes */
	Effect		effect;
	bool		steps;			/* the result is coarser than the argument */
	Demand		demand;
} Rule;

static const Rule rules[] = {
	{F_INT8PL, 0, RISES, false},
	{F_INT8PL, 1, RISES, false},
	{F_INT84PL, 0, RISES, false},
	{F_INT48PL, 1, RISES, false},
	{F_INT82PL, 0, RISES, false},
	{F_INT28PL, 1, RISES, false},
	{F_FLOAT8PL, 0, RISES, false},
	{F_FLOAT8PL, 1, RISES, false},
	{F_INT8MI, 0, RISES, false},
	{F_INT8MI, 1, FALLS, false},
	{F_INT84MI, 0, RISES, false},
	{F_INT48MI, 1, FALLS, false},
	{F_INT82MI, 0, RISES, false},
	{F_INT28MI, 1, FALLS, false},
	{F_FLOAT8MI, 0, RISES, false},
	{F_FLOAT8MI, 1, FALLS, false},
	{F_INT8MUL, 0, BY_SIGN, false},
	{F_INT8MUL, 1, BY_SIGN, false},
	{F_INT84MUL, 0, BY_SIGN, false},
	{F_INT48MUL, 1, BY_SIGN, false},
	{F_INT82MUL, 0, BY_SIGN, false},
	{F_INT28MUL, 1, BY_SIGN, false},
	{F_FLOAT8MUL, 0, BY_SIGN, false},
	{F_FLOAT8MUL, 1, BY_SIGN, false},
	{F_INT8DIV, 0, BY_SIGN, true},
	{F_INT84DIV, 0, BY_SIGN, true},
	{F_INT82DIV, 0, BY_SIGN, true},
	{F_FLOAT8DIV, 0, BY_SIGN, false},
	{F_FLOAT8_INT8, 0, RISES, false},
	{F_INT8_FLOAT8, 0, RISES, true},
	{F_FLOOR_FLOAT8, 0, RISES, true},
	{F_CEIL_FLOAT8, 0, RISES, true},
	{F_CEILING_FLOAT8, 0, RISES, true},
	{F_ROUND_FLOAT8, 0, RISES, true},
	{F_TRUNC_FLOAT8, 0, RISES, true},
	{F_TO_TIMESTAMP_FLOAT8, 0, RISES, false},
	{F_DATE_BIN_INTERVAL_TIMESTAMPTZ_TIMESTAMPTZ, 1, RISES, true},
	{F_DATE_BIN_INTERVAL_TIMESTAMP_TIMESTAMP, 1, RISES, true},
	/* time zones are whole seconds from UTC; longer units may go back when clocks do */
	{F_DATE_TRUNC_TEXT_TIMESTAMPTZ, 1, RISES, true, FIRST_SECONDS},
	{F_DATE_TRUNC_TEXT_TIMESTAMPTZ_TEXT, 1, RISES, true, LAST_UTC},
	{F_TIMEZONE_TEXT_TIMESTAMPTZ, 1, RISES, false, FIRST_UTC},
	{F_DATE_TRUNC_TEXT_TIMESTAMP, 1, RISES, true},
};

extern Datum btrdb_timestamp(PG_FUNCTION_ARGS);

/* What is known of an expression. */
typedef struct Shape
{
	bool		rises;			/* it never falls */
	bool		steps;
} Shape;

/*
 * Says whether the node calls a function or operator, and which with what.
 */
static bool
is_call(Node *node, Oid *function, List **args)
{
	if (IsA(node, FuncExpr))
	{
		*function = ((FuncExpr *) node)->funcid;
		*args = ((FuncExpr *) node)->args;
		return true;
	}
	if (IsA(node, OpExpr))
	{
		*function = get_opcode(((OpExpr *) node)->opno);
		*args = ((OpExpr *) node)->args;
		return true;
	}
	return false;
}

/*
 * Says whether the node has one value for a whole scan.
 */
static bool
is_fixed(Node *node)
{
	return !contain_var_clause(node) && !contain_agg_clause(node) &&
		!contain_subplans(node) && !contain_volatile_functions(node);
}

/*
 * Says whether a number is known to be positive.
 */
static bool
is_positive(Node *node)
{
	Const	   *value = (Const *) node;

	if (!IsA(node, Const) || value->constisnull)
		return false;
	switch (value->consttype)
	{
		case INT2OID:
			return DatumGetInt16(value->constvalue) > 0;
		case INT4OID:
			return DatumGetInt32(value->constvalue) > 0;
		case INT8OID:
			return DatumGetInt64(value->constvalue) > 0;
		case FLOAT8OID:
			return DatumGetFloat8(value->constvalue) > 0;
		default:
			return false;
	}
}

/*
 * Says whether a node is a constant text that is one of some words, in upper or lower case.
 */
static bool
is_word(Node *node, const char *const *words, int nwords)
{
	Const	   *value = (Const *) node;
	char	   *string;

	if (!IsA(node, Const) || value->constisnull || value->consttype != TEXTOID)
		return false;
	string = TextDatumGetCString(value->constvalue);
	for (int i = 0; i < nwords; i++)
	{
		if (pg_strcasecmp(string, words[i]) == 0)
			return true;
	}
	return false;
}

/*
 * Says whether a call's arguments fulfil a demand.
 */
static bool
fulfils(List *args, Demand demand)
{
	static const char *const utc[] = {"UTC"};
	static const char *const seconds[] = {"second", "milliseconds", "microseconds"};

	switch (demand)
	{
		case NOTHING:
			return true;
		case FIRST_UTC:
			return is_word(linitial(args), utc, lengthof(utc));
		case LAST_UTC:
			return is_word(llast(args), utc, lengthof(utc));
		case FIRST_SECONDS:
			return is_word(linitial(args), seconds, lengthof(seconds));
	}
	return false;
}

/*
 * Says whether a function is btrdb_timestamp(), whose steps are microseconds.
 */
static bool
is_btrdb_timestamp(Oid function)
{
	char	   *name = get_func_name(function);
	FmgrInfo	flinfo;

	if (name == NULL || strcmp(name, "btrdb_timestamp") != 0)
		return false;
	fmgr_info(function, &flinfo);
	return flinfo.fn_addr == btrdb_timestamp;
}

/*
 * Tells the shape of an expression of a table's column; false if it is not known
 * to rise or fall all the time.
 */
static bool
shape_of(Node *node, Index rti, AttrNumber attno, Shape *shape)
{
	Oid			function;
	List	   *args;

	check_stack_depth();
	if (IsA(node, Var))
	{
		Var		   *var = (Var *) node;

		shape->rises = true;
		shape->steps = false;
		return var->varno == rti && var->varattno == attno && var->varlevelsup == 0;
	}
	if (!is_call(node, &function, &args))
		return false;

	if (is_btrdb_timestamp(function))
	{
		if (!shape_of(linitial(args), rti, attno, shape))
			return false;
		shape->steps = true;
		return true;
	}

	/* x - x % width is x, cut off towards zero */
	if (function == F_INT8MI)
	{
		Oid			remainder;
		List	   *remainder_args;

		if (is_call(lsecond(args), &remainder, &remainder_args) &&
			remainder == F_INT8MOD &&
			equal(linitial(args), linitial(remainder_args)) &&
			is_fixed(lsecond(remainder_args)) &&
			shape_of(linitial(args), rti, attno, shape))
		{
			shape->steps = true;
			return true;
		}
	}

	for (int i = 0; i < lengthof(rules); i++)
	{
		const Rule *rule = &rules[i];
		bool		others_fixed = true;
		bool		others_positive = true;

		if (rule->function != function || rule->arg >= list_length(args))
			continue;
		for (int j = 0; j < list_length(args); j++)
		{
			if (j == rule->arg)
				continue;
			others_fixed = others_fixed && is_fixed(list_nth(args, j));
			others_positive = others_positive && is_positive(list_nth(args, j));
		}
		if (!others_fixed || !fulfils(args, rule->demand) ||
			!shape_of(list_nth(args, rule->arg), rti, attno, shape))
			continue;
		shape->rises = shape->rises &&
			(rule->effect == RISES || (rule->effect == BY_SIGN && others_positive));
		shape->steps = shape->steps || rule->steps;
		return true;
	}
	return false;
}

/*
 * Says whether an expression divides the times of column attno into buckets, and
 * whether it rises with time.
 */
bool
BtrIsBucket(Node *expr, Index rti, AttrNumber attno, bool *rises)
{
	Shape		shape;

	if (!shape_of(expr, rti, attno, &shape) || !shape.steps)
		return false;
	*rises = shape.rises;
	return true;
}
