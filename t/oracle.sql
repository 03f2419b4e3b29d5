-- A second implementation of streams and versions, in a heap table and plain SQL,
-- and functions that compare btrdb with it.  Loaded by 010_oracle.pl.
--
-- oracle.point has a row for each stretch of versions in which a point is part of
-- its stream: [born, died).  A point in the write buffer is born in version
-- oracle.buffered(), one that was not removed dies in the version after that.
-- Writes to it take part in the transaction under test: they roll back, and crash,
-- together with what they model.

CREATE SCHEMA oracle;

CREATE FUNCTION oracle.buffered() RETURNS bigint
	LANGUAGE sql IMMUTABLE RETURN 9000000000000000000;
CREATE FUNCTION oracle.never() RETURNS bigint
	LANGUAGE sql IMMUTABLE RETURN 9000000000000000001;
CREATE FUNCTION oracle.time_min() RETURNS bigint
	LANGUAGE sql IMMUTABLE RETURN -4611686018427387904;
CREATE FUNCTION oracle.time_max() RETURNS bigint
	LANGUAGE sql IMMUTABLE RETURN 4611686018427387904;

CREATE TABLE oracle.stream (
	id int PRIMARY KEY,
	uuid uuid NOT NULL,
	version bigint NOT NULL DEFAULT 10
);

CREATE TABLE oracle.revert (
	stream int,
	version bigint,
	target bigint
);

CREATE TABLE oracle.point (
	stream int NOT NULL,
	time bigint NOT NULL,
	call bigint NOT NULL,		-- which call of btrdb_insert brought it
	id bigint NOT NULL,			-- order of insertion
	value float8 NOT NULL,
	born bigint NOT NULL,
	died bigint NOT NULL
) WITH (autovacuum_enabled = false);
CREATE INDEX ON oracle.point (stream, time);

-- Times worth asking about.
CREATE TABLE oracle.hint (
	stream int NOT NULL,
	time bigint NOT NULL
);

-- The points of the statement over several streams under way.
CREATE TABLE oracle.wide (
	stream int NOT NULL,
	ord int NOT NULL,
	time bigint NOT NULL,
	value float8 NOT NULL
);

-- The points of the insert under way.
CREATE TABLE oracle.batch (
	ord int NOT NULL,
	time bigint NOT NULL,
	value float8 NOT NULL
);

-- Counts comparisons; a sequence, so that a rollback does not take them back.
CREATE SEQUENCE oracle.comparisons;

-- ---- inputs ----

-- Starts operation op: everything random until the next one follows from seed.
CREATE FUNCTION oracle.operation(op bigint, seed float8) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM setseed(seed);
	PERFORM set_config('oracle.op', op::text, false);
END
$$;

CREATE FUNCTION oracle.op() RETURNS bigint
LANGUAGE sql STABLE RETURN current_setting('oracle.op')::bigint;

