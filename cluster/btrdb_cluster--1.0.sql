\echo Use "CREATE EXTENSION btrdb_cluster" to load this file. \quit

-- The same extension is on the proxy, where applications connect, and on the nodes, which have the streams.
-- A proxy's functions have the names and arguments of those of btrdb and call these on the stream's node.
--
--   on_*      PL/Proxy: run on a node, or on nodes, whose number is an argument
--   remote_*  PL/Proxy: run where the stream is; behind functions that return sets.  PL/Proxy hands out one set at a time
--             and drops the rest of the one before, so nobody may call these but FROM, which takes all rows at once
--   here_*    run on the node itself

-- ---- where streams are ----

GRANT USAGE ON SCHEMA btrdb_cluster TO PUBLIC;
COMMENT ON SCHEMA btrdb_cluster IS 'streams of btrdb on several servers: functions as those of btrdb, to be first in search_path';

CREATE TABLE btrdb_cluster.nodes (
	name text PRIMARY KEY CHECK (name OPERATOR(pg_catalog.<>) ''),
	number int NOT NULL UNIQUE,
	weight float8 NOT NULL DEFAULT 1 CHECK (weight OPERATOR(pg_catalog.>=) 0),
	added timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE btrdb_cluster.nodes IS 'servers that have streams; how to connect to number N is option pN of foreign server btrdb_cluster';
COMMENT ON COLUMN btrdb_cluster.nodes.weight IS 'share of the slots that btrdb_cluster_rebalance() gives to the node, relative to other nodes; 0: none';

CREATE TABLE btrdb_cluster.slots (
	slot int PRIMARY KEY CHECK (slot OPERATOR(pg_catalog.>=) 0 AND slot OPERATOR(pg_catalog.<) 1024),
	node int NOT NULL REFERENCES btrdb_cluster.nodes (number),
	target int REFERENCES btrdb_cluster.nodes (number)
);
COMMENT ON TABLE btrdb_cluster.slots IS 'which node has the streams of each slot: see btrdb_cluster.slot_of()';
COMMENT ON COLUMN btrdb_cluster.slots.target IS 'node that btrdb_cluster_rebalance() moves the slot to; NULL: none';

CREATE TABLE btrdb_cluster.exceptions (
	stream uuid PRIMARY KEY,
	slot int NOT NULL REFERENCES btrdb_cluster.slots,
	node int NOT NULL REFERENCES btrdb_cluster.nodes (number)
);
CREATE INDEX exceptions_slot_idx ON btrdb_cluster.exceptions (slot);
COMMENT ON TABLE btrdb_cluster.exceptions IS 'streams that were moved: they are on this node, and not on that of their slot';

CREATE TABLE btrdb_cluster.moves (
	stream uuid PRIMARY KEY,
	source int NOT NULL REFERENCES btrdb_cluster.nodes (number),
	target int NOT NULL REFERENCES btrdb_cluster.nodes (number),
	state text NOT NULL DEFAULT 'copying' CHECK (state OPERATOR(pg_catalog.=) 'copying' OR state OPERATOR(pg_catalog.=) 'switched'),
	version bigint,
	next_time bigint,
	points bigint NOT NULL DEFAULT 0,
	passes int NOT NULL DEFAULT 0,
	restarts int NOT NULL DEFAULT 0,
	switched_by xid8,
	started timestamptz NOT NULL DEFAULT pg_catalog.now(),
	CHECK (source OPERATOR(pg_catalog.<>) target)
);
COMMENT ON TABLE btrdb_cluster.moves IS 'streams on their way: copying, read and written at the source; switched, read and written at the target, while the source still has them; then the row goes';
COMMENT ON COLUMN btrdb_cluster.moves.version IS 'version of the source that is copied; NULL: begin anew';
COMMENT ON COLUMN btrdb_cluster.moves.next_time IS 'what is before this time has been copied; NULL: all of that version';
COMMENT ON COLUMN btrdb_cluster.moves.points IS 'points copied so far';
COMMENT ON COLUMN btrdb_cluster.moves.passes IS 'how often later changes were copied after it';
COMMENT ON COLUMN btrdb_cluster.moves.restarts IS 'how often the version was pruned before it was copied';
COMMENT ON COLUMN btrdb_cluster.moves.switched_by IS 'transaction of the switch; snapshots that do not see it lead to the source';

GRANT SELECT ON btrdb_cluster.nodes, btrdb_cluster.slots, btrdb_cluster.exceptions, btrdb_cluster.moves TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('btrdb_cluster.nodes', '');
SELECT pg_catalog.pg_extension_config_dump('btrdb_cluster.slots', '');
SELECT pg_catalog.pg_extension_config_dump('btrdb_cluster.exceptions', '');
SELECT pg_catalog.pg_extension_config_dump('btrdb_cluster.moves', '');

-- This and what asks it are called for every stream of every call, so they don't set search_path, but qualify all names.
CREATE FUNCTION btrdb_cluster.slot_of(stream uuid) RETURNS int
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
	hex pg_catalog.text := pg_catalog.replace(stream::pg_catalog.text, '-', '');
	x bigint := ('x' OPERATOR(pg_catalog.||) pg_catalog.substr(hex, 1, 16))::bit(64)::bigint
		OPERATOR(pg_catalog.#) ('x' OPERATOR(pg_catalog.||) pg_catalog.substr(hex, 17))::bit(64)::bigint;
BEGIN
	x := x OPERATOR(pg_catalog.#) (x OPERATOR(pg_catalog.>>) 32);
	RETURN (x OPERATOR(pg_catalog.#) (x OPERATOR(pg_catalog.>>) 16)) OPERATOR(pg_catalog.&) 1023::bigint;
END $$;
COMMENT ON FUNCTION btrdb_cluster.slot_of(uuid) IS
	'slot of a stream, 0 to 1023: the last ten bits of its eight pairs of bytes, by exclusive or; the same everywhere and for ever';

CREATE FUNCTION btrdb_cluster.node_to_read(stream uuid) RETURNS int
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED AS $$
DECLARE
	node int := COALESCE((SELECT e.node FROM btrdb_cluster.exceptions AS e WHERE e.stream OPERATOR(pg_catalog.=) $1),
		(SELECT s.node FROM btrdb_cluster.slots AS s WHERE s.slot OPERATOR(pg_catalog.=) btrdb_cluster.slot_of($1)));
BEGIN
	IF node IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the cluster has no nodes',
			HINT = 'Add one with btrdb_cluster_add_node().';
	END IF;
	RETURN node;
END $$;
COMMENT ON FUNCTION btrdb_cluster.node_to_read(uuid) IS 'number of the node that has a stream';

CREATE FUNCTION btrdb_cluster.nodes_to_read(streams uuid[]) RETURNS int[]
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF array_position(streams, NULL) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'array "streams" must not contain nulls';
	END IF;
	RETURN COALESCE((SELECT array_agg(COALESCE(e.node, s.node) ORDER BY a.n)
		FROM unnest(streams) WITH ORDINALITY AS a (stream, n)
			LEFT JOIN btrdb_cluster.slots AS s ON s.slot = btrdb_cluster.slot_of(a.stream)
			LEFT JOIN btrdb_cluster.exceptions AS e ON e.stream = a.stream), '{}');
END $$;
COMMENT ON FUNCTION btrdb_cluster.nodes_to_read(uuid[]) IS 'numbers of the nodes that have streams, one for each';

-- Locks between who writes and who moves: a slot's is the advisory lock (oid of slots, slot % 32).  Writers share it to the end
-- of their transaction and look where the stream is when they have it.

CREATE FUNCTION btrdb_cluster.lock_key() RETURNS int
LANGUAGE sql STABLE PARALLEL SAFE RETURN 'btrdb_cluster.slots'::pg_catalog.regclass::pg_catalog.oid::int;
COMMENT ON FUNCTION btrdb_cluster.lock_key() IS 'first key of the advisory locks of slots';

CREATE FUNCTION btrdb_cluster.nodes_to_write(streams uuid[]) RETURNS int[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	group_of_slots int;
BEGIN
	IF streams IS NULL OR array_position(streams, NULL) IS NOT NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'argument "stream" must not be null';
	ELSIF current_setting('transaction_read_only')::boolean THEN
		RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction', MESSAGE = 'cannot write to the cluster in a read-only transaction';
	ELSIF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
		RAISE EXCEPTION USING ERRCODE = 'active_sql_transaction',
			MESSAGE = 'cannot write to the cluster in a transaction that keeps one snapshot',
			DETAIL = 'It might not see that a stream has been moved; and nodes commit each call by itself.',
			HINT = 'Use READ COMMITTED.';
	END IF;
	FOR group_of_slots IN SELECT DISTINCT btrdb_cluster.slot_of(s) % 32 FROM unnest(streams) AS s ORDER BY 1 LOOP
		PERFORM pg_advisory_xact_lock_shared(btrdb_cluster.lock_key(), group_of_slots);
	END LOOP;
	RETURN btrdb_cluster.nodes_to_read(streams);
END $$;
COMMENT ON FUNCTION btrdb_cluster.nodes_to_write(uuid[]) IS
	'numbers of the nodes that have streams, one for each, which stay there until the end of the transaction';

CREATE FUNCTION btrdb_cluster.node_to_write(stream uuid) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE AS $$
BEGIN
	IF stream IS NULL OR pg_catalog.current_setting('transaction_read_only') OPERATOR(pg_catalog.<>) 'off'
		OR pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.<>) 'read committed' THEN
		RETURN (btrdb_cluster.nodes_to_write(ARRAY[stream]))[1];
	END IF;
	PERFORM pg_catalog.pg_advisory_xact_lock_shared(btrdb_cluster.lock_key(),
		btrdb_cluster.slot_of(stream) OPERATOR(pg_catalog.%) 32);
	RETURN btrdb_cluster.node_to_read(stream);
END $$;
COMMENT ON FUNCTION btrdb_cluster.node_to_write(uuid) IS 'btrdb_cluster.nodes_to_write() of one stream';

-- ---- functions of one stream, made from those of btrdb ----

-- A form whose times have no type is one for nanoseconds here: nodes may have another time zone.
DO $generate$
DECLARE
	btrdb text := (SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension AS e
		JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace WHERE e.extname OPERATOR(pg_catalog.=) 'btrdb');
	f record;
	head text;
	tail text;
	made text;
BEGIN
	-- so that names of types come with their schema
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	FOR f IN
		SELECT p.oid, p.proname, p.proretset, p.provolatile, p.prorows,
			pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result, a.*,
			p.proname IN ('btrdb_insert', 'btrdb_delete', 'btrdb_trim', 'btrdb_revert', 'btrdb_prune') AS writes,
			-- the columns of a result, nanoseconds as timestamps
			(SELECT string_agg(CASE c.type WHEN 'timestamptz'::regtype THEN format('%s.btrdb_timestamp(r.%I)', btrdb, c.name) ELSE format('r.%I', c.name) END, ', ' ORDER BY c.n)
				FROM unnest(p.proargnames, p.proargmodes, p.proallargtypes) WITH ORDINALITY AS c (name, mode, type, n) WHERE c.mode = 't') AS columns
		FROM pg_proc AS p
			JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
			JOIN pg_extension AS x ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND x.extname = 'btrdb'
			CROSS JOIN LATERAL (
				SELECT string_agg(format('%s', format_type(u.type, NULL)), ', ' ORDER BY u.n) AS types,
					string_agg('$' || u.n, ', ' ORDER BY u.n) AS given,
					string_agg(format('$%s::%I.%s', u.n, n.nspname, t.typname), ', ' ORDER BY u.n) AS typed,
					string_agg(CASE WHEN NOT u.untyped THEN '$' || u.n WHEN u.type = 'text'::regtype THEN format('%s.btrdb_time($%s)', btrdb, u.n)
						ELSE format('(SELECT array_agg(%s.btrdb_time(x.t) ORDER BY x.n) FROM unnest($%s) WITH ORDINALITY AS x (t, n))', btrdb, u.n) END, ', ' ORDER BY u.n) AS converted,
					bool_or(u.untyped) AS untyped
				FROM (SELECT type, n, p.proargnames[n] IN ('start', 'end', 'time', 'times', 'before') AND type IN ('text'::regtype, 'text[]'::regtype) AS untyped
						FROM unnest(p.proargtypes) WITH ORDINALITY AS i (type, n)) AS u
					JOIN pg_type AS t ON t.oid = u.type JOIN pg_namespace AS n ON n.oid = t.typnamespace) AS a
		-- of one stream; those that are made by hand below
		WHERE p.proname ~ '^btrdb_' AND p.proargtypes[0] = 'uuid'::regtype
			AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) WITH ORDINALITY AS i (type, n) WHERE i.n > 1 AND i.type IN ('uuid'::regtype, 'uuid[]'::regtype))
			AND p.proname NOT IN ('btrdb_flush', 'btrdb_check', 'btrdb_obliterate')
			AND NOT (p.proname = 'btrdb_insert' AND a.untyped)
		-- forms in nanoseconds come before those that call them
		ORDER BY a.untyped, p.proname, a.types
	LOOP
		made := format('%s(%s)', f.proname, f.types);
		head := format('CREATE FUNCTION btrdb_cluster.%s(%s) RETURNS %s ', f.proname, f.arguments, f.result);
		tail := format(' %s PARALLEL %s COST 10000', CASE f.provolatile WHEN 'v' THEN 'VOLATILE' ELSE 'STABLE' END,
			CASE f.provolatile WHEN 'v' THEN 'UNSAFE' ELSE 'RESTRICTED' END) || CASE WHEN f.proretset THEN ' ROWS ' || f.prorows ELSE '' END;
		IF f.untyped AND f.proretset THEN
			EXECUTE head || 'LANGUAGE sql' || tail ||
				format(' BEGIN ATOMIC SELECT %s FROM btrdb_cluster.%s(%s) AS r; END', f.columns, f.proname, f.converted);
		ELSIF f.untyped THEN
			EXECUTE head || 'LANGUAGE sql' || tail || format(' RETURN btrdb_cluster.%s(%s)', f.proname, f.converted);
		ELSIF f.writes THEN
			EXECUTE head || 'LANGUAGE plproxy' || tail ||
				format($$ AS 'CLUSTER ''btrdb_cluster''; RUN ON btrdb_cluster.node_to_write($1); SELECT %s.%s(%s);'$$, btrdb, f.proname, f.typed);
		ELSE
			EXECUTE format('CREATE FUNCTION btrdb_cluster.remote_%s(%s) RETURNS %s LANGUAGE plproxy VOLATILE STRICT PARALLEL UNSAFE COST 10000',
					substr(f.proname, 7), f.types, f.result) || CASE WHEN f.proretset THEN ' ROWS ' || f.prorows ELSE '' END ||
				format($$ AS 'CLUSTER ''btrdb_cluster''; RUN ON btrdb_cluster.node_to_read($1); SELECT %s %s.%s(%s);'$$,
					CASE WHEN f.proretset THEN '* FROM' ELSE '' END, btrdb, f.proname, f.typed);
			EXECUTE format('COMMENT ON FUNCTION btrdb_cluster.remote_%s(%s) IS %L', substr(f.proname, 7), f.types, 'behind ' || made);
			EXECUTE head || 'LANGUAGE sql' || tail || format(CASE WHEN f.proretset THEN ' BEGIN ATOMIC SELECT * FROM btrdb_cluster.remote_%s(%s); END'
				ELSE ' RETURN btrdb_cluster.remote_%s(%s)' END, substr(f.proname, 7), f.given);
		END IF;
		EXECUTE format('COMMENT ON FUNCTION btrdb_cluster.%s IS %L', made, obj_description(f.oid, 'pg_proc'));
	END LOOP;
END $generate$;

-- ---- the others; @btrdb@ stands for the schema that btrdb is in, here and on all nodes ----

DO $made$
BEGIN
	EXECUTE pg_catalog.replace($script$

-- times without a type

CREATE FUNCTION btrdb_cluster.point_time("time" text) RETURNS bigint
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF "time" ~* '^\s*[-+]?inf(inity)?\s*$' THEN
		RAISE EXCEPTION USING ERRCODE = 'datetime_field_overflow', MESSAGE = format('time %s is out of range', btrim("time"));
	END IF;
	RETURN @btrdb@.btrdb_time("time");
END $$;
COMMENT ON FUNCTION btrdb_cluster.point_time(text) IS 'btrdb_time() of a point: there is none at infinity';

CREATE FUNCTION btrdb_cluster.point_times(times text[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF array_ndims(times) > 1 THEN
		RAISE EXCEPTION USING ERRCODE = 'array_subscript_error', MESSAGE = 'array "times" must have one dimension';
	END IF;
	RETURN COALESCE((SELECT array_agg(btrdb_cluster.point_time(t) ORDER BY n) FROM unnest(times) WITH ORDINALITY AS a (t, n)), '{}');
END $$;
COMMENT ON FUNCTION btrdb_cluster.point_times(text[]) IS 'btrdb_cluster.point_time() of each';

CREATE FUNCTION btrdb_cluster.btrdb_insert(stream uuid, times text[], "values" float8[], merge text DEFAULT 'never') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN btrdb_cluster.btrdb_insert($1, btrdb_cluster.point_times($2), $3, $4);

CREATE FUNCTION btrdb_cluster.btrdb_insert(stream uuid, "time" text, value float8, merge text DEFAULT 'never') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN btrdb_cluster.btrdb_insert($1, btrdb_cluster.point_time($2), $3, $4);

CREATE FUNCTION btrdb_cluster.btrdb_insert(stream uuid, times text, "values" float8[], merge text DEFAULT 'never') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
RETURN btrdb_cluster.btrdb_insert($1, btrdb_cluster.point_times($2::text[]), $3, $4);

CREATE FUNCTION btrdb_cluster.btrdb_insert(stream uuid, "time" text, value text, merge text DEFAULT 'never') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	-- the text of an array begins so, that of a timestamp does not
	IF "time" ~ '^\s*[[{]' THEN
		RETURN btrdb_cluster.btrdb_insert(stream, btrdb_cluster.point_times("time"::text[]), value::float8[], merge);
	END IF;
	RETURN btrdb_cluster.btrdb_insert(stream, btrdb_cluster.point_time("time"), value::float8, merge);
END $$;

CREATE FUNCTION btrdb_cluster.btrdb_count(stream text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL RESTRICTED
RETURN btrdb_cluster.btrdb_count($1::uuid, -4611686018427387904, 4611686018427387904, 0::bigint);

COMMENT ON FUNCTION btrdb_cluster.btrdb_insert(uuid, text[], float8[], text) IS
	'btrdb_insert() of points whose times are text: timestamps with up to nine digits of a second, or whole numbers of nanoseconds';
COMMENT ON FUNCTION btrdb_cluster.btrdb_insert(uuid, text, float8, text) IS
	'btrdb_insert() of a point whose time has no type: a timestamp with up to nine digits of a second, or a whole number of nanoseconds';
COMMENT ON FUNCTION btrdb_cluster.btrdb_insert(uuid, text, float8[], text) IS 'btrdb_insert() of points whose array of times has no type';
COMMENT ON FUNCTION btrdb_cluster.btrdb_insert(uuid, text, text, text) IS 'btrdb_insert() of a point, or two arrays, of which neither times nor values have a type';
COMMENT ON FUNCTION btrdb_cluster.btrdb_count(text) IS 'exact number of points of a stream whose uuid is given as an untyped literal';

-- streams: any node may have them

CREATE FUNCTION btrdb_cluster.remote_streams(nodes int[], text, jsonb, jsonb)
RETURNS TABLE (node int, uuid uuid, collection text, tags jsonb, annotations jsonb, name text, unit text, ingress text, distiller text, property_version bigint,
	created timestamptz, retention interval, channel text, keep interval, trim_after interval, trim_pointwidth smallint)
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE COST 100000 ROWS 10000 AS $$
	CLUSTER 'btrdb_cluster';
	SPLIT nodes;
	RUN ON nodes;
	SELECT (nodes::int4[])[1] AS node, s.uuid, s.collection, s.tags, s.annotations, s.name, s.unit, s.ingress, s.distiller, s.property_version,
		s.created, s.retention, s.channel, s.keep, s.trim_after, s.trim_pointwidth
	FROM btrdb.streams AS s
	WHERE ($2::text IS NULL OR s.collection LIKE $2::text) AND ($3::jsonb IS NULL OR s.tags @> $3::jsonb)
		AND ($4::jsonb IS NULL OR s.annotations @> $4::jsonb);
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_streams(int[], text, jsonb, jsonb) IS 'behind btrdb_cluster_streams(text, jsonb, jsonb)';

CREATE FUNCTION btrdb_cluster.btrdb_cluster_streams(collection text DEFAULT NULL, tags jsonb DEFAULT NULL, annotations jsonb DEFAULT NULL)
RETURNS TABLE (uuid uuid, collection text, tags jsonb, annotations jsonb, name text, unit text, ingress text, distiller text, property_version bigint,
	created timestamptz, retention interval, channel text, keep interval, trim_after interval, trim_pointwidth smallint, node text)
LANGUAGE sql STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
BEGIN ATOMIC
	-- a node may have what is moved from it or to it, too
	SELECT r.uuid, r.collection, r.tags, r.annotations, r.name, r.unit, r.ingress, r.distiller, r.property_version,
		r.created, r.retention, r.channel, r.keep, r.trim_after, r.trim_pointwidth, n.name
	FROM btrdb_cluster.remote_streams((SELECT pg_catalog.array_agg(a.number) FROM btrdb_cluster.nodes AS a), $1, $2, $3) AS r
		JOIN btrdb_cluster.nodes AS n ON n.number OPERATOR(pg_catalog.=) r.node
		LEFT JOIN btrdb_cluster.exceptions AS e ON e.stream OPERATOR(pg_catalog.=) r.uuid
		LEFT JOIN btrdb_cluster.slots AS s ON e.node IS NULL AND s.slot OPERATOR(pg_catalog.=) btrdb_cluster.slot_of(r.uuid)
	WHERE COALESCE(e.node, s.node) OPERATOR(pg_catalog.=) r.node;
END;
COMMENT ON FUNCTION btrdb_cluster.btrdb_cluster_streams(text, jsonb, jsonb) IS
	'streams of all nodes whose collection is LIKE a pattern, and whose tags and annotations contain those given; NULL: any';

CREATE VIEW btrdb_cluster.streams WITH (security_invoker = true) AS
	SELECT * FROM btrdb_cluster.btrdb_cluster_streams();
GRANT SELECT ON btrdb_cluster.streams TO PUBLIC;
COMMENT ON VIEW btrdb_cluster.streams IS
	'streams of all nodes, as in btrdb.streams there, with the name of the node; all of them are fetched: btrdb_cluster_streams() lets nodes search';

CREATE FUNCTION btrdb_cluster.remote_create(text, jsonb, jsonb, uuid) RETURNS uuid
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster';
	RUN ON btrdb_cluster.node_to_write($4);
	SELECT @btrdb@.btrdb_create($1::text, $2::jsonb, $3::jsonb, $4::uuid);
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_create(text, jsonb, jsonb, uuid) IS 'behind btrdb_create(text, jsonb, jsonb, uuid)';

CREATE FUNCTION btrdb_cluster.remote_find(text, jsonb) RETURNS SETOF uuid
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster';
	RUN ON ALL;
	SELECT s.uuid FROM btrdb.streams AS s WHERE s.collection = $1::text AND s.tags = $2::jsonb;
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_find(text, jsonb) IS 'behind btrdb_create(text, jsonb, jsonb, uuid)';

CREATE FUNCTION btrdb_cluster.btrdb_create(collection text, tags jsonb DEFAULT '{}', annotations jsonb DEFAULT '{}', stream uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF collection IS NOT NULL AND tags IS NOT NULL THEN
		-- who registers the same name at the same time waits until it is on a node
		PERFORM pg_advisory_xact_lock('btrdb_cluster.nodes'::regclass::oid::int, hashtext(collection || tags::text));
		IF EXISTS (SELECT FROM btrdb_cluster.remote_find(collection, tags)) THEN
			RAISE EXCEPTION USING ERRCODE = 'duplicate_object',
				MESSAGE = format('a stream with collection "%s" and tags %s already exists', collection, tags),
				HINT = 'Streams of one collection differ in their tags.';
		END IF;
	END IF;
	RETURN btrdb_cluster.remote_create(collection, tags, annotations, COALESCE(stream, gen_random_uuid()));
END $$;
COMMENT ON FUNCTION btrdb_cluster.btrdb_create(text, jsonb, jsonb, uuid) IS
	'registers a stream on the node of its uuid and returns the uuid; asks all nodes whether collection and tags are new (42710)';

CREATE FUNCTION btrdb_cluster.btrdb_stream(path text) RETURNS uuid
LANGUAGE plpgsql STABLE STRICT PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	parts text[] := regexp_match(path, '^(.*)/([^/]*)$');
	found_streams uuid[];
BEGIN
	-- in LIKE's pattern nothing but the collection itself
	SELECT array_agg(s.uuid) INTO found_streams
	FROM btrdb_cluster.btrdb_cluster_streams(regexp_replace(parts[1], '([\\%_])', '\\\1', 'g'), jsonb_build_object('name', parts[2])) AS s
	WHERE parts IS NOT NULL;
	IF found_streams IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('stream "%s" does not exist', path),
			HINT = 'A path is a collection, a slash and the tag "name" of a stream.';
	ELSIF cardinality(found_streams) > 1 THEN
		RAISE EXCEPTION USING ERRCODE = 'cardinality_violation', MESSAGE = format('path "%s" matches more than one stream', path),
			HINT = 'Look the uuid up in btrdb_cluster.streams by collection and tags.';
	END IF;
	RETURN found_streams[1];
END $$;
COMMENT ON FUNCTION btrdb_cluster.btrdb_stream(text) IS
	'uuid of the stream at collection/name, the name being its tag "name", looked for on all nodes; an error if there is none (42704) or more than one (21000)';

CREATE FUNCTION btrdb_cluster.remote_obliterate(uuid) RETURNS SETOF text
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster';
	RUN ON ALL;
	SELECT @btrdb@.btrdb_obliterate(s.uuid)::text FROM btrdb.streams AS s WHERE s.uuid = $1::uuid;
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_obliterate(uuid) IS 'behind btrdb_obliterate(uuid)';

CREATE FUNCTION btrdb_cluster.btrdb_obliterate(stream uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	PERFORM btrdb_cluster.node_to_write(stream);
	-- also what a move has left or begun elsewhere
	IF NOT EXISTS (SELECT FROM btrdb_cluster.remote_obliterate(stream)) THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('stream "%s" does not exist', stream),
			HINT = 'Use btrdb_create() to register a stream; view btrdb_cluster.streams lists those that exist.';
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.btrdb_obliterate(uuid) IS
	'removes a stream (42704 if there is none) with its properties, versions and points from all nodes; its uuid is never used again';

-- all nodes at once

CREATE FUNCTION btrdb_cluster.remote_flush(uuid) RETURNS bigint
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON btrdb_cluster.node_to_write($1); SELECT @btrdb@.btrdb_flush($1::uuid);
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_flush(uuid) IS 'behind btrdb_flush(uuid)';

CREATE FUNCTION btrdb_cluster.remote_flush() RETURNS SETOF bigint
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON ALL; SELECT @btrdb@.btrdb_flush();
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_flush() IS 'behind btrdb_flush(uuid)';

CREATE FUNCTION btrdb_cluster.btrdb_flush(stream uuid DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF stream IS NULL THEN
		RETURN (SELECT sum(n)::bigint FROM btrdb_cluster.remote_flush() AS n);
	END IF;
	RETURN btrdb_cluster.remote_flush(stream);
END $$;
COMMENT ON FUNCTION btrdb_cluster.btrdb_flush(uuid) IS
	'commits what is in the write buffer of a stream and returns its latest version; without a stream: of all streams of all nodes, and returns how many had something';

CREATE FUNCTION btrdb_cluster.remote_maintain() RETURNS TABLE (action text, streams bigint, items bigint)
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON ALL; SELECT * FROM @btrdb@.btrdb_maintain();
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_maintain() IS 'behind btrdb_maintain()';

CREATE FUNCTION btrdb_cluster.btrdb_maintain() RETURNS TABLE (action text, streams bigint, items bigint)
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT r.action, pg_catalog.sum(r.streams)::bigint, pg_catalog.sum(r.items)::bigint FROM btrdb_cluster.remote_maintain() AS r
	GROUP BY r.action ORDER BY pg_catalog.array_position('{compact,flush,expire,trim,retain,garbage}'::text[], r.action);
END;
COMMENT ON FUNCTION btrdb_cluster.btrdb_maintain() IS 'btrdb_maintain() on all nodes at once, added up';

CREATE FUNCTION btrdb_cluster.remote_check(boolean) RETURNS TABLE (stream uuid, block bigint, item int, problem text)
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON ALL; SELECT * FROM @btrdb@.btrdb_check(NULL, $1::bool);
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_check(boolean) IS 'behind btrdb_check(uuid, boolean)';

CREATE FUNCTION btrdb_cluster.remote_check(uuid, boolean) RETURNS TABLE (stream uuid, block bigint, item int, problem text)
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON btrdb_cluster.node_to_read($1); SELECT * FROM @btrdb@.btrdb_check($1::uuid, $2::bool);
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_check(uuid, boolean) IS 'behind btrdb_check(uuid, boolean)';

CREATE FUNCTION btrdb_cluster.btrdb_check(stream uuid DEFAULT NULL, deep boolean DEFAULT true)
RETURNS TABLE (stream uuid, block bigint, item int, problem text)
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT * FROM btrdb_cluster.remote_check($2) WHERE $1 IS NULL
	UNION ALL SELECT * FROM btrdb_cluster.remote_check($1, $2) WHERE $1 IS NOT NULL;
END;
COMMENT ON FUNCTION btrdb_cluster.btrdb_check(uuid, boolean) IS 'btrdb_check() of a stream or, without one, of all nodes';
REVOKE EXECUTE ON FUNCTION btrdb_cluster.btrdb_check(uuid, boolean), btrdb_cluster.remote_check(boolean), btrdb_cluster.remote_check(uuid, boolean) FROM PUBLIC;

-- points of many streams

CREATE FUNCTION btrdb_cluster.here_insert(streams uuid[], times bigint[], "values" float8[], merge text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	n bigint;
BEGIN
	PERFORM set_config('btrdb.merge', merge, true);
	INSERT INTO btrdb.points SELECT * FROM unnest(streams, times, "values");
	GET DIAGNOSTICS n = ROW_COUNT;
	RETURN n;
END $$;
COMMENT ON FUNCTION btrdb_cluster.here_insert(uuid[], bigint[], float8[], text) IS 'what btrdb_cluster_insert() runs on each node';

-- PL/Proxy asks for the node of each element of an array that it splits, which takes longer than all else.  So what goes to a node
-- is one element for it: the text of an array.
CREATE FUNCTION btrdb_cluster.remote_insert(streams text[], times text[], "values" text[], nodes int[], text) RETURNS SETOF bigint
LANGUAGE plproxy VOLATILE PARALLEL UNSAFE AS $$
	CLUSTER 'btrdb_cluster'; SPLIT $1, $2, $3, $4; RUN ON $4;
	SELECT btrdb_cluster.here_insert(($1::text[])[1]::uuid[], ($2::text[])[1]::int8[], ($3::text[])[1]::float8[], $5::text);
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_insert(text[], text[], text[], int[], text) IS 'behind btrdb_cluster_insert(uuid[], bigint[], float8[], text)';

CREATE FUNCTION btrdb_cluster.btrdb_cluster_insert(streams uuid[], times bigint[], "values" float8[], merge text DEFAULT 'never') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	different uuid[];
	there record;
BEGIN
	IF streams IS NULL OR times IS NULL OR "values" IS NULL OR merge IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'arguments must not be null';
	ELSIF cardinality(streams) <> cardinality(times) OR cardinality(streams) <> cardinality("values")
		OR array_ndims(streams) > 1 OR array_ndims(times) > 1 OR array_ndims("values") > 1 THEN
		RAISE EXCEPTION USING ERRCODE = 'array_subscript_error', MESSAGE = 'arrays must have one dimension and equal lengths';
	END IF;
	different := ARRAY(SELECT DISTINCT s FROM unnest(streams) AS s);
	SELECT array_agg(g.s) AS streams, array_agg(g.t) AS times, array_agg(g.v) AS "values", array_agg(g.node) AS nodes INTO there
	FROM (SELECT w.node, array_agg(a.s ORDER BY a.n)::text AS s, array_agg(a.t ORDER BY a.n)::text AS t, array_agg(a.v ORDER BY a.n)::text AS v
		FROM unnest(streams, times, "values") WITH ORDINALITY AS a (s, t, v, n)
			JOIN unnest(different, btrdb_cluster.nodes_to_write(different)) AS w (stream, node) ON w.stream = a.s
		GROUP BY w.node) AS g;
	RETURN COALESCE((SELECT sum(n) FROM btrdb_cluster.remote_insert(there.streams, there.times, there."values", there.nodes, merge) AS n), 0);
END $$;
COMMENT ON FUNCTION btrdb_cluster.btrdb_cluster_insert(uuid[], bigint[], float8[], text) IS
	'inserts the points (streams[i], times[i], values[i]) into the streams, as one INSERT into btrdb.points on each node at the same time, and returns how many; each node commits its part by itself: after an error repeat the call with merge "equal" or "replace"';

CREATE FUNCTION btrdb_cluster.by_node(streams uuid[], versions bigint[],
	OUT streams_of text[], OUT positions_of text[], OUT versions_of text[], OUT nodes int[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF array_ndims(streams) > 1 OR array_ndims(versions) > 1 THEN
		RAISE EXCEPTION USING ERRCODE = 'array_subscript_error', MESSAGE = 'arrays "streams" and "versions" must have one dimension';
	ELSIF cardinality(versions) <> cardinality(streams) THEN
		RAISE EXCEPTION USING ERRCODE = 'array_subscript_error', MESSAGE = 'arrays "streams" and "versions" have different lengths',
			DETAIL = format('There are %s streams and %s versions.', cardinality(streams), cardinality(versions));
	END IF;
	SELECT array_agg(g.s), array_agg(g.p), array_agg(g.v), array_agg(g.node) INTO streams_of, positions_of, versions_of, nodes
	FROM (SELECT a.node, array_agg(a.s ORDER BY a.n)::text AS s, array_agg(a.n ORDER BY a.n)::text AS p, array_agg(COALESCE(a.v, 0) ORDER BY a.n)::text AS v
		FROM unnest(streams, versions, btrdb_cluster.nodes_to_read(streams)) WITH ORDINALITY AS a (s, v, node, n)
		GROUP BY a.node) AS g;
END $$;
COMMENT ON FUNCTION btrdb_cluster.by_node(uuid[], bigint[]) IS
	'streams, their positions and versions (0 where none is given), and nodes: an element for each node, text of an array; 2202E if there are more or less versions than streams';

CREATE FUNCTION btrdb_cluster.remote_pin(streams text[], positions text[], nodes int[]) RETURNS TABLE (n int, version bigint)
LANGUAGE plproxy VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 1000 AS $$
	CLUSTER 'btrdb_cluster'; SPLIT $1, $2, $3; RUN ON $3;
	SELECT p.n, p.v AS version FROM unnest(($2::text[])[1]::int4[], @btrdb@.btrdb_pin(($1::text[])[1]::uuid[])) AS p (n, v);
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_pin(text[], text[], int[]) IS 'behind btrdb_pin(uuid[])';

CREATE FUNCTION btrdb_cluster.btrdb_pin(streams uuid[]) RETURNS bigint[]
LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED COST 100000
RETURN (SELECT COALESCE(pg_catalog.array_agg(r.version ORDER BY r.n), '{}')
	FROM btrdb_cluster.by_node($1, NULL) AS b, LATERAL btrdb_cluster.remote_pin(b.streams_of, b.positions_of, b.nodes) AS r);
COMMENT ON FUNCTION btrdb_cluster.btrdb_pin(uuid[]) IS
	'latest committed version of each of several streams, in the order of the array, those of one node as they were at one moment; to be given as versions to functions of several streams';

-- Points side by side: each node puts those of its streams side by side, and here the k-th rows of a time become one.

CREATE FUNCTION btrdb_cluster.place_values(joined float8[], positions int[], "values" float8[], streams int) RETURNS float8[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	i int := 0;
	value float8;
BEGIN
	IF joined IS NULL THEN
		IF cardinality(positions) = streams THEN
			RETURN "values";
		END IF;
		joined := array_fill(NULL::float8, ARRAY[streams]);
	END IF;
	FOREACH value IN ARRAY "values" LOOP
		i := i + 1;
		joined[positions[i]] := value;
	END LOOP;
	RETURN joined;
END $$;
COMMENT ON FUNCTION btrdb_cluster.place_values(float8[], int[], float8[], int) IS
	'values of a node''s row, put where they belong in a row of so many streams, which is begun if there is none';

CREATE AGGREGATE btrdb_cluster.side_by_side(positions int[], "values" float8[], streams int) (
	SFUNC = btrdb_cluster.place_values, STYPE = float8[], PARALLEL = SAFE);
COMMENT ON AGGREGATE btrdb_cluster.side_by_side(int[], float8[], int) IS 'rows of several nodes as one, of so many streams';

-- what there is, added up; what a move has left or begun on a node does not count

CREATE FUNCTION btrdb_cluster.hidden_by_node(OUT nodes int[], OUT hidden text[])
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
	SELECT pg_catalog.array_agg(n.number), pg_catalog.array_agg(ARRAY(SELECT m.stream FROM btrdb_cluster.moves AS m
		WHERE n.number OPERATOR(pg_catalog.=) CASE WHEN m.state OPERATOR(pg_catalog.=) 'copying' THEN m.target ELSE m.source END)::text)
	FROM btrdb_cluster.nodes AS n;
END;
COMMENT ON FUNCTION btrdb_cluster.hidden_by_node() IS 'nodes, and for each the text of an array of streams that are on their way to it, or from it';

CREATE FUNCTION btrdb_cluster.here_usage(prefix text, hidden uuid[]) RETURNS TABLE (kind text, key text, streams bigint)
LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	WITH other AS (
		SELECT s.tags, s.annotations FROM btrdb.streams AS s
		WHERE s.collection OPERATOR(pg_catalog.^@) $1
			AND (s.collection OPERATOR(pg_catalog.=) 'btrdb_cluster/moved' OR s.uuid OPERATOR(pg_catalog.=) ANY ($2))
	)
	SELECT u.kind, u.key, u.streams FROM @btrdb@.btrdb_metadata_usage($1) AS u
	UNION ALL SELECT 'tag', k, -1 FROM other AS o, pg_catalog.jsonb_object_keys(o.tags) AS k
	UNION ALL SELECT 'annotation', k, -1 FROM other AS o, pg_catalog.jsonb_object_keys(o.annotations) AS k;
END;
COMMENT ON FUNCTION btrdb_cluster.here_usage(text, uuid[]) IS 'what btrdb_metadata_usage() runs on each node: numbers to be added up, in which those of hidden streams are taken away again';

CREATE FUNCTION btrdb_cluster.remote_usage(nodes int[], hidden text[], text) RETURNS TABLE (kind text, key text, streams bigint)
LANGUAGE plproxy VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 100 AS $$
	CLUSTER 'btrdb_cluster'; SPLIT $1, $2; RUN ON $1;
	SELECT u.kind, u.key, u.streams FROM btrdb_cluster.here_usage($3::text, ($2::text[])[1]::uuid[]) AS u;
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_usage(int[], text[], text) IS 'behind btrdb_metadata_usage(text)';

CREATE FUNCTION btrdb_cluster.btrdb_metadata_usage(prefix text DEFAULT '') RETURNS TABLE (kind text, key text, streams bigint)
LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED COST 100000 ROWS 20
BEGIN ATOMIC
	SELECT r.kind, r.key, pg_catalog.sum(r.streams)::bigint
	FROM btrdb_cluster.hidden_by_node() AS h, LATERAL btrdb_cluster.remote_usage(h.nodes, h.hidden, $1) AS r
	GROUP BY r.kind, r.key HAVING pg_catalog.sum(r.streams) OPERATOR(pg_catalog.>) 0
	ORDER BY r.kind COLLATE pg_catalog."C", r.key COLLATE pg_catalog."C";
END;
COMMENT ON FUNCTION btrdb_cluster.btrdb_metadata_usage(text) IS
	'keys that streams of the collections beginning with prefix have, kind being "annotation" or "tag", and how many streams of all nodes have each, by kind and key';

CREATE FUNCTION btrdb_cluster.remote_collections(nodes int[], hidden text[]) RETURNS TABLE (collection text, streams bigint)
LANGUAGE plproxy VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 1000 AS $$
	CLUSTER 'btrdb_cluster'; SPLIT $1, $2; RUN ON $1;
	SELECT c.collection, c.streams FROM btrdb.collections AS c WHERE c.collection <> 'btrdb_cluster/moved'
	UNION ALL SELECT s.collection, -1 FROM btrdb.streams AS s
	WHERE s.uuid = ANY (($2::text[])[1]::uuid[]) AND s.collection <> 'btrdb_cluster/moved';
$$;
COMMENT ON FUNCTION btrdb_cluster.remote_collections(int[], text[]) IS 'behind btrdb_cluster.collections';

CREATE VIEW btrdb_cluster.collections WITH (security_invoker = true) AS
	SELECT r.collection, pg_catalog.sum(r.streams)::bigint AS streams
	FROM btrdb_cluster.hidden_by_node() AS h, LATERAL btrdb_cluster.remote_collections(h.nodes, h.hidden) AS r
	GROUP BY r.collection HAVING pg_catalog.sum(r.streams) OPERATOR(pg_catalog.>) 0;
GRANT SELECT ON btrdb_cluster.collections TO PUBLIC;
COMMENT ON VIEW btrdb_cluster.collections IS 'collections of streams of all nodes that the user sees';
$script$, '@btrdb@', (SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension AS e
		JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace WHERE e.extname OPERATOR(pg_catalog.=) 'btrdb'));
END $made$;

-- Points and windows of many streams: each node those of its streams, at the same time, and then all in the order of the array.
DO $generate$
DECLARE
	btrdb text := (SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension AS e
		JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace WHERE e.extname OPERATOR(pg_catalog.=) 'btrdb');
	f record;
	result text;
	converted text;
BEGIN
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	FOR f IN
		SELECT k.*, t AS time_type, CASE t WHEN 'text' THEN 'timestamptz' ELSE t END AS result_type,
			-- arguments between the times and the versions: to declare, as types, and as those of the single function, from $5 on
			format(k.declared, w) AS declared_as, format(k.types, w) AS types_as, format(k.typed, w) AS typed_as
		FROM (VALUES
				('values', '', '', '', '', '', 'value float8', 'r.value', 'points of btrdb_values()'),
				('windows', ', width %s, depth int DEFAULT 0', ', %s, int', ', $7::pg_catalog.%s, $8::pg_catalog.int4', ', $4, $5', '$6',
					'min float8, mean float8, max float8, count bigint, stddev float8', 'r.min, r.mean, r.max, r.count, r.stddev', 'windows of btrdb_windows()'),
				('aligned_windows', ', pointwidth int', ', int', ', $7::pg_catalog.int4', ', $4', '$5',
					'min float8, mean float8, max float8, count bigint, stddev float8', 'r.min, r.mean, r.max, r.count, r.stddev', 'windows of btrdb_aligned_windows()'))
				AS k (kind, declared, types, typed, given, versions, columns, selected, told),
			unnest('{bigint,timestamptz,text}'::text[]) WITH ORDINALITY AS a (t, n), unnest('{int8,interval,text}'::text[]) AS w
		WHERE k.kind = 'windows' OR w = 'int8'
		ORDER BY a.n
	LOOP
		IF f.versions = '' THEN
			f.versions := '$4';
		END IF;
		result := format('(%%s, "time" %s, %s)', f.result_type, f.columns);
		IF f.time_type <> 'text' THEN
			EXECUTE format($$CREATE FUNCTION btrdb_cluster.remote_multi_%1$s(streams text[], positions text[], versions text[], nodes int[], %2$s, %2$s%3$s)
				RETURNS TABLE %4$s LANGUAGE plproxy VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 100000 AS
				'CLUSTER ''btrdb_cluster''; SPLIT $1, $2, $3, $4; RUN ON $4;
				SELECT p.n AS n, w.* FROM unnest(($1::text[])[1]::uuid[], ($2::text[])[1]::int4[], ($3::text[])[1]::int8[]) AS p (s, n, v),
					LATERAL %5$s.btrdb_%1$s(p.s, $5::pg_catalog.%6$s, $6::pg_catalog.%6$s%7$s, p.v) AS w;'$$,
				f.kind, f.time_type, f.types_as, format(result, 'n int'), btrdb, replace(f.time_type, 'bigint', 'int8'), f.typed_as);
			EXECUTE format($$COMMENT ON FUNCTION btrdb_cluster.remote_multi_%1$s(text[], text[], text[], int[], %2$s, %2$s%3$s) IS 'behind btrdb_multi_%1$s()'$$,
				f.kind, f.time_type, f.types_as);
		END IF;
		converted := CASE f.time_type WHEN 'text' THEN format('%1$s.btrdb_time($2), %1$s.btrdb_time($3)', btrdb) ELSE '$2, $3' END;
		EXECUTE format($$CREATE FUNCTION btrdb_cluster.btrdb_multi_%1$s(streams uuid[], start %2$s, "end" %2$s%3$s, versions bigint[] DEFAULT NULL)
			RETURNS TABLE %4$s LANGUAGE sql STABLE PARALLEL RESTRICTED COST 100000 ROWS 100000
			BEGIN ATOMIC
				SELECT $1[array_lower($1, 1) - 1 + r.n], %5$s, %6$s
				FROM btrdb_cluster.by_node($1, %7$s) AS b,
					LATERAL btrdb_cluster.remote_multi_%1$s(b.streams_of, b.positions_of, b.versions_of, b.nodes, %8$s%9$s) WITH ORDINALITY AS r
				ORDER BY r.n, r.ordinality;
			END$$,
			f.kind, f.time_type, f.declared_as, format(result, 'stream uuid'),
			CASE f.time_type WHEN 'text' THEN btrdb || '.btrdb_timestamp(r."time")' ELSE 'r."time"' END,
			f.selected, f.versions, converted, f.given);
		EXECUTE format('COMMENT ON FUNCTION btrdb_cluster.btrdb_multi_%1$s(uuid[], %2$s, %2$s%3$s, bigint[]) IS %4$L', f.kind, f.time_type, f.types_as,
			f.told || ' of many streams, in the order of the array and by time; all nodes are asked at the same time; versions[i] is the version of streams[i], 0 or NULL the latest with what is buffered');
	END LOOP;
END $generate$;

-- Likewise side by side.  Times stay nanoseconds to the end: two of them may be one timestamp.
DO $generate$
DECLARE
	btrdb text := (SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension AS e
		JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace WHERE e.extname OPERATOR(pg_catalog.=) 'btrdb');
	f record;
BEGIN
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	FOR f IN
		SELECT p.oid, t.snap, pg_get_function_arguments(p.oid) AS arguments, pg_get_function_result(p.oid) AS result,
			pg_get_function_identity_arguments(p.oid) AS signature, format(t.asked, btrdb) AS asked, format(t.given, btrdb) AS given,
			row_number() OVER (PARTITION BY t.snap ORDER BY p.oid) AS n
		FROM pg_proc AS p
			JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
			JOIN pg_extension AS x ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = x.oid AND x.extname = 'btrdb'
			CROSS JOIN LATERAL (SELECT format_type(p.proargtypes[3], NULL) AS snap,
				CASE p.proargtypes[1] WHEN 'bigint'::regtype THEN '$2, $3' ELSE '%1$s.btrdb_time($2), %1$s.btrdb_time($3)' END AS asked,
				CASE p.proargtypes[1] WHEN 'bigint'::regtype THEN 'r."time"' ELSE '%s.btrdb_timestamp(r."time")' END AS given) AS t
		WHERE p.proname = 'btrdb_rows'
	LOOP
		IF f.n = 1 THEN
			EXECUTE format($$CREATE FUNCTION btrdb_cluster.remote_rows(streams text[], versions text[], nodes int[], bigint, bigint, %1$s)
				RETURNS TABLE (node int, "time" bigint, n bigint, "values" float8[]) LANGUAGE plproxy VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 100000 AS
				'CLUSTER ''btrdb_cluster''; SPLIT $1, $2, $3; RUN ON $3;
				SELECT ($3::int4[])[1] AS node, r."time", row_number() OVER (PARTITION BY r."time" ORDER BY r.ordinality) AS n, r."values"
				FROM %2$s.btrdb_rows(($1::text[])[1]::uuid[], $4::int8, $5::int8, $6::pg_catalog.%3$s, ($2::text[])[1]::int8[]) WITH ORDINALITY AS r;'$$,
				f.snap, btrdb, replace(f.snap, 'bigint', 'int8'));
			EXECUTE format($$COMMENT ON FUNCTION btrdb_cluster.remote_rows(text[], text[], int[], bigint, bigint, %1$s) IS 'behind btrdb_rows()'$$, f.snap);
		END IF;
		EXECUTE format($$CREATE FUNCTION btrdb_cluster.btrdb_rows(%1$s) RETURNS %2$s LANGUAGE sql STABLE PARALLEL RESTRICTED COST 100000 ROWS 10000
			BEGIN ATOMIC
				WITH b AS MATERIALIZED (SELECT * FROM btrdb_cluster.by_node($1, $5)),
					p AS MATERIALIZED (SELECT u.node, u.positions::int[] AS positions FROM b, unnest(b.nodes, b.positions_of) AS u (node, positions))
				SELECT %3$s, btrdb_cluster.side_by_side(p.positions, r."values", cardinality($1))
				FROM b, LATERAL btrdb_cluster.remote_rows(b.streams_of, b.versions_of, b.nodes, %4$s, COALESCE($4, '0'::%5$s)) AS r
					JOIN p ON p.node = r.node
				GROUP BY r."time", r.n ORDER BY r."time", r.n;
			END$$, f.arguments, f.result, f.given, f.asked, f.snap);
		EXECUTE format('COMMENT ON FUNCTION btrdb_cluster.btrdb_rows(%s) IS %L', f.signature, obj_description(f.oid, 'pg_proc'));
	END LOOP;
END $generate$;

-- What there is of each stream, and on each node.
DO $generate$
DECLARE
	v record;
BEGIN
	PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
	FOR v IN
		-- the number of a table is each database's own
		SELECT c.relname AS name, obj_description(c.oid, 'pg_class') AS told,
			string_agg(format('%I %s', a.attname, replace(format_type(a.atttypid, NULL), 'regclass', 'text')), ', ' ORDER BY a.attnum) AS declared,
			string_agg(format('v.%I%s', a.attname, CASE a.atttypid WHEN 'regclass'::regtype THEN '::text' END), ', ' ORDER BY a.attnum) AS given,
			string_agg(format('r.%I', a.attname), ', ' ORDER BY a.attnum) AS columns,
			CASE WHEN bool_or(a.attname = 'uuid') THEN ' WHERE r.node = btrdb_cluster.node_to_read(r.uuid)' END AS condition
		FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.oid IN ('btrdb.stream_stats'::regclass, 'btrdb.storage'::regclass)
		GROUP BY c.oid, c.relname
	LOOP
		EXECUTE format($$CREATE FUNCTION btrdb_cluster.remote_%1$s(nodes int[]) RETURNS TABLE (node int, %2$s)
			LANGUAGE plproxy VOLATILE STRICT PARALLEL UNSAFE COST 100000 ROWS 1000 AS
			'CLUSTER ''btrdb_cluster''; SPLIT $1; RUN ON $1; SELECT ($1::int4[])[1] AS node, %3$s FROM btrdb.%1$s AS v;'$$, v.name, v.declared, v.given);
		EXECUTE format($$COMMENT ON FUNCTION btrdb_cluster.remote_%1$s(int[]) IS 'behind btrdb_cluster.%1$s'$$, v.name);
		EXECUTE format($$CREATE VIEW btrdb_cluster.%1$s WITH (security_invoker = true) AS
			SELECT %2$s, n.name AS node FROM btrdb_cluster.remote_%1$s((SELECT array_agg(a.number) FROM btrdb_cluster.nodes AS a)) AS r
				JOIN btrdb_cluster.nodes AS n ON n.number = r.node%3$s$$, v.name, v.columns, v.condition);
		EXECUTE format('GRANT SELECT ON btrdb_cluster.%I TO PUBLIC', v.name);
		EXECUTE format('COMMENT ON VIEW btrdb_cluster.%I IS %L', v.name, 'on all nodes, with the name of the node: ' || v.told);
	END LOOP;
END $generate$;

-- ---- moving streams ----

DO $made$
BEGIN
	EXECUTE pg_catalog.replace($script$

-- What runs on a node, for who moves.  A stream that has left stays registered there, empty, in a collection of its own: it may
-- come back, which the uuid of a removed stream may not.

CREATE FUNCTION btrdb_cluster.here_register(stream uuid, properties jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	-- whatever columns there are, but those that are each node's own
	columns text := (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute AS a
		WHERE a.attrelid = 'btrdb.streams'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
			AND a.attname NOT IN ('uuid', 'created', 'property_version'));
	given text := regexp_replace(columns, '(\w+)', 'r.\1', 'g');
BEGIN
	EXECUTE format('UPDATE btrdb.streams AS s SET (%s) = (SELECT %s FROM jsonb_populate_record(NULL::btrdb.streams, $2) AS r) WHERE s.uuid = $1', columns, given)
	USING stream, properties;
	EXECUTE format('INSERT INTO btrdb.streams (uuid, created, %s) SELECT $1, COALESCE(r.created, now()), %s FROM jsonb_populate_record(NULL::btrdb.streams, $2) AS r
		WHERE NOT EXISTS (SELECT FROM btrdb.streams AS s WHERE s.uuid = $1)', columns, given)
	USING stream, properties;
END $$;
COMMENT ON FUNCTION btrdb_cluster.here_register(uuid, jsonb) IS 'registers a stream with properties, columns of btrdb.streams, or gives it these; NULL: what is not given';

CREATE FUNCTION btrdb_cluster.here_receive(stream uuid, properties jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	-- without a channel and a time to keep: nothing is to happen to the copy
	PERFORM btrdb_cluster.here_register(stream, jsonb_build_object('collection', properties -> 'collection', 'tags', properties -> 'tags',
		'annotations', properties -> 'annotations', 'created', properties -> 'created'));
	IF @btrdb@.btrdb_count(stream) > 0 THEN
		PERFORM @btrdb@.btrdb_delete(stream, -4611686018427387904, 4611686018427387904);
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.here_receive(uuid, jsonb) IS 'registers a stream that comes, without points';

CREATE FUNCTION btrdb_cluster.here_chunk(stream uuid, version bigint, start bigint, "end" bigint, wanted int,
	OUT times bigint[], OUT "values" float8[], OUT next bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	SELECT array_agg(p."time"), array_agg(p.value) INTO times, "values"
	FROM (SELECT v."time", v.value FROM @btrdb@.btrdb_values(stream, start, "end", version) AS v LIMIT wanted + 1) AS p;
	next := "end";
	IF cardinality(times) > wanted THEN
		-- points of one time stay together
		next := times[wanted + 1];
		IF times[1] = next THEN
			SELECT array_agg(v."time"), array_agg(v.value) INTO times, "values" FROM @btrdb@.btrdb_values(stream, next, next + 1, version) AS v;
			next := next + 1;
		ELSE
			wanted := (SELECT count(*) FROM unnest(times) AS t WHERE t < next);
			times := times[1:wanted];
			"values" := "values"[1:wanted];
		END IF;
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.here_chunk(uuid, bigint, bigint, bigint, int) IS 'the first points of a range of a version, and where the others begin';

CREATE FUNCTION btrdb_cluster.here_put(stream uuid, start bigint, "end" bigint, times bigint[], "values" float8[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF @btrdb@.btrdb_count(stream, start, "end", 0::bigint) > 0 THEN
		PERFORM @btrdb@.btrdb_delete(stream, start, "end");
	END IF;
	IF times IS NOT NULL THEN
		PERFORM @btrdb@.btrdb_insert(stream, times, "values", 'never');
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.here_put(uuid, bigint, bigint, bigint[], float8[]) IS 'makes points those of a range, in one transaction; may be repeated';

CREATE FUNCTION btrdb_cluster.here_remove(stream uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF EXISTS (SELECT FROM btrdb.streams AS s WHERE s.uuid = $1) THEN
		PERFORM btrdb_cluster.here_register($1, jsonb_build_object('collection', 'btrdb_cluster/moved', 'tags', jsonb_build_object('name', $1), 'annotations', '{}'::jsonb));
		PERFORM @btrdb@.btrdb_prune($1, @btrdb@.btrdb_delete($1, -4611686018427387904, 4611686018427387904));
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.here_remove(uuid) IS 'forgets the points and properties of a stream that has left';

CREATE FUNCTION btrdb_cluster.here_retire(streams uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	gone uuid;
BEGIN
	FOREACH gone IN ARRAY streams LOOP
		CONTINUE WHEN EXISTS (SELECT FROM btrdb.retired AS r WHERE r.stream = gone);
		IF NOT EXISTS (SELECT FROM btrdb.streams AS s WHERE s.uuid = gone) THEN
			PERFORM @btrdb@.btrdb_create('btrdb_cluster/retired', jsonb_build_object('name', gone), '{}', gone);
		END IF;
		PERFORM @btrdb@.btrdb_obliterate(gone);
	END LOOP;
END $$;
COMMENT ON FUNCTION btrdb_cluster.here_retire(uuid[]) IS 'makes uuids those of removed streams';

CREATE FUNCTION btrdb_cluster.here_version(OUT btrdb text, OUT btrdb_cluster text, OUT datestyle text, OUT streams bigint)
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ROW((SELECT e.extversion FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'btrdb'),
	(SELECT e.extversion FROM pg_catalog.pg_extension AS e WHERE e.extname OPERATOR(pg_catalog.=) 'btrdb_cluster'),
	pg_catalog.current_setting('DateStyle'), (SELECT pg_catalog.count(*) FROM btrdb.streams));
COMMENT ON FUNCTION btrdb_cluster.here_version() IS 'what a node is';

-- The same, called from the proxy.

CREATE FUNCTION btrdb_cluster.on_version(int, OUT btrdb text, OUT btrdb_cluster text, OUT datestyle text, OUT streams bigint)
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT * FROM btrdb_cluster.here_version();
$$;

CREATE FUNCTION btrdb_cluster.on_describe(int, uuid) RETURNS SETOF jsonb
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT to_jsonb(s) FROM btrdb.streams AS s WHERE s.uuid = $2::uuid;
$$;

CREATE FUNCTION btrdb_cluster.on_receive(int, uuid, jsonb) RETURNS text
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT btrdb_cluster.here_receive($2::uuid, $3::jsonb)::text;
$$;

CREATE FUNCTION btrdb_cluster.on_register(int, uuid, jsonb) RETURNS text
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT btrdb_cluster.here_register($2::uuid, $3::jsonb)::text;
$$;

CREATE FUNCTION btrdb_cluster.on_flush(int, uuid) RETURNS bigint
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT @btrdb@.btrdb_flush($2::uuid);
$$;

CREATE FUNCTION btrdb_cluster.on_stat(int, uuid) RETURNS @btrdb@.statpoint
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT @btrdb@.btrdb_stat($2::uuid, -4611686018427387904::int8, 4611686018427387904::int8);
$$;

CREATE FUNCTION btrdb_cluster.stat_of(node int, stream uuid, OUT count bigint, OUT min float8, OUT max float8, OUT mean float8)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	s @btrdb@.statpoint := btrdb_cluster.on_stat(node, stream);
BEGIN
	count := @btrdb@.btrdb_count(s);
	min := @btrdb@.btrdb_min(s);
	max := @btrdb@.btrdb_max(s);
	mean := @btrdb@.btrdb_mean(s);
END $$;

CREATE FUNCTION btrdb_cluster.on_chunk(int, uuid, bigint, bigint, bigint, int, OUT times bigint[], OUT "values" float8[], OUT next bigint)
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT * FROM btrdb_cluster.here_chunk($2::uuid, $3::int8, $4::int8, $5::int8, $6::int4);
$$;

CREATE FUNCTION btrdb_cluster.on_put(int, uuid, bigint, bigint, bigint[], float8[]) RETURNS text
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT btrdb_cluster.here_put($2::uuid, $3::int8, $4::int8, $5::int8[], $6::float8[])::text;
$$;

CREATE FUNCTION btrdb_cluster.on_changes(int, uuid, bigint, bigint) RETURNS TABLE (start_time bigint, end_time bigint)
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT * FROM @btrdb@.btrdb_changes($2::uuid, $3::int8, $4::int8);
$$;

CREATE FUNCTION btrdb_cluster.on_remove(int, uuid) RETURNS text
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT btrdb_cluster.here_remove($2::uuid)::text;
$$;

CREATE FUNCTION btrdb_cluster.on_slot(int, int) RETURNS TABLE (stream uuid, removed boolean)
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1;
	SELECT s.uuid AS stream, false AS removed FROM btrdb.streams AS s
	WHERE btrdb_cluster.slot_of(s.uuid) = $2::int4 AND s.collection <> 'btrdb_cluster/moved'
	UNION ALL SELECT r.stream, true FROM btrdb.retired AS r WHERE btrdb_cluster.slot_of(r.stream) = $2::int4;
$$;

CREATE FUNCTION btrdb_cluster.on_retire(int, uuid[]) RETURNS text
LANGUAGE plproxy VOLATILE AS $$
	CLUSTER 'btrdb_cluster'; RUN ON $1; SELECT btrdb_cluster.here_retire($2::uuid[])::text;
$$;
$script$, '@btrdb@', (SELECT pg_catalog.quote_ident(n.nspname) FROM pg_catalog.pg_extension AS e
		JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) e.extnamespace WHERE e.extname OPERATOR(pg_catalog.=) 'btrdb'));
END $made$;

COMMENT ON FUNCTION btrdb_cluster.on_version(int) IS 'btrdb_cluster.here_version() on a node';
COMMENT ON FUNCTION btrdb_cluster.on_describe(int, uuid) IS 'properties of a stream on a node; no row if it is not there';
COMMENT ON FUNCTION btrdb_cluster.on_receive(int, uuid, jsonb) IS 'btrdb_cluster.here_receive() on a node';
COMMENT ON FUNCTION btrdb_cluster.on_register(int, uuid, jsonb) IS 'btrdb_cluster.here_register() on a node';
COMMENT ON FUNCTION btrdb_cluster.on_flush(int, uuid) IS 'btrdb_flush() on a node';
COMMENT ON FUNCTION btrdb_cluster.on_stat(int, uuid) IS 'btrdb_stat() of all of a stream on a node';
COMMENT ON FUNCTION btrdb_cluster.stat_of(int, uuid) IS 'btrdb_cluster.on_stat(int, uuid), taken apart';
COMMENT ON FUNCTION btrdb_cluster.on_chunk(int, uuid, bigint, bigint, bigint, int) IS 'btrdb_cluster.here_chunk() on a node';
COMMENT ON FUNCTION btrdb_cluster.on_put(int, uuid, bigint, bigint, bigint[], float8[]) IS 'btrdb_cluster.here_put() on a node';
COMMENT ON FUNCTION btrdb_cluster.on_changes(int, uuid, bigint, bigint) IS 'btrdb_changes() on a node';
COMMENT ON FUNCTION btrdb_cluster.on_remove(int, uuid) IS 'btrdb_cluster.here_remove() on a node';
COMMENT ON FUNCTION btrdb_cluster.on_slot(int, int) IS 'streams of a slot that a node has, and had';
COMMENT ON FUNCTION btrdb_cluster.on_retire(int, uuid[]) IS 'btrdb_cluster.here_retire() on a node';

CREATE FUNCTION btrdb_cluster.has_older_snapshots(of_transaction xid8) RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (SELECT FROM pg_stat_activity AS a
		WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.backend_type <> 'autovacuum worker'
			AND age(a.backend_xmin) >= age(xid($1)))
$$;
COMMENT ON FUNCTION btrdb_cluster.has_older_snapshots(xid8) IS 'whether a query may be running here that does not see what a transaction did';

CREATE FUNCTION btrdb_cluster.copy_range(m btrdb_cluster.moves, version bigint, start bigint, "end" bigint,
	OUT copied bigint, OUT next bigint)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	chunk record;
BEGIN
	chunk := btrdb_cluster.on_chunk(m.source, m.stream, version, start, "end", 50000);
	PERFORM btrdb_cluster.on_put(m.target, m.stream, start, chunk.next, chunk.times, chunk."values");
	copied := COALESCE(cardinality(chunk.times), 0);
	next := chunk.next;
END $$;
COMMENT ON FUNCTION btrdb_cluster.copy_range(btrdb_cluster.moves, bigint, bigint, bigint) IS 'copies the first points of a range, and says how many and where the others begin';

CREATE FUNCTION btrdb_cluster.copy_changes(m btrdb_cluster.moves, to_version bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	changed record;
	part record;
	from_time bigint;
	copied bigint := 0;
BEGIN
	FOR changed IN SELECT * FROM btrdb_cluster.on_changes(m.source, m.stream, m.version, to_version) LOOP
		from_time := changed.start_time;
		WHILE from_time < changed.end_time LOOP
			part := btrdb_cluster.copy_range(m, to_version, from_time, changed.end_time);
			copied := copied + part.copied;
			from_time := part.next;
		END LOOP;
	END LOOP;
	RETURN copied;
END $$;
COMMENT ON FUNCTION btrdb_cluster.copy_changes(btrdb_cluster.moves, bigint) IS 'copies what differs between the version that was copied and a later one; returns how many points';

CREATE FUNCTION btrdb_cluster.move_start(stream uuid, node text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	to_node int := (SELECT n.number FROM btrdb_cluster.nodes AS n WHERE n.name = node);
	from_node int;
	m btrdb_cluster.moves;
BEGIN
	IF to_node IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('node "%s" does not exist', node),
			HINT = 'Table btrdb_cluster.nodes lists those that do.';
	ELSIF NOT pg_has_role('pg_read_all_stats', 'usage') THEN
		RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'permission denied to move streams',
			DETAIL = 'A move ends when no query is left that began before the switch; who may not see all sessions cannot know.',
			HINT = 'Be a member of pg_read_all_stats.';
	END IF;
	SELECT * INTO m FROM btrdb_cluster.moves AS x WHERE x.stream = $1;
	IF FOUND AND m.target <> to_node THEN
		RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('stream "%s" is being moved to another node', stream),
			HINT = 'Call btrdb_cluster_resume() to finish that, or btrdb_cluster_cancel_move() to give it up.';
	END IF;
	from_node := btrdb_cluster.node_to_read(stream);
	IF m.stream IS NULL AND from_node <> to_node THEN
		IF NOT EXISTS (SELECT FROM btrdb_cluster.on_describe(from_node, stream)) THEN
			RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('stream "%s" does not exist', stream);
		END IF;
		INSERT INTO btrdb_cluster.moves (stream, source, target) VALUES (stream, from_node, to_node) ON CONFLICT DO NOTHING;
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.move_start(uuid, text) IS 'registers a move, unless the stream is there, or on its way there';

CREATE FUNCTION btrdb_cluster.lock_slot(slot int) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms' AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(btrdb_cluster.lock_key(), slot % 32);
	RETURN true;
EXCEPTION WHEN lock_not_available THEN
	RETURN false;
END $$;
COMMENT ON FUNCTION btrdb_cluster.lock_slot(int) IS 'keeps writers of a slot away until the end of the transaction; false if a writer did not end soon, which holds up all who come after it';

CREATE FUNCTION btrdb_cluster.move_step(of_stream uuid) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m btrdb_cluster.moves;
	properties jsonb;
	part record;
	newest bigint;
	copied bigint;
BEGIN
	SELECT * INTO m FROM btrdb_cluster.moves AS x WHERE x.stream = of_stream FOR UPDATE;
	IF NOT FOUND THEN
		RETURN 'removed';
	END IF;

	IF m.state = 'switched' THEN
		IF btrdb_cluster.has_older_snapshots(m.switched_by) THEN
			RETURN 'waiting';
		END IF;
		PERFORM btrdb_cluster.on_remove(m.source, of_stream);
		DELETE FROM btrdb_cluster.moves AS x WHERE x.stream = of_stream;
		RETURN 'removed';
	END IF;

	SELECT d INTO properties FROM btrdb_cluster.on_describe(m.source, of_stream) AS d;
	IF NOT FOUND THEN
		-- it was removed from all nodes
		DELETE FROM btrdb_cluster.moves AS x WHERE x.stream = of_stream;
		RETURN 'removed';
	END IF;

	BEGIN
		IF m.version IS NULL THEN
			newest := btrdb_cluster.on_flush(m.source, of_stream);
			PERFORM btrdb_cluster.on_receive(m.target, of_stream, properties);
			UPDATE btrdb_cluster.moves AS x SET version = newest, next_time = -4611686018427387904, points = 0, passes = 0 WHERE x.stream = of_stream;
			RETURN 'copying';
		END IF;

		IF m.next_time IS NOT NULL THEN
			part := btrdb_cluster.copy_range(m, m.version, m.next_time, 4611686018427387904);
			UPDATE btrdb_cluster.moves AS x SET points = x.points + part.copied, next_time = NULLIF(part.next, 4611686018427387904)
			WHERE x.stream = of_stream;
			RETURN 'copying';
		END IF;

		-- what has changed meanwhile, while it changes on; at last, while nobody writes
		newest := btrdb_cluster.on_flush(m.source, of_stream);
		copied := btrdb_cluster.copy_changes(m, newest);
		UPDATE btrdb_cluster.moves AS x SET version = newest, points = x.points + copied, passes = x.passes + 1 WHERE x.stream = of_stream;
		IF copied > 20000 AND m.passes < 20 THEN
			RETURN 'copying';
		END IF;
	EXCEPTION WHEN invalid_parameter_value THEN
		-- the version was pruned
		IF m.restarts >= 3 THEN
			RAISE;
		END IF;
		UPDATE btrdb_cluster.moves AS x SET version = NULL, next_time = NULL, restarts = x.restarts + 1 WHERE x.stream = of_stream;
		RETURN 'copying';
	END;

	IF NOT btrdb_cluster.lock_slot(btrdb_cluster.slot_of(of_stream)) THEN
		RETURN 'waiting';
	END IF;
	m.version := newest;
	newest := btrdb_cluster.on_flush(m.source, of_stream);
	PERFORM btrdb_cluster.copy_changes(m, newest);
	PERFORM btrdb_cluster.on_register(m.target, of_stream, properties);
	PERFORM btrdb_cluster.compare(m);
	INSERT INTO btrdb_cluster.exceptions AS e VALUES (of_stream, btrdb_cluster.slot_of(of_stream), m.target)
	ON CONFLICT (stream) DO UPDATE SET node = m.target;
	UPDATE btrdb_cluster.moves AS x SET state = 'switched', version = newest, switched_by = pg_current_xact_id() WHERE x.stream = of_stream;
	RETURN 'switched';
END $$;
COMMENT ON FUNCTION btrdb_cluster.move_step(uuid) IS
	'brings a move on by a step that may be repeated; to be committed. "copying", "switched": go on; "waiting": go on a little later; "removed": done';

CREATE PROCEDURE btrdb_cluster.move_finish(stream uuid)
LANGUAGE plpgsql AS $$
DECLARE
	state pg_catalog.text;
BEGIN
	LOOP
		state := btrdb_cluster.move_step(stream);
		COMMIT;
		EXIT WHEN state OPERATOR(pg_catalog.=) 'removed';
		IF state OPERATOR(pg_catalog.=) 'waiting' THEN
			PERFORM pg_catalog.pg_sleep(0.02);
		END IF;
	END LOOP;
END $$;
COMMENT ON PROCEDURE btrdb_cluster.move_finish(uuid) IS 'takes the steps of a move until it is done';

CREATE PROCEDURE btrdb_cluster.btrdb_cluster_move(stream uuid, node text)
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM btrdb_cluster.move_start(stream, node);
	COMMIT;
	CALL btrdb_cluster.move_finish(stream);
END $$;
COMMENT ON PROCEDURE btrdb_cluster.btrdb_cluster_move(uuid, text) IS
	'moves a stream with its latest version to a node; its versions are numbered anew there.  Readers go on, writers wait for a moment; may be interrupted at any time, and is finished by btrdb_cluster_resume()';

CREATE PROCEDURE btrdb_cluster.btrdb_cluster_resume()
LANGUAGE plpgsql AS $$
DECLARE
	all_streams pg_catalog.uuid[] := ARRAY(SELECT m.stream FROM btrdb_cluster.moves AS m);
	stream pg_catalog.uuid;
BEGIN
	FOREACH stream IN ARRAY all_streams LOOP
		CALL btrdb_cluster.move_finish(stream);
	END LOOP;
END $$;
COMMENT ON PROCEDURE btrdb_cluster.btrdb_cluster_resume() IS 'finishes the moves that were interrupted';

CREATE FUNCTION btrdb_cluster.btrdb_cluster_cancel_move(stream uuid) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	m btrdb_cluster.moves;
BEGIN
	SELECT * INTO m FROM btrdb_cluster.moves AS x WHERE x.stream = $1 FOR UPDATE;
	IF NOT FOUND THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('stream "%s" is not being moved', stream);
	ELSIF m.state <> 'copying' THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('stream "%s" has been moved', stream),
			HINT = 'Call btrdb_cluster_resume() to remove what is left where it was.';
	END IF;
	PERFORM btrdb_cluster.on_remove(m.target, stream);
	DELETE FROM btrdb_cluster.moves AS x WHERE x.stream = $1;
END $$;
COMMENT ON FUNCTION btrdb_cluster.btrdb_cluster_cancel_move(uuid) IS 'gives up a move that has not been switched (55000), and removes what has been copied';

CREATE FUNCTION btrdb_cluster.compare(m btrdb_cluster.moves) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	source record;
	target record;
BEGIN
	SELECT s.count, s.min, s.max, s.mean INTO source FROM btrdb_cluster.stat_of(m.source, m.stream) AS s;
	SELECT s.count, s.min, s.max, s.mean INTO target FROM btrdb_cluster.stat_of(m.target, m.stream) AS s;
	IF (source.count, source.min, source.max) IS DISTINCT FROM (target.count, target.min, target.max)
		OR abs(source.mean - target.mean) > 1e-9 * greatest(abs(source.max), abs(source.min)) THEN
		RAISE EXCEPTION USING ERRCODE = 'data_corrupted', MESSAGE = format('the copy of stream "%s" is not equal to it', m.stream),
			DETAIL = format('%s points became %s.', source.count, target.count),
			HINT = 'The stream stays where it is: call btrdb_cluster_cancel_move().';
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.compare(btrdb_cluster.moves) IS 'raises XX001 unless a stream and its copy have the same summary';

-- ---- nodes and slots ----

CREATE FUNCTION btrdb_cluster.check_connection(connection text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	IF connection ~ '://' OR connection !~ '=' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a connection is given as keywords and values',
			DETAIL = 'Such as host=db1 port=5432 dbname=btrdb_n1.';
	ELSIF connection ~* '(^|\s)(password|user)\s*=' THEN
		RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = 'a connection has no user and no password',
			DETAIL = 'Who connects to the database may read options of foreign servers.',
			HINT = 'Use CREATE USER MAPPING ... SERVER btrdb_cluster OPTIONS (user ..., password ...).';
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.check_connection(text) IS 'raises 22023 for a connection string that is none, or tells a user or password';

CREATE FUNCTION btrdb_cluster.check_node(number int, new boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	there record := btrdb_cluster.on_version(number);
	here text := (SELECT e.extversion FROM pg_extension AS e WHERE e.extname = 'btrdb_cluster');
BEGIN
	IF there.btrdb_cluster IS DISTINCT FROM here THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
			MESSAGE = format('the node has version %s of btrdb_cluster, and not %s', there.btrdb_cluster, here);
	ELSIF there.datestyle !~ '^ISO' THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('the node has DateStyle %s, and not ISO', there.datestyle);
	ELSIF new AND number > 0 AND there.streams > 0 THEN
		RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = 'the node has streams already',
			HINT = 'Only the first node of a cluster may bring streams.';
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.check_node(int, boolean) IS 'raises 55000 if a node is not what a node has to be';

CREATE FUNCTION btrdb_cluster.check_database(number int) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	other record;
BEGIN
	FOR other IN
		WITH given AS (
			SELECT substr(o.option_name, 2)::int AS number, substring(o.option_value, '(?:^|\s)dbname\s*=\s*(\S+)') AS database
			FROM pg_foreign_server AS f, pg_options_to_table(f.srvoptions) AS o
			WHERE f.srvname = 'btrdb_cluster' AND o.option_name ~ '^p\d+$'
		)
		SELECT n.name, o.database FROM given AS g JOIN given AS o ON o.database = g.database AND o.number <> g.number
			JOIN btrdb_cluster.nodes AS n ON n.number = o.number
		WHERE g.number = $1
	LOOP
		RAISE WARNING USING MESSAGE = format('node "%s" has a database "%s", too', other.name, other.database),
			HINT = 'Errors name the node by its database.';
	END LOOP;
END $$;
COMMENT ON FUNCTION btrdb_cluster.check_database(int) IS 'warns if a node''s database has the name of that of another one';

CREATE FUNCTION btrdb_cluster.btrdb_cluster_add_node(name text, connection text, weight float8 DEFAULT 1) RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	new_number int;
BEGIN
	PERFORM btrdb_cluster.check_connection(connection);
	LOCK TABLE btrdb_cluster.nodes IN SHARE ROW EXCLUSIVE MODE;
	new_number := (SELECT count(*) FROM btrdb_cluster.nodes);
	IF EXISTS (SELECT FROM btrdb_cluster.nodes AS n WHERE n.name = $1) THEN
		RAISE EXCEPTION USING ERRCODE = 'duplicate_object', MESSAGE = format('node "%s" already exists', name),
			HINT = 'btrdb_cluster_alter_node() changes its connection.';
	END IF;
	IF new_number = 0 THEN
		EXECUTE format('CREATE SERVER btrdb_cluster FOREIGN DATA WRAPPER plproxy OPTIONS (modular_mapping ''1'', p0 %L)', connection);
		CREATE USER MAPPING FOR PUBLIC SERVER btrdb_cluster;
	ELSE
		EXECUTE format('ALTER SERVER btrdb_cluster OPTIONS (ADD p%s %L)', new_number, connection);
	END IF;
	INSERT INTO btrdb_cluster.nodes (name, number, weight) VALUES (name, new_number, weight);
	IF new_number = 0 THEN
		INSERT INTO btrdb_cluster.slots (slot, node) SELECT s, 0 FROM generate_series(0, 1023) AS s;
	END IF;
	PERFORM btrdb_cluster.check_node(new_number, true);
	PERFORM btrdb_cluster.check_database(new_number);
	RETURN new_number;
END $$;
COMMENT ON FUNCTION btrdb_cluster.btrdb_cluster_add_node(text, text, float8) IS
	'adds a node, a database with btrdb and btrdb_cluster, and returns its number; the first one gets all slots, others none until btrdb_cluster_rebalance(), which gives each a share by its weight';

CREATE FUNCTION btrdb_cluster.btrdb_cluster_alter_node(name text, connection text DEFAULT NULL, weight float8 DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	old_number int := (SELECT n.number FROM btrdb_cluster.nodes AS n WHERE n.name = $1);
BEGIN
	IF old_number IS NULL THEN
		RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('node "%s" does not exist', name),
			HINT = 'Table btrdb_cluster.nodes lists those that do.';
	END IF;
	UPDATE btrdb_cluster.nodes AS n SET weight = COALESCE($3, n.weight) WHERE n.name = $1;
	IF connection IS NOT NULL THEN
		PERFORM btrdb_cluster.check_connection(connection);
		EXECUTE format('ALTER SERVER btrdb_cluster OPTIONS (SET p%s %L)', old_number, connection);
		PERFORM btrdb_cluster.check_node(old_number, false);
		PERFORM btrdb_cluster.check_database(old_number);
	END IF;
END $$;
COMMENT ON FUNCTION btrdb_cluster.btrdb_cluster_alter_node(text, text, float8) IS
	'changes how to connect to a node, which must have the same streams, or its weight; NULL leaves it';

CREATE FUNCTION btrdb_cluster.plan_slots() RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	LOCK TABLE btrdb_cluster.nodes IN SHARE ROW EXCLUSIVE MODE;
	IF NOT EXISTS (SELECT FROM btrdb_cluster.slots AS s WHERE s.target IS NOT NULL) THEN
		WITH due AS (
			-- shares of 1,024, rounded so that they add up
			SELECT n.number, n.share - lag(n.share, 1, 0) OVER (ORDER BY n.number) AS slots
			FROM (SELECT x.number, round(1024 * sum(x.weight) OVER (ORDER BY x.number) / sum(x.weight) OVER ())::int AS share
				FROM btrdb_cluster.nodes AS x) AS n
		), surplus AS (
			SELECT x.slot, row_number() OVER (ORDER BY x.slot) AS n
			FROM (SELECT s.slot, row_number() OVER (PARTITION BY s.node ORDER BY s.slot) > d.slots AS over
				FROM btrdb_cluster.slots AS s JOIN due AS d ON d.number = s.node) AS x
			WHERE x.over
		), missing AS (
			SELECT d.number, row_number() OVER (ORDER BY i, d.number) AS n
			FROM due AS d, LATERAL generate_series(1, d.slots - (SELECT count(*) FROM btrdb_cluster.slots AS s WHERE s.node = d.number)) AS i
		)
		UPDATE btrdb_cluster.slots AS s SET target = m.number
		FROM surplus AS x JOIN missing AS m ON m.n = x.n WHERE s.slot = x.slot;
	END IF;
	RETURN (SELECT count(*) FROM btrdb_cluster.slots AS s WHERE s.target IS NOT NULL);
END $$;
COMMENT ON FUNCTION btrdb_cluster.plan_slots() IS 'decides which slots are to be moved where, unless there is a plan, and returns how many are';

CREATE FUNCTION btrdb_cluster.streams_of_slot(slot int, removed boolean) RETURNS uuid[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
	-- streams that were moved by themselves stay where they are
	RETURN ARRAY(SELECT o.stream FROM btrdb_cluster.slots AS s, LATERAL btrdb_cluster.on_slot(s.node, s.slot) AS o
		WHERE s.slot = $1 AND o.removed = $2
			AND NOT EXISTS (SELECT FROM btrdb_cluster.exceptions AS e WHERE e.stream = o.stream));
END $$;
COMMENT ON FUNCTION btrdb_cluster.streams_of_slot(int, boolean) IS 'streams that a slot''s node has, or had, because of the slot';

CREATE FUNCTION btrdb_cluster.flip_slot(slot int) RETURNS boolean
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
	gone uuid[];
BEGIN
	IF NOT btrdb_cluster.lock_slot(slot)
		OR EXISTS (SELECT FROM btrdb_cluster.moves AS m WHERE btrdb_cluster.slot_of(m.stream) = $1)
		OR cardinality(btrdb_cluster.streams_of_slot(slot, false)) > 0 THEN
		RETURN false;
	END IF;
	gone := btrdb_cluster.streams_of_slot(slot, true);
	IF cardinality(gone) > 0 THEN
		PERFORM btrdb_cluster.on_retire(s.target, gone) FROM btrdb_cluster.slots AS s WHERE s.slot = $1;
	END IF;
	UPDATE btrdb_cluster.slots AS s SET node = s.target, target = NULL WHERE s.slot = $1 AND s.target IS NOT NULL;
	DELETE FROM btrdb_cluster.exceptions AS e USING btrdb_cluster.slots AS s WHERE s.slot = $1 AND e.slot = s.slot AND e.node = s.node;
	RETURN true;
END $$;
COMMENT ON FUNCTION btrdb_cluster.flip_slot(int) IS 'makes the target the slot''s node if no streams are left to be moved';

CREATE PROCEDURE btrdb_cluster.btrdb_cluster_rebalance()
LANGUAGE plpgsql AS $$
DECLARE
	to_do bigint;
	this_slot int;
	to_node pg_catalog.text;
	slot_streams pg_catalog.uuid[];
	stream pg_catalog.uuid;
	moved bigint;
	flipped boolean;
BEGIN
	LOOP
		to_do := btrdb_cluster.plan_slots();
		COMMIT;
		EXIT WHEN to_do OPERATOR(pg_catalog.=) 0;
		SELECT s.slot, n.name INTO this_slot, to_node FROM btrdb_cluster.slots AS s
			JOIN btrdb_cluster.nodes AS n ON n.number OPERATOR(pg_catalog.=) s.target ORDER BY s.slot LIMIT 1;
		moved := 0;
		LOOP
			-- what an interrupted call has left
			CALL btrdb_cluster.btrdb_cluster_resume();
			slot_streams := btrdb_cluster.streams_of_slot(this_slot, false);
			FOREACH stream IN ARRAY slot_streams LOOP
				CALL btrdb_cluster.btrdb_cluster_move(stream, to_node);
				moved := moved OPERATOR(pg_catalog.+) 1;
			END LOOP;
			flipped := btrdb_cluster.flip_slot(this_slot);
			COMMIT;
			EXIT WHEN flipped;
		END LOOP;
		IF moved OPERATOR(pg_catalog.>) 0 THEN
			RAISE NOTICE 'slot % with % streams is on node "%" now, % slots are left', this_slot, moved, to_node, to_do OPERATOR(pg_catalog.-) 1;
		END IF;
	END LOOP;
END $$;
COMMENT ON PROCEDURE btrdb_cluster.btrdb_cluster_rebalance() IS
	'gives each node its share of the slots, and moves their streams there, one after the other; column target of btrdb_cluster.slots has what is to be done.  May be interrupted at any time and called again';

-- Who moves streams, and what goes past the locks of writers, is for the owner to say.
DO $revoke$
DECLARE
	f record;
BEGIN
	FOR f IN SELECT p.oid::pg_catalog.regprocedure AS name FROM pg_catalog.pg_proc AS p
		WHERE p.pronamespace OPERATOR(pg_catalog.=) 'btrdb_cluster'::pg_catalog.regnamespace
			AND p.proname OPERATOR(pg_catalog.~) '^(on_|copy_|move_|compare$|check_|lock_slot$|plan_slots$|flip_slot$|streams_of_slot$|stat_of$|has_older|btrdb_cluster_(add|alter|move|resume|cancel|rebalance))'
	LOOP
		EXECUTE pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', f.name);
	END LOOP;
END $revoke$;
