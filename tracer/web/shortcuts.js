// The keys that work anywhere on the page, and the switch that turns them off. Keys pressed while writing, choosing in
// a control, or together with Ctrl, Alt or Meta belong to others.

import { keep, recall } from "./saved.js";

const WRITING = "input, textarea, select, [contenteditable=''], [contenteditable='true'], [role=textbox], [role=combobox]";
const MOVING = "[role=slider], [role=tab], [role=listbox], [role=grid], [role=tree], [role=menu], [role=radiogroup], " +
  "[role=spinbutton], [role=separator], [role=dialog], audio, video, summary";
const PRESSING = "button, a[href], summary, [role=button], [role=option], [role=checkbox], [role=switch], [role=tab]";

/** Keys that work in one part of the page only, for the list of them: {keys, name}. */
export const local = new Set();

export class Shortcuts {
  #actions = new Map();
  #listener = (event) => this.#pressed(event);
  isOn = recall("shortcuts") !== "off";

  constructor() {
    document.addEventListener("keydown", this.#listener);
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
  }

  #pressed(event) {
    const action = this.#actions.get(event.key);
    if (!action || !this.isOn || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.isComposing || isTaken(event)) return;
    event.preventDefault();
    action.act();
  }
}

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
