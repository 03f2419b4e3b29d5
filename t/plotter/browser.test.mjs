// The page in a browser: what people do with it, and what they see.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

import { PlotPage, startBrowser } from './browser.mjs';
import { connect, makeStream, one, startPlotter } from './harness.mjs';
import { toCsv } from '../../plotter/web/csv.js';

const NOW = 1700000000000000000n;
const MS = 1000000n;
const N = 100000;
let client;
let plotter;
let browser;
let wave;
let load;

const view = async (page) => (await page.data()).view.split('..').map(BigInt);
const hash = (...parts) => `#${parts.join('&')}`;
const isClose = (a, b, tolerance) => assert.ok(Math.abs(a - b) <= tolerance, `${a} is not ${b}`);

before(async () => {
	client = await connect();
	// 1 kHz for 110 s, without 10 s in the middle
	const times = Array.from({ length: N }, (_, i) => NOW + BigInt(i < N / 2 ? i : i + 10000) * MS);

	wave = await makeStream(client, 'plant/wave', { unit: 'V' }, times, times.map((_, i) => 230 + 5 * Math.sin(i / 5000) + i % 3));
	load = await makeStream(client, 'plant/load', { unit: 'MW' }, times.filter((_, i) => i % 1000 === 0), times.filter((_, i) => i % 1000 === 0).map((_, i) => i));
	await client.query('SELECT btrdb_flush()');
	plotter = await startPlotter();
	browser = await startBrowser();
});

after(async () => {
	await browser?.close();
	await plotter?.stop();
	await client?.end();
});

// A test with a page of its own, in which nothing may go wrong.
function pageTest(name, address, use, options = {})
{
	test(name, { timeout: 50000 }, async () => {
		const page = await PlotPage.open(browser, plotter.url, typeof address === 'function' ? address() : address, options);

		await use(page);
		await page.close();
	});
}

pageTest('an empty address shows the first streams, all of them', '', async (page) => {
	const data = await page.settled();
	const [start, end] = await view(page);

	assert.equal(await page.page.title(), `${process.env.PGDATABASE} - btrdb plotter`);
	await page.untilText('#legend', /plant\/load/);
	assert.ok(start < NOW && start > NOW - 5n * 1000n * MS && end > NOW + 109000n * MS && end < NOW + 115000n * MS);
	assert.equal(data.complete, 'yes');
	assert.ok(await page.coloured(0.1, 0.4) > 200);
});

pageTest('band and line are drawn, a gap is a gap', () => hash(`s=${wave}`), async (page) => {
	const data = await page.settled();

	assert.equal(data.raw, 'false');
	// so many windows as pixels, or up to twice as many, without those of the gap
	const { width } = await page.place();
	assert.ok(Number(data.items) > width * 0.8 && Number(data.items) < 2 * width, `${data.items} windows in ${width} pixels`);
	assert.ok(await page.coloured(0.2, 0.4) > 3000);
	assert.equal(await page.coloured(0.47, 0.52), 0);
	assert.ok(await page.coloured(0.56, 0.8) > 3000);
});

pageTest('the wheel zooms from everything to nanoseconds and back', () => hash(`s=${wave}`), async (page) => {
	let data = await page.settled();
	const all = await view(page);
	const latencies = [];
	const target = NOW + 12345n * MS;

	for (let i = 0; ; i++)
	{
		const [start, end] = await view(page);
		const fraction = Number(target - start) / Number(end - start);
		const before = data.view;

		if (end - start < 100n)
			break;
		assert.ok(i < 60);
		await page.wheel(fraction, -1000);
		data = await page.settled(before);
		latencies.push(Number(data.latency));
		const [from, to] = await view(page);
		assert.ok(from <= target && target <= to, `${target} is in ${data.view}`);
	}
	assert.equal(data.raw, 'true');
	assert.equal(data.items, '1');
	assert.equal(data.pointwidth, '0');
	assert.match(data.ticks, /^\.\d{8,9}\|/);
	assert.equal(data.below, '2023-11-14 22:13:32');
	assert.ok(await page.coloured(0, 1) > 5);

	for (let span = 0n; span < all[1] - all[0]; span = (await view(page)).reduce((a, b) => b - a))
	{
		await page.wheel(0.5, 2000);
		data = await page.settled(data.view);
	}
	latencies.sort((a, b) => a - b);
	console.log(`# from the wheel to the picture: median ${latencies[latencies.length >> 1]} ms, worst ${latencies.at(-1)} ms`);
	await page.press('0');
	await page.until((d) => d.complete === 'yes' && d.view === all.join('..'));
});

