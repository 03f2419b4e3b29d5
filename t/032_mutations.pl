# Random damage: bytes of nodes, of page headers, of line pointers and of special areas, flipped, zeroed,
# overwritten, swapped or cut off.
#
# In half of the cases the node's checksum is made right again.  Without that, every query gives the right answer or
# XX001, which names block and item; with it, values may be wrong that nothing but the checksum protects, and
# the same holds otherwise.  Never does a query fail in another way, run for long, or crash the server.
#
# Each stream has one mutation; all of a batch are planted while the server is stopped, in a copy of the
# file as it was.  BTRDB_MUTATIONS says how many, BTRDB_SEED repeats them.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbPage;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $mutations = size_of(ci => 4000, full => 100000, env => 'BTRDB_MUTATIONS');
my $nstreams = 250;
my $node = btrdb_node('mutations', 'autovacuum = off', 'shared_buffers = 64MB', 'log_min_messages = fatal', 'jit = off',
	'max_parallel_workers_per_gather = 0', 'statement_timeout = 60s');

$node->safe_psql('postgres', q{
CREATE SCHEMA m;
CREATE TABLE m.stream (n int PRIMARY KEY, uuid uuid, answers text[]);

-- Two versions; every tenth stream has more points at one time than fit a leaf, and of every seventh the oldest points
-- are trimmed.
CREATE FUNCTION m.load(n int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	u uuid := btrdb_create('mutations', jsonb_build_object('n', n), '{}', ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid);
	first bigint := 1700000000000000000;
BEGIN
	PERFORM setseed(n / 1000.0);
	PERFORM btrdb_insert(u, array_agg(first + CASE WHEN n % 10 = 0 AND i > 500 THEN 500 ELSE i END * 8333333::bigint + CASE WHEN n % 3 = 0 THEN 0 ELSE floor(random() * 100000)::int END),
						 array_agg(CASE WHEN n % 4 = 0 THEN round(random()::numeric, 2)::float8 ELSE random() END))
	FROM generate_series(1, CASE WHEN n % 10 = 0 THEN 5200 ELSE 1800 END) i;
	PERFORM btrdb_delete(u, first + 8333333::bigint * 700, first + 8333333::bigint * 720);
	IF n % 7 = 0 THEN
		PERFORM btrdb_trim(u, first + 8333333::bigint * 400, 28);
	END IF;
	INSERT INTO m.stream VALUES (n, u);
END
$$;

-- The answer to a query, or the SQLSTATE of its error and, if it says too little, the message.
CREATE FUNCTION m.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
	message text;
BEGIN
	EXECUTE format('SELECT coalesce(md5(string_agg(q::text, '','')), ''none'') FROM (%s) q', query) INTO result;
	RETURN result;
EXCEPTION
	WHEN OTHERS THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
		IF SQLSTATE = '22023' AND message LIKE 'points of stream % are trimmed' THEN
			RETURN 'trimmed';
		END IF;
		RETURN SQLSTATE || CASE WHEN SQLSTATE = 'XX001' AND message ~ '(?:node \(\d+,\d+\) of relation "points"|stream "\S+" in relation "points"|(?:page|block) \d+)' THEN '' ELSE ' ' || message END;
END
$$;

CREATE FUNCTION m.answers(u uuid) RETURNS text[] LANGUAGE sql AS $$
	SELECT array_agg(m.answer(format(q, u)) ORDER BY n)
	FROM unnest(ARRAY[
		'SELECT * FROM btrdb_values(%1$L, -4611686018427387904, 4611686018427387904)',
		'SELECT * FROM btrdb_values(%1$L, 1700000003000000000, 1700000004000000000, 11)',
		'SELECT * FROM btrdb_windows(%1$L, 1700000000000000000, 1700000016000000000, 777777777)',
		'SELECT * FROM btrdb_aligned_windows(%1$L, 1600000000000000000, 1800000000000000000, 31)',
		'SELECT * FROM btrdb_minmax(%1$L, 1700000000000000000, 1700000016000000000, 77)',
		'SELECT * FROM btrdb_lttb(%1$L, 1700000000000000000, 1700000016000000000, 77)',
		'SELECT btrdb_stat(%1$L, 1700000001000000000, 1700000009000000000)',
		'SELECT btrdb_count(%1$L::uuid, 1700000001000000000, 1700000009000000000)',
		'SELECT * FROM btrdb_nearest(%1$L, 1700000005000000000)',
		'SELECT * FROM btrdb_nearest(%1$L, 1700000005900000000, true)',
		'SELECT * FROM btrdb_earliest(%1$L)',
		'SELECT * FROM btrdb_latest(%1$L)',
		'SELECT * FROM btrdb_changes(%1$L, 11, 12)',
		'SELECT * FROM btrdb_changes(%1$L, 0, 12)',
		'SELECT time, value FROM btrdb.points WHERE stream = %1$L',
		'SELECT time FROM btrdb.points WHERE stream = %1$L AND value > 0.5 ORDER BY time DESC',
		'SELECT count(*), min(value), max(time) FROM btrdb.points WHERE stream = %1$L AND time > 1700000002000000000',
		'SELECT points, versions FROM btrdb.stream_stats WHERE uuid = %1$L']) WITH ORDINALITY AS q (q, n)
$$;

-- Writes that go through the damaged places and are undone, and the check: what must not become of them.
CREATE FUNCTION m.writes(u uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	write text;
	wrong text := '';
	message text;
BEGIN
	FOREACH write IN ARRAY ARRAY[
		'SELECT btrdb_insert(%L, array_agg(1700000000000000000 + i * 10000000::bigint), array_agg(i::float8)) FROM generate_series(1, 1100) i',
		'SELECT btrdb_insert(%1$L, 1700000004000000000, 1), btrdb_flush(%1$L)',
		'SELECT btrdb_delete(%L, 1700000003000000000, 1700000006000000000)',
		'SELECT btrdb_revert(%1$L, 11), btrdb_prune(%1$L, 13)',
		'SELECT count(*) FROM btrdb_check(%L)']
	LOOP
		BEGIN
			EXECUTE format(write, u);
			RAISE SQLSTATE 'OK000';
		EXCEPTION
			WHEN OTHERS THEN
				GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
				IF SQLSTATE NOT IN ('OK000', 'XX001') AND message NOT LIKE 'points of stream % are trimmed' THEN
					wrong := concat_ws(' ', wrong, write, SQLSTATE, message);
				END IF;
		END;
	END LOOP;
	RETURN wrong;
END
$$;

-- What is wrong with a stream that was damaged; strict: answers must be right.
CREATE FUNCTION m.try(n int, strict bool) RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws(' ', n,
		(SELECT string_agg(format('query %s: %s', i, a), ' ') FROM unnest(s.answers, m.answers(s.uuid)) WITH ORDINALITY AS x (r, a, i)
		 WHERE a <> 'XX001' AND (strict AND a <> r OR a ~ '^.{5}( |$)')),
		NULLIF(m.writes(s.uuid), ''))
	FROM m.stream AS s WHERE s.n = try.n
$$;
});
$node->safe_psql('postgres', join("\n", map { "SELECT m.load($_);" } 1 .. $nstreams));
$node->safe_psql('postgres', 'UPDATE m.stream SET answers = m.answers(uuid)');
is($node->safe_psql('postgres', q{SELECT count(*) FROM m.stream, unnest(answers) a WHERE a ~ '^.{5}( |$)'}), '0', 'without damage there are answers');

my %uuid = map { my ($n, $u) = split /\|/; ($n => pack('H*', $u =~ tr/-//dr)) } split /\n/, $node->safe_psql('postgres', 'SELECT n, uuid FROM m.stream');
my $file = $node->data_dir . '/' . $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
$node->stop;
my $good = BtrdbPage->open($file);
my %nodes;
push @{ $nodes{ $_->{stream} } }, $_ foreach $good->nodes;

# A range of bytes of a field, of a node, of a page, or somewhere; as (place, length, what).
sub choose_target
{
	my ($node) = @_;
	my $page = $node->{block} * BtrdbPage::PAGE_SIZE;
	my $entries = $node->{kind} == BtrdbPage::LEAF ? 0 : $node->{nitems};
	my @header = ([ 0, 16 ], [ 16, 8 ], [ 24, 8 ], [ 32, 8 ], [ 40, 4 ], [ 44, 2 ], [ 46, 2 ], [ 48, 1 ], [ 49, 1 ], [ 50, 1 ], [ 51, 1 ], [ 52, 4 ]);
	my @entry = ([ 0, 8 ], [ 8, 8 ], [ 16, 8 ], [ 24, 8 ], [ 32, 8 ], [ 40, 8 ], [ 48, 2 ], [ 50, 2 ], [ 52, 2 ], [ 54, 1 ], [ 55, 1 ]);
	my @page = ([ 0, 8 ], [ 8, 2 ], [ 10, 2 ], [ 12, 2 ], [ 14, 2 ], [ 16, 2 ], [ 18, 2 ], [ 20, 4 ], [ 24 + 4 * ($node->{item} - 1), 4 ],
		[ 8160, 8 ], [ 8168, 8 ], [ 8176, 8 ], [ 8184, 2 ], [ 8186, 2 ], [ 8188, 2 ], [ 8190, 2 ]);
	my $dice = random_below(20);

	return ($node->{at} + $_->[0], $_->[1], "header + $_->[0]") foreach $dice < 6 ? $header[ random_below(scalar @header) ] : ();
	if ($dice < 11 && $entries)
	{
		my $i = random_below($entries);
		my $field = $entry[ random_below(scalar @entry) ];
		return ($node->{at} + BtrdbPage::NODE_HEADER + $i * BtrdbPage::ENTRY + $field->[0], $field->[1], "entry $i + $field->[0]");
	}
	return ($page + $_->[0], $_->[1], "page + $_->[0]") foreach $dice >= 17 ? $page[ random_below(scalar @page) ] : ();
	if ($dice == 16)
	{
		my $at = random_below(BtrdbPage::PAGE_SIZE - 8);
		return ($page + $at, 8, "page, byte $at");
	}
	# the first bytes of a leaf say how it is packed
	my $payload = $node->{bytes} - BtrdbPage::NODE_HEADER;
	my $at = random_below(random_below(2) ? $payload : $payload < 64 ? $payload : 64);
	return ($node->{at} + BtrdbPage::NODE_HEADER + $at, 1, "payload, byte $at");
}

my @extremes = (pack('q<', -1), pack('q<', 1), pack('Q<', 1 << 63), pack('q<', 9223372036854775807), pack('q<', 255), pack('q<', 4096), pack('d<', 9**9**9), pack('d<', -sin(9**9**9)), "\x80\xff\x7f\x01\xff\xff\xff\x7f");

# Damages a stream; returns what was done and whether answers must be right.
sub damage
{
	my ($store, $n) = @_;
	my @own = @{ $nodes{ $uuid{$n} } };
	my $node = $own[ random_below(scalar @own) ];
	my ($at, $length, $what) = choose_target($node);
	my $kind = random_below(14);
	my $seal = random_below(2);
	my $done;

	if ($kind <= 3)
	{
		my $i = $at + random_below($length);
		substr($store->{bytes}, $i, 1) ^= chr(1 << random_below(8));
		$done = 'flip';
	}
	elsif ($kind <= 6)
	{
		substr($store->{bytes}, $at, $length) = substr($extremes[ random_below(scalar @extremes) ] x 2, 0, $length);
		$done = 'extreme';
	}
	elsif ($kind == 7)
	{
		substr($store->{bytes}, $at, $length) = "\0" x $length;
		$done = 'zero';
	}
	elsif ($kind <= 9)
	{
		# a little more or less
		my $i = $at;
		substr($store->{bytes}, $i, 1) = chr((ord(substr($store->{bytes}, $i, 1)) + (random_below(2) ? 1 : 255)) % 256);
		$done = 'one more or less';
	}
	elsif ($kind == 10)
	{
		# cut off: the rest of the node
		my $end = $node->{at} + $node->{bytes};
		$at = $node->{at} + random_below($node->{bytes}) if $at < $node->{at} || $at >= $end;
		substr($store->{bytes}, $at, $end - $at) = "\0" x ($end - $at);
		$done = 'cut off';
	}
	elsif ($kind == 11)
	{
		# swap with the same bytes of another node or page
		my $other = $own[ random_below(scalar @own) ];
		my $there = $at + ($what =~ /^page/ ? ($other->{block} - $node->{block}) * BtrdbPage::PAGE_SIZE : $other->{at} - $node->{at});
		$there = $at if $there + $length > length($store->{bytes});
		my $bytes = substr($store->{bytes}, $there, $length);
		substr($store->{bytes}, $there, $length) = substr($store->{bytes}, $at, $length);
		substr($store->{bytes}, $at, $length) = $bytes;
		$store->seal($other) if $seal && $what !~ /^page/;
		$done = 'swap';
	}
	elsif ($kind == 12)
	{
		# a whole page: zeros, or another one's
		my $page = $node->{block};
		my $other = $own[ random_below(scalar @own) ]{block};
		$store->page($page, random_below(3) ? $good->page($other) : "\0" x BtrdbPage::PAGE_SIZE);
		$done = 'page';
		$seal = 0;
	}
	else
	{
		my $bytes = join('', map { chr(random_below(256)) } 1 .. $length);
		substr($store->{bytes}, $at, $length) = $bytes;
		$done = 'random';
	}
	$seal = 0 if $what =~ /^page/;
	$store->seal($node) if $seal;
	return ("$n: $done at $what of node ($node->{block},$node->{item}), kind $node->{kind}" . ($seal ? ', sealed' : ''), !$seal);
}

my $failures = 0;
for (my $done = 0; $done < $mutations; $done += $nstreams)
{
	my $store = bless { %$good }, ref $good;
	my (%what, $script);

	foreach my $n (1 .. $nstreams)
	{
		my $strict;
		($what{$n}, $strict) = damage($store, $n);
		$script .= "SELECT m.try($n, " . ($strict ? 'true' : 'false') . ");\n";
	}
	$store->save;
	$node->start;
	my ($rc, $out, $err) = $node->psql('postgres', $script, on_error_stop => 0);
	my @wrong = map { /^(\d+) (.+)/s ? "$_ ($what{$1})" : () } split /\n(?=\d+(?:[ \n]|\z))/, $out;
	push @wrong, $err if $err ne '';
	if ($rc != 0)
	{
		my $last = () = $out =~ /^\d+/mg;
		push @wrong, 'the server ends: ' . $what{ $last + 1 };
	}
	# what looks at everything
	foreach my $command ('SELECT count(*) FROM btrdb.points WHERE time % 2 = 0', 'SELECT count(*) FROM (SELECT * FROM btrdb_check() LIMIT 100000) x', 'ANALYZE btrdb.points', 'VACUUM btrdb.points')
	{
		last if $rc != 0;
		my ($state, $message) = sqlstate_of($node, $command);
		push @wrong, "$command: $message" unless $state =~ /^(?:|XX001)$/;
	}
	is(join("\n", @wrong[ 0 .. ($#wrong > 20 ? 20 : $#wrong) ]), '', "$nstreams mutations from number $done on") or $failures++;
	$node->stop($rc == 0 ? 'fast' : 'immediate');
	last if $failures > 2;
}
figure('mutations of pages: right answers or XX001', $mutations);
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC|was terminated by signal|leak|still referenced|problem in alloc|detected write past/, 'the server log is clean');
$good->save;
$node->start;
check_is_clean($node, 'with the file as it was');
$node->stop;
done_testing();
