-- What changed between two versions.
SELECT btrdb_create('changes', stream => '50000000-0000-0000-0000-000000000001') AS s \gset
SELECT * FROM btrdb_changes(:'s', 0);
SELECT * FROM btrdb_changes(:'s', 10);

-- 11: 40,000 points, one each 100 ns; 12 and 13: some changes
SELECT btrdb_insert(:'s', array_agg(i * 100), array_agg(i::float8)) FROM generate_series(0, 39999) AS i;
SELECT btrdb_insert(:'s', 1000050, -1), btrdb_flush(:'s');
SELECT btrdb_delete(:'s', 3000000, 3000100);
SELECT btrdb_version(:'s');

-- nothing differs from itself, all from nothing
SELECT * FROM btrdb_changes(:'s', 11, 11);
SELECT * FROM btrdb_changes(:'s', 13);
SELECT min(start_time) <= 0 AS from_first, max(end_time) > 3999900 AS to_last, count(*) FROM btrdb_changes(:'s', 0, 11);
SELECT count(*) = 1 AS one, bool_and(c IN (SELECT d FROM btrdb_changes(:'s', 10, 11) AS d)) AS same
	FROM btrdb_changes(:'s', 0, 11) AS c;

-- each change is covered by a range that is not wide
SELECT count(*), bool_and(start_time <= 1000050 AND end_time > 1000050) AS covers,
	max(end_time - start_time) < 400000 AS narrow FROM btrdb_changes(:'s', 11, 12);
SELECT count(*), bool_and(start_time <= 3000000 AND end_time > 3000000) AS covers,
	max(end_time - start_time) < 400000 AS narrow FROM btrdb_changes(:'s', 12, 13);
SELECT count(*), bool_or(start_time <= 1000050 AND end_time > 1000050) AS covers_insert,
	bool_or(start_time <= 3000000 AND end_time > 3000000) AS covers_delete FROM btrdb_changes(:'s', 11, 13);

-- ranges are sorted, disjoint and do not touch
SELECT btrdb_insert(:'s', array_agg(i * 200000 + 1), array_agg(0::float8)), btrdb_flush(:'s') FROM generate_series(0, 19, 3) AS i;
SELECT count(*) > 1 AS several, bool_and(start_time < end_time) AS ranges, bool_and(start_time > before) AS disjoint FROM (
	SELECT start_time, end_time, lag(end_time, 1, -1::bigint) OVER () AS before FROM btrdb_changes(:'s', 13)) AS c;
SELECT bool_and(EXISTS (SELECT FROM btrdb_changes(:'s', 13) WHERE start_time <= t AND t < end_time)) AS all_covered
	FROM (SELECT i * 200000 + 1 AS t FROM generate_series(0, 19, 3) AS i) AS x;

-- a coarse resolution gives fewer ranges, that cover the fine ones
SELECT r, (SELECT count(*) FROM btrdb_changes(:'s', 13, 0, r)) <= (SELECT count(*) FROM btrdb_changes(:'s', 13)) AS fewer,
	NOT EXISTS (SELECT FROM btrdb_changes(:'s', 13) AS fine WHERE NOT EXISTS (
		SELECT FROM btrdb_changes(:'s', 13, 0, r) AS coarse
		WHERE coarse.start_time <= fine.start_time AND fine.end_time <= coarse.end_time)) AS cover
	FROM (VALUES (0), (10), (20), (22), (62)) AS x (r);

-- to 0 includes what is buffered
SELECT btrdb_insert(:'s', 77, 7);
SELECT count(*), bool_or(start_time <= 77 AND end_time > 77) AS covers FROM btrdb_changes(:'s', btrdb_version(:'s'));
SELECT count(*) FROM btrdb_changes(:'s', btrdb_version(:'s'), btrdb_version(:'s'));
SELECT bool_or(start_time <= 77 AND end_time > 77) AS covers FROM btrdb_changes(:'s', 11);

-- after a revert, what was undone differs, what is back does not
SELECT btrdb_flush(:'s') AS before \gset
SELECT btrdb_revert(:'s', 12) AS reverted \gset
SELECT * FROM btrdb_changes(:'s', 12, :reverted);
SELECT bool_or(start_time <= 77 AND end_time > 77) AS insert_undone, bool_or(start_time <= 3000000 AND end_time > 3000000) AS delete_undone
	FROM btrdb_changes(:'s', :before, :reverted);
SELECT count(*) FROM btrdb_changes(:'s', 11, :reverted);
SELECT btrdb_revert(:'s', 10) AS emptied \gset
SELECT * FROM btrdb_changes(:'s', 10, :emptied);
SELECT min(start_time) <= 0 AS from_first, max(end_time) > 3999900 AS to_last FROM btrdb_changes(:'s', :reverted);

-- arguments
SELECT * FROM btrdb_changes(:'s', 12, 11);
SELECT * FROM btrdb_changes(:'s', 99);
SELECT * FROM btrdb_changes(:'s', -1, 11);
SELECT * FROM btrdb_changes(:'s', 11, 99);
SELECT * FROM btrdb_changes(:'s', 11, 12, 63);
SELECT * FROM btrdb_changes(:'s', 11, 12, -1);

SELECT * FROM btrdb_check();
