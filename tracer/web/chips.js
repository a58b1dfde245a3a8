// Sentences with token chips: what stands between backticks is the visible text of a token.

import { element } from "./elements.js";

/** Returns the nodes of a sentence: text, and a chip for each `token`. */
export function withChips(text) {
  return text.split("`").map((part, place) =>
    place % 2 ? element("span", { class: "tr-chip tr-chip-token", translate: "no", dir: "auto" }, part) : part);
}

/** A panel that shows {text} as one paragraph. */
export function mount(root, { options }) {
  const show = ({ text }) => root.replaceChildren(element("p", { class: "tr-sentence" }, withChips(text)));
  show(options);
  return { update: show, destroy: () => root.replaceChildren() };
}
