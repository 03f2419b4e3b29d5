// The plotter's server, asked as the page asks it: what it answers, and what it refuses.

import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, test } from 'node:test';

import { connect, makeStream, one, require, startPlotter } from './harness.mjs';
import { Database, Failure } from '../../plotter/server/database.mjs';
import { decodeTiles } from '../../plotter/web/wire.js';

const NOW = 1700000000000000000n;
let client;
let plotter;
let stream;
let times;
let values;

// Returns [status, body, headers] of a path, asked under a name.
function ask(path, headers = {}, method = 'GET')
{
	return new Promise((resolve, reject) => {
		get(new URL(path, plotter.url), { headers, method, agent: false }, (response) => {
			const parts = [];

			response.on('data', (part) => parts.push(part));
			response.on('end', () => resolve([response.statusCode, Buffer.concat(parts), response.headers]));
		}).on('error', reject);
	});
}

async function json(path, status = 200)
{
	const [got, body] = await ask(path);

	assert.equal(got, status, `${path}: ${body}`);
	return JSON.parse(body);
}

async function tilesOf(fields)
{
	const [status, body] = await ask(`/api/tiles?${new URLSearchParams({ version: 0, ...fields })}`);

	assert.equal(status, 200, String(body));
	return decodeTiles(new Uint8Array(body).buffer);
}

before(async () => {
	client = await connect();
	// 20,000 points in bursts, and some at the ends of time
	times = [-(1n << 62n), -5n, (1n << 62n) - 1n];
	for (let i = 0; i < 20000; i++)
		times.push(NOW + BigInt(i) * 1000000n + BigInt(Math.floor(i / 3000)) * 7000000000n + BigInt(i * 7919 % 1000));
	times.sort((a, b) => (a < b ? -1 : 1));
	values = times.map((_, i) => Math.sin(i / 100) + i % 7);
	stream = await makeStream(client, 'server/wave', { unit: 'V', phase: 'A' }, times, values);
	plotter = await startPlotter();
});

after(async () => {
	await plotter.stop();
	await client.end();
});

test('the page and its modules come with headers that keep others out', async () => {
	for (const [path, type] of [['/', 'text/html'], ['/main.js', 'text/javascript'], ['/style.css', 'text/css'], ['/icon.svg', 'image/svg+xml']])
	{
		const [status, , headers] = await ask(path);

		assert.equal(status, 200, path);
		assert.ok(headers['content-type'].startsWith(type));
		assert.match(headers['content-security-policy'], /default-src 'none'.*script-src 'self'/);
		assert.equal(headers['x-content-type-options'], 'nosniff');
	}
});

test('no other file, name, method or origin gets through', async () => {
	for (const path of ['/server.mjs', '/../server.mjs', '/%2e%2e/package.json', '/web/main.js', '/package.json', '/api/nothing', '/api/constructor', '/__proto__'])
		assert.equal((await ask(path))[0], 404, path);
	assert.equal((await ask('/', { host: 'evil.example.org' }))[0], 421);
	assert.equal((await ask('/api/about', { host: 'localhost:1' }))[0], 200);
	assert.equal((await ask('/api/about', { 'sec-fetch-site': 'cross-site' }))[0], 403);
	assert.equal((await ask('/api/about', {}, 'POST'))[0], 405);
});

