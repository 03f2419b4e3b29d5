# Few points that look like many, compared with all of them: btrdb_minmax() draws the
# same picture, pixel by pixel, and btrdb_lttb() chooses the largest triangles.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use JSON::PP;
use List::Util qw(max min);
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $node = btrdb_node('seeing', 'autovacuum = off');
my $rounds = size_of(ci => 1, full => 30);

# Rows of a query, each an array of a time and a value.
sub points
{
	my ($sql) = @_;

	return map { [ split /\|/ ] } split /\n/, $node->safe_psql('postgres', $sql);
}

# ---- pixels ----

# The pixels of the line through points in a picture of so many columns and rows, as Bresenham
# draws it from pixel to pixel.
sub raster
{
	my ($points, $start, $end, $columns, $rows, $low, $high) = @_;
	my %pixels;
	my ($x, $y);

	foreach my $point (@$points)
	{
		use integer;
		my $x1 = ($point->[0] - $start) * $columns / ($end - $start);
		my $y1 = row($point->[1], $low, $high, $rows);

		($x, $y) = ($x1, $y1) unless defined $x;
		my ($dx, $dy) = (abs($x1 - $x), -abs($y1 - $y));
		my ($sx, $sy) = ($x < $x1 ? 1 : -1, $y < $y1 ? 1 : -1);
		my $error = $dx + $dy;
		for (;;)
		{
			$pixels{"$x,$y"} = 1;
			last if $x == $x1 && $y == $y1;
			my $twice = 2 * $error;
			($error, $x) = ($error + $dy, $x + $sx) if $twice >= $dy;
			($error, $y) = ($error + $dx, $y + $sy) if $twice <= $dx;
		}
	}
	return \%pixels;
}

# The row of pixels that a value is in.
sub row
{
	my ($value, $low, $high, $rows) = @_;

	return $high > $low ? int(($value - $low) / ($high - $low) * ($rows - 1)) : 0;
}

# Number of pixels that only one of two pictures has.
sub differing
{
	my ($a, $b) = @_;

	return (grep { !$b->{$_} } keys %$a) + (grep { !$a->{$_} } keys %$b);
}

# ---- triangles ----

