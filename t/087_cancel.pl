# Cancelled at any moment, a session answers at once and leaves nothing behind.
#
# Each command is run with a statement_timeout between 1 ms and what it takes.  psql
# tells how long the command took: no more than 100 ms longer than it was given.  (What was slower is
# tried again, three times, for other processes may have had the CPU.)  The streams are what they were,
# the session holds no locks and no more memory.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $rounds = size_of(ci => 12, full => 300);
my $grace = 100;
my $node = btrdb_node('cancel', 'autovacuum = off', 'shared_buffers = 64MB', 'log_min_messages = warning', 'log_min_error_statement = panic',
	'jit = off', 'max_parallel_workers_per_gather = 0');

$node->safe_psql('postgres', q{
SELECT btrdb_create('cancel', '{"name": "big"}'), btrdb_create('cancel', '{"name": "long"}'), btrdb_create('cancel', '{"name": "equal"}');
SELECT count(btrdb_create('cancel', jsonb_build_object('n', i))) FROM generate_series(1, 2000) i;
SELECT btrdb_insert(btrdb_stream('cancel/big'), array_agg(i * 1000003::bigint), array_agg(random())) FROM generate_series(1, 300000) i;
SELECT btrdb_insert(btrdb_stream('cancel/big'), array_agg(i * 1000003::bigint + 7), array_agg(random())) FROM generate_series(1, 300000, 50) i;
SELECT btrdb_insert(btrdb_stream('cancel/equal'), array_agg(7::bigint), array_agg(random())) FROM generate_series(1, 200000) i;
SELECT btrdb_insert(btrdb_stream('cancel/long'), ARRAY[1, 4000000000000000000], ARRAY[1, 2]::float8[]);
INSERT INTO btrdb.points SELECT uuid, i, i FROM btrdb.streams, generate_series(1, 5) i WHERE tags ? 'n';
CREATE TABLE given AS SELECT uuid, 10 + i AS time, i::float8 AS value FROM btrdb.streams, generate_series(1, 50) i WHERE tags ? 'n';
CREATE TABLE arrays AS SELECT array_agg(i * 1000003::bigint + 3) AS times, array_agg(random()) AS values FROM generate_series(1, 300000) i;
ANALYZE given;
CREATE FUNCTION state() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', (SELECT count(*) FROM btrdb.points), (SELECT sum(value) FROM btrdb.points), (SELECT count(*) FROM btrdb.versions), (SELECT count(*) FROM btrdb.streams),
		(SELECT count(*) FROM btrdb.buffer), (SELECT count(*) FROM btrdb.mixed), (SELECT count(*) FROM btrdb.garbage))
$$;
});
my ($big, $long, $equal) = map { $node->safe_psql('postgres', "SELECT btrdb_stream('cancel/$_')") } qw(big long equal);
my $file = $node->basedir . '/given';
$node->safe_psql('postgres', "COPY given TO '$file'");

# What is not cancelled in time is undone.
my @commands = (
	[ 'insert', "SELECT btrdb_insert('$big', times, values) FROM arrays" ],
	[ 'insert over many streams', 'INSERT INTO btrdb.points SELECT * FROM given' ],
	[ 'COPY', "COPY btrdb.points FROM '$file'" ],
	[ 'flush of all', 'SELECT btrdb_flush()' ],
	[ 'maintenance', 'SELECT * FROM btrdb_maintain()' ],
	[ 'delete', "SELECT btrdb_delete('$big', 1000000, 200000000000)" ],
	[ 'trim', "SELECT btrdb_trim('$big', 200000000000, 22)" ],
	[ 'prune', "SELECT btrdb_prune('$big', 12)" ],
	[ 'obliterate', "SELECT btrdb_obliterate('$big')" ],
	[ 'DELETE FROM streams', "DELETE FROM btrdb.streams WHERE tags ? 'n'" ],
	[ 'ANALYZE', 'ANALYZE btrdb.points' ],
	[ 'check', 'SELECT * FROM btrdb_check()' ],
	[ 'values', "SELECT count(*), sum(value) FROM btrdb_values('$big', 0, 4000000000000) OFFSET 0" ],
	[ 'values, stored', "SELECT count(v) FROM (SELECT btrdb_values('$big', 0, 4000000000000) AS v) x" ],
	[ 'small windows', "SELECT sum(count) FROM btrdb_windows('$big', 0, 300000000000, 30000)" ],
	[ 'empty windows', "SELECT sum(count) FROM btrdb_windows('$long', 0, 4000000000000000000, 3)" ],
	[ 'empty windows, stored', "SELECT count(w) FROM (SELECT btrdb_windows('$long', 0, 4000000000000000000, 3) AS w) x" ],
	[ 'aligned windows', "SELECT sum(count) FROM btrdb_aligned_windows('$big', 0, 300000000000, 14)" ],
	[ 'several streams, side by side', "SELECT count(*) FROM btrdb_rows('{$big,$long,$equal}', 0, 4000000000000)" ],
	[ 'rounded times', "SELECT count(*) FROM btrdb_rows('{$big,$long,$equal}', 0, 4000000000000, 4000000000000)" ],
	[ 'windows of several streams', "SELECT sum(count) FROM btrdb_multi_windows('{$long,$big}', 0, 4000000000000000000, 3)" ],
	[ 'filled windows', "SELECT count(mean) FROM btrdb_windows('$long', 0, 4000000000000000000, 3, fill => 'linear')" ],
	[ 'columns', "SELECT count(*) FROM btrdb_minmax('$big', 0, 300000000000, 100000) OFFSET 0" ],
	[ 'largest triangles', "SELECT count(*) FROM btrdb_lttb('$big', 0, 4000000000000, 3) OFFSET 0" ],
	[ 'changes', "SELECT count(*) FROM btrdb_changes('$big', 0, 12)" ],
	[ 'equal times', "SELECT count(*), sum(value) FROM btrdb_values('$equal', 0, 100) OFFSET 0" ],
	[ 'gaps', "SELECT count(*) FROM btrdb_gaps('$big', 0, 4000000000000, 900000)" ],
	[ 'gaps of nothing', "SELECT count(*) FROM btrdb_gaps('$equal', 0, 100, 7)" ],
	[ 'no crossing', "SELECT * FROM btrdb_first_crossing('$big', 0, 4000000000000, 2)" ],
	[ 'as of many times', "SELECT count(value) FROM arrays, btrdb_asof('$big', times, 'nearest')" ],
	[ 'integral', "SELECT btrdb_integral('$big', 0, 4000000000000)" ],
	[ 'windows of rates of nothing', "SELECT count(increase) FROM btrdb_rate('$long', 0, 4000000000000000000, 3)" ],
	[ 'the table', 'SELECT count(*) FROM btrdb.points WHERE time % 7 = 3' ],
	[ 'the table, backwards', 'SELECT sum(t) FROM (SELECT time % 7 AS t FROM btrdb.points ORDER BY stream DESC, time DESC) x' ],
	[ 'statistics by bucket', "SELECT count(*) FROM (SELECT time / 20000000 AS t, count(*), sum(value) FROM btrdb.points WHERE stream = '$big' GROUP BY 1) x" ],
	[ 'statistics by stream', 'SELECT count(*) FROM (SELECT stream, count(*) FROM btrdb.points GROUP BY 1) x' ],
	[ 'the view', 'SELECT count(*), sum(bytes) FROM btrdb.stream_stats' ],
	[ 'VACUUM', 'VACUUM btrdb.points', 'alone' ],
	[ 'VACUUM FULL', 'VACUUM FULL btrdb.points', 'alone' ],
);

