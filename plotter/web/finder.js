// finder.js
//		Finds streams: the tree of collections, or what was typed into the search.

import { askJson } from './api.js';
import { make } from './dom.js';

const TYPING_MS = 200;

// Returns what tells a stream, apart from its name: unit and further tags.
function describe(info)
{
	return [info.unit, ...Object.entries(info.tags).filter(([key]) => key !== 'name' && key !== 'unit').map(([key, value]) => `${key}=${value}`)]
		.filter(Boolean).join(' ');
}

export class Finder
{
	#box;
	#search;
	#toggle;
	#isShown;
	#failed;
	#asked = 0;
	#timer = null;

	// toggle(info) shows a stream or removes it; isShown(uuid) says whether it is there.
	constructor({ box, search, toggle, isShown, failed })
	{
		this.#box = box;
		this.#search = search;
		this.#toggle = toggle;
		this.#isShown = isShown;
		this.#failed = failed;
		search.addEventListener('input', () => {
			clearTimeout(this.#timer);
			this.#timer = setTimeout(() => this.load(), TYPING_MS);
		});
	}

	// Shows the tree, or what was found.  An answer that comes after a later question is not shown.
	async load()
	{
		const asked = ++this.#asked;
		const text = this.#search.value.trim();

		try
		{
			const content = text === '' ? await this.#children('') : await this.#found(text);

			if (asked === this.#asked)
				this.#box.replaceChildren(...content);
		}
		catch (error)
		{
			this.#failed(error);
		}
	}

	// Marks those that are shown.
	refresh()
	{
		for (const button of this.#box.querySelectorAll('button[data-uuid]'))
			button.setAttribute('aria-pressed', this.#isShown(button.dataset.uuid));
	}

	#stream(info, name)
	{
		return make('li', {}, make('button', {
			'data-uuid': info.uuid,
			'aria-pressed': String(this.#isShown(info.uuid)),
			'title': `${info.collection}/${info.name ?? ''} ${describe(info)}`,
			'click': () => this.#toggle(info),
		}, `${name} `, make('small', {}, describe(info))));
	}

	async #found(text)
	{
		const { streams, more } = await askJson('/api/streams/search', { search: text });
		const items = streams.map((info) => this.#stream(info, `${info.collection}/${info.name ?? info.uuid.slice(0, 8)}`));

		return [make('ul', {}, ...items), ...(items.length === 0 ? [make('p', {}, 'nothing found')] : []), ...(more ? [make('p', {}, 'there are more')] : [])];
	}

	// Returns what is below a prefix, which is '' or ends with a slash.
	async #children(prefix)
	{
		const { folders, streams } = await askJson('/api/streams/children', { prefix });
		const items = [
			// a collection that only has the prefix' own name is no folder below it
			...folders.filter((folder) => prefix === '' || folder.name !== '').map((folder) => this.#folder(prefix, folder)),
			...streams.map((info) => this.#stream(info, info.name ?? info.uuid.slice(0, 8))),
		];

		return [make('ul', {}, ...items), ...(items.length === 0 ? [make('p', {}, 'no streams')] : [])];
	}

	#folder(prefix, { name, streams })
	{
		const item = make('li');
		const button = make('button', {
			'class': 'folder',
			'aria-expanded': 'false',
			'click': async () => {
				if (button.getAttribute('aria-expanded') === 'true')
				{
					button.setAttribute('aria-expanded', 'false');
					item.lastElementChild.remove();
					return;
				}
				button.setAttribute('aria-expanded', 'true');
				try
				{
					item.append(make('div', {}, ...await this.#children(`${prefix}${name}/`)));
				}
				catch (error)
				{
					button.setAttribute('aria-expanded', 'false');
					this.#failed(error);
				}
			},
		}, name === '' ? '(no name)' : name, ' ', make('small', {}, String(streams)));

		item.append(button);
		return item;
	}
}
