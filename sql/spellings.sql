-- Times as bigint, timestamptz or text, widths as bigint, interval or text: every function
-- gives in all spellings what it gives in nanoseconds.
SET extra_float_digits = -2;
SET timezone = 'UTC';
SET datestyle = 'ISO';
SET intervalstyle = 'postgres';
SELECT btrdb_create('spellings', '{"name": "a"}', stream => '5e000000-0000-0000-0000-000000000001') AS s,
	btrdb_create('spellings', '{"name": "b"}', stream => '5e000000-0000-0000-0000-000000000002') AS b \gset

-- Runs a query that gives one value; returns that, or the error.
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	detail text;
	hint text;
BEGIN
	EXECUTE query INTO result;
	RETURN coalesce(result, '(null)');
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
	RETURN concat_ws(' | ', SQLSTATE || ': ' || SQLERRM, nullif(detail, ''), nullif(hint, ''));
END
$$;

-- ---- times ----

-- what text is read as
SELECT t, btrdb_time(t), btrdb_timestamp(btrdb_time(t)) FROM (VALUES
	('1970-01-01'), ('1970-01-01 00:00:00.000001'), ('1970-01-01 00:00:00.000000001'), ('1969-12-31 23:59:59.999999999'),
	('2024-02-29T12:34:56.123456789Z'), ('2024-02-29 12:34:56.1234567+05:30'), ('20240229T123456.123456789'),
	('2024-02-29 12:34:56.123456789 Europe/Berlin'), ('2024-02-29 12:34:56.999999999 PST'),
	('2024-01-01T00:00:00Z'), ('2024-01-01T00:00:00.000+00:00'), ('1704067200000000000'), (' -7 '), ('+5'), ('0'), ('20240101'), ('infinity'), ('-infinity'),
	('epoch'), ('Feb 29 12:34:56.5 2024'), ('J2451187'), ('2116-02-20 23:53:38.427387903'), ('2116-02-20 23:53:38.427387904'),
	('1823-11-12 00:06:21.572612096'), ('1823-11-12 00:06:21.572612'), ('-4611686018427387904'), ('4611686018427387904'), ('00001'))
	AS v (t);
SELECT btrdb_time('now') = btrdb_time(now()) AS now, btrdb_time('today') = btrdb_time(date_trunc('day', now())) AS today,
	btrdb_time('tomorrow') - btrdb_time('yesterday') AS two_days;

-- what it is not read as
SELECT t, pg_temp.outcome(format('SELECT btrdb_time(%L)', t)) FROM (VALUES
	(''), (' '), ('-'), ('+'), ('x'), ('1e9'), ('1.5'), ('0x10'), ('1 2'), ('2024-02-30'), ('2024-01-01 25:00'),
	('2024-01-01 00:00:00.1234567890'), ('2024-01-01 00:00:00.12345678x'), ('x.1234567'), ('J2451187.1234567'), ('J2451187.0000001'), ('.1234567'),
	('infinity.1234567'), ('9223372036854775807'), ('9223372036854775808'), ('-99999999999999999999999'), ('4611686018427387905'),
	('2116-02-20 23:53:38.427388'), ('2116-02-20 23:53:38.427387905'), ('1823-11-12 00:06:21.572611'), ('1823-11-12 00:06:21.572612095'), ('0001-01-01 BC'),
	('0001-01-01 00:00:00.1234567'), ('294276-12-31 23:59:59.9999999'), ('300000-01-01'), (E'2024-01-01\n00:00:00.0000001\t')) AS v (t);
SELECT left(pg_temp.outcome(format('SELECT btrdb_time(%L)', repeat('9', 100000))), 60);
SELECT left(pg_temp.outcome(format('SELECT btrdb_time(%L)', '2024-01-01 00:00:00.' || repeat('0', 100000))), 60);
SELECT left(pg_temp.outcome(format('SELECT btrdb_time(%L)', repeat(' ', 100000) || '7' || repeat(' ', 100000))), 60);

