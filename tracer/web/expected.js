// Expected instead: type the token or the text that should have come; see how it fared and what would have chosen it.

import { chip, withChips } from "./chips.js";
import { element } from "./elements.js";
import { popover } from "./popover.js";
import { tableOf } from "./table.js";

/** Returns {button, panel}. */
export function mount({ source, position, words, value }) {
  const label = element("label", { for: "tr-expected-text" });
  const field = element("input", { class: "tr-input", id: "tr-expected-text", type: "text", placeholder: words("ui.expected_hint"),
    autocomplete: "off", spellcheck: "false", maxlength: 500 });
  const answer = element("div", { role: "status" });
  let asked = 0;

  const ask = async (event) => {
    event.preventDefault();
    if (!field.value) return;
    const { step } = position;
    const mine = ++asked;
    let made;
    try {
      made = answerOf(await source.view("expected", { step, text: field.value }), { position, words });
    } catch (error) {
      made = [element("p", { class: "tr-muted" }, error.message)];
    }
    if (mine === asked && position.step === step) answer.replaceChildren(...made);
  };
  const form = element("form", { class: "tr-form", onsubmit: ask }, field,
    element("button", { type: "submit", class: "tr-button" }, words("ui.expected_ask")));
  const show = () => {
    asked++;
    const text = words("ui.expected_at", { step: position.step, token: chip(value.answer.texts[position.step] ?? "") });
    label.replaceChildren(...withChips(text));
    answer.replaceChildren();
  };
  const made = popover(words("ui.expected"), { name: "expected", onopen: () => field });
  made.panel.append(element("p", {}, label), form, answer);
  const stop = position.subscribe(show);
  show();
  return { ...made, destroy: stop };
}

function answerOf({ step, sentences, table }, { position, words }) {
  const made = [element("p", {}, sentences.flatMap((sentence) => [...withChips(sentence), " "]))];
  if (table) made.push(tableOf(rowsOf(table, words), position));
  if (step !== null && step !== position.step) {
    made.push(element("button", { type: "button", class: "tr-button", onclick: () => position.select(step) }, words("ui.expected_go", { step })));
  }
  return made;
}

// One row a stage, one column a token.
function rowsOf({ titles, rows }, words) {
  const known = rows.filter(({ cells }) => cells.length);
  return {
    columns: [words("ui.expected_stage"), ...known.map(({ token, is_chosen: isChosen }) => (isChosen ? `✓ ${token}` : token))],
    rows: titles.map((title, stage) => [title, ...known.map(({ cells }) => cellOf(cells[stage]))]),
  };
}

function cellOf({ probability, rank, is_removed: isRemoved }) {
  return { text: rank ? `${probability} · ${rank}` : probability, kind: isRemoved ? "muted" : undefined };
}
