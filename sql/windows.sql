-- Windows of any width, and aligned windows.

-- the last digits depend on how points are spread over leaves
SET extra_float_digits = -2;
SELECT btrdb_create('windows', stream => '30000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_insert(:'s', array_agg(i * 1000), array_agg((i % 100)::float8)) FROM generate_series(0, 49999) AS i;
SELECT btrdb_insert(:'s', ARRAY[-500, 10000500, 60000000], ARRAY[1000, 2000, 3000]::float8[]);

-- windows begin at start, are as many as fit, and may be empty
SELECT * FROM btrdb_windows(:'s', 0, 50000, 10000);
SELECT * FROM btrdb_windows(:'s', 1, 50000, 10000);
SELECT * FROM btrdb_windows(:'s', -2000, 2999, 1000);
SELECT * FROM btrdb_windows(:'s', 49990000, 60010000, 5000000);
SELECT * FROM btrdb_windows(:'s', 0, 9999, 10000);
SELECT * FROM btrdb_windows(:'s', 7, 7, 1);
SELECT count(*), sum(count) FROM btrdb_windows(:'s', 0, 50000000, 50000);
SELECT count(*), sum(count) FROM btrdb_windows(:'s', 0, 50000000, 333);

-- the whole of time in one window, and in windows that just do not fit twice
SELECT count, min, max FROM btrdb_windows(:'s', -4611686018427387904, 4611686018427387904, 9223372036854775807);
SELECT "time", count FROM btrdb_windows(:'s', -4611686018427387904, 4611686018427387904, 4611686018427387904);
SELECT "time", count FROM btrdb_windows(:'s', -4611686018427387904, 4611686018427387904, 4611686018427387905);

-- every window equals the summary of its range
SELECT w.width, count(*) AS windows, sum(x.count) AS points,
	bool_and(x.count = btrdb_count(st)) AS same_count,
	bool_and(x.min IS NOT DISTINCT FROM btrdb_min(st) AND x.max IS NOT DISTINCT FROM btrdb_max(st)) AS same_range,
	bool_and(x.count = 0 OR abs(x.mean - btrdb_mean(st)) <= 1e-9) AS same_mean,
	bool_and(x.count = 0 OR abs(x.stddev - btrdb_stddev(st)) <= 1e-9) AS same_stddev
	FROM (VALUES (100000), (131072), (777777), (9999999)) AS w (width),
	LATERAL btrdb_windows(:'s', -1234567, 61000000, w.width) AS x,
	LATERAL btrdb_stat(:'s', x."time", x."time" + w.width) AS st
	GROUP BY w.width ORDER BY w.width;

-- depth allows edges to be off, and loses no point inside
SELECT d, count(*), sum(count) FROM unnest(ARRAY[0, 4, 10, 20, 62]) AS d,
	LATERAL btrdb_windows(:'s', -1000000, 61000000, 1000000, depth => d) GROUP BY d ORDER BY d;
SELECT d, bool_and(abs(a.count - b.count) <= 2 * (1 << d) / 1000 + 1) AS near FROM unnest(ARRAY[4, 10, 14]) AS d,
	LATERAL btrdb_windows(:'s', -1000000, 50000000, 1000000) AS a
	JOIN LATERAL btrdb_windows(:'s', -1000000, 50000000, 1000000, d) AS b USING ("time") GROUP BY d ORDER BY d;

-- aligned windows: edges are rounded down, empty windows left out
SELECT * FROM btrdb_aligned_windows(:'s', 0, 40000, 13);
SELECT * FROM btrdb_aligned_windows(:'s', 8191, 24577, 13);
SELECT * FROM btrdb_aligned_windows(:'s', -1, 8191, 13);
SELECT * FROM btrdb_aligned_windows(:'s', 49999000, 70000000, 20);
SELECT * FROM btrdb_aligned_windows(:'s', 100, 101, 0);
SELECT * FROM btrdb_aligned_windows(:'s', 1000, 1001, 0);
SELECT * FROM btrdb_aligned_windows(:'s', 5, 6, 10);
SELECT "time", count FROM btrdb_aligned_windows(:'s', -4611686018427387904, 4611686018427387904, 60);

-- they equal the other windows
SELECT p, count(*) AS windows, sum(a.count) AS points, bool_and(a = w) AS same
	FROM (VALUES (12), (17), (23), (40)) AS x (p),
	LATERAL btrdb_aligned_windows(:'s', -(1::bigint << 41), 1::bigint << 41, p) AS a,
	LATERAL btrdb_windows(:'s', a."time", a."time" + (1::bigint << p), 1::bigint << p) AS w
	GROUP BY p ORDER BY p;

-- the same from the tree alone
SELECT btrdb_flush(:'s');
SELECT "time", count FROM btrdb_windows(:'s', -4611686018427387904, 4611686018427387904, 4611686018427387904);
SELECT count(*), sum(count) FROM btrdb_windows(:'s', -1000000, 61000000, 333333);
SELECT * FROM btrdb_aligned_windows(:'s', -1, 8192, 13);

-- at an older version
SELECT * FROM btrdb_windows(:'s', -2000, 1000, 1000, version => 11);
SELECT * FROM btrdb_aligned_windows(:'s', -8192, 8192, 13, 11);
SELECT * FROM btrdb_windows(:'s', 0, 2000, 1000, version => 10);
SELECT * FROM btrdb_aligned_windows(:'s', 0, 8192, 13, version => 1);

SELECT * FROM btrdb_check();
