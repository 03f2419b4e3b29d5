// view.js
//		The stretch of time that is seen: left edge and span, to fractions of a nanosecond.
//
// The left edge is origin + shift: a BigInt, and a double from 0 to, not including, 1.  Everything
// on the screen is a double relative to that, which is exact wherever it matters: its error is
// that of the span, some 2^-52 of it.

import { TIME_MAX, TIME_MIN } from './time.js';

export const SPAN_MIN = 10;
export const SPAN_MAX = Number(TIME_MAX - TIME_MIN);

// Returns the view with a left edge at origin + shift, moved and cut so that it stays inside of time.
function normalise(origin, shift, span)
{
	const width = Math.min(Math.max(span, SPAN_MIN), SPAN_MAX);
	const whole = Math.floor(shift);
	let left = origin + BigInt(whole);
	let rest = shift - whole;

	if (left < TIME_MIN)
		[left, rest] = [TIME_MIN, 0];
	if (left > TIME_MAX - BigInt(Math.ceil(width)))
		[left, rest] = [TIME_MAX - BigInt(Math.ceil(width)), 0];
	return Object.freeze({ origin: left, shift: rest, span: width });
}

export function viewOf(start, end)
{
	return normalise(start, 0, Number(end - start));
}

// Returns [start, end) in whole nanoseconds around the view.
export function boundsOf(view)
{
	return [view.origin, view.origin + BigInt(Math.ceil(view.shift + view.span))];
}

// Returns how many ns a time is right of the left edge, as a double.
export function offsetIn(view, time)
{
	return Number(time - view.origin) - view.shift;
}

// Returns the time at a fraction of the width.
export function timeAt(view, fraction)
{
	return view.origin + BigInt(Math.floor(view.shift + view.span * fraction));
}

// Multiplies the span by a factor and leaves the time at a fraction of the width where it is.
export function zoom(view, fraction, factor)
{
	const span = Math.min(Math.max(view.span * factor, SPAN_MIN), SPAN_MAX);

	return normalise(view.origin, view.shift + fraction * (view.span - span), span);
}

// Moves the view to the right by a fraction of its width.
export function pan(view, fraction)
{
	return normalise(view.origin, view.shift + fraction * view.span, view.span);
}

// Moves the view so that it ends at a time.
export function endAt(view, time)
{
	return normalise(time, -view.span, view.span);
}

// Returns a view of [first, last] with some room on both sides.
export function viewAround(first, last)
{
	const span = Math.max(Number(last - first), 1000);

	return normalise(first, -0.02 * span, 1.04 * span);
}

export function sameView(a, b)
{
	return a.origin === b.origin && a.shift === b.shift && a.span === b.span;
}
