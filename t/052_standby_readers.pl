# Readers on a standby while the primary writes, prunes and vacuums, so that pages are reused all the time:
# they read the right rows, or get a conflict that says to try again (40001), but never wrong rows or another
# error; with hot_standby_feedback no error at all.
#
# The primary keeps in a table what each version of each stream, and the latest state of it, look like. The row
# is written in the transaction that made them, so whoever sees the one sees the other.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbSession;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $seed = test_seed();
my $seconds = size_of(ci => 10, full => 300);    # of each part
my $nreaders = 4;

my $primary = btrdb_node('primary', 'autovacuum = off', 'fsync = off', 'shared_buffers = 16MB', 'max_wal_senders = 5', 'hot_standby = on', 'jit = off', 'max_wal_size = 2GB',
	'wal_receiver_status_interval = 1s', 'btrdb.buffer_points = 300', 'btrdb.buffer_rows = 32', 'btrdb.compact_rows = 4', 'btrdb.direct_points = 300');
$primary->safe_psql('postgres', q{
CREATE SCHEMA r;
CREATE TABLE r.s (i int PRIMARY KEY, u uuid, digest text);
CREATE TABLE r.version (i int, version bigint, digest text, PRIMARY KEY (i, version));
INSERT INTO r.s SELECT i, btrdb_create('r', jsonb_build_object('name', i)) FROM generate_series(1, 6) i;
CREATE FUNCTION r.u(i bigint) RETURNS uuid LANGUAGE sql STABLE RETURN (SELECT u FROM r.s WHERE s.i = u.i);

-- What a version looks like, through all kinds of reading.
CREATE FUNCTION r.digest(s uuid, v bigint) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT concat_ws(' ',
		(SELECT count(*) || ':' || md5(string_agg(x.time || '=' || x.value, ',')) FROM btrdb_values(s, 0, 20000000, v) x),
		(SELECT md5(string_agg(w.count || '/' || coalesce(w.min::text, '') || coalesce(w.max::text, ''), ',')) FROM btrdb_windows(s, 0, 2000000, 7777, 0, v) w),
		(SELECT md5(string_agg(w.time || '/' || w.count, ',')) FROM btrdb_aligned_windows(s, 0, 2000000, 15, v) w),
		(SELECT btrdb_count(x) FROM btrdb_stat(s, 300000, 700000, v) x),
		(SELECT n.time FROM btrdb_nearest(s, 500000, false, v) n),
		(SELECT n.time FROM btrdb_latest(s, v) n))
$$;

-- Notes what a stream looks like now.
CREATE FUNCTION r.note(n int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE r.s SET digest = concat_ws(' ', r.digest(u, 0), (SELECT count(*) || md5(string_agg(time || '=' || value, ',')) FROM (SELECT * FROM btrdb.points WHERE stream = u ORDER BY time) p),
		(SELECT md5(string_agg(c::text, ',')) FROM btrdb_changes(u, (SELECT min(version) FROM btrdb_versions(u)), btrdb_version(u)) c)) WHERE i = n;
	DELETE FROM r.version WHERE i = n AND version NOT IN (SELECT version FROM btrdb_versions(r.u(n)));
	INSERT INTO r.version SELECT n, version, r.digest(r.u(n), version) FROM btrdb_versions(r.u(n)) AS t ON CONFLICT DO NOTHING;
END
$$;

-- Says in what a stream, and one of its versions, is not what was noted.  What somebody inserts into one stream may flush
-- the buffer of another, so there may be newer versions, of the same points.
CREATE FUNCTION r.wrong(n int) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT string_agg(problem, '; ') FROM (
		SELECT format('stream %s: %s, not %s', i, now, digest) AS problem
		FROM (SELECT i, digest, concat_ws(' ', r.digest(u, 0), (SELECT count(*) || md5(string_agg(time || '=' || value, ',')) FROM (SELECT * FROM btrdb.points WHERE stream = u ORDER BY time) p),
				(SELECT md5(string_agg(c::text, ',')) FROM btrdb_changes(u, (SELECT min(version) FROM r.version v WHERE v.i = s.i), (SELECT max(version) FROM r.version v WHERE v.i = s.i)) c)) AS now
			FROM r.s WHERE i = n) x
		WHERE now <> digest
		UNION ALL
		SELECT format('stream %s, version %s: %s, not %s', i, version, r.digest(r.u(n), version), digest)
		FROM (SELECT * FROM r.version WHERE i = n ORDER BY random() LIMIT 2) v
		WHERE r.digest(r.u(n), version) <> digest
		UNION ALL
		SELECT format('stream %s has versions %s, not %s', n, has, should)
		FROM (SELECT array_agg(version ORDER BY version) AS has FROM btrdb_versions(r.u(n))) a, (SELECT array_agg(version ORDER BY version) AS should FROM r.version WHERE i = n) b
		WHERE NOT has @> should OR EXISTS (SELECT FROM unnest(has) AS v WHERE v <> ALL (should) AND v < should[array_upper(should, 1)])) y
$$;
});
$primary->safe_psql('postgres', join(';', map { "SELECT btrdb_insert(r.u($_), array_agg(k * 100), array_agg(k::float8)) FROM generate_series(1, 8000) k; SELECT r.note($_)" } 1 .. 6));
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = 5ms');
$standby->start;

# A writer's transaction: locks its row of r.s, so that it is the only one of its stream, writes, and notes what it did.
my $head = "\\set i random(1, 6)\n\\set t random(1, 900000)\n\\set x random(1, 1000000)\nBEGIN;\nSELECT FROM r.s WHERE i = :i FOR UPDATE;\n";
my $tail = "\nSELECT r.note(:i);\nCOMMIT;\n";
my %script = (
	'small@4' => "${head}SELECT btrdb_insert(r.u(:i), array_agg(:t + k), array_agg(:x + k::float8)) FROM generate_series(1, 20) k;$tail",
	'direct@4' => "${head}SELECT btrdb_insert(r.u(:i), array_agg(:t + 50 * k), array_agg(:x + k::float8)) FROM generate_series(1, 1500) k;$tail",
	'delete@5' => "${head}SELECT btrdb_delete(r.u(:i), :t, :t + 150000);$tail",
	'revert@1' => "${head}SELECT btrdb_revert(u, (SELECT min(version) FROM btrdb_versions(u))) FROM r.u(:i) u;$tail",
	'flush@1' => "${head}SELECT btrdb_flush(r.u(:i));$tail",
	'prune@8' => "${head}SELECT btrdb_prune(u, greatest(11, btrdb_version(u) - 1)) FROM r.u(:i) u;$tail",
	'wide@2' => "\\set t random(1, 900000)\n\\set x random(1, 1000000)\nBEGIN;\nSELECT FROM r.s ORDER BY i FOR UPDATE;\n"
	  . "INSERT INTO btrdb.points SELECT u, :t + k, :x + k FROM r.s, generate_series(1, 5) k;\nSELECT r.note(i) FROM r.s ORDER BY i;\nCOMMIT;\n",
	'maintain@1' => "BEGIN;\nSELECT FROM r.s ORDER BY i FOR UPDATE;\nSELECT btrdb_maintain();\nSELECT r.note(i) FROM r.s ORDER BY i;\nCOMMIT;\n",
	'vacuum@6' => "VACUUM btrdb.points;\nVACUUM (TRUNCATE off) btrdb.versions, btrdb.buffer, btrdb.mixed, r.s, r.version;\n",
);
my @files;
foreach my $name (sort keys %script)
{
	my ($base, $weight) = split /@/, $name;
	my $file = $primary->basedir . "/$base.sql";

	append_to_file($file, $script{$name});
	push @files, '-f', "$file\@$weight";
}

# Starts the writers.
sub start_writers
{
	my %run = (out => '', err => '');

	$run{run} = IPC::Run::start(
		[ 'pgbench', '--no-vacuum', '--client=2', "--time=$seconds", "--random-seed=$seed", '--failures-detailed', @files, $primary->connstr('postgres') ],
		'<', \undef, '>', \$run{out}, '2>', \$run{err});
	return \%run;
}

# One thing that readers do; the answer to be '' or several lines of that.
sub question
{
	my $n = 1 + random_below(6);

	return "SELECT r.wrong($n)" if random_below(3);

	# a snapshot that is kept
	return "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT r.wrong($n); SELECT r.wrong(i) FROM r.s ORDER BY i; SELECT r.wrong($n); COMMIT" if random_below(3);
	return "BEGIN; DECLARE c CURSOR FOR SELECT r.wrong(i) FROM r.s ORDER BY i; FETCH 2 FROM c; FETCH 4 FROM c; CLOSE c; COMMIT" if random_below(2);
	return 'SELECT problem FROM btrdb_check()';
}

my $right = 0;

# Readers until the writers are done.  Returns how often they got an answer, and how often a conflict.
sub read_beside
{
	my ($writers, $label) = @_;
	my (@session, @asked, @wrong);
	my ($answers, $conflicts) = (0, 0);

	while ($writers->{run}->pumpable)
	{
		$writers->{run}->pump_nb;
		foreach my $i (0 .. $nreaders - 1)
		{
			my $session = $session[$i];

			if (!$session)
			{
				# to connect takes a look at catalogs, which may be a conflict, too
				$session = eval { BtrdbSession->new($standby) };
				die $@ if !$session && $@ !~ /conflict with recovery/;
				$conflicts++ if !$session;
				next if !$session;
				$session[$i] = $session;
				$session->query('SET default_transaction_read_only = on');
			}
			elsif ($session->is_done(0.002))
			{
				my $out = $session->finish;
				my $state = $session->sqlstate;

				if ($state eq '')
				{
					$answers++;
					push @wrong, "$asked[$i]: $out" if $out =~ /\S/;
				}
				elsif ($state eq '40001' || $state eq 'lost')
				{
					$conflicts++;

					# A transaction that was cancelled between two statements loses its connection; why, the log tells.
					my $lost = $state eq 'lost' || $out =~ /FATAL/;
					$session->query('ROLLBACK') if !$lost;
					$session[$i] = undef if $lost;
				}
				else
				{
					push @wrong, "$asked[$i]: $state $out";
					$session->quit;
					$session[$i] = undef;
				}
			}
			else { next }
			next unless $session[$i];
			$asked[$i] = question();
			$session[$i]->start($asked[$i]);
		}
		last if @wrong > 5;
	}
	$writers->{run}->finish;
	foreach (grep { $_ } @session) { $_->finish; $_->quit }
	is(join("\n", @wrong), '', "$label: nothing wrong on the standby");
	is($writers->{err} =~ s/^pgbench(?: \(|: setting random seed).*\n//mgr, '', "$label: writers have no errors");
	cmp_ok($answers, '>', $seconds, "$label: $answers answers, $conflicts conflicts");
	$right += $answers;
	return $conflicts;
}

my $size = "SELECT pg_relation_size('btrdb.points') / 8192";
cmp_ok(read_beside(start_writers(), 'without feedback'), '>', 0, 'without feedback there are conflicts');
cmp_ok($standby->safe_psql('postgres', q{SELECT confl_snapshot FROM pg_stat_database_conflicts WHERE datname = 'postgres'}), '>', 0, 'also because of snapshots');
my $pages = $primary->safe_psql('postgres', $size);

# With feedback VACUUM waits for the readers.  What it cuts off the end of the file waits for them on the standby.
$standby->append_conf('postgresql.conf', "max_standby_streaming_delay = '60s'\nhot_standby_feedback = on");
$standby->restart;
ok($primary->poll_query_until('postgres', 'SELECT count(*) = 1 FROM pg_stat_replication WHERE backend_xmin IS NOT NULL'), 'the standby tells what it needs');
is(read_beside(start_writers(), 'with feedback'), 0, 'with feedback there are none');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
is($standby->safe_psql('postgres', 'SELECT r.wrong(i) FROM r.s') =~ s/\n//gr, '', 'the standby has everything at the end');
my $written = $primary->safe_psql('postgres', q{SELECT sum(version) FROM (SELECT max(version) - 10 AS version FROM r.version GROUP BY i) v});
cmp_ok($pages, '<', $written * 4, "pages have been reused: $pages of them for $written versions");

figure('answers of a standby while pages are reused, none wrong', $right);
check_is_clean($standby, 'on the standby');
is(join("\n", grep { /(?:FATAL|PANIC|TRAP):/ && !/conflict with recovery|the database system is|administrator command/ } split /\n/, slurp_file($standby->logfile)),
	'', 'connections were lost by conflicts only');
check_is_clean($primary, 'on the primary');
$standby->stop;
$primary->stop;
done_testing();
