// server.mjs
//		The plotter's server: a page, and the questions that it asks a database with btrdb.
//
//	node server.mjs --packages DIRECTORY [option]... [DATABASE or URI]
//
// The script "plotter" beside this file installs the packages and starts it.

import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Database } from './server/database.mjs';
import { Events } from './server/events.mjs';
import { loadFiles } from './server/files.mjs';
import { createPlotter } from './server/http.mjs';
import { USAGE, isLoopback, readOptions } from './server/options.mjs';

const here = dirname(fileURLToPath(import.meta.url));

function fail(message)
{
	console.error(`plotter: ${message}`);
	process.exit(1);
}

function optionsOrExit()
{
	try
	{
		return readOptions(process.argv.slice(2), process.env);
	}
	catch (error)
	{
		return fail(`${error.message}\n${USAGE}`);
	}
}

const options = optionsOrExit();
if (options.help)
{
	console.log(USAGE);
	process.exit(0);
}

const pg = createRequire(join(options.packages ?? here, 'package.json'))('pg');
const database = new Database(pg, options);
const events = new Events(database);
const { address, port } = options.listen;
const server = createPlotter({ database, events, files: loadFiles(join(here, 'web')), names: options.names });

server.on('error', (error) => fail(`could not listen: ${error.message}`));
server.listen(port, address, async () => {
	const place = server.address();

	console.log(`plotter: http://${place.family === 'IPv6' ? `[${place.address}]` : place.address}:${place.port}/`);
	if (!isLoopback(address))
		console.log('plotter: whoever reaches this address reads what the database role may read: there is no password');
	try
	{
		await database.query(() => 'SELECT 1', []);
	}
	catch (error)
	{
		console.log(`plotter: ${error.message}; it will try again when the page asks`);
	}
});

for (const signal of ['SIGINT', 'SIGTERM'])
{
	process.once(signal, async () => {
		server.close();
		await events.close();
		server.closeAllConnections();
		await database.end().catch(() => {});
		process.exit(0);
	});
}
