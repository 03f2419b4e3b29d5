-- Rights on btrdb.points, and row-level security on btrdb.streams.
SELECT btrdb_create('permissions/a', stream => '80000000-0000-0000-0000-00000000000a') AS a \gset
SELECT btrdb_create('permissions/b', stream => '80000000-0000-0000-0000-00000000000b') AS b \gset
SELECT btrdb_insert(:'a', 1, 1), btrdb_flush(:'a'), btrdb_insert(:'b', 2, 2), btrdb_flush(:'b');
CREATE ROLE regress_btrdb_none;
CREATE ROLE regress_btrdb_reader;
CREATE ROLE regress_btrdb_writer;
GRANT SELECT ON btrdb.points, btrdb.streams TO regress_btrdb_reader;
GRANT INSERT ON btrdb.points, btrdb.streams TO regress_btrdb_writer;

-- without rights
SET ROLE regress_btrdb_none;
\set VERBOSITY sqlstate
SELECT * FROM btrdb_values(:'a', 0, 10);
SELECT * FROM btrdb_windows(:'a', 0, 10, 1);
SELECT * FROM btrdb_aligned_windows(:'a', 0, 10, 1);
SELECT btrdb_stat(:'a', 0, 10);
SELECT btrdb_count(:'a');
SELECT * FROM btrdb_nearest(:'a', 0);
SELECT * FROM btrdb_earliest(:'a');
SELECT * FROM btrdb_latest(:'a');
SELECT * FROM btrdb_changes(:'a', 0);
SELECT btrdb_version(:'a');
SELECT * FROM btrdb_versions(:'a');
SELECT btrdb_version_at(:'a', now());
SELECT * FROM btrdb_check(:'a');
SELECT * FROM btrdb_check();
SELECT btrdb_insert(:'a', 1, 1);
SELECT btrdb_insert(:'a', ARRAY[1], ARRAY[1]::float8[]);
SELECT btrdb_insert(:'a', ARRAY[rawpoint(1, 1)]);
SELECT btrdb_flush(:'a');
SELECT btrdb_flush();
SELECT btrdb_delete(:'a', 0, 10);
SELECT btrdb_revert(:'a', 10);
SELECT btrdb_create('permissions/c');
SELECT btrdb_stream('permissions/a/x');
SELECT * FROM btrdb.versions;
SELECT * FROM btrdb.buffer;
SELECT * FROM btrdb.heads;
\set VERBOSITY default
SELECT btrdb_count(:'a');

-- SELECT is the right to read
SET ROLE regress_btrdb_reader;
SELECT * FROM btrdb_values(:'a', 0, 10);
SELECT btrdb_version(:'a'), btrdb_count(:'a');
SELECT * FROM btrdb_check();
SELECT btrdb_insert(:'a', 1, 1);
SELECT btrdb_flush();
SELECT btrdb_delete(:'a', 0, 10);
SELECT btrdb_create('permissions/c');

-- INSERT is the right to write
SET ROLE regress_btrdb_writer;
SELECT btrdb_insert(:'a', 3, 3), btrdb_flush(:'a'), btrdb_flush() >= 0 AS flushed;
SELECT btrdb_create('permissions/c', stream => '80000000-0000-0000-0000-00000000000c');
SELECT btrdb_create('permissions/c');
SELECT btrdb_insert('80000000-0000-0000-0000-00000000000c', 3, 3);
SELECT btrdb_count(:'a');
SELECT btrdb_delete(:'a', 0, 10);
SELECT btrdb_revert(:'a', 10);

-- DELETE is the right to remove
RESET ROLE;
GRANT DELETE ON btrdb.points TO regress_btrdb_writer;
SET ROLE regress_btrdb_writer;
SELECT btrdb_delete(:'a', 3, 10);
SELECT btrdb_revert(:'a', 12);
TRUNCATE btrdb.points;

-- row-level security decides which streams there are
RESET ROLE;
SELECT btrdb_insert(:'b', 4, 4);
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON btrdb.streams FOR SELECT TO regress_btrdb_reader, regress_btrdb_writer
	USING (collection = 'permissions/a');
CREATE POLICY own ON btrdb.streams FOR INSERT TO regress_btrdb_writer WITH CHECK (collection = 'permissions/d');
SET ROLE regress_btrdb_reader;
SELECT collection FROM btrdb.streams ORDER BY 1;
SELECT btrdb_count(:'a');
SELECT btrdb_count(:'b');
SELECT * FROM btrdb_values(:'b', 0, 10);
SELECT * FROM btrdb_check(:'b');
SET row_security = off;
SELECT btrdb_count(:'a');
RESET row_security;
RESET ROLE;
GRANT SELECT ON btrdb.streams TO regress_btrdb_writer;
SET ROLE regress_btrdb_writer;
SELECT btrdb_insert(:'b', 5, 5);
SELECT btrdb_delete(:'b', 0, 10);
SELECT btrdb_insert(:'a', 5, 5);
SELECT btrdb_flush() AS only_a;
SELECT btrdb_create('permissions/e');
SELECT btrdb_create('permissions/d', stream => '80000000-0000-0000-0000-00000000000d');
SELECT btrdb_create('permissions/d', stream => '80000000-0000-0000-0000-00000000000d');
RESET ROLE;
SELECT btrdb_version(:'a'), btrdb_version(:'b'), btrdb_count(:'b');

DROP POLICY visible ON btrdb.streams;
DROP POLICY own ON btrdb.streams;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON btrdb.points, btrdb.streams FROM regress_btrdb_reader, regress_btrdb_writer;
DROP ROLE regress_btrdb_none, regress_btrdb_reader, regress_btrdb_writer;
SELECT * FROM btrdb_check();
