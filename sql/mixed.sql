-- Statements over many streams: their points share rows of btrdb.mixed, until these are compacted.
INSERT INTO btrdb.streams (uuid, collection, tags, number)
SELECT ('e0000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid, 'mixed', jsonb_build_object('name', i), 1000000000000 + i
FROM generate_series(0, 9) AS i;
\set s 'e0000000-0000-0000-0000-000000000001'
\set t 'e0000000-0000-0000-0000-000000000002'
CREATE VIEW stream AS SELECT uuid, name::int AS id FROM btrdb.streams WHERE collection = 'mixed';
CREATE VIEW waiting AS
	SELECT (SELECT count(*) FROM btrdb.mixed) AS mixed, (SELECT count(*) FROM btrdb.buffer) AS buffer,
		(SELECT sum(btrdb_version(uuid) - 10) FROM stream) AS versions, (SELECT sum(btrdb_count(uuid)) FROM stream) AS points;
SELECT * FROM btrdb_flush() \g /dev/null

-- a row for all of them; readers find each stream's points
INSERT INTO btrdb.points SELECT uuid, 1000 + j, id + j / 10.0 FROM stream, generate_series(1, 3) j;
SELECT * FROM waiting;
SELECT * FROM btrdb_values(:'s', 0, 2000);
SELECT * FROM btrdb_windows(:'s', 1000, 1004, 2);
SELECT * FROM btrdb_aligned_windows(:'s', 1000, 1008, 2);
SELECT btrdb_stat(:'s', 1001, 1003), btrdb_count(:'s'), btrdb_version(:'s');
SELECT * FROM btrdb_nearest(:'s', 1003, true), btrdb_earliest(:'s') AS e, btrdb_latest(:'s') AS l;
SELECT * FROM btrdb_changes(:'s', 10);
SELECT btrdb_count(:'s', version => 10);
SELECT * FROM btrdb.points WHERE stream = :'s';
SELECT count(*), sum(value) FROM btrdb.points WHERE stream IN (SELECT uuid FROM stream);
SELECT * FROM btrdb_check();

-- of equal times the order of insertion, whichever way they come
SELECT btrdb_insert(:'s', 1002, 90);
INSERT INTO btrdb.points VALUES (:'s', 1002, 91);
INSERT INTO btrdb.points SELECT uuid, 1002, 92 FROM stream;
SELECT btrdb_insert(:'s', '{1002,1002}'::bigint[], '{93,94}');
SELECT * FROM waiting;
SELECT array_agg(value) FROM btrdb_values(:'s', 1002, 1003);
SET btrdb.compact_rows = 1;
INSERT INTO btrdb.points SELECT uuid, 1002, 95 FROM stream;
SELECT * FROM waiting;
SELECT btrdb_insert(:'s', 1002, 96);
SELECT array_agg(value) FROM btrdb_values(:'s', 1002, 1003);
RESET btrdb.compact_rows;
INSERT INTO btrdb.points SELECT uuid, 1002, 97 FROM stream;
SELECT btrdb_insert(:'s', array_agg(1002::bigint), array_agg(100.0 + i)) FROM generate_series(1, 1100) i;
INSERT INTO btrdb.points SELECT uuid, 1002, 98 FROM stream;
SELECT (array_agg(value))[1:11], count(*), (array_agg(value))[1109:] FROM btrdb_values(:'s', 1002, 1003);
SELECT * FROM waiting;
SELECT btrdb_flush(:'s');
SELECT (array_agg(value))[1:11], count(*), (array_agg(value))[1109:] FROM btrdb_values(:'s', 1002, 1003);
SELECT * FROM waiting;
SELECT btrdb_flush();
SELECT (array_agg(value))[1:11], count(*), (array_agg(value))[1109:] FROM btrdb_values(:'s', 1002, 1003);
SELECT * FROM waiting;

-- many points of a stream, among few of others
INSERT INTO btrdb.points SELECT uuid, i, i FROM stream, generate_series(1, 2000) i WHERE i < CASE id WHEN 1 THEN 2000 WHEN 2 THEN 100 ELSE 5 END;
SELECT stream, count(*) FROM btrdb.buffer GROUP BY stream;
SELECT uuid, btrdb_count(uuid, 0, 1000), btrdb_count(uuid, version => btrdb_version(uuid)) FROM stream WHERE id < 4 ORDER BY id;
SELECT count(*) FROM btrdb.mixed;
SELECT btrdb_delete(:'t', 3, 50);
SELECT btrdb_count(:'t', 0, 1000);
SELECT * FROM waiting;
INSERT INTO btrdb.points SELECT uuid, -5, 5 FROM stream;
SELECT btrdb_revert(:'t', 10), btrdb_count(:'t');
SELECT btrdb_count(uuid, -5, -4) FROM stream ORDER BY id;
SELECT * FROM btrdb_check();
SELECT btrdb_flush();

-- limits: as many rows as the points need, of a single stream too
INSERT INTO btrdb.points SELECT uuid, i * 100000000000, i FROM stream, generate_series(1, 15) i;
SELECT count(*) FROM btrdb.mixed;
SELECT btrdb_insert(:'s', array_agg(i), array_agg(i)) FROM generate_series(1, 700::bigint) i;
SELECT count(*), sum(length(points)), max(length(points)) FROM btrdb.mixed;
SELECT count(*), min(value), max(value), btrdb_count(:'s', 0, 2000000000000), count(DISTINCT time) FROM btrdb_values(:'s', 0, 2000000000000);
INSERT INTO btrdb.points SELECT uuid, CASE id % 2 WHEN 0 THEN -4611686018427387904 ELSE 4611686018427387903 END, '-0'::float8 FROM stream;
SELECT time, value FROM btrdb.points WHERE (time < -1000000000000 OR time > 2000000000000) AND stream IN (SELECT uuid FROM stream) ORDER BY stream, time;
SELECT * FROM btrdb_check();
SELECT btrdb_flush();
SELECT time, value FROM btrdb.points WHERE (time < -1000000000000 OR time > 2000000000000) AND stream IN (SELECT uuid FROM stream) ORDER BY stream, time;

-- transactions
BEGIN;
INSERT INTO btrdb.points SELECT uuid, 7, 1 FROM stream;
SAVEPOINT a;
INSERT INTO btrdb.points SELECT uuid, 7, 2 FROM stream;
SET LOCAL btrdb.compact_rows = 1;
INSERT INTO btrdb.points SELECT uuid, 7, 3 FROM stream;
SELECT array_agg(value) FROM btrdb_values(:'t', 7, 8);
SELECT count(*) FROM btrdb.mixed;
ROLLBACK TO a;
SELECT array_agg(value) FROM btrdb_values(:'t', 7, 8);
SELECT count(*) FROM btrdb.mixed;
SELECT btrdb_insert(:'t', 7, 4);
COMMIT;
SELECT array_agg(value) FROM btrdb_values(:'t', 7, 8);
BEGIN ISOLATION LEVEL REPEATABLE READ;
INSERT INTO btrdb.points SELECT uuid, 7, 5 FROM stream;
SET LOCAL btrdb.compact_rows = 1;
INSERT INTO btrdb.points SELECT uuid, 7, 6 FROM stream;
SELECT btrdb_insert(:'t', 7, 7);
SELECT count(*) > 0 AS not_compacted FROM btrdb.mixed;
SELECT btrdb_flush(:'t') > 10 AS flushed;
SELECT array_agg(value) FROM btrdb_values(:'t', 7, 8);
COMMIT;
SELECT array_agg(value) FROM btrdb_values(:'t', 7, 8);

-- a stream of the same transaction, and one that was there in a subtransaction only
BEGIN;
SAVEPOINT a;
INSERT INTO btrdb.streams (uuid, collection, tags, number) VALUES ('e1000000-0000-0000-0000-000000000000', 'mixed', '{"name": "10"}', 1000000000010);
INSERT INTO btrdb.points SELECT uuid, 8, 1 FROM stream;
SELECT btrdb_count('e1000000-0000-0000-0000-000000000000'::uuid);
ROLLBACK TO a;
INSERT INTO btrdb.streams (uuid, collection, tags, number) VALUES ('e1000000-0000-0000-0000-000000000000', 'mixed', '{"name": "10"}', 2000000000000);
INSERT INTO btrdb.points SELECT uuid, 8, 2 FROM stream;
INSERT INTO btrdb.points VALUES ('e1000000-0000-0000-0000-000000000000', 8, 3);
SELECT * FROM btrdb_values('e1000000-0000-0000-0000-000000000000', 0, 10);
COMMIT;
SELECT * FROM btrdb_check();
UPDATE btrdb.streams SET number = 5 WHERE uuid = 'e1000000-0000-0000-0000-000000000000';

-- what a function reads while the statement inserts
CREATE FUNCTION insert_more(u uuid) RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO btrdb.points SELECT uuid, 9, 0.5 FROM stream;
	RETURN btrdb_count(u, 9, 10);
END
$$;
INSERT INTO btrdb.points SELECT uuid, 9, insert_more(uuid) FROM stream;
SELECT DISTINCT array_length(array_agg(value ORDER BY value), 1) FROM stream, btrdb_values(uuid, 9, 10) GROUP BY uuid;
SELECT max(value) FROM stream, btrdb_values(uuid, 9, 10);

-- TRUNCATE, maintenance, statistics
BEGIN;
TRUNCATE btrdb.points;
SELECT sum(btrdb_count(uuid)) FROM stream;
INSERT INTO btrdb.points SELECT uuid, 10, 1 FROM stream;
SELECT sum(btrdb_count(uuid)) FROM stream;
SELECT * FROM btrdb_check();
SELECT btrdb_flush() > 0 AS flushed;
SELECT sum(btrdb_count(uuid)) FROM stream;
ROLLBACK;
SELECT btrdb_flush() > 0 AS flushed;
INSERT INTO btrdb.points SELECT uuid, 10, 1 FROM stream;
SELECT * FROM btrdb_maintain() WHERE action = 'compact';
SET btrdb.compact_rows = 8;
SELECT * FROM btrdb_maintain() WHERE action = 'compact';
SELECT count(*) FROM btrdb.mixed;
INSERT INTO btrdb.points SELECT uuid, 10, 1 FROM stream;
ANALYZE btrdb.points;
SELECT reltuples = (SELECT count(*) FROM btrdb.points) AS counted FROM pg_class WHERE oid = 'btrdb.points'::regclass;
RESET btrdb.compact_rows;

-- a stream that is removed: its points are gone, and a compaction drops them
SELECT count(*) FROM btrdb.mixed;
BEGIN;
SELECT btrdb_obliterate(:'t');
INSERT INTO btrdb.points SELECT uuid, 11, 1 FROM stream;
SELECT count(DISTINCT stream) FROM btrdb.points WHERE time = 11 AND stream IN (SELECT uuid FROM stream);
ROLLBACK;
SELECT btrdb_count(:'t', 10, 11);
SELECT btrdb_obliterate(:'t');
INSERT INTO btrdb.points SELECT uuid, 11, 1 FROM stream;
SELECT count(DISTINCT stream) FROM btrdb.points WHERE time = 11 AND stream IN (SELECT uuid FROM stream);
INSERT INTO btrdb.points VALUES (:'t', 11, 1);
SELECT * FROM btrdb_check();
SET btrdb.compact_rows = 1;
INSERT INTO btrdb.points SELECT uuid, 11, 2 FROM stream;
RESET btrdb.compact_rows;
SELECT count(DISTINCT stream), sum((stream = :'t')::int) FROM btrdb.buffer;
INSERT INTO btrdb.points SELECT uuid, 12, 2 FROM stream;

-- not for hands; damage is noticed
DELETE FROM btrdb.mixed;
TRUNCATE btrdb.mixed;
BEGIN;
ALTER TABLE btrdb.mixed DISABLE TRIGGER guard_row;
UPDATE btrdb.mixed SET points = set_byte(points, 40, get_byte(points, 40) # 1);
SELECT regexp_replace(problem, '\(.*?\)', '') AS problem FROM btrdb_check();
SELECT regexp_replace(problem, '\(.*?\)', '') AS problem FROM btrdb_check(:'s');
\set VERBOSITY sqlstate
SAVEPOINT a;
SELECT btrdb_count(:'s');
ROLLBACK TO a;
SELECT btrdb_flush(:'s');
ROLLBACK TO a;
SELECT count(*) FROM btrdb.points;
\set VERBOSITY default
ROLLBACK;
BEGIN;
ALTER TABLE btrdb.mixed DISABLE TRIGGER guard_row;
UPDATE btrdb.mixed SET cohort = 3, waiting = -1;
SELECT count(*), regexp_replace(problem, 'row \d+', 'row') AS problem FROM btrdb_check() GROUP BY 2 ORDER BY 2;
ROLLBACK;
SELECT * FROM btrdb_check();
SELECT btrdb_flush() > 0 AS flushed;
DROP FUNCTION insert_more;
DROP VIEW waiting, stream;
