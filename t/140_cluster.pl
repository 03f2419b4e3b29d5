# Several servers behind a proxy: the same SQL gives the same answers as on one machine; what a node's failure does; streams are
# moved while they are written and read, also if that is interrupted anywhere; slots are rebalanced.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Proxy, two nodes and the machine to compare with are databases of one server; the third node is a server of its own.
my $home = btrdb_node('home', 'max_connections = 60', 'autovacuum = off');
if ($home->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'plproxy'}) eq '0')
{
	$home->stop;
	plan skip_all => 'PL/Proxy is not installed for this server';
}
my $away = btrdb_node('away', 'max_connections = 60', 'autovacuum = off');
test_seed();

sub make_database
{
	my ($server, $name) = @_;

	$server->safe_psql('postgres', "CREATE DATABASE $name");
	$server->safe_psql($name, 'CREATE EXTENSION btrdb');
	$server->safe_psql($name, 'CREATE EXTENSION btrdb_cluster CASCADE') if $name ne 'one';
	return;
}

make_database($home, $_) foreach qw(proxy n1 n2 one);
make_database($away, 'n3');

my $path = "SET search_path = btrdb_cluster, public;\n";

# Runs a script on the proxy, as an application would.
sub proxy
{
	my ($sql) = @_;

	return $home->safe_psql('proxy', $path . $sql);
}

# What a script on the proxy fails with: its SQLSTATE and the message.
sub proxy_error
{
	my ($sql) = @_;
	my ($rc, $out, $err) = $home->psql('proxy', "\\set VERBOSITY verbose\n$path$sql");

	return $err =~ /ERROR:  (\w{5}): (.*)/s ? ($1, $2) : ('', "$out$err");
}

sub connection_of
{
	my ($server, $name) = @_;

	return 'host=' . $server->host . ' port=' . $server->port . " dbname=$name";
}

# Rounds what has many digits: leaves end where their page ends, so trees depend on their neighbours, and how sums are rounded
# depends on trees.
sub rounded
{
	my ($text) = @_;

	return $text =~ s/(-?\d+\.\d{9,}(?:e[-+]\d+)?)/sprintf('%.10g', $1)/ger;
}

# Starts a psql in the background.  It reads a file: what IPC::Run sends waits until somebody asks for output.
my $scripts = PostgreSQL::Test::Utils::tempdir();
my $started = 0;

sub start_psql
{
	my ($sql) = @_;
	my %psql = (out => '', err => '');
	my $file = "$scripts/" . $started++ . '.sql';

	append_to_file($file, $path . $sql);
	$psql{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $home->connstr('proxy'), '-f', $file ],
		'<', \undef, '>', \$psql{out}, '2>', \$psql{err});
	return \%psql;
}

# ---- setting up ----

my ($state, $message) = proxy_error(q{SELECT btrdb_count('00000000-0000-0000-0000-000000000001'::uuid)});
is($state, 'XX000', 'without a node there is no cluster');
foreach my $connection ('host=h password=secret', 'host=h user=u', 'postgresql://h/d')
{
	($state) = proxy_error("SELECT btrdb_cluster_add_node('n1', '$connection')");
	is($state, '22023', "a connection is not \"$connection\"");
}
is(proxy("SELECT btrdb_cluster_add_node('$_', '" . connection_of($home, $_) . "')"), $_ eq 'n1' ? '0' : '1', "node $_") foreach qw(n1 n2);
($state) = proxy_error("SELECT btrdb_cluster_add_node('n1', '" . connection_of($home, 'n1') . "')");
is($state, '42710', 'a name is used once');
($state) = proxy_error("SELECT btrdb_cluster_add_node('x', '" . connection_of($home, 'one') . "')");
is($state, '3F000', 'a node has the extension');
(undef, undef, my $warning) = $home->psql('proxy', "BEGIN; SELECT btrdb_cluster.btrdb_cluster_add_node('x', 'port=" . $home->port . ' host=' . $home->host . " dbname=n2'); ROLLBACK");
like($warning, qr/WARNING:  node "n2" has a database "n2", too/, 'who gives two nodes one name for errors is told');
proxy('CALL btrdb_cluster_rebalance()');
is(proxy('SELECT node, count(*) FROM slots GROUP BY node ORDER BY node'), "0|512\n1|512", 'each node has its share of slots');

# Slots are what they are on all machines and versions.
is(proxy(q{SELECT slot_of('00000000-0000-0000-0000-000000000000'), slot_of('00010203-0405-0607-0809-0a0b0c0d0e0f'), slot_of('ffffffff-ffff-ffff-0000-0000000003ff'),
	slot_of('12345678-0000-0000-0000-000000000001')}), '0|0|1023|77', 'slots of some streams');
is(proxy(q{SELECT count(DISTINCT slot_of(gen_random_uuid())) > 980 FROM generate_series(1, 6000)}), 't', 'streams spread over slots');

# ---- the same SQL ----

