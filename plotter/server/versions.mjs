// versions.mjs
//		States and versions of streams, and what differs between two.

import { TIME_MAX, TIME_MIN } from '../web/time.js';
import { bigintOf, integerOf, streamOf, streamsOf, versionOf } from './parameters.mjs';

// The slider has room for so many versions.
const LISTED_MAX = 1000;
const RANGES_MAX = 5000;

// Answers with the latest version, number of points, first and last time of streams, and the channel on which
// writes are announced: btrdb.streams need not have such a column.  Streams that are not there are left out.
async function states(database, query, signal)
{
	const rows = await database.query((schema) => `SELECT s.uuid, ${schema}.btrdb_version(s.uuid) AS version,
			x.points AS count, x.first_time AS first, x.last_time AS last, to_jsonb(s) ->> 'channel' AS channel
		FROM btrdb.streams AS s, btrdb.stream_stat(s.uuid) AS x WHERE s.uuid = ANY ($1::uuid[])`, [streamsOf(query)], signal);

	return { states: Object.fromEntries(rows.map(({ uuid, ...state }) => [uuid, state])) };
}

// Answers with the versions of a stream, evenly thinned out if there are too many; the first and the last
// stay.
async function versions(database, query, signal)
{
	const rows = await database.query((schema) => `SELECT version, floor(extract(epoch FROM created) * 1000)::bigint AS created, count
		FROM (SELECT v.*, row_number() OVER (ORDER BY v.version) AS place, count(*) OVER () AS total
			FROM ${schema}.btrdb_versions($1::uuid) AS v) AS v
		WHERE (total - place) % greatest(1, ceil(total / ${LISTED_MAX}.0)::bigint) = 0 OR place = 1
		ORDER BY version`, [streamOf(query)], signal);

	return { versions: rows.map((row) => ({ version: row.version, created: Number(row.created), count: row.count })) };
}

// Answers with the version of each stream that was the latest at a moment, in ms since 1970.
async function versionsAt(database, query, signal)
{
	const at = bigintOf(query, 'at', -4000000000000n, 4500000000000n);
	const rows = await database.query((schema) => `SELECT s.uuid, ${schema}.btrdb_version_at(s.uuid, to_timestamp($2::bigint / 1000.0)) AS version
		FROM btrdb.streams AS s WHERE s.uuid = ANY ($1::uuid[])`, [streamsOf(query), at], signal);

	return { versions: Object.fromEntries(rows.map((row) => [row.uuid, row.version])) };
}

// Answers with the ranges of [start, end) in which two versions differ, joined where they are not further
// apart than 2^resolution ns.
async function changes(database, query, signal)
{
	const rows = await database.query((schema) => `SELECT c.start_time, c.end_time
		FROM ${schema}.btrdb_changes($1::uuid, $2::bigint, $3::bigint, $4::int) AS c
		WHERE c.end_time > $5::bigint AND c.start_time < $6::bigint
		LIMIT ${RANGES_MAX + 1}`,
	[streamOf(query), versionOf(query, 'from'), versionOf(query, 'to'), integerOf(query, 'resolution', 0, 62),
		bigintOf(query, 'start', TIME_MIN, TIME_MAX), bigintOf(query, 'end', TIME_MIN, TIME_MAX)], signal);

	return { ranges: rows.slice(0, RANGES_MAX).map((row) => [row.start_time, row.end_time]), more: rows.length > RANGES_MAX };
}

export const versionRoutes = {
	'/api/states': states,
	'/api/versions': versions,
	'/api/versions-at': versionsAt,
	'/api/changes': changes,
};
