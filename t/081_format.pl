# The format on disk: a store of format 1 that an earlier build wrote stays readable, and
# blocks of a version that this build does not know are refused.
#
# t/golden/1 has the file of btrdb.points, the rows that lead into it, and answers.
# BTRDB_GOLDEN=/some/directory writes such files there instead of reading them; that is for a
# new format version, which gets a directory beside the old one.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbPage;
use BtrdbTest;
use File::Copy qw(copy);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $write = $ENV{BTRDB_GOLDEN};
my $golden = $write || "$FindBin::RealBin/golden/1";
my @tables = qw(streams retired versions buffer mixed heads);

# A server whose transaction ids are ahead of those that the store knows.
my $node = PostgreSQL::Test::Cluster->new('format');
init_node($node);
$node->append_conf('postgresql.conf', "autovacuum = off\ntimezone = 'UTC'\n");
unless ($write)
{
	local $ENV{PGDATA} = $node->data_dir;
	system_or_bail('pg_resetwal', '-f', '-x', '10000', $node->data_dir);
}
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION btrdb');

# Returns the uuid of stream $n.
sub uuid
{
	my ($n) = @_;

	return sprintf 'e0000000-0000-0000-0000-%012d', $n;
}

sub points_file
{
	return $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
}

# All versions of all streams: their metadata, contents, and some windows.
sub answers
{
	return $node->safe_psql('postgres', qq{
SELECT n, version, btrdb_count(uuid, version => version),
	(SELECT md5(string_agg(p.time || ' ' || encode(float8send(p.value), 'hex'), ',' ORDER BY p.n))
	 FROM btrdb_values(uuid, ${\TIME_MIN}, ${\TIME_MAX}, version) WITH ORDINALITY AS p (time, value, n)),
	(SELECT md5(string_agg(w.time || ' ' || w.min || ' ' || w.max || ' ' || w.count, ',' ORDER BY w.time))
	 FROM btrdb_aligned_windows(uuid, ${\TIME_MIN}, ${\TIME_MAX} - 1, CASE n WHEN 10 THEN 56 ELSE 34 END, version) AS w),
	uuid, collection, name, unit, annotations, property_version, extract(epoch FROM created), retention
FROM (SELECT row_number() OVER (ORDER BY uuid) AS n, * FROM btrdb.streams) AS s,
	LATERAL (SELECT version FROM btrdb_versions(uuid) UNION VALUES (0::bigint)) AS v
ORDER BY n, version});
}

# ---- writing: every kind of node, every scheme of the codec, every table ----

