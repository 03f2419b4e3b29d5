// wire.js
//		How tiles travel: what the server encodes and the page decodes.
//
// A length (uint32) and as much JSON, filled up with blanks so that the columns that follow are at
// multiples of 8 bytes.  The JSON lists tiles, each with its index, whether it has raw points,
// and its number of rows n; its columns follow in that order, n numbers of 8 bytes each:
// time (int64), value (double) of raw points; number of the window in its tile, min, mean, max,
// count (doubles) of windows.  A tile of which points are trimmed also has the pointwidth of its
// windows, which are wider than asked for, and counted from the first that has a part of it; another tile of the
// same index may follow, with the rest.  Little-endian, as every machine with a browser is.

const RAW_COLUMNS = ['times', 'values'];
const WINDOW_COLUMNS = ['slots', 'min', 'mean', 'max', 'count'];

// Returns the names of a tile's columns in their order.
function columnsOf(tile)
{
	return tile.raw ? RAW_COLUMNS : WINDOW_COLUMNS;
}

// Returns tiles, objects with index, raw and columns (typed arrays), as bytes.
export function encodeTiles(tiles)
{
	const list = tiles.map((tile) => ({ index: tile.index, raw: tile.raw, n: tile[columnsOf(tile)[0]].length, pointwidth: tile.pointwidth }));
	let head = new TextEncoder().encode(JSON.stringify(list));
	const start = Math.ceil((head.length + 4) / 8) * 8;
	const length = tiles.reduce((sum, tile) => sum + columnsOf(tile).reduce((part, name) => part + tile[name].byteLength, 0), start);
	const bytes = new Uint8Array(length);
	let at = start;

	bytes.fill(0x20, 4, start);
	bytes.set(head, 4);
	new DataView(bytes.buffer).setUint32(0, start - 4, true);
	for (const tile of tiles)
	{
		for (const name of columnsOf(tile))
		{
			const column = tile[name];

			bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
			at += column.byteLength;
		}
	}
	return bytes;
}

// Returns the tiles of an ArrayBuffer; their columns are views of it.  What follows a tile of trimmed points
// is its "rest".
export function decodeTiles(buffer)
{
	const length = new DataView(buffer).getUint32(0, true);
	const list = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
	let at = 4 + length;

	const tiles = list.map((head) => {
		const tile = { ...head, bytes: 0 };
		const { n } = head;

		for (const name of columnsOf(tile))
		{
			tile[name] = name === 'times' ? new BigInt64Array(buffer, at, n) : new Float64Array(buffer, at, n);
			at += 8 * n;
			tile.bytes += 8 * n;
		}
		return tile;
	});
	return tiles.filter((tile, i) => {
		const before = tiles[i - 1];

		if (before?.index !== tile.index)
			return true;
		before.rest = tile;
		before.bytes += tile.bytes;
		return false;
	});
}
