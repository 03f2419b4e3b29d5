-- Calls in FROM whose times are timestamps or text are planned and run as those in nanoseconds are.
SET extra_float_digits = -2;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SELECT btrdb_create('spellings_plans', stream => '5f000000-0000-0000-0000-000000000001') AS s \gset
-- a point each 150.000000007 s, from 2024-01-01 on
SELECT btrdb_insert(:'s', array_agg(1704067200000000000 + i * 150000000007), array_agg((i % 97)::float8)) FROM generate_series(0, 59999) AS i;
SELECT btrdb_insert(:'s', ARRAY['2024-01-01 00:00:00.000000001', '2023-12-31 23:59:59.999999999'], ARRAY[0.5, -1]);

-- plans: no Sort, no Materialize, in either direction; rows are known
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_values(:'s', '2024-01-01', '2024-01-02') ORDER BY time LIMIT 3;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_values(:'s', '2024-01-01'::timestamptz, '2024-01-02') ORDER BY time DESC LIMIT 3;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_windows(:'s', '2024-01-01', '2024-01-02', '1h') ORDER BY time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_windows(:'s', '2024-01-01'::timestamptz, '2024-01-02', interval '1 hour', version => 11) ORDER BY time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_aligned_windows(:'s', '2024-01-01', '2024-01-02', 40) ORDER BY time;
EXPLAIN (COSTS OFF) SELECT * FROM btrdb_nearest(:'s', '2024-01-01', true);
EXPLAIN (COSTS OFF) SELECT time, l.mean - r.mean AS diff FROM btrdb_windows(:'s', '2024-01-01', '2024-01-02', '1h') AS l FULL JOIN btrdb_windows(:'s', '2024-01-01', '2024-01-02', '30 min') AS r USING (time);
EXPLAIN (COSTS OFF) SELECT time, count(*) FROM btrdb_values(:'s', '2024-01-01', '2024-01-02') GROUP BY time;
CREATE FUNCTION pg_temp.estimate(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Plan Rows';
END
$$;
SELECT pg_temp.estimate(format('SELECT * FROM btrdb_values(%L, %s)', :'s', range)) AS points, pg_temp.estimate(format('SELECT * FROM btrdb_windows(%L, %s, %s)', :'s', range, width)) AS windows,
	pg_temp.estimate(format('SELECT * FROM btrdb_aligned_windows(%L, %s, 42)', :'s', range)) AS aligned
FROM (VALUES ('1704067200000000000, 1704153600000000000', '3600000000000'), ($$'2024-01-01', '2024-01-02'$$, $$'1h'$$), ($$'2024-01-01'::timestamptz, '2024-01-02'$$, $$interval '1 hour'$$),
	($$'2024-01-01', '2024-01-02'$$, '60000000000'), ($$'-infinity', 'infinity'$$, $$'1 d'$$), ($$now() + '1 day', now() + '2 days'$$, $$'1 min'$$), ($$'2024-01-02', '2024-01-02'$$, $$'1 min'$$)) AS v (range, width);
-- text that is no time is an error as early
EXPLAIN SELECT * FROM btrdb_values(:'s', 'x', '2024-01-01');
EXPLAIN SELECT * FROM btrdb_windows(:'s', '2024-01-01', '2024-01-02', 'x');

-- LIMIT stops it
CREATE FUNCTION pg_temp.work(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
		IF line ~ 'Scan|Aggregate|Sort|Read:' THEN
			RETURN NEXT regexp_replace(line, '(rows=\d+)\.00', '\1');
		END IF;
	END LOOP;
END
$$;
SELECT pg_temp.work(format('SELECT * FROM btrdb_values(%L, %L, %L) ORDER BY time DESC LIMIT 3', :'s', '-infinity', 'infinity'));
SELECT pg_temp.work(format('SELECT * FROM btrdb_windows(%L, %L, %L, %L)', :'s', '2024-01-01', '2024-01-21', '10 days'));
SELECT pg_temp.work(format('SELECT min(time), max(time), count(*), avg(value) FROM btrdb_values(%L, %L, %L)', :'s', '2024-01-01', '2024-01-21'));

-- the rows are those of a call that stores them, with and without statistics
CREATE FUNCTION pg_temp.differences(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
	plan json;
BEGIN
	SET btrdb.enable_custom_scan = off;
	EXECUTE 'CREATE TEMP TABLE plain AS ' || query;
	SET btrdb.enable_custom_scan = on;
	EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
	EXECUTE 'CREATE TEMP TABLE custom AS ' || query;
	SELECT count(*) INTO n FROM ((SELECT t::text FROM plain AS t EXCEPT ALL SELECT t::text FROM custom AS t) UNION ALL (SELECT t::text FROM custom AS t EXCEPT ALL SELECT t::text FROM plain AS t)) AS d;
	IF NOT EXISTS (SELECT FROM plain) THEN
		RAISE EXCEPTION 'no rows';
	END IF;
	DROP TABLE plain, custom;
	RETURN substring(plan::text FROM '"Custom Plan Provider": "([a-z_]*)"') || ': ' || n;
END
$$;
SELECT q, pg_temp.differences(format('SELECT ' || q, :'s')) FROM (VALUES
	($$* FROM btrdb_values(%L, '2024-01-01', '2024-01-03')$$), ($$value, time FROM btrdb_values(%L, '2024-01-01'::timestamptz, '2024-01-03') WHERE time > '2024-01-02'$$),
	($$row_number() OVER (ORDER BY time), value FROM btrdb_values(%L, '2024-01-01', '2024-01-03')$$), ($$* FROM btrdb_windows(%L, '2024-01-01', '2024-01-03', '33.3s')$$),
	($$stddev, time FROM btrdb_windows(%L, '2023-12-31'::timestamptz, '2024-01-03', interval '1 h', 5)$$), ($$* FROM btrdb_aligned_windows(%L, '2024-01-01', '2024-01-03', 33)$$),
	($$* FROM btrdb_nearest(%L, '2024-01-01', true)$$), ($$n.* FROM generate_series(timestamptz '2024-01-01', '2024-01-09', '1 day') AS t, btrdb_nearest(%L, t) AS n$$),
	($$min(time), max(time), count(time), min(value) AS low FROM btrdb_values(%L, '2023-12-31', '2024-01-03')$$), ($$max(time) - min(time) FROM btrdb_values(%L, '2024-01-01 00:00:00.000000001'::timestamptz, 'infinity')$$),
	($$date_bin('10 min', time, '2024-01-01 00:03') AS t, count(*), min(time), max(value) FROM btrdb_values(%L, '2023-12-31', '2024-01-03') GROUP BY t$$),
	($$date_bin('1 us', time, '2024-01-01') AS t, count(*) FROM btrdb_values(%L, '2023-12-31', '2024-01-01 01:00') GROUP BY t$$),
	($$date_trunc('second', time) AS t, count(*), min(time) FROM btrdb_values(%L, '2023-12-31', '2024-01-01 12:00') GROUP BY t$$),
	($$date_trunc('day', time, 'UTC') AS t, count(*), sum(value) FROM btrdb_values(%L, '-infinity', 'infinity') GROUP BY t$$),
	($$date_trunc('week', time AT TIME ZONE 'utc') AS t, count(*) FROM btrdb_values(%L, '-infinity', 'infinity') GROUP BY t$$),
	($$date_bin('90 min', time AT TIME ZONE 'UTC', '2024-01-01') AS t, count(*) FROM btrdb_values(%L, '-infinity', 'infinity') GROUP BY t$$),
	($$date_trunc('day', time) AS t, count(*) FROM btrdb_values(%L, '-infinity', 'infinity') GROUP BY t$$), ($$date_trunc('hour', time, 'Australia/Lord_Howe') AS t, count(*) FROM btrdb_values(%L, '-infinity', 'infinity') GROUP BY t$$),
	($$date_trunc('minute', time AT TIME ZONE 'Europe/Berlin') AS t, count(*) FROM btrdb_values(%L, '-infinity', 'infinity') GROUP BY t$$), ($$time, count(*) FROM btrdb_values(%L, '2023-12-31', '2024-01-01 01:00') GROUP BY time$$),
	($$count(DISTINCT time) FROM btrdb_values(%L, '2023-12-31', '2024-01-01 01:00')$$),
	($$date_trunc('hour', btrdb_timestamp(time), 'UTC') AS t, count(*), min(time) FROM btrdb.points WHERE stream = %L AND time >= btrdb_time('2024-01-01') AND time < btrdb_time('2024-01-03') GROUP BY t$$),
	($$btrdb_timestamp(time) AS t, count(*) FROM btrdb.points WHERE stream = %L AND time < btrdb_time('2024-01-01 01:00') GROUP BY t$$)) AS v (q);
-- a day of an hour more
SET timezone = 'Europe/Berlin';
SELECT date_trunc('day', time) AS t, sum(count) FROM btrdb_windows(:'s', '2024-03-30', '2024-04-02', '1 hour') GROUP BY t ORDER BY t;
SELECT time, count FROM btrdb_windows(:'s', '2024-03-30', '2024-04-02', '1 day');
SET timezone = 'UTC';

-- prepared statements, whose parameters have no type
SET plan_cache_mode = force_generic_plan;
PREPARE v AS SELECT * FROM btrdb_values($1, $2, $3) ORDER BY time LIMIT $4;
EXPLAIN (COSTS OFF) EXECUTE v (:'s', '2024-01-01', '2024-01-02', 2);
EXECUTE v (:'s', '2024-01-01', '2024-01-02', 2);
EXECUTE v (:'s', '1704067200000000001', '2024-01-02', 2);
EXECUTE v (:'s', NULL, '2024-01-02', 2);
EXECUTE v (:'s', '2024-01-02', '2024-01-01', 2);
EXECUTE v (:'s', 'x', '2024-01-01', 2);
PREPARE w AS SELECT time, count FROM btrdb_windows($1, $2, $3, $4) ORDER BY time LIMIT 2;
EXECUTE w (:'s', '2024-01-01', '2024-01-02', '500ms');
EXECUTE w (:'s', '2024-01-01', '2024-01-02', '60000000000');
EXECUTE w (:'s', '2024-01-01', '2024-01-02', '1 month');
PREPARE a AS SELECT date_bin($4::interval, time, $2::timestamptz) AS t, count(*) FROM btrdb_values($1, $2::timestamptz, $3) GROUP BY t ORDER BY t LIMIT 2;
EXPLAIN (COSTS OFF) EXECUTE a (:'s', '2024-01-01', '2024-01-02', '1h');
EXECUTE a (:'s', '2024-01-01', '2024-01-02', '1h');
RESET plan_cache_mode;

-- a view keeps the spelling that it was made with
CREATE TEMP VIEW q AS SELECT * FROM btrdb_values('5f000000-0000-0000-0000-000000000001', '2024-01-01', '2024-01-01 00:01');
SELECT substring(pg_get_viewdef('q'::regclass) FROM 'FROM.*') AS definition;
SELECT * FROM q;
-- in the list of columns, and where rows are stored first
SELECT btrdb_values(:'s', '2024-01-01', '2024-01-01 00:01');
SELECT w FROM btrdb_windows(:'s', '2024-01-01', '2024-01-01 00:01', '30s') AS w;
SELECT * FROM btrdb_values(:'s', '2024-01-01', '2024-01-01 00:01') WITH ORDINALITY;
SELECT * FROM btrdb_check();
