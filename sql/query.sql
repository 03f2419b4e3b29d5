-- Reading points and summaries of ranges.

-- the last digits depend on how points are spread over leaves
SET extra_float_digits = -2;
SELECT btrdb_create('query', stream => '20000000-0000-0000-0000-000000000001') AS s \gset

-- an empty stream
SELECT * FROM btrdb_values(:'s', -100, 100);
SELECT btrdb_stat(:'s', -100, 100);
SELECT btrdb_count(:'s');
SELECT * FROM btrdb_nearest(:'s', 0);
SELECT * FROM btrdb_earliest(:'s');
SELECT * FROM btrdb_latest(:'s');

-- 20,000 points in the tree, one each 10 ns, some more in the buffer
SELECT btrdb_insert(:'s', array_agg(i * 10), array_agg(i::float8)) FROM generate_series(0, 19999) AS i;
SELECT btrdb_insert(:'s', ARRAY[-5, 100005, 300000], ARRAY[-0.5, 10000.5, 30000]);

-- a range contains its start and not its end
SELECT * FROM btrdb_values(:'s', 100000, 100020);
SELECT * FROM btrdb_values(:'s', 100001, 100010);
SELECT count(*), min("time"), max("time"), sum(value) FROM btrdb_values(:'s', -1000, 1000000);
SELECT count(*), bool_and("time" >= prev) AS sorted FROM (
	SELECT "time", lag("time", 1, -1000) OVER () AS prev FROM btrdb_values(:'s', -1000, 1000000)) AS v;
SELECT * FROM btrdb_values(:'s', 5, 5);
SELECT * FROM btrdb_values(:'s', 4611686018427387904, 4611686018427387904);

-- summaries equal those of the points
SELECT r.a, r.b, btrdb_count(:'s', r.a, r.b),
	btrdb_count(:'s', r.a, r.b) = v.count AS same_count,
	btrdb_count(st) = v.count AS same_stat_count,
	btrdb_min(st) IS NOT DISTINCT FROM v.min AS same_min,
	btrdb_max(st) IS NOT DISTINCT FROM v.max AS same_max,
	v.count = 0 OR abs(btrdb_mean(st) - v.mean) <= 1e-10 * abs(v.mean) AS same_mean,
	v.count = 0 OR abs(btrdb_stddev(st) - v.stddev) <= 1e-9 * v.stddev AS same_stddev
	FROM (VALUES (-1000, 1000000), (0, 200000), (3, 199997), (1, 9), (100000, 100010),
		(12345, 54321), (0, 1), (400000, 500000), (7, 7)) AS r (a, b),
	LATERAL btrdb_stat(:'s', r.a, r.b) AS st,
	LATERAL (SELECT count(*), min(value), max(value), avg(value) AS mean, stddev_pop(value) AS stddev
		FROM btrdb_values(:'s', r.a, r.b)) AS v;
SELECT btrdb_stat(:'s', 0, 30), btrdb_time(btrdb_stat(:'s', -7, 30));
SELECT btrdb_count(:'s'), btrdb_count(:'s', 0), btrdb_count(:'s', -4611686018427387904, 0), btrdb_count(:'s', version => 11);

-- nearest: forward at or after, backward before
SELECT * FROM btrdb_nearest(:'s', 100000);
SELECT * FROM btrdb_nearest(:'s', 100001);
SELECT * FROM btrdb_nearest(:'s', 100006);
SELECT * FROM btrdb_nearest(:'s', 100000, true);
SELECT * FROM btrdb_nearest(:'s', 100006, backward => true);
SELECT * FROM btrdb_nearest(:'s', 100006, true, 11);
SELECT * FROM btrdb_nearest(:'s', -4611686018427387904);
SELECT * FROM btrdb_nearest(:'s', 4611686018427387904, true);
SELECT * FROM btrdb_nearest(:'s', -5, true);
SELECT * FROM btrdb_nearest(:'s', 300001);
SELECT * FROM btrdb_earliest(:'s');
SELECT * FROM btrdb_latest(:'s');
SELECT * FROM btrdb_earliest(:'s', 11);
SELECT * FROM btrdb_latest(:'s', version => 11);

-- of equal times, forward finds the first and backward the last inserted
SELECT btrdb_insert(:'s', ARRAY[300000, 300000], ARRAY[30001, 30002]::float8[]);
SELECT * FROM btrdb_nearest(:'s', 250000);
SELECT * FROM btrdb_latest(:'s');
SELECT btrdb_flush(:'s');
SELECT * FROM btrdb_nearest(:'s', 250000);
SELECT * FROM btrdb_latest(:'s');

-- in joins, with LIMIT, and in a cursor
SELECT t, n."time", n.value FROM generate_series(0, 40, 13) AS t, LATERAL btrdb_nearest(:'s', t) AS n ORDER BY t;
SELECT * FROM btrdb_values(:'s', 0, 100000) LIMIT 2;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM btrdb_values(:'s', 0, 100000);
FETCH 2 FROM c;
SELECT btrdb_delete(:'s', 0, 100);
FETCH 2 FROM c;
ROLLBACK;

-- a NULL argument gives NULL or no rows
SELECT btrdb_count(NULL::uuid) IS NULL, btrdb_stat(:'s', NULL, 1) IS NULL;
SELECT * FROM btrdb_values(:'s', NULL, 1);

SELECT * FROM btrdb_check();
