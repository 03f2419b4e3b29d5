# Random writes and reads, compared with a second implementation in plain SQL.
#
# Each round is a script of random operations and comparisons that psql runs; the
# server crashes between rounds.  oracle.sql has the model and the comparisons,
# oracle_spellings.sql those of the spellings of times, look.sql those of gaps, crossings, as-of joins and
# sums over time, oracle_seeing.sql those of what is made to be seen.
# BTRDB_SEED repeats a run, BTRDB_ROUNDS makes it longer or shorter.  The script of
# a round that fails stays in tmp_check.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $rounds = size_of(ci => 16, full => 400, env => 'BTRDB_ROUNDS');
my $transactions = 30;

my $node = btrdb_node('oracle', 'shared_buffers = 32MB', 'work_mem = 32MB', 'jit = off');
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/$_.sql")) foreach qw(look oracle oracle_spellings oracle_seeing);

my $op = 0;
my $nstreams = 0;
my @streams;

# Returns one of @_.
sub any
{
	return $_[random_below(scalar @_)];
}

# Says yes with probability $p.
sub chance
{
	my ($p) = @_;

	return rand() < $p;
}

# An integer whose logarithm is uniform over that of $lo to $hi.
sub log_uniform
{
	my ($lo, $hi) = @_;

	return int($lo * ($hi / $lo)**rand());
}

sub operation
{
	return sprintf("SELECT oracle.operation(%d, %.9f);\n", ++$op, rand());
}

sub checks
{
	my ($s, $n) = @_;

	return "SELECT oracle.checks($s->{id}, $n);\n";
}

# A new stream, with a rate and a part of time of its own.
sub create
{
	my $s = { id => ++$nstreams };

	$s->{uuid} = sprintf('0b7d0000-0000-4000-8000-%012d', $s->{id});
	$s->{step} = log_uniform(1, 4e12);
	$s->{base} = any(0, 1400000000000000000, -1000, TIME_MIN, 4611686018400000000, 1 << random_below(61));
	push @streams, $s;
	shift @streams if @streams > 5;
	return "SELECT btrdb_create('oracle', '{\"name\": \"s$s->{id}\"}', '{}', '$s->{uuid}');\n"
	  . "INSERT INTO oracle.stream VALUES ($s->{id}, '$s->{uuid}');\n";
}

sub make_batch
{
	my ($s, $n) = @_;
	my $shape = any(
		qw(ordered ordered ordered jitter jitter jitter shuffled sparse duplicates same
		  same_as_ever existing bursts years extreme boundary));
	my $vshape = any(
		qw(decimal decimal double double random constant counter single bool scale special huge));
	my $base = $s->{base};

	# Most batches go on where the last one ended, others go back or leave a gap.
	if (chance(0.7))
	{
		$s->{base} = $base + $n * $s->{step};
	}
	elsif (chance(0.5))
	{
		$base -= random_below(20000) * $s->{step};
	}
	elsif (chance(0.3))
	{
		$base += log_uniform(1, 1e17);
		$s->{base} = $base;
	}
	$base = sprintf('%.0f', $base);
	$base = TIME_MIN if $base < TIME_MIN;
	$base = '4611686018427387903' if $base > 4.6e18;
	return
	  "SELECT oracle.make_batch($s->{id}, $n, '$shape', '$vshape', $base, $s->{step});\n";
}

sub batch_size
{
	my $r = rand();

	return 1 if $r < 0.1;
	return log_uniform(2, 100) if $r < 0.45;
	return log_uniform(100, 1030) if $r < 0.7;
	return log_uniform(1020, 4200) if $r < 0.95;
	return log_uniform(4000, 20000);
}

my $array_args = 'array_agg(time ORDER BY ord), array_agg(value ORDER BY ord)';

