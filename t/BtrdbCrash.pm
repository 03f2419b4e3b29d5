=pod

=head1 NAME

BtrdbCrash - images of a crashed server, and their recovery

=head1 SYNOPSIS

  use BtrdbCrash;

  my $node = small_node('primary', 'wal_keep_size = 2GB');
  my $image = crash_image($node, 'before');
  ... work ...
  $node->stop('immediate');
  my @records = wal_records($node, $image, $end);
  restore_image($image, $dir);
  restore_wal($node, $image, $dir, $records[7]{end});
  my $result = single_user($dir, 'SELECT 1');

=head1 DESCRIPTION

An image is what a crash right after a checkpoint leaves, without WAL.  With a part of the WAL
that was written later it is what a crash at the end of that part leaves.  A server in
single-user mode recovers it as any server would, but starts and ends in a tenth of a second.

=cut

package BtrdbCrash;

use strict;
use warnings;

use BtrdbTest;
use Exporter 'import';
use File::Find;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(lstat stat utime);

our @EXPORT = qw(
  crash_image
  define_digest
  lsn_number
  read_file
  restore_image
  restore_wal
  single_user
  small_node
  wal_records
  write_file
);

use constant SEGMENT => 1024 * 1024;

# Starts a server whose files are few and small; nothing happens there by itself.
sub small_node
{
	my ($name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	init_node($node, '--wal-segsize=1');
	$node->append_conf('postgresql.conf', join("\n",
		'wal_level = replica',
		'wal_init_zero = off',
		'wal_recycle = off',
		'log_statement = none',
		'autovacuum = off',
		'checkpoint_timeout = 1h',
		'max_connections = 20',
		'shared_buffers = 4MB',
		'jit = off',
		@conf));
	$node->start;
	$node->safe_psql('postgres', q{
		CREATE EXTENSION btrdb;
		ALTER DATABASE template0 IS_TEMPLATE false;
		ALTER DATABASE template1 IS_TEMPLATE false;
	});
	$node->safe_psql('postgres', "DROP DATABASE template$_") foreach 0, 1;
	return $node;
}

# Creates functions that tell what there is in a database, in schema crash: crash.digest() is a digest of
# all that can be read, crash.problems() says what btrdb_check() finds.
sub define_digest
{
	my ($node) = @_;

	$node->safe_psql('postgres', q{
CREATE SCHEMA crash;

-- Of the points of a version, in their order.
CREATE FUNCTION crash.digest(s uuid, v bigint) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT concat_ws(':', count(*), bit_xor(hashint8extended(time, n) # hashfloat8extended(value, -n)))
	FROM btrdb_values(s, -4611686018427387904, 4611686018427387904, v) WITH ORDINALITY AS p (time, value, n)
$$;

-- Of a stream with all its versions.
CREATE FUNCTION crash.digest(s uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT concat_ws(' ', btrdb_version(s), crash.digest(s, 0),
		(SELECT string_agg(w::text, '') FROM btrdb_windows(s, 0, 1500000, 100000) w),
		(SELECT string_agg(concat_ws(' ', v.version, v.created, v.count, v.earliest, v.latest, crash.digest(s, v.version),
				btrdb_stat(s, -4611686018427387904, 4611686018427387904, v.version)), ',' ORDER BY v.version)
		 FROM btrdb_versions(s) v))
$$;

CREATE FUNCTION crash.digest() RETURNS text LANGUAGE sql STABLE AS $$
	SELECT md5(string_agg(concat_ws(' ', uuid, tags, annotations, crash.digest(uuid)), ';' ORDER BY uuid)) FROM btrdb.streams
$$;

CREATE FUNCTION crash.problems() RETURNS text LANGUAGE sql AS $$
	SELECT coalesce(string_agg(concat_ws(' ', stream, block, item, problem), '; '), 'sound') FROM btrdb_check()
$$;
});
	return;
}

# An LSN as a number.
sub lsn_number
{
	my ($lsn) = @_;
	my ($high, $low) = split m{/}, $lsn;

	return hex($high) << 32 | hex($low);
}

sub _lsn_text
{
	my ($lsn) = @_;

	return sprintf('%X/%X', $lsn >> 32, $lsn & 0xffffffff);
}

# Makes a checkpoint, stops the server as a crash would, keeps a copy of its data directory without
# WAL, and starts the server again.  Whoever uses the image needs the WAL from then on: the
# server must keep it (wal_keep_size).
sub crash_image
{
	my ($node, $name) = @_;
	my $image = { dir => $node->basedir . "/$name" };

	$node->safe_psql('postgres', 'CHECKPOINT');
	($image->{checkpoint}, $image->{redo}) = map { lsn_number($_) }
	  split /\|/, $node->safe_psql('postgres', 'SELECT checkpoint_lsn, redo_lsn FROM pg_control_checkpoint()');
	$node->stop('immediate');
	system_or_bail('cp', '-a', $node->data_dir, $image->{dir});
	unlink glob("$image->{dir}/pg_wal/*");
	$node->start;
	return $image;
}

# Lists the files below a directory: name => size and time of modification.
sub _files
{
	my ($dir) = @_;
	my %files;

	find({ no_chdir => 1, wanted => sub {
		my @stat = lstat($_);

		$files{ substr($_, length($dir)) } = "$stat[7] $stat[9]" if -f _;
	} }, $dir);
	return \%files;
}

# Makes $dir what the image is; it has no WAL yet.  What a recovery of the same image has left there is
# changed back, which is faster than to copy everything.
sub restore_image
{
	my ($image, $dir) = @_;

	if (!-d $dir || ($image->{restored} // '') ne $dir)
	{
		system_or_bail('rm', '-rf', $dir);
		system_or_bail('cp', '-a', $image->{dir}, $dir);
		$image->{restored} = $dir;
		$image->{files} = _files($image->{dir});
		return;
	}
	my $is = _files($dir);
	foreach my $file (keys %$is)
	{
		unlink("$dir$file") unless exists $image->{files}{$file};
	}
	foreach my $file (keys %{ $image->{files} })
	{
		my ($from, $to) = ("$image->{dir}$file", "$dir$file");

		next if defined $is->{$file} && $is->{$file} eq $image->{files}{$file};
		write_file($to, read_file($from));
		my $modified = (stat($from))[9];
		utime($modified, $modified, $to);
	}
	return;
}

# The contents of a file.
sub read_file
{
	my ($file) = @_;

	open(my $in, '<:raw', $file) or die "could not open $file: $!";
	local $/;
	my $bytes = <$in>;
	close $in;
	return $bytes;
}

sub write_file
{
	my ($file, $bytes) = @_;

	open(my $out, '>:raw', $file) or die "could not open $file: $!";
	print $out $bytes or die "could not write $file: $!";
	close($out) or die "could not close $file: $!";
	return;
}

# Copies the WAL that recovery of the image needs, from what the server has, up to $end.  After that
# come zeroes, as in a segment that is being filled.
sub restore_wal
{
	my ($node, $image, $dir, $end) = @_;

	foreach my $number (int($image->{redo} / SEGMENT) .. int($end / SEGMENT))
	{
		my $file = sprintf('pg_wal/%08X%08X%08X', 1, $number >> 12, $number & 0xfff);
		my $length = $end - $number * SEGMENT;

		$length = SEGMENT if $length > SEGMENT;
		write_file("$dir/$file", substr(read_file($node->data_dir . "/$file"), 0, $length));
		truncate("$dir/$file", SEGMENT) or die "could not extend $dir/$file: $!";
	}
	return;
}

# Lists the WAL records after the checkpoint of the image, up to the LSN $end, from what the server has: rmgr, xid, desc,
# start, and end, where the next one begins.
sub wal_records
{
	my ($node, $image, $end) = @_;
	my ($out, $err) = run_command([
		'pg_waldump', '--path', $node->data_dir . '/pg_wal', '--start', _lsn_text($image->{redo}),
		'--end', $end ]);
	my @records;

	foreach my $line (split /\n/, $out)
	{
		my ($rmgr, $xid, $lsn, $desc) =
		  $line =~ m{^rmgr: (\w+) .*? tx: +(\d+), lsn: ([0-9A-F]+/[0-9A-F]+), prev \S+, desc: (.*)}
		  or next;
		$records[-1]{end} = lsn_number($lsn) if @records;
		push @records, { rmgr => $rmgr, xid => $xid, start => lsn_number($lsn), desc => $desc };
	}
	die "could not list WAL records: $err" unless @records > 1;
	# where the last one ends is not told
	pop @records;
	return grep { $_->{start} > $image->{checkpoint} } @records;
}

# Has a server in single-user mode recover the directory and run statements, of a line each.  Returns status,
# values (of columns of one row each, as text) and log.
sub single_user
{
	my ($dir, @statements) = @_;
	my $in = join('', map { s/\s+/ /gr . "\n" } @statements);
	my ($out, $log) = ('', '');

	IPC::Run::run([ 'postgres', '--single', '-D', $dir, 'postgres' ], '<', \$in, '>', \$out, '2>', \$log,
		IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	return { status => $?, values => [ $out =~ /^\t ?\d+: \w+ = "(.*)"\t\(typeid/mg ], log => $log };
}

1;
