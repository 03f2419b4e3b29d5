-- Creating and dropping the extension leaves no trace.
CREATE DATABASE regress_btrdb_lifecycle;
SELECT current_database() AS database \gset
\c regress_btrdb_lifecycle
-- all that there is, but for the template's own
CREATE VIEW traces AS
	SELECT classid::regclass, objid, objsubid FROM pg_depend WHERE deptype = 'e'
	UNION ALL SELECT 'pg_extension'::regclass, oid, 0 FROM pg_extension WHERE extname = 'btrdb'
	UNION ALL SELECT 'pg_namespace'::regclass, oid, 0 FROM pg_namespace WHERE nspname = 'btrdb'
	UNION ALL SELECT 'pg_am'::regclass, oid, 0 FROM pg_am WHERE amname = 'btrdb'
	UNION ALL SELECT 'pg_class'::regclass, oid, 0 FROM pg_class
		WHERE relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname = 'btrdb') OR (relam <> 0 AND relam NOT IN (SELECT oid FROM pg_am))
	UNION ALL SELECT 'pg_proc'::regclass, oid, 0 FROM pg_proc WHERE proname ~ 'btrdb' OR probin ~ 'btrdb'
	UNION ALL SELECT 'pg_type'::regclass, oid, 0 FROM pg_type WHERE typname IN ('rawpoint', 'statpoint', '_rawpoint', '_statpoint')
	UNION ALL SELECT 'pg_event_trigger'::regclass, oid, 0 FROM pg_event_trigger
	UNION ALL SELECT 'pg_trigger'::regclass, oid, 0 FROM pg_trigger;
SELECT count(*) FROM traces WHERE classid <> 'pg_extension'::regclass AND objid >= 16384;

CREATE EXTENSION btrdb;
SELECT count(*) > 100 AS traces FROM traces WHERE objid >= 16384;
SELECT btrdb_create('lifecycle', stream => '10000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_insert(:'s', ARRAY[1, 2], ARRAY[1, 2]::float8[]), btrdb_flush(:'s');
-- twice
CREATE EXTENSION btrdb;
CREATE EXTENSION IF NOT EXISTS btrdb;
SELECT btrdb_count(:'s');

-- dropped in a transaction that is rolled back
BEGIN;
DROP EXTENSION btrdb CASCADE;
SELECT count(*) FROM traces WHERE objid >= 16384;
ROLLBACK;
SELECT btrdb_count(:'s');
SELECT * FROM btrdb_check();

-- what the extension owns cannot be dropped by itself
DROP TABLE btrdb.points;
DROP EVENT TRIGGER btrdb_guard_commands;

-- with what depends on it
CREATE TABLE keeps (p rawpoint, a int);
CREATE VIEW uses AS SELECT btrdb_count(uuid) FROM btrdb.streams;
DROP EXTENSION btrdb;
SET client_min_messages = warning;
DROP EXTENSION btrdb CASCADE;
RESET client_min_messages;
SELECT count(*) FROM traces WHERE objid >= 16384;
SELECT attname FROM pg_attribute WHERE attrelid = 'keeps'::regclass AND attnum > 0 AND NOT attisdropped;
SELECT to_regclass('uses');
-- nothing looks at commands any more
CREATE TABLE after (a int);
ALTER TABLE after ADD COLUMN b int;

-- created in a transaction that is rolled back, after it was used
BEGIN;
CREATE EXTENSION btrdb;
SELECT btrdb_insert(btrdb_create('lifecycle'), ARRAY[1, 2], ARRAY[1, 2]::float8[]);
SELECT count(*) FROM btrdb.points;
ROLLBACK;
SELECT count(*) FROM traces WHERE objid >= 16384;
BEGIN;
SAVEPOINT a;
CREATE EXTENSION btrdb;
SELECT btrdb_insert(btrdb_create('lifecycle'), ARRAY[1, 2], ARRAY[1, 2]::float8[]);
ROLLBACK TO a;
SELECT count(*) FROM traces WHERE objid >= 16384;
CREATE EXTENSION btrdb;
SELECT btrdb_insert(btrdb_create('lifecycle', stream => :'s'), ARRAY[1, 2], ARRAY[1, 2]::float8[]);
COMMIT;
-- another store, in which the same session finds its way
SELECT btrdb_flush(:'s'), btrdb_count(:'s');
SELECT * FROM btrdb_check();
DROP EXTENSION btrdb;

-- in another schema, which is not in the search path
CREATE SCHEMA measurements;
CREATE EXTENSION btrdb SCHEMA measurements;
SELECT measurements.btrdb_create('lifecycle', '{"name": "other"}', stream => :'s');
SELECT measurements.btrdb_insert(:'s', ARRAY[1, 2], ARRAY[1, 2]::float8[]), measurements.btrdb_flush(:'s');
SELECT measurements.btrdb_count(measurements.btrdb_stream('lifecycle/other'));
SELECT time, value FROM btrdb.points;
SELECT measurements.btrdb_stat(:'s', 0, 10);
SELECT * FROM measurements.btrdb_check();
ALTER EXTENSION btrdb SET SCHEMA public;
DROP SCHEMA measurements;
DROP SCHEMA measurements CASCADE;
SELECT count(*) FROM traces WHERE objid >= 16384;

-- the name of the schema must be free
CREATE SCHEMA btrdb;
\set SHOW_CONTEXT never
CREATE EXTENSION btrdb;
SELECT count(*) FROM traces WHERE objid >= 16384 AND classid <> 'pg_namespace'::regclass;
\c :database
DROP DATABASE regress_btrdb_lifecycle;
