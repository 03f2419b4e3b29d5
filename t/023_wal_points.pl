# Every WAL record is a safe place to crash.
#
# A random workload of every kind of write runs from an image of the server on.  Then, for one
# record after the other, or for some of them, a copy of the image gets the WAL that ends
# with that record, and is recovered.  It must hold exactly what was committed up to
# there: every stream, every version, every point, to the bit.  btrdb_check() must find
# nothing, and the copy must be able to write on, over what was under way when the WAL ended, and lose
# nothing when VACUUM and btrdb_maintain() have done their work.
#
# Each transaction writes its number into a table.  What is read after it was committed is
# compared with what the copy reads that finds this number as the last one.  Which number
# that must be follows from where its commit lies in the WAL.
#
# BTRDB_BOUNDARIES says how many records to stop after.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbCrash;
use BtrdbTest;
use Digest::MD5 qw(md5_hex);
use List::Util qw(shuffle);
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $boundaries = size_of(ci => 500, full => 10000, env => 'BTRDB_BOUNDARIES');
my $per_round = size_of(ci => 250, full => 500);		# each with a workload of its own

my $node = small_node('points',
	'wal_keep_size = 4GB',
	'btrdb.buffer_points = 120',
	'btrdb.buffer_rows = 64',
	'btrdb.compact_rows = 4',
	'btrdb.direct_points = 150',
	'btrdb.trimmed_points = skip');

define_digest($node);
$node->safe_psql('postgres', q{
CREATE SCHEMA point;
CREATE TABLE point.log (id int, xid xid8);

-- What is compared: the transactions that are seen, what they have left, and whether that is sound.
CREATE FUNCTION point.state() RETURNS text LANGUAGE sql AS $$
	SELECT concat_ws('|', (SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), 'none') FROM point.log), crash.digest(), crash.problems())
$$;

CREATE FUNCTION point.counts() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(btrdb_count(uuid)::text, ' ' ORDER BY uuid) FROM btrdb.streams
$$;

-- Writes 200 points to each stream that nobody can have locked: some at once, some by the buffer.
CREATE FUNCTION point.write() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	s uuid;
BEGIN
	FOR s IN SELECT uuid FROM btrdb.streams WHERE NOT tags ? 'other' ORDER BY uuid LOOP
		PERFORM btrdb_insert(s, i, i) FROM generate_series(1, 5) i;
		PERFORM btrdb_insert(s, array_agg(i * 77::bigint), array_agg(i::float8)) FROM generate_series(1, 195) i;
		PERFORM btrdb_flush(s);
	END LOOP;
END
$$;

-- The counts that there must be after that.
CREATE FUNCTION point.expected() RETURNS text LANGUAGE sql AS $$
	SELECT string_agg((btrdb_count(uuid) + CASE WHEN tags ? 'other' THEN 0 ELSE 200 END)::text, ' ' ORDER BY uuid) FROM btrdb.streams
$$;
});

my @wide;			# streams that are buffered together
my @lone;			# streams that are not
my $other;			# a stream that only a second transaction writes to
my $trimmed;		# a stream that is trimmed, to which not everything can be done
my $nstreams = 0;	# that there ever were

my $session;		# of the workload
my $second;			# a second transaction that is under way: { id, and session or prepared }
my $ids = 0;		# of transactions, the last one
my @committed;		# ids, in the order of their commits
my @digest;			# what was read after so many of them

# Registers a stream; returns its uuid and the SQL.  Those of a cohort may share rows.
sub create_sql
{
	my ($cohort, $tag) = @_;
	my $uuid = md5_hex("$seed " . ++$nstreams);
	my $number = $cohort * 128 + $nstreams % 100 + 1;

	$uuid =~ s/^(.{8})(.{4})(.{4})(.{4})/$1-$2-$3-$4-/;
	return ($uuid,
		"SELECT setval('btrdb.streams_number_seq', $number); "
		  . qq{SELECT btrdb_create('point', '{"name": "$nstreams", "$tag": ""}', '{}', '$uuid')});
}

sub pick
{
	return $_[ random_below(scalar @_) ];
}

sub version_of
{
	my ($s, $default) = @_;

	return "coalesce((SELECT version FROM btrdb_versions('$s') ORDER BY random() LIMIT 1), $default)";
}

