// The same picture as a table of texts.

import { tableOf } from "./table.js";

export function tableFrom(value, words) {
  const { rows, columns, draw } = value;
  const titles = [...columns.map(({ title, left, cut }) => [title, left, cut].filter(Boolean).join(" · ")),
    ...(draw ? [[draw.title, draw.note, draw.margin].filter(Boolean).join(" · ")] : [])];
  const lines = rows.map((row, place) => ({
    kind: row.is_chosen ? "chosen" : null,
    cells: [
      { text: [row.is_chosen ? "✓" : "", row.token, ...row.marks].filter(Boolean).join(" "), kind: "token" },
      ...columns.map(({ cells }) => stageCell(cells[place])),
      ...(draw ? [{ text: draw.cells[place]?.hover ?? "", kind: "muted" }] : []),
    ],
  }));
  if (value.others_title) {
    lines.push({ kind: "muted", cells: [value.others_title, ...columns.map(({ others }) => others), ...(draw ? [""] : [])] });
  }
  return tableOf({ columns: [words("ui.decision_token"), ...titles], rows: lines });
}

function stageCell({ percent, rank, arithmetic, is_removed: isRemoved, hover }) {
  if (!percent) return "";
  return isRemoved ? { text: hover, kind: "muted" } : [percent, rank, arithmetic].filter(Boolean).join(" · ");
}
