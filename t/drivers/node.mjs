// node.mjs
//		Calls btrdb with node-pg, whose parameters have no types, and prints a line for each
//		call: its name, the number of rows and the first one.
//
//	node node.mjs PACKAGES STREAM TARGET
//
// STREAM is read, TARGET written.  The server is that of the usual environment variables.
import { createRequire } from 'node:module';

const [, , packages, stream, target] = process.argv;
const { Client } = createRequire(`${packages}/package.json`)('pg');
const client = new Client();

const VALUES = 'SELECT time, value FROM btrdb_values($1, $2, $3)';
const WINDOWS = 'SELECT time, count FROM btrdb_windows($1, $2, $3, $4)';
const INSERT = 'SELECT btrdb_insert($1, $2, $3)';
const start = '2024-01-01T00:00:10Z';
const end = '2024-01-01T00:00:30Z';
const startDate = new Date(start);
const endDate = new Date(end);
const startNs = 1704067210000000000n;
const endNs = 1704067230000000000n;

function show(value)
{
	return value instanceof Date ? value.toISOString() : String(value);
}

async function call(name, text, values, options = {})
{
	const { rows } = await client.query({ text, values, ...options });
	const first = rows.length > 0 ? Object.values(rows[0]).map(show).join(',') : '';

	console.log(`${name}|${rows.length}|${first}`);
}

// Like call(), of which only the point in the target counts.
async function insert(text, values)
{
	await client.query(text, values);
}

await client.connect();

await call('values: text', VALUES, [stream, start, end]);
await call('values: timestamps', VALUES, [stream, startDate, endDate]);
await call('values: untyped numbers', VALUES, [stream, startNs, endNs]);
await call('values: numbers and text', VALUES, [stream, startNs, end]);
await call('values: numbers', 'SELECT time, value FROM btrdb_values($1, $2::bigint, $3::bigint)', [stream, startNs, endNs]);
await call('values: nine digits', VALUES, [stream, '2024-01-01T00:00:09.000000001Z', '2024-01-01T00:00:10.000000001Z']);
await call('values: version', `${VALUES.slice(0, -1)}, $4)`, [stream, startDate, endDate, 11]);
await call('values: named version', `${VALUES.slice(0, -1)}, version => $4)`, [stream, startDate, endDate, '11']);
await call('values: null', VALUES, [stream, null, end]);
await call('values: infinity', VALUES, [stream, '-infinity', 'infinity']);
for (let i = 0; i < 8; i++)
	await call('values: prepared', VALUES, [stream, startDate, end], { name: 'values' });

await call('windows: text', WINDOWS, [stream, start, end, '5s']);
await call('windows: timestamps', WINDOWS, [stream, startDate, endDate, '5000ms']);
await call('windows: width in ns', WINDOWS, [stream, startDate, endDate, 5000000000]);
await call('windows: numbers', 'SELECT time, count FROM btrdb_windows($1, $2::bigint, $3::bigint, $4)', [stream, startNs, endNs, '5 seconds']);
await call('aligned', 'SELECT time, count FROM btrdb_aligned_windows($1, $2, $3, $4)', [stream, startDate, end, 33]);
await call('count', 'SELECT btrdb_count($1, $2, $3)', [stream, startDate, endDate]);
await call('count: all', 'SELECT btrdb_count($1)', [stream]);
await call('stat', 'SELECT btrdb_max(btrdb_stat($1, $2, $3))', [stream, start, end]);
await call('nearest', 'SELECT time, value FROM btrdb_nearest($1, $2)', [stream, startDate]);
await call('nearest: backward', 'SELECT time, value FROM btrdb_nearest($1, $2, $3)', [stream, start, true]);

await insert(INSERT, [target, new Date('2024-02-01T00:00:00Z'), 0]);
await insert(INSERT, [target, '2024-02-01T00:00:01Z', 1]);
await insert(INSERT, [target, 1706745602000000000n, '2']);
await insert('SELECT btrdb_insert($1, $2, $3, merge => $4)', [target, '2024-02-01 00:00:03.000000001+00', 3.5, 'never']);
await insert(INSERT, [target, [new Date('2024-02-01T00:00:04Z'), new Date('2024-02-01T00:00:05Z')], [4, 5]]);
await insert(INSERT, [target, [1706745606000000000n, '2024-02-01 00:00:07.000000007Z'], [6, 7.5]]);
await insert('SELECT btrdb_insert($1, $2::bigint[], $3)', [target, [1706745608000000000n], [8]]);
await insert('SELECT btrdb_insert($1, $2::rawpoint[])', [target, ['(1706745609000000000,9)']]);
await insert(INSERT, [target, new Date('2024-03-01T00:00:00Z'), -1]);
await call('delete', 'SELECT btrdb_delete($1, $2, $3) > 10', [target, new Date('2024-03-01T00:00:00Z'), '2024-03-01T00:00:01Z']);
await client.end();
