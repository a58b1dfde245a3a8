// All heads of the model, one cell each, colored by one measure. The cells are on a canvas; what is drawn can also be
// read as a list of the largest and as a table. Arrow keys move a cursor, Enter selects the head, a click too.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { fill, labelled, selectOf } from "./attention_controls.js";
import { decimals, layoutOf, paintGrid, percents } from "./head_grid_paint.js";
import { colorsOf, onTheme } from "./heat.js";
import { Latest } from "./latest.js";
import { loadStyle } from "./styles.js";
import { tableOf } from "./table.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-8, 0], PageDown: [8, 0] };

export function mount(root, { source, position, words, choice, tooltip, ahead, refuse }) {
  loadStyle("head_grid");
  const title = element("h3", {});
  const measure = selectOf(words("ui.attention_measure"), (key) => choice.set(key === "contribution" ? { mode: key } : { measure: key, mode: "weight" }));
  const average = element("input", { type: "checkbox", onchange: () => choice.set({ averages: average.checked }) });
  const averageLabel = element("label", { class: "tr-check" }, average, words("ui.attention_average"));
  const canvas = element("canvas", { role: "img" });
  const frame = element("div", { class: "tr-head-grid-frame", role: "application", tabindex: 0, "aria-label": words("ui.attention_grid"), "aria-describedby": "tr-head-grid-keys" }, canvas);
  const live = element("p", { class: "tr-head-grid-live", role: "status" });
  const keys = element("p", { class: "tr-muted tr-attention-hint", id: "tr-head-grid-keys" }, words("ui.attention_grid_keys"));
  const legend = element("div", { class: "tr-head-grid-legend", "aria-hidden": "true" });
  const note = element("p", { class: "tr-muted tr-attention-hint" });
  const top = element("div", { class: "tr-head-grid-top" });
  const table = element("details", { class: "tr-attention-table" }, element("summary", {}, words("ui.attention_table")));
  root.append(title, element("div", { class: "tr-head-grid-controls" }, labelled(words("ui.attention_measure"), measure), averageLabel), note, frame, live, legend, top, keys, table);

  const latest = new Latest((isSlow) => root.setAttribute("aria-busy", String(isSlow)));
  let value = null;
  let layout = null;
  let cursor = { layer: 0, head: 0 };

  const parameters = (step) => ({ step, measure: choice.measure, source: choice.measure === "source" ? choice.source : undefined, average: choice.averages ? 1 : undefined });
  const ask = () => latest.ask(() => source.view("attention_grid", parameters(position.step)), show, (error) => refuse(error));

  function show(answer) {
    refuse(null);
    value = answer;
    choice.knowLayers(value.layers);
    title.replaceChildren(...withChips(value.title));
    fill(measure, value.measures.map((one) => [one.key, one.label, !one.available && one.key !== "contribution"]), value.measure);
    average.checked = choice.averages;
    average.disabled = ["source", "contribution"].includes(value.measure);
    const lacking = value.measures.find((one) => one.key === value.measure && one.command);
    note.replaceChildren(...withChips(value.empty || value.average_note || value.hint));
    if (lacking && value.empty) note.append(element("code", { class: "tr-command" }, lacking.command));
    canvas.setAttribute("aria-label", value.summary.replaceAll("`", ""));
    legend.hidden = Boolean(value.empty);
    drawLegend();
    top.replaceChildren(...value.top.map((one) => element("button", { type: "button", class: "tr-button", "data-layer": one.layer, "data-head": one.head, onclick: () => choice.toggle(one.layer, one.head) },
      element("b", {}, words("ui.attention_cell_name", one)), ` ${one.label}`)));
    draw();
    if (table.open) fillTable();
    ahead((step) => source.view("attention_grid", parameters(step)));
  }

  function draw() {
    if (!value) return;
    layout = layoutOf(value, root.clientWidth);
    const isFocused = document.activeElement === frame;
    paintGrid(canvas, value, layout, colorsOf(root), { layer: choice.layer, head: choice.head, cursor: isFocused ? cursor : null });
    for (const button of top.children) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.layer) === choice.layer && Number(button.dataset.head) === choice.head));
    }
  }

  function drawLegend() {
    const text = (number) => (value.unit === "logit" || value.measure === "entropy" ? decimals(number, 2) : words("ui.attention_share", { number: percents(value, number) }));
    legend.classList.toggle("tr-is-signed", value.is_signed);
    legend.replaceChildren(text(value.low), element("i", {}), text(value.high), element("span", { class: "tr-muted" }, value.unit));
  }

  function describe({ layer, head }) {
    const own = value.layers[layer];
    const name = words("ui.attention_cell_name", { layer, head });
    const label = value.labels[layer]?.[head];
    const pattern = value.pattern_labels[value.patterns[layer]?.[head]];
    const group = own.groups.find((one) => one.includes(head)) ?? [];
    return [
      [name, label || (own.is_recorded ? "–" : words("ui.attention_not_heard")), pattern].filter(Boolean).join(" · "),
      own.label + (own.flags.length ? ` · ${own.flags.join(" · ")}` : ""),
      ...(group.length > 1 && group.length < own.num_heads ? [`KV ${own.groups.indexOf(group)}: ${group.map((one) => `H${one}`).join(" ")}`] : []),
      ...(own.reason ? [own.reason] : []),
    ];
  }

  function fillTable() {
    loadStyle("table");
    const rows = value.layers.map((one) => [{ text: String(one.layer), kind: "number" }, ...value.labels[one.layer].map((text) => ({ text: text || "–", kind: "number" }))]);
    const columns = [words("ui.attention_column_layer"), ...Array.from({ length: value.num_heads }, (_, head) => `H${head}`)];
    table.replaceChildren(table.firstChild, tableOf({ caption: value.measure_label, columns, rows }, position));
  }

  const cellAt = (event) => {
    if (!layout) return null;
    const box = canvas.getBoundingClientRect();
    const layer = Math.floor((event.clientY - box.top - layout.top) / layout.cellHeight);
    const head = Math.floor((event.clientX - box.left - layout.left) / layout.cellWidth);
    const own = value.layers[layer];
    return own && head < own.num_heads ? { layer, head: head < 0 ? undefined : head } : null;
  };
  canvas.addEventListener("pointermove", (event) => {
    const cell = cellAt(event);
    if (!cell) return tooltip.hide();
    tooltip.show(cell.head === undefined ? [value.layers[cell.layer].label] : describe(cell), event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", () => tooltip.hide());
  canvas.addEventListener("click", (event) => {
    const cell = cellAt(event);
    if (!cell) return;
    if (cell.head !== undefined) cursor = cell;
    choice.toggle(cell.layer, cell.head);
  });
  const speak = () => live.replaceChildren(describe(cursor)[0]);
  frame.addEventListener("focus", () => {
    if (!value) return;
    if (choice.head !== undefined) cursor = { layer: choice.layer, head: choice.head };
    speak();
    draw();
  });
  frame.addEventListener("blur", () => {
    live.replaceChildren();
    draw();
  });
  frame.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES[event.key];
    if (!value) return void (move && event.preventDefault());
    if (move) {
      const layer = Math.max(0, Math.min(value.num_layers - 1, cursor.layer + move[0]));
      cursor = { layer, head: Math.max(0, Math.min(value.layers[layer].num_heads - 1, cursor.head + move[1])) };
    } else if (event.key === "Home") cursor = { ...cursor, head: 0 };
    else if (event.key === "End") cursor = { ...cursor, head: value.layers[cursor.layer].num_heads - 1 };
    else if (event.key === "Enter" || event.key === " ") choice.select(cursor.layer, cursor.head);
    else if (event.key === "Escape") choice.select();
    else return;
    event.preventDefault();
    speak();
    draw();
  });
  table.addEventListener("toggle", () => table.open && value && fillTable());
  const watcher = new ResizeObserver(() => draw());
  watcher.observe(root);

  let asked = "";
  const follow = () => {
    const wanted = JSON.stringify(parameters(position.step));
    draw();
    if (wanted !== asked) {
      asked = wanted;
      ask();
    }
  };
  const stops = [choice.subscribe(follow), onTheme(draw), () => watcher.disconnect(), () => latest.end()];
  follow();
  return { destroy: () => stops.forEach((stop) => stop()) };
}
