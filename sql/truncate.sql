-- TRUNCATE btrdb.points: a new store.  What rows say of the old one counts as empty,
-- until a rollback brings it back.
CREATE DATABASE regress_btrdb_truncate;
SELECT current_database() AS database \gset
\c regress_btrdb_truncate
CREATE EXTENSION btrdb;
SELECT btrdb_create('truncate', '{"name": "s"}', stream => '7a000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_create('truncate', '{"name": "t"}', stream => '7a000000-0000-0000-0000-000000000002') AS t \gset
-- Versions with their counts, the latest points, and what of them is in the buffer.
CREATE FUNCTION state(stream uuid) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' | ', (SELECT string_agg(format('%s: %s', version, count), ' ' ORDER BY version) FROM btrdb_versions(stream)),
		(SELECT string_agg(format('%s=%s', v.time, v.value), ' ' ORDER BY n)
			FROM btrdb_values(stream, 0, 1000) WITH ORDINALITY AS v (time, value, n)),
		btrdb_count(stream) - btrdb_count(stream, version => btrdb_version(stream)) || ' buffered')
$$;
CREATE VIEW rows AS SELECT (SELECT count(*) FROM btrdb.points) AS points, (SELECT count(*) FROM btrdb.buffer) AS buffer,
	(SELECT count(*) FROM btrdb.garbage) AS garbage, (SELECT count(DISTINCT store) FROM btrdb.versions) AS stores;
-- s is in tree and buffer, t in the buffer
INSERT INTO btrdb.points SELECT :'s', i * 100, i FROM generate_series(1, 3000) AS i;
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'t', 2, 2);
SELECT state(:'s'), state(:'t');

-- savepoints: rolled back, released, and rolled back again after that
BEGIN;
INSERT INTO btrdb.points VALUES (:'s', 3, 3);
SAVEPOINT a;
TRUNCATE btrdb.points;
SELECT state(:'s'), state(:'t');
INSERT INTO btrdb.points VALUES (:'s', 4, 4), (:'t', 4, 4);
SAVEPOINT b;
INSERT INTO btrdb.points SELECT :'s', i, i FROM generate_series(10001, 12000) AS i;
TRUNCATE btrdb.points;
INSERT INTO btrdb.points VALUES (:'t', 5, 5);
SELECT state(:'s'), state(:'t');
ROLLBACK TO b;
SELECT state(:'s'), state(:'t');
TRUNCATE btrdb.points;
TRUNCATE btrdb.points;
INSERT INTO btrdb.points VALUES (:'s', 6, 6);
SELECT btrdb_flush(:'s');
SELECT state(:'s'), state(:'t');
SELECT * FROM btrdb_check();
RELEASE b;
SELECT state(:'s'), state(:'t');
ROLLBACK TO a;
SELECT state(:'s'), state(:'t');
SELECT * FROM btrdb_check();
INSERT INTO btrdb.points VALUES (:'s', 7, 7);
COMMIT;
SELECT state(:'s'), state(:'t');
SELECT * FROM btrdb_check();
-- a block that fails after it
DO $$
BEGIN
	TRUNCATE btrdb.points;
	INSERT INTO btrdb.points SELECT '7a000000-0000-0000-0000-000000000001', i, 1 / (2000 - i) FROM generate_series(1, 2000) AS i;
EXCEPTION WHEN division_by_zero THEN
	INSERT INTO btrdb.points VALUES ('7a000000-0000-0000-0000-000000000001', 8, 8);
END
$$;
SELECT state(:'s'), state(:'t');
-- the same number is given again to a version of another store
BEGIN;
TRUNCATE btrdb.points;
INSERT INTO btrdb.points SELECT :'s', i, i FROM generate_series(1, 2000) AS i;
SELECT btrdb_version(:'s'), btrdb_count(:'s');
ROLLBACK;
INSERT INTO btrdb.points SELECT :'s', i, 0 FROM generate_series(100001, 101500) AS i;
SELECT btrdb_version(:'s'), btrdb_count(:'s'), btrdb_count(:'s', version => 11);
SELECT * FROM btrdb_check();

