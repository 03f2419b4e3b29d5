# A standby cancels a query whose snapshot may still reach nodes that VACUUM frees on the
# primary, before they are gone; promoted, it vacuums every page.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

# Vacuums; returns how many pages it visited, of how many.
sub visited
{
	my ($node) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', 'VACUUM (VERBOSE) btrdb.points');

	return $err =~ /visited (\d+ of \d+) pages/ ? $1 : $err;
}

my $primary = btrdb_node('primary', 'autovacuum = off', 'max_wal_senders = 5', 'hot_standby = on');
my $s = new_stream($primary, 'a');
$primary->safe_psql('postgres',
	"SELECT btrdb_insert('$s', array_agg(i), array_agg(1.0)) FROM generate_series(1, 20000) i");
$primary->backup('base');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = 0\nhot_standby_feedback = off");
$standby->start;
$primary->wait_for_catchup($standby);

# A query that has its snapshot and waits.
my ($out, $err) = ('', '');
my $query = IPC::Run::start(
	[ 'psql', '-XAtq', '-d', $standby->connstr('postgres'), '-c', "SELECT btrdb_count('$s'), pg_sleep(300)" ],
	'<', \undef, '>', \$out, '2>', \$err);
ok($standby->poll_query_until('postgres',
	q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}), 'query runs');

$primary->safe_psql('postgres', "SELECT btrdb_delete('$s', 0, 30000), btrdb_prune('$s', 12)");
$primary->wait_for_catchup($standby);
is($standby->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'}),
	'1', 'a prune alone disturbs nobody');
$primary->safe_psql('postgres', 'VACUUM btrdb.points');
$primary->wait_for_catchup($standby);
$query->finish;
like($err, qr/conflict with recovery/, 'query is cancelled');
is($standby->safe_psql('postgres',
	q{SELECT confl_snapshot FROM pg_stat_database_conflicts WHERE datname = 'postgres'}), '1', 'because of its snapshot');
is($standby->safe_psql('postgres', "SELECT btrdb_count('$s')"), '0', 'and the standby reads on');
check_is_clean($standby, 'on the standby');

# The free space map is not replayed, so the first VACUUM after a promotion visits every page.
my $other = new_stream($primary, 'b');
$primary->safe_psql('postgres',
	"SELECT btrdb_insert('$other', array_agg(i), array_agg(random())) FROM generate_series(1, 50000) i");
$primary->safe_psql('postgres', 'VACUUM btrdb.points; CHECKPOINT; VACUUM btrdb.points');
like(visited($primary), qr/^0 of [1-9]\d+$/, 'nothing has changed on the primary');
$primary->wait_for_catchup($standby);
$primary->stop;
$standby->promote;
my ($visited, $pages) = split / of /, visited($standby);
is($visited, $pages - 2, 'the promoted standby looks at everything');
$standby->safe_psql('postgres', 'CHECKPOINT');
is(visited($standby), "0 of $pages", 'once');
check_is_clean($standby, 'after the promotion');
$standby->stop;

done_testing();