-- timestamps have microseconds; times are rounded down to them, and what comes out may go in again
SELECT t, btrdb_timestamp(t) FROM unnest(ARRAY[-4611686018427387904, -1001, -1000, -999, -1, 0, 1, 999, 1000, 4611686018427387903, 4611686018427387904]) AS t;
SELECT pg_temp.outcome('SELECT btrdb_timestamp(4611686018427387905)');
SELECT btrdb_time(btrdb_timestamp(-4611686018427387904)), btrdb_time(btrdb_timestamp(-1)), btrdb_time(btrdb_timestamp(4611686018427387904));
SELECT pg_temp.outcome(format('SELECT btrdb_time(timestamptz %L)', t)) FROM (VALUES ('-infinity'), ('infinity'), ('1823-11-12 00:06:21.572612'), ('1823-11-12 00:06:21.572611'),
	('2116-02-20 23:53:38.427387'), ('2116-02-20 23:53:38.427388'), ('4714-11-24 00:00:00+00 BC'), ('294276-12-31 23:59:59.999999')) AS v (t);

-- the time zone of the session is that of text without one
SET timezone = 'Europe/Berlin';
SELECT t, btrdb_time(t), btrdb_time(t) = btrdb_time(t::timestamptz) AS same FROM (VALUES ('2024-03-31 01:59:59'), ('2024-03-31 02:30'), ('2024-03-31 03:00'),
	('2024-10-27 01:30'), ('2024-10-27 02:30'), ('2024-10-27 03:30'), ('2024-10-27 02:30+02'), ('2024-07-01 UTC')) AS v (t);
SELECT btrdb_time('2024-10-27 02:30:00.000000001') - btrdb_time('2024-10-27 02:30');
SET timezone = 'UTC';

-- ---- widths ----

CREATE FUNCTION pg_temp.width(w text) RETURNS text LANGUAGE sql
	RETURN pg_temp.outcome(format('SELECT max(n) FROM (SELECT lead(time) OVER () - time AS n FROM btrdb_windows(%L, -4611686018427387904, 4611686018427387904, %L) LIMIT 1) AS w',
								  '5e000000-0000-0000-0000-000000000001', w));
SELECT w, pg_temp.width(w) FROM (VALUES ('500ns'), ('500 ns'), (' 7 nanoseconds '), ('1 nanosecond'), ('10us'), ('10 µs'), ('10μs'), ('0.5us'), ('1.001 microseconds'), ('33.3ms'),
	('33.333333ms'), ('0.000000001s'), ('1s'), ('30s'), ('1m'), ('5M'), ('1h'), ('1 Hour'), ('1.5 hours'), ('0.1h'), ('0.3333333333 h'), ('1d'), ('2 days'), ('1w'), ('.5s'), ('5.s'), ('+1s'),
	('1000'), ('01:30:00'), ('1 day 02:00'), ('1h 30m'), ('PT1H'), ('P1D'), ('@ 1 min'), ('1 day -1 hour'), ('0.000000'),
	('1000000000000000000ns'), ('100000d')) AS v (w);
SELECT w, pg_temp.width(w) FROM (VALUES (''), ('x'), ('ns'), ('.ns'), ('1 parsec'), ('1ns 2us'), ('0'), ('0s'), ('-5ms'), ('-1'), ('0.5ns'), ('33.3333333ms'), ('0.0000000000001 h'),
	('1 mon'), ('1 year'), ('1y'), ('P1M'), ('1 month -30 days'), ('9223372036854775808'), ('9223372037s'), ('9223372036.854775808s'), ('99999999999999999999 ns'), ('106752d'),
	('200000000000 days'), ('178000000 years'), ('1.0000000000000000000000001s')) AS v (w);
SELECT left(pg_temp.width(repeat('1', 100000) || 'ns'), 60), left(pg_temp.width('0.' || repeat('3', 100000) || 'ns'), 60);
-- intervals
SELECT pg_temp.outcome(format('SELECT time FROM btrdb_windows(%L, 0, 4611686018427387904, interval %L) OFFSET 1 LIMIT 1', :'s', i)) FROM (VALUES ('1 us'), ('1 day'), ('1 day -1 h'), ('106751 days'),
	('106752 days'), ('2147483647 days'), ('-1 us'), ('0'), ('1 month'), ('1 year'), ('1 mon -1 day')) AS v (i);

-- ---- writing ----

-- the same point in all spellings, with a value that has a type and one that has not
SELECT btrdb_insert(:'s', 1704067200000000000, 1), btrdb_insert(:'s', '2024-01-01', 2), btrdb_insert(:'s', '2024-01-01'::timestamptz, 3),
	btrdb_insert(:'s', '2024-01-01'::text, 4.0), btrdb_insert(:'s', '2024-01-01', '5'), btrdb_insert(:'s', '2024-01-01'::date, '6'), btrdb_insert(:'s', '1704067200000000000', '7'),
	btrdb_insert(:'s', 1704067200000000000, '8'), btrdb_insert(stream => :'s', "time" => '2024-01-01', value => '9', merge => 'never');
