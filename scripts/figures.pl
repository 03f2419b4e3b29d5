#!/usr/bin/perl
#
# figures.pl
#		Puts figures that tests have reported into the table of doc/testing.md.
#
#	figures.pl SIZE DOCUMENT FIGURES
#
# SIZE is "ci" or "full": each has a column.  FIGURES has lines of a test's file, what its figure
# tells, and the value, with tabs in between.  All rows of a test that is in FIGURES get a new value in
# that column, or none; those of other tests stay.
use strict;
use warnings;

my ($size, $document, $figures) = @ARGV;
my %column = (ci => 2, full => 3);
die "usage: figures.pl ci|full DOCUMENT FIGURES\n" unless defined $figures && $column{$size};

sub slurp
{
	my ($name) = @_;

	open(my $file, '<', $name) or die "could not read $name: $!\n";
	local $/;
	return scalar <$file>;
}

my @lines = split /\n/, slurp($figures);
my $text = slurp($document);
$text =~ /(<!-- figures -->\n)(.*?)(<!-- end of figures -->)/s or die "no markers in $document\n";
my ($from, $to) = ($-[2], $+[2]);

# [test, what, ci, full] by test and what.
my %row;
foreach (split /\n/, $2)
{
	my @cell = map { s/^ +| +$//gr } (split /\|/, $_, -1)[ 1 .. 4 ];
	next unless defined $cell[3] && $cell[0] =~ s/^`(.*)`$/$1/;
	$row{"$cell[0]\t$cell[1]"} = \@cell;
}

my %ran = map { (split /\t/)[0] => 1 } @lines;
$_->[ $column{$size} ] = '' foreach grep { $ran{ $_->[0] } } values %row;
foreach (@lines)
{
	my ($test, $what, $value) = split /\t/;
	1 while $value =~ s/^(\d+)(\d{3})/$1,$2/;
	my $row = $row{"$test\t$what"} //= [ $test, $what, '', '' ];
	$row->[ $column{$size} ] = $value;
}

my $table = "\n| test | figure | `./check` | `./check --full` |\n|---|---|---:|---:|\n";
$table .= "| `$_->[0]` | $_->[1] | $_->[2] | $_->[3] |\n"
  foreach map { $row{$_} } sort { $a cmp $b } grep { $row{$_}[2] ne '' || $row{$_}[3] ne '' } keys %row;
substr($text, $from, $to - $from, "$table\n");
open(my $out, '>', $document) or die "could not write $document: $!\n";
print $out $text;
close $out or die "could not write $document: $!\n";