# Says what is wrong with points that were chosen of all of them; '' if nothing is.  The chosen ones
# go before: after a choice that is as good as another, that one is gone on with.
sub wrong_choice
{
	my ($all, $chosen, $n) = @_;
	my $count = @$all;

	return 'number' unless @$chosen == min($n, $count);
	return (grep { "@{$all->[$_]}" ne "@{$chosen->[$_]}" } 0 .. $#$all) ? 'not all' : '' if $count <= $n;
	return 'ends' unless "@{$all->[0]}" eq "@{$chosen->[0]}" && "@{$all->[-1]}" eq "@{$chosen->[-1]}";

	# what overflows is compared as a small part of it
	my $scale = max(map { abs } map { $_->[1] } @$all) > 1e280 ? 2**-80 : 1;
	my $at = sub { my ($point) = @_; return (($point->[0] - $all->[0][0]) + 0.0, $point->[1] * $scale) };
	foreach my $i (1 .. $n - 2)
	{
		my @bucket = @$all[ bound($count, $n, $i - 1) .. bound($count, $n, $i) - 1 ];
		my @next = map { [ $at->($_) ] } @$all[ bound($count, $n, $i) .. min(bound($count, $n, $i + 1), $count) - 1 ];
		my ($cx, $cy) = (0, 0);
		($cx, $cy) = ($cx + $_->[0], $cy + $_->[1]) foreach @next;
		($cx, $cy) = ($cx / @next, $cy / @next);
		my ($ax, $ay) = $at->($chosen->[ $i - 1 ]);
		my $area = sub { my ($bx, $by) = $at->($_[0]); return abs(($ax - $cx) * ($by - $ay) - ($ax - $bx) * ($cy - $ay)) };
		my $largest = max(map { $area->($_) } @bucket);
		my $size = max(map { abs($ax - $cx) * abs(($at->($_))[1] - $ay) + abs(($at->($_))[0] - $ax) * abs($cy - $ay) } @bucket);

		return "point $i is of another bucket" unless grep { "@$_" eq "@{$chosen->[$i]}" } @bucket;
		return "the triangle of point $i is not the largest"
		  unless $area->($chosen->[$i]) >= $largest - 1e-9 * $size;
	}
	return '';
}

# Where bucket i begins.
sub bound
{
	my ($count, $n, $i) = @_;
	use integer;

	return 1 + $i * ($count - 2) / ($n - 2);
}

# ---- streams of all kinds ----

my %times = (
	clock => 'i * 1000',
	jitter => 'i * 1000 + floor(random() * 900)::bigint',
	bursts => 'i * 1000 + (i / 500) * 5000000',
	equal => 'i / 40 * 3000',
	one => '77',
	random => 'floor(random() * 3000000)::bigint',
	far => 'i * 1000000000000000 - 3000000000000000000');
my %values = (
	walk => 'sum(random() - 0.5) OVER (ORDER BY i)',
	noise => 'random() * 2 - 1',
	steps => '(i / 300 % 2)::float8',
	constant => '5::float8',
	spikes => 'CASE WHEN random() < 0.002 THEN random() * 100 ELSE sin(i / 200.0) END',
	huge => '(random() * 2 - 1) * 1.79e308',
	zeros => q{(ARRAY['0', '-0', '5e-324'])[1 + floor(random() * 3)]::float8});

$node->safe_psql('postgres', 'SELECT setseed(' . ($seed % 1000) / 1000 . ')');
my ($different, $pictures) = (0, 0);
foreach my $times ((sort keys %times) x $rounds)
{
	foreach my $values (sort keys %values)
	{
		my $s = $node->safe_psql('postgres', "SELECT btrdb_create('$times $values ' || random())");
		my ($n, $m) = (1 + random_below(6000), random_below(300));
		my $batch = sub {
			my ($from, $to) = @_;
			"SELECT btrdb_insert('$s', array_agg(t), array_agg(v)) FROM (SELECT ($times{$times})::bigint AS t, ($values{$values})::float8 AS v FROM generate_series($from, $to) AS i) AS p;";
		};

		# part of it is in the tree, part in the buffer, among those and after them
		$node->safe_psql('postgres', $batch->(0, $n) . "SELECT btrdb_flush('$s');" . ($m ? $batch->($n - $m / 2, $n + $m) : ''));
		foreach my $version (0, 11)
		{
			my ($first, $last) = split /\|/, $node->safe_psql('postgres',
				"SELECT e.time, l.time FROM btrdb_earliest('$s', $version) e, btrdb_latest('$s', $version) l");
			my $start = $first + random_below(($last - $first) / 2 + 1) - random_below(1000);
			my $end = $start + 1 + random_below($last - $start + 100);
			my $range = "'$s', $start, $end";
			my @all = points("SELECT * FROM btrdb_values($range, $version)");
			my $name = "$times, $values, version $version, [$start, $end)";

			# Perl's integers have 64 bits
			my $columns = min(1 + random_below(200), int((2**62) / ($end - $start)) || 1);
			my @few = points("SELECT * FROM btrdb_minmax($range, $columns, $version)");
			my @size = ($start, $end, $columns, 50, @all ? (min(map { $_->[1] } @all), max(map { $_->[1] } @all)) : (0, 0));
			@size[ 4, 5 ] = map { $_ * 0.25 } @size[ 4, 5 ] if $values eq 'huge';
			my ($whole, $part) = map {
				raster([ map { [ $_->[0], $values eq 'huge' ? $_->[1] * 0.25 : $_->[1] ] } @$_ ], @size)
			} \@all, \@few;
			cmp_ok(scalar @few, '<=', 4 * $columns, "$name: at most four points for each of $columns columns");
			$pictures++;
			is(differing($whole, $part), 0, "$name: the same " . keys(%$whole) . ' pixels by ' . @few . ' of ' . @all . ' points');

			my $points = 3 + random_below(any_of(3, 20, 500, 8000));
			my @chosen = points("SELECT * FROM btrdb_lttb($range, $points, $version)");
			is(wrong_choice(\@all, \@chosen, $points), '', "$name: $points points of the largest triangles");
			$different++ if @all > @chosen && differing($whole, raster([ map { [ $_->[0], $values eq 'huge' ? $_->[1] * 0.25 : $_->[1] ] } @chosen ], @size));
		}
	}
}
figure('pictures by few points, the same pixels as by all', $pictures);
cmp_ok($different, '>', 0, "the comparison of pixels finds differences where there are some ($different)");

sub any_of
{
	return $_[ random_below(scalar @_) ];
}

# ---- costs ----

# What a query reads, by EXPLAIN.
sub reads
{
	my ($sql) = @_;
	my $plan = decode_json($node->safe_psql('postgres', "EXPLAIN (ANALYZE, TIMING OFF, FORMAT json) $sql"))->[0]{Plan};

	$plan = $plan->{Plans}[0] if $plan->{Plans};
	return @$plan{ 'Nodes Read', 'Leaves Read' };
}

my $long = new_stream($node, 'long');
my $points = 1000000;
foreach my $size ($points / 10, $points)
{
	$node->safe_psql('postgres',
		"SELECT btrdb_insert('$long', array_agg(i * 1000000), array_agg(random())) FROM generate_series(@{[ $size == $points ? $points / 10 : 0 ]}, $size - 1::bigint) AS i");
	my ($nodes, $leaves) = reads("SELECT * FROM btrdb_minmax('$long', 0, $size * 1000000::bigint, 50)");
	my ($more) = reads("SELECT * FROM btrdb_minmax('$long', 12345, $size * 1000000::bigint, 100)");

	# a leaf at each edge; at most a path to each of four points
	cmp_ok($leaves, '<=', 50 * 5, "$size points: leaves read for 50 columns ($leaves)");
	cmp_ok($nodes, '<=', 50 * 15, "$size points: nodes read for 50 columns ($nodes)");
	cmp_ok($more, '<=', 100 * 15, "$size points: nodes read for 100 columns ($more)");
}
my ($nodes) = reads("SELECT * FROM btrdb_minmax('$long', 0, $points * 1000000::bigint, 1)");
cmp_ok($nodes, '<=', 40, "nodes read for one column ($nodes)");
($nodes) = reads("SELECT * FROM btrdb_minmax('$long', 0, $points * 1000000::bigint, 100000) LIMIT 3");
cmp_ok($nodes, '<=', 20, "LIMIT ends it ($nodes)");
check_is_clean($node, 'at the end');

$node->stop;
done_testing();
