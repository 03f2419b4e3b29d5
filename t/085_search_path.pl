# Names that somebody else has made lead nobody astray: neither the superuser who
# creates the extension in a schema of theirs, nor who calls functions with a
# search_path that begins there.  Every name that could be taken for one of
# pg_catalog's or of the extension is a trap, which raises an error when called.
use strict;
use warnings;

use FindBin;
use lib $FindBin::RealBin;
use BtrdbTest;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('search_path');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE mallory; CREATE ROLE victim LOGIN');
$node->safe_psql('postgres', 'CREATE SCHEMA trial AUTHORIZATION mallory');

# Operators and functions for each pair of types that the extension uses.
$node->safe_psql('postgres', q{
	SET ROLE mallory;
	SET search_path = pg_catalog;
	DO $do$
	DECLARE
		types text[] := '{int2,int4,int8,numeric,float8,text,jsonb,uuid,interval,timestamptz,bool,bytea}';
		a text;
		b text;
		op text;
		fn text;
	BEGIN
		FOREACH a IN ARRAY types LOOP
			FOREACH b IN ARRAY types LOOP
				EXECUTE format($$CREATE FUNCTION trial.trap(%1$s, %2$s) RETURNS bool LANGUAGE plpgsql AS
					'BEGIN RAISE EXCEPTION ''trapped'' USING DETAIL = ''operator of %1$s, %2$s''; END'$$, a, b);
				EXECUTE format($$CREATE FUNCTION trial.trap_text(%1$s, %2$s) RETURNS text LANGUAGE plpgsql IMMUTABLE AS
					'BEGIN RAISE EXCEPTION ''trapped'' USING DETAIL = ''->> of %1$s, %2$s''; END'$$, a, b);
				FOREACH op IN ARRAY '{=,<>,<,<=,>,>=,+,-,*,/,||,^@}'::text[] LOOP
					EXECUTE format('CREATE OPERATOR trial.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trial.trap)', op, a, b);
				END LOOP;
				EXECUTE format('CREATE OPERATOR trial.->> (LEFTARG = %s, RIGHTARG = %s, FUNCTION = trial.trap_text)', a, b);
			END LOOP;
			FOREACH fn IN ARRAY '{jsonb_typeof,jsonb_object_keys,check_properties,pg_total_relation_size,count,now,extract,nextval,uuid_out,btrdb_version}'::text[] LOOP
				CONTINUE WHEN fn = 'btrdb_version' AND a = 'uuid';
				EXECUTE format($$CREATE FUNCTION trial.%1$s(%2$s) RETURNS %2$s LANGUAGE plpgsql AS
					'BEGIN RAISE EXCEPTION ''trapped'' USING DETAIL = ''%1$s of %2$s''; END'$$, fn, a);
			END LOOP;
		END LOOP;
	END $do$;
	CREATE FUNCTION trial.now() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
	CREATE FUNCTION trial.btrdb_count(uuid) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
	CREATE FUNCTION trial.btrdb_count(uuid, bigint, bigint, int) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
	CREATE FUNCTION trial.btrdb_count(uuid, int) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
	CREATE FUNCTION trial.stream_stat(uuid) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''trapped''; END';
	CREATE TABLE trial.streams ();
	CREATE TABLE trial.points ();
	CREATE TABLE trial.versions ();
	CREATE DOMAIN trial.uuid AS int;
	CREATE DOMAIN trial.text AS int;
	CREATE DOMAIN trial.int8 AS int;
});

# Created in that schema, the extension has nothing of it in it.
my $mallorys = q{
	SELECT pg_describe_object(d.classid, d.objid, d.objsubid) || ' uses ' || pg_describe_object(d.refclassid, d.refobjid, d.refobjsubid)
	FROM pg_depend AS d
	LEFT JOIN pg_proc AS p ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid
	LEFT JOIN pg_operator AS o ON d.refclassid = 'pg_operator'::regclass AND d.refobjid = o.oid
	LEFT JOIN pg_operator AS by ON d.classid = 'pg_operator'::regclass AND d.objid = by.oid
	LEFT JOIN pg_type AS t ON d.refclassid = 'pg_type'::regclass AND d.refobjid = t.oid
	WHERE 'mallory'::regrole IN (p.proowner, o.oprowner, t.typowner)
		AND by.oprowner IS DISTINCT FROM 'mallory'::regrole AND d.deptype <> 'i'};
