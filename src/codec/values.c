/*
 * values.c
 *		The column of values: choosing a scheme, writing and reading it.
 *
 * Runs of equal values are cut out first if there are enough of them; what
 * remains ("plain" values) is stored in the smallest of the other schemes.
 */
#include "codec/column.h"
#include "codec/schemes.h"

/* A column's first byte: the scheme and, above, flags. */
#define SCHEME_MASK			0x07
#define FLAG_WHOLE			0x08	/* its integers are one group */
#define FLAG_EXCEPTIONS		0x10	/* BTR_VALUES_DECIMAL only */

/* Runs are tried if they are at most this fraction of the values. */
#define RUNS_WORTH(n)		((n) / 2)

/* Decimals whose bits share fewer trailing zeros hardly gain from the bits. */
#define ZEROS_WORTH			8

/* The dictionary of front bits is tried above so many bits per value. */
#define FRONT_WORTH_BITS	50

/* Runs of equal values. */
typedef struct Runs
{
	int			n;
	double		value[RUNS_WORTH(BTR_LEAF_MAX_POINTS)];
	uint64_t	length[RUNS_WORTH(BTR_LEAF_MAX_POINTS)];	/* less one */
} Runs;

/* What one look at all values tells. */
typedef struct Survey
{
	int			zeros;			/* trailing zero bits that all share */
	int			runs;
} Survey;

/*
 * Looks at all values once.
 */
static void
survey_values(const double *value, int n, Survey *s)
{
	uint64_t	before = ~BtrValueBits(value[0]);
	uint64_t	all = 0;

	s->runs = 0;
	for (int i = 0; i < n; i++)
	{
		uint64_t	bits = BtrValueBits(value[i]);

		all |= bits;
		s->runs += bits != before;
		before = bits;
	}
	s->zeros = all == 0 ? 63 : __builtin_ctzll(all);
}

/*
 * Keeps *best or replaces it by *candidate.
 */
static inline void
keep_smaller(BtrValuePlan *best, const BtrValuePlan *candidate)
{
	if (candidate->size < best->size)
		*best = *candidate;
}

/*
 * Finds the smallest scheme, runs excepted.  v is room for n integers.
 */
static void
plan_plain(BtrValuePlan *best, const double *value, int n, int zeros,
		   uint64_t *v)
{
	BtrValuePlan plan;
	bool		decimal;

	best->scheme = BTR_VALUES_RAW;
	best->size = 1 + (size_t) n * sizeof(double);

	decimal = BtrDecimalPlan(&plan, value, n, v);
	if (decimal)
		keep_smaller(best, &plan);
	if (!decimal || zeros >= ZEROS_WORTH || plan.exceptions > 0)
	{
		BtrBitsPlan(&plan, value, n, zeros, v);
		keep_smaller(best, &plan);
	}
	if (best->size * 8 > (size_t) n * FRONT_WORTH_BITS &&
		BtrFrontPlan(&plan, value, n))
		keep_smaller(best, &plan);
}

/*
 * Writes values as planned by plan_plain().  v is room for n integers.
 */
static uint8_t *
write_plain(uint8_t *p, const BtrValuePlan *plan, const double *value, int n,
			uint64_t *v)
{
	bool		has_ints = plan->scheme == BTR_VALUES_DECIMAL ||
		plan->scheme == BTR_VALUES_BITS;

	*p++ = (uint8_t) (plan->scheme |
					  (has_ints && plan->ints.whole ? FLAG_WHOLE : 0) |
					  (plan->scheme == BTR_VALUES_DECIMAL &&
					   plan->exceptions > 0 ? FLAG_EXCEPTIONS : 0));
	switch (plan->scheme)
	{
		case BTR_VALUES_DECIMAL:
			return BtrDecimalWrite(p, plan, value, n, v);
		case BTR_VALUES_BITS:
			return BtrBitsWrite(p, plan, value, n, v);
		case BTR_VALUES_FRONT:
			return BtrFrontWrite(p, plan, value, n, v);
		case BTR_VALUES_RAW:
		case BTR_VALUES_RUNS:
			break;
	}
	memcpy(p, value, (size_t) n * sizeof(double));
	return p + (size_t) n * sizeof(double);
}

/*
 * Cuts the values into runs.
 */
static void
cut_runs(Runs *runs, const double *value, int n)
{
	int			start = 0;

	runs->n = 0;
	for (int i = 1; i <= n; i++)
	{
		if (i < n && BtrValueBits(value[i]) == BtrValueBits(value[start]))
			continue;
		runs->value[runs->n] = value[start];
		runs->length[runs->n] = (uint64_t) (i - start - 1);
		runs->n++;
		start = i;
	}
}

/*
 * Writes the values as runs if that takes fewer than "limit" bytes.  The last run's
 * length is not stored: it is what remains.  Returns the size, or 0 if it is not
 * fewer.
 */
