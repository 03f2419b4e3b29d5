# Every acknowledged write survives an immediate stop.
#
# A transaction without an id commits without flushing its WAL, and nobody
# notices while the server runs.  So after each kind of write, and nothing else,
# the server is stopped without a checkpoint, and what it knew must be there when
# it is back.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use Test::More;

# The WAL writer would save what a commit forgets to flush: keep it asleep.
my $node = btrdb_node('durable',
	'wal_writer_delay = 10s',
	'autovacuum = off',
	'checkpoint_timeout = 1h',
	'max_prepared_transactions = 5');
my $s = new_stream($node, 'a');
my $other = new_stream($node, 'b');

$node->safe_psql('postgres', q{
CREATE SCHEMA durable;

-- A digest of everything that can be known of a stream.
CREATE FUNCTION durable.state(s uuid) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', 'version', btrdb_version(s),
		'latest', (SELECT count(*) || ':' || coalesce(md5(string_agg(time || '=' || value, ',' ORDER BY n)), '')
				   FROM btrdb_values(s, -4611686018427387904, 4611686018427387904) WITH ORDINALITY AS v (time, value, n)),
		'versions', (SELECT string_agg(version || ':' || count, ',' ORDER BY version) FROM btrdb_versions(s)),
		'digests', (SELECT string_agg(d, ',' ORDER BY version)
					FROM (SELECT ver.version, md5(string_agg(val.time || '=' || val.value, ',' ORDER BY val.n)) AS d
						  FROM btrdb_versions(s) ver
						  CROSS JOIN LATERAL btrdb_values(s, -4611686018427387904, 4611686018427387904, ver.version)
							WITH ORDINALITY AS val (time, value, n)
						  GROUP BY ver.version) x))
$$;

CREATE FUNCTION durable.points(s uuid) RETURNS bigint LANGUAGE sql AS 'SELECT btrdb_count(s)';
});

# Runs $write in a session of its own, stops the server without a checkpoint, and
# compares; $points is what the stream must hold then.
sub survives
{
	my ($name, $write, $points) = @_;
	my $out = $node->safe_psql('postgres', "$write;\nSELECT 'state ' || durable.state('$s')");
	my ($before) = $out =~ /^state (.*)$/m;

	crash($node);

	my $after = $node->safe_psql('postgres',
		"SELECT durable.state('$s'); SELECT durable.points('$s')");
	is($after, "$before\n$points", "$name survives an immediate stop");
	return;
}

sub insert
{
	my ($first, $n, $step) = @_;

	return "SELECT btrdb_insert('$s', array_agg(i * ${step}::bigint), array_agg(i / 7.0::float8)) "
	  . "FROM generate_series($first, $first + $n - 1) i";
}

# Control: a commit that is not flushed does get lost here, so that the tests
# below can fail.
my $lost = 0;
for my $attempt (1 .. 10)
{
	$node->safe_psql('postgres',
		"SET synchronous_commit = off; SELECT btrdb_insert('$other', $attempt, 1.0)");
	crash($node);
	$lost = 1 if $node->safe_psql('postgres', "SELECT durable.points('$other')") < $attempt;
	last if $lost;
}
ok($lost, 'a commit that is not flushed is lost by an immediate stop');

my $count = 0;
survives('a direct insert into a new stream', insert(0, 2000, 1000), $count += 2000);
survives('a direct insert at the end', insert(2000, 1024, 1000), $count += 1024);
survives('a direct insert between', insert(0, 5000, 613), $count += 5000);
survives('a buffered insert', insert(7000, 10, 1000), $count += 10);
survives('a buffered point', "SELECT btrdb_insert('$s', 42, 4.2)", $count += 1);
survives('a buffered insert of rawpoints',
	"SELECT btrdb_insert('$s', ARRAY[rawpoint(1, 1.5), rawpoint(2, -0.0)])", $count += 2);
survives('an insert that flushes the buffer',
	'SET btrdb.buffer_points = 20; ' . insert(8000, 30, 1000), $count += 30);
survives('a buffered insert after that', insert(9000, 5, 1000), $count += 5);
survives('a flush', "SELECT btrdb_flush('$s')", $count);
survives('a buffered insert before flushing all', insert(9100, 5, 1000), $count += 5);
survives('a flush of all streams', 'SELECT btrdb_flush()', $count);