if ($write)
{
	my $base = 1700000000000000000;
	# name => [ points, time, value ], of i
	my @shapes = (
		[ 9000, "$base + i * 8333333", '(i % 10) / 4.0' ],			# an inner node
		[ 5000, "$base", '(i % 7)::float8' ],						# a chain
		[ 200, "$base + i * 1000000", 'round((20 + 5 * sin(i / 9.0))::numeric, 2)::float8' ],
		[ 200, "$base + i * 33333333 + (i * 7919) % 1000", 'sin(i)' ],
		[ 200, "$base + i * i * 1000", '(sin(i) * 100)::float4::float8' ],
		[ 200, "i * 60000000000", '(i / 40)::float8' ],
		[ 200, "-i * 1000000007", '(i * 1000003)::float8' ],
		[ 200, "$base + (i / 20) * 1000000000", '(i % 3) * 1.1e-310' ],
		[ 200, "$base + i", 'CASE WHEN i % 50 = 0 THEN -0.0 ELSE 1e300 / i END' ],
		[ 101, "-4611686018427387904 + (i - 1) * 92233720368547757", 'i / 3.0' ]);

	foreach my $i (1 .. @shapes)
	{
		my ($n, $time, $value) = @{ $shapes[ $i - 1 ] };

		$node->safe_psql('postgres', sprintf(q{
			SELECT btrdb_create('golden', '{"name": "s%d", "unit": "V"}', '{"note": "%d"}', '%s');
			SELECT btrdb_insert('%s', array_agg((%s)::bigint ORDER BY i), array_agg((%s)::float8 ORDER BY i)) FROM generate_series(1::bigint, %d) AS i;
			SELECT btrdb_flush('%s')}, $i, $i, uuid($i), uuid($i), $time, $value, $n, uuid($i)));
	}
	my ($first, $second, $third, $fourth, $gone) = map { uuid($_) } 1, 2, 3, 4, 99;
	$node->safe_psql('postgres', $_) foreach
		"SELECT btrdb_delete('$first', $base + 20000000000, $base + 30000000000)",
		"SELECT btrdb_revert('$first', 11)",
		"SELECT btrdb_insert('$first', array_agg($base + 7 * i::bigint), array_agg(i / 8.0)) FROM generate_series(1, 1100) AS i",
		"SELECT btrdb_insert('$second', $base, 0.5), btrdb_flush('$second')",
		"SELECT btrdb_delete('$third', $base, $base + 50000000), btrdb_prune('$third', 12)",
		"UPDATE btrdb.streams SET retention = '90000 days' WHERE uuid = '$fourth'",
		"SELECT btrdb_create('golden', stream => '$gone'), btrdb_insert('$gone', 1, 1), btrdb_flush('$gone')",
		"SELECT btrdb_obliterate('$gone')",
		"VACUUM btrdb.points", "CHECKPOINT", "VACUUM btrdb.points",
		"SELECT btrdb_insert('$third', ARRAY[$base + 5, $base + 4, $base + 5], ARRAY[1, 2, 3])",
		"SELECT btrdb_insert('$fourth', $base - 1, 0.1)",
		"SELECT btrdb_create('golden', jsonb_build_object('name', 's' || i), stream => ('e0000000-0000-0000-0000-0000000000' || i)::uuid) FROM generate_series(11, 30) AS i",
		"INSERT INTO btrdb.points SELECT uuid, $base + i, i / 16.0 FROM btrdb.streams, generate_series(1, 3) AS i WHERE number >= 5",
		"CHECKPOINT";
	check_is_clean($node, 'what becomes golden');
	foreach my $table (@tables)
	{
		append_to_file("$golden/$table.csv",
			$node->safe_psql('postgres', "COPY (SELECT * FROM btrdb.$table ORDER BY 1, 2) TO STDOUT (FORMAT csv, HEADER)") . "\n")
		  if $table !~ /streams|heads/;
	}
	append_to_file("$golden/streams.csv", $node->safe_psql('postgres',
		'COPY (SELECT uuid, collection, tags, annotations, property_version, created, retention, number FROM btrdb.streams ORDER BY uuid) TO STDOUT (FORMAT csv, HEADER)') . "\n");
	append_to_file("$golden/heads.csv", $node->safe_psql('postgres', 'COPY (SELECT * FROM btrdb.heads ORDER BY 1) TO STDOUT (FORMAT csv, HEADER)') . "\n");
	append_to_file("$golden/answers", answers() . "\n");
	my $file = points_file();
	$node->stop;
	my $store = BtrdbPage->open($file);

	# places in the WAL of a server that is gone
	foreach my $block (0 .. $store->nblocks - 1)
	{
		substr($store->{bytes}, $block * 8192, 8) = "\0" x 8;
	}
	$store->save;
	copy($file, "$golden/points") or die "could not copy $file: $!";
	done_testing();
	exit;
}

# ---- reading ----

my $sql = '';
foreach my $table (@tables)
{
	my ($columns) = slurp_file("$golden/$table.csv") =~ /^(.*)$/m;

	$sql .= "ALTER TABLE btrdb.$table DISABLE TRIGGER USER;\n"
	  . "COPY btrdb.$table ($columns) FROM '$golden/$table.csv' (FORMAT csv, HEADER);\n";
}
$node->safe_psql('postgres', $sql);
my $file = points_file();
$node->stop;
copy("$golden/points", $file) or die "could not copy to $file: $!";
unlink("${file}_fsm");
$node->start;
check_is_clean($node, 'a store of format 1');
is(answers() . "\n", slurp_file("$golden/answers"), 'everything in it is what it was');
my ($first, $third, $fourth, $fifth) = map { uuid($_) } 1, 3, 4, 5;

# ---- unknown versions of the format ----

my ($store, $before);

# Stops the server, to change its files.
sub stop_and_open
{
	$node->safe_psql('postgres', 'CHECKPOINT');
	$node->stop;
	$store = BtrdbPage->open($file);
	$before = $store->{bytes};
	return;
}

