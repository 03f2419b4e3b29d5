# Random histories with trims, compared with plain SQL over a table that holds all points and
# knows which of them are trimmed, and how far.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

test_seed();
my $node = btrdb_node('trim', 'shared_buffers = 16MB', 'autovacuum = off', 'btrdb.buffer_points = 300');
my $rounds = size_of(ci => 12, full => 300, env => 'BTRDB_ROUNDS');

$node->safe_psql('postgres', q{
CREATE TABLE model (stream uuid, time bigint, value float8, pw int);
CREATE INDEX ON model (stream, time);

-- The start of the aligned window of 2^pw ns that a time is in.
CREATE FUNCTION window_of(t bigint, pw int) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$SELECT t >> pw << pw$$;

-- Marks new points that came into trimmed windows.
CREATE PROCEDURE settle(s uuid) LANGUAGE sql AS $$
UPDATE model m SET pw = w.pw FROM (SELECT DISTINCT window_of(time, pw) AS start, pw FROM model WHERE stream = s AND pw IS NOT NULL) w
WHERE m.stream = s AND m.pw IS NULL AND m.time >= w.start AND m.time < w.start + (1::bigint << w.pw)
$$;

-- What btrdb_trim() does.
CREATE PROCEDURE trim_model(s uuid, before bigint, p int) LANGUAGE plpgsql AS $$
DECLARE
	upto bigint := window_of(before, p);
BEGIN
	UPDATE model SET pw = p WHERE stream = s AND time < upto AND coalesce(pw, -1) < p;
END
$$;

-- The number of differences between aligned windows of 2^p ns and the model.
CREATE FUNCTION differences(s uuid, a bigint, b bigint, p int) RETURNS bigint LANGUAGE sql AS $$
WITH got AS (SELECT time, count, min, max, round(mean::numeric, 6) AS mean, round(stddev::numeric, 5) AS stddev FROM btrdb_aligned_windows(s, a, b, p)),
	want AS (SELECT window_of(time, p) AS time, count(*), min(value), max(value), round(avg(value)::numeric, 6) AS mean, round(stddev_pop(value)::numeric, 5) AS stddev
		FROM model WHERE stream = s AND time >= window_of(a, p) AND time < window_of(b, p) GROUP BY 1)
SELECT (SELECT count(*) FROM (TABLE got EXCEPT TABLE want) AS d) + (SELECT count(*) FROM (TABLE want EXCEPT TABLE got) AS d)
$$;

-- Whether btrdb_values() of a range is what it must be: an error, if a trimmed window overlaps it, else the points.
CREATE FUNCTION values_are_right(s uuid, a bigint, b bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	trimmed boolean := EXISTS (SELECT FROM model WHERE stream = s AND pw IS NOT NULL AND window_of(time, pw) < b AND window_of(time, pw) + (1::bigint << pw) > a);
	n bigint;
BEGIN
	SELECT count(*) INTO n FROM (
		(SELECT time, value FROM btrdb_values(s, a, b) EXCEPT ALL SELECT time, value FROM model WHERE stream = s AND time >= a AND time < b)
		UNION ALL (SELECT time, value FROM model WHERE stream = s AND time >= a AND time < b EXCEPT ALL SELECT time, value FROM btrdb_values(s, a, b))) AS d;
	RETURN NOT trimmed AND n = 0;
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN trimmed AND SQLERRM LIKE 'points of stream % are trimmed';
END
$$;

-- Likewise the number of points in a range, which is known unless an end of it is inside of a trimmed window.
CREATE FUNCTION count_is_right(s uuid, a bigint, b bigint) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	cut boolean := EXISTS (SELECT FROM model, LATERAL (SELECT window_of(time, pw) AS start) w WHERE stream = s AND pw IS NOT NULL
		AND (start < a AND a < start + (1::bigint << pw) OR start < b AND b < start + (1::bigint << pw)));
	n bigint;
BEGIN
	n := btrdb_count(s, a, b);
	RETURN NOT cut AND n = (SELECT count(*) FROM model WHERE stream = s AND time >= a AND time < b);
EXCEPTION WHEN invalid_parameter_value THEN
	RETURN cut;
END
$$;

-- The number of points that reads which skip what is trimmed find too many or too few.
CREATE FUNCTION skipping_differences(s uuid) RETURNS bigint LANGUAGE sql SET btrdb.trimmed_points = 'skip' AS $$
SELECT (SELECT count(*) FROM (SELECT time, value FROM btrdb.points WHERE stream = s EXCEPT ALL SELECT time, value FROM model WHERE stream = s AND pw IS NULL) AS d)
	+ (SELECT count(*) FROM (SELECT time, value FROM model WHERE stream = s AND pw IS NULL EXCEPT ALL SELECT time, value FROM btrdb_values(s, -(1::bigint << 62), 1::bigint << 62)) AS d)
$$;
});

my @streams = map { new_stream($node, $_) } 1 .. 3;

# The spread of times of each stream: a leaf of it holds from microseconds to hours.
my %scale = map { $streams[$_] => (22, 34, 44)[$_] } 0 .. 2;
my %pointwidth = map { $_ => 0 } @streams;

# Returns a random time of a stream.
sub random_time
{
	my ($s) = @_;

	return int((rand() - 0.3) * 2**$scale{$s});
}

# Returns the start of the aligned window of 2^$pw ns that a time is in.
sub window_of
{
	use integer;
	my ($time, $pw) = @_;

	return $time >> $pw << $pw;
}

# Inserts points around a random time, in SQL for both.
sub insert_sql
{
	my ($s) = @_;
	my $n = (1, 10, 500, 5000)[ random_below(4) ];
	my $around = random_time($s);
	my $gap = 1 + random_below(2**($scale{$s} - 12));
	my $seed = rand();

	return "SELECT setseed($seed); CREATE TEMP TABLE new AS SELECT ${around} + (i * ${gap}::bigint + floor(random() * $gap))::bigint AS time, "
	  . "round((random() * 100)::numeric, 1)::float8 AS value FROM generate_series(1, $n) i; "
	  . "SELECT btrdb_insert('$s', array_agg(time), array_agg(value)) FROM new; INSERT INTO model SELECT '$s', time, value FROM new; "
	  . "CALL settle('$s'); DROP TABLE new;";
}

# Returns one random operation on a stream, for both.
sub operation
{
	my ($s) = @_;
	my $what = random_below(10);

	return insert_sql($s) if $what < 5;
	return "SELECT btrdb_flush('$s');" if $what == 5;
	if ($what == 6)
	{
		# between windows that are at least as wide as any that was trimmed
		my $pw = $pointwidth{$s} > 0 ? $pointwidth{$s} : $scale{$s} - 6;
		my ($from, $to) = sort { $a <=> $b } map { window_of(random_time($s), $pw) } 1, 2;

		return "SELECT btrdb_delete('$s', $from, $to); DELETE FROM model WHERE stream = '$s' AND time >= $from AND time < $to;";
	}
	return "SELECT btrdb_prune('$s', btrdb_version('$s'));" if $what == 7;

	my $pw = $scale{$s} - 14 + random_below(14);
	my $before = random_time($s);
	$pointwidth{$s} = $pw if $pw > $pointwidth{$s};
	return "SELECT btrdb_trim('$s', $before, $pw); CALL settle('$s'); CALL trim_model('$s', $before, $pw);";
}

my $operations = 0;
foreach my $round (1 .. $rounds)
{
	foreach my $k (1 .. 6)
	{
		my $s = $streams[ random_below(3) ];
		my %before = %pointwidth;
		my $sql = operation($s);

		if (random_below(6) == 0)
		{
			$sql = "BEGIN; $sql ROLLBACK;";
			%pointwidth = %before;
		}
		else
		{
			$sql = "BEGIN; $sql COMMIT;";
		}
		my ($rc, $out, $err) = $node->psql('postgres', $sql);
		$operations++;
		is($rc, 0, "round $round: an operation") or diag("$sql\n$err"), BAIL_OUT('the model is not what it should be');
	}
	crash($node) if $round % 4 == 0;
	# what is buffered is not trimmed yet
	$node->safe_psql('postgres', 'SELECT btrdb_flush()');
	foreach my $s (@streams)
	{
		my $least = $node->safe_psql('postgres', "SELECT coalesce(max(pw), 0) FROM model WHERE stream = '$s'");
		my @bad;

		foreach my $pw ($least, $least + 1 + random_below(5), 60)
		{
			my ($from, $to) = sort { $a <=> $b } random_time($s), random_time($s);

			($from, $to) = ('-4611686018427387904', '4611686018427387904') if $pw == 60 || random_below(2) == 0;
			my $n = $node->safe_psql('postgres', "SELECT differences('$s', $from, $to, $pw)");
			push @bad, "$n windows of 2^$pw ns in [$from, $to) differ" if $n > 0;
		}
		foreach my $k (1 .. 4)
		{
			my ($from, $to) = sort { $a <=> $b } random_time($s), random_time($s);
			my $pw = random_below(2) * $least;

			($from, $to) = map { window_of($_, $pw) } $from, $to;
			push @bad, "values in [$from, $to)" if $node->safe_psql('postgres', "SELECT values_are_right('$s', $from, $to)") ne 't';
			push @bad, "count in [$from, $to)" if $node->safe_psql('postgres', "SELECT count_is_right('$s', $from, $to)") ne 't';
		}
		push @bad, 'what is left when trimmed points are skipped' if $node->safe_psql('postgres', "SELECT skipping_differences('$s')") ne '0';
		is("@bad", '', "round $round: the answers are those of plain SQL");
	}
	$node->safe_psql('postgres', 'VACUUM (ANALYZE) btrdb.points') if $round % 3 == 0;
	check_is_clean($node, "after round $round");
}
figure('random operations with trims, answers equal to plain SQL after each six', $operations);

# ---- what it costs to trim a bit more now and then ----

my $s = new_stream($node, 'long');
my $points = size_of(ci => 500_000, full => 20_000_000);
my $gap = 2**20;
$node->safe_psql('postgres', "SELECT btrdb_insert('$s', array_agg(i * ${gap}::bigint + floor(random() * $gap)::bigint), array_agg(random())) FROM generate_series($_, $_ + 99999) i")
  foreach map { $_ * 100000 } 0 .. $points / 100000 - 1;

# Returns how many bytes of nodes and of the log a trim makes.
sub trim_cost
{
	my ($before) = @_;
	my $lsn = $node->safe_psql('postgres', 'SELECT pg_current_wal_insert_lsn()');

	$node->safe_psql('postgres', "SELECT btrdb_trim('$s', $before * ${gap}::bigint, 26)");
	return $node->safe_psql('postgres', "SELECT pg_current_wal_insert_lsn() - '$lsn'::pg_lsn");
}
my $size = $node->safe_psql('postgres', "SELECT bytes FROM btrdb.stream_stats WHERE uuid = '$s'");
my $first = trim_cost($points / 2);
$node->safe_psql('postgres', 'CHECKPOINT');
my $more = trim_cost($points / 2 + 6400);
cmp_ok($more, '<', $first / 8 + 200000, "trimming 6,400 points more writes $more bytes of log, half of all $first");
trim_cost($points);
my $left = $node->safe_psql('postgres', "SELECT bytes FROM btrdb.stream_stats WHERE uuid = '$s'");
cmp_ok($left, '<', $size / 2, "of $size bytes $left are left, of 64 points one window");
is($node->safe_psql('postgres', "SELECT count(*) = $points / 64 + CASE WHEN $points % 64 > 0 THEN 1 ELSE 0 END AND sum(count) = $points FROM btrdb_aligned_windows('$s', 0, 1::bigint << 60, 26)"), 't',
	'and all points are in windows');
$node->safe_psql('postgres', "SELECT btrdb_prune('$s', btrdb_version('$s')); VACUUM btrdb.points");

# ---- maintenance shows what it is at ----

my $old = new_stream($node, 'old');
my $continue = $node->data_dir . '/btrdb_debug_continue';
$node->safe_psql('postgres', "SELECT btrdb_insert('$old', array_agg(i), array_agg(i::float8)) FROM generate_series(1, 5000::bigint) i");
$node->safe_psql('postgres', "UPDATE btrdb.streams SET keep = '1 day' WHERE uuid = '$old'");
my $session = IPC::Run::start(
	[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "SET btrdb.debug_points = 'versioned'", '-c', 'SELECT * FROM btrdb_maintain()' ],
	'<', \undef, '>', \my $said, '2>&1');
ok($node->poll_query_until('postgres',
	q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND query LIKE '%btrdb_maintain%'}), 'maintenance waits while it deletes');
my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND query LIKE '%btrdb_maintain%'});
like(slurp_file("/proc/$pid/cmdline"), qr/maintenance of btrdb: expire, \d+ streams looked at/, 'the title of the process tells what it is at');
append_to_file($continue, '');
$session->finish;
unlink $continue;
like($said, qr/^expire\|1\|5000$/m, 'and the result what it did');
check_is_clean($node, 'at the end');
$node->stop;
done_testing();
