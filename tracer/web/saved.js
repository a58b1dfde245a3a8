// What the browser remembers between visits: a few choices by name. Where it may not remember, nothing is kept.

const PREFIX = "tracer-";

/** Returns what was kept under a name, or null. */
export function recall(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Keeps a text under a name. */
export function keep(name, text) {
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}
