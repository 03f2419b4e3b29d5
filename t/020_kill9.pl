# kill -9 of the whole server, and of single processes, under load.
#
# Four psql processes write batches and note each commit that the server
# acknowledged.  At a random moment the server is killed as a whole, or one process of it, after
# which the postmaster ends all others and starts again.  After recovery each
# acknowledged transaction must be there as a whole, the one under way as a whole or
# not at all, and nothing else.  The points of a batch carry its number as their
# value.
#
# BTRDB_SEED repeats the choice of writes (not the moment), BTRDB_KILLS says how often to kill.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

my $seed = test_seed();
my $kills = size_of(ci => 25, full => 300, env => 'BTRDB_KILLS');
my $nwriters = 4;
my $nshared = 4;
my $generation_length = 5;
my $transactions = 3000;

my $node = btrdb_node('kill9',
	'shared_buffers = 16MB',
	'max_wal_size = 64MB',
	'checkpoint_timeout = 30s',
	'restart_after_crash = on',
	'wal_consistency_checking = generic');

my $batch = 0;		# last batch number
my %expected;		# stream => batch => points
my %streams;		# of this generation: 0 .. nshared - 1 shared, 'w' . writer private
my %alive;			# writer => batches in its private stream
my @writers;		# writer => { transactions, acks }

# An insert of a new batch; the points lie between those of other batches.
sub insert
{
	my ($stream, $n, $effect) = @_;
	my $b = ++$batch;
	my $base = random_below(5) ? $b * 1000000 : random_below(1000000) * 1000;
	my $step = 1 + random_below(5000);

	$effect->{$stream}{$b} = $n if $effect;
	return "SELECT btrdb_insert('$stream', array_agg($base + i * ${step}::bigint), array_agg($b.0::float8)) "
	  . "FROM generate_series(1, $n) i;\n";
}

# A batch of all shared streams, by one statement.
sub insert_wide
{
	my ($effect) = @_;
	my $b = ++$batch;
	my $n = 1 + random_below(15);
	my $base = random_below(5) ? $b * 1000000 : random_below(1000000) * 1000;
	my $list = join(',', map { $streams{$_} } 0 .. $nshared - 1);

	if ($effect)
	{
		$effect->{ $streams{$_} }{$b} = $n foreach 0 .. $nshared - 1;
	}
	return "INSERT INTO btrdb.points SELECT s, $base + i * 1000, $b FROM unnest('{$list}'::uuid[]) s, generate_series(1, $n) i;\n";
}

# A batch in its own part of time, to be deleted as a whole later.
sub insert_private
{
	my ($writer, $effect) = @_;
	my $stream = $streams{"w$writer"};
	my $n = random_below(4) ? 1 + random_below(40) : 1024 + random_below(500);
	my $b = ++$batch;

	push @{ $alive{$writer} }, $b;
	$effect->{$stream}{$b} = $n;
	return "SELECT btrdb_insert('$stream', array_agg($b * 1000000::bigint + i), array_agg($b.0::float8)) "
	  . "FROM generate_series(1, $n) i;\n";
}

sub delete_private
{
	my ($writer, $effect) = @_;
	my $stream = $streams{"w$writer"};
	my $list = $alive{$writer};

	return insert_private($writer, $effect) unless @$list > 3;
	my ($b) = splice(@$list, random_below(scalar @$list), 1);
	$effect->{$stream}{$b} = 0;
	return "SELECT btrdb_delete('$stream', $b * 1000000::bigint, ($b + 1) * 1000000::bigint);\n";
}