static size_t
write_runs(uint8_t *p, size_t limit, const double *value, int n, int zeros,
		   uint64_t *v)
{
	uint8_t    *start = p;
	Runs		runs;
	BtrIntPlan	lengths;
	BtrValuePlan plan;

	cut_runs(&runs, value, n);
	BtrIntPlanColumn(&lengths, runs.length, runs.n - 1, 0);
	plan_plain(&plan, runs.value, runs.n, zeros, v);
	if (1 + BtrVarintSize((uint64_t) runs.n) + lengths.size + plan.size >= limit)
		return 0;

	*p++ = (uint8_t) (BTR_VALUES_RUNS | (lengths.whole ? FLAG_WHOLE : 0));
	p = BtrPutVarint(p, (uint64_t) runs.n);
	p = BtrIntWrite(p, &lengths, runs.length, runs.n - 1, 0);
	p = write_plain(p, &plan, runs.value, runs.n, v);
	return (size_t) (p - start);
}

/*
 * Writes the column in its smallest form; see column.h.
 */
size_t
BtrValuesWrite(uint8_t *p, size_t cap, const double *value, int n)
{
	uint64_t	v[BTR_LEAF_MAX_POINTS];
	BtrValuePlan plan;
	Survey		survey;

	survey_values(value, n, &survey);
	plan.size = SIZE_MAX;
	if (survey.runs > 1 || n == 1)
		plan_plain(&plan, value, n, survey.zeros, v);
	if (survey.runs <= RUNS_WORTH(n))
	{
		size_t		limit = plan.size <= cap ? plan.size : cap + 1;
		size_t		size = write_runs(p, limit, value, n, survey.zeros, v);

		if (size > 0)
			return size;
	}
	if (plan.size > cap)
		return 0;
	write_plain(p, &plan, value, n, v);
	return plan.size;
}

/*
 * Reads plain values whose first byte has been read.
 */
static bool
read_plain(BtrBytes *in, int first, int n, int from, int to, double *value, double *divisor)
{
	int			flags = first & ~SCHEME_MASK;
	bool		whole = (flags & FLAG_WHOLE) != 0;
	size_t		size = (size_t) n * sizeof(double);

	switch (first & SCHEME_MASK)
	{
		case BTR_VALUES_RAW:
			if (flags != 0 || BtrBytesLeft(in) < size)
				return false;
			if (value != NULL)
				memcpy(value, in->pos + (size_t) from * sizeof(double),
					   (size_t) (to - from) * sizeof(double));
			in->pos += size;
			return true;
		case BTR_VALUES_DECIMAL:
			return (flags & ~(FLAG_WHOLE | FLAG_EXCEPTIONS)) == 0 &&
				BtrDecimalRead(in, whole, (flags & FLAG_EXCEPTIONS) != 0, n,
							   from, to, value, divisor);
		case BTR_VALUES_BITS:
			return (flags & ~FLAG_WHOLE) == 0 &&
				BtrBitsRead(in, whole, n, from, to, value);
		case BTR_VALUES_FRONT:
			return flags == 0 && BtrFrontRead(in, n, from, to, value);
		default:
			return false;
	}
}

/*
 * Spreads values of runs over their lengths, as far as they lie in from .. to - 1.
 */
static void
spread_runs(const double *run, const uint16_t *length, int from, int to, double *value)
{
	for (int at = 0; at < to; run++)
	{
		int			end = at + *length++;

		if (end > to)
			end = to;
		for (int i = at > from ? at : from; i < end; i++)
			*value++ = *run;
		at = end;
	}
}

/*
 * Reads runs whose first byte has been read.
 */
static bool
read_runs(BtrBytes *in, int first, int n, int from, int to, double *value)
{
	bool		whole = (first & FLAG_WHOLE) != 0;
	double		run[BTR_LEAF_MAX_POINTS];
	uint16_t	length[BTR_LEAF_MAX_POINTS];
	uint64_t	v[BTR_PACK_BLOCK];
	uint64_t	runs;
	BtrIntReader r;
	int			rest = n;
	int			at = 0;
	int			count;

	if ((first & ~(SCHEME_MASK | FLAG_WHOLE)) != 0 ||
		!BtrGetVarint(in, &runs) || runs < 1 || runs > (uint64_t) n)
		return false;

	if (value == NULL)
	{
		if (!BtrIntSkip(in, (int) runs - 1, whole))
			return false;
	}
	else
	{
		BtrIntReadStart(&r, in, (int) runs - 1, whole, 0);
		while ((count = BtrIntReadChunk(&r, v)) > 0)
			for (int i = 0; i < count; i++)
			{
				if (v[i] >= (uint64_t) rest - 1)
					return false;
				length[at++] = (uint16_t) (v[i] + 1);
				rest -= (int) v[i] + 1;
			}
		if (count < 0)
			return false;
		length[at] = (uint16_t) rest;
	}

	if (BtrBytesLeft(in) == 0)
		return false;
	first = *in->pos++;
	if (!read_plain(in, first, (int) runs, 0, (int) runs, value != NULL ? run : NULL,
					NULL))
		return false;
	if (value != NULL)
		spread_runs(run, length, from, to, value);
	return true;
}

/*
 * Reads values from .. to - 1 of the column, or none if value is NULL; see column.h.
 */
bool
BtrValuesRead(BtrBytes *in, int n, int from, int to, double *value, double *divisor)
{
	int			first;

	if (divisor != NULL)
		*divisor = 1;
	if (BtrBytesLeft(in) == 0)
		return false;
	first = *in->pos++;
	if ((first & SCHEME_MASK) == BTR_VALUES_RUNS)
		return read_runs(in, first, n, from, to, value);
	return read_plain(in, first, n, from, to, value, divisor);
}
