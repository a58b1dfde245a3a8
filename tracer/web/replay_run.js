// The run as a whole: prompt and answer, how it ended, facts, settings, findings, and what this page does not hold.

import { withChips } from "./chips.js";
import { element } from "./elements.js";
import { tableOf } from "./table.js";

export function mount(root, { source, position, words, about }) {
  let isGone = false;
  const limits = element("ul", { class: "tr-replay-limits" }, about.limits.map((text) => element("li", {}, withChips(text))));
  source.view("run").then((value) => {
    if (!isGone) root.replaceChildren(...tablesOf(value, words).map((one) => tableOf(one, position)), limits);
  }, (error) => {
    if (!isGone) root.replaceChildren(element("p", { class: "tr-error" }, error.message), limits);
  });
  return {
    destroy: () => {
      isGone = true;
      root.replaceChildren();
    },
  };
}

function tablesOf({ prompt, answer, end, facts, settings, missing, notes, findings }, words) {
  const code = (text) => ({ text, kind: "code" });
  const texts = [[words("ui.prompt"), code(prompt)], [words("ui.answer"), code(answer)], [words("ui.why_it_ended"), end]];
  const about = [...facts.map(({ name, value }) => [name, value]), ...missing.map(({ name, value }) => ({ cells: [name, value], kind: "muted" })),
    ...notes.map((note) => ["", note])];
  const given = settings.filter((one) => !one.is_default).map(({ name, value, origin }) => [code(name), code(value), origin]);
  const found = findings.map(({ place, severity, text, remedy, step }) => ({ cells: [place, severity, `${text} ${remedy}`], step }));
  const columns = (...names) => names.map((name) => words(`ui.${name}`));
  return [
    { rows: texts },
    { rows: about },
    { columns: columns("setting", "value", "origin"), rows: given },
    ...(found.length ? [{ columns: columns("place", "severity", "finding"), rows: found }] : []),
  ];
}
