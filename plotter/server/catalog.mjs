// catalog.mjs
//		Finds streams: by the tree of collections, by words, by tags, by path.

import { Failure } from './database.mjs';
import { streamsOf, textOf } from './parameters.mjs';

const FOUND_MAX = 200;
const CHILDREN_MAX = 2000;

// What the page knows of a stream.
const COLUMNS = 's.uuid, s.collection, s.name, s.unit, s.tags, s.annotations';

const infoOf = (row) => ({ ...row, tags: JSON.parse(row.tags), annotations: JSON.parse(row.annotations) });

// Splits what somebody has typed into words and conditions key=value ("key=" wants the key only).
export function parseSearch(text)
{
	const words = [];
	const keys = [];
	const values = [];

	for (const [, key, quoted, value, word] of text.matchAll(/(?:([^\s="]+)=(?:"([^"]*)"|(\S*)))|(\S+)/g))
	{
		if (word !== undefined)
		{
			words.push(word.toLowerCase());
		}
		else
		{
			keys.push(key);
			values.push(quoted ?? value);
		}
	}
	return { words, keys, values };
}

// Answers with the streams that match what was typed, and whether there are more.
async function search(database, query, signal)
{
	const { words, keys, values } = parseSearch(textOf(query, 'search'));
	const rows = await database.query(() => `SELECT ${COLUMNS} FROM btrdb.streams AS s
		WHERE NOT EXISTS (SELECT FROM unnest($1::text[]) AS w(word)
				WHERE strpos(lower(concat_ws(' ', s.collection || '/' || coalesce(s.name, ''), s.unit, s.tags, s.annotations)), w.word) = 0)
			AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::text[]) AS c(key, value)
				WHERE CASE c.value WHEN '' THEN NOT (s.tags ? c.key OR s.annotations ? c.key)
					ELSE coalesce(s.tags ->> c.key, s.annotations ->> c.key) IS DISTINCT FROM c.value END)
		ORDER BY s.collection, s.name, s.uuid
		LIMIT ${FOUND_MAX + 1}`, [words, keys, values], signal);

	return { streams: rows.slice(0, FOUND_MAX).map(infoOf), more: rows.length > FOUND_MAX };
}

// Answers with what is directly below a prefix of collections, which is '' or ends with a slash: parts of names
// with the number of streams below, and the streams of the collection itself.
async function children(database, query, signal)
{
	const prefix = textOf(query, 'prefix');
	const folders = await database.query(() => `SELECT split_part(substr(s.collection, length($1) + 1), '/', 1) AS name, count(*) AS streams
		FROM btrdb.streams AS s
		WHERE starts_with(s.collection, $1::text)
		GROUP BY 1 ORDER BY 1 LIMIT ${CHILDREN_MAX}`, [prefix], signal);
	const streams = await database.query(() => `SELECT ${COLUMNS} FROM btrdb.streams AS s
		WHERE s.collection = $1 ORDER BY s.name, s.uuid LIMIT ${CHILDREN_MAX}`, [prefix.replace(/\/$/, '')], signal);

	return { folders: folders.map((f) => ({ name: f.name, streams: Number(f.streams) })), streams: prefix === '' ? [] : streams.map(infoOf) };
}

// Answers with the streams of uuids and of paths "collection/name"; what is not there, or hidden from
// the role, is left out.
async function named(database, query, signal)
{
	const paths = query.getAll('path');

	if (paths.length > 100 || paths.some((path) => path.length > 1000 || path.includes('\0')))
		throw new Failure(400, 'path must be 100 paths at most', { code: '22023' });
	const rows = await database.query(() => `SELECT ${COLUMNS}, s.collection || '/' || s.name AS path FROM btrdb.streams AS s
		WHERE s.uuid = ANY ($1::uuid[]) OR (s.collection, s.name) IN (
			SELECT regexp_replace(p.path, '/[^/]*$', ''), regexp_replace(p.path, '^.*/', '') FROM unnest($2::text[]) AS p(path))
		ORDER BY s.uuid
		LIMIT ${FOUND_MAX}`, [streamsOf(query), paths], signal);

	return { streams: rows.map(infoOf) };
}

// Answers with a few streams to begin with: those of the first collection that have the unit of its first.
// First is what the index on collections has first.
async function first(database, query, signal)
{
	const rows = await database.query(() => `SELECT ${COLUMNS} FROM btrdb.streams AS s,
			(SELECT f.collection, f.unit FROM btrdb.streams AS f ORDER BY f.collection USING ~<~, f.name LIMIT 1) AS f
		WHERE s.collection = f.collection AND s.unit IS NOT DISTINCT FROM f.unit
		ORDER BY s.name, s.uuid LIMIT 2`, [], signal);

	return { streams: rows.map(infoOf) };
}

export const catalogRoutes = {
	'/api/streams/search': search,
	'/api/streams/children': children,
	'/api/streams/named': named,
	'/api/streams/first': first,
};
