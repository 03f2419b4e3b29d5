-- The largest and smallest integers, in each argument of each function: an answer or an error that says what
-- was wrong, in little time.  Answers about ranges equal those of plain SQL.
\set VERBOSITY terse
SET statement_timeout = '60s';
SELECT btrdb_create('extremes', '{"name": "s"}', stream => '91000000-0000-0000-0000-00000000000a') AS s \gset
CREATE TABLE extreme_point (n serial, t bigint, v float8);
INSERT INTO extreme_point (t, v) VALUES
	(-4611686018427387904, 1.7976931348623157e308), (-4611686018427387904, 5e-324), (-4611686018427387903, -0.0), (-4294967297, 1),
	(-1, 2), (0, 3), (1, 4), (1, 4), (4294967296, 5), (1700000000000000000, 6), (4611686018427387902, 7), (4611686018427387903, -1.5e308);
SELECT btrdb_insert(:'s', array_agg(t ORDER BY n), array_agg(v ORDER BY n)) FROM extreme_point WHERE n % 2 = 0;
SELECT btrdb_flush(:'s');
SELECT btrdb_insert(:'s', array_agg(t ORDER BY n), array_agg(v ORDER BY n)) FROM extreme_point WHERE n % 2 = 1;
SELECT * FROM btrdb_values(:'s', -4611686018427387904, 4611686018427387904);

CREATE TABLE extreme (x bigint);
INSERT INTO extreme VALUES (-9223372036854775808), (-9223372036854775807), (-4611686018427387905), (-4611686018427387904),
	(-4611686018427387903), (-4294967297), (-2147483648), (-1), (0), (1), (2), (10), (11), (12), (62), (63), (64), (2147483647), (4294967296),
	(4611686018427387903), (4611686018427387904), (4611686018427387905), (9223372036854775806), (9223372036854775807);
CREATE TABLE extreme_int AS SELECT x::int FROM extreme WHERE x BETWEEN -2147483648 AND 2147483647;