# A transaction: its SQL and what it leaves, stream => batch => points.
sub transaction
{
	my ($writer) = @_;
	my %effect;
	my $shared = $streams{ random_below($nshared) };
	my $r = rand();

	return (insert($shared, 1 + random_below(50), \%effect), \%effect) if $r < 0.30;
	return (insert_wide(\%effect), \%effect) if $r < 0.55;
	return (insert($shared, 1024 + random_below(1000), \%effect), \%effect) if $r < 0.60;
	return (insert_private($writer, \%effect), \%effect) if $r < 0.75;
	return (delete_private($writer, \%effect), \%effect) if $r < 0.82;
	return ("SELECT btrdb_flush('$shared');\n", \%effect) if $r < 0.84;

	my $sql = "BEGIN;\n";
	if ($r < 0.86)
	{
		# Everything away and back again.
		my $own = $streams{"w$writer"};
		$sql .= "SELECT btrdb_flush('$own') AS v \\gset\n"
		  . "SELECT btrdb_delete('$own', ${\TIME_MIN}, ${\TIME_MAX});\n"
		  . "SELECT btrdb_revert('$own', :v);\n"
		  . insert_private($writer, \%effect);
	}
	else
	{
		# Several streams, in the order in which everyone takes their locks.
		foreach my $stream (sort map { $streams{$_} } 0 .. $nshared - 1)
		{
			$sql .= insert($stream, random_below(10) ? 1 + random_below(20) : 1100, \%effect);
			$sql .= "SAVEPOINT s;\n" . insert($stream, random_below(4) ? 10 : 1100) . insert_wide() . "ROLLBACK TO s;\n"
			  if random_below(4) == 0;
			$sql .= insert_wide(\%effect) if random_below(4) == 0;
		}
	}
	return ("${sql}COMMIT;\n", \%effect);
}

sub new_generation
{
	my ($generation) = @_;

	%streams = ();
	$streams{$_} = new_stream($node, "shared $generation $_") for 0 .. $nshared - 1;
	foreach my $writer (1 .. $nwriters)
	{
		$streams{"w$writer"} = new_stream($node, "private $generation $writer");
		$alive{$writer} = [];
	}
	$expected{$_} = {} foreach values %streams;
	return;
}

sub start_writer
{
	my ($writer) = @_;
	my $base = "$PostgreSQL::Test::Utils::tmp_check/kill9_writer_$writer";
	my @list;
	my $script = "SET btrdb.buffer_points = 200;\nSET btrdb.buffer_rows = 20;\nSET btrdb.compact_rows = 6;\n\\o /dev/null\n";

	# What a crash takes back is put back by the list that starts after it.
	$alive{$writer} = [ grep { $expected{ $streams{"w$writer"} }{$_} }
		  keys %{ $expected{ $streams{"w$writer"} } } ];
	foreach my $i (0 .. $transactions - 1)
	{
		my ($sql, $effect) = transaction($writer);
		push @list, $effect;
		$script .= "$sql\\echo ack $i\n";
	}
	unlink "$base.sql";
	append_to_file("$base.sql", $script);
	my $run = IPC::Run::start(
		[
			'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'),
			'-f', "$base.sql"
		],
		'<', \undef, '>', "$base.out", '2>', "$base.err");
	return { base => $base, effects => \@list, run => $run };
}

# Waits for a writer's end and enters what it knows to be committed.  Returns the
# effect of the transaction that was under way, if any.
sub finish_writer
{
	my ($w) = @_;

	$w->{run}->finish;
	my $out = slurp_file("$w->{base}.out");
	my $err = slurp_file("$w->{base}.err");
	my $acks = () = $out =~ /^ack /mg;

	# The only reason to end early is the loss of the server.
	$err =~ s/^.*(?:terminating connection|server closed the connection|the server terminated abnormally|before or while processing|connection to server was lost|no connection to the server|not possible to roll back|The postmaster has commanded|In a moment you should be able|SSL connection|another server process exited|because of crash of|HINT:  In a moment|DETAIL:  The postmaster|WARNING:  terminating).*\n//mg;
	like($err, qr/\A\s*\z/, 'no other error in a writer');
	foreach my $effect (@{ $w->{effects} }[ 0 .. $acks - 1 ])
	{
		foreach my $stream (keys %$effect)
		{
			$expected{$stream}{$_} = $effect->{$stream}{$_} foreach keys %{ $effect->{$stream} };
		}
	}
	return ($acks, $w->{effects}[$acks]);
}

# The batches of a stream: batch => points.
sub contents
{
	my ($stream) = @_;
	my %found;
	my $out = $node->safe_psql('postgres',
		"SELECT value::bigint, count(*), count(DISTINCT time) FROM btrdb_values('$stream', ${\TIME_MIN}, ${\TIME_MAX}) GROUP BY 1");
	my $sum = 0;

	foreach my $line (split /\n/, $out)
	{
		my ($b, $n, $times) = split /\|/, $line;
		$found{$b} = $n;
		$sum += $n;
		is($times, $n, "the points of batch $b are distinct") if $times != $n;
	}
	my $count = $node->safe_psql('postgres', "SELECT btrdb_count('$stream')");
	is($count, $sum, "btrdb_count of $stream") if $count != $sum;
	return \%found;
}

