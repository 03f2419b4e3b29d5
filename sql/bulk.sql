-- A million points: in one call, in many calls, shuffled.

-- the last digits depend on how points are spread over leaves
SET extra_float_digits = -2;
SELECT btrdb_create('bulk', stream => '90000000-0000-0000-0000-000000000001') AS s \gset

SELECT btrdb_insert(:'s', array_agg(i * 1000), array_agg((i % 1000)::float8)) FROM generate_series(0, 999999) AS i;
SELECT btrdb_stat(:'s', 0, 1000000000);
SELECT count(*), sum(count), min(min), max(max) FROM btrdb_windows(:'s', 0, 1000000000, 1000000);
SELECT count(*), sum(count) FROM btrdb_aligned_windows(:'s', 0, 1 << 30, 20);
SELECT count(*), sum(value) FROM btrdb_values(:'s', 500000000, 600000000);

-- a small commit writes a little: about a path and a leaf
SELECT btrdb_flush(:'s') AS version \gset
SELECT pg_relation_size('btrdb.points') AS size \gset
SELECT btrdb_insert(:'s', 500000500, 1), btrdb_flush(:'s');
SELECT pg_relation_size('btrdb.points') - :size <= 5 * 8192 AS small;

-- a full delete and a revert write next to nothing
SELECT pg_relation_size('btrdb.points') AS size \gset
SELECT btrdb_delete(:'s', -4611686018427387904, 4611686018427387904);
SELECT btrdb_count(:'s');
SELECT btrdb_revert(:'s', :version);
SELECT pg_relation_size('btrdb.points') = :size AS same_size;
SELECT btrdb_count(:'s');

-- shuffled, in a hundred calls
SELECT btrdb_create('bulk/shuffled', stream => '90000000-0000-0000-0000-000000000002') AS t \gset
SELECT count(btrdb_insert(:'t', times, vals)) FROM (
	SELECT i % 100 AS part, array_agg((i * 7919 % 200000) * 1000 ORDER BY i) AS times,
		array_agg((i * 7919 % 200000)::float8 ORDER BY i) AS vals
		FROM generate_series(0, 199999) AS i GROUP BY part) AS parts;
SELECT btrdb_version(:'t') > 10 AS committed, btrdb_count(:'t');
SELECT bool_and("time" = n * 1000 AND value = n) AS in_order FROM (
	SELECT "time", value, row_number() OVER () - 1 AS n FROM btrdb_values(:'t', 0, 1000000000)) AS v;

-- one by one, in one transaction: the buffer is committed as it fills
SELECT btrdb_create('bulk/single', stream => '90000000-0000-0000-0000-000000000003') AS u \gset
SELECT count(btrdb_insert(:'u', i * 1000, i)) FROM generate_series(0, 19999) AS i;
SELECT btrdb_version(:'u') > 10 AS committed, btrdb_count(:'u');
SELECT count(*) < 5000 AS bounded FROM btrdb.buffer WHERE stream = :'u';
SELECT btrdb_stat(:'u', 0, 1000000000);

-- little memory: a flush of more points than fit makes several versions
SET btrdb.direct_points = 1000000;
SET btrdb.buffer_points = 1000000;
SET btrdb.flush_memory = '64kB';
SELECT btrdb_create('bulk/memory', stream => '90000000-0000-0000-0000-000000000004') AS m \gset
SELECT btrdb_insert(:'m', array_agg(i * 1000), array_agg(i::float8)) FROM generate_series(0, 49999) AS i;
SELECT btrdb_version(:'m'), btrdb_count(:'m');
SELECT btrdb_flush(:'m') > 12 AS several;
SELECT btrdb_stat(:'m', 0, 1000000000);
RESET btrdb.direct_points;
RESET btrdb.buffer_points;
RESET btrdb.flush_memory;

SELECT * FROM btrdb_check();
