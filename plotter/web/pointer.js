// pointer.js
//		Wheel, mouse and fingers: zoom, move, choose a range; axes of values, too.

const WHEEL_FACTOR = 1.0015;

// Returns the axis whose ticks are under a pixel, or null.
function axisAt(plot, x)
{
	const { layout, axes } = plot;
	const number = Math.floor((layout.plot.left - x) / layout.axisWidth);

	return x < layout.plot.left ? axes[number] ?? null : null;
}

// Returns the pixels that a turn of the wheel means.
function pixelsOf(event, delta)
{
	return delta * (event.deltaMode === 1 ? 30 : event.deltaMode === 2 ? 300 : 1);
}

// Listens to an element, above which the plot is.  actions has zoom(fraction, factor, time), pan(fraction, time),
// fixAxis(key, range or null), zoomTo(from, to), point(x or null), select(range or null).
export function startPointer(element, plot, actions)
{
	const fingers = new Map();
	let drag = null;

	const place = (event) => {
		const box = element.getBoundingClientRect();

		return [event.clientX - box.left, event.clientY - box.top];
	};
	const fractionOf = (x) => Math.min(Math.max((x - plot.layout.plot.left) / plot.layout.plot.width, 0), 1);

	// Zooms an axis around the value at y.
	const zoomAxis = (axis, y, factor) => {
		const { top, height } = plot.layout.plot;
		const value = axis.high - (y - top) / height * (axis.high - axis.low);

		actions.fixAxis(axis.key, [value - (value - axis.low) * factor, value + (axis.high - value) * factor]);
	};

	element.addEventListener('wheel', (event) => {
		const [x, y] = place(event);
		const axis = axisAt(plot, x);
		const [dx, dy] = [pixelsOf(event, event.deltaX), pixelsOf(event, event.deltaY)];

		event.preventDefault();
		if (axis && dy !== 0)
			zoomAxis(axis, y, WHEEL_FACTOR ** dy);
		else if (event.shiftKey || Math.abs(dx) > Math.abs(dy))
			actions.pan((Math.abs(dx) > Math.abs(dy) ? dx : dy) / plot.layout.plot.width, event.timeStamp);
		else
			actions.zoom(fractionOf(x), WHEEL_FACTOR ** (event.ctrlKey ? 6 * dy : dy), event.timeStamp);
	}, { passive: false });

	element.addEventListener('pointerdown', (event) => {
		const [x, y] = place(event);

		if (event.button !== 0)
			return;
		element.setPointerCapture(event.pointerId);
		fingers.set(event.pointerId, x);
		drag = { x, y, start: x, axis: axisAt(plot, x), choosing: event.shiftKey };
		if (drag.axis)
			drag.range = [drag.axis.low, drag.axis.high];
	});

	element.addEventListener('pointermove', (event) => {
		const [x, y] = place(event);

		actions.point(x);
		if (!drag || !fingers.has(event.pointerId))
			return;
		if (fingers.size === 2)
		{
			const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
			const before = Math.max(Math.abs(fingers.get(event.pointerId) - other), 10);
			const now = Math.max(Math.abs(x - other), 10);

			fingers.set(event.pointerId, x);
			drag.choosing = false;
			drag.x = x;
			actions.zoom(fractionOf(other), before / now, event.timeStamp);
			return;
		}
		fingers.set(event.pointerId, x);
		if (drag.axis)
		{
			const shift = (y - drag.y) / plot.layout.plot.height * (drag.range[1] - drag.range[0]);

			actions.fixAxis(drag.axis.key, drag.range.map((value) => value + shift));
		}
		else if (drag.choosing)
		{
			actions.select([drag.start, x]);
		}
		else
		{
			actions.pan((drag.x - x) / plot.layout.plot.width, event.timeStamp);
			drag.x = x;
		}
	});

	const release = (event) => {
		const [x] = place(event);

		fingers.delete(event.pointerId);
		if (drag?.choosing)
		{
			actions.select(null);
			if (event.type === 'pointerup' && Math.abs(x - drag.start) > 3)
				actions.zoomTo(fractionOf(Math.min(x, drag.start)), fractionOf(Math.max(x, drag.start)), event.timeStamp);
		}
		if (fingers.size === 0)
			drag = null;
	};
	element.addEventListener('pointerup', release);
	element.addEventListener('pointercancel', release);
	element.addEventListener('pointerleave', () => actions.point(null));

	element.addEventListener('dblclick', (event) => {
		const [x] = place(event);
		const axis = axisAt(plot, x);

		if (axis)
			actions.fixAxis(axis.key, null);
		else
			actions.zoom(fractionOf(x), 0.25, event.timeStamp);
	});
}
