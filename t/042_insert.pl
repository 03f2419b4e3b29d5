# INSERT and COPY into btrdb.points: memory, logical replication, crashes.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
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

# Five million rows need 180 MB at once; they are gathered in 16 MB.
my $rows = 5_000_000;
my $insert = "INSERT INTO btrdb.points SELECT CASE i % 2 WHEN 0 THEN '$s' ELSE '$t' END::uuid, i * 1000::bigint, i % 1000 FROM generate_series(1, $rows) AS i";
my $small = memory_of("SET btrdb.gather_memory = '16MB'; $insert");
cmp_ok($small, '<', 64 * 1024, "INSERT of $rows rows in little memory");
is(count_of($s) + count_of($t), $rows, 'all rows are there');
my $large = memory_of("SET btrdb.gather_memory = '1GB'; $insert");
cmp_ok($large, '>', 100 * 1024, 'the setting is what limits memory');
my $copy = memory_of("SET btrdb.gather_memory = '16MB'; COPY btrdb.points FROM PROGRAM 'seq -f \"$s %.0f 1\" $rows' WITH (DELIMITER ' ')");
cmp_ok($copy, '<', 64 * 1024, "COPY of $rows rows in little memory");
is(count_of($s) + count_of($t), 3 * $rows, 'all rows are there');
is($node->safe_psql('postgres',
		"SELECT sum(count) || ' ' || sum(mean * count) FROM btrdb_windows('$t', 0, 10000000000, 10000000)"),
	$rows . ' ' . $rows / 2 * 1000, 'and their values');

# Acknowledged rows survive.
$node->safe_psql('postgres', "INSERT INTO btrdb.points VALUES ('$s', -1, 1)");
my $before = count_of($s);
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