# Inserts of $count points into one stream.
sub insert_sql
{
	my ($s, $count, $merge) = @_;
	my $from = random_below(900) * 1000;
	my $time = random_below(2) ? "$from + i * 1000::bigint" : "(random() * 1000000)::bigint / 500 * 500";
	my $policy = $merge ? ", '$merge'" : '';

	return "SELECT btrdb_insert('$s', $from, random()$policy)" if $count == 1;
	return "SELECT btrdb_insert('$s', array_agg($time), array_agg(random())$policy) FROM generate_series(1, $count) i";
}

# What a transaction may consist of.  Each takes the stream that it is about.
my %change = (
	point => sub { insert_sql($_[0], 1) },
	batch => sub { insert_sql($_[0], 2 + random_below(30)) },
	large => sub { insert_sql($_[0], 150 + random_below(400)) },
	merge => sub { insert_sql($_[0], 1 + random_below(60), pick('equal', 'retain', 'replace')) },
	wide => sub {
		my $list = join(',', @wide[ 0 .. 3 + random_below(@wide - 3) ]);
		my $from = random_below(1000) * 1000;

		"INSERT INTO btrdb.points SELECT s, $from + i * 1000, random() FROM unnest('{$list}'::uuid[]) s, generate_series(1, @{[ 1 + random_below(5) ]}) i";
	},
	load => sub {
		"INSERT INTO btrdb.points SELECT s, (random() * 1000000)::bigint, random() FROM unnest('{$_[0],@{[ pick(@wide) ]},@{[ pick(@lone) ]}}'::uuid[]) s, generate_series(1, 200) i";
	},
	flush => sub { "SELECT btrdb_flush('$_[0]')" },
	delete => sub {
		my $start = random_below(900) * 1000;

		"SELECT btrdb_delete('$_[0]', $start, @{[ $start + 1000 + random_below(300000) ]})";
	},
	revert => sub { "SELECT btrdb_revert('$_[0]', @{[ version_of($_[0], 1) ]})" },
	prune => sub { "SELECT btrdb_prune('$_[0]', @{[ version_of($_[0], 10) ]})" },
	edit => sub { "UPDATE btrdb.streams SET annotations = jsonb_build_object('a', random()) WHERE uuid = '$_[0]'" },
	trim => sub { "SELECT btrdb_trim('$trimmed', @{[ random_below(1000) * 1000 ]}, @{[ 10 + random_below(8) ]})" },
	late => sub { insert_sql($trimmed, pick(1, 20, 300)) },
	maintain => sub { 'SELECT btrdb_maintain()' },);

# A transaction of several changes, some of which are rolled back to a savepoint.
sub composite
{
	my @parts;

	foreach my $i (1 .. 2 + random_below(3))
	{
		my $part = $change{ pick(sort keys %change) }->(pick(@wide, @lone));
		my $r = random_below(4);

		$part = "SAVEPOINT a; $part; ROLLBACK TO a" if $r == 0;
		$part = "SAVEPOINT a; $part; RELEASE a" if $r == 1;
		push @parts, $part;
	}
	return join('; ', @parts);
}

# Removes a stream in favour of a new one; returns the SQL and where the new uuid belongs.
sub replace_stream
{
	my $list = random_below(2) ? \@wide : \@lone;
	my $place = \$list->[ random_below(scalar @$list) ];
	my $sql = random_below(2) ? "SELECT btrdb_obliterate('$$place')" : "DELETE FROM btrdb.streams WHERE uuid = '$$place'";
	my ($uuid, $create) = create_sql($list == \@wide ? 0 : 10 + $nstreams, 'replacement');

	return (join('; ', $sql, $create, $change{ pick('large', 'batch') }->($uuid)), $place, $uuid);
}

# Notes that a transaction was committed, and what can be read now.
sub note_commit
{
	my ($id) = @_;

	push @committed, $id;
	push @digest, $node->safe_psql('postgres', 'SELECT crash.digest()');
	return;
}

# Runs SQL as a transaction that is committed or rolled back.
sub transaction
{
	my ($sql, $commit) = @_;
	my $id = ++$ids;

	$session->query_safe("BEGIN; $sql; INSERT INTO point.log VALUES ($id, pg_current_xact_id()); "
		  . ($commit ? 'COMMIT' : 'ROLLBACK'));
	note_commit($id) if $commit;
	return;
}

