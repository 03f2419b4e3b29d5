# Aggregates answered by statistics equal those of a scan: random queries over
# streams of all shapes, run with btrdb.enable_aggregate on and off.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use List::Util qw(max min);
use Test::More;

my $seed = test_seed();
my $node = btrdb_node('aggregate', 'autovacuum = off', "timezone = 'UTC'");

# Streams, and the range of their times.
my $base = 1700000000000000000;
my %range = (
	regular => [ $base, $base + 20_000_000_000 ],
	around_zero => [ -50_000, 50_000 ],
	far => [ -4611686018427387904, 4611686018427387903 ],
	buffered => [ $base, $base + 1_000_000 ],
	empty => [ 0, 1_000_000 ],
	chain => [ 4_900, 5_100 ],
	deleted => [ $base, $base + 20_000_000_000 ],
	narrow => [ 0, 1_000_000 ],
	single => [ 77, 77 ]);
my @names = sort keys %range;
my %uuid = map { $_ => new_stream($node, $_) } @names;

$node->safe_psql('postgres', qq{
SELECT setseed(($seed % 1000000) / 1000000.0);
SET btrdb.direct_points = 100;
SELECT btrdb_insert('$uuid{regular}', array_agg($base + i::bigint * 1000000 + (random() * 1000)::bigint), array_agg(sin(i) * 100 - 20)) FROM generate_series(1, 20000) AS i;
SELECT btrdb_insert('$uuid{around_zero}', array_agg(i * 7), array_agg(random())) FROM generate_series(-7000, 7000) AS i;
SELECT btrdb_insert('$uuid{far}', array_agg((i * 4611686018427387904.0 / 2001)::bigint), array_agg(random() * 1e100)) FROM generate_series(-2000, 2000) AS i;
SELECT btrdb_insert('$uuid{chain}', array_agg(CASE WHEN i % 3 = 0 THEN 4950 + i % 100 ELSE 5000 END), array_agg((i % 11)::float8)) FROM generate_series(1, 9000) AS i;
SELECT btrdb_insert('$uuid{deleted}', array_agg($base + i::bigint * 1000000), array_agg(random() - 0.5)) FROM generate_series(1, 20000) AS i;
SELECT btrdb_delete('$uuid{deleted}', $base + 3000000000, $base + 9000500000);
SELECT btrdb_insert('$uuid{narrow}', array_agg(i * 100), array_agg(1e9 + random())) FROM generate_series(0, 9999) AS i;
SET btrdb.direct_points = 100000;
SELECT btrdb_insert('$uuid{single}', 77, -0.25);
SELECT btrdb_insert('$uuid{buffered}', array_agg($base + i * 9973), array_agg(random())) FROM generate_series(1, 90) AS i;
SELECT btrdb_insert('$uuid{regular}', array_agg($base + i::bigint * 50000007), array_agg(random() * 1000)) FROM generate_series(1, 300) AS i;
SELECT btrdb_insert('$uuid{around_zero}', array_agg(i * 1001), array_agg(random() * -9)) FROM generate_series(-40, 40) AS i;
});

my @aggregates = ('count(value)', 'count(time)', 'count(1)', 'sum(value)', 'avg(value)', 'stddev_pop(value)', 'stddev_samp(value)',
	'stddev(value)', 'var_pop(value)', 'var_samp(value)', 'variance(value)', 'min(time)', 'max(time)');

sub pick
{
	return $_[ random_below(scalar @_) ];
}

# A random time of a stream, or a little outside of it.
sub some_time
{
	my ($low, $high) = @_;
	my $span = $high / 8 - $low / 8;
	my $time = sprintf '%.0f', $low + $span * (random_below(1_000_001) / 100_000 - 1);
	return max(min($time, 4611686018427387000), -4611686018427387000);
}

