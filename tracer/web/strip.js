// What stands above every page: the player and its tools, the text piece by piece, the map of it, and the legend.

import { element } from "./elements.js";
import * as expected from "./expected.js";
import * as finder from "./finder.js";
import * as findings from "./findings.js";
import * as keysList from "./keys_list.js";
import * as player from "./player.js";
import * as report from "./report.js";
import { keep, recall } from "./saved.js";
import { Shortcuts } from "./shortcuts.js";
import { loadStyle } from "./styles.js";
import * as textMap from "./text_map.js";
import * as tokenStrip from "./token_strip.js";

const STYLES = ["strip", "popover", "player", "token_strip", "text_map"];
const HINT = "hint-seen";

/** Puts everything in place; the strip comes when its value is there, at the height kept for it. */
export function mount(root, context) {
  const styles = Promise.all(STYLES.map(loadStyle));
  const shortcuts = new Shortcuts();
  const parts = [shortcuts];
  const body = element("div", { class: "tr-bar tr-bar-waiting", "aria-busy": "true" });
  root.append(body);
  let isGone = false;
  fill(body, { ...context, shortcuts, styles }, parts, () => isGone).catch((error) => {
    body.replaceChildren(element("p", { class: "tr-muted" }, error.message));
  }).finally(() => {
    body.classList.remove("tr-bar-waiting");
    body.removeAttribute("aria-busy");
  });
  return {
    destroy: () => {
      isGone = true;
      for (const part of parts) part.destroy();
      root.replaceChildren();
    },
  };
}

async function fill(body, context, parts, isGone) {
  const { source, position } = context;
  const later = source.view("notable");
  later.catch(() => {}); // told where the findings stand
  const [value] = await Promise.all([source.view("strip"), context.styles]);
  if (isGone()) return;
  const all = { ...context, value, found: findings.NOTHING_YET };
  const { strip, map } = textOf(body, all, parts);
  const worth = toolsOf(body, { ...all, strip }, parts);
  const bottom = bottomOf(all, parts);
  body.append(bottom.element);
  later.then((found) => {
    if (isGone()) return;
    all.found = found;
    const marks = findings.marksOf(found, value);
    strip.showMarks(marks);
    map.showMarks(marks);
    worth.show(found);
    bottom.show();
  }, (error) => worth.fail(error.message));
}

// The text and the map below it.
function textOf(body, all, parts) {
  const text = element("div", { class: "tr-bar-text" });
  body.replaceChildren(text);
  let map = null;
  const reason = (step) => findings.reasonAt(all.found, step);
  const strip = tokenStrip.mount(text, { ...all, reason, onscroll: () => map?.draw() });
  map = textMap.mount(text, { ...all, visible: strip.visible });
  parts.push(strip, map);
  return { strip, map };
}

// The player and the tools above the text, and the panels that the tools open.
function toolsOf(body, all, parts) {
  const controls = element("div", { class: "tr-bar-player" });
  const tools = element("div", { class: "tr-bar-tools", role: "group", "aria-label": all.words("ui.bar_tools") });
  body.prepend(element("div", { class: "tr-bar-top" }, controls, tools));
  parts.push(player.mount(controls, all));
  const offered = (name, module) => (all.source.offers(name) ? module.mount(all) : null);
  const worth = findings.mount(all);
  const made = [offered("find", finder), worth, offered("expected", expected), offered("report", report), keysList.mount(all)].filter(Boolean);
  tools.append(...made.flatMap(({ button, buttons }) => buttons ?? [button]));
  body.append(...made.map(({ panel }) => panel));
  parts.push(...made);
  return worth;
}

function bottomOf(all, parts) {
  const { position, words, value } = all;
  const reason = element("span", { class: "tr-bar-reason", role: "note" });
  const opened = position.step;
  let hasMoved = false;
  const show = () => {
    hasMoved ||= position.step !== opened;
    const isOpening = !hasMoved && opened === all.found.opened_step;
    reason.textContent = isOpening ? all.found.opened : findings.reasonAt(all.found, position.step) ?? "";
    reason.title = reason.textContent;
  };
  parts.push({ destroy: position.subscribe(show) });
  show();
  return { show, element: element("div", { class: "tr-bar-bottom" }, hintOf(position, words, parts), reason, legendOf(value)) };
}

function hintOf(position, words, parts) {
  if (recall(HINT)) return null;
  const hint = element("span", { class: "tr-bar-hint" }, words("ui.bar_hint"));
  const stop = position.subscribe(({ changedBy }) => {
    if (changedBy === "open") return;
    keep(HINT, "yes");
    hint.remove();
    stop();
  });
  parts.push({ destroy: stop });
  return hint;
}

function legendOf({ legend, bin_labels: labels }) {
  return element("span", { class: "tr-legend" }, element("span", { class: "tr-legend-name" }, legend),
    labels.map((label, bin) => element("span", { class: `tr-legend-bin tr-bin-${bin}` }, label)));
}
