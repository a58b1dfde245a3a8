// The whole text in one line: a column for each step, as high and as dark as its token was unexpected, with signs where
// something stood out, a frame around what the strip shows, and a line at the current step.

import { element } from "./elements.js";
import { loadStyle } from "./styles.js";

const HEIGHT = 28;
const SIGNS = 8;
const BINS = 5;
const STRONG_MARKS = "01";
const SIGN_WIDTH = 8;
const NO_MARK = "-";

/** Returns {draw(), showMarks(marks), destroy()}; `visible` gives the first and last step in view. */
export function mount(root, { position, words, value, visible }) {
  loadStyle("text_map");
  const canvas = element("canvas", { class: "tr-map-canvas", "aria-hidden": "true" });
  const map = element("div", { class: "tr-map", role: "slider", tabindex: "0", "aria-label": words("ui.bar_map"), title: words("ui.bar_map"),
    "aria-orientation": "horizontal", "aria-valuemin": 0, "aria-valuemax": Math.max(0, position.count - 1) }, canvas);
  root.append(map);
  const count = value.bins.length;
  let { marks } = value;

  const draw = () => {
    const width = map.clientWidth;
    if (!width || !count) return;
    const scale = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(HEIGHT * scale);
    }
    const context = canvas.getContext("2d");
    context.setTransform(scale, 0, 0, scale, 0, 0);
    paint(context, { width, count, columns: columnsOf({ bins: value.bins, marks }, width), colors: colorsOf(map), step: position.step, seen: visible() });
  };
  const show = () => {
    map.setAttribute("aria-valuenow", position.step);
    map.setAttribute("aria-valuetext", words("ui.bar_map_at",
      { step: position.step, count: count.toLocaleString("en"), token: value.answer.texts[position.step] ?? "" }));
    draw();
  };
  const goTo = ({ clientX }) => {
    const { left, width } = map.getBoundingClientRect();
    position.select(Math.floor(((clientX - left) / width) * count));
  };
  map.addEventListener("pointerdown", (event) => {
    map.setPointerCapture(event.pointerId);
    goTo(event);
  });
  map.addEventListener("pointermove", (event) => {
    if (map.hasPointerCapture(event.pointerId)) goTo(event);
  });
  map.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.round(count / 10));
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -page, PageUp: page, Home: -count, End: count }[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    position.move(by);
  });
  const resized = new ResizeObserver(draw);
  resized.observe(map);
  const theme = new MutationObserver(draw);
  theme.observe(document.documentElement, { attributeFilter: ["data-tr-theme"] });
  const stop = position.subscribe(show);
  show();
  return {
    draw,
    showMarks: (now) => {
      marks = now;
      draw();
    },
    destroy: () => {
      stop();
      resized.disconnect();
      theme.disconnect();
      map.remove();
    },
  };
}

/** Returns one entry for each column of pixels: the worst bin and the strongest mark of the steps in it. */
export function columnsOf({ bins, marks }, width) {
  const count = bins.length;
  const number = Math.min(count, Math.max(1, Math.floor(width)));
  const columns = Array.from({ length: number }, () => ({ bin: 0, mark: NO_MARK }));
  for (let step = 0; step < count; step++) {
    const column = columns[Math.floor((step * number) / count)];
    column.bin = Math.max(column.bin, Number(bins[step]));
    const mark = marks[step];
    if (mark !== NO_MARK && (column.mark === NO_MARK || mark < column.mark)) column.mark = mark;
  }
  return columns;
}

function colorsOf(map) {
  const style = getComputedStyle(map);
  const color = (name) => style.getPropertyValue(`--tr-${name}`).trim();
  return {
    bins: Array.from({ length: BINS }, (_, bin) => color(`bin-${bin}`)),
    text: color("text"), muted: color("muted"), line: color("line"), chosen: color("chosen"),
  };
}

function paint(context, { width, count, columns, colors, step, seen }) {
  context.clearRect(0, 0, width, HEIGHT);
  const wide = width / columns.length;
  const signs = new Map();
  const gap = wide > 4 ? 1 : 0;
  const room = HEIGHT - SIGNS - 1;
  columns.forEach(({ bin, mark }, at) => {
    const high = (room * (bin + 1)) / BINS;
    context.fillStyle = colors.bins[bin];
    context.fillRect(at * wide, HEIGHT - 1 - high, wide - gap, high);
    const x = (at + 0.5) * wide;
    const place = Math.floor(x / SIGN_WIDTH);
    if (mark !== NO_MARK && !(signs.get(place)?.mark <= mark)) signs.set(place, { x, mark });
  });
  for (const { x, mark } of signs.values()) sign(context, x, STRONG_MARKS.includes(mark), colors);
  context.fillStyle = colors.line;
  context.fillRect(0, HEIGHT - 1, width, 1);
  frame(context, { width, count, seen, colors });
  const x = ((step + 0.5) * width) / count;
  context.fillStyle = colors.chosen;
  context.fillRect(x - 1, 0, 2, HEIGHT);
  triangle(context, x, HEIGHT, -7);
}

function frame(context, { width, count, seen, colors }) {
  const [first, last] = seen;
  if (last - first + 1 >= count || last < first) return;
  context.strokeStyle = colors.muted;
  context.lineWidth = 1;
  context.strokeRect((first * width) / count + 0.5, SIGNS + 0.5, ((last - first + 1) * width) / count - 1, HEIGHT - SIGNS - 1);
}

// What stood out most is a triangle, the rest a dot.
function sign(context, x, isStrong, colors) {
  context.fillStyle = isStrong ? colors.text : colors.muted;
  if (isStrong) triangle(context, x, 0, 6);
  else context.fillRect(x - 1, 3, 2, 2);
}

function triangle(context, x, y, high) {
  context.beginPath();
  context.moveTo(x - 4, y);
  context.lineTo(x + 4, y);
  context.lineTo(x, y + high);
  context.fill();
}