# A random bucket of time, about a hundredth of the range wide; and whether it has
# an order that a scan gives.
sub some_bucket
{
	my ($low, $high) = @_;
	my $width = sprintf "%.0f", max(1, ($high / 100 - $low / 100) * (random_below(1000) + 1) / 500);
	my $origin = random_below(4) ? 0 : random_below(1_000_000);

	return pick(
		"time / $width",
		"time / $width * $width",
		"(time - $origin) / $width",
		"(time - $origin) / $width * $width + $origin",
		"time - time % $width",
		"$origin - time / $width",
		"time / (-$width)",
		"floor(time / ${width}::float8)",
		"floor((time - $origin)::float8 / $width)::bigint",
		"round(time * (1.0::float8 / $width))",
		"to_timestamp(time / 1000000000)",
		"date_bin('7 seconds', to_timestamp(time / 1000000000), '2001-02-03 04:05:06')",
		"date_bin('13 days', to_timestamp(time / 1e9::float8), '2024-01-01')",
		"(SELECT max(w) FROM (VALUES ($width)) AS v (w)) + time / $width");
}

# The same of a time that is a timestamp.
sub some_timestamp_bucket
{
	my ($low, $high) = @_;
	my $width = sprintf "%.0f", max(1, ($high / 100 - $low / 100) / 1000 * (random_below(1000) + 1) / 500);

	return pick(
		"date_bin('$width us', time, '2001-02-03 04:05:06')",
		"date_bin('$width us', time, '1970-01-01')",
		"date_bin('$width us', time AT TIME ZONE 'UTC', '2024-01-01')",
		"date_trunc('second', time)",
		"date_trunc('milliseconds', time)",
		"date_trunc('hour', time, 'UTC')",
		"date_trunc('year', time, 'utc')",
		"date_trunc('month', time AT TIME ZONE 'UTC')");
}

# A random query, whether statistics can answer it, and the number of its columns
# that make up the group.
sub some_query
{
	my $name = pick(@names);
	my ($low, $high) = @{ $range{$name} };
	my ($start, $end) = (some_time($low, $high), some_time($low, $high));
	($start, $end) = ($end, $start) if $start > $end && random_below(10);
	my $single = 1;
	my @where;
	my @group;
	my $from = 'btrdb.points';
	my $answered = 1;
	my $of_call = random_below(3) == 0;
	my $timestamps = 0;

	if ($of_call)
	{
		($start, $end) = ($end, $start) if $start > $end;
		if (random_below(2))
		{
			# text, so the times that come back are timestamps
			$timestamps = 1;
			($start, $end) = ("'$start'", "'$end'");
		}
		$from = sprintf "btrdb_values('%s', %s, %s%s)", $uuid{$name}, $start, $end, random_below(4) ? '' : ', 11';
		$from =~ s/, 11\)$/)/ if $name =~ /empty|buffered|single/;
	}
	else
	{
		my $choice = random_below(10);
		my @list = map { "'" . $uuid{ pick(@names) } . "'" } 1 .. 1 + random_below(4);
		my $list = join ', ', @list;
		push @where, "stream = '$uuid{$name}'" if $choice < 6;
		# IN with one element is an equality
		$single = $choice < 6 || ($choice == 6 && @list == 1);
		push @where, "stream IN ($list)" if $choice == 6;
		push @where, "stream = ANY (ARRAY[$list, NULL]::uuid[])" if $choice == 7;
		my $times = random_below(6);
		push @where, "time >= $start AND time < $end" if $times == 0;
		push @where, "time BETWEEN $start AND $end" if $times == 1;
		push @where, "time > $start" if $times == 2;
		push @where, "$end >= time" if $times == 3;
		push @where, "time = $start" if $times == 4 && random_below(5) == 0;
		push @group, 'stream' if random_below($single ? 5 : 2) == 0;
	}
	if (random_below(2))
	{
		push @group, $timestamps ? some_timestamp_bucket($low, $high) : some_bucket($low, $high);
		$answered = 0 unless $single || $group[0] eq 'stream';
	}
	if (random_below(20) == 0)
	{
		push @where, 'value > 0.1';
		$answered = 0;
	}

	my @columns = (@group, 'count(*)', 'min(value)', 'max(value)',
		map { pick(@aggregates) } 1 .. random_below(6));
	my $query = 'SELECT ' . join(', ', @columns) . " FROM $from";
	$query .= ' WHERE ' . join(' AND ', @where) if @where;
	$query .= ' GROUP BY ' . join(', ', 1 .. @group) if @group;
	$query .= ' HAVING count(*) > 3 AND max(value) > 0' if random_below(6) == 0;
	$query .= ' ORDER BY ' . join(', ', 1 .. @group) if @group;
	return ($query, $answered, \@group, \@columns);
}

