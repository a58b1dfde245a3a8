// Sentences with token chips: what stands between backticks is the visible text of a token. A token that holds
// backticks stands between more of them than it has in a row, set off by a space where it begins or ends with one.

import { element } from "./elements.js";

const CHIP = /(?<!`)(`+)(?!`)([^]*?[^`])\1(?!`)/g;
const SET_OFF = /^ (`[^]*|[^]*`) $/;

/** Returns the visible text of a token as sentences hold it. */
export function chip(text) {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const marks = "`".repeat(longest + 1);
  const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${marks}${space}${text}${space}${marks}`;
}

/** Returns the nodes of a sentence: text, and a chip for each token. */
export function withChips(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(CHIP)) {
    const [, , token] = found;
    nodes.push(text.slice(end, found.index),
      element("span", { class: "tr-chip tr-chip-token", translate: "no", dir: "auto" }, token.replace(SET_OFF, "$1")));
    end = found.index + found[0].length;
  }
  return [...nodes, text.slice(end)];
}

/** A panel that shows {text} as one paragraph. */
export function mount(root, { options }) {
  const show = ({ text }) => root.replaceChildren(element("p", { class: "tr-sentence" }, withChips(text)));
  show(options);
  return { update: show, destroy: () => root.replaceChildren() };
}
