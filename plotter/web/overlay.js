// overlay.js
//		What moves with the pointer, above the picture: a line, the items beside it, a range that is being
//		chosen.

export class Overlay
{
	#canvas;
	#plot;
	#x = null;
	#selection = null;

	constructor(canvas, plot)
	{
		this.#canvas = canvas;
		this.#plot = plot;
	}

	// Puts the line at a pixel of the picture, or away (null).
	pointAt(x)
	{
		this.#x = x;
		this.draw();
	}

	// Shows a range of pixels as chosen, or none (null).
	select(range)
	{
		this.#selection = range;
		this.draw();
	}

	// Returns the items at the line: for each of the plot's items the nearest, or null in a gap.
	itemsAtLine()
	{
		const { layout, items } = this.#plot;

		return items.map(({ series }) => {
			const at = this.#x === null ? -1 : series.nearest(this.#x - layout.plot.left);

			return at >= 0 && Math.abs(series.x[at] - this.#x + layout.plot.left) <= Math.max(12, series.width[at], Math.min(series.pace, layout.plot.width) / 2) ? { at, ...series.item(at) } : null;
		});
	}

	draw()
	{
		const { layout, items } = this.#plot;
		const canvas = this.#canvas;
		const ratio = devicePixelRatio;
		const ctx = canvas.getContext('2d');

		if (!layout)
			return;
		// setting the size empties it
		canvas.width = Math.round(layout.width * ratio);
		canvas.height = Math.round(layout.height * ratio);
		ctx.scale(ratio, ratio);

		const style = getComputedStyle(canvas);
		const { plot } = layout;
		if (this.#selection)
		{
			const [from, to] = this.#selection;

			ctx.fillStyle = style.getPropertyValue('--accent');
			ctx.globalAlpha = 0.2;
			ctx.fillRect(Math.min(from, to), plot.top, Math.abs(to - from), plot.height);
			ctx.globalAlpha = 1;
		}
		if (this.#x === null || this.#x < plot.left || this.#x > plot.left + plot.width)
			return;
		ctx.strokeStyle = style.getPropertyValue('--faint');
		ctx.setLineDash([3, 3]);
		ctx.beginPath();
		ctx.moveTo(Math.round(this.#x) + 0.5, plot.top);
		ctx.lineTo(Math.round(this.#x) + 0.5, layout.bottom);
		ctx.stroke();
		ctx.setLineDash([]);
		this.itemsAtLine().forEach((found, i) => {
			const { series, axis, color } = items[i];

			if (!found)
				return;
			const y = plot.top + (axis.high - series.mean[found.at]) * plot.height / (axis.high - axis.low);

			if (y < plot.top || y > plot.top + plot.height)
				return;
			ctx.fillStyle = color;
			ctx.beginPath();
			ctx.arc(plot.left + series.x[found.at], y, 4, 0, 2 * Math.PI);
			ctx.fill();
		});
	}
}