-- not while the session uses it: gathered rows, a cursor
CREATE FUNCTION truncates() RETURNS float8 LANGUAGE plpgsql AS $$ BEGIN TRUNCATE btrdb.points; RETURN 1; END $$;
INSERT INTO btrdb.points VALUES (:'t', 9, 9), (:'t', 10, truncates());
INSERT INTO btrdb.points SELECT :'t', time, truncates() FROM btrdb.points LIMIT 1;
SELECT truncates() FROM btrdb.points LIMIT 1;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM btrdb.points;
TRUNCATE btrdb.points;
ROLLBACK;
-- functions read before and after
SELECT btrdb_count(:'t') AS before, truncates(), btrdb_count(:'t') AS after FROM generate_series(1, 2);
SELECT * FROM rows;

-- committed, with garbage of the old store waiting: numbers go on, old versions are empty, nothing is left
INSERT INTO btrdb.points SELECT :'s', i, i FROM generate_series(1, 3000) AS i;
SELECT btrdb_delete(:'s', 0, 1000), btrdb_delete(:'s', 0, 2000);
SELECT btrdb_prune(:'s', btrdb_version(:'s') - 1) > 0 AS pruned;
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'t', 1, 1);
SELECT garbage > 0 AS garbage, buffer FROM rows;
CREATE FUNCTION trigger_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%: %', TG_WHEN, btrdb_count('7a000000-0000-0000-0000-000000000001'); RETURN NULL; END $$;
CREATE TRIGGER a BEFORE TRUNCATE ON btrdb.points FOR EACH STATEMENT EXECUTE FUNCTION trigger_truncate();
CREATE TRIGGER b AFTER TRUNCATE ON btrdb.points FOR EACH STATEMENT EXECUTE FUNCTION trigger_truncate();
TRUNCATE btrdb.points;
DROP TRIGGER a ON btrdb.points;
DROP TRIGGER b ON btrdb.points;
CREATE TABLE other (a int GENERATED ALWAYS AS IDENTITY);
TRUNCATE btrdb.points, other RESTART IDENTITY CASCADE;
TRUNCATE ONLY btrdb.points;
SELECT state(:'s'), state(:'t');
SELECT * FROM btrdb_check();
SELECT btrdb_prune(:'s', btrdb_version(:'s'));
INSERT INTO btrdb.points VALUES (:'s', 2, 2), (:'t', 2, 2);
SELECT btrdb_flush();
SELECT state(:'s'), state(:'t');
SELECT count(*) FROM btrdb_changes(:'t', 11);
SELECT btrdb_revert(:'t', 11) AS same, btrdb_revert(:'t', 10) AS empty;
SELECT state(:'t');
VACUUM btrdb.points;
SELECT count(*) >= 0 AS maintained FROM btrdb_maintain();
SELECT * FROM rows;
SELECT * FROM btrdb_check();
SELECT pg_relation_size('btrdb.points') < 100000 AS small;
VACUUM FULL btrdb.points;
SELECT state(:'s'), state(:'t');

-- the right to do so
CREATE ROLE regress_btrdb_truncate;
GRANT SELECT, INSERT, DELETE ON btrdb.points TO regress_btrdb_truncate;
SET ROLE regress_btrdb_truncate;
TRUNCATE btrdb.points;
RESET ROLE;
GRANT TRUNCATE ON btrdb.points TO regress_btrdb_truncate;
SET ROLE regress_btrdb_truncate;
TRUNCATE btrdb.points;
RESET ROLE;
REVOKE ALL ON btrdb.points FROM regress_btrdb_truncate;
DROP ROLE regress_btrdb_truncate;
SELECT * FROM rows;

-- in the transaction that made the table
DROP EXTENSION btrdb CASCADE;
BEGIN;
CREATE EXTENSION btrdb;
SELECT btrdb_insert(btrdb_create('truncate', stream => :'s'), array_agg(i), array_agg(i)) FROM generate_series(1::bigint, 2000) AS i;
TRUNCATE btrdb.points;
SELECT btrdb_count(:'s'), btrdb_insert(:'s', 1, 1);
SAVEPOINT a;
TRUNCATE btrdb.points;
ROLLBACK TO a;
COMMIT;
SELECT btrdb_count(:'s'), btrdb_version(:'s'), btrdb_flush(:'s');
SELECT * FROM btrdb_check();
\c :database
DROP DATABASE regress_btrdb_truncate;
