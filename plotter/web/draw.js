// draw.js
//		Draws the picture: axes, and streams as bands, lines and points.

import { densityOf } from './series.js';
import { timeTicks } from './ticks.js';
import { formatRate, valueTicks } from './values.js';
import { offsetIn } from './view.js';

// Points nearer to each other than this are a line only.
const DOT_DISTANCE = 5;
// Windows from this width on are boxes: those of trimmed points, and coarse ones that stand for others.
const BOX_WIDTH = 12;

// Calls run(from, to) for each stretch of items without a gap, to being the last one.
function eachRun(series, run)
{
	let from = 0;

	for (let i = 1; i <= series.length; i++)
	{
		if (i === series.length || !series.joined(i))
		{
			run(from, i - 1);
			from = i;
		}
	}
}

// Draws the band from minimum to maximum.  Wide windows are boxes, and so is one that stands alone.
function drawBand(ctx, series, left, y)
{
	ctx.beginPath();
	eachRun(series, (from, to) => {
		if (from === to || series.width[from] >= BOX_WIDTH)
		{
			for (let i = from; i <= to; i++)
			{
				const half = Math.max(series.width[i], 1) / 2;

				ctx.rect(left + series.x[i] - half, y(series.max[i]), 2 * half, y(series.min[i]) - y(series.max[i]));
			}
			return;
		}
		ctx.moveTo(left + series.x[from], y(series.max[from]));
		for (let i = from + 1; i <= to; i++)
			ctx.lineTo(left + series.x[i], y(series.max[i]));
		for (let i = to; i >= from; i--)
			ctx.lineTo(left + series.x[i], y(series.min[i]));
		ctx.closePath();
	});
	ctx.fill();
}

// Draws the line of means, or through the points.
function drawLine(ctx, series, left, y)
{
	ctx.beginPath();
	eachRun(series, (from, to) => {
		ctx.moveTo(left + series.x[from], y(series.mean[from]));
		for (let i = from; i <= to; i++)
		{
			const half = series.width[i] >= BOX_WIDTH ? series.width[i] / 2 : 0;

			ctx.lineTo(left + series.x[i] - half, y(series.mean[i]));
			ctx.lineTo(left + series.x[i] + half, y(series.mean[i]));
		}
	});
	ctx.stroke();
}

// Draws dots: what stands alone, and points that are far enough apart to be told from each other.
function drawDots(ctx, series, left, y, size)
{
	ctx.beginPath();
	for (let i = 0; i < series.length; i++)
	{
		const before = i > 0 ? series.x[i] - series.x[i - 1] : Infinity;
		const after = i + 1 < series.length ? series.x[i + 1] - series.x[i] : Infinity;
		const alone = (i === 0 || !series.joined(i)) && (i + 1 === series.length || !series.joined(i + 1));

		if (alone || (series.width[i] === 0 && Math.min(before, after) >= DOT_DISTANCE))
		{
			ctx.moveTo(left + series.x[i] + size, y(series.mean[i]));
			ctx.arc(left + series.x[i], y(series.mean[i]), size, 0, 2 * Math.PI);
		}
	}
	ctx.fill();
}

// Draws streams into the plot, all bands below all lines.
function drawStreams(ctx, { plot }, items)
{
	const places = items.map(({ axis }) => (value) => plot.top + (axis.high - value) * plot.height / (axis.high - axis.low));

	items.forEach(({ series, color, ghost }, i) => {
		ctx.fillStyle = color;
		ctx.globalAlpha = ghost ? 0.12 : 0.28;
		drawBand(ctx, series, plot.left, places[i]);
	});
	ctx.lineJoin = 'round';
	ctx.lineWidth = 1.25;
	items.forEach(({ series, color, ghost }, i) => {
		ctx.fillStyle = color;
		ctx.strokeStyle = color;
		ctx.globalAlpha = ghost ? 0.8 : 1;
		ctx.setLineDash(ghost ? [5, 4] : []);
		drawLine(ctx, series, plot.left, places[i]);
		ctx.setLineDash([]);
		drawDots(ctx, series, plot.left, places[i], ghost ? 1.6 : 2.2);
	});
	ctx.globalAlpha = 1;
}

// Draws points per second, as bars, up to the most that is seen.
function drawDensity(ctx, layout, palette, items, view, pointwidth)
{
	const { density } = layout;
	const bottom = density.top + density.height;
	const drawn = items.map(({ series, color }) => ({ color, bars: densityOf(series, pointwidth, view, density.width) }));
	let most = 0;
	let together = 0;

	for (const { bars } of drawn)
	{
		for (const [left, width, rate, count] of bars)
		{
			if (left + width <= 0 || left >= density.width)
				continue;
			most = Math.max(most, rate);
			together = Math.max(together, count);
		}
	}

	ctx.fillStyle = palette.faint;
	ctx.textAlign = 'right';
	ctx.textBaseline = 'top';
	// a point that is alone in its bar has no rate
	ctx.fillText(together > 1 ? formatRate(most) : '', density.left - 6, density.top);
	ctx.textBaseline = 'bottom';
	ctx.fillText('density', density.left - 6, bottom);

	ctx.beginPath();
	ctx.rect(density.left, density.top, density.width, density.height);
	ctx.clip();
	ctx.globalAlpha = 0.5;
	for (const { color, bars } of drawn)
	{
		ctx.fillStyle = color;
		ctx.beginPath();
		for (const [left, width, rate] of bars)
			ctx.rect(density.left + left, bottom - density.height * rate / most, width, density.height * rate / most);
		ctx.fill();
	}
	ctx.globalAlpha = 1;
}

