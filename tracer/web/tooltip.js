// One small text beside the pointer or a focused thing. It repeats what can be reached otherwise, so it is not read aloud.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { loadStyle } from "./styles.js";

const GAP = 14;

export class Tooltip {
  #box = element("div", { class: "tr-tooltip", "aria-hidden": "true", hidden: true });

  constructor(root) {
    loadStyle("tooltip");
    root.append(this.#box);
  }

  /** Shows lines of text at a place of the window; text between backticks is a token. */
  show(lines, x, y) {
    this.#box.replaceChildren(...lines.map((line) => element("div", {}, withChips(line))));
    this.#box.hidden = false;
    const { width, height } = this.#box.getBoundingClientRect();
    const left = x + GAP + width > innerWidth ? Math.max(4, x - GAP - width) : x + GAP;
    const top = y + GAP + height > innerHeight ? Math.max(4, y - GAP - height) : y + GAP;
    Object.assign(this.#box.style, { left: `${left}px`, top: `${top}px` });
  }

  hide() {
    this.#box.hidden = true;
  }
}
