#!/usr/bin/perl
#
# measure.pl
#		Measures btrdb beside other databases; bench/run calls it on a server of
#		its own.  Writes report.md and short.md to the current directory.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use Contender;
use Getopt::Long;
use Report qw(median);
use Time::HiRes qw(time);

my %o = (points => 10_000_000, repeat => 7, loads => 3, seed => 1, packages => '', commit => '');
GetOptions(\%o, 'points=i', 'repeat=i', 'loads=i', 'seed=i', 'packages=s', 'commit=s', 'socket=s', 'data=s', 'seconds=f')
  or die "measure.pl: bad arguments\n";
my $points = $o{points};
my $seconds = $o{seconds} // 5;

use constant START => 1_700_000_000_000_000_000;
use constant SECOND => 1_000_000_000;

# Streams of W2, and its rows.
my $streams = 1000;
my $many = int($points / 5 / $streams / 40) * $streams * 40 || $streams * 40;

# A contender that has spent so many seconds on one row is not asked again.
my $patience = 60;

srand($o{seed});
$| = 1;

my $duckdb = $o{packages} ne '';
my @names = ('btrdb', 'plain', $duckdb ? 'duckdb' : ());
my $report = Report->new(@names);
my $load_before = load_average();
my $began = time;
my %session;

sub load_average
{
	open my $in, '<', '/proc/loadavg' or return '';
	return (split / /, <$in>)[0];
}

sub uuid
{
	return sprintf '00000000-0000-4000-8000-%012d', shift;
}

sub step
{
	printf "== %s (%d s)\n", shift, time - $began;
	return;
}

# Makes a file of points and returns its name.
sub points_file
{
	my ($shape, $n) = @_;
	my $file = $shape =~ s/[^\w]+/_/gr . ".$n.points";

	if (!-e $file)
	{
		system('build/points', $shape, $o{seed}, $n, $file) == 0 or die "points failed\n";
	}
	return $file;
}

sub connect_to
{
	my ($name, $database, $data) = @_;

	return Contender->new(
		name => $name,
		data => $data,
		command => [ 'build/client', "host=$o{socket} user=postgres dbname=$database" ],
		settings => ['SET client_min_messages = warning']);
}

sub connect_to_duckdb
{
	my ($file, $data) = @_;

	return Contender->new(
		name => 'duckdb',
		data => $data,
		command => [ 'node', "$FindBin::RealBin/duckdb.mjs", $o{packages}, $file ]);
}

sub remove_duckdb_file
{
	my ($file) = @_;

	unlink $file, "$file.wal";
	return;
}