# Begins the second transaction, in a session of its own or as a prepared one, or ends it.
sub second_transaction
{
	if (!$second)
	{
		my $id = ++$ids;
		my $sql = join('; ', 'BEGIN', (map { $change{$_}->($other) } pick('large', 'delete'), 'batch'),
			"INSERT INTO point.log VALUES ($id, pg_current_xact_id())");

		$second = { id => $id };
		if (random_below(2))
		{
			$second->{session} = $node->background_psql('postgres');
			$second->{session}->query_safe($sql);
		}
		else
		{
			$session->query_safe("$sql; PREPARE TRANSACTION 'second'");
		}
	}
	else
	{
		my $end = random_below(3) ? 'COMMIT' : 'ROLLBACK';

		if ($second->{session})
		{
			$second->{session}->query_safe($end);
			$second->{session}->quit;
		}
		else
		{
			$session->query_safe("$end PREPARED 'second'");
		}
		note_commit($second->{id}) if $end eq 'COMMIT';
		$second = undef;
	}
	return;
}

# Vacuums tables.  To cut them off it would wait for the second transaction, for some seconds.
sub vacuum
{
	my ($tables) = @_;

	$session->query_safe('VACUUM ' . ($second ? '(TRUNCATE off) ' : '') . $tables);
	return;
}

# Does one thing.
my %step = (
	(map { my $kind = $_; $kind => sub { transaction($change{$kind}->(pick(@wide, @lone)), 1) } } keys %change),
	composite => sub { transaction(composite(), 1) },
	aborted => sub { transaction(composite(), 0) },
	second => \&second_transaction,
	replace => sub {
		my ($sql, $place, $uuid) = replace_stream();

		transaction($sql, 1);
		$$place = $uuid;
	},
	'replace, aborted' => sub { transaction((replace_stream())[0], 0) },
	truncate => sub {
		second_transaction() if $second;
		transaction('TRUNCATE btrdb.points; ' . composite(), 1);
	},
	'truncate, aborted' => sub {
		second_transaction() if $second;
		transaction('TRUNCATE btrdb.points; ' . composite(), 0);
	},
	vacuum => sub { vacuum('btrdb.points') },
	'vacuum full' => sub {
		second_transaction() if $second;
		$session->query_safe('VACUUM FULL btrdb.points');
	},
	'vacuum tables' => sub { vacuum('btrdb.versions, btrdb.buffer, btrdb.mixed, btrdb.garbage, btrdb.heads') },
	checkpoint => sub { $session->query_safe('CHECKPOINT') },);

my @rare = ('truncate', 'truncate, aborted', 'vacuum full', 'replace', 'replace, aborted', 'vacuum tables', 'checkpoint');

# Makes a store with some streams in it.
sub prepare
{
	my ($full_page_writes) = @_;
	my @sql = ('DELETE FROM btrdb.streams', 'DELETE FROM point.log');

	@wide = @lone = @committed = @digest = ();
	$ids = 0;
	foreach my $i (1 .. 9)
	{
		my ($uuid, $create) = create_sql($i <= 4 ? 0 : 10 + $nstreams, $i == 8 ? 'other' : 'first');

		push @{ $i <= 4 ? \@wide : \@lone }, $uuid;
		push @sql, $create, map { $change{$_}->($uuid) } 'large', 'delete', 'batch';
	}
	$trimmed = pop @lone;
	$other = pop @lone;
	$node->safe_psql('postgres', join('; ', "ALTER SYSTEM SET full_page_writes = $full_page_writes", @sql, 'VACUUM btrdb.points'));
	return;
}

# Runs a workload from an image on; returns the image and the records.
sub workload
{
	my ($round, $full_page_writes) = @_;

	prepare($full_page_writes);
	my $image = crash_image($node, "image_$round");
	push @digest, $node->safe_psql('postgres', 'SELECT crash.digest()');
	$session = $node->background_psql('postgres');
	$session->query_safe('SELECT setseed(' . $seed % 1000 / 1000 . ')');

	# Everything once, and what is not rare more often.
	my @often = grep { my $kind = $_; !grep { $_ eq $kind } @rare } sort keys %step;
	foreach my $kind (shuffle(sort(keys %step), map { pick(@often) } 1 .. 25))
	{
		note($kind);
		$step{$kind}->();
	}
	second_transaction() if $second;
	$session->quit;
	$node->safe_psql('postgres', 'CHECKPOINT');
	return ($image, wal_records($node, $image, $node->lsn('insert')));
}

