# Two deletes from streams that share rows of the write buffer: one waits for the other,
# also if a row turns up meanwhile that comes before those that one of them has moved.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = btrdb_node('deadlock', 'autovacuum = off', 'deadlock_timeout = 100ms');
my $continue = $node->data_dir . '/btrdb_debug_continue';

# Starts a session that runs a query in the background.
sub start_query
{
	my ($query) = @_;
	my %run = (out => '', err => '');

	$run{run} = IPC::Run::start(
		[ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-c', $query ],
		'>', \$run{out}, '2>', \$run{err});
	return \%run;
}

# Waits until a query of pg_stat_activity or pg_locks is true.
sub wait_for
{
	my ($query, $what) = @_;

	ok($node->poll_query_until('postgres', $query), $what);
}

$node->safe_psql('postgres', q{
	CREATE TABLE s AS SELECT i, btrdb_create('deadlock', jsonb_build_object('name', i)) AS u FROM generate_series(1, 5) i;
	CREATE FUNCTION wide(t bigint) RETURNS void LANGUAGE sql
		AS 'INSERT INTO btrdb.points SELECT u, t * 1000 + k, t FROM s, generate_series(1, 15) k';
});
my @stream = split /\n/, $node->safe_psql('postgres', 'SELECT u FROM s ORDER BY i');

# The first row belongs to a transaction that is slow to commit; the others are more than
# one pass of a compaction takes of a stream.
my $slow = $node->background_psql('postgres');
$slow->query_safe('BEGIN; SELECT wide(1)');
$node->safe_psql('postgres', join ';', map { "SET btrdb.compact_rows = 1000; SELECT wide($_)" } 2 .. 31);
is($node->safe_psql('postgres', 'SELECT count(*) FROM btrdb.mixed'), 30, 'rows wait for a compaction');

my $first = start_query(
	"SET btrdb.debug_points = 'compacted'; SELECT btrdb_delete('$stream[0]', 0, 5000)");
wait_for(q{SELECT count(*) = 1 FROM pg_stat_activity WHERE query LIKE '%btrdb_delete%' AND wait_event_type = 'Extension'},
	'the first delete is between two passes');
$slow->query_safe('COMMIT');
my $second = start_query("SELECT btrdb_delete('$stream[1]', 0, 5000)");
wait_for(q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted}, 'the second one waits for it');
append_to_file($continue, '');
$_->{run}->finish for $first, $second;
unlink $continue;
$slow->quit;

is($first->{err}, '', 'the first delete ends well');
is($second->{err}, '', 'and so does the second');
is($node->safe_psql('postgres', "SELECT string_agg(btrdb_count(u)::text, ' ' ORDER BY i) FROM s"),
	join(' ', 31 * 15 - 3 * 15, 31 * 15 - 4 * 15, (31 * 15) x 3), 'what a delete has not seen stays, all else is there');
check_is_clean($node, 'at the end');
$node->stop;

done_testing();
