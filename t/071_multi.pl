# Functions of several streams give what plain SQL makes of each stream's points and
# windows: random calls over streams of all shapes, at pinned versions and the
# latest, at the ends of time.  And what btrdb_pin() gives, beside writers, existed at one moment.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use List::Util qw(max min);
use Test::More;

my $seed = test_seed();
my $node = btrdb_node('multi', 'autovacuum = off', "timezone = 'UTC'", 'jit = off');

# Streams, and the range of their times.
my $base = 1700000000000000000;
my %range = (
	regular => [ $base, $base + 2_000_000_000 ],
	shifted => [ $base, $base + 2_000_000_000 ],
	around_zero => [ -20_000, 20_000 ],
	crowded => [ -20_000, 20_000 ],
	far => [ TIME_MIN, TIME_MAX ],
	edges => [ TIME_MIN, TIME_MAX ],
	buffered => [ $base, $base + 1_000_000 ],
	empty => [ 0, 1_000_000 ],
	deleted => [ $base, $base + 2_000_000_000 ]);
my @names = sort keys %range;
my %uuid = map { $_ => new_stream($node, $_) } @names;

$node->safe_psql('postgres', qq{
SELECT setseed(($seed % 1000000) / 1000000.0);
SET btrdb.direct_points = 100;
-- random values, so that there are several leaves: rounded times pass over some
SELECT btrdb_insert('$uuid{regular}', array_agg($base + i::bigint * 1000000), array_agg(random())) FROM generate_series(1, 2000) AS i;
SELECT btrdb_insert('$uuid{shifted}', array_agg($base + i::bigint * 1000000 + (CASE WHEN random() < 0.5 THEN random() * 400000 - 200000 ELSE 0 END)::bigint), array_agg(random() - 1)) FROM generate_series(1, 2000) AS i;
SELECT btrdb_insert('$uuid{around_zero}', array_agg(i * 7), array_agg(random())) FROM generate_series(-3000, 3000) AS i;
-- several points at many of the times, some thousands at one
SELECT btrdb_insert('$uuid{crowded}', array_agg(floor(random() * 600 - 300)::bigint * 70), array_agg(i::float8)) FROM generate_series(1, 2000) AS i;
SELECT btrdb_insert('$uuid{crowded}', array_agg(14), array_agg(i::float8)) FROM generate_series(1, 3000) AS i;
SELECT btrdb_insert('$uuid{far}', array_agg((i * 4611686018427387904.0 / 1001)::bigint), array_agg(random())) FROM generate_series(-1000, 1000) AS i;
SELECT btrdb_insert('$uuid{deleted}', array_agg($base + i::bigint * 1000000), array_agg(random())) FROM generate_series(1, 2000) AS i;
SELECT btrdb_delete('$uuid{deleted}', $base + 300000000, $base + 900500000);
SELECT btrdb_delete('$uuid{around_zero}', -500, 250);
SET btrdb.direct_points = 100000;
SELECT btrdb_insert('$uuid{edges}', array_agg(t), array_agg(i::float8)) FROM unnest(ARRAY[${\TIME_MIN}, ${\TIME_MIN} + 1, ${\TIME_MIN} + 7, -1, 0, 1, ${\TIME_MAX} - 8, ${\TIME_MAX} - 2, ${\TIME_MAX} - 1]) WITH ORDINALITY AS u (t, i);
SELECT btrdb_insert('$uuid{buffered}', array_agg($base + i * 9973), array_agg(i::float8)) FROM generate_series(1, 90) AS i;
SELECT btrdb_insert('$uuid{regular}', array_agg($base + i::bigint * 50000000), array_agg(i * 1000.0)) FROM generate_series(1, 30) AS i;
SELECT btrdb_insert('$uuid{crowded}', array_agg(floor(random() * 600 - 300)::bigint * 70), array_agg(-i::float8)) FROM generate_series(1, 300) AS i;

CREATE SCHEMA multi;
-- all points of all versions; n is their order in the stream
CREATE TABLE multi.copy (uuid uuid, version bigint, n bigint, "time" bigint, value float8);
INSERT INTO multi.copy
SELECT s.uuid, v.version, p.n, p.time, p.value
FROM btrdb.streams AS s, LATERAL (SELECT 0 UNION SELECT version FROM btrdb_versions(s.uuid)) AS v (version),
	btrdb_values(s.uuid, ${\TIME_MIN}, ${\TIME_MAX}, v.version) WITH ORDINALITY AS p ("time", value, n);
CREATE INDEX ON multi.copy (uuid, version, "time");
ANALYZE multi.copy;

CREATE FUNCTION multi.version_of(v bigint) RETURNS bigint IMMUTABLE LANGUAGE sql RETURN coalesce(v, 0);

-- The multiple of period that is nearest to a time; of two, the later one.
CREATE FUNCTION multi.rounded(t bigint, period numeric) RETURNS numeric IMMUTABLE LANGUAGE sql
RETURN CASE WHEN coalesce(period, 0) = 0 THEN t::numeric
	WHEN 2 * mod(mod(t, period) + period, period) >= period THEN t - mod(mod(t, period) + period, period) + period
	ELSE t - mod(mod(t, period) + period, period) END;

-- btrdb_rows() in plain SQL: each stream's k-th point of a time, joined by time and k.
CREATE FUNCTION multi.rows(streams uuid[], lo bigint, hi bigint, period bigint, versions bigint[])
RETURNS TABLE ("time" bigint, "values" float8[]) LANGUAGE sql AS \$\$
	WITH asked AS (
		SELECT * FROM unnest(streams, versions) WITH ORDINALITY AS u (uuid, version, position)
	), point AS MATERIALIZED (
		SELECT position, c.n, c.value, c.time AS exact, multi.rounded(c.time, period) AS t
		FROM asked AS a JOIN multi.copy AS c ON c.uuid = a.uuid AND c.version = multi.version_of(a.version)
	), nearest AS (
		SELECT *, row_number() OVER (PARTITION BY position, t ORDER BY abs(exact - t), n) AS place, row_number() OVER (PARTITION BY position, t ORDER BY n) AS k
		FROM point WHERE t >= lo AND t < hi
	), chosen AS MATERIALIZED (
		SELECT position, t::bigint, value, CASE WHEN coalesce(period, 0) = 0 THEN k ELSE 1 END AS k
		FROM nearest WHERE coalesce(period, 0) = 0 OR place = 1
	)
	SELECT r.t, array_agg(c.value ORDER BY p)
	FROM (SELECT DISTINCT t, k FROM chosen) AS r CROSS JOIN generate_series(1, cardinality(streams)) AS p
		LEFT JOIN chosen AS c ON c.t = r.t AND c.k = r.k AND c.position = p
	GROUP BY r.t, r.k ORDER BY r.t, r.k
\$\$;

-- How what a query gives differs from what another does, row by row; NULL if not at all.
CREATE FUNCTION multi.differ(got text[], wanted text[]) RETURNS text LANGUAGE sql AS \$\$
	SELECT format('%s rows for %s; row %s: %s for %s', cardinality(got), cardinality(wanted), n, g, w)
	FROM unnest(got, wanted) WITH ORDINALITY AS u (g, w, n) WHERE g IS DISTINCT FROM w ORDER BY n LIMIT 1
\$\$;

-- Runs a call as a scan and as a call, and compares it with another query: what is different, or the number of rows.
CREATE FUNCTION multi.compare(run text, columns text, wanted text) RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
	result text[];
	expected text[];
BEGIN
	EXECUTE format('SELECT ARRAY(SELECT concat_ws('' '', %s) FROM %s)', columns, wanted) INTO expected;
	EXECUTE format('SELECT ARRAY(SELECT concat_ws('' '', %s) FROM %s AS f)', columns, run) INTO result;
	IF multi.differ(result, expected) IS NOT NULL THEN
		RETURN format('%s, scan: %s', run, multi.differ(result, expected));
	END IF;
	SET LOCAL btrdb.enable_custom_scan = off;
	EXECUTE format('SELECT ARRAY(SELECT concat_ws('' '', %s) FROM %s AS f)', columns, run) INTO result;
	SET LOCAL btrdb.enable_custom_scan = on;
	IF multi.differ(result, expected) IS NOT NULL THEN
		RETURN format('%s, call: %s', run, multi.differ(result, expected));
	END IF;
	RETURN cardinality(expected);
END
\$\$;
});

