// plot.js
//		Keeps the picture up to date: finds out which tiles the view wants, has them loaded, and draws
//		what there is.

import { askTiles } from './api.js';
import { TileCache } from './cache.js';
import { Changes } from './changes.js';
import { drawScene } from './draw.js';
import { layoutOf } from './layout.js';
import { Loader } from './loader.js';
import { axisOf } from './model.js';
import { readPalette } from './palette.js';
import { choosePointwidth, tilesOf } from './pointwidth.js';
import { extentOf, makeSeries } from './series.js';
import { widen } from './values.js';
import { boundsOf } from './view.js';

const CACHE_BYTES = 96 << 20;
const WAITING_MS = 700;

export class Plot
{
	#model;
	#canvas;
	#ctx;
	#onDrawn;
	#onFailed;
	#frame = 0;
	#paused = false;
	#asked = 0;				// when somebody last wanted another picture
	#waiting = null;
	#palette;
	#waitingSign;
	layout;
	items = [];				// what was drawn: { stream, series, ghost, axis, color }
	axes = [];
	complete = false;

	// drawn() is called after each picture; failed(error, stream) when something could not be had.
	constructor(model, { canvas, waitingSign, drawn, failed })
	{
		this.#model = model;
		this.#canvas = canvas;
		this.#waitingSign = waitingSign;
		this.#ctx = canvas.getContext('2d');
		this.#onDrawn = drawn;
		this.#onFailed = failed;
		this.cache = new TileCache(CACHE_BYTES);
		this.loader = new Loader(this.cache, {
			fetch: (run) => askTiles(run),
			changed: () => this.redraw(),
			failed: (error, run) => failed(error, model.find(run.stream)),
		});
		this.changes = new Changes({ changed: () => this.redraw(), failed });
		this.#palette = readPalette();
		new ResizeObserver(() => this.redraw()).observe(canvas);
	}

	// Reads the colours of the theme again.
	restyle()
	{
		this.#palette = readPalette();
		this.redraw();
	}

	// Asks for nothing until resume() is called.
	pause()
	{
		this.#paused = true;
	}

	resume()
	{
		this.#paused = false;
		this.redraw();
	}

