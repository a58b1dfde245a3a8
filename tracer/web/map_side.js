// Beside the map: its title and legend, one cell explained, what is known about the head, the strongest cells as a table.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { Latest } from "./latest.js";
import { strongest } from "./map_tile.js";
import { tableOf } from "./table.js";
import { loadStyle } from "./styles.js";

const IN_TABLE = 20;

/** Returns {root, show(header, top), explain(request), clearCell(text), scene, destroy}. */
export function sidePanel({ words, position }) {
  const title = element("h3", {});
  const notes = element("div", {});
  const legend = element("ul", { class: "tr-attention-map-legend" });
  const cell = element("div", { class: "tr-attention-map-cell", role: "status" });
  const facts = element("dl", { class: "tr-attention-map-facts" });
  const about = element("div", {}, element("h4", {}, words("ui.attention_about_head")), facts);
  const table = element("details", { class: "tr-attention-table" }, element("summary", {}, words("ui.attention_table")));
  const root = element("div", { class: "tr-attention-map-side" }, title, notes, legend, element("h4", {}, words("ui.attention_cell")), cell, about, table);
  const latest = new Latest((isSlow) => cell.setAttribute("aria-busy", String(isSlow)));
  const panel = { root, scene: null, show, explain, clearCell, destroy: () => latest.end() };
  let header = null;

  function show(value, top) {
    header = value;
    root.hidden = !value;
    if (!value) return;
    title.replaceChildren(...withChips(value.title));
    const texts = [value.summary, value.missing_label, value.cost_note, ...value.missing.map((one) => words("ui.attention_layers_missing", { layers: one.layers.join(", "), reason: one.reason }))];
    notes.replaceChildren(...texts.filter(Boolean).map((text) => element("p", { class: "tr-muted" }, withChips(text))));
    const number = top >= 0.1 ? Math.round(top * 100) : Number((top * 100).toPrecision(2));
    const entry = (kind, text) => element("li", {}, element("i", { class: `tr-attention-map-key tr-attention-map-key-${kind}`, "aria-hidden": "true" }), text);
    legend.replaceChildren(
      element("li", {}, words("ui.attention_share", { number: 0 }), element("i", { class: "tr-attention-map-ramp", "aria-hidden": "true" }), words("ui.attention_and_more", { number })),
      entry("now", words("ui.attention_legend_now")),
      ...(value.is_causal ? [entry("hidden", words("ui.attention_legend_hidden"))] : []),
      ...(position.count > 1 ? [entry("later", words("ui.attention_legend_later"))] : []),
      ...(value.sliding_window ? [entry("window", words("ui.attention_legend_window"))] : []),
      ...(value.missing_rows.length ? [entry("missing", words("ui.attention_not_heard"))] : []),
    );
    facts.replaceChildren(...value.facts.flatMap((one) => [element("dt", {}, one.name), element("dd", {}, one.value)]));
    about.hidden = value.facts.length === 0;
    if (table.open) fillTable();
  }

  function explain(request) {
    latest.ask(request, (value) => {
      const copy = element("button", { type: "button", class: "tr-button", onclick: () => copied(copy, value.python, words) }, words("ui.attention_copy_python"));
      cell.replaceChildren(element("p", {}, withChips(value.sentence)),
        ...(value.formula ? [element("code", { class: "tr-command" }, value.formula)] : []),
        ...(value.python ? [element("code", { class: "tr-command", translate: "no" }, value.python), copy] : []));
    }, (error) => clearCell(error.message));
  }

  function clearCell(text = words("ui.attention_cell_hint")) {
    cell.replaceChildren(element("p", { class: "tr-muted" }, text));
  }

  function fillTable() {
    if (!panel.scene?.tile) return;
    loadStyle("table");
    const { tile, currentRow } = panel.scene;
    const rows = strongest(tile, IN_TABLE, currentRow).map(({ row, column, weight }) => [
      { text: `${header.labels[row]} ${row}`, kind: "token" }, { text: `${header.labels[column]} ${column}`, kind: "token" },
      { text: words("ui.attention_percent", { number: Number((weight * 100).toPrecision(2)) }), kind: "number" }]);
    const caption = words("ui.attention_strongest", { count: rows.length });
    table.replaceChildren(table.firstChild, tableOf({ caption, columns: [words("ui.attention_rows"), words("ui.attention_columns"), words("ui.attention_column_weight")], rows }, position));
  }
  table.addEventListener("toggle", () => table.open && fillTable());
  clearCell();
  return panel;
}

async function copied(button, text, words) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = words("ui.attention_copied");
  } catch {
    getSelection().selectAllChildren(button.previousElementSibling);
  }
}
