# The plotter: its logic, its server, and its page in a browser; the tests are those of t/plotter, for node's test runner.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $packages = $ENV{BTRDB_PLOTTER_PACKAGES} // '';
my $chromium = $ENV{BTRDB_CHROMIUM} // '/usr/bin/chromium';

plan skip_all => 'there is no node' unless run_log([ 'node', '--version' ], '<', \undef, '>', \my $version, '2>', \my $errors);

my $node = btrdb_node('plotter', "timezone = 'UTC'");
local %ENV = (%ENV,
	PGHOST => $node->host,
	PGPORT => $node->port,
	PGDATABASE => 'postgres',
	PGUSER => $node->safe_psql('postgres', 'SELECT current_user'),
	BTRDB_PLOTTER_PACKAGES => $packages,
	BTRDB_CHROMIUM => $chromium,
	BTRDB_DATA => $node->data_dir,
	BTRDB_SERVER_LOG => $node->logfile);

# Runs a file of tests and reports each of them as one here.
sub run_file
{
	my ($name) = @_;
	my ($out, $err) = ('', '');
	my $tests = 0;

	my $status = IPC::Run::run([ 'node', '--test', '--test-reporter=tap', "$FindBin::RealBin/plotter/$name.test.mjs" ],
		'<', \undef, '>', \$out, '2>', \$err);
	foreach my $line (split /\n/, $out)
	{
		if ($line =~ /^\s*(not )?ok \d+ - (.*?)(?: # SKIP (.*))?$/)
		{
			$tests++;
			defined $3 ? pass("$name: $2: left out: $3") : ok(!$1, "$name: $2");
		}
		elsif ($line =~ /^# \\# (.*)/)
		{
			note($1);
		}
	}
	# what node says of a failure is indented below it
	ok($status && $tests > 0, "$name: runs to its end")
	  or diag($err, $out =~ /^(\s*not ok .*\n(?:^\s+.*\n)*)/mg);
	return;
}

run_file($_) foreach qw(time axes tiles link);

SKIP:
{
	skip 'server and browser: npm could not install the packages', 1 unless -d "$packages/node_modules/pg";
	run_file('server');
	skip 'browser: there is no chromium', 1 unless -x $chromium;
	run_file('browser');
	# it has killed the server and started it again
	$node->_update_pid(1);
}

check_is_clean($node, 'at the end');
$node->stop;
done_testing();
