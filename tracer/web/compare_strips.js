// Both texts, one above the other: a column is a step, A above B. A click or an arrow key goes to the step of a column.
// Built once; when the step moves, only classes change. Columns wrap as words do, and every line says which is A and B.

import { element } from "./elements.js";

const NUMBERED = 10;
const NEAR = 2;

export function mount(root, { position, words, value, names }) {
  const columns = value.pairs.map((pair) => columnOf(pair, { value, words, count: position.count }));
  const flow = element("div", { class: "tr-pairs-flow", role: "listbox", "aria-label": words("ui.compare_strips"), "aria-orientation": "horizontal" },
    columns);
  const gutter = element("div", { class: "tr-pairs-gutter", "aria-hidden": "true" });
  const scroller = element("div", { class: "tr-pairs" }, gutter, flow);
  const frame = element("div", { class: "tr-pairs-frame" }, scroller, legendOf(value, words, names));
  root.append(frame);

  let shown = null;
  const show = () => {
    const column = columns[position.step];
    if (column === shown || !column) return;
    const hasFocus = document.activeElement === shown;
    turn(shown, false);
    turn(column, true);
    if (hasFocus && shown) column.focus({ preventScroll: true });
    shown = column;
    bringIntoView(scroller, column);
  };
  flow.addEventListener("click", ({ target }) => {
    const step = stepOf(target);
    if (step === null || step >= position.count) return;
    position.select(step);
    columns[step].focus({ preventScroll: true });
  });
  flow.addEventListener("keydown", (event) => {
    const act = {
      ArrowLeft: () => position.move(-1),
      ArrowRight: () => position.move(1),
      Home: () => position.select(0),
      End: () => position.select(position.count - 1),
    }[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  const tell = ({ target }) => {
    const step = stepOf(target);
    if (step !== null) columns[step].title = tooltip(value.pairs[step], words, step >= position.count);
  };
  flow.addEventListener("pointerover", tell);
  flow.addEventListener("focusin", tell);

  const resized = new ResizeObserver(() => label(gutter, flow, columns[0]));
  resized.observe(flow);
  const stop = position.subscribe(show);
  show();
  return {
    destroy: () => {
      stop();
      resized.disconnect();
      frame.remove();
    },
  };
}

function stepOf(target) {
  const column = target.closest("[data-column]");
  return column ? Number(column.dataset.column) : null;
}

function columnOf(pair, { value, words, count }) {
  const { step, a, b, mark } = pair;
  const { divergence, other_divergence: other } = value;
  const kinds = ["tr-pair", `tr-pair-${mark}`];
  if (step === divergence) kinds.push(divergence === other ? "tr-pair-parts" : "tr-pair-parts-a");
  if (step === other && divergence !== other) kinds.push("tr-pair-parts-b");
  if (step >= count) kinds.push("tr-pair-beyond");
  const isNumbered = step % NUMBERED === 0 && !isNear(step, divergence) && !isNear(step, other);
  const spoken = { step, mark: words(`ui.compare_legend_${mark}`), a: a?.text ?? words("ui.compare_ended"), b: b?.text ?? words("ui.compare_ended") };
  return element("span", { class: kinds.join(" "), role: "option", tabindex: -1, "aria-selected": "false", "data-column": step,
    "aria-disabled": step >= count ? "true" : null, "aria-label": words("ui.compare_pair", spoken), "data-number": isNumbered ? step : null,
    "data-parts": step === divergence || step === other ? step : null }, tokenOf(a, words), tokenOf(b, words));
}

function isNear(step, divergence) {
  return divergence !== null && Math.abs(step - divergence) <= NEAR;
}

function tokenOf(token, words) {
  if (!token) return element("span", { class: "tr-pair-token tr-pair-none", title: words("ui.compare_ended") }, "–");
  return element("span", { class: `tr-pair-token${token.is_forced ? " tr-pair-forced" : ""}`, translate: "no", dir: "auto" }, token.text);
}

function turn(column, isCurrent) {
  if (!column) return;
  column.classList.toggle("tr-pair-current", isCurrent);
  column.setAttribute("aria-selected", String(isCurrent));
  column.tabIndex = isCurrent ? 0 : -1;
}

function tooltip({ step, a, b }, words, isBeyond) {
  const side = (name, token) => token
    ? words("ui.compare_token_of", { side: name, token: token.text, model: token.model, after: token.after })
    : `${name}: ${words("ui.compare_ended")}`;
  const lines = [words("ui.compare_step", { step }), side("A", a), side("B", b)];
  if (isBeyond) lines.push(words("ui.compare_beyond"));
  return lines.join("\n");
}

// All lines are equally high: as many pairs of letters as there are lines.
function label(gutter, flow, first) {
  const high = first.offsetHeight;
  const count = high ? Math.round(flow.offsetHeight / high) : 0;
  if (gutter.childElementCount === count) return;
  gutter.replaceChildren(...Array.from({ length: count }, () =>
    element("span", { class: "tr-pairs-sides" }, element("b", {}, "A"), element("b", {}, "B"))));
}

// The line of the step stands in view, with the one before it where there is room.
function bringIntoView(scroller, column) {
  const { offsetTop: top, offsetHeight: high } = column;
  const { scrollTop, clientHeight } = scroller;
  if (top >= scrollTop && top + high <= scrollTop + clientHeight) return;
  scroller.scrollTop = clientHeight >= 2 * high ? top - high : top;
}

function legendOf(value, words, names) {
  const marks = new Set(value.pairs.map(({ mark }) => mark));
  const isForced = value.pairs.some(({ a, b }) => a?.is_forced || b?.is_forced);
  const entry = (kind, sample) => element("span", { class: `tr-pairs-key${kind === "forced" ? "" : ` tr-pair-${kind}`}` },
    element("span", { class: `tr-pair-token${kind === "forced" ? " tr-pair-forced" : ""}`, "aria-hidden": "true" }, sample), words(`ui.compare_legend_${kind}`));
  return element("div", { class: "tr-pairs-legend" },
    names.map((name, at) => element("span", { class: "tr-pairs-name" }, element("b", {}, at ? "B" : "A"), ` ${name}`)),
    ["shared", "other", "same", "alone"].filter((kind) => marks.has(kind)).map((kind) => entry(kind, "a")),
    isForced ? entry("forced", "a") : null,
    value.divergence === null ? null : element("span", { class: "tr-pairs-key" }, element("b", { "aria-hidden": "true" }, "▼"), words("ui.compare_legend_parts")));
}