test('tiles are what the points make of them, at every pointwidth', async () => {
	let [raw, windows] = [0, 0];

	for (const pointwidth of [0, 5, 12, 19, 20, 21, 24, 27, 30, 34, 40, 47, 53])
	{
		for (const start of [NOW, NOW + 5000000000n, times.at(-2), -5n, -(1n << 62n), (1n << 62n) - 1n])
		{
			const shift = BigInt(pointwidth + 9);
			const first = start >> shift;
			const last = first + 2n < (1n << 62n) >> shift ? first + 2n : first;

			for (const tile of await tilesOf({ stream, pointwidth, first, last }))
			{
				const from = BigInt(tile.index) << shift;
				const to = from + (1n << shift);
				const inside = [];

				times.forEach((time, i) => time >= from && time < to && inside.push(i));

				if (tile.raw)
				{
					raw++;
					assert.deepEqual([...tile.times], inside.map((i) => times[i]));
					assert.deepEqual([...tile.values], inside.map((i) => values[i]));
					assert.ok(inside.length <= 1024);
					continue;
				}
				windows += tile.n;
				const groups = new Map();
				for (const i of inside)
				{
					const slot = Number((times[i] - from) >> BigInt(pointwidth));

					if (!groups.has(slot))
						groups.set(slot, []);
					groups.get(slot).push(values[i]);
				}
				assert.deepEqual([...tile.slots], [...groups.keys()], `${pointwidth} ${start}`);
				assert.deepEqual([...tile.min], [...groups.values()].map((group) => Math.min(...group)));
				assert.deepEqual([...tile.max], [...groups.values()].map((group) => Math.max(...group)));
				assert.deepEqual([...tile.count], [...groups.values()].map((group) => group.length));
				[...groups.values()].forEach((group, i) =>
					assert.ok(Math.abs(tile.mean[i] - group.reduce((a, b) => a + b) / group.length) < 1e-12));
			}
		}
	}
	assert.ok(raw > 50 && windows > 1000, `${raw} tiles of points, ${windows} windows`);
});

test('versions, and what differs between them', async () => {
	const before = await one(client, 'SELECT btrdb_version($1)', [stream]);
	const bounds = [NOW + 1000000000n, NOW + 1100000000n];
	const { versions: old } = await json(`/api/versions?stream=${stream}`);

	await client.query('SELECT btrdb_delete($1, $2::bigint, $3::bigint)', [stream, ...bounds]);
	const { versions } = await json(`/api/versions?stream=${stream}`);
	assert.equal(versions.length, old.length + 1);
	assert.equal(versions.at(-2).version, before);

	const { ranges } = await json(`/api/changes?stream=${stream}&from=${before}&to=0&resolution=20&start=${NOW}&end=${NOW + 10000000000n}`);
	assert.ok(ranges.length >= 1 && BigInt(ranges[0][0]) < NOW + 1001000000n && BigInt(ranges.at(-1)[1]) > NOW + 1099000000n);
	assert.deepEqual((await json(`/api/changes?stream=${stream}&from=${before}&to=0&resolution=0&start=0&end=1000`)).ranges, []);

	const at = (await json(`/api/versions-at?stream=${stream}&at=${versions.at(-2).created + 1}`)).versions;
	assert.equal(at[stream], before);
	const [tile] = await tilesOf({ stream, version: before, pointwidth: 18, first: bounds[0] >> 27n, last: bounds[0] >> 27n });
	const [now] = await tilesOf({ stream, pointwidth: 18, first: bounds[0] >> 27n, last: bounds[0] >> 27n });
	assert.ok(tile.n > now.n);
	await client.query('SELECT btrdb_revert($1, $2)', [stream, before]);
});

