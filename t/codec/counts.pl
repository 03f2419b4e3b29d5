#!/usr/bin/perl
#
# counts.pl
#		Prints how many instructions decoding a value takes, for doc/codec.md: runs
#		"codec_bench --counts" under callgrind.
#
#	counts.pl <program> <the same without AVX2>
use strict;
use warnings;

my (%count, @widths, @shapes);

# Counts what a program does.
sub count
{
	my ($program) = @_;
	my $prefix = "$program.callgrind";

	unlink glob "$prefix*";
	my @rows = split /\n/, `valgrind -q --tool=callgrind --callgrind-out-file=$prefix --dump-before=mark $program --counts`;
	die "valgrind failed\n" if $? != 0;

	# Each row of the output is between two marks: parts 1, 3, 5, ... end before it, parts 2, 4, 6, ... are it.
	@widths = @shapes = ();
	foreach my $i (0 .. $#rows)
	{
		my ($name, $what, $n) = split /\t/, $rows[$i];
		my $file = "$prefix." . 2 * ($i + 1);
		my $instructions = 0;

		open my $in, '<', $file or die "could not open $file: $!\n";
		while (<$in>)
		{
			$instructions = $1 if /^(?:summary|totals): (\d+)/;
		}
		push @{ $count{$name}{$what} }, sprintf '%.1f', $instructions / $n;
		close $in;
		push @widths, $what if $name eq 'base';
		push @shapes, $name if $what eq 'times';
	}
	unlink glob "$prefix*";
	return;
}

# One row of a table: how many with AVX2 and without, of each of some kinds.
sub row
{
	my ($title, @counts) = @_;

	return "| $title | " . join(' | ', map { @$_ } @counts) . " |\n";
}

count($_) foreach @ARGV;
print "| bits per value | base | SSE2 | difference | SSE2 | line | SSE2 |\n|---|---:|---:|---:|---:|---:|---:|\n";
foreach my $width (@widths)
{
	print row($width, map { $count{$_}{$width} } qw(base difference line));
}
print "\n| shape | times | SSE2 | values | SSE2 | values, not divided yet | SSE2 |\n|---|---:|---:|---:|---:|---:|---:|\n";
foreach my $shape (@shapes)
{
	print row($shape, map { $count{$shape}{$_} } qw(times values undivided));
}
