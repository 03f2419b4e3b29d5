-- Properties of streams: what they may be, changing them, and finding streams by them.
CREATE FUNCTION error_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
BEGIN
	EXECUTE query;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN sqlstate || CASE WHEN sqlstate LIKE '23%' THEN ''
		ELSE ' ' || regexp_replace(sqlerrm, '(.)\1{19,}', '\1\1...', 'g') || coalesce(': ' || nullif(detail, ''), '') END;
END
$$;
SELECT btrdb_create('metadata/a', '{"name": "x", "unit": "V", "ingress": "pmu", "distiller": "none", "phase": "A"}', '{"owner": "lab"}',
	'3e7a0000-0000-0000-0000-000000000001') AS a \gset
SELECT btrdb_create('metadata/a', '{"name": "y", "phase": "B"}', '{"owner": "field", "n": 5, "list": [1, 2]}',
	'3e7a0000-0000-0000-0000-000000000002') AS b \gset

-- the columns that BTrDB's table has
SELECT uuid, collection, name, unit, ingress, distiller, property_version, annotations FROM btrdb.streams WHERE collection = 'metadata/a' ORDER BY uuid;

-- limits, whatever command brings a stream
\pset format unaligned
\pset tuples_only on
SELECT what, created, inserted IN (created, '23505') AS insert_says_so, updated IN (created, '23505') AS update_says_so
FROM (VALUES
	('empty collection', '', '{}', '{}'),
	('255 bytes', repeat('a', 255), '{"limit": 1}', '{}'),
	('256 bytes', repeat('a', 256), '{}', '{}'),
	('128 characters of 2 bytes', repeat('ä', 128), '{}', '{}'),
	('tags are no object', 'metadata/l', '[1]', '{}'),
	('nor are annotations', 'metadata/l', '{}', '"text"'),
	('empty key', 'metadata/l', '{"": "x"}', '{}'),
	('empty key of an annotation', 'metadata/l', '{}', '{"": "x"}'),
	('key of 63 bytes', 'metadata/k', jsonb_build_object(repeat('k', 63), 1)::text, jsonb_build_object(repeat('k', 63), 1)::text),
	('key of 64 bytes', 'metadata/l', jsonb_build_object(repeat('k', 64), 1)::text, '{}'),
	('annotation of 64 bytes', 'metadata/l', '{}', jsonb_build_object(repeat('k', 64), 1)::text),
	('tag of 255 bytes', 'metadata/v', jsonb_build_object('v', repeat('v', 255))::text, '{}'),
	('tag of 256 bytes', 'metadata/l', jsonb_build_object('v', repeat('v', 256))::text, '{}'),
	('long annotation', 'metadata/w', '{}', jsonb_build_object('v', repeat('v', 10000))::text),
	('empty tag, null, number, boolean', 'metadata/s', '{"e": "", "z": null, "n": 1.5, "b": true}', '{}'),
	('tag that is an array', 'metadata/l', '{"a": []}', '{}'),
	('tag that is an object', 'metadata/l', '{"a": {"b": "c"}}', '{}'),
	('any annotation', 'metadata/t', '{}', '{"a": {"": [1, null]}}'),
	('many tags', 'metadata/l', (SELECT jsonb_object_agg('k' || i, repeat('v', 250))::text FROM generate_series(1, 11) AS i), '{}'),
	('as many as fit', 'metadata/m', (SELECT jsonb_object_agg('k' || i, repeat(md5(i::text), 7))::text FROM generate_series(1, 10) AS i), '{}'))
	AS v (what, c, t, a),
	error_of(format('SELECT btrdb_create(%L, %L, %L)', c, t, a)) AS created,
	error_of(format('INSERT INTO btrdb.streams (uuid, collection, tags, annotations) VALUES (gen_random_uuid(), %L, %L, %L)', c, t, a)) AS inserted,
	error_of(format('UPDATE btrdb.streams SET collection = %L, tags = %L, annotations = %L WHERE uuid = %L', c, t, a, :'a')) AS updated;
SELECT error_of(format('UPDATE btrdb.streams SET channel = %L WHERE uuid = %L', channel, :'a'))
FROM unnest('{"",a,NULL}'::text[] || repeat('c', 63) || repeat('c', 64)) WITH ORDINALITY AS c (channel, n) ORDER BY n;
\pset tuples_only off
\pset format aligned
DELETE FROM btrdb.streams WHERE uuid NOT IN (:'a', :'b') AND (collection LIKE 'metadata/_' OR length(collection) = 255);
UPDATE btrdb.streams SET collection = 'metadata/a', tags = '{"name": "x", "unit": "V", "phase": "A"}', annotations = '{"owner": "lab"}', channel = NULL WHERE uuid = :'a';

-- compare and set: who has read version n changes it, or learns that somebody else did
SELECT property_version AS n FROM btrdb.streams WHERE uuid = :'b' \gset
UPDATE btrdb.streams SET annotations = annotations || '{"owner": "roof"}' WHERE uuid = :'b' AND property_version = :n RETURNING property_version;
UPDATE btrdb.streams SET annotations = annotations - 'owner' WHERE uuid = :'b' AND property_version = :n RETURNING property_version;
-- it rises by one, whatever the command says, and also if nothing else changes
UPDATE btrdb.streams SET property_version = 1000 WHERE uuid = :'b' RETURNING property_version;
UPDATE btrdb.streams SET property_version = NULL WHERE uuid = :'b' RETURNING property_version;
UPDATE btrdb.streams SET property_version = DEFAULT, unit = DEFAULT WHERE uuid = :'b' RETURNING property_version;
UPDATE btrdb.streams SET name = 'z' WHERE uuid = :'b';
INSERT INTO btrdb.streams (uuid, collection) VALUES (:'b', 'metadata/a') ON CONFLICT (uuid) DO UPDATE SET annotations = '{"merged": true}' RETURNING property_version, annotations;
INSERT INTO btrdb.streams (uuid, collection, property_version) VALUES ('3e7a0000-0000-0000-0000-000000000004', 'metadata/last', 9223372036854775807);
UPDATE btrdb.streams SET annotations = '{}' WHERE collection = 'metadata/last';
-- the data version is another matter
SELECT btrdb_version(:'b');

