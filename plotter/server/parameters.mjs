// parameters.mjs
//		Takes the parameters of a request apart; whatever is not as it must be is a 400.

import { Failure } from './database.mjs';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function bad(name, wanted)
{
	throw new Failure(400, `${name} must be ${wanted}`, { code: '22023' });
}

// Returns a stream's uuid.
export function streamOf(query, name = 'stream')
{
	const text = query.get(name) ?? '';

	return UUID.test(text) ? text.toLowerCase() : bad(name, 'a uuid');
}

// Returns the uuids of all parameters of a name, at most 100.
export function streamsOf(query, name = 'stream')
{
	const texts = query.getAll(name);

	return texts.length <= 100 && texts.every((text) => UUID.test(text)) ? texts.map((text) => text.toLowerCase()) : bad(name, '100 uuids at most');
}

// Returns an int64 as BigInt.
export function bigintOf(query, name, least, most)
{
	const text = query.get(name) ?? '';
	const value = /^-?\d{1,19}$/.test(text) ? BigInt(text) : bad(name, 'a whole number');

	return value >= least && value <= most ? value : bad(name, `from ${least} to ${most}`);
}

export function integerOf(query, name, least, most)
{
	return Number(bigintOf(query, name, BigInt(least), BigInt(most)));
}

// Returns the number of a version; 0 is the latest.
export function versionOf(query, name = 'version')
{
	return bigintOf(query, name, 0n, (1n << 63n) - 1n);
}

// Returns a text without zero bytes, '' if there is none.
export function textOf(query, name)
{
	const text = query.get(name) ?? '';

	return text.length <= 1000 && !text.includes('\0') ? text : bad(name, 'a text of 1000 characters at most');
}