my @streams = map { sprintf('a0000000-0000-0000-%04x-00000000%04x', random_below(65536), $_) } 1 .. 12;
my @forms = (
	sub { my ($s, $t) = @_; "btrdb_insert('$s', $t, " . random_below(100) . '.5)' },
	sub { my ($s, $t) = @_; "btrdb_insert('$s'::uuid, btrdb_timestamp($t), 1::float8)" },
	sub { my ($s, $t) = @_; "btrdb_insert('$s', '1970-01-01 00:00:00.000" . sprintf('%06d', $t % 1000000) . "', '3.25')" },
	sub { my ($s, $t) = @_; "btrdb_insert('$s', '{$t,5,$t}', '{1,2,3}')" },
	sub { my ($s, $t) = @_; "btrdb_insert('$s', '{$t,5}', ARRAY[1.5,2])" },
	sub { my ($s, $t) = @_; "btrdb_insert('$s', ARRAY['$t','1970-01-01'], ARRAY[1,2.5]::float8[], 'equal')" },
	sub { my ($s, $t) = @_; "btrdb_insert('$s', ARRAY[$t,77], ARRAY[1,2]::float8[], 'replace')" },
	sub { my ($s, $t) = @_; "btrdb_insert('$s', ARRAY[rawpoint($t,1),rawpoint(3,4)])" },
	sub { my ($s, $t) = @_; "btrdb_insert('$s', ARRAY(SELECT (i * 7)::bigint FROM generate_series($t, $t + 1500) i), ARRAY(SELECT i % 10 FROM generate_series($t, $t + 1500) i)::float8[])" },
	sub { my ($s) = @_; "btrdb_insert('$s', ARRAY[1,NULL], ARRAY[1,2]::float8[])" },
	sub { my ($s) = @_; "btrdb_insert('$s', ARRAY[1,2]::bigint[], ARRAY[1]::float8[])" },
	sub { my ($s) = @_; "btrdb_insert('$s', 'infinity', 1)" },
	sub { my ($s) = @_; "btrdb_insert('$s', 1, 'NaN')" },
	sub { my ($s) = @_; 'btrdb_insert(NULL::uuid, 1, 1)' },
	sub { my ($s, $t) = @_; "btrdb_delete('$s', $t, $t + 100)" },
	sub { my ($s, $t) = @_; "btrdb_delete('$s', '$t', '" . ($t + 50) . "')" },
	sub { my ($s) = @_; "btrdb_flush('$s')" },
	sub { my ($s) = @_; "btrdb_trim('$s', -5, 61)" },
	sub { my ($s) = @_; 'btrdb_flush() >= 0' },
	sub { my ($s) = @_; "btrdb_revert('$s', greatest(10, btrdb_version('$s') - 2))" },
	sub { my ($s) = @_; "btrdb_prune('$s', greatest(10, btrdb_version('$s') - 5))" });
my @reads = (
	sub { my ($s, $t) = @_; "* FROM btrdb_values('$s', 0, $t)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_values('$s', '1970-01-01', '1971-01-01') LIMIT 5" },
	sub { my ($s, $t) = @_; "btrdb_values('$s', 0, 50), btrdb_count('$s'::uuid)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_windows('$s', 0, $t, $t / 7 + 1)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_windows('$s', 0, $t, '100ns', version => btrdb_version('$s'))" },
	sub { my ($s, $t) = @_; "* FROM btrdb_windows('$s', '1970-01-01', '1970-01-01 00:00:00.0001', '10us')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_windows('$s'::uuid, timestamptz '1970-01-01Z', timestamptz '1970-01-01 00:00:00.0001Z', interval '20 us', 3)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_aligned_windows('$s', 0, $t, 8)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_aligned_windows('$s', '1970-01-01', '1971-01-01', 10)" },
	sub { my ($s, $t) = @_; "btrdb_stat('$s', 0, $t)" },
	sub { my ($s, $t) = @_; "btrdb_stat('$s', '0', '$t')" },
	sub { my ($s) = @_; "btrdb_count('$s'), btrdb_count('$s', 5), btrdb_count('$s', '1970-01-01', '1970-01-02')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_nearest('$s', $t)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_nearest('$s', '$t', backward => true)" },
	sub { my ($s) = @_; "e, l FROM btrdb_earliest('$s') e, btrdb_latest('$s') l" },
	sub { my ($s) = @_; "btrdb_version('$s'), btrdb_wait_for_version('$s', 10, '0 s')" },
	sub { my ($s) = @_; "version, count, earliest, latest FROM btrdb_versions('$s')" },
	sub { my ($s) = @_; "btrdb_version_at('$s', '2000-01-01'), btrdb_version_at('$s', now() + interval '1 day') >= 10" },
	sub { my ($s) = @_; "count(*) > 0 FROM btrdb_changes('$s', 0, btrdb_version('$s'))" },
	sub { my ($s) = @_; "* FROM btrdb_values('$s', 5, 4)" },
	sub { my ($s) = @_; "btrdb_count('$s', version => 999)" },
	sub { my ($s) = @_; "* FROM btrdb_windows('$s', '2024-01-01', '2024-01-02', '0s')" },
	sub { my ($s) = @_; "* FROM btrdb_values(NULL, 0, 1)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_gaps('$s', 0, $t, 500)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_gaps('$s', '1970-01-01', '1970-01-01 00:00:00.00001', '500ns')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_first_crossing('$s', '1970-01-01', '1971-01-01', 2)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_asof('$s', '{1970-01-01 00:00:00.000001,1970-01-02}', 'nearest')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_asof('$s', ARRAY[5,$t])" },
	sub { my ($s, $t) = @_; "btrdb_integral('$s', '0', '$t')" },
	sub { my ($s) = @_; "btrdb_stat('b0000000-0000-0000-0000-000000000000', 0, 1)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_last_crossing('$s', 0, $t, 3, 'down')" },
	sub { my ($s, $t) = @_; "btrdb_time_weighted_mean('$s', 0, $t), btrdb_integral('$s', 0, $t, 'step')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_rate('$s', 0, $t, 1000)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_windows('$s', '0', '$t', '1us', fill => 'linear', longest_gap => '3us')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_minmax('$s', 0, $t, 20)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_lttb('$s', '0', '$t', 15)" },
	sub { my ($s, $t) = @_; "count(*) FROM btrdb_plot_text('$s', 0, $t)" },
	sub { my ($s, $t) = @_; "left(btrdb_plot('$s', 0, $t, width => 300), 60)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_rows(" . some_list($s) . ", 0, $t)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_rows(" . some_list($s) . ", 0, $t, " . (1, 7, 100, 5000)[ random_below(4) ] . ')' },
	sub { my ($s, $t) = @_; "* FROM btrdb_rows(" . some_list($s) . ", '1970-01-01 05:30', '1970-01-01 05:30:01', '2us')" },
	sub { my $l = some_list($_[0]); "* FROM btrdb_rows($l, timestamptz '-infinity', 'infinity', interval '3 us', btrdb_pin($l)) LIMIT 100" },
	sub { my ($s, $t) = @_; "* FROM btrdb_rows(" . some_list($s, 2) . ", '0', '$t', versions => '{0,10}')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_rows(" . some_list($s, 2) . ", 0, $t, versions => '{1}')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_rows(" . some_list($s) . ", $t, 0)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_rows('[0:1]={$s,$s}', 0, 500, NULL, '[3:4]={0,NULL}')" },
	sub { my ($s, $t) = @_; "* FROM btrdb_multi_values('[0:1]={$s,$s}', 0, 500)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_multi_values('{{$s,$s}}', 0, 500)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_multi_windows(" . some_list($s) . ", 0, $t, 1000, NULL)" },
	sub { my ($s, $t) = @_; "* FROM btrdb_multi_aligned_windows(" . some_list($s) . ", '0', '$t', 10)" },
	sub { my ($s) = @_; 'btrdb_pin(' . some_list($s) . "), btrdb_pin('{}')" },
	sub { my ($s) = @_; "btrdb_pin('{$s,b0000000-0000-0000-0000-000000000000}')" },
	sub { "* FROM btrdb_metadata_usage('same')" },
	sub { "* FROM btrdb_metadata_usage()" });

