#
# Runs every statement that the documents show, each document in a database of its own.  Where
# an output is shown under the statements, the output is that, line by line, but for
# trailing blanks; statements may fail only if it shows an error.
#
# doc/reference.md names everything that the extension has, and every error that it raises.
#
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use File::Find;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %database = (
	'README.md' => 'readme',
	'doc/reference.md' => 'reference',
	'doc/distillates.md' => 'distillates');

my $node = PostgreSQL::Test::Cluster->new('readme');
init_node($node);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$node->start;

# Removes what psql pads its tables with.
sub trim
{
	my ($text) = @_;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\n+\z//;
	return $text;
}

# Runs each ```sql block of a document, and compares what it prints with the block without
# language that follows it, if any.
sub run_document
{
	my ($file, $database) = @_;
	my $text = slurp_file($file);
	my $n = 0;

	$node->safe_psql('postgres', "CREATE DATABASE $database");
	while ($text =~ /^```sql\n(.*?)^```\n(?:\n*```\n(.*?)^```\n)?/gms)
	{
		my ($sql, $output) = ($1, $2);
		my ($first) = $sql =~ /^(.*)$/m;
		my $fails = defined $output && $output =~ /^ERROR:/m;
		my ($stdout, $stderr) = ('', '');

		$n++;
		my $status = IPC::Run::run(
			[ 'psql', '-XqP', 'pager=off', '-P', 'footer=off', '-v', 'ON_ERROR_STOP=' . ($fails ? 0 : 1),
				'-d', $node->connstr($database) ],
			'<', \$sql, '>', \$stdout, '2>', $fails ? \$stdout : \$stderr);
		ok($status && $stderr eq '', "$file: block $n runs: $first") or diag($stderr);
		is(trim($stdout), trim($output), "$file: block $n shows its output")
		  if defined $output;
	}
	cmp_ok($n, '>=', 5, "$file has blocks of SQL");
	is($node->safe_psql($database, 'SELECT count(*) FROM btrdb_check()'), '0', "$file: the check is clean");
	return;
}

run_document($_, $database{$_}) foreach grep { -e } sort keys %database;

# What of a list doc/reference.md does not say.
my $reference = slurp_file('doc/reference.md');

sub is_complete
{
	my ($what, @missing) = @_;

	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return is(join("\n", @missing), '', "doc/reference.md has all $what");
}

# Functions: the name with the names of all arguments, or their types if they have none, as in
# `btrdb_version(stream uuid)`.
my %documented;
while ($reference =~ /`([\w.]+)\(([^`]*)\)`/g)
{
	my ($name, $arguments) = ($1, $2);
	my @names = map { /^\s*"?(\w+)/ ? $1 : () } split(/,(?![^(]*\))/, $arguments);
	$documented{ "$name(" . join(', ', @names) . ')' } = 1;
}
is_complete('functions with their arguments', grep { !$documented{$_} } split(/\n/, $node->safe_psql('reference', q{
	SELECT DISTINCT CASE WHEN pronamespace = 'btrdb'::regnamespace THEN 'btrdb.' ELSE '' END || proname || '(' ||
		coalesce((SELECT string_agg(coalesce(nullif(proargnames[n], ''), CASE type
				WHEN 'float8'::regtype THEN 'float8' WHEN 'timestamptz'::regtype THEN 'timestamptz' ELSE format_type(type, NULL) END), ', ' ORDER BY n)
			FROM unnest(proargtypes) WITH ORDINALITY AS a (type, n)), '') || ')'
	FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
	WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'btrdb') AND deptype = 'e'
	ORDER BY 1})));

# Tables, views, columns of both, types and operators.
is_complete('relations', grep { $reference !~ /`\Q$_\E`/ } split(/\n/, $node->safe_psql('reference', q{
	SELECT 'btrdb.' || relname FROM pg_class
	WHERE relnamespace = 'btrdb'::regnamespace AND relkind IN ('r', 'v', 'm') ORDER BY 1})));
is_complete('columns', grep { my ($column) = /\.(\w+)$/; $reference !~ /`\Q$column\E`/ } split(/\n/, $node->safe_psql('reference', q{
	SELECT relname || '.' || attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
	WHERE relnamespace = 'btrdb'::regnamespace AND relkind IN ('r', 'v', 'm') AND attnum > 0 AND NOT attisdropped ORDER BY 1})));
is_complete('types', grep { $reference !~ /`\Q$_\E`/ } split(/\n/, $node->safe_psql('reference', q{
	SELECT typname FROM pg_type JOIN pg_depend ON objid = pg_type.oid AND classid = 'pg_type'::regclass
	WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'btrdb')
		AND typtype = 'b' AND typelem = 0 ORDER BY 1})));

# Settings; those for tests only are in doc/testing.md.
my @settings = slurp_file('src/guc.c') =~ /DefineCustom\w+Variable\("([^"]+)"/g;
is_complete('settings', grep { !/^btrdb\.debug_/ && $reference !~ /`\Q$_\E`/ } @settings);

# SQLSTATEs: what the source raises, by PostgreSQL's own list.
my $include = $node->config_data('--includedir-server');
my %sqlstate;
my $errcodes = slurp_file("$include/utils/errcodes.h");
while ($errcodes =~ /^#define (ERRCODE_\w+) MAKE_SQLSTATE\(([^)]*)\)/gm)
{
	my ($name, $code) = ($1, $2);
	$sqlstate{$name} = join('', $code =~ /'(.)'/g);
}
my %raised;
find({ no_chdir => 1, wanted => sub {
	return unless /\.[ch]$/;
	my $source = slurp_file($_);
	$raised{$1} = 1 while $source =~ /\b(ERRCODE_\w+)/g;
} }, 'src');
is_complete('errors', map { "$_ ($sqlstate{$_})" } grep { $sqlstate{$_} && $reference !~ /\b$sqlstate{$_}\b/ } sort keys %raised);

$node->stop;
done_testing();