-- The answer to a command, or the SQLSTATE of its error.
CREATE FUNCTION answer(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE command INTO result;
	RETURN COALESCE(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE;
END $$;

-- What times may be, and what is answered then: nothing else is raised.
CREATE FUNCTION range_error(a bigint, b bigint) RETURNS text LANGUAGE sql AS $$
	SELECT CASE WHEN a NOT BETWEEN -4611686018427387904 AND 4611686018427387904 OR b NOT BETWEEN -4611686018427387904 AND 4611686018427387904 THEN '22008'
		WHEN a > b THEN '22023' END
$$;

CREATE TABLE differs (what text, answer text, expected text);
INSERT INTO differs
	SELECT format('count %s %s', a.x, b.x), answer(format('SELECT btrdb_count(%L::uuid, %s, %s)', :'s', a.x, b.x)),
		COALESCE(range_error(a.x, b.x), (SELECT count(*)::text FROM extreme_point WHERE t >= a.x AND t < b.x))
	FROM extreme a, extreme b
	UNION ALL
	SELECT format('values %s %s', a.x, b.x),
		answer(format('SELECT string_agg(value::text, '','' ORDER BY ordinality) FROM btrdb_values(%L, %s, %s) WITH ORDINALITY', :'s', a.x, b.x)),
		COALESCE(range_error(a.x, b.x), (SELECT string_agg(v::text, ',' ORDER BY t, n % 2, n) FROM extreme_point WHERE t >= a.x AND t < b.x), 'NULL')
	FROM extreme a, extreme b
	UNION ALL
	SELECT format('stat %s %s', a.x, b.x),
		answer(format('SELECT concat_ws('' '', btrdb_min(s), btrdb_max(s), btrdb_count(s)) FROM btrdb_stat(%L, %s, %s) AS s', :'s', a.x, b.x)),
		COALESCE(range_error(a.x, b.x), (SELECT concat_ws(' ', min(v), max(v), count(*)) FROM extreme_point WHERE t >= a.x AND t < b.x))
	FROM extreme a, extreme b
	UNION ALL
	SELECT format('windows %s %s %s', a.x, b.x, w.x),
		answer(format('SELECT concat_ws('' '', count(*), sum(count), min(time)) FROM (SELECT * FROM btrdb_windows(%L, %s, %s, %s) LIMIT 20) w', :'s', a.x, b.x, w.x)),
		COALESCE(range_error(a.x, b.x), CASE WHEN w.x < 1 THEN '22023' END,
			(SELECT concat_ws(' ', k, CASE WHEN k > 0 THEN count(t) END, CASE WHEN k > 0 THEN a.x END)
			 FROM (SELECT LEAST(div(b.x::numeric - a.x, w.x), 20) AS k) AS few LEFT JOIN extreme_point ON t >= a.x AND t < a.x + k * w.x GROUP BY k))
	FROM extreme a, extreme b, extreme w
	UNION ALL
	SELECT format('aligned %s %s %s', a.x, b.x, p.x),
		answer(format('SELECT concat_ws('' '', count(*), sum(count), min(time)) FROM btrdb_aligned_windows(%L, %s, %s, %s)', :'s', a.x, b.x, p.x)),
		COALESCE(range_error(a.x, b.x), CASE WHEN p.x NOT BETWEEN 0 AND 60 THEN '22023' END,
			(SELECT concat_ws(' ', count(DISTINCT floor(t / pow(2, p.x::numeric))), NULLIF(count(*), 0), min(floor(t / pow(2, p.x::numeric)) * pow(2, p.x::numeric))::bigint)
			 FROM extreme_point
			 WHERE t >= floor(a.x / pow(2, p.x::numeric)) * pow(2, p.x::numeric) AND t < floor(b.x / pow(2, p.x::numeric)) * pow(2, p.x::numeric)))
	FROM extreme a, extreme b, extreme_int p
	UNION ALL
	SELECT format('nearest %s %s', a.x, b),
		answer(format('SELECT time FROM btrdb_nearest(%L, %s, %L)', :'s', a.x, b)),
		COALESCE(range_error(a.x, a.x), (SELECT COALESCE((CASE WHEN b THEN max(t) FILTER (WHERE t < a.x) ELSE min(t) FILTER (WHERE t >= a.x) END)::text, 'NULL') FROM extreme_point))
	FROM extreme a, (VALUES (false), (true)) AS direction (b)
	UNION ALL
	SELECT format('gaps %s %s %s', a.x, b.x, w.x),
		answer(format('SELECT concat_ws('' '', count(*), min(start_time), max(end_time)) FROM btrdb_gaps(%L, %s, %s, %s)', :'s', a.x, b.x, w.x)),
		COALESCE(range_error(a.x, b.x), CASE WHEN w.x < 0 THEN '22023' END,
			(SELECT concat_ws(' ', count(*), min(t1), max(t2))
			 FROM (SELECT lag(t) OVER (ORDER BY t) AS t1, t AS t2
				FROM (SELECT t FROM extreme_point WHERE t >= a.x AND t < b.x UNION ALL VALUES (a.x), (b.x)) AS p) AS g
			 WHERE t2::numeric - t1 > w.x))
	FROM extreme a, extreme b, extreme w
	UNION ALL
	SELECT format('asof %s %s %s', a.x, w.x, d),
		answer(format('SELECT time FROM btrdb_asof(%L, %s, %L, %s)', :'s', a.x, d, w.x)),
		COALESCE(range_error(a.x, a.x), CASE WHEN w.x < 0 THEN '22023' END,
			(SELECT t::text FROM extreme_point WHERE (d <> 'forward' AND t <= a.x OR d <> 'backward' AND t >= a.x) AND abs(t::numeric - a.x) <= CASE w.x WHEN 9223372036854775807 THEN 1e20 ELSE w.x END
			 ORDER BY abs(t::numeric - a.x), t LIMIT 1), 'NULL')
	FROM extreme a, extreme w, unnest('{backward,forward,nearest}'::text[]) AS d
	UNION ALL
	SELECT format('table %s %s %s', a.x, b.x, op),
		answer(format('SELECT string_agg(value::text, '','' ORDER BY time, value) FROM btrdb.points WHERE stream = %L AND time %s %s AND time < %s', :'s', op, a.x, b.x)),
		answer(format('SELECT string_agg(v::text, '','' ORDER BY t, v) FROM extreme_point WHERE t %s %s AND t < %s', op, a.x, b.x))
	FROM extreme a, extreme b, unnest('{>,>=,=,<}'::text[]) AS op;
SELECT count(*) AS asked, count(*) FILTER (WHERE answer = expected) AS right, count(*) FILTER (WHERE expected ~ '^22') AS refused FROM differs;
SELECT * FROM differs WHERE answer IS DISTINCT FROM expected ORDER BY 1 LIMIT 20;
TRUNCATE differs;

-- points and columns to be drawn
INSERT INTO differs
	SELECT format('pointwidth %s %s %s', a.x, b.x, p.x), answer(format('SELECT btrdb_pointwidth(%s, %s, %s)', a.x, b.x, p.x)),
		COALESCE(range_error(a.x, b.x), CASE WHEN p.x < 1 THEN '22023' END,
			(SELECT COALESCE(min(w), 60)::text FROM generate_series(0, 60) AS w WHERE div(b.x::numeric - a.x + pow(2, w::numeric) - 1, pow(2, w::numeric)) <= p.x))
	FROM extreme a, extreme b, extreme_int p
	UNION ALL
	SELECT format('minmax %s %s %s', a.x, b.x, c.x),
		answer(format('SELECT string_agg(value::text, '','' ORDER BY ordinality) FROM btrdb_minmax(%L, %s, %s, %s) WITH ORDINALITY', :'s', a.x, b.x, c.x)),
		COALESCE(range_error(a.x, b.x), CASE WHEN c.x < 1 THEN '22023' END,
			(SELECT string_agg(v::text, ',' ORDER BY place)
			 FROM (SELECT v, place, row_number() OVER (PARTITION BY k ORDER BY place) AS first, row_number() OVER (PARTITION BY k ORDER BY place DESC) AS last,
				 row_number() OVER (PARTITION BY k ORDER BY v, place) AS least, row_number() OVER (PARTITION BY k ORDER BY v DESC, place) AS greatest
				 FROM (SELECT v, row_number() OVER (ORDER BY t, n % 2, n) AS place, div((t::numeric - a.x) * c.x, b.x::numeric - a.x) AS k
					   FROM extreme_point WHERE t >= a.x AND t < b.x) AS p) AS r
			 WHERE 1 IN (first, last, least, greatest)), 'NULL')
	FROM extreme a, extreme b, extreme_int c
	UNION ALL
	SELECT format('lttb %s %s %s', a.x, b.x, p.x), answer(format('SELECT concat_ws('' '', count(*), min(time), max(time)) FROM btrdb_lttb(%L, %s, %s, %s)', :'s', a.x, b.x, p.x)),
		COALESCE(range_error(a.x, b.x), CASE WHEN p.x < 3 THEN '22023' END,
			(SELECT concat_ws(' ', LEAST(count(*), p.x), min(t), max(t)) FROM extreme_point WHERE t >= a.x AND t < b.x))
	FROM extreme a, extreme b, extreme_int p;
SELECT count(*) AS asked, count(*) FILTER (WHERE answer = expected) AS right, count(*) FILTER (WHERE expected ~ '^22') AS refused FROM differs;
SELECT * FROM differs WHERE answer IS DISTINCT FROM expected ORDER BY 1 LIMIT 20;
TRUNCATE differs;

-- versions, depths and resolutions: an answer or 22023
INSERT INTO differs
	SELECT what, state, CASE WHEN accepted THEN 'answer' ELSE '22023' END
	FROM (
		SELECT format('version %s of %s', v.x, f) AS what, v.x IN (0, 10, 11, 1, 2) AS accepted,
			CASE WHEN a ~ '^(22|XX)...$' THEN a ELSE 'answer' END AS state
		FROM extreme v,
			unnest(ARRAY['btrdb_count(%L::uuid, 0, 10, %s)', 'btrdb_stat(%L, 0, 10, %s)', 'btrdb_values(%L, 0, 10, %s)', 'btrdb_windows(%L, 0, 10, 5, 0, %s)',
				'btrdb_aligned_windows(%L, 0, 10, 1, %s)', 'btrdb_nearest(%L, 0, false, %s)', 'btrdb_earliest(%L, %s)', 'btrdb_latest(%L, %s)']) AS f,
			LATERAL answer(format('SELECT count(*) FROM ' || f || ' AS x', :'s', v.x)) AS a
		UNION ALL
		SELECT format('depth %s', d.x), d.x BETWEEN 0 AND 62, CASE WHEN a ~ '^(22|XX)...$' THEN a ELSE 'answer' END
		FROM extreme_int d, LATERAL answer(format('SELECT count(*) FROM btrdb_windows(%L, -4611686018427387904, 4611686018427387904, 1152921504606846976, %s)', :'s', d.x)) AS a
		UNION ALL
		SELECT format('changes %s %s %s', v.x, w.x, r.x),
			v.x IN (0, 10, 11, 1, 2) AND w.x IN (0, 10, 11, 1, 2) AND r.x BETWEEN 0 AND 62 AND (w.x = 0 OR v.x <= w.x),
			CASE WHEN a ~ '^(22|XX)...$' THEN a ELSE 'answer' END
		FROM extreme v, extreme w, extreme_int r, LATERAL answer(format('SELECT count(*) FROM btrdb_changes(%L, %s, %s, %s)', :'s', v.x, w.x, r.x)) AS a
	) AS asked;
SELECT count(*) AS asked, count(*) FILTER (WHERE expected = 'answer') AS accepted FROM differs;
SELECT * FROM differs WHERE answer IS DISTINCT FROM expected ORDER BY 1 LIMIT 20;
TRUNCATE differs;

-- buckets of time by statistics, where they may be had, and by a scan: the same, or the same error
CREATE TABLE bucket (command text, by_statistics text, by_scan text);
INSERT INTO bucket (command)
	SELECT format('SELECT string_agg(concat_ws('' '', k, n, low), '','' ORDER BY k) FROM (SELECT ' || f || ' AS k, count(*) AS n, min(value) AS low FROM btrdb.points WHERE stream = %L AND time >= %s AND time < %s GROUP BY 1) AS b',
		d.x, :'s', a.x, b.x)
	FROM extreme d, (VALUES (-9223372036854775808), (-1), (4611686018427387903)) AS a (x), (VALUES (2), (9223372036854775807)) AS b (x),
		unnest(ARRAY['time / (%1$s)', 'time - time %% (%1$s)', 'time + (%1$s)', 'time - (%1$s)', '(%1$s) - time', 'time * (%1$s)', 'floor(time / (%1$s)::float8)',
			'to_timestamp(time / (%1$s)::float8)']) AS f;
UPDATE bucket SET by_statistics = answer(command);
SET btrdb.enable_aggregate = off;
UPDATE bucket SET by_scan = answer(command);
RESET btrdb.enable_aggregate;
SELECT count(*) AS asked, count(*) FILTER (WHERE by_scan ~ '^22...$') AS refused FROM bucket;
SELECT * FROM bucket WHERE by_statistics IS DISTINCT FROM by_scan ORDER BY 1 LIMIT 20;

-- writing: what is refused leaves the stream as it was
INSERT INTO differs
	SELECT format('insert %s', x.x), answer(format('WITH d AS MATERIALIZED (SELECT btrdb_insert(%L, %s, 1)) SELECT btrdb_version(%1$L) FROM d', :'s', x.x)),
		CASE WHEN x.x < -4611686018427387904 OR x.x >= 4611686018427387904 THEN '22008' ELSE '11' END
	FROM extreme x
	UNION ALL
	SELECT format('insert row %s', x.x), answer(format('INSERT INTO btrdb.points VALUES (%L, %s, 1) RETURNING 1', :'s', x.x)),
		CASE WHEN x.x < -4611686018427387904 OR x.x >= 4611686018427387904 THEN '22008' ELSE '1' END
	FROM extreme x
	UNION ALL
	SELECT format('rawpoint %s', x.x), answer(format('SELECT btrdb_time(rawpoint(%s, 1))', x.x)),
		CASE WHEN x.x < -4611686018427387904 OR x.x >= 4611686018427387904 THEN '22008' ELSE x.x::text END
	FROM extreme x
	UNION ALL
	SELECT format('revert %s', x.x), left(answer(format('SELECT ''ok'' FROM btrdb_revert(%L, %s)', :'s', x.x)), 5), CASE WHEN x.x BETWEEN 1 AND 12 THEN 'ok' ELSE '22023' END
	FROM extreme x WHERE x.x < 12 OR x.x > 64
	UNION ALL
	SELECT format('prune %s', x.x), left(answer(format('SELECT ''ok'' FROM btrdb_prune(%L, %s)', :'s', x.x)), 5), CASE WHEN x.x BETWEEN 1 AND 12 THEN 'ok' ELSE '22023' END
	FROM extreme x WHERE x.x < 12 OR x.x > 64;
SELECT * FROM differs WHERE answer IS DISTINCT FROM expected ORDER BY 1 LIMIT 60;

-- properties
SELECT btrdb_create('extremes', '{"name": "number"}', stream => '91000000-0000-0000-0000-00000000000b') AS n \gset
INSERT INTO btrdb.streams (uuid, collection, tags, number, property_version, created, retention) VALUES
	('91000000-0000-0000-0000-00000000000c', 'extremes', '{"a": 1}', 9223372036854775807, 9223372036854775807, 'infinity', '2147483647 days'),
	('91000000-0000-0000-0000-00000000000d', 'extremes', '{"a": 2}', -9223372036854775808, -9223372036854775808, '-infinity', '0'),
	('91000000-0000-0000-0000-00000000000e', 'extremes', '{"a": 3}', 9223372036854775807, 0, 'now', '2147483647 days 2562047788:00:54.775807');
UPDATE btrdb.streams SET annotations = '{"b": 1}' WHERE uuid = '91000000-0000-0000-0000-00000000000c';
UPDATE btrdb.streams SET annotations = '{"b": 1}' WHERE uuid = '91000000-0000-0000-0000-00000000000d' RETURNING property_version;
INSERT INTO btrdb.points SELECT uuid, i, i FROM btrdb.streams, generate_series(1, 3) AS i WHERE collection = 'extremes' AND tags ? 'a';
SELECT stream, count(*) FROM btrdb.points WHERE stream >= '91000000-0000-0000-0000-00000000000c' AND stream <= '91000000-0000-0000-0000-00000000000f' GROUP BY stream ORDER BY stream;
SELECT uuid, btrdb_flush(uuid), btrdb_version_at(uuid, '-infinity') AS before, btrdb_version_at(uuid, 'infinity') AS after
FROM btrdb.streams WHERE collection = 'extremes' AND tags ? 'a' ORDER BY uuid;
SELECT count(*) FROM btrdb_maintain();
SELECT uuid, btrdb_count(uuid) FROM btrdb.streams WHERE collection = 'extremes' AND tags ? 'a' ORDER BY uuid;

DELETE FROM btrdb.streams WHERE collection = 'extremes';
DROP FUNCTION answer, range_error;
DROP TABLE extreme_point, extreme, extreme_int, differs, bucket;
SELECT * FROM btrdb_check();