$node->safe_psql('postgres', 'CREATE EXTENSION btrdb SCHEMA trial');
is($node->safe_psql('postgres', $mallorys), '', 'the extension refers to nothing that others have made');

# Traps do catch.
my ($state, $out) = sqlstate_of($node, q{SET search_path = trial, pg_catalog; SELECT '{}'::pg_catalog.jsonb ->> '{}'});
like($out, qr/trapped/, 'the traps are in the way');
($state, $out) = sqlstate_of($node, q{SET search_path = trial, pg_catalog; SELECT '00000000-0000-0000-0000-000000000001'::pg_catalog.uuid = '00000000-0000-0000-0000-000000000001'::pg_catalog.uuid});
like($out, qr/trapped/, 'also in that of pg_catalog');

# A schema "btrdb" of somebody else is not taken over.
$node->safe_psql('postgres', q{CREATE DATABASE taken});
$node->safe_psql('taken', q{CREATE SCHEMA btrdb AUTHORIZATION mallory});
my ($rc, undef, $err) = $node->psql('taken', 'CREATE EXTENSION btrdb');
like($err, qr/schema "btrdb" already exists/, 'a schema "btrdb" of others is not adopted');

# Every function, called with that schema before pg_catalog.  Arguments are of exact types: what the caller's own command
# means is his business.
sub calls
{
	my ($s, $new) = @_;
	my $u = "'$s'::pg_catalog.uuid";

	return (
		"trial.btrdb_create('$new', '{}', '{}', NULL)",
		"trial.btrdb_stream('path/one')",
		"trial.btrdb_metadata_usage('path')",
		"trial.btrdb_insert($u, 1::bigint, 1::float8, 'never')",
		"trial.btrdb_insert($u, ARRAY[2]::bigint[], ARRAY[2]::float8[], 'never')",
		"trial.btrdb_insert($u, ARRAY[trial.rawpoint(3::bigint, 3::float8)], 'never')",
		"trial.btrdb_flush($u)",
		"trial.btrdb_flush(NULL)",
		"trial.btrdb_values($u, 0::bigint, 10::bigint, 0::bigint)",
		"trial.btrdb_windows($u, 0::bigint, 10::bigint, 5::bigint, 0, 0::bigint)",
		"trial.btrdb_windows($u, 0::bigint, 10::bigint, 5::bigint, 0, 0::bigint, 'linear', 5::bigint)",
		"trial.btrdb_aligned_windows($u, 0::bigint, 10::bigint, 1, 0::bigint)",
		"trial.btrdb_rows(ARRAY[$u], 0::bigint, 10::bigint, 0::bigint, ARRAY[0]::bigint[])",
		"trial.btrdb_multi_values(ARRAY[$u], 0::bigint, 10::bigint, NULL)",
		"trial.btrdb_multi_windows(ARRAY[$u], 0::bigint, 10::bigint, 5::bigint, 0, NULL)",
		"trial.btrdb_multi_aligned_windows(ARRAY[$u], 0::bigint, 10::bigint, 1, NULL)",
		"trial.btrdb_pin(ARRAY[$u])",
		"trial.btrdb_pointwidth(0::bigint, 10::bigint, 5)",
		"trial.btrdb_minmax($u, 0::bigint, 10::bigint, 5, 0::bigint)",
		"trial.btrdb_lttb($u, 0::bigint, 10::bigint, 5, 0::bigint)",
		"trial.btrdb_plot($u, 0::bigint, 10::bigint, 400, 200, '', 0::bigint)",
		"trial.btrdb_plot_text($u, 0::bigint, 10::bigint, 40, 10, 0::bigint)",
		"trial.btrdb_stat($u, 0::bigint, 10::bigint, 0::bigint)",
		"trial.btrdb_count($u, 0::bigint, 10::bigint, 0::bigint)",
		"trial.btrdb_count('$s'::pg_catalog.text)",
		"trial.btrdb_nearest($u, 0::bigint, false, 0::bigint)",
		"trial.btrdb_earliest($u, 0::bigint)",
		"trial.btrdb_latest($u, 0::bigint)",
		"trial.btrdb_changes($u, 0::bigint, 0::bigint, 0)",
		"trial.btrdb_gaps($u, 0::bigint, 10::bigint, 1::bigint, 0::bigint)",
		"trial.btrdb_first_crossing($u, 0::bigint, 10::bigint, 2::float8, 'any', 0::bigint)",
		"trial.btrdb_last_crossing($u, 0::bigint, 10::bigint, 2::float8, 'any', 0::bigint)",
		"trial.btrdb_asof($u, 5::bigint, 'backward', 1::bigint, 0::bigint)",
		"trial.btrdb_asof($u, ARRAY[5]::bigint[], 'backward', 1::bigint, 0::bigint)",
		"trial.btrdb_integral($u, 0::bigint, 10::bigint, 'linear', 0::bigint)",
		"trial.btrdb_time_weighted_mean($u, 0::bigint, 10::bigint, 'step', 0::bigint)",
		"trial.btrdb_rate($u, 0::bigint, 10::bigint, 5::bigint, 0::bigint)",
		"trial.btrdb_version($u)",
		"trial.btrdb_versions($u)",
		"trial.btrdb_version_at($u, pg_catalog.now())",
		"trial.btrdb_wait_for_version($u, 10::bigint, '0')",
		"trial.btrdb_delete($u, 0::bigint, 2::bigint)",
		"trial.btrdb_trim($u, 0::bigint, 20)",
		"trial.btrdb_revert($u, 11::bigint)",
		"trial.btrdb_prune($u, 12::bigint)",
		"trial.btrdb_maintain()",
		"trial.btrdb_check($u, true)",
		"trial.btrdb_check(NULL, true)",
		"btrdb.stream_stat($u)",
		"(SELECT pg_catalog.count(*) FROM btrdb.stream_stats)",
		"(SELECT pg_catalog.count(*) FROM btrdb.collections)",
		"(SELECT pg_catalog.sum(vacuum_bytes) FROM btrdb.storage)",
		"btrdb.free_bytes('btrdb.points')",
		"(SELECT pg_catalog.count(*) FROM btrdb.points)",
		"trial.btrdb_obliterate($u)");
}

