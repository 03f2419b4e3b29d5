// database.mjs
//		Connections to PostgreSQL: read-only, limited in time, with a search_path that nobody
//		else can write to.

// An error for the browser: an HTTP status, PostgreSQL's message, hint and SQLSTATE; its detail is
// for the server itself.
export class Failure extends Error
{
	constructor(status, message, { code = null, hint = null, detail = null } = {})
	{
		super(message);
		this.status = status;
		this.code = code;
		this.hint = hint;
		this.detail = detail;
	}
}

// Returns the HTTP status for an error of the driver or the server.
export function statusOf(error)
{
	// a SQLSTATE has a digit, a code of the operating system, as EPIPE, has none
	const code = typeof error.code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(error.code) ? error.code : null;

	if (code === null)
		return 503;				// no answer: not reached, or lost on the way
	if (code === '42704')
		return 404;
	if (code === '42501')
		return 403;
	if (code === '57014')
		return 504;
	if (/^(08|28|3D|53|57P|40)/.test(code))
		return 503;
	if (code.startsWith('22'))
		return 400;
	return 500;
}

// Settings of each session, which "options" of the startup packet makes defaults: no request can
// come before them.
function sessionOptions(timeout, more = '')
{
	return [
		'-c default_transaction_read_only=on',
		`-c statement_timeout=${timeout}`,
		`-c lock_timeout=${timeout}`,
		'-c idle_in_transaction_session_timeout=60000',
		'-c search_path=pg_catalog',
		'-c timezone=UTC',
		'-c datestyle=ISO',
		'-c client_encoding=UTF8',
		more,
	].join(' ').trim();
}

export class Database
{
	#pool;
	#schema = null;
	#config;
	#pg;

	constructor(pg, { connection, connections, timeout })
	{
		this.#pg = pg;
		this.#config = {
			...connection,
			application_name: 'btrdb plotter',
			options: sessionOptions(timeout, process.env.PGOPTIONS ?? ''),
			connectionTimeoutMillis: 5000,
			// values stay the text that the server sent: int64 does not fit a number
			types: { getTypeParser: () => (text) => text },
		};
		this.#pool = new pg.Pool({ ...this.#config, max: connections, idleTimeoutMillis: 30000 });
		// A connection that dies is replaced when one is needed: whoever has a query on it learns of it
		// from that.
		this.#pool.on('error', () => {});
		this.#pool.on('connect', (client) => client.on('error', () => {}));
	}

	// Returns a connection of its own, which does not belong to the pool; the caller connects and
	// ends it.
	separateClient()
	{
		return new this.#pg.Client({ ...this.#config, keepAlive: true });
	}

	// Runs a query whose text is made by text(schema), schema being the extension's, quoted.
	// Returns the rows, of texts.  Throws a Failure.  With a signal that is aborted before a
	// connection is free, the query is not sent.
	async query(text, values, signal)
	{
		try
		{
			const client = await this.#pool.connect();
			let broken;

			try
			{
				signal?.throwIfAborted();
				this.#schema ??= await findSchema(client);
				return (await client.query({ text: text(this.#schema), values })).rows;
			}
			catch (error)
			{
				broken = !signal?.aborted && statusOf(error) === 503;
				throw error;
			}
			finally
			{
				client.release(broken);
			}
		}
		catch (error)
		{
			if (signal?.aborted)
				throw new Failure(499, 'the browser has lost interest');
			if (error instanceof Failure)
				throw error;
			// the extension may have moved, or the database is another one after a restart
			if (error.code === '42883' || error.code === '3F000' || statusOf(error) === 503)
				this.#schema = null;
			throw new Failure(statusOf(error), error.message || String(error.code), { code: error.code, hint: error.hint, detail: error.detail });
		}
	}

	async end()
	{
		await this.#pool.end();
	}
}

// Returns the schema that has the functions of btrdb, quoted for SQL.
async function findSchema(client)
{
	const { rows } = await client.query(`SELECT quote_ident(n.nspname) AS schema, e.extversion
		FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'btrdb'`);

	if (rows.length === 0)
		throw new Failure(500, 'this database does not have the extension btrdb',
			{ code: '42704', hint: 'CREATE EXTENSION btrdb, or name another database' });
	return rows[0].schema;
}
