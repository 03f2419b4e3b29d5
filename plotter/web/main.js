// main.js
//		The page: puts the parts together, and keeps its address in step with what is seen.

import { askJson } from './api.js';
import { saveCsv } from './download.js';
import { Finder } from './finder.js';
import { startKeys } from './keys.js';
import { Legend } from './legend.js';
import { Live } from './live.js';
import { Model, makeStream } from './model.js';
import { Overlay } from './overlay.js';
import { readPalette } from './palette.js';
import { decodeState, encodeState } from './permalink.js';
import { Plot } from './plot.js';
import { startPointer } from './pointer.js';
import { Range } from './range.js';
import { startTheme } from './theme.js';
import { Travel } from './travel.js';
import { boundsOf, endAt, pan, sameView, timeAt, viewAround, viewOf, zoom } from './view.js';

const ADDRESS_MS = 300;
const RETRY_MS = 1500;

const $ = (id) => document.getElementById(id);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const model = new Model();
let colors = [];
let addressTimer = null;
let writtenAddress = '';
let retryTimer = null;
let fitWhenKnown = false;		// the range is to be that of the streams, once it is known

const plot = new Plot(model, { canvas: $('plot'), waitingSign: $('waiting'), drawn: afterDraw, failed });
const overlay = new Overlay($('overlay'), plot);
const legend = new Legend({
	box: $('legend'), model, colors: () => colors,
	actions: {
		select: (number) => { model.selected = number; streamsChanged(); },
		toggle: toggleHidden,
		remove: (stream) => { model.remove(stream); streamsChanged(); },
		setAxis: (stream, number) => { stream.axis = number; streamsChanged(); },
	},
});
const travel = new Travel({
	model, failed,
	parts: {
		box: $('travel'), shown: $('shown'), compared: $('compared'), comparing: $('comparing'), everywhere: $('everywhere'),
		shownText: $('shown-text'), comparedText: $('compared-text'), changedText: $('changed-text'),
	},
	changed: (stream) => {
		for (const one of stream === null ? model.streams : [stream])
			one.error = null;
		legend.refresh();
		redraw(performance.now());
	},
});
const range = new Range({
	model, form: $('range'), start: $('start'), end: $('end'), span: $('span'),
	changed: (view, eventTime) => {
		setView(view, eventTime);
		plot.redraw();
	},
	left: () => plot.redraw(),
});
const finder = new Finder({
	box: $('finder'), search: $('search'), failed,
	toggle: (info) => {
		const there = model.find(info.uuid);

		if (there)
			model.remove(there);
		else
			model.add(info);
		fitWhenKnown ||= !there && model.streams.length === 1;
		streamsChanged();
	},
	isShown: (uuid) => model.find(uuid) !== null,
});
const live = new Live(model, {
	known: () => {},
	gone: (stream) => {
		stream.error = 'there is no such stream, or it is hidden from this role';
		legend.refresh();
	},
	written: (stream, ranges) => {
		plot.loader.discard(stream.id, '0');
		plot.cache.invalidate(stream.id, '0', ranges);
		plot.changes.forget(stream.id);
		stream.error = null;
		if (stream === model.current)
			travel.load();
	},
	polled: () => {
		tell('');
		fit();
		follow();
		model.ready = true;
		plot.redraw();
	},
	failed: (error) => failed(error, null),
});

// ---- what happens ----

function redraw(eventTime = 0)
{
	plot.redraw(eventTime);
	clearTimeout(addressTimer);
	addressTimer = setTimeout(writeAddress, ADDRESS_MS);
}

// Shows another range.  Whoever moves it by hand does not follow what is written any more.
function setView(view, eventTime = 0, { following = false } = {})
{
	if (!following)
		model.last = null;
	fitWhenKnown = false;
	if (sameView(view, model.view))
		return;
	model.view = view;
	redraw(eventTime);
}

// Makes the range that of all streams, if that is wanted, once there are points.
function fit()
{
	const extent = model.extent();

	if (fitWhenKnown && extent)
		setView(viewAround(...extent));
}

// Moves the range to what was written last, if it is to follow.
function follow()
{
	const extent = model.extent();

	if (model.last !== null && extent)
		setView(endAt({ ...model.view, span: model.last }, extent[1] + BigInt(Math.ceil(model.last * 0.02))), 0, { following: true });
}

