--
-- live.sql
--		What demo/record.pl has just measured on this machine.
--
SELECT name, unit, btrdb_count(uuid) AS points, first.time AS first, last.time - first.time AS nanoseconds
FROM btrdb.streams,
	 btrdb_earliest(uuid) AS first,
	 btrdb_latest(uuid) AS last
WHERE collection = 'machine'
ORDER BY name;

SELECT time AS start, time + interval '5 seconds' AS stop FROM btrdb_nearest(btrdb_stream('machine/context_switches'), '-infinity') \gset
\echo '-- start =' :'start'
SELECT time::time AS from, round(min) AS min, round(mean) AS mean, round(max) AS max, count, round(stddev) AS stddev
FROM btrdb_windows(btrdb_stream('machine/context_switches'), :'start', :'stop', '1 second');

\t on
SELECT btrdb_plot_text(btrdb_stream('machine/context_switches'), :'start', :'stop', columns => 100);
SELECT btrdb_plot_text(btrdb_stream('machine/cpu_busy'), :'start', :'stop', columns => 50, rows => 6);
\t off

\echo '-- The first reading at or after one second into the recording.'
SELECT time - :'start' AS later, round(value) AS context_switches
FROM btrdb_nearest(btrdb_stream('machine/context_switches'), timestamptz :'start' + interval '1 second');

\echo '-- Is everything sound? Each row would be a problem.'
SELECT * FROM btrdb_check();
