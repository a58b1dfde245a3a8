// A page that stands alone: the strip above, below it one part at a time. Gives the modules a source that lies in the
// page, a position that the address remembers, and the words. `start` is called once, at the end of the page.

import * as attention from "./replay_attention.js";
import * as decision from "./decision.js";
import { element } from "./elements.js";
import { EmbeddedSource } from "./embedded.js";
import * as inputs from "./inputs.js";
import { Position } from "./position.js";
import { answersOf } from "./replay_answers.js";
import * as run from "./replay_run.js";
import * as sliders from "./replay_sliders.js";
import { keep, recall } from "./saved.js";
import * as strip from "./strip.js";
import { wordsOf } from "./words.js";

const PARTS = [
  { name: "step", view: "decision", module: decision },
  { name: "odds", view: "odds", module: sliders },
  { name: "attention", view: "attention_text", module: attention },
  { name: "inputs", view: "inputs", module: inputs },
  { name: "run", view: "run", module: run },
];

/** Puts the whole page in place. */
export function start() {
  const about = JSON.parse(document.getElementById("tr-about").textContent);
  const words = wordsOf(about.words);
  const packs = new Map([...document.querySelectorAll("script[data-pack]")].map((one) => [one.dataset.pack, one.textContent]));
  const source = new EmbeddedSource(packs, { size: about.steps_a_pack, refusal: words("ui.export_refusal"), answers: answersOf(words) });
  const position = new Position();
  position.open({ ...about.place, lang: about.lang }, { step: stepOfAddress() ?? about.step, count: about.count });
  const context = { source, position, words, lang: about.lang, about, options: {} };
  const bar = element("div", { class: "tr-replay-bar" });
  const { list, panel, show } = partsOf(context);
  document.body.append(element("main", { class: "tr tr-replay" }, headOf(about, words), noticeOf(about), bar, list, panel));
  followTheme();
  strip.mount(bar, context);
  show(PARTS[0].name);
  rememberStep(position);
}

function headOf({ title, model }, words) {
  const theme = element("button", { type: "button", class: "tr-button", "data-tool": "theme", onclick: () => {
    keep("theme", isDark() ? "light" : "dark");
    followTheme();
  } }, words("ui.export_theme"));
  return element("header", { class: "tr-replay-head" }, element("h1", {}, title), element("span", { class: "tr-muted" }, model), theme);
}

// What must be known to read the page, where there is something.
function noticeOf({ notice }) {
  return element("p", { class: "tr-replay-notice", role: "note", hidden: !notice }, notice);
}

// The parts as tabs: one of them is in the page.
function partsOf(context) {
  const offered = PARTS.filter(({ view }) => context.source.offers(view));
  const panel = element("section", { class: "tr-replay-part", role: "tabpanel", id: "tr-replay-part", tabindex: "-1" });
  let shown = { name: null, module: null };
  const tabs = offered.map(({ name }) => element("button", { type: "button", role: "tab", id: `tr-tab-${name}`, class: "tr-replay-tab",
    "data-part": name, "aria-controls": "tr-replay-part", onclick: () => show(name) }, context.words(`ui.export_part_${name}`)));
  const list = element("div", { class: "tr-replay-tabs", role: "tablist" }, tabs);

  function show(name) {
    if (name === shown.name) return;
    shown.module?.destroy();
    panel.replaceChildren();
    for (const tab of tabs) {
      const isShown = tab.dataset.part === name;
      tab.setAttribute("aria-selected", String(isShown));
      tab.tabIndex = isShown ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tr-tab-${name}`);
    const root = element("div", {});
    panel.append(root);
    shown = { name, module: offered.find((one) => one.name === name).module.mount(root, context) };
  }
  list.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    const next = tabs[(tabs.findIndex((tab) => tab.tabIndex === 0) + by + tabs.length) % tabs.length];
    show(next.dataset.part);
    next.focus();
    event.preventDefault();
  });
  return { list, panel, show };
}

function stepOfAddress() {
  const found = /^#step=(\d+)$/.exec(location.hash);
  return found ? Number(found[1]) : null;
}

// A page opened from a disk may write its address or not; what counts is the position.
function rememberStep(position) {
  position.subscribe(() => {
    try {
      history.replaceState(null, "", `#step=${position.step}`);
    } catch {
      return;
    }
  });
  addEventListener("hashchange", () => position.select(stepOfAddress() ?? position.step));
}

const dark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  return document.documentElement.dataset.trTheme === "dark";
}

function followTheme() {
  document.documentElement.dataset.trTheme = recall("theme") ?? (dark.matches ? "dark" : "light");
}

dark.addEventListener("change", followTheme);
