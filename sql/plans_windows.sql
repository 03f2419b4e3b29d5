-- Windows in FROM are scans that stream: their plans, and that results are those of a call.
-- the last digits depend on how points are spread over leaves
SET extra_float_digits = -2;
SELECT btrdb_create('plans_windows', stream => 'c1000000-0000-0000-0000-000000000001') AS a,
	btrdb_create('plans_windows', '{"name": "b"}', stream => 'c1000000-0000-0000-0000-000000000002') AS b \gset
SELECT btrdb_insert(:'a', array_agg(i), array_agg((i % 97)::float8)) FROM generate_series(1, 60000) AS i WHERE i NOT BETWEEN 2001 AND 2050;
SELECT btrdb_insert(:'b', array_agg(i * 3), array_agg((i % 89)::float8)) FROM generate_series(1, 5000) AS i;
SELECT btrdb_insert(:'b', ARRAY[42, -7], ARRAY[0.5, 1]::float8[]);
CREATE TEMP TABLE ask (n int, stream uuid, start bigint, "end" bigint, width bigint);
INSERT INTO ask VALUES (1, :'a', 0, 1000, 100), (2, :'b', -10, 50, 7), (3, :'b', 5, 5, 1), (4, NULL, 0, 10, 1), (5, :'a', 1900, 2101, 10);
ANALYZE ask;

-- Shows what EXPLAIN ANALYZE tells of the work done.
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

-- plans: no Sort, no Materialize, what is asked for
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_windows(:'a', 0, 1000, 100) ORDER BY time LIMIT 3;
EXPLAIN (COSTS OFF) SELECT time, mean FROM btrdb_aligned_windows(:'a', 0, 1000, 5) WHERE count > 3 ORDER BY time;
EXPLAIN (COSTS OFF) SELECT time, l.mean - r.mean AS diff FROM btrdb_windows(:'a', 0, 100000, 10) AS l FULL JOIN btrdb_windows(:'b', 0, 100000, 10, 2, 11) AS r USING (time);
EXPLAIN (COSTS OFF) SELECT time, sum(count) FROM btrdb_aligned_windows(:'a', 0, 1000, 5) GROUP BY time;
EXPLAIN (VERBOSE, COSTS OFF) SELECT n, w.count FROM ask, btrdb_windows(stream, start, "end", width) AS w WHERE w.time > 3;
EXPLAIN (VERBOSE, COSTS OFF) SELECT n, (SELECT max(w.max) FROM btrdb_aligned_windows(stream, start, "end", n) AS w) FROM ask;

-- LIMIT stops it: few leaves are read
SELECT pg_temp.work(format('SELECT * FROM btrdb_windows(%L, 0, 60000, 33) LIMIT 3', :'a'));
SELECT pg_temp.work(format('SELECT * FROM btrdb_windows(%L, 0, 60000, 60000)', :'a'));
SELECT pg_temp.work(format('SELECT * FROM btrdb_aligned_windows(%L, 0, 65536, 16)', :'a'));
SELECT pg_temp.work(format('SELECT * FROM btrdb_windows(%L, 7, 7, 1)', :'a'));
SELECT pg_temp.work(format('SELECT * FROM btrdb_windows(%L, 5, 6, NULL)', :'a'));

