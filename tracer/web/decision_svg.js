// The decision picture as one SVG that stands alone: for files and the clipboard. Takes the same value as the page.

import { svg } from "./elements.js";

const [PAD, NAME, STAGE, DRAW, ROW, TEXT, HEAD] = [16, 180, 190, 260, 24, 82, 62];
const MONO = "'Source Code Pro', 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace";
const SANS = "'DejaVu Sans', 'Noto Sans CJK SC', sans-serif";
const SLACK = 0.95; // whoever opens the file may have wider letters

/** Returns the picture as an element, in the colors that count where `near` stands. */
export function svgOf(value, near) {
  const color = (name) => getComputedStyle(near).getPropertyValue(`--tr-${name}`).trim();
  const { rows, columns, draw, others_title: others } = value;
  const width = 2 * PAD + NAME + columns.length * STAGE + (draw ? DRAW : 0);
  const between = near.closest("[lang|=zh]") ? "" : " ";
  const sentence = value.clauses.map(({ parts }) => parts.map(({ text }) => text).join("")).join(between);
  const lines = wrapped(sentence, (width - 2 * PAD) * SLACK);
  const top = PAD + lines.length * 20 + HEAD;
  const note = [value.no_effect, value.frame].filter(Boolean).join(" ");
  const height = top + (rows.length + (others ? 1 : 0)) * ROW + (note ? 24 : 0) + PAD;
  const text = (x, y, words, more = {}) => svg("text", { x, y, fill: color("text"), "font-size": 13, ...more }, words);
  const muted = { fill: color("muted"), "font-size": 12 };
  const parts = [svg("rect", { width, height, fill: color("background") }), ...lines.map((line, at) => text(PAD, PAD + 14 + at * 20, line, { "font-size": 15 }))];

  const heads = [...columns.map(({ title, left, cut }) => [title, [left, cut]]), ...(draw ? [[draw.title, [draw.note, draw.margin]]] : [])];
  const startOf = (column) => PAD + NAME + column * STAGE;
  heads.forEach(([title, notes], at) => parts.push(
    text(startOf(at), top - 42, title, { "font-weight": 600 }), text(startOf(at), top - 26, notes.filter(Boolean).join(" · "), muted)));
  const barRoom = STAGE - TEXT - 12;
  for (const { at, label } of value.ticks) parts.push(text(startOf(0) + (at / value.largest) * barRoom, top - 8, label, { ...muted, "font-size": 10 }));
  parts.push(text(PAD, top - 8, value.axis, { ...muted, "font-size": 10 }));
  const nats = draw && ((number) => startOf(columns.length) + ((number - draw.low) / (draw.high - draw.low)) * (DRAW - 60));
  for (const { at, label } of draw?.ticks ?? []) parts.push(text(nats(at), top - 8, label, { ...muted, "font-size": 10, "text-anchor": "middle" }));

  rows.forEach((row, place) => {
    const middle = top + place * ROW + ROW / 2;
    const fill = color(row.is_chosen ? "chosen" : "other");
    const strong = row.is_chosen ? { fill: color("chosen-text"), "font-weight": 700 } : {};
    const mark = row.is_chosen ? "✓ " : row.is_favorite ? "○ " : row.is_answer ? "▶ " : "";
    parts.push(text(PAD, middle + 5, mark + [...row.token].slice(0, 18).join(""), { "font-family": MONO, ...strong }));
    columns.forEach(({ cells }, at) => parts.push(...stage(cells[place], startOf(at), middle, barRoom * (cells[place].bar ?? 0) / value.largest, fill, strong)));
    if (draw?.cells[place]) parts.push(...race(draw.cells[place], middle, fill, strong));
  });

  function stage(cell, x, middle, length, fill, strong) {
    if (!cell.percent) return [];
    const box = { x, y: middle - 6, width: Math.max(length, 1), height: 12 };
    const change = cell.rank_change ? ` ${cell.rank_change > 0 ? "▲" : "▼"}${Math.abs(cell.rank_change)}` : "";
    const struck = cell.is_removed ? { ...muted, "text-decoration": "line-through" } : strong;
    return [svg("rect", cell.is_removed ? { ...box, fill: "none", stroke: fill } : { ...box, fill }),
      ...(cell.removed_by ? [text(x + (length > barRoom / 2 ? 4 : length + 5), middle + 4, cell.removed_by, muted)] : []),
      text(x + barRoom + 4, middle + 5, cell.percent + change, { "font-size": 12, ...struck })];
  }

  function race(cell, middle, fill, strong) {
    if (cell.log_probability === null || cell.finish === null) return [];
    const [from, to] = [nats(cell.log_probability), nats(cell.finish)];
    const back = to < from ? 5 : -5;
    const arrow = draw.has_luck ? [svg("path", { d: `M${from} ${middle}H${to}m${back} -4L${to} ${middle}l${back} 4`, fill: "none", stroke: color("luck"), "stroke-width": 2 })] : [];
    return [...arrow, svg("circle", { cx: from, cy: middle, r: 4, fill }), text(nats(draw.high) + 12, middle + 5, cell.text, { "font-size": 12, ...strong })];
  }

  const bottom = top + rows.length * ROW;
  if (others) {
    parts.push(text(PAD, bottom + 16, others, muted));
    columns.forEach((column, at) => parts.push(text(startOf(at), bottom + 16, column.others, muted)));
    if (draw) parts.push(text(startOf(columns.length), bottom + 16, draw.axis, muted));
  }
  if (note) parts.push(text(PAD, height - PAD, note, muted));
  return svg("svg", { xmlns: "http://www.w3.org/2000/svg", width, height, viewBox: `0 0 ${width} ${height}`, "font-family": SANS }, parts);
}

// Lines of a text that fit a width; Chinese may break anywhere.
function wrapped(sentence, width) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `15px ${SANS}`;
  const lines = [""];
  for (const word of sentence.match(/[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+/g) ?? []) {
    if (lines.at(-1) && pen.measureText(lines.at(-1) + word.trimEnd()).width > width) lines.push("");
    lines[lines.length - 1] += word;
  }
  return lines;
}