$node->safe_psql('postgres', q{
	GRANT ALL ON btrdb.streams, btrdb.points, btrdb.stream_stats, btrdb.collections, btrdb.storage TO victim;
	GRANT EXECUTE ON FUNCTION trial.btrdb_check(pg_catalog.uuid, boolean) TO victim;
	GRANT USAGE ON SCHEMA trial TO victim;
	CREATE POLICY own ON btrdb.streams TO victim USING (collection OPERATOR(pg_catalog.<>) 'hidden');
	SELECT trial.btrdb_create('hidden', '{"name": "one"}')});
# the superuser has the name of who runs the test
my $owner = $node->safe_psql('postgres', 'SELECT current_user');
foreach my $case ([ $owner, 'DISABLE', 'one' ], [ 'victim', 'ENABLE', 'one' ])
{
	my ($role, $rls, $name) = @$case;
	my $s = $node->safe_psql('postgres', qq{
		ALTER TABLE btrdb.streams $rls ROW LEVEL SECURITY;
		SELECT trial.btrdb_create('path', '{"name": "$name"}')});
	my $script = "SET ROLE \"$role\";\nSET search_path = trial, pg_catalog, btrdb, pg_temp;\n" .
	  join('', map { "SELECT $_;\n" } calls($s, "new of $role"));
	(my $status, $out) = sqlstate_of($node, $script);
	is($status, '', "all functions can be called by $role with traps in the search_path")
	  or diag($out);
}

$node->safe_psql('postgres', 'ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY');
is($node->safe_psql('postgres', 'SELECT * FROM trial.btrdb_check()'), '', 'btrdb_check() is clean');
$node->stop;
done_testing();
