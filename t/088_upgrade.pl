# pg_upgrade to later major versions, by copying files and by linking them: every version stays
# readable, and the store is written to as before.
#
# Needs PostgreSQL of the later versions, as scripts/build_postgres.sh builds them;
# BTRDB_SERVERS is the directory where they are.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = btrdb_node('old', 'autovacuum = off', "timezone = 'UTC'");
my $source = "$FindBin::RealBin/..";
my $servers = $ENV{BTRDB_SERVERS} || '/var/cache/btrdb-postgres';
my $major = int($old->pg_version =~ s/^(\d+).*/$1/r);
my @later = grep { $_ > $major && -x "$servers/$_/bin/pg_upgrade" } 16 .. 18;
plan skip_all => "no PostgreSQL later than $major in $servers" unless @later;

# Some builds of 15 note a column option of their own with every column, of whatever table.  It
# is dumped, and other builds refuse it.
my $options = $old->safe_psql('postgres', q{SELECT attoptions FROM pg_attribute WHERE attrelid = 'pg_stats'::regclass LIMIT 1});
plan skip_all => "PostgreSQL $later[0] does not know what this server says of columns: $options" if $options ne '';

my $base = 1700000000000000000;

# All versions of all streams, and what is known of them.
sub digest
{
	my ($node) = @_;

	return $node->safe_psql('postgres', qq{
SELECT s.*, v.version, v.created, btrdb_count(s.uuid, version => v.version),
	(SELECT md5(string_agg(p.time || ' ' || p.value, ',' ORDER BY p.n))
	 FROM btrdb_values(s.uuid, ${\TIME_MIN}, ${\TIME_MAX}, v.version) WITH ORDINALITY AS p (time, value, n))
FROM btrdb.streams AS s, LATERAL (SELECT version, created FROM btrdb_versions(s.uuid) UNION VALUES (0::bigint, NULL::timestamptz)) AS v
ORDER BY s.uuid, v.version;
SELECT * FROM btrdb.retired});
}

$old->safe_psql('postgres', $_) foreach
	q{SELECT btrdb_create('upgrade', jsonb_build_object('name', 's' || i, 'unit', 'V'), '{"note": 1}', ('e1000000-0000-0000-0000-0000000000' || i)::uuid) FROM generate_series(10, 40) AS i},
	"SELECT btrdb_insert(uuid, array_agg($base + i * 1000003), array_agg(sin(i))) FROM btrdb.streams, generate_series(1, 20000::bigint) AS i WHERE name < 's15' GROUP BY uuid",
	"SELECT btrdb_insert(uuid, array_agg($base), array_agg(i::float8)) FROM btrdb.streams, generate_series(1, 9000) AS i WHERE name = 's15' GROUP BY uuid",
	"SELECT btrdb_delete(uuid, $base + 3000000000, $base + 9000000000) FROM btrdb.streams WHERE name < 's13'",
	"SELECT btrdb_revert(uuid, 11) FROM btrdb.streams WHERE name = 's11'",
	"SELECT btrdb_insert(uuid, array_agg($base + i * 77), array_agg(i / 8.0)) FROM btrdb.streams, generate_series(1, 2000::bigint) AS i WHERE name < 's13' GROUP BY uuid",
	"SELECT btrdb_prune(uuid, 12) FROM btrdb.streams WHERE name = 's12'",
	"SELECT btrdb_obliterate(uuid) FROM btrdb.streams WHERE name = 's14'",
	"BEGIN; SELECT btrdb_insert(uuid, array_agg(i), array_agg(i / 8.0)) FROM btrdb.streams, generate_series(1, 9000::bigint) AS i WHERE name = 's20' GROUP BY uuid; ROLLBACK",
	"SELECT btrdb_insert(uuid, $base - 1, 2) FROM btrdb.streams WHERE name < 's18'",
	"INSERT INTO btrdb.points SELECT uuid, $base + i, i FROM btrdb.streams, generate_series(1, 3) AS i",
	"UPDATE btrdb.streams SET retention = '1000 days' WHERE name = 's30'";
