-- Who gets in: each operation tried as each role.  Rights on btrdb.points and btrdb.streams
-- decide; then row-level security of btrdb.streams, which must not let anybody tell
-- a hidden stream from one that never was.
\set VERBOSITY terse
SELECT btrdb_create('matrix/seen', '{"name": "s"}', stream => '90000000-0000-0000-0000-00000000000a') AS seen \gset
SELECT btrdb_create('matrix/hidden', '{"name": "h"}', stream => '90000000-0000-0000-0000-00000000000b') AS hidden \gset
\set never '90000000-0000-0000-0000-00000000000c'
SELECT uuid AS stream,
	btrdb_insert(uuid, ARRAY[777001, 777002, 777003], ARRAY[1234.5, 2234.5, 3234.5]) AS ten,
	btrdb_flush(uuid) AS eleven, btrdb_delete(uuid, 777003, 777004) AS twelve, btrdb_insert(uuid, 777005, 1334.5) AS buffered
FROM btrdb.streams WHERE collection LIKE 'matrix/%' ORDER BY 1;
-- some points that share a row of btrdb.mixed
INSERT INTO btrdb.points SELECT uuid, 777010, 1434.5 FROM btrdb.streams WHERE collection LIKE 'matrix/%';

CREATE TABLE matrix_op (n int GENERATED ALWAYS AS IDENTITY, kind text, what text, run text);
INSERT INTO matrix_op (kind, what, run) VALUES
	('read', 'btrdb_values', 'SELECT * FROM btrdb_values(%L, 0, 1000000)'),
	('read', 'btrdb_values, not in FROM', 'SELECT btrdb_values(%L, 0, 1000000)'),
	('read', 'btrdb_windows', 'SELECT * FROM btrdb_windows(%L, 0, 1000000, 500000)'),
	('read', 'btrdb_aligned_windows', 'SELECT * FROM btrdb_aligned_windows(%L, 0, 1000000, 10)'),
	('read', 'btrdb_rows', 'SELECT * FROM btrdb_rows(ARRAY[%L]::uuid[], 0, 1000000)'),
	('read', 'btrdb_rows, not in FROM', 'SELECT btrdb_rows(ARRAY[%L]::uuid[], 0, 1000000, 10)'),
	('read', 'btrdb_multi_values', 'SELECT * FROM btrdb_multi_values(ARRAY[%L]::uuid[], 0, 1000000)'),
	('read', 'btrdb_multi_windows', 'SELECT * FROM btrdb_multi_windows(ARRAY[%L]::uuid[], 0, 1000000, 500000)'),
	('read', 'btrdb_multi_aligned_windows', 'SELECT * FROM btrdb_multi_aligned_windows(ARRAY[%L]::uuid[], 0, 1000000, 10)'),
	('read', 'btrdb_pin', 'SELECT btrdb_pin(ARRAY[%L]::uuid[])'),
	('read', 'btrdb_windows, filled', 'SELECT * FROM btrdb_windows(%L, 777000, 777100, 10, fill => ''previous'')'),
	('read', 'btrdb_minmax', 'SELECT * FROM btrdb_minmax(%L, 0, 1000000, 10)'),
	('read', 'btrdb_lttb', 'SELECT * FROM btrdb_lttb(%L, 0, 1000000, 10)'),
	('read', 'btrdb_plot', 'SELECT btrdb_plot(%L)'),
	('read', 'btrdb_plot_text', 'SELECT btrdb_plot_text(%L)'),
	('read', 'EXPLAIN of columns', 'EXPLAIN (VERBOSE) SELECT * FROM btrdb_minmax(%L, 0, 1000000, 10)'),
	('read', 'btrdb_stat', 'SELECT btrdb_stat(%L, 0, 1000000)'),
	('read', 'btrdb_count', 'SELECT btrdb_count(%L::uuid)'),
	('read', 'btrdb_count(text)', 'SELECT btrdb_count(%L)'),
	('read', 'btrdb_nearest', 'SELECT * FROM btrdb_nearest(%L, 0)'),
	('read', 'btrdb_earliest', 'SELECT * FROM btrdb_earliest(%L)'),
	('read', 'btrdb_latest', 'SELECT * FROM btrdb_latest(%L)'),
	('read', 'btrdb_changes', 'SELECT * FROM btrdb_changes(%L, 0)'),
	('read', 'btrdb_gaps', 'SELECT * FROM btrdb_gaps(%L, 0, 1000000, 100)'),
	('read', 'btrdb_first_crossing', 'SELECT * FROM btrdb_first_crossing(%L, 0, 1000000, 2000)'),
	('read', 'btrdb_last_crossing', 'SELECT * FROM btrdb_last_crossing(%L, 0, 1000000, 2000)'),
	('read', 'btrdb_asof', 'SELECT * FROM btrdb_asof(%L, 777002)'),
	('read', 'btrdb_asof of an array', 'SELECT * FROM btrdb_asof(%L, ARRAY[777002, 5])'),
	('read', 'btrdb_integral', 'SELECT btrdb_integral(%L, 0, 1000000)'),
	('read', 'btrdb_time_weighted_mean', 'SELECT btrdb_time_weighted_mean(%L, 0, 1000000)'),
	('read', 'btrdb_rate', 'SELECT * FROM btrdb_rate(%L, 0, 1000000, 500000)'),
	('read', 'values above', 'SELECT * FROM btrdb_values(%L, 0, 1000000) WHERE value > 2000'),
	('read', 'btrdb_version', 'SELECT btrdb_version(%L)'),
	('read', 'btrdb_wait_for_version', 'SELECT btrdb_wait_for_version(%L, 11)'),
	('read', 'btrdb_versions', 'SELECT version, count, earliest, latest FROM btrdb_versions(%L)'),
	('read', 'btrdb_version_at', 'SELECT btrdb_version_at(%L, now())'),
	('read', 'an old version', 'SELECT btrdb_count(%L::uuid, version => 11)'),
	('read', 'a version that is not there', 'SELECT btrdb_count(%L::uuid, version => 99)'),
	('read', 'btrdb.stream_stat', 'SELECT * FROM btrdb.stream_stat(%L)'),
	('read', 'points of a stream', 'SELECT * FROM btrdb.points WHERE stream = %L'),
	('read', 'points IN', 'SELECT * FROM btrdb.points WHERE stream IN (%L, ''90000000-0000-0000-0000-00000000000d'')'),
	('read', 'points, time only', 'SELECT time, value FROM btrdb.points WHERE time BETWEEN 777001 AND 777010 AND value < 5000'),
	('read', 'points, backwards', 'SELECT * FROM btrdb.points WHERE stream = %L ORDER BY time DESC'),
	('read', 'points, by a join', 'SELECT p.* FROM (VALUES (%L::uuid)) AS s (u) JOIN btrdb.points AS p ON p.stream = s.u'),
	('read', 'points, by statistics', 'SELECT count(*), min(value), max(time), avg(value) FROM btrdb.points WHERE stream = %L'),
	('read', 'points, counted', 'SELECT count(*) FROM btrdb.points WHERE stream = %L HAVING count(*) > 0'),
	('read', 'EXPLAIN of a call', 'EXPLAIN (VERBOSE) SELECT * FROM btrdb_values(%L, 0, 1000000)'),
	('read', 'EXPLAIN of windows', 'EXPLAIN (VERBOSE) SELECT * FROM btrdb_aligned_windows(%L, 0, 1000000, 4)'),
	('read', 'EXPLAIN of several streams', 'EXPLAIN (VERBOSE) SELECT * FROM btrdb_multi_values(ARRAY[%L]::uuid[], 0, 1000000)'),
	('read', 'EXPLAIN of points', 'EXPLAIN (VERBOSE) SELECT * FROM btrdb.points WHERE stream = %L AND time > 777001'),
	('read', 'EXPLAIN of a filter', 'EXPLAIN SELECT * FROM btrdb.points WHERE stream = %L AND value > 1300'),
	('read', 'EXPLAIN ANALYZE of points', 'EXPLAIN (ANALYZE, BUFFERS OFF, VERBOSE, TIMING OFF, SUMMARY OFF) SELECT * FROM btrdb.points WHERE stream = %L'),
	('read', 'EXPLAIN ANALYZE of statistics', 'EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF, SUMMARY OFF) SELECT count(*) FROM btrdb.points WHERE stream = %L'),
	('read', 'EXPLAIN ANALYZE of a call', 'EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM btrdb_values(%L, 0, 1000000)'),
	('catalog', 'btrdb_stream', 'SELECT btrdb_stream(''matrix/'' || CASE %L WHEN ''90000000-0000-0000-0000-00000000000a'' THEN ''seen/s'' ELSE ''hidden/h'' END)'),
	('catalog', 'btrdb.streams', 'SELECT uuid, collection FROM btrdb.streams WHERE uuid = %L'),
	('catalog', 'btrdb.collections', 'SELECT collection FROM btrdb.collections'),
	('catalog', 'btrdb.stream_stats', 'SELECT * FROM btrdb.stream_stats WHERE uuid = %L'),
	('catalog', 'btrdb_metadata_usage', 'SELECT * FROM btrdb_metadata_usage()'),
	('check', 'btrdb_check of a stream', 'SELECT * FROM btrdb_check(%L)'),
	('check', 'btrdb_check of all', 'SELECT * FROM btrdb_check()'),
	('write', 'btrdb_insert', 'SELECT btrdb_insert(%L, 1, 1)'),
	('write', 'btrdb_insert, arrays', 'SELECT btrdb_insert(%L, ARRAY[1], ARRAY[1]::float8[])'),
	('write', 'btrdb_insert, points', 'SELECT btrdb_insert(%L, ARRAY[rawpoint(1, 1)])'),
	('write', 'btrdb_insert, bad point', 'SELECT btrdb_insert(%L, 1, ''NaN'')'),
	('write', 'INSERT INTO points', 'INSERT INTO btrdb.points VALUES (%L, 1, 1)'),
	('write', 'INSERT ... RETURNING', 'INSERT INTO btrdb.points VALUES (%L, 1, 1) RETURNING value'),
	('write', 'btrdb_flush', 'SELECT btrdb_flush(%L)'),
	('write', 'btrdb_flush of all', 'SELECT btrdb_flush()'),
	('write', 'btrdb_maintain', 'SELECT * FROM btrdb_maintain()'),
	('write', 'btrdb_create', 'SELECT btrdb_create(''matrix/new'')'),
	('write', 'INSERT INTO streams', 'INSERT INTO btrdb.streams (uuid, collection) VALUES (''90000000-0000-0000-0000-00000000000f'', ''matrix/new'')'),
	('write', 'UPDATE streams', 'UPDATE btrdb.streams SET annotations = ''{"a": 1}'' WHERE uuid = %L RETURNING uuid'),
	('remove', 'btrdb_delete', 'SELECT btrdb_delete(%L, 0, 1000000)'),
	('remove', 'btrdb_trim', 'SELECT btrdb_trim(%L, 0, 20)'),
	('remove', 'btrdb_revert', 'SELECT btrdb_revert(%L, 10)'),
	('remove', 'btrdb_prune', 'SELECT btrdb_prune(%L, 12)'),
	('remove', 'btrdb_obliterate', 'SELECT btrdb_obliterate(%L)'),
	('remove', 'DELETE FROM streams', 'DELETE FROM btrdb.streams WHERE uuid = %L RETURNING uuid'),
	('remove', 'DELETE FROM points', 'DELETE FROM btrdb.points WHERE stream = %L'),
	('internal', 'TRUNCATE points', 'TRUNCATE btrdb.points'),
	('internal', 'SELECT versions', 'SELECT * FROM btrdb.versions'),
	('internal', 'btrdb.storage', 'SELECT relation FROM btrdb.storage'),
	('internal', 'SELECT buffer', 'SELECT * FROM btrdb.buffer'),
	('internal', 'SELECT mixed', 'SELECT * FROM btrdb.mixed'),
	('internal', 'SELECT heads', 'SELECT * FROM btrdb.heads'),
	('internal', 'SELECT garbage', 'SELECT * FROM btrdb.garbage'),
	('internal', 'SELECT retired', 'SELECT * FROM btrdb.retired'),
	('internal', 'INSERT INTO heads', 'INSERT INTO btrdb.heads VALUES (%L)'),
	('internal', 'DELETE FROM versions', 'DELETE FROM btrdb.versions'),
	('internal', 'LOCK points', 'LOCK TABLE btrdb.points IN ACCESS EXCLUSIVE MODE'),
	('internal', 'ALTER points', 'ALTER TABLE btrdb.points SET (autovacuum_enabled = off)'),
	('internal', 'CREATE INDEX', 'CREATE INDEX ON btrdb.points (time)'),
	('internal', 'CREATE POLICY', 'CREATE POLICY p ON btrdb.streams USING (true)'),
	('internal', 'CREATE TABLE in btrdb', 'CREATE TABLE btrdb.mine ()'),
	('internal', 'CREATE TABLE USING', 'CREATE TEMP TABLE mine (stream uuid, "time" bigint, value float8) USING btrdb'),
	('internal', 'trigger guard_streams', 'CREATE TRIGGER t BEFORE UPDATE ON matrix_own FOR EACH ROW EXECUTE FUNCTION btrdb.guard_streams()'),
	('internal', 'trigger guard_channel', 'CREATE TRIGGER t AFTER UPDATE ON matrix_own FOR EACH ROW EXECUTE FUNCTION btrdb.guard_channel()'),
	('internal', 'trigger guard_uuid', 'CREATE TRIGGER t AFTER INSERT ON matrix_own FOR EACH ROW EXECUTE FUNCTION btrdb.guard_uuid()'),
	('internal', 'trigger guard_retired', 'CREATE TRIGGER t BEFORE INSERT ON matrix_own FOR EACH ROW EXECUTE FUNCTION btrdb.guard_retired()'),
	('internal', 'trigger guard_internal', 'CREATE TRIGGER t BEFORE INSERT ON matrix_own FOR EACH ROW EXECUTE FUNCTION btrdb.guard_internal()'),
	('internal', 'trigger obliterate_deleted', 'CREATE TRIGGER t AFTER DELETE ON matrix_own FOR EACH ROW EXECUTE FUNCTION btrdb.obliterate_deleted()'),
	('internal', 'SET btrdb.retention', 'SET LOCAL btrdb.retention = 0');

