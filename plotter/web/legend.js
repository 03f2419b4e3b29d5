// legend.js
//		The streams that are shown: colour, version, axis, and what is under the pointer.

import { isChanged } from './changes.js';
import { make } from './dom.js';
import { labelOf } from './model.js';
import { digitsFor, formatTime } from './time.js';
import { formatCount, formatValue } from './values.js';

const AXES = 4;

// Says what an item is, in the zone, with the digits that the span wants.
function describe(item, zone, span, changed)
{
	const time = formatTime(item.time, zone, item.raw ? 9 : digitsFor(Math.min(span / 1000, 2 ** item.pointwidth)));
	const values = item.raw ? formatValue(item.mean)
		: `${formatValue(item.mean)} (${formatValue(item.min)} to ${formatValue(item.max)}, ${formatCount(item.count)} point${item.count === 1 ? '' : 's'})`;

	return `${values} at ${time}${changed ? ', changed' : ''}`;
}

export class Legend
{
	#box;
	#model;
	#colors;
	#actions;
	#cells = new Map();

	// colors() returns those of the streams; actions has select(number), toggle(stream), remove(stream),
	// setAxis(stream, number or null).
	constructor({ box, model, colors, actions })
	{
		this.#box = box;
		this.#model = model;
		this.#colors = colors;
		this.#actions = actions;
	}

	#row(stream, number)
	{
		const actions = this.#actions;
		const label = labelOf(stream);
		const at = make('td', { class: stream.error === null ? 'at' : 'at error' });
		const swatch = make('button', {
			'class': 'swatch', 'aria-label': `Show ${label}`, 'aria-pressed': String(!stream.hidden), 'title': 'Hide or show', 'click': () => actions.toggle(stream),
		});

		swatch.style.background = this.#colors()[this.#model.colorOf(stream)];
		this.#cells.set(stream.id, at);
		return make('tr', { 'aria-selected': String(number === this.#model.selected) },
			make('td', {}, swatch),
			make('td', {}, make('button', { class: 'name', title: 'Select, for the versions below', click: () => actions.select(number) }, label)),
			make('td', {}, stream.info?.unit ?? ''),
			make('td', {}, stream.version === '0' ? 'latest' : `version ${stream.version}`),
			at,
			make('td', {}, this.#axisSelect(stream, label)),
			make('td', {}, make('button', { 'aria-label': `Remove ${label}`, 'title': 'Remove', 'click': () => actions.remove(stream) }, '×')));
	}

	#axisSelect(stream, label)
	{
		const select = make('select', {
			'aria-label': `Axis of ${label}`, 'title': 'Axis',
			'change': () => this.#actions.setAxis(stream, select.value === '' ? null : Number(select.value)),
		}, make('option', { value: '' }, 'by unit'),
		...Array.from({ length: AXES }, (_, i) => make('option', { value: i + 1, selected: stream.axis === i + 1 }, `axis ${i + 1}`)));

		return select;
	}

	// Makes the rows anew, when streams or what is to be said of them have changed.
	refresh()
	{
		this.#cells.clear();
		this.#box.replaceChildren(make('table', {}, make('tbody', {}, ...this.#model.streams.map((stream, i) => this.#row(stream, i)))));
	}

	// Says what is under the pointer, items being those of the overlay in the order of drawn; or how many
	// points there are.
	point(drawn, items)
	{
		const { zone, view } = this.#model;

		for (const stream of this.#model.streams)
		{
			const cell = this.#cells.get(stream.id);
			const texts = drawn.map(({ stream: other, ghost }, i) => {
				if (other !== stream || !items[i])
					return null;
				return ghost ? `compared: ${formatValue(items[i].mean)}` : describe(items[i], zone, view.span, isChanged(stream.changed ?? [], items[i].time));
			}).filter(Boolean);
			const total = stream.state === null ? '' : `${formatCount(stream.state.count)} points`;
			const text = stream.error ?? (texts.length > 0 ? texts.join('; ') : stream.version === '0' ? total : '');

			if (cell && cell.textContent !== text)
				cell.textContent = cell.title = text;
		}
	}
}
