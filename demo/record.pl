#!/usr/bin/perl
#
# record.pl
#		Records counters of this machine a hundred times a second.
#
#	perl record.pl 5 | psql ...
#
# Prints SQL: four streams in collection "machine", then, once a second, what
# was measured.  Counters become rates; the points of a stream carry the same
# time, taken right after reading.
use strict;
use warnings;
use Time::HiRes qw(clock_gettime sleep CLOCK_MONOTONIC CLOCK_REALTIME);

my $seconds = shift // 5;
my $rate = 100;

my %unit = (
	cpu_busy         => '%',
	context_switches => '1/s',
	interrupts       => '1/s',
	mem_available    => 'MiB');
my @names = sort keys %unit;

# A double holds the time since boot to the nanosecond, not the time since 1970.
my $boot = int(clock_gettime(CLOCK_REALTIME) * 1e9) - int(clock_gettime(CLOCK_MONOTONIC) * 1e9);

open my $stat_file,    '<', '/proc/stat'    or die "could not open /proc/stat: $!\n";
open my $meminfo_file, '<', '/proc/meminfo' or die "could not open /proc/meminfo: $!\n";

# Reads a whole file of /proc afresh.
sub reread
{
	my ($file) = @_;
	sysseek $file, 0, 0;
	my ($text, $part) = ('', '');
	$text .= $part while sysread $file, $part, 65536;
	return $text;
}

# Returns the time in nanoseconds and the counters.
sub measure
{
	my $stat = reread($stat_file);
	my $meminfo = reread($meminfo_file);
	my %m = (time => $boot + int(clock_gettime(CLOCK_MONOTONIC) * 1e9));

	my ($user, $nice, $system, $idle, $iowait, $irq, $softirq, $steal) =
	  $stat =~ /^cpu +(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)/m
	  or die "could not understand /proc/stat\n";
	$m{busy} = $user + $nice + $system + $irq + $softirq + $steal;
	$m{total} = $m{busy} + $idle + $iowait;
	($m{ctxt}) = $stat =~ /^ctxt (\d+)/m;
	($m{intr}) = $stat =~ /^intr (\d+)/m;
	($m{available}) = $meminfo =~ /^MemAvailable: +(\d+) kB/m;
	return \%m;
}

# Prints the SQL that stores what has gathered, and forgets it.
sub store
{
	my ($time, $value) = @_;
	foreach my $name (@names)
	{
		next unless @{ $time->{$name} // [] };
		printf "SELECT btrdb_insert(btrdb_stream('machine/%s'), '{%s}'::bigint[], '{%s}'::float8[]);\n",
		  $name, join(',', @{ $time->{$name} }), join(',', @{ $value->{$name} });
	}
	%$time = ();
	%$value = ();
}

$| = 1;
printf "SELECT btrdb_create('machine', '{\"name\": \"%s\", \"unit\": \"%s\"}');\n", $_, $unit{$_}
  foreach @names;

my (%time, %value);
my $last = measure();
my $jiffies = $last;
my $next = clock_gettime(CLOCK_MONOTONIC);
foreach my $sample (1 .. $seconds * $rate)
{
	$next += 1 / $rate;
	my $wait = $next - clock_gettime(CLOCK_MONOTONIC);
	sleep $wait if $wait > 0;

	my $now = measure();
	my $elapsed = ($now->{time} - $last->{time}) / 1e9;
	my %now = (
		context_switches => ($now->{ctxt} - $last->{ctxt}) / $elapsed,
		interrupts       => ($now->{intr} - $last->{intr}) / $elapsed,
		mem_available    => $now->{available} / 1024);

	# The kernel counts CPU time in steps as long as ours: wait for ten of them.
	if ($now->{total} - $jiffies->{total} >= 10)
	{
		$now{cpu_busy} = 100 * ($now->{busy} - $jiffies->{busy}) / ($now->{total} - $jiffies->{total});
		$jiffies = $now;
	}
	foreach my $name (keys %now)
	{
		push @{ $time{$name} }, $now->{time};
		push @{ $value{$name} }, sprintf('%.6g', $now{$name});
	}
	$last = $now;
	store(\%time, \%value) if $sample % $rate == 0;
}
store(\%time, \%value);
