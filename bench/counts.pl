#!/usr/bin/perl
#
# counts.pl
#		Counts the work of operations on streams of growing size; bench/counts calls
#		it on a server of its own.  Writes counts.md to the current directory.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin, "$FindBin::RealBin/../t";

use BtrdbPage;
use Contender;
use Getopt::Long;
use JSON::PP;

my %o = (seed => 1, callgrind => 1, commit => '');
GetOptions(\%o, 'seed=i', 'commit=s', 'socket=s', 'data=s', 'callgrind!') or die "counts.pl: bad arguments\n";
my @sizes = @ARGV;

use constant START => 1_700_000_000_000_000_000;
use constant SECOND => 1_000_000_000;

$| = 1;

my $stream = '00000000-0000-4000-8000-000000000001';

# Points beyond the stream's, for inserts: batches of 1,000 and of 50,000.
my $batches = 4;
my $extra = $batches * 51_000;

sub open_session
{
	my ($database, $data) = @_;

	return Contender->new(
		name => $database,
		data => $data,
		command => [ 'build/client', "host=$o{socket} user=postgres dbname=$database" ],
		settings => ['SET client_min_messages = warning']);
}

# The operations: name, read or write, how often in a row under callgrind, and
# SQL with $n for a number that is different each time, from 1 on.  The stream was at
# $version when it had all points; inserts and deletes make later ones.
sub operations
{
	my ($points, $version) = @_;
	my $span = int($points * SECOND / 120);
	my $end = START + $span;
	my $hour = $span < 3600 * SECOND ? $span : 3600 * SECOND;
	my $tenth = int($span / 10);
	my $ten = $tenth < 600 * SECOND ? $tenth : 600 * SECOND;
	my $middle = START + int($span / 3);
	my $pointwidth = int(log($span / 2048) / log(2));
	my $windows = sub { my ($from, $length) = @_; my $w = int($length / 2048); "SELECT count(*) FROM btrdb_windows('$stream', $from, @{[$from + 2048 * $w]}, $w)" };

	return (
		[ 'count of a range', 'read', 10, "SELECT btrdb_count('$stream', $middle, $end - 12345678)" ],
		[ 'summary of a range', 'read', 10, "SELECT btrdb_stat('$stream', $middle, $end - 12345678)" ],
		[ 'nearest', 'read', 10, "SELECT count(*) FROM btrdb_nearest('$stream', $middle)" ],
		[ 'latest', 'read', 10, "SELECT count(*) FROM btrdb_latest('$stream')" ],
		[ '2,048 windows over all', 'read', 1, $windows->(START, $span) ],
		[ '2,048 windows in an hour, or all', 'read', 1, $windows->(START + int(($span - $hour) / 2), $hour) ],
		[ '1,024 to 2,048 aligned windows over all', 'read', 1, "SELECT count(*) FROM btrdb_aligned_windows('$stream', ${\START}, $end, $pointwidth)" ],
		[ 'values of ten minutes, or a tenth', 'read', 1, "SELECT count(*) FROM btrdb_values('$stream', $middle, $middle + $ten) WHERE value > 0" ],
		[ 'SQL aggregates over all', 'read', 1, "SELECT count(*), sum(value), min(value), max(value), stddev_pop(value) FROM btrdb.points WHERE stream = '$stream' AND time >= ${\(START - SECOND)} AND time < $end" ],
		[ 'insert of a point', 'write', 10, "SELECT btrdb_insert('$stream', $end + 1000000000000 + \$n, 1.5)" ],
		[ 'insert of 1,000 points', 'write', 1, "SELECT btrdb_insert('$stream', times, \"values\") FROM batch WHERE n = \$n" ],
		[ 'insert of 50,000 points', 'write', 1, "SELECT btrdb_insert('$stream', times, \"values\") FROM large WHERE n = \$n" ],
		[ 'delete of ten minutes, or a tenth', 'write', 1, "SELECT btrdb_delete('$stream', $middle + \$n * $tenth, $middle + $ten + \$n * $tenth)" ],
		[ 'revert', 'write', 1, "SELECT btrdb_revert('$stream', $version + \$n)" ]);
}

