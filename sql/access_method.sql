-- The store as a relation: TRUNCATE, VACUUM, ANALYZE, size.
SELECT btrdb_create('truncate', stream => 'a0000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_insert(:'s', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 10000) AS i;
SELECT btrdb_insert(:'s', 20000, 1);
SELECT pg_relation_filenode('btrdb.points') AS file \gset

-- rolled back, it never was
BEGIN;
TRUNCATE btrdb.points;
SELECT btrdb_version(:'s'), btrdb_count(:'s'), pg_relation_size('btrdb.points');
SELECT btrdb_insert(:'s', 7, 7), btrdb_flush(:'s');
SELECT * FROM btrdb_values(:'s', 0, 100000);
-- twice in one transaction, and in a subtransaction
TRUNCATE btrdb.points;
SELECT btrdb_version(:'s'), btrdb_count(:'s'), pg_relation_size('btrdb.points');
SAVEPOINT a;
SELECT btrdb_insert(:'s', 8, 8), btrdb_flush(:'s');
TRUNCATE btrdb.points;
SELECT btrdb_count(:'s');
ROLLBACK TO a;
SELECT btrdb_version(:'s'), btrdb_count(:'s');
SELECT * FROM btrdb_check();
ROLLBACK;
SELECT btrdb_version(:'s'), btrdb_count(:'s'), pg_relation_filenode('btrdb.points') = :file AS same_file;
SELECT * FROM btrdb_check();

-- committed: streams are empty, in a new store; numbers go on
TRUNCATE btrdb.points;
SELECT btrdb_version(:'s'), btrdb_count(:'s'), btrdb_count(:'s', version => 11);
SELECT pg_relation_filenode('btrdb.points') = :file AS same_file, pg_relation_size('btrdb.points');
SELECT version, count, earliest, latest FROM btrdb_versions(:'s');
SELECT * FROM btrdb_check();
SELECT btrdb_insert(:'s', ARRAY[5, 6], ARRAY[5, 6]::float8[]), btrdb_flush(:'s');
SELECT btrdb_revert(:'s', 11);
SELECT btrdb_count(:'s');
SELECT btrdb_revert(:'s', 12);
SELECT * FROM btrdb_values(:'s', 0, 100000);
SELECT count(DISTINCT store) FROM btrdb.versions WHERE stream = :'s';

-- space of a transaction that was rolled back is used again after VACUUM
BEGIN;
SELECT btrdb_insert(:'s', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 100000) AS i;
ROLLBACK;
SELECT pg_relation_size('btrdb.points') AS size \gset
VACUUM btrdb.points;
SELECT * FROM btrdb_check();
BEGIN;
SELECT btrdb_insert(:'s', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 100000) AS i;
SELECT * FROM btrdb_check();
ROLLBACK;
VACUUM btrdb.points;
SELECT btrdb_insert(:'s', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 100000) AS i;
SELECT pg_relation_size('btrdb.points') = :size AS flat;
SELECT btrdb_count(:'s');

-- VACUUM leaves committed nodes alone, and lets old transaction ids be forgotten
DO $$
BEGIN
	FOR i IN 1..200 LOOP
		BEGIN
			PERFORM btrdb_flush();	-- takes a transaction id
		EXCEPTION WHEN division_by_zero THEN
		END;
	END LOOP;
END
$$;
SELECT age(relfrozenxid) > 200 AS old FROM pg_class WHERE oid = 'btrdb.points'::regclass;
VACUUM btrdb.points;
SELECT btrdb_count(:'s');
SELECT age(relfrozenxid) < 200 AS frozen, relminmxid <> '0' AS minmulti FROM pg_class WHERE oid = 'btrdb.points'::regclass;

-- nodes keep their places in another tablespace
SET allow_in_place_tablespaces = on;
CREATE TABLESPACE regress_btrdb LOCATION '';
ALTER TABLE btrdb.points SET TABLESPACE regress_btrdb;
SELECT btrdb_count(:'s'), btrdb_version(:'s');
SELECT * FROM btrdb_check();
SELECT btrdb_insert(:'s', -1, -1), btrdb_flush(:'s');
ALTER TABLE btrdb.points SET TABLESPACE pg_default;
SELECT btrdb_count(:'s'), btrdb_version(:'s');
SELECT * FROM btrdb_check();
DROP TABLESPACE regress_btrdb;

-- ANALYZE counts the points of all streams, also those in buffers, and samples them
SELECT btrdb_insert(:'s', 5, 5), btrdb_insert(:'s', 6, 6);
ANALYZE btrdb.points;
SELECT reltuples = (SELECT sum(btrdb_count(uuid)) FROM btrdb.streams) AS tuples,
	relpages = pg_relation_size('btrdb.points') / 8192 AS pages
FROM pg_class WHERE oid = 'btrdb.points'::regclass;
SELECT attname, null_frac, n_distinct < 0 AS many, histogram_bounds IS NOT NULL AS histogram
FROM pg_stats WHERE schemaname = 'btrdb' AND tablename = 'points' ORDER BY attname;
SELECT bounds[1] <= 1000 AS low, bounds[51] BETWEEN 45000 AND 55000 AS middle, bounds[101] >= 99000 AS high
FROM (SELECT histogram_bounds::text::bigint[] AS bounds FROM pg_stats
	WHERE schemaname = 'btrdb' AND tablename = 'points' AND attname = 'time') AS s;
-- the sample is in the order of the places, however small a part of it is kept
SET default_statistics_target = 10;
ANALYZE btrdb.points;
SELECT correlation > 0.99 AS correlated FROM pg_stats WHERE schemaname = 'btrdb' AND tablename = 'points' AND attname = 'time';
RESET default_statistics_target;
-- of nothing
BEGIN;
TRUNCATE btrdb.points;
ANALYZE btrdb.points;
SELECT reltuples FROM pg_class WHERE oid = 'btrdb.points'::regclass;
ROLLBACK;
-- of many streams, whose points share rows of btrdb.mixed and are nowhere else
BEGIN;
TRUNCATE btrdb.points;
INSERT INTO btrdb.streams (uuid, collection, tags)
SELECT md5('analyze' || i)::uuid, 'analyze', jsonb_build_object('name', i) FROM generate_series(1, 1000) AS i;
INSERT INTO btrdb.points SELECT uuid, 1, 1 FROM btrdb.streams WHERE collection = 'analyze';
INSERT INTO btrdb.points SELECT uuid, 2, 2 FROM btrdb.streams WHERE collection = 'analyze';
INSERT INTO btrdb.points SELECT uuid, 3, 3 FROM btrdb.streams WHERE collection = 'analyze';
SELECT (SELECT count(*) FROM btrdb.mixed) > 0 AS mixed, count(b.stream) AS buffered, count(v.stream) AS versions
FROM btrdb.streams LEFT JOIN btrdb.buffer AS b ON b.stream = uuid LEFT JOIN btrdb.versions AS v ON v.stream = uuid WHERE collection = 'analyze';
ANALYZE btrdb.points;
SELECT reltuples FROM pg_class WHERE oid = 'btrdb.points'::regclass;
SELECT attname, round(n_distinct::numeric, 4) AS n_distinct FROM pg_stats WHERE schemaname = 'btrdb' AND tablename = 'points' ORDER BY attname;
ROLLBACK;
-- VACUUM FULL keeps the number
VACUUM (FULL) btrdb.points;
SELECT reltuples = (SELECT sum(btrdb_count(uuid)) FROM btrdb.streams) AS tuples
FROM pg_class WHERE oid = 'btrdb.points'::regclass;

SELECT * FROM btrdb_check();