CREATE ROLE regress_none;
CREATE ROLE regress_column;
CREATE ROLE regress_points;
CREATE ROLE regress_read;
CREATE ROLE regress_write;
CREATE ROLE regress_remove;
CREATE ROLE regress_catalog;
CREATE ROLE regress_limited;
GRANT SELECT ("time", value) ON btrdb.points TO regress_column;
GRANT SELECT ON btrdb.points TO regress_points;
GRANT SELECT ON btrdb.points, btrdb.streams, btrdb.collections, btrdb.stream_stats TO regress_read;
GRANT INSERT ON btrdb.points TO regress_write;
GRANT SELECT ON btrdb.streams TO regress_write, regress_remove;
GRANT DELETE ON btrdb.points TO regress_remove;
GRANT ALL ON btrdb.streams, btrdb.collections, btrdb.stream_stats TO regress_catalog;
-- so that triggers can be tried on it
CREATE TABLE matrix_own (uuid text, property_version text, created int, number int);
GRANT ALL ON matrix_own TO PUBLIC;

-- What becomes of a command that a role runs: its rows or the whole error, with the uuid as X.  Nothing of it stays.
CREATE FUNCTION outcome(who name, run text, stream uuid, OUT state text, OUT told text) LANGUAGE plpgsql AS $$
DECLARE
	command text := replace(run, '%L', quote_literal(stream));
	r record;
	parts text[];
	detail text;
	hint text;
	context text;