# Makes a database with a stream of so many points.
sub make_database
{
	my ($points) = @_;
	my $database = "counts_$points";
	my $file = "$database.points";
	my $n = $points + $extra;

	system('build/points', '120 Hz ±50 us, 4 decimals', $o{seed}, $n, $file) == 0 or die "points failed\n";
	my $admin = open_session('postgres');
	$admin->ask('exec', "CREATE DATABASE $database");
	$admin->close;
	my $session = open_session($database, $file);
	$session->ask('exec', $_) foreach (
		'CREATE EXTENSION btrdb',
		"SELECT btrdb_create('bench', '{\"name\": \"s\"}', '{}', '$stream')",
		map { ("CREATE TABLE $_ (n int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, times bigint[], \"values\" float8[])",
				"ALTER TABLE $_ ALTER times SET STORAGE EXTERNAL, ALTER \"values\" SET STORAGE EXTERNAL") } qw(batch large));
	$session->ask('copy', 0, $points, 1, 1, 'COPY btrdb.points FROM STDIN (FORMAT binary)');
	foreach my $table ([ 'batch', 1000, $points ], [ 'large', 50_000, $points + $batches * 1000 ])
	{
		my ($name, $size, $first) = @$table;
		$session->ask('prepare', $name, "INSERT INTO $name (times, \"values\") SELECT \$2::bigint[], \$3::float8[] WHERE \$1::uuid IS NOT NULL");
		$session->ask('insert', $first, $size * $batches, $size, 1, 1, $name);
	}
	$session->ask('exec', $_) foreach ('SELECT btrdb_flush()', 'VACUUM (ANALYZE)', 'CHECKPOINT');
	unlink $file;
	return ($database, $session);
}

# The statement of an operation, run the $n-th time.
sub statement
{
	my ($operation, $n) = @_;
	return $operation->[3] =~ s/\$n\b/$n/gr;
}

# Pages, WAL, nodes and bytes of nodes of each operation.
sub count_pages
{
	my ($session, @operations) = @_;
	my %cost;

	foreach my $operation (@operations)
	{
		my ($name, $kind) = @$operation;

		# Once to fill the caches of catalogs; a write, too, as the first touches more.
		$session->ask('exec', statement($operation, 1));
		my $version = $session->value_of("SELECT btrdb_version('$stream')");
		my $plan = plan_of($session, statement($operation, 2));
		$cost{$name} = { pages => $plan->{'Shared Hit Blocks'} + $plan->{'Shared Read Blocks'} };
		next if $kind eq 'read';
		$cost{$name}{wal} = $plan->{'WAL Bytes'};
		$cost{$name}{records} = $plan->{'WAL Records'};
		my $new = $session->value_of("SELECT btrdb_version('$stream')");
		my @nodes = $new == $version ? () : nodes_of($session, $new);
		$cost{$name}{nodes} = @nodes;
		$cost{$name}{bytes} = 0;
		$cost{$name}{bytes} += $_->{bytes} foreach @nodes;
	}
	return \%cost;
}

sub plan_of
{
	my ($session, $sql) = @_;

	return decode_json($session->value_of("EXPLAIN (ANALYZE, BUFFERS, WAL, TIMING off, FORMAT json) $sql"))->[0]{Plan};
}

