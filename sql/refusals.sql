-- What btrdb.points refuses, and what to use instead.  Nothing of it leaves a trace.
CREATE DATABASE regress_btrdb_refusals;
SELECT current_database() AS database \gset
\c regress_btrdb_refusals
CREATE EXTENSION btrdb;
SELECT btrdb_create('refusals', stream => 'f0000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_insert(:'s', ARRAY[1, 2, 3], ARRAY[1, 2, 3]::float8[]), btrdb_flush(:'s');

-- changing and locking rows
UPDATE btrdb.points SET value = 1 WHERE time = 2;
DELETE FROM btrdb.points WHERE time = 2;
SELECT * FROM btrdb.points FOR UPDATE;
SELECT * FROM btrdb.points FOR KEY SHARE;
INSERT INTO btrdb.points VALUES (:'s', 4, 4) ON CONFLICT (stream, time) DO NOTHING;
INSERT INTO btrdb.points VALUES (:'s', 4, 4) ON CONFLICT (stream, time) DO UPDATE SET value = 4;
INSERT INTO btrdb.points VALUES (:'s', 4, 4) ON CONFLICT ON CONSTRAINT points_pkey DO NOTHING;
WITH i AS (INSERT INTO btrdb.points VALUES (:'s', 4, 4) ON CONFLICT (time) DO NOTHING RETURNING *) SELECT * FROM i;
MERGE INTO btrdb.points AS p USING (VALUES (:'s'::uuid, 2)) AS v (s, t) ON stream = s AND time = t WHEN MATCHED THEN DO NOTHING;
SELECT * FROM btrdb.points TABLESAMPLE bernoulli (50);

-- indexes, and constraints that need one
CREATE INDEX ON btrdb.points (time);
CREATE INDEX ON btrdb.points USING brin (time);
CREATE UNIQUE INDEX ON btrdb.points (stream, time);
CREATE INDEX CONCURRENTLY regress_btrdb ON btrdb.points (time);
CREATE INDEX CONCURRENTLY IF NOT EXISTS regress_btrdb ON btrdb.points USING hash (stream);
SET search_path = btrdb;
CREATE INDEX CONCURRENTLY regress_btrdb ON points ((time / 10)) WHERE value > 0;
RESET search_path;
ALTER TABLE btrdb.points ADD PRIMARY KEY (stream, time);
ALTER TABLE btrdb.points ADD EXCLUDE USING btree (time WITH =);
CLUSTER btrdb.points;
CLUSTER btrdb.points USING points_time_idx;
REINDEX TABLE CONCURRENTLY btrdb.points;
SELECT count(*) FROM pg_index WHERE indrelid = 'btrdb.points'::regclass;

-- other tables of the access method
CREATE TABLE regress_btrdb (stream uuid, time bigint, value float8) USING btrdb;
CREATE TABLE btrdb.regress_btrdb (stream uuid, time bigint, value float8) USING btrdb;
CREATE TEMP TABLE points (stream uuid, time bigint, value float8) USING btrdb;
CREATE UNLOGGED TABLE regress_btrdb (stream uuid, time bigint, value float8) USING btrdb;
CREATE TABLE regress_btrdb USING btrdb AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW regress_btrdb USING btrdb AS SELECT 1 AS a;
CREATE TABLE regress_btrdb (LIKE btrdb.points INCLUDING ALL) USING btrdb;
-- nor by the name that VACUUM FULL uses for its copy
\set VERBOSITY sqlstate
SELECT 'btrdb.pg_temp_' || 'btrdb.points'::regclass::oid AS copy \gset
CREATE TABLE :copy (stream uuid, time bigint, value float8) USING btrdb;
CREATE TABLE :copy USING btrdb AS SELECT * FROM btrdb.points;
CREATE MATERIALIZED VIEW :copy USING btrdb AS SELECT * FROM btrdb.points;
BEGIN;
LOCK TABLE btrdb.points IN SHARE UPDATE EXCLUSIVE MODE;
CREATE TABLE :copy (stream uuid, time bigint, value float8) USING btrdb;
ROLLBACK;
\set VERBOSITY default
CREATE TABLE regress_btrdb (a int);
-- the message names a temporary table by its number
\set VERBOSITY sqlstate
ALTER TABLE regress_btrdb SET ACCESS METHOD btrdb;
\set VERBOSITY default
DROP TABLE regress_btrdb;
SET default_table_access_method = btrdb;
CREATE TABLE regress_btrdb (a int);
CREATE TABLE regress_btrdb AS SELECT 1 AS a;
SELECT 1 AS a INTO regress_btrdb;
RESET default_table_access_method;

-- making another table of it
ALTER TABLE btrdb.points SET UNLOGGED;
ALTER TABLE btrdb.points SET ACCESS METHOD heap;
ALTER TABLE btrdb.points ALTER COLUMN value TYPE numeric;
ALTER TABLE btrdb.points ALTER COLUMN time TYPE bigint USING time + 1;
ALTER TABLE btrdb.points ADD COLUMN quality int;
ALTER TABLE btrdb.points ADD COLUMN quality float8 DEFAULT random();
ALTER TABLE btrdb.points DROP COLUMN value;
ALTER TABLE btrdb.points RENAME COLUMN value TO v;
ALTER TABLE btrdb.points RENAME TO p;
ALTER TABLE btrdb.points SET SCHEMA public;
ALTER TABLE btrdb.points ADD COLUMN minute bigint GENERATED ALWAYS AS (time / 60000000000) STORED;
-- also where triggers are off
SET session_replication_role = replica;
ALTER TABLE btrdb.points SET ACCESS METHOD heap;
ALTER TABLE btrdb.points ADD COLUMN quality int;
CREATE INDEX CONCURRENTLY ON btrdb.points (time);
RESET session_replication_role;

-- inheritance and partitions
CREATE TABLE regress_btrdb () INHERITS (btrdb.points);
CREATE TABLE regress_btrdb (stream uuid NOT NULL, time bigint NOT NULL, value float8 NOT NULL);
ALTER TABLE regress_btrdb INHERIT btrdb.points;
ALTER TABLE btrdb.points INHERIT regress_btrdb;
DROP TABLE regress_btrdb;
CREATE TABLE regress_btrdb (stream uuid NOT NULL, time bigint NOT NULL, value float8 NOT NULL) PARTITION BY RANGE (time);
ALTER TABLE regress_btrdb ATTACH PARTITION btrdb.points DEFAULT;
DROP TABLE regress_btrdb;

-- triggers that would have to find a row again; others are fine
CREATE FUNCTION regress_btrdb() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER t AFTER INSERT ON btrdb.points FOR EACH ROW EXECUTE FUNCTION regress_btrdb();
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON btrdb.points FOR EACH ROW EXECUTE FUNCTION regress_btrdb();
ALTER TABLE btrdb.points ADD FOREIGN KEY (stream) REFERENCES btrdb.streams;
ALTER TABLE btrdb.points ADD FOREIGN KEY (stream) REFERENCES btrdb.streams NOT VALID;
CREATE TABLE regress_btrdb (a bigint REFERENCES btrdb.points (time));
CREATE TRIGGER t BEFORE INSERT ON btrdb.points FOR EACH ROW EXECUTE FUNCTION regress_btrdb();
CREATE TRIGGER u AFTER INSERT ON btrdb.points FOR EACH STATEMENT EXECUTE FUNCTION regress_btrdb();
DROP TRIGGER t ON btrdb.points;
DROP TRIGGER u ON btrdb.points;
DROP FUNCTION regress_btrdb;

CREATE TRIGGER t INSTEAD OF INSERT ON btrdb.points FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();

-- each with its SQLSTATE and its hint
CREATE FUNCTION refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	state text;
	hint text;
BEGIN
	EXECUTE command;
	RETURN 'not refused';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, hint = PG_EXCEPTION_HINT;
	RETURN state || ' ' || hint;
END
$$;
SELECT format(command, 'btrdb.points') AS command, refusal(format(command, 'btrdb.points')) FROM unnest(ARRAY[
	'UPDATE %s SET value = 1', 'UPDATE %s SET value = 1 WHERE false AND time = 7',
	'DELETE FROM %s', 'DELETE FROM %s WHERE time = 7 RETURNING *', 'WITH d AS (DELETE FROM %s RETURNING *) SELECT count(*) FROM d',
	'MERGE INTO %s AS p USING (SELECT 7 AS t) AS v ON p.time = t WHEN MATCHED THEN DELETE',
	'MERGE INTO %s AS p USING (SELECT 7 AS t) AS v ON p.time = t WHEN NOT MATCHED THEN INSERT VALUES (NULL, 1, 1)',
	'SELECT 1 FROM %s FOR UPDATE', 'SELECT 1 FROM %s FOR NO KEY UPDATE', 'SELECT 1 FROM %s FOR SHARE', 'SELECT 1 FROM %s FOR KEY SHARE SKIP LOCKED',
	'SELECT 1 FROM %s AS p, generate_series(1, 2) FOR UPDATE OF p',
	'INSERT INTO %s VALUES (NULL, 1, 1) ON CONFLICT (time) DO NOTHING', 'INSERT INTO %s VALUES (NULL, 1, 1) ON CONFLICT (time) DO UPDATE SET value = 1',
	'CREATE INDEX ON %s (time)', 'ALTER TABLE %s ADD UNIQUE (time)', 'ALTER TABLE %s ADD PRIMARY KEY (stream, time)', 'ALTER TABLE %s ADD EXCLUDE (time WITH =)',
	'SELECT 1 FROM %s TABLESAMPLE system (1)', 'ALTER TABLE %s SET UNLOGGED', 'ALTER TABLE %s SET ACCESS METHOD heap', 'ALTER TABLE %s ALTER time TYPE numeric',
	'ALTER TABLE %s ADD COLUMN a int', 'ALTER TABLE %s DROP COLUMN value', 'ALTER TABLE %s RENAME value TO v', 'ALTER TABLE %s RENAME TO p', 'ALTER TABLE %s SET SCHEMA public',
	'CREATE TABLE regress_btrdb () INHERITS (%s)',
	'CREATE TRIGGER t AFTER INSERT ON %s FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'CREATE TRIGGER t AFTER DELETE ON %s FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'ALTER TABLE %s ADD FOREIGN KEY (stream) REFERENCES btrdb.streams',
	'CREATE TABLE regress_btrdb (LIKE %s) USING btrdb', 'CREATE TEMP TABLE regress_btrdb (LIKE %s) USING btrdb', 'CREATE UNLOGGED TABLE regress_btrdb (LIKE %s) USING btrdb',
	'CREATE TABLE regress_btrdb USING btrdb AS TABLE %s', 'CREATE MATERIALIZED VIEW regress_btrdb USING btrdb AS TABLE %s']) AS command;

-- what does not change what it is goes on
ALTER TABLE btrdb.points SET (autovacuum_enabled = off);
ALTER TABLE btrdb.points RESET (autovacuum_enabled);
ALTER TABLE btrdb.points ALTER COLUMN stream SET STATISTICS 500;
ALTER TABLE btrdb.points CLUSTER ON points_time_idx;
REINDEX TABLE btrdb.points;
BEGIN;
LOCK TABLE btrdb.points;
ROLLBACK;
COMMENT ON COLUMN btrdb.points.value IS 'a finite number';
ALTER TABLE btrdb.points SET LOGGED;
ALTER TABLE btrdb.points ALTER time SET DATA TYPE bigint;
ALTER TABLE btrdb.points ALTER value SET (n_distinct = -0.5), ALTER value RESET (n_distinct);
ALTER TABLE btrdb.points REPLICA IDENTITY FULL, REPLICA IDENTITY DEFAULT;
ALTER TABLE btrdb.points SET TABLESPACE pg_default;
CREATE STATISTICS regress_btrdb ON stream, time FROM btrdb.points;
ANALYZE btrdb.points;
DROP STATISTICS regress_btrdb;
CREATE TABLE regress_btrdb AS SELECT * FROM btrdb.points;
SELECT * FROM regress_btrdb;
CREATE INDEX CONCURRENTLY ON regress_btrdb (time);
ALTER TABLE regress_btrdb ADD COLUMN a int DEFAULT random();
DROP TABLE regress_btrdb;

-- defaults, identities, checks
BEGIN;
CREATE SEQUENCE regress_btrdb;
ALTER TABLE btrdb.points ALTER time SET DEFAULT nextval('regress_btrdb'), ALTER value SET DEFAULT 0.5;
INSERT INTO btrdb.points (stream) VALUES (:'s'), (:'s') RETURNING time, value;
ALTER TABLE btrdb.points ALTER time DROP DEFAULT, ALTER value DROP DEFAULT;
ALTER TABLE btrdb.points ALTER time ADD GENERATED BY DEFAULT AS IDENTITY (START 100);
INSERT INTO btrdb.points (stream, value) VALUES (:'s', 0.75) RETURNING time, value;
ALTER TABLE btrdb.points ADD CHECK (value > 0);
SAVEPOINT a;
INSERT INTO btrdb.points VALUES (:'s', 200, 1), (:'s', 201, -1);
ROLLBACK TO a;
ALTER TABLE btrdb.points ADD CHECK (value > 2);
ROLLBACK TO a;
SELECT * FROM btrdb_values(:'s', 0, 1000);
ROLLBACK;

-- rules
BEGIN;
CREATE RULE regress_btrdb AS ON DELETE TO btrdb.points DO INSTEAD SELECT btrdb_delete(old.stream, old.time, old.time + 1);
DELETE FROM btrdb.points WHERE stream = :'s' AND time = 2;
SELECT * FROM btrdb_values(:'s', 0, 10);
ROLLBACK;
BEGIN;
CREATE TABLE regress_btrdb (time bigint, value float8);
CREATE RULE regress_btrdb AS ON INSERT TO btrdb.points DO ALSO INSERT INTO regress_btrdb VALUES (new.time, new.value);
INSERT INTO btrdb.points VALUES (:'s', 5, 5), (:'s', 6, 6);
SELECT btrdb_count(:'s'), (SELECT count(*) FROM regress_btrdb);
ROLLBACK;

-- rights on columns are for queries, rights on the table for functions
CREATE ROLE regress_btrdb_refusals;
GRANT SELECT (stream, time) ON btrdb.points TO regress_btrdb_refusals;
GRANT SELECT ON btrdb.streams TO regress_btrdb_refusals;
SET ROLE regress_btrdb_refusals;
SELECT time FROM btrdb.points WHERE stream = :'s';
SELECT value FROM btrdb.points;
SELECT btrdb_count(:'s');
RESET ROLE;
CREATE FUNCTION estimate(s uuid) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE format('EXPLAIN (FORMAT json) SELECT * FROM btrdb_values(%L, 0, 10)', s) INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;
SELECT estimate(:'s');
-- policies of the table choose rows of queries; functions cannot apply them and say so
GRANT SELECT, INSERT, DELETE ON btrdb.points TO regress_btrdb_refusals;
ALTER TABLE btrdb.points ENABLE ROW LEVEL SECURITY;
CREATE POLICY late ON btrdb.points USING (time >= 2);
SET ROLE regress_btrdb_refusals;
SELECT time, value FROM btrdb.points;
EXPLAIN (COSTS OFF) SELECT value FROM btrdb.points WHERE stream = :'s';
BEGIN;
INSERT INTO btrdb.points VALUES (:'s', 4, 4);
INSERT INTO btrdb.points VALUES (:'s', 5, 5), (:'s', 1, 1);
ROLLBACK;
SELECT * FROM btrdb_values(:'s', 0, 10);
SELECT count(*) FROM btrdb_values(:'s', 0, 10) WITH ORDINALITY;
SELECT btrdb_count(:'s');
SELECT estimate(:'s') > 3 AS guessed;
SELECT btrdb_insert(:'s', 1, 1);
SELECT btrdb_delete(:'s', 1, 2);
RESET ROLE;
SELECT btrdb_count(:'s');
DROP POLICY late ON btrdb.points;
ALTER TABLE btrdb.points DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON btrdb.points, btrdb.streams FROM regress_btrdb_refusals;
REVOKE ALL (stream, time) ON btrdb.points FROM regress_btrdb_refusals;
-- whoever owns the table can do with it what the extension's owner could
ALTER TABLE btrdb.points OWNER TO regress_btrdb_refusals;
SET ROLE regress_btrdb_refusals;
SELECT count(*) FROM btrdb.points;
ALTER TABLE btrdb.points ADD COLUMN a int;
RESET ROLE;
ALTER TABLE btrdb.points OWNER TO CURRENT_USER;
DROP ROLE regress_btrdb_refusals;

-- event triggers look at commands of users without rights, and let them pass
CREATE ROLE regress_btrdb_refusals;
CREATE SCHEMA regress_btrdb AUTHORIZATION regress_btrdb_refusals;
SET ROLE regress_btrdb_refusals;
CREATE TABLE regress_btrdb.t (a int PRIMARY KEY);
ALTER TABLE regress_btrdb.t ADD COLUMN b int DEFAULT random();
CREATE INDEX ON regress_btrdb.t (b);
CREATE TABLE regress_btrdb.t (a int);
CREATE INDEX ON regress_btrdb.u (b);
RESET ROLE;
SET client_min_messages = warning;
DROP SCHEMA regress_btrdb CASCADE;
RESET client_min_messages;
DROP ROLE regress_btrdb_refusals;

-- a publication that names the table sends no points
SET client_min_messages = error;
CREATE PUBLICATION regress_btrdb;	-- if wal_level is not logical this is warned of too
RESET client_min_messages;
ALTER PUBLICATION regress_btrdb ADD TABLE btrdb.streams;
ALTER PUBLICATION regress_btrdb ADD TABLE btrdb.points;
ALTER PUBLICATION regress_btrdb RENAME TO regress_btrdb2;
DROP PUBLICATION regress_btrdb2;

-- nothing happened
SELECT btrdb_version(:'s'), btrdb_count(:'s');
SELECT relname, relam = (SELECT oid FROM pg_am WHERE amname = 'btrdb') AS btrdb, relnatts, relhasindex, relpersistence,
	(SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid) AS triggers
FROM pg_class AS c WHERE relam = (SELECT oid FROM pg_am WHERE amname = 'btrdb');
SELECT * FROM btrdb_check();
\c :database
DROP DATABASE regress_btrdb_refusals;
