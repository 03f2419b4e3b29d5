# Pairs of operations, interleaved at every point at which one of them lets go of a page or a row.
#
# Session A runs an operation in a transaction and stops at its k-th point (src/debug.h), or before it
# commits.  Session B runs another one until it is done or waits for A, or stops at a point of its own.
# Then they go on, one after the other.  What they leave, and the errors they got, must be what one of the two
# orders leaves in which they run one after the other.  While both are under way, a new snapshot
# sees what is committed, and a REPEATABLE READ transaction what it saw at first.
#
# Each pair is tried at some of its points, picked at random; in full size at all of them.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbSession;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $seed = test_seed();
my $tries = size_of(ci => 4, full => 100, env => 'BTRDB_INTERLEAVINGS');    # of each pair

my $node = btrdb_node('interleavings', 'autovacuum = off', 'fsync = off', 'jit = off', 'deadlock_timeout = 200ms', 'btrdb.trimmed_points = skip',
	'btrdb.direct_points = 20', 'btrdb.buffer_points = 40', 'btrdb.buffer_rows = 8', 'btrdb.compact_rows = 4');
my $data = $node->data_dir;

$node->safe_psql('postgres', q{
CREATE SCHEMA il;
CREATE TABLE il.stream (i int PRIMARY KEY, uuid uuid);

CREATE FUNCTION il.u(i int) RETURNS uuid LANGUAGE sql STABLE RETURN (SELECT uuid FROM il.stream s WHERE s.i = u.i);

-- A stream with versions, a buffer and points in shared rows; four more beside it.
CREATE FUNCTION il.setup() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	s uuid;
BEGIN
	DELETE FROM il.stream;
	INSERT INTO il.stream SELECT i, btrdb_create('il', jsonb_build_object('name', gen_random_uuid())) FROM generate_series(1, 5) i;
	s := il.u(1);
	PERFORM btrdb_insert(s, array_agg(i * 10::bigint), array_agg(i::float8)) FROM generate_series(1, 60) i;
	PERFORM btrdb_insert(s, array_agg(i * 10::bigint + 5), array_agg(i::float8)) FROM generate_series(1, 30) i;
	PERFORM btrdb_delete(s, 100, 200);
	PERFORM btrdb_prune(s, 12);
	PERFORM btrdb_insert(s, i, -i) FROM generate_series(401, 403) i;
	INSERT INTO btrdb.points SELECT uuid, 500 + 10 * k + j, k FROM il.stream, generate_series(1, 3) k, generate_series(1, 2) j WHERE k = 1;
	INSERT INTO btrdb.points SELECT uuid, 500 + 10 * k + j, k FROM il.stream, generate_series(1, 3) k, generate_series(1, 2) j WHERE k = 2;
	INSERT INTO btrdb.points SELECT uuid, 500 + 10 * k + j, k FROM il.stream, generate_series(1, 3) k, generate_series(1, 2) j WHERE k = 3;
END
$$;

-- What readers see of the streams; and how many points, if other ways to read them say something else.
CREATE FUNCTION il.digest() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(concat_ws(' ', i, line, (SELECT 'but others count ' || string_agg(other::text, ' ') FROM (VALUES
			(btrdb_count(uuid)), (btrdb_count(btrdb_stat(uuid, 0, 100000))),
			((SELECT sum(w.count)::bigint FROM btrdb_windows(uuid, 0, 100000, 1000) w)),
			((SELECT count(*) FROM btrdb.points WHERE stream = uuid)), ((SELECT count(value) FROM btrdb.points WHERE stream = uuid AND time + 0 > 0))) v (other)
		WHERE other <> n)), E'\n' ORDER BY i)
	FROM (SELECT i, st.uuid FROM il.stream si JOIN btrdb.streams st USING (uuid)) s,
		LATERAL (SELECT string_agg(time || '=' || value, ',' ORDER BY n) AS line, count(*) AS n
			FROM btrdb_values(uuid, 0, 100000) WITH ORDINALITY AS v (time, value, n)) p
$$;

-- What btrdb_check() says of the streams.
CREATE FUNCTION il.check() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(c::text, E'\n') FROM (SELECT uuid FROM il.stream JOIN btrdb.streams USING (uuid) OFFSET 0) s, btrdb_check(uuid) c
$$;
});

