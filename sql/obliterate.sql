-- btrdb_obliterate and DELETE FROM btrdb.streams
SET btrdb.buffer_points = 100;
SELECT btrdb_create('obliterate', '{"name": "a"}', '{"note": 1}', '0b000000-0000-0000-0000-00000000000a') AS a \gset
SELECT btrdb_create('obliterate', '{"name": "b"}', stream => '0b000000-0000-0000-0000-00000000000b') AS b \gset
SELECT btrdb_create('obliterate', '{"name": "never written"}', stream => '0b000000-0000-0000-0000-00000000000c') AS c \gset
SELECT btrdb_create('obliterate', '{"name": "buffered"}', stream => '0b000000-0000-0000-0000-00000000000d') AS d \gset
CREATE VIEW traces AS
	SELECT 'streams' AS "table", uuid AS stream, count(*) FROM btrdb.streams GROUP BY 2
	UNION ALL SELECT 'versions', stream, count(*) FROM btrdb.versions GROUP BY 2
	UNION ALL SELECT 'buffer', stream, count(*) FROM btrdb.buffer GROUP BY 2
	UNION ALL SELECT 'heads', stream, count(*) FROM btrdb.heads GROUP BY 2
	UNION ALL SELECT 'retired', stream, count(*) FROM btrdb.retired GROUP BY 2
	UNION ALL SELECT 'points', stream, count(*) FROM btrdb.points GROUP BY 2;
-- all states that a stream can be in: reverts, deletes, rows in the buffer
SELECT btrdb_insert(:'a', array_agg(i * 1000), array_agg(i::float8)) FROM generate_series(1, 30000) i;
SELECT btrdb_delete(:'a', 5000, 7000);
SELECT btrdb_insert(:'a', array_agg(i * 1000 + 1), array_agg(i::float8)) FROM generate_series(1, 20) i;
SELECT btrdb_revert(:'a', 11);
SELECT btrdb_delete(:'a', -4611686018427387904, 4611686018427387904);
SELECT btrdb_revert(:'a', 12);
SELECT btrdb_insert(:'a', 7, 7), btrdb_insert(:'b', 8, 8), btrdb_insert(:'d', 9, 9), btrdb_flush(:'b'), btrdb_insert(:'b', 9, 9);

SELECT btrdb_obliterate(:'a');
SELECT "table", count FROM traces WHERE stream = :'a' ORDER BY 1;
SELECT retired > now() - interval '1 minute' AND retired <= now() AS now FROM btrdb.retired WHERE stream = :'a';
SELECT * FROM btrdb_check();
SELECT count(*) < 20 AS few_rows, bool_or(whole) AS whole FROM btrdb.garbage WHERE stream = :'a';

-- it is gone for everybody
SELECT btrdb_count(:'a'::uuid);
SELECT btrdb_insert(:'a', 1, 1);
SELECT btrdb_obliterate(:'a');
SELECT btrdb_stream('obliterate/a');
\set VERBOSITY sqlstate
SELECT btrdb_values(:'a', 0, 10);
SELECT btrdb_flush(:'a');
SELECT btrdb_delete(:'a', 0, 10);
SELECT btrdb_revert(:'a', 11);
SELECT btrdb_prune(:'a', 11);
SELECT btrdb_versions(:'a');
SELECT * FROM btrdb_check(:'a');
INSERT INTO btrdb.points VALUES (:'a', 1, 1);
SELECT btrdb_obliterate(NULL);
SELECT btrdb_obliterate('0b000000-0000-0000-0000-0000000000ff');
SELECT * FROM btrdb.points WHERE stream = :'a';

