# Random histories of writes, reverts, deletes, removed streams, prunes, retention and VACUUMs: whatever is not pruned
# reads as it did when it was made, and no node is lost, freed too early or left over.
# A store under steady insert, prune and VACUUM stops growing, and so does one in which streams come and go.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbPage;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

test_seed();
my $steps = $ENV{BTRDB_GARBAGE_STEPS} // 400;
my $node = btrdb_node('garbage', 'shared_buffers = 32MB', 'autovacuum = off');

# What each version held when it was made.
$node->safe_psql(
	'postgres', q{
	CREATE TABLE model (s uuid, version bigint, digest text);
	CREATE FUNCTION digest(s uuid, v bigint) RETURNS text LANGUAGE sql AS $$
		SELECT count(*) || ':' || coalesce(md5(string_agg(time || '=' || value, ',')), '')
		FROM btrdb_values(s, -4611686018427387904, 4611686018427387904, v)
	$$;
	CREATE FUNCTION remember(s uuid) RETURNS void LANGUAGE sql AS $$
		INSERT INTO model SELECT s, v.version, digest(s, v.version) FROM btrdb_versions(s) v
		WHERE NOT EXISTS (SELECT FROM model m WHERE m.s = remember.s AND m.version = v.version)
	$$;
	CREATE FUNCTION differences() RETURNS bigint LANGUAGE sql AS $$
		SELECT count(*) FROM model m FULL JOIN
			(SELECT uuid AS s, v.version, digest(uuid, v.version) AS digest
			 FROM btrdb.streams, btrdb_versions(uuid) v) r
		ON m.s = r.s AND m.version = r.version
		WHERE m.digest IS DISTINCT FROM r.digest
	$$;
});
my $nstreams = 0;
my @streams = map { new_stream($node, 's' . ++$nstreams) } 1 .. 3;

# Returns SQL that appends points: a run, points all over, or many at one nanosecond.
sub insert_sql
{
	my ($s) = @_;
	my $n = 1 + random_below(random_below(2) ? 3000 : 60);
	my $start = random_below(1000) * 1000000;
	my $time = (
		"$start + i * 1000",
		"(random() * 1000000000)::bigint",
		"(random() * 4e18)::bigint - 2000000000000000000",
		"$start / 100000000")[ random_below(4) ];

	return "SELECT btrdb_insert('$s', array_agg($time), array_agg(random())), btrdb_flush('$s')"
	  . " FROM generate_series(1, $n) i";
}

# Returns one random change of a stream.
sub change_sql
{
	my ($s) = @_;
	my $kind = random_below(10);
	my $version = "(SELECT version FROM btrdb_versions('$s') ORDER BY random() LIMIT 1)";
	my $start = random_below(1000) * 1000000;
	my $end = $start + random_below(2) * 1000000000 + random_below(100000000);

	return insert_sql($s) if $kind < 5;
	return "SELECT btrdb_delete('$s', $start, $end)" if $kind < 6;
	return "SELECT btrdb_delete('$s', @{[TIME_MIN]}, @{[TIME_MAX]})"
	  if $kind < 7 && random_below(3) == 0;
	return "SELECT btrdb_revert('$s', coalesce($version, 1))" if $kind < 9;

	my $forget = random_below(2)
	  ? "SELECT btrdb_prune('$s', coalesce($version, 10));"
	  : "UPDATE btrdb.streams SET retention = clock_timestamp() -"
	  . " coalesce((SELECT created FROM btrdb_versions('$s') ORDER BY random() LIMIT 1), now()) WHERE uuid = '$s';"
	  . "SELECT btrdb_maintain(); UPDATE btrdb.streams SET retention = NULL WHERE uuid = '$s';";
	return $forget
	  . "DELETE FROM model WHERE s = '$s' AND version < (SELECT min(version) FROM btrdb_versions('$s'))";
}

# Removes a stream, in one of two ways.
sub remove_sql
{
	my ($s) = @_;

	return (random_below(2) ? "SELECT btrdb_obliterate('$s')" : "DELETE FROM btrdb.streams WHERE uuid = '$s'")
	  . "; DELETE FROM model WHERE s = '$s'";
}