# Compares the streams given with what is expected of them; in_flight are effects that may
# or may not have happened.
sub compare
{
	my ($label, $streams, $in_flight) = @_;
	my %found = map { $_ => contents($_) } @$streams;
	my $happened = 0;
	my @wrong;

	foreach my $effect (@$in_flight)
	{
		my %differs;

		foreach my $stream (keys %$effect)
		{
			foreach my $b (keys %{ $effect->{$stream} })
			{
				my $is = $found{$stream}{$b} // 0;
				my $before = $expected{$stream}{$b} // 0;

				$differs{before} = 1 if $is != $before;
				$differs{after} = 1 if $is != $effect->{$stream}{$b};
			}
		}
		next unless $differs{before};
		if ($differs{after})
		{
			push @wrong, 'a transaction under way is there in part';
			next;
		}
		$happened++;
		foreach my $stream (keys %$effect)
		{
			$expected{$stream}{$_} = $effect->{$stream}{$_} foreach keys %{ $effect->{$stream} };
		}
	}

	foreach my $stream (@$streams)
	{
		my %all = (%{ $expected{$stream} }, %{ $found{$stream} });
		foreach my $b (sort { $a <=> $b } keys %all)
		{
			my $is = $found{$stream}{$b} // 0;
			my $should = $expected{$stream}{$b} // 0;
			push @wrong, "stream $stream, batch $b: $is points instead of $should"
			  if $is != $should;
		}
	}
	ok(!@wrong, "$label: acknowledged transactions are there, and nothing else")
	  or diag(join("\n", "BTRDB_SEED=$seed", @wrong[ 0 .. ($#wrong < 20 ? $#wrong : 20) ]));
	return $happened;
}

# Kills one process: mostly one that serves a writer, if there still is one, at times another one.
sub kill_one
{
	my $others = "'checkpointer', 'background writer', 'walwriter', 'autovacuum launcher'";
	my $types = random_below(5) ? "'client backend'" : $others;
	my $pid = $node->safe_psql('postgres',
		"SELECT pid FROM pg_stat_activity WHERE backend_type IN ('client backend', $others) AND pid <> pg_backend_pid() ORDER BY backend_type IN ($types) DESC, random() LIMIT 1");

	kill9_one($node, $pid);
	return;
}

my $acknowledged = 0;
my $happened = 0;
foreach my $cycle (1 .. $kills)
{
	new_generation(int($cycle / $generation_length))
	  if ($cycle - 1) % $generation_length == 0;
	@writers = map { start_writer($_) } 1 .. $nwriters;
	sleep(0.3 + rand(1.2));
	$node->safe_psql('postgres', 'CHECKPOINT') if random_below(3) == 0;
	sleep(rand(0.3));
	my $all = $cycle % 2;
	if ($all)
	{
		kill9_all($node);
	}
	else
	{
		kill_one();
	}
	my @in_flight;
	foreach my $w (@writers)
	{
		my ($acks, $effect) = finish_writer($w);
		$acknowledged += $acks;
		push @in_flight, $effect if $effect;
	}
	start_again($node) if $all;
	$happened += compare("kill $cycle", [ values %streams ], \@in_flight);

	# All nodes of some streams, what is above leaves of the others.
	my @some = (values %streams)[ 0 .. 2 ];
	my $problems = join(' UNION ALL ', 'SELECT * FROM btrdb_check(NULL, false)',
		map { "SELECT * FROM btrdb_check('$_')" } @some);
	is($node->safe_psql('postgres', $problems), '', "btrdb_check() is clean after kill $cycle");
}

compare('at the end', [ keys %expected ], []);
check_is_clean($node, 'at the end');
figure('kills with signal 9 under load', $kills);
figure('acknowledged transactions, none lost', $acknowledged);
diag("$happened transactions committed without word of it");
cmp_ok($acknowledged, '>', $kills * $nwriters, 'writers got something done');
$node->stop;

done_testing();