sub pick
{
	return $_[ random_below(scalar @_) ];
}

# A random time of a range or a little outside of it, often a round one.
sub some_time
{
	my ($low, $high) = @_;
	my $span = $high / 8 - $low / 8;
	my $time = $low + $span * (random_below(1_000_001) / 100_000 - 1);

	$time = int($time / 1000) * 1000 if random_below(3) == 0;
	$time = pick($low, $high) if random_below(8) == 0;
	return TIME_MIN if $time <= TIME_MIN;
	return TIME_MAX if $time >= TIME_MAX;
	return sprintf '%.0f', $time;
}

# The versions that streams have.
my %versions;
foreach my $name (@names)
{
	$versions{$name} = [ 0, 'NULL', split /\n/, $node->safe_psql('postgres', "SELECT version FROM btrdb_versions('$uuid{$name}')") ];
}

# Some streams, more often than not of one range of time; an array of them and one of versions.
sub some_streams
{
	my @chosen = (pick(@names));
	my ($low, $high) = @{ $range{ $chosen[0] } };
	my @alike = grep { $range{$_}[0] == $low } @names;

	push @chosen, pick(random_below(4) ? @alike : @names) for 1 .. random_below(random_below(10) ? 5 : 40);
	my $streams = 'ARRAY[' . join(', ', map { "'$uuid{$_}'" } @chosen) . ']::uuid[]';
	my $versions = random_below(2) ? 'NULL::bigint[]' : 'ARRAY[' . join(', ', map { pick(@{ $versions{$_} }) } @chosen) . ']::bigint[]';
	return ($streams, $versions, $low, $high);
}

