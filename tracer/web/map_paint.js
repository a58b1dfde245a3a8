// Draws a map on a canvas: tiles, what the mask hides, what comes later, the marked row, token names along both axes.

import { hatch, sized } from "./heat.js";

const NAMES_FROM = 12;
const LONGEST_NAME = 12;
const GUTTER = { left: 104, top: 84, right: 10, bottom: 4 };
const NARROW = { left: 46, top: 22, right: 10, bottom: 4 };
const FONT = "11px 'Source Code Pro', ui-monospace, 'Noto Sans Mono CJK SC', monospace";
const LATER = 0.62;

/** Returns where the map lies in a canvas of this width: {left, top, side, width, height}. */
export function boardOf(width) {
  const gutter = width < 420 ? NARROW : GUTTER;
  const side = Math.max(120, width - gutter.left - gutter.right);
  return { left: gutter.left, top: gutter.top, side, width, height: gutter.top + side + gutter.bottom };
}

/** Draws everything; `scene` is {view, header, tiles: [{tile, canvas}], currentRow, cursor, box, colors}. */
export function paintMap(canvas, board, scene) {
  const pen = sized(canvas, board.width, board.height);
  const { view, colors } = scene;
  const scale = { x: board.side / view.columns, y: board.side / view.rows };
  const at = {
    x: (column) => board.left + (column - view.column) * scale.x,
    y: (row) => board.top + (row - view.row) * scale.y,
  };
  pen.clearRect(0, 0, board.width, board.height);
  pen.save();
  pen.beginPath();
  pen.rect(board.left, board.top, board.side, board.side);
  pen.clip();
  pen.fillStyle = hatch(pen, colors);
  pen.fillRect(board.left, board.top, board.side, board.side);
  pen.imageSmoothingEnabled = false;
  for (const { tile, canvas: image } of scene.tiles) {
    const [x, y] = [at.x(tile.col0), at.y(tile.row0)];
    underlay(pen, at, scene, tile);
    pen.drawImage(image, x, y, tile.width * tile.factor * scale.x, tile.height * tile.factor * scale.y);
  }
  hide(pen, board, at, scene, scale);
  later(pen, board, at, scene);
  marks(pen, board, at, scene, scale);
  pen.restore();
  pen.strokeStyle = colors.line;
  pen.lineWidth = 1;
  pen.strokeRect(board.left - 0.5, board.top - 0.5, board.side + 1, board.side + 1);
  axes(pen, board, at, scene, scale);
}

// Rows that are stored get a plain ground, so that only the others show the hatching through.
function underlay(pen, at, { header, colors }, tile) {
  pen.fillStyle = colors.low;
  let first = tile.row0;
  for (const [start, end] of [...header.missing_rows, [tile.row1, tile.row1]]) {
    const until = Math.min(start, tile.row1);
    if (until > first) pen.fillRect(at.x(tile.col0), at.y(first), at.x(tile.col1) - at.x(tile.col0), at.y(until) - at.y(first));
    first = Math.max(first, end);
  }
}

// The mask: columns after the row's own place, and those before the sliding window.
function hide(pen, board, at, { view, header, colors }, scale) {
  if (!header.is_causal) return;
  const { row0, row1 } = view.window;
  const end = board.left + board.side;
  const steps = (from, lead) => {
    for (let row = row0; row < row1; row += 1) {
      const x = Math.max(board.left - 2, Math.min(end + 2, at.x(from(row))));
      pen.lineTo(x, at.y(row));
      pen.lineTo(x, at.y(row + 1));
    }
    pen.lineTo(lead, at.y(row1));
    pen.lineTo(lead, at.y(row0));
    pen.closePath();
  };
  pen.fillStyle = colors.panel;
  pen.beginPath();
  pen.moveTo(at.x(row0 + 1), at.y(row0));
  steps((row) => row + 1, end + 2);
  pen.fill();
  const window = header.sliding_window;
  if (window) {
    pen.beginPath();
    pen.moveTo(board.left - 2, at.y(row0));
    steps((row) => row + 1 - window, board.left - 2);
    pen.fill();
  }
  const edge = (from, dash, color) => {
    pen.beginPath();
    for (let row = row0; row < row1; row += 1) {
      pen.lineTo(at.x(from(row)), at.y(row));
      pen.lineTo(at.x(from(row)), at.y(row + 1));
    }
    pen.setLineDash(dash);
    pen.strokeStyle = color;
    pen.lineWidth = scale.x > 4 ? 1 : 0.75;
    pen.stroke();
    pen.setLineDash([]);
  };
  edge((row) => row + 1, [], colors.line);
  if (window) edge((row) => Math.max(0, row + 1 - window), [5, 3], colors.text);
}

