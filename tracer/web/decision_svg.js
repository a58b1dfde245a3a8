// The decision picture as one SVG that stands alone: for files and the clipboard. Takes the same value as the page.
// Where a width is given, columns that do not fit stand in further bands below, on the same axis.

import { bandsOf, changeOf, layoutOf } from "./decision_svg_layout.js";
import { svg } from "./elements.js";
import { clipped, MONO, SANS, widthOf, wrapped } from "./svg_text.js";

const LINE = 1.3;
const SHORTEST = 4; // a name cut to fewer letters tells nothing
const SLACK = 0.95; // whoever opens the file may have wider letters

/** Returns the picture as an element, in the colors that count where `near` stands; {width, isPrint, words, name} as wanted. */
export function svgOf(value, near, { width = null, isPrint = false, words = null, name = null } = {}) {
  const color = (name) => getComputedStyle(near).getPropertyValue(`--tr-${name}`).trim();
  const layout = layoutOf(value, width, name);
  const pen = penOf(layout, color, isPrint);
  const between = near.closest("[lang|=zh]") ? "" : " ";
  const sentence = value.clauses.map(({ parts }) => parts.map(({ text }) => text).join("")).join(between);
  const made = [];
  let y = layout.pad;
  const lines = (text, size, more = {}) => {
    for (const line of wrapped(text, (layout.width - 2 * layout.pad) * SLACK, size, SANS)) {
      made.push(pen.text(layout.pad, y + size, line, { "font-size": size, ...more }));
      y += size * LINE;
    }
  };
  if (value.frame) lines(value.frame, layout.small, { "font-weight": 600 });
  lines(sentence, layout.large);
  bandsOf(value, layout).forEach((band, number) => {
    y += layout.gap;
    y = drawBand(made, value, { band, number, layout, pen, top: y });
  });
  const notes = [legendOf(value, words), value.no_effect].filter(Boolean);
  if (notes.length) y += layout.gap / 2;
  for (const note of notes) lines(note, layout.small, { fill: color("muted") });
  const height = Math.ceil(y + layout.pad);
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", width: layout.width, height, viewBox: `0 0 ${layout.width} ${height}`, "font-family": SANS },
    pen.hatch, svg("rect", { width: layout.width, height, fill: color("background") }), made);
}