# A random comparison.
sub some_comparison
{
	my ($streams, $versions, $low, $high) = some_streams();
	my ($start, $end) = (some_time($low, $high), some_time($low, $high));
	my $kind = random_below(6);
	my $asked = "unnest($streams, $versions) WITH ORDINALITY AS a (uuid, version, position)";
	my ($run, $columns, $wanted);

	# as numbers, doubles would do for all but neighbours
	($start, $end) = ($end, $start) if $start > $end;
	if ($kind < 3)
	{
		my $span = $high / 8 - $low / 8;
		my $period = pick('NULL', 0, pick(1, 2, 3, 7, 70, 1000, 33333333, '9223372036854775807', '4611686018427387904', '4611686018427387903'),
			sprintf('%.0f', max(1, $span / (1 + random_below(2000)))));
		$columns = 'time, values';
		$run = "btrdb_rows($streams, $start, $end, ${period}::bigint, versions => $versions)";
		$wanted = "multi.rows($streams, $start, $end, $period, $versions)";
	}
	elsif ($kind == 3)
	{
		$columns = 'stream, time, value';
		$run = "btrdb_multi_values($streams, $start, $end, $versions)";
		$wanted = "(SELECT a.uuid AS stream, c.time, c.value FROM $asked JOIN multi.copy AS c ON c.uuid = a.uuid AND c.version = multi.version_of(a.version)"
		  . " WHERE c.time >= $start AND c.time < $end ORDER BY position, n) AS w";
	}
	else
	{
		# some hundreds of windows, or a few
		my $length = $end / 4 - $start / 4;
		my $width = sprintf '%.0f', max(1, $length / (1 + random_below(100)));
		my $pw = max(0, min(60, int(log(max(1, $width)) / log(2))));
		my $function = $kind == 4 ? 'windows' : 'aligned_windows';
		my $arguments = $kind == 4 ? "$start, $end, $width" . pick('', '', ', 0') : "$start, $end, $pw";

		$columns = 'stream, time, min, mean, max, count, stddev';
		$run = "btrdb_multi_$function($streams, $arguments, versions => $versions)";
		$wanted = "(SELECT a.uuid AS stream, w.* FROM $asked, btrdb_$function(a.uuid, $arguments, version => multi.version_of(a.version))"
		  . " WITH ORDINALITY AS w (time, min, mean, max, count, stddev, n) ORDER BY position, n) AS w";
	}
	return "SELECT multi.compare(\$call\$$run\$call\$, '$columns', \$call\$$wanted\$call\$);\n";
}

