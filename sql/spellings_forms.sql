-- Which form of a function PostgreSQL picks for untyped literals and parameters, alone and beside what
-- has a type: never is a call ambiguous.

-- The types that the call's parameters are given, and that of column time or of the value returned.
CREATE FUNCTION pg_temp.picked(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	types regtype[];
	result text;
BEGIN
	EXECUTE 'PREPARE picked AS SELECT * FROM ' || call;
	SELECT parameter_types INTO types FROM pg_prepared_statements WHERE name = 'picked';
	DEALLOCATE picked;
	EXECUTE 'CREATE TEMP VIEW picked AS SELECT * FROM ' || regexp_replace(call, '\$\d+', 'NULL', 'g');
	SELECT atttypid::regtype INTO result FROM pg_attribute WHERE attrelid = 'picked'::regclass AND attnum = 1;
	DROP VIEW picked;
	RETURN types::text || ' -> ' || result;
EXCEPTION WHEN OTHERS THEN
	RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;

SELECT call, pg_temp.picked(call) FROM (VALUES
	-- parameters: text
	('btrdb_values($1, $2, $3)'), ('btrdb_values($1, $2, $3, $4)'), ('btrdb_values($1, $2, $3, version => $4)'), ('btrdb_values(stream => $1, start => $2, "end" => $3)'),
	('btrdb_values("end" => $1, start => $2, stream => $3, version => 11)'),
	('btrdb_windows($1, $2, $3, $4)'), ('btrdb_windows($1, $2, $3, $4, $5, $6)'), ('btrdb_windows($1, $2, $3, width => $4, version => $5)'), ('btrdb_windows($1, $2, $3, $4, version => 11)'),
	('btrdb_aligned_windows($1, $2, $3, $4)'), ('btrdb_aligned_windows($1, $2, $3, pointwidth => $4, version => $5)'),
	('btrdb_rows($1, $2, $3)'), ('btrdb_rows($1, $2, $3, $4)'), ('btrdb_rows($1, $2, $3, $4, $5)'), ('btrdb_rows($1, $2, $3, snap => $4)'), ('btrdb_rows($1, $2, $3, versions => $4)'), ('btrdb_rows($1, $2, $3, NULL, $4)'),
	('btrdb_multi_values($1, $2, $3)'), ('btrdb_multi_values($1, $2, $3, $4)'), ('btrdb_multi_windows($1, $2, $3, $4)'), ('btrdb_multi_windows($1, $2, $3, $4, versions => $5)'), ('btrdb_multi_aligned_windows($1, $2, $3, $4, $5)'), ('btrdb_pin($1)'),
	('btrdb_windows($1, $2, $3, $4, fill => $5)'), ('btrdb_windows($1, $2, $3, $4, fill => $5, longest_gap => $6)'), ('btrdb_windows($1, $2, $3, $4, $5, $6, $7, $8)'),
	('btrdb_pointwidth($1, $2, $3)'), ('btrdb_minmax($1, $2, $3, $4)'), ('btrdb_minmax($1, $2, $3, $4, $5)'), ('btrdb_lttb($1, $2, $3, $4)'), ('btrdb_lttb($1, $2, $3, points => $4, version => $5)'),
	('btrdb_plot($1)'), ('btrdb_plot($1, $2)'), ('btrdb_plot($1, $2, $3)'), ('btrdb_plot($1, $2, $3, $4, $5, $6, $7)'), ('btrdb_plot($1, width => $2, title => $3)'),
	('btrdb_plot_text($1)'), ('btrdb_plot_text($1, $2, $3)'), ('btrdb_plot_text($1, $2, $3, $4, $5, $6)'), ('btrdb_plot_text($1, columns => $2)'),
	('btrdb_stat($1, $2, $3)'), ('btrdb_stat($1, $2, $3, $4)'),
	('btrdb_count($1)'), ('btrdb_count($1, $2)'), ('btrdb_count($1, $2, $3)'), ('btrdb_count($1, $2, $3, $4)'), ('btrdb_count($1, version => $2)'), ('btrdb_count($1, start => $2)'), ('btrdb_count($1, "end" => $2)'),
	('btrdb_nearest($1, $2)'), ('btrdb_nearest($1, $2, $3)'), ('btrdb_nearest($1, $2, backward => true)'), ('btrdb_nearest($1, $2, version => $3)'),
	('btrdb_earliest($1)'), ('btrdb_latest($1, $2)'), ('btrdb_changes($1, $2)'), ('btrdb_changes($1, $2, $3, $4)'),
	('btrdb_gaps($1, $2, $3, $4)'), ('btrdb_gaps($1, $2, $3, longer_than => $4, version => $5)'), ('btrdb_first_crossing($1, $2, $3, $4)'), ('btrdb_last_crossing($1, $2, $3, $4, $5, $6)'),
	('btrdb_asof($1, $2)'), ('btrdb_asof($1, $2, $3)'), ('btrdb_asof($1, $2, $3, $4, $5)'), ('btrdb_asof($1, $2, tolerance => $3)'), ('btrdb_asof($1, "time" => $2, direction => $3)'), ('btrdb_asof($1, times => $2::text[])'),
	('btrdb_integral($1, $2, $3)'), ('btrdb_time_weighted_mean($1, $2, $3, $4, $5)'), ('btrdb_integral($1, $2, $3, method => $4)'), ('btrdb_rate($1, $2, $3, $4)'), ('btrdb_rate($1, $2, $3, width => $4, version => $5)'),
	('btrdb_delete($1, $2, $3)'), ('btrdb_trim($1, $2, $3)'), ('btrdb_version_at($1, $2)'),
	('btrdb_insert($1, $2, $3)'), ('btrdb_insert($1, $2, $3, $4)'), ('btrdb_insert($1, $2, $3, merge => $4)'), ('btrdb_insert($1, $2)'), ('btrdb_insert($1, $2, merge => $3)'),
	('btrdb_insert(stream => $1, "time" => $2, value => $3)'), ('btrdb_insert(stream => $1, times => $2, "values" => $3)'), ('btrdb_insert(stream => $1, points => $2)'),
	('btrdb_time($1)'), ('btrdb_timestamp($1)')) AS c (call);

SELECT call, pg_temp.picked(call) FROM (VALUES
	-- integers of any size: nanoseconds
	('btrdb_values($1, 0, 1)'), ('btrdb_values($1, 0::smallint, 1700000000000000000)'), ('btrdb_values($1, 0, $2)'), ('btrdb_values($1, $2, 1)'),
	('btrdb_windows($1, 0, 10, 1)'), ('btrdb_windows($1, 0, 10, $2)'), ('btrdb_windows($1, 0, $2, $3)'), ('btrdb_windows($1, 0, $2, 1)'), ('btrdb_windows($1, 0, 10, ''1 s''::interval)'),
	('btrdb_rows($1, 0, 1)'), ('btrdb_rows($1, 0, $2)'), ('btrdb_rows($1, 0, 1, $2)'), ('btrdb_rows($1, 0, 1, 10)'), ('btrdb_rows($1, 0, 1, NULL)'), ('btrdb_rows($1, 0, 1, ''1 s''::interval)'), ('btrdb_rows($1, 0, 1, versions => $2)'), ('btrdb_multi_values($1, 0, $2)'),
	('btrdb_multi_windows($1, 0, 10, 1)'), ('btrdb_multi_windows($1, 0, 10, $2)'), ('btrdb_multi_aligned_windows($1, 0, $2, 3)'),
	('btrdb_windows($1, 0, 10, 1, fill => ''linear'', longest_gap => $2)'), ('btrdb_windows($1, 0, 10, $2, fill => ''linear'', longest_gap => 3)'), ('btrdb_windows($1, $2, $3, $4, fill => $5, longest_gap => ''1 s''::interval)'),
	('btrdb_pointwidth(0, 10, $1)'), ('btrdb_pointwidth(0, $1, 10)'), ('btrdb_minmax($1, 0, $2, 10)'), ('btrdb_lttb($1, 0, $2, 10)'), ('btrdb_plot($1, 0)'), ('btrdb_plot($1, 0, $2, 400, 200)'), ('btrdb_plot_text($1, 0, $2)'),
	('btrdb_aligned_windows($1, 0, $2, 3)'), ('btrdb_stat($1, 0, 1)'), ('btrdb_stat($1, 0, $2)'), ('btrdb_count($1, 0)'), ('btrdb_count($1, 0, $2)'), ('btrdb_nearest($1, 0)'), ('btrdb_nearest($1, 0, $2)'),
	('btrdb_gaps($1, 0, 10, $2)'), ('btrdb_gaps($1, 0, $2, 1)'), ('btrdb_gaps($1, 0, 10, ''1 s''::interval)'), ('btrdb_first_crossing($1, 0, $2, 5)'), ('btrdb_last_crossing($1, 0, 10, $2, $3)'),
	('btrdb_asof($1, 0)'), ('btrdb_asof($1, 0, $2, $3)'), ('btrdb_asof($1, 0, $2, 5)'), ('btrdb_asof($1, 0, ''nearest'', ''1 s''::interval)'), ('btrdb_asof($1, 0, tolerance => $2)'), ('btrdb_asof($1, ARRAY[0, 1])'),
	('btrdb_asof($1, ARRAY[0::smallint], $2, 5)'), ('btrdb_asof($1, ARRAY[0], tolerance => ''1m'')'), ('btrdb_integral($1, 0, $2)'), ('btrdb_rate($1, 0, $2, $3)'), ('btrdb_rate($1, 0, 10, 5)'),
	('btrdb_delete($1, 0, $2)'), ('btrdb_insert($1, 0, 1)'), ('btrdb_insert($1, 0, $2)'), ('btrdb_insert($1, ARRAY[0], $2)'), ('btrdb_insert($1, ARRAY[0::smallint], ARRAY[1])'),
	-- timestamps, dates, now()
	('btrdb_values($1, now(), $2)'), ('btrdb_values($1, $2, now())'), ('btrdb_values($1, current_date, localtimestamp)'), ('btrdb_values($1, now() - interval ''1 day'', $2)'),
	('btrdb_windows($1, now(), $2, $3)'), ('btrdb_windows($1, current_date, $2, $3)'), ('btrdb_windows($1, now(), now(), 1)'), ('btrdb_windows($1, now(), now(), ''1 s''::interval)'),
	('btrdb_rows($1, now(), $2)'), ('btrdb_rows($1, $2, now())'), ('btrdb_rows($1, now(), $2, $3)'), ('btrdb_rows($1, now(), $2, 1000)'), ('btrdb_rows($1, now(), $2, interval ''1 s'')'), ('btrdb_multi_values($1, now(), $2)'), ('btrdb_multi_windows($1, now(), $2, $3)'),
	('btrdb_windows($1, now(), $2, $3, fill => ''linear'', longest_gap => $4)'), ('btrdb_pointwidth(now(), $1, $2)'), ('btrdb_minmax($1, now(), $2, 10)'), ('btrdb_lttb($1, $2, now(), 10)'), ('btrdb_plot($1, now())'), ('btrdb_plot_text($1, $2, now())'),
	('btrdb_aligned_windows($1, now(), $2, $3)'), ('btrdb_stat($1, $2, now())'), ('btrdb_count($1, now())'), ('btrdb_count($1, current_date, $2)'), ('btrdb_nearest($1, now())'), ('btrdb_delete($1, now(), $2)'), ('btrdb_trim($1, now(), $2)'),
	('btrdb_gaps($1, now(), $2, $3)'), ('btrdb_gaps($1, now(), now(), 5)'), ('btrdb_first_crossing($1, current_date, now(), $2)'), ('btrdb_asof($1, now())'), ('btrdb_asof($1, current_date, $2, $3)'),
	('btrdb_asof($1, localtimestamp, $2, 5)'), ('btrdb_asof($1, ARRAY[now()])'), ('btrdb_asof($1, ARRAY[current_date], $2, ''1 s''::interval)'), ('btrdb_integral($1, $2, now())'), ('btrdb_rate($1, now(), $2, ''1 s''::interval)'),
	('btrdb_insert($1, now(), 1)'), ('btrdb_insert($1, now(), $2)'), ('btrdb_insert($1, localtimestamp, 1.5)'), ('btrdb_insert($1, ARRAY[now()], $2)'), ('btrdb_insert($1, ARRAY[current_date], ARRAY[1])'),
	-- the times have no type, something else has
	('btrdb_rows($1, $2, $3, 1000)'), ('btrdb_rows($1, $2, $3, interval ''1 s'')'), ('btrdb_rows($1, $2, $3, ''1s''::varchar)'), ('btrdb_multi_windows($1, $2, $3, 1000)'), ('btrdb_multi_windows($1, $2, $3, interval ''1 s'')'),
	('btrdb_windows($1, $2, $3, 60000000000)'), ('btrdb_windows($1, $2, $3, ''1 min''::interval)'), ('btrdb_windows($1, $2, $3, ''1m''::varchar)'), ('btrdb_windows($1, ''a''::varchar, $2, $3)'),
	('btrdb_gaps($1, $2, $3, 5)'), ('btrdb_gaps($1, $2, $3, ''1 min''::interval)'), ('btrdb_asof($1, $2, $3, 5)'), ('btrdb_asof($1, $2, $3, ''1 min''::interval)'), ('btrdb_asof($1, ARRAY[$2, $3])'),
	('btrdb_asof($1, ''a''::varchar)'), ('btrdb_rate($1, $2, $3, 5)'), ('btrdb_rate($1, $2, $3, ''1m''::varchar)'), ('btrdb_first_crossing($1, $2, $3, 5)'),
	('btrdb_values($1, ''a''::varchar, ''b''::text)'), ('btrdb_values($1, ''a''::text, $2)'), ('btrdb_insert($1, $2, 1)'), ('btrdb_insert($1, $2, 1.5)'), ('btrdb_insert($1, $2, 1.5::float4)'), ('btrdb_insert($1, $2, ''a''::varchar)'),
	('btrdb_insert($1, ''a''::text, $2)'), ('btrdb_insert($1, $2, ARRAY[1])'), ('btrdb_insert($1, $2, ARRAY[1.5])'), ('btrdb_insert($1, ARRAY[$2], $3)'), ('btrdb_insert($1, ARRAY[$2, $3], ARRAY[1, 2])'),
	('btrdb_insert($1, $2, 1, $3)'), ('btrdb_insert($1, ARRAY[rawpoint(1, 2)])'), ('btrdb_insert($1, ARRAY[rawpoint(1, 2)], $2)'),
	('btrdb_count(btrdb_stat($1, $2, $3))'), ('btrdb_count(NULL::statpoint)'), ('btrdb_count(NULL::uuid)'), ('btrdb_count(NULL)')) AS c (call);

-- the stream has a type: nothing changes
SELECT count(*) AS calls, count(*) FILTER (WHERE pg_temp.picked(replace(call, '$1', '$1::uuid')) ~ '^\d|ambiguous|not unique') AS errors FROM (VALUES
	('btrdb_values($1, $2, $3)'), ('btrdb_windows($1, $2, $3, $4)'), ('btrdb_windows($1, $2, $3, $4, fill => $5)'), ('btrdb_aligned_windows($1, $2, $3, $4)'), ('btrdb_minmax($1, $2, $3, $4)'),
	('btrdb_lttb($1, $2, $3, $4)'), ('btrdb_plot($1)'), ('btrdb_plot($1, $2, $3)'), ('btrdb_plot_text($1)'), ('btrdb_stat($1, $2, $3)'), ('btrdb_count($1)'), ('btrdb_count($1, $2)'), ('btrdb_count($1, version => 0)'),
	('btrdb_nearest($1, $2)'), ('btrdb_gaps($1, $2, $3, $4)'), ('btrdb_last_crossing($1, $2, $3, 1)'), ('btrdb_asof($1, $2)'), ('btrdb_asof($1, $2, $3, 5)'), ('btrdb_integral($1, $2, $3)'), ('btrdb_rate($1, $2, $3, $4)'),
	('btrdb_delete($1, $2, $3)'), ('btrdb_insert($1, $2, $3)'), ('btrdb_insert($1, $2, ARRAY[1])'), ('btrdb_insert($1, $2)'), ('btrdb_insert($1, $2, merge => ''never'')')) AS c (call);

-- each function has its comment
SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e' JOIN pg_extension AS e ON e.oid = d.refobjid AND e.extname = 'btrdb'
WHERE obj_description(p.oid, 'pg_proc') IS NULL;
