# Logical replication: a server that publishes all its tables harms nobody, and
# btrdb.points is a target like any other table.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use Test::More;

# Small transactions are decoded as if they were large, and what fails at first
# because something else must come before it is tried again soon.
my @conf = (
	'wal_level = logical',
	'max_wal_senders = 10',
	'max_replication_slots = 10',
	'max_prepared_transactions = 5',
	'wal_retrieve_retry_interval = 100ms',
	'logical_decoding_work_mem = 64kB',
	'autovacuum = off');
my $publisher = btrdb_node('publisher', @conf);
my $subscriber = btrdb_node('subscriber', @conf);

# A server without the extension.
my $plain = PostgreSQL::Test::Cluster->new('plain');
$plain->init;
$plain->append_conf('postgresql.conf', join("\n", @conf));
$plain->start;

my $connection = $publisher->connstr('postgres') =~ s/'/''/gr;
my $subscribe = "CREATE SUBSCRIPTION %s CONNECTION '$connection' PUBLICATION %s";
my ($a, $b, $c, $own) = map { "62000000-0000-0000-0000-00000000000$_" } qw(a b c 1);
my $values = "btrdb_values(uuid, ${\TIME_MIN}, ${\TIME_MAX})";

# All points of some streams, as queries of the table and as functions give them.
sub points
{
	my ($node, @streams) = @_;
	my $list = join(', ', map { "'$_'" } @streams);

	return $node->safe_psql('postgres', qq{
SELECT count(*), md5(string_agg(concat_ws(' ', stream, time, value), ',' ORDER BY stream, time, value)) FROM btrdb.points WHERE stream IN ($list)});
}

# Waits until everything that the publisher has committed is applied.
sub catch_up
{
	my ($name) = @_;

	$publisher->wait_for_catchup($name, 'replay', $publisher->lsn('insert'));
	return;
}

# A stream in the tree and in the buffer, one in the buffer, an empty one; a table.
$publisher->safe_psql('postgres', qq{
SELECT btrdb_create('logical', '{"name": "a"}', '{"note": 1}', '$a'), btrdb_create('logical', '{"name": "b"}', stream => '$b'),
	btrdb_create('logical', '{"name": "empty"}', stream => '$c');
SELECT btrdb_insert('$a', array_agg(i * 1000), array_agg(sin(i))) FROM generate_series(1::bigint, 30000) AS i;
SELECT btrdb_delete('$a', 5000, 9000), btrdb_insert('$a', 7, 7), btrdb_insert('$b', ARRAY[1, 2, 2], ARRAY[1, 2, 3]);
CREATE TABLE t (a int PRIMARY KEY);
INSERT INTO t VALUES (1);
CREATE PUBLICATION everything FOR ALL TABLES;
});
like(points($publisher, $a, $b), qr/^30000\|/, 'there is something to copy');

# ---- a subscriber without btrdb ----

$plain->safe_psql('postgres', 'CREATE TABLE t (a int PRIMARY KEY)');
my ($rc, $out, $err) = $plain->psql('postgres', sprintf($subscribe, 'plain', 'everything'));
like($err, qr/schema "btrdb" does not exist/, 'a subscriber without tables of these names is told at once');

# Tables of the same columns, as every subscriber needs them.
my $tables = $publisher->safe_psql('postgres', q{
SELECT format('CREATE TABLE btrdb.%I (%s%s);', relname,
	string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum) FILTER (WHERE attgenerated = ''),
	(SELECT ', ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p'))
FROM pg_class AS c JOIN pg_attribute AS a ON attrelid = c.oid AND attnum > 0
WHERE relnamespace = 'btrdb'::regnamespace AND relkind = 'r' GROUP BY c.oid, relname});
$plain->safe_psql('postgres', "CREATE SCHEMA btrdb; $tables");
$plain->safe_psql('postgres', sprintf($subscribe, 'plain', 'everything'));
$plain->wait_for_subscription_sync($publisher, 'plain');
is(points($plain, $a, $b), points($publisher, $a, $b), 'a server without btrdb has a copy of the points');

