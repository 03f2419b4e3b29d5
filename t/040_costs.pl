# What operations cost, in pages read, nodes written and memory used.
#
# These numbers do not depend on the machine, so they are tests; times are not.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbPage;
use BtrdbTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

test_seed();

my $node = btrdb_node('costs',
	'shared_buffers = 32MB',
	'max_wal_size = 4GB',
	'checkpoint_timeout = 1h',
	'autovacuum = off',
	'jit = off',
	'max_parallel_workers_per_gather = 0');
my $file;

# Runs $sql, which prints one number, in a fresh session; returns the number
# and by how many kilobytes the session's memory grew at its peak, apart from shared
# buffers.
sub memory_of
{
	my ($sql) = @_;
	my $out = $node->safe_psql('postgres', qq{
CREATE FUNCTION pg_temp.kilobytes(field text) RETURNS bigint LANGUAGE sql AS
	\$\$ SELECT (regexp_match(pg_read_file('/proc/' || pg_backend_pid() || '/status'), field || ':\\s+(\\d+)'))[1]::bigint \$\$;
SELECT pg_temp.kilobytes('VmRSS') - pg_temp.kilobytes('RssShmem') AS before \\gset
$sql;
SELECT pg_temp.kilobytes('VmHWM') - pg_temp.kilobytes('RssShmem') - :before;
});

	return split /\n/, $out;
}

# The store as it is on disk.
sub store
{
	$node->safe_psql('postgres', 'CHECKPOINT');
	$file //= $node->data_dir . '/'
	  . $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
	return BtrdbPage->open($file);
}

# The root node of a stream's version.
sub root
{
	my ($store, $stream, $version) = @_;
	my $tid = $node->safe_psql('postgres',
		"SELECT root FROM btrdb.versions WHERE stream = '$stream' AND version = $version");

	return $tid =~ /\((\d+),(\d+)\)/ ? $store->node($1, $2) : undef;
}

