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
	'the summary of points given as time and value, starting at the smallest time; leaves out NULLs; NULL if there are no points';

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
	'the summary of all points that were summarised, starting at the smallest time; leaves out NULLs; NULL if there are no summaries';
