# The derived streams of doc/distillates.md stay what their source says, whatever is done to it and by whomever:
# late points, deletes, reverts, versions that are forgotten, rollbacks, several writers and
# several refreshers at once.  The program that waits for notifications does what the document says.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

my $seed = test_seed();
my $rounds = size_of(ci => 150, full => 3000);
my $node = PostgreSQL::Test::Cluster->new('distillates');
init_node($node);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nautovacuum = off\n");
$node->start;

my $document = slurp_file('doc/distillates.md');
$node->safe_psql('postgres', $1) while $document =~ /^```sql\n(.*?)^```$/gms;

my $source = $node->safe_psql('postgres', q{SELECT btrdb_stream('plant/power')});
my $target = $node->safe_psql('postgres', q{SELECT btrdb_stream('plant/1s/power')});
my $start = '1704067200000000000';

# What the derived stream should be and is not.  Means may differ by rounding.
my $differences = qq{
	SELECT e.time, e.value, d.value
	FROM (SELECT time / 1000000000 * 1000000000 AS time, avg(value) AS value
		FROM (SELECT time, value FROM btrdb.points WHERE stream = '$source' OFFSET 0) AS p GROUP BY 1) AS e
	FULL JOIN (SELECT time, value FROM btrdb.points WHERE stream = '$target') AS d USING (time)
	WHERE e.value IS NULL OR d.value IS NULL OR abs(e.value - d.value) > 1e-9 * greatest(abs(e.value), 1)
	LIMIT 5};

# A random change, as SQL.
sub change
{
	my $at = "$start + (random() * 600000)::bigint * 1000000";
	my $kind = random_below(100);

	return "SELECT btrdb_insert('$source', $at, random())" if $kind < 40;
	return "SELECT btrdb_insert('$source', array_agg(t + i::bigint * 20000000), array_agg(random() * 100)) FROM (SELECT $at AS t) AS x, generate_series(1, " .
	  (1 + random_below(2000)) . ') AS i'
	  if $kind < 60;
	return "INSERT INTO btrdb.points SELECT s, $at, i FROM unnest(ARRAY['$source'::uuid]) AS s, generate_series(1, 5) AS i" if $kind < 70;
	return "SELECT btrdb_delete('$source', t, t + (random() * 60000000000)::bigint) FROM (SELECT $at AS t) AS x" if $kind < 80;
	return "SELECT btrdb_revert('$source', version) FROM btrdb_versions('$source') ORDER BY random() LIMIT 1" if $kind < 85;
	return "BEGIN; SELECT btrdb_insert('$source', $at, 5); SELECT btrdb_delete('$source', t, t + 1000000000) FROM (SELECT $at AS t) AS x; ROLLBACK" if $kind < 90;
	return "SELECT btrdb_flush('$source')" if $kind < 93;
	return "SELECT btrdb_prune('$source', greatest(btrdb_version('$source') - " . random_below(3) . ', 11))' if $kind < 96;
	return "BEGIN; SELECT refresh_distillate('$target'); ROLLBACK" if $kind < 98;
	return "SELECT btrdb_insert('$source', $at, 7, 'replace')";
}

my $wrong = '';
foreach my $round (1 .. $rounds)
{
	my $script = join(";\n", map { change() } 1 .. 1 + random_below(4));
	my $found = $node->safe_psql('postgres', "SELECT setseed($round / 100000.0);\n$script;\nSELECT count(refresh_distillate('$target')) - 1;\n$differences");

	$found = (split /\n/, $found, -1)[-1];
	next if $found =~ /^(?:0|)$/;
	$wrong = "round $round: $found after\n$script";
	last;
}
is($wrong, '', 'after each change the derived stream is that of its source');

# The same with writers and refreshers at once; errors that say to try again are tried again.
my @running;
my $until = time() + size_of(ci => 8, full => 120);
foreach my $writer (1 .. 4)
{
	my $pid = fork();

	die 'could not fork' unless defined $pid;
	if ($pid == 0)
	{
		srand($seed + $writer);
		my $failed = 0;
		while (time() < $until)
		{
			my $sql = $writer == 4 ? "SELECT refresh_distillate('$target')" : change();
			my ($rc, $out, $err) = $node->psql('postgres', $sql);

			$failed = 1, print STDERR "$sql: $err" if $rc != 0 && $err !~ /could not serialize|deadlock|has no version|before version/;
		}
		require POSIX;
		POSIX::_exit($failed);
	}
	push @running, $pid;
}
my $failed = 0;
foreach my $pid (@running)
{
	waitpid($pid, 0);
	$failed++ if $? != 0;
}
is($failed, 0, 'writers and refreshers at once get no errors but those that say to try again');
$node->safe_psql('postgres', "SELECT refresh_distillate('$target')");
is($node->safe_psql('postgres', $differences), '', 'and the derived stream is right');

# The program that is woken.
SKIP:
{
	my ($python) = $document =~ /^```python\n(.*?)^```$/ms;
	ok($python, 'the document has a program');
	skip 'no psycopg2', 2 unless system('python3', '-c', 'import psycopg2') == 0;

	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres');
	my $file = PostgreSQL::Test::Utils::tempdir() . '/refresh.py';
	append_to_file($file, $python);
	my $program = IPC::Run::start([ 'python3', $file ], '<', \undef, '>', \my $out, '2>', \my $err);
	ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%refresh_distillate(target)%' AND state = 'idle'}), 'it has refreshed, and waits');

	# It looks by itself each minute only.
	my $began = time();
	$node->safe_psql('postgres', "SELECT btrdb_insert('$source', $start + 700000000000, 1.5)");
	ok($node->poll_query_until('postgres', "SELECT value = 1.5 FROM btrdb_nearest('$target', $start + 700000000000) WHERE time = $start + 700000000000"), 'a write wakes it');
	cmp_ok(time() - $began, '<', 30, 'soon');
	$program->kill_kill;
}

# Where the source goes, so does the cursor.
$node->safe_psql('postgres', "SELECT btrdb_obliterate('$source')");
is($node->safe_psql('postgres', 'SELECT count(*) FROM distillate'), '0', 'removing the source ends it');

check_is_clean($node, 'at the end');
$node->stop;
unlike(slurp_file($node->logfile), qr/TRAP|PANIC/, 'no assertion failed');
done_testing();