test('of trimmed points there are windows as wide as what is left of them', async () => {
	const MINUTE = 60000000000n;
	const begin = (NOW >> 38n) << 38n;
	const trimmed = await makeStream(client, 'server/trimmed', {}, Array.from({ length: 3600 }, (_, i) => begin + BigInt(i) * 1000000000n), Array.from({ length: 3600 }, (_, i) => i % 100));

	// windows of 2^38 ns, four and a half minutes: ten of them go
	await client.query('SELECT btrdb_trim($1, $2::bigint, 38)', [trimmed, begin + 46n * MINUTE]);
	const cut = begin + (10n << 38n);
	const wide = (await client.query('SELECT time, count FROM btrdb_aligned_windows($1, $2::bigint, $3::bigint, 38)', [trimmed, begin, cut])).rows;
	assert.equal(wide.length, 10);

	// tiles of 2^33, 2^39 and 2^47 ns, at the beginning and around the cut
	for (const pointwidth of [24, 30, 38])
	{
		const shift = BigInt(pointwidth + 9);
		const got = new Map();

		for (const tile of await tilesOf({ stream: trimmed, pointwidth, first: cut - 1n >> shift, last: (cut >> shift) + 1n }))
		{
			for (const part of [tile, ...tile.rest ? [tile.rest] : []])
			{
				const width = BigInt(part.pointwidth ?? pointwidth);

				if (part.raw)
					part.times.forEach((time) => got.set(time, 1));
				else
					part.slots.forEach((slot, i) => got.set((BigInt(tile.index) << shift >> width) + BigInt(slot) << width, part.count[i]));
			}
		}
		assert.equal(got.get(cut - (1n << 38n)), Number(wide.at(-1).count), `at ${pointwidth}`);
		// what is not trimmed is as fine as asked for
		const after = [...got].filter(([time]) => time >= cut);
		assert.ok(pointwidth === 38 ? after.length === 4 : after.length > 3 && after.every(([, n]) => n <= 2), `${after.length} at ${pointwidth}`);
	}
	const { states } = await json(`/api/states?stream=${trimmed}`);
	assert.equal(states[trimmed].count, '3600');
});

test('states tell of what waits in the write buffer, too', async () => {
	const state = async () => (await json(`/api/states?stream=${stream}`)).states[stream];
	const old = await state();

	await client.query('SELECT btrdb_insert($1, $2::bigint, 1)', [stream, String(NOW)]);
	const now = await state();
	assert.equal(now.version, old.version);
	assert.equal(Number(now.count), Number(old.count) + 1);
	assert.equal(now.last, String((1n << 62n) - 1n));
	await client.query('SELECT btrdb_revert($1, $2)', [stream, old.version]);
});

test('streams are found by tree, words, tags and paths, whatever is in their names', async () => {
	const odd = await makeStream(client, 'server/odd\'"; -- %_/50%_\\', { unit: '°C', '<b>': '\'' });
	const find = async (text) => (await json(`/api/streams/search?${new URLSearchParams({ search: text })}`)).streams.map(({ uuid }) => uuid);

	assert.deepEqual(await find('SERVER wave'), [stream]);
	assert.deepEqual(await find('server unit=V phase='), [stream]);
	assert.deepEqual(await find('server unit=W'), []);
	assert.deepEqual(await find('50%_\\'), [odd]);
	assert.deepEqual(await find('odd\'"; --'), [odd]);
	assert.deepEqual(await find('wav_'), []);
	const { folders } = await json('/api/streams/children?prefix=server/');
	assert.ok(folders.some(({ name }) => name === 'odd\'"; -- %_'));
	assert.ok((await json('/api/streams/children?prefix=server/')).streams.some(({ uuid }) => uuid === stream));
	assert.equal((await json('/api/streams/named?path=server/wave&path=no/where')).streams[0].uuid, stream);
	assert.equal((await json(`/api/streams/named?stream=${odd}`)).streams[0].name, '50%_\\');
});

test('parameters that are not as they must be are refused, and nothing fails', async () => {
	for (const path of ['/api/tiles', '/api/tiles?stream=x&version=0&pointwidth=1&first=0&last=0', `/api/tiles?stream=${stream}&version=-1&pointwidth=1&first=0&last=0`,
		`/api/tiles?stream=${stream}&version=0&pointwidth=54&first=0&last=0`, `/api/tiles?stream=${stream}&version=0&pointwidth=1&first=0&last=1000`,
		`/api/tiles?stream=${stream}&version=0&pointwidth=1&first=5&last=4`, `/api/tiles?stream=${stream}&version=0&pointwidth=0&first=${1n << 60n}&last=${1n << 60n}`,
		`/api/changes?stream=${stream}&from=x&to=0`, `/api/versions?stream=${stream}'`, '/api/states?stream=x', '/api/streams/search?search=%00', '/api/events?stream=x',
		`/api/changes?stream=${stream}&from=12345&to=11&resolution=0&start=0&end=1`])
		await json(path, 400);
	await json('/api/versions?stream=00000000-0000-4000-8000-000000000000', 404);
	await json(`/api/tiles?stream=${stream}&version=999&pointwidth=1&first=0&last=0`, 400);
});

