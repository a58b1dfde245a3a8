// How far apart the predictions of two texts are at every step, in nats: two curves over the steps, drawn as SVG while
// their parts arrive. A click or an arrow key goes to a step; below stands what the curves say there.

import { element, svg } from "./elements.js";
import { tableOf } from "./table.js";

const CHUNK = 50;
const HIGH = 150;
const TOP = 16;
const BOTTOM = 4;
const DOTTED_UP_TO = 80;

export function mount(root, context) {
  const { position, words, value, source, second } = context;
  const count = value.pairs.length;
  const known = { model: [], final: [], infinite: { model: new Set(), final: new Set() }, texts: { model: [], final: [] }, deltas: [] };
  const made = frameOf(context, known);
  root.append(made.frame);
  const most = value.pairs.filter(({ a, b }) => a && b).length;
  if (!value.has_kl || !most) {
    sayWhy(made, { source, second, text: value.has_kl ? words("ui.compare_kl_no_steps") : null });
    return { destroy: () => made.frame.remove() };
  }

  let isGone = false;
  const draw = () => paint(made, known, { count, most, step: position.step, divergence: value.divergence });
  const show = () => {
    const text = textAt(known, position.step, words);
    made.readout.textContent = text;
    made.slider.setAttribute("aria-valuenow", position.step);
    made.slider.setAttribute("aria-valuetext", words("ui.compare_curve_at", { step: position.step, count: position.count.toLocaleString("en"), text }));
    moveMarker(made, position.step, count);
  };
  const resized = new ResizeObserver(() => {
    draw();
    show();
  });
  resized.observe(made.slider);
  const stop = position.subscribe(show);
  listen(made.slider, position, count);
  collect({ source, second, most, known, words, made, isGone: () => isGone, onpart: () => {
    draw();
    show();
  } });
  show();
  return {
    destroy: () => {
      isGone = true;
      stop();
      resized.disconnect();
      made.frame.remove();
    },
  };
}

function frameOf({ words, position, value }, known) {
  const title = element("h2", { class: "tr-compare-title" });
  const axis = element("div", { class: "tr-kl-axis" });
  const top = element("span", { class: "tr-kl-top" });
  const drawing = svg("svg", { class: "tr-kl-drawing", "aria-hidden": "true", height: HIGH });
  const slider = element("div", { class: "tr-kl-slider", role: "slider", tabindex: "0", "aria-label": words("ui.compare_curve"),
    "aria-valuemin": 0, "aria-valuemax": Math.max(0, position.count - 1), "aria-valuenow": position.step }, drawing, top, element("span", { class: "tr-kl-zero" }, "0"));
  const steps = element("div", { class: "tr-kl-steps", "aria-hidden": "true" }, element("span", {}, "0"), element("span", {}, String(value.pairs.length - 1)));
  const legend = element("div", { class: "tr-kl-legend" });
  const readout = element("p", { class: "tr-kl-readout" });
  const note = element("p", { class: "tr-muted tr-kl-note" });
  const table = element("details", { class: "tr-kl-table", ontoggle: () => fillTable(table, known, words) }, element("summary", {}, words("ui.compare_as_table")));
  const picture = [axis, slider, steps, legend, readout];
  const frame = element("section", { class: "tr-kl tr-kl-waiting" }, title, picture, note, table);
  return { frame, title, axis, top, drawing, slider, steps, legend, readout, note, table, picture };
}

// There is a title and a reason, and nothing to draw.
function sayWhy(made, { source, second, text }) {
  drop(made);
  source.view("compare_distances", { ...second, from: 0, to: 1 }).then(({ title, note }) => {
    made.title.textContent = title;
    made.note.textContent = text ?? note;
  }, (error) => (made.note.textContent = error.message));
}

function drop(made) {
  for (const part of [...made.picture, made.table]) part.remove();
}

// One part after the other, so that nothing else of the page waits for all of them.
async function collect({ source, second, most, known, words, made, isGone, onpart }) {
  let last = null;
  for (let from = 0; from < most; from += CHUNK) {
    try {
      last = await source.view("compare_distances", { ...second, from, to: Math.min(from + CHUNK, most) });
    } catch (error) {
      if (!isGone()) made.note.textContent = error.message;
      return;
    }
    if (isGone()) return;
    take(known, last);
    if (from === 0) name(made, last, words);
    const isAny = ["model", "final"].some((curve) => known.texts[curve].some(Boolean));
    made.frame.classList.toggle("tr-kl-waiting", !isAny);
    const isAll = known.model.length >= most;
    const progress = { done: known.model.length.toLocaleString("en"), count: most.toLocaleString("en") };
    made.note.textContent = isAll ? noteOf(known, last, words) : words("ui.compare_kl_progress", progress);
    if (isAll && !isAny) drop(made);
    if (isAll && made.table.open) fillTable(made.table, known, words);
    onpart();
  }
}

function take(known, part) {
  for (const curve of ["model", "final"]) {
    known[curve].push(...part[curve].values);
    known.texts[curve].push(...part[curve].texts);
    for (const step of part[curve].infinite) known.infinite[curve].add(step);
    known[`${curve}_name`] = part[curve].name;
  }
  known.deltas.push(...part.deltas);
}