sub insert
{
	my ($s) = @_;
	my $n = batch_size();
	my $sql = make_batch($s, $n);
	my $one_call = 'true';

	if ($n <= 200 && chance(0.3))
	{
		$one_call = 'false';
		$sql .= "SELECT max(btrdb_insert('$s->{uuid}', time, value)) AS v "
		  . "FROM (SELECT * FROM oracle.batch ORDER BY ord) b \\gset\n";
	}
	elsif (chance(0.2))
	{
		$sql .= "SELECT btrdb_insert('$s->{uuid}', array_agg(rawpoint(time, value) ORDER BY ord)) AS v "
		  . "FROM oracle.batch \\gset\n";
	}
	elsif (chance(0.1))
	{
		# without types: text, one point of it, or array literals
		$sql .= $n == 1
		  ? "SELECT oracle.time_text(time) AS t, value AS x FROM oracle.batch \\gset\n"
		  : "SELECT array_agg(oracle.time_text(time) ORDER BY ord) AS t, array_agg(value ORDER BY ord) AS x FROM oracle.batch \\gset\n";
		$sql .= "SELECT btrdb_insert('$s->{uuid}', :'t', :'x') AS v \\gset\n";
	}
	else
	{
		$sql .= "SELECT btrdb_insert('$s->{uuid}', $array_args) AS v FROM oracle.batch \\gset\n";
	}
	return $sql . "SELECT oracle.inserted($s->{id}, :v, $one_call);\n";
}

# An insert by a merge policy, often of points that were just inserted, some of them with another value.
sub insert_merge
{
	my ($s) = @_;
	my $policy = any(qw(equal retain replace));
	my $sql = make_batch($s, batch_size());

	if (chance(0.5))
	{
		$sql .= "SELECT btrdb_insert('$s->{uuid}', $array_args) AS v FROM oracle.batch \\gset\n"
		  . "SELECT oracle.inserted($s->{id}, :v, true);\n" . operation()
		  . "UPDATE oracle.batch SET value = round(random()::numeric, 3) WHERE random() < 0.3;\n";
	}
	return $sql
	  . "SELECT btrdb_insert('$s->{uuid}', $array_args, '$policy') AS v FROM oracle.batch \\gset\n"
	  . "SELECT oracle.merged($s->{id}, :v, '$policy');\n";
}

# One statement over several streams: mostly a few points of each.
sub insert_wide
{
	my $sql = "DELETE FROM oracle.wide;\n";

	foreach my $s (@streams)
	{
		next if chance(0.1);
		$sql .= make_batch($s, chance(0.85) ? log_uniform(1, 16) : log_uniform(16, 2000))
		  . "INSERT INTO oracle.wide SELECT $s->{id}, * FROM oracle.batch;\n";
	}
	return $sql
	  . "INSERT INTO btrdb.points SELECT uuid, time, value FROM oracle.wide JOIN oracle.stream ON id = stream ORDER BY ord, id;\n"
	  . "SELECT oracle.wide_inserted();\n";
}

sub delete_range
{
	my ($s) = @_;

	my $arguments = chance(0.8) ? ':lo, :hi' : ":'lo_text', :'hi_text'";

	return "SELECT lo, hi, oracle.time_text(lo) AS lo_text, oracle.time_text(hi) AS hi_text FROM oracle.pick_range($s->{id}) \\gset\n"
	  . "SELECT btrdb_delete('$s->{uuid}', $arguments) AS v \\gset\n"
	  . "SELECT oracle.deleted($s->{id}, :lo, :hi, :v);\n";
}

# Reverts to a version in psql's variable.
sub revert_to
{
	my ($s, $variable) = @_;

	return "SELECT btrdb_revert('$s->{uuid}', :$variable) AS v \\gset\n"
	  . "SELECT oracle.reverted($s->{id}, :$variable, :v);\n";
}

sub revert
{
	my ($s) = @_;
	my $first = chance(0.1) ? 1 : 11;

	return "SELECT oracle.random_int(least($first, version), version) AS target "
	  . "FROM oracle.stream WHERE id = $s->{id} \\gset\n"
	  . revert_to($s, 'target');
}

# Away with everything, points of another rate instead, and back again: a tree of
# other levels comes and goes.
sub there_and_back
{
	my ($s) = @_;
	my $sql = flush($s) . "SELECT version AS before FROM oracle.stream WHERE id = $s->{id} \\gset\n"
	  . "SELECT btrdb_delete('$s->{uuid}', ${\TIME_MIN}, ${\TIME_MAX}) AS v \\gset\n"
	  . "SELECT oracle.deleted($s->{id}, ${\TIME_MIN}, ${\TIME_MAX}, :v);\n";

	{
		local $s->{step} = log_uniform(1, 4e12);
		$sql .= operation() . insert($s) . flush($s);
	}
	return $sql . operation() . revert_to($s, 'before') . insert($s);
}