-- arrays
SELECT btrdb_insert(:'s', ARRAY[1704067201000000000], ARRAY[1]), btrdb_insert(:'s', ARRAY['2024-01-01 00:00:01'], ARRAY[2]), btrdb_insert(:'s', ARRAY['2024-01-01 00:00:01'::timestamptz], ARRAY[3]),
	btrdb_insert(:'s', '{2024-01-01 00:00:01.000000004,1704067201000000005}', '{4,5}'), btrdb_insert(:'s', ' {"2024-01-01 00:00:01"}', ARRAY[6::float8]), btrdb_insert(:'s', ARRAY['2024-01-01 00:00:01'], '{7}'),
	btrdb_insert(:'s', ARRAY[1704067201000000000], '{8}'), btrdb_insert(:'s', '{"(1704067201000000000,9)"}'), btrdb_insert(:'s', '{}', '{}'), btrdb_insert(:'s', '{}'::timestamptz[], '{}'),
	btrdb_insert(stream => :'s', times => '{2024-01-01 00:00:01}', "values" => '{10}'), btrdb_insert(:'s', ARRAY['2024-01-01 00:00:01'::timestamptz, '2024-01-01 00:00:01.000001'], '{11,12}', 'never');
SELECT time, value FROM btrdb.points WHERE stream = :'s' ORDER BY time, value;
-- merge policies go with all forms: these points are there
SELECT btrdb_insert(:'s', '2024-01-01', 2, 'equal') > 10 AS text, btrdb_insert(:'s', '{2024-01-01 00:00:01.000000004,1704067201000000005}', '{4,-5}', 'retain') > 10 AS arrays,
	btrdb_insert(:'s', '2024-01-01 00:00:01.000001'::timestamptz, 12, merge => 'replace') > 10 AS timestamp;
SELECT count(*), sum(value) FROM btrdb.points WHERE stream = :'s';
-- what has no point in time, or is no time, or no value: nothing of the call is stored
SELECT q, pg_temp.outcome(format('SELECT btrdb_insert(%L, %s)', :'s', q)) FROM (VALUES
	($$'infinity', 1$$), ($$'-infinity', 1$$), ($$timestamptz '-infinity', 1$$), ($$timestamptz 'infinity', '1'$$), ($$ARRAY[now(), '-infinity'], ARRAY[1, 2]$$), ($$'{now,-infinity}', '{1,2}'$$),
	($$'4611686018427387904', 1$$), ($$'2116-02-20 23:53:38.427387904', 1$$), ($$'-4611686018427387905', 1$$), ($$timestamptz '2200-01-01', 1$$), ($$'1800-01-01', 1$$),
	($$'x', 1$$), ($$'2024-01-01', 'x'$$), ($$'2024-01-01', ''$$), ($$'2024-01-01', 'NaN'$$), ($$'2024-01-01', 'infinity'$$), ($$'2024-01-01', '1e999'$$), ($$'2024-01-01', '{1}'$$),
	($$'{2024-01-01', '{1}'$$), ($$'{2024-01-01}', '1'$$), ($$'{2024-01-01}', 1$$), ($$'{2024-01-01,2024-01-02}', '{1}'$$), ($$'{2024-01-01,x}', '{1,2}'$$), ($$'{2024-01-01,NULL}', '{1,2}'$$),
	($$'{2024-01-01,2024-01-02}', '{1,NULL}'$$), ($$'{{2024-01-01},{2024-01-02}}', '{1,2}'$$), ($$NULL, 1$$), ($$NULL, NULL$$), ($$'2024-01-01', NULL$$), ($$NULL::timestamptz, 1$$),
	($$ARRAY[NULL]::timestamptz[], '{1}'$$), ($$'2024-01-01', '1', 'sometimes'$$), ($$'2024-01-01', 1, NULL$$)) AS v (q);
SELECT btrdb_count(:'s');

-- ---- reading ----

-- points of a day, odd nanoseconds among them
SELECT btrdb_insert(:'b', array_agg(1704067200000000000 + i * 86400000000), array_agg(i % 97 + 0.5)) FROM generate_series(0, 1000) AS i;
SELECT btrdb_flush(:'b');
SELECT btrdb_insert(:'b', ARRAY[1704067200000000001, 1704067200000000999], ARRAY[-1, -2]);
SELECT btrdb_insert(:'b', '1969-12-31 23:59:59.999999999', -3);

