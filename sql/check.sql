-- btrdb_check() finds rows that do not fit; damage of pages is planted elsewhere.
SELECT btrdb_create('check', stream => 'b0000000-0000-0000-0000-000000000001') AS s \gset
SELECT btrdb_insert(:'s', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 5000) AS i;
SELECT btrdb_insert(:'s', 2500, -1), btrdb_flush(:'s'), btrdb_insert(:'s', 9000, 9000), btrdb_flush(:'s');
SELECT btrdb_insert(:'s', ARRAY[7, 8], ARRAY[7, 8]::float8[]);
SELECT * FROM btrdb_check(:'s');

-- Changes rows of one of the tables, checks, and undoes the change.
CREATE FUNCTION found(change text, target uuid) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
	problems text[];
BEGIN
	BEGIN
		EXECUTE change;
		SELECT array_agg(DISTINCT regexp_replace(problem, '\d+\.\d+', '#', 'g') ||
			CASE WHEN block IS NULL THEN '' ELSE ' [node]' END) INTO problems FROM btrdb_check(target);
		RAISE EXCEPTION USING ERRCODE = 'UNDO1';
	EXCEPTION WHEN SQLSTATE 'UNDO1' THEN
	END;
	RETURN QUERY SELECT unnest(coalesce(problems, '{none}'));
END
$$;
ALTER TABLE btrdb.versions DISABLE TRIGGER guard_row;
ALTER TABLE btrdb.buffer DISABLE TRIGGER guard_row;
ALTER TABLE btrdb.heads DISABLE TRIGGER guard_row;
ALTER TABLE btrdb.garbage DISABLE TRIGGER guard_row;
\pset format unaligned
\pset tuples_only on

-- numbers of versions
SELECT found('UPDATE btrdb.versions SET version = 20 WHERE version = 13 AND stream = ''b0000000-0000-0000-0000-000000000001''', :'s');
SELECT change, found('UPDATE btrdb.versions SET ' || change || ' WHERE version = 12 AND stream = ''b0000000-0000-0000-0000-000000000001''', :'s')
	FROM unnest(ARRAY['base = 12', 'base = 0', 'phase = 7', 'phase = -1', 'root_version = 13', 'root_version = 11',
		'flushed_ordinal = 9']) AS change;

-- what a version says of its tree
SELECT change, found('UPDATE btrdb.versions SET ' || change || ' WHERE version = 12 AND stream = ''b0000000-0000-0000-0000-000000000001''', :'s')
	FROM unnest(ARRAY['count = count + 1', 'count = 0', 'min = min - 1', 'max = max + 1', 'mean = mean + 1',
		'm2 = m2 * 1.01', 'earliest = 2', 'latest = latest + 1', 'earliest_value = 0', 'latest_value = -0.0']) AS change;

-- how wide its slots are, and where the root is
SELECT change, bool_and(problem <> 'none') AS found
	FROM unnest(ARRAY['phase = (phase + 1) % 6', 'root = ''(0,1)''', 'root = ''(4000000,1)''', 'root = NULL',
		'root = (SELECT root FROM btrdb.versions WHERE version = 11 AND stream = ''b0000000-0000-0000-0000-000000000001'')'])
		WITH ORDINALITY AS c (change, n),
	LATERAL found('UPDATE btrdb.versions SET ' || change || ' WHERE version = 12 AND stream = ''b0000000-0000-0000-0000-000000000001''', :'s') AS problem
	GROUP BY n, change ORDER BY n;

-- buffered rows
SELECT change, found('UPDATE btrdb.buffer SET ' || change || ' WHERE stream = ''b0000000-0000-0000-0000-000000000001''', :'s')
	FROM unnest(ARRAY['ordinal = 0', 'total = 1', 'points = ''''', 'points = ''\x00''',
		'points = substr(points, 1, length(points) - 1)']) AS change;

-- streams that are not there
SELECT found('UPDATE btrdb.versions SET stream = ''b0000000-0000-0000-0000-00000000000f'' WHERE stream = ''b0000000-0000-0000-0000-000000000001''', NULL);
SELECT found('UPDATE btrdb.buffer SET stream = ''b0000000-0000-0000-0000-00000000000f'' WHERE stream = ''b0000000-0000-0000-0000-000000000001''', NULL);
SELECT found('INSERT INTO btrdb.heads VALUES (''b0000000-0000-0000-0000-00000000000f'')', NULL);

-- nodes that no version leads to
SELECT found('DELETE FROM btrdb.versions WHERE version = 12 AND stream = ''b0000000-0000-0000-0000-000000000001''', NULL);
SELECT found('DELETE FROM btrdb.versions WHERE version >= 12 AND stream = ''b0000000-0000-0000-0000-000000000001''', NULL);
SELECT found('DELETE FROM btrdb.versions WHERE stream = ''b0000000-0000-0000-0000-000000000001''', NULL);
SELECT found('UPDATE btrdb.versions SET store = store + 1 WHERE version = 12 AND stream = ''b0000000-0000-0000-0000-000000000001''', NULL);

-- garbage that is none
SELECT found('INSERT INTO btrdb.garbage SELECT ''3'', store, stream, root, root_version, count, -4611686018427387904, 4611686018427387904, NULL, true FROM btrdb.versions WHERE version = 12 AND stream = ''b0000000-0000-0000-0000-000000000001''', :'s');
-- rows of a store that is gone are not looked into
SELECT found('UPDATE btrdb.versions SET store = store + 1, root = ''(4000000,1)'' WHERE version <= 13 AND stream = ''b0000000-0000-0000-0000-000000000001''', :'s');

\pset tuples_only off
ALTER TABLE btrdb.versions ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.buffer ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.heads ENABLE ALWAYS TRIGGER guard_row;
ALTER TABLE btrdb.garbage ENABLE ALWAYS TRIGGER guard_row;
DROP FUNCTION found;
SELECT * FROM btrdb_check();