sub flush
{
	my ($s) = @_;

	return "SELECT btrdb_flush('$s->{uuid}') AS v \\gset\n"
	  . "SELECT oracle.flushed($s->{id}, :v);\n";
}

# Removes a stream, and makes another one in its place.
sub remove
{
	my ($s) = @_;
	my $sql = any("SELECT btrdb_obliterate('$s->{uuid}');\n", "DELETE FROM btrdb.streams WHERE uuid = '$s->{uuid}';\n")
	  . "SELECT oracle.removed($s->{id});\n"
	  . "SELECT oracle.expect_error('SELECT btrdb_count(''$s->{uuid}''::uuid)', '42704');\n"
	  . "SELECT oracle.expect_error('SELECT btrdb_insert(''$s->{uuid}'', 1, 1)', '42704');\n"
	  . "SELECT oracle.expect_error('SELECT btrdb_create(''oracle'', stream => ''$s->{uuid}'')', '42710');\n";

	@streams = grep { $_ != $s } @streams;
	return $sql . create();
}

# A write that is complete when its subtransaction rolls back.
sub abandon
{
	my ($s) = @_;
	my $batch = make_batch($s, log_uniform(1, 6000));
	my $write = any(
		"SELECT btrdb_insert(''$s->{uuid}'', $array_args) FROM oracle.batch",
		"SELECT btrdb_insert(''$s->{uuid}'', $array_args) FROM oracle.batch",
		"INSERT INTO btrdb.points SELECT uuid, time, value FROM oracle.batch JOIN oracle.stream ON id % 5 = ord % 5",
		"SELECT btrdb_insert(''$s->{uuid}'', $array_args, ''replace'') FROM oracle.batch",
		"SELECT btrdb_flush(''$s->{uuid}'')",
		"SELECT btrdb_delete(''$s->{uuid}'', 0, ${\TIME_MAX})",
		"SELECT btrdb_obliterate(''$s->{uuid}'')",
		"SELECT btrdb_revert(''$s->{uuid}'', 5)");

	return $batch . "SELECT oracle.abandon('$write');\n";
}

# A call that must fail, and store nothing.
sub bad_call
{
	my ($s) = @_;
	my $batch = make_batch($s, log_uniform(1, 6000));
	my $past = "(SELECT version + 1 FROM oracle.stream WHERE id = $s->{id})";
	my ($call, $code) = @{
		any([ "insert(%s, $array_args || ''NaN''::float8) FROM oracle.batch", '2202E' ],
			[ "insert(%s, array_agg(time ORDER BY ord) || 5::bigint, array_agg(value ORDER BY ord) || ''NaN''::float8) FROM oracle.batch", '22023' ],
			[ "insert(%s, array_agg(time ORDER BY ord) || 5::bigint, array_agg(value ORDER BY ord) || ''-Infinity''::float8) FROM oracle.batch", '22023' ],
			[ "insert(%s, array_agg(time ORDER BY ord) || ${\TIME_MAX}::bigint, array_agg(value ORDER BY ord) || 1::float8) FROM oracle.batch", '22008' ],
			[ "insert(%s, array_agg(time ORDER BY ord) || 5::bigint, array_agg(value ORDER BY ord) || NULL::float8) FROM oracle.batch", '22004' ],
			[ "insert(''00000000-0000-0000-0000-000000000000'', $array_args) FROM oracle.batch", '42704' ],
			[ "values(%s, 10, 9)", '22023' ],
			[ "values(%s, 0, 9, $past)", '22023' ],
			[ "windows(%s, 0, 9, 0)", '22023' ],
			[ "aligned_windows(%s, 0, 9, 61)", '22023' ],
			[ "changes(%s, $past, 0)", '22023' ],
			[ "revert(%s, $past)", '22023' ],
			[ "delete(%s, 10, 9)", '22023' ])
	};

	return $batch
	  . "SELECT oracle.expect_error('SELECT btrdb_"
	  . ($call =~ s/%s/''$s->{uuid}''/r) . "', '$code');\n";
}

sub settings
{
	return any(
		sprintf("SET btrdb.buffer_points = %d;\n", any(0, 50, 50, 500, 4096)),
		sprintf("SET btrdb.buffer_rows = %d;\n", any(1, 3, 20, 1024)),
		sprintf("SET btrdb.compact_rows = %d;\n", any(1, 3, 10, 64)),
		sprintf("SET btrdb.direct_points = %d;\n", any(1, 200, 1024, 1024, 100000)),
		sprintf("SET btrdb.flush_memory = %d;\n", any(64, 64, 65536)));
}

