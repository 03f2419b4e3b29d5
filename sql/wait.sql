-- Waiting for a version; t/141_standbys.pl does so where it matters.
SELECT btrdb_create('wait', stream => '41000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_insert(:'s', 1, 1), btrdb_flush(:'s');

-- what is there is not waited for; the latest version is returned
SELECT v, btrdb_wait_for_version(:'s', v, '0') FROM unnest('{0,1,10,11}'::bigint[]) AS v;
SELECT btrdb_wait_for_version(:'s', NULL), btrdb_wait_for_version(NULL, 11), btrdb_wait_for_version(:'s', 11, NULL);

-- what is buffered has no version
SELECT btrdb_insert(:'s', 2, 2);
SELECT btrdb_wait_for_version(:'s', 12, '20 ms');
SELECT btrdb_wait_for_version(:'s', 12, timeout => '0');

-- a stream that is not there would have to be made here
DO $$ BEGIN
	PERFORM btrdb_wait_for_version('41000000-0000-0000-0000-000000000002', 11, '1 day');
EXCEPTION WHEN undefined_object THEN RAISE NOTICE '%', SQLERRM; END $$;
SELECT btrdb_wait_for_version(:'s', -1);
SELECT btrdb_wait_for_version(:'s', 11, '-1 ms');
SELECT btrdb_wait_for_version(:'s', 11, '1 month');

-- a transaction's snapshot does not change
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT btrdb_wait_for_version(:'s', 11);
SELECT btrdb_wait_for_version(:'s', 12);
ROLLBACK;

-- statement_timeout ends it
SET statement_timeout = '20 ms';
SELECT btrdb_wait_for_version(:'s', 12, '1 day');
RESET statement_timeout;

-- nothing stays locked but by the statement itself
BEGIN;
SELECT btrdb_wait_for_version(:'s', 11);
SELECT relation::regclass FROM pg_locks WHERE pid = pg_backend_pid() AND relation > 16383 ORDER BY 1;
ROLLBACK;
