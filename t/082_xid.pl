# Transaction ids go on past 2^31 and 2^32 with data in place that was written long before:
# by committed, rolled back and prepared transactions, settled by VACUUM or not.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

test_seed();
my $node = btrdb_node('xid', 'autovacuum = off', "timezone = 'UTC'", 'log_min_messages = error');
my $base = 1700000000000000000;

# All versions of all streams.
sub digest
{
	return $node->safe_psql('postgres', qq{
SELECT s.name, v.version, btrdb_count(s.uuid, version => v.version),
	(SELECT md5(string_agg(p.time || ' ' || p.value, ',' ORDER BY p.n))
	 FROM btrdb_values(s.uuid, ${\TIME_MIN}, ${\TIME_MAX}, v.version) WITH ORDINALITY AS p (time, value, n))
FROM btrdb.streams AS s, LATERAL (SELECT version FROM btrdb_versions(s.uuid) UNION VALUES (0::bigint)) AS v
ORDER BY s.name, v.version});
}

# SQL that inserts $n points into a stream from number $from on.
sub insert_sql
{
	my ($s, $from, $n) = @_;

	return "SELECT btrdb_insert('$s', array_agg($base + i * 1000003::bigint), array_agg(sin(i))) FROM generate_series($from, $from + $n - 1) AS i";
}

my @streams = map { new_stream($node, "s$_") } 1 .. 3;
my $from = 0;

# Writes of all kinds, some of them rolled back; leaves pages unsettled and garbage behind.
sub write_something
{
	$from += 10000;
	foreach my $s (@streams)
	{
		$node->safe_psql('postgres', $_) foreach
			insert_sql($s, $from, 3000),
			'BEGIN; ' . insert_sql($s, $from + 500, 4000) . '; ROLLBACK',
			'BEGIN; SAVEPOINT a; ' . insert_sql($s, $from + 700, 2000) . '; ROLLBACK TO a; ' . insert_sql($s, $from + 800, 1500) . '; COMMIT',
			"SELECT btrdb_delete('$s', $base + ($from + 1000) * 1000003::bigint, $base + ($from + 1500) * 1000003::bigint)",
			"SELECT btrdb_insert('$s', $base + $from, 0.5)",
			"SELECT btrdb_prune('$s', btrdb_version('$s') - 3)";
	}
	$node->safe_psql('postgres', "INSERT INTO btrdb.points SELECT uuid, $base - $from, 1 FROM btrdb.streams");
	return;
}

sub next_xid
{
	return $node->safe_psql('postgres', 'SELECT pg_current_xact_id()');
}

# Makes the server go on with transaction id $xid of epoch $epoch, as if it had used all before.
# The status of the transactions around it is one of those that were never begun.
sub jump
{
	my ($xid, $epoch) = @_;

	$node->stop;
	command_ok([ 'pg_resetwal', '-f', '-e', $epoch, '-x', $xid, $node->data_dir ], "transaction ids go on from $xid, epoch $epoch");
	my $segment = sprintf('%s/pg_xact/%04X', $node->data_dir, int($xid / 1048576));
	append_to_file($segment, "\0" x (32 * 8192)) unless -e $segment;
	$node->start;
	return;
}

# Tests that all is well, before and after VACUUM, which must advance relfrozenxid.
sub examine
{
	my ($expected, $label) = @_;

	is(digest(), $expected, "$label: every version is what it was");
	check_is_clean($node, $label);
	write_something();
	my $more = digest();
	check_is_clean($node, "$label, after writes");

	# template0 holds the limit back, as every database
	$node->safe_psql('postgres', 'UPDATE pg_database SET datallowconn = true');
	$node->command_ok([ 'vacuumdb', '--all', '--freeze', '--quiet' ], "$label: VACUUM FREEZE");
	my ($age, $garbage, $database) = split /\|/, $node->safe_psql('postgres', q{
		SELECT age(relfrozenxid), (SELECT count(*) FROM btrdb.garbage), (SELECT max(age(datfrozenxid)) FROM pg_database)
		FROM pg_class WHERE oid = 'btrdb.points'::regclass});
	cmp_ok($age, '<', 1000, "$label: relfrozenxid has advanced");
	cmp_ok($database, '<', 10000, "$label: and that of the databases");
	is($node->safe_psql('postgres', q{VACUUM btrdb.points; SELECT * FROM btrdb_maintain(); VACUUM btrdb.points; SELECT count(*) FROM btrdb.garbage}) =~ /(\d+)$/ ? $1 : 'none', 0,
		"$label: garbage goes");
	is(digest(), $more, "$label: VACUUM changes no version");
	check_is_clean($node, "$label, after VACUUM");
	return;
}

# Past 2^31, half of it at a time: the limit is that far from the oldest id in use.
write_something();
foreach my $xid (1500000000, 3000000000)
{
	write_something();
	my $before = digest();
	jump($xid, 0);
	cmp_ok(next_xid(), '>=', $xid, "ids are past $xid");
	examine($before, "past $xid");
}

# To 2^32, and over it with transactions under way.
write_something();
my $before = digest();
jump(4294960000, 0);
is(digest(), $before, 'just before 2^32: every version is what it was');
my $committer = $node->background_psql('postgres');
my $aborter = $node->background_psql('postgres');
$committer->query_safe('BEGIN; ' . insert_sql($streams[0], 900000, 5000));
$aborter->query_safe('BEGIN; ' . insert_sql($streams[1], 900000, 5000));
$node->safe_psql('postgres', 'BEGIN; ' . insert_sql($streams[2], 900000, 5000) . q{; PREPARE TRANSACTION 'old'});
$node->safe_psql('postgres', q{
CREATE TABLE used (i int);
DO $$
BEGIN
	FOR i IN 1 .. 8000 LOOP
		BEGIN
			INSERT INTO used VALUES (i);
		EXCEPTION
			WHEN division_by_zero THEN NULL;
		END;
	END LOOP;
END
$$});
cmp_ok(next_xid(), '>', 4294967296, 'ids are past 2^32');
is(digest(), $before, 'nothing of the open transactions is seen');
$node->safe_psql('postgres', 'VACUUM btrdb.points');
$node->safe_psql('postgres', insert_sql(new_stream($node, 's4'), 1, 5000));
check_is_clean($node, 'past 2^32, with transactions from before it');
my $count = $node->safe_psql('postgres', "SELECT string_agg(btrdb_count(uuid)::text, ' ' ORDER BY name) FROM btrdb.streams");
$committer->query_safe('COMMIT');
$aborter->query_safe('ROLLBACK');
$_->quit foreach $committer, $aborter;
$node->safe_psql('postgres', q{COMMIT PREPARED 'old'});
my @counts = split / /, $count;
is($node->safe_psql('postgres', "SELECT string_agg(btrdb_count(uuid)::text, ' ' ORDER BY name) FROM btrdb.streams"),
	join(' ', $counts[0] + 5000, $counts[1], $counts[2] + 5000, $counts[3]), 'they commit and roll back as they would have before');
examine(digest(), 'past 2^32');

# Another round of the circle begins where ids were used before, with the data of the first one.
write_something();
$before = digest();
jump(1500000000, 1);
examine($before, 'past 2^32 and a half');
is($node->safe_psql('postgres', 'SELECT max(relfrozenxid::text::bigint) FROM pg_class') > 1400000000, 1, 'nothing older is left');
done_testing();
