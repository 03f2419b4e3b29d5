/*
 * guc.c
 *		The settings of btrdb, sorted by name.
 */
#include "postgres.h"

#include <limits.h>

#include "utils/guc.h"

#include "debug.h"
#include "guc.h"
#include "tree/tree.h"

int			btrdb_buffer_points = 4096;
int			btrdb_buffer_rows = 1024;
int			btrdb_compact_rows = 64;
int			btrdb_direct_points = 1024;
bool		btrdb_enable_aggregate = true;
bool		btrdb_enable_custom_scan = true;
int			btrdb_flush_memory = 65536;
int			btrdb_gather_memory = 65536;
int			btrdb_maintain_naptime = 60;
int			btrdb_merge = BTR_MERGE_NEVER;
int			btrdb_retention = -1;
int			btrdb_trimmed_points = BTR_TRIMMED_ERROR;

static const struct config_enum_entry merge_policies[] = {
	{"never", BTR_MERGE_NEVER, false},
	{"equal", BTR_MERGE_EQUAL, false},
	{"retain", BTR_MERGE_RETAIN, false},
	{"replace", BTR_MERGE_REPLACE, false},
	{NULL, 0, false}
};

static const struct config_enum_entry trimmed_points[] = {
	{"error", BTR_TRIMMED_ERROR, false},
	{"skip", BTR_TRIMMED_SKIP, false},
	{NULL, 0, false}
};

/*
 * Registers every setting and reserves the prefix.
 */
void
BtrDefineGucs(void)
{
	DefineCustomIntVariable("btrdb.buffer_points",
							"Sets how many points of a stream may wait in the write buffer before they are flushed.",
							NULL,
							&btrdb_buffer_points,
							4096, 0, INT_MAX,
							PGC_USERSET, 0,
							NULL, NULL, NULL);

	DefineCustomIntVariable("btrdb.buffer_rows",
							"Sets how many rows of a stream may wait in the write buffer before they are flushed.",
							NULL,
							&btrdb_buffer_rows,
							1024, 1, INT_MAX,
							PGC_USERSET, 0,
							NULL, NULL, NULL);

	DefineCustomIntVariable("btrdb.compact_rows",
							"Sets how many rows with points of many streams may wait before they are sorted by stream.",
							"Statements over many streams write such rows, one for each 128 streams or so.",
							&btrdb_compact_rows,
							64, 1, INT_MAX,
							PGC_USERSET, 0,
							NULL, NULL, NULL);

#ifdef USE_ASSERT_CHECKING
	DefineCustomIntVariable("btrdb.debug_fail",
							"Raises an error at the n-th place from now on where one may arise.",
							"For tests only; 0 turns it off.",
							&btrdb_debug_fail,
							0, 0, INT_MAX,
							PGC_SUSET, GUC_NOT_IN_SAMPLE,
							NULL, NULL, NULL);

	DefineCustomStringVariable("btrdb.debug_points",
							   "Names points at which this session waits.",
							   "For tests only.",
							   &btrdb_debug_points,
							   "",
							   PGC_SUSET, GUC_NOT_IN_SAMPLE,
							   NULL, NULL, NULL);

	DefineCustomIntVariable("btrdb.debug_stop",
							"Waits at the n-th point from now on at which this session may.",
							"For tests only; 0 turns it off.",
							&btrdb_debug_stop,
							0, 0, INT_MAX,
							PGC_SUSET, GUC_NOT_IN_SAMPLE,
							NULL, NULL, NULL);
#endif

	DefineCustomIntVariable("btrdb.direct_points",
							"Sets how many points of a stream one call must bring to be written to the tree at once.",
							"Calls that bring fewer points go to the write buffer.",
							&btrdb_direct_points,
							1024, 1, INT_MAX,
							PGC_USERSET, 0,
							NULL, NULL, NULL);

	DefineCustomBoolVariable("btrdb.enable_aggregate",
							 "Lets the planner answer aggregates of points by the statistics in the trees.",
							 "It takes btrdb.enable_custom_scan, too.",
							 &btrdb_enable_aggregate,
							 true,
							 PGC_USERSET, GUC_EXPLAIN,
							 NULL, NULL, NULL);

	DefineCustomBoolVariable("btrdb.enable_custom_scan",
							 "Lets the planner read points by custom scans.",
							 "They read the streams and times that a query asks for, in order of time, and no others.",
							 &btrdb_enable_custom_scan,
							 true,
							 PGC_USERSET, GUC_EXPLAIN,
							 NULL, NULL, NULL);

	DefineCustomIntVariable("btrdb.flush_memory",
							"Sets how much memory a flush may use for buffered points.",
							"A flush of more points than fit commits them as several versions.",
							&btrdb_flush_memory,
							65536, 64, MAX_KILOBYTES,
							PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);

	DefineCustomIntVariable("btrdb.gather_memory",
							"Sets how much memory a statement that inserts into btrdb.points may use for points it has not written.",
							"INSERT and COPY write their points when they end, and whenever they have gathered as many as fit.",
							&btrdb_gather_memory,
							65536, 64, MAX_KILOBYTES,
							PGC_USERSET, GUC_UNIT_KB,
							NULL, NULL, NULL);

	DefineCustomIntVariable("btrdb.maintain_naptime",
							"Sets the time between two rounds of the background maintenance of all databases.",
							"It runs if btrdb is in shared_preload_libraries; 0 turns it off.",
							&btrdb_maintain_naptime,
							60, 0, INT_MAX / 1000,
							PGC_SIGHUP, GUC_UNIT_S,
							NULL, NULL, NULL);

	DefineCustomEnumVariable("btrdb.merge",
							 "Sets the merge policy of INSERT and COPY into btrdb.points.",
							 "It says what becomes of points at times at which there are points already.",
							 &btrdb_merge,
							 BTR_MERGE_NEVER, merge_policies,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	/*
	 * What one session forgets, all miss.  The owner of a database, who could otherwise set
	 * it for all sessions there, need not have rights on its points.
	 */
	DefineCustomIntVariable("btrdb.retention",
							"Sets for how long versions stay after the next one was made.",
							"btrdb_maintain() forgets older ones, unless the stream has a retention of its own; -1 keeps all.",
							&btrdb_retention,
							-1, -1, INT_MAX,
							PGC_SUSET, GUC_UNIT_S,
							NULL, NULL, NULL);

	DefineCustomEnumVariable("btrdb.trimmed_points",
							 "Says what reads do that need points which btrdb_trim() has left out.",
							 "\"error\": they fail.  \"skip\": they go on as if these points were not there.",
							 &btrdb_trimmed_points,
							 BTR_TRIMMED_ERROR, trimmed_points,
							 PGC_USERSET, 0,
							 NULL, NULL, NULL);

	MarkGUCPrefixReserved("btrdb");
}
