/*
 * guc.h
 *		The settings of btrdb; see guc.c for what each means.
 */
#ifndef BTR_GUC_H
#define BTR_GUC_H

extern int	btrdb_buffer_points;
extern int	btrdb_buffer_rows;
extern int	btrdb_compact_rows;
extern int	btrdb_direct_points;
extern bool btrdb_enable_aggregate;
extern bool btrdb_enable_custom_scan;
extern int	btrdb_flush_memory;
extern int	btrdb_gather_memory;
extern int	btrdb_maintain_naptime;
extern int	btrdb_merge;
extern int	btrdb_retention;
extern int	btrdb_trimmed_points;

extern void BtrDefineGucs(void);

#endif							/* BTR_GUC_H */
