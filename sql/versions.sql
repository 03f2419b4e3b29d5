-- Versions: made by commits, read for ever, brought back.
SELECT btrdb_create('versions', stream => '40000000-0000-0000-0000-000000000001') AS s \gset

-- versions 1 to 10 are the empty stream
SELECT btrdb_version(:'s'), btrdb_flush(:'s');
SELECT v, btrdb_count(:'s', version => v) FROM (VALUES (0), (1), (10)) AS x (v);
SELECT btrdb_count(:'s', version => 11);
SELECT btrdb_count(:'s', version => -1);

-- each commit of the buffer, each delete and each revert makes a version
SELECT btrdb_insert(:'s', ARRAY[1, 2, 3], ARRAY[1, 2, 3]::float8[]);
SELECT btrdb_version(:'s');
SELECT btrdb_flush(:'s');
SELECT btrdb_flush(:'s');
SELECT btrdb_insert(:'s', ARRAY[2, 4], ARRAY[20, 40]::float8[]), btrdb_flush(:'s');
SELECT btrdb_delete(:'s', 1, 3);
SELECT btrdb_insert(:'s', 5, 5);
SELECT version, count, earliest, latest FROM btrdb_versions(:'s');

-- an old version is what it was; 0 is the latest with the buffer
SELECT v, array_agg(p.value) FROM generate_series(10, 13) AS v
	LEFT JOIN LATERAL btrdb_values(:'s', 0, 10, v) AS p ON true GROUP BY v ORDER BY v;
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10);
SELECT btrdb_stat(:'s', 0, 10, 11), btrdb_stat(:'s', 0, 10, version => 12), btrdb_stat(:'s', 0, 10);

-- revert: the buffer is committed first, then an old version comes back
SELECT btrdb_revert(:'s', 12);
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10);
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10, 14);
SELECT btrdb_revert(:'s', 10);
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10);
SELECT * FROM btrdb_latest(:'s');
SELECT btrdb_revert(:'s', 15);
SELECT btrdb_insert(:'s', 6, 6), btrdb_flush(:'s');
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10);
SELECT version, base FROM btrdb.versions WHERE stream = :'s' ORDER BY version;
SELECT version, count, earliest, latest FROM btrdb_versions(:'s');
SELECT btrdb_revert(:'s', 0);
SELECT btrdb_revert(:'s', 99);
SELECT btrdb_version(:'s');

-- created rises, and tells what was the latest at a moment
SELECT bool_and(created >= before) AS rises, count(*) FROM (
	SELECT created, lag(created, 1, '-infinity') OVER (ORDER BY version) AS before FROM btrdb_versions(:'s')) AS v;
SELECT bool_and(v.version = x.newest) AS found FROM btrdb_versions(:'s') AS v,
	LATERAL (SELECT max(version) AS newest FROM btrdb_versions(:'s') WHERE created <= v.created) AS y,
	LATERAL (SELECT CASE WHEN y.newest = btrdb_version_at(:'s', v.created) THEN v.version END AS newest) AS x;
SELECT btrdb_version_at(:'s', '-infinity'), btrdb_version_at(:'s', '2000-01-01'),
	btrdb_version_at(:'s', 'infinity'), btrdb_version_at(:'s', now());

-- versions roll back
BEGIN;
SELECT btrdb_delete(:'s', 0, 10);
SAVEPOINT a;
SELECT btrdb_revert(:'s', 11);
SELECT btrdb_version(:'s'), btrdb_count(:'s');
ROLLBACK TO a;
SELECT btrdb_version(:'s'), btrdb_count(:'s');
ROLLBACK;
SELECT btrdb_version(:'s'), btrdb_count(:'s');

-- a number that was rolled back is used again
SELECT btrdb_delete(:'s', 6, 7);
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10);

-- one transaction sees its own versions and buffer at once
BEGIN;
SELECT btrdb_insert(:'s', 7, 7);
SELECT btrdb_flush(:'s');
SELECT btrdb_insert(:'s', 8, 8);
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10);
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10, btrdb_version(:'s'));
COMMIT;
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10);

-- in REPEATABLE READ, a transaction stays at what it saw first
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT btrdb_count(:'s');
SELECT btrdb_insert(:'s', 9, 9);
SELECT btrdb_flush(:'s');
SELECT btrdb_count(:'s'), btrdb_version(:'s');
COMMIT;

SELECT * FROM btrdb_check();
