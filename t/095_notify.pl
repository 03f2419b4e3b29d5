# Announcements: each transaction that writes to a stream with a channel sends one notification about
# the stream when it commits, whatever it did, and none when it is rolled back.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = btrdb_node('notify', 'max_prepared_transactions = 5', 'autovacuum = off');
my ($loud, $other, $quiet) = map { "0e000000-0000-0000-0000-00000000000$_" } qw(a b c);
$node->safe_psql('postgres', qq{SELECT btrdb_create('notify', '{"name": "$_"}', stream => '$_')}) foreach $loud, $other, $quiet;
my @all = (TIME_MIN, TIME_MAX);

# Runs a script in a session that listens; returns what it is notified of, "channel what" with
# what put into order, and what it says on stderr.
sub run_listening
{
	my ($script) = @_;
	my ($out, $err) = ('', '');
	my @heard;

	local %ENV = (%ENV, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'postgres');
	IPC::Run::run([ 'psql', '-XAtq' ], '<', \"LISTEN btrdb;\nLISTEN \"Other Channel\";\n$script\n", '>', \$out, '2>', \$err);
	while ($out =~ /^Asynchronous notification "(.*?)" with payload "(.*)" received from server process with PID \d+\.$/mg)
	{
		my ($channel, $payload) = ($1, decode_json($2));

		push @heard, join(' ', $channel eq 'btrdb' ? () : $channel,
			($payload->{stream} eq $loud ? 'loud' : $payload->{stream} eq $other ? 'other' : $payload->{stream}),
			$payload->{version} // 'null', $payload->{buffered} ? 'buffered' : (),
			join('+', @{ $payload->{writes} }), ($payload->{start} // 'null') . '..' . ($payload->{end} // 'null'));
	}
	return (join("\n", @heard), $err);
}

# Tests what a session that listens is notified of.
sub hears
{
	my ($script, $expected, $label) = @_;
	my ($heard, $err) = run_listening($script);

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is($heard . $err, $expected, $label);
}

sub insert
{
	my ($stream, $time) = @_;
	return "SELECT btrdb_insert('$stream', $time, 1);";
}

# Off by default.
hears(insert($loud, 1), '', 'nothing is announced by default');
$node->safe_psql('postgres', "UPDATE btrdb.streams SET channel = 'btrdb' WHERE uuid IN ('$loud', '$other')");

# One write of each kind.
hears(insert($quiet, 1), '', 'of other streams neither');
hears(insert($loud, 2), 'loud null buffered insert 2..3', 'a buffered point');
hears("SELECT btrdb_insert('$loud', ARRAY[30, 10, 20], ARRAY[1, 2, 3]::float8[]);", 'loud null buffered insert 10..31', 'some points');
hears("SELECT btrdb_flush('$loud');", 'loud 11 flush 1..31', 'a flush');
hears("SELECT btrdb_flush('$loud');", '', 'a flush of nothing');
hears("SELECT btrdb_insert('$loud', array_agg(i), array_agg(i)) FROM generate_series(100, 1999) AS i;", 'loud 12 insert 100..2000', 'many points');
hears(insert($loud, 50) . "SELECT btrdb_insert('$loud', array_agg(i), array_agg(i)) FROM generate_series(2000, 3999) AS i;",
	"loud null buffered insert 50..51\nloud 13 insert+flush 50..4000", 'many points that take buffered ones along');
hears("SELECT btrdb_delete('$loud', 0, 25);", 'loud 14 delete 1..25', 'a delete, from the first point on');
hears("SELECT btrdb_delete('$loud', 10000, 20000);", 'loud 15 delete null..null', 'a delete of nothing, which makes a version');
hears("SELECT btrdb_delete('$loud', 5, 5);", '', 'a delete of an empty range, which makes none');
hears("SELECT btrdb_revert('$loud', 11);", 'loud 16 revert 1..4000', 'a revert');
hears("SELECT btrdb_revert('$loud', 10); SELECT btrdb_revert('$loud', 10);", "loud 17 revert 1..31\nloud 18 revert null..null", 'reverts to nothing');
hears("SELECT btrdb_insert('$loud', 7, 7, 'replace'); SELECT btrdb_insert('$loud', ARRAY[6, 7], ARRAY[6, 7], 'retain'); SELECT btrdb_insert('$loud', 7, 8, 'retain');",
	"loud 19 insert 7..8\nloud 20 insert 6..7", 'merge policies: what is stored');
hears("SET btrdb.merge = 'equal'; INSERT INTO btrdb.points VALUES ('$loud', 7, 7), ('$loud', 8, 8), ('$other', 1, 1);",
	"loud 21 insert 8..9\nother 11 insert 1..2", 'INSERT by a merge policy');
$node->safe_psql('postgres', "SELECT btrdb_revert('$loud', 10), btrdb_revert('$other', 10)");
my $v = $node->safe_psql('postgres', "SELECT btrdb_version('$loud')");
hears("SELECT btrdb_prune('$loud', $v); SELECT count(*) FROM btrdb_maintain(); VACUUM btrdb.points; SELECT count(*) FROM btrdb_check();", '',
	'what changes no points is not announced');
hears("SET btrdb.buffer_points = 2; SELECT btrdb_insert('$loud', ARRAY[1, 2], ARRAY[1, 2]::float8[]); " . insert($loud, 3),
	"loud null buffered insert 1..3\nloud @{[$v + 1]} insert+flush 1..4", 'an insert that fills the buffer');
hears("SELECT btrdb_insert('$loud', ARRAY[5, 4], ARRAY[1, 2]::float8[]); SET btrdb.buffer_points = 8; SELECT sum(streams) FROM btrdb_maintain();",
	"loud null buffered insert 4..6\nloud @{[$v + 2]} flush 4..6", 'a flush by maintenance');
hears("SELECT btrdb_insert('$loud', '2024-01-01', 1);", 'loud null buffered insert 1704067200000000000..1704067200000000001', 'nanoseconds of today');

# Rows: INSERT and COPY.
hears("INSERT INTO btrdb.points SELECT s, t, 1 FROM unnest('{$loud,$other,$quiet}'::uuid[]) AS s, generate_series(5, 7) AS t;",
	"loud null buffered insert 5..8\nother null buffered insert 5..8", 'INSERT into several streams');
hears("COPY btrdb.points FROM STDIN;\n$loud\t9\t1\n$quiet\t1\t1\n$loud\t8\t1\n\\.\n", 'loud null buffered insert 8..10', 'COPY');
hears("INSERT INTO btrdb.points VALUES ('$loud', 1, 1); INSERT INTO btrdb.points VALUES ('$loud', 1, 1);",
	"loud null buffered insert 1..2\nloud null buffered insert 1..2", 'each transaction announces, also what another has announced');
my $many = join ', ', map { "'$_'" } map { new_stream($node, "many $_") } 1 .. 200;
$node->safe_psql('postgres', "SELECT btrdb_insert('$loud', 1, 1)");
is($node->safe_psql('postgres', "INSERT INTO btrdb.points SELECT uuid, 5 - t, 1 FROM btrdb.streams, generate_series(1, 3) AS t WHERE uuid IN ($many, '$loud'); SELECT count(*) > 0 FROM btrdb.mixed"),
	't', 'a statement over many streams buffers them together');
hears("INSERT INTO btrdb.points SELECT uuid, 5 - t, 1 FROM btrdb.streams, generate_series(1, 3) AS t WHERE uuid IN ($many, '$loud', '$other');",
	"loud null buffered insert 2..5\nother null buffered insert 2..5", 'a statement over many streams');
hears(insert($loud, 3), 'loud null buffered insert 3..4', 'a point that joins these');
$node->safe_psql('postgres', 'SELECT btrdb_flush()');
my ($heard, $err) = run_listening("SET btrdb.gather_memory = '64kB'; INSERT INTO btrdb.points SELECT '$loud', i, i FROM generate_series(1, 10000) AS i;");
$v = $node->safe_psql('postgres', "SELECT btrdb_version('$loud')");
is($heard . $err, "loud $v buffered insert 1..10001", 'one statement in several parts');

# Transactions: one announcement of a stream for all that was done.
$node->safe_psql('postgres', "SELECT btrdb_revert('$loud', 10), btrdb_revert('$other', 10)");
$v = $node->safe_psql('postgres', "SELECT btrdb_version('$loud')");
hears("BEGIN;" . insert($loud, 5) . insert($loud, 3) . insert($other, 1) . insert($loud, 9) . "COMMIT;",
	"loud null buffered insert 3..10\nother null buffered insert 1..2", 'a transaction');
hears("BEGIN;" . insert($loud, 5) . "ROLLBACK;", '', 'one that is rolled back');
hears("BEGIN;" . insert($loud, 5) . "SELECT 1/0;" . "COMMIT;", "ERROR:  division by zero\n", 'one that fails');
hears("BEGIN;" . insert($loud, 4) . "SELECT btrdb_flush('$loud');" . insert($loud, 20) . "COMMIT;",
	"loud @{[$v + 1]} buffered insert+flush 3..21", 'points after a version wait');
hears("BEGIN; SELECT btrdb_delete('$loud', 4, 5); SELECT btrdb_revert('$loud', " . ($v + 1) . "); COMMIT;",
	"loud @{[$v + 4]} flush+delete+revert 3..21", 'several kinds');
hears("BEGIN;" . insert($loud, 1) . "SAVEPOINT a;" . insert($loud, 100) . insert($other, 100) . "ROLLBACK TO a;" . insert($loud, 2) . "COMMIT;",
	'loud null buffered insert 1..3', 'what is rolled back to a savepoint is not announced');
hears("BEGIN; SAVEPOINT a;" . insert($loud, 1) . "SAVEPOINT b;" . insert($loud, 9) . insert($other, 3) . "RELEASE b; SAVEPOINT c;" . insert($loud, 50) .
	"ROLLBACK TO c;" . insert($other, 1) . "RELEASE a;" . insert($loud, 2) . "COMMIT;",
	"loud null buffered insert 1..10\nother null buffered insert 1..4", 'savepoints within savepoints');
hears("BEGIN; SAVEPOINT a; SAVEPOINT b;" . insert($loud, 1) . "RELEASE b; ROLLBACK TO a; COMMIT;", '', 'released, and rolled back with the outer one');
hears("BEGIN; SAVEPOINT a; SELECT btrdb_flush('$loud'); ROLLBACK TO a; COMMIT;", '', 'a flush that is rolled back');
hears("BEGIN;" . insert($loud, 7) . "SAVEPOINT a; SELECT btrdb_flush('$loud'); RELEASE a; COMMIT;",
	"loud @{[$v + 5]} insert+flush 1..10", 'a version made in a savepoint has what was buffered before');
hears(q{DO $$ BEGIN FOR i IN 1 .. 10 LOOP BEGIN PERFORM btrdb_insert('} . $loud . q{', i, i); IF i % 2 = 0 THEN RAISE EXCEPTION 'no'; END IF;
	EXCEPTION WHEN raise_exception THEN END; END LOOP; END $$;}, 'loud null buffered insert 1..10', 'blocks with exceptions');
hears("CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM btrdb_insert(''$loud'', 77, 1); RETURN NULL; END';
	CREATE TABLE event (t int);
	CREATE CONSTRAINT TRIGGER noted AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION noted();
	INSERT INTO event VALUES (1);", 'loud null buffered insert 77..78', 'deferred triggers');
foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	hears("BEGIN ISOLATION LEVEL $level;" . insert($loud, 7) . "COMMIT;", 'loud null buffered insert 7..8', $level);
}

# Prepared transactions: as with NOTIFY.
($heard, $err) = run_listening("BEGIN;" . insert($loud, 7) . "\\set VERBOSITY sqlstate\nPREPARE TRANSACTION 'loud';");
is($heard . $err, "ERROR:  0A000\n", 'a transaction with something to announce cannot be prepared');
$node->safe_psql('postgres', "BEGIN;" . insert($quiet, 7) . "PREPARE TRANSACTION 'quiet'; COMMIT PREPARED 'quiet'");
$node->safe_psql('postgres', "BEGIN; SAVEPOINT a;" . insert($loud, 7) . "ROLLBACK TO a; PREPARE TRANSACTION 'undone'; COMMIT PREPARED 'undone'");

# The switch: seen by sessions that have written before, and by the transaction itself.
sub elsewhere
{
	my ($sql) = @_;
	return qq{\\! psql -Xqc "$sql"\n};
}
hears(insert($quiet, 1) . "\n" . elsewhere("UPDATE btrdb.streams SET channel = 'btrdb' WHERE uuid = '$quiet'") . insert($quiet, 2) . "\n" .
	elsewhere("UPDATE btrdb.streams SET channel = NULL WHERE uuid = '$quiet'") . insert($quiet, 3), "$quiet null buffered insert 2..3", 'another session turns it on and off');
hears("BEGIN; UPDATE btrdb.streams SET channel = 'btrdb' WHERE uuid = '$quiet';" . insert($quiet, 1) . "COMMIT; UPDATE btrdb.streams SET channel = NULL WHERE uuid = '$quiet';" . insert($quiet, 2),
	"$quiet null buffered insert 1..2", 'a transaction that turns it on');
hears("BEGIN; UPDATE btrdb.streams SET channel = 'btrdb' WHERE uuid = '$quiet';" . insert($quiet, 1) . "ROLLBACK; " . insert($quiet, 2), '', 'one that does so and is rolled back');
hears("UPDATE btrdb.streams SET channel = 'Other Channel' WHERE uuid = '$loud';" . insert($loud, 1), 'Other Channel loud null buffered insert 1..2', 'another channel');
my $fresh = '0e000000-0000-0000-0000-000000000001';
hears(insert($quiet, 1) . "\n" . elsewhere("INSERT INTO btrdb.streams (uuid, collection, channel) VALUES ('$fresh', 'fresh', 'btrdb')") . insert($fresh, 2),
	"$fresh null buffered insert 2..3", 'a stream that is registered with a channel');
hears("BEGIN; INSERT INTO btrdb.streams (uuid, collection, channel) VALUES ('0e000000-0000-0000-0000-000000000002', 'fresh 2', 'btrdb');" .
	insert('0e000000-0000-0000-0000-000000000002', 2) . "COMMIT;", '0e000000-0000-0000-0000-000000000002 null buffered insert 2..3', 'in the same transaction');
$node->safe_psql('postgres', "UPDATE btrdb.streams SET channel = 'btrdb' WHERE uuid = '$loud'");
$node->safe_psql('postgres', "UPDATE btrdb.streams SET channel = NULL WHERE uuid = '$other'");
hears(insert($loud, 1) . insert($other, 1), 'loud null buffered insert 1..2', 'and off again');

# Who only writes need not see btrdb.streams.
$node->safe_psql('postgres', 'CREATE ROLE writer; GRANT INSERT ON btrdb.points TO writer');
hears("SET ROLE writer;" . insert($loud, 4) . "INSERT INTO btrdb.points VALUES ('$loud', 5, 1);",
	"loud null buffered insert 4..5\nloud null buffered insert 5..6", 'a role that may write only');

# Trimmed points: from the first one to the moment.
$node->safe_psql('postgres', "SELECT btrdb_revert('$loud', 10)");
$v = $node->safe_psql('postgres', "SELECT btrdb_version('$loud')");
hears("SELECT btrdb_insert('$loud', array_agg(i), array_agg(i)) FROM generate_series(10, 4095) AS i; SELECT btrdb_trim('$loud', 2048, 8); SELECT btrdb_trim('$loud', 2048, 8);",
	"loud @{[$v + 1]} insert 10..4096\nloud @{[$v + 2]} trim 10..2048", 'a trim, and one of nothing');
# pg_dump would stop at these
$node->safe_psql('postgres', "SELECT btrdb_revert('$loud', 10)");

# Streams that go.
my $span = join '..', @all;
hears("SELECT btrdb_obliterate('$fresh');", "$fresh null obliterate $span", 'btrdb_obliterate');
hears("BEGIN;" . insert('0e000000-0000-0000-0000-000000000002', 2) . "DELETE FROM btrdb.streams WHERE collection LIKE 'fresh%'; COMMIT;",
	"0e000000-0000-0000-0000-000000000002 null insert+obliterate $span", 'DELETE, after a write');

# Dumped and restored with the row.
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored TEMPLATE template0');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('restored'), $dump ], 'pg_restore');
is($node->safe_psql('restored', 'SELECT uuid, channel FROM btrdb.streams WHERE channel IS NOT NULL'), "$loud|btrdb", 'the channel is restored');

# Much at once, in little memory: a transaction of many savepoints, and one of many streams.
$node->safe_psql('postgres', "UPDATE btrdb.streams SET channel = 'btrdb' WHERE uuid IN ($many)");
($heard, $err) = run_listening("INSERT INTO btrdb.points SELECT uuid, 5, 1 FROM btrdb.streams WHERE uuid IN ($many);");
is(scalar(split(/\n/, $heard)), 200, 'a statement over 200 streams with a channel');
($heard, $err) = run_listening(q{DO $$ BEGIN FOR i IN 1 .. 20000 LOOP BEGIN PERFORM btrdb_insert('} . $loud .
	q{', i, i); EXCEPTION WHEN raise_exception THEN END; END LOOP; END $$;});
like($heard . $err, qr/^loud \d+ (buffered )?insert\+flush 1\.\.20001$/, 'many savepoints');

check_is_clean($node, 'at the end');
$node->stop;
unlike(slurp_file($node->logfile), qr/TRAP|PANIC/, 'no assertion failed');
done_testing();