pageTest('dragging moves, dragging with Shift chooses a range', () => hash(`t=${NOW}..${NOW + 50000n * MS}`, `s=${wave}`), async (page) => {
	const { left, top, width } = await page.place();
	const { mouse, keyboard } = page.page;
	let { view: before } = await page.settled();

	await mouse.move(left + 0.5 * width, top + 60);
	await mouse.down();
	await mouse.move(left + 0.4 * width, top + 60, { steps: 5 });
	await mouse.move(left + 0.3 * width, top + 60, { steps: 5 });
	await mouse.up();
	await page.until((d) => d.complete === 'yes' && BigInt(d.view.split('..')[0]) > NOW + 9800n * MS);
	isClose(Number((await view(page))[0] - NOW) / 1e9, 10, 0.2);

	({ view: before } = await page.data());
	const [start] = await view(page);
	await keyboard.down('Shift');
	await mouse.move(left + 0.2 * width, top + 60);
	await mouse.down();
	await mouse.move(left + 0.3 * width, top + 60, { steps: 3 });
	await mouse.up();
	await keyboard.up('Shift');
	await page.settled(before);
	const [from, to] = await view(page);
	isClose(Number(from - start) / 1e9, 10, 0.3);
	isClose(Number(to - from) / 1e9, 5, 0.3);
});

pageTest('axes of values: one for each unit, zoomed by the wheel, released by a double click', () => hash(`s=${wave}`, `s=${load}`), async (page) => {
	await page.settled();
	const picture = await page.picture();
	const box = await page.page.locator('#picture').boundingBox();

	assert.equal(await page.coloured(0.47, 0.52, 2) < 800, true);
	await page.page.mouse.move(box.x + 66 + 30, box.y + 100);
	await page.page.mouse.wheel(0, -500);
	await page.untilAddress(/y=V~/);
	assert.notEqual(await page.picture(), picture);
	await page.page.mouse.dblclick(box.x + 66 + 30, box.y + 100);
	await page.untilAddress(/^(?!.*y=V)/);
	assert.equal(await page.picture(), picture);
	await page.page.selectOption('#legend tr:nth-child(2) select', '1');
	await page.page.selectOption('#legend tr:nth-child(1) select', '1');
	await page.untilAddress(/~a1.*~a1/);
});

pageTest('streams are found by tree, words, unit and tags, and shown by a click', '', async (page) => {
	await page.settled();
	await page.page.click('#finder button.folder:has-text("plant")');
	await page.page.click('#finder button[data-uuid]:has-text("wave")');
	await page.untilText('#legend', /plant\/wave/);
	await page.page.fill('#search', 'unit=MW lo');
	await page.untilText('#finder', /plant\/load/);
	await page.untilText('#finder', /^(?!.*wave)/);
	assert.equal(await page.page.getAttribute('#finder button', 'aria-pressed'), 'true');
	await page.page.click('#finder button');
	await page.untilText('#legend', /^(?!.*load)/);
	await page.page.fill('#search', 'no such thing');
	await page.untilText('#finder', /nothing found/);
});

pageTest('names are texts, whatever they look like', '', async (page) => {
	const name = '<img src=x onerror=alert(1)>';

	await page.settled();
	const uuid = await makeStream(client, `odd/${name}`.replace('/on', ' on'), { unit: '<b>' }, [NOW], [1]);
	await page.page.fill('#search', 'onerror');
	await page.untilText('#finder', /<img src=x/);
	await page.page.click('#finder button');
	await page.untilText('#legend', /<img src=x/);
	await page.page.mouse.move(500, 200);
	assert.equal(await page.page.$$eval('img', (images) => images.length), 0);
	await client.query('SELECT btrdb_obliterate($1)', [uuid]);
});