function later(pen, board, at, { header, currentRow, colors }) {
  if (currentRow + 1 >= header.size) return;
  const y = Math.max(board.top, at.y(currentRow + 1));
  if (y >= board.top + board.side) return;
  pen.globalAlpha = LATER;
  pen.fillStyle = colors.background;
  pen.fillRect(board.left, y, board.side, board.top + board.side - y);
  pen.globalAlpha = 1;
}

function marks(pen, board, at, { currentRow, cursor, pinned, box, colors }, scale) {
  pen.strokeStyle = colors.focus;
  pen.lineWidth = 1.5;
  const y = at.y(currentRow);
  pen.strokeRect(board.left - 3, y - 0.75, board.side + 6, Math.max(1.5, scale.y) + 0.5);
  if (cursor) cell(pen, at, cursor, scale, [3, 2]);
  if (pinned) cell(pen, at, pinned, scale, []);
  if (!box) return;
  pen.setLineDash([4, 3]);
  pen.strokeRect(Math.min(box.x0, box.x1), Math.min(box.y0, box.y1), Math.abs(box.x1 - box.x0), Math.abs(box.y1 - box.y0));
  pen.setLineDash([]);
}

function cell(pen, at, { row, column }, scale, dash) {
  const [wide, high] = [Math.max(5, scale.x), Math.max(5, scale.y)];
  const [x, y] = [at.x(column + 0.5) - wide / 2, at.y(row + 0.5) - high / 2];
  pen.setLineDash(dash);
  pen.lineWidth = 2;
  pen.strokeRect(x - 1, y - 1, wide + 2, high + 2);
  pen.setLineDash([]);
}

function axes(pen, board, at, scene, scale) {
  const { view, header, currentRow, colors } = scene;
  pen.font = FONT;
  pen.textBaseline = "middle";
  const { row0, row1, col0, col1 } = view.window;
  const isNamed = board.left > NARROW.left;
  const rowText = isNamed && scale.y >= NAMES_FROM ? (row) => short(header.labels[row]) : null;
  const columnText = isNamed && scale.x >= NAMES_FROM ? (column) => short(header.labels[column]) : null;
  for (const row of ticks(row0, row1, rowText ? 1 : stepFor(24 / scale.y))) {
    const y = at.y(row + 0.5);
    if (y < board.top || y > board.top + board.side) continue;
    pen.fillStyle = row === currentRow ? colors.focus : colors.muted;
    pen.textAlign = "end";
    pen.fillText(rowText ? rowText(row) : String(row), board.left - 9, y);
  }
  const y = at.y(currentRow + 0.5);
  if (y >= board.top && y <= board.top + board.side) {
    pen.fillStyle = colors.focus;
    pen.textAlign = "end";
    pen.fillText("▸", board.left - 1, y);
  }
  pen.fillStyle = colors.muted;
  if (isNamed) titles(pen, board, scene.titles, Boolean(columnText));
  for (const column of ticks(col0, col1, columnText ? 1 : stepFor(46 / scale.x))) {
    const x = at.x(column + 0.5);
    if (x < board.left || x > board.left + board.side) continue;
    if (!columnText) {
      pen.textAlign = "center";
      pen.fillText(String(column), x, board.top - 9);
      continue;
    }
    pen.save();
    pen.translate(x, board.top - 5);
    pen.rotate(-Math.PI / 2);
    pen.textAlign = "start";
    pen.fillText(columnText(column), 0, 0);
    pen.restore();
  }
}

function titles(pen, board, { row, column }, isNamed) {
  pen.textAlign = "start";
  if (!isNamed) pen.fillText(`→ ${column}`, board.left, board.top - 28);
  pen.save();
  pen.translate(8, board.top + board.side / 2);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = "center";
  pen.fillText(`← ${row}`, 0, 0);
  pen.restore();
}

function ticks(first, end, step) {
  const found = [];
  for (let place = Math.ceil(first / step) * step; place < end; place += step) found.push(place);
  return found;
}

function stepFor(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((part) => part * power).find((step) => step >= least) ?? power * 10;
}

function short(text) {
  const letters = [...text];
  return letters.length > LONGEST_NAME ? `${letters.slice(0, LONGEST_NAME - 1).join("")}…` : text;
}
