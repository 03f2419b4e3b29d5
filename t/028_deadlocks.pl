# Operations on streams of one cohort, in any order: a call on one stream, and a statement whose streams btrdb
# itself puts in order, never have a part in a deadlock.
#
# In the first part each transaction is one such operation.  In the second one some transactions lock several
# streams in random order: they may deadlock with each other, but not with calls on one stream.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $seconds = size_of(ci => 10, full => 600);
my $nstreams = 12;

my $node = btrdb_node('deadlocks', 'autovacuum = off', 'fsync = off', 'jit = off', 'deadlock_timeout = 20ms', 'max_connections = 50',
	'btrdb.buffer_points = 200', 'btrdb.buffer_rows = 32', 'btrdb.compact_rows = 6', 'btrdb.direct_points = 300');

$node->safe_psql('postgres', qq{
CREATE SCHEMA d;
CREATE TABLE d.s AS SELECT i, btrdb_create('d', jsonb_build_object('name', i)) AS u FROM generate_series(1, $nstreams) i;
CREATE TABLE d.temporary (u uuid PRIMARY KEY);
CREATE SEQUENCE d.number;
CREATE FUNCTION d.u(i bigint) RETURNS uuid LANGUAGE sql STABLE RETURN (SELECT u FROM d.s WHERE s.i = u.i);
CREATE FUNCTION d.create() RETURNS void LANGUAGE sql AS \$\$
	INSERT INTO d.temporary SELECT btrdb_create('t', jsonb_build_object('name', nextval('d.number')))
\$\$;
-- Reverts to the latest version, unless it has been pruned before the revert gets the lock.
CREATE FUNCTION d.revert(u uuid) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
	PERFORM btrdb_revert(u, btrdb_version(u));
EXCEPTION WHEN invalid_parameter_value THEN
END
\$\$;
CREATE FUNCTION d.t() RETURNS bigint LANGUAGE sql VOLATILE RETURN floor(random() * 1000000)::bigint;
});

my $one = "\\set i random(1, $nstreams)\n\\set t random(1, 1000000)\n";
my $all_streams = '(SELECT u FROM d.s ORDER BY random()) s';

# Calls on one stream, and statements that wait for nobody.
my %single = (
	insert => [ 10, "${one}SELECT btrdb_insert(d.u(:i), :t, 1);" ],
	direct => [ 3, "${one}SELECT btrdb_insert(d.u(:i), array_agg(:t + k::bigint), array_agg(2.0)) FROM generate_series(1, 300) k;" ],
	wide => [ 20, "INSERT INTO btrdb.points SELECT u, d.t(), 3 FROM $all_streams, generate_series(1, 3) k;" ],
	few => [ 10, "INSERT INTO btrdb.points SELECT u, d.t(), 4 FROM (SELECT u FROM d.s ORDER BY random() LIMIT 5) s;" ],
	merge => [ 5, "${one}SELECT btrdb_insert(d.u(:i), ARRAY[:t, :t + 1], ARRAY[5, 5]::float8[], 'replace');" ],
	delete => [ 15, "${one}SELECT btrdb_delete(d.u(:i), :t, :t + 100000);" ],
	revert => [ 5, "${one}SELECT d.revert(d.u(:i));" ],
	flush => [ 10, "${one}SELECT btrdb_flush(d.u(:i));" ],
	prune => [ 5, "${one}SELECT btrdb_prune(u, btrdb_version(u)) FROM d.u(:i) u;" ],
	create => [ 3, 'SELECT d.create();' ],
	obliterate => [ 3, 'DELETE FROM d.temporary WHERE u = (SELECT u FROM d.temporary LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING btrdb_obliterate(u);' ],
	maintain => [ 3, 'SELECT * FROM btrdb_maintain();' ],
	vacuum => [ 1, 'VACUUM (TRUNCATE off) btrdb.points, btrdb.mixed, btrdb.buffer, btrdb.heads, btrdb.versions;' ],
);

# Statements that btrdb puts in order.
my %ordered = (
	flush_all => [ 4, 'SELECT btrdb_flush();' ],
	merge_many => [ 10, "BEGIN;SET LOCAL btrdb.merge = 'retain';INSERT INTO btrdb.points SELECT u, d.t(), 6 FROM (SELECT u FROM d.s ORDER BY random() LIMIT 6) s;COMMIT;" ],
);

# Several calls, in any order.
my %unordered = (
	delete_many => [ 1, 'SELECT btrdb_delete(u, 0, d.t()) FROM (SELECT u FROM d.s ORDER BY random() LIMIT 4 OFFSET 0) s;' ],
	flush_and_delete => [ 1, "BEGIN;\n${one}SELECT btrdb_flush(d.u(:i));\nINSERT INTO btrdb.points SELECT u, d.t(), 7 FROM d.s;\n${one}SELECT btrdb_delete(d.u(:i), 0, :t);\nCOMMIT;" ],
);

# Starts pgbench with some scripts.
sub start_pgbench
{
	my ($clients, %scripts) = @_;
	my %run = (out => '', err => '');
	my @files;

	foreach my $name (sort keys %scripts)
	{
		my ($weight, $sql) = @{ $scripts{$name} };
		my $file = $node->basedir . "/$name.sql";

		unlink $file;
		append_to_file($file, $sql =~ s/;(?!\n|$)/;\n/gr . "\n");
		push @files, '-f', "$file\@$weight";
	}
	$run{run} = IPC::Run::start(
		[
			'pgbench', '--no-vacuum', '--failures-detailed', "--client=$clients", '--jobs=1', "--time=$seconds", "--random-seed=$seed", @files,
			$node->connstr('postgres')
		],
		'<', \undef, '>', \$run{out}, '2>', \$run{err});
	return \%run;
}

# Waits for the end, and tests that no transaction has failed; returns how many were run.
sub none_failed
{
	my ($run, $label) = @_;

	$run->{run}->finish;
	is($run->{err} =~ s/^pgbench(?: \(|: setting random seed).*\n//mgr, '', "$label: no errors");
	like($run->{out}, qr/^number of failed transactions: 0 /m, "$label: no transaction has failed");
	return $run->{out} =~ /transactions actually processed: (\d+)/ ? $1 : 0;
}

my $ordered = none_failed(start_pgbench(12, %single, %ordered), 'each on its own');
check_is_clean($node, 'after the first part');

my $mess = start_pgbench(4, %unordered, %ordered);
my $calm = start_pgbench(8, %single);
my $calls = none_failed($calm, 'beside transactions that lock many');
$mess->{run}->finish;
my ($deadlocks) = $mess->{out} =~ /^number of deadlock failures: (\d+)/m;
is($mess->{err} =~ s/^pgbench(?: \(|: setting random seed).*\n//mgr, '', 'those have no other errors than deadlocks');
figure('transactions on the same streams without a deadlock', $ordered + $calls);
diag("$ordered transactions, then $calls beside others of which $deadlocks ended with a deadlock");
check_is_clean($node, 'at the end');
$node->stop;

done_testing();