BEGIN
	BEGIN
		EXECUTE format('SET LOCAL ROLE %I', who);
		IF command ~ '^(SELECT|EXPLAIN)|RETURNING' THEN
			FOR r IN EXECUTE command LOOP
				parts := parts || r::text;
			END LOOP;
		ELSE
			EXECUTE command;
		END IF;
		RAISE EXCEPTION USING ERRCODE = 'ZZ999', MESSAGE = COALESCE(array_to_string(parts, E'\n', 'NULL'), '');
	EXCEPTION WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, told = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
			hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
		IF state = 'ZZ999' THEN
			state := CASE WHEN command ~ '^(SELECT|EXPLAIN)|RETURNING' THEN COALESCE(cardinality(parts), 0)::text ELSE 'done' END;
		ELSE
			told := concat_ws(E'\n', told, detail, hint, context);
		END IF;
		told := replace(told, stream::text, 'X');
	END;
END $$;

-- Rights.  Numbers are rows, and "yes" is any of them or done.
SET jit = off;
SELECT what, short AS role, CASE WHEN state ~ '^\d{1,4}$|^done$' THEN 'yes' ELSE state END AS state
FROM matrix_op, unnest('{none,column,points,read,write,remove,catalog,superuser}'::text[]) WITH ORDINALITY AS role (short, i),
	LATERAL outcome(CASE short WHEN 'superuser' THEN current_user ELSE ('regress_' || short)::name END, run, :'seen')
