-- Inserting points, in all forms.
SELECT btrdb_create('insert', stream => '10000000-0000-0000-0000-000000000001') AS s \gset

-- a few points wait in the write buffer, and can be read from there
SELECT btrdb_insert(:'s', 100, 1.5);
SELECT btrdb_insert(:'s', -100, -1.5, 'never');
SELECT btrdb_insert(:'s', ARRAY[50, 0, 200], ARRAY[0.5, 0, 2]);
SELECT btrdb_insert(:'s', ARRAY[rawpoint(75, 0.75), rawpoint(25, 0.25)]);
SELECT btrdb_insert(:'s', merge => 'never', "time" => 10, value => 0.1);
SELECT btrdb_insert(:'s', '{}'::bigint[], '{}'::float8[]);
SELECT btrdb_insert(:'s', '{}'::rawpoint[]);
SELECT * FROM btrdb_values(:'s', -1000, 1000);
SELECT count(*) > 0 AS buffered FROM btrdb.buffer WHERE stream = :'s';
SELECT btrdb_flush(:'s');
SELECT * FROM btrdb_values(:'s', -1000, 1000);
SELECT count(*) > 0 AS buffered FROM btrdb.buffer WHERE stream = :'s';

-- points of equal time coexist, in the order of insertion
SELECT btrdb_insert(:'s', ARRAY[300, 300, 300], ARRAY[3.0, 1, 2]);
SELECT btrdb_insert(:'s', 300, 0);
SELECT * FROM btrdb_values(:'s', 300, 301);
SELECT btrdb_flush(:'s');
SELECT btrdb_insert(:'s', 300, -1);
SELECT * FROM btrdb_values(:'s', 300, 301);

-- the ends of time, and values of every kind
SELECT btrdb_create('insert/edge', stream => '10000000-0000-0000-0000-000000000002') AS e \gset
SELECT btrdb_insert(:'e', ARRAY[-4611686018427387904, 4611686018427387903, -1, 0],
	ARRAY[1.7976931348623157e308, -1.7976931348623157e308, 5e-324, '-0']::float8[]);
SELECT * FROM btrdb_values(:'e', -4611686018427387904, 4611686018427387904);
SELECT btrdb_flush(:'e');
SELECT * FROM btrdb_values(:'e', -4611686018427387904, 4611686018427387904);

-- the last digits depend on how points are spread over leaves
SET extra_float_digits = -2;

-- a large call goes to the tree at once
SELECT btrdb_create('insert/large', stream => '10000000-0000-0000-0000-000000000003') AS l \gset
SELECT btrdb_insert(:'l', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 5000) AS i;
SELECT count(*) FROM btrdb.buffer WHERE stream = :'l';
SELECT btrdb_stat(:'l', 0, 10000);

-- what fails stores nothing
SELECT btrdb_insert(:'l', ARRAY[1, 2], ARRAY[1, 'NaN']::float8[]);
SELECT btrdb_insert(:'l', ARRAY[1, 4611686018427387904], ARRAY[1, 2]::float8[]);
SELECT btrdb_insert(:'l', 1, 'Infinity');
SELECT btrdb_insert(:'l', ARRAY[1, NULL], ARRAY[1, 2]::float8[]);
SELECT btrdb_insert(:'l', ARRAY[1, 2], ARRAY[1, NULL]::float8[]);
SELECT btrdb_insert(:'l', ARRAY[rawpoint(1, 1), NULL]);
SELECT btrdb_insert(:'l', ARRAY[1, 2], ARRAY[1]::float8[]);
SELECT btrdb_insert(:'l', ARRAY[[1, 2], [3, 4]], ARRAY[1, 2, 3, 4]::float8[]);
SELECT btrdb_insert(:'l', 1, 1, 'sometimes');
SELECT btrdb_insert(:'l', NULL, 1);
SELECT btrdb_count(:'l'), btrdb_version(:'l');

-- inserts roll back, wholly and to savepoints, from the buffer and the tree
BEGIN;
SELECT btrdb_insert(:'l', 6000, 1);
SAVEPOINT a;
SELECT btrdb_insert(:'l', 6001, 1);
SELECT btrdb_insert(:'l', array_agg(i), array_agg(i::float8)) FROM generate_series(7001, 9000) AS i;
SELECT btrdb_count(:'l');
ROLLBACK TO a;
SELECT btrdb_count(:'l'), btrdb_version(:'l');
SELECT btrdb_insert(:'l', 6002, 1);
COMMIT;
SELECT * FROM btrdb_values(:'l', 5999, 10000);
BEGIN;
SELECT btrdb_insert(:'l', array_agg(i), array_agg(i::float8)) FROM generate_series(7001, 9000) AS i;
ROLLBACK;
SELECT btrdb_count(:'l'), btrdb_version(:'l');

-- one statement may insert into many streams
SELECT sum(btrdb_insert(btrdb_create('insert/many', jsonb_build_object('name', i)), i, i)) FROM generate_series(1, 50) AS i;
SELECT sum(btrdb_count(uuid)), sum(btrdb_version(uuid)) FROM btrdb.streams WHERE collection = 'insert/many';
SELECT btrdb_flush() = count(DISTINCT stream) AS all_flushed FROM btrdb.buffer;
SELECT sum(btrdb_count(uuid)), sum(btrdb_version(uuid)) FROM btrdb.streams WHERE collection = 'insert/many';
SELECT btrdb_flush();

-- what a statement has created, it can write to
SELECT btrdb_insert(btrdb_create('insert/new'), ARRAY[1, 2], ARRAY[1, 2]::float8[]);
SELECT btrdb_count(uuid) FROM btrdb.streams WHERE collection = 'insert/new';

-- rows cannot be changed as those of a table
UPDATE btrdb.points SET value = 1;
DELETE FROM btrdb.points;
CREATE INDEX ON btrdb.points (stream);
VACUUM FULL btrdb.points;

SELECT * FROM btrdb_check();