// Draws the ranges in which two versions differ, at least two pixels wide.
function drawChanges(ctx, layout, palette, ranges, view)
{
	const { plot } = layout;
	const scale = plot.width / view.span;

	ctx.fillStyle = palette.changed;
	for (const [start, end] of ranges)
	{
		const from = Math.max(offsetIn(view, start) * scale, 0);
		const to = Math.min(offsetIn(view, end) * scale, plot.width);

		if (to >= 0 && from <= plot.width)
			ctx.fillRect(plot.left + from - (to - from < 2 ? 1 : 0), plot.top, Math.max(to - from, 2), plot.height);
	}
}

// Draws the axes of values; the first one has the grid.
function drawValueAxes(ctx, layout, palette, axes)
{
	const { plot } = layout;

	axes.forEach((axis, i) => {
		const right = plot.left - i * layout.axisWidth;
		const scale = plot.height / (axis.high - axis.low);

		ctx.textAlign = 'right';
		ctx.textBaseline = 'middle';
		for (const { value, label } of valueTicks(axis.low, axis.high, plot.height))
		{
			const y = Math.round(plot.top + (axis.high - value) * scale) + 0.5;

			if (i === 0)
			{
				ctx.strokeStyle = palette.grid;
				ctx.beginPath();
				ctx.moveTo(plot.left, y);
				ctx.lineTo(plot.left + plot.width, y);
				ctx.stroke();
			}
			ctx.fillStyle = axis.color ?? palette.text;
			ctx.fillText(label, right - 6, y, layout.axisWidth - 18);
		}
		ctx.save();
		ctx.translate(right - layout.axisWidth + 9, plot.top + plot.height / 2);
		ctx.rotate(-Math.PI / 2);
		ctx.textAlign = 'center';
		ctx.fillStyle = axis.color ?? palette.faint;
		ctx.fillText(`${axis.label}${axis.fixed ? ' (fixed)' : ''}`, 0, 0, plot.height);
		ctx.restore();
		ctx.strokeStyle = palette.frame;
		ctx.beginPath();
		ctx.moveTo(right + 0.5, plot.top);
		ctx.lineTo(right + 0.5, plot.top + plot.height);
		ctx.stroke();
	});
}

// Draws the axis of time, whose lower line says what the ticks have in common.
function drawTimeAxis(ctx, layout, palette, view, zone)
{
	const { plot, bottom } = layout;
	const ticks = timeTicks(view, plot.width, zone);
	let free = plot.left;

	ctx.textBaseline = 'top';
	for (const { x, label } of ticks)
	{
		const at = Math.round(plot.left + x) + 0.5;

		ctx.strokeStyle = palette.grid;
		ctx.beginPath();
		ctx.moveTo(at, plot.top);
		ctx.lineTo(at, bottom + 4);
		ctx.stroke();
		ctx.textAlign = 'center';
		ctx.fillStyle = palette.text;
		ctx.fillText(label, Math.min(at, layout.width - ctx.measureText(label).width / 2), bottom + 7);
	}
	ctx.textAlign = 'left';
	ctx.fillStyle = palette.faint;
	for (const { x, below } of ticks)
	{
		const width = ctx.measureText(below).width;
		const at = Math.min(plot.left + x - 12, layout.width - width);

		if (below === '' || at < free - 12)
			continue;
		ctx.fillText(below, at, bottom + 23);
		free = at + width + 24;
	}
	return ticks;
}

// Draws everything of a scene: { layout, palette, view, pointwidth, zone, axes, items, changes }.  Returns
// the ticks of the axis of time.
export function drawScene(ctx, ratio, { layout, palette, view, pointwidth, zone, axes, items, changes })
{
	const { plot } = layout;

	ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
	ctx.clearRect(0, 0, layout.width, layout.height);
	ctx.font = `12px ${palette.font}`;
	ctx.lineWidth = 1;
	for (const ranges of changes)
		drawChanges(ctx, layout, palette, ranges, view);

	const ticks = drawTimeAxis(ctx, layout, palette, view, zone);
	drawValueAxes(ctx, layout, palette, axes);
	ctx.strokeStyle = palette.frame;
	ctx.strokeRect(plot.left + 0.5, plot.top + 0.5, plot.width - 1, plot.height);

	ctx.save();
	ctx.beginPath();
	ctx.rect(plot.left, plot.top, plot.width, plot.height + 1);
	ctx.clip();
	drawStreams(ctx, layout, items);
	ctx.restore();

	if (layout.density)
	{
		ctx.save();
		drawDensity(ctx, layout, palette, items.filter((item) => !item.ghost), view, pointwidth);
		ctx.restore();
		ctx.strokeStyle = palette.frame;
		ctx.strokeRect(plot.left + 0.5, layout.density.top + 0.5, plot.width - 1, layout.density.height);
	}
	return ticks;
}
