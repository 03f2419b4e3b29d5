--
-- load.sql
--		Registers streams and inserts the measurements of demo/data.
--
\echo '-- The files, as they are, into temporary tables.'
CREATE TEMP TABLE weather (location text, date timestamptz, precipitation float8,
						   temp_max float8, temp_min float8, wind float8, weather text);
CREATE TEMP TABLE hourly (date timestamptz, pressure float8, temperature float8, wind float8);
CREATE TEMP TABLE co2 (date timestamptz, ppm float8, adjusted float8);
-- psql would echo what it sends instead of what it was told.
\set ECHO none
\copy weather FROM 'data/weather.csv' (FORMAT csv, HEADER)
\echo '\\copy weather FROM \'data/weather.csv\' (FORMAT csv, HEADER)'
\copy hourly FROM 'data/seattle-weather-hourly-normals.csv' (FORMAT csv, HEADER)
\echo '\\copy hourly FROM \'data/seattle-weather-hourly-normals.csv\' (FORMAT csv, HEADER)'
\copy co2 FROM 'data/co2-concentration.csv' (FORMAT csv, HEADER)
\echo '\\copy co2 FROM \'data/co2-concentration.csv\' (FORMAT csv, HEADER)'
\set ECHO queries

\echo
\echo '-- A stream has a collection, tags and annotations; the tags "name" and "unit" are also columns.'
SELECT btrdb_create('weather/' || place, jsonb_build_object('name', name, 'unit', unit, 'station', place),
					'{"source": "NOAA"}')
FROM (VALUES ('seattle'), ('new_york')) AS p(place),
	 (VALUES ('temp_max', '°C'), ('temp_min', '°C'), ('precipitation', 'mm'), ('wind', 'm/s')) AS n(name, unit);
SELECT btrdb_create('normals/seattle', '{"name": "temperature", "unit": "°C"}',
					'{"source": "NOAA", "years": "1981-2010"}') AS normals,
	   btrdb_create('climate/mauna_loa', '{"name": "co2", "unit": "ppm"}',
					'{"source": "Scripps CO2 Program"}') AS climate;

\echo
\echo '-- Points: arrays of times (or of nanoseconds since 1970) and values. Each call returns the version of its stream.'
SELECT place,
	   btrdb_insert(btrdb_stream(path || '/temp_max'), array_agg(date), array_agg(temp_max)) AS temp_max,
	   btrdb_insert(btrdb_stream(path || '/temp_min'), array_agg(date), array_agg(temp_min)) AS temp_min,
	   btrdb_insert(btrdb_stream(path || '/precipitation'), array_agg(date), array_agg(precipitation)) AS rain,
	   btrdb_insert(btrdb_stream(path || '/wind'), array_agg(date), array_agg(wind)) AS wind
FROM weather,
	 lower(replace(location, ' ', '_')) AS place,
	 concat('weather/', place) AS path
GROUP BY place, path;
SELECT btrdb_insert(btrdb_stream('normals/seattle/temperature'), array_agg(date), array_agg(temperature))
FROM hourly;
SELECT btrdb_insert(btrdb_stream('climate/mauna_loa/co2'), array_agg(date), array_agg(ppm))
FROM co2;

\echo
\echo '-- Version 10 is the empty stream. The few points of CO2 wait in the write buffer: they are part of'
\echo '-- "latest" already. A flush makes them a version of their own.'
SELECT btrdb_flush(btrdb_stream('climate/mauna_loa/co2'));
