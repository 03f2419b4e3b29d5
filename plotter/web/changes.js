// changes.js
//		The ranges in which the two versions of a comparison differ.

import { overlaps } from './cache.js';
import { askJson } from './api.js';
import { TIME_MAX, TIME_MIN } from './time.js';
import { boundsOf } from './view.js';

// Returns two versions, [from, to], the older one first; '0', the latest, is the newest of all.
export function inOrder(a, b)
{
	if (a === '0' || (b !== '0' && BigInt(a) > BigInt(b)))
		return [b, a];
	return [a, b];
}

function clamp(time)
{
	return time < TIME_MIN ? TIME_MIN : time > TIME_MAX ? TIME_MAX : time;
}

export class Changes
{
	#known = new Map();
	#changed;
	#failed;

	constructor({ changed, failed })
	{
		this.#changed = changed;
		this.#failed = failed;
	}

	// Returns the ranges of a stream's comparison that are known, and asks for them if they are not, or
	// not this finely.
	get(stream, view, pointwidth)
	{
		const [from, to] = inOrder(stream.version, stream.compare);
		const key = `${stream.id}/${from}/${to}`;
		const entry = this.#known.get(key);
		const [start, end] = boundsOf(view);

		if (entry && (entry.failed || (entry.start <= start && entry.end >= end && entry.pointwidth <= pointwidth && entry.pointwidth > pointwidth - 4)))
			return entry.ranges;
		if (!entry?.asking)
			this.#ask(key, stream, from, to, view, pointwidth, entry?.ranges ?? []);
		return entry?.ranges ?? [];
	}

	async #ask(key, stream, from, to, view, pointwidth, ranges)
	{
		const span = BigInt(Math.ceil(view.span));
		const [start, end] = [clamp(view.origin - span), clamp(view.origin + 2n * span)];
		const entry = { start: 0n, end: 0n, pointwidth, ranges, asking: true };

		this.#known.set(key, entry);
		try
		{
			const answer = await askJson('/api/changes', { stream: stream.id, from, to, resolution: pointwidth, start, end });

			// one that was forgotten meanwhile is asked again
			if (this.#known.get(key) === entry)
				this.#known.set(key, { start, end, pointwidth, ranges: answer.ranges.map((range) => range.map(BigInt)), asking: false });
		}
		catch (error)
		{
			this.#known.set(key, { ...entry, asking: false, failed: !error.passes });
			this.#failed(error, stream);
			return;
		}
		this.#changed();
	}

	// Forgets what is known of a stream, whose latest version is another one now.
	forget(id)
	{
		for (const key of this.#known.keys())
		{
			if (key.startsWith(`${id}/`))
				this.#known.delete(key);
		}
	}
}

// Says whether a time is in one of the ranges.
export function isChanged(ranges, time)
{
	return overlaps(ranges, time, time + 1n);
}
