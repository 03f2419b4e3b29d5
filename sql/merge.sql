-- Merge policies: what becomes of points at times at which there are points already.

\set VERBOSITY terse
SELECT btrdb_create('merge', '{"name": "a"}', '{}', 'ae000000-0000-0000-0000-000000000001') AS s \gset
CREATE VIEW points AS SELECT * FROM btrdb_values('ae000000-0000-0000-0000-000000000001', 0, 1000000);

-- what coexists already stays as it is
SELECT btrdb_insert(:'s', '{10,10,20,30}'::bigint[], '{1,2,3,4}');

-- equal: a point like one that is there, or came before in the batch, is not stored
SELECT btrdb_insert(:'s', '{10,10,10,20,40,40,40}'::bigint[], '{2,5,5,3,6,7,6}', 'equal');
SELECT * FROM points;

-- again: nothing changes, and no version is made
SELECT btrdb_insert(:'s', '{10,10,10,20,40,40,40}'::bigint[], '{2,5,5,3,6,7,6}', 'equal');
SELECT btrdb_insert(:'s', '{}'::bigint[], '{}'::float8[], 'equal');

-- retain: a time that is taken, or was before in the batch, is taken
SELECT btrdb_insert(:'s', '{10,50,30,50,60}'::bigint[], '{91,8,92,93,9}', 'retain');
SELECT btrdb_insert(:'s', '{10,50,30,50,60}'::bigint[], '{91,8,92,93,9}', 'retain');
SELECT * FROM points;

-- replace: the newest one takes the place of all
SELECT btrdb_insert(:'s', '{10,20,60,20,70}'::bigint[], '{11,12,9,13,14}', 'replace');
SELECT btrdb_insert(:'s', '{10,20,60,20,70}'::bigint[], '{11,12,9,13,14}', 'replace');
SELECT * FROM points;
SELECT btrdb_insert(:'s', 40, 6, 'replace');
SELECT btrdb_insert(:'s', ARRAY[rawpoint(40, 6)], 'replace');
SELECT array_agg(value) FROM points WHERE time = 40;
-- the versions before keep what was replaced
SELECT array_agg(value) FROM btrdb_values(:'s', 40, 41, btrdb_version(:'s') - 1);
SELECT * FROM btrdb_changes(:'s', btrdb_version(:'s') - 1) LIMIT 0;

-- against what is buffered, by the stream and among others
SELECT btrdb_insert(:'s', 80, 1) = btrdb_version(:'s') AS buffered;
SELECT btrdb_insert(:'s', '{80,81}'::bigint[], '{1,2}', 'equal') - btrdb_version(:'s') AS new_versions;
SELECT count(btrdb_create('merge', jsonb_build_object('name', i), '{}', ('ae000000-0000-0000-0000-0000000000' || i)::uuid)) FROM generate_series(10, 19) AS i;
INSERT INTO btrdb.points SELECT uuid, 82, 3 FROM btrdb.streams WHERE collection = 'merge';
SELECT count(*) > 0 AS mixed FROM btrdb.mixed;
SELECT btrdb_insert(:'s', '{82,83}'::bigint[], '{4,5}', 'retain') - btrdb_version(:'s') AS new_versions;
SELECT * FROM points WHERE time >= 80;

-- zeros are equal, but are replaced by each other
SELECT btrdb_insert(:'s', 90, '-0') IS NOT NULL AS ok;
SELECT btrdb_insert(:'s', 90, 0, 'equal') IS NOT NULL AS ok;
SELECT * FROM points WHERE time = 90;
SELECT btrdb_insert(:'s', 90, 0, 'replace') IS NOT NULL AS ok;
SELECT * FROM points WHERE time = 90;

-- more than a leaf of points at one nanosecond
SELECT btrdb_insert(:'s', array_agg(100::bigint), array_agg(i % 9000 + 0.5)) IS NOT NULL AS ok FROM generate_series(1, 20000) AS i;
SELECT btrdb_insert(:'s', array_agg(100::bigint ORDER BY i), array_agg(i + 0.5 ORDER BY i), 'equal') IS NOT NULL AS ok FROM generate_series(8995, 9005) AS i;
SELECT count(*), count(DISTINCT value), max(value) FROM points WHERE time = 100;
SELECT btrdb_insert(:'s', 100, 7, 'retain') - btrdb_version(:'s') AS new_versions;
SELECT count(*) FROM points WHERE time = 100;
SELECT btrdb_insert(:'s', '{99,100,101}'::bigint[], '{1,2,3}', 'replace') - btrdb_version(:'s') AS new_versions;
SELECT * FROM points WHERE time BETWEEN 99 AND 101;