test('time travel: another version, what differs, and a permalink that brings it all back', { timeout: 50000 }, async () => {
	const first = await one(client, 'SELECT btrdb_version($1)', [wave]);
	await client.query('SELECT btrdb_delete($1, $2::bigint, $3::bigint)', [wave, NOW + 20000n * MS, NOW + 30000n * MS]);
	const page = await PlotPage.open(browser, plotter.url, hash(`t=${NOW}..${NOW + 100000n * MS}`, `s=${wave}`));

	await page.settled();
	assert.equal(await page.coloured(0.21, 0.29), 0);
	await page.untilText('#travel', /latest/);
	await page.press('[', '[');
	await page.untilText('#shown-text', new RegExp(`^version ${first} of 2.*100,000 points`));
	await page.settled();
	// the text is there before the picture
	for (let i = 0; i < 200 && await page.coloured(0.21, 0.29) <= 1000; i++)
		await new Promise((resolve) => setTimeout(resolve, 50));
	assert.ok(await page.coloured(0.21, 0.29) > 1000);
	await page.press(']', ']');
	await page.untilText('#shown-text', /latest/);
	await page.press('v');
	await page.untilText('#compared-text', new RegExp(`^version ${first} `));
	await page.untilText('#changed-text', /range/);
	await page.settled();
	// shaded from top to bottom, and the old line in grey
	assert.ok(await page.coloured(0.22, 0.28) > 10000);
	await page.untilAddress(new RegExp(`~c${first}`));

	// the sliders do what the keys do
	await page.page.focus('#shown');
	await page.page.keyboard.press('Home');
	await page.untilText('#shown-text', new RegExp(`^version ${first} `));
	await page.untilText('#changed-text', /nothing differs/);
	await page.page.keyboard.press('End');
	await page.untilText('#shown-text', /latest/);
	await page.untilText('#changed-text', /range/);

	await page.settled();
	await page.press('u');
	await page.untilAddress(/z=local/);
	const picture = await page.picture();
	const address = page.page.url();
	await page.page.reload();
	await page.untilText('#changed-text', /range/);
	await page.settled();
	assert.equal(await page.picture(), picture);
	assert.equal(page.page.url(), address);
	await page.close();

	// everything as of the old version's time
	const together = await PlotPage.open(browser, plotter.url, hash(`s=${wave}~v${first}`, `s=${load}`));
	await together.untilText('#shown-text', /^version/);
	await together.page.click('#everywhere');
	await together.untilAddress(new RegExp(`s=${load}~v\\d+`));
	await together.close();

	await client.query('SELECT btrdb_revert($1, $2)', [wave, first]);
});

pageTest('a version that is not there is said, and the rest is shown', () => hash(`s=${wave}~v999999`, `s=${load}`, 's=no/where'), async (page) => {
	await page.untilText('#legend tr:nth-child(1)', /999999/);
	await page.untilText('#legend tr:nth-child(1) .error', /version/);
	await page.untilText('#legend tr:nth-child(3) .error', /no such stream/);
	await page.until((d) => Number(d.items.split(',')[1]) > 90);
	// refused with 400, which the browser logs
	page.problems = page.problems.filter((problem) => !/status of 400/.test(problem));
});

pageTest('where points are trimmed there are boxes, however near one comes', '', async (page) => {
	const begin = (NOW >> 38n) << 38n;
	const trimmed = await makeStream(client, 'plant/trimmed', {}, Array.from({ length: 3600 }, (_, i) => begin + BigInt(i) * 1000n * MS), Array.from({ length: 3600 }, (_, i) => i % 100));

	await client.query('SELECT btrdb_trim($1, $2::bigint, 38)', [trimmed, begin + 3000000n * MS]);
	await page.page.goto(`${plotter.url}${hash(`t=${begin + 60000n * MS}..${begin + 61000n * MS}`, `s=${trimmed}`)}`);
	await page.page.reload();
	const data = await page.settled();
	assert.deepEqual([data.items, data.raw], ['1', 'false']);
	assert.ok(await page.coloured(0.1, 0.9) > 100000);
	await page.press('0');
	await page.until((d) => d.complete === 'yes' && Number(d.items) > 100);
	await client.query('SELECT btrdb_obliterate($1)', [trimmed]);
	await page.untilText('#legend', /no such stream/);
});

pageTest('an empty stream says so, and shows its first point when that comes', '', async (page) => {
	const empty = await makeStream(client, 'plant/empty', {});

	await page.page.goto(`${plotter.url}${hash(`s=${empty}`)}`);
	await page.page.reload();
	await page.untilText('#empty', /no points in these streams yet/);
	await client.query('SELECT btrdb_insert($1, $2::bigint, 7)', [empty, String(NOW)]);
	await page.until((d) => d.items === '1');
	await client.query('SELECT btrdb_obliterate($1)', [empty]);
	await page.untilText('#legend', /no such stream/);
});

