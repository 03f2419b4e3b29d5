# Recovery from a base backup and the archive, to a named restore point, to a time and to the end, gives what the
# streams were at that moment, with the versions that there were; the recovered server takes writes.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $steps = size_of(ci => 6, full => 40);

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(has_archiving => 1, allows_streaming => 1);
$primary->append_conf('postgresql.conf', join("\n", 'autovacuum = off', 'fsync = off', 'shared_buffers = 16MB', 'jit = off', 'max_prepared_transactions = 5',
	'btrdb.buffer_points = 300', 'btrdb.buffer_rows = 32', 'btrdb.compact_rows = 6', 'btrdb.direct_points = 300') . "\n");
$primary->start;
$primary->safe_psql('postgres', q{
CREATE EXTENSION btrdb;
CREATE SCHEMA r;
CREATE TABLE r.s AS SELECT i, btrdb_create('r', jsonb_build_object('name', i)) AS u FROM generate_series(1, 6) i;
CREATE FUNCTION r.u(i int) RETURNS uuid LANGUAGE sql STABLE RETURN (SELECT u FROM r.s WHERE s.i = u.i);
SELECT btrdb_insert(r.u(1), array_agg(k), array_agg(k::float8)) FROM generate_series(1, 20000) k;
});
$primary->backup('base');

# What queries tell of all streams and versions.
sub digest
{
	my ($node) = @_;

	return $node->safe_psql('postgres', q{
SELECT i, btrdb_version(u), count(v), md5(string_agg(v::text, ',')) FROM r.s LEFT JOIN LATERAL btrdb_values(u, 0, 10000000) v ON true GROUP BY i, u ORDER BY i;
SELECT i, version, created, count, btrdb_stat(u, 0, 10000000, version) FROM r.s, btrdb_versions(u) ORDER BY 1, 2});
}

# Some writes of all kinds.
sub write_some
{
	my $i = 1 + random_below(6);
	my $t = random_below(100000);

	$primary->safe_psql('postgres', qq{
SELECT btrdb_insert(r.u($i), array_agg($t + k), array_agg(k::float8)) FROM generate_series(1, ${\(1 + random_below(40))}) k;
SELECT btrdb_insert(r.u($i), array_agg($t + 7 * k), array_agg(k::float8)) FROM generate_series(1, ${\(300 + random_below(3000))}) k;
INSERT INTO btrdb.points SELECT u, $t + k, k FROM r.s, generate_series(1, 9) k;
SELECT btrdb_delete(r.u($i), $t, $t + 1000);
SELECT btrdb_revert(u, btrdb_version(u) - 1) FROM r.u($i) u;
BEGIN; SELECT btrdb_insert(r.u($i), array_agg($t + 7 * k), array_agg(k::float8)) FROM generate_series(1, 3000) k; ROLLBACK;
SELECT btrdb_prune(u, btrdb_version(u) - 1) FROM r.u(${\(1 + random_below(6))}) u WHERE btrdb_version(u) > 12;
VACUUM btrdb.points;
INSERT INTO btrdb.points SELECT u, $t + k, k FROM r.s, generate_series(1, 9) k;
});
	return;
}

# Moments to come back to: as recovery names them, and what there was.
my @moments;
foreach my $step (1 .. $steps)
{
	write_some();
	if ($step % 2)
	{
		$primary->safe_psql('postgres', "SELECT pg_create_restore_point('step $step')");
		push @moments, [ "recovery_target_name = 'step $step'", digest($primary) ];
	}
	else
	{
		my $time = $primary->safe_psql('postgres', 'SELECT clock_timestamp()');

		push @moments, [ "recovery_target_time = '$time'", digest($primary) ];
	}
}

# A transaction that is open at the last moment, and whose nodes are in the archive.
my $open = $primary->background_psql('postgres');
$open->query_safe('BEGIN; SELECT btrdb_insert(r.u(2), array_agg(k), array_agg(k::float8)) FROM generate_series(1, 20000) k;');
$primary->safe_psql('postgres', q{SELECT btrdb_insert(r.u(1), 999999, 1)});
push @moments, [ '', digest($primary) ];
$primary->safe_psql('postgres', 'SELECT pg_switch_wal()');
$open->quit;
my $segment = $primary->safe_psql('postgres', 'SELECT pg_walfile_name(pg_switch_wal())');
$primary->poll_query_until('postgres', "SELECT last_archived_wal >= '$segment' FROM pg_stat_archiver") or die 'archiver is stuck';
$primary->stop;

my @picked = size_of(ci => 0, full => 1) ? 0 .. $#moments : (random_below($steps / 2) * 2, 1 + random_below($steps / 2) * 2, $#moments);
foreach my $n (@picked)
{
	my ($target, $expected) = @{ $moments[$n] };
	my $node = PostgreSQL::Test::Cluster->new("recovered_$n");
	my $label = $target || 'the end of the archive';

	$node->init_from_backup($primary, 'base', has_restoring => 1, standby => 0);
	$node->append_conf('postgresql.conf', "archive_mode = off\n$target\n" . ($target ? "recovery_target_action = promote\n" : ''));
	$node->start;
	$node->poll_query_until('postgres', 'SELECT NOT pg_is_in_recovery()') or die 'recovery does not end';
	is(digest($node), $expected, "recovered to $label");
	check_is_clean($node, "recovered to $label");
	$node->safe_psql('postgres', q{
VACUUM btrdb.points;
SELECT btrdb_insert(u, array_agg(k), array_agg(k::float8)) FROM r.s, generate_series(1, 2000) k GROUP BY u;
SELECT btrdb_flush();
VACUUM btrdb.points;
});
	check_is_clean($node, 'after writes');
	$node->stop;
}

done_testing();
