# Autovacuum of btrdb.points sees the garbage of pruned versions and frees it by itself. With the
# background worker, a queue of points stays as large as it is and nobody calls anything.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use Test::More;

my $node = btrdb_node('autovacuum', q{shared_preload_libraries = 'btrdb'}, 'btrdb.maintain_naptime = 0', 'shared_buffers = 32MB');
my $s = new_stream($node, 'queue');

# Returns columns of the table's statistics.
sub statistics
{
	my ($columns) = @_;

	return $node->safe_psql('postgres', "SELECT $columns FROM pg_stat_user_tables WHERE relid = 'btrdb.points'::regclass");
}

# Appends the points of a round and deletes those of three rounds before.
sub next_round
{
	my ($round) = @_;

	$node->safe_psql('postgres', qq{
		SELECT btrdb_insert('$s', array_agg($round * 20000000::bigint + i * 1000), array_agg(random()))
			FROM generate_series(1, 20000) AS i;
		SELECT btrdb_delete('$s', 0, ($round - 2) * 20000000::bigint + 1) WHERE $round > 3});
	return;
}

# With autovacuum of the table off, the garbage is counted; points that are current are not.
$node->safe_psql('postgres', 'ALTER TABLE btrdb.points SET (autovacuum_enabled = off)');
next_round($_) foreach 1 .. 4;
is(statistics('n_dead_tup'), '0', 'no points are dead while old versions stay');
is(statistics('n_tup_ins'), '80000', 'inserted points are counted');
my $reader = $node->background_psql('postgres');
$reader->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
$node->safe_psql('postgres', "SELECT btrdb_prune('$s', btrdb_version('$s'))");
my $dead = statistics('n_dead_tup');
cmp_ok($dead, '>=', 20000, 'points of pruned versions are dead');
cmp_ok($dead, '<', 40000, 'each is counted once, with what else its leaf had');
is($node->safe_psql('postgres', q{SELECT items FROM btrdb_maintain() WHERE action = 'garbage'}), '0', 'nothing is freed yet');

# It fires at the threshold that the table has from CREATE EXTENSION. While somebody may need the
# garbage it is left, and autovacuum comes again.
$node->safe_psql('postgres', 'ALTER TABLE btrdb.points RESET (autovacuum_enabled)');
ok($node->poll_query_until('postgres', q{SELECT autovacuum_count > 1 FROM pg_stat_user_tables WHERE relid = 'btrdb.points'::regclass}),
	'autovacuum comes more than once');
is(statistics('n_dead_tup'), $dead, 'points that somebody may need stay dead');
$reader->query_safe('COMMIT');
$reader->quit;
ok($node->poll_query_until('postgres',
		q{SELECT autovacuum_count > 0 AND last_autovacuum IS NOT NULL AND n_dead_tup = 0 FROM pg_stat_user_tables WHERE relid = 'btrdb.points'::regclass}),
	'nothing is dead after it has come');
cmp_ok($node->safe_psql('postgres', q{SELECT items FROM btrdb_maintain() WHERE action = 'garbage'}), '>', 0, 'and has freed the nodes');
check_is_clean($node, 'after that');

# A queue that nobody looks after.
$node->safe_psql('postgres', "UPDATE btrdb.streams SET retention = '0' WHERE uuid = '$s'");
$node->append_conf('postgresql.conf', 'btrdb.maintain_naptime = 1s');
$node->reload;
my @size;
foreach my $round (5 .. 16)
{
	next_round($round);
	$node->poll_query_until('postgres', qq{
		SELECT (SELECT count(*) = 1 FROM btrdb_versions('$s')) AND NOT EXISTS (SELECT FROM btrdb.garbage)})
	  or last;
	push @size, $node->safe_psql('postgres', q{SELECT pg_relation_size('btrdb.points') / 8192});
}
is(scalar @size, 12, 'after each round versions are forgotten, nodes freed and garbage rows gone');
note("pages: @size");
cmp_ok($size[-1], '<=', $size[5] * 1.05, 'the store does not grow');
is($node->safe_psql('postgres', "SELECT btrdb_count('$s')"), '60000', 'and has what it must have');
check_is_clean($node, 'at the end');
$node->stop;

done_testing();
