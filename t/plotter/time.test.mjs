// Times, views and pointwidths: exact to the nanosecond from one end of time to the other.

process.env.TZ = 'Europe/Berlin';

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { choosePointwidth, rangeOfTiles, tileStart, tilesOf } from '../../plotter/web/pointwidth.js';
import { TIME_MAX, TIME_MIN, digitsFor, formatSpan, formatTime, isoTime, parseTime } from '../../plotter/web/time.js';
import { SPAN_MIN, boundsOf, endAt, offsetIn, pan, timeAt, viewAround, viewOf, zoom } from '../../plotter/web/view.js';

test('times are written and read to the nanosecond', () => {
	assert.equal(formatTime(1700000000123456789n, 'utc'), '2023-11-14 22:13:20.123456789');
	assert.equal(formatTime(-1n, 'utc'), '1969-12-31 23:59:59.999999999');
	assert.equal(formatTime(1700000000123456789n, 'local', 3), '2023-11-14 23:13:20.123');
	assert.equal(isoTime(0n), '1970-01-01T00:00:00.000000000Z');
	for (const time of [0n, -1n, 1n, TIME_MIN, TIME_MAX, 1700000000123456789n, -987654321987654321n])
	{
		for (const zone of ['utc', 'local'])
			assert.equal(parseTime(formatTime(time, zone), zone), time, `${time} in ${zone}`);
		assert.equal(parseTime(isoTime(time), 'local'), time);
	}
});

test('times are read in parts, with offsets, and as numbers', () => {
	assert.equal(parseTime('2023', 'utc'), 1672531200000000000n);
	assert.equal(parseTime('2023-02', 'utc'), 1675209600000000000n);
	assert.equal(parseTime(' 2023-11-14T22:13 ', 'utc'), 1699999980000000000n);
	assert.equal(parseTime('2023-11-14 22:13:20.5+01', 'utc'), 1699996400500000000n);
	assert.equal(parseTime('2023-11-14 22:13:20-03:30', 'local'), 1700012600000000000n);
	assert.equal(parseTime('1700000000000000001', 'utc'), 1700000000000000001n);
	assert.equal(parseTime('-5 ns', 'utc'), -5n);
	for (const text of ['', 'now', '2023-13-01', '2023-02-30', '2023-01-01 25:00', '9999999999999999999', '1600'])
		assert.equal(parseTime(text, 'utc'), null, text);
});

test('clocks that are set forward and back', () => {
	// 2023-03-26 01:00 UTC and 2023-10-29 01:00 UTC in Berlin
	assert.equal(formatTime(1679792400000000000n, 'local', 0), '2023-03-26 03:00:00');
	assert.equal(parseTime('2023-03-26 03:00', 'local'), 1679792400000000000n);
	assert.equal(formatTime(1698541200000000000n, 'local', 0), '2023-10-29 02:00:00');
	assert.ok([1698541200000000000n, 1698537600000000000n].includes(parseTime('2023-10-29 02:00', 'local')));
});

test('spans and digits are what people need', () => {
	assert.equal(formatSpan(20e6), '20 ms');
	assert.equal(formatSpan(2 * 86400e9), '2 days');
	assert.equal(formatSpan(10), '10 ns');
	assert.equal(digitsFor(1e9), 0);
	assert.equal(digitsFor(1e6), 3);
	assert.equal(digitsFor(999e3), 4);
	assert.equal(digitsFor(1), 9);
});

test('a zoom from all of time to nanoseconds and back keeps the time under the pointer', () => {
	const target = 1700000000123456789n;
	let view = viewOf(TIME_MIN, TIME_MAX);

	for (let i = 0; i < 400; i++)
	{
		const fraction = offsetIn(view, target) / view.span;

		view = zoom(view, fraction, 0.87);
		assert.ok(Math.abs(offsetIn(view, target) / view.span - fraction) < 1e-6, `step ${i}, span ${view.span}`);
	}
	assert.equal(view.span, SPAN_MIN);
	assert.ok(timeAt(view, 0) <= target && target <= timeAt(view, 1));
	for (let i = 0; i < 400; i++)
		view = zoom(view, 0.5, 1 / 0.87);
	assert.deepEqual(boundsOf(view), [TIME_MIN, TIME_MAX]);
});

test('a view moves by fractions of a nanosecond, and stays inside of time', () => {
	let view = viewOf(1700000000000000000n, 1700000000000000010n);

	for (let i = 0; i < 1000; i++)
		view = pan(view, 0.001);
	assert.ok(Math.abs(offsetIn(view, 1700000000000000010n)) < 1e-6);
	assert.equal(boundsOf(pan(viewOf(TIME_MIN, TIME_MIN + 1000n), -5))[0], TIME_MIN);
	assert.equal(boundsOf(pan(viewOf(TIME_MAX - 1000n, TIME_MAX), 5))[1], TIME_MAX);
	assert.equal(boundsOf(endAt(viewOf(0n, 100n), 5000n))[1], 5000n);

	const [start, end] = boundsOf(viewAround(1000000n, 2000000n));
	assert.ok(start < 1000000n && end > 2000000n && end - start < 1100000n);
	assert.ok(viewAround(7n, 7n).span >= SPAN_MIN);
});

test('windows are one pixel at most, and more than half of one', () => {
	for (let exponent = 0; exponent < 62; exponent++)
	{
		for (const factor of [1, 1.0000001, 1.5, 1.9999999])
		{
			const span = 1000 * 2 ** exponent * factor;
			const width = 2 ** choosePointwidth(span, 1000) * 1000 / span;

			assert.ok(width <= 1 && width > 0.5 || exponent > 53, `${width} of a pixel at 2^${exponent} * ${factor}`);
		}
	}
	assert.equal(choosePointwidth(10, 1000), 0);
	assert.equal(choosePointwidth(2 ** 63, 1000), 53);
});

test('tiles cover a range without holes, also before 1970 and at the ends of time', () => {
	for (const [start, end, pointwidth] of [[-5n, 5n, 0], [-(1n << 40n), 1n << 41n, 20], [TIME_MIN, TIME_MAX, 53], [TIME_MAX - 5n, TIME_MAX, 0], [TIME_MIN, TIME_MIN + 5n, 0]])
	{
		const [first, last] = tilesOf(start, end, pointwidth);
		const [from, to] = rangeOfTiles(first, last, pointwidth);

		assert.ok(from <= start && to >= end, `${start} to ${end}`);
		assert.ok(first === last || (tileStart(first + 1, pointwidth) > start && tileStart(last, pointwidth) < end));
	}
	assert.deepEqual(tilesOf(0n, 512n, 0), [0, 0]);
	assert.deepEqual(tilesOf(0n, 513n, 0), [0, 1]);
});
