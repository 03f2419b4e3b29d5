-- The many ways of PostgreSQL to insert into a table, all of which btrdb.points takes.
\set VERBOSITY terse
\set s 'eb000000-0000-0000-0000-000000000001'
\set t 'eb000000-0000-0000-0000-000000000002'
SELECT btrdb_create('points_statements', '{"name": "s"}', stream => :'s') = :'s', btrdb_create('points_statements', '{"name": "t"}', stream => :'t') = :'t';
-- The latest points of a stream, which are removed.
CREATE FUNCTION take(stream uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	points text := (SELECT string_agg(format('%s=%s', v.time, v.value), ' ' ORDER BY n)
		FROM btrdb_values(stream, -1000, 1000000) WITH ORDINALITY AS v (time, value, n));
BEGIN
	PERFORM btrdb_delete(stream, -1000, 1000000);
	RETURN points;
END
$$;

-- rows count right
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'t', 1, 1), (:'s', 2, 2);
\echo :ROW_COUNT
INSERT INTO btrdb.points SELECT :'s', i, i FROM generate_series(3, 5) AS i WHERE i <> 4;
\echo :ROW_COUNT
INSERT INTO btrdb.points SELECT :'s', i, i FROM generate_series(3, 5) AS i WHERE i > 5;
\echo :ROW_COUNT
INSERT INTO btrdb.points SELECT :'t', 10 + i, i FROM generate_series(1, 3000) AS i;
\echo :ROW_COUNT
COPY btrdb.points FROM stdin;
eb000000-0000-0000-0000-000000000001	6	6
eb000000-0000-0000-0000-000000000001	7	7
\.
\echo :ROW_COUNT
COPY btrdb.points FROM stdin WHERE "time" > 7;
eb000000-0000-0000-0000-000000000001	7	7
eb000000-0000-0000-0000-000000000001	8	8
\.
\echo :ROW_COUNT
\copy btrdb.points FROM PROGRAM 'printf "eb000000-0000-0000-0000-000000000001,9,9\neb000000-0000-0000-0000-000000000001,10,10\n"' WITH (FORMAT csv)
\echo :ROW_COUNT
CREATE FUNCTION drop_odd() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF new.value < 0 THEN
		RAISE 'value % of row % is negative', new.value, new.time;
	END IF;
	new.stream = CASE WHEN new.value > 100 THEN 'eb000000-0000-0000-0000-000000000002' ELSE new.stream END;
	RETURN CASE WHEN new.time % 2 = 0 THEN new END;
END
$$;
SELECT btrdb_delete(:'t', 0, 100000) > 0 AS emptied;
CREATE TRIGGER drop_odd BEFORE INSERT ON btrdb.points FOR EACH ROW EXECUTE FUNCTION drop_odd();
INSERT INTO btrdb.points SELECT :'s', 10 + i, i * 30 FROM generate_series(1, 6) AS i;
\echo :ROW_COUNT
COPY btrdb.points FROM stdin;
eb000000-0000-0000-0000-000000000001	20	20
eb000000-0000-0000-0000-000000000001	21	21
eb000000-0000-0000-0000-000000000001	22	220
\.
\echo :ROW_COUNT
-- an error of a trigger, at the last of many rows, loses the statement and nothing else
BEGIN;
INSERT INTO btrdb.points VALUES (:'s', 30, 30);
SAVEPOINT a;
INSERT INTO btrdb.points SELECT :'s', 30 + i, 4000 - i FROM generate_series(1, 4001) AS i;
ROLLBACK TO a;
COPY btrdb.points FROM PROGRAM 'seq -f "eb000000-0000-0000-0000-000000000001 %.0f 1" 1000 5000; echo "eb000000-0000-0000-0000-000000000001 6001 -1"' WITH (DELIMITER ' ');
ROLLBACK TO a;
INSERT INTO btrdb.points VALUES (:'s', 32, 32);
COMMIT;
DROP TRIGGER drop_odd ON btrdb.points;
DROP FUNCTION drop_odd;
SELECT take(:'s'), take(:'t');
-- so do bad rows, wherever they come
SET btrdb.gather_memory = '64kB';
INSERT INTO btrdb.points VALUES (:'s', 1, 1);
INSERT INTO btrdb.points SELECT :'s', i, CASE WHEN i = 5000 THEN 'NaN'::float8 ELSE i END FROM generate_series(1, 5000) AS i;
INSERT INTO btrdb.points SELECT :'s', CASE WHEN i = 5000 THEN 4611686018427387904 ELSE i END, i FROM generate_series(1, 5000) AS i;
INSERT INTO btrdb.points SELECT CASE WHEN i = 5000 THEN 'eb000000-0000-0000-0000-00000000000f' ELSE :'s' END::uuid, i, i FROM generate_series(1, 5000) AS i;
INSERT INTO btrdb.points SELECT :'s', i, CASE WHEN i < 5000 THEN i END FROM generate_series(1, 5000) AS i;
COPY btrdb.points FROM PROGRAM 'seq -f "eb000000-0000-0000-0000-000000000001 %.0f 1" 1 5000; echo "eb000000-0000-0000-0000-00000000000f 5001 1"' WITH (DELIMITER ' ');
COPY btrdb.points FROM PROGRAM 'seq -f "eb000000-0000-0000-0000-000000000001 %.0f 1" 1 5000; echo "eb000000-0000-0000-0000-000000000001 5001 one"' WITH (DELIMITER ' ');
COPY btrdb.points FROM PROGRAM 'seq -f "eb000000-0000-0000-0000-000000000001 %.0f 1" 1 5000; false' WITH (DELIMITER ' ');
INSERT INTO btrdb.points DEFAULT VALUES;
RESET btrdb.gather_memory;
SELECT take(:'s');

