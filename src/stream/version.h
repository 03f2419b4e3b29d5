/*
 * version.h
 *		Columns of btrdb.versions.
 */
#ifndef BTR_VERSION_H
#define BTR_VERSION_H

#define Anum_versions_stream		1
#define Anum_versions_version		2
#define Anum_versions_base			3
#define Anum_versions_created		4
#define Anum_versions_store			5
#define Anum_versions_phase			6
#define Anum_versions_flushed_ordinal	7
#define Anum_versions_flushed_total	8
#define Anum_versions_count			9
/* NULL from here on if the version holds no points; the values of points that were trimmed, too */
#define Anum_versions_earliest		10
#define Anum_versions_earliest_value	11
#define Anum_versions_latest		12
#define Anum_versions_latest_value	13
#define Anum_versions_min			14
#define Anum_versions_max			15
#define Anum_versions_mean			16
#define Anum_versions_m2			17
#define Anum_versions_root			18
#define Anum_versions_root_version	19
#define Natts_versions				19

/* The first or last point, from the column of its time and that of its value. */
extern BtrEdge BtrVersionEdge(const Datum *value, const bool *isnull);

#endif							/* BTR_VERSION_H */
