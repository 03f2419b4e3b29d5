// options.mjs
//		The command line of the plotter's server, and libpq's defaults for what it leaves out.

import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';

export const USAGE = `usage: plotter [option]... [DATABASE or URI]

  -h, --host HOST           server, or directory of its socket (PGHOST)
  -p, --port PORT           its port (PGPORT)
  -U, --username ROLE       who to log in as (PGUSER); passwords are PGPASSWORD's or ~/.pgpass's
  -d, --dbname DATABASE     or a connection URI (PGDATABASE)
  --listen [ADDRESS:]PORT   where browsers find the page (127.0.0.1:8042)
  --name HOSTNAME           a name, besides localhost and addresses, under which they may ask for it
  --connections N           to the database (6)
  --timeout MS              of each question to it (10000)
  --packages DIRECTORY      that has node_modules
  --help`;

// Returns the number that a text says, or throws.
function integer(name, text, least, most)
{
	const number = /^\d+$/.test(text) ? Number(text) : NaN;

	if (!(number >= least && number <= most))
		throw new Error(`${name} wants a number from ${least} to ${most}, not "${text}"`);
	return number;
}

// Splits [ADDRESS:]PORT; an address of IPv6 is in brackets.
export function parseListen(text)
{
	const parts = /^(?:(\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(\d+)$/.exec(text);

	if (!parts)
		throw new Error(`--listen wants a port or ADDRESS:PORT, not "${text}"`);
	return { address: (parts[1] ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port: integer('--listen', parts[2], 0, 65535) };
}

// Returns where libpq would connect to without being told: the socket if there is one.
function defaultHost(port)
{
	const directory = '/var/run/postgresql';

	return existsSync(`${directory}/.s.PGSQL.${port}`) ? directory : 'localhost';
}

// Takes the command line and the environment apart; throws an Error that says what is wrong.
export function readOptions(args, env)
{
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: {
			'host': { type: 'string', short: 'h' },
			'port': { type: 'string', short: 'p' },
			'username': { type: 'string', short: 'U' },
			'dbname': { type: 'string', short: 'd' },
			'listen': { type: 'string', default: '127.0.0.1:8042' },
			'name': { type: 'string', multiple: true, default: [] },
			'connections': { type: 'string', default: '6' },
			'timeout': { type: 'string', default: '10000' },
			'packages': { type: 'string' },
			'help': { type: 'boolean', default: false },
		},
	});

	if (positionals.length > 1 || (positionals.length === 1 && values.dbname !== undefined))
		throw new Error('there is more than one database');

	const database = positionals[0] ?? values.dbname ?? env.PGDATABASE;
	const port = integer('--port', values.port ?? env.PGPORT ?? '5432', 1, 65535);
	const user = values.username ?? env.PGUSER ?? userInfo().username;
	const timeout = integer('--timeout', values.timeout, 1, 3600000);
	const connection = /^postgres(ql)?:\/\//.test(database ?? '')
		? { connectionString: database, ...(values.username === undefined ? {} : { user: values.username }) }
		: { host: values.host ?? env.PGHOST ?? defaultHost(port), port, user, database: database ?? user };

	return {
		help: values.help,
		packages: values.packages,
		listen: parseListen(values.listen),
		names: values.name.map((name) => name.toLowerCase()),
		timeout,
		connections: integer('--connections', values.connections, 1, 100),
		connection,
	};
}

// Says whether only this machine can reach an address.
export function isLoopback(address)
{
	return address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'));
}