-- views: updatable, with a check option, with an INSTEAD OF trigger
CREATE VIEW late AS SELECT "time" AS at, value, stream FROM btrdb.points WHERE stream = 'eb000000-0000-0000-0000-000000000001' AND "time" >= 100 WITH CHECK OPTION;
INSERT INTO late VALUES (100, 1, :'s'), (101, 2, :'s') RETURNING at, value;
INSERT INTO late VALUES (102, 1, :'s'), (99, 2, :'s');
UPDATE late SET value = 0;
DELETE FROM late;
SELECT * FROM late;
CREATE VIEW named AS SELECT name, "time", value FROM btrdb.points JOIN btrdb.streams ON uuid = stream WHERE collection = 'points_statements';
CREATE FUNCTION insert_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO btrdb.points SELECT uuid, new.time, new.value FROM btrdb.streams WHERE collection = 'points_statements' AND name = new.name;
	RETURN new;
END
$$;
CREATE TRIGGER insert_named INSTEAD OF INSERT ON named FOR EACH ROW EXECUTE FUNCTION insert_named();
INSERT INTO named SELECT 's', 200 + i, i FROM generate_series(1, 3) AS i;
COPY named FROM stdin;
t	210	1
s	211	2
\.
SELECT * FROM named ORDER BY name, "time";
DROP VIEW late, named;
DROP FUNCTION insert_named;
SELECT take(:'s'), take(:'t');

-- rows move from table to table, in one statement
CREATE TABLE queue (stream uuid, "time" bigint, value float8);
INSERT INTO queue SELECT :'s', i, i FROM generate_series(1, 4) AS i;
WITH moved AS (DELETE FROM queue WHERE "time" > 1 RETURNING *), inserted AS (INSERT INTO btrdb.points SELECT * FROM moved RETURNING *)
	SELECT count(*), sum(value), (SELECT count(*) FROM queue) AS before, btrdb_count(:'s') AS not_seen FROM inserted;
WITH inserted AS (INSERT INTO btrdb.points TABLE queue RETURNING *)
	INSERT INTO queue SELECT stream, "time" + 100, value FROM inserted;
WITH inserted AS (INSERT INTO btrdb.points VALUES (:'s', 5, 5)) DELETE FROM queue WHERE "time" < 100;
COPY (INSERT INTO btrdb.points SELECT :'s', i, i FROM generate_series(6, 7) AS i RETURNING "time") TO stdout;
SELECT take(:'s'), (SELECT string_agg("time"::text, ' ') FROM queue);
-- what others run: triggers of other tables, at once and at the end of the transaction
CREATE FUNCTION forward() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO btrdb.points VALUES (new.stream, new.time, new.value + 10 * btrdb_count(new.stream));
	RETURN new;
END
$$;
CREATE TRIGGER forward AFTER INSERT ON queue FOR EACH ROW EXECUTE FUNCTION forward();
INSERT INTO queue SELECT :'s', i, i FROM generate_series(1, 3) AS i;
DROP TRIGGER forward ON queue;
CREATE CONSTRAINT TRIGGER forward AFTER INSERT ON queue DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION forward();
BEGIN;
INSERT INTO queue SELECT :'s', i, i FROM generate_series(4, 5) AS i;
SELECT btrdb_count(:'s');
COMMIT;
SELECT take(:'s');
DROP TABLE queue;
DROP FUNCTION forward;

-- functions and procedures
CREATE FUNCTION insert_sql(uuid, bigint) RETURNS SETOF bigint BEGIN ATOMIC
	INSERT INTO btrdb.points VALUES ($1, $2, 0);
	INSERT INTO btrdb.points VALUES ($1, $2 + 1, btrdb_count($1)), ($1, $2 + 2, btrdb_count($1)) RETURNING "time";
