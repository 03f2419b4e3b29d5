-- Scans of points that parallel workers divide: by streams, and a few streams by time.
\set database :DBNAME
CREATE DATABASE regress_btrdb_parallel;
\c regress_btrdb_parallel
CREATE EXTENSION btrdb;
CREATE TABLE s (n int PRIMARY KEY, uuid uuid);
INSERT INTO s SELECT n, btrdb_create('parallel/' || n % 2, jsonb_build_object('name', n), stream =>
	('d0000000-0000-0000-0000-0000000000' || lpad(to_hex(n), 2, '0'))::uuid) FROM generate_series(1, 200) AS n;
\set big '''d0000000-0000-0000-0000-000000000001'''
\set few '''d0000000-0000-0000-0000-000000000001'', ''d0000000-0000-0000-0000-000000000002'', ''d0000000-0000-0000-0000-000000000003'''
-- a long one, with a chain in it; middling ones; 195 short ones, every third of them in the buffer only
SELECT count(btrdb_insert(uuid, times, vals)) FROM s, LATERAL (SELECT array_agg(i * 1000), array_agg((i + n)::float8)
	FROM generate_series(1, CASE WHEN n = 1 THEN 60000 ELSE 12000 END) AS i) AS p (times, vals) WHERE n <= 5;
SELECT btrdb_insert(:big, array_agg(30000000::bigint), array_agg(i / 4.0)) FROM generate_series(1, 5000) AS i;
SELECT count(btrdb_insert(uuid, times, vals)) FROM s, LATERAL (SELECT array_agg(i), array_agg((i + n)::float8) FROM generate_series(1, 50) AS i) AS p (times, vals) WHERE n > 5;
SELECT count(btrdb_flush(uuid)) FROM s WHERE n % 3 > 0;
SELECT btrdb_insert(:big, array_agg(i * 100000 + 7), array_agg(-i::float8)) FROM generate_series(0, 600) AS i;
ANALYZE s;
ANALYZE btrdb.points;

SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb.points WHERE value > 3;
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb.points WHERE stream = :big AND value > 3;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points WHERE stream IN (:few) AND value > 59000 ORDER BY stream, time;
EXPLAIN (COSTS OFF) SELECT stream, avg(value) FROM btrdb.points WHERE value > 3 GROUP BY stream;
EXPLAIN (COSTS OFF) SELECT n, sum(value) FROM s JOIN btrdb.points ON stream = uuid WHERE value > 3 GROUP BY n;
EXPLAIN (COSTS OFF) SELECT time FROM btrdb.points WHERE stream = :big AND value > 3 ORDER BY time DESC LIMIT 1;

-- Runs a query in parallel and not: rows that differ, and what workers read.
CREATE FUNCTION differences(query text, OUT rows bigint, OUT differ bigint) LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	IF plan::text !~ '"Custom Plan Provider": "btrdb",\s*"Parallel Aware": true' THEN
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
-- What EXPLAIN ANALYZE tells of the work done, all processes together, and how many there were.
CREATE FUNCTION work(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, SUMMARY OFF) ' || query LOOP
		line := regexp_replace(line, '(rows=\d+)\.00', '\1');
		IF line ~ 'Workers|Streams Read:|Parts Read:|Points Read:' THEN
			RETURN NEXT trim(line);
		END IF;
	END LOOP;
END
$$;
SELECT * FROM differences('SELECT * FROM btrdb.points');
SELECT * FROM differences('SELECT * FROM btrdb.points WHERE value > 20 AND time < 30');
SELECT * FROM differences(format('SELECT time, value FROM btrdb.points WHERE stream = %L', :big));
SELECT * FROM differences(format('SELECT time, value FROM btrdb.points WHERE stream = %L AND time BETWEEN 7000001 AND 42000000', :big));
SELECT * FROM differences(format('SELECT time, value FROM btrdb.points WHERE stream = %L AND time BETWEEN 30000000 AND 30000007', :big));
SELECT * FROM differences(format('SELECT * FROM btrdb.points WHERE stream IN (%L, %L, %L)', :few));
SELECT * FROM differences('SELECT stream, count(*), sum(value) FROM btrdb.points WHERE value <> 3 GROUP BY stream');
SELECT * FROM differences('SELECT n, time, value FROM s JOIN btrdb.points ON stream = uuid');
SELECT * FROM differences('SELECT time, value FROM btrdb.points WHERE stream = (SELECT uuid FROM s WHERE n = 2) AND value > 7');
SELECT work('SELECT * FROM btrdb.points');
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L', :big));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream IN (%L, %L, %L)', :few));