my $before = digest($old);
my $uuid = $old->safe_psql('postgres', "SELECT uuid FROM btrdb.streams WHERE name = 's11'");
my ($frozen) = $old->safe_psql('postgres', q{SELECT relfrozenxid FROM pg_class WHERE oid = 'btrdb.points'::regclass});
my $old_bindir = $old->config_data('--bindir');
$old->stop;

# Copies a server, which finds its files from where it is, and installs the extension in it.
sub install
{
	my ($version) = @_;
	my $prefix = PostgreSQL::Test::Utils::tempdir() . "/pg$version";
	my $build = PostgreSQL::Test::Utils::tempdir() . '/source';

	system_or_bail('cp', '-a', "$servers/$version", $prefix);
	system_or_bail('cp', '-a', map({ "$source/$_" } qw(Makefile src btrdb.control), map { s{.*/}{}r } glob("$source/btrdb--*.sql")), $build)
	  if mkdir $build;
	system_or_bail('find', "$build/src", '-name', '*.[ob]*', '-delete');
	system_or_bail('make', '-s', '-C', $build, '-j2', "PG_CONFIG=$prefix/bin/pg_config", 'DEBUG=1', 'COPT=-O0', 'with_llvm=no', 'install');
	return $prefix;
}

foreach my $version (@later)
{
	my $prefix = install($version);

	foreach my $mode ('copy', 'link')
	{
		my $label = "$major to $version, $mode";
		my $new = PostgreSQL::Test::Cluster->new("new_${version}_$mode", install_path => $prefix);

		{
			# the settings of the old server are not for this one
			local $ENV{TEMP_CONFIG};
			delete $ENV{TEMP_CONFIG};
			init_node($new);
		}
		$new->append_conf('postgresql.conf', "autovacuum = off\ntimezone = 'UTC'\nmax_prepared_transactions = 10\n");
		my $dir = PostgreSQL::Test::Utils::tempdir_short();
		my ($out, $ok);

		# linking uses up the files
		system_or_bail('cp', '-a', $old->data_dir, "$dir/old");
		{
			local $ENV{PATH} = "$prefix/bin:$ENV{PATH}";
			chdir $dir or die "could not enter $dir: $!";
			$ok = run_log([
				"$prefix/bin/pg_upgrade", '--no-sync', '--old-datadir', "$dir/old", '--new-datadir', $new->data_dir,
				'--old-bindir', $old_bindir, '--new-bindir', "$prefix/bin", '--socketdir', $dir,
				'--old-port', $old->port, '--new-port', $new->port, "--$mode" ], '>&', \$out);
		}
		chdir '/';
		ok($ok, "$label: pg_upgrade") or do { diag($out); diag(slurp_file($_)) foreach glob($new->data_dir . '/pg_upgrade_output.d/*/*.txt'), glob($new->data_dir . '/pg_upgrade_output.d/*/log/*.log'); next };
		$new->start;
		is(digest($new), $before, "$label: every version is what it was");
		check_is_clean($new, $label);
		is($new->safe_psql('postgres', q{SELECT relfrozenxid FROM pg_class WHERE oid = 'btrdb.points'::regclass}), $frozen,
			"$label: relfrozenxid is what it was");
		my $count = $new->safe_psql('postgres', "SELECT btrdb_count('$uuid')");
		$new->safe_psql('postgres', $_) foreach
			"SELECT btrdb_insert('$uuid', array_agg($base + i * 100), array_agg(i)) FROM generate_series(1, 5000::bigint) AS i",
			"SELECT btrdb_flush()", "SELECT btrdb_prune('$uuid', 13)", 'VACUUM (ANALYZE) btrdb.points', 'SELECT * FROM btrdb_maintain()';
		is($new->safe_psql('postgres', "SELECT btrdb_count('$uuid') - $count"), 5000, "$label: it is written to");
		is($new->safe_psql('postgres', 'SELECT count(*) FROM btrdb.garbage'), 0, "$label: VACUUM frees what was pruned, before and after");
		check_is_clean($new, "$label, after writes");
		$new->stop;
	}
}
done_testing();
