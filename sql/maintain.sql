-- btrdb_maintain
\set s 'd2000000-0000-0000-0000-000000000001'
\set t 'd2000000-0000-0000-0000-000000000002'
SELECT btrdb_create('maintain', '{"name": "a"}', stream => :'s'), btrdb_create('maintain', '{"name": "b"}', stream => :'t');
-- what others have left is not meant
SELECT btrdb_flush() >= 0 AS flushed;
VACUUM btrdb.points;
SELECT count(*) FROM btrdb_maintain();
SELECT * FROM btrdb_maintain();

-- a buffer of few points is left alone, until there are more
SELECT btrdb_insert(:'s', 1, 1);
SELECT btrdb_insert(:'t', array_agg(i), array_agg(1)) FROM generate_series(1, 512) i;
SELECT * FROM btrdb_maintain();
SELECT btrdb_version(:'s'), btrdb_version(:'t'), btrdb_count(:'t', version => 11);
SET btrdb.buffer_rows = 8;
SELECT * FROM btrdb_maintain();
RESET btrdb.buffer_rows;
SELECT btrdb_version(:'s'), btrdb_version(:'t');

-- garbage rows stay until VACUUM has freed what they list
SELECT btrdb_delete(:'s', 0, 10), btrdb_delete(:'t', 0, 100);
SELECT btrdb_prune(:'s', 12), btrdb_prune(:'t', 12);
SELECT count(*) > 0 AS garbage FROM btrdb.garbage;
SELECT * FROM btrdb_maintain();
VACUUM btrdb.points;
SELECT action, streams, items > 0 AS some FROM btrdb_maintain();
SELECT count(*) FROM btrdb.garbage;
SELECT * FROM btrdb_maintain();
SELECT * FROM btrdb_check();

-- rights
CREATE ROLE regress_btrdb_maintain;
SET ROLE regress_btrdb_maintain;
SELECT * FROM btrdb_maintain();
RESET ROLE;
DROP ROLE regress_btrdb_maintain;
BEGIN READ ONLY;
SELECT * FROM btrdb_maintain();
ROLLBACK;
