// permalink.js
//		The state of the page as the part of its address after "#", and back.
//
//	t=START..END        the range of time, in ns; or last=SPAN: its last SPAN ns, as they grow
//	s=UUID~v12~c11~a2~k3~h
//	                    a stream, once for each: version shown, version compared with, axis, colour,
//	                    hidden; only the uuid, or the path collection/name, must be there
//	y=UNIT~LOW~HIGH     the range of an axis, if it does not follow what is seen
//	z=local             times in the browser's zone
//	i=1                 the stream that is selected, counted from 0
//	d=0                 no density

import { TIME_MAX, TIME_MIN } from './time.js';
import { SPAN_MAX, SPAN_MIN } from './view.js';

const STREAMS_MAX = 50;

// Encodes what would end a part of the address; slashes and colons stay readable.
function encode(text)
{
	return encodeURIComponent(text).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('~', '%7E');
}

function decode(text)
{
	try
	{
		return decodeURIComponent(text);
	}
	catch
	{
		return text;
	}
}

// Returns the part of the address for a state.
export function encodeState(state)
{
	const parts = [];

	if (state.last !== null && state.last !== undefined)
		parts.push(`last=${state.last}`);
	else if (state.range)
		parts.push(`t=${state.range[0]}..${state.range[1]}`);
	for (const stream of state.streams)
	{
		const fields = [encode(stream.id)];

		if (stream.version !== '0')
			fields.push(`v${stream.version}`);
		if (stream.compare !== null)
			fields.push(`c${stream.compare}`);
		if (stream.axis !== null)
			fields.push(`a${stream.axis}`);
		if (stream.color !== null)
			fields.push(`k${stream.color}`);
		if (stream.hidden)
			fields.push('h');
		parts.push(`s=${fields.join('~')}`);
	}
	for (const [axis, [low, high]] of Object.entries(state.axes))
		parts.push(`y=${encode(axis)}~${low}~${high}`.replaceAll('+', ''));
	if (state.zone === 'local')
		parts.push('z=local');
	if (state.selected > 0)
		parts.push(`i=${state.selected}`);
	if (!state.density)
		parts.push('d=0');
	return parts.join('&');
}

// Returns the stream that a part says, or null.
function decodeStream(text)
{
	const [id, ...fields] = text.split('~');
	const stream = { id: decode(id), version: '0', compare: null, axis: null, color: null, hidden: false };

	if (id === '')
		return null;
	for (const field of fields)
	{
		const value = field.slice(1);

		if (field === 'h')
			stream.hidden = true;
		else if (!/^\d{1,18}$/.test(value))
			continue;
		else if (field[0] === 'v')
			stream.version = String(BigInt(value));
		else if (field[0] === 'c')
			stream.compare = String(BigInt(value));
		else if (field[0] === 'a' && Number(value) < 10)
			stream.axis = Number(value);
		else if (field[0] === 'k' && Number(value) < 100)
			stream.color = Number(value);
	}
	return stream;
}

function decodeRange(text)
{
	const parts = /^(-?\d{1,19})\.\.(-?\d{1,19})$/.exec(text);

	if (!parts)
		return null;
	const start = BigInt(parts[1]);
	const end = BigInt(parts[2]);
	return start >= TIME_MIN && end <= TIME_MAX && start < end ? [start, end] : null;
}

// Returns the state that a part of an address says.  What it does not say, or what makes no sense,
// is as it is on an empty page.
export function decodeState(text)
{
	const state = { range: null, last: null, streams: [], axes: {}, zone: 'utc', selected: 0, density: true };

	for (const part of text.replace(/^#/, '').split('&'))
	{
		const [key, value = ''] = part.split(/=(.*)/s);

		if (key === 't')
			state.range = decodeRange(value);
		else if (key === 'last' && /^\d{1,19}$/.test(value))
			state.last = Math.min(Math.max(Number(value), SPAN_MIN), SPAN_MAX);
		else if (key === 's' && state.streams.length < STREAMS_MAX && decodeStream(value))
			state.streams.push(decodeStream(value));
		else if (key === 'z' && value === 'local')
			state.zone = 'local';
		else if (key === 'i' && /^\d{1,2}$/.test(value))
			state.selected = Number(value);
		else if (key === 'd' && value === '0')
			state.density = false;
		else if (key === 'y')
		{
			const [axis, low, high] = value.split('~');

			if (high !== undefined && Number(low) < Number(high) && Number.isFinite(Number(high) - Number(low)))
				state.axes[decode(axis)] = [Number(low), Number(high)];
		}
	}
	if (state.selected >= state.streams.length)
		state.selected = 0;
	return state;
}