# Says of each record how many of the transactions of the workload are committed after it.
sub count_commits
{
	my (@records) = @_;
	my %id = map { reverse split /\|/ } split /\n/, $node->safe_psql('postgres', 'SELECT id, xid FROM point.log');
	my @seen;

	foreach my $record (@records)
	{
		if ($record->{rmgr} eq 'Transaction' && $record->{desc} =~ /^COMMIT(?:_PREPARED (\d+))?/)
		{
			my $id = $id{ $1 // $record->{xid} };

			push @seen, $id if defined $id;
		}
		$record->{commits} = @seen;
	}
	is_deeply(\@seen, \@committed, 'the WAL has ' . @seen . ' commits, in their order');
	return;
}

# Recovers what a crash after a record leaves; returns what is wrong.
sub crash_after
{
	my ($image, $record) = @_;
	my $dir = $node->basedir . '/crashed';
	my $k = $record->{commits};
	my $expected = join('|', join(' ', sort { $a <=> $b } @committed[ 0 .. $k - 1 ]) || 'none', $digest[$k], 'sound');

	restore_image($image, $dir);
	restore_wal($node, $image, $dir, $record->{end});
	my $result = single_user($dir,
		'SELECT point.state()',
		"ROLLBACK PREPARED 'second'",
		'SELECT point.expected()',
		'SELECT point.write()',
		'VACUUM btrdb.points',
		'SELECT count(*) FROM btrdb_maintain()',
		'SELECT point.counts()',
		'SELECT crash.problems()');
	my ($state, $counts, undef, undef, $after, $problems) = @{ $result->{values} };
	my @wrong;

	push @wrong, 'the server failed' if $result->{status} != 0 || !defined $problems;
	push @wrong, "found $state, expected $expected" if defined $state && $state ne $expected;
	push @wrong, "writing on: counts are $after, expected $counts" if defined $after && $after ne $counts;
	push @wrong, "after writing on: $problems" if defined $problems && $problems ne 'sound';
	push @wrong, $result->{log} if @wrong;
	return @wrong;
}

my $checked = 0;
my $total = 0;
my %kinds;			# how often a record of a resource manager was the last one
for (my $round = 1; $checked < $boundaries; $round++)
{
	my $full_page_writes = $round % 2 ? 'on' : 'off';
	my ($image, @records) = workload($round, $full_page_writes);
	my @some = @records;
	my %different = map { $_ => 1 } @digest;
	my $failed = 0;

	count_commits(@records);
	cmp_ok(scalar keys %different, '>', @committed / 2, 'most transactions make a difference');
	check_is_clean($node, "after workload $round");

	my $quota = $per_round < $boundaries - $checked ? $per_round : $boundaries - $checked;
	@some = sort { $a->{start} <=> $b->{start} } (shuffle(@records))[ 0 .. $quota - 1 ] if @records > $quota;
	foreach my $record (@some)
	{
		my @wrong = crash_after($image, $record);

		$checked++;
		$kinds{ $record->{rmgr} }++;
		next unless @wrong;
		diag(join("\n", "BTRDB_SEED=$seed, round $round: after $record->{rmgr} $record->{desc}", @wrong));
		last if ++$failed == 5;
	}
	$total += @records;
	is($failed, 0, "round $round, full_page_writes $full_page_writes: " . @some . ' of ' . @records . ' records are safe places to crash');
	last if $failed;

	# The control.
	my %last = %{ $records[-1] };
	$last{commits}--;
	ok(crash_after($image, \%last), 'what is left is not taken for what was there a transaction earlier');
	system_or_bail('rm', '-rf', $image->{dir});
}
figure('WAL records that recovery was stopped after, sound and complete each time', $checked);
diag("$checked of $total records: " . join(', ', map { "$_ $kinds{$_}" } sort keys %kinds));
$node->stop;

done_testing();
