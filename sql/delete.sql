-- Removing ranges.

-- the last digits depend on how points are spread over leaves
SET extra_float_digits = -2;
SELECT btrdb_create('delete', stream => '60000000-0000-0000-0000-000000000001') AS s \gset

-- of an empty stream: a version all the same
SELECT btrdb_delete(:'s', 0, 100), btrdb_count(:'s');

-- of what is buffered: that is committed first
SELECT btrdb_insert(:'s', ARRAY[1, 2, 3, 4], ARRAY[1, 2, 3, 4]::float8[]);
SELECT btrdb_delete(:'s', 2, 4);
SELECT array_agg(value) FROM btrdb_values(:'s', 0, 10);
SELECT version, count, earliest, latest FROM btrdb_versions(:'s');

-- an empty range removes nothing and makes no version
SELECT btrdb_delete(:'s', 2, 2), btrdb_version(:'s');

-- a range without points makes a version
SELECT btrdb_delete(:'s', 2, 4), btrdb_count(:'s');

-- from a large tree: every kind of range
SELECT btrdb_create('delete/large', stream => '60000000-0000-0000-0000-000000000002') AS l \gset
SELECT btrdb_insert(:'l', array_agg(i * 10), array_agg(i::float8)) FROM generate_series(0, 49999) AS i;
CREATE TABLE deleted (first bigint, last bigint);
INSERT INTO deleted VALUES (0, 1), (499990, 600000), (-100, 5), (100, 105), (7, 12345), (250000, 250010),
	(200000, 300000), (123456, 234567), (400001, 499991);
DO $$
DECLARE
	d deleted;
BEGIN
	FOR d IN SELECT * FROM deleted LOOP
		PERFORM btrdb_delete('60000000-0000-0000-0000-000000000002', d.first, d.last);
	END LOOP;
END
$$;
SELECT btrdb_version(:'l');
CREATE VIEW expected AS SELECT (i * 10)::bigint AS "time", i::float8 AS value FROM generate_series(0, 49999) AS i
	WHERE NOT EXISTS (SELECT FROM deleted WHERE i * 10 >= first AND i * 10 < last);
SELECT count(*) FROM (TABLE expected EXCEPT SELECT * FROM btrdb_values(:'l', -1000, 1000000)) AS missing;
SELECT count(*) FROM (SELECT * FROM btrdb_values(:'l', -1000, 1000000) EXCEPT TABLE expected) AS left_over;
SELECT btrdb_count(:'l') = (SELECT count(*) FROM expected) AS same_count;
SELECT * FROM btrdb_earliest(:'l');
SELECT * FROM btrdb_latest(:'l');
SELECT btrdb_count(:'l', version => 11), btrdb_stat(:'l', 0, 1000000, 11);

-- what was removed can be inserted again
SELECT btrdb_insert(:'l', array_agg("time"), array_agg(value)) FROM (
	SELECT * FROM btrdb_values(:'l', 0, 1000000, 11) EXCEPT SELECT * FROM btrdb_values(:'l', 0, 1000000)) AS gone;
SELECT count(*) FROM (SELECT * FROM btrdb_values(:'l', 0, 1000000) EXCEPT ALL
	SELECT * FROM btrdb_values(:'l', 0, 1000000, 11)) AS differs;
SELECT btrdb_count(:'l'), btrdb_min(s), btrdb_max(s), abs(btrdb_mean(s) - 24999.5) < 1e-6 AS same_mean FROM btrdb_stat(:'l', 0, 1000000) AS s;

-- everything
SELECT btrdb_delete(:'l', -4611686018427387904, 4611686018427387904);
SELECT btrdb_count(:'l'), btrdb_stat(:'l', 0, 1000000);
SELECT * FROM btrdb_latest(:'l');
SELECT btrdb_insert(:'l', 5, 5), btrdb_flush(:'l');
SELECT * FROM btrdb_values(:'l', 0, 1000000);

-- many points at one nanosecond go together
SELECT btrdb_insert(:'l', array_agg(100), array_agg(i::float8)) FROM generate_series(1, 20000) AS i;
SELECT btrdb_count(:'l', 100, 101), btrdb_stat(:'l', 100, 101);
SELECT bool_and(value = n) AS in_order FROM (SELECT value, row_number() OVER () AS n FROM btrdb_values(:'l', 100, 101)) AS v;
SELECT btrdb_insert(:'l', ARRAY[99, 100, 101], ARRAY[1, 2, 3]::float8[]), btrdb_flush(:'l');
SELECT btrdb_delete(:'l', 100, 101);
SELECT * FROM btrdb_values(:'l', 0, 1000);

-- arguments
SELECT btrdb_delete(:'l', 5, 4);
SELECT btrdb_delete(:'l', -4611686018427387905, 4);
SELECT btrdb_delete(:'l', 4, NULL);

DROP VIEW expected;
DROP TABLE deleted;
SELECT * FROM btrdb_check();
