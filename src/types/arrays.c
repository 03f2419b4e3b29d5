/*
 * arrays.c
 *		What array arguments must be like, and the errors if not.
 */
#include "postgres.h"

#include "types/arrays.h"

/*
 * Returns the number of elements of an array; raises 2202E if it has more than one
 * dimension.  name is the argument's name.
 */
int
BtrArrayCount(const ArrayType *array, const char *name)
{
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("array \"%s\" has %d dimensions", name, ARR_NDIM(array)),
				 errhint("Give a one-dimensional array.")));
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

/*
 * Raises 22004 if an element is NULL; the hint tells the way out.
 */
void
BtrCheckNoNulls(ArrayType *array, const char *name, const char *hint)
{
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("array \"%s\" contains a null element", name),
				 errhint("%s", hint)));
}

/*
 * Raises 2202E unless both arrays have as many elements.
 */
void
BtrCheckSameLength(int n1, const char *name1, int n2, const char *name2)
{
	if (n1 != n2)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("arrays have different lengths: %d %s and %d %s", n1, name1, n2, name2)));
}

/*
 * Returns the streams that argument "streams" has, and their number.  uuids lie in an array as
 * they are, one after the other, so this is a copy of it, in the current memory context.
 */
pg_uuid_t *
BtrReadStreams(Datum array, int *n)
{
	ArrayType  *copy = DatumGetArrayTypePCopy(array);

	*n = BtrArrayCount(copy, "streams");
	BtrCheckNoNulls(copy, "streams", "Leave out what is no stream.");
	return (pg_uuid_t *) ARR_DATA_PTR(copy);
}