ORDER BY matrix_op.n, i \crosstabview what role state

-- Row-level security: a role with every right sees the one stream, and only it.
GRANT ALL ON btrdb.points, btrdb.streams, btrdb.collections, btrdb.stream_stats TO regress_limited;
GRANT EXECUTE ON FUNCTION btrdb_check(uuid, boolean) TO regress_limited;
ANALYZE btrdb.points;
CREATE STATISTICS matrix_stats (mcv) ON stream, value FROM btrdb.points;
ANALYZE btrdb.points;
SELECT count(*) > 0 AS told FROM pg_stats WHERE schemaname = 'btrdb' AND tablename = 'points';
SELECT count(*) > 0 AS told FROM pg_stats_ext WHERE schemaname = 'btrdb' AND tablename = 'points' AND most_common_vals IS NOT NULL;
CREATE POLICY visible ON btrdb.streams TO regress_limited USING (collection = 'matrix/seen');
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;

-- statistics of all points are not kept, neither old nor new ones
SELECT count(*) AS told FROM pg_stats WHERE schemaname = 'btrdb' AND tablename = 'points';
SELECT count(*) AS told FROM pg_stats_ext WHERE schemaname = 'btrdb' AND tablename = 'points' AND most_common_vals IS NOT NULL;
ANALYZE btrdb.points;
SELECT count(*) AS told FROM pg_stats WHERE schemaname = 'btrdb' AND tablename = 'points';
SELECT count(*) AS told FROM pg_stats_ext WHERE schemaname = 'btrdb' AND tablename = 'points' AND most_common_vals IS NOT NULL;
SELECT reltuples = count(*) AS counted FROM pg_class, btrdb.points WHERE oid = 'btrdb.points'::regclass GROUP BY reltuples;

