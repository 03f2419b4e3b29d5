-- The functions that look for things, join and sum up in time, in plain SQL, and a comparison of
-- one call of each with it.  What a stream's version holds is given as arrays of times and values,
-- in their order.  Whoever loads this makes a function look.fail(message text) that says what is wrong.

CREATE SCHEMA look;

CREATE FUNCTION look.random_int(lo numeric, hi numeric) RETURNS bigint
LANGUAGE sql VOLATILE RETURN least(greatest(floor(lo + random()::numeric * (hi - lo + 1)), lo), hi)::bigint;

-- The points with the ones before them, if any.
CREATE FUNCTION look.pairs(times bigint[], vals float8[], lo bigint, hi bigint)
RETURNS TABLE ("time" bigint, value float8, n bigint, time_before bigint, value_before float8) LANGUAGE sql STABLE AS $$
	SELECT p.t, p.v, p.n, lag(t) OVER w, lag(v) OVER w FROM unnest(times, vals) WITH ORDINALITY AS p (t, v, n)
	WHERE t >= lo AND t < hi WINDOW w AS (ORDER BY n)
$$;

CREATE FUNCTION look.gaps(times bigint[], start bigint, "end" bigint, longer_than bigint)
RETURNS TABLE (start_time bigint, end_time bigint) LANGUAGE sql STABLE AS $$
	SELECT a, b
	FROM (SELECT lag(t) OVER (ORDER BY t) AS a, t AS b
		FROM (SELECT t FROM unnest(times) AS p (t) WHERE t >= start AND t < "end" UNION ALL VALUES (start), ("end")) AS t) AS pairs
	WHERE b::numeric - a > longer_than
	ORDER BY a
$$;

CREATE FUNCTION look.crossing(times bigint[], vals float8[], start bigint, "end" bigint, threshold float8, direction text, latest bool)
RETURNS TABLE ("time" bigint, value float8) LANGUAGE sql STABLE AS $$
	SELECT p.time, p.value FROM look.pairs(times, vals, start, "end") AS p
	WHERE (direction <> 'down' AND value_before < threshold AND p.value >= threshold)
		OR (direction <> 'up' AND value_before >= threshold AND p.value < threshold)
	ORDER BY CASE WHEN latest THEN -n ELSE n END LIMIT 1
$$;

CREATE FUNCTION look.asof(times bigint[], vals float8[], t bigint, direction text, tolerance numeric)
RETURNS TABLE ("time" bigint, value float8) LANGUAGE sql STABLE AS $$
	SELECT p.time, p.value
	FROM unnest(times, vals) WITH ORDINALITY AS p ("time", value, n)
	WHERE (direction <> 'forward' AND p.time <= t OR direction <> 'backward' AND p.time >= t)
		AND abs(p.time::numeric - t) <= tolerance
	ORDER BY abs(p.time::numeric - t), p.time, CASE WHEN direction <> 'forward' AND p.time <= t THEN -n ELSE n END LIMIT 1
$$;

-- The parts of the function of time that lie in a range: from a to b, where the values are va and vb.
CREATE FUNCTION look.pieces(times bigint[], vals float8[], start bigint, "end" bigint, method text)
RETURNS TABLE (a bigint, b bigint, va float8, vb float8) LANGUAGE sql STABLE AS $$
	SELECT greatest(t1, start), least(t2, "end"),
		CASE WHEN method = 'step' THEN v1 ELSE v1 * ((t2::numeric - greatest(t1, start)) / (t2::numeric - t1))::float8 + v2 * ((greatest(t1, start)::numeric - t1) / (t2::numeric - t1))::float8 END,
		CASE WHEN method = 'step' THEN v1 ELSE v1 * ((t2::numeric - least(t2, "end")) / (t2::numeric - t1))::float8 + v2 * ((least(t2, "end")::numeric - t1) / (t2::numeric - t1))::float8 END
	FROM (SELECT p.time_before AS t1, p.value_before AS v1, p.time AS t2, p.value AS v2
		FROM look.pairs(times, vals, -4611686018427387904, 4611686018427387904) AS p
		UNION ALL SELECT times[cardinality(times)], vals[cardinality(vals)], "end", 0 WHERE method = 'step') AS p
	WHERE t1 < "end" AND t2 > start AND t2 > t1
