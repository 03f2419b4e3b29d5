# Bytes from clients: what binary COPY brings, mutated.
#
# The receive functions of COPY are those of parameters.  Good data of every type and of arrays
# of them (several dimensions, lower bounds, NULLs, huge headers, other element types) is mutated: bits flipped, bytes replaced by extremes,
# inserted, removed, swapped and cut off.  Whatever gets through is handed to the functions that take it.  Everything
# ends in an answer or in an error of the kind that bad data deserves, and no point that is not finite or in range is stored.

use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;

use BtrdbTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = test_seed();
my $mutations = size_of(ci => 5000, full => 300000);
my $node = btrdb_node('hostile', 'autovacuum = off', 'log_min_messages = warning', 'log_min_error_statement = panic', 'shared_buffers = 32MB');
my $s = $node->safe_psql('postgres', q{
CREATE TABLE received (n serial, p rawpoint, st statpoint, ps rawpoint[], ts bigint[], vs float8[]);
CREATE TABLE outcome (state text, message text, n bigint DEFAULT 1);
-- What the functions make of a row; nothing of it stays.
CREATE FUNCTION use_row(r received, u uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	command text;
	state text;
	message text;
BEGIN
	-- points that are none cannot be received
	IF EXISTS (SELECT FROM unnest(CASE WHEN cardinality(r.ps) > 0 AND array_ndims(r.ps) > 1 THEN ARRAY[r.p] ELSE r.ps || r.p END) AS x WHERE btrdb_value(x) IN ('NaN', 'infinity', '-infinity') OR btrdb_time(x) NOT BETWEEN -4611686018427387904 AND 4611686018427387903) THEN
		INSERT INTO outcome VALUES ('ZZBAD', 'a bad point was received');
	END IF;
	FOREACH command IN ARRAY ARRAY[
		'SELECT btrdb_insert($2, $1.ps), btrdb_flush($2), btrdb_count($2)', 'SELECT btrdb_insert($2, $1.ts, $1.vs), btrdb_flush($2), btrdb_stat($2, -4611686018427387904, 4611686018427387904)',
		'SELECT btrdb_insert($2, ARRAY[$1.p]), btrdb_insert($2, btrdb_time($1.p), btrdb_value($1.p)), btrdb_flush($2)',
		'SELECT $1.p < $1.p, btrdb_statpoint($1.p), $1.st + $1.st, ($1.st)::text::statpoint = $1.st, btrdb_mean($1.st), btrdb_stddev($1.st), ($1.p)::text::rawpoint = $1.p',
		'SELECT btrdb_stat_agg(x), min(x::text) FROM unnest($1.ps) AS x',
		'SELECT btrdb_rollup(x) FROM unnest(ARRAY[$1.st, $1.st, btrdb_statpoint($1.p)]) AS x',
		'INSERT INTO btrdb.points SELECT $2, btrdb_time(x), btrdb_value(x) FROM unnest($1.ps) AS x'] LOOP
		BEGIN
			EXECUTE command USING r, u;
			IF EXISTS (SELECT FROM btrdb_values(u, -4611686018427387904, 4611686018427387904) WHERE value IN ('NaN', 'infinity', '-infinity')) THEN
				RAISE EXCEPTION USING ERRCODE = 'ZZBAD', MESSAGE = 'not finite';
			END IF;
			RAISE EXCEPTION USING ERRCODE = 'ZZ999';
		EXCEPTION WHEN OTHERS THEN
			GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
			INSERT INTO outcome VALUES (state, message);
		END;
	END LOOP;
END $$;
INSERT INTO received (p, st, ps, ts, vs) VALUES
	('(1,2)', '(1,2,3,4,5,1)', '{"(1,2)","(3,4)","(2,5)"}', '{1,2,3}', '{1,2.5,-3}'),
	('(-4611686018427387904,-0.0)', '(0,,,,0,)', '[5:6]={"(1,2)","(3,4)"}', '{{1,2},{3,4}}', '{{1,2},{3,4}}'),
	('(4611686018427387903,1e308)', '(1,2,2,2,1,0)', '{NULL,"(3,4)"}', '{1,NULL}', '{NULL,2}'),
	('(7,5e-324)', '(4611686018427387903,-1e150,0,1e150,9,1e150)', '{{{"(1,2)"}},{{"(3,4)"}}}', '[-3:-2]={8,9}', '[3:4]={1,2}'),
	(NULL, NULL, '{}', '{}', '{}');
SELECT btrdb_create('hostile', '{"name": "s"}');
});
my $dir = $node->basedir;
my @good;
foreach my $n (1 .. 5)
{
	$node->safe_psql('postgres', "COPY (SELECT p, st, ps, ts, vs FROM received WHERE n = $n) TO '$dir/good_$n' (FORMAT binary)");
	push @good, slurp_file("$dir/good_$n");
}
$node->safe_psql('postgres', "COPY (SELECT '$s'::uuid, i::bigint, i::float8 FROM generate_series(1, 5) i) TO '$dir/good_points' (FORMAT binary)");
my $good_points = slurp_file("$dir/good_points");

my @extremes = map { pack 'N', $_ } 0, 1, 2, 6, 7, 0x7F, 0x80, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, (0x7FF00000, 0x7FF80001, 0xFFF00000) x 3, 0x40000000, 0xC0000000, 20, 23, 25, 701, 2950;

sub mutate
{
	my ($bytes) = @_;

	foreach (1 .. 1 + random_below(3))
	{
		# the signature and header are COPY's own
		my $at = 19 + random_below(length($bytes) - 19);
		my $kind = random_below(8);

		if ($kind == 0) { substr($bytes, $at, 1) ^= chr(1 << random_below(8)) }
		elsif ($kind == 1) { substr($bytes, $at, 1) = chr(random_below(256)) }
		elsif ($kind <= 4) { substr($bytes, $at, 4) = $extremes[ random_below(scalar @extremes) ] }
		elsif ($kind == 5) { substr($bytes, $at, random_below(9)) = '' }
		elsif ($kind == 6) { substr($bytes, $at, 0) = substr($bytes, 19 + random_below(length($bytes) - 19), random_below(20)) }
		else { substr($bytes, $at) = '' if random_below(4) == 0 }
		last if length($bytes) < 30;
	}
	return $bytes;
}

# Mutations are made by files; psql copies one after the other and goes on after errors.
my $batch = 1000;
my %state;
for (my $done = 0; $done < $mutations; $done += $batch)
{
	my $script = "\\set VERBOSITY verbose\n";
	foreach my $i (1 .. $batch)
	{
		my $table = $i % 5 == 0 ? 'btrdb.points' : 'received (p, st, ps, ts, vs)';
		my $file = "$dir/mutation_$i";

		open my $fh, '>:raw', $file or die "could not write $file: $!";
		print $fh mutate($table =~ /points/ ? $good_points : $good[ random_below(scalar @good) ]);
		close $fh;
		$script .= "COPY $table FROM '$file' (FORMAT binary);\n";
		$script .= "SELECT count(use_row(r, '$s')) FROM (SELECT * FROM received ORDER BY n DESC LIMIT 5) r;\n" if $i % 5 == 1;
	}
	$script .= "TRUNCATE received;\n";
	my ($rc, $out, $err) = $node->psql('postgres', $script, on_error_stop => 0);
	is($rc, 0, 'the session lives') or diag("$rc $err");
	$state{$1}++ while $err =~ /ERROR:  (\w{5}):/g;
	last if $rc != 0;
}
figure('mutations of binary input: refused, or used as what they say', $mutations);
note("$_: $state{$_}") foreach sort keys %state;

# 08P01, 22P03, 22P04: bad messages, representations, COPY files; 22008, 22023, 22003: bad numbers; 42804: wrong element type;
# 54000, 2202E: too many dimensions or elements; 42704: another stream; 23502: NULL; 22004; 53200: a length that asks for too much
my $expected = qr/^(?:08P01|22P03|22P04|22P02|22008|22023|22003|22004|22021|42804|54000|2202E|42704|23502|53200)$/;
is(join(' ', grep { $_ !~ $expected } sort keys %state), '', 'bad data ends in errors about bad data');
cmp_ok(scalar(keys %state), '>', 5, 'of several kinds');
my $used = $node->safe_psql('postgres', 'SELECT state, count(*), min(message) FROM outcome GROUP BY 1 ORDER BY 1');
note($used);
is(join(' ', grep { $_ !~ $expected && $_ ne 'ZZ999' } map { (split /\|/)[0] } split /\n/, $used), '', 'what got through is used or refused')
  or diag($used);
like($used, qr/ZZ999/, 'some of it is used');
is($node->safe_psql('postgres', q{SELECT count(*) FROM btrdb.points WHERE value IN ('NaN', 'infinity', '-infinity') OR time NOT BETWEEN -4611686018427387904 AND 4611686018427387903}),
	'0', 'no bad point is stored');
check_is_clean($node, 'at the end');
unlike(slurp_file($node->logfile), qr/TRAP:|PANIC|was terminated by signal|leak|still referenced|problem in alloc|detected write past/, 'the server log is clean');
$node->stop;
done_testing();