SELECT * FROM btrdb_values(:'b', 1704067200000000000, 1704067200086400001);
SELECT * FROM btrdb_values(:'b', '2024-01-01'::timestamptz, '2024-01-01 00:00:00.086401');
SELECT * FROM btrdb_values(:'b', '2024-01-01', '2024-01-01 00:00:00.086400001');
SELECT * FROM btrdb_values(:'b', '2024-01-01 00:00:00.000000001', '1704067200000000999');
SELECT * FROM btrdb_values(:'b', '-infinity', '2024-01-01', 11), btrdb_values(:'b', '-infinity', '2024-01-01', version => 0) AS latest;
SELECT count(*) FROM btrdb_values(:'b', '-infinity', 'infinity');
SELECT count(*) FROM btrdb_values(:'b', '-infinity'::timestamptz, 'infinity'::timestamptz);

SELECT * FROM btrdb_windows(:'b', 1704067200000000000, 1704067287000000000, 43200000000);
SELECT * FROM btrdb_windows(:'b', '2024-01-01'::timestamptz, '2024-01-01 00:01:27'::timestamptz, interval '43.2 s');
SELECT * FROM btrdb_windows(:'b', '2024-01-01', '2024-01-01 00:01:27', '43.2s');
-- all nine, each compared with nanoseconds
SELECT times, width, pg_temp.outcome(format(
	'SELECT count(*) || '' windows, '' || count(*) FILTER (WHERE ns.time <> %6$s OR (ns.min, ns.mean, ns.max, ns.count, ns.stddev) IS DISTINCT FROM (w.min, w.mean, w.max, w.count, w.stddev)) || '' different''
	 FROM (SELECT row_number() OVER () AS n, * FROM btrdb_windows(%1$L, 1704067200000000000, 1704070800000000000, 60000000000)) AS ns
	 FULL JOIN (SELECT row_number() OVER () AS n, * FROM btrdb_windows(%1$L, %2$s, %3$s, %4$s, 0, 0)) AS w USING (n)',
	:'b', start, stop, width, NULL, CASE WHEN start ~ '^\d' THEN 'w.time' ELSE 'btrdb_time(w.time)' END))
FROM (VALUES ('bigint', '1704067200000000000', '1704070800000000000'), ('timestamptz', $$timestamptz '2024-01-01'$$, $$timestamptz '2024-01-01 01:00'$$),
	('text', $$'2024-01-01T00:00:00Z'$$, $$'2024-01-01T01:00:00Z'$$), ('both', $$timestamptz '2024-01-01'$$, $$'2024-01-01 01:00'$$)) AS t (times, start, stop),
	(VALUES ('60000000000'), ($$interval '1 min'$$), ($$'1m'$$), ($$'60000000000'$$)) AS w (width);

SELECT * FROM btrdb_aligned_windows(:'b', '2024-01-01', '2024-01-01 00:02', 36);
SELECT * FROM btrdb_aligned_windows(:'b', '2024-01-01'::timestamptz, '2024-01-01 00:02'::timestamptz, 36);
SELECT btrdb_time(t.time) <= n.time AND n.time - btrdb_time(t.time) < 1000 AS rounded_down, (t.min, t.mean, t.max, t.count, t.stddev) = (n.min, n.mean, n.max, n.count, n.stddev) AS same
FROM btrdb_aligned_windows(:'b', '2024-01-01', '2024-01-01 00:02', 36) AS t JOIN btrdb_aligned_windows(:'b', 1704067200000000000, 1704067320000000000, 36) AS n ON n.time / 1000 = btrdb_time(t.time) / 1000;

SELECT btrdb_stat(:'b', 1704067200000000000, 1704067201000000000), btrdb_stat(:'b', '2024-01-01'::timestamptz, '2024-01-01 00:00:01'), btrdb_stat(:'b', '2024-01-01', '2024-01-01 00:00:01', 0);
SELECT btrdb_count(:'b', 1704067200000000000, 1704067201000000000), btrdb_count(:'b', '2024-01-01'::timestamptz, '2024-01-01 00:00:01'), btrdb_count(:'b', '2024-01-01', '2024-01-01 00:00:01', 11),
	btrdb_count(:'b', '2024-01-01 00:01'), btrdb_count(:'b', '2024-01-01 00:01'::timestamptz), btrdb_count(:'b', start => '2024-01-01 00:01', version => 11), btrdb_count(:'b', '-infinity', 'infinity');

