// download.js
//		Hands what is seen to the browser as a file.

import { toCsv } from './csv.js';
import { labelOf } from './model.js';
import { formatTime } from './time.js';
import { boundsOf } from './view.js';

// Saves the items that are drawn, without those of versions compared with, as CSV.
export function saveCsv(view, drawn)
{
	const [start, end] = boundsOf(view);
	const columns = drawn.filter(({ ghost }) => !ghost).map(({ stream, series }) => ({
		label: `${labelOf(stream)}${stream.info.unit ? ` [${stream.info.unit}]` : ''}${stream.version === '0' ? '' : `, version ${stream.version}`}`,
		items: Array.from({ length: series.length }, (_, i) => series.item(i))
			.filter((item) => item.time < end && item.time + (item.raw ? 1n : 1n << BigInt(item.pointwidth)) > start),
	}));
	const url = URL.createObjectURL(new Blob([toCsv(columns)], { type: 'text/csv' }));
	const link = document.createElement('a');

	link.href = url;
	link.download = `btrdb-${formatTime(start, 'utc', 0).replace(' ', 'T').replaceAll(':', '')}Z.csv`;
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 10000);
}