# What is done, with %x for the number of the session.
my %operation = (
	insert => q{SELECT btrdb_insert(il.u(1), 1000 + %x, %x)},
	direct => q{SELECT btrdb_insert(il.u(1), array_agg(15 * i::bigint + %x), array_agg(%x.5)) FROM generate_series(1, 25) i},
	wide => q{INSERT INTO btrdb.points SELECT uuid, 2000 + 10 * j + %x, %x FROM il.stream, generate_series(1, 2) j},
	merge => q{SELECT btrdb_insert(il.u(1), ARRAY[50, 401, 511, 2011], ARRAY[%x, %x, %x, %x]::float8[], 'retain')},
	merge_many => q{SET btrdb.merge = 'retain'; INSERT INTO btrdb.points SELECT uuid, 521 + 1490 * j, %x FROM il.stream, generate_series(0, 1) j; RESET btrdb.merge},
	flush => q{SELECT btrdb_flush(il.u(1))},
	flush_all => q{SELECT btrdb_flush()},
	delete => q{SELECT btrdb_delete(il.u(1), 300, 515)},
	delete_other => q{SELECT btrdb_delete(il.u(2), 0, 515)},
	# where nobody else writes: what comes late is a point as long as it is buffered
	trim => q{SELECT btrdb_trim(il.u(1), 16, 3)},
	revert => q{SELECT btrdb_revert(il.u(1), 12)},
	prune => q{SELECT btrdb_prune(il.u(1), 13)},
	obliterate => q{SELECT btrdb_obliterate(il.u(1))},
	maintain => q{SELECT count(*) FROM btrdb_maintain()},
	vacuum => q{VACUUM (TRUNCATE %truncate) btrdb.points},
	vacuum_heaps => q{VACUUM (TRUNCATE off) btrdb.buffer, btrdb.mixed, btrdb.versions, btrdb.heads, btrdb.garbage},
);

my %session = map { $_ => BtrdbSession->new($node) } qw(a b reader control);
$session{$_}->query('SET client_min_messages = error') foreach keys %session;

# The statements of an operation for session A or B.
sub sql_of
{
	my ($name, $who) = @_;

	# to cut the file off takes a lock, which B would wait for some seconds for in vain
	return $operation{$name} =~ s/%x/$who eq 'a' ? 1 : 2/ger =~ s/%truncate/$who eq 'a' ? 'on' : 'off'/er;
}

sub control
{
	my ($sql) = @_;
	my $out = $session{control}->query($sql);

	die "$sql: $out" if $session{control}->sqlstate ne '';
	return $out;
}

# Runs an operation by itself; returns its SQLSTATE and the number of its points.
sub run_alone
{
	my ($name, $who) = @_;

	$session{$who}->query('SET btrdb.debug_stop = 1000000;' . sql_of($name, $who));
	my $state = $session{$who}->sqlstate;
	return ($state, 1000000 - $session{$who}->query('SHOW btrdb.debug_stop; SET btrdb.debug_stop = 0'));
}

# Makes the streams of a run, anew.
sub setup
{
	control('SELECT btrdb_flush(); DELETE FROM btrdb.streams; SELECT il.setup()');
	return control('SELECT il.digest()');
}

# What each operation leaves by itself, after another one: {a}{b}, as errors and digest.
my (%points, %alone, %serial);
my $initial = setup();
foreach my $name (sort keys %operation)
{
	foreach my $who (qw(a b))
	{
		setup();
		my ($state, $n) = run_alone($name, $who);

		$points{$name} = $n;
		$alone{$who}{$name} = control('SELECT il.digest()');
		die "$name: $state" if $state ne '';
	}
}
diag('points: ' . join(', ', map { "$_ $points{$_}" } sort keys %points));

# The two serial results of a pair.
sub serial_results
{
	my ($a, $b) = @_;

	return $serial{"$a $b"} //= [
		map {
			my @order = @$_;
			my %state;

			setup();
			($state{$_}) = run_alone($_ eq 'a' ? $a : $b, $_) foreach @order;
			"a: $state{a}, b: $state{b}\n" . control('SELECT il.digest()');
		} ([qw(a b)], [qw(b a)])
	];
}

sub waiting_file  { return "$data/btrdb_debug_waiting." . $session{ $_[0] }->pid }

# The file is there before it says where; to look too soon is to take a point under a page's lock for another.
sub is_stopped { return -s waiting_file($_[0]) }

# Where a session is stopped.
sub where
{
	my ($who) = @_;

	return is_stopped($who) ? slurp_file(waiting_file($who)) : 'the end';
}

# Lets a stopped session go on.
sub release
{
	my ($who) = @_;

	return unless is_stopped($who);
	append_to_file("$data/btrdb_debug_continue." . $session{$who}->pid, '');
	sleep(0.0005) while is_stopped($who);
	return;
}

# Waits until a session is done, stopped, or waits for a lock; says which.
sub settle
{
	my ($who) = @_;
	my $pid = $session{$who}->pid;

	for (my $n = 0;; $n++)
	{
		return 'done' if $session{$who}->is_done(0.0005);
		return 'stopped' if is_stopped($who);
		return 'blocked'
		  if $n % 4 == 3 && control("SELECT wait_event_type IN ('Lock', 'LWLock', 'BufferPin') FROM pg_stat_activity WHERE pid = $pid") eq 't';
	}
}

