// A plain table of texts: {caption, columns, rows}. A cell is a text, or {text, kind} with kind "token", "number",
// "code", "name" (code on one line), "short", "muted" or "removed"; a row is a list of cells, or {cells, kind} with kind "chosen" or "muted".
// {step} in a row makes it a button that goes there.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { loadStyle } from "./styles.js";

export function mount(root, { position, options }) {
  loadStyle("table");
  const show = (now) => root.replaceChildren(tableOf(now, position));
  show(options);
  return { update: show, destroy: () => root.replaceChildren() };
}

/** Returns the table as an element. */
export function tableOf({ caption, columns, rows }, position) {
  const head = columns?.length
    ? element("thead", {}, element("tr", {}, columns.map((name) => element("th", { scope: "col" }, name))))
    : null;
  const body = element("tbody", {}, rows.map((row) => rowOf(row, position)));
  const title = caption ? element("caption", {}, caption) : null;
  return element("div", { class: "tr-table-frame", tabindex: "0" }, element("table", { class: "tr-table" }, title, head, body));
}

function rowOf(row, position) {
  const { cells, kind, step } = Array.isArray(row) ? { cells: row } : row;
  const made = cells.map((cell) => {
    const { text, kind: cellKind } = typeof cell === "string" ? { text: cell } : cell;
    const isText = ["token", "code", "name"].includes(cellKind);
    return element("td", { class: cellKind && `tr-cell-${cellKind}`, translate: isText ? "no" : null, dir: isText ? "auto" : null }, isText ? text : withChips(text));
  });
  if (step !== undefined && step !== null) {
    const go = element("button", { type: "button", class: "tr-row-go", onclick: () => position.select(step) });
    go.append(...made[0].childNodes);
    made[0].append(go);
  }
  return element("tr", { class: kind && `tr-row-${kind}` }, made);
}
