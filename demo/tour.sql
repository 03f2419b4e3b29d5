--
-- tour.sql
--		The main job: summaries of any range at any zoom, joins, versions.
--
\echo '-- Streams are rows of a table.'
SELECT collection, name, unit, btrdb_count(uuid) AS points, btrdb_version(uuid) AS version
FROM btrdb.streams
WHERE collection <> 'machine'
ORDER BY collection, name;

\echo '-- Four years in four windows; then the same stream closer and closer.'
SELECT *
FROM btrdb_windows(btrdb_stream('weather/seattle/temp_max'),
				   '2012-01-01', '2016-01-01', '365.25 days');

SELECT time::date AS from, min, round(mean::numeric, 2) AS mean, max, count, round(stddev::numeric, 2) AS stddev
FROM btrdb_windows(btrdb_stream('weather/seattle/temp_max'),
				   '2015-01-01', '2016-01-01', '73 days');

SELECT time::date AS from, min, round(mean::numeric, 2) AS mean, max, count
FROM btrdb_windows(btrdb_stream('weather/seattle/temp_max'),
				   '2015-06-18', '2015-07-09', '3 days');

\echo '-- A picture costs as many windows as it has columns, however many points lie under it.'
\echo
\t on
SELECT btrdb_plot_text(btrdb_stream('climate/mauna_loa/co2'), '1958-01-01', '2020-01-01', columns => 62);
SELECT btrdb_plot_text(btrdb_stream('normals/seattle/temperature'), '2010-01-01', '2011-01-01');
SELECT btrdb_plot_text(btrdb_stream('normals/seattle/temperature'), '2010-07-01', '2010-07-04');
\t off

\echo '-- One line of bars per year: the mean of every ten days.'
SELECT year, spark(array_agg(mean ORDER BY time)) AS seattle_temp_max
FROM generate_series(2012, 2015) AS year,
	 btrdb_windows(btrdb_stream('weather/seattle/temp_max'),
				   make_date(year, 1, 1), make_date(year + 1, 1, 1), '10 days')
GROUP BY year ORDER BY year;

\echo '-- A join with an ordinary table: what did the stations see during these events?'
CREATE TABLE demo.event (what text, place text, start date, stop date);
INSERT INTO demo.event VALUES
	('Hurricane Sandy', 'new_york', '2012-10-28', '2012-11-01'),
	('cold wave', 'new_york', '2014-01-06', '2014-01-09'),
	('rain of 30 April', 'new_york', '2014-04-29', '2014-05-02'),
	('hottest week', 'seattle', '2015-06-28', '2015-07-05');
SELECT what, s.name, s.unit, btrdb_min(x) AS min, round(btrdb_mean(x)::numeric, 2) AS mean, btrdb_max(x) AS max
FROM demo.event AS e
JOIN btrdb.streams AS s ON s.collection = 'weather/' || e.place
CROSS JOIN LATERAL btrdb_stat(s.uuid, e.start, e.stop) AS x
WHERE s.name IN ('temp_max', 'wind', 'precipitation')
ORDER BY e.start, s.name;

\echo '-- A correction: let a week of July read half a degree too high. Note the version of now, then replace the week.'
SELECT uuid AS stream, btrdb_version(uuid) AS pinned FROM btrdb_stream('normals/seattle/temperature') AS uuid \gset
\echo '-- stream =' :stream', pinned =' :pinned
CREATE TEMP TABLE week AS
	SELECT * FROM btrdb_values(:'stream', '2010-07-05', '2010-07-12');
SELECT btrdb_delete(:'stream', '2010-07-05', '2010-07-12');
SELECT btrdb_insert(:'stream', array_agg(time), array_agg(value - 0.5)) FROM week;
SELECT btrdb_flush(:'stream');

\echo '-- The pinned version beside the latest one: only that week differs.'
SELECT time::date AS from, old.count, round(old.mean::numeric, 3) AS pinned, round(new.mean::numeric, 3) AS latest
FROM btrdb_windows(:'stream', '2010-06-28', '2010-07-19', '7 days', version => :pinned) AS old
JOIN btrdb_windows(:'stream', '2010-06-28', '2010-07-19', '7 days') AS new USING (time)
ORDER BY time;

\echo '-- Where do they differ? The answer names leaves of the tree: never less than the truth, at most a leaf more.'
SELECT btrdb_timestamp(start_time) AS from, btrdb_timestamp(end_time) AS to
FROM btrdb_changes(:'stream', :pinned);

\echo '-- Every version is still there.'
SELECT version, count, btrdb_timestamp(earliest)::date AS earliest, btrdb_timestamp(latest)::date AS latest
FROM btrdb_versions(:'stream')
ORDER BY version;

\echo '-- And all of it on disk: every stream, every version.'
SELECT count(*) AS streams, sum(btrdb_count(uuid)) AS points, pg_size_pretty(pg_relation_size('btrdb.points')) AS size
FROM btrdb.streams;
