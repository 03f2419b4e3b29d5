-- btrdb_prune, and VACUUM after it
\set s 'd1000000-0000-0000-0000-000000000001'
\set VERBOSITY sqlstate
SELECT btrdb_create('prune', '{"name": "a"}', stream => :'s');
SELECT btrdb_prune(:'s', 10);
SELECT btrdb_prune(:'s', 11);
SELECT btrdb_insert(:'s', array_agg(i * 1000), array_agg(i::float8)) FROM generate_series(1, 20000) i;
SELECT btrdb_insert(:'s', array_agg(i * 1000 + 5), array_agg(0.0)) FROM generate_series(1, 2000) i;
SELECT btrdb_delete(:'s', 5000, 7000);
SELECT btrdb_revert(:'s', 11);
SELECT btrdb_delete(:'s', 15000000, 30000000);
SELECT version, count FROM btrdb_versions(:'s');

-- what is pruned is gone, all else stays as it was
SELECT btrdb_prune(:'s', 13);
SELECT btrdb_prune(:'s', 13);
SELECT btrdb_prune(:'s', 12);
SELECT version, count FROM btrdb_versions(:'s');
SELECT * FROM btrdb_check();
SELECT DISTINCT pruned < pg_current_xact_id() AS before, stream, version FROM btrdb.garbage WHERE stream = :'s' ORDER BY version;
\set VERBOSITY default
SELECT btrdb_count(:'s', version => 12);
SELECT btrdb_revert(:'s', 11);
SELECT btrdb_changes(:'s', 11);
SELECT btrdb_version_at(:'s', '2000-01-01');
SELECT btrdb_version_at(:'s', 'infinity');

-- the latest version always stays
SELECT btrdb_prune(:'s', 16);
SELECT btrdb_prune(:'s', 0);
\set VERBOSITY sqlstate
SELECT btrdb_prune(:'s', NULL);
SELECT btrdb_prune('d1000000-0000-0000-0000-00000000000f', 11);

-- a rolled back prune did nothing
BEGIN;
SAVEPOINT a;
SELECT btrdb_prune(:'s', 15);
SELECT version, count FROM btrdb_versions(:'s');
ROLLBACK TO a;
SELECT version, count FROM btrdb_versions(:'s');
COMMIT;
BEGIN READ ONLY;
SELECT btrdb_prune(:'s', 15);
ROLLBACK;

SELECT btrdb_prune(:'s', 15);
VACUUM btrdb.points;
SELECT * FROM btrdb_check();
SELECT version, count FROM btrdb_versions(:'s');
SELECT btrdb_count(:'s', 0, 10000000), btrdb_count(:'s');
DELETE FROM btrdb.garbage;
\set VERBOSITY default
