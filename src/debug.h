/*
 * debug.h
 *		Points at which tests stop a session, in builds with assertions.
 */
#ifndef BTR_DEBUG_H
#define BTR_DEBUG_H

#ifdef USE_ASSERT_CHECKING

/* The points at which this session waits: a list of names with commas. */
extern char *btrdb_debug_points;

/*
 * Waits at a point that btrdb.debug_points names until the data directory has a file
 * btrdb_debug_continue.  Whatever is locked stays locked.
 */
extern void BtrDebugPoint(const char *name);

#define BTR_DEBUG_POINT(name)	BtrDebugPoint(name)
#else
#define BTR_DEBUG_POINT(name)	((void) 0)
#endif

#endif							/* BTR_DEBUG_H */
