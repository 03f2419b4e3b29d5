// palette.js
//		The colours of the picture: those of the style sheet, which knows dark and light.

export const COLORS = 8;

// Reads the colours of the theme that is on.
export function readPalette()
{
	const style = getComputedStyle(document.documentElement);
	const color = (name) => style.getPropertyValue(`--${name}`).trim();

	return {
		streams: Array.from({ length: COLORS }, (_, i) => color(`stream-${i}`)),
		text: color('text'),
		faint: color('faint'),
		grid: color('grid'),
		frame: color('frame'),
		changed: color('changed'),
		background: color('background'),
		font: style.getPropertyValue('--font'),
	};
}
