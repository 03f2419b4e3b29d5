# Readers beside writers, flushes, deletes and reverts: every snapshot sees each
# call's points all or not at all, once, and the same of several streams that were
# written in one transaction.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use Test::More;

my $seed = test_seed();
my $node = btrdb_node('race', 'shared_buffers = 32MB', 'jit = off');

$node->safe_psql('postgres', q{
CREATE SCHEMA race;
CREATE SEQUENCE race.batch;
CREATE TABLE race.stream (id int PRIMARY KEY, uuid uuid);

-- Streams 1 and 2 get pairs of batches, 3 is deleted from and reverted.
INSERT INTO race.stream
SELECT i, btrdb_create('race', jsonb_build_object('name', i)) FROM generate_series(1, 3) i;

CREATE FUNCTION race.uuid(s int) RETURNS uuid
	LANGUAGE sql STABLE RETURN (SELECT uuid FROM race.stream WHERE id = s);

-- Inserts n points whose value says which batch they are of, and how many it has.
CREATE FUNCTION race.insert(s int, n int, batch bigint DEFAULT nextval('race.batch')) RETURNS bigint
LANGUAGE sql AS $$
	SELECT btrdb_insert(race.uuid(s), array_agg(base + i * 1000::bigint), array_agg(batch * 10000.0::float8 + n))
	FROM (SELECT floor(random() * 1e9)::bigint AS base OFFSET 0) b, generate_series(1, n) i
$$;

-- Streams that statements over many streams write to besides.
CREATE TABLE race.other AS
SELECT btrdb_create('race', jsonb_build_object('name', i)) AS uuid FROM generate_series(4, 8) i;

CREATE FUNCTION race.insert_wide() RETURNS void
LANGUAGE sql AS $$
	INSERT INTO btrdb.points
	SELECT uuid, base + i * 1000::bigint, batch * 10000.0::float8 + 12
	FROM (SELECT floor(random() * 1e9)::bigint AS base, nextval('race.batch') AS batch OFFSET 0) b,
		(SELECT uuid FROM race.stream WHERE id < 3 UNION ALL SELECT uuid FROM race.other) s, generate_series(1, 12) i
$$;

CREATE FUNCTION race.insert_pair(n int) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	batch bigint := nextval('race.batch');
BEGIN
	PERFORM race.insert(1, n, batch);
	PERFORM race.insert(2, n, batch);
END
$$;

-- What is wrong with a stream, as one statement sees it.
CREATE FUNCTION race.wrong(s int) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	WITH u AS MATERIALIZED (SELECT race.uuid(s) AS uuid),
	points AS MATERIALIZED (
		SELECT v.value, count(*) AS n, count(DISTINCT v.time) AS times
		FROM u, btrdb_values(u.uuid, 0, 10000000000) v GROUP BY v.value),
	torn AS (
		SELECT format('batch %s has %s of %s points', value, n, value::bigint % 10000) AS problem
		FROM points WHERE n <> value::bigint % 10000 OR times <> n LIMIT 3),
	sums AS (
		SELECT coalesce(sum(n), 0) AS points,
			(SELECT btrdb_count(u.uuid) FROM u) AS count,
			(SELECT coalesce(sum(w.count), 0) FROM u, btrdb_windows(u.uuid, 0, 10000000000, 100000000) w) AS windows,
			(SELECT coalesce(sum(w.count), 0) FROM u, btrdb_aligned_windows(u.uuid, 0, 17179869184, 24) w) AS aligned,
			(SELECT btrdb_count(btrdb_stat(u.uuid, 0, 10000000000)) FROM u) AS stat
		FROM points)
	SELECT string_agg(problem, '; ') INTO result
	FROM (SELECT problem FROM torn
		  UNION ALL
		  SELECT format('%s points, count %s, windows %s, aligned %s, stat %s', points, count, windows, aligned, stat)
		  FROM sums WHERE NOT (points = count AND points = windows AND points = aligned AND points = stat)) p;
	RETURN result;
END
$$;

-- Pairs of which only one half is there.  No other batch has as many points.
CREATE FUNCTION race.wrong_pairs() RETURNS text
LANGUAGE sql AS $$
	SELECT string_agg(format('batch %s is in one stream only', value), '; ')
	FROM (SELECT value FROM btrdb_values(race.uuid(1), 0, 10000000000) WHERE value::bigint % 10000 IN (12, 77, 1077) GROUP BY value) a
	FULL JOIN (SELECT value FROM btrdb_values(race.uuid(2), 0, 10000000000) WHERE value::bigint % 10000 IN (12, 77, 1077) GROUP BY value) b
		USING (value)
	WHERE a.value IS NULL OR b.value IS NULL
$$;

CREATE FUNCTION race.check(problem text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF problem IS NOT NULL THEN
		RAISE EXCEPTION 'race: %', problem;
	END IF;
END
$$;

CREATE FUNCTION race.digest() RETURNS text
LANGUAGE sql AS $$
	SELECT md5(string_agg(concat_ws(' ', btrdb_version(uuid), btrdb_stat(uuid, 0, 10000000000)), ',' ORDER BY id))
	FROM race.stream
$$;
});

my $settings = "SET btrdb.buffer_points = 300;\nSET btrdb.buffer_rows = 15;\nSET btrdb.compact_rows = 5;\n";
my %scripts = (
	'small@30' => "${settings}SELECT race.insert(1 + (random() * 2)::int, (ARRAY[1, 2, 3, 5, 8, 13, 17, 23, 31])[1 + (random() * 8)::int]);\n",
	'wide@30' => "${settings}SELECT race.insert_wide();\n",
	'wide_rolled_back@3' => "${settings}BEGIN;\nSELECT race.insert_wide();\nSAVEPOINT s;\nSELECT race.insert_wide();\nROLLBACK TO s;\nSELECT race.insert_wide();\n"
	  . "SELECT race.check(race.wrong(1));\nROLLBACK;\n",
	'direct@2' => "SELECT race.insert(1 + (random() * 2)::int, 1024 + (random() * 50)::int);\n",
	'pair@10' => "${settings}SELECT race.insert_pair(77);\n",
	'direct_pair@1' => "SELECT race.insert_pair(1077);\n",
	'rolled_back@3' =>
	  "${settings}BEGIN;\nSELECT race.insert(1, 10);\nSAVEPOINT s;\nSELECT race.insert(2, 1030);\nSELECT race.insert(3, 20);\nROLLBACK TO s;\n"
	  . "SELECT race.insert(2, 10);\nSELECT race.check(race.wrong(2));\nROLLBACK;\n",
	'flush@3' => "SELECT btrdb_flush(race.uuid(1 + (random() * 2)::int));\n",
	'flush_all@1' => "SELECT btrdb_flush();\n",

	# Whole batches go, and come back.
	'delete@1' => "SELECT btrdb_delete(race.uuid(3), ${\TIME_MIN}, ${\TIME_MAX});\n",
	'revert@1' =>
	  "SELECT btrdb_revert(u, greatest(1, btrdb_version(u) - (random() * 5)::int)) FROM race.uuid(3) u;\n",
	'read@12' => "SELECT race.check(race.wrong(1 + (random() * 2)::int));\n",
	'read_pairs@6' => "SELECT race.check(race.wrong_pairs());\n",
	'repeatable@4' =>
	  "BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT race.digest() AS a \\gset\nSELECT race.check(race.wrong(1));\n"
	  . "SELECT race.check(race.wrong(3));\nSELECT race.check(race.wrong_pairs());\n"
	  . "SELECT race.check('two states in one transaction') WHERE ':a' <> race.digest();\nCOMMIT;\n",
	'serializable@1' =>
	  "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY;\nSELECT race.check(race.wrong(2));\nSELECT race.check(race.wrong_pairs());\nCOMMIT;\n",

	# Reads its own writes, in the tree and in the buffer, among those of others.
	'own@4' =>
	  "${settings}BEGIN;\nSELECT race.insert(1, 5);\nSELECT race.check(race.wrong(1));\nSELECT race.insert(1, 1100);\n"
	  . "SELECT race.check(race.wrong(1));\nSELECT race.insert(1, 200);\nSELECT race.insert_wide();\nSELECT race.check(race.wrong(1));\nCOMMIT;\n",
	'vacuum@1' => "VACUUM btrdb.mixed, btrdb.buffer, btrdb.versions, btrdb.points;\n",);

my ($clients, $each) = (8, 250);
my $all = $clients * $each;
$node->pgbench(
	"--no-vacuum --client=$clients --jobs=2 --transactions=$each --random-seed=$seed",
	0,
	[qr/processed: $all\/$all/],
	[qr/^(?!.*(?:ERROR|aborted))/s],
	'readers and writers at the same time',
	{ map { my ($name, $weight) = split /@/; ("021_race_$name\@$weight" => $scripts{"$name\@$weight"}) } keys %scripts });

figure('transactions of readers and writers at once: each saw wholes', $all);
is($node->safe_psql('postgres', "SELECT race.wrong($_)"), '', "stream $_ is right afterwards") foreach 1 .. 3;
is($node->safe_psql('postgres', 'SELECT race.wrong_pairs()'), '', 'pairs are right afterwards');
cmp_ok($node->safe_psql('postgres', 'SELECT sum(btrdb_count(uuid)) FROM race.stream WHERE id < 3'),
	'>', 10000, 'something was written');
check_is_clean($node, 'at the end');
$node->stop;

done_testing();
