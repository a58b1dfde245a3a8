// The table of bars. Its elements are made once and kept: from step to step only texts and lengths change.
// One tab stop; inside it the arrow keys go from cell to cell, and Enter opens the number's formula.

import { element } from "./elements.js";

const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class DecisionGrid {
  #rows = [];
  #others = { row: null, cells: [] };
  #heads;
  #axes;
  #open;
  #tooltip;
  #value = null;
  #here = [0, 0];

  /** `open(cell, anchor)` is called for a number that was pressed; `tooltip` is {show(text, anchor), hide()}. */
  constructor({ label, open, tooltip }) {
    this.#open = open;
    this.#tooltip = tooltip;
    this.grid = element("div", { class: "tr-decision-grid", role: "grid", "aria-label": label });
    this.element = element("div", { class: "tr-decision-scroll" }, this.grid);
    this.#heads = { row: element("div", { role: "row", class: "tr-decision-row tr-decision-heads" }), cells: [] };
    this.#axes = { row: element("div", { class: "tr-decision-row tr-decision-axes", "aria-hidden": "true" }), cells: [] };
    this.#others.row = element("div", { role: "row", class: "tr-decision-row tr-decision-others" });
    this.grid.append(this.#heads.row, this.#axes.row, this.#others.row);
    this.grid.addEventListener("keydown", (event) => this.#pressed(event));
    this.grid.addEventListener("click", ({ target }) => this.#press(target.closest("[data-at]")));
    this.grid.addEventListener("focusin", ({ target }) => this.#tell(target.closest("[data-at]")));
    this.grid.addEventListener("pointerover", ({ target }) => this.#tell(target.closest("[data-at]")));
    this.grid.addEventListener("pointerleave", () => this.#tooltip.hide());
    this.grid.addEventListener("focusout", () => this.#tooltip.hide());
  }

  show(value) {
    this.#value = value;
    const count = value.columns.length + (value.draw ? 1 : 0);
    this.grid.style.setProperty("--columns", value.columns.length);
    this.grid.style.setProperty("--tick", percent((value.ticks[1]?.at ?? value.largest) / value.largest));
    this.grid.classList.toggle("has-no-draw", !value.draw);
    this.#fit(this.#heads, count + 1, (place) => element("div", { role: place ? "columnheader" : null, class: "tr-decision-head", "data-column": place ? place - 1 : null }));
    this.#fit(this.#axes, count + 1, (place) => element("div", { class: "tr-decision-axis", "data-column": place ? place - 1 : null }));
    this.#fitRows(value.rows.length, count);
    this.#showHeads(value);
    this.#showAxes(value);
    value.rows.forEach((row, place) => this.#showRow(place, row, value));
    this.#showOthers(value, count);
    this.#stay();
  }

  /** Shows the first `count` columns and hides the rest; null shows all. */
  cover(count) {
    this.grid.classList.toggle("is-covered", count !== null);
    for (const part of this.grid.querySelectorAll("[data-column]")) {
      const column = Number(part.dataset.column);
      part.classList.toggle("is-hidden", count !== null && column >= count);
      part.classList.toggle("is-new", count !== null && column === count - 1);
    }
  }

  #fit(line, count, make) {
    while (line.cells.length > count) line.cells.pop().remove();
    while (line.cells.length < count) {
      const made = make(line.cells.length);
      line.cells.push(made);
      line.row.append(made);
    }
    if (line.numCells !== count) line.cells.forEach((cell, place) => cell.classList.toggle("is-draw", Boolean(this.#value.draw) && place === count - 1));
    line.numCells = count;
  }

  #fitRows(count, numColumns) {
    while (this.#rows.length > count) this.#rows.pop().row.remove();
    while (this.#rows.length < count) {
      const name = nameParts();
      const row = element("div", { role: "row", class: "tr-decision-row" }, name.cell);
      this.#rows.push({ row, name, stages: [], draw: null });
      this.#others.row.before(row);
    }
    const numStages = this.#value.columns.length;
    this.#rows.forEach((line, place) => {
      line.name.cell.dataset.at = `${place},-1`;
      while (line.stages.length > numStages) line.stages.pop().cell.remove();
      while (line.stages.length < numStages) {
        const made = stageParts(place, line.stages.length);
        (line.stages.at(-1)?.cell ?? line.name.cell).after(made.cell);
        line.stages.push(made);
      }
      if (numColumns > numStages && !line.draw) {
        line.draw = drawParts();
        line.row.append(line.draw.cell);
      } else if (numColumns === numStages && line.draw) {
        line.draw.cell.remove();
        line.draw = null;
      }
      if (line.draw) {
        line.draw.cell.dataset.at = `${place},${numStages}`;
        line.draw.cell.dataset.column = numStages;
      }
    });
  }

  #showHeads({ columns, draw }) {
    const [, ...heads] = this.#heads.cells;
    columns.forEach(({ title, left, cut }, place) => fillHead(heads[place], title, [left, cut]));
    if (draw) fillHead(heads[columns.length], draw.title, [draw.note, draw.margin]);
  }

  #showAxes({ axis, ticks, largest, columns, draw }) {
    const [name, ...axes] = this.#axes.cells;
    write(name, axis);
    axes.forEach((cell, place) => {
      if (place === 0) fillTicks(cell, ticks.map(({ at, label }) => [at / largest, label]));
      else if (draw && place === columns.length) fillTicks(cell, draw.ticks.map(({ at, label }) => [share(at, draw), label]));
      else fillTicks(cell, []);
    });
  }

  #showRow(place, row, { columns, draw, largest }) {
    const line = this.#rows[place];
    line.row.classList.toggle("is-chosen", row.is_chosen);
    line.row.classList.toggle("is-favorite", row.is_favorite && !row.is_chosen);
    line.row.classList.toggle("is-answer", row.is_answer);
    line.row.dataset.token = row.token_id;
    showName(line.name, row);
    columns.forEach(({ cells }, at) => showStage(line.stages[at], cells[place], largest, row));
    if (draw) showDraw(line.draw, draw.cells[place], draw, row);
  }

  #showOthers(value, count) {
    this.#fit(this.#others, count + 1, (place) => element("div", { role: place ? "gridcell" : "rowheader", "data-column": place ? place - 1 : null }));
    const [name, ...cells] = this.#others.cells;
    write(name, value.others_title);
    cells.forEach((cell, place) => write(cell, value.columns[place]?.others ?? value.draw?.axis ?? ""));
  }

  #cellAt([row, column]) {
    const line = this.#rows[row];
    if (!line) return null;
    if (column < 0) return line.name.cell;
    return line.stages[column]?.cell ?? (column === line.stages.length ? line.draw?.cell : null) ?? null;
  }

  #stay() {
    const [row, column] = this.#here;
    this.#here = [Math.min(row, this.#rows.length - 1), Math.min(column, this.#value.columns.length)];
    for (const cell of this.grid.querySelectorAll('[data-at][tabindex="0"]')) cell.tabIndex = -1;
    const here = this.#cellAt(this.#here) ?? this.#cellAt([0, 0]);
    if (here) here.tabIndex = 0;
  }

  #pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target.closest("[data-at]");
    if (!at) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#press(at);
      return;
    }
    const move = MOVES[event.key];
    if (!move) return;
    event.preventDefault();
    const [row, column] = at.dataset.at.split(",").map(Number);
    const next = this.#cellAt([row + move[0], column + move[1]]);
    if (!next) return;
    this.#here = [row + move[0], column + move[1]];
    at.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  #entry(at) {
    const [row, column] = at.dataset.at.split(",").map(Number);
    const { rows, columns, draw } = this.#value;
    const token = rows[row];
    if (column < 0) return { token, title: "", hover: token.tooltip, python: "" };
    const isDraw = column === columns.length;
    const cell = isDraw ? draw.cells[row] : columns[column].cells[row];
    return cell?.hover ? { token, title: isDraw ? draw.title : columns[column].title, ...cell, text: cell.percent ?? cell.text } : null;
  }

  #press(at) {
    const entry = at && this.#entry(at);
    if (!entry?.python || at.classList.contains("is-hidden")) return;
    this.#tooltip.hide();
    this.#open(entry, at);
  }

  #tell(at) {
    const entry = at && !at.classList.contains("is-hidden") && this.#entry(at);
    if (entry) this.#tooltip.show(entry.hover, at);
    else this.#tooltip.hide();
  }
}

