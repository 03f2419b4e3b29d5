// model.js
//		What the page shows: range, streams, versions, axes.  It knows nothing of how.

import { COLORS } from './palette.js';
import { boundsOf, viewOf } from './view.js';

// A stream that is shown.  info is what the catalog says, state what /api/states says; both null until known.
export function makeStream(id, fields = {})
{
	return { id, info: null, state: null, version: '0', compare: null, axis: null, color: null, hidden: false, error: null, ...fields };
}

// Returns the name by which people know a stream.
export function labelOf(stream)
{
	return stream.info ? `${stream.info.collection}/${stream.info.name ?? stream.id.slice(0, 8)}` : stream.id;
}

// Returns what two streams that share an axis have in common: the number that was chosen, or their
// unit.
export function axisOf(stream)
{
	return stream.axis !== null ? `axis ${stream.axis}` : stream.info?.unit ?? '';
}

export class Model
{
	ready = false;			// what the address says, or everything, is in view
	view = viewOf(0n, 1000000000n);
	last = null;			// the span that follows what is written; null: none does
	zone = 'utc';
	density = true;
	axes = {};				// the range of axes that do not follow what is seen
	streams = [];
	selected = 0;

	// Returns the colour's number of a stream: its own, or by its place.
	colorOf(stream)
	{
		return (stream.color ?? this.streams.indexOf(stream)) % COLORS;
	}

	get current()
	{
		return this.streams[this.selected] ?? null;
	}

	find(id)
	{
		return this.streams.find((stream) => stream.id === id) ?? null;
	}

	// Adds a stream of the catalog and selects it.  Its colour is one that no other has, if there is one.
	add(info)
	{
		const used = new Set(this.streams.map((stream) => this.colorOf(stream)));
		const free = Array.from({ length: COLORS }, (_, i) => i).find((i) => !used.has(i)) ?? this.streams.length % COLORS;

		for (const stream of this.streams)
			stream.color = this.colorOf(stream);
		this.streams.push(makeStream(info.uuid, { info, color: free }));
		this.selected = this.streams.length - 1;
	}

	remove(stream)
	{
		for (const other of this.streams)
			other.color = this.colorOf(other);
		this.streams = this.streams.filter((other) => other !== stream);
		this.selected = Math.max(0, Math.min(this.selected, this.streams.length - 1));
	}

	// Returns [first, last] of the times of all streams that are seen, or null.
	extent()
	{
		const states = this.streams.filter((stream) => !stream.hidden && stream.state?.first != null).map((stream) => stream.state);

		if (states.length === 0)
			return null;
		return [
			states.map((state) => BigInt(state.first)).reduce((a, b) => (b < a ? b : a)),
			states.map((state) => BigInt(state.last)).reduce((a, b) => (b > a ? b : a)),
		];
	}

	// Returns what a permalink says.
	toState()
	{
		return {
			range: boundsOf(this.view),
			last: this.last === null ? null : Math.round(this.last),
			streams: this.streams,
			axes: this.axes,
			zone: this.zone,
			selected: this.selected,
			density: this.density,
		};
	}
}
