// Lines from the tokens that looked, on the left, to those that they saw most, on the right. Thickness is the weight;
// the first token gets no line, only its share beside each token that looked.

import { element, svg } from "./elements.js";
import { chip, withChips } from "./chips.js";
import { Latest } from "./latest.js";
import { fill, labelled, selectOf } from "./attention_controls.js";
import { loadStyle } from "./styles.js";
import { tableOf } from "./table.js";

const ROW_HEIGHT = 20;
const TOP = 24;
const THRESHOLDS = [0.03, 0.1, 0.2, 0.4];
const LONGEST = 18;
const BAR = { away: 232, width: 56 };
const SIDES = { wide: { width: 760, left: 250, right: 530 }, narrow: { width: 420, left: 150, right: 285 } };

export function mount(root, { source, position, words, choice, tooltip }) {
  loadStyle("attention_lines");
  const title = element("h3", {});
  const threshold = selectOf(words("ui.attention_threshold"), () => follow(true));
  fill(threshold, THRESHOLDS.map((value) => [String(value), words("ui.attention_share", { number: Math.round(value * 100) })]), "0.1");
  const picture = svg("svg", { class: "tr-lines", role: "img" });
  const note = element("p", { class: "tr-muted" });
  const failure = element("p", { class: "tr-error", role: "status" });
  const table = element("details", { class: "tr-attention-table" }, element("summary", {}, words("ui.attention_table")));
  root.append(title, element("div", { class: "tr-head-grid-controls" }, labelled(words("ui.attention_threshold"), threshold)), note, picture, failure, table);
  const latest = new Latest((isSlow) => root.setAttribute("aria-busy", String(isSlow)));
  let value = null;

  const request = () => source.view("attention_lines", { step: position.step, ...choice.heads, threshold: threshold.value, count: 3 });

  function show(answer) {
    value = answer;
    failure.replaceChildren();
    title.replaceChildren(...withChips(value.title));
    note.replaceChildren(...withChips(value.empty || value.summary));
    picture.setAttribute("aria-label", value.summary.replaceAll("`", ""));
    draw();
    if (table.open) fillTable();
  }

  function draw() {
    if (!value) return;
    const place = root.clientWidth < 560 ? SIDES.narrow : SIDES.wide;
    const { targets, sources } = value;
    const rows = Math.max(targets.length, sources.length);
    const height = TOP + rows * ROW_HEIGHT + 6;
    picture.setAttribute("viewBox", `0 0 ${place.width} ${height}`);
    picture.style.maxWidth = `${place.width}px`;
    const offset = (list) => TOP + ((rows - list.length) * ROW_HEIGHT) / 2 + ROW_HEIGHT / 2;
    const y = (list) => new Map(list.map((one, index) => [one.place, offset(list) + index * ROW_HEIGHT]));
    const [left, right] = [y(targets), y(sources)];
    const shares = new Map(value.first.map((one) => [one.target, one]));
    picture.replaceChildren(
      ...(place === SIDES.wide ? [heading(place.left - 8 - BAR.away, "start", words("ui.attention_lines_first"))] : []),
      heading(place.left - 8, "end", words("ui.attention_lines_looked")), heading(place.right + 8, "start", words("ui.attention_lines_seen")),
      ...value.lines.map((one) => line(one, place, left.get(one.target), right.get(one.source))),
      ...targets.map((one) => name(one, place.left - 8, left.get(one.place), "end", shares.get(one.place))),
      ...sources.map((one) => name(one, place.right + 8, right.get(one.place), "start")),
    );
  }

  const heading = (x, anchor, text) => svg("text", { x, y: 12, "text-anchor": anchor, class: "tr-lines-heading" }, text);

  function line(one, place, from, to) {
    const middle = (place.left + place.right) / 2;
    return svg("path", { class: "tr-lines-line", d: `M${place.left} ${from}C${middle} ${from} ${middle} ${to} ${place.right} ${to}`,
      "data-target": one.target, "data-source": one.source, "data-label": one.label,
      "stroke-width": (1 + 5 * one.shade).toFixed(2), "stroke-opacity": (0.25 + 0.75 * one.shade).toFixed(3) });
  }

  function name(one, x, y, anchor, share) {
    const letters = [...one.text];
    const text = letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : one.text;
    const isNow = one.place === value.size - 1;
    const parts = [svg("tspan", { class: "tr-lines-token" }, text)];
    if (share) {
      const bar = svg("g", {}, svg("rect", { x: x - BAR.away, y: y - 5, width: BAR.width, height: 9, class: "tr-lines-frame" }),
        svg("rect", { x: x - BAR.away, y: y - 5, width: BAR.width * Math.min(1, share.weight), height: 9, class: "tr-lines-first" }));
      return svg("g", { class: isNow ? "tr-is-now" : null, "data-place": one.place, "data-share": share.label },
        root.clientWidth < 560 ? null : bar, label(x, y, anchor, parts));
    }
    return svg("g", { class: isNow ? "tr-is-now" : null, "data-place": one.place }, label(x, y, anchor, parts));
  }

  const label = (x, y, anchor, parts) => svg("text", { x, y: y + 4, "text-anchor": anchor, translate: "no" }, parts);

  function emphasize(test) {
    for (const path of picture.querySelectorAll("path")) path.classList.toggle("tr-is-faint", test !== null && !test(path.dataset));
  }
  picture.addEventListener("pointermove", (event) => {
    const path = event.target.closest("path");
    const group = event.target.closest("g[data-place]");
    const at = [event.clientX, event.clientY];
    if (path) {
      emphasize((one) => one === path.dataset || (one.target === path.dataset.target && one.source === path.dataset.source));
      tooltip.show([words("ui.attention_weight_here", { row: chip(textOf(path.dataset.target)), column: chip(textOf(path.dataset.source)), weight: path.dataset.label })], ...at);
    } else if (group) {
      const { place, share } = group.dataset;
      emphasize((one) => one.target === place || one.source === place);
      const line = words("ui.attention_place", { token: chip(textOf(place)), place });
      tooltip.show(share ? [line, words("ui.attention_first_share", { weight: share })] : [line], ...at);
    } else forget();
  });
  const forget = () => {
    emphasize(null);
    tooltip.hide();
  };
  picture.addEventListener("pointerleave", forget);
  picture.addEventListener("click", (event) => {
    const group = event.target.closest("g[data-place]");
    if (group) choice.pick(Number(group.dataset.place));
  });
  const textOf = (place) => [...value.targets, ...value.sources].find((one) => one.place === Number(place))?.text ?? "";

  function fillTable() {
    loadStyle("table");
    const rows = value.lines.map((one) => [{ text: `${textOf(one.target)} ${one.target}`, kind: "token" }, { text: `${textOf(one.source)} ${one.source}`, kind: "token" }, { text: one.label, kind: "number" }]);
    table.replaceChildren(table.firstChild, tableOf({ caption: value.title, columns: [words("ui.attention_lines_looked"), words("ui.attention_lines_seen"), words("ui.attention_column_weight")], rows }, position));
  }
  table.addEventListener("toggle", () => table.open && value && fillTable());

  let asked = "";
  const follow = (isForced = false) => {
    const wanted = JSON.stringify([position.step, choice.heads, threshold.value]);
    if (!isForced && wanted === asked) return;
    asked = wanted;
    latest.ask(request, show, (error) => {
      value = null;
      picture.replaceChildren();
      note.replaceChildren();
      failure.replaceChildren(error.message);
    });
  };
  const watcher = new ResizeObserver(draw);
  watcher.observe(root);
  const stop = choice.subscribe(() => follow());
  follow();
  return { destroy: () => (stop(), watcher.disconnect(), latest.end()) };
}
