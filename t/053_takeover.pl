# A standby takes over: with synchronous replication nothing that was acknowledged is lost when the primary is
# killed, and nothing of transactions that were open is left; without it, what a standby has when it is
# promoted in the midst of load is what the primary had at some moment.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbSession;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

my $seed = test_seed();
my $rounds = size_of(ci => 1, full => 30);
my $nwriters = 4;
my $nshared = 4;

my @settings = ('autovacuum = off', 'fsync = off', 'shared_buffers = 16MB', 'max_wal_senders = 5', 'hot_standby = on', 'jit = off', 'max_prepared_transactions = 10', 'deadlock_timeout = 100ms',
	'btrdb.buffer_points = 300', 'btrdb.buffer_rows = 32', 'btrdb.compact_rows = 6', 'btrdb.direct_points = 300');

# Makes a standby of a server.
sub standby_of
{
	my ($node, $name) = @_;
	my $standby = PostgreSQL::Test::Cluster->new($name);

	$node->backup($name);
	$standby->init_from_backup($node, $name, has_streaming => 1);
	$standby->start;
	$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
	return $standby;
}

# A writer: batches one after the other, numbered from 1 on.  Batch b of writer w has n(b) points, of value
# w * 1000000 + b, in the writer's own stream or in all shared ones.
my (@own, @shared);
sub points_of { return $_[0] % 7 == 3 ? 400 : 1 + $_[0] * 5 % 23 }
sub is_wide   { return $_[0] % 3 == 1 }

sub batch_sql
{
	my ($w, $b) = @_;
	my $value = $w * 1000000 + $b;
	my $n = points_of($b);
	my $list = join(',', @shared);

	return "INSERT INTO btrdb.points SELECT s, $value * 1000::bigint + i, $value FROM unnest('{$list}'::uuid[]) s, generate_series(1, $n) i" if is_wide($b);
	return "SELECT btrdb_insert('$own[$w]', array_agg($value * 1000::bigint + i), array_agg($value.0::float8)) FROM generate_series(1, $n) i"
	  . ($b % 5 == 0 ? "; SELECT btrdb_flush('$own[$w]')" : '');
}

# Lets the writers write, for so long; calls $end, and returns how many batches of each were
# acknowledged and sent: [w]{acknowledged, sent}.
sub write_until
{
	my ($node, $seconds, $end) = @_;
	my @writer = map { { session => BtrdbSession->new($node), acknowledged => 0, sent => 0 } } 0 .. $nwriters - 1;
	my $until = time() + $seconds;

	while (time() < $until)
	{
		foreach my $w (0 .. $nwriters - 1)
		{
			my $it = $writer[$w];

			next unless $it->{session}->is_done(0.001);
			if ($it->{sent} > 0)
			{
				is($it->{session}->sqlstate, '', "batch $it->{sent}") if $it->{session}->sqlstate ne '';
				$it->{acknowledged} = $it->{sent};
			}
			$it->{sent}++;
			$it->{session}->start(batch_sql($w, $it->{sent}));
		}
	}
	$end->();
	foreach my $it (@writer)
	{
		# what was acknowledged before the end, but not read yet
		$it->{session}->finish;
		$it->{acknowledged} = $it->{sent} if $it->{session}->sqlstate eq '';
		$it->{session}->quit;
	}
	return @writer;
}