# ---- a subscriber with btrdb ----

$subscriber->safe_psql('postgres', qq{
CREATE TABLE t (a int PRIMARY KEY);
SELECT btrdb_create('own', stream => '$own');
SELECT btrdb_insert('$own', array_agg(i), array_agg(i)) FROM generate_series(1::bigint, 5000) AS i;
SELECT btrdb_insert('$own', 1, 1);
});
my $own_points = points($subscriber, $own);
$subscriber->safe_psql('postgres', sprintf($subscribe, 'everything', 'everything'));
$subscriber->wait_for_subscription_sync($publisher, 'everything');
is(points($subscriber, $a, $b), points($publisher, $a, $b), 'a server with btrdb has a copy of the points');
is(points($subscriber, $own), $own_points, 'and its own');
my $streams = "SELECT uuid, collection, tags, annotations, name, unit, property_version, extract(epoch FROM created) FROM btrdb.streams WHERE uuid <> '$own' ORDER BY uuid";
is($subscriber->safe_psql('postgres', $streams), $publisher->safe_psql('postgres', $streams), 'and the streams');
check_is_clean($subscriber, 'after the first copy');

# Both write to the same streams from here on; rows of versions, buffer, heads and
# garbage come and go on the publisher under the same keys.
$subscriber->safe_psql('postgres', qq{
SELECT btrdb_insert('$b', array_agg(i), array_agg(i)) FROM generate_series(1::bigint, 2000) AS i;
SELECT btrdb_insert('$b', 1, 1);
SELECT btrdb_insert('$c', array_agg(i), array_agg(i)) FROM generate_series(1::bigint, 2000) AS i;
SELECT btrdb_delete('$c', 1, 10);
});
my $internal = q{
SELECT (SELECT string_agg(v::text, ' ' ORDER BY v::text) FROM btrdb.versions AS v), (SELECT string_agg(b::text, ' ' ORDER BY b::text) FROM btrdb.buffer AS b),
	(SELECT string_agg(h::text, ' ' ORDER BY h::text) FROM btrdb.heads AS h), (SELECT string_agg(g::text, ' ' ORDER BY g::text) FROM btrdb.garbage AS g)};
my $before = $subscriber->safe_psql('postgres', $internal);
my $changes = qq{
SELECT btrdb_insert('$b', array_agg(i), array_agg(-i)) FROM generate_series(1::bigint, 3000) AS i;
SELECT btrdb_delete('$b', 1, 100), btrdb_insert('$b', 5, 5), btrdb_flush('$b');
SELECT btrdb_insert('$c', array_agg(i), array_agg(-i)) FROM generate_series(1::bigint, 3000) AS i;
SELECT btrdb_revert('$c', 10), btrdb_revert('$c', 11), btrdb_prune('$c', 13), btrdb_prune('$b', 13);
};
$publisher->safe_psql('postgres', $changes);
$publisher->safe_psql('postgres', 'VACUUM btrdb.points');
$publisher->safe_psql('postgres', q{
SELECT * FROM btrdb_maintain();
UPDATE btrdb.streams SET annotations = '{"note": 2}', tags = tags || '{"unit": "V"}' WHERE name = 'a';
SELECT btrdb_create('logical', '{"name": "later"}');
INSERT INTO t SELECT generate_series(2, 1000);
UPDATE t SET a = a + 10000 WHERE a > 900;
DELETE FROM t WHERE a < 10;
});
foreach my $node ([ $plain, 'plain' ], [ $subscriber, 'everything' ])
{
	my ($server, $name) = @$node;

	catch_up($name);
	is($server->safe_psql('postgres', 'SELECT count(*), sum(a) FROM t'),
		$publisher->safe_psql('postgres', 'SELECT count(*), sum(a) FROM t'), "$name: the table follows");
	is($server->safe_psql('postgres', 'SELECT apply_error_count FROM pg_stat_subscription_stats'), '0', "$name: the apply worker did not fail");
	is(points($server, $a), points($publisher, $a), "$name: points do not come twice");
}
is($subscriber->safe_psql('postgres', $internal), $before, 'rows that point into the store are those of the subscriber');
is($subscriber->safe_psql('postgres', $streams), $publisher->safe_psql('postgres', $streams), 'streams follow');
is($subscriber->safe_psql('postgres', "SELECT btrdb_count('$b'), btrdb_count('$c')"),
	'2004|1991', 'points that are written do not');
