// tiles.mjs
//		Reads tiles of a stream: windows, or points where there are few.

import { encodeTiles } from '../web/wire.js';
import { MAX_POINTWIDTH, RAW_LIMIT, TILE_BITS, TILE_WINDOWS, rangeOfTiles } from '../web/pointwidth.js';
import { bigintOf, integerOf, streamOf, versionOf } from './parameters.mjs';
import { Failure } from './database.mjs';

// So many tiles may be asked for at once.
const TILES_MAX = 32;

// Returns the items of an array as PostgreSQL prints it, each made by make().
function itemsOf(text, Type, make)
{
	return text === null ? new Type(0) : Type.from(text.slice(1, -1).split(','), make);
}

// Returns the windows of [start, end) as columns; slots count from start.
async function readWindows(database, { stream, version, pointwidth, start, end, origin }, signal)
{
	const [row] = await database.query((schema) => `SELECT array_agg((w.time - $2::bigint) >> $4::int) AS slots, array_agg(w.min) AS min,
			array_agg(w.mean) AS mean, array_agg(w.max) AS max, array_agg(w.count) AS count
		FROM ${schema}.btrdb_aligned_windows($1::uuid, $2::bigint, $3::bigint, $4::int, $5::bigint) AS w`,
	[stream, start, end, pointwidth, version], signal);
	const columns = {};

	for (const name of ['slots', 'min', 'mean', 'max', 'count'])
		columns[name] = itemsOf(row[name], Float64Array, Number);

	// The first tile begins before time does if it is the first of all.
	const skipped = Number((start - origin) >> BigInt(pointwidth));
	if (skipped !== 0)
		columns.slots = columns.slots.map((slot) => slot + skipped);
	return columns;
}

async function readPoints(database, { stream, version, start, end }, signal)
{
	const [row] = await database.query((schema) => `SELECT array_agg(v.time) AS times, array_agg(v.value) AS values
		FROM ${schema}.btrdb_values($1::uuid, $2::bigint, $3::bigint, $4::bigint) AS v`,
	[stream, start, end, version], signal);

	return { times: itemsOf(row.times, BigInt64Array, BigInt), values: itemsOf(row.values, Float64Array, Number) };
}