-- each process gives its part in order
SELECT count(*), bool_and(time >= before) AS ordered
FROM (SELECT time, lag(time) OVER () FROM (SELECT time FROM btrdb.points WHERE stream = :big AND value > 3 ORDER BY time OFFSET 0) AS p) AS q (time, before);
SELECT count(*), bool_and((stream, time) >= (before, before_time)) AS ordered
FROM (SELECT stream, time, lag(stream) OVER (), lag(time) OVER ()
	  FROM (SELECT stream, time FROM btrdb.points WHERE value > 30 ORDER BY stream, time OFFSET 0) AS p) AS q (stream, time, before, before_time);

-- parameters; scans that are repeated, stop early, fail, or have workers only
SET plan_cache_mode = force_generic_plan;
PREPARE q (uuid, float8) AS SELECT count(*), sum(value) FROM btrdb.points WHERE stream = $1 AND value > $2;
EXPLAIN (COSTS OFF) EXECUTE q (:big, 100);
EXECUTE q (:big, 100);
EXECUTE q (:big, 100000);
EXECUTE q (NULL, 100);
RESET plan_cache_mode;
SET enable_material = off;
EXPLAIN (COSTS OFF) SELECT * FROM (SELECT count(*) FROM btrdb.points WHERE value > 3) AS p RIGHT JOIN (VALUES (1), (2), (3)) AS v (x) ON true;
SELECT * FROM (SELECT count(*) FROM btrdb.points WHERE value > 3) AS p RIGHT JOIN (VALUES (1), (2), (3)) AS v (x) ON true;
SELECT work('SELECT * FROM (SELECT count(*) FROM btrdb.points WHERE value > 3) AS p RIGHT JOIN (VALUES (1), (2), (3)) AS v (x) ON true');
SELECT * FROM (SELECT count(*) FROM (SELECT time FROM btrdb.points WHERE value > 3 ORDER BY stream, time LIMIT 10) AS p) AS p RIGHT JOIN (VALUES (1), (2), (3)) AS v (x) ON true;
RESET enable_material;
SELECT count(*) FROM (SELECT * FROM btrdb.points WHERE value > 3 LIMIT 7) AS p;
SELECT time, value FROM btrdb.points WHERE stream = :big AND value > 59990 ORDER BY time LIMIT 3;
\set VERBOSITY sqlstate
SELECT count(*) FROM btrdb.points WHERE 1 / (time - 41000000) > 5 AND stream = :big;
SELECT count(*) FROM btrdb.points WHERE 1 / (time - 50) > 5;
\set VERBOSITY default
SET parallel_leader_participation = off;
SELECT work('SELECT * FROM btrdb.points');
SELECT * FROM differences(format('SELECT time, value FROM btrdb.points WHERE stream = %L', :big));
RESET parallel_leader_participation;

-- workers see what the transaction wrote, and what its snapshot sees
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(btrdb_insert(uuid, n, -n)) FROM s WHERE n < 10;
SAVEPOINT a;
SELECT btrdb_delete(:big, 10000000, 20000000);
INSERT INTO btrdb.points SELECT uuid, n, -2 * n FROM s WHERE n < 20;
SELECT count(*), sum(value) FROM btrdb.points WHERE value < 0 AND time < 100;
SELECT count(*), sum(value) FROM btrdb.points WHERE stream = :big AND value < 0;
SELECT * FROM differences('SELECT * FROM btrdb.points');
ROLLBACK TO a;
SELECT count(*), sum(value) FROM btrdb.points WHERE value < 0 AND time < 100;
SELECT * FROM differences(format('SELECT time, value FROM btrdb.points WHERE stream = %L', :big));
ROLLBACK;

-- row-level security on streams holds in workers
CREATE ROLE regress_btrdb_parallel;
GRANT SELECT ON btrdb.points, btrdb.streams, s TO regress_btrdb_parallel;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY half ON btrdb.streams USING (collection = 'parallel/1');
SET ROLE regress_btrdb_parallel;
SELECT work('SELECT * FROM btrdb.points');
SELECT n % 2, count(*) FROM btrdb.points JOIN s ON uuid = stream WHERE value > 3 GROUP BY 1;
SELECT stream, count(*) FROM btrdb.points WHERE stream IN (:few) AND value > 3 GROUP BY stream ORDER BY stream;
RESET ROLE;
REVOKE ALL ON btrdb.points, btrdb.streams, s FROM regress_btrdb_parallel;
DROP ROLE regress_btrdb_parallel;

SELECT * FROM btrdb_check();
\c :database
DROP DATABASE regress_btrdb_parallel;