-- points that were read as timestamps can be summed up
SELECT btrdb_stat_agg(time, value), btrdb_stat_agg(time, value)::text = btrdb_stat(:'b', '2024-01-01', '2024-01-01 00:00:01')::text AS same FROM btrdb_values(:'b', '2024-01-01', '2024-01-01 00:00:01');
SELECT btrdb_stat_agg(NULL::timestamptz, 1), pg_temp.outcome($$SELECT btrdb_stat_agg('-infinity'::timestamptz, 1)$$);

SELECT n.* FROM (VALUES (false), (true)) AS d (backward), LATERAL btrdb_nearest(:'b', 1704067200000000001, backward) AS n;
SELECT n.* FROM (VALUES (false), (true)) AS d (backward), LATERAL btrdb_nearest(:'b', '2024-01-01 00:00:00.000000001', backward) AS n;
SELECT n.* FROM (VALUES (false), (true)) AS d (backward), LATERAL btrdb_nearest(:'b', '2024-01-01 00:00:00.000001'::timestamptz, backward) AS n;
SELECT * FROM btrdb_nearest(:'b', '-infinity');
SELECT * FROM btrdb_nearest(:'b', 'infinity', true);
SELECT * FROM btrdb_nearest(:'b', 'infinity');
-- what takes no time gives nanoseconds
SELECT btrdb_timestamp(time), value FROM btrdb_latest(:'b');
SELECT btrdb_timestamp(start_time) < '2024-01-01' AS before, btrdb_timestamp(end_time) > '2024-01-01' AS after FROM btrdb_changes(:'b', 11) WHERE end_time > 0;

SELECT btrdb_delete(:'b', '2024-01-01 00:00:00.000000001', '2024-01-01 00:00:00.000001'), btrdb_count(:'b');
SELECT btrdb_delete(:'b', '2024-01-01'::timestamptz, '2024-01-01 00:00:01'::timestamptz), btrdb_count(:'b');
SELECT btrdb_delete(:'b', '-infinity', 'now'), btrdb_count(:'b');

-- errors
SELECT q, pg_temp.outcome(format('SELECT count(*) FROM ' || q, :'b')) FROM (VALUES
	($$btrdb_values(%L, '2024-01-02', '2024-01-01')$$), ($$btrdb_values(%L, now() + '1 s', now()) WHERE false$$), ($$btrdb_values(%L, timestamptz '2024-01-02', '2024-01-01')$$), ($$btrdb_values(%L, '1', '0')$$),
	($$btrdb_values(%L, '1800-01-01', '2024-01-01')$$), ($$btrdb_values(%L, '2024-01-01', timestamptz '2117-01-01')$$), ($$btrdb_values(%L, 'x', '2024-01-01')$$), ($$btrdb_values(%L, '2024-01-01', '4611686018427387905')$$),
	($$btrdb_windows(%L, '2024-01-01', '2024-02-01', '1 month')$$), ($$btrdb_windows(%L, '2024-01-01', '2024-02-01', '-1 h')$$), ($$btrdb_windows(%L, '2024-01-01', '2024-02-01', '1 h', 63)$$),
	($$btrdb_windows(%L, '2024-01-01', '2024-02-01', interval '1 year')$$), ($$btrdb_windows(%L, '2024-02-01', '2024-01-01', interval '1 day')$$), ($$btrdb_windows(%L, 0, 10, 'x')$$),
	($$btrdb_aligned_windows(%L, '2024-01-01', '2024-02-01', 61)$$), ($$btrdb_stat(%L, 'infinity', '-infinity')$$), ($$btrdb_count(%L, 'infinity', timestamptz '2024-01-01')$$), ($$btrdb_nearest(%L, '2200-01-01')$$), ($$btrdb_nearest(%L, '9223372036854775807')$$),
	($$btrdb_delete(%L, '2024-01-02', '2024-01-01')$$), ($$btrdb_delete(%L, NULL, '2024-01-01')$$), ($$btrdb_delete(%L, '2024-01-01', NULL)$$), ($$btrdb_values(%L, '2024-01-01', '2024-01-02', 999)$$)) AS v (q);
SELECT * FROM btrdb_check();
