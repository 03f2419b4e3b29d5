-- After everything else: all that the other tests left behind is sound.
SELECT count(*) > 10 AS streams FROM btrdb.streams;
SELECT count(*) > 50 AS versions FROM btrdb.versions;
SELECT * FROM btrdb_check();
SELECT * FROM btrdb_check(deep => false);
SELECT uuid, c.* FROM btrdb.streams, LATERAL btrdb_check(uuid) AS c;
VACUUM btrdb.points;
SELECT * FROM btrdb_check();
SELECT count(btrdb_insert(uuid, 0, 1)) > 10 AS inserted FROM btrdb.streams;
SELECT * FROM btrdb_check();
SELECT btrdb_flush() = count(*) AS all_flushed FROM btrdb.streams;
SELECT count(*) FROM btrdb.buffer;
SELECT * FROM btrdb_check();
