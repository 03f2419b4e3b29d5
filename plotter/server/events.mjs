// events.mjs
//		Tells browsers, by server-sent events, that streams were written: what the database
//		announces with NOTIFY.
//
// Everybody who may connect can listen to a channel, whatever streams he may see.  So a browser learns of those
// streams only that it asks for, and nothing but that something has happened: what, it asks under
// the rights of the role.

const CHANNEL = 'btrdb';
const RETRY_MS = 3000;
const ALIVE_MS = 20000;

export class Events
{
	#database;
	#client = null;
	#channels = new Set([CHANNEL]);
	#listeners = new Set();
	#timer = null;
	#closed = false;

	constructor(database)
	{
		this.#database = database;
	}

	// Connects and listens; after a loss, or a failure, it tries again.
	async #start()
	{
		const client = this.#database.separateClient();
		const lost = () => {
			if (this.#client !== client)
				return;
			this.#client = null;
			client.end().catch(() => {});
			this.#broadcast('lost', {});
			if (!this.#closed)
				this.#timer = setTimeout(() => this.#start(), RETRY_MS).unref();
		};

		this.#client = client;
		client.on('error', lost);
		client.on('end', lost);
		client.on('notification', ({ payload }) => this.#heard(payload));
		try
		{
			await client.connect();
			for (const channel of this.#channels)
				await client.query(`LISTEN ${client.escapeIdentifier(channel)}`);
			// what happened while nobody listened is to be asked for
			this.#broadcast('listening', {});
		}
		catch
		{
			lost();
		}
	}

	// Also listens to the channels of streams that browsers look at.
	listen(channels)
	{
		for (const channel of channels)
		{
			if (typeof channel !== 'string' || channel === '' || this.#channels.has(channel) || this.#channels.size >= 100)
				continue;
			this.#channels.add(channel);
			this.#client?.query(`LISTEN ${this.#client.escapeIdentifier(channel)}`).catch(() => {});
		}
	}

	// Passes a notification on to those who look at its stream.
	#heard(payload)
	{
		let stream;

		try
		{
			stream = JSON.parse(payload).stream;
		}
		catch
		{
			return;
		}
		for (const listener of this.#listeners)
		{
			if (listener.streams.has(stream))
				send(listener.response, 'written', { stream });
		}
	}

	#broadcast(name, data)
	{
		for (const { response } of this.#listeners)
			send(response, name, data);
	}

	// Keeps a response open and sends events about these streams.
	subscribe(response, streams)
	{
		const listener = { response, streams: new Set(streams) };
		const alive = setInterval(() => response.write(':\n\n'), ALIVE_MS).unref();

		this.#listeners.add(listener);
		response.on('close', () => {
			clearInterval(alive);
			this.#listeners.delete(listener);
		});
		response.write('retry: 3000\n\n');
		if (this.#client === null && this.#timer === null)
			this.#start();
		else if (this.#client !== null)
			send(response, 'listening', {});
	}

	async close()
	{
		this.#closed = true;
		clearTimeout(this.#timer);
		for (const { response } of this.#listeners)
			response.end();
		await this.#client?.end().catch(() => {});
	}
}

function send(response, name, data)
{
	response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}