# An array of some streams, one of them a given one, some of them several times.
sub some_list
{
	my ($s, $n) = @_;

	$n //= 1 + random_below(6);
	return "'{" . join(',', $s, map { $streams[ random_below(scalar @streams) ] } 2 .. $n) . "}'";
}

# Each function of btrdb is there, with the same arguments and the same result, but for those that read no stream and those that are
# named here, with the reason; the documentation names them, too.
my %not_offered = (
	'btrdb.stream_stat(uuid)' => 'behind btrdb_cluster.stream_stats, on the nodes',
	'btrdb.free_bytes(regclass)' => 'behind btrdb_cluster.storage, on the nodes');
my $lacking = $home->safe_psql('proxy', q{
	SELECT format('%s.%s(%s)', p.pronamespace::regnamespace, p.proname, (SELECT string_agg(format_type(t, NULL), ', ') FROM unnest(p.proargtypes) AS t)) AS name
	FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
		JOIN pg_extension AS x ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND x.extname = 'btrdb'
	WHERE NOT EXISTS (SELECT FROM pg_proc AS c WHERE c.pronamespace = 'btrdb_cluster'::regnamespace AND c.proname = p.proname
			AND pg_get_function_arguments(c.oid) = pg_get_function_arguments(p.oid) AND pg_get_function_result(c.oid) = pg_get_function_result(p.oid))
		-- nobody calls these by name
		AND NOT p.proargtypes::oid[] && '{internal,cstring}'::regtype[]::oid[] AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
		-- these compute from their arguments; texts are times
		AND NOT (p.provolatile = 'i' OR p.proname IN ('btrdb_time', 'btrdb_pointwidth') AND p.provolatile = 's' AND p.proargtypes[0] = 'text'::regtype)
	ORDER BY name});
