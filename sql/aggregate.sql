-- Aggregates that statistics answer: which queries, and that they stay what they are.
\set database :DBNAME
CREATE DATABASE regress_btrdb_aggregate;
\c regress_btrdb_aggregate
CREATE EXTENSION btrdb;
SET extra_float_digits = -2;
CREATE TABLE s (n int PRIMARY KEY, uuid uuid);
INSERT INTO s SELECT n, btrdb_create('aggregate', jsonb_build_object('name', n), stream =>
	('ca000000-0000-0000-0000-00000000000' || n)::uuid) FROM generate_series(1, 4) AS n;
SELECT count(btrdb_insert(uuid, times, vals)) FROM s, LATERAL (SELECT array_agg(i), array_agg((i % 100 + n)::float8) FROM generate_series(-2000, 19999) AS i) AS p (times, vals) WHERE n <= 2;
SELECT btrdb_insert(uuid, 5, -1) FROM s WHERE n IN (1, 3) ORDER BY n;
ANALYZE s;
\set a '''ca000000-0000-0000-0000-000000000001'''
\set b '''ca000000-0000-0000-0000-000000000002'''
\set c '''ca000000-0000-0000-0000-000000000003'''
\set d '''ca000000-0000-0000-0000-000000000004'''

-- Shows what EXPLAIN ANALYZE tells of the work done.
CREATE FUNCTION work(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, SUMMARY OFF) ' || query LOOP
		line := regexp_replace(line, '(rows=\d+)\.00', '\1');
		IF line ~ 'Scan|Aggregate|Sort|Read:' THEN
			RETURN NEXT line;
		END IF;
	END LOOP;