check_is_clean($subscriber, 'after changes of all tables');

# A stream that is removed goes with the points that each server has of it.
my $gone = '62000000-0000-0000-0000-0000000000ff';
$publisher->safe_psql('postgres', qq{SELECT btrdb_create('logical', '{"name": "gone"}', stream => '$gone'); SELECT btrdb_insert('$gone', 1, 1)});
catch_up('everything');
$subscriber->safe_psql('postgres', qq{
SELECT btrdb_insert('$gone', array_agg(i), array_agg(i)) FROM generate_series(1::bigint, 2000) AS i;
SELECT btrdb_insert('$gone', 1, 1);
});
$publisher->safe_psql('postgres', "SELECT btrdb_obliterate('$gone')");
catch_up($_) foreach qw(plain everything);
is($subscriber->safe_psql('postgres', qq{
SELECT (SELECT count(*) FROM btrdb.streams WHERE uuid = '$gone'), (SELECT count(*) FROM btrdb.versions WHERE stream = '$gone'),
	(SELECT count(*) FROM btrdb.buffer WHERE stream = '$gone'), (SELECT count(*) FROM btrdb.retired WHERE stream = '$gone')}),
	'0|0|0|1', 'a removed stream is removed');
is($subscriber->safe_psql('postgres', 'SELECT apply_error_count FROM pg_stat_subscription_stats'), '0', 'without an error');
check_is_clean($subscriber, 'after that');

# TRUNCATE is a row of the log like that of any table.
$publisher->safe_psql('postgres', 'TRUNCATE btrdb.points');
catch_up('everything');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM btrdb.points'), '0', 'TRUNCATE comes through');
check_is_clean($subscriber, 'after TRUNCATE');
$subscriber->safe_psql('postgres', 'DROP SUBSCRIPTION everything');
$plain->safe_psql('postgres', 'DROP SUBSCRIPTION plain');

# ---- as a target ----

# An ordinary table of the same name, with points from before.
$publisher->safe_psql('postgres', q{DROP PUBLICATION everything; CREATE DATABASE source});
$connection = $publisher->connstr('source') =~ s/'/''/gr;
$subscribe = "CREATE SUBSCRIPTION %s CONNECTION '$connection' PUBLICATION %s";
$publisher->safe_psql('source', qq{
CREATE SCHEMA btrdb;
CREATE TABLE btrdb.points (stream uuid, time bigint, value float8);
INSERT INTO btrdb.points SELECT CASE i % 3 WHEN 0 THEN '$a' ELSE '$b' END::uuid, i, sin(i) FROM generate_series(1, 200000) AS i;
CREATE PUBLICATION points FOR TABLE btrdb.points;
});

# Points of the source and of the subscriber.
sub is_applied
{
	my ($label) = @_;
	my $query = q{SELECT stream, count(*), md5(string_agg(time || '=' || value, ',' ORDER BY time, value)) FROM btrdb.points GROUP BY stream ORDER BY stream};

	$publisher->wait_for_catchup('points', 'replay',
		$publisher->safe_psql('source', 'SELECT pg_current_wal_insert_lsn()'));
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	is($subscriber->safe_psql('postgres', $query), $publisher->safe_psql('source', $query), $label);
	return;
}

