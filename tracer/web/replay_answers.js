// What a page answers by itself, from the values it holds: where a text stands, and how an expected token fared. Exact, or
// it says that it needs the full trace.

import { chip } from "./chips.js";
import { oddsOf } from "./odds.js";
import { percentText, recordedOf, SETTINGS, valuesOf, valueText } from "./odds_settings.js";

/** Returns the answers by view: what each needs, and the function that gives its value. */
export function answersOf(words) {
  return {
    find: { needs: "find", answer: async ({ q }, held) => found(await held("find"), q) },
    expected: { needs: "odds", answer: async ({ step, text }, held) => expectation(await held("odds", { step }), text, words) },
  };
}

function found(value, query) {
  const places = tokenPlaces(value, query) ?? [query, readVisible(query)].map((text) => textPlaces(value, text)).find((one) => one.length) ?? [];
  const count = places.length;
  const label = count === 0 ? value.none : count === 1 ? value.one : value.many.replace("{count}", count.toLocaleString("en"));
  return { query, label, prompt_len: value.prompt_len, first: places.map(([first]) => first), last: places.map(([, last]) => last),
    steps: places.map(([first, last]) => (last < value.prompt_len ? -1 : value.steps[Math.max(first - value.prompt_len, 0)])) };
}

function tokenPlaces({ ids }, query) {
  const match = /^#(\d{1,9})$/.exec(query);
  const places = match ? ids.flatMap((id, place) => (id === Number(match[1]) ? [[place, place]] : [])) : [];
  return places.length ? places : null;
}

// Places in the bytes, none overlapping another, as the tokens that hold their first and last byte.
function textPlaces({ parts }, text) {
  const wanted = String.fromCharCode(...new TextEncoder().encode(text)), whole = parts.join(""), places = [];
  if (!wanted) return places;
  let end = 0;
  const ends = parts.map((part) => (end += part.length));
  const tokenAt = (byte) => ends.findIndex((one) => one > byte);
  for (let at = whole.indexOf(wanted); at >= 0; at = whole.indexOf(wanted, at + wanted.length)) {
    places.push([tokenAt(at), tokenAt(at + wanted.length - 1)]);
  }
  return places;
}

// What is shown as a sign, as it is: "·rain" is " rain".
function readVisible(text) {
  return text.replace(/⟨U\+(10[0-9A-F]{4}|[0-9A-F]{4,5})⟩|[·↵⇥]/g, (sign, code) => (code ? String.fromCodePoint(parseInt(code, 16)) : { "·": " ", "↵": "\n", "⇥": "\t" }[sign]));
}

// How a token fared that should have come at a step; only of tokens that the page holds.
function expectation(value, text, words) {
  const place = placeOf(value, text);
  if (place < 0) return said(words("ui.export_expected_unknown", { text: chip(text), count: value.tokens.length }));
  const token = chip(value.tokens[place]), recorded = recordedOf(value);
  if (place === value.chosen) return said(words("ui.export_expected_came", { token }));
  const plain = oddsOf(value, { penalty: value.has_penalty ? 1 : recorded.penalty, temperature: 1, topK: 0, topP: 1, minP: 0 });
  const before = words("ui.export_expected_before", { token, probability: percentText(plain.probabilities[place], words) });
  return said(before, afterSettings(oddsOf(value, recorded), place, token, words), ways(value, place, recorded, words));
}

const said = (...sentences) => ({ step: null, sentences, table: null });

// The token that was typed, as it is shown; it begins with a blank where the chosen one does.
function placeOf({ tokens, chosen }, text) {
  const shown = text.replaceAll(" ", "·").replaceAll("\n", "↵").replaceAll("\t", "⇥"), spaced = `·${shown}`;
  const order = tokens[chosen].startsWith("·") ? [spaced, shown] : [shown, spaced];
  return order.map((one) => tokens.indexOf(one)).find((place) => place >= 0) ?? -1;
}

function afterSettings(odds, place, token, words) {
  if (!odds.isExact) return words("ui.odds_needs_trace");
  const probability = odds.probabilities[place];
  return probability > 0 ? words("ui.export_expected_after", { token, probability: percentText(probability, words) }) : words("ui.export_expected_cut", { token });
}

// For each setting alone, the value nearest to the recorded one with which the token comes.
function ways(value, place, recorded, words) {
  const found = [];
  let isUnknown = false;
  for (const setting of SETTINGS.filter((one) => !one.isFixed(value))) {
    const { key } = setting, values = valuesOf(setting, value), start = values.indexOf(recorded[key]);
    const winners = values.map((one) => winnerOf(value, oddsOf(value, { ...recorded, [key]: one })));
    isUnknown ||= winners.includes("unknown");
    const coming = values.map((_, at) => at).filter((at) => winners[at] === place).sort((one, other) => Math.abs(one - start) - Math.abs(other - start));
    if (coming.length) found.push(words("ui.export_expected_way", { name: setting.label(words), value: valueText(setting, values[coming[0]], words) }));
  }
  if (found.length) return words(value.is_sampled ? "ui.export_expected_ways" : "ui.export_expected_greedy_ways", { ways: found.join(words("ui.export_expected_or")) });
  return words(isUnknown ? "ui.export_expected_open" : "ui.export_expected_never");
}

// The place that comes: the recorded luck decides, of a greedy run the largest probability.
function winnerOf(value, odds) {
  if (value.is_sampled) return odds.winner ?? "unknown";
  if (!odds.isExact) return "unknown";
  const largest = Math.max(...odds.probabilities);
  return odds.probabilities.filter((one) => one === largest).length === 1 ? odds.probabilities.indexOf(largest) : "unknown";
}
