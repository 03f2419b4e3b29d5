-- btrdb.points read as a table, in a database without other streams.
\set database :DBNAME
CREATE DATABASE regress_btrdb_select;
\c regress_btrdb_select
CREATE EXTENSION btrdb;
SET btrdb.direct_points = 1000;
CREATE TEMP TABLE s (n int, uuid uuid);
INSERT INTO s SELECT n, btrdb_create('select/' || n % 2, jsonb_build_object('name', n), stream =>
	('b0000000-0000-0000-0000-0000000000' || lpad(to_hex(n), 2, '0'))::uuid) FROM generate_series(1, 100) AS n;
-- 1 in the tree, 2 in the tree and the buffer, 3 in the buffer; the others are empty
SELECT btrdb_insert(uuid, array_agg(i), array_agg(i::float8)) FROM s, generate_series(1, 10000) AS i WHERE n IN (1, 2) GROUP BY uuid;
SELECT btrdb_insert(uuid, ARRAY[5, 20000, -3, 5], ARRAY[0.5, 0.25, 7, 1.5]) FROM s WHERE n IN (2, 3);
SELECT btrdb_insert(uuid, 7, 7) FROM s WHERE n = 100;

SELECT n, count(*), min(time), max(time), sum(value) FROM btrdb.points JOIN s ON stream = uuid GROUP BY n ORDER BY n;
SELECT n, time, value FROM btrdb.points JOIN s ON stream = uuid WHERE time < 7 ORDER BY n, time, value;
SELECT bool_and(stream >= before) AND bool_and(time >= before_time OR stream > before) AS ordered
FROM (SELECT stream, time, lag(stream) OVER (), lag(time) OVER () FROM (SELECT * FROM btrdb.points OFFSET 0) AS p)
	AS q (stream, time, before, before_time);
SELECT count(*), count(DISTINCT ctid), count(DISTINCT tableoid) FROM btrdb.points;
SELECT xmin FROM btrdb.points LIMIT 1;
SELECT p FROM btrdb.points AS p WHERE stream = (SELECT uuid FROM s WHERE n = 3);
COPY btrdb.points TO PROGRAM 'md5sum >/dev/null';
SELECT count(*) FROM (SELECT * FROM btrdb.points EXCEPT ALL
	SELECT uuid, time, value FROM s, LATERAL (SELECT * FROM btrdb_values(uuid, -10, 30000) OFFSET 0) AS v) AS d;

-- what the transaction wrote, and what another snapshot sees
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT count(*) FROM btrdb.points;
SELECT btrdb_insert(uuid, 1, 1) FROM s WHERE n = 4;
SELECT btrdb_delete(uuid, 0, 9990) FROM s WHERE n = 1;
SELECT count(*) FROM btrdb.points;
SAVEPOINT a;
DELETE FROM s WHERE n = 1;
TRUNCATE btrdb.points;
SELECT count(*) FROM btrdb.points;
ROLLBACK TO a;
SELECT count(*) FROM btrdb.points;
ROLLBACK;
SELECT count(*) FROM btrdb.points;

-- cursors: a cursor keeps what it saw when it was opened
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT time, value FROM btrdb.points;
DECLARE h CURSOR WITH HOLD FOR SELECT time, value FROM btrdb.points WHERE time < 0;
FETCH 2 FROM c;
SELECT btrdb_delete(uuid, -100, 100000) FROM s WHERE n <= 3;
FETCH 2 FROM c;
FETCH BACKWARD 2 FROM c;
FETCH LAST FROM c;
FETCH RELATIVE -1 FROM c;
FETCH ABSOLUTE 3 FROM c;
FETCH BACKWARD ALL FROM c;
FETCH 1 FROM c;
MOVE FORWARD ALL FROM c;
FETCH PRIOR FROM c;
ROLLBACK;
BEGIN;
DECLARE h CURSOR WITH HOLD FOR SELECT time, value FROM btrdb.points WHERE time < 0;
COMMIT;
FETCH ALL FROM h;
CLOSE h;

-- no row is found by its place
SELECT count(*) FROM btrdb.points WHERE ctid = '(0,1)';
SET enable_seqscan = off;
SELECT count(*) FROM btrdb.points WHERE ctid = '(0,2)' AND time < 2;
RESET enable_seqscan;

-- never shared out to workers
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT name AS force_parallel FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET :force_parallel = on;
SELECT count(*) FROM btrdb.points;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET :force_parallel;

-- refused, whether or not there are such rows
UPDATE btrdb.points SET value = 1;
UPDATE btrdb.points SET value = 1 WHERE time = -1;
DELETE FROM btrdb.points;
DELETE FROM btrdb.points WHERE false;
MERGE INTO btrdb.points USING s ON stream = uuid WHEN MATCHED THEN DELETE;
SELECT * FROM btrdb.points FOR UPDATE;
SELECT * FROM btrdb.points, s WHERE stream = uuid AND time = 5 FOR SHARE OF points;
SELECT * FROM btrdb.points TABLESAMPLE system (1);
-- locking the other table is fine
SELECT n, time, value FROM btrdb.points, s WHERE stream = uuid AND time = 5 ORDER BY n, value FOR UPDATE OF s;

-- row-level security on streams hides points; an unprivileged role reads none
CREATE ROLE regress_btrdb_select;
SET ROLE regress_btrdb_select;
SELECT count(*) FROM btrdb.points;
RESET ROLE;
GRANT SELECT ON btrdb.points, btrdb.streams TO regress_btrdb_select;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY half ON btrdb.streams USING (collection = 'select/0');
SET ROLE regress_btrdb_select;
SELECT stream, count(*) FROM btrdb.points GROUP BY stream ORDER BY stream;
SET row_security = off;
SELECT count(*) FROM btrdb.points;
RESET row_security;
RESET ROLE;
SET row_security = off;
SELECT count(*) FROM btrdb.points;
RESET row_security;
DROP POLICY half ON btrdb.streams;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON btrdb.points, btrdb.streams FROM regress_btrdb_select;
DROP ROLE regress_btrdb_select;

SELECT * FROM btrdb_check();
\c :database
DROP DATABASE regress_btrdb_select;
