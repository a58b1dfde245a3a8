// The settings that a page can change: which values each has, what it is called, how it is written. Draws nothing.

/** The settings in the order in which they act; `off` is the value that does nothing. */
export const SETTINGS = [
  { key: "penalty", off: 1, label: (words) => words("ui.odds_penalty"), grid: () => grid(1, 2, 20), isFixed: (value) => !value.has_penalty },
  { key: "temperature", label: (words) => words("ui.odds_temperature"), grid: (value) => value.temperatures, isFixed: () => false },
  { key: "topK", off: 0, label: () => "top-k", grid: (value) => grid(0, value.num_leading, value.num_leading), isFixed: () => false },
  { key: "topP", off: 1, label: () => "top-p", grid: () => grid(0.05, 1, 19), isFixed: () => false },
  { key: "minP", off: 0, label: () => "min-p", grid: () => grid(0, 0.5, 50), isFixed: () => false },
];

/** Returns the settings that were recorded, by key. */
export function recordedOf({ recorded: { temperature, top_k: topK, top_p: topP, min_p: minP, repetition_penalty: penalty } }) {
  return { penalty, temperature, topK, topP, minP };
}

/** Returns the values of a setting in order, the recorded one among them. */
export function valuesOf(setting, value) {
  return [...new Set([...setting.grid(value), recordedOf(value)[setting.key]])].sort((one, other) => one - other);
}

/** Returns a value as text. */
export function valueText({ off }, number, words) {
  return number === off ? words("ui.odds_off") : String(number);
}

/** Returns a probability as people read it. */
export function percentText(probability, words) {
  if (probability > 1e-9 && probability < 0.001) return words("ui.odds_one_in", { number: Number((1 / probability).toPrecision(2)).toLocaleString("en") });
  return words("ui.odds_percent", { number: probability >= 0.9995 || probability < 1e-9 ? Math.round(probability * 100) : (probability * 100).toFixed(1) });
}

// So many equal steps between two ends, without the noise of binary fractions.
function grid(first, last, steps) {
  return Array.from({ length: steps + 1 }, (_, place) => Number((first + ((last - first) * place) / steps).toFixed(4)));
}
