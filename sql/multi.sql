-- Several streams at once: side by side, one after the other, pinned.
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET extra_float_digits = -2;
SELECT btrdb_create('multi', '{"name": "a"}', stream => 'e2000000-0000-0000-0000-00000000000a') AS a,
	btrdb_create('multi', '{"name": "b"}', stream => 'e2000000-0000-0000-0000-00000000000b') AS b,
	btrdb_create('multi', '{"name": "c"}', stream => 'e2000000-0000-0000-0000-00000000000c') AS c,
	btrdb_create('multi', '{"name": "empty"}', stream => 'e2000000-0000-0000-0000-00000000000e') AS e \gset
\set abc '{':a,:b,:c'}'
\set ab '{':a,:b'}'
-- a in the tree, b in the buffer, c in both; 20 is there twice in a, three times in c
SELECT btrdb_insert(:'a', ARRAY[10, 20, 20, 30, 50], ARRAY[1, 2, 2.5, 3, 5]) AS a, btrdb_flush(:'a') AS flushed,
	btrdb_insert(:'b', ARRAY[20, 30, 40], ARRAY[-2, -3, -4]) AS b,
	btrdb_insert(:'c', ARRAY[20, 60], ARRAY[0.25, 0.75]) AS c, btrdb_flush(:'c') AS flushed_c;
SELECT btrdb_insert(:'c', ARRAY[20, 20, -5], ARRAY[0.26, 0.27, 0.1]);

-- side by side
SELECT * FROM btrdb_rows(:'abc', -100, 100);
SELECT time, values[1] AS a, values[3] AS c FROM btrdb_rows(:'abc', 20, 60) ORDER BY time;
SELECT * FROM btrdb_rows(ARRAY[:'b', :'e', :'b', :'a']::uuid[], 30, 51);
SELECT * FROM btrdb_rows(ARRAY[:'b']::uuid[], 30, 51);
SELECT * FROM btrdb_rows(ARRAY[:'e', :'e']::uuid[], 30, 51);
SELECT * FROM btrdb_rows('{}', 30, 51);
SELECT * FROM btrdb_rows(:'abc', 30, 30);
SELECT * FROM btrdb_rows(:'abc', -100, 100) LIMIT 2;
-- what plain SQL makes of it
WITH rows AS (
	SELECT time, values[1] AS a, values[2] AS b, values[3] AS c FROM btrdb_rows(:'abc', -100, 100)
), joined AS (
	SELECT time, a.value, b.value, c.value FROM
	(SELECT time, value, row_number() OVER (PARTITION BY time ORDER BY n) AS k FROM btrdb_values(:'a', -100, 100) WITH ORDINALITY AS v (time, value, n)) AS a FULL JOIN
	(SELECT time, value, row_number() OVER (PARTITION BY time ORDER BY n) AS k FROM btrdb_values(:'b', -100, 100) WITH ORDINALITY AS v (time, value, n)) AS b USING (time, k) FULL JOIN
	(SELECT time, value, row_number() OVER (PARTITION BY time ORDER BY n) AS k FROM btrdb_values(:'c', -100, 100) WITH ORDINALITY AS v (time, value, n)) AS c USING (time, k)
) SELECT count(*) AS differ FROM ((TABLE rows EXCEPT ALL TABLE joined) UNION ALL (TABLE joined EXCEPT ALL TABLE rows)) AS d;

