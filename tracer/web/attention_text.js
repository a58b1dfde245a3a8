// The text itself, every token shaded by how much of the attention it got (or by how much it contributed). The first
// token, and those set aside, are hatched cells. A click, or Enter, selects a token.

import { chip, withChips } from "./chips.js";
import { element } from "./elements.js";
import { Latest } from "./latest.js";
import { loadStyle } from "./styles.js";
import { tableOf } from "./table.js";

const AHEAD = [1, -1, 2, -2, 3, -3];
const IN_TABLE = 20;
const LIGHT_UP_TO = 0.56;
const MIDDLE_UP_TO = 0.66;
const LINE_END = "\u21b5";

export function mount(root, { source, position, words, choice, tooltip, ahead, refuse }) {
  loadStyle("attention_text");
  const title = element("h3", {});
  const text = element("div", { class: "tr-attention-tokens", role: "listbox", tabindex: -1, dir: "auto" });
  const chosen = element("span", { class: "tr-attention-chosen tr-chip", translate: "no", dir: "auto" });
  const aside = element("ul", { class: "tr-attention-aside" });
  const summary = element("p", { class: "tr-attention-summary", role: "status" });
  const skip = element("input", { type: "checkbox", onchange: () => choice.set({ skipsTemplate: skip.checked }) });
  const skipLabel = element("label", { class: "tr-check" }, skip, words("ui.attention_set_aside"));
  const legend = element("div", { class: "tr-attention-ticks", role: "img" });
  const hint = element("p", { class: "tr-muted tr-attention-hint" });
  const table = element("details", { class: "tr-attention-table" }, element("summary", {}, words("ui.attention_table")));
  root.append(title, text, summary, aside, element("div", { class: "tr-attention-foot" }, legend, skipLabel), hint, table);

  const latest = new Latest((isSlow) => root.setAttribute("aria-busy", String(isSlow)));
  const cells = [];
  let shown = { cells: [], picked: undefined };
  let current = 0;
  let before = position.step;

  const parameters = (step) => ({ step, ...choice.heads, template: choice.skipsTemplate ? 1 : 0 });
  const request = async () => {
    const step = position.step;
    const [value, pushed] = await Promise.all([
      source.view("attention_text", parameters(step)),
      choice.mode === "contribution" ? source.view("attention_contribution", { step }) : null,
    ]);
    return { value, pushed };
  };
  // The steps around this one, those in the direction of the last move first.
  const around = () => {
    const sign = position.step < before ? -1 : 1;
    before = position.step;
    return AHEAD.map((by) => position.step + by * sign).filter((step) => step >= 0 && step < position.count);
  };
  const ask = () => latest.ask(request, draw, (error) => refuse(error));

  function draw({ value, pushed }) {
    refuse(null);
    choice.knowPrompt(value.size - value.step);
    const isPush = pushed?.available;
    title.replaceChildren(...withChips(isPush ? pushed.title : value.title));
    const pushes = new Map((pushed?.sources ?? []).map((one) => [one.place, one]));
    shown = { value, pushed, cells: value.sources.map((one) => (isPush ? pushedCell(one, pushes.get(one.place)) : one)) };
    shown.cells.forEach(put);
    while (cells.length > shown.cells.length) cells.pop().remove();
    chosen.textContent = `✓ ${value.token}`;
    text.append(chosen);
    text.setAttribute("aria-label", value.summary.replaceAll("`", ""));
    summary.replaceChildren(...withChips(isPush ? pushed.note : value.summary));
    aside.replaceChildren(...[...(isPush ? [] : value.aside.map((one) => one.text)), ...(value.sink ? [value.sink] : [])].map((one) => element("li", {}, one)));
    skip.checked = choice.skipsTemplate;
    skip.disabled = !value.template_known;
    skipLabel.title = value.template_note;
    drawLegend(isPush ? pushTicks(pushed) : value.ticks);
    showMissing(value.missing);
    mark();
    if (table.open) fillTable();
    scrollToStrongest();
    ahead(around().map((step) => () => source.view("attention_text", parameters(step))));
  }

  function put(cell, place) {
    const made = cells[place] ?? (cells[place] = element("span", { role: "option", class: "tr-attention-token tr-chip", translate: "no", dir: "auto", tabindex: -1, "aria-selected": "false", "data-place": place }));
    if (!made.isConnected) text.insertBefore(made, chosen.isConnected ? chosen : null);
    if (made.dataset.text !== cell.text) {
      made.dataset.text = cell.text;
      made.replaceChildren(cell.text);
    }
    const key = `${cell.shade} ${cell.label} ${cell.kind}`;
    if (made.dataset.key === key) return;
    made.dataset.key = key;
    const isAside = cell.shade === null;
    const size = isAside ? 0 : Math.abs(cell.shade);
    made.style.setProperty("--tr-shade", size);
    made.dataset.depth = size <= LIGHT_UP_TO ? "light" : size <= MIDDLE_UP_TO ? "middle" : "deep";
    made.classList.toggle("tr-is-aside", isAside);
    made.classList.toggle("tr-is-negative", !isAside && cell.shade < 0);
    made.classList.toggle("tr-is-generated", cell.kind === "generated");
    made.classList.toggle("tr-ends-line", cell.text.endsWith(LINE_END));
    made.toggleAttribute("data-first", isAside && place === 0);
    if (isAside && place === 0) made.dataset.share = cell.label;
    made.setAttribute("aria-label", `${cell.text} ${cell.label}`);
  }

  function mark() {
    for (const made of text.querySelectorAll("[aria-selected=true]")) made.setAttribute("aria-selected", "false");
    cells[choice.source]?.setAttribute("aria-selected", "true");
    for (const made of text.querySelectorAll("[tabindex='0']")) made.tabIndex = -1;
    current = Math.min(choice.source ?? current, cells.length - 1);
    if (cells[current]) cells[current].tabIndex = 0;
    const picked = shown.cells[choice.source];
    const free = element("button", { type: "button", class: "tr-button", onclick: () => choice.pick(choice.source) }, words("ui.attention_let_go"));
    hint.replaceChildren(...(picked ? [...withChips(words("ui.attention_picked", { token: chip(picked.text) })), " ", free] : [words("ui.attention_text_hint")]));
  }

  function drawLegend(ticks) {
    legend.setAttribute("aria-label", `${words("ui.attention_colors")}: ${ticks.map((one) => one.label).join(", ")}`);
    legend.replaceChildren(element("span", { class: "tr-muted" }, words("ui.attention_colors")), ...ticks.map((one) => element("span", { class: "tr-attention-tick" },
      element("i", { class: one.shade < 0 ? "tr-is-negative" : null, style: `--tr-shade: ${Math.abs(one.shade)}` }), one.label)));
  }

  function showMissing(missing) {
    const lines = missing.map((one) => element("li", { class: "tr-muted" }, words("ui.attention_layers_missing", { layers: one.layers.join(", "), reason: one.reason })));
    aside.append(...lines);
  }

  // The box scrolls so that the strongest token can be seen, and only then.
  function scrollToStrongest() {
    if (text.scrollHeight <= text.clientHeight || text.contains(document.activeElement)) return;
    let best = cells.length - 1;
    shown.cells.forEach((one, place) => {
      if (Math.abs(one.shade ?? -1) > Math.abs(shown.cells[best].shade ?? -1)) best = place;
    });
    const made = cells[choice.source ?? best];
    const at = made.offsetTop - text.offsetTop;
    if (at < text.scrollTop || at + made.offsetHeight > text.scrollTop + text.clientHeight) text.scrollTop = at - text.clientHeight / 2;
  }

  function fillTable() {
    const label = words(shown.pushed?.available ? "ui.attention_column_contribution" : "ui.attention_column_weight");
    const rows = shown.cells.map((one, place) => ({ ...one, place, size: Math.abs(one.value ?? one.weight) }))
      .sort((one, other) => other.size - one.size).slice(0, IN_TABLE)
      .map((one) => [{ text: String(one.place), kind: "number" }, { text: one.text, kind: "token" }, { text: one.label, kind: "number" }]);
    const made = tableOf({ caption: words("ui.attention_strongest", { count: rows.length }),
      columns: [words("ui.attention_column_place"), words("ui.attention_column_token"), label], rows }, position);
    loadStyle("table");
    table.replaceChildren(table.firstChild, made);
  }

  const placeOf = (event) => {
    const found = event.target.closest?.("[data-place]");
    return found ? Number(found.dataset.place) : null;
  };
  const tell = (event) => {
    const place = placeOf(event);
    const cell = shown.cells[place];
    if (!cell) return tooltip.hide();
    const at = cells[place].getBoundingClientRect();
    tooltip.show([words("ui.attention_place", { token: chip(cell.text), place }), cell.label], event.clientX ?? at.left, event.clientY ?? at.bottom);
  };
  text.addEventListener("pointermove", tell);
  text.addEventListener("focusin", (event) => {
    tell(event);
    current = placeOf(event) ?? current;
  });
  text.addEventListener("focusout", () => tooltip.hide());
  text.addEventListener("pointerleave", () => tooltip.hide());
  text.addEventListener("click", (event) => {
    const place = placeOf(event);
    if (place !== null) choice.pick(place);
  });
  text.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: current - 1, ArrowRight: current + 1, Home: 0, End: cells.length - 1 }[event.key];
    if (to !== undefined) focusOn(to);
    else if (event.key === "Enter" || event.key === " ") choice.pick(current);
    else if (event.key === "Escape" && choice.source !== undefined) choice.pick(choice.source);
    else return;
    event.preventDefault();
  });
  const focusOn = (place) => {
    cells[current].tabIndex = -1;
    current = Math.max(0, Math.min(place, cells.length - 1));
    cells[current].tabIndex = 0;
    cells[current].focus();
  };
  table.addEventListener("toggle", () => table.open && shown.value && fillTable());

  const stop = choice.subscribe(() => {
    if (shown.value) mark();
    ask();
  });
  ask();
  return { destroy: () => (stop(), latest.end()) };
}

function pushedCell(cell, push) {
  return { ...cell, shade: push?.shade ?? 0, label: push?.label ?? "0", value: push?.value ?? 0 };
}

function pushTicks(pushed) {
  const ends = [...pushed.sources].sort((one, other) => one.value - other.value);
  const [least, most] = [ends[0], ends[ends.length - 1]];
  return [least, most].filter((one) => one && one.shade !== 0);
}