# The leaf with the most points of a stream.
sub leaf
{
	my ($uuid) = @_;
	my @leaves = sort { $b->{count} <=> $a->{count} }
	  grep { $_->{kind} == BtrdbPage::LEAF } $store->nodes(pack('H*', $uuid =~ tr/-//dr));

	return $leaves[0];
}

my $everything = "btrdb_values('%s', ${\TIME_MIN}, ${\TIME_MAX})";
my @unknown = (
	{
		name => 'store for later readers only', says => qr/format version 1 and needs a reader of version 2, this is version 1/,
		plant => sub { $store->set_meta(min_reader => 2) },
		refused => [ "SELECT btrdb_count('$first')", "SELECT btrdb_insert('$first', 1, 1)" ],
	},
	{
		name => 'metapage', says => qr/format version 2, expected 1/,
		plant => sub { $store->set_page(0, format => 2) },
		refused => [ "SELECT btrdb_count('$first')", "SELECT btrdb_insert('$first', 1, 1)" ],
	},
	{
		name => 'map page', says => qr/format version 2, expected 1/,
		plant => sub { $store->set_page(1, format => 2) },
		refused => ['VACUUM btrdb.points'],
	},
	{
		name => 'node page', says => qr/format version 2, expected 1/,
		plant => sub { $store->set_page(leaf($first)->{block}, format => 2) },
		refused => [ sprintf("SELECT * FROM $everything", $first) ],
	},
	{
		name => 'node', says => qr/format version 2, expected 1/,
		plant => sub { my $leaf = leaf($first); $store->set_node($leaf, format => 2); $store->seal($leaf) },
		refused => [ sprintf("SELECT * FROM $everything", $first) ],
	},
	{
		name => 'node with a checksum of another kind', says => qr/format version 2, expected 1/,
		plant => sub { $store->set_node(leaf($first), format => 2) },
		refused => [ sprintf("SELECT * FROM $everything", $first) ],
	},
	{
		name => 'points of a leaf', says => qr/format version 2, expected 1/,
		plant => sub { my $leaf = leaf($first); $store->flip($leaf, 56, 3); $store->seal($leaf) },
		refused => [ sprintf("SELECT * FROM $everything", $first) ],
	},
	{
		name => 'row of the buffer', says => qr/format version 2, expected 1/,
		update => "UPDATE btrdb.buffer SET points = set_byte(points, 0, get_byte(points, 0) # 3) WHERE stream = '$fourth'",
		refused => [ "SELECT btrdb_count('$fourth')", "SELECT btrdb_flush('$fourth')", "SELECT * FROM btrdb.points" ],
	},
	{
		name => 'row of several streams', says => qr/format version 2, expected 1/,
		update => "UPDATE btrdb.mixed SET points = set_byte(points, 4, 2)",
		refused => [ "SELECT btrdb_count('$fifth')", "SELECT btrdb_flush('$fifth')", "SELECT * FROM btrdb.points" ],
	});

foreach my $case (@unknown)
{
	if ($case->{plant})
	{
		stop_and_open();
		$case->{plant}->();
		isnt($store->{bytes}, $before, "$case->{name}: planted");
		$store->save;
		$node->start;
	}
	else
	{
		my $table = $case->{update} =~ /(btrdb\.\w+)/ ? $1 : die;
		$node->safe_psql('postgres', "CREATE TABLE saved AS TABLE $table; $case->{update}");
	}
	foreach my $query (@{ $case->{refused} })
	{
		my ($code, $message) = sqlstate_of($node, $query);

		is($code, 'XX001', "$case->{name}: $query is refused");
		like($message, $case->{says}, 'it says what was found and what is needed');
	}
	my ($rc, $out, $err) = $node->psql('postgres', 'SELECT problem FROM btrdb_check()');
	like("$out$err", $case->{says}, "$case->{name}: so does btrdb_check()");
	if ($case->{plant})
	{
		$node->stop;
		$store->{bytes} = $before;
		$store->save;
		$node->start;
	}
	else
	{
		my $table = $case->{update} =~ /(btrdb\.\w+)/ ? $1 : die;
		$node->safe_psql('postgres', "DELETE FROM $table; INSERT INTO $table TABLE saved; DROP TABLE saved");
	}
}
is(answers() . "\n", slurp_file("$golden/answers"), 'with the right bytes in place, everything is what it was');

# ---- an old store is written to ----

$node->safe_psql('postgres', $_) foreach
	"SELECT btrdb_insert('$first', array_agg(1700000000000000000 + i * 10000000::bigint), array_agg(i)) FROM generate_series(1, 3000) AS i",
	"SELECT btrdb_delete('$third', ${\TIME_MIN}, 1700000000050000000)",
	'SELECT btrdb_flush()', 'SELECT * FROM btrdb_maintain()', 'VACUUM btrdb.points';
is($node->safe_psql('postgres', "SELECT btrdb_count('$first') - btrdb_count('$first', version => 14)"), 3000, 'new points are in it');
check_is_clean($node, 'after writing to an old store');
done_testing();
