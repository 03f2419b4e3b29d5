# The background worker: does what btrdb_maintain() does in every database, survives errors and
# crashes, waits for promotion, and is in nobody's way.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = btrdb_node(
	'worker',
	q{shared_preload_libraries = 'btrdb'},
	'btrdb.maintain_naptime = 1s',
	'restart_after_crash = on',
	'autovacuum = off',
	'max_wal_senders = 4',
	'hot_standby = on');

# Makes a stream with as many buffered points as are flushed; returns its uuid.
sub due_stream
{
	my ($server, $database, $name) = @_;

	return $server->safe_psql(
		$database, qq{
		WITH new AS MATERIALIZED (SELECT btrdb_create('worker', '{"name": "$name"}') AS s)
		SELECT s FROM new, LATERAL (SELECT btrdb_create_points(s)) AS x});
}

# Waits until a query of a database says true.
sub wait_for
{
	my ($server, $database, $query, $what) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return ok($server->poll_query_until($database, $query), $what);
}

my $points = q{
	CREATE FUNCTION btrdb_create_points(s uuid) RETURNS bigint LANGUAGE sql AS
		'SELECT btrdb_insert(s, array_agg(i), array_agg(1.0::float8)) FROM generate_series(1, 600) AS i'};

is($node->safe_psql('postgres', q{SELECT backend_type, application_name, datname FROM pg_stat_activity WHERE backend_type = 'btrdb launcher'}),
	'btrdb launcher|btrdb launcher|', 'the launcher is shown');

# Of four databases one is without the extension, one is broken.
foreach my $name (qw(plain broken other))
{
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION btrdb') if $name ne 'plain';
}
$node->safe_psql($_, $points) foreach qw(postgres other);
$node->safe_psql('broken', 'ALTER TABLE btrdb.garbage RENAME TO lost');

foreach my $name (qw(postgres other))
{
	my $s = due_stream($node, $name, 'flushed');
	wait_for($node, $name, "SELECT btrdb_version('$s') = 11 AND btrdb_count('$s', version => 11) = 600", "$name: points are flushed");
}
like(slurp_file($node->logfile), qr/extension "btrdb" is not installed in this database/, 'there was an error in another database');

# Settings of the database count; retention and garbage.
my $s = due_stream($node, 'other', 'retained');
$node->safe_psql('other', "SELECT btrdb_flush('$s'), btrdb_delete('$s', 0, 100), btrdb_delete('$s', 0, 200)");
$node->safe_psql('other', 'ALTER DATABASE other SET btrdb.retention = 0');
wait_for($node, 'other', "SELECT count(*) = 1 AND max(count) = 401 FROM btrdb_versions('$s')", 'versions are forgotten');
is($node->safe_psql('other', 'SELECT count(*) > 0 FROM btrdb.garbage'), 't', 'which leaves garbage');
$node->safe_psql('other', 'VACUUM btrdb.points');
wait_for($node, 'other', 'SELECT count(*) = 0 FROM btrdb.garbage', 'garbage rows are removed');

# A stream that cannot be read costs nobody else a turn.
my @streams = map { due_stream($node, 'postgres', "s$_") } 1 .. 3;
my $damaged = $node->safe_psql('postgres', q{SELECT btrdb_create('worker', '{"name": "damaged"}')});
my $start = -s $node->logfile;
$node->safe_psql('postgres', qq{
	BEGIN;
	ALTER TABLE btrdb.buffer DISABLE TRIGGER guard_row;
	INSERT INTO btrdb.buffer SELECT '$damaged', 5000, 5000, store, '\\x00' FROM btrdb.buffer LIMIT 1;
	INSERT INTO btrdb.buffer SELECT '$damaged', 5000, 5000, store, '\\x00' FROM btrdb.versions LIMIT 1;
	ALTER TABLE btrdb.buffer ENABLE ALWAYS TRIGGER guard_row;
	COMMIT;
});
push @streams, map { due_stream($node, 'postgres', "s$_") } 4 .. 6;
wait_for($node, 'postgres', "SELECT btrdb_version('$_') = 11", 'a stream beside the damaged one is flushed') foreach @streams;
ok($node->wait_for_log(qr/maintenance "flush" of stream "$damaged"/, $start), 'the damage is reported');
$node->safe_psql('postgres', qq{
	ALTER TABLE btrdb.buffer DISABLE TRIGGER guard_row;
	DELETE FROM btrdb.buffer WHERE stream = '$damaged';
	ALTER TABLE btrdb.buffer ENABLE ALWAYS TRIGGER guard_row;
});