-- and its uuid stays used; collection and tags do not
\set VERBOSITY default
SELECT btrdb_create('obliterate', '{"name": "x"}', stream => :'a');
INSERT INTO btrdb.streams (uuid, collection) VALUES (:'a', 'obliterate/x');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO btrdb.streams (uuid, collection) VALUES (:'a', 'obliterate/x') ON CONFLICT DO NOTHING;
COPY btrdb.streams (uuid, collection) FROM stdin;
0b000000-0000-0000-0000-00000000000a	obliterate/x
\.
UPDATE btrdb.streams SET uuid = :'a' WHERE uuid = :'b';
SELECT btrdb_create('obliterate', '{"name": "a"}') <> :'a' AS another;
SELECT btrdb_count(btrdb_stream('obliterate/a'));

-- DELETE does the same, for any number of streams; TRUNCATE does not
TRUNCATE btrdb.streams;
\echo :LAST_ERROR_SQLSTATE
WITH gone AS (DELETE FROM btrdb.streams WHERE collection = 'obliterate' RETURNING uuid, name)
	SELECT array_agg(name ORDER BY name) FROM gone;
SELECT "table", count(*), sum(count) FROM traces WHERE stream::text LIKE '0b000000%' GROUP BY 1;
SELECT * FROM btrdb_check();

-- a rollback, or one to a savepoint, brings everything back
SELECT btrdb_create('obliterate', '{"name": "e"}', stream => '0b000000-0000-0000-0000-00000000000e') AS e \gset
SELECT btrdb_insert(:'e', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 2000) i;
SELECT btrdb_insert(:'e', 2001, 0);
BEGIN;
SELECT btrdb_insert(:'e', 2002, 0);
SAVEPOINT s;
SELECT btrdb_obliterate(:'e');
SAVEPOINT t;
SELECT btrdb_count(:'e'::uuid);
ROLLBACK TO t;
SELECT btrdb_create('obliterate', stream => :'e');
ROLLBACK TO s;
SELECT btrdb_count(:'e'::uuid), btrdb_insert(:'e', 2003, 0), btrdb_flush(:'e'), btrdb_count(:'e'::uuid, version => 11);
DELETE FROM btrdb.streams WHERE uuid = :'e';
ROLLBACK;
SELECT btrdb_version(:'e'), btrdb_count(:'e'::uuid);
SELECT * FROM btrdb_check();

-- created, filled and removed in one transaction; written and removed by one statement
BEGIN;
SELECT btrdb_create('obliterate', stream => '0b000000-0000-0000-0000-00000000000f') AS f \gset
SELECT btrdb_insert(:'f', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 2000) i;
SELECT btrdb_insert(:'f', 1, 1);
SELECT btrdb_obliterate(:'f');
SELECT "table", count FROM traces WHERE stream = :'f' ORDER BY 1;
COMMIT;
SELECT btrdb_create('obliterate/' || i, stream => ('0b000000-0000-0000-0000-0000000001' || to_char(i, 'FM00'))::uuid) FROM generate_series(1, 5) i;
WITH gone AS (DELETE FROM btrdb.streams WHERE collection = 'obliterate/1' RETURNING uuid)
	INSERT INTO btrdb.points SELECT uuid, i, i FROM gone, generate_series(1, 3000) i;
SELECT btrdb_insert(uuid, 1, 1), btrdb_obliterate(uuid) FROM btrdb.streams WHERE collection = 'obliterate/2';
-- a statement that removes the stream that it inserts into
INSERT INTO btrdb.points
	SELECT uuid, i, coalesce(CASE WHEN i = 3 THEN length(btrdb_obliterate(uuid)::text) END, 0)
	FROM btrdb.streams, generate_series(1, 5) i WHERE collection = 'obliterate/3' ORDER BY i;
