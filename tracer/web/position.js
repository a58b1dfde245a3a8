// Where someone looks: the step, and what is selected there. One store for all modules of a page.
// The browser owns it: it changes at once, everything that shows a step subscribes. Fetches nothing.

export class Position {
  #subscribers = new Set();
  #scheduled = false;
  place = { trace: "", call: 0, row: 0, lang: "en" };
  step = 0;
  count = 0;
  selection = {};

  /** Puts another row of a trace in place of the present one, at a step. */
  open(place, { step, count, selection = {} }) {
    this.place = { ...this.place, ...place };
    this.count = count;
    this.step = this.#within(step);
    this.selection = selection;
    this.#tell("open");
  }

  /** Goes to a step; one outside the text becomes the nearest that there is. */
  select(step, { from = "user" } = {}) {
    const next = this.#within(step);
    if (next === this.step) return;
    this.step = next;
    this.#tell(from);
  }

  move(by, options) {
    this.select(this.step + by, options);
  }

  /** Adds to what is selected, such as {layer, head, source, rival}; undefined takes away. */
  choose(selection, { from = "user" } = {}) {
    const next = { ...this.selection, ...selection };
    for (const name of Object.keys(next)) if (next[name] === undefined) delete next[name];
    if (JSON.stringify(next) === JSON.stringify(this.selection)) return;
    this.selection = next;
    this.#tell(from);
  }

  /** Calls back after every change, once a frame; returns what ends it. */
  subscribe(callback) {
    this.#subscribers.add(callback);
    return () => this.#subscribers.delete(callback);
  }

  #within(step) {
    return Math.max(0, Math.min(Math.round(step) || 0, Math.max(0, this.count - 1)));
  }

  #tell(from) {
    this.changedBy = from;
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      for (const callback of [...this.#subscribers]) callback(this);
    });
  }
}
