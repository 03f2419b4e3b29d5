--
-- setup.sql
--		Conveniences of the tour, in schema "demo": pictures made of characters.
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

-- How the time axis names its ticks, given how much time it spans.
CREATE FUNCTION demo.tick_format(span interval) RETURNS text
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN CASE
		WHEN span > '6 years' THEN 'YYYY'
		WHEN span > '100 days' THEN 'Mon YYYY'
		WHEN span > '3 days' THEN 'DD Mon'
		WHEN span > '2 hours' THEN 'HH24:MI'
		ELSE 'HH24:MI:SS.MS'
	END;

-- The least of 1, 2, 2.5 and 5 times a power of ten that is not below the number.
CREATE FUNCTION demo.round_up(float8) RETURNS float8
	LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
	RETURN (
		SELECT min(m * p)
		FROM (SELECT 10.0::float8 ^ floor(log($1)) AS p) AS power,
			 unnest('{1,2,2.5,5,10}'::float8[]) AS m
		WHERE m * p >= $1 * 0.999999);

CREATE FUNCTION demo.band(stream uuid, start timestamptz, stop timestamptz,
						  columns int = 72, rows int = 12, version bigint = 0)
	RETURNS TABLE (band text)
	LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
	-- One window per column.
	WITH w AS (
		SELECT row_number() OVER (ORDER BY b.time) AS x, b.*
		FROM btrdb_windows(band.stream, band.start, band.stop,
						   (btrdb_time(band.stop) - btrdb_time(band.start)) / band.columns, 0, band.version) AS b),
	-- One row of characters covers "step"; the lowest starts at a multiple of it.
	scale AS (
		SELECT s.step, floor(s.low / s.step) * s.step AS bottom,
			   ceil(s.high / s.step) - floor(s.low / s.step) AS height
		FROM (SELECT min(w.min) AS low, max(w.max) AS high,
					 round_up(greatest(max(w.max) - min(w.min), 1e-9) / band.rows) AS step
			  FROM w) AS s),
	cells AS (
		SELECT y, w.x,
			   CASE
				   WHEN w.count = 0 THEN ' '
				   -- the mean: one of five lines, by its height inside the cell
				   WHEN floor((w.mean - scale.bottom) / scale.step) = y
					   THEN substr('⎽⎼─⎻⎺', 1 + least(4, floor(5 * ((w.mean - scale.bottom) / scale.step - y))::int), 1)
				   -- from minimum to maximum: dark where the cell is covered, else light
				   WHEN w.min <= scale.bottom + y * scale.step AND w.max >= scale.bottom + (y + 1) * scale.step
					   THEN '▒'
				   WHEN w.min < scale.bottom + (y + 1) * scale.step AND w.max > scale.bottom + y * scale.step
					   THEN '░'
				   ELSE ' '
			   END AS cell
		FROM scale, generate_series(0, scale.height::int - 1) AS y, w),
	lines AS (
		SELECT 1 AS part, -y AS place,
			   CASE WHEN y % 2 = 0 THEN lpad((scale.bottom + y * scale.step)::numeric::text, 9) || ' ┤'
					ELSE repeat(' ', 10) || '│' END
			   || string_agg(c.cell, '' ORDER BY c.x) AS line
		FROM cells AS c, scale
		GROUP BY y, scale.bottom, scale.step
		UNION ALL
		SELECT 0, 0, format('%s/%s in %s: ▒ minimum to maximum, ─ mean of each of %s windows of %s',
							s.collection, s.name, s.unit, band.columns,
							justify_interval((btrdb_time(band.stop) - btrdb_time(band.start)) / band.columns / 1000 * interval '1 microsecond'))
		FROM btrdb.streams AS s
		WHERE s.uuid = band.stream
		UNION ALL
		SELECT 2, 0, repeat(' ', 10) || '└'
			   || string_agg(CASE WHEN x % 18 = 1 THEN '┬' ELSE '─' END, '' ORDER BY x)
		FROM w
		UNION ALL
		SELECT 3, 0, repeat(' ', 11)
			   || string_agg(rpad(to_char(w.time, tick_format(band.stop - band.start)), 18), '' ORDER BY w.x)
		FROM w
		WHERE w.x % 18 = 1)
	SELECT lines.line FROM lines ORDER BY lines.part, lines.place;
END;
COMMENT ON FUNCTION demo.band(uuid, timestamptz, timestamptz, int, int, bigint) IS
	'a picture of a stream: its minimum, mean and maximum in as many windows as there are columns';
