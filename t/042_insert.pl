# INSERT and COPY into btrdb.points: memory, logical replication, crashes.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use IO::Handle;
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;

my $node = btrdb_node('insert',
	'shared_buffers = 32MB',
	'max_wal_size = 4GB',
	'autovacuum = off',
	'jit = off',
	'wal_level = logical',
	'max_wal_senders = 5',
	'max_replication_slots = 5',
	'max_parallel_workers_per_gather = 0');
my $s = new_stream($node, 's');
my $t = new_stream($node, 't');

# Runs $sql in a fresh session; returns by how many kilobytes the session's
# memory grew at its peak, apart from shared buffers.
sub memory_of
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', qq{
CREATE FUNCTION pg_temp.kilobytes(field text) RETURNS bigint LANGUAGE sql AS
	\$\$ SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), field || ':\\s+(\\d+)'))[1]::bigint \$\$;
SELECT pg_temp.kilobytes('VmRSS') - pg_temp.kilobytes('RssShmem') AS before \\gset
$sql;
SELECT pg_temp.kilobytes('VmHWM') - pg_temp.kilobytes('RssShmem') - :before;
});
}

sub count_of
{
	my ($stream) = @_;

	return $node->safe_psql('postgres', "SELECT btrdb_count('$stream')");
}

# Points need 36 bytes each while they wait: these do not fit into what is allowed.
my $rows = 3_000_000;
my $limit = "SET btrdb.gather_memory = '16MB'";
my $dir = PostgreSQL::Test::Utils::tempdir();
my $mixed = "SELECT CASE i % 2 WHEN 0 THEN '$s' ELSE '$t' END::uuid, i * 1000::bigint, (i % 1000)::float8 FROM generate_series(1, $rows) AS i";
$node->safe_psql('postgres', qq{
SELECT btrdb_create('many', jsonb_build_object('name', i)) FROM generate_series(1, 1000) AS i;
CREATE TABLE many AS SELECT row_number() OVER () AS n, uuid FROM btrdb.streams WHERE collection = 'many';
COPY ($mixed) TO '$dir/points.binary' WITH (FORMAT binary);
});

# Tests that a statement that appends $rows points keeps to the limit.
sub in_little_memory
{
	my ($name, $statement) = @_;
	my $before = $node->safe_psql('postgres', 'SELECT sum(btrdb_count(uuid)) FROM btrdb.streams');

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my $grown = memory_of("$limit; $statement");
	cmp_ok($grown, '<', 64 * 1024, "$name in little memory: $grown kB");
	is($node->safe_psql('postgres', 'SELECT sum(btrdb_count(uuid)) FROM btrdb.streams') - $before, $rows, "$name: all rows are there");
	return;
}

in_little_memory('INSERT into one stream',
	"INSERT INTO btrdb.points SELECT '$s', i * 1000::bigint, i % 1000 FROM generate_series(1, $rows) AS i");
in_little_memory('INSERT into two streams, row by row', "INSERT INTO btrdb.points $mixed");
in_little_memory('INSERT into a thousand streams in mixed order',
	"INSERT INTO btrdb.points SELECT uuid, i, i % 7 FROM generate_series(1, $rows) AS i JOIN many ON n = 1 + i * 7919::bigint % 1000");
in_little_memory('COPY', "COPY btrdb.points FROM PROGRAM 'seq -f \"$s %.0f 1\" $rows' WITH (DELIMITER ' ')");
in_little_memory('binary COPY', "COPY btrdb.points FROM '$dir/points.binary' WITH (FORMAT binary)");
unlink "$dir/points.binary";
is($node->safe_psql('postgres',
		"SELECT sum(count) || ' ' || sum(mean * count) FROM btrdb_windows('$t', 0, 10000000000, 10000000)"),
	$rows . ' ' . $rows / 2 * 1000, 'and their values');
is($node->safe_psql('postgres', "SELECT count(*), sum(c), max(c) FROM (SELECT btrdb_count(uuid) AS c FROM many) AS q"),
	"1000|$rows|" . $rows / 1000, 'of each of many streams');
cmp_ok(memory_of("SET btrdb.gather_memory = '1GB'; INSERT INTO btrdb.points $mixed"), '>', 80 * 1024,
	'the setting is what limits memory');

