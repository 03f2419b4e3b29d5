-- The nearest, first and last point in FROM are scans: their plans, and that results are those of a call.
SELECT btrdb_create('plans_nearest', stream => 'c2000000-0000-0000-0000-000000000001') AS a,
	btrdb_create('plans_nearest', '{"name": "b"}', stream => 'c2000000-0000-0000-0000-000000000002') AS b,
	btrdb_create('plans_nearest', '{"name": "empty"}', stream => 'c2000000-0000-0000-0000-000000000003') AS empty \gset
SELECT btrdb_insert(:'a', array_agg(i * 10), array_agg((i % 97)::float8)) FROM generate_series(1, 5000) AS i;
SELECT btrdb_insert(:'a', 50000, 1.5), btrdb_insert(:'a', 10, 2.5);
-- buffered points before, after and at the ends of the tree
SELECT btrdb_insert(:'b', array_agg(i * 10), array_agg(i::float8)) FROM generate_series(1, 2000) AS i;
SELECT btrdb_flush(:'b'), btrdb_insert(:'b', ARRAY[10, 20000, 5, 20007], ARRAY[-1, -2, -3, -4]::float8[]);
CREATE TEMP TABLE ask (n int, stream uuid, "time" bigint, back bool);
INSERT INTO ask SELECT row_number() OVER (), stream, "time", back
	FROM unnest(ARRAY[:'a', :'b', :'empty']::uuid[]) AS stream, (VALUES (false), (true), (NULL)) AS b (back),
		unnest(ARRAY[-4611686018427387904, 0, 5, 6, 10, 11, 20000, 20001, 20007, 20008, 49999, 50000, 50001, 4611686018427387904, NULL]) AS "time";
ANALYZE ask;

EXPLAIN (COSTS OFF) SELECT * FROM btrdb_nearest(:'a', 17, true);
EXPLAIN (COSTS OFF) SELECT n, l.value FROM ask, btrdb_latest(stream) AS l ORDER BY n;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_earliest(:'b', 11) ORDER BY time DESC;
-- Shows what EXPLAIN ANALYZE tells, as all versions of the server do.
CREATE FUNCTION pg_temp.analyzed(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, SUMMARY OFF) ' || query LOOP
		RETURN NEXT regexp_replace(line, '(rows=\d+)\.00', '\1');
	END LOOP;
END
$$;
SELECT * FROM pg_temp.analyzed(format('SELECT * FROM btrdb_latest(%L)', :'b'));
SELECT * FROM btrdb_latest(:'b');
SELECT * FROM btrdb_earliest(:'b');
SELECT * FROM btrdb_latest(:'b', 11);
SELECT * FROM btrdb_latest(:'empty');
SELECT * FROM btrdb_nearest(:'b', NULL);

-- the same rows as by a call, which WITH ORDINALITY makes of it, and as by the points in order
SELECT count(*) AS asked, count(s.time) AS found,
	count(*) FILTER (WHERE (s.time, s.value) IS DISTINCT FROM (c.time, c.value)) AS not_the_calls,
	count(*) FILTER (WHERE (s.time, s.value) IS DISTINCT FROM (p.time, p.value)) AS not_the_points
FROM ask
	LEFT JOIN LATERAL btrdb_nearest(stream, ask.time, back) AS s ON true
	LEFT JOIN LATERAL btrdb_nearest(stream, ask.time, back) WITH ORDINALITY AS c ON true
	LEFT JOIN LATERAL (
		SELECT v.time, v.value
		FROM btrdb_values(ask.stream, -4611686018427387904, 4611686018427387904) WITH ORDINALITY AS v (time, value, n)
		WHERE CASE WHEN back THEN v.time < ask.time ELSE v.time >= ask.time END AND back IS NOT NULL
		ORDER BY CASE WHEN back THEN -v.n ELSE v.n END LIMIT 1) AS p ON true;

-- who may not call it, or asks for what is not there, gets what the call gives
SELECT * FROM btrdb_latest('c2000000-0000-0000-0000-00000000000f');
SELECT * FROM btrdb_earliest(:'b', 12);
SELECT * FROM btrdb_nearest(:'b', 4611686018427387905);
CREATE ROLE regress_btrdb_plans_nearest;
SET ROLE regress_btrdb_plans_nearest;
SELECT * FROM btrdb_latest('c2000000-0000-0000-0000-000000000001');
RESET ROLE;
DROP ROLE regress_btrdb_plans_nearest;
