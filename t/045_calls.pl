# One session that makes calls of all kinds, hundreds of thousands of them: its memory stays what it is.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

use constant {
	CONTEXTS => 64,    # kB by which memory contexts may grow, and the process
	PROCESS => 512,
};

my $seed = test_seed();
my $calls = size_of(ci => 100_000, full => 1_000_000, env => 'BTRDB_CALLS');
my $nstreams = 20;

my $node = btrdb_node('calls', 'fsync = off', 'jit = off', 'autovacuum = off', 'shared_buffers = 32MB', 'max_wal_size = 2GB',
	'btrdb.buffer_points = 200', 'btrdb.buffer_rows = 64', 'btrdb.compact_rows = 6', 'btrdb.direct_points = 300', 'btrdb.gather_memory = 256kB');

$node->safe_psql('postgres', qq{
CREATE SCHEMA c;
CREATE TABLE c.s AS SELECT i, btrdb_create('c', jsonb_build_object('name', i)) AS u FROM generate_series(1, $nstreams) i;
CREATE FUNCTION c.u(i bigint) RETURNS uuid LANGUAGE sql STABLE RETURN (SELECT u FROM c.s WHERE s.i = u.i);

-- Memory of a session as it went on, in kilobytes.
CREATE TABLE c.memory (n bigserial, pid int DEFAULT pg_backend_pid(), contexts bigint, process bigint);
CREATE FUNCTION c.measure() RETURNS void LANGUAGE sql AS \$\$
	INSERT INTO c.memory (contexts, process)
	SELECT sum(total_bytes) / 1024, (regexp_match(pg_read_file('/proc/self/status'), 'RssAnon:\\s+(\\d+)'))[1]::bigint
	FROM pg_backend_memory_contexts
\$\$;

-- An error that is caught.
CREATE FUNCTION c.fails(command text) RETURNS void LANGUAGE plpgsql AS \$\$
BEGIN
	EXECUTE command;
	RAISE 'no error: %', command;
EXCEPTION WHEN invalid_parameter_value OR undefined_object THEN
END
\$\$;
});

my $one = "\\set i random(1, $nstreams)\n\\set t random(1, 1000000)\n";

