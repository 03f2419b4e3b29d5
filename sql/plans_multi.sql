-- Calls of functions of several streams, in FROM: plans, work done, workers, cursors, rights.
\set database :DBNAME
CREATE DATABASE regress_btrdb_multi;
\c regress_btrdb_multi
CREATE EXTENSION btrdb;
SET timezone = 'UTC';
SET extra_float_digits = -2;
SET jit = off;
CREATE TABLE s (n int PRIMARY KEY, uuid uuid);
INSERT INTO s SELECT n, btrdb_create('multi/' || n % 2, jsonb_build_object('name', n), stream => ('e3000000-0000-0000-0000-0000000000' || lpad(to_hex(n), 2, '0'))::uuid) FROM generate_series(1, 60) AS n;
-- the first three are long
SELECT count(btrdb_insert(uuid, times, vals)) FROM s, LATERAL (SELECT array_agg(i * 1000), array_agg((i + n)::float8)
	FROM generate_series(1, CASE WHEN n <= 3 THEN 20000 ELSE 2000 END) AS i) AS p (times, vals);
SELECT count(btrdb_insert(uuid, n * 1000 + 1, -n)) FROM s WHERE n % 3 = 0;
ANALYZE s;
SELECT array_agg(uuid ORDER BY n) AS all, array_agg(uuid ORDER BY n) FILTER (WHERE n <= 3) AS long FROM s \gset

