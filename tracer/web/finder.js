// Find: places of a text or a token in prompt and answer, across the borders of tokens.

import { element } from "./elements.js";
import { popover } from "./popover.js";

const WAIT_MS = 150;
const LISTED = 50;

/** Returns {button, panel}; `strip` shows where a place is. */
export function mount({ source, position, words, shortcuts, strip, value }) {
  const field = element("input", { class: "tr-input", type: "search", placeholder: words("ui.find_hint"), "aria-label": words("ui.find_title"),
    autocomplete: "off", spellcheck: "false", maxlength: 200 });
  const status = element("p", { class: "tr-muted", role: "status" });
  const list = element("ol", { class: "tr-list" });
  let found = null;
  let at = -1;
  let timer = null;
  let looking = null;

  const goTo = (place) => {
    if (!found?.first.length) return;
    at = (place + found.first.length) % found.first.length;
    strip.mark(found.first[at], found.last[at]);
    if (found.steps[at] >= 0) position.select(found.steps[at]);
    else strip.reveal(found.first[at]);
    list.querySelector("[aria-current]")?.removeAttribute("aria-current");
    const entry = list.children[at]?.firstChild;
    entry?.setAttribute("aria-current", "true");
    entry?.scrollIntoView({ block: "nearest" });
  };
  const look = async () => {
    const query = field.value;
    if (!query) {
      found = null;
      status.textContent = "";
      list.replaceChildren();
      return;
    }
    let answer;
    try {
      answer = await source.view("find", { q: query });
    } catch (error) {
      answer = { label: error.message, first: [], last: [], steps: [] };
    }
    if (field.value !== query) return;
    found = answer;
    at = -1;
    status.textContent = found.label;
    list.replaceChildren(...found.first.slice(0, LISTED).map((first, place) => entryOf(found, place, value, words, () => goTo(place))));
  };
  // The first jump goes on from where one stands.
  const nearest = (by) => {
    const { steps } = found ?? { steps: [] };
    const place = by > 0 ? steps.findIndex((step) => step >= position.step) : steps.findLastIndex((step) => step <= position.step);
    return by > 0 ? Math.max(place, 0) : place;
  };
  // What was typed last decides, also where its answer is still on the way.
  const step = async (by) => {
    if (timer) search();
    await looking;
    goTo(at < 0 ? nearest(by) : at + by);
  };
  const search = () => {
    clearTimeout(timer);
    timer = null;
    looking = look();
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, WAIT_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  });
  const move = (name, by) => element("button", { type: "button", class: "tr-button", onclick: () => step(by) }, words(name));
  const made = popover(words("ui.find"), {
    name: "find",
    title: words("ui.find_title"),
    onopen: () => {
      field.select();
      return field;
    },
  });
  made.button.append(element("kbd", {}, "/"));
  made.panel.append(element("div", { class: "tr-form" }, field, move("ui.find_previous", -1), move("ui.find_next", 1)), status, list);
  shortcuts.add("/", "ui.find_title", made.open);
  return { ...made, destroy: () => clearTimeout(timer) };
}

function entryOf(found, place, value, words, go) {
  const { first, last, steps } = found;
  const texts = [...around(value, first[place], last[place])];
  const label = steps[place] < 0 ? words("ui.find_in_prompt") : String(steps[place]);
  return element("li", {}, element("button", { type: "button", onclick: go },
    element("span", { class: "tr-list-step" }, label),
    element("span", { class: "tr-list-token", translate: "no", dir: "auto" }, texts[0], element("mark", {}, texts[1]), texts[2])));
}

const AROUND = 4;

function around(value, first, last) {
  const all = (from, to) => {
    const parts = [];
    const numPrompt = value.prompt.texts.length;
    for (let place = Math.max(0, from); place < to; place++) {
      parts.push(place < numPrompt ? value.prompt.texts[place] : value.answer.texts[place - numPrompt] ?? "");
    }
    return parts.join("");
  };
  return [all(first - AROUND, first), all(first, last + 1), all(last + 1, last + 1 + AROUND)];
}
