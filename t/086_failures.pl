# An error at every place where one may arise.
#
# Builds with assertions count the places at which memory is allocated, pages are read or
# extended, rows are inserted, or a session may be cancelled (src/debug_places.h).  Each
# command is run with the first of them failing, then the second, and so on, until it
# gets through.  After each failure every stream and version is what it was, all invariants
# hold, and the same command can do its work; at the end the session holds no lock and no more
# memory than before.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $node = btrdb_node('failures', 'autovacuum = off', 'shared_buffers = 16MB', 'log_min_error_statement = panic',
	'log_min_messages = warning', 'jit = off');

$node->safe_psql('postgres', q{
CREATE SCHEMA fail;
CREATE SEQUENCE fail.seen;

-- A stream of n points from a time on.
CREATE FUNCTION fail.stream(name text, n int, step bigint DEFAULT 1000003) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
	u uuid := btrdb_create('fail', jsonb_build_object('name', name));
BEGIN
	PERFORM setseed(0.5);
	IF n > 0 THEN
		PERFORM btrdb_insert(u, array_agg(i * step), array_agg(random())) FROM generate_series(1, n) i;
	END IF;
	RETURN u;
END
$$;

CREATE FUNCTION fail.u(name text) RETURNS uuid LANGUAGE sql STABLE AS $$
	SELECT btrdb_stream('fail/' || name)
$$;

-- All that can be read.
CREATE FUNCTION fail.state() RETURNS text LANGUAGE sql SET btrdb.trimmed_points = 'skip' AS $$
	SELECT md5(concat_ws(';',
		(SELECT string_agg(p::text, ',') FROM btrdb.points p),
		(SELECT string_agg(concat_ws(' ', stream, version, base, store, phase, count, earliest, latest, min, max, mean, m2, root), ',' ORDER BY stream, version)
		 FROM btrdb.versions),
		(SELECT string_agg(s::text, ',' ORDER BY uuid) FROM btrdb.streams s),
		(SELECT string_agg(stream::text, ',' ORDER BY stream) FROM btrdb.retired),
		(SELECT string_agg(concat_ws(' ', stream, root, version, leaf, whole), ',' ORDER BY stream, root) FROM btrdb.garbage)))
$$;

-- What is wrong.
CREATE FUNCTION fail.problems() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', stream, block, item, problem), '; ') FROM btrdb_check()
$$;

SELECT fail.stream('old', 2500), fail.stream('plain', 0), fail.stream('flushed', 0), fail.stream('big', 2500), fail.stream('gone', 2500),
	fail.stream('gone too', 1500), fail.stream('chain', 0), fail.stream('pruned', 3000);
SELECT btrdb_insert(fail.u('chain'), array_agg(CASE WHEN i < 100 THEN i ELSE 100 END::bigint), array_agg(i::float8)) FROM generate_series(1, 4500) i;
SELECT count(fail.stream('wide ' || i, 0)) FROM generate_series(1, 20) i;
SELECT btrdb_insert(fail.u('flushed'), i, i) FROM generate_series(1, 5) i;
SELECT btrdb_insert(fail.u('pruned'), array_agg(i * 1000003::bigint + 7), array_agg(i::float8)) FROM generate_series(1000, 2100) i;
SELECT btrdb_delete(fail.u('pruned'), 0, 300000000), btrdb_delete(fail.u('pruned'), 0, 900000000);
SELECT btrdb_insert(fail.u('pruned'), 5, 5);
UPDATE btrdb.streams SET channel = 'fail' WHERE name IN ('plain', 'flushed', 'big', 'gone', 'wide 3');
});
my $old = $node->safe_psql('postgres', q{SELECT fail.u('old')});
my $file = $node->basedir . '/points';
append_to_file($file, join('', map { "$old\t" . (123 + $_ * 1000) . "\t$_\n" } 1 .. 1200));

