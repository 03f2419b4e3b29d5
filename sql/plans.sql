-- Plans of what reads points, and that they do not change results.
\set database :DBNAME
CREATE DATABASE regress_btrdb_plans;
\c regress_btrdb_plans
CREATE EXTENSION btrdb;
CREATE TABLE s (n int PRIMARY KEY, uuid uuid, a bigint, b bigint);
INSERT INTO s SELECT n, btrdb_create('plans', jsonb_build_object('name', n), stream =>
	('c0000000-0000-0000-0000-0000000000' || lpad(to_hex(n), 2, '0'))::uuid), n * 10, n * 10 + 5
FROM generate_series(1, 20) AS n;
SELECT count(btrdb_insert(uuid, times, vals)) FROM s, LATERAL (SELECT array_agg(i), array_agg((i + n)::float8) FROM generate_series(1, 5000) AS i) AS p (times, vals) WHERE n <= 10;
SELECT count(btrdb_insert(uuid, 42, 0.5)) FROM s WHERE n % 5 = 0;
ANALYZE s;
\set a '''c0000000-0000-0000-0000-000000000001'''
\set b '''c0000000-0000-0000-0000-000000000005'''

-- the first query of a session already has the plan
\c regress_btrdb_plans
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_values(:a, 0, 10) ORDER BY time;
\c regress_btrdb_plans
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points WHERE stream = :a AND time >= 5 AND time < 10 ORDER BY time LIMIT 1;

-- Shows what EXPLAIN ANALYZE tells of the work done.
CREATE FUNCTION work(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, SUMMARY OFF) ' || query LOOP
		line := coalesce(regexp_replace(line, 'rows=[0-9.]+', 'rows=' || round(substring(line FROM 'rows=([0-9.]+)')::numeric)), line);
		IF line ~ 'Custom Scan|Read:' THEN
			RETURN NEXT line;
		END IF;
	END LOOP;
END
$$;
-- Runs a query with custom scans and without: rows that differ.
CREATE FUNCTION differences(query text) RETURNS bigint LANGUAGE plpgsql AS $$
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

-- points: only the streams and leaves needed are read
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND time BETWEEN 100 AND 110', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND 100 < time AND 110::smallint >= time', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND time = 9223372036854775807', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND time > 9223372036854775807', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND time > -9223372036854775808 AND time <= 42', :b));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream IN (%L, %L, %L, NULL) AND time < 3', :b, :a, :b));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = ANY (NULL::uuid[])'));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L LIMIT 1', :a));
SELECT work('SELECT * FROM btrdb.points WHERE time < 3');
SELECT work('SELECT * FROM btrdb.points WHERE stream = ''c0000000-0000-0000-0000-00000000ffff''');
SELECT differences(format('SELECT * FROM btrdb.points WHERE stream = %L AND time BETWEEN 100 AND 110', :a));
SELECT differences(format('SELECT * FROM btrdb.points WHERE stream = %L AND 100 < time AND 110::smallint >= time AND value > 105', :a));
SELECT differences(format('SELECT * FROM btrdb.points WHERE stream IN (%L, %L, %L, NULL) AND time <= 42', :b, :a, :b));
SELECT differences(format('SELECT * FROM btrdb.points WHERE stream IN (%L, %L) AND stream = %L AND time = 42', :a, :b, :b));
SELECT differences(format('SELECT * FROM btrdb.points WHERE stream = %L OR time < 3', :a));
SELECT differences('SELECT * FROM btrdb.points WHERE time < 3 OR time > 4998');
SELECT differences('SELECT n, p.* FROM s JOIN btrdb.points AS p ON stream = uuid AND time >= a AND time < b');
SELECT differences('SELECT n, p.* FROM s LEFT JOIN btrdb.points AS p ON stream = uuid AND time = a');
SELECT differences('SELECT n, p.* FROM s, LATERAL (SELECT * FROM btrdb.points WHERE stream = uuid AND time > a LIMIT 2) AS p');
SELECT differences('SELECT p.time, p.value, q.value AS other FROM btrdb.points AS p JOIN btrdb.points AS q USING (stream, time) WHERE time < 50');
SELECT differences(format('SELECT n, p.* FROM s JOIN btrdb.points AS p ON stream = %L AND time = a', :a));
SELECT differences('SELECT n, p.* FROM s JOIN btrdb.points AS p ON stream = ANY (ARRAY[uuid, NULL]) AND b >= time AND time > a');
SELECT differences('SELECT n, (SELECT max(time) FROM btrdb.points WHERE stream = uuid) FROM s');
SELECT differences('SELECT DISTINCT ON (stream) stream, time FROM btrdb.points WHERE time <> 5000 ORDER BY stream, time DESC');
SELECT differences('SELECT n, p.* FROM s, LATERAL (SELECT time FROM btrdb.points WHERE stream = uuid AND time < a ORDER BY time DESC LIMIT 2) AS p');

