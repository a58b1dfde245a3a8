// Uncovers the columns one by one, each with the clause of the sentence that tells about it: ↓ uncovers the next one,
// ↑ covers the last one again, Escape shows all. The keys work while the focus is on the text above or on the picture.

import { recall } from "./saved.js";
import { isTaken, local } from "./shortcuts.js";

const PLACES = '.tr-decision, [data-keys="replay"]';

/** Returns {start(), reset(), destroy()}; `count` gives how many columns there are. */
export function uncovering({ figure, grid, sentence, isStill, count }) {
  const keys = { keys: ["ArrowDown", "ArrowUp"], name: "ui.decision_uncover" };
  let shown = null; // how many columns are to be seen; null: all
  const show = (next) => {
    shown = next;
    grid.cover(next);
    figure.classList.toggle("is-uncovering", next !== null);
    for (const clause of sentence.querySelectorAll("[data-clause]")) {
      const columns = clauseColumns(clause);
      clause.classList.toggle("is-hidden", next !== null && Math.max(...columns) >= next);
      clause.classList.toggle("is-new", next !== null && Math.max(...columns) === next - 1);
    }
  };
  const clauseColumns = (clause) => (clause.dataset.columns ?? "0").split(",").map(Number);
  const on = () => show(shown === null ? 1 : shown < count() ? shown + 1 : null);
  const back = () => show(shown === null ? count() - 1 : shown > 1 ? shown - 1 : null);
  const pressed = (event) => {
    const act = { ArrowDown: on, ArrowUp: back, Escape: shown === null ? null : () => show(null) }[event.key];
    if (!act || isStill() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (recall("shortcuts") === "off" || !isHere(event)) return;
    event.preventDefault();
    act();
  };
  document.addEventListener("keydown", pressed);
  if (!isStill()) local.add(keys);
  return {
    start: () => {
      on();
      figure.focus({ preventScroll: true });
    },
    reset: () => shown !== null && show(null),
    destroy: () => {
      document.removeEventListener("keydown", pressed);
      local.delete(keys);
    },
  };
}

// The text above is a list box and would keep its arrows; it has no use for these two.
function isHere(event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element) || !target.closest(PLACES)) return false;
  return Boolean(target.closest('[data-keys="replay"]')) || !isTaken(event);
}
