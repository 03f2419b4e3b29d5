// loader.js
//		Fetches tiles: those that are seen first, then those that will be; joined to few requests,
//		a few at a time.

// Tiles side by side are asked for together, but no more than the server allows.
const JOINED_MAX = 16;
// A browser has six connections to a server; one listens to events.
const AT_ONCE = 4;

// Joins wanted tiles, sorted in place, to runs [first, last] of one stream, version and pointwidth.
export function joinTiles(wanted)
{
	const runs = [];

	wanted.sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0) || (a.version < b.version ? -1 : a.version > b.version ? 1 : 0)
		|| a.pointwidth - b.pointwidth || a.index - b.index);
	for (const { stream, version, pointwidth, index } of wanted)
	{
		const run = runs.at(-1);

		if (run && run.stream === stream && run.version === version && run.pointwidth === pointwidth
			&& run.last + 1 === index && index - run.first < JOINED_MAX)
			run.last = index;
		else
			runs.push({ stream, version, pointwidth, first: index, last: index });
	}
	return runs;
}

export class Loader
{
	#cache;
	#fetch;
	#changed;
	#failed;
	#queue = [];
	#running = new Set();

	// fetch(run, signal) returns a promise of tiles; changed() is called when there are new ones,
	// failed(error, run) when a request has failed.
	constructor(cache, { fetch, changed, failed })
	{
		this.#cache = cache;
		this.#fetch = fetch;
		this.#changed = changed;
		this.#failed = failed;
	}

	get busy()
	{
		return this.#running.size > 0;
	}

	// Says whether a tile is on its way.
	#isComing({ stream, version, pointwidth, index })
	{
		for (const { run, stale } of this.#running)
		{
			if (!stale && run.stream === stream && run.version === version && run.pointwidth === pointwidth && run.first <= index && index <= run.last)
				return true;
		}
		return false;
	}

	// Sets what is to be fetched: lists of tiles, the most urgent first.  What was asked
	// for before and has not begun is forgotten.
	want(lists)
	{
		this.#queue = lists.flatMap((list) => joinTiles(list.filter((tile) =>
			!this.#cache.has(tile.stream, tile.version, tile.pointwidth, tile.index) && !this.#isComing(tile))));
		this.#next();
	}

	// What is on its way of a stream's version is out of date: it does not get into the cache.
	discard(stream, version)
	{
		for (const request of this.#running)
		{
			if (request.run.stream === stream && request.run.version === version)
				request.stale = true;
		}
	}

	#next()
	{
		while (this.#running.size < AT_ONCE && this.#queue.length > 0)
			this.#start(this.#queue.shift());
	}

	async #start(run)
	{
		const request = { run, stale: false };

		this.#running.add(request);
		try
		{
			const tiles = await this.#fetch(run);

			if (!request.stale)
			{
				for (const tile of tiles)
					this.#cache.put(run.stream, run.version, run.pointwidth, tile.index, tile);
			}
			this.#running.delete(request);
			this.#changed();
		}
		catch (error)
		{
			this.#running.delete(request);
			this.#queue = [];
			this.#failed(error, run);
		}
		this.#next();
	}
}