-- over many leaves: only those with new points change
SELECT btrdb_insert(:'s', array_agg(1000 + i * 10), array_agg(sin(i))) IS NOT NULL AS ok FROM generate_series(0, 49999::bigint) AS i;
SELECT btrdb_version(:'s') AS before \gset
SELECT btrdb_insert(:'s', array_agg(1000 + i * 10), array_agg(sin(i)), 'equal') = :before AS unchanged FROM generate_series(0, 49999::bigint) AS i;
SELECT btrdb_insert(:'s', array_agg(1000 + i * 10), array_agg(i), 'retain') = :before AS unchanged FROM generate_series(0, 49999::bigint) AS i;
SELECT btrdb_insert(:'s', array_agg(1000 + i * 10), array_agg(sin(i)), 'replace') = :before AS unchanged FROM generate_series(0, 49999::bigint) AS i;
SELECT btrdb_insert(:'s', array_agg(1000 + i * 10), array_agg(CASE WHEN i = 25000 THEN 2 ELSE sin(i) END), 'replace') = :before + 1 AS one_version
FROM generate_series(0, 49999::bigint) AS i;
SELECT count(*), sum((end_time - start_time < 50000)::int) FROM btrdb_changes(:'s', :before);
SELECT * FROM btrdb_values(:'s', 250990, 251020);
SELECT btrdb_insert(:'s', array_agg(1000 + i * 5), array_agg(i), 'retain') IS NOT NULL AS ok FROM generate_series(0, 99999::bigint) AS i;
SELECT count(*), count(*) FILTER (WHERE value = (time - 1000) / 5) AS new FROM btrdb_values(:'s', 1000, 501000);

-- INSERT and COPY, by a setting
SET btrdb.merge = 'retain';
INSERT INTO btrdb.points SELECT uuid, t, 100 FROM btrdb.streams, generate_series(82, 84) AS t WHERE collection = 'merge';
SELECT time, value, count(*) FROM btrdb.points WHERE stream::text LIKE 'ae%' AND time BETWEEN 82 AND 84 GROUP BY 1, 2 ORDER BY 1, 2;
SET btrdb.merge = 'replace';
COPY btrdb.points FROM STDIN (FORMAT csv);
ae000000-0000-0000-0000-000000000010,84,1
ae000000-0000-0000-0000-000000000011,84,1
ae000000-0000-0000-0000-000000000010,84,2
\.
SELECT time, value, count(*) FROM btrdb.points WHERE stream::text LIKE 'ae%' AND time = 84 GROUP BY 1, 2 ORDER BY 1, 2;
SET btrdb.merge = 'equal';
SET btrdb.gather_memory = 64;
INSERT INTO btrdb.points SELECT 'ae000000-0000-0000-0000-000000000012', i % 7000 + 200, i % 7000 FROM generate_series(1, 20000) AS i;
RESET btrdb.gather_memory;
SELECT btrdb_count('ae000000-0000-0000-0000-000000000012'::uuid, 200, 10000);

-- what a statement has inserted by a policy is seen when it ends, and cannot be removed before
CREATE FUNCTION seen() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT btrdb_count('ae000000-0000-0000-0000-000000000013'::uuid, 500) $$;
CREATE FUNCTION cut() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT btrdb_delete('ae000000-0000-0000-0000-000000000013'::uuid, 500, 510) $$;
INSERT INTO btrdb.points SELECT 'ae000000-0000-0000-0000-000000000013', 500 + i, seen() FROM generate_series(1, 3) AS i;
SELECT * FROM btrdb_values('ae000000-0000-0000-0000-000000000013'::uuid, 500, 600);
INSERT INTO btrdb.points SELECT 'ae000000-0000-0000-0000-000000000013', 600 + i, cut() FROM generate_series(1, 3) AS i;
SELECT btrdb_count('ae000000-0000-0000-0000-000000000013'::uuid, 500);
RESET btrdb.merge;

-- rolled back
BEGIN;
SAVEPOINT a;
SELECT btrdb_insert(:'s', 10, 55, 'replace') IS NOT NULL AS ok;
ROLLBACK TO a;
SELECT * FROM points WHERE time = 10;
COMMIT;

-- errors
SELECT btrdb_insert(:'s', 10, 55, 'Replace');
SELECT btrdb_insert(:'s', 10, 'NaN', 'replace');
SELECT btrdb_insert(:'s', 10, 55, NULL);
SELECT btrdb_insert('00000000-0000-0000-0000-000000000000', 10, 55, 'equal');
SET btrdb.merge = 'always';

-- rights: to replace takes DELETE, too
CREATE ROLE regress_btrdb_merge;
GRANT USAGE ON SCHEMA btrdb TO regress_btrdb_merge;
GRANT SELECT ON btrdb.streams TO regress_btrdb_merge;
GRANT SELECT, INSERT ON btrdb.points TO regress_btrdb_merge;
SET ROLE regress_btrdb_merge;
SELECT btrdb_insert(:'s', 10, 11, 'equal') - btrdb_version(:'s') AS new_versions;
SELECT btrdb_insert(:'s', 10, 11, 'replace');
SET btrdb.merge = 'replace';
INSERT INTO btrdb.points VALUES (:'s', 10, 12);
RESET btrdb.merge;
RESET ROLE;
GRANT DELETE ON btrdb.points TO regress_btrdb_merge;
SET ROLE regress_btrdb_merge;
SELECT btrdb_insert(:'s', 10, 12, 'replace') - btrdb_version(:'s') AS new_versions;
RESET ROLE;
DROP OWNED BY regress_btrdb_merge;
DROP ROLE regress_btrdb_merge;

DROP FUNCTION seen();
DROP FUNCTION cut();
DROP VIEW points;
SELECT * FROM btrdb_check();
