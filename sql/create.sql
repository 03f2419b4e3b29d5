-- Registering streams and looking them up.

-- a uuid is made if none is given
SELECT btrdb_create('create/auto') IS NOT NULL AS made;
SELECT btrdb_create('create/a', '{"name": "x", "unit": "V"}', '{"owner": "lab"}',
	'c0000000-0000-0000-0000-000000000001');
SELECT btrdb_create('create/a', '{"name": "y"}', stream => 'c0000000-0000-0000-0000-000000000002');
SELECT btrdb_create(collection => 'create/b', tags => '{"name": "x"}',
	stream => 'c0000000-0000-0000-0000-000000000003');
SELECT uuid, collection, tags, annotations, name, unit, property_version, created > now() - interval '1 day' AS created_now
	FROM btrdb.streams WHERE collection LIKE 'create/_' ORDER BY uuid;

-- a new stream is empty, and at version 10
SELECT btrdb_version('c0000000-0000-0000-0000-000000000001'),
	btrdb_count('c0000000-0000-0000-0000-000000000001');
SELECT * FROM btrdb_versions('c0000000-0000-0000-0000-000000000001');

-- uuid, and collection with tags, are unique
SELECT btrdb_create('create/other', stream => 'c0000000-0000-0000-0000-000000000001');
\echo :LAST_ERROR_SQLSTATE
SELECT btrdb_create('create/a', '{"unit": "V", "name": "x"}');
\echo :LAST_ERROR_SQLSTATE
SELECT btrdb_create('create/a', '{"name": "x"}', stream => 'c0000000-0000-0000-0000-000000000004');

-- arguments
SELECT btrdb_create(NULL);
SELECT btrdb_create('create/c', '[1]');
SELECT btrdb_create('create/c', '{}', '"text"');

-- lookup by path: the name follows the last slash
SELECT btrdb_stream('create/a/x');
SELECT btrdb_stream('create/b/x');
SELECT btrdb_stream('create/a/z');
SELECT btrdb_stream('nothing');
SELECT btrdb_create('create/a', '{"name": "x", "phase": "B"}', stream => 'c0000000-0000-0000-0000-000000000005');
SELECT btrdb_stream('create/a/x');
\echo :LAST_ERROR_SQLSTATE
SELECT btrdb_create('/', '{"name": "top"}', stream => 'c0000000-0000-0000-0000-000000000006');
SELECT btrdb_stream('//top');
SELECT btrdb_stream(NULL) IS NULL AS null_for_null;

-- properties are edited with UPDATE; what identifies a stream is guarded
UPDATE btrdb.streams SET annotations = '{"owner": "field"}', tags = '{"name": "x", "unit": "mV"}'
	WHERE uuid = 'c0000000-0000-0000-0000-000000000001';
UPDATE btrdb.streams SET collection = 'create/moved' WHERE uuid = 'c0000000-0000-0000-0000-000000000001';
SELECT collection, tags, annotations, name, unit, property_version
	FROM btrdb.streams WHERE uuid = 'c0000000-0000-0000-0000-000000000001';
SELECT btrdb_stream('create/moved/x');
UPDATE btrdb.streams SET uuid = 'c0000000-0000-0000-0000-00000000000f'
	WHERE uuid = 'c0000000-0000-0000-0000-000000000001';
UPDATE btrdb.streams SET created = '2000-01-01' WHERE uuid = 'c0000000-0000-0000-0000-000000000001';
TRUNCATE btrdb.streams;
\echo :LAST_ERROR_SQLSTATE

-- creating is transactional
BEGIN;
SELECT btrdb_create('create/undone', stream => 'c0000000-0000-0000-0000-000000000007');
SELECT btrdb_insert('c0000000-0000-0000-0000-000000000007', 1, 1);
ROLLBACK;
SELECT btrdb_count('c0000000-0000-0000-0000-000000000007'::uuid);

-- the tables that the extension maintains are guarded
SELECT btrdb_insert('c0000000-0000-0000-0000-000000000001', 1, 1), btrdb_flush('c0000000-0000-0000-0000-000000000001');
INSERT INTO btrdb.heads VALUES ('c0000000-0000-0000-0000-000000000001');
DELETE FROM btrdb.versions;
TRUNCATE btrdb.buffer;
\echo :LAST_ERROR_SQLSTATE

-- no other table can use the access method
CREATE TABLE other (stream uuid, "time" bigint, value float8) USING btrdb;
CREATE TEMP TABLE points (stream uuid, "time" bigint, value float8) USING btrdb;
CREATE MATERIALIZED VIEW other USING btrdb AS SELECT 1 AS x;
ALTER TABLE btrdb.points ALTER COLUMN value TYPE numeric;
ALTER TABLE btrdb.points SET UNLOGGED;

SELECT * FROM btrdb_check();
