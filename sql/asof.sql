-- Joining in time: the point that belongs to a time.  Sums over time.
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT btrdb_create('asof', '{"name": "a"}', stream => '36000000-0000-0000-0000-000000000001') AS a,
	btrdb_create('asof', '{"name": "b"}', stream => '36000000-0000-0000-0000-000000000002') AS b \gset
SELECT btrdb_insert(:'a', array_agg(i * 10), array_agg(i::float8)) FROM generate_series(1, 3000) AS i;
SELECT btrdb_insert(:'a', ARRAY[100, 105, 40000], ARRAY[-1, -2, -3]::float8[]);

-- the last one at or before a time, the newest of equal ones
SELECT * FROM btrdb_asof(:'a', 10);
SELECT * FROM btrdb_asof(:'a', 9);
SELECT * FROM btrdb_asof(:'a', 100);
SELECT * FROM btrdb_asof(:'a', 100, version => 11);
SELECT * FROM btrdb_asof(:'a', 109, 'backward');
SELECT * FROM btrdb_asof(:'a', 35000);
SELECT * FROM btrdb_asof(:'a', 4611686018427387904);
-- the first one at or after it
SELECT * FROM btrdb_asof(:'a', 100, 'forward');
SELECT * FROM btrdb_asof(:'a', 101, 'forward');
SELECT * FROM btrdb_asof(:'a', 40001, 'forward');
SELECT * FROM btrdb_asof(:'a', -4611686018427387904, 'forward');
-- the nearer one, the former if both are as near
SELECT asked, p.* FROM unnest(ARRAY[0, 10, 14, 15, 16, 100, 102, 103, 35000, 50000]) AS asked, LATERAL btrdb_asof(:'a', asked, 'nearest') AS p;
-- not too far away
SELECT * FROM btrdb_asof(:'a', 35000, 'backward', 5000);
SELECT * FROM btrdb_asof(:'a', 35000, 'backward', 4999);
SELECT * FROM btrdb_asof(:'a', 35000, tolerance => '5us');
SELECT * FROM btrdb_asof(:'a', 35000, 'nearest', interval '0.00001 s');
SELECT * FROM btrdb_asof(:'a', 35000, 'forward', '4.999us');
SELECT * FROM btrdb_asof(:'a', 10, tolerance => '0');
SELECT * FROM btrdb_asof(:'a', 35000, tolerance => 'Infinity');

-- many times, in their order
SELECT * FROM btrdb_asof(:'a', ARRAY[109, 9, 100, 35000, 109]);
SELECT * FROM btrdb_asof(:'a', ARRAY[109, 9, 100, 35000], 'forward', 10);
SELECT * FROM btrdb_asof(:'a', ARRAY[15, 109, 9], 'nearest', tolerance => '1ns') WITH ORDINALITY;
SELECT * FROM btrdb_asof(:'a', '{}'::bigint[]);
SELECT * FROM btrdb_asof(:'a', ARRAY['1970-01-01 00:00:00.000000109', '100', 'infinity']);
SELECT * FROM btrdb_asof(:'a', ARRAY[timestamptz 'epoch', 'epoch'::timestamptz + interval '0.000035 s'], 'backward', interval '5 us');
SELECT * FROM btrdb_asof(:'a', '1970-01-01 00:00:00.000000109');
SELECT * FROM btrdb_asof(:'a', timestamptz '1970-01-01 00:00:00.000001Z');
SELECT * FROM btrdb_asof(:'b', ARRAY[1, 2]);
SELECT * FROM btrdb_asof(:'a', NULL::bigint[]);
SELECT * FROM btrdb_asof(:'a', 1, tolerance => NULL);

-- errors
SELECT * FROM btrdb_asof(:'a', ARRAY[1, NULL]);
SELECT * FROM btrdb_asof(:'a', ARRAY[[1], [2]]);
SELECT * FROM btrdb_asof(:'a', ARRAY[1, 4611686018427387905]);
SELECT * FROM btrdb_asof(:'a', -4611686018427387905);
SELECT * FROM btrdb_asof(:'a', ARRAY['1', 'x']);
SELECT * FROM btrdb_asof(:'a', 1, 'before');
SELECT * FROM btrdb_asof(:'a', 1, 'backward', -1);
SELECT * FROM btrdb_asof(:'a', 1, tolerance => '1 month');
SELECT * FROM btrdb_asof('36000000-0000-0000-0000-00000000000f', 1);

