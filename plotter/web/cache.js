// cache.js
//		Tiles that the page has, by stream, version, pointwidth and index; those used longest ago go
//		first.
//
// A version never changes, so its tiles are right for ever.  Version 0 is the latest: what was
// written meanwhile is taken out by invalidate().

import { rangeOfTiles } from './pointwidth.js';

// How many pointwidths further a substitute for a missing tile is looked for.
const FINER = 3;
const COARSER = 14;

const keyOf = (stream, version, pointwidth, index) => `${stream}/${version}/${pointwidth}/${index}`;

export class TileCache
{
	#tiles = new Map();
	#limit;
	bytes = 0;

	constructor(limit)
	{
		this.#limit = limit;
	}

	get size()
	{
		return this.#tiles.size;
	}

	has(stream, version, pointwidth, index)
	{
		return this.#tiles.has(keyOf(stream, version, pointwidth, index));
	}

	// Returns a tile, which then counts as used just now, or undefined.
	get(stream, version, pointwidth, index)
	{
		const key = keyOf(stream, version, pointwidth, index);
		const entry = this.#tiles.get(key);

		if (entry)
		{
			this.#tiles.delete(key);
			this.#tiles.set(key, entry);
		}
		return entry?.tile;
	}

	// Puts a tile, which has bytes; its place in time goes with it.
	put(stream, version, pointwidth, index, tile)
	{
		const key = keyOf(stream, version, pointwidth, index);

		this.#remove(key);
		// an empty tile takes memory, too
		this.#tiles.set(key, { stream, version, pointwidth, index, tile, bytes: tile.bytes + 300 });
		this.bytes += tile.bytes + 300;
		for (const oldest of this.#tiles.keys())
		{
			if (this.bytes <= this.#limit || oldest === key)
				break;
			this.#remove(oldest);
		}
	}

	#remove(key)
	{
		const entry = this.#tiles.get(key);

		if (entry)
		{
			this.bytes -= entry.bytes;
			this.#tiles.delete(key);
		}
	}

	// Takes out the tiles of a stream's version that have a part of one of the ranges [start, end), which are
	// sorted; all of them if ranges is null.
	invalidate(stream, version, ranges)
	{
		for (const [key, entry] of this.#tiles)
		{
			if (entry.stream === stream && entry.version === version
				&& (ranges === null || overlaps(ranges, ...rangeOfTiles(entry.index, entry.index, entry.pointwidth))))
				this.#remove(key);
		}
	}

	// Returns what there is for tile index of a pointwidth: { exact, parts }, parts being tiles with their
	// pointwidth and index.  If it is missing, finer tiles stand for it, or a coarser one, of
	// which only [index, index + 1) counts.
	cover(stream, version, pointwidth, index)
	{
		const tile = this.get(stream, version, pointwidth, index);

		if (tile)
			return { exact: true, parts: [{ tile, pointwidth, index }] };

		let some = null;
		for (let finer = 1; finer <= FINER && finer <= pointwidth; finer++)
		{
			const parts = [];

			for (let i = 0; i < 2 ** finer; i++)
			{
				const child = index * 2 ** finer + i;
				const found = this.get(stream, version, pointwidth - finer, child);

				if (found)
					parts.push({ tile: found, pointwidth: pointwidth - finer, index: child });
			}
			if (parts.length === 2 ** finer)
				return { exact: false, parts };
			some ??= parts.length > 0 ? parts : null;
		}
		for (let coarser = 1; coarser <= COARSER; coarser++)
		{
			const parent = Math.floor(index / 2 ** coarser);
			const found = this.get(stream, version, pointwidth + coarser, parent);

			if (found)
				return { exact: false, parts: [{ tile: found, pointwidth: pointwidth + coarser, index: parent }] };
		}
		return { exact: false, parts: some ?? [] };
	}
}

// Says whether [start, end) has a part of one of the sorted ranges.
export function overlaps(ranges, start, end)
{
	let low = 0;
	let high = ranges.length;

	while (low < high)
	{
		const middle = (low + high) >> 1;

		if (ranges[middle][1] <= start)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ranges.length && ranges[low][0] < end;
}