-- order and parameters
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points ORDER BY stream, time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points ORDER BY time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points WHERE stream IN (:a, :b) ORDER BY stream, time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points WHERE stream = :a ORDER BY stream, time;
EXPLAIN (COSTS OFF) SELECT n, p.value FROM s, LATERAL (SELECT * FROM btrdb.points WHERE stream = uuid AND time >= a ORDER BY time LIMIT 1) AS p WHERE n < 3;
EXPLAIN (COSTS OFF) SELECT n, p.value FROM s JOIN btrdb.points AS p ON stream = uuid WHERE time < 10 AND n = 3;
EXPLAIN (COSTS OFF) SELECT n, p.value FROM s JOIN btrdb.points AS p ON stream = uuid AND time >= a AND time < b WHERE n < 3;
SET plan_cache_mode = force_generic_plan;
PREPARE q (uuid, bigint) AS SELECT time, value FROM btrdb.points WHERE stream = $1 AND time < $2 ORDER BY time;
EXPLAIN (COSTS OFF) EXECUTE q (:a, 3);
EXECUTE q (:a, 3);
EXECUTE q (:b, 2);
EXECUTE q (NULL, 2);
PREPARE v (uuid, bigint, bigint, bigint) AS SELECT * FROM btrdb_values($1, $2, $3, $4) ORDER BY time;
EXPLAIN (COSTS OFF) EXECUTE v (:a, 1, 3, 0);
EXECUTE v (:a, 1, 3, 0);
EXECUTE v (:b, 41, 44, 0);
EXECUTE v (:b, 41, 44, 11);
EXECUTE v (:b, 41, NULL, 11);
EXECUTE v (:b, 44, 41, 0);
EXECUTE v (:b, 41, 44, 12);
RESET plan_cache_mode;

-- conditions on the value are exact, and subtrees without such values are not read
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points WHERE stream = :a AND value > 4000 AND 4100 >= value AND value::int % 2 = 0;
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND value > 4900', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND value < 3 ORDER BY time DESC', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND value > 6000', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND value > 3 AND value < 3', :a));
SELECT work('SELECT * FROM btrdb.points WHERE value = 0.5');
BEGIN;
SELECT btrdb_insert(uuid, ARRAY[1, 2, 3, 4, 5, 6], ARRAY[0, '-0', 5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308]) FROM s WHERE n = 20;
SELECT btrdb_flush(uuid) FROM s WHERE n = 20;
SELECT op, bound, differences(format('SELECT *, float8send(value) FROM (SELECT time, value FROM btrdb.points WHERE stream IN (%L, ''c0000000-0000-0000-0000-000000000014'') AND value %s %L::float8 UNION ALL SELECT 0, 0) AS p', :b, op, bound))
FROM unnest(ARRAY['<', '<=', '=', '>=', '>']) AS op,
	unnest(ARRAY['0', '-0', '5e-324', '1.7976931348623157e308', '-1.7976931348623157e308', 'Infinity', '-Infinity', 'NaN', '0.5', '2000']) AS bound