is($lacking, join("\n", sort keys %not_offered), 'each other function of btrdb is there');
my $documented = slurp_file("$FindBin::RealBin/../doc/cluster.md");
like($documented, qr/`\Q$_\E/, "the documentation tells about $_") foreach map { /(\w+\.\w+)/ } keys %not_offered;
foreach my $relation (split /\n/, $home->safe_psql('proxy', q{
	SELECT relname FROM pg_class WHERE relnamespace = 'btrdb'::regnamespace AND (relkind = 'v' OR relname IN ('points', 'streams'))}))
{
	is($home->safe_psql('proxy', "SELECT to_regclass('btrdb_cluster.$relation') IS NULL"), $relation eq 'points' ? 't' : 'f', "btrdb.$relation of all nodes");
}
foreach my $write ("INSERT INTO btrdb.points VALUES ('$streams[0]', 1, 1)", 'UPDATE btrdb_cluster.streams SET collection = collection')
{
	($state) = proxy_error($write);
	like($state, qr/^(42704|55000)$/, "on the proxy this is an error: $write");
}

# A time zone that nodes don't have.
my $script = "SET timezone = 'Asia/Kolkata';\n\\set VERBOSITY sqlstate\n";
$script .= "SELECT btrdb_create('same/$_', '{\"name\": \"s$_\"}', '{\"n\": $_}', '$streams[$_]');\n" foreach 0 .. $#streams;
$script .= "SELECT btrdb_create('same/0', '{\"name\": \"s0\"}');\nSELECT btrdb_create('same/x', '{}', '{}', '$streams[0]');\nSELECT btrdb_create(NULL);\n";
$script .= "SELECT btrdb_stream('same/3/s3');\nSELECT btrdb_stream('same/3');\nSELECT btrdb_stream('same_3/s3');\n";
foreach (1 .. size_of(ci => 300, full => 5000))
{
	my $s = $streams[ random_below(scalar @streams) ];
	my $from = random_below(3) ? \@forms : \@reads;

	$script .= 'SELECT ' . $from->[ random_below(scalar @$from) ]->($s, random_below(10000)) . ";\n";
}
foreach my $s (@streams)
{
	$script .= "SELECT " . $_->($s, 5000) . ";\n" foreach @reads;
}
$script .= "SELECT count(*) FROM btrdb_maintain();\nSELECT btrdb_trim('$streams[11]', '1970-01-01 00:00:01', 10);\nSELECT btrdb_count('$streams[11]', 0, 1024), btrdb_count('$streams[11]', 1, 1000);\nSELECT action FROM btrdb_maintain();\nSELECT btrdb_obliterate('$streams[11]');\nSELECT btrdb_obliterate('$streams[11]');\nSELECT btrdb_create('same/11', '{}', '{}', '$streams[11]');\nSELECT * FROM btrdb_check();\n";
my (undef, $here_out, $here_err) = $home->psql('one', $script, on_error_die => 0, on_error_stop => 0);
my (undef, $there_out, $there_err) = $home->psql('proxy', $path . $script, on_error_die => 0, on_error_stop => 0);
my @here = split /\n/, rounded($here_out);
my @there = split /\n/, rounded($there_out);
my ($first) = grep { ($here[$_] // '') ne ($there[$_] // '') } 0 .. ($#here > $#there ? $#here : $#there);
cmp_ok(scalar @here, '>', 500, 'many rows are compared');
my @not_called = grep { $script !~ /\b$_\(/ } split /\n/, proxy(q{
	SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'btrdb_cluster'::regnamespace AND proname ~ '^btrdb_' AND proname !~ '^btrdb_cluster_'});
is("@not_called", '', 'every function is called');
ok(!defined $first, 'cluster and one machine give the same rows')
  or diag("row $first\none machine: " . ($here[$first] // '(no row)') . "\ncluster: " . ($there[$first] // '(no row)'));
my $states = sub { join(' ', $_[0] =~ /ERROR:  (\w{5})/g) };
cmp_ok(length $states->($here_err), '>', 30, 'some are errors');
is($states->($there_err), $states->($here_err), 'which are the same') or diag($here_err, $there_err);
pop @streams;

# ---- many streams, joins, searching ----

my $list = 'ARRAY[' . join(',', map { "'$_'" } reverse(@streams), $streams[0]) . ']::uuid[]';
foreach my $of ('values($list, 0, 3000)', q{values($list, '1970-01-01', '1970-01-02')}, 'windows($list, 0, 5000, 1000)', q{windows($list, 0, 5000, '1us', 2)},
	q{windows($list, '1970-01-01', '1970-01-01 00:00:00.00001', '1us')}, 'aligned_windows($list, 0, 5000, 9)', q{aligned_windows($list, '0', '5000', 9)})
{
	my ($name, $args) = $of =~ /^(\w+)\(\$list(.*)\)$/;
	my $expected = $home->safe_psql('one', "SELECT l.s, f.* FROM unnest($list) WITH ORDINALITY AS l (s, n), LATERAL (SELECT * FROM btrdb_$name(l.s$args)) AS f");
	is(rounded(proxy("SELECT * FROM btrdb_multi_$name($list$args)")), rounded($expected), "many streams: $of");
}
is(proxy("SELECT count(*) FROM btrdb_multi_values('{}', 0, 1)"), '0', 'of no streams there are no points');
($state) = proxy_error("SELECT * FROM btrdb_multi_values($list, 0, 1, '{1}')");
is($state, '2202E', 'there are as many versions as streams');
($state) = proxy_error("SELECT * FROM btrdb_multi_values('{NULL}', 0, 1)");
is($state, '22004', 'NULL is no stream');
is(proxy("SELECT sum(count) FROM btrdb_multi_aligned_windows(ARRAY['$streams[0]','$streams[1]']::uuid[], 0, 100000, 10, ARRAY[10, 0])"),
	$home->safe_psql('one', "SELECT sum(count) FROM btrdb_aligned_windows('$streams[1]', 0, 100000, 10)"), 'each in its version');
is(proxy(q{SELECT count(*), count(DISTINCT node) FROM streams WHERE collection LIKE 'same/%'}), '11|2', 'the view has all streams');
is(proxy(q{SELECT name FROM btrdb_cluster_streams('same/%', annotations => '{"n": 4}')}), 's4', 'nodes search tags and annotations');
is(proxy(q{CREATE TABLE place (stream uuid, name text); INSERT INTO place SELECT uuid, 'place of ' || name FROM streams;
		SELECT p.name, btrdb_count(p.stream) FROM place AS p WHERE p.name = 'place of s2'}),
	'place of s2|' . $home->safe_psql('one', "SELECT btrdb_count('$streams[2]')"), 'joined with a local table');

# ---- what commits where ----

my $s = $streams[0];
my $before = proxy("SELECT btrdb_count('$s')");
proxy("BEGIN; SELECT btrdb_insert('$s', 999999, 1); ROLLBACK");
is(proxy("SELECT btrdb_count('$s')"), $before + 1, 'nodes commit each call: a rollback on the proxy does not undo it');
($state) = proxy_error("BEGIN READ ONLY; SELECT btrdb_insert('$s', 999999, 1)");
is($state, '25006', 'but a read-only transaction is one');
($state) = proxy_error("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT btrdb_insert('$s', 999999, 1)");
is($state, '25001', 'and writing takes READ COMMITTED');

# A call whose answer got lost is repeated.
foreach my $case ([ 'equal', 2 ], [ 'replace', 2 ], [ 'never', 4 ])
{
	my $call = "SELECT btrdb_insert('$s', '{3000000,3000001}', '{1,2}', '$case->[0]');\n";
	proxy($call . $call);
	is(proxy("SELECT btrdb_count('$s', 3000000, 3000002)"), $case->[1], "repeated with merge $case->[0]");
	proxy("SELECT btrdb_delete('$s', 3000000, 3000002)");
}

# ---- a third node, rebalancing ----

is(proxy("SELECT btrdb_cluster_add_node('n3', '" . connection_of($away, 'n3') . "')"), '2', 'a node on another server');
proxy(q{SELECT count(btrdb_create('many', jsonb_build_object('name', 'm' || i))) FROM generate_series(1, 60) AS i});
proxy(q{SELECT btrdb_cluster_insert(array_agg(uuid ORDER BY i, uuid), array_agg(i ORDER BY i, uuid), array_agg(length(name) + i ORDER BY i, uuid))
	FROM streams, generate_series(1, 50::bigint) AS i WHERE collection = 'many'});
proxy(q{SELECT btrdb_insert(btrdb_stream('many/m1'), array_agg(i), array_agg(i)) FROM generate_series(1, 3000::bigint) AS i});

# Everything that there is, but for numbers of versions.
sub digest
{
	return proxy(q{
		SELECT x.uuid, x.collection, x.tags, x.annotations, x.name, x.created, (SELECT md5(string_agg(p.time || ' ' || p.value, ',' ORDER BY n))
			FROM btrdb_values(x.uuid, '-infinity', 'infinity') WITH ORDINALITY AS p (time, value, n))
		FROM streams AS x ORDER BY x.uuid});
}
my $all = digest();
my $planned = proxy('SELECT plan_slots()');
is($planned, '341', 'a third of the slots is to be moved');

# Interrupted again and again, it goes on.
foreach my $kill (1 .. size_of(ci => 6, full => 50))
{
	my $mover = start_psql('SET client_min_messages = warning; CALL btrdb_cluster_rebalance();');
	my $pause = random_below(60) / 100;
	$home->safe_psql('proxy', "SELECT pg_sleep($pause); SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL btrdb_cluster_rebalance%'");
	$mover->{run}->finish;
}
cmp_ok(proxy('SELECT count(*) FROM slots WHERE target IS NOT NULL'), '<', 341, 'an interrupted rebalancing has got on');
my ($rc, undef, $notices) = $home->psql('proxy', 'CALL btrdb_cluster.btrdb_cluster_rebalance()');
is($rc, 0, 'and comes to its end');
like($notices, qr/slot \d+ with \d+ streams is on node "n3" now, \d+ slots are left/, 'telling how far it is');
is(proxy('SELECT node, count(*) FROM slots GROUP BY node ORDER BY node'), "0|341\n1|342\n2|341", 'each node has a third');
is(proxy('SELECT count(*) FROM moves'), '0', 'nothing is on its way');
is(proxy('SELECT count(*) FROM exceptions'), '0', 'no stream is where its slot is not');
is(digest(), $all, 'no stream has changed');
cmp_ok($away->safe_psql('n3', q{SELECT count(*) FROM btrdb.streams WHERE collection NOT LIKE 'btrdb_cluster/%'}), '>', 5, 'the new node has streams');
# The uuid of a removed stream stays used when its slot is moved.
my $gone = proxy(q{SELECT btrdb_create('gone', '{"name": "gone"}')});
proxy("SELECT btrdb_obliterate('$gone')");
proxy("UPDATE slots SET target = (node + 1) % 3 WHERE slot = slot_of('$gone'); CALL btrdb_cluster_rebalance()");
($state) = proxy_error("SELECT btrdb_create('gone', '{}', '{}', '$gone')");
is($state, '42710', 'a removed uuid stays used when its slot is moved');

# ---- moving a stream ----

my $big = proxy(q{SELECT btrdb_create('big', '{"name": "b"}', '{"x": 1}')});
proxy("SELECT btrdb_insert('$big', array_agg(i), array_agg(i % 100)) FROM generate_series(1, 60000::bigint) AS i");
proxy("SELECT btrdb_insert('$big', array_fill(30000::bigint, ARRAY[1500]), ARRAY(SELECT generate_series(1, 1500))::float8[])");
sub big_digest
{
	return proxy("SELECT count(*), md5(string_agg(time || ' ' || value, ',' ORDER BY n)) FROM btrdb_values('$big', ${\TIME_MIN}, ${\TIME_MAX}) WITH ORDINALITY AS p (time, value, n)");
}
sub node_of
{
	return proxy("SELECT name FROM nodes WHERE number = node_to_read('$big')");
}
my $at_first = proxy("SELECT node FROM streams WHERE uuid = '$big'");
($at_first eq 'n3' ? $away : $home)->safe_psql($at_first, "UPDATE btrdb.streams SET retention = '5 days', keep = '36500 days', channel = 'ch' WHERE uuid = '$big'");
my $content = big_digest();
my ($other, $third) = grep { $_ ne node_of() } qw(n1 n2 n3);

# What counts streams counts each once, whatever is on its way.
sub counted
{
	return proxy(q{SELECT count(*), (SELECT sum(streams) FROM btrdb_metadata_usage() WHERE kind = 'tag' AND key = 'name'),
		(SELECT sum(streams) FROM collections), (SELECT count(*) FROM stream_stats), (SELECT count(DISTINCT node) FROM storage) FROM streams});
}
my $many = proxy('SELECT count(*) FROM streams');
is(counted(), "$many|$many|$many|$many|3", 'streams are counted');
is(proxy(q{SELECT * FROM collections WHERE collection LIKE 'btrdb_cluster/%'}), '', 'collections of what was moved are not seen');

# Step by step, each of them taken twice by sessions that know nothing of each other.
proxy("SELECT move_start('$big', '$other')");
my @steps;
foreach (1 .. 20)
{
	my $step = proxy("SELECT move_step('$big')");
	push @steps, $step;
	is(big_digest(), $content, "after a step, $step, the stream is what it is") if $_ <= 6;
	is(counted(), "$many|$many|$many|$many|3", 'and counted once');
	if ($step eq 'copying' && proxy("SELECT version IS NOT NULL FROM moves") eq 't')
	{
		# a step whose commit got lost after the node's
		proxy("BEGIN; SELECT move_step('$big'); ROLLBACK");
	}
	last if $step eq 'removed';
}
is(join(' ', @steps), 'copying copying copying switched removed', 'steps');
is(node_of(), $other, 'the stream is there');
is(proxy("SELECT retention, keep, channel FROM streams WHERE uuid = '$big' AND annotations = '{\"x\": 1}'"), '5 days|36500 days|ch', 'once, with what is known of it');

my $writer;

# A query that began before the switch goes on reading where the stream was.
my $old = $home->background_psql('proxy');
$old->query_safe("SET search_path = btrdb_cluster, public; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM slots");
my $mover = start_psql("CALL btrdb_cluster_move('$big', '$third');");
ok($home->poll_query_until('proxy', q{SELECT count(*) = 1 FROM btrdb_cluster.moves WHERE state = 'switched'}), 'switched');
is($old->query_safe("SELECT btrdb_count('$big')"), '61500', 'an older snapshot finds the points');
is(big_digest(), $content, 'a new one, too');
($state) = proxy_error("SELECT btrdb_cluster_cancel_move('$big')");
is($state, '55000', 'a move that is switched cannot be cancelled');
$old->query_safe('COMMIT');
$mover->{run}->finish;
is($mover->{err}, '', 'when it has ended, so does the move');
$old->quit;
is(node_of(), $third, 'the stream is on the third node');

# A writer that has not ended holds up the switch, and a switch that is not committed the writers: each of their points comes along.
$old = $home->background_psql('proxy');
$old->query_safe("SET search_path = btrdb_cluster, public; BEGIN; SELECT btrdb_insert('$big', 2000001, 1)");
proxy("SELECT move_start('$big', '$other')");
is(proxy("SELECT move_step('$big')"), 'copying', 'a writer is no reason not to copy') foreach 1 .. 3;
is(proxy("SELECT move_step('$big')"), 'waiting', 'but not to switch');
$old->query_safe("SELECT btrdb_insert('$big', 2000002, 1); COMMIT");
$old->query_safe('BEGIN');
like($old->query_safe("SELECT move_step('$big')"), qr/^switched/, 'when it has ended, the stream is switched');
$writer = start_psql("SELECT btrdb_insert('$big', 2000003, 1) > 0;");
ok($home->poll_query_until('proxy', q{SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted}), 'a writer waits for the switch to be committed');
$old->query_safe('COMMIT');
$writer->{run}->finish;
$old->quit;
proxy('CALL btrdb_cluster_resume()');
is(node_of() . proxy("SELECT count(*) FROM btrdb_values('$big', 2000000, 3000000)"), "${other}3", 'and writes where the stream is');
proxy("SELECT btrdb_delete('$big', 2000000, 3000000)");

# Interrupted at any time, while others write and read, it loses nothing and doubles nothing.
my $n = 0;
my $writes = join('', map { "SELECT btrdb_insert('$big', " . (1000000 + $_) . ", $_) > 0;\n" } 1 .. size_of(ci => 600, full => 6000));
my $reads = "SELECT btrdb_count('$big', 0, 1000000);\n" x size_of(ci => 400, full => 4000);
$writer = start_psql($writes);
my $reader = start_psql($reads);
my @targets = ('n1', 'n2', 'n3');
foreach (1 .. size_of(ci => 8, full => 60))
{
	my $to = $targets[ $n++ % 3 ];
	my $call = start_psql("CALL btrdb_cluster_resume(); CALL btrdb_cluster_move('$big', '$to');");
	my $pause = random_below(40) / 100;
	$home->safe_psql('proxy', "SELECT pg_sleep($pause); SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CALL btrdb_cluster%'");
	$call->{run}->finish;
}
$_->{run}->finish foreach $writer, $reader;
is($writer->{err}, '', 'writers have no errors');
is($reader->{err}, '', 'nor have readers');
is(join(',', keys %{ { map { $_ => 1 } split(/\n/, $reader->{out}) } }), '61500', 'who find all points, each time');
proxy('CALL btrdb_cluster_resume()');
is(proxy('SELECT count(*) FROM moves'), '0', 'what was interrupted is finished');
my $written = () = $writes =~ /\n/g;
is(proxy("SELECT count(*), count(DISTINCT time) FROM btrdb_values('$big', 1000000, 2000000)"), "$written|$written", 'every point is there once');
proxy("SELECT btrdb_delete('$big', 1000000, 2000000)");
is(big_digest(), $content, 'and so are the others, in their order');

# The proxy and two nodes crash in the middle of moves.
foreach (1 .. size_of(ci => 2, full => 20))
{
	my $call = start_psql("CALL btrdb_cluster_resume(); CALL btrdb_cluster_move('$big', '" . $targets[ $n++ % 3 ] . "');");
	$home->safe_psql('proxy', 'SELECT pg_sleep(' . random_below(40) / 100 . ')');
	$home->stop('immediate');
	$call->{run}->finish;
	$home->start;
	is(big_digest(), $content, 'after a crash the stream is what it was');
}
proxy('CALL btrdb_cluster_resume()');
is(big_digest() . proxy('SELECT count(*) FROM moves'), "${content}0", 'and its move is finished');

# Given up.
my $at = node_of();
($other) = grep { $_ ne $at } @targets;
proxy("SELECT move_start('$big', '$other')");
proxy("SELECT move_step('$big')") foreach 1 .. 2;
($state) = proxy_error("CALL btrdb_cluster_move('$big', '" . (grep { $_ ne $at && $_ ne $other } @targets)[0] . "')");
is($state, '55006', 'one move at a time');
proxy("SELECT btrdb_cluster_cancel_move('$big')");
is(big_digest() . node_of(), $content . $at, 'a move that is given up leaves all as it was');

# Trimmed points cannot be copied: the stream stays, and may be told to.
my $flow = proxy(q{SELECT btrdb_create('flow', '{"name": "f"}')});
proxy("SELECT btrdb_insert('$flow', array_agg(i), array_agg(i)) FROM generate_series(1, 3000::bigint) AS i; SELECT btrdb_trim('$flow', 2000, 8)");
my $home_of_flow = proxy("SELECT name FROM nodes WHERE number = node_to_read('$flow')");
my ($not_home) = grep { $_ ne $home_of_flow } @targets;
($state, $message) = proxy_error("CALL btrdb_cluster_move('$flow', '$not_home')");
is($state, '22023', 'a stream with trimmed points is not moved');
like($message, qr/are trimmed/, 'and the error says so');
proxy("SELECT btrdb_cluster_cancel_move('$flow'); INSERT INTO exceptions SELECT '$flow', slot_of('$flow'), node_to_read('$flow');
	UPDATE slots SET target = (node + 1) % 3 WHERE slot = slot_of('$flow'); CALL btrdb_cluster_rebalance()");
is(proxy("SELECT name, btrdb_count('$flow', 0, 2048) FROM nodes WHERE number = node_to_read('$flow')"), "$home_of_flow|2047", 'it stays when its slot is moved');
proxy("SELECT btrdb_obliterate('$flow')");

# A stream that is removed while it is moved.
proxy("SELECT move_start('$big', '$other')");
proxy("SELECT move_step('$big')") foreach 1 .. 2;
proxy("SELECT btrdb_obliterate('$big')");
proxy('CALL btrdb_cluster_resume()');
is(proxy("SELECT count(*) FROM moves"), '0', 'a stream that is removed is not moved');
($state) = proxy_error("SELECT btrdb_create('big', '{}', '{}', '$big')");
is($state, '42710', 'and stays removed');

# ---- a node that is down ----

$all = digest();
my ($on_n1) = split /\n/, proxy("SELECT uuid FROM streams WHERE node = 'n1' AND collection = 'many'");
my ($on_n3) = split /\n/, proxy("SELECT uuid FROM streams WHERE node = 'n3' AND collection = 'many'");
$away->stop('immediate');
($state, $message) = proxy_error("SELECT btrdb_count('$on_n3')");
is($state, 'XX000', 'a stream whose node is down is an error');
like($message, qr/\[n3\]/, 'which names the database of the node');
is(proxy("SELECT btrdb_insert('$on_n1', 777777, 1) > 0, btrdb_count('$on_n1', 777777, 777778)"), 't|1', 'other nodes go on');
($state) = proxy_error(q{SELECT count(*) FROM streams});
is($state, 'XX000', 'what asks all nodes does not');
($state, $message) = proxy_error("CALL btrdb_cluster_move('$on_n1', 'n3')");
is($state, 'XX000', 'nor do moves to it');

# A call to several nodes is committed by those that are there.  To repeat it is safe with a merge policy.
my $both = "btrdb_cluster_insert(ARRAY['$on_n1','$on_n3']::uuid[], ARRAY[888888,888888]::bigint[], ARRAY[1,1]::float8[], 'equal')";
($state) = proxy_error("SELECT $both");
is($state, 'XX000', 'points for several nodes, one of them down');
$away->start;
proxy("SELECT $both");
is(proxy("SELECT btrdb_count('$on_n1', 888888, 888889), btrdb_count('$on_n3', 888888, 888889)"), '1|1', 'repeated, each point is there once');
proxy('CALL btrdb_cluster_resume()');
is(proxy("SELECT name FROM nodes WHERE number = node_to_read('$on_n1')"), 'n3', 'a move goes on when the node is back');
proxy("SELECT btrdb_delete('$on_n1', 777777, 888889), btrdb_delete('$on_n3', 888888, 888889)");
is(digest(), $all, 'nothing else has changed');

# One that does not answer.
my ($elsewhere) = split /\n/, proxy("SELECT uuid FROM streams WHERE node = 'n1' AND collection = 'many'");
my $hung = $away->background_psql('n3');
$hung->query_safe('BEGIN; LOCK TABLE btrdb.streams IN ACCESS EXCLUSIVE MODE');
($state) = proxy_error("SET statement_timeout = '300ms'; SELECT count(*) FROM streams");
is($state, '57014', 'who sets statement_timeout does not wait for it');
($state) = proxy_error("SET statement_timeout = '300ms'; SELECT btrdb_insert('$on_n3', 5, 5)");
is($state, '57014', 'nor do writers');
is(proxy("SET statement_timeout = '60s'; SELECT btrdb_count('$elsewhere') > 0"), 't', 'and nobody needs to for streams of other nodes');
$hung->query_safe('ROLLBACK');
$hung->quit;
is(digest(), $all, 'and what was cancelled is not done');

# ---- a node that goes ----

proxy("SELECT btrdb_cluster_alter_node('n2', weight => 0); CALL btrdb_cluster_rebalance()");
is(proxy(q{SELECT count(*), (SELECT count(*) FROM streams WHERE node = 'n2') FROM slots AS s JOIN nodes AS n ON n.number = s.node WHERE n.name = 'n2'}),
	'0|0', 'a node of weight 0 is emptied');
is(digest(), $all, 'no stream has changed');
make_database($home, 'empty');
my $session = $home->background_psql('proxy');
$session->query_safe('SET search_path = btrdb_cluster, public');
isnt($session->query_safe('SELECT streams FROM on_version(1)'), '0', 'it has what streams leave behind');
proxy("SELECT btrdb_cluster_alter_node('n2', '" . connection_of($home, 'empty') . "')");
is($session->query_safe('SELECT streams FROM on_version(1)'), '0', 'an empty database takes its place, for open sessions, too');
$session->quit;
is(digest(), $all, 'nobody needs the old one');
proxy("SELECT btrdb_cluster_alter_node('n2', '" . connection_of($home, 'n2') . "', 1)");

# ---- who may do what ----

foreach my $server ($home, $away)
{
	$server->safe_psql('postgres', 'CREATE ROLE reader LOGIN');
}
$home->safe_psql('proxy', 'GRANT USAGE ON FOREIGN SERVER btrdb_cluster TO reader');
$home->safe_psql($_, 'GRANT SELECT ON btrdb.points, btrdb.streams TO reader') foreach qw(n1 n2);
$away->safe_psql('n3', 'GRANT SELECT ON btrdb.points, btrdb.streams TO reader');
my $as_reader = "SET SESSION AUTHORIZATION reader; $path";
is($home->safe_psql('proxy', "$as_reader SELECT btrdb_count('$on_n3') > 0, (SELECT count(*) > 60 FROM streams)"), 't|t', 'who may read on the nodes may read');
foreach my $case ([ "SELECT btrdb_insert('$on_n3', 1, 1)", '42501', 'write' ], [ "CALL btrdb_cluster_move('$on_n3', 'n1')", '42501', 'move streams' ],
	[ 'CALL btrdb_cluster_rebalance()', '42501', 'rebalance' ], [ "SELECT on_flush(0, '$on_n3')", '42501', 'go past the locks' ],
	[ "UPDATE slots SET node = 0", '42501', 'change slots' ], [ "SELECT btrdb_cluster_add_node('x', 'host=x')", '42501', 'add nodes' ])
{
	($state) = proxy_error("SET SESSION AUTHORIZATION reader; $case->[0]");
	is($state, $case->[1], "but not $case->[2]");
}
$home->safe_psql('proxy', q{ALTER USER MAPPING FOR PUBLIC SERVER btrdb_cluster OPTIONS (ADD user 'reader', ADD password 'secret')});
is($home->safe_psql('proxy', q{SET SESSION AUTHORIZATION reader; SELECT count(*) FROM pg_user_mappings WHERE umoptions::text LIKE '%secret%'}), '0', 'nor see passwords');
$home->safe_psql('proxy', q{ALTER USER MAPPING FOR PUBLIC SERVER btrdb_cluster OPTIONS (DROP user, DROP password)});
is($home->safe_psql('proxy', q{SELECT p.oid::regprocedure FROM pg_proc AS p WHERE pronamespace = 'btrdb_cluster'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL}),
	'', 'each function has its comment');

# Names that others have made lead nobody astray.
$home->safe_psql('proxy', q{
	CREATE SCHEMA trial;
	DO $do$
	DECLARE
		types text[] := '{int4,int8,float8,text,jsonb,uuid,interval,timestamptz,bool,bytea,xid8,varbit}';
		a text;
		b text;
		op text;
		fn text;
	BEGIN
		FOREACH a IN ARRAY types LOOP
			FOREACH b IN ARRAY types LOOP
				EXECUTE format($$CREATE FUNCTION trial.trap(%1$s, %2$s) RETURNS bool LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped %1$s %2$s''; END'$$, a, b);
				FOREACH op IN ARRAY '{=,<>,<,<=,>,>=,+,-,*,/,%,||,&,#,>>,~,@>}'::text[] LOOP
					EXECUTE format('CREATE OPERATOR trial.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trial.trap)', op, a, b);
				END LOOP;
			END LOOP;
			FOREACH fn IN ARRAY '{replace,substr,count,now,current_setting,age,format,btrdb_time}'::text[] LOOP
				EXECUTE format($$CREATE FUNCTION trial.%1$s(%2$s) RETURNS %2$s LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped %1$s''; END'$$, fn, a);
			END LOOP;
		END LOOP;
	END $do$;
	CREATE TABLE trial.slots (); CREATE TABLE trial.nodes (); CREATE TABLE trial.moves (); CREATE DOMAIN trial.text AS int});
my $u = "'$on_n1'::pg_catalog.uuid";
my $c = 'btrdb_cluster.btrdb';
foreach my $call ("SELECT ${c}_create('trial', '{}', '{}', NULL)", "SELECT ${c}_stream('many/m2')", "SELECT ${c}_insert($u, 5::bigint, 1::float8, 'never')",
	"SELECT ${c}_insert($u, '5'::pg_catalog.text, '1'::pg_catalog.text, 'never')", "SELECT ${c}_insert($u, ARRAY['5'::pg_catalog.text], ARRAY[1]::float8[], 'never')",
	"SELECT ${c}_delete($u, 5::bigint, 6::bigint)", "SELECT ${c}_flush(NULL)", "SELECT ${c}_flush($u)", "SELECT * FROM ${c}_values($u, 0::bigint, 5::bigint, 0::bigint)",
	"SELECT ${c}_values($u, '0'::pg_catalog.text, '5'::pg_catalog.text, 0::bigint)", "SELECT ${c}_count('$on_n1'::pg_catalog.text)", "SELECT ${c}_version($u)",
	"SELECT * FROM ${c}_multi_windows(ARRAY[$u], 0::bigint, 9::bigint, 3::bigint, 0, NULL)", "SELECT ${c}_cluster_insert(ARRAY[$u], ARRAY[5::bigint], ARRAY[1::float8], 'equal')",
	"SELECT * FROM ${c}_rows(ARRAY[$u, $u], 0::bigint, 9::bigint, 3::bigint, NULL)", "SELECT ${c}_pin(ARRAY[$u])", "SELECT * FROM ${c}_metadata_usage('')",
	'SELECT * FROM btrdb_cluster.collections', 'SELECT * FROM btrdb_cluster.stream_stats', 'SELECT * FROM btrdb_cluster.storage',
	'SELECT * FROM btrdb_cluster.streams', "SELECT ${c}_maintain()", "SELECT * FROM ${c}_check($u, true)", "CALL ${c}_cluster_move($u, 'n1')", "CALL ${c}_cluster_rebalance()",
	"CALL ${c}_cluster_resume()", "SELECT ${c}_cluster_alter_node('n1', NULL, 1::float8)", "SELECT ${c}_obliterate($u)")
{
	my ($rc, undef, $err) = $home->psql('proxy', "SET client_min_messages = warning; SET search_path = trial, pg_catalog;\n$call");
	is("$rc $err", '0 ', "with traps in the search_path: $call");
}

# ---- and the nodes are sound; what is to be restored, is ----

is(proxy('SELECT * FROM btrdb_check()'), '', 'btrdb_check() is clean on all nodes');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/proxy.sql';
$home->command_ok([ 'pg_dump', '-d', $home->connstr('proxy'), '-f', $dump ], 'the proxy is dumped');
$home->safe_psql('postgres', 'CREATE DATABASE restored');
(undef, undef, my $err) = run_script($home, $dump, 'restored');
is($err, '', 'and restored');
is($home->safe_psql('restored', "$path SELECT count(*), btrdb_count('$on_n3') FROM streams"), proxy("SELECT count(*), btrdb_count('$on_n3') FROM streams"), 'with its nodes');
$home->stop;
$away->stop;

done_testing();