# Commands.  Those of "alone" cannot be undone by a rollback, so they are not tried again after each failure.
my @commands = (
	[ 'insert of a point', q{SELECT btrdb_insert(fail.u('plain'), 1, 1)} ],
	[ 'insert into a tree', q{SELECT btrdb_insert(fail.u('big'), array_agg(i * 1000003::bigint + 1), array_agg(i::float8)) FROM generate_series(1, 1500) i} ],
	[ 'first insert into a tree', q{SELECT btrdb_insert(fail.u('plain'), array_agg(i * 1000003::bigint), array_agg(random())) FROM generate_series(1, 3000) i} ],
	[ 'insert of rawpoints', q{SELECT btrdb_insert(fail.u('plain'), ARRAY[rawpoint(3, 3), rawpoint(2, 2)])} ],
	[ 'insert that fills the buffer', q{SELECT btrdb_insert(fail.u('plain'), 7, 7)}, 'btrdb.buffer_rows = 1' ],
	[ 'insert at equal times', q{SELECT btrdb_insert(fail.u('chain'), array_agg(100::bigint), array_agg(i::float8)) FROM generate_series(1, 1100) i} ],
	[ 'INSERT of rows', q{INSERT INTO btrdb.points VALUES (fail.u('plain'), 11, 11), (fail.u('big'), 12, 12), (fail.u('plain'), 13, 13)} ],
	[ 'INSERT over many streams', q{INSERT INTO btrdb.points SELECT uuid, 77, 77 FROM btrdb.streams WHERE name LIKE 'wide%'} ],
	[ 'INSERT over many streams, compacting', q{INSERT INTO btrdb.points SELECT uuid, 78, 78 FROM btrdb.streams WHERE name LIKE 'wide%'}, 'btrdb.compact_rows = 1' ],
	[ 'INSERT in parts', q{INSERT INTO btrdb.points SELECT fail.u('big'), i, i FROM generate_series(1, 5000) i}, q{btrdb.gather_memory = '64kB'} ],
	[ 'COPY', "COPY btrdb.points FROM '$file'" ],
	[ 'flush of a stream', q{SELECT btrdb_flush(fail.u('flushed'))} ],
	[ 'flush of all streams', q{SELECT btrdb_flush()} ],
	[ 'delete', q{SELECT btrdb_delete(fail.u('big'), 500000000, 1500000000)} ],
	[ 'trim', q{SELECT btrdb_trim(fail.u('big'), 1500000000, 20)} ],
	[ 'delete in a chain', q{SELECT btrdb_delete(fail.u('chain'), 100, 101)} ],
	[ 'revert', q{SELECT btrdb_revert(fail.u('big'), 11)} ],
	[ 'prune', q{SELECT btrdb_prune(fail.u('pruned'), 14)} ],
	[ 'several commands', q{BEGIN; SELECT btrdb_insert(fail.u('plain'), 21, 21); SAVEPOINT a; SELECT btrdb_delete(fail.u('plain'), 1, 4);
		INSERT INTO btrdb.points VALUES (fail.u('plain'), 22, 22); SELECT btrdb_flush(fail.u('plain')); RELEASE a; COMMIT;}, '', 'alone' ],
	[ 'creating', q{SELECT btrdb_create('fail', '{"name": "new"}', '{}', '12345678-0000-0000-0000-000000000001')} ],
	[ 'changing properties', q{UPDATE btrdb.streams SET annotations = '{"a": 1}', retention = '0' WHERE name IN ('big', 'old')} ],
	[ 'changing channels', q{UPDATE btrdb.streams SET channel = name WHERE name IN ('big', 'old')} ],
	[ 'maintenance', q{SELECT * FROM btrdb_maintain()}, 'btrdb.buffer_rows = 8' ],
	[ 'obliterate', q{SELECT btrdb_obliterate(fail.u('gone'))} ],
	[ 'DELETE FROM streams', q{DELETE FROM btrdb.streams WHERE name = 'gone too'} ],
	[ 'VACUUM', 'VACUUM btrdb.points', '', 'alone' ],
	[ 'ANALYZE', 'ANALYZE btrdb.points', '', 'alone' ],
	[ 'VACUUM FULL', 'VACUUM FULL btrdb.points', '', 'alone' ],
	[ 'reading by functions', q{SELECT count(*) FROM btrdb_values(fail.u('old'), 0, 4000000000) UNION ALL
		SELECT count(*) FROM btrdb_windows(fail.u('old'), 0, 4000000000, 90000000) UNION ALL SELECT count(*) FROM btrdb_aligned_windows(fail.u('old'), 0, 4000000000, 20)
		UNION ALL SELECT count(*) FROM btrdb_minmax(fail.u('old'), 0, 4000000000, 9) UNION ALL SELECT count(*) FROM btrdb_lttb(fail.u('old'), 0, 4000000000, 9)
		UNION ALL SELECT length(btrdb_plot(fail.u('old')))
		UNION ALL SELECT count(*) FROM btrdb_changes(fail.u('old'), 0) UNION ALL SELECT time FROM btrdb_nearest(fail.u('old'), 5000000)
		UNION ALL SELECT btrdb_count(fail.u('old')) UNION ALL SELECT count(*) FROM btrdb_versions(fail.u('old'))} ],
	[ 'looking for things', q{SELECT count(*) FROM btrdb_gaps(fail.u('old'), 0, 4000000000, 10000000) UNION ALL SELECT time FROM btrdb_last_crossing(fail.u('old'), 0, 4000000000, 0.999)
		UNION ALL SELECT count(value) FROM btrdb_asof(fail.u('old'), ARRAY[5000000, 1500000000, 700], 'nearest') UNION ALL SELECT btrdb_integral(fail.u('old'), 0, 4000000000)::bigint
		UNION ALL SELECT count(increase) FROM btrdb_rate(fail.u('old'), 0, 4000000000, 90000000) UNION ALL SELECT time FROM btrdb_values(fail.u('old'), 0, 4000000000) WHERE value > 0.999} ],
	[ 'reading several streams', q{SELECT count(*) FROM btrdb_rows(ARRAY[fail.u('old'), fail.u('big')], 0, 4000000000, 1000) UNION ALL
		SELECT count(*) FROM btrdb_multi_values(ARRAY[fail.u('old'), fail.u('big')], 0, 4000000000, btrdb_pin(ARRAY[fail.u('old'), fail.u('big')])) UNION ALL
		SELECT count(*) FROM btrdb_multi_windows(ARRAY[fail.u('old'), fail.u('big')], 0, 4000000000, 90000000)} ],
	[ 'reading the table', q{SELECT stream, count(*), min(value), sum(value) FROM btrdb.points WHERE time % 3 = 0 GROUP BY stream ORDER BY stream} ],
	[ 'reading by statistics', q{SELECT stream, time / 1000000000, count(*), sum(value) FROM btrdb.points GROUP BY 1, 2 ORDER BY 1, 2} ],
	[ 'reading backwards', q{SELECT * FROM btrdb.points WHERE stream = fail.u('old') ORDER BY time DESC LIMIT 700} ],
	[ 'the views', q{SELECT * FROM btrdb.stream_stats ORDER BY uuid} ],
	[ 'keys and storage', q{SELECT * FROM btrdb_metadata_usage(), btrdb.storage WHERE relation = 'btrdb.points'::regclass} ],
	[ 'TRUNCATE', 'TRUNCATE btrdb.points' ],
);

