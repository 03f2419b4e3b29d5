-- A rule that would make a view of btrdb.points.  Since 16 the server itself refuses it.
CREATE DATABASE regress_btrdb_refusals_rule;
SELECT current_database() AS database \gset
\c regress_btrdb_refusals_rule
CREATE EXTENSION btrdb;
SELECT btrdb_create('refusals', stream => 'f0000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_insert(:'s', 1, 1), btrdb_flush(:'s');
CREATE RULE "_RETURN" AS ON SELECT TO btrdb.points DO INSTEAD SELECT NULL::uuid AS stream, 1::bigint AS time, 1::float8 AS value;
BEGIN;
TRUNCATE btrdb.points;
CREATE RULE "_RETURN" AS ON SELECT TO btrdb.points DO INSTEAD SELECT NULL::uuid AS stream, 1::bigint AS time, 1::float8 AS value;
ROLLBACK;
SELECT * FROM btrdb.points;
\c :database
DROP DATABASE regress_btrdb_refusals_rule;
