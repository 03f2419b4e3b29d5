// harness.mjs
//		What the tests of the plotter share: packages, connections, the plotter's server.
//
// t/130_plotter.pl says by the environment where the packages and the database are.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const packages = process.env.BTRDB_PLOTTER_PACKAGES;
export const require = createRequire(`${packages}/package.json`);
const pg = require('pg');

// Returns a client that is connected to the database as the environment says, or another role.
export async function connect(more = {})
{
	const client = new pg.Client(more);

	// the server may be killed while the client is idle
	client.on('error', () => {});
	await client.connect();
	return client;
}

// Returns the first column of the first row.
export async function one(client, text, values = [])
{
	return Object.values((await client.query({ text, values, rowMode: 'array' })).rows[0])[0];
}

// Makes a stream with points and returns its uuid; times are BigInts.
export async function makeStream(client, path, tags, times = [], values = [])
{
	const name = path.replace(/.*\//, '');
	const uuid = await one(client, 'SELECT btrdb_create($1, $2)', [path.replace(/\/[^/]*$/, ''), JSON.stringify({ name, ...tags })]);

	if (times.length > 0)
		await client.query('SELECT btrdb_insert($1, $2::bigint[], $3::float8[])', [uuid, times.map(String), values]);
	return uuid;
}

// Starts the plotter's server; returns { url, stop }.
export async function startPlotter(args = [], env = {})
{
	const server = spawn(process.execPath, [fileURLToPath(new URL('../../plotter/server.mjs', import.meta.url)), '--packages', packages, '--listen', '0', ...args],
		{ env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] });
	const exited = new Promise((resolve) => server.on('exit', resolve));

	for await (const line of createInterface({ input: server.stdout }))
	{
		const url = /http:\S+/.exec(line)?.[0];

		if (url)
			return { url, stop: async () => { server.kill('SIGTERM'); return exited; } };
	}
	throw new Error('the plotter does not start');
}
