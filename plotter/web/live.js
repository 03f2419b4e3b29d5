// live.js
//		Notices that streams were written: by events where the database announces it, else by asking
//		every other second; and takes out of the cache just what has changed.

import { askJson } from './api.js';
import { TIME_MAX, TIME_MIN } from './time.js';

const POLL_MS = 2000;
// with a channel for each stream, asking is for what got lost only
const RARE_POLL_MS = 20000;
const EVENT_MS = 30;
// into how many parts of a stream's extent what has changed is divided, at most
const PARTS = 4096;

// Returns how coarse ranges of changes between two times may be, as a power of two.
export function resolutionFor(first, last)
{
	return Math.max(0, Math.ceil(Math.log2(Math.max(Number(last - first), 1) / PARTS)));
}

// Says whether two states of a stream are the same: every write makes a version or adds to the points
// in the write buffer.
export function sameState(a, b)
{
	return a.version === b.version && a.count === b.count && a.first === b.first && a.last === b.last;
}

export class Live
{
	#model;
	#actions;
	#timer = null;
	#source = null;
	#sourceStreams = '';
	#listening = false;
	#polling = null;
	#again = false;

	// actions has written(stream, ranges or null), gone(stream), known(stream), failed(error), polled().
	constructor(model, actions)
	{
		this.#model = model;
		this.#actions = actions;
		document.addEventListener('visibilitychange', () => this.restart());
	}

	// Begins to look after the streams that the model has now.
	restart()
	{
		const streams = this.#model.streams.filter((stream) => stream.info).map((stream) => stream.id);
		const wanted = document.hidden ? '' : streams.map((id) => `stream=${id}`).join('&');

		clearTimeout(this.#timer);
		if (wanted !== this.#sourceStreams)
		{
			// a browser has few connections to a server: pages that nobody sees hold none
			this.#source?.close();
			this.#source = null;
			this.#listening = false;
			this.#sourceStreams = wanted;
			if (wanted !== '')
				this.#listen(wanted);
		}
		if (wanted !== '')
			this.poll();
	}

	#listen(parameters)
	{
		const source = new EventSource(`/api/events?${parameters}`);
		const soon = () => {
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.poll(), EVENT_MS);
		};

		this.#source = source;
		source.addEventListener('written', soon);
		source.addEventListener('listening', () => {
			this.#listening = true;
			soon();
		});
		for (const name of ['lost', 'error'])
			source.addEventListener(name, () => { this.#listening = false; });
	}

	// Asks for the states of all streams, once at a time; whoever asks meanwhile has it asked again.
	async poll()
	{
		if (this.#polling)
		{
			this.#again = true;
			return this.#polling;
		}
		clearTimeout(this.#timer);
		this.#polling = this.#ask();
		await this.#polling;
		this.#polling = null;
		if (this.#again)
		{
			this.#again = false;
			return this.poll();
		}
		if (!document.hidden && this.#model.streams.length > 0)
		{
			const announced = this.#listening && this.#model.streams.every((stream) => stream.state?.channel);

			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.poll(), announced ? RARE_POLL_MS : POLL_MS);
		}
		return null;
	}

	async #ask()
	{
		const streams = this.#model.streams.filter((stream) => stream.info);

		try
		{
			if (streams.length === 0)
				return;
			const { states } = await askJson('/api/states', streams.map(({ id }) => ['stream', id]));

			await Promise.all(streams.map((stream) => this.#compare(stream, states[stream.id])));
			this.#actions.polled();
		}
		catch (error)
		{
			this.#actions.failed(error);
		}
	}

	// Takes the new state of a stream, and finds out which ranges differ from the old one: all that was written
	// after that version, and what is in the buffer.
	async #compare(stream, state)
	{
		const old = stream.state;

		if (state === undefined)
			return this.#actions.gone(stream);
		stream.state = state;
		if (old === null)
			return this.#actions.known(stream);
		if (sameState(old, state))
			return null;
		try
		{
			const times = [old.first, old.last, state.first, state.last].filter((time) => time !== null).map(BigInt);
			const extent = times.length === 0 ? [0n, 0n] : [times.reduce((a, b) => (b < a ? b : a)), times.reduce((a, b) => (b > a ? b : a))];
			const { ranges, more } = await askJson('/api/changes',
				{ stream: stream.id, from: old.version, to: 0, resolution: resolutionFor(...extent), start: TIME_MIN, end: TIME_MAX });

			return this.#actions.written(stream, more ? null : ranges.map((range) => range.map(BigInt)));
		}
		catch (error)
		{
			// what is not known to be as it was is out of date, then
			this.#actions.written(stream, null);
			if (error.passes)
				throw error;
			return null;
		}
	}
}
