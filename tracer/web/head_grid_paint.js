// Draws the grid of heads on a canvas: where its cells lie, their colors, numbers where they fit, and what is marked.

import { hatch, isDarkAt, shaded, sized } from "./heat.js";

const LEFT = 30;
const TOP = 16;
const CELL_WIDTH = [7, 46];
const CELL_HEIGHT = [7, 15];
const LARGEST_HEIGHT = 480;
const NUMBER_WIDTH = 34;
const NUMBER_HEIGHT = 13;
const FEW = 0.1; // below it, whole percents would be alike
const FONT = "11px system-ui, 'Noto Sans CJK SC', sans-serif";

/** Returns where the cells lie in so many pixels of width: {left, top, cellWidth, cellHeight, width, height, right}. */
export function layoutOf(value, room) {
  const right = value.layers.some((one) => one.sliding_window) ? 44 : 4;
  const within = ([least, most], size) => Math.max(least, Math.min(most, Math.floor(size)));
  const cellWidth = within(CELL_WIDTH, (Math.max(120, room) - LEFT - right) / Math.max(1, value.num_heads));
  const cellHeight = within(CELL_HEIGHT, LARGEST_HEIGHT / Math.max(1, value.num_layers));
  return {
    left: LEFT, top: TOP, right, cellWidth, cellHeight,
    width: LEFT + right + cellWidth * value.num_heads,
    height: TOP + cellHeight * value.num_layers + 2,
  };
}

/** Draws all cells; `marked` has the selected {layer, head} and the {cursor} of the keyboard. */
export function paintGrid(canvas, value, layout, colors, marked) {
  const pen = sized(canvas, layout.width, layout.height);
  pen.clearRect(0, 0, layout.width, layout.height);
  const missing = hatch(pen, colors);
  pen.font = FONT;
  pen.textBaseline = "middle";
  names(pen, value, layout, colors, marked);
  const gap = layout.cellWidth >= 12 ? 1 : 0.5;
  for (const { layer, num_heads: count, groups } of value.layers) {
    const y = layout.top + layer * layout.cellHeight;
    for (let head = 0; head < count; head += 1) {
      const number = value.values[layer]?.[head] ?? null;
      const x = layout.left + head * layout.cellWidth;
      const shade = number === null ? null : shadeOf(value, number);
      pen.fillStyle = shade === null ? missing : shaded(colors, shade);
      pen.fillRect(x, y, layout.cellWidth - gap, layout.cellHeight - gap);
      if (shade !== null) inscribe(pen, value, layout, colors, { layer, head, number, shade, x, y });
    }
    separate(pen, layout, colors, groups ?? [], y);
  }
  frameAround(pen, value, layout, colors);
  mark(pen, layout, colors, marked);
}

function shadeOf(value, number) {
  if (value.is_signed) return value.high > 0 ? Math.sign(number) * Math.sqrt(Math.min(1, Math.abs(number) / value.high)) : 0;
  const range = value.high - value.low;
  return range > 0 ? Math.sqrt(Math.max(0, Math.min(1, (number - value.low) / range))) : 0;
}

function inscribe(pen, value, layout, colors, { number, shade, x, y }) {
  if (layout.cellWidth < NUMBER_WIDTH || layout.cellHeight < NUMBER_HEIGHT) {
    if (value.is_signed && number < 0 && layout.cellWidth >= 7) {
      pen.fillStyle = isDarkAt(colors, shade) ? "#fff" : "#000";
      pen.fillRect(x + 2, y + layout.cellHeight / 2 - 0.5, layout.cellWidth - 5, 1);
    }
    return;
  }
  const isShare = !value.is_signed && value.measure !== "entropy";
  const text = isShare ? percents(value, number) : decimals(number, value.is_signed ? 2 : 1);
  pen.fillStyle = isDarkAt(colors, shade) ? "#fff" : "#000";
  pen.textAlign = "center";
  pen.fillText(text, x + layout.cellWidth / 2, y + layout.cellHeight / 2);
}

/** Returns a share in percent, as exact as the largest of the grid asks for. */
export function percents(value, number) {
  return decimals(number * 100, value.high < FEW ? 1 : 0);
}

/** Returns a number with so many decimals, with a proper minus. */
export function decimals(number, digits) {
  const text = number.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "−");
}

function names(pen, value, layout, colors, marked) {
  const everyLayer = Math.max(1, Math.ceil(13 / layout.cellHeight));
  const everyHead = Math.max(1, Math.ceil(20 / layout.cellWidth));
  pen.textAlign = "end";
  for (const { layer, sliding_window: window } of value.layers) {
    const y = layout.top + (layer + 0.5) * layout.cellHeight;
    pen.fillStyle = layer === marked.layer ? colors.focus : colors.muted;
    if (layer % everyLayer === 0 || layer === marked.layer) pen.fillText(`${layer === marked.layer ? "▸" : ""}${layer}`, layout.left - 5, y);
    if (window && layout.right > 10 && layout.cellHeight >= 9) {
      pen.fillStyle = colors.muted;
      pen.fillText(`↤${window}`, layout.width - 2, y);
    }
  }
  pen.textAlign = "center";
  for (let head = 0; head < value.num_heads; head += everyHead) {
    pen.fillStyle = head === marked.head ? colors.focus : colors.muted;
    pen.fillText(String(head), layout.left + (head + 0.5) * layout.cellWidth, layout.top / 2);
  }
}

// Heads that share keys and values stand together; a line parts the groups.
function separate(pen, layout, colors, groups, y) {
  if (groups.length < 2 || groups[0].length < 2) return;
  pen.fillStyle = colors.muted;
  for (const group of groups.slice(1)) pen.fillRect(layout.left + group[0] * layout.cellWidth - 1, y, 1, layout.cellHeight);
}

function frameAround(pen, value, layout, colors) {
  pen.strokeStyle = colors.line;
  pen.lineWidth = 1;
  pen.strokeRect(layout.left - 0.5, layout.top - 0.5, layout.cellWidth * value.num_heads, layout.cellHeight * value.num_layers);
}

function mark(pen, layout, colors, { layer, head, cursor }) {
  const box = (at, width, dash) => {
    pen.setLineDash(dash);
    pen.lineWidth = width;
    pen.strokeStyle = colors.background;
    const [x, y] = [layout.left + at.head * layout.cellWidth, layout.top + at.layer * layout.cellHeight];
    pen.strokeRect(x - 2, y - 2, layout.cellWidth + 3, layout.cellHeight + 3);
    pen.strokeStyle = colors.focus;
    pen.strokeRect(x - 1, y - 1, layout.cellWidth + 1, layout.cellHeight + 1);
    pen.setLineDash([]);
  };
  if (layer !== undefined && head !== undefined) box({ layer, head }, 2, []);
  if (cursor) box(cursor, 2, [3, 2]);
}
