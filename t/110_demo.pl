#
# Runs what ./quickstart shows, and compares what the functions say about the
# measured series with plain SQL over the same files.  Draws the picture of README.md:
# BTRDB_PICTURE=/some/file writes it there.
#
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('demo');
$node->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE demo');
$node->safe_psql('demo', 'CREATE EXTENSION btrdb');

chdir 'demo' or die "could not enter demo: $!";
$ENV{PGCLIENTENCODING} = 'UTF8';
my @psql = ('psql', '-Xqe', '-P', 'pager=off', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('demo'));

# Runs a file of the demo and returns what it printed.
sub show
{
	my ($file) = @_;
	my ($stdout, $stderr);
	my $status = IPC::Run::run([ @psql, '-f', $file ], '<', \undef, '>', \$stdout, '2>', \$stderr);
	ok($status && $stderr eq '', "$file runs") or diag($stderr);
	return $stdout;
}

show('setup.sql');
show('load.sql');

# The recorder prints SQL, a second's worth at a time.
my ($sql, $stderr);
ok(IPC::Run::run([ 'perl', 'record.pl', 1 ], '<', \undef, '>', \$sql, '2>', \$stderr), 'record.pl runs')
  or diag($stderr);
$node->safe_psql('demo', $sql);

my $tour = show('tour.sql');
like($tour, qr/ \xe2\x94\xa4.*\xe2\x96\x92/, 'the tour has a picture');
like($tour, qr/climate\/mauna_loa \| co2 +\| ppm +\| +741 \| +11$/m, 'the tour lists the CO2 record');
show('live.sql');
is($node->safe_psql('demo', "SELECT DISTINCT btrdb_count(uuid) FROM btrdb.streams WHERE collection = 'machine' AND name <> 'cpu_busy'"),
	'100', 'a hundred readings a second');

# The picture is a year of hours, before the tour has corrected a week.
my $svg = $node->safe_psql('demo', q{SELECT btrdb_plot(btrdb_stream('normals/seattle/temperature'), '2010-01-01', '2011-01-01', width => 407, height => 240, version => 11)});
$svg =~ s/\n*\z//;
append_to_file($ENV{BTRDB_PICTURE}, "$svg\n") if $ENV{BTRDB_PICTURE};
is("$svg\n", slurp_file('../doc/temperature.svg'), 'doc/temperature.svg is what is drawn');

# The oracle: the files in ordinary tables.
$node->safe_psql('demo', q{
	SET timezone = 'UTC';
	CREATE TABLE weather (location text, date timestamptz, precipitation float8, temp_max float8, temp_min float8, wind float8, weather text);
	CREATE TABLE co2 (date timestamptz, ppm float8, adjusted float8);
	\copy weather FROM 'data/weather.csv' (FORMAT csv, HEADER)
	\copy co2 FROM 'data/co2-concentration.csv' (FORMAT csv, HEADER)
	CREATE VIEW point AS
		SELECT btrdb_stream('weather/' || lower(replace(location, ' ', '_')) || '/' || name) AS stream, btrdb_time(date) AS time, value
		FROM weather, LATERAL (VALUES ('temp_max', temp_max), ('temp_min', temp_min), ('precipitation', precipitation), ('wind', wind)) AS v(name, value)
		UNION ALL
		SELECT btrdb_stream('climate/mauna_loa/co2'), btrdb_time(date), ppm FROM co2;});

is($node->safe_psql('demo', q{
	SELECT count(*) FROM
	((SELECT stream, time, value FROM point
	  EXCEPT ALL
	  SELECT s.stream, v.time, v.value FROM (SELECT DISTINCT stream FROM point) AS s,
		btrdb_values(s.stream, -(1::bigint << 62), 1::bigint << 62) AS v)
	 UNION ALL
	 (SELECT s.stream, v.time, v.value FROM (SELECT DISTINCT stream FROM point) AS s,
		btrdb_values(s.stream, -(1::bigint << 62), 1::bigint << 62) AS v
	  EXCEPT ALL
	  SELECT stream, time, value FROM point)) AS differences}),
	'0', 'every point of the files is there, and no other');

foreach my $days (1, 7, 30, 365, 5000)
{
	is($node->safe_psql('demo', qq{
		SET search_path = public, demo;
		WITH bounds AS (SELECT btrdb_time('1950-01-01') AS start, btrdb_time('2024-01-01') AS stop, $days * 86400000000000 AS width),
		expected AS (
			SELECT stream, start + (time - start) / width * width AS time,
				   min(value), avg(value) AS mean, max(value), count(*), stddev_pop(value) AS stddev
			FROM point, bounds
			WHERE time < start + (stop - start) / width * width
			GROUP BY 1, 2),
		actual AS (
			SELECT s.stream, w.*
			FROM (SELECT DISTINCT stream FROM point) AS s, bounds,
				 btrdb_windows(s.stream, start, stop, '$days days') AS w
			WHERE w.count > 0)
		SELECT (SELECT count(*) FROM expected) > 0, count(*)
		FROM expected AS e FULL JOIN actual AS a USING (stream, time)
		WHERE (e.min = a.min AND e.max = a.max AND e.count = a.count
			   AND abs(e.mean - a.mean) <= 1e-10 * greatest(1, abs(e.mean))
			   AND abs(e.stddev - a.stddev) <= 1e-6) IS NOT TRUE}),
		't|0', "windows of $days days agree with plain SQL");
}

is($node->safe_psql('demo', 'SELECT count(*) FROM btrdb_check()'), '0', 'the check is clean');

$node->stop;
done_testing();
