-- Retention: btrdb_maintain forgets versions that were superseded long ago
\set s 'd3000000-0000-0000-0000-000000000001'
\set t 'd3000000-0000-0000-0000-000000000002'
SELECT btrdb_create('retain', '{"name": "a"}', stream => :'s'), btrdb_create('retain', '{"name": "b"}', stream => :'t');
SHOW btrdb.retention;

-- what may be asked for
\set VERBOSITY terse
UPDATE btrdb.streams SET retention = '7 days 12:00' WHERE uuid = :'s' RETURNING retention, property_version;
UPDATE btrdb.streams SET retention = NULL WHERE uuid = :'s' RETURNING retention, property_version;
UPDATE btrdb.streams SET retention = '-1 second' WHERE uuid = :'s';
UPDATE btrdb.streams SET retention = '1 month' WHERE uuid = :'s';
UPDATE btrdb.streams SET retention = '1 year -12 months 1 day' WHERE uuid = :'s' RETURNING retention;
UPDATE btrdb.streams SET retention = NULL WHERE uuid = :'s';

\set VERBOSITY default

-- versions 11 to 14, 10, 5, 2 and 1 hours old
SELECT btrdb_insert(u, array_agg(i * 1000), array_agg(i::float8)) FROM unnest(ARRAY[:'s', :'t']::uuid[]) AS u, generate_series(1, 5000) AS i GROUP BY u;
SELECT btrdb_delete(u, 0, 1000000), btrdb_revert(u, 11), btrdb_delete(u, 0, 2000000) FROM unnest(ARRAY[:'s', :'t']::uuid[]) AS u;
CREATE PROCEDURE regress_btrdb_age(s uuid, hours int[]) LANGUAGE plpgsql AS $$
BEGIN
	ALTER TABLE btrdb.versions DISABLE TRIGGER guard_row;
	UPDATE btrdb.versions SET created = now() - make_interval(hours => hours[version - 10]) WHERE stream = s;
	ALTER TABLE btrdb.versions ENABLE ALWAYS TRIGGER guard_row;
END $$;
CALL regress_btrdb_age(:'s', ARRAY[10, 5, 2, 1]);
CALL regress_btrdb_age(:'t', ARRAY[10, 5, 2, 1]);

-- all versions stay by default; others have nothing to do with this test
SELECT items FROM btrdb_maintain() WHERE action = 'retain';
SET btrdb.retention = '11h';
SELECT items FROM btrdb_maintain() WHERE action = 'retain' AND items < 0;
SELECT version, count FROM btrdb_versions(:'s');

-- the version that was the latest so long ago stays, and all later ones
SET btrdb.retention = -1;
UPDATE btrdb.streams SET retention = '4 hours' WHERE uuid = :'s';
SELECT * FROM btrdb_maintain();
SELECT version, count FROM btrdb_versions(:'s');
SELECT btrdb_version_at(:'s', now() - interval '4 hours'), btrdb_version_at(:'s', now() - interval '119 minutes');
SELECT * FROM btrdb_check(:'s');
SELECT * FROM btrdb_maintain();
SELECT min(version) FROM btrdb_versions(:'t');

-- the stream's own retention counts, or else the setting
SET btrdb.retention = '90min';
UPDATE btrdb.streams SET retention = '1000000000 days' WHERE uuid = :'s';
SELECT count(*) FROM btrdb_maintain() WHERE action = 'retain' AND streams > 0;
SELECT min(version) FROM btrdb_versions(:'s');
SELECT min(version) FROM btrdb_versions(:'t');
RESET btrdb.retention;

-- the newest version stays, whatever its age
UPDATE btrdb.streams SET retention = '0' WHERE uuid IN (:'s', :'t');
SELECT * FROM btrdb_maintain() WHERE action = 'retain';
SELECT version, count FROM btrdb_versions(:'s');
SELECT version, count FROM btrdb_versions(:'t');
SELECT * FROM btrdb_check(:'s') UNION ALL SELECT * FROM btrdb_check(:'t');

-- many versions go bite by bite in one call; a rollback brings them back
UPDATE btrdb.streams SET retention = NULL WHERE uuid = :'t';
SELECT max(btrdb_delete(:'s', 1, 2)) FROM generate_series(1, 2500);
BEGIN;
SELECT * FROM btrdb_maintain() WHERE action = 'retain';
ROLLBACK;
SELECT count(*) FROM btrdb_versions(:'s');
SELECT * FROM btrdb_maintain() WHERE action = 'retain';
SELECT version, count FROM btrdb_versions(:'s');

-- not in SERIALIZABLE transactions; in others it is
SELECT btrdb_delete(:'s', 1, 2);
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT * FROM btrdb_maintain() WHERE action = 'retain';
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM btrdb_maintain() WHERE action = 'retain';
COMMIT;

-- rights: as those of btrdb_prune, for what is visible
CREATE ROLE regress_btrdb_retain;
GRANT SELECT, INSERT ON btrdb.points, btrdb.streams TO regress_btrdb_retain;
SELECT btrdb_delete(:'s', 1, 2), btrdb_delete(:'t', 1, 2);
SET ROLE regress_btrdb_retain;
SET btrdb.retention = 0;
UPDATE btrdb.streams SET retention = '0' WHERE uuid = :'t';
SELECT * FROM btrdb_maintain() WHERE action = 'retain';
RESET ROLE;
UPDATE btrdb.streams SET retention = '0' WHERE uuid = :'t';
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY regress_btrdb_retain ON btrdb.streams USING (name = 'b');
GRANT DELETE ON btrdb.points TO regress_btrdb_retain;
SET ROLE regress_btrdb_retain;
SELECT * FROM btrdb_maintain() WHERE action = 'retain';
RESET ROLE;
SELECT min(version) FROM btrdb_versions(:'s');
SELECT min(version) FROM btrdb_versions(:'t');
DROP POLICY regress_btrdb_retain ON btrdb.streams;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;
DROP OWNED BY regress_btrdb_retain;
DROP ROLE regress_btrdb_retain;
DROP PROCEDURE regress_btrdb_age;

-- a cursor that was opened before still reads what was forgotten
SELECT btrdb_delete(:'s', 0, 3000000);
BEGIN;
DECLARE c CURSOR FOR SELECT count(*) FROM btrdb_values(:'s', 0, 1000000000, btrdb_version(:'s'));
SELECT btrdb_delete(:'s', 0, 4000000);
SELECT items > 0 AS some FROM btrdb_maintain() WHERE action = 'retain';
FETCH c;
COMMIT;
UPDATE btrdb.streams SET retention = NULL WHERE uuid IN (:'s', :'t');
VACUUM btrdb.points;
SELECT streams, items > 0 AS some FROM btrdb_maintain() WHERE action = 'garbage';
SELECT * FROM btrdb_check();
