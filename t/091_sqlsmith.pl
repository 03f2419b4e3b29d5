# Random queries that sqlsmith makes of all that it finds, functions of btrdb among it: whatever they say,
# no server process crashes and the store stays sound.  In the long form only, where
# sqlsmith is installed.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'only with BTRDB_FULL=1' unless $ENV{BTRDB_FULL};
plan skip_all => 'no sqlsmith' unless grep { -x "$_/sqlsmith" } split /:/, $ENV{PATH};

my $seed = test_seed();
my $seconds = $ENV{BTRDB_SECONDS} || 600;
my $node = btrdb_node('smith', 'statement_timeout = 2s', 'max_parallel_workers_per_gather = 2');
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/random_sql.sql"));

# Not a superuser: those can call functions that stop a server.
$node->safe_psql('postgres', q{
CREATE ROLE smith LOGIN;
GRANT ALL ON SCHEMA public, btrdb, model TO smith;
GRANT ALL ON ALL TABLES IN SCHEMA btrdb, model TO smith;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public, btrdb, model TO smith;
});
my ($out, $err) = ('', '');
my $connection = $node->connstr('postgres') . ' user=smith';
my $until = time() + $seconds;
my $runs = 0;
while (time() < $until)
{
	# it ends when it loses a connection, as to statements that make the server end a session
	IPC::Run::run([ 'timeout', $until - time() + 1, 'sqlsmith', '--exclude-catalog', '--verbose', '--seed=' . ($seed + $runs++), "--target=$connection" ],
		'<', \undef, '>', \$out, '2>', \$err);
	last if $node->safe_psql('postgres', 'SELECT 1') ne '1' || $runs > $seconds;
}
my ($queries) = $err =~ /.*queries: (\d+)/s;
figure('queries by sqlsmith', $queries // 0);
cmp_ok($queries // 0, '>', $seconds, 'queries of the last run of ' . $runs);
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC:|was terminated by signal|still referenced|server process .* exited/, 'nothing bad in the log');
check_is_clean($node, 'after all of it');
done_testing();
