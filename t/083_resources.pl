# Out of memory and out of disk: an error, and everything stays usable.
#
# The limits are set on the backend from outside (prlimit): for its address space, so that the
# next allocation that is too large fails, and for the size of files, so that the store cannot grow.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

plan skip_all => 'prlimit is not installed' if system('prlimit --version >/dev/null 2>&1') != 0;

my $seed = test_seed();
my $node = PostgreSQL::Test::Cluster->new('resources');
# WAL in small files, which the limit of file sizes lets be.
$node->init(extra => ['--wal-segsize=1']);
$node->append_conf('postgresql.conf', join("\n", 'shared_buffers = 16MB', 'autovacuum = off', 'min_wal_size = 8MB', 'max_wal_size = 64MB',
	'log_min_messages = warning', 'log_min_error_statement = panic', 'jit = off', 'max_parallel_workers_per_gather = 0'));
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION btrdb;
SELECT btrdb_create('resources', '{"name": "s"}'), btrdb_create('resources', '{"name": "t"}');
SELECT btrdb_insert(btrdb_stream('resources/s'), array_agg(i * 1000003::bigint), array_agg(random())) FROM generate_series(1, 200000) i;
CREATE TABLE given AS SELECT i * 1000003::bigint + 7 AS time, random() AS value FROM generate_series(1, 1000000) i;
CREATE TABLE arrays AS SELECT array_agg(time) AS times, array_agg(value) AS values FROM given;
CREATE FUNCTION state() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', (SELECT count(*) FROM btrdb.points), (SELECT sum(value) FROM btrdb.points), (SELECT count(*) FROM btrdb.versions), (SELECT count(*) FROM btrdb.buffer))
$$;
});
my ($s, $t) = map { $node->safe_psql('postgres', "SELECT btrdb_stream('resources/$_')") } qw(s t);
my @commands = (
	[ 'insert', "SELECT btrdb_insert('$t', times, values) FROM arrays" ],
	[ 'INSERT of rows', "INSERT INTO btrdb.points SELECT '$t', time, value FROM given" ],
	[ 'insert into a tree', "SELECT btrdb_insert('$s', times, values) FROM arrays" ],
	[ 'small inserts and a flush', "DO \$\$ BEGIN FOR i IN 1..300 LOOP PERFORM btrdb_insert('$s', array_agg(k * 17 + i), array_agg(k::float8)) FROM generate_series(1, 1000) k; END LOOP; PERFORM btrdb_flush('$s'); END \$\$" ],
	[ 'windows, stored', "SELECT count(w) FROM (SELECT btrdb_windows('$s', 0, 200000000000, 1000000) AS w) x" ],
	[ 'values', "SELECT count(*), sum(value) FROM btrdb_values('$s', 0, 4000000000000) OFFSET 0" ],
	[ 'check', 'SELECT * FROM btrdb_check()' ]);
my $before = $node->safe_psql('postgres', 'SELECT state()');

sub set_limit
{
	my ($pid, $what, $bytes) = @_;

	system_or_bail('prlimit', '--pid', $pid, "--$what=$bytes:");
	return;
}

# The address space of a process, in bytes.
sub address_space
{
	my ($pid) = @_;

	return (split ' ', slurp_file("/proc/$pid/statm"))[0] * 4096;
}

# Memory: from hardly any to enough.
foreach my $case (@commands)
{
	my ($name, $command) = @$case;
	my ($failed, $passed, @wrong) = (0, 0);

	for (my $more = 1 << 19; $more <= (1 << 29) && !$passed; $more *= size_of(ci => 3, full => 1.2))
	{
		my $session = $node->background_psql('postgres', on_error_stop => 0);
		my $pid = $session->query_safe('SELECT pg_backend_pid() FROM (SELECT count(*) FROM btrdb.points WHERE time = 1) x');

		set_limit($pid, 'as', address_space($pid) + int($more));
		$session->query("BEGIN;\n$command;\nROLLBACK;");
		my $err = $session->{stderr};
		$session->{stderr} = '';
		if ($err eq '') { $passed++ }
		elsif ($err =~ /out of memory|could not resize|Cannot allocate memory/ && $err !~ /connection/) { $failed++ }
		else { push @wrong, "$more: $err" }
		set_limit($pid, 'as', 'unlimited');
		$session->query_safe("SELECT btrdb_insert('$t', 1, 1), btrdb_flush('$t'), btrdb_delete('$t', 0, 2)");
		$session->quit;
	}
	is("@wrong", '', "$name without memory ends in an error ($failed times)");
	ok($passed, "$name with enough of it does not");
	cmp_ok($failed, '>', 0, "$name needs memory") if $name =~ /insert|stored/i;
}
is($node->safe_psql('postgres', 'SELECT count(*), sum(value) FROM btrdb.points'), join('|', (split ' ', $before)[0, 1]), 'after want of memory the streams are what they were');
check_is_clean($node, 'after want of memory');

# Disk: files may not grow beyond a little more than the store has.
$node->safe_psql('postgres', 'CHECKPOINT');
my $size = $node->safe_psql('postgres', q{SELECT greatest(pg_relation_size('btrdb.points'), 1500000)});
foreach my $case (@commands[0 .. 3])
{
	my ($name, $command) = @$case;
	my ($failed, @wrong) = (0);

	foreach my $more (0, 8192, 100000, 1000000)
	{
		my $session = $node->background_psql('postgres', on_error_stop => 0);
		my $pid = $session->query_safe('SELECT pg_backend_pid()');

		set_limit($pid, 'fsize', $size + $more);
		$session->query("BEGIN;\n$command;\nROLLBACK;");
		my $err = $session->{stderr};
		$session->{stderr} = '';
		if ($err =~ /could not (?:extend|write).*|File too large/ && $err !~ /connection/) { $failed++ }
		elsif ($err ne '') { push @wrong, "$more: $err" }
		set_limit($pid, 'fsize', 'unlimited');
		$session->query_safe("SELECT btrdb_insert('$t', $more, 1), btrdb_flush('$t'), btrdb_delete('$t', 0, 2000000)");
		$session->quit;
	}
	is("@wrong", '', "$name without disk ends in an error ($failed times)");
	cmp_ok($failed, '>', 0, "$name needs disk") if $name =~ /^insert/i;
}
is($node->safe_psql('postgres', 'SELECT count(*), sum(value) FROM btrdb.points'), join('|', (split ' ', $before)[0, 1]), 'after want of disk the streams are what they were');
check_is_clean($node, 'after want of disk');
$node->safe_psql('postgres', "SELECT btrdb_insert('$t', times, values) FROM arrays");
$node->safe_psql('postgres', 'VACUUM btrdb.points');
check_is_clean($node, 'after use of what was left');
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC|was terminated by signal|leak|still referenced|problem in alloc|detected write past/, 'the server log is clean');
$node->stop;
done_testing();
