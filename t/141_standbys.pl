# Standbys that are read: doc/standbys.md does what it shows; btrdb_wait_for_version() waits for replay and for
# nothing else, and does not hinder it.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# The document's shell blocks, one after the other in one shell; its programs are PostgreSQL's, but for an initdb
# that lets servers find the extension under test.
sub run_document
{
	my ($file) = @_;
	my $text = slurp_file($file);
	my $dir = PostgreSQL::Test::Utils::tempdir_short();
	my $initdb = "$ENV{TMPDIR}/programs/initdb";
	my (@blocks, @outputs);

	while ($text =~ /^```sh\n(.*?)^```\n(?:```\n(.*?)^```\n)?/gms)
	{
		push @blocks, $1;
		push @outputs, $2 // '';
	}
	mkdir "$ENV{TMPDIR}/programs";
	my ($bindir) = PostgreSQL::Test::Utils::run_command([ $ENV{PG_CONFIG} // 'pg_config', '--bindir' ]);
	append_to_file($initdb, <<"END");
#!/bin/sh
$bindir/initdb "\$@" && cat "$ENV{TEMP_CONFIG}" >> "\$2/postgresql.conf"
END
	chmod 0755, $initdb;

	my $script = "set -e\nunset PGPORT\nPATH=$ENV{TMPDIR}/programs:\$PATH\ncd $dir\n" .
	  join('', map { $_ . "echo '#### end of block'\n" } @blocks);
	my ($out, $err) = ('', '');
	my $done = IPC::Run::run([ 'bash', '-c', $script ], '<', \undef, '>', \$out, '2>', \$err);
	ok($done, "$file: all blocks run") or diag($err);
	my @printed = split(/#### end of block\n/, $out, -1);
	is($printed[$_] // 'nothing', $outputs[$_], "$file: block " . ($_ + 1) . ' shows its output') foreach 0 .. $#blocks;
	# A server that a failure has left behind.
	system('pg_ctl', '-D', "$dir/$_", '-m', 'immediate', 'stop', '-s') foreach $done ? () : grep { -e "$dir/$_/postmaster.pid" } qw(standby1 standby2 primary);
	return;
}

run_document('doc/standbys.md');

# A standby whose replay waits for queries for ever, so that a wait that hinders it does not come to its end.
my $primary = btrdb_node('primary', 'autovacuum = off', 'max_wal_senders = 5', 'hot_standby = on');
my $s = new_stream($primary, 'a');
$primary->safe_psql('postgres', "SELECT btrdb_insert('$s', array_agg(i), array_agg(1.0)) FROM generate_series(1, 2000) i");
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = -1\nhot_standby_feedback = on");
$standby->start;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

sub sql_of_wait
{
	my ($stream, $version, $timeout) = @_;

	return "SELECT btrdb_wait_for_version('$stream', $version, '$timeout')";
}

# Starts a wait and returns when it waits.
sub start_wait
{
	my ($stream, $version) = @_;
	my %wait = (out => '', err => '');

	$wait{run} = IPC::Run::start(
		[
			'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-d', $standby->connstr('postgres'),
			'-c', sql_of_wait($stream, $version, '180 s'), '-c', "SELECT btrdb_count('$stream')"
		],
		'<', \undef, '>', \$wait{out}, '2>', \$wait{err});
	ok($standby->poll_query_until('postgres',
			q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND query LIKE '%wait_for_version%' AND pid <> pg_backend_pid()}),
		"a session waits for version $version");
	return \%wait;
}

sub end_wait
{
	my ($wait, $expected, $what) = @_;

	$wait->{run}->finish;
	is($wait->{out} . $wait->{err}, $expected, $what);
	return;
}

is($standby->safe_psql('postgres', sql_of_wait($s, 11, '0')), '11', 'what is there is not waited for');

# Replay stands still: nothing comes.
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
ok($standby->poll_query_until('postgres', q{SELECT pg_get_wal_replay_pause_state() = 'paused'}), 'replay is paused');
my $version = $primary->safe_psql('postgres', "SELECT btrdb_insert('$s', array_agg(i), array_agg(1.0)) FROM generate_series(1, 2000) i");
is($version, '12', 'the primary has another version');
my ($state, $message) = sqlstate_of($standby, sql_of_wait($s, 12, '50 ms'));
is($state, '57014', 'a version that does not come is an error');
like($message, qr/version 12 of stream "$s" has not come within 50\.000 ms\nDETAIL:  The latest version is 11\.\nHINT:  The standby is behind/, 'which tells');
my $new = new_stream($primary, 'b');
$primary->safe_psql('postgres', "SELECT btrdb_insert('$new', 1, 1), btrdb_flush('$new')");
($state) = sqlstate_of($standby, sql_of_wait($new, 11, '50 ms'));
is($state, '42704', 'a stream that does not come is unknown');

# It goes on, past commands that lock all tables of the extension.
my $wait = start_wait($s, 12);
$primary->safe_psql('postgres', q{BEGIN; LOCK TABLE btrdb.points, btrdb.streams, btrdb.versions, btrdb.heads IN ACCESS EXCLUSIVE MODE; SELECT pg_current_xact_id(); COMMIT});
my $last = $primary->safe_psql('postgres', "SELECT btrdb_insert('$s', array_agg(i), array_agg(1.0)) FROM generate_series(1, 2000) i");
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$wait->{run}->finish;
like($wait->{out}, qr/^1[23]\n[46]000\n\z/, 'a version that is replayed ends the wait, and the next statement sees it');
is($wait->{err}, '', 'without an error');
is($standby->safe_psql('postgres', sql_of_wait($s, $last, '180 s')), '13', 'what comes after locks of all tables comes');
is($standby->safe_psql('postgres', sql_of_wait($new, 11, '180 s')), '11', 'and a stream that is new');

# A wait across such locks: the version comes after them.
$wait = start_wait($s, 14);
$primary->safe_psql('postgres', q{BEGIN; LOCK TABLE btrdb.points, btrdb.streams, btrdb.versions, btrdb.heads IN ACCESS EXCLUSIVE MODE; SELECT pg_current_xact_id(); COMMIT});
$primary->safe_psql('postgres', "SELECT btrdb_insert('$s', 1, 1), btrdb_flush('$s')");
end_wait($wait, "14\n6001\n", 'a wait does not hinder the replay of locks');

# It can be cancelled, and ends with the server.
$wait = start_wait($s, 99);
$standby->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Extension'});
$wait->{run}->finish;
like($wait->{err}, qr/57014: canceling statement due to user request/, 'a wait can be cancelled');
$wait = start_wait($s, 99);
$standby->stop('fast');
$wait->{run}->finish;
like($wait->{err}, qr/57P01/, 'a wait ends with the server');
$primary->stop;

done_testing();
