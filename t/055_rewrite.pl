# Commands that copy the store or look at its file: nodes keep their places, and
# versions, whose rows name those, stay what they are.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

# With wal_level = minimal, what a new file holds need not be logged, but
# whatever is replayed after a crash must not make it older.
my $node = btrdb_node('rewrite',
	'wal_level = minimal',
	'max_wal_senders = 0',
	'autovacuum = off',
	'allow_in_place_tablespaces = on');
my $s = new_stream($node, 'a');
my $other = new_stream($node, 'b');

# Everything that readers can tell of both streams.
sub digest
{
	my ($dbname) = @_;

	return $node->safe_psql($dbname // 'postgres', qq{
SELECT s.name, btrdb_version(s.uuid), v.version, btrdb_count(s.uuid),
	(SELECT md5(string_agg(p.time || '=' || p.value, ',' ORDER BY p.n))
		FROM btrdb_values(s.uuid, ${\TIME_MIN}, ${\TIME_MAX}, v.version) WITH ORDINALITY AS p (time, value, n))
FROM btrdb.streams AS s, LATERAL (SELECT version FROM btrdb_versions(s.uuid) UNION SELECT 0) AS v
ORDER BY 1, 3});
}

sub insert
{
	my ($stream, $n, $step) = @_;

	return "SELECT btrdb_insert('$stream', array_agg(i * $step), array_agg(sin(i))) "
	  . "FROM generate_series(1::bigint, $n) AS i";
}

sub size
{
	return $node->safe_psql('postgres', q{SELECT pg_relation_size('btrdb.points')});
}

sub store
{
	return $node->safe_psql('postgres', 'SELECT DISTINCT store FROM btrdb.versions');
}

$node->safe_psql('postgres', insert($s, 50000, 1000));
$node->safe_psql('postgres', insert($s, 50000, 777));
$node->safe_psql('postgres', "SELECT btrdb_delete('$s', 1000000, 2000000)");
$node->safe_psql('postgres', "SELECT btrdb_insert('$s', 5, 5)");
$node->safe_psql('postgres', insert($other, 3000, 10));
$node->safe_psql('postgres', 'BEGIN; ' . insert($other, 200000, 10) . '; ROLLBACK');

my $before = digest();
my $store = store();
my $size = size();
my $file = $node->safe_psql('postgres', q{SELECT pg_relation_filenode('btrdb.points')});

# VACUUM FULL
$node->command_ok([ 'vacuumdb', '--full', '--all', '--port', $node->port, '--host', $node->host ],
	'vacuumdb --full');
isnt($node->safe_psql('postgres', q{SELECT pg_relation_filenode('btrdb.points')}),
	$file, 'VACUUM FULL wrote another file');
is(digest(), $before, 'VACUUM FULL keeps every version');
is(store(), $store, 'VACUUM FULL keeps the store id');
cmp_ok(size(), '<', $size - 500000, 'VACUUM FULL cuts off what an aborted transaction left');
check_is_clean($node, 'after VACUUM FULL');
crash($node);
is(digest(), $before, 'the file that VACUUM FULL wrote survives a crash');
check_is_clean($node, 'after the crash');

# A session that was filling a page which VACUUM FULL cuts off goes on elsewhere.
my $session = $node->background_psql('postgres');
$session->query_safe('BEGIN; ' . insert($other, 100000, 10) . '; ROLLBACK');
$size = size();
$node->safe_psql('postgres', 'VACUUM (FULL) btrdb.points');
cmp_ok(size(), '<', $size, 'the pages of another session are cut off');
$session->query_safe(insert($other, 2000, 1));
$session->quit;
check_is_clean($node, 'after the other session wrote again');
$before = digest();

# Another tablespace
$node->safe_psql('postgres', q{CREATE TABLESPACE elsewhere LOCATION ''});
$node->safe_psql('postgres', 'ALTER TABLE btrdb.points SET TABLESPACE elsewhere');
is(digest(), $before, 'SET TABLESPACE keeps every version');
check_is_clean($node, 'after SET TABLESPACE');
crash($node);
is(digest(), $before, 'the file in the other tablespace survives a crash');
$node->safe_psql('postgres', 'VACUUM (FULL) btrdb.points');
is(digest(), $before, 'VACUUM FULL in the other tablespace');
$node->safe_psql('postgres', 'ALTER TABLE btrdb.points SET TABLESPACE pg_default');
is(digest(), $before, 'SET TABLESPACE and back');
check_is_clean($node, 'after SET TABLESPACE and back');

# The file as other extensions see it
SKIP:
{
	skip 'contrib modules are not installed', 3
	  if $node->safe_psql('postgres',
		q{SELECT count(*) FROM pg_available_extensions WHERE name IN ('pg_prewarm', 'pg_buffercache')}) < 2;
	$node->safe_psql('postgres', 'CREATE EXTENSION pg_prewarm; CREATE EXTENSION pg_buffercache');
	is($node->safe_psql('postgres', q{SELECT pg_prewarm('btrdb.points') * 8192}),
		size(), 'pg_prewarm reads all blocks');
	is( $node->safe_psql('postgres', q{
SELECT count(*) * 8192 FROM pg_buffercache
WHERE relfilenode = pg_relation_filenode('btrdb.points') AND relforknumber = 0
	AND reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database())}),
		size(), 'pg_buffercache shows them');
	check_is_clean($node, 'after pg_prewarm');
}

# A copy of the database, made with each strategy
foreach my $strategy ('wal_log', 'file_copy')
{
	$node->safe_psql('template1',
		"CREATE DATABASE copy_$strategy TEMPLATE postgres STRATEGY $strategy");
	is(digest("copy_$strategy"), $before, "a database copied by $strategy has every version");
	check_is_clean($node, "in the copy by $strategy", "copy_$strategy");
	$node->safe_psql("copy_$strategy", insert($other, 5000, 3));
	check_is_clean($node, "in the copy by $strategy after writing", "copy_$strategy");
}
is(digest(), $before, 'the original does not change with its copies');
check_is_clean($node, 'in the original');

# TRUNCATE with inserts, whose pages need no WAL here
$node->safe_psql('postgres', 'BEGIN; TRUNCATE btrdb.points; ' . insert($s, 100000, 1000) . '; ' . insert($other, 10, 10) . '; COMMIT');
$before = digest();
crash($node);
is(digest(), $before, 'TRUNCATE with inserts survives a crash');
check_is_clean($node, 'after it');
$node->safe_psql('postgres', 'BEGIN; TRUNCATE btrdb.points; ' . insert($s, 100000, 1000) . '; ROLLBACK; ' . insert($s, 3000, 7));
$before = digest();
crash($node);
is(digest(), $before, 'inserts after a TRUNCATE that was rolled back');
check_is_clean($node, 'after these');

$node->stop;

done_testing();
