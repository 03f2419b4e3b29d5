# What programs write for times works: bare literals, as psql and dashboards have them, and
# the parameters of drivers, with types and without.  Every driver makes the same calls, as
# far as it can say them, and writes the same points.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $drivers = "$FindBin::RealBin/drivers";
my $jar = '/usr/share/java/postgresql.jar';
my $password = join '', map { sprintf '%02x', random_below(256) } 1 .. 16;

# JDBC knows TCP only.
my $node = btrdb_node('drivers', "timezone = 'Asia/Kathmandu'", "listen_addresses = '127.0.0.1'", 'password_encryption = md5');
unlink $node->data_dir . '/pg_hba.conf';
$node->append_conf('pg_hba.conf', "local all all trust\nhost all all 127.0.0.1/32 md5\n");
$node->safe_psql('postgres', "ALTER ROLE CURRENT_USER PASSWORD '$password'");
$node->reload;
my $user = $node->safe_psql('postgres', 'SELECT current_user');

# 100 points, one each second of 2024; the value is the second.
my $stream = new_stream($node, 'read');
$node->safe_psql('postgres', qq{
SELECT btrdb_insert('$stream', array_agg(1704067200000000000 + i * 1000000000), array_agg(i)) FROM generate_series(0, 99::bigint) AS i;
SELECT btrdb_flush('$stream')});

# What each call gives: the number of rows and the first one.
my $ten_seconds = '2024-01-01T00:00:10.000Z';
my %expected = (
	'values: text' => "20|$ten_seconds,10",
	'values: timestamps' => "20|$ten_seconds,10",
	'values: numbers' => '20|1704067210000000000,10',
	'values: untyped numbers' => "20|$ten_seconds,10",
	'values: numbers and text' => "20|$ten_seconds,10",
	'values: nine digits' => "1|$ten_seconds,10",
	'values: version' => "20|$ten_seconds,10",
	'values: named version' => "20|$ten_seconds,10",
	'values: null' => '0|',
	'values: infinity' => '100|2024-01-01T00:00:00.000Z,0',
	'values: prepared' => "20|$ten_seconds,10",
	'windows: text' => "4|$ten_seconds,5",
	'windows: timestamps' => "4|$ten_seconds,5",
	'windows: width in ns' => "4|$ten_seconds,5",
	'windows: numbers' => '4|1704067210000000000,5',
	'aligned' => '2|2024-01-01T00:00:04.271Z,8',
	'count' => '1|20',
	'count: all' => '1|100',
	'stat' => '1|29',
	'nearest' => "1|$ten_seconds,10",
	'nearest: backward' => '1|2024-01-01T00:00:09.000Z,9',
	'delete' => '1|true');

# What each driver writes.
my $written = join "\n", ('1706745600000000000|0', '1706745601000000000|1', '1706745602000000000|2', '1706745603000000001|3.5', '1706745604000000000|4',
	'1706745605000000000|5', '1706745606000000000|6', '1706745607000000007|7.5', '1706745608000000000|8', '1706745609000000000|9');

# Runs a driver's program, which takes two streams as its last arguments but @after, and tests
# what it reads and writes.
sub driver
{
	my ($name, $command, @after) = @_;
	my $target = new_stream($node, $name);
	my ($out, $err) = ('', '');

	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres', PGUSER => $user);
	my $status = IPC::Run::run([ @$command, $stream, $target, @after ], '<', \undef, '>', \$out, '2>', \$err);
	ok($status, "$name: runs to its end") or diag($err);

	my @wrong;
	my %seen;
	foreach my $line (split /\n/, $out)
	{
		my ($call, $result) = split /\|/, $line, 2;
		$seen{$call} = 1;
		push @wrong, "$call: $result" unless defined $expected{$call} && $expected{$call} eq $result;
	}
	is(join("\n", @wrong), '', "$name: reads what it asks for");
	cmp_ok(scalar keys %seen, '>=', keys(%expected) - 3, "$name: makes all calls");
	is($node->safe_psql('postgres', "SELECT time, value FROM btrdb.points WHERE stream = '$target' ORDER BY time"), $written,
		"$name: writes what it has");
	return;
}

# Says why a command fails, or '' if it does not.
sub failure
{
	my ($reason, @command) = @_;

	return run_log(\@command, '<', \undef, '>', \my $out, '2>', \my $err) ? '' : $reason;
}