# In [0, 1000000) are 1,000 points of the first insert, 1,632 of the third, the point at 42,
# and the two rawpoints.
survives('a delete', "SELECT btrdb_delete('$s', 0, 1000000)", $count -= 2635);
survives('a delete of nothing', "SELECT btrdb_delete('$s', 1, 10)", $count);
my $before_all = $node->safe_psql('postgres', "SELECT btrdb_version('$s')");
survives('a delete of everything',
	"SELECT btrdb_delete('$s', ${\TIME_MIN}, ${\TIME_MAX})", 0);
survives('a revert', "SELECT btrdb_revert('$s', $before_all)", $count);
survives('a revert to the empty stream', "SELECT btrdb_revert('$s', 1)", 0);
survives('a transaction of several writes',
	'BEGIN; '
	  . insert(0, 3000, 10) . '; '
	  . "SELECT btrdb_delete('$s', 0, 100); SAVEPOINT a; SELECT btrdb_delete('$s', 0, 20000); ROLLBACK TO a; "
	  . insert(0, 7, 1)
	  . '; COMMIT',
	$count = 3000 - 10 + 7);
survives('an insert of the same statement into a table',
	'CREATE TABLE durable.t AS ' . insert(0, 4000, 77), $count += 4000);

# A rolled back write leaves nothing, also when it was the last thing before a crash.
survives('nothing of a rolled back transaction',
	'BEGIN; ' . insert(0, 5000, 3) . "; SELECT btrdb_flush('$s'); ROLLBACK", $count);

# Two-phase commit.
$node->safe_psql('postgres',
	'BEGIN; ' . insert(0, 3000, 5) . '; ' . insert(0, 3, 5) . "; PREPARE TRANSACTION 'p'");
crash($node);
is($node->safe_psql('postgres', "SELECT durable.points('$s')"),
	$count, 'a prepared insert is not visible after an immediate stop');
survives('a commit of a prepared transaction', "COMMIT PREPARED 'p'", $count += 3003);

# TRUNCATE: the old store or the new one, never a part of both.
survives('nothing of a TRUNCATE that is rolled back',
	'BEGIN; TRUNCATE btrdb.points; ' . insert(0, 5000, 3) . '; ' . insert(0, 3, 1) . '; ROLLBACK', $count);
my $before = $node->safe_psql('postgres', "SELECT durable.state('$s')");
my $open = $node->background_psql('postgres');
$open->query_safe('BEGIN; TRUNCATE btrdb.points; ' . insert(0, 5000, 3) . '; ' . insert(0, 3, 1));
$node->stop('immediate');
$open->{run}->finish;
$node->start;
is($node->safe_psql('postgres', "SELECT durable.state('$s')"), $before, 'nor of one that was open');
$node->safe_psql('postgres',
	'BEGIN; TRUNCATE btrdb.points; ' . insert(0, 2000, 3) . '; ' . insert(0, 3, 1) . "; PREPARE TRANSACTION 'p'");
crash($node);
survives('a ROLLBACK PREPARED of TRUNCATE', "ROLLBACK PREPARED 'p'", $count);
survives('TRUNCATE', 'TRUNCATE btrdb.points', 0);
survives('a buffered insert after TRUNCATE', insert(0, 3, 1), 3);
survives('TRUNCATE with inserts',
	'BEGIN; TRUNCATE btrdb.points; ' . insert(0, 5000, 3) . '; ' . insert(0, 3, 1) . '; COMMIT', 5003);
$node->safe_psql('postgres',
	'BEGIN; TRUNCATE btrdb.points; ' . insert(0, 2000, 3) . '; ' . insert(0, 3, 1) . "; PREPARE TRANSACTION 'p'");
crash($node);
survives('a COMMIT PREPARED of TRUNCATE', "COMMIT PREPARED 'p'", 2003);

my $new = $node->safe_psql('postgres', q{SELECT btrdb_create('test', '{"name": "c"}')});
crash($node);
is( $node->safe_psql('postgres', q{SELECT btrdb_stream('test/c')}),
	$new, 'a new stream survives an immediate stop');

check_is_clean($node, 'after all stops');
$node->stop;

done_testing();
