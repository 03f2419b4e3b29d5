-- Gaps, crossings of a threshold, and conditions on what btrdb_values() gives.
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT btrdb_create('look', stream => '35000000-0000-0000-0000-000000000001') AS s,
	btrdb_create('look', '{"name": "empty"}', stream => '35000000-0000-0000-0000-000000000002') AS e \gset
SELECT btrdb_insert(:'s', array_agg(i * 10), array_agg(abs(50 - i % 100)::float8)) FROM generate_series(1, 5000) AS i WHERE i NOT BETWEEN 2001 AND 2100 AND i <> 3000;
SELECT btrdb_insert(:'s', 50100, 7);

-- gaps: from a point to the next one, and at the ends of the range
SELECT * FROM btrdb_gaps(:'s', 0, 50200, 10);
SELECT * FROM btrdb_gaps(:'s', 0, 50200, 9) LIMIT 3;
SELECT * FROM btrdb_gaps(:'s', -11, 50121, 20);
SELECT * FROM btrdb_gaps(:'s', 20500, 20900, 399);
SELECT * FROM btrdb_gaps(:'s', 20500, 20900, 400);
SELECT * FROM btrdb_gaps(:'s', 20000, 21010, 1009);
SELECT * FROM btrdb_gaps(:'s', 20000, 21010, 1010);
SELECT * FROM btrdb_gaps(:'s', 0, 50200, 10, version => 11);
SELECT * FROM btrdb_gaps(:'s', 7, 7, 0);
SELECT * FROM btrdb_gaps(:'e', 0, 10, 9);
SELECT * FROM btrdb_gaps(:'e', 0, 10, 10);
SELECT * FROM btrdb_gaps(:'e', -4611686018427387904, 4611686018427387904, 9223372036854775807);
SELECT * FROM btrdb_gaps(:'s', 0, 30, NULL::bigint);
SELECT * FROM btrdb_gaps(:'s', timestamptz '1970-01-01 00:00Z', '1970-01-01 00:00:00.0000502', '500ns');
SELECT * FROM btrdb_gaps(:'s', '49000', '50200', interval '0') OFFSET 100;
SELECT * FROM btrdb_gaps(:'s', 0, 10, -1);
SELECT * FROM btrdb_gaps(:'s', 1, 0, 1);
SELECT * FROM btrdb_gaps('35000000-0000-0000-0000-00000000000f', 0, 1, 1);

-- crossings: the point on the other side, seen from the one before
SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 30);
SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 30, 'down');
SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 30, 'up');
SELECT * FROM btrdb_last_crossing(:'s', 0, 50200, 30);
SELECT * FROM btrdb_last_crossing(:'s', 0, 50200, 30, 'up');
SELECT * FROM btrdb_last_crossing(:'s', 0, 50200, 30, version => 11);
-- the point before is in the range, too; a value at the threshold is not below it
SELECT btrdb_insert(:'e', ARRAY[10, 20, 30, 40, 50, 50], ARRAY[1, 2, 2, 1, 2, 1]);
SELECT a, direction, f.time AS first, l.time AS last, l.value
FROM (VALUES (0), (10), (20)) AS x (a), (VALUES ('up'), ('down'), ('any')) AS d (direction),
	LATERAL (SELECT) AS y LEFT JOIN LATERAL btrdb_first_crossing(:'e', a, 60, 2, direction) AS f ON true LEFT JOIN LATERAL btrdb_last_crossing(:'e', a, 60, 2, direction) AS l ON true;
SELECT * FROM btrdb_first_crossing(:'e', 0, 60, 2.5);
SELECT * FROM btrdb_first_crossing(:'e', 0, 60, 'infinity');
SELECT * FROM btrdb_last_crossing(:'e', 0, 60, '-infinity', 'up');
SELECT * FROM btrdb_first_crossing(:'s', '-infinity', 'infinity', '30', 'down');
SELECT * FROM btrdb_last_crossing(:'s', timestamptz '-infinity', 'infinity', 30);
SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 'nan');
SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 30, 'sideways');
SELECT * FROM btrdb_last_crossing(:'s', 0, 50200, 30, 'up', 99);

-- in a select list, where they are calls like any other
SELECT btrdb_gaps(:'s', 20500, 20900, 399);
SELECT btrdb_first_crossing(:'s', 0, 50200, 30), btrdb_last_crossing(:'s', 0, 50200, 30, 'up');
SELECT btrdb_asof(:'s', 20505), btrdb_rate(:'s', 21000, 22000, 1000);
SELECT btrdb_earliest(:'s'), btrdb_latest(:'s'), btrdb_latest(:'s', 11);
SELECT btrdb_gaps(:'s', 0, 30, NULL::bigint);

-- plans: rows as they are found, in order, and what was read
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_gaps(:'s', 0, 50200, 10) ORDER BY start_time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 30) ORDER BY time DESC;
CREATE FUNCTION pg_temp.work(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, SUMMARY OFF) ' || query LOOP
		RETURN NEXT regexp_replace(line, '(rows=\d+)\.00', '\1');
	END LOOP;
END
$$;
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_gaps(%L, 0, 50200, 500)', :'s'));
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_gaps(%L, 0, 50200, 5) LIMIT 1', :'s'));
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_last_crossing(%L, 0, 50200, 60)', :'s'));
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_first_crossing(%L, 0, 50200, 30)', :'s'));
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_rate(%L, 21000, 22000, 1000)', :'s'));

