# Random SQL over btrdb.points and the reading functions gives what it gives over a
# heap table with the same points.
#
# Each round writes to both, then runs a script of random queries under random
# settings of the planner, every query once as it is and once with the names of
# model.* put in place of btrdb's.  BTRDB_SEED repeats the queries, BTRDB_SECONDS
# says for how long.  A query that differs is shown with the settings of its round.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use RandomSql;
use Test::More;

test_seed();
my $full = $ENV{BTRDB_FULL};
my $seconds = $ENV{BTRDB_SECONDS} || ($full ? 600 : 30);
my $node = btrdb_node('random', 'autovacuum = off', 'shared_buffers = 32MB', "timezone = 'UTC'", 'statement_timeout = 60s');
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/random_sql.sql"));

# Runs a script in a new session, with errors where they happen.
sub session
{
	my ($script) = @_;
	my $out = '';

	IPC::Run::run(
		[ 'psql', '-XAtq', '-v', 'VERBOSITY=terse', '-P', 'null=NULL', '-F', "\t", '-d', $node->connstr('postgres'), '-f', '-' ],
		'<', \$script, '>&', \$out);
	return $out;
}

# Are two cells equal?  Standard deviations and the like may differ in the last digits.
sub same_cell
{
	my ($x, $y) = @_;
	my $number = qr/^-?\d+(\.\d+)?(e[-+]\d+)?$/;

	return 1 if $x eq $y;
	return 0 unless $x =~ $number && $y =~ $number && "$x$y" =~ /[.e]/;
	my $size = abs($x) > abs($y) ? abs($x) : abs($y);
	return abs($x - $y) <= 1e-9 * ($size > 1 ? $size : 1);
}

# Are two results equal, but for the order of rows unless it matters?
sub same_result
{
	my ($ours, $theirs, $ordered) = @_;
	my @x = split /\n/, $ours;
	my @y = split /\n/, $theirs;

	return 0 if @x != @y;
	unless ($ordered)
	{
		@x = sort @x;
		@y = sort @y;
	}
	foreach my $i (0 .. $#x)
	{
		next if $x[$i] eq $y[$i];
		my @cells = split /\t/, $x[$i], -1;
		my @others = split /\t/, $y[$i], -1;
		return 0 if @cells != @others || grep { !same_cell($cells[$_], $others[$_]) } 0 .. $#cells;
	}
	return 1;
}

# Shows the first lines that only one of two results has.
sub only_in
{
	my ($whose, $these, $those) = @_;
	my %in_those = map { $_ => 1 } split /\n/, $those;
	my @only = grep { !$in_those{$_} } split /\n/, $these;

	return sprintf("%s: %d rows, only here:\n", $whose, $these =~ tr/\n//) . join('', map { "\t$_\n" } grep { defined } @only[ 0 .. 7 ]);
}

my $until = time() + $seconds;
my ($queries, $rows, $errors, $differences, $rounds) = (0, 0, 0, 0, 0);
my %kinds;
while (time() < $until && $differences < 5)
{
	my @streams = map { my ($uuid, $n, $low, $high) = split /\|/; { uuid => $uuid, low => $low, high => $high } }
	  split /\n/, $node->safe_psql('postgres', 'SELECT uuid, n, low, high FROM model.streams ORDER BY n');
	my $random = RandomSql->new(@streams);
	my $settings = $random->settings;
	my @script = map { $random->query } 1 .. 60;
	my $text = $random->writes . $settings;

	foreach my $i (0 .. $#script)
	{
		my $query = $script[$i];
		$text .= "\\echo \@$i\n$query->{sql}\n\\echo \@$i\n" . ($query->{alone} ? '' : $random->modelled($query->{sql})) . "\n";
	}
	$text .= "\\echo \@end\n";
	my $output = session($text);
	my ($before, @parts) = split /^\@(?:\d+|end)\n/m, $output, -1;
	pop @parts;
	is($before, '', "round $rounds: what was written") or last;
	is(scalar @parts, 2 * @script, "round $rounds: the session lives to its end")
	  or do { diag(substr($output, -2000)); last };
	foreach my $i (0 .. $#script)
	{
		my ($query, $ours, $theirs) = ($script[$i], $parts[ 2 * $i ], $parts[ 2 * $i + 1 ]);

		$queries++;
		$kinds{ $query->{kind} }++;
		$rows += () = $ours =~ /\n/g;
		# what is too much for the model, too, tells nothing
		if (!$query->{alone} && !grep { !/ERROR:  canceling statement due to statement timeout/ } $ours, $theirs)
		{
			diag("too slow: $query->{kind}: $query->{sql}");
			next;
		}
		# names differ in messages
		my $failed = $ours =~ /^psql:.*(?:ERROR|FATAL|PANIC): /m || $theirs =~ /^psql:.*(?:ERROR|FATAL): /m;
		$errors++ if $failed;
		next if !$failed && ($query->{alone} || same_result($ours, $theirs, $query->{ordered}));
		$differences++;
		diag("$query->{kind}: $query->{sql}\n$settings" . only_in('btrdb', $ours, $theirs) . only_in('the model', $theirs, $ours));
	}
	$rounds++;
}

is($differences, 0, "$queries queries, $rows rows, no difference");
is($errors, 0, 'no errors');
figure('random queries, equal to those of a heap table', $queries);
note(join ', ', map { "$_ $kinds{$_}" } sort keys %kinds);
cmp_ok($rows, '>', 5 * $queries, 'most queries have rows');
check_is_clean($node, 'after all of it');
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC:|was terminated by signal|still referenced|leak/, 'nothing bad in the log');
done_testing();
