# Looking for things, joining and summing up in time: random calls give what plain SQL gives, and
# cost as many pages as they may.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $node = btrdb_node('look', 'shared_buffers = 64MB', 'autovacuum = off', 'jit = off', 'max_parallel_workers_per_gather = 0');

# ---- answers ----

$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/$_.sql")) foreach qw(look look_streams);

# Streams: their points in the tree, and those in the buffer.
my $base = 1700000000000000000;
my @shapes = (
	[ 'regular', 6000, "$base + i * 1000", 'sin(i / 300.0) * 100', 30, "$base + i * 200500", 'i' ],
	[ 'holes', 8000, '(i / 250) * (i / 250) * 20000 + i % 250 * 10', 'i % 97', 100, 'i * 77777', '50' ],
	[ 'clusters', 9000, 'i / 200 * 1000000 + i % 200', 'random()', 20, 'i * 777777', 'random()' ],
	[ 'jitter', 6000, 'i * 100 + floor(random() * 500)', 'floor(random() * 3)', 200, 'floor(random() * 600000)', 'floor(random() * 3)' ],
	[ 'constant', 12000, 'i * 100', 'CASE WHEN i % 3000 = 7 THEN 5 ELSE 2.5 END', 20, 'i * 50050', 'CASE WHEN i % 7 = 0 THEN 3 ELSE 2.5 END' ],
	[ 'counter', 9000, 'i * 1000 + floor(random() * 1000)', 'i % 1733 * 2.5', 50, '9000000 + i * 500', 'i * 2' ],
	[ 'idle', 12000, 'i * 1000', 'floor(i / 4000) * 7', 10, 'i * 1234567', '7' ],
	[ 'equal times', 9000, 'CASE WHEN i % 3 = 0 THEN 4950 + i % 100 ELSE 5000 END', '(i % 11) - 5', 100, '4950 + i % 100', '(i % 3) - 1' ],
	[ 'whole of time', 3000, '(i - 1500) * 3074457345618258.0', 'cos(i) * 1e3', 5, '-4611686018427387904 + (i - 1) * 2305843009213693951', '1' ],
	[ 'single', 1, '77', '-0.25', 0, '1', '1' ],
	[ 'buffered', 0, '1', '1', 90, 'i * i * 9973', 'floor(random() * 100) / 8' ],
	[ 'empty', 0, '1', '1', 0, '1', '1' ]);
my $script = sprintf "SELECT setseed(%.9f);\n", ($seed % 1000000) / 1000000;
foreach my $i (0 .. $#shapes)
{
	$script .= sprintf "SELECT look.make(%d, '%s', %d, '%s', '%s', %d, '%s', '%s');\n", $i + 1, @{ $shapes[$i] };
}
$script .= sprintf "SELECT look.check_all(%d);\n", size_of(ci => 6, full => 500);
my ($rc, $out, $err) = $node->psql('postgres', $script, on_error_stop => 1);
is($rc, 0, 'calls give what plain SQL gives') or diag("BTRDB_SEED=$seed\n$err");
my ($calls) = $out =~ /^([1-9]\d{2,})$/m;
ok($calls, 'and there were some');
figure('random calls of what looks, joins and sums up, equal to plain SQL', $calls);

# ---- pages ----

# Pages touched by each of a list of queries, run in one session after one that warms
# the caches of the catalogs; and what each returns.
sub pages_of
{
	my (@queries) = @_;
	my $sql = "\\o /dev/null\n" . join('', map { "$_;\n" } @queries) . "\\o\n";

	$sql .= "EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) $_;\n" foreach @queries;
	return map { $_->{Plan}{'Shared Hit Blocks'} + $_->{Plan}{'Shared Read Blocks'} }
	  map { @{ decode_json($_) } } split /(?<=\n\])\n/, $node->safe_psql('postgres', $sql);
}

# 10^6 points, one a second, with a day missing after each 100,000 and a spike above 1,000 every
# 200,000; at the end, some are buffered.
my $second = '1000000000::bigint';
my $day = '86400000000000';
my $long = new_stream($node, 'long');
$node->safe_psql('postgres', qq{
SELECT count(btrdb_insert('$long', times, vals)) FROM (
	SELECT array_agg($base + i * $second + i / 100000 * $day ORDER BY i), array_agg(CASE WHEN i % 200000 = 100001 THEN 1500 ELSE sin(i / 1000.0) * 100 END ORDER BY i)
	FROM generate_series(0::bigint, 999999) AS i GROUP BY i / 50000) AS b (times, vals);
SELECT btrdb_flush('$long');
SELECT btrdb_insert('$long', array_agg($base + 9 * $day + (1000000 + i) * $second), array_agg(i)) FROM generate_series(0::bigint, 99) AS i;
});
my $all = "'$long', $base, $base + 9 * $day + 1000200 * $second";
my ($leaves) = $node->safe_psql('postgres', "EXPLAIN (ANALYZE, TIMING off) SELECT * FROM btrdb_values($all)") =~ /Leaves Read: (\d+)/;
cmp_ok($leaves, '>', 500, "leaves of the stream ($leaves)");

