// travel.js
//		The versions of the selected stream: which is shown, with which it is compared.

import { askJson } from './api.js';
import { formatTime } from './time.js';
import { formatCount } from './values.js';

export class Travel
{
	#model;
	#parts;
	#changed;
	#failed;
	#stream = null;
	#versions = [];
	#asked = 0;

	// parts are the elements by their ids; changed(stream) is called when other versions are chosen.
	constructor({ model, parts, changed, failed })
	{
		this.#model = model;
		this.#parts = parts;
		this.#changed = changed;
		this.#failed = failed;
		parts.shown.addEventListener('input', () => this.#choose('version', Number(parts.shown.value)));
		parts.compared.addEventListener('input', () => this.#choose('compare', Number(parts.compared.value)));
		parts.comparing.addEventListener('change', () => this.toggleCompare());
		parts.everywhere.addEventListener('click', () => this.#everywhere());
	}

	// The places of the slider are the versions that the list has and, last, the latest.
	#numberAt(place)
	{
		return this.#versions[place]?.version ?? '0';
	}

	#placeOf(version)
	{
		const place = this.#versions.findIndex((v) => BigInt(v.version) >= BigInt(version));

		return version === '0' || place < 0 ? this.#versions.length : place;
	}

	// Reads the versions of the selected stream, again if it was written.
	async load()
	{
		const stream = this.#model.current;
		const asked = ++this.#asked;

		if (!stream?.info)
		{
			this.#stream = null;
			this.#versions = [];
			return this.refresh();
		}
		try
		{
			const { versions } = await askJson('/api/versions', { stream: stream.id });

			if (asked !== this.#asked)
				return null;
			this.#stream = stream;
			this.#versions = versions;
		}
		catch (error)
		{
			this.#failed(error, stream);
		}
		return this.refresh();
	}

	#describe(version)
	{
		const known = this.#versions.find((v) => v.version === version);

		if (version === '0')
			return 'latest';
		return known ? `version ${version} of ${formatTime(BigInt(known.created) * 1000000n, this.#model.zone, 3)}, ${formatCount(known.count)} points` : `version ${version}`;
	}

	// Shows what is chosen.
	refresh()
	{
		const { box, shown, compared, comparing, shownText, comparedText, changedText } = this.#parts;
		const stream = this.#model.current;
		const ready = stream !== null && stream === this.#stream;

		box.disabled = !ready;
		if (!ready)
		{
			shownText.value = comparedText.value = changedText.value = '';
			return;
		}
		shown.max = compared.max = this.#versions.length;
		shown.value = this.#placeOf(stream.version);
		shownText.value = this.#describe(stream.version);
		shown.setAttribute('aria-valuetext', shownText.value);
		comparing.checked = stream.compare !== null;
		compared.hidden = stream.compare === null;
		compared.value = this.#placeOf(stream.compare ?? '0');
		comparedText.value = stream.compare === null ? '' : this.#describe(stream.compare);
		compared.setAttribute('aria-valuetext', comparedText.value);
		changedText.value = '';
	}

	// Says how many of the ranges that differ are seen.
	tellChanges(count)
	{
		const { changedText } = this.#parts;
		const text = this.#model.current?.compare === null || count === null ? '' : count === 0 ? 'nothing differs here' : `${count} range${count === 1 ? '' : 's'} differ${count === 1 ? 's' : ''} here`;

		if (changedText.value !== text)
			changedText.value = text;
	}

	#choose(field, place)
	{
		const stream = this.#stream;

		if (!stream)
			return;
		stream[field] = this.#numberAt(place);
		this.refresh();
		this.#changed(stream);
	}

	// Shows the version before or after the one that is shown.
	step(by)
	{
		if (this.#stream && this.#stream === this.#model.current)
			this.#choose('version', Math.min(Math.max(this.#placeOf(this.#stream.version) + by, 0), this.#versions.length));
	}

	// Compares with the version before the one that is shown, or no more.
	toggleCompare()
	{
		const stream = this.#stream;

		if (!stream || stream !== this.#model.current)
			return;
		if (stream.compare === null)
		{
			// the last of the list is the latest, but for what is buffered
			const place = Math.min(this.#placeOf(stream.version), this.#versions.length - 1);

			stream.compare = this.#numberAt(Math.max(place - 1, 0));
		}
		else
		{
			stream.compare = null;
		}
		this.refresh();
		this.#changed(stream);
	}

	// Shows all streams as they were when the version that is shown was the latest.
	async #everywhere()
	{
		const known = this.#versions.find((v) => v.version === this.#stream?.version);

		try
		{
			const { versions } = known === undefined ? { versions: {} }
				// the time is cut off to milliseconds
				: await askJson('/api/versions-at', [['at', known.created + 1], ...this.#model.streams.map(({ id }) => ['stream', id])]);

			for (const stream of this.#model.streams)
			{
				if (stream !== this.#stream)
					stream.version = versions[stream.id] ?? '0';
			}
		}
		catch (error)
		{
			this.#failed(error, null);
		}
		this.refresh();
		this.#changed(null);
	}
}
