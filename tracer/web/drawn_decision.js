// The decision picture by itself, as wide as the page.

import { svgOf } from "./decision_svg.js";

export async function mount(root, { source, words, width, about }) {
  const value = await source.view("decision");
  const show = (one) => root.replaceChildren(svgOf(one, root, { width, words, isPrint: about.is_print }));
  show(value);
}
