-- The heap table that 090_random_sql.pl compares with, and the reading functions over
-- it in plain SQL.  The streams are such that everything has more than one leaf, equal
-- times, points in the tree, in the buffer and in btrdb.mixed, holes and gaps.

CREATE SCHEMA model;

CREATE TABLE model.heap (
	stream uuid NOT NULL,
	time bigint NOT NULL,
	value float8 NOT NULL,
	ord bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX ON model.heap (stream, time);
CREATE VIEW model.points AS SELECT stream, time, value FROM model.heap;

CREATE TABLE model.streams (
	uuid uuid PRIMARY KEY,
	n int UNIQUE,
	name text,
	low bigint,
	high bigint
);

CREATE FUNCTION model.values(stream uuid, start bigint, "end" bigint) RETURNS TABLE ("time" bigint, value float8)
LANGUAGE sql STABLE AS $$
	SELECT p.time, p.value FROM model.heap AS p
	WHERE p.stream = $1 AND p.time >= $2 AND p.time < $3 ORDER BY p.time, p.ord
$$;

CREATE FUNCTION model.windows(stream uuid, start bigint, "end" bigint, width bigint)
RETURNS TABLE ("time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
LANGUAGE sql STABLE AS $$
	SELECT w, min(p.value), avg(p.value), max(p.value), count(p.value), stddev_pop(p.value)
	FROM generate_series($2, $2 + (($3 - $2) / $4 - 1) * $4, $4) AS w
		LEFT JOIN model.heap AS p ON p.stream = $1 AND p.time >= w AND p.time < w + $4
	GROUP BY w ORDER BY w
$$;

CREATE FUNCTION model.aligned_windows(stream uuid, start bigint, "end" bigint, pointwidth int)
RETURNS TABLE ("time" bigint, min float8, mean float8, max float8, count bigint, stddev float8)
LANGUAGE sql STABLE AS $$
	SELECT p.time >> $4 << $4, min(p.value), avg(p.value), max(p.value), count(p.value), stddev_pop(p.value)
	FROM model.heap AS p
	WHERE p.stream = $1 AND p.time >= ($2 >> $4 << $4) AND p.time < ($3 >> $4 << $4)
	GROUP BY 1 ORDER BY 1
$$;

CREATE FUNCTION model.minmax(stream uuid, start bigint, "end" bigint, columns int) RETURNS TABLE ("time" bigint, value float8)
LANGUAGE sql STABLE AS $$
	SELECT r.time, r.value
	FROM (SELECT q.*, row_number() OVER (PARTITION BY c ORDER BY q.time, q.ord) AS first,
			row_number() OVER (PARTITION BY c ORDER BY q.time DESC, q.ord DESC) AS last,
			row_number() OVER (PARTITION BY c ORDER BY q.value, q.time, q.ord) AS least,
			row_number() OVER (PARTITION BY c ORDER BY q.value DESC, q.time, q.ord) AS greatest
		FROM (SELECT *, div((p.time::numeric - $2) * $4, $3::numeric - $2) AS c FROM model.heap AS p
			  WHERE p.stream = $1 AND p.time >= $2 AND p.time < $3) AS q) AS r
	WHERE 1 IN (first, last, least, greatest) ORDER BY r.time, r.ord
$$;

CREATE FUNCTION model.count(stream uuid, start bigint, "end" bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
	SELECT count(*) FROM model.heap AS p WHERE p.stream = $1 AND p.time >= $2 AND p.time < $3
$$;

CREATE FUNCTION model.nearest(stream uuid, "time" bigint, backward boolean) RETURNS TABLE ("time" bigint, value float8)
LANGUAGE sql STABLE AS $$
	(SELECT p.time, p.value FROM model.heap AS p
	 WHERE NOT $3 AND p.stream = $1 AND p.time >= $2 ORDER BY p.time, p.ord LIMIT 1)
	UNION ALL
	(SELECT p.time, p.value FROM model.heap AS p
	 WHERE $3 AND p.stream = $1 AND p.time < $2 ORDER BY p.time DESC, p.ord DESC LIMIT 1)
$$;

CREATE FUNCTION model.asof(stream uuid, "time" bigint, direction text) RETURNS TABLE ("time" bigint, value float8)
LANGUAGE sql STABLE AS $$
	SELECT q.time, q.value
	FROM ((SELECT * FROM model.heap AS p
		WHERE $3 <> 'forward' AND p.stream = $1 AND p.time <= $2 ORDER BY p.time DESC, p.ord DESC LIMIT 1)
		UNION ALL
		(SELECT * FROM model.heap AS p
		WHERE $3 <> 'backward' AND p.stream = $1 AND p.time >= $2 ORDER BY p.time, p.ord LIMIT 1)) AS q
	ORDER BY abs(q.time::numeric - $2), q.time, q.ord DESC LIMIT 1
$$;

CREATE FUNCTION model.first_crossing(stream uuid, start bigint, "end" bigint, threshold float8) RETURNS TABLE ("time" bigint, value float8)
LANGUAGE sql STABLE AS $$
	SELECT q.time, q.value
	FROM (SELECT p.time, p.value, p.ord, lag(p.value) OVER (ORDER BY p.time, p.ord) AS before FROM model.heap AS p
		WHERE p.stream = $1 AND p.time >= $2 AND p.time < $3) AS q
	WHERE (before < $4) <> (q.value < $4) ORDER BY q.time, q.ord LIMIT 1
$$;

-- Values are multiples of 1/8, so that sums are exact in any order.
INSERT INTO model.streams
SELECT btrdb_create('random', jsonb_build_object('name', 's' || n),
	stream => ('d0000000-0000-0000-0000-0000000000' || lpad(to_hex(n), 2, '0'))::uuid), n, 's' || n,
	(ARRAY[0, -5000, 1700000000000000000, 0, 100, 0, -4611686018427387904, 7])[n],
	(ARRAY[40000, 5000, 1700000060000000000, 900, 5000, 1000, 4611686018427387000, 8])[n]
FROM generate_series(1, 8) AS n;
INSERT INTO model.heap (stream, time, value)
SELECT uuid, CASE n
	WHEN 1 THEN i * 5
	WHEN 2 THEN (i * 37) % 9973 - 5000
	WHEN 3 THEN low + i * 8333333
	WHEN 4 THEN i / 9
	WHEN 5 THEN CASE WHEN i % 3 = 0 THEN 100 + i ELSE 2000 END
	WHEN 6 THEN i
	ELSE -4611686018427387904 + i * 1152921504606840
END, round((sin(i / 50.0) * 100 + n * 10)::numeric * 8) / 8
FROM model.streams, generate_series(1::bigint, 8000) AS i
WHERE n <= 7 AND i <= (ARRAY[8000, 3000, 7000, 8000, 6000, 500, 4000])[n];
SELECT count(btrdb_insert(stream, times, vals))
FROM (SELECT stream, array_agg(time ORDER BY ord) AS times, array_agg(value ORDER BY ord) AS vals
	FROM model.heap GROUP BY stream, ord / 2500 ORDER BY min(ord)) AS batch;
SELECT btrdb_delete('d0000000-0000-0000-0000-000000000001', 10000, 12000);
DELETE FROM model.heap WHERE stream = 'd0000000-0000-0000-0000-000000000001' AND time >= 10000 AND time < 12000;
ANALYZE;
