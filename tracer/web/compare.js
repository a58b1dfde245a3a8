// Two texts compared: why they part, both strips aligned by step, the candidates of both at this step, how far apart the
// predictions are over the steps, and what else differs. Fed by the value `compare`; one position drives everything.
// options: {second: the parameters that name the second text, names: [what A and B are called]}.

import { withChips } from "./chips.js";
import * as candidates from "./compare_candidates.js";
import * as curve from "./compare_curve.js";
import * as strips from "./compare_strips.js";
import { element } from "./elements.js";
import { loadStyle } from "./styles.js";
import { tableOf } from "./table.js";

export function mount(root, context) {
  for (const name of ["popover", "table", "compare"]) loadStyle(name);
  let shown = null;
  const show = (options) => {
    const key = JSON.stringify(options);
    if (shown?.key === key) return;
    shown?.end();
    shown = { key, ...open(root, { ...context, ...options }) };
  };
  show(context.options);
  return {
    update: show,
    destroy: () => {
      shown.end();
      root.replaceChildren();
    },
  };
}

// One second text; `end` takes it away again, also while its value is under way.
function open(root, context) {
  const { source, second, words } = context;
  const parts = [];
  let isGone = false;
  const body = element("section", { class: "tr-compare tr-compare-waiting", "aria-label": words("ui.compare_region"), "aria-busy": "true" });
  root.replaceChildren(body);
  source.view("compare", second).then((value) => {
    if (!isGone) fill(body, { ...context, value }, parts);
  }, (error) => {
    if (!isGone) body.replaceChildren(element("p", { class: "tr-muted" }, error.message));
  }).finally(() => {
    body.classList.remove("tr-compare-waiting");
    body.removeAttribute("aria-busy");
  });
  return {
    end: () => {
      isGone = true;
      for (const part of parts) part.destroy();
    },
  };
}

function fill(body, context, parts) {
  const { value, words } = context;
  const columns = element("div", { class: "tr-compare-columns" });
  const rest = value.pairs.length ? [columns] : [];
  body.replaceChildren(headOf(context));
  if (value.pairs.length) parts.push(strips.mount(body, context));
  body.append(...rest, element("h2", { class: "tr-compare-title" }, words("ui.compare_differences")), differencesOf(value));
  if (value.pairs.length) parts.push(candidates.mount(columns, context), curve.mount(columns, context));
}

function headOf({ value, words, position }) {
  const { headline, cause, caveat, tokens, prompt } = value;
  const details = [...tokens, prompt, caveat].filter(Boolean);
  return element("header", { class: "tr-compare-head" },
    element("div", { class: "tr-compare-why" },
      element("p", { class: "tr-compare-headline" }, withChips(headline)),
      cause ? element("p", {}, withChips(cause)) : null,
      element("p", { class: "tr-compare-details" }, details.map((text) => element("span", {}, withChips(text))))),
    value.divergence === null ? null : goTo(value.divergence, words, position));
}

// A may have ended where B goes on: then its last step is as near as A comes.
function goTo(divergence, words, position) {
  const step = Math.min(divergence, position.count - 1);
  const key = step === divergence ? "ui.compare_go" : "ui.compare_go_end";
  return element("button", { type: "button", class: "tr-button tr-compare-go", onclick: () => position.select(step) }, words(key, { step }));
}

function differencesOf(value) {
  const columns = [value.column, "A", "B"];
  const tables = [value.settings, value.processors, value.criteria, value.facts];
  return element("div", { class: "tr-compare-tables" }, tables.map(({ title, rows, note }) => {
    if (!rows.length) return element("p", { class: "tr-muted" }, element("strong", {}, title), ` — ${note}`);
    const cells = rows.map(({ name, a, b }) => [name, a, b].map((text) => ({ text, kind: "code" })));
    return tableOf({ caption: title, columns, rows: cells });
  }));
}