test('a role sees what row-level security lets it see, and nothing without rights', async () => {
	const hidden = await makeStream(client, 'server/hidden', {}, [NOW], [1]);

	await client.query(`CREATE ROLE plotter_reader LOGIN; CREATE ROLE plotter_none LOGIN;
		GRANT SELECT ON btrdb.points, btrdb.streams TO plotter_reader;
		ALTER TABLE btrdb.streams ENABLE ROW LEVEL SECURITY;
		CREATE POLICY visible ON btrdb.streams FOR SELECT TO plotter_reader USING (name <> 'hidden')`);
	const [mine, [reader, none]] = [plotter, await Promise.all(['plotter_reader', 'plotter_none'].map((role) => startPlotter(['-U', role])))];
	try
	{
		plotter = reader;
		const tiles = (of) => `/api/tiles?stream=${of}&version=0&pointwidth=30&first=0&last=0`;
		await json(tiles(hidden), 404);
		await json(`/api/versions?stream=${hidden}`, 404);
		assert.deepEqual((await json(`/api/states?stream=${hidden}`)).states, {});
		assert.deepEqual((await json('/api/streams/search?search=hidden')).streams, []);
		assert.equal((await ask(tiles(stream)))[0], 200);
		plotter = none;
		await json(tiles(stream), 403);
		await json('/api/streams/children?prefix=', 403);
	}
	finally
	{
		plotter = mine;
		await Promise.all([reader.stop(), none.stop()]);
		await client.query(`ALTER TABLE btrdb.streams DISABLE ROW LEVEL SECURITY; DROP POLICY visible ON btrdb.streams;
			REVOKE ALL ON btrdb.points, btrdb.streams FROM plotter_reader; DROP ROLE plotter_reader, plotter_none`);
	}
});

test('its sessions are read-only, limited in time, and come back after a loss', async () => {
	const env = process.env;
	const database = new Database(require('pg'), { connection: { host: env.PGHOST, port: env.PGPORT, user: env.PGUSER, database: env.PGDATABASE }, connections: 1, timeout: 200 });
	const fails = async (text, status, code) => assert.rejects(database.query(() => text, []), (error) => error instanceof Failure && error.status === status && error.code === code);

	await fails('CREATE TABLE t ()', 500, '25006');
	await fails(`SELECT btrdb_insert('${stream}', 1, 1)`, 500, '42883');
	await fails(`SELECT public.btrdb_insert('${stream}', 1, 1)`, 500, '25006');
	await fails('SELECT pg_sleep(30)', 504, '57014');
	await fails('SELECT pg_terminate_backend(pg_backend_pid())', 503, '57P01');
	assert.deepEqual(await database.query(() => 'SELECT current_setting(\'search_path\') AS s', []), [{ s: 'pg_catalog' }]);
	await database.end();
});

test('notifications reach those who look at the stream, and say nothing else', { timeout: 20000 }, async () => {
	const other = await makeStream(client, 'server/other', {});
	const response = await fetch(`${plotter.url}api/events?stream=${stream}`);
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = '';
	const until = async (pattern) => {
		while (!pattern.test(text))
			text += (await reader.read()).value;
	};

	await until(/event: listening/);
	for (const payload of ['nonsense', '{"stream": 5}', JSON.stringify({ stream: other, version: 11 }), JSON.stringify({ stream, version: 12, start: 5 })])
		await client.query('SELECT pg_notify(\'btrdb\', $1)', [payload]);
	await until(/event: written/);
	assert.deepEqual(text.match(/event: written\n.*/g), [`event: written\ndata: {"stream":"${stream}"}`]);
	await reader.cancel();
});
