/*
 * arrays.h
 *		What array arguments must be like.
 */
#ifndef BTR_ARRAYS_H
#define BTR_ARRAYS_H

#include "utils/array.h"
#include "utils/uuid.h"

/*
 * The number of elements of an array; raises 2202E if it has more than one dimension.  name is
 * the argument's.
 */
extern int	BtrArrayCount(const ArrayType *array, const char *name);

/* Raises 22004 if an element is NULL, with a hint. */
extern void BtrCheckNoNulls(ArrayType *array, const char *name, const char *hint);

/* The streams that an argument "streams" has, in a copy; raises 2202E and 22004 as above. */
extern pg_uuid_t *BtrReadStreams(Datum array, int *n);

/* Raises 2202E unless both numbers of elements are equal. */
extern void BtrCheckSameLength(int n1, const char *name1, int n2, const char *name2);

#endif							/* BTR_ARRAYS_H */
