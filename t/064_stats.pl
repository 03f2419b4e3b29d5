# What view btrdb.stream_stats says of the size of streams, against the nodes in the
# file, and what it costs.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbPage;
use BtrdbTest;
use List::Util qw(sum0);
use Test::More;

my $node = btrdb_node('stats', 'autovacuum = off', 'jit = off', 'max_parallel_workers_per_gather = 0');

# Each has one version, so that all its nodes belong to it.
my %stream = (
	leaf => 'i, sin(i) FROM generate_series(1, 50) i',
	exact => 'i * 1000, random() FROM generate_series(1, 5000) i',
	chain => '7, random() FROM generate_series(1, 100000) i',
	sparse => '(random() * 4e18)::bigint, random() FROM generate_series(1, 50000) i',
	# parts that compress unlike: a leaf of one has a hundred times the points of the other
	unlike => 'i * 1000, CASE WHEN i % 200000 < 100000 THEN random() ELSE round(sin(i)) END FROM generate_series(1, 1000000) i',
	front => 'i * 1000, CASE WHEN i < 900000 THEN 1 ELSE random() END FROM generate_series(1, 1000000) i');
my %uuid;
foreach my $name (sort keys %stream)
{
	$uuid{$name} = new_stream($node, $name);
	$node->safe_psql('postgres', "SELECT setseed(0.5); INSERT INTO btrdb.points SELECT '$uuid{$name}', $stream{$name};"
		  . "SELECT btrdb_flush('$uuid{$name}')");
}
my $file = $node->data_dir . '/' . $node->safe_psql('postgres', q{CHECKPOINT; SELECT pg_relation_filepath('btrdb.points')});
my $store = BtrdbPage->open($file);

foreach my $name (sort keys %stream)
{
	# as long as it is on its page, with its line pointer
	my @nodes = $store->nodes(pack('H*', $uuid{$name} =~ tr{-}{}dr));
	my $bytes = sum0(map { ($_->{length} + 7 & ~7) + 4 } @nodes);
	my $said = $node->safe_psql('postgres', "SELECT bytes FROM btrdb.stream_stats WHERE uuid = '$uuid{$name}'");
	my $leaves = grep { $_->{kind} == BtrdbPage::LEAF } @nodes;

	note("$name: $leaves leaves, $bytes bytes, said $said");
	if ($leaves <= 16)
	{
		is($said, $bytes, "$name: bytes are exact");
	}
	else
	{
		cmp_ok(abs($said / $bytes - 1), '<', 0.15, "$name: bytes are near the truth");
	}
}

# Some leaves, what is above them, and some rows.
my ($hit, $read) = $node->safe_psql('postgres', qq{
SELECT points FROM btrdb.stream_stat('$uuid{unlike}');
EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) SELECT points FROM btrdb.stream_stat('$uuid{unlike}')}) =~
  /Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?/;
cmp_ok(($hit // 0) + ($read // 0), '<', 150, 'of a large stream, some leaves are read');
cmp_ok(($hit // 0) + ($read // 0), '>', 32, 'and that was counted');

is($node->safe_psql('postgres', 'SELECT sum(points) = (SELECT count(*) FROM btrdb.points) FROM btrdb.stream_stats'), 't', 'points add up');
$node->stop;

done_testing();