function streamsChanged()
{
	finder.refresh();
	legend.refresh();
	travel.refresh();
	travel.load();
	live.restart();
	redraw(performance.now());
}

function toggleHidden(stream)
{
	stream.hidden = !stream.hidden;
	legend.refresh();
	redraw();
}

// ---- what goes wrong ----

// Says what went wrong.  What may pass is asked again after a while, and the picture stays; anything
// else belongs to a stream, or stays as a message.
function failed(error, stream = null)
{
	if (error.status === undefined)
	{
		// a mistake of the page itself
		console.error(error);
		tell(String(error));
	}
	else if (error.passes)
	{
		tell(`${error.message}. Trying again.`);
		plot.pause();
		clearTimeout(retryTimer);
		retryTimer = setTimeout(retry, RETRY_MS);
	}
	else if (stream)
	{
		stream.error = [error.message, error.hint].filter(Boolean).join('. ');
		legend.refresh();
		plot.redraw();
	}
	else
	{
		tell([error.message, error.hint].filter(Boolean).join('. '));
	}
}

async function retry()
{
	if (!about.known || model.streams.length === 0 || model.streams.some((stream) => !stream.info && stream.error === null))
		await start();
	else if ($('finder').childElementCount === 0)
		finder.load();
	plot.resume();
	live.poll();
}

function tell(text)
{
	$('message').hidden = text === '';
	$('message').textContent = text;
}

// ---- after each picture ----

function afterDraw()
{
	overlay.draw();
	legend.point(plot.items, overlay.itemsAtLine());
	range.refresh();
	$('empty').hidden = model.streams.length > 0 && !(plot.complete && plot.items.length > 0 && plot.items.every(({ series }) => series.length === 0));
	$('empty').textContent = model.streams.length === 0 ? 'Choose streams at the left.' : emptyText();
	$('live').setAttribute('aria-pressed', String(model.last !== null));

	const current = model.current;
	const [start, end] = boundsOf(model.view);
	travel.tellChanges(current?.changed ? current.changed.filter((range) => range[1] > start && range[0] < end).length : null);
}

function emptyText()
{
	return model.extent() === null ? 'There are no points in these streams yet.' : 'There are no points in this range: press 0 to see all.';
}

// ---- the address ----

function writeAddress()
{
	// a range that nobody has chosen is none
	const address = `#${encodeState({ ...model.toState(), ...(fitWhenKnown ? { range: null } : {}) })}`;

	if (address !== location.hash)
		history.replaceState(null, '', address);
	writtenAddress = location.hash;
}

// Shows what an address says.
async function readAddress()
{
	const state = decodeState(location.hash);

	model.ready = false;
	model.zone = state.zone;
	model.density = state.density;
	model.axes = state.axes;
	model.last = state.last;
	if (state.range)
		model.view = viewOf(...state.range);
	fitWhenKnown = !state.range;
	model.streams = state.streams.map(({ id, ...fields }) => makeStream(id, fields));
	model.selected = state.selected;
	showSwitches();

	const ids = model.streams.map(({ id }) => [UUID.test(id) ? 'stream' : 'path', id]);
	const { streams } = ids.length > 0 ? await askJson('/api/streams/named', ids) : await askJson('/api/streams/first');

	if (ids.length === 0)
		streams.forEach((info) => model.add(info));
	for (const stream of model.streams)
	{
		const info = streams.find((found) => found.uuid === stream.id.toLowerCase() || `${found.collection}/${found.name}` === stream.id);

		stream.info = info ?? null;
		stream.id = info?.uuid ?? stream.id;
		stream.error = info ? null : 'there is no such stream, or it is hidden from this role';
	}
	// the range of everything is known when the states of the streams are
	model.ready = !fitWhenKnown || model.streams.every((stream) => !stream.info);
	streamsChanged();
}

async function copyLink()
{
	writeAddress();
	try
	{
		await navigator.clipboard.writeText(location.href);
		$('link').textContent = 'Copied';
	}
	catch
	{
		// not allowed outside of https and this machine: the address bar has it
		$('link').textContent = 'See address';
	}
	setTimeout(() => { $('link').textContent = 'Link'; }, 1500);
}

// ---- what can be done ----

function showSwitches()
{
	$('zone').textContent = model.zone === 'utc' ? 'UTC' : 'Local';
	$('density').setAttribute('aria-pressed', String(model.density));
}

