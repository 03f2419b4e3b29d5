// api.js
//		Asks the plotter's server.

import { decodeTiles } from './wire.js';

// What went wrong: status is that of HTTP, 0 if there was no answer.
class ApiError extends Error
{
	constructor(status, message, hint = null)
	{
		super(message);
		this.status = status;
		this.hint = hint;
	}

	// Whether asking again may help: the database or the server is away, or slow.
	get passes()
	{
		return this.status === 0 || this.status >= 502;
	}
}

async function ask(path, parameters)
{
	let response;

	try
	{
		response = await fetch(`${path}?${new URLSearchParams(parameters)}`);
	}
	catch
	{
		throw new ApiError(0, 'the plotter\'s server does not answer');
	}
	if (!response.ok)
	{
		const body = await response.json().catch(() => ({}));

		throw new ApiError(response.status, body.error ?? response.statusText, body.hint);
	}
	return response;
}

// Returns the answer to a question in JSON; parameters is an object or an array of pairs.
export async function askJson(path, parameters = {})
{
	return (await ask(path, parameters)).json();
}

// Returns the tiles first to last of a stream's version.
export async function askTiles(run)
{
	return decodeTiles(await (await ask('/api/tiles', run)).arrayBuffer());
}
