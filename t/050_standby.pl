# A streaming standby: replay gives the same pages, and the same answers.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);

# Replay compares each page with an image of it.  Without full-page writes, images
# don't stand in for records that say too little.
$primary->append_conf('postgresql.conf', q{
full_page_writes = off
log_statement = none
shared_buffers = 16MB
wal_consistency_checking = all
max_prepared_transactions = 5
});
$primary->start;
$primary->safe_psql('postgres', 'CREATE EXTENSION btrdb');
$primary->backup('base');

my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

my @streams = map { new_stream($primary, "s$_") } 1 .. 4;

# Everything that queries can tell about a stream.
sub digest
{
	my ($node, $s) = @_;
	my $all = "${\TIME_MIN}, ${\TIME_MAX}";

	return $node->safe_psql('postgres', qq{
SELECT 'version ' || btrdb_version('$s');
SELECT 'values ' || ver || ' ' || count(*) || ' ' || md5(string_agg(float8send(value)::text || time, ',' ORDER BY n))
	FROM (SELECT version FROM btrdb_versions('$s') UNION SELECT 0) v (ver)
	CROSS JOIN LATERAL btrdb_values('$s', $all, ver) WITH ORDINALITY AS p (time, value, n)
	GROUP BY ver ORDER BY ver;
SELECT version, count, earliest, latest, btrdb_stat('$s', $all, version) FROM btrdb_versions('$s');
SELECT md5(string_agg(w::text, ',')) FROM btrdb_windows('$s', 0, 100000000, 12345) w;
SELECT md5(string_agg(w::text, ',')) FROM btrdb_aligned_windows('$s', 0, 100000000, 14) w;
SELECT md5(string_agg(r::text, ',')) FROM btrdb_rows('{$s,$s}', $all, 100, ARRAY[btrdb_version('$s'), 0]) r;
SELECT btrdb_pin('{$s}');
SELECT md5(string_agg(w::text, ',')) FROM btrdb_windows('$s', 0, 100000000, 345, fill => 'linear') w;
SELECT md5(string_agg(m::text, ',')) FROM btrdb_minmax('$s', 0, 100000000, 77) m;
SELECT md5(string_agg(l::text, ',')) FROM btrdb_lttb('$s', 0, 100000000, 77) l;
SELECT md5(btrdb_plot('$s'));
SELECT * FROM btrdb_nearest('$s', 5000);
SELECT * FROM btrdb_changes('$s', 0);
SELECT md5(string_agg(g::text, ',')) FROM btrdb_gaps('$s', 0, 100000000, 1000) g;
SELECT * FROM btrdb_last_crossing('$s', 0, 100000000, 0.99);
SELECT * FROM btrdb_asof('$s', ARRAY[5000, 7, 6000], 'nearest');
SELECT btrdb_integral('$s', 0, 100000000);
SELECT md5(string_agg(r::text, ',')) FROM btrdb_rate('$s', 0, 100000000, 12345) r;
});
}

# Waits for the standby and compares all streams.
sub same_answers
{
	my ($label) = @_;

	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	is(digest($standby, $_), digest($primary, $_), "standby answers as the primary $label")
	  foreach @streams;
	check_is_clean($standby, "on the standby $label");
	return;
}

sub insert
{
	my ($s, $n, $step) = @_;

	return "SELECT btrdb_insert('$s', array_agg((i * $step)::bigint ORDER BY random()), array_agg(random())) FROM generate_series(1, $n) i;\n";
}

$primary->safe_psql('postgres', insert($streams[0], 50000, 1000) . insert($streams[1], 100, 7));
same_answers('after inserts');

$primary->safe_psql('postgres',
	insert($streams[0], 2000, 777)
	  . insert($streams[2], 10000, 0)
	  . "SELECT btrdb_delete('$streams[0]', 3000, 20000000);\n"
	  . "SELECT btrdb_flush('$streams[1]');\n"
	  . insert($streams[1], 30, 3)
	  . "SELECT btrdb_revert('$streams[0]', 11);\n");
same_answers('after delete, flush and revert');

# Rolled back nodes take room on pages, which others use later.
$primary->safe_psql('postgres',
	"BEGIN;\n" . insert($streams[3], 20000, 10) . "ROLLBACK;\n"
	  . "BEGIN;\n" . insert($streams[3], 3000, 10) . "SAVEPOINT s;\n" . insert($streams[3], 5000, 3) . "ROLLBACK TO s;\n"
	  . insert($streams[3], 1100, 7) . "COMMIT;\n"
	  . "BEGIN;\n" . insert($streams[2], 5000, 11) . "PREPARE TRANSACTION 'p';\n"
	  . insert($streams[0], 5000, 13));
same_answers('after rollbacks and a prepared transaction');
$primary->safe_psql('postgres', "VACUUM; COMMIT PREPARED 'p'; VACUUM;\n" . insert($streams[2], 5000, 11));
same_answers('after VACUUM');

$primary->safe_psql('postgres', "BEGIN; TRUNCATE btrdb.points;\n" . insert($streams[0], 3000, 11) . 'ROLLBACK');
same_answers('after a TRUNCATE that was rolled back');
$primary->safe_psql('postgres', 'TRUNCATE btrdb.points');
same_answers('after TRUNCATE');
$primary->safe_psql('postgres', "BEGIN; TRUNCATE btrdb.points;\n" . join('', map { insert($_, 3000, 11) . insert($_, 30, 11) } @streams) . 'COMMIT');
same_answers('after TRUNCATE with inserts');
is($standby->safe_psql('postgres', 'SELECT count(*) FROM btrdb.points'), 4 * 3030, 'which are all that there is');

# The standby writes nothing.
foreach my $call ("btrdb_insert('$streams[0]', 1, 1)", "btrdb_flush('$streams[0]')",
	"btrdb_delete('$streams[0]', 1, 2)", "btrdb_revert('$streams[0]', 11)",
	q{btrdb_create('test', '{"name": "x"}')})
{
	my ($rc, $out, $err) = $standby->psql('postgres', "\\set VERBOSITY verbose\nSELECT $call");
	like($err, qr/ERROR:  25006:/, 'standby refuses ' . ($call =~ s/\(.*//r));
}

# The primary dies in the middle of a transaction, and the standby takes over.
my $open = $primary->background_psql('postgres');
$open->query_safe("BEGIN;\n" . insert($streams[1], 20000, 5));
$primary->safe_psql('postgres', insert($streams[0], 1500, 17));
same_answers('beside an open transaction');
my @before = map { digest($primary, $_) } @streams;
kill9_all($primary);
$open->{run}->finish;
$standby->promote;
is(digest($standby, $streams[$_]), $before[$_], "promoted standby has stream $_") foreach 0 .. $#streams;

$standby->safe_psql('postgres',
	insert($streams[0], 5000, 19)
	  . insert($streams[1], 5000, 19)
	  . "SELECT btrdb_flush();\nVACUUM;\n"
	  . insert($streams[1], 5000, 23)
	  . "SELECT btrdb_revert('$streams[0]', 12);\n");
is($standby->safe_psql('postgres', "SELECT btrdb_count('$streams[1]')"), 13030, 'promoted standby takes writes');
check_is_clean($standby, 'on the promoted standby');
$standby->stop;

done_testing();
