// What is worth a look: the five strongest findings with their reason, all of them on request, and the forks.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { popover } from "./popover.js";

/** What is known before the view `notable` has answered. */
export const NOTHING_YET = { steps: [], num_stops: 0, reason_of: [], reasons: [], findings: [], strongest: [], opened: "", opened_step: null };

/** Returns {button, panel, show(found), fail(text)}; `found` is the value of the view `notable`. */
export function mount({ source, position, words, shortcuts, value }) {
  let found = NOTHING_YET;
  let steps = [];
  const next = () => steps.find((step) => step > position.step);
  const previous = () => steps.findLast((step) => step < position.step);
  const goTo = (step) => step !== undefined && position.select(step);
  const label = (count) => words("ui.findings", { count });

  const made = popover(label("…"), { name: "findings", title: words("ui.findings_title"), onopen: () => fill(made.panel) });
  const name = made.button.firstChild;
  made.button.append(element("kbd", {}, "n"));
  made.button.disabled = true;

  function fill(panel) {
    const rows = found.strongest.map(({ step, token, reason }) => ({ step, token, reason }));
    const list = listOf(rows, position);
    const rest = element("button", { type: "button", class: "tr-button", onclick: () => {
      list.replaceWith(listOf(allOf(found, value), position));
      rest.remove();
    } }, found.all_label);
    const forks = element("div", {});
    panel.replaceChildren(element("h3", {}, found.title), list, ...(found.steps.length > rows.length ? [rest] : []), forks);
    showForks(forks, { source, position, words });
    return panel.querySelector("button");
  }

  shortcuts.add("n", "ui.findings_next", () => goTo(next()));
  shortcuts.add("N", "ui.findings_previous", () => goTo(previous()));
  return {
    ...made,
    show: (now) => {
      found = now;
      steps = stopsOf(found).sort((one, other) => one - other);
      name.textContent = label(steps.length.toLocaleString("en"));
      made.button.disabled = false;
    },
    fail: (text) => {
      made.button.disabled = true;
      made.button.title = text;
    },
    destroy: () => {},
  };
}

/** Returns a mark for each step, as the strip has them: the place of its strongest finding's kind, or "-". */
export function marksOf(found, { marks, findings }) {
  const all = [...marks].fill("-");
  stopsOf(found).forEach((step, place) => (all[step] = String(findings.indexOf(found.findings[found.reason_of[place]]))));
  return all.join("");
}

/** Returns why a step is worth a look, or undefined. */
export function reasonAt(found, step) {
  const place = found.steps.indexOf(step);
  return place < 0 ? undefined : found.reasons[found.reason_of[place]];
}

// The steps that keys go to and that are marked: enough of them help nobody.
const stopsOf = (found) => found.steps.slice(0, found.num_stops);

function allOf(found, value) {
  return found.steps.map((step, place) => ({ step, token: value.answer.texts[step], reason: found.reasons[found.reason_of[place]] }));
}

async function showForks(root, { source, position, words }) {
  root.append(element("p", { class: "tr-muted" }, words("ui.computing")));
  try {
    const { title, none, rows } = await source.view("forks");
    root.replaceChildren(element("h3", {}, title), rows.length ? listOf(rows, position) : element("p", { class: "tr-muted" }, none));
  } catch (error) {
    root.replaceChildren(element("p", { class: "tr-muted" }, error.message));
  }
}

function listOf(rows, position) {
  return element("ol", { class: "tr-list" }, rows.map(({ step, token, reason }) => element("li", {},
    element("button", { type: "button", "aria-current": step === position.step ? "true" : null, onclick: ({ currentTarget }) => {
      currentTarget.closest(".tr-popover").querySelector("[aria-current]")?.removeAttribute("aria-current");
      currentTarget.setAttribute("aria-current", "true");
      position.select(step);
    } },
      element("span", { class: "tr-list-step" }, step),
      element("span", {}, element("span", { class: "tr-list-token", translate: "no", dir: "auto" }, token), " ",
        element("span", { class: "tr-muted" }, withChips(reason)))))));
}