const percent = (part) => `${(part * 100).toFixed(2)}%`;
const share = (number, { low, high }) => (number - low) / (high - low);

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function label(node, text) {
  if (node.getAttribute("aria-label") !== text) node.setAttribute("aria-label", text);
}

function nameParts() {
  const mark = element("span", { class: "tr-decision-mark", "aria-hidden": "true" });
  const chip = element("span", { class: "tr-chip tr-decision-chip", translate: "no", dir: "auto" });
  const words = element("span", { class: "tr-decision-words" });
  return { cell: element("div", { role: "rowheader", tabindex: "-1", class: "tr-decision-name" }, mark, chip, words), mark, chip, words };
}

function showName({ cell, mark, chip, words }, row) {
  write(mark, row.is_chosen ? "✓" : row.is_favorite ? "○" : row.is_answer ? "▶" : "");
  write(chip, row.token);
  chip.classList.toggle("is-special", row.is_special);
  write(words, row.marks.join(" "));
  label(cell, `${row.token} ${row.tooltip}`);
}

function stageParts(row, column) {
  const bar = element("span", { class: "tr-decision-bar" });
  const by = element("span", { class: "tr-decision-by" });
  const text = element("span", { class: "tr-decision-percent" });
  const change = element("span", { class: "tr-decision-change" });
  const space = element("span", { class: "tr-decision-space" }, bar, by);
  const cell = element("div", { role: "gridcell", tabindex: "-1", class: "tr-decision-cell", "data-at": `${row},${column}`, "data-column": column }, space, text, change);
  return { cell, bar, by, text, change };
}