-- renaming: the stream stays the same, its path does not
SELECT btrdb_insert(:'a', 1, 2);
UPDATE btrdb.streams SET tags = tags || '{"name": "renamed"}', collection = 'metadata/b' WHERE uuid = :'a' RETURNING name;
SELECT btrdb_stream('metadata/b/renamed') = :'a' AS found, btrdb_count(btrdb_stream('metadata/b/renamed'));
SELECT error_of($$SELECT btrdb_stream('metadata/a/x')$$);
SELECT btrdb_create('metadata/a', '{"name": "x", "unit": "V", "phase": "A"}', stream => '3e7a0000-0000-0000-0000-000000000003') AS c \gset
-- a whole collection
WITH moved AS (UPDATE btrdb.streams SET collection = 'metadata/moved' || substr(collection, length('metadata/a') + 1) WHERE starts_with(collection, 'metadata/a') RETURNING collection, name)
SELECT * FROM moved ORDER BY name;
-- identity: collection and tags together are unique, in whatever order tags are written
SELECT error_of(format($$UPDATE btrdb.streams SET collection = 'metadata/moved', tags = '{"phase": "A", "unit": "V", "name": "x"}' WHERE uuid = %L$$, :'a'));
SELECT error_of($$SELECT btrdb_create('metadata/moved', '{"phase": "A", "unit": "V", "name": "x"}')$$);
SELECT btrdb_create('metadata/moved', '{"name": "x", "unit": "V"}') IS NOT NULL AS fewer_tags;
-- a uuid that was used stays used, also for INSERT, and also if the stream was never written
SELECT btrdb_obliterate(:'c');
SELECT error_of(format('SELECT btrdb_create(%L, %L, %L, %L)', 'metadata/new', '{}', '{}', :'c'));
SELECT error_of(format('INSERT INTO btrdb.streams (uuid, collection) VALUES (%L, %L)', :'c', 'metadata/new'));
SELECT error_of(format('UPDATE btrdb.streams SET uuid = %L WHERE uuid = %L', :'c', :'b'));

-- which keys there are
SELECT btrdb_create('metadata%/x', '{"odd": 1}', '{"_": 1}') IS NOT NULL AS created;
SELECT * FROM btrdb_metadata_usage('metadata/');
SELECT * FROM btrdb_metadata_usage('metadata/moved');
SELECT * FROM btrdb_metadata_usage('metadata%');
SELECT * FROM btrdb_metadata_usage('nothing');
SELECT count(*) > 3 AS all FROM btrdb_metadata_usage();
SELECT * FROM btrdb_metadata_usage(NULL);
SELECT kind, key, streams = (SELECT count(*) FROM btrdb.streams WHERE CASE kind WHEN 'tag' THEN tags ELSE annotations END ? key) AS same
FROM btrdb_metadata_usage() WHERE key IN ('name', 'unit', 'phase', 'merged') ORDER BY 1, 2;
CREATE ROLE regress_btrdb_metadata;
SET ROLE regress_btrdb_metadata;
SELECT * FROM btrdb_metadata_usage();
RESET ROLE;
GRANT SELECT ON btrdb.streams TO regress_btrdb_metadata;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON btrdb.streams TO regress_btrdb_metadata USING (collection = 'metadata/b');
SET ROLE regress_btrdb_metadata;
SELECT * FROM btrdb_metadata_usage();
RESET ROLE;
DROP POLICY few ON btrdb.streams;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;

-- what there is on disk
SELECT relation FROM btrdb.storage ORDER BY relation::text COLLATE "C";
SELECT relation, bytes = pg_total_relation_size(relation) AS bytes, index_bytes = pg_indexes_size(relation) AS index_bytes,
	free_bytes BETWEEN 0 AND bytes AS free, rows >= 0 AS rows, dead_rows >= 0 AS dead, vacuum_bytes BETWEEN 0 AND bytes AS vacuum
FROM btrdb.storage WHERE relation::text IN ('btrdb.points', 'btrdb.streams', 'btrdb.versions') ORDER BY relation::text;
SELECT btrdb.free_bytes('btrdb.heads_pkey') IS NULL AS index, btrdb.free_bytes(0) IS NULL AS none, btrdb.free_bytes(NULL) IS NULL AS null_for_null;
SELECT bytes > index_bytes AS some FROM btrdb.storage WHERE relation = 'btrdb.streams'::regclass;
SET ROLE regress_btrdb_metadata;
SELECT * FROM btrdb.storage;
RESET ROLE;
GRANT pg_monitor TO regress_btrdb_metadata;
SET ROLE regress_btrdb_metadata;
SELECT count(*) FROM btrdb.storage;
RESET ROLE;
REVOKE ALL ON btrdb.streams FROM regress_btrdb_metadata;
REVOKE pg_monitor FROM regress_btrdb_metadata;
DROP ROLE regress_btrdb_metadata;
DELETE FROM btrdb.streams WHERE starts_with(collection, 'metadata');
DROP FUNCTION error_of;
SELECT * FROM btrdb_check();
