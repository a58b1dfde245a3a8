// A button that opens a small panel below it. The browser shows it above everything, closes it on Escape or a click
// elsewhere, and gives the focus back.

import { element } from "./elements.js";
import { loadStyle } from "./styles.js";

const GAP = 4;
const EDGE = 8;

/**
 * Returns {button, panel, open(), close()}; `onopen` fills the panel and may return what gets the focus. That stands
 * there from the same moment on, so that whoever types at once loses no letter.
 */
export function popover(label, { name, title, onopen, onclose }) {
  loadStyle("popover");
  const panel = element("div", { popover: "auto", class: "tr-popover", role: "dialog", "aria-label": title ?? label });
  const button = element("button", { type: "button", class: "tr-button", "data-tool": name, title, "aria-haspopup": "dialog" }, label);
  button.popoverTargetElement = panel;
  panel.addEventListener("beforetoggle", ({ newState }) => {
    if (newState !== "open") return;
    place(panel, button);
    const first = onopen?.(panel) ?? panel.querySelector("input, button");
    panel.querySelector("[autofocus]")?.removeAttribute("autofocus");
    first?.setAttribute("autofocus", "");
  });
  panel.addEventListener("toggle", ({ newState }) => {
    button.setAttribute("aria-expanded", String(newState === "open"));
    if (newState === "open") place(panel, button);
    else onclose?.();
  });
  const isOpen = () => panel.matches(":popover-open");
  return {
    button,
    panel,
    open: () => isOpen() || panel.showPopover(),
    close: () => isOpen() && panel.hidePopover(),
  };
}

function place(panel, button) {
  const at = button.getBoundingClientRect();
  const width = Math.min(panel.offsetWidth || 420, innerWidth - 2 * EDGE);
  panel.style.left = `${Math.max(EDGE, Math.min(at.left, innerWidth - width - EDGE))}px`;
  panel.style.top = `${at.bottom + GAP}px`;
  panel.style.maxHeight = `${Math.max(160, innerHeight - at.bottom - GAP - EDGE)}px`;
}
