# Planted damage of every kind is found by btrdb_check(), and no query crashes on
# it.
#
# Each kind has a stream of its own, so that all are planted in one go with the
# server stopped.  Nodes are changed with their checksum made right again, so that it is
# the other checks that find them; or without, or the page around them is damaged.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbPage;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $node = btrdb_node('damage', 'autovacuum = off', 'shared_buffers = 32MB');

$node->safe_psql('postgres', q{
CREATE SCHEMA damage;

CREATE TABLE damage.stream (name text PRIMARY KEY, uuid uuid, roots tid[], answers text[]);

-- A stream of 18,000 points in two versions.  Streams are loaded one after the other,
-- so that each has pages of its own.
CREATE FUNCTION damage.load(name text, shape text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	u uuid := btrdb_create('damage', jsonb_build_object('name', name));
	first bigint := 1700000000000000000;
BEGIN
	PERFORM setseed(0.5);
	PERFORM btrdb_insert(u, array_agg(first + CASE WHEN shape = 'chain' AND i > 3000 THEN 3000 ELSE i END * 8333333::bigint
									  + CASE shape WHEN 'chain' THEN 0 ELSE floor(random() * 100000)::bigint END),
						 array_agg(random()))
	FROM generate_series(1, 15000) i;
	PERFORM btrdb_insert(u, array_agg(first + i * 8333333::bigint + 1), array_agg(random()))
	FROM generate_series(5000, 7999) i;
	INSERT INTO damage.stream SELECT name, u, array_agg(root ORDER BY version) FROM btrdb.versions WHERE stream = u;
END
$$;

-- The answer to a query, or the SQLSTATE of its error.
CREATE FUNCTION damage.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format('SELECT coalesce(md5(string_agg(q::text, '','')), ''none'') FROM (%s) q', query) INTO result;
	RETURN result;
EXCEPTION
	WHEN OTHERS THEN
		RETURN SQLSTATE;
END
$$;

-- All kinds of queries.
CREATE FUNCTION damage.queries(u uuid) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT format(q, u, -4611686018427387904, 4611686018427387904)
	FROM unnest(ARRAY[
		'SELECT * FROM btrdb_values(%1$L, %2$s, %3$s)',
		'SELECT * FROM btrdb_values(%1$L, %2$s, %3$s, 11)',
		'SELECT * FROM btrdb_windows(%1$L, 1700000000000000000, 1700000200000000000, 777777777)',
		'SELECT * FROM btrdb_aligned_windows(%1$L, %2$s, %3$s, 34)',
		'SELECT * FROM btrdb_aligned_windows(%1$L, %2$s, %3$s, 20)',
		'SELECT * FROM btrdb_windows(%1$L, 1700000000000000000, 1700000200000000000, 7777777, fill => ''linear'')',
		'SELECT * FROM btrdb_minmax(%1$L, 1700000000000000000, 1700000200000000000, 77)',
		'SELECT * FROM btrdb_lttb(%1$L, %2$s, %3$s, 77)',
		'SELECT btrdb_plot(%1$L)',
		'SELECT btrdb_stat(%1$L, 1700000010000000000, 1700000090000000000)',
		'SELECT btrdb_stat(%1$L, %2$s, %3$s)',
		'SELECT * FROM btrdb_rows(ARRAY[%1$L, %1$L]::uuid[], %2$s, %3$s, versions => ARRAY[0, 11])',
		'SELECT * FROM btrdb_multi_values(ARRAY[%1$L]::uuid[], %2$s, %3$s)',
		'SELECT btrdb_count(%1$L, 1700000010000000000, 1700000090000000000)',
		'SELECT * FROM btrdb_nearest(%1$L, 1700000050000000000)',
		'SELECT * FROM btrdb_nearest(%1$L, 1700000050000000000, true)',
		'SELECT * FROM btrdb_earliest(%1$L)',
		'SELECT * FROM btrdb_latest(%1$L)',
		'SELECT * FROM btrdb_changes(%1$L, 11, 12)',
		'SELECT * FROM btrdb_changes(%1$L, 0, 12)',
		'SELECT * FROM btrdb_gaps(%1$L, 1700000000000000000, 1700000200000000000, ''1s'')',
		'SELECT * FROM btrdb_last_crossing(%1$L, 1700000010000000000, 1700000090000000000, 0.9999)',
		'SELECT * FROM btrdb_asof(%1$L, ARRAY[1700000050000000000, 1700000050000000100, 1700000030000000000], ''nearest'')',
		'SELECT btrdb_integral(%1$L, 1700000010000000000, 1700000090000000000)',
		'SELECT * FROM btrdb_rate(%1$L, 1700000010000000000, 1700000090000000000, ''7s'')']) q
$$;

CREATE FUNCTION damage.answers(u uuid) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(damage.answer(q) ORDER BY n) FROM damage.queries(u) WITH ORDINALITY AS q (q, n)
$$;

-- Writes that go through the damaged places, rolled back; damage may stop them.
CREATE FUNCTION damage.try_writes(u uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	write text;
	results text := '';
BEGIN
	FOREACH write IN ARRAY ARRAY[
		'SELECT btrdb_insert(%L, array_agg(1700000000000000000 + i * 100000000::bigint), array_agg(i::float8)) FROM generate_series(1, 1500) i',
		'SELECT btrdb_delete(%L, 1700000030000000000, 1700000060000000000)']
	LOOP
		BEGIN
			EXECUTE format(write, u);
			RAISE SQLSTATE 'OK000';
		EXCEPTION
			WHEN OTHERS THEN
				results := results || SQLSTATE || ' ';
		END;
	END LOOP;
	RETURN results;
END
$$;
});

my ($store, %root, %stream);

# Finds an inner node above leaves, not at the edge of the tree.
sub leaf_parent
{
	my ($name) = @_;
	my @parents = grep { $_->{kind} == BtrdbPage::INNER && ($store->entries($_))[0]{is_leaf} }
	  $store->reachable($root{$name});

	return $parents[ @parents / 2 ];
}

sub tid
{
	my ($entry) = @_;

	return "$entry->{block},$entry->{item}";
}

# A leaf of a stream, in the middle.
sub leaf
{
	my ($name) = @_;
	my @leaves = grep { $_->{kind} == BtrdbPage::LEAF } $store->reachable($root{$name});

	return $leaves[ @leaves / 2 ];
}

sub chain
{
	my ($name) = @_;
	my ($chain) = grep { $_->{kind} == BtrdbPage::CHAIN } $store->reachable($root{$name});

	return $chain;
}

# Changes fields of a node and makes its checksum right.
sub change_node
{
	my ($target, %values) = @_;

	$store->set_node($target, %values);
	$store->seal($target);
	return;
}

sub change_entry
{
	my ($target, $i, %values) = @_;

	$store->set_entry($target, $i, %values);
	$store->seal($target);
	return;
}

# Changes a statistic of one entry by $add.
sub change_stat
{
	my ($name, $field, $add) = @_;
	my $parent = leaf_parent($name);
	my ($i) = two_entries($parent);

	change_entry($parent, $i, $field => ($store->entries($parent))[$i]{$field} + $add);
	return;
}

# Two neighbouring entries of a node with different children, as indexes.
sub two_entries
{
	my ($parent) = @_;
	my @entries = $store->entries($parent);
	my ($i) = grep { tid($entries[$_]) ne tid($entries[ $_ - 1 ]) } 1 .. $#entries;

	return ($i - 1, $i);
}

# Damage that gets past the checksum.  "caught": queries must notice it, too; where
# they cannot, they may only not crash.
my @logical = (
	{
		name => 'count of a leaf', caught => 1, problem => qr/points/,
		plant => sub { my $n = leaf($_[0]); change_node($n, count => $n->{count} + 1) },
	},
	{
		name => 'count of an inner node', caught => 1, problem => qr/points/,
		plant => sub { my $n = leaf_parent($_[0]); change_node($n, count => $n->{count} + 1) },
	},
	{
		name => 'counts of two entries', caught => 1, problem => qr/points|count/,
		plant => sub {
			my $n = leaf_parent($_[0]);
			my @entries = $store->entries($n);
			my ($i, $j) = two_entries($n);
			$store->set_entry($n, $i, count => $entries[$i]{count} + 1);
			change_entry($n, $j, count => $entries[$j]{count} - 1);
		},
	},
	{ name => 'min of an entry', problem => qr/has min /, plant => sub { change_stat($_[0], 'min', -1) } },
	{ name => 'max of an entry', problem => qr/has max /, plant => sub { change_stat($_[0], 'max', 1) } },
	{ name => 'mean of an entry', problem => qr/has mean /, plant => sub { change_stat($_[0], 'mean', 1e-6) } },
	{ name => 'm2 of an entry', problem => qr/has m2 /, plant => sub { change_stat($_[0], 'm2', 1e-4) } },
	{
		name => 'statistics that are no numbers', problem => qr/mean|m2/,
		plant => sub { change_stat($_[0], 'mean', 9**9**9 / 9**9**9) },
	},
	{
		name => 'statistics of a part of a leaf', problem => qr/expected/,
		plant => sub {
			my ($parent) = grep {
				my @e = $store->entries($_);
				grep { tid($e[$_]) eq tid($e[ $_ - 1 ]) } 1 .. $#e
			} grep { $_->{kind} == BtrdbPage::INNER } $store->reachable($root{ $_[0] });
			my @entries = $store->entries($parent);
			my ($i) = grep { tid($entries[$_]) eq tid($entries[ $_ - 1 ]) } 1 .. $#entries;
			my $move = $entries[$i]{count} > 1 ? 1 : -1;
			$store->set_entry($parent, $i, count => $entries[$i]{count} - $move);
			change_entry($parent, $i - 1, count => $entries[ $i - 1 ]{count} + $move);
		},
	},
	{
		name => 'version in an entry', caught => 1, problem => qr/version/,
		plant => sub { my $n = leaf_parent($_[0]); change_entry($n, (two_entries($n))[1], version => 10) },
	},
	{
		name => 'version of a node', caught => 1, problem => qr/version/,
		plant => sub { change_node(leaf($_[0]), version => 9) },
	},
	{
		name => 'version from the future', problem => qr/version/,
		plant => sub {
			my $n = leaf_parent($_[0]);
			my @entries = $store->entries($n);
			my ($child) = tid($entries[0]);
			change_node($store->child($entries[0]), version => 1000);
			change_entry($n, $_, version => 1000) foreach grep { tid($entries[$_]) eq $child } 0 .. $#entries;
		},
	},
	{
		name => 'stream of a node', caught => 1, problem => qr/another stream/,
		plant => sub { change_node(leaf($_[0]), stream => 'x' x 16) },
	},
	{
		name => 'start of a leaf', caught => 1, problem => qr/span|within|covers/,
		plant => sub { my $n = leaf($_[0]); change_node($n, start => $n->{start} + (1 << $n->{slot_pw})) },
	},
	{
		name => 'slot width of a leaf', problem => qr/expected within|slots/,
		plant => sub { my $n = leaf($_[0]); change_node($n, slot_pw => $n->{slot_pw} - 1) },
	},
	{
		name => 'number of slots of a leaf', problem => qr/./,
		plant => sub { my $n = leaf($_[0]); change_node($n, nslots => $n->{nslots} + 1) },
	},
	{
		name => 'points outside their leaf', caught => 1, problem => qr/expected within|points/i,
		plant => sub { my $n = leaf($_[0]); change_node($n, slot_pw => 0, nslots => 1) },
	},
	{
		name => 'no slots', caught => 1, problem => qr/slots/,
		plant => sub { change_node(leaf($_[0]), nslots => 0) },
	},
	{
		name => 'impossible slots', caught => 1, problem => qr/slots/,
		plant => sub { change_node(leaf($_[0]), slot_pw => 63, nslots => 64) },
	},
	{
		name => 'start out of range', caught => 1, problem => qr/span/,
		plant => sub { change_node(leaf($_[0]), start => '9223372036854775807') },
	},
	{
		name => 'leaf that claims to be an inner node', caught => 1, problem => qr/entries|not aligned/,
		plant => sub { change_node(leaf($_[0]), kind => BtrdbPage::INNER) },
	},
	{
		name => 'inner node that claims to be a leaf', caught => 1, problem => qr/points/i,
		plant => sub { change_node(leaf_parent($_[0]), kind => BtrdbPage::LEAF) },
	},
	{
		name => 'unknown kind', caught => 1, problem => qr/kind/,
		plant => sub { change_node(leaf($_[0]), kind => 9) },
	},
	{
		name => 'a leaf that is trimmed', caught => 1, problem => qr/is trimmed to/,
		plant => sub { change_node(leaf($_[0]), trimmed => 1) },
	},
	{
		name => 'unknown format of a node', caught => 1, problem => qr/format/,
		plant => sub { change_node(leaf($_[0]), format => 2) },
	},
	{
		name => 'length of a node', caught => 1, problem => qr/bytes/,
		plant => sub { my $n = leaf($_[0]); change_node($n, length => $n->{length} - 8) },
	},
	{
		name => 'number of points of a leaf', caught => 1, problem => qr/points/,
		plant => sub { my $n = leaf($_[0]); change_node($n, nitems => $n->{nitems} - 1) },
	},
	{
		name => 'number of entries', caught => 1, problem => qr/entries/,
		plant => sub { my $n = leaf_parent($_[0]); change_node($n, nitems => $n->{nitems} - 1) },
	},
	{
		name => 'entries out of order', caught => 1, problem => qr/slots/,
		plant => sub {
			my $n = leaf_parent($_[0]);
			my ($i, $j) = two_entries($n);
			my ($a, $b) = map { $store->entry_bytes($n, $_) } $i, $j;
			$store->entry_bytes($n, $i, $b);
			$store->entry_bytes($n, $j, $a);
			$store->seal($n);
		},
	},
	{
		name => 'entry without slots', caught => 1, problem => qr/slots/,
		plant => sub { my $n = leaf_parent($_[0]); change_entry($n, (two_entries($n))[0], nslots => 0) },
	},
	{
		name => 'entry beyond its node', caught => 1, problem => qr/slots/,
		plant => sub { my $n = leaf_parent($_[0]); change_entry($n, $n->{nitems} - 1, nslots => 64) },
	},
	{
		name => 'child of another stream', caught => 1, problem => qr/another stream/,
		plant => sub {
			my $n = leaf_parent($_[0]);
			my @entries = $store->entries($n);
			my @others = $store->entries(leaf_parent('fuzz 1'));
			$store->set_entry($n, $_, block => $others[$_]{block}, item => $others[$_]{item}) foreach 0 .. $#entries;
			$store->seal($n);
		},
	},
	{
		name => 'children exchanged', caught => 1, problem => qr/points|spans/,
		plant => sub {
			my $n = leaf_parent($_[0]);
			my @entries = $store->entries($n);
			my ($i, $j) = two_entries($n);
			$store->set_entry($n, $i, block => $entries[$j]{block}, item => $entries[$j]{item});
			change_entry($n, $j, block => $entries[$i]{block}, item => $entries[$i]{item});
		},
	},
	{
		name => 'child that is its own parent', caught => 1, problem => qr/points|kind/,
		plant => sub {
			my $n = leaf_parent($_[0]);
			my ($i) = two_entries($n);
			my $first = ($store->entries($n))[$i]{first} & 0x3f;
			change_entry($n, $i, block => $n->{block}, item => $n->{item}, first => $first,
				nslots => 1, version => $n->{version});
		},
	},
	{
		name => 'child beyond the end', caught => 1, problem => qr/./,
		plant => sub { my $n = leaf_parent($_[0]); change_entry($n, (two_entries($n))[0], block => 4000000) },
	},
	{
		name => 'child in the metapage', caught => 1, problem => qr/no node/,
		plant => sub { my $n = leaf_parent($_[0]); change_entry($n, (two_entries($n))[0], block => 0) },
	},
	{
		name => 'child without item', caught => 1, problem => qr/./,
		plant => sub { my $n = leaf_parent($_[0]); change_entry($n, (two_entries($n))[0], item => 99) },
	},
	{
		name => 'contents of two leaves exchanged', caught => 1, problem => qr/./,
		plant => sub {
			# Line pointers of a page with two leaves.
			my $n = leaf($_[0]);
			my @both = grep { $_->{block} == $n->{block} } $store->reachable($root{ $_[0] });
			my @pointers = map { [ $store->line_pointer($_->{block}, $_->{item}) ] } @both[ 0, 1 ];
			$store->line_pointer($n->{block}, $both[0]{item}, @{ $pointers[1] });
			$store->line_pointer($n->{block}, $both[1]{item}, @{ $pointers[0] });
		},
	},
	{
		name => 'lost entry', problem => qr/./,
		plant => sub {
			# The header is made to fit; the parent knows better.
			my $n = leaf_parent($_[0]);
			my @entries = $store->entries($n);
			my ($offset, $flags, $length) = $store->line_pointer($n->{block}, $n->{item});
			$store->line_pointer($n->{block}, $n->{item}, $offset, $flags, $length - BtrdbPage::ENTRY);
			$n->{bytes} -= BtrdbPage::ENTRY;
			change_node($n, nitems => $n->{nitems} - 1, length => $n->{length} - BtrdbPage::ENTRY,
				count => $n->{count} - $entries[-1]{count});
		},
		caught => 1,
	},
	{
		# Values are at the end.  (Other times that fit, and changes in the last bits of a value, would
		# only be noticed by the checksum.)
		name => 'values of a leaf', problem => qr/has mean|decoded/,
		plant => sub {
			my $n = leaf($_[0]);
			$store->flip($n, $_, 0x55) foreach $n->{bytes} - 100 .. $n->{bytes} - 40;
			$store->seal($n);
		},
	},
	{
		name => 'header of the payload of a leaf', caught => 1, problem => qr/./,
		plant => sub { my $n = leaf($_[0]); $store->flip($n, 56, 0xff); $store->flip($n, 57, 0xff); $store->seal($n) },
	},
	{
		name => 'chain: order of entries', shape => 'chain', caught => 1, problem => qr/slots/,
		plant => sub { change_entry(chain($_[0]), 1, first => 0x80) },
	},
	{
		name => 'chain: child twice', shape => 'chain', problem => qr/same child|corrupted|version/,
		plant => sub {
			my $n = chain($_[0]);
			my @entries = $store->entries($n);
			change_entry($n, 1, block => $entries[0]{block}, item => $entries[0]{item}, version => $entries[0]{version});
		},
	},
	{
		name => 'chain: time of a child', shape => 'chain', caught => 1, problem => qr/within|span/,
		plant => sub {
			my $child = $store->child(($store->entries(chain($_[0])))[1]);
			change_node($child, start => $child->{start} + 1);
		},
	},
	{
		name => 'chain: span', shape => 'chain', caught => 1, problem => qr/slots/,
		plant => sub { change_node(chain($_[0]), nslots => 2) },
	},
	{
		name => 'chain: statistics', shape => 'chain', problem => qr/has mean /,
		plant => sub { my $n = chain($_[0]); change_entry($n, 1, mean => 0.25) },
	},);

# Damage to pages, or to nodes without making the checksum right.  Queries notice all of it.
my @physical = (
	{ name => 'byte of a leaf', problem => qr/Checksum/, plant => sub { my $n = leaf($_[0]); $store->flip($n, $n->{bytes} - 1, 1) } },
	{ name => 'byte of a node header', problem => qr/Checksum/, plant => sub { $store->flip(leaf($_[0]), 20, 0x80) } },
	{ name => 'byte of an inner node', problem => qr/Checksum/, plant => sub { $store->flip(leaf_parent($_[0]), 100, 4) } },
	{ name => 'checksum', problem => qr/Checksum/, plant => sub { $store->flip(leaf($_[0]), 40, 1) } },
	{ name => 'page of another block', problem => qr/belongs at block/, plant => sub { $store->page(leaf($_[0])->{block}, $store->page(leaf_parent($_[0])->{block})) } },
	{ name => 'zeroed page', problem => qr/no such item/, plant => sub { $store->page(leaf($_[0])->{block}, "\0" x 8192) } },
	{ name => 'random page', problem => qr/./, plant => sub { $store->page(leaf($_[0])->{block}, pack('C*', map { random_below(256) } 1 .. 8192)) } },
	{ name => 'page identifier', problem => qr/identifier/, plant => sub { $store->set_page(leaf($_[0])->{block}, page_id => 0xff90) } },
	{ name => 'page kind', problem => qr/kind/, plant => sub { $store->set_page(leaf($_[0])->{block}, kind => 1) } },
	{ name => 'page format', problem => qr/format/, plant => sub { $store->set_page(leaf($_[0])->{block}, format => 77) } },
	{ name => 'page flags', problem => qr/flags/, plant => sub { $store->set_page(leaf($_[0])->{block}, flags => 1) } },
	{ name => 'lower bound of a page', problem => qr/./, plant => sub { $store->set_page(leaf($_[0])->{block}, lower => 24) } },
	{ name => 'upper bound of a page', problem => qr/./, plant => sub { $store->set_page(leaf($_[0])->{block}, upper => 8160) } },
	{ name => 'special area of a page', problem => qr/./, plant => sub { $store->set_page(leaf($_[0])->{block}, special => 8192) } },
	{
		name => 'exchanged pages', problem => qr/./,
		plant => sub {
			my %blocks = map { $_->{block} => 1 } grep { $_->{kind} == BtrdbPage::LEAF } $store->reachable($root{ $_[0] });
			my ($a, $b) = (sort { $a <=> $b } keys %blocks)[ 3, 4 ];
			my $page = $store->page($a);
			$store->page($a, $store->page($b));
			$store->page($b, $page);
		},
	},
	{
		name => 'unused line pointer', problem => qr/not in use/,
		plant => sub { my $n = leaf($_[0]); $store->line_pointer($n->{block}, $n->{item}, 0, 0, 0) },
	},
	{
		name => 'dead line pointer', problem => qr/not in use/,
		plant => sub { my $n = leaf($_[0]); $store->line_pointer($n->{block}, $n->{item}, 0, 3, 0) },
	},
	{
		name => 'line pointer beyond the page', problem => qr/Line pointer|bytes/,
		plant => sub { my $n = leaf($_[0]); $store->line_pointer($n->{block}, $n->{item}, 8100, 1, 4000) },
	},
	{
		name => 'line pointer into the header', problem => qr/Line pointer/,
		plant => sub { my $n = leaf($_[0]); $store->line_pointer($n->{block}, $n->{item}, 8, 1, $n->{bytes}) },
	},
	{
		name => 'short line pointer', problem => qr/Line pointer|bytes/,
		plant => sub {
			my $n = leaf($_[0]);
			my ($offset) = $store->line_pointer($n->{block}, $n->{item});
			$store->line_pointer($n->{block}, $n->{item}, $offset, 1, 20);
		},
	},
	{
		name => 'line pointer of no bytes', problem => qr/Line pointer|not inside its page/,
		plant => sub {
			my $n = leaf($_[0]);
			my ($offset) = $store->line_pointer($n->{block}, $n->{item});
			$store->line_pointer($n->{block}, $n->{item}, $offset, 1, 0);
		},
	},
	{
		name => 'long line pointer', problem => qr/./,
		plant => sub {
			my $n = leaf($_[0]);
			my ($offset) = $store->line_pointer($n->{block}, $n->{item});
			$store->line_pointer($n->{block}, $n->{item}, $offset, 1, 32767);
		},
	},
	{
		name => 'misplaced line pointer', problem => qr/./,
		plant => sub {
			my $n = leaf($_[0]);
			my ($offset, $flags, $length) = $store->line_pointer($n->{block}, $n->{item});
			$store->line_pointer($n->{block}, $n->{item}, $offset + 3, $flags, $length);
		},
	},);
$_->{caught} = 1 foreach @physical;

# ---- loading ----

my $load = "SELECT btrdb_create('damage', '{\"name\": \"x\"}');\n";
$load .= "SELECT damage.load('$_->{name}', '" . ($_->{shape} // 'plain') . "');\n" foreach @logical, @physical;
$load .= "SELECT damage.load('fuzz $_', '" . ($_ % 2 ? 'plain' : 'chain') . "');\n" foreach 1 .. 4;
$node->safe_psql('postgres', $load);
$node->safe_psql('postgres', 'UPDATE damage.stream SET answers = damage.answers(uuid)');
is($node->safe_psql('postgres', q{SELECT count(*) FROM damage.stream WHERE 'XX001' = ANY (answers)}), 0, 'all is well at first');
check_is_clean($node, 'before the damage');

my $file = $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
my $roots = $node->safe_psql('postgres', 'SELECT name, uuid, roots[array_upper(roots, 1)] FROM damage.stream');
$node->stop;
my $original = BtrdbPage->open($file);

# Gives the store back its bytes, in memory.
sub fresh_store
{
	$store = bless { %$original }, 'BtrdbPage';
	%root = ();
	foreach my $line (split /\n/, $roots)
	{
		my ($name, $uuid, $block, $item) = $line =~ /^(.*)\|(.*)\|\((\d+),(\d+)\)$/;
		$stream{$name} = $uuid;
		$root{$name} = $store->node($block, $item);
	}
	return;
}

sub start_damaged
{
	$store->save;
	$node->start;
	return;
}

sub stop_and_restore
{
	$node->stop;
	$original->save;
	return;
}

# Tests what is left of a stream: check finds it, queries give the right answers or
# an error (if "caught", at least one error), and nothing crashes.
sub examine
{
	my ($damage) = @_;
	my $name = $damage->{name};
	my $uuid = $stream{$name};
	my ($rc, $out, $err) = $node->psql('postgres', qq{
SELECT string_agg(problem, '; ') FROM (SELECT problem FROM btrdb_check('$uuid') LIMIT 5) c;
SELECT count(*) FILTER (WHERE a.is = 'XX001'),
	-- Ranges of change, which come last, may be wider than they must be.
	count(*) FILTER (WHERE a.is <> 'XX001' AND a.is <> a.was AND a.n < 13),
	string_agg(a.n || ': ' || a.is, '; ') FILTER (WHERE a.is <> a.was)
FROM damage.stream s, unnest(damage.answers(s.uuid), s.answers) WITH ORDINALITY AS a ("is", was, n)
WHERE s.uuid = '$uuid';
SELECT damage.try_writes('$uuid');
});

	is("$rc|$err", '0|', "$name: server goes on") or return;
	my ($problems, $answers, $writes) = split /\n/, $out;
	like($problems, $damage->{problem}, "$name: btrdb_check finds it");
	note("$name: $problems");
	my ($errors, $wrong, $which) = split /\|/, $answers;
	if ($damage->{caught})
	{
		cmp_ok($errors, '>', 0, "$name: queries notice it");
		is($wrong, 0, "$name: no wrong answer") or diag($which);
	}
	unlike($writes, qr/(?!XX001|OK000)\b\w{5}\b/, "$name: writes fail cleanly or not at all");
	return;
}

# ---- one of each ----

fresh_store();
foreach my $damage (@logical, @physical)
{
	my $before = $store->{bytes};
	$damage->{plant}->($damage->{name});
	isnt($store->{bytes}, $before, "$damage->{name}: planted");
}
start_damaged();
examine($_) foreach @logical, @physical;
figure('kinds of planted damage, all found', @logical + @physical);

my %damaged = map { $stream{ $_->{name} } => 1 } @logical, @physical;
my $reported = $node->safe_psql('postgres', 'SELECT DISTINCT stream FROM btrdb_check() WHERE stream IS NOT NULL');
is_deeply([ grep { !$damaged{$_} } split /\n/, $reported ], [], 'no problem in a stream without damage');
is(scalar(grep { $damaged{$_} } split /\n/, $reported), scalar(keys %damaged), 'btrdb_check() of everything finds all of it');
cmp_ok($node->safe_psql('postgres', 'SELECT count(DISTINCT stream) FROM btrdb_check(NULL, false)'), '>', 20,
	'a check that is not deep finds a lot of it');
stop_and_restore();
$node->start;
check_is_clean($node, 'with the right bytes in place');
$node->stop;

# ---- every byte counts ----

# One byte of each of many nodes; each node must be reported.
fresh_store();
my @hit;
foreach my $name ('fuzz 1', 'fuzz 2')
{
	foreach my $n ($store->reachable($root{$name}))
	{
		# Below a damaged inner node nothing is seen.
		next unless $n->{kind} == BtrdbPage::LEAF;
		$store->flip($n, random_below($n->{bytes}), 1 << random_below(8));
		push @hit, "$stream{$name}|$n->{block}|$n->{item}";
	}
}
start_damaged();
my $found = $node->safe_psql('postgres',
	"SELECT DISTINCT stream, block, item FROM btrdb_check('$stream{'fuzz 1'}') UNION SELECT DISTINCT stream, block, item FROM btrdb_check('$stream{'fuzz 2'}')");
my %found = map { $_ => 1 } split /\n/, $found;
is(scalar(grep { !$found{$_} } @hit), 0, 'each of ' . @hit . ' flipped bits is found') or diag("BTRDB_SEED=$seed");
stop_and_restore();

# ---- random damage past the checksum ----

foreach my $round (1 .. 3)
{
	fresh_store();
	foreach my $name (map { "fuzz $_" } 1 .. 4)
	{
		foreach my $n ($store->reachable($root{$name}))
		{
			next if random_below(3) > 0;

			# Mostly where structure is: the header, the first bytes of the payload.
			my $part = random_below(3);
			my $limit = $part == 0 ? 56 : $part == 1 ? 120 : $n->{bytes};
			my $at = $part == 1 ? 56 + random_below($limit - 56) : random_below($limit);
			$at = 54 if $at >= $n->{bytes};
			$store->flip($n, $at, 1 + random_below(255)) foreach 1 .. 1 + random_below(2);
			$store->seal($n);
		}
	}
	start_damaged();
	foreach my $name (map { "fuzz $_" } 1 .. 4)
	{
		my ($rc, $out, $err) = $node->psql('postgres',
			"SELECT count(*) > 0 FROM btrdb_check('$stream{$name}'); SELECT damage.answers('$stream{$name}'); SELECT damage.try_writes('$stream{$name}')");
		is("$rc|$err", '0|', "round $round, $name: server goes on") or diag("BTRDB_SEED=$seed");
		like($out, qr/^t$/m, "round $round, $name: btrdb_check finds something");
		unlike($out, qr/\b(?!XX001)[0-9A-Z]{5}(?=[,}])/, "round $round, $name: no other error");
	}
	stop_and_restore();
}

# ---- the file ----

# Cut off in the middle: streams at its beginning can still be read.
fresh_store();
substr($store->{bytes}, 8192 * int($store->nblocks / 2)) = '';
start_damaged();
my ($first_name) = $logical[0]{name};
my ($last_name) = $physical[-1]{name};
is($node->safe_psql('postgres', "SELECT damage.answers(uuid) = answers FROM damage.stream WHERE name = '$first_name'"),
	't', 'truncated file: what is left is readable');
examine({ name => $last_name, caught => 1, problem => qr/./ });
stop_and_restore();

foreach my $case ([ magic => 0 ], [ min_reader => 9 ])
{
	my ($field, $value) = @$case;

	fresh_store();
	$store->set_meta($field => $value);
	start_damaged();
	my ($code, $message) = sqlstate_of($node, "SELECT btrdb_count('$stream{$first_name}')");
	like($code, qr/^(XX001|0A000)$/, "metapage with wrong $field: error") or diag($message);
	($code, $message) = sqlstate_of($node, "SELECT btrdb_insert('$stream{$first_name}', 1, 1)");
	like($code, qr/^(XX001|0A000)$/, "metapage with wrong $field: no write");
	my ($rc, $out, $err) = $node->psql('postgres', 'SELECT problem FROM btrdb_check()');
	like("$out$err", qr/\S/, "metapage with wrong $field: btrdb_check finds it");
	stop_and_restore();
}

# ---- rows that point into the tree ----

$node->start;
$node->safe_psql('postgres',
	"SELECT btrdb_insert('$stream{'fuzz 1'}', array_agg(i), array_agg(i / 3.0::float8)) FROM generate_series(1, 100) i");
my $other_root = $node->safe_psql('postgres', "SELECT roots[2] FROM damage.stream WHERE name = 'fuzz 2'");
my $last = "WHERE stream = '$stream{'fuzz 1'}' AND version = 12";
foreach my $update (
	"btrdb.versions SET root = '$other_root' $last",
	"btrdb.versions SET root = '(4000000,1)' $last",
	"btrdb.versions SET root = NULL $last",
	"btrdb.versions SET root_version = 9 $last",
	"btrdb.versions SET count = count + 1 $last",
	"btrdb.versions SET min = min - 1 $last",
	"btrdb.versions SET max = max + 1 $last",
	"btrdb.versions SET mean = mean + 0.001 $last",
	"btrdb.versions SET m2 = m2 * 2 $last",
	"btrdb.versions SET earliest = earliest + 1 $last",
	"btrdb.versions SET latest = latest + 1 $last",
	"btrdb.versions SET earliest_value = earliest_value + 1 $last",
	"btrdb.versions SET latest_value = -0.0 $last",
	"btrdb.versions SET phase = (phase + 1) % 6 $last",
	"btrdb.versions SET base = 12 $last",
	"btrdb.versions SET version = 14 $last",
	"btrdb.buffer SET points = set_byte(points, 0, get_byte(points, 0) # 255) WHERE stream = '$stream{'fuzz 1'}'",
	"btrdb.buffer SET points = substr(points, 1, 10) WHERE stream = '$stream{'fuzz 1'}'")
{
	my ($rc, $out, $err) = $node->psql('postgres', qq{
BEGIN;
ALTER TABLE btrdb.versions DISABLE TRIGGER ALL;
ALTER TABLE btrdb.buffer DISABLE TRIGGER ALL;
UPDATE $update;
SELECT 'found ' || count(*) FROM btrdb_check('$stream{'fuzz 1'}');
SELECT damage.answers('$stream{'fuzz 1'}') IS NOT NULL;
SELECT damage.try_writes('$stream{'fuzz 1'}');
ROLLBACK;
});
	my $what = $update =~ s/ WHERE.*//r;
	is("$rc|$err", '0|', "$what: server goes on");
	like($out, qr/^found [1-9]/m, "$what: btrdb_check finds it");
}
check_is_clean($node, 'at the end');
$node->stop;

done_testing();