my $session = $node->background_psql('postgres', on_error_stop => 0, timeout => 14000);
my $pid = $session->query_safe('SELECT pg_backend_pid()');
$session->query_safe('SELECT fail.state(), fail.problems()');

sub memory
{
	return $session->query_safe('SELECT sum(total_bytes) FROM pg_backend_memory_contexts');
}

# Runs a command with the n-th place failing; returns ('', '') if it gets through before, or what
# was raised, and what is left of the count.
sub attempt
{
	my ($command, $n) = @_;

	$session->{stderr} = '';
	my $out = $session->query("SET btrdb.debug_fail = $n;\n$command;\n\\echo left\nSHOW btrdb.debug_fail;\nROLLBACK;\nSET btrdb.debug_fail = 0;");
	my $err = $session->{stderr};
	my ($left) = $out =~ /left\n(\d+)/;
	$session->{stderr} = '';
	$err =~ s/^.*WARNING:  there is no transaction in progress\n?//mg;
	return ($err, $left);
}

# All places, or the first ones and then fewer and fewer.
my $every = size_of(ci => 0, full => 1);
my $total = 0;
foreach my $case (@commands)
{
	my ($name, $command, $setting, $alone) = @$case;
	my ($n, @wrong);
	my $tried = 0;
	my $before = $session->query_safe('SELECT fail.state()');
	my $memory;

	$command =~ s/^/SET $setting;\n/ if $setting;
	for ($n = 1; $n < 20000 && !@wrong; $n += $every || $n < 20 ? 1 : 1 + random_below($n / 3))
	{
		my ($err, $left) = attempt($command, $n);

		if ($err eq '')
		{
			push @wrong, "an error at place $n was lost" if $left == 0;
			last;
		}
		$tried++;
		push @wrong, "place $n: $err" if $err =~ /connection|XX\d\d\d:|PANIC/ || $err !~ /failure at (\S+) for a test/;
		last if @wrong;
		my $check = $every || $tried % 3 == 1;
		my ($after, $problems) = split /\|/, $session->query_safe('SELECT fail.state(), ' . ($check ? 'fail.problems()' : q{''})), -1;
		push @wrong, "place $n: content differs after $err" if $after ne $before;
		push @wrong, "place $n: $problems after $err" if $problems ne '';

		# The same command can do it now.
		if (!$alone && $tried % 5 == 1)
		{
			($err) = attempt("BEGIN;\n$command;\nROLLBACK", 0);
			push @wrong, "place $n: cannot be repeated: $err" if $err ne '';
		}
		$memory = memory() if $tried == 20;
	}
	push @wrong, 'does not get through' if $n == 20000;
	$session->query_safe("RESET ALL");
	push @wrong, 'memory grew by ' . (memory() - $memory) if defined $memory && memory() > $memory + 1000000;
	my $locks = $node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE pid = $pid");
	push @wrong, "$locks locks are left" if $locks ne '0';
	is(join("\n", @wrong), '', "$name: " . ($n - 1) . ' places');
	$total += $tried;
}
figure('errors raised at every place of every command, in turn', $total);
cmp_ok($total, '>', 1000, 'places that may fail are found');
$session->quit;

check_is_clean($node, 'at the end');
my $log = slurp_file($node->logfile);
unlike($log, qr/TRAP:|PANIC|was terminated by signal|leak|still referenced|problem in alloc|detected write past/, 'the server log is clean');
$node->stop;
done_testing();