# Says what is wrong with the batches that a server has: each of them as a whole, all that were acknowledged (if
# that must be), none that was not sent, and none without those before it.
sub wrong_batches
{
	my ($node, $all_acknowledged, @writer) = @_;
	my @wrong;

	foreach my $w (0 .. $nwriters - 1)
	{
		my %has;
		foreach my $s ($own[$w], @shared)
		{
			$has{$s} = { map { split /\|/ } split /\n/, $node->safe_psql('postgres',
				"SELECT value - $w * 1000000, count(*) FROM btrdb.points WHERE stream = '$s' AND value > $w * 1000000 AND value < ($w + 1) * 1000000 GROUP BY 1") };
		}
		my $last = 0;
		foreach my $b (1 .. $writer[$w]{sent} + 1)
		{
			my @counts = map { $has{$_}{$b} // 0 } is_wide($b) ? @shared : $own[$w];
			my $n = points_of($b);

			push @wrong, "batch $b of writer $w has @counts of $n points" if grep { $_ != $counts[0] || ($_ != 0 && $_ != $n) } @counts;
			push @wrong, "batch $b of writer $w is there, batch $last is the last before" if $counts[0] && $last != $b - 1;
			$last = $b if $counts[0];
		}
		push @wrong, "writer $w has batch $last, $writer[$w]{acknowledged} were acknowledged, $writer[$w]{sent} sent"
		  if $last > $writer[$w]{sent} || ($all_acknowledged && $last < $writer[$w]{acknowledged});
	}
	return join("\n", @wrong);
}

sub new_streams
{
	my ($node, $round) = @_;

	@own = map { new_stream($node, "own $round $_") } 0 .. $nwriters - 1;
	@shared = map { new_stream($node, "shared $round $_") } 0 .. $nshared - 1;
	return;
}

sub insert_sql
{
	my ($s, $n) = @_;

	return "SELECT btrdb_insert('$s', array_agg(i), array_agg(i::float8)) FROM generate_series(1, $n) i;\n";
}

my $node = btrdb_node('node_0', @settings);
my $n = 0;
my $acknowledged = 0;
foreach my $round (1 .. $rounds)
{
	# The primary is killed.
	my $standby = standby_of($node, 'node_' . ++$n);
	my $name = $standby->name;
	$node->append_conf('postgresql.conf', "synchronous_standby_names = '\"$name\"'");
	$node->reload;
	ok($node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync'}), "round $round: replication is synchronous");

	new_streams($node, "$round killed");
	my @open = map { new_stream($node, "open $round $_") } 1 .. 4;
	$node->safe_psql('postgres', insert_sql($_, 500)) foreach @open;
	my $before = $node->safe_psql('postgres', join(';', map { "SELECT btrdb_version('$_'), btrdb_stat('$_', 0, 1000000)" } @open));
	my @session = map { BtrdbSession->new($node) } 0 .. 1;
	my $list = join(',', @open[2, 3], @shared);

	# many nodes, and rows of the buffers; committed prefixes of savepoints among them
	$session[0]->query("BEGIN;\n" . insert_sql($open[0], 20000) . "SAVEPOINT s;\n" . insert_sql($open[0], 5000) . "RELEASE s;\nSELECT btrdb_delete('$open[0]', 0, 300);\n" . insert_sql($open[1], 3) . "SELECT btrdb_flush('$open[1]')");
	$session[1]->query("BEGIN;\nINSERT INTO btrdb.points SELECT s, i, -1 FROM unnest('{$list}'::uuid[]) s, generate_series(1, 12) i;\nSELECT btrdb_delete('$open[2]', 0, 400);\nSELECT btrdb_revert('$open[3]', 10)");
	is($session[0]->sqlstate . $session[1]->sqlstate, '', "round $round: two transactions are open");

	my @writer = write_until($node, 1 + rand(2), sub { kill9_all($node) });
	$_->quit foreach @session;
	$standby->promote;
	is(wrong_batches($standby, 1, @writer), '', "round $round: what was acknowledged is there");
	$acknowledged += $_->{acknowledged} foreach @writer;
	cmp_ok($writer[$_]{acknowledged}, '>', 3, "which are $writer[$_]{acknowledged} batches") foreach 0 .. $nwriters - 1;
	is($standby->safe_psql('postgres', join(';', map { "SELECT btrdb_version('$_'), btrdb_stat('$_', 0, 1000000)" } @open)), $before, "round $round: nothing of the open transactions");
	is($standby->safe_psql('postgres', "SELECT count(*) FROM btrdb.points WHERE value = -1"), '0', "round $round: also not in shared rows");
	check_is_clean($standby, "round $round, after the promotion");
	$standby->safe_psql('postgres', 'VACUUM btrdb.points');
	$standby->safe_psql('postgres', join(';', map { insert_sql($_, 1000) . "SELECT btrdb_delete('$_', 0, 100), btrdb_flush('$_')" } @open) . '; SELECT btrdb_flush(); VACUUM');
	check_is_clean($standby, "round $round, after writes");

	# The standby is promoted while the primary is being written to.
	$node = $standby;
	$node->adjust_conf('postgresql.conf', 'synchronous_standby_names', "''");
	$node->reload;
	new_streams($node, "$round promoted");
	$standby = standby_of($node, 'node_' . ++$n);
	my $reader = BtrdbSession->new($standby);
	@writer = write_until($node, 2, sub {
		$reader->start("SELECT count(*) FROM generate_series(1, 50), LATERAL (SELECT count(*) FROM btrdb.points WHERE stream = '$shared[0]' AND time + 0 > 0) x");
		$standby->promote;
	});
	$reader->finish;
	is($reader->sqlstate, '', "round $round: a query goes on while its server is promoted");
	$reader->quit;
	is(wrong_batches($standby, 0, @writer), '', "round $round: the promoted standby has the batches up to a moment");
	cmp_ok($standby->safe_psql('postgres', "SELECT btrdb_count('$shared[0]')"), '>', 0, 'and some of them');
	check_is_clean($standby, "round $round, after a promotion under load");
	is(wrong_batches($node, 1, @writer), '', "round $round: the old primary has all of them");
	check_is_clean($node, "round $round, on the old primary");
	$node->stop;
	$node = $standby;
	new_streams($node, "$round after");
	@writer = write_until($node, 0.5, sub { });
	is(wrong_batches($node, 1, @writer), '', "round $round: the new primary takes writes");
	check_is_clean($node, "round $round, at the end");
}
$node->stop;
figure('batches acknowledged before the primary was killed, all on the standby', $acknowledged);

done_testing();
