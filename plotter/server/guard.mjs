// guard.mjs
//		What every request must fulfil, and the headers of every answer.
//
// The page has no login of its own: who reaches it reads what the database role may read.  So a
// page of somebody else, open in the same browser, must not get through.  It cannot read
// answers of another origin, unless it makes its own name lead to this address (DNS
// rebinding): then the Host header has that name, and is refused.

import { isIP } from 'node:net';

const POLICY = [
	"default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
	"base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join('; ');

export const HEADERS = {
	'Content-Security-Policy': POLICY,
	'X-Content-Type-Options': 'nosniff',
	'X-Frame-Options': 'DENY',
	'Referrer-Policy': 'no-referrer',
	'Cross-Origin-Opener-Policy': 'same-origin',
	'Cross-Origin-Resource-Policy': 'same-origin',
	'Cache-Control': 'no-store',
};

// Says whether a Host header is an address, localhost or one of the names allowed: names of
// others are what rebinding needs.
export function hostIsAllowed(header, names)
{
	const parts = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::\d+)?$/.exec((header ?? '').toLowerCase());

	if (!parts)
		return false;
	const host = parts[1].replace(/^\[|\]$/g, '');
	return host === 'localhost' || isIP(host) !== 0 || names.includes(host);
}

// Returns why a request is refused, as [status, message], or null.
export function refusal(request, names)
{
	if (!hostIsAllowed(request.headers.host, names))
		return [421, 'this name is not one of the plotter\'s: start it with --name to allow it'];
	if (request.method !== 'GET' && request.method !== 'HEAD')
		return [405, 'only GET and HEAD'];

	const site = request.headers['sec-fetch-site'];
	if (request.url.startsWith('/api/') && site !== undefined && site !== 'same-origin' && site !== 'none')
		return [403, 'only the plotter\'s own page may ask'];
	return null;
}