// Returns where in an ascending array the first item that is not below the limit is.
function lowerBound(array, limit)
{
	let low = 0;
	let high = array.length;

	while (low < high)
	{
		const middle = (low + high) >> 1;

		if (array[middle] < limit)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

// Splits windows at the bounds of tiles; slots then count from their tile's start.
function splitWindows(windows, first, last)
{
	const tiles = [];

	for (let index = first; index <= last; index++)
	{
		const base = (index - first) * TILE_WINDOWS;
		const from = lowerBound(windows.slots, base);
		const to = lowerBound(windows.slots, base + TILE_WINDOWS);

		tiles.push({
			index,
			raw: false,
			slots: windows.slots.subarray(from, to).map((slot) => slot - base),
			min: windows.min.subarray(from, to),
			mean: windows.mean.subarray(from, to),
			max: windows.max.subarray(from, to),
			count: windows.count.subarray(from, to),
		});
	}
	return tiles;
}

// Returns the pointwidth to which points are trimmed, if that is why a query has failed, else null.
function trimmedTo(error)
{
	const width = error instanceof Failure && error.code === '22023' ? /\b2\^(\d+) ns/.exec(error.detail ?? '') : null;

	return width && /trimmed/.test(error.message) ? Number(width[1]) : null;
}

// Returns a promise's value, or null if it fails because points are trimmed.
async function unlessTrimmed(promise)
{
	try
	{
		return await promise;
	}
	catch (error)
	{
		if (trimmedTo(error) === null)
			throw error;
		return null;
	}
}

// Replaces the tiles that have few points by these: one query for each run of such tiles.
async function refine(database, tiles, question, signal)
{
	const few = tiles.map((tile) => tile.count.reduce((sum, n) => sum + n, 0) <= RAW_LIMIT);

	for (let from = 0; from < tiles.length; from++)
	{
		let to = from;

		while (to < tiles.length && few[to])
			to++;
		// runs of empty tiles need no query
		if (tiles.slice(from, to).some((tile) => tile.slots.length > 0))
		{
			const [start, end] = rangeOfTiles(tiles[from].index, tiles[to - 1].index, question.pointwidth);
			const points = await unlessTrimmed(readPoints(database, { ...question, start, end }, signal));

			for (let i = from; i < to && points !== null; i++)
			{
				const [tileFrom, tileTo] = rangeOfTiles(tiles[i].index, tiles[i].index, question.pointwidth);
				const a = lowerBound(points.times, tileFrom);
				const b = lowerBound(points.times, tileTo);

				tiles[i] = { index: tiles[i].index, raw: true, times: points.times.subarray(a, b), values: points.values.subarray(a, b) };
			}
		}
		from = Math.max(from, to);
	}
	return tiles;
}

// Reads tiles first to last as windows, and points where there are few.
async function readTiles(database, question, first, last, signal)
{
	const [start, end] = rangeOfTiles(first, last, question.pointwidth);
	const asked = { ...question, start, end, origin: BigInt(first) << BigInt(question.pointwidth + TILE_BITS) };
	const windows = start < end ? await readWindows(database, asked, signal)
		: Object.fromEntries(['slots', 'min', 'mean', 'max', 'count'].map((name) => [name, new Float64Array(0)]));

	return refine(database, splitWindows(windows, first, last), asked, signal);
}

// Reads a tile of which points are trimmed: in windows as wide as what is left of them, and, as it is
// always the older points that are trimmed, from some time on as any other.  Returns one tile or two.
async function readTrimmed(database, question, index, pointwidth, signal)
{
	const [start, end] = rangeOfTiles(index, index, question.pointwidth);
	const mask = (1n << BigInt(pointwidth)) - 1n;
	const origin = start & ~mask;
	const wide = (to) => readWindows(database, { ...question, pointwidth, start: origin, end: to, origin }, signal);
	const fine = (from) => unlessTrimmed(readWindows(database, { ...question, start: from, end, origin: start }, signal));
	let low = 0n;
	let high = (end - origin + mask) >> BigInt(pointwidth);
	let rest = null;

	// the first wide window that is not trimmed; at the end, if all are
	while (high - low > 1n)
	{
		const middle = (low + high) >> 1n;
		const windows = await fine(origin + (middle << BigInt(pointwidth)));

		if (windows === null)
			low = middle;
		else
			[high, rest] = [middle, windows];
	}
	try
	{
		const trimmed = { index, raw: false, pointwidth, ...await wide(origin + (high << BigInt(pointwidth))) };

		return rest === null ? [trimmed] : [trimmed, { index, raw: false, ...rest }];
	}
	catch (error)
	{
		const wider = trimmedTo(error);

		if (wider === null || wider <= pointwidth)
			throw error;
		return readTrimmed(database, question, index, wider, signal);
	}
}

// Answers a request for tiles first to last of a stream's version at a pointwidth, in the form
// of web/wire.js.
export async function tiles(database, query, signal)
{
	const pointwidth = integerOf(query, 'pointwidth', 0, MAX_POINTWIDTH);
	const most = 1n << BigInt(Math.max(62 - TILE_BITS - pointwidth, 0));
	const first = Number(bigintOf(query, 'first', -most, most));
	const last = Number(bigintOf(query, 'last', BigInt(first), most));
	const question = { stream: streamOf(query), version: versionOf(query), pointwidth };

	if (last - first >= TILES_MAX)
		throw new Failure(400, `at most ${TILES_MAX} tiles at once`, { code: '22023' });

	const together = await unlessTrimmed(readTiles(database, question, first, last, signal));
	if (together !== null)
		return encodeTiles(together);

	const single = [];
	for (let index = first; index <= last; index++)
	{
		try
		{
			single.push(...await readTiles(database, question, index, index, signal));
		}
		catch (error)
		{
			if (trimmedTo(error) === null)
				throw error;
			single.push(...await readTrimmed(database, question, index, trimmedTo(error), signal));
		}
	}
	return encodeTiles(single);
}
