-- INSERT and COPY into btrdb.points.
\set VERBOSITY terse
SELECT btrdb_create('points_insert', '{"name": "s"}', stream => 'ee000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_create('points_insert', '{"name": "t"}', stream => 'ee000000-0000-0000-0000-000000000002') AS t \gset
CREATE FUNCTION state(stream uuid) RETURNS text LANGUAGE sql AS $$
	SELECT format('%s: %s', btrdb_version(stream), (SELECT string_agg(format('%s=%s', v.time, v.value), ' ' ORDER BY n)
		FROM btrdb_values(stream, -100, 1000000) WITH ORDINALITY AS v (time, value, n)))
$$;

-- single rows, several rows, mixed streams, any order, duplicates
INSERT INTO btrdb.points VALUES (:'s', 3, 3.5);
INSERT INTO btrdb.points (value, stream, "time") VALUES (1, :'s', 1), (2, :'t', 2), (0, :'s', 0), (10, :'t', 1), (1, :'s', 1), (3, :'s', 3);
SELECT state(:'s'), state(:'t');
PREPARE ins(bigint, float8) AS INSERT INTO btrdb.points VALUES ('ee000000-0000-0000-0000-000000000001', $1, $2);
EXECUTE ins(5, 5);
EXECUTE ins(4, 4);
INSERT INTO btrdb.points SELECT :'s', 1, 1 WHERE false;
SELECT state(:'s');

-- RETURNING, ON CONFLICT, modifying CTE, EXPLAIN
INSERT INTO btrdb.points VALUES (:'s', 7, 7), (:'s', 6, 6) RETURNING "time", value * 2 AS twice, tableoid::regclass;
INSERT INTO btrdb.points VALUES (:'s', 8, 8) ON CONFLICT DO NOTHING;
INSERT INTO btrdb.points VALUES (:'s', 8, 8) ON CONFLICT (stream, "time") DO NOTHING;
WITH i AS (INSERT INTO btrdb.points VALUES (:'t', 20, 20), (:'t', 21, 21) RETURNING *), j AS (INSERT INTO btrdb.points VALUES (:'t', 22, 22))
	SELECT sum(value), btrdb_count(:'t') AS not_seen FROM i;
EXPLAIN (COSTS OFF) INSERT INTO btrdb.points VALUES (:'t', 99, 99);
-- Shows what EXPLAIN ANALYZE tells, as all versions of the server do.
CREATE FUNCTION pg_temp.analyzed(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	line text;
BEGIN
	FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS OFF, SUMMARY OFF) ' || query LOOP
		RETURN NEXT regexp_replace(line, '(rows=\d+)\.00', '\1');
	END LOOP;
END
$$;
SELECT * FROM pg_temp.analyzed(format('INSERT INTO btrdb.points VALUES (%L, 23, 23)', :'t'));
SELECT state(:'s'), state(:'t');
DECLARE c CURSOR WITH HOLD FOR SELECT state(:'t');
INSERT INTO btrdb.points VALUES (:'t', 24, 24);
FETCH c;
CLOSE c;

-- from itself: what the statement inserts is not seen by it
INSERT INTO btrdb.points SELECT stream, "time" + 2000, value FROM btrdb.points WHERE stream IN (:'s', :'t') AND "time" IN (3, 20);
INSERT INTO btrdb.points SELECT :'t', "time" + 100, value FROM btrdb_values(:'t', 0, 100);
INSERT INTO btrdb.points SELECT u, v."time" + 1000, v.value FROM unnest(ARRAY[:'s', :'t']::uuid[]) AS u, btrdb_values(u, 0, 10) AS v;
SELECT state(:'s'), state(:'t');
SELECT btrdb_delete(:'s', 0, 10000), btrdb_delete(:'t', 0, 10000);

-- COPY: text, csv, binary, by psql; columns in another order
COPY btrdb.points FROM stdin;
ee000000-0000-0000-0000-000000000002	2	2
ee000000-0000-0000-0000-000000000001	1	1
ee000000-0000-0000-0000-000000000002	1	1
\.
COPY btrdb.points (value, "time", stream) FROM stdin WITH (FORMAT csv, HEADER);
value,time,stream
5,5,ee000000-0000-0000-0000-000000000001
4,4,ee000000-0000-0000-0000-000000000001
\.
COPY btrdb.points FROM stdin WHERE "time" > 10;
ee000000-0000-0000-0000-000000000001	10	1
ee000000-0000-0000-0000-000000000001	11	1
\.
\copy btrdb.points FROM PROGRAM 'printf "ee000000-0000-0000-0000-000000000001,12,12\n"' WITH (FORMAT csv)
SELECT state(:'s'), state(:'t');
CREATE TABLE plain (stream uuid, "time" bigint, value float8);
INSERT INTO plain SELECT :'s', i, i / 7.0::float8 FROM generate_series(1000, 6000) AS i ORDER BY i % 7, i;
INSERT INTO plain SELECT :'t', i, i FROM generate_series(1000, 1500) AS i;
BEGIN;
COPY plain TO PROGRAM 'cat > "$(pwd)/points_insert.copy"' WITH (FORMAT binary);
COPY btrdb.points FROM PROGRAM 'cat "$(pwd)/points_insert.copy"; rm "$(pwd)/points_insert.copy"' WITH (FORMAT binary);
COMMIT;
SELECT stream, count(*), bool_and(p.value = v.value) AS equal FROM plain AS p
	JOIN LATERAL btrdb_values(p.stream, 1000, 10000) AS v USING ("time") WHERE p."time" % 100 = 0 GROUP BY stream ORDER BY stream;
SELECT btrdb_count(:'s', 1000, 10000), btrdb_count(:'t', 1000, 10000), btrdb_version(:'s') > 11 AS direct;
SELECT * FROM btrdb_check();

-- errors name the row and lose the whole statement, nothing else
SELECT btrdb_delete(:'s', 0, 10000), btrdb_delete(:'t', 0, 10000);
INSERT INTO btrdb.points VALUES (:'s', 1, 1), ('ee000000-0000-0000-0000-00000000000f', 1, 1);
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'s', 4611686018427387904, 1);
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'s', 1, 'NaN');
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'s', 1, 'Infinity');
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'s', NULL, 1);
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'s', 1, 1 / (:'s'::text > '')::int - 1), (:'s', 1, 1 / (:'s'::text < '')::int);
\set VERBOSITY default
COPY btrdb.points FROM stdin;
ee000000-0000-0000-0000-000000000001	1	1
ee000000-0000-0000-0000-00000000000f	1	1
\.
\set VERBOSITY sqlstate
INSERT INTO btrdb.points VALUES ('ee000000-0000-0000-0000-00000000000f', 1, 1);
INSERT INTO btrdb.points VALUES (:'s', -4611686018427387905, 1);
INSERT INTO btrdb.points VALUES (:'s', 1, '-Infinity');
INSERT INTO btrdb.points VALUES (NULL, 1, 1);
BEGIN READ ONLY;
INSERT INTO btrdb.points VALUES (:'s', 1, 1);
ROLLBACK;
\set VERBOSITY terse
SELECT state(:'s'), state(:'t');
-- a stream that the same statement creates
WITH c AS MATERIALIZED (SELECT btrdb_create('points_insert', '{"name": "new"}', stream => 'ee000000-0000-0000-0000-000000000003') AS u)
	INSERT INTO btrdb.points SELECT u, i, i FROM c, generate_series(1, 3) AS i;
