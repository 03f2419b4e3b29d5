// files.mjs
//		Serves the page's own files: those that are in web/ when the server starts, and no path
//		that a request could make up.

import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

const TYPES = {
	'.html': 'text/html; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.svg': 'image/svg+xml',
};

// Returns a map from the path of a request to { type, body }.
export function loadFiles(directory)
{
	const files = new Map();

	for (const name of readdirSync(directory))
	{
		const type = TYPES[extname(name)];

		if (type)
			files.set(name === 'index.html' ? '/' : `/${name}`, { type, body: readFileSync(join(directory, name)) });
	}
	return files;
}
