// The text shaded by attention by itself, and below it the heads that looked hardest where none is chosen.

import { Choice } from "./attention_choice.js";
import { mount as mountText } from "./attention_text.js";
import { element } from "./elements.js";
import { mount as mountHeads } from "./head_list.js";

const nothing = () => {};
const NO_TOOLTIP = { show: nothing, hide: nothing };

export async function mount(root, context) {
  const choice = new Choice(context.position);
  const shared = { ...context, choice, tooltip: NO_TOOLTIP, ahead: nothing };
  const text = element("section", { class: "tr-attention-part" });
  root.append(text);
  await new Promise((resolve, reject) => {
    mountText(text, { ...shared, refuse: (error) => (error ? reject(error) : resolve()) });
  });
  if (!context.source.offers("attention_heads")) return;
  const heads = element("section", { class: "tr-attention-part" });
  root.append(heads);
  mountHeads(heads, shared);
}