function showStage({ cell, bar, by, text, change }, value, largest, row) {
  const length = value.bar === null ? 0 : value.bar / largest;
  bar.style.width = percent(length);
  cell.classList.toggle("is-removed", value.is_removed);
  cell.classList.toggle("is-empty", !value.percent);
  by.classList.toggle("is-inside", length > 0.4);
  write(by, value.removed_by);
  write(text, value.percent);
  text.classList.toggle("is-long", value.percent.length > 11);
  const moved = value.rank_change;
  write(change, moved ? `${moved > 0 ? "▲" : "▼"}${Math.abs(moved).toLocaleString("en")}` : "");
  label(cell, value.percent && `${row.token} ${value.percent} ${change.textContent} ${value.hover}`);
}

function drawParts() {
  const dot = element("span", { class: "tr-decision-dot" });
  const arrow = element("span", { class: "tr-decision-arrow" });
  const text = element("span", { class: "tr-decision-percent" });
  const cell = element("div", { role: "gridcell", tabindex: "-1", class: "tr-decision-cell is-draw" },
    element("span", { class: "tr-decision-space" }, arrow, dot), text);
  return { cell, dot, arrow, text };
}

function showDraw({ cell, dot, arrow, text }, value, draw, row) {
  cell.classList.toggle("is-empty", !value);
  write(text, value?.text ?? "");
  label(cell, value ? `${row.token} ${value.hover}` : "");
  dot.hidden = !value;
  const isKnown = value && value.finish !== null && value.log_probability !== null;
  arrow.hidden = !isKnown || !draw.has_luck;
  if (!isKnown) return;
  const [from, to] = [share(value.log_probability, draw), share(value.finish, draw)];
  dot.style.left = percent(from);
  arrow.style.left = percent(Math.min(from, to));
  arrow.style.width = percent(Math.abs(to - from));
  arrow.classList.toggle("is-back", to < from);
}

function fillHead(head, title, notes) {
  const key = JSON.stringify([title, notes]);
  if (head.dataset.shown === key) return;
  head.dataset.shown = key;
  head.replaceChildren(element("strong", {}, title), element("span", {}, notes.filter(Boolean).join(" · ")));
  head.title = [title, ...notes.filter(Boolean)].join(" · ");
}

function fillTicks(cell, ticks) {
  const key = JSON.stringify(ticks);
  if (cell.dataset.shown === key) return;
  cell.dataset.shown = key;
  cell.replaceChildren(element("span", { class: "tr-decision-space" },
    ticks.map(([at, text]) => element("span", { class: "tr-decision-tick", style: `left: ${percent(at)}` }, text))));
}
