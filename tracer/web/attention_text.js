// The text itself, every token shaded by how much of the attention it got (or by how much it contributed). The first
// token, and those set aside, are hatched cells. A click, or Enter, selects a token.

import { chip, withChips } from "./chips.js";
import { element } from "./elements.js";
import { Latest } from "./latest.js";
import { loadStyle } from "./styles.js";
import { tableOf } from "./table.js";

const IN_TABLE = 20;
const LIGHT_UP_TO = 0.56;
const MIDDLE_UP_TO = 0.66;
const SHADES = 40; // as many as can be told apart
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

  const parameters = (step) => ({ step, ...choice.heads, template: choice.skipsTemplate ? 1 : 0 });
  const request = async () => {
    const step = position.step;
    const [value, pushed] = await Promise.all([
      source.view("attention_text", parameters(step)),
      choice.mode === "contribution" ? source.view("attention_contribution", { step }) : null,
    ]);
    return { value, pushed };
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
    while (cells.length > shown.cells.length) cells.pop().node.remove();
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
    ahead((step) => source.view("attention_text", parameters(step)));
  }

  // Thousands of them at every step: only what can be seen to change is written, the words when somebody asks.
  function put(cell, place) {
    const made = cells[place] ?? (cells[place] = { node: cellNode(place), text: null, key: null });
    if (!made.node.isConnected) text.insertBefore(made.node, chosen.isConnected ? chosen : null);
    if (made.text !== cell.text) {
      made.text = cell.text;
      made.node.replaceChildren(cell.text);
      made.node.classList.toggle("tr-ends-line", cell.text.endsWith(LINE_END));
    }
    const isAside = cell.shade === null;
    const size = isAside ? 0 : Math.round(Math.abs(cell.shade) * SHADES) / SHADES;
    const isNegative = !isAside && cell.shade < 0;
    const share = isAside && place === 0 ? cell.label : "";
    const key = `${isAside}${isNegative}${size} ${share} ${cell.kind}`;
    if (made.key === key) return;
    made.key = key;
    const { node } = made;
    node.style.setProperty("--tr-shade", size);
    node.dataset.depth = size <= LIGHT_UP_TO ? "light" : size <= MIDDLE_UP_TO ? "middle" : "deep";
    node.classList.toggle("tr-is-aside", isAside);
    node.classList.toggle("tr-is-negative", isNegative);
    node.classList.toggle("tr-is-generated", cell.kind === "generated");
    if (share) node.dataset.share = share;
    node.toggleAttribute("data-first", Boolean(share));
  }

  function mark() {
    for (const made of text.querySelectorAll("[aria-selected=true]")) made.setAttribute("aria-selected", "false");
    cells[choice.source]?.node.setAttribute("aria-selected", "true");
    for (const made of text.querySelectorAll("[tabindex='0']")) made.tabIndex = -1;
    current = Math.min(choice.source ?? current, cells.length - 1);
    if (cells[current]) cells[current].node.tabIndex = 0;
    nameCell(current);
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
    const lines = missing.map((one) => element("li", { class: "tr-muted" }, withChips(words("ui.attention_layers_missing", { layers: one.layers.join(", "), reason: one.reason }))));
    aside.append(...lines);
  }

  function nameCell(place) {
    const cell = shown.cells[place];
    if (cell) cells[place].node.setAttribute("aria-label", `${cell.text} ${cell.label}`);
  }

  // The box scrolls so that the strongest token can be seen, and only then.
  function scrollToStrongest() {
    if (text.scrollHeight <= text.clientHeight || text.contains(document.activeElement)) return;
    let best = cells.length - 1;
    shown.cells.forEach((one, place) => {
      if (Math.abs(one.shade ?? -1) > Math.abs(shown.cells[best].shade ?? -1)) best = place;
    });
    const made = cells[choice.source ?? best].node;
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
    const at = cells[place].node.getBoundingClientRect();
    tooltip.show([words("ui.attention_place", { token: chip(cell.text), place }), cell.label], event.clientX ?? at.left, event.clientY ?? at.bottom);
  };
  text.addEventListener("pointermove", tell);
  text.addEventListener("focusin", (event) => {
    current = placeOf(event) ?? current;
    nameCell(current);
    tell(event);
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
    cells[current].node.tabIndex = -1;
    current = Math.max(0, Math.min(place, cells.length - 1));
    cells[current].node.tabIndex = 0;
    cells[current].node.focus();
  };
  table.addEventListener("toggle", () => table.open && shown.value && fillTable());

  const stop = choice.subscribe(() => {
    if (shown.value) mark();
    ask();
  });
  ask();
  return { destroy: () => (stop(), latest.end()) };
}

function cellNode(place) {
  return element("span", { role: "option", class: "tr-attention-token tr-chip", translate: "no", dir: "auto", tabindex: -1, "aria-selected": "false", "data-place": place });
}

function pushedCell(cell, push) {
  return { ...cell, shade: push?.shade ?? 0, label: push?.label ?? "0", value: push?.value ?? 0 };
}

function pushTicks(pushed) {
  const ends = [...pushed.sources].sort((one, other) => one.value - other.value);
  const [least, most] = [ends[0], ends[ends.length - 1]];
  return [least, most].filter((one) => one && one.shade !== 0);
}
