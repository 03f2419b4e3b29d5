# The write buffer reuses its pages without VACUUM, and takes none that a snapshot needs.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = btrdb_node('reuse',
	'shared_buffers = 32MB',
	'max_wal_size = 4GB',
	'autovacuum = off',
	'jit = off');
my $s = new_stream($node, 's');
$node->safe_psql('postgres', q{
SELECT btrdb_create('many', jsonb_build_object('name', i)) FROM generate_series(1, 64) AS i;
CREATE TABLE many AS SELECT row_number() OVER () AS n, uuid FROM btrdb.streams WHERE collection = 'many';
});

# Commits batches of 1,000 points, which need a page of btrdb.buffer each.
sub batches
{
	my ($first, $last) = @_;

	$node->safe_psql('postgres', qq{
DO \$\$
BEGIN
	FOR i IN $first .. $last LOOP
		PERFORM btrdb_insert('$s', array_agg(i * 1000::bigint + k), array_agg(random())) FROM generate_series(0, 999) AS k;
		COMMIT;
	END LOOP;
END \$\$});
	return;
}

# Commits statements of a row for each of 64 streams, which need a quarter of a page of btrdb.mixed.
sub statements
{
	my ($first, $last) = @_;

	$node->safe_psql('postgres', qq{
DO \$\$
BEGIN
	FOR i IN $first .. $last LOOP
		INSERT INTO btrdb.points SELECT uuid, i * 1000000000::bigint + n, n FROM many;
		COMMIT;
	END LOOP;
END \$\$});
	return;
}

sub pages_of
{
	my ($table) = @_;

	return $node->safe_psql('postgres', "SELECT pg_relation_size('$table') / 8192");
}

batches(1, 3);
statements(1, 50);

# What a snapshot sees stays where it finds it.
my $all = q{SELECT count(*), hashtext(string_agg(p::text, '' ORDER BY stream, time)) FROM btrdb.points AS p};
my $old = $node->background_psql('postgres');
$old->query_safe('BEGIN ISOLATION LEVEL REPEATABLE READ');
my $seen = $old->query_safe($all);
batches(4, 300);
statements(51, 1200);
is($old->query_safe($all), $seen, 'an old snapshot sees the same');
$old->query_safe('COMMIT');
$old->quit;

batches(301, 1500);
statements(1201, 8000);
my $pages = pages_of('btrdb.buffer');
cmp_ok($pages, '<', 1000, "batches that fill 1,500 pages take $pages");
$pages = pages_of('btrdb.mixed');
cmp_ok($pages, '<', 1000, "statements that fill 2,000 pages take $pages");
is($node->safe_psql('postgres', "SELECT btrdb_count('$s'), (SELECT count(*) FROM btrdb.points)"),
	'1500000|' . (1_500_000 + 64 * 8000), 'all points are there');
check_is_clean($node, 'after reuse');

done_testing();