-- An integer r with lo <= r <= hi.
CREATE FUNCTION oracle.random_int(lo bigint, hi bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	span numeric := hi::numeric - lo + 1;
BEGIN
	IF span < 1e15 THEN
		RETURN lo + floor(random() * span::float8)::bigint;
	END IF;
	RETURN lo + mod(floor(random() * 1e15)::numeric * 1e6 + floor(random() * 1e6)::numeric, span);
END
$$;

CREATE FUNCTION oracle.clamp(t numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE
RETURN least(greatest(t, oracle.time_min()), oracle.time_max() - 1);

-- Fills oracle.batch.  shape says how the times lie, vshape which values they get.
CREATE FUNCTION oracle.make_batch(s int, n int, shape text, vshape text, base bigint, step bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	times bigint[];
BEGIN
	DELETE FROM oracle.batch;

	CASE shape
		WHEN 'ordered' THEN
			SELECT array_agg(oracle.clamp(base::numeric + i * step)) INTO times FROM generate_series(1, n) i;
		WHEN 'jitter' THEN
			SELECT array_agg(oracle.clamp(base::numeric + i * step + floor(random() * step)::bigint)) INTO times
			FROM generate_series(1, n) i;
		WHEN 'shuffled' THEN
			SELECT array_agg(oracle.clamp(base::numeric + i * step) ORDER BY random()) INTO times
			FROM generate_series(1, n) i;
		WHEN 'sparse' THEN
			SELECT array_agg(oracle.clamp(base::numeric + oracle.random_int(0, n) * step)) INTO times
			FROM generate_series(1, n) i;
		WHEN 'duplicates' THEN
			SELECT array_agg(oracle.clamp(base::numeric + oracle.random_int(0, n / 20) * step)) INTO times
			FROM generate_series(1, n) i;
		WHEN 'same' THEN
			SELECT array_agg(base) INTO times FROM generate_series(1, n) i;
		WHEN 'same_as_ever' THEN
			-- The same nanosecond again and again, over all batches of the stream.
			SELECT array_agg(77777::bigint) INTO times FROM generate_series(1, n) i;
		WHEN 'existing' THEN
			SELECT array_agg(time) INTO times
			FROM (SELECT time FROM oracle.hint WHERE stream = s ORDER BY random() LIMIT n) h;
		WHEN 'bursts' THEN
			SELECT array_agg(oracle.clamp(t)) INTO times
			FROM (SELECT base + sum(CASE WHEN random() < 0.01
									THEN floor(exp(random() * 36))
									ELSE floor(random() * step) END::numeric) OVER (ORDER BY i) AS t
				  FROM generate_series(1, n) i) x;
		WHEN 'years' THEN
			SELECT array_agg(oracle.clamp((i - n / 2)::numeric * 31557600000000000)) INTO times
			FROM generate_series(1, n) i;
		WHEN 'extreme' THEN
			SELECT array_agg(CASE oracle.random_int(0, 4)
							 WHEN 0 THEN oracle.time_min() + oracle.random_int(0, 3)
							 WHEN 1 THEN oracle.time_max() - 1 - oracle.random_int(0, 3)
							 WHEN 2 THEN oracle.random_int(-2, 2)
							 ELSE oracle.random_int(oracle.time_min(), oracle.time_max() - 1) END) INTO times
			FROM generate_series(1, n) i;
		WHEN 'boundary' THEN
			-- Beside multiples of powers of two, where nodes and slots begin.
			SELECT array_agg(oracle.clamp((oracle.random_int(-8, 8)::numeric * (1::bigint << oracle.random_int(0, 58)::int))
										  + oracle.random_int(-1, 1))) INTO times
			FROM generate_series(1, n) i;
	END CASE;
	times := coalesce(times, ARRAY[base]);

	INSERT INTO oracle.batch
	SELECT ord, time,
		CASE vshape
			WHEN 'decimal' THEN (round(220 + 20 * sin(ord / 50.0)::numeric + (random() * 0.5)::numeric, 4))::float8
			WHEN 'double' THEN sin(ord / 50.0) * 100 + random()
			WHEN 'random' THEN random() - 0.5
			WHEN 'constant' THEN 50.0
			WHEN 'counter' THEN ord::float8
			WHEN 'single' THEN (random() * 1000)::float4::float8
			WHEN 'bool' THEN (ord / 37 % 2)::float8
			WHEN 'scale' THEN (random() * 2 - 1) * 2.0::float8 ^ oracle.random_int(-460, 460)
			WHEN 'special' THEN (ARRAY[0.0, '-0', 5e-324, -5e-324, 2.2250738585072009e-308, 1.0, -1.0,
									   1e-300, 0.1, 123456789012345678]::float8[])[oracle.random_int(1, 10)]
			WHEN 'huge' THEN (ARRAY[1.7976931348623157e308, -1.7976931348623157e308, 1e200, 1.0,
									'-0', 5e-324]::float8[])[oracle.random_int(1, 6)]
		END
	FROM unnest(times) WITH ORDINALITY AS t (time, ord);

	INSERT INTO oracle.hint
	SELECT s, time FROM oracle.batch ORDER BY random() LIMIT 5;
END
$$;

-- ---- the model ----

-- The points of version v of stream s with lo <= time < hi; v = 0 is the latest
-- with its buffer.
CREATE FUNCTION oracle.contents(s int, v bigint, lo bigint, hi bigint)
RETURNS TABLE ("time" bigint, id bigint, value float8)
LANGUAGE sql STABLE
BEGIN ATOMIC
	SELECT p.time, p.id, p.value
	FROM oracle.point p
	WHERE p.stream = s AND p.time >= lo AND p.time < hi
		AND p.born <= CASE v WHEN 0 THEN 9000000000000000000 ELSE v END
		AND p.died > CASE v WHEN 0 THEN 9000000000000000000 ELSE v END;
END;

-- Raises an error that names the operation.
CREATE FUNCTION oracle.fail(message text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'oracle: operation %: %', oracle.op(), message;
END
$$;

CREATE FUNCTION oracle.uuid_of(s int) RETURNS uuid
LANGUAGE sql STABLE RETURN (SELECT uuid FROM oracle.stream WHERE id = s);

-- Finds out what the versions up to upto, made since the last call, took from the
-- buffer: some first part of it in the order of the calls.  all_of_it: the last
-- of them must have left nothing.
CREATE FUNCTION oracle.settle(s int, upto bigint, all_of_it bool) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	old bigint;
	u uuid := oracle.uuid_of(s);
	taken bigint;
	waiting bigint;
BEGIN
	SELECT version INTO old FROM oracle.stream WHERE id = s;
	IF upto < old THEN
		PERFORM oracle.fail(format('version of stream %s went back from %s to %s', s, old, upto));
	END IF;

	FOR v IN old + 1 .. upto LOOP
		taken := btrdb_count(u, oracle.time_min(), oracle.time_max(), v)
			- (SELECT count(*) FROM oracle.contents(s, v - 1, oracle.time_min(), oracle.time_max()));
		SELECT count(*) INTO waiting FROM oracle.point WHERE stream = s AND born = oracle.buffered();
		IF taken < 1 OR taken > waiting THEN
			PERFORM oracle.fail(format('version %s of stream %s has %s points more than the one before, %s were buffered',
									   v, s, taken, waiting));
		END IF;

		UPDATE oracle.point SET born = v
		WHERE ctid IN (SELECT ctid FROM oracle.point WHERE stream = s AND born = oracle.buffered()
					   ORDER BY call, time, id LIMIT taken);
		IF v = upto AND EXISTS (SELECT call FROM oracle.point WHERE stream = s AND born = v
								INTERSECT
								SELECT call FROM oracle.point WHERE stream = s AND born = oracle.buffered())
		THEN
			PERFORM oracle.fail(format('version %s of stream %s has a part of an insert', v, s));
		END IF;
	END LOOP;

	IF all_of_it AND EXISTS (SELECT FROM oracle.point WHERE stream = s AND born = oracle.buffered()) THEN
		PERFORM oracle.fail(format('version %s of stream %s left something in the buffer', upto, s));
	END IF;
	UPDATE oracle.stream SET version = upto WHERE id = s AND version <> upto;
END
$$;

-- The same for all streams but s: a compaction that a call brings about may flush others.
CREATE FUNCTION oracle.settle_others(s int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	other oracle.stream;
BEGIN
	FOR other IN SELECT * FROM oracle.stream WHERE id <> s LOOP
		PERFORM oracle.settle(other.id, btrdb_version(other.uuid), false);
	END LOOP;
END
$$;

-- Compares what a writing function returned with btrdb_version().
CREATE FUNCTION oracle.expect_version(s int, returned bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF returned IS DISTINCT FROM btrdb_version(oracle.uuid_of(s)) THEN
		PERFORM oracle.fail(format('the call returned version %s, btrdb_version() is %s',
								   returned, btrdb_version(oracle.uuid_of(s))));
	END IF;
END
$$;

-- Takes note that oracle.batch was inserted, by one call or by one for each point.
CREATE FUNCTION oracle.inserted(s int, returned bigint, one_call bool) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.expect_version(s, returned);
	INSERT INTO oracle.point
	SELECT s, time, (oracle.op() << 20) + CASE WHEN one_call THEN 0 ELSE ord END, (oracle.op() << 20) + ord,
		value, oracle.buffered(), oracle.never()
	FROM oracle.batch;
	PERFORM oracle.settle(s, returned, false);
	PERFORM oracle.settle_others(s);
END
$$;

-- Takes note that oracle.batch was inserted by one call with a merge policy.
CREATE FUNCTION oracle.merged(s int, returned bigint, policy text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	made bigint;
BEGIN
	PERFORM oracle.expect_version(s, returned);

	-- what the policy leaves out of the batch, all that was buffered being there
	DELETE FROM oracle.batch b
	USING (SELECT ord, count(*) OVER same AS nth, count(*) OVER equal AS nth_equal, count(*) OVER later AS nth_last
		   FROM oracle.batch
		   WINDOW same AS (PARTITION BY time ORDER BY ord), equal AS (PARTITION BY time, value ORDER BY ord),
			   later AS (PARTITION BY time ORDER BY ord DESC)) AS n
	WHERE n.ord = b.ord AND CASE policy
		WHEN 'equal' THEN nth_equal > 1
			OR EXISTS (SELECT FROM oracle.contents(s, 0, b.time, b.time + 1) AS c WHERE c.value = b.value)
		WHEN 'retain' THEN nth > 1 OR EXISTS (SELECT FROM oracle.contents(s, 0, b.time, b.time + 1))
		WHEN 'replace' THEN nth_last > 1
			OR (SELECT count(*) = 1 AND bool_and(float8send(c.value) = float8send(b.value))
				FROM oracle.contents(s, 0, b.time, b.time + 1) AS c)
		END;
	made := (SELECT count(*) > 0 FROM oracle.batch)::int;
	PERFORM oracle.settle(s, returned - made, true);
	IF policy = 'replace' THEN
		UPDATE oracle.point AS p SET died = returned FROM oracle.batch AS b
		WHERE p.stream = s AND p.died = oracle.never() AND p.time = b.time;
	END IF;
	INSERT INTO oracle.point
	SELECT s, time, oracle.op() << 20, (oracle.op() << 20) + ord, value, returned, oracle.never()
	FROM oracle.batch;
	UPDATE oracle.stream SET version = returned WHERE id = s;
	PERFORM oracle.settle_others(s);
END
$$;

-- Takes note that oracle.wide was inserted by one statement.
CREATE FUNCTION oracle.wide_inserted() RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO oracle.point
	SELECT stream, time, oracle.op() << 20, (oracle.op() << 20) + ord, value, oracle.buffered(), oracle.never()
	FROM oracle.wide;
	PERFORM oracle.settle_others(0);
END
$$;

CREATE FUNCTION oracle.flushed(s int, returned bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.expect_version(s, returned);
	PERFORM oracle.settle(s, returned, true);
END
$$;

CREATE FUNCTION oracle.deleted(s int, lo bigint, hi bigint, returned bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.expect_version(s, returned);
	IF lo = hi THEN
		PERFORM oracle.settle(s, returned, false);
		RETURN;
	END IF;
	IF returned <= (SELECT version FROM oracle.stream WHERE id = s) THEN
		PERFORM oracle.fail('a delete made no version');
	END IF;
	PERFORM oracle.settle(s, returned - 1, true);
	UPDATE oracle.point SET died = returned
	WHERE stream = s AND died = oracle.never() AND time >= lo AND time < hi;
	UPDATE oracle.stream SET version = returned WHERE id = s;
END
$$;

CREATE FUNCTION oracle.reverted(s int, target bigint, returned bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.expect_version(s, returned);
	IF returned <= (SELECT version FROM oracle.stream WHERE id = s) THEN
		PERFORM oracle.fail('a revert made no version');
	END IF;
	PERFORM oracle.settle(s, returned - 1, true);

	INSERT INTO oracle.point
	SELECT s, time, call, id, value, returned, oracle.never() FROM oracle.point
	WHERE stream = s AND born <= target AND died > target AND died <> oracle.never();
	UPDATE oracle.point SET died = returned
	WHERE stream = s AND died = oracle.never() AND born > target AND born < returned;
	INSERT INTO oracle.revert VALUES (s, returned, target);
	UPDATE oracle.stream SET version = returned WHERE id = s;
END
$$;

-- Takes note that the stream was removed.
CREATE FUNCTION oracle.removed(s int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF EXISTS (SELECT FROM btrdb.points WHERE stream = oracle.uuid_of(s)) THEN
		PERFORM oracle.fail(format('stream %s was removed but has points', s));
	END IF;
	DELETE FROM oracle.point WHERE stream = s;
	DELETE FROM oracle.hint WHERE stream = s;
	DELETE FROM oracle.revert WHERE stream = s;
	DELETE FROM oracle.stream WHERE id = s;
END
$$;

-- ---- what to ask ----

-- A version to read: 0, the latest committed, or any.
CREATE FUNCTION oracle.pick_version(s int) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	latest bigint := (SELECT version FROM oracle.stream WHERE id = s);
	r float8 := random();
BEGIN
	RETURN CASE
		WHEN r < 0.4 THEN 0
		WHEN r < 0.55 THEN latest
		WHEN r < 0.6 THEN oracle.random_int(1, 10)
		ELSE oracle.random_int(least(11, latest), latest) END;
END
$$;

-- A valid time, most often at or beside one that occurs in the stream.
CREATE FUNCTION oracle.pick_time(s int) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	t bigint;
	r float8 := random();
BEGIN
	IF r < 0.85 THEN
		SELECT time INTO t FROM oracle.hint WHERE stream = s ORDER BY random() LIMIT 1;
	END IF;
	t := coalesce(t, oracle.random_int(oracle.time_min(), oracle.time_max() - 1));
	RETURN oracle.clamp(t + CASE WHEN r < 0.3 THEN 0
						WHEN r < 0.5 THEN oracle.random_int(-2, 2)
						ELSE oracle.random_int(-10000000, 10000000) END);
END
$$;

-- A range [lo, hi): everything, between two times, or nothing.
CREATE FUNCTION oracle.pick_range(s int, OUT lo bigint, OUT hi bigint)
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	r float8 := random();
	a bigint;
	b bigint;
BEGIN
	IF r < 0.15 THEN
		lo := oracle.time_min();
		hi := oracle.time_max();
		RETURN;
	END IF;
	a := oracle.pick_time(s);
	IF r < 0.25 THEN
		b := oracle.clamp(a::numeric + oracle.random_int(0, 100));
	ELSIF r < 0.3 THEN
		b := oracle.time_max();
	ELSIF r < 0.35 THEN
		b := oracle.time_min();
	ELSE
		b := oracle.pick_time(s);
	END IF;
	lo := least(a, b);
	hi := greatest(a, b);
END
$$;

-- ---- comparing ----

-- Raises an error if the query finds anything; asked is the call under test.
CREATE FUNCTION oracle.expect_none(query text, asked text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	wrong text;
BEGIN
	PERFORM nextval('oracle.comparisons');
	EXECUTE format('SELECT string_agg(w::text, '' '') FROM (SELECT x FROM (%s) x LIMIT 3) w', query) INTO wrong;
	IF wrong IS NOT NULL THEN
		PERFORM oracle.fail(format('wrong answer to: %s; differences: %s', asked, wrong));
	END IF;
END
$$;

-- A quarter of x, and nothing where that could underflow; differences of two
-- such numbers never overflow.
CREATE FUNCTION oracle.reduced(x float8) RETURNS float8
LANGUAGE sql IMMUTABLE RETURN CASE WHEN abs(x) < 1e-250 THEN 0 ELSE x * 0.25 END;

-- Says whether two results are equal up to rounding, given the largest magnitude
-- that went into them.
CREATE FUNCTION oracle.near(actual float8, expected float8, magnitude float8) RETURNS bool
LANGUAGE sql IMMUTABLE
RETURN actual IS NOT DISTINCT FROM expected
	OR coalesce(abs(oracle.reduced(actual) - oracle.reduced(expected))
				<= 1e-9 * greatest(abs(oracle.reduced(expected)), 1e-240)
					+ 1e-12 * greatest(oracle.reduced(magnitude), 1e-240), false);

-- The aggregates that summarise column value.  Sums of large values overflow in SQL, so
-- such groups are summed up scaled; their standard deviation is not compared.
CREATE FUNCTION oracle.aggregates() RETURNS text
LANGUAGE sql IMMUTABLE RETURN $$
	count(*) AS count, min(value) AS min, max(value) AS max, max(abs(value)) AS magnitude,
	CASE WHEN max(abs(value)) > 1e140
		THEN greatest(least(avg(CASE WHEN abs(value) < 1 THEN 0 ELSE value * 2.0::float8 ^ -540 END),
							1.7976931348623157e308::float8 * 2.0::float8 ^ -540),
					  -1.7976931348623157e308::float8 * 2.0::float8 ^ -540) * 2.0::float8 ^ 540
		ELSE avg(value) FILTER (WHERE abs(value) <= 1e140) END AS mean,
	stddev_pop(value) FILTER (WHERE abs(value) <= 1e140) AS stddev
$$;

-- A condition that finds differing summaries a (actual) and e (expected).  Where squares
-- overflow, any standard deviation but NaN will do.
CREATE FUNCTION oracle.summary_differs() RETURNS text
LANGUAGE sql IMMUTABLE RETURN $$
	(a.count IS DISTINCT FROM coalesce(e.count, 0)
	 OR a.min IS DISTINCT FROM e.min
	 OR a.max IS DISTINCT FROM e.max
	 OR NOT oracle.near(a.mean, e.mean, e.magnitude)
	 OR CASE WHEN e.magnitude > 1e140 THEN NOT (a.stddev >= 0 AND a.stddev <> 'NaN')
		ELSE NOT oracle.near(a.stddev, e.stddev, e.magnitude) END)
$$;

CREATE FUNCTION oracle.check_values(s int, v bigint, lo bigint, hi bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_values(%L::uuid, %s, %s, %s)', oracle.uuid_of(s), lo, hi, v);
BEGIN
	-- Values are compared bit by bit, so that -0 is not 0.
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT row_number() OVER () AS n, * FROM (%s) q) a
		 FULL JOIN (SELECT row_number() OVER (ORDER BY time, id) AS n, time, value
					FROM oracle.contents(%s, %s, %s, %s)) e USING (n)
		 WHERE a.time IS DISTINCT FROM e.time OR float8send(a.value) IS DISTINCT FROM float8send(e.value)',
		asked, s, v, lo, hi), asked);
END
$$;

-- Two versions side by side: each point in one row, beside one of the other version if that has as many at its time.
CREATE FUNCTION oracle.check_joined(s int, v bigint, v2 bigint, lo bigint, hi bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT time, values[1] AS a, values[2] AS b FROM btrdb_rows(ARRAY[%1$L, %1$L]::uuid[], %2$s, %3$s, versions => ARRAY[%4$s, %5$s])',
						 oracle.uuid_of(s), lo, hi, v, v2);
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT row_number() OVER () AS n, * FROM (%1$s) q) a
		 FULL JOIN (SELECT row_number() OVER (ORDER BY time, k) AS n, time, l.value AS a, r.value AS b
					FROM (SELECT time, value, row_number() OVER (PARTITION BY time ORDER BY id) AS k FROM oracle.contents(%2$s, %3$s, %5$s, %6$s)) l
					FULL JOIN (SELECT time, value, row_number() OVER (PARTITION BY time ORDER BY id) AS k FROM oracle.contents(%2$s, %4$s, %5$s, %6$s)) r
					USING (time, k)) e USING (n)
		 WHERE a.time IS DISTINCT FROM e.time OR float8send(a.a) IS DISTINCT FROM float8send(e.a) OR float8send(a.b) IS DISTINCT FROM float8send(e.b)',
		asked, s, v, v2, lo, hi), asked);
END
$$;

-- The first points by time in a direction, from btrdb.points or a version; of equal times, by
-- insertion in it.  With a condition on the value, or not.
CREATE FUNCTION oracle.check_rows(s int, v bigint, lo bigint, hi bigint, direction text, n bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	bound float8 := (SELECT value FROM oracle.point WHERE stream = s ORDER BY random() LIMIT 1);
	condition text := CASE WHEN random() < 0.4 AND bound IS NOT NULL
		THEN format(' AND value %s %L::float8', (ARRAY['<', '<=', '=', '>=', '>'])[oracle.random_int(1, 5)], bound) ELSE '' END;
	asked text := format(CASE WHEN v = 0 AND random() < 0.8
						 THEN 'SELECT time, value FROM btrdb.points WHERE stream = %L AND time >= %s AND time < %s'
						 ELSE 'SELECT * FROM btrdb_values(%L::uuid, %s, %s, %s) WHERE true' END || '%7$s ORDER BY time %5$s LIMIT %6$L',
						 oracle.uuid_of(s), lo, hi, v, direction, n, condition);
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT row_number() OVER () AS n, * FROM (%1$s) q) a
		 FULL JOIN (SELECT row_number() OVER (ORDER BY time %5$s, id %5$s) AS n, time, value
					FROM oracle.contents(%2$s, %7$s, %3$s, %4$s) WHERE true %8$s ORDER BY n LIMIT %6$L) e USING (n)
		 WHERE a.time IS DISTINCT FROM e.time OR float8send(a.value) IS DISTINCT FROM float8send(e.value)',
		asked, s, lo, hi, direction, n, v, condition), asked);
END
$$;

CREATE FUNCTION oracle.check_windows(s int, v bigint, lo bigint, hi bigint, width bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_windows(%L::uuid, %s, %s, %s, 0, %s)', oracle.uuid_of(s), lo, hi, width, v);
	n bigint := div(hi::numeric - lo, width::numeric);
BEGIN
	-- time - lo overflows nowhere: both are within 2^62.
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT row_number() OVER () - 1 AS n, * FROM (%1$s) q) a
		 FULL JOIN generate_series(0, %2$s - 1) w (n) USING (n)
		 LEFT JOIN (SELECT (time - %3$s) / %4$s AS n, %5$s
					FROM oracle.contents(%6$s, %7$s, %3$s, (%3$s + %2$s::numeric * %4$s)::bigint)
					GROUP BY 1) e USING (n)
		 WHERE a.time IS DISTINCT FROM (%3$s + n::numeric * %4$s)::bigint OR %8$s',
		asked, n, lo, width, oracle.aggregates(), s, v, oracle.summary_differs()), asked);
END
$$;

-- With a depth d, a window counts at least the points farther than 2^d inside, and
-- at most those not farther than 2^d outside.
CREATE FUNCTION oracle.check_depth(s int, v bigint, lo bigint, hi bigint, width bigint, d int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_windows(%L::uuid, %s, %s, %s, %s, %s)', oracle.uuid_of(s), lo, hi, width, d, v);
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (%1$s) a
		 WHERE a.count < (SELECT count(*) FROM oracle.contents(%2$s, %3$s, %4$s, %5$s)
						  WHERE time >= a.time::numeric + %6$s AND time < a.time::numeric + %7$s - %6$s)
			OR a.count > (SELECT count(*) FROM oracle.contents(%2$s, %3$s, %4$s, %5$s)
						  WHERE time >= a.time::numeric - %6$s AND time < a.time::numeric + %7$s + %6$s)
			OR a.min > a.max OR a.mean < a.min OR a.mean > a.max
			OR (a.count = 0) <> (a.mean IS NULL)',
		asked, s, v, oracle.time_min(), oracle.time_max(), 2::numeric ^ d, width), asked);
END
$$;

CREATE FUNCTION oracle.check_aligned(s int, v bigint, lo bigint, hi bigint, pw int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_aligned_windows(%L::uuid, %s, %s, %s, %s)', oracle.uuid_of(s), lo, hi, pw, v);
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT row_number() OVER () AS n, * FROM (%1$s) q) a
		 FULL JOIN (SELECT row_number() OVER (ORDER BY (time >> %2$s) << %2$s) AS n, (time >> %2$s) << %2$s AS time, %3$s
					FROM oracle.contents(%4$s, %5$s, (%6$s::bigint >> %2$s) << %2$s, (%7$s::bigint >> %2$s) << %2$s)
					GROUP BY (time >> %2$s) << %2$s) e USING (n)
		 WHERE a.time IS DISTINCT FROM e.time OR %8$s',
		asked, pw, oracle.aggregates(), s, v, lo, hi, oracle.summary_differs()), asked);
