\echo Use "ALTER EXTENSION btrdb UPDATE TO '1.1'" to load this file. \quit

-- who reads from a standby waits for a version

CREATE FUNCTION btrdb_wait_for_version(stream uuid, version bigint, timeout interval DEFAULT '10 s')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_wait_for_version'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_wait_for_version(uuid, bigint, interval) IS
	'waits, on a standby for replay, until a version of a stream can be read by the next statement, and
returns the latest version; an error if it has not come within the timeout (57014), which has no
months and years, days having 24 hours, and in a transaction that keeps one snapshot (25001)';
