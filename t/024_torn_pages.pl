# Pages that were half written when the machine lost power.
#
# A page of 8 kB is written in sectors, and a crash may leave some of them new and some old.  From an image of the
# server a random workload goes on, and recovery of the image shows what the pages of btrdb.points become.  Then the
# sectors of pages that differ, in the image and there, are mixed at random, and that is
# recovered: with full_page_writes every byte is right again.  Without, there is damage that recovery
# does not heal, or these pages would not be torn; all of it is found.
#
# BTRDB_TEARS says how often pages are torn.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbCrash;
use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

use constant PAGE => 8192;

my $seed = test_seed();
my $tears = size_of(ci => 20, full => 500, env => 'BTRDB_TEARS');
my $per_image = 5;

my $node = small_node('torn',
	'wal_keep_size = 4GB',
	'log_error_verbosity = verbose',
	'btrdb.direct_points = 150');
define_digest($node);
my @streams = map { new_stream($node, "s$_") } 1 .. 4;

# Returns SQL for a random change that touches pages which are there.
sub change
{
	my $s = $streams[ random_below(scalar @streams) ];
	my $kind = random_below(10);
	my $start = random_below(900) * 1000;
	my $insert = "SELECT btrdb_insert('$s', array_agg($start + (random() * 300000)::bigint), array_agg(random())) "
	  . 'FROM generate_series(1, ' . (150 + random_below(500)) . ') i;';

	return $insert if $kind < 4;
	return "BEGIN; $insert ROLLBACK;" if $kind == 4;
	return "SELECT btrdb_delete('$s', $start, $start + " . (1000 + random_below(400000)) . ');' if $kind < 7;
	return "SELECT btrdb_prune('$s', btrdb_version('$s') - " . random_below(2) . ');' if $kind < 9;
	return 'VACUUM btrdb.points;';
}

# Runs a workload from an image on; returns the image, the LSN at which the server is killed, and
# what it held then.
sub workload
{
	my ($name, $full_page_writes) = @_;

	$node->safe_psql('postgres', join(' ', "ALTER SYSTEM SET full_page_writes = $full_page_writes;",
		'SELECT btrdb_flush();', (map { change() } 1 .. 10),
		map { "SELECT btrdb_insert('$_', i, i) FROM generate_series(1, 150) i; SELECT btrdb_flush('$_');" } @streams));
	my $image = crash_image($node, $name);
	$node->safe_psql('postgres', join(' ', 'SELECT setseed(' . $seed % 1000 / 1000 . ');',
		(map { change() } 1 .. 30), 'VACUUM btrdb.points;', map { change() } 1 .. 5));
	my $expected = $node->safe_psql('postgres', 'SELECT crash.digest()');
	my $end = lsn_number($node->safe_psql('postgres', 'SELECT pg_switch_wal()'));
	return ($image, $end, $expected);
}

# Mixes the sectors of two pages.
sub tear
{
	my ($old, $new) = @_;
	my $sector = random_below(2) ? 512 : 4096;
	my $page;

	do
	{
		$page = '';
		foreach my $i (0 .. PAGE / $sector - 1)
		{
			$page .= substr(random_below(2) ? $old : $new, $i * $sector, $sector);
		}
	} while ($page eq $old || $page eq $new);
	return $page;
}

# Mixes pages of two files.  Returns the bytes and how many pages are torn.
sub tear_file
{
	my ($old, $new) = @_;
	my $torn = 0;
	my $bytes = '';

	foreach my $i (0 .. length($new) / PAGE - 1)
	{
		my $before = $i * PAGE < length($old) ? substr($old, $i * PAGE, PAGE) : "\0" x PAGE;
		my $after = substr($new, $i * PAGE, PAGE);

		# a page that differs in one sector cannot be torn
		my $differs = grep { substr($before, $_ * 4096, 4096) ne substr($after, $_ * 4096, 4096) } 0, 1;
		if ($differs == 2 && random_below(10))
		{
			$after = tear($before, $after);
			$torn++;
		}
		elsif (random_below(2))
		{
			$after = $before;
		}
		$bytes .= $after;
	}
	return ($bytes, $torn);
}

# Recovers a directory, and returns what single_user() does.
sub recover
{
	my ($dir) = @_;

	return single_user($dir, 'SELECT crash.problems()', 'SELECT crash.digest()');
}

# Tears pages of the image again and again, with full_page_writes or without; returns how many pages were torn, and
# how often damage was found.
sub tear_image
{
	my ($name, $full_page_writes, $times) = @_;
	my ($image, $end, $expected) = workload($name, $full_page_writes);
	my $path = $node->safe_psql('postgres', q{SELECT pg_relation_filepath('btrdb.points')});
	my $dir = $node->basedir . '/crashed';
	my ($torn, $found) = (0, 0);

	restore_image($image, $dir);
	my $old = read_file("$dir/$path");
	restore_wal($node, $image, $dir, $end);
	is_deeply(recover($dir)->{values}, [ 'sound', $expected ], "$name: recovery without torn pages");
	my $new = read_file("$dir/$path");

	foreach my $i (1 .. $times)
	{
		restore_image($image, $dir);
		restore_wal($node, $image, $dir, $end);
		my ($bytes, $pages) = tear_file($old, $new);
		write_file("$dir/$path", $bytes);
		my $result = recover($dir);
		my ($problems, $digest) = @{ $result->{values} };

		$torn += $pages;
		if ($full_page_writes eq 'on')
		{
			is_deeply($result->{values}, [ 'sound', $expected ], "$name: $pages torn pages are healed")
			  or diag("BTRDB_SEED=$seed", $result->{log});
			ok(read_file("$dir/$path") eq $new, "$name: to the byte");
		}
		elsif ($result->{status} != 0 || $result->{log} =~ /(?:ERROR|PANIC|FATAL):  XX00[12]/ || $problems ne 'sound')
		{
			$found++;
		}
		else
		{
			is($digest, $expected, "$name: no damage is found, and there is none");
		}
	}
	system_or_bail('rm', '-rf', $image->{dir});
	return ($torn, $found);
}

my $torn = 0;
for (my $done = 0; $done < $tears; $done += $per_image)
{
	my ($pages) = tear_image("image $done", 'on', $per_image);

	cmp_ok($pages, '>', 5 * $per_image, "image $done: some pages are torn ($pages)");
	$torn += $pages;
}
figure('recoveries of torn pages', $tears);
figure('torn pages, all healed', $torn);

# The control.
my ($pages, $found) = tear_image('control', 'off', $per_image);
is($found, $per_image, "without full_page_writes, damage of $pages torn pages is found");

$node->stop;

done_testing();
