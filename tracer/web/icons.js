// The player's signs as outlines, so that no font turns them into pictures.

import { svg } from "./elements.js";

const OUTLINES = {
  first: "M3 3h2v10H3zM13 3v10L6 8z",
  back: "M11 3v10L4 8z",
  play: "M4 2.5v11L13 8z",
  pause: "M4 3h3v10H4zM9 3h3v10H9z",
  on: "M5 3v10l7-5z",
  last: "M11 3h2v10h-2zM3 3v10l7-5z",
};

/** Returns a sign by its name, not read aloud. */
export function icon(name) {
  return svg("svg", { viewBox: "0 0 16 16", width: 14, height: 14, "aria-hidden": "true", class: "tr-icon" },
    svg("path", { d: OUTLINES[name], fill: "currentColor" }));
}

/** Makes a sign show another outline. */
export function turnIcon(sign, name) {
  sign.firstChild.setAttribute("d", OUTLINES[name]);
}
