// The ticks of both kinds of axes.

process.env.TZ = 'Europe/Berlin';

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { timeTicks } from '../../plotter/web/ticks.js';
import { TIME_MAX, TIME_MIN, parseTime } from '../../plotter/web/time.js';
import { formatCount, formatRate, formatValue, niceStep, valueTicks, widen } from '../../plotter/web/values.js';
import { viewOf } from '../../plotter/web/view.js';

const view = (start, end, zone = 'utc') => viewOf(parseTime(start, zone), parseTime(end, zone));
const labels = (ticks) => ticks.map(({ label }) => label).join(' ');
const below = (ticks) => ticks.map((tick) => tick.below).filter((text) => text !== '').join(', ');

test('years, months, days, hours, seconds', () => {
	assert.equal(labels(timeTicks(view('1990', '2020-06'), 500, 'utc')), '1990 1995 2000 2005 2010 2015 2020');
	assert.equal(labels(timeTicks(view('2019-11', '2020-03-02'), 500, 'utc')), 'Nov Dec Jan Feb Mar');
	assert.equal(below(timeTicks(view('2019-11', '2020-03-02'), 500, 'utc')), '2019, 2020');
	assert.equal(labels(timeTicks(view('2020-02-20', '2020-03-12'), 500, 'utc')), '20 Feb 25 Feb 1 Mar 5 Mar 10 Mar');
	assert.equal(labels(timeTicks(view('2020-02-28 12:00', '2020-03-01 12:30'), 800, 'utc')), '12:00 18:00 00:00 06:00 12:00 18:00 00:00 06:00 12:00');
	assert.equal(below(timeTicks(view('2020-02-28 12:00', '2020-03-01 12:30'), 800, 'utc')), '2020-02-28, 2020-02-29, 2020-03-01');
	assert.equal(labels(timeTicks(view('2020-02-28 12:59:58', '2020-02-28 13:00:02'), 500, 'utc')), '12:59:58 12:59:59 13:00:00 13:00:01 13:00:02');
});

test('milliseconds to nanoseconds', () => {
	const fine = (span, width) => timeTicks(viewOf(1700000000999999990n, 1700000000999999990n + span), width, 'utc');

	assert.equal(labels(fine(40n, 600)), '.99999999 .00000000 .00000001 .00000002 .00000003');
	assert.equal(below(fine(40n, 900)), '2023-11-14 22:13:20, 2023-11-14 22:13:21');
	assert.equal(labels(fine(1000000000n, 500)), '.000 .200 .400 .600 .800');
	assert.ok(fine(10n, 2000).length >= 10);
});

test('ticks of the local zone follow its clock, also when it is set', () => {
	// midnight in Berlin is 22:00 UTC in summer
	assert.equal(labels(timeTicks(view('2023-07-01', '2023-07-03', 'local'), 300, 'local')), '00:00 12:00 00:00 12:00 00:00');
	// the night that has no 02:00
	assert.equal(labels(timeTicks(view('2023-03-26 00:00', '2023-03-26 05:00', 'local'), 500, 'local')), '00:00 01:00 03:00 04:00 05:00');
	// the night that has 02:00 twice
	const back = timeTicks(view('2023-10-29 00:00', '2023-10-29 05:00', 'local'), 500, 'local');
	assert.equal(labels(back), '00:00 01:00 02:00 03:00 04:00 05:00');
});

test('at any zoom labels have room, ascend, and are inside', () => {
	for (let span = 10; span < 9e18; span *= 1.37)
	{
		for (const zone of ['utc', 'local'])
		{
			const start = span > 4e18 ? TIME_MIN : 1600000000000000003n;
			const end = start + BigInt(Math.floor(span));
			const ticks = timeTicks(viewOf(start, end > TIME_MAX ? TIME_MAX : end), 1000, zone);

			assert.ok(ticks.length >= 2 && ticks.length <= 25, `${ticks.length} ticks for ${span} ns`);
			ticks.forEach(({ x, time, label }, i) => {
				assert.ok(x >= 0 && x <= 1000);
				assert.ok(i === 0 || (time > ticks[i - 1].time && x - ticks[i - 1].x > 6.5 * label.length), `${label} after ${ticks[i - 1]?.label} at ${x} for ${span} ns`);
			});
		}
	}
});

test('values have round ticks, with the digits that tell them apart', () => {
	assert.equal(niceStep(0.3), 0.5);
	assert.equal(niceStep(1), 1);
	assert.equal(niceStep(6), 10);
	assert.equal(labels(valueTicks(0, 10, 200)), '0 2 4 6 8 10');
	assert.equal(labels(valueTicks(-0.011, 0.021, 200)), '-0.01 0.00 0.01 0.02');
	assert.equal(labels(valueTicks(1e9, 1.00000001e9, 120)), '1.000000000e+9 1.000000005e+9 1.000000010e+9');
	assert.equal(labels(valueTicks(0, 4e-9, 120)), '0 2e-9 4e-9');
	assert.deepEqual(valueTicks(1, 1, 100), []);
	for (const [low, high] of [[5, 5], [0, 0], [-3, -3], [1, 2], [-1e300, 1e300], [5e-324, 5e-324]])
	{
		const [a, b] = widen(low, high);

		assert.ok(a < low && b > high, `${low} to ${high}`);
	}
});

test('numbers are written as people read them', () => {
	assert.equal(formatValue(230.12345678), '230.1235');
	assert.equal(formatValue(1.5e-7), '1.5000e-7');
	assert.equal(formatValue(-0), '0');
	assert.equal(formatCount(12345678), '12,345,678');
	assert.equal(formatRate(1000), '1,000/s');
	assert.equal(formatRate(12 / 31556952), '12/year');
});
