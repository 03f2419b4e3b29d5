// layout.js
//		Which part of the picture is what: axes of values at the left, the plot, the density, the axis
//		of time.

const AXIS_WIDTH = 66;
const TIME_HEIGHT = 40;
const DENSITY_HEIGHT = 64;
const TOP = 10;
const RIGHT = 14;

// Returns the places of a picture with so many axes, in pixels.
export function layoutOf(width, height, axes, density)
{
	const left = AXIS_WIDTH * Math.max(axes, 1);
	const below = TIME_HEIGHT + (density ? DENSITY_HEIGHT : 0);
	const plot = { left, top: TOP, width: Math.max(width - left - RIGHT, 50), height: Math.max(height - TOP - below, 50) };

	return {
		width,
		height,
		plot,
		axisWidth: AXIS_WIDTH,
		density: density ? { left, top: TOP + plot.height + 12, width: plot.width, height: DENSITY_HEIGHT - 12 } : null,
		bottom: height - TIME_HEIGHT,
	};
}
