// What opens on a pressed number: its formula with this step's values, and the Python that gives the same number.

import { copyText } from "./clipboard.js";
import { element } from "./elements.js";

const EDGE = 8;

export class DecisionCard {
  #words;
  #anchor = null;

  constructor(words) {
    this.#words = words;
    this.element = element("div", { popover: "auto", class: "tr-popover tr-card", role: "dialog" });
    this.element.addEventListener("toggle", ({ newState }) => {
      if (newState === "closed" && this.element.contains(document.activeElement)) this.#anchor?.focus();
    });
  }

  /** Opens below a cell; `picture` holds the lines that find the step. */
  open({ token, title, text, hover, python }, anchor, picture) {
    this.#anchor = anchor;
    const lines = (picture.python ? `${picture.python}\nprint(${python})` : python);
    const copy = element("button", { type: "button", class: "tr-button" }, this.#words("ui.decision_copy_python"));
    copy.addEventListener("click", () => copyText(lines, copy, this.#words));
    this.element.setAttribute("aria-label", title);
    this.element.replaceChildren(
      element("p", {}, element("span", { class: "tr-chip tr-chip-token", translate: "no", dir: "auto" }, token.token), ` ${title}: `, element("strong", {}, text)),
      element("p", {}, hover),
      element("pre", { class: "tr-card-python", translate: "no" }, element("code", {}, lines)), copy);
    this.element.showPopover();
    this.#place();
    copy.focus();
  }

  close() {
    if (this.element.matches(":popover-open")) this.element.hidePopover();
  }

  #place() {
    const at = this.#anchor.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const left = Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE));
    const below = at.bottom + 4;
    const top = below + height > innerHeight - EDGE ? Math.max(EDGE, at.top - height - 4) : below;
    Object.assign(this.element.style, { left: `${left}px`, top: `${top}px` });
  }
}
