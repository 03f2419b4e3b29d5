// csv.js
//		What is seen, as CSV: a row for each time, columns for each stream.

import { isoTime } from './time.js';

// Quotes a name where it must be; one that a spreadsheet would take for a formula gets an apostrophe.
function quote(text)
{
	const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;

	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

// Returns a CSV file of columns of items, each { label, items }, the items ascending by time with raw, time, min,
// mean, max, count.  A stream of which all items are points has one column, others have four, and
// the time is the start of the window.  Points of equal time of one stream get a row each.
export function toCsv(columns)
{
	const shapes = columns.map(({ label, items }) => {
		const raw = items.every((item) => item.raw);

		return {
			items,
			at: 0,
			names: raw ? [label] : ['min', 'mean', 'max', 'count'].map((what) => `${label} (${what})`),
			cells: raw ? (item) => [item.mean] : (item) => [item.min, item.mean, item.max, item.count],
		};
	});
	const lines = [['time (ns)', 'time (UTC)', ...shapes.flatMap((shape) => shape.names)].map(quote).join(',')];

	for (;;)
	{
		let time = null;

		for (const { items, at } of shapes)
		{
			if (at < items.length && (time === null || items[at].time < time))
				time = items[at].time;
		}
		if (time === null)
			break;

		const cells = [time, isoTime(time)];
		for (const shape of shapes)
		{
			if (shape.at < shape.items.length && shape.items[shape.at].time === time)
				cells.push(...shape.cells(shape.items[shape.at++]));
			else
				cells.push(...shape.names.map(() => ''));
		}
		lines.push(cells.join(','));
	}
	return `${lines.join('\r\n')}\r\n`;
}
