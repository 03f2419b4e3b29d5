-- Every error, with its SQLSTATE.
CREATE FUNCTION error_of(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE query;
	RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
	RETURN sqlstate || ' ' || sqlerrm;
END
$$;
CREATE FUNCTION errors_of(VARIADIC calls text[]) RETURNS TABLE (call text, error text) LANGUAGE sql AS $$
	SELECT call, error_of('SELECT * FROM btrdb_' || replace(call, '$s', '''70000000-0000-0000-0000-000000000001'''))
		FROM unnest(calls) WITH ORDINALITY AS c (call, n) ORDER BY n
$$;
\pset format unaligned
\pset tuples_only on
SELECT btrdb_create('errors', '{"name": "s"}', stream => '70000000-0000-0000-0000-000000000001');
SELECT btrdb_insert('70000000-0000-0000-0000-000000000001', 1, 1), btrdb_flush('70000000-0000-0000-0000-000000000001');

-- 42704 and 42710: streams
SELECT * FROM errors_of('stream(''errors/t'')', 'create(''errors'', ''{"name": "s"}'')', 'create(''e'', stream => $s)');
SELECT call, error FROM unnest(ARRAY['insert(%s, 1, 1)', 'insert(%s, ARRAY[1], ARRAY[1]::float8[])',
	'insert(%s, ARRAY[rawpoint(1, 1)])', 'values(%s, 0, 1)', 'windows(%s, 0, 1, 1)', 'aligned_windows(%s, 0, 1, 1)',
	'stat(%s, 0, 1)', 'count(%s)', 'nearest(%s, 0)', 'earliest(%s)', 'latest(%s)', 'changes(%s, 0)',
	'delete(%s, 0, 1)', 'flush(%s)', 'version(%s)', 'versions(%s)', 'version_at(%s, now())', 'revert(%s, 1)',
	'check(%s)']) AS c (call),
	LATERAL error_of('SELECT * FROM btrdb_' || format(call, '''70000000-0000-0000-0000-00000000000f''')) AS error;

-- 22023: ranges, widths, limits
SELECT * FROM errors_of('values($s, 1, 0)', 'windows($s, 1, 0, 1)', 'aligned_windows($s, 1, 0, 1)', 'stat($s, 1, 0)',
	'count($s, 1, 0)', 'delete($s, 1, 0)');
SELECT * FROM errors_of('windows($s, 0, 1, 0)', 'windows($s, 0, 1, -1)', 'windows($s, 0, 1, 1, 63)', 'windows($s, 0, 1, 1, -1)',
	'aligned_windows($s, 0, 1, 61)', 'aligned_windows($s, 0, 1, -1)', 'changes($s, 0, 0, 63)', 'changes($s, 0, 0, -1)',
	'changes($s, 12, 11)');

-- 22023: merge policies
SELECT * FROM errors_of('insert($s, 1, 1, ''always'')', 'insert($s, 1, 1, ''Never'')', 'insert($s, 1, 1, '''')');

-- 22008: times
SELECT * FROM errors_of('insert($s, 4611686018427387904, 1)', 'insert($s, -4611686018427387905, 1)',
	'values($s, -4611686018427387905, 0)', 'values($s, 0, 4611686018427387905)', 'values($s, 4611686018427387904, 4611686018427387904)',
	'windows($s, 0, 4611686018427387905, 1)', 'aligned_windows($s, -4611686018427387905, 0, 1)',
	'stat($s, 0, 9223372036854775807)', 'count($s, -9223372036854775808, 0)', 'nearest($s, 4611686018427387905)',
	'nearest($s, 4611686018427387904)', 'delete($s, 0, 4611686018427387905)');

-- 22023, 22004, 2202E: values and arrays
SELECT * FROM errors_of('insert($s, 1, ''NaN'')', 'insert($s, 1, ''-Infinity'')', 'insert($s, ARRAY[1], ARRAY[''Infinity'']::float8[])',
	'insert($s, ARRAY[NULL]::bigint[], ARRAY[1]::float8[])', 'insert($s, ARRAY[1], ARRAY[NULL]::float8[])',
	'insert($s, ARRAY[NULL]::rawpoint[])', 'insert($s, ARRAY[1, 2], ARRAY[1]::float8[])',
	'insert($s, ''{}''::bigint[], ARRAY[1]::float8[])', 'insert($s, ARRAY[[1]], ARRAY[1]::float8[])',
	'insert($s, ARRAY[1], ARRAY[[1]]::float8[])', 'insert($s, ARRAY[[rawpoint(1, 1)]])');

-- 22023: versions
SELECT * FROM errors_of('values($s, 0, 1, 12)', 'values($s, 0, 1, -1)', 'windows($s, 0, 1, 1, 0, 12)', 'aligned_windows($s, 0, 1, 1, 12)',
	'stat($s, 0, 1, 12)', 'count($s, version => 12)', 'nearest($s, 0, false, 12)', 'earliest($s, 12)', 'latest($s, 12)',
	'changes($s, 12)', 'changes($s, 11, 12)', 'revert($s, 12)', 'revert($s, 0)', 'revert($s, -1)');

-- 25006: read-only transactions can read only
BEGIN READ ONLY;
SELECT * FROM errors_of('create(''errors/new'')', 'insert($s, 1, 1)', 'insert($s, ARRAY[1], ARRAY[1]::float8[])',
	'insert($s, ARRAY[rawpoint(1, 1)])', 'delete($s, 0, 1)', 'flush($s)', 'flush()', 'revert($s, 10)', 'count($s)', 'check()');
COMMIT;

-- nothing of all this was stored
SELECT btrdb_version('70000000-0000-0000-0000-000000000001'), btrdb_stat('70000000-0000-0000-0000-000000000001', 0, 100);

-- hints
SELECT btrdb_values('70000000-0000-0000-0000-000000000001', 0, 1, 99);
SELECT btrdb_windows('70000000-0000-0000-0000-000000000001', 0, 1, 0);

DROP FUNCTION errors_of, error_of;
\pset tuples_only off
SELECT * FROM btrdb_check();
