# kill -9 at every point of a write.
#
# A session does one thing and stops at a named point in the middle of it (BTR_DEBUG_POINT).  Meanwhile another one
# commits, so that the WAL of the first is on disk, and at times there is a checkpoint, so
# that its pages are, too.  Then the first one, or the whole server, is killed.  What it had begun has
# not happened, and what the other one was told is there; the same command then does its work.
#
# The points of VACUUM are in t/063_vacuum.pl.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbCrash;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $rounds = size_of(ci => 1, full => 10);
my $node = btrdb_node('crash_points',
	'autovacuum = off',
	'shared_buffers = 16MB',
	'restart_after_crash = on',
	'btrdb.trimmed_points = skip',
	'jit = off');

define_digest($node);
$node->safe_psql('postgres', q{
-- All streams but the one that others write to meanwhile.
CREATE FUNCTION crash.others(witness uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT md5(string_agg(concat_ws(' ', uuid, crash.digest(uuid)), ',' ORDER BY uuid)) FROM btrdb.streams WHERE uuid <> witness
$$;

-- What a command leaves that is the same whenever it is given.
CREATE FUNCTION crash.outcome(witness uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT concat_ws(',', (SELECT count(*) FROM btrdb.garbage),
		string_agg(concat_ws(' ', uuid, btrdb_version(uuid), (SELECT min(version) FROM btrdb_versions(uuid)), crash.digest(uuid, 0)), ',' ORDER BY uuid))
	FROM btrdb.streams WHERE uuid <> witness
$$;
});

# Points of a stream, in one call.
sub insert_sql
{
	my ($s, $from, $n) = @_;

	return "SELECT btrdb_insert('$s', array_agg($from + i * 1000::bigint), array_agg(sqrt(i))) FROM generate_series(1, $n) i";
}

# Some calls of a point each, transactions of their own.
sub few_sql
{
	my ($s, $n) = @_;

	return map { "SELECT btrdb_insert('$s', $_ * 777, $_)" } 1 .. $n;
}

sub wide_sql
{
	my ($time, @streams) = @_;

	return 'INSERT INTO btrdb.points SELECT s, ' . "$time + i, i FROM unnest('{" . join(',', @streams) . "}'::uuid[]) s, generate_series(1, 3) i";
}

# What is tried: what comes before, the command, and the points at which it is stopped.  Each gets a stream
# of two versions, and some others that share rows with it.
my @commands = (
	{
		name => 'insert of a point',
		command => sub { (few_sql($_[0], 1))[0] },
		points => ['appended'],
	},
	{
		name => 'insert that joins small rows',
		settings => 'btrdb.buffer_rows = 64',
		before => sub { few_sql($_[0], 3) },
		command => sub { (few_sql($_[0], 1))[0] },
		points => [ 'locked', 'joined' ],
	},
	{
		name => 'insert that fills the buffer',
		settings => 'btrdb.buffer_rows = 5',
		before => sub { few_sql($_[0], 5) },
		command => sub { (few_sql($_[0], 1))[0] },
		points => [ 'absorbed', 'built' ],
	},
	{
		name => 'insert into the tree',
		before => sub { few_sql($_[0], 5) },
		command => sub { insert_sql($_[0], 77, 2000) },
		points => [ 'absorbed', 'marked', 'placed', 'built', 'versioned' ],
	},
	{
		name => 'first insert of a stream',
		command => sub { insert_sql($_[1], 0, 2000) },
		points => [ 'locked', 'marked', 'placed', 'built', 'versioned' ],
	},
	{
		name => 'insert by a merge policy',
		before => sub { few_sql($_[0], 5) },
		command => sub { "SELECT btrdb_insert('$_[0]', array_agg(i * 777::bigint), array_agg(i::float8), 'replace') FROM generate_series(1, 30) i" },
		points => [ 'placed', 'built', 'versioned' ],
	},
	{
		name => 'INSERT over many streams',
		command => sub { wide_sql(0, @_) },
		points => ['appended'],
	},
	{
		name => 'INSERT over many streams that compacts',
		settings => 'btrdb.compact_rows = 1',
		before => sub { map { wide_sql($_, @_) } 1 .. 3 },
		command => sub { wide_sql(0, @_) },
		points => [ 'taken', 'compacted' ],
	},
	{
		name => 'flush',
		before => sub { few_sql($_[0], 5) },
		command => sub { "SELECT btrdb_flush('$_[0]')" },
		points => [ 'locked', 'absorbed', 'marked', 'placed', 'built', 'versioned' ],
	},
	{
		name => 'flush that compacts',
		before => sub { map { wide_sql($_, @_) } 1 .. 3 },
		command => sub { "SELECT btrdb_flush('$_[0]')" },
		points => [ 'taken', 'appended', 'compacted', 'absorbed', 'versioned' ],
	},
	{
		name => 'delete',
		command => sub { "SELECT btrdb_delete('$_[0]', 500000, 1500500)" },
		points => [ 'locked', 'placed', 'built', 'versioned' ],
	},
	{
		name => 'delete that flushes',
		before => sub { few_sql($_[0], 5) },
		command => sub { "SELECT btrdb_delete('$_[0]', 700, 1500500)" },
		points => [ 'absorbed', 'placed', 'versioned' ],
	},
	{
		name => 'revert',
		command => sub { "SELECT btrdb_revert('$_[0]', 11)" },
		points => [ 'built', 'versioned' ],
	},
	{
		name => 'trim',
		before => sub { few_sql($_[0], 5) },
		command => sub { "SELECT btrdb_trim('$_[0]', 1500000, 16)" },
		points => [ 'absorbed', 'placed', 'versioned' ],
	},
	{
		name => 'trim without a flush',
		command => sub { "SELECT btrdb_trim('$_[0]', 1500000, 16)" },
		points => [ 'locked', 'placed', 'built', 'versioned' ],
	},
	{
		name => 'prune',
		before => sub { ("SELECT btrdb_delete('$_[0]', 0, 1000000)", "SELECT btrdb_revert('$_[0]', 11)", "SELECT btrdb_delete('$_[0]', 0, 2000000)") },
		command => sub { "SELECT btrdb_prune('$_[0]', 14)" },
		points => [ 'locked', 'swept', 'forgotten' ],
	},
	{
		name => 'obliterate',
		before => sub { few_sql($_[0], 5) },
		command => sub { "SELECT btrdb_obliterate('$_[0]')" },
		points => [ 'locked', 'swept', 'forgotten', 'emptied', 'retired' ],
	},
	{
		name => 'DELETE FROM btrdb.streams',
		before => sub { few_sql($_[0], 5) },
		command => sub { "DELETE FROM btrdb.streams WHERE uuid = '$_[0]'" },
		points => [ 'swept', 'retired' ],
	},
	{
		name => 'maintenance',
		before => sub { ("SELECT btrdb_delete('$_[0]', 0, 1000000)", "SELECT btrdb_prune('$_[0]', 12)", 'VACUUM btrdb.points') },
		command => sub { 'SELECT btrdb_maintain()' },
		points => ['finished'],
	},);

my $witness = new_stream($node, 'witness');
my $acknowledged = 0;
my $ncases = 0;

# Gives a command, stops it at a point, and kills.
sub crash_at
{
	my ($case, $point) = @_;
	my $label = "$case->{name}, \"$point\"";
	my $cohort = ++$ncases * 128;
	my @streams;
	my $settings = join('', map { "SET $_; " } $case->{settings} || ());

	# Where rows of others wait in btrdb.mixed, points would join them.
	$node->safe_psql('postgres', "SELECT setval('btrdb.streams_number_seq', $cohort)");
	push @streams, new_stream($node, "stream $_") foreach 1 .. 5;
	my $command = $settings . $case->{command}->(@streams);
	$node->safe_psql('postgres', join('; ',
		insert_sql($streams[0], 0, 3000), insert_sql($streams[0], 500, 1500),
		$case->{before} ? $case->{before}->(@streams) : ()));
	my $outcome = $node->safe_psql('postgres', "BEGIN; \\o /dev/null\n$command;\n\\o\nSELECT crash.outcome('$witness'); ROLLBACK");
	my $before = $node->safe_psql('postgres', "SELECT crash.others('$witness')");

	my ($out, $err) = ('', '');
	my $session = IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "SET btrdb.debug_points = '$point'",
			map { ('-c', $_) } split /; /, $command ],
		'<', \undef, '>', \$out, '2>', \$err);
	$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Extension'})
	  or die "$label: it does not wait";
	my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Extension'});

	# A page that is locked cannot be written.
	$node->safe_psql('postgres', 'CHECKPOINT') if random_below(2) && $point ne 'marked';
	$node->safe_psql('postgres', "SELECT btrdb_insert('$witness', " . ++$acknowledged . ', 1)');
	if (random_below(2))
	{
		kill9_one($node, $pid);
	}
	else
	{
		kill9_all($node);
		start_again($node);
	}
	$session->finish;

	check_is_clean($node, "after kill -9 in $label");
	is($node->safe_psql('postgres', "SELECT crash.others('$witness')"), $before, "$label: nothing has happened");
	is($node->safe_psql('postgres', "SELECT btrdb_count('$witness')"), $acknowledged, "$label: what was acknowledged is there");
	$node->safe_psql('postgres', $command);
	is($node->safe_psql('postgres', "SELECT crash.outcome('$witness')"), $outcome, "$label: it can be done again");
	check_is_clean($node, "after $label was done again");
	$node->safe_psql('postgres', "DELETE FROM btrdb.streams WHERE uuid <> '$witness'");
	return;
}

foreach my $round (1 .. $rounds)
{
	foreach my $case (@commands)
	{
		crash_at($case, $_) foreach @{ $case->{points} };
	}
	$node->safe_psql('postgres', 'VACUUM btrdb.points');
	check_is_clean($node, "after VACUUM in round $round");
}
$node->stop;
figure('kills at named points inside of writes and maintenance', $ncases);

done_testing();