# A COPY that is fed by hand shows its progress, and nothing else before it ends.
my $fifo = "$dir/points.fifo";
POSIX::mkfifo($fifo, 0600) or die "could not make $fifo: $!";

# Starts a COPY from the pipe and writes so many points to it; returns the pipe and
# the client.
sub start_copy
{
	my ($first, $n) = @_;
	my ($out, $err) = ('', '');
	my $client = IPC::Run::start(
		[ 'psql', '-XAt', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'),
			'-c', "SET btrdb.gather_memory = '64kB'", '-c', "COPY btrdb.points FROM '$fifo' WITH (DELIMITER ' ')" ],
		'<', \undef, '>', \$out, '2>', \$err);
	open(my $pipe, '>', $fifo) or die "could not open $fifo: $!";
	$pipe->autoflush(1);
	print $pipe "$s $_ 1\n" foreach $first .. $first + $n - 1;
	return ($pipe, $client, \$out, \$err);
}

my $before = count_of($s);
my ($pipe, $client, $out, $err) = start_copy(-10000, 5000);
ok($node->poll_query_until('postgres',
		q{SELECT tuples_processed > 3000 FROM pg_stat_progress_copy WHERE relid = 'btrdb.points'::regclass AND command = 'COPY FROM'}),
	'COPY shows its progress');
is(count_of($s), $before, 'others see nothing of it');
close $pipe;
$client->finish;
like($$out, qr/^COPY 5000$/m, 'it tells the number of rows');
is(count_of($s), $before + 5000, 'which are there at its end');
($pipe, $client, $out, $err) = start_copy(-20000, 5000);
$node->poll_query_until('postgres', 'SELECT tuples_processed > 3000 FROM pg_stat_progress_copy') or die 'COPY does not come along';
$node->safe_psql('postgres', 'SELECT pg_cancel_backend(pid) FROM pg_stat_progress_copy');
close $pipe;
$client->finish;
like($$err, qr/canceling statement/, 'a COPY is canceled');
is(count_of($s), $before + 5000, 'and leaves nothing');
check_is_clean($node, 'after that');

# Acknowledged rows survive.
$node->safe_psql('postgres', "INSERT INTO btrdb.points VALUES ('$s', -1, 1)");
$before = count_of($s);
crash($node);
is(count_of($s), $before, 'an INSERT survives an immediate stop');
check_is_clean($node, 'after the crash');

# The target of logical replication: rows come one by one, without an executor.
$node->safe_psql('postgres', 'CREATE DATABASE source');
$node->safe_psql('source', q{
CREATE SCHEMA btrdb;
CREATE TABLE btrdb.points (stream uuid NOT NULL, "time" bigint NOT NULL, value float8 NOT NULL);
CREATE PUBLICATION points FOR TABLE btrdb.points;
SELECT pg_create_logical_replication_slot('points', 'pgoutput');
});
$node->safe_psql('source', "INSERT INTO btrdb.points SELECT '$t', -i, i FROM generate_series(1, 5) AS i");
my $points = count_of($t);
my $connection = $node->connstr('source') =~ s/'/''/gr;
$node->safe_psql('postgres',
	"CREATE SUBSCRIPTION points CONNECTION '$connection' PUBLICATION points WITH (create_slot = false, slot_name = points)");
$node->poll_query_until('postgres',
	q{SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel}) or die 'the first copy did not end';
is(count_of($t), $points + 5, 'rows of the first copy');
$node->safe_psql('source', qq{
BEGIN;
INSERT INTO btrdb.points VALUES ('$t', -6, 6);
SAVEPOINT a;
INSERT INTO btrdb.points VALUES ('$t', -7, 7);
ROLLBACK TO a;
INSERT INTO btrdb.points VALUES ('$t', -8, 8), ('$s', -8, 8);
COMMIT;
});
$node->poll_query_until('postgres', "SELECT btrdb_count('$s', -9, 0) = 2") or die 'changes did not arrive';
is($node->safe_psql('postgres', "SELECT string_agg(time || '=' || value, ' ') FROM btrdb_values('$t', -9, 0)"),
	'-8=8 -6=6 -5=5 -4=4 -3=3 -2=2 -1=1', 'changes of a transaction with a savepoint');
$node->safe_psql('postgres', 'DROP SUBSCRIPTION points');
check_is_clean($node, 'after replication');

$node->stop;
done_testing();
