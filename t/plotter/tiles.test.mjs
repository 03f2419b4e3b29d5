// Tiles: how they travel, are kept, stand for each other, are asked for, and become what is drawn.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TileCache, overlaps } from '../../plotter/web/cache.js';
import { inOrder } from '../../plotter/web/changes.js';
import { Loader, joinTiles } from '../../plotter/web/loader.js';
import { densityOf, extentOf, makeSeries } from '../../plotter/web/series.js';
import { resolutionFor, sameState } from '../../plotter/web/live.js';
import { viewOf } from '../../plotter/web/view.js';
import { decodeTiles, encodeTiles } from '../../plotter/web/wire.js';

const doubles = (...numbers) => Float64Array.from(numbers);
const windows = (index, slots, mean = 1, count = 10) => ({
	index, raw: false, n: slots.length, bytes: 40 * slots.length, slots: doubles(...slots),
	min: doubles(...slots.map(() => mean - 1)), mean: doubles(...slots.map(() => mean)), max: doubles(...slots.map(() => mean + 1)), count: doubles(...slots.map(() => count)),
});
const points = (index, times, values) => ({ index, raw: true, n: times.length, bytes: 16 * times.length, times: BigInt64Array.from(times), values: doubles(...values) });

test('tiles come back as they were sent', () => {
	const sent = [windows(-3, [0, 5, 511]), points(7, [-(1n << 62n), 1700000000000000001n], [-0, 5e-324]), windows(8, [])];
	const bytes = encodeTiles(sent);
	const got = decodeTiles(bytes.buffer);

	assert.equal(bytes.length % 8, 0);
	assert.deepEqual(got, sent);
	assert.ok(Object.is(got[1].values[0], -0));
});

test('what was used longest ago goes first', () => {
	const cache = new TileCache(3 * 300 + 3 * 40);

	for (const index of [1, 2, 3])
		cache.put('a', '0', 0, index, windows(index, [0]));
	cache.get('a', '0', 0, 1);
	cache.put('a', '0', 0, 4, windows(4, [0]));
	assert.deepEqual([1, 2, 3, 4].map((index) => cache.has('a', '0', 0, index)), [true, false, true, true]);
	cache.put('a', '0', 0, 4, windows(4, []));
	assert.equal(cache.bytes, 3 * 300 + 2 * 40);
});

test('a write takes out what it touched, of the latest version only', () => {
	const cache = new TileCache(1e6);

	for (const version of ['0', '12'])
	{
		for (const index of [-1, 0, 1, 2])
			cache.put('a', version, 1, index, windows(index, [0]));
	}
	cache.put('b', '0', 1, 0, windows(0, [0]));
	// a tile of pointwidth 1 has 1024 ns
	cache.invalidate('a', '0', [[-5n, 0n], [1024n, 1025n]]);
	assert.deepEqual([-1, 0, 1, 2].map((index) => cache.has('a', '0', 1, index)), [false, true, false, true]);
	assert.ok(cache.has('a', '12', 1, 1) && cache.has('b', '0', 1, 0));
	cache.invalidate('a', '0', null);
	assert.ok(!cache.has('a', '0', 1, 0));
	assert.ok(overlaps([[0n, 5n]], 4n, 9n) && !overlaps([[0n, 5n]], 5n, 9n) && !overlaps([], 0n, 1n));
});

test('finer tiles or a coarser one stand for one that is missing', () => {
	const cache = new TileCache(1e6);

	assert.deepEqual(cache.cover('a', '0', 10, -3), { exact: false, parts: [] });
	cache.put('a', '0', 12, -1, windows(-1, [0]));
	assert.deepEqual(cache.cover('a', '0', 10, -3).parts.map((part) => [part.pointwidth, part.index]), [[12, -1]]);
	cache.put('a', '0', 9, -6, windows(-6, [0]));
	cache.put('a', '0', 9, -5, windows(-5, [0]));
	assert.deepEqual(cache.cover('a', '0', 10, -3).parts.map((part) => [part.pointwidth, part.index]), [[9, -6], [9, -5]]);
	cache.put('a', '0', 10, -3, windows(-3, [0]));
	assert.equal(cache.cover('a', '0', 10, -3).exact, true);
	assert.equal(cache.cover('a', '13', 10, -3).parts.length, 0);
});

test('tiles side by side are one request, not too long', () => {
	const tile = (stream, index, pointwidth = 5) => ({ stream, version: '0', pointwidth, index });
	const runs = joinTiles([tile('a', 3), tile('a', 1), tile('a', 2), tile('b', 3), tile('a', 5), tile('a', 4, 6)]);

	assert.deepEqual(runs.map(({ stream, pointwidth, first, last }) => [stream, pointwidth, first, last]), [['a', 5, 1, 3], ['a', 5, 5, 5], ['a', 6, 4, 4], ['b', 5, 3, 3]]);
	assert.equal(joinTiles(Array.from({ length: 40 }, (_, i) => tile('a', i))).length, 3);
});

