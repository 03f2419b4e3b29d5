# VACUUM of btrdb.points: what it visits, what it gives back, what it never does, and
# that it may be killed anywhere.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbPage;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

test_seed();
my $node = btrdb_node('vacuum', 'autovacuum = off', 'shared_buffers = 64MB', 'max_wal_senders = 5');

# Returns SQL that inserts $n points into a stream from time $from on, in one batch.
sub insert_sql
{
	my ($s, $from, $n) = @_;

	return "SELECT btrdb_insert('$s', array_agg(i * 1000::bigint), array_agg(random())) "
	  . "FROM generate_series($from, $from + $n - 1) i";
}

# Vacuums and returns what VERBOSE said, as a hash.
sub vacuum
{
	my ($options, $server) = @_;
	my ($rc, $out, $err) = ($server // $node)->psql('postgres', "VACUUM (" . join(', ', 'VERBOSE', $options || ()) . ') btrdb.points');
	my %said;

	is($rc, 0, "VACUUM ($options)") or diag($err);
	@said{qw(visited pages freed removed settled owned empty truncated frozen)} =
	  $err =~ /visited (\d+) of (\d+) pages\n.*DETAIL:  Nodes: (\d+) .*, (\d+) .*\nPages: (\d+) settled, (\d+) .*, (\d+) found .*, (\d+) given back.*\n.*: (\d+)\.$/m;
	ok(defined $said{frozen}, 'VERBOSE says what was done') or diag($err);
	return \%said;
}

# A VACUUM after which no page is marked but those of running transactions.
sub settle
{
	vacuum('');
	$node->safe_psql('postgres', 'CHECKPOINT');
	return vacuum('');
}

# Pages of btrdb.points that sessions have asked for.
sub page_accesses
{
	return $node->safe_psql('postgres',
		q{SELECT heap_blks_hit + heap_blks_read FROM pg_statio_all_tables WHERE relid = 'btrdb.points'::regclass});
}

sub size
{
	return $node->safe_psql('postgres', q{SELECT pg_relation_size('btrdb.points') / 8192});
}

sub points_file
{
	return $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
}

# ---- the cost ----

my $s = new_stream($node, 'a');
my %cost;
foreach my $n (500000, 2000000)
{
	$node->safe_psql('postgres', insert_sql($s, $_ * 500000, 500000)) foreach 1 .. $n / 500000;
	settle();
	my $rest = vacuum('');
	is($rest->{visited}, 0, "of $rest->{pages} pages, none is visited if nothing has changed");

	# ten small writes change some pages
	$node->safe_psql('postgres', insert_sql($s, 600000 + 7000 * $_, 1500)) foreach 1 .. 10;
	my $before = page_accesses();
	my $some = vacuum('');
	$cost{$n} = page_accesses() - $before;
	cmp_ok($some->{visited}, '<=', 100, "after ten writes, a few are visited ($some->{visited})");
	cmp_ok($some->{settled}, '>=', 3, "and settled ($some->{settled})");
	cmp_ok($cost{$n}, '<=', 20 * $some->{visited} + 50, "pages accessed ($cost{$n})");
	is(vacuum('DISABLE_PAGE_SKIPPING')->{visited}, $some->{pages} - 2, 'all are visited if one says so');
}
cmp_ok($cost{2000000}, '<=', 2 * $cost{500000} + 50, 'the cost does not depend on the size of the store');

# Without a free space map everything is looked at, once.
my $file = points_file();
$node->stop;
unlink("${file}_fsm") or die "could not remove the free space map: $!";
$node->start;
my $all = vacuum('');
is($all->{visited}, $all->{pages} - 2, 'all pages are visited if the free space map is lost');
settle();
is(vacuum('')->{visited}, 0, 'but once');

# ---- how far relfrozenxid advances ----

sub frozen
{
	return $node->safe_psql('postgres', q{SELECT relfrozenxid FROM pg_class WHERE oid = 'btrdb.points'::regclass});
}

my $other = new_stream($node, 'b');
my $prepared = $node->safe_psql('postgres',
	"BEGIN; " . insert_sql($other, 1, 20000) . "; SELECT pg_current_xact_id(); PREPARE TRANSACTION 'holder'");
($prepared) = $prepared =~ /(\d+)$/;
$node->safe_psql('postgres', insert_sql($s, 1, 5000)) foreach 1 .. 3;
my $held = vacuum('');
cmp_ok($held->{owned}, '>', 0, 'pages of a prepared transaction stay as they are');
cmp_ok(frozen(), '<=', $prepared, 'relfrozenxid stays behind it');
is(frozen(), $held->{frozen}, 'and is what VERBOSE says');
$node->safe_psql('postgres', "ROLLBACK PREPARED 'holder'");
my $released = vacuum('');
cmp_ok($released->{removed}, '>', 10, 'its nodes are removed when it is rolled back');
cmp_ok(frozen(), '>', $prepared, 'relfrozenxid advances then');
is(vacuum('INDEX_CLEANUP on, PARALLEL 2, FREEZE, ANALYZE')->{owned}, 0, 'other options do no harm');
is($node->safe_psql('postgres',
	q{SELECT n_live_tup > 1000000, n_dead_tup FROM pg_stat_all_tables WHERE relid = 'btrdb.points'::regclass}),
	't|0', 'live and dead rows in the statistics');
check_is_clean($node, 'after VACUUM beside a prepared transaction');

# ---- the end of the file ----

my $content = "SELECT count(*), bit_xor(hashint8extended(time, 0) # hashfloat8extended(value, time)) FROM btrdb_values('$s', ${\TIME_MIN}, ${\TIME_MAX})";
my $before = $node->safe_psql('postgres', $content);
my $filler = $node->background_psql('postgres');
$filler->query_safe("SELECT btrdb_count('$s')");
my $reader = $node->background_psql('postgres');
$filler->query_safe('BEGIN; ' . insert_sql($other, 1, 900000) . '; ROLLBACK');
my $long = size();

$reader->query_safe("BEGIN; DECLARE c CURSOR FOR SELECT * FROM btrdb.points WHERE stream = '$s'; FETCH 1000 FROM c");
is(vacuum('')->{truncated}, 0, 'nothing is given back while a cursor is open');
is($reader->query_safe("FETCH 1 FROM c") ne '', 1, 'the cursor reads on');
$reader->query_safe('COMMIT');
is(vacuum('TRUNCATE off')->{truncated}, 0, 'nor if one says so');
$node->safe_psql('postgres', 'ALTER TABLE btrdb.points SET (vacuum_truncate = off)');
is(vacuum('')->{truncated}, 0, 'nor if the table says so');
$node->safe_psql('postgres', 'ALTER TABLE btrdb.points RESET (vacuum_truncate)');
my $cut = vacuum('');
cmp_ok($cut->{truncated}, '>', 100, "empty pages at the end are given back ($cut->{truncated})");
is(size(), $long - $cut->{truncated}, 'the file is shorter');
is($node->safe_psql('postgres', q{SELECT relpages FROM pg_class WHERE oid = 'btrdb.points'::regclass}),
	size(), 'and relpages says so');

# Sessions that knew the longer file, one of which was filling a page of it.
is($reader->query_safe($content), $before, 'another session reads the same');
$filler->query_safe(insert_sql($other, 1, 30000));
is($filler->query_safe("SELECT btrdb_count('$other')"), '30000', 'another session writes on');
$filler->quit;
$reader->quit;
is($node->safe_psql('postgres', $content), $before, 'nothing is lost');
check_is_clean($node, 'after the file was cut');
crash($node);
is($node->safe_psql('postgres', $content), $before, 'nor in a crash');
check_is_clean($node, 'after a crash');

# A few empty pages are not worth it.
$node->safe_psql('postgres', 'BEGIN; ' . insert_sql($other, 1, 3000) . '; ROLLBACK');
is(vacuum('')->{truncated}, 0, 'a few pages stay');

# ---- more pages than one map page is about ----

# Zeroes, as if the store had been extended and nothing been written.
$node->stop;
truncate($file, BtrdbPage::MAP_BLOCKS * 8192) or die "could not extend $file: $!";
$node->start;
$node->safe_psql('postgres', 'BEGIN; ' . insert_sql($other, 100000, 500000) . '; SAVEPOINT x; '
	  . insert_sql($other, 1000000, 50000) . '; ROLLBACK TO x; COMMIT');
cmp_ok(size(), '>', BtrdbPage::MAP_BLOCKS + 100, 'the store has a second map page');
$node->stop;
my $store = BtrdbPage->open($file);
my @owned = grep { $store->get_page($_, 'owner') != 0 } BtrdbPage::MAP_BLOCKS + 2 .. $store->nblocks - 1;
cmp_ok(scalar @owned, '>', 100, 'nodes are on pages after it');
is_deeply([ grep { !$store->is_marked($_) } @owned ], [], 'which are marked');
undef $store;
$node->start;
check_is_clean($node, 'with two map pages');
cmp_ok(vacuum('')->{settled}, '>=', scalar @owned, 'VACUUM finds them');
check_is_clean($node, 'after VACUUM with two map pages');
$node->safe_psql('postgres', "SELECT btrdb_delete('$other', ${\TIME_MIN}, ${\TIME_MAX}), btrdb_prune('$other', btrdb_version('$other') + 1)");
$cut = vacuum('DISABLE_PAGE_SKIPPING');
cmp_ok($cut->{truncated}, '>', 60000, 'the second map page is given back with what it was about');
is($node->safe_psql('postgres', $content), $before, 'nothing else is');
cmp_ok(size(), '<', 20000, 'the file is short again');
check_is_clean($node, 'after the second map page was cut off');

# ---- no row is written ----

# Makes VACUUM wait at a point; returns its session.
my $continue = $node->data_dir . '/btrdb_debug_continue';

sub start_vacuum
{
	my ($point) = @_;
	my ($out, $err) = ('', '');

	unlink $continue;
	my $session = IPC::Run::start(
		[
			'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', "SET btrdb.debug_points = '$point'",
			'-c', 'VACUUM btrdb.points'
		],
		'<', \undef, '>', \$out, '2>', \$err);
	ok($node->poll_query_until('postgres',
		q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Extension' AND query LIKE 'VACUUM%'}),
		"VACUUM waits at \"$point\"") or die 'it does not';
	return $session;
}

sub go_on
{
	my ($session) = @_;

	append_to_file($continue, '');
	$session->finish;
	unlink $continue;
	return;
}

# Leaves garbage of both kinds behind: of pruned versions, and of an aborted transaction.
sub make_garbage
{
	my ($stream, $n) = @_;

	$node->safe_psql('postgres',
		insert_sql($stream, 1, $n) . '; '
		  . "SELECT btrdb_delete('$stream', ${\TIME_MIN}, ${\TIME_MAX}); SELECT btrdb_prune('$stream', btrdb_version('$stream'));"
		  . 'BEGIN; ' . insert_sql($stream, 1, $n) . '; ROLLBACK');
	return;
}

# In a small store a few hundred pages are worth giving back.
$node->safe_psql('postgres', "SELECT btrdb_delete('$s', ${\TIME_MIN}, ${\TIME_MAX}), btrdb_prune('$s', btrdb_version('$s') + 1)");
vacuum('');
cmp_ok(size(), '<', 1000, 'the store is small');

my $kept = new_stream($node, 'kept');
my $gone = new_stream($node, 'gone');
$node->safe_psql('postgres', insert_sql($kept, 1, 3000));
foreach my $point ('children', 'unnoted', 'freed', 'visited')
{
	my $count = $node->safe_psql('postgres', "SELECT btrdb_count('$kept')");

	make_garbage($gone, 150000);
	my $session = start_vacuum($point);

	# Whatever VACUUM's own transaction had written, these snapshots would ignore it for good.
	$node->safe_psql('postgres', insert_sql($kept, 1000000 * $count, 2000) . "; SELECT btrdb_insert('$kept', 1, 1)");
	is($node->safe_psql('postgres', "SELECT btrdb_count('$kept')"), $count + 2001, "$point: rows are seen while VACUUM works");
	check_is_clean($node, "while VACUUM waits at \"$point\"");
	go_on($session);
	is($node->safe_psql('postgres', "SELECT btrdb_count('$kept')"), $count + 2001, "$point: and afterwards");
	check_is_clean($node, "after VACUUM had waited at \"$point\"");
}

# The log of a VACUUM that frees, settles and cuts.
make_garbage($gone, 500000);
my $start = $node->safe_psql('postgres', 'SELECT pg_switch_wal(); SELECT pg_current_wal_insert_lsn()') =~ s/.*\n//sr;
$cut = vacuum('');
my $end = $node->safe_psql('postgres', 'SELECT pg_current_wal_insert_lsn()');
cmp_ok($cut->{$_}, '>', 10, "a VACUUM with work to do: $_ $cut->{$_}") foreach qw(freed removed settled truncated);
$node->safe_psql('postgres', 'SELECT pg_switch_wal()');
my ($dump, $errors) = run_command([ 'pg_waldump', '--path', $node->data_dir . '/pg_wal', '--start', $start, '--end', $end ]);
like($dump, qr/rmgr: Generic .*rel /, 'its log has changes of the store');
my @rows = grep { /rmgr: (Heap|Heap2|Transaction) / && !/desc: (INPLACE|PRUNE|CLEAN|VACUUM|VISIBLE|FREEZE|INVALIDATION|COMMIT)/ } split /\n/, $dump;
is_deeply(\@rows, [], 'and inserts, updates or deletes no row');
is_deeply([ grep { /rmgr: (Btree|Hash|Gin|Gist|SPGist|BRIN|Sequence|MultiXact) / && !/REUSE_PAGE/ } split /\n/, $dump ], [], 'nor any entry of an index');

# ---- a crash at every point ----

my $kept_content = "SELECT count(*), md5(string_agg(p::text, ',')) FROM btrdb_values('$kept', ${\TIME_MIN}, ${\TIME_MAX}) p";
$before = $node->safe_psql('postgres', $kept_content);
foreach my $point ('children', 'unnoted', 'freed', 'settled', 'visited', 'truncate')
{
	foreach my $kind ('kill -9', 'immediate stop')
	{
		make_garbage($gone, 400000);
		my $pages = size();
		my $session = start_vacuum($point);
		if ($kind eq 'kill -9')
		{
			kill9_all($node);
			$session->finish;
			start_again($node);
		}
		else
		{
			$node->stop('immediate');
			$session->finish;
			$node->start;
		}
		check_is_clean($node, "after $kind at \"$point\"");
		is($node->safe_psql('postgres', $kept_content), $before, "$kind at \"$point\": nothing is lost");
		my $second = vacuum('');
		check_is_clean($node, "after the VACUUM after $kind at \"$point\"");
		cmp_ok($second->{truncated} + $second->{empty}, '>', 50, "$kind at \"$point\": the second VACUUM finds what is left");
		cmp_ok(size(), '<', $pages, "$kind at \"$point\": and gives it back");
	}
}
settle();
$file = points_file();
$node->stop;
is(scalar(BtrdbPage->open($file)->nodes(pack('H*', $gone =~ s/-//gr))), 0, 'no node of what was pruned is left');
$node->start;

# ---- beside writers ----

# Each writes small batches, of which every third is rolled back; VACUUM and checkpoints go
# on as long as they do, so that marks come and go all the time.
my @writers = map { new_stream($node, "writer $_") } 1 .. 3;
my @sessions;
foreach my $writer (@writers)
{
	my ($out, $err) = ('', '');

	push @sessions, [ \$err, IPC::Run::start(
		[ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', qq{
DO \$\$
BEGIN
	FOR k IN 1 .. 1200 LOOP
		PERFORM btrdb_insert('$writer', array_agg(k * 10000 + i), array_agg(random())) FROM generate_series(1, 1100) i;
		IF k % 3 = 0 THEN
			ROLLBACK;
		ELSE
			COMMIT;
		END IF;
		IF k % 50 = 0 THEN
			PERFORM btrdb_prune('$writer', btrdb_version('$writer'));
			COMMIT;
		END IF;
	END LOOP;
END
\$\$} ], '<', \undef, '>', \$out, '2>', \$err) ];
}
my $rounds = 0;
my $visited = 0;
my $busy = q{SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%FOR k IN%' AND pid <> pg_backend_pid()};
do
{
	my ($rc, $out, $err) = $node->psql('postgres', 'VACUUM (VERBOSE) btrdb.points');

	$visited += $1 if $err =~ /visited (\d+) of/;
	$node->safe_psql('postgres', 'CHECKPOINT');
	$node->safe_psql('postgres', 'VACUUM btrdb.points');
	check_is_clean($node, 'beside writers') if $rounds++ % 5 == 0;
} while ($node->safe_psql('postgres', $busy) > 0);
foreach my $session (@sessions)
{
	$session->[1]->finish;
	is(${ $session->[0] }, '', 'a writer has no error');
}
cmp_ok($visited, '>', 100, "$rounds times two VACUUMs beside writers ($visited pages visited by the first)");
is($node->safe_psql('postgres', "SELECT btrdb_count('$_')"), 800 * 1100, 'every point that was committed is there') foreach @writers;
crash($node);
check_is_clean($node, 'after VACUUMs beside writers and a crash');

$node->stop;

done_testing();
