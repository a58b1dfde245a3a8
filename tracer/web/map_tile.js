// A tile of an attention map: its bytes as `tracer.analysis.attention_tiles` lays them out, and its colors on a canvas.

const MAGIC = 0x31545441;
const HEADER = 48;
const LEVELS = 254;
const NOT_STORED = 255;

/** Returns {row0, row1, col0, col1, height, width, factor, largest, beyondFirst, pixels}. */
export function readTile(buffer) {
  const view = new DataView(buffer);
  const word = (at) => view.getUint32(at, true);
  if (word(0) !== MAGIC) throw new Error("no attention tile");
  const [row0, row1, col0, col1, height, width, factor] = [4, 8, 12, 16, 20, 24, 28].map(word);
  return {
    row0, row1, col0, col1, height, width, factor,
    largest: view.getFloat32(32, true),
    beyondFirst: view.getFloat32(36, true),
    pixels: new Uint8Array(buffer, HEADER, height * width),
  };
}

/** Returns a canvas with one pixel for each of the tile's; what is not stored stays empty. `top`: the darkest weight. */
export function paintTile(tile, colors, top) {
  const canvas = Object.assign(document.createElement("canvas"), { width: tile.width, height: tile.height });
  const pen = canvas.getContext("2d");
  const image = pen.createImageData(tile.width, tile.height);
  const target = new Uint32Array(image.data.buffer);
  const table = new Uint32Array(256);
  const end = Math.sqrt(Math.max(top, 1e-6));
  for (let level = 0; level <= LEVELS; level += 1) table[level] = colors[Math.min(255, Math.round(((level / LEVELS) / end) * 255))];
  table[NOT_STORED] = 0;
  for (let index = 0; index < target.length; index += 1) target[index] = table[tile.pixels[index]];
  pen.putImageData(image, 0, 0);
  return canvas;
}

/** Whether a tile has these places. */
export function covers(tile, window) {
  return tile.row0 <= window.row0 && tile.row1 >= window.row1 && tile.col0 <= window.col0 && tile.col1 >= window.col1;
}

/** Returns the weight of the pixel over a cell: the largest of f × f; null where it is not stored or outside. */
export function weightAt(tile, row, column) {
  if (!covers(tile, { row0: row, row1: row + 1, col0: column, col1: column + 1 })) return null;
  const level = tile.pixels[Math.floor((row - tile.row0) / tile.factor) * tile.width + Math.floor((column - tile.col0) / tile.factor)];
  return level === NOT_STORED ? null : (level / LEVELS) ** 2;
}

/** Returns the largest weights of a tile as [{row, column, weight}], the strongest first; the first column is left out. */
export function strongest(tile, count, lastRow) {
  const found = [];
  for (let index = 0; index < tile.pixels.length; index += 1) {
    const level = tile.pixels[index];
    if (level === 0 || level === NOT_STORED || (found.length === count && level <= found[count - 1].level)) continue;
    const row = tile.row0 + Math.floor(index / tile.width) * tile.factor;
    const column = tile.col0 + (index % tile.width) * tile.factor;
    if (column === 0 || row > lastRow) continue;
    found.push({ row, column, level, weight: (level / LEVELS) ** 2 });
    found.sort((one, other) => other.level - one.level);
    found.length = Math.min(found.length, count);
  }
  return found;
}
