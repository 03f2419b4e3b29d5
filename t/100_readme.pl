#
# Runs every statement that README.md shows.  Where an output is shown under
# the statements, the output is that, line by line, but for trailing blanks.
#
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Each ```sql block, and the block without language that follows it, if any.
my $readme = slurp_file('README.md');
my @blocks;
while ($readme =~ /^```sql\n(.*?)^```\n(?:\n*```\n(.*?)^```\n)?/gms)
{
	push @blocks, { sql => $1, output => $2 };
}
cmp_ok(scalar @blocks, '>=', 5, 'README.md has blocks of SQL');

my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$node->start;

# Removes what psql pads its tables with.
sub trim
{
	my ($text) = @_;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\n+\z//;
	return $text;
}

my $n = 0;
foreach my $block (@blocks)
{
	$n++;
	my ($first) = $block->{sql} =~ /^(.*)$/m;
	my ($stdout, $stderr) = ('', '');
	my $status = IPC::Run::run(
		[ 'psql', '-XqP', 'pager=off', '-P', 'footer=off', '-v', 'ON_ERROR_STOP=1',
			'-d', $node->connstr('postgres') ],
		'<', \$block->{sql}, '>', \$stdout, '2>', \$stderr);
	ok($status && $stderr eq '', "block $n runs: $first") or diag($stderr);
	is(trim($stdout), trim($block->{output}), "block $n shows its output")
	  if defined $block->{output};
}

is($node->safe_psql('postgres', 'SELECT count(*) FROM btrdb_check()'), '0', 'the check is clean');

$node->stop;
done_testing();