my $pruned = 0;
my $retained = 0;
foreach my $step (1 .. $steps)
{
	my $number = random_below(scalar @streams);
	my $s = $streams[$number];
	my $remove = random_below(30) == 0;
	my $change = ($remove && random_below(2) ? change_sql($s) . '; ' : '')
	  . ($remove ? remove_sql($s) : change_sql($s) . "; SELECT remember('$s')");
	my $sql = "BEGIN; $change; COMMIT;";

	$pruned++ if $change =~ /prune/;
	$retained++ if $change =~ /retention/;

	# A third of the changes comes after one that is rolled back.
	$sql = 'BEGIN; SAVEPOINT a; ' . (random_below(5) ? change_sql($s) : remove_sql($s)) . "; ROLLBACK TO a; $change; COMMIT;"
	  if random_below(3) == 0;
	$sql .= ' VACUUM btrdb.points;' if random_below(8) == 0;
	$node->safe_psql('postgres', $sql);
	$streams[$number] = new_stream($node, 's' . ++$nstreams) if $remove;
	next if $step % 40 != 0;

	crash($node) if random_below(3) == 0;
	is($node->safe_psql('postgres', 'SELECT differences()'), '0', "all versions at step $step");
	check_is_clean($node, "at step $step");
}
cmp_ok($pruned, '>', 0, 'some histories were pruned');
cmp_ok($retained, '>', 0, 'in some, retention was applied');

cmp_ok($nstreams, '>', 3, 'some streams were removed');

# With all points deleted and everything pruned, or all streams removed, VACUUM frees every node.
my $last = shift @streams;
$node->safe_psql('postgres',
	"SELECT btrdb_delete('$last', @{[TIME_MIN]}, @{[TIME_MAX]}), btrdb_prune('$last', btrdb_version('$last') + 1)");
$node->safe_psql('postgres', "SELECT btrdb_insert('$_', 1, 1), btrdb_obliterate('$_')") foreach @streams;
$node->safe_psql('postgres', 'VACUUM btrdb.points');
check_is_clean($node, 'with nothing left');
$node->stop;

my $file = $node->data_dir . '/'
  . do { $node->start; $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')}) };
$node->stop;
is(scalar(BtrdbPage->open($file)->nodes), 0, 'no node is left in the store');

# A queue: new points come, old versions and old points go.
$node->start;
my $s = new_stream($node, 'queue');
my @size;
foreach my $round (1 .. 50)
{
	$node->safe_psql('postgres', qq{
		SELECT btrdb_insert('$s', array_agg($round * 20000000::bigint + i * 1000), array_agg(random()))
			FROM generate_series(1, 20000) i;
		SELECT btrdb_delete('$s', 0, ($round - 3) * 20000000::bigint) WHERE $round > 3;
		SELECT btrdb_prune('$s', btrdb_version('$s'));
		VACUUM btrdb.points});
	push @size, $node->safe_psql('postgres', q{SELECT pg_relation_size('btrdb.points') / 8192});
}
note("pages: @size");
# A round brings about 60 pages; where the nodes above the leaves find room varies a little.
cmp_ok($size[-1], '<=', $size[9] * 1.05, 'the store does not grow after ten rounds');
check_is_clean($node, 'after fifty rounds');

# Streams come and go, with several versions and something in the buffer.
@size = ();
my $gone;
foreach my $round (1 .. 50)
{
	my $come = new_stream($node, "round $round");

	$node->safe_psql('postgres', qq{
		SELECT btrdb_insert('$come', array_agg(i * 1000), array_agg(random())) FROM generate_series(1, 10000) i;
		SELECT btrdb_insert('$come', array_agg(i * 1500), array_agg(random())) FROM generate_series(1, 10000) i;
		SELECT btrdb_insert('$come', 1, 1)});
	$node->safe_psql('postgres', "SELECT btrdb_obliterate('$gone')") if defined $gone;
	$node->safe_psql('postgres', 'VACUUM btrdb.points; SELECT btrdb_maintain()');
	push @size, $node->safe_psql('postgres', q{SELECT pg_relation_size('btrdb.points') / 8192});
	$gone = $come;
}
note("pages: @size");
cmp_ok($size[-1], '<=', $size[9] * 1.05, 'the store does not grow by streams that come and go');
is( $node->safe_psql('postgres', q{
	SELECT count(*) FROM btrdb.garbage;
	SELECT count(*) FROM btrdb.versions v LEFT JOIN btrdb.streams ON uuid = v.stream WHERE uuid IS NULL;
	SELECT count(*) FROM btrdb.buffer b LEFT JOIN btrdb.streams ON uuid = b.stream WHERE uuid IS NULL}),
	"0\n0\n0", 'nothing is left over of them');
check_is_clean($node, 'after another fifty');
$node->stop;

done_testing();