test('the loader asks for what is seen first, once, and drops what was written meanwhile', async () => {
	const cache = new TileCache(1e6);
	const open = [];
	const failures = [];
	let changed = 0;
	const loader = new Loader(cache, {
		fetch: (run) => new Promise((resolve, reject) => open.push({ run, resolve: () => resolve([windows(run.first, [1])]), reject })),
		changed: () => changed++,
		failed: (error) => failures.push(error.message),
	});
	const tile = (index, version = '0') => ({ stream: 'a', version, pointwidth: 0, index });
	const settle = () => new Promise((resolve) => setImmediate(resolve));

	loader.want([[tile(0)], [tile(10), tile(20), tile(30), tile(40), tile(50)]]);
	assert.deepEqual(open.map(({ run }) => run.first), [0, 10, 20, 30]);
	// asked for already
	loader.want([[tile(0), tile(60)]]);
	assert.equal(open.length, 4);
	open[0].resolve();
	await settle();
	assert.ok(cache.has('a', '0', 0, 0) && changed === 1);
	assert.deepEqual(open.slice(4).map(({ run }) => run.first), [60]);

	loader.discard('a', '0');
	open[1].resolve();
	await settle();
	assert.ok(!cache.has('a', '0', 0, 10));
	// what is out of date is asked for again
	loader.want([[tile(60)]]);
	assert.equal(open.length, 6);
	open[5].reject(new Error('lost'));
	await settle();
	assert.deepEqual(failures, ['lost']);
});

test('empty windows are gaps; points are apart after four times their pace', () => {
	const view = viewOf(0n, 512n);
	const covers = (tile) => [{ exact: true, parts: [{ tile, pointwidth: 0, index: 0 }] }];
	const dense = makeSeries(covers(windows(0, [0, 1, 2, 5, 6])), 0, 0, view, 512);

	assert.deepEqual([1, 2, 3, 4].map((i) => dense.joined(i)), [true, true, false, true]);
	assert.equal(dense.raw, false);
	assert.deepEqual([...dense.x.subarray(0, 3)], [0.5, 1.5, 2.5]);
	assert.equal(dense.item(3).time, 5n);
	assert.equal(dense.nearest(4.9), 3);

	const sparse = makeSeries(covers(points(0, [10n, 20n, 30n, 45n, 200n], [1, 2, 3, 4, 5])), 0, 0, view, 512);
	assert.deepEqual([1, 2, 3, 4].map((i) => sparse.joined(i)), [true, true, true, false]);
	assert.equal(sparse.raw, true);
	assert.deepEqual(extentOf(sparse, 100), [1, 4]);
	assert.equal(extentOf(sparse, 5), null);
});

test('a tile that stands for a finer one is cut', () => {
	// tile 1 of pointwidth 0 is the second half of tile 0 of pointwidth 1
	const series = makeSeries([{ exact: false, parts: [{ tile: windows(0, [0, 255, 256, 511]), pointwidth: 1, index: 0 }] }], 1, 0, viewOf(512n, 1024n), 512);

	assert.deepEqual([...series.x.subarray(0, series.length)], [1, 511]);
});

test('a window wider than its tiles is one item', () => {
	const wide = (index) => ({ ...windows(index, [0]), pointwidth: 12 });
	const covers = [8, 9].map((index) => ({ exact: true, parts: [{ tile: wide(index), pointwidth: 0, index }] }));
	const series = makeSeries(covers, 8, 0, viewOf(4096n, 5120n), 1024);

	assert.equal(series.length, 1);
	assert.equal(series.item(0).time, 4096n);
	assert.deepEqual([series.x[0], series.width[0]], [2048, 4096]);
});

test('density is points per second', () => {
	const view = viewOf(0n, 1000000000n);
	const dense = makeSeries([{ exact: true, parts: [{ tile: windows(0, [0, 1], 0, 50), pointwidth: 20, index: 0 }] }], 0, 20, view, 1000);
	const bars = densityOf(dense, 20, view, 1000);

	assert.equal(bars.length, 2);
	assert.ok(Math.abs(bars[0][2] - 50 / (2 ** 20 / 1e9)) < 1e-6);

	const sparse = makeSeries([{ exact: true, parts: [{ tile: points(0, [0n, 1n, 500000000n], [1, 1, 1]), pointwidth: 20, index: 0 }] }], 0, 20, view, 1000);
	const [first, second] = densityOf(sparse, 20, view, 1000);
	assert.equal(first[2], 2 * second[2]);
	assert.deepEqual([first[3], second[3]], [2, 1]);
});

test('versions in order, resolutions, states', () => {
	assert.deepEqual(inOrder('0', '12'), ['12', '0']);
	assert.deepEqual(inOrder('12', '0'), ['12', '0']);
	assert.deepEqual(inOrder('13', '12'), ['12', '13']);
	assert.equal(resolutionFor(0n, 0n), 0);
	assert.equal(resolutionFor(0n, 1n << 40n), 28);
	assert.ok(!sameState({ version: '11', count: '5', first: '1', last: '2' }, { version: '11', count: '6', first: '1', last: '2' }));
});