# Says how two rows differ, if they do.
sub difference
{
	my ($groups, $columns, $on, $off) = @_;
	my @on = split /\|/, $on, -1;
	my @off = split /\|/, $off, -1;
	my ($n, $min, $max) = @off[ $groups .. $groups + 2 ];
	my $largest = max(abs($min || 0), abs($max || 0));

	return 'number of columns' if @on != @off;
	foreach my $i (0 .. $#off)
	{
		my ($a, $b) = ($on[$i], $off[$i]);
		s/^-0$/0/ foreach $a, $b;
		next if $a eq $b;
		return "$columns->[$i]: $a for $b" if $a eq '' || $b eq '';
		my $slack;
		$slack = 1e-12 * $largest * $n if $columns->[$i] eq 'sum(value)';
		$slack = 1e-12 * $largest if $columns->[$i] eq 'avg(value)';
		# of numbers that differ little, both ways lose the digits that they share
		my $deviation = $columns->[$i] =~ /^std/ ? $b : sqrt($b) if $columns->[$i] =~ /^(?:std|var)/;
		$slack = 1e-12 * $b + 1e-14 * $largest if $columns->[$i] =~ /^std/;
		$slack = 1e-12 * $b + 1e-14 * $largest * $deviation if $columns->[$i] =~ /^var/;
		return "$columns->[$i]: $a for $b" if !defined $slack || abs($a - $b) > $slack;
	}
	return '';
}

# Runs all queries with the setting on and off, and EXPLAINs them.
my $rounds = 400;
my @queries = map { [some_query()] } 1 .. $rounds;
my %answer;
foreach my $setting ('on', 'off', 'explain')
{
	my $script = 'SET btrdb.enable_aggregate = ' . ($setting eq 'off' ? 'off' : 'on') . ";\n";
	foreach my $i (0 .. $#queries)
	{
		$script .= "\\echo == $i\n" . ($setting eq 'explain' ? 'EXPLAIN (COSTS OFF) ' : '') . "$queries[$i][0];\n";
	}
	my ($rc, $out, $err) = $node->psql('postgres', $script, on_error_stop => 0);
	my @parts = split /^== \d+\n?/m, $out, -1;
	shift @parts;
	$answer{$setting} = \@parts;
	# errors are the same if they come for the same queries
	$answer{"$setting errors"} = join "\n", map { s/^psql:[^:]*:\d+: //r } grep { /ERROR/ } split /\n/, $err;
}
is(scalar @{ $answer{on} }, $rounds, 'every query has an answer');
is(scalar @{ $answer{off} }, $rounds, 'and one by a scan');
is($answer{'on errors'}, $answer{'off errors'}, 'errors are the same');

my @wrong;
my @not_answered;
my $answered = 0;
my $rows = 0;
foreach my $i (0 .. $#queries)
{
	my ($query, $expected, $group, $columns) = @{ $queries[$i] };
	my @on = split /\n/, $answer{on}[$i] // '';
	my @off = split /\n/, $answer{off}[$i] // '';
	my $by_tree = $answer{explain}[$i] =~ /btrdb_aggregate/;

	$answered++ if $by_tree;
	$rows += @off;
	push @not_answered, $query if $expected && !$by_tree || !$expected && $by_tree;
	push @wrong, "$query: " . @on . ' rows for ' . @off if @on != @off;
	foreach my $j (0 .. min($#on, $#off))
	{
		my $difference = difference(scalar @$group, $columns, $on[$j], $off[$j]);
		next if $difference eq '';
		push @wrong, "$query: row $j: $difference";
		last;
	}
}
figure('random aggregates equal to those of a scan', $rounds);
note("$answered of $rounds queries answered by statistics, $rows rows compared");
is(scalar @wrong, 0, 'statistics answer as a scan does')
  or diag(join("\n", "BTRDB_SEED=$seed", @wrong[ 0 .. min($#wrong, 20) ]));
is(scalar @not_answered, 0, 'they answer what they can, and nothing else')
  or diag(join("\n", "BTRDB_SEED=$seed", @not_answered[ 0 .. min($#not_answered, 20) ]));
cmp_ok($answered, '>', $rounds / 2, 'most queries are answered by statistics');
cmp_ok($rows, '>', 10 * $rounds, 'and have many rows');

check_is_clean($node, 'at the end');
$node->stop;
done_testing();