SELECT state('ee000000-0000-0000-0000-000000000003');

-- each row counts once, however it is written
BEGIN;
SELECT pg_stat_get_xact_tuples_inserted('btrdb.points'::regclass) AS before \gset
INSERT INTO btrdb.points SELECT :'s', i, i FROM generate_series(1, 3) AS i;
COPY btrdb.points FROM stdin;
ee000000-0000-0000-0000-000000000001	4	4
\.
SELECT pg_stat_get_xact_tuples_inserted('btrdb.points'::regclass) - :before AS counted;
ROLLBACK;
-- rolled back; savepoints
BEGIN;
INSERT INTO btrdb.points VALUES (:'s', 100, 1);
SAVEPOINT a;
INSERT INTO btrdb.points VALUES (:'s', 101, 1);
ROLLBACK TO a;
INSERT INTO btrdb.points VALUES (:'s', 102, 1);
SAVEPOINT b;
INSERT INTO btrdb.points VALUES (:'s', 103, 1);
RELEASE b;
SELECT state(:'s');
COMMIT;
SELECT state(:'s');
BEGIN;
INSERT INTO btrdb.points VALUES (:'s', 104, 1);
ROLLBACK;
SELECT state(:'s');
-- exception blocks
DO $$
BEGIN
	INSERT INTO btrdb.points VALUES ('ee000000-0000-0000-0000-000000000002', 400, 1);
	BEGIN
		INSERT INTO btrdb.points VALUES ('ee000000-0000-0000-0000-000000000002', 401, 1);
		INSERT INTO btrdb.points SELECT 'ee000000-0000-0000-0000-000000000002', 402, 1 / (1 - i) FROM generate_series(0, 1) AS i;
	EXCEPTION WHEN division_by_zero THEN
		INSERT INTO btrdb.points VALUES ('ee000000-0000-0000-0000-000000000002', 403, 1);
	END;
	INSERT INTO btrdb.points VALUES ('ee000000-0000-0000-0000-000000000002', 404, 1);
