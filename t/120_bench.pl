# The commands of bench/ work, at a tiny size.  Times are not tested.

use strict;
use warnings;

use PostgreSQL::Test::Utils;
use Test::More;

# They write into the checkout, so they get one of their own.
my $checkout = PostgreSQL::Test::Utils::tempdir_short();
$ENV{BTRDB_BENCH_DIR} = PostgreSQL::Test::Utils::tempdir_short();
system('cp', '-r', '.', $checkout) == 0 or die "cp failed\n";

# Runs a command of the checkout; returns what it printed.
sub run_bench
{
	my (@command) = @_;
	my ($out, $err) = ('', '');
	my $done = IPC::Run::run([ "$checkout/bench/$command[0]", @command[ 1 .. $#command ] ], '<', \undef, '>', \$out, '2>', \$err);

	ok($done, "bench/@command") or diag($out, $err);
	is_deeply([ glob "$ENV{BTRDB_BENCH_DIR}/*" ], [], 'nothing is left behind');
	return $out;
}

sub cells
{
	my ($line) = @_;

	return map { s/^ +| +$//gr } (split /\|/, $line, -1)[ 1 .. ($line =~ tr/|//) - 1 ];
}

# The lines of tables between two markers of a file.
sub tables
{
	my ($file, $name) = @_;
	my ($text) = slurp_file("$checkout/$file") =~ /<!-- $name -->(.*)<!-- end of $name -->/s;

	return grep { /^\|/ && !/^\|--/ } split /\n/, $text;
}

my $out = run_bench('run', '--no-duckdb', '--repeat', 2, '--loads', 1, '--seconds', 1, '--write', 20000);
like($out, qr/^\d{4}-\d\d-\d\d; 20,000 points; seed 1; medians of 2 repetitions/m, 'says what was done');
my ($head, @rows) = tables('doc/benchmarks.md', 'bench');
is_deeply([ cells($head) ], [ 'work', 'unit', 'goal', 'btrdb', 'plain', 'better than the best other, times', 'goal' ], 'columns');
cmp_ok(scalar @rows, '>=', 35, 'rows');
foreach my $row (@rows)
{
	my ($work, undef, undef, $btrdb, $plain, $times) = cells($row);
	like($btrdb, qr/^[\d.,]+(?: \[\d+\])?$/, "$work: $btrdb");
	like($times, $plain eq '' ? qr/^$/ : qr/^[\d.,]{1,12} \(plain\)$/, "and \"$times\" times better");
}
my ($size) = grep { /4 decimals/ } @rows;
cmp_ok((cells($size))[4], '>', 50, 'bytes of a plain row and its index');
cmp_ok(scalar tables('README.md', 'bench'), '>=', 15, 'rows in the README');
unlike(slurp_file("$checkout/doc/benchmarks.md"), qr/<!-- bench -->.*<!-- bench -->/s, 'markers stay single');

my @callgrind = `command -v valgrind` ? () : ('--no-callgrind');
run_bench('counts', @callgrind, '--write', 1000, 20000);
my %count;
my $what;
foreach my $line (tables('doc/benchmarks.md', 'counts'))
{
	my ($name, @values) = cells($line);

	$what = $name, next if "@values" =~ /points/;
	$count{$what}{$name} = [ map { tr/,//dr } @values ];
}
cmp_ok($count{'pages touched'}{'count of a range'}[1], '>', 0, 'pages of a count');
cmp_ok($count{'pages touched'}{'count of a range'}[1], '<', 100, 'and not many');
cmp_ok($count{'nodes written'}{'insert of 50,000 points'}[1], '>', 10, 'nodes of an insert');
cmp_ok($count{'bytes of WAL'}{'insert of a point'}[1], '>', 50, 'WAL of a point');
SKIP:
{
	skip 'no valgrind', 2 if @callgrind;
	my $of = (grep { /^instructions/ } keys %count)[0];
	cmp_ok($count{$of}{'SQL aggregates over all'}[1], '>', $count{$of}{'count of a range'}[1], 'instructions grow with the work');
	cmp_ok($count{$of}{'insert of a point'}[1], '>', 1000, 'instructions of a point');
}

done_testing();
