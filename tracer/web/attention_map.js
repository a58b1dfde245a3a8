// The full map of one head, or of several put together. The whole map comes once as a coarse tile; what is looked at
// nearer is asked for again, 80 ms after the last move. A step only moves the marked row: the rows are those of the
// last step, which has all of them.

import { chip } from "./chips.js";
import { element } from "./elements.js";
import { colorsOf, onTheme, ramp } from "./heat.js";
import { Latest } from "./latest.js";
import { steer } from "./map_hands.js";
import { boardOf, paintMap } from "./map_paint.js";
import { sidePanel } from "./map_side.js";
import { covers, paintTile, readTile, weightAt } from "./map_tile.js";
import { MapView } from "./map_view.js";
import { loadStyle } from "./styles.js";

const DETAIL_MS = 80;
const WIDEST = 720;
const MARGIN = 0.15;

export function mount(root, context) {
  const { source, position, words, choice, tooltip } = context;
  loadStyle("attention_map");
  const canvas = element("canvas", { role: "img" });
  const frame = element("div", { class: "tr-attention-map-frame", role: "application", tabindex: 0, "aria-label": words("ui.attention_map"), "aria-describedby": "tr-attention-map-keys" }, canvas);
  const detail = element("output", { class: "tr-attention-map-detail" });
  const button = (name, text, act) => element("button", { type: "button", class: "tr-button", title: words(name), "aria-label": words(name), onclick: act }, text);
  const boxing = button("ui.attention_zoom_box", "⬚", () => hands.toggleBox());
  const tools = element("div", { class: "tr-attention-map-tools", role: "toolbar", "aria-label": words("ui.attention_map") },
    button("ui.attention_zoom_in", "+", () => zoom(2)), button("ui.attention_zoom_out", "−", () => zoom(0.5)),
    button("ui.attention_zoom_whole", "⤢", () => whole()), boxing, detail);
  const keys = element("p", { class: "tr-muted tr-attention-hint", id: "tr-attention-map-keys" }, words("ui.attention_map_keys"));
  const failure = element("p", { class: "tr-error", role: "status" });
  const titles = { row: words("ui.attention_rows"), column: words("ui.attention_columns") };
  const map = element("div", { class: "tr-attention-map-main" }, tools, frame, keys, failure);
  const side = sidePanel(context);
  root.append(element("div", { class: "tr-attention-map" }, map, side.root));

  const view = new MapView();
  const maps = new Latest((isSlow) => frame.setAttribute("aria-busy", String(isSlow)));
  const details = new Latest((isSlow) => detail.setAttribute("aria-busy", String(isSlow)));
  let header = null;
  let asked = null;
  let base = null;
  let near = null;
  let colors = colorsOf(root);
  let board = boardOf(WIDEST);
  let timer = null;
  let isScheduled = false;
  let wanted = "";
  const marked = { cursor: null, pinned: null, box: null };

  const lastStep = () => Math.max(0, position.count - 1);
  const topWeight = () => base?.tile.beyondFirst || near?.tile.beyondFirst || 1;
  const currentRow = () => header.num_prompt + position.step - 1;

  // The last step has every row; where its queries are not there, the present step has those up to itself.
  async function load(heads) {
    const found = async (step) => {
      const value = await source.view("attention_map", { ...heads, step });
      const hasBase = value.max_rows >= value.size;
      const tile = hasBase ? await tileOf(step, heads, { row0: 0, row1: value.size, col0: 0, col1: value.size }) : null;
      return { value, tile, step, heads };
    };
    try {
      return await found(lastStep());
    } catch (error) {
      if (error.status !== 404 || position.step === lastStep()) throw error;
      return found(position.step);
    }
  }
  const tileOf = async (step, heads, window) => readTile(await source.tile("attention", { ...heads, step, ...window }));

  function open({ value, tile, step, heads }) {
    failure.replaceChildren();
    map.hidden = false;
    header = value;
    asked = { step, heads };
    wanted = key();
    view.open(value.size, value.max_rows);
    near = null;
    base = tile && { tile, canvas: paintTile(tile, ramp(colors), tile.beyondFirst || tile.largest) };
    canvas.setAttribute("aria-label", value.title);
    side.show(value, topWeight());
    marked.pinned = null;
    side.clearCell();
    draw();
    wantDetail();
  }

  function refuse(error) {
    header = null;
    failure.replaceChildren(error.message);
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    side.show(null);
  }

  function wantDetail() {
    clearTimeout(timer);
    timer = setTimeout(askDetail, DETAIL_MS);
  }

  function askDetail() {
    if (!header) return;
    const window = roomy(view.window);
    const best = [near, base].find((one) => one && covers(one.tile, view.window));
    if (best && (best.tile.factor === 1 || best.tile.factor <= factorOf(window, header))) return;
    const { step, heads } = asked;
    details.ask(() => tileOf(step, heads, window), (tile) => {
      if (asked.heads !== heads) return;
      near = { tile, canvas: paintTile(tile, ramp(colors), base ? topWeight() : tile.beyondFirst || tile.largest) };
      if (!base) side.show(header, topWeight());
      draw();
    }, (error) => failure.replaceChildren(error.message));
  }

  // A little more than what is in view, where that does not make it coarser.
  function roomy(window) {
    const [rows, columns] = [window.row1 - window.row0, window.col1 - window.col0].map((span) => Math.round(span * MARGIN));
    const wider = {
      row0: Math.max(0, window.row0 - rows), row1: Math.min(header.size, window.row1 + rows),
      col0: Math.max(0, window.col0 - columns), col1: Math.min(header.size, window.col1 + columns),
    };
    return factorOf(wider, header) === factorOf(window, header) && wider.row1 - wider.row0 <= header.max_rows ? wider : window;
  }

  function draw() {
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      if (!header) return;
      const tiles = [base, near].filter(Boolean);
      paintMap(canvas, board, { view, header, tiles, currentRow: currentRow(), colors, titles, ...marked });
      tellDetail();
      side.scene = { tile: best()?.tile, view, currentRow: currentRow() };
    });
  }

  const best = () => [near, base].find((one) => one && covers(one.tile, view.window)) ?? base ?? near;

  function tellDetail() {
    const factor = best()?.tile.factor;
    const { row0, row1, col0, col1 } = view.window;
    const kind = factor === undefined ? words("ui.attention_loading") : factor === 1 ? words("ui.attention_exact") : words("ui.attention_max_of", { factor });
    const text = `${kind} · ${words("ui.attention_window", { row0, row1: row1 - 1, column0: col0, column1: col1 - 1 })}`;
    if (detail.value !== text) detail.value = text;
  }

  function zoom(factor, row, column) {
    if (!header) return;
    view.zoom(factor, row, column);
    moved();
  }
  function whole() {
    view.whole();
    moved();
  }
  function moved() {
    draw();
    wantDetail();
  }

  function describe(row, column) {
    const names = { row: chip(header.labels[row]), column: chip(header.labels[column]) };
    if (header.is_causal && column > row) return [words("ui.attention_unseen")];
    const weight = [near, base].map((one) => one && weightAt(one.tile, row, column)).find((one) => one !== null && one !== undefined);
    if (weight === undefined) return [header.missing_label || words("ui.attention_not_heard")];
    const number = weight < 0.1 ? (weight * 100).toFixed(1) : Math.round(weight * 100);
    const factor = (near && weightAt(near.tile, row, column) !== null ? near : base).tile.factor;
    return [
      words("ui.attention_weight_here", { ...names, weight: words("ui.attention_percent", { number }) }),
      ...(factor > 1 ? [words("ui.attention_max_of", { factor })] : []),
      ...(row > currentRow() ? [words("ui.attention_beyond")] : []),
    ];
  }

  function explain(row, column) {
    marked.pinned = { row, column };
    draw();
    if (header.is_causal && column > row) return side.clearCell(words("ui.attention_unseen"));
    side.explain(() => source.view("attention_cell", { ...asked.heads, step: asked.step, target: row, source: column }));
  }

  const hands = steer(frame, canvas, {
    view, marked, tooltip, describe, explain, moved, draw, whole, zoom, boxing,
    board: () => board, isReady: () => Boolean(header), currentRow,
  });

  // Once the map of the last step is here, only other heads need another one.
  const key = () => JSON.stringify([choice.heads, header && asked.step === lastStep() ? null : position.step]);
  const follow = () => {
    if (key() !== wanted) {
      wanted = key();
      const heads = choice.heads;
      maps.ask(() => load(heads), open, refuse);
    }
    draw();
  };

  const watcher = new ResizeObserver(() => {
    board = boardOf(Math.min(WIDEST, map.clientWidth || WIDEST));
    draw();
  });
  watcher.observe(map);
  const dress = () => {
    colors = colorsOf(root);
    for (const one of [base, near].filter(Boolean)) one.canvas = paintTile(one.tile, ramp(colors), topWeight());
    draw();
  };
  const stops = [choice.subscribe(follow), onTheme(dress), () => watcher.disconnect(), () => maps.end(), () => details.end(), () => clearTimeout(timer), side.destroy];
  follow();
  return { destroy: () => stops.forEach((stop) => stop()) };
}

function factorOf(window, { tile_side: side }) {
  return Math.max(1, Math.ceil(Math.max(window.row1 - window.row0, window.col1 - window.col0) / side));
}