-- conditions on time and value of btrdb_values() choose what is read
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_values(%L, 0, 50200) WHERE value > 60', :'s'));
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_values(%L, 0, 50200) WHERE value BETWEEN 49.5 AND 70 ORDER BY time DESC LIMIT 2', :'s'));
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_values(%L, 0, 50200) WHERE time >= 100 AND 120 > time AND value::int %% 2 = 0', :'s'));
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_values(%L, ''0'', ''50200'') WHERE time = timestamptz ''epoch''', :'s'));
SELECT * FROM pg_temp.work(format('SELECT * FROM btrdb_values(%L, 0, 50200) WHERE time > 60000', :'s'));
EXPLAIN (VERBOSE, COSTS OFF) SELECT x.a, v.time FROM (VALUES (10), (20)) AS x (a), LATERAL btrdb_values(:'s', 0, 50200, x.a - x.a) AS v WHERE v.time < x.a AND v.value < 49 + a;
SELECT x.a, v.time FROM (VALUES (10), (20)) AS x (a), LATERAL btrdb_values(:'s', 0, 50200, x.a - x.a) AS v WHERE v.time < x.a AND v.value < 49 + a;
-- exactly the rows that a check of each row leaves: with times at the edges of microseconds, and values that are next to each other
SELECT btrdb_insert(:'e', ARRAY[-1001, -1000, -1, 0, 999, 1000, 1999, 2000, 4611686018427387903, -4611686018427387904], ARRAY[0, '-0', 5e-324, -5e-324, 1, 2, 3, 1e308, -1e308, 3]);
CREATE FUNCTION pg_temp.differences(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	chosen text[];
	checked text[];
	plan text;
BEGIN
	EXECUTE 'EXPLAIN (COSTS OFF, FORMAT json) ' || query INTO plan;
	EXECUTE format('SELECT array_agg(q::text) FROM (%s) AS q', query) INTO chosen;
	EXECUTE format('SELECT array_agg(q::text) FROM (%s) AS q', regexp_replace(query, '\) WHERE', ') WITH ORDINALITY AS v (time, value, n) WHERE')) INTO checked;
	RETURN CASE WHEN plan ~ 'Filter' THEN 'filter: ' || query WHEN chosen IS DISTINCT FROM checked THEN format('%s: %s for %s', query, chosen, checked) END;
END
$$;
SELECT pg_temp.differences(format('SELECT time, float8send(value) FROM btrdb_values(%L, %s) WHERE time %s %s', :'e', range, op, bound))
FROM (VALUES ('-4611686018427387904, 4611686018427387904', ARRAY['-1001', '-1', '0', '999', '1000::smallint', '9223372036854775807', '-9223372036854775808', '4611686018427387903', '(SELECT NULL::bigint)']),
		('timestamptz ''-infinity'', ''infinity''', ARRAY['''-infinity''', '''infinity''', '''1969-12-31 23:59:59.999998Z''', '''1969-12-31 23:59:59.999999Z''', '''epoch''', '''1970-01-01 00:00:00.000001Z''',
			'''294276-12-31''', '''4713-01-01 BC''', '''2116-02-20 23:53:38.427387Z''', '''2116-02-20 23:53:38.427388Z''', '(SELECT NULL::timestamptz)']),
		('''-500'', ''2000''', ARRAY['''epoch''', 'timestamptz ''1970-01-01 00:00:00.000001Z''', 'now()'])) AS r (range, bounds),
	unnest(bounds) AS bound, unnest(ARRAY['<', '<=', '=', '>=', '>']) AS op
WHERE pg_temp.differences(format('SELECT time, float8send(value) FROM btrdb_values(%L, %s) WHERE time %s %s', :'e', range, op, bound)) IS NOT NULL;
SELECT pg_temp.differences(format('SELECT time, float8send(value) FROM btrdb_values(%L, %s) WHERE value %s %L::float8', :'e', range, op, bound))
FROM unnest(ARRAY['-4611686018427387904, 4611686018427387904', '''-1000'', ''50''', 'timestamptz ''-infinity'', ''infinity''']) AS range,
	unnest(ARRAY['0', '-0', '5e-324', '3', '1e308', 'Infinity', '-Infinity', 'NaN']) AS bound, unnest(ARRAY['<', '<=', '=', '>=', '>']) AS op
WHERE pg_temp.differences(format('SELECT time, float8send(value) FROM btrdb_values(%L, %s) WHERE value %s %L::float8', :'e', range, op, bound)) IS NOT NULL;
-- arguments are checked before conditions count
SELECT * FROM btrdb_values(:'s', 2, 1) WHERE value > 'NaN' AND time < 0;
SELECT * FROM btrdb_values('35000000-0000-0000-0000-00000000000f', 0, 1) WHERE time < (SELECT NULL::bigint);
-- of trimmed points their statistics are enough, where they are
SELECT btrdb_trim(:'s', 16384, 10);
SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 60);
SELECT * FROM btrdb_last_crossing(:'s', 0, 50200, 30, 'up');
SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 30);
SELECT * FROM btrdb_gaps(:'s', 1024, 50200, 2048);
SELECT * FROM btrdb_gaps(:'s', 16384, 50200, 1000);
SELECT * FROM btrdb_gaps(:'s', 0, 50200, 500);
SELECT * FROM btrdb_asof(:'s', 20500), btrdb_rate(:'s', 20000, 22000, '1us');
SELECT * FROM btrdb_asof(:'s', 500);
SELECT btrdb_integral(:'s', 0, 50200);
SET btrdb.trimmed_points = 'skip';
SELECT * FROM btrdb_first_crossing(:'s', 0, 50200, 30);
SELECT * FROM btrdb_gaps(:'s', 0, 50200, 500);
SELECT * FROM btrdb_asof(:'s', 500, 'forward');
SELECT btrdb_integral(:'s', 0, 50200) = btrdb_integral(:'s', 16384, 50200) AS same;
RESET btrdb.trimmed_points;
SELECT * FROM btrdb_check();
SELECT btrdb_obliterate(:'s');