my $rounds = size_of(ci => 500, full => 20000);
my @comparisons = map { some_comparison() } 1 .. $rounds;
my ($rc, $out, $err) = $node->psql('postgres', join('', @comparisons), on_error_stop => 0);
my @results = split /\n/, $out;
is($err, '', 'no call fails');
is(scalar @results, $rounds, 'every call has a result');
my @wrong = grep { !/^\d+$/ } @results;
is(scalar @wrong, 0, 'they are those of plain SQL')
  or diag(join("\n", "BTRDB_SEED=$seed", @wrong[ 0 .. min($#wrong, 10) ]));
my $rows = 0;
$rows += $_ foreach grep { /^\d+$/ } @results;
figure('random calls for several streams, equal to plain SQL', $rounds);
note("$rows rows compared");
cmp_ok(scalar(grep { /^\d+$/ && $_ > 0 } @results), '>', $rounds / 2, 'most of them have rows');

# ---- pinned versions ----

# Each transaction of a writer adds a point to each of five streams, at a time of its own, and
# commits a version of each.  So all have as many versions at any moment, and the points of a version
# are complete.  The array has each stream many times: others commit while it is worked off.
$node->safe_psql('postgres', q{
CREATE SEQUENCE multi.clock;
CREATE TABLE multi.pair AS SELECT btrdb_create('multi', jsonb_build_object('name', n), stream => ('00000000-0000-0000-0000-00000000000' || n)::uuid) AS uuid, n
FROM generate_series(1, 5) AS n;

CREATE FUNCTION multi.write() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	stream uuid;
	t bigint := nextval('multi.clock');
BEGIN
	FOR stream IN SELECT uuid FROM multi.pair ORDER BY uuid LOOP
		PERFORM btrdb_insert(stream, t, t);
		PERFORM btrdb_flush(stream);
	END LOOP;
END
$$;

-- in READ COMMITTED, so each of the two statements sees what was committed before it
CREATE PROCEDURE multi.read() LANGUAGE plpgsql AS $$
DECLARE
	streams uuid[] := (SELECT array_agg(uuid ORDER BY i, n) FROM multi.pair, generate_series(1, 200) AS i);
	pinned bigint[];
	seen int;
	incomplete int;
BEGIN
	pinned := btrdb_pin(streams);
	IF (SELECT count(DISTINCT v) FROM unnest(pinned) AS v) <> 1 THEN
		RAISE EXCEPTION 'multi: pinned versions of different moments: %', (SELECT array_agg(DISTINCT v) FROM unnest(pinned) AS v);
	END IF;
	SELECT count(*), count(*) FILTER (WHERE array_position(values, NULL) IS NOT NULL) INTO seen, incomplete
	FROM btrdb_rows(streams[1:5], 0, 1000000000, versions => pinned[1:5]);
	IF incomplete > 0 OR seen <> pinned[1] - 10 THEN
		RAISE EXCEPTION 'multi: % of % points at version % are not in all streams', incomplete, seen, pinned[1];
	END IF;
	-- without pins a statement sees one moment, too
	SELECT count(*), count(*) FILTER (WHERE array_position(values, NULL) IS NOT NULL) INTO seen, incomplete
	FROM btrdb_rows(streams, 0, 1000000000);
	IF incomplete > 0 THEN
		RAISE EXCEPTION 'multi: % of % latest points are not in all streams', incomplete, seen;
	END IF;
END
$$;
});
my $transactions = size_of(ci => 120, full => 3000);
$node->pgbench(
	"--no-vacuum --client=6 --jobs=2 --transactions=$transactions --random-seed=$seed",
	0,
	[qr{processed: ${\(6 * $transactions)}/}],
	[qr/^(?!.*(?:ERROR|aborted))/s],
	'readers that pin versions beside writers',
	{
		'071_multi_write@2' => "SELECT multi.write();\n",
		'071_multi_read@1' => "CALL multi.read();\n",
	});

check_is_clean($node, 'at the end');
$node->stop;
done_testing();
