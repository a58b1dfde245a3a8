// What `forward` received at this step and at another, side by side; cells that differ are marked.
// Fed by the value `inputs`; follows the position.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { loadStyle } from "./styles.js";

export function mount(root, { source, position, options }) {
  loadStyle("table");
  loadStyle("inputs");
  let against = options.against ?? "previous";
  let drawn = null;

  const draw = async () => {
    const asked = { step: position.step, against };
    const key = JSON.stringify(asked);
    if (key === drawn) return;
    try {
      const value = await source.view("inputs", asked);
      if (asked.step !== position.step || asked.against !== against) return;
      root.replaceChildren(...contents(value));
    } catch (error) {
      if (asked.step !== position.step) return;
      root.replaceChildren(element("p", { class: "tr-missing" }, error.message));
    }
    drawn = key;
    for (const by of [-1, 1, 2]) {
      const near = position.step + by;
      if (near >= 0 && near < position.count) source.prefetch("inputs", { step: near, against });
    }
  };

  const stop = position.subscribe(draw);
  draw();
  return {
    update(changed) {
      against = changed.against ?? "previous";
      draw();
    },
    destroy() {
      stop();
      root.replaceChildren();
    },
  };
}

function contents(value) {
  const sides = value.left ? ["left", "right"] : ["right"];
  const [name, difference] = value.columns;
  const head = element("tr", {},
    element("th", { scope: "col" }, name),
    sides.map((side) => element("th", { scope: "col" }, value[side].title,
      element("div", { class: "tr-inputs-detail" }, value[side].detail))),
    element("th", { scope: "col" }, difference));
  const rows = value.rows.map((row) => element("tr", { class: row.differs.length ? "tr-inputs-differs" : null },
    element("th", { scope: "row" }, element("code", {}, row.name), element("div", { class: "tr-inputs-detail" }, row.meaning)),
    sides.map((side) => element("td", {}, row[side] ? sideOf(row[side]) : "—")),
    element("td", {}, row.difference)));
  return [
    element("p", { class: "tr-sentence" }, withChips(value.sentence)),
    element("div", { class: "tr-table-frame", tabindex: "0", role: "region", "aria-label": value.title },
      element("table", { class: "tr-table tr-inputs" }, element("thead", {}, head), element("tbody", {}, rows))),
    ...value.notes.map((note) => element("p", { class: "tr-inputs-detail" }, note)),
  ];
}

function sideOf({ shape, dtype, note, cells, gap, gap_text: gapText, num_last: numLast }) {
  const made = cells.map(cellOf);
  if (gap) made.splice(made.length - numLast, 0, element("span", { class: "tr-inputs-detail" }, ` ${gapText} `));
  return [
    element("div", {}, element("code", {}, [shape, dtype].filter(Boolean).join(" ")), note ? ` ${note}` : null),
    element("div", { class: "tr-inputs-cells" }, made),
  ];
}

function cellOf(cell) {
  const kind = ["tr-inputs-cell", cell.is_token && "tr-chip", cell.is_different && "tr-inputs-changed"];
  return element("span", { class: kind.filter(Boolean).join(" "), title: cell.number || null,
    translate: cell.is_token ? "no" : null, dir: cell.is_token ? "auto" : null }, cell.text);
}
