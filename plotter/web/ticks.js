// ticks.js
//		Where a time axis has its ticks, from years to nanoseconds, and what they say.

import { formatTime, fromWall, splitTime, toWall } from './time.js';
import { boundsOf, offsetIn } from './view.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MS = 1000000;				// ns

// Steps of less than a second are in ns, others in ms.  "room" is how many pixels a label needs.
const FINE = [1, 2, 5].flatMap((n) => Array.from({ length: 9 }, (_, i) => n * 10 ** i)).sort((a, b) => a - b)
	.map((size) => ({ unit: 'ns', size, ns: size, room: 50 + 7 * Math.max(3, 9 - Math.floor(Math.log10(size))) }));
const STEPS = [
	...FINE,
	...[1, 2, 5, 10, 15, 30].map((n) => ({ unit: 'ms', size: n * SECOND, ns: n * SECOND * MS, room: 85 })),
	...[1, 2, 5, 10, 15, 30].map((n) => ({ unit: 'ms', size: n * MINUTE, ns: n * MINUTE * MS, room: 70 })),
	...[1, 2, 3, 6, 12].map((n) => ({ unit: 'ms', size: n * HOUR, ns: n * HOUR * MS, room: 70 })),
	...[1, 2, 5, 10].map((n) => ({ unit: 'day', size: n, ns: n * DAY * MS, room: 65 })),
	...[1, 2, 3, 6].map((n) => ({ unit: 'month', size: n, ns: n * 30 * DAY * MS, room: 60 })),
	...[1, 2, 5, 10, 20, 50, 100].map((n) => ({ unit: 'year', size: n, ns: n * 365 * DAY * MS, room: 60 })),
];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

// Returns the smallest step whose labels have room.
function chooseStep(span, width)
{
	return STEPS.find((step) => step.ns / span * width >= step.room) ?? STEPS.at(-1);
}

// Steps that divide a second: multiples of the epoch's nanoseconds in every zone.
function fineTicks(start, end, step)
{
	const size = BigInt(step.size);
	const times = [];

	for (let time = start - (((start % size) + size) % size); time <= end; time += size)
		times.push(time);
	return times;
}

// Returns the moments at which the zone's clock shows these walls.
function momentsOf(walls, zone)
{
	return walls.map((wall) => BigInt(fromWall(wall, zone)) * BigInt(MS));
}

// Seconds to hours: multiples on the clock of the zone.
function clockTicks(from, to, step)
{
	const walls = [];

	for (let wall = Math.floor(from / step.size) * step.size; wall <= to; wall += step.size)
		walls.push(wall);
	return walls;
}

// Says whether a day of the month gets a tick; the last ones would come too near to the next month's
// first.
function dayHasTick(day, size)
{
	if (day === 1 || size === 1)
		return true;
	return size === 2 ? day % 2 === 1 && day < 30 : day % size === 0 && day < 30;
}

function dayTicks(from, to, step)
{
	const walls = [];

	for (let wall = Math.floor(from / DAY) * DAY; wall <= to; wall += DAY)
	{
		if (dayHasTick(new Date(wall).getUTCDate(), step.size))
			walls.push(wall);
	}
	return walls;
}

// Months and years: counted in months.
function calendarTicks(from, to, step)
{
	const size = step.unit === 'year' ? 12 * step.size : step.size;
	const date = new Date(from);
	const walls = [];

	for (let month = Math.floor((12 * date.getUTCFullYear() + date.getUTCMonth()) / size) * size; ; month += size)
	{
		const wall = Date.UTC(Math.floor(month / 12), month % 12, 1);

		if (wall > to)
			return walls;
		walls.push(wall);
	}
}

// Returns what a tick says, and the line under it, which says what the ticks around have in common.
function labelsOf(time, step, zone)
{
	const text = formatTime(time, zone, 9);
	const [date, clock] = text.split(' ');
	const [year, month, day] = date.split('-');

	switch (step.unit)
	{
		case 'year':
			return [year, ''];
		case 'month':
			return [MONTHS[month - 1], year];
		case 'day':
			return [`${Number(day)} ${MONTHS[month - 1]}`, year];
		case 'ms':
			return [clock.slice(0, step.size < MINUTE ? 8 : 5), date];
		default:
			return [clock.slice(8, 9 + Math.max(3, 9 - Math.floor(Math.log10(step.size)))), `${date} ${clock.slice(0, 8)}`];
	}
}

// Returns the ticks of a view that is width pixels wide: their times, their pixels, what they say,
// and the line below where it begins or changes ('' elsewhere).
export function timeTicks(view, width, zone)
{
	const step = chooseStep(view.span, width);
	const [start, end] = boundsOf(view);
	const from = toWall(splitTime(start)[0], zone);
	const to = toWall(splitTime(end)[0], zone);
	const ticks = [];
	let times;
	let last = null;

	if (step.unit === 'ns')
		times = fineTicks(start, end, step);
	else if (step.unit === 'ms')
		times = momentsOf(clockTicks(from, to, step), zone);
	else if (step.unit === 'day')
		times = momentsOf(dayTicks(from, to, step), zone);
	else
		times = momentsOf(calendarTicks(from, to, step), zone);

	for (const time of times)
	{
		const x = offsetIn(view, time) / view.span * width;

		// Where clocks are set forward, two walls are one moment.
		if (x < 0 || x > width || (ticks.length > 0 && time <= ticks.at(-1).time))
			continue;
		const [label, below] = labelsOf(time, step, zone);

		ticks.push({ time, x, label, below: below === last ? '' : below });
		last = below;
	}
	return ticks;
}