-- Commands as the limited role: what they say of the stream seen, of the hidden one, and whether that is, to the letter, what
-- they say of a stream that never was.
SELECT what, s.state AS seen, h.state AS hidden, CASE WHEN h = v THEN 'same' ELSE 'DIFFERS: ' || h.told END AS as_never
FROM matrix_op, outcome('regress_limited', run, :'seen') AS s, outcome('regress_limited', run, :'hidden') AS h,
	outcome('regress_limited', run, :'never') AS v
WHERE kind IN ('read', 'catalog', 'check', 'write', 'remove')
ORDER BY n;

-- Commands over all streams: as the limited role they say the same whatever the hidden stream holds.
CREATE TABLE matrix_all (n int GENERATED ALWAYS AS IDENTITY, what text, run text, before text);
INSERT INTO matrix_all (what, run) VALUES
	('all points', 'SELECT * FROM btrdb.points'),
	('all, by a range of uuids', 'SELECT * FROM btrdb.points WHERE stream >= ''90000000-0000-0000-0000-000000000000'''),
	('all, by time', 'SELECT * FROM btrdb.points WHERE time BETWEEN 777000 AND 778000'),
	('all, by value', 'SELECT * FROM btrdb.points WHERE value > 1300'),
	('all, backwards', 'SELECT * FROM btrdb.points ORDER BY stream DESC, time DESC'),
	('count', 'SELECT count(*) FROM btrdb.points'),
	('aggregates', 'SELECT count(*), min(time), max(time), sum(value), stddev(value) FROM btrdb.points WHERE time > 0'),
	('by stream', 'SELECT stream, count(*), avg(value) FROM btrdb.points GROUP BY stream'),
	('by buckets', 'SELECT stream, time / 10, count(*) FROM btrdb.points GROUP BY 1, 2'),
	('plan', 'EXPLAIN (ANALYZE, BUFFERS OFF, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM btrdb.points'),
	('plan of a filter', 'EXPLAIN (ANALYZE, BUFFERS OFF, VERBOSE, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT * FROM btrdb.points WHERE value > 1300'),
	('plan of statistics', 'EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT count(*) FROM btrdb.points'),
	('plan by stream', 'EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF, TIMING OFF, SUMMARY OFF) SELECT stream, count(*) FROM btrdb.points GROUP BY stream'),
	('collections', 'SELECT * FROM btrdb.collections'),
	('metadata usage', 'SELECT * FROM btrdb_metadata_usage()'),
	('stream_stats', 'SELECT * FROM btrdb.stream_stats'),
	('functions over streams', 'SELECT uuid, btrdb_count(uuid) FROM btrdb.streams'),
	('flush', 'SELECT btrdb_flush()'),
	('maintain', 'SELECT * FROM btrdb_maintain()'),
	('check', 'SELECT * FROM btrdb_check()');
