# Memory: no operation needs more of it for a longer stream.
#
# Every process of the server may have 256 MB of address space, shared memory and libraries
# included.  Each operation is run on two streams, one ten times as long as the other, and its
# peak on the long one must not be above that on the short one by more than noise.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use Test::More;

use constant {
	LIMIT => 256 * 1024 * 1024,
	NOISE => 384,    # kB
	NOISE_OF_WRITES => 1024,
	STEP => 8333333,    # ns from a point to the next, but for jitter
};

# Points of the long stream.
my $points = size_of(ci => 10_000_000, full => 100_000_000, env => 'BTRDB_POINTS');

my $node = btrdb_node('memory',
	'shared_buffers = 16MB',
	'work_mem = 64kB',
	'maintenance_work_mem = 1MB',
	'max_wal_size = 4GB',
	'checkpoint_timeout = 1h',
	'autovacuum = off',
	'jit = off',
	'max_parallel_workers_per_gather = 0');
system('prlimit', '--pid', $node->{_pid}, '--as=' . LIMIT) == 0 or die 'could not limit memory';

# By how many kilobytes each operation's process grew at its peak: {operation}[n of the stream].
my %peak;
my @operations;

# Runs $sql in a session that has touched all of the shared memory and run $warm, which is of the
# same kind.  Returns the output, and by how many kilobytes the session's memory grew at its peak.
sub peak_of
{
	my ($sql, $warm) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', qq{
CREATE FUNCTION pg_temp.kilobytes(field text) RETURNS bigint LANGUAGE sql AS
	\$\$ SELECT (regexp_match(pg_read_file('/proc/self/status'), field || ':\\s+(\\d+)'))[1]::bigint \$\$;
\\o /dev/null
SELECT pg_temp.kilobytes('VmRSS');
$warm;
\\o
COPY (SELECT 5) TO '/proc/self/clear_refs';
SELECT pg_temp.kilobytes('VmRSS') - pg_temp.kilobytes('RssShmem') AS before \\gset
$sql;
SELECT pg_temp.kilobytes('VmHWM') - pg_temp.kilobytes('RssShmem') - :before;
}, on_error_stop => 1);

	die "$err in: $sql" if $rc != 0;
	return $out =~ /^(.*?)\n?(-?\d+)$/s;
}

# A stream to do the same with before, so that what a session needs once is there.
my $tiny = new_stream($node, 'tiny');
my $tiny_length = 2000;

# Puts a stream, and the length that it has, into a statement.
sub statement
{
	my ($sql, $stream, $length) = @_;

	return $sql =~ s/%s/'$stream'/gr =~ s/%n/$length/gr =~ s/%end/($length * ${\STEP}::bigint)/gr;
}

my @length = ($points / 10, $points);
my @stream = map { new_stream($node, "stream $_") } 0 .. 1;

# Measures an operation on stream $n; $sql prints what must be $expected, unless that is undefined.
sub measure
{
	my ($n, $operation, $sql, $expected) = @_;
	my ($out, $kilobytes) = peak_of(statement($sql, $stream[$n], $length[$n]), statement($sql, $tiny, $tiny_length));

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($out, $expected, "$operation, stream $n") if defined $expected;
	push @operations, $operation unless exists $peak{$operation};
	$peak{$operation}[$n] = $kilobytes;
	return;
}

# One statement that inserts a point at random near each $every-th of the %n ticks of a clock.
# They take 14 bytes each, so there are many leaves.
sub insert_sql
{
	my ($every) = @_;

	return "SET btrdb.gather_memory = '512kB'; INSERT INTO btrdb.points SELECT %s, i * ${\STEP}::bigint * $every + (random() * ${\STEP})::bigint, random() "
	  . "FROM (SELECT generate_series(0, %n / $every - 1) AS i) AS q";
}

