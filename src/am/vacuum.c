/*
 * vacuum.c
 *		VACUUM of the node store: frees garbage, visits marked pages, cuts the file.
 *
 * First, nodes that no version leads to any more are freed.  Then the pages that are
 * marked are visited: those that were changed since an earlier VACUUM.  A page that
 * holds nodes of a transaction that is finished is settled: the nodes stay if it
 * committed and go if it did not.  As no other page refers to a transaction, relfrozenxid
 * advances to the oldest that is left.
 *
 * VACUUM writes no rows: other sessions' snapshots ignore its transaction, so a
 * row that it wrote could be taken for dead.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/multixact.h"
#include "access/transam.h"
#include "commands/progress.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/autovacuum.h"
#include "storage/bufmgr.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "am/am.h"
#include "debug.h"
#include "gc/gc.h"
#include "page/vacuum.h"

/* What one VACUUM did. */
typedef struct VacuumReport
{
	BtrPageVacuum pages;
	int64		freed;			/* nodes of pruned versions */
	BlockNumber truncated;		/* pages given back */
	TransactionId frozen;		/* relfrozenxid, if it advances */
} VacuumReport;

/*
 * Returns up to where no page refers to a transaction: OldestXmin or, if that is before it,
 * the oldest owner that is left.
 */
static TransactionId
frozen_limit(const BtrPageVacuum *pages, TransactionId oldest_xmin)
{
	TransactionId owner = XidFromFullTransactionId(pages->oldest_owner);

	if (FullTransactionIdIsValid(pages->oldest_owner) &&
		TransactionIdPrecedes(owner, oldest_xmin))
		return owner;
	return oldest_xmin;
}

/*
 * Says what was done: to whoever asked by VERBOSE, or to the log if autovacuum took as
 * long as log_autovacuum_min_duration.
 */
static void
report_vacuum(Relation rel, const struct VacuumParams *params, TimestampTz started,
			  const VacuumReport *report)
{
	const BtrPageVacuum *pages = &report->pages;
	int			elevel = DEBUG2;

	if ((params->options & VACOPT_VERBOSE) != 0)
		elevel = INFO;
	else if (BtrIsAutoVacuum() && params->log_min_duration >= 0 &&
			 TimestampDifferenceExceeds(started, GetCurrentTimestamp(),
										params->log_min_duration))
		elevel = LOG;

	ereport(elevel,
			(errmsg("vacuumed \"%s.%s\": visited %u of %u pages",
					get_namespace_name(RelationGetNamespace(rel)),
					RelationGetRelationName(rel), pages->visited, pages->nblocks),
			 errdetail("Nodes: %lld of pruned versions freed, %lld of aborted transactions removed.\n"
					   "Pages: %u settled, %u in use by running transactions, %u found empty, %u given back.\n"
					   "Oldest transaction that a page may refer to: %u.",
					   (long long) report->freed, (long long) pages->removed,
					   pages->settled, pages->owned, pages->empty, report->truncated,
					   report->frozen)));
}

/*
 * Vacuums the store.  Called with ShareUpdateExclusiveLock on the relation.
 *
 * The number of points is not counted, which would take a look at every stream: it stays
 * what ANALYZE found.
 */
void
BtrRelationVacuum(Relation rel, struct VacuumParams *params,
				  BufferAccessStrategy bstrategy)
{
	VacuumReport report = {.pages = {
		.rel = rel, .strategy = bstrategy,
		.everything = (params->options & VACOPT_DISABLE_PAGE_SKIPPING) != 0}};
	TimestampTz started = GetCurrentTimestamp();
	struct VacuumCutoffs cutoffs;

	/*
	 * The horizon comes before the pages: whoever finished before it has marked and
	 * written them already, whoever runs has an xid after it.
	 */
	pgstat_progress_start_command(PROGRESS_COMMAND_VACUUM, RelationGetRelid(rel));
	vacuum_get_cutoffs(rel, params, &cutoffs);

	pgstat_progress_update_param(PROGRESS_VACUUM_PHASE, PROGRESS_VACUUM_PHASE_VACUUM_HEAP);
	report.freed = BtrFreeGarbage(rel, bstrategy);
	BTR_DEBUG_POINT("freed");

	pgstat_progress_update_param(PROGRESS_VACUUM_PHASE, PROGRESS_VACUUM_PHASE_SCAN_HEAP);
	BtrVacuumPages(&report.pages);
	report.frozen = frozen_limit(&report.pages, cutoffs.OldestXmin);
	BTR_DEBUG_POINT("visited");

	if (params->truncate != VACOPTVALUE_DISABLED)
		report.truncated = BtrTruncateStore(rel, bstrategy);

	pgstat_progress_update_param(PROGRESS_VACUUM_PHASE, PROGRESS_VACUUM_PHASE_FINAL_CLEANUP);
	BtrUpdateRelStats(rel, RelationGetNumberOfBlocks(rel), rel->rd_rel->reltuples,
					  report.frozen, cutoffs.OldestMxact);
	BtrReportVacuum(rel, Max(rel->rd_rel->reltuples, 0), BtrGarbageLeft(rel), started);
	pgstat_progress_end_command();
	report_vacuum(rel, params, started, &report);
}