END
$$;

CREATE FUNCTION oracle.check_stat(s int, v bigint, lo bigint, hi bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT btrdb_stat(%L::uuid, %s, %s, %s)', oracle.uuid_of(s), lo, hi, v);
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT btrdb_time(x) AS time, btrdb_min(x) AS min, btrdb_mean(x) AS mean, btrdb_max(x) AS max,
							   btrdb_count(x) AS count, btrdb_stddev(x) AS stddev
						FROM (%s) q (x)) a
		 CROSS JOIN (SELECT %s FROM oracle.contents(%s, %s, %s, %s)) e
		 WHERE a.time IS DISTINCT FROM %s OR %s',
		asked, oracle.aggregates(), s, v, lo, hi, lo, oracle.summary_differs()), asked);
END
$$;

CREATE FUNCTION oracle.check_count(s int, v bigint, lo bigint, hi bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT btrdb_count(%L::uuid, %s, %s, %s)', oracle.uuid_of(s), lo, hi, v);
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (%s) a (n) CROSS JOIN (SELECT count(*) AS n FROM oracle.contents(%s, %s, %s, %s)) e
		 WHERE a.n IS DISTINCT FROM e.n',
		asked, s, v, lo, hi), asked);
END
$$;

-- Compares a call that gives one point or none with the first point of a range in an order.
CREATE FUNCTION oracle.check_point(asked text, s int, v bigint, lo bigint, hi bigint, direction text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (%1$s) a
		 FULL JOIN (SELECT time, value FROM oracle.contents(%2$s, %3$s, %4$s, %5$s)
					ORDER BY time %6$s, id %6$s LIMIT 1) e ON true
		 WHERE a.time IS DISTINCT FROM e.time OR float8send(a.value) IS DISTINCT FROM float8send(e.value)',
		asked, s, v, lo, hi, direction), asked);