END
$$;
SELECT state(:'t');
SELECT btrdb_delete(:'s', 0, 10000), btrdb_delete(:'t', 0, 10000);

-- functions that a statement calls see the rows before, as those of a heap

CREATE FUNCTION seen(stream uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$ BEGIN RETURN btrdb_count(stream, 0, 10000); END $$;
CREATE FUNCTION seen_in_block(stream uuid) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	RETURN btrdb_count(stream, 0, 10000);
EXCEPTION WHEN division_by_zero THEN
	RETURN -1;
END
$$;
CREATE FUNCTION seen_stable(stream uuid) RETURNS bigint LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN btrdb_count(stream, 0, 10000); END $$;
INSERT INTO btrdb.points SELECT :'s', i, seen(:'s') FROM generate_series(1, 4) AS i;
INSERT INTO btrdb.points SELECT :'s', 10 + i, seen_in_block(:'s') FROM generate_series(1, 4) AS i;
INSERT INTO btrdb.points SELECT :'s', 20 + i, seen_stable(:'s') FROM generate_series(1, 4) AS i;
INSERT INTO btrdb.points SELECT :'s', 30 + i, seen(:'s') + seen_in_block(:'s') FROM generate_series(1, 4) AS i;
SELECT state(:'s');
-- parallel workers would not see them
CREATE FUNCTION seen_parallel(u uuid, i int) RETURNS SETOF bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY SELECT max(btrdb_count(u, 0, 10000)) FROM plain;
END
$$;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT max(btrdb_count(:'s', 0, 10000)) FROM plain;
INSERT INTO btrdb.points SELECT :'s', 40 + i, seen FROM generate_series(1, 3) AS i, LATERAL seen_parallel(:'s', i) AS seen;
SELECT * FROM btrdb_values(:'s', 40, 50);
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET parallel_leader_participation;
-- functions that write meanwhile
CREATE FUNCTION nested(u uuid, i bigint, fails bool) RETURNS float8 LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO btrdb.points VALUES (u, 200 + i, i), (u, 210 + i, 1 / (NOT fails)::int);
	RETURN btrdb_count(u, 100, 300);
EXCEPTION WHEN division_by_zero THEN
	RETURN -btrdb_count(u, 100, 300);
END
$$;
INSERT INTO btrdb.points SELECT :'t', 100 + i, nested(:'t', i, i % 2 = 0) FROM generate_series(1, 4) AS i;
SELECT state(:'t');
CREATE FUNCTION delete_in_block(u uuid) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN btrdb_delete(u, 0, 10000);
EXCEPTION WHEN division_by_zero THEN
	RETURN -1;
END
$$;
INSERT INTO btrdb.points SELECT :'t', 300 + i, delete_in_block(:'t') FROM generate_series(1, 2) AS i;
INSERT INTO btrdb.points SELECT :'t', 300 + i, btrdb_delete(:'t', 0, 10000) FROM generate_series(1, 1) AS i;
SELECT state(:'t') ~ '^\d+: 301=\d+$' AS deleted;
SELECT btrdb_delete(:'s', 0, 10000), btrdb_delete(:'t', 0, 10000);

-- triggers
CREATE FUNCTION trigger_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.value < 0 THEN
		RETURN NULL;
	END IF;
	NEW.value := NEW.value + 0.5 + 100 * seen(NEW.stream);
	RETURN NEW;
END
$$;
CREATE FUNCTION trigger_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_WHEN = 'BEFORE' THEN
		RAISE NOTICE 'before: %', seen('ee000000-0000-0000-0000-000000000001');
	ELSE
		RAISE NOTICE 'after: %, new %', seen('ee000000-0000-0000-0000-000000000001'), (SELECT string_agg(t::text, ' ') FROM new_points AS t);
	END IF;
	RETURN NULL;
END
$$;
CREATE TRIGGER a BEFORE INSERT ON btrdb.points FOR EACH STATEMENT EXECUTE FUNCTION trigger_statement();
CREATE TRIGGER b AFTER INSERT ON btrdb.points REFERENCING NEW TABLE AS new_points FOR EACH STATEMENT EXECUTE FUNCTION trigger_statement();
INSERT INTO btrdb.points VALUES (:'s', 1, 1), (:'s', 2, 2);
COPY btrdb.points FROM stdin;
ee000000-0000-0000-0000-000000000001	3	3
ee000000-0000-0000-0000-000000000001	4	4
\.
CREATE TRIGGER c BEFORE INSERT ON btrdb.points FOR EACH ROW EXECUTE FUNCTION trigger_row();
INSERT INTO btrdb.points VALUES (:'s', 5, 5), (:'s', 6, -1), (:'s', 7, 7);
COPY btrdb.points FROM stdin;
ee000000-0000-0000-0000-000000000001	8	8
ee000000-0000-0000-0000-000000000001	9	-1
ee000000-0000-0000-0000-000000000001	10	10
\.
SELECT state(:'s');
WITH i AS (INSERT INTO btrdb.points VALUES (:'s', 11, 11)) SELECT 1 AS one;
-- made where the event trigger does not refuse it
ALTER EVENT TRIGGER btrdb_guard_commands DISABLE;
CREATE TRIGGER d AFTER INSERT ON btrdb.points FOR EACH ROW EXECUTE FUNCTION trigger_row();
\set VERBOSITY default
INSERT INTO btrdb.points VALUES (:'s', 12, 12);
\set VERBOSITY terse
-- as a replica none of them fires
SET session_replication_role = replica;
INSERT INTO btrdb.points VALUES (:'s', 13, 13), (:'s', 14, 14);
COPY btrdb.points FROM stdin;
ee000000-0000-0000-0000-000000000001	15	15
\.
RESET session_replication_role;
ALTER TABLE btrdb.points DISABLE TRIGGER USER;
INSERT INTO btrdb.points VALUES (:'s', 16, 16);
DROP TRIGGER a ON btrdb.points;
DROP TRIGGER b ON btrdb.points;
DROP TRIGGER c ON btrdb.points;
DROP TRIGGER d ON btrdb.points;
ALTER EVENT TRIGGER btrdb_guard_commands ENABLE ALWAYS;
SELECT state(:'s');

-- defaults that the executor must compute row by row
ALTER TABLE btrdb.points ALTER value SET DEFAULT random();
COPY btrdb.points (stream, "time") FROM stdin;
ee000000-0000-0000-0000-000000000001	17
ee000000-0000-0000-0000-000000000001	18
\.
ALTER TABLE btrdb.points ALTER value DROP DEFAULT;
SELECT btrdb_count(:'s', 17, 19);
SELECT btrdb_delete(:'s', 0, 10000);

-- little memory: written in parts, all of them or none
SET btrdb.gather_memory = '64kB';
SET extra_float_digits = -2;
INSERT INTO btrdb.points SELECT CASE i % 3 WHEN 0 THEN :'s' ELSE :'t' END::uuid, i, i FROM generate_series(1, 20000) AS i;
SELECT btrdb_count(:'s'), btrdb_stat(:'s', 0, 30000), btrdb_count(:'t');
INSERT INTO btrdb.points SELECT :'s', i, 1 / (20000 - i) FROM generate_series(1, 20000) AS i;
INSERT INTO btrdb.points SELECT stream, "time" + 20000, value FROM btrdb.points WHERE stream IN (:'s', :'t');
SELECT btrdb_stat(:'s', 0, 20001), btrdb_stat(:'s', 20001, 50000), btrdb_count(:'t');
RESET btrdb.gather_memory;
RESET extra_float_digits;
-- a thousand streams
SELECT count(btrdb_create('points_insert/many', jsonb_build_object('name', i), stream => ('ef000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid))
	FROM generate_series(1, 1000) AS i;
INSERT INTO btrdb.points SELECT ('ef000000-0000-0000-0000-' || lpad((1 + i * 7919 % 1000)::text, 12, '0'))::uuid, i, i % 1000 FROM generate_series(0, 9999) AS i;
SELECT sum(c.count), min(c.count), max(c.count), sum(stddev) FROM btrdb.streams,
	LATERAL (SELECT btrdb_count(uuid) AS count, btrdb_stddev(btrdb_stat(uuid, 0, 10000)) AS stddev) AS c WHERE collection = 'points_insert/many';

-- rights are those on the table, streams those that policies let see
CREATE ROLE regress_btrdb_writer;
GRANT SELECT ON btrdb.streams TO regress_btrdb_writer;
SET ROLE regress_btrdb_writer;
INSERT INTO btrdb.points VALUES (:'s', 1, 1);
RESET ROLE;
GRANT INSERT ON btrdb.points TO regress_btrdb_writer;
SET ROLE regress_btrdb_writer;
INSERT INTO btrdb.points VALUES (:'s', 1, 1);
RESET ROLE;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
CREATE POLICY only_s ON btrdb.streams USING (uuid = 'ee000000-0000-0000-0000-000000000001');
SET ROLE regress_btrdb_writer;
INSERT INTO btrdb.points VALUES (:'s', 2, 2);
INSERT INTO btrdb.points VALUES (:'s', 3, 3), (:'t', 3, 3);
RESET ROLE;
DROP POLICY only_s ON btrdb.streams;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON btrdb.points, btrdb.streams FROM regress_btrdb_writer;
DROP ROLE regress_btrdb_writer;
SELECT btrdb_count(:'s', 0, 4);

-- prepared transactions, serializable
BEGIN ISOLATION LEVEL SERIALIZABLE;
INSERT INTO btrdb.points SELECT :'s', 50000 + i, i FROM generate_series(1, 5000) AS i;
PREPARE TRANSACTION 'points_insert';
COMMIT PREPARED 'points_insert';
SELECT btrdb_count(:'s', 50001, 60000);

SELECT btrdb_flush(:'s') > 0 AS flushed;
SELECT * FROM btrdb_check();
DROP TABLE plain;
DROP FUNCTION state, seen, seen_in_block, seen_stable, seen_parallel, nested, delete_in_block, trigger_row, trigger_statement;
