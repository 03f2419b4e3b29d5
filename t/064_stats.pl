# What view btrdb.stream_stats says of the size of streams, against the nodes in the
# file, and what it costs; what view btrdb.storage says of VACUUM, against what that brings.

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

# View btrdb.storage: what VACUUM would bring, which ANALYZE does not forget.
sub storage
{
	my ($columns) = @_;
	return $node->safe_psql('postgres', "SELECT $columns FROM btrdb.storage WHERE relation = 'btrdb.points'::regclass");
}
my $points = $node->safe_psql('postgres', 'VACUUM ANALYZE btrdb.points; SELECT count(*) FROM btrdb.points');
is(storage('rows, dead_rows, vacuum_bytes, vacuumed IS NOT NULL'), "$points|0|0|t", 'there is nothing to vacuum');
$node->safe_psql('postgres', "SELECT btrdb_delete('$uuid{unlike}', ${\TIME_MIN}, ${\TIME_MAX}), btrdb_prune('$uuid{unlike}', 12)");
is(storage('dead_rows'), '1000000', 'points of forgotten versions are dead');
$node->safe_psql('postgres', 'ANALYZE btrdb.points');
is(storage('rows, dead_rows'), ($points - 1000000) . '|1000000', 'and stay so when ANALYZE counts the others');
my ($estimate, $used) = split /\|/, storage('vacuum_bytes, bytes - free_bytes');
$node->safe_psql('postgres', 'VACUUM btrdb.points');
my $brought = $used - storage('bytes - free_bytes');
note("VACUUM brought $brought of $used bytes, said $estimate");
cmp_ok($brought, '>', 0, 'VACUUM brings something');
cmp_ok(abs(log($estimate / $brought)), '<', log(2), 'about as much as was said');
is(storage('dead_rows, vacuum_bytes'), '0|0', 'then nothing is left');
$node->stop;

done_testing();
