-- What is made to be seen, for the oracle: filled windows, and the few points that look like many.
-- Loaded by 010_oracle.pl after oracle.sql.

-- A number as a float8; what is too small for one is 0.
CREATE FUNCTION oracle.rounded(x numeric) RETURNS float8
LANGUAGE sql IMMUTABLE RETURN CASE WHEN abs(x) < 1e-300 THEN 0 ELSE x END;

-- x / y rounded down, exactly: a quotient of numeric is rounded before floor() sees it.
CREATE FUNCTION oracle.floor_div(x numeric, y numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE RETURN div(x - mod(mod(x, y) + y, y), y);

-- What empty windows are filled with, from all windows of the grid that have points, also outside of the range.
CREATE FUNCTION oracle.check_fill(s int, v bigint, lo bigint, hi bigint, width bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	kind text := (ARRAY['previous', 'linear'])[oracle.random_int(1, 2)];
	longest bigint := least(width::numeric * oracle.random_int(0, 30) + oracle.random_int(0, 1), 9223372036854775807);
	asked text := format('SELECT * FROM btrdb_windows(%L::uuid, %s, %s, %s, 0, %s, %L, %s)', oracle.uuid_of(s), lo, hi, width, v, kind, longest);
BEGIN
	PERFORM oracle.expect_none(format(
		'WITH w AS MATERIALIZED (SELECT oracle.floor_div(time::numeric - %2$s, %3$s) AS n, %4$s
								 FROM oracle.contents(%5$s, %6$s, %7$s, %8$s) GROUP BY 1),
		 a AS (SELECT row_number() OVER () - 1 AS n, * FROM (%1$s) q),
		 g AS (SELECT a.*, l.n AS ln, l.mean AS lmean, r.n AS rn, r.mean AS rmean, greatest(l.magnitude, r.magnitude) AS magnitude,
				   (l.n IS NOT NULL AND (r.n IS NOT NULL OR %9$L = ''previous'')
					AND (coalesce(r.n, div(%10$s::numeric - %2$s, %3$s)) - l.n - 1) * %3$s <= %11$s) IS TRUE AS filled
			   FROM a LEFT JOIN LATERAL (SELECT * FROM w WHERE w.n < a.n ORDER BY w.n DESC LIMIT 1) l ON true
				   LEFT JOIN LATERAL (SELECT * FROM w WHERE w.n > a.n ORDER BY w.n LIMIT 1) r ON true
			   WHERE a.count = 0)
		 SELECT * FROM g WHERE stddev IS NOT NULL OR min IS DISTINCT FROM mean OR max IS DISTINCT FROM mean
			OR CASE WHEN NOT filled THEN mean IS NOT NULL
				WHEN %9$L = ''previous'' THEN NOT oracle.near(mean, lmean, magnitude)
				ELSE NOT oracle.near(mean, oracle.rounded(lmean::numeric * (rn - n) / (rn - ln) + rmean::numeric * (n - ln) / (rn - ln)), magnitude) END',
		asked, lo, width, oracle.aggregates(), s, v, oracle.time_min(), oracle.time_max(), kind, hi, longest), asked);
	-- and nothing else is another
	PERFORM oracle.expect_none(format('SELECT * FROM (%s) a WHERE count > 0 EXCEPT ALL SELECT * FROM btrdb_windows(%L::uuid, %s, %s, %s, 0, %s)',
									  asked, oracle.uuid_of(s), lo, hi, width, v), asked);
END
$$;

-- The points that draw columns.
CREATE FUNCTION oracle.check_minmax(s int, v bigint, lo bigint, hi bigint, columns int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_minmax(%L::uuid, %s, %s, %s, %s)', oracle.uuid_of(s), lo, hi, columns, v);
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT row_number() OVER () AS n, * FROM (%1$s) q) a
		 FULL JOIN (SELECT row_number() OVER (ORDER BY time, id) AS n, time, value
					FROM (SELECT *, row_number() OVER (PARTITION BY c ORDER BY time, id) AS first,
							  row_number() OVER (PARTITION BY c ORDER BY time DESC, id DESC) AS last,
							  row_number() OVER (PARTITION BY c ORDER BY value, time, id) AS least,
							  row_number() OVER (PARTITION BY c ORDER BY value DESC, time, id) AS greatest
						  FROM (SELECT *, div((time::numeric - %2$s) * %3$s, %4$s::numeric - %2$s) AS c
								FROM oracle.contents(%5$s, %6$s, %2$s, %4$s)) p) r
					WHERE 1 IN (first, last, least, greatest)) e USING (n)
		 WHERE a.time IS DISTINCT FROM e.time OR float8send(a.value) IS DISTINCT FROM float8send(e.value)',
		asked, lo, columns, hi, s, v), asked);
END
$$;

-- The points of the largest triangles: as many as asked for, all of them if there are no more, of each bucket one.  Which one
-- is tested by 072_seeing.pl.
CREATE FUNCTION oracle.check_lttb(s int, v bigint, lo bigint, hi bigint, points int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_lttb(%L::uuid, %s, %s, %s, %s)', oracle.uuid_of(s), lo, hi, points, v);
BEGIN
	PERFORM oracle.expect_none(format(
		'WITH p AS MATERIALIZED (SELECT row_number() OVER (ORDER BY time, id) - 1 AS rank, time, value FROM oracle.contents(%2$s, %3$s, %4$s, %5$s)),
		 k AS (SELECT count(*) AS count, least(count(*), %6$s) AS n FROM p)
		 SELECT * FROM (SELECT row_number() OVER () - 1 AS i, * FROM (%1$s) q) a
		 FULL JOIN (SELECT i, n, count FROM k, generate_series(0, n - 1) i) e USING (i)
		 WHERE a.time IS NULL OR i IS NULL
			OR NOT EXISTS (SELECT FROM p WHERE p.time = a.time AND float8send(p.value) = float8send(a.value)
						   AND CASE WHEN n = count THEN rank = i WHEN i = 0 THEN rank = 0 WHEN i = n - 1 THEN rank = count - 1
							   ELSE rank >= 1 + div((i - 1)::numeric * (count - 2), n - 2) AND rank < 1 + div(i::numeric * (count - 2), n - 2) END)',
		asked, s, v, lo, hi, points), asked);
END
$$;