function penOf(layout, color, isPrint) {
  const text = (x, y, words, more = {}) => svg("text", { x: round(x), y: round(y), fill: color("text"), "font-size": layout.text, "xml:space": "preserve", ...more }, words);
  const hatch = isPrint ? svg("defs", {}, svg("pattern", { id: "tr-chosen", width: 4, height: 4, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("rect", { width: 4, height: 4, fill: color("chosen") }), svg("rect", { width: 1.4, height: 4, fill: color("text") }))) : null;
  return { color, text, hatch, chosen: isPrint ? "url(#tr-chosen)" : color("chosen"), muted: { fill: color("muted"), "font-size": layout.small },
    tick: { fill: color("muted"), "font-size": layout.tick } };
}

// Heads, axis, a line for each token, and the other tokens; returns where the band ends.
function drawBand(made, value, { band, number, layout, pen, top }) {
  const { rows, columns, draw } = value;
  const head = (title, notes, room) => ({ title: wrapped(title, room, layout.text, SANS, 600), notes: wrapped(notes.filter(Boolean).join(" · "), room, layout.small, SANS) });
  const heads = band.map(({ at, room }) => (at === "draw" ? head(draw.title, [draw.note, draw.margin], room - 6) : head(columns[at].title, [columns[at].left, columns[at].cut], room - 6)));
  const [most, mostNotes] = ["title", "notes"].map((name) => Math.max(...heads.map((one) => one[name].length)));
  heads.forEach(({ title, notes }, place) => {
    title.forEach((line, at) => made.push(pen.text(band[place].x, top + layout.text + (most - title.length + at) * layout.text * LINE, line, { "font-weight": 600 })));
    notes.forEach((line, at) => made.push(pen.text(band[place].x, top + layout.small + most * layout.text * LINE + at * layout.small * LINE, line, pen.muted)));
  });
  let y = top + most * layout.text * LINE + mostNotes * layout.small * LINE + layout.tick * LINE;
  drawAxes(made, value, { band, number, layout, pen, y });
  y += 3;
  rows.forEach((row, place) => {
    drawRow(made, value, { row, place, band, layout, pen, middle: y + layout.row / 2 });
    y += layout.row;
  });
  return value.others_title ? drawOthers(made, value, { band, layout, pen, y }) : y;
}

function drawAxes(made, value, { band, number, layout, pen, y }) {
  const first = band.find(({ at }) => at !== "draw");
  if (number === 0 && first) {
    const ticks = value.ticks.map(({ at, label }) => ({ x: first.x + (at / value.largest) * layout.bar, label, anchor: at ? "middle" : "start" }));
    for (const { x, label, anchor } of apart(ticks, layout.tick)) made.push(pen.text(x, y - 2, label, { ...pen.tick, "text-anchor": anchor }));
    made.push(pen.text(layout.pad, y - 2, clipped(value.axis, layout.name, layout.tick, SANS), pen.tick));
  }
  const raced = band.find(({ at }) => at === "draw");
  if (!raced) return;
  const ticks = value.draw.ticks.map(({ at, label }) => ({ x: natsOf(value.draw, raced, layout)(at), label }));
  for (const { x, label } of apart(ticks, layout.tick)) made.push(pen.text(x, y - 2, label, { ...pen.tick, "text-anchor": "middle" }));
}

// Those labels of an axis that leave each other room.
function apart(ticks, size) {
  let end = -Infinity;
  return [...ticks].sort((one, other) => one.x - other.x).filter(({ x, label, anchor }) => {
    const width = widthOf(label, size, SANS);
    const start = anchor === "start" ? x : x - width / 2;
    if (start < end + size / 2) return false;
    end = start + width;
    return true;
  });
}

function drawRow(made, value, { row, place, band, layout, pen, middle }) {
  const fill = row.is_chosen ? pen.chosen : pen.color("other");
  const strong = row.is_chosen ? { fill: pen.color("chosen-text"), "font-weight": 700 } : {};
  const mark = row.is_chosen ? "✓" : row.is_favorite ? "○" : row.is_answer ? "▶" : "";
  const base = middle + layout.text * 0.36;
  if (mark) made.push(pen.text(layout.pad, base, mark, strong));
  const name = clipped(row.token, layout.name - layout.text * 1.2 - 8, layout.text, MONO, row.is_chosen ? 700 : 400);
  const start = layout.pad + layout.text * 1.2;
  const room = widthOf(name, layout.text, MONO, row.is_chosen ? 700 : 400) + 6;
  made.push(svg("rect", { x: round(start - 3), y: round(middle - layout.row / 2 + 1.5), width: round(room), height: round(layout.row - 3), rx: 3, fill: pen.color("panel"), stroke: pen.color("line") }),
    pen.text(start, base, name, { "font-family": MONO, ...strong }));
  for (const { at, x, room: width } of band) {
    if (at === "draw") drawRace(made, value.draw, { cell: value.draw.cells[place], band: { x, room: width }, layout, pen, middle, fill, strong });
    else drawStage(made, value, { cell: value.columns[at].cells[place], x, layout, pen, middle, fill: row.is_chosen ? fill : pen.color("other"), line: pen.color(row.is_chosen ? "chosen" : "other"), strong });
  }
}

function drawStage(made, value, { cell, x, layout, pen, middle, fill, line, strong }) {
  if (!cell.percent) return;
  const length = layout.bar * (cell.bar ?? 0) / value.largest;
  const box = { x: round(x), y: round(middle - layout.row / 4), width: round(Math.max(length, 1)), height: round(layout.row / 2) };
  const change = changeOf(cell);
  const struck = cell.is_removed ? { ...pen.muted, "text-decoration": "line-through" } : { "font-size": layout.small, ...strong };
  made.push(svg("rect", cell.is_removed ? { ...box, fill: "none", stroke: line } : { ...box, fill }));
  const base = middle + layout.small * 0.36;
  if (cell.removed_by) {
    const past = length + 4 + widthOf(cell.removed_by, layout.small, SANS) < layout.bar ? length + 4 : 3;
    const name = clipped(cell.removed_by, layout.bar - past, layout.small, SANS); // the head of the column names it, too
    if (name.length > SHORTEST) made.push(pen.text(x + past, base, name, pen.muted));
  }
  made.push(pen.text(x + layout.bar + 4, base, cell.percent, struck));
  if (change) made.push(pen.text(x + layout.bar + 4 + widthOf(cell.percent, layout.small, SANS, strong["font-weight"]), base, change, pen.muted));
}

const natsOf = (draw, { x, room }, layout) => (number) => round(x + 5 + ((number - draw.low) / (draw.high - draw.low || 1)) * (room - 10 - layout.percent));

function drawRace(made, draw, { cell, band, layout, pen, middle, fill, strong }) {
  if (!cell || cell.log_probability === null || cell.finish === null) return;
  const nats = natsOf(draw, band, layout);
  const [from, to] = [nats(cell.log_probability), nats(cell.finish)];
  const back = to < from ? 5 : -5;
  if (draw.has_luck) {
    made.push(svg("path", { d: `M${from} ${round(middle)}H${to}m${back} -4L${to} ${round(middle)}l${back} 4`, fill: "none", stroke: pen.color("luck"), "stroke-width": 1.8 }));
  }
  made.push(svg("circle", { cx: from, cy: round(middle), r: 3.5, fill }),
    pen.text(band.x + band.room - layout.percent + 4, middle + layout.small * 0.36, cell.text, { "font-size": layout.small, ...strong }));
}

function drawOthers(made, value, { band, layout, pen, y }) {
  const line = (x, text, room) => {
    const lines = wrapped(text, room, layout.small, SANS);
    lines.forEach((words, at) => made.push(pen.text(x, y + layout.small * (1.2 + at * LINE), words, pen.muted)));
    return lines.length;
  };
  const counts = [line(layout.pad, value.others_title, layout.name - 8),
    ...band.map(({ at, x, room }) => line(x, at === "draw" ? value.draw.axis : value.columns[at].others, room - 6))];
  return y + layout.small * LINE * Math.max(...counts) + 4;
}

// What the marks before the tokens say.
function legendOf({ rows }, words) {
  if (!words) return "";
  const marked = rows.filter((row) => row.marks.length && !row.is_chosen).map((row) => `${row.is_favorite ? "○" : "▶"} ${row.marks.join(" ")}`);
  return [`✓ ${words("ui.picture_chosen")}`, ...new Set(marked)].join("   ");
}

const round = (number) => Math.round(number * 100) / 100;
