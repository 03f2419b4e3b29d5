# Damage to map pages, which tell VACUUM where to look: btrdb_check() finds it, no query
# gives a wrong answer, and VACUUM stops with an error, or looks at more or fewer pages.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbPage;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $node = btrdb_node('map', 'autovacuum = off');
my $s = new_stream($node, 'a');

# The first is settled and not marked any more, the others still have owners.
$node->safe_psql('postgres',
	"SELECT btrdb_insert('$s', array_agg(i * 1000::bigint), array_agg(random())) FROM generate_series(1, 50000) i");
$node->safe_psql('postgres', 'VACUUM btrdb.points; CHECKPOINT; VACUUM btrdb.points');
$node->safe_psql('postgres',
	"SELECT btrdb_insert('$s', array_agg(i * 1000::bigint), array_agg(random())) FROM generate_series(100001, 150000) i");
$node->safe_psql('postgres',
	"BEGIN; SELECT btrdb_insert('$s', array_agg(i * 1000::bigint), array_agg(random())) FROM generate_series(200001, 220000) i; ROLLBACK");

my $points = "SELECT md5(string_agg(p::text, ',')) FROM btrdb_values('$s', ${\TIME_MIN}, ${\TIME_MAX}) p";
my $answer = $node->safe_psql('postgres', $points);
my $file = $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
$node->stop;
my $original = BtrdbPage->open($file);
my @nodes = grep { !$original->is_map($_) } 1 .. $original->nblocks - 1;
my @owned = grep { $original->get_page($_, 'owner') != 0 } @nodes;
my @free = grep { !$original->is_marked($_) } @nodes;

cmp_ok(scalar @owned, '>', 50, 'some pages have an owner');
cmp_ok(scalar @free, '>', 20, 'some are not marked');
is_deeply([ grep { !$original->is_marked($_) } @owned ], [], 'a page that has an owner is marked');

my $copy = bless { %$original }, 'BtrdbPage';
$copy->seal_map(1);
is($copy->{bytes}, $original->{bytes}, 'this test computes the checksum of a map as the server does');

# plant: how; problem: what btrdb_check() says, undef: nothing; vacuum: SQLSTATE, undef: it works.
my @cases = (
	{
		name => 'a bit', problem => qr/Checksum of the map/, vacuum => 'XX001',
		plant => sub { $_[0]->flip_mark(2 + random_below(60000)) },
	},
	{
		name => 'the checksum', problem => qr/Checksum of the map/, vacuum => 'XX001',
		plant => sub { $_[0]->set_map(1, crc => 1) },
	},
	{
		name => 'a lost mark', problem => qr/has no mark/,
		plant => sub { $_[0]->flip_mark($owned[7]); $_[0]->seal_map(1) },
	},
	{
		name => 'all marks lost', problem => qr/has no mark/,
		plant => sub { $_[0]->page(1, "\0" x 8192) },
	},
	{
		name => 'marks too many', problem => undef,
		plant => sub { $_[0]->flip_mark($_) foreach @free, 60000; $_[0]->seal_map(1) },
	},
	{
		name => 'a mark for the map', problem => qr/unknown contents/, vacuum => 'XX001',
		plant => sub { $_[0]->flip_mark(1); $_[0]->seal_map(1) },
	},
	{
		name => 'reserved bytes', problem => qr/unknown contents/, vacuum => 'XX001',
		plant => sub { $_[0]->set_map(1, reserved => 1); $_[0]->seal_map(1) },
	},
	{
		name => 'kind', problem => qr/kind/, vacuum => 'XX001',
		plant => sub { $_[0]->set_page(1, kind => 2) },
	},
	{
		name => 'lower bound', problem => qr/lower bound/, vacuum => 'XX001',
		plant => sub { $_[0]->set_page(1, lower => 24) },
	},
	{
		name => 'random bytes', problem => qr/./, vacuum => 'XX001',
		plant => sub { $_[0]->page(1, pack('C*', map { 1 + random_below(255) } 1 .. 8192)) },
	},
	{
		name => 'exchanged with a node page', problem => qr/belongs at block/, vacuum => 'XX001', reads => 'XX001',
		plant => sub { my $map = $_[0]->page(1); $_[0]->page(1, $_[0]->page(2)); $_[0]->page(2, $map) },
	},
	{
		name => 'a pointer to it', problem => qr/points to no node/, reads => 'XX001',
		plant => sub {
			my ($parent) = grep { $_->{kind} == BtrdbPage::INNER && $_->{version} == 12 } $_[0]->nodes;
			$_[0]->set_entry($parent, 0, block => 1, item => 1);
			$_[0]->seal($parent);
		},
	},);

foreach my $case (@cases)
{
	my $name = $case->{name};
	my $store = bless { %$original }, 'BtrdbPage';

	$case->{plant}->($store);
	isnt($store->{bytes}, $original->{bytes}, "$name: planted");
	$store->save;
	$node->start;

	my $problems = $node->safe_psql('postgres', "SELECT string_agg(problem, '; ') FROM (SELECT problem FROM btrdb_check() LIMIT 5) c");
	if ($case->{problem})
	{
		like($problems, $case->{problem}, "$name: btrdb_check finds it");
	}
	else
	{
		is($problems, '', "$name: no problem");
	}

	my ($code, $out) = sqlstate_of($node, $points);
	is($code eq '' ? $out : $code, $case->{reads} // $answer, "$name: reading");
	($code) = sqlstate_of($node, 'VACUUM btrdb.points');
	is($code, $case->{vacuum} // '', "$name: VACUUM");
	($code) = sqlstate_of($node,
		"BEGIN; SELECT btrdb_insert('$s', array_agg(i::bigint), array_agg(random())) FROM generate_series(1, 2000) i; ROLLBACK");
	like($code, qr/^(XX001)?$/, "$name: writing fails cleanly or not at all");

	# What can be made good.
	unless ($case->{reads})
	{
		$node->safe_psql('postgres', $case->{vacuum} ? 'VACUUM (FULL) btrdb.points' : 'VACUUM (DISABLE_PAGE_SKIPPING) btrdb.points');
		check_is_clean($node, "$name: after the repair");
		is($node->safe_psql('postgres', $points), $answer, "$name: nothing is lost by the repair");
	}
	$file = $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
	$node->stop;
	$original->{file} = $file;
	$original->save;
}
$node->start;
check_is_clean($node, 'with the right bytes in place');
$node->stop;

done_testing();
