=pod

=head1 NAME

Contender - a session of one of the databases that the benchmark compares

=head1 DESCRIPTION

Runs client.c or duckdb.mjs as a child and speaks its line protocol, which is
described in client.c.

=cut

package Contender;

use strict;
use warnings;

use IPC::Open2;

# Starts a session.  "command" is the child's command line, "sql" the name under
# which a measurement has its SQL for this contender.
sub new
{
	my ($class, %self) = @_;
	my $self = bless {%self}, $class;

	$self->open;
	return $self;
}

sub open    ## no critic (ProhibitBuiltinHomonyms)
{
	my ($self) = @_;

	$self->{pid} = open2($self->{out}, $self->{in}, @{ $self->{command} });
	$self->ask('data', $self->{data}) if $self->{data};
	$self->ask('exec', $_) foreach @{ $self->{settings} // [] };
	return;
}

sub close    ## no critic (ProhibitBuiltinHomonyms, ProhibitAmbiguousNames)
{
	my ($self) = @_;

	return unless $self->{pid};
	CORE::close($self->{in});
	CORE::close($self->{out});
	waitpid($self->{pid}, 0);
	delete $self->{pid};
	return;
}

# Sends a command; returns the fields of the answer: microseconds, rows, more.
sub ask
{
	my ($self, @fields) = @_;

	s/[\t\n]+/ /g foreach @fields;
	print { $self->{in} } join("\t", @fields), "\n";
	$self->{in}->flush;
	my $answer = readline($self->{out});
	die "$self->{name}: session ended at: @fields\n" unless defined $answer;
	chomp $answer;
	my ($status, @rest) = split /\t/, $answer, -1;
	die "$self->{name}: $rest[0], at: @fields\n" unless $status eq 'ok';
	return @rest;
}

# Runs a statement and returns the first value of its result.
sub value_of
{
	my ($self, $sql) = @_;

	return ($self->ask('exec', $sql))[2];
}

# Makes another file of points the one that is sent.
sub use_data
{
	my ($self, $file) = @_;

	$self->{data} = $file;
	$self->ask('data', $file);
	return;
}

1;
