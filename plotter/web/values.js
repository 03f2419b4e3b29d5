// values.js
//		Where an axis of values has its ticks, and how values are written.

// Returns the least of 1, 2 and 5 times a power of ten that is not below a number.
export function niceStep(least)
{
	const power = 10 ** Math.floor(Math.log10(least));
	const factor = [1, 2, 5].find((n) => n * power >= least * (1 - 1e-9)) ?? 10;

	return factor * power;
}

// Returns a range with some room around [low, high]; a width of 0 gets one.
export function widen(low, high)
{
	const room = high > low ? 0.05 * (high - low) : Math.max(Math.abs(high) * 0.05, 1e-300, high === 0 ? 1 : 0);

	return [low - room, high + room];
}

// Writes a value with the digits that steps of this size need.
function formatStep(value, step)
{
	const size = Math.max(Math.abs(value), step);

	if (size >= 1e7 || size < 1e-4)
	{
		const digits = Math.max(0, Math.min(15, Math.floor(Math.log10(size)) - Math.floor(Math.log10(step) + 1e-9)));

		return value === 0 ? '0' : value.toExponential(digits);
	}
	return value.toFixed(Math.max(0, Math.min(20, -Math.floor(Math.log10(step) + 1e-9))));
}

// Returns ticks of [low, high] on an axis of height pixels: { value, label }.
export function valueTicks(low, high, height, room = 40)
{
	const step = niceStep((high - low) * room / Math.max(height, room));
	const ticks = [];

	if (!(step > 0) || !Number.isFinite(step))
		return ticks;
	const first = Math.ceil(low / step);
	const count = Math.min(Math.floor(high / step) - first, 100);

	for (let i = 0; i <= count; i++)
	{
		const value = (first + i) * step;

		ticks.push({ value, label: formatStep(value, step) });
	}
	return ticks;
}

// Writes a value with seven digits, as people read it.
export function formatValue(value)
{
	if (!Number.isFinite(value))
		return '';
	const size = Math.abs(value);

	if (size !== 0 && (size >= 1e9 || size < 1e-4))
		return value.toExponential(4);
	return String(Number(value.toPrecision(7)));
}

// Writes a number of points: 12,345,678.
export function formatCount(count)
{
	return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

const RATES = [['s', 1], ['min', 60], ['h', 3600], ['day', 86400], ['year', 31556952]];

// Writes a number of points per second with three digits, in the unit in which it is 1 at least.
export function formatRate(rate)
{
	const [unit, seconds] = RATES.find(([, s]) => rate * s >= 1) ?? RATES.at(-1);

	return `${formatCount(Number((rate * seconds).toPrecision(3)))}/${unit}`;
}