WHERE differences(format('SELECT *, float8send(value) FROM (SELECT time, value FROM btrdb.points WHERE stream IN (%L, ''c0000000-0000-0000-0000-000000000014'') AND value %s %L::float8 UNION ALL SELECT 0, 0) AS p', :b, op, bound)) <> 0;
ROLLBACK;
SELECT differences('SELECT * FROM btrdb.points WHERE value > 5::float4 AND value < 7::numeric');
SELECT differences('SELECT n, p.* FROM s JOIN btrdb.points AS p ON stream = uuid AND value > a AND b > value');
SELECT differences(format('SELECT * FROM btrdb.points WHERE stream IN (%L, %L) AND stream = ANY (ARRAY(SELECT uuid FROM s WHERE n > 3)) AND value < 50', :a, :b));
SELECT count(*) FROM btrdb.points WHERE stream = :a AND stream = :b;
PREPARE above (float8) AS SELECT count(*) FROM btrdb.points WHERE value > $1;
EXECUTE above (5005);
EXECUTE above (NULL);
PREPARE last (uuid, bigint) AS SELECT * FROM btrdb_values($1, 0, 43, $2) ORDER BY time DESC LIMIT 2;
EXECUTE last (:b, 0);
-- descending order: from the end, and no more than it takes
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points WHERE stream = :a AND time < 4000 ORDER BY time DESC LIMIT 1;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points ORDER BY stream DESC, time DESC;
EXPLAIN (COSTS OFF) SELECT DISTINCT ON (stream) * FROM btrdb.points ORDER BY stream, time DESC;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb.points ORDER BY stream DESC, time;
EXPLAIN (COSTS OFF) SELECT n, p.value FROM s, LATERAL (SELECT * FROM btrdb.points WHERE stream = uuid ORDER BY time DESC LIMIT 1) AS p;
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L ORDER BY time DESC LIMIT 3', :a));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L AND time < 42 ORDER BY time DESC LIMIT 1', :b));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L ORDER BY time DESC', :b));
SELECT work(format('SELECT * FROM btrdb.points WHERE stream IN (%L, %L) ORDER BY stream DESC, time DESC LIMIT 5001', :a, :b));
SELECT work('SELECT * FROM btrdb.points ORDER BY stream DESC, time DESC LIMIT 1');
SELECT work('SELECT (SELECT time FROM btrdb.points WHERE stream = uuid ORDER BY time DESC LIMIT 1) FROM s');
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_values(:a, 0, 4000) ORDER BY time DESC;
EXPLAIN (COSTS OFF) SELECT max(time) FROM btrdb_values(:a, 0, 4000);
SELECT work(format('SELECT * FROM btrdb_values(%L, 0, 10000) ORDER BY time DESC LIMIT 3', :a));
SELECT work('SELECT v.* FROM s, LATERAL (SELECT * FROM btrdb_values(uuid, 0, 10000) ORDER BY time DESC LIMIT 1) AS v');
EXECUTE last (:b, 11);
-- buffered points after all others are found without the tree
BEGIN;
SELECT btrdb_insert(:a, 5001, 1);
SELECT work(format('SELECT * FROM btrdb.points WHERE stream = %L ORDER BY time DESC LIMIT 1', :a));
SELECT time FROM btrdb.points WHERE stream = :a ORDER BY time DESC LIMIT 2;
ROLLBACK;
-- exactly the reverse of the forward order, equal times included: runs of the buffer between, before and after those of the
-- tree, more points at a nanosecond than a leaf can hold, all streams
BEGIN;
SELECT btrdb_insert(:a, array_agg(2500::bigint), array_agg(i + random())) FROM generate_series(1, 3000) AS i;
SELECT btrdb_insert(:a, ARRAY[-1, -1, 2500, 2500, 3000, 6000, 6000], ARRAY[1, 2, 3, 4, 5, 6, 7]);
SELECT btrdb_insert(:b, ARRAY[42, 42, 43], ARRAY[8, 9, 10]);
CREATE FUNCTION reversed(source text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	orders text[];
	result text := '';
	forward float8[];
	backward float8[];
	plan text;
BEGIN
	FOREACH orders SLICE 1 IN ARRAY CASE WHEN source ~ 'values' THEN ARRAY[['time', 'time DESC']]
		ELSE ARRAY[['stream, time', 'stream DESC, time DESC'], ['stream, time DESC', 'stream DESC, time']] END LOOP
		EXECUTE format('EXPLAIN (FORMAT json) SELECT value FROM %s ORDER BY %s', source, orders[2]) INTO plan;
		EXECUTE format('SELECT array_agg(value) FROM (SELECT value FROM %s ORDER BY %s) q', source, orders[1]) INTO forward;
		EXECUTE format('SELECT array_agg(value ORDER BY n DESC) FROM (SELECT value, row_number() OVER () AS n FROM (SELECT value FROM %s ORDER BY %s) p) q',
					   source, orders[2]) INTO backward;
		result := result || format('%s %s %s; ', plan ~ 'Sort', cardinality(forward), forward = backward);
	END LOOP;
	RETURN result;
END
$$;
SELECT reversed(format('btrdb.points WHERE stream = %L', :a));
SELECT reversed(format('btrdb.points WHERE stream = %L AND time BETWEEN 2500 AND 2999', :a));
SELECT reversed(format('btrdb.points WHERE stream IN (%L, %L) AND time > 40', :a, :b));
SELECT reversed('btrdb.points');
SELECT reversed('btrdb.points WHERE time < 43');
SELECT reversed(format('btrdb_values(%L, -10, 10000)', :a));
SELECT reversed(format('btrdb_values(%L, 0, 2600, 12)', :a));
SELECT reversed(format('btrdb_values(%L, 0, 2600, 11)', :a));
SELECT time, value FROM btrdb.points WHERE stream = :b AND time BETWEEN 41 AND 43 ORDER BY time DESC;
ROLLBACK;
DECLARE e SCROLL CURSOR WITH HOLD FOR SELECT time FROM btrdb.points WHERE stream = :a AND time < 10 ORDER BY time DESC;
FETCH 3 FROM e;
FETCH BACKWARD 2 FROM e;
FETCH LAST FROM e;
FETCH ABSOLUTE -2 FROM e;
CLOSE e;
BEGIN;
DECLARE e SCROLL CURSOR FOR SELECT time FROM btrdb.points WHERE stream = :a ORDER BY time DESC;
FETCH 3 FROM e;
FETCH BACKWARD 1 FROM e;
FETCH LAST FROM e;
COMMIT;

-- row estimates are those of the tree
EXPLAIN SELECT * FROM btrdb_values(:a, 101, 201);
EXPLAIN SELECT * FROM btrdb_windows(:a, 0, 1000, 10) AS w;
EXPLAIN SELECT * FROM btrdb_aligned_windows(:a, 0, 1024, 2) AS w;

-- functions
SELECT work(format('SELECT * FROM btrdb_values(%L, 0, 10000)', :a));
SELECT work(format('SELECT * FROM btrdb_values(%L, 0, 10000) LIMIT 1', :a));
SELECT work(format('SELECT * FROM btrdb_values(%L, 7, 7)', :a));
SELECT differences(format('SELECT * FROM btrdb_values(%L, 0, 10000) WHERE value > 4000', :b));
SELECT differences(format('SELECT * FROM btrdb_values(%L, 0, 10000, 11)', :b));
SELECT differences('SELECT n, v.* FROM s, btrdb_values(uuid, a, b) AS v');
SELECT differences('SELECT n, v.* FROM s LEFT JOIN LATERAL btrdb_values(uuid, a, b) AS v ON v.time % 2 = n % 2');
SELECT differences('SELECT n, (SELECT count(*) FROM btrdb_values(uuid, a, b)) FROM s');
EXPLAIN (COSTS OFF) SELECT time, l.value, r.value FROM btrdb_values(:a, 0, 10000) AS l FULL JOIN btrdb_values(:b, 0, 10000) AS r USING (time);
SELECT count(*), sum(r.value - l.value) FROM btrdb_values(:a, 0, 10000) AS l FULL JOIN btrdb_values(:b, 0, 10000) AS r USING (time);
EXPLAIN (COSTS OFF) SELECT time, avg(value) FROM btrdb_values(:b, 40, 44) GROUP BY time;
SELECT time, avg(value) FROM btrdb_values(:b, 40, 44) GROUP BY time;
EXPLAIN (VERBOSE, COSTS OFF) SELECT n, value FROM s, btrdb_values(uuid, a, b) WHERE time > 3;

-- what falls back to an ordinary call, or reads what another row's change may need again
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_values(:a, 1, 3) WITH ORDINALITY;
SELECT * FROM btrdb_values(:a, 1, 3) WITH ORDINALITY;
SELECT * FROM ROWS FROM (btrdb_values(:a, 1, 3), btrdb_values(:b, 1, 4));
SELECT v FROM btrdb_values(:a, 1, 3) AS v;
SELECT v.time FROM btrdb_values(:a, 1, 3) AS v WHERE v IS NOT NULL;
SELECT btrdb_values(:a, 1, 3);
EXPLAIN (COSTS OFF) UPDATE s SET a = v.time FROM btrdb_values(:a, 1, 3) AS v WHERE n = 1;
BEGIN;
UPDATE s SET a = p.time FROM btrdb.points AS p WHERE p.stream = uuid AND p.time = 42 AND p.value < 1 RETURNING n, a;
SELECT n, p.value FROM s JOIN btrdb.points AS p ON p.stream = uuid AND p.time = 42 ORDER BY n, value LIMIT 2 FOR UPDATE OF s;
ROLLBACK;

-- cursors
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT * FROM btrdb_values(:a, 1, 6);
DECLARE d CURSOR WITH HOLD FOR SELECT * FROM btrdb_values(:a, 1, 4);
DECLARE e CURSOR FOR SELECT time FROM btrdb.points WHERE stream = :a;
FETCH 2 FROM c;
FETCH 2 FROM e;
SAVEPOINT x;
SELECT btrdb_delete(:a, 0, 10000);
FETCH 1 FROM e;
FETCH 2 FROM c;
FETCH BACKWARD 3 FROM c;
ROLLBACK TO x;
FETCH 2 FROM e;
FETCH LAST FROM c;
COMMIT;
FETCH ALL FROM d;
CLOSE d;

-- parallel plans over many streams
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET enable_memoize = off;
EXPLAIN (COSTS OFF) SELECT sum(v.value) FROM s, btrdb_values(uuid, 0, 10000) AS v;
SELECT sum(v.value) FROM s, btrdb_values(uuid, 0, 10000) AS v;
SELECT name AS force_parallel FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :force_parallel = on;
SELECT sum(p.value) FROM s JOIN btrdb.points AS p ON stream = uuid;
SELECT count(*) FROM btrdb.points;
RESET :force_parallel;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET enable_memoize;

-- rights are those of a call
CREATE ROLE regress_btrdb_plans;
GRANT SELECT ON s TO regress_btrdb_plans;
SET ROLE regress_btrdb_plans;
EXPLAIN SELECT * FROM btrdb_values(:a, 1, 3);
SELECT * FROM btrdb_values(:a, 1, 3);
SELECT * FROM btrdb.points WHERE stream = :a;
RESET ROLE;
GRANT SELECT ON btrdb.points, btrdb.streams TO regress_btrdb_plans;
REVOKE EXECUTE ON FUNCTION btrdb_values(uuid, bigint, bigint, bigint) FROM PUBLIC;
SET ROLE regress_btrdb_plans;
SELECT * FROM btrdb_values(:a, 1, 3);
SELECT count(*) FROM btrdb.points WHERE stream = :a;
RESET ROLE;
GRANT EXECUTE ON FUNCTION btrdb_values(uuid, bigint, bigint, bigint) TO PUBLIC;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY one ON btrdb.streams USING (name = '5');
SET ROLE regress_btrdb_plans;
SELECT n, count(*) FROM btrdb.points JOIN s ON stream = uuid GROUP BY n;
SELECT DISTINCT stream FROM (SELECT stream FROM btrdb.points ORDER BY stream DESC, time DESC OFFSET 0) AS p;
SELECT count(*) FROM btrdb.points WHERE stream = :a;
SELECT count(*) FROM btrdb.points WHERE stream IN (:a, :b);
SELECT count(*) FROM btrdb_values(:b, 0, 10000);
SELECT count(*) FROM btrdb_values(:a, 0, 10000);
RESET ROLE;
REVOKE ALL ON btrdb.points, btrdb.streams, s FROM regress_btrdb_plans;
DROP ROLE regress_btrdb_plans;

SELECT * FROM btrdb_check();
\c :database
DROP DATABASE regress_btrdb_plans;
