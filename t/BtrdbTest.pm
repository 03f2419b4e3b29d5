=pod

=head1 NAME

BtrdbTest - what the TAP tests of btrdb share

=head1 SYNOPSIS

  use FindBin;
  use lib $FindBin::RealBin;
  use BtrdbTest;

  my $seed = test_seed();
  my $node = btrdb_node('primary', 'shared_buffers = 32MB');
  crash($node);
  check_is_clean($node, 'after the crash');

=head1 DESCRIPTION

Servers with the extension, ways to crash them, and the check that every suite
ends with.  PostgreSQL::Test::Cluster does the rest.

=cut

package BtrdbTest;

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);

our @EXPORT = qw(
  btrdb_node
  check_is_clean
  crash
  figure
  init_node
  kill9_all
  kill9_one
  new_stream
  random_below
  run_script
  size_of
  sqlstate_of
  start_again
  test_seed
  TIME_MAX
  TIME_MIN
);

use constant TIME_MIN => '-4611686018427387904';
use constant TIME_MAX => '4611686018427387904';

# Returns the seed of this run, BTRDB_SEED or one of its own, and prints it.
sub test_seed
{
	my $seed = $ENV{BTRDB_SEED};

	$seed = (time() * 1000 + $$) % 2147483647
	  unless defined $seed && $seed ne '';
	srand($seed);
	diag("BTRDB_SEED=$seed");
	return $seed;
}

# Returns how much of something to do: size_of(ci => 20, full => 1000), or what the named variable
# of the environment says: size_of(ci => 20, full => 1000, env => 'BTRDB_KILLS').
sub size_of
{
	my (%size) = @_;

	return $ENV{ $size{env} } if defined $size{env} && $ENV{ $size{env} };
	return $ENV{BTRDB_FULL} ? $size{full} : $size{ci};
}

# Reports a figure of this test for the table in doc/testing.md: what it tells, in words that stay
# the same, and its value.
sub figure
{
	my ($what, $value) = @_;

	note("figure: $what: $value");
	return;
}

# Returns an integer r with 0 <= r < $n.
sub random_below
{
	my ($n) = @_;

	return int(rand($n));
}

# Makes the directory of a new server; @options are more of initdb's.  Without checksums of pages,
# which are the default since 18: they would find damage before btrdb does.
sub init_node
{
	my ($node, @options) = @_;

	$node->init(extra => [ $node->pg_version >= 18 ? '--no-data-checksums' : (), @options ]);
	return;
}

# Starts a new server with the extension in database postgres; @conf are lines
# for postgresql.conf.
sub btrdb_node
{
	my ($name, @conf) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	init_node($node);
	$node->append_conf('postgresql.conf', join("\n",
		'wal_level = replica',
		'log_statement = none',
		'autovacuum_naptime = 1s',
		@conf));
	$node->start;
	$node->safe_psql('postgres', 'CREATE EXTENSION btrdb');
	return $node;
}

# Registers a stream and returns its uuid.
sub new_stream
{
	my ($node, $name) = @_;

	return $node->safe_psql('postgres',
		qq{SELECT btrdb_create('test', '{"name": "$name"}')});
}

# Stops the server as a crash would and starts it again.
sub crash
{
	my ($node) = @_;

	$node->stop('immediate');
	$node->start;
	return;
}

# Returns the process ids of the server's children.
sub _children
{
	my ($parent) = @_;
	my @children;

	foreach my $dir (glob('/proc/[0-9]*'))
	{
		open(my $fh, '<', "$dir/stat") or next;
		my $line = <$fh>;
		close $fh;
		next unless defined $line;

		# The command name is in parentheses and may contain anything.
		push @children, $1
		  if $line =~ /^(\d+) \(.*\) \S (\d+) /s && $2 == $parent;
	}
	return @children;
}

# Kills the postmaster and all its children with signal 9, and returns when they
# are gone.
sub kill9_all
{
	my ($node) = @_;
	my $postmaster = $node->{_pid};

	# A stopped postmaster cannot start another child while we look.
	kill('STOP', $postmaster);
	my @pids = ($postmaster, _children($postmaster));
	kill('KILL', @pids);
	$node->{_pid} = undef;

	foreach my $pid (@pids)
	{
		my $left = 1000;
		sleep(0.01) while $left-- > 0 && _alive($pid);
		die "process $pid survives SIGKILL" if _alive($pid);
	}

	# Until its parent, which may be busy, has reaped it, a new server takes the
	# dead one for running.
	unlink($node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock')
	  if -e "/proc/$postmaster";
	return;
}

# Kills one process of a server that has restart_after_crash on with signal 9, and returns when the
# postmaster, which ends all others, has started them again.
sub kill9_one
{
	my ($node, $pid) = @_;
	my $offset = -s $node->logfile;

	kill('KILL', $pid) == 1 or die "there is no process $pid";
	$node->wait_for_log(qr/all server processes terminated; reinitializing/, $offset);
	foreach my $attempt (1 .. 600)
	{
		return
		  if IPC::Run::run([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'SELECT 1' ],
			'<', \undef, '>', \my $out, '2>', \my $err);
		sleep(0.05);
	}
	BAIL_OUT('server does not come back after SIGKILL of a process');
	return;
}

# Says whether a process exists and is not a zombie.
sub _alive
{
	my ($pid) = @_;

	open(my $fh, '<', "/proc/$pid/stat") or return 0;
	my $line = <$fh>;
	close $fh;
	return defined $line && $line !~ /^\d+ \(.*\) Z /s;
}

# Starts a server that was killed.
sub start_again
{
	my ($node) = @_;

	# The start is refused while the kernel still counts someone attached to
	# the old shared memory.
	foreach my $attempt (1 .. 100)
	{
		$node->{_pid} = undef;
		return if $node->start(fail_ok => 1);
		sleep(0.1);
	}
	BAIL_OUT('server does not start after SIGKILL');
	return;
}

# Tests that btrdb_check() finds nothing.
sub check_is_clean
{
	my ($node, $label, $dbname) = @_;
	my ($rc, $out, $err) = $node->psql($dbname // 'postgres',
		'SELECT stream, block, item, problem FROM btrdb_check() LIMIT 20');

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is("$rc|$out|$err", '0||', "btrdb_check() is clean $label");
}

# Runs a file of SQL with psql, which stops at the first error; returns
# (exit code, stdout, stderr).
sub run_script
{
	my ($node, $file, $dbname) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run(
		[
			'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose',
			'-d', $node->connstr($dbname // 'postgres'), '-f', $file
		],
		'<', \undef, '>', \$out, '2>', \$err);
	return ($? >> 8, $out, $err);
}

# Runs one statement; returns ('', its output) or (its SQLSTATE, the message).
# The connection must survive.
sub sqlstate_of
{
	my ($node, $sql) = @_;
	my ($rc, $out, $err) = $node->psql('postgres',
		"\\set VERBOSITY verbose\n$sql", on_error_stop => 1);

	return ('', $out) if $rc == 0;
	return ($1, $err) if $err =~ /(?:ERROR|FATAL|PANIC):  ([0-9A-Z]{5}):/;
	return ('lost', $err);
}

1;