# How often, and what; each statement calls once.
my %script = (
	insert => [ 20, "${one}SELECT btrdb_insert(c.u(:i), :t, 1);" ],
	insert_timestamp => [ 5, "${one}SELECT btrdb_insert(c.u(:i), to_timestamp(:t), 1);" ],
	direct => [ 2, "${one}SELECT btrdb_insert(c.u(:i), array_agg(:t + 10 * k::bigint), array_agg(k::float8)) FROM generate_series(1, 300) k;" ],
	table => [ 4, "${one}INSERT INTO btrdb.points VALUES (c.u(:i), :t, 2), (c.u(:i), :t + 1, 3);" ],
	wide => [ 4, "${one}INSERT INTO btrdb.points SELECT u, :t + k, k FROM c.s, generate_series(1, 3) k;" ],
	merge => [ 3, "${one}SELECT btrdb_insert(c.u(:i), ARRAY[:t, :t + 1], ARRAY[5, 5]::float8[], 'replace');" ],
	'values' => [ 10, "${one}SELECT count(value) FROM btrdb_values(c.u(:i), :t, :t + 100000) OFFSET 0;" ],
	rows => [ 5, "${one}SELECT * FROM btrdb_values(c.u(:i), :t, :t + 100000) LIMIT 3;" ],
	windows => [ 10, "${one}SELECT max(max) FROM btrdb_windows(c.u(:i), :t, :t + 200000, 10000);" ],
	aligned => [ 5, "${one}SELECT max(max) FROM btrdb_aligned_windows(c.u(:i), :t, :t + 200000, 14);" ],
	stat => [ 10, "${one}SELECT btrdb_stat(c.u(:i), :t, :t + 200000);" ],
	count => [ 5, "${one}SELECT btrdb_count(c.u(:i));" ],
	nearest => [ 10, "${one}SELECT * FROM btrdb_nearest(c.u(:i), :t);" ],
	latest => [ 5, "${one}SELECT * FROM btrdb_latest(c.u(:i)), btrdb_earliest(c.u(:i));" ],
	versions => [ 3, "${one}SELECT count(*) FROM btrdb_versions(c.u(:i));" ],
	changes => [ 3, "${one}SELECT count(*) FROM btrdb_changes(c.u(:i), btrdb_version(c.u(:i)));" ],
	scan => [ 3, "${one}SELECT max(value) FROM btrdb.points WHERE stream = c.u(:i) AND time + 0 < :t;" ],
	aggregate => [ 3, "${one}SELECT time / 100000, count(*) FROM btrdb.points WHERE stream = c.u(:i) GROUP BY 1;" ],
	view => [ 1, 'SELECT sum(points) FROM btrdb.stream_stats;' ],
	delete => [ 6, "${one}SELECT btrdb_delete(c.u(:i), :t, :t + 500000);" ],
	revert => [ 2, "${one}SELECT btrdb_revert(u, btrdb_version(u)) FROM c.u(:i) u;" ],
	flush => [ 4, "${one}SELECT btrdb_flush(c.u(:i));" ],
	prune => [ 4, "${one}SELECT btrdb_prune(u, btrdb_version(u)) FROM c.u(:i) u;" ],
	create => [ 1, "SELECT btrdb_obliterate(btrdb_create('t', jsonb_build_object('name', gen_random_uuid())));" ],
	fails => [ 2, "${one}SELECT c.fails(format('SELECT * FROM btrdb_windows(%L, 0, 1, 0)', c.u(:i)));" ],
	fails_version => [ 2, "${one}SELECT c.fails(format('SELECT btrdb_revert(%L, 100000000)', c.u(:i)));" ],
	rolled_back => [ 1, "${one}BEGIN;\nSELECT btrdb_insert(c.u(:i), :t, 1);\nSELECT btrdb_delete(c.u(:i), 0, 1000000);\nROLLBACK;" ],
	maintain => [ 1, 'SELECT count(*) FROM btrdb_maintain();' ],
	vacuum => [ 1, 'VACUUM btrdb.points;' ],
	measure => [ 1, 'SELECT c.measure();' ],
);

foreach my $protocol (qw(simple prepared))
{
	my $transactions = $calls / 2;

	$node->safe_psql('postgres', 'VACUUM btrdb.buffer, btrdb.mixed, btrdb.versions, btrdb.garbage, btrdb.heads, btrdb.streams, btrdb.retired; TRUNCATE c.memory');
	$node->pgbench(
		"--no-vacuum --client=1 --transactions=$transactions --random-seed=$seed --protocol=$protocol",
		0, [qr/processed: $transactions/], [qr/^(?!.*(?:ERROR|aborted))/s],
		"$transactions calls in one session, protocol $protocol",
		{ map { ("045_calls_${protocol}_$_\@$script{$_}[0]" => "$script{$_}[1]\n") } keys %script });

	# What the session has when it has called everything some hundred times, and at the end.
	my ($sessions, $contexts, $process, $peak) = split /\|/, $node->safe_psql('postgres', q{
WITH m AS (SELECT *, ntile(10) OVER (ORDER BY n) AS tenth FROM c.memory)
SELECT count(DISTINCT pid),
	(percentile_disc(0.5) WITHIN GROUP (ORDER BY contexts) FILTER (WHERE tenth = 10)) - (percentile_disc(0.5) WITHIN GROUP (ORDER BY contexts) FILTER (WHERE tenth = 2)),
	(percentile_disc(0.5) WITHIN GROUP (ORDER BY process) FILTER (WHERE tenth = 10)) - (percentile_disc(0.5) WITHIN GROUP (ORDER BY process) FILTER (WHERE tenth = 2)),
	max(process)
FROM m});

	is($sessions, 1, 'one session has made them');
	cmp_ok($contexts, '<=', CONTEXTS, "memory contexts do not grow ($contexts kB)");
	cmp_ok($process, '<=', PROCESS, "the process does not grow ($process kB, $peak kB at most)");
}
figure('calls in sessions whose memory stays flat', $calls);
check_is_clean($node, 'at the end');
$node->stop;

done_testing();
