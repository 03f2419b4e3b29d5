/*
 * columns.h
 *		A range of time divided into a number of columns, as the pixels of a picture divide it.
 *
 * Column i of n has the times whose offset x in a range of length l gives floor(x * n / l)
 * = i.  So columns differ by a nanosecond if l is no multiple of n, and if there are more
 * columns than nanoseconds, some have no time at all.
 */
#ifndef BTR_COLUMNS_H
#define BTR_COLUMNS_H

/* More of them would not fit into the arithmetic. */
#define BTR_COLUMNS_MAX		PG_INT32_MAX

typedef struct BtrColumns
{
	int64		start;
	uint64		length;
	uint64		n;
	uint64		width;			/* length / n */
	uint64		rest;			/* length % n */
} BtrColumns;

/* Divides [start, end), which is not empty. */
static inline void
BtrColumnsInit(BtrColumns *columns, int64 start, int64 end, uint64 n)
{
	Assert(start < end && n > 0 && n <= BTR_COLUMNS_MAX);
	columns->start = start;
	columns->length = (uint64) end - (uint64) start;
	columns->n = n;
	columns->width = columns->length / n;
	columns->rest = columns->length % n;
}

/* Returns how far from the start column i begins: i * length / n, rounded up. */
static inline uint64
BtrColumnOffset(const BtrColumns *columns, uint64 i)
{
	return i * columns->width + (i * columns->rest + columns->n - 1) / columns->n;
}

/* Returns the first time that is not before column i; of column n, the end of the range. */
static inline int64
BtrColumnStart(const BtrColumns *columns, uint64 i)
{
	return (int64) ((uint64) columns->start + BtrColumnOffset(columns, i));
}

/* Returns the column of a time in the range. */
static inline uint64
BtrColumnOf(const BtrColumns *columns, int64 time)
{
	uint64		offset = (uint64) time - (uint64) columns->start;
	uint64		i = (uint64) ((double) offset / (double) columns->length * (double) columns->n);

	/* the double is next to the truth */
	i = Min(i, columns->n - 1);
	while (BtrColumnOffset(columns, i) > offset)
		i--;
	while (BtrColumnOffset(columns, i + 1) <= offset)
		i++;
	return i;
}

#endif							/* BTR_COLUMNS_H */
