--
-- Types rawpoint and statpoint: input, output, order, aggregates.
--

-- Runs a query of one value; returns it, or the error's code and text.
CREATE FUNCTION pg_temp.try(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE 'SELECT (' || query || ')::text' INTO result;
	RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || sqlerrm;
END $$;

-- Reads bytes as the binary form of a type, as a client would send them.
CREATE FUNCTION pg_temp.receive(type regtype, bytes bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message bytea := '\x5047434f50590aff0d0a00 00000000 00000000 0001'
		|| int4send(length(bytes)) || bytes || '\xffff';
	octal text;
	result text;
BEGIN
	SELECT string_agg(format('\%s%s%s', b / 64, b / 8 % 8, b % 8), '' ORDER BY i) INTO octal
	FROM generate_series(0, length(message) - 1) i, get_byte(message, i) b;
	EXECUTE format('CREATE TEMP TABLE received (v %s)', type);
	EXECUTE format('COPY received FROM PROGRAM %L (FORMAT binary)', format('printf ''%s''', octal));
	SELECT v INTO result FROM received;
	DROP TABLE received;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || sqlerrm;
END $$;

--
-- rawpoint: text
--
SELECT text, pg_temp.try(format('%L::rawpoint', text)) AS rawpoint
FROM unnest(ARRAY[
	'(0,0)', '(1700000000000000000,230.25)', ' ( -5 , -1e-3 ) ', '(+7,.5)',
	'(1,-0)', '(1,5e-324)', '(1,1.7976931348623157e308)', '(1,0.1)', '(1,1e22)',
	'(-4611686018427387904,1)', '(4611686018427387903,1)',
	'(-4611686018427387905,1)', '(4611686018427387904,1)',
	'(9223372036854775807,1)', '(9223372036854775808,1)',
	'(1,NaN)', '(1,Infinity)', '(1,-inf)', '(1,1e400)', '(1,1e-400)',
	'', '()', '(1)', '(1,)', '(,1)', '(1,2,3)', '1,2', '(1,2', '(1,2)x', '(1.5,2)', '(0x10,2)', '(1,two)'
]) text;

SELECT rawpoint(4611686018427387904, 1);
SELECT rawpoint(-4611686018427387905, 1);
SELECT rawpoint(1, 'Infinity');
SELECT rawpoint(-1, 0.25), rawpoint(NULL, 1) IS NULL AS no_time, rawpoint(1, NULL) IS NULL AS no_value;
SELECT btrdb_time('(17,2.5)'::rawpoint), btrdb_value('(17,2.5)'::rawpoint);
SELECT typname, typlen, typalign, typbyval, typstorage FROM pg_type
WHERE typname IN ('rawpoint', 'statpoint') ORDER BY typname;

-- any value comes back from its text with the same bits
SELECT setseed(0.5);
CREATE TEMP TABLE shapes AS
SELECT i, ((random() - 0.5) * 9e18)::bigint AS time,
	(random() - 0.5) * ('1e' || (random() * 614 - 307)::int)::float8 AS value
FROM generate_series(1, 20000) i;
SELECT count(*) AS points, count(DISTINCT value) > 19900 AS varied,
	count(*) FILTER (WHERE rawpoint_send IS DISTINCT FROM again) AS changed
FROM (SELECT value, btrdb_rawpoint_send(p) AS rawpoint_send,
		btrdb_rawpoint_send(p::text::rawpoint) AS again
	FROM (SELECT value, rawpoint(time, value) AS p FROM shapes) made) sent;

--
-- rawpoint: binary
--
SELECT btrdb_rawpoint_send('(1,-0)');
SELECT what, pg_temp.receive('rawpoint', bytes) AS rawpoint FROM (VALUES
	('sound', int8send(-17) || float8send(2.5)),
	('first time', int8send(-4611686018427387904) || float8send(1)),
	('before it', int8send(-4611686018427387905) || float8send(1)),
	('last time', int8send(4611686018427387903) || float8send(1)),
	('after it', int8send(4611686018427387904) || float8send(1)),
	('NaN', int8send(1) || float8send('NaN')),
	('infinity', int8send(1) || float8send('-Infinity')),
	('nothing', '\x'),
	('a byte too few', '\x000000000000000000000000000000'),
	('a byte too many', '\x0000000000000000000000000000000000')) t (what, bytes);

--
-- rawpoint: order and hash
--
SELECT a, b, a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt,
	btrdb_rawpoint_cmp(a, b) AS cmp,
	btrdb_rawpoint_hash(a) = btrdb_rawpoint_hash(b) AS same_hash,
	btrdb_rawpoint_hash_extended(a, 7) = btrdb_rawpoint_hash_extended(b, 7) AS same_hash_extended
FROM (VALUES ('(1,1)', '(1,1)'), ('(1,9)', '(2,1)'), ('(-1,0)', '(1,0)'), ('(1,2)', '(1,-2)'),
	('(1,0)', '(1,-0)'), ('(0,1)', '(0,5e-324)')) t (x, y),
	LATERAL (SELECT x::rawpoint AS a, y::rawpoint AS b) p;

CREATE TEMP TABLE points (p rawpoint);
INSERT INTO points SELECT rawpoint(i % 100, i / 100) FROM generate_series(0, 999) i;
INSERT INTO points VALUES ('(7,-0)'), ('(7,0)');
CREATE INDEX points_p ON points (p);
ANALYZE points;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT p FROM points WHERE p >= '(7,8)' AND p < '(8,2)' ORDER BY p;
SELECT p FROM points WHERE p >= '(7,8)' AND p < '(8,2)' ORDER BY p;
SELECT p FROM points WHERE p = '(7,0)' ORDER BY p::text;
RESET enable_seqscan;
RESET enable_bitmapscan;
SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM (SELECT DISTINCT p FROM points) d;
SELECT count(*) FROM (SELECT DISTINCT p FROM points) d;
RESET enable_sort;
SELECT count(*) FROM points a JOIN points b USING (p);
SELECT min(btrdb_time(p)), max(btrdb_value(p)) FROM unnest('{"(3,1)","(1,2)"}'::rawpoint[]) p;

--
-- statpoint: text
--
SELECT text, pg_temp.try(format('%L::statpoint', text)) AS statpoint
FROM unnest(ARRAY[
	'(0,1,2,3,3,0.816496580927726)', ' ( -5 , -1 , 0 , 1 , 2 , 1 ) ', '(1,2.5,2.5,2.5,1,0)',
	'(1,,,,0,)', '( 1 , , , , 0 , )', '(1,-0,-0,0,2,0)', '(0,0,1,2,5,Infinity)', '(0,0,0.5,1,3,0.3)',
	'(0,0,1,2,9223372036854775807,1)', '(4611686018427387904,,,,0,)', '(-4611686018427387905,,,,0,)',
	'(1,1,2,3,-1,1)', '(1,1,2,3,9223372036854775808,1)', '(1,1,2,3,0,1)', '(1,,,,5,)', '(1,,2,3,5,1)',
	'(1,1,4,3,5,1)', '(1,1,0,3,5,1)', '(1,3,2,1,5,1)', '(1,1,1.5,2,1,0)', '(1,1,1,1,1,0.5)',
	'(1,NaN,2,3,5,1)', '(1,1,NaN,3,5,1)', '(1,1,2,Infinity,5,1)', '(1,1,2,3,5,NaN)', '(1,1,2,3,5,-1)',
	'(1,1,2,3,5,1e160)', '(1,1,2,3,5,1e-170)',
	'', '(1)', '(1,2,3,4,5)', '(1,1,2,3,5,1,)', '(1,1,2,3,5,1', '(1,1,2,3,5.5,1)', '(1,1,2,3,,1)', '(1,1,x,3,5,1)'
]) text;

-- whatever a summary is, its text comes back the same
CREATE TEMP TABLE summaries AS
SELECT btrdb_stat_agg(i, CASE i % 3 WHEN 0 THEN value WHEN 1 THEN 220 + i * 0.001 ELSE i END) AS s
FROM shapes GROUP BY i / 4 UNION ALL
SELECT btrdb_stat_agg(i, value) FROM shapes GROUP BY i / 7 UNION ALL
SELECT btrdb_stat_agg(i, (random() - 0.5) * ('1e' || 160 - i / 5 % 330)::float8) FROM shapes GROUP BY i / 5 UNION ALL
SELECT btrdb_stat_agg(i, 50 + sin(i)) FROM shapes GROUP BY i / 333;
SELECT count(*) > 10000 AS many, count(*) FILTER (WHERE s::text::statpoint::text <> s::text) AS changed,
	count(*) FILTER (WHERE btrdb_stddev(s) = 'Infinity') > 1000 AS with_infinity
FROM summaries;

--
-- statpoint: binary, which is exact
--
SELECT btrdb_statpoint_send(btrdb_stat_agg(i, i)) FROM generate_series(1, 3) i;
SELECT count(*) FROM (SELECT s FROM summaries LIMIT 20) few
WHERE pg_temp.receive('statpoint', btrdb_statpoint_send(s)) IS DISTINCT FROM s::text;
SELECT what, pg_temp.receive('statpoint', int8send(time) || int8send(count) || float8send(mean)
	|| float8send(m2) || float8send(min) || float8send(max)) AS statpoint
FROM (VALUES
	('sound', 1, 4, 2::float8, 2::float8, 1::float8, 3::float8),
	('infinite M2', 1, 4, 2, 'Infinity'::float8, 1, 3),
	('mean off by rounding', 1, 3, 0.10000000000000002, 0, 0.1, 0.1),
	('empty', 1, 0, 0, 0, 0, 0),
	('empty, negative zeros', 1, 0, '-0', '-0', '-0', '-0'),
	('empty with a mean', 1, 0, 1, 0, 0, 0),
	('empty with M2', 1, 0, 0, 'NaN', 0, 0),
	('empty with a minimum', 1, 0, 0, 0, 1, 0),
	('empty with a maximum', 1, 0, 0, 0, 0, 1),
	('late', 4611686018427387904, 4, 2, 2, 1, 3),
	('early', -4611686018427387905, 4, 2, 2, 1, 3),
	('negative count', 1, -4, 2, 2, 1, 3),
	('mean NaN', 1, 4, 'NaN', 2, 1, 3),
	('minimum NaN', 1, 4, 2, 2, 'NaN', 3),
	('minimum infinite', 1, 4, 2, 2, '-Infinity', 3),
	('maximum infinite', 1, 4, 2, 2, 1, 'Infinity'),
	('mean too small', 1, 4, 0.999, 2, 1, 3),
	('mean too large', 1, 4, 3.001, 2, 1, 3),
	('minimum above maximum', 1, 4, 2, 2, 3, 1),
	('two values, count 1', 1, 1, 2, 0, 1, 3),
	('M2 of one value', 1, 1, 2, 1, 2, 2),
	('M2 NaN', 1, 4, 2, 'NaN', 1, 3),
	('M2 negative', 1, 4, 2, -1, 1, 3)
) t (what, time, count, mean, m2, min, max);
SELECT pg_temp.receive('statpoint', '\x00') AS short,
	pg_temp.receive('statpoint', btrdb_statpoint_send('(1,1,1,1,1,0)') || '\x00') AS long;

--
-- statpoint: fields, equality, addition
--
SELECT s, btrdb_time(s), btrdb_min(s), btrdb_mean(s), btrdb_max(s), btrdb_count(s), btrdb_stddev(s)
FROM unnest('{"(5,1,2,3,4,0.5)","(5,,,,0,)"}'::statpoint[]) s;
SELECT a, b, a = b AS eq, a <> b AS ne, btrdb_statpoint_hash(a) = btrdb_statpoint_hash(b) AS same_hash,
	btrdb_statpoint_hash_extended(a, 7) = btrdb_statpoint_hash_extended(b, 7) AS same_hash_extended
FROM (VALUES ('(1,1,2,3,4,1)', '(1,1,2,3,4,1)'), ('(1,1,2,3,4,1)', '(2,1,2,3,4,1)'),
	('(1,1,2,3,4,1)', '(1,0,2,3,4,1)'), ('(1,1,2,3,4,1)', '(1,1,1,3,4,1)'),
	('(1,1,2,3,4,1)', '(1,1,2,4,4,1)'), ('(1,1,2,3,4,1)', '(1,1,2,3,5,1)'),
	('(1,1,2,3,4,1)', '(1,1,2,3,4,2)'), ('(1,-0,-0,-0,4,0)', '(1,0,0,0,4,0)'),
	('(1,,,,0,)', '(1,,,,0,)'), ('(1,,,,0,)', '(2,,,,0,)')) t (x, y),
	LATERAL (SELECT x::statpoint AS a, y::statpoint AS b) p;
SELECT a, b, a + b AS sum FROM (VALUES
	('(9,1,1,1,1,0)', '(4,3,3,3,1,0)'),
	('(1,1,2,3,4,1)', '(2,1,2,3,4,1)'),
	('(1,,,,0,)', '(5,2,2,2,1,0)'),
	('(5,2,2,2,1,0)', '(1,,,,0,)'),
	('(5,,,,0,)', '(1,,,,0,)'),
	('(1,-0,-0,-0,1,0)', '(1,0,0,0,1,0)'),
	('(1,1e308,1e308,1e308,3,0)', '(1,-1e308,-1e308,-1e308,1,0)'),
	('(1,0,0,0,2,0)', '(1,1e200,1e200,1e200,2,0)'),
	('(1,1,2,3,4,Infinity)', '(1,1,2,3,4,1)')) t (x, y),
	LATERAL (SELECT x::statpoint AS a, y::statpoint AS b) p;
SELECT '(1,0,1,2,9223372036854775807,1)'::statpoint + '(2,1,1,1,1,0)'::statpoint;
SELECT '(1,0,1,2,9223372036854775806,1)'::statpoint + '(2,1,1,1,1,0)'::statpoint AS sum;
-- to the last bit the same whichever side comes first
SELECT count(*) FROM (SELECT s, lag(s) OVER () AS before FROM summaries) pairs
WHERE btrdb_statpoint_send(s + before) <> btrdb_statpoint_send(before + s);
SELECT '(7,2.5)'::rawpoint::statpoint;
CREATE TEMP TABLE assigned (s statpoint);
INSERT INTO assigned VALUES ('(7,2.5)'::rawpoint);
SELECT s, s IN (SELECT s FROM assigned) AS found FROM assigned;

--
-- Aggregates
--
SELECT btrdb_stat_agg(t, v) FROM (VALUES (3, 1.0), (1, 2.0), (2, 6.0), (NULL, 99), (0, NULL)) p (t, v);
SELECT btrdb_stat_agg(p) FROM unnest('{"(3,1)","(1,2)",NULL,"(2,6)"}'::rawpoint[]) p;
SELECT btrdb_rollup(s) FROM unnest('{"(3,,,,0,)",NULL,"(9,1,1,1,1,0)","(2,6,6,6,1,0)","(1,,,,0,)"}'::statpoint[]) s;
SELECT btrdb_rollup(s) FROM unnest('{"(3,,,,0,)","(2,,,,0,)"}'::statpoint[]) s;
SELECT btrdb_stat_agg(NULL::bigint, 1) IS NULL AS only_nulls, btrdb_stat_agg(NULL::rawpoint) IS NULL AS no_points,
	btrdb_rollup(NULL) IS NULL AS no_summaries;
SELECT btrdb_stat_agg(1, 1) IS NULL AS a, btrdb_stat_agg('(1,1)'::rawpoint) IS NULL AS b,
	btrdb_rollup('(1,1,1,1,1,0)') IS NULL AS c FROM generate_series(1, 0);
SELECT btrdb_stat_agg(1, v) FROM unnest('{1,NaN}'::float8[]) v;
SELECT btrdb_stat_agg(t, 1) FROM unnest('{1,4611686018427387904}'::bigint[]) t;
-- running over a window, each row keeps its own result
SELECT i, btrdb_stat_agg(i, i) OVER (ORDER BY i) AS so_far,
	btrdb_rollup(rawpoint(i, i)::statpoint) OVER (ORDER BY i ROWS 1 PRECEDING) AS last_two
FROM generate_series(1, 4) i;
-- called outside an aggregate, the functions leave their arguments alone
SELECT s, btrdb_stat_accum(s, 0, 9) AS with_9, btrdb_stat_accum(s, '(0,9)'::rawpoint) AS with_point, s + s AS twice, s
FROM (SELECT '(1,1,1,1,1,0)'::statpoint AS s OFFSET 0) one;

-- extremes: exact minimum and maximum, a mean between them, never NaN
SELECT list, btrdb_stat_agg(i, v) AS summary FROM unnest(ARRAY[
	'{0,-0,0}', '{-0,0,-0}', '{-0,-0}',
	'{5e-324,1e-323}', '{5e-324}',
	'{1.7976931348623157e308,1.7976931348623157e308}',
	'{1.7976931348623157e308,-1.7976931348623157e308}',
	'{-1.7976931348623157e308,1.7976931348623157e308,1.7976931348623157e308}',
	'{1e200,-1e200}', '{1e-200,-1e-200}',
	'{1000000000.1,1000000000.1,1000000000.1}']) WITH ORDINALITY t (list, n),
	unnest(list::float8[]) WITH ORDINALITY u (v, i)
GROUP BY n, list ORDER BY n;

-- as PostgreSQL's own aggregates say
CREATE FUNCTION pg_temp.close_to(a float8, b float8, tolerance float8 = 1e-10) RETURNS boolean LANGUAGE sql AS
	'SELECT abs(a - b) <= tolerance * abs(b)';
-- a mean that is large beside the deviations limits how exact these can be
CREATE TEMP TABLE kinds (kind text, center float8, scale float8, tolerance float8);
INSERT INTO kinds VALUES ('unit', 0.5, 1, 1e-10), ('mains', 230, 2, 1e-10), ('large center', 1e9, 1, 1e-7),
	('tiny', 1e-145, 1e-145, 1e-10), ('huge', 1e145, 1e145, 1e-10);
SELECT kind, pg_temp.close_to(btrdb_mean(s), mean) AS mean,
	pg_temp.close_to(btrdb_stddev(s), stddev, tolerance) AS stddev,
	btrdb_min(s) = min AND btrdb_max(s) = max AND btrdb_count(s) = count AND btrdb_time(s) = first AS others
FROM (SELECT kind, tolerance, btrdb_stat_agg(i, v) AS s, avg(v) AS mean, stddev_pop(v) AS stddev,
		min(v), max(v), count(*), min(i) AS first
	FROM (SELECT kind, tolerance, i - 50000 AS i, center + scale * sin(i) AS v
		FROM kinds, generate_series(1, 100000) i) p
	GROUP BY kind, tolerance) q
ORDER BY kind;
SELECT btrdb_stat_agg(i, 0.1) AS constant FROM generate_series(1, 100000) i;
-- and in parts put together
SELECT kind, pg_temp.close_to(btrdb_mean(parts), btrdb_mean(whole)) AS mean,
	pg_temp.close_to(btrdb_stddev(parts), btrdb_stddev(whole), tolerance) AS stddev,
	btrdb_min(whole) = btrdb_min(parts) AND btrdb_max(whole) = btrdb_max(parts)
	AND btrdb_count(whole) = btrdb_count(parts) AND btrdb_time(whole) = btrdb_time(parts) AS others
FROM (SELECT kind, tolerance, btrdb_stat_agg(i, center + scale * sin(i)) AS whole
		FROM kinds, generate_series(1, 20000) i GROUP BY kind, tolerance) w
	JOIN (SELECT kind, btrdb_rollup(part) AS parts
		FROM (SELECT kind, btrdb_stat_agg(i, center + scale * sin(i)) AS part
			FROM kinds, generate_series(1, 20000) i GROUP BY kind, i % 77) p
		GROUP BY kind) r USING (kind)
ORDER BY kind;

--
-- Parallel plans
--
CREATE TABLE types_parallel AS
SELECT i AS time, 230 + sin(i) AS value, rawpoint(i, 230 + sin(i)) AS point,
	rawpoint(i, 230 + sin(i))::statpoint AS summary
FROM generate_series(1, 100000) i;
ANALYZE types_parallel;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF)
SELECT btrdb_stat_agg(time, value), btrdb_stat_agg(point), btrdb_rollup(summary) FROM types_parallel;
CREATE TEMP TABLE parallel_result AS
SELECT 'in parallel' AS how, btrdb_stat_agg(time, value) AS a, btrdb_stat_agg(point) AS b, btrdb_rollup(summary) AS c
FROM types_parallel;
SET max_parallel_workers_per_gather = 0;
INSERT INTO parallel_result
SELECT 'alone', btrdb_stat_agg(time, value), btrdb_stat_agg(point), btrdb_rollup(summary) FROM types_parallel;
SELECT how, btrdb_time(s), btrdb_count(s), pg_temp.close_to(btrdb_mean(s), mean) AS mean,
	pg_temp.close_to(btrdb_stddev(s), stddev) AS stddev, btrdb_min(s) = min AND btrdb_max(s) = max AS extremes
FROM parallel_result, LATERAL (VALUES (1, a), (2, b), (3, c)) v (n, s),
	(SELECT avg(value) AS mean, stddev_pop(value) AS stddev, min(value), max(value) FROM types_parallel) q
ORDER BY how, n;
DROP TABLE types_parallel;
