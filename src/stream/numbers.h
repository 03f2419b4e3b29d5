/*
 * numbers.h
 *		A hash table that numbers streams in the order in which they come.
 */
#ifndef BTR_NUMBERS_H
#define BTR_NUMBERS_H

#include "stream/mixed.h"

typedef struct StreamEntry
{
	pg_uuid_t	stream;
	uint32		number;
	char		status;
} StreamEntry;

#define SH_PREFIX streams
#define SH_ELEMENT_TYPE StreamEntry
#define SH_KEY_TYPE pg_uuid_t
#define SH_KEY stream
#define SH_HASH_KEY(table, key) BtrHashStream(&(key))
#define SH_EQUAL(table, a, b) (memcmp(&(a), &(b), UUID_LEN) == 0)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#endif							/* BTR_NUMBERS_H */