# It has no more rights than the owner of the table: streams that policies hide are left alone.
$node->safe_psql('postgres', 'CREATE DATABASE copied TEMPLATE other');
$node->safe_psql('copied', q{
	CREATE ROLE keeper;
	ALTER TABLE btrdb.points OWNER TO keeper;
	ALTER TABLE btrdb.streams OWNER TO keeper, ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
	GRANT USAGE ON SCHEMA btrdb TO keeper;
	CREATE POLICY visible ON btrdb.streams USING (current_user = 'keeper' AND name <> 'hidden')});
my $hidden = due_stream($node, 'copied', 'hidden');
foreach my $name (qw(one two))
{
	$s = due_stream($node, 'copied', $name);
	wait_for($node, 'copied', "SELECT btrdb_version('$s') = 11", "the owner's stream $name is flushed");
}
is($node->safe_psql('copied', "SELECT btrdb_version('$hidden')"), '10', 'a stream that is hidden from the owner is not');

# A table that is locked delays nobody for long.
my $session = $node->background_psql('postgres');
$session->query_safe('BEGIN; LOCK TABLE btrdb.points IN ACCESS EXCLUSIVE MODE');
$s = due_stream($node, 'other', 'beside the lock');
wait_for($node, 'other', "SELECT btrdb_version('$s') = 11", 'a locked table in one database does not stop the other');
$session->query_safe('COMMIT');
$session->quit;

# Commands that want a database for themselves.
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE other');
$node->safe_psql('postgres', 'DROP DATABASE other');
$node->safe_psql('postgres', 'DROP DATABASE broken');
$node->safe_psql('postgres', 'DROP DATABASE copied');
$s = due_stream($node, 'copy', 'in a copy');
wait_for($node, 'copy', "SELECT btrdb_version('$s') = 11", 'a new database is maintained');

# It can be turned off and on.
$node->safe_psql('postgres', 'ALTER SYSTEM SET btrdb.maintain_naptime = 0');
$node->reload;
$node->safe_psql('postgres', 'ALTER SYSTEM RESET btrdb.maintain_naptime');
$node->reload;
$s = due_stream($node, 'postgres', 'turned on');
wait_for($node, 'postgres', "SELECT btrdb_version('$s') = 11", 'it goes on after it was turned off and on');

# A crash of the launcher restarts the server, and the launcher with it.
my $launcher = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'btrdb launcher'});
kill('KILL', $launcher);
wait_for($node, 'postgres', qq{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'btrdb launcher' AND pid <> $launcher},
	'the launcher is back after a crash');
$s = due_stream($node, 'postgres', 'after the crash');
wait_for($node, 'postgres', "SELECT btrdb_version('$s') = 11", 'and works');

# A standby has no launcher until it is promoted.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
my $count = q{SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'btrdb%'};
is($standby->safe_psql('postgres', $count), '0', 'a standby has no launcher');
$node->wait_for_catchup($standby);
$standby->promote;
wait_for($standby, 'postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'btrdb launcher'}, 'after promotion it has');
$s = due_stream($standby, 'postgres', 'promoted');
wait_for($standby, 'postgres', "SELECT btrdb_version('$s') = 11", 'which works');

foreach my $server ($standby, $node)
{
	my $began = time();

	check_is_clean($server, 'at the end');
	$server->stop('fast');
	cmp_ok(time() - $began, '<', 20, 'the server stops soon');
}

# Nothing of it is needed.
$node->append_conf('postgresql.conf', q{shared_preload_libraries = ''});
$node->start;
is($node->safe_psql('postgres', "SELECT btrdb_version('$streams[0]'); $count; SHOW btrdb.maintain_naptime"), "11\n0\n1s", 'nothing runs without preloading');
$node->stop;
unlike(slurp_file($node->logfile), qr/TRAP|PANIC/, 'no assertion failed');

done_testing();
