-- What is made to be seen: pointwidths, few points that look like many, filled windows, pictures.
SET extra_float_digits = -2;
SET timezone = 'UTC';
SELECT btrdb_create('seeing', '{"name": "a", "unit": "V"}', stream => '5ee00000-0000-0000-0000-000000000001') AS a,
	btrdb_create('seeing', '{"name": "empty"}', stream => '5ee00000-0000-0000-0000-000000000002') AS empty,
	btrdb_create('seeing/<one> & "two"', '{"unit": "<°>"}', stream => '5ee00000-0000-0000-0000-000000000003') AS one \gset
SELECT btrdb_insert(:'a', array_agg(i * 1000), array_agg((i * 7919 % 1000)::float8)) FROM generate_series(0, 4999) AS i WHERE i NOT BETWEEN 2000 AND 2999;
SELECT btrdb_insert(:'a', ARRAY[4999500, 5000000, 5000000], ARRAY[-5, 2000, -2000]::float8[]);
SELECT btrdb_insert(:'one', 1700000000000000001, 42);

-- ---- pointwidth ----
SELECT points, btrdb_pointwidth(0, 1000000, points), btrdb_pointwidth(1, 1000000, points) FROM unnest(ARRAY[1, 2, 15, 16, 1000, 999999, 1000000, 2147483647]) AS points;
SELECT btrdb_pointwidth('2024-01-01', '2024-02-01', 1000) AS text, btrdb_pointwidth('2024-01-01'::timestamptz, '2024-02-01', 1000) AS timestamptz,
	btrdb_pointwidth(5, 5, 1) AS nothing, btrdb_pointwidth('-infinity', 'infinity', 1) AS all, btrdb_pointwidth(-4611686018427387904, 4611686018427387904, 8) AS eight,
	btrdb_pointwidth(-4611686018427387904, 4611686018427387904, 9) AS nine, btrdb_pointwidth(NULL, 1, 1);
-- the least one with which a range of this length never has more windows, wherever it begins
SELECT count(*) AS tried, count(*) FILTER (WHERE most > points AND pw < 60) AS too_many, count(*) FILTER (WHERE less <= points) AS too_wide
FROM (SELECT points, btrdb_pointwidth(start, start + length, points) AS pw, start, length
	FROM (SELECT (random() * 1000)::int + 1 AS points, (random() * 1e9)::bigint AS start, exp(random() * 40)::bigint AS length FROM generate_series(1, 1000)) AS r) AS p,
	LATERAL (SELECT ((start + length) >> pw) - (start >> pw) AS most, CASE WHEN pw > 0 THEN ceil(length::numeric / (1::bigint << (pw - 1))) END AS less) AS m;
SELECT count(*) FROM btrdb_aligned_windows(:'a', 0, 5000001, btrdb_pointwidth(0, 5000001, 100));
SELECT btrdb_pointwidth(0, 1, 0);
SELECT btrdb_pointwidth(1, 0, 1);
SELECT btrdb_pointwidth(0, 4611686018427387905, 1);

-- ---- columns ----
SELECT * FROM btrdb_minmax(:'a', 0, 5000001, 2);
SELECT * FROM btrdb_minmax(:'a', 2900000, 3002500, 3);
SELECT time, value FROM btrdb_minmax(:'a', 5000000, 5000001, 1000);
SELECT * FROM btrdb_minmax(:'one', -4611686018427387904, 4611686018427387904, 1000);
SELECT * FROM btrdb_minmax(:'one', '2023-11-14', '2023-11-15', 1000);
SELECT * FROM btrdb_minmax(:'a', 7, 7, 10);
SELECT * FROM btrdb_minmax(:'empty', 0, 10, 10);
SELECT count(*), min(time), max(time), min(value), max(value) FROM btrdb_minmax(:'a', 0, 5000001, 100, 11);
-- more columns than nanoseconds: all points
SELECT count(*) FROM btrdb_minmax(:'a', 0, 5000001, 2147483647);
SELECT btrdb_minmax(:'a', 0, 10, 0);
SELECT btrdb_minmax(:'a', 10, 0, 1);
SELECT btrdb_minmax('5ee00000-0000-0000-0000-00000000ffff', 0, 10, 1);
SELECT count(*) FROM btrdb_minmax(:'a', 0, 10, NULL);

