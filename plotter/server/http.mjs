// http.mjs
//		The HTTP server: checks a request, finds who answers it, sends the answer.

import { createServer } from 'node:http';

import { catalogRoutes } from './catalog.mjs';
import { Failure } from './database.mjs';
import { HEADERS, refusal } from './guard.mjs';
import { streamsOf } from './parameters.mjs';
import { tiles } from './tiles.mjs';
import { versionRoutes } from './versions.mjs';

// Answers with whom the page speaks to.
async function about(database, query, signal)
{
	const [row] = await database.query(() => `SELECT current_database() AS database, current_user AS role,
			current_setting('server_version') AS server, e.extversion AS extension
		FROM pg_extension AS e WHERE e.extname = 'btrdb'`, [], signal);

	return row;
}

const routes = { '/api/about': about, '/api/tiles': tiles, ...catalogRoutes, ...versionRoutes };

function sendError(response, status, message, more = {})
{
	if (response.headersSent)
		return response.destroy();
	response.writeHead(status, { 'Content-Type': 'application/json' });
	return response.end(JSON.stringify({ error: message, ...more }));
}

async function answer(request, response, { database, events, files, names })
{
	for (const [name, value] of Object.entries(HEADERS))
		response.setHeader(name, value);

	const refused = refusal(request, names);
	if (refused)
		return sendError(response, ...refused);

	const url = new URL(request.url, 'http://localhost');
	const file = files.get(url.pathname);
	if (file)
	{
		response.writeHead(200, { 'Content-Type': file.type });
		return response.end(file.body);
	}
	if (url.pathname === '/api/events')
	{
		const streams = streamsOf(url.searchParams);

		response.writeHead(200, { 'Content-Type': 'text/event-stream' });
		return events.subscribe(response, streams);
	}
	if (!Object.hasOwn(routes, url.pathname))
		throw new Failure(404, 'there is no such page');

	const abort = new AbortController();
	response.on('close', () => abort.abort());
	const result = await routes[url.pathname](database, url.searchParams, abort.signal);

	if (url.pathname === '/api/states')
		events.listen(Object.values(result.states).map((state) => state.channel));
	if (result instanceof Uint8Array)
	{
		response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
		return response.end(result);
	}
	response.writeHead(200, { 'Content-Type': 'application/json' });
	return response.end(JSON.stringify(result));
}

// Returns a server that does not listen yet.
export function createPlotter(context)
{
	return createServer({ maxHeaderSize: 16384 }, (request, response) => {
		answer(request, response, context).catch((error) => {
			if (!(error instanceof Failure))
				console.error(error);
			sendError(response, error.status ?? 500, error instanceof Failure ? error.message : 'the plotter has failed: its log says how',
				{ code: error.code ?? null, hint: error.hint ?? null });
		});
	});
}
