// The map of one head by itself, the row of the step marked: every row a token that looks, every column one it sees.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { colorsOf, ramp } from "./heat.js";
import { boardOf, paintMap } from "./map_paint.js";
import { paintTile, readTile } from "./map_tile.js";
import { MapView } from "./map_view.js";
import { SvgPen } from "./svg_pen.js";

const NAMED = 12; // pixels of a place from which names stand along the axes
const NUMBERS = 40;

export async function mount(root, { source, words, width, height }) {
  const header = await source.view("attention_map");
  const tile = readTile(await source.tile("attention"));
  const colors = colorsOf(root);
  const top = tile.beyondFirst || tile.largest;
  const heading = element("h3", {}, withChips(header.title));
  const scale = legendOf(top, tile, words);
  root.append(heading, scale, element("p", { class: "tr-picture-small" }, withChips(header.note)));
  const taken = [...root.children].reduce((sum, one) => sum + one.offsetHeight + 6, 0);
  const board = boardOf(height ? Math.min(width, height - taken) : width);
  const view = new MapView();
  view.open(header.size, header.max_rows);
  const pen = new SvgPen(board.width, board.height);
  const titles = { row: words("ui.attention_rows"), column: words("ui.attention_columns") };
  paintMap(pen.canvas, board, { view, header, tiles: [{ tile, canvas: paintTile(tile, ramp(colors), top) }], currentRow: header.size - 1, colors, titles });
  if (board.side / header.size < NAMED) crop(pen.element, Math.max(0, board.top - NUMBERS), board);
  heading.after(pen.element);
}

// Without names there is nothing in the room kept for them.
function crop(picture, above, { width, height }) {
  picture.setAttribute("height", height - above);
  picture.setAttribute("viewBox", `0 ${above} ${width} ${height - above}`);
}

function legendOf(top, { factor }, words) {
  const share = (number) => words("ui.attention_percent", { number: Math.round(number * 100) });
  return element("div", { class: "tr-head-grid-legend" }, share(0), element("i", {}), share(top),
    element("span", { class: "tr-picture-masked" }), words("ui.picture_legend_masked"), factor > 1 ? words("ui.attention_max_of", { factor }) : "");
}
