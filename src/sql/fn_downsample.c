/*
 * fn_downsample.c
 *		btrdb_minmax(), btrdb_lttb().
 */
#include "postgres.h"

#include "sql/args.h"

PG_FUNCTION_INFO_V1(btrdb_minmax);
PG_FUNCTION_INFO_V1(btrdb_lttb);

/*
 * btrdb_minmax(stream uuid, start bigint, "end" bigint, columns int, version bigint)
 * returns setof (time, value): the points that draw the same line as all of [start, end)
 * in so many columns of pixels.
 */
Datum
btrdb_minmax(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrMinmaxRows);
}

/*
 * btrdb_lttb(stream uuid, start bigint, "end" bigint, points int, version bigint)
 * returns setof (time, value): at most so many points whose line looks like that of all of
 * [start, end).
 */
Datum
btrdb_lttb(PG_FUNCTION_ARGS)
{
	return BtrReturnRows(fcinfo, &BtrLttbRows);
}
