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
SELECT * FROM btrdb.points TABLESAMPLE bernoulli (50);

-- indexes, and constraints that need one
CREATE INDEX ON btrdb.points (time);
CREATE INDEX ON btrdb.points USING brin (time);
CREATE UNIQUE INDEX ON btrdb.points (stream, time);
ALTER TABLE btrdb.points ADD PRIMARY KEY (stream, time);
ALTER TABLE btrdb.points ADD EXCLUDE USING btree (time WITH =);
CLUSTER btrdb.points;
CLUSTER btrdb.points USING points_time_idx;
SELECT count(*) FROM pg_index WHERE indrelid = 'btrdb.points'::regclass;

-- other tables of the access method
CREATE TABLE regress_btrdb (stream uuid, time bigint, value float8) USING btrdb;
CREATE TABLE btrdb.regress_btrdb (stream uuid, time bigint, value float8) USING btrdb;
CREATE TEMP TABLE points (stream uuid, time bigint, value float8) USING btrdb;
CREATE UNLOGGED TABLE regress_btrdb (stream uuid, time bigint, value float8) USING btrdb;
CREATE TABLE regress_btrdb USING btrdb AS SELECT 1 AS a;
CREATE MATERIALIZED VIEW regress_btrdb USING btrdb AS SELECT 1 AS a;
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
-- also where triggers are off
SET session_replication_role = replica;
ALTER TABLE btrdb.points SET ACCESS METHOD heap;
ALTER TABLE btrdb.points ADD COLUMN quality int;
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

-- what does not change what it is goes on
ALTER TABLE btrdb.points SET (autovacuum_enabled = off);
ALTER TABLE btrdb.points RESET (autovacuum_enabled);
ALTER TABLE btrdb.points ALTER COLUMN stream SET STATISTICS 500;
ALTER TABLE btrdb.points CLUSTER ON points_time_idx;
REINDEX TABLE btrdb.points;
CREATE TABLE regress_btrdb AS SELECT * FROM btrdb.points;
SELECT * FROM regress_btrdb;
ALTER TABLE regress_btrdb ADD COLUMN a int DEFAULT random();
DROP TABLE regress_btrdb;

-- nothing happened
SELECT btrdb_version(:'s'), btrdb_count(:'s');
SELECT relname, relam = (SELECT oid FROM pg_am WHERE amname = 'btrdb') AS btrdb, relnatts, relhasindex, relpersistence,
	(SELECT count(*) FROM pg_trigger WHERE tgrelid = c.oid) AS triggers
FROM pg_class AS c WHERE relam = (SELECT oid FROM pg_am WHERE amname = 'btrdb');
SELECT * FROM btrdb_check();
\c :database
DROP DATABASE regress_btrdb_refusals;
