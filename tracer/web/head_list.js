// At most eight heads as labeled rows with a bar: those that looked hardest, or pushed most. A click selects the head.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { Latest } from "./latest.js";
import { loadStyle } from "./styles.js";

export function mount(root, { source, position, words, choice, ahead }) {
  loadStyle("attention_text");
  const title = element("h3", {});
  const list = element("ol", { class: "tr-head-rows" });
  const empty = element("p", { class: "tr-muted" });
  root.append(title, list, empty);
  const latest = new Latest((isSlow) => root.setAttribute("aria-busy", String(isSlow)));
  let shown = [];

  const parameters = (step) => ({ step, source: choice.source, template: choice.skipsTemplate ? 1 : 0 });
  const request = async () => {
    const { step } = position;
    if (choice.mode === "contribution") return pushed(await source.view("attention_contribution", { step }), words);
    const value = await source.view("attention_heads", parameters(step));
    return { title: value.title, empty: value.empty, rows: value.rows.map((one) => ({ ...one, size: one.weight, hint: one.effective_label })) };
  };
  const ask = () => latest.ask(request, draw, () => root.replaceChildren(title, list, empty));

  function draw(value) {
    title.replaceChildren(...withChips(value.title));
    empty.replaceChildren(value.empty);
    if (value.command) empty.append(element("code", { class: "tr-command" }, value.command));
    shown = value.rows;
    const had = document.activeElement?.closest?.(".tr-head-rows") === list;
    list.replaceChildren(...shown.map((one, index) => element("li", {}, element("button",
      { type: "button", class: "tr-head-row", "data-index": index, title: one.hint, style: `--tr-size: ${Math.min(1, Math.abs(one.size))}` },
      element("span", { class: `tr-head-bar${one.size < 0 ? " tr-is-negative" : ""}`, "aria-hidden": "true" }), element("span", {}, withChips(one.label))))));
    mark();
    if (had) list.querySelector("[aria-pressed=true]")?.focus();
    if (choice.mode !== "contribution") ahead((step) => source.view("attention_heads", parameters(step)));
  }

  function mark() {
    for (const button of list.querySelectorAll("button")) {
      const one = shown[button.dataset.index];
      button.setAttribute("aria-pressed", String(one.layer === choice.layer && one.head === choice.head));
    }
  }

  list.addEventListener("click", (event) => {
    const one = shown[event.target.closest("button")?.dataset.index];
    if (one) choice.toggle(one.layer, one.head);
  });
  let asked = "";
  const follow = () => {
    const wanted = JSON.stringify([position.step, choice.source, choice.skipsTemplate, choice.mode]);
    mark();
    if (wanted === asked) return;
    asked = wanted;
    ask();
  };
  const stop = choice.subscribe(follow);
  follow();
  return { destroy: () => (stop(), latest.end()) };
}

function pushed(value, words) {
  if (!value.available) return { title: words("ui.attention_contribution"), empty: value.reason, command: value.command, rows: [] };
  const largest = Math.max(...value.heads.map((one) => Math.abs(one.value)), 1e-9);
  const rows = value.heads.map((one) => ({ ...one, size: one.value / largest }));
  return { title: words("ui.attention_heads_pushed"), empty: "", rows };
}
