// The keys that work anywhere on the page, and the switch that turns them off. Keys pressed while writing, choosing in
// a control, or together with Ctrl, Alt or Meta belong to others. A tab has its arrows where the keyboard led to it; one
// that was only clicked leaves them to the steps.

import { keep, recall } from "./saved.js";

const WRITING = "input, textarea, select, [contenteditable=''], [contenteditable='true'], [role=textbox], [role=combobox]";
const MOVING = "[role=slider], [role=tab], [role=listbox], [role=grid], [role=tree], [role=menu], [role=radiogroup], " +
  "[role=spinbutton], [role=separator], [role=dialog], audio, video";
const PRESSING = "button, a[href], summary, [role=button], [role=option], [role=checkbox], [role=switch], [role=tab]";

const CLICKED = "[role=tab], [role=radiogroup] button";

/** Keys that work in one part of the page only, for the list of them: {keys, name}. */
export const local = new Set();

export class Shortcuts {
  #actions = new Map();
  #listener = (event) => this.#pressed(event);
  #clicked = null;
  #click = ({ target }) => (this.#clicked = target instanceof Element ? target.closest(CLICKED) : null);
  #before = (event) => this.#passBy(event);
  isOn = recall("shortcuts") !== "off";

  constructor() {
    document.addEventListener("keydown", this.#listener);
    document.addEventListener("pointerdown", this.#click, true);
    document.addEventListener("keydown", this.#before, true);
  }

  /** Makes keys do something; `name` is the catalogue key of what it does, for the list of them. */
  add(keys, name, act) {
    for (const key of [keys].flat()) this.#actions.set(key, { name, act });
  }

  /** Returns [{keys, name}] in the order in which they were added. */
  get list() {
    const byName = new Map();
    for (const [key, { name }] of this.#actions) byName.set(name, [...(byName.get(name) ?? []), key]);
    return [...[...byName].map(([name, keys]) => ({ name, keys })), ...local];
  }

  turn(isOn) {
    this.isOn = isOn;
    keep("shortcuts", isOn ? "on" : "off");
  }

  destroy() {
    document.removeEventListener("keydown", this.#listener);
    document.removeEventListener("pointerdown", this.#click, true);
    document.removeEventListener("keydown", this.#before, true);
  }

  // Before the tab hears of it: its own arrows would open the next tab.
  #passBy(event) {
    if (event.key === "Tab") this.#clicked = null;
    const action = this.#actions.get(event.key);
    if (!action || !this.isOn || !event.key.startsWith("Arrow") || hasModifier(event)) return;
    if (this.#clicked === null || event.target !== this.#clicked) return;
    event.preventDefault();
    event.stopPropagation();
    action.act();
  }

  #pressed(event) {
    const action = this.#actions.get(event.key);
    if (!action || !this.isOn || event.defaultPrevented || hasModifier(event)) return;
    if (event.isComposing || isTaken(event)) return;
    event.preventDefault();
    action.act();
  }
}

const hasModifier = ({ ctrlKey, metaKey, altKey }) => ctrlKey || metaKey || altKey;

/** Whether a key press belongs to someone else: to a field, a control that moves, or another listener. */
export function isTaken(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return false;
  if (target.closest(WRITING)) return true;
  if (target.closest("[data-keys=replay]")) return false; // the strip shows where the keys lead
  if (event.key === " ") return Boolean(target.closest(PRESSING));
  const isMove = event.key.length > 1;
  return isMove && Boolean(target.closest(MOVING));
}
