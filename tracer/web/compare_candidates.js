// The candidates of both texts at this step, side by side: probability and rank in A and in B, before and after the
// settings, on one shared axis. Fed by the value `compare_candidates`; follows the position.

import { element } from "./elements.js";
import { Ahead, Latest } from "./latest.js";

const SIDES = ["a", "b"];
const STAGES = ["model", "final"];
const NEAR = [1, -1, 2, -2];

export function mount(root, { source, position, words, second }) {
  const frame = element("section", { class: "tr-beside" });
  root.append(frame);
  const latest = new Latest((isSlow) => frame.classList.toggle("tr-beside-slow", isSlow));
  const ahead = new Ahead();
  const request = (step) => source.view("compare_candidates", { ...second, step });
  let drawn = null;

  // The room once taken is kept, so that nothing below moves from step to step.
  const show = (value) => {
    frame.replaceChildren(...contents(value, words));
    frame.style.minHeight = `${frame.offsetHeight}px`;
  };
  const draw = () => {
    const asked = position.step;
    if (asked === drawn) return;
    drawn = asked;
    latest.ask(() => request(asked), show,
      (error) => frame.replaceChildren(element("p", { class: "tr-muted" }, error.message)));
    const near = NEAR.map((by) => asked + by).filter((step) => step >= 0 && step < position.count);
    ahead.plan(near.map((step) => () => request(step)));
  };
  const stop = position.subscribe(draw);
  draw();
  return {
    destroy: () => {
      stop();
      latest.end();
      ahead.end();
      frame.remove();
    },
  };
}

function contents(value, words) {
  const title = element("h2", { class: "tr-compare-title" }, value.title);
  if (!value.rows.length) return [title, element("p", { class: "tr-muted" }, value.note)];
  const most = Math.max(...value.rows.flatMap((row) => cellsOf(row).map(({ cell }) => cell.probability ?? 0)), 1e-9);
  const head = element("thead", {},
    element("tr", {}, element("th", { scope: "col", rowspan: 2 }, words("ui.compare_token")),
      value.columns.map((name) => element("th", { scope: "colgroup", colspan: 2 }, name))),
    element("tr", {}, STAGES.flatMap(() => ["A", "B"].map((side) => element("th", { scope: "col" }, side)))));
  const body = element("tbody", {}, value.rows.map((row) => rowOf(row, most, words)));
  return [title, element("div", { class: "tr-table-frame", tabindex: "0", role: "region", "aria-label": value.title },
    element("table", { class: "tr-table tr-beside-table" }, head, body))];
}

function cellsOf(row) {
  return STAGES.flatMap((stage) => SIDES.map((side) => ({ side, cell: row[`${stage}_${side}`] })));
}

function rowOf(row, most, words) {
  const ids = [...new Set([row.id_a, row.id_b].filter((id) => id !== null))].join(" / ");
  return element("tr", {},
    element("th", { scope: "row", class: "tr-beside-token" },
      element("span", { class: "tr-chip tr-chip-token", translate: "no", dir: "auto", title: `${row.token}\nid ${ids}` }, row.token)),
    cellsOf(row).map(({ side, cell }) => cellOf(cell, row[`is_chosen_${side}`], most, words)));
}

function cellOf({ probability, text, is_removed: isRemoved }, isChosen, most, words) {
  const kinds = ["tr-beside-cell", isChosen && "tr-beside-chosen", isRemoved && "tr-beside-removed", probability === null && "tr-beside-unknown"];
  const bar = element("span", { class: "tr-beside-bar", style: `width: ${(100 * (probability ?? 0)) / most}%`, "aria-hidden": "true" });
  return element("td", { class: kinds.filter(Boolean).join(" ") },
    element("span", { class: "tr-beside-track" }, bar),
    element("span", { class: "tr-beside-text" }, isChosen ? element("b", { title: words("ui.compare_chosen"), "aria-label": words("ui.compare_chosen"), role: "img" }, "✓ ") : null, text));
}
