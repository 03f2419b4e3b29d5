-- btrdb_trim: of old points only the statistics stay
SET extra_float_digits = -2;
\set s '''25000000-0000-0000-0000-000000000001'''
SELECT btrdb_create('trim', stream => :s) AS stream;
-- nothing to trim yet
SELECT btrdb_trim(:s, 1000, 3);
-- 10,000 points, one each 100 ns, and three much later
SELECT btrdb_insert(:s, array_agg(i * 100), array_agg((i % 7)::float8)) FROM generate_series(0, 9999) AS i;
SELECT btrdb_insert(:s, ARRAY[5000000000, 5000000001, 5000000002], ARRAY[1, 2, 3.0]);
SELECT btrdb_flush(:s);
CREATE TEMP TABLE before AS SELECT * FROM btrdb_aligned_windows(:s, 0, 1::bigint << 40, 12);

-- from 499712 = 122 * 2^12 on they stay
SELECT btrdb_trim(:s, 499999, 12) AS v \gset
SELECT :v;
SELECT * FROM btrdb_check();
SELECT count(*) FROM (SELECT * FROM btrdb_aligned_windows(:s, 0, 1::bigint << 40, 12) EXCEPT SELECT * FROM before) AS d;
SELECT time, min, mean, max, count, stddev FROM btrdb_aligned_windows(:s, 0, 20000, 12);
SELECT count(*), sum(count) FROM btrdb_aligned_windows(:s, 0, 1::bigint << 40, 20);
-- again, further, not so far, and less: nothing is left to trim
SELECT btrdb_trim(:s, 499999, 12) = :v, btrdb_trim(:s, 0, 12) = :v, btrdb_trim(:s, 499712, 11) = :v, btrdb_trim(:s, 400000, 10) = :v;

-- what is answered exactly: windows that begin and end with those
SELECT btrdb_count(:s), btrdb_count(:s, 4096, 8192), btrdb_stat(:s, 4096, 4096 * 64), btrdb_count(:s, 499712, 600000), btrdb_count(:s, 499999);
SELECT * FROM btrdb_windows(:s, 0, 4096 * 6, 8192);
SELECT * FROM btrdb_nearest(:s, 499712);
SELECT * FROM btrdb_latest(:s);
SELECT version, count, earliest, latest FROM btrdb_versions(:s);
SELECT points, first_time, last_time FROM btrdb.stream_stats WHERE uuid = :s;
SELECT * FROM btrdb_values(:s, 499712, 500000);
SELECT count(*), min(value), max(value) FROM btrdb.points WHERE stream = :s AND time < 8192;
-- windows that are accurate to the width of those only
SELECT * FROM btrdb_windows(:s, 0, 20000, 5000, 12);

-- what is not
SELECT btrdb_count(:s, 1, 8192);
SELECT * FROM btrdb_values(:s, 0, 1);
SELECT * FROM btrdb_values(:s, 499711, 499712);
SELECT * FROM btrdb_windows(:s, 0, 20000, 5000);
SELECT * FROM btrdb_aligned_windows(:s, 0, 8192, 11);
SELECT * FROM btrdb_nearest(:s, 5000);
SELECT * FROM btrdb_nearest(:s, 499712, true);
SELECT * FROM btrdb_earliest(:s);
SELECT count(*) FROM btrdb.points WHERE stream = :s AND value > 3;
SELECT btrdb_delete(:s, 0, 1000);
-- an older version has it all
SELECT * FROM btrdb_values(:s, 0, 200, version => :v - 1);
SELECT count(*) FROM btrdb_values(:s, 0, 500000, version => :v - 1);
-- or what is left
SET btrdb.trimmed_points = 'skip';
SELECT * FROM btrdb_values(:s, 0, 499900);
SELECT count(*) FROM btrdb.points WHERE stream = :s AND value >= 0;
SELECT * FROM btrdb_earliest(:s);
SELECT * FROM btrdb_nearest(:s, 5000);
SELECT * FROM btrdb_nearest(:s, 499712, true);
SELECT btrdb_count(:s, 1, 8192), btrdb_count(:s, 0, 8192), btrdb_count(:s);
RESET btrdb.trimmed_points;

-- late points: in trimmed windows only their statistics are stored
SELECT btrdb_insert(:s, ARRAY[0, 4096, 4097, 700000, 5000000001], ARRAY[-5, 50, 51, -7, 8.0]), btrdb_flush(:s);
SELECT * FROM btrdb_check();
SELECT time, min, mean, max, count, stddev FROM btrdb_aligned_windows(:s, 0, 12288, 12);
SELECT * FROM btrdb_values(:s, 699900, 700100);
-- where the leaf around 700000 begins and ends depends on the page that there was room in
SELECT CASE WHEN other THEN start_time END AS start_time, CASE WHEN other THEN end_time END AS end_time
FROM btrdb_changes(:s, :v, :v + 1), LATERAL (SELECT NOT 700000 BETWEEN start_time AND end_time - 1 AS other) AS x;
-- a policy that must know what is there
SELECT btrdb_insert(:s, 4096, 50, 'equal');
SELECT btrdb_insert(:s, 700000, -7, 'equal');

