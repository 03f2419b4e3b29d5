#!/usr/bin/perl
#
# coverage.pl
#		Takes the output of "gcov -n" and prints which part of the lines of each .c
#		file in src was executed, least covered first, and of all of them.
use strict;
use warnings;

my %lines;
my %executed;
my $file;
while (my $line = <>)
{
	$file = $1 if $line =~ /^File '(.*)'$/;
	next unless $line =~ /^Lines executed:([0-9.]+)% of (\d+)$/;
	my ($percentage, $number) = ($1, $2);

	if (defined $file && $file =~ m{^src/.*\.c$})
	{
		$lines{$file} = $number;
		$executed{$file} = int($percentage * $number / 100 + 0.5);
	}
	$file = undef;
}
die "no coverage data\n" unless %lines;

sub percentage
{
	my ($part, $whole) = @_;

	return $whole == 0 ? 100 : 100 * $part / $whole;
}

my ($part, $whole) = (0, 0);
foreach (sort { percentage($executed{$a}, $lines{$a}) <=> percentage($executed{$b}, $lines{$b}) || $a cmp $b } keys %lines)
{
	printf "%5.1f %% of %5d lines: %s\n", percentage($executed{$_}, $lines{$_}), $lines{$_}, $_;
	$part += $executed{$_};
	$whole += $lines{$_};
}
printf "%5.1f %% of %5d lines of src executed\n", percentage($part, $whole), $whole;
