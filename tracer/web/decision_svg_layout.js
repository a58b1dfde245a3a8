// Where the parts of the decision picture lie: one wide band, or several where it has to fit a width. Draws nothing.

import { MONO, SANS, widthOf } from "./svg_text.js";

const DRAW = 1.7; // the draw is so much wider than a column
const MOST_PERCENT = 0.7; // the rest is for the bar

/** Returns sizes and widths; without a width, everything in one band. `given` is the room for names, if it is given. */
export function layoutOf(value, width, given = null) {
  const units = unitsOf(value);
  const total = units.reduce((sum, one) => sum + one, 0);
  if (width === null) {
    const room = 16 * 2 + 180 + 190 * total;
    return sized(value, { width: Math.round(room), pad: 16, name: 180, unit: 190, text: 13, large: 15, row: 24 }, total);
  }
  const name = given ?? nameRoom(value, width);
  const room = width - name;
  const least = 100;
  const numBands = countBands(units, room / least);
  let most = total / numBands;
  while (countBands(units, most) > numBands) most += 0.05;
  const widest = Math.max(...split(units, most).map((band) => band.reduce((sum, at) => sum + units[at], 0)));
  return sized(value, { width, pad: 0, name, unit: Math.min(room / widest, 190), text: 11, large: 12, row: 18 }, most);
}

/** Returns the room for the names of tokens: what the longest takes, within bounds. */
export function nameRoom({ rows, axis }, width) {
  const most = width < 480 ? 92 : 124;
  const longest = Math.max(widthOf(axis, 9.5, SANS), ...rows.map(({ token }) => widthOf(token, 11, MONO, 700) + 13 + 20));
  return Math.min(most, Math.ceil(longest) + 4);
}

const unitsOf = ({ columns, draw }) => [...columns.map(() => 1), ...(draw ? [DRAW] : [])];

function sized(value, layout, most) {
  const small = Math.max(10, layout.text - 1);
  const percent = Math.min(layout.unit * MOST_PERCENT, Math.max(small * 4.5, ...percentsOf(value).map((text) => widthOf(text, small, SANS, 700))) + 6);
  return { ...layout, most, small, tick: Math.max(9.5, layout.text - 3), gap: layout.row / 2, percent, bar: layout.unit - percent - 8 };
}

// What stands beside the bars: the share, and how far the rank has moved.
function percentsOf({ columns }) {
  return columns.flatMap(({ cells }) => cells).filter((cell) => cell.percent).map((cell) => cell.percent + changeOf(cell));
}

/** Returns how far a rank has moved, as a text; nothing where it has not. */
export function changeOf({ rank_change: change }) {
  return change ? ` ${change > 0 ? "▲" : "▼"}${Math.abs(change).toLocaleString("en")}` : "";
}

function split(units, most) {
  const bands = [[]];
  let sum = 0;
  units.forEach((unit, at) => {
    if (bands.at(-1).length && sum + unit > most + 1e-6) {
      bands.push([]);
      sum = 0;
    }
    bands.at(-1).push(at);
    sum += unit;
  });
  return bands;
}

const countBands = (units, most) => split(units, most).length;

/** Returns the bands: for each the columns in it, with their left edge and their room. */
export function bandsOf(value, layout) {
  const units = unitsOf(value);
  return split(units, layout.most).map((band) => {
    let x = layout.pad + layout.name;
    return band.map((at) => {
      const isDraw = at === value.columns.length;
      const room = units[at] * layout.unit;
      x += room;
      return { at: isDraw ? "draw" : at, x: x - room, room };
    });
  });
}