function name(made, part, words) {
  made.title.textContent = part.title;
  made.axis.textContent = part.axis;
  const line = (kind) => svg("svg", { class: "tr-kl-sample", width: 26, height: 8, "aria-hidden": "true" }, svg("path", { class: `tr-kl-${kind}`, d: "M0 4H26" }));
  made.legend.replaceChildren(
    element("span", {}, line("model"), part.model.name), element("span", {}, line("final"), part.final.name),
    element("span", { title: part.infinite }, words("ui.compare_kl_infinite")));
}

function noteOf(known, last, words) {
  const unknown = known.model.filter((nats, step) => nats === null && !known.infinite.model.has(step)).length;
  if (unknown && unknown < known.model.length) return words("ui.compare_kl_partly", { count: unknown.toLocaleString("en") });
  return last.note;
}

function textAt(known, step, words) {
  const unknown = words("ui.compare_kl_unknown");
  const [model, final] = ["model", "final"].map((curve) => known.texts[curve][step] || unknown);
  if (model === unknown && final === unknown) return words("ui.compare_kl_not_here", { step });
  const delta = known.deltas[step];
  const key = delta ? "ui.compare_kl_here_delta" : "ui.compare_kl_here";
  return words(key, { step, model_name: known.model_name, model, final_name: known.final_name, final, delta });
}

// Behind the last step that both have there is nothing to tell: that part is shaded.
function paint({ drawing, slider, top }, known, { count, most, step, divergence }) {
  const width = slider.clientWidth;
  if (!width) return;
  drawing.setAttribute("width", width);
  drawing.setAttribute("viewBox", `0 0 ${width} ${HIGH}`);
  const highest = [...known.model, ...known.final].reduce((best, nats) => Math.max(best, nats ?? 0), 0);
  top.textContent = highest ? Number(highest.toPrecision(3)) : "";
  const x = (at) => ((at + 0.5) * width) / count;
  const y = (nats) => HIGH - BOTTOM - (nats / (highest || 1)) * (HIGH - TOP - BOTTOM);
  const parts = [svg("rect", { class: "tr-kl-beyond", x: x(most - 0.5), width: width - x(most - 0.5), y: TOP, height: HIGH - TOP - BOTTOM }),
    svg("path", { class: "tr-kl-grid", d: `M0 ${TOP}H${width}M0 ${HIGH - BOTTOM}H${width}` })];
  if (divergence !== null) {
    const at = x(divergence);
    parts.push(svg("path", { class: "tr-kl-parts", d: `M${at} ${TOP - 6}V${HIGH}` }), svg("path", { class: "tr-kl-parts-tip", d: `M${at - 5} 2H${at + 5}L${at} 10Z` }));
  }
  for (const curve of ["final", "model"]) parts.push(svg("path", { class: `tr-kl-${curve}`, d: lineOf(known[curve], x, y) }));
  if (count <= DOTTED_UP_TO) {
    known.model.forEach((nats, at) => nats !== null && parts.push(svg("circle", { class: "tr-kl-dot", cx: x(at), cy: y(nats), r: 2.5 })));
  }
  parts.push(svg("path", { class: "tr-kl-infinite", d: trianglesOf(known.infinite, x) }), svg("path", { class: "tr-kl-marker" }));
  drawing.replaceChildren(...parts);
  moveMarker({ drawing, slider }, step, count);
}

function moveMarker({ drawing, slider }, step, count) {
  const at = ((step + 0.5) * slider.clientWidth) / count;
  drawing.querySelector(".tr-kl-marker")?.setAttribute("d", `M${at} 0V${HIGH}M${at - 5} ${HIGH}h10l-5 -7z`);
}

// Unknown and infinite values interrupt the line; one alone is a short dash.
function lineOf(values, x, y) {
  let text = "";
  values.forEach((nats, at) => {
    if (nats === null) return;
    const isJoined = at > 0 && values[at - 1] !== null;
    text += `${isJoined ? "L" : "M"}${x(at).toFixed(1)} ${y(nats).toFixed(1)}`;
    if (!isJoined && (values[at + 1] ?? null) === null) text += "h1";
  });
  return text;
}

// At most one triangle for each few pixels.
function trianglesOf({ model, final }, x) {
  const places = new Set([...model, ...final].map((step) => Math.round(x(step) / 3) * 3));
  return [...places].map((at) => `M${at - 3} ${TOP - 2}h6l-3 -6z`).join("");
}

function listen(slider, position, count) {
  const goTo = ({ clientX }) => {
    const { left, width } = slider.getBoundingClientRect();
    position.select(Math.floor(((clientX - left) / width) * count));
  };
  slider.addEventListener("pointerdown", (event) => {
    slider.setPointerCapture(event.pointerId);
    goTo(event);
  });
  slider.addEventListener("pointermove", (event) => {
    if (slider.hasPointerCapture(event.pointerId)) goTo(event);
  });
  slider.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.round(count / 10));
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -page, PageUp: page, Home: -count, End: count }[event.key];
    if (by === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    position.move(by);
  });
}

function fillTable(table, known, words) {
  table.querySelector(".tr-table-frame")?.remove();
  if (!table.open) return;
  const columns = [words("ui.compare_column_step"), known.model_name ?? "", known.final_name ?? "", words("ui.compare_delta")];
  const rows = known.model.map((_, step) => [String(step), ...["model", "final"].map((curve) => known.texts[curve][step] || words("ui.compare_kl_unknown")),
    known.deltas[step] || words("ui.compare_kl_unknown")].map((text) => ({ text, kind: "number" })));
  table.append(tableOf({ columns, rows }));
}
