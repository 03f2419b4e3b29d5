#!/usr/bin/perl
#
# counts.pl
#		Prints how many instructions decoding a value takes, for doc/codec.md: runs
#		"codec_bench --counts" under callgrind.
#
#	counts.pl <program> <directory for callgrind's files>
use strict;
use warnings;

my ($program, $directory) = @ARGV;
my $prefix = "$directory/callgrind.codec";

unlink glob "$prefix*";
my @rows = split /\n/, `valgrind -q --tool=callgrind --callgrind-out-file=$prefix --dump-before=mark $program --counts`;
die "valgrind failed\n" if $? != 0;

# Each row is between two marks: parts 1, 3, 5, ... of the output end before it, parts 2, 4, 6, ... are it.
my %count;
my (@widths, @shapes);
foreach my $i (0 .. $#rows)
{
	my ($name, $what, $n) = split /\t/, $rows[$i];
	my $file = "$prefix." . 2 * ($i + 1);

	open my $in, '<', $file or die "could not open $file: $!\n";
	while (<$in>)
	{
		$count{$name}{$what} = sprintf '%.2f', $1 / $n if /^(?:summary|totals): (\d+)/;
	}
	close $in;
	push @widths, $what if $name eq 'base';
	push @shapes, $name if $what eq 'times';
}

print "| bits per value | base | difference | line |\n|---|---:|---:|---:|\n";
print "| $_ | $count{base}{$_} | $count{difference}{$_} | $count{line}{$_} |\n" foreach @widths;
print "\n| shape | times | values | values, not divided yet |\n|---|---:|---:|---:|\n";
print "| $_ | $count{$_}{times} | $count{$_}{values} | $count{$_}{undivided} |\n" foreach @shapes;