END;
SELECT insert_sql(:'s', 1) LIMIT 1;
SELECT i, insert_sql(:'s', i * 10) FROM generate_series(1, 2) AS i;
CREATE PROCEDURE insert_procedure(stream uuid) LANGUAGE plpgsql AS $$
DECLARE
	r record;
	c refcursor;
	n bigint;
BEGIN
	FOR r IN INSERT INTO btrdb.points SELECT stream, i, i FROM generate_series(101, 103) AS i RETURNING "time" LOOP
		n := r."time";
		EXIT WHEN n = 102;
	END LOOP;
	RAISE NOTICE '%, %', n, btrdb_count(stream, 100, 200);
	OPEN c FOR SELECT * FROM btrdb.points AS p WHERE p.stream = insert_procedure.stream AND "time" > 100;
	FETCH c INTO r;
	INSERT INTO btrdb.points VALUES (stream, 110, 110);
	COMMIT;
	INSERT INTO btrdb.points VALUES (stream, 111, 111);
	ROLLBACK;
	FOR i IN 112..114 LOOP
		EXECUTE 'INSERT INTO btrdb.points VALUES ($1, $2, $3)' USING stream, i, i;
		GET DIAGNOSTICS n = ROW_COUNT;
	END LOOP;
	RAISE NOTICE '% row, %', n, btrdb_count(stream, 100, 200);
END
$$;
CALL insert_procedure(:'s');
SELECT take(:'s');
DROP FUNCTION insert_sql;
DROP PROCEDURE insert_procedure;
-- a cursor sees what was there when it was opened
BEGIN;
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'s', 2, 2), (:'s', 3, 3);
DECLARE c SCROLL CURSOR FOR SELECT "time" FROM btrdb.points WHERE stream = :'s';
FETCH 1 FROM c;
INSERT INTO btrdb.points SELECT :'s', 3 + i, i FROM generate_series(1, 3) AS i;
FETCH ALL FROM c;
MOVE ABSOLUTE 0 IN c;
INSERT INTO btrdb.points SELECT stream, "time" + 10, value FROM btrdb.points WHERE stream = :'s' AND "time" <= 3;
FETCH ALL FROM c;
COMMIT;
SELECT take(:'s');

-- prepared statements, with plans of both kinds
PREPARE one (uuid, bigint, float8) AS INSERT INTO btrdb.points VALUES ($1, $2, $3);
PREPARE several (uuid, bigint[], float8[]) AS INSERT INTO btrdb.points SELECT $1, * FROM unnest($2, $3) RETURNING "time";
SET plan_cache_mode = force_generic_plan;
EXECUTE one (:'s', 2, 2);
EXECUTE one (:'s', 1, 1);
EXECUTE several (:'s', '{4, 3}', '{4, 3}');
SET plan_cache_mode = force_custom_plan;
EXECUTE one (:'s', 5, 5);
EXECUTE several (:'s', '{}', '{}');
EXECUTE several (:'s', '{7, 6}', '{7, 6}');
EXECUTE one (:'s', 8, 'NaN');
EXECUTE one (:'s', 8, 8);
RESET plan_cache_mode;
DEALLOCATE one;
DEALLOCATE several;
SELECT take(:'s');

-- merge joins, sorts, limits and set operations below the INSERT
INSERT INTO btrdb.points SELECT :'s', i, i FROM generate_series(1, 5) AS i ORDER BY i DESC LIMIT 3;
INSERT INTO btrdb.points SELECT :'t', "time", value FROM btrdb.points WHERE stream = :'s' UNION ALL SELECT * FROM (VALUES (:'t'::uuid, 10, 10)) AS v;
INSERT INTO btrdb.points (SELECT stream, max("time") + 1, avg(value) FROM btrdb.points WHERE stream IN (:'s', :'t') GROUP BY stream);
INSERT INTO btrdb.points SELECT :'s', "time" + 100, l.value - r.value FROM btrdb_values(:'s', 0, 100) AS l JOIN btrdb_values(:'t', 0, 100) AS r USING ("time");
INSERT INTO btrdb.points SELECT :'s', w.time + 200, w.mean FROM btrdb_windows(:'s', 0, 100, 5) AS w WHERE count > 0;
SELECT take(:'s'), take(:'t');
-- COPY of a table that was truncated in the transaction may say FREEZE
BEGIN;
TRUNCATE btrdb.points;
COPY btrdb.points FROM stdin WITH (FREEZE);
eb000000-0000-0000-0000-000000000001	1	1
\.
SELECT take(:'s');
ROLLBACK;
SELECT take(:'s');

SELECT * FROM btrdb_check();
DROP FUNCTION take;
