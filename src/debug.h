/*
 * debug.h
 *		Points at which tests stop a session, and places at which they make it fail, in
 *		builds with assertions.
 */
#ifndef BTR_DEBUG_H
#define BTR_DEBUG_H

#ifdef USE_ASSERT_CHECKING

/* The points at which this session waits: a list of names with commas. */
extern char *btrdb_debug_points;

/* The session waits at the n-th point from now on, whatever its name; each one passed makes it less. */
extern int	btrdb_debug_stop;

/*
 * Waits at a point that btrdb.debug_points names, or at which btrdb.debug_stop becomes 0, until the data
 * directory has a file btrdb_debug_continue, or btrdb_debug_continue. and the session's process id,
 * which it removes.  Meanwhile there is a file btrdb_debug_waiting. and the process id.  Whatever is
 * locked stays locked.  doc/testing.md tells of the points.
 */
extern void BtrDebugPoint(const char *name);

#define BTR_DEBUG_POINT(name)	BtrDebugPoint(name)

/* The place that fails, counted from the next one; each one passed makes it less.  0: none. */
extern int	btrdb_debug_fail;

/*
 * Raises 53000 if this is the place that is to fail; see debug_places.h.  None is in a critical
 * section.
 */
extern void BtrDebugPlace(const char *file, int line);

/* Likewise, for a place at which a cancelled session ends: it holds no lock of a page. */
extern void BtrDebugCancelPlace(const char *file, int line);
#else
#define BTR_DEBUG_POINT(name)	((void) 0)
#endif

#endif							/* BTR_DEBUG_H */
