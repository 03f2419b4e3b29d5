=pod

=head1 NAME

Report - the rows of the benchmark, judged and printed as Markdown

=cut

package Report;

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(median);

sub median
{
	my @sorted = sort { $a <=> $b } @_;
	my $half = int(@sorted / 2);

	return undef unless @sorted;    ## no critic (ProhibitExplicitReturnUndef)
	return @sorted % 2 ? $sorted[$half] : ($sorted[ $half - 1 ] + $sorted[$half]) / 2;
}

# contenders: the names, btrdb first.
sub new
{
	my ($class, @contenders) = @_;

	return bless { contenders => [@contenders], rows => [] }, $class;
}

# Adds a row.
#
#	work		what was measured
#	unit		of the values
#	more		true if more is better
#	goal		how the goal reads
#	limit		number to reach; or a sub that takes the contenders' values, by name
#	values		contender => value
#	samples		contender => number of repetitions, if not those that were asked for
#	short		how the work reads in the short table, if it is there
sub add
{
	my ($self, %row) = @_;
	my $limit = ref $row{limit} ? $row{limit}->(%{ $row{values} }) : $row{limit};
	my $value = $row{values}{btrdb};

	if (defined $limit && defined $value)
	{
		$row{met} = ($row{more} ? $value >= $limit : $value <= $limit) ? 'yes' : 'no';
		$row{missed_by} = $row{more} ? $limit / ($value || 1e-9) : $value / ($limit || 1e-9)
		  if $row{met} eq 'no';
	}
	push @{ $self->{rows} }, \%row;
	print "   $row{work}: ", join(', ',
		map { "$_ " . number($row{values}{$_}) } grep { defined $row{values}{$_} } @{ $self->{contenders} }),
	  " $row{unit}; goal $row{goal}: ", verdict(\%row), "\n";
	return;
}

# How a contender's name is printed.
sub label
{
	return $_[0] eq 'duckdb' ? 'DuckDB' : $_[0];
}

# Three significant digits, at least.
sub number
{
	my ($v) = @_;

	return '' unless defined $v;
	my $size = abs $v;
	my $digits = $size >= 100 ? 0 : $size >= 10 ? 1 : $size >= 1 ? 2 : $size >= 0.1 ? 3 : 4;
	my $text = sprintf("%.${digits}f", $v);

	1 while $text =~ s/^(-?\d+)(\d{3})/$1,$2/;
	return $text;
}

sub verdict
{
	my ($row) = @_;

	return 'not measured' unless defined $row->{values}{btrdb};
	return 'no figure to compare with' unless defined $row->{met};
	return 'met' if $row->{met} eq 'yes';
	return 'missed, x' . number($row->{missed_by});
}

# How many times better than the best of the others, and which that is.
sub ratio
{
	my ($self, $row) = @_;
	my $own = $row->{values}{btrdb};
	my ($best) = sort { ($row->{more} ? -1 : 1) * ($row->{values}{$a} <=> $row->{values}{$b}) }
	  grep { $_ ne 'btrdb' && defined $row->{values}{$_} } @{ $self->{contenders} };

	return '' unless defined $best && $own;
	my $ratio = $row->{more} ? $own / $row->{values}{$best} : $row->{values}{$best} / $own;
	return number($ratio) . ' (' . label($best) . ')';
}

sub cell
{
	my ($row, $name) = @_;
	my $text = number($row->{values}{$name});
	my $samples = $row->{samples}{$name};

	return $text . ($text ne '' && $samples ? " [$samples]" : '');
}

# Returns the whole table.
sub table
{
	my ($self) = @_;
	my @names = @{ $self->{contenders} };
	my $text = "| work | unit | goal | @{[join ' | ', map { label($_) } @names]} | better than the best other, times | goal |\n";

	$text .= '|---|---|---|' . '---:|' x (@names + 1) . "---|\n";
	foreach my $row (@{ $self->{rows} })
	{
		$text .= '| ' . join(' | ', $row->{work}, $row->{unit}, $row->{goal},
			(map { cell($row, $_) } @names), $self->ratio($row), verdict($row)) . " |\n";
	}
	return $text;
}

# Returns the table of the rows that have a short name.
sub short_table
{
	my ($self) = @_;
	my @names = @{ $self->{contenders} };
	my $text = "| | @{[join ' | ', map { label($_) } @names]} |\n|---|" . '---:|' x @names . "\n";

	foreach my $row (grep { $_->{short} } @{ $self->{rows} })
	{
		$text .= '| ' . join(' | ', "$row->{short}, $row->{unit}",
			map { number($row->{values}{$_}) } @names) . " |\n";
	}
	return $text;
}

1;