function showAll(shift, eventTime)
{
	const extent = model.extent();

	if (extent)
		setView(viewAround(...extent), eventTime);
}

// Moves to the first points (-1) or to the last ones (1).
function showEnd(side, eventTime)
{
	const extent = model.extent();

	if (!extent)
		return;
	const room = BigInt(Math.ceil(model.view.span * 0.02));
	setView(side > 0 ? endAt(model.view, extent[1] + room) : pan(endAt(model.view, extent[0] - room), 1), eventTime);
}

function toggleLive()
{
	model.last = model.last === null ? model.view.span : null;
	follow();
	live.poll();
	redraw();
}

function toggleZone()
{
	model.zone = model.zone === 'utc' ? 'local' : 'utc';
	showSwitches();
	travel.refresh();
	redraw();
}

function toggleDensity()
{
	model.density = !model.density;
	showSwitches();
	redraw();
}

function zoomBy(fraction, factor, eventTime)
{
	const following = model.last !== null;

	// what follows keeps its right edge
	setView(zoom(model.view, following ? 1 : fraction, factor), eventTime, { following });
	if (following)
		model.last = model.view.span;
}

function fixAxis(key, range)
{
	if (range)
		model.axes[key] = range;
	else
		delete model.axes[key];
	redraw();
}

startPointer($('picture'), plot, {
	zoom: zoomBy,
	pan: (fraction, eventTime) => setView(pan(model.view, fraction), eventTime),
	zoomTo: (from, to, eventTime) => setView(viewOf(timeAt(model.view, from), timeAt(model.view, to) + 1n), eventTime),
	fixAxis,
	select: (range) => overlay.select(range),
	point: (x) => {
		overlay.pointAt(x);
		legend.point(plot.items, overlay.itemsAtLine());
	},
});

const keyActions = {
	'ArrowLeft': (shift, time) => setView(pan(model.view, shift ? -1 : -0.1), time),
	'ArrowRight': (shift, time) => setView(pan(model.view, shift ? 1 : 0.1), time),
	'ArrowUp': (shift, time) => zoomBy(0.5, shift ? 0.25 : 0.7, time),
	'ArrowDown': (shift, time) => zoomBy(0.5, shift ? 4 : 1 / 0.7, time),
	'0': showAll,
	'Home': (shift, time) => showEnd(-1, time),
	'End': (shift, time) => showEnd(1, time),
	'[': () => travel.step(-1),
	']': () => travel.step(1),
	'v': () => travel.toggleCompare(),
	'j': () => { model.selected = (model.selected + 1) % Math.max(model.streams.length, 1); streamsChanged(); },
	'h': () => model.current && toggleHidden(model.current),
	'Delete': () => { model.current && model.remove(model.current); streamsChanged(); },
	'a': () => { model.axes = {}; redraw(); },
	'l': toggleLive,
	'u': toggleZone,
	'n': toggleDensity,
	'd': () => $('theme').click(),
	'c': () => saveCsv(model.view, plot.items),
	'k': copyLink,
	'/': () => $('search').focus(),
	'?': () => $('keys').showModal(),
};
startKeys({ ...keyActions, '+': keyActions.ArrowUp, '=': keyActions.ArrowUp, '-': keyActions.ArrowDown });

for (const [id, action] of [['all', showAll], ['live', toggleLive], ['zone', toggleZone], ['density', toggleDensity], ['csv', keyActions.c],
	['link', copyLink], ['help', keyActions['?']]])
	$(id).addEventListener('click', () => action());

startTheme($('theme'), () => {
	colors = readPalette().streams;
	legend.refresh();
	plot.restyle();
});
colors = readPalette().streams;
plot.restyle();

addEventListener('hashchange', () => {
	if (location.hash !== writtenAddress)
		readAddress().catch((error) => failed(error));
});

const about = { known: false };

// Asks whom the page speaks to, and shows what the address says; again, if that has failed.
async function start()
{
	try
	{
		const { database, role, extension } = await askJson('/api/about');

		about.known = true;
		$('about').textContent = `${database} as ${role}`;
		$('about').title = `btrdb ${extension}`;
		document.title = `${database} - btrdb plotter`;
		tell('');
		finder.load();
		await readAddress();
	}
	catch (error)
	{
		failed(error);
	}
}

start();