END
$$;

CREATE FUNCTION oracle.check_nearest(s int, v bigint, t bigint, backward bool) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_nearest(%L::uuid, %s, %L::bool, %s)', oracle.uuid_of(s), t, backward, v);
BEGIN
	IF backward THEN
		PERFORM oracle.check_point(asked, s, v, oracle.time_min(), t, 'DESC');
	ELSE
		PERFORM oracle.check_point(asked, s, v, t, oracle.time_max(), 'ASC');
	END IF;
END
$$;

CREATE FUNCTION oracle.check_ends(s int, v bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.check_point(format('SELECT * FROM btrdb_earliest(%L::uuid, %s)', oracle.uuid_of(s), v),
							   s, v, oracle.time_min(), oracle.time_max(), 'ASC');
	PERFORM oracle.check_point(format('SELECT * FROM btrdb_latest(%L::uuid, %s)', oracle.uuid_of(s), v),
							   s, v, oracle.time_min(), oracle.time_max(), 'DESC');
END
$$;

-- The ranges are sorted, disjoint and coalesced, every difference is in one, and
-- none is far from any point.
CREATE FUNCTION oracle.check_changes(s int, v1 bigint, v2 bigint, resolution int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_changes(%L::uuid, %s, %s, %s)', oracle.uuid_of(s), v1, v2, resolution);
	starts bigint[];
	ends bigint[];
	from_version bigint := CASE v1 WHEN 0 THEN 10 ELSE v1 END;
BEGIN
	EXECUTE format('SELECT array_agg(start_time), array_agg(end_time) FROM (%s) q', asked) INTO starts, ends;
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT *, lag(e) OVER (ORDER BY n) AS before
						FROM unnest(%L::bigint[], %L::bigint[]) WITH ORDINALITY AS r (s, e, n)) q
		 WHERE s >= e OR s <= before OR s < %s OR e > %s',
		starts, ends, oracle.time_min(), oracle.time_max()), asked);
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT time, string_agg(float8send(value), '''' ORDER BY id) AS content
						FROM oracle.contents(%1$s, %2$s, %3$s, %4$s) GROUP BY time) f
		 FULL JOIN (SELECT time, string_agg(float8send(value), '''' ORDER BY id) AS content
					FROM oracle.contents(%1$s, %5$s, %3$s, %4$s) GROUP BY time) t USING (time)
		 WHERE f.content IS DISTINCT FROM t.content
			AND NOT coalesce(time < (%7$L::bigint[])[width_bucket(time, %6$L::bigint[])], false)',
		s, from_version, oracle.time_min(), oracle.time_max(), v2, coalesce(starts, '{}'), coalesce(ends, '{}')), asked);
	PERFORM oracle.expect_none(format(
		'SELECT * FROM unnest(%L::bigint[], %L::bigint[]) AS r (s, e)
		 WHERE NOT EXISTS (SELECT FROM oracle.contents(%3$s, %4$s, s, e))
			AND NOT EXISTS (SELECT FROM oracle.contents(%3$s, %5$s, s, e))',
		starts, ends, s, from_version, v2), asked);