# One random operation and some comparisons.
sub step
{
	my ($nchecks) = @_;
	my $s = any(@streams);
	my $r = rand();
	my $sql = operation();

	if ($r < 0.25) { $sql .= insert($s) }
	elsif ($r < 0.37) { $sql .= insert_merge($s) }
	elsif ($r < 0.57) { $sql .= insert_wide() }
	elsif ($r < 0.60) { $sql .= there_and_back($s) }
	elsif ($r < 0.72) { $sql .= delete_range($s) }
	elsif ($r < 0.80) { $sql .= revert($s) }
	elsif ($r < 0.88) { $sql .= flush($s) }
	elsif ($r < 0.92) { $sql .= bad_call($s) }
	elsif ($r < 0.96) { $sql .= abandon($s) }
	else { $sql .= settings() }
	return $sql . checks($s, $nchecks);
}

# A transaction of several operations, some of them rolled back.
sub transaction
{
	my $sql = 'BEGIN ISOLATION LEVEL '
	  . any('READ COMMITTED', 'READ COMMITTED', 'READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
	  . ";\n";

	foreach my $part (1 .. 1 + random_below(3))
	{
		if (chance(0.4))
		{
			$sql .= "SAVEPOINT a;\n" . step(1) . step(1);
			if (chance(0.4))
			{
				$sql .= "SAVEPOINT b;\n" . step(1);
				$sql .= any("RELEASE b;\n", "ROLLBACK TO b;\n" . step(1));
			}
			$sql .= any("RELEASE a;\n", "ROLLBACK TO a;\n" . step(2));
		}
		else
		{
			$sql .= step(2);
		}
	}
	return $sql . (chance(0.7) ? "COMMIT;\n" : "ROLLBACK;\n");
}

sub round
{
	my ($round) = @_;
	my $sql = "SELECT last_value FROM oracle.comparisons;\n\\o /dev/null\n" . operation();

	# What the crash may have done to anything that was there before it.
	$sql .= "SELECT oracle.check_all(4);\n";
	$sql .= create() for 1 .. ($round == 1 ? 4 : 1);
	$sql .= remove(any(@streams)) if $round > 1 && chance(0.7);
	$sql .= "SET btrdb.buffer_points = 50;\n" if chance(0.7);
	$sql .= "SET btrdb.compact_rows = 3;\n" if chance(0.7);
	$sql .= (chance(0.75) ? step(6) : transaction()) for 1 .. $transactions;
	$sql .= operation();
	$sql .= checks($_, 10) foreach @streams;
	return $sql . "\\o\nSELECT last_value FROM oracle.comparisons;\n";
}

sub run_round
{
	my ($name, $sql) = @_;
	my $file = "$PostgreSQL::Test::Utils::tmp_check/oracle_$name.sql";

	append_to_file($file, $sql);
	my ($rc, $out, $err) = run_script($node, $file);
	unless (ok($rc == 0 && $err eq '', "$name agrees"))
	{
		diag("BTRDB_SEED=$seed; script: $file\n$err");
		BAIL_OUT('server crashed') unless $node->psql('postgres', 'SELECT 1') == 0;
		$node->stop;
		done_testing();
		exit 1;
	}
	unlink $file;

	my ($first, $last) = $out =~ /^(\d+)\n(\d+)$/;
	return $last - $first;
}

my $comparisons = 0;
for my $round (1 .. $rounds)
{
	$comparisons += run_round("round $round", round($round));
	check_is_clean($node, "after round $round") if $round % 3 == 0;
	if (chance(0.5))
	{
		crash($node);
	}
	else
	{
		kill9_all($node);
		start_again($node);
	}
}

$comparisons += run_round('all after the last crash', "SELECT last_value FROM oracle.comparisons;\n\\o /dev/null\n" . operation()
	  . "SELECT oracle.check_all(10000);\n\\o\nSELECT last_value FROM oracle.comparisons;\n");
figure('random operations on streams, with rollbacks, crashes and kills', $op);
figure('answers compared with plain SQL, equal', $comparisons);
cmp_ok($comparisons, '>=', 100 * $rounds, 'enough was compared');

check_is_clean($node, 'at the end');
$node->stop;

done_testing();