# ---- literals ----

# Tests a query of one value.
sub literal
{
	my ($query, $result) = @_;

	$query =~ s/STREAM/'$stream'/;
	return is($node->safe_psql('postgres', "SET timezone = 'UTC'; $query"), $result, $query);
}

# as people and dashboards write them; $__timeFrom() is '2024-01-01T00:00:10Z', $__unixEpochNanoFrom() a number
literal(q{SELECT count(*) FROM btrdb_values(STREAM, '2024-01-01', '2024-01-02')}, 100);
literal(q{SELECT count(*) FROM btrdb_values(STREAM, '2024-01-01T00:00:10Z', '2024-01-01T00:00:30Z')}, 20);
literal(q{SELECT count(*) FROM btrdb_values(STREAM, 1704067210000000000, 1704067230000000000)}, 20);
literal(q{SELECT count(*) FROM btrdb_values(STREAM, timestamptz '2024-01-01' + '10 s', '2024-01-01 00:00:30')}, 20);
literal(q{SELECT count(*) FROM btrdb_values(STREAM, now() - interval '1 hour', now())}, 0);
literal(q{SELECT string_agg(to_char(time, 'SS') || ' ' || mean, ', ') FROM btrdb_windows(STREAM, '2024-01-01T00:00:10Z', '2024-01-01T00:00:30Z', '10s')}, '10 14.5, 20 24.5');
literal(q{SELECT string_agg(time || ' ' || mean, ', ') FROM btrdb_windows(STREAM, 1704067210000000000, 1704067230000000000, '10s')}, '1704067210000000000 14.5, 1704067220000000000 24.5');
literal(q{SELECT count(*) FROM btrdb_windows(STREAM, '2024-01-01', '2024-01-02', 60000 * 1000000::bigint)}, 1440);
literal(q{SELECT count(*) FROM btrdb_windows(STREAM, '2024-01-01', '2024-01-02', '60000 ms')}, 1440);
literal(q{SELECT extract(epoch FROM time) FROM btrdb_nearest(STREAM, '2024-01-01T00:00:09.5Z')}, '1704067210.000000');

# what $__interval says, and how long it is
my %width = ('1ms' => '00:00:00.001', '500ms' => '00:00:00.5', '1s' => '00:00:01', '30s' => '00:00:30', '1m' => '00:01:00', '5m' => '00:05:00', '1h' => '01:00:00', '6h' => '06:00:00', '1d' => '1 day');
literal(qq{SELECT time - '2024-01-01' FROM btrdb_windows(STREAM, '2024-01-01T00:00:00Z', '2024-01-08T00:00:00Z', '$_') OFFSET 1 LIMIT 1}, $width{$_}) foreach sort keys %width;

# ---- drivers ----

my @python = ('/usr/bin/python3');
my $node_packages = $ENV{BTRDB_NODE_PACKAGES} // '';

SKIP:
{
	skip 'node-pg: npm could not install it', 1 unless -d "$node_packages/node_modules/pg";
	driver('node-pg', [ 'node', "$drivers/node.mjs", $node_packages ]);
}
foreach my $version (2, 3)
{
  SKIP:
	{
		my $module = $version == 2 ? 'psycopg2' : 'psycopg';
		my $reason = failure("psycopg $version: $python[0] does not have it", @python, '-c', "import $module");
		skip $reason, 1 if $reason;
		driver("psycopg $version", [ @python, "$drivers/psycopg${version}_calls.py" ]);
		driver("psycopg $version, binary", [ @python, "$drivers/psycopg${version}_calls.py" ], 'binary') if $version == 3;
	}
}
SKIP:
{
	skip 'JDBC: there is no driver', 1 unless -e $jar;
	skip 'JDBC: there is no JDK', 1 if failure('no', 'javac', '-version');
	my $url = 'jdbc:postgresql://127.0.0.1:' . $node->port . "/postgres?user=$user&password=$password";
	my $classes = PostgreSQL::Test::Utils::tempdir();
	system_or_bail('javac', '-d', $classes, "$drivers/Jdbc.java");
	my @java = ('java', '-cp', "$jar:$classes", 'Jdbc');
	driver('JDBC', [ @java, $url ]);
	# binary from the first execution on
	driver('JDBC, binary', [ @java, "$url&prepareThreshold=-1" ]);
}

check_is_clean($node, 'at the end');
$node->stop;
done_testing();