-- the rows are those of a call, column by column
CREATE FUNCTION pg_temp.differences(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
	plan json;
BEGIN
	SET btrdb.enable_custom_scan = off;
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	IF plan::text ~ 'Custom Scan' THEN
		RAISE EXCEPTION 'a custom scan';
	END IF;
	EXECUTE 'CREATE TEMP TABLE plain AS ' || query;
	SET btrdb.enable_custom_scan = on;
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	IF plan::text !~ 'Custom Scan' THEN
		RAISE EXCEPTION 'no custom scan';
	END IF;
	EXECUTE 'CREATE TEMP TABLE custom AS ' || query;
	SELECT count(*) INTO n FROM ((TABLE plain EXCEPT ALL TABLE custom) UNION ALL (TABLE custom EXCEPT ALL TABLE plain)) AS d;
	IF NOT EXISTS (SELECT FROM plain) THEN
		RAISE EXCEPTION 'no rows';
	END IF;
	DROP TABLE plain, custom;
	RETURN n;
END
$$;
SELECT pg_temp.differences(format('SELECT * FROM btrdb_windows(%L, -100, 61000, 7)', :'a'));
SELECT pg_temp.differences(format('SELECT * FROM btrdb_windows(%L, -100, 61000, 77, 5)', :'a'));
SELECT pg_temp.differences(format('SELECT stddev, time FROM btrdb_windows(%L, -100, 100, 7, 0, 11) WHERE count > 0', :'b'));
SELECT pg_temp.differences(format('SELECT count(*), sum(count), max(max) FROM btrdb_aligned_windows(%L, -100, 61000, 6)', :'a'));
SELECT pg_temp.differences(format('SELECT * FROM btrdb_aligned_windows(%L, -100, 61000, 3)', :'b'));
SELECT pg_temp.differences(format('SELECT max, min, time AS t FROM btrdb_aligned_windows(%L, -100, 2000000000000000000, 60, 11)', :'b'));
SELECT pg_temp.differences('SELECT n, w.* FROM ask, btrdb_windows(stream, start, "end", width) AS w');
SELECT pg_temp.differences('SELECT n, w.* FROM ask LEFT JOIN LATERAL btrdb_aligned_windows(stream, start, "end", n) AS w ON w.time % 2 = n % 2');
SELECT pg_temp.differences(format('SELECT time, l.count, r.count AS other FROM btrdb_windows(%L, -100, 5000, 10) AS l FULL JOIN btrdb_windows(%L, 0, 6000, 5) AS r USING (time)', :'a', :'b'));
SELECT * FROM btrdb_windows(:'b', -10, 50, 20);
SELECT * FROM btrdb_aligned_windows(:'b', -10, 50, 4);

-- prepared statements
SET plan_cache_mode = force_generic_plan;
PREPARE w (uuid, bigint, bigint, bigint, int, bigint) AS SELECT time, count FROM btrdb_windows($1, $2, $3, $4, $5, $6) ORDER BY time;
EXPLAIN (COSTS OFF) EXECUTE w (:'a', 0, 100, 50, 0, 0);
EXECUTE w (:'a', 0, 100, 50, 0, 0);
EXECUTE w (:'b', 40, 60, 10, 0, 11);
EXECUTE w (:'b', 40, 60, 10, 0, 0);
EXECUTE w (:'b', 40, 60, 10, NULL, 0);
EXECUTE w (:'b', 40, 60, 10, 0, 12);
EXECUTE w (:'b', 60, 40, 10, 0, 0);
EXECUTE w (:'b', 40, 60, 0, 0, 0);
EXECUTE w (:'b', 40, 60, 10, 63, 0);
EXECUTE w ('c1000000-0000-0000-0000-00000000ffff', 40, 60, 10, 0, 0);
EXECUTE w (:'b', 40, 9223372036854775807, 10, 0, 0);
RESET plan_cache_mode;
SELECT * FROM btrdb_aligned_windows(:'b', 0, 1, 61);
SELECT * FROM btrdb_aligned_windows(:'b', 0, 1, -1);

-- what falls back to an ordinary call
EXPLAIN (COSTS OFF) SELECT time, ordinality FROM btrdb_windows(:'a', 0, 30, 10) WITH ORDINALITY;
SELECT time, count, ordinality FROM btrdb_windows(:'a', 0, 30, 10) WITH ORDINALITY;
SELECT * FROM ROWS FROM (btrdb_windows(:'a', 0, 20, 10), btrdb_aligned_windows(:'b', 0, 32, 3)) AS r (t1, a1, a2, a3, a4, a5, t2, b1, b2, b3, b4, b5);
SELECT w FROM btrdb_windows(:'a', 0, 20, 10) AS w;
SELECT btrdb_windows(:'a', 0, 20, 10);
BEGIN;
EXPLAIN (COSTS OFF) UPDATE ask SET start = w.time FROM btrdb_windows(:'a', 0, 20, 10) AS w WHERE n = 1;
UPDATE ask SET start = w.time FROM btrdb_windows(:'a', 10, 20, 10) AS w WHERE n = 1 RETURNING n, start;
SELECT n, w.time FROM ask, btrdb_windows(:'a', 0, 20, 10) AS w WHERE n = 2 ORDER BY time FOR UPDATE OF ask;
ROLLBACK;

-- cursors see what they saw when they were opened
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT time, count FROM btrdb_windows(:'b', 0, 60, 10);
DECLARE d CURSOR WITH HOLD FOR SELECT time, count FROM btrdb_aligned_windows(:'b', 0, 60, 5);
DECLARE e NO SCROLL CURSOR FOR SELECT time, count FROM btrdb_windows(:'a', 0, 60000, 10);
FETCH 2 FROM c;
FETCH 1 FROM e;
SAVEPOINT x;
SELECT btrdb_delete(:'b', 0, 10000);
FETCH 2 FROM c;
FETCH BACKWARD 3 FROM c;
ROLLBACK TO x;
FETCH LAST FROM c;
FETCH 1 FROM e;
COMMIT;
FETCH ALL FROM d;
CLOSE d;

-- parallel plans
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE TABLE windows_ask AS TABLE ask;
ANALYZE windows_ask;
EXPLAIN (COSTS OFF) SELECT sum(w.count) FROM windows_ask AS q, btrdb_windows(q.stream, q.start, q."end", 3) AS w;
SELECT sum(w.count) FROM windows_ask AS q, btrdb_windows(q.stream, q.start, q."end", 3) AS w;
SELECT name AS force_parallel FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :force_parallel = on;
SELECT sum(count), max(max) FROM btrdb_windows(:'a', 0, 60000, 7);
SELECT sum(count), max(max) FROM btrdb_aligned_windows(:'a', 0, 60000, 7);
RESET :force_parallel;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
DROP TABLE windows_ask;

-- rights are those of a call
CREATE ROLE regress_btrdb_windows;
SET ROLE regress_btrdb_windows;
SELECT count(*) FROM btrdb_windows(:'a', 1, 3, 1);
RESET ROLE;
GRANT SELECT ON btrdb.points TO regress_btrdb_windows;
BEGIN;
REVOKE EXECUTE ON FUNCTION btrdb_aligned_windows(uuid, bigint, bigint, int, bigint) FROM PUBLIC;
SET ROLE regress_btrdb_windows;
SELECT count(*) FROM btrdb_windows(:'a', 1, 3, 1);
SELECT count(*) FROM btrdb_aligned_windows(:'a', 1, 3, 1);
ROLLBACK;
REVOKE SELECT ON btrdb.points FROM regress_btrdb_windows;
DROP ROLE regress_btrdb_windows;

-- one with settings of its own stays a call
BEGIN;
ALTER FUNCTION btrdb_windows(uuid, bigint, bigint, bigint, int, bigint, text, bigint) SET work_mem = '1MB';
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb_windows(:'a', 1, 3, 1);
ROLLBACK;
