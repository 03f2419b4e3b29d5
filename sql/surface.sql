-- What everything that the extension brings is like: it has a comment that can be read in psql, arguments have names, and
-- volatility and parallel safety are what they must be.  Queries show what is not so.
CREATE VIEW member AS
	SELECT classid, objid, pg_describe_object(classid, objid, 0) AS object
	FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'btrdb');
CREATE VIEW function AS
	SELECT p.*, p.oid::regprocedure AS signature,
		proargtypes::oid[] && ARRAY['internal', 'cstring', 'statpoint', 'rawpoint']::regtype[]::oid[]
			OR prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS internal
	FROM member JOIN pg_proc AS p ON classid = 'pg_proc'::regclass AND objid = p.oid;
SELECT count(*) > 80 AS some FROM function;

-- comments
SELECT object FROM member
WHERE obj_description(objid, classid::regclass::name) IS NULL
	AND classid NOT IN ('pg_amop'::regclass, 'pg_amproc'::regclass, 'pg_opfamily'::regclass)
	AND NOT (classid = 'pg_type'::regclass AND (SELECT typelem <> 0 OR typrelid <> 0 FROM pg_type WHERE oid = objid))
	AND NOT (classid = 'pg_class'::regclass AND (SELECT relkind NOT IN ('r', 'v') FROM pg_class WHERE oid = objid))
ORDER BY 1;
SELECT attrelid::regclass AS relation, attname AS "column" FROM member JOIN pg_attribute ON classid = 'pg_class'::regclass AND attrelid = objid
WHERE (attrelid IN ('btrdb.points'::regclass, 'btrdb.streams'::regclass) OR (SELECT relkind = 'v' FROM pg_class WHERE oid = objid))
	AND attnum > 0 AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL;
-- a line of a comment is not wider than 110 characters; a full stop ends none, and a small letter begins it
SELECT object, length(line) AS length, left(line, 40) AS line
FROM member, regexp_split_to_table(obj_description(objid, classid::regclass::name), '\n') AS line
WHERE length(line) > 110 AND classid = 'pg_proc'::regclass ORDER BY 1;
SELECT object, obj_description(objid, classid::regclass::name) FROM member
WHERE obj_description(objid, classid::regclass::name) ~ '\.$|^[A-Z][a-z]|  |\t' ORDER BY 1;

-- names of arguments, of all functions that are called by name, and what they may be
SELECT signature FROM function
WHERE NOT internal AND pronargs > 1 AND (proargnames IS NULL OR '' = ANY (proargnames)) ORDER BY signature::text;
SELECT DISTINCT name FROM function, unnest(proargnames) AS name WHERE name !~ '^[a-z][a-z0-9_]*$';
-- what is a stream is called so, and comes first
SELECT signature FROM function
WHERE NOT internal AND proargtypes[0] = 'uuid'::regtype AND proargnames[1] IS DISTINCT FROM 'stream' ORDER BY signature::text;
-- names can be completed: one prefix for all, but types and their makers
SELECT DISTINCT proname FROM function WHERE pronamespace <> 'btrdb'::regnamespace AND proname !~ '^btrdb_' AND to_regtype(proname) IS NULL;

-- who writes is volatile and not parallel; who reads streams is stable and parallel, and not cheap
SELECT DISTINCT proname FROM function WHERE NOT internal AND provolatile = 'v' ORDER BY 1;
SELECT signature FROM function WHERE NOT internal AND (provolatile = 'v') <> (proparallel = 'u') ORDER BY signature::text;
SELECT signature FROM function WHERE NOT internal AND proparallel = 'r' ORDER BY signature::text;
SELECT signature FROM function WHERE NOT internal AND 'stream' = ANY (proargnames) AND provolatile = 'i' ORDER BY signature::text;
SELECT signature, procost FROM function
WHERE NOT internal AND 'stream' = ANY (proargnames) AND procost < 100 AND prolang = (SELECT oid FROM pg_language WHERE lanname = 'c') ORDER BY signature::text;
-- forms of a function differ in types only: all are alike, but btrdb_count(text), which SQL makes of another, and
-- the forms for text of those that only compute with times, which depend on the time zone; forms for an array are by themselves
SELECT proname FROM function WHERE NOT internal AND signature::text NOT IN ('btrdb_count(text)', 'btrdb_time(text)', 'btrdb_pointwidth(text,text,integer)')
GROUP BY proname, pronamespace, format_type(proargtypes[1], NULL) LIKE '%[]'
HAVING count(DISTINCT (provolatile, proparallel, proisstrict, proretset, prosupport)) > 1 ORDER BY 1;
-- rows of functions that return sets are estimated
SELECT signature, prorows FROM function WHERE proretset AND (prorows = 0 OR prorows = 1000 AND prosupport = 0) ORDER BY signature::text;
-- who may call what inspects the store, or is a trigger
SELECT signature FROM function WHERE (prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) OR proname = 'btrdb_check')
	AND has_function_privilege('public', oid, 'EXECUTE') ORDER BY signature::text;
DROP VIEW function, member;
