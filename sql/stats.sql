-- Views of collections and of what there is of each stream.
SELECT btrdb_create('stats/a', '{"name": "many"}', stream => '57a70000-0000-0000-0000-000000000001') AS many \gset
SELECT btrdb_create('stats/a', '{"name": "few"}', stream => '57a70000-0000-0000-0000-000000000002') AS few \gset
SELECT btrdb_create('stats/b', '{"unit": "V"}', stream => '57a70000-0000-0000-0000-000000000003') AS none \gset
SELECT btrdb_insert(:'many', array_agg(i * 1000), array_agg(random())) FROM generate_series(1, 100000) i;
SELECT btrdb_delete(:'many', 50000, 60000), btrdb_insert(:'many', 7, 7), btrdb_insert(:'many', 1000000000, 8);
SELECT btrdb_insert(:'few', ARRAY[5, 3], ARRAY[1, 2]::float8[]);
CREATE VIEW mine AS SELECT * FROM btrdb.stream_stats WHERE collection LIKE 'stats/%';
SELECT * FROM btrdb.collections WHERE collection LIKE 'stats/%' ORDER BY 1;
SELECT collection, name, points, versions, buffered_points, first_time, last_time FROM mine ORDER BY uuid;
SELECT name, bytes > 0 AS some FROM mine ORDER BY uuid;

-- all points in the buffer, all in a version, all deleted, all truncated
SELECT btrdb_flush(:'few'), btrdb_flush(:'many');
SELECT name, points, versions, buffered_points, first_time, last_time FROM mine ORDER BY uuid;
SELECT btrdb_delete(:'few', 0, 10);
SELECT name, points, bytes, versions, buffered_points, first_time, last_time FROM mine WHERE name = 'few';
SELECT btrdb_revert(:'few', 11), btrdb_prune(:'few', 13), btrdb_insert(:'few', 4, 4);
SELECT name, points, bytes > 0 AS some, versions, buffered_points, first_time, last_time FROM mine WHERE name = 'few';
BEGIN;
TRUNCATE btrdb.points;
SELECT name, points, versions, buffered_points, first_time, last_time FROM mine ORDER BY uuid;
ROLLBACK;
SELECT sum(points) = (SELECT count(*) FROM btrdb.points WHERE stream::text LIKE '57a7%') AS all_points FROM mine;

-- rights are those of who asks
CREATE ROLE regress_btrdb_stats;
SET ROLE regress_btrdb_stats;
SELECT * FROM btrdb.collections;
SELECT * FROM btrdb.stream_stats;
SELECT btrdb.stream_stat(:'few');
RESET ROLE;
GRANT SELECT ON btrdb.streams, btrdb.collections, btrdb.stream_stats TO regress_btrdb_stats;
SET ROLE regress_btrdb_stats;
SELECT * FROM btrdb.collections WHERE collection LIKE 'stats/%' ORDER BY 1;
SELECT * FROM btrdb.stream_stats;
RESET ROLE;
GRANT SELECT ON btrdb.points TO regress_btrdb_stats;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON btrdb.streams FOR SELECT TO regress_btrdb_stats USING (name = 'few');
SET ROLE regress_btrdb_stats;
SELECT * FROM btrdb.collections;
SELECT uuid, name, points FROM btrdb.stream_stats;
SELECT points FROM btrdb.stream_stat(:'few');
SELECT points FROM btrdb.stream_stat(:'many');
RESET ROLE;
DROP POLICY few ON btrdb.streams;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON btrdb.streams, btrdb.points, btrdb.collections, btrdb.stream_stats FROM regress_btrdb_stats;
DROP ROLE regress_btrdb_stats;
SELECT btrdb.stream_stat('57a70000-0000-0000-0000-0000000000ff');
SELECT btrdb.stream_stat(NULL) IS NULL AS null_for_null;
DROP VIEW mine;
DELETE FROM btrdb.streams WHERE collection LIKE 'stats/%';

-- everything that the extension brings says what it is
SELECT c.oid::regclass AS relation, attname AS "column"
FROM pg_class c JOIN pg_attribute ON attrelid = c.oid
WHERE relnamespace = 'btrdb'::regnamespace AND relkind = 'v' AND attnum > 0 AND col_description(c.oid, attnum) IS NULL;