# Makes a database with the extension, a plain table, and streams $first to $last.
sub make_database
{
	my ($database, $first, $last) = @_;
	my $admin = connect_to('postgres', 'postgres');

	$admin->ask('exec', "DROP DATABASE IF EXISTS $database");
	$admin->ask('exec', "CREATE DATABASE $database");
	$admin->close;
	my $session = connect_to('postgres', $database);
	$session->ask('exec', $_) foreach (
		'CREATE EXTENSION btrdb',
		'CREATE TABLE points (stream uuid NOT NULL, time bigint NOT NULL, value float8 NOT NULL)',
		'CREATE INDEX ON points (stream, time)',
		"SELECT count(btrdb_create('bench', jsonb_build_object('name', 's' || i, 'kind', i % 10), '{}',
			('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid)) FROM generate_series($first, $last) AS i",
		'CREATE TABLE metadata AS SELECT uuid, name, tags FROM btrdb.streams',
		'ALTER TABLE metadata ADD PRIMARY KEY (uuid)',
		'CREATE INDEX ON metadata USING gin (tags jsonb_path_ops)',
		'CHECKPOINT');
	$session->close;
	return;
}

# Everything that btrdb keeps, in bytes.
sub btrdb_size
{
	my ($session) = @_;

	return $session->value_of(q{SELECT sum(pg_total_relation_size(oid)) FROM pg_class
		WHERE relnamespace = 'btrdb'::regnamespace AND relkind = 'r'});
}

my $copy_btrdb = 'COPY btrdb.points FROM STDIN (FORMAT binary)';
my $copy_plain = 'COPY points FROM STDIN (FORMAT binary)';

# Bytes per point of a shape, everything counted.
sub measure_size
{
	my ($shape, $n, $with_plain, %row) = @_;
	my $file = points_file($shape, $n);
	my %size;

	make_database('load', 1, 1);
	my $session = connect_to('btrdb', 'load', $file);
	$session->ask('copy', 0, $n, 1, 1, $copy_btrdb);
	$session->ask('exec', 'SELECT btrdb_flush()');
	$size{btrdb} = btrdb_size($session) / $n;
	if ($with_plain)
	{
		$session->ask('copy', 0, $n, 1, 1, $copy_plain);
		$size{plain} = $session->value_of(q{SELECT pg_total_relation_size('points')}) / $n;
	}
	$session->close;
	if ($duckdb)
	{
		remove_duckdb_file('size.duckdb');
		my $duck = connect_to_duckdb('size.duckdb', $file);
		$duck->ask('exec', 'CREATE TABLE points (stream UUID NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL)');
		$duck->ask('copy', 0, $n, 1, 1, 'points');
		$duck->ask('exec', 'CHECKPOINT');
		$duck->close;
		$size{duckdb} = (-s 'size.duckdb') / $n;
		remove_duckdb_file('size.duckdb');
	}
	unlink $file unless $row{keep};
	$report->add(unit => 'bytes/point', values => \%size, %row);
	return;
}

# Runs $work on a session and returns (microseconds, what $work returned, WAL bytes).
sub with_wal
{
	my ($session, $work) = @_;

	$session->ask('exec', 'CHECKPOINT');
	my $before = $session->value_of(q{SELECT pg_current_wal_insert_lsn() - '0/0'});
	my @result = $work->($session);
	my $after = $session->value_of(q{SELECT pg_current_wal_insert_lsn() - '0/0'});
	return (@result, $after - $before);
}

# Rates of loading one stream in several ways.
sub measure_loads
{
	my $n = $points < 10_000_000 ? $points : 10_000_000;
	my $batches = int($n / 50) < 1_000_000 ? int($n / 50 / 1000) * 1000 || 1000 : 1_000_000;
	my $file = points_file('120 Hz ±50 us, 4 decimals', $points);
	my (%rate, %wal);
	my $arrays = 'SELECT btrdb_insert($1::uuid, $2::bigint[], $3::float8[])';
	my $unnest = 'INSERT INTO points SELECT $1, t, v FROM unnest($2::bigint[], $3::float8[]) AS u(t, v)';
	my @ways = (
		[ 'copy', 'btrdb', $n, sub { shift->ask('copy', 0, $n, 1, 1, $copy_btrdb) } ],
		[ 'copy', 'plain', $n, sub { shift->ask('copy', 0, $n, 1, 1, $copy_plain) } ],
		[ 'arrays', 'btrdb', $n, sub { shift->ask('insert', 0, $n, $n < 50_000 ? $n : 50_000, 1, 2, 'arrays') } ],
		[ 'stored', 'btrdb', $n, sub { shift->ask('run', 'stored', uuid(5)) } ],
		[ 'batches', 'btrdb', $batches, sub { shift->ask('insert', 0, $batches, 1000, 1, 3, 'arrays') } ],
		[ 'batches', 'plain', $batches, sub { shift->ask('insert', 0, $batches, 1000, 1, 3, 'unnest') } ]);

	foreach my $round (1 .. $o{loads})
	{
		make_database('load', 1, 5);
		my $session = connect_to('postgres', 'load', $file);
		$session->ask('prepare', 'arrays', $arrays);
		$session->ask('prepare', 'unnest', $unnest);
		foreach my $way ($round % 2 ? @ways : reverse @ways)
		{
			my ($what, $name, $rows, $work) = @$way;
			if ($what eq 'stored')
			{
				$session->ask('exec', $_) foreach (
					'CREATE TABLE stored (n int, times bigint[], "values" float8[])',
					'ALTER TABLE stored ALTER times SET STORAGE EXTERNAL, ALTER "values" SET STORAGE EXTERNAL');
				$session->ask('prepare', 'store', 'INSERT INTO stored SELECT 1, $2::bigint[], $3::float8[] WHERE $1::uuid IS NOT NULL');
				$session->ask('insert', 0, $n, $n < 50_000 ? $n : 50_000, 1, 2, 'store');
				$session->ask('prepare', 'stored', 'SELECT btrdb_insert($1::uuid, times, "values") FROM stored');
			}
			my @result = with_wal($session, $work);
			push @{ $rate{$what}{$name} }, $rows / $result[0];
			push @{ $wal{$what}{$name} }, $result[-1] / $rows;
		}
		if ($duckdb)
		{
			remove_duckdb_file('load.duckdb');
			my $duck = connect_to_duckdb('load.duckdb', $file);
			$duck->ask('exec', 'CREATE TABLE points (stream UUID NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL)');
			push @{ $rate{copy}{duckdb} }, $n / ($duck->ask('copy', 0, $n, 1, 1, 'points'))[0];
			push @{ $rate{batches}{duckdb} }, $batches / ($duck->ask('insert', 0, $batches, 1000, 1, 3, 'points'))[0];
			$duck->close;
			remove_duckdb_file('load.duckdb');
		}
		$session->close;
	}

	my $medians = sub { my %of = @_; map { $_ => median(@{ $of{$_} }) } keys %of };
	my %samples = map { $_ => $o{loads} } @names;
	$report->add(work => 'COPY binary, one stream', short => 'COPY binary, one stream', unit => 'M points/s', more => 1,
		goal => '>= 5x plain', limit => sub { my %v = @_; 5 * $v{plain} },
		values => { $medians->(%{ $rate{copy} }) }, samples => \%samples);
	$report->add(work => 'the same: WAL', unit => 'bytes/point', goal => '<= 6', limit => 6,
		values => { $medians->(%{ $wal{copy} }) }, samples => \%samples);
	$report->add(work => 'btrdb_insert of 50,000-point arrays sent by a client', unit => 'M points/s', more => 1,
		goal => '>= 10', limit => 10, values => { $medians->(%{ $rate{arrays} }) }, samples => \%samples);
	$report->add(work => 'btrdb_insert of 50,000-point arrays stored in a table, one transaction', unit => 'M points/s', more => 1,
		goal => '>= 10', limit => 10, values => { $medians->(%{ $rate{stored} }) }, samples => \%samples);
	$report->add(work => 'btrdb_insert of 50,000-point arrays: WAL', unit => 'bytes/point', goal => '<= 6', limit => 6,
		values => { $medians->(%{ $wal{arrays} }) }, samples => \%samples);
	$report->add(work => '1,000-point batches of one stream, each committed', short => '1,000-point batches of a stream',
		unit => 'M points/s', more => 1,
		goal => '>= 6x plain', limit => sub { my %v = @_; 6 * $v{plain} },
		values => { $medians->(%{ $rate{batches} }) }, samples => \%samples);
	$report->add(work => 'the same: WAL', unit => 'bytes/point', goal => '', values => { $medians->(%{ $wal{batches} }) },
		samples => \%samples);
	return;
}

# Rows of many streams in each statement, in turns; what must be done now and
# then (btrdb_maintain, and one last flush) is part of the time.
sub measure_many
{
	my $file = points_file('many', $many);
	my $segments = 8;
	my $rows = int($many / $segments / $streams) * $streams;
	my (%usec, %wal, %writer);

	$writer{$_} = connect_to($_, 'bench', $file) foreach qw(btrdb plain);
	$writer{btrdb}->ask('prepare', 'insert', 'INSERT INTO btrdb.points SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::float8[])');
	$writer{plain}->ask('prepare', 'insert', 'INSERT INTO points SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::float8[])');
	if ($duckdb)
	{
		$writer{duckdb} = $session{duckdb};
		$writer{duckdb}->use_data($file);
	}
	foreach my $segment (0 .. $segments - 1)
	{
		foreach my $name ($segment % 2 ? reverse @names : @names)
		{
			my $work = sub {
				my ($s) = @_;
				my ($usec) = $s->ask('insert', $segment * $rows, $rows, $streams, $streams, 1000, $name eq 'duckdb' ? 'points' : 'insert');
				$usec += ($s->ask('exec', $segment < $segments - 1 ? 'SELECT * FROM btrdb_maintain()' : 'SELECT btrdb_flush()'))[0]
				  if $name eq 'btrdb';
				return $usec;
			};
			my ($usec, $wal) = $name eq 'duckdb' ? $work->($writer{$name}) : with_wal($writer{$name}, $work);
			$usec{$name} += $usec;
			$wal{$name} += $wal if defined $wal;
		}
	}
	my $n = $segments * $rows;
	my %samples = map { $_ => 1 } @names;
	$report->add(work => "1,000-row batches over 1,000 streams, each committed, @{[Report::number($n)]} points, compaction and flush counted",
		short => '1,000-row batches over 1,000 streams', unit => 'M points/s', more => 1,
		goal => '>= 4x plain', limit => sub { my %v = @_; 4 * $v{plain} },
		values => { map { $_ => $n / $usec{$_} } keys %usec }, samples => \%samples);
	$report->add(work => 'the same: WAL', unit => 'bytes/point', goal => '<= 60', limit => 60,
		values => { map { $_ => $wal{$_} / $n } keys %wal }, samples => \%samples);
	$writer{$_}->close foreach qw(btrdb plain);
	return $n / $streams;
}

# Transactions per second of single rows by four clients.
sub measure_single_rows
{
	my %script = (
		plain => 'INSERT INTO points VALUES (%s)',
		btrdb => 'SELECT btrdb_insert(%s)');
	my %tps;

	foreach my $name (keys %script)
	{
		open my $out, '>', "$name.pgbench" or die "could not write $name.pgbench: $!\n";
		printf $out "\\set k random(2000, 2999)\n$script{$name};\n",
		  q{('00000000-0000-4000-8000-' || lpad((:k)::text, 12, '0'))::uuid, (extract(epoch FROM clock_timestamp()) * 1000000000)::bigint, random()};
		close $out;
	}
	foreach my $round (1 .. $o{repeat})
	{
		foreach my $name (qw(btrdb plain))
		{
			my $out = `pgbench -h '$o{socket}' -U postgres -n -M prepared -c 4 -j 2 -T @{[int($seconds) || 1]} -f $name.pgbench bench 2>&1`;
			$out =~ /tps = ([\d.]+)/ or die "pgbench: $out";
			push @{ $tps{$name} }, $1;
		}
	}
	$report->add(work => 'single-row inserts, 4 clients, 1,000 streams', short => 'single-row inserts, 4 clients', unit => 'tps', more => 1,
		goal => '>= 1.0x plain', limit => sub { my %v = @_; $v{plain} },
		values => { map { $_ => median(@{ $tps{$_} }) } keys %tps });
	return;
}

sub open_sessions
{
	$session{$_} = connect_to($_, 'bench') foreach qw(btrdb plain);
	$session{duckdb} = connect_to_duckdb('bench.duckdb') if $duckdb;
	return;
}

sub close_sessions
{
	$_->close foreach values %session;
	%session = ();
	return;
}

# Drops what the operating system's cache has of the databases' files.
sub evict
{
	my @files = ($duckdb ? 'bench.duckdb' : ());

	open my $find, '-|', 'find', $o{data}, '-type', 'f', '-size', '+0' or die "find failed\n";
	chomp(my @found = <$find>);
	close $find;
	foreach my $file (@found, @files)
	{
		system("dd if='$file' iflag=nocache count=0 status=none") == 0 or die "dd failed\n";
	}
	return;
}

# Starts the server again, with nothing cached, and the sessions.
sub restart_cold
{
	close_sessions();
	system("pg_ctl -D '$o{data}' -m fast -w -s stop >/dev/null") == 0 or die "could not stop the server\n";
	system('sync');
	evict();
	system("pg_ctl -D '$o{data}' -l '$o{data}/../log' -w -s start >/dev/null") == 0 or die "could not start the server\n";
	open_sessions();
	return;
}

# Measures a question.
#
#	sql			contender => statement
#	params		sub that returns the parameters of one repetition: a list of
#				arrays, each of which is one execution
#	cold		restart everything before each repetition
#	sum			the repetition's time is the sum of its executions, not each by itself
#	divide		divide times by this many rows: nanoseconds per row
#	rows		the number of rows to expect
#	before		sub called with the session and its name before each repetition
sub measure
{
	my (%q) = @_;
	my (%sample, %spent, %rows, %result);
	my @who = grep { $q{sql}{$_} } @names;

	foreach my $round (1 .. $q{repeat} // $o{repeat})
	{
		my @executions = $q{params}->($round);

		foreach my $name ($round % 2 ? @who : reverse @who)
		{
			next if ($spent{$name} // 0) > $patience * 1e6;
			restart_cold() if $q{cold};
			my $session = $session{$name};
			$q{before}->($session, $name, @executions) if $q{before};
			my $mine = 'q' . ++$session->{statements};
			$session->ask('prepare', $mine, $q{sql}{$name});
			# The first execution is not measured: plans and caches are those of a session at work.
			$session->ask('run', $mine, @{ $executions[0] }) if $round == 1 && !$q{cold} && !$q{writes};
			my $sum = 0;
			foreach my $execution (@executions)
			{
				my ($usec, $n) = $session->ask('run', $mine, @$execution);
				$sum += $usec;
				$rows{$name}{$n} = 1 if $round == 1 && $execution == $executions[0];
				push @{ $sample{$name} }, $usec unless $q{sum};
				last if !$q{sum} && $sum > 1e6;
			}
			push @{ $sample{$name} }, $sum if $q{sum};
			$spent{$name} += $sum;
		}
	}
	if ($q{check})
	{
		my %answers = map { $_ => 1 } map { keys %$_ } values %rows;
		die "$q{work}: answers have different numbers of rows: ", join(', ', map { "$_ " . join('/', keys %{ $rows{$_} }) } sort keys %rows), "\n"
		  if keys %answers > 1;
	}
	my %values = map { $_ => median(@{ $sample{$_} }) / ($q{divide} ? $q{divide} / 1000 : 1000) } keys %sample;
	my %samples = map { $_ => scalar @{ $sample{$_} } } grep { @{ $sample{$_} } < $o{repeat} } keys %sample;
	$report->add(%q, unit => $q{divide} ? 'ns/row' : 'ms', values => \%values, samples => \%samples);
	return \%values;
}

my $span = int($points * SECOND / 120);

# Returns a range of $length ns somewhere in W1.
sub random_range
{
	my ($length) = @_;

	$length = $span if $length > $span;
	my $from = START + int(rand($span - $length + 1));
	return ($from, $from + $length);
}

my $where = 'stream = $1::uuid AND time >= $2::bigint AND time < $3::bigint';
my $summary = 'min(value), avg(value), max(value), count(*), stddev_pop(value)';
my %windows = (
	btrdb => 'SELECT * FROM btrdb_windows($1, $2::bigint, $3::bigint, $4::bigint)',
	plain => "SELECT \$2::bigint + (time - \$2::bigint) / \$4::bigint * \$4::bigint, $summary FROM points WHERE $where GROUP BY 1 ORDER BY 1",
	duckdb => "SELECT \$2::bigint + (time - \$2::bigint) // \$4::bigint * \$4::bigint AS start, $summary FROM points WHERE $where GROUP BY start ORDER BY start");

# $n windows over a range of $length ns, moved by a different amount each time.
sub windows_of
{
	my ($n, $length, $from) = @_;
	my $width = int($length / $n) - int(rand($length / $n / 100));

	$from //= START + int(rand($span - $width * $n + 1));
	return [ uuid(1), $from, $from + $width * $n, $width ];
}

sub measure_questions
{
	my ($per_stream) = @_;
	my $s = uuid(1);

	measure(work => 'summary of any range', short => 'count, min, max, mean, stddev of any range',
		goal => '<= 0.15', limit => 0.15,
		params => sub { map { [ $s, random_range(int(rand($span))) ] } 1 .. 20 },
		sql => {
			btrdb => 'SELECT btrdb_count(x), btrdb_min(x), btrdb_max(x), btrdb_mean(x), btrdb_stddev(x) FROM btrdb_stat($1, $2::bigint, $3::bigint) AS x',
			plain => "SELECT $summary FROM points WHERE $where",
			duckdb => "SELECT $summary FROM points WHERE $where" });
	measure(work => 'count of any range', goal => '<= 0.15', limit => 0.15,
		params => sub { map { [ $s, random_range(int(rand($span))) ] } 1 .. 20 },
		sql => {
			btrdb => 'SELECT btrdb_count($1, $2::bigint, $3::bigint)',
			plain => "SELECT count(*) FROM points WHERE $where",
			duckdb => "SELECT count(*) FROM points WHERE $where" });
	measure(work => "2,048 windows of arbitrary width over all " . Report::number($points) . ' points', short => '2,048 windows over all',
		goal => '<= 4', limit => 4, check => 1,
		params => sub { windows_of(2048, $span) }, sql => \%windows);
	my $pointwidth = int(log($span / 2048) / log(2));
	my $aligned = 1 << $pointwidth;
	my $last = int((START + $span) / $aligned) * $aligned;
	my $first = $last - 2048 * $aligned;
	$first += $aligned while $first < START;
	measure(work => '2,048 aligned windows of 2^' . $pointwidth . ' ns, ' . (($last - $first) / $aligned) . ' of them over all points',
		goal => '<= 2', limit => 2,
		params => sub { [ $s, $first, $last, $pointwidth ] },
		sql => { btrdb => 'SELECT * FROM btrdb_aligned_windows($1, $2::bigint, $3::bigint, $4)' });
	my $hour = 3600 * SECOND < $span ? 3600 * SECOND : $span;
	measure(work => '2,048 windows in one hour', goal => '<= 3', limit => 3, check => 1,
		short => '2,048 windows in an hour of 432,000 points',
		params => sub { windows_of(2048, $hour) }, sql => \%windows);
	measure(work => '100 zooms, the k-th into 1/2^(k mod 16) of all, 1,024 windows each, sum', goal => '<= 300', limit => 300,
		short => '100 zooms of 1,024 windows', sum => 1,
		params => sub { map { windows_of(1024, $span / 2**($_ % 16)) } 0 .. 99 }, sql => \%windows);
	measure(work => 'raw 72,000 points to the client', goal => '<= 0.5x the best other', check => 1, short => 'raw 72,000 points',
		limit => sub { my %v = @_; delete $v{btrdb}; 0.5 * (sort { $a <=> $b } values %v)[0] },
		params => sub { [ $s, random_range(600 * SECOND) ] },
		sql => {
			btrdb => 'SELECT time, value FROM btrdb_values($1, $2::bigint, $3::bigint)',
			map { $_ => "SELECT time, value FROM points WHERE $where ORDER BY time" } qw(plain duckdb) });
	my $most = $points < 10_000_000 ? $points : 10_000_000;
	my $aggregates = 'SELECT count(*), sum(value), avg(value), min(value), max(value), stddev_pop(value) FROM';
	measure(work => "count, sum, avg, min, max, stddev of " . Report::number($most) . ' points by SQL aggregates', goal => '<= 0.5', limit => 0.5,
		short => 'SQL aggregates of ' . Report::number($most) . ' points',
		params => sub { [ $s, random_range(int($most * SECOND / 120)) ] },
		sql => {
			btrdb => "$aggregates btrdb.points WHERE $where",
			map { $_ => "$aggregates points WHERE $where" } qw(plain duckdb) });
	my $nearest = "SELECT time, value FROM points WHERE stream = \$1::uuid AND time >= \$2::bigint ORDER BY time LIMIT 1";
	measure(work => 'nearest point', short => 'nearest point', goal => '<= 0.8x plain', limit => sub { my %v = @_; 0.8 * $v{plain} }, check => 1,
		params => sub { map { [ $s, (random_range(0))[0] ] } 1 .. 20 },
		sql => { btrdb => 'SELECT * FROM btrdb_nearest($1, $2::bigint)', plain => $nearest, duckdb => $nearest });
	my $latest = 'SELECT time, value FROM points WHERE stream = $1::uuid ORDER BY time DESC LIMIT 1';
	measure(work => 'latest point', goal => '<= 0.8x plain', limit => sub { my %v = @_; 0.8 * $v{plain} }, check => 1,
		params => sub { map { [ uuid(1000 + int(rand(1000))) ] } 1 .. 20 },
		sql => { btrdb => 'SELECT * FROM btrdb_latest($1)', plain => $latest, duckdb => $latest });
	measure(work => 'last point of each of 1,000 streams, LATERAL', goal => '<= 0.7x plain', limit => sub { my %v = @_; 0.7 * $v{plain} }, check => 1,
		short => 'last point of each of 1,000 streams', params => sub { [ uuid(1000), uuid(1999) ] },
		sql => {
			btrdb => 'SELECT s.uuid, l.time, l.value FROM btrdb.streams AS s, btrdb_latest(s.uuid) AS l WHERE s.uuid BETWEEN $1 AND $2',
			plain => 'SELECT m.uuid, l.time, l.value FROM metadata AS m, LATERAL (SELECT time, value FROM points AS p WHERE p.stream = m.uuid ORDER BY time DESC LIMIT 1) AS l WHERE m.uuid BETWEEN $1 AND $2',
			duckdb => 'SELECT stream, max(time), arg_max(value, time) FROM points WHERE stream BETWEEN $1::uuid AND $2::uuid GROUP BY stream' });
	my $to = START + $per_stream * SECOND;
	my $width = int($per_stream * SECOND / 5);
	measure(work => 'five windows of each of 100 streams joined with a metadata table, ' . $per_stream * 100 . ' points', goal => '<= 6', limit => 6, check => 1,
		short => 'windows of 100 streams, joined',
		params => sub { [ START, $to, $width, int(rand(10)) ] },
		sql => {
			btrdb => q{SELECT s.name, w.* FROM btrdb.streams AS s, btrdb_windows(s.uuid, $1::bigint, $2::bigint, $3::bigint) AS w
				WHERE s.collection = 'bench' AND s.tags @> jsonb_build_object('kind', $4::int) AND s.uuid BETWEEN '} . uuid(1000) . q{' AND '} . uuid(1999) . q{'},
			plain => qq{SELECT m.name, w.* FROM metadata AS m, LATERAL (SELECT (time - \$1::bigint) / \$3::bigint AS start, $summary FROM points
				WHERE stream = m.uuid AND time >= \$1::bigint AND time < \$2::bigint GROUP BY 1) AS w
				WHERE m.tags @> jsonb_build_object('kind', \$4::int) AND m.uuid BETWEEN '} . uuid(1000) . q{' AND '} . uuid(1999) . q{'},
			duckdb => qq{SELECT m.name, (time - \$1::bigint) // \$3::bigint AS start, $summary FROM metadata AS m JOIN points ON stream = m.uuid
				WHERE m.kind = \$4 AND time >= \$1::bigint AND time < \$2::bigint GROUP BY m.name, start} });

	# A condition that is no range of times.
	my $filter = "$where AND value * value > \$4::float8";
	my %scan = (
		btrdb => "SELECT count(*) FROM btrdb.points WHERE $filter",
		plain => "SELECT count(*) FROM points WHERE $filter",
		duckdb => "SELECT count(*) FROM points WHERE $filter");
	my @scan = (divide => $most, sql => \%scan,
		params => sub { [ $s, START - SECOND, START + int($most * SECOND / 120), 7200.5 * 7200.5 ] });
	foreach my $name (qw(btrdb plain))
	{
		$session{$name}->ask('exec', 'SET max_parallel_workers_per_gather = 0');
	}
	$session{duckdb}->ask('exec', 'SET threads = 1') if $duckdb;
	my $one = measure(work => 'scan of ' . Report::number($most) . ' raw values by SQL, one process', short => 'filter over ' . Report::number($most) . ' raw values, one process', goal => '<= 25', limit => 25, @scan);
	foreach my $name (qw(btrdb plain))
	{
		$session{$name}->ask('exec', 'RESET max_parallel_workers_per_gather');
	}
	$session{duckdb}->ask('exec', 'SET threads = 2') if $duckdb;
	measure(work => 'the same, 2 parallel workers', goal => '<= 0.6x one process', limit => 0.6 * $one->{btrdb}, @scan);
	return;
}

# Deletes a range, a different one each time, and puts its points back from a table.
sub measure_delete
{
	my $version;
	my $s = uuid(1);
	my @ranges = map { [ random_range(600 * SECOND) ] } 1 .. $o{repeat};
	my $save = sub {
		my ($session, $name, $execution) = @_;
		my (undef, $from, $to) = @$execution;
		my $source = $name eq 'btrdb' ? 'btrdb.points' : 'points';

		$session->ask('exec', "DROP TABLE IF EXISTS saved_$name");
		$session->ask('exec', "CREATE TABLE saved_$name AS SELECT stream, time, value FROM $source WHERE stream = '$s' AND time >= $from AND time < $to");
		$version = $session->value_of("SELECT btrdb_version('$s')") if $name eq 'btrdb';
	};

	# One at a time: what was deleted must be put back before the next.
	my (%delete, %insert);
	foreach my $round (1 .. $o{repeat})
	{
		my ($from, $to) = @{ $ranges[ $round - 1 ] };

		foreach my $name ($round % 2 ? @names : reverse @names)
		{
			my $session = $session{$name};
			my $n;

			$save->($session, $name, [ $s, $from, $to ]);
			my $before = $session->value_of("SELECT count(*) FROM saved_$name");
			$session->ask('prepare', "d$round", $name eq 'btrdb' ? 'SELECT btrdb_delete($1, $2::bigint, $3::bigint)' : "DELETE FROM points WHERE $where");
			push @{ $delete{$name} }, ($session->ask('run', "d$round", $s, $from, $to))[0] / 1000;
			if ($name eq 'btrdb')
			{
				$n = $session->value_of("SELECT btrdb_count('$s', $from, $to)");
				die "a delete left $n points\n" if $n != 0;
				$n = $session->value_of("SELECT btrdb_count('$s', $from, $to, $version)");
				die "version $version has $n of $before points\n" if $n != $before;
			}
			my $target = $name eq 'btrdb' ? 'btrdb.points' : 'points';
			$session->ask('prepare', "i$round", "INSERT INTO $target SELECT * FROM saved_$name");
			push @{ $insert{$name} }, ($session->ask('run', "i$round"))[0] / 1000;
		}
	}
	my $medians = sub { my %of = @_; map { $_ => median(@{ $of{$_} }) } keys %of };
	$report->add(work => 'delete 72,000 points', short => 'delete 72,000 points', unit => 'ms', goal => '<= 2; the older state stays readable', limit => 2, values => { $medians->(%delete) });
	$report->add(work => 'put them back', short => 'put them back', unit => 'ms', goal => '<= 15', limit => 15, values => { $medians->(%insert) });
	return;
}

# Sizes, of other shapes at a fifth of the points, as long as the gaps of the last one fit into time.
sub measure_sizes
{
	my $fifth = $points < 50_000_000 ? int($points / 5) : 10_000_000;
	my $less = sub { my %v = @_; defined $v{duckdb} ? $v{duckdb} * 0.9999 : undef };

	measure_size('120 Hz ±50 us, 4 decimals', $points, 1, keep => 1, work => 'size: 120 Hz, jitter, 4 decimals', short => 'size, 4 decimals', goal => '<= 4.5', limit => 4.5);
	measure_size('120 Hz ±50 us, full doubles', $points, 0, work => 'size: the same, full precision', short => 'size, full precision', goal => '<= 8.3', limit => 8.3);
	measure_size($_, $fifth, 0, work => "size: $_", goal => '< DuckDB', limit => $less)
	  foreach ('GPS 30 Hz, float32-born', '120 Hz in ms, integer counter', 'exact 1 s, constant', 'exact 1 s, steps',
		'exact 1 s, 2-decimal walk', 'exact 1 ms, 3 decimals', '120 Hz ±50 us, bool', 'bursts and gaps, 2-decimal walk');
	return;
}

step('sizes');
measure_sizes();
step('loads of one stream');
measure_loads();

step('loading for the questions');
make_database('bench', 1, 2999);
if ($duckdb)
{
	remove_duckdb_file('bench.duckdb');
}
open_sessions();
my $file = points_file('120 Hz ±50 us, 4 decimals', $points);
$session{$_}->use_data($file) foreach @names;
if ($duckdb)
{
	$session{duckdb}->ask('exec', 'CREATE TABLE points (stream UUID NOT NULL, time BIGINT NOT NULL, value DOUBLE NOT NULL)');
	$session{duckdb}->ask('exec', q{CREATE TABLE metadata AS SELECT ('00000000-0000-4000-8000-' || lpad(i::VARCHAR, 12, '0'))::UUID AS uuid, 's' || i AS name, i % 10 AS kind FROM range(1000, 2000) AS r(i)});
	$session{duckdb}->ask('copy', 0, $points, 1, 1, 'points');
}
$session{btrdb}->ask('copy', 0, $points, 1, 1, $copy_btrdb);
$session{plain}->ask('copy', 0, $points, 1, 1, $copy_plain);
step('batches over many streams');
my $per_stream = measure_many();
unlink $file, points_file('many', $many);
$session{btrdb}->ask('exec', 'VACUUM (ANALYZE)');
$session{duckdb}->ask('exec', 'CHECKPOINT') if $duckdb;
step('single rows');
measure_single_rows();
$session{btrdb}->ask('exec', 'SELECT btrdb_flush()');
$session{btrdb}->ask('exec', 'VACUUM (ANALYZE)');
close_sessions();
open_sessions();
step('questions');
measure_questions($per_stream);
step('delete');
measure_delete();
step('cold');
measure(work => "2,048 windows over all " . Report::number($points) . ' points, cold', short => '2,048 windows over all, cold', goal => '<= 60', limit => 60, cold => 1,
	params => sub { windows_of(2048, $span) }, sql => \%windows);
my %versions = (
	PostgreSQL => $session{plain}->value_of('SHOW server_version'),
	btrdb => $session{btrdb}->value_of(q{SELECT extversion FROM pg_extension WHERE extname = 'btrdb'}) . ($o{commit} ? " at $o{commit}" : ''),
	$duckdb ? (DuckDB => $session{duckdb}->value_of('SELECT version()')) : ());
my @settings = map { "$_ " . $session{plain}->value_of("SHOW $_") }
  qw(shared_buffers huge_pages max_wal_size work_mem synchronous_commit full_page_writes wal_compression jit max_parallel_workers_per_gather autovacuum);
close_sessions();

sub command_output
{
	my $out = `$_[0]`;

	chomp $out;
	return $out;
}

my $cpu = command_output(q{sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | sort | uniq -c | sed 's/^ *//'});
my $date = command_output('date -u +%Y-%m-%d');
my $facts = sprintf "%s; %s points; seed %d; medians of %d repetitions, interleaved ([n]: of n); %s; %s GB of memory; load average %s before, %s after; %s.\nSettings: %s.%s\n",
  $date, Report::number($points), $o{seed}, $o{repeat}, $cpu, command_output(q{awk '/MemTotal/ {printf "%d", $2 / 1048576}' /proc/meminfo}),
  $load_before, load_average(),
  join(', ', map { "$_ $versions{$_}" } sort keys %versions), join(', ', @settings),
  $duckdb ? ' DuckDB: 2 threads, 10 GB.' : '';

my $brief = sprintf "%s, %s points, %s, load average %s before and %s after:\n", $date, Report::number($points), $cpu, $load_before, load_average();

foreach my $part ([ 'report.md', $facts . "\n" . $report->table ], [ 'short.md', $brief . "\n" . $report->short_table ])
{
	open my $out, '>', $part->[0] or die "could not write $part->[0]: $!\n";
	print $out $part->[1];
	close $out;
}
printf "== done in %d s\n\n%s\n%s", time - $began, $facts, $report->table;
