// Attention in a page that stands alone: the text with its heads, and the grid of all heads, as far as the page has
// them. Tokens cannot be selected, because what every head gave to each of them is only in the trace.

import { Choice } from "./attention_choice.js";
import { switchOf } from "./attention_controls.js";
import { mount as mountText } from "./attention_text.js";
import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { mount as mountGrid } from "./head_grid.js";
import { mount as mountHeads } from "./head_list.js";
import { Tooltip } from "./tooltip.js";

class HeadsOnly extends Choice {
  pick() {}
}

const OWN_WORDS = { "ui.attention_text_hint": "ui.export_attention_hint" };
const atOnce = () => {};

export function mount(root, context) {
  const { source, position } = context;
  const words = (key, values) => context.words(OWN_WORDS[key] ?? key, values);
  const choice = new HeadsOnly(position);
  const page = element("div", { class: "tr-attention" });
  root.append(page);
  const shared = { ...context, words, source: asHeld(source), choice, tooltip: new Tooltip(page) };
  const mode = switchOf(words("ui.attention_show"), [["weight", words("ui.attention_weight")], ["contribution", words("ui.attention_contribution")]],
    (value) => choice.set({ mode: value }));
  mode.group.hidden = !source.offers("attention_contribution");
  const note = element("p", { class: "tr-attention-note" }, words("ui.attention_note"), " ", element("span", { class: "tr-badge" }, words("ui.attention_badge")));
  const [text, heads, grid] = ["text", "heads", "grid"].map((name) => element("section", { class: `tr-attention-part tr-attention-${name}` }));
  const column = (part, ...others) => element("div", { class: "tr-attention-column" }, refusalOf(part, choice, words), part, others);
  page.append(mode.group, note, element("div", { class: "tr-attention-board" }, column(text, source.offers("attention_heads") ? heads : []),
    source.offers("attention_grid") ? column(grid) : []));

  const parts = [mountText(text, { ...shared, ahead: atOnce, refuse: text.refuse })];
  if (source.offers("attention_heads")) parts.push(mountHeads(heads, { ...shared, ahead: atOnce }));
  if (source.offers("attention_grid")) parts.push(mountGrid(grid, { ...shared, ahead: atOnce, refuse: grid.refuse }));
  const follow = () => mode.set(choice.mode);
  const stop = choice.subscribe(follow);
  follow();
  return {
    destroy: () => {
      stop();
      for (const part of parts) part.destroy();
      choice.end();
      page.remove();
    },
  };
}

// Where a part is refused, the reason stands in its place, and the way back to what the page has.
function refusalOf(part, choice, words) {
  const reason = element("p", { role: "status" });
  const back = element("button", { type: "button", class: "tr-button", onclick: () => choice.select() }, words("ui.attention_let_go"));
  const box = element("div", { class: "tr-attention-refusal", hidden: true }, reason, back);
  part.refuse = (error) => {
    box.hidden = !error;
    part.hidden = Boolean(error);
    reason.replaceChildren(...withChips(error?.message ?? ""));
    back.hidden = choice.layer === undefined;
  };
  return box;
}

// The grid lists only the measures that the page has.
function asHeld(source) {
  const isHeld = ({ key }) => source.offers(`attention_grid?measure=${key}`);
  const view = async (name, parameters) => {
    const value = await source.view(name, parameters);
    return name === "attention_grid" ? { ...value, measures: value.measures.filter(isHeld) } : value;
  };
  return { view, tile: () => source.tile(), prefetch: atOnce, offers: (name) => source.offers(name) };
}
