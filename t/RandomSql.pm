=pod

=head1 NAME

RandomSql - random queries over btrdb.points and the functions that read

=head1 SYNOPSIS

  my $random = RandomSql->new({ uuid => ..., low => ..., high => ... }, ...);
  my $query = $random->query;
  run($query->{sql});
  run($random->modelled($query->{sql}));

=head1 DESCRIPTION

A query is a hash: C<sql>; C<kind>, for statistics; C<ordered> if its rows come in one order only; C<alone> if it
has no counterpart over the model, as EXPLAIN.  Whatever has a LIMIT has a total order, no query raises
errors, whatever the order of evaluation, and results are small.  The tables model.streams and model.heap are
those of random_sql.sql.

=cut

package RandomSql;

use strict;
use warnings;

use BtrdbTest qw(random_below TIME_MAX TIME_MIN);
use List::Util qw(max min shuffle);

sub new
{
	my ($class, @streams) = @_;

	return bless { streams => \@streams }, $class;
}

# Returns one of @_.
sub any
{
	return $_[ random_below(scalar @_) ];
}

# Says yes once in $n times.
sub one_in
{
	my ($n) = @_;

	return random_below($n) == 0;
}

# Puts the names of the model in place of btrdb's.
sub modelled
{
	my ($self, $sql) = @_;

	$sql =~ s/\bbtrdb\.points\b/model.points/g;
	$sql =~ s/\bbtrdb_(values|windows|aligned_windows|minmax|count|nearest|asof|first_crossing)\(/model.$1(/g;
	return $sql;
}

# Settings for a session, each of which is left alone more often than not.
sub settings
{
	my ($self) = @_;
	my @settings = (
		(map { "enable_$_ = off" } qw(hashjoin mergejoin nestloop sort hashagg material memoize incremental_sort indexscan
			bitmapscan seqscan gathermerge parallel_append)),
		'work_mem = 64',
		'hash_mem_multiplier = 1',
		'max_parallel_workers_per_gather = 0',
		'plan_cache_mode = force_generic_plan',
		'plan_cache_mode = force_custom_plan',
		'cursor_tuple_fraction = 1.0',
		'from_collapse_limit = 1',
		'join_collapse_limit = 1',
		'geqo_threshold = 2',
		'jit = on',
		'jit_above_cost = 0',
		'btrdb.enable_custom_scan = off',
		'btrdb.enable_aggregate = off',
		'default_transaction_isolation = "repeatable read"',
		'default_transaction_isolation = serializable');
	my @chosen = grep { one_in(8) } @settings;

	push @chosen, 'parallel_setup_cost = 0', 'parallel_tuple_cost = 0', 'min_parallel_table_scan_size = 0' if one_in(2);
	return join '', map { "SET $_;\n" } @chosen;
}

# A stream, biased to the first ones.
sub stream
{
	my ($self) = @_;

	return any(@{ $self->{streams} });
}

sub uuid
{
	my ($self) = @_;

	return "'" . $self->stream->{uuid} . "'";
}

# A time of a stream or, now and then, outside of it or at the ends of time.
sub time_of
{
	my ($self, $stream) = @_;
	my ($low, $high) = @$stream{qw(low high)};

	return any(TIME_MIN, '4611686018427387903', 0, $low, $high) if one_in(12);
	return sprintf '%.0f', max(TIME_MIN + 1024, min(TIME_MAX - 1024, $low + ($high - $low) * (rand(1.2) - 0.1)));
}

# Two times of a stream in ascending order; mostly a tenth of it apart.
sub range
{
	my ($self, $stream) = @_;
	my ($a, $b) = ($self->time_of($stream), $self->time_of($stream));

	$b = sprintf '%.0f', min(TIME_MAX - 1024, $a + ($stream->{high} - $stream->{low}) / any(5, 10, 30)) unless one_in(4);
	return $a <= $b ? ($a, $b) : ($b, $a);
}

# A condition on the time in column $time.
sub time_condition
{
	my ($self, $stream, $time) = @_;
	my ($a, $b) = $self->range($stream);
	my $c = $self->time_of($stream);

	return any(
		"$time >= $a AND $time < $b",
		"$time >= $a AND $time < $b",
		"$time >= $a AND $time < $b",
		"$time BETWEEN $a AND $b",
		"$a < $time AND $b >= $time",
		"$time > $a",
		"$time <= $b",
		"$time = $c",
		"$time IN ($a, $b, $c)",
		"$time = ANY (ARRAY[$a, $b, NULL])",
		"$time > $a - 10 AND $time < ${b}::numeric",
		"$time >= (SELECT min(low) FROM model.streams) AND $time < $b",
		"($time >= $a AND $time < $b OR $time = $c)",
		"NOT ($time < $a OR $time > $b)",
		"$time <> $c AND $time >= $a",
		"$time % 7 = 3 AND $time >= $a",
		"$time >= $b AND $time < $a",
		"$time > NULL",
		"$time IS NOT NULL AND $time < $b",
		"$time >= greatest($a, $c) AND $time < $b",
		"$time / 100 = $c / 100");
}

# A condition on points under the alias $p, and the stream that it is about.
sub condition
{
	my ($self, $p) = @_;
	my $stream = $self->stream;
	my $uuid = "'$stream->{uuid}'";
	my @conditions = any(
		"$p.stream = $uuid",
		"$p.stream = $uuid",
		"$p.stream = $uuid",
		"$uuid = $p.stream",
		"$p.stream IN ($uuid, " . $self->uuid . ')',
		"$p.stream = ANY (ARRAY[$uuid, " . $self->uuid . ', NULL]::uuid[])',
		"$p.stream = (SELECT uuid FROM model.streams WHERE n = " . (1 + random_below(9)) . ')',
		"$p.stream IN (SELECT uuid FROM model.streams WHERE n % 3 = " . random_below(3) . ')',
		"$p.stream >= $uuid",
		"$p.stream <> $uuid",
		"($p.stream = $uuid OR $p.time = 77)",
		"$p.stream::text LIKE '%" . (1 + random_below(8)) . "'",
		'true');

	push @conditions, $self->time_condition($stream, "$p.time") unless one_in(6);
	push @conditions, any("$p.value > 20", "$p.value = 12.5", "$p.value IS NULL", "abs($p.value) < 50",
		"$p.value BETWEEN -10 AND 30", "NOT $p.value <= 40", "$p.value < $p.time")
	  if one_in(3);
	return (join(' AND ', shuffle(@conditions)), $stream);
}

# A call of a reading function for an expression of a stream, and its columns but
# the first, which is time.
sub call
{
	my ($self, $expression, $stream) = @_;
	my ($a, $b) = $self->range($stream);
	my $width = sprintf '%.0f', max(1, ($b - $a) / (1 + random_below(40)));
	my $pw = min(60, max(0, int(log($b - $a + 1) / log(2)) - random_below(5)));
	my @windows = qw(min mean max count stddev);

	return any(
		[ "btrdb_values($expression, $a, $b)", 'value' ],
		[ "btrdb_values($expression, $a, $b)", 'value' ],
		[ "btrdb_windows($expression, $a, $b, $width)", @windows ],
		[ "btrdb_aligned_windows($expression, $a, $b, $pw)", @windows ],
		[ "btrdb_asof($expression, $a, '" . any('backward', 'forward', 'nearest') . "')", 'value' ],
		[ "btrdb_first_crossing($expression, $a, $b, 12.5)", 'value' ],
		[ "btrdb_minmax($expression, $a, $b, " . (1 + random_below(50)) . ')', 'value' ],
		[ "btrdb_nearest($expression, $a, " . any('true', 'false') . ')', 'value' ]);
}

# A source of points under the alias $p, in which conditions restrict them.
sub points
{
	my ($self, $p) = @_;
	my ($condition) = $self->condition($p);

	return any(
		"(SELECT * FROM btrdb.points AS $p WHERE $condition) AS $p",
		"(SELECT $p.* FROM btrdb.points AS $p JOIN model.streams AS m ON m.uuid = $p.stream WHERE $condition) AS $p",
		"(SELECT * FROM btrdb.points AS $p WHERE $condition OFFSET 0) AS $p");
}

sub bucket
{
	my ($self, $p, $stream) = @_;
	my $width = sprintf '%.0f', max(1, ($stream->{high} - $stream->{low}) / any(3, 10, 50));

	return any("$p.time / $width", "$p.time - $p.time % $width", "$p.time / $width * $width", "$p.time >= $width",
		"to_timestamp($p.time / 1000000000)", "$p.stream", "length($p.stream::text)", "date_bin('5 seconds', to_timestamp($p.time / 1e9::float8), '2000-01-01')");
}

sub aggregates
{
	my ($self, $p) = @_;
	my @all = (
		"count(*)", "count($p.value)", "sum($p.value)", "avg($p.value)", "min($p.time)", "max($p.time)", "min($p.value)",
		"max($p.value)", "stddev_pop($p.value)", "var_samp($p.value)", "count(DISTINCT $p.time)", "bool_and($p.value > 0)",
		"count(*) FILTER (WHERE $p.value > 10)", "percentile_disc(0.5) WITHIN GROUP (ORDER BY $p.value)",
		"(array_agg($p.value ORDER BY $p.time DESC, $p.value))[1:3]", "sum($p.time % 1000)", "avg($p.value) * 2 + 1");

	return @{ [ shuffle(@all) ] }[ 0 .. random_below(4) ];
}

# ---- kinds of queries ----

sub select_points
{
	my ($self) = @_;
	my ($condition) = $self->condition('p');
	my $ordered = one_in(2);
	my @directions = any([ '', '', '' ], [ ' DESC', ' DESC', ' DESC' ], [ '', ' DESC', '' ]);
	my ($s, $t, $v) = @{ $directions[0] };
	my $order = any("p.stream$s, p.time$t, p.value$v", "p.time$t, p.stream$s, p.value$v");
	my $columns = any('p.stream, p.time, p.value', 'p.*', 'p.time, p.value, p.stream', 'p', 'p.value + 1, p.time, p.value, p.stream');

	return {
		sql => "SELECT $columns FROM btrdb.points AS p WHERE $condition"
		  . ($ordered ? " ORDER BY $order" . any('', ' LIMIT 10', ' LIMIT 700 OFFSET 3', ' LIMIT 1', ' FETCH FIRST 5 ROWS ONLY') : '') . ';',
		ordered => $ordered
	};
}

sub select_call
{
	my ($self) = @_;
	my $stream = $self->stream;
	my ($call, @columns) = @{ $self->call("'$stream->{uuid}'", $stream) };
	my $order = join ', ', map { "c.$_" } 'time', @columns;

	return any(
		{ sql => "SELECT * FROM $call;", ordered => 1 },
		{ sql => "SELECT * FROM $call LIMIT " . random_below(50) . ';', ordered => 1 },
		{ sql => "SELECT c.* FROM $call AS c ORDER BY c.time DESC, $order LIMIT " . random_below(50) . ';' },
		{ sql => "SELECT n, c.* FROM $call WITH ORDINALITY AS c (time, " . join(', ', @columns, 'n') . ') WHERE n % 3 = 1;' },
		{ sql => 'SELECT ' . join(', ', $self->aggregates('c')) . " FROM (SELECT '00000000-0000-0000-0000-000000000000'::uuid AS stream, time, $columns[0] AS value FROM $call) AS c;" },
		{ sql => "SELECT ($call).time;" },
		{ sql => "SELECT count(*), max(c.time) FROM $call AS c WHERE " . $self->time_condition($stream, 'c.time') . ';' });
}

sub select_aggregate
{
	my ($self) = @_;
	my ($condition, $stream) = $self->condition('p');
	my @aggregates = $self->aggregates('p');
	my $list = join ', ', @aggregates;
	my $bucket = $self->bucket('p', $stream);
	my $having = one_in(4) ? ' HAVING count(*) > 3' : '';

	return any(
		{ sql => "SELECT $list FROM btrdb.points AS p WHERE $condition;" },
		{ sql => "SELECT $bucket, $list FROM btrdb.points AS p WHERE $condition GROUP BY 1$having;" },
		{ sql => "SELECT p.stream, $bucket, $list FROM btrdb.points AS p WHERE $condition GROUP BY p.stream, $bucket$having;" },
		{ sql => "SELECT $bucket AS b, count(*) FROM btrdb.points AS p WHERE $condition GROUP BY b ORDER BY b LIMIT 20;", ordered => 1 },
		{ sql => "SELECT m.name, $list FROM btrdb.points AS p JOIN model.streams AS m ON m.uuid = p.stream WHERE $condition GROUP BY m.name$having;" },
		{ sql => "SELECT m.name, p.value > 0, count(*) FROM btrdb.points AS p JOIN model.streams AS m ON m.uuid = p.stream WHERE $condition GROUP BY ROLLUP (1, 2);" },
		{ sql => "SELECT DISTINCT ON (p.stream) p.stream, p.time, p.value FROM btrdb.points AS p WHERE $condition ORDER BY p.stream, p.time, p.value;", ordered => 1 },
		{ sql => "SELECT DISTINCT $bucket FROM btrdb.points AS p WHERE $condition;" },
		{ sql => "SELECT $list FROM " . $self->points('p') . ';' });
}

sub select_join
{
	my ($self) = @_;
	my ($p, $q) = ($self->points('p'), $self->points('q'));
	my ($condition, $stream) = $self->condition('p');
	my $join = any('JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN');
	my $not = any('', 'NOT ');
	my ($a) = $self->range($stream);

	return any(
		{ sql => "SELECT count(*), count(p.time), count(q.time), sum(p.value), sum(q.value) FROM $p $join $q ON p.time = q.time AND p.stream = q.stream;" },
		{ sql => "SELECT count(*), count(p.time), count(q.time) FROM $p $join (SELECT DISTINCT time FROM $q) AS q ON p.time = q.time;" },
		{ sql => "SELECT p.stream, p.time, p.value FROM btrdb.points AS p WHERE $condition AND ${not}EXISTS (SELECT FROM btrdb.points AS q WHERE q.stream = "
			  . $self->uuid . ' AND q.time = p.time);' },
		{ sql => "SELECT p.time, p.value FROM btrdb.points AS p WHERE $condition AND p.time ${not}IN (SELECT time FROM $q);" },
		{ sql => "SELECT g, p.value FROM generate_series(${a}::bigint, ${a}::bigint + 500, 13) AS g $join btrdb.points AS p ON p.stream = '$stream->{uuid}' AND p.time = g" . ($join =~ /RIGHT|FULL/ ? " WHERE p.time % 11 = 0;" : ';') },
		{ sql => "SELECT m.n, p.time, p.value FROM model.streams AS m LEFT JOIN btrdb.points AS p ON p.stream = m.uuid AND p.time >= m.low AND p.time <= m.low + 20;" },
		{ sql => "SELECT m.n, count(*), max(p.value) FROM model.streams AS m, btrdb.points AS p WHERE p.stream = m.uuid AND p.time BETWEEN m.low AND m.high AND m.n < 5 GROUP BY m.n;" });
}

sub select_lateral
{
	my ($self) = @_;
	my ($a, $b) = $self->range($self->stream);
	my ($call, @columns) = @{ $self->call('m.uuid', $self->stream) };
	my $list = join ', ', map { "c.$_" } 'time', @columns;
	my $limit = 1 + random_below(30);
	my $direction = any('', ' DESC');

	return any(
		{ sql => "SELECT m.n, $list FROM model.streams AS m, LATERAL $call AS c;" },
		{ sql => "SELECT m.n, $list FROM model.streams AS m LEFT JOIN LATERAL $call AS c ON c.time % 2 = 0;" },
		{ sql => "SELECT m.n, count(*), max(c.time) FROM model.streams AS m CROSS JOIN LATERAL $call AS c GROUP BY m.n;" },
		{ sql => "SELECT m.n, c.time, c.value FROM model.streams AS m, LATERAL btrdb_values(m.uuid, m.low, m.low + 1 + (m.high / 2 - m.low / 2)) AS c ORDER BY m.n, c.time, c.value LIMIT $limit;", ordered => 1 },
		{ sql => "SELECT m.n, c.time, c.value FROM model.streams AS m, LATERAL (SELECT * FROM btrdb.points AS p WHERE p.stream = m.uuid AND p.time >= $a"
			  . " ORDER BY p.time$direction, p.value LIMIT $limit) AS c;" },
		{ sql => "SELECT m.n, c.time, c.value FROM model.streams AS m, LATERAL btrdb_values(m.uuid, $a, $b) AS c WHERE c.time >= m.low / 2 + m.high / 2 AND "
			  . any('c.value > m.n * 10', 'c.value BETWEEN 10 AND 40', '10 >= c.value') . ';' },
		{ sql => "SELECT m.n, btrdb_count(m.uuid, $a, $b) FROM model.streams AS m;" },
		{ sql => "SELECT m.n, (SELECT max(p.time) FROM btrdb.points AS p WHERE p.stream = m.uuid AND p.time < $b), (SELECT count(*) FROM btrdb.points AS p WHERE p.stream = m.uuid) FROM model.streams AS m;" },
		{ sql => "SELECT m.n, w.time, c.value FROM model.streams AS m, LATERAL btrdb_windows(m.uuid, 0, 1000, 100) AS w, LATERAL btrdb_nearest(m.uuid, w.time, false) AS c;" },
		{ sql => "SELECT m.n, ARRAY(SELECT c.time FROM btrdb_values(m.uuid, $a, $b) AS c ORDER BY 1 LIMIT $limit) FROM model.streams AS m;" });
}

sub select_others
{
	my ($self) = @_;
	my ($p, $q) = ($self->points('p'), $self->points('q'));
	my ($condition, $stream) = $self->condition('p');
	my $materialized = any('', 'MATERIALIZED ', 'NOT MATERIALIZED ');
	my $operation = any('UNION', 'UNION ALL', 'INTERSECT', 'INTERSECT ALL', 'EXCEPT', 'EXCEPT ALL');
	my ($a) = $self->range($stream);

	return any(
		{ sql => "WITH c AS $materialized(SELECT * FROM $p) SELECT count(*), min(x.time), max(y.time) FROM c AS x JOIN c AS y USING (stream, time, value);" },
		{ sql => "SELECT time, value FROM $p $operation SELECT time, value FROM $q;" },
		{ sql => "(SELECT time FROM $p) $operation (SELECT time FROM $q) ORDER BY time LIMIT 40;", ordered => 1 },
		{ sql => "SELECT p.time, p.value, lag(p.value) OVER w, row_number() OVER w FROM $p WINDOW w AS (PARTITION BY p.stream ORDER BY p.time, p.value);" },
		{ sql => "SELECT p.stream, p.time, sum(p.value) OVER (PARTITION BY p.stream ORDER BY p.time RANGE BETWEEN 100 PRECEDING AND CURRENT ROW) FROM $p;" },
		{ sql => "WITH RECURSIVE walk (i, t) AS (VALUES (0, ${a}::bigint) UNION ALL SELECT i + 1, n.time + 1 FROM walk, LATERAL btrdb_nearest('$stream->{uuid}', t, false) AS n WHERE i < 15) SELECT * FROM walk;" },
		{ sql => "CREATE TEMP TABLE copied AS SELECT p.time, p.value FROM btrdb.points AS p WHERE $condition; SELECT count(*), sum(value), min(time) FROM copied; DROP TABLE copied;" },
		{ sql => "CREATE TEMP VIEW seen AS SELECT * FROM btrdb.points AS p WHERE p.value > 0; SELECT count(*), sum(p.value) FROM seen AS p WHERE $condition; DROP VIEW seen;" },
		{ sql => "COPY (SELECT p.time, p.value FROM btrdb.points AS p WHERE $condition ORDER BY 1, 2 LIMIT 100) TO STDOUT;", ordered => 1 },
		{ sql => "VALUES ((SELECT count(*) FROM $p), (SELECT max(time) FROM $q));" });
}

# A cursor that moves at random over rows in a total order.
sub cursor
{
	my ($self) = @_;
	my ($condition, $stream) = $self->condition('p');
	my $direction = any('', ' DESC');
	my ($a, $b) = $self->range($stream);
	my $query = any(
		"SELECT p.stream, p.time, p.value FROM btrdb.points AS p WHERE $condition ORDER BY p.time$direction, p.stream, p.value",
		"SELECT p.time, p.value FROM btrdb.points AS p WHERE p.stream = '$stream->{uuid}' AND p.time BETWEEN $a AND $b ORDER BY p.time$direction, p.value",
		"SELECT * FROM btrdb_values('$stream->{uuid}', $a, $b)");
	my @moves = map {
		my $n = any(0, 1, 2, 17, 300);
		any("FETCH $n FROM c;", "FETCH BACKWARD $n FROM c;", "MOVE $n FROM c;", "MOVE BACKWARD $n FROM c;", "FETCH ABSOLUTE $n FROM c;",
			"FETCH RELATIVE -$n FROM c;", 'FETCH FIRST FROM c;', 'FETCH LAST FROM c;', 'FETCH PRIOR FROM c;')
	} 1 .. 12;
	my $hold = any('', '', ' WITH HOLD');

	return {
		sql => "BEGIN; DECLARE c SCROLL CURSOR$hold FOR $query;\n" . ($hold ? "COMMIT;\n" : '') . "@moves\nCLOSE c;" . ($hold ? '' : ' COMMIT;'),
		ordered => 1
	};
}

sub prepared
{
	my ($self) = @_;
	my $query = any(
		'SELECT p.time, p.value FROM btrdb.points AS p WHERE p.stream = $1 AND p.time >= $2 AND p.time < $3',
		'SELECT count(*), sum(p.value), max(p.time) FROM btrdb.points AS p WHERE p.stream = $1 AND p.time >= $2 AND p.time < $3',
		'SELECT p.time, p.value FROM btrdb.points AS p WHERE p.stream = $1 AND p.time >= $2 AND p.time <= $3 ORDER BY p.time DESC, p.value LIMIT 4',
		'SELECT * FROM btrdb_values($1, $2, $3)',
		'SELECT m.n, c.* FROM model.streams AS m, LATERAL btrdb_values(m.uuid, $2, $3) AS c WHERE m.uuid <> $1',
		'SELECT c.time, c.count, c.mean FROM btrdb_windows($1, $2, $3, greatest(1, $3 / 8 - $2 / 8)) AS c',
		'SELECT p.stream, count(*) FROM btrdb.points AS p WHERE p.stream IN ($1, (SELECT uuid FROM model.streams WHERE n = 2)) AND p.time BETWEEN $2 AND $3 GROUP BY p.stream');
	my $calls = '';

	for (1 .. 7)
	{
		my $stream = $self->stream;
		my ($a, $b) = $self->range($stream);
		$calls .= "EXECUTE q ('$stream->{uuid}', $a, $b);\n";
	}
	return { sql => "PREPARE q (uuid, bigint, bigint) AS $query;\n${calls}DEALLOCATE q;" };
}

# One of the other queries, explained.
sub explain
{
	my ($self) = @_;
	my $query = any(qw(select_points select_call select_aggregate select_join select_lateral));
	my @options = grep { one_in(2) } 'ANALYZE', 'VERBOSE', 'COSTS off', 'SETTINGS', 'FORMAT ' . any('json', 'xml', 'yaml', 'text');

	push @options, 'BUFFERS' if grep { $_ eq 'ANALYZE' } @options;
	return {
		sql => 'EXPLAIN ' . (@options ? '(' . join(', ', @options) . ') ' : '') . $self->$query->{sql},
		alone => 1
	};
}

my %weights = (
	select_points => 4,
	select_call => 3,
	select_aggregate => 4,
	select_join => 3,
	select_lateral => 3,
	select_others => 3,
	cursor => 2,
	prepared => 1,
	explain => 2);
my @kinds = map { ($_) x $weights{$_} } sort keys %weights;

sub query
{
	my ($self) = @_;
	my $kind = any(@kinds);

	return { %{ $self->$kind }, kind => $kind };
}

# ---- writes ----

# SQL that writes a little to both.
sub writes
{
	my ($self) = @_;
	my $sql = "\\o /dev/null\n";

	foreach (1 .. 1 + random_below(4))
	{
		my $stream = $self->stream;
		my ($a, $b) = $self->range($stream);
		my $n = any(1, 5, 40, 300, 1500);
		my $of = any('n <= 8', 'n <= 8', "uuid = '$stream->{uuid}'");
		my $insert = any(
			'INSERT INTO btrdb.points SELECT stream, time, value FROM batch ORDER BY ord',
			'SELECT btrdb_insert(stream, array_agg(time ORDER BY ord), array_agg(value ORDER BY ord)) FROM batch GROUP BY stream',
			'SELECT btrdb_insert(stream, time, value) FROM (SELECT * FROM batch ORDER BY ord LIMIT 50) AS few; DELETE FROM batch WHERE ord > 50');
		my $end = any('COMMIT', 'COMMIT', 'ROLLBACK');

		$sql .= any(
			sprintf(
				'SELECT setseed(%.6f); BEGIN; CREATE TEMP TABLE batch ON COMMIT DROP AS '
				  . 'SELECT row_number() OVER () AS ord, uuid AS stream, low + floor(random() * %s * (high::float8 - low))::bigint AS time, '
				  . "round((random() * 800)::numeric) / 8::float8 AS value FROM model.streams, generate_series(1, %d) WHERE %s;\n"
				  . "%s; INSERT INTO model.heap (stream, time, value) SELECT stream, time, value FROM batch ORDER BY ord; %s;\n",
				rand(), any('1', '0.001'), $n, $of, $insert, $end),
			"BEGIN; SELECT btrdb_delete('$stream->{uuid}', $a, $b); DELETE FROM model.heap WHERE stream = '$stream->{uuid}' AND time >= $a AND time < $b; $end;\n",
			"SELECT btrdb_flush('$stream->{uuid}');\n",
			"SELECT btrdb_flush();\n",
			"SELECT * FROM btrdb_maintain();\n",
			"SELECT btrdb_prune('$stream->{uuid}', btrdb_version('$stream->{uuid}'));\n",
			"VACUUM btrdb.points;\n",
			"ANALYZE;\n");
	}
	return "$sql\\o\n";
}

1;