-- rounded times: ties go up, the range is of rounded times, the nearest point is taken
SELECT * FROM btrdb_rows(:'abc', -100, 100, 20);
SELECT * FROM btrdb_rows(:'abc', -100, 100, 25);
SELECT * FROM btrdb_rows(:'abc', -100, 60, 20);
SELECT * FROM btrdb_rows(:'abc', 21, 60, 20);
SELECT * FROM btrdb_rows(:'abc', 20, 61, 20);
SELECT * FROM btrdb_rows(:'abc', 20, 61, 1);
SELECT count(*) FROM btrdb_rows(:'abc', -100, 100, 0);
SELECT count(*) FROM btrdb_rows(:'abc', -100, 100, NULL);
-- at and before a tie, on both sides of zero
SELECT btrdb_create('multi', '{"name": "ticks"}', stream => 'e2000000-0000-0000-0000-00000000000f') AS ticks \gset
SELECT btrdb_insert(:'ticks', ARRAY(SELECT generate_series(-12, 12)), ARRAY(SELECT generate_series(-12, 12))::float8[]);
SELECT * FROM btrdb_rows(ARRAY[:'ticks']::uuid[], -100, 100, 4);
SELECT * FROM btrdb_rows(ARRAY[:'ticks']::uuid[], -100, 100, 5);
SELECT period, r.* FROM unnest(ARRAY[2, 3, 7, 24, 25, 26]) AS period, btrdb_rows(ARRAY[:'ticks']::uuid[], -100, 100, period) AS r WHERE period > 20 OR r.time BETWEEN -6 AND 6;
-- equally near: the first one
SELECT btrdb_delete(:'ticks', -100, 100) AS gone, btrdb_insert(:'ticks', ARRAY[98, 102, 98, 298, 302, 302], ARRAY[1, 2, 3, 4, 5, 6]) AS version;
SELECT * FROM btrdb_rows(ARRAY[:'ticks']::uuid[], 0, 1000, 100);
SELECT btrdb_delete(:'ticks', 298, 299) AS gone, btrdb_flush(:'ticks') AS version;
SELECT * FROM btrdb_rows(ARRAY[:'ticks']::uuid[], 0, 1000, 100);
-- the ends of time
SELECT btrdb_create('multi', '{"name": "ends"}', stream => 'e2000000-0000-0000-0000-000000000010') AS ends \gset
SELECT btrdb_insert(:'ends', ARRAY[-4611686018427387904, -4611686018427387903, -1, 0, 1, 4611686018427387902, 4611686018427387903], ARRAY[1, 2, 3, 4, 5, 6, 7]);
SELECT period, time, values FROM unnest(ARRAY[1, 2, 3, 1000000000, 4611686018427387903, 4611686018427387904, 4611686018427387905, 9223372036854775806, 9223372036854775807]) AS period,
	btrdb_rows(ARRAY[:'ends']::uuid[], -4611686018427387904, 4611686018427387904, period);
SELECT period, time, values FROM unnest(ARRAY[0, 1, 2, 9223372036854775807]) AS period, btrdb_rows(ARRAY[:'ends']::uuid[], 4611686018427387902, 4611686018427387904, period);
SELECT period, time, values FROM unnest(ARRAY[0, 1, 2, 9223372036854775807]) AS period, btrdb_rows(ARRAY[:'ends']::uuid[], -4611686018427387904, -4611686018427387903, period);
SELECT period, count(*) FROM unnest(ARRAY[0, 1, 2, 9223372036854775807]) AS period, btrdb_rows(ARRAY[:'ends']::uuid[], 4611686018427387904, 4611686018427387904, period) GROUP BY 1;

-- in other spellings
SELECT btrdb_create('multi', '{"name": "x"}', stream => 'e2000000-0000-0000-0000-000000000011') AS x,
	btrdb_create('multi', '{"name": "y"}', stream => 'e2000000-0000-0000-0000-000000000012') AS y \gset
\set xy '{':x,:y'}'
SELECT btrdb_insert(:'x', array_agg(1704067200000000000 + i * 33333333), array_agg(i::float8)) AS x, btrdb_insert(:'y', array_agg(1704067200000500000 + i * 33333333), array_agg(-i::float8)) AS y FROM generate_series(0, 8) AS i;
SELECT * FROM btrdb_rows(:'xy', '2024-01-01', '2024-01-01 00:00:00.1', '33333333ns');
SELECT * FROM btrdb_rows(:'xy', '2024-01-01', '2024-01-01 00:00:00.1'::timestamptz, interval '50 ms');
SELECT * FROM btrdb_rows(:'xy', 1704067200000000000, 1704067200100000000, '0.1s');
SELECT * FROM btrdb_rows(:'xy', 1704067200000000000, 1704067200100000000, interval '0.1 s');
SELECT * FROM btrdb_rows(:'xy', '2024-01-01', '2024-01-01 00:00:00.03');
SELECT * FROM btrdb_rows(:'xy', timestamptz '2024-01-01', '2024-01-01 00:00:00.03', snap => NULL, versions => NULL);
SELECT * FROM btrdb_multi_values(:'xy', '2024-01-01', '2024-01-01 00:00:00.05');
SELECT * FROM btrdb_multi_values(:'xy', '2024-01-01'::timestamptz, 'infinity') LIMIT 1;
SELECT * FROM btrdb_multi_windows(:'xy', '2024-01-01', '2024-01-01 00:00:00.2', '0.1s');
SELECT * FROM btrdb_multi_windows(:'xy', 1704067200000000000, 1704067200200000000, interval '100 ms');
SELECT * FROM btrdb_multi_aligned_windows(:'xy', '2024-01-01', '2024-01-01 00:00:00.3', 27);
SELECT * FROM btrdb_multi_aligned_windows(:'xy', '2024-01-01'::timestamptz, '2024-01-01 00:00:00.3', 28);