$$;

CREATE FUNCTION look.rate(times bigint[], vals float8[], start bigint, "end" bigint, width bigint)
RETURNS TABLE (n bigint, increase float8) LANGUAGE sql STABLE AS $$
	SELECT n, increase
	FROM generate_series(0, div("end"::numeric - start, width::numeric)::bigint - 1) AS n
		LEFT JOIN (SELECT div(p.time::numeric - start, width::numeric)::bigint AS n,
				sum(CASE WHEN p.value >= value_before THEN p.value - value_before WHEN value_before IS NOT NULL THEN p.value END) AS increase
			FROM look.pairs(times, vals, -4611686018427387904, "end") AS p WHERE p.time >= start GROUP BY 1) AS w USING (n)
	ORDER BY n
$$;

-- ---- comparing ----

-- Compares a call of each function with random arguments; near gives times at or near points.
CREATE FUNCTION look.check_version(u uuid, v bigint, times bigint[], vals float8[], lo bigint, hi bigint, near bigint[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	npoints int := cardinality(times);
	span numeric := hi::numeric - lo;
	largest float8 := (SELECT max(abs(x)) FROM unnest(vals) AS x);
	smallest float8 := (SELECT min(abs(x)) FROM unnest(vals) AS x WHERE x <> 0);
	i int := look.random_int(1, npoints);
	j int := i + look.random_int(0, 3);
	width bigint;
	threshold float8 := coalesce(vals[i], 0) + look.random_int(-1, 1) * 0.001;
	method text;
	latest bool := random() < 0.5;
	asked text;
	wrong text;
	area float8;
	magnitude float8;
	seconds float8;
	integral float8;
	mean float8;
BEGIN
	-- gaps: of any length, most often of one that is near those that there are, or near the longest one
	width := least(CASE WHEN random() < 0.3 OR j > npoints THEN look.random_int(0, least(span, 1e18))
				   WHEN random() < 0.5 THEN floor((SELECT max(b::numeric - a) FROM unnest(times[2:], times) AS p (b, a)) * (random() * 1.2)::numeric)
				   ELSE greatest(times[j]::numeric - times[i] + look.random_int(-1, 1), 0) END, 9223372036854775807)::bigint;
	asked := format('btrdb_gaps(%L::uuid, %s, %s, %s, %s)', u, lo, hi, width, v);
	EXECUTE format(
		'SELECT string_agg(q::text, '' '') FROM (
			SELECT * FROM (SELECT row_number() OVER () AS n, * FROM %s) AS a
			FULL JOIN (SELECT row_number() OVER () AS n, * FROM look.gaps($1, $2, $3, $4)) AS e USING (n)
			WHERE (a.start_time, a.end_time) IS DISTINCT FROM (e.start_time, e.end_time) LIMIT 3) AS q', asked)
	INTO wrong USING times, lo, hi, width;
	PERFORM look.fail(format('wrong answer to %s: %s', asked, wrong)) WHERE wrong IS NOT NULL;

	method := (ARRAY['up', 'down', 'any'])[look.random_int(1, 3)];
	asked := format('btrdb_%s_crossing(%L::uuid, %s, %s, %L, %L, %s)', CASE WHEN latest THEN 'last' ELSE 'first' END, u, lo, hi, threshold, method, v);
	EXECUTE format(
		'SELECT q::text FROM (SELECT * FROM %s AS a FULL JOIN look.crossing($1, $2, $3, $4, $5, $6, $7) AS e ON true
			WHERE (a.time, a.value) IS DISTINCT FROM (e.time, e.value)) AS q', asked)
	INTO wrong USING times, vals, lo, hi, threshold, method, latest;
	PERFORM look.fail(format('wrong answer to %s: %s', asked, wrong)) WHERE wrong IS NOT NULL;

	-- as of times in order, or not, and of one
	method := (ARRAY['backward', 'forward', 'nearest'])[look.random_int(1, 3)];
	width := CASE WHEN random() < 0.4 THEN 9223372036854775807 WHEN random() < 0.3 THEN 0 ELSE look.random_int(0, least(span / 1000 + 2, 1e18)) END;
	IF latest THEN
		near := ARRAY(SELECT t FROM unnest(near) AS t ORDER BY t);
	END IF;
	asked := format('btrdb_asof(%L::uuid, %L::bigint[], %L, %s::bigint, %s)', u, near, method, width, v);
	EXECUTE format(
		'SELECT string_agg(q::text, '' '') FROM (
			SELECT * FROM (SELECT row_number() OVER () AS n, * FROM %s) AS a
			FULL JOIN (SELECT n, t, p.* FROM unnest($3) WITH ORDINALITY AS x (t, n) LEFT JOIN LATERAL look.asof($1, $2, t, $4, $5) AS p ON true) AS e USING (n)
			WHERE (a.asked, a.time, a.value) IS DISTINCT FROM (e.t, e.time, e.value) LIMIT 3) AS q', asked)
	INTO wrong USING times, vals, near, method, width;
	PERFORM look.fail(format('wrong answer to %s: %s', asked, wrong)) WHERE wrong IS NOT NULL;
	asked := format('btrdb_asof(%L::uuid, %s, %L, %s::bigint, %s)', u, lo, method, width, v);
	EXECUTE format(
		'SELECT q::text FROM (SELECT * FROM %s AS a FULL JOIN look.asof($1, $2, $3, $4, $5) AS e ON true
			WHERE (a.time, a.value) IS DISTINCT FROM (e.time, e.value)) AS q', asked)
	INTO wrong USING times, vals, lo, method, width;
	PERFORM look.fail(format('wrong answer to %s: %s', asked, wrong)) WHERE wrong IS NOT NULL;

	-- where plain SQL overflows or underflows, it is no model
	IF largest > 1e140 OR smallest < 1e-100 THEN
		RETURN;
	END IF;
	method := (ARRAY['linear', 'step'])[look.random_int(1, 2)];
	SELECT sum((va / 2 + vb / 2) * ((b::numeric - a) / 1e9)::float8), sum((abs(va) / 2 + abs(vb) / 2) * ((b::numeric - a) / 1e9)::float8),
		(sum(b::numeric - a) / 1e9)::float8
	INTO area, magnitude, seconds FROM look.pieces(times, vals, lo, hi, method);
	-- pieces of no length are none
	IF seconds = 0 THEN
		area := NULL;
	END IF;
	asked := format('%L::uuid, %s, %s, %L, %s', u, lo, hi, method, v);
	EXECUTE format('SELECT btrdb_integral(%1$s), btrdb_time_weighted_mean(%1$s)', asked) INTO integral, mean;
	IF (integral IS NULL) <> (area IS NULL) OR abs(integral - area) > 1e-11 * magnitude
		OR (mean IS NULL) <> (area IS NULL) OR abs(mean - area / seconds) > 1e-11 * magnitude / seconds THEN
		PERFORM look.fail(format('wrong integral or mean of %s: %s and %s, not %s and %s', asked, integral, mean, area, area / seconds));
	END IF;

	-- windows: a few hundred at most
	width := least(greatest(ceil(span / look.random_int(1, CASE WHEN random() < 0.2 THEN 300 ELSE 20 END)), 1), 9223372036854775807)::bigint;
	asked := format('btrdb_rate(%L::uuid, %s, %s, %s, %s)', u, lo, hi, width, v);
	EXECUTE format(
		'SELECT string_agg(q::text, '' '') FROM (
			SELECT * FROM (SELECT row_number() OVER () - 1 AS n, * FROM %s) AS a
			FULL JOIN look.rate($1, $2, $3, $4, $5) AS e USING (n)
			WHERE a.time IS DISTINCT FROM ($3 + n::numeric * $5)::bigint OR (a.increase IS NULL) <> (e.increase IS NULL)
				OR abs(a.increase - e.increase) > 1e-9 * abs(e.increase) + 1e-12 * $6 OR abs(a.rate - a.increase / ($5 / 1e9::float8)) > 1e-12 * abs(a.rate) LIMIT 3) AS q', asked)
	INTO wrong USING times, vals, lo, hi, width, largest * npoints;
	PERFORM look.fail(format('wrong answer to %s: %s', asked, wrong)) WHERE wrong IS NOT NULL;
END
$$;
