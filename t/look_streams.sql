-- The streams of 047_look.pl, and what their versions hold in a heap table.  Loaded after look.sql.

CREATE TABLE look.stream (
	id int PRIMARY KEY,
	name text,
	uuid uuid,
	low bigint,			-- where its points are
	high bigint
);
-- version 0 is the latest, with the buffer
CREATE TABLE look.point (
	stream int NOT NULL,
	version bigint NOT NULL,
	time bigint NOT NULL,
	value float8 NOT NULL,
	ord bigint NOT NULL
);

CREATE FUNCTION look.fail(message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION '%', message;
END
$$;

-- Makes a stream whose first version, and then what is buffered, are given by expressions of i.
CREATE FUNCTION look.make(id int, name text, n int, times text, vals text, buffered int, buffered_times text, buffered_vals text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	u uuid := btrdb_create('look', jsonb_build_object('name', name));
	cut bigint;
BEGIN
	CREATE TEMP TABLE batch (time bigint, value float8, ord bigint);
	IF n > 0 THEN
		EXECUTE format('INSERT INTO batch SELECT (%s)::numeric::bigint, (%s)::float8, i FROM generate_series(1, %s::bigint) AS i', times, vals, n);
		PERFORM set_config('btrdb.direct_points', '1', true);
		PERFORM btrdb_insert(u, array_agg(b.time ORDER BY ord), array_agg(value ORDER BY ord)) FROM batch AS b;
		INSERT INTO look.point SELECT id, 11, b.* FROM batch AS b;
		-- another one without some points in the middle, and one with them
		SELECT b.time INTO cut FROM batch AS b ORDER BY b.time OFFSET n / 3 LIMIT 1;
		PERFORM btrdb_delete(u, cut, (SELECT max(c.time) FROM (SELECT b.time FROM batch AS b WHERE b.time >= cut ORDER BY b.time LIMIT 20) AS c) + 1);
		INSERT INTO look.point SELECT id, 12, b.* FROM batch AS b
		WHERE b.time NOT BETWEEN cut AND (SELECT max(c.time) FROM (SELECT b.time FROM batch AS b WHERE b.time >= cut ORDER BY b.time LIMIT 20) AS c);
		PERFORM btrdb_revert(u, 11);
		PERFORM set_config('btrdb.direct_points', '100000', true);
	END IF;
	IF buffered > 0 THEN
		TRUNCATE batch;
		EXECUTE format('INSERT INTO batch SELECT (%s)::numeric::bigint, (%s)::float8, 1000000 + i FROM generate_series(1, %s::bigint) AS i',
					   buffered_times, buffered_vals, buffered);
		PERFORM btrdb_insert(u, array_agg(b.time ORDER BY ord), array_agg(value ORDER BY ord)) FROM batch AS b;
		INSERT INTO look.point SELECT id, 0, b.* FROM batch AS b;
	END IF;
	INSERT INTO look.point SELECT id, 0, p.time, p.value, p.ord FROM look.point AS p WHERE p.stream = id AND p.version = 11;
	DROP TABLE batch;
	INSERT INTO look.stream SELECT id, name, u, coalesce(min(p.time), 0), coalesce(max(p.time), 1000) FROM look.point AS p WHERE p.stream = id;
END
$$;

-- Times at, near or between points.
CREATE FUNCTION look.pick_times(s look.stream, times bigint[], n int) RETURNS bigint[] LANGUAGE sql VOLATILE AS $$
	SELECT array_agg(least(greatest(coalesce(CASE WHEN random() < 0.7 THEN times[look.random_int(1, cardinality(times))] END,
						look.random_int(s.low - (s.high::numeric - s.low) / 10, s.high + (s.high::numeric - s.low) / 10))::numeric
					+ look.random_int(-2, 2) * (random() < 0.5)::int + look.random_int(-100, 100) * (random() < 0.2)::int,
				-4611686018427387904), 4611686018427387904)::bigint)
	FROM generate_series(1, n)
$$;

-- Compares calls about one version of each stream, as often as rounds says; returns how many were compared.
CREATE FUNCTION look.check_all(rounds int) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
	s look.stream;
	v bigint;
	times bigint[];
	vals float8[];
	picked bigint[];
	n bigint := 0;
BEGIN
	FOR s IN SELECT * FROM look.stream ORDER BY id LOOP
		FOR v IN SELECT DISTINCT version FROM look.point WHERE stream = s.id UNION SELECT 0 LOOP
			SELECT coalesce(array_agg(time ORDER BY time, ord), '{}'), coalesce(array_agg(value ORDER BY time, ord), '{}')
			INTO times, vals FROM look.point WHERE stream = s.id AND version = v;
			FOR i IN 1 .. rounds LOOP
				picked := look.pick_times(s, times, 2);
				PERFORM look.check_version(s.uuid, v, times, vals, CASE WHEN random() < 0.1 THEN -4611686018427387904 ELSE least(picked[1], picked[2]) END,
										   CASE WHEN random() < 0.1 THEN 4611686018427387904 ELSE greatest(picked[1], picked[2]) END,
										   look.pick_times(s, times, look.random_int(1, 20)::int));
				n := n + 1;
			END LOOP;
		END LOOP;
	END LOOP;
	RETURN n;
END
$$;
