--
-- measure.sql
--		What plotter/measure looks at: a stream of 1,000 points per second, values of three decimals.
--
CREATE EXTENSION btrdb;
SELECT btrdb_create('measure', '{"name": "wave", "unit": "V"}') AS stream \gset
INSERT INTO btrdb.points
SELECT :'stream', 1700000000000000000 + i * 1000000, floor(230000 + 5000 * sin(i / 1e6) + 1000 * sin(i / 5e4) + 500 * random()) / 1000
FROM generate_series(1, :points::bigint) AS i;
SELECT btrdb_flush(:'stream') IS NOT NULL AS flushed \gset
CHECKPOINT;
