# Pictures of streams: documents that are well-formed and show nothing but what is there, whatever
# the stream's name, values, times and zone; and a text form of the same.

use strict;
use warnings;
use utf8;

use Encode;
use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

test_seed();
my $node = btrdb_node('pictures');
$node->safe_psql('postgres', q{CREATE DATABASE utf8 ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0});
$node->safe_psql('postgres', q{CREATE DATABASE latin1 ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});
$node->safe_psql($_, 'CREATE EXTENSION btrdb') foreach qw(utf8 latin1);
$ENV{PGCLIENTENCODING} = 'UTF8';

sub query
{
	my ($sql, $dbname) = @_;

	return decode('UTF-8', $node->safe_psql($dbname // 'utf8', encode('UTF-8', $sql)));
}

# Says what is wrong with a document; '' if nothing is.  As much of XML as pictures have.
sub problem
{
	my ($xml) = @_;
	my @open;

	return 'a character that XML does not have' if $xml =~ /[^\t\n\r\x{20}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}]/;
	pos($xml) = 0;
	while (pos($xml) < length $xml)
	{
		next if $xml =~ /\G[^<&]+/gc || $xml =~ /\G&(?:amp|lt|gt|quot|#\d+|#x[0-9a-fA-F]+);/gc;
		if ($xml =~ /\G<([a-z]+)((?:\s+[\w:-]+="[^"<&]*")*)(\/?)>/gc)
		{
			my ($name, $attributes, $closed) = ($1, $2, $3);
			my %seen;

			return "an attribute twice: $attributes" if grep { $seen{$_}++ } $attributes =~ /([\w:-]+)=/g;
			return "a place that is none: $attributes" if $attributes =~ /nan|inf/i;
			push @open, $name unless $closed;
		}
		elsif ($xml =~ /\G<\/([a-z]+)>/gc)
		{
			my $expected = pop(@open) // '';
			return "</$1> instead of </$expected>" if $1 ne $expected;
		}
		else
		{
			return 'no XML: ' . substr($xml, pos($xml), 60);
		}
	}
	return @open ? "<$open[-1]> is not closed" : $xml =~ /\A<svg xmlns=/ ? '' : 'no picture';
}

# The x and y of all points of the paths of a class.
sub places
{
	my ($svg, $class) = @_;
	my ($path) = $svg =~ /<path class="btrdb-$class" d="([^"]*)"/;

	return map { [ split /,/ ] } ($path // '') =~ /[ML]([-\d.]+,[-\d.]+)/g;
}

# Tests a picture: its form, and that all is drawn inside of it.
sub check_picture
{
	my ($svg, $name, $width, $height) = @_;
	my @outside = grep { $_->[0] < 0 || $_->[0] > $width || $_->[1] < 0 || $_->[1] > $height } map { places($svg, $_) } qw(band line);

	is(problem($svg), '', "$name: well-formed");
	is(scalar @outside, 0, "$name: inside of the picture");
	return;
}

# Labels of an axis: those of time are anchored in their midst or, at the right, at their end; others are
# at their end.
sub time_labels
{
	my ($svg) = @_;
	my ($bottom) = $svg =~ /viewBox="0 0 \d+ (\d+)"/;

	return map { $_->[1] } grep { $_->[0] == $bottom - 24 } map { [ /y="([-\d.]+)".*>([^<]*)</ ] } $svg =~ /(<text class="btrdb-tick".*?<\/text>)/g;
}

# The checker finds what it should.
isnt(problem($_), '', "not well-formed: $_") foreach '<svg xmlns="">', '<svg xmlns=""><a></svg></a>', '<svg xmlns="">&</svg>', '<svg xmlns="">a<b</svg>',
  '<svg xmlns="" x="1" x="2"/>', "<svg xmlns=\"\">\x01</svg>", '<svg xmlns="" x="nan"/>';

# ---- names ----

foreach my $name ('plain', '<script>alert("&amp;")</script>', "]]> '\"", "a\x01\x1f\t\nb", "grün 温度 \x{FFFE}\x{FFFF} \x{1F321}")
{
	my $quoted = $name =~ s/'/''/gr;
	my $s = query("SELECT btrdb_create('names & <more>', jsonb_build_object('name', E'" . ($quoted =~ s/([\x00-\x1f])/sprintf '\\x%02x', ord $1/ger) . "', 'unit', '<\"°\">'))");

	query("SELECT btrdb_insert('$s', 0, 1)");
	check_picture(query("SELECT btrdb_plot('$s')"), 'name ' . encode('UTF-8', $name =~ s/[\x00-\x1f]/?/gr), 800, 300);
	check_picture(query("SELECT btrdb_plot('$s', title => '<b>&\"')"), 'title', 800, 300);
}
like(query(q{SELECT btrdb_plot(uuid) FROM btrdb.streams WHERE name = '<script>alert("&amp;")</script>'}), qr{<title>names &amp; &lt;more&gt;/&lt;script&gt;}, 'names are escaped');

# ---- values ----

my %values = (
	none => [],
	one => [5],
	'one zero' => [0],
	'one large' => ['1.7976931348623157e308'],
	'one small' => ['5e-324'],
	constant => [ 3, 3, 3 ],
	small => [ 0, '5e-324', '1e-310' ],
	large => [ '-1.7976931348623157e308', 0, '1.7976931348623157e308' ],
	'nearly equal' => [ 1, '1.0000000000000002', 1 ],
	'far from zero' => [ 1000000000.1, 1000000000.2, 1000000000.15 ],
	negative => [ -5, -1, -3 ],
	tiny => [ '1e-9', '3e-9', '2.5e-9' ],
	usual => [ 21.5, 23.75, 19.25 ],
	'one half' => [ 0.25, 0.75 ]);
foreach my $kind (sort keys %values)
{
	my @v = @{ $values{$kind} };
	my $s = query("SELECT btrdb_create('values', '{\"name\": \"$kind\"}')");
	query("SELECT btrdb_insert('$s', ARRAY[" . join(',', map { $_ * 1000 } 0 .. $#v) . ']::bigint[], ARRAY[' . join(',', map { "'$_'" } @v) . ']::float8[])') if @v;
	my $svg = query("SELECT btrdb_plot('$s', width => 500, height => 200)");
	my $text = query("SELECT btrdb_plot_text('$s', columns => 30, rows => 6)");

	check_picture($svg, "values, $kind", 500, 200);
	is(scalar places($svg, 'line'), scalar @v, "values, $kind: all are drawn");
	unlike($text, qr/nan|inf/i, "values, $kind: text");
	my @labels = $text =~ /^ *(\S+) ┤/mg;
	my %seen;
	is(scalar(grep { $seen{$_}++ } @labels), 0, "values, $kind: labels are different: @labels");
	is("@labels", join(' ', sort { $b <=> $a } @labels), "values, $kind: labels are in order") if @labels;
}

# ---- times ----

my @spans = (1, 2, 9, 100, 12345, 1000000, 50000000, 1000000000, 7000000000, 60000000000, 1000000000000, 7200000000000, 86400000000000,
	300000000000000, 3000000000000000, 31557600000000000, 400000000000000000, 3000000000000000000, '9223372036854775807');
my $s = query(q{SELECT btrdb_create('times', '{"name": "t"}')});
query("SELECT btrdb_insert('$s', array_agg(1711846800000000000 + i * 60000000000), array_agg((i % 7)::float8)) FROM generate_series(-500, 500::bigint) AS i");
foreach my $zone ('UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Pacific/Apia', '+03:30')
{
	foreach my $span (@spans)
	{
		my $start = $span > 4e18 ? '-4611686018427387903' : 1711846800123456789 - int($span / 2);
		my $svg = query("SET timezone = '$zone'; SELECT btrdb_plot('$s', $start, @{[ $span > 4e18 ? '4611686018427387903' : $start + $span ]})");
		my @labels = time_labels($svg);
		my %seen;

		is(problem($svg), '', "$zone, $span ns: well-formed");
		cmp_ok(scalar @labels, '<=', 12, "$zone, $span ns: few labels: @labels");
		cmp_ok(scalar @labels, '>=', $span < 2 ? 1 : 2, "$zone, $span ns: some labels");
		is(scalar(grep { $seen{$_}++ } grep { !/^\d\d:\d\d$/ } @labels), 0, "$zone, $span ns: they are different");
		is(problem(query("SET timezone = '$zone'; SELECT btrdb_plot('$s', $start, @{[ $span > 4e18 ? '4611686018427387903' : $start + $span ]}, 200, 120)")),
			'', "$zone, $span ns: well-formed when small");
	}
}

# Ticks are where the clock shows them, also on the day on which clocks are changed.
my $day = query("SET timezone = 'Europe/Berlin'; SELECT btrdb_plot('$s', '2024-03-30', '2024-04-02')");
is(join(' ', time_labels($day)), '30 Mar 12:00 31 Mar 12:00 01 Apr 12:00', 'midnights and noons across a change of clocks');
my @lines = map { $_ + 0 } $day =~ /<path class="btrdb-grid" d="M([\d.]+),34v/g;
cmp_ok($lines[2] - $lines[1], '==', $lines[1] - $lines[0], 'distances of ticks, before the change');
cmp_ok(abs(($lines[3] - $lines[2]) / ($lines[1] - $lines[0]) - 11 / 12), '<', 0.01, 'the morning of the change is an hour shorter');

# ---- gaps ----

my $g = query(q{SELECT btrdb_create('gaps', '{"name": "g"}')});
query("SELECT btrdb_insert('$g', array_agg(i * 1000), array_agg((i % 10)::float8)) FROM generate_series(0, 999) AS i WHERE i NOT BETWEEN 300 AND 499 AND i <> 700");
my ($line) = query("SELECT btrdb_plot('$g')") =~ /class="btrdb-line" d="([^"]*)"/;
is(scalar(() = $line =~ /M/g), 2, 'a gap is a gap, a point that lacks is none');
($line) = query("SELECT btrdb_plot('$g', 0, 100000)") =~ /class="btrdb-line" d="([^"]*)"/;
is(scalar(() = $line =~ /M/g), 1, 'few points are a line');
is(scalar(() = $line =~ /L/g), 99, 'of all of them');
my @rows = split /\n/, query("SELECT btrdb_plot_text('$g', 0, 1000000, columns => 50, rows => 5)");
like($rows[1], qr/^.{3}[^ ]{15} {10}[^ ]{25}$/, 'text: a gap of ten columns');

# Means are those of windows, and the line goes through them.
my @line = places(query("SELECT btrdb_plot('$g', 0, 1000000, 640, 200)"), 'line');
my ($first, $last) = ($line[0], $line[-1]);
my @means = split /\n/, query("SELECT count(*) FROM btrdb_windows('$g', 0, 1000000, 1000000 / ($last->[0] - $first->[0] + 1)::bigint + 1) WHERE count > 0");
cmp_ok(abs(@line - $means[0]), '<=', 2, 'a point of the line for each column with points');

# ---- encodings ----

my $l = query(q{SELECT btrdb_create('names', '{"name": "grün", "unit": "°C"}')}, 'latin1');
query("SELECT btrdb_insert('$l', 0, 1)", 'latin1');
my $svg = query("SELECT btrdb_plot('$l')", 'latin1');
is(problem($svg), '', 'LATIN1: well-formed');
like($svg, qr/names\/grün/, 'LATIN1: the name');
my ($rc, $out, $err) = $node->psql('latin1', "SELECT btrdb_plot_text('$l')");
like($err, qr/encoding "LATIN1" does not have the characters/, 'LATIN1: no text');
check_is_clean($node, 'at the end', 'utf8');

$node->stop;
done_testing();