-- events of a table, with what streams had then
CREATE TEMP TABLE event (n int, stream uuid, at bigint);
INSERT INTO event VALUES (1, :'a', 5), (2, :'a', 123), (3, :'a', NULL), (4, :'b', 7), (5, :'a', 40000);
ANALYZE event;
EXPLAIN (COSTS OFF) SELECT n, p.value FROM event LEFT JOIN LATERAL btrdb_asof(stream, at) AS p ON true ORDER BY n;
SELECT n, p.value FROM event LEFT JOIN LATERAL btrdb_asof(stream, at) AS p ON true ORDER BY n;
SELECT n, p.value, at - p.time AS age FROM event, btrdb_asof(stream, at, 'nearest', '3ns') AS p ORDER BY n;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_asof(:'a', 10) ORDER BY time DESC;
-- the order of an array is known to nobody, and its length is
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_asof(:'a', ARRAY[3, 1, 2]) ORDER BY asked;
CREATE FUNCTION pg_temp.rows_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan->0->'Plan'->>'Plan Rows';
END
$$;
SELECT pg_temp.rows_of(format('SELECT * FROM btrdb_asof(%L, ARRAY[3, 1, 2])', :'a')) AS three, pg_temp.rows_of(format('SELECT * FROM btrdb_asof(%L, 3)', :'a')) AS one,
	pg_temp.rows_of(format('SELECT * FROM btrdb_rate(%L, 0, 100, 10)', :'a')) AS ten, pg_temp.rows_of(format('SELECT * FROM btrdb_gaps(%L, 0, 100, 24)', :'a')) AS four,
	pg_temp.rows_of(format('SELECT * FROM btrdb_gaps(%L, 0, 100, 0)', :'a')) AS ten, pg_temp.rows_of(format('SELECT * FROM btrdb_gaps(%L, 0, 30000, 5)', :'a')) AS few;

-- sums over time: the line between points, or steps
SELECT btrdb_create('asof', '{"name": "c"}', stream => '36000000-0000-0000-0000-000000000003') AS c \gset
SELECT btrdb_insert(:'c', ARRAY[1000000000, 3000000000, 3000000000, 4000000000, 6000000000], ARRAY[2, 4, 10, 10, 0]::float8[]);
SELECT start, stop, method, btrdb_integral(:'c', start, stop, method) AS integral, btrdb_time_weighted_mean(:'c', start, stop, method) AS mean
FROM (VALUES (0, 10000000000), (1000000000, 6000000000), (2000000000, 3500000000), (4500000000, 5000000000), (0, 1000000000), (6000000000, 8000000000), (3000000000, 3000000000), (0, 500000000)) AS r (start, stop),
	(VALUES ('linear'), ('step')) AS m (method);
SELECT btrdb_integral(:'c', '-infinity', '1970-01-01 00:00:03', method => 'step') AS text, btrdb_integral(:'c', timestamptz '-infinity', 'infinity') AS all,
	btrdb_time_weighted_mean(:'c', timestamptz 'epoch', '1970-01-01 00:00:03Z', 'step') AS mean, btrdb_integral(:'c', 0, 10000000000, version => 10) AS none, btrdb_integral(:'b', 0, 10) AS empty,
	btrdb_integral(:'c', NULL, 1) AS null;
-- too large, though the mean is not
SELECT btrdb_insert(:'b', ARRAY[0, 4000000000000000000], ARRAY[1e308, 1e308]);
SELECT btrdb_time_weighted_mean(:'b', 0, 4000000000000000000);
SELECT btrdb_integral(:'b', 0, 4000000000000000000);
SELECT btrdb_integral(:'c', 0, 1, 'cubic');
SELECT btrdb_time_weighted_mean(:'c', 1, 0);

-- counters: what crosses the edge of a window belongs to the later one, and a fall is a new start
SELECT btrdb_create('asof', '{"name": "d"}', stream => '36000000-0000-0000-0000-000000000004') AS d \gset
SELECT btrdb_insert(:'d', ARRAY[5, 15, 25, 35, 36, 55, 65, 75]::bigint[], ARRAY[100, 110, 130, 5, 8, 20, 0, 0]::float8[]);
SELECT * FROM btrdb_rate(:'d', 0, 100, 10);
SELECT * FROM btrdb_rate(:'d', 30, 100, 35);
SELECT sum(increase) FROM btrdb_rate(:'d', 0, 100, 10);
SELECT * FROM btrdb_rate(:'d', '-infinity', 'infinity', '1 hour') LIMIT 0;
SELECT * FROM btrdb_rate(:'d', timestamptz 'epoch', '1970-01-01 00:00:00.000002Z', interval '1 us');
SELECT * FROM btrdb_rate(:'d', '0', '100', '50ns');
SELECT * FROM btrdb_rate(:'d', 0, 40, 20, version => 10);
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_rate(:'d', 0, 100, 10) ORDER BY time;
SELECT * FROM btrdb_rate(:'d', 0, 100, 0);
SELECT * FROM btrdb_check();