END
$$;
-- Does statistics answer a query?  Gives rows that differ if so, to 12 digits.
CREATE FUNCTION differences(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
	plan json;
BEGIN
	SET LOCAL btrdb.enable_aggregate = off;
	EXECUTE 'CREATE TEMP TABLE scanned AS ' || query;
	SET LOCAL btrdb.enable_aggregate = on;
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	EXECUTE 'CREATE TEMP TABLE answered AS ' || query;
	SELECT count(*) INTO n FROM ((SELECT t::text FROM scanned AS t EXCEPT ALL SELECT t::text FROM answered AS t) UNION ALL (SELECT t::text FROM answered AS t EXCEPT ALL SELECT t::text FROM scanned AS t)) AS d;
	IF NOT EXISTS (SELECT FROM scanned) THEN
		RAISE EXCEPTION 'no rows';
	END IF;
	DROP TABLE scanned, answered;
	RETURN CASE WHEN plan::text ~ 'btrdb_aggregate' THEN 'answered: ' ELSE 'scanned: ' END || n;
END
$$;

-- plans
EXPLAIN (COSTS OFF) SELECT count(*), min(value), max(value), avg(value), sum(value), stddev(value), var_pop(value), min(time), max(time) FROM btrdb.points WHERE stream = :a AND time >= 100 AND time < 5000;
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb_values(:a, 100, 5000);
EXPLAIN (COSTS OFF) SELECT stream, count(*) FROM btrdb.points WHERE stream IN (:a, :b) GROUP BY stream ORDER BY stream;
EXPLAIN (COSTS OFF) SELECT time / 1000 * 1000 AS t, avg(value) FROM btrdb.points WHERE stream = :a GROUP BY t ORDER BY t;
EXPLAIN (COSTS OFF) SELECT time / -1000 AS t, avg(value) FROM btrdb.points WHERE stream = :a GROUP BY t ORDER BY t;
EXPLAIN (COSTS OFF) SELECT stream, time / 1000 AS t, avg(value) FROM btrdb.points GROUP BY stream, t ORDER BY stream, t;
EXPLAIN (VERBOSE, COSTS OFF) SELECT time / 1000 + 1 AS t, 2 * avg(value) AS x FROM btrdb_values(:a, 100, 5000) GROUP BY time / 1000 HAVING count(*) > 3;
SELECT work(format('SELECT count(*), avg(value) FROM btrdb.points WHERE stream = %L', :b));
SELECT work('SELECT count(*) FROM btrdb.points WHERE time < 1000');
SELECT work(format('SELECT time / 1000 AS t, count(*) FROM btrdb_values(%L, 0, 10000) GROUP BY t LIMIT 2', :b));

-- what is answered
SELECT differences(format('SELECT count(*) AS a, count(value) AS b, count(1) AS c, min(value), max(value), round(avg(value)::numeric, 9) AS d, round(sum(value)::numeric, 6) AS e FROM btrdb.points WHERE stream = %L', :a));
SELECT differences(format('SELECT stddev(value), stddev_pop(value), stddev_samp(value), variance(value), var_pop(value), var_samp(value) FROM btrdb.points WHERE stream = %L AND time BETWEEN -1000 AND 3333', :a));
SELECT differences(format('SELECT count(*), min(value), avg(value), sum(value), stddev(value), stddev_pop(value), var_samp(value), min(time) AS t FROM btrdb.points WHERE stream = %L', :d));
SELECT differences(format('SELECT count(*), min(value), avg(value), sum(value), stddev(value), stddev_pop(value), var_samp(value), min(time) AS t FROM btrdb.points WHERE stream = %L', :c));
SELECT differences(format('SELECT min(time), max(time), count(*) FROM btrdb.points WHERE stream = ANY (%L) AND time > 7', ARRAY[:a, :b, :d]::uuid[]));
SELECT differences('SELECT min(time), max(time), count(stream) FROM btrdb.points');
SELECT differences('SELECT stream, count(*), max(time) FROM btrdb.points GROUP BY stream');
SELECT differences(format('SELECT stream, count(*) FROM btrdb.points WHERE stream = %L GROUP BY stream', :a));
SELECT differences('SELECT stream, time / 777, count(*), min(value), max(time) FROM btrdb.points GROUP BY 1, 2');
SELECT differences(format('SELECT time / 100, count(*) FROM btrdb_values(%L, -2000, 20000, 11) GROUP BY 1', :a));
SELECT differences(format('SELECT time - time %% 128, count(*), min(time) FROM btrdb_values(%L, -2000, 20000) GROUP BY 1 HAVING max(value) > 1', :a));
SELECT differences(format('SELECT floor((time + 55) / 300.0::float8), count(*) FROM btrdb.points WHERE stream = %L GROUP BY 1', :a));
SELECT differences(format('SELECT date_bin(%L, to_timestamp(time), %L), count(*) FROM btrdb.points WHERE stream = %L GROUP BY 1', '1 hour', '2001-01-01 00:17', :a));
SELECT differences(format('SELECT date_bin(%L, to_timestamp(time / 10), %L), count(*) FROM btrdb.points WHERE stream = %L GROUP BY 1', '1 hour', '2001-01-01 00:17', :a));
SELECT differences(format('WITH q AS (SELECT count(*) AS n FROM btrdb.points WHERE stream = %L) SELECT n FROM q UNION ALL SELECT max(time) FROM btrdb.points UNION ALL SELECT 1', :a));
SELECT differences('SELECT n, q.* FROM s, LATERAL (SELECT count(*), max(time) FROM btrdb.points WHERE stream = uuid AND time < n * 1000) AS q');
SELECT differences('SELECT n, (SELECT sum(value) FROM btrdb_values(uuid, n, n * 100)) FROM s');
SELECT differences('SELECT n, q.* FROM s LEFT JOIN LATERAL (SELECT time / (n * 100) AS t, count(*) FROM btrdb_values(uuid, -300, 1000) GROUP BY 1) AS q ON t > n');
SELECT differences('SELECT sum(n), max(t) FROM (SELECT time / 100 AS t, count(*) AS n FROM btrdb.points WHERE stream = (SELECT uuid FROM s WHERE n = 2) GROUP BY 1) AS q WHERE n > 99');
SELECT differences(format('SELECT count(*), rank() OVER (ORDER BY max(value)) FROM btrdb.points WHERE stream = %L GROUP BY time / 5000', :a));
SELECT differences(format('SELECT DISTINCT count(*) FROM btrdb.points WHERE stream = %L GROUP BY time / 500', :a));

-- what is not
SELECT differences(format('SELECT count(*) FROM btrdb.points WHERE stream = %L AND value > 3', :a));
SELECT differences(format('SELECT count(*) FROM btrdb.points WHERE stream = %L AND stream IN (%L, %L)', :a, :a, :b));
SELECT differences(format('SELECT count(*) FROM btrdb.points WHERE stream = %L OR time < 3', :a));
SELECT differences(format('SELECT count(*) FROM btrdb.points WHERE stream = %L AND time %% 2 = 0', :a));
SELECT differences(format('SELECT count(*) FILTER (WHERE value > 3) FROM btrdb.points WHERE stream = %L', :a));
SELECT differences(format('SELECT count(DISTINCT value) FROM btrdb.points WHERE stream = %L', :a));
SELECT differences(format('SELECT count(*), array_agg(value ORDER BY time) FROM btrdb.points WHERE stream = %L AND time < 0', :a));
SELECT differences(format('SELECT sum(value + 1) FROM btrdb.points WHERE stream = %L', :a));
SELECT differences(format('SELECT max(time + 1) FROM btrdb_values(%L, 0, 100)', :a));
SELECT differences(format('SELECT sum(value) FROM btrdb_values(%L, 0, 100) WHERE time > 3', :a));
SELECT differences(format('SELECT count(NULL) FROM btrdb.points WHERE stream = %L', :a));
SELECT differences(format('SELECT count(p) FROM btrdb.points AS p WHERE stream = %L', :a));
SELECT differences(format('SELECT time, count(*) FROM btrdb.points WHERE stream = %L AND time < 100 GROUP BY 1', :a));
SELECT differences(format('SELECT time %% 100, count(*) FROM btrdb.points WHERE stream = %L GROUP BY 1', :a));
SELECT differences(format('SELECT value, count(*) FROM btrdb.points WHERE stream = %L GROUP BY 1', :a));
SELECT differences(format('SELECT abs(time) / 100, count(*) FROM btrdb.points WHERE stream = %L GROUP BY 1', :a));
SELECT differences(format('SELECT time / 100 + (random() * 0)::bigint, count(*) FROM btrdb.points WHERE stream = %L GROUP BY 1', :a));
SELECT differences(format('SELECT time / 100 AS a, time / 1000 AS b, count(*) FROM btrdb.points WHERE stream = %L GROUP BY 1, 2', :a));
SELECT differences(format('SELECT time / 1000, count(*) FROM btrdb.points WHERE stream = %L GROUP BY ROLLUP (1)', :a));
SELECT differences('SELECT time / 1000, count(*) FROM btrdb.points GROUP BY 1');
SELECT differences('SELECT n, count(*) FROM s JOIN btrdb.points ON stream = uuid GROUP BY n');
SELECT differences(format('SELECT count(*), generate_series(1, 2) FROM btrdb.points WHERE stream = %L', :a));
SELECT differences(format('SELECT count(*) FROM btrdb_values(%L, 0, 100) WITH ORDINALITY', :a));

-- one time only
SELECT count(*), stddev(value), stddev_pop(value), min(time) FROM btrdb.points WHERE stream = :c;
SELECT count(*), sum(value), avg(value), min(value), max(time) FROM btrdb.points WHERE stream = :d;
SELECT time / 10, count(*) FROM btrdb.points WHERE stream = :d GROUP BY 1;
SELECT count(*) FROM btrdb.points WHERE stream = :a AND false;
SELECT count(*) FROM btrdb.points WHERE stream = NULL;
SELECT count(*), max(time) FROM btrdb.points WHERE stream = :a AND time = 5;
SELECT count(*), max(time) FROM btrdb.points WHERE stream = :a AND time > 4611686018427387904;
SELECT count(*), max(time) FROM btrdb.points WHERE stream = :a AND time > 100 AND time < 50;
SELECT time / 1000 AS t, count(*), min(time), max(time) FROM btrdb.points WHERE stream = :a AND time < 3500 GROUP BY t ORDER BY t;
SELECT time / 0 FROM btrdb.points WHERE stream = :a GROUP BY 1;
SELECT time / 0 FROM btrdb.points WHERE stream = :d GROUP BY 1;
SELECT time / NULL::bigint, count(*) FROM btrdb.points WHERE stream = :a GROUP BY 1;
SELECT count(*) FROM btrdb_values(:a, 5, 1);
SELECT count(*) FROM btrdb_values(:a, NULL, 1);
SELECT count(*) FROM btrdb_values(:a, 1, 5, 99);
SELECT count(*) FROM btrdb_values('ca000000-0000-0000-0000-00000000ffff', 1, 5);
SELECT count(*) FROM btrdb.points WHERE stream = 'ca000000-0000-0000-0000-00000000ffff';

-- sums too large for a double, as the aggregates have it
BEGIN;
SELECT btrdb_insert(:d, ARRAY[1, 2], ARRAY[1e308, 1e308]);
SELECT count(*), max(value) FROM btrdb.points WHERE stream = :d;
SAVEPOINT x;
SELECT sum(value) FROM btrdb.points WHERE stream = :d;
ROLLBACK TO x;
SELECT avg(value) FROM btrdb.points WHERE stream = :d;
ROLLBACK;

-- prepared statements
SET plan_cache_mode = force_generic_plan;
PREPARE q (uuid, bigint, bigint, bigint) AS SELECT time / $4 AS t, count(*), max(time) FROM btrdb.points WHERE stream = $1 AND time >= $2 AND time < $3 GROUP BY time / $4 ORDER BY t;
EXPLAIN (COSTS OFF) EXECUTE q (:a, -50, 2000, 1000);
EXECUTE q (:a, -50, 2000, 1000);
EXECUTE q (:a, -50, 2000, -1000);
EXECUTE q (:b, 5, 5, 7);
EXECUTE q (:b, 5, 55, 20);
EXECUTE q (:b, 5, 55, NULL);
PREPARE v (uuid, bigint, bigint, bigint) AS SELECT count(*), sum(value) FROM btrdb_values($1, $2, $3, $4);
EXECUTE v (:a, 0, 100, 0);
EXECUTE v (:a, 0, 100, 11);
EXECUTE v (NULL, 0, 100, 11);
RESET plan_cache_mode;

-- inside functions
CREATE FUNCTION points_of(s uuid, width bigint) RETURNS TABLE (t bigint, n bigint) LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN QUERY SELECT time / width, count(*) FROM btrdb.points WHERE stream = s GROUP BY 1 ORDER BY 1 LIMIT 2;
END
$$;
SELECT n, p.* FROM s AS x (n, uuid), points_of(uuid, 5000) AS p (t, c) ORDER BY n, t;

-- what a statement and its transaction see
BEGIN;
CREATE TABLE kept (n bigint, t bigint);
INSERT INTO kept SELECT count(*), max(time) FROM btrdb.points WHERE stream = :a;
INSERT INTO btrdb.points SELECT :d, count(*), max(value) FROM btrdb.points WHERE stream = :a;
SELECT * FROM btrdb.points WHERE stream = :d;
WITH i AS (INSERT INTO btrdb.points VALUES (:d, 1, 1) RETURNING time) SELECT count(*), max(time) FROM btrdb.points WHERE stream = :d;
SELECT count(*), max(time) FROM btrdb.points WHERE stream = :d;
CREATE FUNCTION seen(s uuid) RETURNS bigint LANGUAGE sql VOLATILE AS 'SELECT count(*) FROM btrdb.points WHERE stream = s';
INSERT INTO btrdb.points SELECT :d, i, seen(:d) FROM generate_series(11, 13) AS i;
SELECT time, value FROM btrdb.points WHERE stream = :d ORDER BY 1;
TABLE kept;
ROLLBACK;

-- cursors
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT time / 5000 AS t, count(*) FROM btrdb.points WHERE stream = :a GROUP BY 1;
DECLARE d CURSOR WITH HOLD FOR SELECT stream, count(*) FROM btrdb.points GROUP BY 1;
FETCH 2 FROM c;
SAVEPOINT x;
SELECT btrdb_delete(:a, 0, 10000);
FETCH 2 FROM c;
ROLLBACK TO x;
FETCH BACKWARD 3 FROM c;
COMMIT;
FETCH ALL FROM d;
CLOSE d;

-- parallel plans
SELECT name AS force_parallel FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :force_parallel = on;
SELECT count(*), max(value) FROM btrdb.points;
SELECT n, (SELECT max(value) FROM btrdb_values(uuid, 0, 1000)) FROM s ORDER BY n;
RESET :force_parallel;

-- rights
CREATE ROLE regress_btrdb_aggregate;
GRANT SELECT (stream, time) ON btrdb.points TO regress_btrdb_aggregate;
SET ROLE regress_btrdb_aggregate;
SELECT count(*), max(time) FROM btrdb.points WHERE stream = :a;
SELECT max(value) FROM btrdb.points WHERE stream = :a;
SELECT count(*) FROM btrdb_values(:a, 0, 10);
RESET ROLE;
GRANT SELECT ON btrdb.points, btrdb.streams TO regress_btrdb_aggregate;
BEGIN;
REVOKE EXECUTE ON FUNCTION btrdb_values(uuid, bigint, bigint, bigint) FROM PUBLIC;
SET ROLE regress_btrdb_aggregate;
SELECT count(*) FROM btrdb_values(:a, 0, 10);
ROLLBACK;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON btrdb.streams USING (name = '3');
SET ROLE regress_btrdb_aggregate;
SELECT work('SELECT count(*) FROM btrdb.points');
SELECT stream, count(*) FROM btrdb.points GROUP BY stream;
SELECT count(*) FROM btrdb.points WHERE stream = :a;
SELECT count(*) FROM btrdb_values(:a, 0, 10);
RESET ROLE;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;

-- policies and barriers on the table itself
CREATE VIEW barrier WITH (security_barrier) AS SELECT * FROM btrdb.points WHERE value > 50;
SELECT differences(format('SELECT count(*) FROM barrier WHERE stream = %L', :a));
ALTER TABLE btrdb.points ENABLE ROW LEVEL SECURITY;
CREATE POLICY early ON btrdb.points USING (time < 10);
SET ROLE regress_btrdb_aggregate;
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb.points WHERE stream = :b;
SELECT count(*) FROM btrdb.points WHERE stream = :b;
RESET ROLE;
REVOKE ALL ON btrdb.points, btrdb.streams FROM regress_btrdb_aggregate;
DROP ROLE regress_btrdb_aggregate;

-- the settings
SET btrdb.enable_aggregate = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb.points WHERE stream = :b;
SET btrdb.enable_aggregate = on;
SET btrdb.enable_custom_scan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM btrdb.points WHERE stream = :b;
RESET btrdb.enable_custom_scan;

\c :database
DROP DATABASE regress_btrdb_aggregate;