pageTest('what is written appears, buffered or not, and a live page moves along', '', async (page) => {
	const tail = await makeStream(client, 'plant/tail', { unit: 'A' }, [NOW, NOW + 1000n * MS, NOW + 2000n * MS], [1, 2, 3]);

	await page.page.goto(`${plotter.url}${hash(`t=${NOW - 1000n * MS}..${NOW + 9000n * MS}`, `s=${tail}`)}`);
	await page.page.reload();
	await page.until((d) => d.items === '3');
	await client.query('SELECT btrdb_insert($1, $2::bigint, 4)', [tail, String(NOW + 3000n * MS)]);
	await page.until((d) => d.items === '4');
	await client.query('SELECT btrdb_delete($1, $2::bigint, $3::bigint)', [tail, NOW, NOW + 1n]);
	await page.until((d) => d.items === '3');
	await page.press('l');
	await page.untilAddress(/last=10000000000&/);
	await client.query('SELECT btrdb_insert($1, $2::bigint, 5)', [tail, String(NOW + 60000n * MS)]);
	await page.until((d) => d.complete === 'yes' && BigInt(d.view.split('..')[1]) > NOW + 60000n * MS);
	assert.equal((await page.data()).items, '1');
	// whoever moves leaves
	await page.press('ArrowLeft');
	await page.untilAddress(/^#t=/);

	// announced, it comes without being asked for
	const { items } = await page.until((d) => d.complete === 'yes' && BigInt(d.view.split('..')[1]) < NOW + 60000n * MS);
	await client.query('SELECT btrdb_insert($1, $2::bigint, 6), pg_notify(\'btrdb\', $3)', [tail, String(NOW + 59000n * MS), JSON.stringify({ stream: tail })]);
	await page.until((d) => Number(d.items) === Number(items) + 1);
	await client.query('SELECT btrdb_obliterate($1)', [tail]);
});

pageTest('a slow database: the picture stays, zoomed, until the right one is there', () => hash(`t=${NOW}..${NOW + 100000n * MS}`, `s=${wave}`), async (page) => {
	const other = await connect();
	const { view: before } = await page.settled();

	await other.query('BEGIN; LOCK TABLE btrdb.points IN ACCESS EXCLUSIVE MODE');
	await page.wheel(0.2, -3000);
	const data = await page.until((d) => d.complete === 'no' && d.view !== before);
	assert.ok(Number(data.items) > 5, 'coarser windows stand for finer ones');
	await page.page.waitForSelector('#waiting:not([hidden])');
	assert.ok(await page.coloured(0, 1) > 1000);
	await other.query('COMMIT');
	await page.settled(before);
	await page.page.waitForSelector('#waiting', { state: 'hidden' });
	await other.end();
});

test('a lost database: the page says so, keeps its picture, and goes on when it is back', { timeout: 50000, skip: !process.env.BTRDB_DATA && 'it does not know the server\'s directory' }, async () => {
	const page = await PlotPage.open(browser, plotter.url, hash(`t=${NOW}..${NOW + 100000n * MS}`, `s=${wave}`));
	const control = (...args) => execFileSync('pg_ctl', ['-D', process.env.BTRDB_DATA, '-w', '-s', ...args], { stdio: 'ignore' });
	const { view: before } = await page.settled();

	control('-m', 'immediate', 'stop');
	await page.wheel(0.2, -3000);
	await page.page.waitForSelector('#message:not([hidden])');
	await page.untilText('#message', /Trying again/);
	assert.ok(await page.coloured(0, 1) > 1000);
	control('-l', process.env.BTRDB_SERVER_LOG, 'start');
	await page.settled(before);
	await page.page.waitForSelector('#message', { state: 'hidden' });
	await page.close();
	client = await connect();
});

pageTest('CSV is what is seen: windows, or points', () => hash(`t=${NOW}..${NOW + 100000n * MS}`, `s=${wave}`), async (page) => {
	const download = async () => {
		const [file] = await Promise.all([page.page.waitForEvent('download'), page.page.click('#csv')]);

		assert.match(file.suggestedFilename(), /^btrdb-2023-11-14T2213\d\dZ\.csv$/);
		return readFileSync(await file.path(), 'utf8');
	};
	const { pointwidth } = await page.settled();
	const windows = (await client.query('SELECT time, min, mean, max, count FROM btrdb_aligned_windows($1, $2::bigint, $3::bigint, $4)',
		[wave, NOW, NOW + 100000n * MS + (1n << BigInt(pointwidth)), pointwidth])).rows.filter(({ time }) => BigInt(time) < NOW + 100000n * MS);

	assert.equal(await download(), toCsv([{ label: 'plant/wave [V]', items: windows.map((w) => ({ ...w, raw: false, time: BigInt(w.time) })) }]));

	const { view: before } = await page.data();
	await page.page.fill('#start', `${NOW + 10n * MS}`);
	await page.page.fill('#end', '2023-11-14 22:13:20.020');
	await page.page.press('#end', 'Enter');
	await page.settled(before);
	const points = (await client.query('SELECT time, value FROM btrdb_values($1, $2::bigint, $3::bigint)', [wave, NOW + 10n * MS, NOW + 20n * MS])).rows;
	assert.equal(points.length, 10);
	assert.equal(await download(), toCsv([{ label: 'plant/wave [V]', items: points.map(({ time, value }) => ({ raw: true, time: BigInt(time), mean: value })) }]));
});

pageTest('everything has a key', () => hash(`t=${NOW}..${NOW + 10000n * MS}`, `s=${wave}`, `s=${load}`), async (page) => {
	const span = async () => (await view(page)).reduce((a, b) => Number(b - a));
	let { view: before } = await page.settled();
	const go = async (...keys) => {
		({ view: before } = await page.data());
		await page.press(...keys);
		await page.settled(before);
		return view(page);
	};

	assert.equal((await go('ArrowRight'))[0], NOW + 1000n * MS);
	assert.equal((await go('Shift+ArrowLeft'))[0], NOW - 9000n * MS);
	await go('+');
	isClose(await span(), 7e9, 10);
	await go('-');
	isClose(await span(), 1e10, 10);
	const [, end] = await go('End');
	isClose(Number(end - NOW) / 1e9, 110.2, 0.01);
	const [start] = await go('Home');
	isClose(Number(start - NOW) / 1e9, -0.2, 0.01);
	await go('0');
	assert.ok(await span() > 1.1e11);
	await page.press('n');
	await page.untilAddress(/d=0/);
	await page.press('j', 'h');
	await page.untilAddress(/i=1/);
	await page.untilAddress(/~h/);
	await page.press('Delete');
	await page.untilText('#legend', /^(?!.*load)/);
	await page.press('/');
	assert.equal(await page.page.evaluate(() => document.activeElement.id), 'search');
	// a letter that is typed is no command
	await page.page.keyboard.type('n?');
	assert.equal(await page.page.inputValue('#search'), 'n?');
	await page.page.keyboard.press('Escape');
	await page.press('?');
	await page.page.waitForSelector('#keys[open]');
	await page.page.keyboard.press('Escape');
	await page.page.waitForSelector('#keys', { state: 'hidden' });
	await page.press('u');
	await page.untilText('#zone', /Local/);
	await page.until((d) => d.below.includes('2023-11-15'));
});

pageTest('dark if the system is, or by the switch, which stays', () => hash(`s=${wave}`), async (page) => {
	const back = () => page.page.evaluate(() => getComputedStyle(document.body).backgroundColor);

	await page.settled();
	const picture = await page.picture();
	const dark = await back();
	await page.press('d');
	assert.notEqual(await back(), dark);
	await page.eventually(() => page.picture(), (now) => now !== picture, 'the picture stays dark');
	await page.page.reload();
	await page.settled();
	assert.equal(await back(), 'rgb(255, 255, 255)');
	await page.press('d');
	assert.equal(await back(), dark);
	await page.page.emulateMedia({ colorScheme: 'light' });
	await page.eventually(back, (color) => color !== dark, 'the page stays dark');
}, { colorScheme: 'dark' });

pageTest('what is under the pointer is said to the nanosecond', () => hash(`t=${NOW}..${NOW + 10n * MS}`, `s=${wave}`), async (page) => {
	await page.settled();
	const { left, top, width } = await page.place();

	await page.page.mouse.move(left + 0.3 * width, top + 50);
	await page.untilText('#legend .at', /at 2023-11-14 22:13:20\.003000000$/);
	await page.page.mouse.move(left + 0.351 * width, top + 50);
	await page.untilText('#legend .at', /at 2023-11-14 22:13:20\.004000000$/);
});
