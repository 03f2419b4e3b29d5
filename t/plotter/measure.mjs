// measure.mjs
//		Measures how long the page takes from a wheel, a key or a jump to the picture with all that it wants;
//		what is seen meanwhile, made of what is there, comes with the next frame.

import { PlotPage, startBrowser } from './browser.mjs';
import { connect, one, startPlotter } from './harness.mjs';

const JOURNEYS = 10;
const client = await connect();
const stream = await one(client, 'SELECT uuid FROM btrdb.streams WHERE collection = \'measure\'');
const { first, last, count } = (await client.query(`SELECT e.time AS first, l.time AS last, btrdb_count($1) AS count
	FROM btrdb_earliest($1) AS e, btrdb_latest($1) AS l`, [stream])).rows[0];
const plotter = await startPlotter();
const browser = await startBrowser();
const page = await PlotPage.open(browser, plotter.url, `#s=${stream}`, { viewport: { width: 1600, height: 900 } });
const times = new Map();

// Does something that wants another picture, and notes how long that took.
async function measure(kind, action)
{
	const { view } = await page.data();

	await action();
	const data = await page.settled(view);
	times.set(kind, [...times.get(kind) ?? [], Number(data.latency)]);
	return data.view.split('..').map(BigInt);
}

// Returns a time of the stream.
const anyTime = () => BigInt(first) + BigInt(Math.floor(Math.random() * Number(BigInt(last) - BigInt(first))));

let view = (await page.settled()).view.split('..').map(BigInt);
for (let journey = 0; journey < JOURNEYS; journey++)
{
	const target = anyTime();

	while (view[1] - view[0] > 1000n)
		view = await measure('wheel', () => page.wheel(Number(target - view[0]) / Number(view[1] - view[0]), -300));
	for (let exponent = 6; exponent <= 13; exponent++)
	{
		const start = anyTime();
		const end = start + 10n ** BigInt(exponent);

		await page.page.fill('#start', String(start));
		await page.page.fill('#end', String(end));
		await measure('jump', () => page.page.press('#end', 'Enter'));
		for (let i = 0; i < 3; i++)
			await measure('screen to the right', () => page.press('Shift+ArrowRight'));
	}
	view = await measure('everything', () => page.press('0'));
}

console.log(`${Number(count).toLocaleString('en')} points; ms from the event to the picture with all windows or points that it wants:\n`);
console.log('| | times | median | 95 % | worst |\n|---|---:|---:|---:|---:|');
for (const [kind, list] of times)
{
	list.sort((a, b) => a - b);
	console.log(`| ${[kind, list.length, ...[0.5, 0.95, 1].map((part) => list[Math.ceil(part * list.length) - 1].toFixed(0))].join(' | ')} |`);
}
await page.close();
await browser.close();
await plotter.stop();
await client.end();
