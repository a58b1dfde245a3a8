// What can be taken elsewhere: a link to this step, and a report of it in Markdown.

import { element } from "./elements.js";
import { popover } from "./popover.js";

const TOLD_MS = 2000;

/** Returns {buttons, panel}. */
export function mount({ source, position, words }) {
  const link = element("button", { type: "button", class: "tr-button", "data-tool": "link", title: words("ui.copy_link_title"),
    onclick: () => copy(linkHere(position), link) }, words("ui.copy_link"));
  const told = element("span", { class: "tr-visually-hidden", role: "status" });
  const status = element("span", { class: "tr-muted", role: "status" });
  const text = element("textarea", { class: "tr-report-text", readonly: true, "aria-label": words("ui.report_text"), translate: "no" });
  const hasPrompt = element("input", { type: "checkbox", onchange: () => load() });
  const send = element("button", { type: "button", class: "tr-button", onclick: () => copy(text.value, send) }, words("ui.report_copy"));

  async function copy(what, button) {
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(what);
    } catch {
      isCopied = false;
    }
    const say = words(isCopied ? "ui.copied" : "ui.not_copied");
    if (!isCopied && button === link) {
      made.open();
      text.value = what;
    }
    if (!isCopied) text.select();
    (made.panel.matches(":popover-open") ? status : told).textContent = say;
    if (!isCopied) return;
    button.dataset.copied = say;
    setTimeout(() => {
      delete button.dataset.copied;
      status.textContent = told.textContent = "";
    }, TOLD_MS);
  }
  async function load() {
    const { step } = position;
    let shown;
    try {
      const prompt = hasPrompt.checked ? "yes" : "no";
      shown = (await source.view("report", { step, prompt, link: linkHere(position) })).markdown;
    } catch (error) {
      shown = error.message;
    }
    if (position.step === step) text.value = shown;
  }
  const made = popover(words("ui.report"), {
    name: "report",
    title: words("ui.report_title"),
    onopen: () => {
      load();
      return send;
    },
  });
  made.panel.append(element("h3", {}, words("ui.report_title")), element("label", { class: "tr-check" }, hasPrompt, words("ui.report_prompt")),
    text, element("div", { class: "tr-form" }, send, status));
  const stop = position.subscribe(() => made.panel.matches(":popover-open") && load());
  return { buttons: source.offers("link") ? [link, made.button, told] : [made.button], panel: made.panel, destroy: stop };
}

// The address names the step only after the next frame; a link must name it now.
function linkHere(position) {
  const url = new URL(location.href);
  url.searchParams.set("step", position.step);
  return url.href;
}
