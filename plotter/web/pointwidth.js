// pointwidth.js
//		Which windows a view wants, and the tiles that they are asked for and kept in.
//
// A window is 2^pointwidth ns wide, a tile has 512 of them, both aligned to the epoch.  Tile i of
// a pointwidth covers [i, i + 1) * 2^(pointwidth + 9) ns.  An index fits a double: times are below
// 2^62 in size.

import { TIME_MAX, TIME_MIN } from './time.js';

export const TILE_BITS = 9;
export const TILE_WINDOWS = 1 << TILE_BITS;
export const MAX_POINTWIDTH = 53;

// More points than this in a tile are shown as windows.
export const RAW_LIMIT = 2 * TILE_WINDOWS;

// Returns the largest pointwidth whose windows are not wider than a pixel, 0 at least: so there are
// one to two windows for each pixel.
export function choosePointwidth(span, pixels)
{
	const width = span / Math.max(pixels, 1);
	let pointwidth = Math.floor(Math.log2(width));

	// the logarithm may be off by one where the width is a power of two
	if (2 ** (pointwidth + 1) <= width)
		pointwidth++;
	if (2 ** pointwidth > width)
		pointwidth--;
	return Math.min(Math.max(pointwidth, 0), MAX_POINTWIDTH);
}

function tileIndex(time, pointwidth)
{
	return Number(time >> BigInt(pointwidth + TILE_BITS));
}

export function tileStart(index, pointwidth)
{
	return BigInt(index) << BigInt(pointwidth + TILE_BITS);
}

// Returns the indexes of the first and the last tile that has a part of [start, end).
export function tilesOf(start, end, pointwidth)
{
	const from = start < TIME_MIN ? TIME_MIN : start;
	const to = end > TIME_MAX ? TIME_MAX : end;

	return [tileIndex(from, pointwidth), tileIndex(to > from ? to - 1n : from, pointwidth)];
}

// Returns [start, end) of tiles first to last, cut off at the ends of time.
export function rangeOfTiles(first, last, pointwidth)
{
	const start = tileStart(first, pointwidth);
	const end = tileStart(last + 1, pointwidth);

	return [start < TIME_MIN ? TIME_MIN : start, end > TIME_MAX ? TIME_MAX : end];
}
