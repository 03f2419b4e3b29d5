# Dump and restore: streams, tags, annotations and the latest points come back; removed streams do not.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = btrdb_node('dump', 'max_connections = 20');
my $dir = PostgreSQL::Test::Utils::tempdir();

# Everything that a restore brings back.
my $digest = qq{
SELECT uuid, collection, tags, annotations, name, unit, ingress, distiller, property_version, extract(epoch FROM created), retention, channel, number FROM btrdb.streams ORDER BY uuid;
SELECT uuid, btrdb_count(uuid), (SELECT md5(string_agg(time || '=' || value, ',' ORDER BY n))
	FROM btrdb_values(uuid, ${\TIME_MIN}, ${\TIME_MAX}) WITH ORDINALITY AS p (time, value, n))
FROM btrdb.streams ORDER BY uuid;
SELECT count(*), count(DISTINCT stream) FROM btrdb.points;
SELECT stream, extract(epoch FROM retired) FROM btrdb.retired ORDER BY stream;
SELECT last_value FROM btrdb.streams_number_seq;
};

$node->safe_psql('postgres', q{
SELECT btrdb_create('dump/' || i % 3, jsonb_build_object('name', 's' || i, 'unit', 'V'), '{"note": "tab\there"}')
FROM generate_series(1, 20) AS i;
SELECT btrdb_insert(uuid, array_agg(i * 1000), array_agg(sin(i)))
FROM btrdb.streams, generate_series(1::bigint, 20000) AS i WHERE name IN ('s1', 's2', 's3') GROUP BY uuid;
SELECT btrdb_insert(uuid, ARRAY[5, 5, 5, -4611686018427387904, 4611686018427387903], ARRAY[2, 1, -0.0, 1e-310, 1.7976931348623157e308])
FROM btrdb.streams WHERE name <> 's20';
SELECT btrdb_delete(uuid, 5000, 900000) FROM btrdb.streams WHERE name = 's2';
INSERT INTO btrdb.points SELECT uuid, 5, i FROM btrdb.streams, generate_series(1, 3) AS i WHERE name <> 's20';
SELECT btrdb_create('dump', stream => '60000000-0000-0000-0000-000000000002');
SELECT btrdb_insert('60000000-0000-0000-0000-000000000002', 1, 1);
SELECT btrdb_obliterate('60000000-0000-0000-0000-000000000002');
UPDATE btrdb.streams SET annotations = '{"changed": true}' WHERE name = 's3';
UPDATE btrdb.streams SET retention = '3 days 04:05:06.789' WHERE name = 's4';
UPDATE btrdb.streams SET channel = 'btrdb', tags = tags || '{"ingress": "x"}' WHERE name = 's5';
});
my $before = $node->safe_psql('postgres', $digest);
like($before, qr/^[0-9a-f-]+\|\d+\|[0-9a-f]{32}$/m, 'there is something to restore');

# Makes a database to restore to.
sub new_database
{
	my ($name, $extension) = @_;

	$node->safe_psql('postgres', "CREATE DATABASE $name TEMPLATE template0");
	$node->safe_psql($name, 'CREATE EXTENSION btrdb') if $extension;
	return $node->connstr($name);
}

# Tests that a database holds what was dumped.
sub is_restored
{
	my ($server, $name) = @_;

	is($server->safe_psql($name, $digest), $before, "$name has all that was dumped");
	my ($rc, $out, $err) = $server->psql($name, "SELECT btrdb_create('dump', stream => '60000000-0000-0000-0000-000000000002')");
	like($err, qr/uuid "60000000-0000-0000-0000-000000000002" was that of a stream that has been removed/, "removed streams stay so in $name");
	check_is_clean($server, "in $name", $name);
	return;
}

$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", $node->connstr('postgres') ], 'pg_dump');
new_database('plain');
$node->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/plain.sql", $node->connstr('plain') ], 'psql');
is_restored($node, 'plain');

$node->command_ok([ 'pg_dump', '-Fc', '-f', "$dir/custom", $node->connstr('postgres') ], 'pg_dump -Fc');
$node->command_ok([ 'pg_restore', '-e', '-j', '4', '-d', new_database('parallel'), "$dir/custom" ], 'pg_restore -j 4');
is_restored($node, 'parallel');

$node->command_ok(
	[ 'pg_restore', '-e', '-j', '4', '--data-only', '--disable-triggers', '-d', new_database('data', 1), "$dir/custom" ],
	'pg_restore --data-only --disable-triggers');
is_restored($node, 'data');

$node->command_ok([ 'pg_dump', '--inserts', '-f', "$dir/inserts.sql", $node->connstr('postgres') ], 'pg_dump --inserts');
new_database('inserts');
$node->command_ok([ 'psql', '-Xq', '-1', '-v', 'ON_ERROR_STOP=1', '-f', "$dir/inserts.sql", $node->connstr('inserts') ], 'psql -1');
is_restored($node, 'inserts');

# Points before the row of their stream: in a restore by the owner only.
my $early = '60000000-0000-0000-0000-000000000001';
$node->safe_psql('plain', q{CREATE ROLE writer; GRANT SELECT, INSERT ON btrdb.points, btrdb.streams TO writer});
my ($rc, $out, $err) = $node->psql('plain', "INSERT INTO btrdb.points VALUES ('$early', 1, 1)");
like($err, qr/stream "$early" does not exist/, 'a session that restores nothing may not');
($rc, $out, $err) = $node->psql('plain',
	"SET ROLE writer; SET check_function_bodies = off; INSERT INTO btrdb.points VALUES ('$early', 1, 1)");
like($err, qr/stream "$early" does not exist/, 'another role than the owner may not');
$node->safe_psql('plain', "SET check_function_bodies = off; INSERT INTO btrdb.points VALUES ('$early', 1, 1)");
is($node->safe_psql('plain', "SELECT count(*) FROM btrdb.points WHERE stream = '$early'"), '0', 'early points are not seen');
($rc, $out, $err) = $node->psql('plain', "SELECT btrdb_count('$early')");
like($err, qr/stream "$early" does not exist/, 'nor read by functions');
like($node->safe_psql('plain', 'SELECT DISTINCT stream, problem FROM btrdb_check()'),
	qr/^$early\|Table "btrdb.buffer" has rows of a stream that is not in "btrdb.streams"$/, 'btrdb_check() tells of them');
$node->safe_psql('plain', "SELECT btrdb_create('early', stream => '$early')");
is($node->safe_psql('plain', "SELECT time, value FROM btrdb.points WHERE stream = '$early'"), '1|1', 'they are there with the row');
check_is_clean($node, 'after that', 'plain');

$node->safe_psql('postgres', "DROP DATABASE $_") foreach qw(plain parallel data inserts);
$node->command_ok([ 'pg_dumpall', '-f', "$dir/all.sql", '-d', $node->connstr('postgres') ], 'pg_dumpall');
my $other = PostgreSQL::Test::Cluster->new('restored');
$other->init;
$other->start;
$other->command_ok([ 'psql', '-Xq', '-f', "$dir/all.sql", $other->connstr('postgres') ], 'psql of pg_dumpall');
is_restored($other, 'postgres');

$other->stop;
$node->stop;

done_testing();