sub stream_bytes
{
	my ($stream) = @_;

	return pack('H*', $stream =~ s/-//gr);
}

sub latest
{
	my ($stream) = @_;

	return $node->safe_psql('postgres', "SELECT btrdb_version('$stream')");
}

# Nodes that one version of a stream wrote.
sub written
{
	my ($store, $stream, $version) = @_;

	return scalar grep { $_->{version} == $version } $store->nodes(stream_bytes($stream));
}

# Pages touched by each of a list of queries, run in one session after one that warms
# the caches of the catalogs.
sub pages_of
{
	my ($stream, @queries) = @_;
	my $sql = "\\o /dev/null\n";

	$sql .= "$_;\n" foreach @queries[ 0 .. ($#queries < 3 ? $#queries : 3) ];
	$sql .= "\\o\n";
	$sql .= "EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) $_;\n" foreach @queries;
	my $out = $node->safe_psql('postgres', $sql);

	return map { $_->{Plan}{'Shared Hit Blocks'} + $_->{Plan}{'Shared Read Blocks'} }
	  map { @{ decode_json($_) } } split /(?<=\n\])\n/, $out;
}

sub max_of
{
	my $max = shift;

	$max = $_ > $max ? $_ : $max foreach @_;
	return $max;
}

# Data shapes: expressions for time and value of point i of n.  They fill exactly
# 1,024 windows of 2^pw ns from 2^60 on.
my $base = 1 << 60;
my %shapes = (
	clock => [ '(i * (1024::numeric * (1::bigint << %2$d)) / %1$d)::bigint', 'sin(i / 50.0) * 220' ],
	jitter => [
		'least((i * (1024::numeric * (1::bigint << %2$d)) / %1$d)::bigint + floor(random() * 100000)::bigint, (1024::bigint << %2$d) - 1)',
		'round((220 + 20 * sin(i / 50.0) + random() * 0.5)::numeric, 4)::float8'
	],
	random => [ '(i * (1024::numeric * (1::bigint << %2$d)) / %1$d)::bigint', 'random()' ],);

# ---- a whole stream in 1,024 windows ----

my %stream;
foreach my $shape (sort keys %shapes)
{
	foreach my $n (100000, 1000000, 10000000)
	{
		# About 120 points a second.
		my $pw = int(log($n / 1024 * 8333333) / log(2));
		my $name = "$shape $n";
		my $s = $stream{$name} = new_stream($node, $name);
		my ($time, $value) = map { sprintf($_, $n, $pw) } @{ $shapes{$shape} };

		# The largest goes in by one statement of many calls.
		my ($sum, $kilobytes) = memory_of(
			"SELECT count(*) FROM (SELECT btrdb_insert('$s', array_agg($base + t), array_agg(v)) "
			  . "FROM (SELECT i, $time AS t, $value AS v FROM generate_series(0, $n - 1) i OFFSET 0) p "
			  . "GROUP BY i / 50000) c");
		cmp_ok($kilobytes, '<', 300 * 1024, "$name: memory of one statement ($kilobytes kB)")
		  if $n == 10000000;
		$node->safe_psql('postgres', "SELECT btrdb_flush('$s')");

		my @pages = pages_of($s,
			"SELECT * FROM btrdb_aligned_windows('$s', $base, $base + (1024::bigint << $pw), $pw)",
			"SELECT * FROM btrdb_aligned_windows('$s', ${\TIME_MIN}, ${\TIME_MAX}, $pw)");
		my $windows = $node->safe_psql('postgres',
			"SELECT count(*) || ' ' || sum(count) FROM btrdb_aligned_windows('$s', $base, $base + (1024::bigint << $pw), $pw)");
		is($windows, "1024 $n", "$name: 1,024 aligned windows");
		cmp_ok($pages[0], '<=', 400, "$name: pages for 1,024 aligned windows ($pages[0])");
		cmp_ok($pages[1], '<=', 400, "$name: pages without knowing the range ($pages[1])");
	}
}

# The same of a stream that grew by small flushes: windows narrower than the nodes right
# above the leaves, each of which another flush has written.
my $appended = new_stream($node, 'appended');
$node->safe_psql('postgres',
	"DO \$\$ BEGIN FOR k IN 0 .. 1999 LOOP "
	  . "PERFORM btrdb_insert('$appended', array_agg($base + i * (1::bigint << 23)), array_agg(floor(random() * 30) / 10)) "
	  . "FROM generate_series(k * 5000, k * 5000 + 4999) i; COMMIT; END LOOP; END \$\$");
my ($appended_pages) = pages_of($appended,
	"SELECT * FROM btrdb_aligned_windows('$appended', $base, $base + 10000000 * (1::bigint << 23), 36)");
cmp_ok($appended_pages, '<=', 400, "appended: pages for 1,220 aligned windows ($appended_pages)");

# ---- point queries ----

my $empty = new_stream($node, 'empty');

sub point_queries
{
	my ($s, $lo, $hi) = @_;

	return ("SELECT btrdb_count('$s', $lo, $hi)",
		"SELECT btrdb_stat('$s', $lo, $hi)",
		"SELECT * FROM btrdb_nearest('$s', $lo)",
		"SELECT * FROM btrdb_nearest('$s', $hi, true)",
		"SELECT * FROM btrdb_earliest('$s')",
		"SELECT * FROM btrdb_latest('$s')");
}

my $small = new_stream($node, 'small');
$node->safe_psql('postgres',
	"SELECT btrdb_insert('$small', array_agg($base + i * 8333333::bigint), array_agg(random())) FROM generate_series(0, 9999) i");
my $fixed = max_of(pages_of($empty, point_queries($empty, 0, $base)));
my $store = store();
foreach my $case ([ 'small', $small, 10000 ], map { [ "$_ 10000000", $stream{"$_ 10000000"}, 10000000 ] } sort keys %shapes)
{
	my ($name, $s, $n) = @$case;
	my $height = $store->height(root($store, $s, latest($s)));
	my $span = $n * 8333333;
	my @queries;

	foreach (1 .. 100)
	{
		my ($a, $b) = sort { $a <=> $b } map { int(rand($span)) } 1 .. 2;
		push @queries, point_queries($s, $base + $a, $base + $b);
	}
	push @queries, point_queries($s, TIME_MIN, TIME_MAX), point_queries($s, $base, $base + 1);
	my $max = max_of(pages_of($s, @queries));
	cmp_ok($max, '<=', 2 * $height + $fixed + 4,
		"$name: pages of count, stat, nearest ($max; height $height, empty stream $fixed)");
}

# ---- a full write buffer ----

# Points that came one by one cost a reader little more than they will in the tree: at the end
# of a stream, and everywhere in it.  Rows of another stream keep each of them on a page of its own.
my $beside = new_stream($node, 'beside');
foreach my $where ([ 'at the end', '(1000000 + k::bigint)' ], [ 'everywhere', '(k * 7919::bigint % 1024 * 976)' ])
{
	my ($name, $tick) = @$where;
	my $s = new_stream($node, "buffered $name");
	my $end = $base + 1001024 * 8333333;
	my $windows = sub {
		my ($from) = @_;
		my $width = int(($end - $from) / 2048);

		return "SELECT * FROM btrdb_windows('$s', $from, @{[ $from + 2048 * $width ]}, $width)";
	};
	my @queries = ($windows->($base), $windows->($end - 3600 * 1e9), point_queries($s, $base + 1e9, $end - 1e9));

	$node->safe_psql('postgres', qq{
SELECT btrdb_insert('$s', array_agg($base + i * 8333333::bigint), array_agg(random())) FROM generate_series(0, 999999) i;
DO \$\$ BEGIN FOR k IN 0 .. 1023 LOOP PERFORM btrdb_insert('$s', $base + $tick * 8333333, random());
	PERFORM btrdb_insert('$beside', array_agg($base + 500 * k::bigint + i), array_agg(random())) FROM generate_series(0, 499) i;
	COMMIT;
END LOOP; END \$\$;
});
	my @warm = point_queries($small, $base, $base + 1e9);
	my $first = (pages_of($s, @warm[ 0 .. 3 ], "SELECT btrdb_count('$s')"))[4];
	cmp_ok($first, '<=', 200, "buffered $name: pages of the first read ($first)");
	my @buffered = pages_of($s, @queries);
	is($node->safe_psql('postgres', "SELECT btrdb_version('$s'), btrdb_count('$s')"), '11|1001024', "buffered $name: points");
	$node->safe_psql('postgres', "SELECT btrdb_flush('$s')");
	my @flushed = pages_of($s, @queries);

	foreach my $i (0 .. $#queries)
	{
		my $limit = $i < 2 ? 1.5 * $flushed[$i] : $flushed[$i] + 100;

		cmp_ok($buffered[$i], '<=', $limit, "buffered $name, query $i: pages ($buffered[$i], flushed $flushed[$i])");
	}
}

# ---- leaves are full ----

foreach my $name (sort grep { /10000000/ } keys %stream)
{
	my $s = $stream{$name};
	my @leaves = grep { $_->{kind} == BtrdbPage::LEAF }
	  $store->reachable(root($store, $s, latest($s)));
	my $bytes = 0;
	my $points = 0;
	my %blocks;

	foreach my $leaf (@leaves)
	{
		$bytes += $leaf->{bytes};
		$points += $leaf->{count};
		$blocks{ $leaf->{block} } = 1;
	}
	is($points, 10000000, "$name: points in leaves");

	# Half a page is what a leaf may take; and pages, of which some may be shared.
	my $fill = $bytes / (@leaves * BtrdbPage::NODE_MAX);
	my $page_fill = $bytes / (scalar(keys %blocks) * BtrdbPage::PAGE_SIZE);
	cmp_ok($fill, '>=', 0.7, sprintf('%s: leaves are full (%.1f %%)', $name, $fill * 100));
	cmp_ok($page_fill, '>=', 0.7, sprintf('%s: pages are full (%.1f %%)', $name, $page_fill * 100));
	diag(sprintf('%s: %.2f bytes per point, leaves %.1f %% full, pages %.1f %%',
			$name, 8192 * keys(%blocks) / $points, $fill * 100, $page_fill * 100));
}

# ---- writing ----

# The number of nodes that one call writes, and its WAL.
sub cost_of_write
{
	my ($s, $sql) = @_;
	my $out = $node->safe_psql('postgres',
		"SELECT pg_current_wal_insert_lsn() AS lsn \\gset\n"
		  . "$sql;\nSELECT pg_current_wal_insert_lsn() - :'lsn'::pg_lsn;");
	my ($version, $wal) = split /\n/, $out;

	return (written(store(), $s, $version), $wal, $version);
}

my $s = $stream{'random 10000000'};
my $height = $store->height(root($store, $s, latest($s)));
my $span = 10000000 * 8333333;
my $blocks = store()->nblocks;

# One flush at one place touches one path; the leaf may have to be split.
$node->safe_psql('postgres',
	"SELECT btrdb_insert('$s', array_agg($base + $span / 3 + i), array_agg(1.5::float8)) FROM generate_series(1, 500) i");
my ($nodes, $wal) = cost_of_write($s, "SELECT btrdb_flush('$s')");
cmp_ok($nodes, '>', 0, 'a flush writes nodes');
cmp_ok($nodes, '<=', $height + 3, "a flush in one place writes a path ($nodes nodes, height $height)");

# A batch at 50 places touches at most as many leaves.
$node->safe_psql('postgres',
	"SELECT btrdb_insert('$s', array_agg($base + ($span / 50) * i), array_agg(1.5::float8)) FROM generate_series(0, 49) i");
($nodes, $wal) = cost_of_write($s, "SELECT btrdb_flush('$s')");
cmp_ok($nodes, '<=', 50 * ($height + 1), "a flush in 50 places ($nodes nodes, height $height)");

my $before = latest($s);
($nodes, $wal) = cost_of_write($s, "SELECT btrdb_delete('$s', $base + $span / 5, $base + $span / 2)");
cmp_ok($nodes, '<=', 2 * $height + 2, "a delete of a third writes two paths ($nodes nodes, height $height)");
($nodes, $wal) = cost_of_write($s, "SELECT btrdb_delete('$s', ${\TIME_MIN}, ${\TIME_MAX})");
is($nodes, 0, 'a delete of everything writes no node');
cmp_ok($wal, '<', 40000, "WAL of a delete of everything ($wal bytes)");
($nodes, $wal) = cost_of_write($s, "SELECT btrdb_revert('$s', $before)");
is($nodes, 0, 'a revert writes no node');
cmp_ok($wal, '<', 40000, "WAL of a revert ($wal bytes)");
is($node->safe_psql('postgres', "SELECT btrdb_count('$s')"), 10000550, 'the revert brought all points back');
cmp_ok(store()->nblocks - $blocks, '<=', 60, 'the store grew by what was written only');

# ---- one call, one statement, one row at a time ----

my $big = new_stream($node, 'one call');
my ($version, $kilobytes) = memory_of(
	"SELECT btrdb_insert('$big', t, v) FROM (SELECT array_agg($base + i * 1000::bigint) AS t, array_agg(random()) AS v FROM generate_series(1, 10000000) i) a");
is($node->safe_psql('postgres', "SELECT btrdb_count('$big')"), 10000000, '10^7 points in one call');

# The two arrays alone take 160 MB each time they are copied.
cmp_ok($kilobytes, '<', 1000 * 1024, "memory of a call with 10^7 points ($kilobytes kB)");

my $single = new_stream($node, 'single rows');
(my $calls, $kilobytes) = memory_of(
	"SELECT count(btrdb_insert('$single', i, i)) FROM generate_series(1, 1000000) i");
is($node->safe_psql('postgres', "SELECT btrdb_count('$single')"), 1000000, 'a million rows in one statement');
cmp_ok($kilobytes, '<', 100 * 1024, "memory of a million rows in one statement ($kilobytes kB)");

my $across = new_stream($node, 'single statements');
$node->safe_psql('postgres', qq{
DO \$\$
BEGIN
	FOR i IN 1 .. 1000000 LOOP
		PERFORM btrdb_insert('$across', i, i);
		IF i % 100 = 0 THEN
			COMMIT;
		END IF;
	END LOOP;
END
\$\$});
is($node->safe_psql('postgres', "SELECT btrdb_count('$across') || ' ' || btrdb_stat('$across', 0, 2000000)"),
	'1000000 ' . $node->safe_psql('postgres', "SELECT btrdb_stat('$single', 0, 2000000)"),
	'a million statements give what one gives');
cmp_ok($node->safe_psql('postgres', "SELECT count(*) FROM btrdb.buffer WHERE stream = '$across'"),
	'<=', 1024, 'the buffer was flushed on the way');

check_is_clean($node, 'at the end');
$node->stop;

done_testing();
