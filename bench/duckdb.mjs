// duckdb.mjs
//		A DuckDB session for the benchmark: understands the commands of client.c.
//
//	node duckdb.mjs PACKAGES FILE
//
// PACKAGES is the directory with node_modules.  "copy" appends points in bulk, and
// "insert" flushes the appender after each batch; NAME and SQL are the table's name.

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const [packages, file] = process.argv.slice(2);
const { BIGINT, DOUBLE, UUID, DuckDBDataChunk, DuckDBInstance, DuckDBUUIDValue } =
	createRequire(`${packages}/package.json`)('@duckdb/node-api');

const instance = await DuckDBInstance.create(file, { threads: '2', memory_limit: '10GB' });
const connection = await instance.connect();
const prepared = new Map();
let times;
let values;

const now = () => performance.now() * 1000;

// Returns a part of a file as bytes; a whole file may be too large for one read.
function readPart(name, position, length)
{
	const bytes = new Uint8Array(length);
	const fd = openSync(name, 'r');

	for (let done = 0; done < length;)
		done += readSync(fd, bytes, done, Math.min(length - done, 1 << 30), position + done);
	closeSync(fd);
	return bytes;
}

function readData(name)
{
	const half = statSync(name).size / 2;

	times = new BigInt64Array(readPart(name, 0, half).buffer);
	values = new Float64Array(readPart(name, half, half).buffer);
	return [0, times.length];
}

const streamOf = (number) => DuckDBUUIDValue.fromUint128(BigInt(`0x00000000000040008000${String(number).padStart(12, "0")}`));

// Returns the points from first on, at most 2,048, as a chunk.
function chunkOf(first, length, streams, number)
{
	const chunk = DuckDBDataChunk.create([UUID, BIGINT, DOUBLE], length);

	chunk.setColumns([
		Array.from({ length }, (_, i) => streams[(first + i) % streams.length]),
		Array.from(times.subarray(first, first + length)),
		Array.from(values.subarray(first, first + length)),
	]);
	return chunk;
}

// Appends points, flushing after each batch; measures without building the chunks.
async function append(table, first, count, batch, nstreams, number)
{
	const streams = Array.from({ length: nstreams }, (_, i) => streamOf(number + i));
	const appender = await connection.createAppender(table);
	const usec = [];

	for (let at = first; at < first + count; at += batch)
	{
		let spent = 0;

		for (let from = at; from < Math.min(at + batch, first + count); from += 2048)
		{
			const chunk = chunkOf(from, Math.min(2048, at + batch - from, first + count - from), streams);
			const start = now();

			appender.appendDataChunk(chunk);
			spent += now() - start;
		}
		const start = now();
		appender.flushSync();
		usec.push(spent + now() - start);
	}
	appender.closeSync();
	const sum = usec.reduce((a, b) => a + b, 0);
	usec.sort((a, b) => a - b);
	return [sum, count, usec[usec.length >> 1], usec[Math.floor(usec.length * 0.99)]];
}

// Runs a statement and fetches its result, without converting it to JavaScript's types.
async function timed(execute)
{
	const start = now();
	const result = await execute();
	const chunks = await result.fetchAllChunks();
	const usec = now() - start;

	return [usec, chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0), chunks[0]?.getColumnValues(0)[0] ?? ''];
}

// Parameters come as text: an integer, a number with a point, or a uuid.
function bind(statement, parameters)
{
	parameters.forEach((text, i) => {
		if (/^-?\d+$/.test(text))
			statement.bindBigInt(i + 1, BigInt(text));
		else if (/^-?[\d.]+$/.test(text))
			statement.bindDouble(i + 1, Number(text));
		else
			statement.bindVarchar(i + 1, text);
	});
}

async function obey(verb, ...fields)
{
	switch (verb)
	{
		case 'data':
			return readData(fields[0]);
		case 'exec':
			return timed(() => connection.run(fields[0]));
		case 'prepare':
			prepared.set(fields[0], await connection.prepare(fields[1]));
			return [0, 0];
		case 'run':
			{
				const statement = prepared.get(fields.shift());

				return timed(() => { bind(statement, fields); return statement.run(); });
			}
		case 'copy':
			return append(fields[4], Number(fields[0]), Number(fields[1]), Number(fields[1]), Number(fields[2]), Number(fields[3]));
		case 'insert':
			return append(fields[5], Number(fields[0]), Number(fields[1]), Number(fields[2]), Number(fields[3]), Number(fields[4]));
		default:
			throw new Error(`unknown command "${verb}"`);
	}
}

for await (const line of createInterface({ input: process.stdin }))
{
	try
	{
		console.log(['ok', ...await obey(...line.split('\t'))].join('\t'));
	}
	catch (error)
	{
		console.log(`error\t${String(error.message).replace(/\s+/g, ' ')}`);
	}
}
