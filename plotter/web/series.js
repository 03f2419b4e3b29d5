// series.js
//		What of a stream is seen: items by pixel, made of tiles.

import { TILE_BITS, tileStart } from './pointwidth.js';
import { offsetIn } from './view.js';

// Bars of density of single points are as wide as so many windows.
const BAR_WINDOWS = 8;

// Columns of items in order: x, the middle in pixels from the left edge; the statistics; and where
// each item is from: its tile and its place in it.
class Series
{
	constructor(capacity)
	{
		this.length = 0;
		for (const name of ['x', 'min', 'mean', 'max', 'count', 'width'])
			this[name] = new Float64Array(capacity);
		this.place = new Int32Array(capacity);
		this.part = new Int32Array(capacity);
		this.parts = [];
		this.left = 0;			// the pixel of the first tile's start
		this.pace = Infinity;	// a distance of pixels above which two points are not joined
		this.raw = true;		// all items are points
	}

	#add(x, width, min, mean, max, count, place)
	{
		const i = this.length++;

		this.x[i] = x;
		this.width[i] = width;
		this.min[i] = min;
		this.mean[i] = mean;
		this.max[i] = max;
		this.count[i] = count;
		this.place[i] = place;
		this.part[i] = this.parts.length - 1;
	}

	// Says whether a window is the last item already: a wide one is in each of the tiles that it covers.
	#endsWith(x, width)
	{
		const last = this.length - 1;

		return last >= 0 && this.width[last] === width && Math.abs(this.x[last] - x) < width / 2;
	}

	// Says whether item i, not the first, is joined with the one before.  Between windows there is a gap
	// if one is left out, as empty ones are; points come at a pace of their own.
	joined(i)
	{
		const distance = this.x[i] - this.x[i - 1];
		const points = this.width[i] === 0 || this.width[i - 1] === 0;

		return distance <= Math.max(0.75 * (this.width[i] + this.width[i - 1]), points ? this.pace : 0);
	}

	// Adds the items of a tile that are in [from, to) pixels.
	add({ tile, pointwidth: asked, index }, view, scale, from, to)
	{
		const pointwidth = tile.pointwidth ?? asked;
		// windows of trimmed points may be wider than their tile
		const start = (tileStart(index, asked) >> BigInt(pointwidth)) << BigInt(pointwidth);
		const left = offsetIn(view, start) * scale;

		this.parts.push({ tile, pointwidth, start });
		if (tile.raw)
		{
			for (let i = 0; i < tile.n; i++)
			{
				const x = left + Number(tile.times[i] - start) * scale;

				if (x >= from && x < to)
					this.#add(x, 0, tile.values[i], tile.values[i], tile.values[i], 1, i);
			}
			return;
		}

		const width = 2 ** pointwidth * scale;

		if (tile.n > 0)
			this.raw = false;
		for (let i = 0; i < tile.n; i++)
		{
			const x = left + (tile.slots[i] + 0.5) * width;

			if (tile.pointwidth === undefined ? x >= from && x < to : !this.#endsWith(x, width))
				this.#add(x, width, tile.min[i], tile.mean[i], tile.max[i], tile.count[i], i);
		}
		if (tile.rest)
			this.add({ tile: tile.rest, pointwidth: asked, index }, view, scale, from, to);
	}

	// Returns an item as it was in its tile: { raw, time, min, mean, max, count }.
	item(i)
	{
		const { tile, pointwidth, start } = this.parts[this.part[i]];
		const time = tile.raw ? tile.times[this.place[i]] : start + BigInt(tile.slots[this.place[i]]) * (1n << BigInt(pointwidth));

		return { raw: tile.raw, time, pointwidth, min: this.min[i], mean: this.mean[i], max: this.max[i], count: this.count[i] };
	}

	// Returns the number of the item nearest to x, -1 if there is none.
	nearest(x)
	{
		let low = 0;
		let high = this.length - 1;

		while (low < high)
		{
			const middle = (low + high) >> 1;

			if (this.x[middle] < x)
				low = middle + 1;
			else
				high = middle;
		}
		if (low > 0 && x - this.x[low - 1] < this.x[low] - x)
			low--;
		return low < this.length ? low : -1;
	}
}

// Returns the distance above which two points are apart: four times the median distance.
function paceOf(series)
{
	const distances = [];

	for (let i = 1; i < series.length; i++)
	{
		if (series.width[i] === 0 && series.width[i - 1] === 0)
			distances.push(series.x[i] - series.x[i - 1]);
	}
	if (distances.length === 0)
		return Infinity;
	distances.sort((a, b) => a - b);
	return 4 * distances[distances.length >> 1];
}

// Makes the series of covers, what the cache has for tiles side by side at a pointwidth, the first of
// which is tile first, in a view that is width pixels wide.
export function makeSeries(covers, first, pointwidth, view, width)
{
	const capacity = covers.reduce((sum, cover) => cover.parts.reduce((part, { tile }) => part + tile.n + (tile.rest?.n ?? 0), sum), 0);
	const series = new Series(capacity);
	const scale = width / view.span;
	const tileWidth = 2 ** (pointwidth + TILE_BITS) * scale;

	covers.forEach((cover, i) => {
		const left = offsetIn(view, tileStart(first + i, pointwidth)) * scale;

		for (const part of cover.parts)
			series.add(part, view, scale, ...(cover.exact ? [-Infinity, Infinity] : [left, left + tileWidth]));
	});
	series.left = offsetIn(view, tileStart(first, pointwidth)) * scale;
	series.pace = paceOf(series);
	return series;
}

// Returns bars of density, [left, width, points per second, points], the first two in pixels.
// Windows are bars of their own; points are counted in bars of BAR_WINDOWS windows, at the same times
// wherever the view is.
export function densityOf(series, pointwidth, view, width)
{
	const secondsPerPixel = view.span / 1e9 / width;
	const barWidth = BAR_WINDOWS * 2 ** pointwidth * width / view.span;
	const bars = [];
	let number = null;

	for (let i = 0; i < series.length; i++)
	{
		if (series.width[i] > 0)
		{
			bars.push([series.x[i] - series.width[i] / 2, series.width[i], series.count[i] / (series.width[i] * secondsPerPixel), series.count[i]]);
			number = null;
			continue;
		}
		const bar = Math.floor((series.x[i] - series.left) / barWidth);

		if (bar !== number)
			bars.push([series.left + bar * barWidth, barWidth, 0, 0]);
		number = bar;
		bars.at(-1)[2] += 1 / (barWidth * secondsPerPixel);
		bars.at(-1)[3]++;
	}
	return bars;
}

// Returns [low, high] of the items that are seen, or null.
export function extentOf(series, width)
{
	let low = Infinity;
	let high = -Infinity;

	for (let i = 0; i < series.length; i++)
	{
		if (series.x[i] + series.width[i] / 2 < 0 || series.x[i] - series.width[i] / 2 > width)
			continue;
		low = Math.min(low, series.min[i]);
		high = Math.max(high, series.max[i]);
	}
	return low <= high ? [low, high] : null;
}