-- one after the other
SELECT * FROM btrdb_multi_values(:'abc', 0, 35);
SELECT * FROM btrdb_multi_values(ARRAY[:'c', :'e', :'a', :'c']::uuid[], 25, 100);
SELECT * FROM btrdb_multi_windows(:'abc', 0, 65, 30);
SELECT * FROM btrdb_multi_windows(:'abc', 0, 65, 30, 4);
SELECT * FROM btrdb_multi_aligned_windows(:'abc', -10, 70, 4);
SELECT * FROM btrdb_multi_values('{}', 0, 35);
SELECT * FROM btrdb_multi_windows('{}', 0, 65, 30);
SELECT time, stream, mean FROM btrdb_multi_windows(:'abc', 0, 70, 10) WHERE count > 0 ORDER BY time \crosstabview time stream mean
SELECT v.time, s.name, v.value FROM btrdb_multi_values(:'abc', 0, 100) AS v JOIN btrdb.streams AS s ON s.uuid = v.stream ORDER BY time, name, value;

-- versions
SELECT btrdb_pin(:'abc'), btrdb_pin('{}'), btrdb_pin(ARRAY[:'e', :'a', :'e']::uuid[]), btrdb_pin(NULL);
SELECT btrdb_pin(:'abc') AS pinned \gset
SELECT btrdb_delete(:'a', 15, 25) AS a, btrdb_flush(:'b') AS b, btrdb_flush(:'c') AS c;
SELECT * FROM btrdb_rows(:'abc', -100, 100, versions => :'pinned');
SELECT * FROM btrdb_rows(:'abc', -100, 100, versions => '{0,NULL,0}');
SELECT * FROM btrdb_rows(:'abc', -100, 100, 20, '{11,10,11}');
SELECT * FROM btrdb_rows(ARRAY[:'a', :'a', :'a']::uuid[], 0, 100, versions => '{11,12,0}');
SELECT * FROM btrdb_multi_values(:'abc', 0, 35, :'pinned');
SELECT * FROM btrdb_multi_windows(:'abc', 0, 65, 30, versions => :'pinned') WHERE count > 0;
SELECT stream, time, count FROM btrdb_multi_aligned_windows(ARRAY[:'a', :'a']::uuid[], 0, 64, 5, '{11,NULL}');
\set bounds '[0:1]={':a,:b'}'
SELECT * FROM btrdb_rows(:'bounds', 0, 25, versions => '[7:8]={11,0}');

-- NULL
SELECT count(*) FROM btrdb_rows(NULL, 0, 100);
SELECT count(*) FROM btrdb_rows(:'abc', NULL, 100);
SELECT count(*) FROM btrdb_rows(:'abc', 0, NULL, 10, '{1}');
SELECT count(*) FROM btrdb_multi_values(NULL::uuid[], 0, 100);
SELECT count(*) FROM btrdb_multi_windows(:'abc', 0, 100, NULL::bigint);
SELECT count(*) FROM btrdb_multi_windows(:'abc', 0, 100, 10, NULL);
SELECT count(*) FROM btrdb_multi_windows(:'abc', 0, 100, 10, 0, NULL);
SELECT count(*) FROM btrdb_multi_aligned_windows(:'abc', 0, 100, NULL);

-- errors, of calls and of scans
CREATE FUNCTION pg_temp.outcome(query text, OUT outcome text) LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	hint text;
BEGIN
	EXECUTE query INTO outcome;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	outcome := concat_ws(' | ', SQLSTATE || ': ' || SQLERRM, NULLIF(detail, ''), NULLIF(hint, ''));
