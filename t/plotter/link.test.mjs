// Permalinks, CSV, and what the server takes from a command line, a request's headers and a search.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { statusOf } from '../../plotter/server/database.mjs';
import { hostIsAllowed, refusal } from '../../plotter/server/guard.mjs';
import { parseSearch } from '../../plotter/server/catalog.mjs';
import { isLoopback, parseListen, readOptions } from '../../plotter/server/options.mjs';
import { toCsv } from '../../plotter/web/csv.js';
import { decodeState, encodeState } from '../../plotter/web/permalink.js';

const A = '0b6b7d5e-1111-4222-8333-123456789abc';
const stream = (fields) => ({ id: A, version: '0', compare: null, axis: null, color: null, hidden: false, ...fields });
const state = (fields) => ({ range: null, last: null, streams: [], axes: {}, zone: 'utc', selected: 0, density: true, ...fields });

test('a permalink says everything, and comes back as it was', () => {
	const full = state({
		range: [-5n, 1700000000123456789n],
		streams: [stream({ version: '12', compare: '11', axis: 2, color: 3, hidden: true }), stream({ id: 'plant~a/ü & #?/volt=age', compare: '0' })],
		axes: { 'V~%': [-1.5, 2e300] }, zone: 'local', selected: 1, density: false,
	});
	const text = encodeState(full);

	assert.deepEqual(decodeState(`#${text}`), full);
	assert.ok(/^[\w=&.~%/:-]+$/.test(text), text);
	assert.deepEqual(decodeState(encodeState(state({ last: 3600000000000 }))), state({ last: 3600000000000 }));
	assert.deepEqual(decodeState(''), state({}));
});

test('a permalink that makes no sense is an empty page', () => {
	for (const text of ['#', '#t=5..5', '#t=9..1', '#t=99999999999999999999..1', '#s=', '#y=V~2~1', '#y=V~NaN~1', '#y=V~-1e308~1e308', '#i=7', '#z=mars', '#last=x', '#%E0%A4%A', '#&&==&'])
		assert.deepEqual(decodeState(text), state({}), text);
	assert.deepEqual(decodeState(`#s=${A}~vx~c~q~a77~v-3`).streams, [stream({})]);
	assert.equal(decodeState(`#${'s=a&'.repeat(1000)}`).streams.length, 50);
});

test('CSV has a row for each time and columns for each stream', () => {
	const point = (time, value) => ({ raw: true, time, min: value, mean: value, max: value, count: 1 });
	const csv = toCsv([
		{ label: 'a/raw [V]', items: [point(0n, 0.1), point(2n, 1e-300), point(2n, 3)] },
		{ label: '=b, "q"', items: [{ raw: false, time: 1n, min: -1, mean: 0, max: 1, count: 7 }, point(2n, 5)] },
	]);

	assert.equal(csv, ['time (ns),time (UTC),a/raw [V],"\'=b, ""q"" (min)","\'=b, ""q"" (mean)","\'=b, ""q"" (max)","\'=b, ""q"" (count)"',
		'0,1970-01-01T00:00:00.000000000Z,0.1,,,,',
		'1,1970-01-01T00:00:00.000000001Z,,-1,0,1,7',
		'2,1970-01-01T00:00:00.000000002Z,1e-300,5,5,5,1',
		'2,1970-01-01T00:00:00.000000002Z,3,,,,', ''].join('\r\n'));
	assert.equal(toCsv([]), 'time (ns),time (UTC)\r\n');
});

test('a page of another name does not get through', () => {
	for (const host of ['127.0.0.1:8042', 'localhost', 'LOCALHOST:1', '[::1]:8042', '10.1.2.3:80', 'plot.example.org:8042'])
		assert.ok(hostIsAllowed(host, ['plot.example.org']), host);
	for (const host of [undefined, '', 'evil.example.org', '127.0.0.1.evil.org', 'localhost.evil.org:8042', '127.0.0.1:8042:1', 'a@localhost', '[::1', '999.1.1.1'])
		assert.ok(!hostIsAllowed(host, ['plot.example.org']), host);

	const request = (fields, headers = {}) => ({ method: 'GET', url: '/api/about', headers: { host: 'localhost', ...headers }, ...fields });
	assert.equal(refusal(request({}), []), null);
	assert.equal(refusal(request({}, { host: 'evil' }), [])[0], 421);
	assert.equal(refusal(request({ method: 'POST' }), [])[0], 405);
	assert.equal(refusal(request({}, { 'sec-fetch-site': 'cross-site' }), [])[0], 403);
	assert.equal(refusal(request({ url: '/' }, { 'sec-fetch-site': 'cross-site' }), []), null);
});

test('the command line and the environment say what libpq would take from them', () => {
	const env = { PGHOST: '/run/x', PGPORT: '6000', PGUSER: 'u', PGDATABASE: 'd' };

	assert.deepEqual(readOptions([], env).connection, { host: '/run/x', port: 6000, user: 'u', database: 'd' });
	assert.deepEqual(readOptions(['-h', 'h', '-p', '1', '-U', 'v', 'e'], env).connection, { host: 'h', port: 1, user: 'v', database: 'e' });
	assert.deepEqual(readOptions(['postgres://h/e'], env).connection, { connectionString: 'postgres://h/e' });
	assert.equal(readOptions([], { ...env, PGDATABASE: undefined }).connection.database, 'u');
	assert.deepEqual(readOptions([], env).listen, { address: '127.0.0.1', port: 8042 });
	assert.deepEqual(parseListen('[::]:80'), { address: '::', port: 80 });
	assert.deepEqual(parseListen('9000'), { address: '127.0.0.1', port: 9000 });
	assert.ok(isLoopback('127.0.0.2') && isLoopback('::1') && !isLoopback('0.0.0.0') && !isLoopback('127.evil.org'));
	for (const wrong of [['--listen', 'x'], ['--listen', '1:2:3'], ['--port', '0'], ['a', 'b'], ['-d', 'a', 'b'], ['--nonsense']])
		assert.throws(() => readOptions(wrong, env), wrong.join(' '));
});

test('a search is words and conditions', () => {
	assert.deepEqual(parseSearch(' Sea temp unit=°C station="new york" phase='), { words: ['sea', 'temp'], keys: ['unit', 'station', 'phase'], values: ['°C', 'new york', ''] });
	assert.deepEqual(parseSearch(''), { words: [], keys: [], values: [] });
});

test('errors of the database become those of HTTP', () => {
	for (const [code, status] of [['42704', 404], ['42501', 403], ['57014', 504], ['57P01', 503], ['22023', 400], ['ECONNREFUSED', 503], ['EPIPE', 503], [undefined, 503], ['XX001', 500]])
		assert.equal(statusOf({ code }), status, code);
});