CREATE FUNCTION all_outcomes(n int) RETURNS text BEGIN ATOMIC
	SELECT state || ': ' || COALESCE(told, '') FROM matrix_all AS a, outcome('regress_limited', a.run, '90000000-0000-0000-0000-0000000000ff') WHERE a.n = all_outcomes.n;
END;
SET btrdb.compact_rows = 1;
UPDATE matrix_all SET before = all_outcomes(n);
SELECT btrdb_insert(:'hidden', ARRAY(SELECT generate_series(777100, 779100)), ARRAY(SELECT generate_series(1, 2001))::float8[]) AS version;
SELECT btrdb_prune(:'hidden', 12);
INSERT INTO btrdb.points VALUES (:'hidden', 777500, 9), (:'hidden', 777501, 9);
SELECT what, split_part(before, ':', 1) AS rows, CASE WHEN all_outcomes(n) = before THEN 'same' ELSE 'DIFFERS' END AS after,
	CASE WHEN before ~ '000b|hidden|9999' THEN 'TOLD' ELSE 'no' END AS tells
FROM matrix_all ORDER BY n;
RESET btrdb.compact_rows;

-- also for plans that somebody else has made, and cursors
PREPARE points AS SELECT count(*) FROM btrdb.points WHERE stream = :'hidden';
PREPARE calls AS SELECT count(*) FROM btrdb_values(:'hidden', 0, 1000000);
SET plan_cache_mode = force_generic_plan;
EXECUTE points;
EXECUTE calls;
SET ROLE regress_limited;
EXECUTE points;
EXECUTE calls;
COPY (SELECT * FROM btrdb.points) TO STDOUT;
COPY btrdb.points TO STDOUT;
SET row_security = off;
COPY btrdb.points TO STDOUT;
EXECUTE points;
RESET row_security;
RESET ROLE;
EXECUTE points;
RESET plan_cache_mode;

-- Also for all rights but SELECT on btrdb.streams: not seeing is not knowing.
SELECT state, told FROM outcome('regress_points', 'SELECT btrdb_count(%L::uuid)', :'hidden');
SELECT state FROM outcome('regress_points', 'SELECT * FROM btrdb.points', :'hidden');

-- Leakproof functions would be run on rows that a policy hides.
SELECT p.oid::regprocedure AS leakproof
FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'btrdb') AND p.proleakproof;
-- Nothing runs with other rights than the caller's, and what is for the owner is not for PUBLIC.
SELECT p.oid::regprocedure AS definer
FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'btrdb') AND p.prosecdef;
SELECT p.oid::regprocedure AS not_for_public
FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'btrdb')
	AND NOT has_function_privilege('regress_none', p.oid, 'EXECUTE')
ORDER BY p.oid::regprocedure::text COLLATE "C";
SELECT c.oid::regclass AS for_public
FROM pg_class AS c JOIN pg_depend AS d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'btrdb')
	AND (has_table_privilege('regress_none', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
		OR has_any_column_privilege('regress_none', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'));

-- The triggers' functions look at what they are called for, whoever was granted them.
CREATE TRIGGER t BEFORE UPDATE ON matrix_own FOR EACH ROW EXECUTE FUNCTION btrdb.guard_streams();
CREATE TRIGGER u AFTER INSERT ON matrix_own FOR EACH ROW EXECUTE FUNCTION btrdb.guard_uuid();
INSERT INTO matrix_own VALUES ('a', 'b', 1, 1);
DROP TRIGGER u ON matrix_own;
INSERT INTO matrix_own VALUES ('a', 'b', 1, 1);
UPDATE matrix_own SET uuid = uuid;

DROP STATISTICS matrix_stats;
DROP POLICY visible ON btrdb.streams;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;
DROP FUNCTION all_outcomes, outcome;
DROP TABLE matrix_op, matrix_all, matrix_own;
DELETE FROM btrdb.streams WHERE collection LIKE 'matrix/%';
DROP OWNED BY regress_none, regress_column, regress_points, regress_read, regress_write, regress_remove, regress_catalog, regress_limited;
DROP ROLE regress_none, regress_column, regress_points, regress_read, regress_write, regress_remove, regress_catalog, regress_limited;
SELECT * FROM btrdb_check();