	// Draws soon.  With the time of an event that wants another picture, the time until that is there
	// is measured.
	redraw(eventTime = 0)
	{
		if (eventTime > 0)
			this.#asked = eventTime;
		if (this.#frame === 0)
			this.#frame = requestAnimationFrame(() => this.#draw());
	}

	// Returns what there is of one version of a stream: its series, the tiles that are missing.
	#collect(stream, version, pointwidth)
	{
		const { view } = this.#model;
		const [first, last] = tilesOf(...boundsOf(view), pointwidth);
		const covers = [];
		const missing = [];

		for (let index = first; index <= last; index++)
		{
			const cover = this.cache.cover(stream.id, version, pointwidth, index);

			covers.push(cover);
			if (!cover.exact)
				missing.push({ stream: stream.id, version, pointwidth, index });
		}
		return { series: makeSeries(covers, first, pointwidth, view, this.layout.plot.width), missing };
	}

	// Returns the tiles that a pan or a zoom would want: a screen to either side, the next pointwidths.
	#around(stream, version, pointwidth)
	{
		const [start, end] = boundsOf(this.#model.view);
		const span = end - start;
		const wanted = [];
		const add = (from, to, pw) => {
			if (pw < 0)
				return;
			const [first, last] = tilesOf(from, to, pw);

			for (let index = first; index <= last; index++)
				wanted.push({ stream: stream.id, version, pointwidth: pw, index });
		};

		add(start - span, end + span, pointwidth);
		add(start, end, pointwidth - 1);
		add(start - span / 2n, end + span / 2n, pointwidth + 1);
		add(start - span, end + span, pointwidth + 2);
		return wanted;
	}

	// Groups items by axis and finds each axis' range: that which is fixed, or what is seen.
	#makeAxes(items)
	{
		const axes = new Map();

		for (const item of items)
		{
			const key = axisOf(item.stream);
			const axis = axes.get(key) ?? { key, units: new Set(), colors: new Set(), low: Infinity, high: -Infinity };
			const extent = extentOf(item.series, this.layout.plot.width);

			axes.set(key, axis);
			axis.units.add(item.stream.info?.unit ?? '');
			if (!item.ghost)
				axis.colors.add(item.color);
			if (extent)
			{
				axis.low = Math.min(axis.low, extent[0]);
				axis.high = Math.max(axis.high, extent[1]);
			}
			item.axis = axis;
		}
		for (const axis of axes.values())
		{
			const fixed = this.#model.axes[axis.key];

			axis.fixed = fixed !== undefined;
			[axis.low, axis.high] = fixed ?? (axis.low <= axis.high ? widen(axis.low, axis.high) : [0, 1]);
			axis.label = [...axis.units].filter((unit) => unit !== '').join(', ');
			axis.color = axes.size > 1 && axis.colors.size === 1 ? [...axis.colors][0] : null;
		}
		return [...axes.values()];
	}

	#draw()
	{
		const model = this.#model;
		const canvas = this.#canvas;
		const ratio = devicePixelRatio;
		const visible = model.streams.filter((stream) => !stream.hidden && stream.info);
		const axes = new Set(visible.map(axisOf)).size;
		const [width, height] = [canvas.clientWidth, canvas.clientHeight];
		const missing = [];
		const around = [];
		const changes = [];

		this.#frame = 0;
		if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio))
			[canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
		this.layout = layoutOf(width, height, axes, model.density);

		const pointwidth = choosePointwidth(model.view.span, this.layout.plot.width);

		this.items = [];
		for (const stream of visible)
		{
			const color = this.#palette.streams[model.colorOf(stream)];
			const versions = stream.compare === null ? [stream.version] : [stream.compare, stream.version];

			stream.changed = null;
			for (const [i, version] of versions.entries())
			{
				const { series, missing: tiles } = this.#collect(stream, version, pointwidth);

				const ghost = i === 0 && versions.length > 1;

				this.items.push({ stream, series, ghost, color: ghost ? this.#palette.faint : color });
				if (stream.error === null)
				{
					missing.push(...tiles);
					around.push(...this.#around(stream, version, pointwidth));
				}
			}
			if (stream.compare !== null && !this.#paused)
			{
				stream.changed = this.changes.get(stream, model.view, pointwidth);
				changes.push(stream.changed);
			}
		}
		this.axes = this.#makeAxes(this.items);
		const ticks = drawScene(this.#ctx, ratio, {
			layout: this.layout, palette: this.#palette, view: model.view, pointwidth, zone: model.zone, axes: this.axes, items: this.items, changes,
		});

		this.complete = model.ready && missing.length === 0;
		if (!this.#paused)
			this.loader.want(missing.length === 0 ? [around] : [missing]);
		this.#tell(pointwidth, ticks);
		this.#onDrawn();
	}

	// Shows whether the picture waits for something, and says in attributes what is seen: that is
	// what tests look at.
	#tell(pointwidth, ticks)
	{
		const { dataset } = this.#canvas;
		const [start, end] = boundsOf(this.#model.view);

		if (this.complete)
		{
			clearTimeout(this.#waiting);
			this.#waiting = null;
			this.#waitingSign.hidden = true;
			if (this.#asked > 0)
				dataset.latency = (performance.now() - this.#asked).toFixed(1);
			this.#asked = 0;
		}
		else
		{
			this.#waiting ??= setTimeout(() => { this.#waitingSign.hidden = false; }, WAITING_MS);
		}
		dataset.complete = this.complete ? 'yes' : 'no';
		dataset.view = `${start}..${end}`;
		dataset.pointwidth = pointwidth;
		dataset.items = this.items.map(({ series }) => series.length).join(',');
		dataset.raw = this.items.map(({ series }) => series.raw).join(',');
		dataset.ticks = ticks.map(({ label }) => label).join('|');
		dataset.below = ticks.map(({ below }) => below).filter((below) => below !== '').join('|');
	}
}
