# Versions of the extension: a database with an old one is updated to what a new database gets, and
# keeps what it has.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

test_seed();
my $node = btrdb_node('versions', 'autovacuum = off');

# Everything that the extension owns, with definition, owner, rights and comment.
my $objects = q{
SELECT pg_describe_object(classid, objid, objsubid),
	coalesce(obj_description(objid, classid::regclass::name), col_description(objid, objsubid)),
	CASE WHEN classid = 'pg_proc'::regclass AND (SELECT prokind <> 'a' FROM pg_proc WHERE oid = objid) THEN pg_get_functiondef(objid)
		WHEN classid = 'pg_class'::regclass AND (SELECT relkind = 'v' FROM pg_class WHERE oid = objid) THEN pg_get_viewdef(objid) END,
	(SELECT proacl::text FROM pg_proc WHERE oid = objid AND classid = 'pg_proc'::regclass),
	(SELECT relacl::text FROM pg_class WHERE oid = objid AND classid = 'pg_class'::regclass),
	(SELECT string_agg(concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, attgenerated, attidentity, pg_get_expr(adbin, adrelid), col_description(attrelid, attnum)), ', ' ORDER BY attnum)
		FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE classid = 'pg_class'::regclass AND attrelid = objid AND attnum > 0 AND NOT attisdropped)
FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
	AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'btrdb')
ORDER BY 1};

# 1.0 and what each update script makes, in order.
my @versions = sort { my ($x, $y) = map { sprintf '%03d.%03d', split /\./ } $a, $b; $x cmp $y }
  map { /^btrdb--(?:[\d.]+--)?([\d.]+)\.sql$/ ? $1 : () } glob('btrdb--*.sql');
my ($newest) = slurp_file('btrdb.control') =~ /^default_version = '(.*)'$/m;
is($versions[-1], $newest, 'the newest version is what CREATE EXTENSION makes');
cmp_ok(scalar @versions, '>=', 2, "there are older ones: @versions");
is($node->safe_psql('postgres', q{SELECT extversion FROM pg_extension WHERE extname = 'btrdb'}), $newest, 'so it is here');
my $fresh = $node->safe_psql('postgres', $objects);

foreach my $old (@versions[ 0 .. $#versions - 1 ])
{
	my $database = 'from_' . $old =~ s/\W/_/gr;
	my $s = '14200000-0000-0000-0000-000000000001';

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, qq{
CREATE EXTENSION btrdb VERSION '$old';
SELECT btrdb_create('versions', '{"name": "a"}', stream => '$s');
SELECT btrdb_insert('$s', array_agg(i * 1000::bigint), array_agg(i::float8)) FROM generate_series(1, 20000) i;
SELECT btrdb_insert('$s', 7, 7);
CREATE VIEW hourly AS SELECT * FROM btrdb_windows('$s', 0, 20000000, 1000000)});
	my $before = $node->safe_psql($database, "SELECT md5(string_agg(w::text, ',')) FROM hourly w");

	# a session that has loaded the library sees the new functions
	my $session = $node->background_psql($database);
	$session->query_safe("SELECT btrdb_count('$s')");
	$node->safe_psql($database, 'ALTER EXTENSION btrdb UPDATE');
	is($node->safe_psql($database, q{SELECT extversion FROM pg_extension WHERE extname = 'btrdb'}), $newest, "$old is updated to $newest");
	is($node->safe_psql($database, $objects), $fresh, 'and has what a new database has');
	is($node->safe_psql($database, "SELECT md5(string_agg(w::text, ',')) FROM hourly w"), $before, 'what was there is there');
	is($session->query_safe("SELECT btrdb_wait_for_version('$s', btrdb_version('$s'))"),
		$session->query_safe("SELECT btrdb_version('$s')"), 'an open session can call what is new');
	$session->quit;
	is($node->safe_psql($database, 'SELECT count(*) FROM btrdb_check()'), '0', 'the check is clean');
}

# An archive for packagers describes itself as PGXN wants it: META.json has what its specification, version 1.0.0, asks for.
my $meta = decode_json(slurp_file('META.json'));
my %is = (
	term => sub { defined $_[0] && !ref $_[0] && $_[0] =~ m{^[^[:cntrl:]/\\]{2,}$} },
	text => sub { defined $_[0] && !ref $_[0] && $_[0] =~ /\S/ },
	version => sub { defined $_[0] && !ref $_[0] && $_[0] =~ /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-?[a-zA-Z][-\w]*)?$/ },
	license => sub { defined $_[0] && $_[0] eq 'postgresql' },
	file => sub { defined $_[0] && -f $_[0] });
my %wanted = (name => 'term', version => 'version', abstract => 'text', maintainer => 'text', license => 'license', description => 'text', generated_by => 'text');
ok($is{ $wanted{$_} }->($meta->{$_}), "META.json: $_") foreach sort keys %wanted;
is($meta->{'meta-spec'}{version}, '1.0.0', 'META.json: meta-spec');
like($meta->{'meta-spec'}{url}, qr{^https?://(?:www\.)?pgxn\.org/meta/spec\.txt$}, 'META.json: its url');
is(join(' ', grep { !$is{term}->($_) || length >= 256 } @{ $meta->{tags} }), '', 'META.json: tags');
is(join(' ', grep { !/^(?:name|version|abstract|maintainer|license|description|generated_by|meta-spec|tags|provides|prereqs)$/ } keys %$meta), '', 'META.json: nothing else');
foreach my $phase (keys %{ $meta->{prereqs} })
{
	foreach my $relation (keys %{ $meta->{prereqs}{$phase} })
	{
		my $needs = $meta->{prereqs}{$phase}{$relation};

		like("$phase $relation", qr/^(?:configure|build|test|runtime|develop) (?:requires|recommends|suggests|conflicts)$/, "META.json: $phase $relation");
		ok($is{version}->($needs->{$_}), "META.json: version of $_") foreach keys %$needs;
	}
}
foreach my $control ('btrdb.control', 'cluster/btrdb_cluster.control')
{
	my ($extension) = $control =~ m{(\w+)\.control$};
	my ($version) = slurp_file($control) =~ /^default_version = '(.*)'$/m;
	my $provided = $meta->{provides}{$extension};

	like($provided->{version}, qr/^\Q$version\E\.\d+$/, "META.json: the version of $extension is that of $control");
	ok($is{version}->($provided->{version}), 'META.json: three numbers');
	ok($is{file}->($provided->{$_}), "META.json: $_ of $extension exists") foreach qw(file docfile);
}
is(join(' ', sort keys %{ $meta->{provides} }), 'btrdb btrdb_cluster', 'META.json: both extensions');
is($meta->{version}, $meta->{provides}{btrdb}{version}, 'META.json: the version of all');
my ($debian) = slurp_file('debian/changelog') =~ /^btrdb \((.*)-[^-]+\) /;
is($debian, $meta->{version}, 'which is that of the Debian package');
check_is_clean($node, 'at the end');
$node->stop;
done_testing();
