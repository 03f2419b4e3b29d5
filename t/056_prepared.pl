# Prepared transactions with all kinds of writes, across a crash of the server and the promotion of a standby: what
# COMMIT PREPARED leaves is what the same writes leave in other streams that are committed at once, and
# ROLLBACK PREPARED leaves nothing.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my @settings = ('autovacuum = off', 'fsync = off', 'shared_buffers = 16MB', 'max_wal_senders = 5', 'hot_standby = on', 'jit = off', 'max_prepared_transactions = 30',
	'btrdb.buffer_points = 300', 'btrdb.buffer_rows = 32', 'btrdb.compact_rows = 6', 'btrdb.direct_points = 300');
my $node = btrdb_node('node_0', @settings);
$node->safe_psql('postgres', q{
CREATE SCHEMA p;
CREATE TABLE p.s (kind text, i int, u uuid, PRIMARY KEY (kind, i));

-- Streams with some history, of which some points are in the tree, some in the buffer and some in shared rows.
CREATE FUNCTION p.setup(k text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO p.s SELECT k, i, btrdb_create('p', jsonb_build_object('name', gen_random_uuid())) FROM generate_series(1, 5) i;
	PERFORM btrdb_insert(u, array_agg(t * 10), array_agg(t::float8)) FROM p.s, generate_series(1, 5000) t WHERE kind = k AND i < 5 GROUP BY u;
	PERFORM btrdb_delete(u, 1000, 2000) FROM p.s WHERE kind = k AND i = 1;
	PERFORM btrdb_insert(u, t, 1) FROM p.s, generate_series(1, 10) t WHERE kind = k;
	INSERT INTO btrdb.points SELECT u, 11 + t, 2 FROM p.s, generate_series(1, 3) t WHERE kind = k;
END
$$;

-- Everything that can be told of streams, but when.
CREATE FUNCTION p.digest(k text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(line, E'\n' ORDER BY line) FROM (
		SELECT concat_ws(' ', i, btrdb_version(u), count(v), md5(string_agg(v::text, ',')), btrdb_count(u)) AS line
		FROM p.s JOIN btrdb.streams ON uuid = u LEFT JOIN LATERAL btrdb_values(u, 0, 10000000) v ON true WHERE kind = k GROUP BY i, u
		UNION ALL
		SELECT concat_ws(' ', i, 'version', version, count, btrdb_stat(u, 0, 1000000, version))
		FROM p.s JOIN btrdb.streams ON uuid = u, btrdb_versions(u) WHERE kind = k) x
$$;
});

# The transactions, by name; %k is the kind of the streams.
my $u = q{(SELECT u FROM p.s WHERE kind = '%k' AND i = %i)};
sub stream { return $u =~ s/%i/$_[0]/r }
my %transaction = (
	buffer => "SELECT btrdb_insert(${\stream(1)}, 7, 7); SELECT btrdb_insert(${\stream(2)}, 7, 7)",
	many => q{INSERT INTO btrdb.points SELECT u, 500 + t, 4 FROM p.s, generate_series(1, 9) t WHERE kind = '%k'},
	compaction => join('; ', (q{INSERT INTO btrdb.points SELECT u, 500 + t, 4 FROM p.s, generate_series(1, 9) t WHERE kind = '%k'}) x 8),
	flush => "SELECT btrdb_flush(${\stream(1)})",
	direct => "SELECT btrdb_insert(${\stream(1)}, array_agg(t * 3), array_agg(t::float8)) FROM generate_series(1, 3000) t",
	delete => "SELECT btrdb_delete(${\stream(1)}, 0, 800); SELECT btrdb_delete(${\stream(5)}, 0, 800)",
	revert => "SELECT btrdb_revert(${\stream(1)}, 11)",
	merge => "SELECT btrdb_insert(${\stream(1)}, ARRAY[10, 20, 7777], ARRAY[1, 2, 3]::float8[], 'replace')",
	prune => "SELECT btrdb_prune(${\stream(1)}, 12)",
	obliterate => "SELECT btrdb_obliterate(${\stream(1)})",
	savepoints => "SELECT btrdb_insert(${\stream(1)}, 7, 7); SAVEPOINT a; SELECT btrdb_delete(${\stream(1)}, 0, 30); ROLLBACK TO a; SAVEPOINT b; SELECT btrdb_insert(${\stream(1)}, 8, 8); SELECT btrdb_flush(${\stream(1)}); RELEASE b",
	all => "SELECT btrdb_insert(${\stream(1)}, array_agg(t * 3), array_agg(t::float8)) FROM generate_series(1, 3000) t; INSERT INTO btrdb.points SELECT u, 500 + t, 4 FROM p.s, generate_series(1, 9) t WHERE kind = '%k';"
	  . " SELECT btrdb_delete(${\stream(2)}, 0, 800); SELECT btrdb_revert(${\stream(3)}, 11); SELECT btrdb_flush(${\stream(4)}); INSERT INTO btrdb.points SELECT u, 900 + t, 4 FROM p.s, generate_series(1, 9) t WHERE kind = '%k'",
);
my @names = sort keys %transaction;
my $cohort = 100;

sub sql_of
{
	my ($name, $kind) = @_;

	return $transaction{$name} =~ s/%k/$kind/gr;
}

# The streams of each transaction, and those that are written to and committed at once.  They wait for each other
# where they share rows, so each transaction's are in a cohort of their own.
sub prepare
{
	my ($node, $how, $name) = @_;

	$node->safe_psql('postgres', "ALTER SEQUENCE btrdb.streams_number_seq RESTART WITH " . (128 * $cohort++) . "; SELECT p.setup('$_')")
	  foreach "$how $name", "$how $name twin";
	my $before = $node->safe_psql('postgres', "SELECT p.digest('$how $name')");

	$node->safe_psql('postgres', "BEGIN;\n" . sql_of($name, "$how $name twin") . ";\nCOMMIT;\n"
		  . "BEGIN;\n" . sql_of($name, "$how $name") . ";\nPREPARE TRANSACTION '$how $name';");
	return $before;
}


my %before;

# Prepares all transactions, to be committed and to be rolled back.
sub prepare_all
{
	my ($node) = @_;

	$before{"$_->[0] $_->[1]"} = prepare($node, @$_) foreach map { my $name = $_; map { [ $_, $name ] } qw(commit rollback) } @names;
	return;
}

# What queries see while transactions are prepared: nothing of them.
sub unseen
{
	my ($node, $label) = @_;

	foreach my $name (@names)
	{
		is($node->safe_psql('postgres', "SELECT p.digest('$_ $name')"), $before{"$_ $name"}, "$label: nothing is seen of '$name'") foreach qw(commit rollback);
	}
	return;
}

# Ends them, and compares.
sub end_all
{
	my ($node, $label) = @_;

	# The lock of a stream is kept, and inserts do not wait for it.
	my $locked = "(SELECT u FROM p.s WHERE kind = 'rollback delete' AND i = 1)";
	is((sqlstate_of($node, "SET lock_timeout = '50ms'; SELECT btrdb_delete($locked, 0, 1)"))[0], '55P03', "$label: streams are locked");
	is((sqlstate_of($node, "BEGIN; SET lock_timeout = '50ms'; SELECT btrdb_insert($locked, 1, 1); ROLLBACK"))[0], '', "$label: inserts do not wait");
	check_is_clean($node, "$label, while transactions are prepared");
	$node->safe_psql('postgres', 'VACUUM; CHECKPOINT');
	foreach my $name (@names)
	{
		$node->safe_psql('postgres', "COMMIT PREPARED 'commit $name'; ROLLBACK PREPARED 'rollback $name'");
		is($node->safe_psql('postgres', "SELECT p.digest('commit $name')"), $node->safe_psql('postgres', "SELECT p.digest('commit $name twin')"), "$label: '$name' is committed");
		is($node->safe_psql('postgres', "SELECT p.digest('rollback $name')"), $before{"rollback $name"}, "$label: '$name' is rolled back");
	}
	isnt($before{'commit all'}, $node->safe_psql('postgres', "SELECT p.digest('commit all')"), "$label: which makes a difference");
	check_is_clean($node, "$label, at the end");

	# All goes on with these streams.
	$node->safe_psql('postgres', q{
VACUUM;
SELECT btrdb_delete(u, 3000, 4000), btrdb_revert(u, btrdb_version(u)) FROM p.s JOIN btrdb.streams ON uuid = u;
VACUUM;
});
	check_is_clean($node, "$label, after more writes");
	$node->safe_psql('postgres', q{DELETE FROM btrdb.streams; DELETE FROM p.s});
	return;
}

prepare_all($node);
unseen($node, 'before a crash');
kill9_all($node);
start_again($node);
unseen($node, 'after a crash');
end_all($node, 'after a crash');

# They are prepared before the backup, and while the standby follows.
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('node_1');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
prepare_all($node);
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
unseen($standby, 'on a standby');
kill9_all($node);
$standby->promote;
unseen($standby, 'after a promotion');
end_all($standby, 'after a promotion');
$standby->stop;

done_testing();