-- in order of time: no Sort, no Materialize; LIMIT stops it
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_rows(:'long', 0, 1000000000) ORDER BY time LIMIT 3;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_rows(:'long', '1970-01-01', '2024-01-01', '1 ms', '{11,0,NULL}') ORDER BY time LIMIT 3;
EXPLAIN (COSTS OFF) SELECT time, count(*) FROM btrdb_rows(:'long', 0, 1000000000) GROUP BY time;
EXPLAIN (COSTS OFF) SELECT time, l.values, r.value FROM btrdb_rows(:'long', 0, 1000000000) AS l FULL JOIN btrdb_values('e3000000-0000-0000-0000-000000000001', 0, 1000000000) AS r USING (time);
EXPLAIN (COSTS OFF) SELECT time FROM btrdb_rows(:'long', 0, 1000000000) ORDER BY time DESC LIMIT 3;
EXPLAIN (VERBOSE, COSTS OFF) SELECT n, v.value FROM s, btrdb_multi_values(ARRAY[uuid, uuid], n, 2 * n) AS v;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_multi_windows(:'all', 0, 1000, 10, versions => NULL);
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_multi_aligned_windows(:'all', 0, 1000, 5);
CREATE FUNCTION work(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
		IF line ~ 'Scan|Workers|Sort|Read:' THEN
			RETURN NEXT regexp_replace(regexp_replace(line, '(rows=\d+)\.00', '\1'), '(Parallel .*) \(.*', '\1');
		END IF;
	END LOOP;
END
$$;
SELECT work(format('SELECT * FROM btrdb_rows(%L, 0, 1000000000) ORDER BY time LIMIT 3', :'long'));
SELECT work(format('SELECT * FROM btrdb_rows(%L, 5000000, 6000000)', :'long'));
-- rounded times: leaves of which no row needs a point are not read
SELECT work(format('SELECT * FROM btrdb_rows(%L, 0, 1000000000, 1000000)', :'long'));
SELECT work(format('SELECT * FROM btrdb_rows(%L, 0, 1000000000, 15000000)', :'long'));
SELECT work(format('SELECT * FROM btrdb_rows(%L, 0, 1000000000, 1000000000)', :'long'));
SELECT work(format('SELECT * FROM btrdb_multi_values(%L, 5000000, 6000000)', :'long'));
SELECT work(format('SELECT * FROM btrdb_multi_values(%L, 0, 1000000000) LIMIT 3', :'long'));
SELECT work(format('SELECT * FROM btrdb_multi_windows(%L, 0, 20000000, 10000000)', :'long'));
SELECT work(format('SELECT * FROM btrdb_multi_aligned_windows(%L, 0, 20000000, 24)', :'long'));
SELECT work(format('SELECT * FROM btrdb_rows(%L, 5, 5)', :'long'));
SELECT work('SELECT * FROM btrdb_rows(''{}'', 5, 50)');
SELECT work(format('SELECT * FROM btrdb_rows(%L, NULL, 50)', :'long'));

-- rows are known
CREATE FUNCTION estimate(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;
SELECT estimate(format('SELECT * FROM btrdb_rows(%L, 0, 10000001)', :'long')) AS rows, estimate(format('SELECT * FROM btrdb_rows(%L, 0, 10000000, 1000000)', :'long')) AS snapped,
	estimate(format('SELECT * FROM btrdb_rows(%L, 0, 10000000, %L)', :'long', '1ms')) AS snapped_text, estimate(format('SELECT * FROM btrdb_multi_values(%L, 0, 1000001)', :'all')) AS points,
	estimate(format('SELECT * FROM btrdb_multi_windows(%L, 0, 1000000, 10)', :'all')) AS windows, estimate(format('SELECT * FROM btrdb_multi_aligned_windows(%L, 0, 1048576, 4)', :'all')) AS aligned,
	estimate('SELECT * FROM btrdb_multi_values(''{}'', 0, 1000001)') AS none, estimate('SELECT * FROM btrdb_multi_values(ARRAY(SELECT uuid FROM s), 0, 1000001)') AS unknown;

-- the rows are those of a call, in the same order
CREATE FUNCTION differences(query text, OUT rows bigint, OUT differ bigint) LANGUAGE plpgsql AS $$
DECLARE
	called text[];
	scanned text[];
	plan json;
BEGIN
	SET btrdb.enable_custom_scan = off;
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	IF plan::text ~ 'Custom Scan' THEN
		RAISE EXCEPTION 'a custom scan';
	END IF;
	EXECUTE 'SELECT ARRAY(' || query || ')' INTO called;
	SET btrdb.enable_custom_scan = on;
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	IF plan::text !~ 'Custom Scan' THEN
		RAISE EXCEPTION 'no custom scan';
	END IF;
	EXECUTE 'SELECT ARRAY(' || query || ')' INTO scanned;
	rows := cardinality(called);
	SELECT count(*) INTO differ FROM unnest(called, scanned) AS u (c, s) WHERE c IS DISTINCT FROM s;
END
$$;
SELECT q.n, d.* FROM (VALUES
	(1, format('SELECT concat_ws('' '', time, values) FROM btrdb_rows(%L, -100, 61000)', :'all')),
	(2, format('SELECT concat_ws('' '', values[60], time) FROM btrdb_rows(%L, -100, 2000000, 7777) WHERE values[3] > 9', :'all')),
	(3, format('SELECT concat_ws('' '', stream, time, value) FROM btrdb_multi_values(%L, 1000, 30000, %L)', :'long', '{11,0,NULL}')),
	(4, format('SELECT concat_ws('' '', stream, time, min, mean, max, count, stddev) FROM btrdb_multi_windows(%L, -5, 30000, 3001)', :'all')),
	(5, format('SELECT concat_ws('' '', stream, stddev, count, time) FROM btrdb_multi_aligned_windows(%L, -5, 30000, 13) WHERE count > 3', :'all')),
	(6, 'SELECT concat_ws('' '', n, v.time, v.stream, value) FROM (SELECT * FROM s WHERE n < 5 ORDER BY n OFFSET 0) AS s, btrdb_multi_values(ARRAY[uuid, ''e3000000-0000-0000-0000-000000000007''], n, 4000 * n) AS v')) AS q (n, query),
	differences(query) AS d;

-- what falls back to an ordinary call
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_rows(:'long', 0, 1000) WITH ORDINALITY;
SELECT * FROM btrdb_rows(:'long', 0, 3001) WITH ORDINALITY;
SELECT r FROM btrdb_rows(:'long', 0, 1001) AS r;
SELECT btrdb_multi_values(:'long', 0, 1001);
SELECT * FROM ROWS FROM (btrdb_multi_values(:'long', 0, 1001), btrdb_rows(:'long', 0, 2001)) AS r (stream, time, value, time2, values);

-- prepared statements
SET plan_cache_mode = force_generic_plan;
PREPARE w (uuid[], bigint, bigint, bigint, bigint[]) AS SELECT * FROM btrdb_rows($1, $2, $3, $4, $5) ORDER BY time;
EXPLAIN (COSTS OFF) EXECUTE w (:'long', 0, 5000, NULL, NULL);
EXECUTE w (:'long', 0, 5000, NULL, NULL);
EXECUTE w (:'long', 0, 5000, 2000, '{11,11,10}');
EXECUTE w (NULL, 0, 5000, 2000, '{11,11,10}');
EXECUTE w (:'long', 0, 5000, 2000, '{11,11}');
RESET plan_cache_mode;

-- cursors see what they saw when they were opened, also in streams that they come to later
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT time, values FROM btrdb_rows(:'long', 0, 6000, 2000);
DECLARE d CURSOR FOR SELECT stream, time, value FROM btrdb_multi_values(:'long', 0, 3000);
DECLARE e CURSOR WITH HOLD FOR SELECT stream, count FROM btrdb_multi_windows(:'long', 0, 4000000, 2000000);
FETCH 2 FROM c;
FETCH 1 FROM d;
SAVEPOINT x;
SELECT count(btrdb_delete(uuid, 0, 10000)) FROM s WHERE n <= 3;
FETCH 1 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH ALL FROM d;
ROLLBACK TO x;
FETCH LAST FROM c;
COMMIT;
FETCH ALL FROM e;
CLOSE e;

-- points of the own statement and transaction
BEGIN;
INSERT INTO btrdb.points SELECT uuid, 999, 0.5 FROM s WHERE n <= 2;
SELECT * FROM btrdb_rows(:'long', 0, 1001);
ROLLBACK;

-- parallel workers divide the streams, where the query does not depend on their order
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT stream, count(*), sum(value) FROM btrdb_multi_values(:'all', 0, 100000000) GROUP BY stream;
EXPLAIN (COSTS OFF) SELECT stream, max(mean) FROM btrdb_multi_windows(:'all', 0, 100000000, 10000) GROUP BY stream;
EXPLAIN (COSTS OFF) SELECT n, time, count FROM btrdb_multi_aligned_windows(:'all', 0, 100000000, 20) JOIN s ON uuid = stream ORDER BY n, time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_multi_windows(:'all', 0, 100000000, 10000);
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb_multi_values('{e3000000-0000-0000-0000-000000000001}', 0, 100000000);
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb_rows(:'all', 0, 100000000);
CREATE FUNCTION parallel_differences(query text, OUT rows bigint, OUT differ bigint) LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	IF plan::text !~ '"Custom Plan Provider": "btrdb_multi_\w+",\s*"Parallel Aware": true' THEN
		RAISE EXCEPTION 'not parallel';
	END IF;
	EXECUTE 'CREATE TEMP TABLE parallel AS ' || query;
	SET LOCAL max_parallel_workers_per_gather = 0;
	EXECUTE 'CREATE TEMP TABLE serial AS ' || query;
	RESET max_parallel_workers_per_gather;
	SELECT count(*) INTO rows FROM parallel;
	SELECT count(*) INTO differ FROM ((TABLE serial EXCEPT ALL TABLE parallel) UNION ALL (TABLE parallel EXCEPT ALL TABLE serial)) AS d;
	DROP TABLE serial, parallel;
END
$$;
SET max_parallel_workers_per_gather = 2;
SELECT q.n, d.* FROM (VALUES
	(1, format('SELECT stream, count(*), sum(value), array_agg(time) AS times FROM btrdb_multi_values(%L, 0, 3000000) GROUP BY stream', :'all')),
	(2, format('SELECT time, count(*), max(stddev) FROM btrdb_multi_windows(%L, -5, 30000, 3001) GROUP BY time', :'all')),
	(3, format('SELECT n, time, count, min FROM btrdb_multi_aligned_windows(%L, -5, 300000, 13) JOIN s ON uuid = stream', :'all')),
	(4, 'SELECT stream, max(value) FROM btrdb_multi_values(ARRAY(SELECT uuid FROM s WHERE n < 40), 0, 3000000) GROUP BY stream')) AS q (n, query),
	parallel_differences(query) AS d;
SELECT work(format('SELECT count(*) FROM btrdb_multi_values(%L, 0, 3000000)', :'all'));
SET enable_material = off;
SELECT * FROM (SELECT count(*) FROM btrdb_multi_values(:'all', 0, 3000000)) AS p RIGHT JOIN (VALUES (1), (2), (3)) AS v (x) ON true;
SELECT work(format('SELECT * FROM (SELECT count(*) FROM btrdb_multi_values(%L, 0, 3000000)) AS p RIGHT JOIN (VALUES (1), (2), (3)) AS v (x) ON true', :'all'));
RESET enable_material;
SET parallel_leader_participation = off;
SELECT count(*) FROM btrdb_multi_values(:'all', 0, 3000000);
\set VERBOSITY sqlstate
SELECT count(*) FROM btrdb_multi_values(ARRAY(SELECT uuid FROM s) || 'e3000000-0000-0000-0000-0000000000ff'::uuid, 0, 3000000);
\set VERBOSITY default
RESET parallel_leader_participation;
BEGIN;
SELECT count(btrdb_insert(uuid, 500, n)) FROM s;
SELECT count(*) FROM btrdb_multi_values(:'all', 0, 999);
ROLLBACK;

-- row-level security, also in workers; rights are those of a call
CREATE ROLE regress_btrdb_multi;
SET ROLE regress_btrdb_multi;
SELECT count(*) FROM btrdb_rows(:'long', 1, 3);
SELECT count(*) FROM btrdb_multi_values(:'long', 1, 3);
SELECT btrdb_pin(:'long');
RESET ROLE;
GRANT SELECT ON btrdb.points, btrdb.streams, s TO regress_btrdb_multi;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY half ON btrdb.streams USING (collection = 'multi/1');
SET ROLE regress_btrdb_multi;
SELECT count(*), sum(value) FROM btrdb_multi_values(ARRAY(SELECT uuid FROM s WHERE n % 2 = 1), 0, 3000000);
SELECT * FROM btrdb_rows(ARRAY(SELECT uuid FROM s WHERE n IN (1, 3)), 0, 3000);
SELECT btrdb_pin(ARRAY(SELECT uuid FROM s WHERE n IN (1, 3)));
SELECT count(*) FROM btrdb_multi_values(ARRAY(SELECT uuid FROM s ORDER BY n), 0, 3000000);
SELECT count(*) FROM btrdb_rows(:'long', 0, 3000000);
SELECT btrdb_pin(:'long');
RESET ROLE;
BEGIN;
REVOKE EXECUTE ON FUNCTION btrdb_multi_values(uuid[], bigint, bigint, bigint[]) FROM PUBLIC;
SET ROLE regress_btrdb_multi;
SELECT count(*) FROM btrdb_multi_values(ARRAY(SELECT uuid FROM s WHERE n = 1), 0, 3000000);
ROLLBACK;
REVOKE ALL ON btrdb.points, btrdb.streams, s FROM regress_btrdb_multi;
DROP ROLE regress_btrdb_multi;

-- one with settings of its own, or that is strict, stays a call
BEGIN;
ALTER FUNCTION btrdb_rows(uuid[], bigint, bigint, bigint, bigint[]) SET work_mem = '1MB';
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb_rows(:'long', 1, 3);
ROLLBACK;
BEGIN;
ALTER FUNCTION btrdb_rows(uuid[], bigint, bigint, bigint, bigint[]) STRICT;
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb_rows(:'long', 1, 3, 0);
ROLLBACK;

SELECT * FROM btrdb_check();
\c :database
DROP DATABASE regress_btrdb_multi;
