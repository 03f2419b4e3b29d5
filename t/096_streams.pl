# Many streams: registering them, and finding them by collection, tags and annotations with plain SQL,
# by an index wherever a few of many are wanted.  The full size has a million, and prints the table of
# doc/design.md; no time is tested.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $n = size_of(ci => 20_000, full => 1_000_000, env => 'BTRDB_STREAMS');
my $node = btrdb_node('streams', 'autovacuum = off', 'jit = off', 'shared_buffers = 256MB', 'max_wal_size = 4GB');
my $session = $node->background_psql('postgres', on_error_stop => 1, timeout => 3600);

# Runs a query; returns its result, and how many milliseconds it took; the least of some times.
sub timed
{
	my ($sql, $times) = @_;
	my ($result, $least);

	foreach (1 .. $times // 1)
	{
		my $began = time();
		$result = $session->query_safe($sql);
		my $ms = 1000 * (time() - $began);
		$least = $ms if !defined $least || $ms < $least;
	}
	return ($result, $least);
}

# A line of the table.
my @table;

sub note_time
{
	my ($what, $rows, $ms) = @_;

	push @table, sprintf('| %s | %s | %s |', $what, $rows, $ms >= 1000 ? sprintf('%.1f s', $ms / 1000) : sprintf('%.3g ms', $ms));
	return;
}

# Stations with twenty streams each, a hundred stations to a region.  A tenth of them by one call each.
my $values = q{
	'grid/region' || i / 2000 || '/station' || i / 20,
	jsonb_build_object('name', (ARRAY['voltage', 'current', 'frequency', 'power'])[i % 4 + 1] || i % 20, 'unit', (ARRAY['V', 'A', 'Hz', 'W'])[i % 4 + 1],
		'phase', (ARRAY['A', 'B', 'C'])[i % 3 + 1], 'meter', 'm' || i / 4),
	jsonb_build_object('serial', i, 'vendor', 'v' || i % 7) || CASE WHEN i % 1000 = 0 THEN '{"calibrated": true}' ELSE '{}' END::jsonb};
my $by_call = $n / 10;
my ($result, $ms) = timed("SELECT count(btrdb_create($values)) FROM generate_series(1, $by_call) AS i");
is($result, $by_call, 'streams are registered by function');
note_time('`btrdb_create`, each', $by_call, $ms / $by_call);
($result, $ms) = timed("INSERT INTO btrdb.streams (uuid, collection, tags, annotations) SELECT gen_random_uuid(), $values FROM generate_series($by_call + 1, $n) AS i");
note_time('`INSERT INTO btrdb.streams ... SELECT`, each', $n - $by_call, $ms / ($n - $by_call));
timed('VACUUM ANALYZE btrdb.streams');
is($session->query_safe('SELECT count(*) FROM btrdb.streams'), $n, 'all are there');

# What is looked for, the index that finds it, and how many streams that is.
my $half = $n / 2;
my $region = int($half / 2000);
my $meter = int($half / 4);
my $uuid = $session->query_safe(qq{SELECT uuid FROM btrdb.streams WHERE annotations @> '{"serial": $half}'});
my $tags = $session->query_safe("SELECT tags FROM btrdb.streams WHERE uuid = '$uuid'");
my $in_region = $half + 2000 - $half % 2000 > $n ? $n - $half + $half % 2000 + 1 : 2000;
my @lookups = (
	[ 'uuid', "SELECT * FROM btrdb.streams WHERE uuid = '$uuid'", 'streams_pkey', 1 ],
	[ 'collection and name, as `btrdb_stream` does', "SELECT * FROM btrdb.streams WHERE collection = 'grid/region$region/station" . int($half / 20) . "' AND name = 'voltage0'",
		'streams_path_idx', 1 ],
	[ 'collection and all tags', "SELECT * FROM btrdb.streams WHERE collection = 'grid/region$region/station" . int($half / 20) . "' AND tags = '$tags'",
		'streams_(?:collection_tags_key|path_idx)', 1 ],
	[ 'collection', "SELECT * FROM btrdb.streams WHERE collection = 'grid/region$region/station" . int($half / 20) . q{'}, 'streams_(?:path_idx|collection_tags_key)', 20 ],
	[ "prefix, `collection LIKE 'grid/region7/%'`", "SELECT * FROM btrdb.streams WHERE collection LIKE 'grid/region$region/%'", 'streams_path_idx', $in_region ],
	[ "prefix, `collection ^\@ 'grid/region7/'`", "SELECT * FROM btrdb.streams WHERE collection ^\@ 'grid/region$region/'", 'streams_path_idx', $in_region ],
	[ "tag, `tags \@> '{\"meter\": \"m7\"}'`", 'SELECT * FROM btrdb.streams WHERE tags @> \'{"meter": "m' . $meter . "\"}'", 'streams_tags_idx', 4 ],
	[ "two tags, `tags \@> '{\"meter\": \"m7\", \"phase\": \"A\"}'`", 'SELECT * FROM btrdb.streams WHERE tags @> \'{"meter": "m' . $meter . '", "unit": "V"}\'',
		'streams_tags_idx', 1 ],
	[ "annotation, `annotations \@> '{\"serial\": 7}'`", qq{SELECT * FROM btrdb.streams WHERE annotations \@> '{"serial": $half}'}, 'streams_annotations_idx', 1 ],
	[ "key of an annotation, `annotations ? 'calibrated'`", q{SELECT * FROM btrdb.streams WHERE annotations ? 'calibrated'}, 'streams_annotations_idx', $n / 1000 ],
	[ 'prefix and tag', "SELECT * FROM btrdb.streams WHERE collection LIKE 'grid/region$region/%' AND tags \@> '{\"meter\": \"m$meter\"}'",
		'streams_(?:path|tags)_idx', 4 ],
	[ 'collections with a prefix, with numbers of streams', "SELECT * FROM btrdb.collections WHERE collection LIKE 'grid/region$region/%'", 'streams_path_idx', int(($in_region + 19) / 20) ],
	[ 'compare and set', "UPDATE btrdb.streams SET annotations = annotations || '{\"seen\": true}' WHERE uuid = '$uuid' AND property_version = 1 RETURNING uuid", 'streams_pkey', 1 ],
);
foreach my $lookup (@lookups)
{
	my ($what, $sql, $index, $rows) = @$lookup;
	my $plan = $session->query_safe("EXPLAIN (COSTS OFF) $sql");
	my $count = "WITH found AS ($sql) SELECT count(*) FROM found";

	like($plan, qr/\bon $index\b|using $index\b/, "$what: by index");
	unlike($plan, qr/Seq Scan/, "$what: nothing else is read");
	($result, $ms) = timed($count, $sql =~ /^UPDATE/ ? 1 : 5);
	is($result, $rows, "$what: what is found");
	note_time($what, $rows, $ms);
}

# Of everything.
foreach my $query (
	[ '`btrdb_stream(path)`', "SELECT btrdb_stream('grid/region$region/station" . int($half / 20) . "/voltage0')" ],
	[ '`btrdb_metadata_usage(prefix)` of a region', "SELECT * FROM btrdb_metadata_usage('grid/region$region/')" ],
	[ '`btrdb_metadata_usage()` of all', 'SELECT * FROM btrdb_metadata_usage()' ],
	[ '`btrdb.collections`, all of them', 'SELECT * FROM btrdb.collections' ],
	[ 'different units', 'SELECT DISTINCT unit FROM btrdb.streams' ],
	[ '`btrdb.storage`', 'SELECT * FROM btrdb.storage' ])
{
	my ($what, $sql) = @$query;
	my $count = "WITH found AS MATERIALIZED ($sql) SELECT count(*) FROM found";

	($result, $ms) = timed($count, 3);
	note_time($what, $result, $ms);
}
is($session->query_safe('SELECT string_agg(concat_ws(\' \', kind, key, streams), \', \') FROM btrdb_metadata_usage()'),
	"annotation calibrated @{[$n / 1000]}, annotation seen 1, annotation serial $n, annotation vendor $n, tag meter $n, tag name $n, tag phase $n, tag unit $n",
	'keys are counted');

# Points of streams among many.
($result, $ms) = timed('SELECT count(btrdb_insert(uuid, 1700000000000000000, 1)) FROM (SELECT uuid FROM btrdb.streams LIMIT 1000) AS s');
note_time('`btrdb_insert` of a point, each of 1,000 streams', 1, $ms / 1000);
($result, $ms) = timed(q{SELECT count(points) FROM btrdb.stream_stats WHERE collection LIKE 'grid/region1/%'});
is($result, 2000, 'there are statistics of each');
note_time('`btrdb.stream_stats` of a region', $result, $ms);
my $bytes = $session->query_safe("SELECT bytes / $n FROM btrdb.storage WHERE relation = 'btrdb.streams'::regclass");

diag("$n streams, $bytes bytes each\n| | rows | time |\n|---|---:|---:|\n" . join("\n", @table));
$session->quit;
check_is_clean($node, 'at the end') if $n <= 20_000;
$node->stop;
done_testing();