my $session = $node->background_psql('postgres', on_error_stop => 0, timeout => 14000);
my $pid = $session->query_safe('SELECT pg_backend_pid()');
$session->query_safe('\timing on');

# Runs a command with a timeout; returns the milliseconds it took and whether it was cancelled.
sub attempt
{
	my ($command, $alone, $ms) = @_;

	$session->{stderr} = '';
	# The time of the command is printed first in a transaction, second after BEGIN.
	my $out = $session->query(($alone ? '' : "BEGIN;\n") . "SET " . ($alone ? '' : 'LOCAL ') . "statement_timeout = $ms;\n\\echo command\n$command;\n\\echo done\n" . ($alone ? 'SET statement_timeout = 0;' : "ROLLBACK;\nROLLBACK;"));
	# The timeout may come after the command, and cancel the ROLLBACK.
	my $err = $session->{stderr} =~ s/^.*WARNING:  there is no transaction in progress\n?//mgr;
	$session->{stderr} = '';
	my ($took) = $out =~ /command\n.*?Time: ([\d.]+) ms.*?\ndone/s;

	die "no time in: $out $err" unless defined $took;
	die $err if $err =~ s/^.*ERROR:  canceling statement due to statement timeout(?:\nCONTEXT:.*)*\n?//mgr =~ /ERROR|connection/;
	return ($took, $err ne '' ? 1 : 0);
}

my $before = $node->safe_psql('postgres', 'SELECT state()');
my ($cancelled, $slowest, $memory) = (0, 0, undef);
foreach my $round (1 .. 3)
{
	foreach my $case (@commands)
	{
		my ($name, $command, $alone) = @$case;
		my ($whole) = attempt($command, $alone, $name =~ /windows/ ? 200 : 60000);
		my @late;

		foreach my $i (1 .. $rounds / 3)
		{
			my $ms = 1 + random_below($whole);
			my ($over, $took, $was);

			foreach my $try (1 .. 3)
			{
				($took, $was) = attempt($command, $alone, $ms);
				$over = $was ? $took - $ms : 0;
				last if $over <= $grace;
			}
			$cancelled += $was;
			$slowest = $over if $over > $slowest;
			push @late, "$over ms after $ms ms" if $over > $grace;
		}
		is("@late", '', "$name answers at once when cancelled, round $round");
	}
	my $now = $session->query_safe('SELECT sum(total_bytes) FROM pg_backend_memory_contexts') =~ s/\n.*//sr;
	# Caches fill at first; what a command had gathered would be much more, some 5 MB.
	cmp_ok($now, '<', $memory + 2500000, 'memory stays what it was') if $round > 2;
	$memory = $now;
}
figure('commands cancelled at random moments', $cancelled);
figure('latest answer to a cancellation, ms', sprintf('%.1f', $slowest));
cmp_ok($cancelled, '>', 20, 'commands are cancelled');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE pid = $pid"), '0', 'no locks are left');
is($node->safe_psql('postgres', 'SELECT state()'), $before, 'the streams are what they were');
$session->quit;
check_is_clean($node, 'at the end');
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC|was terminated by signal|leak|still referenced|problem in alloc|detected write past/, 'the server log is clean');
$node->stop;
done_testing();
