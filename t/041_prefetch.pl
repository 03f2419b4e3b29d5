# What lies on window edges is announced before it is read: to the operating system if it must come
# from disk.  The answers are the same to the last digit, and who stops early has read little.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use JSON::PP;
use Test::More;

my $node = btrdb_node('prefetch', 'autovacuum = off', 'shared_buffers = 64MB');
my $stream = '00000000-0000-4000-8000-000000000001';
my $windows = "FROM btrdb_windows('$stream', 0, 500000 * 8333333::bigint, 1234 * 8333333::bigint)";

$node->safe_psql('postgres', qq{
SELECT btrdb_create('test', '{"name": "a"}', '{}', '$stream');
SELECT btrdb_insert('$stream', array_agg(i * 8333333), array_agg(round((50 + sin(i / 1000.0) + sin(i * i))::numeric, 4)::float8))
FROM generate_series(0, 499999::bigint) AS i});

# Runs the windows in a fresh session with a setting of effective_io_concurrency: returns
# pages that were prefetched, and pages that were read.
sub pages_of_windows
{
	my ($concurrency) = @_;
	my $out = $node->safe_psql('postgres', qq{SET effective_io_concurrency = $concurrency;
EXPLAIN (ANALYZE, BUFFERS, FORMAT json) SELECT * $windows});
	my $plan = decode_json($out)->[0]{Plan};

	return ($plan->{'Pages Prefetched'} // 0, $plan->{'Shared Read Blocks'});
}

sub answer
{
	my ($setting) = @_;
	return $node->safe_psql('postgres', ($setting ? "SET $setting; " : '') . "SELECT count(*), md5(string_agg(w::text, ' ')) FROM (SELECT * $windows) AS w");
}

my $expected = answer();
like($expected, qr/^405\|/, 'as many windows as fit');

is(answer("effective_io_concurrency = $_"), $expected, "the same with effective_io_concurrency = $_") foreach 0, 200;

my ($prefetched, $read) = pages_of_windows(1);
is($prefetched, 0, 'nothing is prefetched when all is in shared buffers');

$node->restart;
is(answer(), $expected, 'the same answer from disk');

$node->restart;
($prefetched, $read) = pages_of_windows(1);
cmp_ok($prefetched, '>', 100, 'pages are prefetched');
cmp_ok($prefetched, '<=', $read, 'none that is not read');

$node->restart;
my ($none, $read_without) = pages_of_windows(0);
is($none, 0, 'effective_io_concurrency = 0 turns it off');
is($read_without, $read, 'the same pages are read');

# Nodes that so many windows read, and leaves.
sub nodes_of_first
{
	my ($limit) = @_;
	my $out = $node->safe_psql('postgres', "EXPLAIN (ANALYZE, FORMAT json) SELECT * $windows LIMIT $limit");
	my $plan = decode_json($out)->[0]{Plan}{Plans}[0];

	die "no counts in $out" unless defined $plan->{'Nodes Read'} and defined $plan->{'Leaves Read'};
	note "$plan->{'Nodes Read'} nodes, $plan->{'Leaves Read'} leaves";
	return ($plan->{'Nodes Read'}, $plan->{'Leaves Read'});
}

my ($nodes, $leaves) = nodes_of_first(1);
cmp_ok($leaves, '<=', 3, 'the first window reads its leaves');
cmp_ok($nodes, '<=', $leaves + 6, 'and hardly more');
my ($nodes_of_ten, $leaves_of_ten) = nodes_of_first(10);
cmp_ok($leaves_of_ten, '<=', 12, 'ten windows read theirs');
cmp_ok($nodes_of_ten - $leaves_of_ten, '<=', 30, 'and look ahead a little');

check_is_clean($node, 'at the end');
$node->stop;
done_testing();