END
$$;

-- Compares the list of versions.
CREATE FUNCTION oracle.check_versions(s int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	asked text := format('SELECT * FROM btrdb_versions(%L::uuid)', oracle.uuid_of(s));
	latest bigint := (SELECT version FROM oracle.stream WHERE id = s);
BEGIN
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (%1$s) a FULL JOIN generate_series(11, %2$s) e (version) USING (version)
		 WHERE a.version IS NULL OR e.version IS NULL OR a.created IS NULL',
		asked, latest), asked);
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (SELECT * FROM (%1$s) q ORDER BY random() LIMIT 8) a
		 CROSS JOIN LATERAL (SELECT count(*) AS n, min(time) AS lo, max(time) AS hi
							 FROM oracle.contents(%2$s, a.version, %3$s, %4$s)) e
		 WHERE a.count IS DISTINCT FROM e.n OR a.earliest IS DISTINCT FROM e.lo OR a.latest IS DISTINCT FROM e.hi',
		asked, s, oracle.time_min(), oracle.time_max()), asked);
	PERFORM oracle.expect_none(format(
		'SELECT * FROM (%1$s) a
		 WHERE created < (SELECT max(created) FROM (%1$s) b WHERE b.version < a.version)
			OR btrdb_version_at(%2$L::uuid, created) < version',
		asked, oracle.uuid_of(s)), asked);