$subscriber->safe_psql('postgres', sprintf($subscribe, 'points', 'points') . ' WITH (streaming = on, two_phase = on, binary = on)');
$subscriber->wait_for_subscription_sync($publisher, 'points');
is_applied('the first copy');
ok($subscriber->poll_query_until('postgres', q{SELECT subtwophasestate = 'e' FROM pg_subscription}), 'two-phase commit is on');

# Small transactions; savepoints.
$publisher->safe_psql('source', "INSERT INTO btrdb.points VALUES ('$c', 1, 1)") foreach 1 .. 3;
$publisher->safe_psql('source', qq{
BEGIN;
INSERT INTO btrdb.points VALUES ('$c', 2, 1);
SAVEPOINT s;
INSERT INTO btrdb.points VALUES ('$c', 3, 1);
ROLLBACK TO s;
INSERT INTO btrdb.points VALUES ('$c', 4, 1);
RELEASE s;
COMMIT;
});
is_applied('small transactions');

# Large transactions, which are streamed before they commit.
$publisher->safe_psql('source', qq{
BEGIN;
INSERT INTO btrdb.points SELECT CASE i % 2 WHEN 0 THEN '$a' ELSE '$c' END::uuid, 1000000 + i, i FROM generate_series(1, 20000) AS i;
SAVEPOINT s;
INSERT INTO btrdb.points SELECT '$a', 2000000 + i, i FROM generate_series(1, 10000) AS i;
ROLLBACK TO s;
INSERT INTO btrdb.points SELECT '$b', 3000000 + i, i FROM generate_series(1, 10000) AS i;
COMMIT;
BEGIN;
INSERT INTO btrdb.points SELECT '$a', 4000000 + i, i FROM generate_series(1, 10000) AS i;
ROLLBACK;
});
is_applied('a large transaction with a savepoint, and one that is rolled back');
cmp_ok($publisher->safe_psql('source', "SELECT stream_txns FROM pg_stat_replication_slots WHERE slot_name = 'points'"),
	'>=', 1, 'it was streamed');

# What is applied is applied once, also if the subscriber stops at once.
crash($subscriber);
$publisher->safe_psql('source', "INSERT INTO btrdb.points SELECT '$c', 4500000 + i, i FROM generate_series(1, 2000) AS i");
is_applied('changes before and after an immediate stop of the subscriber');

# Prepared transactions.
$publisher->safe_psql('source', "BEGIN; INSERT INTO btrdb.points SELECT '$c', 5000000 + i, i FROM generate_series(1, 2000) AS i; PREPARE TRANSACTION 'p'");
is_applied('a prepared transaction is not seen');
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM pg_prepared_xacts'), '1', 'and is prepared');
$publisher->safe_psql('source', q{COMMIT PREPARED 'p'});
is_applied('until it is committed');

# A stream that is not there: the worker tries until it is.
my $later = '62000000-0000-0000-0000-00000000000f';
my $offset = -s $subscriber->logfile;
$publisher->safe_psql('source', "INSERT INTO btrdb.points VALUES ('$a', -1, 1), ('$later', 1, 1)");
$subscriber->wait_for_log(qr/stream "$later" does not exist/, $offset);
is($subscriber->safe_psql('postgres', "SELECT count(*) FROM btrdb.points WHERE time = -1"), '0', 'nothing of a transaction that fails');
$subscriber->safe_psql('postgres', "SELECT btrdb_create('later', stream => '$later')");
is_applied('everything when the stream is there');

# An update has no meaning here: the worker says what to do and waits for it.
$offset = -s $subscriber->logfile;
$publisher->safe_psql('source', 'ALTER TABLE btrdb.points REPLICA IDENTITY FULL; UPDATE btrdb.points SET value = 2 WHERE time = -1');
$subscriber->wait_for_log(qr/HINT: .*publish = 'insert, truncate'/, $offset);
pass('an update is refused with a hint');
$subscriber->safe_psql('postgres', 'ALTER SUBSCRIPTION points DISABLE');

check_is_clean($subscriber, 'after replication');
$_->stop foreach $plain, $subscriber, $publisher;

done_testing();
