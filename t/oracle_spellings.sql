-- The spellings of times for the oracle: its own way to write them, and the comparison of
-- what functions give in timestamps and text with what they give in nanoseconds.  Loaded by
-- 010_oracle.pl after oracle.sql.

-- The microsecond that a time is in.
CREATE FUNCTION oracle.timestamp_of(t bigint) RETURNS timestamptz
LANGUAGE sql STABLE
RETURN timestamptz '1970-01-01 00:00:00+00' + floor(t / 1000.0)::float8 * interval '1 microsecond';

-- A time as a timestamp with nine digits of a second.
CREATE FUNCTION oracle.nine_digits(t bigint) RETURNS text
LANGUAGE sql STABLE
RETURN to_char(oracle.timestamp_of(t) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
	|| lpad((t - floor(t / 1000.0) * 1000)::text, 3, '0') || 'Z';

-- A time as text: nine digits, or the number.
CREATE FUNCTION oracle.time_text(t bigint) RETURNS text
LANGUAGE sql VOLATILE
RETURN CASE WHEN random() < 0.8 THEN oracle.nine_digits(t) ELSE t::text END;

-- A time that a timestamp can say: the end of time, or the microsecond it is in.
CREATE FUNCTION oracle.sayable(t bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN CASE t WHEN oracle.time_max() THEN t ELSE greatest(floor(t / 1000.0) * 1000, oracle.time_min())::bigint END;

-- SQL that is a time, in a spelling: a literal with its type, or without.
CREATE FUNCTION oracle.spell_time(t bigint, spelling text) RETURNS text
LANGUAGE sql VOLATILE
RETURN CASE WHEN spelling = 'text' THEN format('%L', oracle.time_text(t))
	ELSE format('timestamptz %L', CASE t WHEN oracle.time_min() THEN '-infinity' WHEN oracle.time_max() THEN 'infinity'
								  ELSE oracle.timestamp_of(t)::text END) END;

-- SQL that is a width.
CREATE FUNCTION oracle.spell_width(w bigint) RETURNS text
LANGUAGE sql VOLATILE
RETURN CASE oracle.random_int(CASE WHEN w % 1000 = 0 THEN 0 ELSE 1 END, 5)
	WHEN 0 THEN format('interval %L', w / 1000 || ' us')
	WHEN 1 THEN w::text
	WHEN 2 THEN format('%L', w)
	WHEN 3 THEN format('%L', w || 'ns')
	WHEN 4 THEN format('%L', w / 1000 || '.' || lpad((w % 1000)::text, 3, '0') || ' us')
	ELSE format('%L', w / 1000000000 || '.' || lpad((w % 1000000000)::text, 9, '0') || 's') END;

-- Makes one comparison of a random function, in a random time zone.
CREATE FUNCTION oracle.check_spelling(s int, v bigint, lo bigint, hi bigint) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	spelling text := (ARRAY['timestamptz', 'text'])[oracle.random_int(1, 2)];
	u text := format('%L::uuid', oracle.uuid_of(s));
	kind int := oracle.random_int(0, 7);
	span numeric;
	width bigint;
	name text := 'btrdb_values';
	spelt text;				-- the arguments after the stream
	plain text;
	columns text := 'value';
	rest text := '';
	asked text;
BEGIN
	PERFORM set_config('timezone', (ARRAY['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'])[oracle.random_int(1, 5)], true);
	IF spelling = 'timestamptz' THEN
		lo := oracle.sayable(lo);
		hi := oracle.sayable(hi);
	END IF;
	span := hi::numeric - lo;
	spelt := format('%s, %s', oracle.spell_time(lo, spelling), oracle.spell_time(hi, spelling));
	plain := format('%s, %s', lo, hi);
	CASE kind
		WHEN 0 THEN
			NULL;
		WHEN 1 THEN
			rest := format(' ORDER BY time DESC LIMIT %s', oracle.random_int(0, 3000));
		WHEN 2, 3 THEN
			name := 'btrdb_windows';
			width := least(greatest(1, ceil(span / oracle.random_int(1, 2000))), 9223372036854775807)::bigint;
			IF random() < 0.5 AND width < 9e18 THEN
				width := (width / 1000 + 1) * 1000;
			END IF;
			spelt := format('%s, %s, 0', spelt, oracle.spell_width(width));
			plain := format('%s, %s, 0', plain, width);
			columns := 'min, mean, max, count, stddev';
		WHEN 4 THEN
			name := 'btrdb_aligned_windows';
			width := oracle.random_int(greatest(0, floor(log(2, span + 1))::int - 11), 60);
			spelt := format('%s, %s', spelt, width);
			plain := format('%s, %s', plain, width);
			columns := 'min, mean, max, count, stddev';
		WHEN 5 THEN
			name := 'btrdb_nearest';
			spelt := format('%s, %L', oracle.spell_time(lo, spelling), hi % 2 = 0);
			plain := format('%s, %L', lo, hi % 2 = 0);
		WHEN 6 THEN
			asked := format('SELECT ARRAY[btrdb_count(%1$s, %2$s, %3$s)::text, btrdb_stat(%1$s, %2$s, %3$s)::text]', u, spelt, v);
			PERFORM oracle.expect_none(format('%s EXCEPT ALL SELECT ARRAY[btrdb_count(%2$s, %3$s, %4$s)::text, btrdb_stat(%2$s, %3$s, %4$s)::text]',
											  asked, u, plain, v), asked);
			RETURN;
		WHEN 7 THEN
			asked := format('SELECT min(time), max(time), count(*), min(value), max(value) FROM btrdb_values(%s, %s, %s)', u, spelt, v);
			PERFORM oracle.expect_none(format('%s EXCEPT ALL SELECT oracle.timestamp_of(min(time)), oracle.timestamp_of(max(time)), count(*), min(value), max(value)
											   FROM btrdb_values(%s, %s, %s)', asked, u, plain, v), asked);
			RETURN;
	END CASE;

	asked := format('SELECT * FROM %s(%s, %s, %s)%s', name, u, spelt, v, rest);
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT row_number() OVER () AS n, * FROM (%1$s) q) a
		 FULL JOIN (SELECT row_number() OVER () AS n, oracle.timestamp_of(time) AS time, %2$s
					FROM (SELECT * FROM %3$s(%4$s, %5$s, %6$s)%7$s) q) e USING (n)
		 WHERE a::text IS DISTINCT FROM e::text',
		asked, columns, name, u, plain, v, rest), asked);
END
$$;
