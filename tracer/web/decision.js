// The decision picture: one sentence, then the leading tokens through the model, every active setting and the draw.
// Follows the position; the old picture stays until the new value is there. With {value} in its options it shows that.

import { DecisionCard } from "./decision_card.js";
import { DecisionGrid } from "./decision_grid.js";
import { pictureTools } from "./decision_file.js";
import { tableFrom } from "./decision_table.js";
import { uncovering } from "./decision_uncover.js";
import { element } from "./elements.js";
import { loadStyle } from "./styles.js";
import { Tooltip } from "./tooltip.js";

const AHEAD = 8;
const SLOW_MS = 300;
const STYLES = ["popover", "table", "decision"];

export function mount(root, context) {
  const { source, position, words, options = {} } = context;
  for (const name of STYLES) loadStyle(name);
  const state = { value: null, given: options.value ?? null, hasAll: false, isTable: false, asked: 0, isGone: false };

  const sentence = element("p", { class: "tr-decision-sentence", role: "status", "aria-live": "polite" });
  const failure = element("p", { class: "tr-error", role: "status", hidden: true });
  const frame = element("p", { class: "tr-decision-frame-note", hidden: true });
  const tooltip = { show: null, hide: null };
  const card = new DecisionCard(words);
  const grid = new DecisionGrid({ label: words("ui.decision_label"), open: (cell, anchor) => card.open(cell, anchor, state.value), tooltip });
  const table = element("div", { class: "tr-decision-table", hidden: true });
  const foot = footOf(words, state, { redraw, ask });
  const figure = element("section", { class: "tr-decision tr-decision-waiting", tabindex: "-1", "aria-label": words("ui.decision_label") },
    frame, sentence, failure, grid.element, table, foot.element, card.element);
  root.append(figure);
  Object.assign(tooltip, tips(new Tooltip(root)));
  figure.addEventListener("mousedown", (event) => keepFocus(event, figure));
  const cover = uncovering({ figure, words, grid, sentence, isStill: () => state.given !== null, count: () => numColumns(state.value) });
  foot.uncover.addEventListener("click", cover.start);

  function redraw() {
    const { value } = state;
    if (!value) return;
    figure.classList.remove("tr-decision-waiting");
    figure.classList.toggle("tr-decision-not-real", Boolean(value.frame));
    failure.hidden = true;
    frame.hidden = !value.frame;
    frame.textContent = value.frame;
    fillSentence(sentence, value.clauses);
    grid.element.hidden = state.isTable;
    table.hidden = !state.isTable;
    if (state.isTable) table.replaceChildren(tableFrom(value, words));
    else grid.show(value);
    foot.show(value);
    cover.reset();
    card.close();
  }

  async function ask() {
    if (state.given) {
      state.value = state.given;
      return redraw();
    }
    const mine = ++state.asked;
    const { step } = position;
    const slow = setTimeout(() => figure.setAttribute("aria-busy", "true"), SLOW_MS);
    try {
      const value = await source.view("decision", asked(step, state.hasAll));
      if (mine !== state.asked || state.isGone) return;
      state.value = value;
      redraw();
      lookAhead(source, position, state.hasAll);
    } catch (error) {
      if (mine !== state.asked || state.isGone) return;
      refuse(error);
    } finally {
      clearTimeout(slow);
      if (mine === state.asked) figure.removeAttribute("aria-busy");
    }
  }

  function refuse(error) {
    failure.hidden = false;
    failure.textContent = error.message;
    sentence.replaceChildren();
    grid.element.hidden = table.hidden = true;
    figure.classList.remove("tr-decision-waiting");
  }

  let shown = position.step;
  const stop = position.subscribe(() => {
    if (state.given || position.step === shown) return;
    shown = position.step;
    tooltip.hide();
    ask();
  });
  ask();
  return {
    update: (now) => {
      if (!now.value) return;
      state.given = now.value;
      ask();
    },
    destroy: () => {
      state.isGone = true;
      stop();
      cover.destroy();
      root.replaceChildren();
    },
  };
}

const asked = (step, hasAll) => (hasAll ? { step, rows: "all" } : { step });

const numColumns = (value) => (value ? value.columns.length + (value.draw ? 1 : 0) : 0);

// The nearest steps first; what is known already is not asked again.
function lookAhead(source, position, hasAll) {
  const { step, count } = position;
  const far = hasAll ? 1 : AHEAD;
  for (let by = 1; by <= far; by++) {
    for (const next of [step + by, step - by]) {
      if (next >= 0 && next < count) source.prefetch("decision", asked(next, hasAll));
    }
  }
}

// A click leaves the focus on the picture, so that the arrow keys go on changing the step.
function keepFocus(event, figure) {
  if (event.target.closest("button, a, code, input, summary, table, .tr-card") || getSelection().type === "Range") return;
  event.preventDefault();
  figure.focus({ preventScroll: true });
}

function tips(tooltip) {
  return {
    show: (text, anchor) => {
      const box = anchor.getBoundingClientRect();
      tooltip.show([text], box.left, box.bottom - 8);
    },
    hide: () => tooltip.hide(),
  };
}

function fillSentence(sentence, clauses) {
  const space = sentence.closest("[lang|=zh]") ? "" : " ";
  sentence.replaceChildren(...clauses.flatMap(({ parts, columns }, place) => [
    place ? space : "",
    element("span", { class: "tr-clause", "data-clause": place, "data-columns": columns.join(",") }, parts.map(({ text, is_token: isToken }) =>
      isToken ? element("span", { class: "tr-chip tr-chip-token", translate: "no", dir: "auto" }, text) : text)),
  ]));
}

function footOf(words, state, { redraw, ask }) {
  const button = (label, act, title) => element("button", { type: "button", class: "tr-button", title, onclick: act }, label);
  const note = element("span", { class: "tr-decision-note" });
  const badges = element("span", { class: "tr-decision-badges" });
  const all = button("", () => {
    state.hasAll = !state.hasAll;
    ask();
  });
  all.dataset.tool = "all";
  const uncover = button(words("ui.decision_uncover"), undefined, words("ui.decision_uncover_title"));
  uncover.dataset.tool = "uncover";
  const table = button(words("ui.decision_table"), () => {
    state.isTable = !state.isTable;
    redraw();
  });
  table.dataset.tool = "table";
  const file = pictureTools(words, () => state.value);
  const line = element("div", { class: "tr-decision-foot" }, note, badges,
    element("span", { class: "tr-decision-tools" }, all, uncover, table, file.button), file.panel);
  const show = (value) => {
    note.textContent = value.no_effect;
    badges.replaceChildren(...value.badges.map((text) => element("span", { class: "tr-badge-small" }, text)));
    const canGrow = value.num_more > 0 || state.hasAll;
    all.hidden = !canGrow;
    all.textContent = state.hasAll ? words("ui.decision_fewer") : words("ui.decision_all", { count: value.num_more });
    uncover.hidden = state.isTable || !value.draw;
    table.textContent = words(state.isTable ? "ui.decision_picture" : "ui.decision_table");
  };
  return { element: line, show, uncover };
}