SELECT btrdb_count(uuid) FROM btrdb.streams WHERE collection = 'obliterate/3';
-- not while an outer subtransaction has points in memory
CREATE FUNCTION caught(s uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM btrdb_obliterate(s);
	RETURN 'obliterated';
EXCEPTION WHEN object_in_use THEN
	RETURN 'in use';
END
$$;
INSERT INTO btrdb.points SELECT uuid, i, CASE WHEN i < 3 THEN 0 ELSE length(caught(uuid)) END
	FROM btrdb.streams, generate_series(1, 3) i WHERE collection = 'obliterate/4';
SELECT time, value FROM btrdb.points, btrdb.streams WHERE uuid = stream AND collection = 'obliterate/4';
DROP FUNCTION caught;
-- a trigger that keeps the row keeps the stream
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER zzz BEFORE DELETE ON btrdb.streams FOR EACH ROW EXECUTE FUNCTION keep();
DELETE FROM btrdb.streams WHERE collection = 'obliterate/4';
SELECT count(*) FROM btrdb.points, btrdb.streams WHERE uuid = stream AND collection = 'obliterate/4';
DROP TRIGGER zzz ON btrdb.streams;
DROP FUNCTION keep;
-- foreign keys follow
CREATE TABLE label (stream uuid REFERENCES btrdb.streams ON DELETE CASCADE, label text);
INSERT INTO label SELECT uuid, 'x' FROM btrdb.streams WHERE collection = 'obliterate/4';
SELECT btrdb_obliterate(uuid) FROM btrdb.streams WHERE collection = 'obliterate/4';
SELECT count(*) FROM label;
DROP TABLE label;
-- as a replica
SELECT btrdb_insert(uuid, 1, 1) FROM btrdb.streams WHERE collection = 'obliterate/5';
SET session_replication_role = replica;
INSERT INTO btrdb.streams (uuid, collection) VALUES (:'a', 'obliterate/x');
DELETE FROM btrdb.streams WHERE collection = 'obliterate/5';
RESET session_replication_role;
SELECT "table", count(*), sum(count) FROM traces WHERE stream::text LIKE '0b000000%' GROUP BY 1;
SELECT * FROM btrdb_check();

-- after TRUNCATE of the points
BEGIN;
TRUNCATE btrdb.points;
SELECT btrdb_obliterate(:'e');
SELECT * FROM btrdb_check();
ROLLBACK;
SELECT btrdb_count(:'e'::uuid);

-- the list is not for hands, but for a restore by its owner
INSERT INTO btrdb.retired VALUES ('0b000000-0000-0000-0000-0000000000fe');
UPDATE btrdb.retired SET retired = now();
DELETE FROM btrdb.retired;
TRUNCATE btrdb.retired;
\echo :LAST_ERROR_SQLSTATE
CREATE ROLE regress_btrdb_remover;
GRANT ALL ON btrdb.retired TO regress_btrdb_remover;
SET check_function_bodies = off;
DELETE FROM btrdb.retired;
SET ROLE regress_btrdb_remover;
INSERT INTO btrdb.retired VALUES ('0b000000-0000-0000-0000-0000000000fe');
RESET ROLE;
SET session_replication_role = replica;
INSERT INTO btrdb.retired VALUES ('0b000000-0000-0000-0000-0000000000fe');
DELETE FROM btrdb.retired;
RESET session_replication_role;
SELECT btrdb_create('obliterate', stream => '0b000000-0000-0000-0000-0000000000fe');
-- a restore brings points before their stream, but not those of one that was removed
INSERT INTO btrdb.points VALUES ('0b000000-0000-0000-0000-0000000000fe', 1, 1);
RESET check_function_bodies;
SET session_replication_role = replica;
INSERT INTO btrdb.retired VALUES ('0b000000-0000-0000-0000-0000000000fd');
RESET session_replication_role;
SELECT count(*) FROM btrdb.retired WHERE stream = '0b000000-0000-0000-0000-0000000000fd';

-- triggers on other tables get nowhere
CREATE TABLE other (uuid uuid);
INSERT INTO other VALUES (:'e');
CREATE TRIGGER t AFTER DELETE ON other FOR EACH ROW EXECUTE FUNCTION btrdb.obliterate_deleted();
DELETE FROM other;
CREATE TRIGGER u BEFORE INSERT ON other FOR EACH ROW EXECUTE FUNCTION btrdb.guard_uuid();
INSERT INTO other VALUES (:'e');
DROP TABLE other;

-- rights: DELETE on both tables, whichever way
GRANT SELECT ON btrdb.points, btrdb.streams TO regress_btrdb_remover;
GRANT INSERT ON btrdb.points TO regress_btrdb_remover;
SET ROLE regress_btrdb_remover;
SELECT btrdb_obliterate(:'e');
DELETE FROM btrdb.streams WHERE uuid = :'e';
RESET ROLE;
GRANT DELETE ON btrdb.streams TO regress_btrdb_remover;
SET ROLE regress_btrdb_remover;
SELECT btrdb_obliterate(:'e');
DELETE FROM btrdb.streams WHERE uuid = :'e';
RESET ROLE;
GRANT DELETE ON btrdb.points TO regress_btrdb_remover;
REVOKE DELETE ON btrdb.streams FROM regress_btrdb_remover;
SET ROLE regress_btrdb_remover;
SELECT btrdb_obliterate(:'e');
DELETE FROM btrdb.streams WHERE uuid = :'e';
RESET ROLE;
-- and row-level security
GRANT DELETE ON btrdb.streams TO regress_btrdb_remover;
ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
SET ROLE regress_btrdb_remover;
SELECT btrdb_obliterate(:'e');
DELETE FROM btrdb.streams;
RESET ROLE;
CREATE POLICY seen ON btrdb.streams FOR SELECT TO regress_btrdb_remover USING (uuid = '0b000000-0000-0000-0000-00000000000e');
SET ROLE regress_btrdb_remover;
SELECT btrdb_count(:'e'::uuid);
SELECT btrdb_obliterate(:'e');
RESET ROLE;
CREATE POLICY removed ON btrdb.streams FOR DELETE TO regress_btrdb_remover USING (true);
SET ROLE regress_btrdb_remover;
DELETE FROM btrdb.streams WHERE collection <> 'obliterate';
BEGIN READ ONLY;
SELECT btrdb_obliterate(:'e');
ROLLBACK;
SELECT btrdb_obliterate(:'e');
RESET ROLE;
DROP POLICY seen ON btrdb.streams;
DROP POLICY removed ON btrdb.streams;
ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY;
REVOKE ALL ON btrdb.points, btrdb.streams, btrdb.retired FROM regress_btrdb_remover;
DROP ROLE regress_btrdb_remover;

-- VACUUM frees it all
VACUUM btrdb.points;
SELECT count(*) > 0 AS some FROM btrdb.garbage;
SELECT * FROM btrdb_check();
SELECT items > 0 AS removed FROM btrdb_maintain() WHERE action = 'garbage';
SELECT count(*) FROM btrdb.garbage;
SELECT * FROM btrdb_check();

-- what btrdb_check() says if the list is wrong
SELECT btrdb_create('obliterate', stream => '0b000000-0000-0000-0000-000000000200') AS g \gset
SELECT btrdb_insert(:'g', 1, 1), btrdb_flush(:'g');
BEGIN;
SET LOCAL check_function_bodies = off;
INSERT INTO btrdb.retired VALUES (:'g');
SELECT stream, problem FROM btrdb_check(:'g');
SELECT problem FROM btrdb_check();
ALTER TABLE btrdb.streams DISABLE TRIGGER obliterate;
DELETE FROM btrdb.streams WHERE uuid = :'g';
SELECT problem FROM btrdb_check();
ALTER TABLE btrdb.versions DISABLE TRIGGER guard_row;
DELETE FROM btrdb.versions WHERE stream = :'g';
SELECT problem FROM btrdb_check();
ROLLBACK;
DELETE FROM btrdb.streams WHERE collection LIKE 'obliterate%';
DROP VIEW traces;