END
$$;

-- A revert shares everything with its target.
CREATE FUNCTION oracle.check_reverts(s int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	r record;
	asked text;
BEGIN
	SELECT * INTO r FROM oracle.revert WHERE stream = s ORDER BY random() LIMIT 1;
	IF FOUND THEN
		asked := format('SELECT * FROM btrdb_changes(%L::uuid, %s, %s)', oracle.uuid_of(s), r.target, r.version);
		PERFORM oracle.expect_none(asked, asked);
	END IF;
END
$$;

-- What look.sql finds is reported here.
CREATE FUNCTION look.fail(message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM oracle.fail(message);
END
$$;

CREATE FUNCTION oracle.check_look(s int, v bigint, lo bigint, hi bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	times bigint[];
	vals float8[];
BEGIN
	PERFORM nextval('oracle.comparisons');
	SELECT coalesce(array_agg(time ORDER BY time, id), '{}'), coalesce(array_agg(value ORDER BY time, id), '{}')
	INTO times, vals FROM oracle.contents(s, v, oracle.time_min(), oracle.time_max());
	PERFORM look.check_version(oracle.uuid_of(s), v, times, vals, lo, hi, (SELECT array_agg(oracle.pick_time(s)) FROM generate_series(1, 5)));
END
$$;

-- Makes one comparison of a random kind.
CREATE FUNCTION oracle.check_one(s int) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	v bigint := oracle.pick_version(s);
	range record := oracle.pick_range(s);
	span numeric := range.hi::numeric - range.lo;
	kind int := oracle.random_int(0, 99);
	v2 bigint;
	width numeric;
BEGIN
	IF random() < 0.12 THEN
		PERFORM oracle.check_spelling(s, v, range.lo, range.hi);
		RETURN;
	END IF;
	IF random() < 0.08 THEN
		PERFORM oracle.check_look(s, v, range.lo, range.hi);
		RETURN;
	END IF;
	CASE
		WHEN kind < 3 THEN
			PERFORM oracle.check_joined(s, v, oracle.pick_version(s), range.lo, range.hi);
		WHEN kind < 8 THEN
			PERFORM oracle.check_values(s, v, range.lo, range.hi);
		WHEN kind < 15 THEN
			PERFORM oracle.check_rows(s, v, range.lo, range.hi, CASE WHEN kind < 10 THEN 'ASC' ELSE 'DESC' END,
									  CASE WHEN random() < 0.8 THEN floor(exp(random() * 9))::bigint END);
		WHEN kind < 40 THEN
			width := CASE WHEN kind < 22 THEN span / oracle.random_int(1, 20)
					 WHEN kind < 33 THEN span / oracle.random_int(1, 1500)
					 WHEN kind < 36 THEN oracle.random_int(1, 9223372036854775807)
					 ELSE 1 END;
			-- Never more than some thousand windows.
			width := greatest(1, floor(width), ceil(span / 100000));
			IF width = 1 THEN
				range.lo := oracle.clamp(range.lo);
				range.hi := oracle.clamp(range.lo + oracle.random_int(0, 1000)::numeric);
			ELSIF span / width > 2000 THEN
				width := ceil(span / 2000);
			END IF;
			PERFORM oracle.check_windows(s, v, range.lo, range.hi, least(width, 9223372036854775807)::bigint);
			IF kind < 22 AND span / width <= 50 THEN
				PERFORM oracle.check_fill(s, v, range.lo, range.hi, least(width, 9223372036854775807)::bigint);
			END IF;
		WHEN kind < 44 THEN
			width := greatest(1, floor(span / oracle.random_int(1, 30)));
			PERFORM oracle.check_depth(s, v, range.lo, range.hi, least(width, 9223372036854775807)::bigint,
									   oracle.random_int(0, 60)::int);
		WHEN kind < 50 THEN
			PERFORM oracle.check_minmax(s, v, range.lo, range.hi, CASE WHEN random() < 0.1 THEN 2147483647 ELSE floor(exp(random() * 8))::int END);
		WHEN kind < 53 THEN
			PERFORM oracle.check_lttb(s, v, range.lo, range.hi, 3 + floor(exp(random() * 8))::int);
		WHEN kind < 62 THEN
			PERFORM oracle.check_aligned(s, v, range.lo, range.hi, oracle.random_int(0, 60)::int);
		WHEN kind < 70 THEN
			PERFORM oracle.check_stat(s, v, range.lo, range.hi);
		WHEN kind < 76 THEN
			PERFORM oracle.check_count(s, v, range.lo, range.hi);
		WHEN kind < 86 THEN
			PERFORM oracle.check_nearest(s, v, CASE WHEN kind = 80 THEN range.hi ELSE oracle.pick_time(s) END, kind % 2 = 0);
		WHEN kind < 89 THEN
			PERFORM oracle.check_ends(s, v);
		WHEN kind < 97 THEN
			v2 := oracle.pick_version(s);
			IF v2 <> 0 AND (v > v2) THEN
				PERFORM oracle.check_changes(s, v2, v, oracle.random_int(0, 60)::int);
			ELSE
				PERFORM oracle.check_changes(s, v, v2,
											 (oracle.random_int(0, 1) * oracle.random_int(0, 60))::int);
			END IF;
		WHEN kind < 98 THEN
			PERFORM oracle.check_reverts(s);
		ELSE
			PERFORM oracle.check_versions(s);
	END CASE;
END
$$;

-- Makes n comparisons.
CREATE FUNCTION oracle.checks(s int, n int) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
	FOR i IN 1 .. n LOOP
		PERFORM oracle.check_one(s);
	END LOOP;
END
$$;

-- Compares everything: all points of the latest and of some versions of each stream.
CREATE FUNCTION oracle.check_all(versions_each int) RETURNS void
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	s oracle.stream;
	v bigint;
BEGIN
	FOR s IN SELECT * FROM oracle.stream LOOP
		IF btrdb_version(s.uuid) <> s.version THEN
			PERFORM oracle.fail(format('stream %s has version %s, not %s', s.id, btrdb_version(s.uuid), s.version));
		END IF;
		PERFORM oracle.check_versions(s.id);
		FOR v IN SELECT 0 UNION SELECT s.version
				UNION (SELECT * FROM generate_series(11, s.version) ORDER BY random() LIMIT versions_each)
		LOOP
			PERFORM oracle.check_values(s.id, v, oracle.time_min(), oracle.time_max());
			PERFORM oracle.check_stat(s.id, v, oracle.time_min(), oracle.time_max());
		END LOOP;
	END LOOP;
END
$$;

-- ---- writes that fail ----

-- Runs a statement in a subtransaction that is then rolled back.
CREATE FUNCTION oracle.abandon(statement text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE statement;
	RAISE SQLSTATE 'OR001';
EXCEPTION
	WHEN SQLSTATE 'OR001' THEN NULL;
END
$$;

-- Runs a statement that must fail with the given SQLSTATE.
CREATE FUNCTION oracle.expect_error(statement text, code text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM nextval('oracle.comparisons');
	BEGIN
		EXECUTE statement;
		RAISE SQLSTATE 'OR002';
	EXCEPTION
		WHEN OTHERS THEN
			IF SQLSTATE <> code THEN
				PERFORM oracle.fail(format('%s gave SQLSTATE %s (%s), not %s',
										   left(statement, 200), SQLSTATE, SQLERRM, code));
			END IF;
	END;
END
$$;