-- ---- largest triangles ----
SELECT * FROM btrdb_lttb(:'a', 0, 20001, 5);
SELECT * FROM btrdb_lttb(:'a', 0, 3001, 3);
SELECT * FROM btrdb_lttb(:'a', 0, 2001, 3);
SELECT * FROM btrdb_lttb(:'a', 0, 2001, 1000);
SELECT * FROM btrdb_lttb(:'one', '-infinity', 'infinity', 3);
SELECT * FROM btrdb_lttb(:'a', 7, 7, 3);
SELECT count(*), min(time), max(time) FROM btrdb_lttb(:'a', 0, 5000001, 777);
SELECT count(*), min(time), max(time) FROM btrdb_lttb(:'a', 0, 5000001, 777, 11);
SELECT btrdb_lttb(:'a', 0, 10, 2);
SELECT btrdb_lttb(:'a', 10, 0, 3);

-- ---- plans: scans that stream, in the order of time ----
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_minmax(:'a', 0, 5000001, 100) ORDER BY time LIMIT 5;
EXPLAIN (COSTS OFF) SELECT time, m.value, v.value FROM btrdb_minmax(:'a', 0, 5000001, 100) AS m JOIN btrdb_lttb(:'a', 0, 5000001, 100, 11) AS v USING (time) ORDER BY time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_windows(:'a', 0, 5000001, 1000, fill => 'linear', longest_gap => 5000);
CREATE FUNCTION pg_temp.estimate(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;
SELECT pg_temp.estimate(format('SELECT * FROM btrdb_%s(%L, 0, %s, %s)', f, :'a', e, n)) AS rows, f, e, n
FROM unnest(ARRAY['minmax', 'lttb']) AS f, unnest(ARRAY[10000, 5000001]) AS e, unnest(ARRAY[1, 100, 100000]) AS n;
-- what is read of a column does not depend on what is in it
CREATE FUNCTION pg_temp.work(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, SUMMARY OFF) ' || query LOOP
		line := regexp_replace(line, '(rows=\d+)\.00', '\1');
		IF line ~ 'Custom Scan|Read:' THEN
			RETURN NEXT line;
		END IF;
	END LOOP;
END
$$;
SELECT pg_temp.work(format('SELECT * FROM btrdb_minmax(%L, 0, 5000001, 1)', :'a'));
SELECT pg_temp.work(format('SELECT * FROM btrdb_lttb(%L, 0, 5000001, 100)', :'a'));
-- calls give the same
SET btrdb.enable_custom_scan = off;
SELECT * FROM btrdb_minmax(:'a', 0, 5000001, 2);
SELECT * FROM btrdb_lttb(:'a', 0, 20001, 5);
RESET btrdb.enable_custom_scan;

-- ---- filled windows ----
SELECT btrdb_create('seeing', '{"name": "gaps"}', stream => '5ee00000-0000-0000-0000-000000000004') AS gaps \gset
SELECT btrdb_insert(:'gaps', ARRAY[5, 21, 24, 61, 101], ARRAY[1, 2, 4, 7, 9]::float8[]);
SELECT n.time, n.mean AS none, p.mean AS previous, l.mean AS linear, g.mean AS short, l.min = l.mean AND l.max = l.mean AS flat, l.count, l.stddev
FROM btrdb_windows(:'gaps', 0, 120, 10) AS n JOIN btrdb_windows(:'gaps', 0, 120, 10, fill => 'previous') AS p USING (time)
	JOIN btrdb_windows(:'gaps', 0, 120, 10, fill => 'linear') AS l USING (time) JOIN btrdb_windows(:'gaps', 0, 120, 10, fill => 'linear', longest_gap => 30) AS g USING (time)
ORDER BY time;
-- a window is filled with the same whatever the range: by points before and after it
SELECT n.time, p.mean AS previous, l.mean AS linear, g.mean AS short, t.mean AS shorter
FROM btrdb_windows(:'gaps', 30, 60, 10) AS n JOIN btrdb_windows(:'gaps', 30, 60, 10, fill => 'previous') AS p USING (time)
	JOIN btrdb_windows(:'gaps', 30, 60, 10, fill => 'linear') AS l USING (time) JOIN btrdb_windows(:'gaps', 30, 60, 10, fill => 'previous', longest_gap => 30) AS g USING (time)
	JOIN btrdb_windows(:'gaps', 30, 60, 10, fill => 'previous', longest_gap => 29) AS t USING (time)
ORDER BY time;
-- nothing before, nothing after; a gap that has no end yet ends with the range
SELECT time, mean FROM btrdb_windows(:'gaps', -20, 10, 10, fill => 'previous');
SELECT time, mean FROM btrdb_windows(:'gaps', 100, 140, 10, fill => 'linear');
SELECT time, mean FROM btrdb_windows(:'gaps', 100, 140, 10, fill => 'previous', longest_gap => 30);
SELECT time, mean FROM btrdb_windows(:'gaps', 100, 150, 10, fill => 'previous', longest_gap => 30);
SELECT count(mean) FROM btrdb_windows(:'empty', 0, 100, 10, fill => 'previous');
-- the ends of time
SELECT btrdb_insert(:'gaps', ARRAY[-4611686018427387904, 4611686018427387903], ARRAY[-1.7e308, 1.7e308]);
SELECT time, mean, count FROM btrdb_windows(:'gaps', -4611686018427387904, 4611686018427387904, 1000000000000000000, fill => 'linear');
SELECT time, mean, count FROM btrdb_windows(:'gaps', -4000000000000000000, 4000000000000000000, 1600000000000000000, fill => 'linear');
SELECT time, mean FROM btrdb_windows(:'gaps', 1, 4, 1, fill => 'linear');
-- all spellings
SELECT time, mean FROM btrdb_windows(:'one', '2023-11-14 22:13', '2023-11-14 22:14', '15s', fill => 'previous', longest_gap => '1 min');
SELECT time, mean FROM btrdb_windows(:'one', '2023-11-14 22:13', '2023-11-14 22:14', interval '15s', fill => 'previous', longest_gap => interval '15s');
SELECT time, mean FROM btrdb_windows(:'one', '2023-11-14 22:13'::timestamptz, '2023-11-14 22:14', 15000000000, fill => 'previous', longest_gap => 0);
SELECT btrdb_windows(:'gaps', 0, 10, 1, fill => 'next');
SELECT btrdb_windows(:'gaps', 0, 10, 1, fill => 'linear', longest_gap => -1);
SELECT btrdb_windows(:'gaps', 0, 10, 1, fill => 'linear', longest_gap => 'x');
SELECT btrdb_windows(:'gaps', 0, 10, 1, fill => 'linear', longest_gap => '1 month');

-- ---- pictures ----
SELECT btrdb_create('seeing', '{"name": "wave", "unit": "mm"}', stream => '5ee00000-0000-0000-0000-000000000005') AS wave \gset
SELECT btrdb_insert(:'wave', array_agg(1700000000000000000 + i * 1000000000), array_agg(sin(i / 500.0) * 10 + sin(i * 1.7) * 2))
FROM generate_series(0, 3599::bigint) AS i WHERE i NOT BETWEEN 1500 AND 1799;
SELECT btrdb_plot_text(:'wave', columns => 60, rows => 8);
SELECT btrdb_plot_text(:'wave', '2023-11-14 22:20', '2023-11-14 22:21', columns => 40, rows => 4);
SET timezone = 'Asia/Kathmandu';
SELECT btrdb_plot_text(:'wave', '2023-11-14 22:13:20Z', '2023-11-15 22:13:20Z', columns => 40, rows => 4);
SET timezone = 'UTC';
SELECT btrdb_plot_text(:'empty');
SELECT btrdb_plot_text(:'one', columns => 10, rows => 2);
SELECT line, ordinality FROM btrdb_plot_text(:'wave', columns => 20, rows => 2) WITH ORDINALITY AS p (line);
\pset format unaligned
SELECT btrdb_plot(:'one', width => 400, height => 120);
SELECT btrdb_plot(:'empty', 0, 1000, 300, 150, 'nothing');
SELECT btrdb_plot(:'empty', width => 300, height => 150);
\pset format aligned
SELECT length(btrdb_plot(:'wave')) BETWEEN 10000 AND 100000 AS length, btrdb_plot(:'wave') = btrdb_plot(:'wave', '2023-11-14 22:13:20', '2023-11-14 23:13:19.000000001') AS ends,
	btrdb_plot(:'wave', version => 10) ~ 'no points' AS old, btrdb_plot(:'wave', title => '') ~ '<title>seeing/wave</title>' AS name, btrdb_plot(:'wave', NULL);
SELECT btrdb_plot(:'wave', width => 199);
SELECT btrdb_plot(:'wave', height => 10001);
SELECT btrdb_plot_text(:'wave', columns => 9);
SELECT btrdb_plot_text(:'wave', rows => 1);
SELECT btrdb_plot(:'wave', 1, 0);
SELECT btrdb_plot('5ee00000-0000-0000-0000-00000000ffff');

-- trimmed points: pictures show their statistics; what needs a point that is gone fails, and what does not is answered
SELECT btrdb_create('seeing', '{"name": "trimmed"}', stream => '5ee00000-0000-0000-0000-000000000006') AS trimmed \gset
SELECT btrdb_insert(:'trimmed', array_agg(i * 1000), array_agg(CASE WHEN i = 4500 THEN 2000 WHEN i = 4501 THEN -1000 ELSE i % 1000 END::float8)) FROM generate_series(0, 4999) AS i;
SELECT btrdb_trim(:'trimmed', 4000000, 18);
SELECT btrdb_plot_text(:'trimmed', columns => 50, rows => 8);
SELECT btrdb_plot(:'trimmed', 100, 200) ~ 'no points' AS none, btrdb_plot(:'trimmed', 300000, 4999999) ~ 'no points' AS none;
SELECT * FROM btrdb_minmax(:'trimmed', 0, 5000000, 1);
SELECT * FROM btrdb_minmax(:'trimmed', 4194304, 5000000, 1);
SELECT * FROM btrdb_lttb(:'trimmed', 0, 5000000, 4);
SELECT * FROM btrdb_lttb(:'trimmed', 4194304, 5000000, 4);
SET btrdb.trimmed_points = skip;
SELECT * FROM btrdb_minmax(:'trimmed', 0, 5000000, 1);
SELECT * FROM btrdb_minmax(:'trimmed', 0, 5000000, 20);
SELECT * FROM btrdb_lttb(:'trimmed', 0, 5000000, 4);
RESET btrdb.trimmed_points;
SELECT time, mean FROM btrdb_windows(:'trimmed', 0, 1048576, 262144, fill => 'linear');

-- whoever may not see btrdb.streams sees the uuid
CREATE ROLE regress_btrdb_seeing;
GRANT SELECT ON btrdb.points TO regress_btrdb_seeing;
SET ROLE regress_btrdb_seeing;
SELECT (regexp_match(btrdb_plot(:'wave'), '<title>.*</title>'))[1];
RESET ROLE;
GRANT SELECT ON btrdb.streams TO regress_btrdb_seeing;
SET ROLE regress_btrdb_seeing;
SELECT (regexp_match(btrdb_plot(:'wave'), '<title>.*</title>'))[1];
RESET ROLE;
DROP OWNED BY regress_btrdb_seeing;
DROP ROLE regress_btrdb_seeing;
DELETE FROM btrdb.streams WHERE collection LIKE 'seeing%';
SELECT * FROM btrdb_check();