# Sends an operation, which stops at its point number $stop; 0: nowhere.
sub begin
{
	my ($who, $name, $stop, $in_transaction) = @_;

	$session{$who}->query("SET btrdb.debug_stop = $stop;" . ($in_transaction ? 'BEGIN' : ''));
	$session{$who}->start(sql_of($name, $who));
	return;
}

my %count = (runs => 0, blocked => 0, stopped => 0, both => 0, errors => 0);

# Runs a pair.  Returns what is wrong, or ''.
sub run_pair
{
	my ($a, $b, $stop_a, $stop_b, $first, $with_reader) = @_;
	my $in_transaction = $a !~ /^vacuum/;
	my @wrong;
	my %state;

	setup();
	if ($with_reader)
	{
		$session{reader}->query('BEGIN ISOLATION LEVEL REPEATABLE READ');
		push @wrong, 'reader starts with something else' if $session{reader}->query('SELECT il.digest()') ne $initial;
	}

	begin('a', $a, $stop_a, $in_transaction);
	my $how_a = settle('a');
	$state{a} = $session{a}->sqlstate if $how_a eq 'done';
	my $where = 'A is at ' . where('a');
	begin('b', $b, $stop_b, 0);
	my $how_b = settle('b');
	$where .= ", B is $how_b at " . where('b');
	$count{runs}++;
	$count{$how_b}++ if exists $count{$how_b};
	$count{both}++ if $how_a eq 'stopped' && $how_b eq 'stopped';

	# What is committed, no more and no less; unless A keeps readers away from a page, or from all.
	if ($where !~ /at (?:settled|marked|truncate)/ && $how_a ne 'blocked')
	{
		my $expected = $how_b eq 'done' && $session{b}->sqlstate eq '' ? $alone{b}{$b} : $initial;
		my $seen = control('SELECT il.digest()');

		push @wrong, "meanwhile:\n$seen\nexpected:\n$expected" if $seen ne $expected;
	}

	# The one is let go, and its transaction ended, before the other, unless it has to wait for that.
	my @order = $first eq 'a' ? qw(a b) : qw(b a);
	my $end = time() + 60;
	while (!$session{a}->is_done || !$session{b}->is_done || !exists $state{a})
	{
		foreach my $who (@order)
		{
			release($who);
			my $how = settle($who);
			next unless $how eq 'done' && $who eq 'a';
			$state{a} //= $session{a}->sqlstate;
			$session{a}->query('COMMIT') if $in_transaction && !$state{ended}++;
		}
		BAIL_OUT("$a and $b hang: $where") if time() > $end;
	}
	$session{a}->query('COMMIT') if $in_transaction && !$state{ended};
	$state{b} = $session{b}->sqlstate;
	$count{errors}++ if $state{a} . $state{b} ne '';

	if ($with_reader)
	{
		my $seen = $session{reader}->query('SELECT il.digest()');

		push @wrong, "reader sees\n$seen\nexpected\n$initial" if $seen ne $initial;
		$session{reader}->query('COMMIT');
	}
	my $result = "a: $state{a}, b: $state{b}\n" . control('SELECT il.digest()');
	my $problems = control('SELECT il.check()');
	push @wrong, "btrdb_check: $problems" if $problems ne '';
	my $serial = serial_results($a, $b);
	push @wrong, "left:\n$result\nexpected one of\n" . join("\nand\n", @$serial) if !grep { $_ eq $result } @$serial;
	return '' unless @wrong;
	return join("\n", "$a (stop $stop_a) and $b (stop $stop_b), $first first, " . ($with_reader ? 'with' : 'without') . " a reader: $where", @wrong);
}

my $failures = 0;
PAIR: foreach my $a (sort keys %operation)
{
	next if $points{$a} == 0;
	foreach my $b (sort keys %operation)
	{
		my @complaints;
		my @stops = 1 .. $points{$a} + 1;

		# at different points, as far as there are so many
		for (my $i = 0; $i < $tries && (@stops || $tries > @stops); $i++)
		{
			@stops = 1 .. $points{$a} + 1 unless @stops;
			my ($stop_a) = splice(@stops, random_below(scalar @stops), 1);
			my $stop_b = $i % 2 && $points{$b} ? 1 + random_below($points{$b}) : 0;
			my $wrong = run_pair($a, $b, $stop_a, $stop_b, random_below(2) ? 'a' : 'b', random_below(2));

			push @complaints, $wrong if $wrong ne '';
		}
		is(join("\n", @complaints), '', "$a, and $b meanwhile");
		last PAIR if @complaints && ++$failures == 10;
	}
}
figure('interleavings of two sessions, each with a serial outcome', $count{runs});
diag("$count{runs} interleavings: B waited for A in $count{blocked}, both were stopped in $count{both}; $count{errors} ended with errors that serial orders give as well");
cmp_ok($count{blocked}, '>', 0, 'some waited for each other');
cmp_ok($count{both}, '>', 0, 'some stopped in the middle of each other');

$_->quit foreach values %session;
check_is_clean($node, 'at the end');
$node->stop;

done_testing();