-- wider windows, and beyond what was trimmed before
SELECT btrdb_trim(:s, 1000000, 14);
SELECT * FROM btrdb_check();
SELECT count(*), sum(count), min(min), max(max) FROM btrdb_aligned_windows(:s, 0, 1000000, 14);
SELECT btrdb_count(:s, 0, 16384), btrdb_count(:s, 16384, 32768);
SELECT btrdb_count(:s, 0, 4096);
-- the end lies inside of a window that was trimmed further
SELECT btrdb_trim(:s, 20000, 12);
-- all
SELECT btrdb_trim(:s, 'infinity'::timestamptz, 30);
SELECT * FROM btrdb_check();
SELECT * FROM btrdb_aligned_windows(:s, 0, 1::bigint << 40, 30);
SELECT version, count, earliest, latest FROM btrdb_versions(:s) ORDER BY version DESC LIMIT 1;
SELECT * FROM btrdb_latest(:s);
SELECT btrdb_delete(:s, 0, 1::bigint << 30);
SELECT * FROM btrdb_check();
SELECT btrdb_count(:s);
SELECT btrdb_delete(:s, -1, 1::bigint << 40);
SELECT btrdb_count(:s);
SELECT btrdb_revert(:s, :v - 1);
SELECT btrdb_count(:s), (SELECT count(*) FROM btrdb_values(:s, 0, 5000));
SELECT * FROM btrdb_check();

-- points at one nanosecond, points at the ends of time
SELECT btrdb_create('trim', '{"name": "t"}') AS t \gset
SELECT btrdb_insert(:'t', array_agg(7::bigint), array_agg(random())) FROM generate_series(1, 20000);
SELECT btrdb_insert(:'t', ARRAY[-4611686018427387904, 4611686018427387903], ARRAY[1, 2.0]);
SELECT btrdb_flush(:'t') IS NOT NULL;
SELECT btrdb_trim(:'t', 4611686018427387904, 0) IS NOT NULL;
SELECT * FROM btrdb_check();
SELECT time, count FROM btrdb_aligned_windows(:'t', -4611686018427387904, 4611686018427387904, 0);
SELECT btrdb_trim(:'t', 4611686018427387904, 60) IS NOT NULL;
SELECT * FROM btrdb_check();
SELECT time, count FROM btrdb_aligned_windows(:'t', -4611686018427387904, 4611686018427387904, 60);

-- spellings, errors
SELECT btrdb_trim(:'t', '1970-01-01', 20) = btrdb_version(:'t'), btrdb_trim(:'t', timestamptz '1970-01-01', 20) = btrdb_version(:'t'), btrdb_trim(:'t', '500', 20) = btrdb_version(:'t');
SELECT btrdb_trim(:'t', 0, 61);
SELECT btrdb_trim(:'t', 0, -1);
SELECT btrdb_trim(:'t', 4611686018427387905, 0);
SELECT btrdb_trim(:'t', NULL::bigint, 0);
SELECT btrdb_trim('25000000-0000-0000-0000-0000000000ff', 0, 0);
BEGIN READ ONLY;
SELECT btrdb_trim(:'t', 0, 0);
ROLLBACK;

-- policies: points of a year and a half, one a day, the last one yesterday
SELECT btrdb_create('trim', '{"name": "p"}') AS p \gset
SELECT btrdb_insert(:'p', array_agg(btrdb_time(now() - i * interval '1 day')), array_agg(i::float8)) FROM generate_series(1, 500) AS i;
SELECT btrdb_flush(:'p') IS NOT NULL;
UPDATE btrdb.streams SET keep = '300 days', trim_after = '100 days', trim_pointwidth = 46 WHERE uuid = :'p';
SELECT action, streams, items FROM btrdb_maintain() WHERE action IN ('expire', 'trim');
SELECT action, streams, items FROM btrdb_maintain() WHERE action IN ('expire', 'trim');
SELECT count(*) BETWEEN 290 AND 302 FROM btrdb_aligned_windows(:'p', 0, 4611686018427387904, 46);
SELECT btrdb_count(:'p') BETWEEN 298 AND 302;
SELECT count(*) BETWEEN 95 AND 97 FROM btrdb_values(:'p', now() - interval '97 days', 'infinity');
\set VERBOSITY sqlstate
SELECT count(*) FROM btrdb_values(:'p', now() - interval '110 days', 'infinity');
\set VERBOSITY default
SELECT * FROM btrdb_check();
-- trimmed windows go as wholes
UPDATE btrdb.streams SET keep = '200 days' WHERE uuid = :'p';
SELECT action, streams, items BETWEEN 97 AND 103 FROM btrdb_maintain() WHERE action IN ('expire', 'trim');
SELECT * FROM btrdb_check();
\set VERBOSITY terse
UPDATE btrdb.streams SET keep = NULL, trim_after = NULL WHERE uuid = :'p';
UPDATE btrdb.streams SET trim_pointwidth = 61 WHERE uuid = :'p';
UPDATE btrdb.streams SET keep = '1 month' WHERE uuid = :'p';
UPDATE btrdb.streams SET keep = '0' WHERE uuid = :'p';
\set VERBOSITY default
SELECT btrdb_obliterate(:s), btrdb_obliterate(:'t'), btrdb_obliterate(:'p');
