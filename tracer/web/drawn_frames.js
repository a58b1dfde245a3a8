// The decisions of many steps one after another: `window.trShow(place)` shows one. All are as tall as the tallest.

import { svgOf } from "./decision_svg.js";
import { nameRoom } from "./decision_svg_layout.js";
import { element } from "./elements.js";

const SO_FAR = 14;

export async function mount(root, { source, words, width, about }) {
  const [values, texts] = await Promise.all([source.view("decisions"), source.view("texts")]);
  const name = Math.max(...values.map((value) => nameRoom(value, width)));
  const picture = (value) => svgOf(value, root, { width, words, name, isPrint: about.is_print });
  const tallest = Math.max(...values.map((value) => Number(picture(value).getAttribute("height"))));
  const head = element("p", { class: "tr-picture-so-far" });
  const frame = element("div", { style: `height: ${tallest}px` });
  root.append(head, frame);
  window.trShow = (place) => {
    const { step } = values[place];
    const before = texts.slice(Math.max(0, step - SO_FAR), step).map((text) => element("span", { class: "tr-chip", dir: "auto" }, text));
    head.replaceChildren(element("b", {}, words("ui.picture_step", { step })), element("span", { class: "tr-picture-text" },
      element("span", {}, step > SO_FAR ? "…" : "", before, element("span", { class: "tr-chip tr-attention-chosen", dir: "auto" }, `✓ ${texts[step]}`))));
    frame.replaceChildren(picture(values[place]));
  };
  window.trShow(0);
}
