// What if: a slider each for repetition penalty, temperature, top-k, top-p and min-p; the answer stands in a dashed frame, beside what was recorded.
// Below it, draws from these probabilities. Keeps the settings while steps change; a moved slider shows what was recorded.

import { chip, withChips } from "./chips.js";
import { element } from "./elements.js";
import { drawn, oddsOf } from "./odds.js";
import { percentText, recordedOf, SETTINGS, valuesOf, valueText } from "./odds_settings.js";

const SHOWN = 8;
const DRAWS = [1, 10, 1000];

export function mount(root, { source, position, words }) {
  const state = { value: null, asked: null, counts: null, isGone: false };
  const answer = element("p", { class: "tr-sentence", role: "status" });
  const table = element("div", { class: "tr-table-frame", tabindex: "0" });
  const frame = element("div", { class: "tr-odds-frame" }, element("p", { class: "tr-muted" }, words("ui.badge_simulated")), answer, table);
  const failure = element("p", { class: "tr-error", role: "status", hidden: true });
  const reset = element("button", { type: "button", class: "tr-button", "data-tool": "reset", onclick: () => ask(null) }, words("ui.what_if_reset"));
  const sliders = slidersOf(words, (changed) => ask({ ...settings(), ...changed }));
  const draws = DRAWS.map((count) => element("button", { type: "button", class: "tr-button", "data-draws": count, onclick: () => draw(count) },
    words(count === 1 ? "ui.odds_draw_once" : "ui.odds_draw", { count: count.toLocaleString("en") })));
  const tools = element("div", { class: "tr-odds-tools" }, reset, element("span", { class: "tr-odds-draws" }, draws));
  const body = element("div", {}, element("div", { class: "tr-odds-sliders" }, sliders.elements), tools, frame);
  root.append(failure, body);

  const recorded = () => recordedOf(state.value);
  const settings = () => state.asked ?? recorded();

  function ask(asked) {
    state.asked = asked;
    state.counts = null;
    show();
  }

  function draw(count) {
    const odds = oddsOf(state.value, settings());
    state.counts = odds.isExact ? { count, of: drawn(odds, count, Math.random) } : null;
    show();
  }

  function show() {
    const { value } = state;
    sliders.show(value, settings(), recorded());
    reset.disabled = !state.asked;
    const [before, after] = [recorded(), settings()].map((one) => oddsOf(value, one));
    for (const button of draws) button.disabled = !after.isExact;
    answer.replaceChildren(...withChips(sentenceOf(value, after, words)));
    table.replaceChildren(...(after.isExact ? [tableOf(value, { before, after, counts: state.counts }, words)] : []));
  }

  async function load() {
    const { step } = position;
    try {
      const value = await source.view("odds", { step });
      if (step !== position.step || state.isGone) return;
      Object.assign(state, { value, counts: null });
      failure.hidden = true;
      body.hidden = false;
      show();
    } catch (error) {
      if (step !== position.step || state.isGone) return;
      failure.hidden = false;
      failure.textContent = error.message;
      body.hidden = true;
    }
  }
  body.hidden = true;
  const stop = position.subscribe(load);
  load();
  return {
    destroy: () => {
      state.isGone = true;
      stop();
      root.replaceChildren();
    },
  };
}

function slidersOf(words, change) {
  const made = SETTINGS.map((setting) => {
    const name = setting.label(words), slider = { setting, values: [] };
    slider.input = element("input", { type: "range", min: 0, step: 1, "data-setting": setting.key, "aria-label": name,
      oninput: () => change({ [setting.key]: slider.values[Number(slider.input.value)] }) });
    slider.told = element("output", { class: "tr-odds-value" });
    slider.before = element("span", { class: "tr-muted" });
    slider.element = element("label", { class: "tr-odds-slider" }, element("span", {}, name, " ", slider.told), slider.input, slider.before);
    return slider;
  });
  return {
    elements: made.map((slider) => slider.element),
    show: (value, asked, recorded) => {
      for (const slider of made) showSlider(slider, value, [asked[slider.setting.key], recorded[slider.setting.key]], words);
    },
  };
}

function showSlider(slider, value, [asked, recorded], words) {
  const { setting, input } = slider;
  slider.values = valuesOf(setting, value);
  const place = slider.values.indexOf(asked), text = valueText(setting, asked, words);
  input.max = slider.values.length - 1;
  input.value = place < 0 ? slider.values.length - 1 : place;
  input.disabled = setting.isFixed(value);
  input.setAttribute("aria-valuetext", text);
  slider.told.textContent = text;
  const before = asked === recorded ? "" : words("ui.what_if_recorded", { value: valueText(setting, recorded, words) });
  slider.before.textContent = setting.isFixed(value) ? words("ui.odds_penalty_fixed") : before;
}

function sentenceOf(value, odds, words) {
  const { tokens, chosen } = value;
  if (!odds.isExact) return words("ui.odds_needs_trace");
  const left = odds.numLeft.toLocaleString("en");
  if (odds.winner === null) return words("ui.odds_no_luck", { left });
  if (odds.winner === "unknown") return words("ui.odds_unknown", { left });
  const values = { token: chip(tokens[odds.winner]), chosen: chip(tokens[chosen]), probability: percentText(odds.probabilities[odds.winner], words), left };
  return words(odds.winner === chosen ? "ui.odds_same" : "ui.odds_other", values);
}

function tableOf({ tokens, chosen }, { before, after, counts }, words) {
  const order = tokens.map((_, place) => place).sort((one, other) => after.probabilities[other] - after.probabilities[one]);
  const shown = [...new Set([...order.slice(0, SHOWN), chosen, ...(typeof after.winner === "number" ? [after.winner] : [])])];
  const largest = Math.max(...after.probabilities, ...before.probabilities);
  const cell = (probability, others) => element("td", { class: "tr-odds-cell" },
    others ? null : element("span", { class: "tr-odds-bar", style: `--tr-size: ${probability / largest}` }), element("span", {}, percentText(probability, words)));
  const counted = (number) => (counts ? [element("td", { class: "tr-cell-number" }, number.toLocaleString("en"))] : []);
  const rows = shown.map((place) => element("tr", { class: place === chosen ? "tr-row-chosen" : null },
    element("th", { scope: "row" }, place === chosen ? "✓ " : "", element("span", { class: "tr-chip tr-chip-token", translate: "no", dir: "auto" }, tokens[place])),
    before.isExact ? cell(before.probabilities[place]) : element("td", {}, "–"), cell(after.probabilities[place]), counted(counts?.of[place] ?? 0)));
  const rest = (odds) => odds.others + odds.probabilities.reduce((all, one, place) => (shown.includes(place) ? all : all + one), 0);
  const restCount = counts ? counts.count - shown.reduce((all, place) => all + counts.of[place], 0) : 0;
  rows.push(element("tr", { class: "tr-row-muted" }, element("th", { scope: "row" }, words("ui.odds_others")),
    before.isExact ? cell(rest(before), true) : element("td", {}, "–"), cell(rest(after), true), counted(restCount)));
  const titles = ["", words("ui.odds_recorded"), words("ui.odds_asked"), ...(counts ? [words("ui.odds_counted", { count: counts.count.toLocaleString("en") })] : [])];
  return element("table", { class: "tr-table tr-odds" }, element("thead", {}, element("tr", {}, titles.map((title) => element("th", { scope: "col" }, title)))),
    element("tbody", {}, rows));
}