my @cheap = (
	[ 'a day missing', 9, 100, "SELECT * FROM btrdb_gaps($all, '23 hours')" ],
	[ 'none longer', 0, 80, "SELECT * FROM btrdb_gaps($all, '25 hours')" ],
	[ 'an hour missing', 9, 150, "SELECT * FROM btrdb_gaps($all, '1 hour')" ],
	[ 'first crossing', 1, 20, "SELECT * FROM btrdb_first_crossing($all, 1000)" ],
	[ 'last crossing', 1, 20, "SELECT * FROM btrdb_last_crossing($all, 1000)" ],
	[ 'last crossing up', 1, 20, "SELECT * FROM btrdb_last_crossing($all, 1000, 'up')" ],
	[ 'no crossing', 0, 15, "SELECT * FROM btrdb_first_crossing($all, 5000)" ],
	[ 'values above', 5, 30, "SELECT * FROM btrdb_values($all) WHERE value > 1000" ],
	[ 'values between', 5, 30, "SELECT * FROM btrdb_values($all) WHERE value BETWEEN 1400 AND 1600" ],
	[ 'a value', 5, 30, "SELECT * FROM btrdb_values($all) WHERE 1500 = value" ],
	[ 'times', 11, 15, "SELECT * FROM btrdb_values($all) WHERE time BETWEEN $base + 600 * $second AND $base + 610 * $second" ],
	[ 'timestamps', 11, 15, "SELECT * FROM btrdb_values('$long', '2023-01-01', '2024-01-01') "
		  . "WHERE time BETWEEN timestamptz '2023-11-14 22:23:20Z' AND timestamptz '2023-11-14 22:23:30Z'" ],
	[ 'as of a time', 1, 15, "SELECT * FROM btrdb_asof('$long', $base + 500000 * $second)" ],
	# ten in each of 10 leaves
	[ 'as of 100 times', 100, 60, "SELECT * FROM btrdb_asof('$long', (SELECT array_agg($base + (i / 10 * 50000 + i % 10) * $second) FROM generate_series(0::bigint, 99) AS i))" ],
	# one pass
	[ 'as of 10,000 times side by side', 10000, 25, "SELECT * FROM btrdb_asof('$long', (SELECT array_agg($base + i * $second ORDER BY i) FROM generate_series(1::bigint, 10000) AS i))" ],
	[ 'nearest of 10,000 times', 10000, 40, "SELECT * FROM btrdb_asof('$long', (SELECT array_agg($base + i * $second + 300 ORDER BY i) FROM generate_series(1::bigint, 10000) AS i), 'nearest')" ]);
my @pages = pages_of(map { $_->[3] } @cheap);
foreach my $i (0 .. $#cheap)
{
	my ($name, $rows, $limit, $query) = @{ $cheap[$i] };

	is($node->safe_psql('postgres', "SELECT count(*) FROM ($query) AS q"), $rows, "$name: rows");
	cmp_ok($pages[$i], '<=', $limit, "$name: pages ($pages[$i])");
}

# Stretches of one value are passed over.
my $switch = new_stream($node, 'switch');
$node->safe_psql('postgres', qq{
SELECT count(btrdb_insert('$switch', times, vals)) FROM (
	SELECT array_agg($base + i * $second ORDER BY i), array_agg(i / 250000 % 2 ORDER BY i)
	FROM generate_series(0::bigint, 999999) AS i GROUP BY i / 50000) AS b (times, vals);
});
my @sums = ("SELECT btrdb_integral('$switch', $base, $base + 1000000 * $second, 'step')",
	"SELECT btrdb_time_weighted_mean('$switch', $base, $base + 1000000 * $second)",
	"SELECT sum(increase) FROM btrdb_rate('$switch', $base, $base + 1000000 * $second, 100000 * $second)");
is($node->safe_psql('postgres', 'SELECT ' . join(', ', map { "round(($_)::numeric, 6)" } @sums)),
	'500000.000000|0.500000|2.000000', 'sums over stretches of one value');
@pages = pages_of(@sums);
cmp_ok($pages[$_], '<=', 40, "pages of sum $_ over stretches of one value ($pages[$_])") foreach 0 .. $#sums;

check_is_clean($node, 'at the end');
$node->stop;
done_testing();
