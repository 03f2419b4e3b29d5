// time.js
//		Times: BigInt nanoseconds since 1970-01-01 UTC, as text in UTC or the browser's zone.
//
// "Wall" is what the clock of a zone shows, in milliseconds, as if it were UTC.

export const TIME_MIN = -(1n << 62n);
export const TIME_MAX = 1n << 62n;
const NS_PER_MS = 1000000n;

// Returns the milliseconds that a time is in, as a number, and the nanoseconds after that.
export function splitTime(time)
{
	const rest = ((time % NS_PER_MS) + NS_PER_MS) % NS_PER_MS;

	return [Number((time - rest) / NS_PER_MS), Number(rest)];
}

// Returns how far a zone ('utc' or 'local') is ahead of UTC at a moment, both in milliseconds.
function zoneOffset(ms, zone)
{
	return zone === 'utc' ? 0 : Math.round(-new Date(ms).getTimezoneOffset() * 60000);
}

export function toWall(ms, zone)
{
	return ms + zoneOffset(ms, zone);
}

// Returns the moment at which the clock of the zone shows wall; one of them if there are two, and one
// beside if there is none.
export function fromWall(wall, zone)
{
	const guess = wall - zoneOffset(wall, zone);

	return wall - zoneOffset(guess, zone);
}

const pad = (number, digits) => String(number).padStart(digits, '0');

// Returns "2024-02-29 12:34:56.123456789" with as many digits of the second as asked for (0 to 9).
export function formatTime(time, zone, digits = 9)
{
	const [ms, rest] = splitTime(time);
	const date = new Date(toWall(ms, zone));
	const fraction = (pad(date.getUTCMilliseconds(), 3) + pad(rest, 6)).slice(0, digits);
	const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`;

	return `${day} ${pad(date.getUTCHours(), 2)}:${pad(date.getUTCMinutes(), 2)}:${pad(date.getUTCSeconds(), 2)}${digits > 0 ? '.' : ''}${fraction}`;
}

// Returns the time in ISO 8601 with all nine digits, in UTC.
export function isoTime(time)
{
	return `${formatTime(time, 'utc', 9).replace(' ', 'T')}Z`;
}

// Returns how many digits of the second tell times this many ns apart from each other.
export function digitsFor(ns)
{
	return ns >= 1e9 ? 0 : Math.min(9, Math.ceil(9 - Math.log10(Math.max(ns, 1))));
}

const TIMESTAMP = /^(\d{4})(?:-(\d\d?)(?:-(\d\d?)(?:[T ]+(\d\d?):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?)?)?\s*(Z|UTC|[+-]\d\d(?::?\d\d)?)?$/i;

// Returns the time that a text says, or null: a timestamp or a part of one, in the zone
// unless it names another, or a whole number of nanoseconds (of more than four digits, or followed by "ns").
export function parseTime(text, zone)
{
	const trimmed = text.trim();
	const number = /^([+-]?\d{5,19}|[+-]?\d{1,19}(?=\s*ns$))(?:\s*ns)?$/.exec(trimmed);
	let time;

	if (number)
	{
		time = BigInt(number[1]);
	}
	else
	{
		const part = TIMESTAMP.exec(trimmed);

		if (!part)
			return null;
		const [year, month, day, hour, minute, second] = part.slice(1, 7).map((p, i) => (p === undefined ? (i === 1 || i === 2 ? 1 : 0) : Number(p)));
		const wall = Date.UTC(year, month - 1, day, hour, minute, second);
		const date = new Date(wall);

		if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59)
			return null;
		time = BigInt(part[8] === undefined ? fromWall(wall, zone) : wall - offsetOf(part[8])) * NS_PER_MS + BigInt((part[7] ?? '').padEnd(9, '0'));
	}
	return time >= TIME_MIN && time <= TIME_MAX ? time : null;
}

// Returns the milliseconds that "Z", "+02" or "-03:30" is ahead of UTC.
function offsetOf(text)
{
	const part = /^([+-])(\d\d):?(\d\d)?$/.exec(text);

	return part ? (part[1] === '-' ? -1 : 1) * (Number(part[2]) * 60 + Number(part[3] ?? 0)) * 60000 : 0;
}

const SPANS = [
	['year', 31556952e9], ['month', 2629746e9], ['day', 86400e9], ['h', 3600e9], ['min', 60e9],
	['s', 1e9], ['ms', 1e6], ['µs', 1e3], ['ns', 1],
];

// Returns a span of ns as people say it: "3.5 days", "20 ms".
export function formatSpan(ns)
{
	const [name, size] = SPANS.find(([, s]) => ns >= s) ?? SPANS.at(-1);
	const number = Number((ns / size).toPrecision(3));

	return `${number} ${name}${size >= 86400e9 && number !== 1 ? 's' : ''}`;
}
