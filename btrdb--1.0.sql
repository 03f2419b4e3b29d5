\echo Use "CREATE EXTENSION btrdb" to load this file. \quit

-- ---- types ----

-- rawpoint: one point

CREATE TYPE rawpoint;

CREATE FUNCTION btrdb_rawpoint_in(cstring) RETURNS rawpoint
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_in(cstring) IS 'reads (time,value)';

CREATE FUNCTION btrdb_rawpoint_out(rawpoint) RETURNS cstring
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_out(rawpoint) IS 'writes (time,value)';

CREATE FUNCTION btrdb_rawpoint_recv(internal) RETURNS rawpoint
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_recv(internal) IS 'reads the binary form: time int8, value float8';

CREATE FUNCTION btrdb_rawpoint_send(rawpoint) RETURNS bytea
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_send(rawpoint) IS 'writes the binary form: time int8, value float8';

CREATE TYPE rawpoint (
	INPUT = btrdb_rawpoint_in,
	OUTPUT = btrdb_rawpoint_out,
	RECEIVE = btrdb_rawpoint_recv,
	SEND = btrdb_rawpoint_send,
	INTERNALLENGTH = 16,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE rawpoint IS
	'a point of a stream, (time,value): time in nanoseconds since 1970-01-01 UTC, value a finite number';

CREATE FUNCTION rawpoint("time" bigint, value float8) RETURNS rawpoint
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_make'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION rawpoint(bigint, float8) IS 'makes a point of a time in nanoseconds since 1970-01-01 UTC and a finite value';

CREATE FUNCTION btrdb_time(rawpoint) RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_time'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_time(rawpoint) IS 'time of a point, in nanoseconds since 1970-01-01 UTC';

CREATE FUNCTION btrdb_value(rawpoint) RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_value'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_value(rawpoint) IS 'value of a point';

CREATE FUNCTION btrdb_rawpoint_eq(rawpoint, rawpoint) RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_eq'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_eq(rawpoint, rawpoint) IS 'implementation of operator =';

CREATE FUNCTION btrdb_rawpoint_ne(rawpoint, rawpoint) RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_ne'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_ne(rawpoint, rawpoint) IS 'implementation of operator <>';

CREATE FUNCTION btrdb_rawpoint_lt(rawpoint, rawpoint) RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_lt'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_lt(rawpoint, rawpoint) IS 'implementation of operator <';

CREATE FUNCTION btrdb_rawpoint_le(rawpoint, rawpoint) RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_le'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_le(rawpoint, rawpoint) IS 'implementation of operator <=';

CREATE FUNCTION btrdb_rawpoint_gt(rawpoint, rawpoint) RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_gt'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_gt(rawpoint, rawpoint) IS 'implementation of operator >';

CREATE FUNCTION btrdb_rawpoint_ge(rawpoint, rawpoint) RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_ge'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_ge(rawpoint, rawpoint) IS 'implementation of operator >=';

CREATE FUNCTION btrdb_rawpoint_cmp(rawpoint, rawpoint) RETURNS integer
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_cmp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_cmp(rawpoint, rawpoint) IS 'order of two points, by time, then by value: less than, equal to or greater than 0';

CREATE FUNCTION btrdb_rawpoint_hash(rawpoint) RETURNS integer
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_hash(rawpoint) IS 'hash of a point';

CREATE FUNCTION btrdb_rawpoint_hash_extended(rawpoint, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_rawpoint_hash_extended'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_rawpoint_hash_extended(rawpoint, bigint) IS 'hash of a point and a seed';

CREATE OPERATOR = (
	LEFTARG = rawpoint, RIGHTARG = rawpoint, FUNCTION = btrdb_rawpoint_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
COMMENT ON OPERATOR = (rawpoint, rawpoint) IS 'is the same point as';

CREATE OPERATOR <> (
	LEFTARG = rawpoint, RIGHTARG = rawpoint, FUNCTION = btrdb_rawpoint_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (rawpoint, rawpoint) IS 'is another point than';

CREATE OPERATOR < (
	LEFTARG = rawpoint, RIGHTARG = rawpoint, FUNCTION = btrdb_rawpoint_lt,
	COMMUTATOR = >, NEGATOR = >=,
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR < (rawpoint, rawpoint) IS 'comes before';

CREATE OPERATOR <= (
	LEFTARG = rawpoint, RIGHTARG = rawpoint, FUNCTION = btrdb_rawpoint_le,
	COMMUTATOR = >=, NEGATOR = >,
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR <= (rawpoint, rawpoint) IS 'does not come after';

CREATE OPERATOR > (
	LEFTARG = rawpoint, RIGHTARG = rawpoint, FUNCTION = btrdb_rawpoint_gt,
	COMMUTATOR = <, NEGATOR = <=,
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR > (rawpoint, rawpoint) IS 'comes after';

CREATE OPERATOR >= (
	LEFTARG = rawpoint, RIGHTARG = rawpoint, FUNCTION = btrdb_rawpoint_ge,
	COMMUTATOR = <=, NEGATOR = <,
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR >= (rawpoint, rawpoint) IS 'does not come before';

CREATE OPERATOR CLASS rawpoint_ops DEFAULT FOR TYPE rawpoint USING btree AS
	OPERATOR 1 <,
	OPERATOR 2 <=,
	OPERATOR 3 =,
	OPERATOR 4 >=,
	OPERATOR 5 >,
	FUNCTION 1 btrdb_rawpoint_cmp(rawpoint, rawpoint);
COMMENT ON OPERATOR CLASS rawpoint_ops USING btree IS 'points by time, then by value';

CREATE OPERATOR CLASS rawpoint_ops DEFAULT FOR TYPE rawpoint USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 btrdb_rawpoint_hash(rawpoint),
	FUNCTION 2 btrdb_rawpoint_hash_extended(rawpoint, bigint);
COMMENT ON OPERATOR CLASS rawpoint_ops USING hash IS 'points by time and value';

-- statpoint: the summary of many points

CREATE TYPE statpoint;

CREATE FUNCTION btrdb_statpoint_in(cstring) RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_in'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_in(cstring) IS 'reads (time,min,mean,max,count,stddev)';

CREATE FUNCTION btrdb_statpoint_out(statpoint) RETURNS cstring
AS 'MODULE_PATHNAME', 'btrdb_statpoint_out'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_out(statpoint) IS 'writes (time,min,mean,max,count,stddev)';

CREATE FUNCTION btrdb_statpoint_recv(internal) RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_recv'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_recv(internal) IS 'reads the binary form: time int8, count int8, mean float8, M2 float8, min float8, max float8';

CREATE FUNCTION btrdb_statpoint_send(statpoint) RETURNS bytea
AS 'MODULE_PATHNAME', 'btrdb_statpoint_send'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_send(statpoint) IS 'writes the binary form: time int8, count int8, mean float8, M2 float8, min float8, max float8';

CREATE TYPE statpoint (
	INPUT = btrdb_statpoint_in,
	OUTPUT = btrdb_statpoint_out,
	RECEIVE = btrdb_statpoint_recv,
	SEND = btrdb_statpoint_send,
	INTERNALLENGTH = 48,
	ALIGNMENT = double,
	STORAGE = plain
);
COMMENT ON TYPE statpoint IS
	'a summary of points, (time,min,mean,max,count,stddev): the time it starts at in nanoseconds since 1970-01-01 UTC, population standard deviation; (time,,,,0,) summarises no points';

CREATE FUNCTION btrdb_time(statpoint) RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_time'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_time(statpoint) IS 'time that a summary starts at, in nanoseconds since 1970-01-01 UTC';

CREATE FUNCTION btrdb_min(statpoint) RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_statpoint_min'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_min(statpoint) IS 'smallest value; NULL if there are no points';

CREATE FUNCTION btrdb_mean(statpoint) RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_statpoint_mean'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_mean(statpoint) IS 'mean of the values; NULL if there are no points';

CREATE FUNCTION btrdb_max(statpoint) RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_statpoint_max'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_max(statpoint) IS 'largest value; NULL if there are no points';

CREATE FUNCTION btrdb_count(statpoint) RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_count'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_count(statpoint) IS 'number of points';

CREATE FUNCTION btrdb_stddev(statpoint) RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_statpoint_stddev'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_stddev(statpoint) IS 'population standard deviation of the values; NULL if there are no points';

CREATE FUNCTION btrdb_statpoint_eq(statpoint, statpoint) RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_statpoint_eq'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_eq(statpoint, statpoint) IS 'implementation of operator =';

CREATE FUNCTION btrdb_statpoint_ne(statpoint, statpoint) RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_statpoint_ne'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_ne(statpoint, statpoint) IS 'implementation of operator <>';

CREATE FUNCTION btrdb_statpoint_hash(statpoint) RETURNS integer
AS 'MODULE_PATHNAME', 'btrdb_statpoint_hash'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_hash(statpoint) IS 'hash of a summary of points';

CREATE FUNCTION btrdb_statpoint_hash_extended(statpoint, bigint) RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_hash_extended'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_hash_extended(statpoint, bigint) IS 'hash of a summary of points and a seed';

CREATE OPERATOR = (
	LEFTARG = statpoint, RIGHTARG = statpoint, FUNCTION = btrdb_statpoint_eq,
	COMMUTATOR = =, NEGATOR = <>,
	RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (statpoint, statpoint) IS 'has all fields equal';

CREATE OPERATOR <> (
	LEFTARG = statpoint, RIGHTARG = statpoint, FUNCTION = btrdb_statpoint_ne,
	COMMUTATOR = <>, NEGATOR = =,
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR <> (statpoint, statpoint) IS 'differs in some field';

CREATE OPERATOR CLASS statpoint_ops DEFAULT FOR TYPE statpoint USING hash AS
	OPERATOR 1 =,
	FUNCTION 1 btrdb_statpoint_hash(statpoint),
	FUNCTION 2 btrdb_statpoint_hash_extended(statpoint, bigint);
COMMENT ON OPERATOR CLASS statpoint_ops USING hash IS 'summaries by all fields';

-- summaries from points and from summaries

CREATE FUNCTION btrdb_statpoint(rawpoint) RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_from_rawpoint'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint(rawpoint) IS 'the summary of one point';

CREATE CAST (rawpoint AS statpoint) WITH FUNCTION btrdb_statpoint(rawpoint) AS ASSIGNMENT;
COMMENT ON CAST (rawpoint AS statpoint) IS 'the summary of one point';

CREATE FUNCTION btrdb_statpoint_add(statpoint, statpoint) RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_add'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_statpoint_add(statpoint, statpoint) IS 'implementation of operator +';

CREATE OPERATOR + (
	LEFTARG = statpoint, RIGHTARG = statpoint, FUNCTION = btrdb_statpoint_add,
	COMMUTATOR = +
);
COMMENT ON OPERATOR + (statpoint, statpoint) IS
	'the summary of all points of both; its time is the smaller one of those that have points';

CREATE FUNCTION btrdb_stat_accum(statpoint, bigint, float8) RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_accum'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_stat_accum(statpoint, bigint, float8) IS 'transition function of btrdb_stat_agg(bigint, float8)';

CREATE FUNCTION btrdb_stat_accum(statpoint, timestamptz, float8) RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_accum_timestamp'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_stat_accum(statpoint, timestamptz, float8) IS 'transition function of btrdb_stat_agg(timestamptz, float8)';

CREATE FUNCTION btrdb_stat_accum(statpoint, rawpoint) RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_statpoint_accum_rawpoint'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_stat_accum(statpoint, rawpoint) IS 'transition function of btrdb_stat_agg(rawpoint)';

CREATE AGGREGATE btrdb_stat_agg("time" bigint, value float8) (
	SFUNC = btrdb_stat_accum,
	STYPE = statpoint,
	COMBINEFUNC = btrdb_statpoint_add,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE btrdb_stat_agg(bigint, float8) IS
	'the summary of points given as time and value, starting at the
smallest time; leaves out NULLs; NULL if there are no points';

CREATE AGGREGATE btrdb_stat_agg("time" timestamptz, value float8) (
	SFUNC = btrdb_stat_accum,
	STYPE = statpoint,
	COMBINEFUNC = btrdb_statpoint_add,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE btrdb_stat_agg(timestamptz, float8) IS
	'the summary of points given as timestamp and value, as of those whose times are nanoseconds';

CREATE AGGREGATE btrdb_stat_agg(rawpoint) (
	SFUNC = btrdb_stat_accum,
	STYPE = statpoint,
	COMBINEFUNC = btrdb_statpoint_add,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE btrdb_stat_agg(rawpoint) IS
	'the summary of points, starting at the smallest time; leaves out NULLs; NULL if there are no points';

CREATE AGGREGATE btrdb_rollup(statpoint) (
	SFUNC = btrdb_statpoint_add,
	STYPE = statpoint,
	COMBINEFUNC = btrdb_statpoint_add,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE btrdb_rollup(statpoint) IS
	'the summary of all points that were summarised, starting at the
smallest time; leaves out NULLs; NULL if there are no summaries';

-- ---- tables ----

CREATE SCHEMA btrdb;
COMMENT ON SCHEMA btrdb IS 'tables of extension btrdb: streams and their storage';
GRANT USAGE ON SCHEMA btrdb TO PUBLIC;

CREATE FUNCTION btrdb_handler(internal) RETURNS table_am_handler
AS 'MODULE_PATHNAME', 'btrdb_handler'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_handler(internal) IS 'handler of table access method btrdb';

CREATE ACCESS METHOD btrdb TYPE TABLE HANDLER btrdb_handler;
COMMENT ON ACCESS METHOD btrdb IS 'versioned time trees with statistics in every node';

-- The triggers below keep the tables what the library relies on; it writes
-- below triggers itself.  Nobody needs a right to a trigger's function but who
-- makes a trigger of it.

CREATE FUNCTION btrdb.guard_internal() RETURNS trigger
AS 'MODULE_PATHNAME', 'btrdb_guard_internal'
LANGUAGE C;
COMMENT ON FUNCTION btrdb.guard_internal() IS 'refuses changes of tables that point into the node store';
REVOKE EXECUTE ON FUNCTION btrdb.guard_internal() FROM PUBLIC;

CREATE FUNCTION btrdb.guard_streams() RETURNS trigger
AS 'MODULE_PATHNAME', 'btrdb_guard_streams'
LANGUAGE C;
COMMENT ON FUNCTION btrdb.guard_streams() IS 'keeps the identity of streams and counts changes of their properties';
REVOKE EXECUTE ON FUNCTION btrdb.guard_streams() FROM PUBLIC;

CREATE FUNCTION btrdb.guard_uuid() RETURNS trigger
AS 'MODULE_PATHNAME', 'btrdb_guard_uuid'
LANGUAGE C;
COMMENT ON FUNCTION btrdb.guard_uuid() IS 'refuses uuids of streams that were removed (42710)';
REVOKE EXECUTE ON FUNCTION btrdb.guard_uuid() FROM PUBLIC;

CREATE FUNCTION btrdb.guard_channel() RETURNS trigger
AS 'MODULE_PATHNAME', 'btrdb_guard_channel'
LANGUAGE C;
COMMENT ON FUNCTION btrdb.guard_channel() IS 'lets all sessions know that the channel of a stream has changed';
REVOKE EXECUTE ON FUNCTION btrdb.guard_channel() FROM PUBLIC;

CREATE FUNCTION btrdb.guard_retired() RETURNS trigger
AS 'MODULE_PATHNAME', 'btrdb_guard_retired'
LANGUAGE C;
COMMENT ON FUNCTION btrdb.guard_retired() IS 'refuses changes of the list of removed streams, except by a restore';
REVOKE EXECUTE ON FUNCTION btrdb.guard_retired() FROM PUBLIC;

CREATE FUNCTION btrdb.obliterate_deleted() RETURNS trigger
AS 'MODULE_PATHNAME', 'btrdb_obliterate_deleted'
LANGUAGE C;
COMMENT ON FUNCTION btrdb.obliterate_deleted() IS 'removes the points and versions of a stream whose row was deleted';
REVOKE EXECUTE ON FUNCTION btrdb.obliterate_deleted() FROM PUBLIC;

CREATE FUNCTION btrdb.guard_commands() RETURNS event_trigger
AS 'MODULE_PATHNAME', 'btrdb_guard_commands'
LANGUAGE C;
COMMENT ON FUNCTION btrdb.guard_commands() IS 'refuses commands that would make of btrdb.points what it cannot be, and warns of publications of it';
REVOKE EXECUTE ON FUNCTION btrdb.guard_commands() FROM PUBLIC;

-- The points of all streams; its main fork is the node store.  Rights on this
-- table are the rights to read (SELECT), write (INSERT) and remove (DELETE) points.
-- A share of the points would be too many to wait for.

CREATE TABLE btrdb.points (
	stream uuid NOT NULL,
	"time" bigint NOT NULL,
	value float8 NOT NULL
) USING btrdb WITH (
	autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 10000,
	autovacuum_vacuum_insert_scale_factor = 0,
	autovacuum_vacuum_insert_threshold = 100000000,
	autovacuum_analyze_scale_factor = 0,
	autovacuum_analyze_threshold = 1000000
);
COMMENT ON TABLE btrdb.points IS 'points of all streams, stored as versioned trees';
COMMENT ON COLUMN btrdb.points.stream IS 'the stream, see btrdb.streams';
COMMENT ON COLUMN btrdb.points."time" IS 'nanoseconds since 1970-01-01 UTC';
COMMENT ON COLUMN btrdb.points.value IS 'a finite number';

-- What streams there are.  The function behind the constraint says what is wrong, and what the limit is.

CREATE FUNCTION btrdb.check_properties(collection text, tags jsonb, annotations jsonb, channel text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'btrdb_check_properties'
LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION btrdb.check_properties(text, jsonb, jsonb, text) IS
	'true, or an error (22023): a collection has 1 to 255 bytes; tags and annotations
are JSON objects whose keys have 1 to 63 bytes; the value of a tag is no array
or object, and a string has 255 bytes at most; a channel has 1 to 63 bytes';

CREATE TABLE btrdb.streams (
	uuid uuid PRIMARY KEY,
	collection text NOT NULL,
	tags jsonb NOT NULL DEFAULT '{}',
	annotations jsonb NOT NULL DEFAULT '{}',
	name text GENERATED ALWAYS AS (tags OPERATOR(pg_catalog.->>) 'name') STORED,
	unit text GENERATED ALWAYS AS (tags OPERATOR(pg_catalog.->>) 'unit') STORED,
	ingress text GENERATED ALWAYS AS (tags OPERATOR(pg_catalog.->>) 'ingress') STORED,
	distiller text GENERATED ALWAYS AS (tags OPERATOR(pg_catalog.->>) 'distiller') STORED,
	property_version bigint NOT NULL DEFAULT 1,
	created timestamptz NOT NULL DEFAULT pg_catalog.now(),
	retention interval CONSTRAINT streams_retention_not_negative_without_months
		CHECK (retention OPERATOR(pg_catalog.>=) '0' AND extract(year FROM retention) OPERATOR(pg_catalog.=) 0
			AND extract(month FROM retention) OPERATOR(pg_catalog.=) 0),
	channel text,
	number bigint NOT NULL GENERATED BY DEFAULT AS IDENTITY,
	keep interval CONSTRAINT streams_keep_positive_without_months
		CHECK (keep OPERATOR(pg_catalog.>) '0' AND extract(year FROM keep) OPERATOR(pg_catalog.=) 0
			AND extract(month FROM keep) OPERATOR(pg_catalog.=) 0),
	trim_after interval CONSTRAINT streams_trim_after_not_negative_without_months
		CHECK (trim_after OPERATOR(pg_catalog.>=) '0' AND extract(year FROM trim_after) OPERATOR(pg_catalog.=) 0
			AND extract(month FROM trim_after) OPERATOR(pg_catalog.=) 0),
	trim_pointwidth smallint CONSTRAINT streams_trim_pointwidth_0_to_60
		CHECK (trim_pointwidth OPERATOR(pg_catalog.>=) 0 AND trim_pointwidth OPERATOR(pg_catalog.<=) 60),
	CONSTRAINT streams_trim_after_with_pointwidth CHECK ((trim_after IS NULL) OPERATOR(pg_catalog.=) (trim_pointwidth IS NULL)),
	UNIQUE (collection, tags),
	CONSTRAINT streams_properties CHECK (btrdb.check_properties(collection, tags, annotations, channel))
) USING heap;
CREATE INDEX streams_path_idx ON btrdb.streams (collection text_pattern_ops, name);
CREATE INDEX streams_tags_idx ON btrdb.streams USING gin (tags);
CREATE INDEX streams_annotations_idx ON btrdb.streams USING gin (annotations);
CREATE INDEX streams_retention_idx ON btrdb.streams (uuid) WHERE retention IS NOT NULL;
CREATE INDEX streams_ageing_idx ON btrdb.streams (uuid) WHERE keep IS NOT NULL OR trim_after IS NOT NULL;
CREATE INDEX streams_channel_idx ON btrdb.streams (uuid) WHERE channel IS NOT NULL;
COMMENT ON TABLE btrdb.streams IS 'registered streams and their properties';
COMMENT ON COLUMN btrdb.streams.uuid IS 'identity; never changes, never used again';
COMMENT ON COLUMN btrdb.streams.collection IS 'path-like name of a group of streams';
COMMENT ON COLUMN btrdb.streams.tags IS 'what tells the streams of a collection apart';
COMMENT ON COLUMN btrdb.streams.annotations IS 'whatever else is worth knowing about the stream';
COMMENT ON COLUMN btrdb.streams.name IS 'tag "name"';
COMMENT ON COLUMN btrdb.streams.unit IS 'tag "unit"';
COMMENT ON COLUMN btrdb.streams.ingress IS 'tag "ingress"';
COMMENT ON COLUMN btrdb.streams.distiller IS 'tag "distiller"';
COMMENT ON COLUMN btrdb.streams.property_version IS '1 for a new stream; rises by one with each update of the row, whatever that sets it to';
COMMENT ON COLUMN btrdb.streams.created IS 'when the stream was registered; never changes';
COMMENT ON COLUMN btrdb.streams.retention IS 'for how long versions stay after the next one was made, in days of 24 hours and time; NULL: setting btrdb.retention tells';
COMMENT ON COLUMN btrdb.streams.channel IS 'channel of NOTIFY on which each transaction that writes to the stream is announced; NULL: none is';
COMMENT ON COLUMN btrdb.streams.number IS 'running number; never changes.  Streams with numbers side by side are buffered together';
COMMENT ON COLUMN btrdb.streams.keep IS 'for how long points stay, in days of 24 hours and time: btrdb_maintain() deletes older ones; NULL: for ever';
COMMENT ON COLUMN btrdb.streams.trim_after IS 'how old points become before btrdb_maintain() trims them, in days of 24 hours and time; NULL: they stay as they are';
COMMENT ON COLUMN btrdb.streams.trim_pointwidth IS 'their statistics stay in windows of 2^trim_pointwidth ns';

CREATE TRIGGER guard_row BEFORE UPDATE ON btrdb.streams
	FOR EACH ROW EXECUTE FUNCTION btrdb.guard_streams();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON btrdb.streams
	FOR EACH STATEMENT EXECUTE FUNCTION btrdb.guard_streams();
CREATE TRIGGER guard_uuid AFTER INSERT ON btrdb.streams
	FOR EACH ROW EXECUTE FUNCTION btrdb.guard_uuid();
CREATE TRIGGER guard_channel AFTER UPDATE ON btrdb.streams
	FOR EACH ROW WHEN (OLD.channel IS DISTINCT FROM NEW.channel) EXECUTE FUNCTION btrdb.guard_channel();
CREATE TRIGGER obliterate AFTER DELETE ON btrdb.streams
	FOR EACH ROW EXECUTE FUNCTION btrdb.obliterate_deleted();
ALTER TABLE btrdb.streams ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.streams ENABLE ALWAYS TRIGGER guard_truncate;
ALTER TABLE btrdb.streams ENABLE ALWAYS TRIGGER guard_uuid;
ALTER TABLE btrdb.streams ENABLE ALWAYS TRIGGER guard_channel;
ALTER TABLE btrdb.streams ENABLE ALWAYS TRIGGER obliterate;

-- What streams there were.

CREATE TABLE btrdb.retired (
	stream uuid PRIMARY KEY,
	retired timestamptz NOT NULL DEFAULT pg_catalog.now()
) USING heap;
COMMENT ON TABLE btrdb.retired IS 'removed streams, whose uuids are never used again; maintained by the extension';
COMMENT ON COLUMN btrdb.retired.stream IS 'uuid that the stream had';
COMMENT ON COLUMN btrdb.retired.retired IS 'when it was removed';

CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON btrdb.retired
	FOR EACH ROW EXECUTE FUNCTION btrdb.guard_retired();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON btrdb.retired
	FOR EACH STATEMENT EXECUTE FUNCTION btrdb.guard_retired();
ALTER TABLE btrdb.retired ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.retired ENABLE ALWAYS TRIGGER guard_truncate;

SELECT pg_catalog.pg_extension_config_dump('btrdb.streams', '');
SELECT pg_catalog.pg_extension_config_dump('btrdb.streams_number_seq', '');
SELECT pg_catalog.pg_extension_config_dump('btrdb.points', '');
SELECT pg_catalog.pg_extension_config_dump('btrdb.retired', '');

-- Versions of streams: the row is what makes a version exist.

CREATE TABLE btrdb.versions (
	stream uuid NOT NULL,
	version bigint NOT NULL,
	base bigint NOT NULL,
	created timestamptz NOT NULL,
	store bigint NOT NULL,
	phase smallint NOT NULL,
	flushed_ordinal bigint NOT NULL,
	flushed_total bigint NOT NULL,
	count bigint NOT NULL,
	earliest bigint,
	earliest_value float8,
	latest bigint,
	latest_value float8,
	min float8,
	max float8,
	mean float8,
	m2 float8,
	root tid,
	root_version bigint,
	PRIMARY KEY (stream, version)
) USING heap;
COMMENT ON TABLE btrdb.versions IS 'versions of streams, from number 11 on; maintained by the extension';
COMMENT ON COLUMN btrdb.versions.base IS 'version it was made from';
COMMENT ON COLUMN btrdb.versions.created IS 'when it was made; never before the version before';
COMMENT ON COLUMN btrdb.versions.store IS 'store that root points into; rows of a truncated store count as empty';
COMMENT ON COLUMN btrdb.versions.phase IS 'levels of the tree: widths of slots are 2^phase, 2^(phase+6), ...';
COMMENT ON COLUMN btrdb.versions.flushed_ordinal IS 'ordinal of the last row of btrdb.buffer that went into it';
COMMENT ON COLUMN btrdb.versions.flushed_total IS 'total of that row';
COMMENT ON COLUMN btrdb.versions.count IS 'number of points; if it is 0, the columns that follow are NULL';
COMMENT ON COLUMN btrdb.versions.earliest IS 'time of the first point';
COMMENT ON COLUMN btrdb.versions.earliest_value IS 'its value';
COMMENT ON COLUMN btrdb.versions.latest IS 'time of the last point';
COMMENT ON COLUMN btrdb.versions.latest_value IS 'its value';
COMMENT ON COLUMN btrdb.versions.m2 IS 'sum of squared differences from the mean';
COMMENT ON COLUMN btrdb.versions.root IS 'root node in btrdb.points';
COMMENT ON COLUMN btrdb.versions.root_version IS 'version that wrote the root node';

-- Points that are committed but not yet in a tree.  Rows come and go as in a
-- queue, so autovacuum must not wait for a share of the table.

CREATE TABLE btrdb.buffer (
	stream uuid NOT NULL,
	ordinal bigint NOT NULL,
	total bigint NOT NULL,
	store bigint NOT NULL
) USING heap WITH (
	autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 10000,
	autovacuum_vacuum_insert_scale_factor = 0,
	autovacuum_vacuum_insert_threshold = 100000
);
-- In one command, so that no TOAST table is made: rows fit a page.
ALTER TABLE btrdb.buffer
	ADD COLUMN points bytea NOT NULL,
	ALTER COLUMN points SET STORAGE PLAIN;
CREATE INDEX buffer_idx ON btrdb.buffer (stream, ordinal);
COMMENT ON TABLE btrdb.buffer IS 'write buffers of streams; maintained by the extension';
COMMENT ON COLUMN btrdb.buffer.ordinal IS 'running number of the rows of a stream';
COMMENT ON COLUMN btrdb.buffer.total IS 'running number of their points';
COMMENT ON COLUMN btrdb.buffer.store IS 'store that the points belong to; rows of a truncated store do not count';
COMMENT ON COLUMN btrdb.buffer.points IS 'points, sorted and packed as in a leaf';

-- The same, of several streams together: what statements over many streams bring waits here
-- until there is enough of it to be sorted by stream.

CREATE TABLE btrdb.mixed (
	cohort bigint NOT NULL,
	ordinal bigint NOT NULL,
	waiting int NOT NULL,
	store bigint NOT NULL
) USING heap WITH (
	autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 10000,
	autovacuum_vacuum_insert_scale_factor = 0,
	autovacuum_vacuum_insert_threshold = 100000
);
ALTER TABLE btrdb.mixed
	ADD COLUMN points bytea NOT NULL,
	ALTER COLUMN points SET STORAGE PLAIN;
CREATE INDEX mixed_idx ON btrdb.mixed (cohort, ordinal);
COMMENT ON TABLE btrdb.mixed IS 'write buffer of several streams together; maintained by the extension';
COMMENT ON COLUMN btrdb.mixed.cohort IS 'the streams whose number divided by 128 it is';
COMMENT ON COLUMN btrdb.mixed.ordinal IS 'running number of the rows of a cohort';
COMMENT ON COLUMN btrdb.mixed.waiting IS 'number of rows since the last ones were moved to btrdb.buffer, about';
COMMENT ON COLUMN btrdb.mixed.store IS 'store that the points belong to; rows of a truncated store do not count';
COMMENT ON COLUMN btrdb.mixed.points IS 'points of several streams';

-- The lock of a stream is a row lock on its row here.

CREATE TABLE btrdb.heads (
	stream uuid PRIMARY KEY
) USING heap;
COMMENT ON TABLE btrdb.heads IS 'rows that flushes lock; maintained by the extension';

-- Nodes that no version leads to any more, until VACUUM of btrdb.points has freed them.

CREATE TABLE btrdb.garbage (
	pruned xid8 NOT NULL,
	store bigint NOT NULL,
	stream uuid NOT NULL,
	root tid NOT NULL,
	version bigint NOT NULL,
	count bigint NOT NULL,
	start bigint NOT NULL,
	"end" bigint NOT NULL,
	leaf boolean,
	whole boolean NOT NULL
) USING heap WITH (
	autovacuum_vacuum_scale_factor = 0,
	autovacuum_vacuum_threshold = 10000
);
CREATE INDEX garbage_idx ON btrdb.garbage (pruned);
COMMENT ON TABLE btrdb.garbage IS 'nodes of pruned versions that wait to be freed; maintained by the extension';
COMMENT ON COLUMN btrdb.garbage.pruned IS 'transaction that pruned; snapshots that do not see it may still read the nodes';
COMMENT ON COLUMN btrdb.garbage.store IS 'store that the node is in';
COMMENT ON COLUMN btrdb.garbage.root IS 'the node in btrdb.points';
COMMENT ON COLUMN btrdb.garbage.version IS 'version that wrote the node';
COMMENT ON COLUMN btrdb.garbage.leaf IS 'whether it is a leaf; NULL: unknown';
COMMENT ON COLUMN btrdb.garbage.whole IS 'whether all nodes below it are garbage as well';

CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON btrdb.garbage
	FOR EACH ROW EXECUTE FUNCTION btrdb.guard_internal();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON btrdb.garbage
	FOR EACH STATEMENT EXECUTE FUNCTION btrdb.guard_internal();
ALTER TABLE btrdb.garbage ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.garbage ENABLE ALWAYS TRIGGER guard_truncate;

CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON btrdb.versions
	FOR EACH ROW EXECUTE FUNCTION btrdb.guard_internal();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON btrdb.versions
	FOR EACH STATEMENT EXECUTE FUNCTION btrdb.guard_internal();
ALTER TABLE btrdb.versions ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.versions ENABLE ALWAYS TRIGGER guard_truncate;

CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON btrdb.buffer
	FOR EACH ROW EXECUTE FUNCTION btrdb.guard_internal();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON btrdb.buffer
	FOR EACH STATEMENT EXECUTE FUNCTION btrdb.guard_internal();
ALTER TABLE btrdb.buffer ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.buffer ENABLE ALWAYS TRIGGER guard_truncate;

CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON btrdb.mixed
	FOR EACH ROW EXECUTE FUNCTION btrdb.guard_internal();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON btrdb.mixed
	FOR EACH STATEMENT EXECUTE FUNCTION btrdb.guard_internal();
ALTER TABLE btrdb.mixed ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.mixed ENABLE ALWAYS TRIGGER guard_truncate;

CREATE TRIGGER guard_row BEFORE INSERT OR UPDATE OR DELETE ON btrdb.heads
	FOR EACH ROW EXECUTE FUNCTION btrdb.guard_internal();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON btrdb.heads
	FOR EACH STATEMENT EXECUTE FUNCTION btrdb.guard_internal();
ALTER TABLE btrdb.heads ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.heads ENABLE ALWAYS TRIGGER guard_truncate;

-- An access method hears of few commands about its table.

CREATE EVENT TRIGGER btrdb_guard_rewrites ON table_rewrite
	EXECUTE FUNCTION btrdb.guard_commands();
CREATE EVENT TRIGGER btrdb_guard_commands ON ddl_command_end
	WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'CREATE TRIGGER', 'CREATE RULE', 'CREATE FOREIGN TABLE', 'ALTER FOREIGN TABLE',
		'CREATE PUBLICATION', 'ALTER PUBLICATION')
	EXECUTE FUNCTION btrdb.guard_commands();
CREATE EVENT TRIGGER btrdb_guard_indexes ON ddl_command_start
	WHEN TAG IN ('CREATE INDEX')
	EXECUTE FUNCTION btrdb.guard_commands();
ALTER EVENT TRIGGER btrdb_guard_rewrites ENABLE ALWAYS;
ALTER EVENT TRIGGER btrdb_guard_commands ENABLE ALWAYS;
ALTER EVENT TRIGGER btrdb_guard_indexes ENABLE ALWAYS;
COMMENT ON EVENT TRIGGER btrdb_guard_rewrites IS 'keeps btrdb.points what the extension relies on';
COMMENT ON EVENT TRIGGER btrdb_guard_commands IS 'keeps btrdb.points what the extension relies on; warns of publications of it';
COMMENT ON EVENT TRIGGER btrdb_guard_indexes IS 'refuses indexes of btrdb.points';

-- ---- functions ----

-- streams

CREATE FUNCTION btrdb_create(collection text, tags jsonb DEFAULT '{}', annotations jsonb DEFAULT '{}',
	stream uuid DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'btrdb_create'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION btrdb_create(text, jsonb, jsonb, uuid) IS
	'registers a stream and returns its uuid, which is made up if none is given; collection and
tags together, and the uuid, must be new (42710); tags and annotations are JSON objects';

CREATE FUNCTION btrdb_stream(path text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'btrdb_stream'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION btrdb_stream(text) IS
	'uuid of the stream at collection/name, the name being its tag
"name"; an error if there is none (42704) or more than one (21000)';

CREATE FUNCTION btrdb_metadata_usage(prefix text DEFAULT '')
RETURNS TABLE (kind text, key text, streams bigint)
AS 'MODULE_PATHNAME', 'btrdb_metadata_usage'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100000 ROWS 20;
COMMENT ON FUNCTION btrdb_metadata_usage(text) IS
	'keys that streams of the collections beginning with prefix have, kind being
"annotation" or "tag", and how many streams have each, by kind and key';

CREATE FUNCTION btrdb_obliterate(stream uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'btrdb_obliterate'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_obliterate(uuid) IS
	'removes a stream (42704 if there is none) with its properties, versions and points, as DELETE
FROM btrdb.streams does; its uuid is never used again; VACUUM btrdb.points frees the space';

-- writing; NULL is refused (22004), so that nothing gets lost without a word

CREATE FUNCTION btrdb_insert(stream uuid, "time" bigint, value float8, merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_point'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION btrdb_insert(uuid, bigint, float8, text) IS
	'appends a point, time in nanoseconds since 1970-01-01 UTC, and returns the latest version of the stream;
merge says what becomes of points at times at which there are points, or earlier ones of the call:
"never" - they coexist; "equal" - not stored if one of the same value is there; "retain" - not stored;
"replace" - the last one takes the place of all, which needs DELETE on btrdb.points, too;
the last three wait for other writers of the stream, and store nothing when repeated';

CREATE FUNCTION btrdb_insert(stream uuid, times bigint[], "values" float8[], merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_arrays'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_insert(uuid, bigint[], float8[], text) IS
	'appends the points (times[i], values[i]), in any order, all or none, to
a stream and returns its latest version; the arrays have one dimension,
equal lengths (2202E) and no NULLs (22004); merge as for a point';

CREATE FUNCTION btrdb_insert(stream uuid, points rawpoint[], merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_rawpoints'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_insert(uuid, rawpoint[], text) IS
	'appends points, in any order, all or none, to a stream and returns its latest
version; the array has one dimension and no NULLs (22004); merge as for a point';

-- Untyped literals and parameters are taken for text where a form has it.  So there is one for each
-- combination with what has a type.

CREATE FUNCTION btrdb_insert(stream uuid, "time" timestamptz, value float8, merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_point'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION btrdb_insert(uuid, timestamptz, float8, text) IS
	'btrdb_insert() of a point at a timestamp';

CREATE FUNCTION btrdb_insert(stream uuid, times timestamptz[], "values" float8[], merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_arrays'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_insert(uuid, timestamptz[], float8[], text) IS
	'btrdb_insert() of points at timestamps';

CREATE FUNCTION btrdb_insert(stream uuid, times text[], "values" float8[], merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_arrays'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_insert(uuid, text[], float8[], text) IS
	'btrdb_insert() of points whose times are text: timestamps with
up to nine digits of a second, or whole numbers of nanoseconds';

CREATE FUNCTION btrdb_insert(stream uuid, "time" text, value float8, merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_point'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION btrdb_insert(uuid, text, float8, text) IS
	'btrdb_insert() of a point whose time has no type: a timestamp with
up to nine digits of a second, or a whole number of nanoseconds';

CREATE FUNCTION btrdb_insert(stream uuid, times text, "values" float8[], merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_arrays'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_insert(uuid, text, float8[], text) IS
	'btrdb_insert() of points whose array of times has no type';

CREATE FUNCTION btrdb_insert(stream uuid, "time" text, value text, merge text DEFAULT 'never')
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_insert_point'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100;
COMMENT ON FUNCTION btrdb_insert(uuid, text, text, text) IS
	'btrdb_insert() of a point, or two arrays, of which neither times nor values have a type';

CREATE FUNCTION btrdb_delete(stream uuid, start bigint, "end" bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_delete'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_delete(uuid, bigint, bigint) IS
	'removes the points of [start, end) as a new version, which it returns; older versions keep them';

CREATE FUNCTION btrdb_delete(stream uuid, start timestamptz, "end" timestamptz)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_delete'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_delete(uuid, timestamptz, timestamptz) IS
	'btrdb_delete() of a range between timestamps; infinity is the end of time';

CREATE FUNCTION btrdb_delete(stream uuid, start text, "end" text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_delete'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_delete(uuid, text, text) IS
	'btrdb_delete() of a range whose start and end have no type: timestamps
with up to nine digits of a second, or whole numbers of nanoseconds';

CREATE FUNCTION btrdb_trim(stream uuid, before bigint, pointwidth int)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_trim'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_trim(uuid, bigint, int) IS
	'forgets the points before a moment but keeps, for ever, their statistics in windows of 2^pointwidth
ns (0 to 60), except for the window that holds the moment, and returns the version that is made, or
the current one if there is nothing to trim; whatever is asked in windows that begin and end with
such ones is answered exactly, anything finer raises 22023 or, as setting btrdb.trimmed_points
says, skips them; older versions keep the points; needs DELETE on btrdb.points';

CREATE FUNCTION btrdb_trim(stream uuid, before timestamptz, pointwidth int)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_trim'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_trim(uuid, timestamptz, int) IS
	'btrdb_trim() of the points before a timestamp; infinity is the end of time';

CREATE FUNCTION btrdb_trim(stream uuid, before text, pointwidth int)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_trim'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_trim(uuid, text, int) IS
	'btrdb_trim() before a moment that has no type: a timestamp with
up to nine digits of a second, or a whole number of nanoseconds';

CREATE FUNCTION btrdb_flush(stream uuid DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_flush'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_flush(uuid) IS
	'commits what is in the write buffer of a stream and returns its latest
version; without a stream: of all streams, and returns how many had something';

CREATE FUNCTION btrdb_revert(stream uuid, version bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_revert'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_revert(uuid, bigint) IS
	'makes a new version that equals an old one and returns it; versions 1 to 10 are the empty stream';

CREATE FUNCTION btrdb_prune(stream uuid, before_version bigint)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_prune'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 1000;
COMMENT ON FUNCTION btrdb_prune(uuid, bigint) IS
	'forgets the versions of a stream before a given one, which may be the latest at most (22023),
and returns how many there were; VACUUM btrdb.points frees the space that only they used';

CREATE FUNCTION btrdb_maintain()
RETURNS TABLE (action text, streams bigint, items bigint)
AS 'MODULE_PATHNAME', 'btrdb_maintain'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 10000 ROWS 4;
COMMENT ON FUNCTION btrdb_maintain() IS
	'does what is due, for ten seconds at most, and returns for how many streams:
"compact" moves what statements over many streams have left in rows of many to the write buffers
of single streams, where an eighth of what is due waits (items: points);
"flush" commits write buffers that are an eighth full (items: points);
"expire" deletes points that are older than their stream keeps them (items: points);
"trim" trims points of streams that say so (items: streams);
"retain" forgets versions that were superseded longer ago than their retention says (items: versions);
"garbage" removes rows of btrdb.garbage that VACUUM has finished, and buffered rows that came after
their stream was removed (items: rows);
skips locked streams; what is done for all streams together ("compact", "garbage") is NULL for a role
that row-level security applies to; to be called now and then';

-- reading; version 0 is the latest with what is buffered, N > 0 exactly version N

CREATE FUNCTION btrdb_values_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_values_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_values_support(internal) IS 'estimates the rows of btrdb_values() for the planner';

CREATE FUNCTION btrdb_windows_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_windows_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_windows_support(internal) IS 'estimates the rows of btrdb_windows() for the planner';

CREATE FUNCTION btrdb_aligned_windows_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_aligned_windows_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_aligned_windows_support(internal) IS 'estimates the rows of btrdb_aligned_windows() for the planner';

CREATE FUNCTION btrdb_lttb_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_lttb_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_lttb_support(internal) IS 'estimates the rows of btrdb_lttb() for the planner';

CREATE FUNCTION btrdb_minmax_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_minmax_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_minmax_support(internal) IS 'estimates the rows of btrdb_minmax() for the planner';

CREATE FUNCTION btrdb_nearest_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_nearest_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_nearest_support(internal) IS 'tells the planner that btrdb_nearest() in FROM can be run as a scan';

CREATE FUNCTION btrdb_earliest_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_earliest_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_earliest_support(internal) IS 'tells the planner that btrdb_earliest() in FROM can be run as a scan';

CREATE FUNCTION btrdb_latest_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_latest_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_latest_support(internal) IS 'tells the planner that btrdb_latest() in FROM can be run as a scan';

CREATE FUNCTION btrdb_gaps_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_gaps_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_gaps_support(internal) IS 'estimates the rows of btrdb_gaps() for the planner';

CREATE FUNCTION btrdb_first_crossing_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_first_crossing_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_first_crossing_support(internal) IS 'tells the planner that btrdb_first_crossing() in FROM can be run as a scan';

CREATE FUNCTION btrdb_last_crossing_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_last_crossing_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_last_crossing_support(internal) IS 'tells the planner that btrdb_last_crossing() in FROM can be run as a scan';

CREATE FUNCTION btrdb_asof_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_asof_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_asof_support(internal) IS 'tells the planner that btrdb_asof() of one time in FROM can be run as a scan';

CREATE FUNCTION btrdb_asof_times_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_asof_times_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_asof_times_support(internal) IS 'estimates the rows of btrdb_asof() of an array for the planner';

CREATE FUNCTION btrdb_rate_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_rate_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_rate_support(internal) IS 'estimates the rows of btrdb_rate() for the planner';

CREATE FUNCTION btrdb_values(stream uuid, start bigint, "end" bigint, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_values'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_values_support;
COMMENT ON FUNCTION btrdb_values(uuid, bigint, bigint, bigint) IS
	'points of [start, end) by time, those of equal time in the
order of insertion; times in nanoseconds since 1970-01-01 UTC';

CREATE FUNCTION btrdb_values(stream uuid, start timestamptz, "end" timestamptz, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_values'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_values_support;
COMMENT ON FUNCTION btrdb_values(uuid, timestamptz, timestamptz, bigint) IS
	'btrdb_values() between timestamps, infinity being the end
of time; gives timestamps, rounded down to microseconds';

CREATE FUNCTION btrdb_values(stream uuid, start text, "end" text, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_values'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_values_support;
COMMENT ON FUNCTION btrdb_values(uuid, text, text, bigint) IS
	'btrdb_values() whose times have no type: timestamps with up to nine
digits of a second, or whole numbers of nanoseconds; gives timestamps';

CREATE FUNCTION btrdb_windows(stream uuid, start bigint, "end" bigint, width bigint, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap bigint DEFAULT 9223372036854775807)
RETURNS TABLE ("time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, bigint, bigint, bigint, int, bigint, text, bigint) IS
	'statistics of the windows of width nanoseconds that fit into [start, end),
the first at start; empty ones have count 0 and NULLs; depth d allows
window edges to be off by 2^d nanoseconds (0 to 62), which is faster; fill
previous or linear gives empty windows in gaps of at most longest_gap a
minimum, mean and maximum: the mean before it, or the line across it';

-- times and width each in any spelling; that of the times decides what comes back
CREATE FUNCTION btrdb_windows(stream uuid, start bigint, "end" bigint, width interval, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap interval DEFAULT '106751 days 23:47:16.854775')
RETURNS TABLE ("time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, bigint, bigint, interval, int, bigint, text, interval) IS
	'btrdb_windows() between times in nanoseconds, with a width that
is an interval, without months and years, days having 24 hours';

CREATE FUNCTION btrdb_windows(stream uuid, start bigint, "end" bigint, width text, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap text DEFAULT '9223372036854775807')
RETURNS TABLE ("time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, bigint, bigint, text, int, bigint, text, text) IS
	'btrdb_windows() between times in nanoseconds, with a width that has no type, such
as ''500ns'', ''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_windows(stream uuid, start timestamptz, "end" timestamptz, width bigint, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap bigint DEFAULT 9223372036854775807)
RETURNS TABLE ("time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, timestamptz, timestamptz, bigint, int, bigint, text, bigint) IS
	'btrdb_windows() between timestamps, which gives timestamps, with a width in nanoseconds';

CREATE FUNCTION btrdb_windows(stream uuid, start timestamptz, "end" timestamptz, width interval, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap interval DEFAULT '106751 days 23:47:16.854775')
RETURNS TABLE ("time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, timestamptz, timestamptz, interval, int, bigint, text, interval) IS
	'btrdb_windows() between timestamps, which gives timestamps, with a width
that is an interval, without months and years, days having 24 hours';

CREATE FUNCTION btrdb_windows(stream uuid, start timestamptz, "end" timestamptz, width text, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap text DEFAULT '9223372036854775807')
RETURNS TABLE ("time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, timestamptz, timestamptz, text, int, bigint, text, text) IS
	'btrdb_windows() between timestamps, which gives timestamps, with a width that has no
type, such as ''500ns'', ''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_windows(stream uuid, start text, "end" text, width bigint, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap bigint DEFAULT 9223372036854775807)
RETURNS TABLE ("time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, text, text, bigint, int, bigint, text, bigint) IS
	'btrdb_windows() between times that have no type, which gives timestamps, with a width in nanoseconds';

CREATE FUNCTION btrdb_windows(stream uuid, start text, "end" text, width interval, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap interval DEFAULT '106751 days 23:47:16.854775')
RETURNS TABLE ("time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, text, text, interval, int, bigint, text, interval) IS
	'btrdb_windows() between times that have no type, which gives timestamps, with
a width that is an interval, without months and years, days having 24 hours';

CREATE FUNCTION btrdb_windows(stream uuid, start text, "end" text, width text, depth int DEFAULT 0,
	version bigint DEFAULT 0, fill text DEFAULT 'none', longest_gap text DEFAULT '9223372036854775807')
RETURNS TABLE ("time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_windows_support;
COMMENT ON FUNCTION btrdb_windows(uuid, text, text, text, int, bigint, text, text) IS
	'btrdb_windows() between times that have no type, which gives timestamps, with a width that has
no type, such as ''500ns'', ''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_aligned_windows(stream uuid, start bigint, "end" bigint, pointwidth int,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_aligned_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_aligned_windows_support;
COMMENT ON FUNCTION btrdb_aligned_windows(uuid, bigint, bigint, int, bigint) IS
	'statistics of the windows of 2^pointwidth nanoseconds (0 to 60), aligned to
1970-01-01, between start and end rounded down; only windows that have points';

CREATE FUNCTION btrdb_aligned_windows(stream uuid, start timestamptz, "end" timestamptz, pointwidth int,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_aligned_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_aligned_windows_support;
COMMENT ON FUNCTION btrdb_aligned_windows(uuid, timestamptz, timestamptz, int, bigint) IS
	'btrdb_aligned_windows() between timestamps, infinity being the
end of time; gives timestamps, rounded down to microseconds';

CREATE FUNCTION btrdb_aligned_windows(stream uuid, start text, "end" text, pointwidth int,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_aligned_windows'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_aligned_windows_support;
COMMENT ON FUNCTION btrdb_aligned_windows(uuid, text, text, int, bigint) IS
	'btrdb_aligned_windows() whose times have no type: timestamps with up to
nine digits of a second, or whole numbers of nanoseconds; gives timestamps';

CREATE FUNCTION btrdb_lttb(stream uuid, start bigint, "end" bigint, points int, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_lttb'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_lttb_support;
COMMENT ON FUNCTION btrdb_lttb(uuid, bigint, bigint, int, bigint) IS
	'at most so many points (3 or more) of [start, end) whose line looks like
that of all, by largest triangle three buckets: the first, the last, and one
of each of points - 2 buckets of equally many points';

CREATE FUNCTION btrdb_lttb(stream uuid, start timestamptz, "end" timestamptz, points int, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_lttb'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_lttb_support;
COMMENT ON FUNCTION btrdb_lttb(uuid, timestamptz, timestamptz, int, bigint) IS
	'btrdb_lttb() between timestamps, infinity being the end of time; gives
timestamps, rounded down to microseconds';

CREATE FUNCTION btrdb_lttb(stream uuid, start text, "end" text, points int, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_lttb'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_lttb_support;
COMMENT ON FUNCTION btrdb_lttb(uuid, text, text, int, bigint) IS
	'btrdb_lttb() whose times have no type: timestamps with up to nine digits of
a second, or whole numbers of nanoseconds; gives timestamps';

CREATE FUNCTION btrdb_minmax(stream uuid, start bigint, "end" bigint, columns int, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_minmax'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 4000 SUPPORT btrdb_minmax_support;
COMMENT ON FUNCTION btrdb_minmax(uuid, bigint, bigint, int, bigint) IS
	'the points of [start, end) that draw the same line as all of them in a
picture that is so many pixel columns wide: of each column the first, the
least, the greatest and the last one';

CREATE FUNCTION btrdb_minmax(stream uuid, start timestamptz, "end" timestamptz, columns int, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_minmax'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 4000 SUPPORT btrdb_minmax_support;
COMMENT ON FUNCTION btrdb_minmax(uuid, timestamptz, timestamptz, int, bigint) IS
	'btrdb_minmax() between timestamps, infinity being the end of time; gives
timestamps, rounded down to microseconds';

CREATE FUNCTION btrdb_minmax(stream uuid, start text, "end" text, columns int, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_minmax'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 4000 SUPPORT btrdb_minmax_support;
COMMENT ON FUNCTION btrdb_minmax(uuid, text, text, int, bigint) IS
	'btrdb_minmax() whose times have no type: timestamps with up to nine digits
of a second, or whole numbers of nanoseconds; gives timestamps';

CREATE FUNCTION btrdb_pointwidth(start bigint, "end" bigint, points int)
RETURNS int
AS 'MODULE_PATHNAME', 'btrdb_pointwidth'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_pointwidth(bigint, bigint, int) IS
	'the least pointwidth (0 to 60) such that a range of the length of [start,
end) has at most so many aligned windows, wherever it begins; 60 if none is
large enough';

CREATE FUNCTION btrdb_pointwidth(start timestamptz, "end" timestamptz, points int)
RETURNS int
AS 'MODULE_PATHNAME', 'btrdb_pointwidth'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_pointwidth(timestamptz, timestamptz, int) IS
	'btrdb_pointwidth() between timestamps, infinity being the end of time';

CREATE FUNCTION btrdb_pointwidth(start text, "end" text, points int)
RETURNS int
AS 'MODULE_PATHNAME', 'btrdb_pointwidth'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_pointwidth(text, text, int) IS
	'btrdb_pointwidth() whose times have no type: timestamps with up to nine
digits of a second, or whole numbers of nanoseconds';

CREATE FUNCTION btrdb_plot(stream uuid, start bigint DEFAULT -4611686018427387904, "end" bigint DEFAULT 4611686018427387904,
	width int DEFAULT 800, height int DEFAULT 300,
	title text DEFAULT '', version bigint DEFAULT 0)
RETURNS text
AS 'MODULE_PATHNAME', 'btrdb_plot'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION btrdb_plot(uuid, bigint, bigint, int, int, text, bigint) IS
	'a picture of the points of [start, end) as an SVG document of so many
pixels: the band from minimum to maximum and the line of means of each
column of pixels; the ends of time stand for the first and the last point;
an empty title for the stream''s path';

CREATE FUNCTION btrdb_plot(stream uuid, start timestamptz, "end" timestamptz DEFAULT 'infinity',
	width int DEFAULT 800, height int DEFAULT 300,
	title text DEFAULT '', version bigint DEFAULT 0)
RETURNS text
AS 'MODULE_PATHNAME', 'btrdb_plot'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION btrdb_plot(uuid, timestamptz, timestamptz, int, int, text, bigint) IS
	'btrdb_plot() between timestamps, infinity being the end of time';

CREATE FUNCTION btrdb_plot(stream uuid, start text, "end" text DEFAULT 'infinity',
	width int DEFAULT 800, height int DEFAULT 300,
	title text DEFAULT '', version bigint DEFAULT 0)
RETURNS text
AS 'MODULE_PATHNAME', 'btrdb_plot'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION btrdb_plot(uuid, text, text, int, int, text, bigint) IS
	'btrdb_plot() whose times have no type: timestamps with up to nine digits of
a second, or whole numbers of nanoseconds';

CREATE FUNCTION btrdb_plot_text(stream uuid, start bigint DEFAULT -4611686018427387904, "end" bigint DEFAULT 4611686018427387904,
	columns int DEFAULT 72, rows int DEFAULT 12, version bigint DEFAULT 0)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'btrdb_plot_text'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 20;
COMMENT ON FUNCTION btrdb_plot_text(uuid, bigint, bigint, int, int, bigint) IS
	'a picture of the points of [start, end) made of Unicode characters, line by
line: minimum, mean and maximum of each column; the ends of time stand for
the first and the last point; needs a database in UTF8';

CREATE FUNCTION btrdb_plot_text(stream uuid, start timestamptz, "end" timestamptz DEFAULT 'infinity',
	columns int DEFAULT 72, rows int DEFAULT 12, version bigint DEFAULT 0)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'btrdb_plot_text'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 20;
COMMENT ON FUNCTION btrdb_plot_text(uuid, timestamptz, timestamptz, int, int, bigint) IS
	'btrdb_plot_text() between timestamps, infinity being the end of time';

CREATE FUNCTION btrdb_plot_text(stream uuid, start text, "end" text DEFAULT 'infinity',
	columns int DEFAULT 72, rows int DEFAULT 12, version bigint DEFAULT 0)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'btrdb_plot_text'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000 ROWS 20;
COMMENT ON FUNCTION btrdb_plot_text(uuid, text, text, int, int, bigint) IS
	'btrdb_plot_text() whose times have no type: timestamps with up to nine
digits of a second, or whole numbers of nanoseconds';

CREATE FUNCTION btrdb_stat(stream uuid, start bigint, "end" bigint, version bigint DEFAULT 0)
RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_stat'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_stat(uuid, bigint, bigint, bigint) IS
	'exact summary of the points of [start, end); its count is 0 if there are none';

CREATE FUNCTION btrdb_stat(stream uuid, start timestamptz, "end" timestamptz, version bigint DEFAULT 0)
RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_stat'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_stat(uuid, timestamptz, timestamptz, bigint) IS
	'btrdb_stat() between timestamps, infinity being the end of time';

CREATE FUNCTION btrdb_stat(stream uuid, start text, "end" text, version bigint DEFAULT 0)
RETURNS statpoint
AS 'MODULE_PATHNAME', 'btrdb_stat'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_stat(uuid, text, text, bigint) IS
	'btrdb_stat() whose times have no type: timestamps with up
to nine digits of a second, or whole numbers of nanoseconds';

CREATE FUNCTION btrdb_count(stream uuid, start bigint DEFAULT -4611686018427387904,
	"end" bigint DEFAULT 4611686018427387904, version bigint DEFAULT 0)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_count'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_count(uuid, bigint, bigint, bigint) IS
	'exact number of points of [start, end), by default of all';

CREATE FUNCTION btrdb_count(stream uuid, start timestamptz, "end" timestamptz DEFAULT 'infinity', version bigint DEFAULT 0)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_count'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_count(uuid, timestamptz, timestamptz, bigint) IS
	'btrdb_count() between timestamps, infinity being the end of time';

CREATE FUNCTION btrdb_count(stream uuid, start text, "end" text DEFAULT 'infinity', version bigint DEFAULT 0)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_count'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_count(uuid, text, text, bigint) IS
	'btrdb_count() whose times have no type: timestamps with up
to nine digits of a second, or whole numbers of nanoseconds';

-- for an untyped literal, which could be a statpoint as well
CREATE FUNCTION btrdb_count(stream text)
RETURNS bigint
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN @extschema@.btrdb_count(stream::uuid, -4611686018427387904, 4611686018427387904, 0::bigint);
COMMENT ON FUNCTION btrdb_count(text) IS
	'exact number of points of a stream whose uuid is given as an untyped literal';

CREATE FUNCTION btrdb_nearest(stream uuid, "time" bigint, backward boolean DEFAULT false, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_nearest'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_nearest_support;
COMMENT ON FUNCTION btrdb_nearest(uuid, bigint, boolean, bigint) IS
	'the first point at or after a time or, backward, the last one before it; no row if there is none';

CREATE FUNCTION btrdb_nearest(stream uuid, "time" timestamptz, backward boolean DEFAULT false, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_nearest'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_nearest_support;
COMMENT ON FUNCTION btrdb_nearest(uuid, timestamptz, boolean, bigint) IS
	'btrdb_nearest() a timestamp; gives a timestamp, rounded down to microseconds;
forward from -infinity is the first point, backward from infinity the last one';

CREATE FUNCTION btrdb_nearest(stream uuid, "time" text, backward boolean DEFAULT false, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_nearest'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_nearest_support;
COMMENT ON FUNCTION btrdb_nearest(uuid, text, boolean, bigint) IS
	'btrdb_nearest() a time that has no type: a timestamp with up to nine
digits of a second, or a whole number of nanoseconds; gives a timestamp';

CREATE FUNCTION btrdb_earliest(stream uuid, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_earliest'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_earliest_support;
COMMENT ON FUNCTION btrdb_earliest(uuid, bigint) IS
	'the first point of a stream; no row if it is empty';

CREATE FUNCTION btrdb_latest(stream uuid, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_latest'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_latest_support;
COMMENT ON FUNCTION btrdb_latest(uuid, bigint) IS
	'the last point of a stream; no row if it is empty';

-- several streams at once; of arguments after start and end, NULL is what is not given

CREATE FUNCTION btrdb_rows_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_rows_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_rows_support(internal) IS 'estimates the rows of btrdb_rows() for the planner';

CREATE FUNCTION btrdb_multi_values_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_multi_values_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_multi_values_support(internal) IS 'estimates the rows of btrdb_multi_values() for the planner';

CREATE FUNCTION btrdb_multi_windows_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_multi_windows_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_multi_windows_support(internal) IS 'estimates the rows of btrdb_multi_windows() for the planner';

CREATE FUNCTION btrdb_multi_aligned_windows_support(internal) RETURNS internal
AS 'MODULE_PATHNAME', 'btrdb_multi_aligned_windows_support'
LANGUAGE C STRICT;
COMMENT ON FUNCTION btrdb_multi_aligned_windows_support(internal) IS 'estimates the rows of btrdb_multi_aligned_windows() for the planner';

CREATE FUNCTION btrdb_rows(streams uuid[], start bigint, "end" bigint, snap bigint DEFAULT NULL,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" bigint, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], bigint, bigint, bigint, bigint[]) IS
	'points of [start, end) of several streams side by side, by time: values[i] is of streams[i], NULL if that
has no point at the time; of points of a stream with equal times, the first is in a row with the first ones
of the others, the second in a row with the second ones, and so on. snap, in nanoseconds, rounds times to
multiples of it, ties up, before start and end are looked at; of points of a stream with the same rounded
time, the nearest is taken, the first of several. versions[i] is the version of streams[i], 0 or NULL the
latest with what is buffered';

-- times and period each in any spelling; that of the times decides what comes back
CREATE FUNCTION btrdb_rows(streams uuid[], start bigint, "end" bigint, snap interval,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" bigint, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], bigint, bigint, interval, bigint[]) IS
	'btrdb_rows() between times in nanoseconds, with a period that is an interval, without months and years, days
having 24 hours';

CREATE FUNCTION btrdb_rows(streams uuid[], start bigint, "end" bigint, snap text,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" bigint, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], bigint, bigint, text, bigint[]) IS
	'btrdb_rows() between times in nanoseconds, with a period that has no type, such as ''500ns'', ''33.3ms'', ''1m'',
''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_rows(streams uuid[], start timestamptz, "end" timestamptz, snap interval DEFAULT NULL,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" timestamptz, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], timestamptz, timestamptz, interval, bigint[]) IS
	'btrdb_rows() between timestamps, which gives timestamps, with a period that is an interval, without months
and years, days having 24 hours';

CREATE FUNCTION btrdb_rows(streams uuid[], start timestamptz, "end" timestamptz, snap bigint,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" timestamptz, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], timestamptz, timestamptz, bigint, bigint[]) IS
	'btrdb_rows() between timestamps, which gives timestamps, with a period in nanoseconds';

CREATE FUNCTION btrdb_rows(streams uuid[], start timestamptz, "end" timestamptz, snap text,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" timestamptz, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], timestamptz, timestamptz, text, bigint[]) IS
	'btrdb_rows() between timestamps, which gives timestamps, with a period that has no type, such as ''500ns'',
''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_rows(streams uuid[], start text, "end" text, snap text DEFAULT NULL,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" timestamptz, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], text, text, text, bigint[]) IS
	'btrdb_rows() between times that have no type, which gives timestamps, with a period that has no type, such
as ''500ns'', ''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_rows(streams uuid[], start text, "end" text, snap bigint,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" timestamptz, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], text, text, bigint, bigint[]) IS
	'btrdb_rows() between times that have no type, which gives timestamps, with a period in nanoseconds';

CREATE FUNCTION btrdb_rows(streams uuid[], start text, "end" text, snap interval,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE ("time" timestamptz, "values" float8[])
AS 'MODULE_PATHNAME', 'btrdb_rows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_rows_support;
COMMENT ON FUNCTION btrdb_rows(uuid[], text, text, interval, bigint[]) IS
	'btrdb_rows() between times that have no type, which gives timestamps, with a period that is an interval,
without months and years, days having 24 hours';

CREATE FUNCTION btrdb_multi_values(streams uuid[], start bigint, "end" bigint, versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_values'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 100000 SUPPORT btrdb_multi_values_support;
COMMENT ON FUNCTION btrdb_multi_values(uuid[], bigint, bigint, bigint[]) IS
	'points of btrdb_values() of several streams, in the order of the array and by time; versions[i] is the
version of streams[i], 0 or NULL the latest with what is buffered';

CREATE FUNCTION btrdb_multi_values(streams uuid[], start timestamptz, "end" timestamptz, versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_values'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 100000 SUPPORT btrdb_multi_values_support;
COMMENT ON FUNCTION btrdb_multi_values(uuid[], timestamptz, timestamptz, bigint[]) IS
	'btrdb_multi_values() between timestamps, infinity being the end of time; gives timestamps, rounded down to
microseconds';

CREATE FUNCTION btrdb_multi_values(streams uuid[], start text, "end" text, versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_values'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 100000 SUPPORT btrdb_multi_values_support;
COMMENT ON FUNCTION btrdb_multi_values(uuid[], text, text, bigint[]) IS
	'btrdb_multi_values() whose times have no type: timestamps with up to nine digits of a second, or whole
numbers of nanoseconds; gives timestamps';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start bigint, "end" bigint, width bigint, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], bigint, bigint, bigint, int, bigint[]) IS
	'windows of btrdb_windows() of several streams, in the order of the array and by time; versions[i] is the
version of streams[i], 0 or NULL the latest with what is buffered';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start bigint, "end" bigint, width interval, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], bigint, bigint, interval, int, bigint[]) IS
	'btrdb_multi_windows() between times in nanoseconds, with a width that is an interval, without months and
years, days having 24 hours';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start bigint, "end" bigint, width text, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], bigint, bigint, text, int, bigint[]) IS
	'btrdb_multi_windows() between times in nanoseconds, with a width that has no type, such as ''500ns'',
''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start timestamptz, "end" timestamptz, width bigint, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], timestamptz, timestamptz, bigint, int, bigint[]) IS
	'btrdb_multi_windows() between timestamps, which gives timestamps, with a width in nanoseconds';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start timestamptz, "end" timestamptz, width interval, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], timestamptz, timestamptz, interval, int, bigint[]) IS
	'btrdb_multi_windows() between timestamps, which gives timestamps, with a width that is an interval, without
months and years, days having 24 hours';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start timestamptz, "end" timestamptz, width text, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], timestamptz, timestamptz, text, int, bigint[]) IS
	'btrdb_multi_windows() between timestamps, which gives timestamps, with a width that has no type, such as
''500ns'', ''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start text, "end" text, width bigint, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], text, text, bigint, int, bigint[]) IS
	'btrdb_multi_windows() between times that have no type, which gives timestamps, with a width in nanoseconds';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start text, "end" text, width interval, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], text, text, interval, int, bigint[]) IS
	'btrdb_multi_windows() between times that have no type, which gives timestamps, with a width that is an
interval, without months and years, days having 24 hours';

CREATE FUNCTION btrdb_multi_windows(streams uuid[], start text, "end" text, width text, depth int DEFAULT 0,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_windows_support;
COMMENT ON FUNCTION btrdb_multi_windows(uuid[], text, text, text, int, bigint[]) IS
	'btrdb_multi_windows() between times that have no type, which gives timestamps, with a width that has no
type, such as ''500ns'', ''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_multi_aligned_windows(streams uuid[], start bigint, "end" bigint, pointwidth int,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_aligned_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_aligned_windows_support;
COMMENT ON FUNCTION btrdb_multi_aligned_windows(uuid[], bigint, bigint, int, bigint[]) IS
	'windows of btrdb_aligned_windows() of several streams, in the order of the array and by time; versions[i] is
the version of streams[i], 0 or NULL the latest with what is buffered';

CREATE FUNCTION btrdb_multi_aligned_windows(streams uuid[], start timestamptz, "end" timestamptz, pointwidth int,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_aligned_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_aligned_windows_support;
COMMENT ON FUNCTION btrdb_multi_aligned_windows(uuid[], timestamptz, timestamptz, int, bigint[]) IS
	'btrdb_multi_aligned_windows() between timestamps, infinity being the end of time; gives timestamps, rounded
down to microseconds';

CREATE FUNCTION btrdb_multi_aligned_windows(streams uuid[], start text, "end" text, pointwidth int,
	versions bigint[] DEFAULT NULL)
RETURNS TABLE (stream uuid, "time" timestamptz, min float8, mean float8, max float8, count bigint, stddev float8)
AS 'MODULE_PATHNAME', 'btrdb_multi_aligned_windows'
LANGUAGE C STABLE PARALLEL SAFE COST 1000 ROWS 10000 SUPPORT btrdb_multi_aligned_windows_support;
COMMENT ON FUNCTION btrdb_multi_aligned_windows(uuid[], text, text, int, bigint[]) IS
	'btrdb_multi_aligned_windows() whose times have no type: timestamps with up to nine digits of a second, or
whole numbers of nanoseconds; gives timestamps';

-- versions

CREATE FUNCTION btrdb_changes(stream uuid, from_version bigint, to_version bigint DEFAULT 0,
	resolution int DEFAULT 0)
RETURNS TABLE (start_time bigint, end_time bigint)
AS 'MODULE_PATHNAME', 'btrdb_changes'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100;
COMMENT ON FUNCTION btrdb_changes(uuid, bigint, bigint, int) IS
	'ranges of time in which two versions differ, sorted and disjoint; they cover every change
and are no coarser than 2^resolution nanoseconds (0 to 62) or the leaf that changed;
from_version 0 is the empty stream, to_version 0 the latest with what is buffered';

-- looking for things without reading everything

CREATE FUNCTION btrdb_gaps(stream uuid, start bigint, "end" bigint, longer_than bigint, version bigint DEFAULT 0)
RETURNS TABLE (start_time bigint, end_time bigint)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, bigint, bigint, bigint, bigint) IS
	'stretches of more than longer_than nanoseconds of [start, end) without points: each from a point to the next
one, and from start to the first point and from the last one to end; points outside of the range do not
count';

CREATE FUNCTION btrdb_gaps(stream uuid, start bigint, "end" bigint, longer_than interval, version bigint DEFAULT 0)
RETURNS TABLE (start_time bigint, end_time bigint)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, bigint, bigint, interval, bigint) IS
	'btrdb_gaps() between times in nanoseconds, with a length that is an interval, without months and years, days
having 24 hours';

CREATE FUNCTION btrdb_gaps(stream uuid, start bigint, "end" bigint, longer_than text, version bigint DEFAULT 0)
RETURNS TABLE (start_time bigint, end_time bigint)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, bigint, bigint, text, bigint) IS
	'btrdb_gaps() between times in nanoseconds, with a length that has no type, such as ''500ns'', ''33.3ms'', ''1m'',
''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_gaps(stream uuid, start timestamptz, "end" timestamptz, longer_than bigint, version bigint DEFAULT 0)
RETURNS TABLE (start_time timestamptz, end_time timestamptz)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, timestamptz, timestamptz, bigint, bigint) IS
	'btrdb_gaps() between timestamps, infinity being the end of time, with a length in nanoseconds';

CREATE FUNCTION btrdb_gaps(stream uuid, start timestamptz, "end" timestamptz, longer_than interval, version bigint DEFAULT 0)
RETURNS TABLE (start_time timestamptz, end_time timestamptz)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, timestamptz, timestamptz, interval, bigint) IS
	'btrdb_gaps() between timestamps, infinity being the end of time, with a length that is an interval, without
months and years, days having 24 hours';

CREATE FUNCTION btrdb_gaps(stream uuid, start timestamptz, "end" timestamptz, longer_than text, version bigint DEFAULT 0)
RETURNS TABLE (start_time timestamptz, end_time timestamptz)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, timestamptz, timestamptz, text, bigint) IS
	'btrdb_gaps() between timestamps, infinity being the end of time, with a length that has no type, such as
''500ns'', ''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_gaps(stream uuid, start text, "end" text, longer_than bigint, version bigint DEFAULT 0)
RETURNS TABLE (start_time timestamptz, end_time timestamptz)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, text, text, bigint, bigint) IS
	'btrdb_gaps() between times that have no type, with a length in nanoseconds';

CREATE FUNCTION btrdb_gaps(stream uuid, start text, "end" text, longer_than interval, version bigint DEFAULT 0)
RETURNS TABLE (start_time timestamptz, end_time timestamptz)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, text, text, interval, bigint) IS
	'btrdb_gaps() between times that have no type, with a length that is an interval, without months and years,
days having 24 hours';

CREATE FUNCTION btrdb_gaps(stream uuid, start text, "end" text, longer_than text, version bigint DEFAULT 0)
RETURNS TABLE (start_time timestamptz, end_time timestamptz)
AS 'MODULE_PATHNAME', 'btrdb_gaps'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 100 SUPPORT btrdb_gaps_support;
COMMENT ON FUNCTION btrdb_gaps(uuid, text, text, text, bigint) IS
	'btrdb_gaps() between times that have no type, with a length that has no type, such as ''500ns'', ''33.3ms'',
''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_first_crossing(stream uuid, start bigint, "end" bigint, threshold float8, direction text DEFAULT 'any',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_first_crossing'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_first_crossing_support;
COMMENT ON FUNCTION btrdb_first_crossing(uuid, bigint, bigint, float8, text, bigint) IS
	'the first point of [start, end) on the other side of a threshold than the point before it, which is in the
range, too; no row if there is none. Values are below the threshold, or not; direction is "up", from below,
"down" or "any"';

CREATE FUNCTION btrdb_first_crossing(stream uuid, start timestamptz, "end" timestamptz, threshold float8, direction text DEFAULT 'any',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_first_crossing'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_first_crossing_support;
COMMENT ON FUNCTION btrdb_first_crossing(uuid, timestamptz, timestamptz, float8, text, bigint) IS
	'btrdb_first_crossing() between timestamps, infinity being the end of time; gives a timestamp';

CREATE FUNCTION btrdb_first_crossing(stream uuid, start text, "end" text, threshold float8, direction text DEFAULT 'any',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_first_crossing'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_first_crossing_support;
COMMENT ON FUNCTION btrdb_first_crossing(uuid, text, text, float8, text, bigint) IS
	'btrdb_first_crossing() between times that have no type; gives a timestamp';

CREATE FUNCTION btrdb_last_crossing(stream uuid, start bigint, "end" bigint, threshold float8, direction text DEFAULT 'any',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_last_crossing'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_last_crossing_support;
COMMENT ON FUNCTION btrdb_last_crossing(uuid, bigint, bigint, float8, text, bigint) IS
	'the last point of [start, end) on the other side of a threshold than the point before it, which is in the
range, too; no row if there is none. Values are below the threshold, or not; direction is "up", from below,
"down" or "any"';

CREATE FUNCTION btrdb_last_crossing(stream uuid, start timestamptz, "end" timestamptz, threshold float8, direction text DEFAULT 'any',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_last_crossing'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_last_crossing_support;
COMMENT ON FUNCTION btrdb_last_crossing(uuid, timestamptz, timestamptz, float8, text, bigint) IS
	'btrdb_last_crossing() between timestamps, infinity being the end of time; gives a timestamp';

CREATE FUNCTION btrdb_last_crossing(stream uuid, start text, "end" text, threshold float8, direction text DEFAULT 'any',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_last_crossing'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_last_crossing_support;
COMMENT ON FUNCTION btrdb_last_crossing(uuid, text, text, float8, text, bigint) IS
	'btrdb_last_crossing() between times that have no type; gives a timestamp';

-- joining in time; a tolerance that has a type wants a direction before it, so that no call is ambiguous

CREATE FUNCTION btrdb_asof(stream uuid, "time" bigint, direction text DEFAULT 'backward', tolerance text DEFAULT 'infinity',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, bigint, text, text, bigint) IS
	'the last point at or before a time; direction "forward": the first one at or after it; "nearest": whichever
of them is nearer, the former if both are as near. At most tolerance away, which is a width or infinity; no
row if there is none';

CREATE FUNCTION btrdb_asof(stream uuid, "time" bigint, direction text, tolerance bigint,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, bigint, text, bigint, bigint) IS
	'btrdb_asof() of a time in nanoseconds, with a tolerance in nanoseconds';

CREATE FUNCTION btrdb_asof(stream uuid, "time" bigint, direction text, tolerance interval,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, bigint, text, interval, bigint) IS
	'btrdb_asof() of a time in nanoseconds, with a tolerance that is an interval, without months and years, days
having 24 hours';

CREATE FUNCTION btrdb_asof(stream uuid, "time" timestamptz, direction text DEFAULT 'backward', tolerance text DEFAULT 'infinity',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, timestamptz, text, text, bigint) IS
	'btrdb_asof() of a timestamp, which gives timestamps';

CREATE FUNCTION btrdb_asof(stream uuid, "time" timestamptz, direction text, tolerance bigint,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, timestamptz, text, bigint, bigint) IS
	'btrdb_asof() of a timestamp, which gives timestamps, with a tolerance in nanoseconds';

CREATE FUNCTION btrdb_asof(stream uuid, "time" timestamptz, direction text, tolerance interval,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, timestamptz, text, interval, bigint) IS
	'btrdb_asof() of a timestamp, which gives timestamps, with a tolerance that is an interval, without months
and years, days having 24 hours';

CREATE FUNCTION btrdb_asof(stream uuid, "time" text, direction text DEFAULT 'backward', tolerance text DEFAULT 'infinity',
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, text, text, text, bigint) IS
	'btrdb_asof() of a time that has no type, which gives timestamps';

CREATE FUNCTION btrdb_asof(stream uuid, "time" text, direction text, tolerance bigint,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, text, text, bigint, bigint) IS
	'btrdb_asof() of a time that has no type, which gives timestamps, with a tolerance in nanoseconds';

CREATE FUNCTION btrdb_asof(stream uuid, "time" text, direction text, tolerance interval,
	version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 SUPPORT btrdb_asof_support;
COMMENT ON FUNCTION btrdb_asof(uuid, text, text, interval, bigint) IS
	'btrdb_asof() of a time that has no type, which gives timestamps, with a tolerance that is an interval,
without months and years, days having 24 hours';

CREATE FUNCTION btrdb_asof(stream uuid, times bigint[], direction text DEFAULT 'backward', tolerance text DEFAULT 'infinity',
	version bigint DEFAULT 0)
RETURNS TABLE (asked bigint, "time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, bigint[], text, text, bigint) IS
	'for each time, in the order of the array, the point that btrdb_asof() of that time gives, or NULLs; cheap
where times next to each other belong to points next to each other; the array has one dimension (2202E) and
no NULLs (22004)';

CREATE FUNCTION btrdb_asof(stream uuid, times bigint[], direction text, tolerance bigint,
	version bigint DEFAULT 0)
RETURNS TABLE (asked bigint, "time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, bigint[], text, bigint, bigint) IS
	'btrdb_asof() of times in nanoseconds, with a tolerance in nanoseconds';

CREATE FUNCTION btrdb_asof(stream uuid, times bigint[], direction text, tolerance interval,
	version bigint DEFAULT 0)
RETURNS TABLE (asked bigint, "time" bigint, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, bigint[], text, interval, bigint) IS
	'btrdb_asof() of times in nanoseconds, with a tolerance that is an interval, without months and years, days
having 24 hours';

CREATE FUNCTION btrdb_asof(stream uuid, times timestamptz[], direction text DEFAULT 'backward', tolerance text DEFAULT 'infinity',
	version bigint DEFAULT 0)
RETURNS TABLE (asked timestamptz, "time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, timestamptz[], text, text, bigint) IS
	'btrdb_asof() of timestamps, which gives timestamps';

CREATE FUNCTION btrdb_asof(stream uuid, times timestamptz[], direction text, tolerance bigint,
	version bigint DEFAULT 0)
RETURNS TABLE (asked timestamptz, "time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, timestamptz[], text, bigint, bigint) IS
	'btrdb_asof() of timestamps, which gives timestamps, with a tolerance in nanoseconds';

CREATE FUNCTION btrdb_asof(stream uuid, times timestamptz[], direction text, tolerance interval,
	version bigint DEFAULT 0)
RETURNS TABLE (asked timestamptz, "time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, timestamptz[], text, interval, bigint) IS
	'btrdb_asof() of timestamps, which gives timestamps, with a tolerance that is an interval, without months and
years, days having 24 hours';

CREATE FUNCTION btrdb_asof(stream uuid, times text[], direction text DEFAULT 'backward', tolerance text DEFAULT 'infinity',
	version bigint DEFAULT 0)
RETURNS TABLE (asked timestamptz, "time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, text[], text, text, bigint) IS
	'btrdb_asof() of times as text, which gives timestamps';

CREATE FUNCTION btrdb_asof(stream uuid, times text[], direction text, tolerance bigint,
	version bigint DEFAULT 0)
RETURNS TABLE (asked timestamptz, "time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, text[], text, bigint, bigint) IS
	'btrdb_asof() of times as text, which gives timestamps, with a tolerance in nanoseconds';

CREATE FUNCTION btrdb_asof(stream uuid, times text[], direction text, tolerance interval,
	version bigint DEFAULT 0)
RETURNS TABLE (asked timestamptz, "time" timestamptz, value float8)
AS 'MODULE_PATHNAME', 'btrdb_asof_times'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_asof_times_support;
COMMENT ON FUNCTION btrdb_asof(uuid, text[], text, interval, bigint) IS
	'btrdb_asof() of times as text, which gives timestamps, with a tolerance that is an interval, without months
and years, days having 24 hours';

CREATE FUNCTION btrdb_integral(stream uuid, start bigint, "end" bigint, method text DEFAULT 'linear', version bigint DEFAULT 0)
RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_integral'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_integral(uuid, bigint, bigint, text, bigint) IS
	'integral of the value over [start, end), in seconds, as far as there is a value: by method "linear", on the
lines between points, from the first point of the stream to the last one; by "step", that of the last point
at or before each time, from the first point on. NULL if there is none';

CREATE FUNCTION btrdb_integral(stream uuid, start timestamptz, "end" timestamptz, method text DEFAULT 'linear', version bigint DEFAULT 0)
RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_integral'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_integral(uuid, timestamptz, timestamptz, text, bigint) IS
	'btrdb_integral() between timestamps, infinity being the end of time';

CREATE FUNCTION btrdb_integral(stream uuid, start text, "end" text, method text DEFAULT 'linear', version bigint DEFAULT 0)
RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_integral'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_integral(uuid, text, text, text, bigint) IS
	'btrdb_integral() between times that have no type';

CREATE FUNCTION btrdb_time_weighted_mean(stream uuid, start bigint, "end" bigint, method text DEFAULT 'linear', version bigint DEFAULT 0)
RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_time_weighted_mean'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_time_weighted_mean(uuid, bigint, bigint, text, bigint) IS
	'mean of the value over [start, end), each value weighing as much as the time that it lasts: the integral
divided by the time for which there is a value; method as for btrdb_integral(). NULL if there is none';

CREATE FUNCTION btrdb_time_weighted_mean(stream uuid, start timestamptz, "end" timestamptz, method text DEFAULT 'linear', version bigint DEFAULT 0)
RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_time_weighted_mean'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_time_weighted_mean(uuid, timestamptz, timestamptz, text, bigint) IS
	'btrdb_time_weighted_mean() between timestamps, infinity being the end of time';

CREATE FUNCTION btrdb_time_weighted_mean(stream uuid, start text, "end" text, method text DEFAULT 'linear', version bigint DEFAULT 0)
RETURNS float8
AS 'MODULE_PATHNAME', 'btrdb_time_weighted_mean'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_time_weighted_mean(uuid, text, text, text, bigint) IS
	'btrdb_time_weighted_mean() between times that have no type';

CREATE FUNCTION btrdb_rate(stream uuid, start bigint, "end" bigint, width bigint, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, bigint, bigint, bigint, bigint) IS
	'how much a counter rises in each window of width nanoseconds that fits into [start, end), the first at
start, and how much per second. A rise belongs to the window of the later of two points; a value less than
the one before it is a new start from zero, and has risen by itself. NULL if the window has no point that
has one before it';

CREATE FUNCTION btrdb_rate(stream uuid, start bigint, "end" bigint, width interval, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, bigint, bigint, interval, bigint) IS
	'btrdb_rate() between times in nanoseconds, with a width that is an interval, without months and years, days
having 24 hours';

CREATE FUNCTION btrdb_rate(stream uuid, start bigint, "end" bigint, width text, version bigint DEFAULT 0)
RETURNS TABLE ("time" bigint, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, bigint, bigint, text, bigint) IS
	'btrdb_rate() between times in nanoseconds, with a width that has no type, such as ''500ns'', ''33.3ms'', ''1m'',
''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_rate(stream uuid, start timestamptz, "end" timestamptz, width bigint, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, timestamptz, timestamptz, bigint, bigint) IS
	'btrdb_rate() between timestamps, infinity being the end of time, with a width in nanoseconds';

CREATE FUNCTION btrdb_rate(stream uuid, start timestamptz, "end" timestamptz, width interval, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, timestamptz, timestamptz, interval, bigint) IS
	'btrdb_rate() between timestamps, infinity being the end of time, with a width that is an interval, without
months and years, days having 24 hours';

CREATE FUNCTION btrdb_rate(stream uuid, start timestamptz, "end" timestamptz, width text, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, timestamptz, timestamptz, text, bigint) IS
	'btrdb_rate() between timestamps, infinity being the end of time, with a width that has no type, such as
''500ns'', ''33.3ms'', ''1m'', ''1 hour'' or a whole number of nanoseconds';

CREATE FUNCTION btrdb_rate(stream uuid, start text, "end" text, width bigint, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, text, text, bigint, bigint) IS
	'btrdb_rate() between times that have no type, with a width in nanoseconds';

CREATE FUNCTION btrdb_rate(stream uuid, start text, "end" text, width interval, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, text, text, interval, bigint) IS
	'btrdb_rate() between times that have no type, with a width that is an interval, without months and years,
days having 24 hours';

CREATE FUNCTION btrdb_rate(stream uuid, start text, "end" text, width text, version bigint DEFAULT 0)
RETURNS TABLE ("time" timestamptz, increase float8, rate float8)
AS 'MODULE_PATHNAME', 'btrdb_rate'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000 ROWS 1000 SUPPORT btrdb_rate_support;
COMMENT ON FUNCTION btrdb_rate(uuid, text, text, text, bigint) IS
	'btrdb_rate() between times that have no type, with a width that has no type, such as ''500ns'', ''33.3ms'',
''1m'', ''1 hour'' or a whole number of nanoseconds';

-- versions

CREATE FUNCTION btrdb_version(stream uuid)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_version'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION btrdb_version(uuid) IS
	'latest committed version of a stream; 10 if it was never written';

CREATE FUNCTION btrdb_versions(stream uuid)
RETURNS TABLE (version bigint, created timestamptz, count bigint, earliest bigint, latest bigint)
AS 'MODULE_PATHNAME', 'btrdb_versions'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100 ROWS 100;
COMMENT ON FUNCTION btrdb_versions(uuid) IS
	'versions of a stream that can be read, oldest first: when each was
made, its number of points, the times of its first and last point';

CREATE FUNCTION btrdb_version_at(stream uuid, at timestamptz)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_version_at'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION btrdb_version_at(uuid, timestamptz) IS
	'version that was the latest at a moment; 10 if the stream was not written by then';

CREATE FUNCTION btrdb_pin(streams uuid[])
RETURNS bigint[]
AS 'MODULE_PATHNAME', 'btrdb_pin'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb_pin(uuid[]) IS
	'latest committed version of each of several streams, in the order of the array, all as they were at one
moment; to be given as versions to functions of several streams';

-- times

CREATE FUNCTION btrdb_time(timestamptz) RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_time'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_time(timestamptz) IS
	'a timestamp in nanoseconds since 1970-01-01 UTC; infinity is the end of time';

CREATE FUNCTION btrdb_time(text) RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_time'
LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_time(text) IS
	'a timestamp with up to nine digits of a second, or a whole
number of nanoseconds, in nanoseconds since 1970-01-01 UTC';

CREATE FUNCTION btrdb_timestamp("time" bigint) RETURNS timestamptz
AS 'MODULE_PATHNAME', 'btrdb_timestamp'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION btrdb_timestamp(bigint) IS
	'a time in nanoseconds since 1970-01-01 UTC as a timestamp, rounded down to microseconds';

-- verifying

CREATE FUNCTION btrdb_check(stream uuid DEFAULT NULL, deep boolean DEFAULT true)
RETURNS TABLE (stream uuid, block bigint, item int, problem text)
AS 'MODULE_PATHNAME', 'btrdb_check'
LANGUAGE C VOLATILE PARALLEL UNSAFE COST 100000 ROWS 1;
COMMENT ON FUNCTION btrdb_check(uuid, boolean) IS
	'verifies a stream or, without one, all streams and every page of the store,
and returns what is wrong; no rows: sound; not deep: leaves are not read';
REVOKE EXECUTE ON FUNCTION btrdb_check(uuid, boolean) FROM PUBLIC;

-- ---- views ----

CREATE FUNCTION btrdb.stream_stat(stream uuid, OUT points bigint, OUT bytes bigint, OUT versions bigint,
	OUT buffered_points bigint, OUT first_time bigint, OUT last_time bigint)
AS 'MODULE_PATHNAME', 'btrdb_stream_stat'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION btrdb.stream_stat(uuid) IS
	'what view btrdb.stream_stats says of a stream (42704 if
there is none); costs the same however many points it has';

CREATE VIEW btrdb.collections WITH (security_invoker = true) AS
	SELECT collection, pg_catalog.count(*) AS streams
	FROM btrdb.streams
	GROUP BY collection;
COMMENT ON VIEW btrdb.collections IS 'collections of streams that the user sees';
COMMENT ON COLUMN btrdb.collections.collection IS 'name of the collection';
COMMENT ON COLUMN btrdb.collections.streams IS 'number of streams in it';

CREATE VIEW btrdb.stream_stats WITH (security_invoker = true) AS
	SELECT s.uuid, s.collection, s.name, x.points, x.bytes, x.versions, x.buffered_points, x.first_time, x.last_time
	FROM btrdb.streams AS s, LATERAL btrdb.stream_stat(s.uuid) AS x;
COMMENT ON VIEW btrdb.stream_stats IS
	'what there is of each stream that the user sees; costs the same for each stream, however many points it has; needs SELECT on btrdb.points and btrdb.streams';
COMMENT ON COLUMN btrdb.stream_stats.uuid IS 'the stream, see btrdb.streams';
COMMENT ON COLUMN btrdb.stream_stats.collection IS 'its collection';
COMMENT ON COLUMN btrdb.stream_stats.name IS 'its tag "name"';
COMMENT ON COLUMN btrdb.stream_stats.points IS 'number of its points, buffered ones included';
COMMENT ON COLUMN btrdb.stream_stats.bytes IS
	'bytes of its latest version and its buffered rows, without what only older versions need; exact if that has few leaves, else an estimate from 32 of them';
COMMENT ON COLUMN btrdb.stream_stats.versions IS 'number of its versions that can be read; 0 if it was never written';
COMMENT ON COLUMN btrdb.stream_stats.buffered_points IS 'number of its points that are committed but not yet in a version';
COMMENT ON COLUMN btrdb.stream_stats.first_time IS 'time of its first point, in nanoseconds since 1970-01-01 UTC; NULL if it has none';
COMMENT ON COLUMN btrdb.stream_stats.last_time IS 'time of its last point, likewise';

CREATE FUNCTION btrdb.free_bytes(relation regclass)
RETURNS bigint
AS 'MODULE_PATHNAME', 'btrdb_free_bytes'
LANGUAGE C STABLE STRICT PARALLEL SAFE COST 10000;
COMMENT ON FUNCTION btrdb.free_bytes(regclass) IS
	'free space of a table that its free space map knows of, in bytes;
exact if it has 10,000 pages at most, else an estimate from as many';

-- Whoever may read it learns how much there is of all streams together, hidden ones included.
CREATE VIEW btrdb.storage WITH (security_invoker = true) AS
	SELECT relation, bytes, index_bytes, free_bytes, rows, dead_rows,
		CASE WHEN dead_rows OPERATOR(pg_catalog.>) 0 THEN ((table_bytes OPERATOR(pg_catalog.-) free_bytes) OPERATOR(pg_catalog.*)
			dead_rows::float8 OPERATOR(pg_catalog./) (rows OPERATOR(pg_catalog.+) dead_rows))::bigint ELSE 0 END AS vacuum_bytes,
		vacuumed
	FROM (SELECT c.oid::regclass AS relation,
			pg_catalog.pg_total_relation_size(c.oid) AS bytes,
			pg_catalog.pg_relation_size(c.oid) AS table_bytes,
			pg_catalog.pg_indexes_size(c.oid) AS index_bytes,
			btrdb.free_bytes(c.oid) AS free_bytes,
			pg_catalog.pg_stat_get_live_tuples(c.oid) AS rows,
			pg_catalog.pg_stat_get_dead_tuples(c.oid) AS dead_rows,
			GREATEST(pg_catalog.pg_stat_get_last_vacuum_time(c.oid),
				pg_catalog.pg_stat_get_last_autovacuum_time(c.oid)) AS vacuumed
		FROM pg_catalog.pg_class AS c, pg_catalog.pg_namespace AS n
		WHERE n.nspname OPERATOR(pg_catalog.=) 'btrdb' AND c.relnamespace OPERATOR(pg_catalog.=) n.oid
			AND c.relkind OPERATOR(pg_catalog.=) 'r') AS x;
GRANT SELECT ON btrdb.storage TO pg_monitor;
COMMENT ON VIEW btrdb.storage IS
	'what the tables of the extension take on disk, and what VACUUM of each would bring; costs the same however many points there are';
COMMENT ON COLUMN btrdb.storage.relation IS
	'the table: btrdb.points has the trees, btrdb.versions a row for each version, btrdb.buffer and btrdb.mixed what is not in trees yet, btrdb.garbage a row for nodes that wait for VACUUM of btrdb.points';
COMMENT ON COLUMN btrdb.storage.bytes IS 'bytes on disk, with indexes';
COMMENT ON COLUMN btrdb.storage.index_bytes IS 'bytes of its indexes';
COMMENT ON COLUMN btrdb.storage.free_bytes IS 'of these, free space that new rows take before the table grows; see btrdb.free_bytes()';
COMMENT ON COLUMN btrdb.storage.rows IS 'about how many rows there are, by the statistics of the server; of btrdb.points, points of the latest versions';
COMMENT ON COLUMN btrdb.storage.dead_rows IS 'about how many rows VACUUM can remove; of btrdb.points, points that only forgotten versions have';
COMMENT ON COLUMN btrdb.storage.vacuum_bytes IS
	'about how many bytes VACUUM would make free, if no snapshot needs them: the part of dead_rows in all rows; too many where older versions are kept';
COMMENT ON COLUMN btrdb.storage.vacuumed IS 'when VACUUM or autovacuum was here last';