# The nodes that a version wrote.
sub nodes_of
{
	my ($session, $version) = @_;

	$session->ask('exec', 'CHECKPOINT');
	my $store = BtrdbPage->open("$o{data}/" . $session->value_of(q{SELECT pg_relation_filepath('btrdb.points')}));
	return grep { $_->{version} == $version } $store->nodes(pack('H*', $stream =~ s/-//gr));
}

# Instructions of each operation: a server in single-user mode under callgrind,
# which notes what it has counted whenever the server sleeps.
sub count_instructions
{
	my ($database, $cost, @operations) = @_;
	my $input = '';

	foreach my $operation (@operations)
	{
		my ($times, $sql) = @$operation[ 2, 3 ];
		my $perform = $sql =~ s/^SELECT/PERFORM/r =~ s/\$n\b/number/gr;
		my $loop = sub { my ($from, $to) = @_; "FOR number IN $from .. $to LOOP $perform; END LOOP;" };

		# The 1st and 2nd time have passed; then once to fill caches.
		$input .= 'DO $$ BEGIN '
		  . join(' ', $loop->(3, 3), 'PERFORM pg_sleep(0);', $loop->(4, 3 + $times), 'PERFORM pg_sleep(0);')
		  . " END \$\$;\n\n";
	}
	open my $out, '>', 'single.sql' or die "could not write single.sql: $!\n";
	print $out $input;
	close $out;

	system("pg_ctl -D '$o{data}' -m fast -w -s stop >/dev/null") == 0 or die "could not stop the server\n";
	unlink glob "callgrind.$database.*";
	system("valgrind -q --tool=callgrind --callgrind-out-file=callgrind.$database --dump-before=pg_sleep '$ENV{BINDIR}/postgres' --single -j -D '$o{data}' $database <single.sql >single.log 2>&1") == 0
	  or die "valgrind failed: see single.log\n";
	system("pg_ctl -D '$o{data}' -l '$o{data}/../log' -w -s start >/dev/null") == 0 or die "could not start the server\n";

	# Parts 1, 3, 5, ... end before an operation, parts 2, 4, 6, ... after it.
	my $part = 0;
	foreach my $operation (@operations)
	{
		$part += 2;
		my $file = "callgrind.$database.$part";
		open my $in, '<', $file or die "operation \"$operation->[0]\" failed: see single.log\n";
		while (<$in>)
		{
			$cost->{ $operation->[0] }{instructions} = $1 / $operation->[2] if /^(?:summary|totals): (\d+)/;
		}
		close $in;
	}
	return;
}

sub with_commas
{
	my $text = defined $_[0] ? sprintf '%.0f', $_[0] : '';

	1 while $text =~ s/^(\d+)(\d{3})/$1,$2/;
	return $text;
}

my %cost;
my @names;
chomp($ENV{BINDIR} = `dirname \$(command -v postgres)`);
foreach my $points (@sizes)
{
	print "== $points points\n";
	my ($database, $session) = make_database($points);
	my @operations = operations($points, $session->value_of("SELECT btrdb_version('$stream')"));

	@names = map { $_->[0] } @operations;
	$cost{$points} = count_pages($session, @operations);
	$session->close;
	count_instructions($database, $cost{$points}, @operations) if $o{callgrind};
}

my $text = "One stream, 120 Hz, jitter, 4 decimals" . ($o{commit} ? "; btrdb at $o{commit}" : '') . ".\n\n";
my %title = (
	pages => 'pages touched',
	instructions => 'instructions, with SPI\'s and the executor\'s',
	nodes => 'nodes written',
	bytes => 'bytes of nodes written',
	wal => 'bytes of WAL');
foreach my $what (qw(pages instructions nodes bytes wal))
{
	my @rows = grep { my $name = $_; grep { defined $cost{$_}{$name}{$what} } @sizes } @names or next;

	$text .= "| $title{$what} | " . join(' | ', map { with_commas($_) . ' points' } @sizes) . " |\n|---|" . '---:|' x @sizes . "\n";
	$text .= "| $_ | " . do { my $name = $_; join(' | ', map { with_commas($cost{$_}{$name}{$what}) } @sizes) } . " |\n" foreach @rows;
	$text .= "\n";
}
open my $out, '>', 'counts.md' or die "could not write counts.md: $!\n";
print $out $text =~ s/\n\n\z/\n/r;
close $out;
print "\n$text";
