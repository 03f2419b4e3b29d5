--
-- setup.sql
--		A convenience of the tour, in schema "demo".
--
CREATE SCHEMA demo;
ALTER DATABASE :DBNAME SET search_path = public, demo;
ALTER DATABASE :DBNAME SET timezone = 'UTC';
SET search_path = public, demo;
SET timezone = 'UTC';

CREATE FUNCTION demo.spark(float8[]) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN (
		WITH v AS (
			SELECT value, ordinality AS i, min(value) OVER () AS low, max(value) OVER () AS high
			FROM unnest($1) WITH ORDINALITY AS u(value))
		SELECT string_agg(
			coalesce(
				substr('▁▂▃▄▅▆▇█',
					   CASE WHEN high > low THEN 1 + floor(7.999 * (value - low) / (high - low))::int ELSE 4 END, 1),
				' '), '' ORDER BY i)
		FROM v);
COMMENT ON FUNCTION demo.spark(float8[]) IS 'a line of bars from the least to the greatest value; NULL is a gap';