END
$$;
CREATE TEMP TABLE bad (n int GENERATED ALWAYS AS IDENTITY, call text);
INSERT INTO bad (call) VALUES
	('btrdb_rows(%1$L, 10, 0)'), ('btrdb_rows(%1$L, -4611686018427387905, 0)'), ('btrdb_rows(%1$L, 0, 4611686018427387905)'), ('btrdb_rows(%1$L, 0, 10, -1)'),
	('btrdb_rows(%1$L, 0, 10, ''1 month'')'), ('btrdb_rows(%1$L, 0, 10, ''0.5ns'')'), ('btrdb_rows(%1$L, 0, 10, interval ''-1 s'')'), ('btrdb_rows(%1$L, ''x'', ''2024-01-01'')'),
	('btrdb_rows(ARRAY[NULL::uuid], 0, 10)'), ('btrdb_rows(ARRAY[ARRAY[%2$L::uuid]], 0, 10)'), ('btrdb_rows(ARRAY[%2$L, ''e2000000-0000-0000-0000-0000000000ff'']::uuid[], 0, 10)'),
	('btrdb_rows(%1$L, 0, 10, versions => ''{1}'')'), ('btrdb_rows(%1$L, 0, 10, versions => ''{}'')'), ('btrdb_rows(''{}'', 0, 10, versions => ''{1}'')'), ('btrdb_rows(%1$L, 0, 10, versions => ''{{1,2}}'')'),
	('btrdb_rows(%1$L, 0, 10, versions => ''{11,99}'')'), ('btrdb_rows(%1$L, 0, 10, versions => ''{11,-1}'')'),
	('btrdb_multi_values(%1$L, 10, 0)'), ('btrdb_multi_values(ARRAY[%2$L, NULL]::uuid[], 0, 10)'), ('btrdb_multi_values(%1$L, 0, 10, ''{1,2,3}'')'),
	('btrdb_multi_values(ARRAY[%2$L, ''e2000000-0000-0000-0000-0000000000ff'']::uuid[], 0, 10)'), ('btrdb_multi_values(%1$L, 0, 10, ''{11,99}'')'),
	('btrdb_multi_windows(%1$L, 0, 10, 0)'), ('btrdb_multi_windows(%1$L, 0, 10, -1)'), ('btrdb_multi_windows(%1$L, 0, 10, 1, 63)'), ('btrdb_multi_windows(%1$L, 0, 10, 1, 0, ''{1}'')'),
	('btrdb_multi_windows(ARRAY[''e2000000-0000-0000-0000-0000000000ff'']::uuid[], 0, 10, 1)'),
	('btrdb_multi_aligned_windows(%1$L, 0, 10, 61)'), ('btrdb_multi_aligned_windows(%1$L, 0, 10, -1)'), ('btrdb_multi_aligned_windows(%1$L, 0, 10, 1, ''{1}'')'),
	('btrdb_pin(ARRAY[%2$L, NULL]::uuid[])'), ('btrdb_pin(ARRAY[ARRAY[%2$L]]::uuid[])'), ('btrdb_pin(ARRAY[%2$L, ''e2000000-0000-0000-0000-0000000000ff'']::uuid[])');
SELECT call, call.outcome, CASE WHEN call.outcome = scan.outcome THEN 'same' ELSE scan.outcome END AS scan
FROM bad, pg_temp.outcome(format('SELECT ' || call, :'ab', :'a')) AS call, pg_temp.outcome(format('SELECT count(*) FROM ' || call, :'ab', :'a')) AS scan ORDER BY n;
-- what does not exist is found before the first row, a version that does not when its stream comes up
SELECT * FROM btrdb_multi_values(ARRAY[:'a', 'e2000000-0000-0000-0000-0000000000ff']::uuid[], 0, 100) LIMIT 1;
SELECT * FROM btrdb_multi_values(:'ab', 0, 100, '{11,99}') LIMIT 1;

-- points that are trimmed are missed, unless they are to be skipped; windows have them
SELECT btrdb_trim(:'x', '2024-01-01 00:00:00.2', 27) IS NOT NULL AS trimmed;
SELECT time, values FROM btrdb_rows(:'xy', '2024-01-01', '2024-01-01 00:00:00.25', '0.1s');
SELECT count(*) FROM btrdb_multi_values(:'xy', '2024-01-01', '2024-01-01 00:00:00.25');
SELECT stream, count FROM btrdb_multi_aligned_windows(:'xy', '2024-01-01', '2024-01-01 00:00:00.3', 27);
SET btrdb.trimmed_points = skip;
SELECT time, values FROM btrdb_rows(:'xy', '2024-01-01', '2024-01-01 00:00:00.35', '0.1s');
RESET btrdb.trimmed_points;
DELETE FROM btrdb.streams WHERE collection = 'multi';
