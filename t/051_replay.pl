# Replay of a workload that writes every kind of record, each compared with an image of its page
# (wal_consistency_checking); at the end the standby's store is the primary's, byte by byte.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $rounds = size_of(ci => 6, full => 200);

# Without full-page writes, images don't stand in for records that say too little.
my $primary = btrdb_node('primary', 'autovacuum = off', 'full_page_writes = off', 'shared_buffers = 16MB', 'max_wal_senders = 5', 'hot_standby = on', 'jit = off',
	'wal_consistency_checking = all', 'max_prepared_transactions = 5', 'allow_in_place_tablespaces = on', 'max_wal_size = 2GB', 'wal_keep_size = 8GB',
	'btrdb.buffer_points = 300', 'btrdb.buffer_rows = 32', 'btrdb.compact_rows = 6', 'btrdb.direct_points = 300');
$primary->safe_psql('postgres', q{
CREATE EXTENSION pageinspect;
CREATE SCHEMA r;
CREATE TABLE r.s AS SELECT i, btrdb_create('r', jsonb_build_object('name', i)) AS u FROM generate_series(1, 8) i;
CREATE FUNCTION r.u(i int) RETURNS uuid LANGUAGE sql STABLE RETURN (SELECT u FROM r.s WHERE s.i = u.i);
});
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = 0');
$standby->start;
my $start = $primary->lsn('insert');

# One of the streams.
sub any { return 'r.u(' . (1 + random_below(8)) . ')' }
sub from { return random_below(1000000) }

# Statements, and how often.
my @kinds = (
	[ 8, sub { "SELECT btrdb_insert(${\any}, array_agg(${\from} + k * ${\random_below(20)}::bigint), array_agg(random())) FROM generate_series(1, ${\(1 + random_below(60))}) k" } ],
	[ 4, sub { "SELECT btrdb_insert(${\any}, array_agg(${\from} + k * ${\random_below(20)}::bigint), array_agg(random())) FROM generate_series(1, ${\(300 + random_below(3000))}) k" } ],
	[ 1, sub { "SELECT btrdb_insert(${\any}, array_agg(${\from}::bigint), array_agg(random())) FROM generate_series(1, 10000) k" } ],
	[ 8, sub { "INSERT INTO btrdb.points SELECT u, ${\from} + k, k FROM r.s, generate_series(1, ${\(1 + random_below(15))}) k" } ],
	[ 2, sub { "SELECT btrdb_insert(${\any}, ARRAY[${\from}, ${\from}], ARRAY[5, 5]::float8[], 'replace')" } ],
	[ 4, sub { "SELECT btrdb_delete(${\any}, t, t + ${\random_below(300000)}) FROM (SELECT ${\from}::bigint AS t) x" } ],
	[ 1, sub { "SELECT btrdb_delete(${\any}, ${\TIME_MIN}, ${\TIME_MAX})" } ],
	[ 2, sub { "SELECT btrdb_revert(u, greatest(v - ${\random_below(5)}, (SELECT min(version) FROM btrdb_versions(u)))) FROM ${\any} u, btrdb_version(u) v" } ],
	[ 2, sub { "SELECT btrdb_flush(${\any})" } ],
	[ 1, sub { 'SELECT btrdb_flush()' } ],
	[ 4, sub { "SELECT btrdb_prune(u, btrdb_flush(u)) FROM ${\any} u" } ],
	[ 1, sub { 'SELECT * FROM btrdb_maintain()' } ],
	[ 3, sub { 'VACUUM btrdb.points' } ],
	[ 1, sub { 'VACUUM' } ],
	[ 1, sub { 'VACUUM (FREEZE, DISABLE_PAGE_SKIPPING) btrdb.points' } ],
	[ 2, sub { 'CHECKPOINT' } ],
	[ 1, sub { "UPDATE btrdb.streams SET annotations = '{\"r\": \"${\from}\"}' WHERE uuid = ${\any}" } ],
	[ 1, sub { q{SELECT btrdb_obliterate(s) FROM (SELECT s, btrdb_insert(s, array_agg(k), array_agg(1.0)) FROM btrdb_create('gone', jsonb_build_object('name', gen_random_uuid())) s, generate_series(1, 900) k GROUP BY s) x} } ],
	[ 1, sub { 'ANALYZE btrdb.points' } ],
);
my @choice = map { my ($weight, $sql) = @$_; ($sql) x $weight } @kinds;

sub statement { return $choice[ random_below(scalar @choice) ]->() . ";\n" }

# Such as may be in a transaction.
sub statement_inside
{
	my $sql;

	do { $sql = statement() } while $sql =~ /^(?:VACUUM|CHECKPOINT)/;
	return $sql;
}

