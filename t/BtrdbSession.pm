=pod

=head1 NAME

BtrdbSession - a session of psql that works while the test does something else

=head1 SYNOPSIS

  my $session = BtrdbSession->new($node);
  is($session->query('SELECT 1'), '1');
  $session->start('SELECT btrdb_flush()');
  ... until $session->is_done;
  is($session->finish, '12');
  is($session->sqlstate, '');
  $session->quit;

=head1 DESCRIPTION

Output and messages come together, in their order; statements go on after an error.

=cut

package BtrdbSession;

use strict;
use warnings;

use IO::Select;
use IPC::Open3;
use Test::More;
use Time::HiRes qw(sleep time);

# A session that answers nothing for so many seconds ends the test.
use constant TIMEOUT => 120;

# Connects; %option: dbname.
sub new
{
	my ($class, $node, %option) = @_;
	my $self = bless { node => $node, n => 0, output => '', done => 1 }, $class;

	$self->{psql} = open3($self->{in}, $self->{out}, undef,
		'psql', '-XAtq', '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=never',
		'-d', $node->connstr($option{dbname} // 'postgres'));
	$self->{in}->autoflush(1);
	$self->{select} = IO::Select->new($self->{out});
	$self->{pid} = $self->query('SELECT pg_backend_pid()');
	die "could not connect: $self->{pid}" unless $self->{pid} =~ /^\d+$/;
	return $self;
}

# The process id of the server's end.
sub pid
{
	my ($self) = @_;

	return $self->{pid};
}

# Sends statements.
sub start
{
	my ($self, $sql) = @_;

	die 'session is busy' unless $self->{done};
	$self->{n}++;
	$self->{output} = '';
	$self->{done} = 0;
	$self->{lost} = 0;
	local $SIG{PIPE} = 'IGNORE';
	print { $self->{in} } "$sql\n;\n\\echo done $self->{n}\n";
	return;
}

# Takes in what has come, after waiting for at most so many seconds.
sub _read
{
	my ($self, $seconds) = @_;

	while ($self->{select}->can_read($seconds))
	{
		my $n = sysread($self->{out}, $self->{output}, 65536, length($self->{output}));

		$self->{lost} = 1, $self->{done} = 1, return if !$n;
		if ($self->{output} =~ s/(?:^|(?<=\n))done $self->{n}\n\z//)
		{
			$self->{done} = 1;
			return;
		}
		$seconds = 0;
	}
	return;
}

# Says whether the statements are done, or the connection is lost; waits for at most so many seconds.
sub is_done
{
	my ($self, $seconds) = @_;

	$self->_read($seconds // 0) unless $self->{done};
	return $self->{done};
}

# Waits for the statements and returns what they printed.
sub finish
{
	my ($self) = @_;
	my $end = time() + TIMEOUT;

	while (!$self->is_done(1))
	{
		BAIL_OUT("a session hangs: $self->{output}") if time() > $end;
	}
	return $self->{output} =~ s/\n\z//r;
}

# Runs statements and returns what they print.
sub query
{
	my ($self, $sql) = @_;

	$self->start($sql);
	return $self->finish;
}

# The SQLSTATE of the first error of the last statements; '' if there was none.
sub sqlstate
{
	my ($self) = @_;

	return $1 if $self->{output} =~ /^(?:psql:\S+ )?(?:ERROR|FATAL|PANIC):  ([0-9A-Z]{5}):/m;
	return $self->{lost} ? 'lost' : '';
}

# Disconnects.
sub quit
{
	my ($self) = @_;

	close $self->{in};
	waitpid($self->{psql}, 0);
	return;
}

1;