foreach my $n (0, 1)
{
	my $all = $length[$n] + $length[$n] / 100 + $length[$n] / 1000;
	my $work = sub { measure($n, @_) };
	my $scan = 'SET btrdb.enable_aggregate = off; SELECT count(value) FROM';

	$work->('load', insert_sql(1));
	$work->('count', 'SELECT btrdb_count(%s)', $length[$n]);

	# all leaves are written anew, then some
	$work->('insert everywhere', insert_sql(100));
	$node->safe_psql('postgres', statement($_, $stream[$n], $length[$n]) =~ s/512kB/64MB/r) foreach insert_sql(1000);
	$work->('changes everywhere', 'SELECT count(*) > 0 FROM btrdb_changes(%s, 10)', 't');
	$work->('changes here and there', 'SELECT count(*) > 0 FROM btrdb_changes(%s, btrdb_version(%s) - 1)', 't');
	$work->('check of a stream', 'SELECT count(*) FROM btrdb_check(%s)', 0);

	$work->('2,048 windows', 'SELECT sum(count) FROM btrdb_windows(%s, 0, 2048 * (%end / 2048 + 1), %end / 2048 + 1)', $all);
	$work->('windows of 10 points', "SELECT sum(count) FROM btrdb_windows(%s, 0, %end, 10 * ${\STEP})", $all);
	$work->('aligned windows', 'SELECT sum(count) > 0 FROM btrdb_aligned_windows(%s, 0, %end, 30)', 't');
	$work->('1,000 points of largest triangles', 'SELECT count(*) FROM btrdb_lttb(%s, 0, %end, 1000)', 1000);
	$work->('1,000 columns', 'SELECT count(*) BETWEEN 2000 AND 4000 FROM btrdb_minmax(%s, 0, %end, 1000)', 't');
	$work->('picture', 'SELECT length(btrdb_plot(%s)) > 10000', 't');
	$work->('values', "$scan btrdb_values(%s, 0, %end)", $all);
	$work->('values, stored first', "SET btrdb.enable_custom_scan = off; $scan btrdb_values(%s, 0, %end)", $all);
	$work->('two streams, side by side', 'SELECT count(values) FROM btrdb_rows(ARRAY[%s, %s]::uuid[], 0, %end)', $all);
	$work->('rounded times', 'SELECT count(values) FROM btrdb_rows(ARRAY[%s, %s]::uuid[], 0, %end, %end)', 1);
	$work->('two streams, one after the other', 'SELECT count(value) FROM btrdb_multi_values(ARRAY[%s, %s]::uuid[], 0, %end)', 2 * $all);
	$work->('scan', "$scan btrdb.points WHERE stream = %s", $all);
	$work->('scan, backward', "$scan (SELECT value FROM btrdb.points WHERE stream = %s ORDER BY time DESC OFFSET 0) AS q", $all);
	$work->('aggregates', 'SELECT count(value) FROM btrdb.points WHERE stream = %s', $all);
	$work->('aggregates of buckets',
		'SELECT sum(n) FROM (SELECT count(*) AS n FROM btrdb.points WHERE stream = %s GROUP BY time / (%end / 1000 + 1)) AS q', $all);
	$work->('COPY to a file', "COPY (SELECT * FROM btrdb.points WHERE stream = %s) TO '/dev/null' WITH (FORMAT binary)");

	$work->('trim', 'SELECT btrdb_trim(%s, %end / 4, 26) > 0', 't');
	$work->('windows of what is left', 'SELECT sum(count) FROM btrdb_aligned_windows(%s, 0, %end + (1 << 26), 26)', $all);
	$work->('revert of a trim', 'SELECT btrdb_revert(%s, btrdb_version(%s) - 1) > 0', 't');
	$work->('delete', 'SELECT btrdb_delete(%s, %end / 3, %end / 2) > 0', 't');
	$work->('revert', 'SELECT btrdb_revert(%s, btrdb_version(%s) - 1) > 0', 't');
	$work->('prune', 'SELECT btrdb_prune(%s, btrdb_version(%s)) > 0', 't');
	$work->('check of a stream with garbage', 'SELECT count(*) FROM btrdb_check(%s)', 0);
	$work->('VACUUM', 'VACUUM btrdb.points');
	$work->('check of all', 'SELECT count(*) FROM btrdb_check()', 0);
	$work->('ANALYZE', 'ANALYZE btrdb.points');
	$work->('VACUUM FULL', 'VACUUM FULL btrdb.points');
	$work->('values', "$scan btrdb_values(%s, 0, %end)", $all);
}
foreach my $n (0, 1)
{
	$tiny = new_stream($node, "tiny $n");
	measure($n, 'obliterate', 'SELECT btrdb_obliterate(%s)');
	measure($n, 'VACUUM of a removed stream', 'VACUUM btrdb.points');
}

diag(sprintf('%-32s %10d %10d points', 'kB at the peak', @length));
foreach my $operation (@operations)
{
	my ($short, $long) = @{ $peak{$operation} };

	diag(sprintf('%-32s %10d %10d', $operation, $short, $long));
	cmp_ok($long, '<=', $short + ($operation =~ /^(?:load|insert)/ ? NOISE_OF_WRITES : NOISE), "$operation: ten times the points take no more memory ($short kB, $long kB)");
}
check_is_clean($node, 'at the end');

$node->stop;
done_testing();