# A page of a file, without the room between its line pointers and its items, which is nobody's.
sub used_bytes
{
	my ($file, $n) = @_;
	my $page = substr($file, 8192 * $n, 8192);
	my ($lower, $upper) = unpack('x12 S S', $page);

	substr($page, $lower, $upper - $lower) = '' if $lower < $upper;
	return $page;
}

# What queries tell of all streams.
sub digest
{
	my ($node) = @_;

	return $node->safe_psql('postgres', qq{
SELECT i, btrdb_version(u), md5(string_agg(v::text, ',')), count(v) FROM r.s, btrdb_values(u, ${\TIME_MIN}, ${\TIME_MAX}) v GROUP BY i, u ORDER BY i;
SELECT i, version, count, btrdb_stat(u, ${\TIME_MIN}, ${\TIME_MAX}, version) FROM r.s, btrdb_versions(u) ORDER BY 1, 2;
});
}

foreach my $round (1 .. $rounds)
{
	my $sql = '';

	$sql .= statement() foreach 1 .. 40;
	foreach my $n (1 .. 3)
	{
		$sql .= "BEGIN;\n" . statement_inside() . "SAVEPOINT s;\n" . statement_inside() . 'ROLLBACK TO s; ' . statement_inside() . qw(COMMIT ROLLBACK)[ random_below(2) ] . ";\n";
	}
	$sql .= "BEGIN;\n" . join('', map { statement_inside() } 1 .. 3) . "PREPARE TRANSACTION 'p';\n" . ("COMMIT PREPARED 'p'", "ROLLBACK PREPARED 'p'")[ random_below(2) ] . ";\n";

	# Another file, by turns; and one that goes with its transaction.
	$sql .= ('VACUUM FULL btrdb.points', 'TRUNCATE btrdb.points', 'BEGIN; TRUNCATE btrdb.points; ' . statement_inside() . 'ROLLBACK')[ $round % 3 ] . ";\n" . join('', map { statement() } 1 .. 10);

	# Empty pages at the end of the file.
	$sql .= q{
SELECT btrdb_insert(u, array_agg(2000000 + k), array_agg(random())) FROM r.u(1) u, generate_series(1, 30000) k GROUP BY u;
SELECT btrdb_delete(u, 2000000, 3000000), btrdb_prune(u, btrdb_version(u)) FROM r.u(1) u;
} . "SELECT btrdb_prune(u, btrdb_version(u)) FROM r.u(1) u;\nVACUUM btrdb.points;\n";
	my ($rc, $out, $err) = $primary->psql('postgres', $sql, on_error_stop => 1, on_error_die => 0);

	is($err =~ s/^.*(?:WARNING|NOTICE).*\n//mgr, '', "round $round") or last;
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	is(digest($standby), digest($primary), "standby answers as the primary after round $round");
}
check_is_clean($standby, 'on the standby');
check_is_clean($primary, 'on the primary');

# The kinds of records there have been.
my ($out, $err) = run_command(
	[ 'pg_waldump', '--stats=record', '--start', $start, '--end', $primary->lsn('flush'), '-p', $primary->data_dir . '/pg_wal' ]);
foreach my $kind (qw(Generic XLOG/FPI Btree/REUSE_PAGE Storage/TRUNCATE Storage/CREATE Heap/LOCK Heap/INSERT Heap/DELETE Heap2/PRUNE
	Btree/INSERT_LEAF Btree/VACUUM Transaction/COMMIT Transaction/ABORT Transaction/PREPARE))
{
	like($out, qr/^\Q$kind\E\S*\s+[1-9]/m, "there were records of $kind");
}

my $records = 0;
$records += $1 while $out =~ /^Generic\S*\s+(\d+)/mg;
figure('records of btrdb.points compared with their pages when replayed', $records);

# Byte by byte, what both have on disk after a checkpoint that the standby has made its own.
$primary->safe_psql('postgres', 'VACUUM btrdb.points; CHECKPOINT');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
$standby->safe_psql('postgres', 'CHECKPOINT');
my $path = $primary->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
my @file = map { slurp_file($_->data_dir . "/$path") } $primary, $standby;
my @differ = grep { used_bytes($file[0], $_) ne used_bytes($file[1], $_) } 0 .. length($file[0]) / 8192 - 1;
is(length($file[1]), length($file[0]), 'the store has as many bytes on the standby: ' . length($file[0]));
is("@differ", '', 'and the same ones on each page');
cmp_ok(length($file[0]) / 8192, '>', 20, 'which are many');
unlike(slurp_file($standby->logfile), qr/FATAL|PANIC/, 'replay has found no difference');

$standby->stop;
$primary->stop;
done_testing();
